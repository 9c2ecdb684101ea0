"""CSMS under test, 2.0.1: connections and passwords (A), provisioning (B), clearing the authorization cache (C) and vendor data (P)."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from pilotwire.csms.gateway.passwords import hash_password
from pilotwire.domain.provisioning import RegistrationStatus, UnknownStations
from tests.support.csms_stage import STATION, Stage, at, backend, stage
from tests.support.csms_stage201 import ACCEPTED, REJECTED, Charge, booted, status
from tests.support.raw_station import station

V201 = "ocpp2.0.1"
OLD, NEW = "the-password-of-yesterday", "the-password-of-tomorrow"
SECRET = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
OFFLINE = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "OfflineThreshold"}}
REMOTE = {"component": {"name": "AuthCtrlr"}, "variable": {"name": "AuthorizeRemoteStart"}}


# --- A: who may connect -------------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def _guarded() -> AsyncIterator[tuple[Any, Any]]:
    """A CSMS that knows the station's password."""
    async with backend(no_auth=False) as (csms, operator):
        await Stage(csms, operator, None).register(RegistrationStatus.ACCEPTED, hash_password(OLD))  # type: ignore[arg-type]
        yield csms, operator


@pytest.mark.req("B01.FR.02")
async def test_tc_a_01_csms() -> None:
    """The right password: the connection is made, the boot accepted."""
    async with _guarded() as (csms, operator), station(csms, STATION, V201, password=OLD) as cs:
        await booted(Stage(csms, operator, cs))


@pytest.mark.req("A00.FR.204")
async def test_tc_a_02_csms() -> None:
    """The right password under another name."""
    async with _guarded() as (csms, _):
        headers = {"Authorization": "Basic " + _pair(STATION + "Invalid", OLD)}
        with pytest.raises(InvalidStatus, match="401"):
            async with connect(
                f"{csms.urls.ocpp}/{STATION}",
                subprotocols=[Subprotocol(V201)],
                additional_headers=headers,
                proxy=None,
            ):
                pass


def _pair(name: str, password: str) -> str:
    return base64.b64encode(f"{name}:{password}".encode()).decode()


async def test_tc_a_03_csms() -> None:
    """Another password."""
    async with _guarded() as (csms, _):
        with pytest.raises(InvalidStatus, match="401"):
            async with station(csms, STATION, V201, password="k7Zq-some-other-password_9"):
                pass


async def _set_password(on: Stage, answer: str) -> None:
    """The operator gives the station a new password."""
    result = {"setVariableResult": [SECRET | {"attributeStatus": answer}]}
    ordered = await on.order("set-variables", result, setVariableData=[SECRET | {"attributeValue": NEW}])
    assert ordered.action == "SetVariables"
    assert ordered.sent == {"setVariableData": [SECRET | {"attributeValue": NEW}]}
    assert ordered.told["setVariableResult"][0]["attributeStatus"] == answer


@pytest.mark.req("A01.FR.02", "A01.FR.03")
async def test_tc_a_09_csms() -> None:
    """A new password that the station took: from now on it is the one, and the old one is none."""
    async with _guarded() as (csms, operator):
        async with station(csms, STATION, V201, password=OLD) as cs:
            on = Stage(csms, operator, cs)
            await booted(on)
            await _set_password(on, "Accepted")
        async with station(csms, STATION, V201, password=NEW) as cs:
            await booted(Stage(csms, operator, cs))
        with pytest.raises(InvalidStatus, match="401"):
            async with station(csms, STATION, V201, password=OLD):
                pass


@pytest.mark.req("A01.FR.02", "A01.FR.04")
async def test_tc_a_10_csms() -> None:
    """A new password that the station did not take: the old one stays the one."""
    async with _guarded() as (csms, operator):
        async with station(csms, STATION, V201, password=OLD) as cs:
            on = Stage(csms, operator, cs)
            await booted(on)
            await _set_password(on, "Rejected")
        async with station(csms, STATION, V201, password=OLD) as cs:
            await booted(Stage(csms, operator, cs))
        with pytest.raises(InvalidStatus, match="401"):
            async with station(csms, STATION, V201, password=NEW):
                pass


