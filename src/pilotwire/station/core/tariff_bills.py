"""The bill of each transaction that has a tariff (I12): begun with its driver, carried on, told in its events, closed with it.

It is all the station's own: where the CSMS works out what a charge costs there is no tariff here, and no bill.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import changed
from pilotwire.domain.metering import MeterReading, register_of
from pilotwire.domain.tariff import EvseKind, Tariff
from pilotwire.domain.tariff.bills import Bill, CostDetails, begun, carried_on, changed_to, details, total
from pilotwire.domain.tariff.conditions import FixedFacts, Moment, next_change
from pilotwire.domain.transactions import ChargingState, EventKind, TriggerReason
from pilotwire.station.core import availability, device_model_clock
from pilotwire.station.core.evse import Evse, Running
from pilotwire.station.core.payment_memory import PaymentMemory
from pilotwire.station.core.station import Station
from pilotwire.station.core.tariff_memory import KeptBill, TariffMemory
from pilotwire.station.core.tariff_rules import refusal, tell_problem, works_out
from pilotwire.station.hardware.ports import ErrorCode

RUNNING_COST: Final = "TariffCostCtrlr.Enabled[RunningCost]"
TARIFF_INTERVAL: Final = "TariffCostCtrlr.Interval[Tariff]"
METER_FAILED: Final = "The meter failed during the transaction."
"""Why a cost may not be all there is (I12.FR.14)."""
_TOLD_WITH: Final = frozenset({TriggerReason.RUNNING_COST})
_METER_FAILURE: Final = availability.NAMES[ErrorCode.POWER_METER_FAILURE]


@dataclass(slots=True)
class _Books:
    """What transactions cost that have just ended, by EVSE: the total and its currency. `opened`: bills were looked at since the start."""

    totals: dict[int, tuple[Decimal, str]] = field(default_factory=dict)
    opened: bool = False


def bill_of(station: Station, evse: Evse) -> Bill | None:
    """The bill of the transaction of an EVSE, if it has one."""
    kept = _kept(station, evse.tx) if evse.tx is not None else None
    return kept.bill if kept is not None else None


def default_of(station: Station, evse: Evse) -> Tariff | None:
    """The tariff installed at an EVSE that counts now (I07.FR.19)."""
    now = station.now + station.offset
    found = [one for one in station.kept(TariffMemory).installed if one.evse_id == evse.evse_id and one.since <= now]
    return found[-1].tariff if found else None


def _kept(station: Station, tx: Running) -> KeptBill | None:
    _open(station)
    return station.kept(TariffMemory).bills.get(tx.transaction_id)


def _open(station: Station) -> None:
    """The first look since a start: while the station was off no energy flowed, whatever did before."""
    books, memory = station.moment(_Books), station.kept(TariffMemory)
    if not books.opened and memory.bills:
        bills = {one: changed(kept, bill=changed(kept.bill, charging=False)) for one, kept in memory.bills.items()}
        station.remember(changed(memory, bills=bills))
    books.opened = True


def _keep(station: Station, tx: Running, kept: KeptBill | None) -> None:
    memory = station.kept(TariffMemory)
    others = {one: bill for one, bill in memory.bills.items() if one != tx.transaction_id}
    bills = others if kept is None else {**others, tx.transaction_id: kept}
    station.remember(changed(memory, bills=bills))


def moment_of(station: Station, evse: Evse, register: Decimal | None = None) -> Moment:
    """How things are at an EVSE now."""
    meter = station.meter(evse.evse_id)
    at = station.now + station.offset
    return Moment(
        at=at,
        local=device_model_clock.local_time(station, at),
        register=Decimal(meter.energy_import_register) if register is None else register,
        charging=evse.charging_state is ChargingState.CHARGING,
        power=meter.power_w,
        current=sum(meter.current_a, Decimal(0)),
        evse_kind=EvseKind.DC if evse.layout.dc else EvseKind.AC,
    )


# --- in events ------------------------------------------------------------------------------------------------------


def told(
    station: Station, evse: Evse, kind: EventKind, trigger: TriggerReason, readings: tuple[MeterReading, ...]
) -> tuple[str | None, CostDetails | None]:
    """What an event that is being made tells of tariff and cost: the tariff's id once (I07.FR.32), the cost where it is due.

    That is at the end (I12.FR.01), and if running costs are wanted at the start and in events of their own (I12.FR.02). The bill begins
    with the first event that knows the driver.
    """
    tx = evse.tx
    if tx is None or not works_out(station):
        return None, None
    kept = _kept(station, tx) or _begin(station, evse, tx)
    if kept is None:
        return None, None
    ends = kind is EventKind.ENDED
    register = register_of(readings, last=True)
    bill = _carried_on(station, evse, kept.bill, register if ends else None)
    _keep(station, tx, None if ends else KeptBill(bill=bill, told=True, driver=kept.driver))
    if ends:
        station.moment(_Books).totals[evse.evse_id] = (total(bill, final=True), bill.tariff.currency)
        tell_problem(station, bill.failure is not None)
    running = station.variables.on(RUNNING_COST) and (kind is EventKind.STARTED or trigger in _TOLD_WITH)
    cost = details(bill, final=ends) if ends or running else None
    return None if kept.told else bill.tariff.tariff_id, cost


def _begin(station: Station, evse: Evse, tx: Running) -> KeptBill | None:
    """The bill of a transaction whose driver is known now."""
    owner = evse.grant.id_token if evse.grant is not None else tx.owner
    own = evse.grant.tariff if evse.grant is not None else None
    tariff = own or default_of(station, evse)
    if tariff is None or owner is None or (own is not None and refusal(station, own) is not None):
        return None  # with a tariff of the driver's that cannot be gone by, the CSMS works it out (I08.FR.33)
    moment = moment_of(station, evse)
    started_at = min(tx.started_at, moment.at)
    facts = _facts(station, owner)
    bill = begun(tariff, moment, started_at, tx.meter_start, facts, _reserved(station, evse, started_at))
    return KeptBill(bill=bill, driver=None if own is None else owner.value)


def _facts(station: Station, owner: IdToken) -> FixedFacts:
    """What is known of the card that is paid with: all the terminal told, or what came with a remote start."""
    told_of = {(each.type or "").casefold(): each.value for each in owner.additional}
    own = next((one for one in station.kept(PaymentMemory).under_way if one.psp_ref == owner.value), None)
    if own is not None:
        told_of |= {kind.casefold(): value for kind, value in own.details.items()}
    return FixedFacts(payment_brand=told_of.get("paymentbrand"), payment_recognition=told_of.get("paymentrecognition"))


def _reserved(station: Station, evse: Evse, started_at: datetime) -> timedelta | None:
    """How long the place was kept for the driver before (I12.FR.06, I12.FR.07); None: it was not."""
    given = evse.grant
    if given is None or given.reservation is None:
        return None
    return started_at - (given.reserved_since or started_at)


def _carried_on(station: Station, evse: Evse, bill: Bill, register: Decimal | None = None) -> Bill:
    """The bill up to now; with a meter that has failed it says so from then on (I12.FR.14)."""
    if bill.failure is None and _meter_fails(station, evse):
        bill = changed(bill, failure=METER_FAILED)
        tell_problem(station, True)
    return carried_on(bill, moment_of(station, evse, register))


def _meter_fails(station: Station, evse: Evse) -> bool:
    problems = station.condition.problems
    return any(_METER_FAILURE in problems.get(place, {}) for place in ((0, 0), (evse.evse_id, 0)))


def change(station: Station, evse: Evse, tx: Running, tariff: Tariff) -> None:
    """Let a transaction go on with another tariff (I11.FR.08); the CSMS is yet to hear of it."""
    kept, moment = _kept(station, tx), moment_of(station, evse)
    if kept is None:
        bill = begun(tariff, moment, min(tx.started_at, moment.at), moment.register, None)
    else:
        bill = changed_to(kept.bill, tariff, moment)
    _keep(station, tx, KeptBill(bill=bill))


# --- tariffs of drivers ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DriverTariff:
    """A tariff of a driver's own that is in use (I08.FR.07), and where."""

    tariff_id: str
    evse_id: int
    id_token: str


