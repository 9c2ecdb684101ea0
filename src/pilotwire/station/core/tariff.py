"""Tariffs of 2.1 at the station: default tariffs are installed, told and cleared (I07, I09, I10), one is changed in a transaction (I11).

By them the station works out what a charge costs (`tariff_bills`), shows it, and tells it while it runs and at the end (I12).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from pilotwire.domain.device_model import DataType
from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging import Reason
from pilotwire.domain.tariff import (
    ChangeTransactionTariff,
    ChangeTransactionTariffOutcome,
    ClearedTariff,
    ClearTariffs,
    ClearTariffsOutcome,
    GetTariffs,
    GetTariffsOutcome,
    SetDefaultTariff,
    SetDefaultTariffOutcome,
    TariffAssignment,
    TariffChangeStatus,
    TariffKind,
    TariffSetStatus,
    TariffStatus,
)
from pilotwire.domain.transactions import StoppedReason, TriggerReason
from pilotwire.station.core import limits, reservation, tariff_bills, transactions, transactions_unplaced
from pilotwire.station.core.actions import Answer, RefuseCommand, Show
from pilotwire.station.core.inputs import OfStreet
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street
from pilotwire.station.core.tariff_bills import RUNNING_COST, TARIFF_INTERVAL
from pilotwire.station.core.tariff_memory import InstalledTariff, TariffMemory
from pilotwire.station.core.tariff_rules import (
    CONDITIONS,
    HANDLE_FAILED,
    HANDLINGS,
    MOST_ELEMENTS,
    PROBLEM,
    TARIFF_ENABLED,
    has_problem,
    refusal,
    why_not,
    works_out,
)
from pilotwire.station.core.transactions import Cause
from pilotwire.station.core.variable_table import Declared, fixed, name_of, number, switch
from pilotwire.station.hardware.ports import StationLayout

COST_INTERVAL: Final = "TariffCostCtrlr.Interval[Cost]"
NOT_ACCEPTED: Final = "You did not accept the price. Nothing more is charged."
_Set = TariffSetStatus
_Change = TariffChangeStatus
_UNKNOWN_EVSE: Final = Reason(code="UnknownEvse")


@dataclass(frozen=True, slots=True)
class TariffRefused(OfStreet):
    """The driver at an EVSE, or who was authorized at the station (None), does not accept the tariff they read (I07, I08)."""

    evse_id: int | None = None


@dataclass(slots=True)
class _Told:
    """When running costs were last told, by transaction."""

    at: dict[str, datetime] = field(default_factory=dict)


# --- set ------------------------------------------------------------------------------------------------------------


def set_default(station: Station, command: SetDefaultTariff) -> SetDefaultTariffOutcome:
    """Install a tariff at an EVSE, or at each of them (I07)."""
    tariff, memory = command.tariff, station.kept(TariffMemory)
    if command.evse_id and command.evse_id not in station.evses:
        return SetDefaultTariffOutcome(status=_Set.REJECTED, reason=_UNKNOWN_EVSE)  # I07.FR.06
    refused = refusal(station, tariff)
    if refused is not None:
        return SetDefaultTariffOutcome(status=refused, reason=why_not(tariff))
    if tariff.tariff_id in {one.tariff.tariff_id for one in memory.installed}:
        return SetDefaultTariffOutcome(status=_Set.DUPLICATE_TARIFF_ID)  # I07.FR.04
    places = [command.evse_id] if command.evse_id else list(station.evses)
    since = tariff.valid_from or station.now + station.offset
    news = tuple(InstalledTariff(evse_id=place, tariff=tariff, since=since) for place in places)
    station.remember(changed(memory, installed=(*memory.installed, *news)))
    _give_way(station)
    return SetDefaultTariffOutcome(status=_Set.ACCEPTED)


def _give_way(station: Station) -> None:
    """Of the tariffs of an EVSE that count by now the last one stays (I07.FR.20 to I07.FR.22); those to come wait (I07.FR.23)."""
    memory, now = station.kept(TariffMemory), station.now + station.offset
    left: list[InstalledTariff] = []
    for one in sorted(memory.installed, key=lambda each: each.since):
        if one.since <= now:
            left = [other for other in left if other.evse_id != one.evse_id]
        left.append(one)
    if len(left) != len(memory.installed) or tuple(left) != memory.installed:
        station.remember(changed(memory, installed=tuple(left)))


# --- get, clear -----------------------------------------------------------------------------------------------------


def get(station: Station, command: GetTariffs) -> GetTariffsOutcome:
    """Tell which tariffs are installed where (I09)."""
    if command.evse_id and command.evse_id not in station.evses:
        return GetTariffsOutcome(status=TariffStatus.REJECTED, reason=_UNKNOWN_EVSE)
    found: dict[str, list[InstalledTariff]] = {}
    for one in station.kept(TariffMemory).installed:
        if command.evse_id in (0, one.evse_id):
            found.setdefault(one.tariff.tariff_id, []).append(one)
    drivers = [one for one in tariff_bills.of_drivers(station) if command.evse_id in (0, one.evse_id)]
    if not found and not drivers:
        return GetTariffsOutcome(status=TariffStatus.NO_TARIFF)  # I09.FR.03
    defaults = tuple(
        TariffAssignment(
            tariff_id=tariff_id,
            tariff_kind=TariffKind.DEFAULT_TARIFF,
            valid_from=places[0].tariff.valid_from,
            evse_ids=tuple(sorted(one.evse_id for one in places)),
        )
        for tariff_id, places in found.items()
    )
    own = tuple(
        TariffAssignment(
            tariff_id=one.tariff_id,
            tariff_kind=TariffKind.DRIVER_TARIFF,
            evse_ids=(one.evse_id,),
            id_tokens=(one.id_token,),
        )
        for one in drivers
    )
    return GetTariffsOutcome(status=TariffStatus.ACCEPTED, assignments=(*defaults, *own))


def clear(station: Station, command: ClearTariffs) -> ClearTariffsOutcome:
    """Remove the tariffs that match; a transaction that goes by one of them goes on with it (I10.FR.07)."""
    memory = station.kept(TariffMemory)
    gone = [
        one
        for one in memory.installed
        if (not command.tariff_ids or one.tariff.tariff_id in command.tariff_ids)
        and command.evse_id in (None, 0, one.evse_id)
    ]
    drivers = [
        one
        for one in tariff_bills.of_drivers(station)
        if (not command.tariff_ids or one.tariff_id in command.tariff_ids) and command.evse_id in (None, 0, one.evse_id)
    ]
    if not gone and not drivers:
        return ClearTariffsOutcome(results=(ClearedTariff(status=TariffStatus.NO_TARIFF),))  # I10.FR.06
    station.remember(changed(memory, installed=tuple(one for one in memory.installed if one not in gone)))
    for driver in drivers:
        tariff_bills.forget_driver(station, station.evses[driver.evse_id])
    ids = dict.fromkeys([*(one.tariff.tariff_id for one in gone), *(one.tariff_id for one in drivers)])
    return ClearTariffsOutcome(results=tuple(ClearedTariff(status=TariffStatus.ACCEPTED, tariff_id=one) for one in ids))


# --- change ---------------------------------------------------------------------------------------------------------


def _change(station: Station, ref: Hashable, command: ChangeTransactionTariff) -> None:
    """I11: answered before the event that tells of it."""
    evse = station.evse_of_transaction(command.transaction_id)
    refused = refusal(station, command.tariff)
    status, why = _Change.ACCEPTED, None
    if refused is not None and refused is not _Set.REJECTED:
        status = TariffChangeStatus(refused.value)
    elif evse is None or evse.tx is None:
        status = _Change.TX_NOT_FOUND  # I11.FR.04
    elif refused is not None:
        status, why = _Change.REJECTED, why_not(command.tariff)
    elif (bill := tariff_bills.bill_of(station, evse)) and bill.tariff.currency != command.tariff.currency:
        status = _Change.NO_CURRENCY_CHANGE  # I11.FR.05
    station.do(Answer(ref, ChangeTransactionTariffOutcome(status=status, reason=why)))
    if status is _Change.ACCEPTED and evse is not None and evse.tx is not None:
        tariff_bills.change(station, evse, evse.tx, command.tariff)
        transactions.tell(station, evse, TriggerReason.TARIFF_CHANGED)  # I11.FR.07


# --- refused by the driver ------------------------------------------------------------------------------------------


def _refused(station: Station, event: TariffRefused) -> None:
    """Whoever does not accept the tariff is not authorized any more (I07.FR.30, I07.FR.31, I08.FR.20, I08.FR.21)."""
    evse = station.evses.get(event.evse_id) if event.evse_id is not None else None
    if event.evse_id is None and station.unplaced is not None:
        transactions_unplaced.end(station, TriggerReason.TARIFF_NOT_ACCEPTED, StoppedReason.LOCAL)
        station.do(Show(None, NOT_ACCEPTED))
    elif evse is not None and evse.grant is not None:
        given = evse.grant
        station.do(Show(evse.evse_id, NOT_ACCEPTED))
        transactions.revoke(station, evse, Cause(TriggerReason.TARIFF_NOT_ACCEPTED))
        reservation.given_up(station, given)
    else:
        station.note("A tariff was not accepted where nobody is authorized.")


# --- as time passes -------------------------------------------------------------------------------------------------


def _follow(station: Station) -> None:
    memory, told = station.kept(TariffMemory), station.moment(_Told).at
    if not memory.installed and not memory.bills and not told:
        return
    _give_way(station)
    for evse in station.evses.values():
        if evse.tx is None or (cost := tariff_bills.carry_on(station, evse)) is None:
            continue
        if cost != evse.tx.cost:
            limits.costs(station, evse, cost)
    running = {
        evse.tx.transaction_id for evse in station.evses.values() if tariff_bills.bill_of(station, evse) and evse.tx
    }
    for gone in told.keys() - running:
        del told[gone]
    for new in running - told.keys():
        told[new] = station.now


def _due(station: Station) -> None:
    """Running costs in events of their own (I12.FR.02, I12.FR.03)."""
    if not station.variables.has(RUNNING_COST) or not station.variables.on(RUNNING_COST):
        return
    told, interval = station.moment(_Told).at, timedelta(seconds=station.variables.number(COST_INTERVAL))
    for evse in station.evses.values():
        if evse.tx is not None and (last := told.get(evse.tx.transaction_id)) and last + interval <= station.now:
            told[evse.tx.transaction_id] = station.now
            transactions.tell(station, evse, TriggerReason.RUNNING_COST)


def _deadline(station: Station) -> datetime | None:
    memory = station.kept(TariffMemory)
    if not memory.installed and not memory.bills:
        return None
    moments = [one.since - station.offset for one in memory.installed if one.since > station.now + station.offset]
    bills = tariff_bills.deadline(station)
    moments += [] if bills is None else [bills]
    if station.variables.on(RUNNING_COST):
        interval = timedelta(seconds=station.variables.number(COST_INTERVAL))
        moments += [last + interval for last in station.moment(_Told).at.values()]
    return min(moments, default=None)


# --- the street -----------------------------------------------------------------------------------------------------


def _only_if_enabled(decide: Any, enabled: Any) -> Any:
    """A handler that refuses where there are no tariffs, or no costs worked out here (I07.FR.01, I11.FR.01)."""

    def handle(station: Station, ref: Hashable, command: Any) -> None:
        if enabled(station):
            decide(station, ref, command)
        else:
            station.do(RefuseCommand(ref, "NotSupported", "Tariffs are not enabled at this station."))

    return handle


def _answer(decide: Any) -> Any:
    return lambda station, ref, command: station.do(Answer(ref, decide(station, command)))


def _has_tariffs(station: Station) -> bool:
    return station.variables.has(TARIFF_ENABLED) and station.variables.on(TARIFF_ENABLED)


def _variables(family: Family, _layout: StationLayout) -> Iterable[Declared]:
    """1.6 has no tariffs."""
    if family is Family.OCPP16:
        return ()
    return (
        switch(RUNNING_COST, False),
        number(COST_INTERVAL, 60, low=1, unit="s"),
        number(TARIFF_INTERVAL, 60, unit="s"),
        fixed(MOST_ELEMENTS, "50"),
        fixed(CONDITIONS, "true", DataType.BOOLEAN),
        Declared(name_of(HANDLE_FAILED), DataType.OPTION_LIST, "UseDefaultTariff", values=HANDLINGS),
        fixed(PROBLEM, "false", DataType.BOOLEAN),
    )


STREET = Street(
    "tariff",
    commands={
        SetDefaultTariff: _only_if_enabled(_answer(set_default), _has_tariffs),
        GetTariffs: _only_if_enabled(_answer(get), _has_tariffs),
        ClearTariffs: _only_if_enabled(_answer(clear), _has_tariffs),
        ChangeTransactionTariff: _only_if_enabled(_change, works_out),
    },
    events={TariffRefused: _refused},
    variables=_variables,
    live={("tariffcostctrlr", "problem"): lambda station, _: str(has_problem(station)).lower()},
    started=tariff_bills.tidy,
    deadline=_deadline,
    due=_due,
    follow=_follow,
)
"""It comes before `cost`, which shows what a bill comes to."""
