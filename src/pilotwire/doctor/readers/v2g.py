"""A capture of the line between vehicle and station: V2GTP messages and discovery datagrams, in the order in which they were sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, Final

from pilotwire.doctor.readers.containers import Container
from pilotwire.doctor.readers.packets import Datagram, Endpoint, Other, Segment, datagram_of, segment_of
from pilotwire.doctor.readers.tcp import SIDES, Chunk, Connection, Side, connections
from pilotwire.doctor.readers.tls import looks_like_tls, read_tls
from pilotwire.doctor.readers.tls_cbc import is_cbc, read_cbc
from pilotwire.doctor.readers.tls_keys import KeyLog
from pilotwire.iso15118.sdp import PORT
from pilotwire.iso15118.v2gtp import Frames, V2gtpFault, read_datagram

_START: Final = b"\x01\xfe"


@dataclass(frozen=True, slots=True)
class V2gHeard:
    """A message: when, in which packet it was complete, between whom, its payload type and payload. `connection` 0: a datagram."""

    at: datetime
    number: int
    connection: int
    source: Endpoint
    target: Endpoint
    payload_type: int
    payload: bytes


@dataclass(slots=True)
class V2gRecording:
    """What was said, and sentences on what could not be read."""

    messages: list[V2gHeard] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_v2g(file: BinaryIO, key_log: str = "") -> V2gRecording:
    """All V2GTP messages of a capture, pcap or pcapng; `key_log` is the text of one. Never raises for what is in it."""
    made = V2gRecording()
    container = Container(file)
    found = list(connections(_segments(container, made)))
    keys = KeyLog(key_log + "\n" + container.key_log)
    for each in found:
        _connection(each, keys, made)
    if container.broken:
        made.notes.append(container.broken)
    made.messages.sort(key=lambda each: (each.at, each.number))
    return made


def _segments(container: Container, made: V2gRecording) -> Iterator[Segment]:
    """The TCP segments; datagrams of the discovery protocol are taken on the way."""
    unknown = 0
    for packet in container:
        found = segment_of(packet)
        if isinstance(found, Segment):
            yield found
        elif found is Other.UNKNOWN_LINK:
            unknown += 1
        elif found is Other.NOT_TCP and (datagram := datagram_of(packet)) is not None:
            _datagram(datagram, made)
    if unknown:
        made.notes.append(f"{unknown} packets are of a kind of link that is not read.")


def _datagram(each: Datagram, made: V2gRecording) -> None:
    if PORT not in (each.source.port, each.target.port) and not each.payload.startswith(_START):
        return
    try:
        message = read_datagram(each.payload)
    except V2gtpFault as fault:
        if each.payload.startswith(_START[:1]):
            made.notes.append(f"The datagram in packet {each.number} is no V2GTP: {fault.what}")
        return
    made.messages.append(
        V2gHeard(each.at, each.number, 0, each.source, each.target, message.payload_type, message.payload)
    )


def _connection(tcp: Connection, keys: KeyLog, made: V2gRecording) -> None:
    up, down = tcp.up.chunks, tcp.down.chunks
    if looks_like_tls(_start(up)) or looks_like_tls(_start(down)):
        if looks_like_tls(_start(down)) and _start(down)[5:6] == b"\x01":
            tcp.swap()
            up, down = down, up
        said = _inside(tcp, up, down, keys, made)
        if said is None:
            return
        up, down = said["client"], said["server"]
    if not any(_START in _start(chunks) for chunks in (up, down)):
        return  # some other talk
    ends = {"client": (tcp.client, tcp.server), "server": (tcp.server, tcp.client)}
    for side, chunks in zip(SIDES, (up, down), strict=True):
        _side(tcp.number, chunks, *ends[side], made)


def _inside(
    tcp: Connection, up: list[Chunk], down: list[Chunk], keys: KeyLog, made: V2gRecording
) -> dict[Side, list[Chunk]] | None:
    """What was said inside TLS; None: that cannot be read, and it is told why."""
    session = read_tls(tcp, up, down, keys)
    closed = session.handshake.closed
    if is_cbc(session.handshake):
        said = read_cbc(session.handshake, up, down, keys)
        if said is not None:
            return said
        closed = "the key log has no secrets for it" if len(keys) else "there is no key log"
    if closed:
        made.notes.append(f"The TLS connection {tcp.client} to {tcp.server} cannot be read: {closed}.")
        return None
    return session.said


def _start(chunks: list[Chunk]) -> bytes:
    return b"".join(each.data for each in chunks[:4])[:512]


def _side(connection: int, chunks: Iterable[Chunk], source: Endpoint, target: Endpoint, made: V2gRecording) -> None:
    """What one side said. Where bytes are missing, or are no V2GTP, reading goes on at the next start of a message."""
    frames, lost = Frames(), True
    for chunk in chunks:
        data = chunk.data
        if chunk.lost:
            made.notes.append(f"{chunk.lost} bytes of {source} before packet {chunk.number} are not in the capture.")
            frames, lost = Frames(), True
        if lost:
            place = data.find(_START)
            if place < 0:
                continue
            frames, lost, data = Frames(), False, data[place:]
        frames.feed(data)
        try:
            for message in frames:
                heard = (chunk.at, chunk.number, connection, source, target, message.payload_type, message.payload)
                made.messages.append(V2gHeard(*heard))
        except V2gtpFault as fault:
            made.notes.append(f"What {source} sent in packet {chunk.number} is no V2GTP: {fault.what}")
            lost = True
    if frames.pending and not lost:
        made.notes.append(f"The last message of {source} is cut short: {frames.pending} bytes of it are there.")
