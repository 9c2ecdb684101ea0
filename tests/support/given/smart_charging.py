"""Commands of functional blocks K and Q; of 1.6 sections 5.5, 5.7 and 5.16."""

from typing import Any
from unittest.mock import ANY

import httpx

from pilotwire.ocpp.version import OcppVersion
from tests.support.raw_station import RawStation
from tests.support.spoken import ACCEPTED, REJECTED, V2, V16, V21, V201, Given, Prepare, Say

SET = "/stations/{station}/commands/set-charging-profile"
START = "2026-01-01T00:00:00Z"
BECAUSE = {"status": "Rejected", "statusInfo": {"reasonCode": "InvalidSchedule", "additionalInfo": "too much"}}


def profile(
    purpose: str = "TxDefaultProfile", kind: str = "Absolute", *, level: int = 0, **more: Any
) -> dict[str, Any]:
    """A profile of one schedule, as the API and 2.x have it."""
    schedule: dict[str, Any] = {
        "id": 1,
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [
            {"startPeriod": 0, "limit": 16, "numberPhases": 3},
            {"startPeriod": 3600, "limit": 8.5},
        ],
    }
    if kind in ("Absolute", "Recurring"):
        schedule["startSchedule"] = START
    if purpose == "TxProfile":
        more = {"transactionId": "tx-1"} | more
    if kind == "Recurring":
        more = {"recurrencyKind": "Daily"} | more
    return {
        "id": 7,
        "stackLevel": level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": [schedule],
    } | more


def profile_16(given: dict[str, Any]) -> dict[str, Any]:
    """The same as 1.6 writes it."""
    (schedule,) = given["chargingSchedule"]
    said = {name: value for name, value in given.items() if name not in ("id", "chargingSchedule", "transactionId")}
    if given["chargingProfilePurpose"] == "ChargingStationMaxProfile":
        said["chargingProfilePurpose"] = "ChargePointMaxProfile"
    if "transactionId" in given:
        said["transactionId"] = ANY
    one = {name: value for name, value in schedule.items() if name != "id"}
    return {"chargingProfileId": given["id"], "chargingSchedule": one} | said


def charging(version: OcppVersion) -> Prepare:
    """A transaction goes on at EVSE 1: tx-1 in 2.x; in 1.6 one without a name that can be foretold."""

    async def prepare(api: httpx.AsyncClient, identity: str, line: RawStation) -> None:
        if version is V16:
            start = {"connectorId": 1, "idTag": "CARD", "meterStart": 0, "timestamp": START}
            await line.ask("StartTransaction", start)
            return
        event = {
            "eventType": "Started",
            "timestamp": START,
            "triggerReason": "CablePluggedIn",
            "seqNo": 0,
            "transactionInfo": {"transactionId": "tx-1"},
            "evse": {"id": 1, "connectorId": 1},
        }
        await line.ask("TransactionEvent", event)

    return prepare


def _set(version: OcppVersion, evse: int, given: dict[str, Any], name: str) -> Given:
    old = version is V16
    is_tx = given["chargingProfilePurpose"] == "TxProfile"
    if old and is_tx:
        given = {key: value for key, value in given.items() if key != "transactionId"}
    return Given(
        version=version,
        action="SetChargingProfile",
        request=("POST", SET, {"evseId": evse, "chargingProfile": given}),
        call={"connectorId": evse, "csChargingProfiles": profile_16(given)}
        if old
        else {"evseId": evse, "chargingProfile": given},
        answer=ACCEPTED,
        shows={"status": "Accepted", "statusInfo": None, "remarks": []},
        refusal={"status": "NotSupported"}
        if old
        else {"status": "Rejected", "statusInfo": {"reasonCode": "InvalidSchedule", "additionalInfo": "too much"}},
        refused={"status": "NotSupported"} if old else BECAUSE,
        prepare=charging(version) if is_tx else None,
        name=name,
    )


