"""O03, O04 and O05: the operator asks for display messages and clears them."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.csms.o_display_message.displaying import (
    KNOWS_NOTHING,
    MESSAGE_ID,
    asks_for,
    clears,
    message_shown,
    only_id,
    other_id,
    told,
)
from pilotwire.conformance.checks import Check, equals, present
from pilotwire.conformance.language import Case
from pilotwire.conformance.values import configured, plus

_OTHER = plus(MESSAGE_ID, 1000)
_NOWHERE = 424242


def _told(case: str, title: str, purpose: str, *checks: Check, before: Any, **criteria: Any) -> Case:
    """A case of messages asked for, and told by the tester."""
    return Case(
        id=case,
        title=title,
        purpose=purpose,
        before=before,
        main=(*asks_for("1", "Accepted", *checks, **criteria), told("3")),
    )


TC_O_02_CSMS = _told(
    "TC_O_02_CSMS",
    "All display messages are asked for",
    "The CSMS asks for all messages and takes what is told.",
    before=message_shown(),
)

TC_O_03_CSMS = Case(
    id="TC_O_03_CSMS",
    title="All display messages are asked for, there are none",
    purpose="The CSMS asks for all messages and takes the answer Unknown.",
    main=asks_for("1", "Unknown"),
)

TC_O_04_CSMS = Case(
    id="TC_O_04_CSMS",
    title="A display message is cleared",
    purpose="The CSMS clears the message it had shown.",
    before=(*message_shown(), *asks_for("", "Accepted"), told("")),
    main=clears("1", "Accepted", MESSAGE_ID, equals("id", MESSAGE_ID)),
    remark="The messages are asked for first, as the note has it, for those CSMSs that clear what they were told.",
)

TC_O_05_CSMS = Case(
    id="TC_O_05_CSMS",
    title="A display message that is not there is cleared",
    purpose="The CSMS clears a message by an id that none has and takes the answer Unknown.",
    needs=(KNOWS_NOTHING,),
    main=clears("1", "Unknown", _NOWHERE, present("id")),
)

TC_O_07_CSMS = _told(
    "TC_O_07_CSMS",
    "A display message is asked for by its id",
    "The CSMS asks for the message it had shown by its id alone, and takes what is told.",
    *only_id(MESSAGE_ID),
    before=message_shown(),
    id=[MESSAGE_ID],
)

TC_O_08_CSMS = _told(
    "TC_O_08_CSMS",
    "Display messages are asked for by priority",
    "The CSMS asks for messages by their priority alone, and takes what is told.",
    equals("priority", configured.message_priority),
    before=message_shown(),
    priority=configured.message_priority,
)

TC_O_09_CSMS = _told(
    "TC_O_09_CSMS",
    "Display messages are asked for by state",
    "The CSMS asks for messages by their state alone, and takes what is told.",
    equals("state", configured.message_state),
    before=message_shown(state=configured.message_state),
    state=configured.message_state,
)

TC_O_11_CSMS = Case(
    id="TC_O_11_CSMS",
    title="A display message is asked for by an id that none has",
    purpose="The CSMS asks for a message by another id than that of the one it had shown, and takes the answer Unknown.",
    needs=(KNOWS_NOTHING,),
    before=message_shown(),
    main=asks_for("1", "Unknown", *other_id(), id=[_OTHER]),
)
