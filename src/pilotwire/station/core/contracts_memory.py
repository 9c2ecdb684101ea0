"""Which contract certificates were used at this station (C07), so that a CSMS can name a customer by one (N09, N10): hashes only."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from pilotwire.domain.certificates import CertificateHash
from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import Value


class KeptContract(Value):
    """A contract: the token it stands for, its certificate's name by each algorithm of hashes, and when it was last used."""

    id_token: IdToken
    certificates: tuple[CertificateHash, ...]
    used_at: datetime


class ContractsMemory(Value, tag="contracts", tag_field="part"):
    """The contracts, the one last used at the end; as many as the Authorization Cache may have entries."""

    name: ClassVar[str] = "contracts"
    used: tuple[KeptContract, ...] = ()

    def of_certificate(self, certificate: CertificateHash) -> KeptContract | None:
        """The contract with this certificate; None: it was not used here."""
        return next((one for one in self.used if any(is_same(name, certificate) for name in one.certificates)), None)


def is_same(one: CertificateHash, other: CertificateHash) -> bool:
    """Whether both name the same certificate; hexadecimal numbers may be in either case, and begin with zeros."""
    return _plain(one) == _plain(other)


def _plain(name: CertificateHash) -> tuple[str, ...]:
    serial = name.serial_number.casefold().lstrip("0")
    return name.hash_algorithm, name.issuer_name_hash.casefold(), name.issuer_key_hash.casefold(), serial
