"""Firmware updates (L01, L02; 1.6:5.19, security whitepaper): fetched, checked, installed when nobody charges, and run after a restart.

Each phase is a row of `_PHASES`; what has to happen outside of the core is a job, and every step is in the memory before it is told, so
that an update goes on, or has failed, after a power failure at any moment.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pilotwire.domain.firmware import (
    FirmwareStatus,
    FirmwareStatusReported,
    StatusDetail,
    UpdateFirmware,
    UpdateFirmwareOutcome,
    UpdateFirmwareStatus,
)
from pilotwire.domain.kinds import changed
from pilotwire.domain.network_profiles import SOAP
from pilotwire.domain.provisioning import BootReason, TriggerMessage
from pilotwire.station.core import network_ways, progress, reset, security
from pilotwire.station.core.actions import Answer, ConnectAnew, RefuseCommand
from pilotwire.station.core.file_transfer import (
    PROTOCOLS,
    DiscardFile,
    FetchFile,
    Fetching,
    protocol_of,
    tries_of,
    wait_of,
)
from pilotwire.station.core.firmware_jobs import CheckSigner as CheckSigner
from pilotwire.station.core.firmware_jobs import ImageRefused as ImageRefused
from pilotwire.station.core.firmware_jobs import ImageVerified as ImageVerified
from pilotwire.station.core.firmware_jobs import ImageWritten as ImageWritten
from pilotwire.station.core.firmware_jobs import InstallImage as InstallImage
from pilotwire.station.core.firmware_jobs import SignerChecked as SignerChecked
from pilotwire.station.core.firmware_jobs import VerifyImage as VerifyImage
from pilotwire.station.core.firmware_memory import FirmwareMemory, Phase, Update
from pilotwire.station.core.jobs import Job, Result
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import PendingReset, Station
from pilotwire.station.core.street import Street, Then
from pilotwire.station.core.variable_table import Declared, switch
from pilotwire.station.hardware.ports import RunningFirmware, StationLayout

_S = FirmwareStatus
_ALLOW_NEW = "ChargingStation.AllowNewSessionsPendingFirmwareUpdate"
_OUT_OF_USE = "InstallerCtrlr.UnavailableDuringFirmwareUpdate"
_PATIENCE = timedelta(seconds=30)
"""How long a restart waits for the CSMS to hear that it is coming."""
_PLAIN = frozenset(
    {_S.IDLE, _S.DOWNLOADING, _S.DOWNLOADED, _S.DOWNLOAD_FAILED, _S.INSTALLING, _S.INSTALLED, _S.INSTALLATION_FAILED}
)
"""What can be told of an update that has no request id (1.6:7.25)."""
_LAST = (Phase.INSTALLING, Phase.ACTIVATING, Phase.CONNECTING)
"""The phases in which an update cannot be stopped."""


@dataclass(slots=True)
class _Hands:
    """The job under way, and whether it brought anything since it began. `connecting`: a new connection was asked for."""

    job: int | None = None
    brought: bool = False
    connecting: bool = False


# --- commands -------------------------------------------------------------------------------------------------------


def update(station: Station, ref: Hashable, command: UpdateFirmware) -> None:
    """Take an update, after its certificate was checked (L01.FR.21)."""
    certificate = command.signing_certificate
    if certificate is None or command.signature is None:
        _unsigned(station, ref, command)
        return
    station.undertake(
        CheckSigner(certificate, station.stamp()),
        done=lambda checked: _signer_checked(station, ref, command, checked),
        failed=lambda why: _reject(station, ref, command, "InternalError", why),
    )


def _unsigned(station: Station, ref: Hashable, command: UpdateFirmware) -> None:
    """A station that knows signed firmware takes no other, unless it is set up to (SEC16:L01.FR.20)."""
    if _takes_unsigned(station):
        _take(station, ref, command)
    elif command.request_id is None:
        station.do(RefuseCommand(ref, "NotSupported", "This station takes signed firmware only."))
    else:
        _reject(station, ref, command, "MissingParam", "The firmware needs a signing certificate and a signature.")


def _takes_unsigned(station: Station) -> bool:
    said = station.settings.accepts_unsigned_firmware
    if said is not None:
        return said
    home = station.settings.home
    by_soap = home is not None and home.transport == SOAP  # of which the whitepaper does not speak
    return by_soap or network_ways.level_of(station) == 0


def _signer_checked(station: Station, ref: Hashable, command: UpdateFirmware, checked: SignerChecked) -> None:
    if checked.status is UpdateFirmwareStatus.ACCEPTED:
        _take(station, ref, command)
        return
    detail = StatusDetail(reason_code="InvalidCertificate", additional_info=checked.why[:500])
    station.do(Answer(ref, UpdateFirmwareOutcome(status=checked.status, detail=detail)))
    security.report(station, "InvalidFirmwareSigningCertificate", checked.why)


def _reject(station: Station, ref: Hashable, command: UpdateFirmware, code: str, why: str) -> None:
    """Refuse; the answer to an update of 1.6 without a request id has no word for it."""
    if command.request_id is None:
        station.do(RefuseCommand(ref, "InternalError", why))
        return
    detail = StatusDetail(reason_code=code, additional_info=why[:500])
    station.do(Answer(ref, UpdateFirmwareOutcome(status=UpdateFirmwareStatus.REJECTED, detail=detail)))


def _take(station: Station, ref: Hashable, command: UpdateFirmware) -> None:
    """Begin, in place of an update that is not being installed yet (L01.FR.24, L01.FR.27)."""
    memory = station.kept(FirmwareMemory)
    if memory.update is not None and (memory.update.phase in _LAST or not station.settings.cancels_firmware_updates):
        _reject(station, ref, command, "FwUpdateInProgress", "Another update is under way, and cannot be stopped.")
        return
    if command.request_id is not None and protocol_of(command.location) not in PROTOCOLS:
        _reject(station, ref, command, "InvalidURL", f"This station fetches by {', '.join(PROTOCOLS)} only.")
        return
    status = UpdateFirmwareStatus.ACCEPTED if memory.update is None else UpdateFirmwareStatus.ACCEPTED_CANCELED
    _let_go(station)
    station.do(Answer(ref, UpdateFirmwareOutcome(status=status)))
    number = memory.number + 1
    begun = Update(
        number=number,
        command=command,
        phase=Phase.SCHEDULED,
        tries_left=tries_of(command.retries),
        not_before=command.retrieve_at - station.offset,
    )
    station.remember(changed(memory, number=number, update=begun, last=None))
    if not _may_fetch(station, begun):
        _tell(station, _S.DOWNLOAD_SCHEDULED)


# --- phases ---------------------------------------------------------------------------------------------------------


def _go_on(station: Station) -> None:
    """Take the update as far as it comes now."""
    before: Update | None = None
    while (now := station.kept(FirmwareMemory).update) is not None and now is not before:
        before = now
        _PHASES[now.phase](station, now)
    station.condition.set_aside = now is not None and _sets_aside(station, now)


def _is_time(station: Station, now: Update) -> bool:
    return now.not_before is None or now.not_before <= station.now


def _enter(station: Station, phase: Phase, status: FirmwareStatus | None = None, **more: object) -> None:
    memory = station.kept(FirmwareMemory)
    assert memory.update is not None
    station.remember(changed(memory, update=changed(memory.update, phase=phase, **more)))
    if status is not None:
        _tell(station, status)


def _tell(station: Station, status: FirmwareStatus, why: str = "") -> None:
    """Tell a status of the update (L01.FR.01, L01.FR.10)."""
    memory = station.kept(FirmwareMemory)
    assert memory.update is not None
    request_id = memory.update.command.request_id
    if request_id is None and status not in _PLAIN:
        return
    detail = StatusDetail(reason_code="Unspecified", additional_info=why[:500]) if why else None
    fact = FirmwareStatusReported(status=status, request_id=request_id, can_name=request_id is not None, detail=detail)
    station.remember(changed(memory, last=fact))
    progress.tell(station, fact)


def _file_of(now: Update) -> str:
    return f"firmware/update-{now.number}.image"


def _work(station: Station, job: Job, done: Callable[[Result], None], failed: Callable[[str], None]) -> None:
    """Have a job done, unless it is under way: after a restart it is not."""
    hands = station.moment(_Hands)
    if hands.job is not None:
        return

    def over(then: Callable[[], None]) -> None:
        hands.job = None
        then()

    def heard(news: object) -> None:
        hands.brought = hands.brought or isinstance(news, Fetching)

    hands.brought = False
    hands.job = station.undertake(
        job, done=lambda result: over(lambda: done(result)), failed=lambda why: over(lambda: failed(why)), news=heard
    )


def _let_go(station: Station) -> None:
    """Stop what is being done for an update that does not count any more."""
    hands, now = station.moment(_Hands), station.kept(FirmwareMemory).update
    if hands.job is not None:
        station.abandon(hands.job)
        hands.job = None
    if now is not None:
        station.undertake(DiscardFile(_file_of(now)))


def _end(station: Station, status: FirmwareStatus, why: str = "") -> None:
    """The update is over."""
    _tell(station, status, why)
    if why:
        station.note(f"The firmware update has ended with {status}: {why}")
    _let_go(station)
    station.remember(changed(station.kept(FirmwareMemory), update=None))


def _may_fetch(station: Station, now: Update) -> bool:
    """Whether it is time, and nobody charges where the station cannot do both (L01.FR.13)."""
    able = station.settings.fetches_firmware_while_charging
    return _is_time(station, now) and (able or not station.busy)


def _scheduled(station: Station, now: Update) -> None:
    if _may_fetch(station, now):
        _enter(station, Phase.DOWNLOADING, _S.DOWNLOADING, not_before=None)


def _downloading(station: Station, now: Update) -> None:
    job = FetchFile(now.command.location, _file_of(now))
    _work(station, job, lambda _: _downloaded(station, now), lambda why: _broken(station, why))


def _downloaded(station: Station, now: Update) -> None:
    if now.command.is_signed:
        _enter(station, Phase.VERIFYING, _S.DOWNLOADED)
    else:
        _await_installation(station, now, _S.DOWNLOADED)


def _broken(station: Station, why: str) -> None:
    """A try has failed: pause and go on, or give up (L01.FR.30). A pause is told where something had come (L01.FR.14)."""
    now = station.kept(FirmwareMemory).update
    assert now is not None
    station.note(f"The firmware could not be fetched: {why}")
    if now.tries_left <= 1:
        _end(station, _S.DOWNLOAD_FAILED, why)
        return
    at = station.now + wait_of(now.command.retry_interval)
    told = _S.DOWNLOAD_PAUSED if station.moment(_Hands).brought else None
    _enter(station, Phase.PAUSED, told, tries_left=now.tries_left - 1, not_before=at)


def _paused(station: Station, now: Update) -> None:
    if _is_time(station, now):
        last = station.kept(FirmwareMemory).last
        again = _S.DOWNLOADING if last is not None and last.status is _S.DOWNLOAD_PAUSED else None
        _enter(station, Phase.DOWNLOADING, again, not_before=None)


def _verifying(station: Station, now: Update) -> None:
    job = VerifyImage(_file_of(now), now.command.signing_certificate or "", now.command.signature or "")
    _work(
        station,
        job,
        lambda result: _verified(station, now, result),
        lambda why: _verified(station, now, ImageVerified(genuine=False, why=why)),
    )


def _verified(station: Station, now: Update, result: Result) -> None:
    assert isinstance(result, ImageVerified)
    if result.genuine:
        _await_installation(station, now, _S.SIGNATURE_VERIFIED)
        return
    _end(station, _S.INVALID_SIGNATURE, result.why)
    security.report(station, "InvalidFirmwareSignature", result.why)  # L01.FR.03


def _await_installation(station: Station, now: Update, status: FirmwareStatus) -> None:
    at = now.command.install_at
    _enter(station, Phase.WAITING, status, not_before=None if at is None else at - station.offset)


def _waiting(station: Station, now: Update) -> None:
    """Until its time has come, and nobody charges (L01.FR.05, L01.FR.06, L01.FR.16, L01.FR.34)."""
    able = station.settings.installs_firmware_while_charging
    if _is_time(station, now) and (able or not station.busy):
        _enter(station, Phase.INSTALLING, _S.INSTALLING, not_before=None)
        return
    last = station.kept(FirmwareMemory).last
    if last is None or last.status is not _S.INSTALL_SCHEDULED:
        _tell(station, _S.INSTALL_SCHEDULED)


def _installing(station: Station, now: Update) -> None:
    _work(
        station,
        InstallImage(_file_of(now), station.settings.installs_firmware_while_charging),
        lambda result: _written(station, result),
        lambda why: _end(station, _S.INSTALLATION_FAILED, why),
    )


def _written(station: Station, result: Result) -> None:
    """Restart to run it (L01.FR.32 a), or connect anew if it runs, or tell that it fails its own check (L01.FR.29)."""
    at = station.now + _PATIENCE
    if isinstance(result, ImageWritten) and result.runs:
        station.moment(_Hands).connecting = False
        station.runs(RunningFirmware(result.version))
        _enter(station, Phase.CONNECTING, version=result.version, not_before=at)
        return
    if isinstance(result, ImageWritten):
        _enter(station, Phase.ACTIVATING, _S.INSTALL_REBOOTING, version=result.version, not_before=at)
        return
    assert isinstance(result, ImageRefused)
    now = station.kept(FirmwareMemory).update
    named = now is not None and now.command.request_id is not None
    _end(station, _S.INSTALL_VERIFICATION_FAILED if named else _S.INSTALLATION_FAILED, result.why)


def _activating(station: Station, now: Update) -> None:
    heard = progress.all_told(station) or not station.online or _is_time(station, now)
    if heard and station.reset is None:
        station.reset = PendingReset(BootReason.FIRMWARE_UPDATE, now=True)
        reset.go_on(station)


def _connecting(station: Station, now: Update) -> None:
    """Leave the connection once all is told, so that the new firmware agrees on the version of OCPP."""
    hands = station.moment(_Hands)
    if station.online and not hands.connecting and (progress.all_told(station) or _is_time(station, now)):
        hands.connecting = True
        station.do(ConnectAnew("new firmware runs"))


def _connected(station: Station) -> None:
    """The new firmware has connected (L01.FR.28, L01.FR.31)."""
    now = station.kept(FirmwareMemory).update
    if now is not None and now.phase is Phase.CONNECTING:
        _end(station, _S.INSTALLED)
        security.report(station, "FirmwareUpdated", f"Version {now.version}")


_PHASES: dict[Phase, Callable[[Station, Update], None]] = {
    Phase.SCHEDULED: _scheduled,
    Phase.DOWNLOADING: _downloading,
    Phase.PAUSED: _paused,
    Phase.VERIFYING: _verifying,
    Phase.WAITING: _waiting,
    Phase.INSTALLING: _installing,
    Phase.ACTIVATING: _activating,
    Phase.CONNECTING: _connecting,
}


def _sets_aside(station: Station, now: Update) -> bool:
    """Whether EVSEs that are not in use are Unavailable (L01.FR.07)."""
    if now.phase in (Phase.DOWNLOADING, Phase.PAUSED):
        return station.variables.on(_OUT_OF_USE) or not station.settings.fetches_firmware_while_charging
    if now.phase in (Phase.SCHEDULED, Phase.WAITING):
        waits = now.phase is Phase.WAITING or not station.settings.fetches_firmware_while_charging
        return waits and _is_time(station, now) and not station.variables.on(_ALLOW_NEW)
    return now.phase in _LAST and not station.settings.installs_firmware_while_charging


def _deadline(station: Station) -> datetime | None:
    now = station.kept(FirmwareMemory).update
    return None if now is None or _is_time(station, now) else now.not_before


def _started(station: Station) -> None:
    """After the restart of an update: what runs says how it went (L01.FR.28, L01.FR.31)."""
    now = station.kept(FirmwareMemory).update
    if now is None or now.phase not in (Phase.ACTIVATING, Phase.CONNECTING):
        return
    if station.firmware.fell_back or station.firmware.version != now.version:
        _end(station, _S.INSTALLATION_FAILED, f"Version {now.version} did not boot; the one before runs again.")
        return
    _end(station, _S.INSTALLED)
    security.report(station, "FirmwareUpdated", f"Version {now.version}")


# --- triggers -------------------------------------------------------------------------------------------------------


def _trigger(station: Station, command: TriggerMessage) -> Then:
    """The status sent last, Idle after Installed (F06.FR.16, L01.FR.25, L01.FR.26); of an update without a name only while it lasts."""
    named = station.settings.names_unsigned_updates or command.extended
    last = progress.firmware_told_last(station, named=named)
    over = station.kept(FirmwareMemory).update is None and not named
    if last is None or over or last.status is _S.INSTALLED:
        last = FirmwareStatusReported(status=_S.IDLE, can_name=named)
    fact = last
    return lambda: station.say(fact)


# --- the street -----------------------------------------------------------------------------------------------------


def _variables(_family: Family, _layout: StationLayout) -> tuple[Declared, ...]:
    return (switch(_ALLOW_NEW, False), switch(_OUT_OF_USE, False))


STREET = Street(
    "firmware",
    commands={UpdateFirmware: update},
    triggers={"FirmwareStatusNotification": _trigger},
    variables=_variables,
    started=_started,
    link_up=_connected,
    deadline=_deadline,
    follow=_go_on,
)
