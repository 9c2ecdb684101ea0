"""Which services and parameter sets a vehicle of ISO 15118-20 takes, and the limits both sides tell each other."""

from __future__ import annotations

from typing import Any

import pytest

from pilotwire.iso15118.charging import AcLimits, Control, DcLimits, Ending, Speaks, Transfer
from pilotwire.iso15118.evcc.iso20 import Options
from pilotwire.iso15118.iso20 import ac, dc
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.quantities import plain, rational
from tests.support.iso15118_station20 import (
    BOTH_WAYS,
    IDS,
    Ev20,
    Station20,
    a_set,
    ac_limits,
    dc_limits,
    details,
    serves,
)

AC, DC, AC_BPT, DC_BPT = Transfer.AC, Transfer.DC, Transfer.AC_BPT, Transfer.DC_BPT
SCHEDULED, DYNAMIC = Control.SCHEDULED, Control.DYNAMIC


def chosen(*sets: dict[str, Any], transfer: Transfer = AC, ev: Ev20 | None = None, **given: Any) -> Any:
    """The selection among parameter sets, or SessionStopReq."""
    station = Station20(transfer, ev=ev or Ev20(), **given)
    station.answers[cm.ServiceDetailRes] = [details(IDS[transfer], *sets)]
    request = station.until(cm.ServiceDetailRes)
    assert request.service_id == IDS[transfer]
    return station.answer()


def number(request: Any) -> int:
    """The parameter set of a selection."""
    assert isinstance(request, cm.ServiceSelectionReq), request
    assert request.selected_energy_transfer_service.service_id
    return request.selected_energy_transfer_service.parameter_set_id


def ended(station: Station20) -> str:
    """Why the vehicle left."""
    station.runs()
    assert station.session.over is not None
    assert station.session.over.ending is Ending.FAILED
    assert station.last.charging_session == "Terminate"
    assert station.last.ev_termination_explanation == station.session.over.reason
    return station.session.over.reason


# --- services ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transfer", list(Transfer))
def test_the_vehicle_names_what_it_supports_and_takes_it(transfer: Transfer) -> None:
    station = Station20(transfer)
    assert station.until(cm.ServiceDiscoveryRes).supported_service_ids.service_id == [IDS[transfer]]
    request = station.until(cm.ServiceSelectionRes)
    assert request.selected_energy_transfer_service.service_id == IDS[transfer]
    assert request.selected_vas_list is None


def test_the_service_that_is_wished_for_most_is_taken() -> None:
    station = Station20(ev=Ev20(transfers=(AC_BPT, AC, DC)))
    assert station.until(cm.ServiceDiscoveryRes).supported_service_ids.service_id == [5, 1]
    assert station.until(cm.ServiceDetailRes).service_id == 5


def test_the_next_service_is_taken_where_no_parameter_set_of_the_first_suits() -> None:
    station = Station20(ev=Ev20(transfers=(AC_BPT, AC)))
    station.answers[cm.ServiceDetailRes] = [details(5, a_set(GeneratorMode=2)), details(1, a_set())]
    request = station.until(cm.ServiceSelectionRes)
    assert request.selected_energy_transfer_service.service_id == 1
    assert station.session.remarks == ["None of the station's parameter sets of AC_BPT suits the vehicle."]


def test_a_vehicle_without_a_common_service_leaves() -> None:
    station = Station20()
    station.answers[cm.ServiceDiscoveryRes] = [serves(AC_BPT)]
    assert ended(station) == "The vehicle can use none of the energy transfer services 5."
    assert station.session.findings == []


def test_a_vehicle_that_wishes_for_nothing_of_this_protocol_leaves() -> None:
    station = Station20()
    station.ev.transfers = (DC,)
    assert ended(station) == f"The vehicle wishes for no energy transfer service of {Speaks.ISO20_AC.name}."


def test_details_of_another_service_are_a_finding() -> None:
    station = Station20()
    station.answers[cm.ServiceDetailRes] = [details(5, a_set())]
    assert ended(station) == "The station told the details of the service 5; those of 1 were asked for."
    assert len(station.session.findings) == 1


def test_added_services_are_asked_about_and_selected() -> None:
    """A wish is numbered as in -2 (3: Internet access) or as in -20 (65, 66)."""
    station = Station20(ev=Ev20(value_added=(3, 66, 67, 1)))
    station.answers[cm.ServiceDiscoveryRes] = [serves(AC, added=(65, 66))]
    assert station.until(cm.ServiceDiscoveryRes).supported_service_ids.service_id == [1, 65, 66, 67]
    request = station.until(cm.ServiceSelectionRes)
    assert [each.service_id for each in station.of(cm.ServiceDetailReq)] == [1, 65, 66]
    assert [(each.service_id, each.parameter_set_id) for each in request.selected_vas_list.selected_service] == [
        (65, 1),
        (66, 1),
    ]


