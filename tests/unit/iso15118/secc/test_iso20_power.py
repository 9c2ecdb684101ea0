"""A station's session of ISO 15118-20: power on and off, the vehicle's plan, and new schedules while it charges."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pilotwire.iso15118.charging import PENDING, Control, Isolation, Notice, PowerStep, Profile, Transfer
from pilotwire.iso15118.iso20.common_types import ResponseCode
from pilotwire.iso15118.quantities import plain
from pilotwire.iso15118.secc.iso20 import Options, states
from pilotwire.iso15118.v2gtp import PayloadType
from tests.support.iso15118_evse_fake import SCHEDULE
from tests.support.iso15118_vehicle20 import Vehicle20

RENEGOTIATION = PayloadType.SCHEDULE_RENEGOTIATION


def at(state: str, transfer: Transfer = Transfer.AC, control: Control = Control.SCHEDULED, **more: Any) -> Vehicle20:
    return Vehicle20(transfer, control, **more).reaches(state)


# --- CableCheck and PreCharge ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("isolation", [Isolation.VALID, Isolation.WARNING, Isolation.NO_IMD])
def test_the_cable_is_checked_until_it_is_known(isolation: Isolation) -> None:
    peer = at(states.CABLE_CHECK, Transfer.DC)
    peer.evse.isolations = [PENDING, PENDING, isolation]
    assert [peer.checks_cable().evse_processing for _ in range(3)] == ["Ongoing", "Ongoing", "Finished"]
    assert peer.state == states.PRE_CHARGE


@pytest.mark.parametrize("isolation", [Isolation.FAULT, Isolation.INVALID])
def test_bad_isolation_ends_the_session(isolation: Isolation) -> None:
    peer = at(states.CABLE_CHECK, Transfer.DC)
    peer.evse.isolations = [isolation]
    assert peer.checks_cable().response_code == "FAILED"
    assert peer.session.over is not None
    assert isolation in peer.session.over.reason


def test_a_cable_check_may_take_38_seconds() -> None:
    peer = at(states.CABLE_CHECK, Transfer.DC)
    peer.evse.isolations = [PENDING]
    peer.checks_cable()
    peer.passes(37.8)
    assert peer.checks_cable().evse_processing == "Ongoing"
    peer.passes(0.1)
    assert peer.checks_cable().response_code == "FAILED"


def test_the_voltage_comes_to_the_vehicles() -> None:
    peer = at(states.PRE_CHARGE, Transfer.DC)
    peer.evse.follows = False
    peer.evse.shows(present_v=120.0)
    assert plain(peer.precharges(400.0, "Ongoing").evse_present_voltage) == 120
    peer.evse.shows(present_v=398.5)
    assert plain(peer.precharges(400.0, "Ongoing").evse_present_voltage) == 398.5
    assert peer.state == states.PRE_CHARGE
    peer.precharges(400.0)
    assert peer.state == states.POWER_DELIVERY
    assert peer.evse.of("precharge") == [(400.0, 2.0)] * 3


def test_a_vehicle_that_skips_the_last_precharge_is_served_and_told() -> None:
    peer = at(states.PRE_CHARGE, Transfer.DC)
    peer.precharges(400.0, "Ongoing")
    assert peer.starts().response_code == "OK"
    assert peer.session.findings == ["PowerDeliveryReq came before a DC_PreChargeReq with EVProcessing Finished."]


@pytest.mark.parametrize("volts", [1_000.0, -5.0])
def test_a_voltage_that_the_station_does_not_have(volts: float) -> None:
    peer = at(states.PRE_CHARGE, Transfer.DC)
    assert peer.precharges(volts).response_code == "FAILED_WrongChargeParameter"
    assert peer.evse.of("precharge") == []


@pytest.mark.parametrize("state", [states.CABLE_CHECK, states.PRE_CHARGE])
def test_a_fault_before_power_ends_the_session(state: str) -> None:
    peer = at(state, Transfer.DC)
    peer.evse.shows(fault="malfunction")
    response = peer.checks_cable() if state == states.CABLE_CHECK else peer.precharges()
    assert response.response_code == "FAILED"


# --- Start -------------------------------------------------------------------------------------------------------------------------


def test_the_vehicle_is_waited_for() -> None:
    peer = at(states.POWER_DELIVERY)
    assert peer.power("Start", ev_processing="Ongoing").response_code == "OK"
    assert peer.state == states.POWER_DELIVERY
    assert peer.evse.of("energize") == []
    assert peer.starts().response_code == "OK"
    assert peer.state == states.CHARGE_LOOP


def test_contactors_are_waited_for_and_the_plan_is_looked_at_once() -> None:
    peer = at(states.POWER_DELIVERY)
    peer.evse.contactors = [PENDING, PENDING, True]
    assert peer.starts() is None
    assert peer.again() is None
    assert peer.again().response_code == "OK"
    assert peer.evse.of("planned") == [Profile(1, (PowerStep(0, 11_000.0),))]


def test_contactors_that_take_too_long() -> None:
    peer = at(states.POWER_DELIVERY)
    peer.evse.contactors = [PENDING]
    peer.starts()
    asked = peer.now
    assert peer.waits().response_code == "FAILED_PowerDeliveryNotApplied"
    assert (peer.now - asked).total_seconds() == 1.5


def test_contactors_that_do_not_close() -> None:
    peer = at(states.POWER_DELIVERY)
    peer.evse.contactors = [False]
    assert peer.starts().response_code == "FAILED_ContactorError"


def test_power_is_not_put_on_a_fault() -> None:
    peer = at(states.POWER_DELIVERY)
    peer.evse.shows(fault="emergency")
    assert peer.starts().response_code == "FAILED_PowerDeliveryNotApplied"
    assert peer.evse.of("energize") == []


def test_power_that_is_on_is_not_started_again() -> None:
    peer = at(states.CHARGE_LOOP)
    assert peer.starts().response_code == "FAILED_SequenceError"


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        (((3_600, 11_000.0), (7_200, 7_000.0)), "OK"),
        (((86_400, 7_000.0),), "OK"),
        (((3_600, 11_500.0),), "FAILED_EVPowerProfileViolation"),
        (((7_200, 11_000.0),), "FAILED_EVPowerProfileViolation"),
        (((86_500, 7_000.0),), "FAILED_EVPowerProfileViolation"),
        (((3_600, -1_000.0),), "FAILED_EVPowerProfileViolation"),
        (((0, 5_000.0),), "FAILED_EVPowerProfileInvalid"),
        (((60, 5_000.0), (0, 4_000.0), (60, 3_000.0)), "FAILED_EVPowerProfileInvalid"),
    ],
)
def test_the_plan_is_held_against_the_schedule(entries: tuple[tuple[int, float], ...], code: ResponseCode) -> None:
    """The schedule: 11 kW for an hour, then 7 kW until a day has passed."""
    peer = at(states.POWER_DELIVERY)
    assert peer.starts(ev_power_profile=peer.profile(*entries)).response_code == code
    assert len(peer.session.findings) == (0 if code == "OK" else 1)


def test_a_plan_is_needed_for_a_schedule() -> None:
    peer = at(states.POWER_DELIVERY)
    assert peer.power("Start").response_code == "FAILED_EVPowerProfileInvalid"


def test_a_plan_that_begins_later_is_held_against_what_is_offered_then() -> None:
    peer = at(states.POWER_DELIVERY)
    later = int(peer.now.timestamp()) + 3_000
    profile = peer.profile((900, 11_000.0), anchor=later)
    assert peer.starts(ev_power_profile=profile).response_code == "FAILED_EVPowerProfileViolation"


def test_a_plan_whose_time_is_zero_begins_with_the_schedule() -> None:
    peer = at(states.POWER_DELIVERY)
    assert peer.starts(ev_power_profile=peer.profile(anchor=0)).response_code == "OK"


def test_the_schedule_must_be_one_of_those_offered() -> None:
    peer = at(states.POWER_DELIVERY)
    response = peer.starts(ev_power_profile=peer.profile(schedule=2))
    assert response.response_code == "FAILED_ScheduleSelectionInvalid"


@pytest.mark.parametrize(("chosen", "sent"), [tuple(Control), tuple(reversed(Control))])
def test_the_plan_must_be_for_the_control_mode(chosen: Control, sent: Control) -> None:
    peer = at(states.POWER_DELIVERY, control=chosen)
    peer.control = sent
    assert peer.starts().response_code == "FAILED_EVPowerProfileInvalid"


def test_the_station_may_refuse_a_plan() -> None:
    peer = at(states.POWER_DELIVERY)
    peer.evse.takes_plan = False
    assert peer.starts().response_code == "FAILED_EVPowerProfileViolation"


def test_dynamic_control_needs_no_plan() -> None:
    peer = at(states.POWER_DELIVERY, control=Control.DYNAMIC)
    assert peer.power("Start").response_code == "OK"
    assert peer.evse.of("planned") == []
    peer = at(states.POWER_DELIVERY, control=Control.DYNAMIC)
    assert peer.starts(ev_power_profile=peer.profile((60, 99_000.0))).response_code == "OK"
    assert peer.evse.of("planned") == [Profile(0, (PowerStep(0, 99_000.0),))]


@pytest.mark.parametrize(
    ("discharge", "watts", "code"),
    [
        ((), -11_000.0, "OK"),
        ((), -11_500.0, "FAILED_EVPowerProfileViolation"),
        ((PowerStep(0, 4_000.0),), -4_000.0, "OK"),
        ((PowerStep(0, 4_000.0),), -5_000.0, "FAILED_EVPowerProfileViolation"),
    ],
)
def test_power_comes_back_as_far_as_schedule_or_station_allow(
    discharge: tuple[PowerStep, ...], watts: float, code: ResponseCode
) -> None:
    peer = Vehicle20(Transfer.AC_BPT)
    peer.evse.planned_schedules = [(replace(SCHEDULE, discharge=discharge),)]
    peer.reaches(states.POWER_DELIVERY)
    assert peer.starts(ev_power_profile=peer.profile((600, watts))).response_code == code


@pytest.mark.parametrize(
    ("needed", "accepts", "watts", "code"),
    [
        (False, "PowerToleranceConfirmed", 11_400.0, "OK_PowerToleranceConfirmed"),
        (False, "PowerToleranceNotConfirmed", 11_000.0, "WARNING_PowerToleranceNotConfirmed"),
        (False, "PowerToleranceNotConfirmed", 11_400.0, "FAILED_EVPowerProfileViolation"),
        (False, None, 11_000.0, "OK"),
        (True, None, 11_000.0, "FAILED_PowerToleranceNotConfirmed"),
        (True, "PowerToleranceNotConfirmed", 11_000.0, "FAILED_PowerToleranceNotConfirmed"),
    ],
)
def test_tolerance(needed: bool, accepts: str | None, watts: float, code: ResponseCode) -> None:
    peer = at(states.POWER_DELIVERY, options=Options(tolerance_w=500.0, tolerance_needed=needed))
    profile = peer.profile((600, watts), accepts=accepts)
    assert peer.starts(ev_power_profile=profile).response_code == code
    if not code.startswith("FAILED"):
        assert peer.state == states.CHARGE_LOOP
        assert peer.evse.of("planned")[0].keeps_tolerance is (None if accepts is None else "Not" not in accepts)


# --- Stop and Standby ----------------------------------------------------------------------------------------------------------------


def test_a_vehicle_may_go_down_slowly() -> None:
    peer = at(states.CHARGE_LOOP)
    assert peer.power("Stop", ev_processing="Ongoing").response_code == "OK"
    assert peer.state == states.CHARGE_LOOP
    assert peer.loops().response_code == "OK"
    assert peer.power("Stop").response_code == "OK"
    assert peer.state == states.STOPPED
    assert peer.evse.of("energize") == [True, False]


@pytest.mark.parametrize("moves", [[False], [PENDING]])
def test_contactors_that_do_not_open(moves: list[Any]) -> None:
    peer = at(states.CHARGE_LOOP)
    peer.evse.contactors = moves
    response = peer.power("Stop") or peer.waits()
    assert response.response_code == "FAILED_ContactorError"


def test_a_vehicle_may_give_up_before_power_is_on() -> None:
    peer = at(states.PRE_CHARGE, Transfer.DC)
    assert peer.power("Stop").response_code == "OK"
    assert peer.state == states.STOPPED


@pytest.mark.parametrize("state", [states.POWER_DELIVERY, states.CHARGE_LOOP])
def test_standby_where_it_is_not_allowed(state: str) -> None:
    peer = at(state)
    assert peer.power("Standby").response_code == "WARNING_StandbyNotAllowed"
    assert peer.state == state


def test_standby_and_back() -> None:
    peer = Vehicle20()
    peer.evse.offers(standby=True)
    peer.reaches(states.STANDBY)
    assert peer.loops().response_code == "OK"
    peer.evse.shows(notice=Notice.EXIT_STANDBY, notice_s=5)
    status = peer.loops().evse_status
    assert (status.evse_notification, status.notification_max_delay) == ("ExitStandby", 5)
    assert peer.power("Start").response_code == "OK"
    assert peer.state == states.CHARGE_LOOP


# --- new schedules while it charges --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transfer", [Transfer.AC, Transfer.DC])
@pytest.mark.parametrize("again", ["Start", "ScheduleRenegotiation"])
def test_new_schedules_on_the_main_stream(transfer: Transfer, again: str) -> None:
    peer = at(states.CHARGE_LOOP, transfer)
    peer.evse.shows(notice=Notice.RENEGOTIATE, notice_s=30)
    assert peer.loops().evse_status.evse_notification == "ScheduleRenegotiation"
    assert peer.power("ScheduleRenegotiation").response_code == "OK"
    assert peer.state == states.SCHEDULE_EXCHANGE
    peer.evse.planned_schedules = [PENDING, (replace(SCHEDULE, id=5, steps=(PowerStep(0, 4_000.0),)),)]
    assert peer.asks_schedules().evse_processing == "Ongoing"
    assert peer.asks_schedules().evse_processing == "Finished"
    assert peer.state == states.POWER_DELIVERY
    profile = peer.profile((600, 4_000.0), schedule=5)
    assert peer.power(again, ev_power_profile=profile).response_code == "OK"
    assert peer.state == states.CHARGE_LOOP
    assert peer.evse.of("planned")[-1].schedule_id == 5
    assert peer.loops().response_code.startswith(("OK", "WARNING_EVPowerProfileViolation"))


def test_new_schedules_beside_the_loop() -> None:
    peer = at(states.CHARGE_LOOP)
    assert peer.power("ScheduleRenegotiation", RENEGOTIATION).response_code == "OK"
    assert peer.loops().response_code == "OK"
    peer.evse.planned_schedules = [PENDING, (replace(SCHEDULE, id=5),)]
    assert peer.asks_schedules(RENEGOTIATION).evse_processing == "Ongoing"
    assert peer.loops().response_code == "OK"
    assert peer.asks_schedules(RENEGOTIATION).evse_processing == "Finished"
    assert peer.loops().response_code == "OK"
    response = peer.power("ScheduleRenegotiation", RENEGOTIATION, ev_power_profile=peer.profile(schedule=5))
    assert response.response_code == "OK"
    assert peer.reply is not None
    assert peer.reply.payload_type is RENEGOTIATION
    assert peer.state == states.CHARGE_LOOP
    assert peer.loops().response_code == "OK"
    assert peer.evse.of("planned")[-1].schedule_id == 5
    assert peer.evse.of("energize") == [True]


def test_each_time_the_station_has_its_time_to_plan() -> None:
    peer = at(states.SCHEDULE_EXCHANGE)
    peer.evse.planned_schedules = [PENDING, (SCHEDULE,), PENDING]
    for processing in ("Ongoing", "Finished"):
        assert peer.asks_schedules().evse_processing == processing
    peer.starts()
    peer.passes(600)
    peer.power("ScheduleRenegotiation")
    assert peer.asks_schedules().evse_processing == "Ongoing"


def test_new_schedules_need_a_new_plan() -> None:
    peer = at(states.CHARGE_LOOP)
    peer.power("ScheduleRenegotiation")
    peer.asks_schedules()
    assert peer.power("Start").response_code == "FAILED_EVPowerProfileInvalid"


@pytest.mark.parametrize("side", [None, RENEGOTIATION])
def test_the_old_schedule_stays_where_no_new_one_is_possible(side: PayloadType | None) -> None:
    peer = at(states.CHARGE_LOOP)
    peer.power("ScheduleRenegotiation", side)
    peer.evse.planned_schedules = [()]
    response = peer.asks_schedules(side)
    assert response.response_code == "WARNING_ScheduleRenegotiationFailed"
    (offered,) = response.scheduled_se_res_control_mode.schedule_tuple
    assert offered.schedule_tuple_id == SCHEDULE.id
    if side is None:
        assert peer.power("Start").response_code == "OK"
    assert peer.state == states.CHARGE_LOOP


def test_before_the_first_schedule_there_is_nothing_to_renegotiate() -> None:
    peer = at(states.POWER_DELIVERY)
    assert peer.power("ScheduleRenegotiation").response_code == "FAILED_ScheduleRenegotiation"


def test_a_new_plan_must_keep_to_its_schedule_too() -> None:
    peer = at(states.CHARGE_LOOP)
    peer.asks_schedules(RENEGOTIATION)
    profile = peer.profile((600, 12_000.0))
    response = peer.power("ScheduleRenegotiation", RENEGOTIATION, ev_power_profile=profile)
    assert response.response_code == "FAILED_EVPowerProfileViolation"


@pytest.mark.parametrize("progress", ["Start", "Stop", "Standby"])
def test_power_goes_on_and_off_on_the_main_stream_alone(progress: str) -> None:
    peer = at(states.CHARGE_LOOP)
    assert peer.power(progress, RENEGOTIATION).response_code == "FAILED_SequenceError"


@pytest.mark.parametrize(("fault", "notification"), [("emergency", "Terminate"), ("", "Pause")])
def test_power_delivery_tells_what_the_station_wants(fault: str, notification: str) -> None:
    peer = at(states.CHARGE_LOOP)
    peer.evse.shows(fault=fault, notice=Notice.PAUSE, notice_s=99_999)
    status = peer.power("Stop").evse_status
    assert (status.evse_notification, status.notification_max_delay) == (notification, 0 if fault else 65_535)
