"""The line goes, the CSMS fails, the power fails: nothing is lost, nothing is booked twice."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pilotwire.domain.provisioning import BootReason
from pilotwire.domain.transactions import EventKind, StoppedReason, TransactionEvent
from tests.support.station_world import StationWorld

FOREVER = {"OCPPCommCtrlr.MessageAttempts[TransactionEvent]": "0"}


def _sent(world: StationWorld) -> list[TransactionEvent]:
    return [fact for fact in world.csms.heard if isinstance(fact, TransactionEvent)]


@pytest.mark.req(
    "E04.FR.01", "E04.FR.02", "E04.FR.03", "E04.FR.04", "E08.FR.01", "E08.FR.04", "E08.FR.05", "E08.FR.06", "E08.FR.07",
    "E08.FR.08", "E12.FR.01", "E12.FR.02", "C12.FR.02", "C12.FR.04",
)  # fmt: skip
def test_a_charge_without_a_line_is_delivered_when_it_is_back() -> None:
    """A known card charges offline, from begin to end; later everything arrives in order, marked as offline."""
    world = StationWorld()
    world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    world.tap("ANNA")
    world.unplug()
    world.cut()
    car = world.plug()
    world.tap("ANNA")
    world.pass_time(300)
    world.tap("ANNA")
    world.unplug()
    assert len(world.kept()) > 5
    world.connect()
    late = [event for event in world.csms.events if event.transaction_id == "tx-2"]
    assert [event.seq_no for event in late] == list(range(len(late)))
    assert all(event.offline for event in late)
    assert world.csms.booked["tx-2"] == Decimal(car.meter.delivered_wh)
    assert world.kept() == []


@pytest.mark.req("E08.FR.03", "E08.FR.02")
def test_a_card_of_the_same_group_stops_offline() -> None:
    """Both cards are in the cache with one group: the other one stops, and the plug is let go."""
    world = StationWorld()
    world.plug()
    world.tap("BERT")
    world.pass_time(30)
    world.tap("BERT")
    world.tap("ANNA")
    world.pass_time(30)
    world.cut()
    world.tap("BERT")
    assert world.transaction is None
    assert not world.hardware.is_locked(1, 1)


@pytest.mark.req("E11.FR.01", "E11.FR.02", "E11.FR.07")
def test_the_line_is_lost_in_the_middle() -> None:
    """The message on its way is said again first after the reconnect, as offline, and is no attempt."""
    world = StationWorld(variables={"OCPPCommCtrlr.MessageAttempts[TransactionEvent]": "1"})
    world.plug()
    world.tap("ANNA")
    world.csms.silent = lambda fact: isinstance(fact, TransactionEvent)
    world.pass_time(60)
    waiting = _sent(world)[-1]
    world.cut()
    world.pass_time(120)
    world.csms.silent = lambda _: False
    world.connect()
    again = _sent(world)
    position = again.index(waiting)
    assert again[position + 1].seq_no == waiting.seq_no
    assert again[position + 1].offline
    assert [event.seq_no for event in world.csms.events] == list(range(len(world.csms.events)))
    assert world.notes == []


@pytest.mark.req("E13.FR.01", "E13.FR.02", "E13.FR.03")
def test_a_refused_message_is_tried_again_after_growing_waits() -> None:
    """Interval times the number of transmissions before; the queue waits behind it."""
    variables = {
        "OCPPCommCtrlr.MessageAttempts[TransactionEvent]": "4",
        "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]": "10",
    }
    world = StationWorld(variables=variables)
    times: list[float] = []
    begin = world.now

    def refuse(fact: object) -> str | None:
        if isinstance(fact, TransactionEvent) and len(times) < 3:
            times.append((world.now - begin).total_seconds())
            return "InternalError"
        return None

    world.csms.refusing = refuse
    world.plug()
    world.pass_time(100)
    assert times == [0, 10, 30]
    assert world.kept() == []
    assert [event.seq_no for event in _sent(world)] == [0, 0, 0, 0, 1]


@pytest.mark.req("E13.FR.04")
def test_a_message_given_up_makes_way() -> None:
    """After the last attempt it is discarded with a note, and the next one is sent."""
    world = StationWorld()
    world.csms.refusing = lambda fact: (
        "InternalError" if isinstance(fact, TransactionEvent) and not fact.seq_no else None
    )
    world.plug()
    world.tap("ANNA")
    world.pass_time(100)
    assert [event.seq_no for event in _sent(world)[:4]] == [0, 0, 0, 1]
    assert len(world.notes) == 1
    assert "given up after 3 attempts" in world.notes[0]


def test_no_answer_counts_as_a_failure() -> None:
    """A timeout while the line stands is an attempt like a refusal."""
    world = StationWorld()
    world.csms.silent = lambda fact: isinstance(fact, TransactionEvent)
    world.plug()
    for _ in range(3):
        world.time_out()
        world.pass_time(40)
    assert any("no answer in time" in note for note in world.notes)


def test_attempts_zero_means_forever() -> None:
    """No message is ever given up."""
    world = StationWorld(variables=FOREVER)
    world.csms.refusing = lambda fact: "InternalError" if isinstance(fact, TransactionEvent) else None
    world.plug()
    world.pass_time(3000)
    assert not world.notes
    assert world.kept()


@pytest.mark.req("E04.FR.07", "E04.FR.08", "E11.FR.05", "E12.FR.05", "J02.FR.12", "J02.FR.13")
def test_a_full_outbox_drops_every_other_sample() -> None:
    """Begin, end and authorization stay; of the samples the 1st, 3rd, 5th, ... go."""
    world = StationWorld(online=False, outbox_limit=12, variables={"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"})
    world.plug()
    world.tap("ANNA")
    world.pass_time(60 * 60)
    world.tap("ANNA")
    assert len(world.kept()) <= 14
    world.connect()
    told = world.csms.told()
    assert told[:2] == [("Started", "CablePluggedIn"), ("Updated", "Authorized")]
    assert told[-1] == ("Ended", "StopAuthorized")
    assert any("outbox is full" in note for note in world.notes)


@pytest.mark.parametrize(
    ("reason", "stopped"),
    [(BootReason.POWER_UP, StoppedReason.POWER_LOSS), (BootReason.APPLICATION_RESET, StoppedReason.REBOOT)],
)
@pytest.mark.req("E04.FR.03")
def test_a_transaction_that_a_restart_interrupted_is_ended(reason: BootReason, stopped: StoppedReason) -> None:
    """After the restart the end is told with the register as the meter kept it, and nothing more flows."""
    world = StationWorld()
    car = world.plug()
    world.tap("ANNA")
    world.pass_time(100)
    world.kill(reason)
    world.pass_time(100)
    assert world.csms.events[-1].kind is EventKind.ENDED
    assert world.csms.events[-1].stopped_reason is stopped
    assert world.csms.booked == {"tx-1": Decimal(car.meter.delivered_wh)}
    assert [event.seq_no for event in world.csms.events] == list(range(len(world.csms.events)))


@pytest.mark.parametrize("actions", range(0, 40, 3))
@pytest.mark.parametrize("ocpp16", [False, True])
def test_killed_anywhere_in_a_charge(ocpp16: bool, actions: int) -> None:
    """The power fails after so many actions: whatever was committed arrives once, and every Wh is booked."""
    world = StationWorld(ocpp16=ocpp16, variables=FOREVER)
    world.dies_after = actions
    car = world.plug()
    world.tap("ANNA")
    world.pass_time(200)
    world.tap("ANNA")
    world.pass_time(10)
    world.dies_after = None
    world.kill()
    world.pass_time(60)
    assert world.kept() == []
    assert sum(energy or 0 for energy in world.csms.booked.values()) == car.meter.delivered_wh
    for transaction in world.csms.booked:
        numbers = [event.seq_no for event in world.csms.events if event.transaction_id == transaction]
        assert numbers == list(range(len(numbers)))


def test_the_name_the_csms_gave_outlives_a_restart() -> None:
    """1.6: the id in the answer to the start goes with every later message, also after a restart (1.6:4.8)."""
    world = StationWorld(ocpp16=True)
    world.plug()
    world.tap("ANNA")
    world.pass_time(100)
    world.cut()
    world.pass_time(100)
    world.kill()
    world.connect()
    named = [
        name for fact, name in zip(world.csms.heard, world.csms.heard_named, strict=True)
        if isinstance(fact, TransactionEvent) and fact.kind is not EventKind.STARTED
    ]  # fmt: skip
    assert set(named) == {"100"}
    assert world.kept() == []


def test_the_end_waits_for_the_name() -> None:
    """1.6: begun and ended offline, the start goes first, and its answer names the rest."""
    world = StationWorld(ocpp16=True, online=False, variables={"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"})
    world.plug()
    world.tap("ANNA")
    world.pass_time(100)
    world.tap("ANNA")
    world.connect()
    assert world.csms.heard_named[-1] == "100"
    assert world.csms.events[-1].kind is EventKind.ENDED


def test_after_a_restart_the_driver_gets_the_cable_back() -> None:
    """The plug was locked when the power failed; the transaction has ended, so it is let go."""
    world = StationWorld()
    world.plug()
    world.tap("ANNA")
    world.pass_time(30)
    world.kill()
    assert not world.hardware.is_locked(1, 1)
    world.unplug()
