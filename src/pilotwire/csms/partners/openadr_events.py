"""The events of a VTN as ours: the library reads the object and resolves its intervals, here is judged what they mean.

OpenADR 3.1.0 Definition: a start of 0001-01-01 is *now*, a duration of P9999Y is *for ever*; an interval without a period of its own
follows the one before. `duration` of an event (3.1) cuts its intervals off, or has them repeated until it is over.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from openadr3.entities import coerce
from openadr3.entities.models import Event, Interval
from openadr3.entities.models import Payload as Told

from pilotwire.csms.partners.openadr_file import VenSettings
from pilotwire.domain.openadr import Payload, Signal, VtnEvent, in_watts

_NOW: Final = "0001-01-01"
_FOR_EVER: Final = "P9999Y"
_LONG: Final = "P900Y"
"""What stands for ever in sums of times: nine thousand years are behind the end of the calendar."""
_LONG_YEAR: Final = 2500
_HORIZON: Final = timedelta(days=2)
_MOST_ROUNDS: Final = 1_000
"""How far ahead an event that is repeated is looked at."""
_ZERO: Final = ("PT0S", "PT0M", "PT0H", "P0D")
_Spans = list[tuple[tuple[datetime, datetime | None], Interval]]


class NotForUs(Exception):
    """The event is for other VENs or resources."""


def understood(raw: Any, now: datetime, ven: VenSettings, units: Mapping[str, str]) -> VtnEvent:
    """An event as it came. Raises NotForUs, and ValueError, TypeError or KeyError for one that makes no sense."""
    if not isinstance(raw, dict):
        raise TypeError("it is no object")
    event_id = raw["id"]
    if not isinstance(event_id, str) or not event_id:
        raise ValueError("its id is no text")
    resources = _for_us(raw.get("targets"), ven)
    event = coerce(_plain(raw, now))
    if not isinstance(event, Event):
        raise TypeError(f"it is a {raw.get('objectType')}")
    return VtnEvent(
        event_id=event_id,
        program_id=event.program_id,
        name=event.event_name or "",
        resources=resources,
        signals=tuple(_signals(event, now, {**units, **units_of(raw.get("payloadDescriptors"))})),
        reports=tuple(
            one["payloadType"]
            for one in raw.get("reportDescriptors") or ()
            if one.get("payloadType") in ("USAGE", "DEMAND")
        ),
    )


def units_of(descriptors: Any) -> dict[str, str]:
    """The units of payloads, as the descriptors of a program or an event tell them."""
    return {
        str(one["payloadType"]): str(one["units"])
        for one in descriptors or ()
        if isinstance(one, dict) and one.get("payloadType") and one.get("units")
    }


def _for_us(targets: Any, ven: VenSettings) -> tuple[str, ...]:
    """Our resources among the targets; none: it is for the whole site.

    In 3.0.1 a target has a type; in 3.1.0 it is a text, and the VTN has chosen already who sees the event.
    """
    named: dict[str, list[str]] = {}
    for one in targets or ():
        if isinstance(one, dict):
            named.setdefault(str(one.get("type")), []).extend(str(value) for value in one.get("values") or ())
        else:
            named.setdefault("", []).append(str(one))
    resources = tuple(name for name in [*named.get("RESOURCE_NAME", ()), *named.get("", ())] if name in ven.resources)
    others = named.get("RESOURCE_NAME") and not resources
    if others or ("VEN_NAME" in named and ven.ven_name not in named["VEN_NAME"]):
        raise NotForUs
    return tuple(dict.fromkeys(resources))


def _plain(raw: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The object as the library takes it: of either version, and no time that is none."""
    told = raw.get("modificationDateTime") or raw.get("createdDateTime")
    since = told if isinstance(told, str) else now.isoformat()
    intervals = raw.get("intervals")
    if intervals is not None and not isinstance(intervals, list):
        raise TypeError("its intervals are no list")
    return {
        **raw,
        "objectType": raw.get("objectType") or "EVENT",
        "duration": _LONG if raw.get("duration") == _FOR_EVER else raw.get("duration"),
        "targets": None,
        "reportDescriptors": None,
        "intervalPeriod": _period(raw.get("intervalPeriod"), since),
        "intervals": [{**one, "intervalPeriod": _period(one.get("intervalPeriod"), since)} for one in intervals or ()],
    }


