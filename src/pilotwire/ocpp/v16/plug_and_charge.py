"""ISO 15118 Plug & Charge over OCPP 1.6: payloads that travel as JSON text in `DataTransfer.data`.

Shapes of the application note "Using ISO 15118 Plug & Charge with OCPP 1.6", v1.0, chapters 6 to 8. A DataTransfer carries one
when its `vendorId` is `VENDOR_ID`; its `messageId` then names the message: `PNC_MESSAGES`. The names here start with `Pnc` because
most of them exist in 1.6 itself with other contents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, field

from pilotwire.ocpp.types import (
    Datatype,
    LooseTimestamp,
    Maybe,
    Message,
    String20,
    String40,
    String50,
    String128,
    String512,
    String5500,
    String5600,
    String10000,
    decoder_of,
)
from pilotwire.ocpp.version import OcppVersion
from pilotwire.ocpp.violations import UnknownAction, violation_of

VENDOR_ID: Final = "org.openchargealliance.iso15118pnc"
"""The `vendorId` of every DataTransfer that carries one of these messages (section 2.2)."""

PncAuthorizationStatus = Literal["Accepted", "Blocked", "ConcurrentTx", "Expired", "Invalid"]
PncAuthorizeCertificateStatus = Literal[
    "Accepted",
    "SignatureError",
    "CertificateExpired",
    "CertificateRevoked",
    "NoCertificateAvailable",
    "CertChainError",
    "ContractCancelled",
]
PncCertificateAction = Literal["Install", "Update"]
PncCertificateSignedStatus = Literal["Accepted", "Rejected"]
PncCertificateSigningUse = Literal["ChargingStationCertificate", "V2GCertificate"]
PncDeleteCertificateStatus = Literal["Accepted", "Failed", "NotFound"]
PncGenericStatus = Literal["Accepted", "Rejected"]
PncGetCertificateIdUse = Literal["V2GRootCertificate", "MORootCertificate", "V2GCertificateChain"]
PncGetCertificateStatus = Literal["Accepted", "Failed"]
PncGetInstalledCertificateStatus = Literal["Accepted", "NotFound"]
PncHashAlgorithm = Literal["SHA256", "SHA384", "SHA512"]
PncInstallCertificateStatus = Literal["Accepted", "Rejected", "Failed"]
PncInstallCertificateUse = Literal["V2GRootCertificate", "MORootCertificate"]
PncIso15118EVCertificateStatus = Literal["Accepted", "Failed"]
PncTriggerMessageStatus = Literal["Accepted", "Rejected", "NotImplemented"]


class PncCertificateHashData(Datatype):
    """The hashes that name a certificate as OCSP does (section 7.2)."""

    hash_algorithm: PncHashAlgorithm
    issuer_name_hash: String128
    issuer_key_hash: String128
    serial_number: String40


class PncCertificateHashDataChain(Datatype):
    """Hashes of an installed certificate and of those under it (section 7.1)."""

    certificate_type: PncGetCertificateIdUse
    certificate_hash_data: PncCertificateHashData
    child_certificate_hash_data: Maybe[Annotated[list[PncCertificateHashData], Meta(max_length=4)]] = None


class PncIdToken(Datatype):
    """The identifier to authorize, usually the eMAID of the contract (section 7.3)."""

    id_token: String20


class PncIdTokenInfo(Datatype):
    """What the central system knows of the identifier (section 7.4)."""

    status: PncAuthorizationStatus
    cache_expiry_date_time: Maybe[LooseTimestamp] = None


class PncOCSPRequestData(Datatype):
    """A certificate, as OCSP names it, and its responder (section 7.5)."""

    hash_algorithm: PncHashAlgorithm
    issuer_name_hash: String128
    issuer_key_hash: String128
    serial_number: String40
    responder_url: String512 = field(name="responderURL")


class PncAuthorizeRequest(Message):
    """Charge point → central system: may this contract charge? (section 6.1)."""

    id_token: PncIdToken
    certificate: Maybe[String5500] = None
    iso15118_certificate_hash_data: Maybe[Annotated[list[PncOCSPRequestData], Meta(max_length=4)]] = None


class PncAuthorizeResponse(Message):
    """Central system → charge point: status of the identifier and of its certificate."""

    id_token_info: PncIdTokenInfo
    certificate_status: Maybe[PncAuthorizeCertificateStatus] = None


class PncCertificateSignedRequest(Message):
    """Central system → charge point: hands over the V2G certificate made from its CSR (section 6.2)."""

    certificate_chain: String10000


class PncCertificateSignedResponse(Message):
    """Charge point → central system: whether the certificate is in use."""

    status: PncCertificateSignedStatus


class PncDeleteCertificateRequest(Message):
    """Central system → charge point: removes an installed certificate (section 6.3)."""

    certificate_hash_data: PncCertificateHashData


class PncDeleteCertificateResponse(Message):
    """Charge point → central system: whether the certificate is gone."""

    status: PncDeleteCertificateStatus


class PncGet15118EVCertificateRequest(Message):
    """Charge point → central system: a vehicle's request for its contract certificate, EXI in Base64 (section 6.4)."""

    iso15118_schema_version: String50
    action: PncCertificateAction
    exi_request: String5600


