"""Groups of tokens, balances, and policies of local lists over the API."""

from __future__ import annotations

import pytest

from pilotwire.csms.store.ports import RecordConnection
from pilotwire.domain.device_model import GetVariables, GetVariablesOutcome
from pilotwire.domain.local_list import (
    GetLocalListVersion,
    LocalListVersion,
    SendLocalList,
    SendLocalListOutcome,
    SendLocalListStatus,
    UpdateType,
)
from tests.support.api_rooms import NOON, ApiRooms, api_of, client_of

ACCEPTED = SendLocalListOutcome(status=SendLocalListStatus.ACCEPTED)


async def test_a_group_is_kept_and_shows_its_members() -> None:
    """Found in any case; one with members stays."""
    async with client_of(api_of(ApiRooms())) as client:
        put = await client.put("/token-groups/FLEET", json={"maxTransactions": 2, "note": "vans"})
        assert put.status_code == 200
        await client.put("/tokens/A", params={"type": "Central"}, json={"groupIdToken": {"idToken": "fleet"}})
        got = (await client.get("/token-groups/Fleet")).json()
        assert got["members"] == [{"idToken": "A", "type": "Central"}]
        assert (got["maxTransactions"], got["masterPass"], got["note"]) == (2, False, "vans")
        assert [each["group"] for each in (await client.get("/token-groups")).json()["items"]] == ["FLEET"]
        refused = await client.delete("/token-groups/FLEET")
        assert (refused.status_code, "'A'" in refused.json()["detail"]) == (409, True)
        await client.delete("/tokens/A")
        assert (await client.delete("/token-groups/FLEET")).status_code == 204
        assert (await client.get("/token-groups/FLEET")).status_code == 404
        assert (await client.delete("/token-groups/FLEET")).status_code == 404


async def test_a_balance_is_kept_to_the_cent() -> None:
    """Only of a token on record."""
    async with client_of(api_of(ApiRooms())) as client:
        body = {"amount": 12.34, "currency": "EUR"}
        assert (await client.put("/token-balances/A", json=body)).status_code == 404
        await client.put("/tokens/A", json={})
        assert (await client.get("/token-balances/A")).status_code == 404
        assert (await client.put("/token-balances/A", json=body)).json() == body
        assert (await client.get("/token-balances/a")).json() == body
        assert (await client.put("/token-balances/A", json=body | {"amount": "1"})).status_code == 422
        assert (await client.delete("/token-balances/A")).status_code == 204
        assert (await client.delete("/token-balances/A")).status_code == 404


@pytest.mark.parametrize("window", [{"from": "25:00"}, {"days": [8]}, {"timeZone": "Mars/Olympus"}, {"to": "7"}])
async def test_hours_that_are_none_are_refused(window: dict[str, object]) -> None:
    """Before they are stored."""
    async with client_of(api_of(ApiRooms())) as client:
        assert (await client.put("/tokens/A", json={"windows": [window]})).status_code == 422


async def test_a_list_is_brought_in_step_and_repaired() -> None:
    """Full where nobody knows what is on it, then changes, then nothing; a mismatch is repaired by a Full one with a new number."""
    rooms = ApiRooms()
    await rooms.keep(RecordConnection(station="CS1", connected=True, at=NOON, version="2.0.1"))
    rooms.bus.connect("CS1")
    rooms.bus.answers = {
        GetLocalListVersion: LocalListVersion(version=7),
        SendLocalList: ACCEPTED,
        GetVariables: GetVariablesOutcome(results=()),
    }
    async with client_of(api_of(rooms)) as client:
        sync = "/stations/CS1/commands/sync-local-list"
        assert (await client.post(sync)).status_code == 409
        assert (await client.get("/stations/CS1/local-list")).json()["inStep"] is None
        await client.put("/local-list-policy", json={"types": ["Central"]})
        for value in ("A", "B", "TIMED"):
            body = {"validFrom": "2027-01-01T00:00:00Z"} if value == "TIMED" else {}
            await client.put(f"/tokens/{value}", params={"type": "Central"}, json=body)
        await client.put("/tokens/CARD", params={"type": "ISO14443"}, json={})
        assert (await client.get("/stations/CS1/local-list")).json()["inStep"] is False
        full = (await client.post(sync)).json()
        assert full == {"updateType": "Full", "status": "Accepted", "versionNumber": 8}
        shown = (await client.get("/stations/CS1/local-list")).json()
        assert (shown["entries"], shown["inStep"], shown["versionNumber"]) == (2, True, 8)
        rooms.bus.answers[GetLocalListVersion] = LocalListVersion(version=8)
        assert (await client.post(sync)).json()["updateType"] is None
        await client.delete("/tokens/B")
        await client.put("/tokens/A", params={"type": "Central"}, json={"status": "Blocked"})
        change = (await client.post(sync)).json()
        assert change == {"updateType": "Differential", "status": "Accepted", "versionNumber": 9}
        sent = [command for _, command in rooms.bus.commands if isinstance(command, SendLocalList)]
        assert [(each.version, each.update, len(each.entries)) for each in sent] == [
            (8, UpdateType.FULL, 2),
            (9, UpdateType.DIFFERENTIAL, 2),
        ]
        assert [entry.info is None for entry in sent[1].entries] == [False, True]
        rooms.bus.answers[SendLocalList] = SendLocalListOutcome(status=SendLocalListStatus.VERSION_MISMATCH)
        await client.put("/tokens/C", params={"type": "Central"}, json={})
        rooms.bus.answers[GetLocalListVersion] = LocalListVersion(version=9)
        refused = (await client.post(sync)).json()
        assert (refused["updateType"], refused["status"]) == ("Full", "VersionMismatch")
        assert "VersionMismatch" in (await client.get("/stations/CS1/local-list")).json()["error"]
        rooms.bus.answers[SendLocalList] = ACCEPTED
        rooms.bus.answers[GetLocalListVersion] = LocalListVersion(version=3)
        repaired = (await client.post(sync)).json()
        assert (repaired["updateType"], repaired["versionNumber"]) == ("Full", 4)
        assert (await client.get("/stations/CS1/local-list")).json()["error"] == ""


async def test_a_station_has_a_policy_of_its_own_or_that_of_all() -> None:
    """And may keep none."""
    async with client_of(api_of(ApiRooms())) as client:
        await client.put("/local-list-policy", json={"source": "tokens"})
        mine = "/stations/CS1/local-list-policy"
        assert (await client.get(mine)).json()["source"] == "tokens"
        await client.put(mine, json={"source": "none"})
        assert (await client.get(mine)).json()["source"] == "none"
        assert (await client.get("/local-list-policy")).json()["source"] == "tokens"
        assert (await client.delete(mine)).status_code == 204
        assert (await client.delete(mine)).status_code == 404
