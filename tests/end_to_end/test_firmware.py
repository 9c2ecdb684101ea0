"""Firmware over real sockets: a station is told, fetches what it was told in two pieces, and reports; a campaign over 20 stations."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from pilotwire.csms.api import create_api, end_streams
from pilotwire.csms.app import Csms
from tests.support.eventually import eventually
from tests.support.raw_station import BOOT, RawStation, settings, station

IMAGE = bytes(range(256)) * 5000
NAME = "volta-one-2.4.0.bin"
STEPS_2 = ("Downloading", "Downloaded", "InstallScheduled", "Installing", "InstallRebooting", "Installed")
STEPS_16 = ("Downloading", "Downloaded", "Installing", "Installed")


@asynccontextmanager
async def backend(tmp_path: Path, **more: Any) -> AsyncIterator[tuple[Csms, httpx.AsyncClient]]:
    """A CSMS with its HTTP server on a real port, and a client of its API."""
    apis: list[Any] = []

    def http(csms: Csms) -> Any:
        apis.append(create_api(csms))
        return apis[-1]

    made = settings(database=f"sqlite:///{tmp_path / 'pilotwire.db'}", no_auth=True, **more)
    async with Csms(made, http=http) as csms, httpx.AsyncClient(base_url=f"{csms.urls.http}/api/v1") as api:
        try:
            yield csms, api
        finally:
            end_streams(apis[0])


async def _uploaded(api: httpx.AsyncClient) -> None:
    response = await api.put(f"/firmware/{NAME}", params={"version": "2.4.0"}, content=IMAGE)
    assert response.status_code == 201, response.text


async def _fetch_in_two(location: str) -> bytes:
    """Half of it, and the rest as a station does that lost its connection."""
    async with httpx.AsyncClient() as client:
        first = await client.get(location, headers={"Range": f"bytes=0-{len(IMAGE) // 2 - 1}"})
        assert first.status_code == 206, first.text
        rest = await client.get(
            location, headers={"Range": f"bytes={len(first.content)}-", "If-Range": first.headers["etag"]}
        )
        assert rest.status_code == 206, rest.text
        return first.content + rest.content


@pytest.mark.req("L02.FR.01", "L02.FR.06", "1.6:5.19", "1.6:4.5")
@pytest.mark.parametrize(("version", "steps"), [("ocpp1.6", STEPS_16), ("ocpp2.0.1", STEPS_2), ("ocpp2.1", STEPS_2)])
async def test_an_update_from_the_command_to_installed(tmp_path: Path, version: str, steps: tuple[str, ...]) -> None:
    """What the station is told to fetch is what was uploaded; REST shows every status; afterwards the address is dead."""
    async with backend(tmp_path) as (csms, api), station(csms, "CS001", version) as cs:
        await cs.boot()
        await _uploaded(api)
        asking = asyncio.create_task(api.post("/stations/CS001/commands/update-firmware", json={"image": NAME}))
        call = await cs.answer({} if version == "ocpp1.6" else {"status": "Accepted"})
        told = (await asking).json()
        location = call[3]["location"] if version == "ocpp1.6" else call[3]["firmware"]["location"]
        assert location == told["location"]
        assert location.startswith(f"{csms.urls.http}/firmware/")
        assert await _fetch_in_two(location) == IMAGE
        named = {} if version == "ocpp1.6" else {"requestId": told["requestId"]}
        for status in steps:
            assert await cs.ask("FirmwareStatusNotification", {"status": status, **named}) == {}
        (update,) = (await api.get("/stations/CS001/firmware-updates")).json()["items"]
        assert [step["status"] for step in update["history"]] == list(steps)
        assert (update["status"], update["requestId"]) == ("Installed", told["requestId"])
        assert update["endedAt"] is not None
        assert (await api.get("/findings", params={"station": "CS001"})).json() == []
        async with httpx.AsyncClient() as client:
            assert (await client.get(location)).status_code == 410


async def test_several_stations_fetch_at_the_same_time(tmp_path: Path) -> None:
    """Each from an address of its own; the API key of nobody is asked for."""
    async with backend(tmp_path) as (csms, api), AsyncExitStack() as stack:
        await _uploaded(api)
        locations = []
        for number in range(4):
            cs = await stack.enter_async_context(station(csms, f"CS-{number}", "ocpp2.0.1"))
            await cs.boot()
            asking = asyncio.create_task(
                api.post(f"/stations/CS-{number}/commands/update-firmware", json={"image": NAME})
            )
            await cs.answer({"status": "Accepted"})
            locations.append((await asking).json()["location"])
        assert len(set(locations)) == 4
        async with httpx.AsyncClient() as client:
            got = await asyncio.gather(*(client.get(each) for each in locations))
        wanted = hashlib.sha256(IMAGE).hexdigest()
        assert {hashlib.sha256(each.content).hexdigest() for each in got} == {wanted}


async def test_an_image_larger_than_any_message_streams_in(tmp_path: Path) -> None:
    """The limit of messages does not count for images; their own does."""
    async with backend(tmp_path, max_message_bytes=4096, firmware_max_bytes=2_000_000) as (_, api):
        await _uploaded(api)
        assert (await api.get(f"/firmware/{NAME}")).json()["sha256"] == hashlib.sha256(IMAGE).hexdigest()

        async def endless() -> AsyncIterator[bytes]:
            for _ in range(30):
                yield bytes(100_000)

        refused = await api.put("/firmware/too-long.bin", content=endless())
        assert refused.status_code == 413, refused.text
        assert "firmware_max_bytes" in refused.json()["remedy"]
        assert (await api.get("/firmware/too-long.bin")).status_code == 404
        assert [path.name for path in (tmp_path / "firmware").iterdir()] == [hashlib.sha256(IMAGE).hexdigest()]


class Fleet:
    """Stations that update when they are told to, but those in `broken`; `asked` is who was told, in that order."""

    def __init__(self, broken: set[str]) -> None:
        self.broken = broken
        self.asked: list[str] = []
        self.updating: set[str] = set()
        self.most = 0
        self.go_on = asyncio.Event()

    async def live(self, identity: str, cs: RawStation) -> None:
        """Take one update: fetch nothing, report, and boot with the new version or fail."""
        call = await cs.hear()
        self.asked.append(identity)
        self.updating.add(identity)
        self.most = max(self.most, len(self.updating))
        await cs.say([3, call[1], {"status": "Accepted"}])
        request_id = call[3]["requestId"]
        await self.go_on.wait()
        last = "DownloadFailed" if identity in self.broken else "Installed"
        steps = ("Downloading",) if identity in self.broken else ("Downloading", "Downloaded", "Installing")
        self.updating.discard(identity)
        for status in (*steps, last):
            await cs.ask("FirmwareStatusNotification", {"status": status, "requestId": request_id})


async def test_a_campaign_over_twenty_stations_with_one_failing(tmp_path: Path) -> None:
    """Waves of 5, at most 3 at a time; one fails for good; the campaign completes and every station was asked once."""
    names = [f"CS-{number:02d}" for number in range(20)]
    fleet = Fleet({"CS-07"})
    async with backend(tmp_path) as (csms, api), AsyncExitStack() as stack:
        await _uploaded(api)
        lives = []
        for name in names:
            cs = await stack.enter_async_context(station(csms, name, "ocpp2.0.1"))
            await cs.boot()
            lives.append(asyncio.create_task(fleet.live(name, cs)))
        wanted = {
            "image": NAME,
            "matching": {"vendor": "Vol*", "model": "One"},
            "waves": [{"stations": 5}],
            "concurrency": 3,
            "failurePercent": 20,
        }
        made = await api.post("/firmware-campaigns", json=wanted)
        assert made.status_code == 201, made.text
        campaign = made.json()["id"]
        assert made.json()["waves"] == [5, 5, 5, 5]
        await eventually(lambda: len(fleet.asked) == 3)
        fleet.go_on.set()

        async def completed() -> Any:
            now = (await api.get(f"/firmware-campaigns/{campaign}")).json()
            return now if now["state"] == "Completed" else None

        done = await eventually(completed, timeout=60, what="the campaign completes")
        await asyncio.gather(*lives)
        assert done["totals"] == {"waiting": 0, "asked": 0, "succeeded": 19, "failed": 1}
        (failed,) = [each for each in done["stations"] if each["state"] == "Failed"]
        assert (failed["station"], failed["status"], failed["attempts"]) == ("CS-07", "DownloadFailed", 1)
        assert sorted(fleet.asked) == names
        waves = [set(fleet.asked[start : start + 5]) for start in range(0, 20, 5)]
        assert waves == [set(names[start : start + 5]) for start in range(0, 20, 5)]
        assert fleet.most <= 3


async def test_a_campaign_goes_on_after_a_restart_and_asks_nobody_twice(tmp_path: Path) -> None:
    """One station was asked and one not when the CSMS went; the first reports to the new one, the second is asked by it."""
    async with backend(tmp_path) as (csms, api), station(csms, "CS-1", "ocpp2.0.1") as cs:
        await cs.boot()
        wanted = {"location": "https://firmware.example.org/a.bin", "version": "2", "stations": ["CS-1", "CS-2"]}
        campaign = (await api.post("/firmware-campaigns", json=wanted)).json()["id"]
        call = await cs.answer({"status": "Accepted"})
    async with (
        backend(tmp_path) as (csms, api),
        station(csms, "CS-1", "ocpp2.0.1") as one,
        station(csms, "CS-2", "ocpp2.0.1") as two,
    ):
        booted = {
            **BOOT["ocpp2.0.1"],
            "chargingStation": {"vendorName": "Volta", "model": "One", "firmwareVersion": "2"},
        }
        await two.boot()
        assert (await two.answer({"status": "Accepted"}))[2] == "UpdateFirmware"
        await one.ask("FirmwareStatusNotification", {"status": "Downloading", "requestId": call[3]["requestId"]})
        await one.ask("BootNotification", booted)
        await two.ask("BootNotification", booted)

        async def completed() -> Any:
            now = (await api.get(f"/firmware-campaigns/{campaign}")).json()
            return now if now["state"] == "Completed" else None

        done = await eventually(completed, what="the campaign completes")
    assert [(each["state"], each["attempts"]) for each in done["stations"]] == [("Succeeded", 1), ("Succeeded", 1)]
