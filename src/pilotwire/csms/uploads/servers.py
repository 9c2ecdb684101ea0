"""The servers beside HTTP: FTP and SFTP, each only if the settings name a port for it."""

from __future__ import annotations

import ssl
from contextlib import AsyncExitStack
from typing import Self

from pilotwire.csms.registers.logs import Protocol
from pilotwire.csms.settings import CsmsSettings
from pilotwire.csms.uploads.ftp import FtpReceiver
from pilotwire.csms.uploads.places import forced_address, host_key_file, passive_ports
from pilotwire.csms.uploads.receiver import Receiver
from pilotwire.errors import ConfigError
from pilotwire.serving import AlertingContext


class UploadServers:
    """Runs the servers as a context manager and tells the receiver their ports. Entering raises ConfigError."""

    def __init__(self, receiver: Receiver, settings: CsmsSettings) -> None:
        self._receiver = receiver
        self._settings = settings
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._receiver.folder.open()
        async with AsyncExitStack() as stack:
            stack.callback(self._receiver.folder.close)
            await self._start_ftp(stack)
            await self._start_sftp(stack)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._receiver.ports.clear()
        await self._stack.aclose()

    async def _start_ftp(self, stack: AsyncExitStack) -> None:
        settings = self._settings
        if settings.ftp_port is None:
            return
        server = FtpReceiver(
            self._receiver,
            passive_ports=passive_ports(settings),
            tls=_tls(settings.ftp_certificate),
            address=forced_address(settings.public_url),
        )
        try:
            await server.start(settings.host, settings.ftp_port)
        except OSError as error:
            raise _no_port("FTP", settings.ftp_port, error) from error
        stack.push_async_callback(server.close)
        self._receiver.ports[Protocol.FTP] = server.server_port

    async def _start_sftp(self, stack: AsyncExitStack) -> None:
        settings = self._settings
        if settings.sftp_port is None:
            return
        from pilotwire.csms.uploads.sftp import SftpReceiver, host_keys  # here: its library takes long to load

        server = SftpReceiver(self._receiver, host_keys(host_key_file(settings)))
        try:
            self._receiver.ports[Protocol.SFTP] = await server.start(settings.host, settings.sftp_port)
        except OSError as error:
            raise _no_port("SFTP", settings.sftp_port, error) from error
        stack.push_async_callback(server.close)


def _tls(certificate: str) -> ssl.SSLContext | None:
    if not certificate:
        return None
    context = AlertingContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate)
    except OSError as error:
        what = f"ftp_certificate {certificate!r} cannot be used: {error.strerror or error}."
        raise ConfigError(what, "Name a PEM file with the certificate chain and its private key.") from error
    return context


def _no_port(name: str, port: int, error: OSError) -> ConfigError:
    what = f"The {name} receiver cannot listen on port {port}: {error.strerror or error}."
    return ConfigError(what, "Choose another port, or 0 for any free one.")
