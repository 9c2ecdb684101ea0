"""Commands of functional block B."""

from typing import Any

from tests.support.spoken import ACCEPTED, REJECTED, V2, V16, V21, V201, Given, Say

_COMMAND = "/stations/{station}/commands/"
_INTERVAL = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
_EVSE = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "AvailabilityState"}}


def _reset(kind: str, evse: int | None = None) -> tuple[str, str, Any]:
    return ("POST", _COMMAND + "reset", {"type": kind} | ({} if evse is None else {"evseId": evse}))


def _told(call: Any) -> list[Say]:
    """A report of two parts."""
    part = {"generatedAt": "2026-01-31T12:00:00Z", "requestId": call["requestId"]}
    first = part | {"seqNo": 0, "tbc": True, "reportData": [_INTERVAL | {"variableAttribute": [{"value": "300"}]}]}
    last = part | {"seqNo": 1, "reportData": [_EVSE | {"variableAttribute": [{"value": "Available"}]}]}
    return [("NotifyReport", first), ("NotifyReport", last)]


class _Number:
    """Any request id."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int) and other > 0

    def __hash__(self) -> int:
        return 0


_REPORT = {
    "status": "Accepted",
    "generatedAt": "2026-01-31T12:00:00Z",
    "reportData": [_INTERVAL, _EVSE],
}
_NETWORK = {
    "ocppCsmsUrl": "wss://csms.example.com/ocpp",
    "ocppInterface": "Wireless0",
    "messageTimeout": 20,
    "securityProfile": 2,
    "ocppTransport": "JSON",
    "apn": {"apn": "iot.example.com", "apnAuthentication": "PAP", "apnUserName": "volta", "apnPassword": "secret"},
    "vpn": {
        "server": "vpn.example.com",
        "user": "volta",
        "password": "secret",
        "key": "shared-key",
        "type": "IKEv2",
        "group": "stations",
    },
}
_OF_21 = {"identity": "CS-NEW", "basicAuthPassword": "0123456789abcdef"}

_RESETS = (
    *(
        Given(
            version=V16,
            action="Reset",
            request=_reset(kind),
            call={"type": said},
            answer=ACCEPTED,
            shows=ACCEPTED,
            refusal=REJECTED,
            refused=REJECTED,
            name=said,
        )
        for kind, said in (("Immediate", "Hard"), ("OnIdle", "Soft"))
    ),
    *(
        Given(
            version=version,
            action="Reset",
            request=_reset(kind, evse),
            call={"type": kind} | ({} if evse is None else {"evseId": evse}),
            answer={"status": "Scheduled"} if kind == "OnIdle" else ACCEPTED,
            shows={"status": "Scheduled"} if kind == "OnIdle" else ACCEPTED,
            refusal=REJECTED,
            refused=REJECTED,
            name=f"{kind}{evse or ''}",
        )
        for version, kinds in ((V201, ("Immediate", "OnIdle")), (V21, ("Immediate", "OnIdle", "ImmediateAndResume")))
        for kind in kinds
        for evse in (None, 1)
    ),
)

_VARIABLES = (
    Given(
        version=V16,
        action="GetConfiguration",
        request=("POST", _COMMAND + "get-variables", {"getVariableData": [_INTERVAL]}),
        call={"key": ["HeartbeatInterval"]},
        answer={"configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}]},
        shows={
            "getVariableResult": [
                _INTERVAL
                | {
                    "attributeStatus": "Accepted",
                    "attributeValue": "300",
                    "readOnly": False,
                    "key": "HeartbeatInterval",
                }
            ]
        },
        refusal={"unknownKey": ["HeartbeatInterval"]},
        refused={"getVariableResult": [_INTERVAL | {"attributeStatus": "UnknownVariable", "attributeValue": None}]},
    ),
    Given(
        version=V16,
        action="ChangeConfiguration",
        request=("POST", _COMMAND + "set-variables", {"setVariableData": [_INTERVAL | {"attributeValue": "600"}]}),
        call={"key": "HeartbeatInterval", "value": "600"},
        answer={"status": "RebootRequired"},
        shows={"setVariableResult": [_INTERVAL | {"attributeStatus": "RebootRequired"}]},
        refusal=REJECTED,
        refused={"setVariableResult": [_INTERVAL | {"attributeStatus": "Rejected"}]},
    ),
    *(
        Given(
            version=version,
            action="GetVariables",
            request=("POST", _COMMAND + "get-variables", {"getVariableData": [_INTERVAL, _EVSE]}),
            call={"getVariableData": [_INTERVAL, _EVSE]},
            answer={
                "getVariableResult": [
                    _EVSE | {"attributeStatus": "Accepted", "attributeValue": "Available"},
                    _INTERVAL | {"attributeStatus": "Accepted", "attributeValue": "300"},
                ]
            },
            shows={
                "getVariableResult": [
                    _INTERVAL | {"attributeStatus": "Accepted", "attributeValue": "300", "attributeType": "Actual"},
                    _EVSE | {"attributeStatus": "Accepted", "attributeValue": "Available"},
                ]
            },
            refusal={
                "getVariableResult": [
                    _INTERVAL | {"attributeStatus": "Rejected"},
                    _EVSE | {"attributeStatus": "UnknownComponent"},
                ]
            },
            refused={
                "getVariableResult": [
                    _INTERVAL | {"attributeStatus": "Rejected", "attributeValue": None},
                    _EVSE | {"attributeStatus": "UnknownComponent"},
                ]
            },
        )
        for version in V2
    ),
    *(
        Given(
            version=version,
            action="SetVariables",
            request=("POST", _COMMAND + "set-variables", {"setVariableData": [_INTERVAL | {"attributeValue": "600"}]}),
            call={"setVariableData": [_INTERVAL | {"attributeValue": "600"}]},
            answer={"setVariableResult": [_INTERVAL | {"attributeStatus": "RebootRequired"}]},
            shows={"setVariableResult": [_INTERVAL | {"attributeStatus": "RebootRequired", "attributeType": "Actual"}]},
            refusal={"setVariableResult": [_INTERVAL | {"attributeStatus": "Rejected"}]},
            refused={"setVariableResult": [_INTERVAL | {"attributeStatus": "Rejected"}]},
        )
        for version in V2
    ),
)

_REPORTS = (
    *(
        Given(
            version=version,
            action="GetBaseReport",
            request=("POST", _COMMAND + "get-base-report", {"reportBase": "FullInventory"}),
            call={"requestId": _Number(), "reportBase": "FullInventory"},
            answer=ACCEPTED,
            then=_told,
            shows=_REPORT,
            refusal={"status": "NotSupported"},
            refused={"status": "NotSupported", "reportData": []},
        )
        for version in V2
    ),
    *(
        Given(
            version=version,
            action="GetReport",
            request=(
                "POST",
                _COMMAND + "get-report",
                {"componentCriteria": ["Available"], "componentVariable": [{"component": {"name": "EVSE"}}]},
            ),
            call={
                "requestId": _Number(),
                "componentCriteria": ["Available"],
                "componentVariable": [{"component": {"name": "EVSE"}}],
            },
            answer=ACCEPTED,
            then=_told,
            shows=_REPORT,
            refusal={"status": "EmptyResultSet"},
            refused={"status": "EmptyResultSet", "reportData": []},
        )
        for version in V2
    ),
)

_PROFILES = tuple(
    Given(
        version=version,
        action="SetNetworkProfile",
        request=("POST", _COMMAND + "set-network-profile", {"configurationSlot": 1, "connectionData": _NETWORK | more}),
        call={"configurationSlot": 1, "connectionData": _NETWORK | more | said},
        answer=ACCEPTED,
        shows=ACCEPTED,
        refusal={"status": "Failed"},
        refused={"status": "Failed"},
    )
    for version, more, said in ((V201, {}, {"ocppVersion": "OCPP20"}), (V21, _OF_21, {}))
)

GIVEN = (*_RESETS, *_VARIABLES, *_REPORTS, *_PROFILES)
