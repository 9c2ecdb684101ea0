"""Charge point under test, 1.6: what happens without a connection, and what is told afterwards."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from pilotwire.domain.authorization import AuthorizationStatus
from pilotwire.ocpp import v16
from tests.support.station_world import not_accepted
from tests.support.world16 import World16, names, only, shown


def _offline_session(world: World16, id_tag: str = "DORA") -> None:
    """The line is cut, and somebody nobody knows yet begins to charge."""
    world.configure(LocalAuthorizeOffline="true", AllowOfflineTxForUnknownId="true", AuthorizationCacheEnabled="true")
    world.fresh()
    world.cut()
    world.plug()
    world.tap(id_tag)
    world.pass_time(30)
    assert world.hardware.contactor_closed(1)
    assert world.fresh() == []


@pytest.mark.req("1.6:3.7", "1.6:4.7")
def test_tc_036_cs() -> None:
    """The line is cut while charging: all samples come afterwards, in order, before any new one."""
    interval = 20
    world = World16()
    world.configure(MeterValueSampleInterval=str(interval))
    number = world.charge()
    world.pass_time(2 * interval)
    world.fresh()
    world.cut()
    world.pass_time(5 * interval)
    assert world.fresh() == []
    back_at = world.now
    world.connect()
    queued = [values.meter_value[0].timestamp for values in only(v16.MeterValuesRequest, world.fresh())]
    assert len(queued) == 5
    assert max(queued) <= back_at
    world.pass_time(2 * interval)
    said = world.said(v16.MeterValuesRequest)
    assert {values.transaction_id for values in said} == {number}
    stamps = [values.meter_value[0].timestamp for values in said]
    assert len(stamps) == 9
    assert {later - earlier for earlier, later in pairwise(stamps)} == {timedelta(seconds=interval)}


@pytest.mark.req("1.6:3.5", "1.6:3.5.4", "1.6:4.8")
def test_tc_037_1_cs() -> None:
    """Started without a line, with a good idTag: told when the line is back, and charging goes on."""
    world = World16()
    world.csms.tokens["DORA"] = world.csms.tokens["CARL"]
    _offline_session(world)
    plugged_at = world.now - timedelta(seconds=30)
    world.connect()
    world.pass_time(5)
    told = world.fresh()
    (start,) = only(v16.StartTransactionRequest, told)
    assert (start.connector_id, start.id_tag, start.timestamp) == (1, "DORA", plugged_at)
    assert shown(told)[-1] == "Charging"
    assert only(v16.StopTransactionRequest, told) == []


@pytest.mark.req("1.6:3.5.4", "1.6:4.8")
def test_tc_037_2_cs() -> None:
    """Started without a line, with a bad idTag: the energy ends, the transaction does not."""
    world = World16()
    world.configure(StopTransactionOnInvalidId="false")
    world.csms.tokens["DORA"] = not_accepted(AuthorizationStatus.INVALID)
    _offline_session(world)
    world.connect()
    world.pass_time(5)
    told = world.fresh()
    assert len(only(v16.StartTransactionRequest, told)) == 1
    assert shown(told) == ["Charging", "SuspendedEVSE"]
    assert only(v16.StopTransactionRequest, told) == []
    assert not world.hardware.contactor_closed(1)


@pytest.mark.req("1.6:3.5.4", "1.6:4.8", "1.6:4.10")
def test_tc_037_3_cs() -> None:
    """Started without a line, with a bad idTag: the transaction ends."""
    world = World16()
    world.configure(StopTransactionOnInvalidId="true")
    world.csms.tokens["DORA"] = not_accepted(AuthorizationStatus.INVALID)
    _offline_session(world)
    world.connect()
    world.pass_time(5)
    told = world.fresh()
    assert len(only(v16.StartTransactionRequest, told)) == 1
    (stop,) = only(v16.StopTransactionRequest, told)
    assert (stop.reason, stop.transaction_id) == ("DeAuthorized", 100)
    assert shown(told) == ["Charging", "Finishing"]
    assert not world.hardware.contactor_closed(1)


@pytest.mark.req("1.6:3.7", "1.6:4.10")
def test_tc_038_cs() -> None:
    """Stopped without a line."""
    world = World16()
    number = world.charge()
    world.cut()
    world.pass_time(30)
    stopped_at = world.now
    world.tap("ANNA")
    world.pass_time(30)
    assert world.fresh() == []
    world.connect()
    told = world.fresh()
    (stop,) = only(v16.StopTransactionRequest, told)
    assert stop.reason in ("Local", None)
    assert (stop.transaction_id, stop.timestamp) == (number, stopped_at)
    assert shown(told)[-1] == "Finishing"


@pytest.mark.req("1.6:3.5.4", "1.6:3.7", "1.6:4.8", "1.6:4.10")
def test_tc_039_cs() -> None:
    """A whole session without a line: start and stop, in order, with the name the central system gave."""
    world = World16()
    world.csms.tokens["DORA"] = world.csms.tokens["CARL"]
    _offline_session(world)
    world.tap("DORA")
    world.unplug()
    world.pass_time(60)
    assert world.fresh() == []
    world.connect()
    told = world.fresh()
    assert [one for one in names(told) if one in ("StartTransactionRequest", "StopTransactionRequest")] == [
        "StartTransactionRequest",
        "StopTransactionRequest",
    ]
    (start,), (stop,) = only(v16.StartTransactionRequest, told), only(v16.StopTransactionRequest, told)
    assert stop.reason in ("Local", None)
    assert (stop.transaction_id, stop.id_tag) == (100, start.id_tag)
    assert stop.meter_stop > start.meter_start
    assert stop.timestamp > start.timestamp
