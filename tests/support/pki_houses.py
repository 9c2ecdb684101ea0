"""Hierarchies made by our own issuing room, by the table of kinds."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any

from cryptography import x509

from pilotwire.pki import PROFILES, Authority, KeyKind, Order, SigningKey, Subject, issue, new_key, self_signed
from tests.support.pki_forge import NOW

HOSTS = ("csms.example.org", "192.0.2.7")


@cache
def _key(name: str, kind: KeyKind) -> SigningKey:
    return new_key(kind)


def key(name: str, kind: KeyKind = KeyKind.EC_P256) -> SigningKey:
    """The key of a kind of certificate, the same for the whole run."""
    return _key(name, kind)


def order(name: str, kind: KeyKind = KeyKind.EC_P256, **how: Any) -> Order:
    """An order for a certificate of a kind, valid for its usual time."""
    profile = PROFILES[name]
    subject = Subject(profile.title[:60], "Volta", "DE", profile.domain).name()
    until = NOW + timedelta(days=profile.days)
    names = HOSTS if name == "csms-server" else ()
    return Order(profile, subject, key(name, kind).public_key(), NOW, until, **({"names": names} | how))


def authority(name: str, kind: KeyKind = KeyKind.EC_P256) -> Authority:
    """A CA of a kind, under the usual CAs."""
    return _authority(name, kind)


@cache
def _authority(name: str, kind: KeyKind) -> Authority:
    profile, own = PROFILES[name], key(name, kind)
    if profile.is_root:
        return Authority(self_signed(order(name, kind), own), own)
    above = authority(profile.issuers[0], kind)
    return Authority(issue(above, order(name, kind)), own, above.chain)


def chain(name: str, kind: KeyKind = KeyKind.EC_P256, under: str = "", **how: Any) -> tuple[x509.Certificate, ...]:
    """The certificate of a kind and those above it, its root last."""
    profile = PROFILES[name]
    if profile.is_root:
        return authority(name, kind).chain
    above = authority(under or profile.issuers[0], kind)
    return (issue(above, order(name, kind, **how)), *above.chain)
