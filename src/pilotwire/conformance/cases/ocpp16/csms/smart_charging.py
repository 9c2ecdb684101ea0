"""Central System under test: smart charging (test document 3.22)."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import Check, absent, absent_or, equals, one_of, present
from pilotwire.conformance.language import Case16, Step
from pilotwire.conformance.states.csms16 import CONNECTOR, authorizes, charging, ordered, starts, status
from pilotwire.conformance.values import Computed, Fresh, Kept, Known, Moment, configured, plus

_PROFILE = "csChargingProfiles"
_SCHEDULE = f"{_PROFILE}.chargingSchedule"
_PERIOD = f"{_SCHEDULE}.chargingSchedulePeriod[0]"
_DURATION = 300
"""How long schedules last, in s."""


def _limit(known: Known) -> float:
    return 6000.0 if known.setting("charging_rate_unit") == "W" else 6.0


_LIMIT = Computed("6 A or 6000 W", _limit)


def _profile(name: str, level: Any = configured.stack_level, **more: Any) -> dict[str, Any]:
    """A TxDefaultProfile under a new id that is kept under this name; `more` takes the place of what it has."""
    usual = {
        "chargingProfileId": Fresh(name),
        "stackLevel": level,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": {
            "duration": _DURATION,
            "startSchedule": Moment(),
            "chargingRateUnit": configured.charging_rate_unit,
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": _LIMIT, "numberPhases": configured.number_phases}],
        },
    }
    return usual | more


def _sets(number: str, profile: dict[str, Any], *checks: Check, keep: str = "") -> tuple[Step, ...]:
    return ordered(
        number,
        "SetChargingProfile",
        equals("connectorId", CONNECTOR),
        *checks,
        asked={"connectorId": CONNECTOR, _PROFILE: profile},
        answer={"status": "Accepted"},
        keep={keep: f"{_PROFILE}.chargingProfileId"} if keep else {},
    )


def _clears(number: str, *checks: Check, **criteria: Any) -> tuple[Step, ...]:
    return ordered(number, "ClearChargingProfile", *checks, asked=criteria, answer={"status": "Accepted"})


TC_056_CSMS = Case16(
    id="TC_056_CSMS",
    title="TxDefaultProfile",
    purpose="The Central System sets a default schedule for new transactions, with all that belongs to it.",
    main=_sets(
        "1",
        _profile("profile", validFrom=Moment(), validTo=Moment(86400)),
        equals(f"{_PROFILE}.stackLevel", configured.stack_level),
        equals(f"{_PROFILE}.chargingProfilePurpose", "TxDefaultProfile"),
        equals(f"{_PROFILE}.chargingProfileKind", "Absolute"),
        present(f"{_PROFILE}.validFrom"),
        present(f"{_PROFILE}.validTo"),
        present(f"{_SCHEDULE}.startSchedule"),
        equals(f"{_SCHEDULE}.chargingRateUnit", configured.charging_rate_unit),
        equals(f"{_SCHEDULE}.duration", _DURATION),
        equals(f"{_PERIOD}.startPeriod", 0),
        one_of(f"{_PERIOD}.limit", 6, 6000),
        absent_or(f"{_PERIOD}.numberPhases", configured.number_phases),
    ),
    requirements=("1.6:5.16", "1.6:3.13"),
)

TC_057_CSMS = Case16(
    id="TC_057_CSMS",
    title="TxProfile",
    purpose="The Central System sets a schedule for the transaction that is running.",
    before=charging(),
    main=_sets(
        "1",
        _profile("profile", chargingProfilePurpose="TxProfile", transactionId=Kept("transaction_id")),
        equals(f"{_PROFILE}.chargingProfilePurpose", "TxProfile"),
        equals(f"{_PROFILE}.transactionId", Kept("transaction_id")),
    ),
    requirements=("1.6:5.16", "1.6:3.13"),
)

_RELATIVE = {
    "chargingRateUnit": configured.charging_rate_unit,
    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": _LIMIT}],
}

TC_059_CSMS = Case16(
    id="TC_059_CSMS",
    title="Remote start with a charging profile",
    purpose="The Central System has a transaction started that is charged by the schedule it sends along.",
    main=(
        *ordered(
            "1",
            "RemoteStartTransaction",
            equals("idTag", configured.valid_token),
            equals("connectorId", CONNECTOR),
            equals("chargingProfile.chargingProfilePurpose", "TxProfile"),
            absent("chargingProfile.transactionId"),
            equals("chargingProfile.chargingProfileKind", "Relative"),
            equals("chargingProfile.chargingSchedule.chargingSchedulePeriod[0].startPeriod", 0),
            asked={
                "connectorId": CONNECTOR,
                "idTag": configured.valid_token,
                "chargingProfile": _profile(
                    "profile",
                    chargingProfilePurpose="TxProfile",
                    chargingProfileKind="Relative",
                    chargingSchedule=_RELATIVE,
                ),
            },
            answer={"status": "Accepted"},
        ),
        authorizes("3"),
        status("5", "Preparing"),
        starts("7"),
        status("9", "Charging"),
    ),
    requirements=("1.6:5.11", "1.6:5.16"),
)

TC_066_CSMS = Case16(
    id="TC_066_CSMS",
    title="The composite schedule",
    purpose="The Central System asks what schedule comes of all profiles together.",
    main=ordered(
        "1",
        "GetCompositeSchedule",
        equals("connectorId", CONNECTOR),
        equals("duration", _DURATION),
        equals("chargingRateUnit", configured.charging_rate_unit),
        asked={"connectorId": CONNECTOR, "duration": _DURATION, "chargingRateUnit": configured.charging_rate_unit},
        answer={
            "status": "Accepted",
            "connectorId": CONNECTOR,
            "scheduleStart": Moment(),
            "chargingSchedule": _RELATIVE | {"duration": _DURATION},
        },
    ),
    requirements=("1.6:5.7",),
)

_NEXT_LEVEL = plus(configured.stack_level, 1)

TC_067_CSMS = Case16(
    id="TC_067_CSMS",
    title="Charging profiles are cleared",
    purpose="The Central System sets three profiles, clears one by its id, one by what it is, and the rest.",
    main=(
        *_sets(
            "1",
            _profile("first"),
            equals(f"{_PROFILE}.chargingProfilePurpose", "TxDefaultProfile"),
            equals(f"{_PROFILE}.stackLevel", configured.stack_level),
            keep="first_sent",
        ),
        *_sets("1", _profile("second", _NEXT_LEVEL), equals(f"{_PROFILE}.stackLevel", _NEXT_LEVEL)),
        *_sets(
            "1",
            _profile("third", plus(configured.stack_level, 2)),
            equals(f"{_PROFILE}.stackLevel", plus(configured.stack_level, 2)),
        ),
        *_clears(
            "3",
            equals("id", Kept("first_sent")),
            absent("connectorId"),
            absent("chargingProfilePurpose"),
            absent("stackLevel"),
            id=Kept("first_sent"),
        ),
        *_clears(
            "5",
            absent("id"),
            equals("connectorId", CONNECTOR),
            equals("chargingProfilePurpose", "TxDefaultProfile"),
            equals("stackLevel", _NEXT_LEVEL),
            connectorId=CONNECTOR,
            chargingProfilePurpose="TxDefaultProfile",
            stackLevel=_NEXT_LEVEL,
        ),
        *_clears("7", absent("id"), absent("connectorId"), absent("chargingProfilePurpose"), absent("stackLevel")),
    ),
    requirements=("1.6:5.5", "1.6:5.16"),
)
