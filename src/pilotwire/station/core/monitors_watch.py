"""Monitors at work (N07, N08): the value of each monitored variable is looked at, and what a monitor finds is told.

A monitor whose event nobody would hear of (too slight, or slight and the CSMS out of reach) is not looked at: it finds what has changed
when its events count again. A station without monitors does nothing here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pilotwire.domain.device_model import VariableName
from pilotwire.domain.kinds import changed
from pilotwire.domain.monitoring import EventNotification, EventTrigger, MonitoringBase, MonitorSetting, MonitorType
from pilotwire.station.core import event_streams, events, monitors_values
from pilotwire.station.core.events import Draft
from pilotwire.station.core.monitoring_memory import Monitor, MonitoringMemory, Standing
from pilotwire.station.core.monitors_faults import Causes
from pilotwire.station.core.station import Station
from pilotwire.station.core.variable_table import Declared
from pilotwire.station.core.variables import key_of

POLL = timedelta(seconds=1)
"""Between two looks at values that change while nothing happens."""
AFTERMATH = timedelta(seconds=5)
"""How long after a transaction what is measured at its EVSE is still of it: the vehicle's load needs a moment to be gone."""


@dataclass(slots=True)
class Watched:
    """A monitor at work. `due`: when a periodic one tells next."""

    monitor: Monitor
    spec: Declared
    due: datetime | None = None


@dataclass(slots=True)
class Watch:
    """The monitors at work of a station, by id. `polls`: whether time alone may change a value; `looked_at`: when all were looked at."""

    monitors: dict[int, Watched] = field(default_factory=dict)
    polls: bool = False
    looked_at: datetime | None = None


# --- which there are ------------------------------------------------------------------------------------------------


def installed(station: Station) -> dict[int, Monitor]:
    """The monitors there are by the monitoring base that counts, by id (N03.FR.03 to N03.FR.05)."""
    memory = station.kept(MonitoringMemory)
    monitors = {one.monitor_id: one for one in from_factory(station) if _counts(one, memory.base)}
    monitors |= {one.monitor_id: one for one in memory.custom}
    known = {number: one for number, one in monitors.items() if station.variables.spec(one.setting.name) is not None}
    return dict(sorted(known.items()))


def _counts(monitor: Monitor, base: MonitoringBase) -> bool:
    return base is not MonitoringBase.HARD_WIRED_ONLY or monitor.kind is EventNotification.HARD_WIRED_MONITOR


def from_factory(station: Station) -> Iterator[Monitor]:
    """The monitors of the settings, those that are hard-wired first; without an id of their own they count from 1."""
    number = 0
    for settings, kind in (
        (station.settings.hard_wired_monitors, EventNotification.HARD_WIRED_MONITOR),
        (station.settings.preconfigured_monitors, EventNotification.PRECONFIGURED_MONITOR),
    ):
        for setting in settings:
            number = number + 1 if setting.monitor_id is None else setting.monitor_id
            yield Monitor(monitor_id=number, kind=kind, setting=changed(setting, monitor_id=number))


def load(station: Station) -> None:
    """Put all that are installed to work; those at work already go on as they are."""
    watch = station.moment(Watch)
    before, watch.monitors = watch.monitors, {}
    for number, monitor in installed(station).items():
        at_work = before.get(number)
        if at_work is None or at_work.monitor != monitor:
            at_work = _begun(station, monitor)
            event_streams.associate(station, number, monitor.setting.stream)
        watch.monitors[number] = at_work
    for number in before.keys() - watch.monitors.keys():
        event_streams.close(station, number)
    watch.polls = any(monitors_values.moves(station, one.spec) for one in watch.monitors.values() if one.due is None)
    _forget(station, watch)


def _begun(station: Station, monitor: Monitor) -> Watched:
    spec = station.variables.spec(monitor.setting.name)
    assert spec is not None, "only monitors of known variables are installed"
    return Watched(monitor, spec, next_due(station, monitor.setting, station.now))


def _forget(station: Station, watch: Watch) -> None:
    """What is known of monitors that are no more."""
    memory = station.kept(MonitoringMemory)
    left = {number: one for number, one in memory.standings.items() if number in watch.monitors}
    if len(left) != len(memory.standings):
        station.remember(changed(memory, standings=left))


def next_due(station: Station, setting: MonitorSetting, after: datetime) -> datetime | None:
    """When a periodic monitor tells after a moment; aligned ones by the CSMS's clock, from midnight (N08.FR.06, N08.FR.07)."""
    if setting.type not in monitors_values.PERIODIC:
        return None
    period = timedelta(seconds=float(setting.value))
    if setting.type is MonitorType.PERIODIC:
        return after + period
    there = after + station.offset
    midnight = there.replace(hour=0, minute=0, second=0, microsecond=0)
    times = (there - midnight) // period + 1
    return midnight + times * period - station.offset


def deadline(station: Station) -> datetime | None:
    """When the monitors are to be looked at next."""
    watch = station.moment(Watch)
    if not watch.monitors or not events.enabled(station):
        return None
    times = [one.due for one in watch.monitors.values() if one.due is not None]
    if watch.polls and watch.looked_at is not None:
        times.append(watch.looked_at + POLL)
    return min(times, default=None)


