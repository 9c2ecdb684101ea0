"""Battery swaps (functional block S, 2.1): who may swap, what goes in and comes out of the slots, and what the CSMS hears of it.

The first EVSEs of the station are its slots, as many as `swap_slots` says. One swap is under way at a time: batteries go in and as many
come out, in either order (S03, remark); a set of several goes in before the first comes out. What an operator puts in or takes out while
nobody swaps is no swap, and is not told. How far the batteries are is an input; what is told of their charging is in
`battery_swap_charging`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from pilotwire.domain.authorization import AuthorizationVerdict
from pilotwire.domain.battery_swap import (
    Battery,
    BatterySwapEvent,
    BatterySwapped,
    BatterySwapStatus,
    RequestBatterySwap,
    RequestBatterySwapOutcome,
)
from pilotwire.domain.device_model import DataType
from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging import Reason
from pilotwire.station.core import authorization, availability, battery_swap_charging, master_pass
from pilotwire.station.core.actions import Show
from pilotwire.station.core.battery_swap_charging import ID_TOKEN, MAX_SOC
from pilotwire.station.core.battery_swap_memory import BatterySwapMemory, Swap
from pilotwire.station.core.battery_swap_slots import slots
from pilotwire.station.core.inputs import OfStreet
from pilotwire.station.core.settings import SLOT_POINT, Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street, answered
from pilotwire.station.core.variable_table import Declared, fixed, name_of, number
from pilotwire.station.hardware.ports import StationLayout

TARGET: Final = "BatterySwapCtrlr.TargetSoc"
TIME_IN: Final = "BatterySwapCtrlr.Timeout[In]"
TIME_OUT: Final = "BatterySwapCtrlr.Timeout[Out]"
_LONGEST_SERIAL: Final = 50
_FULL: Final = Decimal(100)


@dataclass(frozen=True, slots=True)
class SwapWanted(OfStreet):
    """A driver wants to swap, and presents a token at the station (S01)."""

    id_token: IdToken


@dataclass(frozen=True, slots=True)
class BatteryInserted(OfStreet):
    """A battery was put into its slot."""

    battery: Battery


@dataclass(frozen=True, slots=True)
class BatteryRemoved(OfStreet):
    """The battery in a slot was taken."""

    evse_id: int


@dataclass(frozen=True, slots=True)
class BatteryMeasured(OfStreet):
    """The state of charge of the battery in a slot, in percent."""

    evse_id: int
    soc: Decimal


@dataclass(slots=True)
class _Asking:
    """Whether somebody's token is being asked about."""

    now: bool = False


# --- slots ----------------------------------------------------------------------------------------------------------


def _in_service(station: Station, slot: int) -> bool:
    evse = station.evses[slot]
    connectors = evse.connectors
    works = any(availability.operative(station, evse, connector) for connector in connectors)
    return works and not availability.blocked(station, evse)


def _charged(station: Station) -> list[Battery]:
    """The batteries that may be given away, the fullest first (S04.FR.05)."""
    target = station.variables.number(TARGET)
    known = station.kept(BatterySwapMemory).batteries
    fit = [each for each in known if each.soc >= target and each.evse_id in slots(station)]
    return sorted((each for each in fit if _in_service(station, each.evse_id)), key=lambda each: -each.soc)


def _refusal(station: Station) -> Reason | None:
    """Why no swap can begin now; None: it can."""
    memory = station.kept(BatterySwapMemory)
    if not slots(station):
        return Reason(code="UnsupportedRequest", info="This station has no slots for batteries.")
    if memory.swap is not None:
        return Reason(code="InvalidMessageSeq", info="Another swap is under way.")
    if not _charged(station):
        return Reason(code="NoBatteryAvailable", info="No battery is charged.")
    if all(memory.battery(slot) is not None or not _in_service(station, slot) for slot in slots(station)):
        return Reason(code="Unspecified", info="No slot is empty.")
    return None


# --- a swap begins --------------------------------------------------------------------------------------------------


def request(station: Station, command: RequestBatterySwap) -> RequestBatterySwapOutcome:
    """The CSMS starts one for a token that it has authorized (S02.FR.01, S02.FR.04)."""
    refusal = _refusal(station)
    if refusal is not None:
        return RequestBatterySwapOutcome(status=BatterySwapStatus.REJECTED, reason=refusal)
    _begin(station, command.request_id, command.id_token)
    return RequestBatterySwapOutcome(status=BatterySwapStatus.ACCEPTED)


