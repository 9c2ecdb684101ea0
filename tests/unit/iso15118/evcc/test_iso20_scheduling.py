"""What a vehicle of ISO 15118-20 makes of a station's schedules and prices, and the profile it sends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.errors import MisuseError
from pilotwire.iso15118.charging import (
    AcLimits,
    Control,
    Ending,
    Identification,
    PowerStep,
    Profile,
    Schedule,
    Transfer,
)
from pilotwire.iso15118.codecs import ISO20_COMMON
from pilotwire.iso15118.evcc.iso20 import Options
from pilotwire.iso15118.evcc.iso20.plan import Course, course_of, passed, within
from pilotwire.iso15118.exi.minimal import minimal
from pilotwire.iso15118.iso20 import ac, dc
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.quantities import plain, rational
from pilotwire.iso15118.signature import sign
from pilotwire.iso15118.signed_parts import Edition
from pilotwire.pki import KeyKind
from tests.support import v2g_pki
from tests.support.iso15118_ev_fake import FakeKeptPause, FakeWallet
from tests.support.iso15118_station20 import Ev20, Station20, a_set, details, offers, paused, plans, power
from tests.support.pki_forge import DAY, NOW
from tests.support.pki_houses import authority
from tests.support.v2g_credentials import contract_credential

AC, DC, AC_BPT, DC_BPT = Transfer.AC, Transfer.DC, Transfer.AC_BPT, Transfer.DC_BPT
SCHEDULED, DYNAMIC = Control.SCHEDULED, Control.DYNAMIC


def prices(id_: str | None = None) -> cm.AbsolutePriceSchedule:
    """A tariff."""
    return minimal(ISO20_COMMON, cm.AbsolutePriceSchedule, currency="EUR", language="ENG", price_algorithm="1", id=id_)


def entries(profile: Any) -> list[tuple[int, float]]:
    return [(each.duration, plain(each.power)) for each in profile.ev_power_profile_entries.ev_power_profile_entry]


def planned(station: Station20, **fields: Any) -> Any:
    """The profile of PowerDeliveryReq for a schedule."""
    station.until(cm.ScheduleExchangeRes)
    station.answers[cm.ScheduleExchangeRes] = [plans(SCHEDULED, int(station.now.timestamp()), **fields)]
    request = station.until(cm.PowerDeliveryRes)
    assert request.charge_progress == "Start"
    return request.ev_power_profile


# --- what is asked -------------------------------------------------------------------------------------------------------------------


def test_what_a_scheduled_vehicle_needs() -> None:
    needs = {"most_wh": 30_000.0, "least_wh": 5_000.0, "most_steps": 100}
    request = Station20(ev=Ev20(departure_s=7_200, more_needs=needs)).until(cm.ScheduleExchangeRes)
    mode = request.scheduled_se_req_control_mode
    assert request.dynamic_se_req_control_mode is None
    assert request.maximum_supporting_points == 100
    assert mode.departure_time == 7_200
    told = (mode.ev_target_energy_request, mode.ev_maximum_energy_request, mode.ev_minimum_energy_request)
    assert [plain(each) for each in told] == [20_000.0, 30_000.0, 5_000.0]


@pytest.mark.parametrize(("most", "told"), [(None, 1024), (3, 12), (5_000, 1024)])
def test_the_number_of_points_has_bounds(most: int | None, told: int) -> None:
    request = Station20(ev=Ev20(more_needs={"most_steps": most})).until(cm.ScheduleExchangeRes)
    assert request.maximum_supporting_points == told


def test_what_a_dynamic_vehicle_needs_is_told_even_where_it_has_no_opinion() -> None:
    request = Station20(AC, DYNAMIC, ev=Ev20(energy_wh=None)).until(cm.ScheduleExchangeRes)
    mode = request.dynamic_se_req_control_mode
    assert request.scheduled_se_req_control_mode is None
    assert mode.departure_time == 86_400
    told = (mode.ev_target_energy_request, mode.ev_maximum_energy_request, mode.ev_minimum_energy_request)
    assert [plain(each) for each in told] == [0.0, 0.0, 0.0]
    assert mode.ev_maximum_v2x_energy_request is None


def test_energy_for_others_is_told_by_a_vehicle_that_gives_some() -> None:
    needs = {"v2x_most_wh": 9_000.0, "v2x_least_wh": -4_000.0, "target_soc": 80}
    station = Station20(DC_BPT, DYNAMIC, ev=Ev20(more_needs=needs, departure_s=3_600))
    mode = station.until(cm.ScheduleExchangeRes).dynamic_se_req_control_mode
    assert (plain(mode.ev_maximum_v2x_energy_request), plain(mode.ev_minimum_v2x_energy_request)) == (9_000, -4_000)
    assert (mode.departure_time, mode.target_soc) == (3_600, 80)


def test_a_station_that_plans_the_departure_says_what_it_wants_reached() -> None:
    station = Station20(AC, DYNAMIC, ev=Ev20(more_needs={"target_soc": 80}), options=Options(mobility=(2,)))
    station.answers[cm.ServiceDetailRes] = [details(1, a_set(ControlMode=2, MobilityNeedsMode=2))]
    assert station.until(cm.ScheduleExchangeRes).dynamic_se_req_control_mode.target_soc is None
    mode = cm.Dynamic_SEResControlMode(departure_time=5_000, minimum_soc=30, target_soc=70)
    station.answers[cm.ScheduleExchangeRes] = [{"dynamic_se_res_control_mode": mode}]
    station.answer()
    said = station.ev.heard[-1]
    assert (said.departure_s, said.least_soc, said.target_soc, said.tariff) == (5_000, 30, 70, None)
    assert station.ev.schedules == []


def test_a_station_that_was_not_asked_to_plan_the_departure_is_not_followed_there() -> None:
    """The vehicle says itself when it leaves and with what (MobilityNeedsMode 1)."""
    station = Station20(AC, DYNAMIC, ev=Ev20(more_needs={"target_soc": 80}))
    station.until(cm.ScheduleExchangeRes)
    mode = cm.Dynamic_SEResControlMode(departure_time=5_000, minimum_soc=30, target_soc=70)
    station.answers[cm.ScheduleExchangeRes] = [{"dynamic_se_res_control_mode": mode}]
    station.answer()
    said = station.ev.heard[-1]
    assert (said.departure_s, said.least_soc, said.target_soc) == (None, None, None)
    (remark,) = station.session.remarks
    assert "passed over" in remark


@pytest.mark.parametrize(("departure", "duration"), [(7_200, 7_200), (None, 86_400)])
@pytest.mark.parametrize(("transfer", "watts"), [(AC, 11_040.0), (DC, 80_000.0)])
def test_a_dynamic_vehicle_plans_all_that_it_could_take(
    transfer: Transfer, watts: float, departure: int | None, duration: int
) -> None:
    station = Station20(transfer, DYNAMIC, ev=Ev20(departure_s=departure))
    profile = station.until(cm.PowerDeliveryRes).ev_power_profile
    assert profile.dynamic_ev_ppt_control_mode is not None
    assert profile.scheduled_ev_ppt_control_mode is None
    assert entries(profile) == [(duration, watts)]


def test_a_dynamic_vehicle_plans_no_more_than_the_station_has() -> None:
    station = Station20(AC, DYNAMIC, ev=Ev20(ac=AcLimits(3, 230.0, 63.0)))
    assert entries(station.until(cm.PowerDeliveryRes).ev_power_profile) == [(86_400, 22_000.0)]


# --- what is chosen ------------------------------------------------------------------------------------------------------------------


def test_a_vehicle_without_a_plan_keeps_to_the_schedule() -> None:
    station = Station20()
    profile = planned(station)
    assert station.ev.schedules == [(Schedule(1, (PowerStep(0, 11_000.0), PowerStep(3_600, 7_000.0)), 7_200),)]
    assert profile.scheduled_ev_ppt_control_mode.selected_schedule_tuple_id == 1
    assert profile.scheduled_ev_ppt_control_mode.power_tolerance_acceptance is None
    assert profile.time_anchor == int(station.now.timestamp())
    assert entries(profile) == [(3_600, 11_000.0), (3_600, 7_000.0)]


@pytest.mark.parametrize(
    ("watts", "sent"),
    [(9_000.0, [(3_600, 9_000.0), (3_600, 7_000.0)]), (50_000.0, [(3_600, 11_000.0), (3_600, 7_000.0)])],
)
def test_a_plan_never_leaves_the_schedule(watts: float, sent: list[tuple[int, float]]) -> None:
    assert entries(planned(Station20(ev=Ev20(watts=watts)))) == sent


def test_a_one_way_service_gives_nothing_back() -> None:
    assert entries(planned(Station20(ev=Ev20(watts=-5_000.0)))) == [(7_200, 0.0)]


def test_what_comes_back_keeps_to_the_schedule_for_it() -> None:
    station = Station20(AC_BPT, ev=Ev20(watts=-6_000.0))
    profile = planned(station, back=((1_800, 8_000.0), (5_400, 2_000.0)))
    assert entries(profile) == [(1_800, -6_000.0), (5_400, -2_000.0)]
    assert station.ev.schedules[0][0].discharge == (PowerStep(0, 8_000.0), PowerStep(1_800, 2_000.0))


def test_after_the_end_of_the_schedule_for_it_nothing_comes_back() -> None:
    station = Station20(AC_BPT, ev=Ev20(watts=-6_000.0))
    assert entries(planned(station, back=((1_800, 8_000.0),))) == [(1_800, -6_000.0), (5_400, 0.0)]


def test_without_a_schedule_for_it_the_station_s_limit_holds() -> None:
    assert entries(planned(Station20(AC_BPT, ev=Ev20(watts=-50_000.0)))) == [(7_200, -9_000.0)]


@pytest.mark.parametrize(
    ("keeps", "told"), [(True, "PowerToleranceConfirmed"), (False, "PowerToleranceNotConfirmed"), (None, None)]
)
def test_a_tolerance_is_answered(keeps: bool | None, told: str | None) -> None:
    station = Station20()
    station.ev.choose = lambda schedules: Profile(1, keeps_tolerance=keeps)  # type: ignore[method-assign]
    profile = planned(station, tolerance_w=500.0)
    assert profile.scheduled_ev_ppt_control_mode.power_tolerance_acceptance == told


def test_the_vehicle_chooses_among_several() -> None:
    station = Station20()
    station.until(cm.ScheduleExchangeRes)
    anchor = int(station.now.timestamp())
    first, second = (
        plans(SCHEDULED, anchor, (60, watts), id_=id_)["scheduled_se_res_control_mode"].schedule_tuple[0]
        for id_, watts in ((3, 4_000.0), (8, 5_000.0))
    )
    mode = cm.Scheduled_SEResControlMode(schedule_tuple=[first, second])
    station.answers[cm.ScheduleExchangeRes] = [{"scheduled_se_res_control_mode": mode}]
    station.ev.choose = lambda schedules: Profile(schedules[1].id)  # type: ignore[method-assign]
    profile = station.until(cm.PowerDeliveryRes).ev_power_profile
    assert profile.scheduled_ev_ppt_control_mode.selected_schedule_tuple_id == 8
    assert entries(profile) == [(60, 5_000.0)]


def test_a_vehicle_that_chooses_what_was_not_offered_is_misuse() -> None:
    station = Station20()
    station.ev.choose = lambda schedules: Profile(7)  # type: ignore[method-assign]
    station.until(cm.ScheduleExchangeRes)
    with pytest.raises(MisuseError, match="schedule 7"):
        station.answer()


def test_schedules_that_last_no_time_are_none() -> None:
    station = Station20()
    station.answers[cm.ScheduleExchangeRes] = [plans(SCHEDULED, 0, (0, 1_000.0))]
    station.runs()
    assert station.session.over is not None
    assert station.session.over.reason == "The station has no schedule that lasts any time."
    assert station.session.findings[0] == "The schedule 1 of the station lasts no time."


@pytest.mark.parametrize("control", list(Control))
def test_an_answer_for_another_control_mode_is_a_finding(control: Control) -> None:
    other = DYNAMIC if control is SCHEDULED else SCHEDULED
    station = Station20(AC, control)
    station.answers[cm.ScheduleExchangeRes] = [plans(other, 0)]
    station.runs()
    assert station.session.findings == [
        f"The station answered ScheduleExchangeReq for another control mode than {control}."
    ]
    assert station.session.over is not None
    assert station.session.over.ending is Ending.FAILED


def test_ongoing_is_asked_again() -> None:
    station = Station20()
    station.answers[cm.ScheduleExchangeRes] = [{"evse_processing": "Ongoing"}] * 3 + [{}]
    station.until(cm.PowerDeliveryRes)
    assert len(station.of(cm.ScheduleExchangeReq)) == 4
    assert len(station.ev.schedules) == 1


@pytest.mark.parametrize("transfer", [AC, DC])
def test_a_station_without_power_for_now_sends_the_vehicle_to_sleep(transfer: Transfer) -> None:
    station = Station20(transfer)
    station.answers[cm.ScheduleExchangeRes] = [{"go_to_pause": True}]
    assert station.until(cm.SessionStopRes).charging_session == "Pause"
    station.answer()
    assert station.session.over is not None
    assert station.session.over.ending is Ending.PAUSED
    assert station.kept.paused is not None
    assert station.kept.paused.schedule_id == 1
    assert station.of(cm.PowerDeliveryReq) == []


def test_dc_checks_the_cable_first() -> None:
    station = Station20(DC)
    station.until(cm.ScheduleExchangeRes)
    assert type(station.answer()) is dc.DC_CableCheckReq


# --- prices --------------------------------------------------------------------------------------------------------------------------


def customer(control: Control = SCHEDULED) -> Station20:
    """A vehicle with a contract."""
    ev = Ev20(identification=(Identification.PNC,))
    station = Station20(AC, control, ev=ev, wallet=FakeWallet([contract_credential()]), now=NOW + DAY)
    station.answers[cm.AuthorizationSetupRes] = [offers("PnC")]
    station.until(cm.ScheduleExchangeRes)
    return station


def signed(station: Station20, tariff: cm.AbsolutePriceSchedule, key: Any) -> Any:
    """The station's schedules with a signed tariff."""
    fields = plans(station.control, int(station.now.timestamp()), prices=tariff)
    return sign(msgspec.structs.replace(station.good(), **fields), key)


