"""Boot, heartbeat, clock: what may be said when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pilotwire.domain.availability import ConnectorStatus
from pilotwire.domain.device_model import GetVariables, GetVariablesOutcome, VariableName, VariableQuery
from pilotwire.domain.identity import IdToken
from pilotwire.domain.provisioning import (
    BootReason,
    Heartbeat,
    RegistrationStatus,
    StationBooted,
    TriggerMessage,
    TriggerOutcome,
    TriggerStatus,
)
from pilotwire.domain.remote_control import RequestStart, RequestStartOutcome, RequestStatus
from pilotwire.domain.security import SecurityEvent
from pilotwire.domain.transactions import TransactionEvent
from pilotwire.errors import ConfigError, MisuseError
from pilotwire.station.core import LinkUp, Started, StationCore
from tests.support.station_world import START, StationWorld


def _unregistered(status: RegistrationStatus, interval: int = 60, **more: str) -> StationWorld:
    world = StationWorld(online=False, variables=more)
    world.csms.registration, world.csms.interval = status, interval
    world.connect()
    return world


@pytest.mark.req("B01.FR.01", "B01.FR.05", "B01.FR.09", "A04.FR.01")
def test_after_the_boot_every_connector_is_told() -> None:
    """Boot first, then the state of each connector, then what waited."""
    world = StationWorld(station="ac-22-dual")
    boot, *rest = world.csms.heard
    assert isinstance(boot, StationBooted)
    assert boot.reason is BootReason.POWER_UP
    assert [fact.address.evse for fact in rest if isinstance(fact, ConnectorStatus)] == [0, 1, 2]
    assert world.security_events() == ["StartupOfTheDevice"]


@pytest.mark.req("B01.FR.08", "B02.FR.02", "B02.FR.08")
def test_nothing_but_the_boot_is_said_while_pending() -> None:
    """Pending: only boots, not before the interval is over; a transaction is queued; accepted, it is told."""
    world = _unregistered(RegistrationStatus.PENDING)
    world.csms.tokens.clear()
    world.plug()
    world.pass_time(59)
    assert [type(fact) for fact in world.csms.heard] == [StationBooted]
    world.pass_time(1)
    assert [type(fact) for fact in world.csms.heard] == [StationBooted, StationBooted]
    world.csms.registration = RegistrationStatus.ACCEPTED
    world.pass_time(60)
    assert world.csms.of(TransactionEvent, SecurityEvent, ConnectorStatus)
    assert world.kept() == []


@pytest.mark.req("B02.FR.04")
def test_a_reconnect_does_not_shorten_the_wait() -> None:
    """The interval holds over a lost line."""
    world = _unregistered(RegistrationStatus.PENDING)
    world.cut()
    world.pass_time(20)
    world.connect()
    assert len(world.csms.of(StationBooted)) == 1
    world.pass_time(40)
    assert len(world.csms.of(StationBooted)) == 2


@pytest.mark.req("B02.FR.07", "B03.FR.05")
@pytest.mark.parametrize("status", [RegistrationStatus.PENDING, RegistrationStatus.REJECTED])
def test_without_an_interval_the_station_chooses_its_own(status: RegistrationStatus) -> None:
    """Interval 0: half a minute between boots."""
    world = _unregistered(status, 0)
    world.pass_time(29)
    assert len(world.csms.of(StationBooted)) == 1
    world.pass_time(1)
    assert len(world.csms.of(StationBooted)) == 2


@pytest.mark.req("B03.FR.02", "B03.FR.06", "B03.FR.08")
def test_a_rejected_station_says_nothing_and_takes_no_commands() -> None:
    """Rejected: silence until the interval is over; a command is answered with SecurityError."""
    world = _unregistered(RegistrationStatus.REJECTED)
    world.plug()
    assert world.command(TriggerMessage(message="Heartbeat")) == "SecurityError"
    world.pass_time(59)
    assert len(world.csms.heard) == 1
    world.pass_time(1)
    assert len(world.csms.of(StationBooted)) == 2


@pytest.mark.req("B02.FR.05", "B02.FR.01")
def test_a_pending_station_can_be_configured_but_not_started() -> None:
    """Remote start is Rejected, variables are answered."""
    world = _unregistered(RegistrationStatus.PENDING)
    outcome = world.command(RequestStart(id_token=IdToken(value="ANNA"), evse=1))
    assert outcome == RequestStartOutcome(status=RequestStatus.REJECTED)
    name = VariableName(component="TxCtrlr", variable="EVConnectionTimeOut")
    outcome = world.command(GetVariables(asked=(VariableQuery(name=name),)))
    assert isinstance(outcome, GetVariablesOutcome)
    assert outcome.results[0].value == "60"


@pytest.mark.req("B02.FR.02", "B02.FR.04")
def test_a_triggered_message_may_be_said_while_pending() -> None:
    """The CSMS asks for the boot before its time, and gets it."""
    world = _unregistered(RegistrationStatus.PENDING)
    assert world.command(TriggerMessage(message="BootNotification")) == TriggerOutcome(status=TriggerStatus.ACCEPTED)
    assert [fact.reason for fact in world.csms.heard if isinstance(fact, StationBooted)][-1] is BootReason.TRIGGERED


@pytest.mark.req("B02.FR.03", "B03.FR.01")
@pytest.mark.parametrize(("allowed", "transactions"), [("true", 1), ("false", 0)])
def test_charging_before_being_accepted_is_a_choice(allowed: str, transactions: int) -> None:
    """TxBeforeAcceptedEnabled decides."""
    world = _unregistered(
        RegistrationStatus.PENDING,
        **{"TxCtrlr.TxBeforeAcceptedEnabled": allowed, "AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"},
    )
    car = world.plug()
    world.tap("ANNA")
    world.pass_time(40)
    assert (car.meter.delivered_wh > 0) is bool(transactions)
    assert sum(isinstance(fact, TransactionEvent) for fact in world.kept()[:2]) == transactions


@pytest.mark.req("B01.FR.03")
def test_a_reboot_boots_again_and_a_reconnect_does_not() -> None:
    """Registered stays registered while the station runs."""
    world = StationWorld()
    world.cut()
    world.connect()
    assert len(world.csms.of(StationBooted)) == 1
    world.kill()
    assert len(world.csms.of(StationBooted)) == 2


def test_a_boot_without_an_answer_is_repeated() -> None:
    """A timeout or an error: again after our own wait."""
    world = StationWorld(online=False)
    world.csms.silent = lambda fact: isinstance(fact, StationBooted)
    world.connect()
    world.time_out()
    world.csms.silent = lambda _: False
    world.csms.refusing = lambda fact: "InternalError" if isinstance(fact, StationBooted) else None
    world.pass_time(30)
    world.csms.refusing = lambda _: None
    world.pass_time(30)
    assert len(world.csms.of(StationBooted)) == 3
    assert world.core.overview().registration is RegistrationStatus.ACCEPTED


@pytest.mark.req("B01.FR.04", "G02.FR.01", "G02.FR.02", "G02.FR.05")
def test_heartbeats_come_after_silence() -> None:
    """The interval is the one of the boot's answer, counted from the last message."""
    world = _unregistered(RegistrationStatus.ACCEPTED, 100, **{"SampledDataCtrlr.TxUpdatedInterval": "0"})
    world.pass_time(99)
    assert not world.csms.of(Heartbeat)
    world.pass_time(1)
    assert len(world.csms.of(Heartbeat)) == 1
    world.pass_time(50)
    world.plug()
    world.pass_time(99)
    assert len(world.csms.of(Heartbeat)) == 1
    world.pass_time(1)
    assert len(world.csms.of(Heartbeat)) == 2


