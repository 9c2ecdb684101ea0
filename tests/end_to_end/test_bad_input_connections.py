"""Who may not connect, who connects wrongly, and what is too large or no text: each has its outcome, and a good station charges on."""

from __future__ import annotations

import asyncio
import base64
import random
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from pilotwire.csms.app import Csms
from pilotwire.csms.gateway.passwords import hash_password
from pilotwire.csms.store.ports import RegisterStation
from pilotwire.domain.findings import Severity
from pilotwire.domain.provisioning import RegistrationStatus, UnknownStations
from tests.support.good_station import GOOD, VERSIONS, Charge, charging, check_booked, finding, running
from tests.support.raw_station import PATIENCE, RawStation, station

BAD = "BAD-1"
PASSWORD = "0123456789abcdefXYZ"


async def _register(csms: Csms, identity: str, registration: RegistrationStatus | None, password: str = "") -> None:
    kept = hash_password(password) if password else None
    record = RegisterStation(station=identity, at=csms.clock.now(), registration=registration, password_hash=kept)
    await csms.journal.append(record)


async def _refusal(csms: Csms, version: str | None, path: str = f"/{BAD}", **headers: str) -> tuple[int, str]:
    """HTTP status and body a handshake is refused with."""
    offered: Any = [version] if version else None
    with pytest.raises(InvalidStatus) as caught:
        async with connect(
            csms.urls.ocpp + path, subprotocols=offered, additional_headers=headers, proxy=None, compression=None
        ):
            pass
    response = caught.value.response
    if response.status_code == 401:
        assert "Basic" in response.headers["WWW-Authenticate"]
    return response.status_code, bytes(response.body or b"").decode().strip()


# --- credentials -----------------------------------------------------------------------------------------------------------------------


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


CREDENTIALS = {
    # what is sent: header, a word of the sentence
    "none": ("", "password"),
    "another password": (_basic(BAD, "something else 16"), "password"),
    "the right one and a space": (_basic(BAD, PASSWORD + " "), "password"),
    "an empty password": (_basic(BAD, ""), "password"),
    "another user": (_basic(GOOD, PASSWORD), "username"),
    "no user": (_basic("", PASSWORD), "username"),
    "no colon": ("Basic " + base64.b64encode(b"nobody").decode(), "':'"),
    "no base64": ("Basic ?????", "base64"),
    "another scheme": (f"Bearer {PASSWORD}", "Basic"),
    "a very long one": (_basic(BAD, "x" * 4000), "password"),
}


@pytest.mark.req("A00.FR.207", "J16:6.2.2")
@pytest.mark.parametrize("version", VERSIONS)
async def test_wrong_credentials(version: str, tmp_path: Path) -> None:
    """401 with a sentence and a challenge, and a finding; the right ones get in."""
    told = {}
    async with running(tmp_path) as csms, charging(csms, version):
        await _register(csms, BAD, RegistrationStatus.ACCEPTED, PASSWORD)
        for row, (header, word) in CREDENTIALS.items():
            headers = {"Authorization": header} if header else {}
            status, body = await _refusal(csms, version, **headers)
            told[row] = (status, word in body or body)
        assert told == dict.fromkeys(CREDENTIALS, (401, True))
        assert (await finding(csms, "gateway:turned-away", BAD)).severity is Severity.FATAL
        async with station(csms, BAD, version, password=PASSWORD) as line:
            assert (await line.boot())["status"] == "Accepted"


# --- unknown stations ------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("J16:3.2", "J2:3.2", "B02.FR.09")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("policy", UnknownStations)
async def test_an_unknown_station(policy: UnknownStations, version: str, tmp_path: Path) -> None:
    """Let in, held back or turned away, as the operator said; a registered station charges under each policy."""
    async with running(tmp_path, unknown_stations=policy, retry_interval=7) as csms:
        await _register(csms, GOOD, RegistrationStatus.ACCEPTED)
        async with charging(csms, version):
            if policy is UnknownStations.REJECT:
                status, body = await _refusal(csms, version)
                assert (status, BAD in body) == (404, True)
                assert BAD in (await finding(csms, "gateway:turned-away", BAD)).what
                assert not await csms.store.station(BAD), "somebody who knocked is not a station on record"
                return
            async with station(csms, BAD, version) as line:
                booted = await line.boot()
                if policy is UnknownStations.ACCEPT:
                    assert booted["status"] == "Accepted"
                    assert "currentTime" in await line.ask("Heartbeat", {})
                    return
                assert (booted["status"], booted["interval"]) == ("Pending", 7)
                answer = await Charge(line).begin()
                assert answer[:1] + answer[2:3] == [4, "SecurityError"]
                assert answer[3]
                assert (await finding(csms, "provisioning:not-accepted", BAD)).message_id == answer[1]


