"""What a charge costs by a tariff (I12): a bill that is carried on from moment to moment, and what is told of it (CostDetailsType).

A bill is worked out up to a moment. What was used since then is priced by the elements that were applicable at that moment; then it is
seen which are applicable from now on (I12.FR.33, I12.FR.34). Times are in seconds, energy in Wh, amounts in the tariff's currency.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from pilotwire.domain.kinds import Value, changed
from pilotwire.domain.tariff.conditions import FixedFacts, Moment, Usage, applies, applies_fixed
from pilotwire.domain.tariff.money import tax_factor
from pilotwire.domain.tariff.tariffs import FixedPrices, Price, Tariff, TaxRate, TimePrices

_PLACES: Final = Decimal("0.0001")
"""To what costs are rounded when they are told."""
_WH_PER_KWH: Final = 1000
_SECONDS_PER_MINUTE: Final = 60
_KINDS: Final = ("fixed", "energy", "charging_time", "idle_time", "reservation_time", "reservation_fixed")


# --- what is told ---------------------------------------------------------------------------------------------------


class CostKind(StrEnum):
    """As in TariffCostEnumType."""

    NORMAL_COST = "NormalCost"
    MIN_COST = "MinCost"
    MAX_COST = "MaxCost"


class CostDimensionKind(StrEnum):
    """As in CostDimensionEnumType, which spells one of them so."""

    ENERGY = "Energy"
    MAX_CURRENT = "MaxCurrent"
    MIN_CURRENT = "MinCurrent"
    MAX_POWER = "MaxPower"
    MIN_POWER = "MinPower"
    IDLE_TIME = "IdleTIme"
    CHARGING_TIME = "ChargingTime"


class CostDimension(Value):
    """One quantity used in a period."""

    type: CostDimensionKind
    volume: Decimal


class ChargingPeriod(Value):
    """A stretch of a transaction in which the same price elements counted; it lasts until the next one."""

    start_period: datetime
    dimensions: tuple[CostDimension, ...] = ()
    tariff_id: str | None = None


class TotalPrice(Value):
    """A total without and with tax."""

    excl_tax: Decimal | None = None
    incl_tax: Decimal | None = None


class TotalCost(Value):
    """What a transaction costs, by kind of cost."""

    currency: str
    type_of_cost: CostKind
    total: TotalPrice
    fixed: Price | None = None
    energy: Price | None = None
    charging_time: Price | None = None
    idle_time: Price | None = None
    reservation_time: Price | None = None
    reservation_fixed: Price | None = None


class TotalUsage(Value):
    """What a transaction used: Wh, seconds with and without energy flowing (I12.FR.09 to I12.FR.11), and of its reservation (I12.FR.07)."""

    energy: Decimal
    charging_time: int
    idle_time: int
    reservation_time: int | None = None


class CostDetails(Value):
    """How the cost of a transaction is made up."""

    total_cost: TotalCost
    total_usage: TotalUsage
    charging_periods: tuple[ChargingPeriod, ...] = ()
    failure_to_calculate: bool | None = None
    failure_reason: str | None = None


# --- the bill -------------------------------------------------------------------------------------------------------


class Item(Value):
    """A sum of one kind, without the taxes that are to be put on it."""

    kind: str
    excl_tax: Decimal
    tax_rates: tuple[TaxRate, ...] = ()


class Elements(Value):
    """Which price of each part of the tariff counts, by its place; None: none does."""

    energy: int | None = None
    charging_time: int | None = None
    idle_time: int | None = None


class Stretch(Value):
    """A period of the bill: what was used from `start` on."""

    start: datetime
    tariff_id: str
    elements: Elements
    used: Usage = Usage()


class Bill(Value):
    """What a transaction costs up to `at`, when its register was at `register` Wh and energy flowed if `charging`.

    `capped`: the most it may cost is reached (I12.FR.39). `reserved` is for how many seconds its place was kept before, where that has
    a price. `failure` is why it may not be all that was used, as a sentence (I12.FR.14).
    """

    tariff: Tariff
    started_at: datetime
    at: datetime
    register: Decimal
    charging: bool
    stretches: tuple[Stretch, ...]
    items: tuple[Item, ...] = ()
    capped: bool = False
    reserved: Decimal | None = None
    failure: str | None = None

    @property
    def used(self) -> Usage:
        """What was used in all."""
        all_of = [stretch.used for stretch in self.stretches]
        return Usage(
            energy=sum((one.energy for one in all_of), Decimal(0)),
            charging_time=sum((one.charging_time for one in all_of), Decimal(0)),
            idle_time=sum((one.idle_time for one in all_of), Decimal(0)),
        )


def begun(
    tariff: Tariff,
    moment: Moment,
    started_at: datetime,
    register: Decimal,
    facts: FixedFacts | None,
    reserved: timedelta | None = None,
) -> Bill:
    """The bill of a transaction that began at `started_at` with `register`, `reserved` so long after its place was (None: it was not).

    What is to be paid once is looked at now and never again (I12.FR.06, I12.FR.30); `facts` None: not at all, for it began with another
    tariff.
    """
    once: tuple[Item, ...] = () if facts is None else _fixed("fixed", tariff.fixed_fee, moment, facts)
    kept_for: Decimal | None = None
    if facts is not None and reserved is not None:
        once += _fixed("reservation_fixed", tariff.reservation_fixed, moment, facts)
        price = _price_of_reservation(tariff, moment)
        if price is not None:
            kept_for = max(_seconds(reserved), Decimal(0))
            once += _priced_time("reservation_time", price, kept_for, tariff.reservation_time)
    stretch = Stretch(start=moment.at, tariff_id=tariff.tariff_id, elements=Elements())
    bill = Bill(
        tariff=tariff,
        started_at=started_at,
        at=moment.at,
        register=register,
        charging=moment.charging,
        stretches=(stretch,),
        items=once,
        reserved=kept_for,
    )
    return _looked_at(_capped_at(bill, bill.items, ()), moment)


def _fixed(kind: str, part: FixedPrices | None, moment: Moment, facts: FixedFacts) -> tuple[Item, ...]:
    """What is to be paid once: the first price whose conditions hold (I12.FR.05, I12.FR.08)."""
    prices = () if part is None else part.prices
    first = next((one for one in prices if applies_fixed(one.conditions, moment, facts)), None)
    if part is None or first is None:
        return ()
    return (Item(kind=kind, excl_tax=first.price_fixed, tax_rates=part.tax_rates),)


def _price_of_reservation(tariff: Tariff, moment: Moment) -> Decimal | None:
    """What a minute of the reservation costs (I12.FR.07): the first price whose conditions hold at the start of the transaction."""
    prices = () if tariff.reservation_time is None else tariff.reservation_time.prices
    fitting = (one.price_minute for one in prices if applies(one.conditions, moment, Usage(), Decimal(0)))
    return next(fitting, None)


def _priced_time(kind: str, price: Decimal, seconds: Decimal, part: TimePrices | None) -> tuple[Item, ...]:
    rates = () if part is None else part.tax_rates
    return (Item(kind=kind, excl_tax=price * seconds / _SECONDS_PER_MINUTE, tax_rates=rates),)


def _seconds(span: timedelta) -> Decimal:
    return Decimal(round(span / timedelta(milliseconds=1))) / 1000


def carried_on(bill: Bill, moment: Moment) -> Bill:
    """The bill up to a later moment; one that is not later changes nothing."""
    if moment.at < bill.at:
        return bill
    seconds = _seconds(moment.at - bill.at)
    news = Usage(
        energy=moment.register - bill.register,
        charging_time=seconds if bill.charging else Decimal(0),
        idle_time=Decimal(0) if bill.charging else seconds,
    )
    last = bill.stretches[-1]
    stretch = changed(last, used=_sum(last.used, news))
    later = changed(bill, at=moment.at, register=moment.register, charging=moment.charging)
    later = changed(later, stretches=(*bill.stretches[:-1], stretch))
    if not bill.capped:
        later = _capped_at(later, _added(bill.items, _priced(bill.tariff, last.elements, news)), bill.items)
    return _looked_at(later, moment)


def changed_to(bill: Bill, tariff: Tariff, moment: Moment) -> Bill:
    """The bill from a moment on with another tariff (I11.FR.08); what was paid once was paid."""
    bill = changed(carried_on(bill, moment), tariff=tariff, capped=False)
    stretch = Stretch(start=moment.at, tariff_id=tariff.tariff_id, elements=Elements())
    return _looked_at(changed(bill, stretches=(*bill.stretches, stretch)), moment)


def _looked_at(bill: Bill, moment: Moment) -> Bill:
    """See which elements count from now on; others than before begin a period of their own (I12.FR.35, I12.FR.36)."""
    duration = Decimal(int((moment.at - bill.started_at).total_seconds()))
    used, tariff, last = bill.used, bill.tariff, bill.stretches[-1]
    found: dict[str, int | None] = {}
    for name in ("energy", "charging_time", "idle_time"):
        part = getattr(tariff, name)
        prices = () if part is None else part.prices
        applicable = (n for n, price in enumerate(prices) if applies(price.conditions, moment, used, duration))
        found[name] = next(applicable, None)
    elements = Elements(**found)
    if elements == last.elements:
        return bill
    stretch = Stretch(start=moment.at, tariff_id=tariff.tariff_id, elements=elements)
    before = bill.stretches if last.used != Usage() else bill.stretches[:-1]
    return changed(bill, stretches=(*before, stretch))


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(
        energy=one.energy + other.energy,
        charging_time=one.charging_time + other.charging_time,
        idle_time=one.idle_time + other.idle_time,
    )


def _priced(tariff: Tariff, elements: Elements, used: Usage) -> tuple[Item, ...]:
    """What was used, at the prices that counted."""
    items: list[Item] = []
    if tariff.energy is not None and elements.energy is not None and used.energy:
        price = tariff.energy.prices[elements.energy].price_kwh
        amount = price * used.energy / _WH_PER_KWH
        items.append(Item(kind="energy", excl_tax=amount, tax_rates=tariff.energy.tax_rates))
    for kind in ("charging_time", "idle_time"):
        part, number, seconds = getattr(tariff, kind), getattr(elements, kind), getattr(used, kind)
        if part is not None and number is not None and seconds:
            items += _priced_time(kind, part.prices[number].price_minute, seconds, part)
    return tuple(items)


def _added(items: tuple[Item, ...], more: tuple[Item, ...], factor: Decimal = Decimal(1)) -> tuple[Item, ...]:
    sums = {(item.kind, item.tax_rates): item.excl_tax for item in items}
    for item in more:
        place = (item.kind, item.tax_rates)
        sums[place] = sums.get(place, Decimal(0)) + factor * item.excl_tax
    return tuple(Item(kind=kind, excl_tax=amount, tax_rates=rates) for (kind, rates), amount in sums.items())


def _capped_at(bill: Bill, items: tuple[Item, ...], before: tuple[Item, ...]) -> Bill:
    """The bill with these items, but no more than it may cost: the step that goes beyond is taken in part (I12.FR.39)."""
    most = bill.tariff.max_cost
    was, now = _total(before), _total(items)
    shares = [Decimal(1)]
    for name in ("excl_tax", "incl_tax"):
        limit = None if most is None else getattr(most, name)
        old, new = getattr(was, name), getattr(now, name)
        if limit is not None and new >= limit:
            shares.append((limit - old) / (new - old) if new > old else Decimal(0))
    if len(shares) == 1:
        return changed(bill, items=items)
    share = max(min(shares), Decimal(0))
    scaled = tuple(changed(item, excl_tax=_step(item, before, share)) for item in items)
    return changed(bill, items=scaled, capped=True)


def _step(item: Item, before: tuple[Item, ...], share: Decimal) -> Decimal:
    place = (item.kind, item.tax_rates)
    old = next((one.excl_tax for one in before if (one.kind, one.tax_rates) == place), Decimal(0))
    return old + share * (item.excl_tax - old)


# --- telling it -----------------------------------------------------------------------------------------------------


def details(bill: Bill, *, final: bool) -> CostDetails:
    """What is told of a bill: at the end with its periods, and no less than the least it may cost (I12.FR.01, I12.FR.38)."""
    used = bill.used
    usage = TotalUsage(
        energy=used.energy,
        charging_time=round(used.charging_time),
        idle_time=round(used.idle_time),
        reservation_time=None if bill.reserved is None else round(bill.reserved),
    )
    cost = _least(bill) if final else None
    periods = tuple(map(_period, bill.stretches)) if final else ()
    return CostDetails(
        total_cost=cost or _cost(bill),
        total_usage=usage,
        charging_periods=periods,
        failure_to_calculate=None if bill.failure is None else True,
        failure_reason=bill.failure,
    )


def total(bill: Bill, *, final: bool) -> Decimal:
    """What the driver has to pay: taxes included."""
    told = details(bill, final=final).total_cost.total
    return told.incl_tax if told.incl_tax is not None else told.excl_tax or Decimal(0)


def with_taxes(amount: Decimal, rates: tuple[TaxRate, ...]) -> Decimal:
    """An amount with its taxes: those of a stack together, on what the stacks below make (I12.FR.13)."""
    return amount * tax_factor(rates)


def _cost(bill: Bill) -> TotalCost:
    prices = {kind: price for kind in _KINDS if (price := _price(bill, kind)) is not None}
    sums = TotalPrice(
        excl_tax=sum((price.excl_tax or Decimal(0) for price in prices.values()), Decimal(0)),
        incl_tax=sum((price.incl_tax or Decimal(0) for price in prices.values()), Decimal(0)),
    )
    kind = CostKind.MAX_COST if bill.capped else CostKind.NORMAL_COST
    return TotalCost(currency=bill.tariff.currency, type_of_cost=kind, total=sums, **prices)


def _price(bill: Bill, kind: str) -> Price | None:
    items = [item for item in bill.items if item.kind == kind]
    if not items:
        return None
    rates = items[0].tax_rates if all(item.tax_rates == items[0].tax_rates for item in items) else ()
    incl = sum((with_taxes(item.excl_tax, item.tax_rates) for item in items), Decimal(0))
    excl = sum((item.excl_tax for item in items), Decimal(0))
    return Price(excl_tax=_rounded(excl), incl_tax=_rounded(incl), tax_rates=rates)


def _total(items: tuple[Item, ...]) -> TotalPrice:
    return TotalPrice(
        excl_tax=sum((item.excl_tax for item in items), Decimal(0)),
        incl_tax=sum((with_taxes(item.excl_tax, item.tax_rates) for item in items), Decimal(0)),
    )


def _least(bill: Bill) -> TotalCost | None:
    """The least cost in place of a lower one (I12.FR.38)."""
    least, so_far = bill.tariff.min_cost, _cost(bill).total
    if least is None or bill.capped:
        return None
    pairs = ((least.excl_tax, so_far.excl_tax), (least.incl_tax, so_far.incl_tax))
    if not any(low is not None and now is not None and now < low for low, now in pairs):
        return None
    excl = least.excl_tax
    incl = least.incl_tax
    if incl is None and excl is not None:
        incl = _rounded(with_taxes(excl, least.tax_rates))
    price = Price(excl_tax=excl, incl_tax=incl, tax_rates=least.tax_rates)
    both = TotalPrice(excl_tax=excl, incl_tax=incl)
    return TotalCost(currency=bill.tariff.currency, type_of_cost=CostKind.MIN_COST, total=both, fixed=price)


def _period(stretch: Stretch) -> ChargingPeriod:
    """A period with the quantities that were priced in it."""
    used, elements = stretch.used, stretch.elements
    volumes = (
        (CostDimensionKind.ENERGY, elements.energy, used.energy),
        (CostDimensionKind.CHARGING_TIME, elements.charging_time, used.charging_time),
        (CostDimensionKind.IDLE_TIME, elements.idle_time, used.idle_time),
    )
    dimensions = tuple(
        CostDimension(type=kind, volume=volume) for kind, element, volume in volumes if element is not None
    )
    return ChargingPeriod(start_period=stretch.start, tariff_id=stretch.tariff_id, dimensions=dimensions)


def _rounded(amount: Decimal) -> Decimal:
    return amount.quantize(_PLACES)
