"""Jobs of firmware and logs that are done at once, in worlds without I/O: what a playbook says of them is so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pilotwire.domain.firmware import UpdateFirmwareStatus
from pilotwire.station.core import Action, JobDone, JobFailed, Undertake
from pilotwire.station.core.file_transfer import DiscardFile, FetchFile, FileFetched
from pilotwire.station.core.firmware import (
    CheckSigner,
    ImageRefused,
    ImageVerified,
    ImageWritten,
    InstallImage,
    SignerChecked,
    VerifyImage,
)
from pilotwire.station.core.jobs import Result
from pilotwire.station.core.logs import LogSent, SendLog
from pilotwire.station.hardware.image import write_image
from pilotwire.station.hardware.ports import HardwareError
from tests.support.station_world import StationWorld

IMAGE = write_image("2.0", b"what is to run")


class WorkedJobs(StationWorld):
    """Before the world in the bases of a class. `results` says what comes of each kind of job.

    That is a result, a sentence (it fails), or None: it waits, in `jobs`, as in any world.
    """

    results: dict[type, Callable[[Any], Result | str | None]]

    def _do(self, action: Action) -> None:
        if not isinstance(action, Undertake):
            super()._do(action)
            return
        result = self._results().get(type(action.job), lambda _: None)(action.job)
        if result is None:
            super()._do(action)
        elif isinstance(result, str):
            self._inputs.append(JobFailed(action.ref, result))
        else:
            self._inputs.append(JobDone(action.ref, result))

    def _results(self) -> dict[type, Callable[[Any], Result | str | None]]:
        if not hasattr(self, "results"):
            self.results = {
                CheckSigner: lambda _: SignerChecked(UpdateFirmwareStatus.ACCEPTED),
                FetchFile: lambda _: FileFetched(len(IMAGE), "0" * 32),
                VerifyImage: lambda _: ImageVerified(genuine=True),
                InstallImage: lambda _: self._install(),
                DiscardFile: lambda _: Result(),
                SendLog: lambda _: LogSent(),
            }
        return self.results

    def _install(self) -> Result | str:
        try:
            return ImageWritten(self.hardware.install(IMAGE))
        except HardwareError as error:
            return str(error)

    def let(self, kind: type, result: Result | str | None) -> None:
        """What comes of jobs of a kind from now on."""
        self._results()[kind] = lambda _: result

    def image_is_damaged(self) -> None:
        """Images fail their own check from now on."""
        self.let(InstallImage, ImageRefused("Its checksum is another."))
