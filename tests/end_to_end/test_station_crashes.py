"""Kill -9 a station while it charges, in front of a meter that no kill stops: what the meter counted is booked, once.

`python -m benchmarks.station_crashes --times 1000` does the same on a large scale.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.support.crash_lanes import LANES, Charge, Lane, OneCsms

KILLS = 5


@pytest.mark.req("E04.FR.01", "E01.FR.07", "E17.FR.10", "E17.FR.20")
@pytest.mark.parametrize("lane", LANES, ids=lambda lane: lane.name)
async def test_no_energy_unbooked_and_none_booked_twice(lane: Lane, tmp_path: Path) -> None:
    """Killed at random moments; transactions that go on afterwards, and ones that end."""
    with OneCsms(tmp_path) as csms:
        charge = Charge(lane, "KILLED", csms.url, tmp_path / "station", random.Random(f"a day {lane.name}"))
        charge.go(KILLS)
    booked = await charge.check(csms.database)
    assert booked.transactions == 1 if lane.resumes else booked.transactions > 1
