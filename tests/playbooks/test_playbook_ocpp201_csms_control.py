"""CSMS under test, 2.0.1: remote control (F) and availability (G), asked for by REST."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.csms_stage import STATION, VALID, Stage, at, stage
from tests.support.csms_stage201 import ACCEPTED, Charge, authorize, metered, status, token

# --- F: remote start ----------------------------------------------------------------------------------------------------------------


async def _start(on: Stage, **answer: str) -> int:
    """The operator starts a transaction; the remote start id the station heard."""
    ordered = await on.order("request-start", ACCEPTED | answer, idToken=token(), evseId=1)
    assert ordered.action == "RequestStartTransaction"
    assert ordered.sent["idToken"] == {"idToken": VALID, "type": "ISO14443"}
    assert ordered.sent["evseId"] == 1
    assert ordered.told["status"] == "Accepted"
    assert ordered.told["transactionId"] == answer.get("transactionId")
    assert ordered.told["remoteStartId"] == ordered.sent["remoteStartId"]
    return int(ordered.sent["remoteStartId"])


async def _told(on: Stage, charge: Charge, kind: str, remote_start_id: int) -> None:
    """The station tells of the remote start; the CSMS knows which one it was."""
    info = {"remoteStartId": remote_start_id}
    answer = await charge.event(kind, "RemoteStart", info=info, idToken=token(), evse=charge.place)
    assert answer["idTokenInfo"]["status"] == "Accepted"
    assert (await on.transaction()).remote_start_id == remote_start_id


async def test_tc_f_01_csms() -> None:
    """Cable first: the station answers with the transaction that runs already."""
    async with stage() as on:
        charge = Charge(on)
        await charge.connected()
        await _told(on, charge, "Updated", await _start(on, transactionId=charge.name))
        await charge.charging()


async def test_tc_f_02_csms() -> None:
    """From afar, and the station asks about the token first."""
    async with stage() as on:
        charge = Charge(on)
        remote_start_id = await _start(on)
        assert (await authorize(on))["status"] == "Accepted"
        await _told(on, charge, "Started", remote_start_id)
        await charge.connected()
        await charge.charging()


async def test_tc_f_03_csms() -> None:
    """From afar, and the station does not ask."""
    async with stage() as on:
        charge = Charge(on)
        await _told(on, charge, "Started", await _start(on))
        await charge.connected()
        await charge.charging()


async def test_tc_f_04_csms() -> None:
    """From afar, and nobody plugs in."""
    async with stage() as on:
        charge = Charge(on)
        await _told(on, charge, "Started", await _start(on))
        assert await charge.event("Updated", "EVConnectTimeout") == {}
        assert (await on.transaction()).is_open


async def test_tc_f_06_csms() -> None:
    """Unlock."""
    async with stage() as on:
        ordered = await on.order("unlock", {"status": "Unlocked"}, evseId=1, connectorId=1)
        assert (ordered.action, ordered.sent) == ("UnlockConnector", {"evseId": 1, "connectorId": 1})
        assert ordered.told == {"status": "Unlocked"}


# --- F: triggers --------------------------------------------------------------------------------------------------------------------


async def _trigger(on: Stage, message: str, answer: str = "Accepted", **where: Any) -> None:
    """The operator triggers a message; the station hears exactly what was asked for."""
    ordered = await on.order("trigger-message", {"status": answer}, requestedMessage=message, **where)
    assert (ordered.action, ordered.sent) == ("TriggerMessage", {"requestedMessage": message} | where)
    assert ordered.told == {"status": answer}


async def _values(on: Stage, evse: int) -> None:
    said = {"evseId": evse, "meterValue": metered(on.ticks(), 1000.0, "Trigger")}
    assert await on.cs.ask("MeterValues", said) == {}


@pytest.mark.req("F06.FR.01", "F06.FR.02", "J01.FR.18")
async def test_tc_f_11_csms() -> None:
    """Meter values of one EVSE."""
    async with stage() as on:
        await _trigger(on, "MeterValues", evse={"id": 1})
        await _values(on, 1)


@pytest.mark.req("F06.FR.01")
async def test_tc_f_12_csms() -> None:
    """Meter values of all EVSEs."""
    async with stage() as on:
        await _trigger(on, "MeterValues")
        for evse in (1, 2):
            await _values(on, evse)
        assert len(await on.csms.store.readings(STATION)) == 2


async def _event(charge: Charge) -> None:
    value = metered(60, 1000.0, "Trigger")
    assert await charge.event("Updated", "Trigger", "Charging", meterValue=value, evse=charge.place) == {}


@pytest.mark.req("F06.FR.01", "F06.FR.02", "J02.FR.19")
async def test_tc_f_13_csms() -> None:
    """A transaction event of one EVSE."""
    async with stage() as on:
        charge = Charge(on)
        await charge.started()
        await _trigger(on, "TransactionEvent", evse={"id": 1})
        await _event(charge)


@pytest.mark.req("F06.FR.01", "J02.FR.19")
async def test_tc_f_14_csms() -> None:
    """A transaction event of every EVSE that has one."""
    async with stage() as on:
        charges = Charge(on), Charge(on, "tx-2", evse=2)
        await charges[0].started()
        await charges[1].connected()
        await _trigger(on, "TransactionEvent")
        for charge in charges:
            await _event(charge)
        assert all(booked.missing_seq_nos == () for booked in await on.transactions())


@pytest.mark.req("F06.FR.01")
async def test_tc_f_15_csms() -> None:
    """The state of a log upload."""
    async with stage() as on:
        await _trigger(on, "LogStatusNotification")
        assert await on.cs.ask("LogStatusNotification", {"status": "Idle"}) == {}


@pytest.mark.req("F06.FR.01")
async def test_tc_f_18_csms() -> None:
    """The state of a firmware update."""
    async with stage() as on:
        await _trigger(on, "FirmwareStatusNotification")
        assert await on.cs.ask("FirmwareStatusNotification", {"status": "Idle"}) == {}


@pytest.mark.req("F06.FR.01")
async def test_tc_f_20_csms() -> None:
    """A heartbeat."""
    async with stage() as on:
        await _trigger(on, "Heartbeat")
        assert (await on.cs.ask("Heartbeat", {}))["currentTime"].endswith("Z")


@pytest.mark.req("F06.FR.01", "F06.FR.02", "F06.FR.13")
async def test_tc_f_23_csms() -> None:
    """A connector's state, when it is free; without a connector the question is not sent."""
    async with stage() as on:
        problem = await on.refused("trigger-message", requestedMessage="StatusNotification", evse={"id": 1})
        assert "connector" in problem["detail"]
        await _trigger(on, "StatusNotification", evse={"id": 1, "connectorId": 1})
        await status(on, "Available")


