"""The output of simulated DC outlets: isolation and voltage, as a session with a vehicle works them (`DcOutput`)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from pilotwire.errors import MisuseError
from pilotwire.station.hardware.ports import DcSupply
from pilotwire.station.hardware.simulated.evse import SimulatedEvse


@dataclass(slots=True)
class Output:
    """What an outlet was told, and whether a check of its isolation is under way."""

    volts: float = 0.0
    checking: bool = False


class DcOutlets(ABC):
    """What a simulated station does as `DcOutput`; whatever takes the power takes the voltage."""

    def __init__(self) -> None:
        self._outputs: dict[int, Output] = {}

    @abstractmethod
    def _evse(self, evse_id: int) -> SimulatedEvse:
        """Raises `MisuseError` for one that is not there."""

    @abstractmethod
    def _alive(self, evse: SimulatedEvse) -> bool:
        """Whether the mains is there and nothing forbids power."""

    def check_isolation(self, evse_id: int) -> bool | None:
        """The first call begins, the second finds: good where a vehicle is plugged in and nothing is broken; see `DcOutput`."""
        evse, _ = self._dc(evse_id)
        output = self._outputs.setdefault(evse_id, Output())
        output.volts, output.checking = 0.0, not output.checking
        return None if output.checking else self._can_have_voltage(evse)

    def set_dc_target(self, evse_id: int, volts: float, amperes: float) -> None:
        """The voltage follows at once; the current is what the vehicle takes; see `DcOutput`."""
        evse, supply = self._dc(evse_id)
        if not (volts >= 0 and amperes >= 0):
            raise MisuseError(f"EVSE {evse_id} cannot give {volts} V and {amperes} A.", "Ask for 0 or more.")
        if self._can_have_voltage(evse):
            self._outputs[evse_id] = Output(min(volts, float(supply.max_voltage_v)))

    def dc_output(self, evse_id: int) -> tuple[float, float]:
        """See `DcOutput`."""
        evse, _ = self._dc(evse_id)
        volts = self._outputs.get(evse_id, Output()).volts
        watts = evse.vehicle.power_w if evse.vehicle is not None and evse.contactor_closed else 0.0
        return volts, watts / volts if volts else 0.0

    def _dc(self, evse_id: int) -> tuple[SimulatedEvse, DcSupply]:
        evse = self._evse(evse_id)
        if not isinstance(evse.layout.supply, DcSupply):
            raise MisuseError(f"EVSE {evse_id} is none of direct current.", "Ask those whose supply is a DcSupply.")
        return evse, evse.layout.supply

    def _lose_voltage(self, evse: SimulatedEvse) -> None:
        """Where it cannot be any more; a check under way finds out why."""
        if evse.vehicle is None:
            self._outputs.pop(evse.layout.evse_id, None)
        elif not self._alive(evse) and evse.layout.evse_id in self._outputs:
            self._outputs[evse.layout.evse_id].volts = 0.0

    def _can_have_voltage(self, evse: SimulatedEvse) -> bool:
        return evse.vehicle is not None and self._alive(evse)
