"""Which prices a vehicle is told at an EVSE: those sent for it, else those of the tariff that the driver goes by; else none."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from structlog.testing import capture_logs

from pilotwire.domain.authorization import AuthorizationStatus, AuthorizationVerdict
from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging import (
    ChargingNeeds,
    ChargingNeedsStatus,
    ChargingNeedsVerdict,
    ChargingRateUnit,
    ChargingSchedule,
    EVChargingNeedsNotified,
    SetChargingProfile,
)
from pilotwire.domain.tariff import ChangeTransactionTariff, Conditions, Price, SetDefaultTariff, Tariff
from pilotwire.iso15118 import iso2
from pilotwire.iso15118.charging import Speaks
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.quantities import plain
from pilotwire.iso15118.signature import sign, verify
from pilotwire.station.core import StationCore
from pilotwire.station.core.actions import Inform
from pilotwire.station.core.vehicle_needs import NeedsTold, ScheduleOffer
from pilotwire.station.secc.prices import Listener, Prices, Pricing, Told
from pilotwire.station.secc.tariffs import absolute_prices_of, sales_tariff_of
from tests.support.charging import TX, profile
from tests.support.signed_prices import of_2, of_20, parts_of
from tests.support.station_world import Csms, StationWorld
from tests.support.tariff_outlooks import energy, minutes, tariff

AC20, IN_2 = Listener(Speaks.ISO20_AC), Listener(Speaks.ISO2)
DAY_TARIFF = tariff(energy=energy("0.50"))
ABSOLUTE: dict[str, Any] = {
    "timeAnchor": "2026-03-01T08:00:00Z",
    "priceScheduleID": 1,
    "currency": "NOK",
    "language": "no",
    "priceAlgorithm": "urn:iso:std:iso:15118:-20:PriceAlgorithm:1-Power",
    "priceRuleStacks": [
        {
            "duration": 3600,
            "priceRule": [{"energyFee": {"exponent": 0, "value": 4}, "powerRangeStart": {"exponent": 0, "value": 0}}],
        }
    ],
}
LEVELS = {
    "timeAnchor": "2026-03-01T08:00:00Z",
    "priceScheduleId": 3,
    "numberOfPriceLevels": 2,
    "priceLevelScheduleEntries": [{"duration": 3600, "priceLevel": 1}],
}
SALES = {"id": 5, "salesTariffEntry": [{"relativeTimeInterval": {"start": 0, "duration": 7200}, "ePriceLevel": 4}]}


class Willing(Csms):
    """A CSMS that will send a profile."""

    def verdict(self, fact: Any, now: Any) -> Any:
        if isinstance(fact, EVChargingNeedsNotified):
            return ChargingNeedsVerdict(status=ChargingNeedsStatus.ACCEPTED)
        return super().verdict(fact, now)


@dataclass
class Here:
    """A station whose EVSE 1 has a vehicle, as its sessions know it."""

    world: StationWorld
    identity: str = "CS001"

    @property
    def core(self) -> StationCore:
        return self.world.core

    def now(self) -> datetime:
        return self.world.now

    def prices(self, setting: Pricing | None = None) -> Prices:
        return Prices(self, 1, setting)

    def offer(self) -> dict[int, ChargingSchedule]:
        """The schedules of the last offer."""
        told = [one.verdict for one in self.world.actions if isinstance(one, Inform)]
        last = [one for one in told if isinstance(one, ScheduleOffer)][-1]
        assert last.schedule is not None
        self.signature = last.price_schedule_signature
        return dict(enumerate((last.schedule, *last.others), 1))

    def sends(self, **prices: Any) -> None:
        """The CSMS sends a profile with such prices for the transaction."""
        signature = prices.pop("price_schedule_signature", None)
        told = {name: one if isinstance(one, int | str) else json.dumps(one) for name, one in prices.items()}
        sent = profile(4, TX, (0, 12), transaction_id=self.world.transaction, schedule=told)
        sent = changed(sent, price_schedule_signature=signature)
        outcome: Any = self.world.command(SetChargingProfile(evse_id=1, charging_profile=sent))
        assert str(outcome.status) == "Accepted"


def here(
    default: Tariff | None = DAY_TARIFF, own: Tariff | None = None, variables: dict[str, str] | None = None
) -> Here:
    """ANNA has tapped her card, and the vehicle has told what it needs."""
    world = StationWorld(variables=variables or {})
    world.csms = Willing()
    world.csms.tokens["ANNA"] = AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED, tariff=own)
    if default is not None:
        outcome: Any = world.command(SetDefaultTariff(evse_id=0, tariff=default))
        assert str(outcome.status) == "Accepted"
    world.plug()
    world.tap("ANNA")
    world.feed(NeedsTold("needs", 1, ChargingNeeds(requested_energy_transfer="AC_three_phase")))
    return Here(world)


ONE = {1: ChargingSchedule(charging_rate_unit=ChargingRateUnit.WATT, charging_schedule_period=(), duration=7200)}


def absolute_of(told: Told, number: int = 1) -> cm.AbsolutePriceSchedule:
    made = told.by_number[number]
    assert isinstance(made, cm.AbsolutePriceSchedule)
    return made


def fee_of(told: Told, number: int = 1) -> float:
    """Of the first stretch."""
    (rule, *_) = absolute_of(told, number).price_rule_stacks.price_rule_stack[0].price_rule
    return plain(rule.energy_fee)


# --- which tariff ------------------------------------------------------------------------------------------------------------------


def test_without_a_tariff_no_prices_are_told() -> None:
    prices = here(default=None).prices()
    assert prices.pricing() is Pricing.NONE
    for listener in (AC20, IN_2, Listener(Speaks.DIN)):
        assert prices.of(ONE, listener) == Told({})
        assert prices.early(listener) is None


def test_the_default_tariff_is_told_for_as_long_as_the_schedule() -> None:
    place = here()
    prices = place.prices()
    assert prices.pricing() is Pricing.ABSOLUTE
    made = absolute_of(prices.of(ONE, AC20))
    assert made.time_anchor == int(place.world.now.timestamp())
    assert [one.duration for one in made.price_rule_stacks.price_rule_stack] == [7200]
    assert (made.currency, fee_of(prices.of(ONE, AC20))) == ("EUR", 0.5)


def test_the_drivers_own_tariff_comes_before_the_default() -> None:
    """Assigned in the answer to Authorize (I08)."""
    prices = here(own=tariff(tariff_id="ANNAS", energy=energy("0.30"))).prices()
    prices.pricing()
    assert fee_of(prices.of(ONE, AC20)) == 0.3


@pytest.mark.parametrize(("handling", "told"), [("UseDefaultTariff", [0.5]), ("CentralCost", [])])
def test_a_tariff_that_only_the_csms_can_go_by_is_not_told(handling: str, told: list[float]) -> None:
    """Its currency is none. What the CSMS will ask for is not known here; or the default tariff counts (I08.FR.32, I08.FR.33)."""
    broken = tariff(tariff_id="ANNAS", currency="euro", energy=energy("0.30"))
    place = here(own=broken, variables={"TariffCostCtrlr.HandleFailedTariff[Tariff]": handling})
    made = place.prices(Pricing.ABSOLUTE).of(ONE, AC20)
    assert [fee_of(made) for _ in made.by_number] == told


def test_where_tariffs_are_switched_off_none_is_told() -> None:
    own = tariff(tariff_id="ANNAS", energy=energy("0.30"))
    place = here(default=None, own=own, variables={"TariffCostCtrlr.Enabled[Tariff]": "false"})
    assert place.prices().pricing() is Pricing.NONE


def test_a_default_tariff_that_is_not_valid_yet_is_not_told() -> None:
    later = tariff(energy=energy("0.50"), valid_from=here().world.now + timedelta(days=1))
    assert here(default=later).prices().pricing() is Pricing.NONE


def test_a_transaction_keeps_its_tariff_and_a_change_of_it_is_noticed() -> None:
    place = here()
    prices = place.prices()
    prices.pricing()
    assert not prices.changed()
    prices.of(ONE, AC20)
    place.world.command(SetDefaultTariff(evse_id=0, tariff=tariff(tariff_id="NEW", energy=energy("0.70"))))
    assert not prices.changed()
    other = tariff(tariff_id="OTHER", energy=energy("0.60"))
    transaction = place.world.transaction
    assert transaction is not None
    outcome: Any = place.world.command(ChangeTransactionTariff(transaction_id=transaction, tariff=other))
    assert str(outcome.status) == "Accepted"
    assert prices.changed()
    assert fee_of(prices.of(ONE, AC20)) == 0.6
    assert not prices.changed()


def test_what_was_used_decides_where_the_tariff_asks_for_it() -> None:
    """The first kilowatt-hour is cheaper; once it is taken the price is known."""
    one = tariff(energy=energy(("0.10", Conditions(max_energy=Decimal(1_000))), "0.50"))
    place = here(default=one)
    prices = place.prices(Pricing.ABSOLUTE)
    with capture_logs() as logs:
        assert prices.of(ONE, AC20).by_number == {}
        assert prices.of(ONE, AC20).by_number == {}
    (line,) = [each for each in logs if "told less" in each["event"]]
    assert line["why"] == (
        "The prices of the tariff T1 are not told. The price of a kWh by the tariff T1 depends on how much energy was taken."
    )
    place.world.pass_time(3_600)
    assert fee_of(prices.of(ONE, AC20)) == 0.5


# --- which kind --------------------------------------------------------------------------------------------------------------------


def test_a_kind_that_was_set_is_offered_whatever_there_is() -> None:
    for kind in Pricing:
        assert here(default=None).prices(kind).pricing() is kind
    none = here().prices(Pricing.NONE)
    assert (none.of(ONE, AC20), none.of(ONE, IN_2)) == (Told({}), Told({}))


def test_levels_of_the_tariff_where_levels_are_wanted() -> None:
    (made,) = here().prices(Pricing.LEVELS).of(ONE, AC20).by_number.values()
    assert isinstance(made, cm.PriceLevelSchedule)
    entries = made.price_level_schedule_entries.price_level_schedule_entry
    assert [(one.duration, one.price_level) for one in entries] == [(7200, 1)]


def test_prices_while_there_is_no_schedule_yet() -> None:
    prices = here().prices()
    prices.pricing()
    early = prices.early(AC20)
    assert isinstance(early, cm.AbsolutePriceSchedule)
    assert [one.duration for one in early.price_rule_stacks.price_rule_stack] == [86_400]
    assert prices.early(IN_2) is None
    assert not prices.changed()


# --- sent for the vehicle ----------------------------------------------------------------------------------------------------------


@pytest.mark.req("K18.FR.20", "K19.FR.09")
@pytest.mark.parametrize(
    ("sent", "pricing", "kind"),
    [
        ({"absolute_price_schedule": ABSOLUTE}, Pricing.ABSOLUTE, cm.AbsolutePriceSchedule),
        ({"price_level_schedule": LEVELS}, Pricing.LEVELS, cm.PriceLevelSchedule),
    ],
)
def test_what_the_csms_sent_for_the_vehicle_comes_before_the_tariff(
    sent: dict[str, Any], pricing: Pricing, kind: type
) -> None:
    place = here()
    place.sends(**sent)
    prices = place.prices()
    assert prices.pricing() is pricing
    (made,) = prices.of(place.offer(), AC20).by_number.values()
    assert isinstance(made, kind)
    if isinstance(made, cm.AbsolutePriceSchedule):
        assert made.currency == "NOK"
    assert not prices.changed()


def test_levels_of_a_sales_tariff_where_nothing_else_is_known() -> None:
    """2.0.1 has nothing but SalesTariff; with a tariff of 2.1 that has the say."""
    place = here(default=None)
    place.sends(sales_tariff=SALES)
    prices = place.prices()
    assert prices.pricing() is Pricing.LEVELS
    (made,) = prices.of(place.offer(), AC20).by_number.values()
    assert isinstance(made, cm.PriceLevelSchedule)
    entries = made.price_level_schedule_entries.price_level_schedule_entry
    assert [(one.duration, one.price_level) for one in entries] == [(7200, 4)]
    with_tariff = here()
    with_tariff.sends(sales_tariff=SALES)
    assert with_tariff.prices().pricing() is Pricing.ABSOLUTE
    (ranked,) = with_tariff.prices(Pricing.LEVELS).of(with_tariff.offer(), AC20).by_number.values()
    assert isinstance(ranked, cm.PriceLevelSchedule)
    assert ranked.number_of_price_levels == 1
    assert [one.price_level for one in ranked.price_level_schedule_entries.price_level_schedule_entry] == [1]


# --- ISO 15118-2 -------------------------------------------------------------------------------------------------------------------


def test_a_vehicle_of_iso_15118_2_gets_a_sales_tariff_of_the_same_prices() -> None:
    prices = here().prices()
    (made,) = prices.of(ONE, IN_2).by_number.values()
    assert isinstance(made, iso2.SalesTariff)
    assert made.num_e_price_levels == 1
    with capture_logs() as logs:
        assert prices.of(ONE, Listener(Speaks.ISO2, contract=True)) == Told({})
    assert "believes only signed ones" in logs[0]["why"]
    assert prices.of(ONE, Listener(Speaks.DIN)) == Told({})


@pytest.mark.parametrize(("pricing", "listener"), [(None, IN_2), (Pricing.LEVELS, AC20)])
def test_what_a_comparison_has_no_room_for_is_in_the_log(pricing: Pricing | None, listener: Listener) -> None:
    one = tariff(energy=energy("0.50"), charging_time=minutes("0.10"), min_cost=Price(incl_tax=Decimal(1)))
    with capture_logs() as logs:
        assert list(here(default=one).prices(pricing).of(ONE, listener).by_number) == [1]
    (line,) = [each["why"] for each in logs if "told less" in each["event"]]
    assert line == "Of the tariff T1 only how prices of a kWh compare is told, not its prices of time, its least cost."


def test_the_sales_tariff_of_the_csms_comes_before_it() -> None:
    place = here()
    place.sends(sales_tariff=SALES)
    for contract in (False, True):
        (made,) = place.prices().of(place.offer(), Listener(Speaks.ISO2, contract=contract)).by_number.values()
        assert isinstance(made, iso2.SalesTariff)
        assert made.sales_tariff_id == 5


def test_several_schedules_compare_by_one_scale() -> None:
    """The dearer hours come after the end of the first: its prices are in per cent of the second's all the same."""
    evening = Conditions(start_time_of_day="09:00")
    place = here(default=tariff(energy=energy(("0.40", evening), "0.20"), idle_time=minutes("0.10")))
    both = {number: changed(ONE[1], duration=seconds) for number, seconds in ((1, 1_800), (2, 7_200))}
    told = place.prices().of(both, IN_2).by_number
    short, long = told[1], told[2]
    assert isinstance(short, iso2.SalesTariff)
    assert isinstance(long, iso2.SalesTariff)
    assert [one.sales_tariff_id for one in (short, long)] == [1, 2]
    assert short.num_e_price_levels == long.num_e_price_levels == 2
    assert [one.consumption_cost[0].cost[0].amount for one in short.sales_tariff_entry] == [50]
    assert [one.consumption_cost[0].cost[0].amount for one in long.sales_tariff_entry] == [50, 100]


