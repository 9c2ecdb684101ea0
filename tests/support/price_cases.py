"""Tariffs and sessions made up from a number, near the moments at which something happens to local time; see `price_by_seconds`."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from pilotwire.domain.tariff.conditions import FixedFacts
from pilotwire.domain.tariff.general import (
    CostLimits,
    FixedRate,
    FixedRates,
    GeneralTariff,
    Rate,
    Rates,
    TaxesInPrices,
)
from pilotwire.domain.tariff.money import Rounding, RoundingMode
from pilotwire.domain.tariff.sessions import Session, SessionReading, TariffFrom
from pilotwire.domain.tariff.tariffs import Conditions, DayOfWeek, EvseKind, FixedConditions, Price, TaxRate
from tests.support.price_by_seconds import Case, shuffled, utc

MOMENTS = (
    ("Europe/Amsterdam", "2026-03-29T01:00"),
    ("Europe/Amsterdam", "2026-10-25T01:00"),
    ("America/New_York", "2026-03-08T07:00"),
    ("America/New_York", "2026-11-01T06:00"),
    ("Australia/Lord_Howe", "2026-04-04T15:00"),
    ("Australia/Lord_Howe", "2026-10-03T15:30"),
    ("Asia/Kolkata", "2026-06-30T18:30"),
    ("Asia/Tokyo", "2026-12-31T15:00"),
    ("UTC", "2026-03-01T00:00"),
    ("Europe/London", "2026-07-05T23:00"),
    ("America/St_Johns", "2026-05-17T12:00"),
)
"""Shifts of local time, midnights, ends of months and years."""
TAXES = (
    (),
    (TaxRate(type="VAT", tax=Decimal("21")),),
    (TaxRate(type="VAT", tax=Decimal("5.2")),),
    (TaxRate(type="energy", tax=Decimal("6")), TaxRate(type="vat", tax=Decimal("4"), stack=1)),
)


def made_up(r: random.Random, most: int) -> Case:
    """A case: short ones in seconds, long ones in minutes."""
    zone, moment = r.choice(MOMENTS)
    cell = r.choice((1, 60))
    cells = r.randrange(1, most)
    begin = utc(moment) - timedelta(seconds=r.randrange(cells + 1) * cell)
    currency = r.choice(("EUR", "EUR", "JPY", "KWD", "USD"))
    day = utc(moment) + timedelta(days=r.randrange(-1, 2))
    timeline = [TariffFrom(at=begin - timedelta(hours=1), tariff=_tariff(r, "T0", currency, day, cells * cell))]
    for n in range(1, r.choice((1, 1, 1, 2, 3))):
        at = begin + timedelta(seconds=cell * (n * cells // 3 + 1))
        if at < begin + timedelta(seconds=cells * cell):
            timeline.append(TariffFrom(at=at, tariff=_tariff(r, f"T{n}", currency, day, cells * cell)))
    session = Session(
        begin=begin,
        end=begin + timedelta(seconds=cells * cell),
        tariffs=tuple(timeline),
        readings=_readings(r, begin, cell, cells),
        evse_kind=r.choice(tuple(EvseKind)),
        time_zone=zone,
        reserved=r.choice((None, Decimal(r.randrange(4000)))),
        paid_with=FixedFacts(payment_brand=r.choice((None, "Visa"))),
    )
    return Case(session, cell, shuffled(session, r))


def _readings(r: random.Random, begin: datetime, cell: int, cells: int) -> tuple[SessionReading, ...]:
    """Registers on the grid, with gaps of any length; some vehicles feed energy back, some stations tell what flows."""
    count = r.choice((0, 1, 3, 8, 20))
    places = sorted({0, cells, *(r.randrange(cells + 1) for _ in range(count))})
    wh, back = Decimal(r.randrange(10**6)), Decimal(0)
    tells, feeds, precise = r.random() < 0.5, r.random() < 0.2, r.random() < 0.5
    found = []
    for n, place in enumerate(places):
        if n:
            seconds = (place - places[n - 1]) * cell
            watts = r.choice((0, r.randrange(1000, 22000), r.randrange(1000, 150000)))
            more = Decimal(watts * seconds // 3600) + (Decimal(r.randrange(1000)) / 1000 if precise and watts else 0)
            wh, back = (wh, back + more) if feeds and r.random() < 0.5 else (wh + more, back)
        found.append(
            SessionReading(
                at=begin + timedelta(seconds=place * cell),
                register=wh,
                exported=back if feeds else None,
                charging=r.random() < 0.7 if tells and r.random() < 0.6 else None,
                power=Decimal(r.randrange(-5000, 50000)) if tells and r.random() < 0.4 else None,
                current=Decimal(r.randrange(64)) if tells or n == 0 else None,
            )
        )
    found[0] = SessionReading(at=begin, register=found[0].register, exported=found[0].exported, current=Decimal(16))
    return tuple(found)


def _tariff(r: random.Random, name: str, currency: str, day: datetime, seconds: int) -> GeneralTariff:
    scale = {"JPY": 100, "KWD": Decimal("0.3")}.get(currency, 1)

    def price(low: int, high: int) -> Decimal:
        return (Decimal(r.randrange(low, high)) / 1000 * scale).normalize()

    def rates(low: int, high: int, step: tuple[int | None, ...]) -> Rates | None:
        if r.random() < 0.35:
            return None
        one = r.choice(TAXES)
        prices = [
            Rate(
                price=price(low, high),
                conditions=_conditions(r, day, seconds) if n or r.random() < 0.7 else None,
                tax_rates=one if r.random() < 0.8 else r.choice(TAXES),
                step=r.choice(step),
            )
            for n in range(r.choice((1, 2, 3)))
        ]
        if r.random() < 0.5:
            prices.append(Rate(price=price(low, high), tax_rates=one, step=r.choice(step)))
        least, most = r.choice(((None, None),) * 5 + ((price(1, 900), None), (None, price(500, 6000))))
        return Rates(prices=tuple(prices), least=least, most=most)

    def fixed() -> FixedRates | None:
        if r.random() < 0.6:
            return None
        first = FixedRate(
            price=price(1, 3000),
            tax_rates=r.choice(TAXES),
            conditions=FixedConditions(
                payment_brand=r.choice((None, "Visa")),
                start_time_of_day=_clock(r),
                day_of_week=tuple(r.sample(tuple(DayOfWeek), r.choice((0, 3)))),
            ),
        )
        return FixedRates(prices=(first, FixedRate(price=price(1, 3000), tax_rates=r.choice(TAXES))))

    def limit(low: int, high: int) -> Price | None:
        if r.random() < 0.65:
            return None
        both = r.choice((1, 2, 3))
        excl = price(low, high)
        return Price(
            excl_tax=excl if both & 1 else None,
            incl_tax=(excl * Decimal("1.15")).normalize() if both & 2 else None,
            tax_rates=r.choice(TAXES) if both == 1 else (),
        )

    return GeneralTariff(
        tariff_id=name,
        currency=currency,
        energy=rates(-50, 900, (None, None, 1, 100, 500)),
        charging_time=rates(1, 6000, (None, None, 1, 60, 300, 900)),
        idle_time=rates(1, 9000, (None, None, 60, 600)),
        parking_time=rates(1, 2000, (None, None, None, 600)) if r.random() < 0.4 else None,
        fixed_fee=fixed(),
        reservation_time=rates(1, 5000, (None, 60, 300)),
        reservation_fixed=fixed(),
        min_cost=limit(1, 300),
        max_cost=limit(300, 9000),
        limits=r.choice(tuple(CostLimits)),
        taxes=r.choice((TaxesInPrices.EXCLUDED, TaxesInPrices.EXCLUDED, TaxesInPrices.INCLUDED)),
        rounding=Rounding(mode=r.choice(tuple(RoundingMode)), unit=r.choice((None, None, None, Decimal("0.05")))),
    )


def _clock(r: random.Random) -> str:
    return f"{r.choice((0, 0, 1, 2, 3, 8, 12, 23)):02}:{r.choice((0, 0, 15, 30, 59)):02}"


def _conditions(r: random.Random, day: datetime, seconds: int) -> Conditions:
    """One to three conditions on what may happen in a session."""
    told: dict[str, Any] = {}
    for _ in range(r.choice((1, 1, 2, 3))):
        kind = r.randrange(9)
        if kind <= 1:
            told |= {"start_time_of_day": _clock(r), "end_time_of_day": r.choice((None, _clock(r)))}
        elif kind == 2:
            told |= {"day_of_week": tuple(r.sample(tuple(DayOfWeek), r.randrange(1, 5)))}
        elif kind == 3:
            edge = r.choice(("valid_from_date", "valid_to_date"))
            told |= {edge: day.date().isoformat()}
        elif kind <= 7:
            name, most = (
                ("energy", r.choice((100, 2000, 30000))),
                ("power", r.choice((4000, 12000, 60000))),
                (r.choice(("time", "charging_time", "idle_time")), seconds),
                ("current", 48),
            )[kind - 4]
            if f"min_{name}" not in told and f"max_{name}" not in told:
                told |= _range(r, name, most)
        else:
            told |= {"evse_kind": r.choice(tuple(EvseKind))}
    return Conditions(**told)


def _range(r: random.Random, name: str, most: int) -> dict[str, Any]:
    whole = name.endswith("time")
    low, high = sorted((r.randrange(most + 1), r.randrange(1, most + 2)))
    sign = -1 if name in ("energy", "power") and r.random() < 0.1 else 1
    ends = {f"min_{name}": low * sign, f"max_{name}": (high + 1) * sign}
    kept = r.choice((tuple(ends), (f"min_{name}",), (f"max_{name}",)))
    return {each: ends[each] if whole else Decimal(ends[each]) for each in kept}
