"""The SFTP receiver: one file for one user, and nothing else to see or do; no shell, no forwarding."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import asyncssh

from pilotwire.csms.registers.logs import Protocol
from pilotwire.csms.uploads.receiver import Receiver, credentials_secret
from pilotwire.csms.uploads.upload import Upload, UploadRefused
from pilotwire.errors import ConfigError, PilotwireError

_KEY_KINDS: Final = ("ssh-ed25519", "ecdsa-sha2-nistp256")
_PATIENCE: Final = 30
"""Seconds for logging in, and between looks whether a station is still there."""
_SECRET: Final = "pilotwire_secret"
_FOLDER = asyncssh.SFTPAttrs(type=asyncssh.FILEXFER_TYPE_DIRECTORY, permissions=0o40700, size=0)


def host_keys(path: Path | None) -> list[asyncssh.SSHKey]:
    """The keys this server is known by: those in the file, made at the first time (None: new ones each time). Raises ConfigError."""
    try:
        if path is not None and path.exists():
            kept = list(asyncssh.read_private_key_list(path))
            if not kept:
                raise asyncssh.KeyImportError("there is no key in it")
            return kept
        keys = [asyncssh.generate_private_key(kind, comment="pilotwire") for kind in _KEY_KINDS]
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(b"".join(key.export_private_key() for key in keys))
        return keys
    except (OSError, asyncssh.KeyImportError) as error:
        raise ConfigError(
            f"The SFTP host keys in {path} cannot be used: {error}.", "Mend or remove that file."
        ) from error


class _Door(asyncssh.SSHServer):
    """Lets in who has a pair on record."""

    def __init__(self, receiver: Receiver, visitors: set[asyncssh.SSHServerConnection]) -> None:
        self._receiver = receiver
        self._visitors = visitors
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Somebody came."""
        self._connection = conn
        self._visitors.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        """And went."""
        if self._connection is not None:
            self._visitors.discard(self._connection)

    def begin_auth(self, username: str) -> bool:
        """Nobody gets in unasked."""
        return True

    def password_auth_supported(self) -> bool:
        """With a password, and nothing else."""
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        """Whether the pair is on record and still good; a finding is kept if not."""
        secret = credentials_secret(username, password)
        try:
            await self._receiver.admit(secret, Protocol.SFTP, remote=_remote(self._connection))
        except PilotwireError:
            return False
        if self._connection is not None:
            self._connection.set_extra_info(**{_SECRET: secret})
        return True


def _remote(connection: asyncssh.SSHServerConnection | None) -> str:
    peer = None if connection is None else connection.get_extra_info("peername")
    return str(peer[0]) if peer else ""


class _Handle:
    """A file that is being written, and its way out of `receiving`."""

    def __init__(self, upload: Upload, leave: Any, name: str) -> None:
        self.upload = upload
        self.leave = leave
        self.name = name


