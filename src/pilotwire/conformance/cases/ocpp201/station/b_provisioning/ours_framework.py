"""Cases of our own for FR.01 to FR.05 (Part 2, chapter 3): one request at a time, answers, and results after them."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.b_provisioning.ours_booting import CORE, PART_2
from pilotwire.conformance.cases.ocpp201.station.b_provisioning.variables import THRESHOLD, variable
from pilotwire.conformance.cases.ocpp201.station.f_remote_control.f06_trigger_message import asks_for
from pilotwire.conformance.checks import equals
from pilotwire.conformance.language import Answers, Case, Keeps, NotReceives, Receives, Sends, Step
from pilotwire.conformance.values import Fresh, Kept, configured, made

Steps = tuple[Step, ...]
_PLACE = {"id": configured.evse_id, "connectorId": configured.connector_id}

PW_B_23_CS = Case(
    id="PW_B_23_CS",
    title="One request at a time",
    purpose="While the station waits for an answer it sends no other request; once it has it, it sends what waited.",
    requirements=("FR.01",),
    needs=CORE,
    main=(
        Answers(action="Heartbeat", held=True),
        asks_for("Heartbeat", number="1"),
        Receives(number="3", action="Heartbeat"),
        asks_for("StatusNotification", number="4", evse=_PLACE),
        NotReceives(number="5", seconds=configured.silence, note="The answer to the heartbeat is not there (FR.01)."),
        Answers(action="Heartbeat"),
        Receives(number="6", action="StatusNotification", early=True),
    ),
    follows=PART_2,
    ours=True,
)

_BROKEN = (
    "FormatViolation",
    "FormationViolation",
    "OccurrenceConstraintViolation",
    "PropertyConstraintViolation",
    "ProtocolError",
    "TypeConstraintViolation",
)


def _wrong(number: str, action: str, payload: dict[str, Any], *codes: str) -> Sends:
    return Sends(number=number, action=action, payload=payload, raw=True, refused=codes)


PW_B_24_CS = Case(
    id="PW_B_24_CS",
    title="Requests that are none",
    purpose="A valid request has a result; one that breaks its schema, or that nobody knows, has an error, and the station goes on.",
    requirements=("FR.02", "FR.03"),
    needs=CORE,
    main=(
        Sends(
            number="1",
            action="GetVariables",
            payload={"getVariableData": [variable(THRESHOLD)]},
            checks=(equals("getVariableResult[0].attributeStatus", "Accepted").of("FR.02"),),
        ),
        _wrong("3", "GetVariables", {}, *_BROKEN),
        _wrong("5", "Reset", {"type": 7}, *_BROKEN),
        _wrong("7", "SetVariables", {"setVariableData": []}, *_BROKEN),
        _wrong("9", "NoSuchAction", {}, "NotImplemented", "NotSupported"),
        Sends(
            number="11",
            action="GetVariables",
            payload={"getVariableData": [variable(THRESHOLD)]},
            checks=(equals("getVariableResult[0].attributeStatus", "Accepted").of("FR.02"),),
        ),
    ),
    remark="That each wrong request has a CALLERROR is FR.03.",
    follows=PART_2,
    ours=True,
)


def _result(number: str, action: str, payload: dict[str, Any], told: str, request: str) -> Steps:
    """The answer comes first, then what was asked for, with its requestId."""
    return (
        Sends(
            number=number,
            action=action,
            payload={"requestId": Fresh(request), **payload},
            checks=(equals("status", "Accepted"),),
            marks=True,
        ),
        Receives(
            number=str(int(number) + 2),
            action=told,
            checks=(equals("requestId", Kept(request)).of("FR.05"),),
            within=configured.long_operation_timeout,
        ),
    )


PW_B_25_CS = Case(
    id="PW_B_25_CS",
    title="Results come after the answer",
    purpose="What GetReport, GetBaseReport and GetLog ask for comes after their answers, with their requestId.",
    requirements=("FR.05",),
    needs=CORE,
    before=(Keeps(values={"where": made("log location")}),),
    main=(
        *_result("1", "GetReport", {"componentVariable": [variable(THRESHOLD)]}, "NotifyReport", "one variable"),
        *_result("5", "GetBaseReport", {"reportBase": "ConfigurationInventory"}, "NotifyReport", "all variables"),
        *_result(
            "9",
            "GetLog",
            {"logType": configured.log_type, "log": {"remoteLocation": Kept("where")}},
            "LogStatusNotification",
            "log",
        ),
    ),
    follows=PART_2,
    ours=True,
)
