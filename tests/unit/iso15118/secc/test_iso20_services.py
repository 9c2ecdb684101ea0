"""A station's session of ISO 15118-20: which services there are, in which form, and what may be selected."""

from __future__ import annotations

from typing import Any

import pytest

from pilotwire.iso15118.charging import AcLimits, Control, Identification, Transfer
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.iso20.common_types import ResponseCode
from pilotwire.iso15118.secc.iso20 import Options, states
from pilotwire.iso15118.secc.ports import Service
from tests.support.iso15118_vehicle20 import Vehicle20, parameters

INTERNET = Service(
    3, "Internet", free=False, parameter_sets=((4, (("Protocol", "https"), ("Port", 443), ("Fast", True))),)
)
PARKING = Service(66, "ParkingStatus")
CERTIFICATES = Service(2, "Certificates")


def at_discovery(transfer: Transfer = Transfer.AC, **more: Any) -> Vehicle20:
    """A vehicle that is authorized."""
    return Vehicle20(transfer, **more).reaches(states.SERVICE_DISCOVERY)


def discovered(peer: Vehicle20, *wanted: int) -> Any:
    ids = cm.ServiceIDList(service_id=list(wanted)) if wanted else None
    return peer.says(cm.ServiceDiscoveryReq, supported_service_ids=ids)


def energy(response: Any) -> list[int]:
    return [each.service_id for each in response.energy_transfer_service_list.service]


def added(response: Any) -> dict[int, bool]:
    services = response.vas_list.service if response.vas_list else []
    return {each.service_id: each.free_service for each in services}


def selects(peer: Vehicle20, service: int, set_: int, *others: tuple[int, int]) -> Any:
    chosen = [cm.SelectedService(service_id=one, parameter_set_id=other) for one, other in others]
    return peer.says(
        cm.ServiceSelectionReq,
        selected_energy_transfer_service=cm.SelectedService(service_id=service, parameter_set_id=set_),
        selected_vas_list=cm.SelectedServiceList(selected_service=chosen) if chosen else None,
    )


# --- ServiceDiscovery --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("transfer", "ids"), [(Transfer.AC, [1, 5]), (Transfer.DC, [2, 6])])
def test_the_services_are_those_of_the_protocol_that_was_agreed_on(transfer: Transfer, ids: list[int]) -> None:
    response = discovered(at_discovery(transfer))
    assert energy(response) == ids
    assert response.service_renegotiation_supported is False
    assert response.vas_list is None


def test_the_vehicle_may_say_which_services_it_knows() -> None:
    peer = at_discovery()
    peer.evse.offers(services=(INTERNET, PARKING))
    response = discovered(peer, 5, 66)
    assert energy(response) == [5]
    assert added(response) == {66: True}


def test_a_vehicle_that_knows_none_of_them_cannot_be_served() -> None:
    peer = at_discovery()
    assert discovered(peer, 2, 3).response_code == "FAILED_ServiceIDInvalid"
    assert peer.session.findings == ["The vehicle supports none of the services 1, 5."]


def test_added_services_have_the_numbers_of_20() -> None:
    """2 and 3 of ISO 15118-2 are energy transfer services here; certificates are no service any more."""
    peer = at_discovery()
    peer.evse.offers(services=(CERTIFICATES, INTERNET, PARKING))
    assert added(discovered(peer)) == {65: False, 66: True}


def test_without_tls_nothing_is_added() -> None:
    peer = at_discovery(secured=False)
    peer.evse.offers(services=(INTERNET,), free=True)
    response = discovered(peer)
    assert added(response) == {}
    assert response.energy_transfer_service_list.service[0].free_service is True


def test_a_station_without_services_for_the_protocol_says_so_and_keeps_it_in_mind() -> None:
    peer = at_discovery(Transfer.DC)
    peer.evse.offers(transfers=(Transfer.AC,))
    assert discovered(peer).response_code == "FAILED"
    assert "ISO20_DC" in peer.session.remarks[0]


# --- ServiceDetail -----------------------------------------------------------------------------------------------------------------


def details(peer: Vehicle20, service: int) -> dict[int, dict[str, Any]]:
    response = peer.says(cm.ServiceDetailReq, service_id=service)
    assert response.service_id == service
    return {each.parameter_set_id: parameters(each) for each in response.service_parameter_list.parameter_set}


def test_ac_in_detail() -> None:
    peer = at_discovery()
    discovered(peer)
    common = {"Connector": 2, "EVSENominalVoltage": 230, "Pricing": 0}
    assert details(peer, 1) == {
        1: common | {"ControlMode": 1, "MobilityNeedsMode": 1},
        2: common | {"ControlMode": 2, "MobilityNeedsMode": 1},
        3: common | {"ControlMode": 2, "MobilityNeedsMode": 2},
    }


