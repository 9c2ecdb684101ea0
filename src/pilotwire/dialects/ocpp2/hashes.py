"""CertificateHashDataType, in which 2.x names certificates."""

from __future__ import annotations

from pilotwire.dialects.ocpp2.wire import Wire
from pilotwire.dialects.words import same_name
from pilotwire.domain.certificates import CertificateHash, HashAlgorithm
from pilotwire.ocpp import v201


def read_hash(told: v201.CertificateHashData) -> CertificateHash:
    """CertificateHashDataType."""
    return CertificateHash(
        hash_algorithm=HashAlgorithm(told.hash_algorithm),
        issuer_name_hash=told.issuer_name_hash,
        issuer_key_hash=told.issuer_key_hash,
        serial_number=told.serial_number,
    )


def write_hash(wire: Wire, said: CertificateHash) -> v201.CertificateHashData:
    """CertificateHashDataType."""
    return wire.CertificateHashData(
        hash_algorithm=same_name(said.hash_algorithm),
        issuer_name_hash=said.issuer_name_hash,
        issuer_key_hash=said.issuer_key_hash,
        serial_number=said.serial_number,
    )
