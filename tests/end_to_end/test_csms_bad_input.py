"""What stations and strangers do wrong, and what the CSMS makes of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from pilotwire.csms.app import Csms
from pilotwire.csms.gateway.passwords import hash_password
from pilotwire.csms.store.listeners import Listener
from pilotwire.csms.store.memory import MemoryJournal
from pilotwire.csms.store.ports import KeepFinding, Operation, RecordConnection, RegisterStation
from pilotwire.domain.findings import Finding
from pilotwire.domain.provisioning import RegistrationStatus, UnknownStations
from pilotwire.errors import ConfigError, StoreError
from tests.support.raw_station import PATIENCE, settings, station

PASSWORD = "0123456789abcdefXYZ"


@pytest.fixture
async def csms() -> AsyncIterator[Csms]:
    async with Csms(settings()) as running:
        yield running


async def _finding(csms: Csms, rule: str, identity: str = "CS001") -> Finding:
    """The finding of a rule, as soon as it is there."""
    listener: Any = csms.journal.committed()
    known = [finding for finding in await csms.store.findings(identity) if finding.rule == rule]
    return known[0] if known else await asyncio.wait_for(_next_finding(listener, rule, identity), PATIENCE)


async def _next_finding(listener: Listener, rule: str, identity: str) -> Finding:
    async for operation, _ in listener:
        if isinstance(operation, KeepFinding) and (operation.finding.rule, operation.finding.station) == (
            rule,
            identity,
        ):
            return operation.finding
    raise AssertionError("the journal ended")


async def _register(csms: Csms, identity: str = "CS001", **record: Any) -> None:
    fields = {"registration": RegistrationStatus.ACCEPTED} | record
    await csms.journal.append(RegisterStation(station=identity, at=csms.clock.now(), **fields))


# --- who may connect ---------------------------------------------------------------------------------------------------------------


@pytest.mark.req("A00.FR.207", "J16:6.2.2")
@pytest.mark.parametrize("password", [None, "wrong", PASSWORD + " "])
async def test_a_wrong_password_is_turned_away(csms: Csms, password: str | None) -> None:
    """HTTP 401 with a challenge, and a finding; the right one gets in."""
    await _register(csms, password_hash=hash_password(PASSWORD))
    with pytest.raises(InvalidStatus) as caught:
        async with station(csms, password=password):
            pass
    response = caught.value.response
    assert response.status_code == 401
    assert "Basic" in response.headers["WWW-Authenticate"]
    assert "password" in (await _finding(csms, "gateway:turned-away")).what
    async with station(csms, password=PASSWORD) as cs:
        assert (await cs.boot())["status"] == "Accepted"


async def test_without_authentication_no_password_is_asked_for() -> None:
    """The lab's --no-auth."""
    async with Csms(settings(no_auth=True)) as csms:
        await _register(csms, password_hash=hash_password(PASSWORD))
        async with station(csms) as cs:
            assert (await cs.boot())["status"] == "Accepted"


@pytest.mark.req("J16:3.2", "J2:3.2")
async def test_an_unknown_station_is_not_found_if_that_is_the_policy() -> None:
    """HTTP 404; a registered one gets in."""
    async with Csms(settings(unknown_stations=UnknownStations.REJECT)) as csms:
        with pytest.raises(InvalidStatus) as caught:
            async with station(csms):
                pass
        assert caught.value.response.status_code == 404
        await _register(csms)
        async with station(csms) as cs:
            assert (await cs.boot())["status"] == "Accepted"


async def test_an_unknown_station_waits_if_that_is_the_policy() -> None:
    """It gets in and is told to come again; the next boot after its registration is accepted."""
    async with Csms(settings(unknown_stations=UnknownStations.PENDING, retry_interval=7)) as csms, station(csms) as cs:
        told = await cs.boot()
        assert (told["status"], told["interval"]) == ("Pending", 7)
        await _register(csms)
        assert (await cs.boot())["status"] == "Accepted"


@pytest.mark.req("J16:3.2", "J2:3.2")
async def test_a_station_of_another_version_is_told_why(csms: Csms) -> None:
    """The handshake is completed and the connection closed; the finding names what is spoken here."""
    with pytest.raises(ConnectionClosed):
        async with station(csms, version="ocpp2.0") as cs:
            await cs.hear()
    assert "ocpp2.0.1" in (await _finding(csms, "gateway:turned-away")).what


async def test_a_browser_is_told_what_this_is(csms: Csms) -> None:
    """No stack trace, no empty page."""
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{csms.urls.ocpp.replace('ws:', 'http:')}/CS001")
    assert answer.status_code == 426
    assert "charging stations" in answer.text


