"""Messages on demand: first the answer, then the message."""

from __future__ import annotations

import pytest

from pilotwire.domain.availability import ConnectorStatus
from pilotwire.domain.data_transfer import DataTransferStatus, SendData, SendDataOutcome
from pilotwire.domain.identity import EvseAddress
from pilotwire.domain.kinds import Command
from pilotwire.domain.provisioning import Heartbeat, StationBooted, TriggerMessage, TriggerOutcome, TriggerStatus
from pilotwire.domain.transactions import TriggerReason
from pilotwire.station.core import Answer, Say
from tests.support.station_world import StationWorld


def _trigger(world: StationWorld, message: str, evse: int | None = None, connector: int | None = None) -> TriggerStatus:
    address = None if evse is None else EvseAddress(evse=evse, connector=connector)
    outcome = world.command(TriggerMessage(message=message, address=address))
    assert isinstance(outcome, TriggerOutcome)
    return outcome.status


@pytest.mark.req("F06.FR.04", "F06.FR.05", "F06.FR.10")
def test_the_answer_comes_before_the_message() -> None:
    """Accepted, then the heartbeat."""
    world = StationWorld()
    world.actions.clear()
    assert _trigger(world, "Heartbeat") is TriggerStatus.ACCEPTED
    kinds = [type(action) for action in world.actions if isinstance(action, Answer | Say)]
    assert kinds[:2] == [Answer, Say]
    assert len(world.csms.of(Heartbeat)) == 1


@pytest.mark.req("F06.FR.11")
def test_states_of_one_or_of_all() -> None:
    """The connector named, or every one."""
    world = StationWorld(station="ac-22-dual")
    world.csms.heard.clear()
    assert _trigger(world, "StatusNotification", 2, 1) is TriggerStatus.ACCEPTED
    assert len(world.csms.of(ConnectorStatus)) == 1
    _trigger(world, "StatusNotification")
    assert len(world.csms.of(ConnectorStatus)) == 4
    assert all(fact.previous is None for fact in world.csms.heard if isinstance(fact, ConnectorStatus))
    assert _trigger(world, "StatusNotification", 7) is TriggerStatus.REJECTED


@pytest.mark.req("F06.FR.06", "F06.FR.11", "J01.FR.02")
def test_meter_values_of_one_or_of_all() -> None:
    """The aligned measurands, with the context Trigger."""
    world = StationWorld(station="ac-22-dual")
    assert _trigger(world, "MeterValues", 2) is TriggerStatus.ACCEPTED
    assert [fact.address.evse for fact in world.meter_values()] == [2]
    assert world.meter_values()[0].readings[0].samples[0].context == "Trigger"
    _trigger(world, "MeterValues")
    assert [fact.address.evse for fact in world.meter_values()] == [2, 1, 2]


@pytest.mark.req("F06.FR.07")
def test_an_event_of_the_running_transaction() -> None:
    """With the charging state and the measurands of an update; nothing runs, nothing is promised."""
    world = StationWorld()
    assert _trigger(world, "TransactionEvent") is TriggerStatus.REJECTED
    world.plug()
    world.tap("ANNA")
    world.pass_time(30)
    assert _trigger(world, "TransactionEvent", 1) is TriggerStatus.ACCEPTED
    event = world.csms.events[-1]
    assert event.trigger is TriggerReason.TRIGGER
    assert event.charging_state is not None
    assert {sample.context for sample in event.readings[0].samples} == {"Trigger"}


@pytest.mark.req("F06.FR.17")
def test_a_boot_is_not_repeated_once_accepted() -> None:
    """2.x: Rejected; in 1.6 it is sent."""
    assert _trigger(StationWorld(), "BootNotification") is TriggerStatus.REJECTED
    world = StationWorld(ocpp16=True)
    assert _trigger(world, "BootNotification") is TriggerStatus.ACCEPTED
    assert len(world.csms.of(StationBooted)) == 2


@pytest.mark.req("F06.FR.08", "F06.FR.19")
def test_what_is_not_implemented_is_said_so() -> None:
    """What no street of the station has a message for."""
    for message in ("CustomTrigger", "Nonsense"):
        assert _trigger(StationWorld(), message) is TriggerStatus.NOT_IMPLEMENTED


@pytest.mark.req("P01.FR.05")
def test_vendor_data_is_of_no_known_vendor() -> None:
    """UnknownVendorId."""
    outcome = StationWorld().command(SendData(vendor_id="com.example"))
    assert outcome == SendDataOutcome(status=DataTransferStatus.UNKNOWN_VENDOR_ID)


def test_a_command_nobody_knows_is_refused() -> None:
    """NotSupported, as an RPC error: its dialect knows it, this station does not do it (J2:4.3)."""

    class Dance(Command):
        pass

    assert StationWorld().command(Dance()) == "NotSupported"


@pytest.mark.req("F06.FR.08")
def test_a_station_without_combined_certificates_cannot_ask_for_one() -> None:
    """The others it can ask for."""
    world = StationWorld(combined_certificate=False)
    assert _trigger(world, "SignCombinedCertificate") is TriggerStatus.NOT_IMPLEMENTED
    assert _trigger(world, "SignV2GCertificate") is TriggerStatus.ACCEPTED
