# mypy: disable-error-code="untyped-decorator, import-untyped"
"""Backends nobody here wrote: central systems of the PyPI package `ocpp`, in 1.6, 2.0.1 and 2.1, on the plain `websockets` server.

What they hear and say passes that package's own JSON Schema validation; whatever fails it is kept in `refused`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import ocpp.v16
import ocpp.v21
import ocpp.v201
from ocpp.routing import on
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

PATIENCE = 10.0
SUBPROTOCOLS = {"1.6": "ocpp1.6", "2.0.1": "ocpp2.0.1", "2.1": "ocpp2.1"}


@dataclass(frozen=True)
class Heard:
    """A CALL of the station: its payload in the package's snake case; `line` counts the connections."""

    action: str
    payload: dict[str, Any]
    line: int


class CounterpartCsms:
    """One central system for one station. `accepted` are the cards it knows; `deaf_to` names an action it lets go unanswered
    `deaf_times` times: it cuts the line instead, having taken the message."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.accepted = {"04A2B3C4"}
        self.deaf_to = ""
        self.deaf_times = 1
        self.heard: list[Heard] = []
        self.refused: list[str] = []
        self.lines = 0
        self.url = ""
        self._last_number = 0
        self._connection: Any = None
        self._waiting: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []

    # --- what a test asks ----------------------------------------------------------------------------------------------------------

    def of(self, *actions: str) -> list[dict[str, Any]]:
        """The payloads of some actions, in the order heard."""
        return [heard.payload for heard in self.heard if heard.action in actions]

    async def until(self, done: Callable[[], bool]) -> None:
        """Wait until something is true of what was heard."""
        if done():
            return
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((done, future))
        await asyncio.wait_for(future, PATIENCE)

    async def until_heard(self, action: str, count: int = 1, **parts: Any) -> dict[str, Any]:
        """Wait for the n-th message of an action that has these values in its payload; gives the payload."""

        def found() -> list[dict[str, Any]]:
            return [each for each in self.of(action) if all(each.get(name) == value for name, value in parts.items())]

        await self.until(lambda: len(found()) >= count)
        return found()[count - 1]

    async def ask(self, action: str, /, **payload: Any) -> Any:
        """A CALL to the station and its answer; a CALLERROR is raised as the package's exception."""
        message = getattr(self._connection._call, action)(**payload)
        return await self._connection.call(message, suppress=False)

    # --- what its connections tell -------------------------------------------------------------------------------------------------

    def hear(self, action: str, payload: dict[str, Any]) -> None:
        """A message came."""
        self.heard.append(Heard(action, payload, self.lines))

    def look(self) -> None:
        """Something happened: see who waited for it."""
        for done, future in self._waiting:
            if not future.done() and done():
                future.set_result(None)
        self._waiting = [each for each in self._waiting if not each[1].done()]

    def next_number(self) -> int:
        """A transaction number (1.6)."""
        self._last_number += 1
        return self._last_number

    async def serve_line(self, line: ServerConnection) -> None:
        """One connection from its beginning to its end."""
        self.lines += 1
        self._connection = _CENTRAL_SYSTEMS[self.version](self, line)
        with suppress(ConnectionClosed):
            await self._connection.start()


