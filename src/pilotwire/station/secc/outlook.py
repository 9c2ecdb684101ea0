"""What a kWh and a minute will cost by a tariff of OCPP, from now on and by power: as far as that can be known beforehand. Pure.

A price may depend on what nobody knows yet: how much energy the vehicle will have taken, how long it will have stood idle, its current.
What such a price would be is not guessed: prices of energy are told until the first moment at which one depends on that, and prices of time
that do are left out. What is left out is a remark, for the log.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from math import ceil
from typing import Final

from pilotwire.domain.kinds import changed
from pilotwire.domain.tariff import Conditions, EnergyPrice, Tariff, TimePrice
from pilotwire.domain.tariff.conditions import Moment, Usage, applies
from pilotwire.station.core.applying_tariff import ApplyingTariff

_ENDLESS: Final = Decimal("Infinity")
_RANGES: Final = ("energy", "current", "charging_time", "idle_time", "time")
_NAMES: Final = {
    "energy": "how much energy was taken",
    "current": "the current",
    "charging_time": "how long energy has flowed",
    "idle_time": "how long none has flowed",
    "time": "how long the transaction goes on",
}
_LIMITS: Final = tuple(f"{end}_{name}" for name in _RANGES for end in ("min", "max"))
FLOWING_W: Final = Decimal(1)
"""From this power on energy is taken to flow, where time in which it does costs other than time in which it does not."""
_Price = EnergyPrice | TimePrice


class Unsayable(ValueError):
    """Prices that a vehicle cannot be told without being told wrong; the message says why."""


@dataclass(frozen=True, slots=True)
class Rule:
    """From `power` W on: the price of a kWh and of a minute, without tax; a minute that costs nothing costs 0."""

    power: Decimal
    kwh: Decimal
    minute: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start` s on, until the next stretch: rules by rising power, the first from 0 W on."""

    start: int
    rules: tuple[Rule, ...]

    @property
    def kwh(self) -> Decimal | None:
        """The price of a kWh; None: it depends on the power."""
        prices = {one.kwh for one in self.rules}
        return prices.pop() if len(prices) == 1 else None


@dataclass(frozen=True, slots=True)
class Outlook:
    """Prices from a moment on, which `Stretch.start` counts from; they are known until `ends` s after it."""

    tariff: Tariff
    stretches: tuple[Stretch, ...]
    ends: int
    remarks: tuple[str, ...] = ()

    def at(self, second: int, power: Decimal) -> Rule:
        """What counts `second` s after the beginning, at a power of so many W."""
        stretch = [one for one in self.stretches if one.start <= second][-1]
        return [one for one in stretch.rules if one.power <= power][-1]

    def until(self, seconds: int, most: int | None = None) -> Outlook:
        """The same, but no longer than `seconds`, and in no more than `most` stretches."""
        kept = tuple(one for one in self.stretches if one.start < seconds) or self.stretches[:1]
        ends = min(self.ends, seconds)
        if most is None or len(kept) <= most:
            return replace(self, stretches=kept, ends=ends)
        what = (
            f"The vehicle takes no more than {most} stretches of prices: those after {kept[most].start} s are not told."
        )
        return replace(self, stretches=kept[:most], ends=kept[most].start, remarks=(*self.remarks, what))

    def lasting(self) -> Iterator[tuple[Stretch, int]]:
        """The stretches with how many seconds each lasts."""
        ends = [one.start for one in self.stretches[1:]] + [self.ends]
        for one, end in zip(self.stretches, ends, strict=True):
            yield one, end - one.start


def outlook(applying: ApplyingTariff, seconds: int, *, feeds_back: bool = False) -> Outlook:
    """The prices of the next `seconds`. `feeds_back`: energy may go back, so what was taken may become less again.

    Raises Unsayable if the price of energy depends on what is not known already now.
    """
    return _Look(applying, feeds_back).over(seconds)


# --- one price ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _When:
    """When a price counts: by `known`, of what is known beforehand, and `open`, ranges of what is not, by name."""

    amount: Decimal
    known: Conditions | None
    open: tuple[tuple[str, Decimal | None, Decimal | None], ...]


