"""ServiceDiscovery, ServiceDetail and ServiceSelection: what can be had, in which form, and what the vehicle takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pilotwire.iso15118.charging import AcLimits, Control, Transfer
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.secc.iso20 import states
from pilotwire.iso15118.secc.iso20.talk import Answer, Chosen, Outcome, Refusal, Talk
from pilotwire.iso15118.secc.ports import Offer, Service

TRANSFERS: Final = {1: Transfer.AC, 2: Transfer.DC, 5: Transfer.AC_BPT, 6: Transfer.DC_BPT}
"""The energy transfer services of conductive charging, by ServiceID."""
IDS: Final = {transfer: id_ for id_, transfer in TRANSFERS.items()}
_CERTIFICATES, _INTERNET, _INTERNET_20 = 2, 3, 65
"""Added services of the port are numbered as in -2; in -20 these numbers are energy transfer services."""
_LEAST_ADDED: Final = 60
CONTROL_MODES: Final = {Control.SCHEDULED: 1, Control.DYNAMIC: 2}
BY_VEHICLE, BY_STATION = 1, 2
"""MobilityNeedsMode."""
_MOST_SERVICES: Final = 8
_INT: Final = range(-(2**31), 2**31)


@dataclass(frozen=True, slots=True)
class ChargeSet:
    """A parameter set of an energy transfer service, as far as it is to be chosen; the rest follows from the EVSE."""

    id: int
    control: Control
    mobility: int
    pricing: int


def charge_sets(offer: Offer, *, mobility_by_station: bool) -> tuple[ChargeSet, ...]:
    """What can be chosen, the first liked most. At most five sets, more than vehicles keep; so not all combinations are there."""
    found: list[tuple[Control, int, int]] = []
    for control in offer.controls:
        if offer.pricing:
            found.append((control, BY_VEHICLE, offer.pricing))
        found.append((control, BY_VEHICLE, 0))
        if control is Control.DYNAMIC and mobility_by_station:
            found.append((control, BY_STATION, 0))
    return tuple(ChargeSet(place, *each) for place, each in enumerate(found, 1))


def added_services(offer: Offer, *, secured: bool) -> dict[int, Service]:
    """The added services by their ids in -20; none without TLS."""
    found = {}
    for each in offer.services if secured else ():
        id_ = _INTERNET_20 if each.id == _INTERNET else each.id
        if id_ != _CERTIFICATES and id_ >= _LEAST_ADDED:
            found[id_] = each
    return found


def service_discovery(s: Talk, request: cm.ServiceDiscoveryReq, now: datetime) -> Outcome:
    """The services of this EVSE, those alone that the vehicle says it supports."""
    s.offer = offer = s.evse.offer()
    transfers = [each for each in offer.transfers if each.dc is s.dc]
    if not transfers:
        s.remark(
            f"The station offers no energy transfer service for {s.vehicle.speaks.name}, which it agreed to speak."
        )
        return Refusal("FAILED", "there is no energy transfer service")
    asked = request.supported_service_ids
    wanted = set(asked.service_id) if asked else None
    energy = [IDS[each] for each in transfers if wanted is None or IDS[each] in wanted]
    if not energy:
        s.find(f"The vehicle supports none of the services {', '.join(str(IDS[each]) for each in transfers)}.")
        return Refusal("FAILED_ServiceIDInvalid", "the vehicle supports none of the energy transfer services")
    added = added_services(offer, secured=s.secured)
    others = [id_ for id_ in added if wanted is None or id_ in wanted][:_MOST_SERVICES]
    s.services = (*energy, *others)
    response = cm.ServiceDiscoveryRes(
        header=s.header(now),
        response_code="OK",
        service_renegotiation_supported=offer.renegotiation,
        energy_transfer_service_list=_listed((id_, offer.free) for id_ in energy),
        vas_list=_listed((id_, added[id_].free) for id_ in others) if others else None,
    )
    return Answer(response, states.SERVICE_DETAIL)


def _listed(services: Iterator[tuple[int, bool]]) -> cm.ServiceList:
    return cm.ServiceList(service=[cm.Service(service_id=id_, free_service=free) for id_, free in services])


# --- in detail ---------------------------------------------------------------------------------------------------------------------


def service_detail(s: Talk, request: cm.ServiceDetailReq, now: datetime) -> Outcome:
    """The parameter sets of a service."""
    if request.service_id not in s.services:
        s.find(f"ServiceDetailReq asks for the service {request.service_id}, which was not offered.")
        return Refusal("FAILED_ServiceIDInvalid", f"the service {request.service_id} was not offered")
    transfer = TRANSFERS.get(request.service_id)
    sets = _transfer_sets(s, transfer) if transfer else _added_sets(s, request.service_id)
    response = cm.ServiceDetailRes(
        header=s.header(now),
        response_code="OK",
        service_id=request.service_id,
        service_parameter_list=cm.ServiceParameterList(parameter_set=sets),
    )
    return Answer(response, states.SERVICE_SELECTION)


def _transfer_sets(s: Talk, transfer: Transfer) -> list[cm.ParameterSet]:
    fixed = _fixed(s, transfer)
    sets = charge_sets(s.offer, mobility_by_station=s.options.mobility_by_station)
    return [cm.ParameterSet(parameter_set_id=each.id, parameter=[*_modes(each), *fixed]) for each in sets]


def _modes(one: ChargeSet) -> Iterator[cm.Parameter]:
    yield cm.Parameter(name="ControlMode", int_value=CONTROL_MODES[one.control])
    yield cm.Parameter(name="MobilityNeedsMode", int_value=one.mobility)
    yield cm.Parameter(name="Pricing", int_value=one.pricing)


def _fixed(s: Talk, transfer: Transfer) -> list[cm.Parameter]:
    """What is the same in all parameter sets of a service: how energy gets through the connector."""
    limits, options = s.stands().limits, s.options
    if isinstance(limits, AcLimits):
        facts = {"Connector": 1 if limits.phases == 1 else 2, "EVSENominalVoltage": round(limits.nominal_v)}
    else:
        facts = {"Connector": options.dc_connector}
    if transfer.bidirectional:
        facts |= {"BPTChannel": options.bpt_channel, "GeneratorMode": options.generator_mode}
    if transfer is Transfer.AC_BPT:
        facts["GridCodeIslandingDetectionMethod"] = options.island_detection
    return [cm.Parameter(name=name, int_value=value) for name, value in facts.items()]


def _added_sets(s: Talk, id_: int) -> list[cm.ParameterSet]:
    """A service without parameters has one set that tells its name: the schema wants one."""
    service = added_services(s.offer, secured=s.secured)[id_]
    found = [
        cm.ParameterSet(parameter_set_id=set_id, parameter=[_parameter(*each) for each in parameters])
        for set_id, parameters in service.parameter_sets
        if parameters
    ]
    return found or [cm.ParameterSet(parameter_set_id=1, parameter=[_parameter("Name", service.name)])]


def _parameter(name: str, value: bool | int | str) -> cm.Parameter:
    if isinstance(value, bool):
        return cm.Parameter(name=name, bool_value=value)
    if isinstance(value, int) and value in _INT:
        return cm.Parameter(name=name, int_value=value)
    return cm.Parameter(name=name, finite_string=str(value))


# --- chosen ------------------------------------------------------------------------------------------------------------------------


def service_selection(s: Talk, request: cm.ServiceSelectionReq, now: datetime) -> Outcome:
    """One energy transfer service, and any of the added ones, each with a parameter set that it has."""
    energy = request.selected_energy_transfer_service
    transfer = TRANSFERS.get(energy.service_id)
    if transfer is None:
        s.find(f"The service {energy.service_id} was selected to transfer energy, and it is none that does.")
        return Refusal("FAILED_NoEnergyTransferServiceSelected", "no energy transfer service was selected")
    sets = charge_sets(s.offer, mobility_by_station=s.options.mobility_by_station)
    one = next((each for each in sets if each.id == energy.parameter_set_id), None)
    others = request.selected_vas_list.selected_service if request.selected_vas_list else []
    wrong = [each for each in others if not _is_offered(s, each)]
    if energy.service_id not in s.services or one is None or wrong:
        selected = wrong[0] if wrong else energy
        what = f"the service {selected.service_id} with parameter set {selected.parameter_set_id} was not offered"
        s.find(f"ServiceSelectionReq: {what}.")
        return Refusal("FAILED_ServiceSelectionInvalid", what)
    added = added_services(s.offer, secured=s.secured)
    services = tuple(added[each.service_id].id for each in others)
    if not s.evse.selected(s.authorizing.identification, transfer, one.control, services):
        return Refusal("FAILED_ServiceSelectionInvalid", "the station does not have what was selected any more")
    s.chosen = Chosen(transfer, one.control, one.id, one.mobility, one.pricing, services)
    response = cm.ServiceSelectionRes(header=s.header(now), response_code="OK")
    return Answer(response, states.CHARGE_PARAMETERS)


def _is_offered(s: Talk, selected: cm.SelectedService) -> bool:
    if selected.service_id not in s.services or selected.service_id in TRANSFERS:
        return False
    return any(each.parameter_set_id == selected.parameter_set_id for each in _added_sets(s, selected.service_id))
