"""A vehicle at a cable: battery, onboard charger, control pilot, and what its driver wants.

The vehicle plays its half of the IEC 61851-1 control pilot: plugged in it rests in state B; when current is offered (at least
6 A on AC) and it wants energy it goes to state C after a moment (`requests_power`); when the contactor then closes, its charger
starts (AC) or the pre-charge runs (DC), and power flows. When it has enough, is paused, or the offer falls away, the power stops
at once and a moment later it goes back to B.

A vehicle with `Feedback` gives energy back where it is told to: an offer of a negative power is a demand for so much. It stays in state C
for that, down to the least state of charge its driver wants to keep; at no power it waits in state C.

It knows nothing of stations: it fits any inlet seam of the shape of `station.hardware.ports.VehicleInlet`. Time passes only
through `run`. Units: Wh, W, V, A, seconds, per cent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from pilotwire.errors import ConfigError, MisuseError
from pilotwire.ev.battery import Battery, BatterySpec, PowerLine
from pilotwire.ev.told import Told

MIN_AC_CURRENT_A = 6.0
"""The lowest current a control pilot can offer (IEC 61851-1)."""
MIN_DC_CURRENT_A = 1.0
_CLOSE = 1e-6


@dataclass(frozen=True, slots=True)
class OnboardCharger:
    """The AC side: phases used, A a phase, efficiency from inlet to battery, seconds from live mains to power."""

    phases: int
    max_current_a: float
    efficiency: float = 0.92
    start_s: float = 2.0

    def __post_init__(self) -> None:
        if self.phases not in (1, 2, 3) or self.max_current_a < MIN_AC_CURRENT_A or not 0 < self.efficiency <= 1:
            raise ConfigError(
                f"An onboard charger of {self.phases} phases, {self.max_current_a:g} A, efficiency {self.efficiency:g}"
                " cannot be.",
                "Give 1 to 3 phases, at least 6 A and an efficiency above 0 and up to 1.",
            )


@dataclass(frozen=True, slots=True)
class DcInlet:
    """The DC side: highest power and current, seconds of insulation check and pre-charge before power."""

    max_power_w: float
    max_current_a: float
    precharge_s: float = 8.0

    def __post_init__(self) -> None:
        if self.max_power_w <= 0 or self.max_current_a <= 0:
            raise ConfigError("A DC inlet needs a power and a current above zero.", "Give both in W and A.")


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a vehicle gives back through its inlet: at most W and A (AC: a phase), down to a state of charge (%)."""

    max_power_w: float
    max_current_a: float
    min_soc: float = 20.0

    def __post_init__(self) -> None:
        if self.max_power_w <= 0 or self.max_current_a <= 0 or not 0 <= self.min_soc < 100:
            raise ConfigError(
                "A vehicle cannot give energy back like that.",
                "Give a power and a current above zero, and a least state of charge from 0 to below 100 %.",
            )


@dataclass(frozen=True, slots=True)
class VehicleSpec:
    """A vehicle model: battery, AC and DC side, and the connector types (as in OCPP 2.x) its inlet or its own cable fits.

    `feedback` is what it gives back through its DC inlet, `ac_feedback` what its onboard charger does, which then is an inverter too; None:
    it only takes energy there. Raises `ConfigError` for a battery that gives nothing back though the vehicle does.
    """

    name: str
    battery: BatterySpec
    connector_types: tuple[str, ...]
    ac: OnboardCharger | None = None
    dc: DcInlet | None = None
    request_delay_s: float = 1.5
    suspend_delay_s: float = 0.5
    feedback: Feedback | None = None
    ac_feedback: Feedback | None = None

    def __post_init__(self) -> None:
        what = f"The vehicle {self.name!r} can give no energy back."
        if self.feedback is not None and (self.dc is None or self.battery.max_discharge_w <= 0):
            raise ConfigError(what, "Give it a DC inlet and a battery with `max_discharge_w`, or no `feedback`.")
        if self.ac_feedback is not None and (self.ac is None or self.battery.max_discharge_w <= 0):
            remedy = "Give it an onboard charger and a battery with `max_discharge_w`, or no `ac_feedback`."
            raise ConfigError(what, remedy)
        if self.ac is None and self.dc is None:
            raise ConfigError(f"The vehicle {self.name!r} can charge neither AC nor DC.", "Give it `ac`, `dc` or both.")

    def accepts(self, connector_type: str, *, dc: bool) -> bool:
        """Whether this vehicle can be plugged in there and charge; `dc` because some types (cNACS) carry both."""
        return (self.dc if dc else self.ac) is not None and connector_type in self.connector_types


