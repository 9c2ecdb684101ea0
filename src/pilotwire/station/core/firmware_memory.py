"""What of a firmware update must survive: which one it is, and how far it has come."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from pilotwire.domain.firmware import (
    FirmwareStatusReported,
    PublishFirmware,
    PublishFirmwareStatusReported,
    UpdateFirmware,
)
from pilotwire.domain.kinds import Value


class Phase(StrEnum):
    """Where an update is; `pilotwire.station.core.firmware` has what is done in each."""

    SCHEDULED = "Scheduled"
    DOWNLOADING = "Downloading"
    PAUSED = "Paused"
    VERIFYING = "Verifying"
    WAITING = "Waiting"
    INSTALLING = "Installing"
    ACTIVATING = "Activating"
    CONNECTING = "Connecting"


class Update(Value):
    """The update under way. `number` names its file; `not_before` is when the phase goes on, in the station's own time."""

    number: int
    command: UpdateFirmware
    phase: Phase
    tries_left: int
    not_before: datetime | None = None
    version: str | None = None
    """The version that was written and is to run."""


class FirmwareMemory(Value, tag="firmware", tag_field="part"):
    """`number` counts updates; `last` is the status last told."""

    name: ClassVar[str] = "firmware"
    number: int = 0
    update: Update | None = None
    last: FirmwareStatusReported | None = None


class Publishing(Value):
    """Firmware that is being fetched to be published. `fetched`: it is here and as it should be."""

    command: PublishFirmware
    tries_left: int
    not_before: datetime | None = None
    fetched: bool = False


class PublishMemory(Value, tag="publish", tag_field="part"):
    """What is offered (MD5 in hex), what is under way, and the status last told."""

    name: ClassVar[str] = "publish"
    published: tuple[str, ...] = ()
    current: Publishing | None = None
    last: PublishFirmwareStatusReported | None = None