def wanted(station: Station, event: SwapWanted) -> None:
    """A driver is asked about as for charging (S01, C01), if there is a battery to be had (S03.FR.05)."""
    asking = station.moment(_Asking)
    if asking.now:
        return
    if (refusal := _refusal(station)) is not None:
        station.do(Show(None, refusal.info or refusal.code))
        return
    asking.now = True

    def judged(verdict: AuthorizationVerdict) -> None:
        asking.now = False
        _judged(station, event.id_token, verdict)

    authorization.judge(station, event.id_token, judged)


def _judged(station: Station, id_token: IdToken, verdict: AuthorizationVerdict) -> None:
    refusal = _refusal(station)
    if not verdict.accepted or master_pass.is_master(station, verdict):
        station.do(Show(None, verdict.message or "Card not accepted for a swap."))
    elif refusal is not None:
        station.do(Show(None, refusal.info or refusal.code))
    else:
        memory = station.kept(BatterySwapMemory)
        station.remember(changed(memory, next_request_id=memory.next_request_id + 1))
        _begin(station, memory.next_request_id, id_token)


def _begin(station: Station, request_id: int, id_token: IdToken) -> None:
    """Show where the old battery goes (S01.FR.01)."""
    memory = station.kept(BatterySwapMemory)
    swap = Swap(request_id=request_id, id_token=id_token, until=station.timeout_of(TIME_IN))
    station.remember(changed(memory, swap=swap))
    free = [slot for slot in slots(station) if memory.battery(slot) is None and _in_service(station, slot)]
    station.do(Show(free[0], "Accepted. Put your battery in here."))


# --- in and out -----------------------------------------------------------------------------------------------------


def inserted(station: Station, event: BatteryInserted) -> None:
    """Tell of it if somebody swaps (S03.FR.01), and offer a charged one for it."""
    battery, memory = event.battery, station.kept(BatterySwapMemory)
    trouble = _what_is_wrong(station, battery)
    if trouble is not None:
        station.note(f"A battery was not taken into account: {trouble}.")
        return
    batteries = (*memory.batteries, battery)
    station.remember(changed(memory, batteries=tuple(sorted(batteries, key=lambda each: each.evse_id))))
    if memory.swap is None:
        station.note(f"Battery {battery.serial_number} was put into slot {battery.evse_id} while nobody swaps.")
        return
    _tell(station, memory.swap, BatterySwapEvent.BATTERY_IN, (battery,))
    swap = changed(memory.swap, went_in=(*memory.swap.went_in, battery.evse_id), until=station.timeout_of(TIME_OUT))
    _go_on(station, _with_offer(station, swap))


def _what_is_wrong(station: Station, battery: Battery) -> str | None:
    if battery.evse_id not in slots(station):
        return f"EVSE {battery.evse_id} is no slot for batteries"
    if station.kept(BatterySwapMemory).battery(battery.evse_id) is not None:
        return f"slot {battery.evse_id} is not empty"
    if not 0 < len(battery.serial_number) <= _LONGEST_SERIAL:
        return f"a serial number has 1 to {_LONGEST_SERIAL} characters"
    if not (_is_percentage(battery.soc) and _is_percentage(battery.soh)):
        return f"states of {battery.soc} and {battery.soh} are no percentages"
    return None


def _is_percentage(value: Decimal) -> bool:
    return value.is_finite() and 0 <= value <= _FULL


def _with_offer(station: Station, swap: Swap) -> Swap:
    """One more battery for the one that went in, unless one came out for it already; never one the driver brought."""
    if len(swap.came_out) + len(swap.offered) >= len(swap.went_in):
        return swap
    brought = {*swap.went_in, *swap.offered}
    choice = next((each.evse_id for each in _charged(station) if each.evse_id not in brought), None)
    if choice is None:
        station.do(Show(None, "No further battery is charged."))
        return swap
    station.do(Show(choice, "Take this battery."))
    return changed(swap, offered=(*swap.offered, choice))


def removed(station: Station, event: BatteryRemoved) -> None:
    """Tell of it if somebody swaps (S03.FR.03)."""
    memory = station.kept(BatterySwapMemory)
    battery = memory.battery(event.evse_id)
    if battery is None:
        station.note(f"No battery is known to be in slot {event.evse_id}: nothing can have been taken from there.")
        return
    station.remember(changed(memory, batteries=memory.without(event.evse_id)))
    if memory.swap is None:
        station.note(f"Battery {battery.serial_number} was taken from slot {event.evse_id} while nobody swaps.")
        return
    swap = memory.swap
    _tell(station, swap, BatterySwapEvent.BATTERY_OUT, (battery,))
    left = tuple(slot for slot in swap.offered if slot != event.evse_id)
    if left == swap.offered:
        left = left[:-1]  # another one than was offered: there is one less to be had
    _go_on(station, changed(swap, came_out=(*swap.came_out, event.evse_id), offered=left))


