"""P01 and what is like it: data of vendors the station does not know, in messages of their own and in others."""

from __future__ import annotations

from pilotwire.conformance.checks import absent_or, equals, one_of
from pilotwire.conformance.conditions import feature
from pilotwire.conformance.language import Case, Configures, Sends
from pilotwire.conformance.values import Computed, Fresh, Moment, configured
from pilotwire.conformance.variables import component_variable

VARIABLE = "OCPPCommCtrlr.OfflineThreshold"
CUSTOM = {"customData": {"vendorId": "org.openchargealliance.octt", "example": [1, {"of": "any kind"}]}}
"""customData: whatever a vendor likes, beside its id."""
_LIMIT = Computed("6 A or 6000 W", lambda known: 6 if known.setting("charging_rate_unit") == "A" else 6000)

TC_P_01_CS = Case(
    id="TC_P_01_CS",
    title="Data of a vendor nobody knows",
    purpose="A station that does not know a vendor's messages says so.",
    requirements=("P01.FR.05", "P01.FR.06"),
    main=(
        Sends(
            number="1",
            action="DataTransfer",
            payload={"vendorId": "org.openchargealliance.octt", "messageId": configured.message_id},
            checks=(one_of("status", "UnknownVendorId", "UnknownMessageId", "Rejected").of("P01.FR.05"),),
        ),
    ),
)

TC_P_03_CS = Case(
    id="TC_P_03_CS",
    title="Custom data in requests about variables",
    purpose="A station takes requests with custom data in them, and does what they ask.",
    before=(Configures(variable=VARIABLE, value=configured.offline_threshold),),
    main=(
        Sends(
            number="1",
            action="SetVariables",
            payload={
                "setVariableData": [
                    component_variable(VARIABLE) | {"attributeValue": "200", "attributeType": "Actual"} | CUSTOM
                ]
            }
            | CUSTOM,
            checks=(equals("setVariableResult[0].attributeStatus", "Accepted"),),
        ),
        Sends(
            number="3",
            action="GetVariables",
            payload={"getVariableData": [component_variable(VARIABLE) | {"attributeType": "Actual"} | CUSTOM]} | CUSTOM,
            checks=(
                equals("getVariableResult[0].attributeStatus", "Accepted"),
                absent_or("getVariableResult[0].attributeType", "Actual"),
                equals("getVariableResult[0].attributeValue", "200"),
            ),
        ),
    ),
    remark="The document does not show the custom data its title speaks of; it is in the request and in its only member.",
)

TC_P_04_CS = Case(
    id="TC_P_04_CS",
    title="Custom data in a charging profile",
    purpose="A station takes a charging profile with custom data in it.",
    needs=(feature("Smart Charging"),),
    main=(
        Sends(
            number="1",
            action="SetChargingProfile",
            payload={
                "evseId": configured.evse_id,
                "chargingProfile": {
                    "id": Fresh("charging_profile_id"),
                    "stackLevel": configured.stack_level,
                    "chargingProfilePurpose": "TxDefaultProfile",
                    "chargingProfileKind": "Absolute",
                    "chargingSchedule": [
                        {
                            "id": Fresh("charging_schedule_id"),
                            "startSchedule": Moment(),
                            "duration": 300,
                            "chargingRateUnit": configured.charging_rate_unit,
                            "chargingSchedulePeriod": [
                                {"startPeriod": 0, "limit": _LIMIT, "numberPhases": configured.number_phases} | CUSTOM
                            ],
                        }
                    ],
                }
                | CUSTOM,
            },
            checks=(equals("status", "Accepted"),),
        ),
    ),
    remark="The profile begins now and lasts 300 s, of which the document gives no more than that it is configured.",
)