def _period(raw: Any, since: str) -> dict[str, Any] | None:
    if raw is None:
        return None
    found = {name: raw[name] for name in ("start", "duration") if raw.get(name)}
    if str(found.get("start", "")).startswith(_NOW):
        found["start"] = since
    if found.get("duration") == _FOR_EVER:
        found["duration"] = _LONG
    elif found.get("duration") in _ZERO:
        del found["duration"]
    return found or None


# --- intervals --------------------------------------------------------------------------------------------------------------------------


def _signals(event: Event, now: datetime, units: Mapping[str, str]) -> list[Signal]:
    spans = _spans(event, now)
    found = []
    for (start, end), interval in spans:
        if end is not None and end <= start:
            raise ValueError(f"interval {interval.id} ends before it starts")
        if end is None or end > now:
            found += [_signal(start, end, told, units) for told in interval.payloads]
    return found


def _spans(event: Event, now: datetime) -> _Spans:
    """Each interval with its start and end (None: open); repeated or cut off as the event's duration says."""
    starts: list[tuple[datetime, datetime | None, Interval]] = []
    for one in event.resolved_intervals():
        period = one.interval_period
        if period is None or period.start is None:
            if len(event.intervals or ()) > 1:
                raise ValueError(f"interval {one.id} has no start")
            start = _utc(event.modified or event.created or now)
        else:
            start = _utc(period.start)
        end = None if period is None or period.duration is None else _utc(start + period.duration)
        starts.append((start, end if end is not None and end.year < _LONG_YEAR else None, one))
    starts.sort(key=lambda each: each[0])
    following = [start for start, _, _ in starts[1:]]
    spans: _Spans = []
    for place, (start, end, one) in enumerate(starts):
        after = following[place] if end is None and place < len(following) else end
        spans.append(((start, after), one))
    return _lasting(spans, event, now)


def _lasting(spans: _Spans, event: Event, now: datetime) -> _Spans:
    if event.duration is None or not spans or event.duration.total_seconds() <= 0:
        return spans
    first, last = spans[0][0][0], spans[-1][0][1]
    over = _utc(first + event.duration)
    around = timedelta(0) if last is None else last - first
    if around <= timedelta(0):
        rounds = range(1)
    else:
        begun = max(0, (now - first) // around)
        rounds = range(begun, min(begun + _MOST_ROUNDS, -((first - over) // around)))
    found: _Spans = []
    for number in rounds:
        for (start, end), one in spans:
            begins = start + number * around
            ends = over if end is None else min(over, end + number * around)
            if begins < over and (number == 0 or begins < now + _HORIZON):
                found.append(((begins, ends), one))
    return found


def _signal(start: datetime, end: datetime | None, told: Told, units: Mapping[str, str]) -> Signal:
    if told.type not in set(Payload):
        return Signal(start=start, end=end, payload=told.type)
    if len(told.values) != 1:
        raise ValueError(f"{told.type} has {len(told.values)} values instead of one")
    value, amperes = _number(told.type, told.values[0]), False
    if told.type in (Payload.IMPORT_CAPACITY_LIMIT, Payload.EXPORT_CAPACITY_LIMIT):
        unit = units.get(told.type, "")
        capacity = in_watts(value, unit)
        if capacity is None:
            raise ValueError(f"{told.type} is in {unit}, which is no unit of a capacity")
        value, amperes = capacity
        if value < 0:
            raise ValueError(f"{told.type} is negative")
    return Signal(start=start, end=end, payload=told.type, value=value, amperes=amperes)


def _number(payload: str, told: Any) -> Decimal:
    if isinstance(told, Decimal):
        value = told
    elif isinstance(told, int | float) and not isinstance(told, bool):
        value = Decimal(str(told))
    else:
        raise ValueError(f"{payload} is {told!r}, which is no number")
    if not value.is_finite():
        raise ValueError(f"{payload} is {told}, which is no number")
    return value


def _utc(moment: datetime) -> datetime:
    """As a plain time of the standard library."""
    there = moment.astimezone(UTC)
    return datetime(
        there.year, there.month, there.day, there.hour, there.minute, there.second, there.microsecond, tzinfo=UTC
    )