@pytest.mark.parametrize(
    ("pricing", "listener", "sent", "told"),
    [
        (None, IN_2, {"sales_tariff": SALES}, [1]),
        (Pricing.LEVELS, AC20, {"price_level_schedule": LEVELS}, [1]),
        (Pricing.ABSOLUTE, AC20, {"absolute_price_schedule": ABSOLUTE}, [1, 2]),
    ],
)
def test_levels_of_two_sources_are_not_told_together(
    pricing: Pricing | None, listener: Listener, sent: dict[str, Any], told: list[int]
) -> None:
    """The second schedule came without prices: those of the tariff stand beside others only if they are money."""
    prices = here().prices(pricing)
    first = changed(ONE[1], **{name: json.dumps(one) for name, one in sent.items()})
    assert sorted(prices.of({1: first, 2: ONE[1]}, listener).by_number) == told


# --- signed by the operator (2.1) --------------------------------------------------------------------------------------------------


CASES = [
    (AC20, ec.SECP521R1(), {"absolute_price_schedule": ABSOLUTE}, absolute_prices_of, of_20),
    (Listener(Speaks.ISO2, contract=True), ec.SECP256R1(), {"sales_tariff": SALES}, sales_tariff_of, of_2),
]


@pytest.mark.parametrize(("listener", "curve", "sent", "read", "message"), CASES, ids=["-20", "-2"])
@pytest.mark.parametrize("digest", ["good", "of other prices", "missing", "no Base64"])
def test_the_operators_signature_is_put_together_again(
    listener: Listener, curve: ec.EllipticCurve, sent: dict[str, Any], read: Any, message: Any, digest: str
) -> None:
    """From signatureId, digestValue and priceScheduleSignature, good by the operator's key. One that would not be is left out."""
    operator = ec.generate_private_key(curve)
    (text,) = sent.values()
    prices = read(changed(ONE[1], signature_id=9, **{next(iter(sent)): json.dumps(text)}))
    digest_value, value = parts_of(sign(message(prices), operator))
    told_digest = {"good": digest_value, "of other prices": b64encode(bytes(64)).decode(), "no Base64": "§"}.get(digest)
    place = here(default=None)
    more = {} if told_digest is None else {"digest_value": told_digest}
    place.sends(**sent, signature_id=9, price_schedule_signature=value, **more)
    session = place.prices()
    session.pricing()
    offer = place.offer()
    with capture_logs() as logs:
        made = session.of(offer, listener, place.signature)
    (told,) = made.by_number.values()
    if digest == "good":
        assert logs == []
        whole = message(told)
        signed = msgspec.structs.replace(whole, header=msgspec.structs.replace(whole.header, signature=made.signature))
        assert verify(signed, operator.public_key()).good
        assert not verify(signed, ec.generate_private_key(curve).public_key()).good
    else:
        assert made.signature is None
        assert [each["why"].partition(":")[0] for each in logs] == ["The prices are told without their signature"]
        assert isinstance(told, iso2.SalesTariff) or absolute_of(made).id is None
