"""The simulated outlet with fewer phases than it has: what the vehicle is offered and takes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from pilotwire.errors import MisuseError
from pilotwire.ev import vehicle
from pilotwire.station.hardware.ports import AcSupply, ConnectorLayout, EvseLayout, StationLayout
from pilotwire.station.hardware.simulated import SimulatedStation, layout


def _charging(name: str = "ac-22-single") -> SimulatedStation:
    station = SimulatedStation(layout(name))
    station.plug(1, 1, vehicle("compact-58", soc=20))
    station.set_contactor(1, True)
    station.advance(10)
    return station


def test_one_phase_of_three() -> None:
    """A third of the power, current on the first phase only; and back."""
    station = _charging()
    whole = station.meter(1)
    station.set_phases(1, 1)
    station.advance(5)
    single = station.meter(1)
    assert single.current_a[0] > 0
    assert single.current_a[1:] == (0, 0)
    assert single.power_offered_w == whole.power_offered_w / 3
    assert single.power_w <= single.power_offered_w
    station.set_phases(1, None)
    station.advance(5)
    assert station.meter(1).power_w == whole.power_w


def test_a_restart_connects_all_phases() -> None:
    """As it takes limits away."""
    station = _charging()
    station.set_phases(1, 1)
    station.restart()
    assert station.meter(1).power_offered_w == 3 * 230 * Decimal(32)


_FIXED = StationLayout((EvseLayout(1, AcSupply(3, can_switch_phases=False), (ConnectorLayout(1, "sType2"),)),))


@pytest.mark.parametrize(
    ("station", "phases"),
    [
        (lambda: SimulatedStation(layout("ac-22-single")), 4),
        (lambda: SimulatedStation(layout("ac-22-single")), 0),
        (lambda: SimulatedStation(layout("dc-50-ccs")), 1),
        (lambda: SimulatedStation(layout("wallbox-7")), 1),
        (lambda: SimulatedStation(_FIXED), 1),
    ],
    ids=["too-many", "none", "direct-current", "has-one-only", "cannot-switch"],
)
def test_phases_that_cannot_be_had(station: Callable[[], SimulatedStation], phases: int) -> None:
    """That is our mistake; all there are can always be asked for."""
    made = station()
    with pytest.raises(MisuseError):
        made.set_phases(1, phases)
    made.set_phases(1, None)


def test_any_phase_where_the_outlet_can_choose() -> None:
    """Current on that one alone; a restart goes back to all."""
    station = _charging("ac-22-phases")
    station.set_phases(1, 1, 3)
    station.advance(5)
    assert [amps > 0 for amps in station.meter(1).current_a] == [False, False, True]
    station.restart()
    assert station.meter(1).power_offered_w == 3 * 230 * Decimal(32)


@pytest.mark.parametrize(
    ("name", "phases", "phase"), [("ac-22-phases", 1, 4), ("ac-22-phases", 3, 2), ("ac-22-single", 1, 2)]
)
def test_a_phase_that_cannot_be_had(name: str, phases: int, phase: int) -> None:
    with pytest.raises(MisuseError):
        SimulatedStation(layout(name)).set_phases(1, phases, phase)
