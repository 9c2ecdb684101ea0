"""CertificateHashDataType of the security extension and of the Plug & Charge messages: the same in both."""

from __future__ import annotations

from typing import Any, TypeVar

from pilotwire.dialects.words import same_name
from pilotwire.domain.certificates import CertificateHash, HashAlgorithm
from pilotwire.ocpp import v16
from pilotwire.ocpp.v16.plug_and_charge import PncCertificateHashData

_H = TypeVar("_H", v16.CertificateHashData, PncCertificateHashData)


def read_hash(told: Any) -> CertificateHash:
    """The hashes of either."""
    return CertificateHash(
        hash_algorithm=HashAlgorithm(told.hash_algorithm),
        issuer_name_hash=told.issuer_name_hash,
        issuer_key_hash=told.issuer_key_hash,
        serial_number=told.serial_number,
    )


def write_hash(kind: type[_H], said: CertificateHash) -> _H:
    """The hashes as `kind`."""
    return kind(
        hash_algorithm=same_name(said.hash_algorithm),
        issuer_name_hash=said.issuer_name_hash,
        issuer_key_hash=said.issuer_key_hash,
        serial_number=said.serial_number,
    )
