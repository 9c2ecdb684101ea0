"""What is kept of firmware: images, downloads, updates with their statuses, files published locally."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pilotwire.csms.store.ports import Amend
from pilotwire.csms.store.registers import Diary, Register
from pilotwire.domain.firmware import (
    FirmwareStatus,
    PublishFirmwareStatus,
    StatusDetail,
    UnpublishFirmwareStatus,
    UpdateFirmwareStatus,
)
from pilotwire.domain.kinds import Value, changed

HIGHEST_ID: Final = 2**31 - 1


class Signature(Value):
    """A signature (base64) over a whole image, the certificate (PEM) that proves it, and the scheme. `ours`: made here."""

    signature: str
    certificate: str
    scheme: str
    ours: bool = False


class Image(Value):
    """A firmware image. `size` in bytes, digests in hex; its bytes are in the image store under `sha256`."""

    name: str
    size: int
    sha256: str
    md5: str
    uploaded_at: datetime
    vendor: str = ""
    model: str = ""
    version: str = ""
    notes: str = ""
    signature: Signature | None = None


class Download(Value):
    """What one update may fetch. After `closed_at` nothing is given out any more."""

    image: str
    station: str
    made_at: datetime
    closed_at: datetime | None = None


class Step(Value):
    """A status as it came."""

    status: str
    at: datetime
    detail: StatusDetail | None = None


class FirmwareUpdate(Value):
    """An update a station was told to make. `status` is the newest one, `steps` the last ones as they came.

    `answer` None: the station has not answered (yet). `ended_at` None: it may still go on. `what` says why it did not.
    """

    station: str
    request_id: int
    location: str
    asked_at: datetime
    retrieve_at: datetime
    signed: bool
    install_at: datetime | None = None
    image: str | None = None
    version: str | None = None
    campaign: str | None = None
    token: str | None = None
    retries: int | None = None
    retry_interval: int | None = None
    answer: UpdateFirmwareStatus | None = None
    status: FirmwareStatus | None = None
    steps: tuple[Step, ...] = ()
    ended_at: datetime | None = None
    what: str = ""


class PublishedFirmware(Value):
    """A file a local controller was told to offer. `locations`: where its stations find it, once it is published."""

    station: str
    request_id: int
    location: str
    checksum: str
    asked_at: datetime
    image: str | None = None
    token: str | None = None
    accepted: bool | None = None
    status: PublishFirmwareStatus | None = None
    locations: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    unpublish: UnpublishFirmwareStatus | None = None
    unpublished_at: datetime | None = None


class ReportedStatus(Value):
    """A status as a station reported it; `publishing` if it is of a file to be published. `request_id` None: it did not say."""

    status: str
    request_id: int | None = None
    publishing: bool = False
    locations: tuple[str, ...] = ()
    detail: StatusDetail | None = None


class LastId(Value):
    """The request id given last."""

    request_id: int


IMAGES: Final = Register("firmware-images", Image)
"""Of no station, by name."""
DOWNLOADS: Final = Register("firmware-downloads", Download)
"""Of no station, by token."""
UPDATES: Final = Register("firmware-updates", FirmwareUpdate)
"""By station and `update_key`: the newest first."""
PUBLISHED: Final = Register("published-firmware", PublishedFirmware)
"""By station and checksum."""
REQUEST_IDS: Final = Register("firmware-request-ids", LastId)
"""One record of no station: ids rise over all stations, and are never given twice."""
STATUSES: Final = Diary("firmware-statuses", ReportedStatus)
"""Every status as reported, whether anybody knows its update or not."""
_STEPS_KEPT: Final = 100


def update_key(request_id: int) -> str:
    """The key of an update: the higher the id, the earlier in a list."""
    return f"{HIGHEST_ID - request_id:010d}"


def next_request_id(now: datetime) -> Amend:
    """The operation that gives the next request id (`Amended.after`): at least the seconds since 1970, so that ids rise even if the
    database was lost and stations remember."""
    seconds = int(now.timestamp()) % HIGHEST_ID
    return REQUEST_IDS.amend(
        "", "", lambda last: LastId(request_id=max(seconds, 0 if last is None else last.request_id + 1))
    )


def more(steps: tuple[Step, ...], step: Step) -> tuple[Step, ...]:
    """The steps with another one, the oldest left out where there are too many."""
    return (*steps, step)[-_STEPS_KEPT:]


def close(token: str, now: datetime) -> Amend:
    """The operation after which a token opens nothing."""
    return DOWNLOADS.amend(
        "",
        token,
        lambda known: known if known is None or known.closed_at is not None else changed(known, closed_at=now),
    )
