"""OCPP 2.1, blocks Q and R: energy in both directions and the controls of a grid operator at a charging station."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import equals, some
from pilotwire.conformance.language import Case21, Receives, Sends, Step
from pilotwire.conformance.states.station201 import energy_transfer_started
from pilotwire.conformance.values import OMITTED, Fresh, Kept, Moment, configured

Steps = tuple[Step, ...]
_BOTH_WAYS: dict[str, Any] = {"evse": {"supply": "DC", "powerW": 50000, "dischargePowerW": 30000}}
_CONTROL = "LimitMaxDischarge"


def _control(name: str, percent: float, *, default: bool, **more: Any) -> dict[str, Any]:
    limit: dict[str, Any] = {"priority": 5, "pctMaxDischargePower": percent} | more
    return {"isDefault": default, "controlId": name, "controlType": _CONTROL, "limitMaxDischarge": limit}


def _sets(number: str, control: dict[str, Any], status: str = "Accepted") -> Sends:
    return Sends(number=number, action="SetDERControl", payload=control, checks=(equals("status", status),))


def _asks(number: str, status: str, **which: Any) -> Sends:
    return Sends(
        number=number,
        action="GetDERControl",
        payload={"requestId": Fresh("controls")} | which,
        checks=(equals("status", status),),
    )


def _reported(number: str, name: str, *, default: bool) -> Steps:
    """The reports of the request, until one says that no more comes, tell this control."""
    return (
        Receives(
            number=number,
            action="ReportDERControl",
            where=(equals("requestId", Kept("controls")),),
            checks=(some("limitMaxDischarge", equals("id", name), equals("isDefault", default)),),
        ),
    )


PW21_R_DEFAULT_CS = Case21(
    id="PW21_R_DEFAULT_CS",
    title="A default DER control",
    purpose="The station takes a default control of the grid operator, reports it, and has none after it was cleared.",
    traits=_BOTH_WAYS,
    main=(
        _asks("1", "NotFound"),
        _sets("3", _control("PW-DEFAULT", 50, default=True)),
        _asks("5", "Accepted"),
        *_reported("7", "PW-DEFAULT", default=True),
        Sends(
            number="9",
            action="ClearDERControl",
            payload={"isDefault": True, "controlId": "PW-DEFAULT"},
            checks=(equals("status", "Accepted"),),
        ),
        _asks("11", "NotFound"),
    ),
    requirements=("R04.FR.02", "R04.FR.30", "R04.FR.31", "R04.FR.33"),
)

PW21_R_SCHEDULED_CS = Case21(
    id="PW21_R_SCHEDULED_CS",
    title="A scheduled DER control",
    purpose="The station tells when a scheduled control begins and when it ends.",
    traits=_BOTH_WAYS,
    main=(
        _sets("1", _control("PW-SOON", 20, default=False, startTime=Moment(2), duration=2)),
        Receives(
            number="3",
            action="NotifyDERStartStop",
            where=(equals("controlId", "PW-SOON"),),
            checks=(equals("started", True).of("R04.FR.20"),),
        ),
        Receives(
            number="5",
            action="NotifyDERStartStop",
            where=(equals("controlId", "PW-SOON"),),
            checks=(equals("started", False).of("R04.FR.22"),),
        ),
    ),
    requirements=("R04.FR.05", "R04.FR.20", "R04.FR.22"),
)

PW21_R_SUPERSEDED_CS = Case21(
    id="PW21_R_SUPERSEDED_CS",
    title="A DER control of higher priority",
    purpose="A control of higher priority takes the place of one that is not active yet, and says which.",
    traits=_BOTH_WAYS,
    main=(
        _sets("1", _control("PW-LATER", 20, default=False, startTime=Moment(3600), duration=60)),
        Sends(
            number="3",
            action="SetDERControl",
            payload=_control("PW-FIRST", 10, default=False, startTime=Moment(3600), duration=60, priority=1),
            checks=(equals("status", "Accepted"), equals("supersededIds", ["PW-LATER"]).of("R04.FR.06")),
        ),
    ),
    requirements=("R04.FR.06",),
)

PW21_R_NOT_SUPPORTED_CS = Case21(
    id="PW21_R_NOT_SUPPORTED_CS",
    title="DER controls at a station without",
    purpose="A station that takes no energy back says that DER controls are not supported.",
    main=(_sets("1", _control("PW-NONE", 50, default=True), "NotSupported"),),
    requirements=("R04.FR.01",),
    remark="Where the station does take energy back, the case does not apply; ours is made without.",
)

PW21_Q_SETPOINT_CS = Case21(
    id="PW21_Q_SETPOINT_CS",
    title="A setpoint of the CSMS",
    purpose="In a transaction the station takes a profile with a setpoint, and tells its operation mode.",
    traits=_BOTH_WAYS,
    before=energy_transfer_started(),
    main=(
        Sends(
            number="1",
            action="SetChargingProfile",
            payload={
                "evseId": configured.evse_id,
                "chargingProfile": {
                    "id": Fresh("setpoint"),
                    "stackLevel": 0,
                    "chargingProfilePurpose": "TxProfile",
                    "chargingProfileKind": "Dynamic",
                    "transactionId": Kept("transaction_id"),
                    "chargingSchedule": [
                        {
                            "id": Fresh("setpoint"),
                            "chargingRateUnit": "W",
                            "startSchedule": OMITTED,
                            "chargingSchedulePeriod": [
                                {
                                    "startPeriod": 0,
                                    "operationMode": "CentralSetpoint",
                                    "setpoint": 5000,
                                }
                            ],
                        }
                    ],
                },
            },
            checks=(equals("status", "Accepted"),),
        ),
        Receives(
            number="3",
            action="TransactionEvent",
            where=(equals("triggerReason", "OperationModeChanged"),),
            checks=(equals("transactionInfo.operationMode", "CentralSetpoint").of("Q01.FR.30"),),
        ),
    ),
    requirements=("Q01.FR.30", "Q03.FR.01"),
)

PW21_Q_AFRR_CS = Case21(
    id="PW21_Q_AFRR_CS",
    title="An aFRR signal nobody waits for",
    purpose="A station without a profile that follows the signal rejects it.",
    traits=_BOTH_WAYS,
    main=(
        Sends(
            number="1",
            action="AFRRSignal",
            payload={"timestamp": Moment(), "signal": 3},
            checks=(equals("status", "Rejected"),),
        ),
    ),
    requirements=("Q08.FR.11",),
)