# --- B: boot ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("B01.FR.02")
async def test_tc_b_01_csms() -> None:
    """Accepted, with a time and an interval; statuses are kept."""
    async with stage(V201, boot=False, heartbeat_interval=66) as on:
        answer = await on.cs.boot()
        assert (answer["status"], answer["interval"]) == ("Accepted", 66)
        assert answer["currentTime"].endswith("Z")
        for evse in (1, 2):
            await status(on, "Available", evse)


@pytest.mark.req("B02.FR.06")
async def test_tc_b_02_csms() -> None:
    """Pending at first: asked and configured meanwhile, then accepted."""
    async with stage(V201, boot=False, unknown_stations=UnknownStations.PENDING, retry_interval=5) as on:
        answer = await on.cs.boot()
        assert (answer["status"], answer["interval"]) == ("Pending", 5)
        result = {"setVariableResult": [OFFLINE | {"attributeStatus": "Accepted"}]}
        assert await on.order("set-variables", result, setVariableData=[OFFLINE | {"attributeValue": "9"}])
        await on.register(RegistrationStatus.ACCEPTED)
        await booted(on)


async def _not_wanted(on: Stage, expected: str) -> None:
    assert (await on.cs.boot())["status"] == expected
    said = {"timestamp": at(), "connectorStatus": "Available", "evseId": 1, "connectorId": 1}
    refused = await on.cs.call("StatusNotification", said)
    assert (refused[0], refused[2]) == (4, "SecurityError")
    assert await on.csms.store.connectors(STATION) == []


@pytest.mark.req("B02.FR.09", "B03.FR.07")
async def test_tc_b_30_csms() -> None:
    """What a station says that is not accepted is a SecurityError, pending or rejected, and nothing of it is kept."""
    async with stage(V201, boot=False, unknown_stations=UnknownStations.PENDING) as on:
        await _not_wanted(on, "Pending")
        await on.register(RegistrationStatus.REJECTED)
        await _not_wanted(on, "Rejected")


@pytest.mark.req("F06.FR.01")
async def test_tc_b_31_csms() -> None:
    """A pending station is triggered to boot again, and is accepted then."""
    async with stage(V201, boot=False, unknown_stations=UnknownStations.PENDING) as on:
        assert (await on.cs.boot())["status"] == "Pending"
        await on.register(RegistrationStatus.ACCEPTED)
        ordered = await on.order("trigger-message", ACCEPTED, requestedMessage="BootNotification")
        assert (ordered.action, ordered.sent) == ("TriggerMessage", {"requestedMessage": "BootNotification"})
        await booted(on, "Triggered")


# --- B: variables -------------------------------------------------------------------------------------------------------------------


async def _get(on: Stage, *wanted: tuple[Any, str]) -> list[Any]:
    """The operator asks for variables; what the station heard is checked, what the operator was told is given."""
    results = [name | {"attributeStatus": "Accepted", "attributeValue": value} for name, value in wanted]
    names = [name for name, _ in wanted]
    ordered = await on.order("get-variables", {"getVariableResult": results}, getVariableData=names)
    assert ordered.action == "GetVariables"
    heard = ordered.sent["getVariableData"]
    assert [{key: one[key] for key in ("component", "variable")} for one in heard] == names
    assert {one.get("attributeType", "Actual") for one in heard} == {"Actual"}
    told: list[Any] = ordered.told["getVariableResult"]
    return told


async def test_tc_b_06_csms() -> None:
    """One variable."""
    async with stage(V201) as on:
        (told,) = await _get(on, (OFFLINE, "123"))
        assert (told["attributeStatus"], told["attributeValue"]) == ("Accepted", "123")


async def test_tc_b_07_csms() -> None:
    """Two at once."""
    async with stage(V201) as on:
        told = await _get(on, (OFFLINE, "123"), (REMOTE, "false"))
        assert [one["attributeValue"] for one in told] == ["123", "false"]


async def _set(on: Stage, *wanted: tuple[Any, str]) -> list[str]:
    data = [name | {"attributeValue": value} for name, value in wanted]
    results = [name | {"attributeStatus": "Accepted"} for name, _ in wanted]
    ordered = await on.order("set-variables", {"setVariableResult": results}, setVariableData=data)
    assert ordered.action == "SetVariables"
    heard = ordered.sent["setVariableData"]
    assert {one.pop("attributeType", "Actual") for one in heard} == {"Actual"}
    assert heard == data
    return [one["attributeStatus"] for one in ordered.told["setVariableResult"]]


