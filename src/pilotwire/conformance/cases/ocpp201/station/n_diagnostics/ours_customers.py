"""Cases of our own for N09: a request that names its customer twice."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.n_diagnostics.n09_n10_customers import BY_IDENTIFIER, BY_TOKEN
from pilotwire.conformance.cases.ocpp201.station.n_diagnostics.reports import CUSTOMER
from pilotwire.conformance.checks import equals
from pilotwire.conformance.conditions import feature
from pilotwire.conformance.language import Case, NotReceives, Sends
from pilotwire.conformance.values import Fresh

PW_N_07_CS = Case(
    id="PW_N_07_CS",
    title="A customer who is named twice, or not at all",
    purpose="CustomerInformation with more than one name of the customer, or with none, is answered with Invalid, and nothing is told.",
    requirements=("N09.FR.09",),
    needs=(feature("Core"),),
    main=(
        *(
            Sends(
                number="1",
                action="CustomerInformation",
                payload={"requestId": Fresh("customer"), "report": True, "clear": False, **who},
                checks=(equals("status", "Invalid").of("N09.FR.09"),),
            )
            for who in ({**BY_TOKEN, **BY_IDENTIFIER}, {})
        ),
        NotReceives(number="3", action=CUSTOMER),
    ),
    follows="Part 2 edition 3, errata 2025-09",
    ours=True,
)
