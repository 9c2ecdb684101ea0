"""TLS of ISO 15118-2 (1.2, the station shows a certificate) and ISO 15118-20 (1.3, both do), for station and vehicle.

By pyOpenSSL: Python's own `ssl` has no OCSP stapling, no TLS 1.3 suites, no chain of the peer. What cannot be had with it either: a vehicle
cannot send `trusted_ca_keys` or `certificate_authorities` (a station reads both, see `ClientHello`), signature algorithms cannot be chosen,
OCSP is stapled for the station's own certificate only, and suites with static ECDH (0xC025) are gone from OpenSSL.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from cryptography.x509.oid import NameOID
from OpenSSL import SSL, crypto

from pilotwire.clock import Clock, SystemClock
from pilotwire.errors import ConfigError
from pilotwire.iso15118.net.credentials import STANDARD, Credentials, CurvePolicy, Curves
from pilotwire.iso15118.net.ending import ConnectionEnded, Ending
from pilotwire.iso15118.net.hello import TLS12, TLS13, ClientHello
from pilotwire.iso15118.net.tls_words import verify_words
from pilotwire.pki import Certificate
from pilotwire.pki.certificates import attribute
from pilotwire.pki.ocsp import Standing
from pilotwire.pki.ocsp_verdict import OcspFault, check_response

SUITE_ISO2: Final = "ECDHE-ECDSA-AES128-SHA256"
"""TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256 (0xC023), of ISO 15118-2."""
SUITES_ISO20: Final = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
"""Those of ISO 15118-20."""
VERSION_NAMES: Final = {TLS12: "TLSv1.2", TLS13: "TLSv1.3"}
_SSL_VERSIONS: Final = {TLS12: SSL.TLS1_2_VERSION, TLS13: SSL.TLS1_3_VERSION}

Problem = Callable[[str], None]


class OcspDemand(StrEnum):
    """What a vehicle does about the OCSP response a station staples."""

    IGNORE = "ignore"
    """It does not ask for one."""
    CHECK = "check"
    """It asks; one that is sent must be good, none is taken."""
    REQUIRE = "require"


@dataclass(frozen=True, slots=True)
class StationTls:
    """What a station shows and demands, both protocols on one port: the vehicle's ClientHello decides.

    `iso2`: by TLS 1.2 without a certificate of the vehicle; `iso20`: by TLS 1.3, where the vehicle has to show one that leads to
    `vehicle_roots` (of OEMs, or V2G). None: that version is not spoken. Of several credentials, under several V2G roots, the first that the
    vehicle says it has the root of is taken, else the first. `needs_vehicle_certificate` False is for test benches only.
    `more_suites`: further ones for TLS 1.2, in OpenSSL's words. `key_log`: a file for the secrets (format of SSLKEYLOGFILE), so that a
    capture can be read. Raises ConfigError if nothing could ever connect.
    """

    iso2: Credentials | Sequence[Credentials] | None = None
    iso20: Credentials | Sequence[Credentials] | None = None
    vehicle_roots: Sequence[Certificate] = ()
    needs_vehicle_certificate: bool = True
    more_suites: str = ""
    curves: CurvePolicy = STANDARD
    key_log: Path | None = None
    clock: Clock = field(default_factory=SystemClock)

    def __post_init__(self) -> None:
        if not _several(self.iso2) and not _several(self.iso20):
            raise ConfigError("A port with TLS needs a certificate of the station.", "Give `iso2`, `iso20` or both.")
        if _several(self.iso20) and self.needs_vehicle_certificate and not self.vehicle_roots:
            what = "ISO 15118-20 needs roots that certificates of vehicles lead to."
            raise ConfigError(what, "Give the roots of OEMs, or V2G roots, in `vehicle_roots`.")


@dataclass(frozen=True, slots=True)
class VehicleTls:
    """What a vehicle shows and demands.

    TLS 1.3 is offered with a certificate of the `vehicle` (or `without_certificate`, test benches only). `v2g_roots`: what stations'
    certificates lead to. `domain`: the domainComponent in a station's certificate, "" for any. `iso2` False: TLS 1.3 alone. The rest as
    for `StationTls`.
    """

    v2g_roots: Sequence[Certificate]
    vehicle: Credentials | None = None
    iso2: bool = True
    without_certificate: bool = False
    domain: str = "CPO"
    ocsp: OcspDemand = OcspDemand.CHECK
    more_suites: str = ""
    curves: CurvePolicy = STANDARD
    key_log: Path | None = None
    clock: Clock = field(default_factory=SystemClock)

    def __post_init__(self) -> None:
        if not self.v2g_roots:
            raise ConfigError("A vehicle needs V2G roots to know a station by.", "Give `v2g_roots`.")
        if not self.versions:
            raise ConfigError("No version of TLS is left to offer.", "Allow `iso2`, or give the vehicle a certificate.")

    @property
    def versions(self) -> tuple[int, ...]:
        """The versions of TLS it offers."""
        iso20 = self.vehicle is not None or self.without_certificate
        return (*((TLS12,) if self.iso2 else ()), *((TLS13,) if iso20 else ()))


class Handshake:
    """What OpenSSL tells in the course of one handshake: why a certificate was not taken, and the OCSP response."""

    def __init__(self) -> None:
        self.trouble = ""
        self.staple = b""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a station can answer a ClientHello with."""

    version: int
    own: Credentials
    context: SSL.Context


