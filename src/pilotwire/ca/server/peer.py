"""The TLS of the server: its certificate, and whose certificate a client showed."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol

from pilotwire.ca.enrolling import Wanted, issue_with_key
from pilotwire.ca.files import write_whole
from pilotwire.ca.office import Office
from pilotwire.ca.records import Issued, Status
from pilotwire.ca.renewing import due_ones, renew
from pilotwire.ca.settings import ServeSettings
from pilotwire.errors import ConfigError
from pilotwire.pki import Certificate, pem_of
from pilotwire.serving import AlertingContext

OWN_NAME: Final = "pki-serve"
"""What the server's own certificate is called in the register."""
_RENEW_DAYS: Final = 30
_PEER: Final = "pilotwire.client_certificate"

_Scope = MutableMapping[str, Any]
_App = Callable[[_Scope, Any, Any], Awaitable[None]]


class PeerProtocol(H11Protocol):
    """HTTP/1.1 that tells the application which certificate the client showed: `client_certificate`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there, its handshake over."""
        super().connection_made(transport)
        tls = transport.get_extra_info("ssl_object")
        shown = tls.getpeercert(binary_form=True) if tls is not None else None
        app: _App = self.app

        async def telling(scope: _Scope, receive: Any, send: Any) -> None:
            scope[_PEER] = shown
            await app(scope, receive, send)

        self.app = telling


def client_certificate(request: Request) -> Certificate | None:
    """The certificate the client showed and proved by TLS, None if it showed none."""
    shown = request.scope.get(_PEER)
    return x509.load_der_x509_certificate(shown) if shown else None


class Tls:
    """The context of the server. `refresh` takes in what has been renewed; raises what it raises at first if it cannot be used."""

    def __init__(self, office: Office, settings: ServeSettings) -> None:
        self._office = office
        self._settings = settings
        self.context = AlertingContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.verify_mode = ssl.CERT_OPTIONAL
        trusted = [each for record in office.book.authorities() for each in office.chain(record.name)]
        self.context.load_verify_locations(cadata=pem_of(*dict.fromkeys(trusted)))
        self.refresh()

    def refresh(self) -> None:
        """Take the certificate as it is now; new handshakes show it."""
        settings = self._settings
        if settings.tls_certificate:
            self._load(settings.tls_certificate, settings.tls_key, None)
            return
        issued = self._own()
        chain = self._office.folder / f"{OWN_NAME}.pem"
        write_whole(chain, self._office.handed_out(issued).encode())
        self._load(str(chain), str(self._office.safe.file_of(issued.key)), self._office.safe.password)

    def _own(self) -> Issued:
        office, hosts = self._office, self._settings.tls_host
        there = [
            each
            for each in office.book.named(OWN_NAME)
            if each.status(office.clock.now()) is Status.VALID and set(hosts) <= set(each.hosts)
        ]
        if not there:
            wanted = Wanted("csms-server", hosts[0], hosts)
            return issue_with_key(office, wanted, "pki serve, for itself", keep_as=OWN_NAME)[0]
        if there[-1].serial in {each.serial for each in due_ones(office, _RENEW_DAYS)}:
            return renew(office, there[-1], "pki serve, for itself")
        return there[-1]

    def _load(self, chain: str, key: str, password: Callable[[], bytes] | None) -> None:
        try:
            self.context.load_cert_chain(Path(chain), Path(key), password or _no_password)
        except (OSError, ssl.SSLError, ConfigError) as error:
            what = f"The certificate {chain} with the key {key} cannot be used for TLS: {error}."
            raise ConfigError(what, "Give a chain in PEM and its own key, not encrypted.") from None


def _no_password() -> bytes:
    raise ConfigError("the key is encrypted")
