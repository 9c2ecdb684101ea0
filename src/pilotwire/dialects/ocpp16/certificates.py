"""Certificates in 1.6: those of the security extension by its messages, those of Plug & Charge by DataTransfer."""

from __future__ import annotations

from typing import Any

from pilotwire.dialects.ocpp16 import plug_and_charge as plug
from pilotwire.dialects.ocpp16.hashes import read_hash, write_hash
from pilotwire.dialects.words import CommandWord, FactWord, fits, same_name
from pilotwire.domain.certificates import (
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
    InstallCertificate,
    InstallCertificateOutcome,
    InstallCertificateStatus,
    InstalledCertificate,
    SigningAsked,
    SigningUse,
    SigningVerdict,
)
from pilotwire.errors import NotSayable
from pilotwire.ocpp import v16
from pilotwire.ocpp.types import Message
from pilotwire.ocpp.v16 import plug_and_charge as pnc

_USES = {
    CertificateKind.CSMS_ROOT: "CentralSystemRootCertificate",
    CertificateKind.MANUFACTURER_ROOT: "ManufacturerRootCertificate",
}
_KINDS = {use: kind for kind, use in _USES.items()}
_NEEDS = "Use a kind that OCPP 1.6 has: CSMSRootCertificate, ManufacturerRootCertificate, or one of Plug & Charge."


def _v2g(use: SigningUse | None) -> bool:
    """Whether the message goes by DataTransfer; the security extension is for the station's own certificate only."""
    if use is SigningUse.V2G_20:
        raise NotSayable("OCPP 1.6 has no certificates for ISO 15118-20.", "Use V2GCertificate.")
    return use is SigningUse.V2G


# --- the station says something -------------------------------------------------------------------------------------


def write_asked(fact: SigningAsked) -> Message:
    """SignCertificate of the security extension, or of Plug & Charge."""
    if _v2g(fact.use):
        return plug.wrap("SignCertificate", pnc.PncSignCertificateRequest(csr=fact.csr))
    return v16.SignCertificateRequest(csr=fact.csr)


def write_signing_verdict(fact: SigningAsked, verdict: SigningVerdict) -> Message:
    """The answer, in the message that was asked."""
    status: Any = "Accepted" if verdict.accepted else "Rejected"
    if _v2g(fact.use):
        return plug.wrap_answer(pnc.PncSignCertificateResponse(status=status))
    return v16.SignCertificateResponse(status=status)


def read_signing_verdict(fact: SigningAsked, response: Any) -> SigningVerdict:
    """The answer."""
    told = plug.unwrap_answer("SignCertificate", response) if _v2g(fact.use) else response
    return SigningVerdict(accepted=told is not None and told.status == "Accepted")


def write_ev_verdict(verdict: EvCertificateVerdict) -> Message:
    """The EXI response; one that is too long for 1.6 has failed."""
    said = pnc.PncGet15118EVCertificateResponse(
        status="Accepted" if verdict.accepted else "Failed", exi_response=verdict.exi_response
    )
    if not fits(said):
        said = pnc.PncGet15118EVCertificateResponse(status="Failed", exi_response="")
    return plug.wrap_answer(said)


def read_ev_verdict(response: Any) -> EvCertificateVerdict:
    """The EXI response."""
    told = plug.unwrap_answer("Get15118EVCertificate", response)
    if told is None:
        return EvCertificateVerdict(accepted=False)
    return EvCertificateVerdict(accepted=told.status == "Accepted", exi_response=told.exi_response)


def write_status_verdict(verdict: CertificateStatusVerdict) -> Message:
    """The OCSP response; one that is too long for 1.6 has failed."""
    said = pnc.PncGetCertificateStatusResponse(status="Accepted", ocsp_result=verdict.ocsp_result)
    if verdict.ocsp_result is None or not fits(said):
        said = pnc.PncGetCertificateStatusResponse(status="Failed")
    return plug.wrap_answer(said)


def read_status_verdict(response: Any) -> CertificateStatusVerdict:
    """The OCSP response."""
    told = plug.unwrap_answer("GetCertificateStatus", response)
    return CertificateStatusVerdict(ocsp_result=None if told is None else told.ocsp_result)


