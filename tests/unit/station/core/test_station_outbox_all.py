"""QueueAllMessages: every statement of the station waits for the CSMS, reports that were asked for too; and what an answer is worth."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain.customer_information import CustomerInformation, CustomerInformationPart
from pilotwire.domain.der_control import (
    DerControl,
    DerControlsReported,
    DerControlType,
    GetDerControl,
    LimitMaxDischarge,
    SetDerControl,
)
from pilotwire.domain.device_model import GetBaseReport, ReportBase, ReportPart, VariableName
from pilotwire.domain.display import (
    DisplayMessage,
    DisplayMessagesPart,
    DisplayText,
    GetDisplayMessages,
    MessagePriority,
    SetDisplayMessage,
)
from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import Command, Fact
from pilotwire.domain.monitoring import (
    GetMonitoringReport,
    MonitoringReportPart,
    MonitorSetting,
    MonitorType,
    SetMonitors,
)
from pilotwire.domain.provisioning import RegistrationStatus
from pilotwire.domain.smart_charging import (
    ChargingNeeds,
    ChargingProfilesReported,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    EVChargingNeedsNotified,
    EVChargingScheduleNotified,
    GetChargingProfiles,
    SetChargingProfile,
)
from pilotwire.domain.transactions import EventKind, TransactionEvent, TriggerReason
from pilotwire.station.core import Forget
from pilotwire.station.core.outbox import Outbox
from pilotwire.station.core.vehicle_needs import NeedsTold, ScheduleReturned
from tests.support.both_ways import both_ways
from tests.support.charging import DEFAULT, profile
from tests.support.station_world import RUBBISH, START, UNREADABLE, StationWorld

ALL = {"OCPPCommCtrlr.QueueAllMessages": "true"}
FEW = {"DeviceDataCtrlr.ItemsPerMessage[GetReport]": "20"}
STATE = VariableName(component="EVSE", evse=1, variable="AvailabilityState")


# --- reports --------------------------------------------------------------------------------------------------------


def _monitored(world: StationWorld) -> Command:
    world.command(SetMonitors(settings=(MonitorSetting(name=STATE, type=MonitorType.DELTA, value=Decimal(1)),)))
    return GetMonitoringReport(request_id=5)


def _shown(world: StationWorld) -> Command:
    for number in range(7):
        message = DisplayMessage(
            message_id=number, priority=MessagePriority.NORMAL_CYCLE, text=DisplayText(content="Hello")
        )
        world.command(SetDisplayMessage(message=message))
    return GetDisplayMessages(request_id=5)


def _planned(world: StationWorld) -> Command:
    for place in (0, 1):
        world.command(
            SetChargingProfile(evse_id=place, charging_profile=profile(place + 1, DEFAULT, (0, 8), level=place))
        )
    return GetChargingProfiles(request_id=5)


REPORTS: list[tuple[type[Any], Callable[[StationWorld], Command]]] = [
    (ReportPart, lambda _: GetBaseReport(request_id=5, base=ReportBase.FULL_INVENTORY)),
    (MonitoringReportPart, _monitored),
    (
        CustomerInformationPart,
        lambda _: CustomerInformation(
            request_id=5, report=True, clear=False, id_token=IdToken(value="X", type="Local")
        ),
    ),
    (DisplayMessagesPart, _shown),
    (ChargingProfilesReported, _planned),
]


def _of(world: StationWorld, kind: type[Any]) -> list[Any]:
    return [fact for fact in world.csms.heard if isinstance(fact, kind)]


def _interrupted(kind: type[Any], asking: Callable[[StationWorld], Command], world: StationWorld) -> None:
    """The CSMS asks, does not answer the first part, and is gone; the station's power fails as well; all comes back."""
    command = asking(world)
    world.csms.silent = lambda fact: isinstance(fact, kind)
    world.command(command)
    assert len(_of(world, kind)) >= 1
    world.cut()
    world.kill()
    world.csms.silent = lambda _: False
    world.csms.heard.clear()
    world.connect()


@pytest.mark.parametrize(("kind", "asking"), REPORTS, ids=[kind.__name__ for kind, _ in REPORTS])
def test_a_report_that_is_queued_arrives_whole(kind: type[Any], asking: Callable[[StationWorld], Command]) -> None:
    """Every part, in order, also the one that was on its way, after the line and the power failed."""
    world = StationWorld(variables=ALL | FEW)
    _interrupted(kind, asking, world)
    parts = _of(world, kind)
    assert [part.more for part in parts] == [True] * (len(parts) - 1) + [False]
    if kind is ReportPart:
        assert len(parts) > 5
        assert [part.seq_no for part in parts] == list(range(len(parts)))
    else:
        assert len(parts) == (2 if kind in (DisplayMessagesPart, ChargingProfilesReported) else 1)
    assert not any(isinstance(fact, kind) for fact in world.kept())


@pytest.mark.parametrize(("kind", "asking"), REPORTS, ids=[kind.__name__ for kind, _ in REPORTS])
def test_as_delivered_a_report_that_was_interrupted_is_not_told(
    kind: type[Any], asking: Callable[[StationWorld], Command]
) -> None:
    """Only transactions and security events wait (E04.FR.01, A04.FR.02)."""
    world = StationWorld(variables=FEW)
    _interrupted(kind, asking, world)
    assert _of(world, kind) == []


