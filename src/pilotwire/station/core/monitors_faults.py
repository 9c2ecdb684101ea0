"""Hard-wired notifications: what breaks, told as the variable Problem of the place, without any monitor (N07; TC_N_21_CS).

What was told is kept over a restart, so that the end of a fault is told too (as N07.FR.14 asks of monitors).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pilotwire.domain.alerts import severity_of_fault
from pilotwire.domain.availability import Problem
from pilotwire.domain.device_model import VariableName
from pilotwire.domain.kinds import changed
from pilotwire.domain.monitoring import EventNotification, EventTrigger
from pilotwire.station.core import availability, events
from pilotwire.station.core.events import Draft
from pilotwire.station.core.monitoring_memory import MonitoringMemory
from pilotwire.station.core.station import Station

_Place = tuple[int, int]
_CUTTING = frozenset(availability.NAMES[code] for code in availability.CUTTING)
_LOCK = "ConnectorLockFailure"


@dataclass(slots=True)
class Causes:
    """The event by which the last fault of an EVSE (0: the station) was told; of another event it may be the cause (N07.FR.05)."""

    by_evse: dict[int, int] = field(default_factory=dict)


def follow(station: Station) -> None:
    """Tell the faults that are new, and the ends of those that were told."""
    told = station.kept(MonitoringMemory).faults
    there = {(place, code): problem for place, code, problem in _faults(station)}
    if not told and not there:
        return
    known = {((evse, connector), code) for evse, connector, code in told}
    for fault, problem in there.items():
        if fault not in known and _tell(station, *fault, problem):
            known.add(fault)
    for fault in sorted(known - there.keys()):
        left = any(_problem_of(station, *other) == _problem_of(station, *fault) for other in there)
        if _tell_over(station, *fault, left=left):
            known.discard(fault)
    _remember(station, known)


def _remember(station: Station, known: set[tuple[_Place, str]]) -> None:
    memory = station.kept(MonitoringMemory)
    faults = tuple(sorted((*place, code) for place, code in known))
    if faults != memory.faults:
        station.remember(changed(memory, faults=faults))


def _faults(station: Station) -> Iterator[tuple[_Place, str, Problem]]:
    """What is wrong now, by place, with 0 for no EVSE or connector."""
    condition = station.condition
    if condition.emergency:
        yield (0, 0), "EmergencyStop", Problem(code="OtherError", info="Emergency stop pressed")
    if not condition.powered:
        yield (0, 0), "NoMains", Problem(code="UnderVoltage", info="No mains")
    for place, problems in condition.problems.items():
        for code, problem in problems.items():
            yield place, code, problem
    for evse in station.evses.values():
        for connector in evse.lock_failed:
            yield (evse.evse_id, connector), _LOCK, Problem(code=_LOCK)


def _severity(code: str) -> int:
    faulted = code in _CUTTING or code in ("EmergencyStop", "NoMains")
    return severity_of_fault(code, faulted=faulted)


def _tell(station: Station, place: _Place, code: str, problem: Problem) -> bool:
    """Tell a fault; False: nobody would hear of it now, so it is told later if it is still there."""
    given = events.tell(station, [_draft(station, place, code, problem, value="true")])
    if given:
        station.moment(Causes).by_evse[place[0]] = given[0]
    return bool(given)


def _tell_over(station: Station, place: _Place, code: str, *, left: bool) -> bool:
    """A fault is gone; the variable is false once nothing else is wrong at the place. False: nobody would hear of it now."""
    problem = Problem(code=code)
    value = "true" if left else "false"
    given = events.tell(station, [_draft(station, place, code, problem, value=value, cleared=not left)])
    if given and not left:
        station.moment(Causes).by_evse.pop(place[0], None)
    return bool(given)


def _draft(station: Station, place: _Place, code: str, problem: Problem, *, value: str, cleared: bool = False) -> Draft:
    evse = station.evses.get(place[0])
    return Draft(
        name=_problem_of(station, place, code),
        value=value,
        trigger=EventTrigger.ALERTING,
        notification=EventNotification.HARD_WIRED_NOTIFICATION,
        severity=_severity(code),
        cleared=cleared,
        transaction_id=evse.tx.transaction_id if evse is not None and evse.tx is not None else None,
        tech_code=problem.vendor_error_code or problem.code,
        tech_info=problem.info or problem.code,
    )


def _problem_of(station: Station, place: _Place, code: str) -> VariableName:
    """Where a fault is told; the lock of a socket has a component of its own (G05.FR.02)."""
    evse, connector = place
    component = "ChargingStation" if not evse else "Connector" if connector else "EVSE"
    if code == _LOCK and _is_socket(station, evse, connector):
        component = "ConnectorPlugRetentionLock"
    return VariableName(component=component, variable="Problem", evse=evse or None, connector=connector or None)


def _is_socket(station: Station, evse: int, connector: int) -> bool:
    layout = station.evses[evse].connectors.get(connector) if evse in station.evses else None
    return layout is not None and not layout.cable_attached
