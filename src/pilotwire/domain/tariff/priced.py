"""What is told of a session's price: the cost details of 2.1, every period with its lines for a receipt, the taxes; all rounded once."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from pilotwire.domain.kinds import Value
from pilotwire.domain.tariff.accounts import ZERO, Account, Key, Line, Period
from pilotwire.domain.tariff.bills import (
    ChargingPeriod,
    CostDetails,
    CostDimension,
    CostDimensionKind,
    CostKind,
    TotalCost,
    TotalPrice,
    TotalUsage,
)
from pilotwire.domain.tariff.calendar_cuts import zone_of
from pilotwire.domain.tariff.conditions import FixedFacts, fixed_fits
from pilotwire.domain.tariff.general import CostLimits, GeneralTariff, TaxesInPrices
from pilotwire.domain.tariff.money import rounded, tax_factor, taxes_of, told
from pilotwire.domain.tariff.pricing import account_of, first_of, stepped, time_line
from pilotwire.domain.tariff.sessions import Session
from pilotwire.domain.tariff.tariffs import EvseKind, Price, TaxRate

_KINDS: Final = ("fixed", "energy", "charging_time", "idle_time", "reservation_time", "reservation_fixed")
_LINE_PLACES: Final = 6
"""Decimals of amounts and quantities of a line; only totals are final amounts."""


class PricedLine(Value):
    """A quantity at a price: `quantity` in Wh, seconds or times, `price` a kWh, an hour or once, `amount` without tax before rounding.

    `why`: "step" for what is counted besides as a quantity is rounded up, "least" for what a part lacks of its least; empty: it was used.
    """

    part: str
    quantity: Decimal
    price: Decimal
    amount: Decimal
    tax_rates: tuple[TaxRate, ...] = ()
    why: str = ""


class PricedPeriod(Value):
    """A stretch in which the same prices counted: energy in Wh, and whether it flowed."""

    begin: datetime
    end: datetime
    tariff_id: str
    charging: bool
    energy: Decimal
    lines: tuple[PricedLine, ...] = ()


class PartCost(Value):
    """What a part of the tariff comes to, rounded by itself: parts may differ from the total by a smallest unit."""

    part: str
    excl_tax: Decimal
    incl_tax: Decimal


class TaxAmount(Value):
    """How much of a tax is in the total."""

    type: str
    percent: Decimal
    amount: Decimal


class PricedSession(Value):
    """A session with its price.

    `details` are final once it has ended. Lines of the periods and those counted once make up the total without tax, but for `limited`:
    what a least or a most adds to them or takes off. `failures`: why it may not be all, or not right, as sentences.
    """

    begin: datetime
    end: datetime
    ended: bool
    details: CostDetails
    periods: tuple[PricedPeriod, ...] = ()
    once: tuple[PricedLine, ...] = ()
    parts: tuple[PartCost, ...] = ()
    taxes: tuple[TaxAmount, ...] = ()
    limited: Decimal = Decimal(0)
    failures: tuple[str, ...] = ()

    @property
    def excl_tax(self) -> Decimal:
        """The total without tax."""
        return self.details.total_cost.total.excl_tax or Decimal(0)

    @property
    def incl_tax(self) -> Decimal:
        """What the driver has to pay."""
        return self.details.total_cost.total.incl_tax or Decimal(0)


def priced(session: Session, until: datetime | None = None) -> PricedSession | None:
    """The price of a session; of one that runs, up to `until` (None: up to the last that was told). None: there is nothing to price.

    The same facts give the same price in whatever order they came. Never raises over what was told of the session.
    """
    found = account_of(session, until)
    if found is None:
        return None
    account, course = found
    return _told(account, course.begin, course.end, ended=session.end is not None)


def priced_reservation(
    tariff: GeneralTariff, begin: datetime, end: datetime, time_zone: str = "UTC", kind: EvseKind = EvseKind.AC
) -> PricedSession:
    """The price of a reservation that nobody came for (OCPI RESERVATION_EXPIRES); what counts is seen at its beginning.

    It is of its fees, and of its time at the price of expired ones, if there is one, else at that of any reservation.
    """
    zone, failure = zone_of(time_zone)
    account = Account(tariff, failures=[failure] if failure else [])
    account.goes_by(tariff)
    local = begin.astimezone(zone)
    lines: list[Line] = []
    for part in ("expired_fixed", "reservation_fixed"):
        rates = getattr(tariff, part)
        for rate in () if rates is None else rates.prices:
            if fixed_fits(rate.conditions, local, kind, FixedFacts()):
                key = Key(part, "reservation_fixed", rate.tax_rates)
                lines.append(Line(key, rate.price, Fraction(1), Fraction(rate.price)))
                break
    account.reserved = max(Fraction((end - begin) // timedelta(microseconds=1), 1_000_000), ZERO)
    part = "expired_time" if tariff.expired_time is not None else "reservation_time"
    price = first_of(getattr(tariff, part), local, kind)
    if price is not None:
        lines.append(time_line(account, part, price, stepped(account.reserved, price.step)))
    account.add({line.key: line.amount for line in lines})
    for line in lines:
        line.amount = account.amount(line.amount, line.key.taxes)
    account.once = lines
    return _told(account, begin, end, ended=True)


# --- telling --------------------------------------------------------------------------------------------------------


def _told(account: Account, begin: datetime, end: datetime, *, ended: bool) -> PricedSession:
    tariff = account.tariff
    excl, incl, kind = _totals(account, ended=ended)
    total = TotalPrice(excl_tax=_final(account, excl), incl_tax=_final(account, incl))
    failures = tuple(dict.fromkeys(account.failures))
    usage = TotalUsage(
        energy=told(account.energy, _LINE_PLACES),
        charging_time=round(account.charging_time),
        idle_time=round(account.idle_time),
        reservation_time=None if account.reserved is None else round(account.reserved),
    )
    details = CostDetails(
        total_cost=_cost(account, total, kind),
        total_usage=usage,
        charging_periods=tuple(_period_in_21(one, begin) for one in account.periods) if ended else (),
        failure_to_calculate=True if failures else None,
        failure_reason=" ".join(failures) or None,
    )
    lines = sum((line.amount for line in account.once), ZERO) + sum(
        (line.amount for one in account.periods for line in one.lines.values()), ZERO
    )
    parts = {key.part: None for key in account.keys}
    return PricedSession(
        begin=begin,
        end=end,
        ended=ended,
        details=details,
        periods=_periods(account, begin, end),
        once=tuple(_line(line) for line in account.once),
        parts=tuple(PartCost(part=part, **_sums(account, "part", part)) for part in parts),
        taxes=() if tariff.taxes is TaxesInPrices.NONE else _taxes(account, total),
        limited=told(excl - lines, _LINE_PLACES),
        failures=failures,
    )


def _final(account: Account, amount: Fraction) -> Decimal:
    return rounded(amount, account.tariff.rounding, account.tariff.currency)


def _totals(account: Account, *, ended: bool) -> tuple[Fraction, Fraction, CostKind]:
    """The total without and with tax, and whether it is the least or the most there is."""
    excl, incl = account.without_tax.excl, account.with_tax.incl
    least = account.tariff.min_cost
    capped = account.without_tax.frozen or account.with_tax.frozen
    kind = CostKind.MAX_COST if capped else CostKind.NORMAL_COST
    if not ended or least is None or (least.excl_tax is None and least.incl_tax is None):
        return excl, incl, kind
    low_excl = None if least.excl_tax is None else Fraction(least.excl_tax)
    low_incl = None if least.incl_tax is None else Fraction(least.incl_tax)
    below = (low_excl is not None and excl < low_excl, low_incl is not None and incl < low_incl)
    if not any(below) or (capped and account.tariff.limits is CostLimits.TOGETHER):
        return excl, incl, kind
    factor = Fraction(tax_factor(least.tax_rates)) if least.tax_rates or excl <= 0 else incl / excl
    if low_excl is None and low_incl is not None:
        low_excl = low_incl / factor
    elif low_incl is None and low_excl is not None:
        low_incl = low_excl * factor
    assert low_excl is not None
    assert low_incl is not None
    if account.tariff.limits is CostLimits.APART:
        return max(excl, low_excl), max(incl, low_incl), CostKind.MIN_COST
    return low_excl, low_incl, CostKind.MIN_COST


def _cost(account: Account, total: TotalPrice, kind: CostKind) -> TotalCost:
    """The total by kinds of cost; a least that replaces the whole total is told as a fixed cost (I12.FR.38)."""
    currency, least = account.tariff.currency, account.tariff.min_cost
    if kind is CostKind.MIN_COST and account.tariff.limits is CostLimits.TOGETHER and least is not None:
        fixed = Price(excl_tax=total.excl_tax, incl_tax=total.incl_tax, tax_rates=least.tax_rates)
        return TotalCost(currency=currency, type_of_cost=kind, total=total, fixed=fixed)
    there = {key.told_as for key in account.keys}
    prices = {name: _price(account, name) for name in _KINDS if name in there}
    return TotalCost(currency=currency, type_of_cost=kind, total=total, **prices)


def _price(account: Account, told_as: str) -> Price:
    rates = {key.taxes for key in account.keys if key.told_as == told_as}
    return Price(tax_rates=rates.pop() if len(rates) == 1 else (), **_sums(account, "told_as", told_as))


def _sums(account: Account, name: str, value: str) -> dict[str, Decimal]:
    """What all amounts of a part or a kind of cost come to."""
    excl = [amount for key, amount in account.without_tax.items.items() if getattr(key, name) == value]
    incl = [key.with_tax(amount) for key, amount in account.with_tax.items.items() if getattr(key, name) == value]
    return {"excl_tax": _final(account, sum(excl, ZERO)), "incl_tax": _final(account, sum(incl, ZERO))}


def _taxes(account: Account, total: TotalPrice) -> tuple[TaxAmount, ...]:
    """Each tax with its amount; together they are the difference of the totals, so what rounding leaves is in the largest."""
    sums: dict[tuple[str, Decimal], Fraction] = {}
    for key, amount in account.with_tax.items.items():
        for rate, share in taxes_of(key.taxes):
            place = (rate.type, rate.tax)
            sums[place] = sums.get(place, ZERO) + amount * Fraction(share)
    if not sums:
        return ()
    amounts = {place: _final(account, amount) for place, amount in sums.items()}
    largest = max(amounts, key=lambda place: (amounts[place], place))
    difference = (total.incl_tax or Decimal(0)) - (total.excl_tax or Decimal(0))
    amounts[largest] += difference - sum(amounts.values(), Decimal(0))
    return tuple(TaxAmount(type=kind, percent=percent, amount=amount) for (kind, percent), amount in amounts.items())


def _at(begin: datetime, seconds: Fraction) -> datetime:
    return begin + timedelta(microseconds=round(seconds * 1_000_000))


def _periods(account: Account, begin: datetime, end: datetime) -> tuple[PricedPeriod, ...]:
    starts = [_at(begin, one.begin) for one in account.periods]
    return tuple(
        PricedPeriod(
            begin=start,
            end=stop,
            tariff_id=one.tariff_id,
            charging=one.charging,
            energy=told(one.energy, _LINE_PLACES),
            lines=tuple(_line(line) for line in one.lines.values()),
        )
        for one, start, stop in zip(account.periods, starts, [*starts[1:], end], strict=False)
    )


def _line(line: Line) -> PricedLine:
    return PricedLine(
        part=line.key.part,
        quantity=told(line.quantity, _LINE_PLACES),
        price=line.price,
        amount=told(line.amount, _LINE_PLACES),
        tax_rates=line.key.taxes,
        why=line.why,
    )


def _period_in_21(period: Period, begin: datetime) -> ChargingPeriod:
    """A period with the quantities that were priced in it, and those its prices depended on."""
    volumes: list[tuple[CostDimensionKind, Fraction]] = []
    if "energy" in period.lines or period.chosen[0] is not None:
        volumes.append((CostDimensionKind.ENERGY, period.energy))
    if any(name in period.lines for name in ("charging_time", "idle_time", "parking_time")):
        time = CostDimensionKind.CHARGING_TIME if period.charging else CostDimensionKind.IDLE_TIME
        volumes.append((time, period.seconds))
    for spread, low, high in (
        (period.powers, CostDimensionKind.MIN_POWER, CostDimensionKind.MAX_POWER),
        (period.currents, CostDimensionKind.MIN_CURRENT, CostDimensionKind.MAX_CURRENT),
    ):
        if spread is not None:
            volumes += [(low, spread[0]), (high, spread[1])]
    return ChargingPeriod(
        start_period=_at(begin, period.begin),
        tariff_id=period.tariff_id,
        dimensions=tuple(CostDimension(type=kind, volume=told(volume, _LINE_PLACES)) for kind, volume in volumes),
    )
