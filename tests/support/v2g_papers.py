"""Certificates, roots and TLS settings of stations and vehicles, as ISO 15118-2 (P-256) and -20 (P-521) want them, all valid at `NOW`."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from pilotwire.clock import ManualClock
from pilotwire.iso15118.net.credentials import Credentials
from pilotwire.pki import Certificate, KeyKind
from pilotwire.pki.ocsp import Responder, Standing, make_request, make_response, read_request
from pilotwire.pki.revocation import Revoked
from tests.support.pki_forge import NOW
from tests.support.pki_houses import authority, chain, key

P256, P521 = KeyKind.EC_P256, KeyKind.EC_P521


def clock() -> ManualClock:
    """A clock at which all certificates are valid."""
    return ManualClock(NOW)


def papers(name: str, kind: KeyKind = P256) -> Credentials:
    """Certificate with sub-CAs, and key, of a kind in `pilotwire.pki.PROFILES`; the same for the whole run."""
    return _papers(name, kind)


@cache
def _papers(name: str, kind: KeyKind) -> Credentials:
    return Credentials(chain(name, kind), key(name, kind))


def root(name: str, kind: KeyKind = P256) -> Certificate:
    """The certificate of a root."""
    return authority(name, kind).certificate


def ocsp_of(
    name: str, issuer: str, *, revoked: bool = False, age: timedelta = timedelta(), kind: KeyKind = P256
) -> bytes:
    """What the CA says of a certificate; good for a day, and said `age` ago."""
    own = papers(name, kind).chain[0]
    query = read_request(make_request(own, authority(issuer, kind).certificate))
    standing = Revoked(own.serial_number, NOW - timedelta(days=1)) if revoked else Standing.GOOD
    return make_response(
        Responder.of(authority(issuer, kind)), query, standing, NOW - age, NOW - age + timedelta(days=1)
    )
