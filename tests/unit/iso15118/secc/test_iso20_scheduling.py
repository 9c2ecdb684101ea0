"""A station's session of ISO 15118-20: limits of both sides, and schedules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from pilotwire.iso15118.charging import PENDING, AcLimits, Control, DcLimits, Notice, PowerStep, Schedule, Transfer
from pilotwire.iso15118.codecs import ISO20_COMMON
from pilotwire.iso15118.exi.minimal import minimal
from pilotwire.iso15118.iso20 import ac, dc
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.iso20.common_types import MessageHeader, RationalNumber
from pilotwire.iso15118.quantities import plain, rational
from pilotwire.iso15118.secc.iso20 import Options, states
from pilotwire.iso15118.signature import sign, verify
from tests.support.iso15118_evse_fake import DC, SCHEDULE
from tests.support.iso15118_vehicle20 import Vehicle20


def told(mode: object) -> dict[str, float]:
    """The numbers of an element."""
    fields: dict[str, object] = {name: getattr(mode, name) for name in mode.__struct_fields__}  # type: ignore[attr-defined]
    return {name: plain(value) for name, value in fields.items() if isinstance(value, RationalNumber)}


# --- ChargeParameterDiscovery ------------------------------------------------------------------------------------------------------


def test_limits_of_ac() -> None:
    peer = Vehicle20().reaches(states.CHARGE_PARAMETERS)
    peer.evse.shows(present_w=0.0)
    response = peer.tells_limits()
    assert type(response.ac_cpd_res_energy_transfer_mode) is ac.AC_CPDResEnergyTransferMode
    assert told(response.ac_cpd_res_energy_transfer_mode) == {
        "evse_maximum_charge_power": 22_080,
        "evse_minimum_charge_power": 4_140,
        "evse_nominal_frequency": 50,
        "evse_present_active_power": 0,
    }
    assert peer.state == states.SCHEDULE_EXCHANGE


def test_limits_of_ac_both_ways() -> None:
    peer = Vehicle20(Transfer.AC_BPT, options=Options(frequency_hz=60.0)).reaches(states.CHARGE_PARAMETERS)
    numbers = told(peer.tells_limits().ac_cpd_res_energy_transfer_mode)
    assert numbers["evse_maximum_discharge_power"] == 11_000
    assert numbers["evse_minimum_discharge_power"] == 500
    assert numbers["evse_nominal_frequency"] == 60


def test_limits_of_dc() -> None:
    peer = Vehicle20(Transfer.DC).reaches(states.CHARGE_PARAMETERS)
    response = peer.tells_limits()
    assert type(response.dc_cpd_res_energy_transfer_mode) is dc.DC_CPDResEnergyTransferMode
    assert told(response.dc_cpd_res_energy_transfer_mode) == {
        "evse_maximum_charge_power": 150_000,
        "evse_minimum_charge_power": 0,
        "evse_maximum_charge_current": 200,
        "evse_minimum_charge_current": 0,
        "evse_maximum_voltage": 920,
        "evse_minimum_voltage": 150,
    }


def test_limits_of_dc_both_ways() -> None:
    peer = Vehicle20(Transfer.DC_BPT).reaches(states.CHARGE_PARAMETERS)
    numbers = told(peer.tells_limits().dc_cpd_res_energy_transfer_mode)
    assert numbers["evse_maximum_discharge_power"] == 20_000
    assert numbers["evse_maximum_discharge_current"] == 50


def test_powers_by_phase_are_added() -> None:
    """With L2 and L3 beside it the first number is that of L1, else it is that of all phases."""
    peer = Vehicle20(Transfer.AC_BPT).reaches(states.CHARGE_PARAMETERS)
    by_phase = {f"ev_maximum_charge_power{phase}": 2_300.0 for phase in ("", "_l2")}
    by_phase |= {f"ev_minimum_charge_power{phase}": 1_150.0 for phase in ("", "_l2")}
    back = {f"ev_maximum_discharge_power{phase}": -1_000.0 for phase in ("", "_l2", "_l3")}
    peer.tells_limits(**by_phase, **back)
    peer.asks_schedules()
    limits = peer.evse.of("schedules")[0].limits
    assert isinstance(limits, AcLimits)
    assert (limits.phases, limits.max_a, limits.max_w, limits.min_w) == (2, 10.0, 4_600.0, 2_300.0)
    assert limits.max_discharge_w == 3_000


@pytest.mark.parametrize(
    ("transfer", "changed"),
    [
        (Transfer.AC, {"ev_maximum_charge_power": 0.0}),
        (Transfer.AC, {"ev_minimum_charge_power": 12_000.0}),
        (Transfer.AC_BPT, {"ev_minimum_discharge_power": 9_500.0}),
        (Transfer.DC, {"ev_maximum_charge_current": 0.0, "ev_minimum_charge_current": 0.0}),
        (Transfer.DC, {"ev_minimum_charge_power": 130_000.0}),
        (Transfer.DC, {"ev_maximum_voltage": 120.0, "ev_minimum_voltage": 100.0}),
        (Transfer.DC, {"ev_maximum_voltage": 1_500.0, "ev_minimum_voltage": 1_000.0}),
    ],
)
def test_limits_that_make_no_sense(transfer: Transfer, changed: dict[str, float]) -> None:
    peer = Vehicle20(transfer).reaches(states.CHARGE_PARAMETERS)
    assert peer.tells_limits(**changed).response_code == "FAILED_WrongChargeParameter"
    assert peer.session.findings[0].startswith("ChargeParameterDiscoveryReq: the vehicle cannot be charged: ")


@pytest.mark.parametrize(
    ("chosen", "sent"),
    [
        (Transfer.AC, Transfer.AC_BPT),
        (Transfer.AC_BPT, Transfer.AC),
        (Transfer.DC, Transfer.DC_BPT),
        (Transfer.DC_BPT, Transfer.DC),
    ],
)
def test_the_element_must_be_that_of_the_service(chosen: Transfer, sent: Transfer) -> None:
    peer = Vehicle20(chosen).reaches(states.CHARGE_PARAMETERS)
    peer.transfer = sent
    assert peer.tells_limits().response_code == "FAILED_WrongChargeParameter"
    assert "CPDReqEnergyTransferMode is not that of" in peer.session.findings[0]


# --- what the station is asked for ---------------------------------------------------------------------------------------------------


def test_needs_of_a_vehicle_that_plans() -> None:
    peer = Vehicle20(Transfer.DC).reaches(states.SCHEDULE_EXCHANGE)
    peer.asks_schedules(points=24)
    needs = peer.evse.of("schedules")[0]
    assert (needs.transfer, needs.control) == (Transfer.DC, Control.SCHEDULED)
    assert (needs.energy_wh, needs.most_wh, needs.least_wh) == (40_000, 60_000, 10_000)
    assert (needs.departure_s, needs.target_soc, needs.most_steps) == (7_200, 80, 24)
    assert isinstance(needs.limits, DcLimits)
    assert (needs.limits.max_v, needs.limits.max_a, needs.limits.max_w) == (450, 300, 120_000)


def test_needs_of_a_vehicle_that_leaves_it_to_the_station() -> None:
    peer = Vehicle20(Transfer.AC_BPT, Control.DYNAMIC).reaches(states.SCHEDULE_EXCHANGE)
    peer.says(
        cm.ScheduleExchangeReq,
        maximum_supporting_points=12,
        dynamic_se_req_control_mode=cm.Dynamic_SEReqControlMode(
            departure_time=3_600,
            target_soc=70,
            ev_target_energy_request=rational(20_000),
            ev_maximum_energy_request=rational(30_000),
            ev_minimum_energy_request=rational(-5_000),
            ev_maximum_v2x_energy_request=rational(10_000),
            ev_minimum_v2x_energy_request=rational(1_000),
        ),
    )
    needs = peer.evse.of("schedules")[0]
    assert (needs.control, needs.target_soc, needs.least_wh) == (Control.DYNAMIC, 70, -5_000)
    assert (needs.v2x_most_wh, needs.v2x_least_wh) == (10_000, 1_000)


# --- schedules ---------------------------------------------------------------------------------------------------------------------


def test_schedules_while_the_station_plans_and_after() -> None:
    peer = Vehicle20().reaches(states.SCHEDULE_EXCHANGE)
    peer.evse.planned_schedules = [PENDING, PENDING, (SCHEDULE,)]
    for _ in range(2):
        response = peer.asks_schedules()
        assert (response.response_code, response.evse_processing) == ("OK", "Ongoing")
        assert peer.state == states.SCHEDULE_EXCHANGE
    response = peer.asks_schedules()
    assert response.evse_processing == "Finished"
    (offered,) = response.scheduled_se_res_control_mode.schedule_tuple
    power = offered.charging_schedule.power_schedule
    assert power.time_anchor == int(peer.now.timestamp())
    entries = power.power_schedule_entries.power_schedule_entry
    assert [(each.duration, plain(each.power)) for each in entries] == [(3_600, 11_000), (82_800, 7_000)]
    assert offered.discharging_schedule is None
    assert peer.state == states.POWER_DELIVERY


def test_a_station_that_plans_too_long_has_no_schedule() -> None:
    peer = Vehicle20().reaches(states.SCHEDULE_EXCHANGE)
    peer.evse.planned_schedules = [PENDING]
    assert peer.asks_schedules().evse_processing == "Ongoing"
    peer.passes(54)
    assert peer.asks_schedules().evse_processing == "Ongoing"
    peer.passes(2)
    assert peer.asks_schedules().response_code == "FAILED"
    assert peer.session.remarks == ["The station had no schedules in time."]


def test_a_station_that_can_do_nothing_says_so() -> None:
    peer = Vehicle20(Transfer.DC).reaches(states.SCHEDULE_EXCHANGE)
    peer.evse.planned_schedules = [()]
    assert peer.asks_schedules().response_code == "FAILED"


def test_up_to_three_schedules_with_discharging_and_tolerance() -> None:
    back = replace(SCHEDULE, discharge=(PowerStep(0, -5_000.0),))
    peer = Vehicle20(Transfer.AC_BPT, options=Options(tolerance_w=500.0)).reaches(states.SCHEDULE_EXCHANGE)
    peer.evse.planned_schedules = [tuple(replace(back, id=id_) for id_ in (4, 2, 7, 9))]
    tuples = peer.asks_schedules().scheduled_se_res_control_mode.schedule_tuple
    assert [each.schedule_tuple_id for each in tuples] == [4, 2, 7]
    power = tuples[0].charging_schedule.power_schedule
    assert plain(power.power_tolerance) == 500
    returned = tuples[0].discharging_schedule.power_schedule
    assert returned.power_tolerance is None
    assert [plain(each.power) for each in returned.power_schedule_entries.power_schedule_entry] == [5_000]


def test_discharging_is_not_offered_to_those_who_only_charge() -> None:
    peer = Vehicle20().reaches(states.SCHEDULE_EXCHANGE)
    peer.evse.planned_schedules = [(replace(SCHEDULE, discharge=(PowerStep(0, 5_000.0),)),)]
    (offered,) = peer.asks_schedules().scheduled_se_res_control_mode.schedule_tuple
    assert offered.discharging_schedule is None


def test_a_schedule_has_no_more_entries_than_the_vehicle_takes() -> None:
    steps = tuple(PowerStep(60 * place, 10_000.0 - 100 * place) for place in range(40))
    peer = Vehicle20().reaches(states.SCHEDULE_EXCHANGE)
    peer.evse.planned_schedules = [(Schedule(1, steps, 2_400),)]
    (offered,) = peer.asks_schedules(points=12).scheduled_se_res_control_mode.schedule_tuple
    entries = offered.charging_schedule.power_schedule.power_schedule_entries.power_schedule_entry
    assert len(entries) == 12
    assert sum(each.duration for each in entries) == 2_400
    assert plain(entries[-1].power) == 6_100


ABSOLUTE = cm.AbsolutePriceSchedule(
    time_anchor=0,
    price_schedule_id=1,
    currency="EUR",
    language="ENG",
    price_algorithm="urn:iso:std:iso:15118:-20:PriceAlgorithm:1-Power",
    price_rule_stacks=minimal(ISO20_COMMON, cm.PriceRuleStackList),
)
LEVELS = minimal(ISO20_COMMON, cm.PriceLevelSchedule)


@pytest.mark.parametrize(
    ("pricing", "set_", "tariff", "absolute", "levels"),
    [
        (1, 1, ABSOLUTE, ABSOLUTE, None),
        (2, 1, LEVELS, None, LEVELS),
        (1, 2, ABSOLUTE, None, None),
        (2, 1, ABSOLUTE, None, None),
    ],
)
def test_prices_are_those_of_the_operator_if_the_vehicle_chose_them(
    pricing: int,
    set_: int,
    tariff: cm.PriceSchedule,
    absolute: cm.AbsolutePriceSchedule | None,
    levels: cm.PriceLevelSchedule | None,
) -> None:
    peer = Vehicle20()
    peer.evse.offers(pricing=pricing)
    peer.reaches(states.SERVICE_DISCOVERY).selects(parameter_set=set_)
    peer.tells_limits()
    peer.evse.planned_schedules = [(replace(SCHEDULE, tariff=tariff),)]
    (offered,) = peer.asks_schedules().scheduled_se_res_control_mode.schedule_tuple
    assert offered.charging_schedule.absolute_price_schedule == absolute
    assert offered.charging_schedule.price_level_schedule == levels


@pytest.mark.parametrize(("set_", "tells"), [(1, True), (2, False)])
def test_prices_that_are_known_are_told_while_the_station_still_plans(set_: int, tells: bool) -> None:
    """In the tuple of no power that stands for the schedules to come; if the vehicle chose to be told."""
    peer = Vehicle20()
    peer.evse.offers(pricing=1)
    peer.reaches(states.SERVICE_DISCOVERY).selects(parameter_set=set_)
    peer.tells_limits()
    peer.evse.shows(tariff=ABSOLUTE)
    peer.evse.planned_schedules = [PENDING, (SCHEDULE,)]
    response = peer.asks_schedules()
    assert response.evse_processing == "Ongoing"
    (stands_for,) = response.scheduled_se_res_control_mode.schedule_tuple
    assert stands_for.charging_schedule.absolute_price_schedule == (ABSOLUTE if tells else None)
    entries = stands_for.charging_schedule.power_schedule.power_schedule_entries.power_schedule_entry
    assert [plain(each.power) for each in entries] == [0]
    (offered,) = peer.asks_schedules().scheduled_se_res_control_mode.schedule_tuple
    assert offered.charging_schedule.absolute_price_schedule is None


def test_prices_come_with_their_operators_signature() -> None:
    """Vehicles verify it with the operator's certificate; a part for those without prices is none."""
    priced, operator = replaced_id(ABSOLUTE), ec.generate_private_key(ec.SECP521R1())
    for set_, signed in ((1, True), (2, False)):
        peer = Vehicle20()
        peer.evse.offers(pricing=1)
        peer.reaches(states.SERVICE_DISCOVERY).selects(parameter_set=set_)
        peer.tells_limits()
        peer.evse.planned_schedules = [
            (replace(SCHEDULE, tariff=priced, tariff_signature=signature(priced, operator)),)
        ]
        response = peer.asks_schedules()
        assert (response.header.signature is not None) is signed
        if signed:
            assert verify(response, operator.public_key()).good


