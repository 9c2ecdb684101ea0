"""Messages on a display in 2.x (O01 to O06). 2.1 adds texts in further languages, and values of formats and states."""

from __future__ import annotations

from typing import Any

from pilotwire.dialects.ocpp2.wire import Wire, enumerated
from pilotwire.dialects.times import read_time
from pilotwire.dialects.words import CommandWord, FactWord, same_name
from pilotwire.domain.display import (
    ClearDisplayMessage,
    ClearDisplayMessageOutcome,
    ClearDisplayMessageStatus,
    DisplayMessage,
    DisplayMessagesPart,
    DisplayPlace,
    DisplayText,
    GetDisplayMessages,
    GetDisplayMessagesOutcome,
    GetDisplayMessagesStatus,
    MessageFormat,
    MessagePriority,
    MessageState,
    SetDisplayMessage,
    SetDisplayMessageOutcome,
    SetDisplayMessageStatus,
)
from pilotwire.errors import NotSayable
from pilotwire.ocpp import v201
from pilotwire.ocpp.types import Message


def _read_text(content: v201.MessageContent) -> DisplayText:
    return DisplayText(content=content.content, format=MessageFormat(content.format), language=content.language)


def _write_text(wire: Wire, text: DisplayText) -> v201.MessageContent:
    if text.format not in enumerated(wire, "MessageFormat"):
        raise NotSayable(f"OCPP 2.0.1 knows no messages of format {text.format}.", "Send a URI, or text.")
    return wire.MessageContent(format=same_name(text.format), content=text.content, language=text.language)


def _read_place(component: v201.Component | None) -> DisplayPlace | None:
    if component is None:
        return None
    evse = component.evse
    return DisplayPlace(
        component=component.name,
        instance=component.instance,
        evse=None if evse is None else evse.id,
        connector=None if evse is None else evse.connector_id,
    )


def _write_place(wire: Wire, place: DisplayPlace | None) -> v201.Component | None:
    if place is None:
        return None
    evse = None if place.evse is None else wire.EVSE(id=place.evse, connector_id=place.connector)
    return wire.Component(name=place.component, instance=place.instance, evse=evse)


def read_message(info: Any) -> DisplayMessage:
    """MessageInfoType of either version."""
    extra = getattr(info, "message_extra", None) or ()
    return DisplayMessage(
        message_id=info.id,
        priority=MessagePriority(info.priority),
        text=_read_text(info.message),
        display=_read_place(info.display),
        state=None if info.state is None else MessageState(info.state),
        start_at=None if info.start_date_time is None else read_time(info.start_date_time),
        end_at=None if info.end_date_time is None else read_time(info.end_date_time),
        transaction_id=info.transaction_id,
        extra=tuple(map(_read_text, extra)),
    )


def _write_state(wire: Wire, state: MessageState | None) -> Any:
    if state is not None and state not in enumerated(wire, "MessageState"):
        raise NotSayable(
            f"OCPP 2.0.1 shows no messages in the state {state}.", "Leave out the state, or choose another."
        )
    return same_name(state)


def write_message(wire: Wire, message: DisplayMessage) -> v201.MessageInfo:
    """MessageInfoType; 2.0.1 has one language a message."""
    more: dict[str, Any] = {}
    if message.extra:
        if "message_extra" not in wire.MessageInfo.__struct_fields__:
            raise NotSayable("A message of OCPP 2.0.1 has one text.", "Send one message for each language.")
        more = {"message_extra": [_write_text(wire, text) for text in message.extra]}
    return wire.MessageInfo(
        id=message.message_id,
        priority=same_name(message.priority),
        message=_write_text(wire, message.text),
        display=_write_place(wire, message.display),
        state=_write_state(wire, message.state),
        start_date_time=message.start_at,
        end_date_time=message.end_at,
        transaction_id=message.transaction_id,
        **more,
    )


def _write_status(wire: Wire, status: SetDisplayMessageStatus) -> SetDisplayMessageStatus:
    """The status, or Rejected where this version has no word for it (LanguageNotSupported in 2.0.1)."""
    return status if status in enumerated(wire, "DisplayMessageStatus") else SetDisplayMessageStatus.REJECTED


