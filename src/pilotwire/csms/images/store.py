"""Images on disk: each under the SHA-256 of its bytes, so that nothing there ever changes; names and what is known are in a register."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pilotwire.clock import Clock
from pilotwire.csms.images.signing import Signer, checked
from pilotwire.csms.registers.firmware import IMAGES, Image
from pilotwire.csms.settings import CsmsSettings
from pilotwire.csms.store.ports import Amended, Journal, Page, Store
from pilotwire.csms.store.registers import cursor_of
from pilotwire.domain.kinds import changed
from pilotwire.errors import PilotwireError, StoreError

_GULP: Final = 1_000_000
_SQLITE: Final = "sqlite:///"


class ImageTooLarge(PilotwireError):
    """More bytes came than an image may have."""


class ImageConflict(PilotwireError):
    """An image of this name is there, and it is another one."""


@dataclass(frozen=True, slots=True)
class Described:
    """What an uploader says of an image; `signature` (base64) and `certificate` (PEM) come together or not at all."""

    vendor: str = ""
    model: str = ""
    version: str = ""
    notes: str = ""
    signature: str = ""
    certificate: str = ""


def image_folder(settings: CsmsSettings) -> Path | None:
    """Where images are: as set, else `firmware` beside the database file. None if there is no such place (a database in memory)."""
    if settings.firmware_dir:
        return Path(settings.firmware_dir)
    if settings.database.startswith(_SQLITE):
        return Path(settings.database.removeprefix(_SQLITE).partition("?")[0]).parent / "firmware"
    return None if settings.database.startswith("memory:") else Path("firmware")


class ImageStore:
    """Takes images in and finds them. `folder` None: a temporary one that goes with this object."""

    def __init__(
        self,
        folder: Path | None,
        journal: Journal,
        store: Store,
        clock: Clock,
        *,
        most: int = 2_000_000_000,
        signer: Signer | None = None,
    ) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="pilotwire-firmware-") if folder is None else None
        self._folder = folder if self._temporary is None else Path(self._temporary.name)
        self._journal = journal
        self._store = store
        self._clock = clock
        self._signer = signer
        self._settling = asyncio.Lock()
        self.most = most

    def path(self, image: Image) -> Path:
        """Where the bytes of an image are."""
        assert self._folder is not None
        return self._folder / image.sha256

    async def holds(self, image: Image) -> bool:
        """Whether the bytes of an image are where they should be."""
        return await asyncio.to_thread(self.path(image).is_file)

    async def find(self, name: str) -> Image | None:
        """The image of a name."""
        return await self._store.record(IMAGES, "", name)

    async def take(self, name: str, chunks: AsyncIterator[bytes], described: Described) -> tuple[Image, bool]:
        """Keep an image that streams in; also says whether it is new. The same bytes may come again: nothing changes.

        Raises ImageTooLarge, ImageConflict (other bytes under this name), NotGenuine (a signature that does not prove it), StoreError.
        """
        arriving = await asyncio.to_thread(self._begin)
        try:
            await arriving.take(chunks, self.most)
            image = self._described(name, arriving, described)
            async with self._settling:
                return await self._settle(image, arriving)
        except OSError as error:
            raise _trouble(error) from error
        finally:
            await asyncio.to_thread(arriving.discard)

    def _begin(self) -> _Arriving:
        assert self._folder is not None
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            return _Arriving(self._folder)
        except OSError as error:
            raise _trouble(error) from error

    def _described(self, name: str, arriving: _Arriving, described: Described) -> Image:
        now, digest = self._clock.now(), arriving.sha256.digest()
        signature = None
        if described.signature or described.certificate:
            signature = checked(digest, described.signature, described.certificate, now)
        elif self._signer is not None:
            signature = self._signer.sign(digest)
        return Image(
            name=name,
            size=arriving.size,
            sha256=digest.hex(),
            md5=arriving.md5.hexdigest(),
            uploaded_at=now,
            vendor=described.vendor,
            model=described.model,
            version=described.version,
            notes=described.notes,
            signature=signature,
        )

    async def _settle(self, image: Image, arriving: _Arriving) -> tuple[Image, bool]:
        known = await self.find(image.name)
        if known is None:
            await asyncio.to_thread(arriving.settle, self.path(image))
            kept = IMAGES.amend("", image.name, lambda there: there or image)
            amended: Amended = (await self._journal.append(kept))[0]
            known = amended.after
            if amended.before is None:
                return image, True
        if known.sha256 != image.sha256:
            what = f"There is another image of the name {image.name!r}, with the SHA-256 {known.sha256}."
            raise ImageConflict(what, "An image never changes: choose another name, or delete that one first.")
        await asyncio.to_thread(arriving.settle, self.path(known))  # its file may have been lost: here it is again
        return known, False

    async def remove(self, name: str) -> bool:
        """Take an image out, and its bytes if no other image has the same. Says whether there was one."""
        async with self._settling:
            amended: Amended = (await self._journal.append(IMAGES.remove("", name)))[0]
            if amended.before is None:
                return False
            if not any([each.sha256 == amended.before.sha256 async for each in self.all()]):
                with suppress(FileNotFoundError):
                    await asyncio.to_thread(self.path(amended.before).unlink)
        return True

    async def all(self) -> AsyncIterator[Image]:
        """All images, by name."""
        page = Page(limit=500)
        while images := await self._store.records(IMAGES, "", page):
            for image in images:
                yield image
            page = changed(page, after=cursor_of("", images[-1].name))


class _Arriving:
    """An image on its way in: a file without a name of its own yet."""

    def __init__(self, folder: Path) -> None:
        descriptor, path = tempfile.mkstemp(prefix=".arriving-", dir=folder)
        self._file = os.fdopen(descriptor, "wb")
        self._path = Path(path)
        self.sha256 = hashlib.sha256()
        self.md5 = hashlib.md5(usedforsecurity=False)  # what PublishFirmware asks for (L03.FR.02)
        self.size = 0

    async def take(self, chunks: AsyncIterator[bytes], most: int) -> None:
        """All of it, in gulps; hashed and written outside of the event loop. It is on the disk when this returns."""
        gulp = bytearray()
        async for chunk in chunks:
            gulp += chunk
            if self.size + len(gulp) > most:
                raise ImageTooLarge(
                    f"The image is longer than the {most} bytes that are taken.", "Raise firmware_max_bytes."
                )
            if len(gulp) >= _GULP:
                await asyncio.to_thread(self._swallow, bytes(gulp))
                gulp.clear()
        await asyncio.to_thread(self._swallow, bytes(gulp))
        await asyncio.to_thread(self._finish)

    def _swallow(self, gulp: bytes) -> None:
        self.sha256.update(gulp)
        self.md5.update(gulp)
        self._file.write(gulp)
        self.size += len(gulp)

    def _finish(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def settle(self, path: Path) -> None:
        """Give it its place, for good: the folder is on the disk too when this returns."""
        if path.exists():
            return
        self._path.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def discard(self) -> None:
        """Leave nothing behind but what was settled."""
        with suppress(OSError):  # on a full disk closing fails as writing did
            self._file.close()
        self._path.unlink(missing_ok=True)


def _trouble(error: OSError) -> StoreError:
    return StoreError(f"The image cannot be written: {error.strerror or error}.", "Check firmware_dir and its disk.")
