"""Stations over the API: lists, details, registration, passwords."""

from __future__ import annotations

import pytest

from pilotwire.csms.gateway.passwords import verify_password
from pilotwire.csms.store.ports import PutStatus, RecordBoot, RegisterStation
from pilotwire.domain.availability import Activity, Availability, ConnectorState, ConnectorStatus, Problem
from pilotwire.domain.identity import EvseAddress, StationIdentity
from pilotwire.domain.provisioning import RegistrationStatus
from tests.support.api_rooms import NOON, ApiRooms, api_of, client_of


async def test_a_list_comes_in_pages() -> None:
    """Following nextCursor gives every station once, by identity."""
    rooms = ApiRooms()
    for number in (3, 1, 5, 2, 4):
        await rooms.keep(RegisterStation(station=f"CS-{number}", registration=None, at=NOON))
    async with client_of(api_of(rooms)) as client:
        had, after = [], {}
        for _ in range(5):
            page = (await client.get("/stations", params={"limit": 2} | after)).json()
            had += [each["station"] for each in page["items"]]
            if page["nextCursor"] is None:
                break
            after = {"after": page["nextCursor"]}
    assert had == ["CS-1", "CS-2", "CS-3", "CS-4", "CS-5"]


async def test_a_station_tells_all_that_is_known() -> None:
    """Identity, registration, connection, and its connectors with their states."""
    rooms = ApiRooms()
    state = ConnectorState(
        availability=Availability.OCCUPIED,
        activity=Activity.CHARGING,
        problem=Problem(code="HighTemperature", info="71 C"),
    )
    status = ConnectorStatus(address=EvseAddress(evse=1, connector=2), at=NOON, state=state)
    identity = StationIdentity(vendor="Volt & Co", model="V1", firmware_version="1.2")
    await rooms.keep(
        RecordBoot(station="CS-1", identity=identity, reason="PowerUp", at=NOON),
        PutStatus(station="CS-1", status=status, received_at=NOON),
    )
    rooms.bus.connect("CS-1")
    async with client_of(api_of(rooms)) as client:
        station = (await client.get("/stations/CS-1")).json()
    assert station["registration"] is None
    assert station["connected"] is True
    assert station["identity"]["vendorName"] == "Volt & Co"
    assert station["identity"]["firmwareVersion"] == "1.2"
    assert station["lastBootReason"] == "PowerUp"
    assert station["lastSeenAt"] == "2026-01-31T12:00:00Z"
    assert station["connection"]["remote"] == "192.0.2.7"
    assert station["connectors"] == [
        {
            "evse": {"id": 1, "connectorId": 2},
            "connectorStatus": "Occupied",
            "activity": "Charging",
            "errorCode": "HighTemperature",
            "info": "71 C",
            "vendorId": None,
            "vendorErrorCode": None,
            "timestamp": "2026-01-31T12:00:00Z",
        }
    ]


async def test_a_generated_password_is_shown_once() -> None:
    """It has 20 letters and digits, opens the door, and no later answer holds it or its hash."""
    rooms = ApiRooms()
    async with client_of(api_of(rooms)) as client:
        made = await client.put("/stations/CS-1", json={"registration": "Accepted", "generatePassword": True})
        again = await client.get("/stations/CS-1")
    password = made.json()["password"]
    record = await rooms.store.station("CS-1")
    assert made.status_code == 201
    assert len(password) == 20
    assert password.isalnum()
    assert record is not None
    assert record.password_hash is not None
    assert record.registration is RegistrationStatus.ACCEPTED
    assert verify_password(password, record.password_hash)
    assert again.json()["hasPassword"] is True
    assert password not in again.text
    assert record.password_hash not in again.text


async def test_what_is_left_out_stays() -> None:
    """A change of the note leaves registration and password; null gives the registration back to the policy."""
    rooms = ApiRooms()
    async with client_of(api_of(rooms)) as client:
        await client.put("/stations/CS-1", json={"registration": "Rejected", "password": "sixteen-or-more!"})
        noted = await client.put("/stations/CS-1", json={"note": "behind the barn"})
        freed = await client.put("/stations/CS-1", json={"registration": None})
    assert noted.status_code == 200
    assert (noted.json()["registration"], noted.json()["hasPassword"]) == ("Rejected", True)
    assert noted.json()["password"] is None
    assert (freed.json()["registration"], freed.json()["note"]) == (None, "behind the barn")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"password": "short"}, "body.password"),
        ({"registration": "Maybe"}, "body.registration"),
        ({"pasword": "a-long-enough-one"}, "body.pasword"),
        ({"password": "a-long-enough-one", "generatePassword": True}, "body"),
        ({"generatePassword": "yes"}, "body.generatePassword"),
    ],
)
async def test_a_wrong_change_is_refused_by_field(body: dict[str, object], where: str) -> None:
    """Nothing is put on record, and the answer says which field is wrong."""
    rooms = ApiRooms()
    async with client_of(api_of(rooms)) as client:
        refused = await client.put("/stations/CS-1", json=body)
    assert refused.status_code == 422
    assert [each["where"] for each in refused.json()["errors"]] == [where]
    assert await rooms.store.station("CS-1") is None


async def test_an_identity_that_cannot_be_typed_is_refused() -> None:
    """A line break in an identity is a mistake."""
    async with client_of(api_of(ApiRooms())) as client:
        refused = await client.put("/stations/CS%0A1", json={})
    assert refused.status_code == 422


async def test_a_station_is_taken_off_record() -> None:
    """Once; the second time there is none."""
    rooms = ApiRooms()
    await rooms.keep(RegisterStation(station="CS-1", registration=None, at=NOON))
    async with client_of(api_of(rooms)) as client:
        assert (await client.delete("/stations/CS-1")).status_code == 204
        gone = await client.delete("/stations/CS-1")
        assert gone.status_code == 404
        assert gone.json()["detail"] == "There is no station 'CS-1' on record."
        assert (await client.get("/stations/CS-1")).status_code == 404


async def test_open_connections_are_listed() -> None:
    """By identity, with version, standing and where they come from."""
    rooms = ApiRooms()
    rooms.bus.connect("CS-2", "1.6")
    rooms.bus.connect("CS-1", "2.1")
    async with client_of(api_of(rooms)) as client:
        found = (await client.get("/connections")).json()
    assert [(each["station"], each["version"], each["standing"]) for each in found] == [
        ("CS-1", "2.1", "Accepted"),
        ("CS-2", "1.6", "Accepted"),
    ]
