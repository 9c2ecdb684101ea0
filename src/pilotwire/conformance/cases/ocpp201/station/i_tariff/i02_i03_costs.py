"""I02, I03: the driver sees what the transaction costs, while it goes on and at its end."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.e_transactions.preparing import sampling
from pilotwire.conformance.conditions import TRANSACTION_JUST_ENDED
from pilotwire.conformance.language import Acts, Answers, Case, ForEach, OnlyIf, Receives, Sends, Step
from pilotwire.conformance.states.station201 import (
    authorized,
    energy_transfer_started,
    ev_connected_post_session,
    ev_connected_pre_session,
    ev_disconnected,
    parking_bay_unoccupied,
    stop_authorized,
)
from pilotwire.conformance.values import OMITTED, Computed, Kept, Known, configured, resolve

Steps = tuple[Step, ...]

PRICE = "0.45 a kWh"
COSTS = (1.25, 3.75)
"""What the transaction costs so far, the first time and the second."""
TOTAL = 12.5
_SHOWN = (
    "The document has no validation of what the display shows; as that is the purpose of the case, it is looked at. Samples are told in "
    "the course of the transaction, so that there are events to answer."
)


def text(content: Any) -> dict[str, Any]:
    """A text as messages have it."""
    return {"format": "UTF8", "content": content}


def is_read(requirement: str = "", **what: Any) -> Acts:
    """It is to be read on the display of the EVSE, now or within a moment."""
    (sought,) = what.values()

    def question(known: Known) -> str:
        return f'Is "{resolve(sought, known)}" to be read on the display?'

    asked = {"question": Computed("whether it is to be read", question), "within": configured.silence}
    return Acts(act="look", details=asked | what, note=requirement)


def _sampled(number: str, answer: dict[str, Any]) -> Receives:
    """An event in the course of the transaction, answered so."""
    return Receives(number=number, action="TransactionEvent", answer=answer)


_PRICED: Steps = (
    Answers(
        action="Authorize",
        payload={"idTokenInfo": {"status": "Accepted", "personalMessage": text(PRICE)}},
    ),
    *authorized("local", asks="yes"),
    is_read("I01.FR.03", display=PRICE),
    *energy_transfer_started(),
)
"""Steps 1 to 5: the driver is told the price, and charges."""


_COST = Kept("cost so far")
_TEXT = Computed("a text with the cost so far", lambda known: f"Until {known.kept['cost so far']}")


def _again_and_again(requirement: str, *steps: Step) -> tuple[Step, ...]:
    """For each cost an event is answered with a text, which the driver sees; then these steps, and the driver sees the cost."""
    return (
        ForEach(
            number="6",
            name="cost so far",
            values=list(COSTS),
            steps=(
                _sampled("6", {"updatedPersonalMessage": text(_TEXT)}),
                is_read("I06.FR.03", display=_TEXT),
                *steps,
                is_read(requirement, holds=_COST),
            ),
        ),
    )


TC_I_01_CS = Case(
    id="TC_I_01_CS",
    title="The running cost, by CostUpdated",
    purpose="While a transaction goes on the driver sees the texts of the CSMS, and what CostUpdated tells.",
    requirements=("I01.FR.03", "I02.FR.02", "I02.FR.03", "I06.FR.03"),
    before=(*sampling(), *ev_connected_pre_session()),
    main=(
        *_PRICED,
        *_again_and_again(
            "I02.FR.03",
            Sends(
                number="8",
                action="CostUpdated",
                payload={"totalCost": _COST, "transactionId": Kept("transaction_id")},
            ),
        ),
    ),
    remark=_SHOWN,
)

TC_I_07_CS = Case(
    id="TC_I_07_CS",
    title="The running cost, by the answers to events",
    purpose="While a transaction goes on the driver sees the texts of the CSMS, and the cost that TransactionEventResponse tells.",
    requirements=("I01.FR.03", "I02.FR.02", "I02.FR.04", "I06.FR.03"),
    before=(*sampling(), *ev_connected_pre_session()),
    main=(*_PRICED, *_again_and_again("I02.FR.04", _sampled("8", {"totalCost": _COST}))),
    remark=f"{_SHOWN} Step 8 of the document has the CSMS send a TransactionEventRequest; it is a response with totalCost (I02.FR.04).",
)


def _total(known: Known) -> Any:
    """The total, where the event that is answered now is the last one."""
    events = [one["payload"] for one in known.heard() if one["action"] == "TransactionEvent"]
    return TOTAL if events and events[-1].get("eventType") == "Ended" else OMITTED


_SEEN_AT_THE_END = OnlyIf(condition=TRANSACTION_JUST_ENDED, steps=(is_read(holds=f"{TOTAL}"),))

TC_I_02_CS = Case(
    id="TC_I_02_CS",
    title="The total cost",
    purpose="When the transaction has ended the driver sees the total that the answer to its last event tells.",
    requirements=("I03.FR.01", "I03.FR.03"),
    before=(
        Answers(action="TransactionEvent", payload={"totalCost": Computed("the total, of the last event", _total)}),
        *energy_transfer_started(),
    ),
    main=(
        *stop_authorized("local"),
        _SEEN_AT_THE_END,
        *ev_connected_post_session(),
        _SEEN_AT_THE_END,
        *ev_disconnected(),
        _SEEN_AT_THE_END,
        *parking_bay_unoccupied(),
    ),
    remark=(
        "The document has no validation of what the display shows; as that is the purpose of the case, it is looked at, unless the "
        "transaction only ends when the EV has left."
    ),
)
