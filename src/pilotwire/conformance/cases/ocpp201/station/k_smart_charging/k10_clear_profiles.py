"""K10: profiles are cleared, by id or by purpose and stack level."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.k01_when_they_count import SIGNIFICANT
from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.profiles import (
    DEFAULT,
    STATION_MAX,
    Payload,
    asks,
    asks_composite,
    by_id,
    clears,
    limit,
    limits,
    longer,
    no_longer,
    profile,
    sets,
    starts,
)
from pilotwire.conformance.language import Case
from pilotwire.conformance.states.station201 import energy_transfer_started
from pilotwire.conformance.values import Fresh, Kept, configured

_SAME: Payload = {"chargingProfilePurpose": DEFAULT, "stackLevel": configured.stack_level}
_OF_LEVEL = profile("profile", DEFAULT, (0, 6), level=configured.stack_level)

TC_K_05_CS = Case(
    id="TC_K_05_CS",
    title="A profile is cleared by its id",
    purpose="A profile whose id is named is gone after that.",
    requirements=("K10.FR.03",),
    before=(sets("", _OF_LEVEL),),
    main=(
        clears("1", {"chargingProfileId": Kept("profile")}, "Accepted"),
        asks("3", by_id("profile"), status="NoProfiles"),
    ),
)

TC_K_06_CS = Case(
    id="TC_K_06_CS",
    title="A profile is cleared by purpose and stack level",
    purpose="The profile with this purpose and level is gone after that, during a transaction too.",
    requirements=("K10.FR.04",),
    before=(sets("", _OF_LEVEL), *energy_transfer_started()),
    main=(
        clears("1", {"chargingProfileCriteria": _SAME}, "Accepted"),
        asks("3", _SAME, status="NoProfiles"),
    ),
)

TC_K_07_CS = Case(
    id="TC_K_07_CS",
    title="No profile has this purpose and stack level",
    purpose="Clearing what no profile is like is answered with Unknown.",
    requirements=("K10.FR.01",),
    before=(sets("", profile("profile", DEFAULT, (0, 6), level=1)),),
    main=(
        clears("1", {"chargingProfileCriteria": {"chargingProfilePurpose": STATION_MAX, "stackLevel": 0}}, "Unknown"),
    ),
)

TC_K_08_CS = Case(
    id="TC_K_08_CS",
    title="There is no profile at all",
    purpose="Clearing a profile where none was set is answered with Unknown.",
    requirements=("K10.FR.01",),
    main=(clears("1", {"chargingProfileId": Fresh("profile")}, "Unknown"),),
)

TC_K_09_CS = Case(
    id="TC_K_09_CS",
    title="A default is cleared during a transaction",
    purpose="A TxDefaultProfile that is cleared limits the transaction that goes on no longer.",
    requirements=("K10.FR.07",),
    before=(
        SIGNIFICANT,
        sets("", profile("profile", DEFAULT, (0, 6), duration=longer(400))),
        *energy_transfer_started(),
    ),
    main=(
        asks_composite("1", 300, limits(starts("profile"), (0, limit(6)))),
        clears("3", {"chargingProfileCriteria": {"chargingProfilePurpose": DEFAULT}}, "Accepted"),
        asks_composite("5", 300, no_longer(limit(6))),
    ),
    remark="validFrom and validTo are left out (errata 6.2.66). Steps 5 and 6 have changed places in the document.",
)

TC_K_24_CS = Case(
    id="TC_K_24_CS",
    title="Profiles of several EVSEs are cleared by purpose and stack level",
    purpose="The profiles of two EVSEs with this purpose and level are both gone after one request.",
    requirements=("K10.FR.04",),
    before=(
        sets("", _OF_LEVEL),
        sets("", profile("other profile", DEFAULT, (0, 6), level=configured.stack_level), evse=configured.evse2_id),
    ),
    main=(
        clears("1", {"chargingProfileCriteria": _SAME}, "Accepted"),
        asks("3", _SAME, status="NoProfiles"),
    ),
)
