"""OCPP 1.6. Local authorization list."""

from __future__ import annotations

from pilotwire.ocpp.types import Datatype, Integer, Maybe, Message, String20
from pilotwire.ocpp.v16.datatypes import IdTagInfo
from pilotwire.ocpp.v16.enums import UpdateStatus, UpdateType


class AuthorizationData(Datatype):
    """One entry of the local list; without idTagInfo it is an entry to remove."""

    id_tag: String20
    id_tag_info: Maybe[IdTagInfo] = None


class GetLocalListVersionRequest(Message):
    """Central system → charge point: asks for the version number of the local list (1.6:5.10)."""


class GetLocalListVersionResponse(Message):
    """Charge point → central system: the version, 0 for an empty list."""

    list_version: Integer


class SendLocalListRequest(Message):
    """Central system → charge point: replaces or amends the local authorization list (1.6:5.15)."""

    list_version: Integer
    update_type: UpdateType
    local_authorization_list: Maybe[list[AuthorizationData]] = None


class SendLocalListResponse(Message):
    """Charge point → central system: the answer to `SendLocalListRequest`."""

    status: UpdateStatus
