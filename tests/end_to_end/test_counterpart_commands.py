"""Our CSMS commands stations made with the PyPI package `ocpp`: each command is understood there, and what follows from it is booked."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pilotwire.clock import SystemClock
from pilotwire.csms.app import Csms
from pilotwire.csms.commands import CommandRefused
from pilotwire.csms.commands.authorization import clear_cache
from pilotwire.csms.commands.availability import change_availability
from pilotwire.csms.commands.data_transfer import send_data
from pilotwire.csms.commands.provisioning import get_variables, reset, set_variables
from pilotwire.csms.commands.remote_control import start, stop, trigger, unlock
from pilotwire.csms.store.ports import PutToken
from pilotwire.domain.authorization import Token
from pilotwire.domain.availability import Availability, ChangeAvailabilityStatus
from pilotwire.domain.data_transfer import DataTransferStatus
from pilotwire.domain.device_model import (
    SetVariableStatus,
    VariableName,
    VariableQuery,
    VariableSetting,
    VariableStatus,
)
from pilotwire.domain.identity import EvseAddress, IdToken
from pilotwire.domain.provisioning import ResetKind, ResetStatus, TriggerStatus
from pilotwire.domain.remote_control import RequestStatus, UnlockStatus
from pilotwire.domain.transactions import StoppedReason, TriggerReason
from tests.support.counterpart_station import CARD, counterpart
from tests.support.raw_station import settings

VERSIONS = ("1.6", "2.0.1", "2.1")
TOKEN = IdToken(value=CARD, type="ISO14443")
INTERVAL = VariableName(component="OCPPCommCtrlr", variable="HeartbeatInterval")
NONSENSE = VariableName(component="TxCtrlr", variable="EVConnectionTimeOut")


@pytest.fixture
async def csms(tmp_path: Path) -> AsyncIterator[Csms]:
    async with Csms(settings(database=f"sqlite:///{tmp_path}/csms.db"), SystemClock()) as running:
        await running.journal.append(PutToken(token=Token(id_token=TOKEN)))
        yield running


@pytest.fixture(params=VERSIONS)
async def station(request: pytest.FixtureRequest, csms: Csms) -> AsyncIterator[Any]:
    """A booted counterpart, one of each version."""
    async with counterpart(csms, request.param) as cs:
        cs.version = request.param
        await cs.boot()
        yield cs


@pytest.mark.req("1.6:5.11", "1.6:5.12")
async def test_a_charge_begun_and_ended_from_afar(csms: Csms, station: Any):
    """Remote start, the transaction it leads to, remote stop, its end: 2.x carries the remote start id through."""
    command, answer = await start(csms.commander, "CS001", TOKEN, evse=1)
    assert answer.status is RequestStatus.ACCEPTED
    assert await station.followed() == "Accepted"
    name = str(station.transaction)
    running = await csms.store.transaction("CS001", name)
    assert running is not None
    if station.version != "1.6":
        assert (running.start_trigger, running.remote_start_id) == (TriggerReason.REMOTE_START, command.remote_start_id)
    assert (await stop(csms.commander, "CS001", name)).status is RequestStatus.ACCEPTED
    await station.followed()
    booked = await csms.store.transaction("CS001", name)
    assert booked is not None
    assert (booked.energy, booked.stopped_reason) == (Decimal(200), StoppedReason.REMOTE)
    assert booked.stop_trigger is TriggerReason.REMOTE_STOP
    assert [action for action, _ in station.asked] == ["RequestStart", "RequestStop"]


async def test_a_stop_of_another_transaction_is_rejected(csms: Csms, station: Any):
    """What the station says is what the caller gets."""
    assert (await stop(csms.commander, "CS001", "4711")).status is RequestStatus.REJECTED


@pytest.mark.req("1.6:5.3", "1.6:5.8")
async def test_variables(csms: Csms, station: Any):
    """Set one, read it back; a variable it does not have is told apart, in 1.6 by its configuration key."""
    changed = await set_variables(
        csms.commander,
        csms.store,
        "CS001",
        [VariableSetting(name=INTERVAL, value="60"), VariableSetting(name=NONSENSE, value="1")],
    )
    statuses = [result.status for result in changed.results]
    assert statuses == [SetVariableStatus.ACCEPTED, SetVariableStatus.UNKNOWN_VARIABLE]
    assert station.variables["HeartbeatInterval"] == "60"
    asked = [VariableQuery(name=INTERVAL), VariableQuery(name=NONSENSE)]
    known, unknown = (await get_variables(csms.commander, csms.store, "CS001", asked)).results
    assert (known.name, known.value) == (INTERVAL, "60")
    assert (unknown.name, unknown.status) == (NONSENSE, VariableStatus.UNKNOWN_VARIABLE)


@pytest.mark.req("1.6:5.14")
async def test_reset(csms: Csms, station: Any):
    """The station hears which kind, comes back over a new line, and (in 2.x) tells why it booted."""
    kind = ResetKind.ON_IDLE if station.version == "1.6" else ResetKind.IMMEDIATE
    assert (await reset(csms.commander, "CS001", kind)).status is ResetStatus.ACCEPTED
    assert station.asked == [("Reset", {"type": "Soft" if station.version == "1.6" else "Immediate"})]
    async with counterpart(csms, station.version) as again:
        assert (await again.boot("RemoteReset")).status == "Accepted"
    record = await csms.store.station("CS001")
    assert record is not None
    assert record.last_boot_reason == (None if station.version == "1.6" else "RemoteReset")


@pytest.mark.req("1.6:5.17")
async def test_trigger(csms: Csms, station: Any):
    """A triggered message comes, and is taken like any other."""
    asked = await trigger(csms.commander, "CS001", "StatusNotification", EvseAddress(evse=1, connector=1))
    assert asked.status is TriggerStatus.ACCEPTED
    await station.followed()
    (connector,) = await csms.store.connectors("CS001")
    assert connector.state.availability is Availability.FAULTED
    assert (await trigger(csms.commander, "CS001", "Heartbeat")).status is TriggerStatus.ACCEPTED
    assert (await station.followed()).current_time
    nothing = await trigger(csms.commander, "CS001", "FirmwareStatusNotification")
    assert nothing.status is TriggerStatus.NOT_IMPLEMENTED


@pytest.mark.req("1.6:5.18")
async def test_unlock(csms: Csms, station: Any):
    """EVSE and connector in 2.x, the connector's number in 1.6."""
    assert (await unlock(csms.commander, "CS001", 1)).status is UnlockStatus.UNLOCKED
    place = {"connector_id": 1} if station.version == "1.6" else {"evse_id": 1, "connector_id": 1}
    assert station.asked == [("UnlockConnector", place)]


