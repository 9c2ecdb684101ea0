"""Authorization in 2.x."""

from __future__ import annotations

from pilotwire.dialects.ocpp2.terms import read_id_token, read_token_info, write_presented, write_token_info
from pilotwire.dialects.ocpp2.wire import Wire
from pilotwire.dialects.words import CommandWord, FactWord, same_name
from pilotwire.domain.authorization import (
    AuthorizationAsked,
    AuthorizationVerdict,
    CertificateStatus,
    ClearCache,
    ClearCacheOutcome,
    ContractCertificate,
)
from pilotwire.domain.certificates import CertificateHash, HashAlgorithm
from pilotwire.domain.kinds import changed
from pilotwire.ocpp import v201
from pilotwire.ocpp.types import Message


def _read_link(data: v201.OCSPRequestData) -> ContractCertificate:
    return ContractCertificate(
        certificate=CertificateHash(
            hash_algorithm=HashAlgorithm(data.hash_algorithm),
            issuer_name_hash=data.issuer_name_hash,
            issuer_key_hash=data.issuer_key_hash,
            serial_number=data.serial_number,
        ),
        responder_url=data.responder_url,
    )


def _write_link(wire: Wire, link: ContractCertificate) -> v201.OCSPRequestData:
    said = link.certificate
    return wire.OCSPRequestData(
        hash_algorithm=same_name(said.hash_algorithm),
        issuer_name_hash=said.issuer_name_hash,
        issuer_key_hash=said.issuer_key_hash,
        serial_number=said.serial_number,
        responder_url=link.responder_url,
    )


def read_asked(request: v201.AuthorizeRequest) -> AuthorizationAsked:
    """Authorize (C01), perhaps by a contract certificate (C07)."""
    return AuthorizationAsked(
        id_token=read_id_token(request.id_token),
        certificate=request.certificate,
        certificates=tuple(map(_read_link, request.iso15118_certificate_hash_data or ())),
    )


def write_asked(wire: Wire, fact: AuthorizationAsked) -> Message:
    """Authorize."""
    return wire.AuthorizeRequest(
        id_token=write_presented(wire, fact.id_token),
        certificate=fact.certificate,
        iso15118_certificate_hash_data=[_write_link(wire, each) for each in fact.certificates] or None,
    )


def read_verdict(response: v201.AuthorizeResponse) -> AuthorizationVerdict:
    """The verdict on the token, and on its certificate if there is one."""
    verdict = read_token_info(response.id_token_info)
    found = response.certificate_status
    return verdict if found is None else changed(verdict, certificate_status=CertificateStatus(found))


def write_verdict(wire: Wire, verdict: AuthorizationVerdict) -> Message:
    """AuthorizeResponse."""
    return wire.AuthorizeResponse(
        id_token_info=write_token_info(wire, verdict), certificate_status=same_name(verdict.certificate_status)
    )


def facts(wire: Wire) -> tuple[FactWord, ...]:
    """The words of a version."""
    return (
        FactWord(
            fact=AuthorizationAsked,
            read={wire.AuthorizeRequest: read_asked},
            write=lambda fact, _named: write_asked(wire, fact),
            write_verdict=lambda _fact, verdict: write_verdict(wire, verdict),
            read_verdict=lambda _fact, response: read_verdict(response),
        ),
    )


def commands(wire: Wire) -> tuple[CommandWord, ...]:
    """The words of a version."""
    return (
        CommandWord(
            command=ClearCache,
            read={wire.ClearCacheRequest: lambda _request: ClearCache()},
            write=lambda _command: (wire.ClearCacheRequest(),),
            write_outcome=lambda _command, outcome, _request: wire.ClearCacheResponse(
                status="Accepted" if outcome.accepted else "Rejected"
            ),
            read_outcome=lambda _command, responses: ClearCacheOutcome(accepted=responses[0].status == "Accepted"),
        ),
    )
