"""What a driver must do whose DC outlets can be worked by a session with a vehicle (`DcOutput`); others pass.

The times are those that a vehicle waits: 38 s for the cable check, 7 s for the precharge (ISO 15118-2, DIN SPEC 70121).
"""

from __future__ import annotations

from functools import partial

from pilotwire.station.hardware.contract_trial import (
    Check,
    ContractBroken,
    DcWorkbench,
    Trial,
    demand,
    done,
    misused,
)
from pilotwire.station.hardware.ports import CablePlugged, DcOutput, DcSupply

CHECK_SECONDS = 38.0
PRECHARGE_SECONDS = 7.0
NEAR_V = 20.0
"""The vehicle closes its contactors when the output is so near to its battery."""
OFF_V = 60.0
"""Below this an output is off: it may be touched."""
OFF_SECONDS = 5.0
"""Within these it is, whatever takes the power away."""
_WANTED = ("check_isolation", "set_dc_target", "dc_output")
_AMPERES = 2.0


def _worked(trial: Trial) -> tuple[DcOutput, DcWorkbench] | None:
    """The output of EVSE 1 and its voltmeter; None: there is none to be worked."""
    driver, bench = trial.driver, trial.bench
    missing = [name for name in _WANTED if not hasattr(driver, name)]
    demand(not missing or len(missing) == len(_WANTED), f"a DC output without {', '.join(missing)}")
    if not isinstance(driver, DcOutput) or not bench.layout.evses[0].dc:
        return None
    if not isinstance(bench, DcWorkbench):
        raise ContractBroken("The workbench cannot see the voltage of a DC outlet.", "Give it output_volts.")
    return driver, bench


async def _plugged(trial: Trial) -> None:
    """A vehicle that wants energy, and waits for it."""
    await trial.bench.plug()
    await trial.until_told(CablePlugged(1, 1))
    await trial.bench.want_energy(True)


def _volts(trial: Trial) -> float:
    """A voltage that the outlet can have."""
    supply = trial.bench.layout.evses[0].supply
    return min(400.0, float(supply.max_voltage_v)) if isinstance(supply, DcSupply) else 0.0


async def _isolation(trial: Trial, driver: DcOutput) -> bool:
    """What a whole check finds."""
    found: list[bool] = []

    def looked() -> bool:
        now = driver.check_isolation(1)
        found.extend([] if now is None else [now])
        return bool(found)

    await trial.until(looked, "a finding of check_isolation", seconds=CHECK_SECONDS)
    return found[0]


async def _live(trial: Trial, driver: DcOutput, bench: DcWorkbench) -> None:
    """Bring the output to its voltage; it is there, and the driver measures it."""
    volts = _volts(trial)
    driver.set_dc_target(1, volts, _AMPERES)
    await trial.until(
        lambda: abs(bench.output_volts() - volts) <= NEAR_V, f"an output of {volts:g} V", seconds=PRECHARGE_SECONDS
    )
    await trial.until(
        lambda: abs(driver.dc_output(1)[0] - bench.output_volts()) <= NEAR_V, "a true dc_output", seconds=1.0
    )


async def _dark(trial: Trial, bench: DcWorkbench, after: str) -> None:
    await trial.until(lambda: bench.output_volts() < OFF_V, f"an output that is off {after}", seconds=OFF_SECONDS)


async def isolation_is_checked(trial: Trial) -> None:
    """With a vehicle it is found to be good, again and again; the voltage of the check is gone after it, and no energy flowed."""
    if (worked := _worked(trial)) is None:
        return
    driver, bench = worked
    await _plugged(trial)
    for _ in range(2):
        demand(await _isolation(trial, driver), "a good isolation is not found to be good")
        await _dark(trial, bench, "after a check")
    demand(not bench.energy_flows(), "energy flows by a check of isolation")


