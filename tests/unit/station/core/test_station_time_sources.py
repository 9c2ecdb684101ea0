"""Which source sets the clock: the order of TimeSource, NTP servers that answer or do not, the CSMS, the machine's own clock."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pilotwire.domain import device_model as dm
from pilotwire.domain.provisioning import Heartbeat
from pilotwire.station.core.time_sources import ASKED_AGAIN, ASKED_EVERY, AskTime, TimeHeard, server_of
from tests.support.station_world import StationWorld

SERVERS = {"ClockCtrlr.NtpServerUri[1]": "one.example", "ClockCtrlr.NtpServerUri[2]": "two.example:1123"}
AHEAD = timedelta(hours=3)


def _world(order: str, *, online: bool = False, **more: object) -> StationWorld:
    return StationWorld(online=online, variables={"ClockCtrlr.TimeSource": order, **SERVERS}, **more)


def _tells(world: StationWorld, offset: timedelta) -> None:
    world.job_done(AskTime, TimeHeard(offset, "one.example"))


def _offset(world: StationWorld) -> timedelta:
    return world.core._station.offset


def _asked(world: StationWorld) -> list[AskTime]:
    return [job for job in world.jobs.values() if isinstance(job, AskTime)]


def _set(world: StationWorld, variable: str, value: str, instance: str | None = None) -> dm.SetVariableStatus:
    name = dm.VariableName(component="ClockCtrlr", variable=variable, variable_instance=instance)
    outcome = world.command(dm.SetVariables(settings=(dm.VariableSetting(name=name, value=value),)))
    assert isinstance(outcome, dm.SetVariablesOutcome)
    return outcome.results[0].status


def test_servers_are_asked_at_the_start_and_now_and_then() -> None:
    """In their order; a step of hours is a security event, one of seconds is not; the offset outlives the power."""
    world = _world("NTP")
    assert world.job(AskTime).servers == ("one.example", "two.example:1123")
    _tells(world, AHEAD)
    assert (_offset(world), _asked(world)) == (AHEAD, [])
    world.pass_time(ASKED_EVERY.total_seconds() - 1)
    assert _asked(world) == []
    world.pass_time(1)
    _tells(world, AHEAD + timedelta(seconds=2))
    assert _offset(world) == AHEAD + timedelta(seconds=2)
    world.kill()
    assert _offset(world) == AHEAD + timedelta(seconds=2)
    world.connect()
    assert world.security_events().count("SettingSystemTime") == 1


@pytest.mark.req("G02.FR.06", "B01.FR.06")
def test_the_csms_is_the_fallback_of_servers() -> None:
    """Until one has answered, and again while none does; as long as one answers, the CSMS's time is not gone by."""
    world = _world("NTP,Heartbeat")
    world.csms.clock_ahead = AHEAD
    world.connect()
    assert _offset(world) == AHEAD
    _tells(world, timedelta(minutes=1))
    world.csms.clock_ahead = AHEAD * 2
    world.pass_time(600)
    assert world.csms.of(Heartbeat)
    assert _offset(world) == timedelta(minutes=1)
    world.pass_time(ASKED_EVERY.total_seconds() - 600)
    world.job_fails(AskTime, "Nobody is there.")
    world.pass_time(ASKED_AGAIN.total_seconds() - 1)
    assert _asked(world) == []
    world.pass_time(1)
    assert len(_asked(world)) == 1
    world.pass_time(300)
    assert _offset(world) == AHEAD * 2
    assert [note for note in world.notes if "NTP" in note] == ["No NTP server told the time. Nobody is there."]


def test_servers_are_the_fallback_of_the_csms() -> None:
    """They are asked while there is no CSMS; what comes later than it is not gone by."""
    world = _world("Heartbeat,NTP")
    world.csms.clock_ahead = AHEAD
    _tells(world, timedelta(minutes=1))
    assert _offset(world) == timedelta(minutes=1)
    world.connect()
    assert _offset(world) == AHEAD
    world.pass_time(3 * ASKED_EVERY.total_seconds())
    assert _asked(world) == []
    world.cut()
    assert len(_asked(world)) == 1
    world.connect()
    _tells(world, timedelta(minutes=1))
    assert _offset(world) == AHEAD


def test_the_clock_of_the_machine() -> None:
    """Before all others it is gone by as it is, even if it was set before; behind them the clock goes on as it was."""
    world = _world("NTP,RealTimeClock")
    _tells(world, AHEAD)
    world.pass_time(ASKED_EVERY.total_seconds())
    world.job_fails(AskTime, "Nobody is there.")
    assert _offset(world) == AHEAD
    world.connect()
    assert _set(world, "TimeSource", "RealTimeClock,NTP,Heartbeat") is dm.SetVariableStatus.ACCEPTED
    assert (_offset(world), _asked(world)) == (timedelta(0), [])
    world.csms.clock_ahead = AHEAD
    world.pass_time(600)
    assert _offset(world) == timedelta(0)


def test_without_any_source_the_clock_is_let_be() -> None:
    world = _world("")
    world.csms.clock_ahead = AHEAD
    world.connect()
    assert (_offset(world), _asked(world)) == (timedelta(0), [])


def test_other_servers_are_asked_at_once_and_the_answers_of_the_old_ones_not_heard() -> None:
    world = _world("NTP,Heartbeat", online=True)
    _tells(world, AHEAD)
    assert _set(world, "NtpServerUri", "three.example", "1") is dm.SetVariableStatus.ACCEPTED
    assert world.job(AskTime).servers == ("three.example", "two.example:1123")
    assert _set(world, "NtpServerUri", "", "2") is dm.SetVariableStatus.ACCEPTED
    assert world.job(AskTime).servers == ("three.example",)
    assert _set(world, "NtpServerUri", "", "1") is dm.SetVariableStatus.ACCEPTED
    assert _asked(world) == []


def test_servers_of_the_network() -> None:
    world = _world("NTP", online=True, dhcp_ntp_servers=("router",))
    assert _set(world, "NtpSource", "DHCP") is dm.SetVariableStatus.ACCEPTED
    assert world.job(AskTime).servers == ("router",)
    assert _set(world, "NtpSource", "guess") is dm.SetVariableStatus.REJECTED


def test_a_station_of_ocpp16_may_be_set_up_with_servers() -> None:
    world = StationWorld(ocpp16=True, variables={"ClockCtrlr.TimeSource": "NTP,Heartbeat", **SERVERS})
    _tells(world, AHEAD)
    assert _offset(world) == AHEAD


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("ntp.example.org", ("ntp.example.org", 123)),
        ("ntp://10.0.0.1", ("10.0.0.1", 123)),
        ("10.0.0.1:1123", ("10.0.0.1", 1123)),
        ("[fe80::1]:1123", ("fe80::1", 1123)),
        ("http://ntp.example.org", None),
        ("ntp.example.org:0", None),
        ("ntp.example.org:many", None),
        ("ntp://user@host", None),
        ("host/path", None),
        ("two words", None),
        ("", None),
    ],
)
def test_addresses_of_servers(written: str, place: tuple[str, int] | None) -> None:
    assert server_of(written) == place
    if written:
        status = _set(_world("NTP", online=True), "NtpServerUri", written, "3")
        assert (status is dm.SetVariableStatus.ACCEPTED) is (place is not None)
