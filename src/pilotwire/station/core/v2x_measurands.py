"""Measurands that are told besides the usual ones while a transaction is in an operation mode (Q01.FR.33 to Q01.FR.35; 2.1 2.18.5).

They are sampled with those of SampledDataCtrlr, at its intervals, unless their mode has an interval of its own: see `metering_besides`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pilotwire.domain.smart_charging import OperationMode
from pilotwire.domain.smart_charging.setpoints import deciding
from pilotwire.station.core.charging_site import csms_time, site_of
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.station import Station
from pilotwire.station.core.v2x_memory import V2XMemory
from pilotwire.station.core.v2x_settings import is_on
from pilotwire.station.core.variable_table import Declared, members, number

_C: Final = "V2XChargingCtrlr"
UPDATED, ENDED = "TxUpdatedMeasurands", "TxEndedMeasurands"
TIMED: Final = {UPDATED: "TxUpdatedInterval", ENDED: "TxEndedInterval"}
"""The lists that may have an interval of their own, and its variable."""
_LISTS: Final = {f"SampledDataCtrlr.{name}": name for name in ("TxStartedMeasurands", UPDATED, ENDED)}


def declared(known: tuple[str, ...]) -> Iterator[Declared]:
    """A list for each operation mode, as delivered without members; `known` are the measurands of the station's meters."""
    for name in _LISTS.values():
        for mode in OperationMode:
            yield members(list_of(name, mode), "", known)
    for name in TIMED.values():
        for mode in OperationMode:
            yield number(f"{_C}.{name}[{mode}]", 0, unit="s")


def list_of(name: str, mode: OperationMode) -> str:
    """The variable that lists the measurands of a mode."""
    return f"{_C}.{name}[{mode}]"


def besides(station: Station, evse: Evse, variable: str) -> tuple[str, ...]:
    """The measurands that are told besides those `variable` lists, by the mode of the period that holds now at an EVSE."""
    name = _LISTS.get(variable)
    if name is None or not is_on(station):
        return ()
    told = {mode: text for mode in OperationMode if (text := station.variables.text(list_of(name, mode)))}
    if not told:
        return ()
    return tuple(filter(None, told.get(_mode(station, evse), "").split(",")))


def apart(station: Station, evse: Evse, variable: str) -> frozenset[str]:
    """The measurands that are told at the interval of the mode only, whatever `variable` lists."""
    name = _LISTS.get(variable)
    if name not in TIMED or not is_on(station) or not has_own_intervals(station):
        return frozenset()
    mode = _mode(station, evse)
    if not own_interval(station, name, mode):
        return frozenset()
    return frozenset(filter(None, station.variables.text(list_of(name, mode)).split(",")))


def _mode(station: Station, evse: Evse) -> OperationMode:
    """That of the period that holds now."""
    site = site_of(station)
    outlet = next(each for each in site.outlets if each.evse_id == evse.evse_id)
    return deciding(site, outlet, csms_time(station)).mode


def told_mode(station: Station, transaction_id: str) -> OperationMode:
    """The mode a transaction is in, as the CSMS was told."""
    return station.kept(V2XMemory).modes.get(transaction_id, OperationMode.CHARGING_ONLY)


def own_interval(station: Station, name: str, mode: OperationMode) -> int:
    """Seconds between two samples of a list of a mode; 0: it has no interval of its own."""
    return station.variables.number(f"{_C}.{TIMED[name]}[{mode}]") if is_on(station) else 0


def has_own_intervals(station: Station) -> bool:
    """Whether any mode has one."""
    return any(own_interval(station, name, mode) for name in TIMED for mode in OperationMode)
