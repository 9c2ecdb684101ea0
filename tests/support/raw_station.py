"""A station of bare frames: what a test wants said is said, byte for byte, and nothing is hidden."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from pilotwire.csms.app import Csms
from pilotwire.csms.settings import CsmsSettings
from pilotwire.domain.provisioning import UnknownStations

PATIENCE = 10.0
BOOT = {
    "ocpp1.6": {"chargePointVendor": "Volta", "chargePointModel": "One"},
    "ocpp2.0.1": {"reason": "PowerUp", "chargingStation": {"vendorName": "Volta", "model": "One"}},
    "ocpp2.1": {"reason": "PowerUp", "chargingStation": {"vendorName": "Volta", "model": "One"}},
}


class RawStation:
    """Frames over one WebSocket connection; every wait ends."""

    def __init__(self, line: ClientConnection) -> None:
        self.line = line
        self.last = ""
        """The id of the CALL heard last, where a test keeps it."""
        self._count = 0

    async def say(self, frame: Any) -> None:
        """Send a frame as JSON, or text or bytes as they are."""
        await self.line.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))

    async def hear(self) -> Any:
        """The next frame."""
        return json.loads(await asyncio.wait_for(self.line.recv(), PATIENCE))

    async def call(self, action: str, payload: Any, message_id: str | None = None) -> Any:
        """Say a CALL and give the frame that answers it."""
        self._count += 1
        message_id = message_id or f"id-{self._count}"
        await self.say([2, message_id, action, payload])
        answer = await self.hear()
        assert answer[1] == message_id, answer
        return answer

    async def ask(self, action: str, payload: Any) -> Any:
        """Say a CALL and give the payload of its CALLRESULT."""
        answer = await self.call(action, payload)
        assert answer[0] == 3, answer
        return answer[2]

    async def boot(self) -> Any:
        """Boot and give the answer."""
        return await self.ask("BootNotification", BOOT[str(self.line.subprotocol)])

    async def answer(self, payload: Any) -> list[Any]:
        """Wait for a CALL, answer it, and give it."""
        call: list[Any] = await self.hear()
        assert call[0] == 2, call
        await self.say([3, call[1], payload])
        return call

    async def ending(self) -> tuple[int, str]:
        """Wait until the connection is over; code and reason."""
        await asyncio.wait_for(self.line.wait_closed(), PATIENCE)
        return self.line.close_code or 1006, self.line.close_reason or ""


@asynccontextmanager
async def station(
    csms: Csms,
    identity: str = "CS001",
    version: str = "ocpp1.6",
    *,
    password: str | None = None,
    username: str | None = None,
    **options: Any,
) -> AsyncIterator[RawStation]:
    """A connected station."""
    headers = {}
    if password is not None:
        pair = base64.b64encode(f"{username or identity}:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    url = f"{csms.urls.ocpp}/{quote(identity, safe='')}"
    async with connect(
        url,
        subprotocols=[Subprotocol(version)],
        additional_headers=headers,
        proxy=None,
        **({"compression": None} | options),
    ) as line:
        yield RawStation(line)


def settings(**more: Any) -> CsmsSettings:
    """Settings of a CSMS for one test: in memory, on free ports, open to every station."""
    fixed: dict[str, Any] = {
        "database": "memory:",
        "ocpp_port": 0,
        "http_port": 0,
        "unknown_stations": UnknownStations.ACCEPT,
        "shutdown_timeout": 2.0,
    }
    return CsmsSettings(**(fixed | more))
