"""What is found of a contract certificate that comes with an Authorize (C07): its chain, and whether it was revoked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.partners.ports import AuthorizationQuestion, PartnerFailed
from pilotwire.domain.authorization import CertificateStatus, ContractCertificate
from pilotwire.domain.certificates import ChainLink, RevocationStatus, StatusSource
from pilotwire.domain.findings import Severity

Chain = Sequence[x509.Certificate]


async def judge_contract(
    desk: Desk, station: str, asked: AuthorizationQuestion, message_id: str = ""
) -> CertificateStatus:
    """What is to be said of the certificate (C07.FR.05). What cannot be verified is CertChainError (C07.FR.17), with a finding, unless
    the policy takes such contracts on trust."""
    verified = False
    if asked.certificate is not None:
        found, why = _judge_chain(asked.certificate, desk.policy.contract_roots, desk.clock.now())
        verified = found is CertificateStatus.ACCEPTED
        if found is not None and not verified:
            return found
    else:
        why = ""
    if asked.certificates:
        revoked, why = await _judge_revocation(desk, asked.certificates)
        verified = revoked is CertificateStatus.ACCEPTED
        if revoked is not None and not verified:
            return revoked
    if verified or desk.policy.accept_unverified_contracts:
        return CertificateStatus.ACCEPTED
    what = f"the contract certificate of {asked.id_token.value!r} cannot be verified: {why}"
    desk.note(station, "C07.FR.17", Severity.NOTE, what, message_id, "Authorize")
    return CertificateStatus.CERT_CHAIN_ERROR


def _judge_chain(pem: str, roots_pem: str, now: datetime) -> tuple[CertificateStatus | None, str]:
    """What is wrong with a chain in PEM; Accepted if it leads to one of the roots; None, with the reason, if nobody can tell."""
    try:
        chain: Chain = x509.load_pem_x509_certificates(pem.encode())
        roots: Chain = x509.load_pem_x509_certificates(roots_pem.encode()) if roots_pem.strip() else ()
    except ValueError:
        return CertificateStatus.CERT_CHAIN_ERROR, "it cannot be read"
    if any(not each.not_valid_before_utc <= now < each.not_valid_after_utc for each in chain):
        return CertificateStatus.CERTIFICATE_EXPIRED, "it has expired"
    if not all(_issued(child, parent) for child, parent in pairwise(chain)):
        return CertificateStatus.CERT_CHAIN_ERROR, "the certificates of the chain did not sign each other"
    if not roots:
        return None, "no root of contracts is configured (contract_roots)"
    if any(chain[-1] == root or _issued(chain[-1], root) for root in roots):
        return CertificateStatus.ACCEPTED, ""
    return CertificateStatus.CERT_CHAIN_ERROR, "no root is known that it leads to"


def _issued(child: x509.Certificate, parent: x509.Certificate) -> bool:
    try:
        child.verify_directly_issued_by(parent)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


async def _judge_revocation(desk: Desk, links: Sequence[ContractCertificate]) -> tuple[CertificateStatus | None, str]:
    """The same for the certificates of a chain by their OCSP responders."""
    checker = desk.partners.ocsp
    if checker is None:
        return None, "nobody here asks OCSP responders"
    for each in links:
        link = ChainLink(certificate=each.certificate, source=StatusSource.OCSP, urls=(each.responder_url,))
        try:
            known = await checker.revocation(link)
        except PartnerFailed as failed:
            return None, failed.what
        if known.status is RevocationStatus.REVOKED:
            return CertificateStatus.CERTIFICATE_REVOKED, ""
        if known.status is not RevocationStatus.GOOD:
            return CertificateStatus.CERT_CHAIN_ERROR, ""
        if not known.proven and not desk.policy.accept_unverified_contracts:
            return None, "the OCSP response could not be traced to the issuer"
    return CertificateStatus.ACCEPTED, ""
