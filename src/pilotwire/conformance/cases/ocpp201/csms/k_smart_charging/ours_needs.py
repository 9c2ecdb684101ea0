"""Case of our own for K15: needs the CSMS has no schedule for."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.csms.k_smart_charging.k15_k16_k17_needs import needs
from pilotwire.conformance.checks import equals
from pilotwire.conformance.conditions import feature
from pilotwire.conformance.language import Case, NotReceives, Sends
from pilotwire.conformance.values import configured

_NOWHERE = 99

PW_K_05_CSMS = Case(
    id="PW_K_05_CSMS",
    title="Needs there can be no schedule for",
    purpose="The CSMS rejects the needs of an EV at an EVSE it cannot make a schedule for, as nobody charges there.",
    requirements=("K15.FR.04",),
    needs=(feature("ISO 15118 Support"), feature("Smart Charging")),
    main=(
        Sends(
            number="1",
            action="NotifyEVChargingNeeds",
            payload={"evseId": _NOWHERE} | dict(needs()),
            checks=(equals("status", "Rejected").of("K15.FR.04"),),
        ),
        NotReceives(number="3", action="SetChargingProfile", seconds=configured.silence),
    ),
    follows="Part 2 edition 3, errata 2025-09",
    ours=True,
)
