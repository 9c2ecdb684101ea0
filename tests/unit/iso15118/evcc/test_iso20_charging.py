"""A vehicle of ISO 15118-20 from the cable check to the end: power, the charge loop, and what the station asks for in it."""

from __future__ import annotations

from typing import Any

import pytest

from pilotwire.iso15118.charging import (
    Control,
    DcLimits,
    Ending,
    Identification,
    Meter,
    Notice,
    Speaks,
    Transfer,
)
from pilotwire.iso15118.evcc.iso20 import Options
from pilotwire.iso15118.evcc.iso20.direct_current import MOST_LOOKS
from pilotwire.iso15118.iso20 import ac, dc
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.iso20.common_types import Receipt
from pilotwire.iso15118.quantities import plain, rational
from tests.support.iso15118_station20 import (
    METER,
    Ev20,
    Station20,
    a_set,
    charging,
    details,
    ended,
    notifies,
    rationals,
    says,
    with_contract,
)

AC, DC, AC_BPT, DC_BPT = Transfer.AC, Transfer.DC, Transfer.AC_BPT, Transfer.DC_BPT
SCHEDULED, DYNAMIC = Control.SCHEDULED, Control.DYNAMIC


# --- DC before power and after it ----------------------------------------------------------------------------------------------------


def test_the_contactors_close_once_the_voltage_fits() -> None:
    station = Station20(DC)
    station.until(dc.DC_CableCheckRes)
    station.answers[dc.DC_CableCheckRes] = [{"evse_processing": "Ongoing"}, {}]
    station.until(dc.DC_PreChargeRes)
    assert len(station.of(dc.DC_CableCheckReq)) == 2
    station.answers[dc.DC_PreChargeRes] = [{"evse_present_voltage": rational(each)} for each in (0.0, 379.0, 381.0)]
    station.until(cm.PowerDeliveryRes)
    asked = station.of(dc.DC_PreChargeReq)
    assert [each.ev_processing for each in asked] == ["Ongoing", "Ongoing", "Ongoing", "Finished"]
    assert [plain(each.ev_target_voltage) for each in asked] == [400.0] * 4
    assert station.ev.contactors == [True]
    assert [each.present_v for each in station.ev.heard[1:]] == [0.0, 379.0, 381.0]


@pytest.mark.parametrize("transfer", [AC, DC])
def test_contactors_that_do_not_close_are_the_end(transfer: Transfer) -> None:
    station = Station20(transfer, ev=Ev20(moves=False))
    assert ended(station, Ending.FAILED) == "The vehicle's contactors do not close."
    assert station.of(cm.PowerDeliveryReq) == []
    assert station.session.findings == []


def test_an_ac_vehicle_that_is_not_ready_says_so_and_comes_again() -> None:
    station = Station20(ev=Ev20(slow=1))
    station.until(cm.ScheduleExchangeRes)
    assert station.answer() is None
    station.looks_again()
    station.until(ac.AC_ChargeLoopRes)
    asked = station.of(cm.PowerDeliveryReq)
    assert [(each.charge_progress, each.ev_processing) for each in asked] == [
        ("Start", "Ongoing"),
        ("Start", "Finished"),
    ]
    assert asked[0].ev_power_profile is None
    assert asked[1].ev_power_profile is not None


def test_welded_contactors_are_looked_for() -> None:
    station = charging(DC, loops=2)
    volts = [{"evse_present_voltage": rational(each)} for each in (400.0, 61.0, 60.0)]
    station.answers[dc.DC_WeldingDetectionRes] = volts
    assert ended(station) == ""
    asked = [each.ev_processing for each in station.of(dc.DC_WeldingDetectionReq)]
    assert asked == ["Ongoing"] * 3 + ["Finished"]
    assert station.ev.contactors == [True, False]
    assert station.session.findings == []


def test_a_voltage_that_stays_is_a_finding() -> None:
    station = charging(DC, loops=2)
    station.answers[dc.DC_WeldingDetectionRes] = [{"evse_present_voltage": rational(300.0)}]
    ended(station)
    assert len(station.of(dc.DC_WeldingDetectionReq)) == MOST_LOOKS + 1
    assert station.session.findings == ["The station still shows 300 V after the contactors opened."]


def test_contactors_that_do_not_open_are_told() -> None:
    station = charging(DC, loops=2)
    station.ev.moves = False
    ended(station)
    assert station.session.remarks == ["The vehicle's contactors do not open."]


# --- what is said in the loop --------------------------------------------------------------------------------------------------------

