"""What the cases of block K share: charging profiles, their reports, and what a composite schedule must be.

Limits of the cases are multiples of the limit multiplier (errata 2025-09, 6.2.69): 1 where the unit is A; where it is W, 230 for each
configured phase. So a limit that a case writes is in A of every phase.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from pilotwire.conformance.checks import Check, Judgement, contains_all, differs, equals, found_text, moment_of, near
from pilotwire.conformance.conditions import kept_is
from pilotwire.conformance.language import Keeps, Receives, Repeats, Sends, Step
from pilotwire.conformance.values import OMITTED, Computed, Fresh, Kept, Known, Moment, configured, look, resolve, times

Steps = tuple[Step, ...]
Payload = Mapping[str, Any]

DEFAULT, OWN, STATION_MAX = "TxDefaultProfile", "TxProfile", "ChargingStationMaxProfile"
CSO: Final = ["CSO"]
_ROUNDING: Final = 2.0
"""How many s a period may begin beside its time: both the start of the schedule and that of the period may be rounded to whole seconds."""
_ABOUT: Final = 0.05
"""How far a limit may be from what it should be: it has one digit after the point (2.13 of Part 2)."""
_VOLTS: Final = 230

UNKNOWN_EVSE = Computed("number of EVSEs + 1", lambda known: len(known.setting("connectors")) + 1)
OTHER_UNIT = Computed("the unit that is not supported", lambda known: {"A": "W"}.get(_unit(known), "A"))
WITH_STATION = Computed("0 and every EVSE", lambda known: list(range(len(known.setting("connectors")) + 1)))


def _unit(known: Known) -> str:
    return str(known.setting("charging_rate_unit"))


def _multiplier(known: Known) -> int:
    return 1 if _unit(known) == "A" else _VOLTS * int(known.setting("number_phases"))


def limit(amps: float) -> Computed:
    """So many times the limit multiplier."""
    return Computed(f"{amps:g} x limit multiplier", lambda known: amps * _multiplier(known))


def ago(seconds: Any = configured.time_deviation) -> Any:
    """So many seconds before now."""
    return times(-1, seconds)


def in_amps(amount: float, unit: Any, known: Known) -> float:
    """A of every phase, of an amount in A or W."""
    return amount if unit == "A" else amount / (_VOLTS * int(known.setting("number_phases")))


def longer(seconds: int) -> Computed:
    """So many seconds and the deviation of times."""
    return Computed(f"{seconds} + deviation", lambda known: seconds + int(known.setting("time_deviation")))


def starts(name: str) -> Kept:
    """The startSchedule of the profile of this name, once it was sent."""
    return Kept(f"start of {name}")


# --- profiles ------------------------------------------------------------------------------------------------------------------


def profile(
    name: str,
    purpose: str,
    *periods: tuple[int, float],
    kind: str = "Absolute",
    level: Any = 0,
    start: Any = 0,
    duration: Any = OMITTED,
    unit: Any = configured.charging_rate_unit,
    **more: Any,
) -> dict[str, Any]:
    """A profile with periods of (seconds, A); `name` is what its id is kept under, `start` is s from now.

    Its moments are kept too: they stay what they were when it is looked for in a report.
    """
    return {
        "id": Fresh(name),
        "stackLevel": level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": [
            {
                "id": Fresh(name),
                "chargingRateUnit": unit,
                "startSchedule": OMITTED if kind == "Relative" else Moment(start, name=f"start of {name}"),
                "duration": duration,
                "chargingSchedulePeriod": [
                    {"startPeriod": second, "limit": limit(amps), "numberPhases": configured.number_phases}
                    for second, amps in periods
                ],
            }
        ],
    } | {key: _remembered(f"{key} of {name}", value) for key, value in more.items()}


def _remembered(name: str, value: Any) -> Any:
    return Moment(value.seconds, name=name) if isinstance(value, Moment) else value


def sets(number: str, sent: Payload, *, evse: Any = configured.evse_id, status: str = "Accepted") -> Sends:
    """SetChargingProfile, answered with this status."""
    return Sends(
        number=number,
        action="SetChargingProfile",
        payload={"evseId": evse, "chargingProfile": sent},
        checks=(equals("status", status),),
    )


def clears(number: str, request: Payload, status: str) -> Sends:
    """ClearChargingProfile, answered with this status."""
    return Sends(number=number, action="ClearChargingProfile", payload=request, checks=(equals("status", status),))


# --- reports -------------------------------------------------------------------------------------------------------------------


def asks(
    number: str, criteria: Payload, *, evse: Any = OMITTED, status: str = "Accepted", name: str = "profiles asked for"
) -> Sends:
    """GetChargingProfiles, answered with this status; `name` is that of its requestId."""
    return Sends(
        number=number,
        action="GetChargingProfiles",
        payload={"requestId": Fresh(name), "evseId": evse, "chargingProfile": criteria},
        checks=(equals("status", status),),
    )


def by_id(name: str) -> Payload:
    """The criterion that names one profile."""
    return {"chargingProfileId": [Kept(name)]}


def reports(number: str, *, name: str = "profiles asked for", checks: tuple[Check, ...] = ()) -> Steps:
    """The ReportChargingProfiles of a request, until one says that no more comes (K09.FR.02)."""
    return (
        Repeats(
            number=number,
            steps=(
                Keeps(values={"more profiles come": False}),
                Receives(
                    number=number,
                    action="ReportChargingProfiles",
                    checks=(equals("requestId", Kept(name)).of("K09.FR.01"), *checks),
                    keep={"more profiles come": "tbc"},
                ),
            ),
            until=kept_is("more profiles come", False),
        ),
    )


def told(*wanted: tuple[Any, Payload], name: str = "profiles asked for") -> Check:
    """In `Judges`: the reports of a request tell these profiles (EVSE, profile) as they were set, and none else of the CSO."""

    def judge(everything: Any, known: Known) -> Judgement:
        found = list(_reported(everything, known.kept.get(name)))
        expected = [(resolve(evse, known), resolve(one, known)) for evse, one in wanted]
        first = next((index for index, *_ in found), None)
        missing = [
            one["id"]
            for evse, one in expected
            if not any(place == evse and contains_all(seen, one) for _, place, _, seen in found)
        ]
        known_ids = {one["id"] for _, one in expected}
        others = [seen.get("id") for _, _, source, seen in found if source == "CSO" and seen.get("id") not in known_ids]
        seen = "; ".join(f"EVSE {place}: {found_text(one)}" for _, place, _, one in found) or "no profile"
        return Judgement(not missing and not others and len(found) >= len(expected), seen, entry=first)

    return Check(
        f"{len(wanted)} profiles are reported as they were set, and no other of the CSO", judge, "chargingProfile"
    )


def _reported(everything: Any, request: Any) -> Iterator[tuple[int | None, Any, Any, dict[str, Any]]]:
    for one in everything["messages"]:
        payload = one["payload"]
        if one["action"] == "ReportChargingProfiles" and payload.get("requestId") == request:
            for seen in payload.get("chargingProfile", []):
                yield one.get("index"), payload.get("evseId"), payload.get("chargingLimitSource"), seen


# --- composite schedules -------------------------------------------------------------------------------------------------------


def asks_composite(
    number: str,
    seconds: int,
    *checks: Check,
    evse: Any = configured.evse_id,
) -> Sends:
    """GetCompositeSchedule for so long; the schedule says what it is asked for, from now on."""
    return Sends(
        number=number,
        action="GetCompositeSchedule",
        payload={"evseId": evse, "duration": seconds, "chargingRateUnit": configured.charging_rate_unit},
        checks=(
            equals("status", "Accepted"),
            equals("schedule.evseId", evse).of("K08.FR.02"),
            equals("schedule.duration", seconds),
            equals("schedule.chargingRateUnit", configured.charging_rate_unit),
            near("schedule.scheduleStart", Moment()),
            equals("schedule.chargingSchedulePeriod[0].startPeriod", 0),
            *checks,
        ),
    )


def limits(base: Any, *wanted: tuple[Any, Any], at: str = "schedule", start: str = "schedule.scheduleStart") -> Check:
    """The limit of the composite schedule over time: (seconds after the moment `base`, limit), the first from the beginning on.

    A limit None stands for one that is not known. Whether a stretch is told as one period or several does not matter. `at` is where the
    schedule is in the answer, `start` its beginning.
    """
    text = ", ".join(f"{'any' if amps is None else amps} from {second}" for second, amps in wanted)

    def judge(message: Any, known: Known) -> Judgement:
        periods = _periods(look(message, at))
        begins, origin = moment_of(look(message, start)), moment_of(resolve(base, known))
        if not periods or begins is None or origin is None:
            return Judgement(False, found_text(look(message, at)))
        expected = _expected(known, (begins - origin).total_seconds(), wanted)
        return Judgement(_agree(periods, expected), _text(periods, begins, origin))

    return Check(f"the limit is {text} (s after the start of the profile)", judge, f"{at}.chargingSchedulePeriod")


def no_longer(unwanted: Any) -> Check:
    """The composite schedule begins with another limit than this one."""
    return differs("schedule.chargingSchedulePeriod[0].limit", unwanted)


def _periods(schedule: Any) -> list[tuple[float, float, float]]:
    """From, until (in s) and limit of every period; [] if they cannot be read or are not in order."""
    if not isinstance(schedule, dict) or not isinstance(schedule.get("chargingSchedulePeriod"), list):
        return []
    told = [(one.get("startPeriod"), one.get("limit")) for one in schedule["chargingSchedulePeriod"]]
    numbers = [*(second for second, _ in told), schedule.get("duration")]
    if not all(isinstance(one, (int, float)) for one in (*numbers, *(amps for _, amps in told))):
        return []
    if numbers[0] != 0 or sorted(set(numbers)) != numbers:
        return []
    return [(second, until, amps) for (second, amps), until in zip(told, numbers[1:], strict=True)]


def _expected(known: Known, passed: float, wanted: tuple[tuple[Any, Any], ...]) -> list[tuple[float, Any]]:
    """When (in s of the schedule) which limit is to begin."""
    moved = [(float(resolve(second, known)) - passed, resolve(amps, known)) for second, amps in wanted]
    return [(0.0, moved[0][1]), *moved[1:]]


def _agree(periods: list[tuple[float, float, float]], expected: list[tuple[float, Any]]) -> bool:
    last = periods[-1][1]
    ends = [second for second, _ in expected[1:]] + [last + _ROUNDING]
    return all(
        wanted is None or abs(amps - wanted) <= _ABOUT
        for (begin, wanted), end in zip(expected, ends, strict=True)
        for since, until, amps in periods
        if min(until, end - _ROUNDING) - max(since, begin + _ROUNDING if begin else 0.0) > 0
    )


def _text(periods: list[tuple[float, float, float]], begins: datetime, origin: datetime) -> str:
    told = ", ".join(f"{amps:g} from {since:g}" for since, _, amps in periods)
    return f"{told} (x = {(begins - origin).total_seconds():g})"
