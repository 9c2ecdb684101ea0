"""Firmware (functional block L; 1.6:5.19, 1.6:4.5, 1.6 security whitepaper): updates, their progress, and files published locally."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from pilotwire.domain.kinds import Command, Fact, Outcome, Value

# --- what is said ---------------------------------------------------------------------------------------------------


class StatusDetail(Value):
    """Why a status is what it is (2.x StatusInfoType)."""

    reason_code: str
    additional_info: str | None = None


class UpdateFirmware(Command):
    """Fetch firmware and install it (L01, L02).

    With `signing_certificate` (PEM) and `signature` (base64) it is a secure update (L01): then 1.6 says SignedUpdateFirmware, and
    UpdateFirmware without. `request_id` names the update; an unsigned one of 1.6 has no name. `retries` is how often the station tries to
    download again, `retry_interval` the seconds between.
    """

    location: str
    retrieve_at: datetime
    request_id: int | None = None
    install_at: datetime | None = None
    signing_certificate: str | None = None
    signature: str | None = None
    retries: int | None = None
    retry_interval: int | None = None

    @property
    def is_signed(self) -> bool:
        """Whether the station can check where the firmware comes from."""
        return self.signature is not None and self.signing_certificate is not None


class UpdateFirmwareStatus(StrEnum):
    """As in 2.x UpdateFirmwareStatusEnumType; AcceptedCanceled also ended the update before (L01.FR.24)."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    ACCEPTED_CANCELED = "AcceptedCanceled"
    INVALID_CERTIFICATE = "InvalidCertificate"
    REVOKED_CERTIFICATE = "RevokedCertificate"


ACCEPTING: Final = frozenset({UpdateFirmwareStatus.ACCEPTED, UpdateFirmwareStatus.ACCEPTED_CANCELED})
"""The answers after which the station updates."""


class UpdateFirmwareOutcome(Outcome):
    """The answer to an update; an unsigned one of 1.6 is answered without a status, which is Accepted."""

    status: UpdateFirmwareStatus
    detail: StatusDetail | None = None


class FirmwareStatus(StrEnum):
    """How far an update is, as in 2.x FirmwareStatusEnumType; 1.6 has about half of them for an unsigned one."""

    DOWNLOADED = "Downloaded"
    DOWNLOAD_FAILED = "DownloadFailed"
    DOWNLOADING = "Downloading"
    DOWNLOAD_SCHEDULED = "DownloadScheduled"
    DOWNLOAD_PAUSED = "DownloadPaused"
    IDLE = "Idle"
    INSTALLATION_FAILED = "InstallationFailed"
    INSTALLING = "Installing"
    INSTALLED = "Installed"
    INSTALL_REBOOTING = "InstallRebooting"
    INSTALL_SCHEDULED = "InstallScheduled"
    INSTALL_VERIFICATION_FAILED = "InstallVerificationFailed"
    INVALID_SIGNATURE = "InvalidSignature"
    SIGNATURE_VERIFIED = "SignatureVerified"


class FirmwareStatusReported(Fact):
    """An update has come to a new status (L01.FR.01, L02.FR.01; 1.6:4.5), or the station was asked for it.

    `request_id` is that of the update, needed but for Idle (L01.FR.20). `can_name` is False of a message that has no place for one: the
    one of 1.6 for unsigned updates.
    """

    status: FirmwareStatus
    request_id: int | None = None
    can_name: bool = True
    detail: StatusDetail | None = None


class PublishFirmware(Command):
    """Have a local controller fetch firmware and offer it to its stations (L03). `checksum` is the MD5 of the file in hex (L03.FR.02)."""

    location: str
    checksum: str
    request_id: int
    retries: int | None = None
    retry_interval: int | None = None


class PublishFirmwareOutcome(Outcome):
    """Whether a local controller will try (L03.FR.05)."""

    accepted: bool
    detail: StatusDetail | None = None


class PublishFirmwareStatus(StrEnum):
    """As in 2.x PublishFirmwareStatusEnumType."""

    IDLE = "Idle"
    DOWNLOAD_SCHEDULED = "DownloadScheduled"
    DOWNLOADING = "Downloading"
    DOWNLOADED = "Downloaded"
    PUBLISHED = "Published"
    DOWNLOAD_FAILED = "DownloadFailed"
    DOWNLOAD_PAUSED = "DownloadPaused"
    INVALID_CHECKSUM = "InvalidChecksum"
    CHECKSUM_VERIFIED = "ChecksumVerified"
    PUBLISH_FAILED = "PublishFailed"


class PublishFirmwareStatusReported(Fact):
    """Publishing has come to a new status (L03.FR.01); `locations` is where stations find the file once published (L03.FR.04)."""

    status: PublishFirmwareStatus
    request_id: int | None = None
    locations: tuple[str, ...] = ()
    detail: StatusDetail | None = None


class UnpublishFirmware(Command):
    """Have a local controller stop offering the firmware with this MD5 (L04)."""

    checksum: str


class UnpublishFirmwareStatus(StrEnum):
    """As in 2.x UnpublishFirmwareStatusEnumType."""

    DOWNLOAD_ONGOING = "DownloadOngoing"
    NO_FIRMWARE = "NoFirmware"
    UNPUBLISHED = "Unpublished"


