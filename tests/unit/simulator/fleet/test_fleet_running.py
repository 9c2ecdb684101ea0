"""A small fleet against a central system: booted, charging, broken and mended as its scenario says."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest
from rich.console import Console

from pilotwire.clock import SystemClock
from pilotwire.errors import ConfigError
from pilotwire.simulator.fleet import Fleet
from pilotwire.simulator.fleet.progress import clock_of, line_of, watch
from pilotwire.simulator.fleet.scenario import scenario_of
from tests.support.eventually import eventually
from tests.support.scripted_csms import scripted_csms

CHARGING = """
speed: 600
duration: 40m
script:
  - {at: 10s, do: plug, give: {soc: 20}}
  - {at: 20s, do: tap, give: {idToken: FLEET000001, evse: 1}}
  - {at: 15m, do: line/cut, stations: "2"}
  - {at: 20m, do: line/restore, stations: "2"}
  - {at: 22m, do: unplug, stations: "3"}
  - {at: 30m, do: tap, give: {idToken: FLEET000001, evse: 1}}
"""


def _fleet(text: str, url: str, count: int = 3, **more: object) -> Fleet:
    return Fleet(scenario_of(text), count=count, prefix="SIM", url=url, clock=SystemClock(), **more)  # type: ignore[arg-type]


async def test_a_fleet_does_what_its_script_says_and_ends(tmp_path: Path) -> None:
    async with scripted_csms() as csms:
        fleet = _fleet(CHARGING, csms.url, storage=tmp_path / "fleet.db")
        running = asyncio.ensure_future(fleet.run())
        await eventually(lambda: fleet.standing().transactions == 3)
        await eventually(lambda: fleet.standing().power_w > 10_000)
        assert "3/3 on, 3 accepted" in line_of(fleet, fleet.standing(), (0.0, 0.0))
        await asyncio.wait_for(running, 60)
    assert len({boot["chargingStation"]["serialNumber"] for boot in csms.of("BootNotification")}) == 3
    assert fleet.counts.done["tap"] == 6
    assert any(why.startswith("unplug: ") and "locked" in why for why in fleet.counts.undone), (
        fleet.counts.undone
    )  # it was locked
    assert fleet.counts.frames_out > 20


async def test_who_watches_without_a_terminal_gets_lines() -> None:
    async with scripted_csms() as csms:
        fleet, stop = _fleet("speed: 1", csms.url, 1), asyncio.Event()
        shown = io.StringIO()
        running = asyncio.gather(fleet.run(stop), watch(fleet, Console(file=shown, width=200), SystemClock(), stop))
        await eventually(lambda: fleet.standing().accepted == 1)
        stop.set()
        await running
    assert "1/1 on" in shown.getvalue()


async def test_what_is_to_be_seen_on_a_terminal() -> None:
    async with scripted_csms() as csms:
        fleet, stop = _fleet("speed: 1", csms.url, 2), asyncio.Event()
        shown = io.StringIO()
        console = Console(file=shown, width=120, force_terminal=True)
        running = asyncio.gather(fleet.run(stop), watch(fleet, console, SystemClock(), stop))
        await eventually(lambda: fleet.standing().accepted == 2)
        await eventually(lambda: "accepted" in shown.getvalue())
        stop.set()
        await running
    assert "2 stations, scenario time" in shown.getvalue()


@pytest.mark.parametrize(
    ("text", "url", "says"),
    [
        ("script: [{at: 1, do: dance}]", "ws://127.0.0.1:9", "cannot do"),
        ("script: [{at: 1, do: tap}]", "ws://127.0.0.1:9", "idToken"),
        ("script: [{at: 1, do: fault/raise, give: {code: RUST}}]", "ws://127.0.0.1:9", "code"),
        ("speed: 1", "ws://", "no OCPP-J endpoint"),
    ],
)
def test_a_fleet_that_cannot_be_says_why_before_it_begins(text: str, url: str, says: str) -> None:
    with pytest.raises(ConfigError, match=r".") as told:
        _fleet(text, url)
    assert says in str(told.value)


def test_scenario_time_is_written_for_people() -> None:
    assert [clock_of(seconds) for seconds in (5, 3_723, 93_784.9)] == ["00:00:05", "01:02:03", "1d 02:03:04"]
