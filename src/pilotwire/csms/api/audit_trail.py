"""What is done through the API is written down before its answer goes out.

Every operation that is no plain read has an entry, whatever came of it; refused attempts have one too, but not more than some for each
address and minute: a flood of them must not fill the disk. How many were left out is in the next entry of that address.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pilotwire.csms.api.images import is_upload
from pilotwire.csms.api.masking import masked_body, masked_query, masked_text
from pilotwire.csms.api.problems import problem_of
from pilotwire.csms.api.rooms import Rooms
from pilotwire.csms.registers.access import AUDIT, AuditEntry
from pilotwire.errors import StoreError

_LOG = structlog.get_logger("pilotwire.api")
_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_REFUSED: Final = frozenset({401, 403, 429})
_MOST_BYTES: Final = 256_000
_LONGEST_REASON: Final = 300


class Refusals:
    """How many refused attempts are written: `most` for each address and minute, ten times that in all."""

    def __init__(self, most: int = 20) -> None:
        self._most = most
        self._minute = -1
        self._written: dict[str, int] = {}
        self._total = 0
        self._left_out: OrderedDict[str, int] = OrderedDict()

    def suppressed(self, remote: str, now: float) -> int | None:
        """How many before this one were left out; None: this one is to be left out too."""
        if int(now // 60) != self._minute:
            self._minute, self._written, self._total = int(now // 60), {}, 0
        if self._written.get(remote, 0) >= self._most or self._total >= self._most * 10:
            self._left_out[remote] = self._left_out.pop(remote, 0) + 1
            if len(self._left_out) > 1000:
                self._left_out.popitem(last=False)
            return None
        self._written[remote] = self._written.get(remote, 0) + 1
        self._total += 1
        return self._left_out.pop(remote, 0)


@dataclass(slots=True)
class _Asked:
    """The body of a request, as far as it is read and no longer than is written down."""

    body: bytes = b""
    length: int = 0

    def text(self, is_binary: bool) -> str:
        if is_binary or self.length > _MOST_BYTES:
            return f"({self.length} bytes)" if self.length else ""
        return masked_body(self.body)


class AuditTrail:
    """Writes down what is done at the paths below `prefix`."""

    def __init__(self, app: ASGIApp, rooms: Rooms, prefix: str) -> None:
        self._app = app
        self._rooms = rooms
        self._prefix = prefix
        self._refusals = Refusals()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, and write down what came of it."""
        if scope["type"] != "http" or not scope["path"].startswith(f"{self._prefix}/"):
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})
        await _Exchange(self._rooms, self._refusals, scope, receive, send).run(self._app, self._prefix)


class _Exchange:
    """One request and its answer."""

    def __init__(self, rooms: Rooms, refusals: Refusals, scope: Scope, receive: Receive, send: Send) -> None:
        self._rooms = rooms
        self._refusals = refusals
        self._scope = scope
        self._receive = receive
        self._send = send
        self._asked = _Asked()
        self._began = rooms.clock.monotonic()
        self._start: Message | None = None
        self._written = False
        self._trouble = ""
        self._replaced = False
        self._prefix = ""

    async def run(self, app: ASGIApp, prefix: str) -> None:
        self._prefix = prefix
        try:
            await app(self._scope, self._hear, self._say)
        except BaseException as error:
            if not self._written and self._scope["method"] not in _READS:
                await self._keep(500, type(error).__name__)
            raise

    async def _hear(self) -> Message:
        message = await self._receive()
        piece = message.get("body", b"")
        self._asked.length += len(piece)
        if self._asked.length <= _MOST_BYTES:
            self._asked.body += piece
        return message

    async def _say(self, message: Message) -> None:
        """Hold the beginning of the answer back until its first part is known: that has the reason, if it is a refusal."""
        if self._replaced:
            return
        if message["type"] == "http.response.start" and self._is_of_interest(message["status"]):
            self._start = message
            return
        start, self._start = self._start, None
        if start is not None and not await self._keep(start["status"], _reason(start["status"], message)):
            self._replaced = True
            await self._unavailable()
            return
        if start is not None:
            await self._send(start)
        await self._send(message)

    def _is_of_interest(self, status: int) -> bool:
        is_operation = "route" in self._scope
        return is_operation and (self._scope["method"] not in _READS or status in _REFUSED)

    async def _keep(self, status: int, reason: str) -> bool:
        """Write the entry; False if that is not possible."""
        self._written = True
        caller = self._scope["state"].get("caller")
        remote = str((self._scope.get("client") or ("",))[0])
        suppressed: int | None = 0
        if status in _REFUSED or caller is None:
            suppressed = self._refusals.suppressed(remote, self._rooms.clock.monotonic())
        if suppressed is None or "route" not in self._scope:
            return True
        station, entry = self._entry(caller, remote, status, reason, suppressed)
        try:
            await self._rooms.journal.append(AUDIT.keep(station, self._rooms.clock.now(), entry, key=entry.actor))
        except StoreError as error:
            _LOG.error("audit.lost", operation=entry.operation, actor=entry.actor, status=status, what=error.what)
            self._trouble = error.what
            return False
        return True

    def _entry(self, caller: Any, remote: str, status: int, reason: str, suppressed: int) -> tuple[str, AuditEntry]:
        scope = self._scope
        path = scope["path"].removeprefix(self._prefix).replace("\ufdd0", "%2F")
        entry = AuditEntry(
            actor="" if caller is None else caller.actor,
            remote=remote,
            method=scope["method"],
            operation=scope["route"].path,
            path=path[:500],
            query=masked_query(scope.get("query_string", b"")),
            asked=self._asked.text(is_upload(scope["method"], scope["path"])),
            status=status,
            reason=masked_text(reason)[:_LONGEST_REASON],
            duration=round(self._rooms.clock.monotonic() - self._began, 6),
            suppressed=suppressed,
        )
        named = scope.get("path_params", {})
        station = named.get("station") or named.get("controller") or ""
        return str(station)[:60], entry

    async def _unavailable(self) -> None:
        problem = problem_of(
            StoreError(
                f"What was asked may have been done, but it could not be written into the audit log: {self._trouble}",
                "See to the database before asking again.",
            )
        )
        await problem(self._scope, self._receive, self._send)


def _reason(status: int, message: Message) -> str:
    if status < 400:
        return ""
    try:
        problem = json.loads(message.get("body", b""))
    except ValueError:
        return ""
    return str(problem.get("detail", "")) if isinstance(problem, dict) else ""
