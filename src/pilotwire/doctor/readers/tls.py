"""A TLS connection in a capture: its handshake, alerts, certificates, and what was said inside where the key log has its secrets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, NamedTuple

from pilotwire.doctor.readers import tls_hello as hello
from pilotwire.doctor.readers.tcp import SIDES, Chunk, Connection, Side
from pilotwire.doctor.readers.tls_hello import ClientHello, Cursor, ServerHello
from pilotwire.doctor.readers.tls_keys import KeyLog, Opener, from_master, from_secret, suite_of
from pilotwire.doctor.tls_names import ALERTS, suite_name
from pilotwire.pki import Certificate

_CHANGE, _ALERT, _HANDSHAKE, _DATA = 20, 21, 22, 23
_LONGEST: Final = 16_384 + 2_048
_ALERT_SIZE: Final = 2 + 1 + 16
"""Of a sealed alert in TLS 1.3: itself, its kind, the tag."""
_TELLING: Final = 20
"""Sealed records of each side that are looked at: no handshake has more."""
_MOST_HANDSHAKE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Alert:
    """What one side has said is wrong. `number` is that of the registry, `fatal` whether the connection ends by it."""

    by: Side
    number: int
    fatal: bool
    at: datetime

    @property
    def name(self) -> str:
        """Its name in the standards."""
        return ALERTS.get(self.number, (f"alert {self.number}", ""))[0]

    @property
    def words(self) -> str:
        """What it says, for people: `does not trust ...`."""
        return ALERTS.get(self.number, ("", f"says alert {self.number}"))[1]


@dataclass(slots=True)
class Handshake:
    """A TLS handshake as it was seen. `client_chain` and `server_chain` are in the order sent, the own certificate first; in TLS 1.3 they
    are only readable with a key log. `closed` says why what was said inside could not be read; "" it could.
    """

    connection: int
    client: str
    server: str
    at: datetime
    offer: ClientHello | None = None
    choice: ServerHello | None = None
    server_chain: tuple[Certificate, ...] = ()
    client_chain: tuple[Certificate, ...] = ()
    certificate_asked: bool = False
    broken_certificates: int = 0
    alerts: list[Alert] = field(default_factory=list)
    finished: set[Side] = field(default_factory=set)
    sealed_alert: Side | Literal[""] = ""
    """Who seems to have ended it with an alert that cannot be read without a key log."""
    unfit: bool = False
    """Whether the key log has secrets for it that do not open it."""
    broken: str = ""
    closed: str = ""

    @property
    def modern(self) -> bool:
        """Whether TLS 1.3 was chosen."""
        return self.choice is not None and self.choice.version == "TLSv1.3"

    @property
    def complete(self) -> bool:
        """Whether both sides came to their end of it."""
        return len(self.finished) == 2


class _Record(NamedTuple):
    at: datetime
    number: int
    kind: int
    version: int
    body: bytes
    after_gap: bool


def looks_like_tls(data: bytes) -> bool:
    """Whether bytes begin as a TLS record with a handshake message does."""
    return len(data) >= 3 and data[0] == _HANDSHAKE and data[1] == 3 and data[2] <= 4


def read_tls(connection: Connection, up: Iterable[Chunk], down: Iterable[Chunk], keys: KeyLog) -> _Session:
    """All that can be read of it; never raises."""
    session = _Session(connection, keys)
    session.run({"client": list(_records(up)), "server": list(_records(down))})
    return session


def _records(chunks: Iterable[Chunk]) -> Iterator[_Record]:
    waiting, gap = b"", False
    for chunk in chunks:
        if chunk.lost:
            waiting, gap = b"", True
        waiting += chunk.data
        while len(waiting) >= 5:
            kind, size = waiting[0], int.from_bytes(waiting[3:5], "big")
            if not _CHANGE <= kind <= _DATA + 1 or waiting[1] != 3 or size > _LONGEST:
                waiting, gap = b"", True  # not at the start of a record: the next packet may be
                break
            if len(waiting) < 5 + size:
                break
            version = int.from_bytes(waiting[1:3], "big")
            yield _Record(chunk.at, chunk.number, kind, version, waiting[5 : 5 + size], gap)
            waiting, gap = waiting[5 + size :], False


class _Session:
    """Reads both sides: first what is in clear, then, with the secrets, the rest."""

    def __init__(self, connection: Connection, keys: KeyLog) -> None:
        self.handshake = Handshake(connection.number, str(connection.client), str(connection.server), connection.began)
        self.said: dict[Side, list[Chunk]] = {"client": [], "server": []}
        """What was said inside."""
        self._keys = keys
        self._openers: dict[Side, Opener | None] = {"client": None, "server": None}
        self._messages: dict[Side, bytes] = {"client": b"", "server": b""}
        self._unopened: dict[Side, list[_Record]] = {"client": [], "server": []}

    def run(self, records: dict[Side, list[_Record]]) -> None:
        """Read the records of both sides."""
        rest = {
            side: self._clear(side, iter(records[side])) for side in reversed(SIDES)
        }  # the server chooses the version
        self._prepare()
        for side in SIDES:
            self._sealed(side, rest[side])
        self._guess_alert()

    # --- in clear -----------------------------------------------------------------------------------------------------------

    def _clear(self, side: Side, records: Iterator[_Record]) -> list[_Record]:
        """Read up to the first sealed record; those from there on."""
        for record in records:
            if record.kind == _DATA:
                return [record, *records]
            if record.kind != _CHANGE:
                self._plain(side, record.kind, record.body, record)
            elif not self.handshake.modern:
                if self.handshake.choice is not None:
                    self.handshake.finished.add(side)
                return list(records)
        return []

    def _plain(self, side: Side, kind: int, body: bytes, record: _Record) -> None:
        if kind == _HANDSHAKE:
            self._handshake(side, body, record)
        elif kind == _ALERT and len(body) == 2:
            alert = Alert(side, body[1], body[0] == 2 or (self.handshake.modern and body[1] not in (0, 90)), record.at)
            self.handshake.alerts.append(alert)

    def _handshake(self, side: Side, body: bytes, record: _Record) -> None:
        waiting = self._messages[side] + body
        while len(waiting) >= 4:
            size = int.from_bytes(waiting[1:4], "big")
            if size > _MOST_HANDSHAKE:
                self.handshake.broken = f"the {side}'s handshake message in packet {record.number} claims {size} bytes"
                waiting = b""
            if len(waiting) < 4 + size:
                break
            kind, message, waiting = waiting[0], waiting[4 : 4 + size], waiting[4 + size :]
            try:
                self._message(side, kind, message, record.at)
            except ValueError as error:
                self.handshake.broken = f"the {side}'s handshake message in packet {record.number} is broken: {error}"
        self._messages[side] = waiting

    def _message(self, side: Side, kind: int, body: bytes, at: datetime) -> None:
        seen = self.handshake
        if kind == hello.CLIENT_HELLO and side == "client":
            if seen.offer is None:
                seen.at = at
            seen.offer = hello.read_client_hello(body)
        elif kind == hello.SERVER_HELLO and side == "server":
            seen.choice = hello.read_server_hello(body)
        elif kind == hello.CERTIFICATE:
            chain, broken = hello.read_certificates(body, modern=seen.modern)
            seen.broken_certificates += broken
            if side == "client":
                seen.client_chain = chain
            else:
                seen.server_chain = chain
        elif kind == hello.CERTIFICATE_REQUEST:
            seen.certificate_asked = True
        elif kind == hello.FINISHED:
            self._finished(side)
        elif kind == hello.KEY_UPDATE and (opener := self._openers[side]) is not None and seen.modern:
            opener.update()

    # --- sealed -------------------------------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        """Find the keys."""
        seen = self.handshake
        if seen.offer is None or seen.choice is None:
            seen.closed = "the start of the TLS handshake is not in the capture"
            return
        suite = suite_of(seen.choice.suite)
        random = seen.offer.random
        if suite is None:
            seen.closed = f"records of {suite_name(seen.choice.suite)} cannot be opened, only those of AEAD suites"
        elif seen.modern:
            secrets = [self._keys.secret(f"{side.upper()}_HANDSHAKE_TRAFFIC_SECRET", random) for side in SIDES]
            for side, secret in zip(SIDES, secrets, strict=True):
                self._openers[side] = None if secret is None else from_secret(suite, secret)
                if secret is None:
                    self._finished(side)
        elif (master := self._keys.secret("CLIENT_RANDOM", random)) is not None:
            both = from_master(suite, master, random, seen.choice.random)
            self._openers = {"client": both[0], "server": both[1]}
        if not seen.closed and None in self._openers.values():
            seen.closed = "the key log has no secrets for it" if len(self._keys) else "there is no key log"

    def _finished(self, side: Side) -> None:
        """After its Finished a side of TLS 1.3 takes new keys."""
        seen = self.handshake
        if self._openers[side] is not None:
            seen.finished.add(side)
        if not seen.modern or seen.offer is None or seen.choice is None:
            return
        suite = suite_of(seen.choice.suite)
        secret = self._keys.secret(f"{side.upper()}_TRAFFIC_SECRET_0", seen.offer.random)
        if suite is not None:
            self._openers[side] = None if secret is None else from_secret(suite, secret)

    def _sealed(self, side: Side, records: Iterable[_Record]) -> None:
        lost = 0
        self._messages[side] = b""
        for record in records:
            if record.kind == _CHANGE:
                if not self.handshake.modern:
                    self.handshake.finished.add(side)
                continue
            opener = self._openers[side]
            if opener is None:
                self._unread(side, record)
                continue
            opened = opener.open(record.kind, record.version, record.body, after_gap=record.after_gap)
            if opened is None:
                lost += 1
                self._fails(side, record)
                continue
            kind, plain = opened
            if kind == _DATA and plain:
                self.said[side].append(Chunk(record.at, plain, record.number, int(lost or record.after_gap)))
                lost = 0
            else:
                self._plain(side, kind, plain, record)

    def _unread(self, side: Side, record: _Record) -> None:
        """Without keys TLS 1.3 shows only that there are more records."""
        kept = self._unopened[side]
        if len(kept) < _TELLING:
            kept.append(record)
        if self.handshake.modern and record.kind == _DATA and len(record.body) != _ALERT_SIZE:
            self.handshake.finished.add(side)

    def _guess_alert(self) -> None:
        """A sealed record of the length of an alert, where the first answer to the handshake would be: it ends it."""
        client, server = self._unopened["client"], self._unopened["server"]
        if self.handshake.alerts:
            return
        if not self.handshake.modern:
            both = sorted([*client, *server], key=lambda each: each.number)
            first = next((each for each in both if each.kind in (_DATA, _ALERT)), None)
            if first is not None and first.kind == _ALERT:
                self.handshake.sealed_alert = "client" if first in client else "server"
        elif client and len(client[0].body) == _ALERT_SIZE:
            self.handshake.sealed_alert = "client"
        elif client:
            after = [each for each in server if each.number > client[0].number]
            if after and len(after[0].body) == _ALERT_SIZE:
                self.handshake.sealed_alert = "server"

    def _fails(self, side: Side, record: _Record) -> None:
        if not self.handshake.closed and not record.after_gap and not self.said[side]:
            self.handshake.unfit = True
            self.handshake.closed = f"the secrets in the key log do not open packet {record.number}"


def is_plain_alert(data: bytes) -> bool:
    """Whether bytes are an alert in clear: what a TLS server answers to somebody who does not speak TLS."""
    if len(data) < 7 or data[0] != _ALERT or data[1] != 3:
        return False
    try:
        return len(Cursor(data[3:7]).vector(2).rest()) == 2
    except ValueError:
        return False
