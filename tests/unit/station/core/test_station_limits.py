"""What a transaction may use up: limits of the CSMS and of the driver (E16), energy for a token that is not accepted (E05)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pilotwire.domain.authorization import AuthorizationStatus, TransactionLimit
from pilotwire.domain.kinds import Fact, changed
from pilotwire.domain.transactions import (
    ChargingState,
    EventKind,
    StoppedReason,
    TransactionEvent,
    TransactionVerdict,
    TriggerReason,
)
from pilotwire.station.core.limits import DriverLimit
from tests.support.station_world import StationWorld, not_accepted

ENDS_WITH_ENERGY = {"TxCtrlr.TxStopPoint": "EnergyTransfer,EVConnected"}
SUSPENDED = ChargingState.SUSPENDED_EVSE


class LimitingWorld(StationWorld):
    """The CSMS answers the next event with `says`, once."""

    def __init__(
        self, *, says: TransactionVerdict | None = None, station: str = "ac-22-single", **variables: str
    ) -> None:
        self.says = says
        super().__init__(station=station, variables=variables)
        usual = self.csms.verdict

        def verdict(fact: Fact, now: object) -> object:
            given = usual(fact, now)  # type: ignore[arg-type]
            if isinstance(fact, TransactionEvent) and self.says is not None:
                said, self.says = self.says, None
                return changed(given, limit=said.limit, total_cost=said.total_cost, message=said.message)
            return given

        self.csms.verdict = verdict  # type: ignore[method-assign,assignment]

    def used(self) -> Decimal:
        return Decimal(self.hardware.meter(1).energy_import_register)

    def charge(self) -> None:
        self.plug()
        self.tap("ANNA")


def limited(
    station: str = "ac-22-single", variables: dict[str, str] | None = None, **limit: Decimal | int
) -> LimitingWorld:
    """A transaction for which the CSMS set a limit."""
    says = TransactionVerdict(limit=TransactionLimit(**limit))  # type: ignore[arg-type]
    world = LimitingWorld(says=says, station=station, **(variables or {}))
    world.charge()
    return world


@pytest.mark.req("E16.FR.03")
def test_a_limit_of_the_csms_is_confirmed_once() -> None:
    world = limited(max_energy=Decimal(5000))
    world.pass_time(60)
    confirmed = [event for event in world.csms.events if event.limit is not None]
    assert [(event.trigger, event.limit) for event in confirmed] == [
        (TriggerReason.LIMIT_SET, TransactionLimit(max_energy=Decimal(5000)))
    ]


@pytest.mark.req("E16.FR.05", "E16.FR.19")
def test_at_its_energy_a_transaction_is_suspended() -> None:
    world = limited(max_energy=Decimal(5000))
    world.pass_time(3_600)
    reached = next(event for event in world.csms.events if event.trigger is TriggerReason.ENERGY_LIMIT_REACHED)
    assert (reached.kind, reached.charging_state) == (EventKind.UPDATED, SUSPENDED)
    assert 5000 <= world.used() <= 5010
    assert not world.hardware.contactor_closed(1)
    assert world.transaction is not None


@pytest.mark.req("E16.FR.06")
def test_at_its_energy_a_transaction_ends_where_energy_is_its_stop_point() -> None:
    world = limited(variables=ENDS_WITH_ENERGY, max_energy=Decimal(5000))
    world.pass_time(3_600)
    end = world.csms.events[-1]
    assert (end.kind, end.trigger) == (EventKind.ENDED, TriggerReason.ENERGY_LIMIT_REACHED)
    assert end.stopped_reason is StoppedReason.ENERGY_LIMIT_REACHED


@pytest.mark.req("E16.FR.05", "E16.FR.09")
def test_time_counts_from_the_start_of_the_transaction() -> None:
    world = limited(max_time=1800)
    world.pass_time(1799)
    assert world.hardware.contactor_closed(1)
    world.pass_time(2)
    assert (world.csms.events[-1].trigger, world.csms.events[-1].charging_state) == (
        TriggerReason.TIME_LIMIT_REACHED,
        SUSPENDED,
    )


@pytest.mark.req("E16.FR.05")
def test_a_battery_is_charged_up_to_its_limit() -> None:
    world = LimitingWorld(says=TransactionVerdict(limit=TransactionLimit(max_soc=30)), station="dc-150-ccs")
    car = world.plug(1)
    world.tap("ANNA")
    world.pass_time(3_600)
    assert TriggerReason.SOC_LIMIT_REACHED in [event.trigger for event in world.csms.events]
    assert 29.5 <= car.soc_percent < 32


@pytest.mark.req("E16.FR.05", "E16.FR.15")
def test_a_cost_told_by_the_csms_reaches_its_limit() -> None:
    world = limited(max_cost=Decimal(10))
    world.says = TransactionVerdict(total_cost=Decimal("9.99"))
    world.pass_time(61)
    assert world.hardware.contactor_closed(1)
    world.says = TransactionVerdict(total_cost=Decimal("10.00"))
    world.pass_time(61)
    assert world.csms.events[-1].trigger is TriggerReason.COST_LIMIT_REACHED
    assert not world.hardware.contactor_closed(1)


@pytest.mark.req("E16.FR.10")
def test_a_limit_already_exceeded_counts_at_once() -> None:
    world = LimitingWorld()
    world.charge()
    world.pass_time(600)
    world.says = TransactionVerdict(limit=TransactionLimit(max_energy=Decimal(-1)))
    world.pass_time(61)
    assert not world.hardware.contactor_closed(1)
    assert world.csms.events[-1].charging_state is SUSPENDED


@pytest.mark.req("E16.FR.14")
def test_a_limit_raised_lets_energy_flow_again() -> None:
    world = limited(max_energy=Decimal(1000))
    world.pass_time(900)
    assert not world.hardware.contactor_closed(1)
    world.says = TransactionVerdict(limit=TransactionLimit(max_energy=Decimal(3000)))
    world.pass_time(61)
    assert world.hardware.contactor_closed(1)
    world.pass_time(3_600)
    assert 3000 <= world.used() <= 3010


@pytest.mark.req("E16.FR.01", "E16.FR.04")
def test_a_driver_sets_a_limit_but_none_above_the_csms_s() -> None:
    world = limited(max_energy=Decimal(5000))
    world.feed(DriverLimit(1, TransactionLimit(max_energy=Decimal(9000), max_time=600)))
    told = world.csms.events[-1]
    assert (told.trigger, told.limit) == (
        TriggerReason.LIMIT_SET,
        TransactionLimit(max_energy=Decimal(5000), max_time=600),
    )
    world.feed(DriverLimit(1, TransactionLimit(max_energy=Decimal(2000))))
    assert world.csms.events[-1].limit == TransactionLimit(max_energy=Decimal(2000), max_time=600)


def test_a_driver_s_limit_without_a_transaction_is_only_noted() -> None:
    world = StationWorld()
    world.feed(DriverLimit(1, TransactionLimit(max_time=60)))
    assert "no transaction" in world.notes[-1]


@pytest.mark.req("E16.FR.13")
def test_a_limit_that_is_not_supported_is_not_confirmed() -> None:
    world = LimitingWorld(says=TransactionVerdict(limit=TransactionLimit(max_cost=Decimal(5), max_time=60)))
    world.core.write("TxCtrlr.SupportedLimits", "maxTime", world.now)
    world.charge()
    assert [event.limit for event in world.csms.events if event.limit] == [TransactionLimit(max_time=60)]


def test_limits_outlive_a_failure_of_power() -> None:
    world = limited(variables={"TxCtrlr.ResumptionTimeout": "600"}, max_energy=Decimal(5000))
    world.pass_time(300)
    world.kill()
    world.pass_time(3_600)
    assert TriggerReason.ENERGY_LIMIT_REACHED in [event.trigger for event in world.csms.events]
    assert 5000 <= world.used() <= 5010


def test_a_message_for_the_driver_is_shown() -> None:
    world = LimitingWorld()
    world.charge()
    world.says = TransactionVerdict(message="Two hours free of charge")
    world.pass_time(61)
    assert world.hardware.display[1] == "Two hours free of charge"


# --- a token that is not accepted -----------------------------------------------------------------------------------


def invalid(most: int, **variables: str) -> StationWorld:
    """Anna was accepted from the cache, and the CSMS does not accept her."""
    world = StationWorld(
        variables={
            "TxCtrlr.StopTxOnInvalidId": "false",
            "TxCtrlr.MaxEnergyOnInvalidId": str(most),
            "AuthCtrlr.LocalPreAuthorize": "true",
            **variables,
        }
    )
    world.tap("ANNA")
    world.pass_time(120)
    world.csms.in_transactions["ANNA"] = not_accepted(AuthorizationStatus.BLOCKED)
    world.plug()
    world.tap("ANNA")
    world.pass_time(3_600)
    return world


@pytest.mark.req("E05.FR.02", "E05.FR.03")
@pytest.mark.parametrize("most", [1000, 10_000])
def test_energy_is_given_up_to_the_amount_allowed(most: int) -> None:
    world = invalid(most)
    assert most <= Decimal(world.hardware.meter(1).energy_import_register) <= most + 10
    assert world.csms.events[-1].charging_state is SUSPENDED
    assert world.transaction is not None


@pytest.mark.req("E05.FR.02")
def test_none_is_given_where_none_is_allowed() -> None:
    world = invalid(0)
    assert world.hardware.meter(1).energy_import_register == 0
    assert world.csms.events[-1].charging_state is SUSPENDED


@pytest.mark.req("E16.FR.02", "E16.FR.03", "F07.FR.03", "F07.FR.04")
def test_a_limit_of_the_csms_before_there_is_an_evse() -> None:
    """It is confirmed at once, and counts wherever the driver goes."""
    says = TransactionVerdict(limit=TransactionLimit(max_energy=Decimal(100)))
    world = LimitingWorld(says=says, station="ac-22-dual", **{"TxCtrlr.TxStartPoint": "Authorized"})
    world.tap("ANNA", None)
    assert world.csms.told() == [("Started", "Authorized"), ("Updated", "LimitSet")]
    car = world.plug(2)
    world.pass_time(120)
    assert 100 <= car.meter.delivered_wh < 110
