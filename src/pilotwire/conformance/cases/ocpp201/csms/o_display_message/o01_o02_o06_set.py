"""O01, O02 and O06: the operator has display messages shown, for a transaction too, and replaced."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.csms.o_display_message.displaying import (
    END,
    KNOWS_NOTHING,
    MESSAGE_ID,
    OF_TRANSACTION,
    START,
    message_shown,
    shows,
)
from pilotwire.conformance.language import Case
from pilotwire.conformance.states.csms201 import energy_transfer_started, ev_disconnected
from pilotwire.conformance.values import configured

_NO_TRANSACTION = ("O01.FR.04",)

TC_O_01_CSMS = Case(
    id="TC_O_01_CSMS",
    title="A display message is set",
    purpose="The CSMS sends a message with id, priority, format and state.",
    requirements=_NO_TRANSACTION,
    main=shows("1", state=configured.message_state),
)

TC_O_06_CSMS = Case(
    id="TC_O_06_CSMS",
    title="A display message of a transaction",
    purpose="The CSMS sends a message of the transaction that is ongoing.",
    before=energy_transfer_started(),
    main=(*shows("1", **OF_TRANSACTION), *ev_disconnected()),
)

TC_O_10_CSMS = Case(
    id="TC_O_10_CSMS",
    title="A display message of a transaction that is not known",
    purpose="The CSMS sends a message of a transaction and takes the answer that the station does not know it.",
    needs=(KNOWS_NOTHING,),
    before=energy_transfer_started(),
    main=shows("1", status="UnknownTransaction", transactionId="no-such-transaction"),
)

TC_O_12_CSMS = Case(
    id="TC_O_12_CSMS",
    title="A display message is replaced",
    purpose="The CSMS sends another message with the id of one that is there.",
    before=message_shown(),
    main=shows("1", id=MESSAGE_ID, message={"format": configured.message_format, "content": "Good evening"}),
    remark="The message is looked at in step 1, in which it comes; the document says step 2.",
)

TC_O_13_CSMS = Case(
    id="TC_O_13_CSMS",
    title="A display message from a moment on",
    purpose="The CSMS sends a message with a startDateTime.",
    requirements=("O01.FR.04", "O01.FR.05"),
    main=shows("1", startDateTime=START),
)

TC_O_14_CSMS = Case(
    id="TC_O_14_CSMS",
    title="A display message until a moment",
    purpose="The CSMS sends a message with an endDateTime.",
    requirements=("O01.FR.04", "O01.FR.05"),
    main=shows("1", endDateTime=END),
)


def _refused(case: str, status: str, **fields: Any) -> Case:
    """A case of a message the station does not take."""
    return Case(
        id=case,
        title=f"A display message that is answered {status}",
        purpose=f"The CSMS sends a message and takes the answer {status}.",
        requirements=_NO_TRANSACTION,
        main=shows("1", status=status, **fields),
    )


TC_O_17_CSMS = _refused("TC_O_17_CSMS", "NotSupportedPriority")
TC_O_18_CSMS = _refused("TC_O_18_CSMS", "NotSupportedState", state=configured.message_state)
TC_O_19_CSMS = _refused("TC_O_19_CSMS", "NotSupportedMessageFormat")
TC_O_26_CSMS = _refused("TC_O_26_CSMS", "Rejected", priority="NormalCycle")

TC_O_25_CSMS = Case(
    id="TC_O_25_CSMS",
    title="A display message for the state Charging",
    purpose="The CSMS sends a message for the state Charging.",
    requirements=_NO_TRANSACTION,
    main=shows("1", state="Charging"),
    remark="The state is Charging, as the purpose has it.",
)

TC_O_27_CSMS = Case(
    id="TC_O_27_CSMS",
    title="A display message of a transaction, from a moment on",
    purpose="The CSMS sends a message of the transaction that is ongoing, with a startDateTime and nothing that was not asked for.",
    before=energy_transfer_started(),
    main=shows("1", startDateTime=START, without=("state", "endDateTime"), **OF_TRANSACTION),
)

TC_O_28_CSMS = Case(
    id="TC_O_28_CSMS",
    title="A display message of a transaction, until a moment",
    purpose="The CSMS sends a message of the transaction that is ongoing, with an endDateTime and nothing that was not asked for.",
    before=energy_transfer_started(),
    main=shows("1", endDateTime=END, without=("state", "startDateTime"), **OF_TRANSACTION),
    remark="Errata 2025-09, 6.3.26, leave the state of the first text standing beside the one that takes its place: omitted.",
)
