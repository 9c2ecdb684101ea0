"""Values of monitored variables, and when they are past what a monitor allows (N04, N07)."""

from __future__ import annotations

import hashlib
from decimal import Decimal, InvalidOperation
from typing import Final

from pilotwire.domain.device_model import AttributeType, DataType, Mutability
from pilotwire.domain.monitoring import MonitorType
from pilotwire.station.core.station import Station
from pilotwire.station.core.variable_table import Declared
from pilotwire.station.core.variables import key_of

NUMERIC: Final = frozenset({DataType.INTEGER, DataType.DECIMAL})
THRESHOLDS: Final = frozenset({MonitorType.UPPER_THRESHOLD, MonitorType.LOWER_THRESHOLD})
TARGETS: Final = frozenset({MonitorType.TARGET_DELTA, MonitorType.TARGET_DELTA_RELATIVE})
LIMITS: Final = THRESHOLDS | TARGETS
"""The types that raise an alert and clear it again."""
PERIODIC: Final = frozenset({MonitorType.PERIODIC, MonitorType.PERIODIC_CLOCK_ALIGNED})


def actual(station: Station, spec: Declared) -> str:
    """The value a variable has now."""
    live = None if spec.mutability is Mutability.WRITE_ONLY else station.live(spec.name)
    return station.variables.text(key_of(spec.name)) if live is None else live


def shown(spec: Declared, value: str) -> str:
    """What an event tells of a value: nothing of what is write-only (N07.FR.10)."""
    return "" if spec.mutability is Mutability.WRITE_ONLY else value


def base_of(spec: Declared, value: str) -> str:
    """What is remembered of a value, to see later whether it has changed."""
    if spec.mutability is Mutability.WRITE_ONLY:
        return hashlib.sha256(value.encode()).hexdigest()
    return value


def moves(station: Station, spec: Declared) -> bool:
    """Whether a value may change while nothing happens, as what a meter shows does; states change with events and ticks only."""
    return spec.type in NUMERIC and not spec.constant and station.live(spec.name) is not None


def number(value: str | None) -> Decimal | None:
    """A value as a number, None if it is none."""
    try:
        found = None if value is None else Decimal(value)
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() else None


def has_target(spec: Declared) -> bool:
    """Whether a variable has the attribute Target."""
    return any(other.type is AttributeType.TARGET for other in spec.others)


def target(station: Station, spec: Declared) -> Decimal | None:
    """The value of the attribute Target, None where it has none or it is not set."""
    return number(station.variables.value_of(spec, AttributeType.TARGET)) if has_target(spec) else None


def is_past(kind: MonitorType, limit: Decimal, value: Decimal | None, aim: Decimal | None = None) -> bool:
    """Whether a value is past a limit, not on it (N07.FR.16, N07.FR.17, N07.FR.22, N07.FR.23); `aim` is the target."""
    if value is None:
        return False
    if kind is MonitorType.UPPER_THRESHOLD:
        return value > limit
    if kind is MonitorType.LOWER_THRESHOLD:
        return value < limit
    if aim is None:
        return False
    room = limit if kind is MonitorType.TARGET_DELTA else abs(limit * aim)
    return abs(value - aim) > room


def has_changed(spec: Declared, limit: Decimal, base: str, value: str) -> bool:
    """Whether a value is another one: of a number, by more than `limit` (N07.FR.18, N07.FR.19)."""
    before, after = number(base), number(value)
    secret = spec.mutability is Mutability.WRITE_ONLY
    if spec.type in NUMERIC and not secret and before is not None and after is not None:
        return abs(after - before) > limit
    return base_of(spec, value) != base