def of_drivers(station: Station) -> list[DriverTariff]:
    """The tariffs of drivers in use: of transactions, and of those who may begin one."""
    found: list[DriverTariff] = []
    for evse in station.evses.values():
        kept = _kept(station, evse.tx) if evse.tx is not None else None
        if kept is not None and kept.driver is not None:
            found.append(DriverTariff(kept.bill.tariff.tariff_id, evse.evse_id, kept.driver))
        elif kept is None and evse.grant is not None and evse.grant.tariff is not None:
            found.append(DriverTariff(evse.grant.tariff.tariff_id, evse.evse_id, evse.grant.id_token.value))
    return found


def forget_driver(station: Station, evse: Evse) -> None:
    """The tariff of a driver is cleared: a bill by it goes on (I10.FR.07), one that is yet to begin is by the default tariff."""
    if evse.grant is not None:
        evse.grant.tariff = None
    if evse.tx is not None and (kept := _kept(station, evse.tx)) is not None:
        _keep(station, evse.tx, changed(kept, driver=None))


# --- as time passes -------------------------------------------------------------------------------------------------


def carry_on(station: Station, evse: Evse) -> Decimal | None:
    """Bring the bill of an EVSE up to now, where that is due or energy begins or ceases to flow; returns what it comes to."""
    tx = evse.tx
    kept = _kept(station, tx) if tx is not None else None
    if tx is None or kept is None:
        return None
    charging = evse.charging_state is ChargingState.CHARGING
    if charging is not kept.bill.charging or _next(station, kept.bill) <= station.now:
        kept = changed(kept, bill=_carried_on(station, evse, kept.bill))
        _keep(station, tx, kept)
    cost, most = total(kept.bill, final=False), tx.limit.max_cost
    if most is not None and cost < most:
        by_now = total(carried_on(kept.bill, moment_of(station, evse)), final=False)
        return by_now if by_now >= most else cost  # a limit is not to be exceeded until the next look (E16.FR.19)
    return cost


