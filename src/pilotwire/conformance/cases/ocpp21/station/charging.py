"""OCPP 2.1, K21, K28: priority charging and dynamic charging profiles at a charging station."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.profiles import asks_composite, limit
from pilotwire.conformance.checks import Check, equals
from pilotwire.conformance.language import Case21, Receives, Sends, Step
from pilotwire.conformance.states.station201 import energy_transfer_started
from pilotwire.conformance.values import OMITTED, Fresh, Kept, Moment, configured

Steps = tuple[Step, ...]
_PERIOD = "schedule.chargingSchedulePeriod[0].limit"


def _profile(name: str, purpose: str, amps: float, kind: str = "Absolute", **more: Any) -> dict[str, Any]:
    schedule: dict[str, Any] = {
        "id": Fresh(name),
        "startSchedule": Moment() if kind == "Absolute" else OMITTED,
        "chargingRateUnit": configured.charging_rate_unit,
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit(amps), "operationMode": "ChargingOnly"}],
    }
    return {
        "id": Fresh(name),
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": [schedule],
    } | more


def _sets(number: str, sent: dict[str, Any], status: str = "Accepted", *, evse: Any = configured.evse_id) -> Sends:
    return Sends(
        number=number,
        action="SetChargingProfile",
        payload={"evseId": evse, "chargingProfile": sent},
        checks=(equals("status", status),),
    )


def _uses(number: str, status: str, *, activate: bool = True, transaction: Any = None) -> Sends:
    named = Kept("transaction_id") if transaction is None else transaction
    return Sends(
        number=number,
        action="UsePriorityCharging",
        payload={"transactionId": named, "activate": activate},
        checks=(equals("status", status),),
    )


def _told(number: str, activated: bool) -> Receives:
    return Receives(
        number=number,
        action="NotifyPriorityCharging",
        checks=(equals("transactionId", Kept("transaction_id")), equals("activated", activated)),
    )


def _is_limited(number: str, amps: float) -> Sends:
    return asks_composite(number, 300, _begins_with(amps))


def _begins_with(amps: float) -> Check:
    """The composite schedule begins with this limit."""
    return equals(_PERIOD, limit(amps))


PW21_K_PRIORITY_CS = Case21(
    id="PW21_K_PRIORITY_CS",
    title="Priority charging",
    purpose="The station charges by the priority profile while it is asked to, tells so, and by the default again after.",
    before=(
        _sets("", _profile("default", "TxDefaultProfile", 8), evse=0),
        _sets("", _profile("priority", "PriorityCharging", 16), evse=0),
        *energy_transfer_started(),
    ),
    main=(
        _is_limited("1", 8),
        _uses("3", "Accepted"),
        _told("5", True),
        _is_limited("7", 16),
        _uses("9", "Accepted", activate=False),
        _told("11", False),
        _is_limited("13", 8),
    ),
    requirements=("K21.FR.03", "K21.FR.04", "K21.FR.05", "K21.FR.06", "K21.FR.07", "K21.FR.08"),
)

PW21_K_NO_PRIORITY_CS = Case21(
    id="PW21_K_NO_PRIORITY_CS",
    title="Priority charging that cannot be",
    purpose="Without a priority profile the station says so; of a transaction that is not there it rejects it.",
    before=energy_transfer_started(),
    main=(_uses("1", "NoProfile"), _uses("3", "Rejected", transaction="PW-NO-TRANSACTION")),
    requirements=("K21.FR.01", "K21.FR.02"),
)

_DYNAMIC = _profile("dynamic", "TxDefaultProfile", 10, "Dynamic")


def _updates(number: str, amps: float, status: str = "Accepted", name: str = "dynamic") -> Sends:
    return Sends(
        number=number,
        action="UpdateDynamicSchedule",
        payload={"chargingProfileId": Kept(name), "scheduleUpdate": {"limit": limit(amps)}},
        checks=(equals("status", status),),
    )


PW21_K_DYNAMIC_CS = Case21(
    id="PW21_K_DYNAMIC_CS",
    title="A dynamic profile",
    purpose="The station takes each update of a dynamic profile at once.",
    main=(
        _sets("1", _DYNAMIC),
        _is_limited("3", 10),
        _updates("5", 6),
        _is_limited("7", 6),
        _updates("9", 12),
        _is_limited("11", 12),
    ),
    requirements=("K28.FR.06",),
)

PW21_K_NOT_DYNAMIC_CS = Case21(
    id="PW21_K_NOT_DYNAMIC_CS",
    title="Updates of a profile that is not dynamic",
    purpose="The station rejects updates of a profile that is not dynamic, and an interval of updates for one.",
    main=(
        _sets("1", _profile("plain", "TxDefaultProfile", 10)),
        _updates("3", 6, "Rejected", "plain"),
        _sets("5", _profile("other", "TxDefaultProfile", 10, stackLevel=1, dynUpdateInterval=30), "Rejected"),
    ),
    requirements=("K28.FR.04", "K28.FR.11"),
)

PW21_K_PULLED_CS = Case21(
    id="PW21_K_PULLED_CS",
    title="The station asks for updates of a dynamic profile",
    purpose="With an interval of updates the station asks for them, and goes by what it gets.",
    main=(
        _sets("1", _profile("dynamic", "TxDefaultProfile", 10, "Dynamic", dynUpdateInterval=2)),
        Receives(
            number="3",
            action="PullDynamicScheduleUpdate",
            checks=(equals("chargingProfileId", Kept("dynamic")),),
            answer={"status": "Accepted", "scheduleUpdate": {"limit": limit(7)}},
        ),
        _is_limited("5", 7),
        Receives(
            number="7",
            action="PullDynamicScheduleUpdate",
            checks=(equals("chargingProfileId", Kept("dynamic")),),
            answer={"status": "Accepted", "scheduleUpdate": {"limit": limit(9)}},
        ),
        _is_limited("9", 9),
    ),
    requirements=("K28.FR.08", "K28.FR.10"),
)
