"""Our vehicle behind a session of ISO 15118: the port `Ev` on battery, charging curve and what the driver wants.

What the station says it gives is what the battery takes: on AC the current it offers, up to the vehicle's own charger; on DC the voltage
and current it measures. Time passes by the clock, `speed` times as fast for the battery, so that a long charge can be tried in seconds;
schedules and departures are told in the seconds of the line.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Final

from pilotwire.clock import Clock
from pilotwire.errors import ConfigError
from pilotwire.ev.battery import Battery, PowerLine
from pilotwire.ev.catalogue import vehicle as of_catalogue
from pilotwire.ev.iso15118.choosing import choose, power_at
from pilotwire.ev.vehicle import MIN_AC_CURRENT_A, Feedback, Vehicle, VehicleSpec
from pilotwire.ev.vehicle import Wish as DriverWish
from pilotwire.iso15118.charging import (
    AcLimits,
    Control,
    DcLimits,
    Ending,
    Limits,
    Meter,
    Needs,
    Notice,
    Profile,
    Schedule,
    SessionEnd,
    Transfer,
)
from pilotwire.iso15118.evcc.ports import EvState, Offered, Wish
from pilotwire.iso15118.exi.declare import Element

NOMINAL_V: Final = 230.0
BULK_SOC: Final = 80.0
"""State of charge from which on charging is slow (BulkSOC)."""
MOST_STEPS: Final = 24
_MOST_CHANGES: Final = 64
_AGES: Final = 1e9
"""Seconds that are enough for any battery."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What this charge is to be, beside what the driver wants of the battery. Seconds count from the first power, on the line's clock."""

    wish: Wish = field(default_factory=Wish)
    stop_after: float | None = None
    pause_after: float | None = None
    renegotiate_after: float | None = None


def quick(spec: VehicleSpec) -> VehicleSpec:
    """The model without the delays of its control pilot: what they stand for, the session takes its time for."""
    ac = replace(spec.ac, start_s=0.0) if spec.ac is not None else None
    dc = replace(spec.dc, precharge_s=0.0) if spec.dc is not None else None
    return replace(spec, ac=ac, dc=dc, request_delay_s=0.0, suspend_delay_s=0.0)


def speaking_vehicle(
    name: str,
    clock: Clock,
    intent: Intent,
    *,
    soc: float = 20.0,
    wish: DriverWish | None = None,
    speed: float = 1.0,
    evcc_id: bytes | None = None,
) -> SpeakingVehicle:
    """A new vehicle of the catalogue, plugged in. Raises ConfigError for a name that is not there, or numbers that cannot be."""
    spec = quick(of_catalogue(name).spec)
    return SpeakingVehicle(Vehicle(spec, soc=soc, wish=wish), clock, intent, speed=speed, evcc_id=evcc_id)


