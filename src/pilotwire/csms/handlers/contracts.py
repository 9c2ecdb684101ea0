"""What is found of a contract certificate that comes with an Authorize (C07): its chain, and whether it was revoked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import AuthorityInformationAccessOID

from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.partners.ocsp_response import named_by, proven_by
from pilotwire.csms.partners.ports import AuthorizationQuestion, PartnerFailed
from pilotwire.domain.authorization import CertificateStatus
from pilotwire.domain.certificates import ChainLink, RevocationStatus, StatusSource
from pilotwire.domain.findings import Severity
from pilotwire.domain.identity import IdToken
from pilotwire.iso15118.emaid import same_emaid
from pilotwire.pki import common_name

Chain = Sequence[x509.Certificate]
_EMAID: Final = "eMAID"
_Found = tuple[CertificateStatus | None, str]
"""Accepted, or what is wrong; None, with the reason, if nobody can tell."""


async def judge_contract(
    desk: Desk, station: str, asked: AuthorizationQuestion, message_id: str = ""
) -> CertificateStatus:
    """What is to be said of the certificate (C07.FR.05): of its chain if that came, and by the OCSP responders that the station names, and
    those that a good chain names itself.

    What cannot be verified is CertChainError (C07.FR.17), with a finding, unless the policy takes such contracts on trust.
    """
    roots = await _roots(desk, station, message_id) if asked.certificate is not None else _own_roots(desk)
    chain = _read(asked.certificate or "")
    links = [
        ChainLink(certificate=each.certificate, source=StatusSource.OCSP, urls=(each.responder_url,))
        for each in asked.certificates
    ]
    found, why = None, ""
    if asked.certificate is not None:
        found, why = _judge_chain(chain, roots, desk.clock.now())
        if found is CertificateStatus.ACCEPTED and not _is_of(chain[0], asked.id_token):
            what = f"the contract certificate that came with {asked.id_token.value!r} is for {common_name(chain[0].subject)!r}"
            desk.note(station, "authorization:contract-of-another", Severity.NOTE, what, message_id, "Authorize")
            return CertificateStatus.CERT_CHAIN_ERROR
        if found is CertificateStatus.ACCEPTED:
            links += _links(chain, roots, desk.policy.contract_ocsp)
    if found in (None, CertificateStatus.ACCEPTED) and links:
        found, why = await _judge_revocation(desk, links, (*chain, *roots))
    if found is not None:
        return found
    if desk.policy.accept_unverified_contracts:
        return CertificateStatus.ACCEPTED
    what = f"the contract certificate of {asked.id_token.value!r} cannot be verified: {why}"
    desk.note(station, "C07.FR.17", Severity.NOTE, what, message_id, "Authorize")
    return CertificateStatus.CERT_CHAIN_ERROR


def _own_roots(desk: Desk) -> Chain:
    return _read(desk.policy.contract_roots)


async def _roots(desk: Desk, station: str, message_id: str) -> Chain:
    """The roots of contracts: those that are set, and those of the pool that is asked for them. If that fails, there is a finding."""
    own, source = _own_roots(desk), desk.partners.roots
    if source is None:
        return own
    try:
        told = await source.contract_roots()
    except PartnerFailed as failed:
        what = f"the roots of contracts could not be had: {failed.what}"
        desk.note(station, "authorization:contract-roots", Severity.NOTE, what, message_id, "Authorize")
        return own
    return tuple(dict.fromkeys((*own, *_read(told))))


def _is_of(contract: x509.Certificate, id_token: IdToken) -> bool:
    """Whether a contract certificate is for the eMAID a driver is known by; tokens of other types say nothing of it."""
    return id_token.type != _EMAID or same_emaid(common_name(contract.subject), id_token.value)


def _read(pem: str) -> Chain:
    """The certificates of a text; none if it is none."""
    try:
        return x509.load_pem_x509_certificates(pem.encode())
    except ValueError:
        return ()


def _judge_chain(chain: Chain, roots: Chain, now: datetime) -> _Found:
    """Whether a chain leads to one of the roots."""
    if not chain:
        return CertificateStatus.CERT_CHAIN_ERROR, "it cannot be read"
    if any(not each.not_valid_before_utc <= now < each.not_valid_after_utc for each in chain):
        return CertificateStatus.CERTIFICATE_EXPIRED, "it has expired"
    if not all(_issued(child, parent) for child, parent in pairwise(chain)):
        return CertificateStatus.CERT_CHAIN_ERROR, "the certificates of the chain did not sign each other"
    if not all(_may_issue(parent) for parent in chain[1:] if parent not in roots):
        return CertificateStatus.CERT_CHAIN_ERROR, "a certificate of the chain that signed another is none of a CA"
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


def _may_issue(certificate: x509.Certificate) -> bool:
    """Whether it is the certificate of a CA (RFC 5280, 4.2.1.9): a contract must not vouch for another one."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False


def _links(chain: Chain, roots: Chain, responder: str) -> Iterator[ChainLink]:
    """The certificates of a good chain, each by its issuer, with the responders they name; `responder` ("": none) for those that name none.

    A root is nobody else's to revoke.
    """
    for place, each in enumerate(chain):
        issuer = next((above for above in (*chain[place + 1 :], *roots) if _issued(each, above)), None)
        urls = _responders(each) or ((responder,) if responder else ())
        if urls and issuer is not None and each not in roots:
            yield ChainLink(certificate=named_by(each, issuer), source=StatusSource.OCSP, urls=urls)


def _responders(certificate: x509.Certificate) -> tuple[str, ...]:
    """Where a certificate says that its status is told (RFC 5280 4.2.2.1)."""
    try:
        told = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, ValueError):
        return ()
    return tuple(
        each.access_location.value
        for each in told
        if each.access_method == AuthorityInformationAccessOID.OCSP
        and isinstance(each.access_location, x509.UniformResourceIdentifier)
    )


async def _judge_revocation(desk: Desk, links: Sequence[ChainLink], issuers: Chain) -> _Found:
    """Whether none of them was revoked; `issuers` are certificates that may have signed what the responders say."""
    checker = desk.partners.ocsp
    if checker is None:
        return None, "nobody here asks OCSP responders"
    for link in links:
        try:
            known = await checker.revocation(link)
        except PartnerFailed as failed:
            return None, failed.what
        if known.status is RevocationStatus.REVOKED:
            return CertificateStatus.CERTIFICATE_REVOKED, ""
        if known.status is not RevocationStatus.GOOD:
            return CertificateStatus.CERT_CHAIN_ERROR, ""
        proven = known.proven or proven_by(link.certificate, known.response, issuers, desk.clock.now())
        if not proven and not desk.policy.accept_unverified_contracts:
            return None, "the OCSP response could not be traced to the issuer"
    return CertificateStatus.ACCEPTED, ""
