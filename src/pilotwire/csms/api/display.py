"""Messages on stations' displays (functional block O): set, asked for, cleared, and the record of them. 2.x only."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field

from pilotwire.csms.api.access import COMMAND, READ
from pilotwire.csms.api.problems import COMMANDS, READS, unusable
from pilotwire.csms.api.resource import (
    HIGHEST_INTEGER,
    TEXT,
    EvseResource,
    Integer,
    Limit,
    PageOf,
    Resource,
    StationIdentity,
    Time,
    page_of,
)
from pilotwire.csms.api.rooms import Desk, TheDesk
from pilotwire.csms.commands.display import Display, PointlessMessage
from pilotwire.csms.registers.display import DISPLAY, ShownMessage, key_of
from pilotwire.csms.store.ports import Page
from pilotwire.csms.store.registers import cursor_of
from pilotwire.domain.display import (
    ClearDisplayMessageStatus,
    DisplayMessage,
    DisplayPlace,
    DisplayText,
    GetDisplayMessagesStatus,
    MessageFormat,
    MessagePriority,
    MessageState,
    SetDisplayMessageStatus,
)

router = APIRouter(prefix="/stations/{station}", tags=["display messages"])
_TEXT_WITH_LINES = r"^[^\x00]*$"
Name = Annotated[str, Field(min_length=1, max_length=50, pattern=TEXT)]


class MessageContentResource(Resource):
    """A text (MessageContentType): at most 512 characters in 2.0.1, 1024 in 2.1."""

    content: str = Field(min_length=1, max_length=1024, pattern=_TEXT_WITH_LINES)
    format: MessageFormat = Field(default=MessageFormat.UTF8, description="QRCODE is in 2.1 only.")
    language: Annotated[str, Field(min_length=1, max_length=8, pattern=TEXT)] | None = Field(
        default=None, description="An RFC 5646 tag, for example en-US."
    )

    @classmethod
    def of(cls, text: DisplayText) -> MessageContentResource:
        """The resource of a text."""
        return cls.model_construct(content=text.content, format=text.format, language=text.language)

    def text(self) -> DisplayText:
        """In domain terms."""
        return DisplayText(content=self.content, format=self.format, language=self.language)


class DisplayResource(Resource):
    """The display of a station that has several: a component of its device model."""

    name: Name
    instance: Name | None = None
    evse: EvseResource | None = None

    @classmethod
    def of(cls, place: DisplayPlace | None) -> DisplayResource | None:
        """The resource of a display, if one is named."""
        if place is None:
            return None
        evse = None
        if place.evse is not None:
            evse = EvseResource.model_construct(id=place.evse, connector_id=place.connector)
        return cls.model_construct(name=place.component, instance=place.instance, evse=evse)

    def place(self) -> DisplayPlace:
        """In domain terms."""
        return DisplayPlace(
            component=self.name,
            instance=self.instance,
            evse=None if self.evse is None else self.evse.id,
            connector=None if self.evse is None else self.evse.connector_id,
        )


class MessageInfoResource(Resource):
    """A message (MessageInfoType). A station replaces the one with its id (O06)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 1,
                    "priority": "NormalCycle",
                    "message": {"content": "Welcome", "language": "en"},
                    "state": "Idle",
                    "startDateTime": "2030-01-01T08:00:00Z",
                    "endDateTime": "2030-01-31T20:00:00Z",
                }
            ]
        }
    )

    id: Integer
    priority: MessagePriority = MessagePriority.NORMAL_CYCLE
    message: MessageContentResource
    display: DisplayResource | None = None
    state: MessageState | None = Field(default=None, description="null: in any. Suspended, Discharging: 2.1 only.")
    start_date_time: Time | None = None
    end_date_time: Time | None = None
    transaction_id: Annotated[str, Field(min_length=1, max_length=36, pattern=TEXT)] | None = Field(
        default=None, description="Show it only as long as this transaction lasts (O02)."
    )
    message_extra: Annotated[list[MessageContentResource], Field(min_length=1, max_length=4)] | None = Field(
        default=None, description="The same in further languages (2.1)."
    )

    @classmethod
    def of(cls, message: DisplayMessage) -> MessageInfoResource:
        """The resource of a message; what a station reports is shown as it is."""
        return cls.model_construct(**_shown(message))

    def said(self) -> DisplayMessage:
        """In domain terms."""
        return DisplayMessage(
            message_id=self.id,
            priority=self.priority,
            text=self.message.text(),
            display=self.display.place() if self.display else None,
            state=self.state,
            start_at=self.start_date_time,
            end_at=self.end_date_time,
            transaction_id=self.transaction_id,
            extra=tuple(text.text() for text in self.message_extra or ()),
        )