class SpeakingVehicle:
    """An `Ev` port on one of our vehicles. It outlives a session: after a pause or a dropped line the next one takes it up."""

    def __init__(
        self,
        vehicle: Vehicle,
        clock: Clock,
        intent: Intent,
        *,
        speed: float = 1.0,
        evcc_id: bytes | None = None,
    ) -> None:
        if evcc_id is not None and len(evcc_id) != 6:
            raise ConfigError("An EVCCID is a MAC address: six bytes.", "Give twelve hexadecimal digits.")
        if speed <= 0:
            raise ConfigError("A vehicle charges forwards.", "Give a speed above 0.")
        self.vehicle = vehicle
        self._clock = clock
        self._intent = intent
        self._speed = speed
        self._evcc_id = evcc_id or b"\x02" + sha256(vehicle.name.encode()).digest()[:5]
        self._at = clock.monotonic()
        self._closed = False
        self._transfer = Transfer.DC if vehicle.spec.ac is None else Transfer.AC
        self._limits: Limits | None = None
        self._now = Offered()
        self._profile: Profile | None = None
        self._schedule: Schedule | None = None
        self._told_tariff: Element | None = None
        self._planned_at = 0.0
        self._power_since: float | None = None
        self._stopped = False
        self._pause_asked = False
        self._paused_once = False
        self._renegotiated = False
        self._meters: list[Meter] = []
        self.started_soc = vehicle.soc_percent
        self.taken_wh = 0.0
        """At the inlet, since this object was made."""
        self.given_wh = 0.0
        """Back to the station."""
        self.notices: list[Notice] = []
        """What the station asked for while it charged, each once."""
        self.refusals: list[str] = []
        """Why the vehicle itself did not go on."""
        if not vehicle.plugged_in:
            vehicle.plug_in()

    # --- for whoever drives it ---------------------------------------------------------------------------------------------------

    @property
    def powered_s(self) -> float:
        """Seconds since the first power, on the line's clock; 0 before it."""
        return 0.0 if self._power_since is None else self._clock.monotonic() - self._power_since

    @property
    def metered_wh(self) -> int | None:
        """What the station's meter counted while it charged; None: it told no reading."""
        if not self._meters:
            return None
        return self._meters[-1].energy_wh - self._meters[0].energy_wh

    @property
    def prices(self) -> Element | None:
        """What the charge costs, as the station told it: by the schedule that was chosen, or in dynamic control; None: it did not."""
        return self._schedule.tariff if self._schedule is not None else self._told_tariff

    @property
    def power_w(self) -> float:
        """At the inlet now; negative: back to the station."""
        return self.vehicle.power_w

    @property
    def enough(self) -> bool:
        """Whether it has what it wanted, or the time for this charge is over."""
        over = self._intent.stop_after is not None and self.powered_s >= self._intent.stop_after > 0
        return self._stopped or over or self._departed or (not self._transfer.bidirectional and self._complete)

    def stop(self) -> None:
        """The driver has enough: the session is ended in order."""
        self._stopped = True

    # --- Ev ----------------------------------------------------------------------------------------------------------------------

    @property
    def evcc_id(self) -> bytes:
        """Its MAC address: as it was given, else a locally administered one of its model."""
        return self._evcc_id

    @property
    def evcc_id_20(self) -> str:
        """EVCCID of ISO 15118-20."""
        return f"PWRV000{self._evcc_id.hex().upper()}"

    def wish(self) -> Wish:
        """What is wanted of this session."""
        return self._intent.wish

    def needs(self, transfer: Transfer, control: Control) -> Needs:
        """By what the battery holds now; energies at the inlet."""
        self._advance()
        self._transfer = transfer
        if self._due(self._intent.renegotiate_after):
            self._renegotiated = True  # this is what it wanted to be asked for
        battery, back = self.vehicle.battery, self._keeps_soc(transfer)
        capacity, told = battery.spec.capacity_wh, self.vehicle.tells()
        lost = self._efficiency(transfer)
        missing = max(0.0, capacity * told.target_soc / 100 - battery.energy_wh) / lost
        room = (capacity - battery.energy_wh) / lost
        return Needs(
            transfer,
            self._own_limits(transfer),
            control,
            energy_wh=missing,
            least_wh=0.0,
            most_wh=room,
            departure_s=self._departure_s(),
            soc=int(self.vehicle.soc_percent),
            target_soc=round(told.target_soc),
            full_soc=100,
            capacity_wh=capacity,
            most_steps=MOST_STEPS,
            v2x_most_wh=missing if back is not None else None,
            v2x_least_wh=capacity * back / 100 - battery.energy_wh if back is not None else None,
        )

    def choose(self, schedules: Sequence[Schedule]) -> Profile:
        """The cheapest schedule that is enough, and a plan within it."""
        needs = self.needs(self._transfer, Control.SCHEDULED)
        ac, feedback = self.vehicle.spec.ac, self._feedback(self._transfer)
        self._profile = choose(
            schedules,
            needs_wh=(needs.energy_wh or 0.0) / self._speed,
            most_w=self._most_w(self._transfer),
            departure_s=needs.departure_s,
            phases=ac.phases if ac is not None and not self._transfer.dc else None,
            gives_w=feedback.max_power_w if feedback is not None else 0.0,
            spare_wh=self._spare_wh() / self._speed,
        )
        self._schedule = next((one for one in schedules if one.id == self._profile.schedule_id), None)
        self._planned_at = self._clock.monotonic()
        return self._profile

    def contactor(self, closed: bool) -> bool:
        """At once; it does not connect its battery to a station whose voltage does not reach it."""
        self._advance()
        limits, volts = self._limits, self.vehicle.pack_volts
        if closed and self._transfer.dc and isinstance(limits, DcLimits) and limits.max_v < volts:
            self.refusals.append(f"The station gives {limits.max_v:g} V at most, and the battery has {volts:.0f} V.")
            return False
        self._closed = closed
        if not closed:
            self._offer(live=False)
        return True

    def offered(self, offered: Offered) -> None:
        """What the station gives from now on. Power begins with the first message of the charge loop after the contactors closed."""
        self._advance()
        self._now = offered
        self._told_tariff = offered.tariff or self._told_tariff
        self._mind(offered)
        if offered.limits is not None:
            self._limits = offered.limits
        if offered.notice is not Notice.NONE and offered.notice not in self.notices:
            self.notices.append(offered.notice)
        self._pause_asked = self._pause_asked or offered.notice is Notice.PAUSE
        if self._closed:
            if self._power_since is None:
                self._power_since = self._clock.monotonic()
            if offered.meter is not None:
                self._meters.append(offered.meter)
                del self._meters[1:-1]
        self._offer(live=self._closed)

    def state(self) -> EvState:
        """How it stands now."""
        self._advance()
        dc, enough = self._transfer.dc, self.enough
        pause = self._pause_asked or (self._due(self._intent.pause_after) and not self._paused_once)
        volts = self.vehicle.pack_volts if dc else 0.0
        return EvState(
            target_v=volts,
            target_a=self._target_a() if dc and not enough else 0.0,
            present_v=volts if self._closed else 0.0,
            present_w=self.power_w,
            soc=int(self.vehicle.soc_percent),
            enough=enough,
            pause=pause and not enough,
            renegotiate=self._due(self._intent.renegotiate_after) and not self._renegotiated,
            bulk_complete=self.vehicle.soc_percent >= BULK_SOC,
            seconds_to_full=self._seconds_to(100.0),
            seconds_to_bulk=self._seconds_to(BULK_SOC),
        )

    def ended(self, end: SessionEnd) -> None:
        """No power any more; a pause that was wanted has been."""
        self._advance()
        self._closed = False
        self._offer(live=False)
        self._profile, self._schedule, self._pause_asked = None, None, False
        self.vehicle.aim_no_more()
        self._paused_once = self._paused_once or end.ending is Ending.PAUSED

    # --- time --------------------------------------------------------------------------------------------------------------------

    def _advance(self) -> None:
        """Let the battery do what it did since the last look."""
        now = self._clock.monotonic()
        left, self._at = (now - self._at) * self._speed, now
        for _ in range(_MOST_CHANGES):
            if left <= 0:
                return
            passed, taken = self.vehicle.run(left)
            self.taken_wh += max(taken, 0.0)
            self.given_wh += max(-taken, 0.0)
            left -= passed

    def _due(self, after: float | None) -> bool:
        return after is not None and self._power_since is not None and self.powered_s >= after

    def _departure_s(self) -> int | None:
        left = self._seconds_left()
        return None if left is None else max(0, int(left / self._speed))

    def _seconds_left(self) -> float | None:
        """Until the departure, in the battery's time."""
        left = self.vehicle.departure_in_s
        return None if left == math.inf else left

    @property
    def _departed(self) -> bool:
        left = self._seconds_left()
        return left is not None and left <= 0

    def _seconds_to(self, soc: float) -> int | None:
        """Until the battery holds so much at the present power, on the line's clock; None: never, as it stands."""
        battery = self.vehicle.battery
        stop = battery.spec.capacity_wh * soc / 100
        if battery.energy_wh >= stop:
            return 0
        watts = self.power_w
        if watts <= 0:
            return None
        trial = Battery(battery.spec, battery.energy_wh)
        used, _ = trial.charge(_AGES, (PowerLine(watts * self._efficiency(self._transfer)),), stop)
        return int(used / self._speed) if used < _AGES else None

    # --- power -------------------------------------------------------------------------------------------------------------------

    @property
    def _complete(self) -> bool:
        return self.vehicle.tells().complete

    def _efficiency(self, transfer: Transfer) -> float:
        """From the inlet to the battery."""
        return 1.0 if transfer.dc or self.vehicle.spec.ac is None else self.vehicle.spec.ac.efficiency

    def _keeps_soc(self, transfer: Transfer) -> float | None:
        """Down to which state of charge it gives back; None: it gives nothing back."""
        feedback = self._feedback(transfer)
        return max(feedback.min_soc, self.vehicle.least_soc) if feedback is not None else None

    def _spare_wh(self) -> float:
        """What it could give back now, at the inlet."""
        keeps, battery = self._keeps_soc(self._transfer), self.vehicle.battery
        if keeps is None:
            return 0.0
        return max(0.0, battery.energy_wh - battery.spec.capacity_wh * keeps / 100) * self._efficiency(self._transfer)

    def _mind(self, offered: Offered) -> None:
        """What the station wants reached, where the vehicle left that to it."""
        told = (offered.departure_s, offered.least_soc, offered.target_soc)
        if any(each is not None for each in told):
            departure = None if offered.departure_s is None else offered.departure_s * self._speed
            self.vehicle.aim(target_soc=offered.target_soc, least_soc=offered.least_soc, departure_in_s=departure)

    def _feedback(self, transfer: Transfer) -> Feedback | None:
        if not transfer.bidirectional:
            return None
        return self.vehicle.spec.feedback if transfer.dc else self.vehicle.spec.ac_feedback

    def _own_limits(self, transfer: Transfer) -> Limits:
        spec, back = self.vehicle.spec, self._feedback(transfer)
        back_w, back_a = (back.max_power_w, back.max_current_a) if back is not None else (0.0, 0.0)
        if transfer.dc:
            if spec.dc is None:
                raise ConfigError(f"The vehicle {spec.name} cannot charge DC.", "Take another one, or charge AC.")
            battery = spec.battery
            return DcLimits(
                max_v=battery.volts_full,
                min_v=battery.volts_empty,
                max_a=spec.dc.max_current_a,
                max_w=spec.dc.max_power_w,
                max_discharge_a=back_a,
                max_discharge_w=back_w,
            )
        if spec.ac is None:
            raise ConfigError(f"The vehicle {spec.name} cannot charge AC.", "Take another one, or charge DC.")
        return AcLimits(spec.ac.phases, NOMINAL_V, spec.ac.max_current_a, MIN_AC_CURRENT_A, max_discharge_w=back_w)

    def _most_w(self, transfer: Transfer) -> float:
        return self._own_limits(transfer).max_w

    def _planned_w(self) -> float | None:
        """By the plan it chose."""
        if self._profile is None:
            return None
        return power_at(self._profile.steps, self._clock.monotonic() - self._planned_at)

    def _back_w(self) -> float:
        """How much may be given back now, by the schedule it chose; infinity: that says nothing of it."""
        if self._schedule is None or not self._schedule.discharge:
            return math.inf
        return abs(power_at(self._schedule.discharge, self._clock.monotonic() - self._planned_at) or 0.0)

    def _target_a(self) -> float:
        """DC current it asks for now: by charging curve, inlet, plan and the station's limits; negative: it gives."""
        battery, dc, limits = self.vehicle.battery, self.vehicle.spec.dc, self._limits
        planned = self._planned_w()
        if planned is not None and planned < 0:
            return self._giving_a(-planned)
        if dc is None or self._complete:
            return 0.0
        watts, amperes = dc.max_power_w, dc.max_current_a
        if isinstance(limits, DcLimits):
            watts, amperes = min(watts, limits.max_w), min(amperes, limits.max_a)
        watts = watts if planned is None else min(watts, planned)
        return battery.power_w((PowerLine(watts), battery.spec.volts().scaled(amperes))) / battery.volts

    def _giving_a(self, watts: float) -> float:
        back, battery, keeps = self._feedback(self._transfer), self.vehicle.battery, self._keeps_soc(self._transfer)
        if back is None or keeps is None or self.vehicle.soc_percent <= keeps:
            return 0.0
        sink = PowerLine(min(watts, back.max_power_w)), battery.spec.volts().scaled(back.max_current_a)
        return -battery.release_w(sink) / battery.volts

    def _offer(self, *, live: bool) -> None:
        """Hand what the station gives to the battery's model."""
        if self._transfer.dc:
            self._offer_dc(live)
        else:
            self._offer_ac(live)
        self.vehicle.run(0.0)  # its control pilot follows at once

    def _offer_dc(self, live: bool) -> None:
        volts, amperes = self._now.present_v or 0.0, self._now.present_a or 0.0
        reach = (
            self.vehicle.spec.battery.volts_full
        )  # that it reaches the battery was seen before the contactors closed
        self.vehicle.offer(
            dc=True, phases=1, voltage_v=reach, current_a=abs(amperes), power_w=volts * amperes, live=live
        )

    def _offer_ac(self, live: bool) -> None:
        limits = self._limits if isinstance(self._limits, AcLimits) else AcLimits(max_a=0.0)
        watts = [limits.max_w, self._now.target_w, self._planned_w()]
        self.vehicle.offer(
            dc=False,
            phases=limits.phases,
            voltage_v=limits.nominal_v,
            current_a=limits.max_a,
            power_w=max(min(one for one in watts if one is not None), -self._back_w()),
            live=live,
        )
