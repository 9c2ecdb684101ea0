"""O05 and O06: a display message is cleared, or replaced by one with its id."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.o_display_message.displaying import (
    CONTENT_2,
    FIRST,
    asks_for,
    display_message_set,
    gets,
    is_not_read,
    is_read,
    sets,
)
from pilotwire.conformance.checks import equals
from pilotwire.conformance.language import Case, Sends


def _clears(number: str, status: str) -> Sends:
    """ClearDisplayMessage for the first message."""
    return Sends(number=number, action="ClearDisplayMessage", payload={"id": FIRST}, checks=(equals("status", status),))


TC_O_04_CS = Case(
    id="TC_O_04_CS",
    title="A display message is cleared",
    purpose="ClearDisplayMessage takes the message away: it is told no more.",
    requirements=("O05.FR.01",),
    before=display_message_set(),
    main=(_clears("1", "Accepted"), gets("3", "Unknown", id=[FIRST])),
)

TC_O_05_CS = Case(
    id="TC_O_05_CS",
    title="A display message that is not there is cleared",
    purpose="ClearDisplayMessage with an id no message has is answered Unknown.",
    requirements=("O05.FR.02",),
    main=(_clears("1", "Unknown"),),
)

TC_O_12_CS = Case(
    id="TC_O_12_CS",
    title="A display message is replaced",
    purpose="SetDisplayMessage with the id of a message that is there replaces it.",
    requirements=("O06.FR.01",),
    before=display_message_set(),
    main=(
        sets("1", content=CONTENT_2),
        is_read(CONTENT_2),
        is_not_read(),
        *asks_for(("", ""), content=CONTENT_2),
    ),
    remark="That the message is replaced and not kept beside the new one is also asked for, not only looked at.",
)
