"""Ways from a certificate up to a root, through whatever certificates there are: in any order, cross-signed ones too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from pilotwire.pki.certificates import Certificate, is_issued_by, key_bytes, signature_hash
from pilotwire.pki.keys import WEAK_HASHES

LONGEST: Final = 10
"""Certificates in a path, its root included."""
_MOST_PATHS: Final = 32


class End(StrEnum):
    """How a path ends."""

    TRUSTED = "trusted"
    SELF_SIGNED = "self-signed"
    """In a root that is not trusted."""
    MISSING = "missing"
    """Whoever signed the last certificate is not there."""
    TOO_LONG = "too-long"


@dataclass(frozen=True, slots=True)
class Path:
    """The certificates from the first one up, each followed by its issuer, and how it ends."""

    certificates: tuple[Certificate, ...]
    end: End

    @property
    def last(self) -> Certificate:
        """The uppermost certificate."""
        return self.certificates[-1]


def paths_from(first: Certificate, others: Iterable[Certificate], roots: Sequence[Certificate]) -> list[Path]:
    """The paths up from a certificate, at most 32; one that reaches a certificate of `roots` ends there. There is always one."""
    known = tuple(dict.fromkeys((*others, *roots)))
    return list(islice(_climb((first,), known, frozenset(roots)), _MOST_PATHS))


def _climb(
    path: tuple[Certificate, ...], known: Sequence[Certificate], roots: frozenset[Certificate]
) -> Iterator[Path]:
    last = path[-1]
    if last in roots:
        yield Path(path, End.TRUSTED)
    elif signed(last, last):
        yield Path(path, End.SELF_SIGNED)
    elif len(path) == LONGEST:
        yield Path(path, End.TOO_LONG)
    else:
        above = [each for each in known if signed(last, each) and not _is_among(each, path)]
        above.sort(key=lambda each: each not in roots)
        for each in above:
            yield from _climb((*path, each), known, roots)
        if not above:
            yield Path(path, End.MISSING)


def _is_among(certificate: Certificate, path: Sequence[Certificate]) -> bool:
    """Whether the same name with the same key is on the path already: going on would lead round in a circle (RFC 4158, 5.2)."""
    return any(each.subject == certificate.subject and key_bytes(each) == key_bytes(certificate) for each in path)


def signed(below: Certificate, above: Certificate) -> bool:
    """Whether `above` has signed `below`, with a hash that is too weak today as well."""
    if below.issuer != above.subject:
        return False
    return is_issued_by(below, above) or _signed_weakly(below, above)


def _signed_weakly(below: Certificate, above: Certificate) -> bool:
    """The library checks no signatures with MD5 or SHA-1 on certificates: they are checked here, so that just this is the fault told."""
    digest, key = weak_hash(below), above.public_key()
    if digest is None:
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(below.signature, below.tbs_certificate_bytes, padding.PKCS1v15(), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(below.signature, below.tbs_certificate_bytes, ec.ECDSA(digest))
        else:
            return False
    except Exception:  # a wrong signature, or a hash the library has no more
        return False
    return True


def weak_hash(certificate: Certificate) -> hashes.HashAlgorithm | None:
    """The hash it is signed with, if that is too weak (A00.FR.504); None for a signature of a kind that is not known here too."""
    digest = signature_hash(certificate)
    return digest if digest is not None and digest.name in WEAK_HASHES else None


def key_id(certificate: Certificate) -> bytes | None:
    """Its subjectKeyIdentifier."""
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return None


def issuer_key_id(certificate: Certificate) -> bytes | None:
    """The key identifier of its issuer, as it tells it."""
    try:
        return certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except x509.ExtensionNotFound:
        return None