class StoredMessageResource(MessageInfoResource):
    """A message on record. `setAt`: when the station accepted it from here; `reportedAt`: when it last told of it."""

    model_config = ConfigDict(json_schema_extra={"examples": []})

    set_at: Time | None
    reported_at: Time | None

    @classmethod
    def kept(cls, shown: ShownMessage) -> StoredMessageResource:
        """The resource of a record."""
        return cls.model_construct(set_at=shown.set_at, reported_at=shown.reported_at, **_shown(shown.message))


def _shown(message: DisplayMessage) -> dict[str, Any]:
    return {
        "id": message.message_id,
        "priority": message.priority,
        "message": MessageContentResource.of(message.text),
        "display": DisplayResource.of(message.display),
        "state": message.state,
        "start_date_time": message.start_at,
        "end_date_time": message.end_at,
        "transaction_id": message.transaction_id,
        "message_extra": [MessageContentResource.of(text) for text in message.extra] or None,
    }


def _display(desk: Desk) -> Display:
    rooms = desk.rooms
    return Display(rooms.commander, rooms.journal, rooms.store, rooms.clock)


class SetDisplayMessageResponse(Resource):
    """The station's answer."""

    status: SetDisplayMessageStatus


@router.post("/commands/set-display-message", responses=COMMANDS, dependencies=[COMMAND], summary="Show a message")
async def set_display_message(
    desk: TheDesk, station: StationIdentity, wanted: MessageInfoResource
) -> SetDisplayMessageResponse:
    """Show a message on a station's display, or replace the one with its id (O01, O02, O06).

    422 without asking the station if it would never be shown: it ends before it begins or has ended, its transaction is known to be over,
    or the station's version has no such format, state or length.
    """
    try:
        outcome = await _display(desk).show(station, wanted.said())
    except PointlessMessage as pointless:
        raise unusable(f"body.{pointless.flaw.field}", pointless.flaw.what) from None
    return SetDisplayMessageResponse(status=outcome.status)


class GetDisplayMessagesRequest(Resource):
    """Which messages are wanted (O04); nothing said: all (O03)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"priority": "InFront"}]})

    id: Annotated[list[Integer], Field(min_length=1, max_length=100)] | None = None
    priority: MessagePriority | None = None
    state: MessageState | None = None


class GetDisplayMessagesResponse(Resource):
    """The messages, put together from all parts. Unknown: there is none that fits."""

    status: GetDisplayMessagesStatus
    request_id: int = Field(description="By which the message log knows the parts.")
    message_info: list[MessageInfoResource]


@router.post("/commands/get-display-messages", responses=COMMANDS, dependencies=[COMMAND], summary="Ask for messages")
async def get_display_messages(
    desk: TheDesk, station: StationIdentity, wanted: GetDisplayMessagesRequest
) -> GetDisplayMessagesResponse:
    """Ask a station which messages it has and wait for all of them. 504 if a part does not come in time."""
    told = await _display(desk).ask(
        station,
        ids=tuple(wanted.id or ()),
        priority=wanted.priority,
        state=wanted.state,
        patience=desk.rooms.settings.call_timeout,
    )
    return GetDisplayMessagesResponse.model_construct(
        status=told.status,
        request_id=told.request_id,
        message_info=[MessageInfoResource.of(message) for message in told.messages],
    )


class ClearDisplayMessageRequest(Resource):
    """Which message goes (O05)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"id": 1}]})

    id: Integer


class ClearDisplayMessageResponse(Resource):
    """The station's answer; Unknown: it has no such message. Rejected is in 2.1 only."""

    status: ClearDisplayMessageStatus


@router.post("/commands/clear-display-message", responses=COMMANDS, dependencies=[COMMAND], summary="Clear a message")
async def clear_display_message(
    desk: TheDesk, station: StationIdentity, wanted: ClearDisplayMessageRequest
) -> ClearDisplayMessageResponse:
    """Take a message off a station's display."""
    outcome = await _display(desk).clear(station, wanted.id)
    return ClearDisplayMessageResponse(status=outcome.status)


@router.get("/display-messages", responses=READS, dependencies=[READ], summary="List messages on record")
async def list_messages(
    desk: TheDesk,
    station: StationIdentity,
    limit: Limit = 100,
    after: Annotated[
        int | None, Query(ge=-HIGHEST_INTEGER, le=HIGHEST_INTEGER, description="A cursor: the last id had.")
    ] = None,
) -> PageOf[StoredMessageResource]:
    """The messages a station has as far as is known: those it accepted from here, and what it reported; what it reports counts."""
    cursor = None if after is None else cursor_of(station, key_of(after))
    found = await desk.store.records(DISPLAY, station, Page(limit=limit, after=cursor))
    last = str(found[-1].message.message_id) if found else ""
    items = [StoredMessageResource.kept(each) for each in found]
    return PageOf[StoredMessageResource].model_construct(**page_of(items, limit, last))