class PncGet15118EVCertificateResponse(Message):
    """Central system → charge point: the EXI response for the vehicle, in Base64."""

    status: PncIso15118EVCertificateStatus
    exi_response: String5600


class PncGetCertificateStatusRequest(Message):
    """Charge point → central system: asks for the OCSP status of a certificate (section 6.5)."""

    ocsp_request_data: PncOCSPRequestData


class PncGetCertificateStatusResponse(Message):
    """Central system → charge point: the OCSP response, DER in Base64; it may be absent unless the status is Accepted."""

    status: PncGetCertificateStatus
    ocsp_result: Maybe[String5500] = None


class PncGetInstalledCertificateIdsRequest(Message):
    """Central system → charge point: asks which certificates of these kinds, or of all, are installed (section 6.6)."""

    certificate_type: Maybe[list[PncGetCertificateIdUse]] = None


class PncGetInstalledCertificateIdsResponse(Message):
    """Charge point → central system: hashes of the installed certificates."""

    status: PncGetInstalledCertificateStatus
    certificate_hash_data_chain: Maybe[list[PncCertificateHashDataChain]] = None


class PncInstallCertificateRequest(Message):
    """Central system → charge point: installs a root certificate (section 6.7)."""

    certificate_type: PncInstallCertificateUse
    certificate: String5500


class PncInstallCertificateResponse(Message):
    """Charge point → central system: whether the certificate is installed."""

    status: PncInstallCertificateStatus


class PncSignCertificateRequest(Message):
    """Charge point → central system: asks for a V2G certificate, CSR enclosed (section 6.8).

    The field table knows only `csr`; the note's own example (section 2.2) also has `certificateType`, so that is accepted.
    """

    csr: String5500
    certificate_type: Maybe[PncCertificateSigningUse] = None


class PncSignCertificateResponse(Message):
    """Central system → charge point: whether the CSR is being worked on."""

    status: PncGenericStatus


class PncTriggerMessageRequest(Message):
    """Central system → charge point: asks for a new `SignCertificate` of the V2G certificate; no fields (section 6.9)."""


class PncTriggerMessageResponse(Message):
    """Charge point → central system: whether the CSR will be sent."""

    status: PncTriggerMessageStatus


@dataclass(frozen=True, slots=True)
class PncMessage:
    """One `messageId`: who may send the request, and its two payload types."""

    message_id: str
    sender: Literal["station", "csms"]
    request: type[Message]
    response: type[Message]


PNC_MESSAGES: Final[Mapping[str, PncMessage]] = MappingProxyType(
    {
        message.message_id: message
        for message in (
            PncMessage("Authorize", "station", PncAuthorizeRequest, PncAuthorizeResponse),
            PncMessage("CertificateSigned", "csms", PncCertificateSignedRequest, PncCertificateSignedResponse),
            PncMessage("DeleteCertificate", "csms", PncDeleteCertificateRequest, PncDeleteCertificateResponse),
            PncMessage(
                "Get15118EVCertificate", "station", PncGet15118EVCertificateRequest, PncGet15118EVCertificateResponse
            ),
            PncMessage(
                "GetCertificateStatus", "station", PncGetCertificateStatusRequest, PncGetCertificateStatusResponse
            ),
            PncMessage(
                "GetInstalledCertificateIds",
                "csms",
                PncGetInstalledCertificateIdsRequest,
                PncGetInstalledCertificateIdsResponse,
            ),
            PncMessage("InstallCertificate", "csms", PncInstallCertificateRequest, PncInstallCertificateResponse),
            PncMessage("SignCertificate", "station", PncSignCertificateRequest, PncSignCertificateResponse),
            PncMessage("TriggerMessage", "csms", PncTriggerMessageRequest, PncTriggerMessageResponse),
        )
    }
)
"""`messageId` of the DataTransfer -> its payload types."""


def decode_pnc_request(message_id: str, data: str | bytes) -> Message:
    """The typed request in a DataTransfer's `data`; UnknownAction for another `messageId`, else SchemaViolation."""
    return _decode(_entry(message_id).request, data)


def decode_pnc_response(message_id: str, data: str | bytes) -> Message:
    """The typed response in a DataTransfer response's `data`; UnknownAction for another `messageId`, else SchemaViolation."""
    return _decode(_entry(message_id).response, data)


def _entry(message_id: str) -> PncMessage:
    if message_id not in PNC_MESSAGES:
        raise UnknownAction(OcppVersion.V16, message_id)
    return PNC_MESSAGES[message_id]


def _decode(kind: type[Message], data: str | bytes) -> Message:
    try:
        message: Message = _decoder(kind).decode(data)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise violation_of(error) from None
    return message


@cache
def _decoder(kind: type[Message]) -> msgspec.json.Decoder[Any]:
    return decoder_of(kind)
