"""The control pilot's arithmetic."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.station.hardware.simulated import duty_percent, offered_amps


@pytest.mark.parametrize(
    ("amps", "duty"),
    [("6", "10"), ("12", "20"), ("30", "50"), ("51", "85"), ("52", "85"), ("63", "89.2"), ("80", "96"), ("99", "96")],
)
def test_known_points_of_the_duty_cycle(amps: str, duty: str):
    """0.6 A a point up to 51 A, 2.5 A a point above, never more than 80 A."""
    assert duty_percent(Decimal(amps)) == Decimal(duty)


@pytest.mark.parametrize(
    ("duty", "amps"), [("5", 0), ("7", 0), ("8", 6), ("9.9", 6), ("96.5", 80), ("98", 0), ("100", 0)]
)
def test_duty_cycles_at_the_edges(duty: str, amps: int):
    """5 % is for high-level communication, 8 to 10 % is 6 A, above 97 % nothing is offered."""
    assert offered_amps(Decimal(duty)) == amps


@pytest.mark.parametrize("amps", ["0", "5.99"])
def test_less_than_six_ampere_is_a_steady_signal(amps: str):
    """There is no duty cycle for it."""
    assert duty_percent(Decimal(amps)) == 100


@given(st.decimals(6, 80, places=1))
def test_the_vehicle_never_reads_more_than_the_station_said(amps: Decimal):
    """Both directions agree, but for the gap from 51 to 52.5 A where it reads 51 A."""
    heard = offered_amps(duty_percent(amps))
    assert heard == pytest.approx(Decimal(51) if 51 < amps <= Decimal("52.5") else amps)
