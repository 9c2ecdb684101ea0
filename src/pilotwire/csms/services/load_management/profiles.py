"""Shares as the charging profiles that stations understand."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Final

from pilotwire.domain.load_management import Outlet
from pilotwire.domain.smart_charging import (
    ChargingAbilities,
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    OperationMode,
)

_FIRST_ID: Final = 800_000
_DEFAULT_ID: Final = 900_000
"""The ids of our profiles are these and the EVSE's: a new one replaces the one before (K01.FR.05)."""
_STACK_LEVEL: Final = 1
"""Above what is planned of a vehicle's needs, where the station has such a level."""
_TENTH: Final = Decimal("0.1")


def profile_ids(evse_id: int) -> tuple[int, int]:
    """The ids of our profiles at an EVSE: of its transaction, and of those that come."""
    return _FIRST_ID + evse_id, _DEFAULT_ID + evse_id


def profile_for(
    outlet: Outlet,
    amperes: Decimal,
    now: datetime,
    *,
    voltage: Decimal,
    abilities: ChargingAbilities,
    transaction_id: str | None,
    used: int | None,
) -> ChargingProfile:
    """The profile that holds an EVSE to so many amperes on each phase from now on: of its transaction, or of those that come.

    A station that takes watts only is told those of the phases its vehicle uses, of one while nobody knows (`used` None): a vehicle on one
    phase would take all of them there. What is to flow back (negative) is told as a setpoint (Q03).
    """
    level = abilities.profile_stack_level
    in_watts = (
        amperes < 0 or outlet.dc or (abilities.rate_units and ChargingRateUnit.AMPERE not in abilities.rate_units)
    )
    count = min(used or 1, len(outlet.phases))
    if amperes < 0:
        watts = amperes * voltage * len(outlet.phases)
        period = ChargingSchedulePeriod(
            start_period=0, setpoint=watts.quantize(_TENTH, ROUND_FLOOR), operation_mode=OperationMode.CENTRAL_SETPOINT
        )
    else:
        limit = amperes
        if in_watts:
            limit = outlet.watts(amperes, voltage) if outlet.dc else amperes * voltage * count
        period = ChargingSchedulePeriod(
            start_period=0,
            limit=limit.quantize(_TENTH, ROUND_FLOOR),
            number_phases=None if in_watts else len(outlet.phases),
        )
    schedule = ChargingSchedule(
        id=1,
        start_schedule=now.replace(microsecond=0),
        charging_rate_unit=ChargingRateUnit.WATT if in_watts else ChargingRateUnit.AMPERE,
        charging_schedule_period=(period,),
    )
    is_default = transaction_id is None
    return ChargingProfile(
        id=profile_ids(outlet.evse_id)[is_default],
        stack_level=_STACK_LEVEL if level is None else min(_STACK_LEVEL, level),
        charging_profile_purpose=(
            ChargingProfilePurpose.TX_DEFAULT_PROFILE if is_default else ChargingProfilePurpose.TX_PROFILE
        ),
        charging_profile_kind=ChargingProfileKind.ABSOLUTE,
        charging_schedule=(schedule,),
        transaction_id=transaction_id,
    )
