"""TLS of a station as a client: what it trusts, what it shows, and what it refuses (A00, security profiles 2 and 3)."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from weakref import WeakSet

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire.errors import ConfigError
from pilotwire.serving import AlertingContext
from pilotwire.station.files import Files
from pilotwire.station.keys import openssl

ROOTS: Final = ("tls/csms-roots.pem", "tls/installer-roots.pem")
"""The roots a CSMS is trusted by: those installed over OCPP, and those the station was set up with."""
DELETED: Final = "tls/deleted-roots.pem"
"""Roots the station was set up with that the CSMS has deleted: they are given anew at every start, and do not count (M04.FR.02)."""
OWN: Final = (
    ("tls/station-chain.pem", "tls/station-key.pem"),
    ("tls/installer-chain.pem", "tls/installer-key.pem"),
)
"""The station's certificate with its chain, and its key; the first there is counts."""

STRONG: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Suites with forward secrecy only; the ones every station has to have for ECDSA are among them (A00.FR.319, A00.FR.320)."""
ALL: Final = f"{STRONG}:DHE+AESGCM:AES128-GCM-SHA256:AES256-GCM-SHA384:ECDHE+AES+SHA256:ECDHE+AES+SHA384"
"""Also those without forward secrecy that A00.FR.319 names, and block cipher modes older platforms insist on."""
_NO_WILDCARDS: Final = 0x2
"""X509_CHECK_FLAG_NO_WILDCARDS of OpenSSL."""
_112_BITS: Final = 2
"""The security level of OpenSSL at which no key, suite or signature has less than 112 bits of security (A00.FR.501)."""
_HANDSHAKE, _CERTIFICATE_REQUEST = 22, 13
"""A kind of record, and of message in it (RFC 5246, 7.4)."""
_asked: WeakSet[ssl.SSLObject] = WeakSet()
"""The connections on which the other side asked for the station's certificate, as far as their context watches."""


def roots_in(files: Files, *, one_root: bool = False) -> bytes:
    """All roots a CSMS is trusted by, PEM; empty without any. `one_root`: those installed over OCPP alone, if there are any (M05.FR.09)."""
    found = [pem for pem in (files.read(ROOTS[0]), installers_roots(files)) if pem]
    return b"\n".join(found[:1] if one_root else found)


def installers_roots(files: Files) -> bytes:
    """The roots the station was set up with, PEM, without those that the CSMS has deleted."""
    given, gone = files.read(ROOTS[1]), files.read(DELETED)
    if not given or not gone:
        return given or b""
    deleted = x509.load_pem_x509_certificates(gone)
    return _pem(one for one in _readable(given) if one not in deleted)


def delete_installers(files: Files, pem: str) -> None:
    """Let these roots not count any more, as far as the station was set up with them. Raises StoreError if the disk will not."""
    gone = x509.load_pem_x509_certificates(pem.encode("ascii"))
    if hit := [one for one in _readable(installers_roots(files)) if one in gone]:
        files.write(DELETED, (files.read(DELETED) or b"") + _pem(hit))


def _readable(pem: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem) if pem.strip() else []
    except ValueError:
        return []


def _pem(certificates: Iterable[x509.Certificate]) -> bytes:
    return b"".join(one.public_bytes(Encoding.PEM) for one in certificates)


def own_in(files: Files) -> tuple[bytes, bytes] | None:
    """The station's chain and key, PEM; None without both."""
    for chain_name, key_name in OWN:
        chain, key = files.read(chain_name), files.read(key_name)
        if chain and key:
            return chain, key
    return None


def has_valid(pem: bytes, now: datetime) -> bool:
    """Whether the first certificate of a chain, or any root of a list, is valid now."""
    return any(one.not_valid_before_utc <= now <= one.not_valid_after_utc for one in _readable(pem))


def leaf_is_valid(pem: bytes, now: datetime) -> bool:
    """Whether the station's own certificate, the first of its chain, is valid now."""
    try:
        leaf = x509.load_pem_x509_certificate(pem)
    except ValueError:
        return False
    return leaf.not_valid_before_utc <= now <= leaf.not_valid_after_utc


