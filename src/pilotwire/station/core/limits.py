"""What a transaction may use up: limits in cost, energy, time and charge (E16), and energy for a token the CSMS does not accept (E05)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from pilotwire.domain.authorization import NO_LIMIT, TransactionLimit
from pilotwire.domain.device_model import DataType
from pilotwire.domain.kinds import changed
from pilotwire.domain.transactions import StoppedReason, TriggerReason
from pilotwire.station.core import energy, transactions, transactions_unplaced
from pilotwire.station.core.evse import Evse, Running
from pilotwire.station.core.inputs import OfStreet
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street
from pilotwire.station.core.transactions import Cause
from pilotwire.station.core.variable_table import Declared, fixed, number
from pilotwire.station.hardware.ports import StationLayout

_MAX_ENERGY_ON_INVALID_ID = "TxCtrlr.MaxEnergyOnInvalidId"
_LOOK = timedelta(seconds=1)
"""How often a transaction with a limit on what flows is looked at: its power may change at any time."""

_FIELDS = {
    "max_cost": (TriggerReason.COST_LIMIT_REACHED, StoppedReason.LOCAL_OUT_OF_CREDIT),
    "max_energy": (TriggerReason.ENERGY_LIMIT_REACHED, StoppedReason.ENERGY_LIMIT_REACHED),
    "max_time": (TriggerReason.TIME_LIMIT_REACHED, StoppedReason.TIME_LIMIT_REACHED),
    "max_soc": (TriggerReason.SOC_LIMIT_REACHED, StoppedReason.SOC_LIMIT_REACHED),
}
_REASONS = dict(_FIELDS.values())
_WORDS = {"max_cost": "maxCost", "max_energy": "maxEnergy", "max_time": "maxTime", "max_soc": "maxSoC"}
_SUPPORTED = "TxCtrlr.SupportedLimits"


@dataclass(frozen=True, slots=True)
class DriverLimit(OfStreet):
    """The driver chose at the station how much the transaction of an EVSE may use up; what is None is left as it is."""

    evse_id: int
    limit: TransactionLimit


# --- set ------------------------------------------------------------------------------------------------------------


def set_by_csms(station: Station, evse: Evse, limit: TransactionLimit) -> None:
    """The CSMS has the last word (E16.FR.07); what is supported of it is confirmed (E16.FR.03, E16.FR.13)."""
    tx = evse.tx
    given = _supported(station, limit)
    if tx is None or not given:
        return
    tx.csms_limit = changed(tx.csms_limit, **given)
    _confirm(station, evse, changed(tx.limit, **given))


def set_unplaced(station: Station, limit: TransactionLimit) -> None:
    """As `set_by_csms`, of the transaction whose driver has yet to choose an EVSE."""
    tx, given = station.unplaced_tx, _supported(station, limit)
    if tx is not None and given:
        tx.csms_limit, tx.limit = changed(tx.csms_limit, **given), changed(tx.limit, **given)
        transactions_unplaced.tell(station, TriggerReason.LIMIT_SET, limit=tx.limit)


def set_by_driver(station: Station, event: DriverLimit) -> None:
    """A limit of the driver's own is told (E16.FR.01), and is never above one of the CSMS (E16.FR.04)."""
    evse = station.evses.get(event.evse_id)
    if evse is None or evse.tx is None:
        station.note(f"A limit was chosen for EVSE {event.evse_id}, where no transaction runs.")
        return
    chosen = _within(evse.tx.csms_limit, _supported(station, event.limit))
    if chosen:
        _confirm(station, evse, changed(evse.tx.limit, **chosen))


def supported(station: Station, evse: Evse | None, limit: TransactionLimit) -> TransactionLimit:
    """What of a driver's limit a transaction to come at an EVSE can have (E16.FR.04, E16.FR.13)."""
    of_csms = evse.tx.csms_limit if evse is not None and evse.tx is not None else NO_LIMIT
    return TransactionLimit(**_within(of_csms, _supported(station, limit)))  # type: ignore[arg-type]


def _within(of_csms: TransactionLimit, wanted: dict[str, Decimal | int]) -> dict[str, Decimal | int]:
    """What the driver wants, but no more than the CSMS allows."""
    allowed = {name: getattr(of_csms, name) for name in wanted}
    return {
        name: most if (most := allowed[name]) is not None and most < value else value for name, value in wanted.items()
    }


