"""OCPP 2.1. Authorization: may this driver charge?."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from pilotwire.ocpp.types import CustomData, Maybe, Message, OneOrMore, String10000
from pilotwire.ocpp.v21.datatypes import IdToken, IdTokenInfo, OCSPRequestData, StatusInfo, Tariff
from pilotwire.ocpp.v21.enums import AuthorizeCertificateStatus, ClearCacheStatus, EnergyTransferMode


class AuthorizeRequest(Message):
    """Station → CSMS: asks whether this id token, or contract certificate, may charge (C01)."""

    id_token: IdToken
    certificate: Maybe[String10000] = None
    iso15118_certificate_hash_data: Maybe[Annotated[list[OCSPRequestData], Meta(min_length=1, max_length=4)]] = None
    custom_data: Maybe[CustomData] = None


class AuthorizeResponse(Message):
    """CSMS → station: the token's status, and what the driver may do."""

    id_token_info: IdTokenInfo
    certificate_status: Maybe[AuthorizeCertificateStatus] = None
    allowed_energy_transfer: Maybe[OneOrMore[EnergyTransferMode]] = None
    tariff: Maybe[Tariff] = None
    custom_data: Maybe[CustomData] = None


class ClearCacheRequest(Message):
    """CSMS → station: empties the authorization cache (C11)."""

    custom_data: Maybe[CustomData] = None


class ClearCacheResponse(Message):
    """Station → CSMS: the answer to `ClearCacheRequest`."""

    status: ClearCacheStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None
