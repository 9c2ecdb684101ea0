"""A vehicle is matched over the power line: the package pyslac on a raw socket, a modem and a vehicle at the other end of a virtual line.

Skipped, with the reason, where the package or the superuser's rights are missing.
"""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from pilotwire.errors import ConfigError
from pilotwire.station.hardware.ports import CablePlugged, CableUnplugged, ErrorCode, FaultCleared, FaultRaised
from pilotwire.station.secc import slac
from pilotwire.station.secc.slac import Slac
from tests.support.slac_modem import VEHICLE, Modem, SlacVehicle, power_line
from tests.support.station_lab import Lab, lab
from tests.support.station_process import station_process

NOWHERE = "ws://127.0.0.1:9"


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> Any:
    """pyslac, with a modem that settles at once and does not keep a test waiting."""
    if importlib.util.find_spec("pyslac") is None:
        pytest.skip('The package pyslac is not installed: pip install "pilotwire[slac]".')
    found = slac.pyslac()
    monkeypatch.setattr(found, "SLAC_SETTLE_TIME", 0.0)
    return found


@pytest.fixture
def line(package: Any) -> Iterator[tuple[str, str]]:
    with power_line() as laid:
        yield laid


def plug(here: Lab) -> None:
    """What a driver says of control pilot B."""
    here.station.happened([CablePlugged(1, 1)])


def unplug(here: Lab) -> None:
    """And of A."""
    here.station.happened([CableUnplugged(1, 1)])


async def until(here: Lab, modem: Modem, matching: Slac) -> bytes:
    """A vehicle asks for a match again and again, as vehicles do, until somebody answers; the network key it gets."""
    vehicle = SlacVehicle(modem)

    def answered() -> bool:
        vehicle.ask()
        return not modem.heard.empty()

    await here.until(answered, "CM_SLAC_PARM.CNF")
    assert set(await vehicle.sound()) == {modem.attenuation}
    key = await vehicle.match()
    await here.until(lambda: matching.matched is not None, "the match")
    return key


async def test_a_vehicle_gets_the_key_that_the_modem_has(line: tuple[str, str]) -> None:
    """So both are in one logical network, and nobody else is."""
    with Modem(line[1]) as modem:
        async with lab(NOWHERE, layout="dc-50-ccs") as here, Slac(here.station, line[0], 1) as matching:
            assert len(modem.keys) == 1
            plug(here)
            key = await until(here, modem, matching)
            assert key == modem.keys[-1]
            assert matching.matched == VEHICLE.hex(":")


async def test_who_comes_next_is_in_another_network(line: tuple[str, str]) -> None:
    """The key is another one once the plug is pulled."""
    with Modem(line[1]) as modem:
        async with lab(NOWHERE, layout="dc-50-ccs") as here, Slac(here.station, line[0], 1) as matching:
            plug(here)
            first = await until(here, modem, matching)
            unplug(here)
            await here.until(lambda: len(modem.keys) == 2, "a new key")
            plug(here)
            await here.until(lambda: matching.matched is None, "the end of the first match")
            assert await until(here, modem, matching) == modem.keys[1] != first


async def test_a_vehicle_that_was_there_before_is_matched(line: tuple[str, str]) -> None:
    """The program was started anew, with the plug in: the simulated driver's survey says so."""
    with Modem(line[1]) as modem:
        async with lab(NOWHERE, layout="dc-50-ccs", car="family-77") as here:
            here.plug()
            async with Slac(here.station, line[0], 1) as matching:
                assert await until(here, modem, matching) == modem.keys[0]


async def test_nobody_is_matched_without_a_plug(line: tuple[str, str], package: Any) -> None:
    """A vehicle at another cable is heard over the air; it gets no answer here, before and after. Then the plug comes, and it does."""
    with Modem(line[1]) as modem:
        async with lab(NOWHERE, layout="dc-50-ccs") as here, Slac(here.station, line[0], 1) as matching:
            SlacVehicle(modem).ask()
            plug(here)
            await until(here, modem, matching)
            # The vehicle's word may have met the modem's answer: then the first key was set twice.
            before = len(modem.keys)
            unplug(here)
            await here.until(lambda: len(modem.keys) > before, "a new key")
            SlacVehicle(modem).ask()
            assert matching.matched is None
            assert modem.heard.empty()


@pytest.mark.parametrize("layout", ["dc-50-ccs", "ac-22-single"])
async def test_a_vehicle_that_never_speaks_is_told(
    line: tuple[str, str], package: Any, monkeypatch: pytest.MonkeyPatch, layout: str
) -> None:
    """In the log; DC is faulted until the plug is pulled, AC charges by the control pilot."""
    monkeypatch.setattr(slac, "INIT_SECONDS", 0.05)
    heard: list[object] = []

    def faults() -> list[object]:
        return [one for one in heard if isinstance(one, FaultRaised | FaultCleared)]

    with Modem(line[1]) as modem, capture_logs() as lines:
        async with lab(NOWHERE, layout=layout) as here, Slac(here.station, line[0], 1):
            here.station.listen(heard.append)
            plug(here)
            await here.until(lambda: [one for one in lines if one["event"] == slac.FAILED], "the failure")
            raised, cleared = (
                [FaultRaised(1, None, ErrorCode.EV_COMMUNICATION_ERROR, "SLAC: it did not say what was due in time")],
                [FaultCleared(1, None, ErrorCode.EV_COMMUNICATION_ERROR)],
            )
            dc = layout.startswith("dc")
            assert faults() == (raised if dc else [])
            unplug(here)
            await here.until(lambda: len(modem.keys) == 2, "a new key")
            assert faults() == ([*raised, *cleared] if dc else [])


