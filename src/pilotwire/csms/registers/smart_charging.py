"""What is known of charging at every station: its profiles, limits from outside, what vehicles need and plan, priority (block K)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final

from pilotwire.csms.store.ports import Page, Store, TransactionFilter
from pilotwire.csms.store.registers import Register
from pilotwire.domain.kinds import Value
from pilotwire.domain.smart_charging import (
    ChargingLimit,
    ChargingNeedsStatus,
    ChargingProfile,
    ChargingProfilePurpose,
    ChargingSchedule,
    EVChargingNeedsNotified,
    EVChargingScheduleNotified,
    GenericStatus,
    Installed,
    OpenTransaction,
)

_MOST_OPEN = 1000


class StationProfiles(Value):
    """The charging profiles of a station: one record, for what is set at one place may replace what was at another."""

    installed: Installed = ()


class ActiveLimit(Value):
    """A limit from outside that holds at an EVSE (0: the station), since when this is known, perhaps with its schedules."""

    evse_id: int
    charging_limit: ChargingLimit
    at: datetime
    charging_schedule: tuple[ChargingSchedule, ...] = ()


class KnownNeeds(Value):
    """What the vehicle at an EVSE said last that it needs, in which transaction if one was known, and what was answered."""

    told: EVChargingNeedsNotified
    status: ChargingNeedsStatus
    received_at: datetime
    transaction_id: str | None = None


class KnownSchedule(Value):
    """The schedule the vehicle at an EVSE told last, in which transaction if one was known, and what was answered."""

    told: EVChargingScheduleNotified
    status: GenericStatus
    received_at: datetime
    transaction_id: str | None = None


class PriorityCharging(Value):
    """Whether a transaction charges with priority, as the station told at `at`."""

    transaction_id: str
    activated: bool
    at: datetime


class ChargingPlan(Value):
    """What this CSMS plans itself for a transaction, of what its vehicle needs.

    `due_at` says when a profile is to be sent, None: nothing is to be done. `profile` is the one made last, sent at `sent_at`. `refusals`
    counts schedules of the vehicle in a row that went over their offer, `failures` attempts that were not answered. `metered` is what the
    transaction had got (Wh) when the vehicle said its needs.
    """

    station: str
    evse_id: int
    transaction_id: str
    needs: EVChargingNeedsNotified
    asked_at: datetime
    due_at: datetime | None
    metered: Decimal | None = None
    profile: ChargingProfile | None = None
    sent_at: datetime | None = None
    refusals: int = 0
    failures: int = 0


PROFILES: Final = Register("charging-profiles", StationProfiles)
"""By station; the key is always empty."""
LIMITS: Final = Register("charging-limits", ActiveLimit)
"""By station and `limit_key`."""
NEEDS: Final = Register("ev-charging-needs", KnownNeeds)
"""By station and EVSE."""
SCHEDULES: Final = Register("ev-charging-schedules", KnownSchedule)
"""By station and EVSE."""
PLANS: Final = Register("charging-plans", ChargingPlan)
"""By station and EVSE."""
PRIORITY: Final = Register("priority-charging", PriorityCharging)
"""By station and transaction."""


def limit_key(evse_id: int, source: str) -> str:
    """Where a limit is kept: one of each source at each EVSE."""
    return f"{evse_id}:{source}"


async def profiles_of(store: Store, station: str) -> Installed:
    """The profiles a station has, as far as is known. A TxProfile goes with its transaction (1.6:3.13.1, K02)."""
    record = await store.record(PROFILES, station, "")
    standing = []
    for each in record.installed if record is not None else ():
        name = each.transaction_id
        is_tx = each.profile.charging_profile_purpose is ChargingProfilePurpose.TX_PROFILE
        ended = is_tx and name is not None and await _has_ended(store, station, name)
        if not ended:
            standing.append(each)
    return tuple(standing)


async def _has_ended(store: Store, station: str, transaction_id: str) -> bool:
    transaction = await store.transaction(station, transaction_id)
    return transaction is not None and not transaction.is_open


async def open_transactions(store: Store, station: str) -> tuple[OpenTransaction, ...]:
    """The transactions that go on at a station, the newest first."""
    found = await store.transactions(TransactionFilter(station=station, is_open=True), Page(limit=_MOST_OPEN))
    return tuple(
        OpenTransaction(transaction_id=each.transaction_id, evse_id=None if each.address is None else each.address.evse)
        for each in found
    )


async def transaction_at(store: Store, station: str, evse_id: int) -> str | None:
    """The transaction that goes on at an EVSE, None if none is known."""
    found = await open_transactions(store, station)
    return next((each.transaction_id for each in found if each.evse_id == evse_id), None)