# --- the same identity twice -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "second"), [(a, b) for a in VERSIONS for b in VERSIONS])
async def test_a_station_connects_twice(first: str, second: str, tmp_path: Path) -> None:
    """The newest line counts, in whatever version; the older one is told why it ends, and what was begun on it is still there."""
    async with running(tmp_path) as csms, charging(csms, second), station(csms, BAD, first) as old:
        await old.boot()
        begun = Charge(old, "tx-twice")
        assert (await begun.begin())[0] == 3
        async with station(csms, BAD, second) as new:
            assert await old.ending() == (1008, "replaced by a newer connection of this station")
            await new.boot()
            assert "connected again" in (await finding(csms, "gateway:second-connection", BAD)).what
            assert [each.version for each in csms.gateway.connected() if each.station == BAD] == [second[4:]]
            if first == second:
                begun.line = new
                assert (await begun.sample())[0] == (await begun.end())[0] == 3
                await check_booked(csms, BAD)
            else:
                assert (await csms.store.transaction(BAD, begun.transaction_id)) is not None


# --- what is no text, or too much of it ------------------------------------------------------------------------------------------------


TEN_MB = 10_000_000
FRAMES: dict[str, tuple[str | bytes, bool | None, int, str]] = {
    # frame, whether bytes go as text, close code, a word of the finding
    "ten megabytes of nothing": (" " * TEN_MB, None, 1009, "1009"),
    "ten megabytes in a message": (f'[2,"x","DataTransfer",{{"vendorId":"{"x" * TEN_MB}"}}]', None, 1009, "1009"),
    "ten megabytes of brackets": ("[" * TEN_MB, None, 1009, "1009"),
    "binary": (b"\x00\xff\x80", None, 1003, "binary"),
    "a right message as binary": (b'[2,"x","Heartbeat",{}]', None, 1003, "binary"),
    "ten megabytes of binary": (random.Random(3).randbytes(1000) * 10_000, None, 1009, "1009"),
    "text that is not UTF-8": (b'[2,"x","Heartbeat",{"a":"\xff\xfe"}]', True, 1007, "1007"),
}


@pytest.mark.req("J16:4.1.2", "J2:4.1.2")
@pytest.mark.parametrize("compression", [None, "deflate"])
@pytest.mark.parametrize("version", VERSIONS)
async def test_what_is_no_text_or_too_much(version: str, compression: str | None, tmp_path: Path) -> None:
    """The connection ends with the code for it and a finding, compressed (a bomb) or not; the station may come back at once."""
    endings = {}
    async with running(tmp_path) as csms, charging(csms, version):
        for number, (row, (frame, as_text, _, word)) in enumerate(FRAMES.items()):
            identity = f"{BAD}-{number}"
            code, reason = await _say_and_end(csms, identity, version, frame, as_text, compression)
            told = await finding(csms, "gateway:closed", identity)
            endings[row] = (code, word in told.what or told.what, bool(reason))
            async with station(csms, identity, version) as line:
                assert "currentTime" in await line.ask("Heartbeat", {})
    assert endings == {row: (code, True, True) for row, (_, _, code, _) in FRAMES.items()}


async def _say_and_end(
    csms: Csms, identity: str, version: str, frame: str | bytes, as_text: bool | None, compression: str | None
) -> tuple[int, str]:
    """Boot, say one thing, and tell how the CSMS ended the connection."""
    offered: Any = [version]
    line = RawStation(
        await connect(f"{csms.urls.ocpp}/{identity}", subprotocols=offered, compression=compression, proxy=None)
    )
    await line.boot()
    with suppress(ConnectionClosed):  # it may be told before it has said it all
        await line.line.send(frame, text=as_text)
    return await line.ending()