@dataclass(frozen=True, slots=True)
class Wish:
    """When the driver has enough: the first of a state of charge (%), an energy at the inlet (Wh) or a departure.

    Energy and departure (seconds) count from plugging in; `None` means no such bound.
    """

    target_soc: float = 100.0
    energy_wh: float | None = None
    departure_s: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.target_soc <= 100 or (self.energy_wh or 0) < 0 or (self.departure_s or 0) < 0:
            raise ConfigError(
                "That wish cannot be granted.", "Give 0 to 100 %, and an energy and departure of 0 or more."
            )


@dataclass(slots=True)
class VehicleMeter:
    """The vehicle's own meter: whole Wh that have arrived at its inlet in its life, and that have left it there."""

    delivered_wh: int = 0
    returned_wh: int = 0


@dataclass(frozen=True, slots=True)
class _Offer:
    """What stands at the inlet: AC or DC, phases, V (DC: the most the station can), A a phase, W (negative: so much is wanted back); is
    the contactor closed?"""

    dc: bool = False
    phases: int = 1
    voltage_v: float = 0.0
    current_a: float = 0.0
    power_w: float = 0.0
    live: bool = False


@dataclass(slots=True)
class _Saved:
    """What outlives a process: everything but the moment's control pilot."""

    spec: VehicleSpec
    energy_wh: float
    wish: Wish
    meter: VehicleMeter
    plugged_in: bool = False
    paused: bool = False
    plugged_s: float = 0.0
    session_wh: float = 0.0


@dataclass(slots=True)
class _Pilot:
    """The moment: is S2 closed (state C), and seconds until the next change of state or the first power."""

    requesting: bool = False
    change_in: float | None = None
    start_in: float | None = None
    offer: _Offer = field(default_factory=_Offer)


