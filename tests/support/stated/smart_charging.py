"""What stations state in functional block K."""

from typing import Any

import httpx

from tests.support.given.smart_charging import DYNAMIC, START, charging, profile
from tests.support.raw_station import RawStation
from tests.support.spoken import V2, V21, V201, Stated

_SCHEDULE = {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 7400}]}
_AC = {"energyAmount": 30000, "evMinCurrent": 6, "evMaxCurrent": 32, "evMaxVoltage": 400}
_DC = {"evMaxCurrent": 200, "evMaxVoltage": 900, "stateOfCharge": 20, "fullSoC": 100, "bulkSoC": 80}
_NEEDS = {"requestedEnergyTransfer": "AC_three_phase", "departureTime": START, "acChargingParameters": _AC}
_V2X_NEEDS: dict[str, Any] = {
    "requestedEnergyTransfer": "DC_BPT",
    "availableEnergyTransfer": ["DC", "DC_BPT"],
    "controlMode": "DynamicControl",
    "mobilityNeedsMode": "EVCC",
    "v2xChargingParameters": {"maxChargePower": 11000, "maxDischargePower": 10000.5, "targetSoC": 80},
    "derChargingParameters": {"maxApparentPower": 11000, "evInverterModel": "One"},
}


async def _limited(api: httpx.AsyncClient, identity: str, line: RawStation) -> None:
    for source in ("EMS", "SO"):
        limit = {"chargingLimit": {"chargingLimitSource": source}, "chargingSchedule": [_SCHEDULE]}
        assert await line.ask("NotifyChargingLimit", limit) == {}


async def _dynamic(api: httpx.AsyncClient, identity: str, line: RawStation) -> None:
    """The station has reported a dynamic profile."""
    report = {"requestId": 1, "chargingLimitSource": "CSO", "evseId": 1, "chargingProfile": [DYNAMIC]}
    assert await line.ask("ReportChargingProfiles", report) == {}


async def _offered(api: httpx.AsyncClient, identity: str, line: RawStation) -> None:
    """A transaction at EVSE 1 that may take 16 A, and 8.5 A after an hour."""
    await charging(V201)(api, identity, line)
    report = {"requestId": 1, "chargingLimitSource": "CSO", "evseId": 1, "chargingProfile": [profile("TxProfile")]}
    assert await line.ask("ReportChargingProfiles", report) == {}


def _plan(limit: float) -> dict[str, Any]:
    periods = [{"startPeriod": 0, "limit": 16}, {"startPeriod": 3600, "limit": limit}]
    return {"id": 1, "chargingRateUnit": "A", "duration": 7200, "chargingSchedulePeriod": periods}


def _both() -> list[Stated]:
    cases = []
    for version in V2:
        cases += [
            Stated(
                version=version,
                action="NotifyChargingLimit",
                payload={
                    "evseId": 2,
                    "chargingLimit": {"chargingLimitSource": "EMS", "isGridCritical": True},
                    "chargingSchedule": [_SCHEDULE],
                },
                answer={},
                read="/stations/{station}/charging-limits",
                shows=[
                    {
                        "evseId": 2,
                        "chargingLimitSource": "EMS",
                        "isGridCritical": True,
                        "chargingSchedule": [{"chargingSchedulePeriod": [{"startPeriod": 0, "limit": 7400}]}],
                    }
                ],
            ),
            Stated(
                version=version,
                action="ClearedChargingLimit",
                prepare=_limited,
                payload={"chargingLimitSource": "EMS"},
                answer={},
                read="/stations/{station}/charging-limits",
                shows=[{"evseId": 0, "chargingLimitSource": "SO"}],
            ),
            Stated(
                version=version,
                action="ReportChargingProfiles",
                payload={
                    "requestId": 99,
                    "chargingLimitSource": "CSO",
                    "evseId": 1,
                    "chargingProfile": [profile(), profile(level=9) | {"id": 8}],
                },
                answer={},
                read="/stations/{station}/charging-profiles",
                shows=[
                    {"evseId": 1, "isReported": True, "chargingProfile": profile()},
                    {"evseId": 1, "isReported": True, "chargingProfile": profile(level=9) | {"id": 8}},
                ],
            ),
            Stated(
                version=version,
                action="NotifyEVChargingNeeds",
                prepare=charging(version),
                payload={"evseId": 1, "maxScheduleTuples": 3, "chargingNeeds": _NEEDS},
                answer={"status": "Rejected" if version is V201 else "NoChargingProfile"},
                read="/stations/{station}/ev-charging-needs",
                shows=[
                    {
                        "evseId": 1,
                        "transactionId": "tx-1",
                        "maxScheduleTuples": 3,
                        "status": "NoChargingProfile",
                        "chargingNeeds": _NEEDS,
                    }
                ],
                name="AC",
            ),
            Stated(
                version=version,
                action="NotifyEVChargingNeeds",
                payload={"evseId": 2, "chargingNeeds": {"requestedEnergyTransfer": "DC", "dcChargingParameters": _DC}},
                answer={"status": "Rejected" if version is V201 else "NoChargingProfile"},
                read="/stations/{station}/ev-charging-needs",
                shows=[{"evseId": 2, "transactionId": None, "chargingNeeds": {"dcChargingParameters": _DC}}],
                name="DC",
            ),
            Stated(
                version=version,
                action="NotifyEVChargingSchedule",
                prepare=_offered,
                payload={"evseId": 1, "timeBase": START, "chargingSchedule": _plan(8.5)},
                answer={"status": "Accepted"},
                read="/stations/{station}/ev-charging-schedules",
                shows=[
                    {"evseId": 1, "transactionId": "tx-1", "status": "Accepted", "chargingSchedule": {"duration": 7200}}
                ],
                name="within",
            ),
            Stated(
                version=version,
                action="NotifyEVChargingSchedule",
                prepare=_offered,
                payload={"evseId": 1, "timeBase": START, "chargingSchedule": _plan(9)},
                answer={"status": "Rejected", "statusInfo": {"reasonCode": "InvalidSchedule"}},
                read="/findings?station={station}",
                shows=[{"rule": "K15.FR.09", "severity": "breach"}],
                name="beyond",
            ),
        ]
    return cases


STATED = (
    *_both(),
    Stated(
        version=V21,
        action="NotifyEVChargingNeeds",
        payload={"evseId": 1, "timestamp": START, "chargingNeeds": _V2X_NEEDS},
        answer={"status": "NoChargingProfile"},
        read="/stations/{station}/ev-charging-needs",
        shows=[{"evseId": 1, "timestamp": START, "chargingNeeds": _V2X_NEEDS}],
        name="V2X",
    ),
    Stated(
        version=V21,
        action="NotifyPriorityCharging",
        payload={"transactionId": "tx-1", "activated": True},
        answer={},
        read="/stations/{station}/priority-charging",
        shows=[{"transactionId": "tx-1", "activated": True}],
    ),
    Stated(
        version=V21,
        action="PullDynamicScheduleUpdate",
        prepare=_dynamic,
        payload={"chargingProfileId": 9},
        answer={"status": "Accepted", "scheduleUpdate": {"setpoint": 2000}},
        read="/stations/{station}/charging-profiles",
        shows=[{"chargingProfile": {"id": 9, "chargingProfileKind": "Dynamic"}}],
    ),
    Stated(
        version=V21,
        action="PullDynamicScheduleUpdate",
        payload={"chargingProfileId": 9},
        answer={"status": "Rejected", "statusInfo": {"reasonCode": "InvalidProfile"}},
        read="/stations/{station}/charging-profiles",
        shows=[],
        name="unknown",
    ),
)
