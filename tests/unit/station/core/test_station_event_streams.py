"""Streams of values (N11 to N15): when they are opened and closed, and how values are put into messages."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain import monitoring as mon
from pilotwire.domain.device_model import VariableName
from pilotwire.domain.kinds import Fact, Verdict
from tests.support.station_world import StationWorld
from tests.support.wire_station import WireStation

STATE = VariableName(component="EVSE", variable="AvailabilityState", evse=1)
EVERY_10 = mon.StreamParams(interval=10)


class _World(StationWorld):
    """Its CSMS takes part in streams, unless `takes_part` says otherwise."""

    def __init__(self, takes_part: Callable[[], bool] = lambda: True, **settings: Any) -> None:
        super().__init__(**settings)
        usual = self.csms.verdict

        def verdict(fact: Fact, now: Any) -> Verdict:
            return mon.StreamVerdict(accepted=takes_part()) if isinstance(fact, mon.StreamOpened) else usual(fact, now)

        self.csms.verdict = verdict  # type: ignore[method-assign]

    def monitor(self, stream: mon.StreamParams | None, **more: Any) -> int:
        """Set a periodic monitor, one value a second; its id."""
        (result,) = self.results(stream, **more)
        assert result.monitor_id is not None
        return result.monitor_id

    def results(self, stream: mon.StreamParams | None, **more: Any) -> tuple[mon.SetMonitorResult, ...]:
        """The same, with what became of it."""
        fields: dict[str, Any] = {"type": mon.MonitorType.PERIODIC, "value": Decimal(1), "stream": stream} | more
        outcome = self.command(mon.SetMonitors(settings=(mon.MonitorSetting(name=STATE, **fields),)))
        assert isinstance(outcome, mon.SetMonitorsOutcome)
        return outcome.results

    def lots(self) -> list[tuple[int, int, float]]:
        """Of each message: how many values it has, how many are left, and the offset of the last."""
        facts: list[Any] = self.csms.of(mon.StreamValuesTold)
        return [(len(fact.values), fact.pending, float(fact.values[-1].offset)) for fact in facts]

    def said(self, *kinds: type[Fact]) -> list[str]:
        """The kinds of what was said, of these."""
        return [type(fact).__name__ for fact in self.csms.of(*kinds)]

    @property
    def streams(self) -> tuple[mon.EventStream, ...]:
        """Those that are open."""
        outcome = self.command(mon.GetEventStreams())
        assert isinstance(outcome, mon.EventStreamsOutcome)
        return outcome.streams


@pytest.mark.req("N11.FR.01", "N11.FR.02", "N12.FR.01", "N15.FR.06", "N15.FR.09")
def test_values_come_in_lots() -> None:
    world = _World()
    number = world.monitor(EVERY_10)
    (opened,) = world.csms.of(mon.StreamOpened)
    stream = mon.EventStream(stream_id=number, monitor_id=number, params=EVERY_10)
    assert opened == mon.StreamOpened(stream=stream)
    assert world.streams == (stream,)
    world.pass_time(30)
    assert world.lots() == [(10, 0, 9.0)] * 3
    assert world.csms.of(mon.EventsTold) == []


@pytest.mark.req("N15.FR.07", "N15.FR.08")
@pytest.mark.parametrize(
    ("params", "lots"),
    [
        pytest.param(mon.StreamParams(values=4), [(4, 0, 3.0)] * 5, id="values"),
        pytest.param(mon.StreamParams(values=8, interval=5), [(5, 0, 4.0)] * 4, id="interval first"),
        pytest.param(mon.StreamParams(values=3, interval=5), [(3, 0, 2.0)] * 6, id="values first"),
    ],
)
def test_pace(params: mon.StreamParams, lots: list[tuple[int, int, float]]) -> None:
    world = _World()
    world.monitor(params)
    world.pass_time(20)
    assert world.lots() == lots


@pytest.mark.req("N15.FR.04")
def test_how_many_are_left_is_told() -> None:
    """What gathers while the line is down comes in lots, one after the other."""
    world = _World()
    world.monitor(mon.StreamParams(values=5))
    world.cut()
    world.pass_time(12)
    world.connect()
    assert world.lots() == [(5, 7, 4.0), (5, 2, 4.0)]


@pytest.mark.req("N11.FR.07")
def test_a_csms_that_does_not_take_part_gets_events() -> None:
    world = _World(lambda: False)
    world.monitor(EVERY_10)
    assert world.streams == ()
    world.pass_time(5)
    assert len(world.csms.of(mon.EventsTold)) == 5
    assert world.lots() == []


def test_a_csms_that_refuses_the_message_gets_events() -> None:
    world = _World()
    world.csms.refusing = lambda fact: "NotImplemented" if isinstance(fact, mon.StreamOpened) else None
    world.monitor(EVERY_10)
    world.pass_time(2)
    assert len(world.csms.of(mon.EventsTold)) == 2
    assert len(world.csms.of(mon.StreamOpened)) == 1


@pytest.mark.req("N13.FR.01", "N13.FR.03", "N13.FR.05")
def test_a_stream_ends_with_its_monitor() -> None:
    world = _World()
    number = world.monitor(EVERY_10)
    world.pass_time(14)
    world.command(mon.ClearMonitors(monitor_ids=(number,)))
    assert world.said(mon.StreamValuesTold, mon.StreamClosed) == [
        "StreamValuesTold",
        "StreamValuesTold",
        "StreamClosed",
    ]
    assert world.lots() == [(10, 0, 9.0), (4, 0, 3.0)]
    assert world.streams == ()


@pytest.mark.req("N13.FR.04", "N13.FR.06")
def test_a_monitor_without_its_stream_tells_events_again() -> None:
    world = _World()
    number = world.monitor(EVERY_10)
    world.monitor(None, monitor_id=number)
    assert world.said(mon.StreamClosed) == ["StreamClosed"]
    world.pass_time(3)
    assert len(world.csms.of(mon.EventsTold)) == 3


@pytest.mark.req("N14.FR.02", "N14.FR.03")
def test_another_pace() -> None:
    world = _World()
    number = world.monitor(EVERY_10)
    twice = mon.StreamParams(interval=5)
    accepted = mon.AdjustEventStreamOutcome(status=mon.MonitoringAnswer.ACCEPTED)
    rejected = mon.AdjustEventStreamOutcome(status=mon.MonitoringAnswer.REJECTED)
    assert world.command(mon.AdjustEventStream(stream_id=number, params=twice)) == accepted
    assert world.command(mon.AdjustEventStream(stream_id=number, params=mon.StreamParams(interval=0))) == rejected
    assert world.command(mon.AdjustEventStream(stream_id=number + 1, params=twice)) == rejected
    world.pass_time(10)
    assert world.lots() == [(5, 0, 4.0)] * 2


@pytest.mark.req("N11.FR.03")
def test_streams_are_opened_again_after_a_restart() -> None:
    setting = mon.MonitorSetting(
        name=STATE, type=mon.MonitorType.PERIODIC, value=Decimal(5), severity=1, stream=EVERY_10
    )
    world = _World(hard_wired_monitors=(setting,))
    number = world.monitor(EVERY_10)
    world.kill()
    assert [stream.monitor_id for stream in world.streams] == [1, number]
    assert len(world.csms.of(mon.StreamOpened)) == 4


def test_as_many_streams_as_there_is_room_for() -> None:
    world = _World()
    params = mon.StreamParams(interval=10)
    statuses = [world.results(params, type=kind, severity=s)[0].status for kind in _KINDS for s in range(6)]
    assert statuses == [mon.SetMonitorStatus.ACCEPTED] * 10 + [mon.SetMonitorStatus.REJECTED] * 2
    assert len(world.streams) == 10


_KINDS = (mon.MonitorType.PERIODIC, mon.MonitorType.DELTA)


def test_changes_go_by_the_stream_too() -> None:
    world = _World()
    world.monitor(EVERY_10, type=mon.MonitorType.DELTA)
    world.plug()
    world.pass_time(10)
    assert world.lots() == [(1, 0, 0.0)]


def test_on_the_wire() -> None:
    """As the messages of 2.1 have it."""
    station = WireStation("2.1")
    data = {
        "component": {"name": "EVSE", "evse": {"id": 1}},
        "variable": {"name": "AvailabilityState"},
        "type": "Periodic",
        "value": 1,
        "severity": 5,
        "periodicEventStream": {"interval": 5},
    }
    usual = station.script.usual

    def answers(action: str, request: Any, now: Any) -> dict[str, Any]:
        return {"status": "Accepted"} if action == "OpenPeriodicEventStream" else usual(action, request, now)

    station.script.usual = answers  # type: ignore[method-assign]
    (result,) = station.ask("SetVariableMonitoring", setMonitoringData=[data]).set_monitoring_result
    station.pass_time(5)
    (told,) = station.all("NotifyPeriodicEventStream")
    assert (told.id, told.pending, [element.v for element in told.data]) == (result.id, 0, ["Available"] * 5)
    (stream,) = station.ask("GetPeriodicEventStream").constant_stream_data
    assert (stream.id, stream.params.interval) == (result.id, 5)
    adjusted = station.ask("AdjustPeriodicEventStream", id=result.id, params={"values": 2})
    assert adjusted.status == "Accepted"
    station.ask("ClearVariableMonitoring", id=[result.id])
    assert [closed.id for closed in station.all("ClosePeriodicEventStream")] == [result.id]
