"""OCPP 2.1. Certificates: contract, root and OCSP."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from pilotwire.ocpp.types import (
    CustomData,
    Datatype,
    Maybe,
    Message,
    NonNegativeInt,
    OneOrMore,
    String50,
    String255,
    String2000,
    String10000,
    String11000,
    String17000,
    String18000,
    Timestamp,
)
from pilotwire.ocpp.v21.datatypes import CertificateHashData, OCSPRequestData, StatusInfo
from pilotwire.ocpp.v21.enums import (
    CertificateAction,
    CertificateStatusEnum,
    CertificateStatusSource,
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


class CertificateStatus(Datatype):
    """Revocation status of one certificate."""

    certificate_hash_data: CertificateHashData
    source: CertificateStatusSource
    status: CertificateStatusEnum
    next_update: Timestamp
    custom_data: Maybe[CustomData] = None


class CertificateStatusRequestInfo(Datatype):
    """One certificate whose revocation status is asked, and where to look."""

    certificate_hash_data: CertificateHashData
    source: CertificateStatusSource
    urls: Annotated[list[String2000], Meta(min_length=1, max_length=5)]
    custom_data: Maybe[CustomData] = None


class Get15118EVCertificateRequest(Message):
    """Station → CSMS: passes on a vehicle's request for its contract certificate (EXI inside) (M01, M02)."""

    iso15118_schema_version: String50
    action: CertificateAction
    exi_request: String11000
    maximum_contract_certificate_chains: Maybe[NonNegativeInt] = None
    prioritized_emaids: Maybe[Annotated[list[String255], Meta(min_length=1, max_length=8)]] = field(
        default=None, name="prioritizedEMAIDs"
    )
    custom_data: Maybe[CustomData] = None


class Get15118EVCertificateResponse(Message):
    """CSMS → station: the EXI response for the vehicle."""

    status: Iso15118EVCertificateStatus
    exi_response: String17000
    status_info: Maybe[StatusInfo] = None
    remaining_contracts: Maybe[NonNegativeInt] = None
    custom_data: Maybe[CustomData] = None


class GetCertificateStatusRequest(Message):
    """Station → CSMS: asks for the OCSP status of one certificate (M06)."""

    ocsp_request_data: OCSPRequestData
    custom_data: Maybe[CustomData] = None


class GetCertificateStatusResponse(Message):
    """CSMS → station: the OCSP response."""

    status: GetCertificateStatus
    status_info: Maybe[StatusInfo] = None
    ocsp_result: Maybe[String18000] = None
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
    certificate: String10000
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


class GetCertificateChainStatusRequest(Message):
    """Station → CSMS: asks for the revocation status of several certificates at once (M07)."""

    certificate_status_requests: Annotated[list[CertificateStatusRequestInfo], Meta(min_length=1, max_length=4)]
    custom_data: Maybe[CustomData] = None


class GetCertificateChainStatusResponse(Message):
    """CSMS → station: the answer to `GetCertificateChainStatusRequest`."""

    certificate_status: Annotated[list[CertificateStatus], Meta(min_length=1, max_length=4)]
    custom_data: Maybe[CustomData] = None
