"""Local lists over the API: entries as JSON, or the tokens on record."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pilotwire.csms.store.ports import PutToken
from pilotwire.domain.authorization import AuthorizationStatus, AuthorizationVerdict, Token
from pilotwire.domain.device_model import GetVariables, GetVariablesOutcome
from pilotwire.domain.identity import IdToken
from pilotwire.domain.local_list import (
    GetLocalListVersion,
    ListEntry,
    LocalListVersion,
    SendLocalList,
    SendLocalListOutcome,
    SendLocalListStatus,
    UpdateType,
)
from tests.support.api_rooms import CARD, NOON, ApiRooms, api_of, client_of

URL = "/stations/CS-1/commands/send-local-list"


def _rooms(status: SendLocalListStatus = SendLocalListStatus.ACCEPTED, *, version: int | None = 4) -> ApiRooms:
    rooms = ApiRooms()
    rooms.bus.connect("CS-1")
    rooms.bus.answers |= {
        SendLocalList: SendLocalListOutcome(status=status),
        GetLocalListVersion: LocalListVersion(version=version),
        GetVariables: GetVariablesOutcome(results=()),
    }
    return rooms


def _sent(rooms: ApiRooms) -> list[SendLocalList]:
    return [command for _, command in rooms.bus.commands if isinstance(command, SendLocalList)]


async def test_entries_are_sent_as_they_are_given() -> None:
    """With all that 2.x can say of a token; one without information is taken off."""
    rooms = _rooms()
    info = {
        "status": "Accepted",
        "cacheExpiryDateTime": "2026-02-01T12:00:00Z",
        "chargingPriority": -3,
        "groupIdToken": {"idToken": "FLEET", "type": "Central"},
        "language1": "nl",
        "language2": "en",
        "personalMessage": "Hello",
        "evseId": [1, 2],
    }
    body = {
        "versionNumber": 9,
        "updateType": "Differential",
        "localAuthorizationList": [
            {"idToken": {"idToken": "04A1B2C3D4", "type": "ISO14443"}, "idTokenInfo": info},
            {"idToken": {"idToken": "GONE"}},
        ],
    }
    async with client_of(api_of(rooms)) as client:
        answer = await client.post(URL, json=body)
    assert answer.json() == {"status": "Accepted", "versionNumber": 9}
    verdict = AuthorizationVerdict(
        status=AuthorizationStatus.ACCEPTED,
        expires_at=NOON + timedelta(1),
        group=IdToken(value="FLEET", type="Central"),
        priority=-3,
        language="nl",
        language2="en",
        message="Hello",
        evses=(1, 2),
    )
    entries = (ListEntry(id_token=CARD, info=verdict), ListEntry(id_token=IdToken(value="GONE")))
    assert _sent(rooms) == [SendLocalList(version=9, update=UpdateType.DIFFERENTIAL, entries=entries)]


async def test_an_empty_body_empties_the_list() -> None:
    """Full, of nothing, with the next number."""
    rooms = _rooms()
    async with client_of(api_of(rooms)) as client:
        answer = await client.post(URL, json={})
    assert answer.json() == {"status": "Accepted", "versionNumber": 5}
    assert _sent(rooms) == [SendLocalList(version=5, update=UpdateType.FULL)]


async def test_the_tokens_on_record_are_a_list() -> None:
    """As each would be judged now; only some types, if wanted."""
    rooms = _rooms(version=None)
    other = IdToken(value="NL-ABC-1", type="eMAID")
    await rooms.keep(PutToken(token=Token(id_token=CARD)), PutToken(token=Token(id_token=other, expires_at=NOON)))
    async with client_of(api_of(rooms)) as client:
        answer = await client.post(URL, json={"from": "tokens"})
        await client.post(URL, json={"from": "tokens", "types": ["ISO14443"], "versionNumber": 7})
    assert answer.json() == {"status": "Accepted", "versionNumber": 1}
    card = ListEntry(id_token=CARD, info=AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED))
    ended = AuthorizationVerdict(status=AuthorizationStatus.EXPIRED, expires_at=NOON)
    assert _sent(rooms) == [
        SendLocalList(version=1, update=UpdateType.FULL, entries=(card, ListEntry(id_token=other, info=ended))),
        SendLocalList(version=7, update=UpdateType.FULL, entries=(card,)),
    ]


async def test_what_the_station_says_of_it_is_told() -> None:
    """A list it did not take is a good answer; so is that it keeps none."""
    rooms = _rooms(SendLocalListStatus.NOT_SUPPORTED, version=None)
    async with client_of(api_of(rooms)) as client:
        answer = await client.post(URL, json={"versionNumber": 1})
        version = await client.post("/stations/CS-1/commands/get-local-list-version")
    assert (answer.status_code, answer.json()) == (200, {"status": "NotSupported", "versionNumber": None})
    assert (version.status_code, version.json()) == (200, {"versionNumber": None})


@pytest.mark.req("D02.FR.01")
async def test_the_version_is_told() -> None:
    """As the station says it."""
    async with client_of(api_of(_rooms(version=4))) as client:
        answer = await client.post("/stations/CS-1/commands/get-local-list-version")
    assert answer.json() == {"versionNumber": 4}


LISTED: dict[str, Any] = {"idToken": {"idToken": "A"}, "idTokenInfo": {"status": "Accepted"}}


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"versionNumber": 0}, "body.versionNumber"),
        ({"updateType": "Partial"}, "body.updateType"),
        ({"from": "heaven"}, "body.from"),
        ({"from": "tokens", "localAuthorizationList": []}, "body.localAuthorizationList"),
        ({"from": "tokens", "updateType": "Differential"}, "body.updateType"),
        ({"types": ["ISO14443"]}, "body.types"),
        ({"localAuthorizationList": [{"idToken": {"idToken": ""}}]}, "body.localAuthorizationList.0.idToken.idToken"),
    ],
)
async def test_a_wrong_request_reaches_no_station(body: dict[str, Any], where: str) -> None:
    """The field that is wrong is named."""
    rooms = _rooms()
    async with client_of(api_of(rooms)) as client:
        refused = await client.post(URL, json=body)
    assert refused.status_code == 422
    assert [each["where"] for each in refused.json()["errors"]] == [where]
    assert rooms.bus.commands == []


@pytest.mark.parametrize(
    ("entries", "what"),
    [
        ([LISTED, LISTED], "The token 'A' is in the list twice."),
        ([{"idToken": {"idToken": "A"}}], "of 'A' it does not."),
    ],
)
async def test_a_list_that_cannot_be_reaches_no_station(entries: list[Any], what: str) -> None:
    """422, and a sentence."""
    rooms = _rooms()
    async with client_of(api_of(rooms)) as client:
        refused = await client.post(URL, json={"localAuthorizationList": entries})
    assert refused.status_code == 422
    assert refused.json()["detail"].endswith(what)
    assert rooms.bus.commands == []
