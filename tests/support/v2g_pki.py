"""Certificates of ISO 15118 for tests: contracts, vehicles and provisioning services, and their keys."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire.iso15118.signed_parts import Edition
from pilotwire.pki import PROFILES, KeyKind, Subject, issue
from tests.support.pki_forge import NOW
from tests.support.pki_houses import authority, key, order

EMAID = "DE8ACC12E46L89"
PCID = "WMIV1234567890ABCD"
KINDS = {Edition.ISO2: KeyKind.EC_P256, Edition.ISO20: KeyKind.EC_P521}


@dataclass(frozen=True)
class Holder:
    """A certificate with those above it (without the root), its root, and its key."""

    certificate: x509.Certificate
    subs: tuple[x509.Certificate, ...]
    root: x509.Certificate
    key: Any = field(repr=False)

    @property
    def sent(self) -> tuple[bytes, ...]:
        """As messages carry them: DER, without the root."""
        return tuple(der(each) for each in (self.certificate, *self.subs))


def der(certificate: x509.Certificate) -> bytes:
    """A certificate as messages carry it."""
    return certificate.public_bytes(Encoding.DER)


@cache
def holder(profile: str, common: str, edition: Edition, kind: KeyKind | None = None, **how: Any) -> Holder:
    """Somebody with a certificate. `since` and `days` from NOW; `key_of` names the key; the rest as in `Order`."""
    kind = kind or KINDS[edition]
    own = key(how.pop("key_of", common), kind)
    since = NOW + timedelta(days=how.pop("since", 0))
    until = NOW + timedelta(days=how.pop("days", PROFILES[profile].days))
    name = Subject(common, "Volta", "DE", how.pop("domain", PROFILES[profile].domain)).name()
    extras = {"short_key_id": edition is Edition.ISO20} | how
    wanted = replace(
        order(profile, kind), subject=name, public_key=own.public_key(), since=since, until=until, **extras
    )
    above = authority(PROFILES[profile].issuers[0], kind)
    chain = (issue(above, wanted), *above.chain)
    return Holder(chain[0], chain[1:-1], chain[-1], own)


def contract(edition: Edition, common: str = EMAID, **how: Any) -> Holder:
    """A contract."""
    return holder("contract", common, edition, **how)


def vehicle(edition: Edition, common: str = PCID, **how: Any) -> Holder:
    """A vehicle with its provisioning certificate."""
    return holder("oem-provisioning", common, edition, **how)


def service(edition: Edition, common: str = "Provisioning", **how: Any) -> Holder:
    """A provisioning service."""
    return holder("cps", common, edition, **how)
