"""Cases of our own for O01 and O02: the language of display messages."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.csms.o_display_message.displaying import OF_TRANSACTION
from pilotwire.conformance.checks import matches
from pilotwire.conformance.conditions import feature
from pilotwire.conformance.language import Asks, Case, Receives, Step
from pilotwire.conformance.states.csms201 import energy_transfer_started
from pilotwire.conformance.values import configured

Steps = tuple[Step, ...]
_TAG = r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?"
"""Language, script and region of RFC 5646; more no display needs."""


def _in_language(case: str, requirement: str, before: Steps, more: dict[str, Any]) -> Case:
    text = {"format": configured.message_format, "content": configured.message_content, "language": "en-US"}
    message = {"priority": configured.message_priority, "message": text} | more
    return Case(
        id=case,
        title=f"The language of a display message{' of a transaction' if more else ''}",
        purpose="The CSMS names the language of a message by a tag of RFC 5646.",
        requirements=(requirement,),
        needs=(feature("Advanced User Interface"),),
        before=before,
        main=(
            Asks(action="SetDisplayMessage", payload={"message": message}),
            Receives(
                number="1",
                action="SetDisplayMessage",
                checks=(matches("message.message.language", _TAG, "is a language tag of RFC 5646").of(requirement),),
                answer={"status": "Accepted"},
            ),
        ),
        follows="Part 2 edition 3, errata 2025-09",
        ours=True,
    )


PW_O_01_CSMS = _in_language("PW_O_01_CSMS", "O01.FR.17", (), {})
PW_O_02_CSMS = _in_language("PW_O_02_CSMS", "O02.FR.12", energy_transfer_started(), OF_TRANSACTION)
