"""Certificates in 2.x (A02, A03, M01 to M06)."""

from __future__ import annotations

from typing import Any

from pilotwire.dialects.ocpp2.hashes import read_hash, write_hash
from pilotwire.dialects.ocpp2.wire import Wire, enumerated
from pilotwire.dialects.words import CommandWord, FactWord, fits, same_name
from pilotwire.domain.certificates import (
    CertificateAction,
    CertificateHash,
    CertificateKind,
    CertificateSigned,
    CertificateSignedOutcome,
    CertificateSignedStatus,
    CertificateStatusAsked,
    CertificateStatusVerdict,
    DeleteCertificate,
    DeleteCertificateOutcome,
    DeleteCertificateStatus,
    EvCertificateAsked,
    EvCertificateVerdict,
    GetInstalledCertificates,
    GetInstalledOutcome,
    GetInstalledStatus,
    HashAlgorithm,
    InstallCertificate,
    InstallCertificateOutcome,
    InstallCertificateStatus,
    InstalledCertificate,
    SigningAsked,
    SigningUse,
    SigningVerdict,
)
from pilotwire.errors import NotSayable
from pilotwire.ocpp import v201
from pilotwire.ocpp.types import Message


def _known(wire: Wire, name: str, value: str | None, what: str) -> Any:
    if value is not None and value not in enumerated(wire, name):
        raise NotSayable(f"{what} {value} cannot be said in this version of OCPP.", "Choose another.")
    return same_name(value)


def _only(wire_type: Any, **fields: Any) -> dict[str, Any]:
    """The fields a version has; of one it does not have only None, which is left out."""
    for name, value in fields.items():
        if name not in wire_type.__struct_fields__ and value is not None:
            raise NotSayable(f"OCPP 2.0.1 has no {name} here.", "Leave it out.")
    return {name: value for name, value in fields.items() if name in wire_type.__struct_fields__}


def _those_of(wire_type: Any, **fields: Any) -> dict[str, Any]:
    """The fields a version has; the others are left out."""
    return {name: value for name, value in fields.items() if name in wire_type.__struct_fields__}


def _read_use(use: str | None) -> SigningUse | None:
    return None if use is None else SigningUse(use)


_MOST_INFO = 512
_TOO_LONG = "the answer is too long for this version of OCPP"


def _write_why(wire: Wire, reason: str | None) -> Any:
    """Why something failed, as StatusInfoType; what is too long is cut off."""
    return None if reason is None else wire.StatusInfo(reason_code="Unspecified", additional_info=reason[:_MOST_INFO])


def _read_why(info: v201.StatusInfo | None) -> str | None:
    return None if info is None else info.additional_info or info.reason_code


def read_asked(request: Any) -> SigningAsked:
    """SignCertificate (A02, A03)."""
    root = getattr(request, "hash_root_certificate", None)
    return SigningAsked(
        csr=request.csr,
        use=_read_use(request.certificate_type),
        request_id=getattr(request, "request_id", None),
        root=None if root is None else read_hash(root),
    )


def write_asked(wire: Wire, fact: SigningAsked) -> Message:
    """SignCertificate; what helps to match and to choose in 2.1 is left out where there is no word for it (A02.FR.24, A02.FR.27)."""
    root = None if fact.root is None else write_hash(wire, fact.root)
    return wire.SignCertificateRequest(
        csr=fact.csr,
        certificate_type=_known(wire, "CertificateSigningUse", fact.use, "A certificate for"),
        **_those_of(wire.SignCertificateRequest, request_id=fact.request_id, hash_root_certificate=root),
    )


def read_signed(request: Any) -> CertificateSigned:
    """CertificateSigned (A02)."""
    return CertificateSigned(
        chain=request.certificate_chain,
        use=_read_use(request.certificate_type),
        request_id=getattr(request, "request_id", None),
    )


def write_signed(wire: Wire, command: CertificateSigned) -> tuple[Message, ...]:
    """CertificateSigned."""
    return (
        wire.CertificateSignedRequest(
            certificate_chain=command.chain,
            certificate_type=_known(wire, "CertificateSigningUse", command.use, "A certificate for"),
            **_only(wire.CertificateSignedRequest, request_id=command.request_id),
        ),
    )