def seen(station: Station20) -> Any:
    """The tariff that the vehicle was told."""
    if station.control is DYNAMIC:
        return station.ev.heard[-1].tariff
    return station.ev.schedules[0][0].tariff


@pytest.mark.parametrize("control", list(Control))
def test_prices_that_the_operator_signed_are_believed(control: Control) -> None:
    station = customer(control)
    key: Any = authority("mo-sub2", KeyKind.EC_P521).key
    station.answers[cm.ScheduleExchangeRes] = [lambda _: signed(station, prices("p1"), key)]
    station.answer()
    assert seen(station) == prices("p1")
    assert station.session.findings == station.session.remarks == []


@pytest.mark.parametrize("control", list(Control))
def test_prices_that_another_signed_are_not_believed(control: Control) -> None:
    station = customer(control)
    station.answers[cm.ScheduleExchangeRes] = [
        lambda _: signed(station, prices("p1"), v2g_pki.vehicle(Edition.ISO20).key)
    ]
    station.answer()
    assert seen(station) is None
    assert station.session.findings[0].startswith("The prices are not believed: ")
    assert station.last.ev_power_profile is not None


def test_prices_that_say_they_are_signed_and_are_not() -> None:
    station = customer()
    station.answers[cm.ScheduleExchangeRes] = [plans(SCHEDULED, 0, prices=prices("p1"))]
    station.answer()
    assert seen(station) is None
    assert station.session.findings == ["The prices are not believed: The message is not signed."]


