"""Case of our own for N09: the algorithm a customer's certificate is named by."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.csms.n_diagnostics.n01_n09_n10_logs_and_customers import (
    asks_customer,
    tells_customer,
)
from pilotwire.conformance.checks import equals, like
from pilotwire.conformance.conditions import feature
from pilotwire.conformance.language import Case, ForEach
from pilotwire.conformance.values import Kept, made

_HASHES = made("root hashes", algorithm=Kept("algorithm"))

PW_N_01_CSMS = Case(
    id="PW_N_01_CSMS",
    title="A customer's certificate by the algorithm it was installed with",
    purpose="The CSMS names a customer's certificate by the hash algorithm that is on record for it.",
    requirements=("N09.FR.08",),
    needs=(feature("ISO 15118 Support"),),
    main=(
        ForEach(
            name="algorithm",
            values=["SHA256", "SHA384"],
            steps=(
                *asks_customer(
                    {"customerCertificate": _HASHES},
                    equals("customerCertificate.hashAlgorithm", Kept("algorithm")).of("N09.FR.08"),
                    like("customerCertificate", _HASHES),
                ),
                tells_customer(),
            ),
        ),
    ),
    follows="Part 2 edition 3, errata 2025-09",
    ours=True,
)
