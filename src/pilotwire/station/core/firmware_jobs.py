"""What a firmware update wants done outside of the core: signer and signature checked, the image written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pilotwire.domain.firmware import UpdateFirmwareStatus
from pilotwire.station.core.jobs import Job, Result


@dataclass(frozen=True, slots=True)
class CheckSigner(Job):
    """Check a signing certificate (PEM, with intermediates or without) as of a moment (L01.FR.21)."""

    certificate: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SignerChecked(Result):
    """Accepted, InvalidCertificate or RevokedCertificate, and why."""

    status: UpdateFirmwareStatus
    why: str = ""


@dataclass(frozen=True, slots=True)
class VerifyImage(Job):
    """Check the signature (base64) over a file by a certificate (L01.FR.04)."""

    name: str
    certificate: str
    signature: str


@dataclass(frozen=True, slots=True)
class ImageVerified(Result):
    """Whether it proves the file; `why` not."""

    genuine: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class InstallImage(Job):
    """Have the hardware write the file beside the firmware that runs; `at_once`: and run it, without a restart."""

    name: str
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class ImageWritten(Result):
    """It is written, and runs after the next restart, or (`runs`) already."""

    version: str
    runs: bool = False


@dataclass(frozen=True, slots=True)
class ImageRefused(Result):
    """The image fails its own check (L01.FR.29)."""

    why: str