async def without_a_vehicle_nothing_is_good(trial: Trial) -> None:
    """Neither is an empty outlet found to be isolated, nor has it a voltage; not even when a vehicle comes later."""
    if (worked := _worked(trial)) is None:
        return
    driver, bench = worked
    for _ in range(5):
        demand(driver.check_isolation(1) is not True, "an empty outlet is found to be isolated")
        driver.set_dc_target(1, _volts(trial), _AMPERES)
        await trial.bench.pass_time(0.2)
        demand(bench.output_volts() < OFF_V, "an empty outlet has a voltage")
    await _plugged(trial)
    await trial.bench.pass_time(1.0)
    demand(bench.output_volts() < OFF_V, "a target that was refused takes effect later")


async def a_bad_isolation_is_found(trial: Trial) -> None:
    """And a good one again, once it is mended."""
    if (worked := _worked(trial)) is None:
        return
    driver, _ = worked
    await _plugged(trial)
    await trial.bench.ground_fault(True)
    await trial.bench.pass_time(0.2)
    demand(not await _isolation(trial, driver), "current that leaks to ground is no bad isolation")
    await trial.bench.ground_fault(False)
    await trial.bench.pass_time(0.2)
    demand(await _isolation(trial, driver), "an isolation that was mended is not found to be good")


async def the_output_follows_its_target(trial: Trial) -> None:
    """In time for a precharge, as measured; off at 0 V; and never above what the layout says."""
    if (worked := _worked(trial)) is None:
        return
    driver, bench = worked
    supply = trial.bench.layout.evses[0].supply
    most = float(supply.max_voltage_v) if isinstance(supply, DcSupply) else 0.0
    await _plugged(trial)
    await _live(trial, driver, bench)
    driver.set_dc_target(1, 0.0, 0.0)
    await _dark(trial, bench, "at 0 V")
    driver.set_dc_target(1, 2 * most, _AMPERES)
    await trial.bench.pass_time(PRECHARGE_SECONDS)
    demand(bench.output_volts() <= most + NEAR_V, "an output above what the layout says")


async def what_takes_the_power_takes_the_voltage(trial: Trial) -> None:
    """A fault that forbids energy, a restart, the plug that is pulled, and the end of the driver: each within 5 s, and for good."""
    if (worked := _worked(trial)) is None:
        return
    driver, bench = worked
    await _plugged(trial)
    await _live(trial, driver, bench)
    await trial.bench.ground_fault(True)
    await _dark(trial, bench, "after a ground fault")
    await trial.bench.ground_fault(False)
    await trial.bench.pass_time(1.0)
    demand(bench.output_volts() < OFF_V, "the voltage comes back by itself")
    await _live(trial, driver, bench)
    await done(trial.driver.restart())
    await _dark(trial, bench, "after a restart")
    await trial.until(lambda: CablePlugged(1, 1) in trial.driver.survey(), "the plug in the survey after a restart")
    await _live(trial, driver, bench)
    await trial.bench.want_energy(False)
    await trial.bench.pass_time(0.5)
    await trial.bench.unplug()
    await _dark(trial, bench, "after unplugging")
    await _plugged(trial)
    await _live(trial, driver, bench)
    await done(trial.driver.close())
    await _dark(trial, bench, "after close")


async def only_dc_outlets_that_are_there_are_worked(trial: Trial) -> None:
    """Any other is a mistake in each call."""
    driver = trial.driver
    if not isinstance(driver, DcOutput):
        return
    others = [each.evse_id for each in trial.bench.layout.evses if not each.dc]
    for number in (*others, len(trial.bench.layout.evses) + 1):
        misused(partial(driver.check_isolation, number), f"check_isolation of EVSE {number}")
        misused(partial(driver.set_dc_target, number, 0.0, 0.0), f"set_dc_target of EVSE {number}")
        misused(partial(driver.dc_output, number), f"dc_output of EVSE {number}")


DC_CHECKS: tuple[Check, ...] = (
    isolation_is_checked,
    without_a_vehicle_nothing_is_good,
    a_bad_isolation_is_found,
    the_output_follows_its_target,
    what_takes_the_power_takes_the_voltage,
    only_dc_outlets_that_are_there_are_worked,
)
"""All of them."""
