"""A contract that a vehicle shows: read, and its times looked at. Whether it is taken, the EVSE decides."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448

from pilotwire import pki
from pilotwire.iso15118.emaid import normalised
from pilotwire.iso15118.iso20.common_messages import ContractCertificateChain
from pilotwire.iso15118.iso20.common_types import ResponseCode
from pilotwire.iso15118.peer_certificate import read_peer
from pilotwire.iso15118.secc.ports import Contract, Decision
from pilotwire.iso15118.signature_suites import VerifyingKey

CODES: Final[dict[Decision, ResponseCode]] = {
    Decision.REFUSED: "WARNING_GeneralPnCAuthorizationError",
    Decision.EXPIRED: "WARNING_CertificateExpired",
    Decision.NOT_YET_VALID: "WARNING_CertificateNotYetValid",
    Decision.REVOKED: "WARNING_CertificateRevoked",
    Decision.CHAIN: "WARNING_CertificateValidationError",
    Decision.CANCELLED: "WARNING_GeneralPnCAuthorizationError",
    Decision.UNKNOWN: "WARNING_eMSPUnknown",
}
"""What a decision against a contract is called."""


def contract_of(chain: ContractCertificateChain) -> tuple[Contract, x509.Certificate] | None:
    """The contract of a chain and its certificate; None: it cannot be read, or its key is of no kind that signs here."""
    sent = (chain.certificate, *chain.sub_certificates.certificate)
    certificate = read_peer(sent[0])
    if isinstance(certificate, str) or _signing_key(certificate) is None:
        return None
    return Contract(normalised(pki.common_name(certificate.subject)), sent), certificate


def key_of(certificate: bytes) -> VerifyingKey | None:
    """The key of a certificate (DER) that signs messages; None: there is none."""
    read = read_peer(certificate)
    return None if isinstance(read, str) else _signing_key(read)


def out_of_time(certificate: x509.Certificate, now: datetime) -> ResponseCode | None:
    """What a certificate is called that is over, or not yet valid."""
    if now > certificate.not_valid_after_utc:
        return "WARNING_CertificateExpired"
    return "WARNING_CertificateNotYetValid" if now < certificate.not_valid_before_utc else None


def _signing_key(certificate: x509.Certificate) -> VerifyingKey | None:
    key = certificate.public_key()
    return key if isinstance(key, ec.EllipticCurvePublicKey | ed448.Ed448PublicKey) else None