def replaced_id(schedule: cm.AbsolutePriceSchedule) -> cm.AbsolutePriceSchedule:
    """The same price schedule, with an Id to be signed by."""
    return msgspec.structs.replace(schedule, id="price1")


def signature(schedule: cm.AbsolutePriceSchedule, operator: ec.EllipticCurvePrivateKey) -> Any:
    """The operator's signature over a price schedule."""
    mode = cm.Dynamic_SEResControlMode(absolute_price_schedule=schedule)
    message = cm.ScheduleExchangeRes(
        header=MessageHeader(session_id=bytes(8), time_stamp=0),
        response_code="OK",
        evse_processing="Finished",
        dynamic_se_res_control_mode=mode,
    )
    return sign(message, operator).header.signature


# --- dynamic -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("set_", "tells"), [(2, False), (3, True)])
def test_departure_and_charge_are_the_stations_to_say_where_they_were_left_to_it(set_: int, tells: bool) -> None:
    """Parameter set 3 has MobilityNeedsMode 2."""
    peer = Vehicle20(Transfer.DC, Control.DYNAMIC).reaches(states.SERVICE_DISCOVERY)
    peer.selects(parameter_set=set_)
    peer.tells_limits()
    peer.evse.shows(departure_s=9_000, least_soc=30, target_soc=90)
    peer.evse.planned_schedules = [PENDING, ()]
    assert peer.asks_schedules().dynamic_se_res_control_mode == cm.Dynamic_SEResControlMode()
    response = peer.asks_schedules()
    mode = response.dynamic_se_res_control_mode
    assert (mode.departure_time, mode.minimum_soc, mode.target_soc) == ((9_000, 30, 90) if tells else (None,) * 3)
    assert response.scheduled_se_res_control_mode is None
    assert peer.state == states.CABLE_CHECK