class UnpublishFirmwareOutcome(Outcome):
    """What became of the published file (L04.FR.02 to L04.FR.04)."""

    status: UnpublishFirmwareStatus


# --- what follows ---------------------------------------------------------------------------------------------------

_S, _P = FirmwareStatus, PublishFirmwareStatus
FAILURES: Final = frozenset(
    {_S.DOWNLOAD_FAILED, _S.INSTALLATION_FAILED, _S.INSTALL_VERIFICATION_FAILED, _S.INVALID_SIGNATURE}
)
"""The statuses in which an update has failed for good (FirmwareStatusEnumType: failure end states)."""
ENDS: Final = FAILURES | {_S.INSTALLED}
"""The statuses in which an update is over."""

_CHECKED = frozenset({_S.SIGNATURE_VERIFIED, _S.INVALID_SIGNATURE})
_INSTALL = frozenset(
    {
        _S.INSTALL_SCHEDULED,
        _S.INSTALL_REBOOTING,
        _S.INSTALLING,
        _S.INSTALLED,  # a bootloader that speaks no OCPP tells only the end (L01.FR.23)
        _S.INSTALLATION_FAILED,
        _S.INSTALL_VERIFICATION_FAILED,
    }
)
_AFTER: Final[Mapping[FirmwareStatus | None, frozenset[FirmwareStatus]]] = {
    None: frozenset({_S.DOWNLOAD_SCHEDULED, _S.DOWNLOAD_PAUSED, _S.DOWNLOADING, _S.DOWNLOAD_FAILED}),
    _S.DOWNLOAD_SCHEDULED: frozenset({_S.DOWNLOADING, _S.DOWNLOAD_PAUSED, _S.DOWNLOAD_FAILED}),
    _S.DOWNLOAD_PAUSED: frozenset({_S.DOWNLOADING, _S.DOWNLOAD_SCHEDULED, _S.DOWNLOAD_FAILED}),
    _S.DOWNLOADING: frozenset({_S.DOWNLOADED, _S.DOWNLOAD_PAUSED, _S.DOWNLOAD_SCHEDULED, _S.DOWNLOAD_FAILED}),
    _S.SIGNATURE_VERIFIED: _INSTALL,
    _S.INSTALL_SCHEDULED: _INSTALL,
    _S.INSTALL_REBOOTING: _INSTALL - {_S.INSTALL_SCHEDULED},
    _S.INSTALLING: _INSTALL - {_S.INSTALL_SCHEDULED},
}


def may_follow(before: FirmwareStatus | None, status: FirmwareStatus, *, signed: bool) -> bool:
    """Whether an update in the status `before` (None: none yet) may come to this one; saying the same again is always allowed.

    A signed update is checked between download and installation (L01.FR.04), an unsigned one has nothing to check (L02). An end is the
    end; Idle means there is nothing under way (L01.FR.25, L01.FR.26), so it only follows an end or stands at the very beginning.
    """
    if status is before:
        return True
    if status is _S.IDLE:
        return before is None or before in ENDS
    if before is _S.DOWNLOADED:
        return status in (_CHECKED if signed else _INSTALL)
    return status in _AFTER.get(before, frozenset())


PUBLISH_FAILURES: Final = frozenset({_P.DOWNLOAD_FAILED, _P.INVALID_CHECKSUM, _P.PUBLISH_FAILED})
"""The statuses in which publishing has failed (L03.FR.06 to L03.FR.08)."""
_PUBLISH_AFTER: Final[Mapping[PublishFirmwareStatus | None, frozenset[PublishFirmwareStatus]]] = {
    None: frozenset({_P.DOWNLOAD_SCHEDULED, _P.DOWNLOAD_PAUSED, _P.DOWNLOADING, _P.DOWNLOAD_FAILED}),
    _P.DOWNLOAD_SCHEDULED: frozenset({_P.DOWNLOADING, _P.DOWNLOAD_PAUSED, _P.DOWNLOAD_FAILED}),
    _P.DOWNLOAD_PAUSED: frozenset({_P.DOWNLOADING, _P.DOWNLOAD_SCHEDULED, _P.DOWNLOAD_FAILED}),
    _P.DOWNLOADING: frozenset({_P.DOWNLOADED, _P.DOWNLOAD_PAUSED, _P.DOWNLOAD_SCHEDULED, _P.DOWNLOAD_FAILED}),
    _P.DOWNLOADED: frozenset({_P.CHECKSUM_VERIFIED, _P.INVALID_CHECKSUM}),
    _P.CHECKSUM_VERIFIED: frozenset({_P.PUBLISHED, _P.PUBLISH_FAILED}),
}


def may_publish(before: PublishFirmwareStatus | None, status: PublishFirmwareStatus) -> bool:
    """The same for publishing (L03); Idle follows Published or a failure (L03.FR.10)."""
    if status is before:
        return True
    if status is _P.IDLE:
        return before is None or before is _P.PUBLISHED or before in PUBLISH_FAILURES
    return status in _PUBLISH_AFTER.get(before, frozenset())