class _Central:
    """What the central systems of all versions have in common; a mixin over the package's `ChargePoint`."""

    _call: Any
    _call_result: Any

    def __init__(self, csms: CounterpartCsms, line: ServerConnection) -> None:
        super().__init__("the station", line, response_timeout=PATIENCE)  # type: ignore[call-arg]
        self.csms = csms
        self.line = line

    async def _send(self, message: str) -> None:
        if message.startswith("[4"):
            self.csms.refused.append(message)
        try:
            await super()._send(message)  # type: ignore[misc]
        finally:
            self.csms.look()

    def _heard(self, action: str, payload: dict[str, Any]) -> None:
        self.csms.hear(action, payload)
        if self.csms.deaf_to == action and self.csms.deaf_times:
            self.csms.deaf_times -= 1
            self.line.transport.abort()

    def _answer(self, action: str, **payload: Any) -> Any:
        return getattr(self._call_result, action)(**payload)

    def _status_of(self, card: str) -> str:
        return "Accepted" if card in self.csms.accepted else "Invalid"

    @on("BootNotification")
    def on_boot(self, **payload: Any) -> Any:
        self._heard("BootNotification", payload)
        now = datetime.now(UTC).isoformat()
        return self._answer("BootNotification", current_time=now, interval=300, status="Accepted")

    @on("Heartbeat")
    def on_heartbeat(self, **payload: Any) -> Any:
        self._heard("Heartbeat", payload)
        return self._answer("Heartbeat", current_time=datetime.now(UTC).isoformat())

    @on("StatusNotification")
    def on_status(self, **payload: Any) -> Any:
        self._heard("StatusNotification", payload)
        return self._answer("StatusNotification")

    @on("MeterValues")
    def on_meter_values(self, **payload: Any) -> Any:
        self._heard("MeterValues", payload)
        return self._answer("MeterValues")

    @on("FirmwareStatusNotification")
    def on_firmware_status(self, **payload: Any) -> Any:
        self._heard("FirmwareStatusNotification", payload)
        return self._answer("FirmwareStatusNotification")

    @on("SecurityEventNotification")
    def on_security_event(self, **payload: Any) -> Any:
        self._heard("SecurityEventNotification", payload)
        return self._answer("SecurityEventNotification")


class _CentralSystem16(_Central, ocpp.v16.ChargePoint):  # type: ignore[misc]
    @on("Authorize")
    def on_authorize(self, id_tag: str) -> Any:
        self._heard("Authorize", {"id_tag": id_tag})
        return self._answer("Authorize", id_tag_info={"status": self._status_of(id_tag)})

    @on("StartTransaction")
    def on_start(self, **payload: Any) -> Any:
        self._heard("StartTransaction", payload)
        info = {"status": self._status_of(payload["id_tag"])}
        return self._answer("StartTransaction", transaction_id=self.csms.next_number(), id_tag_info=info)

    @on("StopTransaction")
    def on_stop(self, **payload: Any) -> Any:
        self._heard("StopTransaction", payload)
        return self._answer("StopTransaction", id_tag_info={"status": "Accepted"})


class _Csms2(_Central):
    @on("Authorize")
    def on_authorize(self, id_token: dict[str, Any], **_: Any) -> Any:
        self._heard("Authorize", {"id_token": id_token})
        return self._answer("Authorize", id_token_info={"status": self._status_of(id_token["id_token"])})

    @on("TransactionEvent")
    def on_transaction_event(self, **payload: Any) -> Any:
        self._heard("TransactionEvent", payload)
        token = payload.get("id_token")
        info = None if token is None else {"status": self._status_of(token["id_token"])}
        return self._answer("TransactionEvent", id_token_info=info)

    @on("NotifyEvent")
    def on_notify_event(self, **payload: Any) -> Any:
        self._heard("NotifyEvent", payload)
        return self._answer("NotifyEvent")

    @on("NotifyReport")
    def on_notify_report(self, **payload: Any) -> Any:
        self._heard("NotifyReport", payload)
        return self._answer("NotifyReport")


class _Csms201(_Csms2, ocpp.v201.ChargePoint):  # type: ignore[misc]
    pass


class _Csms21(_Csms2, ocpp.v21.ChargePoint):  # type: ignore[misc]
    pass


_CENTRAL_SYSTEMS = {"1.6": _CentralSystem16, "2.0.1": _Csms201, "2.1": _Csms21}


@asynccontextmanager
async def counterpart_csms(version: str) -> AsyncIterator[CounterpartCsms]:
    """A listening counterpart. At the end nothing may have been refused by the package's validation."""
    csms = CounterpartCsms(version)
    async with serve(csms.serve_line, "127.0.0.1", 0, subprotocols=[SUBPROTOCOLS[version]]) as server:  # type: ignore[list-item]
        port = next(iter(server.sockets)).getsockname()[1]
        csms.url = f"ws://127.0.0.1:{port}"
        yield csms
    assert csms.refused == []