def test_ac_of_one_phase_that_is_priced_and_scheduled_only() -> None:
    peer = at_discovery()
    peer.evse.shows(limits=AcLimits(phases=1, nominal_v=120.0))
    peer.evse.offers(controls=(Control.SCHEDULED,), pricing=1)
    discovered(peer)
    common = {"Connector": 1, "EVSENominalVoltage": 120, "ControlMode": 1, "MobilityNeedsMode": 1}
    assert details(peer, 1) == {1: common | {"Pricing": 1}, 2: common | {"Pricing": 0}}


def test_dc_in_detail() -> None:
    peer = at_discovery(Transfer.DC, options=Options(dc_connector=4, mobility_by_station=False))
    discovered(peer)
    common = {"Connector": 4, "MobilityNeedsMode": 1, "Pricing": 0}
    assert details(peer, 2) == {1: common | {"ControlMode": 1}, 2: common | {"ControlMode": 2}}


def test_both_ways_in_detail() -> None:
    peer = at_discovery(options=Options(bpt_channel=2, generator_mode=2, island_detection=1))
    discovered(peer)
    assert details(peer, 5)[1] == {
        "Connector": 2,
        "EVSENominalVoltage": 230,
        "ControlMode": 1,
        "MobilityNeedsMode": 1,
        "Pricing": 0,
        "BPTChannel": 2,
        "GeneratorMode": 2,
        "GridCodeIslandingDetectionMethod": 1,
    }
    peer = at_discovery(Transfer.DC_BPT)
    discovered(peer)
    assert details(peer, 6)[1].keys() == {
        "Connector", "ControlMode", "MobilityNeedsMode", "Pricing", "BPTChannel", "GeneratorMode"
    }  # fmt: skip


def test_sets_and_parameters_are_no_more_than_vehicles_keep() -> None:
    """Deployed codecs keep five sets of eight parameters."""
    peer = at_discovery(Transfer.AC_BPT)
    peer.evse.offers(pricing=2)
    discovered(peer)
    sets = details(peer, 5)
    assert len(sets) == 5
    assert {len(each) for each in sets.values()} == {8}


def test_added_services_in_detail() -> None:
    peer = at_discovery()
    peer.evse.offers(services=(INTERNET, PARKING))
    discovered(peer)
    assert details(peer, 65) == {4: {"Protocol": "https", "Port": 443, "Fast": True}}
    assert details(peer, 66) == {1: {"Name": "ParkingStatus"}}


@pytest.mark.parametrize("service", [2, 3, 65, 4711])
def test_what_was_not_offered_has_no_details(service: int) -> None:
    peer = at_discovery()
    discovered(peer)
    assert peer.says(cm.ServiceDetailReq, service_id=service).response_code == "FAILED_ServiceIDInvalid"
    assert str(service) in peer.session.findings[0]


# --- ServiceSelection --------------------------------------------------------------------------------------------------------------


def test_what_was_selected_is_told_in_the_words_of_the_station() -> None:
    peer = at_discovery()
    peer.evse.offers(services=(INTERNET, PARKING))
    discovered(peer)
    details(peer, 5)
    assert selects(peer, 5, 2, (65, 4), (66, 1)).response_code == "OK"
    assert peer.evse.of("selected") == [(Identification.EIM, Transfer.AC_BPT, Control.DYNAMIC, (3, 66))]
    assert peer.state == states.CHARGE_PARAMETERS


@pytest.mark.parametrize(
    ("service", "set_", "others", "code"),
    [
        (3, 1, (), "FAILED_NoEnergyTransferServiceSelected"),
        (65, 4, (), "FAILED_NoEnergyTransferServiceSelected"),
        (2, 1, (), "FAILED_ServiceSelectionInvalid"),
        (1, 9, (), "FAILED_ServiceSelectionInvalid"),
        (1, 1, ((65, 1),), "FAILED_ServiceSelectionInvalid"),
        (1, 1, ((66, 1),), "FAILED_ServiceSelectionInvalid"),
        (1, 1, ((5, 1),), "FAILED_ServiceSelectionInvalid"),
    ],
)
def test_what_cannot_be_selected(
    service: int, set_: int, others: tuple[tuple[int, int], ...], code: ResponseCode
) -> None:
    peer = at_discovery()
    peer.evse.offers(services=(INTERNET,))
    discovered(peer)
    details(peer, 1)
    assert selects(peer, service, set_, *others).response_code == code
    assert len(peer.session.findings) == 1
    assert peer.evse.of("selected") == []


def test_a_service_that_went_meanwhile_cannot_be_selected() -> None:
    peer = at_discovery()
    discovered(peer)
    details(peer, 1)
    peer.evse.takes_selection = False
    assert selects(peer, 1, 1).response_code == "FAILED_ServiceSelectionInvalid"
    assert peer.session.findings == []