@pytest.mark.req("G02.FR.07")
def test_once_a_day_the_time_is_asked_for_anyway() -> None:
    """A busy station says a heartbeat each day although its timer never runs out."""
    world = StationWorld(variables={"SampledDataCtrlr.TxUpdatedInterval": "200"})
    world.plug(car=world.car(energy_wh=100))
    world.tap("ANNA")
    world.pass_time(86_400 + 100, step=300)
    assert len(world.csms.of(Heartbeat)) == 1


@pytest.mark.req("B01.FR.06", "G02.FR.06")
def test_the_clock_is_the_csmss() -> None:
    """Facts carry the CSMS's time; a large correction is a security event."""
    world = StationWorld(online=False)
    world.csms.clock_ahead = timedelta(hours=3)
    world.connect()
    world.plug()
    assert world.csms.events[-1].at == START + timedelta(hours=3)
    assert "SettingSystemTime" in world.security_events()
    world.kill()
    assert world.security_events().count("SettingSystemTime") == 1


def test_a_station_may_keep_its_own_clock() -> None:
    """TimeSource without Heartbeat."""
    world = StationWorld(online=False, variables={"ClockCtrlr.TimeSource": "RealTimeClock"})
    world.csms.clock_ahead = timedelta(hours=3)
    world.connect()
    world.plug()
    assert world.csms.events[-1].at == START


@pytest.mark.req("A04.FR.02")
def test_security_events_wait_for_the_line() -> None:
    """Queued on disk until delivered."""
    world = StationWorld(online=False)
    world.kill()
    assert [type(fact) for fact in world.kept()] == [SecurityEvent, SecurityEvent]
    world.connect()
    assert world.security_events() == ["StartupOfTheDevice"] * 2


def test_a_csms_that_knows_no_security_events_is_not_asked_twice() -> None:
    """NotImplemented: the event is dropped with a note."""
    world = StationWorld(online=False)
    world.csms.refusing = lambda fact: "NotImplemented" if isinstance(fact, SecurityEvent) else None
    world.connect()
    assert world.kept() == []
    assert len(world.notes) == 1


def test_a_first_value_that_cannot_be_is_refused() -> None:
    """ConfigError with the variable's name."""
    with pytest.raises(ConfigError, match=r"TxCtrlr\.TxStartPoint"):
        StationWorld(variables={"TxCtrlr.TxStartPoint": "Noon"})
    with pytest.raises(ConfigError, match="no variable"):
        StationWorld(variables={"TxCtrlr.Nonsense": "1"})


def test_started_comes_first_and_once() -> None:
    """Anything else is a bug of the shell."""
    world = StationWorld()
    core = StationCore(world.settings, world.hardware.layout, meter=world.hardware.meter, new_id=lambda: "x")
    with pytest.raises(MisuseError):
        core.feed(LinkUp(), world.now)
    core.feed(Started(), world.now)
    with pytest.raises(MisuseError):
        core.feed(Started(), world.now)


@pytest.mark.req("B01.FR.06")
def test_a_csms_whose_clock_is_behind_ours_does_not_stop_our_time() -> None:
    """After its time is taken over, what happens later is told with a later time."""
    world = StationWorld(online=False)
    world.plug()
    world.csms.clock_ahead = -timedelta(hours=1)
    world.wants_line = True
    world.connect()
    world.tap("ANNA")
    world.pass_time(600)
    times = [event.at for event in world.csms.events if not event.offline]
    assert len(set(times)) == len(times) > 2