def test_a_contract_without_its_sub_ca_cannot_check_prices() -> None:
    """Such a contract pays for joined sessions alone."""
    whole = contract_credential()
    was = paused(identification=Identification.PNC, facts={"emaid": v2g_pki.EMAID})
    wallet = FakeWallet([replace(whole, chain=whole.chain[:1])])
    station = Station20(kept=FakeKeptPause(was), wallet=wallet, now=NOW + DAY)
    station.answers[cm.SessionSetupRes] = [{"response_code": "OK_OldSessionJoined"}]
    station.answers[cm.ScheduleExchangeRes] = [plans(SCHEDULED, 0, prices=prices("p1"))]
    station.until(cm.PowerDeliveryRes)
    assert seen(station) is None
    assert station.session.remarks == ["The prices cannot be checked: the contract has no sub-CA with it."]


def test_prices_of_the_station_itself_are_taken_and_told() -> None:
    station = customer()
    station.answers[cm.ScheduleExchangeRes] = [plans(SCHEDULED, 0, prices=prices())]
    station.answer()
    assert seen(station) == prices()
    assert station.session.findings == []
    assert station.session.remarks == ["The prices are not signed by the contract's operator; they are the station's."]


def test_without_a_contract_the_station_s_word_is_taken() -> None:
    station = Station20()
    station.answers[cm.ScheduleExchangeRes] = [plans(SCHEDULED, 0, prices=prices("p1"))]
    station.until(cm.PowerDeliveryRes)
    assert seen(station) == prices("p1")
    assert station.session.findings == station.session.remarks == []


