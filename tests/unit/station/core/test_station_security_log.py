"""Security events: which are logged, which are sent, and how long the log is kept."""

from __future__ import annotations

import pytest

from pilotwire.domain.device_model import SetVariables, VariableName, VariableSetting
from pilotwire.domain.security import CRITICAL_SECURITY_EVENTS, SecurityEvent
from pilotwire.station.core.logs_memory import SecurityLogMemory
from pilotwire.station.core.security import LONGEST_LOG
from pilotwire.station.core.security_log import ClearSecurityLog, SecurityIncident
from tests.support.station_world import StationWorld


def _logged(world: StationWorld) -> list[str]:
    saved = world.storage.load()
    assert saved is not None
    return [event.type for event in saved.part(SecurityLogMemory).events]


@pytest.mark.req("A04.FR.01", "A04.FR.04")
@pytest.mark.parametrize("kind", ["TamperDetectionActivated", "FailedToAuthenticateAtCsms"])
def test_all_are_logged_and_the_critical_ones_sent(kind: str) -> None:
    world = StationWorld()
    world.feed(SecurityIncident(kind, "as seen"))
    assert _logged(world) == ["StartupOfTheDevice", kind]
    assert (kind in world.security_events()) is (kind in CRITICAL_SECURITY_EVENTS)


@pytest.mark.req("A04.FR.02")
def test_what_happens_offline_is_sent_later_with_its_time() -> None:
    world = StationWorld()
    world.cut()
    at = world.now
    world.feed(SecurityIncident("TamperDetectionActivated"))
    world.pass_time(60)
    world.connect()
    events = [fact for fact in world.csms.heard if isinstance(fact, SecurityEvent)]
    assert (events[-1].type, events[-1].at) == ("TamperDetectionActivated", at)


@pytest.mark.req("A04.FR.04")
def test_a_station_that_sends_none_logs_them_all_the_same() -> None:
    world = StationWorld(security_events=False)
    assert world.security_events() == []
    assert _logged(world) == ["StartupOfTheDevice"]


def test_the_log_survives_and_rolls() -> None:
    world = StationWorld()
    for number in range(LONGEST_LOG + 5):
        world.feed(SecurityIncident("InvalidMessages", str(number)))
    world.kill()
    saved = world.storage.load()
    assert saved is not None
    events = saved.part(SecurityLogMemory).events
    assert (len(events), events[0].tech_info, events[-1].type) == (LONGEST_LOG, "6", "StartupOfTheDevice")


def test_a_log_that_was_cleared_says_so() -> None:
    world = StationWorld()
    world.feed(ClearSecurityLog())
    assert _logged(world) == ["SecurityLogWasCleared"]
    assert world.security_events()[-1] == "SecurityLogWasCleared"


@pytest.mark.parametrize(
    ("variable", "value"), [("BasicAuthPassword", "0123456789abcdef"), ("OrganizationName", "Another")]
)
def test_a_security_parameter_that_was_set_is_one_event_without_the_value(variable: str, value: str) -> None:
    world = StationWorld()
    name = VariableName(component="SecurityCtrlr", variable=variable)
    world.command(SetVariables(settings=(VariableSetting(name=name, value=value),)))
    saved = world.storage.load()
    assert saved is not None
    _, event = saved.part(SecurityLogMemory).events
    assert (event.type, (event.tech_info or "").casefold()) == (
        "ReconfigurationOfSecurityParameters",
        variable.casefold(),
    )


def test_an_outbox_that_is_full_is_told_once() -> None:
    world = StationWorld(outbox_limit=2, online=False)
    for _ in range(3):
        world.feed(SecurityIncident("TamperDetectionActivated"))
    assert _logged(world).count("MemoryExhaustion") == 1


def test_more_about_an_event_is_cut_where_the_message_has_no_room() -> None:
    world = StationWorld()
    world.feed(SecurityIncident("TamperDetectionActivated", "x" * 300))
    events = [fact for fact in world.csms.heard if isinstance(fact, SecurityEvent)]
    assert events[-1].tech_info == "x" * 255