class StationContexts:
    """The contexts of a station, one per version of TLS and credentials; made once, for all connections. Raises ConfigError."""

    def __init__(self, tls: StationTls) -> None:
        self._tls = tls
        self._offers = [
            Offer(version, own, self._context(version, own))
            for version, several in ((TLS13, tls.iso20), (TLS12, tls.iso2))
            for own in _several(several)
        ]

    def choose(self, hello: ClientHello) -> Offer | None:
        """The answer to a vehicle: by the newest version of TLS both speak, None if there is none."""
        fitting = [offer for offer in self._offers if hello.offers(offer.version)]
        newest = [offer for offer in fitting if offer.version == fitting[0].version]
        return next((offer for offer in newest if offer.own.leads_to(hello)), newest[0] if newest else None)

    @property
    def spoken(self) -> str:
        """The versions in words."""
        return " and ".join(VERSION_NAMES[version] for version in sorted({offer.version for offer in self._offers}))

    def connection(self, offer: Offer, handshake: Handshake) -> SSL.Connection:
        """A connection that waits for a vehicle's bytes."""
        _set_time(offer.context, self._tls.clock.now())
        connection = SSL.Connection(offer.context, None)
        connection.set_app_data(handshake)
        connection.set_accept_state()
        return connection

    def check(self, connection: SSL.Connection, offer: Offer) -> None:
        """After the handshake: what OpenSSL does not look at. Raises ConnectionEnded."""
        chain = peer_chain(connection)
        if not chain:
            return
        flaw = self._tls.curves.of(offer.version).flaw(chain[0])
        if flaw:
            raise refused(f"The vehicle's certificate {named(chain[0])} is not taken. {flaw}")

    def _context(self, version: int, own: Credentials) -> SSL.Context:
        tls = self._tls
        context = _new_context((version,), tls.more_suites, tls.curves.of(version), tls.key_log)
        _show(context, own)
        if own.staple is not None:
            staple = own.staple
            context.set_ocsp_server_callback(lambda _connection, _data: staple())
        if version == TLS13 and tls.vehicle_roots:
            _trust(context, tls.vehicle_roots)
            for root in tls.vehicle_roots:
                context.add_client_ca(root)
            must = SSL.VERIFY_FAIL_IF_NO_PEER_CERT if tls.needs_vehicle_certificate else 0
            context.set_verify(SSL.VERIFY_PEER | must, _verify)
        return context


class VehicleContext:
    """The context of a vehicle. Raises ConfigError."""

    def __init__(self, tls: VehicleTls) -> None:
        self._tls = tls
        versions = tls.versions
        curves = tls.curves.of(versions[0]) if len(versions) == 1 else Curves()
        self._context = _new_context(versions, tls.more_suites, curves, tls.key_log)
        _trust(self._context, tls.v2g_roots)
        self._context.set_verify(SSL.VERIFY_PEER, _verify)
        self._context.set_ocsp_client_callback(_keep_staple)
        if tls.vehicle is not None:
            _show(self._context, tls.vehicle)

    def connection(self, handshake: Handshake) -> SSL.Connection:
        """A connection that is about to say its ClientHello."""
        _set_time(self._context, self._tls.clock.now())
        connection = SSL.Connection(self._context, None)
        connection.set_app_data(handshake)
        connection.set_connect_state()
        if self._tls.ocsp is not OcspDemand.IGNORE:
            connection.request_ocsp()
        return connection

    def check(self, connection: SSL.Connection, handshake: Handshake) -> None:
        """After the handshake: curve, domain and OCSP. Raises ConnectionEnded."""
        chain = connection.get_verified_chain(as_cryptography=True) or []
        own = chain[0]
        version = TLS13 if connection.get_protocol_version_name() == VERSION_NAMES[TLS13] else TLS12
        flaw = self._tls.curves.of(version).flaw(own) or self._domain_flaw(own) or self._ocsp_flaw(chain, handshake)
        if flaw:
            raise refused(f"The station's certificate {named(own)} is not taken. {flaw}")

    def _domain_flaw(self, own: Certificate) -> str:
        domain, wanted = attribute(own.subject, NameOID.DOMAIN_COMPONENT), self._tls.domain
        if not wanted or domain == wanted:
            return ""
        has = f"is {domain!r}" if domain else "is missing"
        return f"The domainComponent of its subject must be {wanted!r}, and {has}."

    def _ocsp_flaw(self, chain: Sequence[Certificate], handshake: Handshake) -> str:
        if self._tls.ocsp is OcspDemand.IGNORE:
            return ""
        if not handshake.staple:
            return "The station sent no OCSP response." if self._tls.ocsp is OcspDemand.REQUIRE else ""
        try:
            verdict = check_response(handshake.staple, chain[0], chain[1], self._tls.clock.now())
        except OcspFault as fault:
            return f"The OCSP response the station sent is not good: {fault.what}"
        return "" if verdict.standing is Standing.GOOD else f"By OCSP it is {verdict.standing}."


