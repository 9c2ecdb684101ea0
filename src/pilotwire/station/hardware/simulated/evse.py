"""One simulated EVSE: contactor, locks, offer, meter, and the vehicle at its cable.

Energy leaves in whole Wh: each is counted at once in this EVSE's register and in the vehicle's own meter, so the two never
differ; what is less than a Wh waits in the EVSE's meter for the next one. What comes back from a vehicle is counted in the export
register in the same way.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Annotated, Any

from msgspec import Meta

from pilotwire.station.hardware.ports import (
    AcSupply,
    CablePlugged,
    CableUnplugged,
    ConnectorLayout,
    EvseLayout,
    HardwareError,
    HardwareEvent,
    Measured,
    MeterReading,
    VehicleInlet,
    VehicleParked,
    VehicleRequestsPower,
    VehicleSuspends,
    most_w,
)
from pilotwire.station.hardware.signing import MeterPlate, MeterSigner, key_from_seed
from pilotwire.station.hardware.simulated.main_meter import purely_active
from pilotwire.station.hardware.simulated.pilot import (
    HIGH_LEVEL_PERCENT,
    MIN_AC_CURRENT_A,
    MIN_DC_CURRENT_A,
    NO_PWM_PERCENT,
    PilotSignal,
    PilotState,
    duty_percent,
)
from pilotwire.station.hardware.simulated.told import heard

_VENDOR, _MODEL = "Pilotwire", "simulated meter"
VehicleFrom = Callable[[Mapping[str, Any]], VehicleInlet]
"""Makes a vehicle again of what its `save` gave."""

_DEFAULT_CABLE_A = Decimal(32)
_AMBIENT_C = 25.0
_FULL_LOAD_RISE_C = 20.0
_AC_ALWAYS = (Measured("Current.Export", Decimal(0)), Measured("Current.Import.Minimum", MIN_AC_CURRENT_A))
_LINES = ("L1", "L2", "L3")
_FAN_RPM = Decimal(3000)
"""Of the fan of a DC outlet at full load; it stands still without."""
_ROUNDING_WH = 1e-6
"""Slack for the rounding of floats: 9.9999999 Wh are ten."""


@dataclass(slots=True)
class SavedWaiting:
    """A vehicle at another connector than the one in use."""

    connector_id: int
    vehicle: dict[str, Any] | None
    cable_a: Decimal


@dataclass(slots=True)
class SavedEvse:
    """What of an EVSE outlives a process; `fraction_wh` is what has flowed since a register last moved (negative: back), `signed`
    the records its meter has signed, `phase_wh` what each of several phases has of the register.
    """

    evse_id: int
    register_wh: Annotated[int, Meta(ge=0)] = 0
    fraction_wh: Annotated[float, Meta(gt=-1, lt=1)] = 0.0
    connector_id: int | None = None
    cable_a: Decimal = Decimal(0)
    vehicle: dict[str, Any] | None = None
    locked: list[int] = field(default_factory=list)
    parked: bool = False
    signed: Annotated[int, Meta(ge=0)] = 0
    export_wh: Annotated[int, Meta(ge=0)] = 0
    phase_wh: list[int] = field(default_factory=list)
    waiting: list[SavedWaiting] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A vehicle at a connector that is not the one in use, or only the cable it left, and the rating of that."""

    vehicle: VehicleInlet | None
    cable_a: Decimal


