"""No parser of bytes from outside raises anything but its own errors: a short look at each; `make fuzz` looks for longer."""

from __future__ import annotations

from random import Random

import pytest

from tests.fuzz.mutations import bad_input
from tests.fuzz.targets import TARGETS

TRIES = 150


@pytest.mark.parametrize("name", TARGETS)
def test_bad_input_gets_an_error_and_nothing_else(name: str) -> None:
    """The same inputs each time."""
    target, chance = TARGETS[name], Random(name)
    refused = 0
    for _ in range(TRIES):
        data = bad_input(target.seeds(), chance)
        try:
            target.feed(data)
        except target.errors:
            refused += 1
        except Exception as error:
            pytest.fail(f"{name} raised {type(error).__name__} ({error}) for {data!r}")
    assert not target.errors or refused, "not one bad input was noticed: the parser was not fed"
