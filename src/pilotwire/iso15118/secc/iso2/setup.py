"""From SessionSetup to the choice of services (ISO 15118-2, 8.4.3.1 to 8.4.3.4)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pilotwire.iso15118 import iso2
from pilotwire.iso15118.charging import AcLimits, Control, Identification, Speaks, Transfer
from pilotwire.iso15118.secc import energy
from pilotwire.iso15118.secc.conversation import Answer, Conversation, Outcome, Refusal
from pilotwire.iso15118.secc.iso2 import states
from pilotwire.iso15118.secc.ports import Offer, Service, Vehicle

CHARGING: Final = 1
CERTIFICATES: Final = 2
INTERNET: Final = 3
_CATEGORY: Final[dict[int, iso2.ServiceCategory]] = {CERTIFICATES: "ContractCertificate", INTERNET: "Internet"}
_PAYMENT: Final[dict[Identification, iso2.PaymentOption]] = {
    Identification.EIM: "ExternalPayment",
    Identification.PNC: "Contract",
}
_IDENTIFICATION: Final = {payment: identification for identification, payment in _PAYMENT.items()}
INSTALLATION, UPDATE = 1, 2
"""Parameter sets of the certificate service (8.6.3.5)."""


def session_setup(s: Conversation, request: iso2.SessionSetupReq, now: datetime) -> Outcome:
    """A new session, or the one that was paused: known by its id ([V2G2-463])."""
    asked = s.request_session_id
    joined = s.paused.recall(asked) if any(asked) else None
    if joined is not None and joined.speaks is Speaks.ISO2 and joined.vehicle == request.evcc_id:
        s.session_id = asked
        s.agreed.joined = joined
        code: iso2.ResponseCode = "OK_OldSessionJoined"
        s.paused.forget(asked)
    else:
        s.session_id = energy.new_session_id(s)
        code = "OK_NewSessionEstablished"
    s.agreed.vehicle = request.evcc_id
    s.evse.came(Vehicle(request.evcc_id.hex().upper(), Speaks.ISO2, s.offered))
    body = iso2.SessionSetupRes(response_code=code, evse_id=s.evse.evse_id, evse_time_stamp=int(now.timestamp()))
    return Answer(body, states.SERVICE_DISCOVERY)


def service_discovery(s: Conversation, request: iso2.ServiceDiscoveryReq, now: datetime) -> Outcome:
    """Payment options, the charge service, and value-added services of the category and scope that were asked for."""
    offer: Offer = s.evse.offer()
    services = [_listed(one) for one in value_added(s, offer)]
    if request.service_category not in (None, "EVCharging"):
        services = [one for one in services if one.service_category == request.service_category]
    elif request.service_category == "EVCharging":
        services = []
    body = iso2.ServiceDiscoveryRes(
        response_code="OK",
        payment_option_list=iso2.PaymentOptionList(payment_option=payment_options(s, offer)),
        charge_service=iso2.ChargeService(
            service_id=CHARGING,
            service_category="EVCharging",
            free_service=offer.free,
            supported_energy_transfer_mode=iso2.SupportedEnergyTransferMode(energy_transfer_mode=modes(s, offer)),
        ),
        service_list=iso2.ServiceList(service=services[:8]) if services else None,
    )
    return Answer(body, states.SERVICE_SELECTION)


def payment_options(s: Conversation, offer: Offer) -> list[iso2.PaymentOption]:
    """Contract only over TLS ([V2G2-825]); a joined session keeps its option."""
    if s.agreed.joined is not None:
        return [_PAYMENT[s.agreed.joined.identification]]
    options = [_PAYMENT[one] for one in offer.identification if one is Identification.EIM or s.secured]
    return options or ["ExternalPayment"]


def modes(s: Conversation, offer: Offer) -> list[iso2.EnergyTransferMode]:
    """The energy transfer modes of the EVSE; a joined session keeps its kind of current."""
    found: list[iso2.EnergyTransferMode] = []
    joined = s.agreed.joined
    for transfer in offer.transfers if joined is None else (joined.transfer,):
        if transfer is Transfer.DC:
            found += ["DC_extended"]
        elif transfer is Transfer.AC:
            limits = s.evse.state().limits
            three = isinstance(limits, AcLimits) and limits.phases == 3
            found += ["AC_three_phase_core", "AC_single_phase_core"] if three else ["AC_single_phase_core"]
    return found[:6]


def value_added(s: Conversation, offer: Offer) -> list[Service]:
    """Services beside charging; those of certificates only over TLS and with contracts."""
    found = list(offer.services)
    if offer.certificates and s.secured and Identification.PNC in offer.identification:
        sets = ((INSTALLATION, (("Service", "Installation"),)), (UPDATE, (("Service", "Update"),)))
        found.insert(0, Service(CERTIFICATES, "Certificate", True, sets))
    return found


def _listed(one: Service) -> iso2.Service:
    return iso2.Service(
        service_id=one.id,
        service_name=one.name or None,
        service_category=_CATEGORY.get(one.id, "OtherCustom"),
        free_service=one.free,
    )


def service_detail(s: Conversation, request: iso2.ServiceDetailReq, now: datetime) -> Outcome:
    """The parameter sets of a value-added service ([V2G2-423]: an unknown one is refused)."""
    known = {one.id: one for one in value_added(s, s.evse.offer())}
    one = known.get(request.service_id)
    if one is None and request.service_id != CHARGING:
        return Refusal("FAILED_ServiceIDInvalid", f"service {request.service_id} is not offered")
    sets = [
        iso2.ParameterSet(parameter_set_id=number, parameter=[_parameter(*pair) for pair in pairs])
        for number, pairs in (one.parameter_sets if one else ())
    ]
    body = iso2.ServiceDetailRes(
        response_code="OK",
        service_id=request.service_id,
        service_parameter_list=iso2.ServiceParameterList(parameter_set=sets) if sets else None,
    )
    return Answer(body, states.SERVICE_SELECTION)


def _parameter(name: str, value: bool | int | str) -> iso2.Parameter:
    if isinstance(value, bool):
        return iso2.Parameter(name=name, bool_value=value)
    if isinstance(value, int):
        return iso2.Parameter(name=name, int_value=value)
    return iso2.Parameter(name=name, string_value=value)


def payment_service_selection(s: Conversation, request: iso2.PaymentServiceSelectionReq, now: datetime) -> Outcome:
    """The choice: the charge service must be among it, everything else must have been offered."""
    offer: Offer = s.evse.offer()
    if request.selected_payment_option not in payment_options(s, offer):
        return Refusal("FAILED_PaymentSelectionInvalid", f"{request.selected_payment_option} is not offered")
    chosen = {one.service_id: one.parameter_set_id for one in request.selected_service_list.selected_service}
    if CHARGING not in chosen:
        return Refusal("FAILED_NoChargeServiceSelected", "the charge service is not among the selected ones")
    known = {one.id: one for one in value_added(s, offer)}
    for number, parameter_set in chosen.items():
        if number == CHARGING:
            continue
        sets = {name for name, _ in known[number].parameter_sets} if number in known else set()
        if number not in known or (parameter_set is not None and parameter_set not in sets):
            return Refusal(
                "FAILED_ServiceSelectionInvalid", f"service {number} with set {parameter_set} is not offered"
            )
    s.agreed.identification = _IDENTIFICATION[request.selected_payment_option]
    s.agreed.services = tuple(number for number in chosen if number != CHARGING)
    s.agreed.facts["certificates"] = CERTIFICATES in chosen
    body = iso2.PaymentServiceSelectionRes(response_code="OK")
    contract = s.agreed.identification is Identification.PNC
    return Answer(body, states.CONTRACT if contract else states.AUTHORIZATION)


def selected(s: Conversation, transfer: Transfer) -> bool:
    """Tell the EVSE what was chosen; in -2 the energy transfer is known with the charge parameters only."""
    s.agreed.transfer = transfer
    ok: bool = s.evse.selected(s.agreed.identification, transfer, Control.SCHEDULED, s.agreed.services)
    return ok
