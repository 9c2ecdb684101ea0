"""Drivers by name, and how a station works with one that is not ours: opened first, heard from any thread, awaited where it takes time."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from examples.board_driver import BoardDriver
from pilotwire.clock import SystemClock
from pilotwire.domain.availability import Availability
from pilotwire.errors import ConfigError, MisuseError
from pilotwire.ev import vehicle
from pilotwire.simulator.building import build_station
from pilotwire.station.core.firmware import ImageWritten, InstallImage
from pilotwire.station.files import MemoryFiles
from pilotwire.station.hardware import drivers
from pilotwire.station.hardware.drivers import DriverPlace, TellingDriver, find_driver, find_layout
from pilotwire.station.hardware.ports import (
    AcSupply,
    CablePlugged,
    CardPresented,
    ConnectorLayout,
    EvseLayout,
    Happened,
    HardwareError,
    HardwareEvent,
    StationLayout,
)
from pilotwire.station.hardware.simulated import SimulatedStation, layout
from pilotwire.station.jobs import WORKERS, Tools
from pilotwire.station.settings import StationProgramSettings
from pilotwire.station.storage import MemoryStorage
from tests.support.eventually import eventually
from tests.support.station_lab import build

NOWHERE = "ws://127.0.0.1:9"
PLACE = DriverPlace("CS001", layout("ac-22-single"))


def a_driver(place: DriverPlace) -> SimulatedStation:
    """A factory like any other."""
    return SimulatedStation(place.layout)


# --- by name --------------------------------------------------------------------------------------------------------


def test_the_simulated_one_is_called_simulated() -> None:
    """It is what a station has if nothing is said."""
    assert isinstance(find_driver("simulated")(PLACE), SimulatedStation)
    assert StationProgramSettings(id="CS001").driver == "simulated"


def test_a_factory_in_a_module_gets_the_options(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that was written into driver_options, and what the station knows."""
    made: list[DriverPlace] = []
    module = SimpleNamespace(a_driver=lambda place: made.append(place) or a_driver(place))
    monkeypatch.setitem(sys.modules, "driver_of_a_test", module)
    assert isinstance(find_driver("driver_of_a_test:a_driver", {"port": 4})(PLACE), SimulatedStation)
    assert made == [DriverPlace("CS001", PLACE.layout, None, {"port": 4})]


