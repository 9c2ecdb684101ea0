"""O03 and O04: display messages are asked for, all of them or some."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.o_display_message.displaying import (
    FIRST,
    SECOND,
    as_it_was_set,
    asks_for,
    display_message_set,
    gets,
    other_message_set,
    parts,
    told_are,
)
from pilotwire.conformance.checks import equals, every
from pilotwire.conformance.language import Case
from pilotwire.conformance.values import configured

_SPECIFIC = ("O04.FR.01", "O04.FR.03", "O04.FR.04", "O04.FR.05", "O04.FR.06")
_SECOND_SET = (
    "Beside the message of the memory state a second one is set, as far as the station takes it: an answer that has all messages "
    "instead of those asked for is a failure."
)

TC_O_02_CS = Case(
    id="TC_O_02_CS",
    title="All display messages are asked for",
    purpose="GetDisplayMessages without criteria brings all messages that were set.",
    requirements=("O03.FR.01", "O03.FR.02", "O03.FR.03", "O03.FR.04", "O03.FR.05"),
    before=(*display_message_set(), *display_message_set(SECOND)),
    main=(gets("1", "Accepted", "request"), parts("3", "request", every("messageInfo", *as_it_was_set()))),
    after=(told_are("request", FIRST, SECOND),),
    remark="Two messages are set, where the document wants at least one.",
)

TC_O_03_CS = Case(
    id="TC_O_03_CS",
    title="All display messages are asked for, there are none",
    purpose="GetDisplayMessages without criteria is answered Unknown where no message is set.",
    requirements=("O03.FR.06",),
    main=(gets("1", "Unknown"),),
)

TC_O_07_CS = Case(
    id="TC_O_07_CS",
    title="A display message is asked for by its id",
    purpose="GetDisplayMessages with an id brings the message with it.",
    requirements=_SPECIFIC,
    before=(*display_message_set(), other_message_set()),
    main=asks_for(("1", "3")),
    after=(told_are("request 1", FIRST),),
    remark=_SECOND_SET,
)


def _by(case: str, title: str, purpose: str, before: Any, **criteria: Any) -> Case:
    """A case of messages asked for by something they have in common."""
    return Case(
        id=case,
        title=title,
        purpose=purpose,
        requirements=_SPECIFIC,
        before=before,
        main=(
            gets("1", "Accepted", "request", **criteria),
            parts(
                "3",
                "request",
                *(equals(f"messageInfo[0].{name}", value) for name, value in criteria.items()),
                *as_it_was_set("messageInfo[0]."),
            ),
        ),
        after=(told_are("request", FIRST),),
        remark=_SECOND_SET,
    )


TC_O_08_CS = _by(
    "TC_O_08_CS",
    "Display messages are asked for by priority",
    "GetDisplayMessages with a priority brings the messages that have it.",
    (*display_message_set(), other_message_set(priority=configured.message_priority2)),
    priority=configured.message_priority,
)

TC_O_09_CS = _by(
    "TC_O_09_CS",
    "Display messages are asked for by state",
    "GetDisplayMessages with a state brings the messages that have it.",
    (*display_message_set(state=configured.message_state), other_message_set(state=configured.message_state2)),
    state=configured.message_state,
)


def _unknown(case: str, title: str, purpose: str, requirement: str, before: Any, **criteria: Any) -> Case:
    """A case of messages asked for that are not there."""
    return Case(
        id=case,
        title=title,
        purpose=purpose,
        requirements=(requirement,),
        before=before,
        main=(gets("1", "Unknown", **criteria),),
    )


TC_O_11_CS = _unknown(
    "TC_O_11_CS",
    "A display message is asked for by an id that none has",
    "GetDisplayMessages with an unknown id is answered Unknown although another message is set.",
    "O04.FR.02",
    display_message_set(),
    id=[SECOND],
)

TC_O_33_CS = _unknown(
    "TC_O_33_CS",
    "A display message is asked for by an id, there are none",
    "GetDisplayMessages with an id is answered Unknown where no message is set.",
    "O04.FR.07",
    (),
    id=[FIRST],
)

TC_O_34_CS = _unknown(
    "TC_O_34_CS",
    "A display message is asked for by its id and another state",
    "GetDisplayMessages is answered Unknown where the message with the id is for another state.",
    "O04.FR.02",
    display_message_set(state=configured.message_state),
    id=[FIRST],
    state=configured.message_state2,
)

TC_O_35_CS = Case(
    id="TC_O_35_CS",
    title="A display message is asked for by its id and another priority",
    purpose="GetDisplayMessages is answered Unknown where the message with the id has another priority.",
    requirements=("O04.FR.02",),
    before=display_message_set(),
    main=(gets("1", "Unknown", id=[FIRST], priority=configured.message_priority2),),
    remark="The document names the field state in step 1, but gives it a priority: an error in writing, priority is meant.",
)
