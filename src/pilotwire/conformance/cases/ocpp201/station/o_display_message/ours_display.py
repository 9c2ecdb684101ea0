"""Cases of our own for O01 and O02: as many messages as there may be, what goes before what, and the language of the driver."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.b_provisioning.limits import limit_reported
from pilotwire.conformance.cases.ocpp201.station.o_display_message.displaying import (
    CONTENT,
    CONTENT_2,
    FIRST,
    OF_TRANSACTION,
    SECOND,
    asks_for,
    display_is_free,
    is_not_read,
    is_read,
    sets,
)
from pilotwire.conformance.checks import Check, Judgement, equals, one_of
from pilotwire.conformance.conditions import feature, implemented, kept_is
from pilotwire.conformance.language import Case, ForEach, Judges, Keeps, Repeats, Sends, Step
from pilotwire.conformance.states.station201 import (
    authorization,
    energy_transfer_started,
    ev_connected_pre_session,
)
from pilotwire.conformance.values import Computed, Kept, Known, configured, plus

Steps = tuple[Step, ...]
_PART_2 = "Part 2 edition 3, errata 2025-09"
_DISPLAY = (feature("Advanced User Interface"),)
_COUNT = "DisplayMessageCtrlr.DisplayMessages"
_ASKED, _LIMIT = limit_reported(_COUNT, "limit of messages")

# --- how many -------------------------------------------------------------------------------------------------------------------

_BEGUN: Steps = (Keeps(values={"taken": 0, "answer": "", "message ids": []}),)
_NEXT = Computed("a new id", lambda known: known.fresh("message id"))


def _noted(known: Known) -> list[Any]:
    return [*known.kept.get("message ids", []), known.kept["message id"]]


def _as_many_as_fit(number: str, requirement: str, more: dict[str, Any]) -> Steps:
    """Messages are set until one is rejected, or one more than there may be was accepted."""
    text = {"format": configured.message_format, "content": CONTENT}
    message = {"id": _NEXT, "priority": configured.message_priority, "message": text} | more
    return (
        *_BEGUN,
        Repeats(
            number=number,
            steps=(
                Sends(
                    number=number,
                    action="SetDisplayMessage",
                    payload={"message": message},
                    checks=(one_of("status", "Accepted", "Rejected").of(requirement),),
                    keep={"answer": "status"},
                ),
                Keeps(
                    values={
                        "taken": plus(Kept("taken"), Computed("1 if it was taken", _one_more)),
                        "message ids": Computed("the ids so far", _noted),
                    }
                ),
            ),
            until=kept_is("answer", "Rejected"),
            most=plus(_LIMIT, 1),
        ),
    )


def _one_more(known: Known) -> int:
    return 1 if known.kept.get("answer") == "Accepted" else 0


def _to_the_limit(everything: Any, known: Known) -> Judgement:
    limit, taken = _LIMIT.of(known), known.kept.get("taken")
    right = known.kept.get("answer") == "Rejected" and isinstance(taken, int) and 0 < taken <= limit
    return Judgement(right, f"{taken} of {limit} taken, then {known.kept.get('answer')}")


def _full(case: str, requirement: str, title: str, before: Steps, more: dict[str, Any]) -> Case:
    cleared = Sends(action="ClearDisplayMessage", payload={"id": Kept("set id")}, any_answer=True)
    check = Check("messages are taken up to the maxLimit, and the one after it is rejected", _to_the_limit)
    return Case(
        id=case,
        title=title,
        purpose="A station takes no more messages than its maxLimit: the next one is rejected.",
        requirements=(requirement,),
        needs=(*_DISPLAY, implemented(_COUNT)),
        before=(*_ASKED, *before),
        main=_as_many_as_fit("1", requirement, more),
        after=(
            Judges(checks=(check.of(requirement),)),
            ForEach(name="set id", values=Kept("message ids"), steps=(cleared,)),
        ),
        remark="NumberOfDisplayMessages is the name of DisplayMessageCtrlr.DisplayMessages in the text of the requirement.",
        follows=_PART_2,
        ours=True,
    )


PW_O_01_CS = _full("PW_O_01_CS", "O01.FR.11", "More display messages than fit", (), {})
PW_O_02_CS = _full(
    "PW_O_02_CS",
    "O02.FR.11",
    "More display messages of a transaction than fit",
    energy_transfer_started(),
    OF_TRANSACTION,
)

# --- what goes first ---------------------------------------------------------------------------------------------------------------


def _goes_first(case: str, priority: str, requirement: str, before: Steps, more: dict[str, Any]) -> Case:
    """A message in front is shown, and the one of the normal cycle is not."""
    of_what = "of a transaction " if more else ""
    return Case(
        id=case,
        title=f"A display message {of_what}that is {'always ' if priority == 'AlwaysFront' else ''}in front",
        purpose=f"A message {of_what}with the priority {priority} is shown, and one of the normal cycle is not.",
        requirements=(requirement,),
        needs=_DISPLAY,
        before=(*before, display_is_free()) if before else (),
        main=(
            sets("1", SECOND, priority="NormalCycle", content=CONTENT_2, **more),
            sets("3", FIRST, priority=priority, **more),
            *asks_for(("5", "7"), FIRST, priority=priority, **more),
            is_read(CONTENT),
            is_not_read(CONTENT_2),
            is_read(CONTENT),
        ),
        remark=f"What is shown is looked at ({requirement}).",
        follows=_PART_2,
        ours=True,
    )


PW_O_03_CS = _goes_first("PW_O_03_CS", "InFront", "O01.FR.13", (), {})
PW_O_04_CS = _goes_first("PW_O_04_CS", "AlwaysFront", "O01.FR.15", (), {})
PW_O_05_CS = _goes_first("PW_O_05_CS", "InFront", "O02.FR.15", energy_transfer_started(), OF_TRANSACTION)
PW_O_06_CS = _goes_first("PW_O_06_CS", "AlwaysFront", "O02.FR.17", energy_transfer_started(), OF_TRANSACTION)

# --- the driver's language -----------------------------------------------------------------------------------------------------------

PW_O_07_CS = Case(
    id="PW_O_07_CS",
    title="A display message of a transaction in the language of the driver",
    purpose="A message of a transaction in the language the CSMS told for the driver's token is accepted and shown.",
    requirements=("O02.FR.08",),
    needs=_DISPLAY,
    before=(
        *ev_connected_pre_session(),
        *authorization("local", asks="yes", info={"status": "Accepted", "language1": configured.language}),
        *energy_transfer_started(),
        display_is_free(),
    ),
    main=(
        sets("1", language=configured.language, **OF_TRANSACTION),
        is_read(),
        Sends(
            number="3",
            action="ClearDisplayMessage",
            payload={"id": FIRST},
            checks=(equals("status", "Accepted"),),
        ),
    ),
    remark="A message of 2.0.1 has one language; what can be seen is that a station takes and shows the one its driver prefers.",
    follows=_PART_2,
    ours=True,
)