async def test_a_vehicle_that_speaks_late_is_matched_all_the_same(
    line: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the fault is gone. One that was there before the station started may have slept: it was none."""
    for before in (False, True):
        monkeypatch.setattr(slac, "INIT_SECONDS", 0.2)
        heard: list[object] = []
        with Modem(line[1]) as modem, capture_logs() as lines:
            async with lab(NOWHERE, layout="dc-50-ccs", car="family-77") as here:
                if before:
                    here.plug()
                async with Slac(here.station, line[0], 1) as matching:
                    here.station.listen(heard.append)
                    if not before:
                        here.plug()
                    await here.until(lambda: [one for one in lines if one["event"] == slac.FAILED], "the failure")
                    await until(here, modem, matching)
        faults = [type(one) for one in heard if isinstance(one, FaultRaised | FaultCleared)]
        assert faults == ([] if before else [FaultRaised, FaultCleared])


async def test_a_run_that_breaks_off_is_begun_anew(line: tuple[str, str]) -> None:
    """The vehicle refuses what it hears, and asks again."""
    with Modem(line[1]) as modem, capture_logs() as lines:
        async with lab(NOWHERE, layout="dc-50-ccs") as here, Slac(here.station, line[0], 1) as matching:
            plug(here)
            first = SlacVehicle(modem)

            def answered() -> bool:
                first.ask()
                return not modem.heard.empty()

            await here.until(answered, "CM_SLAC_PARM.CNF")
            await first.sound()
            modem.say(0x606F, bytes(2) + VEHICLE + first.run_id + bytes(34) + b"\x01")
            await here.until(lambda: [one for one in lines if one["event"] == "a matching is begun anew"], "anew")
            while not modem.heard.empty():
                modem.heard.get_nowait()
            assert await until(here, modem, matching) == modem.keys[0]


# --- what it cannot do without ------------------------------------------------------------------------------------------------------


async def fails(interface: str) -> ConfigError:
    """Why there is no SLAC."""
    async with lab(NOWHERE, layout="dc-50-ccs") as here:
        with pytest.raises(ConfigError) as told:
            await Slac(here.station, interface, 1, modem_seconds=0.1).start()
    assert told.value.remedy
    return told.value


async def test_a_line_without_a_modem_is_told(line: tuple[str, str]) -> None:
    told = await fails(line[0])
    assert told.what.startswith(f"No modem answers on {line[0]}")


async def test_a_modem_that_says_something_else_is_none(line: tuple[str, str]) -> None:
    """Frames of SLAC are on the line, none of them the confirmation."""
    with Modem(line[1], mute=True) as modem:
        failing = asyncio.ensure_future(fails(line[0]))
        for _ in range(3):
            await asyncio.wait_for(modem.asked.wait(), 20)
            modem.asked.clear()
            SlacVehicle(modem).ask()
        assert (await failing).what.startswith("No modem answers")


async def test_an_interface_that_is_not_there_is_told(package: Any) -> None:
    assert "There is no SLAC on nowhere0" in (await fails("nowhere0")).what


async def test_missing_rights_are_told(line: tuple[str, str], package: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(package, "create_socket", refuse)
    told = await fails(line[0])
    assert "needs the right to raw sockets: Operation not permitted" in told.what
    assert "CAP_NET_RAW" in told.remedy


async def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyslac.session", None)
    told = await fails("lo")
    assert "needs the package pyslac" in told.what
    assert "pilotwire[slac]" in told.remedy


async def test_the_program_tells_what_slac_needs(tmp_path: Path) -> None:
    """A sentence, what to do, and the end of the program."""
    (tmp_path / "pyslac.py").write_text("")  # the program finds this one first, and it is no package
    with power_line() as (ours, _):
        async with station_process(tmp_path, "--id", "CS001", "--secc", ours, "--slac") as program:
            assert await program.ends() == 2
    assert b"SLAC needs the package pyslac, which cannot be had here" in program.said
    assert b"pilotwire[slac]" in program.said
    assert b"Traceback" not in program.said


def test_the_packages_logging_stays_its_own(package: Any) -> None:
    """It turns on debugging for the whole program when it is imported, and logs network keys."""
    for name in [each for each in sys.modules if each.split(".")[0] == "pyslac"]:
        del sys.modules[name]
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    slac.pyslac()
    assert (root.level, list(root.handlers)) == before
    assert not logging.getLogger("slac_session").isEnabledFor(logging.CRITICAL)
