"""K12: a limit from outside the CSMS."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.profiles import asks, limit, reports
from pilotwire.conformance.checks import equals, every, is_not
from pilotwire.conformance.language import Acts, Case
from pilotwire.conformance.values import configured

_CONSTRAINTS = "ChargingStationExternalConstraints"

TC_K_52_CS = Case(
    id="TC_K_52_CS",
    title="A limit from outside is reported",
    purpose="A limit of an external system is reported as ChargingStationExternalConstraints.",
    requirements=("K12.FR.05",),
    before=(Acts(act="limit_outside", details={"evse": 0, "limit": limit(10), "unit": configured.charging_rate_unit}),),
    main=(
        asks("1", {"chargingProfilePurpose": _CONSTRAINTS}),
        *reports(
            "3",
            checks=(
                every("chargingProfile", equals("chargingProfilePurpose", _CONSTRAINTS)).of("K12.FR.05"),
                is_not("chargingLimitSource", "CSO"),
            ),
        ),
    ),
)