# --- the plan itself -----------------------------------------------------------------------------------------------------------------


def test_a_schedule_as_a_course_adds_up_its_phases() -> None:
    others = {"power_l2": rational(2_000.0), "power_l3": rational(2_000.0)}
    listed = [
        cm.PowerScheduleEntry(duration=60, power=rational(3_000.0), **others),
        cm.PowerScheduleEntry(duration=30, power=rational(1_000.0)),
    ]
    entry_list = cm.PowerScheduleEntryList(power_schedule_entry=listed)
    course = course_of(cm.PowerSchedule(time_anchor=0, power_schedule_entries=entry_list))
    assert course == Course((PowerStep(0, 7_000.0), PowerStep(60, 1_000.0)), 90)
    assert [course.watts(at) for at in (-1, 0, 59, 60, 89, 90)] == [0.0, 7_000.0, 7_000.0, 1_000.0, 1_000.0, 0.0]


@pytest.mark.parametrize(("anchor", "gone"), [(940, 60), (1_000, 0), (1_001, 0), (0, 0), (910, 0)])
def test_how_much_of_a_schedule_is_over(anchor: int, gone: int) -> None:
    """A TimeAnchor in the future, or so long ago that all is over, makes no sense: it counts from now."""
    assert passed(power((90, 1.0), anchor=anchor), 1_000) == gone


