"""OCPP 1.6. Security: station certificates and security events."""

from __future__ import annotations

from pilotwire.ocpp.types import Integer, LooseTimestamp, Maybe, Message, String50, String255, String5500, String10000
from pilotwire.ocpp.v16.enums import (
    CertificateSignedStatus,
    ExtendedMessageTrigger,
    GenericStatus,
    TriggerMessageStatus,
)


class SecurityEventNotificationRequest(Message):
    """Charge point → central system: tells a security event (security whitepaper)."""

    type: String50
    timestamp: LooseTimestamp
    tech_info: Maybe[String255] = None


class SecurityEventNotificationResponse(Message):
    """Central system → charge point: the answer to `SecurityEventNotificationRequest`."""


class SignCertificateRequest(Message):
    """Charge point → central system: asks for a certificate, CSR enclosed (security whitepaper)."""

    csr: String5500


class SignCertificateResponse(Message):
    """Central system → charge point: the answer to `SignCertificateRequest`."""

    status: GenericStatus


class CertificateSignedRequest(Message):
    """Central system → charge point: hands over the certificate made from the station's CSR (security whitepaper)."""

    certificate_chain: String10000


class CertificateSignedResponse(Message):
    """Charge point → central system: the answer to `CertificateSignedRequest`."""

    status: CertificateSignedStatus


class ExtendedTriggerMessageRequest(Message):
    """Central system → charge point: asks for a certain message now, with the security messages in the list (security
    whitepaper)."""

    requested_message: ExtendedMessageTrigger
    connector_id: Maybe[Integer] = None


class ExtendedTriggerMessageResponse(Message):
    """Charge point → central system: the answer to `ExtendedTriggerMessageRequest`."""

    status: TriggerMessageStatus
