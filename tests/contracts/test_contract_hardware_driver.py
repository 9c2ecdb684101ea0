"""What every hardware driver must do, of the simulated one and of the example of a real one: a power board behind a TCP socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from examples.board_driver import BoardDriver, board
from pilotwire.ev import Vehicle, vehicle
from pilotwire.station.hardware.contract import (
    CHECKS,
    Check,
    ContractBroken,
    Workbench,
    run,
    what_can_sleep_sleeps_and_wakes,
)
from pilotwire.station.hardware.contract_dc import isolation_is_checked
from pilotwire.station.hardware.drivers import DriverPlace
from pilotwire.station.hardware.measurands import SIMULATED_AC, SIMULATED_DC
from pilotwire.station.hardware.ports import Happened, HardwareEvent, MeterReading, StationLayout
from pilotwire.station.hardware.simulated import SimulatedStation, layout
from tests.support.board import Board

NAMED = {
    "ac-22-single": SIMULATED_AC,
    "dc-50-ccs": SIMULATED_DC,
    "dc-50-v2x": ("SoC", "Current.Export", "Power.Reactive.Import"),
    "dc-50-v2x-sleep": ("SoC",),
}
"""What the meter of each layout tells besides."""


def _naming(plan: StationLayout, measurands: tuple[str, ...]) -> StationLayout:
    return replace(plan, evses=tuple(replace(evse, measurands=frozenset(measurands)) for evse in plan.evses))


class SimulatedBench:
    """The simulated driver, whose people's acts give back their events; time passes as it is told."""

    def __init__(self, name: str = "ac-22-single", made: type[SimulatedStation] = SimulatedStation) -> None:
        self.layout: StationLayout = _naming(layout(name), NAMED[name])
        self._made = made
        self._car: Vehicle

    async def make(self, happened: Happened) -> SimulatedStation:
        self._station, self._happened = self._made(self.layout), happened
        self._car = vehicle("family-77" if self.layout.evses[0].dc else "compact-58", soc=20)
        return self._station

    async def clear(self) -> None:
        """Nothing is left."""

    async def pass_time(self, seconds: float) -> None:
        self._happened(self._station.advance(seconds))

    async def plug(self) -> None:
        self._car.pause()
        self._happened(self._station.plug(1, 1, self._car))

    async def unplug(self) -> None:
        self._happened(self._station.unplug(1, 1))

    async def want_energy(self, wants: bool) -> None:
        (self._car.resume if wants else self._car.pause)()

    async def present_card(self, id_token: str) -> None:
        self._happened(self._station.tap(id_token, 1))

    async def ground_fault(self, there: bool) -> None:
        act: Callable[..., list[HardwareEvent]] = self._station.raise_fault if there else self._station.clear_fault
        self._happened(act("GROUND_FAILURE", 1))

    def energy_flows(self) -> bool:
        return self._station.contactor_closed(1) and self._car.requests_power

    def output_volts(self) -> float:
        return self._station.dc_output(1)[0]


class BoardBench:
    """The driver of the example, over a real socket to an emulated board."""

    def __init__(self) -> None:
        self.layout: StationLayout = _naming(layout("ac-22-single"), ("Frequency",))
        self._board = Board()
        self._stack = AsyncExitStack()

    async def make(self, happened: Happened) -> BoardDriver:
        await self._stack.enter_async_context(self._board.switched_on())
        self._driver = board(DriverPlace("CS001", self.layout, options={"port": self._board.port}))
        return self._driver

    async def clear(self) -> None:
        await self._stack.aclose()

    async def pass_time(self, seconds: float) -> None:
        """What was said in both directions has arrived after it."""
        self._board.advance(seconds)
        await self._driver.refresh()
        await asyncio.sleep(0)

    async def plug(self) -> None:
        self._board.move_pilot("B")

    async def unplug(self) -> None:
        self._board.move_pilot("A")

    async def want_energy(self, wants: bool) -> None:
        self._board.move_pilot("C" if wants else "B")

    async def present_card(self, id_token: str) -> None:
        self._board.card(id_token)

    async def ground_fault(self, there: bool) -> None:
        self._board.fault("GROUND_FAILURE", there=there)

    def energy_flows(self) -> bool:
        return self._board.flows


BENCHES: dict[str, Callable[[], Workbench]] = {
    "simulated AC": SimulatedBench,
    "simulated DC": lambda: SimulatedBench("dc-50-ccs"),
    "simulated V2X": lambda: SimulatedBench("dc-50-v2x"),
    "simulated V2X that sleeps": lambda: SimulatedBench("dc-50-v2x-sleep"),
    "board": BoardBench,
}


