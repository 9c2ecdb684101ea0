"""Central system under test, 1.6: what an operator asks for by REST, in the words of 1.6, and what becomes of the answer."""

from __future__ import annotations

from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from pilotwire.csms.gateway.passwords import hash_password
from pilotwire.domain.availability import Activity
from pilotwire.domain.provisioning import RegistrationStatus
from pilotwire.domain.transactions import StoppedReason
from tests.support.csms_stage import FAMILY, STATION, VALID, Stage, at, backend, stage
from tests.support.raw_station import station

V16 = "ocpp1.6"
TOKEN = {"idToken": VALID, "type": "ISO14443"}
ACCEPTED, REJECTED = {"status": "Accepted"}, {"status": "Rejected"}


async def _status(on: Stage, status: str, connector: int = 1) -> None:
    said = {"connectorId": connector, "errorCode": "NoError", "status": status}
    assert await on.cs.ask("StatusNotification", said) == {}


async def _start(on: Stage) -> int:
    said = {"connectorId": 1, "idTag": VALID, "meterStart": 1000, "timestamp": at()}
    answer = await on.cs.ask("StartTransaction", said)
    assert answer["idTagInfo"]["status"] == "Accepted"
    return int(answer["transactionId"])


async def _charging(on: Stage) -> int:
    """Reusable state Charging."""
    await _status(on, "Preparing")
    number = await _start(on)
    await _status(on, "Charging")
    return number


async def _stop(on: Stage, number: int, reason: str) -> None:
    said = {"transactionId": number, "meterStop": 2000, "timestamp": at(600), "reason": reason}
    assert await on.cs.ask("StopTransaction", said) == {}


# --- remote start and stop ---------------------------------------------------------------------------------------------------------


async def _remote_start(on: Stage, answer: Any) -> str:
    ordered = await on.order("request-start", answer, idToken=TOKEN, evseId=1)
    assert ordered.action == "RemoteStartTransaction"
    assert ordered.sent == {"idTag": VALID, "connectorId": 1}
    return str(ordered.told["status"])


async def _authorized(on: Stage) -> None:
    answer = await on.cs.ask("Authorize", {"idTag": VALID})
    assert answer["idTagInfo"] == {"status": "Accepted", "parentIdTag": FAMILY}


@pytest.mark.req("1.6:5.11")
async def test_tc_010_csms() -> None:
    """Cable first, then from afar."""
    async with stage(V16) as on:
        await _status(on, "Preparing")
        assert await _remote_start(on, ACCEPTED) == "Accepted"
        await _authorized(on)
        await _start(on)
        await _status(on, "Charging")
        assert (await on.connector()).state.activity is Activity.CHARGING


@pytest.mark.req("1.6:5.11")
async def test_tc_011_1_csms() -> None:
    """From afar, then the cable."""
    async with stage(V16) as on:
        assert await _remote_start(on, ACCEPTED) == "Accepted"
        await _authorized(on)
        await _status(on, "Preparing")
        await _start(on)
        await _status(on, "Charging")
        assert (await on.transaction()).is_open


@pytest.mark.req("1.6:5.11")
async def test_tc_011_2_csms() -> None:
    """From afar, and nobody plugs in."""
    async with stage(V16) as on:
        assert await _remote_start(on, ACCEPTED) == "Accepted"
        await _authorized(on)
        await _status(on, "Preparing")
        await _status(on, "Available")
        assert await on.shown() == "Available"
        assert await on.transactions() == []


@pytest.mark.req("1.6:5.11")
async def test_tc_026_csms() -> None:
    """The charge point declines, and the operator is told so."""
    async with stage(V16) as on:
        assert await _remote_start(on, REJECTED) == "Rejected"


@pytest.mark.req("1.6:5.12", "1.6:4.10")
async def test_tc_012_csms() -> None:
    """Stopped from afar, by the number the transaction was given."""
    async with stage(V16) as on:
        number = await _charging(on)
        name = (await on.transaction()).transaction_id
        ordered = await on.order("request-stop", ACCEPTED, transactionId=name)
        assert (ordered.action, ordered.sent) == ("RemoteStopTransaction", {"transactionId": number})
        assert ordered.told == {"status": "Accepted"}
        await _stop(on, number, "Remote")
        await _status(on, "Finishing")
        await _status(on, "Available")
        assert (await on.transaction()).stopped_reason is StoppedReason.REMOTE


@pytest.mark.req("1.6:5.12")
async def test_tc_028_csms() -> None:
    """The charge point declines to stop: the transaction stays open."""
    async with stage(V16) as on:
        number = await _charging(on)
        ordered = await on.order("request-stop", REJECTED, transactionId=str(number))
        assert ordered.sent == {"transactionId": number}
        assert ordered.told == {"status": "Rejected"}
        assert (await on.transaction()).is_open


# --- reset, unlock -----------------------------------------------------------------------------------------------------------------


