"""F03: the CSMS stops a transaction."""

from __future__ import annotations

from pilotwire.conformance.checks import equals
from pilotwire.conformance.language import Case, NotReceives, Sends
from pilotwire.conformance.states.station201 import energy_transfer_started, stop_authorized

TC_F_08_CS = Case(
    id="TC_F_08_CS",
    title="A remote stop",
    purpose="The CSMS stops the transaction: energy stops with RemoteStop, and the transaction ends as TxStopPoint says.",
    requirements=("F03.FR.02", "F03.FR.03", "F03.FR.07", "F03.FR.09"),
    before=energy_transfer_started(),
    main=stop_authorized("remote"),
)

TC_F_09_CS = Case(
    id="TC_F_09_CS",
    title="A remote stop of another transaction",
    purpose="The stop of a transaction the station does not have is rejected, and the one it has goes on.",
    requirements=("F03.FR.08",),
    before=energy_transfer_started(),
    main=(
        Sends(
            number="1",
            action="RequestStopTransaction",
            payload={"transactionId": "no-such-transaction"},
            checks=(equals("status", "Rejected").of("F03.FR.08"),),
        ),
        NotReceives(
            action="TransactionEvent", where=(equals("eventType", "Ended"),), note="What was refused is not done."
        ),
    ),
)
