"""Commands on their way out: from a commander through the gateway to a station of bare frames, and back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from pilotwire.csms.app import Csms
from pilotwire.csms.commands import (
    AnswerUnusable,
    CommandRefused,
    CommandTimedOut,
    NotPermitted,
    availability,
    provisioning,
    remote_control,
)
from pilotwire.csms.store.ports import RegisterStation
from pilotwire.domain.availability import ChangeAvailabilityStatus
from pilotwire.domain.device_model import SetVariableStatus, VariableName, VariableSetting
from pilotwire.domain.identity import IdToken
from pilotwire.domain.provisioning import RegistrationStatus, ResetKind, ResetStatus, TriggerStatus, UnknownStations
from pilotwire.domain.remote_control import RequestStatus, UnlockStatus
from pilotwire.errors import NotReachable, NotSayable
from tests.support.raw_station import settings, station

CARD = IdToken(value="CARD", type="ISO14443")


@pytest.fixture
async def csms() -> AsyncIterator[Csms]:
    async with Csms(settings()) as running:
        yield running


async def test_remote_start_and_stop_in_1_6(csms: Csms) -> None:
    """The words of 1.6, and the station's answer as it was."""
    async with station(csms) as cs:
        await cs.boot()
        starting = asyncio.create_task(remote_control.start(csms.commander, "CS001", CARD, evse=2))
        call = await cs.answer({"status": "Accepted"})
        assert call[2:] == ["RemoteStartTransaction", {"idTag": "CARD", "connectorId": 2}]
        assert (await starting)[1].status is RequestStatus.ACCEPTED
        stopping = asyncio.create_task(remote_control.stop(csms.commander, "CS001", "7"))
        assert (await cs.answer({"status": "Rejected"}))[2:] == ["RemoteStopTransaction", {"transactionId": 7}]
        assert (await stopping).status is RequestStatus.REJECTED


async def test_remote_start_in_2_0_1_carries_its_id(csms: Csms) -> None:
    """The id by which the station's first event will name the request."""
    async with station(csms, version="ocpp2.0.1") as cs:
        await cs.boot()
        starting = asyncio.create_task(remote_control.start(csms.commander, "CS001", CARD))
        call = await cs.answer({"status": "Accepted"})
        command, outcome = await starting
        assert call[3] == {
            "remoteStartId": command.remote_start_id,
            "idToken": {"idToken": "CARD", "type": "ISO14443"},
        }
        assert outcome.status is RequestStatus.ACCEPTED


async def test_other_commands_find_their_words(csms: Csms) -> None:
    """Reset, unlock, availability, trigger."""
    async with station(csms) as cs:
        await cs.boot()
        reset = asyncio.create_task(provisioning.reset(csms.commander, "CS001", ResetKind.ON_IDLE))
        assert (await cs.answer({"status": "Accepted"}))[2:] == ["Reset", {"type": "Soft"}]
        assert (await reset).status is ResetStatus.ACCEPTED
        unlock = asyncio.create_task(remote_control.unlock(csms.commander, "CS001", 1))
        assert (await cs.answer({"status": "Unlocked"}))[2] == "UnlockConnector"
        assert (await unlock).status is UnlockStatus.UNLOCKED
        change = asyncio.create_task(availability.change_availability(csms.commander, "CS001", operative=False))
        assert (await cs.answer({"status": "Scheduled"}))[3] == {"connectorId": 0, "type": "Inoperative"}
        assert (await change).status is ChangeAvailabilityStatus.SCHEDULED


async def test_one_command_may_be_several_messages(csms: Csms) -> None:
    """1.6 sets one key at a time: one command, two messages one after the other, one outcome."""
    names = [VariableName(component="", variable=key) for key in ("KeyA", "KeyB")]
    async with station(csms) as cs:
        await cs.boot()
        wanted = [VariableSetting(name=name, value="1") for name in names]
        setting = asyncio.create_task(provisioning.set_variables(csms.commander, csms.store, "CS001", wanted))
        assert (await cs.answer({"status": "Accepted"}))[3] == {"key": "KeyA", "value": "1"}
        assert (await cs.answer({"status": "RebootRequired"}))[3] == {"key": "KeyB", "value": "1"}
        statuses = [result.status for result in (await setting).results]
        assert statuses == [SetVariableStatus.ACCEPTED, SetVariableStatus.REBOOT_REQUIRED]