async def _reset(kind: str, wire: str) -> None:
    """After it the charge point boots and reports."""
    async with stage(V16) as on:
        ordered = await on.order("reset", ACCEPTED, type=kind)
        assert (ordered.action, ordered.sent) == ("Reset", {"type": wire})
        assert ordered.told == {"status": "Accepted"}
        assert (await on.cs.boot())["status"] == "Accepted"
        for connector in (0, 1, 2):
            await _status(on, "Available", connector)
        assert await on.shown() == "Available"


@pytest.mark.req("1.6:5.14", "1.6:4.2")
async def test_tc_013_csms() -> None:
    """Hard."""
    await _reset("Immediate", "Hard")


@pytest.mark.req("1.6:5.14", "1.6:4.2")
async def test_tc_014_csms() -> None:
    """Soft."""
    await _reset("OnIdle", "Soft")


async def _unlock(on: Stage, status: str, connector: int = 1) -> str:
    ordered = await on.order("unlock", {"status": status}, evseId=connector)
    assert (ordered.action, ordered.sent) == ("UnlockConnector", {"connectorId": connector})
    return str(ordered.told["status"])


@pytest.mark.req("1.6:5.18")
async def test_tc_017_1_csms() -> None:
    """A socket nobody uses."""
    async with stage(V16) as on:
        assert await _unlock(on, "Unlocked") == "Unlocked"


@pytest.mark.req("1.6:5.18")
async def test_tc_017_2_csms() -> None:
    """An attached cable."""
    async with stage(V16) as on:
        assert await _unlock(on, "NotSupported") == "NotSupported"


@pytest.mark.req("1.6:5.18", "1.6:4.10")
async def test_tc_018_1_csms() -> None:
    """While charging: the transaction ends for that."""
    async with stage(V16) as on:
        number = await _charging(on)
        assert await _unlock(on, "Unlocked") == "Unlocked"
        await _status(on, "Finishing")
        await _stop(on, number, "UnlockCommand")
        await _status(on, "Available")
        assert (await on.transaction()).stopped_reason is StoppedReason.UNLOCK_COMMAND


@pytest.mark.req("1.6:5.18")
async def test_tc_030_csms() -> None:
    """A bolt that is stuck."""
    async with stage(V16) as on:
        assert await _unlock(on, "UnlockFailed") == "UnlockFailed"


@pytest.mark.req("1.6:5.18")
async def test_tc_031_csms() -> None:
    """A connector that is not there."""
    async with stage(V16) as on:
        assert await _unlock(on, "NotSupported", 9) == "NotSupported"


# --- configuration -----------------------------------------------------------------------------------------------------------------

_SAMPLING = {"component": {"name": "SampledDataCtrlr"}, "variable": {"name": "TxUpdatedInterval"}}
_PROFILES = {"component": {"name": ""}, "variable": {"name": "SupportedFeatureProfiles"}}


@pytest.mark.req("1.6:5.8")
async def test_tc_019_1_csms() -> None:
    """All keys: the request names none, and every value reaches the operator with its accessibility."""
    keys = [
        {"key": "MeterValueSampleInterval", "readonly": False, "value": "60"},
        {"key": "NumberOfConnectors", "readonly": True, "value": "2"},
        {"key": "VendorsOwnKey", "readonly": False, "value": "x"},
    ]
    async with stage(V16) as on:
        ordered = await on.order("get-variables", {"configurationKey": keys})
        assert ordered.action == "GetConfiguration"
        assert not ordered.sent.get("key")
        told = ordered.told["getVariableResult"]
        assert [(one["attributeValue"], one["readOnly"]) for one in told] == [("60", False), ("2", True), ("x", False)]
        assert {one["attributeStatus"] for one in told} == {"Accepted"}


@pytest.mark.req("1.6:5.8")
async def test_tc_019_2_csms() -> None:
    """One key."""
    known = {"key": "SupportedFeatureProfiles", "readonly": True, "value": "Core,RemoteTrigger"}
    async with stage(V16) as on:
        ordered = await on.order("get-variables", {"configurationKey": [known]}, getVariableData=[_PROFILES])
        assert ordered.sent == {"key": ["SupportedFeatureProfiles"]}
        (told,) = ordered.told["getVariableResult"]
        assert told["attributeValue"] == "Core,RemoteTrigger"


async def _set(on: Stage, variable: Any, value: str, status: str) -> tuple[Any, str]:
    ordered = await on.order(
        "set-variables", {"status": status}, setVariableData=[variable | {"attributeValue": value}]
    )
    assert ordered.action == "ChangeConfiguration"
    return ordered.sent, ordered.told["setVariableResult"][0]["attributeStatus"]


@pytest.mark.req("1.6:5.3")
async def test_tc_021_csms() -> None:
    """A value is set."""
    async with stage(V16) as on:
        sent, told = await _set(on, _SAMPLING, "60", "Accepted")
        assert sent == {"key": "MeterValueSampleInterval", "value": "60"}
        assert told == "Accepted"


