"""How fast an inverter follows its DER controls: response times, hysteresis, ramps, soft start (R04)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from pilotwire.domain.der_control import Curve, DerControlType, EnterService, Gradient
from pilotwire.domain.der_inverter import Course, ramped, responded
from pilotwire.domain.kinds import changed
from pilotwire.station.core.der_settings import SOON, Looks, active, rating_of
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.station import Station

_C = DerControlType
_HUNDRED: Final = Decimal(100)


@dataclass(slots=True)
class _Held:
    """A curve that has cut: the least share since, and since when the grid has been normal."""

    share: Decimal
    normal_since: datetime | None = None


@dataclass(slots=True)
class Pace:
    """By EVSE and control: responses under way, curves that hold on; by EVSE: the power on its ramp, and whether it starts softly."""

    responses: dict[tuple[int, str], Course] = field(default_factory=dict)
    held: dict[tuple[int, DerControlType], _Held] = field(default_factory=dict)
    ramps: dict[int, Course] = field(default_factory=dict)
    soft: set[int] = field(default_factory=set)


def response(
    station: Station, evse: Evse, what: str, target: Decimal, neutral: Decimal, seconds: Decimal | None
) -> Decimal:
    """What a control (or its reference) that wants `target` has come to by now; `neutral` is where it begins."""
    responses, key = station.moment(Pace).responses, (evse.evse_id, what)
    if not seconds or seconds < 0:
        responses[key] = Course(value=target, target=target, at=station.now)
        return target
    before = responses.get(key, Course(value=neutral, target=neutral, at=station.now))
    course = changed(responded(before, station.now, seconds), target=target)
    responses[key] = course
    if not course.is_there:
        station.moment(Looks).at(station.now + min(SOON, timedelta(seconds=float(seconds) / 5)))
    return course.value


def forget(station: Station, evse: Evse, control_type: DerControlType) -> None:
    """A control is not in force: its next response begins anew."""
    pace = station.moment(Pace)
    pace.responses.pop((evse.evse_id, control_type), None)
    pace.held.pop((evse.evse_id, control_type), None)


def held(
    station: Station, evse: Evse, control_type: DerControlType, curve: Curve, x: Decimal, share: Decimal
) -> Decimal:
    """The share a curve leaves, with its hysteresis: it gives way once the grid was normal for the delay, by its gradient."""
    hysteresis, all_held, key = curve.hysteresis, station.moment(Pace).held, (evse.evse_id, control_type)
    if hysteresis is None:
        return share
    now = station.now
    if share < _HUNDRED:
        before = all_held.get(key)
        all_held[key] = _Held(min(share, before.share) if before is not None else share)
    state = all_held.get(key)
    if state is None:
        return share
    low, high = hysteresis.hysteresis_low, hysteresis.hysteresis_high
    if share < _HUNDRED or (low is not None and x < low) or (high is not None and x > high):
        state.normal_since = None
        return state.share
    state.normal_since = state.normal_since or now
    from_then = state.normal_since + timedelta(seconds=float(hysteresis.hysteresis_delay or 0))
    if now < from_then:
        station.moment(Looks).at(from_then)
        return state.share
    rate = hysteresis.hysteresis_gradient
    back = state.share + rate * Decimal(str((now - from_then).total_seconds())) if rate else _HUNDRED
    if back >= _HUNDRED:
        del all_held[key]
        return share
    station.moment(Looks).at(now + SOON)
    return back


# --- ramps ------------------------------------------------------------------------------------------------------------


def begin_softly(station: Station, evse: Evse) -> None:
    """What flows next, after a fault or for the first time, takes the ramp of a start."""
    station.moment(Pace).soft.add(evse.evse_id)


def ramp(station: Station, evse: Evse, watts: Decimal) -> tuple[Decimal, DerControlType | None]:
    """The power on its way, and the control that keeps it from being where it is to be.

    A ramp rate is in seconds for all that can be given (GradientType); 0 is none.
    """
    pace, now = station.moment(Pace), station.now
    before = pace.ramps.get(evse.evse_id, Course(value=watts, target=watts, at=now))
    seconds, cause = _seconds(station, evse, soft=evse.evse_id in pace.soft)
    if seconds <= 0:
        course = Course(value=watts, target=watts, at=now)
    else:
        course = changed(ramped(before, now, rating_of(station, evse).watts / seconds), target=watts)
    pace.ramps[evse.evse_id] = course
    if course.is_there:
        pace.soft.discard(evse.evse_id)
        return watts, None
    station.moment(Looks).at(now + SOON)
    return course.value, cause


def _seconds(station: Station, evse: Evse, *, soft: bool) -> tuple[Decimal, DerControlType]:
    gradient = active(station, _C.GRADIENTS, Gradient, evse)
    service = active(station, _C.ENTER_SERVICE, EnterService, evse)
    if soft and service is not None and service.ramp_rate:
        return service.ramp_rate, _C.ENTER_SERVICE
    if gradient is None:
        return Decimal(0), _C.GRADIENTS
    return (gradient.soft_gradient if soft else gradient.gradient), _C.GRADIENTS


def jump(station: Station, evse: Evse, watts: Decimal) -> None:
    """A fault, or a momentary cessation: no ramp."""
    station.moment(Pace).ramps[evse.evse_id] = Course(value=watts, target=watts, at=station.now)
