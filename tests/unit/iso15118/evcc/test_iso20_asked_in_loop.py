"""What a station asks of a vehicle of ISO 15118-20 in the charge loop: other services, new schedules, standby, the meter confirmed."""

from __future__ import annotations

from typing import Any

import pytest

from pilotwire.iso15118.charging import (
    PENDING,
    Control,
    Ending,
    Profile,
    Transfer,
)
from pilotwire.iso15118.evcc.iso20 import Options
from pilotwire.iso15118.iso20 import ac, dc
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.iso20.common_types import Receipt
from pilotwire.iso15118.quantities import plain
from pilotwire.iso15118.signature import verify
from pilotwire.iso15118.v2gtp import PayloadType
from tests.support.iso15118_station20 import (
    METER,
    Ev20,
    Station20,
    ac_or_dc,
    charging,
    ended,
    notifies,
    says,
    serves,
    with_contract,
)
from tests.support.v2g_credentials import contract_credential

AC, DC, AC_BPT, DC_BPT = Transfer.AC, Transfer.DC, Transfer.AC_BPT, Transfer.DC_BPT
SCHEDULED, DYNAMIC = Control.SCHEDULED, Control.DYNAMIC
BESIDE = Options(side_streams=True)


# --- services anew -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transfer", [AC, DC])
def test_services_are_chosen_anew_where_the_station_asks_for_it(transfer: Transfer) -> None:
    station = Station20(transfer, ev=Ev20(loops=4))
    station.answers[cm.ServiceDiscoveryRes] = [serves(transfer, renegotiable=True)]
    station.until(ac_or_dc(transfer))
    says(station, notifies("ServiceRenegotiation"))
    again = station.until(cm.SessionStopRes)
    assert again.charging_session == "ServiceRenegotiation"
    assert type(station.answer()) is cm.ServiceDiscoveryReq
    ended(station)
    assert [each.charging_session for each in station.of(cm.SessionStopReq)] == ["ServiceRenegotiation", "Terminate"]
    assert len(station.of(cm.AuthorizationReq)) == 1
    assert station.ev.contactors == [True, False, True, False]


def test_the_schedule_of_the_service_before_is_not_in_force_any_more() -> None:
    station = Station20(ev=Ev20(loops=4))
    station.answers[cm.ServiceDiscoveryRes] = [serves(AC, renegotiable=True)]
    station.answers[cm.ScheduleExchangeRes] = [{}, {"response_code": "WARNING_ScheduleRenegotiationFailed"}]
    station.until(ac.AC_ChargeLoopRes)
    says(station, notifies("ServiceRenegotiation"))
    ended(station)
    assert len(station.ev.schedules) == 2
    assert station.session.remarks == []


def test_a_vehicle_may_want_other_services_itself() -> None:
    station = Station20(ev=Ev20(loops=9, transfers=(AC, AC_BPT), moods={2: {"other_services": True}}))
    station.answers[cm.ServiceDiscoveryRes] = [serves(AC, renegotiable=True)]
    assert station.until(cm.SessionStopRes).charging_session == "ServiceRenegotiation"
    station.ev.moods = {}
    ended(station)


def test_other_services_of_a_station_that_has_none_are_a_finding() -> None:
    station = charging()
    assert type(says(station, notifies("ServiceRenegotiation"))) is ac.AC_ChargeLoopReq
    assert station.session.findings == [
        "The station asks for other services to be chosen, and said that it does not support that."
    ]


# --- schedules anew ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transfer", [AC, DC])
@pytest.mark.parametrize("control", list(Control))
def test_schedules_are_exchanged_anew(transfer: Transfer, control: Control) -> None:
    station = charging(transfer, control)
    begins = says(station, notifies("ScheduleRenegotiation"))
    assert (begins.charge_progress, begins.ev_power_profile) == ("ScheduleRenegotiation", None)
    assert type(station.answer()) is cm.ScheduleExchangeReq
    start = station.answer()
    assert start.charge_progress == "Start"
    assert (start.ev_power_profile.scheduled_ev_ppt_control_mode is not None) is (control is SCHEDULED)
    assert type(station.answer()) is type(station.of(ac.AC_ChargeLoopReq if transfer is AC else dc.DC_ChargeLoopReq)[0])
    assert station.ev.contactors == [True]
    assert {each.payload_type for each in station.asks} <= {PayloadType.MAIN, PayloadType.AC, PayloadType.DC}


def test_a_renegotiation_that_fails_leaves_the_old_schedule() -> None:
    station = charging()
    says(station, notifies("ScheduleRenegotiation"))
    station.until(cm.ScheduleExchangeRes)
    station.answers[cm.ScheduleExchangeRes] = [{"response_code": "WARNING_ScheduleRenegotiationFailed"}]
    assert station.answer().ev_power_profile is not None
    assert len(station.ev.schedules) == 1
    assert type(station.answer()) is ac.AC_ChargeLoopReq
    assert station.session.remarks == ["The station has no new schedules; the old one stays in force."]


def test_a_renegotiation_that_leaves_no_power_turns_it_off_and_pauses() -> None:
    station = charging()
    says(station, notifies("ScheduleRenegotiation"))
    station.until(cm.ScheduleExchangeRes)
    station.answers[cm.ScheduleExchangeRes] = [{"go_to_pause": True}]
    assert station.answer().charge_progress == "Stop"
    ended(station, Ending.PAUSED)


