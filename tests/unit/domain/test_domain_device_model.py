"""Which variables a name in a report means: what is left out stands for all there are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.domain.device_model import ComponentVariable, VariableName

NAME = VariableName(
    component="Connector",
    component_instance="left",
    evse=1,
    connector=2,
    variable="ItemsPerMessage",
    variable_instance="GetReport",
)
EXACTLY: dict[str, Any] = {
    "component_instance": "left",
    "evse": 1,
    "connector": 2,
    "variable": "ItemsPerMessage",
    "variable_instance": "GetReport",
}
OTHER: dict[str, Any] = {
    "component_instance": "right",
    "evse": 2,
    "connector": 1,
    "variable": "Items",
    "variable_instance": "GetVariables",
}


@given(st.sets(st.sampled_from(sorted(EXACTLY))))
def test_a_name_with_parts_left_out_covers_the_variable(left_out: set[str]) -> None:
    """Whichever they are."""
    said = {part: value for part, value in EXACTLY.items() if part not in left_out}
    assert ComponentVariable(component="Connector", **said).covers(NAME)


@pytest.mark.parametrize("part", sorted(EXACTLY))
def test_one_part_that_differs_is_enough(part: str) -> None:
    """Also where the variable has no such part."""
    assert not ComponentVariable(component="Connector", **EXACTLY | {part: OTHER[part]}).covers(NAME)
    bare = VariableName(component="Connector", variable="ItemsPerMessage")
    assert ComponentVariable(component="Connector", **{part: EXACTLY[part]}).covers(bare) is (part == "variable")


def test_names_are_compared_without_regard_to_case() -> None:
    """All three kinds of them (identifierString)."""
    shouted = {part: value.upper() if isinstance(value, str) else value for part, value in EXACTLY.items()}
    assert ComponentVariable(component="CONNECTOR", **shouted).covers(NAME)
    assert not ComponentVariable(component="EVSE", **EXACTLY).covers(NAME)
