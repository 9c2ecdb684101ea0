"""What the cases of block O share: messages set and asked for, all parts of the answer, and looks at the display."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pilotwire.conformance.checks import Check, Judgement, count, equals
from pilotwire.conformance.conditions import kept_is
from pilotwire.conformance.language import Acts, Judges, Keeps, Receives, Repeats, Sends, State, Step, Waits
from pilotwire.conformance.states.station201 import (
    ev_connected_post_session,
    ev_disconnected,
    parking_bay_unoccupied,
    stop_authorized,
)
from pilotwire.conformance.values import OMITTED, Computed, Fresh, Kept, Known, Moment, configured, resolve
from pilotwire.conformance.variables import component_variable

Steps = tuple[Step, ...]

FIRST = Fresh("first message")
SECOND = Fresh("second message")
CONTENT = configured.message_content
CONTENT_2 = Computed("<configured message_content> 2", lambda known: f"{known.setting('message_content')} 2")
OF_TRANSACTION: dict[str, Any] = {"transactionId": Kept("transaction_id")}
START = Moment(configured.message_start_offset, name="start of the message")
END = Moment(configured.message_end_offset, name="end of the message")


def _display(known: Known) -> Any:
    name = known.setting("message_display")
    return component_variable(f"{name}.DataText")["component"] if name else OMITTED


DISPLAY = Computed("the configured display, if any", _display)


def sets(
    number: str,
    message_id: Any = FIRST,
    *,
    content: Any = CONTENT,
    status: str = "Accepted",
    message_format: Any = configured.message_format,
    language: Any = OMITTED,
    **more: Any,
) -> Sends:
    """SetDisplayMessage; `more` are further fields of the message."""
    text = {"format": message_format, "content": content, "language": language}
    message = {"id": message_id, "priority": configured.message_priority, "message": text, "display": DISPLAY}
    checks = (equals("status", status),)
    return Sends(number=number, action="SetDisplayMessage", payload={"message": message | more}, checks=checks)


def display_message_set(message_id: Any = FIRST, **more: Any) -> Steps:
    """Memory state SetDisplayMessage (errata 2025-09, 6.2.111): the station keeps a message."""
    return (State(name="SetDisplayMessage", steps=(sets("1", message_id, **more),)),)


def other_message_set(**more: Any) -> Sends:
    """A second message, which an answer must not have; a station that does not take it has none."""
    text = {"format": configured.message_format, "content": CONTENT_2}
    message = {"id": SECOND, "priority": configured.message_priority, "message": text, "display": DISPLAY}
    return Sends(action="SetDisplayMessage", payload={"message": message | more}, any_answer=True)


def gets(number: str, status: str, request: str = "", **criteria: Any) -> Sends:
    """GetDisplayMessages for these messages; `request` is the name of its requestId."""
    return Sends(
        number=number,
        action="GetDisplayMessages",
        payload={"requestId": Fresh(request or f"request {number}")} | criteria,
        checks=(equals("status", status),),
    )


def parts(number: str, request: str, *checks: Check) -> Repeats:
    """All NotifyDisplayMessages about a request, to the one after which no more comes."""
    return Repeats(
        number=number,
        steps=(
            Keeps(values={"more comes": False}),
            Receives(
                number=number,
                action="NotifyDisplayMessages",
                checks=(equals("requestId", Kept(request)), *checks),
                keep={"more comes": "tbc"},
            ),
        ),
        until=kept_is("more comes", False),
        most=100,
    )


def asks_for(numbers: tuple[str, str], message_id: Any = FIRST, *, content: Any = CONTENT, **fields: Any) -> Steps:
    """One message is asked for by its id, and told as it was set: with this text and these fields, and no other message beside it."""
    request = f"request {numbers[0]}"
    return (
        gets(numbers[0], "Accepted", request, id=[message_id]),
        parts(
            numbers[1],
            request,
            count("messageInfo", 1),
            equals("messageInfo[0].id", message_id),
            *(equals(f"messageInfo[0].{name}", value) for name, value in fields.items() if name != "priority"),
            *as_it_was_set("messageInfo[0].", content, fields.get("priority", configured.message_priority)),
        ),
    )


def as_it_was_set(
    path: str = "", content: Any = CONTENT, priority: Any = configured.message_priority
) -> tuple[Check, ...]:
    """The message at this path has the priority and the text it was set with."""
    return (
        equals(f"{path}priority", priority),
        equals(f"{path}message.format", configured.message_format),
        equals(f"{path}message.content", content),
    )


def told_are(request: str, *wanted: Any) -> Judges:
    """The parts about a request told these messages, each once, and no others."""

    def judge(everything: Any, known: Known) -> Judgement:
        of_it = (one["payload"] for one in everything["messages"] if one["action"] == "NotifyDisplayMessages")
        told = [
            message.get("id")
            for part in of_it
            if part.get("requestId") == known.kept.get(request)
            for message in part.get("messageInfo", [])
        ]
        return Judgement(sorted(told, key=str) == sorted(resolve(list(wanted), known), key=str), f"told: {told}")

    what = "all messages asked for were told, and no others"
    return Judges(checks=(Check(what, judge),))


# --- what is to be read ----------------------------------------------------------------------------------------------------------


def is_read(content: Any = CONTENT) -> Acts:
    """The message is on the display of the EVSE, now or in its turn."""
    return _look(content, "yes", configured.message_turn, "now or in its turn?")


def is_not_read(content: Any = CONTENT, within: Any = configured.silence) -> Acts:
    """The message is not on the display of the EVSE, and does not come for so many seconds."""
    return _look(content, "no", within, "now or soon? It must not be.")


def is_not_read_yet() -> Acts:
    """The message is not on the display of the EVSE at this moment."""
    return _look(CONTENT, "no", 0, "already? It must not be.")


def display_is_free() -> Waits:
    """Nothing pushes messages aside any more."""
    return Waits(seconds=configured.message_said, why="what the station says to the driver has its time")


def _look(content: Any, expected: str, within: Any, when: str) -> Acts:
    def question(known: Known) -> str:
        return f'Is "{resolve(content, known)}" to be read on the display, {when}'

    return Acts(
        act="look",
        details={
            "question": Computed("whether the message is to be read", question),
            "display": content,
            "within": within,
            "expected": expected,
        },
    )


def until(moment: Moment, why: str) -> Waits:
    """The tester waits until a moment that a message was given, and a second more."""

    def left(known: Known) -> float:
        when = datetime.fromisoformat(resolve(Kept(moment.name), known))
        return max(0.0, (when - known.now()).total_seconds()) + 1

    return Waits(seconds=Computed(f"the time until {moment.name} and 1", left), why=why)


def session_ends() -> Steps:
    """Reusable states from StopAuthorized to ParkingBayUnoccupied."""
    return (*stop_authorized(), *ev_connected_post_session(), *ev_disconnected(), *parking_bay_unoccupied())
