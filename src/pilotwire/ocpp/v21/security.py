"""OCPP 2.1. Security: station certificates and security events."""

from __future__ import annotations

from pilotwire.ocpp.types import (
    CustomData,
    Integer,
    Maybe,
    Message,
    String50,
    String255,
    String5500,
    String10000,
    Timestamp,
)
from pilotwire.ocpp.v21.datatypes import CertificateHashData, StatusInfo
from pilotwire.ocpp.v21.enums import CertificateSignedStatus, CertificateSigningUse, GenericStatus


class SecurityEventNotificationRequest(Message):
    """Station → CSMS: tells a security event (A04)."""

    type: String50
    timestamp: Timestamp
    tech_info: Maybe[String255] = None
    custom_data: Maybe[CustomData] = None


class SecurityEventNotificationResponse(Message):
    """CSMS → station: the answer to `SecurityEventNotificationRequest`."""

    custom_data: Maybe[CustomData] = None


class SignCertificateRequest(Message):
    """Station → CSMS: asks for a certificate, CSR enclosed (A02, A03)."""

    csr: String5500
    certificate_type: Maybe[CertificateSigningUse] = None
    hash_root_certificate: Maybe[CertificateHashData] = None
    request_id: Maybe[Integer] = None
    custom_data: Maybe[CustomData] = None


class SignCertificateResponse(Message):
    """CSMS → station: the answer to `SignCertificateRequest`."""

    status: GenericStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class CertificateSignedRequest(Message):
    """CSMS → station: hands over the certificate made from the station's CSR (A02)."""

    certificate_chain: String10000
    certificate_type: Maybe[CertificateSigningUse] = None
    request_id: Maybe[Integer] = None
    custom_data: Maybe[CustomData] = None


class CertificateSignedResponse(Message):
    """Station → CSMS: the answer to `CertificateSignedRequest`."""

    status: CertificateSignedStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None
