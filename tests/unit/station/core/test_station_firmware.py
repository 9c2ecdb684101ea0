"""Firmware updates in the core: phases, what is told of them, who has to wait, and what a power failure leaves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pilotwire.domain.availability import Availability
from pilotwire.domain.firmware import (
    FirmwareStatus,
    FirmwareStatusReported,
    UpdateFirmware,
    UpdateFirmwareOutcome,
    UpdateFirmwareStatus,
    may_follow,
)
from pilotwire.domain.provisioning import BootReason, Reset, ResetKind, StationBooted, TriggerMessage
from pilotwire.station.core.actions import ConnectAnew
from pilotwire.station.core.file_transfer import FetchFile, Fetching, FileFetched
from pilotwire.station.core.firmware import (
    CheckSigner,
    ImageRefused,
    ImageVerified,
    ImageWritten,
    InstallImage,
    SignerChecked,
    VerifyImage,
)
from pilotwire.station.hardware.image import write_image
from tests.support.station_world import START, StationWorld

IMAGE = write_image("2.0", b"the new one", model="AC 22 kW")
FETCHED = ["Downloading", "Downloaded", "SignatureVerified"]
DONE = [*FETCHED, "Installing", "InstallRebooting", "Installed"]


def _update(**more: Any) -> UpdateFirmware:
    signed = {"signing_certificate": "PEM", "signature": "c2ln"}
    return UpdateFirmware(
        **({"location": "https://fw.example/a.bin", "retrieve_at": START, "request_id": 7} | signed | more)
    )


def _ask(world: StationWorld, command: UpdateFirmware, checked: UpdateFirmwareStatus | None = None) -> Any:
    """The answer to an update, with the certificate checked as said."""
    before = set(world.outcomes)
    world.command(command)
    if command.is_signed:
        world.job_done(CheckSigner, SignerChecked(checked or UpdateFirmwareStatus.ACCEPTED, "so it is"))
    (ref,) = set(world.outcomes) - before
    outcome = world.outcomes[ref]
    return outcome.status.value if isinstance(outcome, UpdateFirmwareOutcome) else outcome


def _fetched(world: StationWorld) -> None:
    world.job_done(FetchFile, FileFetched(len(IMAGE), "0" * 32))


def _verified(world: StationWorld) -> None:
    world.job_done(VerifyImage, ImageVerified(genuine=True))


def _written(world: StationWorld) -> None:
    """The hardware writes what came."""
    world.job_done(InstallImage, ImageWritten(world.hardware.install(write_image("2.0"))))


def _told(world: StationWorld) -> list[str]:
    return [fact.status.value for fact in world.csms.of(FirmwareStatusReported)]  # type: ignore[attr-defined]


def _ready(world: StationWorld, **more: Any) -> None:
    """An update that only waits to be installed."""
    assert _ask(world, _update(**more)) == "Accepted"
    _fetched(world)
    _verified(world)


def _availabilities(world: StationWorld) -> list[Availability]:
    return [one.connectors[1].availability for one in world.core.overview().evses]


# --- the whole way --------------------------------------------------------------------------------------------------


@pytest.mark.req("L01.FR.01", "L01.FR.05", "L01.FR.10", "L01.FR.20", "L01.FR.28", "L01.FR.31", "L01.FR.32")
def test_an_update_from_the_wish_to_the_boot_of_the_new_version() -> None:
    world = StationWorld()
    assert _ask(world, _update()) == "Accepted"
    assert world.job(FetchFile).location == "https://fw.example/a.bin"
    _fetched(world)
    assert (world.job(VerifyImage).certificate, world.job(VerifyImage).signature) == ("PEM", "c2ln")
    _verified(world)
    _written(world)  # and all else follows by itself
    assert _told(world) == DONE
    assert {fact.request_id for fact in world.csms.of(FirmwareStatusReported)} == {7}  # type: ignore[attr-defined]
    assert world.restarts == [BootReason.FIRMWARE_UPDATE]
    boots = [fact for fact in world.csms.heard if isinstance(fact, StationBooted)]
    assert [(boot.reason.value, boot.station.firmware_version) for boot in boots] == [
        ("PowerUp", "1.0"),
        ("FirmwareUpdate", "2.0"),
    ]
    assert world.security_events()[-1] == "FirmwareUpdated"
    assert _availabilities(world) == [Availability.AVAILABLE]


@pytest.mark.req("L01.FR.13", "L01.FR.16")
def test_download_and_installation_have_their_times() -> None:
    world = StationWorld()
    later = _update(retrieve_at=START + timedelta(minutes=5), install_at=START + timedelta(minutes=10))
    assert _ask(world, later) == "Accepted"
    world.pass_time(299)
    assert _told(world) == ["DownloadScheduled"]
    world.pass_time(1)
    _fetched(world)
    _verified(world)
    world.pass_time(299)
    assert _told(world) == ["DownloadScheduled", *FETCHED, "InstallScheduled"]
    assert _availabilities(world) == [Availability.AVAILABLE]
    world.pass_time(1)
    assert _told(world)[-1] == "Installing"
    assert _availabilities(world) == [Availability.UNAVAILABLE]


def test_times_are_those_of_the_csms() -> None:
    """A clock that is an hour ahead is the one that counts."""
    world = StationWorld(online=False)
    world.csms.clock_ahead = timedelta(hours=1)
    world.connect()
    assert _ask(world, _update(retrieve_at=START + timedelta(hours=1, minutes=1))) == "Accepted"
    world.pass_time(59)
    assert _told(world) == ["DownloadScheduled"]
    world.pass_time(1)
    assert _told(world)[-1] == "Downloading"


# --- what goes wrong ------------------------------------------------------------------------------------------------


@pytest.mark.req("L01.FR.02", "L01.FR.21", "L01.FR.22")
@pytest.mark.parametrize("status", ["InvalidCertificate", "RevokedCertificate"])
def test_a_certificate_that_is_not_good_is_answered_so_and_reported(status: str) -> None:
    world = StationWorld()
    assert _ask(world, _update(), UpdateFirmwareStatus(status)) == status
    assert _told(world) == []
    assert world.security_events()[-1] == "InvalidFirmwareSigningCertificate"
    assert world.jobs == {}


@pytest.mark.req("L01.FR.03")
def test_a_signature_that_is_not_good_ends_the_update() -> None:
    world = StationWorld()
    _ask(world, _update())
    _fetched(world)
    world.job_done(VerifyImage, ImageVerified(genuine=False, why="It is another's."))
    assert _told(world) == ["Downloading", "Downloaded", "InvalidSignature"]
    assert world.security_events()[-1] == "InvalidFirmwareSignature"


@pytest.mark.req("L01.FR.30")
def test_a_download_is_tried_as_often_as_the_csms_says() -> None:
    world = StationWorld()
    _ask(world, _update(retries=2, retry_interval=20))
    for _ in range(2):
        world.job_fails(FetchFile)
        world.pass_time(19)
        assert _told(world) == ["Downloading"]
        world.pass_time(1)
    world.job_fails(FetchFile)
    assert _told(world) == ["Downloading", "DownloadFailed"]


@pytest.mark.req("L01.FR.14")
def test_a_download_that_breaks_off_is_paused_and_goes_on() -> None:
    world = StationWorld()
    _ask(world, _update(retries=1, retry_interval=20))
    name = world.job(FetchFile).name
    world.job_tells(FetchFile, Fetching(100))
    world.job_fails(FetchFile)
    world.pass_time(20)
    assert _told(world) == ["Downloading", "DownloadPaused", "Downloading"]
    assert world.job(FetchFile).name == name


@pytest.mark.req("L01.FR.29")
def test_an_image_that_fails_its_own_check_is_not_installed() -> None:
    world = StationWorld()
    _ready(world)
    world.job_done(InstallImage, ImageRefused("Its checksum is another."))
    assert _told(world) == [*FETCHED, "Installing", "InstallVerificationFailed"]
    assert _availabilities(world) == [Availability.AVAILABLE]
    assert world.restarts == []


def test_firmware_that_does_not_boot_is_rolled_back() -> None:
    world = StationWorld()
    world.hardware.slots.cannot_boot = True
    _ready(world)
    _written(world)
    world.pass_time(1)
    assert _told(world)[-2:] == ["InstallRebooting", "InstallationFailed"]
    boots = [fact for fact in world.csms.heard if isinstance(fact, StationBooted)]
    assert [boot.station.firmware_version for boot in boots] == ["1.0", "1.0"]
    assert "FirmwareUpdated" not in world.security_events()
    assert _availabilities(world) == [Availability.AVAILABLE]


# --- who charges ----------------------------------------------------------------------------------------------------


@pytest.mark.req("L01.FR.06", "L01.FR.07", "L01.FR.33", "L01.FR.34")
def test_it_waits_for_who_charges_and_takes_nobody_new() -> None:
    world = StationWorld(station="ac-22-dual")
    world.plug()
    world.tap("ANNA")
    _ready(world)
    assert _told(world) == [*FETCHED, "InstallScheduled"]
    assert _availabilities(world) == [Availability.OCCUPIED, Availability.UNAVAILABLE]
    world.tap("ANNA")
    world.unplug()
    assert _told(world)[-1] == "Installing"
    assert _availabilities(world) == [Availability.UNAVAILABLE, Availability.UNAVAILABLE]


@pytest.mark.req("L01.FR.06")
def test_it_takes_new_drivers_where_it_may() -> None:
    world = StationWorld(
        station="ac-22-dual", variables={"ChargingStation.AllowNewSessionsPendingFirmwareUpdate": "true"}
    )
    world.plug()
    world.tap("ANNA")
    _ready(world)
    assert _availabilities(world) == [Availability.OCCUPIED, Availability.AVAILABLE]
    world.plug(2)
    world.tap("CARL", 2)
    world.tap("ANNA")
    world.unplug()
    assert _told(world)[-1] == "InstallScheduled"
    world.tap("CARL", 2)
    world.unplug(2)
    assert _told(world)[-1] == "Installing"


@pytest.mark.parametrize("wanted", [True, False], ids=["out-of-use", "in-use"])
def test_the_station_is_out_of_use_while_downloading_if_it_is_set_so(wanted: bool) -> None:
    variables = {"InstallerCtrlr.UnavailableDuringFirmwareUpdate": str(wanted).lower()}
    world = StationWorld(variables=variables)
    _ask(world, _update(retries=0))
    assert _availabilities(world) == [Availability.UNAVAILABLE if wanted else Availability.AVAILABLE]
    world.job_fails(FetchFile)
    assert _availabilities(world) == [Availability.AVAILABLE]


# --- another one ----------------------------------------------------------------------------------------------------


@pytest.mark.req("L01.FR.24")
def test_another_update_takes_the_place_of_one_that_is_not_installed_yet() -> None:
    world = StationWorld()
    _ask(world, _update())
    assert _ask(world, _update(request_id=8, location="https://fw.example/b.bin")) == "AcceptedCanceled"
    assert world.job(FetchFile).location == "https://fw.example/b.bin"
    facts: list[Any] = list(world.csms.of(FirmwareStatusReported))
    assert [(fact.request_id, fact.status.value) for fact in facts] == [(7, "Downloading"), (8, "Downloading")]


@pytest.mark.req("L01.FR.27")
def test_what_is_being_installed_cannot_be_stopped() -> None:
    world = StationWorld()
    _ready(world)
    assert _ask(world, _update(request_id=8)) == "Rejected"
    _written(world)
    world.pass_time(1)
    assert _told(world) == DONE


@pytest.mark.parametrize(
    ("more", "answer"),
    [
        pytest.param({"signature": None}, "Rejected", id="no-signature"),
        pytest.param({"signature": None, "signing_certificate": None}, "Rejected", id="unsigned"),
        pytest.param({"location": "gopher://fw.example/a"}, "Rejected", id="protocol"),
        pytest.param({"location": "https://[::1"}, "Rejected", id="no-url"),
    ],
)
def test_what_a_station_of_2_refuses(more: dict[str, Any], answer: str) -> None:
    world = StationWorld()
    assert _ask(world, _update(**more)) == answer
    assert _told(world) == []


@pytest.mark.req("L02.FR.01", "L02.FR.02", "L02.FR.06")
def test_unsigned_firmware_where_it_is_taken() -> None:
    world = StationWorld(accepts_unsigned_firmware=True)
    assert _ask(world, _update(signature=None, signing_certificate=None)) == "Accepted"
    _fetched(world)
    _written(world)
    world.pass_time(1)
    assert _told(world) == ["Downloading", "Downloaded", "Installing", "InstallRebooting", "Installed"]


# --- power failures -------------------------------------------------------------------------------------------------


def _go_on(world: StationWorld) -> None:
    """Whatever job there is, is done."""
    for kind, step in ((FetchFile, _fetched), (VerifyImage, _verified), (InstallImage, _written)):
        if any(isinstance(job, kind) for job in world.jobs.values()):
            step(world)


@pytest.mark.parametrize("dies_after", range(0, 40, 3))
def test_a_power_failure_at_any_moment_loses_no_update(dies_after: int) -> None:
    """The update goes on where it was; the new version runs, and everything is told in order, at most repeated."""
    world = StationWorld()
    world.command(_update())
    world.dies_after = dies_after
    if any(isinstance(job, CheckSigner) for job in world.jobs.values()):
        world.job_done(CheckSigner, SignerChecked(UpdateFirmwareStatus.ACCEPTED))
    for _ in range(8):
        _go_on(world)
        world.pass_time(20)
    told = list(dict.fromkeys(_told(world)))
    if dies_after == 0:
        assert told == []  # it was never answered, so it was never taken
        return
    assert told == DONE
    assert world.hardware.firmware.version == "2.0"


def test_statuses_wait_for_the_line() -> None:
    world = StationWorld()
    _ask(world, _update())
    world.cut()
    _fetched(world)
    _verified(world)
    _written(world)
    world.pass_time(30)
    assert _told(world) == ["Downloading"]
    world.connect()
    world.pass_time(1)
    assert _told(world) == DONE


def test_a_status_without_an_answer_is_told_again_and_a_refused_one_is_not() -> None:
    world = StationWorld()
    world.csms.silent = lambda fact: isinstance(fact, FirmwareStatusReported)
    _ask(world, _update())
    world.csms.silent = lambda _: False
    world.time_out()
    assert _told(world) == ["Downloading", "Downloading"]
    world.csms.refusing = lambda fact: "InternalError" if isinstance(fact, FirmwareStatusReported) else None
    _fetched(world)
    _verified(world)
    assert _told(world) == ["Downloading", *FETCHED, "Installing"]


def test_a_restart_does_not_wait_for_ever_to_be_heard() -> None:
    world = StationWorld()
    _ready(world)
    world.csms.silent = lambda fact: isinstance(fact, FirmwareStatusReported)
    _written(world)
    world.pass_time(29)
    assert world.restarts == []
    world.pass_time(12)
    assert world.restarts == [BootReason.FIRMWARE_UPDATE]


def test_a_reset_in_mid_download_is_no_end() -> None:
    world = StationWorld()
    _ask(world, _update())
    name = world.job(FetchFile).name
    world.command(Reset(kind=ResetKind.IMMEDIATE))
    world.pass_time(1)
    assert world.restarts == [BootReason.REMOTE_RESET]
    assert world.job(FetchFile).name == name


# --- triggers -------------------------------------------------------------------------------------------------------


def _triggered(world: StationWorld) -> tuple[str, int | None]:
    world.command(TriggerMessage(message="FirmwareStatusNotification"))
    fact = world.csms.heard[-1]
    assert isinstance(fact, FirmwareStatusReported)
    return fact.status.value, fact.request_id


@pytest.mark.req("F06.FR.16", "L01.FR.25", "L01.FR.26")
def test_what_is_told_when_asked_for() -> None:
    world = StationWorld()
    assert _triggered(world) == ("Idle", None)
    _ask(world, _update(retries=0))
    assert _triggered(world) == ("Downloading", 7)
    world.job_fails(FetchFile)
    assert _triggered(world) == ("DownloadFailed", 7)
    _ready(world, request_id=8)
    _written(world)
    world.pass_time(1)
    assert _triggered(world) == ("Idle", None)


def test_every_status_fits_behind_the_one_before() -> None:
    """What a station tells is what a CSMS expects (the shared rule of the domain)."""
    world = StationWorld()
    _ready(world)
    _written(world)
    world.pass_time(1)
    before: FirmwareStatus | None = None
    for status in map(FirmwareStatus, _told(world)):
        assert may_follow(before, status, signed=True)
        before = status


# --- without a restart ----------------------------------------------------------------------------------------------


def _live() -> StationWorld:
    """A station that installs and runs firmware whoever charges, at which somebody does."""
    world = StationWorld(installs_firmware_while_charging=True)
    world.plug()
    world.tap("04A2B3C4")
    world.pass_time(5)
    _ready(world)
    return world


@pytest.mark.req("L01.FR.28", "L01.FR.31")
def test_firmware_that_runs_without_a_restart_needs_a_new_connection_and_the_transaction_goes_on() -> None:
    world = _live()
    world.job_done(InstallImage, ImageWritten("2.0", runs=True))
    assert _told(world) == [*FETCHED, "Installing"]
    assert sum(isinstance(one, ConnectAnew) for one in world.actions) == 1
    world.cut()
    world.connect()
    assert _told(world) == [*FETCHED, "Installing", "Installed"]
    assert world.core.overview().evses[0].transaction_id is not None
    assert len(world.csms.of(StationBooted)) == 1


def test_it_is_over_too_if_the_power_fails_before_that() -> None:
    world = _live()
    world.hardware.install(write_image("2.0"))
    world.hardware.run_installed()
    world.job_done(InstallImage, ImageWritten("2.0", runs=True))
    world.kill()
    assert _told(world)[-1] == "Installed"


@pytest.mark.req("L01.FR.27")
def test_a_station_that_cannot_give_an_update_up_refuses_another() -> None:
    world = StationWorld(cancels_firmware_updates=False)
    assert _ask(world, _update()) == "Accepted"
    assert _ask(world, _update(request_id=8)) == "Rejected"
    _fetched(world)
    assert _told(world) == ["Downloading", "Downloaded"]