def _supported(station: Station, limit: TransactionLimit) -> dict[str, Decimal | int]:
    known = station.variables.members(_SUPPORTED)
    values = {name: getattr(limit, name) for name in _FIELDS if _WORDS[name] in known}
    return {name: value for name, value in values.items() if value is not None}


def _confirm(station: Station, evse: Evse, limit: TransactionLimit) -> None:
    assert evse.tx is not None
    evse.tx.limit = limit
    transactions.tell(station, evse, TriggerReason.LIMIT_SET, limit=limit)
    check(station, evse)


def costs(station: Station, evse: Evse, total: Decimal) -> None:
    """What the transaction costs so far (E16.FR.15)."""
    if evse.tx is not None:
        evse.tx.cost = total
        check(station, evse)


# --- reached --------------------------------------------------------------------------------------------------------


def check(station: Station, evse: Evse) -> None:
    """Suspend or end what has used up its limit, and go on with what may use more again (E16.FR.05, E16.FR.06, E16.FR.10, E16.FR.14)."""
    tx = evse.tx
    if tx is None:
        return
    if (
        tx.invalid
        and not evse.withheld
        and _used(station, evse, tx) >= station.variables.number(_MAX_ENERGY_ON_INVALID_ID)
    ):
        evse.withheld = True  # E05.FR.02
        reason = StoppedReason.DEAUTHORIZED
        transactions.settle(station, evse, Cause(TriggerReason.CHARGING_STATE_CHANGED, reason, tell=False))
    if evse.tx is not None and tx.limit != NO_LIMIT:
        _compare(station, evse, tx)
    energy.power(station, evse)


def _compare(station: Station, evse: Evse, tx: Running) -> None:
    reached = _reached(station, evse, tx)
    before, tx.reached = tx.reached, reached
    if reached is None or before is not None:
        return
    cause = Cause(reached, _REASONS[reached])
    if "EnergyTransfer" in station.variables.members("TxCtrlr.TxStopPoint"):
        transactions.end(station, evse, cause)
    else:
        transactions.settle(station, evse, cause)


def _reached(station: Station, evse: Evse, tx: Running) -> TriggerReason | None:
    limit = tx.limit
    soc = station.meter(evse.evse_id).soc_percent if limit.max_soc is not None else None
    actual: dict[str, Decimal | int | None] = {
        "max_cost": tx.cost,
        "max_energy": _used(station, evse, tx),
        "max_time": int((station.stamp() - tx.started_at).total_seconds()),  # E16.FR.09
        "max_soc": soc,
    }
    for name, (trigger, _) in _FIELDS.items():
        most, now = getattr(limit, name), actual[name]
        if most is not None and now is not None and now >= most:
            return trigger
    return None


def _used(station: Station, evse: Evse, tx: Running) -> Decimal:
    return station.meter(evse.evse_id).energy_import_register - tx.meter_start


# --- the street -----------------------------------------------------------------------------------------------------


def _deadline(station: Station) -> datetime | None:
    return min((at for evse in station.evses.values() if (at := _next_look(station, evse))), default=None)


def _next_look(station: Station, evse: Evse) -> datetime | None:
    tx = evse.tx
    if tx is None or (tx.limit == NO_LIMIT and (not tx.invalid or evse.withheld)):
        return None
    looks: list[datetime] = []
    if tx.limit.max_time is not None and tx.reached is None:
        looks.append(tx.started_at - station.offset + timedelta(seconds=tx.limit.max_time))
    if evse.contactor and evse.wants_power:
        looks.append(station.now + _LOOK)
    return max(min(looks), station.now + _LOOK) if looks else None


def _follow(station: Station) -> None:
    for evse in station.evses.values():
        if evse.tx is not None and (evse.tx.limit != NO_LIMIT or (evse.tx.invalid and not evse.withheld)):
            check(station, evse)


def _variables(family: Family, _layout: StationLayout) -> tuple[Declared, ...]:
    known = ("maxCost", "maxEnergy", "maxTime", "maxSoC")
    supported = "" if family is Family.OCPP16 else ",".join(known)
    return (
        number(_MAX_ENERGY_ON_INVALID_ID, 0, unit="Wh"),
        fixed(_SUPPORTED, supported, DataType.MEMBER_LIST, known),
    )


STREET = Street(
    "limits",
    events={DriverLimit: set_by_driver},
    variables=_variables,
    deadline=_deadline,
    follow=_follow,
)
