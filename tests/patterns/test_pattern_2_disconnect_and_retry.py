"""Pattern 2, disconnect and retry: cut at every kind of moment, the station is back as the standard says, and each event arrives once."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from pilotwire.station.core.logs_memory import SecurityLogMemory
from pilotwire.station.keeping_up import LEAST_WAIT
from pilotwire.station.line import Line
from pilotwire.station.storage import MemoryStorage
from tests.support.pattern_moves import OF_TRANSACTIONS, but, of_transactions, trigger
from tests.support.scripted_csms import SILENCE, Heard, ScriptedCsms, accepting, scripted_csms
from tests.support.station_lab import VERSIONS, Lab, lab

each_version = pytest.mark.parametrize("version", VERSIONS)
EVENT = "TransactionEvent"
Moment = Callable[[str, Any], bool]


# --- cut at every kind of moment --------------------------------------------------------------------------------------


def _is(kind_16: str, kind_2: str) -> Moment:
    def meant(action: str, payload: Any) -> bool:
        return action == kind_16 or (action == EVENT and payload["eventType"] == kind_2)

    return meant


MOMENTS: dict[str, Moment] = {
    "start": _is("StartTransaction", "Started"),
    "sample": _is("MeterValues", "Updated"),
    "end": _is("StopTransaction", "Ended"),
    "status": lambda action, _: action == "StatusNotification",
    "authorize": lambda action, _: action == "Authorize",
}
CUTS: dict[str, Callable[[ScriptedCsms], None]] = {
    "line broken": lambda csms: csms.drop(),
    "in mid-frame": lambda csms: _half_a_frame(csms),
}


def _half_a_frame(csms: ScriptedCsms) -> None:
    """The head of a text frame of 200 bytes and ten of them, then the line breaks."""
    csms.lines[-1].transport.write(b"\x81\x7e\x00\xc8" + b'[3,"abcdef')
    asyncio.get_running_loop().call_later(0.02, csms.lines[-1].transport.abort)


@pytest.mark.req("E04.FR.01", "E01.FR.07")
@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("moment", MOMENTS)
@each_version
async def test_the_answer_never_came(version: str, moment: str, cut: str) -> None:
    """The CSMS has the message and the line breaks instead of an answer: said again, in order, and nothing else is lost or doubled."""
    meant, done = MOMENTS[moment], list[str]()
    async with scripted_csms(version) as csms, lab(csms.url, version) as one:

        def once(action: str, payload: Any) -> Any:
            if done or not meant(action, payload) or not csms.of("BootNotification"):
                return accepting(action, payload)
            done.append(action)
            CUTS[cut](csms)
            return SILENCE

        csms.reply = once
        await _whole_charge(one, lambda: bool(done) or moment != "sample")
        assert done, "the moment never came"
        assert csms.heard[0].action == "BootNotification"
        assert [call.connection for call in csms.heard if call.action == "BootNotification"] == [1]
        _each_once_and_in_order(version, of_transactions(csms))


async def _whole_charge(one: Lab, enough: Callable[[], bool]) -> None:
    """Begin, energy until it is enough, end, and all of it delivered; whoever is turned away by a broken line taps again."""
    await one.until_accepted()
    one.plug()
    one.tap()
    for _ in range(20):
        try:
            await asyncio.wait_for(one.until_charged(), 1)
            break
        except TimeoutError:
            if one.overview.evses[0].id_token is None:
                one.tap()
    await one.until(enough, "enough")
    one.tap()
    await one.until_ended()


def _each_once_and_in_order(version: str, calls: list[Heard]) -> None:
    """Repeated messages are the same ones again; without them it is one whole transaction."""
    once: list[Any] = []
    for call in calls:
        said = (call.action, {name: part for name, part in call.payload.items() if name != "offline"})
        if said not in once:
            once.append(said)
    if version == "1.6":
        actions = [action for action, _ in once]
        assert actions[0] == "StartTransaction"
        assert actions[-1] == "StopTransaction"
        assert set(actions[1:-1]) <= {"MeterValues"}
        assert {payload["transactionId"] for action, payload in once if action != "StartTransaction"} == {7}
        return
    kinds = [payload["eventType"] for _, payload in once]
    assert kinds == ["Started", *["Updated"] * (len(kinds) - 2), "Ended"]
    assert [payload["seqNo"] for _, payload in once] == list(range(len(once)))
    assert len({payload["transactionInfo"]["transactionId"] for _, payload in once}) == 1


# --- closed by the other side --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1008, 1011, 1012, 1013, 4000])
@each_version
async def test_the_csms_closes(version: str, code: int) -> None:
    """Whatever its reason: the station is back without a boot, charging goes on, and the end arrives."""
    async with scripted_csms(version) as csms, lab(csms.url, version) as one:
        await one.charge()
        await csms.lines[-1].close(code, "not now")
        await one.until(lambda: len(csms.lines) == 2 and one.station.line.is_up, "back")
        await one.until_charged()
        one.tap()
        await one.until_ended()
        assert len(csms.of("BootNotification")) == 1
        _each_once_and_in_order(version, of_transactions(csms))


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 502, 503])
@each_version
async def test_a_refused_handshake_in_mid_transaction(version: str, status: int) -> None:
    """The car charges on; when the door opens again, all of it is told. Only a 401 is an event in the security log."""
    storage = MemoryStorage()
    async with scripted_csms(version) as csms, lab(csms.url, version, storage=storage) as one:
        await one.charge()
        csms.refuse = status
        csms.drop()
        await one.until(lambda: csms.attempts >= 3 and str(status) in one.station.line.trouble, "refused twice")
        await one.until_charged()
        one.tap()
        await one.until(lambda: one.overview.evses[0].transaction_id is None, "ended")
        csms.refuse = None
        await one.until_ended()
        assert len(csms.of("BootNotification")) == 1
        _each_once_and_in_order(version, of_transactions(csms))
        saved = storage.load()
        assert saved is not None
        logged = [event.type for event in saved.part(SecurityLogMemory).events]
        assert ("FailedToAuthenticateAtCsms" in logged) == (status == 401)


@pytest.mark.parametrize("offered", [None, "ocpp1.5", "soap"], ids=["none", "an old one", "no ocpp"])
@each_version
async def test_another_subprotocol_is_no_connection(version: str, offered: str | None) -> None:
    """A server that agrees to what was not offered, or to nothing, hears no OCPP at all."""
    heard = bytearray()
    async with _bare_server(offered, heard) as port, lab(f"ws://127.0.0.1:{port}", version) as one:
        await one.until(lambda: f"ocpp{version}" in one.station.line.trouble, "trouble")
        assert not one.station.line.is_up
    assert b"BootNotification" not in _unmasked(bytes(heard))


@pytest.mark.req("J2:8.4")
async def test_pings_that_nobody_answers_end_the_connection() -> None:
    """A server that takes everything and says nothing: the station gives it up and tries another connection."""
    heard = bytearray()
    connections: list[int] = []
    variables = {"OCPPCommCtrlr.WebSocketPingInterval": "1"}
    async with (
        _bare_server("ocpp2.0.1", heard, connections, polite=False) as port,
        lab(f"ws://127.0.0.1:{port}", variables=variables) as one,
    ):
        await one.until(lambda: len(connections) == 1, "connected")
        line = await _the_line(one)
        line.socket._line.ping_timeout = 0.3
        await one.until(lambda: len(connections) >= 2, "given up")


async def _the_line(one: Lab) -> Any:
    await one.until(lambda: one.station.line._peer is not None, "a peer")
    return one.station.line._peer


@contextlib.asynccontextmanager
async def _bare_server(
    subprotocol: str | None,
    heard: bytearray,
    connections: list[int] | None = None,
    greets: bytes = b"",
    polite: bool = True,
) -> AsyncIterator[int]:
    """Shakes hands as told, says `greets` in the same breath, and then only listens."""
    writers: list[asyncio.StreamWriter] = []

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        key = next(line.split(": ")[1] for line in head.split("\r\n") if line.lower().startswith("sec-websocket-key"))
        accept = base64.b64encode(hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest())
        lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
        lines.append(f"Sec-WebSocket-Accept: {accept.decode()}")
        if subprotocol is not None:
            lines.append(f"Sec-WebSocket-Protocol: {subprotocol}")
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + greets)
        if connections is not None:
            connections.append(len(connections))
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                heard.extend(data)
                if polite and data[0] == 0x88:  # a closing frame
                    break
        writer.close()

    server = await asyncio.start_server(attend, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        for writer in writers:
            writer.close()


def _unmasked(data: bytes) -> bytes:
    """All that clients' frames carried."""
    said = b""
    while len(data) >= 6:
        length, at = data[1] & 0x7F, 2
        if length == 126:
            length, at = int.from_bytes(data[2:4]), 4
        mask, body = data[at : at + 4], data[at + 4 : at + 4 + length]
        said += bytes(byte ^ mask[n % 4] for n, byte in enumerate(body))
        data = data[at + 4 + length :]
    return said