class Vehicle:
    """One vehicle. `meter.delivered_wh` is the truth a station's register is compared with."""

    def __init__(self, spec: VehicleSpec, *, soc: float = 20.0, wish: Wish | None = None) -> None:
        self._adopt(_Saved(spec, spec.battery.capacity_wh * soc / 100, wish or Wish(), VehicleMeter()))

    def _adopt(self, saved: _Saved) -> None:
        self._state = saved
        self._aim: Wish | None = None
        self.least_soc = 0.0
        """Per cent below which the station wants nothing back."""
        self._pilot = _Pilot()
        self.battery = Battery(saved.spec.battery, saved.energy_wh)

    # --- what it is and wants ------------------------------------------------------------------------------------------------

    @property
    def spec(self) -> VehicleSpec:
        """The model."""
        return self._state.spec

    @property
    def name(self) -> str:
        """The model's name, for messages to people."""
        return self.spec.name

    @property
    def meter(self) -> VehicleMeter:
        """The vehicle's own meter."""
        return self._state.meter

    @property
    def soc_percent(self) -> float:
        """State of charge, 0 to 100."""
        return self.battery.soc_percent

    @property
    def plugged_in(self) -> bool:
        """Whether a cable is in the inlet."""
        return self._state.plugged_in

    @property
    def wish(self) -> Wish:
        """When the driver has enough."""
        return self._state.wish

    @wish.setter
    def wish(self, wish: Wish) -> None:
        self._state.wish = wish

    def aim(
        self, *, target_soc: float | None = None, least_soc: float | None = None, departure_in_s: float | None = None
    ) -> None:
        """A station decides in the driver's place, until `aim_no_more` (ISO 15118-20, MobilityNeedsMode 2). None: as it was. Not saved."""
        known = self._aim or self.wish
        departure = known.departure_s if departure_in_s is None else self._state.plugged_s + departure_in_s
        target = known.target_soc if target_soc is None else target_soc
        self._aim = replace(known, target_soc=target, departure_s=departure)
        self.least_soc = self.least_soc if least_soc is None else least_soc

    def aim_no_more(self) -> None:
        """The driver's wish counts again."""
        self._aim, self.least_soc = None, 0.0

    @property
    def departure_in_s(self) -> float:
        """Seconds until the departure; infinity: nobody said when."""
        departure = (self._aim or self.wish).departure_s
        return math.inf if departure is None else departure - self._state.plugged_s

    @property
    def paused(self) -> bool:
        """Whether the driver has paused charging in the vehicle."""
        return self._state.paused

    def pause(self) -> None:
        """The driver stops charging in the vehicle: it goes back to control pilot state B."""
        self._state.paused = True

    def resume(self) -> None:
        """The driver lets it charge again."""
        self._state.paused = False

    def drive(self, energy_wh: float) -> None:
        """Use up to `energy_wh` of the battery on the road; only when unplugged (`MisuseError` else)."""
        if self.plugged_in or energy_wh < 0:
            raise MisuseError("A vehicle drives unplugged and uses energy.", "Unplug it first and give Wh >= 0.")
        self.battery.energy_wh = max(0.0, self.battery.energy_wh - energy_wh)

    # --- the inlet, as a station sees it ---------------------------------------------------------------------------------------

    def accepts(self, connector_type: str, *, dc: bool) -> bool:
        """Whether this vehicle can be plugged in there and charge."""
        return self.spec.accepts(connector_type, dc=dc)

    def plug_in(self) -> None:
        """A cable goes in: control pilot state B, a new charging session begins."""
        if self.plugged_in:
            raise MisuseError(f"The vehicle {self.name!r} is plugged in already.", "Unplug it first.")
        self._state.plugged_in, self._state.plugged_s, self._state.session_wh = True, 0.0, 0.0
        self._pilot = _Pilot()

    def plug_out(self) -> None:
        """The cable is out: state A, nothing flows."""
        self._state.plugged_in = False
        self._pilot = _Pilot()

    def reset_pilot(self) -> None:
        """The station's end went dark: back to state B until current is offered anew."""
        self._pilot = _Pilot()

    def offer(self, *, dc: bool, phases: int, voltage_v: float, current_a: float, power_w: float, live: bool) -> None:
        """What the station holds out from now on: A a phase (0: no offer), at most `power_w` W; `live`: contactor closed.

        A negative power is what the station wants back.
        """
        self._pilot.offer = _Offer(dc, phases, voltage_v, current_a, power_w, live)
        self._settle()

    @property
    def requests_power(self) -> bool:
        """Control pilot state C; B when False."""
        return self._pilot.requesting

    @property
    def phases(self) -> int:
        """Phases power is taken from under the present offer (1 on DC)."""
        offer = self._pilot.offer
        return 1 if offer.dc or self.spec.ac is None else min(self.spec.ac.phases, offer.phases)

    @property
    def pack_volts(self) -> float:
        """Voltage of the battery, which is the voltage of a DC outlet."""
        return self.battery.volts

    @property
    def power_w(self) -> float:
        """W taken at the inlet at this moment; negative: given back."""
        if self._gives:
            return -self.battery.release_w(self._sink()) * self._efficiency
        return self.battery.power_w(self._supply()) / self._efficiency if self._draws else 0.0

    def tells(self) -> Told:
        """What it says of itself to a station now."""
        battery, feedback = self.spec.battery, self._feedback
        return Told(
            capacity_wh=battery.capacity_wh,
            present_soc=self.soc_percent,
            target_soc=100.0 * self._stop_wh / battery.capacity_wh,
            complete=self._satisfied,
            volts=(battery.volts_empty, battery.volts_full),
            minimum_soc=None if feedback is None else feedback.min_soc,
            max_discharge=None if feedback is None else (feedback.max_power_w, feedback.max_current_a),
        )

    def run(self, seconds: float) -> tuple[float, float]:
        """Let time pass, up to `seconds` or the vehicle's next change; returns (seconds passed, Wh taken at the inlet).

        What was given back counts as negative.
        """
        self._settle()
        passed, taken = min(seconds, self._quiet_for()), 0.0
        if self._gives:
            passed, given = self.battery.discharge(passed, self._sink(), self._keep_wh)
            taken = -given * self._efficiency
        elif self._draws:
            passed, stored = self.battery.charge(passed, self._supply(), self._stop_wh)
            taken = stored / self._efficiency
        self._state.session_wh += taken
        self._elapse(passed)
        return passed, taken

    def book(self, wh: int) -> None:
        """The station has moved `wh` whole Wh to this vehicle, negative: from it: they count on its own meter."""
        self._state.meter.delivered_wh += max(wh, 0)
        self._state.meter.returned_wh += max(-wh, 0)

    # --- saving ----------------------------------------------------------------------------------------------------------------

    def save(self) -> dict[str, Any]:
        """All that outlives a process, as plain JSON values; the control pilot starts anew after `restore`."""
        self._state.energy_wh = self.battery.energy_wh
        saved: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(self._state))
        return saved

    @classmethod
    def restore(cls, saved: Mapping[str, Any]) -> Vehicle:
        """The vehicle that `save` described; raises `ConfigError` for anything else."""
        try:
            state = msgspec.convert(dict(saved), _Saved)
        except msgspec.ValidationError as error:
            raise ConfigError(f"This is not a saved vehicle: {error}.", "Use what Vehicle.save() gave.") from error
        vehicle = cls.__new__(cls)
        vehicle._adopt(state)
        return vehicle

    # --- inside ----------------------------------------------------------------------------------------------------------------

    @property
    def _efficiency(self) -> float:
        return 1.0 if self._pilot.offer.dc or self.spec.ac is None else self.spec.ac.efficiency

    @property
    def _stop_wh(self) -> float:
        """Stored energy at which the wish is fulfilled."""
        wish = self._aim or self.wish
        target = self.spec.battery.capacity_wh * wish.target_soc / 100
        if wish.energy_wh is None:
            return target
        missing = max(0.0, wish.energy_wh - self._state.session_wh)
        return min(target, self.battery.energy_wh + missing * self._efficiency)

    @property
    def _satisfied(self) -> bool:
        return self._stop_wh - self.battery.energy_wh <= _CLOSE or self.departure_in_s <= _CLOSE

    @property
    def _offer_usable(self) -> bool:
        """Enough current of a kind this vehicle takes; on DC the station must also reach the pack's voltage."""
        offer = self._pilot.offer
        if offer.dc:
            reaches = offer.voltage_v >= self.spec.battery.volts_full
            return self.spec.dc is not None and reaches and offer.current_a >= MIN_DC_CURRENT_A
        return self.spec.ac is not None and offer.current_a >= MIN_AC_CURRENT_A

    @property
    def _keep_wh(self) -> float:
        """Stored energy below which nothing is given back."""
        least = max(self._feedback.min_soc, self.least_soc) if self._feedback is not None else 100.0
        return self.spec.battery.capacity_wh * least / 100

    @property
    def _feedback(self) -> Feedback | None:
        """What it gives back where it is plugged in."""
        offer = self._pilot.offer
        alternating = offer.voltage_v > 0 and not offer.dc
        return self.spec.ac_feedback if alternating else self.spec.feedback

    @property
    def _is_asked_back(self) -> bool:
        """Whether the station wants energy of a vehicle that can give it."""
        return self._pilot.offer.power_w < 0 and self._feedback is not None

    @property
    def _has_purpose(self) -> bool:
        """Whether there is energy to take, or to give."""
        if self._pilot.offer.power_w < 0:
            leaving = self.departure_in_s <= _CLOSE
            return self._is_asked_back and not leaving and self.battery.energy_wh - self._keep_wh > _CLOSE
        return not self._satisfied

    @property
    def _wants(self) -> bool:
        return self.plugged_in and not self.paused and self._offer_usable and self._has_purpose

    @property
    def _gives(self) -> bool:
        return self._is_asked_back and self._draws

    @property
    def _draws(self) -> bool:
        return self._pilot.start_in == 0.0 and self._wants

    def _settle(self) -> None:
        """Arm or disarm the delays after anything has changed."""
        pilot, wants = self._pilot, self._wants
        if wants == pilot.requesting:
            pilot.change_in = None
        elif pilot.change_in is None:
            pilot.change_in = self.spec.request_delay_s if wants else self.spec.suspend_delay_s
        if not (pilot.requesting and wants and pilot.offer.live):
            pilot.start_in = None
        elif pilot.start_in is None:
            pilot.start_in = self._start_delay()

    def _start_delay(self) -> float:
        if self._pilot.offer.dc:
            return self.spec.dc.precharge_s if self.spec.dc else 0.0
        return self.spec.ac.start_s if self.spec.ac else 0.0

    def _quiet_for(self) -> float:
        """Seconds until the next change that does not depend on the battery."""
        pilot = self._pilot
        departure = self.departure_in_s if self._wants else math.inf
        return min(pilot.change_in if pilot.change_in is not None else math.inf, pilot.start_in or math.inf, departure)

    def _elapse(self, seconds: float) -> None:
        pilot = self._pilot
        self._state.plugged_s += seconds if self.plugged_in else 0.0
        if pilot.start_in is not None:
            pilot.start_in = _count_down(pilot.start_in, seconds)
        if pilot.change_in is not None:
            pilot.change_in = _count_down(pilot.change_in, seconds)
            if pilot.change_in == 0.0:
                pilot.requesting, pilot.change_in = not pilot.requesting, None
        self._settle()

    def _sink(self) -> tuple[PowerLine, ...]:
        """The limits from outside the battery on what comes out of it; on AC the inverter's losses come out too."""
        offer, feedback = self._pilot.offer, self._feedback
        assert feedback is not None
        amps = min(offer.current_a, feedback.max_current_a)
        watts = min(-offer.power_w, feedback.max_power_w)
        if offer.dc:
            return PowerLine(watts), self.spec.battery.volts().scaled(amps)
        return (PowerLine(min(watts, self.phases * offer.voltage_v * amps) / self._efficiency),)

    def _supply(self) -> tuple[PowerLine, ...]:
        """The limits from outside the battery, as power into the battery."""
        offer = self._pilot.offer
        if offer.dc and self.spec.dc is not None:
            amps = min(offer.current_a, self.spec.dc.max_current_a)
            return PowerLine(min(offer.power_w, self.spec.dc.max_power_w)), self.spec.battery.volts().scaled(amps)
        amps = min(offer.current_a, self.spec.ac.max_current_a) if self.spec.ac else 0.0
        return (PowerLine(min(offer.power_w, self.phases * offer.voltage_v * amps) * self._efficiency),)


def _count_down(left: float, seconds: float) -> float:
    """What is left of a delay; exactly 0 at its end."""
    return 0.0 if left - seconds <= _CLOSE / 1000 else left - seconds