def client_context(
    files: Files,
    *,
    shows_certificate: bool,
    only_strong_ciphers: bool = False,
    checks_host_name: bool = True,
    takes_wildcards: bool = False,
    one_root: bool = False,
    watches: bool = False,
) -> ssl.SSLContext:
    """The context for a connection of security profile 2, or 3 (`shows_certificate`).

    The chain is always checked against the station's roots (A00.FR.308), and the host name unless an installer switched that off
    (A00.FR.309); a name with a wildcard is none of a host. Nothing below TLS 1.2 is spoken (A00.FR.313), nothing is compressed
    (A00.FR.321), no key is weaker than 112 bits of security (A00.FR.501). `watches`: `was_passed_over` is to tell, at the price of
    some microseconds a message. Raises ConfigError for files that cannot be used.
    """
    own = own_in(files) if shows_certificate else None
    if shows_certificate and own is None:
        raise ConfigError(
            "Security profile 3 needs a certificate of the station with its key, and there is none.",
            "Give --certificate and --key, or let the CSMS install one.",
        )
    suites = STRONG if only_strong_ciphers else ALL
    return _context(roots_in(files, one_root=one_root), own, suites, checks_host_name, takes_wildcards, watches)


def was_passed_over(line: ssl.SSLObject | None) -> bool:
    """Whether the other side of a connection never asked for the station's certificate; False where the context does not watch."""
    return line is not None and getattr(line.context, _WATCH, None) is not None and line not in _asked


def anchor_of(line: ssl.SSLObject | None) -> str:
    """The root by which the other side's certificate was found good, PEM; "" without TLS, or where nothing was checked."""
    inner = getattr(line, "_sslobj", None)  # the public name of what follows came with Python 3.13
    chain = None if inner is None else inner.get_verified_chain()
    if not chain:
        return ""
    return _pem([x509.load_pem_x509_certificate(chain[-1].public_bytes().encode("ascii"))]).decode("ascii")


_WATCH: Final = "_msg_callback"
"""The standard library's hook that sees the messages of a handshake, by its name there: no other way tells what was asked for."""


def _watch(line: ssl.SSLObject, direction: str, _version: object, kind: int, message: int, _data: bytes) -> None:
    if direction == "read" and kind == _HANDSHAKE and message == _CERTIFICATE_REQUEST:
        _asked.add(line)


@lru_cache(maxsize=64)
def _context(
    roots: bytes,
    own: tuple[bytes, bytes] | None,
    suites: str,
    checks_host_name: bool,
    takes_wildcards: bool,
    watches: bool,
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION
    context.verify_flags |= (
        ssl.VERIFY_X509_PARTIAL_CHAIN
    )  # a CSMS root may be an intermediate that was installed as one
    context.check_hostname = checks_host_name
    _use(context, suites)
    if watches:
        setattr(context, _WATCH, _watch)
    if not takes_wildcards:
        # The standard library has no name for this; OpenSSL has, and without it *.example.com would be any host there.
        setattr(context, "_host_flags", getattr(context, "_host_flags", 0) | _NO_WILDCARDS)  # noqa: B010
    try:
        if roots.strip():
            context.load_verify_locations(cadata=roots.decode("ascii"))
        if own is not None:
            _show(context, *own)
    except (ssl.SSLError, ValueError, OSError) as error:
        raise ConfigError(f"The station's certificates cannot be used: {error}.", _remedy(own)) from None
    return context


def _use(context: ssl.SSLContext, suites: str) -> None:
    """These suites, with keys of 112 bits of security at least, however OpenSSL was built or configured (A00.FR.501 to A00.FR.503)."""
    context.set_ciphers(suites if context.security_level >= _112_BITS else f"{suites}:@SECLEVEL={_112_BITS}")


def _remedy(own: tuple[bytes, bytes] | None) -> str:
    if own is not None and openssl.is_in_token(own[1]):
        return "The key is in a PKCS #11 token: see key_store, the token's label and PIN, and that pkcs11-provider is installed."
    return "They are PEM; the key belongs to the certificate."


def server_context(files: Files) -> ssl.SSLContext:
    """The context for a port the CSMS calls (OCPP-S by HTTPS): it shows the station's certificate. Raises ConfigError."""
    own = own_in(files)
    if own is None:
        raise ConfigError(
            "A port with TLS needs a certificate of the station with its key.", "Give --certificate and --key."
        )
    context = AlertingContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION
    _use(context, ALL)
    try:
        _show(context, *own)
    except (ssl.SSLError, ValueError, OSError) as error:
        what = f"The station's certificate cannot be used: {error}."
        raise ConfigError(what, _remedy(own)) from None
    return context


def _show(context: ssl.SSLContext, chain: bytes, key: bytes) -> None:
    """The library takes certificates from files only; these live for a moment, and are for their owner's eyes."""
    with TemporaryDirectory(prefix="pilotwire-") as folder:
        for name, content in (("chain.pem", chain), ("key.pem", key)):
            path = Path(folder) / name
            path.touch(mode=0o600)
            path.write_bytes(content)
        context.load_cert_chain(Path(folder) / "chain.pem", Path(folder) / "key.pem")
