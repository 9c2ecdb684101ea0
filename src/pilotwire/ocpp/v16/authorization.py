"""OCPP 1.6. Authorization: may this driver charge?."""

from __future__ import annotations

from pilotwire.ocpp.types import Message, String20
from pilotwire.ocpp.v16.datatypes import IdTagInfo
from pilotwire.ocpp.v16.enums import ClearCacheStatus


class AuthorizeRequest(Message):
    """Charge point → central system: asks whether this idTag may charge (1.6:4.1)."""

    id_tag: String20


class AuthorizeResponse(Message):
    """Central system → charge point: the token's status, and what the driver may do."""

    id_tag_info: IdTagInfo


class ClearCacheRequest(Message):
    """Central system → charge point: empties the authorization cache (1.6:5.4)."""


class ClearCacheResponse(Message):
    """Charge point → central system: the answer to `ClearCacheRequest`."""

    status: ClearCacheStatus