def read_ev_asked(request: Any) -> EvCertificateAsked:
    """Get15118EVCertificate (M01, M02)."""
    return EvCertificateAsked(
        schema_version=request.iso15118_schema_version,
        action=CertificateAction(request.action),
        exi_request=request.exi_request,
        max_chains=getattr(request, "maximum_contract_certificate_chains", None),
        prioritized_emaids=tuple(getattr(request, "prioritized_emaids", None) or ()),
    )


def write_ev_asked(wire: Wire, fact: EvCertificateAsked) -> Message:
    """Get15118EVCertificate; 2.0.1 knows one contract only, and has no word for how many (M01.FR.03 of 2.1)."""
    return wire.Get15118EVCertificateRequest(
        iso15118_schema_version=fact.schema_version,
        action=same_name(fact.action),
        exi_request=fact.exi_request,
        **_those_of(
            wire.Get15118EVCertificateRequest,
            maximum_contract_certificate_chains=fact.max_chains,
            prioritized_emaids=list(fact.prioritized_emaids) or None,
        ),
    )


def write_ev_verdict(wire: Wire, verdict: EvCertificateVerdict) -> Message:
    """The EXI response; 2.0.1 has no word for remaining contracts. One that is too long for the version has failed."""
    more: dict[str, Any] = {}
    if "remaining_contracts" in wire.Get15118EVCertificateResponse.__struct_fields__:
        more = {"remaining_contracts": verdict.remaining}
    said = wire.Get15118EVCertificateResponse(
        status="Accepted" if verdict.accepted else "Failed",
        exi_response=verdict.exi_response,
        status_info=_write_why(wire, verdict.reason),
        **more,
    )
    if fits(said):
        return said
    why = _write_why(wire, _TOO_LONG)
    return wire.Get15118EVCertificateResponse(status="Failed", exi_response="", status_info=why)


def read_ev_verdict(response: Any) -> EvCertificateVerdict:
    """The EXI response."""
    return EvCertificateVerdict(
        accepted=response.status == "Accepted",
        exi_response=response.exi_response,
        remaining=getattr(response, "remaining_contracts", None),
        reason=_read_why(response.status_info),
    )


def read_status_asked(request: v201.GetCertificateStatusRequest) -> CertificateStatusAsked:
    """GetCertificateStatus (M06)."""
    data = request.ocsp_request_data
    return CertificateStatusAsked(
        certificate=CertificateHash(
            hash_algorithm=HashAlgorithm(data.hash_algorithm),
            issuer_name_hash=data.issuer_name_hash,
            issuer_key_hash=data.issuer_key_hash,
            serial_number=data.serial_number,
        ),
        responder_url=data.responder_url,
    )


def write_status_asked(wire: Wire, fact: CertificateStatusAsked) -> Message:
    """GetCertificateStatus."""
    said = fact.certificate
    return wire.GetCertificateStatusRequest(
        ocsp_request_data=wire.OCSPRequestData(
            hash_algorithm=same_name(said.hash_algorithm),
            issuer_name_hash=said.issuer_name_hash,
            issuer_key_hash=said.issuer_key_hash,
            serial_number=said.serial_number,
            responder_url=fact.responder_url,
        )
    )


def write_status_verdict(wire: Wire, verdict: CertificateStatusVerdict) -> Message:
    """The OCSP response; one that is too long for the version has failed (M06.FR.04)."""
    said = wire.GetCertificateStatusResponse(
        status="Failed" if verdict.ocsp_result is None else "Accepted",
        ocsp_result=verdict.ocsp_result,
        status_info=_write_why(wire, verdict.reason),
    )
    if fits(said):
        return said
    return wire.GetCertificateStatusResponse(status="Failed", status_info=_write_why(wire, _TOO_LONG))


def facts(wire: Wire) -> tuple[FactWord, ...]:
    """The words of a version."""
    return (
        FactWord(
            fact=SigningAsked,
            read={wire.SignCertificateRequest: read_asked},
            write=lambda fact, _named: write_asked(wire, fact),
            write_verdict=lambda _fact, verdict: wire.SignCertificateResponse(
                status="Accepted" if verdict.accepted else "Rejected"
            ),
            read_verdict=lambda _fact, response: SigningVerdict(accepted=response.status == "Accepted"),
        ),
        FactWord(
            fact=EvCertificateAsked,
            read={wire.Get15118EVCertificateRequest: read_ev_asked},
            write=lambda fact, _named: write_ev_asked(wire, fact),
            open_verdict=True,
            write_verdict=lambda _fact, verdict: write_ev_verdict(wire, verdict),
            read_verdict=lambda _fact, response: read_ev_verdict(response),
        ),
        FactWord(
            fact=CertificateStatusAsked,
            read={wire.GetCertificateStatusRequest: read_status_asked},
            write=lambda fact, _named: write_status_asked(wire, fact),
            open_verdict=True,
            write_verdict=lambda _fact, verdict: write_status_verdict(wire, verdict),
            read_verdict=lambda _fact, response: CertificateStatusVerdict(
                ocsp_result=response.ocsp_result, reason=_read_why(response.status_info)
            ),
        ),
    )


