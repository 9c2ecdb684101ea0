"""OCPP 2.0.1. Local authorization list."""

from __future__ import annotations

from pilotwire.ocpp.types import CustomData, Datatype, Integer, Maybe, Message, OneOrMore
from pilotwire.ocpp.v201.datatypes import IdToken, IdTokenInfo, StatusInfo
from pilotwire.ocpp.v201.enums import SendLocalListStatus, Update


class AuthorizationData(Datatype):
    """One entry of the local list; without idTokenInfo it is an entry to remove."""

    id_token: IdToken
    id_token_info: Maybe[IdTokenInfo] = None
    custom_data: Maybe[CustomData] = None


class GetLocalListVersionRequest(Message):
    """CSMS → station: asks for the version number of the local list (D02)."""

    custom_data: Maybe[CustomData] = None


class GetLocalListVersionResponse(Message):
    """Station → CSMS: the version, 0 for an empty list."""

    version_number: Integer
    custom_data: Maybe[CustomData] = None


class SendLocalListRequest(Message):
    """CSMS → station: replaces or amends the local authorization list (D01)."""

    version_number: Integer
    update_type: Update
    local_authorization_list: Maybe[OneOrMore[AuthorizationData]] = None
    custom_data: Maybe[CustomData] = None


class SendLocalListResponse(Message):
    """Station → CSMS: the answer to `SendLocalListRequest`."""

    status: SendLocalListStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None
