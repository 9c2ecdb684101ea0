"""A real station and a real server talk over TCP; what passes by is recorded and read: plain, compressed, by TLS with its key log."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from pilotwire.doctor.readers.anything import read_any
from pilotwire.doctor.readers.recording import Recording
from pilotwire.ocpp.net.client import connect
from pilotwire.ocpp.net.server import serve
from pilotwire.ocpp.version import OcppVersion
from tests.support.doctor_captures import BOOT, BOOTED, Talk, Tls, frame, pcap, pcapng, request, server_pem, taken
from tests.support.ocpp_sockets import Guests, welcome


class Recorder:
    """Stands between station and server, passes everything on, and keeps it as packets."""

    def __init__(self, port: int, folder: Path) -> None:
        self._port = port
        self._folder = folder
        self.talk = Talk(backend=("192.0.2.1", 443))

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        """The port to connect to."""
        server = await asyncio.start_server(self._pass, "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, here = await asyncio.open_connection("127.0.0.1", self._port)
        self.talk.open()
        with contextlib.suppress(OSError):
            await asyncio.gather(self._pump(True, reader, here), self._pump(False, there, writer))
        here.close()
        writer.close()

    async def _pump(self, up: bool, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65_536):
            self.talk.say(up, data)
            target.write(data)
            await target.drain()
        if target.can_write_eof():
            target.write_eof()

    def read(self, key_log: str = "") -> Recording:
        """What was recorded."""
        path = self._folder / "recorded.pcap"
        path.write_bytes(pcap(self.talk.packets))
        return read_any(str(path), key_log)


async def talk_through(tmp_path: Path, *, compression: bool = False, secure: ssl.TLSVersion | None = None) -> Recording:
    guests, client, backend = Guests(), None, None
    if secure is not None:
        pem = server_pem(tmp_path)
        backend = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        backend.load_cert_chain(pem)
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client.check_hostname, client.verify_mode, client.maximum_version = False, ssl.CERT_NONE, secure
        client.keylog_filename = str(tmp_path / "keys.log")
    server = await serve(guests, "127.0.0.1", 0, admit=welcome, ssl_context=backend, compression=compression)
    recorder = Recorder(server.port, tmp_path)
    try:
        async with recorder.listening() as port:
            url = f"{'wss' if secure else 'ws'}://localhost:{port}/ocpp"
            station = await connect(
                url, identity="CS 1", versions=[OcppVersion.V201], ssl_context=client, compression=compression
            )
            there = await guests.next()
            for number in range(5):
                await station.send(BOOT.replace('"1"', f'"{number}"').encode())
                await there.recv()
                await there.send(BOOTED.replace('"1"', f'"{number}"').encode())
                await station.recv()
            await station.close()
            await there.wait_closed()
    finally:
        await server.close()
    return recorder.read(str(tmp_path / "keys.log") if secure else "")


@pytest.mark.parametrize("secure", [None, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("compression", [False, True])
async def test_what_passes_by_is_read_again(tmp_path: Path, compression: bool, secure: ssl.TLSVersion | None) -> None:
    recording = await talk_through(tmp_path, compression=compression, secure=secure)
    said = [(each.sender, each.text) for each in recording.heard]
    assert said == [
        pair
        for n in range(5)
        for pair in (("station", BOOT.replace('"1"', f'"{n}"')), ("csms", BOOTED.replace('"1"', f'"{n}"')))
    ]
    assert {(each.station, each.version) for each in recording.heard} == {("CS 1", OcppVersion.V201)}
    assert [(each.rule.id, each.what) for each in recording.chart.findings] == [
        ("capture.closed-by", "The station closes the WebSocket with 1000.")
    ]
    if secure is not None:
        assert recording.handshakes[0].offer is not None
        assert recording.handshakes[0].offer.sni == "localhost"


def test_wireshark_reads_the_same(tmp_path: Path) -> None:
    """The captures our tests write are such as others can read, and the messages in them the same."""
    tshark = shutil.which("tshark")
    if tshark is None:
        pytest.skip("tshark is not installed: nothing to compare with (apt-get install tshark)")
    tls = Tls(Talk(backend=("192.0.2.1", 443)).open(), tmp_path).start().say(True, request()).say(False, taken())
    tls.say(True, frame(BOOT, masked=True)).say(False, frame(BOOTED, masked=False))
    path = tmp_path / "a.pcapng"
    path.write_bytes(pcapng([(1, tls.talk.packets)]))
    command = [
        tshark,
        "-r",
        str(path),
        "-o",
        f"tls.keylog_file:{tls.key_log}",
        "-Y",
        "websocket",
        "-T",
        "fields",
        "-e",
        "frame.number",
    ]
    command += ["-e", "websocket.payload.text", "-e", "text"]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    recording = read_any(str(path), str(tls.key_log))
    ours = [(each.where.removeprefix("packet "), each.text) for each in recording.heard]
    theirs = [line.split("\t") for line in shown.splitlines()]
    assert [number for number, _ in ours] == [line[0] for line in theirs]
    assert len(ours) == 2