def test_an_installed_package_names_its_drivers(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the group `pilotwire.drivers` of its entry points."""
    groups: list[str] = []

    def found(group: str) -> list[Any]:
        groups.append(group)
        return [SimpleNamespace(name="acme", load=lambda: a_driver)]

    monkeypatch.setattr(drivers, "entry_points", found)
    assert isinstance(find_driver("acme")(PLACE), SimulatedStation)
    assert groups == ["pilotwire.drivers"]
    with pytest.raises(ConfigError, match="There is no driver acne") as told:
        find_driver("acne")
    assert "acme, simulated" in told.value.remedy


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("steam", "There is no driver steam"),
        ("no_such_module:driver", "cannot be loaded: No module named 'no_such_module'"),
        ("examples.board_driver:nothing", "has no attribute 'nothing'"),
        ("examples.board_driver:OPEN_SECONDS", "is no factory"),
        (":driver", "cannot be loaded"),
    ],
)
def test_a_driver_that_is_none_is_told(name: str, says: str) -> None:
    """Before anything begins."""
    with pytest.raises(ConfigError, match=says):
        find_driver(name)


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("simulated", {"port": 1}, "has no options"),
        ("examples.board_driver:board", {"port": "x"}, "cannot be found"),
        ("examples.board_driver:board", {"prot": 1}, "cannot be found"),
    ],
)
def test_options_that_cannot_be_are_told(name: str, options: Mapping[str, Any], says: str) -> None:
    """By the driver, which knows them."""
    with pytest.raises(ConfigError, match=says):
        find_driver(name, options)(PLACE)


async def test_a_program_takes_its_driver_from_the_settings(tmp_path: Path) -> None:
    """`driver` and `driver_options`; the storage is let go if that fails."""
    said = {"id": "CS001", "storage": str(tmp_path / "s.db"), "driver": "examples.board_driver:board"}
    with pytest.raises(ConfigError, match="cannot be found"):
        build_station(StationProgramSettings(**said, driver_options={"port": None}), SystemClock())
    station = build_station(StationProgramSettings(**said, driver_options={"port": 4001}), SystemClock())
    assert isinstance(station.hardware, BoardDriver)
    with pytest.raises(HardwareError, match="is real"):
        _ = station.simulated
    await station.stop()


def test_hardware_of_its_own_has_a_layout_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a module, as its driver; or one of ours by name."""
    own = StationLayout((EvseLayout(1, AcSupply(), (ConnectorLayout(1, "cType2"),)),), model="Ours")
    monkeypatch.setitem(sys.modules, "layouts_of_a_test", SimpleNamespace(ours=own, none=5))
    assert find_layout("layouts_of_a_test:ours") is own
    assert find_layout("dc-50-ccs") is layout("dc-50-ccs")
    for wrong, says in (("layouts_of_a_test:none", "is no layout"), ("layouts_of_a_test:x", "cannot be loaded")):
        with pytest.raises(ConfigError, match=says):
            find_layout(wrong)


# --- at work --------------------------------------------------------------------------------------------------------


class _Slow(SimulatedStation):
    """Opens only when it is let, moves its lock with a thread's help, and tells by itself."""

    def __init__(self, place: DriverPlace) -> None:
        super().__init__(place.layout)
        self.let = asyncio.Event()
        self.happened: Happened = lambda _: None
        self.closed = 0
        self.calls: list[str] = []

    async def open(self, happened: Happened) -> None:  # type: ignore[override]
        self.happened = happened
        await self.let.wait()
        happened([CardPresented(None, "EARLY")])  # nobody listens yet

    async def close(self) -> None:  # type: ignore[override]
        self.closed += 1

    async def set_lock(self, evse_id: int, connector_id: int, locked: bool) -> bool:  # type: ignore[override]
        self.calls.append(f"lock {locked}")
        return await asyncio.to_thread(super().set_lock, evse_id, connector_id, locked)

    def survey(self) -> list[HardwareEvent]:
        self.calls.append("survey")
        return super().survey()

    def show(self, evse_id: int | None, text: str) -> None:
        """Telling within a call must not confuse anybody."""
        super().show(evse_id, text)
        self.happened([])


class _Telling(TellingDriver, SimulatedStation):
    """Never asked; `save` gives what it counted."""

    def __init__(self, place: DriverPlace) -> None:
        SimulatedStation.__init__(self, place.layout)
        TellingDriver.__init__(self, place)
        self.starts = int((place.saved or {}).get("starts", 0)) + 1

    def save(self) -> dict[str, Any]:
        return {"starts": self.starts}

    def open(self, happened: Happened) -> None:
        self.happened = happened


async def test_a_station_waits_for_its_hardware() -> None:
    """Nothing is told to the core before the driver is open; then the survey is taken, and what came before it is over."""
    async with build(NOWHERE, "2.0.1", MemoryStorage(), driver=_Slow, variables=OFFLINE) as station:
        driver = station.hardware
        assert isinstance(driver, _Slow)
        await asyncio.sleep(0)
        assert driver.calls == []
        driver.let.set()
        await eventually(lambda: "survey" in driver.calls)
        await eventually(lambda: "lock False" in driver.calls)
        station.happened(driver.plug(1, 1, vehicle("compact-58", soc=20)))
        await asyncio.sleep(0)
        assert station.core.overview().evses[0].id_token is None
        assert not station.failure
    assert driver.closed == 1


async def test_events_come_from_any_thread() -> None:
    """In the order they were told, in the task of the station."""
    async with build(NOWHERE, "2.0.1", MemoryStorage(), driver=_Telling) as station:
        driver = station.hardware
        assert isinstance(driver, _Telling)
        await asyncio.to_thread(driver.happened, [CablePlugged(1, 1)])
        await eventually(lambda: station.core.overview().evses[0].connectors[1].availability is Availability.OCCUPIED)
        assert not station.failure


async def test_what_is_told_after_the_end_is_not_heard() -> None:
    """A thread may be late."""
    station = build(NOWHERE, "2.0.1", MemoryStorage(), driver=_Telling)
    async with station:
        driver = station.hardware
    assert isinstance(driver, _Telling)
    driver.happened([CablePlugged(1, 1)])
    await asyncio.sleep(0)
    assert not station.failure


async def test_a_lock_may_take_its_time() -> None:
    """Energy comes when it has arrived."""
    async with build(NOWHERE, "2.0.1", MemoryStorage(), driver=_Slow, variables=OFFLINE) as station:
        driver = station.hardware
        assert isinstance(driver, _Slow)
        driver.let.set()
        await eventually(lambda: "survey" in driver.calls)
        station.happened(driver.plug(1, 1, vehicle("compact-58", soc=20)))
        station.happened(driver.tap("ANY"))
        assert not driver.contactor_closed(1)
        await eventually(lambda: driver.contactor_closed(1))
        assert driver.is_locked(1, 1)


OFFLINE = {"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"}


async def test_what_a_driver_saves_it_is_given_again() -> None:
    """By the next process with the same storage."""
    storage = _Kept()
    for start in (1, 2, 3):
        async with build(NOWHERE, "2.0.1", storage, driver=_Telling) as station:
            assert isinstance(station.hardware, _Telling)
            assert station.hardware.starts == start


class _Kept(MemoryStorage):
    """Outlives the stations on it."""

    def close(self) -> None:
        """Not yet."""


async def test_an_open_that_fails_at_once_stops_the_station() -> None:
    """With its sentence."""

    class _Absent(_Telling):
        def open(self, happened: Happened) -> None:
            raise HardwareError("There is no such device.", "Plug it in.")

    async with build(NOWHERE, "2.0.1", MemoryStorage(), driver=_Absent) as station:
        assert station.failure.startswith("There is no such device.")


async def test_a_station_that_fails_lets_its_hardware_go() -> None:
    """Contactors open: nobody watches them any more."""
    async with build(NOWHERE, "2.0.1", MemoryStorage(), driver=_Slow) as station:
        driver = station.hardware
        assert isinstance(driver, _Slow)
        driver.let.set()
        await eventually(lambda: "survey" in driver.calls)
        station.feed("nonsense")  # type: ignore[arg-type]
        assert station.failure
        await eventually(lambda: driver.closed == 1)
    assert driver.closed == 1


async def test_firmware_may_take_its_time_to_be_written() -> None:
    """The job waits for it."""

    class _Flash(SimulatedStation):
        async def install(self, image: bytes) -> str:  # type: ignore[override]
            await asyncio.sleep(0)
            return f"{len(image)}.0"

    files = MemoryFiles()
    files.write("image", b"1234")
    tools = Tools("CS001", SystemClock(), files, lambda _: "", _Flash(layout("ac-22-single")))
    assert await WORKERS[InstallImage](InstallImage("image"), tools, lambda _: None) == ImageWritten("4.0")


def test_a_beginning_for_drivers_that_tell() -> None:
    """What most have in common."""
    driver = TellingDriver(PLACE)
    assert (driver.advance(1.0), driver.at_rest, driver.save(), driver.firmware.version) == ([], True, {}, None)
    driver.happened([CablePlugged(1, 1)])  # nobody listens before it is opened
    with pytest.raises(MisuseError):
        driver.check_place(2)
    with pytest.raises(MisuseError):
        driver.show(2, "?")
    with pytest.raises(MisuseError, match="takes no energy back"):
        driver.set_power_setpoint(1, None)
    with pytest.raises(HardwareError, match="no firmware"):
        driver.install(b"")


async def test_while_the_controller_has_no_power_nothing_is_heard() -> None:
    """A card shown then is shown to nobody; a plug is found there by the survey of the next start."""
    async with build(NOWHERE, "2.0.1", MemoryStorage(), variables=OFFLINE) as station:
        rebooting = asyncio.ensure_future(station.reboot(seconds=0.1))
        await asyncio.sleep(0)
        station.happened(station.simulated.plug(1, 1, vehicle("compact-58", soc=20)))
        station.happened(station.simulated.tap("ANY"))
        assert not station.simulated.contactor_closed(1)
        await rebooting
        (evse,) = station.core.overview().evses
        assert (evse.connectors[1].availability, evse.id_token) == (Availability.OCCUPIED, None)