_V2X = {
    "id": 1,
    "chargingRateUnit": "W",
    "startSchedule": START,
    "limitAtSoC": {"soc": 80, "limit": 5000},
    "useLocalTime": True,
    "randomizedDelay": 30,
    "priceLevelSchedule": {
        "timeAnchor": START,
        "priceScheduleId": 1,
        "numberOfPriceLevels": 2,
        "priceLevelScheduleEntries": [{"duration": 3600, "priceLevel": 1}],
    },
    "chargingSchedulePeriod": [
        {"startPeriod": 0, "operationMode": "CentralSetpoint", "setpoint": -3000, "setpointReactive": 100},
        {
            "startPeriod": 600,
            "operationMode": "LocalFrequency",
            "v2xBaseline": 0,
            "v2xFreqWattCurve": [{"frequency": 49.8, "power": -5000}, {"frequency": 50.2, "power": 5000}],
            "v2xSignalWattCurve": [{"signal": -100, "power": -5000}, {"signal": 100, "power": 5000}],
        },
        {"startPeriod": 1200, "operationMode": "Idle", "evseSleep": True, "preconditioningRequest": True},
        {"startPeriod": 1800, "limit": 7000, "limit_L2": 7000, "limit_L3": 7000, "dischargeLimit": -10},
    ],
}
_DYNAMIC_PERIOD = {"startPeriod": 0, "operationMode": "CentralSetpoint", "setpoint": 2000}
DYNAMIC: dict[str, Any] = {
    "id": 9,
    "stackLevel": 3,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Dynamic",
    "dynUpdateInterval": 60,
    "chargingSchedule": [
        {"id": 1, "chargingRateUnit": "W", "duration": 300, "chargingSchedulePeriod": [_DYNAMIC_PERIOD]}
    ],
}
_PURPOSES = (("ChargingStationMaxProfile", 0), ("TxDefaultProfile", 0), ("TxDefaultProfile", 2), ("TxProfile", 1))


def _sets() -> list[Given]:
    cases = []
    for version in (V16, *V2):
        for purpose, evse in _PURPOSES:
            for kind in ("Absolute", "Recurring", "Relative"):
                if (purpose, kind) == ("ChargingStationMaxProfile", "Relative"):
                    continue
                cases.append(_set(version, evse, profile(purpose, kind), f"{purpose}-{evse}-{kind}"))
        cases += [_set(version, 0, profile(level=level), f"level-{level}") for level in range(10)]
    charging_only = profile("PriorityCharging")
    cases += [
        _set(V21, 0, charging_only, "PriorityCharging"),
        _set(V21, 0, profile("LocalGeneration"), "LocalGeneration"),
        _set(V21, 0, profile(maxOfflineDuration=60, invalidAfterOfflineDuration=True), "offline"),
        _set(V21, 0, DYNAMIC, "Dynamic"),
        _set(V21, 1, profile("TxProfile", chargingSchedule=[_V2X]), "v2x"),
    ]
    return cases


# --- the others ---------------------------------------------------------------------------------------------------------

_CLEAR = "/stations/{station}/commands/clear-charging-profile"
_COMPOSITE = (
    "POST",
    "/stations/{station}/commands/get-composite-schedule",
    {"evseId": 1, "duration": 600, "chargingRateUnit": "A"},
)
_GET = "/stations/{station}/commands/get-charging-profiles"
_PERIODS = [{"startPeriod": 0, "limit": 16}, {"startPeriod": 300, "limit": 8.5}]
UNKNOWN = {"status": "Unknown"}
_ALL_SOURCES = ["CSO", "EMS", "SO", "Other"]


def _clear(version: OcppVersion, body: Any, call: Any, name: str) -> Given:
    return Given(
        version=version,
        action="ClearChargingProfile",
        request=("POST", _CLEAR, body),
        call=call,
        answer=ACCEPTED,
        shows=ACCEPTED,
        refusal=UNKNOWN,
        refused=UNKNOWN,
        name=name,
    )


