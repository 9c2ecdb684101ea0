"""The FTP receiver: one file for one user, and nothing else to see or do."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from typing import Any, Final

import aioftp

from pilotwire.csms.registers.logs import Protocol
from pilotwire.csms.uploads.receiver import Receiver, credentials_secret
from pilotwire.csms.uploads.upload import Upload, UploadTooLarge
from pilotwire.errors import PilotwireError

IDLE: Final = 60.0
"""Seconds without a command or a byte after which a station is taken for gone."""
_PATIENCE: Final = 10.0
"""Seconds within which a data connection is made."""
_KEPT: Final = ("abor", "epsv", "pass", "pasv", "pbsz", "prot", "pwd", "quit", "stor", "syst", "type", "user")
_ANSWERS: Final = {
    "noop": ("200", "well"),
    "allo": ("202", "not needed"),
    "opts": ("200", "always UTF-8"),
    "cwd": ("250", "this is the one folder there is"),
    "cdup": ("250", "this is the one folder there is"),
    "mkd": ("257", '"/" is the one folder there is'),
}
_DENIED: Final = ("appe", "dele", "list", "mdtm", "mlsd", "mlst", "nlst", "rest", "retr", "rmd", "rnfr", "rnto", "size")
"""Nothing is shown or changed, and an upload is whole and in one piece."""


class _Visitor(aioftp.User):
    """Somebody who said a user name; with the password it becomes a secret."""

    secret: str | None = None


class _Users(aioftp.AbstractUserManager):
    """Any name may be said; only a pair on record gets in."""

    def __init__(self, receiver: Receiver) -> None:
        super().__init__()
        self._receiver = receiver

    async def get_user(self, login: str) -> tuple[Any, aioftp.User | None, str]:
        """Ask for the password."""
        return self.GetUserResponse.PASSWORD_REQUIRED, _Visitor(login), "password required"

    async def authenticate(self, user: aioftp.User, password: str) -> bool:
        """Whether the pair is on record and still good; a finding is kept if not."""
        secret = credentials_secret(user.login or "", password)
        try:
            await self._receiver.admit(secret, Protocol.FTP)
        except PilotwireError:
            return False
        if isinstance(user, _Visitor):
            user.secret = secret
        return True


class FtpReceiver(aioftp.Server):
    """An FTP server; FTPS (TLS from the first byte) if it is given a TLS context. Listens from `start` to `close`."""

    def __init__(
        self,
        receiver: Receiver,
        *,
        passive_ports: Sequence[int] | None,
        tls: ssl.SSLContext | None,
        address: str | None,
    ) -> None:
        super().__init__(
            _Users(receiver),
            idle_timeout=IDLE,
            socket_timeout=IDLE,
            wait_future_timeout=_PATIENCE,
            data_ports=passive_ports,
            ssl=tls,
            ipv4_pasv_forced_response_address=address,
            welcome_message="Pilotwire takes log files",
        )
        self._receiver = receiver
        kept = {name: self.commands_mapping[name] for name in _KEPT}
        said = {name: _always(*answer) for name, answer in _ANSWERS.items()}
        denied = {name: _always("550", "permission denied") for name in _DENIED}
        self.commands_mapping = kept | said | denied

    async def stor(self, connection: Any, rest: Any, mode: str = "wb") -> bool:
        """Take a file."""
        if not connection.future.logged.done() or not connection.future.passive_server.done():
            connection.response("503", "log in and say PASV first")
            return True
        connection.extra_workers.add(asyncio.create_task(self._take(connection, str(rest))))
        connection.response("150", "go ahead")
        return True

    async def _take(self, connection: Any, name: str) -> bool:
        data = connection.future.data_connection
        try:
            async with asyncio.timeout(_PATIENCE):
                await asyncio.shield(data)
        except TimeoutError:
            connection.response("425", "no data connection was made")
            return True
        stream = connection.data_connection
        del connection.data_connection
        try:
            async with (
                stream,
                self._receiver.receiving(
                    connection.user.secret or "", Protocol.FTP, remote=str(connection.client_host)
                ) as upload,
            ):
                await _read(connection, stream, upload)
                await upload.store(name)
            connection.response("226", "it is stored")
        except UploadTooLarge as error:
            connection.response("552", error.what)
        except PilotwireError as error:
            connection.response("550", error.what)
        except (OSError, TimeoutError):
            connection.response("426", "the data connection broke")
        except asyncio.CancelledError:  # ABOR, or the station has gone
            connection.response("426", "the transfer was aborted")
            connection.response("226", "aborted")
        return True


async def _read(connection: Any, stream: Any, upload: Upload) -> None:
    async for block in stream.iter_by_block(1 << 16):
        await upload.write(block)
    if connection.command_connection.reader.at_eof():  # FTP ends a file by closing: so does a station that broke down
        raise upload.broken("the station has gone.")


def _always(code: str, text: str) -> Any:
    async def answer(connection: Any, _rest: Any) -> bool:
        signed_in = connection.future.logged.done()
        connection.response(*((code, text) if signed_in else ("503", "log in first")))
        return True

    return answer
