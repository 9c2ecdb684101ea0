"""The data collector (2.1 2.18.8, N01.FR.24): samples of an EVSE's measurands at a high rate, to be fetched as the DataCollectorLog.

What is collected is held in memory, the oldest making room for new ones, and is gone with a restart; what an upload has taken is kept until
it has arrived. Only then is it cleared: a log that did not arrive can be asked for again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from pilotwire.domain.device_model import DataType, VariableName
from pilotwire.station.core.metering_samples import reading
from pilotwire.station.core.metering_variables import supported
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street
from pilotwire.station.core.variable_table import Declared
from pilotwire.station.core.variables import moment_of
from pilotwire.station.hardware.ports import StationLayout

MOST_LINES: Final = 50_000
"""How many samples are held."""
HEADER: Final = "timestamp,evseId,measurand,phase,location,unit,value\n"
_C: Final = "DataCollector"
_USUAL: Final = "Power.Active.Import"
_FASTEST, _SLOWEST = Decimal("0.01"), Decimal(86_400)


class Line(NamedTuple):
    """A sample as it is uploaded, and when it was taken, in the CSMS's time."""

    at: datetime
    text: str


@dataclass(slots=True)
class _Plan:
    """How an EVSE is sampled, and when it is next, in the station's own time."""

    settings: tuple[str, ...]
    every: timedelta
    next_at: datetime
    until: datetime | None
    measurands: tuple[str, ...]


@dataclass(slots=True)
class _Collected:
    """Until the next start. `seen` are the values of variables the plans were made from; `full`: it was noted that samples are lost."""

    plans: dict[int, _Plan] = field(default_factory=dict)
    lines: deque[Line] = field(default_factory=lambda: deque(maxlen=MOST_LINES))
    seen: object = None
    offset: timedelta = timedelta(0)
    full: bool = False


# --- the log --------------------------------------------------------------------------------------------------------


def text(station: Station, oldest: datetime | None, latest: datetime | None) -> str:
    """The log as it is uploaded, a line for each value in this time; empty if there is none."""
    lines = [line.text for line in station.moment(_Collected).lines if _is_within(line, oldest, latest)]
    return "".join((HEADER, *lines)) if lines else ""


def clear(station: Station, oldest: datetime | None, latest: datetime | None) -> None:
    """Forget what was retrieved (2.1 2.18.8.4)."""
    collected = station.moment(_Collected)
    left = [line for line in collected.lines if not _is_within(line, oldest, latest)]
    collected.lines, collected.full = deque(left, maxlen=MOST_LINES), False


def _is_within(line: Line, oldest: datetime | None, latest: datetime | None) -> bool:
    return (oldest is None or line.at >= oldest) and (latest is None or line.at <= latest)


# --- collecting -----------------------------------------------------------------------------------------------------


def _follow(station: Station) -> None:
    """Plan anew where a variable or the clock was set."""
    collected = station.moment(_Collected)
    if collected.seen is station.variables.values and collected.offset == station.offset:
        return
    collected.seen, collected.offset = station.variables.values, station.offset
    for evse_id in station.evses:
        plan, before = _plan(station, evse_id), collected.plans.get(evse_id)
        if plan is None:
            collected.plans.pop(evse_id, None)
        elif before is None or before.settings != plan.settings:
            collected.plans[evse_id] = plan


def _plan(station: Station, evse_id: int) -> _Plan | None:
    """How an EVSE is to be sampled from now on; a bound that is not set does not bound."""
    variables = station.variables
    names = ("Enabled", "DateTime[Start]", "DateTime[End]", "SamplingInterval", "SampledMeasurands")
    if not variables.has(_key(evse_id, "Enabled")):
        return None
    settings = tuple(variables.text(_key(evse_id, name)) for name in names)
    enabled, start, end, every, measurands = settings
    if enabled != "true" or not measurands:
        return None
    begins, ends = (None if at is None else at - station.offset for at in map(moment_of, (start, end)))
    first = station.now if begins is None else max(begins, station.now)
    if ends is not None and first >= ends:
        return None
    interval = timedelta(microseconds=int(Decimal(every) * 1_000_000))
    clock = str(station.offset) if start or end else ""
    return _Plan((*settings, clock), interval, first, ends, tuple(measurands.split(",")))


def _due(station: Station) -> None:
    collected = station.moment(_Collected)
    for evse_id, plan in list(collected.plans.items()):
        if plan.next_at > station.now:
            continue
        if plan.until is not None and station.now >= plan.until:
            del collected.plans[evse_id]
            continue
        _sample(station, collected, evse_id, plan)
        missed = (station.now - plan.next_at) // plan.every
        plan.next_at += (missed + 1) * plan.every


def _sample(station: Station, collected: _Collected, evse_id: int, plan: _Plan) -> None:
    meter = station.meter(evse_id)
    if not meter.known:
        return
    at = station.stamp()
    when = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    for sample in reading(at, meter, plan.measurands, "Sample.Periodic").samples:
        values = (
            when,
            str(evse_id),
            sample.measurand,
            sample.phase or "",
            sample.location,
            sample.unit,
            str(sample.value),
        )
        if len(collected.lines) == MOST_LINES and not collected.full:
            collected.full = True
            station.note(f"The data collector holds {MOST_LINES} samples: the oldest ones are lost from now on.")
        collected.lines.append(Line(at, ",".join(values) + "\n"))


def _deadline(station: Station) -> datetime | None:
    return min((plan.next_at for plan in station.moment(_Collected).plans.values()), default=None)


# --- the street -----------------------------------------------------------------------------------------------------


def _key(evse_id: int, variable: str) -> str:
    return f"{_C}@{evse_id}.{variable}"


def _variables(family: Family, layout: StationLayout) -> Iterator[Declared]:
    """For each EVSE; 1.6 has none."""
    if family is Family.OCPP16:
        return
    known = supported(family, layout)
    for evse in layout.evses:
        at = evse.evse_id
        yield Declared(_name(at, "Enabled"), DataType.BOOLEAN, "false")
        yield Declared(_name(at, "DateTime", "Start"), DataType.DATE_TIME, "")
        yield Declared(_name(at, "DateTime", "End"), DataType.DATE_TIME, "")
        yield Declared(_name(at, "SamplingInterval"), DataType.DECIMAL, "0.1", low=_FASTEST, high=_SLOWEST, unit="s")
        usual = _USUAL if _USUAL in known else ""
        yield Declared(_name(at, "SampledMeasurands"), DataType.MEMBER_LIST, usual, values=known)


def _name(evse_id: int, variable: str, instance: str | None = None) -> VariableName:
    return VariableName(component=_C, evse=evse_id, variable=variable, variable_instance=instance)


STREET = Street("data_collector", variables=_variables, deadline=_deadline, due=_due, follow=_follow)
