"""The outbox by what is set of it: patience, what is queued, what a full queue means, and that a power failure loses nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pilotwire.domain.availability import Availability, ConnectorState, ConnectorStatus
from pilotwire.domain.data_transfer import DataTransferred
from pilotwire.domain.identity import EvseAddress
from pilotwire.domain.kinds import Fact
from pilotwire.domain.metering import MeterReading, MeterValuesReported, Sample
from pilotwire.domain.security import SecurityEvent
from pilotwire.domain.transactions import EventKind, TransactionEvent, TriggerReason
from pilotwire.station.core import Forget
from pilotwire.station.core.outbox import HELD_LIMIT, HOPELESS_AFTER, Outbox, Patience
from pilotwire.station.core.outbox_policy import FULL
from tests.support.station_world import START, StationWorld

RETRY = {
    "OCPPCommCtrlr.MessageAttempts[TransactionEvent]": "2",
    "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]": "5",
}


def _ended(fact: Fact) -> bool:
    return isinstance(fact, TransactionEvent) and fact.kind is EventKind.ENDED


def _is_sample(fact: Fact) -> bool:
    return isinstance(fact, TransactionEvent) and fact.trigger is TriggerReason.METER_VALUE_PERIODIC


def _charged(world: StationWorld, seconds: float = 60) -> None:
    world.plug()
    world.tap("ANNA")
    world.pass_time(seconds)
    world.tap("ANNA")


def _attempts(world: StationWorld) -> int:
    return sum(1 for fact in world.csms.heard if _ended(fact))


# --- patience -------------------------------------------------------------------------------------------------------


@pytest.mark.req("E13.FR.01", "E13.FR.02", "E13.FR.04")
@pytest.mark.parametrize(("station", "attempts"), [("ac-22-single", 2), ("ac-22-fiscal", 4)])
def test_messages_the_law_needs_have_a_patience_of_their_own(station: str, attempts: int) -> None:
    """The end of a session at a signing meter is tried as often as the metrological variables say, another as the standard's."""
    own = {
        "InstallerCtrlr.MetrologicalMessageAttempts": "4",
        "InstallerCtrlr.MetrologicalMessageAttemptInterval": "1",
    }
    world = StationWorld(station=station, variables=RETRY | own)
    world.csms.refusing = lambda fact: "InternalError" if _ended(fact) else None
    _charged(world)
    world.pass_time(200)
    assert _attempts(world) == attempts
    assert not any(_ended(fact) for fact in world.kept())


def test_what_the_law_needs_is_tried_until_it_is_answered() -> None:
    """As delivered: no number of failures loses a signed record."""
    world = StationWorld(station="ac-22-fiscal", variables=RETRY)
    world.csms.refusing = lambda fact: "InternalError" if _ended(fact) else None
    _charged(world)
    world.pass_time(3600)
    assert _attempts(world) > 5
    world.csms.refusing = lambda _: None
    world.pass_time(3600)
    assert world.kept() == []


@pytest.mark.parametrize("code", ["NotImplemented", "FormatViolation"])
def test_a_message_that_can_never_be_accepted_does_not_block_the_others(code: str) -> None:
    """Even where messages are tried for ever, one the CSMS refuses for what it is goes after some attempts."""
    world = StationWorld(variables={"OCPPCommCtrlr.MessageAttempts[TransactionEvent]": "0"})
    world.csms.refusing = lambda fact: code if _is_sample(fact) else None
    _charged(world, 70)
    world.pass_time(600)
    assert _attempts(world) == 1
    assert world.kept() == []
    assert sum(1 for fact in world.csms.heard if _is_sample(fact)) == HOPELESS_AFTER


def test_what_is_unknown_to_the_csms_and_no_transaction_goes_at_once() -> None:
    """One NotSupported is enough: the message is of no use there."""
    outbox = Outbox((), next_number=1, limit=10)
    outbox.put(DataTransferred(vendor_id="org.example"))
    outbox.in_flight = 1
    actions = outbox.failed(START, Patience(0, 10), "unknown", "NotSupported")
    assert actions[0] == Forget((1,))


