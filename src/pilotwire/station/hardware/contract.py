"""What every hardware driver must do, as checks to run against one: `CHECKS`, each with a `Workbench` its author makes.

A workbench is the driver with its hardware, or an emulation of it, and the hands to act on that: all at EVSE 1, connector 1. In a test:

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    async def test_my_driver(check: Check) -> None:
        await run(check, MyWorkbench())

A workbench of hardware whose DC outlets can be worked (`DcOutput`) is a `DcWorkbench`.

A check that fails raises `ContractBroken` with a sentence.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial

from pilotwire.station.hardware.contract_dc import DC_CHECKS
from pilotwire.station.hardware.contract_trial import Check as Check
from pilotwire.station.hardware.contract_trial import ContractBroken as ContractBroken
from pilotwire.station.hardware.contract_trial import DcWorkbench as DcWorkbench
from pilotwire.station.hardware.contract_trial import Trial, demand, done, done_bool, misused
from pilotwire.station.hardware.contract_trial import Workbench as Workbench
from pilotwire.station.hardware.contract_trial import run as run
from pilotwire.station.hardware.measurands import ALWAYS
from pilotwire.station.hardware.ports import (
    AcSupply,
    CablePlugged,
    CableUnplugged,
    CardPresented,
    ErrorCode,
    FaultCleared,
    FaultRaised,
    HardwareDriver,
    HardwareError,
    HardwareEvent,
    Sleeps,
    VehicleRequestsPower,
    VehicleSuspends,
    switchable,
)

LIMIT_SECONDS = 1.0
"""A limit is in force within so many seconds."""
AT_ONCE = 0.1
"""Seconds a call may take that gives no awaitable."""
CARD = "04A2B3C4D5E6F7"


# --- plug and pilot -------------------------------------------------------------------------------------------------


async def plugs_are_told_once(trial: Trial) -> None:
    """A plug and its pulling are told, each once, and the survey agrees."""
    demand(not trial.driver.survey(), "a survey of an empty station is not empty")
    await trial.bench.plug()
    await trial.until_told(CablePlugged(1, 1))
    demand(CablePlugged(1, 1) in trial.driver.survey(), "the survey does not tell of the plug")
    await trial.bench.unplug()
    await trial.until(lambda: trial.count(CableUnplugged) > 0, "CableUnplugged")
    await trial.bench.pass_time(0.5)
    demand(trial.count(CablePlugged) == trial.count(CableUnplugged) == 1, "a plug is told more than once")
    demand(CablePlugged(1, 1) not in trial.driver.survey(), "the survey tells of a plug that was pulled")


async def the_pilot_is_told(trial: Trial) -> None:
    """State C is VehicleRequestsPower, and back to B VehicleSuspends; nothing flows without a command."""
    await trial.bench.plug()
    await trial.until_told(CablePlugged(1, 1))
    trial.driver.set_contactor(1, True)
    await trial.bench.want_energy(True)
    await trial.until_told(VehicleRequestsPower(1, 1))
    demand(VehicleRequestsPower(1, 1) in trial.driver.survey(), "the survey does not tell of state C")
    await trial.bench.want_energy(False)
    await trial.until_told(VehicleSuspends(1, 1))
    demand(VehicleRequestsPower(1, 1) not in trial.driver.survey(), "the survey tells of state C in state B")


async def cards_are_told(trial: Trial) -> None:
    """A card at a reader is told with its UID."""
    await trial.bench.present_card(CARD)
    await trial.until(lambda: trial.count(CardPresented) == 1, "CardPresented")
    (card,) = [event for event in trial.told if isinstance(event, CardPresented)]
    demand(card.id_token.upper() == CARD and card.evse_id in (1, None), "the card told is another one")


# --- contactor ------------------------------------------------------------------------------------------------------


async def nothing_flows_without_a_vehicle(trial: Trial) -> None:
    """Closing the contactor of an empty socket has no effect, and no later one either."""
    trial.driver.set_contactor(1, True)
    await trial.bench.pass_time(1.0)
    demand(not trial.bench.energy_flows(), "the contactor closes without a vehicle")
    await trial.bench.plug()
    await trial.until_told(CablePlugged(1, 1))
    await trial.bench.want_energy(True)
    await trial.bench.pass_time(1.0)
    demand(not trial.bench.energy_flows(), "a command that was refused takes effect later")


async def the_contactor_obeys(trial: Trial) -> None:
    """Energy flows after the command and state C, is counted, and ends with the command."""
    before = trial.driver.meter(1).energy_import_register
    await trial.charge()
    await trial.until(lambda: trial.driver.meter(1).power_w > 0, "power at the meter", seconds=60)
    await trial.until(
        lambda: trial.driver.meter(1).energy_import_register > before, "energy in the register", seconds=60
    )
    trial.driver.set_contactor(1, False)
    await trial.until(lambda: not trial.bench.energy_flows(), "an open contactor", seconds=LIMIT_SECONDS)
    await trial.until(lambda: trial.driver.meter(1).power_w == 0, "a meter without power")


async def unplugging_opens_the_contactor(trial: Trial) -> None:
    """The hardware opens it by itself, and the next vehicle needs a new command."""
    await trial.charge()
    await done_bool(trial.driver.set_lock(1, 1, False))
    await trial.bench.want_energy(False)
    await trial.until_told(VehicleSuspends(1, 1))
    await trial.bench.unplug()
    await trial.until(lambda: trial.count(CableUnplugged) == 1, "CableUnplugged")
    demand(not trial.bench.energy_flows(), "energy flows with the plug pulled")
    await trial.bench.plug()
    await trial.bench.want_energy(True)
    await trial.until(lambda: trial.count(CablePlugged) == 2, "the second plug")
    await trial.bench.pass_time(1.0)
    demand(not trial.bench.energy_flows(), "the next vehicle gets energy without a command")


async def a_fault_opens_the_contactor(trial: Trial) -> None:
    """Without being asked; it stays open while the fault is there and after it, until the next command."""
    await trial.charge()
    await trial.bench.ground_fault(True)
    await trial.until(lambda: not trial.bench.energy_flows(), "an open contactor after a ground fault")
    await trial.until(lambda: _fault_at_1(trial.told, FaultRaised), "FaultRaised with GROUND_FAILURE")
    demand(_fault_at_1(trial.driver.survey(), FaultRaised), "the survey does not tell of the fault")
    trial.driver.set_contactor(1, True)
    await trial.bench.pass_time(1.0)
    demand(not trial.bench.energy_flows(), "the contactor can be closed in spite of a ground fault")
    await trial.bench.ground_fault(False)
    await trial.until(lambda: _fault_at_1(trial.told, FaultCleared), "FaultCleared")
    await trial.bench.pass_time(1.0)
    demand(not trial.bench.energy_flows(), "the contactor closes by itself when the fault is gone")
    trial.driver.set_contactor(1, True)
    await trial.until(trial.bench.energy_flows, "energy after a new command")


def _fault_at_1(events: Sequence[HardwareEvent], kind: type[FaultRaised] | type[FaultCleared]) -> bool:
    return any(
        isinstance(event, kind) and event.error_code is ErrorCode.GROUND_FAILURE and event.evse_id in (1, None)
        for event in events
    )


async def closing_opens_the_contactor(trial: Trial) -> None:
    """A station program that ends leaves nothing live."""
    await trial.charge()
    await done(trial.driver.close())
    await trial.until(lambda: not trial.bench.energy_flows(), "an open contactor after close")


# --- lock, limit, phases --------------------------------------------------------------------------------------------


async def the_lock_tells_the_truth(trial: Trial) -> None:
    """An empty socket cannot be locked, a plug can; a connector with its own cable always answers yes."""
    own_cable = trial.bench.layout.evses[0].connectors[0].cable_attached
    demand(await done_bool(trial.driver.set_lock(1, 1, False)), "a lock that is open cannot be opened")
    demand(await done_bool(trial.driver.set_lock(1, 1, True)) is own_cable, "the lock of an empty connector")
    await trial.bench.plug()
    await trial.until_told(CablePlugged(1, 1))
    demand(await done_bool(trial.driver.set_lock(1, 1, True)), "a plug cannot be locked")
    demand(await done_bool(trial.driver.set_lock(1, 1, False)), "a plug cannot be let go")


async def a_limit_is_in_force_at_once(trial: Trial) -> None:
    """The offer follows within a second; less than 6 A is nothing on AC; None is all there is."""
    await trial.charge()
    supply = trial.bench.layout.evses[0].supply
    trial.driver.set_current_limit(1, Decimal(8))

    def offered() -> Decimal:
        return trial.driver.meter(1).current_offered_a

    await trial.until(lambda: 0 < offered() <= 8, "an offer of 8 A", seconds=LIMIT_SECONDS)
    await trial.until(lambda: max(trial.driver.meter(1).current_a) <= Decimal("8.5"), "8 A at the meter")
    if isinstance(supply, AcSupply):
        trial.driver.set_current_limit(1, Decimal("5.9"))
        await trial.until(lambda: offered() == 0, "no offer below 6 A", seconds=LIMIT_SECONDS)
    trial.driver.set_current_limit(1, None)
    await trial.until(lambda: offered() > 8, "the whole offer without a limit", seconds=LIMIT_SECONDS)


async def phases_are_those_of_the_layout(trial: Trial) -> None:
    """What the outlet has can be chosen; what it has not is a mistake of the caller."""
    supply = trial.bench.layout.evses[0].supply
    trial.driver.set_current_limit(1, Decimal(0))
    most = switchable(supply)
    if most:
        trial.driver.set_phases(1, 1)
        trial.driver.set_phases(1, None)
        misused(lambda: trial.driver.set_phases(1, most + 1), "set_phases with more phases than there are")
        if supply.chooses_phase:
            trial.driver.set_phases(1, 1, most)
            trial.driver.set_phases(1, None)
            misused(lambda: trial.driver.set_phases(1, 1, most + 1), "set_phases with a phase that is not there")
    else:
        misused(lambda: trial.driver.set_phases(1, 1), "set_phases at an outlet that cannot choose")


async def only_what_can_give_back_takes_setpoints(trial: Trial) -> None:
    """An outlet that takes no energy back is asked by mistake; another takes what it can, and None."""
    back = trial.bench.layout.evses[0].max_discharge_w
    if back == 0:
        misused(lambda: trial.driver.set_power_setpoint(1, Decimal(-1000)), "set_power_setpoint at a one-way outlet")
    else:
        trial.driver.set_power_setpoint(1, -back)
        trial.driver.set_power_setpoint(1, None)


async def what_can_sleep_sleeps_and_wakes(trial: Trial) -> None:
    """Where the layout says so: nothing flows while it sleeps, and energy flows again once it is woken and the contactor closed."""
    driver = trial.driver
    if not trial.bench.layout.evses[0].can_sleep:
        return
    if not isinstance(driver, Sleeps):
        raise ContractBroken("The layout has can_sleep, but the driver has no sleep and wake.", "Write them.")
    await trial.charge()
    driver.set_contactor(1, False)
    done = driver.sleep(1)
    demand(done if isinstance(done, bool) else await done, "an EVSE with an open contactor does not fall asleep")
    demand(driver.meter(1).power_w == 0, "power at the meter of an EVSE that sleeps")
    demand(CablePlugged(1, 1) in driver.survey(), "the plug is not in the survey of an EVSE that sleeps")
    driver.wake(1)
    driver.set_contactor(1, True)
    await trial.bench.want_energy(True)
    await trial.until(trial.bench.energy_flows, "energy after waking up")


# --- meter, start, saving -------------------------------------------------------------------------------------------


async def a_restart_keeps_the_registers(trial: Trial) -> None:
    """Contactors are open after it, the register is as it was, the vehicle is still there, and limits are gone."""
    await trial.charge()
    await trial.until(lambda: trial.driver.meter(1).power_w > 0, "power at the meter", seconds=60)
    trial.driver.set_current_limit(1, Decimal(8))
    before = trial.driver.meter(1).energy_import_register
    await done(trial.driver.restart())
    await trial.until(lambda: not trial.bench.energy_flows(), "an open contactor after a restart")
    demand(trial.driver.meter(1).energy_import_register >= before, "a register begins again")
    await trial.until(lambda: CablePlugged(1, 1) in trial.driver.survey(), "the plug in the survey after a restart")
    trial.driver.set_contactor(1, True)
    await trial.bench.want_energy(True)
    await trial.until(trial.bench.energy_flows, "energy after a restart")
    await trial.until(lambda: trial.driver.meter(1).current_offered_a > 8, "the whole offer after a restart")


async def readings_are_whole(trial: Trial) -> None:
    """A reading has a value for each phase of the outlet, and is of the register's kind."""
    supply = trial.bench.layout.evses[0].supply
    phases = supply.phases if isinstance(supply, AcSupply) else 1
    reading = trial.driver.meter(1)
    demand(len(reading.current_a) == len(reading.voltage_v) == phases, f"a reading has not {phases} phases")
    demand(reading.energy_import_register >= 0 and reading.energy_export_register >= 0, "a register is negative")