# --- strangers -------------------------------------------------------------------------------------------------------------------------


PATHS = {
    # path: HTTP status, a word of the sentence
    "/": (404, "identity"),
    "/ocpp/": (404, "identity"),
    f"/{'x' * 61}": (400, "61 characters"),
    "/%FF%FE": (400, "UTF-8"),
    "/%00": (400, "printed"),
    "/%20": (400, "printed"),
}


@pytest.mark.req("J16:3.1.1", "J2:3.1.1")
@pytest.mark.parametrize("version", VERSIONS)
async def test_an_identity_that_can_be_none(version: str, tmp_path: Path) -> None:
    """HTTP 404 where none is named, 400 where it cannot be one, with a sentence."""
    told = {}
    async with running(tmp_path) as csms, charging(csms, version):
        for path, (_, word) in PATHS.items():
            status, body = await _refusal(csms, version, path)
            told[path] = (status, word if word in body else body)
    assert told == PATHS


@pytest.mark.req("J16:3.2", "J2:3.2")
@pytest.mark.parametrize("offered", [None, "ocpp2.0", "soap", "OCPP1.6"])
async def test_no_version_in_common(offered: str | None, tmp_path: Path) -> None:
    """The handshake is completed and the connection closed at once; the finding names the versions spoken here."""
    async with running(tmp_path) as csms, charging(csms, "ocpp2.0.1"):
        names: Any = [offered] if offered else None
        async with connect(f"{csms.urls.ocpp}/{BAD}", subprotocols=names, proxy=None, compression=None) as line:
            assert line.subprotocol is None
            await asyncio.wait_for(line.wait_closed(), PATIENCE)
            assert (line.close_code, "ocpp1.6" in (line.close_reason or "")) == (1002, True)
        told = (await finding(csms, "gateway:turned-away", BAD)).what
        assert all(version in told for version in VERSIONS)


KNOCKS = {
    "nothing": b"",
    "random bytes": random.Random(11).randbytes(5000),
    "a TLS hello": bytes.fromhex("16030100c4010000c00303") + bytes(200),
    "half a request": b"GET /CS001 HTTP/1.1\r\nHost: x\r\n",
    "a request without end": b"GET /" + b"a" * 100_000,
    "a browser": b"GET /CS001 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a POST": b"POST /CS001 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
    "a key that is none": b"GET /CS001 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: no\r\nSec-WebSocket-Protocol: ocpp1.6\r\n\r\n",
}


_COMPLETE = (b"\r\n\r\n", b"{}")


async def test_who_does_not_even_speak_websocket(tmp_path: Path) -> None:
    """Whatever knocks at the port is answered with HTTP or nothing, and never with anything of ours inside out."""
    async with running(tmp_path) as csms, charging(csms, "ocpp1.6"):
        answers = {row: await _knock(csms.ocpp_port, said) for row, said in KNOCKS.items()}
    assert not [row for row, answer in answers.items() if b"Traceback" in answer or b" 500 " in answer]
    assert b" 426 " in answers["a browser"]
    assert b"charging stations" in answers["a browser"]
    assert answers["a key that is none"].startswith(b"HTTP/1.1 400 ")


async def _knock(port: int, said: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said)
    if not said.endswith(_COMPLETE):
        writer.write_eof()
    try:
        return await asyncio.wait_for(reader.read(), PATIENCE)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_lines_that_break_in_the_middle_of_everything(tmp_path: Path) -> None:
    """Fifty lines aborted at moments of chance, within a frame or a handshake: nobody stays connected, nothing is held up."""
    chance = random.Random(5)
    async with running(tmp_path) as csms, charging(csms, "ocpp2.1"):
        for number in range(50):
            async with station(csms, f"{BAD}-{number}", chance.choice(VERSIONS)) as line:
                if chance.random() < 0.5:
                    await line.boot()
                line.line.transport.write(b"\x81\xfe" + bytes(chance.randint(0, 50)))
                line.line.transport.abort()
        async with asyncio.timeout(PATIENCE):
            while [each.station for each in csms.gateway.connected()] != [GOOD]:
                await asyncio.sleep(0)