# --- parameter sets ------------------------------------------------------------------------------------------------------------------


def test_the_control_mode_that_is_wished_for() -> None:
    sets = a_set(ControlMode=1), a_set(ControlMode=2)
    assert number(chosen(*sets)) == 1
    assert number(chosen(*sets, control=DYNAMIC)) == 2


def test_control_comes_before_everything_else() -> None:
    station = Station20()
    station.ev.controls = (DYNAMIC, SCHEDULED)
    worse = a_set(ControlMode=2, MobilityNeedsMode=2, Connector=1, Pricing=0)
    station.answers[cm.ServiceDetailRes] = [details(1, a_set(Pricing=1), worse)]
    assert number(station.until(cm.ServiceSelectionRes)) == 2


def test_who_plans_the_departure_is_a_matter_of_taste() -> None:
    sets = a_set(ControlMode=2, MobilityNeedsMode=1), a_set(ControlMode=2, MobilityNeedsMode=2)
    assert number(chosen(*sets, control=DYNAMIC)) == 1
    assert number(chosen(*sets, control=DYNAMIC, options=Options(mobility=(2, 1)))) == 2
    assert isinstance(chosen(sets[1], control=DYNAMIC, options=Options(mobility=(1,))), cm.SessionStopReq)


def test_mobility_needs_of_the_station_are_nothing_for_scheduled_control() -> None:
    station = Station20()
    station.answers[cm.ServiceDetailRes] = [details(1, a_set(MobilityNeedsMode=2), a_set())]
    assert number(station.until(cm.ServiceSelectionRes)) == 2
    assert "MobilityNeedsMode 2 with scheduled control" in station.session.findings[0]


def test_the_connector_of_the_vehicle_s_phases_is_liked_most() -> None:
    sets = a_set(Connector=1), a_set(Connector=2)
    assert number(chosen(*sets)) == 2
    assert number(chosen(*sets, ev=Ev20(ac=AcLimits(1, 230.0, 32.0, 6.0)))) == 1
    assert number(chosen(sets[0])) == 1


def test_connectors_of_dc() -> None:
    sets = a_set(Connector=1), a_set(Connector=4), a_set(Connector=2)
    assert number(chosen(*sets, transfer=DC)) == 3
    assert number(chosen(*sets, transfer=DC, options=Options(dc_connectors=(4,)))) == 2
    assert isinstance(chosen(*sets, transfer=DC, options=Options(dc_connectors=(3,))), cm.SessionStopReq)


def test_prices_are_wanted_where_they_can_be_had() -> None:
    sets = a_set(Pricing=0), a_set(Pricing=2), a_set(Pricing=1)
    assert number(chosen(*sets)) == 3
    assert number(chosen(*sets[:2])) == 2
    assert number(chosen(*sets, options=Options(pricing=(0,)))) == 1


def test_the_way_back_to_the_grid() -> None:
    sets = (
        a_set(BPTChannel=2, GeneratorMode=1),
        a_set(BPTChannel=1, GeneratorMode=2),
        a_set(BPTChannel=1, GeneratorMode=1),
    )
    assert number(chosen(*sets, transfer=AC_BPT)) == 3
    assert number(chosen(*sets[:2], transfer=AC_BPT)) == 1
    forming = Options(generator_modes=(2,))
    assert number(chosen(*sets, transfer=AC_BPT, options=forming)) == 2


def test_what_a_set_does_not_tell_is_no_reason_against_it() -> None:
    assert number(chosen({"Name": "odd"})) == 1
    assert number(chosen({"ControlMode": rational(1.0), "Connector": "two"})) == 1


def test_a_control_mode_nobody_knows() -> None:
    station = Station20()
    station.answers[cm.ServiceDetailRes] = [details(1, a_set(ControlMode=3))]
    assert ended(station) == "No parameter set of the station suits the vehicle."
    assert station.session.remarks[0] == "The station offers a ControlMode 3, which is not known."


# --- limits --------------------------------------------------------------------------------------------------------------------------


def told(mode: Any) -> dict[str, float]:
    return {
        name: plain(getattr(mode, name))
        for name in mode.__struct_fields__
        if name.startswith("ev_") and getattr(mode, name) is not None
    }