def read_installed(response: v201.GetInstalledCertificateIdsResponse) -> GetInstalledOutcome:
    """The certificates installed (M03)."""
    return GetInstalledOutcome(
        status=GetInstalledStatus(response.status),
        certificates=tuple(
            InstalledCertificate(
                kind=CertificateKind(chain.certificate_type),
                certificate=read_hash(chain.certificate_hash_data),
                children=tuple(map(read_hash, chain.child_certificate_hash_data or ())),
            )
            for chain in response.certificate_hash_data_chain or ()
        ),
    )


def write_installed(wire: Wire, outcome: GetInstalledOutcome) -> Message:
    """The certificates installed."""
    chains = [
        wire.CertificateHashDataChain(
            certificate_hash_data=write_hash(wire, each.certificate),
            certificate_type=_known(wire, "GetCertificateIdUse", each.kind, "A certificate of the kind"),
            child_certificate_hash_data=[write_hash(wire, child) for child in each.children] or None,
        )
        for each in outcome.certificates
    ]
    return wire.GetInstalledCertificateIdsResponse(
        status=same_name(outcome.status), certificate_hash_data_chain=chains or None
    )


def commands(wire: Wire) -> tuple[CommandWord, ...]:
    """The words of a version."""
    return (
        CommandWord(
            command=InstallCertificate,
            read={
                wire.InstallCertificateRequest: lambda request: InstallCertificate(
                    kind=CertificateKind(request.certificate_type), certificate=request.certificate
                )
            },
            write=lambda command: (
                wire.InstallCertificateRequest(
                    certificate_type=_known(wire, "InstallCertificateUse", command.kind, "A certificate of the kind"),
                    certificate=command.certificate,
                ),
            ),
            write_outcome=lambda _command, outcome, _request: wire.InstallCertificateResponse(
                status=same_name(outcome.status)
            ),
            read_outcome=lambda _command, responses: InstallCertificateOutcome(
                status=InstallCertificateStatus(responses[0].status)
            ),
        ),
        CommandWord(
            command=DeleteCertificate,
            read={
                wire.DeleteCertificateRequest: lambda request: DeleteCertificate(
                    certificate=read_hash(request.certificate_hash_data)
                )
            },
            write=lambda command: (
                wire.DeleteCertificateRequest(certificate_hash_data=write_hash(wire, command.certificate)),
            ),
            write_outcome=lambda _command, outcome, _request: wire.DeleteCertificateResponse(
                status=same_name(outcome.status)
            ),
            read_outcome=lambda _command, responses: DeleteCertificateOutcome(
                status=DeleteCertificateStatus(responses[0].status)
            ),
        ),
        CommandWord(
            command=GetInstalledCertificates,
            read={
                wire.GetInstalledCertificateIdsRequest: lambda request: GetInstalledCertificates(
                    kinds=tuple(map(CertificateKind, request.certificate_type or ()))
                )
            },
            write=lambda command: (
                wire.GetInstalledCertificateIdsRequest(
                    certificate_type=[
                        _known(wire, "GetCertificateIdUse", kind, "A certificate of the kind") for kind in command.kinds
                    ]
                    or None
                ),
            ),
            write_outcome=lambda _command, outcome, _request: write_installed(wire, outcome),
            read_outcome=lambda _command, responses: read_installed(responses[0]),
        ),
        CommandWord(
            command=CertificateSigned,
            read={wire.CertificateSignedRequest: read_signed},
            write=lambda command: write_signed(wire, command),
            write_outcome=lambda _command, outcome, _request: wire.CertificateSignedResponse(
                status=same_name(outcome.status)
            ),
            read_outcome=lambda _command, responses: CertificateSignedOutcome(
                status=CertificateSignedStatus(responses[0].status)
            ),
        ),
    )