@pytest.mark.req("F06.FR.01", "F06.FR.02", "F06.FR.13")
async def test_tc_f_24_csms() -> None:
    """A connector's state, when it is taken: it is told again, and stays what it was."""
    async with stage() as on:
        await status(on, "Occupied")
        await _trigger(on, "StatusNotification", evse={"id": 1, "connectorId": 1})
        await status(on, "Occupied")


async def test_tc_f_27_csms() -> None:
    """A message the station does not have."""
    async with stage() as on:
        await _trigger(on, "SignCombinedCertificate", "NotImplemented")


# --- G: availability ----------------------------------------------------------------------------------------------------------------

STATION_WIDE: dict[str, Any] = {}
EVSE: dict[str, Any] = {"evse": {"id": 1}}
CONNECTOR: dict[str, Any] = {"evse": {"id": 1, "connectorId": 1}}


async def _change(on: Stage, wanted: str, where: dict[str, Any], answer: str = "Accepted") -> None:
    ordered = await on.order("change-availability", {"status": answer}, operationalStatus=wanted, **where)
    assert (ordered.action, ordered.sent) == ("ChangeAvailability", {"operationalStatus": wanted} | where)
    assert ordered.told == {"status": answer}


def _evses(where: dict[str, Any]) -> tuple[int, ...]:
    return (1,) if where else (1, 2)


async def _out(on: Stage, where: dict[str, Any]) -> None:
    """Reusable state Unavailable."""
    await _change(on, "Inoperative", where)
    for evse in _evses(where):
        await status(on, "Unavailable", evse)


async def _out_and_in(where: dict[str, Any]) -> None:
    async with stage() as on:
        await _out(on, where)
        await _change(on, "Operative", where)
        for evse in _evses(where):
            await status(on, "Available", evse)


async def _out_while_charging(where: dict[str, Any]) -> None:
    """Scheduled, and done when the transaction is over."""
    async with stage() as on:
        charge = Charge(on)
        await charge.started()
        await _change(on, "Inoperative", where, "Scheduled")
        assert await on.shown() == "Occupied"
        await charge.stop_authorized()
        await charge.still_connected()
        await charge.disconnected()
        for evse in _evses(where):
            await status(on, "Unavailable", evse)


async def test_tc_g_03_csms() -> None:
    """An EVSE out of use."""
    async with stage() as on:
        await _out(on, EVSE)


async def test_tc_g_04_csms() -> None:
    """An EVSE back in use."""
    await _out_and_in(EVSE)


async def test_tc_g_05_csms() -> None:
    """The station out of use: no EVSE is named."""
    async with stage() as on:
        await _out(on, STATION_WIDE)


async def test_tc_g_06_csms() -> None:
    """The station back in use."""
    await _out_and_in(STATION_WIDE)


async def test_tc_g_07_csms() -> None:
    """A connector out of use."""
    async with stage() as on:
        await _out(on, CONNECTOR)


async def test_tc_g_08_csms() -> None:
    """A connector back in use."""
    await _out_and_in(CONNECTOR)


async def test_tc_g_11_csms() -> None:
    """An EVSE on which somebody charges."""
    await _out_while_charging(EVSE)


async def test_tc_g_14_csms() -> None:
    """A station at which somebody charges."""
    await _out_while_charging(STATION_WIDE)


async def test_tc_g_17_csms() -> None:
    """A connector at which somebody charges."""
    await _out_while_charging(CONNECTOR)


@pytest.mark.req("G05.FR.03")
async def test_tc_g_20_csms() -> None:
    """A lock that fails is told, and the telling answered."""
    event = {
        "eventId": 1,
        "timestamp": at(),
        "trigger": "Delta",
        "actualValue": "true",
        "eventNotificationType": "HardWiredNotification",
        "component": {"name": "ConnectorPlugRetentionLock", "evse": {"id": 1, "connectorId": 1}},
        "variable": {"name": "Problem"},
    }
    async with stage() as on:
        said = {"generatedAt": at(), "seqNo": 0, "eventData": [event]}
        assert await on.cs.ask("NotifyEvent", said) == {}
        logged = await on.csms.store.log(STATION, action="NotifyEvent")
        assert any("ConnectorPlugRetentionLock" in frame.frame for frame in logged)