def test_limits_of_ac_are_sums_over_the_phases() -> None:
    station = Station20()
    mode = station.until(ac.AC_ChargeParameterDiscoveryRes).ac_cpd_req_energy_transfer_mode
    assert type(mode) is ac.AC_CPDReqEnergyTransferMode
    assert told(mode) == {"ev_maximum_charge_power": 11_040.0, "ev_minimum_charge_power": 4_140.0}
    station.answer()
    limits = station.ev.heard[0].limits
    assert isinstance(limits, AcLimits)
    assert limits.phases == 3
    assert limits.max_w == pytest.approx(22_000.0)
    assert limits.min_w == pytest.approx(1_400.0)


def test_powers_of_each_phase_are_added_up() -> None:
    station = Station20()
    by_phase = {f"evse_maximum_charge_power{each}": 7_000.0 for each in ("", "_l2", "_l3")}
    station.answers[ac.AC_ChargeParameterDiscoveryRes] = [
        {"ac_cpd_res_energy_transfer_mode": ac_limits(AC, **by_phase)}
    ]
    station.until(cm.ScheduleExchangeRes)
    limits = station.ev.heard[0].limits
    assert isinstance(limits, AcLimits)
    assert limits.max_w == pytest.approx(21_000.0)


def test_limits_of_ac_both_ways() -> None:
    """The station writes what may come back with a minus; it is an amount all the same."""
    station = Station20(AC_BPT, ev=Ev20(ac=AcLimits(3, 230.0, 16.0, 6.0, 7_000.0, 300.0)))
    mode = station.until(ac.AC_ChargeParameterDiscoveryRes).ac_cpd_req_energy_transfer_mode
    assert type(mode) is ac.BPT_AC_CPDReqEnergyTransferMode
    assert (plain(mode.ev_maximum_discharge_power), plain(mode.ev_minimum_discharge_power)) == (7_000.0, 300.0)
    station.answer()
    limits = station.ev.heard[0].limits
    assert isinstance(limits, AcLimits)
    assert (limits.max_discharge_w, limits.min_discharge_w) == (9_000.0, 500.0)


def test_limits_of_dc() -> None:
    station = Station20(DC, ev=Ev20(more_needs={"target_soc": 80}))
    mode = station.until(dc.DC_ChargeParameterDiscoveryRes).dc_cpd_req_energy_transfer_mode
    assert type(mode) is dc.DC_CPDReqEnergyTransferMode
    assert mode.target_soc == 80
    assert told(mode) == {
        "ev_maximum_charge_power": 80_000.0,
        "ev_minimum_charge_power": 0.0,
        "ev_maximum_charge_current": 200.0,
        "ev_minimum_charge_current": 0.0,
        "ev_maximum_voltage": 450.0,
        "ev_minimum_voltage": 50.0,
    }
    station.answer()
    assert station.ev.heard[0].limits == DcLimits(920.0, 150.0, 200.0, 1.0, 150_000.0, 1_000.0)


def test_limits_of_dc_both_ways() -> None:
    station = Station20(DC_BPT)
    mode = station.until(dc.DC_ChargeParameterDiscoveryRes).dc_cpd_req_energy_transfer_mode
    assert type(mode) is dc.BPT_DC_CPDReqEnergyTransferMode
    assert told(mode)["ev_maximum_discharge_current"] == BOTH_WAYS.max_discharge_a
    assert told(mode)["ev_minimum_discharge_current"] == BOTH_WAYS.min_discharge_a
    station.answer()
    limits = station.ev.heard[0].limits
    assert isinstance(limits, DcLimits)
    assert (limits.max_discharge_a, limits.min_discharge_w) == (50.0, 1_000.0)


@pytest.mark.parametrize("transfer", list(Transfer))
def test_limits_of_another_service_are_a_finding(transfer: Transfer) -> None:
    other = Transfer(transfer.value.removesuffix("_BPT") + ("" if transfer.bidirectional else "_BPT"))
    station = Station20(transfer)
    station.answers[ac.AC_ChargeParameterDiscoveryRes] = [{"ac_cpd_res_energy_transfer_mode": ac_limits(other)}]
    station.answers[dc.DC_ChargeParameterDiscoveryRes] = [{"dc_cpd_res_energy_transfer_mode": dc_limits(other)}]
    said = "one way" if transfer.bidirectional else "bidirectional"
    assert ended(station) == f"The station's limits are {said}, and {transfer} was chosen."
    assert len(station.session.findings) == 1
