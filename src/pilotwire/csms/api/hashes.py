"""A certificate as OCSP names it (CertificateHashDataType), in the API."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from pilotwire.csms.api.resource import Resource
from pilotwire.domain.certificates import CertificateHash, HashAlgorithm

_HEX = r"^[0-9A-Fa-f]*$"
Hash = Annotated[str, Field(min_length=1, max_length=128, pattern=_HEX)]


class CertificateHashResource(Resource):
    """The hashes that name a certificate; use the algorithm with which the station names it (M04.FR.07)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "hashAlgorithm": "SHA256",
                    "issuerNameHash": "0A1B2C3D",
                    "issuerKeyHash": "4E5F6071",
                    "serialNumber": "1F",
                }
            ]
        }
    )

    hash_algorithm: HashAlgorithm
    issuer_name_hash: Hash
    issuer_key_hash: Hash
    serial_number: Annotated[str, Field(min_length=1, max_length=40, pattern=_HEX)]

    @classmethod
    def of(cls, certificate: CertificateHash) -> CertificateHashResource:
        """The resource of a certificate's name; what a station sent is shown as it is."""
        return cls.model_construct(
            hash_algorithm=certificate.hash_algorithm,
            issuer_name_hash=certificate.issuer_name_hash,
            issuer_key_hash=certificate.issuer_key_hash,
            serial_number=certificate.serial_number,
        )

    def hash(self) -> CertificateHash:
        """In domain terms."""
        return CertificateHash(
            hash_algorithm=self.hash_algorithm,
            issuer_name_hash=self.issuer_name_hash,
            issuer_key_hash=self.issuer_key_hash,
            serial_number=self.serial_number,
        )
