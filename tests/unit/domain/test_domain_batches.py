"""How many entries go into a message."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.domain.device_model import (
    AttributeType,
    ComponentVariable,
    VariableName,
    VariableQuery,
    VariableResult,
    VariableSetting,
    VariableStatus,
)
from pilotwire.domain.device_model.batches import (
    FRAME_BYTES,
    Limits,
    in_batches,
    limit_of,
    paired,
    query_bytes,
    setting_bytes,
    wanted_bytes,
)

A = VariableName(component="A", component_instance="i", variable="V", evse=1, connector=2)


@pytest.mark.req("B05.FR.11", "B06.FR.05")
@given(
    st.lists(st.integers(1, 90), max_size=30),
    st.none() | st.integers(1, 5),
    st.none() | st.integers(FRAME_BYTES, FRAME_BYTES + 200),
)
def test_batches_keep_the_limits_and_the_order(sizes: list[int], items: int | None, most: int | None) -> None:
    """Nothing is lost; no batch is too large, unless one entry alone is."""
    batches = in_batches(sizes, Limits(items=items, bytes=most), lambda size: size)
    assert [size for batch in batches for size in batch] == sizes
    for batch in batches:
        assert batch
        assert items is None or len(batch) <= items
        assert most is None or len(batch) == 1 or FRAME_BYTES + sum(batch) + len(batch) <= most


@pytest.mark.req("B05.FR.13")
def test_the_same_variable_is_never_twice_in_a_message() -> None:
    """Later ones go into the next message."""
    assert in_batches("aba", Limits(), len, str) == (("a", "b"), ("a",))


def test_sizes_are_those_on_the_wire() -> None:
    """As compact JSON."""
    component = {"name": "A", "instance": "i", "evse": {"id": 1, "connectorId": 2}}
    entry = {"component": component, "variable": {"name": "V"}, "attributeType": "Target"}
    query = VariableQuery(name=A, attribute=AttributeType.TARGET)
    assert query_bytes(query) == len(json.dumps(entry, separators=(",", ":")))
    setting = VariableSetting(name=A, attribute=AttributeType.TARGET, value="ü")
    assert setting_bytes(setting) == query_bytes(query) + len(',"attributeValue":"ü"'.encode())
    assert wanted_bytes(ComponentVariable(component="A", variable="V")) == len(
        '{"component":{"name":"A"},"variable":{"name":"V"}}'
    )


def test_results_find_their_entries() -> None:
    """In any order and case; an entry without a result is left out."""
    b = VariableName(component="B", variable="V")
    entries = [
        VariableQuery(name=A),
        VariableQuery(name=b),
        VariableQuery(name=VariableName(component="C", variable="V")),
    ]
    results = [
        VariableResult(name=VariableName(component="b", variable="v"), status=VariableStatus.ACCEPTED),
        VariableResult(name=A, status=VariableStatus.REJECTED),
    ]
    statuses = [(entry.name, result.status) for entry, result in paired(entries, results)]
    assert statuses == [(A, VariableStatus.REJECTED), (b, VariableStatus.ACCEPTED)]


@pytest.mark.parametrize(
    ("text", "limit"), [("5", 5), (" 7 ", 7), ("0", None), ("x", None), (None, None), ("-1", None)]
)
def test_limits_as_stations_tell_them(text: str | None, limit: int | None) -> None:
    """What is no limit counts as none."""
    assert limit_of(text) == limit
