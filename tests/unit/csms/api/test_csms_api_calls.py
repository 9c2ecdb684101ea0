"""Pass-through over the API: any action, bytes as they are."""

from __future__ import annotations

import httpx
import pytest

from pilotwire.errors import NotSayable
from tests.support.api_rooms import ApiRooms, api_of, client_of


async def _call(rooms: ApiRooms, content: bytes, **query: str) -> httpx.Response:
    rooms.bus.connect("CS-1")
    async with client_of(api_of(rooms)) as client:
        return await client.post("/stations/CS-1/calls/GetReport", content=content, params=query)


async def test_bytes_go_through_as_they_are() -> None:
    """Decimals keep their digits, both ways."""
    rooms = ApiRooms()
    rooms.bus.answers["GetReport"] = b'{"status": "Accepted", "n": 1.10}'
    response = await _call(rooms, b'{"requestId": 1, "limit": 10.50}')
    assert response.content == b'{"status": "Accepted", "n": 1.10}'
    assert response.headers["content-type"] == "application/json"
    assert rooms.bus.calls == [("CS-1", "GetReport", b'{"requestId": 1, "limit": 10.50}', False, None)]


async def test_force_and_timeout_are_handed_on() -> None:
    """With force, the payload may be any JSON."""
    rooms = ApiRooms()
    rooms.bus.answers["GetReport"] = b"{}"
    await _call(rooms, b"[1]", force="true", timeout="2.5")
    assert rooms.bus.calls == [("CS-1", "GetReport", b"[1]", True, 2.5)]


@pytest.mark.parametrize(
    ("content", "force"),
    [
        (b"", "false"),
        (b"{", "false"),
        (b"[1]", "false"),
        (b"1", "false"),
        (b"{} {}", "true"),
        (b'"\xff"', "true"),
        (b"[" * 50_000, "true"),
        (b"[" * 50_000, "false"),
    ],
)
async def test_what_is_no_json_is_not_sent(content: bytes, force: str) -> None:
    """A broken payload is the caller's mistake, not the station's."""
    rooms = ApiRooms()
    rooms.bus.answers["GetReport"] = b"{}"
    refused = await _call(rooms, content, force=force)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["where"] == "body"
    assert rooms.bus.calls == []


async def test_what_the_version_has_no_place_for_is_told() -> None:
    """The gateway's sentence comes back."""
    rooms = ApiRooms()
    rooms.bus.answers["GetReport"] = NotSayable("OCPP 1.6 has no action GetReport.", "Nothing was sent.")
    refused = await _call(rooms, b"{}")
    assert refused.status_code == 422
    assert refused.json()["detail"] == "OCPP 1.6 has no action GetReport."