def _go_on(station: Station, swap: Swap) -> None:
    """A swap is over when as many came out as went in."""
    is_over = len(swap.went_in) == len(swap.came_out)
    station.remember(changed(station.kept(BatterySwapMemory), swap=None if is_over else swap))


def measured(station: Station, event: BatteryMeasured) -> None:
    """A battery is charged so far."""
    memory = station.kept(BatterySwapMemory)
    battery = memory.battery(event.evse_id)
    if battery is None or not _is_percentage(event.soc):
        station.note(f"A state of charge of {event.soc} % in slot {event.evse_id} cannot be: it was not taken.")
        return
    now = changed(battery, soc=event.soc)
    batteries = sorted((*memory.without(event.evse_id), now), key=lambda each: each.evse_id)
    station.remember(changed(memory, batteries=tuple(batteries)))


def _tell(station: Station, swap: Swap, event: BatterySwapEvent, batteries: tuple[Battery, ...]) -> None:
    """In its turn, after what waits: it is what the driver pays for, so it is kept until the CSMS has it."""
    told = BatterySwapped(event=event, request_id=swap.request_id, id_token=swap.id_token, batteries=batteries)
    station.keep(told)


# --- by itself ------------------------------------------------------------------------------------------------------


def _deadline(station: Station) -> datetime | None:
    swap = station.kept(BatterySwapMemory).swap
    return None if swap is None else swap.until


def _due(station: Station) -> None:
    """The driver took too long: to bring a battery (S01.FR.02, S02.FR.05), or to take the one offered (S03.FR.06)."""
    memory = station.kept(BatterySwapMemory)
    swap = memory.swap
    if swap is None or swap.until is None or swap.until > station.now:
        return
    left = tuple(each for each in memory.batteries if each.evse_id in swap.offered)
    if left:
        _tell(station, swap, BatterySwapEvent.BATTERY_OUT_TIMEOUT, left)
    station.remember(changed(memory, swap=None))
    station.do(Show(None, "The swap has ended: it took too long."))
    went, came = len(swap.went_in), len(swap.came_out)
    station.note(f"Swap {swap.request_id} ended by its timeout: {went} batteries went in, {came} came out.")


def _follow(station: Station) -> None:
    """A slot is Occupied as long as its battery has yet to be charged (S03.FR.02, S03.FR.04; 2.1 2.20.1)."""
    for slot in slots(station):
        battery = station.kept(BatterySwapMemory).battery(slot)
        station.evses[slot].battery_low = battery is not None and battery.soc < station.variables.number(TARGET)
    battery_swap_charging.follow(station)


def _is_possible_target(station: Station, value: str) -> bool:
    return int(value) <= station.variables.number(MAX_SOC)


def _is_possible_most(station: Station, value: str) -> bool:
    """No less than what a battery needs to be swapped (S04.FR.10)."""
    return int(value) >= station.variables.number(TARGET)


def _is_possible_point(station: Station, value: str) -> bool:
    """A transaction of a slot is from the battery's coming to its going (S04.FR.08, S04.FR.09)."""
    return not slots(station) or value == SLOT_POINT


# --- the street -----------------------------------------------------------------------------------------------------


def _variables(family: Family, _layout: StationLayout) -> Iterator[Declared]:
    if family is Family.OCPP16:
        return
    yield fixed("BatterySwapCtrlr.Available", "false", DataType.BOOLEAN)
    yield number(TARGET, 80, high=100, unit="Percent")
    yield number(MAX_SOC, 100, high=100, unit="Percent")
    yield Declared(name_of(ID_TOKEN), DataType.STRING, "", high=36)
    yield number(TIME_IN, 60, unit="s")
    yield number(TIME_OUT, 60, unit="s")


STREET = Street(
    "battery_swap",
    commands={RequestBatterySwap: answered(request)},
    events={SwapWanted: wanted, BatteryInserted: inserted, BatteryRemoved: removed, BatteryMeasured: measured},
    variables=_variables,
    checks={
        TARGET: _is_possible_target,
        MAX_SOC: _is_possible_most,
        "TxCtrlr.TxStartPoint": _is_possible_point,
        "TxCtrlr.TxStopPoint": _is_possible_point,
    },
    live={("batteryswapctrlr", "available"): lambda station, _: "true" if slots(station) else "false"},
    deadline=_deadline,
    due=_due,
    follow=_follow,
)