def _write_cleared(wire: Wire, status: ClearDisplayMessageStatus) -> ClearDisplayMessageStatus:
    """The status, or Unknown, the only no that 2.0.1 has."""
    return status if status in enumerated(wire, "ClearMessageStatus") else ClearDisplayMessageStatus.UNKNOWN


def read_get(request: v201.GetDisplayMessagesRequest) -> GetDisplayMessages:
    """GetDisplayMessages (O03, O04)."""
    return GetDisplayMessages(
        request_id=request.request_id,
        ids=tuple(request.id or ()),
        priority=None if request.priority is None else MessagePriority(request.priority),
        state=None if request.state is None else MessageState(request.state),
    )


def write_get(wire: Wire, command: GetDisplayMessages) -> tuple[Message, ...]:
    """GetDisplayMessages."""
    return (
        wire.GetDisplayMessagesRequest(
            request_id=command.request_id,
            id=list(command.ids) or None,
            priority=same_name(command.priority),
            state=_write_state(wire, command.state),
        ),
    )


def read_part(request: v201.NotifyDisplayMessagesRequest) -> DisplayMessagesPart:
    """NotifyDisplayMessages (O03)."""
    return DisplayMessagesPart(
        request_id=request.request_id,
        messages=tuple(map(read_message, request.message_info or ())),
        more=bool(request.tbc),
    )


def write_part(wire: Wire, part: DisplayMessagesPart) -> Message:
    """NotifyDisplayMessages; `tbc` is left out of the last part (O03.FR.04)."""
    return wire.NotifyDisplayMessagesRequest(
        request_id=part.request_id,
        message_info=[write_message(wire, message) for message in part.messages] or None,
        tbc=True if part.more else None,
    )


def facts(wire: Wire) -> tuple[FactWord, ...]:
    """The words of a version."""
    return (
        FactWord(
            fact=DisplayMessagesPart,
            read={wire.NotifyDisplayMessagesRequest: read_part},
            write=lambda fact, _named: write_part(wire, fact),
            write_verdict=lambda _fact, _verdict: wire.NotifyDisplayMessagesResponse(),
        ),
    )


def commands(wire: Wire) -> tuple[CommandWord, ...]:
    """The words of a version."""
    return (
        CommandWord(
            command=SetDisplayMessage,
            read={
                wire.SetDisplayMessageRequest: lambda request: SetDisplayMessage(message=read_message(request.message))
            },
            write=lambda command: (wire.SetDisplayMessageRequest(message=write_message(wire, command.message)),),
            write_outcome=lambda _command, outcome, _request: wire.SetDisplayMessageResponse(
                status=same_name(_write_status(wire, outcome.status))
            ),
            read_outcome=lambda _command, responses: SetDisplayMessageOutcome(
                status=SetDisplayMessageStatus(responses[0].status)
            ),
        ),
        CommandWord(
            command=GetDisplayMessages,
            read={wire.GetDisplayMessagesRequest: read_get},
            write=lambda command: write_get(wire, command),
            write_outcome=lambda _command, outcome, _request: wire.GetDisplayMessagesResponse(
                status=same_name(outcome.status)
            ),
            read_outcome=lambda _command, responses: GetDisplayMessagesOutcome(
                status=GetDisplayMessagesStatus(responses[0].status)
            ),
        ),
        CommandWord(
            command=ClearDisplayMessage,
            read={wire.ClearDisplayMessageRequest: lambda request: ClearDisplayMessage(message_id=request.id)},
            write=lambda command: (wire.ClearDisplayMessageRequest(id=command.message_id),),
            write_outcome=lambda _command, outcome, _request: wire.ClearDisplayMessageResponse(
                status=same_name(_write_cleared(wire, outcome.status))
            ),
            read_outcome=lambda _command, responses: ClearDisplayMessageOutcome(
                status=ClearDisplayMessageStatus(responses[0].status)
            ),
        ),
    )
