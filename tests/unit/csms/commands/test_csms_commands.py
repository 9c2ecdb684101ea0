from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pilotwire.clock import ManualClock
from pilotwire.csms.commands import (
    Commander,
    NotPermitted,
    authorization,
    availability,
    check_permitted,
    data_transfer,
    provisioning,
    remote_control,
)
from pilotwire.csms.store.memory import MemoryStore
from pilotwire.domain.authorization import ClearCache, ClearCacheOutcome
from pilotwire.domain.availability import ChangeAvailability, ChangeAvailabilityOutcome, ChangeAvailabilityStatus
from pilotwire.domain.data_transfer import DataTransferStatus, SendData, SendDataOutcome
from pilotwire.domain.device_model import (
    GetVariables,
    GetVariablesOutcome,
    SetVariables,
    SetVariablesOutcome,
    VariableName,
    VariableQuery,
    VariableSetting,
)
from pilotwire.domain.identity import STATION, IdToken
from pilotwire.domain.kinds import Command, Outcome
from pilotwire.domain.provisioning import (
    RegistrationStatus,
    Reset,
    ResetKind,
    ResetOutcome,
    ResetStatus,
    TriggerMessage,
    TriggerOutcome,
    TriggerStatus,
)
from pilotwire.domain.remote_control import (
    RequestStart,
    RequestStartOutcome,
    RequestStatus,
    RequestStop,
    RequestStopOutcome,
    UnlockConnector,
    UnlockOutcome,
    UnlockStatus,
)
from pilotwire.errors import MisuseError

CARD = IdToken(value="04A2B3C4")
NAME = VariableName(component="OCPPCommCtrlr", variable="HeartbeatInterval")


class RecordingBus:
    """A bus that answers every command with one outcome and remembers the commands."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.given: list[tuple[str, Command]] = []

    async def call(self, station: str, command: Command, *, timeout: float | None = None) -> Outcome:
        self.given.append((station, command))
        return self.outcome

    async def call_raw(
        self, station: str, action: str, payload: bytes, *, force: bool = False, timeout: float | None = None
    ) -> bytes:
        return payload

    def connected(self) -> list[Any]:
        return []


Ask = Callable[[Commander], Awaitable[Outcome]]


@pytest.mark.parametrize(
    ("ask", "command", "outcome"),
    [
        (
            lambda c: remote_control.stop(c, "CS", "tx-1"),
            RequestStop(transaction_id="tx-1"),
            RequestStopOutcome(status=RequestStatus.ACCEPTED),
        ),
        (
            lambda c: remote_control.unlock(c, "CS", 2),
            UnlockConnector(evse=2, connector=1),
            UnlockOutcome(status=UnlockStatus.UNLOCKED),
        ),
        (
            lambda c: remote_control.trigger(c, "CS", "Heartbeat"),
            TriggerMessage(message="Heartbeat"),
            TriggerOutcome(status=TriggerStatus.ACCEPTED),
        ),
        (
            lambda c: provisioning.reset(c, "CS", ResetKind.ON_IDLE),
            Reset(kind=ResetKind.ON_IDLE),
            ResetOutcome(status=ResetStatus.SCHEDULED),
        ),
        (
            lambda c: provisioning.get_variables(c, MemoryStore(), "CS", [VariableQuery(name=NAME)]),
            GetVariables(asked=(VariableQuery(name=NAME),)),
            GetVariablesOutcome(results=()),
        ),
        (
            lambda c: provisioning.set_variables(c, MemoryStore(), "CS", [VariableSetting(name=NAME, value="60")]),
            SetVariables(settings=(VariableSetting(name=NAME, value="60"),)),
            SetVariablesOutcome(results=()),
        ),
        (
            lambda c: availability.change_availability(c, "CS", operative=False),
            ChangeAvailability(operative=False, address=STATION),
            ChangeAvailabilityOutcome(status=ChangeAvailabilityStatus.SCHEDULED),
        ),
        (lambda c: authorization.clear_cache(c, "CS"), ClearCache(), ClearCacheOutcome(accepted=True)),
        (
            lambda c: data_transfer.send_data(c, "CS", "com.example", "m", "d"),
            SendData(vendor_id="com.example", message_id="m", data="d"),
            SendDataOutcome(status=DataTransferStatus.ACCEPTED),
        ),
    ],
)
async def test_each_wish_becomes_its_command(ask: Ask, command: Command, outcome: Outcome) -> None:
    """What is asked for goes to the bus as one command, and the station's answer comes back."""
    bus = RecordingBus(outcome)
    assert await ask(Commander(bus, ManualClock())) == outcome
    assert bus.given == [("CS", command)]


async def test_every_remote_start_has_its_own_id() -> None:
    """Ids rise, also over a restart of the CSMS, and fit into 32 bits."""
    bus, clock = RecordingBus(RequestStartOutcome(status=RequestStatus.ACCEPTED)), ManualClock()
    commander = Commander(bus, clock)
    ids = []
    for _ in range(3):
        command, outcome = await remote_control.start(commander, "CS", CARD, evse=1)
        assert command == RequestStart(id_token=CARD, remote_start_id=command.remote_start_id, evse=1)
        assert outcome.status is RequestStatus.ACCEPTED
        ids.append(command.remote_start_id or 0)
    clock.advance(60)
    ids.append(Commander(bus, clock).next_remote_start_id())
    assert ids == sorted(set(ids))
    assert ids[-1] < 2**31


async def test_a_bus_that_mixes_up_outcomes_is_our_own_mistake() -> None:
    """A wrong type of outcome is never handed on as if it were right."""
    commander = Commander(RecordingBus(ClearCacheOutcome(accepted=True)), ManualClock())
    with pytest.raises(MisuseError, match="ClearCacheOutcome"):
        await remote_control.stop(commander, "CS", "tx-1")


async def test_raw_messages_go_through() -> None:
    """The pass-through is the bus's business."""
    commander = Commander(RecordingBus(ClearCacheOutcome(accepted=True)), ManualClock())
    assert await commander.give_raw("CS", "GetLog", b"{}") == b"{}"


START, STOP, ASK = RequestStart(id_token=CARD), RequestStop(transaction_id="1"), GetVariables()


@pytest.mark.req("B03.FR.03")
@pytest.mark.parametrize("command", [START, STOP, ASK, None])
def test_nothing_is_sent_to_a_rejected_station(command: Command | None) -> None:
    """Whatever it is."""
    with pytest.raises(NotPermitted, match="rejected"):
        check_permitted("CS", RegistrationStatus.REJECTED, command)


@pytest.mark.req("B02.FR.01", "1.6:4.2")
@pytest.mark.parametrize("standing", [RegistrationStatus.PENDING, None])
def test_a_pending_station_may_be_configured_but_not_charged_at(standing: RegistrationStatus | None) -> None:
    """Remote start and stop have to wait; everything else goes."""
    for command in (START, STOP):
        with pytest.raises(NotPermitted, match="charging"):
            check_permitted("CS", standing, command)
    check_permitted("CS", standing, ASK)
    check_permitted("CS", standing, None)


def test_an_accepted_station_may_be_sent_everything() -> None:
    """No message is held back."""
    for command in (START, STOP, ASK, None):
        check_permitted("CS", RegistrationStatus.ACCEPTED, command)
