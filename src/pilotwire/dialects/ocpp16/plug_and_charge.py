"""Plug & Charge in 1.6: messages as JSON text in DataTransfer (application note "Using ISO 15118 Plug & Charge with OCPP 1.6")."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from pilotwire.dialects.ocpp16.hashes import read_hash
from pilotwire.dialects.times import read_time
from pilotwire.dialects.words import same_name
from pilotwire.domain.authorization import (
    AuthorizationAsked,
    AuthorizationStatus,
    AuthorizationVerdict,
    CertificateStatus,
    ContractCertificate,
)
from pilotwire.domain.certificates import (
    CertificateAction,
    CertificateHash,
    CertificateKind,
    CertificateSigned,
    CertificateStatusAsked,
    DeleteCertificate,
    EvCertificateAsked,
    GetInstalledCertificates,
    HashAlgorithm,
    InstallCertificate,
    SigningAsked,
    SigningUse,
)
from pilotwire.domain.data_transfer import DataFault, DataTransferStatus
from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import Command, Fact
from pilotwire.domain.provisioning import TriggerMessage
from pilotwire.ocpp import registry, v16
from pilotwire.ocpp.types import Message
from pilotwire.ocpp.v16 import plug_and_charge as pnc
from pilotwire.ocpp.violations import SchemaViolation, UnknownAction

ROOTS = (CertificateKind.V2G_ROOT, CertificateKind.MO_ROOT)
KINDS = (*ROOTS, CertificateKind.V2G_CHAIN)
"""The kinds of certificates that these messages are about."""


def wrap(message_id: str, request: Message) -> v16.DataTransferRequest:
    """A message as a DataTransfer."""
    return v16.DataTransferRequest(
        vendor_id=pnc.VENDOR_ID, message_id=message_id, data=registry.encode(request).decode()
    )


def wrap_answer(response: Message) -> v16.DataTransferResponse:
    """An answer as that of a DataTransfer; the status of the message itself is in its data (section 2.2)."""
    return v16.DataTransferResponse(status="Accepted", data=registry.encode(response).decode())


def unwrap_answer(message_id: str, response: v16.DataTransferResponse) -> Any:
    """The answer in that of a DataTransfer; None if the station does not know such messages, or answered something else."""
    if response.status != "Accepted" or response.data is None:
        return None
    try:
        return pnc.decode_pnc_response(message_id, response.data)
    except SchemaViolation:
        return None


def _unwrap(request: v16.DataTransferRequest) -> Any:
    if request.vendor_id.lower() != pnc.VENDOR_ID or request.message_id is None or request.data is None:
        return None
    try:
        return pnc.decode_pnc_request(request.message_id, request.data)
    except (UnknownAction, SchemaViolation):
        return None


_NAMES = {"station": "station", "csms": "CSMS"}


def fault(request: v16.DataTransferRequest, sender: Literal["station", "csms"]) -> DataFault | None:
    """Why what was sent is no message of Plug & Charge that the sender may send; None if it is one, or does not claim to be."""
    if request.vendor_id.lower() != pnc.VENDOR_ID:
        return None
    name = request.message_id
    known = None if name is None else pnc.PNC_MESSAGES.get(name)
    if known is None or known.sender != sender:
        what = f"{name!r} is no message of Plug & Charge that a {_NAMES[sender]} sends"
        return DataFault(status=DataTransferStatus.UNKNOWN_MESSAGE_ID, what=what)
    if request.data is None:
        return DataFault(status=DataTransferStatus.REJECTED, what=f"the Plug & Charge message {name} has no data")
    try:
        pnc.decode_pnc_request(known.message_id, request.data)
    except SchemaViolation as violation:
        what = f"the data is no {name} of Plug & Charge: {violation}"
        return DataFault(status=DataTransferStatus.REJECTED, what=what)
    return None


def _status_asked(request: pnc.PncGetCertificateStatusRequest) -> CertificateStatusAsked:
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


def write_status_asked(fact: CertificateStatusAsked) -> v16.DataTransferRequest:
    """GetCertificateStatus (section 6.5)."""
    said = fact.certificate
    data = pnc.PncOCSPRequestData(
        hash_algorithm=same_name(said.hash_algorithm),
        issuer_name_hash=said.issuer_name_hash,
        issuer_key_hash=said.issuer_key_hash,
        serial_number=said.serial_number,
        responder_url=fact.responder_url,
    )
    return wrap("GetCertificateStatus", pnc.PncGetCertificateStatusRequest(ocsp_request_data=data))


_EMAID = "eMAID"


def _link(data: pnc.PncOCSPRequestData) -> ContractCertificate:
    return ContractCertificate(
        certificate=CertificateHash(
            hash_algorithm=HashAlgorithm(data.hash_algorithm),
            issuer_name_hash=data.issuer_name_hash,
            issuer_key_hash=data.issuer_key_hash,
            serial_number=data.serial_number,
        ),
        responder_url=data.responder_url,
    )


def is_contract(fact: AuthorizationAsked) -> bool:
    """Whether an authorization is asked for by these messages: the token is that of a contract (section 6.1)."""
    return fact.by_contract or fact.id_token.type == _EMAID


def _authorization_asked(request: pnc.PncAuthorizeRequest) -> AuthorizationAsked:
    return AuthorizationAsked(
        id_token=IdToken(value=request.id_token.id_token, type=_EMAID),
        certificate=request.certificate,
        certificates=tuple(map(_link, request.iso15118_certificate_hash_data or ())),
    )


def write_authorization_asked(fact: AuthorizationAsked, id_tag: str) -> v16.DataTransferRequest:
    """Authorize (section 6.1)."""
    links = [
        pnc.PncOCSPRequestData(
            hash_algorithm=same_name(each.certificate.hash_algorithm),
            issuer_name_hash=each.certificate.issuer_name_hash,
            issuer_key_hash=each.certificate.issuer_key_hash,
            serial_number=each.certificate.serial_number,
            responder_url=each.responder_url,
        )
        for each in fact.certificates
    ]
    request = pnc.PncAuthorizeRequest(
        id_token=pnc.PncIdToken(id_token=id_tag),
        certificate=fact.certificate,
        iso15118_certificate_hash_data=links or None,
    )
    return wrap("Authorize", request)


def write_authorization_verdict(verdict: AuthorizationVerdict, status: str) -> v16.DataTransferResponse:
    """The verdict on a contract, its status as 1.6 spells it."""
    info = pnc.PncIdTokenInfo(status=same_name(status), cache_expiry_date_time=verdict.expires_at)
    return wrap_answer(
        pnc.PncAuthorizeResponse(id_token_info=info, certificate_status=same_name(verdict.certificate_status))
    )


def read_authorization_verdict(response: v16.DataTransferResponse) -> AuthorizationVerdict:
    """The verdict on a contract; a CSMS that does not know these messages has not accepted it."""
    told = unwrap_answer("Authorize", response)
    if told is None:
        return AuthorizationVerdict(status=AuthorizationStatus.INVALID)
    info, found = told.id_token_info, told.certificate_status
    return AuthorizationVerdict(
        status=AuthorizationStatus(info.status),
        expires_at=None if info.cache_expiry_date_time is None else read_time(info.cache_expiry_date_time),
        certificate_status=None if found is None else CertificateStatus(found),
    )


V2G_TRIGGER = "SignV2GCertificate"
"""The only message that these messages trigger (section 6.9)."""
_FACTS: dict[type[Any], Callable[[Any], Fact]] = {
    pnc.PncAuthorizeRequest: _authorization_asked,
    pnc.PncSignCertificateRequest: lambda request: SigningAsked(csr=request.csr, use=SigningUse.V2G),
    pnc.PncGet15118EVCertificateRequest: lambda request: EvCertificateAsked(
        schema_version=request.iso15118_schema_version,
        action=CertificateAction(request.action),
        exi_request=request.exi_request,
    ),
    pnc.PncGetCertificateStatusRequest: _status_asked,
}
_COMMANDS: dict[type[Any], Callable[[Any], Command]] = {
    pnc.PncInstallCertificateRequest: lambda request: InstallCertificate(
        kind=CertificateKind(request.certificate_type), certificate=request.certificate
    ),
    pnc.PncDeleteCertificateRequest: lambda request: DeleteCertificate(
        certificate=read_hash(request.certificate_hash_data), plug_and_charge=True
    ),
    pnc.PncGetInstalledCertificateIdsRequest: lambda request: GetInstalledCertificates(
        kinds=tuple(map(CertificateKind, request.certificate_type or KINDS))
    ),
    pnc.PncTriggerMessageRequest: lambda _request: TriggerMessage(message=V2G_TRIGGER),
    pnc.PncCertificateSignedRequest: lambda request: CertificateSigned(
        chain=request.certificate_chain, use=SigningUse.V2G
    ),
}


def write_trigger() -> v16.DataTransferRequest:
    """TriggerMessage, which asks for a CSR of the V2G certificate (section 6.9)."""
    return wrap("TriggerMessage", pnc.PncTriggerMessageRequest())


def read_fact(request: v16.DataTransferRequest) -> Fact | None:
    """What a station says of Plug & Charge; None if the data is of another vendor, or no such message."""
    message = _unwrap(request)
    read = _FACTS.get(type(message))
    return None if read is None else read(message)


def read_command(request: v16.DataTransferRequest) -> Command | None:
    """What the CSMS wants in terms of Plug & Charge; None as above."""
    message = _unwrap(request)
    read = _COMMANDS.get(type(message))
    return None if read is None else read(message)