# --- meter values said once -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("retransmit", "times"), [("true", 2), ("false", 1)])
def test_samples_are_said_again_or_once(retransmit: str, times: int) -> None:
    """RetransmitMeterValues: a sample that failed is tried as other messages are, or let go."""
    world = StationWorld(variables=RETRY | {"InstallerCtrlr.RetransmitMeterValues": retransmit})
    world.csms.refusing = lambda fact: "InternalError" if _is_sample(fact) else None
    _charged(world, 70)
    world.pass_time(60)
    assert sum(1 for fact in world.csms.heard if _is_sample(fact)) == times


@pytest.mark.parametrize(("retransmit", "times"), [("true", 2), ("false", 1)])
def test_a_sample_on_its_way_when_the_line_breaks(retransmit: str, times: int) -> None:
    """It counts as said, or is said again at reconnect; everything else always is."""
    world = StationWorld(variables={"InstallerCtrlr.RetransmitMeterValues": retransmit})
    world.csms.silent = lambda fact: _is_sample(fact) or _ended(fact)
    world.plug()
    world.tap("ANNA")
    world.pass_time(61)
    world.cut()
    world.connect()
    assert sum(1 for fact in world.csms.heard if _is_sample(fact)) == times


# --- everything is queued -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("queue_all", ["true", "false"])
def test_queue_all_messages(queue_all: str) -> None:
    """States and meter values of idle EVSEs while offline reach the CSMS afterwards, in order, or not at all."""
    world = StationWorld(
        variables={"OCPPCommCtrlr.QueueAllMessages": queue_all, "AlignedDataCtrlr.Interval": "60"},
    )
    before = len(world.csms.heard)
    world.cut()
    world.pass_time(130)
    world.plug()
    world.unplug()
    world.connect()
    heard = world.csms.heard[before:]
    values = [fact for fact in heard if isinstance(fact, MeterValuesReported)]
    states = [fact.state.availability for fact in heard if isinstance(fact, ConnectorStatus) and fact.address.connector]
    if queue_all == "true":
        assert len(values) == 2
        assert states[:2] == [Availability.OCCUPIED, Availability.AVAILABLE]
    else:
        assert values == []
        assert Availability.OCCUPIED not in states


def test_queued_messages_survive_a_power_failure() -> None:
    """They are on disk like transaction events."""
    world = StationWorld(
        variables={"OCPPCommCtrlr.QueueAllMessages": "true", "AlignedDataCtrlr.Interval": "60"}, online=False
    )
    world.pass_time(60)
    world.kill()
    world.connect()
    assert len(world.meter_values()) == 1


@pytest.mark.req("1.6:3.7")
def test_in_16_clock_aligned_values_of_idle_connectors_wait_too() -> None:
    """They are transaction-related messages there."""
    world = StationWorld(ocpp16=True, variables={"AlignedDataCtrlr.Interval": "60"})
    world.cut()
    world.pass_time(125)
    assert world.meter_values() == []
    world.connect()
    assert len(world.meter_values()) == 2


# --- full -----------------------------------------------------------------------------------------------------------


def _status(connector: int, state: Availability) -> ConnectorStatus:
    address = EvseAddress(evse=1, connector=connector)
    return ConnectorStatus(address=address, at=START, state=ConnectorState(availability=state))


def _values() -> MeterValuesReported:
    return MeterValuesReported(address=EvseAddress(evse=1), readings=(_reading(),))


def _reading(value: int = 1) -> MeterReading:
    return MeterReading(at=START, samples=(Sample(value=Decimal(value)),))


def _event(seq_no: int, kind: EventKind = EventKind.UPDATED) -> TransactionEvent:
    return TransactionEvent(
        kind=kind,
        transaction_id="tx",
        at=START,
        trigger=TriggerReason.METER_VALUE_PERIODIC,
        seq_no=seq_no,
        offline=True,
    )


