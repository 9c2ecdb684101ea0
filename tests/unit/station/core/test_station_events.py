"""Events of a station: faults that are told without a monitor, what waits while the line is down, and in which order (N07)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain import monitoring as mon
from pilotwire.domain.availability import ConnectorStatus
from pilotwire.domain.device_model import VariableName
from pilotwire.domain.provisioning import TriggerMessage
from tests.support.station_world import StationWorld

STATE = VariableName(component="EVSE", variable="AvailabilityState", evse=1)


def _monitor(world: StationWorld, severity: int = 5, name: VariableName = STATE) -> int:
    setting = mon.MonitorSetting(name=name, type=mon.MonitorType.DELTA, value=Decimal(1), severity=severity)
    outcome = world.command(mon.SetMonitors(settings=(setting,)))
    assert isinstance(outcome, mon.SetMonitorsOutcome)
    number = outcome.results[0].monitor_id
    assert number is not None
    return number


def _events(world: StationWorld) -> list[mon.DeviceEvent]:
    facts: list[Any] = list(world.csms.of(mon.EventsTold))
    return [event for fact in facts for event in fact.events]


def _fault(
    world: StationWorld, code: str = "HIGH_TEMPERATURE", evse: int | None = 1, connector: int | None = 1
) -> None:
    world.does(world.hardware.raise_fault(code, evse, connector, info="hot"))


def _mend(world: StationWorld, code: str = "HIGH_TEMPERATURE", evse: int | None = 1, connector: int | None = 1) -> None:
    world.does(world.hardware.clear_fault(code, evse, connector))


def _told(world: StationWorld) -> list[tuple[str, str, bool]]:
    return [(str(event.name), event.value, event.cleared) for event in _events(world)]


# --- faults ---------------------------------------------------------------------------------------------------------


@pytest.mark.req("N07.FR.21")
def test_a_fault_and_its_end() -> None:
    world = StationWorld()
    _fault(world)
    _mend(world)
    raised, over = _events(world)
    assert (raised.name.component, raised.name.variable, raised.name.evse, raised.name.connector) == (
        "Connector",
        "Problem",
        1,
        1,
    )
    assert (raised.trigger, raised.notification) == (
        mon.EventTrigger.ALERTING,
        mon.EventNotification.HARD_WIRED_NOTIFICATION,
    )
    assert (raised.value, raised.cleared, raised.severity, raised.monitor_id) == ("true", False, 2, None)
    assert (raised.tech_code, raised.tech_info) == ("HighTemperature", "hot")
    assert (over.value, over.cleared, over.severity) == ("false", True, 2)
    assert over.event_id == raised.event_id + 1


@pytest.mark.parametrize(
    ("place", "component"),
    [((None, None), "ChargingStation"), ((1, None), "EVSE"), ((1, 1), "Connector")],
    ids=["station", "evse", "connector"],
)
def test_the_place_of_a_fault(place: tuple[int | None, int | None], component: str) -> None:
    world = StationWorld()
    _fault(world, "READER_FAILURE", *place)
    (event,) = _events(world)
    assert (event.name.component, event.name.evse, event.name.connector, event.severity) == (component, *place, 4)


def test_a_place_is_well_again_when_nothing_is_wrong_there_any_more() -> None:
    world = StationWorld()
    _fault(world)
    _fault(world, "GROUND_FAILURE")
    _mend(world)
    _mend(world, "GROUND_FAILURE")
    assert [(value, cleared) for _, value, cleared in _told(world)] == [
        ("true", False),
        ("true", False),
        ("true", False),
        ("false", True),
    ]
    assert [event.severity for event in _events(world)] == [2, 0, 2, 0]


def test_emergency_stop_and_mains() -> None:
    world = StationWorld()
    world.does(world.hardware.press_emergency_stop())
    world.does(world.hardware.release_emergency_stop())
    assert _told(world) == [("ChargingStation.Problem", "true", False), ("ChargingStation.Problem", "false", True)]


@pytest.mark.req("N07.FR.05", "N07.FR.20")
def test_a_fault_is_the_cause_of_what_follows_from_it() -> None:
    world = StationWorld()
    number = _monitor(world)
    _fault(world)
    fault, state = _events(world)
    assert (state.monitor_id, state.value, state.cause) == (number, "Faulted", fault.event_id)
    assert state.severity == 5
    _mend(world)
    assert [event.cause for event in _events(world)[2:]] == [None, None]


def test_a_fault_is_told_once_over_a_restart() -> None:
    """Told before it, it is not told again after it; mended meanwhile, its end is told."""
    world = StationWorld()
    _fault(world)
    world.kill()
    assert len(_events(world)) == 1
    world.hardware.clear_fault("HIGH_TEMPERATURE", 1, 1)
    world.kill()
    assert [(value, cleared) for _, value, cleared in _told(world)] == [("true", False), ("false", True)]


# --- what is told ---------------------------------------------------------------------------------------------------


@pytest.mark.req("N05.FR.03", "N07.FR.15")
def test_too_slight_for_the_level() -> None:
    """The state found when the level changes again is told then."""
    world = StationWorld()
    _monitor(world, severity=8)
    world.command(mon.SetMonitoringLevel(severity=7))
    world.plug()
    assert _events(world) == []
    world.command(mon.SetMonitoringLevel(severity=8))
    assert [event.value for event in _events(world)] == ["Occupied"]


@pytest.mark.req("N07.FR.04")
def test_what_waits_while_the_line_is_down() -> None:
    """Severe enough: each change waits. Slighter: only how things stand is told afterwards."""
    world = StationWorld(variables={"MonitoringCtrlr.OfflineQueuingSeverity": "4"})
    severe, slight = _monitor(world, severity=4), _monitor(world, severity=5)
    world.cut()
    car = world.plug()
    world.unplug()
    world.plug(car=car)
    world.pass_time(5)
    world.connect()
    told = [(event.monitor_id, event.value) for event in _events(world)]
    assert told[:3] == [(severe, "Occupied"), (severe, "Available"), (severe, "Occupied")]
    assert told[3:] == [(slight, "Occupied")]


def test_everything_waits_if_all_messages_are_queued() -> None:
    world = StationWorld(variables={"OCPPCommCtrlr.QueueAllMessages": "true"})
    _monitor(world, severity=9)
    world.cut()
    world.plug()
    world.unplug()
    world.connect()
    assert [event.value for event in _events(world)] == ["Occupied", "Available"]


def test_events_that_wait_survive_a_power_failure() -> None:
    world = StationWorld()
    _monitor(world)
    world.cut()
    world.plug()
    world.kill()
    world.connect()
    assert next(event.value for event in _events(world)) == "Occupied"


def test_what_got_no_answer_before_the_line_broke_is_told_again() -> None:
    world = StationWorld()
    _monitor(world)
    world.csms.silent = lambda fact: isinstance(fact, mon.EventsTold)
    world.plug()
    world.cut()
    world.csms.silent = lambda _: False
    world.connect()
    first, again = _events(world)
    assert first == again


def test_new_events_go_behind_those_that_wait() -> None:
    world = StationWorld()
    _monitor(world)
    world.cut()
    world.plug()
    world.csms.silent = lambda fact: isinstance(fact, mon.EventsTold)
    world.connect()
    world.unplug()
    assert [event.value for event in _events(world)] == ["Occupied"]
    world.csms.silent = lambda _: False
    world.time_out()
    world.pass_time(60)
    assert [event.value for event in _events(world)] == ["Occupied", "Occupied", "Available"]


def test_a_csms_that_knows_no_events_is_not_bothered_twice() -> None:
    world = StationWorld()
    _monitor(world)
    world.csms.refusing = lambda fact: "NotImplemented" if isinstance(fact, mon.EventsTold) else None
    world.cut()
    world.plug()
    world.connect()
    world.pass_time(300)
    assert len(_events(world)) == 1
    assert world.kept() == []


@pytest.mark.req("N07.FR.07")
def test_many_events_at_once_are_parted() -> None:
    world = StationWorld()
    name = VariableName(component="Connector", variable="AvailabilityState", evse=1, connector=1)
    for severity in range(10):
        _monitor(world, severity), _monitor(world, severity, name)
    _monitor(world, 3, VariableName(component="Connector", variable="Problem", evse=1, connector=1))
    _fault(world)
    facts: list[Any] = list(world.csms.of(mon.EventsTold))
    assert [(fact.seq_no, fact.more, len(fact.events)) for fact in facts] == [
        (0, False, 1),
        (0, True, 20),
        (1, False, 1),
    ]


def test_ids_of_events_are_never_given_twice() -> None:
    world = StationWorld()
    for _ in range(3):
        _fault(world)
        _mend(world)
        world.kill()
    ids = [event.event_id for event in _events(world)]
    assert ids == sorted(set(ids))
    assert len(ids) == 6


# --- states ---------------------------------------------------------------------------------------------------------


@pytest.mark.req("G01.FR.03", "G01.FR.04")
def test_states_as_events() -> None:
    """In place of StatusNotification, which a CSMS still gets when it asks for it."""
    world = StationWorld(states_as_events=True)
    world.command(mon.SetMonitoringLevel(severity=0))
    world.plug()
    world.unplug()
    told = [(event.name.component, event.value, event.trigger.value) for event in _events(world)]
    assert told == [("Connector", state, "Delta") for state in ("Available", "Occupied", "Available")]
    assert [fact for fact in world.csms.of(ConnectorStatus) if not fact.address.is_station] == []  # type: ignore[attr-defined]
    world.command(TriggerMessage(message="StatusNotification"))
    assert [fact for fact in world.csms.of(ConnectorStatus) if not fact.address.is_station] != []  # type: ignore[attr-defined]
