"""E14: the CSMS asks what has become of a transaction, and whether messages wait."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.e_transactions.offline import (
    away_while_charging,
    back_with_a_full_queue,
    ended_while_away,
    samples_delivered,
    told_to_the_end,
)
from pilotwire.conformance.cases.ocpp201.station.e_transactions.preparing import back_after, sampling
from pilotwire.conformance.checks import Check, absent, equals
from pilotwire.conformance.language import Case, Configures, Sends
from pilotwire.conformance.states.station201 import energy_transfer_started, parking_bay_unoccupied
from pilotwire.conformance.values import OMITTED, Computed, Kept, configured, plus

ONGOING, OVER, NOT_SAID = (
    equals("ongoingIndicator", True).of("E14.FR.02"),
    equals("ongoingIndicator", False).of("E14.FR.03"),
    absent("ongoingIndicator").of("E14.FR.06"),
)
WAITING, NONE_WAITING = equals("messagesInQueue", True), equals("messagesInQueue", False)


def asks_status(number: str, *checks: Check, transaction: object = Kept("transaction_id")) -> Sends:
    """The tester sends GetTransactionStatus."""
    return Sends(number=number, action="GetTransactionStatus", payload={"transactionId": transaction}, checks=checks)


TC_E_28_CS = Case(
    id="TC_E_28_CS",
    title="The state of a transaction nobody knows",
    purpose="Asked for a transaction it never had, the station says that it is not ongoing and that nothing waits.",
    requirements=("E14.FR.01",),
    main=(
        asks_status(
            "1",
            equals("ongoingIndicator", False).of("E14.FR.01"),
            NONE_WAITING.of("E14.FR.01"),
            transaction=Computed("a transactionId nobody used", lambda known: f"no-such-{known.fresh('no_such')}"),
        ),
    ),
)

TC_E_29_CS = Case(
    id="TC_E_29_CS",
    title="A transaction goes on and messages of it wait",
    purpose="Back online with samples that wait, the station says so of its ongoing transaction, and delivers them.",
    requirements=("E14.FR.02", "E14.FR.04"),
    before=(*sampling(), *back_after(), *energy_transfer_started()),
    main=(
        *away_while_charging("1", "2"),
        *back_with_a_full_queue(asks_status("3", ONGOING, WAITING.of("E14.FR.04"))),
        *samples_delivered("5"),
    ),
    remark="The tester keeps its answers to TransactionEvents back until it has asked, so that a quick station has not emptied its queue.",
)

TC_E_30_CS = Case(
    id="TC_E_30_CS",
    title="A transaction goes on and all of it is told",
    purpose="Asked for its ongoing transaction with an empty queue, the station says that it is ongoing and that nothing waits.",
    requirements=("E14.FR.02", "E14.FR.05"),
    before=energy_transfer_started(),
    main=(asks_status("1", ONGOING, NONE_WAITING.of("E14.FR.05")),),
)

_AWAY = plus(configured.retry_back_off_wait_minimum, configured.transaction_duration)

TC_E_31_CS = Case(
    id="TC_E_31_CS",
    title="A transaction is over and messages of it wait",
    purpose="Back online after a transaction ended offline, the station says that it is over, that messages wait, and delivers them.",
    requirements=("E14.FR.03", "E14.FR.04"),
    before=(
        *sampling(),
        *back_after(_AWAY),
        Configures(
            variable="OCPPCommCtrlr.UnlockOnEVSideDisconnect", value=True, if_implemented=True, if_writable=True
        ),
        *energy_transfer_started(),
    ),
    main=(
        *ended_while_away(),
        *back_with_a_full_queue(asks_status("1", OVER, WAITING.of("E14.FR.04"))),
        *told_to_the_end("3"),
    ),
    remark="The tester keeps its answers to TransactionEvents back until it has asked, so that a quick station has not emptied its queue.",
)

TC_E_32_CS = Case(
    id="TC_E_32_CS",
    title="A transaction is over and all of it is told",
    purpose="Asked for a transaction that is over with an empty queue, the station says so.",
    requirements=("E14.FR.03", "E14.FR.05"),
    before=(*energy_transfer_started(), *parking_bay_unoccupied()),
    main=(asks_status("1", OVER, NONE_WAITING.of("E14.FR.05")),),
)

TC_E_33_CS = Case(
    id="TC_E_33_CS",
    title="Messages of some transaction wait",
    purpose="Asked for no transaction in particular while messages wait, the station says only that.",
    requirements=("E14.FR.06", "E14.FR.07"),
    before=(*sampling(), *back_after(), *energy_transfer_started()),
    main=(
        *away_while_charging("1", "2"),
        *back_with_a_full_queue(asks_status("3", NOT_SAID, WAITING.of("E14.FR.07"), transaction=OMITTED)),
        *samples_delivered("5"),
    ),
    remark="The tester keeps its answers to TransactionEvents back until it has asked, so that a quick station has not emptied its queue.",
)

TC_E_34_CS = Case(
    id="TC_E_34_CS",
    title="No messages wait",
    purpose="Asked for no transaction in particular while nothing waits, the station says only that.",
    requirements=("E14.FR.06", "E14.FR.08"),
    main=(asks_status("1", NOT_SAID, NONE_WAITING.of("E14.FR.08"), transaction=OMITTED),),
)
