"""OCPP 2.1, C18 to C21: payment at the charging station itself."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import at_least, equals, one_of, present
from pilotwire.conformance.language import Acts, Case21, Happened, InAnyOrder, Receives, Sends, Step, Waits
from pilotwire.conformance.values import Kept, configured

Steps = tuple[Step, ...]
_TERMINAL: dict[str, Any] = {"paymentTerminal": True}
_BY_CARD = equals("idToken.type", "DirectPayment").of("C18.FR.06")

_PAYS = Acts(act="pay_by_card", details={"card": "Visa:4111110000001234"})

PW21_C_DIRECT_PAYMENT_CS = Case21(
    id="PW21_C_DIRECT_PAYMENT_CS",
    title="Ad hoc payment by card",
    purpose="A driver pays by card at the station; the transaction is theirs, and at its end the settlement is told.",
    traits=_TERMINAL,
    main=(
        Acts(act="plug_in"),
        Happened(facts={"ev_connected": True}),
        _PAYS,
        Receives(
            number="1",
            action="TransactionEvent",
            where=(equals("triggerReason", "Authorized"),),
            checks=(_BY_CARD, present("idToken.idToken")),
            keep={"transaction_id": "transactionInfo.transactionId"},
            within=configured.long_operation_timeout,
        ),
        Waits(seconds=configured.transaction_duration, why="energy flows for a while"),
        Acts(act="unplug", details={"side": "vehicle"}),
        InAnyOrder(
            steps=(
                Receives(number="3", action="TransactionEvent", where=(equals("eventType", "Ended"),)),
                Receives(
                    number="5",
                    action="NotifySettlement",
                    checks=(
                        equals("transactionId", Kept("transaction_id")),
                        one_of("status", "Settled", "Canceled"),
                        present("pspRef"),
                        at_least("settlementAmount", 0),
                    ),
                    within=configured.long_operation_timeout,
                ),
            )
        ),
    ),
    requirements=("C18.FR.06", "C21.FR.01", "C21.FR.02"),
)

PW21_C_VAT_NUMBER_CS = Case21(
    id="PW21_C_VAT_NUMBER_CS",
    title="A VAT number is validated",
    purpose="The station has the VAT number a driver enters validated by the CSMS.",
    traits=_TERMINAL,
    main=(
        Acts(act="enter_vat_number", details={"vat_number": "NL123456789B01"}),
        Receives(number="1", action="VatNumberValidation", checks=(equals("vatNumber", "NL123456789B01"),)),
        Sends(number="3", action="TriggerMessage", payload={"requestedMessage": "Heartbeat"}, any_answer=True),
    ),
    requirements=("C18.FR.10",),
)
