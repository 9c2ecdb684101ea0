"""What a virtual top node (VTN: a grid operator, an energy supplier) says of a site by OpenADR 3, and what follows for its feeders.

An event is a list of signals: a payload of an interval of time (OpenADR 3.1.0 Definition, event and interval). Those of import limits and
prices are acted upon; what is not is told, so that nobody believes it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from pilotwire.domain.kinds import Value
from pilotwire.domain.load_management import PricePeriod

AHEAD: Final = timedelta(seconds=2)
"""How long before its beginning a limit counts: stations take a moment to obey."""
WINDOW: Final = timedelta(hours=1)
"""How far ahead limits are laid down."""
_OPEN_PRICE: Final = timedelta(days=7)
"""How long a price without an end is believed in."""
_KILO: Final = Decimal(1000)


class Payload(StrEnum):
    """The payloads of events that are understood (OpenADR 3.1.0 Definition, event payload types)."""

    IMPORT_CAPACITY_LIMIT = "IMPORT_CAPACITY_LIMIT"
    EXPORT_CAPACITY_LIMIT = "EXPORT_CAPACITY_LIMIT"
    PRICE = "PRICE"
    SIMPLE = "SIMPLE"


class Signal(Value):
    """A payload from `start` until `end` (None: until it is taken back). Watts or amperes for a limit, money a kWh for a price.

    `amperes`: the value is of each phase in amperes. A payload that is not understood has no value.
    """

    start: datetime
    end: datetime | None
    payload: str
    value: Decimal | None = None
    amperes: bool = False


class VtnEvent(Value):
    """An event. `resources`: those of ours it is for; none: the whole site. `reports`: the report payloads that are wanted of it."""

    event_id: str
    program_id: str
    signals: tuple[Signal, ...]
    name: str = ""
    resources: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()


class EventFault(Value):
    """Why an event of a VTN cannot be understood."""

    event_id: str
    what: str


class VtnSaid(Value):
    """All events that a VTN has now; one that cannot be understood is a fault instead."""

    events: tuple[VtnEvent, ...] = ()
    faults: tuple[EventFault, ...] = ()


class UsageReport(Value):
    """What a resource took from `start` on for so long: kWh (USAGE) or kW on average (DEMAND). `resource` "": the whole site."""

    event: VtnEvent
    payload: str
    resource: str
    start: datetime
    seconds: int
    value: Decimal


class CapacityLimit(Value):
    """A limit for a feeder that follows from a signal of an event."""

    event_id: str
    payload: str
    feeder: str
    since: datetime
    until: datetime | None
    watts: Decimal | None = None
    amperes: Decimal | None = None

    @property
    def key(self) -> str:
        """What tells it from the others of its VTN: a changed limit takes the place of the one before."""
        return f"{self.event_id}:{self.payload}:{self.since:%Y%m%dT%H%M%S}:{self.feeder}"


def capacity_limits(
    events: Iterable[VtnEvent],
    now: datetime,
    feeders: Mapping[str, str],
    whole: str,
    levels: Mapping[int, Decimal] | None = None,
) -> tuple[CapacityLimit, ...]:
    """The import limits that count now or within the next hour, for the `feeders` of resources, or the one of the `whole` site.

    `levels`: to how many watts a level of SIMPLE limits; a level without one does not. Where limits overlap each is there: the lowest
    counts, whatever the priority of its event is.
    """
    found = []
    for event in events:
        at = sorted({feeders[one] for one in event.resources if one in feeders}) or [whole]
        for signal in event.signals:
            watts = _watts(signal, levels or {})
            if watts is None or not _counts(signal, now):
                continue
            found += [
                CapacityLimit(
                    event_id=event.event_id,
                    payload=signal.payload,
                    feeder=feeder,
                    since=signal.start - AHEAD,
                    until=signal.end,
                    watts=None if signal.amperes else watts,
                    amperes=watts if signal.amperes else None,
                )
                for feeder in at
            ]
    return tuple(found)


def _watts(signal: Signal, levels: Mapping[int, Decimal]) -> Decimal | None:
    if signal.value is None:
        return None
    if signal.payload == Payload.IMPORT_CAPACITY_LIMIT:
        return signal.value
    return levels.get(int(signal.value)) if signal.payload == Payload.SIMPLE else None


def _counts(signal: Signal, now: datetime) -> bool:
    return signal.start - AHEAD < now + WINDOW and (signal.end is None or signal.end > now)


def prices(events: Iterable[VtnEvent], now: datetime) -> tuple[PricePeriod, ...]:
    """The prices told, those of the past left out, by their time. Of two for one moment that of the earlier event counts."""
    told = (signal for event in events for signal in event.signals if signal.payload == Payload.PRICE)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    found = [
        PricePeriod(start=one.start, end=one.end or max(one.start, today) + _OPEN_PRICE, price=one.value)
        for one in told
        if one.value is not None and (one.end is None or one.end > now)
    ]
    return tuple(sorted(found, key=lambda one: one.start))


def not_acted_upon(events: Iterable[VtnEvent], levels: Mapping[int, Decimal] | None = None) -> Iterator[str]:
    """A sentence for each payload of an event that changes nothing here."""
    for event in events:
        for payload in sorted({signal.payload for signal in event.signals}):
            what = f"event {event.event_id} has {payload}"
            if payload == Payload.EXPORT_CAPACITY_LIMIT:
                yield f"{what}, which is kept and not enforced: what flows back is not limited by this CSMS"
            elif payload == Payload.SIMPLE and not levels:
                yield f"{what}, and no levels are set for it"
            elif payload not in set(Payload):
                yield f"{what}, which is not acted upon"


def in_watts(value: Decimal, unit: str) -> tuple[Decimal, bool] | None:
    """A capacity in W, or in A and True; None for a unit that is none of a capacity. Without a unit it is kW."""
    unit = unit.upper()
    if unit in ("", "KW"):
        return value * _KILO, False
    if unit in ("W", "MW"):
        return (value if unit == "W" else value * _KILO * _KILO), False
    return (value, True) if unit in ("A", "AMPS", "AMPERES") else None