@pytest.mark.req("1.6:5.2")
async def test_change_availability(csms: Csms, station: Any):
    """Out of use, then in use again; the status that follows is on record."""
    address = EvseAddress(evse=1, connector=1)
    answer = await change_availability(csms.commander, "CS001", operative=False, address=address)
    assert answer.status is ChangeAvailabilityStatus.ACCEPTED
    await station.followed()
    (connector,) = await csms.store.connectors("CS001")
    assert connector.state.availability is Availability.UNAVAILABLE
    await change_availability(csms.commander, "CS001", operative=True, address=address)
    await station.followed()
    (connector,) = await csms.store.connectors("CS001")
    assert connector.state.availability is Availability.AVAILABLE


async def test_vendor_data(csms: Csms, station: Any):
    """Data goes there and comes back."""
    answer = await send_data(csms.commander, "CS001", "com.example", "greeting", "good morning")
    assert (answer.status, answer.data) == (DataTransferStatus.ACCEPTED, "good morning to you too")
    answer = await send_data(csms.commander, "CS001", "org.nobody")
    assert answer.status is DataTransferStatus.UNKNOWN_VENDOR_ID


async def test_any_other_action_passes_through(csms: Csms, station: Any):
    """An action this CSMS has no command for reaches the station as it is, and its answer comes back as it is."""
    answer = json.loads(await csms.commander.give_raw("CS001", "GetLocalListVersion", b"{}"))
    assert answer == ({"listVersion": 7} if station.version == "1.6" else {"versionNumber": 7})


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_command_the_station_does_not_know(csms: Csms, version: str):
    """Its CALLERROR reaches the caller with its code (for 2.1 the package answers nothing at all)."""
    async with counterpart(csms, version) as cs:
        await cs.boot()
        with pytest.raises(CommandRefused) as caught:
            await clear_cache(csms.commander, "CS001")
    assert caught.value.code == "NotImplemented"
