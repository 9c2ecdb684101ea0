"""General tariffs and priced sessions as OCPI objects, and back: what is said is the same, what cannot be said is told by name."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.dialects.ocpi import CdrFacts, Edition, Party, read_tariff, write_cdr, write_credit, write_tariff
from pilotwire.domain.kinds import changed
from pilotwire.domain.tariff import Price, TariffText, TextFormat
from pilotwire.domain.tariff.general import (
    CostLimits,
    FixedRate,
    FixedRates,
    GeneralTariff,
    Rate,
    Rates,
    TariffPurpose,
    TaxesInPrices,
    general_misfits,
)
from pilotwire.domain.tariff.money import Rounding, RoundingMode
from pilotwire.domain.tariff.priced import priced
from pilotwire.domain.tariff.tariffs import Conditions, DayOfWeek, EvseKind, FixedConditions, TaxRate
from pilotwire.ocpi import encoded, parts, v23, v221
from tests.support.priced_sessions import MONDAY, d, fee, price, rate, rates, reading, session, tariff

PARTY = Party(country_code="DE", party_id="ABC")
UPDATED = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
EDITIONS = pytest.mark.parametrize("edition", list(Edition))
DECODERS = {Edition.V221: v221.TARIFF, Edition.V23: v23.TARIFF}


# --- tariffs --------------------------------------------------------------------------------------------------------


def _sayable(r: random.Random, edition: Edition) -> GeneralTariff:
    """A tariff of which OCPI can say everything."""

    def maybe(value: Any) -> Any:
        return value if r.random() < 0.5 else None

    def number(most: int, places: int = 4) -> Decimal:
        return Decimal(r.randrange(most)).scaleb(-r.randrange(places + 1))

    def taxes() -> tuple[TaxRate, ...]:
        return r.choice(((), (TaxRate(type="VAT", tax=number(3000, 2)),)))

    def calendar() -> dict[str, Any]:
        return {
            "start_time_of_day": maybe(f"{r.randrange(24):02}:{r.randrange(60):02}"),
            "end_time_of_day": maybe(f"{r.randrange(24):02}:{r.randrange(60):02}"),
            "day_of_week": tuple(r.sample(tuple(DayOfWeek), r.randrange(8))),
            "valid_from_date": maybe(f"2030-{r.randrange(1, 13):02}-01"),
            "valid_to_date": maybe(f"2031-{r.randrange(1, 13):02}-28"),
        }

    def conditions() -> Conditions:
        ranges = {name: maybe(number(90_000, 1)) for name in ("min_energy", "max_power", "min_current", "max_energy")}
        return Conditions(**calendar(), **ranges, min_time=maybe(r.randrange(9000)), max_time=9000 + r.randrange(9000))

    def running() -> Rates | None:
        many = r.randrange(4)
        prices = tuple(
            Rate(price=number(9000), conditions=maybe(conditions()), tax_rates=taxes(), step=r.randrange(1, 3600))
            for _ in range(many)
        )
        return Rates(prices=prices) if prices else None

    def fixed() -> FixedRates | None:
        day = FixedConditions(**calendar() | {"day_of_week": (DayOfWeek.FRIDAY,)})
        return maybe(FixedRates(prices=(FixedRate(price=number(900), conditions=maybe(day), tax_rates=taxes()),)))

    def limit() -> Price | None:
        return maybe(Price(excl_tax=number(9000), incl_tax=maybe(number(9000))))

    least, most = limit(), limit()
    included = r.choice(tuple(TaxesInPrices)) if edition is Edition.V23 else TaxesInPrices.EXCLUDED
    return GeneralTariff(
        tariff_id=f"T{r.randrange(10**9)}",
        currency=r.choice(("EUR", "JPY", "KWD")),
        description=(TariffText(content="0,25 € je kWh", language="de"),) * r.randrange(3),
        url=maybe("https://example.com/tariffs/1"),
        purpose=maybe(r.choice(tuple(TariffPurpose))),
        energy=running() or Rates(prices=(Rate(price=number(90), step=1),)),
        charging_time=running(),
        idle_time=running(),
        fixed_fee=fixed(),
        reservation_time=running(),
        reservation_fixed=fixed(),
        expired_time=running(),
        expired_fixed=fixed(),
        min_cost=least,
        max_cost=most,
        limits=CostLimits.APART if least or most else CostLimits.TOGETHER,
        taxes=included,
        valid_from=maybe(UPDATED - timedelta(days=r.randrange(99))),
        valid_to=maybe(UPDATED + timedelta(milliseconds=r.randrange(10**9))),
    )


@EDITIONS
def test_what_can_be_said_is_the_same_when_it_is_read(edition: Edition) -> None:
    for seed in range(150):
        said = _sayable(random.Random(seed), edition)
        written = write_tariff(said, edition, PARTY, UPDATED)
        assert (written.unsaid, written.object is None) == ((), False), seed
        assert written.object is not None
        read = read_tariff(DECODERS[edition].decode(encoded(written.object)))
        assert (read.tariff, read.party, read.last_updated, read.unread) == (said, PARTY, UPDATED, ()), seed


WHOLE = GeneralTariff(tariff_id="P", currency="EUR", energy=rates(rate("0.3", 10, 1)))


@EDITIONS
@pytest.mark.parametrize(
    ("changes", "beginning"),
    [
        ({"parking_time": rates(rate("1", None, 1))}, "parking_time: "),
        ({"rounding": Rounding(mode=RoundingMode.UP)}, "rounding: "),
        ({"max_cost": Price(excl_tax=d(9))}, "limits: "),
        ({"limits": CostLimits.APART}, "limits: "),
        ({"limits": CostLimits.APART, "min_cost": Price(incl_tax=d(9))}, "min_cost: "),
        (
            {"limits": CostLimits.APART, "min_cost": Price(excl_tax=d(9), tax_rates=(TaxRate(type="VAT", tax=d(5)),))},
            "min_cost.tax_rates: ",
        ),
        ({"energy": rates(rate("0.3"))}, "energy.prices[0].step: "),
        ({"energy": rates(rate("0.12345", None, 1))}, "energy.prices[0].price: "),
        ({"energy": rates(rate("0.3", None, 1), least="2")}, "energy.least: "),
        ({"idle_time": rates(rate("0.3", None, 1), most="2")}, "idle_time.most: "),
        ({"energy": rates(rate("1", None, 1, evse_kind=EvseKind.DC))}, "energy.prices[0].conditions.evse_kind: "),
        ({"energy": rates(rate("1", None, 1, min_idle_time=60))}, "energy.prices[0].conditions.min_idle_time: "),
        ({"energy": rates(rate("1", None, 1, max_power=d(-60)))}, "energy.prices[0].conditions.max_power: "),
        ({"energy": rates(rate("1", None, 1, max_energy=d("0.01")))}, "energy.prices[0].conditions.max_energy: "),
        ({"fixed_fee": fee("1", payment_brand="Visa")}, "fixed_fee.prices[0].conditions.payment_brand: "),
        ({"description": (TariffText(content="x"),)}, "description[0].language: "),
        ({"description": (TariffText(content="x", format=TextFormat.HTML),)}, "description[0].format: "),
        ({"valid_to": UPDATED + timedelta(microseconds=1)}, "valid_to: "),
    ],
    ids=lambda value: value if isinstance(value, str) else "-",
)
def test_what_ocpi_has_no_words_for_is_told_by_name(edition: Edition, changes: dict[str, Any], beginning: str) -> None:
    assert general_misfits(changed(WHOLE, **changes)) == ()
    written = write_tariff(changed(WHOLE, **changes), edition, PARTY, UPDATED)
    assert [sentence[: len(beginning)] for sentence in written.unsaid] == [beginning]
    assert written.object is not None, "the rest of it is said"


def test_taxes_in_prices_are_of_23_alone() -> None:
    included = changed(WHOLE, taxes=TaxesInPrices.INCLUDED)
    (sentence,) = write_tariff(included, Edition.V221, PARTY, UPDATED).unsaid
    assert sentence.startswith("taxes: ")
    assert write_tariff(included, Edition.V23, PARTY, UPDATED).unsaid == ()


def test_several_taxes_are_told_as_one() -> None:
    two = (TaxRate(type="energy", tax=d(6)), TaxRate(type="vat", tax=d(4), stack=1))
    both = changed(WHOLE, energy=Rates(prices=(Rate(price=d("0.3"), tax_rates=two, step=1),)))
    written = write_tariff(both, Edition.V221, PARTY, UPDATED)
    assert written.unsaid == (
        "energy.prices[0].tax_rates: OCPI has one VAT; energy and vat are told as 10.24 % together.",
    )
    assert written.object is not None
    assert written.object.elements[0].price_components[0].vat == d("10.24")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"tariff_id": "x" * 37}, "OCPI does not allow it: "),
        ({"currency": "euro"}, "OCPI does not allow it: "),
        ({"energy": None}, "OCPI has no tariff without a price; "),
    ],
    ids=["a long id", "no currency", "no price"],
)
def test_a_tariff_that_cannot_be_an_object_is_none(changes: dict[str, Any], sentence: str) -> None:
    written = write_tariff(changed(WHOLE, **changes), Edition.V23, PARTY, UPDATED)
    assert written.object is None
    assert written.unsaid[0].startswith(sentence)


def _element(*types: str, **restrictions: Any) -> parts.TariffElement:
    components = tuple(
        parts.PriceComponent(type=parts.TariffDimensionType(one), price=d(1), step_size=1) for one in types
    )
    return parts.TariffElement(price_components=components, restrictions=parts.TariffRestrictions(**restrictions))


@pytest.mark.parametrize(
    ("element", "sentence"),
    [
        (_element("FLAT", min_kwh=d(1)), "elements[0].price_components[0]: a fixed fee is looked at once"),
        (_element("ENERGY", "ENERGY"), "elements[0].price_components[1]: the element has a price of ENERGY already"),
        (
            _element("ENERGY", reservation=parts.ReservationRestrictionType.RESERVATION),
            "elements[0].price_components[0]: a reservation has no price of ENERGY",
        ),
    ],
    ids=["a fee by energy", "twice", "energy of a reservation"],
)
def test_what_the_domain_has_no_words_for_is_told_by_name(element: parts.TariffElement, sentence: str) -> None:
    theirs = v221.Tariff(
        country_code="DE", party_id="ABC", id="1", currency="EUR", elements=(element,), last_updated=UPDATED
    )
    (told,) = read_tariff(theirs).unread
    assert told.startswith(sentence)


def test_elements_are_looked_at_by_dimension() -> None:
    """Two components that share their restrictions are two prices; the order of elements is that of the prices of a part."""
    night = {"start_time": "22:00", "end_time": "06:00"}
    theirs = v23.Tariff(
        country_code="DE",
        party_id="ABC",
        id="1",
        currency="EUR",
        elements=(_element("ENERGY", "PARKING_TIME", **night), _element("ENERGY", "FLAT")),
        tax_included=v23.TaxIncluded.YES,
        last_updated=UPDATED,
    )
    said = read_tariff(theirs).tariff
    at_night = Conditions(start_time_of_day="22:00", end_time_of_day="06:00")
    assert said.energy == Rates(prices=(Rate(price=d(1), conditions=at_night, step=1), Rate(price=d(1), step=1)))
    assert said.idle_time == Rates(prices=(Rate(price=d(1), conditions=at_night, step=1),))
    assert said.fixed_fee == FixedRates(prices=(FixedRate(price=d(1)),))
    assert said.taxes is TaxesInPrices.INCLUDED


# --- CDRs -----------------------------------------------------------------------------------------------------------

FACTS = CdrFacts(
    party=PARTY,
    id="CDR-1",
    cdr_token=parts.CdrToken(
        country_code="NL", party_id="TNM", uid="04A1B2C3", type="RFID", contract_id="NL-TNM-C12345678-X"
    ),
    auth_method=parts.AuthMethod.WHITELIST,
    cdr_location=parts.CdrLocation(
        id="LOC1",
        address="Street 1",
        city="Town",
        country="DEU",
        coordinates=parts.GeoLocation(latitude="50.77077", longitude="6.10496"),
        evse_uid="1",
        evse_id="DE*ABC*E1",
        connector_id="1",
        connector_standard="IEC_62196_T2",
        connector_format=parts.ConnectorFormat.SOCKET,
        connector_power_type=parts.PowerType.AC_3_PHASE,
    ),
    last_updated=UPDATED,
    session_id="S-1",
)
CHARGED = tariff(
    rounding=Rounding(),
    fixed_fee=fee("0.50", 20),
    energy=rates(rate("0.25", 10, 1, max_energy=d(5000)), rate("0.30", 10, 1)),
    idle_time=rates(rate("2.00", 20, 900)),
    reservation_time=rates(rate("6.00", 20, 60)),
)
FOUND = price(CHARGED, reading(0, 0), reading(60, 10_000), reading(100, 10_000), reserved=d(600))
# 0.50 + 5 kWh at 0.25 + 5 at 0.30 + 45 min at 2.00 + 10 min at 6.00 = 0.50 + 2.75 + 1.50 + 1.00 = 5.75
# 20 % of 3.00 = 0.60, 10 % of 2.75 = 0.275; 6.625


def _volumes(cdr: Any) -> list[dict[str, Decimal]]:
    return [{one.type.value: one.volume for one in period.dimensions} for period in cdr.charging_periods]


@EDITIONS
def test_a_cdr_says_when_how_much_and_what_it_costs(edition: Edition) -> None:
    written = write_cdr(FOUND, FACTS, edition)
    assert written.unsaid == ()
    cdr = written.object
    assert cdr is not None
    assert cdr.start_date_time == MONDAY - timedelta(minutes=10), "the reservation's"
    assert cdr.end_date_time == MONDAY + timedelta(minutes=100)
    assert (cdr.total_energy, cdr.total_time, cdr.total_parking_time) == (10, d("1.6667"), d("0.6667"))
    assert _volumes(cdr) == [
        {"RESERVATION_TIME": d("0.1667")},
        {"TIME": d("0.5"), "ENERGY": 5},
        {"TIME": d("0.5"), "ENERGY": 5},
        {"PARKING_TIME": d("0.6667")},
    ]
    decoder: Any = v221.CDR_DECODER if edition is Edition.V221 else v23.CDR_DECODER
    assert decoder.decode(encoded(cdr)) == cdr


def test_amounts_of_221_are_without_and_with_vat() -> None:
    cdr: Any = write_cdr(FOUND, FACTS, Edition.V221).object
    assert cdr.total_cost == v221.Price(excl_vat=d("5.75"), incl_vat=d("6.63"))
    assert cdr.total_energy_cost == v221.Price(excl_vat=d("2.75"), incl_vat=d("3.03"))
    assert cdr.total_fixed_cost == v221.Price(excl_vat=d("0.50"), incl_vat=d("0.60"))
    assert cdr.total_parking_cost == v221.Price(excl_vat=d("1.50"), incl_vat=d("1.80"))
    assert cdr.total_reservation_cost == v221.Price(excl_vat=d("1.00"), incl_vat=d("1.20"))
    assert cdr.total_time_cost is None


def test_amounts_of_23_have_their_taxes_which_make_up_the_difference() -> None:
    cdr: Any = write_cdr(FOUND, FACTS, Edition.V23).object
    assert cdr.total_cost.before_taxes == d("5.75")
    assert {one.percentage: one.amount for one in cdr.total_cost.taxes} == {20: d("0.60"), 10: d("0.28")}
    assert cdr.total_energy_cost == v23.Price(
        before_taxes=d("2.75"), taxes=(parts.TaxAmount(name="VAT", percentage=d(10), amount=d("0.28")),)
    )


def test_a_credit_cdr_takes_the_total_back_and_nothing_else() -> None:
    cdr: Any = write_cdr(FOUND, FACTS, Edition.V23).object
    later = UPDATED + timedelta(days=1)
    written = write_credit(cdr, "CDR-1-C", later)
    credit: Any = written.object
    assert (credit.credit, credit.credit_reference_id, credit.id, credit.last_updated) == (
        True,
        "CDR-1",
        "CDR-1-C",
        later,
    )
    assert credit.total_cost.before_taxes == d("-5.75")
    assert sum(one.amount for one in credit.total_cost.taxes) == d("-0.88")
    assert (credit.total_energy_cost, credit.charging_periods) == (cdr.total_energy_cost, cdr.charging_periods)
    assert write_credit(credit, "CDR-1-C-C", later).object is None


def test_a_session_that_runs_has_no_cdr() -> None:
    running = priced(changed(session(CHARGED, reading(0, 0), reading(60, 10_000)), end=None))
    assert running is not None
    written = write_cdr(running, FACTS, Edition.V221)
    assert (written.object, written.unsaid) == (None, ("A CDR is of a session that has ended; this one runs.",))


def test_why_a_price_may_not_be_all_is_in_the_remark() -> None:
    found = price(CHARGED, reading(10, 0), reading(60, 10_000), begin=MONDAY)
    cdr: Any = write_cdr(found, changed(FACTS, remark="EVDisconnected."), Edition.V221).object
    assert cdr.remark.startswith("EVDisconnected. The energy register was not told at the beginning")
    long = write_cdr(found, changed(FACTS, remark="x" * 250), Edition.V221)
    assert long.unsaid == ("remark: OCPI has 255 characters for it; the rest of it is left out.",)
    assert long.object is not None
    assert len(long.object.remark or "") == 255


def test_the_cost_of_the_whole_stay_is_told_to_be_within_others() -> None:
    found = price(tariff(parking_time=rates(rate("2"))), reading(0, 0), reading(60, 1000))
    written = write_cdr(found, FACTS, Edition.V221)
    assert [one[:13] for one in written.unsaid] == ["parking_time:"]
    cdr: Any = written.object
    assert cdr.total_time_cost == v221.Price(excl_vat=d(2), incl_vat=d(2))
