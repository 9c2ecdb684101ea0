"""Battery swaps (functional block S, 2.1): empty batteries go into the slots of a station, charged ones come out."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import Command, Fact, Outcome, Value
from pilotwire.domain.smart_charging import Reason


class BatterySwapEvent(StrEnum):
    """As in BatterySwapEventEnumType."""

    BATTERY_IN = "BatteryIn"
    BATTERY_OUT = "BatteryOut"
    BATTERY_OUT_TIMEOUT = "BatteryOutTimeout"


class Battery(Value):
    """A battery and the slot (an EVSE) it is or was in; states of charge and health in percent."""

    evse_id: int
    serial_number: str
    soc: Decimal
    soh: Decimal
    production_date: datetime | None = None
    vendor_info: str | None = None


class BatterySwapped(Fact):
    """Batteries went in, came out, or were not taken in time (S03). One request id joins the events of a swap (S03.FR.03)."""

    event: BatterySwapEvent
    request_id: int
    id_token: IdToken
    batteries: tuple[Battery, ...]


class RequestBatterySwap(Command):
    """Start a swap for a token (S02); the station's events of it have the same request id (S02.FR.02)."""

    request_id: int
    id_token: IdToken


class BatterySwapStatus(StrEnum):
    """As in GenericStatusEnumType."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"


class RequestBatterySwapOutcome(Outcome):
    """The answer; the reason of a Rejected may be NoBatteryAvailable (S02.FR.04)."""

    status: BatterySwapStatus
    reason: Reason | None = None


class Slot(Value):
    """What is known of a slot: the battery in it (None: empty) and since when. `offered`: it waited there for a driver in vain."""

    evse_id: int
    battery: Battery | None
    at: datetime
    offered: bool = False


def slot_after(event: BatterySwapEvent, battery: Battery, at: datetime) -> Slot:
    """The slot of a battery after an event: what went in is there (S03.FR.01), what came out is not (S03.FR.03).

    A battery that was not taken in time is still in its slot (S03.FR.06).
    """
    gone = event is BatterySwapEvent.BATTERY_OUT
    return Slot(
        evse_id=battery.evse_id,
        battery=None if gone else battery,
        at=at,
        offered=event is BatterySwapEvent.BATTERY_OUT_TIMEOUT,
    )