def test_prices_of_dynamic_control() -> None:
    peer = Vehicle20(control=Control.DYNAMIC)
    peer.evse.offers(controls=(Control.DYNAMIC,), pricing=2)
    peer.reaches(states.SERVICE_DISCOVERY).selects(parameter_set=1)
    peer.tells_limits()
    peer.evse.planned_schedules = [(replace(SCHEDULE, tariff=LEVELS),)]
    assert peer.asks_schedules().dynamic_se_res_control_mode.price_level_schedule == LEVELS


@pytest.mark.parametrize(("chosen", "asked"), [tuple(Control), tuple(reversed(Control))])
def test_the_control_mode_must_be_the_chosen_one(chosen: Control, asked: Control) -> None:
    peer = Vehicle20(control=chosen).reaches(states.SCHEDULE_EXCHANGE)
    peer.control = asked
    assert peer.asks_schedules().response_code == "FAILED_WrongChargeParameter"
    assert str(chosen) in peer.session.findings[0]


# --- a pause that the station wants ------------------------------------------------------------------------------------------------


def test_the_station_may_want_a_pause_before_power_is_on() -> None:
    peer = Vehicle20(Transfer.DC).reaches(states.SCHEDULE_EXCHANGE)
    peer.evse.shows(notice=Notice.PAUSE)
    assert peer.asks_schedules().go_to_pause is True
    assert peer.stops("Pause").response_code == "OK"


def test_a_station_that_cannot_pause_does_not_ask_for_it() -> None:
    peer = Vehicle20()
    peer.evse.offers(pause=False)
    peer.reaches(states.SCHEDULE_EXCHANGE).evse.shows(notice=Notice.PAUSE)
    assert peer.asks_schedules().go_to_pause is None


def test_limits_are_the_stations_at_this_moment() -> None:
    peer = Vehicle20(Transfer.DC).reaches(states.CHARGE_PARAMETERS)
    peer.evse.shows(limits=replace(DC, max_w=40_000.0))
    numbers = told(peer.tells_limits().dc_cpd_res_energy_transfer_mode)
    assert numbers["evse_maximum_charge_power"] == 40_000