MODES: dict[tuple[Transfer, Control], Any] = {
    (AC, SCHEDULED): ac.Scheduled_AC_CLReqControlMode,
    (AC, DYNAMIC): ac.Dynamic_AC_CLReqControlMode,
    (AC_BPT, SCHEDULED): ac.BPT_Scheduled_AC_CLReqControlMode,
    (AC_BPT, DYNAMIC): ac.BPT_Dynamic_AC_CLReqControlMode,
    (DC, SCHEDULED): dc.Scheduled_DC_CLReqControlMode,
    (DC, DYNAMIC): dc.Dynamic_DC_CLReqControlMode,
    (DC_BPT, SCHEDULED): dc.BPT_Scheduled_DC_CLReqControlMode,
    (DC_BPT, DYNAMIC): dc.BPT_Dynamic_DC_CLReqControlMode,
}


@pytest.mark.parametrize(("transfer", "control"), MODES)
def test_each_service_and_control_mode_has_an_element_of_its_own(transfer: Transfer, control: Control) -> None:
    ev = Ev20(loops=3, moods={0: {"present_w": 9_500.0, "seconds_to_full": 900}}, more_needs={"capacity_wh": 60_000.0})
    station = charging(transfer, control, ev=ev)
    assert type(station.last.cl_req_control_mode) is MODES[transfer, control]
    shown = station.last.display_parameters
    assert (shown.present_soc, shown.charging_complete, shown.remaining_time_to_maximum_soc) == (20, False, 900)
    assert plain(shown.battery_energy_capacity) == 60_000.0
    assert station.last.meter_info_requested is True
    assert ended(station) == ""
    assert station.session.findings == station.session.remarks == []
    assert station.names[-1] == "SessionStopReq"


def test_the_loop_is_repeated_before_the_station_loses_patience() -> None:
    station = charging()
    before = station.now
    station.answer()
    assert station.asks[-1].not_before is not None
    assert 0.2 < (station.now - before).total_seconds() < 0.4


def test_a_vehicle_that_gives_energy_back_says_so_with_a_minus() -> None:
    backwards = {0: {"present_w": -6_000.0, "target_a": -15.0}}
    station = charging(AC_BPT, ev=Ev20(loops=9, moods=backwards))
    assert plain(station.last.cl_req_control_mode.ev_present_active_power) == -6_000.0
    other = charging(DC_BPT, ev=Ev20(loops=9, moods=backwards))
    mode = other.last.cl_req_control_mode
    assert plain(mode.ev_target_current) == -15.0
    assert plain(mode.ev_maximum_discharge_power) == 15_000.0


@pytest.mark.parametrize(("watts", "way"), [(-6_000.0, "Discharge"), (6_000.0, "Charge")])
def test_separated_channels_are_chosen_by_direction(watts: float, way: str) -> None:
    station = Station20(AC_BPT, ev=Ev20(moods={0: {"present_w": watts}}))
    station.answers[cm.ServiceDetailRes] = [details(5, a_set(BPTChannel=2))]
    assert station.until(cm.PowerDeliveryRes).bpt_channel_selection == way


def test_the_meter_may_be_left_out() -> None:
    assert charging(options=Options(meter=False)).last.meter_info_requested is False


def test_what_an_ac_station_says_reaches_the_vehicle() -> None:
    station = Station20(AC, DYNAMIC, ev=Ev20(loops=1_000), options=Options(mobility=(2,)))
    station.answers[cm.ServiceDetailRes] = [details(1, a_set(ControlMode=2, MobilityNeedsMode=2))]
    station.until(ac.AC_ChargeLoopRes)
    receipt = Receipt(time_anchor=1)
    mode = station.loop_mode(
        departure_time=900,
        minimum_soc=30,
        target_soc=80,
        **rationals(
            {
                "evse_target_active_power": 3_000.0,
                "evse_target_active_power_l2": 2_000.0,
                "evse_target_active_power_l3": 1_000.0,
                "evse_present_active_power": 5_500.0,
            }
        ),
    )
    says(station, {"cl_res_control_mode": mode, "receipt": receipt} | notifies("ExitStandby", 30))
    heard = station.ev.heard[-1]
    assert (heard.target_w, heard.present_w, heard.receipt) == (6_000.0, 5_500.0, receipt)
    assert (heard.departure_s, heard.least_soc, heard.target_soc) == (900, 30, 80)
    assert (heard.notice, heard.notice_s) == (Notice.EXIT_STANDBY, 30)
    assert isinstance(heard.meter, Meter)
    assert (heard.meter.id, heard.meter.energy_wh) == (METER.meter_id, METER.charged_energy_reading_wh)


def test_what_a_dc_station_says_reaches_the_vehicle() -> None:
    """What it does not tell anew stays as it was."""
    station = charging(DC)
    mode = dc.Scheduled_DC_CLResControlMode(evse_maximum_charge_power=rational(30_000.0))
    says(station, {"cl_res_control_mode": mode, "evse_present_current": rational(75.0)})
    heard = station.ev.heard[-1]
    assert heard.limits == DcLimits(920.0, 150.0, 200.0, 1.0, 30_000.0, 1_000.0)
    assert (heard.present_v, heard.present_a, heard.present_w) == (400.0, 75.0, 30_000.0)
    assert heard.target_w is None


