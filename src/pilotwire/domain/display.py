"""Messages on a station's display (functional block O): what they are, when they are shown, and what makes no sense to send. 2.x only."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pilotwire.domain.kinds import Command, Fact, Outcome, Value

# --- what is said ---------------------------------------------------------------------------------------------------


class MessageFormat(StrEnum):
    """As in MessageFormatEnumType; QRCODE came with 2.1."""

    ASCII = "ASCII"
    HTML = "HTML"
    URI = "URI"
    UTF8 = "UTF8"
    QRCODE = "QRCODE"


class MessagePriority(StrEnum):
    """Whether a message takes its turn, or pushes the others aside (O01.FR.12 to O01.FR.16)."""

    ALWAYS_FRONT = "AlwaysFront"
    IN_FRONT = "InFront"
    NORMAL_CYCLE = "NormalCycle"


class MessageState(StrEnum):
    """In which state of the station a message is shown; Suspended and Discharging came with 2.1."""

    CHARGING = "Charging"
    FAULTED = "Faulted"
    IDLE = "Idle"
    UNAVAILABLE = "Unavailable"
    SUSPENDED = "Suspended"
    DISCHARGING = "Discharging"


class DisplayText(Value):
    """A text in one language (an RFC 5646 tag, O01.FR.17) and format."""

    content: str
    format: MessageFormat = MessageFormat.UTF8
    language: str | None = None


class DisplayPlace(Value):
    """The display of a station that has several: a component of its device model."""

    component: str
    instance: str | None = None
    evse: int | None = None
    connector: int | None = None


class DisplayMessage(Value):
    """A message, by its id. `state` None: in any state. `transaction_id`: only while this transaction lasts (O02).

    `extra` has the same message in further languages (2.1).
    """

    message_id: int
    priority: MessagePriority
    text: DisplayText
    display: DisplayPlace | None = None
    state: MessageState | None = None
    start_at: datetime | None = None
    end_at: datetime | None = None
    transaction_id: str | None = None
    extra: tuple[DisplayText, ...] = ()


class SetDisplayMessage(Command):
    """Show a message, or put it in the place of the one with its id (O01, O02, O06)."""

    message: DisplayMessage


class SetDisplayMessageStatus(StrEnum):
    """As in DisplayMessageStatusEnumType; LanguageNotSupported came with 2.1."""

    ACCEPTED = "Accepted"
    NOT_SUPPORTED_MESSAGE_FORMAT = "NotSupportedMessageFormat"
    REJECTED = "Rejected"
    NOT_SUPPORTED_PRIORITY = "NotSupportedPriority"
    NOT_SUPPORTED_STATE = "NotSupportedState"
    UNKNOWN_TRANSACTION = "UnknownTransaction"
    LANGUAGE_NOT_SUPPORTED = "LanguageNotSupported"


class SetDisplayMessageOutcome(Outcome):
    """The answer to a message."""

    status: SetDisplayMessageStatus


class GetDisplayMessages(Command):
    """Ask for all messages (O03), or for those with one of these ids, this priority, this state (O04)."""

    request_id: int
    ids: tuple[int, ...] = ()
    priority: MessagePriority | None = None
    state: MessageState | None = None

    @property
    def asks_for_all(self) -> bool:
        """Whether nothing limits what is asked for (O03)."""
        return not self.ids and self.priority is None and self.state is None


class GetDisplayMessagesStatus(StrEnum):
    """As in GetDisplayMessagesStatusEnumType; Unknown: there is none that fits (O03.FR.06, O04.FR.02)."""

    ACCEPTED = "Accepted"
    UNKNOWN = "Unknown"


class GetDisplayMessagesOutcome(Outcome):
    """The answer; the messages themselves come in `DisplayMessagesPart`s."""

    status: GetDisplayMessagesStatus


class DisplayMessagesPart(Fact):
    """A part of the messages asked for (O03.FR.03). Parts have no number: they count in the order they come."""

    request_id: int
    messages: tuple[DisplayMessage, ...] = ()
    more: bool = False


class ClearDisplayMessage(Command):
    """Take a message off (O05)."""

    message_id: int


class ClearDisplayMessageStatus(StrEnum):
    """As in ClearMessageStatusEnumType; Rejected came with 2.1."""

    ACCEPTED = "Accepted"
    UNKNOWN = "Unknown"
    REJECTED = "Rejected"


class ClearDisplayMessageOutcome(Outcome):
    """The answer to taking a message off; Unknown: there was none with this id (O05.FR.02)."""

    status: ClearDisplayMessageStatus


# --- what follows ---------------------------------------------------------------------------------------------------


class Flaw(Value):
    """Why a message is not worth sending: the field that is wrong, and a sentence."""

    field: str
    what: str


def flaw_of(message: DisplayMessage, now: datetime, *, transaction_is_over: bool = False) -> Flaw | None:
    """What makes a message one that a station would reject or never show, None if nothing does.

    `transaction_is_over`: the message's transaction is known to have ended at this station, so it is no longer known there
    (O02.FR.01, O02.FR.02). One nobody knows may have begun while the station was offline.
    """
    start, end = message.start_at, message.end_at
    if start is not None and end is not None and end <= start:
        return Flaw(field="endDateTime", what="the message would end before it begins (O01.FR.06, O01.FR.07)")
    if end is not None and end <= now:
        return Flaw(
            field="endDateTime", what="this moment has passed: the message would be removed at once (O01.FR.07)"
        )
    if transaction_is_over:
        return Flaw(field="transactionId", what="this transaction has ended at this station (O02.FR.01)")
    if not message.text.content:
        return Flaw(field="message.content", what="there is no text to show")
    languages = [text.language for text in (message.text, *message.extra)]
    if message.extra and (None in languages or len({str(tag).casefold() for tag in languages}) < len(languages)):
        return Flaw(
            field="messageExtra", what="each text needs a language of its own for a driver's to be chosen (O01.FR.08)"
        )
    return None


def is_replaced_by(old: DisplayMessage, new: DisplayMessage) -> bool:
    """Whether a station that takes `new` gives up `old`: it has its id (O06.FR.01), or both are always in front (O01.FR.16)."""
    both_in_front = old.priority is new.priority is MessagePriority.ALWAYS_FRONT and old.display == new.display
    return old.message_id == new.message_id or both_in_front


def fits(message: DisplayMessage, asked: GetDisplayMessages) -> bool:
    """Whether a message is one of those asked for (O04)."""
    if asked.ids and message.message_id not in asked.ids:
        return False
    if asked.priority not in (None, message.priority):
        return False
    return asked.state in (None, message.state)
