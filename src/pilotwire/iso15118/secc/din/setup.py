"""From SessionSetup to the customer's authorization (DIN SPEC 70121)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pilotwire.iso15118 import din
from pilotwire.iso15118.charging import Pending, Speaks, Transfer
from pilotwire.iso15118.secc import energy
from pilotwire.iso15118.secc.conversation import Answer, Conversation, Outcome, Refusal
from pilotwire.iso15118.secc.din import states
from pilotwire.iso15118.secc.ports import Decision, Offer, Vehicle

CHARGING: Final = 1
NO_EVSE_ID: Final = b"\0"
"""What a station says that tells no EVSEID."""
ENERGY_TRANSFER: Final = "DC_extended"
_MOST_OF_ID: Final = 32


def session_setup(s: Conversation, request: din.SessionSetupReq, now: datetime) -> Outcome:
    """Always a new session: there are no pauses here, whatever id the vehicle begins with."""
    s.session_id = energy.new_session_id(s)
    s.agreed.vehicle = request.evcc_id
    s.evse.came(Vehicle(request.evcc_id.hex().upper(), Speaks.DIN, s.offered))
    body = din.SessionSetupRes(
        response_code="OK_NewSessionEstablished",
        evse_id=evse_id(s.evse.evse_id),
        date_time_now=int(now.timestamp()),
    )
    return Answer(body, states.SERVICE_DISCOVERY)


def evse_id(name: str) -> bytes:
    """EVSEID as bytes: its characters, if they are as many as there is room for."""
    written = name.encode("ascii", "ignore")
    return written if 0 < len(written) <= _MOST_OF_ID else NO_EVSE_ID


def service_discovery(s: Conversation, request: din.ServiceDiscoveryReq, now: datetime) -> Outcome:
    """The charge service alone, paid by external means."""
    offer: Offer = s.evse.offer()
    if Transfer.DC not in offer.transfers:
        return Refusal("FAILED", "the EVSE has no direct current")
    tag = din.ServiceTag(service_id=CHARGING, service_category="EVCharging")
    body = din.ServiceDiscoveryRes(
        response_code="OK",
        payment_options=din.PaymentOptions(payment_option=["ExternalPayment"]),
        charge_service=din.ServiceCharge(
            service_tag=tag, free_service=offer.free, energy_transfer_type=ENERGY_TRANSFER
        ),
    )
    return Answer(body, states.SERVICE_SELECTION)


def service_payment_selection(s: Conversation, request: din.ServicePaymentSelectionReq, now: datetime) -> Outcome:
    """The charge service, and nothing else."""
    if request.selected_payment_option != "ExternalPayment":
        return Refusal("FAILED_PaymentSelectionInvalid", f"{request.selected_payment_option} is not offered")
    chosen = [one.service_id for one in request.selected_service_list.selected_service]
    if set(chosen) != {CHARGING}:
        named = ", ".join(str(one) for one in chosen)
        return Refusal("FAILED_ServiceSelectionInvalid", f"service {CHARGING} is offered, and {named} was selected")
    return Answer(din.ServicePaymentSelectionRes(response_code="OK"), states.AUTHENTICATION)


def contract_authentication(s: Conversation, request: din.ContractAuthenticationReq, now: datetime) -> Outcome:
    """Ongoing until somebody has decided; 55 s at most."""
    decision = s.evse.authorize(None)
    if isinstance(decision, Pending):
        if s.waited("authorization", now) > s.timing.secc_ongoing:
            return Refusal("FAILED", "nobody authorized the customer in time")
        ongoing = din.ContractAuthenticationRes(response_code="OK", evse_processing="Ongoing")
        return Answer(ongoing, states.AUTHENTICATION)
    s.done("authorization")
    if decision is not Decision.ACCEPTED:
        return Refusal("FAILED", f"the customer is not authorized: {decision}")
    body = din.ContractAuthenticationRes(response_code="OK", evse_processing="Finished")
    return Answer(body, states.CHARGE_PARAMETERS)