@pytest.mark.parametrize("bench", BENCHES)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_the_driver_keeps_the_contract(check: Check, bench: str) -> None:
    await run(check, BENCHES[bench]())


# --- the checks bite --------------------------------------------------------------------------------------------------


class _Careless(SimulatedStation):
    """Lets every fault pass, and every limit."""

    def set_current_limit(self, evse_id: int, amps: object) -> None:
        super().set_current_limit(evse_id, None)

    def _alive(self, evse: object) -> bool:
        return True

    def survey(self) -> list[HardwareEvent]:
        return []

    def meter(self, evse_id: int) -> MeterReading:
        return replace(super().meter(evse_id), more=())

    def install(self, image: bytes) -> str:
        return "9.9"

    def close(self) -> None:
        """Leaves everything live."""


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("plugs_are_told_once", "survey does not tell of the plug"),
        ("a_fault_opens_the_contactor", "an open contactor after a ground fault did not come about"),
        ("a_limit_is_in_force_at_once", "an offer of 8 A did not come about within 1 s"),
        ("closing_opens_the_contactor", "an open contactor after close"),
        ("what_the_layout_names_is_measured", "a value of Current.Export did not come about"),
        ("a_bad_image_is_refused", "installs what is no firmware"),
    ],
)
async def test_a_careless_driver_is_found_out(name: str, why: str) -> None:
    """In a sentence that says what it does not do."""
    (check,) = [one for one in CHECKS if one.__name__ == name]
    with pytest.raises(ContractBroken, match=why):
        await run(check, SimulatedBench(made=_Careless))


class _Insomniac(SimulatedStation):
    """Says that it sleeps, and never wakes."""

    def wake(self, evse_id: int) -> None:
        """It stays off."""


async def test_a_driver_that_does_not_wake_is_found_out() -> None:
    with pytest.raises(ContractBroken, match="energy after waking up did not come about"):
        await run(what_can_sleep_sleeps_and_wakes, SimulatedBench("dc-50-v2x-sleep", made=_Insomniac))


class _Leaky(SimulatedStation):
    """Finds every cable good, measures what it was told, and keeps its voltage whatever happens."""

    def __init__(self, plan: StationLayout) -> None:
        super().__init__(plan)
        self._told = 0.0

    def check_isolation(self, evse_id: int) -> bool | None:
        return True

    def set_dc_target(self, evse_id: int, volts: float, amperes: float) -> None:
        self._told = volts

    def dc_output(self, evse_id: int) -> tuple[float, float]:
        return self._told, 0.0


class _Lame(SimulatedStation):
    """Its output stays off, and its isolation monitor never finds anything."""

    def check_isolation(self, evse_id: int) -> bool | None:
        return None

    def set_dc_target(self, evse_id: int, volts: float, amperes: float) -> None:
        """Nothing moves."""


@pytest.mark.parametrize(
    ("made", "name", "why"),
    [
        (_Lame, "isolation_is_checked", "a finding of check_isolation did not come about within 38 s"),
        (_Lame, "the_output_follows_its_target", "an output of 400 V did not come about within 7 s"),
        (_Leaky, "without_a_vehicle_nothing_is_good", "an empty outlet is found to be isolated"),
        (_Leaky, "a_bad_isolation_is_found", "current that leaks to ground is no bad isolation"),
        (_Leaky, "the_output_follows_its_target", "an output above what the layout says"),
        (_Leaky, "what_takes_the_power_takes_the_voltage", "an output that is off after a ground fault did not come"),
        (_Leaky, "only_dc_outlets_that_are_there_are_worked", "check_isolation of EVSE 2 is no MisuseError"),
    ],
)
async def test_a_dangerous_dc_outlet_is_found_out(made: type[SimulatedStation], name: str, why: str) -> None:
    (check,) = [one for one in CHECKS if one.__name__ == name]
    with pytest.raises(ContractBroken, match=why):
        await run(check, SimulatedBench("dc-50-ccs", made=made))


class _Half(BoardBench):
    """A driver that has one call of the three."""

    async def make(self, happened: Happened) -> BoardDriver:
        driver = await super().make(happened)
        driver.check_isolation = lambda evse_id: True  # type: ignore[attr-defined]
        return driver


async def test_a_driver_with_half_of_it_is_found_out() -> None:
    with pytest.raises(ContractBroken, match="a DC output without set_dc_target, dc_output"):
        await run(isolation_is_checked, _Half())
