"""K05, F01: a profile that comes with a remote start."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.profiles import (
    OWN,
    asks,
    by_id,
    profile,
    reports,
    told,
)
from pilotwire.conformance.checks import equals
from pilotwire.conformance.language import Case, Judges
from pilotwire.conformance.states.station201 import authorized, energy_transfer_started, ev_connected_pre_session
from pilotwire.conformance.values import configured

_SENT = profile("profile", OWN, (0, 6), kind="Relative")

TC_K_37_CS = Case(
    id="TC_K_37_CS",
    title="A remote start with a profile",
    purpose="The TxProfile of a remote start is kept for its transaction.",
    requirements=("K05.FR.03", "E01.FR.02", "F01.FR.10", "F01.FR.13"),
    before=ev_connected_pre_session(),
    main=(
        *authorized("remote", extra={"chargingProfile": _SENT}),
        *energy_transfer_started(),
        asks("8", by_id("profile")),
        *reports("10", checks=(equals("evseId", configured.evse_id),)),
    ),
    after=(Judges(checks=(told((configured.evse_id, _SENT)),)),),
)

TC_K_38_CS = Case(
    id="TC_K_38_CS",
    title="A remote start with a profile, without smart charging",
    purpose="A station that does not support smart charging ignores the profile of a remote start, and charges.",
    requirements=("F01.FR.12", "F01.FR.13"),
    traits={"variables": {"SmartChargingCtrlr.Enabled": "false"}},
    before=ev_connected_pre_session(),
    main=(
        *authorized("remote", extra={"chargingProfile": _SENT}),
        *energy_transfer_started(),
    ),
)