class SimulatedEvse:
    """The moving parts of one EVSE. `alive` (mains there, nothing forbids power) is told by the station on each call."""

    def __init__(self, layout: EvseLayout, register_wh: int = 0) -> None:
        self.layout = layout
        self.export_wh = 0
        self.start_from(register_wh)
        self.contactor_closed = False
        self.limit_a: Decimal | None = None
        self.setpoint_w: Decimal | None = None
        self.reactive_var = Decimal(0)
        """What its inverter absorbs from the grid; negative: injects."""
        self.phase_limit: int | None = None
        self.single_phase = 1
        """Which phase it is, where it is one of several."""
        self.vehicle: VehicleInlet | None = None
        self.connector_id: int | None = None
        """The connector in use: a vehicle's, or the one a loose cable was left in."""
        self.waiting: dict[int, Waiting] = {}
        """Vehicles at the other connectors."""
        self.locked: set[int] = set()
        self.parked = False
        self.signer = _signer(layout) if layout.signing_meter else None
        self._cable_a = Decimal(0)
        self._fraction_wh = 0.0

    def start_from(self, register_wh: int) -> None:
        """Let the register show so many Wh, of which each phase has its share."""
        phases = self.layout.supply.phases if isinstance(self.layout.supply, AcSupply) else 1
        self.register_wh, self._phase_wh = 0, [0] * phases
        self._count(register_wh, range(phases))

    def _count(self, wh: int, phases: Sequence[int]) -> None:
        """So many more Wh, through these phases alike; what cannot be parted goes through the phases that had least."""
        self.register_wh += wh
        share, rest = divmod(wh, len(phases))
        for place, phase in enumerate(sorted(phases, key=lambda one: self._phase_wh[one])):
            self._phase_wh[phase] += share + (1 if place < rest else 0)

    # --- the person --------------------------------------------------------------------------------------------------------------

    def plug(self, connector: ConnectorLayout, vehicle: VehicleInlet, cable_a: Decimal | None) -> HardwareEvent:
        """Connect `vehicle`; raises `HardwareError` where that cannot be."""
        self._check_free(connector)
        number = connector.connector_id
        if vehicle.plugged_in:
            raise HardwareError(f"The vehicle {vehicle.name!r} is plugged in elsewhere.", "Unplug it there first.")
        if not vehicle.accepts(connector.connector_type, dc=self.layout.dc):
            raise HardwareError(
                f"The vehicle {vehicle.name!r} cannot charge at a {connector.connector_type} connector.",
                "Use a connector that fits it, or another vehicle.",
            )
        if self.connector_id not in (None, number):
            self.waiting[number] = Waiting(vehicle, self._cable_rating(connector, cable_a))
        else:
            if self.connector_id is None:
                self._cable_a = self._cable_rating(connector, cable_a)
            self.connector_id, self.vehicle = number, vehicle
        vehicle.plug_in()
        return CablePlugged(self.layout.evse_id, number)

    def unplug(self, connector: ConnectorLayout, *, at_vehicle: bool) -> HardwareEvent:
        """Disconnect; `at_vehicle`: only that end of a loose cable. Raises `HardwareError` if nothing is in or it is held."""
        where = f"Connector {connector.connector_id} of EVSE {self.layout.evse_id}"
        if connector.connector_id in self.waiting and connector.connector_id not in self.locked and not at_vehicle:
            gone = self.waiting.pop(connector.connector_id).vehicle
            if gone is not None:
                gone.plug_out()
            return CableUnplugged(self.layout.evse_id, connector.connector_id, False)
        if self.connector_id != connector.connector_id or (at_vehicle and self.vehicle is None):
            raise HardwareError(f"{where} has nothing to unplug there.", "Plug a vehicle in first.")
        stays = at_vehicle and not connector.cable_attached
        if connector.connector_id in self.locked and not stays:
            raise HardwareError(
                f"{where} is locked: the cable is held.", "Stop the transaction or unlock the connector."
            )
        if self.layout.dc and self.contactor_closed and self.vehicle and self.vehicle.requests_power:
            raise HardwareError(
                f"{where} is live: the vehicle holds a DC plug.", "Stop charging or pause the vehicle first."
            )
        self._part(cable_remains=stays)
        return CableUnplugged(self.layout.evse_id, connector.connector_id, stays)

    def _part(self, *, cable_remains: bool) -> None:
        if self.vehicle is not None:
            self.vehicle.plug_out()
        self.vehicle, self.contactor_closed = None, False
        if not cable_remains:
            self.connector_id = None
            self._turn_to(next((number for number, one in self.waiting.items() if one.vehicle is not None), None))

    def _turn_to(self, number: int | None) -> None:
        """Have another vehicle at the parts there are only one of; who was there waits."""
        if number is None:
            return
        before = self.connector_id, self.vehicle, self._cable_a
        turn = self.waiting.pop(number)
        self.connector_id, self.vehicle, self._cable_a = number, turn.vehicle, turn.cable_a
        if before[0] is not None:
            self.waiting[before[0]] = Waiting(before[1], before[2])
            if before[1] is not None:
                before[1].reset_pilot()

    def _check_free(self, connector: ConnectorLayout) -> None:
        where = f"Connector {connector.connector_id} of EVSE {self.layout.evse_id}"
        waiting = self.waiting.get(connector.connector_id)
        here = waiting.vehicle if waiting is not None else None
        if self.connector_id == connector.connector_id:
            here = self.vehicle
        if waiting is None and self.connector_id != connector.connector_id and connector.connector_id in self.locked:
            raise HardwareError(f"{where} is closed: its lock keeps plugs out.", "Present an id token first.")
        if here is not None:
            inside = f"{where} cannot take a vehicle: {here.name!r} is there."
            raise HardwareError(inside, "Unplug it first, or use another connector.")

    def _cable_rating(self, connector: ConnectorLayout, cable_a: Decimal | None) -> Decimal:
        if connector.cable_attached:
            if cable_a is not None:
                raise HardwareError("This connector has its own cable.", "Leave out the cable's rating.")
            return connector.cable_max_current_a or self.layout.supply.max_current_a
        rating = _DEFAULT_CABLE_A if cable_a is None else cable_a
        if rating < MIN_AC_CURRENT_A:
            raise HardwareError(f"There is no cable for {rating} A.", "Use one of 13, 20, 32 or 63 A.")
        return rating

    # --- the station -------------------------------------------------------------------------------------------------------------

    def set_lock(self, connector: ConnectorLayout, locked: bool, *, jammed: bool) -> bool:
        """Move the lock; False if it is stuck or there is nothing in the socket to lock.

        The connector that is to be locked is the one that is to have energy: where vehicles are at several, it is turned to.
        """
        number = connector.connector_id
        if locked and number in self.waiting and not self.contactor_closed:
            self._turn_to(number)
        if connector.cable_attached or (number in self.locked) == locked:
            return True
        if jammed or (locked and self.connector_id != number and not connector.closed):
            return False
        self.locked.symmetric_difference_update({number})
        return True

    def refresh(self, *, alive: bool) -> None:
        """Hold out to the vehicle what the parts allow now; without life the contactor falls open."""
        self.contactor_closed = self.contactor_closed and alive
        if self.vehicle is not None:
            supply, dc = self.layout.supply, self.layout.dc
            self.vehicle.offer(
                dc=dc,
                phases=1 if not isinstance(supply, AcSupply) else self._phases(supply),
                voltage_v=float(supply.voltage_v if isinstance(supply, AcSupply) else supply.max_voltage_v),
                current_a=float(self.offered_a(alive=alive)),
                power_w=float(self._held_out_w()),
                live=self.contactor_closed,
            )

    def _held_out_w(self) -> Decimal:
        """The most W that may flow; negative: so many are wanted back."""
        most, back = most_w(self.layout.supply, self.phase_limit), self.layout.max_discharge_w
        return most if self.setpoint_w is None else max(min(self.setpoint_w, most), -back)

    def _phases(self, supply: AcSupply) -> int:
        """How many phases are connected."""
        return min(supply.phases, self.phase_limit or supply.phases)

    def offered_a(self, *, alive: bool) -> Decimal:
        """A a phase held out: the least of outlet, limit and cable; 0 if that is too little to be said."""
        allowed = min(self.layout.supply.max_current_a, self._cable_a if self.connector_id else Decimal("Infinity"))
        if self.limit_a is not None:
            allowed = min(allowed, self.limit_a)
        least = MIN_DC_CURRENT_A if self.layout.dc else MIN_AC_CURRENT_A
        return allowed if alive and allowed >= least else Decimal(0)

    def pilot(self, *, powered: bool, alive: bool) -> PilotSignal:
        """The control pilot of the connector in use."""
        if not alive:
            return PilotSignal(PilotState.F if powered else PilotState.E, NO_PWM_PERCENT)
        if self.vehicle is None:
            return PilotSignal(PilotState.A, NO_PWM_PERCENT)
        amps = self.offered_a(alive=alive)
        duty = HIGH_LEVEL_PERCENT if self.layout.dc and amps else duty_percent(amps)
        return PilotSignal(PilotState.C if self.vehicle.requests_power else PilotState.B, duty)

    def restart(self) -> None:
        """As after switching on: contactor open, no limit, pilot at B."""
        self.contactor_closed, self.limit_a, self.phase_limit, self.setpoint_w = False, None, None, None
        self.single_phase, self.reactive_var = 1, Decimal(0)
        if self.vehicle is not None:
            self.vehicle.reset_pilot()

    def survey(self) -> list[HardwareEvent]:
        """What is so now, as events."""
        evse_id, events = self.layout.evse_id, list[HardwareEvent]()
        if self.parked:
            events.append(VehicleParked(evse_id))
        if self.connector_id is not None:
            plugged = self.vehicle is not None
            events.append(
                CablePlugged(evse_id, self.connector_id)
                if plugged
                else CableUnplugged(evse_id, self.connector_id, True)
            )
            if self.vehicle is not None and self.vehicle.requests_power:
                events.append(VehicleRequestsPower(evse_id, self.connector_id))
        for number, one in self.waiting.items():
            there = one.vehicle is not None
            events.append(CablePlugged(evse_id, number) if there else CableUnplugged(evse_id, number, True))
        return events

    # --- time and energy -----------------------------------------------------------------------------------------------------------

    def advance(self, seconds: float) -> list[tuple[float, HardwareEvent]]:
        """Let time pass; returns what happened with the second at which it did."""
        happened: list[tuple[float, HardwareEvent]] = []
        left, vehicle = seconds, self.vehicle
        while vehicle is not None and left > 0:
            before = vehicle.requests_power
            passed, taken = vehicle.run(left)
            left -= passed
            self._move(vehicle, taken)
            if vehicle.requests_power != before:
                happened.append((seconds - left, self._pilot_event(vehicle)))
        return happened

    def _move(self, vehicle: VehicleInlet, taken_wh: float) -> None:
        self._fraction_wh += taken_wh
        whole = math.floor(self._fraction_wh + _ROUNDING_WH) if self._fraction_wh > 0 else 0
        back = math.floor(-self._fraction_wh + _ROUNDING_WH) if self._fraction_wh < 0 else 0
        if whole > 0 or back > 0:
            self._fraction_wh -= whole - back
            self._count(whole, self._used(vehicle))
            self.export_wh += back
            vehicle.book(whole - back)

    def _pilot_event(self, vehicle: VehicleInlet) -> HardwareEvent:
        kind = VehicleRequestsPower if vehicle.requests_power else VehicleSuspends
        return kind(self.layout.evse_id, self.connector_id or 0)

    def reading(self, *, powered: bool, alive: bool) -> MeterReading:
        """The meter at this moment."""
        vehicle, supply = self.vehicle, self.layout.supply
        power = vehicle.power_w if vehicle is not None else 0.0
        load = abs(power) / float(supply.max_power_w)
        offered = self.offered_a(alive=alive)
        return MeterReading(
            energy_import_register=self.register_wh,
            energy_export_register=self.export_wh,
            power_w=_decimal(power, "0.1"),
            current_a=self._currents(power),
            voltage_v=self._voltages(powered=powered),
            current_offered_a=offered,
            power_offered_w=self._offered_w(offered),
            temperature_c=_decimal(_AMBIENT_C + _FULL_LOAD_RISE_C * load, "0.1"),
            frequency_hz=None if self.layout.dc else Decimal("50.0" if powered else "0.0"),
            soc_percent=_decimal(vehicle.soc_percent, "0.1") if vehicle is not None and self.layout.dc else None,
            more=tuple(self._besides(power, load)),
            sign=None if self.signer is None else self.signer.sign,
        )

    def _besides(self, power: float, load: float) -> Iterator[Measured]:
        """What the meter says besides, what holds at the outlet, and what a vehicle on DC says of itself."""
        supply, vehicle = self.layout.supply, self.vehicle
        if isinstance(supply, AcSupply):
            if supply.max_discharge_w > 0:
                yield from self._of_inverter(supply, power)
            else:
                yield from purely_active(self.register_wh, self.export_wh)
                yield from _AC_ALWAYS
            if supply.phases > 1:
                for line, wh in zip(_LINES, self._phase_wh, strict=False):
                    yield Measured("Energy.Active.Import.Register", Decimal(wh), line)
            yield Measured("Power.Import.Minimum", MIN_AC_CURRENT_A * supply.voltage_v * self._phases(supply))
            return
        yield Measured("RPM", (_FAN_RPM * _decimal(load, "0.001")).quantize(Decimal(1)), place="Body")
        yield Measured("Current.Import.Minimum", MIN_DC_CURRENT_A)
        if vehicle is not None:
            yield Measured("Power.Import.Minimum", MIN_DC_CURRENT_A * _decimal(vehicle.pack_volts, "0.1"))
            yield from heard(vehicle.tells(), supply, power)
        if self.layout.max_discharge_w > 0:
            amps = -power / vehicle.pack_volts if vehicle is not None and power < 0 else 0.0
            yield Measured("Current.Export", _decimal(amps, "0.01"))
            var = self.reactive_var if self.contactor_closed else Decimal(0)
            yield Measured("Power.Reactive.Import", max(var, Decimal(0)), place="Inlet")
            yield Measured("Power.Reactive.Export", max(-var, Decimal(0)), place="Inlet")

    def _of_inverter(self, supply: AcSupply, power: float) -> Iterator[Measured]:
        """What the inverter in the vehicle makes of an AC outlet, and what the vehicle says if it has one (ISO 15118-20)."""
        told = None if self.vehicle is None else self.vehicle.tells()
        gives_back = told is not None and told.max_discharge is not None
        var = self.reactive_var if self.contactor_closed and gives_back else Decimal(0)
        yield Measured("Power.Factor", _decimal(abs(power) / math.hypot(power, float(var)) if power else 1.0, "0.001"))
        yield Measured("Power.Reactive.Import", max(var, Decimal(0)))
        yield Measured("Power.Reactive.Export", max(-var, Decimal(0)))
        phases = 1 if self.vehicle is None else self.vehicle.phases
        amps = max(-power, 0.0) / (phases * float(supply.voltage_v))
        yield Measured("Current.Export", _decimal(amps, "0.01"))
        yield Measured("Current.Import.Minimum", MIN_AC_CURRENT_A)
        if told is not None and gives_back:
            yield from heard(told, supply, power)

    def _voltages(self, *, powered: bool) -> tuple[Decimal, ...]:
        supply = self.layout.supply
        if isinstance(supply, AcSupply):
            return (supply.voltage_v if powered else Decimal(0),) * supply.phases
        live = self.vehicle is not None and self.contactor_closed and self.vehicle.requests_power
        return (_decimal(self.vehicle.pack_volts, "0.1") if self.vehicle is not None and live else Decimal(0),)

    def _currents(self, power: float) -> tuple[Decimal, ...]:
        supply, vehicle = self.layout.supply, self.vehicle
        if vehicle is None or power <= 0:
            return (Decimal(0),) * (supply.phases if isinstance(supply, AcSupply) else 1)
        if not isinstance(supply, AcSupply):
            return (_decimal(power / vehicle.pack_volts, "0.01"),)
        each = _decimal(power / (vehicle.phases * float(supply.voltage_v)), "0.01")
        used = self._used(vehicle)
        return tuple(each if phase in used else Decimal(0) for phase in range(supply.phases))

    def _used(self, vehicle: VehicleInlet) -> range:
        """The phases that carry current, counted from 0."""
        supply = self.layout.supply
        if not isinstance(supply, AcSupply):
            return range(1)
        first = self.single_phase - 1 if self._phases(supply) == 1 else 0
        return range(first, min(first + vehicle.phases, supply.phases))

    def _offered_w(self, offered_a: Decimal) -> Decimal:
        supply = self.layout.supply
        if isinstance(supply, AcSupply):
            return self._phases(supply) * supply.voltage_v * offered_a
        volts = supply.max_voltage_v if self.vehicle is None else _decimal(self.vehicle.pack_volts, "0.1")
        return max(Decimal(0), min(self._held_out_w(), volts * offered_a))

    # --- saving --------------------------------------------------------------------------------------------------------------------

    def save(self) -> SavedEvse:
        """What outlives a process."""
        return SavedEvse(
            self.layout.evse_id,
            self.register_wh,
            self._fraction_wh,
            self.connector_id,
            self._cable_a,
            None if self.vehicle is None else self.vehicle.save(),
            sorted(self.locked),
            self.parked,
            0 if self.signer is None else self.signer.counter,
            self.export_wh,
            self._phase_wh,
            [
                SavedWaiting(number, None if one.vehicle is None else one.vehicle.save(), one.cable_a)
                for number, one in self.waiting.items()
            ],
        )

    def adopt(self, saved: SavedEvse, vehicle_from: VehicleFrom | None) -> None:
        """Take over what was saved; the vehicle's half of the pilot starts anew."""
        numbers = {connector.connector_id for connector in self.layout.connectors}
        others = {one.connector_id for one in saved.waiting}
        if not numbers.issuperset({*saved.locked, *others, *({saved.connector_id} - {None})}):
            raise HardwareError(
                f"EVSE {saved.evse_id} was saved with connectors it does not have.", "Use its own layout."
            )
        self.start_from(saved.register_wh)
        self._fraction_wh = saved.fraction_wh
        if len(saved.phase_wh) == len(self._phase_wh) and sum(saved.phase_wh) == saved.register_wh:
            self._phase_wh = list(saved.phase_wh)
        self.export_wh = saved.export_wh
        self.connector_id, self._cable_a = saved.connector_id, saved.cable_a
        self.locked, self.parked = set(saved.locked), saved.parked
        if self.signer is not None:
            self.signer.counter = saved.signed
        self.vehicle = self._made(saved.vehicle, vehicle_from)
        self.waiting = {
            one.connector_id: Waiting(self._made(one.vehicle, vehicle_from), one.cable_a) for one in saved.waiting
        }

    def _made(self, saved: dict[str, Any] | None, vehicle_from: VehicleFrom | None) -> VehicleInlet | None:
        if saved is not None and vehicle_from is None:
            raise HardwareError(
                f"A vehicle was saved at EVSE {self.layout.evse_id} and nothing here can make it again.",
                "Pass vehicle_from.",
            )
        return None if saved is None or vehicle_from is None else vehicle_from(saved)


def _decimal(value: float, step: str) -> Decimal:
    return Decimal(value).quantize(Decimal(step), ROUND_HALF_EVEN)


def _signer(layout: EvseLayout) -> MeterSigner:
    """The signing part of a simulated meter; its serial number, and with it its key, is the number of its EVSE."""
    serial = meter_serial(layout.evse_id)
    return MeterSigner(MeterPlate(_VENDOR, _MODEL, serial), key_from_seed(serial))


def meter_serial(evse_id: int) -> str:
    """The serial number of the simulated meter of an EVSE."""
    return f"PW-METER-{evse_id}"
