"""A whole station without hardware: a `HardwareDriver` that people act on and whose time is advanced by hand.

It has no clock, no I/O and no randomness: the same actions and advances give the same events and registers. Actions of people
(`plug`, `tap`, `lose_power`, ...) return the driver events to feed to the station's logic; what cannot be done raises
`HardwareError` with a sentence for the person. What happens by itself is returned by `advance`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

import msgspec

from pilotwire.errors import MisuseError
from pilotwire.station.hardware.ports import (
    CardPresented,
    ConnectorLayout,
    EmergencyStopPressed,
    EmergencyStopReleased,
    ErrorCode,
    FaultCleared,
    FaultRaised,
    Happened,
    HardwareError,
    HardwareEvent,
    LockFailed,
    MeterReading,
    PowerLost,
    PowerRestored,
    RunningFirmware,
    StationLayout,
    StopButtonPressed,
    VehicleInlet,
    VehicleLeft,
    VehicleParked,
    switchable,
)
from pilotwire.station.hardware.simulated.dc_output import DcOutlets
from pilotwire.station.hardware.simulated.evse import SavedEvse, SimulatedEvse, VehicleFrom
from pilotwire.station.hardware.simulated.main_meter import SavedMain, SimulatedMainMeter
from pilotwire.station.hardware.simulated.pilot import PilotSignal
from pilotwire.station.hardware.simulated.slots import Slots
from pilotwire.station.hardware.simulated.terminal import SimulatedTerminal

NO_POWER_WITH = frozenset(
    {
        ErrorCode.EV_COMMUNICATION_ERROR,
        ErrorCode.GROUND_FAILURE,
        ErrorCode.HIGH_TEMPERATURE,
        ErrorCode.INTERNAL_ERROR,
        ErrorCode.OVER_CURRENT_FAILURE,
        ErrorCode.OVER_VOLTAGE,
        ErrorCode.POWER_SWITCH_FAILURE,
        ErrorCode.UNDER_VOLTAGE,
    }
)
"""Faults with which the hardware itself opens the contactor and keeps it open."""

_Place = tuple[int | None, int | None, ErrorCode]


@dataclass(slots=True)
class _Saved:
    """What of a station outlives a process."""

    evses: list[SavedEvse]
    powered: bool = True
    emergency_stop: bool = False
    faults: list[FaultRaised] = field(default_factory=list)
    slots: Slots = field(default_factory=Slots)
    terminal: SimulatedTerminal | None = None
    main: SavedMain | None = None


class SimulatedStation(DcOutlets):
    """See the module. `registers` are Wh by EVSE to start from, for meters that have run before."""

    def __init__(self, layout: StationLayout, *, registers: Mapping[int, int] | None = None) -> None:
        super().__init__()
        self.layout = layout
        self.display: dict[int | None, str] = {}
        self.powered = True
        self.emergency_stop = False
        self.slots = Slots()
        """Its firmware; the faults there make an update fail."""
        self.asleep: set[int] = set()
        """EVSEs whose electronics are off: no contactor closes there."""
        self.payment_terminal = SimulatedTerminal(built_in=layout.payment_terminal is not None)
        self._faults: dict[_Place, FaultRaised] = {}
        self._pending: list[HardwareEvent] = []
        self._evses = {evse.evse_id: SimulatedEvse(evse) for evse in layout.evses}
        self._main = SimulatedMainMeter(layout.main_meter) if layout.main_meter is not None else None
        for evse_id, register in (registers or {}).items():
            if register < 0:
                raise MisuseError(f"EVSE {evse_id} cannot start from {register} Wh.", "Registers are 0 or more.")
            self._evse(evse_id).start_from(register)

    # --- life (HardwareDriver) -----------------------------------------------------------------------------------------------------

    def open(self, happened: Happened) -> None:
        """Nothing is to be opened; see `HardwareDriver.open`."""

    def close(self) -> None:
        """Open the contactors; see `HardwareDriver.close`."""
        self._outputs.clear()
        for evse in self._evses.values():
            self.set_contactor(evse.layout.evse_id, False)

    # --- commands (HardwareDriver) -------------------------------------------------------------------------------------------------

    def set_contactor(self, evse_id: int, closed: bool) -> None:
        """Permit energy or not; see `HardwareDriver.set_contactor`."""
        evse = self._evse(evse_id)
        evse.contactor_closed = closed and evse.vehicle is not None and self._alive(evse) and evse_id not in self.asleep
        self._refresh(evse)

    def set_lock(self, evse_id: int, connector_id: int, locked: bool) -> bool:
        """Move a lock; see `HardwareDriver.set_lock`."""
        evse, connector = self._evse(evse_id), self._connector(evse_id, connector_id)
        jammed = self._has_fault(evse_id, connector_id, {ErrorCode.CONNECTOR_LOCK_FAILURE})
        done = evse.set_lock(connector, locked, jammed=jammed)
        if not done and jammed:
            self._pending.append(LockFailed(evse_id, connector_id))
        return done

    def set_current_limit(self, evse_id: int, amps: Decimal | None) -> None:
        """Change the offer; see `HardwareDriver.set_current_limit`."""
        if amps is not None and (amps.is_nan() or amps < 0):
            raise MisuseError(f"EVSE {evse_id} cannot offer {amps} A.", "Give 0 or more, or None for no limit.")
        evse = self._evse(evse_id)
        evse.limit_a = amps
        self._refresh(evse)

    def set_power_setpoint(self, evse_id: int, watts: Decimal | None, var: Decimal | None = None) -> None:
        """Change the power wanted, in either direction; see `HardwareDriver.set_power_setpoint`."""
        evse = self._evse(evse_id)
        if evse.layout.max_discharge_w == 0 or (watts is not None and not watts.is_finite()):
            raise MisuseError(f"EVSE {evse_id} cannot be set to {watts} W.", "Ask outlets that take energy back.")
        if var is not None and not var.is_finite():
            raise MisuseError(f"EVSE {evse_id} cannot be set to {var} var.", "Ask for a number.")
        evse.setpoint_w, evse.reactive_var = watts, var or Decimal(0)
        self._refresh(evse)

    def set_phases(self, evse_id: int, phases: int | None, phase: int | None = None) -> None:
        """Change the phases connected; see `HardwareDriver.set_phases`."""
        evse = self._evse(evse_id)
        supply, most = evse.layout.supply, switchable(evse.layout.supply)
        if phases is not None and not 1 <= phases <= most:
            raise MisuseError(f"EVSE {evse_id} cannot use {phases} phases.", "Ask for those it has, or None for all.")
        if phase not in (None, 1) and not (phases == 1 and supply.chooses_phase and 1 <= phase <= most):
            raise MisuseError(f"EVSE {evse_id} cannot use L{phase} alone.", "Ask for a phase it can choose.")
        evse.phase_limit, evse.single_phase = phases, phase or 1
        self._refresh(evse)

    def sleep(self, evse_id: int) -> bool:
        """Turn the power electronics off; see `Sleeps`. Not while the contactor is closed."""
        evse = self._sleeper(evse_id)
        if not evse.contactor_closed:
            self.asleep.add(evse_id)
        return evse_id in self.asleep

    def wake(self, evse_id: int) -> None:
        """Turn them on again; see `Sleeps`."""
        self.asleep.discard(self._sleeper(evse_id).layout.evse_id)

    def meter(self, evse_id: int) -> MeterReading:
        """Read a meter; see `HardwareDriver.meter`."""
        if evse_id == 0 and self._main is not None:
            inputs = [_inputs(evse) for evse in self._evses.values()]
            return self._main.reading(map(self.meter, self._evses), powered=self.powered, inputs=inputs)
        evse = self._evse(evse_id)
        return evse.reading(powered=self.powered, alive=self._alive(evse))

    def show(self, evse_id: int | None, text: str) -> None:
        """Show `text`; `display` holds what is to be read where."""
        if evse_id is not None:
            self._evse(evse_id)
        self.display.pop(evse_id, None)
        if text:
            self.display[evse_id] = text

    def install(self, image: bytes) -> str:
        """Write firmware; see `HardwareDriver.install`."""
        return self.slots.install(image, self.layout.model)

    def run_installed(self) -> RunningFirmware:
        """Run new firmware without a restart; see `RunsAtOnce`."""
        self.slots.boot()
        return self.slots.now

    @property
    def firmware(self) -> RunningFirmware:
        """What runs; see `HardwareDriver.firmware`."""
        return self.slots.now

    def survey(self) -> list[HardwareEvent]:
        """What is so now, as events; see `HardwareDriver.survey`."""
        events: list[HardwareEvent] = [] if self.powered else [PowerLost()]
        events += [EmergencyStopPressed()] if self.emergency_stop else []
        events += self._faults.values()
        events += self.payment_terminal.survey()
        for evse in self._evses.values():
            events += evse.survey()
        return events

    def restart(self) -> None:
        """Start anew; see `HardwareDriver.restart`."""
        self.display.clear()
        self.asleep.clear()
        self._pending.clear()
        self._outputs.clear()
        self.slots.boot()
        for evse in self._evses.values():
            evse.restart()
            self._refresh(evse)

    # --- people --------------------------------------------------------------------------------------------------------------------

    def plug(
        self, evse_id: int, connector_id: int, vehicle: VehicleInlet, *, cable_a: Decimal | None = None
    ) -> list[HardwareEvent]:
        """Plug `vehicle` in; `cable_a` is the rating of the loose cable used at a socket (32 A unless said)."""
        connector = self._place(evse_id, connector_id)
        event = self._evses[evse_id].plug(connector, vehicle, cable_a)
        self._refresh(self._evses[evse_id])
        return [event]

    def unplug(
        self, evse_id: int, connector_id: int, *, side: Literal["station", "vehicle"] = "station"
    ) -> list[HardwareEvent]:
        """Pull the cable; at the `vehicle` side a loose one stays in the station's socket, even if it is locked there."""
        connector = self._place(evse_id, connector_id)
        event = self._evses[evse_id].unplug(connector, at_vehicle=side == "vehicle")
        self._refresh(self._evses[evse_id])
        return [event]

    def tap(self, id_token: str, evse_id: int | None = None, token_type: str = "ISO14443") -> list[HardwareEvent]:
        """Hold a card to a reader: an EVSE's, or the station's."""
        if not id_token.strip():
            raise HardwareError("A card without an id cannot be read.", "Give the id token of the card.")
        if evse_id is not None:
            self._human_evse(evse_id)
        if self._has_fault(evse_id, None, {ErrorCode.READER_FAILURE}):
            raise HardwareError("The card reader is broken and reads nothing.", "Clear the fault READER_FAILURE first.")
        return [CardPresented(evse_id, id_token, token_type)]

    def park(self, evse_id: int) -> list[HardwareEvent]:
        """A vehicle drives into the bay of an EVSE."""
        evse = self._human_evse(evse_id)
        if evse.parked:
            raise HardwareError(f"The bay of EVSE {evse_id} is taken.", "Let the vehicle there leave first.")
        evse.parked = True
        return [VehicleParked(evse_id)]

    def leave(self, evse_id: int) -> list[HardwareEvent]:
        """The vehicle drives out of the bay."""
        evse = self._human_evse(evse_id)
        if not evse.parked:
            raise HardwareError(f"The bay of EVSE {evse_id} is empty.", "Park a vehicle first.")
        if evse.vehicle is not None:
            raise HardwareError(f"The vehicle at EVSE {evse_id} is still plugged in.", "Unplug it before it leaves.")
        evse.parked = False
        return [VehicleLeft(evse_id)]

    def press_stop_button(self, evse_id: int) -> list[HardwareEvent]:
        """Press the stop button of an EVSE."""
        self._human_evse(evse_id)
        return [StopButtonPressed(evse_id)]

    def press_emergency_stop(self) -> list[HardwareEvent]:
        """Press the emergency stop: all contactors open, and it latches."""
        if self.emergency_stop:
            raise HardwareError("The emergency stop is pressed already.", "Release it first.")
        self.emergency_stop = True
        return self._after_change(EmergencyStopPressed())

    def release_emergency_stop(self) -> list[HardwareEvent]:
        """Pull the emergency stop out again."""
        if not self.emergency_stop:
            raise HardwareError("The emergency stop is not pressed.", "Press it first.")
        self.emergency_stop = False
        return self._after_change(EmergencyStopReleased())

    def raise_fault(
        self,
        error_code: str,
        evse_id: int | None = None,
        connector_id: int | None = None,
        *,
        info: str = "",
        vendor_error_code: str = "",
    ) -> list[HardwareEvent]:
        """Break something: on the station, an EVSE or a connector. The faults in `NO_POWER_WITH` open contactors."""
        place = self._fault_place(error_code, evse_id, connector_id)
        if place in self._faults:
            raise HardwareError(f"The fault {error_code} is there already.", "Clear it first.")
        fault = FaultRaised(evse_id, connector_id, place[2], info, vendor_error_code)
        self._faults[place] = fault
        return self._after_change(fault)

    def clear_fault(
        self, error_code: str, evse_id: int | None = None, connector_id: int | None = None
    ) -> list[HardwareEvent]:
        """Mend what was broken."""
        place = self._fault_place(error_code, evse_id, connector_id)
        if place not in self._faults:
            raise HardwareError(f"There is no fault {error_code} there.", "Name the place it was raised at.")
        del self._faults[place]
        return self._after_change(FaultCleared(evse_id, connector_id, place[2]))

    def lose_power(self) -> list[HardwareEvent]:
        """The mains fails."""
        if not self.powered:
            raise HardwareError("The mains is gone already.", "Restore it first.")
        self.powered = False
        return self._after_change(PowerLost())

    def restore_power(self) -> list[HardwareEvent]:
        """The mains comes back."""
        if self.powered:
            raise HardwareError("The mains is there.", "Cut it first.")
        self.powered = True
        return self._after_change(PowerRestored())

    # --- looking ---------------------------------------------------------------------------------------------------------------------

    def vehicle_at(self, evse_id: int) -> VehicleInlet | None:
        """The vehicle plugged in at an EVSE."""
        return self._human_evse(evse_id).vehicle

    def pilot(self, evse_id: int) -> PilotSignal:
        """The control pilot of an EVSE's connector in use."""
        evse = self._human_evse(evse_id)
        return evse.pilot(powered=self.powered, alive=self._alive(evse))

    def contactor_closed(self, evse_id: int) -> bool:
        """Whether energy is permitted at an EVSE."""
        return self._human_evse(evse_id).contactor_closed

    def is_locked(self, evse_id: int, connector_id: int) -> bool:
        """Whether the station holds the plug of a connector."""
        self._place(evse_id, connector_id)
        return connector_id in self._evses[evse_id].locked

    @property
    def faults(self) -> tuple[FaultRaised, ...]:
        """The faults there are, in the order they came."""
        return tuple(self._faults.values())

    @property
    def at_rest(self) -> bool:
        """Whether nothing happens by itself however much time passes: no vehicle is plugged in, no event waits to be told, and no
        main meter counts what the station itself uses."""
        counts = self._main is not None and self._main.layout.own_consumption_w > 0
        return not self._pending and not counts and all(evse.vehicle is None for evse in self._evses.values())

    # --- time ------------------------------------------------------------------------------------------------------------------------

    def advance(self, seconds: float) -> list[HardwareEvent]:
        """Let time pass at all EVSEs; returns what happened by itself, in order of time. Many hours cost little."""
        if not (math.isfinite(seconds) and seconds >= 0):
            raise MisuseError(f"Time cannot advance by {seconds} s.", "Give a finite number of seconds, 0 or more.")
        pending, self._pending = self._pending, []
        happened: list[tuple[float, HardwareEvent]] = []
        before = self._balance_wh
        for evse in self._evses.values():
            self._refresh(evse)  # a vehicle may have been paused or given another wish meanwhile
            happened += evse.advance(seconds)
        if self._main is not None:
            self._main.pass_time(seconds, self._balance_wh - before, powered=self.powered)
        return pending + [event for _, event in sorted(happened, key=lambda one: one[0])]

    @property
    def _balance_wh(self) -> int:
        """Wh that all EVSEs took, less what they gave."""
        return sum(evse.register_wh - evse.export_wh for evse in self._evses.values())

    # --- saving ----------------------------------------------------------------------------------------------------------------------

    def save(self) -> dict[str, Any]:
        """Registers, plugs with their vehicles, locks, bays, faults, mains, emergency stop: as plain JSON values."""
        state = _Saved(
            [evse.save() for evse in self._evses.values()],
            self.powered,
            self.emergency_stop,
            [*self._faults.values()],
            self.slots,
            self.payment_terminal if self.payment_terminal.built_in else None,
            None if self._main is None else self._main.save(),
        )
        saved: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(state))
        return saved

    @classmethod
    def restore(
        cls, layout: StationLayout, saved: Mapping[str, Any], *, vehicle_from: VehicleFrom | None = None
    ) -> SimulatedStation:
        """The station that `save` described, freshly started: contactors open, no limits, plugged vehicles at state B.

        `vehicle_from` makes a vehicle of its own saved form (for example `Vehicle.restore`). `survey` tells what is plugged.
        Raises `HardwareError` if `saved` is not of this layout or not a saved station.
        """
        try:
            state = msgspec.convert(dict(saved), _Saved)
        except msgspec.ValidationError as error:
            raise HardwareError(f"This is not a saved station: {error}.", "Use what save() gave.") from error
        station = cls(layout)
        if [one.evse_id for one in state.evses] != list(station._evses):
            raise HardwareError(
                "The saved station has other EVSEs than this layout.", "Restore it with its own layout."
            )
        station.powered, station.emergency_stop = state.powered, state.emergency_stop
        station.slots = state.slots
        if station._main is not None and state.main is not None:
            station._main.adopt(state.main)
        if state.terminal is not None and layout.payment_terminal is not None:
            station.payment_terminal = state.terminal
        station._faults = {(one.evse_id, one.connector_id, one.error_code): one for one in state.faults}
        for one in state.evses:
            station._evses[one.evse_id].adopt(one, vehicle_from)
        station.restart()
        return station

    # --- inside ----------------------------------------------------------------------------------------------------------------------

    def _evse(self, evse_id: int) -> SimulatedEvse:
        if evse_id not in self._evses:
            raise MisuseError(f"This station has no EVSE {evse_id}.", f"It has 1 to {len(self._evses)}.")
        return self._evses[evse_id]

    def _sleeper(self, evse_id: int) -> SimulatedEvse:
        evse = self._evse(evse_id)
        if not evse.layout.can_sleep:
            raise MisuseError(f"EVSE {evse_id} cannot sleep.", "Ask those whose layout has can_sleep.")
        return evse

    def _connector(self, evse_id: int, connector_id: int) -> ConnectorLayout:
        connectors = self._evse(evse_id).layout.connectors
        if not 1 <= connector_id <= len(connectors):
            raise MisuseError(f"EVSE {evse_id} has no connector {connector_id}.", f"It has 1 to {len(connectors)}.")
        return connectors[connector_id - 1]

    def _human_evse(self, evse_id: int) -> SimulatedEvse:
        """As `_evse`, for a number that a person gave."""
        try:
            return self._evse(evse_id)
        except MisuseError as error:
            raise HardwareError(error.what, error.remedy) from None

    def _place(self, evse_id: int, connector_id: int) -> ConnectorLayout:
        """As `_connector`, for numbers that a person gave."""
        try:
            return self._connector(evse_id, connector_id)
        except MisuseError as error:
            raise HardwareError(error.what, error.remedy) from None

    def _fault_place(self, error_code: str, evse_id: int | None, connector_id: int | None) -> _Place:
        if error_code not in ErrorCode.__members__:
            raise HardwareError(f"There is no fault {error_code!r}.", f"Choose one of {', '.join(ErrorCode)}.")
        if connector_id is not None and evse_id is None:
            raise HardwareError("A connector is named but no EVSE.", "Name the EVSE too.")
        if evse_id is not None and connector_id is not None:
            self._place(evse_id, connector_id)
        elif evse_id is not None:
            self._human_evse(evse_id)
        return evse_id, connector_id, ErrorCode(error_code)

    def _has_fault(
        self, evse_id: int | None, connector_id: int | None, codes: set[ErrorCode] | frozenset[ErrorCode]
    ) -> bool:
        """Whether one of `codes` is at this place or at a wider one."""
        places = {(None, None), (evse_id, None), (evse_id, connector_id)}
        return any((evse, connector) in places and code in codes for evse, connector, code in self._faults)

    def _alive(self, evse: SimulatedEvse) -> bool:
        blocked = self._has_fault(evse.layout.evse_id, evse.connector_id, NO_POWER_WITH)
        return self.powered and not self.emergency_stop and not blocked

    def _refresh(self, evse: SimulatedEvse) -> None:
        self._lose_voltage(evse)
        evse.refresh(alive=self._alive(evse))

    def _after_change(self, event: HardwareEvent) -> list[HardwareEvent]:
        for evse in self._evses.values():
            self._refresh(evse)
        return [event]


def _inputs(evse: SimulatedEvse) -> range | None:
    """The phases of the grid that a rectifier takes its power from, counted from 0; None: all alike, or there is no rectifier."""
    chosen, first = evse.phase_limit if evse.layout.dc else None, evse.single_phase - 1
    return None if chosen is None else range(first, first + chosen)