def _when(price: _Price, *, begun: bool) -> _When:
    amount = price.price_kwh if isinstance(price, EnergyPrice) else price.price_minute
    told = price.conditions
    if told is None:
        return _When(amount, None, ())
    unknown = _RANGES[:-1] if begun else _RANGES
    ranges = tuple((name, _decimal(told, f"min_{name}"), _decimal(told, f"max_{name}")) for name in unknown)
    known = changed(told, **{name: None for name in _LIMITS if name.partition("_")[2] in unknown})
    return _When(amount, known, tuple(one for one in ranges if one[1:] != (None, None)))


def _decimal(conditions: Conditions, name: str) -> Decimal | None:
    value = getattr(conditions, name)
    return None if value is None else Decimal(value)


def _lies(low: Decimal, high: Decimal, least: Decimal | None, most: Decimal | None) -> bool | None:
    """Whether a value between `low` and `high` is at least `least` and below `most`; None: that depends."""
    if (least is not None and least < 0) or (most is not None and most < 0):
        return None  # of energy, current that goes back: it counts the other way round
    if (least is not None and high < least) or (most is not None and low >= most):
        return False
    sure = (least is None or low >= least) and (most is None or high < most)
    return True if sure else None


# --- all of them -------------------------------------------------------------------------------------------------------------------