@pytest.mark.req("1.6:5.3")
async def test_tc_040_1_csms() -> None:
    """A key the charge point does not know."""
    async with stage(V16) as on:
        testing = {"component": {"name": ""}, "variable": {"name": "Testing"}}
        sent, told = await _set(on, testing, "true", "NotSupported")
        assert sent == {"key": "Testing", "value": "true"}
        assert told == "UnknownVariable"


@pytest.mark.req("1.6:5.3")
async def test_tc_040_2_csms() -> None:
    """A value the charge point does not take."""
    async with stage(V16) as on:
        sent, told = await _set(on, _SAMPLING, "-1", "Rejected")
        assert sent == {"key": "MeterValueSampleInterval", "value": "-1"}
        assert told == "Rejected"


OLD, NEW = "the-password-of-yesterday"[:20], "4F43415F4F4354545F61646D696E5F74657374"


@pytest.mark.req("1.6:5.3", "J16:6.2.2")
async def test_tc_073_csms() -> None:
    """Another password, which the charge point presents from then on; the old one no longer opens the door."""
    async with backend(no_auth=False) as (csms, operator):
        await Stage(csms, operator, None).register(RegistrationStatus.ACCEPTED, hash_password(OLD))  # type: ignore[arg-type]
        async with station(csms, STATION, V16, password=OLD) as cs:
            on = Stage(csms, operator, cs)
            await cs.boot()
            secret = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
            sent, told = await _set(on, secret, NEW, "Accepted")
            assert sent == {"key": "AuthorizationKey", "value": NEW}
            assert told == "Accepted"
        async with station(csms, STATION, V16, password=bytes.fromhex(NEW).decode()) as cs:
            assert (await cs.boot())["status"] == "Accepted"
        with pytest.raises(InvalidStatus, match="401"):
            async with station(csms, STATION, V16, password=OLD):
                pass


# --- triggers, cache, data ---------------------------------------------------------------------------------------------------------


async def _trigger(on: Stage, message: str, status: str = "Accepted", **evse: Any) -> tuple[Any, str]:
    ordered = await on.order("trigger-message", {"status": status}, requestedMessage=message, **evse)
    assert ordered.action == "TriggerMessage"
    return ordered.sent, ordered.told["status"]


@pytest.mark.req("1.6:5.17")
async def test_tc_054_csms() -> None:
    """Each message is asked for, comes, and is answered."""
    value = [{"timestamp": at(), "sampledValue": [{"value": "1000", "context": "Trigger"}]}]
    async with stage(V16) as on:
        sent, told = await _trigger(on, "MeterValues", evse={"id": 1})
        assert (sent, told) == ({"requestedMessage": "MeterValues", "connectorId": 1}, "Accepted")
        assert await on.cs.ask("MeterValues", {"connectorId": 1, "meterValue": value}) == {}
        sent, told = await _trigger(on, "Heartbeat")
        assert (sent, told) == ({"requestedMessage": "Heartbeat"}, "Accepted")
        assert "currentTime" in await on.cs.ask("Heartbeat", {})
        sent, told = await _trigger(on, "StatusNotification", evse={"id": 1})
        assert (sent, told) == ({"requestedMessage": "StatusNotification", "connectorId": 1}, "Accepted")
        await _status(on, "Available")
        sent, told = await _trigger(on, "DiagnosticsStatusNotification")
        assert (sent, told) == ({"requestedMessage": "DiagnosticsStatusNotification"}, "Accepted")
        assert await on.cs.ask("DiagnosticsStatusNotification", {"status": "Idle"}) == {}
        sent, told = await _trigger(on, "FirmwareStatusNotification", "NotImplemented")
        assert (sent, told) == ({"requestedMessage": "FirmwareStatusNotification"}, "NotImplemented")
        sent, told = await _trigger(on, "FirmwareStatusNotification")
        assert await on.cs.ask("FirmwareStatusNotification", {"status": "Idle"}) == {}
        assert len(await on.csms.store.readings(STATION)) == 1


@pytest.mark.req("1.6:5.17")
async def test_tc_055_csms() -> None:
    """A connector the charge point does not have."""
    async with stage(V16) as on:
        sent, told = await _trigger(on, "MeterValues", "Rejected", evse={"id": 3})
        assert (sent, told) == ({"requestedMessage": "MeterValues", "connectorId": 3}, "Rejected")


@pytest.mark.req("1.6:5.4")
async def test_tc_061_csms() -> None:
    """The cache is cleared."""
    async with stage(V16) as on:
        ordered = await on.order("clear-cache", ACCEPTED)
        assert (ordered.action, ordered.sent) == ("ClearCache", {})
        assert ordered.told == {"status": "Accepted"}


@pytest.mark.req("1.6:4.3")
async def test_tc_064_csms() -> None:
    """Data of a vendor nobody here knows."""
    async with stage(V16) as on:
        answer = await on.cs.ask("DataTransfer", {"vendorId": "com.example.unheard-of", "messageId": "x", "data": "y"})
        assert answer["status"] in ("Rejected", "UnknownMessageId", "UnknownVendorId")