def test_beside_the_main_stream_the_loop_goes_on() -> None:
    station = charging(options=BESIDE)
    assert type(says(station, notifies("ScheduleRenegotiation"))) is cm.ScheduleExchangeReq
    station.answers[cm.ScheduleExchangeRes] = [{"evse_processing": "Ongoing"}] * 2 + [{}]
    before = len(station.asks) - 1
    station.until(cm.PowerDeliveryRes)
    sent = [(type(each.message), each.payload_type) for each in station.asks[before:]]
    side, loop = PayloadType.SCHEDULE_RENEGOTIATION, (ac.AC_ChargeLoopReq, PayloadType.AC)
    exchange = (cm.ScheduleExchangeReq, side)
    assert sent == [exchange, loop, exchange, loop, exchange, (cm.PowerDeliveryReq, side)]
    assert station.last.charge_progress == "ScheduleRenegotiation"
    assert station.last.ev_power_profile is not None
    assert type(station.answer()) is ac.AC_ChargeLoopReq
    assert type(station.answer()) is ac.AC_ChargeLoopReq
    assert station.session.findings == []


def test_a_vehicle_thinks_about_new_schedules_while_it_charges() -> None:
    station = charging(options=BESIDE)
    says(station, notifies("ScheduleRenegotiation"))
    answers: list[Any] = [PENDING, PENDING, Profile(1)]
    station.ev.choose = lambda schedules: answers.pop(0)  # type: ignore[method-assign]
    station.until(cm.PowerDeliveryRes)
    assert [type(each) for each in station.asked[-4:]] == [
        cm.ScheduleExchangeReq,
        ac.AC_ChargeLoopReq,
        ac.AC_ChargeLoopReq,
        cm.PowerDeliveryReq,
    ]
    assert answers == []


# --- standby -------------------------------------------------------------------------------------------------------------------------


def test_standby_and_back() -> None:
    station = charging(ev=Ev20(loops=9, moods={2: {"standby": True}, 5: {"standby": False}}))
    ended(station)
    progress = [each.charge_progress for each in station.of(cm.PowerDeliveryReq)]
    assert progress == ["Start", "Standby", "Start", "Stop"]
    assert station.of(cm.PowerDeliveryReq)[2].ev_power_profile is not None
    assert station.ev.contactors == [True, False]


def test_a_dc_vehicle_on_standby_wants_no_current() -> None:
    station = charging(DC, ev=Ev20(loops=99, moods={2: {"standby": True}}))
    station.until(cm.PowerDeliveryRes)
    assert station.last.charge_progress == "Standby"
    assert plain(station.answer().cl_req_control_mode.ev_target_current) == 0.0


def test_the_station_may_call_the_vehicle_out_of_standby() -> None:
    station = charging(ev=Ev20(loops=99, moods={2: {"standby": True}}))
    station.until(cm.PowerDeliveryRes)
    station.answer()
    assert says(station, notifies("ExitStandby")).charge_progress == "Start"
    station.answer()
    assert type(says(station, {}, {})) is ac.AC_ChargeLoopReq


def test_a_station_without_standby_keeps_the_vehicle_going() -> None:
    station = charging(DC, ev=Ev20(loops=9, moods={2: {"standby": True}, 5: {"standby": False}}))
    station.until(cm.PowerDeliveryRes)
    station.answers[cm.PowerDeliveryRes] = [{"response_code": "WARNING_StandbyNotAllowed"}, {}]
    assert plain(station.answer().cl_req_control_mode.ev_target_current) == 100.0
    ended(station)
    progress = [each.charge_progress for each in station.of(cm.PowerDeliveryReq)]
    assert progress == ["Start", "Standby", "Stop"]
    assert station.session.remarks == ["The station warned: WARNING_StandbyNotAllowed."]


# --- the meter confirmed -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "stream"),
    [(Options(), PayloadType.MAIN), (BESIDE, PayloadType.METERING_CONFIRMATION)],
)
def test_the_meter_is_confirmed_with_the_contract(options: Options, stream: PayloadType) -> None:
    station = with_contract(options=options)
    receipt = Receipt(time_anchor=5)
    request = says(station, notifies("MeteringConfirmation") | {"receipt": receipt})
    assert station.asks[-1].payload_type is stream
    data = request.signed_metering_data
    assert (data.meter_info, data.receipt, data.session_id) == (METER, receipt, station.session_id)
    assert data.scheduled_smdt_control_mode.selected_schedule_tuple_id == 1
    assert verify(request, contract_credential().certificate.public_key()).good
    assert type(station.answer()) is ac.AC_ChargeLoopReq


def test_under_dynamic_control_no_schedule_is_named() -> None:
    data = says(with_contract(control=DYNAMIC), notifies("MeteringConfirmation")).signed_metering_data
    assert data.scheduled_smdt_control_mode is None
    assert data.dynamic_smdt_control_mode is not None


def test_a_meter_that_was_not_shown_is_asked_for_first() -> None:
    station = with_contract(options=Options(meter=False))
    asks = says(station, notifies("MeteringConfirmation") | {"meter_info": None})
    assert asks.meter_info_requested is True
    assert type(says(station, {})) is cm.MeteringConfirmationReq
    assert station.answer().meter_info_requested is False


def test_without_a_contract_there_is_nothing_to_sign_with() -> None:
    station = charging()
    assert type(says(station, notifies("MeteringConfirmation"))) is ac.AC_ChargeLoopReq
    assert station.session.findings == [
        "The station wants the meter confirmed, and the vehicle was authorized without a contract."
    ]


def test_a_confirmation_that_is_refused_is_the_end() -> None:
    station = with_contract()
    says(station, notifies("MeteringConfirmation"))
    station.answers[cm.MeteringConfirmationRes] = [{"response_code": "FAILED_MeteringSignatureNotValid"}]
    assert "FAILED_MeteringSignatureNotValid" in ended(station, Ending.FAILED)