_CRITERIA = {"evseId": 1, "chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 2}
_CLEARS = (
    _clear(V16, {}, {}, "all"),
    _clear(V16, {"chargingProfileId": 7}, {"id": 7}, "id"),
    _clear(
        V16,
        _CRITERIA | {"chargingProfilePurpose": "ChargingStationMaxProfile"},
        {"connectorId": 1, "chargingProfilePurpose": "ChargePointMaxProfile", "stackLevel": 2},
        "criteria",
    ),
    *(_clear(version, {"chargingProfileId": 7}, {"chargingProfileId": 7}, "id") for version in V2),
    *(_clear(version, _CRITERIA, {"chargingProfileCriteria": _CRITERIA}, "criteria") for version in V2),
)


def _parts(call: Any) -> list[Say]:
    """Two parts: what the CSMS set at EVSE 1, and what an EMS did at the station."""
    number = call["requestId"]
    outside = profile("ChargingStationExternalConstraints") | {"id": 8}
    return [
        (
            "ReportChargingProfiles",
            {
                "requestId": number,
                "chargingLimitSource": "CSO",
                "evseId": 1,
                "tbc": True,
                "chargingProfile": [profile()],
            },
        ),
        (
            "ReportChargingProfiles",
            {"requestId": number, "chargingLimitSource": "EMS", "evseId": 0, "chargingProfile": [outside]},
        ),
    ]


def _get(version: OcppVersion) -> Given:
    return Given(
        version=version,
        action="GetChargingProfiles",
        request=("POST", _GET, {"chargingLimitSource": _ALL_SOURCES}),
        call={"requestId": ANY, "chargingProfile": {"chargingLimitSource": _ALL_SOURCES}},
        answer=ACCEPTED,
        then=_parts,
        shows={
            "status": "Accepted",
            "chargingProfiles": [
                {"evseId": 1, "chargingLimitSource": "CSO", "isReported": True, "chargingProfile": {"id": 7}},
                {"evseId": 0, "chargingLimitSource": "EMS", "chargingProfile": {"id": 8, "stackLevel": 0}},
            ],
        },
        refusal={"status": "NoProfiles"},
        refused={"status": "NoProfiles", "chargingProfiles": []},
    )


def _composite(version: OcppVersion) -> Given:
    old = version is V16
    if old:
        schedule = {
            "chargingRateUnit": "A",
            "duration": 600,
            "chargingSchedulePeriod": _PERIODS,
            "minChargingRate": 6.1,
        }
        answer: dict[str, Any] = {"connectorId": 1, "scheduleStart": START, "chargingSchedule": schedule}
    else:
        common = {"chargingRateUnit": "A", "duration": 600, "chargingSchedulePeriod": _PERIODS}
        answer = {"schedule": common | {"evseId": 1, "scheduleStart": START}}
    shown = {"evseId": 1, "chargingRateUnit": "A", "duration": 600, "scheduleStart": START}
    return Given(
        version=version,
        action="GetCompositeSchedule",
        request=_COMPOSITE,
        call={"connectorId" if old else "evseId": 1, "duration": 600, "chargingRateUnit": "A"},
        answer=ACCEPTED | answer,
        shows={"status": "Accepted", "schedule": shown | {"chargingSchedulePeriod": _PERIODS}},
        refusal=REJECTED,
        refused={"status": "Rejected", "schedule": None},
    )


def _new(action: str, path: str, body: dict[str, Any], refusal: str = "Rejected") -> Given:
    """Of 2.1, where the API says it as the wire does."""
    return Given(
        version=V21,
        action=action,
        request=("POST", f"/stations/{{station}}/commands/{path}", body),
        call=body,
        answer=ACCEPTED,
        shows={"status": "Accepted", "statusInfo": None},
        refusal={"status": refusal, "statusInfo": {"reasonCode": "TxNotFound"}},
        refused={"status": refusal, "statusInfo": {"reasonCode": "TxNotFound", "additionalInfo": None}},
    )


GIVEN = (
    *_sets(),
    *_CLEARS,
    *map(_get, V2),
    *map(_composite, (V16, V201, V21)),
    _new(
        "UpdateDynamicSchedule",
        "update-dynamic-schedule",
        {"chargingProfileId": 9, "scheduleUpdate": {"setpoint": -3000.5, "setpoint_L2": -1, "limit": 5}},
    ),
    _new("UsePriorityCharging", "use-priority-charging", {"transactionId": "tx-1", "activate": True}, "NoProfile"),
    _new("AFRRSignal", "afrr-signal", {"timestamp": START, "signal": -40}),
    _new(
        "NotifyAllowedEnergyTransfer",
        "notify-allowed-energy-transfer",
        {"transactionId": "tx-1", "allowedEnergyTransfer": ["DC", "DC_BPT"]},
    ),
)
