"""Composite schedules against an oracle that looks at every second by itself: a thousand made-up stations with stacks of profiles."""

from __future__ import annotations

import pytest

from tests.support.composite_oracle import Stack, disagreements

BATCHES, OF = 5, 200
"""100,000 of them: `python -m benchmarks.composite_oracle`."""


@pytest.mark.req("K08.FR.04", "K01.FR.17", "K02.FR.04", "K02.FR.08", "1.6:3.13.2", "1.6:3.13.3")
@pytest.mark.parametrize("batch", range(BATCHES))
def test_schedules_agree_with_the_rules_second_by_second(batch: int) -> None:
    """No second differs, and no period begins where nothing changes."""
    first = batch * OF
    found = {seed: wrong[0] for seed in range(first, first + OF) if (wrong := disagreements(Stack.random(seed)))}
    assert not found


def test_the_stacks_are_worth_comparing() -> None:
    """All purposes, kinds, several outlets, DC and AC, and schedules that change within the window occur among them."""
    stacks = [Stack.random(seed) for seed in range(OF)]
    profiles = [profile for stack in stacks for profile in stack.profiles]
    assert len({profile.purpose for profile in profiles}) == 6
    assert len({profile.kind for profile in profiles}) == 4
    assert {len(stack.outlets) for stack in stacks} == {1, 2, 3}
    assert {outlet.phases for stack in stacks for outlet in stack.outlets} == {0, 1, 3}
    moved = [stack for stack in stacks if len({stack.at(stack.now + n) for n in range(stack.seconds)}) > 1]
    assert len(moved) > OF // 2
