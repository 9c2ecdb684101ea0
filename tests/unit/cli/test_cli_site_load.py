"""`pilotwire site load`, `limit` and `meter` over a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pilotwire import cli
from pilotwire.csms.registers.access import SITES, Site
from pilotwire.csms.registers.load_management import SITE_LIMITS, STATES, EvseState, FeederState, SiteState
from pilotwire.domain.load_management import Amperes
from tests.support.api_rooms import NOON, ApiRooms, api_of, served

Run = Callable[..., Result]
PLAN = """
strategy: departure
feeders:
  - {name: grid, amperes: 63}
  - {name: garage, fedBy: grid, watts: 22000}
evses:
  - {station: CS-1, fedBy: garage}
  - {station: CS-2, evseId: 2, fedBy: grid, most: 16}
meters:
  - {feeder: grid}
prices:
  - {start: 2026-01-31T12:00:00Z, end: 2026-01-31T13:00:00Z, price: 0.21}
"""


@pytest.fixture
def rooms() -> ApiRooms:
    """A CSMS with a site of two stations."""
    rooms = ApiRooms()
    asyncio.run(rooms.keep(SITES.put("", "yard", Site(name="yard", prefixes=("CS-",)))))
    return rooms


@pytest.fixture
def run(rooms: ApiRooms) -> Iterator[Run]:
    """Runs the command line against that CSMS."""
    with served(api_of(rooms)) as url:
        env = {"PILOTWIRE_URL": url, "COLUMNS": "200", "TERM": "dumb"}
        yield lambda *words: CliRunner().invoke(cli.app, ["site", *words], env=env)


def _put(run: Run, folder: Path, plan: str = PLAN) -> Result:
    file = folder / "yard.yaml"
    file.write_text(plan)
    return run("load", "yard", "put", str(file))


def _said(refused: Result) -> str:
    assert refused.exit_code != 0
    return refused.stderr


def test_a_plan_is_put_shown_and_removed(rooms: ApiRooms, run: Run, tmp_path: Path) -> None:
    """As a tree, each feeder with what hangs on it below it; with flows and shares once they are known."""
    outcome = _put(run, tmp_path)
    assert (outcome.exit_code, outcome.stdout) == (
        0,
        "The plan of site 'yard' is on record; its 2 EVSEs are managed.\n",
    )
    first, head, *rows = run("load", "yard", "show").stdout.splitlines()
    assert first == "Site yard, departure, The shares of 'yard' have not been decided yet."
    assert head.split() == ["feeder,", "EVSE", "limit", "flow", "base", "share", "may", "take", "takes", "remarks"]
    assert [row.rstrip() for row in rows] == [
        "grid          63 A",
        "  garage      22000 W",
        "    CS-1/1    32 A",
        "  CS-2/2      16 A",
    ]
    state = SiteState(
        site="yard",
        at=NOON,
        flows=(
            FeederState(
                feeder="grid",
                flow=Amperes(l1=Decimal("20.25"), l2=Decimal(3), l3=Decimal(-1)),
                base=Amperes(l1=Decimal(4)),
                silent=True,
            ),
        ),
        evses=(
            EvseState(
                station="CS-1",
                evse_id=1,
                share=Decimal(16),
                limit=Decimal(10),
                taking=Decimal("9.5"),
                transaction_id="7",
                why="a limit of the site",
            ),
            EvseState(station="CS-2", evse_id=2, share=Decimal(0), limit=Decimal(0)),
        ),
        broken=("grid: 63 A on L1 is exceeded by 2",),
    )
    asyncio.run(rooms.keep(STATES.put("", "yard", state)))
    shown = run("load", "yard", "show")
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert lines[0] == ["Site", "yard,", "departure,", "at", "2026-01-31", "12:00:00", "UTC"]
    assert lines[2] == ["grid", "63", "A", "20.2", "3", "-1", "4", "0", "0", "its", "meter", "is", "silent"]
    assert lines[4] == ["CS-1/1", "32", "A", "16", "10", "9.5", "a", "limit", "of", "the", "site"]
    assert lines[5] == ["CS-2/2", "16", "A", "0", "0", "free"]
    assert shown.stderr == "No share can keep a limit: grid: 63 A on L1 is exceeded by 2.\n"
    whole = json.loads(run("load", "yard", "show", "--json").stdout)
    assert (whole["plan"]["prices"][0]["price"], whole["state"]["at"]) == (0.21, "2026-01-31T12:00:00Z")
    assert run("load", "yard", "remove").stdout == "The load of site 'yard' is managed no more.\n"
    gone = run("load", "yard", "show")
    assert gone.exit_code != 0
    assert "has no load management plan" in gone.stderr


def test_limits_are_set_and_taken_back(rooms: ApiRooms, run: Run, tmp_path: Path) -> None:
    """For the grid connection unless said otherwise; the table shows whose."""
    _put(run, tmp_path)
    assert run("limit", "yard", "operator", "--watts", "4200").stdout == (
        "operator limits grid of site 'yard' to 4200 W.\n"
    )
    kept = asyncio.run(rooms.store.record(SITE_LIMITS, "", "yard/operator"))
    assert kept is not None
    assert str(kept.watts) == "4200", "not 4200.0: it is told in sentences"
    until = ("--feeder", "garage", "--since", "2026-01-31T17:00:00Z", "--until", "2026-01-31T18:00:00Z")
    outcome = run("limit", "yard", "ems", "--amperes", "16.5", "--watts", "9000", *until)
    assert outcome.stdout == "ems limits garage of site 'yard' to 16.5 A and 9000 W.\n"
    shown = run("load", "yard", "show").stdout
    assert "limited by operator" in shown
    assert "ems limits garage to 16.5 A and 9000 W from 2026-01-31 17:00:00 until 2026-01-31 18:00:00.\n" in shown
    assert run("limit", "yard", "operator", "--clear").stdout == "operator limits site 'yard' no more.\n"
    assert "operator" not in run("load", "yard", "show").stdout
    assert "needs either a limit or --clear" in _said(run("limit", "yard", "operator"))


def test_a_meter_is_told(run: Run, tmp_path: Path) -> None:
    """Three currents, or watts; what is neither is refused before anything is sent."""
    _put(run, tmp_path)
    outcome = run("meter", "yard", "grid", "--amperes", "-12.5,8,3", "--at", "2026-01-31T11:59:00Z")
    assert outcome.stdout == "grid of site 'yard': -12.5 8 3 A at 2026-01-31 11:59:00.\n"
    assert (
        run("meter", "yard", "grid", "--watts", "6900").stdout
        == "grid of site 'yard': 10 10 10 A at 2026-01-31 12:00:00.\n"
    )
    assert "no three currents" in _said(run("meter", "yard", "grid", "--amperes", "1,2"))
    assert "no three currents" in _said(run("meter", "yard", "grid", "--amperes", "1,2,x"))
    assert "either --amperes or --watts" in _said(run("meter", "yard", "grid"))
    assert "no meter at a feeder 'garage'" in _said(run("meter", "yard", "garage", "--watts", "1"))


def test_a_file_that_is_none_is_told_of(run: Run, tmp_path: Path) -> None:
    """With what is wrong; a wrong plan with its places."""
    assert "cannot be read" in _said(run("load", "yard", "put", str(tmp_path / "none.yaml")))
    assert "is no YAML" in _said(_put(run, tmp_path, "feeders: ["))
    assert "a part of itself" in _said(_put(run, tmp_path, "feeders: &a [*a]"))
    assert "body.feeders.0.name" in _said(_put(run, tmp_path, "feeders: [{amperes: 3}]"))
