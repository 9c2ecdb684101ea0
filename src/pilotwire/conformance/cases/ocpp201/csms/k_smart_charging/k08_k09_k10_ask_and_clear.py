"""K08 to K10: the CSMS asks for composite schedules and profiles, and clears them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pilotwire.conformance.cases.ocpp201.csms.k_smart_charging.profiles import limit, profile
from pilotwire.conformance.checks import Check, absent, equals, holds, present
from pilotwire.conformance.language import Asks, Case, ForEach, Receives, Sends, Step
from pilotwire.conformance.states.csms201 import energy_transfer_started
from pilotwire.conformance.values import Fresh, Kept, Moment, configured

Steps = tuple[Step, ...]
CRITERIA = "chargingProfileCriteria"
DEFAULT_OF_EVSE = {
    "chargingProfilePurpose": "TxDefaultProfile",
    "stackLevel": configured.stack_level,
    "evseId": configured.evse_id,
}
_WANTED = ("chargingProfilePurpose", "stackLevel", "chargingLimitSource", "chargingProfileId")


def asks_profiles(evse: Any, wanted: Mapping[str, Any]) -> Steps:
    """The operator asks for profiles by these criteria and no others; the station has some."""
    place = {} if evse is None else {"evseId": evse}
    checks: list[Check] = [absent("evseId") if evse is None else equals("evseId", evse), present("requestId")]
    for name in _WANTED:
        if name not in wanted:
            checks.append(absent(f"chargingProfile.{name}"))
        elif isinstance(wanted[name], list):
            checks += [holds(f"chargingProfile.{name}", one) for one in wanted[name]]
        else:
            checks.append(equals(f"chargingProfile.{name}", wanted[name]))
    return (
        Asks(action="GetChargingProfiles", payload=place | {"chargingProfile": dict(wanted)}),
        Receives(
            number="1",
            action="GetChargingProfiles",
            checks=tuple(checks),
            answer={"status": "Accepted"},
            keep={"request_id": "requestId"},
        ),
    )


def reports(
    purpose: str, *, evse: Any = configured.evse_id, more: bool = False, source: str = "CSO", profile_id: Any = None
) -> Step:
    """The station reports a profile."""
    return Sends(
        number="3",
        action="ReportChargingProfiles",
        payload={
            "requestId": Kept("request_id"),
            "chargingLimitSource": source,
            "evseId": evse,
            "tbc": more,
            "chargingProfile": [profile(purpose, "Absolute", 8, profile_id=profile_id)],
        },
    )


def clears(wanted: Mapping[str, Any], answer: str, *checks: Check) -> Steps:
    """The operator clears profiles; the station answers so."""
    return (
        Asks(action="ClearChargingProfile", payload=wanted),
        Receives(number="1", action="ClearChargingProfile", checks=checks, answer={"status": answer}),
    )


BY_CRITERIA = (
    equals(f"{CRITERIA}.chargingProfilePurpose", "TxDefaultProfile"),
    equals(f"{CRITERIA}.stackLevel", configured.stack_level),
    equals(f"{CRITERIA}.evseId", configured.evse_id),
    absent("chargingProfileId"),
)


def asks_schedule(evse: Any) -> Steps:
    """The operator asks for the composite schedule of a place, and gets one."""
    wanted = {"evseId": evse, "duration": 300, "chargingRateUnit": configured.charging_rate_unit}
    schedule = {
        "evseId": evse,
        "duration": 300,
        "scheduleStart": Moment(),
        "chargingRateUnit": configured.charging_rate_unit,
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit(10)}],
    }
    return (
        Asks(action="GetCompositeSchedule", payload=wanted),
        Receives(
            number="1",
            action="GetCompositeSchedule",
            checks=(
                equals("evseId", evse),
                equals("duration", 300),
                equals("chargingRateUnit", configured.charging_rate_unit),
            ),
            answer={"status": "Accepted", "schedule": schedule},
        ),
    )


TC_K_05_CSMS = Case(
    id="TC_K_05_CSMS",
    title="Clear a profile by its id",
    purpose="The CSMS clears the profile that a station has reported.",
    requirements=("K10.FR.02",),
    before=(
        *asks_profiles(None, {"chargingProfilePurpose": "TxDefaultProfile"}),
        reports("TxDefaultProfile", profile_id=Fresh("there")),
    ),
    main=clears(
        {"chargingProfileId": Kept("there")},
        "Accepted",
        equals("chargingProfileId", Kept("there")),
        absent(CRITERIA),
    ),
)
TC_K_06_CSMS = Case(
    id="TC_K_06_CSMS",
    title="Clear a profile by criteria",
    purpose="The CSMS clears by purpose, level and EVSE.",
    requirements=("K10.FR.02",),
    main=clears({CRITERIA: DEFAULT_OF_EVSE}, "Accepted", *BY_CRITERIA),
)
TC_K_08_CSMS = Case(
    id="TC_K_08_CSMS",
    title="Clear a profile that is not there",
    purpose="The CSMS takes it that there is nothing to clear.",
    main=clears({CRITERIA: DEFAULT_OF_EVSE}, "Unknown", *BY_CRITERIA),
)
TC_K_29_CSMS = Case(
    id="TC_K_29_CSMS",
    title="Profiles of the station",
    purpose="The CSMS asks for the profiles of the station itself (EVSE 0), and takes the report.",
    requirements=("K09.FR.03",),
    before=energy_transfer_started(),
    main=(
        *asks_profiles(0, {"chargingProfilePurpose": "ChargingStationMaxProfile"}),
        reports("ChargingStationMaxProfile", evse=0),
    ),
)
TC_K_30_CSMS = Case(
    id="TC_K_30_CSMS",
    title="Profiles of an EVSE",
    purpose="The CSMS asks for the profiles of an EVSE.",
    requirements=("K09.FR.03",),
    main=(
        *asks_profiles(configured.evse_id, {"chargingProfilePurpose": "TxDefaultProfile"}),
        reports("TxDefaultProfile"),
    ),
)
TC_K_31_CSMS = Case(
    id="TC_K_31_CSMS",
    title="Profiles everywhere",
    purpose="The CSMS asks for profiles without naming an EVSE, and takes a report in parts.",
    requirements=("K09.FR.03",),
    main=(
        *asks_profiles(None, {"chargingProfilePurpose": "TxDefaultProfile"}),
        ForEach(name="an EVSE", values=[configured.evse_id], steps=(reports("TxDefaultProfile", more=True),)),
        reports("TxDefaultProfile", evse=configured.evse2_id),
    ),
    remark="The part of the last EVSE says that no other comes; the document has tbc true in all.",
)
TC_K_32_CSMS = Case(
    id="TC_K_32_CSMS",
    title="A profile by its id",
    purpose="The CSMS asks for one profile by its id.",
    requirements=("K09.FR.03",),
    main=(*asks_profiles(None, {"chargingProfileId": [7]}), reports("TxDefaultProfile", profile_id=7)),
)
TC_K_33_CSMS = Case(
    id="TC_K_33_CSMS",
    title="Profiles of a level",
    purpose="The CSMS asks for the profiles of an EVSE and a level.",
    requirements=("K09.FR.03",),
    main=(*asks_profiles(configured.evse_id, {"stackLevel": configured.stack_level}), reports("TxDefaultProfile")),
)
TC_K_34_CSMS = Case(
    id="TC_K_34_CSMS",
    title="Profiles of a source",
    purpose="The CSMS asks for the profiles of an EVSE and a source of limits.",
    requirements=("K09.FR.03",),
    main=(*asks_profiles(configured.evse_id, {"chargingLimitSource": ["CSO"]}), reports("TxDefaultProfile")),
)
TC_K_35_CSMS = Case(
    id="TC_K_35_CSMS",
    title="Profiles of a purpose",
    purpose="The CSMS asks for the profiles of an EVSE and a purpose.",
    requirements=("K09.FR.03",),
    main=(
        *asks_profiles(configured.evse_id, {"chargingProfilePurpose": "TxDefaultProfile"}),
        reports("TxDefaultProfile"),
    ),
)
TC_K_36_CSMS = Case(
    id="TC_K_36_CSMS",
    title="Profiles of a purpose and a level",
    purpose="The CSMS asks for the profiles of an EVSE, a purpose and a level.",
    requirements=("K09.FR.03",),
    main=(
        *asks_profiles(
            configured.evse_id,
            {"chargingProfilePurpose": "TxDefaultProfile", "stackLevel": configured.stack_level},
        ),
        reports("TxDefaultProfile"),
    ),
)
TC_K_43_CSMS = Case(
    id="TC_K_43_CSMS",
    title="Composite schedule of an EVSE",
    purpose="The CSMS asks how an EVSE will charge.",
    requirements=("K08.FR.01",),
    main=asks_schedule(1),
)
TC_K_44_CSMS = Case(
    id="TC_K_44_CSMS",
    title="Composite schedule of the station",
    purpose="The CSMS asks how the station as a whole will charge.",
    requirements=("K08.FR.01",),
    main=asks_schedule(0),
)
TC_K_52_CSMS = Case(
    id="TC_K_52_CSMS",
    title="A limit of an external system as a profile",
    purpose="The CSMS takes the report of a limit that an external system has set.",
    main=(
        *asks_profiles(configured.evse_id, {"chargingProfilePurpose": "ChargingStationExternalConstraints"}),
        reports("ChargingStationExternalConstraints", source="EMS"),
    ),
)
