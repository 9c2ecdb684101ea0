"""O02: display messages of a transaction."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.o_display_message.displaying import (
    CONTENT,
    CONTENT_2,
    END,
    FIRST,
    OF_TRANSACTION,
    SECOND,
    START,
    asks_for,
    display_is_free,
    gets,
    is_not_read,
    is_not_read_yet,
    is_read,
    session_ends,
    sets,
    until,
)
from pilotwire.conformance.language import Case
from pilotwire.conformance.states.station201 import energy_transfer_started
from pilotwire.conformance.values import Kept

_NAMED_BY_THE_STATION = "The transactionId is the one the station told, not a configured one."

TC_O_06_CS = Case(
    id="TC_O_06_CS",
    title="A display message of a transaction",
    purpose="A message of a transaction is shown while it lasts, and removed when it has ended.",
    requirements=("O02.FR.02", "O02.FR.14"),
    before=energy_transfer_started(),
    main=(
        sets("1", **OF_TRANSACTION),
        is_read(),
        *session_ends(),
        is_not_read(),
        gets("7", "Unknown", id=[FIRST]),
    ),
    remark=_NAMED_BY_THE_STATION,
)

TC_O_10_CS = Case(
    id="TC_O_10_CS",
    title="A display message of a transaction that is not known",
    purpose="A message of an unknown transaction is answered UnknownTransaction.",
    requirements=("O02.FR.01",),
    main=(sets("1", transactionId="no-such-transaction", status="UnknownTransaction"),),
)

TC_O_27_CS = Case(
    id="TC_O_27_CS",
    title="A display message of a transaction, from a moment on",
    purpose="A message of a transaction is shown from its startDateTime on, and removed when the transaction has ended.",
    requirements=("O02.FR.06",),
    before=(*energy_transfer_started(), display_is_free()),
    main=(
        sets("1", startDateTime=START, **OF_TRANSACTION),
        is_not_read_yet(),
        until(START, "the message begins"),
        is_read(),
        *session_ends(),
        is_not_read(),
        gets("7", "Unknown", id=[FIRST]),
    ),
    remark=(
        "The document leaves transactionId out of step 1, as it had of TC_O_28_CS before errata 2025-09, 6.2.113; without it the message "
        "would not be one of a transaction, and step 8 could not be Unknown (O02.FR.02)."
    ),
)

TC_O_28_CS = Case(
    id="TC_O_28_CS",
    title="A display message of a transaction, until a moment",
    purpose="A message of a transaction is shown until its endDateTime, and removed then.",
    requirements=("O02.FR.07",),
    before=(*energy_transfer_started(), display_is_free()),
    main=(
        sets("1", endDateTime=END, **OF_TRANSACTION),
        is_read(),
        until(END, "the message ends"),
        is_not_read(),
        gets("3", "Unknown", id=[FIRST]),
    ),
    remark=_NAMED_BY_THE_STATION,
)

TC_O_30_CS = Case(
    id="TC_O_30_CS",
    title="Two display messages of a transaction in front",
    purpose="Two messages of a transaction with the priority InFront are both kept and shown in turn, until it has ended.",
    requirements=("O02.FR.16",),
    before=energy_transfer_started(),
    main=(
        sets("1", priority="InFront", **OF_TRANSACTION),
        sets("3", SECOND, priority="InFront", content=CONTENT_2, **OF_TRANSACTION),
        is_read(CONTENT),
        is_read(CONTENT_2),
        *asks_for(("5", "7"), transactionId=Kept("transaction_id"), priority="InFront", content=CONTENT),
        *asks_for(("9", "11"), SECOND, transactionId=Kept("transaction_id"), priority="InFront", content=CONTENT_2),
        *session_ends(),
        is_not_read(CONTENT),
        is_not_read(CONTENT_2),
        gets("17", "Unknown", id=[FIRST]),
        gets("19", "Unknown", id=[SECOND]),
    ),
)

TC_O_32_CS = Case(
    id="TC_O_32_CS",
    title="A second display message of a transaction that is always in front",
    purpose="The second message of a transaction with the priority AlwaysFront takes the place of the first, until it has ended.",
    requirements=("O02.FR.18",),
    before=energy_transfer_started(),
    main=(
        sets("1", priority="AlwaysFront", **OF_TRANSACTION),
        is_read(CONTENT),
        sets("3", SECOND, priority="AlwaysFront", content=CONTENT_2, **OF_TRANSACTION),
        is_not_read(CONTENT),
        is_read(CONTENT_2),
        gets("5", "Unknown", id=[FIRST]),
        *asks_for(("7", "9"), SECOND, transactionId=Kept("transaction_id"), priority="AlwaysFront", content=CONTENT_2),
        *session_ends(),
        is_not_read(CONTENT_2),
        gets("15", "Unknown", id=[SECOND]),
    ),
    remark=(
        "The errata (6.2.114) write the id of the first message in steps 7 and 15; the validations of steps 8 and 9 and the first text "
        "mean that of the second."
    ),
)
