"""Tariffs at the station: installed, told, cleared, changed, and what a charge costs by them (I07, I09 to I12; 2.1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain.authorization import AuthorizationStatus, AuthorizationVerdict, TransactionLimit
from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import changed
from pilotwire.domain.monitoring import EventsTold
from pilotwire.domain.reservation import Reservation, ReserveNow, ReserveNowOutcome, ReserveNowStatus
from pilotwire.domain.tariff import (
    ChangeTransactionTariff,
    ChangeTransactionTariffOutcome,
    ClearedTariff,
    ClearTariffs,
    ClearTariffsOutcome,
    Conditions,
    CostUpdated,
    EnergyPrice,
    EnergyPrices,
    FixedPrice,
    FixedPrices,
    GetTariffs,
    GetTariffsOutcome,
    Price,
    SetDefaultTariff,
    SetDefaultTariffOutcome,
    Tariff,
    TariffChangeStatus,
    TariffKind,
    TariffSetStatus,
    TariffStatus,
    TariffText,
    TimePrice,
    TimePrices,
)
from pilotwire.domain.tariff.bills import CostKind, TotalPrice
from pilotwire.domain.transactions import EventKind, TransactionEvent, TriggerReason
from pilotwire.station.core.limits import DriverLimit
from pilotwire.station.core.tariff import NOT_ACCEPTED, TariffRefused
from pilotwire.station.core.tariff_bills import METER_FAILED
from tests.support.station_world import START, StationWorld

ACCEPTED = TariffSetStatus.ACCEPTED
RUNNING = {"TariffCostCtrlr.Enabled[RunningCost]": "true"}


def _tariff(tariff_id: str = "T1", kwh: str = "0.50", **more: Any) -> Tariff:
    energy = EnergyPrices(prices=(EnergyPrice(price_kwh=Decimal(kwh)),))
    return Tariff(**({"tariff_id": tariff_id, "currency": "EUR", "energy": energy} | more))


def _set(world: StationWorld, tariff: Tariff, evse: int = 0) -> TariffSetStatus:
    outcome = world.command(SetDefaultTariff(evse_id=evse, tariff=tariff))
    assert isinstance(outcome, SetDefaultTariffOutcome)
    return outcome.status


def _installed(world: StationWorld, evse: int = 0) -> dict[str, tuple[int, ...]]:
    """The EVSEs of each tariff."""
    outcome = world.command(GetTariffs(evse_id=evse))
    assert isinstance(outcome, GetTariffsOutcome)
    assert (outcome.status is TariffStatus.ACCEPTED) == bool(outcome.assignments)
    assert {one.tariff_kind for one in outcome.assignments} <= {TariffKind.DEFAULT_TARIFF}
    return {one.tariff_id: one.evse_ids for one in outcome.assignments}


def _charging(tariff: Tariff | None = None, seconds: float = 600, **settings: Any) -> StationWorld:
    """A transaction with a tariff has run for a while."""
    world = StationWorld(**settings)
    assert _set(world, tariff or _tariff()) is ACCEPTED
    world.plug()
    world.tap("ANNA")
    world.pass_time(seconds)
    return world


def _told(world: StationWorld, trigger: TriggerReason) -> list[TransactionEvent]:
    return [event for event in world.csms.events if event.trigger is trigger]


# --- default tariffs ------------------------------------------------------------------------------------------------


@pytest.mark.req("I07.FR.10", "I07.FR.11", "I07.FR.12", "I07.FR.13", "I09.FR.01", "I09.FR.02", "I09.FR.03", "I09.FR.04")
def test_a_tariff_is_installed_at_one_evse_or_at_each_and_survives_a_failure_of_power() -> None:
    world = StationWorld(station="ac-22-dual")
    assert _installed(world) == {}
    assert _set(world, _tariff("A")) is ACCEPTED
    assert _set(world, _tariff("B"), evse=2) is ACCEPTED
    assert _installed(world) == {"A": (1,), "B": (2,)}
    assert _installed(world, 1) == {"A": (1,)}
    world.kill()
    assert _installed(world) == {"A": (1,), "B": (2,)}


_CONDITIONED = EnergyPrices(prices=(EnergyPrice(price_kwh=Decimal(1), conditions=Conditions(min_time=60)),))


@pytest.mark.req("I07.FR.02", "I07.FR.03", "I07.FR.04", "I07.FR.05", "I07.FR.06")
@pytest.mark.parametrize(
    ("tariff", "evse", "status"),
    [
        (_tariff(energy=EnergyPrices(prices=(EnergyPrice(price_kwh=Decimal(1)),) * 51)), 0, "TooManyElements"),
        (_tariff(energy=_CONDITIONED), 0, "ConditionNotSupported"),
        (_tariff("there"), 0, "DuplicateTariffId"),
        (_tariff(currency="euro"), 0, "Rejected"),
        (_tariff(), 9, "Rejected"),
    ],
    ids=["elements", "conditions", "id", "currency", "EVSE"],
)
def test_a_tariff_this_station_cannot_go_by_is_refused(tariff: Tariff, evse: int, status: str) -> None:
    world = StationWorld(variables={"TariffCostCtrlr.ConditionsSupported[Tariff]": "false"})
    _set(world, _tariff("there"))
    assert _set(world, tariff, evse) is TariffSetStatus(status)
    assert _installed(world) == {"there": (1,)}


@pytest.mark.req("I07.FR.01", "I11.FR.01")
def test_without_tariffs_there_are_no_such_commands() -> None:
    world = StationWorld(variables={"TariffCostCtrlr.Enabled[Tariff]": "false"})
    assert world.command(SetDefaultTariff(evse_id=0, tariff=_tariff())) == "NotSupported"
    assert world.command(ChangeTransactionTariff(transaction_id="any", tariff=_tariff())) == "NotSupported"


@pytest.mark.req("I07.FR.19", "I07.FR.20", "I07.FR.21", "I07.FR.22", "I07.FR.23", "I09.FR.07")
def test_a_tariff_to_come_takes_the_place_of_the_one_there_is_at_its_moment() -> None:
    world = StationWorld()
    _set(world, _tariff("old"))
    _set(world, _tariff("now"))
    assert _installed(world) == {"now": (1,)}
    moment = world.now + timedelta(hours=2)
    _set(world, _tariff("later", valid_from=moment))
    _set(world, _tariff("sooner", valid_from=world.now + timedelta(hours=1)))
    outcome = world.command(GetTariffs(evse_id=1))
    assert isinstance(outcome, GetTariffsOutcome)
    assert {one.tariff_id: one.valid_from for one in outcome.assignments}["later"] == moment
    assert set(_installed(world)) == {"now", "sooner", "later"}
    world.pass_time(3600, step=3600)
    assert set(_installed(world)) == {"sooner", "later"}
    world.pass_time(3600, step=3600)
    assert set(_installed(world)) == {"later"}


@pytest.mark.req("I10.FR.01", "I10.FR.02", "I10.FR.03", "I10.FR.05", "I10.FR.06")
@pytest.mark.parametrize(
    ("command", "cleared", "left"),
    [
        (ClearTariffs(), ["A", "B"], {}),
        (ClearTariffs(tariff_ids=("B",)), ["B"], {"A": (1,)}),
        (ClearTariffs(evse_id=1), ["A"], {"B": (2,)}),
        (ClearTariffs(tariff_ids=("A",), evse_id=2), [None], {"A": (1,), "B": (2,)}),
    ],
    ids=["all", "by id", "by EVSE", "by both, none"],
)
def test_tariffs_are_cleared(
    command: ClearTariffs, cleared: list[str | None], left: dict[str, tuple[int, ...]]
) -> None:
    world = StationWorld(station="ac-22-dual")
    _set(world, _tariff("A"), evse=1)
    _set(world, _tariff("B"), evse=2)
    outcome = world.command(command)
    assert isinstance(outcome, ClearTariffsOutcome)
    assert [one.tariff_id for one in outcome.results] == cleared
    none = outcome.results == (ClearedTariff(status=TariffStatus.NO_TARIFF),)
    assert none == (cleared == [None])
    assert _installed(world) == left


@pytest.mark.req("I07.FR.14")
def test_the_driver_reads_what_the_tariff_says_in_their_language() -> None:
    texts = (TariffText(content="0,50 EUR die kWh", language="de"), TariffText(content="0.50 EUR a kWh", language="en"))
    world = StationWorld(variables={"TariffCostCtrlr.TariffFallbackMessage": "Ask us"})
    _set(world, _tariff(description=texts))
    world.plug()
    world.tap("ANNA")
    assert world.hardware.display[1] == "0.50 EUR a kWh"


# --- in a transaction -----------------------------------------------------------------------------------------------


@pytest.mark.req("I07.FR.32", "I12.FR.01", "I12.FR.09", "I12.FR.42")
def test_a_charge_is_paid_by_its_tariff() -> None:
    world = _charging()
    world.tap("ANNA")
    events = world.csms.events
    assert [event.tariff_id for event in events if event.tariff_id] == ["T1"], "told once"
    assert [event.kind for event in events if event.cost] == [EventKind.ENDED]
    end = events[-1].cost
    assert end is not None
    used = world.csms.booked[events[-1].transaction_id or ""]
    assert used is not None
    assert used > 1000
    assert end.total_usage.energy == used
    assert end.total_cost.total.excl_tax == (used / 2000).quantize(Decimal("0.0001"))
    assert [one.tariff_id for one in end.charging_periods] == ["T1"]
    assert world.hardware.display[1] == f"Total cost: {used / 2000:.2f} EUR"


def test_what_it_costs_so_far_is_to_be_read_in_its_currency() -> None:
    world = _charging(_tariff(currency="SEK"))
    assert world.hardware.display[1].startswith("Cost so far: ")
    assert world.hardware.display[1].endswith(" SEK")


@pytest.mark.req("I12.FR.02", "I12.FR.03")
def test_running_costs_are_told_if_they_are_wanted() -> None:
    world = _charging(variables=RUNNING | {"TariffCostCtrlr.Interval[Cost]": "120"})
    told = _told(world, TriggerReason.RUNNING_COST)
    assert len(told) == 5
    costs = [event.cost.total_cost.total.excl_tax for event in told if event.cost is not None]
    assert costs == sorted(set(costs), key=lambda cost: cost or Decimal(0))
    assert len(costs) == 5
    assert all(event.cost is not None and not event.cost.charging_periods for event in told)
    assert not _told(_charging(), TriggerReason.RUNNING_COST)


@pytest.mark.req("I12.FR.02")
def test_running_costs_are_told_with_a_start_that_knows_its_driver() -> None:
    world = StationWorld(variables=RUNNING | {"TxCtrlr.TxStartPoint": "PowerPathClosed"})
    fee = FixedPrices(prices=(FixedPrice(price_fixed=Decimal(2)),))
    _set(world, _tariff(fixed_fee=fee))
    world.plug()
    world.tap("ANNA")
    start = world.csms.events[0]
    assert (start.kind, start.tariff_id) == (EventKind.STARTED, "T1")
    assert start.cost is not None
    assert start.cost.total_cost.fixed == Price(excl_tax=Decimal("2.0000"), incl_tax=Decimal("2.0000"))


def test_time_in_which_no_energy_flows_is_paid_as_such() -> None:
    idle = TimePrices(prices=(TimePrice(price_minute=Decimal(1), conditions=Conditions(min_idle_time=300)),))
    world = StationWorld()
    _set(world, _tariff(idle_time=idle))
    world.plug(car=world.car(energy_wh=500))
    world.tap("ANNA")
    world.pass_time(1800)
    world.tap("ANNA")
    end = world.csms.events[-1].cost
    assert end is not None
    assert end.total_cost.idle_time is not None
    paid = end.total_cost.idle_time.excl_tax
    assert paid is not None
    assert end.total_usage.idle_time + end.total_usage.charging_time == pytest.approx(1800, abs=2)
    assert float(paid) == pytest.approx((end.total_usage.idle_time - 300) / 60, abs=0.05)


@pytest.mark.req("I10.FR.07", "I07.FR.24")
def test_a_transaction_goes_on_with_a_tariff_that_is_cleared() -> None:
    world = _charging()
    world.command(ClearTariffs())
    _set(world, _tariff("T2", "9"))
    world.tap("ANNA")
    end = world.csms.events[-1].cost
    assert end is not None
    assert [one.tariff_id for one in end.charging_periods] == ["T1"]


@pytest.mark.req("I12.FR.39")
def test_the_most_it_may_cost_is_all_it_costs() -> None:
    world = _charging(_tariff(max_cost=Price(excl_tax=Decimal("0.20"))))
    world.tap("ANNA")
    end = world.csms.events[-1].cost
    assert end is not None
    assert end.total_cost.type_of_cost is CostKind.MAX_COST
    assert end.total_cost.total == TotalPrice(excl_tax=Decimal("0.2000"), incl_tax=Decimal("0.2000"))


def test_a_bill_survives_a_failure_of_power_which_costs_no_charging_time() -> None:
    minutes = TimePrices(prices=(TimePrice(price_minute=Decimal(1)),))
    world = _charging(_tariff(charging_time=minutes), variables={"TxCtrlr.ResumptionTimeout": "6000"})
    assert world.transaction is not None
    world.now += timedelta(seconds=3000)
    world.kill()
    world.pass_time(600)
    world.tap("ANNA")
    end = world.csms.events[-1]
    assert end.kind is EventKind.ENDED
    assert end.cost is not None
    assert end.cost.total_usage.energy == world.csms.booked[end.transaction_id or ""]
    assert end.cost.total_usage.charging_time < 1300
    assert end.cost.total_usage.idle_time >= 2900


def test_offline_the_station_knows_the_total_itself() -> None:
    world = _charging(variables={"TariffCostCtrlr.TotalCostFallbackMessage": "See your bill"})
    world.cut()
    world.tap("ANNA")
    assert world.hardware.display[1].startswith("Total cost: ")


@pytest.mark.req("E16.FR.16")
def test_what_the_csms_says_it_costs_does_not_count_where_the_station_works_it_out() -> None:
    """Neither for the limit nor on the display; its own cost reaches the limit."""
    world = _charging()
    world.feed(DriverLimit(1, TransactionLimit(max_cost=Decimal(5))))
    world.command(CostUpdated(transaction_id=world.transaction or "", total_cost=Decimal(50)))
    world.pass_time(30)
    assert world.hardware.contactor_closed(1)
    assert "50" not in world.hardware.display[1]
    world.pass_time(7200)
    assert TriggerReason.COST_LIMIT_REACHED in [event.trigger for event in world.csms.events]
    assert not world.hardware.contactor_closed(1)


def test_where_the_csms_works_out_costs_the_station_does_not() -> None:
    world = _charging(variables={"TariffCostCtrlr.Enabled[Cost]": "false"})
    world.tap("ANNA")
    assert not [event for event in world.csms.events if event.cost or event.tariff_id]
    assert world.hardware.display[1] == "Charging stopped."


# --- changed --------------------------------------------------------------------------------------------------------


@pytest.mark.req("I11.FR.06", "I11.FR.07", "I11.FR.08")
def test_a_transaction_goes_on_with_another_tariff() -> None:
    world = _charging()
    outcome = world.command(ChangeTransactionTariff(transaction_id=world.transaction or "", tariff=_tariff("T2", "5")))
    assert outcome == ChangeTransactionTariffOutcome(status=TariffChangeStatus.ACCEPTED)
    (changed,) = _told(world, TriggerReason.TARIFF_CHANGED)
    assert changed.tariff_id == "T2"
    world.pass_time(600)
    world.tap("ANNA")
    end = world.csms.events[-1].cost
    assert end is not None
    assert [one.tariff_id for one in end.charging_periods] == ["T1", "T2"]
    first, second = (one.dimensions[0].volume for one in end.charging_periods)
    assert end.total_cost.total.excl_tax == (first / 2000 + second / 200).quantize(Decimal("0.0001"))


@pytest.mark.req("I11.FR.02", "I11.FR.03", "I11.FR.04", "I11.FR.05")
@pytest.mark.parametrize(
    ("transaction", "tariff", "status"),
    [
        (None, _tariff("T2", currency="SEK"), "NoCurrencyChange"),
        ("gone", _tariff("T2"), "TxNotFound"),
        (None, _tariff("T2", energy=_CONDITIONED), "ConditionNotSupported"),
        (None, _tariff("T2", energy=EnergyPrices(prices=(EnergyPrice(price_kwh=Decimal(1)),) * 51)), "TooManyElements"),
        (None, _tariff("T2", energy=EnergyPrices(prices=())), "Rejected"),
    ],
    ids=["currency", "transaction", "conditions", "elements", "structure"],
)
def test_a_change_that_cannot_be_is_refused(transaction: str | None, tariff: Tariff, status: str) -> None:
    world = _charging(variables={"TariffCostCtrlr.ConditionsSupported[Tariff]": "false"})
    command = ChangeTransactionTariff(transaction_id=transaction or world.transaction or "", tariff=tariff)
    outcome = world.command(command)
    assert isinstance(outcome, ChangeTransactionTariffOutcome)
    assert outcome.status is TariffChangeStatus(status)
    assert not _told(world, TriggerReason.TARIFF_CHANGED)


# --- tariffs of drivers ---------------------------------------------------------------------------------------------

_OWN = _tariff("own", "0.10", description=(TariffText(content="For you: 0.10 EUR a kWh"),))
_NO_GOOD = _tariff("own", energy=EnergyPrices(prices=()))


def _driven(tariff: Tariff, *, installed: bool = True, **variables: str) -> StationWorld:
    """A driver with a tariff of their own has charged, where another one is installed or none."""
    names = {f"TariffCostCtrlr.{name}[Tariff]": value for name, value in variables.items()}
    world = StationWorld(variables=names)
    if installed:
        _set(world, _tariff())
    world.csms.tokens["ANNA"] = AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED, tariff=tariff)
    world.plug()
    world.tap("ANNA")
    return world


def _problems(world: StationWorld) -> list[str]:
    facts = [fact for fact in world.csms.heard if isinstance(fact, EventsTold)]
    return [event.value for fact in facts for event in fact.events if event.name.component == "TariffCostCtrlr"]


@pytest.mark.req("I08.FR.04", "I08.FR.10", "I08.FR.22", "I09.FR.05", "I09.FR.06")
def test_a_driver_pays_by_a_tariff_of_their_own() -> None:
    never = START + timedelta(days=9)
    world = _driven(changed(_OWN, valid_from=never))
    assert world.hardware.display[1] == "For you: 0.10 EUR a kWh"
    world.pass_time(600)
    outcome = world.command(GetTariffs(evse_id=1))
    assert isinstance(outcome, GetTariffsOutcome)
    told = {one.tariff_kind: (one.tariff_id, one.evse_ids, one.id_tokens) for one in outcome.assignments}
    assert told[TariffKind.DRIVER_TARIFF] == ("own", (1,), ("ANNA",))
    world.tap("ANNA")
    end = world.csms.events[-1].cost
    assert end is not None
    assert [one.tariff_id for one in end.charging_periods] == ["own"]
    assert _installed(world) == {"T1": (1,)}, "the driver's is gone with the transaction (I08.FR.06)"


@pytest.mark.req("I08.FR.05")
def test_the_tariff_of_a_driver_is_known_from_the_cache() -> None:
    world = _driven(_OWN)
    world.pass_time(60)
    world.tap("ANNA")
    world.unplug()
    world.cut()
    world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    world.tap("ANNA")
    world.connect()
    world.pass_time(30)
    ends = [event.cost for event in world.csms.events if event.kind is EventKind.ENDED]
    assert [cost.charging_periods[0].tariff_id for cost in ends if cost is not None] == ["own", "own"]


@pytest.mark.req("I08.FR.30", "I08.FR.31", "I08.FR.32", "I08.FR.33")
@pytest.mark.parametrize(
    ("handling", "charges", "tariff"),
    [("Deauthorize", False, None), ("UseDefaultTariff", True, "T1"), ("CentralCost", True, None)],
    ids=["not at all", "by the default", "by the CSMS"],
)
def test_a_tariff_of_a_driver_that_cannot_be_gone_by(handling: str, charges: bool, tariff: str | None) -> None:
    world = _driven(_NO_GOOD, HandleFailedTariff=handling)
    world.pass_time(60)
    assert (world.hardware.meter(1).power_w > 0) == charges
    assert [event.tariff_id for event in world.csms.events if event.tariff_id] == ([tariff] if tariff else [])
    assert _problems(world) == ["true"]


@pytest.mark.req("I08.FR.35", "I08.FR.36")
def test_the_next_tariff_that_can_be_gone_by_ends_the_problem() -> None:
    world = _driven(_NO_GOOD, HandleFailedTariff="Deauthorize")
    world.csms.tokens["ANNA"] = AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED, tariff=_OWN)
    values = {str(spec.name): value for spec, value in world.core.variables()}
    assert values["TariffCostCtrlr.Problem"] == "true"
    world.tap("ANNA")
    assert _problems(world) == ["true", "false"]


@pytest.mark.req("I10.FR.07")
def test_the_tariff_of_a_driver_is_cleared_but_paid_by_to_the_end() -> None:
    world = _driven(_OWN, installed=False)
    world.pass_time(60)
    outcome = world.command(ClearTariffs(tariff_ids=("own",)))
    assert outcome == ClearTariffsOutcome(results=(ClearedTariff(status=TariffStatus.ACCEPTED, tariff_id="own"),))
    assert _installed(world) == {}
    world.tap("ANNA")
    end = world.csms.events[-1].cost
    assert end is not None
    assert end.charging_periods[0].tariff_id == "own"


# --- reservations ---------------------------------------------------------------------------------------------------

_KEPT_FOR = TimePrices(prices=(TimePrice(price_minute=Decimal("0.60")),))
_FEE = FixedPrices(prices=(FixedPrice(price_fixed=Decimal(2)),))


def _reserve(world: StationWorld, token: str = "ANNA", group: str | None = None) -> None:
    wanted = Reservation(
        reservation_id=7,
        expires_at=world.now + timedelta(hours=3),
        id_token=IdToken(value=token),
        group=None if group is None else IdToken(value=group, type="Central"),
        evse=1,
    )
    assert world.command(ReserveNow(reservation=wanted)) == ReserveNowOutcome(status=ReserveNowStatus.ACCEPTED)


@pytest.mark.req("I12.FR.06", "I12.FR.07", "I12.FR.08")
@pytest.mark.parametrize(
    ("kept_for", "group"), [("ANNA", None), ("somebody", "FAMILY")], ids=["by the token", "by its group"]
)
def test_a_reservation_is_paid_with_the_transaction_that_uses_it(kept_for: str, group: str | None) -> None:
    world = StationWorld(variables={"TxCtrlr.TxStartPoint": "PowerPathClosed", "AuthCtrlr.LocalPreAuthorize": "false"})
    _set(world, _tariff(reservation_time=_KEPT_FOR, reservation_fixed=_FEE))
    _reserve(world, kept_for, group)
    world.pass_time(1200)
    _reserve(world, kept_for, group)  # asked for anew: it goes on
    world.kill()
    world.pass_time(600)
    world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    world.tap("ANNA")
    end = world.csms.events[-1].cost
    assert end is not None
    assert end.total_usage.reservation_time == pytest.approx(1800, abs=1)
    assert end.total_cost.reservation_time is not None
    assert float(end.total_cost.reservation_time.excl_tax or 0) == pytest.approx(18, abs=0.02)
    assert end.total_cost.reservation_fixed == Price(excl_tax=Decimal(2), incl_tax=Decimal(2))


@pytest.mark.req("I12.FR.06")
def test_a_transaction_without_a_reservation_pays_for_none() -> None:
    world = _charging(_tariff(reservation_time=_KEPT_FOR, reservation_fixed=_FEE))
    world.tap("ANNA")
    end = world.csms.events[-1].cost
    assert end is not None
    assert (end.total_cost.reservation_time, end.total_cost.reservation_fixed) == (None, None)


# --- not accepted by the driver -------------------------------------------------------------------------------------


@pytest.mark.req("I07.FR.30")
def test_who_does_not_accept_the_tariff_ends_the_transaction() -> None:
    world = _charging(seconds=5)
    world.feed(TariffRefused(1))
    assert [(one.kind, one.trigger) for one in world.csms.events][-1] == (
        EventKind.ENDED,
        TriggerReason.TARIFF_NOT_ACCEPTED,
    )
    assert world.core.overview().evses[0].id_token is None
    world.pass_time(60)
    assert world.hardware.meter(1).power_w == 0


@pytest.mark.req("I07.FR.30", "I08.FR.20")
def test_a_transaction_that_goes_on_by_its_stop_point_is_not_authorized_any_more() -> None:
    world = _charging(seconds=5, variables={"TxCtrlr.TxStopPoint": "EVConnected"})
    world.feed(TariffRefused(1))
    (told,) = _told(world, TriggerReason.TARIFF_NOT_ACCEPTED)
    assert told.kind is EventKind.UPDATED
    world.pass_time(60)
    assert world.transaction is not None
    assert world.hardware.meter(1).power_w == 0


@pytest.mark.req("I07.FR.31", "I08.FR.21")
@pytest.mark.parametrize("at_station", [False, True], ids=["EVSE", "station"])
def test_who_does_not_accept_the_tariff_before_a_transaction_begins_none(at_station: bool) -> None:
    world = StationWorld(station="ac-22-dual", variables={"TxCtrlr.TxStartPoint": "PowerPathClosed"})
    _set(world, _tariff())
    world.tap("ANNA", None if at_station else 1)
    world.feed(TariffRefused(None if at_station else 1))
    assert world.hardware.display[None if at_station else 1] == NOT_ACCEPTED
    world.plug()
    assert (world.csms.events, world.core.overview().evses[0].id_token) == ([], None)


def test_nobody_can_refuse_where_nobody_is_authorized() -> None:
    world = StationWorld()
    world.feed(TariffRefused(1), TariffRefused(None))
    assert len([note for note in world.notes if "tariff was not accepted" in note]) == 2


# --- costs that cannot be worked out --------------------------------------------------------------------------------


@pytest.mark.req("I12.FR.14", "I12.FR.18", "I12.FR.19", "I12.FR.43", "I12.FR.44")
def test_a_meter_that_fails_is_told_with_the_cost_until_a_bill_is_good_again() -> None:
    world = _charging()
    world.does(world.hardware.raise_fault("POWER_METER_FAILURE", 1))
    world.pass_time(60)
    world.does(world.hardware.clear_fault("POWER_METER_FAILURE", 1))
    world.tap("ANNA")
    end = world.csms.events[-1].cost
    assert end is not None
    assert (end.failure_to_calculate, end.failure_reason) == (True, METER_FAILED)
    assert _problems(world) == ["true"]
    world.unplug()
    world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    world.tap("ANNA")
    end = world.csms.events[-1].cost
    assert end is not None
    assert end.failure_to_calculate is None
    assert _problems(world) == ["true", "false"]


# --- how often, and by which clock, prices are looked at ------------------------------------------------------------


@pytest.mark.req("I12.FR.31", "I12.FR.32", "I12.FR.33", "I12.FR.34")
@pytest.mark.parametrize(("interval", "late_wh"), [("60", 250), ("0", 10)], ids=["every minute", "all the time"])
def test_a_price_by_energy_begins_with_the_next_look(interval: str, late_wh: int) -> None:
    after = EnergyPrice(price_kwh=Decimal(9), conditions=Conditions(min_energy=Decimal(1000)))
    prices = EnergyPrices(prices=(after, EnergyPrice(price_kwh=Decimal(1))))
    world = _charging(_tariff(energy=prices), variables={"TariffCostCtrlr.Interval[Tariff]": interval})
    world.tap("ANNA")
    end = world.csms.events[-1].cost
    assert end is not None
    first, _second = end.charging_periods
    assert 1000 <= first.dimensions[0].volume <= 1000 + late_wh


def _times(end: Any) -> list[tuple[datetime, int]]:
    """When periods began, and how much energy was priced in each."""
    energy = [sum((one.volume for one in period.dimensions), Decimal(0)) for period in end.cost.charging_periods]
    return [(period.start_period, round(wh)) for period, wh in zip(end.cost.charging_periods, energy, strict=True)]


@pytest.mark.req("I07.FR.17", "I12.FR.37")
def test_times_of_day_are_those_of_the_wall_when_the_clocks_change_too() -> None:
    """At 02:00 the clocks of Berlin go to 03:00, when the night ends for this tariff."""
    night = EnergyPrice(price_kwh=Decimal(1), conditions=Conditions(start_time_of_day="00:00", end_time_of_day="03:00"))
    world = StationWorld(variables={"ClockCtrlr.TimeZone": "Europe/Berlin"})
    world.now = datetime(2026, 3, 29, 0, 50, tzinfo=UTC)
    _set(world, _tariff(energy=EnergyPrices(prices=(night,))))
    world.plug()
    world.tap("ANNA")
    world.pass_time(1800)
    world.tap("ANNA")
    periods = _times(world.csms.events[-1])
    assert [round((at - world.now).total_seconds() / 60) for at, _ in periods] == [-30, -20]
    assert (periods[0][1] > 0, periods[1][1]) == (True, 0)


@pytest.mark.req("I07.FR.18")
def test_the_moment_from_which_a_tariff_counts_is_no_local_one() -> None:
    world = StationWorld(variables={"ClockCtrlr.TimeZone": "Asia/Tokyo"})
    _set(world, _tariff("now"))
    _set(world, _tariff("later", valid_from=world.now + timedelta(hours=1)))
    world.pass_time(3500, step=3500)
    assert set(_installed(world)) == {"now", "later"}
    world.pass_time(200, step=200)
    assert set(_installed(world)) == {"later"}


@pytest.mark.req("I08.FR.06", "I08.FR.07")
@pytest.mark.parametrize("charges", [True, False], ids=["until the transaction ends", "until nobody plugs in"])
def test_the_tariff_of_a_driver_is_there_as_long_as_it_is_in_use(charges: bool) -> None:
    world = StationWorld(variables={"TxCtrlr.TxStartPoint": "PowerPathClosed"})
    world.csms.tokens["ANNA"] = AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED, tariff=_OWN)
    world.tap("ANNA")
    assert [one.tariff_id for one in _drivers(world)] == [_OWN.tariff_id]
    if charges:
        world.plug()
        world.pass_time(300)
        assert [one.tariff_id for one in _drivers(world)] == [_OWN.tariff_id]
        world.tap("ANNA")
    else:
        world.pass_time(70)
    assert _drivers(world) == []


def _drivers(world: StationWorld) -> list[Any]:
    outcome = world.command(GetTariffs(evse_id=0))
    assert isinstance(outcome, GetTariffsOutcome)
    return [one for one in outcome.assignments if one.tariff_kind is TariffKind.DRIVER_TARIFF]
