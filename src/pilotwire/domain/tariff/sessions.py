"""A session as a backend knows it, and its course: how much energy flowed when, made of facts in whatever order they came.

Between two readings of a register energy is taken as flowing evenly. What cannot be right (a register that goes backwards, one that is
not told at the beginning or the end) is told as a sentence, and what it leaves unknown is not billed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Final, NamedTuple

from pilotwire.domain.kinds import Value, changed
from pilotwire.domain.tariff.conditions import FixedFacts
from pilotwire.domain.tariff.general import GeneralTariff
from pilotwire.domain.tariff.tariffs import EvseKind

_TICK: Final = timedelta(microseconds=1)
_TICKS: Final = 1_000_000
_NEAR: Final = 60 * _TICKS
"""A reading so little before the begin or after the end counts as the one then: clocks of messages and meters differ."""
_HOUR: Final = 3600


class SessionReading(Value):
    """What was told of a session at a moment; what is None was not.

    `register` and `exported` in Wh, of the whole EVSE. `charging`: whether energy flows from then on. `power` in W, `current` in A of
    all phases together, from then on; negative where energy flows back. `order`: which of several facts of one moment is the later.
    """

    at: datetime
    register: Decimal | None = None
    exported: Decimal | None = None
    charging: bool | None = None
    power: Decimal | None = None
    current: Decimal | None = None
    order: int = 0


class TariffFrom(Value):
    """By which tariff a session goes from a moment on."""

    at: datetime
    tariff: GeneralTariff


class Session(Value):
    """A session: `begin` None if that was never told, `end` None as long as it runs.

    `tariffs`: the earliest counts from the beginning on, whatever its moment. `time_zone`: of the site, a name of the IANA database.
    `reserved`: for how many seconds the place was kept before, None: it was not. `paid_with`: what a price to be paid once may depend on.
    """

    begin: datetime | None
    tariffs: tuple[TariffFrom, ...]
    end: datetime | None = None
    readings: tuple[SessionReading, ...] = ()
    evse_kind: EvseKind = EvseKind.AC
    time_zone: str = "UTC"
    reserved: Decimal | None = None
    paid_with: FixedFacts = FixedFacts()


class Leg(NamedTuple):
    """A stretch in which all flows evenly: seconds since the beginning, energy in Wh a second (negative: back), power in W, current in A.

    `current` None: it was never told.
    """

    begin: Fraction
    end: Fraction
    energy: Fraction
    charging: bool
    power: Fraction
    current: Fraction | None


class Course(NamedTuple):
    """What happened: the beginning and the end (UTC; of a running session as far as it is known), its legs, and what was wrong."""

    begin: datetime
    end: datetime
    legs: tuple[Leg, ...]
    failures: tuple[str, ...]


def course_of(session: Session, until: datetime | None = None) -> Course | None:
    """The course of a session, of one that runs up to `until` (None: up to the last that was told). None: nothing was told of it at all."""
    failures: list[str] = []
    moments = sorted(each.at for each in session.readings)
    begin = session.begin
    if begin is None:
        if not moments and session.end is None:
            return None
        begin = moments[0] if moments else session.end
        failures.append("It was not told when the session began: it is billed from what was told first.")
    assert begin is not None
    begin, end = begin.astimezone(UTC), session.end or until or max([begin, *moments])
    end = end.astimezone(UTC)
    if end < begin:
        if session.end is not None:
            failures.append(f"The session ended at {_text(end)}, before it began: no time and no energy is billed.")
        end = begin
    length = (end - begin) // _TICK
    facts = _within(session, begin, length, failures)
    imported = _register("energy register", [(t, r.register) for t, r in facts], begin, failures)
    exported = _register("register of energy fed back", [(t, r.exported) for t, r in facts], begin, failures)
    if session.end is not None:
        _ends("energy register", imported, length, begin, failures)
        _ends("register of energy fed back", exported, length, begin, failures, needed=False)
    return Course(begin, end, _legs(facts, imported, exported, length), tuple(dict.fromkeys(failures)))


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_Facts = list[tuple[int, SessionReading]]
_Points = list[tuple[int, Decimal]]


def _within(session: Session, begin: datetime, length: int, failures: list[str]) -> _Facts:
    """The readings by their time since the beginning, in order; those far outside are left out.

    A register told a little before the beginning or after the end counts where none was told then.
    """
    ranked = sorted(
        _numbers(session.readings, failures), key=lambda one: (one.at, one.order, bool(one.charging), repr(one))
    )
    timed = [((one.at.astimezone(UTC) - begin) // _TICK, one) for one in ranked]
    last = length if session.end is not None else max([length, *(at for at, _ in timed)])
    near = [(at, one) for at, one in timed if -_NEAR <= at <= last + _NEAR]
    if len(near) < len(timed):
        failures.append(
            f"{len(timed) - len(near)} of the readings are from before or after the session and do not count."
        )
    closest: dict[int, int] = {}
    for at, one in near:
        edge = min(max(at, 0), last)
        if one.register is not None and edge in (0, last):
            closest[edge] = min(abs(at - edge), closest.get(edge, _NEAR))
    facts: _Facts = []
    for at, one in near:
        inside = min(max(at, 0), last)
        counts = abs(at - inside) <= closest.get(inside, 0)
        facts.append((inside, one if counts else changed(one, register=None, exported=None)))
    return facts


def _numbers(readings: tuple[SessionReading, ...], failures: list[str]) -> tuple[SessionReading, ...]:
    """The readings without values that are no numbers at all."""
    names = ("register", "exported", "power", "current")
    strange = [{n: None for n in names if (v := getattr(one, n)) is not None and not v.is_finite()} for one in readings]
    if not any(strange):
        return readings
    failures.append("A meter told what is no number; it does not count.")
    return tuple(changed(one, **gone) for one, gone in zip(readings, strange, strict=True))


def _register(name: str, told: Iterable[tuple[int, Decimal | None]], begin: datetime, failures: list[str]) -> _Points:
    """The readings of a register that can be right: none below the first, none above a later one.

    Of several at one moment the highest counts, at the beginning the lowest. So a register that was reset or misread once never bills
    more than lies between the first reading and the last.
    """
    by_time: dict[int, list[Decimal]] = {}
    for at, wh in told:
        if wh is not None:
            by_time.setdefault(at, []).append(wh)
    if not by_time:
        return []
    first = min(by_time)
    points = [(at, min(by_time[at]) if at == first else max(by_time[at])) for at in sorted(by_time)]
    good: _Points = []
    least = None
    for at, wh in reversed(points):
        if wh >= points[0][1] and (least is None or wh <= least):
            good.append((at, wh))
            least = wh
    good.reverse()
    wrong = next((at for (at, wh), (_, later) in pairwise(points) if later < wh), None)
    if wrong is not None:
        when = _text(begin + wrong * _TICK)
        failures.append(f"The {name} went backwards after {when}: what cannot be right is not billed.")
    return good


def _ends(
    name: str, points: _Points, length: int, begin: datetime, failures: list[str], *, needed: bool = True
) -> None:
    """Say where a register was not told at the beginning or at the end."""
    if not points:
        if needed:
            failures.append(f"The {name} was never told: no energy is billed.")
        return
    first, last = points[0][0], points[-1][0]
    if first > 0:
        at = _text(begin + first * _TICK)
        failures.append(f"The {name} was not told at the beginning: energy before {at} is not billed.")
    if last < length:
        at = _text(begin + last * _TICK)
        failures.append(f"The {name} was not told at the end: energy after {at} is not billed.")


class _Flow:
    """How fast a register counts at a time, in Wh a second; None where that is not known."""

    def __init__(self, points: _Points) -> None:
        self.times = [at for at, _ in points]
        pairs = pairwise(points)
        self._rates = [Fraction(wh - before) * _TICKS / (at - start) for (start, before), (at, wh) in pairs]

    def at(self, time: int) -> Fraction | None:
        number = bisect_right(self.times, time) - 1
        return self._rates[number] if 0 <= number < len(self._rates) else None

    def known(self) -> bool:
        return bool(self._rates)

    def near(self, time: int) -> Fraction:
        """The rate at a time, or the nearest that is known."""
        number = bisect_right(self.times, time) - 1
        return self._rates[min(max(number, 0), len(self._rates) - 1)]


class _Told:
    """What was told of one quantity: it counts until it is told anew."""

    def __init__(self, facts: _Facts, name: str) -> None:
        told = {at: getattr(one, name) for at, one in facts if getattr(one, name) is not None}
        self.times, self._values = list(told), list(told.values())

    def at(self, time: int) -> Decimal | None:
        number = bisect_right(self.times, time) - 1
        return self._values[number] if number >= 0 else None


def _legs(facts: _Facts, imported: _Points, exported: _Points, length: int) -> tuple[Leg, ...]:
    inward, outward = _Flow(imported), _Flow(exported)
    charging, power, current = (_Told(facts, name) for name in ("charging", "power", "current"))
    every = (inward.times, outward.times, charging.times, power.times, current.times)
    cuts = sorted({0, length}.union(*every))
    return tuple(
        _leg(start, end, inward, outward, charging, power, current) for start, end in pairwise(cuts) if end <= length
    )


def _leg(start: int, end: int, inward: _Flow, outward: _Flow, charging: _Told, power: _Told, current: _Told) -> Leg:
    come, gone = inward.at(start), outward.at(start)
    energy = (come or Fraction(0)) - (gone or Fraction(0))
    told = charging.at(start)
    flows = bool(told) if told is not None else _flows(start, inward, outward)
    zero = Fraction(0)
    watts, amperes = power.at(start), current.at(start)
    return Leg(
        begin=Fraction(start, _TICKS),
        end=Fraction(end, _TICKS),
        energy=energy,
        charging=flows,
        power=zero if not flows else energy * _HOUR if watts is None else Fraction(watts),
        current=zero if not flows else None if amperes is None else Fraction(amperes),
    )


def _flows(start: int, inward: _Flow, outward: _Flow) -> bool:
    """Whether energy flows, by the registers: outside their readings as in the nearest stretch; without any readings it flows."""
    if not inward.known() and not outward.known():
        return True
    return any(flow.known() and flow.near(start) != 0 for flow in (inward, outward))
