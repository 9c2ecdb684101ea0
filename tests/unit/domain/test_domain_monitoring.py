"""Pure rules of monitoring: batches of messages, and chains of causes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.dialects.ocpp21 import DIALECT
from pilotwire.domain.device_model import VariableName
from pilotwire.domain.monitoring import (
    ClearMonitors,
    MonitorSetting,
    MonitorType,
    SetMonitors,
    StreamParams,
    cause_chain,
    in_batches,
    size_of_id,
    size_of_setting,
)
from pilotwire.ocpp import registry


def _frame(command: SetMonitors | ClearMonitors) -> bytes:
    (request,) = DIALECT.write_command(command)
    return b'[2,"%s","%s",%s]' % (b"0" * 36, registry.action_of(request).name.encode(), registry.encode(request))


@pytest.mark.req("N06.FR.04")
@given(st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=60), st.integers(1, 9), st.integers(150, 400))
def test_ids_stay_within_what_a_station_takes(ids: list[int], most: int, most_bytes: int) -> None:
    """In number and in bytes, none is lost, and their order stays."""
    batches = in_batches(ids, size_of_id, most=most, most_bytes=most_bytes)
    assert [each for batch in batches for each in batch] == ids
    assert all(0 < len(batch) <= most for batch in batches)
    assert all(len(_frame(ClearMonitors(monitor_ids=batch))) <= most_bytes for batch in batches)


_texts = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=50)
_settings = st.builds(
    MonitorSetting,
    name=st.builds(
        VariableName,
        component=_texts,
        variable=_texts,
        component_instance=st.none() | _texts,
        variable_instance=st.none() | _texts,
        evse=st.integers(1, 2**31 - 1),
        connector=st.integers(1, 2**31 - 1),
    ),
    type=st.sampled_from(MonitorType),
    value=st.decimals(-(10**12), 10**12, places=6),
    severity=st.integers(0, 9),
    monitor_id=st.integers(0, 2**31 - 1),
    transaction=st.booleans(),
    stream=st.none() | st.builds(StreamParams, interval=st.just(2**31 - 1), values=st.just(2**31 - 1)),
)


@given(st.lists(_settings, min_size=1, max_size=4))
def test_a_monitor_takes_no_more_bytes_than_is_reckoned(settings: list[MonitorSetting]) -> None:
    """Whatever it is called: names are reckoned as they are escaped."""
    reckoned = sum(map(size_of_setting, settings))
    (batch,) = in_batches(settings, size_of_setting, most=None, most_bytes=reckoned + 120)
    assert len(_frame(SetMonitors(settings=batch))) <= reckoned + 120


@pytest.mark.req("N04.FR.09")
def test_what_is_too_long_goes_alone() -> None:
    """The station says what it thinks of it."""
    name = VariableName(component="Controller", variable="Temperature")
    setting = MonitorSetting(name=name, type=MonitorType.DELTA, value=Decimal(1))
    assert in_batches([setting] * 3, size_of_setting, most=None, most_bytes=10) == ((setting,),) * 3
    assert in_batches([setting] * 3, size_of_setting, most=2, most_bytes=None) == ((setting,) * 2, (setting,))


def test_causes_lead_to_where_it_began() -> None:
    """Also when a station goes round in circles."""
    causes = {3: 2, 2: 1, 1: None, 8: 9, 9: 8}
    assert cause_chain(3, causes.get) == (3, 2, 1)
    assert cause_chain(None, causes.get) == ()
    assert cause_chain(77, causes.get) == (77,)
    assert cause_chain(8, causes.get) == (8, 9)
