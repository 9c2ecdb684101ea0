"""Two places for firmware, as controllers have them: one runs, the other takes the next image, which must boot to stay."""

from __future__ import annotations

from dataclasses import dataclass

from pilotwire.station.hardware.image import read_image
from pilotwire.station.hardware.ports import HardwareError, RunningFirmware


@dataclass(slots=True)
class Slots:
    """See the module. `running` None: as delivered. `cannot_write` and `cannot_boot` are faults to be tried out.

    `written` is the version in the other place, to be tried at the next start; `fell_back` that the last one did not boot.
    """

    running: str | None = None
    written: str | None = None
    fell_back: bool = False
    cannot_write: bool = False
    cannot_boot: bool = False

    def install(self, content: bytes, model: str) -> str:
        """See `HardwareDriver.install`."""
        image = read_image(content)
        if image.model not in ("", model):
            raise HardwareError(f"The image is for the model {image.model}, this is a {model}.", "Give one for it.")
        if self.cannot_write:
            raise HardwareError("The flash memory does not take the image.", "Have the controller repaired.")
        self.written = image.version
        return image.version

    def boot(self) -> None:
        """A start: the image that was written runs from now on, or what ran before if it does not boot."""
        if self.written is None:
            self.fell_back = False
            return
        self.fell_back = self.cannot_boot
        if not self.cannot_boot:
            self.running = self.written
        self.written = None

    @property
    def now(self) -> RunningFirmware:
        """What runs."""
        return RunningFirmware(self.running, self.fell_back)
