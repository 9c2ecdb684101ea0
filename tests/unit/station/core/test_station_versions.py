"""What the core says can be said in every version, and what every version asks is answered."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pilotwire.dialects import Dialect
from pilotwire.dialects.ocpp16 import DIALECT as OCPP16
from pilotwire.dialects.ocpp21 import DIALECT as OCPP21
from pilotwire.dialects.ocpp201 import DIALECT as OCPP201
from pilotwire.domain.identity import IdToken
from pilotwire.domain.provisioning import Reset, ResetKind
from pilotwire.domain.remote_control import RequestStart
from pilotwire.domain.transactions import EventKind, TransactionEvent, TransactionVerdict
from pilotwire.station.core import Action, Answered, Save, SendKept
from pilotwire.station.core.memory import TransactionsMemory
from tests.support.station_world import StationWorld


def _busy_day(world: StationWorld) -> None:
    """A little of everything."""
    world.plug()
    world.tap("ANNA")
    world.pass_time(130)
    world.does(world.hardware.raise_fault("GROUND_FAILURE", 1))
    world.does(world.hardware.clear_fault("GROUND_FAILURE", 1))
    world.command(RequestStart(id_token=IdToken(value="CARL", type="Central"), remote_start_id=3, evse=1))
    world.pass_time(130)
    world.cut()
    world.pass_time(130)
    world.unplug(at_vehicle=True)
    world.connect()
    world.tap("BERT")
    world.command(Reset(kind=ResetKind.IMMEDIATE))


@pytest.mark.parametrize("dialect", [OCPP16, OCPP201, OCPP21], ids=lambda dialect: str(dialect.version))
def test_all_facts_of_a_busy_day_can_be_said(dialect: Dialect) -> None:
    """No fact is unsayable, and the transaction events come back as what they were."""
    world = StationWorld(ocpp16=dialect is OCPP16)
    _busy_day(world)
    said: dict[type, int] = {}
    for fact, named in zip(world.csms.heard, world.csms.heard_named, strict=True):
        message = dialect.write_fact(fact, named=named)
        if message is not None:
            said[type(message)] = said.get(type(message), 0) + 1
    names = {one.__name__ for one in said}
    assert {"BootNotificationRequest", "StatusNotificationRequest", "AuthorizeRequest"} <= names
    transactions = {"StartTransactionRequest", "StopTransactionRequest", "MeterValuesRequest"}
    assert (transactions if dialect is OCPP16 else {"TransactionEventRequest"}) <= names


@pytest.mark.parametrize("dialect", [OCPP201, OCPP21], ids=lambda dialect: str(dialect.version))
def test_in_2_x_every_transaction_event_comes_back_whole(dialect: Dialect) -> None:
    """Reading what was written gives the same event."""
    world = StationWorld()
    _busy_day(world)
    for event in world.csms.events:
        message = dialect.write_fact(event)
        assert message is not None
        assert dialect.read_fact(message) == event


def test_in_1_6_the_registers_are_whole() -> None:
    """StartTransaction and StopTransaction carry the registers between which everything flowed."""
    world = StationWorld(ocpp16=True)
    car = world.plug()
    world.tap("ANNA")
    world.pass_time(200)
    world.tap("ANNA")
    start = stop = Decimal(0)
    for fact in world.csms.heard:
        if isinstance(fact, TransactionEvent) and fact.kind is EventKind.STARTED:
            start = getattr(OCPP16.write_fact(fact), "meter_start")  # noqa: B009
        if isinstance(fact, TransactionEvent) and fact.kind is EventKind.ENDED:
            stop = getattr(OCPP16.write_fact(fact, named="100"), "meter_stop")  # noqa: B009
    assert stop - start == car.meter.delivered_wh


@pytest.mark.req("1.6:4.8")
def test_the_csms_s_name_of_a_transaction_is_saved_as_soon_as_it_is_known() -> None:
    """With the answer itself, also if that comes right after something else was saved: an end after a power failure names the right one."""
    world = StationWorld(ocpp16=True)
    world.plug()
    world.csms.silent = lambda fact: isinstance(fact, TransactionEvent)
    world.tap("ANNA")
    own = world.transaction
    sent = [action for action in world.actions if isinstance(action, SendKept) and action.entry.transaction_id == own]
    sample_due = world.core.next_deadline()
    assert sample_due is not None
    assert _saved(world.core.tick(sample_due)) == [{}], "a sample: another number for the next event is saved"
    assert _saved(world.core.feed(Answered(sent[-1].ref, TransactionVerdict(transaction_id="77")), sample_due)) == [
        {own: "77"}
    ]


def _saved(actions: list[Action]) -> list[dict[str, str]]:
    return [each.part.named for each in actions if isinstance(each, Save) and isinstance(each.part, TransactionsMemory)]
