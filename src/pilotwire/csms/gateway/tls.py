"""The TLS of the gateway: one port for security profiles 2 and 3 (A00).

TLS 1.2 and above (A00.FR.313, A00.FR.416), the four cipher suites every CSMS must have (A00.FR.318, A00.FR.421) and those with both RSA
certificates and forward secrecy, no compression (A00.FR.424). An ECDSA and an RSA chain may be loaded together; the client's suites
decide which is shown, and of chains for several host names the name it asks for (SNI). A client certificate is asked for, verified if
there is one, and demanded later, of the stations that need one. Whose handshake is refused is told why by the TLS alert.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Sequence
from typing import Any, Final

import structlog

from pilotwire.csms.gateway.server_names import ByServerName, Chains
from pilotwire.csms.settings import CsmsSettings
from pilotwire.errors import ConfigError
from pilotwire.serving import AlertingContext, AlertingObject

_log = structlog.get_logger("pilotwire.csms.gateway")
CIPHER_SUITES: Final = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:"
    "AES128-GCM-SHA256:AES256-GCM-SHA384"
)
"""For TLS 1.2, by the names of OpenSSL; the last two are TLS_RSA_WITH_... TLS 1.3 has its own, all of them good."""

OnFailure = Callable[[str], None]


class ServerContext(ssl.SSLContext):
    """A context that follows its files: a handshake after a change uses the new certificates; files that make no sense change nothing.

    `on_failure` hears why a handshake failed. Making one raises ConfigError if the files cannot be used.
    """

    _settings: CsmsSettings
    _on_failure: OnFailure
    _files: tuple[str, ...]
    _seen: tuple[object, ...]
    _current: ssl.SSLContext

    def __new__(cls, settings: CsmsSettings, on_failure: OnFailure) -> ServerContext:
        """See the class."""
        context = super().__new__(cls, ssl.PROTOCOL_TLS_SERVER)
        context._settings = settings
        context._on_failure = on_failure
        files = (*settings.tls_certificate, *settings.tls_key, settings.tls_client_ca)
        context._files = tuple(file for file in files if file)
        context._seen = context._look()
        context._current = context._made()
        return context

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        """Begin a handshake with the certificates as they are now."""
        self._follow()
        return self._current.wrap_bio(*args, **kwargs)

    def _follow(self) -> None:
        now = self._look()
        if now == self._seen:
            return
        self._seen = now
        try:
            self._current = self._made()
        except ConfigError as error:
            _log.error("the changed TLS files cannot be used, the ones before go on counting", error=str(error))
        else:
            _log.info("the changed TLS files are in use", files=self._files)

    def _look(self) -> tuple[object, ...]:
        return tuple(_state_of(file) for file in self._files)

    def _made(self) -> ssl.SSLContext:
        certificates = self._settings.tls_certificate
        context = self._context(tuple(range(len(certificates))))
        if len(certificates) > 1:
            context.sni_callback = ByServerName(certificates, self._context)
        return context

    def _context(self, places: Chains) -> ssl.SSLContext:
        context = AlertingContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(CIPHER_SUITES)
        context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
        load_chains(context, self._settings.tls_certificate, self._settings.tls_key, places)
        if self._settings.tls_client_ca:
            _load_clients(context, self._settings.tls_client_ca)
        context.sslobject_class = _observed(self._on_failure)
        return context


def load_chains(
    context: ssl.SSLContext, certificates: Sequence[str], keys: Sequence[str], places: Chains | None = None
) -> None:
    """Load chains (all, or those at `places`) with their keys; without keys, each file has its own. Raises ConfigError.

    Of two chains with the same kind of key the first counts.
    """
    if not certificates:
        raise ConfigError("TLS is wanted, but there is no certificate.", _HOW)
    if keys and len(keys) != len(certificates):
        what = f"there are {len(certificates)} TLS certificates and {len(keys)} keys"
        raise ConfigError(f"{what}.", "Give one key for each certificate, in the same order.")
    which = range(len(certificates)) if places is None else places
    for number in reversed(which):  # OpenSSL keeps the last of a kind
        certificate = certificates[number]
        key = keys[number] if keys else certificate
        try:
            context.load_cert_chain(certificate, key, password=_no_password)
        except (OSError, ValueError) as error:
            what = f"the TLS certificate {certificate} with the key {key} cannot be used: {_words(error)}."
            raise ConfigError(
                what, "Give PEM files: the certificate first, then its chain; and its key, not encrypted."
            ) from None


_HOW: Final = "Give tls_certificate and tls_key, or make some for a lab with `pilotwire csms-certificates`."


def _no_password() -> str:
    raise ValueError("the key is encrypted")


def _load_clients(context: ssl.SSLContext, bundle: str) -> None:
    try:
        context.load_verify_locations(bundle)
    except (OSError, ValueError) as error:
        what = f"the CA certificates for stations in {bundle} cannot be used: {_words(error)}."
        raise ConfigError(what, "Give a PEM file with the certificates of the CAs.") from None
    context.verify_mode = ssl.CERT_OPTIONAL


def _state_of(file: str) -> object:
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _observed(on_failure: OnFailure) -> type[AlertingObject]:
    class Observed(AlertingObject):
        """Tells why a handshake failed before the connection is cut."""

        def refused(self, error: ssl.SSLError) -> None:
            """Put down why."""
            if isinstance(error, ssl.SSLCertVerificationError):
                on_failure(f"the client certificate is no good: {error.verify_message}")
            else:
                on_failure(_words(error))

    return Observed


def _words(error: Exception) -> str:
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    return getattr(error, "strerror", None) or str(error)