FACTS = (
    FactWord(
        fact=SigningAsked,
        read={
            v16.SignCertificateRequest: lambda request: SigningAsked(csr=request.csr, use=SigningUse.CHARGING_STATION)
        },
        write=lambda fact, _named: write_asked(fact),
        write_verdict=write_signing_verdict,
        read_verdict=read_signing_verdict,
    ),
    FactWord(
        fact=EvCertificateAsked,
        read={},
        write=lambda fact, _named: plug.wrap(
            "Get15118EVCertificate",
            pnc.PncGet15118EVCertificateRequest(
                iso15118_schema_version=fact.schema_version,
                action=same_name(fact.action),
                exi_request=fact.exi_request,
            ),
        ),
        write_verdict=lambda _fact, verdict: write_ev_verdict(verdict),
        read_verdict=lambda _fact, response: read_ev_verdict(response),
    ),
    FactWord(
        fact=CertificateStatusAsked,
        read={},
        write=lambda fact, _named: plug.write_status_asked(fact),
        write_verdict=lambda _fact, verdict: write_status_verdict(verdict),
        read_verdict=lambda _fact, response: read_status_verdict(response),
    ),
)

# --- the CSMS wants something ---------------------------------------------------------------------------------------


def _answer(kind: Any) -> Any:
    """How an outcome's status is written: by the message that asked."""

    def written(request: Message, response: Any, status: Any) -> Message:
        if isinstance(request, v16.DataTransferRequest):
            return plug.wrap_answer(kind(status=same_name(status)))
        said: Message = response(status=same_name(status))
        return said

    return written


def _status(message_id: str, response: Any, otherwise: str) -> str:
    """The status of an answer, wrapped or not; `otherwise` if a station does not know the Plug & Charge messages."""
    told = plug.unwrap_answer(message_id, response) if isinstance(response, v16.DataTransferResponse) else response
    return otherwise if told is None else str(told.status)


def write_install(command: InstallCertificate) -> tuple[Message, ...]:
    """InstallCertificate."""
    if command.kind in plug.ROOTS:
        said = pnc.PncInstallCertificateRequest(
            certificate_type=same_name(command.kind), certificate=command.certificate
        )
        if not fits(said):
            raise NotSayable("A certificate of OCPP 1.6 has at most 5500 characters.", "Send one certificate only.")
        return (plug.wrap("InstallCertificate", said),)
    use: Any = _USES.get(command.kind)
    if use is None:
        raise NotSayable(f"OCPP 1.6 installs no {command.kind}.", _NEEDS)
    return (v16.InstallCertificateRequest(certificate_type=use, certificate=command.certificate),)


def write_delete(command: DeleteCertificate) -> tuple[Message, ...]:
    """DeleteCertificate."""
    if command.plug_and_charge:
        named = write_hash(pnc.PncCertificateHashData, command.certificate)
        return (plug.wrap("DeleteCertificate", pnc.PncDeleteCertificateRequest(certificate_hash_data=named)),)
    return (
        v16.DeleteCertificateRequest(certificate_hash_data=write_hash(v16.CertificateHashData, command.certificate)),
    )


def write_signed(command: CertificateSigned) -> tuple[Message, ...]:
    """CertificateSigned; there is no request id."""
    if command.request_id is not None:
        raise NotSayable("CertificateSigned of OCPP 1.6 has no request id.", "Leave it out.")
    if _v2g(command.use):
        return (plug.wrap("CertificateSigned", pnc.PncCertificateSignedRequest(certificate_chain=command.chain)),)
    return (v16.CertificateSignedRequest(certificate_chain=command.chain),)


def write_get(command: GetInstalledCertificates) -> tuple[Message, ...]:
    """GetInstalledCertificateIds: a message for each kind of the extension, one for those of Plug & Charge; all: the extension's."""
    kinds = command.kinds or tuple(_USES)
    unknown = [kind for kind in kinds if kind not in _USES and kind not in plug.KINDS]
    if unknown:
        raise NotSayable(f"OCPP 1.6 knows no {unknown[0]}.", _NEEDS)
    own: list[Message] = [
        v16.GetInstalledCertificateIdsRequest(certificate_type=same_name(_USES[kind]))
        for kind in kinds
        if kind in _USES
    ]
    wrapped: list[Any] = [str(kind) for kind in kinds if kind in plug.KINDS]
    if not wrapped:
        return tuple(own)
    asked = pnc.PncGetInstalledCertificateIdsRequest(certificate_type=wrapped)
    return (*own, plug.wrap("GetInstalledCertificateIds", asked))


