"""Cases of our own for B01 and B03: what a CSMS may say to a station it has rejected, and what it lets it say."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.csms.b_provisioning.b01_cold_boot import boots, told_too_early
from pilotwire.conformance.checks import equals
from pilotwire.conformance.conditions import feature
from pilotwire.conformance.language import Case, NotReceives, Reconnects
from pilotwire.conformance.values import configured

PW_B_01_CSMS = Case(
    id="PW_B_01_CSMS",
    title="Nothing is said to a station that is rejected",
    purpose="The CSMS sends nothing to a station it has rejected, and refuses what that station says with a SecurityError.",
    requirements=("B01.FR.10", "B03.FR.03", "FR.04"),
    needs=(feature("Core"),),
    traits={"boot_answers": ["Rejected"]},
    booted=False,
    before=(Reconnects(),),
    main=(
        boots("1", equals("status", "Rejected")),
        NotReceives(number="3", seconds=configured.silence, note="The CSMS initiates no messages (B03.FR.03)."),
        told_too_early("4"),
        NotReceives(number="6", seconds=configured.silence, note="Nor does it then (B03.FR.03)."),
    ),
    follows="Part 2 edition 3, errata 2025-09",
    ours=True,
)