# --- what may go wrong -------------------------------------------------------------------------------------------------------------


async def test_a_station_that_is_not_there(csms: Csms) -> None:
    """Not reachable, by name."""
    with pytest.raises(NotReachable, match="'CS404' is not connected"):
        await remote_control.stop(csms.commander, "CS404", "1")


async def test_the_stations_error_comes_back_as_it_was(csms: Csms) -> None:
    """Code, description and details."""
    async with station(csms) as cs:
        await cs.boot()
        stopping = asyncio.create_task(remote_control.stop(csms.commander, "CS001", "7"))
        call = await cs.hear()
        await cs.say([4, call[1], "InternalError", "relay stuck", {"relay": 2}])
        with pytest.raises(CommandRefused, match="RemoteStopTransaction with InternalError: relay stuck") as caught:
            await stopping
        assert (caught.value.code, caught.value.description) == ("InternalError", "relay stuck")
        assert caught.value.details == {"relay": 2}


async def test_a_station_that_does_not_answer_in_time(csms: Csms) -> None:
    """It is told that nobody knows whether it was done."""
    async with station(csms) as cs:
        await cs.boot()
        with pytest.raises(CommandTimedOut, match="did not answer Reset in time"):
            await csms.gateway.call_raw("CS001", "Reset", b'{"type":"Soft"}', timeout=0.05)


async def test_an_answer_that_cannot_be_used(csms: Csms) -> None:
    """A status no version has."""
    async with station(csms) as cs:
        await cs.boot()
        stopping = asyncio.create_task(remote_control.stop(csms.commander, "CS001", "7"))
        await cs.answer({"status": "Perhaps"})
        with pytest.raises(AnswerUnusable, match="Perhaps"):
            await stopping


async def test_a_station_that_goes_before_it_answers(csms: Csms) -> None:
    """The command fails at once, not after the timeout."""
    async with station(csms) as cs:
        await cs.boot()
        stopping = asyncio.create_task(remote_control.stop(csms.commander, "CS001", "7"))
        await cs.hear()
    with pytest.raises(NotReachable, match="closed"):
        await stopping


async def test_what_a_version_cannot_say_is_not_sent(csms: Csms) -> None:
    """A transaction name that is no number, in 1.6: nothing goes out."""
    async with station(csms) as cs:
        await cs.boot()
        with pytest.raises(NotSayable, match="number"):
            await remote_control.stop(csms.commander, "CS001", "no-number")
        assert "currentTime" in await cs.ask("Heartbeat", {})


# --- stations that are not accepted ------------------------------------------------------------------------------------------------


@pytest.mark.req("B02.FR.01", "B02.FR.09", "1.6:4.2")
@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1"])
async def test_a_pending_station_says_what_it_is_triggered_to_say(version: str) -> None:
    """It may be asked, and its answer to that is taken; charging has to wait."""
    async with Csms(settings(unknown_stations=UnknownStations.PENDING)) as csms, station(csms, version=version) as cs:
        await cs.boot()
        with pytest.raises(NotPermitted, match="pending"):
            await remote_control.start(csms.commander, "CS001", CARD, evse=1)
        asking = asyncio.create_task(remote_control.trigger(csms.commander, "CS001", "Heartbeat"))
        assert (await cs.answer({"status": "Accepted"}))[2] == "TriggerMessage"
        assert "currentTime" in await cs.ask("Heartbeat", {})
        assert (await asking).status is TriggerStatus.ACCEPTED
        status = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
        if version == "ocpp2.0.1":
            status = {
                "timestamp": "2026-01-01T00:00:00Z",
                "connectorStatus": "Available",
                "evseId": 1,
                "connectorId": 1,
            }
        assert (await cs.call("StatusNotification", status))[2] == "SecurityError"


