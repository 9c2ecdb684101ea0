"""Samples of a transaction besides the usual ones, at intervals of their own (2.1): of an operation mode, of the meter upstream.

Measurands of a mode that has an interval of its own are told at that one only (2.1 2.18.5). What the meter upstream of the station tells is
told with its place, in transactions (2.9.12) and clock-aligned (2.9.23), and nowhere else (2.1 part 2, J 2.3).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from pilotwire.domain.identity import STATION
from pilotwire.domain.metering import MeterReading, MeterValuesReported, Sample, default_unit
from pilotwire.domain.transactions import TriggerReason
from pilotwire.station.core import metering, transactions, v2x_measurands
from pilotwire.station.core.evse import Evse, Running
from pilotwire.station.core.grid import grid_of
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street
from pilotwire.station.core.v2x_settings import ENABLED
from pilotwire.station.core.variable_table import Declared, members, number
from pilotwire.station.hardware.ports import StationLayout

PLACE: Final = "Upstream"
"""Where that meter is (LocationEnumType of 2.1)."""
_TOLD: Final = ("Power.Active.Import", "Power.Active.Export", "Frequency")
_ONLY_21: Final = "Power.Active.Residual"
"""A version that has no word for this one has none for the place either."""
_NOTHING: Final = Decimal(0)


@dataclass(slots=True)
class _Due:
    """The next samples of a list for a transaction."""

    transaction_id: str
    interval: int
    at: datetime


@dataclass(slots=True)
class _Besides:
    """`lists`: by EVSE and list; `aligned`: the next clock-aligned values; `wanted`: whether there are intervals, None: to be seen."""

    lists: dict[tuple[int, str], _Due] = field(default_factory=dict)
    aligned: datetime | None = None
    wanted: bool | None = None


def _upstream(component: str) -> tuple[str, str]:
    return f"{component}.UpstreamMeasurands", f"{component}.UpstreamInterval"


_SAMPLED, _ALIGNED = _upstream("SampledDataCtrlr"), _upstream("AlignedDataCtrlr")


# --- when -----------------------------------------------------------------------------------------------------------


def _follow(station: Station) -> None:
    """Each transaction has the lists that count for it now; a list with another interval is counted anew."""
    state = station.moment(_Besides)
    if state.wanted is None:
        timed = station.variables.has(ENABLED) and v2x_measurands.has_own_intervals(station)
        state.wanted = timed or _upstream_interval(station, _SAMPLED) > 0
        state.aligned = _next_aligned(station)
    if not state.wanted and not state.lists:
        return
    now = {
        (evse.evse_id, name): (evse.tx, interval)
        for evse in station.evses.values()
        if evse.tx is not None
        for name, interval in _lists(station, evse.tx)
    }
    for key in state.lists.keys() - now.keys():
        del state.lists[key]
    for key, (tx, interval) in now.items():
        due = state.lists.get(key)
        if due is None or (due.transaction_id, due.interval) != (tx.transaction_id, interval):
            state.lists[key] = _Due(tx.transaction_id, interval, _next(station, tx, interval))


def _upstream_interval(station: Station, names: tuple[str, str]) -> int:
    """Seconds; 0: nothing is told."""
    listed, interval = names
    if not station.variables.has(listed) or not station.variables.text(listed):
        return 0
    can_be_said = station.sayable is None or _ONLY_21 in station.sayable
    on = station.variables.on(f"{listed.partition('.')[0]}.Enabled")
    return station.variables.number(interval) if on and can_be_said else 0


def _lists(station: Station, tx: Running) -> Iterator[tuple[str, int]]:
    """The lists with an interval that count for a transaction now."""
    if seconds := _upstream_interval(station, _SAMPLED):
        yield _SAMPLED[0], seconds
    for name in v2x_measurands.TIMED:
        seconds = v2x_measurands.own_interval(station, name, v2x_measurands.told_mode(station, tx.transaction_id))
        if seconds:
            yield name, seconds


def _next(station: Station, tx: Running, interval: int) -> datetime:
    """The next multiple of the interval since the transaction began, in the station's own time."""
    begun = tx.started_at - station.offset
    return begun + timedelta(seconds=interval) * ((station.now - begun) // timedelta(seconds=interval) + 1)


def _next_aligned(station: Station) -> datetime | None:
    return metering.aligned_after(station, station.now, _upstream_interval(station, _ALIGNED))


def _deadline(station: Station) -> datetime | None:
    state = station.moment(_Besides)
    times = [each.at for each in state.lists.values()]
    return min([*times, *([] if state.aligned is None else [state.aligned])], default=None)


def _changed(station: Station, key: str, _value: str) -> None:
    if key.startswith(("sampleddatactrlr", "aligneddatactrlr", "v2xchargingctrlr")):
        station.moment(_Besides).wanted = None


def _anew(station: Station) -> None:
    """Another line may speak another version."""
    station.moment(_Besides).wanted = None


# --- what -----------------------------------------------------------------------------------------------------------


def _due(station: Station) -> None:
    """Take the samples that are due; those whose time passed meanwhile are not made up for."""
    state = station.moment(_Besides)
    for (evse_id, name), each in tuple(state.lists.items()):
        evse = station.evses[evse_id]
        if each.at > station.now or evse.tx is None or evse.tx.transaction_id != each.transaction_id:
            continue
        at = metering.moment(station, each.at)
        each.at = _next(station, evse.tx, each.interval)
        _take(station, evse, evse.tx, name, at)
    if state.aligned is not None and state.aligned <= station.now:
        at = metering.moment(station, state.aligned)
        state.aligned = _next_aligned(station)
        _report_aligned(station, at)


def _take(station: Station, evse: Evse, tx: Running, name: str, at: datetime) -> None:
    if name == _SAMPLED[0]:
        taken = _reading(station, name, "Sample.Periodic", at)
    else:
        variable = v2x_measurands.list_of(name, v2x_measurands.told_mode(station, tx.transaction_id))
        taken = metering.take(station, evse, variable, "Sample.Periodic", at=at, sign=False)
    if not taken.samples:
        return
    if name == v2x_measurands.ENDED:
        station.do(*station.outbox.hold(tx.transaction_id, taken))
    else:
        transactions.tell(station, evse, TriggerReason.METER_VALUE_PERIODIC, readings=(taken,))


def _reading(station: Station, variable: str, context: str, at: datetime) -> MeterReading:
    """What the meter upstream says of what a list names; what it never told is left out."""
    grid = grid_of(station)
    values: dict[str, Decimal] = {}
    if grid.load_w is not None:
        values |= {_TOLD[0]: max(grid.load_w, _NOTHING), _TOLD[1]: max(-grid.load_w, _NOTHING)}
    if grid.frequency_hz is not None:
        values[_TOLD[2]] = grid.frequency_hz
    samples = tuple(
        Sample(value=values[one], measurand=one, unit=default_unit(one), location=PLACE, context=context)
        for one in filter(None, station.variables.text(variable).split(","))
        if one in values
    )
    return MeterReading(at=at, samples=samples)


def _report_aligned(station: Station, at: datetime) -> None:
    """In MeterValues of the station as a whole, unless they are kept back while there is a transaction (J01.FR.20)."""
    if metering.keeps_back(station):
        return
    taken = _reading(station, _ALIGNED[0], "Sample.Clock", at)
    if taken.samples:
        fact = MeterValuesReported(address=STATION, readings=(taken,))
        station.tell(fact, queue=station.settings.queues_meter_values and not station.online)


# --- the street -----------------------------------------------------------------------------------------------------


def _variables(family: Family, layout: StationLayout) -> Iterator[Declared]:
    """Where the meter upstream is read: at outlets that take energy back (Q09)."""
    if family is Family.OCPP16 or not any(evse.max_discharge_w > 0 for evse in layout.evses):
        return
    for listed, interval in (_SAMPLED, _ALIGNED):
        yield members(listed, "", _TOLD)
        yield number(interval, 0, unit="s")


STREET = Street(
    "metering_besides",
    variables=_variables,
    changed=_changed,
    link_up=_anew,
    deadline=_deadline,
    due=_due,
    follow=_follow,
)
