"""Firmware by REST: images, downloads, updates, local controllers, campaigns."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from pilotwire.csms.commands import CommandRefused, CommandTimedOut
from pilotwire.csms.registers.firmware import DOWNLOADS, PUBLISHED, UPDATES, update_key
from pilotwire.csms.store.ports import RecordBoot, Scope
from pilotwire.domain.firmware import (
    PublishFirmware,
    PublishFirmwareOutcome,
    StatusDetail,
    UnpublishFirmware,
    UnpublishFirmwareOutcome,
    UnpublishFirmwareStatus,
    UpdateFirmware,
    UpdateFirmwareOutcome,
    UpdateFirmwareStatus,
)
from pilotwire.domain.identity import StationIdentity
from pilotwire.errors import NotSayable
from tests.support.api_rooms import NOON, ApiRooms, api_of, client_of

IMAGE = bytes(range(256)) * 40
MD5 = hashlib.md5(IMAGE, usedforsecurity=False).hexdigest()
UPDATE = "/stations/CS-1/commands/update-firmware"


class Scene:
    """A CSMS with a connected station, its API, and a client that has no key, as stations are."""

    def __init__(self, rooms: ApiRooms, api: httpx.AsyncClient) -> None:
        self.rooms = rooms
        self.api = api

    def answers(self, status: UpdateFirmwareStatus, **more: Any) -> None:
        """What stations answer to an update."""
        self.rooms.bus.answers[UpdateFirmware] = UpdateFirmwareOutcome(status=status, **more)

    async def upload(self, name: str = "a.bin", content: bytes = IMAGE, **said: str) -> httpx.Response:
        return await self.api.put(f"/firmware/{name}", params=said, content=content)

    async def update(self, **body: Any) -> Any:
        response = await self.api.post(UPDATE, json=body)
        assert response.status_code == 200, response.text
        return response.json()

    async def fetch(self, location: str, **headers: str) -> httpx.Response:
        """As a station: without an API key, and outside of the API."""
        path = httpx.URL(location).path
        request = self.api.build_request("GET", f"http://csms{path}", headers=headers)
        request.headers.pop("X-API-Key", None)
        return await self.api.send(request)


@pytest_asyncio.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    rooms = ApiRooms(no_auth=False, firmware_dir=str(tmp_path), public_url="https://csms.example.org/")
    await rooms.key(Scope.WRITE, "secret")
    rooms.bus.connect("CS-1")
    async with client_of(api_of(rooms), **{"X-API-Key": "secret"}) as api:
        made = Scene(rooms, api)
        made.answers(UpdateFirmwareStatus.ACCEPTED)
        yield made


async def test_an_image_is_uploaded_listed_and_removed(scene: Scene) -> None:
    """201, then 200 for the same, 409 for another of the same name."""
    first = await scene.upload(version="2", vendor="Volta", model="One", notes="night build")
    assert (first.status_code, first.json()["md5"], first.json()["size"]) == (201, MD5, len(IMAGE))
    assert (await scene.upload()).status_code == 200
    other = await scene.upload(content=b"other")
    assert (other.status_code, other.json()["type"]) == (409, "urn:pilotwire:problem:conflict")
    await scene.upload("b.bin")
    page = (await scene.api.get("/firmware", params={"limit": 1})).json()
    assert [each["name"] for each in page["items"]] == ["a.bin"]
    rest = (await scene.api.get("/firmware", params={"after": page["nextCursor"]})).json()
    assert [each["name"] for each in rest["items"]] == ["b.bin"]
    assert (await scene.api.get("/firmware/a.bin")).json() == first.json()
    assert (await scene.api.delete("/firmware/a.bin")).status_code == 204
    assert (await scene.api.get("/firmware/a.bin")).status_code == 404
    assert (await scene.api.delete("/firmware/a.bin")).status_code == 404


@pytest.mark.parametrize("name", [".hidden", "a b", "x" * 101, "%2e%2e"])
async def test_a_name_is_one_of_a_file(scene: Scene, name: str) -> None:
    """And leads nowhere else."""
    assert (await scene.upload(name)).status_code in (404, 405, 422)


async def test_a_signature_that_proves_nothing_is_refused(scene: Scene) -> None:
    """Also one without its certificate."""
    alone = await scene.upload(signature="QUJD")
    assert (alone.status_code, alone.json()["type"]) == (422, "urn:pilotwire:problem:invalid-request")
    wrong = await scene.upload(signature="QUJD", certificate="no")
    assert (wrong.status_code, wrong.json()["type"]) == (422, "urn:pilotwire:problem:not-genuine")
    assert (await scene.api.get("/firmware/a.bin")).status_code == 404


async def test_a_download_resumes(scene: Scene) -> None:
    """Ranges, If-Range, HEAD; the address is the public one, and needs no key."""
    await scene.upload()
    location = (await scene.update(image="a.bin"))["location"]
    assert location.startswith("https://csms.example.org/firmware/")
    whole = await scene.fetch(location)
    assert (whole.status_code, whole.content) == (200, IMAGE)
    assert whole.headers["accept-ranges"] == "bytes"
    tag = whole.headers["etag"]
    assert tag == f'"{hashlib.sha256(IMAGE).hexdigest()}"'
    part = await scene.fetch(location, **{"Range": "bytes=100-", "If-Range": tag})
    assert (part.status_code, part.content) == (206, IMAGE[100:])
    assert part.headers["content-range"] == f"bytes 100-{len(IMAGE) - 1}/{len(IMAGE)}"
    assert (await scene.fetch(location, Range="bytes=-10")).content == IMAGE[-10:]
    changed = await scene.fetch(location, **{"Range": "bytes=100-", "If-Range": '"another"'})
    assert (changed.status_code, changed.content) == (200, IMAGE)
    beyond = await scene.fetch(location, Range=f"bytes={len(IMAGE)}-")
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(IMAGE)}")
    head = await scene.api.head(f"http://csms{httpx.URL(location).path}")
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(IMAGE)), b"")


async def test_an_address_opens_nothing_else(scene: Scene) -> None:
    """Not another image, not without its token, not once the image is gone."""
    await scene.upload()
    await scene.upload("b.bin", b"other")
    location = (await scene.update(image="a.bin"))["location"]
    assert (await scene.fetch(location.replace("a.bin", "b.bin"))).status_code == 404
    assert (await scene.fetch("http://csms/firmware/guess/a.bin")).status_code == 404
    await scene.api.delete("/firmware/a.bin")
    assert (await scene.fetch(location)).status_code == 404


async def test_a_location_is_passed_on_as_it_is(scene: Scene) -> None:
    """With everything said about it; nothing is fetched by us."""
    proof = {"signature": "c2ln", "signingCertificate": "PEM"}
    times = {"retrieveDateTime": "2026-02-01T00:00:00Z", "installDateTime": "2026-02-02T00:00:00Z"}
    done = await scene.update(location="ftp://x/a.bin", retries=2, retryInterval=9, version="2", **proof, **times)
    assert done["location"] == "ftp://x/a.bin"
    ((_, command),) = scene.rooms.bus.commands
    assert isinstance(command, UpdateFirmware)
    assert (command.request_id, command.retries, command.retry_interval) == (done["requestId"], 2, 9)
    assert (command.signature, command.signing_certificate) == ("c2ln", "PEM")
    (update,) = (await scene.api.get("/stations/CS-1/firmware-updates")).json()["items"]
    assert (update["signed"], update["version"], update["installDateTime"]) == (True, "2", "2026-02-02T00:00:00Z")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"image": "a.bin", "location": "x"},
        {"location": "x", "signature": "c2ln"},
        {"location": "x", "signed": True},
    ],
)
async def test_what_makes_no_sense_is_refused(scene: Scene, body: Any) -> None:
    """Before anything is sent or kept."""
    response = await scene.api.post(UPDATE, json=body)
    assert response.status_code == 422, response.text
    assert scene.rooms.bus.commands == []
    assert (await scene.api.get("/stations/CS-1/firmware-updates")).json()["items"] == []


async def test_request_ids_rise_and_the_newest_update_is_first(scene: Scene) -> None:
    """Page by page."""
    ids = [(await scene.update(location="x"))["requestId"] for _ in range(3)]
    assert ids == sorted(set(ids))
    page = (await scene.api.get("/stations/CS-1/firmware-updates", params={"limit": 2})).json()
    rest = (
        await scene.api.get("/stations/CS-1/firmware-updates", params={"limit": 2, "after": page["nextCursor"]})
    ).json()
    assert [each["requestId"] for each in page["items"] + rest["items"]] == ids[::-1]


async def test_a_refusal_ends_the_update(scene: Scene) -> None:
    """With the reason, and its download is dead."""
    await scene.upload()
    scene.answers(UpdateFirmwareStatus.REJECTED, detail=StatusDetail(reason_code="Busy"))
    done = await scene.update(image="a.bin")
    assert done["status"] == "Rejected"
    (update,) = (await scene.api.get("/stations/CS-1/firmware-updates")).json()["items"]
    assert (update["answer"], update["what"]) == ("Rejected", "The station answered Rejected (Busy).")
    assert update["endedAt"] is not None
    assert (await scene.fetch(done["location"])).status_code == 410


@pytest.mark.req("L01.FR.24")
async def test_accepted_canceled_ends_the_update_before(scene: Scene) -> None:
    """The station gave it up for the new one."""
    await scene.update(location="x")
    scene.answers(UpdateFirmwareStatus.ACCEPTED_CANCELED)
    new = await scene.update(location="y")
    newer, older = (await scene.api.get("/stations/CS-1/firmware-updates")).json()["items"]
    assert (newer["endedAt"], older["endedAt"] is None) == (None, False)
    assert str(new["requestId"]) in older["what"]


@pytest.mark.parametrize(
    ("answer", "status", "kept", "ended"),
    [
        (NotSayable("no."), 422, False, False),
        (CommandRefused("InternalError", "no", {}), 502, True, True),
        (CommandTimedOut("too slow."), 504, True, False),
    ],
)
async def test_what_is_on_record_when_it_went_wrong(
    scene: Scene, answer: Exception, status: int, kept: bool, ended: bool
) -> None:
    """Nothing if nothing was sent; a station that said nothing may still update."""
    await scene.upload()
    scene.rooms.bus.answers[UpdateFirmware] = answer
    assert (await scene.api.post(UPDATE, json={"image": "a.bin"})).status_code == status
    found = await scene.rooms.store.records(UPDATES, "CS-1")
    assert len(found) == kept
    assert [each.ended_at is not None for each in found] == [ended] * kept
    assert len(await scene.rooms.store.records(DOWNLOADS, "")) == kept


@pytest.mark.req("L03.FR.02")
async def test_a_local_controller_publishes_and_stops(scene: Scene) -> None:
    """By the MD5 of the image; its download goes when it is unpublished, and not before."""
    await scene.upload()
    scene.rooms.bus.answers[PublishFirmware] = PublishFirmwareOutcome(accepted=True)
    done = (await scene.api.post("/stations/CS-1/commands/publish-firmware", json={"image": "a.bin"})).json()
    assert (done["status"], done["checksum"]) == ("Accepted", MD5)
    assert (await scene.fetch(done["location"])).content == IMAGE
    for status, gone in (
        (UnpublishFirmwareStatus.DOWNLOAD_ONGOING, False),
        (UnpublishFirmwareStatus.UNPUBLISHED, True),
    ):
        scene.rooms.bus.answers[UnpublishFirmware] = UnpublishFirmwareOutcome(status=status)
        told = await scene.api.post("/stations/CS-1/commands/unpublish-firmware", json={"checksum": MD5})
        assert told.json() == {"status": status.value}
        (file,) = (await scene.api.get("/stations/CS-1/published-firmware")).json()["items"]
        assert (file["unpublished"], file["unpublishedAt"] is not None) == (status.value, gone)
        assert (await scene.fetch(done["location"])).status_code == (410 if gone else 200)


async def test_publishing_needs_the_right_checksum(scene: Scene) -> None:
    """Of a location it must be said; of an image it must be that of the image. What was not sent leaves nothing."""
    await scene.upload()
    path = "/stations/CS-1/commands/publish-firmware"
    for body in ({"location": "x"}, {"image": "a.bin", "checksum": "0" * 32}):
        assert (await scene.api.post(path, json=body)).status_code == 422
    scene.rooms.bus.answers[PublishFirmware] = NotSayable("no.")
    assert (await scene.api.post(path, json={"image": "a.bin"})).status_code == 422
    assert await scene.rooms.store.records(PUBLISHED, "CS-1") == []


# --- campaigns ------------------------------------------------------------------------------------------------------


async def _fleet(scene: Scene) -> None:
    for number, version in enumerate(("1.0", "1.1", "2.0")):
        identity = StationIdentity(vendor="Volta", model="One", firmware_version=version)
        await scene.rooms.keep(RecordBoot(station=f"V-{number}", identity=identity, reason=None, at=NOON))
    other = StationIdentity(vendor="Other", model="One")
    await scene.rooms.keep(RecordBoot(station="O-1", identity=other, reason=None, at=NOON))


async def _campaign(scene: Scene, **more: Any) -> Any:
    response = await scene.api.post("/firmware-campaigns", json={"location": "ftp://x/a.bin"} | more)
    assert response.status_code == 201, response.text
    return response.json()


@pytest.mark.parametrize(
    ("matching", "meant"),
    [
        ({}, ["O-1", "V-0", "V-1", "V-2"]),
        ({"vendor": "Volta", "firmwareVersion": "1.*"}, ["V-0", "V-1"]),
        ({"station": "?-1"}, ["O-1", "V-1"]),
    ],
)
async def test_stations_are_meant_by_pattern(scene: Scene, matching: Any, meant: list[str]) -> None:
    """Those on record that ever booted."""
    await _fleet(scene)
    made = await _campaign(scene, matching=matching)
    assert [each["station"] for each in made["stations"]] == meant


async def test_a_campaign_is_made_paused_resumed_and_cancelled(scene: Scene) -> None:
    """A station is in it once; after the end there is no way back."""
    made = await _campaign(scene, stations=["B", "A", "B", "C"], waves=[{"stations": 1}, {"percent": 50}])
    assert made["waves"] == [1, 1, 1]
    assert [(each["station"], each["wave"]) for each in made["stations"]] == [("B", 1), ("A", 2), ("C", 3)]
    assert made["totals"] == {"waiting": 3, "asked": 0, "succeeded": 0, "failed": 0}
    path = f"/firmware-campaigns/{made['id']}"
    for verb, state in (("pause", "Paused"), ("pause", "Paused"), ("resume", "Running"), ("cancel", "Canceled")):
        assert (await scene.api.post(f"{path}/{verb}")).json()["state"] == state
    for verb in ("pause", "resume"):
        assert (await scene.api.post(f"{path}/{verb}")).status_code == 409
    (listed,) = (await scene.api.get("/firmware-campaigns")).json()["items"]
    assert (listed["id"], listed["state"]) == (made["id"], "Canceled")
    assert (await scene.api.get("/firmware-campaigns/none")).status_code == 404
    assert (await scene.api.post("/firmware-campaigns/none/pause")).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"location": "x"},
        {"location": "x", "stations": []},
        {"location": "x", "stations": ["A"], "matching": {}},
        {"location": "x", "matching": {"vendor": "Nobody"}},
        {"location": "x", "stations": ["A"], "timeZone": "Mars/Olympus"},
        {"location": "x", "stations": ["A"], "windows": [{"begins": "25:00", "ends": "05:00"}]},
        {"location": "x", "stations": ["A"], "waves": [{"stations": 1, "percent": 1}]},
        {"location": "x", "stations": ["A"], "signed": True},
    ],
)
async def test_a_campaign_that_makes_no_sense_is_refused(scene: Scene, body: Any) -> None:
    """Nothing is kept of it."""
    assert (await scene.api.post("/firmware-campaigns", json=body)).status_code == 422
    assert (await scene.api.get("/firmware-campaigns")).json()["items"] == []


async def test_an_image_in_use_stays(scene: Scene) -> None:
    """Until its campaign is over; a campaign with an image that is not there does not begin."""
    assert (await scene.api.post("/firmware-campaigns", json={"image": "a.bin", "stations": ["A"]})).status_code == 404
    await scene.upload(version="2")
    made = (await scene.api.post("/firmware-campaigns", json={"image": "a.bin", "stations": ["A"]})).json()
    assert made["version"] == "2"
    refused = await scene.api.delete("/firmware/a.bin")
    assert refused.status_code == 409
    assert made["id"] in refused.json()["detail"]
    await scene.api.post(f"/firmware-campaigns/{made['id']}/cancel")
    assert (await scene.api.delete("/firmware/a.bin")).status_code == 204


async def test_the_update_of_a_station_is_found_by_its_key(scene: Scene) -> None:
    """Ids begin at the seconds since 1970, so that they rise even over a lost database."""
    done = await scene.update(location="x")
    assert done["requestId"] == int(NOON.timestamp())
    found = await scene.rooms.store.record(UPDATES, "CS-1", update_key(done["requestId"]))
    assert found is not None
    assert found.asked_at - NOON < timedelta(seconds=1)
