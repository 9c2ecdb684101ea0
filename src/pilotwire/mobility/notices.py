"""What has become of contracts, for those who want to be told: kept in the register together with what it tells of (OPCP, webhooks).

An event and what it tells of are one change: nothing is told that did not happen, and nothing that happened is forgotten, whatever is
killed, and whichever program did it. Each event waits for each endpoint that wants it, until that has taken it or it is given up.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from pilotwire.mobility.register import Register

EVENTS: Final = (
    "oem.contract.created",
    "oem.contract.updated",
    "oem.contract.deleted",
    "mo.prov.cert.updated",
    "mo.prov.cert.deleted",
)
"""The events of OPCP that happen here."""
_TABLES: Final = (
    """create table if not exists endpoint (id text primary key, owner text not null, url text not null, secret text not null,
    events text not null, enabled integer not null, description text not null, metadata text not null, created_at text not null)""",
    """create table if not exists event (number integer primary key autoincrement, id text not null, type text not null,
    at text not null, emaid text not null, pcid text not null, body text not null)""",
    """create table if not exists waiting (event integer not null, endpoint text not null, tries integer not null default 0,
    due_at text not null, primary key (endpoint, event))""",
)
_FIRST: Final = """from waiting join event on event.number = waiting.event join endpoint on endpoint.id = waiting.endpoint
where endpoint.enabled = 1 and waiting.event = (select min(event) from waiting as first where first.endpoint = waiting.endpoint)"""
"""Of each endpoint the first event that waits."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where somebody wants to be told. `owner`: the client; `events`: of which kinds; `secret`: signs what is sent."""

    id: str
    owner: str
    url: str
    events: tuple[str, ...]
    secret: str = field(repr=False)
    created_at: datetime
    enabled: bool = True
    description: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that an endpoint has not taken yet. `body`: as it is sent; `tries`: how often it has been; `at`: when it happened."""

    number: int
    id: str
    endpoint: str
    emaid: str
    pcid: str
    body: bytes
    tries: int
    at: datetime


class Notices:
    """See the module. All methods raise StoreError if the register will not take or give what is asked."""

    def __init__(self, register: Register) -> None:
        self._register = register
        with register.change():
            for each in _TABLES:
                register.write(each)

    # --- endpoints ---------------------------------------------------------------------------------------------------------------

    def endpoints(self, owner: str | None = None) -> list[Endpoint]:
        """All endpoints, or those of a client, in the order in which they came."""
        rows = self._register.read("select * from endpoint order by rowid")
        return [each for each in map(_endpoint, rows) if owner in (None, each.owner)]

    def endpoint(self, id_: str) -> Endpoint | None:
        """One endpoint."""
        found = self._register.read("select * from endpoint where id = ?", id_)
        return _endpoint(found[0]) if found else None

    def keep(self, endpoint: Endpoint) -> None:
        """A new endpoint, or one that has changed. It is told what happens from now on, and what still waits for it."""
        values = (
            endpoint.id,
            endpoint.owner,
            endpoint.url,
            endpoint.secret,
            msgspec.json.encode(endpoint.events).decode(),
            int(endpoint.enabled),
            endpoint.description,
            msgspec.json.encode(endpoint.metadata).decode(),
            endpoint.created_at.isoformat(),
        )
        update = "url = excluded.url, events = excluded.events, enabled = excluded.enabled"
        more = "description = excluded.description, metadata = excluded.metadata"
        marks = ", ".join("?" * len(values))
        sql = f"insert into endpoint values ({marks}) on conflict (id) do update set {update}, {more}"
        self._register.write(sql, *values)

    def remove(self, id_: str) -> None:
        """An endpoint is no more, nor does anything wait for it."""
        with self._register.change():
            self._register.write("delete from endpoint where id = ?", id_)
            self._register.write("delete from waiting where endpoint = ?", id_)

    # --- events ------------------------------------------------------------------------------------------------------------------

    def happened(self, type_: str, emaid: str, pcid: str, schema: str, at: datetime, **payload: str) -> None:
        """Keep an event for every endpoint that wants its kind; to be called within the change that it tells of."""
        wanting = [each.id for each in self.endpoints() if each.enabled and type_ in each.events]
        if not wanting:
            return
        id_ = str(UUID(bytes=secrets.token_bytes(16), version=4))
        body = {
            "timestamp": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "eventId": id_,
            "eventType": type_,
            "xsdMsgDefNamespace": schema,
            "payload": {"emaid": emaid, "pcid": pcid, **payload},
        }
        with self._register.change():
            number = self._register.write(
                "insert into event (id, type, at, emaid, pcid, body) values (?, ?, ?, ?, ?, ?)",
                id_,
                type_,
                _text(at),
                emaid,
                pcid,
                msgspec.json.encode(body).decode(),
            )
            for each in wanting:
                self._register.write("insert into waiting values (?, ?, 0, ?)", number, each, _text(at))

    def due(self, now: datetime) -> list[Waiting]:
        """What is to be sent now: of each endpoint the first event that waits, so that it hears them in order."""
        sql = f"""select event.number, event.id, waiting.endpoint, event.emaid, event.pcid, event.body, waiting.tries, event.at
        {_FIRST} and waiting.due_at <= ?"""
        return [_waiting(row) for row in self._register.read(sql, _text(now))]

    def taken(self, waiting: Waiting) -> None:
        """An endpoint has an event, or will never have it. An event that waits for nobody any more is forgotten."""
        with self._register.change():
            self._register.write(
                "delete from waiting where event = ? and endpoint = ?", waiting.number, waiting.endpoint
            )
            self._register.write("delete from event where number not in (select event from waiting)")

    def later(self, waiting: Waiting, due_at: datetime) -> None:
        """An endpoint did not take an event: it is sent again."""
        sql = "update waiting set tries = tries + 1, due_at = ? where event = ? and endpoint = ?"
        self._register.write(sql, _text(due_at), waiting.number, waiting.endpoint)

    def rest(self, now: datetime, most: timedelta) -> timedelta:
        """How long nothing is due, `most` at most."""
        found = self._register.read(f"select min(waiting.due_at) {_FIRST}")
        if found[0][0] is None:
            return most
        return min(most, max(timedelta(), datetime.fromisoformat(found[0][0]) - now))


def _endpoint(row: Sequence[Any]) -> Endpoint:
    id_, owner, url, secret, events, enabled, description, metadata, created_at = row
    return Endpoint(
        id_,
        owner,
        url,
        msgspec.json.decode(events, type=tuple[str, ...]),
        secret,
        datetime.fromisoformat(created_at),
        bool(enabled),
        description,
        msgspec.json.decode(metadata, type=dict[str, Any]),
    )


def _waiting(row: Sequence[Any]) -> Waiting:
    number, id_, endpoint, emaid, pcid, body, tries, at = row
    return Waiting(number, id_, endpoint, emaid, pcid, str(body).encode(), tries, datetime.fromisoformat(at))


def _text(moment: datetime) -> str:
    """So that texts sort as times do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