async def test_tc_b_09_csms() -> None:
    """One value."""
    async with stage(V201) as on:
        assert await _set(on, (OFFLINE, "123")) == ["Accepted"]


async def test_tc_b_10_csms() -> None:
    """Two values in one message."""
    async with stage(V201) as on:
        assert await _set(on, (OFFLINE, "123"), (REMOTE, "false")) == ["Accepted", "Accepted"]


# --- B: reset -----------------------------------------------------------------------------------------------------------------------


async def _reset(on: Stage, answer: str, **body: Any) -> None:
    ordered = await on.order("reset", {"status": answer}, **body)
    assert (ordered.action, ordered.sent) == ("Reset", body)
    assert ordered.told == {"status": answer}


async def test_tc_b_20_csms() -> None:
    """On idle, and nobody charges."""
    async with stage(V201) as on:
        await _reset(on, "Accepted", type="OnIdle")
        await booted(on, "RemoteReset")


async def test_tc_b_21_csms() -> None:
    """On idle while somebody charges: scheduled, and done after the transaction."""
    async with stage(V201) as on:
        charge = Charge(on)
        await charge.started()
        await _reset(on, "Scheduled", type="OnIdle")
        await charge.stop_authorized()
        await charge.ended("EVCommunicationLost", "EVDisconnected", "Idle")
        await booted(on, "ScheduledReset")


async def test_tc_b_22_csms() -> None:
    """At once while somebody charges: the transaction ends, and the vehicle is still there after the boot."""
    async with stage(V201) as on:
        charge = Charge(on)
        await charge.started()
        await _reset(on, "Accepted", type="Immediate")
        assert await charge.ended("ResetCommand", "ImmediateReset", "EVConnected") == {}
        await booted(on, "RemoteReset", evse_1="Occupied")


async def test_tc_b_25_csms() -> None:
    """One EVSE only."""
    async with stage(V201) as on:
        await _reset(on, "Accepted", type="OnIdle", evseId=1)


async def test_tc_b_26_csms() -> None:
    """One EVSE on which somebody charges, on idle."""
    async with stage(V201) as on:
        charge = Charge(on)
        await charge.started()
        await _reset(on, "Scheduled", type="OnIdle", evseId=1)
        await charge.stop_authorized()
        await charge.still_connected()
        await charge.disconnected()


async def test_tc_b_27_csms() -> None:
    """One EVSE on which somebody charges, at once."""
    async with stage(V201) as on:
        charge = Charge(on)
        await charge.started()
        await _reset(on, "Accepted", type="Immediate", evseId=1)
        assert await charge.ended("ResetCommand", "ImmediateReset", "EVConnected") == {}


# --- C: the cache; P ------------------------------------------------------------------------------------------------------------------


async def _clear_cache(answer: dict[str, str]) -> None:
    async with stage(V201) as on:
        ordered = await on.order("clear-cache", answer)
        assert (ordered.action, ordered.sent, ordered.told) == ("ClearCache", {}, answer)


async def test_tc_c_37_csms() -> None:
    """The cache is cleared."""
    await _clear_cache(ACCEPTED)


async def test_tc_c_38_csms() -> None:
    """The station does not clear it, and the operator is told so."""
    await _clear_cache(REJECTED)


@pytest.mark.req("P02.FR.06")
async def test_tc_p_02_csms() -> None:
    """Data of a vendor nobody here knows."""
    async with stage(V201) as on:
        answer = await on.cs.ask("DataTransfer", {"vendorId": "com.example.unheard-of", "messageId": "x"})
        assert answer["status"] in ("UnknownVendorId", "UnknownMessageId", "Rejected")


async def test_tc_p_03_csms() -> None:
    """Custom data anywhere does no harm, and what it stands in is understood."""
    custom = {"vendorId": "com.example", "something": {"deep": [1, 2]}}
    async with stage(V201) as on:
        said = {"timestamp": at(), "connectorStatus": "Occupied", "evseId": 1, "connectorId": 1, "customData": custom}
        assert await on.cs.ask("StatusNotification", said) == {}
        assert await on.shown() == "Occupied"
        charge = Charge(on)
        answer = await charge.event(
            "Started", "CablePluggedIn", "EVConnected", info={"customData": custom}, customData=custom
        )
        assert answer == {}
        assert (await on.transaction()).is_open
