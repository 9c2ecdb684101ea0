"""Quantities with a power of ten."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.iso15118.quantities import physical, physical_din, plain, rational, scaled


@pytest.mark.parametrize(
    ("quantity", "multiplier", "value"),
    [
        (230, 0, 230),
        (0.5, -1, 5),
        (32.123, -3, 32123),
        (65_000, 1, 6500),
        (123_456, 1, 12346),
        (-7.25, -2, -725),
        (0, 0, 0),
        (32_767, 0, 32767),
        (32_768, 1, 3277),
        (1e9, 3, 32767),
    ],
)
def test_the_fewest_digits_that_lose_nothing(quantity: float, multiplier: int, value: int) -> None:
    assert scaled(quantity) == (multiplier, value)


@given(st.floats(-30_000_000, 30_000_000))
def test_what_is_written_is_read_to_four_digits(quantity: float) -> None:
    for written in (physical(quantity, "W"), physical_din(quantity, "W"), rational(quantity)):
        assert plain(written) == pytest.approx(quantity, rel=2e-4, abs=5e-4)


@pytest.mark.parametrize("quantity", [float("nan"), float("inf")])
def test_what_is_no_quantity(quantity: float) -> None:
    with pytest.raises(ValueError, match="no finite quantity"):
        physical(quantity, "A")
