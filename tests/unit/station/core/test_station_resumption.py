"""Transactions after an interruption: a failure of the controller or of the mains, or a reset that ends nothing (E17, B13)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from pilotwire.domain.metering import register_of
from pilotwire.domain.provisioning import BootReason, Reset, ResetKind, ResetOutcome, ResetStatus
from pilotwire.domain.transactions import ChargingState, EventKind, StoppedReason, TriggerReason
from pilotwire.station.core.actions import SetLock
from tests.support.station_world import StationWorld

ALLOWED = {"TxCtrlr.ResumptionTimeout": "300"}


def charging(variables: dict[str, str] | None = None) -> StationWorld:
    """Anna has charged for ten minutes."""
    world = StationWorld(variables=ALLOWED | (variables or {}))
    world.plug()
    world.tap("ANNA")
    world.pass_time(600)
    assert world.hardware.meter(1).power_w > 0
    return world


def fail_for(world: StationWorld, seconds: float, reason: BootReason = BootReason.POWER_UP) -> None:
    """The controller is without power so long."""
    world.now += timedelta(seconds=seconds)
    world.kill(reason)


@pytest.mark.req("E17.FR.01", "E17.FR.10", "E17.FR.11", "E17.FR.14")
def test_a_short_failure_interrupts_but_does_not_end() -> None:
    world = charging()
    transaction, told = world.transaction, len(world.csms.events)
    fail_for(world, 200)
    world.pass_time(60)
    assert world.transaction == transaction
    resumed, *later = world.csms.events[told:]
    assert (resumed.kind, resumed.trigger, resumed.transaction_id) == (
        EventKind.UPDATED,
        TriggerReason.TX_RESUMED,
        transaction,
    )
    assert [event.seq_no for event in world.csms.events] == list(range(told + 1 + len(later)))
    assert later[-1].charging_state is ChargingState.CHARGING
    assert world.hardware.meter(1).power_w > 0


@pytest.mark.req("E17.FR.10")
def test_no_energy_is_lost_or_booked_twice_over_failures() -> None:
    world = charging()
    for _ in range(3):
        fail_for(world, 100)
        world.pass_time(300)
    world.tap("ANNA")
    assert world.csms.booked == {"tx-1": Decimal(world.hardware.meter(1).energy_import_register)}
    assert world.transaction is None


@pytest.mark.req("E17.FR.20", "E17.FR.21")
def test_a_longer_failure_ends_it_with_its_reason() -> None:
    world = charging()
    fail_for(world, 330)
    end = world.csms.events[-1]
    assert (end.kind, end.trigger) == (EventKind.ENDED, TriggerReason.ABNORMAL_CONDITION)
    assert end.stopped_reason is StoppedReason.POWER_LOSS
    assert register_of(end.readings) == world.hardware.meter(1).energy_import_register


@pytest.mark.req("E17.FR.22")
def test_a_watchdog_ends_it_as_a_reboot() -> None:
    world = charging({"TxCtrlr.ResumptionTimeout": "0"})
    fail_for(world, 1, BootReason.WATCHDOG)
    end = world.csms.events[-1]
    assert (end.trigger, end.stopped_reason) == (TriggerReason.ABNORMAL_CONDITION, StoppedReason.REBOOT)


@pytest.mark.req("E17.FR.02")
def test_the_length_counts_from_when_the_station_was_last_well() -> None:
    """Though the last message was long ago."""
    world = charging({"SampledDataCtrlr.TxUpdatedInterval": "0", "OCPPCommCtrlr.HeartbeatInterval": "86400"})
    world.pass_time(3_600)
    fail_for(world, 250)
    assert world.csms.events[-1].kind is EventKind.UPDATED
    world.pass_time(3_600)
    fail_for(world, 330)
    assert world.csms.events[-1].stopped_reason is StoppedReason.POWER_LOSS


@pytest.mark.req("E17.FR.12")
def test_energy_stays_off_where_it_may_not_be_resumed() -> None:
    world = charging({"TxCtrlr.AllowEnergyTransferResumption": "false"})
    fail_for(world, 10)
    world.pass_time(600)
    assert world.csms.events[-1].charging_state is ChargingState.SUSPENDED_EVSE
    assert world.hardware.meter(1).power_w == 0
    world.tap("ANNA")
    assert world.csms.events[-1].kind is EventKind.ENDED


@pytest.mark.req("E17.FR.18")
def test_energy_comes_back_after_a_drawn_delay() -> None:
    world = charging({"TxCtrlr.EnergyTransferResumptionRandomRange": "600"})
    fail_for(world, 10)
    assert world.csms.events[-1].trigger is TriggerReason.TX_RESUMED
    assert not world.hardware.contactor_closed(1)
    world.pass_time(601)
    assert world.hardware.meter(1).power_w > 0


@pytest.mark.req("E17.FR.16", "E17.FR.17")
@pytest.mark.parametrize(("stops", "ends"), [("Authorized", True), ("ParkingBayOccupancy", False)])
def test_a_vehicle_that_left_meanwhile(stops: str, ends: bool) -> None:
    world = charging(
        {
            "TxCtrlr.TxStopPoint": stops,
            "OCPPCommCtrlr.UnlockOnEVSideDisconnect": "true",
        }
    )
    world.hardware.set_contactor(1, False)
    world.hardware.set_lock(1, 1, False)
    world.hardware.unplug(1, 1)
    fail_for(world, 30)
    last = world.csms.events[-1]
    if ends:
        assert (last.kind, last.trigger) == (EventKind.ENDED, TriggerReason.EV_COMMUNICATION_LOST)
        assert last.stopped_reason is StoppedReason.EV_DISCONNECTED
    else:
        assert (last.kind, last.trigger) == (EventKind.UPDATED, TriggerReason.TX_RESUMED)
        assert last.charging_state is ChargingState.IDLE


def test_a_station_may_be_set_to_resume_whatever_the_csms_set() -> None:
    world = StationWorld(ocpp16=True, resume_transactions=120)
    world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    fail_for(world, 60)
    world.pass_time(60)
    assert world.transaction == "tx-1"
    assert world.csms.heard_named[-1] in ("100", None)
    world.tap("ANNA")
    assert world.csms.booked == {"tx-1": Decimal(world.hardware.meter(1).energy_import_register)}


# --- the mains ------------------------------------------------------------------------------------------------------


@pytest.mark.req("E17.FR.10", "E17.FR.11")
def test_the_mains_comes_back_in_time() -> None:
    world = charging()
    world.does(world.hardware.lose_power())
    assert not world.hardware.contactor_closed(1)
    assert (world.csms.events[-1].trigger, world.csms.events[-1].charging_state) == (
        TriggerReason.ABNORMAL_CONDITION,
        ChargingState.SUSPENDED_EVSE,
    )
    world.pass_time(299)
    world.does(world.hardware.restore_power())
    assert TriggerReason.TX_RESUMED in [event.trigger for event in world.csms.events]
    world.pass_time(60)
    assert world.hardware.meter(1).power_w > 0
    assert world.transaction == "tx-1"


@pytest.mark.req("E17.FR.20", "E17.FR.21")
def test_the_mains_stays_away() -> None:
    world = charging()
    world.does(world.hardware.lose_power())
    world.pass_time(301)
    assert world.csms.events[-1].stopped_reason is StoppedReason.POWER_LOSS
    world.does(world.hardware.restore_power())
    world.pass_time(60)
    assert world.hardware.meter(1).power_w == 0


# --- a reset --------------------------------------------------------------------------------------------------------


@pytest.mark.req("B13.FR.01")
def test_a_reset_that_resumes_is_rejected_where_nothing_is_resumed() -> None:
    world = StationWorld()
    assert world.command(Reset(kind=ResetKind.RESUME)) == ResetOutcome(status=ResetStatus.REJECTED)


@pytest.mark.req("B13.FR.02")
def test_a_reset_that_resumes_without_a_transaction_is_a_reset() -> None:
    world = StationWorld(variables=ALLOWED)
    assert world.command(Reset(kind=ResetKind.RESUME)) == ResetOutcome(status=ResetStatus.ACCEPTED)
    assert world.restarts == [BootReason.REMOTE_RESET]


@pytest.mark.req("B13.FR.03", "B13.FR.04", "B13.FR.10", "B13.FR.21", "B13.FR.23", "B13.FR.24", "B13.FR.30")
def test_a_reset_of_the_station_goes_on_with_its_transactions() -> None:
    world = charging()
    assert world.command(Reset(kind=ResetKind.RESUME)) == ResetOutcome(status=ResetStatus.ACCEPTED)
    assert world.restarts == [BootReason.REMOTE_RESET]
    triggers = [event.trigger for event in world.csms.events]
    assert triggers.index(TriggerReason.RESET_COMMAND) < triggers.index(TriggerReason.TX_RESUMED)
    world.pass_time(60)
    assert world.transaction == "tx-1"
    assert world.hardware.meter(1).power_w > 0
    fail_for(world, 400)
    assert world.csms.events[-1].kind is EventKind.ENDED, "the promise was for that restart alone"


@pytest.mark.req("B13.FR.25")
def test_a_reset_with_energy_not_resumed() -> None:
    world = charging({"TxCtrlr.AllowEnergyTransferResumption": "false"})
    world.command(Reset(kind=ResetKind.RESUME))
    world.pass_time(60)
    assert world.csms.events[-1].charging_state is ChargingState.SUSPENDED_EVSE
    assert world.hardware.meter(1).power_w == 0


@pytest.mark.req("B13.FR.14")
def test_a_reset_of_one_evse_with_energy_not_resumed() -> None:
    """The transaction goes on without energy."""
    world = charging({"TxCtrlr.AllowEnergyTransferResumption": "false"})
    world.command(Reset(kind=ResetKind.RESUME, evse=1))
    world.pass_time(60)
    assert world.transaction == "tx-1"
    assert world.csms.events[-1].charging_state is ChargingState.SUSPENDED_EVSE
    assert world.hardware.meter(1).power_w == 0


@pytest.mark.req("B13.FR.22")
def test_after_a_reset_the_cable_of_a_transaction_is_locked_again() -> None:
    world = charging()
    before = len(world.actions)
    world.command(Reset(kind=ResetKind.RESUME))
    world.pass_time(60)
    assert [one.locked for one in world.actions[before:] if isinstance(one, SetLock)][-1]
    assert world.core.overview().evses[0].locked[1]


@pytest.mark.req("E17.FR.13")
def test_a_transaction_that_had_no_energy_before_goes_on_as_it_was() -> None:
    """EVConnected: nobody was authorized when the power failed."""
    no = {"TxCtrlr.AllowEnergyTransferResumption": "false", "TxCtrlr.TxStartPoint": "EVConnected"}
    world = StationWorld(variables=ALLOWED | no)
    world.plug()
    assert world.transaction is not None
    fail_for(world, 10)
    world.pass_time(60)
    resumed = [event for event in world.csms.events if event.trigger is TriggerReason.TX_RESUMED]
    assert [event.charging_state for event in resumed] == [ChargingState.EV_CONNECTED]


@pytest.mark.req("B13.FR.11", "B13.FR.12", "B13.FR.13", "B13.FR.20")
def test_a_reset_of_one_evse_leaves_the_station_up() -> None:
    world = charging()
    world.command(Reset(kind=ResetKind.RESUME, evse=1))
    assert world.restarts == []
    triggers = [event.trigger for event in world.csms.events]
    assert triggers.index(TriggerReason.RESET_COMMAND) < triggers.index(TriggerReason.TX_RESUMED)
    world.pass_time(60)
    assert world.hardware.meter(1).power_w > 0
