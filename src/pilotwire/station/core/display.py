"""Messages of the CSMS for the displays (functional block O): taken, told, removed. What is shown of them when: `display_screens`.

The station has a display of its own, and each EVSE has one: components `Display` without an EVSE and with one. A message that names none is
for the displays of the EVSEs, where drivers look (O01.FR.20).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from pilotwire.domain.device_model import DataType, Mutability, VariableName
from pilotwire.domain.display import (
    ClearDisplayMessage,
    ClearDisplayMessageOutcome,
    ClearDisplayMessageStatus,
    DisplayMessage,
    DisplayMessagesPart,
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
    fits,
    flaw_of,
    is_replaced_by,
)
from pilotwire.station.core import display_screens, outbox_policy
from pilotwire.station.core.display_memory import DisplayMemory
from pilotwire.station.core.features import Feature
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street, answered
from pilotwire.station.core.variable_table import Declared, fixed, name_of, switch
from pilotwire.station.hardware.ports import StationLayout

DISPLAY_MESSAGES: Final = 20
"""How many messages can be set at one time (O01.FR.11)."""
MESSAGES_IN_PART: Final = 5
"""Messages in one NotifyDisplayMessages (O03.FR.03)."""
_FORMATS: Final = "DisplayMessageCtrlr.SupportedFormats"
_PRIORITIES: Final = "DisplayMessageCtrlr.SupportedPriorities"
_STATES: Final = "DisplayMessageCtrlr.SupportedStates"
_READABLE: Final = frozenset(map(chr, range(0x20, 0x7F))) | {"\n", "\r", "\t"}
"""What a text of the format ASCII may have (2.x MessageFormatEnumType)."""
_Status = SetDisplayMessageStatus


# --- set ------------------------------------------------------------------------------------------------------------


def put(station: Station, command: SetDisplayMessage) -> SetDisplayMessageOutcome:
    """Take a message, in the place of those it replaces (O01, O02, O06), or say why not."""
    message = command.message
    refused = _refusal(station, message)
    if refused is not None:
        return SetDisplayMessageOutcome(status=refused)
    kept = tuple(old for old in station.kept(DisplayMemory).messages if not is_replaced_by(old, message))
    if len(kept) >= DISPLAY_MESSAGES:
        return SetDisplayMessageOutcome(status=_Status.REJECTED)  # O01.FR.11, O02.FR.11
    station.remember(DisplayMemory(messages=(*kept, message)))
    return SetDisplayMessageOutcome(status=_Status.ACCEPTED)


def _refusal(station: Station, message: DisplayMessage) -> SetDisplayMessageStatus | None:
    texts = (message.text, *message.extra)
    members = station.variables.members
    if not station.variables.on(display_screens.ENABLED):
        return _Status.REJECTED
    if message.priority not in members(_PRIORITIES):
        return _Status.NOT_SUPPORTED_PRIORITY
    if message.state is not None and message.state not in members(_STATES):
        return _Status.NOT_SUPPORTED_STATE
    if any(text.format not in members(_FORMATS) for text in texts):
        return _Status.NOT_SUPPORTED_MESSAGE_FORMAT
    if not station.variables.has(display_screens.LANGUAGE):
        if message.extra:
            return _Status.REJECTED  # O01.FR.19
    elif not all(map(_language_known, texts)):
        return _Status.LANGUAGE_NOT_SUPPORTED  # O01.FR.18
    if message.transaction_id is not None and not station.is_ongoing(message.transaction_id):
        return _Status.UNKNOWN_TRANSACTION  # O02.FR.01
    if not _place_known(station, message) or not all(map(_is_written_as_said, texts)):
        return _Status.REJECTED  # O01.FR.22
    flaw = flaw_of(message, station.stamp())
    if flaw is None:
        return None
    station.note(f"Display message {message.message_id} was not taken: {flaw.what}.")
    return _Status.REJECTED


def _language_known(text: DisplayText) -> bool:
    """A regional variant of a language known here is one that can be shown."""
    return text.language is None or display_screens.primary(text.language) in display_screens.LANGUAGES


def _is_written_as_said(text: DisplayText) -> bool:
    return text.format is not MessageFormat.ASCII or _READABLE.issuperset(text.content)


def _place_known(station: Station, message: DisplayMessage) -> bool:
    place = message.display
    if place is None:
        return True
    known = place.evse is None or place.evse in station.evses
    return known and place.component.casefold() == "display" and place.instance is None and place.connector is None


# --- get, clear -----------------------------------------------------------------------------------------------------


def tell(station: Station, command: GetDisplayMessages) -> GetDisplayMessagesOutcome:
    """Tell the messages asked for in as many parts as it takes (O03, O04), or that there are none."""
    found = [message for message in station.kept(DisplayMemory).messages if fits(message, command)]
    if not found:
        return GetDisplayMessagesOutcome(status=GetDisplayMessagesStatus.UNKNOWN)
    parts = _parts(command.request_id, found)
    if not outbox_policy.keep_parts(station, parts):
        _say(station, parts)
    return GetDisplayMessagesOutcome(status=GetDisplayMessagesStatus.ACCEPTED)


def _parts(request_id: int, found: list[DisplayMessage]) -> Iterator[DisplayMessagesPart]:
    for at in range(0, len(found), MESSAGES_IN_PART):
        upto = at + MESSAGES_IN_PART
        yield DisplayMessagesPart(request_id=request_id, messages=tuple(found[at:upto]), more=upto < len(found))


def _say(station: Station, parts: Iterator[DisplayMessagesPart]) -> None:
    part = next(parts, None)
    if part is not None:
        station.say(part, answered=lambda _: _say(station, parts), failed=lambda _: _not_told(station, part))


def _not_told(station: Station, part: DisplayMessagesPart) -> None:
    station.note(f"The display messages (request {part.request_id}) were not told: the CSMS did not take them.")


def clear(station: Station, command: ClearDisplayMessage) -> ClearDisplayMessageOutcome:
    """Remove a message (O05); where displays cannot take one off, it stays until it ends by itself (O05.FR.03)."""
    messages = station.kept(DisplayMemory).messages
    left = tuple(message for message in messages if message.message_id != command.message_id)
    if len(left) == len(messages):
        return ClearDisplayMessageOutcome(status=ClearDisplayMessageStatus.UNKNOWN)
    if Feature.CLEAR_DISPLAY in station.settings.lacks:
        station.note(f"Display message {command.message_id} stays: this station cannot take a message off.")
        return ClearDisplayMessageOutcome(status=ClearDisplayMessageStatus.REJECTED)
    station.remember(DisplayMemory(messages=left))
    return ClearDisplayMessageOutcome(status=ClearDisplayMessageStatus.ACCEPTED)


# --- what ends by itself --------------------------------------------------------------------------------------------


def _follow(station: Station) -> None:
    """Remove what has ended (O01.FR.07, O02.FR.02), then show what is to be seen now."""
    messages = station.kept(DisplayMemory).messages
    if messages:
        left = tuple(message for message in messages if not _is_over(station, message))
        if len(left) != len(messages):
            station.remember(DisplayMemory(messages=left))
    display_screens.refresh(station)


def _is_over(station: Station, message: DisplayMessage) -> bool:
    if message.end_at is not None and message.end_at <= station.now + station.offset:
        return True
    return message.transaction_id is not None and not station.is_ongoing(message.transaction_id)


def _deadline(station: Station) -> datetime | None:
    moments = [at for message in station.kept(DisplayMemory).messages for at in (message.start_at, message.end_at)]
    own = [at - station.offset for at in moments if at is not None]
    coming = [at for at in own if at > station.now]
    screens = display_screens.deadline(station)
    return min(coming if screens is None else [*coming, screens], default=None)


# --- the street -----------------------------------------------------------------------------------------------------


def _variables(family: Family, layout: StationLayout) -> tuple[Declared, ...]:
    """1.6 has no such messages; what the station says itself is always shown."""
    if family is Family.OCPP16:
        return (fixed(display_screens.ENABLED, "false", DataType.BOOLEAN),)
    formats = tuple(each.value for each in MessageFormat)
    priorities = tuple(each.value for each in MessagePriority)
    back = any(evse.max_discharge_w > 0 for evse in layout.evses)
    states = tuple(each.value for each in MessageState if back or each is not MessageState.DISCHARGING)
    language = name_of(display_screens.LANGUAGE)
    return (
        fixed("DisplayMessageCtrlr.Available", "true", DataType.BOOLEAN),
        switch(display_screens.ENABLED, True),
        fixed("DisplayMessageCtrlr.DisplayMessages", "0", high=DISPLAY_MESSAGES),
        fixed("DisplayMessageCtrlr.PersonalMessageSize", "512"),
        fixed(_FORMATS, "ASCII,UTF8,URI", DataType.MEMBER_LIST, formats),
        fixed(_PRIORITIES, ",".join(priorities), DataType.MEMBER_LIST, priorities),
        fixed(_STATES, ",".join(states), DataType.MEMBER_LIST, tuple(each.value for each in MessageState)),
        Declared(language, DataType.OPTION_LIST, "en", Mutability.READ_WRITE, values=display_screens.LANGUAGES),
        *map(_display, (None, *(evse.evse_id for evse in layout.evses))),
    )


def _display(evse: int | None) -> Declared:
    """A display of the station, or of an EVSE (O01.FR.21): what is to be read there."""
    name = VariableName(component="Display", variable="DataText", evse=evse)
    return Declared(name, DataType.STRING, "", Mutability.READ_ONLY, persistent=False)


def _count(station: Station, _name: VariableName) -> str:
    return str(len(station.kept(DisplayMemory).messages))


STREET = Street(
    "display",
    commands={
        SetDisplayMessage: answered(put),
        GetDisplayMessages: answered(tell),
        ClearDisplayMessage: answered(clear),
    },
    variables=_variables,
    live={
        ("displaymessagectrlr", "displaymessages"): _count,
        ("display", "datatext"): lambda station, name: display_screens.shown(station, name.evse),
    },
    deadline=_deadline,
    follow=_follow,
)
"""It comes after all streets that say something to a driver: it decides what of that is seen."""