async def test_the_newest_of_two_connections_counts(csms: Csms) -> None:
    """Stations come back before their dead line is noticed: the old one is closed with the reason, the new one works."""
    async with station(csms) as old:
        await old.boot()
        async with station(csms) as new:
            code, reason = await old.ending()
            assert (code, reason) == (1008, "replaced by a newer connection of this station")
            assert "currentTime" in await new.ask("Heartbeat", {})
            assert csms.gateway.is_connected("CS001")
            record = await csms.store.station("CS001")
            assert record is not None
            assert record.connected
            assert "connected again" in (await _finding(csms, "gateway:second-connection")).what


# --- what may be said ----------------------------------------------------------------------------------------------------------------


@pytest.mark.req("B01.FR.10", "B02.FR.09", "1.6:4.2")
@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1"])
async def test_who_is_not_accepted_may_only_boot(version: str) -> None:
    """SecurityError and a finding, before the first boot and while pending."""
    async with Csms(settings(unknown_stations=UnknownStations.PENDING)) as csms:
        async with station(csms, version=version) as cs:
            assert (await cs.call("Heartbeat", {}))[2] == "SecurityError"
            await cs.boot()
            assert (await cs.call("Heartbeat", {}))[2] == "SecurityError"
        assert (await _finding(csms, "provisioning:not-accepted")).message_id


@pytest.mark.req("B03.FR.07")
async def test_a_rejected_station_is_refused(csms: Csms) -> None:
    """The operator has rejected this one."""
    await _register(csms, registration=RegistrationStatus.REJECTED)
    async with station(csms, version="ocpp2.0.1") as cs:
        assert (await cs.boot())["status"] == "Rejected"
        assert (await cs.call("Heartbeat", {}))[2] == "SecurityError"


@pytest.mark.req("J16:4.2.3", "J2:4.3")
@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1"])
async def test_an_unknown_action_is_not_implemented(csms: Csms, version: str) -> None:
    """And the connection stays."""
    async with station(csms, version=version) as cs:
        await cs.boot()
        assert (await cs.call("MakeCoffee", {}))[:4:2] == [4, "NotImplemented"]
        assert "currentTime" in await cs.ask("Heartbeat", {})
        assert "MakeCoffee" in (await _finding(csms, "J16:4.2.1" if version == "ocpp1.6" else "J2:4.1.7")).what


@pytest.mark.req("J16:4.2.3")
async def test_a_wrong_field_is_told_with_its_path(csms: Csms) -> None:
    """The error names the place, and so does the finding."""
    async with station(csms) as cs:
        await cs.boot()
        error = await cs.call("Authorize", {"idTag": 5})
        assert error[2] == "TypeConstraintViolation"
        assert "$.idTag" in error[3]
        assert (await _finding(csms, "schema:type")).path == "$.idTag"


@pytest.mark.parametrize(
    "frame", ["", "{}", "[", "[2]", '[2,"x"]', '[2,"x","Heartbeat"]', "null", "[[[[", "\u0000", '[9,"x",{}]']
)
@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1"])
async def test_what_is_no_frame_is_a_finding_and_nothing_breaks(csms: Csms, version: str, frame: str) -> None:
    """Whatever is answered, the next call works and a finding is kept."""
    async with station(csms, version=version) as cs:
        await cs.boot()
        await cs.say(frame)
        await cs.say([2, "alive", "Heartbeat", {}])
        while (answer := await cs.hear())[0] == 4:
            pass
        assert answer[:2] == [3, "alive"]
        assert await csms.store.findings("CS001")


async def test_a_binary_message_ends_the_connection_with_the_reason(csms: Csms) -> None:
    """OCPP-J is text."""
    async with station(csms) as cs:
        await cs.boot()
        await cs.say(b"\x00\xff")
        assert (await cs.ending())[0] == 1003
        assert "binary" in (await _finding(csms, "gateway:closed")).what


async def test_an_oversized_message_ends_the_connection_with_the_reason() -> None:
    """Sixty kilobytes where four are allowed: 1009, a finding, and the station may come back."""
    async with Csms(settings(max_message_bytes=4096)) as csms:
        async with station(csms) as cs:
            await cs.boot()
            await cs.say("x" * 60_000)
            assert (await cs.ending())[0] == 1009
        await _finding(csms, "gateway:closed")
        async with station(csms) as cs:
            assert "currentTime" in await cs.ask("Heartbeat", {})


# --- when nothing can be stored ------------------------------------------------------------------------------------------------------