# --- the back-off -----------------------------------------------------------------------------------------------------------


@pytest.mark.req("J2:5.3")
@each_version
async def test_the_waits_are_those_of_the_standard(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Minimum, doubled RepeatTimes times, a random part each; after a success from the beginning. No wait is really waited."""
    waits: list[float] = []

    async def pause(_: Line, seconds: float) -> None:
        waits.append(seconds)
        await asyncio.sleep(0.005)

    monkeypatch.setattr(Line, "_pause", pause)
    monkeypatch.setattr("pilotwire.station.keeping_up.random.random", lambda: 0.5)
    variables = {
        "OCPPCommCtrlr.RetryBackOffWaitMinimum": "3",
        "OCPPCommCtrlr.RetryBackOffRepeatTimes": "3",
        "OCPPCommCtrlr.RetryBackOffRandomRange": "10",
    }
    expected = [8.0, 11.0, 17.0, 29.0, 29.0, 29.0]
    async with scripted_csms(version, refuse=503) as csms, lab(csms.url, version, variables=variables) as one:
        await one.until(lambda: len(waits) >= 6, "waits")
        assert waits[:6] == expected
        csms.refuse = None
        await one.until_accepted()
        csms.refuse, waits[:] = 503, []
        csms.drop()
        await one.until(lambda: len(waits) >= 6, "waits again")
        assert waits[:6] == expected


@each_version
async def test_no_setting_makes_it_hammer(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All zero is still a wait."""
    waits: list[float] = []
    pause = Line._pause

    async def paused(line: Line, seconds: float) -> None:
        waits.append(seconds)
        await pause(line, seconds)

    monkeypatch.setattr(Line, "_pause", paused)
    async with scripted_csms(version, refuse=503) as csms, lab(csms.url, version) as one:
        await one.until(lambda: len(waits) >= 3, "waits")
        assert set(waits) == {LEAST_WAIT}


# --- offline ------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("E04.FR.01", "E04.FR.02", "E04.FR.03", "1.6:3.7")
@each_version
async def test_two_transactions_without_a_line(version: str) -> None:
    """Begun and ended offline, one after the other; afterwards each arrives whole, and in 1.6 under the id it gets only then."""
    named = iter(range(41, 99))
    starts: dict[str, int] = {}

    def naming(action: str, payload: Any) -> Any:
        if action != "StartTransaction":
            return accepting(action, payload)
        number = starts.setdefault(payload["timestamp"], next(named))
        return {"transactionId": number, "idTagInfo": {"status": "Accepted"}}

    variables = {"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"}
    async with scripted_csms(version, reply=naming) as csms, lab(csms.url, version, variables=variables) as one:
        await one.until_accepted()
        one.station.line.cut()
        await one.until(lambda: not one.station.line.is_up, "cut")
        for _ in range(2):
            await _charges_offline(one)
        assert of_transactions(csms) == []
        one.station.line.restore()
        await one.until(lambda: one.overview.waiting == 0, "delivered")
        calls = of_transactions(csms)
        if version == "1.6":
            _two_in_16(calls)
        else:
            _two_in_2x(calls)


async def _charges_offline(one: Lab) -> None:
    one.plug()
    one.tap()
    await one.until_charged(500)
    one.tap()
    await one.until(lambda: one.overview.evses[0].transaction_id is None, "ended")
    await one.until(lambda: not one.station.hardware.is_locked(1, 1), "unlocked")
    one.unplug()


def _two_in_16(calls: list[Heard]) -> None:
    groups: list[list[Heard]] = []
    for call in calls:
        if call.action == "StartTransaction":
            groups.append([])
        groups[-1].append(call)
    assert len(groups) == 2
    for number, group in zip((41, 42), groups, strict=True):
        assert group[-1].action == "StopTransaction"
        assert {call.payload["transactionId"] for call in group[1:]} == {number}
        assert group[-1].payload["meterStop"] - group[0].payload["meterStart"] > 0
    assert groups[1][0].payload["meterStart"] == groups[0][-1].payload["meterStop"]


def _two_in_2x(calls: list[Heard]) -> None:
    ids = list(dict.fromkeys(call.payload["transactionInfo"]["transactionId"] for call in calls))
    assert len(ids) == 2
    assert [call.payload["transactionInfo"]["transactionId"] for call in calls] == sorted(
        (call.payload["transactionInfo"]["transactionId"] for call in calls), key=ids.index
    ), "not one after the other"
    for one in ids:
        events = [call.payload for call in calls if call.payload["transactionInfo"]["transactionId"] == one]
        assert [event["seqNo"] for event in events] == list(range(len(events)))
        assert (events[0]["eventType"], events[-1]["eventType"]) == ("Started", "Ended")
        assert all(event["offline"] is True for event in events)
        times = [event["timestamp"] for event in events]
        assert times == sorted(times)


@pytest.mark.req("E04.FR.03")
@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_offline_says_when_it_happened_not_when_it_was_told(version: str) -> None:
    """Before the cut false (or left out), during it true, after it false again."""
    async with scripted_csms(version) as csms, lab(csms.url, version) as one:
        await one.charge()
        await one.until(lambda: one.overview.waiting == 0, "delivered")
        before = len(csms.of(EVENT))
        one.station.line.cut()
        await one.until(lambda: one.overview.waiting >= 2, "facts that wait")
        one.station.line.restore()
        await one.until(lambda: one.overview.waiting == 0, "delivered")
        between = len(csms.of(EVENT))
        one.tap()
        await one.until_ended()
        flags = [event.get("offline", False) for event in csms.of(EVENT)]
        assert not any(flags[:before])
        assert all(flags[before : before + 2])
        assert not flags[-1]
        assert between > before


@pytest.mark.parametrize("silent", sorted(OF_TRANSACTIONS | {"Heartbeat"}))
@each_version
async def test_a_csms_that_swallows_one_kind_of_message(version: str, silent: str) -> None:
    """No answer to it, ever: commands are still answered, and the driver gets the cable back."""
    reply = but(silent, SILENCE)
    async with scripted_csms(version, reply=reply) as csms, lab(csms.url, version, call_timeout=0.2) as one:
        await one.charge()
        assert (await csms.call(*trigger("Heartbeat")))["status"] == "Accepted"
        one.tap()
        await one.until(lambda: not one.station.hardware.is_locked(1, 1), "unlocked")
        one.unplug()
        assert (await csms.call(*trigger("Heartbeat")))["status"] == "Accepted"
        assert len(csms.lines) == 1


@each_version
async def test_a_command_that_comes_with_the_handshake(version: str) -> None:
    """In one packet with the server's half of the handshake: it is answered like any other, and the boot goes out as ever."""
    heard = bytearray()
    asked = json.dumps([2, "hasty", *trigger("Heartbeat")]).encode()
    frame = bytes([0x81, len(asked)]) + asked
    async with (
        _bare_server(f"ocpp{version}", heard, greets=frame) as port,
        lab(f"ws://127.0.0.1:{port}", version) as one,
    ):
        await one.until(lambda: b'"BootNotification"' in _unmasked(bytes(heard)), "a boot")
        await one.until(lambda: b'"hasty"' in _unmasked(bytes(heard)), "an answer")
        assert one.station.failure == ""
