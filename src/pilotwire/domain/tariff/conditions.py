"""When a price counts (TariffConditionsType, TariffConditionsFixedType): each condition that is given must hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final, TypeVar

from pilotwire.domain.kinds import Value
from pilotwire.domain.tariff.tariffs import Conditions, DayOfWeek, EvseKind, FixedConditions, Tariff

_DAYS: Final = tuple(DayOfWeek)
_Number = TypeVar("_Number", Decimal, Fraction)


class Moment(Value):
    """How things are: `at` in UTC and `local` on the wall, the register in Wh, power in W, current in A of all phases together."""

    at: datetime
    local: datetime
    register: Decimal
    charging: bool
    power: Decimal = Decimal(0)
    current: Decimal = Decimal(0)
    evse_kind: EvseKind = EvseKind.AC


class Usage(Value):
    """What was used: Wh, and seconds in which energy flowed and did not."""

    energy: Decimal = Decimal(0)
    charging_time: Decimal = Decimal(0)
    idle_time: Decimal = Decimal(0)


class FixedFacts(Value):
    """What a price to be paid once may depend on besides: the card an ad hoc payment is made with."""

    payment_brand: str | None = None
    payment_recognition: str | None = None


def applies(conditions: Conditions | None, moment: Moment, used: Usage, duration: Decimal) -> bool:
    """Whether a price counts now; `duration` is the seconds since the transaction began."""
    if conditions is None:
        return True
    values = {
        "energy": used.energy,
        "current": moment.current,
        "power": moment.power,
        "time": duration,
        "charging_time": used.charging_time,
        "idle_time": used.idle_time,
    }
    fits = all(
        within(value, getattr(conditions, f"min_{name}"), getattr(conditions, f"max_{name}"))
        for name, value in values.items()
    )
    return fits and calendar_fits(conditions, moment.local, moment.evse_kind)


def applies_fixed(conditions: FixedConditions | None, moment: Moment, facts: FixedFacts) -> bool:
    """Whether a price to be paid once is to be paid."""
    return fixed_fits(conditions, moment.local, moment.evse_kind, facts)


def fixed_fits(conditions: FixedConditions | None, local: datetime, evse_kind: EvseKind, facts: FixedFacts) -> bool:
    """Whether a price to be paid once is to be paid at a time on the wall."""
    if conditions is None:
        return True
    for wanted, is_so in (
        (conditions.payment_brand, facts.payment_brand),
        (conditions.payment_recognition, facts.payment_recognition),
    ):
        if wanted is not None and wanted != is_so:
            return False
    return calendar_fits(conditions, local, evse_kind)


def within(value: _Number, low: _Number | int | None, high: _Number | int | None) -> bool:
    """Whether a quantity is in a range: from the limit nearest to zero, inclusive, to the one furthest, exclusive.

    Limits are negative for energy that flows back.
    """
    if (low is not None and low < 0) or (high is not None and high < 0):
        value, low, high = -value, None if low is None else -low, None if high is None else -high
    return (low is None or value >= low) and (high is None or value < high)


def calendar_fits(conditions: Conditions | FixedConditions, local: datetime, evse_kind: EvseKind) -> bool:
    """Whether the conditions on date, weekday, time of day and kind of EVSE hold at a time on the wall."""
    today, now = local.date(), local.time().replace(tzinfo=None)
    if conditions.evse_kind is not None and conditions.evse_kind is not evse_kind:
        return False
    if conditions.valid_from_date is not None and today < date.fromisoformat(conditions.valid_from_date):
        return False
    if conditions.valid_to_date is not None and today >= date.fromisoformat(conditions.valid_to_date):
        return False
    if conditions.day_of_week and _DAYS[today.weekday()] not in conditions.day_of_week:
        return False
    start = time.fromisoformat(conditions.start_time_of_day or "00:00")
    end = time.fromisoformat(conditions.end_time_of_day or "00:00")
    if start == end or end == time(0):
        return now >= start
    return start <= now < end if start < end else now >= start or now < end


def next_change(tariff: Tariff, moment: Moment, used: Usage, duration: Decimal) -> timedelta | None:
    """How long until time alone may change which price counts; None: it never will, or not before something else does."""
    waits = [wait for conditions in _conditions(tariff) for wait in _waits(conditions, moment, used, duration)]
    return min((wait for wait in waits if wait > timedelta(0)), default=None)


def _conditions(tariff: Tariff) -> Iterator[Conditions]:
    for part in (tariff.energy, tariff.charging_time, tariff.idle_time):
        for price in () if part is None else part.prices:
            if price.conditions is not None:
                yield price.conditions


def _waits(conditions: Conditions, moment: Moment, used: Usage, duration: Decimal) -> Iterator[timedelta]:
    running = (("time", duration), ("charging_time", used.charging_time), ("idle_time", used.idle_time))
    for name, so_far in running:
        if name == "time" or (name == "charging_time") == moment.charging:
            for limit in (getattr(conditions, f"min_{name}"), getattr(conditions, f"max_{name}")):
                if limit is not None:
                    yield timedelta(seconds=float(limit - so_far))
    wall = moment.local.replace(tzinfo=None)
    midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0)
    for text in (conditions.start_time_of_day, conditions.end_time_of_day):
        if text is not None:
            at = time.fromisoformat(text)
            coming = midnight + timedelta(hours=at.hour, minutes=at.minute)
            yield (coming if coming > wall else coming + timedelta(days=1)) - wall
    if conditions.day_of_week or conditions.valid_from_date or conditions.valid_to_date:
        yield midnight + timedelta(days=1) - wall
