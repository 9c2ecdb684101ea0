"""OCPP 2.1, K21, K28, Q and R: priority, dynamic profiles, energy in both directions and DER controls at a CSMS."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import equals, present
from pilotwire.conformance.language import Asks, Case21, Receives, Sends, Step
from pilotwire.conformance.states.csms201 import energy_transfer_started
from pilotwire.conformance.values import Fresh, Kept, Moment, configured

Steps = tuple[Step, ...]
_TX = Kept("transaction_id")


def _profile(name: str, purpose: str, kind: str, **more: Any) -> dict[str, Any]:
    start = {"startSchedule": Moment()} if kind == "Absolute" else {}
    schedule = {
        "id": 1,
        "chargingRateUnit": configured.charging_rate_unit,
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10}],
    }
    return {
        "id": Fresh(name),
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": [schedule | start],
    } | more


def _sets(number: str, profile: dict[str, Any], *, evse: Any = configured.evse_id) -> Steps:
    return (
        Asks(action="SetChargingProfile", payload={"evseId": evse, "chargingProfile": profile}),
        Receives(
            number=number,
            action="SetChargingProfile",
            checks=(equals("chargingProfile.chargingProfileKind", profile["chargingProfileKind"]),),
            keep={"profile": "chargingProfile.id"},
        ),
    )


PW21_K_PRIORITY_CSMS = Case21(
    id="PW21_K_PRIORITY_CSMS",
    title="Priority charging",
    purpose="The CSMS has a transaction charged by the priority profile, and takes it that it is.",
    before=(*energy_transfer_started(), *_sets("", _profile("priority", "PriorityCharging", "Absolute"))),
    main=(
        Asks(action="UsePriorityCharging", payload={"transactionId": _TX, "activate": True}),
        Receives(
            number="1",
            action="UsePriorityCharging",
            checks=(equals("transactionId", _TX), equals("activate", True)),
            answer={"status": "Accepted"},
        ),
        Sends(number="3", action="NotifyPriorityCharging", payload={"transactionId": _TX, "activated": True}),
    ),
    requirements=("K21.FR.09",),
)

PW21_K_DYNAMIC_CSMS = Case21(
    id="PW21_K_DYNAMIC_CSMS",
    title="A dynamic profile is updated",
    purpose="The CSMS sets a dynamic profile, updates it, and answers what the station asks about it.",
    main=(
        *_sets("1", _profile("dynamic", "TxDefaultProfile", "Dynamic", dynUpdateInterval=60)),
        Asks(
            action="UpdateDynamicSchedule",
            payload={"chargingProfileId": Kept("profile"), "scheduleUpdate": {"limit": 6}},
        ),
        Receives(
            number="3",
            action="UpdateDynamicSchedule",
            checks=(equals("chargingProfileId", Kept("profile")), equals("scheduleUpdate.limit", 6)),
            answer={"status": "Accepted"},
        ),
        Sends(
            number="5",
            action="PullDynamicScheduleUpdate",
            payload={"chargingProfileId": Kept("profile")},
            checks=(equals("status", "Accepted"), present("scheduleUpdate")),
        ),
    ),
    requirements=("K28.FR.07",),
)

PW21_K_PULL_UNKNOWN_CSMS = Case21(
    id="PW21_K_PULL_UNKNOWN_CSMS",
    title="Updates of a profile that is not there",
    purpose="The CSMS rejects it when a station asks for updates of a profile it does not know.",
    main=(
        Sends(
            number="1",
            action="PullDynamicScheduleUpdate",
            payload={"chargingProfileId": 987654},
            checks=(equals("status", "Rejected"),),
        ),
    ),
    requirements=("K28.FR.12",),
)

_CONTROL = "LimitMaxDischarge"

PW21_R_CONTROL_CSMS = Case21(
    id="PW21_R_CONTROL_CSMS",
    title="A DER control",
    purpose="The CSMS sets a control of the grid operator, asks for it, takes the report, and what becomes of it.",
    main=(
        Asks(
            action="SetDERControl",
            payload={
                "isDefault": True,
                "controlId": "PW-CONTROL",
                "controlType": _CONTROL,
                "limitMaxDischarge": {"priority": 5, "pctMaxDischargePower": 50},
            },
        ),
        Receives(
            number="1",
            action="SetDERControl",
            checks=(
                equals("isDefault", True),
                equals("controlType", _CONTROL),
                equals("limitMaxDischarge.pctMaxDischargePower", 50),
                equals("controlId", "PW-CONTROL"),
            ),
            answer={"status": "Accepted"},
            keep={"control": "controlId"},
        ),
        Asks(action="GetDERControl", payload={"controlType": _CONTROL}),
        Receives(
            number="3",
            action="GetDERControl",
            checks=(equals("controlType", _CONTROL), present("requestId")),
            answer={"status": "Accepted"},
            keep={"request": "requestId"},
        ),
        Sends(
            number="5",
            action="ReportDERControl",
            payload={
                "requestId": Kept("request"),
                "limitMaxDischarge": [
                    {
                        "id": Kept("control"),
                        "isDefault": True,
                        "isSuperseded": False,
                        "limitMaxDischarge": {"priority": 5, "pctMaxDischargePower": 50},
                    }
                ],
            },
        ),
        Sends(
            number="7",
            action="NotifyDERStartStop",
            payload={"controlId": Kept("control"), "started": True, "timestamp": Moment()},
        ),
        Sends(
            number="9",
            action="NotifyDERAlarm",
            payload={"controlType": _CONTROL, "timestamp": Moment(), "gridEventFault": "OverFrequency"},
        ),
    ),
    requirements=("R04.FR.12", "R04.FR.14", "R04.FR.16"),
)

PW21_Q_AFRR_CSMS = Case21(
    id="PW21_Q_AFRR_CSMS",
    title="A signal for frequency restoration",
    purpose="The CSMS sends an aFRR signal with its time.",
    main=(
        Asks(action="AFRRSignal", payload={"timestamp": Moment(), "signal": 3}),
        Receives(
            number="1",
            action="AFRRSignal",
            checks=(equals("signal", 3), present("timestamp")),
            answer={"status": "Accepted"},
        ),
    ),
    requirements=("Q08.FR.12",),
)

PW21_Q_ALLOWED_CSMS = Case21(
    id="PW21_Q_ALLOWED_CSMS",
    title="The energy transfer that is allowed",
    purpose="The CSMS tells which energy transfer a transaction may use.",
    before=energy_transfer_started(),
    main=(
        Asks(
            action="NotifyAllowedEnergyTransfer",
            payload={"transactionId": _TX, "allowedEnergyTransfer": ["DC", "DC_BPT"]},
        ),
        Receives(
            number="1",
            action="NotifyAllowedEnergyTransfer",
            checks=(equals("transactionId", _TX), equals("allowedEnergyTransfer", ["DC", "DC_BPT"])),
            answer={"status": "Accepted"},
        ),
    ),
    requirements=("Q02.FR.05",),
)