OFFERED = Course((PowerStep(0, 10.0), PowerStep(100, 6.0)), 200)


def test_the_rest_of_a_plan() -> None:
    plan = (PowerStep(0, 4.0), PowerStep(50, 20.0))
    assert within(plan, OFFERED, 0.0, 0, 9) == Course(
        (PowerStep(0, 4.0), PowerStep(50, 10.0), PowerStep(100, 6.0)), 200
    )
    assert within(plan, OFFERED, 0.0, 120, 9) == Course((PowerStep(0, 6.0),), 80)


@pytest.mark.parametrize(
    ("plan", "last"),
    [
        ((PowerStep(0, 9.0), PowerStep(10, 8.0), PowerStep(20, 3.0)), 3.0),
        ((PowerStep(0, 9.0), PowerStep(10, -8.0), PowerStep(20, -3.0)), -3.0),
        ((PowerStep(0, 9.0), PowerStep(10, -8.0), PowerStep(20, 3.0)), 0.0),
    ],
)
def test_a_plan_of_too_many_steps_ends_with_what_is_allowed_everywhere(plan: Any, last: float) -> None:
    short = within(plan, OFFERED, 10.0, 0, 2)
    assert short == Course((PowerStep(0, 9.0), PowerStep(10, last)), 200)


def courses(low: float, high: float) -> st.SearchStrategy[Course]:
    """Courses of up to six steps."""
    step = st.tuples(st.integers(1, 50), st.floats(low, high))

    def made(steps: list[tuple[int, float]]) -> Course:
        starts = [sum(lasts for lasts, _ in steps[:place]) for place in range(len(steps) + 1)]
        return Course(tuple(PowerStep(at, watts) for at, (_, watts) in zip(starts, steps, strict=False)), starts[-1])

    return st.lists(step, min_size=1, max_size=6).map(made)


@given(courses(-99, 99), courses(0, 50), courses(0, 50), st.data())
def test_no_plan_ever_leaves_what_is_offered(plan: Course, offered: Course, back: Course, data: st.DataObject) -> None:
    offset, most = data.draw(st.integers(0, offered.ends - 1)), data.draw(st.integers(1, 9))
    sent = within(plan.steps, offered, back, offset, most)
    assert sent.ends == offered.ends - offset
    assert 1 <= len(sent.steps) <= most
    assert sent.steps[0].start == 0
    for at in range(sent.ends):
        assert -back.watts(at + offset) <= sent.watts(at) <= offered.watts(at + offset)


def test_a_profile_begins_when_it_is_sent() -> None:
    station = Station20(ev=Ev20(slow=4))
    station.until(cm.ScheduleExchangeRes)
    begun = int(station.now.timestamp())
    station.answers[cm.ScheduleExchangeRes] = [plans(SCHEDULED, begun)]
    assert station.answer() is None
    station.now += timedelta(seconds=20)
    while station.looks_again() is None:
        assert station.session.over is None
    while station.last.ev_processing != "Finished":
        assert station.last.ev_power_profile is None
        station.answer()
    profile = station.last.ev_power_profile
    gone = profile.time_anchor - begun
    assert gone >= 20
    assert entries(profile) == [(3_600 - gone, 11_000.0), (3_600, 7_000.0)]
    assert type(station.answer()) is ac.AC_ChargeLoopReq
