"""A local controller in the core: firmware fetched, compared, offered and withdrawn."""

from __future__ import annotations

from typing import Any

import pytest

from pilotwire.domain.firmware import (
    PublishFirmware,
    PublishFirmwareStatusReported,
    UnpublishFirmware,
)
from pilotwire.domain.provisioning import TriggerMessage
from pilotwire.station.core.file_transfer import DiscardFile, FetchFile, FileFetched
from pilotwire.station.core.publish_firmware import OfferFiles, Offering, Taken
from tests.support.station_world import StationWorld

MD5 = "b026324c6904b2a9cb4b88d6d61c81d1"
BASE = "http://10.0.0.1:8080/firmware/"
PUBLISHED = ["Downloading", "Downloaded", "ChecksumVerified", "Published"]


def _controller(**more: Any) -> StationWorld:
    return StationWorld(local_controller=True, **more)


def _ask(world: StationWorld, **more: Any) -> Any:
    wish = {"location": "https://fw.example/a.bin", "checksum": MD5.upper(), "request_id": 3, "retries": 0}
    return world.command(PublishFirmware(**(wish | more)))


def _told(world: StationWorld) -> list[str]:
    facts: list[Any] = list(world.csms.of(PublishFirmwareStatusReported))
    return [fact.status.value for fact in facts]


def _publish(world: StationWorld) -> None:
    assert _ask(world).accepted
    world.job_done(FetchFile, FileFetched(10, MD5))
    world.job_tells(OfferFiles, Offering(BASE))


def _withdraw(world: StationWorld, checksum: str = MD5) -> str:
    outcome: Any = world.command(UnpublishFirmware(checksum=checksum))
    return str(outcome.status)


@pytest.mark.req("L03.FR.01", "L03.FR.04", "L03.FR.05", "L03.FR.09")
def test_firmware_is_fetched_and_offered() -> None:
    world = _controller()
    _publish(world)
    assert _told(world) == PUBLISHED
    last: Any = world.csms.of(PublishFirmwareStatusReported)[-1]
    assert (last.request_id, last.locations) == (3, (BASE + MD5,))


@pytest.mark.req("L03.FR.02", "L03.FR.07")
def test_a_file_with_another_checksum_is_not_offered() -> None:
    world = _controller()
    _ask(world)
    world.job_done(FetchFile, FileFetched(10, "0" * 32))
    assert _told(world) == ["Downloading", "Downloaded", "InvalidChecksum"]
    assert world.job(DiscardFile).name == f"published/{MD5}"
    assert not any(isinstance(job, OfferFiles) for job in world.jobs.values())


@pytest.mark.req("L03.FR.06")
def test_a_download_that_fails_is_tried_again_and_given_up() -> None:
    world = _controller()
    _ask(world, retries=1, retry_interval=30)
    world.job_fails(FetchFile)
    world.pass_time(29)
    assert world.jobs == {}
    world.pass_time(1)
    world.job_fails(FetchFile)
    assert _told(world) == ["Downloading", "DownloadFailed"]


@pytest.mark.req("L03.FR.08")
def test_a_server_that_cannot_stand_publishes_nothing() -> None:
    world = _controller()
    _ask(world)
    world.job_done(FetchFile, FileFetched(10, MD5))
    world.job_fails(OfferFiles)
    assert _told(world) == [*PUBLISHED[:3], "PublishFailed"]
    assert _withdraw(world) == "NoFirmware"


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"location": "gopher://fw.example/a"}, id="protocol"),
        pytest.param({"checksum": "no checksum"}, id="checksum"),
    ],
)
def test_what_cannot_be_is_refused(more: dict[str, str]) -> None:
    world = _controller()
    assert not _ask(world, **more).accepted
    assert _told(world) == []


def test_one_after_another() -> None:
    world = _controller()
    assert _ask(world).accepted
    assert not _ask(world, request_id=4).accepted


@pytest.mark.req("L04.FR.01", "L04.FR.02", "L04.FR.03")
def test_firmware_is_withdrawn_once() -> None:
    world = _controller()
    _publish(world)
    assert _withdraw(world, MD5.upper()) == "Unpublished"
    assert world.job(DiscardFile).name == f"published/{MD5}"
    assert not any(isinstance(job, OfferFiles) for job in world.jobs.values())
    assert _withdraw(world) == "NoFirmware"


@pytest.mark.req("L04.FR.04")
def test_firmware_that_somebody_is_fetching_is_not_withdrawn() -> None:
    world = _controller()
    _publish(world)
    world.job_tells(OfferFiles, Taken(MD5, 1))
    assert _withdraw(world) == "DownloadOngoing"
    world.job_tells(OfferFiles, Taken(MD5, 0))
    assert _withdraw(world) == "Unpublished"


def test_what_is_offered_and_what_is_under_way_survive_a_power_failure() -> None:
    world = _controller()
    _publish(world)
    _ask(world, checksum="0" * 32, request_id=4)
    world.kill()
    world.job_tells(OfferFiles, Offering(BASE))
    world.job_done(FetchFile, FileFetched(10, "0" * 32))
    assert _told(world)[4:] == PUBLISHED
    assert _withdraw(world) == "Unpublished"


@pytest.mark.req("L03.FR.10", "L03.FR.11")
def test_what_is_told_when_asked_for() -> None:
    world = _controller()
    trigger = TriggerMessage(message="PublishFirmwareStatusNotification")
    world.command(trigger)
    _ask(world)
    world.command(trigger)
    world.job_fails(FetchFile)
    world.command(trigger)
    _publish(world)
    world.command(trigger)
    assert _told(world) == [
        "Idle",
        "Downloading",
        "Downloading",
        "DownloadFailed",
        "DownloadFailed",
        *PUBLISHED,
        "Idle",
    ]


def test_a_station_that_is_no_local_controller() -> None:
    world = StationWorld()
    assert _ask(world) == "NotSupported"
    assert world.command(UnpublishFirmware(checksum=MD5)) == "NotSupported"
    outcome: Any = world.command(TriggerMessage(message="PublishFirmwareStatusNotification"))
    assert outcome.status == "Rejected"
