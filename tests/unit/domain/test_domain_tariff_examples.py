"""The worked examples of OCPI 2.3 (modules Tariffs and CDRs) and OCPP 2.1 (block I, 1.2 and 1.3): their numbers, worked out by hand.

Amounts are told to a tenth of a cent here, so that the sums of the documents are seen before they are rounded to cents.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pilotwire.domain.tariff import Price
from pilotwire.domain.tariff.general import CostLimits, GeneralTariff, TaxesInPrices, general_of
from pilotwire.domain.tariff.money import Rounding
from pilotwire.domain.tariff.priced import priced, priced_reservation
from pilotwire.domain.tariff.sessions import SessionReading, TariffFrom
from pilotwire.domain.tariff.tariffs import (
    Conditions,
    DayOfWeek,
    EnergyPrice,
    EnergyPrices,
    FixedConditions,
    FixedPrice,
    FixedPrices,
    Tariff,
    TaxRate,
    TimePrice,
    TimePrices,
)
from tests.support.priced_sessions import MONDAY, d, fee, price, rate, rates, reading, session, tariff, totals

WEEKDAYS = tuple(DayOfWeek)[:5]
SATURDAY = datetime(2026, 3, 7, 13, 30, tzinfo=UTC)
EVENING = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)

ENERGY = rates(rate("0.25", 10, 1))
START = fee("0.50", 20)
COMPLEX = tariff(
    fixed_fee=fee("2.50", 15),
    charging_time=rates(
        rate("1.00", 20, 900, max_current=d(32)),
        rate("2.00", 20, 600, min_current=d(32), day_of_week=WEEKDAYS),
        rate("1.25", 20, 600, min_current=d(32), day_of_week=tuple(DayOfWeek)[5:]),
    ),
    idle_time=rates(
        rate("5.00", 10, 300, start_time_of_day="09:00", end_time_of_day="18:00", day_of_week=WEEKDAYS),
        rate("6.00", 10, 300, start_time_of_day="10:00", end_time_of_day="17:00", day_of_week=(DayOfWeek.SATURDAY,)),
    ),
)
BY_HOURS = tariff(
    charging_time=rates(
        rate("1.20", None, 1800, start_time_of_day="00:00", end_time_of_day="17:00"),
        rate("2.40", None, 900, start_time_of_day="17:00", end_time_of_day="20:00"),
        rate("2.40", None, 900, start_time_of_day="20:00", end_time_of_day="00:00"),
    ),
    idle_time=rates(
        rate("1.00", None, 900, start_time_of_day="00:00", end_time_of_day="17:00"),
        rate("1.00", None, 900, start_time_of_day="17:00", end_time_of_day="20:00"),
    ),
)


def charged(kwh: str, minutes: float = 60, parked: float = 0, begin: datetime = MONDAY, amperes: int = 16) -> Any:
    """Readings: so many kWh in so many minutes, then parked for some more."""
    wh = float(d(kwh) * 1000)
    told = [reading(0, 0, begin, current=d(amperes)), reading(minutes, wh, begin)]
    return [*told, reading(minutes + parked, wh, begin)] if parked else told


def at(clock: str) -> datetime:
    """That time on the Monday."""
    return MONDAY.replace(hour=int(clock[:2]), minute=int(clock[3:]))


CASES: list[Any] = []


def case(name: str, tariff: GeneralTariff, readings: list[SessionReading], sums: tuple[str, str], **more: Any) -> None:
    """One row of the table."""
    CASES.append(pytest.param(tariff, readings, sums, more, id=name))


# 20 x 0.25 = 5.00; + 10 % = 5.50
case("0.25 a kWh", tariff(energy=ENERGY), charged("20"), ("5", "5.5"))
# 0.50 + 5.00; 0.60 + 5.50
case("with a start fee", tariff(energy=ENERGY, fixed_fee=START), charged("20"), ("5.5", "6.1"))
LEAST = tariff(energy=ENERGY, min_cost=Price(excl_tax=d("0.5"), incl_tax=d("0.55")), limits=CostLimits.APART)
case("minimum price, not needed", LEAST, charged("20"), ("5", "5.5"))
case("minimum price", LEAST, charged("1.9"), ("0.5", "0.55"))
# 40 min are billed as 45: 0.50 + 5.00 + 1.50; 0.60 + 5.50 + 1.80
PARKING = tariff(energy=ENERGY, fixed_fee=START, idle_time=rates(rate("2.00", 20, 900)))
case("parking fee in steps of 15 minutes", PARKING, charged("20", 60, 40), ("7", "7.9"))
# 0.50 + 12.50 = 13.00 and 0.60 + 13.75 = 14.35 are both too much
MOST = tariff(
    energy=ENERGY,
    fixed_fee=START,
    max_cost=Price(excl_tax=d("10"), incl_tax=d("11")),
    limits=CostLimits.APART,
)
case("maximum price", MOST, charged("50"), ("10", "11"))
# 0.50 + 7.50; 0.60 + 8.25
case("maximum price, not reached", MOST, charged("30"), ("8", "8.85"))
# 2.5 x 2.00; + 10 %
case("2.00 an hour", tariff(charging_time=rates(rate("2.00", 10, 60))), charged("1", 150), ("5", "5.5"))
case("2.00 an hour, not parked", tariff(charging_time=rates(rate("2.00", 10, 60))), charged("1", 150, 30), ("5", "5.5"))
case("tax not known before", tariff(charging_time=rates(rate("2.00", None, 1))), charged("1", 150), ("5", "5"))
# 2.5 x 2.10, whatever tax is in it
INCLUDED = tariff(charging_time=rates(rate("2.10", None, 1)), taxes=TaxesInPrices.INCLUDED)
case("tax included", INCLUDED, charged("1", 150), ("5.25", "5.25"))
# 150 min at 3.00 = 7.50, 42 min billed as 45 at 5.00 = 3.75; 8.25 + 4.50
HOURS = tariff(charging_time=rates(rate("3.00", 10, 60)), idle_time=rates(rate("5.00", 20, 300)))
case("3.00 an hour, 5.00 parking", HOURS, charged("1", 150, 42), ("11.25", "12.75"))
# 2.5 x 1.90 = 4.75; x 1.052 = 4.997, in cents 5.00
case("ad hoc", tariff(charging_time=rates(rate("1.90", "5.2", 300))), charged("1", 150), ("4.75", "4.997"))
# 20.45 kWh billed as 20.5: 0.50 + 5.125 = 5.625 (5.63); 0.60 + 5.6375 = 6.2375 (6.24), as the text says; its breakdown has no step
STEP_100 = tariff(energy=rates(rate("0.25", 10, 100)), fixed_fee=START)
case("in steps of 0.1 kWh", STEP_100, charged("20.45"), ("5.625", "6.238"))
# 2.50 + 165 min at 1.00 = 2.75 + 42 min billed as 45 at 5.00 = 3.75; 2.875 + 3.30 + 4.125
case("complex, Monday at 16 A", COMPLEX, charged("5", 165, 42), ("9", "10.3"))
# 2.50 + 114 min at 1.25 = 2.375 (the document has 2.28, which is 1.20 an hour: its slip) + 71 min billed as 75 at 6.00 = 7.50
case(
    "complex, Saturday at 43 A",
    COMPLEX,
    charged("9", 114, 71, SATURDAY, amperes=43),
    ("12.375", "13.975"),
    begin=SATURDAY,
)
case("free of charge", tariff(fixed_fee=fee("0.00")), charged("20"), ("0", "0"))
# 15 min at 5.00 = 1.25; 0.50 + 5.00 + 1.25; 0.60 + 5.50 + 1.50
RESERVED = tariff(energy=ENERGY, fixed_fee=START, reservation_time=rates(rate("5.00", 20, 60)))
case("reserved for 15 minutes", RESERVED, charged("20"), ("6.75", "7.6"), reserved=d(900))
# 13 min billed as 15: 2.00 + 1.25 + 0.50 + 5.00; 2.40 + 1.50 + 0.60 + 5.50
RESERVED_FEE = tariff(
    energy=ENERGY,
    fixed_fee=START,
    reservation_time=rates(rate("5.00", 20, 300)),
    reservation_fixed=fee("2.00", 20),
)
case("reserved with a fee", RESERVED_FEE, charged("20"), ("8.75", "10"), reserved=d(780))
EXPIRY_FEE = tariff(
    energy=ENERGY, fixed_fee=START, reservation_time=rates(rate("2.00", 20, 600)), expired_fixed=fee("4.00", 20)
)
# 22 min billed as 30 at 2.00 = 1.00; + 0.50 + 5.00; 1.20 + 0.60 + 5.50
case("reserved, with a fee if nobody comes", EXPIRY_FEE, charged("20"), ("6.5", "7.3"), reserved=d(1320))
EXPIRY_TIME = tariff(
    energy=ENERGY,
    fixed_fee=START,
    reservation_time=rates(rate("3.00", 20, 600)),
    expired_time=rates(rate("6.00", 20, 600)),
)
# 22 min billed as 30 at 3.00 = 1.50
case("reserved, with a price if nobody comes", EXPIRY_TIME, charged("20"), ("7", "7.9"), reserved=d(1320))
# 5 min at 1.20 = 0.10, 5 min at 2.40 = 0.20, 2 min parking billed as 15 at 1.00 = 0.25
FIVE_TO = at("16:55")
case("step of parking", BY_HOURS, charged("1", 10, 2, FIVE_TO), ("0.55", "0.55"), begin=FIVE_TO)
# 25 min at 1.20 = 0.50; 35 in all are billed as 45, so 20 at 2.40 = 0.80
HALF_PAST = at("16:35")
case("step of the last price", BY_HOURS, charged("1", 35, 0, HALF_PAST), ("1.3", "1.3"), begin=HALF_PAST)
# 12 min at 2.40 = 0.48; 8 min until 20:00 are billed as 15 at 1.00 = 0.25; then nothing has a price
TWENTY_TO = at("19:40")
case("step before it is free", BY_HOURS, charged("1", 12, 20, TWENTY_TO), ("0.73", "0.73"), begin=TWENTY_TO)
# 4.3 kWh at 0.20 = 0.86; 5.4 in all are billed as 5.5, so 1.2 at 0.27 = 0.324
BY_KWH = tariff(energy=rates(rate("0.20", None, 500, end_time_of_day="17:00"), rate("0.27", None, 500)))
UNTIL_17 = [reading(0, 0, EVENING), reading(60, 4300, EVENING), reading(80, 5400, EVENING)]
case("step of energy over two prices", BY_KWH, UNTIL_17, ("1.184", "1.184"), begin=EVENING)
# 6 min at 5.00 = 0.50; 28 in all are billed as 30, so 24 at 7.00 = 2.80
BY_TIME = tariff(charging_time=rates(rate("5", None, 600, end_time_of_day="17:00"), rate("7", None, 600)))
SIX_TO = at("16:54")
case("step of time over two prices", BY_TIME, charged("1", 28, 0, SIX_TO), ("3.3", "3.3"), begin=SIX_TO)
# 21 min at 1.00 = 0.35, as they are; 16 min parking billed as 20 at 2.00 = 0.666...
BOTH = tariff(charging_time=rates(rate("1", None, 600)), idle_time=rates(rate("2", None, 600)))
case("only the parking is rounded up", BOTH, charged("1", 21, 16), ("1.017", "1.017"))
# 115.2 Wh are billed as 116, 125 and 500 Wh
case("115.2 Wh by 1 Wh", tariff(energy=rates(rate("0.25", None, 1))), charged("0.1152"), ("0.029", "0.029"))
case("115.2 Wh by 25 Wh", tariff(energy=rates(rate("0.25", None, 25))), charged("0.1152"), ("0.031", "0.031"))
case("115.2 Wh by 500 Wh", tariff(energy=rates(rate("0.25", None, 500))), charged("0.1152"), ("0.125", "0.125"))
# 1 kWh at 6 kW: 0.20; 40 kWh at 48 kW: 20.00; 0.5 kWh at 4 kW: 0.10
BY_POWER = tariff(
    energy=rates(
        rate("0.20", None, 1, max_power=d(16000)), rate("0.35", None, 1, max_power=d(32000)), rate("0.50", None, 1)
    )
)
POWERS = [reading(0, 0), reading(10, 1000), reading(60, 41_000), reading(67.5, 41_500)]
case("by the power", BY_POWER, POWERS, ("20.3", "20.3"))
# 5 kWh in the first half hour are free; 1.2 kWh at 0.25
BY_DURATION = tariff(
    energy=rates(rate("0.00", None, 1, max_time=1800), rate("0.25", None, 1, max_time=3600), rate("0.40", None, 1))
)
case("by the duration", BY_DURATION, [reading(0, 0), reading(30, 5000), reading(40, 6200)], ("0.3", "0.3"))
# 21 min of charging are not rounded up; 7 min of parking are billed as 10, at 6 an hour: 2.10 + 1.00
FIVES = tariff(charging_time=rates(rate("6", None, 300)), idle_time=rates(rate("6", None, 300)))
case("not rounded when charging ends", FIVES, charged("1", 21, 7), ("3.1", "3.1"))

# --- OCPP 2.1, I.1.2 and I.1.3 ---------------------------------------------------------------------------------------

# tariff 10: 10 kWh at 0.25 = 2.50; 6 % and 4 % together: 2.75
TEN = Tariff(
    tariff_id="10",
    currency="USD",
    energy=EnergyPrices(
        prices=(EnergyPrice(price_kwh=d("0.25")),),
        tax_rates=(TaxRate(type="federal", tax=d("6.0")), TaxRate(type="state", tax=d("4.0"))),
    ),
)
case("OCPP tariff 10", general_of(TEN), charged("10"), ("2.5", "2.75"))
# tariff 11: 4 kWh before 18:00 at 0.40, 6 kWh after at 0.25 = 3.10; 4 % of it: 3.224. (In the document the hours are the other way
# round, and its cost has another tax than its tariff.) Idle from 18:30 on: no price at night.
OFFICE = Conditions(start_time_of_day="08:00", end_time_of_day="18:00")
VAT_4 = (TaxRate(type="vat", tax=d(4)),)
ELEVEN = Tariff(
    tariff_id="11",
    currency="EUR",
    energy=EnergyPrices(
        prices=(EnergyPrice(price_kwh=d("0.4"), conditions=OFFICE), EnergyPrice(price_kwh=d("0.25"))), tax_rates=VAT_4
    ),
    idle_time=TimePrices(prices=(TimePrice(price_minute=d(1), conditions=OFFICE),), tax_rates=VAT_4),
)
AT_1730 = at("17:30")
LATE = [reading(0, 0, AT_1730), reading(30, 4000, AT_1730), reading(60, 10_000, AT_1730), reading(90, 10_000, AT_1730)]
case("OCPP tariff 11", general_of(ELEVEN), LATE, ("3.1", "3.22"), begin=AT_1730)
# tariff 12: 2.50 + an hour below 11 kW at 1.00 a minute + half an hour above at 2.00 = 122.50; 2.75 + 138.00. (The costs of the document
# are those of prices by the hour.)
TWELVE = Tariff(
    tariff_id="12",
    currency="EUR",
    fixed_fee=FixedPrices(
        prices=(
            FixedPrice(price_fixed=d(3), conditions=FixedConditions(payment_recognition="CC")),
            FixedPrice(price_fixed=d("2.5")),
        ),
        tax_rates=(TaxRate(type="vat", tax=d(10)),),
    ),
    charging_time=TimePrices(
        prices=(
            TimePrice(price_minute=d(1), conditions=Conditions(max_power=d(11_000))),
            TimePrice(price_minute=d(2), conditions=Conditions(min_power=d(11_000))),
        ),
        tax_rates=(TaxRate(type="vat", tax=d(15)),),
    ),
)
POWER_11 = [reading(0, 0), reading(60, 10_500), reading(90, 16_000 + 500)]
case("OCPP tariff 12", general_of(TWELVE), POWER_11, ("122.5", "140.75"))


@pytest.mark.parametrize(("tariff", "readings", "sums", "more"), CASES)
def test_the_documents_examples_come_to_their_sums(
    tariff: GeneralTariff, readings: list[SessionReading], sums: tuple[str, str], more: dict[str, Any]
) -> None:
    found = price(tariff, *readings, **more)
    assert (totals(found), found.failures) == (sums, ())


@pytest.mark.parametrize(
    ("tariff", "minutes", "sums"),
    [
        (EXPIRY_FEE, 60, ("6", "7.2")),  # 4.00 + an hour at 2.00; + 20 %
        (EXPIRY_TIME, 90, ("9", "10.8")),  # an hour and a half at 6.00, which replaces 3.00; + 20 %
    ],
    ids=["a fee besides the time", "a price of its own"],
)
def test_a_reservation_nobody_came_for_has_its_price(
    tariff: GeneralTariff, minutes: int, sums: tuple[str, str]
) -> None:
    found = priced_reservation(tariff, MONDAY, MONDAY + timedelta(minutes=minutes))
    assert totals(found) == sums


def test_idle_time_costs_once_the_place_is_busy() -> None:
    """OCPP 2.1, I.1.2.4: tariff 21 is changed to 22 after half an hour; 15 minutes of idle time, of which 5 have no price."""
    energy = EnergyPrices(prices=(EnergyPrice(price_kwh=d("0.40")),), tax_rates=(TaxRate(type="vat", tax=d(10)),))
    quiet = Tariff(tariff_id="21", currency="EUR", energy=energy)
    idle = TimePrice(price_minute=d("0.909"), conditions=Conditions(min_idle_time=300))
    busy = Tariff(
        tariff_id="22",
        currency="EUR",
        energy=energy,
        idle_time=TimePrices(prices=(idle,), tax_rates=(TaxRate(type="vat", tax=d(10)),)),
    )
    timeline = (
        TariffFrom(at=MONDAY, tariff=general_of(quiet)),
        TariffFrom(at=MONDAY + timedelta(minutes=30), tariff=general_of(busy)),
    )
    found = priced(session(general_of(quiet), *charged("10", 60, 15), tariffs=timeline))
    assert found is not None
    # 10 x 0.40 + 10 x 0.909 = 13.09; + 10 % = 14.399
    assert totals(found) == ("13.09", "14.4")
    assert [(one.tariff_id, one.charging) for one in found.periods] == [
        ("21", True),
        ("22", True),
        ("22", False),
        ("22", False),
    ]


def test_amounts_of_examples_are_rounded_to_cents_once() -> None:
    cents = tariff(
        energy=rates(rate("0.25", 10, 100)), fixed_fee=START, rounding=Rounding()
    )  # 5.625 and 6.2375, as the document has them
    assert totals(price(cents, *charged("20.45"))) == ("5.63", "6.24")
