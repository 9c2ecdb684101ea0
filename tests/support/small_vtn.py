"""A small VTN over HTTP: programs, events, tokens and reports as OpenADR 3.0.1 and 3.1.0 define them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.support.http_peer import Asked, Reply, http_peer

CLIENT, SECRET = "yard-ven", "a-secret"
_MOST = 50


@dataclass
class SmallVtn:
    """The VTN. Anything may be changed at any time; `down`: it answers 503 to everything."""

    version: str = "3.1.0"
    url: str = ""
    programs: list[Any] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)
    reports: list[Any] = field(default_factory=list)
    subscriptions: list[Any] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    down: bool = False

    def __post_init__(self) -> None:
        self.programs.append({"id": "prog-1", "objectType": "PROGRAM", "programName": "Dynamic limits"})

    def answer(self, asked: Asked) -> Reply:
        """What it answers."""
        self.asked.append(asked)
        if self.down:
            return _problem(503, "Service Unavailable")
        where = urlsplit(asked.path)
        if where.path == "/auth/server" and self.version != "3.0.1":
            return _json({"tokenURL": f"{self.url}/auth/token"})
        if where.path == "/auth/token":
            return self._token(parse_qs(asked.body.decode()))
        if asked.headers.get("authorization") not in [f"Bearer {token}" for token in self.tokens]:
            return _problem(403, "Forbidden")
        which = {name: values[0] for name, values in parse_qs(where.query).items()}
        if (asked.method, where.path) == ("GET", "/programs"):
            return _page(self.programs, which)
        if (asked.method, where.path) == ("GET", "/events"):
            wanted = which.get("programID")
            return _page([one for one in self.events if wanted in (None, _program_of(one))], which)
        if (asked.method, where.path) == ("POST", "/reports"):
            return self._report(json.loads(asked.body))
        if where.path.startswith("/subscriptions"):
            return self._subscription(asked, where.path.removeprefix("/subscriptions").strip("/"), which)
        return _problem(404, "Not Found")

    def _subscription(self, asked: Asked, number: str, which: dict[str, str]) -> Reply:
        if asked.method == "GET":
            return _page([one for one in self.subscriptions if one["clientName"] == which.get("clientName")], which)
        if asked.method == "DELETE":
            (gone,) = [one for one in self.subscriptions if one["id"] == number]
            self.subscriptions.remove(gone)
            return _json(gone)
        wanted = json.loads(asked.body)
        known = {"3.0.1": {"GET", "POST", "PUT", "DELETE"}}.get(self.version, {"CREATE", "READ", "UPDATE", "DELETE"})
        if not all(set(each["operations"]) <= known for each in wanted["objectOperations"]):
            return _problem(400, "Bad Request")
        self.subscriptions.append(wanted | {"id": f"sub-{len(self.asked)}"})
        return _json(self.subscriptions[-1], 201)

    async def call(self, at: str, **other: str) -> list[int]:
        """Tell all who have subscribed, on the server `at`, that something has changed; what they answer.

        `other` headers are sent instead of the right ones.
        """
        found = []
        async with httpx.AsyncClient() as client:
            for each in [each for one in self.subscriptions for each in one["objectOperations"]]:
                headers = other or {"authorization": f"Bearer {each['bearerToken']}"}
                said = {"objectType": "EVENT", "operation": "UPDATE", "object": {}}
                found.append(
                    (await client.post(at + urlsplit(each["callbackUrl"]).path, json=said, headers=headers)).status_code
                )
        return found

    def _token(self, form: dict[str, list[str]]) -> Reply:
        given = [form.get(name, [""])[0] for name in ("grant_type", "client_id", "client_secret")]
        if given != ["client_credentials", CLIENT, SECRET]:
            return Reply(json.dumps({"error": "invalid_client"}).encode(), 401)
        self.tokens.append(f"token-{len(self.tokens) + 1}")
        return _json({"access_token": self.tokens[-1], "token_type": "Bearer", "expires_in": 3600})

    def _report(self, report: dict[str, Any]) -> Reply:
        required = {"eventID", "clientName", "resources"} | ({"programID"} if self.version == "3.0.1" else set())
        if not required <= report.keys() or report["eventID"] not in [one["id"] for one in self.events]:
            return _problem(400, "Bad Request")
        self.reports.append(report)
        return _json(report | {"id": f"report-{len(self.reports)}"}, 201)


def _program_of(event: Any) -> Any:
    return event.get("programID", "prog-1") if isinstance(event, dict) else "prog-1"


def _page(objects: list[Any], which: dict[str, str]) -> Reply:
    skip, limit = int(which.get("skip", 0)), int(which.get("limit", _MOST))
    return _json(objects[skip : skip + limit]) if limit <= _MOST else _problem(400, "Bad Request")


def _json(body: Any, status: int = 200) -> Reply:
    return Reply(json.dumps(body).encode(), status, {"content-type": "application/json"})


def _problem(status: int, title: str) -> Reply:
    return _json({"title": title, "status": status}, status)


@contextmanager
def small_vtn(version: str = "3.1.0") -> Iterator[SmallVtn]:
    """A running VTN with one program."""
    vtn = SmallVtn(version)
    with http_peer(vtn.answer) as peer:
        vtn.url = peer.url
        yield vtn


def event(event_id: str = "ev-1", *values: float, payload: str = "IMPORT_CAPACITY_LIMIT", **more: Any) -> Any:
    """An event with an interval for each value; `more` is put in as it is."""
    intervals = [
        {"id": number, "payloads": [{"type": payload, "values": [value]}]} for number, value in enumerate(values)
    ]
    return {"id": event_id, "objectType": "EVENT", "programID": "prog-1", "intervals": intervals} | more


def period(start: datetime, every: timedelta | None = None) -> dict[str, str]:
    """An intervalPeriod."""
    found = {"start": start.isoformat().replace("+00:00", "Z")}
    return found if every is None else found | {"duration": f"PT{int(every.total_seconds())}S"}


def ven_file(folder: Path, vtn: SmallVtn, **more: Any) -> str:
    """A file of settings for the site `yard`; returns its path."""
    told = {"site": "yard", "vtn": vtn.url, "client_id": CLIENT, "client_secret": SECRET, "poll": 1} | more
    lines = [f"{name} = {json.dumps(value)}" for name, value in told.items() if not isinstance(value, dict)]
    for name, value in told.items():
        if isinstance(value, dict):
            lines += [f"[ven.{name}]", *(f"{json.dumps(key)} = {json.dumps(one)}" for key, one in value.items())]
    path = folder / "openadr.toml"
    path.write_text("\n".join(["[[ven]]", *lines]) + "\n", encoding="utf-8")
    return str(path)
