"""Signed firmware as the security whitepaper for 1.6 has it (L01): what is told of waiting, who has to wait, and what is told when asked.

Jobs are done at once; real files, certificates and signatures are in `tests/end_to_end/test_security_whitepaper16_firmware.py`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pilotwire.dialects.ocpp16 import DIALECT
from pilotwire.domain.firmware import FirmwareStatus, FirmwareStatusReported
from pilotwire.domain.network_profiles import NetworkConnectionProfile
from pilotwire.errors import NotSayable
from pilotwire.ocpp import v16
from pilotwire.station.core.file_transfer import FetchFile, Fetching, FileFetched
from pilotwire.station.core.firmware import InstallImage
from pilotwire.station.core.network_ways import Connected, CredentialsSeen
from pilotwire.station.endpoints import Endpoint, SoapPlace
from tests.support.station_world import START
from tests.support.worked_jobs import WorkedJobs
from tests.support.world16 import World16, shown

WHERE = "https://files.example/a.bin"
FETCHED = ["Downloading", "Downloaded", "SignatureVerified"]
ENDED = ["Installing", "InstallRebooting", "Installed"]


class _World(WorkedJobs, World16):
    pass


def _at(minutes: float) -> Any:
    return START + timedelta(minutes=minutes)


def _update(world: _World, request_id: int = 9, *, retries: int | None = None, **more: Any) -> str:
    """The answer to an update that is due unless it is said when."""
    made = {"location": WHERE, "retrieve_date_time": _at(-5), "signing_certificate": "PEM", "signature": "c2lnbmVk"}
    request = v16.SignedUpdateFirmwareRequest(
        request_id=request_id, firmware=v16.Firmware(**(made | more)), retries=retries, retry_interval=20
    )
    return str(world.asks(request).status)


def _told(world: _World, request_id: int | None = 9) -> list[str]:
    told = world.said(v16.SignedFirmwareStatusNotificationRequest)
    return [one.status for one in told if one.request_id == request_id]


def _triggered(world: _World) -> tuple[str, int | None]:
    """What is told next, when asked."""
    before = len(world.said(v16.SignedFirmwareStatusNotificationRequest))
    trigger = v16.ExtendedTriggerMessageRequest(requested_message="FirmwareStatusNotification")
    assert world.asks(trigger).status == "Accepted"
    (told, *_) = world.said(v16.SignedFirmwareStatusNotificationRequest)[before:]
    return told.status, told.request_id


# --- states ---------------------------------------------------------------------------------------------------------


@pytest.mark.req(
    "SEC16:L01.FR.01", "SEC16:L01.FR.05", "SEC16:L01.FR.10", "SEC16:L01.FR.13", "SEC16:L01.FR.15", "SEC16:L01.FR.21"
)
def test_it_waits_for_its_time_and_is_installed_at_once() -> None:
    world = _World()
    assert _update(world, retrieve_date_time=_at(5)) == "Accepted"
    world.pass_time(299)
    assert _told(world) == ["DownloadScheduled"]
    world.pass_time(2)
    assert _told(world) == ["DownloadScheduled", *FETCHED, *ENDED]
    assert _told(world, None) == []
    told = [one.status if hasattr(one, "status") else type(one).__name__ for one in world.wire]
    boots = [place for place, one in enumerate(told) if one == "BootNotificationRequest"]
    assert told.index("InstallRebooting") < boots[1] < told.index("Installed")


@pytest.mark.req("SEC16:L01.FR.13")
def test_a_charge_point_that_does_not_fetch_while_charging_says_so() -> None:
    world = _World(fetches_firmware_while_charging=False)
    world.charge()
    assert _update(world) == "Accepted"
    world.pass_time(600)
    assert _told(world) == ["DownloadScheduled"]
    world.tap("ANNA")
    world.unplug()
    world.pass_time(5)
    assert _told(world) == ["DownloadScheduled", *FETCHED, *ENDED]


@pytest.mark.req("SEC16:L01.FR.01", "SEC16:L01.FR.14")
def test_a_download_that_breaks_off_is_paused() -> None:
    """And goes on; what cannot be fetched at all has failed."""
    world = _World()
    world.let(FetchFile, None)
    assert _update(world, retries=1) == "Accepted"
    world.job_tells(FetchFile, Fetching(100))
    world.job_fails(FetchFile)
    assert _told(world) == ["Downloading", "DownloadPaused"]
    world.pass_time(20)
    assert _told(world) == ["Downloading", "DownloadPaused", "Downloading"]
    world.job_fails(FetchFile)
    assert _told(world)[3:] == ["DownloadFailed"]


@pytest.mark.req("SEC16:L01.FR.16", "SEC16:L01.FR.17")
def test_it_is_installed_when_it_is_to_be() -> None:
    """Until then the connector is free."""
    world = _World()
    assert _update(world, install_date_time=_at(10)) == "Accepted"
    world.pass_time(599)
    assert _told(world) == [*FETCHED, "InstallScheduled"]
    assert shown(world.wire)[-1] == "Available"
    world.pass_time(2)
    assert _told(world) == [*FETCHED, "InstallScheduled", *ENDED]
    assert world.times(v16.SignedFirmwareStatusNotificationRequest)[4] == _at(10)


@pytest.mark.req("SEC16:L01.FR.21")
@pytest.mark.parametrize("status", FirmwareStatus)
def test_only_idle_goes_without_a_request_id(status: FirmwareStatus) -> None:
    fact = FirmwareStatusReported(status=status)
    if status is FirmwareStatus.IDLE:
        assert DIALECT.write_fact(fact) == v16.SignedFirmwareStatusNotificationRequest(status="Idle")
        return
    with pytest.raises(NotSayable, match=r"SEC16:L01\.FR\.21"):
        DIALECT.write_fact(fact)


# --- who charges ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "later",
    [
        pytest.param(False, id="at-once", marks=pytest.mark.req("SEC16:L01.FR.06", "SEC16:L01.FR.07")),
        pytest.param(True, id="at-its-time", marks=pytest.mark.req("SEC16:L01.FR.18", "SEC16:L01.FR.19")),
    ],
)
def test_it_waits_for_all_transactions_and_takes_no_other(later: bool) -> None:
    """What is free is Unavailable meanwhile, and so is whatever becomes free, until the firmware is installed."""
    world = _World(station="ac-22-dual")
    world.charge("ANNA", 1)
    world.charge("BERT", 2)
    assert _update(world, install_date_time=_at(10) if later else None) == "Accepted"
    if later:
        world.pass_time(620)
    assert _told(world) == [*FETCHED, "InstallScheduled"]
    seen = len(world.wire)
    world.tap("BERT", 2)
    world.unplug(2)
    world.pass_time(60)
    assert shown(world.wire[seen:], 2)[-1] == "Unavailable"
    assert "Available" not in shown(world.wire[seen:], 2)
    begin = v16.RemoteStartTransactionRequest(id_tag="CARL", connector_id=2)
    assert world.asks(begin).status == "Rejected"
    assert _told(world) == [*FETCHED, "InstallScheduled"]
    assert shown(world.wire, 1)[-1] == "Charging"

    world.let(InstallImage, None)
    seen = len(world.wire)
    world.tap("ANNA", 1)
    world.unplug(1)
    assert len(world.said(v16.StopTransactionRequest)) == 2
    assert _told(world)[-1] == "Installing"
    assert shown(world.wire[seen:], 1)[-1] == "Unavailable"
    assert not {"Available"} & {*shown(world.wire[seen:], 1), *shown(world.wire[seen:], 2)}


@pytest.mark.parametrize(
    "later",
    [
        pytest.param(False, id="at-once", marks=pytest.mark.req("SEC16:L01.FR.07")),
        pytest.param(True, id="at-its-time", marks=pytest.mark.req("SEC16:L01.FR.16", "SEC16:L01.FR.19")),
    ],
)
def test_the_connector_nobody_uses_is_unavailable_from_then_on(later: bool) -> None:
    """With a time of installation from that time on, not before; afterwards both are free again."""
    world = _World(station="ac-22-dual")
    world.charge()
    assert _update(world, install_date_time=_at(10) if later else None) == "Accepted"
    assert (shown(world.wire, 2)[-1] == "Unavailable") is not later
    world.pass_time(620)
    assert shown(world.wire, 2)[-1] == "Unavailable"
    world.tap("ANNA")
    world.unplug()
    world.pass_time(5)
    assert _told(world)[-1] == "Installed"
    assert (shown(world.wire, 1)[-1], shown(world.wire, 2)[-1]) == ("Available", "Available")


# --- another one ----------------------------------------------------------------------------------------------------


def _waiting(world: _World, state: str) -> None:
    """An update that has come so far."""
    more: dict[str, Any] = {}
    if state == "DownloadScheduled":
        more = {"retrieve_date_time": _at(60)}
    elif state == "InstallScheduled":
        more = {"install_date_time": _at(60)}
    else:
        world.let(FetchFile, None)
    assert _update(world, retries=3, **more) == "Accepted"
    if state == "DownloadPaused":
        world.job_tells(FetchFile, Fetching(100))
        world.job_fails(FetchFile)
    assert _told(world)[-1] == state


@pytest.mark.req("SEC16:L01.FR.26")
@pytest.mark.parametrize("state", ["DownloadScheduled", "Downloading", "DownloadPaused", "InstallScheduled"])
def test_another_update_takes_its_place_even_if_there_is_no_such_file(state: str) -> None:
    """So that a central system can give up an update by one that cannot be fetched."""
    world = _World()
    _waiting(world, state)
    before = _told(world)
    world.let(FetchFile, "The server says 404.")
    assert _update(world, 10, retries=0) == "AcceptedCanceled"
    world.pass_time(7200)
    assert _told(world) == before
    assert _told(world, 10) == ["Downloading", "DownloadFailed"]
    assert world.restarts == []


@pytest.mark.req("SEC16:L01.FR.27")
@pytest.mark.parametrize("able", [True, False], ids=["installing", "cannot-cancel"])
def test_one_that_cannot_be_cancelled_goes_on(able: bool) -> None:
    world = _World(cancels_firmware_updates=able)
    held = InstallImage if able else FetchFile
    world.let(held, None)
    assert _update(world) == "Accepted"
    assert _update(world, 10) == "Rejected"
    if able:
        assert _told(world)[-1] == "Installing"
    else:
        world.job_done(FetchFile, FileFetched(1, "0" * 32))
        world.pass_time(1)
        assert _told(world) == [*FETCHED, *ENDED]
    assert _told(world, 10) == []


# --- the update of 1.6 itself ---------------------------------------------------------------------------------------


def _plain(world: _World) -> Any:
    return world.asks(v16.UpdateFirmwareRequest(location=WHERE, retrieve_date=_at(-5)))


def _home(level: int, *, soap: bool = False) -> NetworkConnectionProfile:
    """Where the charge point is set up to connect to, as its core is told."""
    scheme = ("http" if soap else "ws") + ("s" if level >= 2 else "")
    place = SoapPlace() if soap else None
    return Endpoint(url=f"{scheme}://central.example", identity="CS001", security_profile=level, soap=place).profile()


@pytest.mark.req("SEC16:L01.FR.20")
@pytest.mark.parametrize("level", [1, 2, 3])
def test_with_a_security_profile_the_update_of_1_6_is_not_supported(level: int) -> None:
    world = _World(home=_home(level))
    assert _plain(world) == "NotSupported"
    world.pass_time(60)
    assert world.said(v16.FirmwareStatusNotificationRequest) == []
    assert world.jobs == {}
    assert world.restarts == []


@pytest.mark.req("SEC16:L01.FR.20")
def test_from_the_moment_it_has_one_on() -> None:
    """Without a security profile it is a charge point of 1.6 without the whitepaper (1.6:5.19), until it is given one."""
    world = _World(home=_home(0))
    assert _plain(world) == v16.UpdateFirmwareResponse()
    world.pass_time(5)
    assert [one.status for one in world.said(v16.FirmwareStatusNotificationRequest)][-1] == "Installed"
    world.feed(CredentialsSeen(password=True))
    assert str(world.asks(v16.ChangeConfigurationRequest(key="SecurityProfile", value="1")).status) == "Accepted"
    world.cut()
    way = world.core.way()
    assert way is not None
    world.feed(Connected(way.slot))
    world.connect()
    assert _plain(world) == "NotSupported"


@pytest.mark.parametrize(
    ("home", "said"), [(_home(2, soap=True), None), (_home(2), True)], ids=["by-soap", "set-up-to-take-it"]
)
def test_where_the_whitepaper_does_not_count_it_is_taken(home: NetworkConnectionProfile, said: bool | None) -> None:
    """OCPP-S has no signed update; and a maker may know better."""
    world = _World(home=home, accepts_unsigned_firmware=said)
    assert _plain(world) == v16.UpdateFirmwareResponse()


# --- triggers -------------------------------------------------------------------------------------------------------


@pytest.mark.req("SEC16:L01.FR.28", "SEC16:L01.FR.29")
def test_what_is_told_when_asked_for() -> None:
    """The status told last with the id of its update, also after a power failure; Idle after Installed, and before anything."""
    world = _World()
    assert _triggered(world) == ("Idle", None)
    assert _update(world, retrieve_date_time=_at(5)) == "Accepted"
    assert _triggered(world) == ("DownloadScheduled", 9)
    world.let(FetchFile, "The server says 404.")
    assert _update(world, 10, retries=0) == "AcceptedCanceled"
    assert _triggered(world) == ("DownloadFailed", 10)
    world.kill()
    assert _triggered(world) == ("DownloadFailed", 10)
    world.let(FetchFile, FileFetched(1, "0" * 32))
    assert _update(world, 11) == "Accepted"
    world.pass_time(5)
    assert _told(world, 11)[-1] == "Installed"
    assert _triggered(world) == ("Idle", None)


@pytest.mark.req("SEC16:L01.FR.29")
def test_it_is_the_one_sent_last_not_one_that_waits_to_be_sent() -> None:
    """While the first status is not answered the others wait: who asks then hears the first again, and all in order afterwards."""
    world = _World()
    world.let(InstallImage, None)
    world.csms.silent = lambda fact: isinstance(fact, FirmwareStatusReported)
    assert _update(world) == "Accepted"
    assert _triggered(world) == ("Downloading", 9)
    world.csms.silent = lambda _: False
    world.time_out()
    assert list(dict.fromkeys(_told(world))) == [*FETCHED, "Installing"]
    assert _triggered(world) == ("Installing", 9)


@pytest.mark.req("SEC16:L01.FR.29")
def test_an_unsigned_update_in_between_is_told_by_its_own_message() -> None:
    world = _World()
    world.let(FetchFile, "The server says 404.")
    assert _update(world, retries=0) == "Accepted"
    assert _plain(world) == v16.UpdateFirmwareResponse()
    assert _triggered(world) == ("DownloadFailed", 9)
