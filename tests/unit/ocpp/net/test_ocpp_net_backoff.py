"""Waiting before a reconnect (J2:5.3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.errors import ConfigError
from pilotwire.ocpp.net.backoff import RetryBackOff

back_offs = st.builds(RetryBackOff, st.integers(0, 3600), st.integers(0, 10), st.integers(0, 3600))
randoms = st.floats(0, 1, exclude_max=True)


@pytest.mark.req("J2:5.3")
def test_the_wait_doubles_repeat_times_and_then_stays() -> None:
    """With RetryBackOffRepeatTimes 2: the minimum, twice, four times, four times, ..."""
    back_off = RetryBackOff(wait_minimum=5, repeat_times=2, random_range=0)
    assert [back_off.delay(attempt, 0.9) for attempt in range(5)] == [5, 10, 20, 20, 20]


@pytest.mark.req("J2:5.3")
def test_a_new_random_part_is_added_to_every_wait_and_not_doubled() -> None:
    """The random part is at most RetryBackOffRandomRange, from the first wait on."""
    back_off = RetryBackOff(wait_minimum=5, repeat_times=2, random_range=8)
    assert [back_off.delay(attempt, 0.5) for attempt in range(4)] == [9, 14, 24, 24]


@given(back_offs, st.integers(0, 10_000), randoms)
def test_every_wait_lies_between_its_step_and_the_step_plus_the_range(
    back_off: RetryBackOff, attempt: int, random: float
) -> None:
    """Whatever the settings, however long the outage."""
    step = back_off.wait_minimum * 2 ** min(attempt, back_off.repeat_times)
    assert step <= back_off.delay(attempt, random) <= step + back_off.random_range


@pytest.mark.parametrize("name", ["wait_minimum", "repeat_times", "random_range"])
def test_negative_settings_are_refused_by_name(name: str) -> None:
    """A ConfigError names the variable."""
    with pytest.raises(ConfigError, match=name):
        RetryBackOff(**{name: -1})
