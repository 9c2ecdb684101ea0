"""Errors of the API: always a problem document, never a traceback."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from pilotwire.csms.store.memory import MemoryStore
from pilotwire.errors import MisuseError
from tests.support.api_rooms import ApiRooms, BrokenStore, api_of, client_of

JSON = {"content-type": "application/json"}


async def test_a_database_that_is_gone_is_503() -> None:
    """On every reading operation, health included, with the store's own sentence."""
    rooms = ApiRooms()
    rooms.store = BrokenStore()
    async with client_of(api_of(rooms)) as client:
        for path in ("/stations", "/stations/x", "/tokens", "/transactions", "/messages", "http://csms/health"):
            gone = await client.get(path)
            assert gone.status_code == 503, path
            assert gone.json()["detail"] == "the database file is gone."
            assert gone.json()["remedy"] == "Put the disk back."


async def test_a_database_that_takes_nothing_is_503() -> None:
    """Nothing that could not be stored is called done."""
    rooms = ApiRooms()
    rooms.journal.close()
    async with client_of(api_of(rooms)) as client:
        refused = await client.put("/tokens/A", json={})
    assert refused.status_code == 503
    assert refused.json()["type"] == "urn:pilotwire:problem:store-unavailable"


class _Buggy(MemoryStore):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    async def stations(self, *_: Any, **__: Any) -> Any:
        """A bug."""
        raise self._error


@pytest.mark.parametrize("error", [KeyError("the-secret-of-the-inside"), MisuseError("a bug of ours")])
async def test_a_bug_is_a_sentence(error: Exception) -> None:
    """500 as a problem document, without the inside of the program; the log has that."""
    rooms = ApiRooms()
    rooms.store = _Buggy(error)
    with capture_logs() as logged:
        async with client_of(api_of(rooms)) as client:
            broken = await client.get("/stations")
    assert [entry["exc_info"] for entry in logged] == [error]
    assert broken.status_code == 500
    assert broken.headers["content-type"] == "application/problem+json"
    assert broken.json()["type"] == "urn:pilotwire:problem:internal-error"
    assert "secret-of-the-inside" not in broken.text
    assert "Traceback" not in broken.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("PATCH", "/stations/x", 405),
        ("GET", "/stations/a/b/c", 404),
        ("GET", "/stations/", 404),
    ],
)
async def test_addresses_that_do_not_exist(method: str, path: str, status: int) -> None:
    """Also a problem document, that says where to look."""
    async with client_of(api_of(ApiRooms())) as client:
        missing = await client.request(method, path)
    assert missing.status_code == missing.json()["status"] == status
    assert "/docs" in missing.json()["remedy"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[1]", b'{"status": "\\ud800"}', b'{"\\ud800": 1}', b"[" * 9000, b"NaN"]
)
async def test_bodies_that_cannot_be_used(body: bytes) -> None:
    """Every kind of broken body gets a problem document that can itself be read."""
    async with client_of(api_of(ApiRooms())) as client:
        refused = await client.put("/tokens/A", content=body, headers=JSON)
    assert refused.status_code in (400, 422)
    assert refused.json()["title"]
    assert refused.json()["detail"]


async def test_a_body_that_is_too_long_is_not_read() -> None:
    """Whether its length was announced or not."""

    async def endless() -> Any:
        for _ in range(100):
            yield b" " * 1000

    rooms = ApiRooms(max_message_bytes=5000)
    async with client_of(api_of(rooms)) as client:
        announced = await client.put("/tokens/A", content=b" " * 5001, headers=JSON)
        streamed = await client.put("/tokens/A", content=endless(), headers=JSON)
        fits = await client.put("/tokens/A", content=b"{}" + b" " * 4998, headers=JSON)
    for refused in (announced, streamed):
        assert refused.status_code == 413
        assert "5000 bytes" in refused.json()["detail"]
    assert fits.status_code == 200


async def test_each_field_is_listed() -> None:
    """Two mistakes, two entries, one sentence with both."""
    async with client_of(api_of(ApiRooms())) as client:
        refused = (await client.put("/tokens/A", json={"status": "x", "maxTransactions": -1})).json()
    assert {each["where"] for each in refused["errors"]} == {"body.status", "body.maxTransactions"}
    assert "body.status" in refused["detail"]
    assert "body.maxTransactions" in refused["detail"]
