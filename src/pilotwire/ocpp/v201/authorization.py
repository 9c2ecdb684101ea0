"""OCPP 2.0.1. Authorization: may this driver charge?."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from pilotwire.ocpp.types import CustomData, Maybe, Message, String5500
from pilotwire.ocpp.v201.datatypes import IdToken, IdTokenInfo, OCSPRequestData, StatusInfo
from pilotwire.ocpp.v201.enums import AuthorizeCertificateStatus, ClearCacheStatus


class AuthorizeRequest(Message):
    """Station → CSMS: asks whether this id token, or contract certificate, may charge (C01)."""

    id_token: IdToken
    certificate: Maybe[String5500] = None
    iso15118_certificate_hash_data: Maybe[Annotated[list[OCSPRequestData], Meta(min_length=1, max_length=4)]] = None
    custom_data: Maybe[CustomData] = None


class AuthorizeResponse(Message):
    """CSMS → station: the token's status, and what the driver may do."""

    id_token_info: IdTokenInfo
    certificate_status: Maybe[AuthorizeCertificateStatus] = None
    custom_data: Maybe[CustomData] = None


class ClearCacheRequest(Message):
    """CSMS → station: empties the authorization cache (C11)."""

    custom_data: Maybe[CustomData] = None


class ClearCacheResponse(Message):
    """Station → CSMS: the answer to `ClearCacheRequest`."""

    status: ClearCacheStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None
