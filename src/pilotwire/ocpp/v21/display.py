"""OCPP 2.1. Messages on the station's display."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from pilotwire.ocpp.types import (
    CustomData,
    Datatype,
    Integer,
    Maybe,
    Message,
    NonNegativeInt,
    OneOrMore,
    String36,
    Timestamp,
)
from pilotwire.ocpp.v21.datatypes import Component, MessageContent, StatusInfo
from pilotwire.ocpp.v21.enums import (
    ClearMessageStatus,
    DisplayMessageStatus,
    GetDisplayMessagesStatus,
    MessagePriority,
    MessageState,
)


class MessageInfo(Datatype):
    """A display message: what, where, when, how important."""

    id: NonNegativeInt
    priority: MessagePriority
    message: MessageContent
    display: Maybe[Component] = None
    state: Maybe[MessageState] = None
    start_date_time: Maybe[Timestamp] = None
    end_date_time: Maybe[Timestamp] = None
    transaction_id: Maybe[String36] = None
    message_extra: Maybe[Annotated[list[MessageContent], Meta(min_length=1, max_length=4)]] = None
    custom_data: Maybe[CustomData] = None


class SetDisplayMessageRequest(Message):
    """CSMS → station: puts a message on the display (O01, O02)."""

    message: MessageInfo
    custom_data: Maybe[CustomData] = None


class SetDisplayMessageResponse(Message):
    """Station → CSMS: the answer to `SetDisplayMessageRequest`."""

    status: DisplayMessageStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class GetDisplayMessagesRequest(Message):
    """CSMS → station: orders a report of the display messages (O03, O04)."""

    request_id: Integer
    id: Maybe[OneOrMore[NonNegativeInt]] = None
    priority: Maybe[MessagePriority] = None
    state: Maybe[MessageState] = None
    custom_data: Maybe[CustomData] = None


class GetDisplayMessagesResponse(Message):
    """Station → CSMS: the answer to `GetDisplayMessagesRequest`."""

    status: GetDisplayMessagesStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class NotifyDisplayMessagesRequest(Message):
    """Station → CSMS: delivers the display messages, in parts (O03)."""

    request_id: Integer
    message_info: Maybe[OneOrMore[MessageInfo]] = None
    tbc: Maybe[bool] = None
    custom_data: Maybe[CustomData] = None


class NotifyDisplayMessagesResponse(Message):
    """CSMS → station: the answer to `NotifyDisplayMessagesRequest`."""

    custom_data: Maybe[CustomData] = None


class ClearDisplayMessageRequest(Message):
    """CSMS → station: removes one message from the display (O05)."""

    id: NonNegativeInt
    custom_data: Maybe[CustomData] = None


class ClearDisplayMessageResponse(Message):
    """Station → CSMS: the answer to `ClearDisplayMessageRequest`."""

    status: ClearMessageStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None
