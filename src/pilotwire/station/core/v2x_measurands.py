"""Measurands that are told besides the usual ones while a transaction is in an operation mode (Q01.FR.33 to Q01.FR.35; 2.1 2.18.5).

They are sampled with those of SampledDataCtrlr, at its intervals: V2XChargingCtrlr has none of its own here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pilotwire.domain.smart_charging import OperationMode
from pilotwire.domain.smart_charging.setpoints import deciding
from pilotwire.station.core.charging_site import csms_time, site_of
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.station import Station
from pilotwire.station.core.v2x_settings import is_on
from pilotwire.station.core.variable_table import Declared, members

_C: Final = "V2XChargingCtrlr"
_LISTS: Final = {
    f"SampledDataCtrlr.{name}": name for name in ("TxStartedMeasurands", "TxUpdatedMeasurands", "TxEndedMeasurands")
}


def declared(known: tuple[str, ...]) -> Iterator[Declared]:
    """A list for each operation mode, as delivered without members; `known` are the measurands of the station's meters."""
    for name in _LISTS.values():
        for mode in OperationMode:
            yield members(f"{_C}.{name}[{mode}]", "", known)


def besides(station: Station, evse: Evse, variable: str) -> tuple[str, ...]:
    """The measurands that are told besides those `variable` lists, by the mode of the period that holds now at an EVSE."""
    name = _LISTS.get(variable)
    if name is None or not is_on(station):
        return ()
    told = {mode: text for mode in OperationMode if (text := station.variables.text(f"{_C}.{name}[{mode}]"))}
    if not told:
        return ()
    site = site_of(station)
    outlet = next(each for each in site.outlets if each.evse_id == evse.evse_id)
    text = told.get(deciding(site, outlet, csms_time(station)).mode, "")
    return tuple(filter(None, text.split(",")))