def read_installed(command: GetInstalledCertificates, responses: tuple[Any, ...]) -> GetInstalledOutcome:
    """What all the answers say together; the extension's do not name the kind, but come in the order of the questions."""
    found: list[InstalledCertificate] = []
    kinds = [kind for kind in command.kinds or tuple(_USES) if kind in _USES]
    for place, response in enumerate(responses):
        if isinstance(response, v16.DataTransferResponse):
            told = plug.unwrap_answer("GetInstalledCertificateIds", response)
            chains = () if told is None else told.certificate_hash_data_chain or ()
            found.extend(_read_chain(chain) for chain in chains)
        else:
            hashes = response.certificate_hash_data or ()
            found.extend(InstalledCertificate(kind=kinds[place], certificate=read_hash(each)) for each in hashes)
    status = GetInstalledStatus.ACCEPTED if found else GetInstalledStatus.NOT_FOUND
    return GetInstalledOutcome(status=status, certificates=tuple(found))


def _read_chain(chain: pnc.PncCertificateHashDataChain) -> InstalledCertificate:
    return InstalledCertificate(
        kind=CertificateKind(chain.certificate_type),
        certificate=read_hash(chain.certificate_hash_data),
        children=tuple(map(read_hash, chain.child_certificate_hash_data or ())),
    )


def write_installed(outcome: GetInstalledOutcome, request: Message) -> Message:
    """The answer to one of the questions."""
    if isinstance(request, v16.DataTransferRequest):
        chains = [
            pnc.PncCertificateHashDataChain(
                certificate_type=same_name(each.kind),
                certificate_hash_data=write_hash(pnc.PncCertificateHashData, each.certificate),
                child_certificate_hash_data=[write_hash(pnc.PncCertificateHashData, child) for child in each.children]
                or None,
            )
            for each in outcome.certificates
        ]
        return plug.wrap_answer(
            pnc.PncGetInstalledCertificateIdsResponse(
                status=same_name(outcome.status), certificate_hash_data_chain=chains or None
            )
        )
    hashes = [write_hash(v16.CertificateHashData, each.certificate) for each in outcome.certificates]
    return v16.GetInstalledCertificateIdsResponse(
        status=same_name(outcome.status), certificate_hash_data=hashes or None
    )


_INSTALLED = _answer(pnc.PncInstallCertificateResponse)
_DELETED = _answer(pnc.PncDeleteCertificateResponse)
_SIGNED = _answer(pnc.PncCertificateSignedResponse)

COMMANDS = (
    CommandWord(
        command=InstallCertificate,
        read={
            v16.InstallCertificateRequest: lambda request: InstallCertificate(
                kind=_KINDS[request.certificate_type], certificate=request.certificate
            )
        },
        write=write_install,
        write_outcome=lambda _command, outcome, request: _INSTALLED(
            request, v16.InstallCertificateResponse, outcome.status
        ),
        read_outcome=lambda _command, responses: InstallCertificateOutcome(
            status=InstallCertificateStatus(_status("InstallCertificate", responses[0], "Rejected"))
        ),
    ),
    CommandWord(
        command=DeleteCertificate,
        read={
            v16.DeleteCertificateRequest: lambda request: DeleteCertificate(
                certificate=read_hash(request.certificate_hash_data)
            )
        },
        write=write_delete,
        write_outcome=lambda _command, outcome, request: _DELETED(
            request, v16.DeleteCertificateResponse, outcome.status
        ),
        read_outcome=lambda _command, responses: DeleteCertificateOutcome(
            status=DeleteCertificateStatus(_status("DeleteCertificate", responses[0], "Failed"))
        ),
    ),
    CommandWord(
        command=GetInstalledCertificates,
        read={
            v16.GetInstalledCertificateIdsRequest: lambda request: GetInstalledCertificates(
                kinds=(_KINDS[request.certificate_type],)
            )
        },
        write=write_get,
        write_outcome=lambda _command, outcome, request: write_installed(outcome, request),
        read_outcome=read_installed,
    ),
    CommandWord(
        command=CertificateSigned,
        read={
            v16.CertificateSignedRequest: lambda request: CertificateSigned(
                chain=request.certificate_chain, use=SigningUse.CHARGING_STATION
            )
        },
        write=write_signed,
        write_outcome=lambda _command, outcome, request: _SIGNED(
            request, v16.CertificateSignedResponse, outcome.status
        ),
        read_outcome=lambda _command, responses: CertificateSignedOutcome(
            status=CertificateSignedStatus(_status("CertificateSigned", responses[0], "Rejected"))
        ),
    ),
)