class _Sftp(asyncssh.SFTPServer):
    """What a visitor may do: write one new file. All else is answered without looking at any disk."""

    def __init__(self, chan: Any, receiver: Receiver) -> None:
        super().__init__(chan)
        self._receiver = receiver

    async def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        """Begin the file."""
        if not pflags & asyncssh.FXF_WRITE or pflags & asyncssh.FXF_APPEND:
            raise asyncssh.SFTPPermissionDenied("a file can be written, whole and once")
        connection = self.connection
        context = self._receiver.receiving(
            str(connection.get_extra_info(_SECRET)), Protocol.SFTP, remote=_remote(connection)
        )
        try:
            upload = await context.__aenter__()
        except PilotwireError as error:
            raise _as_sftp(error) from None
        return _Handle(upload, context, path.decode("utf-8", "replace"))

    async def open56(self, path: bytes, desired_access: int, flags: int, attrs: asyncssh.SFTPAttrs) -> object:
        """Begin the file, as SFTP 5 and 6 ask for it."""
        writes = desired_access & asyncssh.ACE4_WRITE_DATA
        return await self.open(path, asyncssh.FXF_WRITE if writes else asyncssh.FXF_READ, attrs)

    async def write(self, file_obj: object, offset: int, data: bytes) -> int:
        """Take a piece."""
        assert isinstance(file_obj, _Handle)
        try:
            await file_obj.upload.write(data, offset=offset)
        except PilotwireError as error:
            raise _as_sftp(error) from None
        return len(data)

    def close(self, file_obj: object) -> Any:
        """The station says that the file is whole; or the connection broke: then this is called while that error is being handled."""
        assert isinstance(file_obj, _Handle)
        return self._close(file_obj, is_whole=sys.exc_info()[0] is None)

    async def _close(self, handle: _Handle, *, is_whole: bool) -> None:
        try:
            if is_whole and not handle.upload.has_failed:
                await handle.upload.store(handle.name)
        except PilotwireError as error:
            raise _as_sftp(error) from None
        finally:
            await handle.leave.__aexit__(None, None, None)
        if is_whole and handle.upload.stored is None:
            raise asyncssh.SFTPFailure("it is not stored")

    def realpath(self, path: bytes) -> bytes:
        """There is one folder."""
        return b"/" + path.strip(b"/").rpartition(b"/")[2].replace(b"..", b"").strip(b".")

    def stat(self, path: bytes) -> asyncssh.SFTPAttrs:
        """A folder is there, a file is not."""
        if path.strip(b"/.") == b"":
            return _FOLDER
        raise asyncssh.SFTPNoSuchFile("there is no such file")

    lstat = stat

    def fstat(self, file_obj: object) -> asyncssh.SFTPAttrs:
        """How much of the file has come."""
        assert isinstance(file_obj, _Handle)
        return asyncssh.SFTPAttrs(type=asyncssh.FILEXFER_TYPE_REGULAR, permissions=0o100600, size=file_obj.upload.size)

    def setstat(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        """Times and permissions are of no interest."""

    lsetstat = setstat

    def fsetstat(self, file_obj: object, attrs: asyncssh.SFTPAttrs) -> None:
        """Times and permissions are of no interest."""

    def fsync(self, file_obj: object) -> None:
        """Done anyway when it is whole."""

    def exit(self) -> None:
        """The session is over."""

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        """Nothing is shown: the folder looks empty."""
        nothing: tuple[asyncssh.SFTPName, ...] = ()
        for name in nothing:
            yield name

    def mkdir(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        """Every folder is the one there is."""


def _denied(self: _Sftp, *_: Any, **__: Any) -> Any:
    raise asyncssh.SFTPPermissionDenied("a file can be written, and nothing else")


DENIED: Final = (
    "read",
    "remove",
    "rmdir",
    "rename",
    "posix_rename",
    "readlink",
    "symlink",
    "link",
    "lock",
    "unlock",
    "statvfs",
    "fstatvfs",
)
for _name in DENIED:
    setattr(_Sftp, _name, _denied)


def _as_sftp(error: PilotwireError) -> asyncssh.SFTPError:
    if isinstance(error, UploadRefused):
        return asyncssh.SFTPPermissionDenied(error.what)
    return asyncssh.SFTPFailure(error.what)


class SftpReceiver:
    """An SFTP server; listens from `start` to `close`."""

    def __init__(self, receiver: Receiver, keys: list[asyncssh.SSHKey]) -> None:
        self._receiver = receiver
        self._keys = keys
        self._visitors: set[asyncssh.SSHServerConnection] = set()
        self._acceptor: asyncssh.SSHAcceptor | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen; gives the port. Raises OSError."""
        self._acceptor = await asyncssh.create_server(
            lambda: _Door(self._receiver, self._visitors),
            host,
            port,
            server_host_keys=self._keys,
            sftp_factory=lambda chan: _Sftp(chan, self._receiver),
            allow_scp=False,
            login_timeout=_PATIENCE,
            keepalive_interval=_PATIENCE,
        )
        return self._acceptor.get_port()

    async def close(self) -> None:
        """Listen no more, and leave nobody connected."""
        if self._acceptor is not None:
            self._acceptor.close()
            await self._acceptor.wait_closed()
        for visitor in tuple(self._visitors):
            visitor.abort()
            await visitor.wait_closed()