@pytest.mark.req("B03.FR.03")
async def test_nothing_is_sent_to_a_rejected_station(csms: Csms) -> None:
    """Not by command; a pass-through is somebody's express wish, and goes out in any standing."""
    rejected = RegisterStation(station="CS001", registration=RegistrationStatus.REJECTED, at=csms.clock.now())
    await csms.journal.append(rejected)
    async with station(csms, version="ocpp2.0.1") as cs:
        await cs.boot()
        with pytest.raises(NotPermitted, match="rejected"):
            await provisioning.reset(csms.commander, "CS001", ResetKind.IMMEDIATE)
        asking = asyncio.create_task(csms.commander.give_raw("CS001", "ClearCache", b"{}"))
        await cs.answer({"status": "Accepted"})
        assert json.loads(await asking) == {"status": "Accepted"}
        assert (await cs.boot())["status"] == "Rejected"


# --- pass-through ------------------------------------------------------------------------------------------------------------------


async def test_any_action_of_the_version_goes_through(csms: Csms) -> None:
    """JSON in, JSON out, whether the domain knows the action or not."""
    async with station(csms) as cs:
        await cs.boot()
        asking = asyncio.create_task(csms.commander.give_raw("CS001", "GetLocalListVersion", b" {} "))
        assert (await cs.answer({"listVersion": 3}))[2:] == ["GetLocalListVersion", {}]
        assert json.loads(await asking) == {"listVersion": 3}


@pytest.mark.parametrize(
    ("action", "payload", "says"),
    [
        ("Reset", b'{"type":"Gently"}', "Gently"),
        ("Reset", b"{}", "type"),
        ("Reset", b"[]", "must be an object"),
        ("Reset", b"{", "not JSON"),
        ("MakeCoffee", b"{}", "no action 'MakeCoffee'"),
        ("Heartbeat", b"{}", "not a message a csms sends"),
    ],
)
async def test_what_does_not_fit_is_told_before_a_byte_is_sent(
    csms: Csms, action: str, payload: bytes, says: str
) -> None:
    """A sentence about what is wrong; the station hears nothing."""
    async with station(csms) as cs:
        await cs.boot()
        with pytest.raises(NotSayable, match=says):
            await csms.commander.give_raw("CS001", action, payload)
        assert "currentTime" in await cs.ask("Heartbeat", {})


async def test_who_forces_it_sends_what_they_want(csms: Csms) -> None:
    """A bench wants to see what a station makes of nonsense."""
    async with station(csms) as cs:
        await cs.boot()
        asking = asyncio.create_task(
            csms.commander.give_raw("CS001", "MakeCoffee", b'{"milk":true,"idTag":1e400}', force=True)
        )
        call = await cs.hear()
        assert call[2] == "MakeCoffee"
        await cs.say([3, call[1], {"coffee": "soon"}])
        assert json.loads(await asking) == {"coffee": "soon"}


async def test_a_pass_through_trigger_counts_as_asking() -> None:
    """A pending station may answer it."""
    async with (
        Csms(settings(unknown_stations=UnknownStations.PENDING)) as csms,
        station(csms, version="ocpp2.0.1") as cs,
    ):
        await cs.boot()
        payload = b'{"requestId":1,"reportBase":"FullInventory"}'
        asking = asyncio.create_task(csms.commander.give_raw("CS001", "GetBaseReport", payload))
        await cs.answer({"status": "Accepted"})
        await asking
        report = {"requestId": 1, "generatedAt": "2026-01-01T00:00:00Z", "seqNo": 0}
        assert await cs.ask("NotifyReport", report) == {}
        await cs.boot()
        assert (await cs.call("NotifyReport", report))[2] == "SecurityError"


async def test_passwords_are_masked_in_the_log(csms: Csms) -> None:
    """The station gets the password, the log does not."""
    payload = {
        "setVariableData": [
            {
                "component": {"name": "SecurityCtrlr"},
                "variable": {"name": "BasicAuthPassword"},
                "attributeValue": 'top "secret" word',
            }
        ]
    }
    async with station(csms, version="ocpp2.0.1") as cs:
        await cs.boot()
        asking = asyncio.create_task(csms.commander.give_raw("CS001", "SetVariables", json.dumps(payload).encode()))
        result = {
            "attributeStatus": "Accepted",
            "component": {"name": "SecurityCtrlr"},
            "variable": {"name": "BasicAuthPassword"},
        }
        assert (await cs.answer({"setVariableResult": [result]}))[3] == payload
        await asking
    frames = [logged.frame for logged in await csms.store.log("CS001", action="SetVariables")]
    assert len(frames) == 2
    assert not any("secret" in frame for frame in frames)
