"""What is still to be told of updates, publishing and uploads."""

from __future__ import annotations

from typing import ClassVar

from pilotwire.domain.diagnostics import LogUploadReported
from pilotwire.domain.firmware import FirmwareStatusReported, PublishFirmwareStatusReported
from pilotwire.domain.kinds import Value

Progress = FirmwareStatusReported | PublishFirmwareStatusReported | LogUploadReported


class ProgressMemory(Value, tag="progress", tag_field="part"):
    """The facts that wait, in their order. `told_last` is the status of firmware that was sent last, of each message that tells one."""

    name: ClassVar[str] = "progress"
    unsaid: tuple[Progress, ...] = ()
    told_last: tuple[FirmwareStatusReported, ...] = ()