async def what_the_layout_names_is_measured(trial: Trial) -> None:
    """Each measurand that the layout names is in the readings while energy flows."""
    named = trial.bench.layout.evses[0].measurands or frozenset()
    await trial.charge()
    for one in sorted(named):
        await trial.until(partial(_tells, trial.driver, one), f"a value of {one}", seconds=30)


def _tells(driver: HardwareDriver, measurand: str) -> bool:
    reading = driver.meter(1)
    told = {*ALWAYS, *(one.measurand for one in reading.more)}
    told |= {"SoC"} if reading.soc_percent is not None else set()
    told |= {"Frequency"} if reading.frequency_hz is not None else set()
    return measurand in told


async def what_is_saved_is_json(trial: Trial) -> None:
    """`save` gives plain JSON values, whatever is so."""
    await trial.charge()
    saved = trial.driver.save()
    demand(json.loads(json.dumps(saved)) == saved, "save does not give plain JSON values")


# --- errors and manners ---------------------------------------------------------------------------------------------


async def unknown_places_are_mistakes(trial: Trial) -> None:
    """An EVSE or connector that the layout does not have raises `MisuseError` in every call."""
    driver, beyond = trial.driver, len(trial.bench.layout.evses) + 1
    misused(lambda: driver.set_contactor(beyond, True), "set_contactor of an unknown EVSE")
    misused(lambda: driver.set_lock(beyond, 1, True), "set_lock of an unknown EVSE")
    misused(lambda: driver.set_lock(1, 99, True), "set_lock of an unknown connector")
    misused(lambda: driver.set_current_limit(beyond, None), "set_current_limit of an unknown EVSE")
    misused(lambda: driver.set_phases(beyond, None), "set_phases of an unknown EVSE")
    misused(lambda: driver.set_power_setpoint(beyond, None), "set_power_setpoint of an unknown EVSE")
    misused(lambda: driver.meter(beyond), "meter of an unknown EVSE")
    if trial.bench.layout.main_meter is None:
        misused(lambda: driver.meter(0), "a main meter that is not in the layout")
    misused(lambda: driver.show(beyond, "?"), "show at an unknown EVSE")