# --- looking --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Look:
    """One look at all: the values seen, what stands otherwise now, and what is to be told."""

    values: dict[str, str] = field(default_factory=dict)
    standings: dict[int, Standing] = field(default_factory=dict)
    drafts: list[Draft] = field(default_factory=list)


def follow(station: Station) -> None:
    """Look at every monitor, and tell together what they find."""
    watch = station.moment(Watch)
    if not watch.monitors or not events.enabled(station):
        return
    watch.looked_at = station.now
    memory = station.kept(MonitoringMemory)
    look = _Look()
    for one in watch.monitors.values():
        if one.due is not None:
            _look_periodic(station, one, look)
        elif events.would_tell(station, one.monitor.setting.severity):
            _look_at(station, one, memory.standings.get(one.monitor.monitor_id, Standing()), look)
    if look.standings:
        station.remember(changed(memory, standings={**memory.standings, **look.standings}))
    if look.drafts:
        events.tell(station, look.drafts)


def _value(station: Station, one: Watched, look: _Look) -> str:
    key = key_of(one.spec.name)
    if key not in look.values:
        look.values[key] = monitors_values.actual(station, one.spec)
    return look.values[key]


def _look_periodic(station: Station, one: Watched, look: _Look) -> None:
    """Tell the value if it is time; times that were missed are not made up for."""
    setting = one.monitor.setting
    if one.due is None or one.due > station.now:
        return
    if setting.type is MonitorType.PERIODIC:
        period = timedelta(seconds=float(setting.value))
        one.due += period * ((station.now - one.due) // period + 1)
    else:
        one.due = next_due(station, setting, station.now)
    if _is_active(station, setting) and events.would_tell(station, setting.severity):
        _find(station, one, look, EventTrigger.PERIODIC)


def _look_at(station: Station, one: Watched, standing: Standing, look: _Look) -> None:
    setting, number = one.monitor.setting, one.monitor.monitor_id
    active = _is_active(station, setting)
    if not active and not standing.raised:
        return
    value = _value(station, one, look)
    if setting.type is MonitorType.DELTA:
        base = monitors_values.base_of(one.spec, value)
        if standing.base is None:
            look.standings[number] = Standing(base=base)
        elif monitors_values.has_changed(one.spec, setting.value, standing.base, value):
            look.standings[number] = Standing(base=base)
            _find(station, one, look, EventTrigger.DELTA)
        return
    aim = monitors_values.target(station, one.spec)
    past = monitors_values.is_past(setting.type, setting.value, monitors_values.number(value), aim)
    if past and active and not standing.raised:
        draft = _find(station, one, look, EventTrigger.ALERTING)
        look.standings[number] = Standing(raised=True, transaction_id=draft.transaction_id)
    elif standing.raised and not past:
        look.standings[number] = Standing()
        _find(station, one, look, EventTrigger.ALERTING, cleared_from=standing)


def _find(
    station: Station, one: Watched, look: _Look, trigger: EventTrigger, cleared_from: Standing | None = None
) -> Draft:
    """What a monitor has found, told with the others unless its stream takes it (N07.FR.06)."""
    setting, number = one.monitor.setting, one.monitor.monitor_id
    value = _value(station, one, look)
    transaction_id = _transaction(station, setting.name) or _just_ended(station, one.spec)
    if transaction_id is None and cleared_from is not None:
        transaction_id = cleared_from.transaction_id
    draft = Draft(
        name=one.spec.name,
        value=monitors_values.shown(one.spec, value),
        trigger=trigger,
        notification=one.monitor.kind,
        severity=setting.severity,
        monitor_id=number,
        cleared=cleared_from is not None,
        transaction_id=transaction_id,
        cause=_cause(station, setting.name, value),
    )
    if not event_streams.takes(station, number, draft.value):
        look.drafts.append(draft)
    return draft


def _transaction(station: Station, name: VariableName) -> str | None:
    """The transaction at the place of a variable."""
    evse = station.evses.get(name.evse) if name.evse is not None else None
    return evse.tx.transaction_id if evse is not None and evse.tx is not None else None


def _just_ended(station: Station, spec: Declared) -> str | None:
    """The transaction because of whose end a measured value is what it is: it falls only once the contactor has opened."""
    evse = station.evses.get(spec.name.evse) if spec.name.evse is not None else None
    if evse is None or evse.ended is None or not monitors_values.moves(station, spec):
        return None
    transaction_id, at = evse.ended
    return transaction_id if station.now - at <= AFTERMATH else None


def _is_active(station: Station, setting: MonitorSetting) -> bool:
    """Whether a monitor counts now: one that is for transactions only while one runs at its place."""
    if not setting.transaction:
        return True
    if setting.name.evse is not None:
        return _transaction(station, setting.name) is not None
    return station.unplaced_tx is not None or any(evse.tx is not None for evse in station.evses.values())


def _cause(station: Station, name: VariableName, value: str) -> int | None:
    """The fault because of which a place is Faulted, or has a problem."""
    if (name.variable.casefold(), value) not in (("availabilitystate", "Faulted"), ("problem", "true")):
        return None
    causes = station.moment(Causes).by_evse
    return causes.get(name.evse or 0, causes.get(0))
