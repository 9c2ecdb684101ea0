"""Id tokens over the API."""

from __future__ import annotations

import pytest

from pilotwire.csms.registers.authorization import NEW_TEXTS
from pilotwire.csms.store.ports import BookEvent
from pilotwire.domain.authorization import AuthorizationStatus
from pilotwire.domain.identity import IdToken
from pilotwire.domain.transactions import EventKind
from tests.support.api_rooms import ApiRooms, api_of, client_of
from tests.support.csms_facts import event

FULL = {
    "status": "Blocked",
    "cacheExpiryDateTime": "2027-01-31T13:00:00+01:00",
    "chargingPriority": -3,
    "groupIdToken": {"idToken": "FLEET-7", "type": "Central"},
    "language1": "de",
    "personalMessage": "Grüß Gott",
    "maxTransactions": None,
    "validFrom": "2026-01-31T12:00:00Z",
    "windows": [{"days": [1, 5], "from": "22:00", "to": "06:30", "timeZone": "Europe/Berlin"}],
    "stations": ["SITE7-*"],
    "evseId": [1, 2],
    "connectorTypes": ["sType2"],
    "masterPass": True,
}


async def test_a_token_is_kept_as_it_was_put() -> None:
    """All fields come back; the expiry in UTC; the value is found in any case."""
    rooms = ApiRooms()
    async with client_of(api_of(rooms)) as client:
        put = await client.put("/tokens/04AB", params={"type": "ISO14443"}, json=FULL)
        got = await client.get("/tokens/04ab")
    expected = FULL | {"idToken": "04AB", "type": "ISO14443", "cacheExpiryDateTime": "2027-01-31T12:00:00Z"}
    assert put.status_code == 200
    assert put.json() == got.json() == expected
    kept = await rooms.store.token(IdToken(value="04AB", type="ISO14443"))
    assert kept is not None
    assert kept.status is AuthorizationStatus.BLOCKED
    assert kept.group == IdToken(value="FLEET-7", type="Central")


async def test_defaults_are_a_token_in_good_order() -> None:
    """An empty record may charge, one transaction at a time."""
    async with client_of(api_of(ApiRooms())) as client:
        token = (await client.put("/tokens/A", json={})).json()
    assert (token["status"], token["maxTransactions"], token["type"]) == ("Accepted", 1, None)


async def test_a_whole_number_may_be_written_with_a_point() -> None:
    """JSON knows one kind of number."""
    async with client_of(api_of(ApiRooms())) as client:
        token = (await client.put("/tokens/A", json={"maxTransactions": 2.0, "chargingPriority": -3.0})).json()
    assert (token["maxTransactions"], token["chargingPriority"]) == (2, -3)


async def test_a_value_may_hold_a_slash() -> None:
    """Values of 1.6 are any text."""
    async with client_of(api_of(ApiRooms())) as client:
        await client.put("/tokens/A%2FB", json={})
        assert (await client.get("/tokens/A%2FB")).json()["idToken"] == "A/B"


async def test_tokens_are_listed_in_pages() -> None:
    """By value, each once."""
    async with client_of(api_of(ApiRooms())) as client:
        for value in ("C", "A", "B"):
            await client.put(f"/tokens/{value}", json={})
        first = (await client.get("/tokens", params={"limit": 2})).json()
        rest = (await client.get("/tokens", params={"limit": 2, "after": first["nextCursor"]})).json()
    assert [each["idToken"] for each in first["items"] + rest["items"]] == ["A", "B", "C"]
    assert rest["nextCursor"] is None


async def test_a_token_is_taken_off_record() -> None:
    """From then on it is not there."""
    async with client_of(api_of(ApiRooms())) as client:
        await client.put("/tokens/A", json={})
        assert (await client.delete("/tokens/A")).status_code == 204
        assert (await client.delete("/tokens/A")).status_code == 404
        assert (await client.get("/tokens/A")).json()["type"] == "urn:pilotwire:problem:not-found"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cacheExpiryDateTime", "2027-01-31"),
        ("cacheExpiryDateTime", "2027-01-31T12:00:00"),
        ("cacheExpiryDateTime", 1800000000),
        ("cacheExpiryDateTime", "0001-01-01T00:00:00+14:00"),
        ("chargingPriority", 10),
        ("chargingPriority", "1"),
        ("maxTransactions", -1),
        ("maxTransactions", True),
        ("maxTransactions", 1.5),
        ("language1", ""),
        ("status", "accepted"),
    ],
)
async def test_a_wrong_field_is_named(field: str, value: object) -> None:
    """A value nobody can mean is refused, by field."""
    async with client_of(api_of(ApiRooms())) as client:
        refused = await client.put("/tokens/A", json={field: value})
    assert refused.status_code == 422
    assert [each["where"] for each in refused.json()["errors"]] == [f"body.{field}"]


async def test_a_value_is_one_line_of_text() -> None:
    """Control characters are no part of an identifier."""
    async with client_of(api_of(ApiRooms())) as client:
        assert (await client.put("/tokens/A%00", json={})).status_code == 422
        assert (await client.put("/tokens/A%1b", json={})).status_code == 422


@pytest.mark.req("I06.FR.02")
async def test_a_driver_who_charges_is_to_read_what_the_token_says_anew() -> None:
    """A text that changes is kept for each transaction that goes on with the token; one that stays the same is not."""
    rooms = ApiRooms()
    async with client_of(api_of(rooms)) as client:
        await client.put("/tokens/04AB", params={"type": "ISO14443"}, json={"personalMessage": "0.45 a kWh"})
        token = IdToken(value="04AB", type="ISO14443")
        begun = event(EventKind.STARTED, rooms.clock.now(), seq_no=0, token=token)
        await rooms.journal.append(BookEvent(station="CS001", event=begun, received_at=rooms.clock.now()))
        for text in ("0.45 a kWh", "0.55 a kWh"):
            assert await rooms.store.record(NEW_TEXTS, "CS001", "tx-1") is None
            await client.put("/tokens/04AB", params={"type": "ISO14443"}, json={"personalMessage": text})
    new = await rooms.store.record(NEW_TEXTS, "CS001", "tx-1")
    assert new is not None
    assert new.text == "0.55 a kWh"