def _next(station: Station, bill: Bill) -> datetime:
    """When a bill is to be looked at next (I12.FR.31, I12.FR.32), or when time alone changes which price counts."""
    interval = timedelta(seconds=max(station.variables.number(TARIFF_INTERVAL), 1))
    local = device_model_clock.local_time(station, bill.at)
    moment = Moment(at=bill.at, local=local, register=bill.register, charging=bill.charging)
    duration = Decimal(str((bill.at - bill.started_at).total_seconds()))
    sooner = next_change(bill.tariff, moment, bill.used, duration)
    return bill.at - station.offset + (interval if sooner is None else min(interval, sooner))


def deadline(station: Station) -> datetime | None:
    """When the next bill is to be looked at."""
    return min((_next(station, kept.bill) for kept in station.kept(TariffMemory).bills.values()), default=None)


def tidy(station: Station) -> None:
    """Drop the bills of transactions that are no more."""
    memory = station.kept(TariffMemory)
    running = {evse.tx.transaction_id for evse in station.evses.values() if evse.tx is not None}
    if not memory.bills.keys() <= running:
        bills = {one: kept for one, kept in memory.bills.items() if one in running}
        station.remember(changed(memory, bills=bills))


def so_far(bill: Bill) -> Decimal:
    """What a transaction would cost if it ended with this bill."""
    return total(bill, final=True)


def total_of(station: Station, evse: Evse) -> tuple[Decimal, str] | None:
    """What the transaction cost that has just ended here, and its currency, as long as nobody took notice."""
    return station.moment(_Books).totals.get(evse.evse_id)


def take_total(station: Station, evse: Evse) -> tuple[Decimal, str] | None:
    """What the transaction cost that has just ended here, by its bill; it is told once."""
    return station.moment(_Books).totals.pop(evse.evse_id, None)