@pytest.mark.parametrize(("charge", "back", "target"), [(20_000.0, 0.0, 20_000.0), (0.0, 8_000.0, -8_000.0)])
def test_the_limits_of_a_dynamic_station_are_its_target(charge: float, back: float, target: float) -> None:
    station = charging(DC_BPT, DYNAMIC)
    told = rationals({"evse_maximum_charge_power": charge, "evse_maximum_discharge_power": back})
    says(station, {"cl_res_control_mode": station.loop_mode(**told)})
    assert station.ev.heard[-1].target_w == target


@pytest.mark.parametrize(("transfer", "control"), MODES)
def test_another_element_in_the_loop_ends_it_with_power_off(transfer: Transfer, control: Control) -> None:
    station = charging(transfer, control)
    other = Station20(transfer, DYNAMIC if control is SCHEDULED else SCHEDULED)
    request = says(station, {"cl_res_control_mode": other.loop_mode()})
    assert request.charge_progress == "Stop"
    assert " control wants " in ended(station, Ending.FAILED)
    assert len(station.session.findings) == 1


def test_warnings_of_the_loop_are_told_once() -> None:
    station = charging()
    says(station, *[{"response_code": "WARNING_EVPowerProfileViolation"}] * 3, {"response_code": "WARNING_WPT"})
    assert station.session.remarks == [
        "The station says that the vehicle does not keep to its own plan.",
        "The station warned: WARNING_WPT.",
    ]
    assert type(station.last) is ac.AC_ChargeLoopReq


# --- the ways out --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transfer", [AC, DC])
@pytest.mark.parametrize(
    ("notification", "how", "ending"),
    [("Terminate", "Terminate", Ending.TERMINATED), ("Pause", "Pause", Ending.PAUSED)],
)
def test_the_station_ends_it(transfer: Transfer, notification: str, how: str, ending: Ending) -> None:
    station = charging(transfer)
    assert says(station, notifies(notification)).charge_progress == "Stop"
    ended(station, ending)
    assert station.last.charging_session == how
    assert station.ev.contactors == [True, False]
    assert (station.kept.paused is not None) is (how == "Pause")


def test_a_vehicle_that_has_enough_ends_it() -> None:
    station = charging(loops=2)
    assert ended(station) == ""
    assert station.last.ev_termination_code is None
    assert len(station.of(ac.AC_ChargeLoopReq)) == 2


def test_a_vehicle_with_a_fault_says_which() -> None:
    station = charging(DC, ev=Ev20(loops=99, moods={2: {"error": "FAILED_RESSTemperatureInhibit"}}))
    ended(station)
    assert station.last.ev_termination_code == "FAILED_RESSTemperatureInhibit"
    assert len(station.of(dc.DC_ChargeLoopReq)) == 2


def test_what_is_said_at_the_end_is_in_ascii_and_not_too_long() -> None:
    """Many stations read nothing else."""
    station = charging(ev=Ev20(loops=99, moods={1: {"error": "Überhitzt" + "!" * 99}}))
    ended(station)
    assert station.last.ev_termination_code == "?berhitzt" + "!" * 71


def test_what_a_pause_keeps() -> None:
    station = charging(AC_BPT, DYNAMIC, ev=Ev20(loops=2, pauses=True))
    ended(station, Ending.PAUSED)
    was = station.kept.paused
    assert was is not None
    assert (was.session_id, was.speaks, was.vehicle) == (
        station.session_id,
        Speaks.ISO20_AC,
        station.ev.evcc_id_20.encode(),
    )
    assert (was.identification, was.transfer, was.control) == (Identification.EIM, AC_BPT, DYNAMIC)
    assert (was.parameter_set, was.schedule_id) == (2, None)
    assert was.facts == {"mobility": 1, "pricing": 0, "phases": 3, "channel": 1, "renegotiable": False}


def test_a_pause_with_a_contract_keeps_whose_it_is() -> None:
    station = with_contract()
    station.ev.moods = {0: {"pause": True}}
    ended(station, Ending.PAUSED)
    assert station.kept.paused is not None
    assert station.kept.paused.facts["emaid"] == "DE8ACC12E46L89"
    assert station.kept.paused.schedule_id == 1


def test_a_pause_that_is_refused_is_the_end() -> None:
    station = charging(ev=Ev20(loops=2, pauses=True))
    station.answers[cm.SessionStopRes] = [{"response_code": "FAILED_PauseNotAllowed"}]
    assert ended(station, Ending.FAILED) == "The station refused SessionStopReq: FAILED_PauseNotAllowed."
    assert station.kept.paused is None


def test_a_notification_may_come_with_power_delivery() -> None:
    station = Station20(ev=Ev20(loops=99))
    station.answers[cm.PowerDeliveryRes] = [notifies("Terminate"), {}]
    ended(station)
    assert station.of(ac.AC_ChargeLoopReq) == []
