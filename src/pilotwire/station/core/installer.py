"""What an installer sets about states: which are told, when a connector counts as occupied, and one that overrides the CSMS's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pilotwire.domain.availability import ConnectorState, Problem
from pilotwire.domain.device_model import DataType
from pilotwire.domain.identity import EvseAddress
from pilotwire.domain.kinds import changed
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street
from pilotwire.station.core.variable_table import Declared, name_of, switch
from pilotwire.station.hardware.ports import StationLayout

INFORMATIVE = "InstallerCtrlr.InformativeStatusNotifications"
ERRORS = "InstallerCtrlr.ErrorStatusNotifications"
USB_ERRORS = "InstallerCtrlr.UsbErrorStatusNotifications"
OCCUPIED = "InstallerCtrlr.ConnectorOccupiedStrategy"
FORCED = "InstallerCtrlr.ForceConnectorState"
_MINIMUM = ".MinimumStatusDuration"

STANDARD, LEGACY = "Standard", "Legacy15"
"""Occupied as the version spoken says, or as in OCPP 1.5: only from the begin of a transaction to its end."""


@dataclass(slots=True)
class Settling:
    """States that are new and have to stand for a while before they are told, with the moment since when they do."""

    since: dict[EvseAddress, tuple[ConnectorState, datetime]] = field(default_factory=dict)


def forced(station: Station) -> bool | None:
    """Whether every connector is in use whatever the CSMS says (True), out of use (False), or as the CSMS says (None)."""
    return {"Available": True, "Unavailable": False}.get(station.variables.text(FORCED))


def occupied_by_transaction_only(station: Station) -> bool:
    """Whether a cable or a driver alone leaves a connector available (as in 1.5)."""
    return station.variables.text(OCCUPIED) == LEGACY


def as_told(station: Station, state: ConnectorState) -> ConnectorState:
    """A state as it is told: what is wrong without a fault is left out where the installer does not want to hear of it."""
    problem = state.problem
    if problem is None or _is_wanted(station, state, problem):
        return state
    return changed(state, problem=None)


def _is_wanted(station: Station, state: ConnectorState, problem: Problem) -> bool:
    """A state Faulted always says why; of USB, of errors with which charging goes on, and of mere information each has its switch."""
    if problem.code == "NoError":
        return station.variables.on(INFORMATIVE)
    if (problem.vendor_error_code or "").upper().startswith("USB"):
        return station.variables.on(USB_ERRORS)
    return state.availability == "Faulted" or station.variables.on(ERRORS)


def is_settled(station: Station, address: EvseAddress, state: ConnectorState) -> bool:
    """Whether a new state has stood long enough to be told (1.6:9.1.20, MinimumStatusDuration); the first after a boot need not."""
    minimum = _minimum(station)
    if minimum <= timedelta(0) or address not in station.condition.reported:
        return True
    since = station.moment(Settling).since
    known = since.get(address)
    if known is None or known[0] != state:
        since[address] = (state, station.now)
        return False
    return station.now - known[1] >= minimum


def told(station: Station, address: EvseAddress) -> None:
    """What was told, or is as told before, has nothing to settle."""
    station.moment(Settling).since.pop(address, None)


def _minimum(station: Station) -> timedelta:
    return timedelta(seconds=station.variables.number(_MINIMUM) if station.variables.has(_MINIMUM) else 0)


def _deadline(station: Station) -> datetime | None:
    since = station.moment(Settling).since
    return min((at + _minimum(station) for _, at in since.values()), default=None) if since and station.online else None


def _variables(_family: Family, _layout: StationLayout) -> Iterator[Declared]:
    yield switch(INFORMATIVE, True)
    yield switch(ERRORS, True)
    yield switch(USB_ERRORS, True)
    yield Declared(name_of(OCCUPIED), DataType.OPTION_LIST, STANDARD, values=(STANDARD, LEGACY))
    yield Declared(name_of(FORCED), DataType.OPTION_LIST, "None", values=("None", "Available", "Unavailable"))


STREET = Street("installer", variables=_variables, deadline=_deadline)
