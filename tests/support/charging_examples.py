"""One realistic message of smart charging of every kind, in each version (see `test_dialects_examples`)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pilotwire.domain import smart_charging as sc
from pilotwire.domain import v2x
from pilotwire.domain.kinds import Command, Fact
from pilotwire.ocpp.version import OcppVersion

V16, V201, V21 = OcppVersion.V16, OcppVersion.V201, OcppVersion.V21
_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
_AT = "2026-03-01T12:00:00Z"
_PERIODS = [{"startPeriod": 0, "limit": 16, "numberPhases": 3}, {"startPeriod": 3600, "limit": 8.5}]
_PERIOD = (
    sc.ChargingSchedulePeriod(start_period=0, limit=Decimal(16), number_phases=3),
    sc.ChargingSchedulePeriod(start_period=3600, limit=Decimal("8.5")),
)
_SCHEDULE = {
    "chargingRateUnit": "A",
    "duration": 7200,
    "startSchedule": _AT,
    "minChargingRate": 6.1,
    "chargingSchedulePeriod": _PERIODS,
}


def _schedule(number: int | None) -> sc.ChargingSchedule:
    return sc.ChargingSchedule(
        id=number,
        charging_rate_unit=sc.ChargingRateUnit.AMPERE,
        duration=7200,
        start_schedule=_NOON,
        min_charging_rate=Decimal("6.1"),
        charging_schedule_period=_PERIOD,
    )


def _profile(purpose: sc.ChargingProfilePurpose, number: int | None, **more: Any) -> sc.ChargingProfile:
    return sc.ChargingProfile(
        id=7,
        stack_level=2,
        charging_profile_purpose=purpose,
        charging_profile_kind=sc.ChargingProfileKind.ABSOLUTE,
        charging_schedule=(_schedule(number),),
        **more,
    )


_MAX = sc.ChargingProfilePurpose.CHARGING_STATION_MAX_PROFILE
_TX = sc.ChargingProfilePurpose.TX_PROFILE
_PROFILE_2 = {
    "id": 7,
    "stackLevel": 2,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Absolute",
    "transactionId": "tx-1",
    "chargingSchedule": [_SCHEDULE | {"id": 1}],
}
_TX_PROFILE = _profile(_TX, 1, transaction_id="tx-1")
_COMPOSITE = sc.GetCompositeSchedule(evse_id=1, duration=600, charging_rate_unit=sc.ChargingRateUnit.WATT)

_COMMANDS_16: dict[str, list[tuple[dict[str, Any], Command]]] = {
    "SetChargingProfile": [
        (
            {
                "connectorId": 0,
                "csChargingProfiles": {
                    "chargingProfileId": 7,
                    "stackLevel": 2,
                    "chargingProfilePurpose": "ChargePointMaxProfile",
                    "chargingProfileKind": "Absolute",
                    "chargingSchedule": _SCHEDULE,
                },
            },
            sc.SetChargingProfile(evse_id=0, charging_profile=_profile(_MAX, None)),
        )
    ],
    "ClearChargingProfile": [
        ({}, sc.ClearChargingProfile()),
        (
            {"connectorId": 1, "chargingProfilePurpose": "TxProfile", "stackLevel": 0},
            sc.ClearChargingProfile(evse_id=1, charging_profile_purpose=_TX, stack_level=0),
        ),
    ],
    "GetCompositeSchedule": [({"connectorId": 1, "duration": 600, "chargingRateUnit": "W"}, _COMPOSITE)],
}
_COMMANDS_2: dict[str, list[tuple[dict[str, Any], Command]]] = {
    "SetChargingProfile": [
        (
            {"evseId": 1, "chargingProfile": _PROFILE_2},
            sc.SetChargingProfile(evse_id=1, charging_profile=_TX_PROFILE),
        )
    ],
    "ClearChargingProfile": [
        ({"chargingProfileId": 7}, sc.ClearChargingProfile(charging_profile_id=7)),
        (
            {"chargingProfileCriteria": {"evseId": 0, "chargingProfilePurpose": "TxProfile"}},
            sc.ClearChargingProfile(evse_id=0, charging_profile_purpose=_TX),
        ),
    ],
    "GetChargingProfiles": [
        (
            {
                "requestId": 5,
                "evseId": 0,
                "chargingProfile": {"chargingLimitSource": ["EMS"], "chargingProfileId": [7]},
            },
            sc.GetChargingProfiles(request_id=5, evse_id=0, charging_profile_ids=(7,), charging_limit_sources=("EMS",)),
        )
    ],
    "GetCompositeSchedule": [({"evseId": 1, "duration": 600, "chargingRateUnit": "W"}, _COMPOSITE)],
}
_COMMANDS_21: dict[str, list[tuple[dict[str, Any], Command]]] = {
    "UpdateDynamicSchedule": [
        (
            {"chargingProfileId": 7, "scheduleUpdate": {"setpoint": -3000, "dischargeLimit_L2": -1.5}},
            sc.UpdateDynamicSchedule(
                charging_profile_id=7,
                schedule_update=sc.ScheduleValues(setpoint=Decimal(-3000), discharge_limit_l2=Decimal("-1.5")),
            ),
        )
    ],
    "UsePriorityCharging": [
        (
            {"transactionId": "tx-1", "activate": False},
            sc.UsePriorityCharging(transaction_id="tx-1", activate=False),
        )
    ],
    "AFRRSignal": [({"timestamp": _AT, "signal": -40}, v2x.AFRRSignal(timestamp=_NOON, signal=-40))],
    "NotifyAllowedEnergyTransfer": [
        (
            {"transactionId": "tx-1", "allowedEnergyTransfer": ["DC", "DC_BPT"]},
            v2x.NotifyAllowedEnergyTransfer(transaction_id="tx-1", allowed_energy_transfer=("DC", "DC_BPT")),
        )
    ],
}
_AC = {"energyAmount": 30000, "evMinCurrent": 6, "evMaxCurrent": 32, "evMaxVoltage": 400}
_NEEDS = sc.ChargingNeeds(
    requested_energy_transfer="AC_three_phase",
    departure_time=_NOON,
    ac_charging_parameters=sc.ACChargingParameters(
        energy_amount=Decimal(30000),
        ev_min_current=Decimal(6),
        ev_max_current=Decimal(32),
        ev_max_voltage=Decimal(400),
    ),
)
_FACTS_2: dict[str, list[tuple[dict[str, Any], Fact]]] = {
    "NotifyChargingLimit": [
        (
            {
                "chargingLimit": {"chargingLimitSource": "EMS", "isGridCritical": True},
                "chargingSchedule": [_SCHEDULE | {"id": 1}],
            },
            sc.ChargingLimitNotified(
                charging_limit=sc.ChargingLimit(charging_limit_source="EMS", is_grid_critical=True),
                charging_schedule=(_schedule(1),),
            ),
        )
    ],
    "ClearedChargingLimit": [
        (
            {"chargingLimitSource": "SO", "evseId": 1},
            sc.ChargingLimitCleared(charging_limit_source="SO", evse_id=1),
        )
    ],
    "ReportChargingProfiles": [
        (
            {"requestId": 5, "chargingLimitSource": "CSO", "evseId": 1, "tbc": True, "chargingProfile": [_PROFILE_2]},
            sc.ChargingProfilesReported(
                request_id=5, charging_limit_source="CSO", evse_id=1, more=True, charging_profile=(_TX_PROFILE,)
            ),
        )
    ],
    "NotifyEVChargingNeeds": [
        (
            {
                "evseId": 1,
                "maxScheduleTuples": 3,
                "chargingNeeds": {
                    "requestedEnergyTransfer": "AC_three_phase",
                    "departureTime": _AT,
                    "acChargingParameters": _AC,
                },
            },
            sc.EVChargingNeedsNotified(evse_id=1, max_schedule_tuples=3, charging_needs=_NEEDS),
        )
    ],
    "NotifyEVChargingSchedule": [
        (
            {"evseId": 1, "timeBase": _AT, "chargingSchedule": _SCHEDULE | {"id": 3}},
            sc.EVChargingScheduleNotified(evse_id=1, time_base=_NOON, charging_schedule=_schedule(3)),
        )
    ],
}
_FACTS_21: dict[str, list[tuple[dict[str, Any], Fact]]] = {
    "NotifyPriorityCharging": [
        (
            {"transactionId": "tx-1", "activated": True},
            sc.PriorityChargingNotified(transaction_id="tx-1", activated=True),
        )
    ],
    "PullDynamicScheduleUpdate": [({"chargingProfileId": 7}, sc.DynamicScheduleAsked(charging_profile_id=7))],
}

FACTS: dict[OcppVersion, dict[str, list[tuple[dict[str, Any], Fact]]]] = {
    V16: {},
    V201: _FACTS_2,
    V21: _FACTS_2 | _FACTS_21,
}
COMMANDS = {V16: _COMMANDS_16, V201: _COMMANDS_2, V21: _COMMANDS_2 | _COMMANDS_21}