async def no_call_keeps_the_station_waiting(trial: Trial) -> None:
    """Calls that give no awaitable return at once: the station stands still meanwhile."""
    driver, now = trial.driver, asyncio.get_running_loop().time
    calls: tuple[tuple[str, Callable[[], object]], ...] = (
        ("set_contactor", lambda: driver.set_contactor(1, False)),
        ("set_current_limit", lambda: driver.set_current_limit(1, Decimal(16))),
        ("meter", lambda: driver.meter(1)),
        ("survey", driver.survey),
        ("save", driver.save),
        ("show", lambda: driver.show(1, "Welcome")),
        ("show", lambda: driver.show(None, "")),
        ("advance", lambda: driver.advance(0.0)),
    )
    for name, call in calls:
        quickest = 1e9
        for _ in range(3):  # a busy machine may be slow once
            begun = now()
            call()
            quickest = min(quickest, now() - begun)
        demand(quickest < AT_ONCE, f"{name} takes {quickest:.2f} s")


async def a_bad_image_is_refused(trial: Trial) -> None:
    """An image that is none raises `HardwareError`, and what runs runs on."""
    before = trial.driver.firmware
    try:
        version = trial.driver.install(b"this is no firmware")
        if inspect.isawaitable(version):
            await version
    except HardwareError:
        pass
    else:
        raise ContractBroken("The driver installs what is no firmware.", "Raise ImageDamaged or HardwareError.")
    demand(trial.driver.firmware == before, "the firmware is another one without a restart")


CHECKS: tuple[Check, ...] = (
    plugs_are_told_once,
    the_pilot_is_told,
    cards_are_told,
    nothing_flows_without_a_vehicle,
    the_contactor_obeys,
    unplugging_opens_the_contactor,
    a_fault_opens_the_contactor,
    closing_opens_the_contactor,
    the_lock_tells_the_truth,
    a_limit_is_in_force_at_once,
    phases_are_those_of_the_layout,
    only_what_can_give_back_takes_setpoints,
    what_can_sleep_sleeps_and_wakes,
    a_restart_keeps_the_registers,
    readings_are_whole,
    what_the_layout_names_is_measured,
    what_is_saved_is_json,
    unknown_places_are_mistakes,
    no_call_keeps_the_station_waiting,
    a_bad_image_is_refused,
    *DC_CHECKS,
)
"""All of them; each for itself, with a driver of its own."""