def _several(own: Credentials | Sequence[Credentials] | None) -> Sequence[Credentials]:
    return () if own is None else (own,) if isinstance(own, Credentials) else own


def peer_chain(connection: SSL.Connection) -> tuple[Certificate, ...]:
    """The certificates a peer showed, its own first; () for none."""
    own = connection.get_peer_certificate(as_cryptography=True)
    sent = connection.get_peer_cert_chain(as_cryptography=True) or ()  # on a station it is without the vehicle's own
    return () if own is None else (own, *(each for each in sent if each != own))


def refused(what: str, remedy: str = "") -> ConnectionEnded:
    """A peer that is not taken."""
    return ConnectionEnded(Ending.REFUSED, what, remedy)


def named(certificate: Certificate) -> str:
    """A certificate's subject, for sentences."""
    return f"{certificate.subject.rfc4514_string()!r}"


def _new_context(versions: Sequence[int], more_suites: str, curves: Curves, key_log: Path | None) -> SSL.Context:
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_min_proto_version(_SSL_VERSIONS[min(versions)])
    context.set_max_proto_version(_SSL_VERSIONS[max(versions)])
    context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_TICKET | SSL.OP_NO_RENEGOTIATION)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_session_id(b"pilotwire")
    suites = f"{SUITE_ISO2}:{more_suites}" if more_suites else SUITE_ISO2
    try:
        context.set_cipher_list(suites.encode("ascii"))
    except (SSL.Error, UnicodeEncodeError):
        what = f"OpenSSL knows no TLS suite of {more_suites!r}."
        raise ConfigError(what, "Give names as `openssl ciphers` lists them, with ':' between.") from None
    context.set_tls13_ciphersuites(SUITES_ISO20.encode("ascii"))
    if curves.only is not None:
        context.set_tmp_ecdh(curves.only)
    if key_log is not None:
        _log_keys(context, key_log)
    return context


def _show(context: SSL.Context, own: Credentials) -> None:
    try:
        context.use_certificate(own.chain[0])
        for each in own.chain[1:]:
            context.add_extra_chain_cert(each)
        context.use_privatekey(own.key)
        context.check_privatekey()
    except (SSL.Error, crypto.Error, TypeError, ValueError) as error:
        what = f"The certificate {named(own.chain[0])} cannot be shown in TLS: {error}."
        raise ConfigError(what, "It needs a key on a curve (ISO 15118), and the key in memory.") from None


def _trust(context: SSL.Context, roots: Sequence[Certificate]) -> None:
    store = context.get_cert_store()
    assert store is not None
    for root in roots:
        store.add_cert(crypto.X509.from_cryptography(root))


def _set_time(context: SSL.Context, now: datetime) -> None:
    store = context.get_cert_store()
    assert store is not None
    store.set_time(now)


def _log_keys(context: SSL.Context, path: Path) -> None:
    def log(_connection: SSL.Connection, line: bytes) -> None:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:
            file.write(line + b"\n")

    try:
        path.touch(mode=0o600)
    except OSError as error:
        raise ConfigError(f"The key log {path} cannot be written: {error.strerror}.", "Choose another file.") from None
    context.set_keylog_callback(log)


def _verify(connection: SSL.Connection, shown: crypto.X509, error: int, _depth: int, good: int) -> bool:
    if not good:
        handshake = connection.get_app_data()
        handshake.trouble = handshake.trouble or verify_words(shown.to_cryptography(), error)
    return bool(good)


def _keep_staple(connection: SSL.Connection, response: bytes, _data: object) -> bool:
    connection.get_app_data().staple = response
    return True