async def test_what_cannot_be_stored_is_not_answered_with_a_result(csms: Csms, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk: 1013, so the station keeps the message until it is connected again (E12, 1.6:3.7); then it is booked.

    What is not about a transaction is answered with InternalError.
    """
    start = {"connectorId": 1, "idTag": "card", "meterStart": 1000, "timestamp": "2026-01-01T10:00:00Z"}
    async with station(csms) as cs:
        await cs.boot()

        async def full(*operations: Operation) -> Sequence[Any]:
            raise StoreError("The disk is full.")

        monkeypatch.setattr(csms.journal, "append", full)
        assert (await cs.call("FirmwareStatusNotification", {"status": "Installed"}))[2] == "InternalError"
        assert "currentTime" in await cs.ask("Heartbeat", {})
        await cs.say([2, "start-1", "StartTransaction", start])
        code, reason = await cs.ending()
        assert (code, "try again later" in reason) == (1013, True)
        assert await csms.store.transactions() == []
        monkeypatch.undo()
    async with station(csms) as cs:
        assert (await cs.ask("StartTransaction", start))["transactionId"] == 1


async def test_a_station_is_sent_away_while_its_connection_cannot_be_recorded(
    csms: Csms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Close code 1013: try again later."""

    async def full(*operations: Operation) -> Sequence[Any]:
        raise StoreError("The disk is full.")

    monkeypatch.setattr(csms.journal, "append", full)
    async with station(csms) as cs:
        assert (await cs.ending())[0] == 1013
    assert not csms.gateway.is_connected("CS001")


async def test_a_database_that_cannot_be_read_is_service_unavailable(
    csms: Csms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTP 503 rather than letting a station in unchecked."""

    async def broken(identity: str) -> None:
        raise StoreError("The database is locked.")

    monkeypatch.setattr(csms.store, "station", broken)
    with pytest.raises(InvalidStatus) as caught:
        async with station(csms):
            pass
    assert caught.value.response.status_code == 503


# --- beginning and end ---------------------------------------------------------------------------------------------------------------


async def test_a_taken_port_is_told(csms: Csms) -> None:
    """Which port, and what to do; and the store is closed again."""
    with pytest.raises(ConfigError, match=f"Port {csms.ocpp_port} .*taken"):
        async with Csms(settings(ocpp_port=csms.ocpp_port)):
            pass


async def test_a_database_of_an_unknown_kind_is_told() -> None:
    """Before any port is opened."""
    with pytest.raises(ConfigError, match="oracle"):
        async with Csms(settings(database="oracle://db")):
            pass


async def test_stopping_answers_what_is_in_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call being stored when the CSMS is asked to stop gets its answer; then the connection ends with 1001."""
    csms = Csms(settings())
    await csms.__aenter__()
    async with station(csms) as cs:
        await cs.boot()
        storing, go_on = asyncio.Event(), asyncio.Event()
        journal = csms.journal
        assert isinstance(journal, MemoryJournal)
        append = journal.append

        async def slowly(*operations: Operation) -> Sequence[Any]:
            storing.set()
            await go_on.wait()
            return await append(*operations)

        monkeypatch.setattr(journal, "append", slowly)
        await cs.say([2, "last", "FirmwareStatusNotification", {"status": "Installed"}])
        await storing.wait()
        stopping = asyncio.create_task(csms.__aexit__(None, None, None))
        with pytest.raises(InvalidStatus) as caught:
            async with station(csms, "CS002"):
                pass
        assert caught.value.response.status_code == 503
        go_on.set()
        assert await cs.hear() == [3, "last", {}]
        assert await cs.ending() == (1001, "this CSMS is shutting down")
        await stopping


async def test_after_a_crash_nobody_is_connected(tmp_path: Any) -> None:
    """Records that say otherwise are set right at the start, and keep when the station was last seen."""
    url = f"sqlite:///{tmp_path / 'crash.db'}"
    async with Csms(settings(database=url)) as csms:
        seen = csms.clock.now()
        await csms.journal.append(RecordConnection(station="CS001", connected=True, at=seen, version="1.6"))
    async with Csms(settings(database=url)) as csms:
        record = await csms.store.station("CS001")
        assert record is not None
        assert (record.connected, record.version, record.last_seen_at) == (False, "1.6", seen)


async def test_what_was_answered_is_there_after_a_restart(tmp_path: Any) -> None:
    """On disk, frames included."""
    url = f"sqlite:///{tmp_path / 'csms.db'}"
    start = {"connectorId": 1, "idTag": "card", "meterStart": 1000, "timestamp": "2026-01-01T10:00:00Z"}
    async with Csms(settings(database=url)) as csms, station(csms) as cs:
        await cs.boot()
        number = (await cs.ask("StartTransaction", start))["transactionId"]
    async with Csms(settings(database=url)) as csms:
        assert await csms.store.transaction("CS001", str(number)) is not None
        assert len(await csms.store.log("CS001", action="StartTransaction")) == 2
        async with station(csms) as cs:  # no boot: it was accepted before, and its line was merely lost
            assert (await cs.ask("StartTransaction", start))["transactionId"] == number
