"""What the cases of block K share: profiles the operator has sent, and what makes one valid."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from pilotwire.conformance.checks import Check, absent, count, either, equals, one_of, present, satisfies
from pilotwire.conformance.language import Asks, Receives, Step
from pilotwire.conformance.values import MISSING, Computed, Fresh, Known, Moment, configured, look

Steps = tuple[Step, ...]
SCHEDULE = "chargingProfile.chargingSchedule[0]"
PERIOD = f"{SCHEDULE}.chargingSchedulePeriod[0]"
DURATION = 600
"""Seconds a schedule lasts."""


def limit(amperes: float) -> Computed:
    """The limit of the document: so many A, or a thousand times that in W."""
    unit = configured.charging_rate_unit
    return Computed(
        f"{amperes:g} A or {1000 * amperes:g} W",
        lambda known: amperes if known.setting(unit.name) == "A" else 1000 * amperes,
    )


def profile(
    purpose: str,
    kind: str,
    amperes: float,
    *,
    profile_id: Any = None,
    level: Any = configured.stack_level,
    **more: Any,
) -> dict[str, Any]:
    """A profile with one period; only one that is not relative has a startSchedule (K01.FR.40)."""
    schedule: dict[str, Any] = {
        "id": 1,
        "chargingRateUnit": configured.charging_rate_unit,
        "duration": DURATION,
        "chargingSchedulePeriod": [
            {"startPeriod": 0, "limit": limit(amperes), "numberPhases": configured.number_phases}
        ],
    }
    if kind != "Relative":
        schedule["startSchedule"] = Moment()
    return {
        "id": Fresh("profile_id") if profile_id is None else profile_id,
        "stackLevel": level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": [schedule],
    } | more


def phases() -> Check:
    """numberPhases as configured; 3 may be left out."""
    return either(
        equals(f"{PERIOD}.numberPhases", configured.number_phases),
        satisfies(
            f"{PERIOD}.numberPhases",
            "is omitted for three phases",
            lambda found, known: found is MISSING and known.setting("number_phases") == 3,
        ),
    )


def _periods_rise(found: Any, _: Known) -> bool:
    starts = [one.get("startPeriod") for one in found] if isinstance(found, list) else []
    return bool(starts) and starts[0] == 0 and all(a < b for a, b in pairwise(starts))


def _phase_to_use(found: Any, _: Known) -> bool:
    periods = found if isinstance(found, list) else []
    return all("phaseToUse" not in one or one.get("numberPhases") == 1 for one in periods)


VALID: tuple[Check, ...] = (
    satisfies(f"{SCHEDULE}.chargingSchedulePeriod", "begins at 0 and rises", _periods_rise),
    satisfies(f"{SCHEDULE}.chargingSchedulePeriod", "has phaseToUse only with one phase", _phase_to_use),
    satisfies("", "has startSchedule unless it is relative", lambda found, _: _start_fits(found)),
    satisfies("", "has recurrencyKind if and only if it recurs", lambda found, _: _recurrency_fits(found)),
)
"""What holds of every profile (K01.FR.31, FR.40, FR.44 and section 3.1 of Part 6)."""


def _start_fits(message: Any) -> bool:
    relative = look(message, "chargingProfile.chargingProfileKind") == "Relative"
    return (look(message, f"{SCHEDULE}.startSchedule") is MISSING) is relative


def _recurrency_fits(message: Any) -> bool:
    recurs = look(message, "chargingProfile.chargingProfileKind") == "Recurring"
    return (look(message, "chargingProfile.recurrencyKind") is not MISSING) is recurs


def sets(
    evse: Any,
    wanted: Mapping[str, Any],
    *checks: Check,
    number: str = "1",
    answer: str = "Accepted",
    error: str = "",
    keep: Mapping[str, str] | None = None,
) -> Steps:
    """The operator sets a profile; the CSMS sends SetChargingProfile, which is answered so."""
    return (
        Asks(action="SetChargingProfile", payload={"evseId": evse, "chargingProfile": wanted}),
        Receives(
            number=number,
            action="SetChargingProfile",
            checks=(equals("evseId", evse), *checks, *VALID),
            answer=None if error else {"status": answer},
            error=error,
            keep={"sent_profile_id": "chargingProfile.id"} | dict(keep or {}),
        ),
    )


def is_profile(
    purpose: str, *kinds: str, amperes: float | None = None, level: Any = configured.stack_level
) -> tuple[Check, ...]:
    """Purpose, kind, level and, with `amperes`, unit, limit, duration and phases are these."""
    what: tuple[Check, ...] = (
        equals("chargingProfile.chargingProfilePurpose", purpose),
        one_of("chargingProfile.chargingProfileKind", *kinds),
        equals("chargingProfile.stackLevel", level),
        equals(f"{PERIOD}.startPeriod", 0),
    )
    if amperes is None:
        return what
    return (
        *what,
        equals(f"{SCHEDULE}.chargingRateUnit", configured.charging_rate_unit),
        equals(f"{PERIOD}.limit", limit(amperes)),
        phases(),
    )


ONE_PERIOD = count(f"{SCHEDULE}.chargingSchedulePeriod", 1)
LASTS = equals(f"{SCHEDULE}.duration", DURATION)
NO_TRANSACTION_ID = absent("chargingProfile.transactionId")
STARTS = present(f"{SCHEDULE}.startSchedule")