class _Look:
    """Looks ahead, by one tariff."""

    def __init__(self, applying: ApplyingTariff, feeds_back: bool) -> None:
        self._applying = applying
        self._feeds_back = feeds_back
        self._begun = applying.started_at is not None
        tariff = applying.tariff
        parts = {"energy": tariff.energy, "charging_time": tariff.charging_time, "idle_time": tariff.idle_time}
        self._conditions = [
            price.conditions
            for part in parts.values()
            for price in (() if part is None else part.prices)
            if price.conditions is not None
        ]
        self._prices = {
            name: tuple(_when(price, begun=self._begun) for price in (() if part is None else part.prices))
            for name, part in parts.items()
        }
        powers = {limit for one in self._conditions for limit in (one.min_power, one.max_power) if limit is not None}
        self._powers = sorted(one for one in powers if one > 0)
        self._remarks: dict[str, None] = {}

    def over(self, seconds: int) -> Outlook:
        """The whole of it."""
        found: list[Stretch] = []
        ends = seconds
        for start in self._changes(seconds):
            rules = self._rules(start)
            if isinstance(rules, str):
                if not found:
                    raise Unsayable(f"The price of a kWh by the tariff {self._applying.tariff.tariff_id} {rules}.")
                self._remarks[f"The prices after {start} s are not told: that of a kWh {rules}."] = None
                ends = start
                break
            if not found or found[-1].rules != rules:
                found.append(Stretch(start, rules))
        return Outlook(self._applying.tariff, tuple(found), ends, tuple(self._remarks))

    def _rules(self, second: int) -> tuple[Rule, ...] | str:
        """By power, or what the price of energy depends on."""
        starts = [Decimal(0), *self._powers]
        found: list[Rule] = []
        for start in starts:
            inside = start or (self._powers[0] / 2 if self._powers else FLOWING_W)
            kwh = self._price("energy", second, inside, charging=True)
            if isinstance(kwh, str):
                return kwh
            found.append(Rule(start, kwh, self._minute("charging_time", second, inside)))
        standing = self._minute("idle_time", second, Decimal(0))
        if standing != found[0].minute:
            flowing = replace([one for one in found if one.power <= FLOWING_W][-1], power=FLOWING_W)
            if any(0 < one.power < FLOWING_W for one in found):
                self._remarks[f"Prices of powers below {FLOWING_W} W are not told."] = None
            found = [replace(found[0], minute=standing), flowing, *(one for one in found if one.power > FLOWING_W)]
        return tuple(one for place, one in enumerate(found) if place == 0 or _told(one) != _told(found[place - 1]))

    def _minute(self, part: str, second: int, power: Decimal) -> Decimal:
        price = self._price(part, second, power, charging=part == "charging_time")
        if isinstance(price, Decimal):
            return price
        kind = part.replace("_", " ")
        self._remarks[f"A price of {kind} is not told: it {price}."] = None
        return Decimal(0)

    def _price(self, part: str, second: int, power: Decimal, *, charging: bool) -> Decimal | str:
        """The price of the first element whose conditions hold; 0: of none; in words: what it depends on."""
        possible: dict[Decimal, None] = {}
        depends: dict[str, None] = {}
        for one in self._prices[part]:
            holds, open_ = self._holds(one, second, power, charging=charging)
            if holds is False:
                continue
            possible[one.amount] = None
            depends |= dict.fromkeys(open_)
            if holds:
                break
        else:
            possible[Decimal(0)] = None
        if len(possible) == 1:
            return next(iter(possible))
        return f"depends on {' and '.join(_NAMES[name] for name in depends)}"

    def _holds(self, one: _When, second: int, power: Decimal, *, charging: bool) -> tuple[bool | None, tuple[str, ...]]:
        """Whether a price counts; None: that depends on the quantities named."""
        applying = self._applying
        at = applying.at + timedelta(seconds=second)
        moment = Moment(
            at=at,
            local=(at + self._offset(at)).replace(tzinfo=None),
            register=Decimal(0),
            charging=charging,
            power=power,
            evse_kind=applying.evse_kind,
        )
        begun = applying.started_at
        so_far = Decimal(0) if begun is None else Decimal(int((at - begun).total_seconds()))
        if not applies(one.known, moment, Usage(), so_far):
            return False, ()
        open_ = []
        for name, least, most in one.open:
            low, high = self._range(name, second)
            lies = _lies(low, high, least, most)
            if lies is False:
                return False, ()
            if lies is None:
                open_.append(name)
        return (None, tuple(open_)) if open_ else (True, ())

    def _range(self, name: str, second: int) -> tuple[Decimal, Decimal]:
        """Between which values a quantity will be that is not known."""
        used = self._applying.used
        if name in ("charging_time", "idle_time"):
            so_far: Decimal = getattr(used, name)
            return so_far, so_far + second
        if name == "time":
            return Decimal(0), Decimal(second)
        if name == "energy":
            return (-_ENDLESS if self._feeds_back else used.energy), _ENDLESS
        return Decimal(0), _ENDLESS

    def _offset(self, at: datetime) -> timedelta:
        return next((one for moment, one in reversed(self._applying.shifts) if moment <= at), self._applying.offset)

    # --- when something may change ---

    def _changes(self, seconds: int) -> list[int]:
        """The seconds at which another price may begin to count."""
        start = self._applying.at
        moments = [moment for moment, _ in self._applying.shifts]
        moments += self._by_clock(start, start + timedelta(seconds=seconds))
        if self._applying.started_at is not None:
            moments += [self._applying.started_at + timedelta(seconds=limit) for limit in self._limits("time")]
        used = self._applying.used
        waits = [ceil((moment - start).total_seconds()) for moment in moments]
        for name, so_far in (("charging_time", used.charging_time), ("idle_time", used.idle_time)):
            waits += [ceil(limit - so_far) for limit in self._limits(name)]
        if not self._begun:
            waits += self._limits("time")
        return sorted({0, *(one for one in waits if 0 < one < seconds)})

    def _limits(self, name: str) -> list[int]:
        limits = ((one, f"{end}_{name}") for one in self._conditions for end in ("min", "max"))
        return [limit for one, of in limits if (limit := getattr(one, of)) is not None]

    def _by_clock(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """Midnights, and times of day at which a price begins or ends, by the local time of the day."""
        told = {text for one in self._conditions for text in (one.start_time_of_day, one.end_time_of_day) if text}
        times = {time.fromisoformat(text) for text in (*told, "00:00")}
        offsets = {self._applying.offset, *(offset for _, offset in self._applying.shifts)}
        day = (start - timedelta(days=1)).date()
        while day <= (end + timedelta(days=1)).date():
            for at in times:
                yield from (self._utc(day, at, offset) for offset in offsets)
            day += timedelta(days=1)

    @staticmethod
    def _utc(day: date, at: time, offset: timedelta) -> datetime:
        """With the offset of another part of the year it is a moment at which nothing changes, which does no harm."""
        return datetime.combine(day, at, tzinfo=UTC) - offset


def _told(rule: Rule) -> tuple[Decimal, Decimal]:
    return rule.kwh, rule.minute
