"""Cases of our own for K01, K02 and K10: profiles no CSMS may send. The operator orders one; the CSMS refuses, or sends what it may."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from pilotwire.conformance.cases.ocpp201.csms.b_provisioning.b05_b06_variables import reads
from pilotwire.conformance.cases.ocpp201.csms.b_provisioning.variables import variable
from pilotwire.conformance.cases.ocpp201.csms.k_smart_charging.profiles import (
    DURATION,
    PERIOD,
    SCHEDULE,
    is_profile,
    limit,
    profile,
    sets,
)
from pilotwire.conformance.checks import Check, differs, equals, present, satisfies
from pilotwire.conformance.conditions import feature
from pilotwire.conformance.language import Asks, Case, NotReceives, Step
from pilotwire.conformance.states.csms201 import energy_transfer_started
from pilotwire.conformance.values import Fresh, Kept, Known, Moment, configured

Steps = tuple[Step, ...]
_PART_2 = "Part 2 edition 3, errata 2025-09"
_SMART = (feature("Smart Charging"),)
_EXTERNAL = "ChargingStationExternalConstraints"


def _with(wanted: Mapping[str, Any], *periods: Mapping[str, Any], **schedule: Any) -> dict[str, Any]:
    """The profile with these periods, and with these fields of its schedule."""
    first = dict(wanted["chargingSchedule"][0]) | schedule
    if periods:
        first["chargingSchedulePeriod"] = [dict(one) for one in periods]
    return dict(wanted) | {"chargingSchedule": [first]}


def _not_sent(
    number: str, wanted: Mapping[str, Any], *bad: Check, requirement: str, evse: Any = configured.evse_id
) -> Steps:
    """The operator orders a profile that may not be; it is not sent so."""
    return (
        Asks(action="SetChargingProfile", payload={"evseId": evse, "chargingProfile": wanted}, refusable=True),
        NotReceives(
            number=number,
            action="SetChargingProfile",
            where=tuple(check.of(requirement) for check in bad),
            note=f"The CSMS shall not send it ({requirement}).",
        ),
    )


def _default(amperes: float = 6, **more: Any) -> dict[str, Any]:
    return profile("TxDefaultProfile", "Absolute", amperes, **more)


_SWITCHING = variable("SmartChargingCtrlr", "ACPhaseSwitchingSupported")
_PHASE = {"startPeriod": 0, "limit": limit(6), "phaseToUse": 1}

PW_K_01_CSMS = Case(
    id="PW_K_01_CSMS",
    title="A phase that cannot be chosen",
    purpose="The CSMS sends no phaseToUse with more than one phase, nor to an EVSE that cannot switch phases.",
    requirements=("K01.FR.19", "K01.FR.20"),
    needs=_SMART,
    before=reads((_SWITCHING, "false"), number=""),
    main=(
        *_not_sent(
            "1",
            _with(_default(), _PHASE | {"numberPhases": 3}),
            present(f"{PERIOD}.phaseToUse"),
            differs(f"{PERIOD}.numberPhases", 1),
            requirement="K01.FR.19",
        ),
        *_not_sent(
            "3",
            _with(_default(), _PHASE | {"numberPhases": 1}),
            present(f"{PERIOD}.phaseToUse"),
            requirement="K01.FR.20",
        ),
    ),
    follows=_PART_2,
    ours=True,
)

PW_K_02_CSMS = Case(
    id="PW_K_02_CSMS",
    title="Limits of external systems are not the CSMS's",
    purpose="The CSMS neither sets nor clears profiles of the purpose of external systems.",
    requirements=("K01.FR.22", "K02.FR.07", "K10.FR.06"),
    needs=_SMART,
    main=(
        *_not_sent(
            "1",
            profile(_EXTERNAL, "Absolute", 6),
            equals("chargingProfile.chargingProfilePurpose", _EXTERNAL),
            requirement="K01.FR.22",
            evse=0,
        ),
        Asks(
            action="ClearChargingProfile",
            payload={"chargingProfileCriteria": {"chargingProfilePurpose": _EXTERNAL}},
            refusable=True,
        ),
        NotReceives(
            number="3",
            action="ClearChargingProfile",
            where=(equals("chargingProfileCriteria.chargingProfilePurpose", _EXTERNAL).of("K10.FR.06"),),
            note="The CSMS shall not clear it (K10.FR.06).",
        ),
    ),
    follows=_PART_2,
    ours=True,
)

_ANOTHER = (
    equals("chargingProfile.stackLevel", configured.stack_level),
    differs("chargingProfile.id", Kept("sent_profile_id")),
)

PW_K_03_CSMS = Case(
    id="PW_K_03_CSMS",
    title="Two profiles at one level",
    purpose="Where a profile is valid, the CSMS sends no other one of its purpose and level, for the EVSE or for the transaction.",
    requirements=("K01.FR.06", "K01.FR.39"),
    needs=_SMART,
    before=energy_transfer_started(),
    main=(
        *sets(
            configured.evse_id,
            _default(8, profile_id=Fresh("one_id")),
            *is_profile("TxDefaultProfile", "Absolute", "Recurring"),
        ),
        *_not_sent(
            "3",
            _default(7, profile_id=Fresh("other_id")),
            equals("evseId", configured.evse_id),
            equals("chargingProfile.chargingProfilePurpose", "TxDefaultProfile"),
            *_ANOTHER,
            requirement="K01.FR.06",
        ),
        *sets(
            configured.evse_id,
            profile("TxProfile", "Absolute", 8, profile_id=Fresh("third_id"), transactionId=Kept("transaction_id")),
            *is_profile("TxProfile", "Relative", "Absolute"),
            number="5",
        ),
        *_not_sent(
            "7",
            profile("TxProfile", "Absolute", 7, profile_id=Fresh("fourth_id"), transactionId=Kept("transaction_id")),
            equals("chargingProfile.chargingProfilePurpose", "TxProfile"),
            *_ANOTHER,
            requirement="K01.FR.39",
        ),
    ),
    follows=_PART_2,
    ours=True,
)


def _out_of_order(found: Any, _: Known) -> bool:
    starts = [one.get("startPeriod", 0) for one in found] if isinstance(found, list) else []
    return any(later <= earlier for earlier, later in pairwise(starts))


def _several(found: Any, _: Known) -> bool:
    return isinstance(found, list) and len(found) > 1


_TWO = [dict(_default()["chargingSchedule"][0]), dict(_default()["chargingSchedule"][0]) | {"id": 2}]

PW_K_04_CSMS = Case(
    id="PW_K_04_CSMS",
    title="Schedules that cannot be",
    purpose="The CSMS sends no periods out of order, no start of a relative schedule, and no choice of schedules without ISO 15118.",
    requirements=("K01.FR.34", "K01.FR.35", "K01.FR.41"),
    needs=_SMART,
    before=energy_transfer_started(),
    main=(
        *_not_sent(
            "1",
            _with(
                _default(),
                {"startPeriod": 0, "limit": limit(6)},
                {"startPeriod": DURATION // 2, "limit": limit(8)},
                {"startPeriod": DURATION // 4, "limit": limit(7)},
            ),
            satisfies(f"{SCHEDULE}.chargingSchedulePeriod", "is out of order", _out_of_order),
            requirement="K01.FR.35",
        ),
        *_not_sent(
            "3",
            _with(profile("TxDefaultProfile", "Relative", 6), startSchedule=Moment()),
            equals("chargingProfile.chargingProfileKind", "Relative"),
            present(f"{SCHEDULE}.startSchedule"),
            requirement="K01.FR.41",
        ),
        *_not_sent(
            "5",
            profile("TxProfile", "Absolute", 6, transactionId=Kept("transaction_id")) | {"chargingSchedule": _TWO},
            satisfies("chargingProfile.chargingSchedule", "has several members", _several),
            requirement="K01.FR.34",
        ),
    ),
    follows=_PART_2,
    ours=True,
)
