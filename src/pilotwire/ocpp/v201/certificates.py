"""OCPP 2.0.1. Certificates: contract, root and OCSP."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from pilotwire.ocpp.types import (
    CustomData,
    Datatype,
    Maybe,
    Message,
    OneOrMore,
    String50,
    String5500,
    String5600,
    String7500,
)
from pilotwire.ocpp.v201.datatypes import CertificateHashData, OCSPRequestData, StatusInfo
from pilotwire.ocpp.v201.enums import (
    CertificateAction,
    DeleteCertificateStatus,
    GetCertificateIdUse,
    GetCertificateStatus,
    GetInstalledCertificateStatus,
    InstallCertificateStatus,
    InstallCertificateUse,
    Iso15118EVCertificateStatus,
)


class CertificateHashDataChain(Datatype):
    """Hashes of an installed certificate and of those under it."""

    certificate_hash_data: CertificateHashData
    certificate_type: GetCertificateIdUse
    child_certificate_hash_data: Maybe[Annotated[list[CertificateHashData], Meta(min_length=1, max_length=4)]] = None
    custom_data: Maybe[CustomData] = None


class Get15118EVCertificateRequest(Message):
    """Station → CSMS: passes on a vehicle's request for its contract certificate (EXI inside) (M01, M02)."""

    iso15118_schema_version: String50
    action: CertificateAction
    exi_request: String5600
    custom_data: Maybe[CustomData] = None


class Get15118EVCertificateResponse(Message):
    """CSMS → station: the EXI response for the vehicle."""

    status: Iso15118EVCertificateStatus
    exi_response: String7500
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class GetCertificateStatusRequest(Message):
    """Station → CSMS: asks for the OCSP status of one certificate (M06)."""

    ocsp_request_data: OCSPRequestData
    custom_data: Maybe[CustomData] = None


class GetCertificateStatusResponse(Message):
    """CSMS → station: the OCSP response."""

    status: GetCertificateStatus
    status_info: Maybe[StatusInfo] = None
    ocsp_result: Maybe[String5500] = None
    custom_data: Maybe[CustomData] = None


class GetInstalledCertificateIdsRequest(Message):
    """CSMS → station: asks which certificates are installed (M03)."""

    certificate_type: Maybe[OneOrMore[GetCertificateIdUse]] = None
    custom_data: Maybe[CustomData] = None


class GetInstalledCertificateIdsResponse(Message):
    """Station → CSMS: hashes of the installed certificates."""

    status: GetInstalledCertificateStatus
    status_info: Maybe[StatusInfo] = None
    certificate_hash_data_chain: Maybe[OneOrMore[CertificateHashDataChain]] = None
    custom_data: Maybe[CustomData] = None


class InstallCertificateRequest(Message):
    """CSMS → station: installs a root certificate (M05)."""

    certificate_type: InstallCertificateUse
    certificate: String5500
    custom_data: Maybe[CustomData] = None


class InstallCertificateResponse(Message):
    """Station → CSMS: the answer to `InstallCertificateRequest`."""

    status: InstallCertificateStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class DeleteCertificateRequest(Message):
    """CSMS → station: removes an installed certificate (M04)."""

    certificate_hash_data: CertificateHashData
    custom_data: Maybe[CustomData] = None


class DeleteCertificateResponse(Message):
    """Station → CSMS: the answer to `DeleteCertificateRequest`."""

    status: DeleteCertificateStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None
