"""F05: the CSMS unlocks a connector."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import equals, one_of
from pilotwire.conformance.language import Case, NotReceives, Sends
from pilotwire.conformance.states.station201 import energy_transfer_started
from pilotwire.conformance.values import configured


def _unlocks(status: str, requirement: str, connector: Any = configured.connector_id) -> Sends:
    return Sends(
        number="1",
        action="UnlockConnector",
        payload={"evseId": configured.evse_id, "connectorId": connector},
        checks=(equals("status", status).of(requirement),),
    )


TC_F_05_CS = Case(
    id="TC_F_05_CS",
    title="Unlock in a transaction",
    purpose="While a transaction is ongoing the plug stays locked, the station says so, and energy flows on.",
    requirements=("F05.FR.01", "F05.FR.02"),
    before=energy_transfer_started(),
    main=(
        _unlocks("OngoingAuthorizedTransaction", "F05.FR.02"),
        NotReceives(
            action="TransactionEvent",
            where=(one_of("triggerReason", "UnlockCommand", "ChargingStateChanged"),),
            note="The transaction goes on (F05.FR.02).",
        ),
    ),
    remark="That the transaction goes on is checked too, as F05.FR.02 has it.",
)

TC_F_06_CS = Case(
    id="TC_F_06_CS",
    title="Unlock without a transaction",
    purpose="A connector without a transaction is unlocked.",
    requirements=("F05.FR.01", "F05.FR.04"),
    main=(_unlocks("Unlocked", "F05.FR.04"),),
)

TC_F_07_CS = Case(
    id="TC_F_07_CS",
    title="Unlock without a cable",
    purpose="The lock is moved although there is no cable, and the answer tells how that went.",
    requirements=("F05.FR.01", "F05.FR.06"),
    main=(_unlocks("Unlocked", "F05.FR.06"),),
    remark="It differs from TC_F_06 by its requirement only: the document has no cable connected in either.",
)

TC_F_10_CS = Case(
    id="TC_F_10_CS",
    title="Unlock of a connector the station does not have",
    purpose="An unknown connector is told to be one.",
    requirements=("F05.FR.03",),
    main=(_unlocks("UnknownConnector", "F05.FR.03", 999),),
)