@pytest.mark.req("E04.FR.08", "J02.FR.13")
def test_what_matters_least_goes_first() -> None:
    """States told again since, idle meter values every other one, other messages, and only then intermediate events."""
    facts = [
        _status(1, Availability.OCCUPIED),
        _values(),
        _event(0, EventKind.STARTED),
        DataTransferred(vendor_id="org.example"),
        _event(1),
        _values(),
        SecurityEvent(type="ResetOrReboot", at=START),
        _status(1, Availability.AVAILABLE),
    ]
    outbox = Outbox((), next_number=1, limit=len(facts))
    for fact in facts:
        outbox.put(fact)
    gone = []
    for seq_no in range(2, 8):
        gone += [one for action in outbox.put(_event(seq_no)) if isinstance(action, Forget) for one in action.numbers]
    assert gone[:4] == [1, 2, 6, 4]
    assert set(gone[4:]) <= {5, 9, 10, 11, 12, 13}
    assert gone[4] == 5


def test_a_full_outbox_keeps_people_from_charging_if_so_set() -> None:
    """The driver reads why, the log has a note, nothing is dropped; room is made by the CSMS alone."""
    world = StationWorld(
        variables={
            "InstallerCtrlr.DisallowChargingIfQueueFull": "true",
            "AuthCtrlr.OfflineTxForUnknownIdEnabled": "true",
        },
        outbox_limit=6,
    )
    world.cut()
    _charged(world, 400)
    world.unplug()
    kept = len(world.kept())
    assert kept >= 6
    assert any("no charging begins" in note for note in world.notes)
    world.plug()
    world.tap("CARL")
    assert world.transaction is None
    assert world.hardware.display[1] == FULL
    assert len(world.kept()) == kept
    world.unplug()
    world.connect()
    assert any("room again" in note for note in world.notes)
    world.plug()
    world.tap("CARL")
    assert world.transaction is not None


def test_a_full_outbox_is_thinned_if_charging_goes_on() -> None:
    """As delivered: every other sample goes, and the next driver charges."""
    world = StationWorld(variables={"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"}, outbox_limit=6)
    world.cut()
    _charged(world, 900)
    world.unplug()
    world.plug()
    world.tap("CARL")
    assert world.transaction is not None
    assert any("outbox is full" in note for note in world.notes)


# --- held for the end -----------------------------------------------------------------------------------------------


@pytest.mark.req("E06.FR.12", "E06.FR.13", "J02.FR.20")
@pytest.mark.parametrize("held_limit", [HELD_LIMIT, 6])
def test_readings_for_the_end_are_bounded(held_limit: int) -> None:
    """Of too many every other one goes; the first stays, and disk and memory agree."""
    outbox = Outbox((), next_number=1, limit=10, held_limit=held_limit)
    gone: set[int] = set()
    for value in range(held_limit * 3):
        for action in outbox.hold("tx", _reading(value)):
            gone |= set(action.numbers) if isinstance(action, Forget) else set()
    held = [reading.samples[0].value for reading in outbox.held("tx")]
    assert len(held) <= held_limit
    assert held[0] == 0
    assert held == sorted(held)
    assert len(gone) == held_limit * 3 - len(held)
    (released,) = outbox.release("tx")
    assert isinstance(released, Forget)
    assert set(released.numbers).isdisjoint(gone)
    assert outbox.held("tx") == ()


@pytest.mark.parametrize("dies_after", range(1, 40, 2))
def test_readings_for_the_end_survive_a_power_failure(dies_after: int) -> None:
    """Whenever it fails, the last event holds each reading taken until then, once; nothing is left over on disk."""
    world = StationWorld(variables={"SampledDataCtrlr.TxEndedInterval": "10"})
    world.plug()
    world.dies_after = dies_after
    world.tap("ANNA")
    for _ in range(8):
        world.pass_time(10)
    if world.transaction is not None:
        world.tap("ANNA")
    world.pass_time(60)
    for event in [event for event in world.csms.events if event.kind is EventKind.ENDED]:
        moments = [reading.at for reading in event.readings]
        assert moments == sorted(moments)
        periodic = [one.at for one in event.readings if one.samples[0].context == "Sample.Periodic"]
        assert len(set(periodic)) == len(periodic)
        assert [(at - periodic[0]).total_seconds() for at in periodic] == [10.0 * n for n in range(len(periodic))]
    assert world.kept() == []
