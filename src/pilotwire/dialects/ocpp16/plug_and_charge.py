"""Plug & Charge in 1.6: messages as JSON text in DataTransfer (application note "Using ISO 15118 Plug & Charge with OCPP 1.6")."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pilotwire.dialects.ocpp16.hashes import read_hash
from pilotwire.dialects.words import same_name
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
from pilotwire.domain.kinds import Command, Fact
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


_FACTS: dict[type[Any], Callable[[Any], Fact]] = {
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
    pnc.PncCertificateSignedRequest: lambda request: CertificateSigned(
        chain=request.certificate_chain, use=SigningUse.V2G
    ),
}


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
