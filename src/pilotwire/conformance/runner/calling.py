"""What the station the tester plays needs for its connection, as cases ask for it with `made`."""

from __future__ import annotations

import secrets
import ssl
import string
from typing import Any, Final
from urllib.parse import urlsplit

from pilotwire.conformance.runner.makers import maker
from pilotwire.conformance.values import Unresolved
from pilotwire.conformance.wire.calling import certificate_of, chain_fault, new_request, station_context

_CLIENT_CERTIFICATE: Final = 3
_CHARACTERS: Final = string.ascii_letters + string.digits + "*-_=:+|@."
"""passwordString (A00.FR.205)."""
_LENGTH: Final = 32
_VERSIONS: Final = {"1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2}


@maker("station tls")
def station_tls(
    scene: Any, certificate: str = "valid", ciphers: str = "", newest: str = "", profile: int | None = None
) -> ssl.SSLContext:
    """The TLS of the station, of which only security profile 3 (the configured one, or `profile`) shows a certificate.

    `certificate` is a kind of `wire.calling.CERTIFICATES`, or `renewed`: the chain and key that were kept as `certificate_chain` and
    `station_key`. `newest`: the newest version of TLS it speaks, 1.1 or 1.2; else any. Where the plan names no folder of certificates,
    the roots of this machine are trusted.
    """
    shows = (scene.setting("security_profile") if profile is None else profile) == _CLIENT_CERTIFICATE
    chain, key = _shown(scene, certificate) if shows else ("", "")
    try:
        return station_context(
            scene.authority,
            chain=chain,
            key=key,
            ciphers=ciphers,
            newest=_VERSIONS[newest] if newest else None,
            public=not scene.setting("certificates"),
        )
    except ssl.SSLError as error:
        raise Unresolved(f"TLS cannot use the certificate: {error}") from None


def _shown(scene: Any, certificate: str) -> tuple[str, str]:
    kept = scene.memory
    if certificate == "renewed" or (certificate == "valid" and "certificate_chain" in kept):
        if "certificate_chain" not in kept:
            raise Unresolved("the station has got no new certificate")
        return str(kept["certificate_chain"]), str(kept["station_key"])
    holder = certificate_of(scene.authority, scene.setting("serial_number"), certificate, scene.now())
    return holder.chain_pem, holder.key_pem


@maker("csr")
def csr(scene: Any, name: str, country: str = "", unit: str = "") -> str:
    """A certification request with a new key, which is kept as `station_key`."""
    text, key = new_request(name, country, unit)
    scene.memory["station_key"] = key
    return text


@maker("chain fault")
def fault_of_chain(scene: Any, chain: Any, request: str, under: str) -> str:
    """What is wrong with a chain for this request that should be under this root; "" if nothing is."""
    return chain_fault(chain, request, scene.authority.top(under))


@maker("password")
def password(_: Any) -> str:
    """A random password that a station may have."""
    return "".join(secrets.choice(_CHARACTERS) for _ in range(_LENGTH))


@maker("secure url")
def secure_url(scene: Any) -> str:
    """Where the CSMS under test takes connections by TLS, without the identity."""
    return str(scene.end.secure_url)


@maker("host")
def host(scene: Any) -> str:
    """The host the station connects to."""
    return urlsplit(str(scene.end.url)).hostname or ""
