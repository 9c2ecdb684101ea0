"""One attempt to connect by a way the core has chosen, and what a failed one means."""

from __future__ import annotations

import re
import ssl
from datetime import datetime
from typing import Final

from pilotwire.errors import ConfigError
from pilotwire.ocpp.net.client import ConnectError, connect
from pilotwire.ocpp.net.socket import Socket
from pilotwire.ocpp.version import OcppVersion
from pilotwire.station.client_context import (
    client_context,
    has_valid,
    leaf_is_valid,
    own_in,
    roots_in,
    was_passed_over,
)
from pilotwire.station.core.network_ways import HOME_SLOT, CredentialsSeen, Way
from pilotwire.station.endpoints import Endpoint
from pilotwire.station.files import Files

_VERSIONS: Final = {"OCPP20": OcppVersion.V201, "OCPP201": OcppVersion.V201, "OCPP21": OcppVersion.V21}
_LEAST_PASSWORD: Final = 16
_HEXADECIMAL: Final = re.compile(r"(?:[0-9A-Fa-f]{2}){16,20}\Z")
_TOO_OLD: Final = frozenset({"UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE"})
_NO_SUITE: Final = frozenset(
    {"SSLV3_ALERT_HANDSHAKE_FAILURE", "NO_SHARED_CIPHER", "WRONG_CIPHER_RETURNED", "NO_CIPHERS_AVAILABLE"}
)
PROXY_PORT: Final = 80
"""The port of a proxy that was given without one."""
_PASSED_OVER: Final = (
    "The CSMS took the connection without asking for this station's certificate: its security profile is not 3."
)
_ASK: Final = (
    "Have the CSMS ask for client certificates at this address, or set the station up with security profile 2."
)


def credentials_seen(files: Files, now: datetime, *, has_password: bool) -> CredentialsSeen:
    """What there is to make secure connections with."""
    own = own_in(files)
    return CredentialsSeen(
        roots=has_valid(roots_in(files), now),
        certificate=own is not None and leaf_is_valid(own[0], now),
        password=has_password,
    )


def offered(way: Way, own: OcppVersion, others: tuple[OcppVersion, ...]) -> tuple[OcppVersion, ...]:
    """The versions to offer, the preferred one first: the profile's if it names one we speak (2.1: the handshake decides)."""
    spoken = [own, *(version for version in others if version is not own)]
    named = _VERSIONS.get(way.ocpp_version or "")
    return tuple(sorted(spoken, key=lambda version: version is not named))


def secret_of(password: str | None, version: OcppVersion) -> str | bytes | None:
    """What is shown of a password: in 1.6 hexadecimal text of 16 to 20 bytes stands for those bytes (J16:6.2.2, whitepaper A00.FR.205)."""
    if password is not None and version is OcppVersion.V16 and _HEXADECIMAL.match(password):
        return bytes.fromhex(password)
    return password


def is_long_enough(password: str | None) -> bool:
    """Whether a first password has the 16 bytes that a security profile with one asks for (whitepaper A05.FR.02, A00.FR.205)."""
    return password is not None and len(password.encode()) >= _LEAST_PASSWORD


def event_of(error: ConnectError) -> str | None:
    """The security event that a failed attempt means (A00.FR.310, A00.FR.316, A00.FR.323), None if it means none."""
    if error.kind == "http" and error.status == 401:
        return "FailedToAuthenticateAtCsms"
    cause = error.__cause__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return "InvalidCsmsCertificate"
    if isinstance(cause, ssl.SSLError):
        reason = cause.reason or ""
        if reason in _TOO_OLD:
            return "InvalidTLSVersion"
        if reason in _NO_SUITE:
            return "InvalidTLSCipherSuite"
    return None


async def connect_by(way: Way, endpoint: Endpoint, own: OcppVersion, files: Files, *, ping_interval: float) -> Socket:
    """Connect; raises ConnectError, also for what is missing or wrong at the station itself.

    A station of 1.6 with security profile 3 ends a connection on which nobody asked for its certificate: the CSMS has taken it with
    another profile (whitepaper A00.FR.003; errata took the rule out of 2.0.1).
    """
    versions = offered(way, own, endpoint.versions)
    password = None if way.security_profile >= 3 else secret_of(way.password or endpoint.password, own)
    watches = own is OcppVersion.V16 and way.security_profile >= 3
    context = context_of(way, endpoint, files, watches=watches) if way.security_profile >= 2 else None
    socket = await connect(
        way.url,
        identity=way.identity or endpoint.identity,
        versions=versions,
        password=password,
        ssl_context=context,
        ping_interval=ping_interval or None,
        compression=endpoint.compression,
        open_timeout=float(way.connection_timeout),
        proxy=None if way.proxy is None else proxy_url(way.proxy),
    )
    if watches and was_passed_over(socket.tls):
        await socket.close(1008, "the certificate of security profile 3 was not asked for")
        raise ConnectError("tls", _PASSED_OVER, _ASK)
    return socket


def proxy_url(proxy: str) -> str:
    """The proxy as a URL; port 80 if it has none."""
    host, colon, port = proxy.rpartition(":")
    return f"http://{proxy}" if colon and port.isdigit() and host else f"http://{proxy}:{PROXY_PORT}"


def context_of(way: Way, endpoint: Endpoint, files: Files, *, watches: bool = False) -> ssl.SSLContext:
    """The TLS context for a way of security profile 2 or 3; raises ConnectError for what is missing or wrong at the station.

    `watches` as in `client_context`.
    """
    if endpoint.ssl_context is not None and way.slot == HOME_SLOT and way.url == endpoint.url:
        return endpoint.ssl_context
    try:
        return client_context(
            files,
            shows_certificate=way.security_profile >= 3,
            only_strong_ciphers=way.only_strong_ciphers,
            checks_host_name=way.checks_host_name,
            takes_wildcards=way.takes_wildcards,
            one_root=way.one_root,
            watches=watches,
        )
    except ConfigError as error:
        raise ConnectError("tls", error.what, error.remedy) from error
