"""Who may charge, over real sockets: lists kept in step, limits, blocked tokens, and a decider elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from pilotwire.csms.app import Csms
from pilotwire.csms.services import local_lists
from tests.support.every_action import client_of
from tests.support.http_answers import http_answers
from tests.support.raw_station import RawStation, settings, station

VERSIONS = ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")
each_version = pytest.mark.parametrize("version", VERSIONS)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_lists, "SETTLE", 0.05)
    monkeypatch.setattr(local_lists, "LOOK", 0.02)


async def _list_asked(line: RawStation, version: str, has: int) -> None:
    number = "listVersion" if version == "ocpp1.6" else "versionNumber"
    assert (await line.answer({number: has}))[2] == "GetLocalListVersion"


async def _list_sent(line: RawStation, version: str, status: str = "Accepted") -> tuple[str, int, list[str]]:
    """What the station is sent: the kind, the number, and the tokens."""
    while True:
        call: list[Any] = await line.hear()
        if call[2] == "SendLocalList":
            break
        await line.say([4, call[1], "NotSupported", "", {}])  # it does not tell how much it takes at once
    await line.say([3, call[1], {"status": status}])
    old = version == "ocpp1.6"
    entries = call[3].get("localAuthorizationList", [])
    tokens = [entry["idTag"] if old else entry["idToken"]["idToken"] for entry in entries]
    return call[3]["updateType"], call[3]["listVersion" if old else "versionNumber"], tokens


@pytest.mark.req("D01.FR.15", "D01.FR.16")
@each_version
async def test_a_list_is_kept_in_step_by_itself(version: str) -> None:
    """All of it on the first connection, a change as one, and all of it again where the change did not fit."""
    async with Csms(settings(no_auth=True)) as csms, client_of(csms) as api, station(csms, "CS001", version) as line:
        await api.put("/tokens/A", params={"type": "ISO14443"}, json={})
        await api.put("/local-list-policy", json={})
        await line.boot()
        await _list_asked(line, version, 5)
        assert await _list_sent(line, version) == ("Full", 6, ["A"])
        await api.put("/tokens/B", params={"type": "ISO14443"}, json={})
        await _list_asked(line, version, 6)
        assert await _list_sent(line, version) == ("Differential", 7, ["B"])
        await api.delete("/tokens/A")
        await _list_asked(line, version, 7)
        kind, number, (token,) = await _list_sent(line, version, "VersionMismatch")
        assert (kind, number, token.upper()) == ("Differential", 8, "A")
        assert await _list_sent(line, version) == ("Full", 8, ["B"])
        shown = (await api.get("/stations/CS001/local-list")).json()
    assert (shown["versionNumber"], shown["entries"]) == (8, 1)


async def test_a_quiet_station_is_sent_no_list() -> None:
    """Only what somebody asks for."""
    async with Csms(settings(no_auth=True, quiet=True)) as csms, client_of(csms) as api:
        await api.put("/tokens/A", json={})
        await api.put("/local-list-policy", json={})
        async with station(csms) as line:
            await line.boot()
            for _ in range(5):  # whatever came unasked would be heard before the answer
                assert "currentTime" in await line.ask("Heartbeat", {})


def _started(token: str) -> Any:
    return {"connectorId": 1, "idTag": token, "meterStart": 0, "timestamp": "2026-01-01T00:00:00Z"}


@pytest.mark.req("1.6:5.11")
async def test_a_transaction_beyond_its_limit_is_stopped() -> None:
    """By a remote stop in 1.6, which cannot be told a limit."""
    said = {"status": "Accepted", "transactionLimit": {"maxEnergy": 1000}}
    async with (
        http_answers(said) as decider,
        Csms(settings(authorization_url=decider.url)) as csms,
        station(csms) as line,
    ):
        await line.boot()
        number = (await line.ask("StartTransaction", _started("04A1")))["transactionId"]
        sample = {"value": "1000", "measurand": "Energy.Active.Import.Register", "unit": "Wh"}
        reading = {"timestamp": "2026-01-01T00:10:00Z", "sampledValue": [sample]}
        await line.ask("MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": [reading]})
        call = await line.answer({"status": "Accepted"})
    assert (call[2], call[3]) == ("RemoteStopTransaction", {"transactionId": number})
    assert [b'"purpose":"start"' in body for _, _, body in decider.heard] == [True]


@each_version
async def test_blocking_a_token_clears_the_caches_where_it_was_used(version: str) -> None:
    """If that is wanted."""
    async with (
        Csms(settings(no_auth=True, clear_blocked=True)) as csms,
        client_of(csms) as api,
        station(csms, "CS001", version) as line,
    ):
        await line.boot()
        now = csms.clock.now().isoformat()
        if version == "ocpp1.6":
            await line.ask("StartTransaction", _started("04A1") | {"timestamp": now})
        else:
            token = {"idToken": "04A1", "type": "ISO14443"}
            info = {"transactionId": "tx-1"}
            common = {"eventType": "Started", "timestamp": now, "triggerReason": "Authorized"}
            await line.ask("TransactionEvent", common | {"seqNo": 0, "idToken": token, "transactionInfo": info})
        await api.put("/tokens/04A1", json={"status": "Blocked"})
        assert (await line.answer({"status": "Accepted"}))[2] == "ClearCache"


@each_version
async def test_a_decider_elsewhere_decides_and_may_fall_silent(version: str) -> None:
    """Its verdict reaches the station in every version; when it is silent the tokens here count."""
    old = version == "ocpp1.6"
    ask: Any = {"idTag": "04A1"} if old else {"idToken": {"idToken": "04A1", "type": "ISO14443"}}
    info = "idTagInfo" if old else "idTokenInfo"
    async with (
        http_answers({"status": "Blocked"}) as decider,
        Csms(settings(no_auth=True, authorization_url=decider.url, authorization_timeout=1.5)) as csms,
        client_of(csms) as api,
        station(csms, "CS001", version) as line,
    ):
        await line.boot()
        await api.put("/tokens/04A1", json={})
        assert (await line.ask("Authorize", ask))[info]["status"] == "Blocked"
        decider.silent = True
        assert (await line.ask("Authorize", ask))[info]["status"] == "Accepted"
        findings = (await api.get("/findings", params={"station": "CS001"})).text
    assert "authorization:decider-failed" in findings


@pytest.mark.req("E16.FR.02", "E16.FR.12")
async def test_a_station_of_2_1_is_told_the_limit_it_supports() -> None:
    """After it has said that it does."""
    limit = {"maxEnergy": 5000, "maxTime": 3600}
    token = {"idToken": "04A1", "type": "ISO14443"}
    async with (
        http_answers({"status": "Accepted", "transactionLimit": limit}) as decider,
        Csms(settings(authorization_url=decider.url)) as csms,
        station(csms, "CS001", "ocpp2.1") as line,
    ):
        await line.boot()
        variable = {
            "component": {"name": "TxCtrlr"},
            "variable": {"name": "SupportedLimits"},
            "variableAttribute": [{"value": "maxEnergy"}],
        }
        report = {"requestId": 1, "generatedAt": "2026-01-01T00:00:00Z", "seqNo": 0, "reportData": [variable]}
        await line.ask("NotifyReport", report)
        event = {
            "eventType": "Started",
            "timestamp": "2026-01-01T00:00:00Z",
            "triggerReason": "Authorized",
            "seqNo": 0,
            "idToken": token,
            "transactionInfo": {"transactionId": "tx-1"},
        }
        told = await line.ask("TransactionEvent", event)
    assert told["transactionLimit"] == {"maxEnergy": 5000}