def test_der_controls_that_were_asked_for_wait_too() -> None:
    """2.1: the same."""
    world = both_ways(variables=ALL)
    setting = LimitMaxDischarge(priority=5, pct_max_discharge_power=Decimal(50))
    control = DerControl(
        control_id="a", control_type=DerControlType.LIMIT_MAX_DISCHARGE, is_default=True, limit_max_discharge=setting
    )
    world.command(SetDerControl(control=control))
    _interrupted(DerControlsReported, lambda _: GetDerControl(request_id=8), world)
    assert [part.more for part in _of(world, DerControlsReported)] == [False]


@pytest.mark.req("B02.FR.01")
def test_a_station_that_is_pending_tells_what_it_was_asked_for_at_once() -> None:
    """What is queued has to wait until it is accepted; a report may not, and does not."""
    world = StationWorld(variables=ALL | FEW, online=False)
    world.csms.registration = RegistrationStatus.PENDING
    world.connect()
    world.command(GetBaseReport(request_id=5, base=ReportBase.FULL_INVENTORY))
    assert not _of(world, ReportPart)[-1].more
    assert not any(isinstance(fact, ReportPart) for fact in world.kept())


# --- statements -----------------------------------------------------------------------------------------------------

SCHEDULE = ChargingSchedule(
    charging_rate_unit=ChargingRateUnit.AMPERE,
    charging_schedule_period=(ChargingSchedulePeriod(start_period=0, limit=Decimal(6)),),
)


@pytest.mark.req("K15.FR.15")
@pytest.mark.parametrize("queued", [True, False])
def test_what_a_vehicle_wants_while_offline(queued: bool) -> None:
    """It is offered what holds anyway at once; the CSMS hears of it later, with the time it was said, or never."""
    world = StationWorld(variables=ALL if queued else {})
    world.plug()
    world.tap("ANNA")
    world.cut()
    said = world.now
    needs = ChargingNeeds(requested_energy_transfer="AC_three_phase")
    world.feed(NeedsTold("needs", 1, needs))
    world.feed(ScheduleReturned("schedule", 1, SCHEDULE))
    world.pass_time(600)
    world.connect()
    assert [fact.timestamp for fact in _of(world, EVChargingNeedsNotified)] == [said] * queued
    assert len(_of(world, EVChargingScheduleNotified)) == queued


# --- a full outbox --------------------------------------------------------------------------------------------------


def _event(seq_no: int) -> TransactionEvent:
    return TransactionEvent(
        kind=EventKind.UPDATED,
        transaction_id="tx",
        at=START,
        trigger=TriggerReason.METER_VALUE_PERIODIC,
        seq_no=seq_no,
        offline=True,
    )


def test_of_a_full_outbox_reports_go_first_and_whole() -> None:
    """They can be asked for again, and one with a hole is of no use; the one on its way stays."""
    outbox = Outbox((), next_number=1, limit=5)
    part = DisplayMessagesPart(request_id=1, messages=(), more=True)
    for fact in (part, _event(0), part, _event(1), part):
        outbox.put(fact)
    outbox.in_flight = 7
    gone = [one for action in outbox.put(_event(2)) if isinstance(action, Forget) for one in action.numbers]
    assert gone == [3, 5]
    assert [type(fact) for fact in outbox.facts()].count(TransactionEvent) == 3


# --- what an answer is worth ----------------------------------------------------------------------------------------


def _ended(fact: Fact) -> bool:
    return isinstance(fact, TransactionEvent) and fact.kind is EventKind.ENDED


def _charged(answer: str, attempts: int) -> StationWorld:
    variables = {
        "OCPPCommCtrlr.MessageAttempts[TransactionEvent]": str(attempts),
        "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]": "5",
    }
    world = StationWorld(variables=variables)
    world.csms.refusing = lambda fact: answer if _ended(fact) else None
    world.plug()
    world.tap("ANNA")
    world.pass_time(30)
    world.tap("ANNA")
    world.pass_time(600)
    return world


@pytest.mark.req("E13.FR.02", "1.6:3.7.1")
@pytest.mark.parametrize("attempts", [0, 3])
def test_a_result_means_that_the_message_was_processed(attempts: int) -> None:
    """However unreadable: failures to process are RPC errors. It is said once, is kept no more, and the log tells."""
    world = _charged(UNREADABLE, attempts)
    assert sum(map(_ended, world.csms.heard)) == 1
    assert not any(_ended(fact) for fact in world.kept())
    assert [note for note in world.notes if "its answer is lost" in note]


@pytest.mark.req("E13.FR.02", "E13.FR.04")
def test_what_is_no_result_and_no_error_is_no_answer() -> None:
    """It counts as an attempt like silence; where attempts are without limit, the message stays until it is answered."""
    world = _charged(RUBBISH, 3)
    assert sum(map(_ended, world.csms.heard)) == 3
    assert not any(_ended(fact) for fact in world.kept())
    world = _charged(RUBBISH, 0)
    assert sum(map(_ended, world.csms.heard)) > 5
    assert any(_ended(fact) for fact in world.kept())
    world.csms.refusing = lambda _: None
    world.pass_time(600)
    assert not any(_ended(fact) for fact in world.kept())
