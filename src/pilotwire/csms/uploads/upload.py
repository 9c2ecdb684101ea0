"""One upload on its way: bytes at their places, in bounds, without gaps."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pilotwire.csms.registers.logs import ReceivedFile, UploadKey
from pilotwire.csms.uploads.folder import Incoming
from pilotwire.errors import MisuseError, PilotwireError, StoreError

if TYPE_CHECKING:
    from pilotwire.csms.uploads.receiver import Receiver


class UploadRefused(PilotwireError):
    """There is no such place to upload to, or not any more."""


class UploadTooLarge(PilotwireError):
    """More came than is taken."""


class UploadBroken(PilotwireError):
    """What came is not a whole file."""


class UploadNotStored(PilotwireError):
    """The disk or the database cannot take it now: the station may try again."""


class Upload:
    """What is being uploaded; `size` is the end of what came, `stored` the file once it is booked."""

    def __init__(self, receiver: Receiver, digest: str, key: UploadKey) -> None:
        self.key = key
        self.size = 0
        self.sha256 = ""
        self.stored: ReceivedFile | None = None
        self._receiver = receiver
        self._digest = digest
        self._incoming: Incoming | None = None
        self._without_gap = 0
        self._ahead: dict[int, int] = {}
        self._trouble = ""
        self._writing: asyncio.Future[None] | None = None

    @property
    def incoming(self) -> Incoming:
        """The file on the disk; made with the first byte."""
        if self._incoming is None:
            self._incoming = self._receiver.folder.begin()
        return self._incoming

    @property
    def has_failed(self) -> bool:
        """Whether something has been refused already."""
        return bool(self._trouble)

    async def write(self, data: bytes, *, offset: int | None = None) -> None:
        """Take bytes at a place (None: behind the last). Raises UploadTooLarge, UploadNotStored."""
        start = self.size if offset is None else offset
        end = start + len(data)
        if end > self._receiver.limit:
            raise self._failed(UploadTooLarge(self.too_large(), "Ask for less, or raise max_upload_bytes."))
        try:
            self._writing = asyncio.ensure_future(asyncio.to_thread(self._write, start, data))
            await asyncio.shield(self._writing)  # a thread goes on, whoever goes away meanwhile: `discard` waits for it
        except OSError as error:
            raise self._failed(self._not_stored(error)) from error
        self.size = max(self.size, end)
        self._ahead[start] = max(end, self._ahead.get(start, 0))
        for begin in sorted(self._ahead):
            if begin > self._without_gap:
                break
            self._without_gap = max(self._without_gap, self._ahead.pop(begin))

    def _write(self, offset: int, data: bytes) -> None:
        self.incoming.write(offset, data)

    def too_large(self) -> str:
        """The sentence that refuses it."""
        return f"The file is longer than the {self._receiver.limit} bytes that are taken."

    def refuse_announced(self, size: int) -> None:
        """A size that was said beforehand. Raises UploadTooLarge before anything is taken."""
        if size > self._receiver.limit:
            raise self._failed(UploadTooLarge(self.too_large(), "Ask for less, or raise max_upload_bytes."))

    def broken(self, what: str) -> UploadBroken:
        """The error for a file that is not whole, to be raised."""
        error = UploadBroken(what, "Upload it again.")
        self._failed(error)
        return error

    async def store(self, *names: str | None, content_type: str | None = None) -> ReceivedFile:
        """It is whole: bring it to the disk, name it after the first name that will do, and book it.

        Raises UploadBroken if there are none or some are missing, UploadRefused if another was quicker, UploadNotStored.
        """
        if self._ahead:
            raise self.broken(f"the bytes from {self._without_gap} on are missing.")
        if not self.size:
            raise self.broken("it is empty.")
        try:
            self.sha256 = await asyncio.to_thread(lambda: self.incoming.seal())
            await self._keep(names, content_type)
        except (OSError, StoreError) as error:
            raise self._failed(self._not_stored(error)) from error
        except UploadRefused as error:
            raise self._failed(error) from None
        if self.stored is None:
            raise MisuseError("an upload was kept without a record")
        return self.stored

    async def _keep(self, names: tuple[str | None, ...], content_type: str | None) -> None:
        """Book it; once begun that comes to its end, whoever goes away meanwhile."""
        task = asyncio.ensure_future(self._receiver.keep(self._digest, self, names, content_type))
        try:
            self.stored = await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait([task])
            if not task.cancelled() and task.exception() is None:
                self.stored = task.result()
            raise

    async def discard(self) -> None:
        """Leave nothing of it but a finding."""
        if self._writing is not None and not self._writing.done():
            await asyncio.wait((self._writing,))
        if self._incoming is not None:
            self._incoming.discard()
        why = self._trouble or "the connection ended before it was whole."
        number = self.key.request_id
        what = f"The upload for log request {number} was given up after {self.size} bytes: {why}"
        self._receiver.note(self.key.station, "upload:not-stored", what)

    def _not_stored(self, error: Exception) -> UploadNotStored:
        return UploadNotStored(f"It cannot be stored now: {error}.", "Look at the disk and the database.")

    def _failed(self, error: PilotwireError) -> PilotwireError:
        self._trouble = error.what
        return error
