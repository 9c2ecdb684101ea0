"""SessionSetup: a new session, or a paused one that goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from pilotwire.iso15118.charging import Identification, Paused, Pending
from pilotwire.iso15118.iso20.common_messages import SessionSetupReq, SessionSetupRes
from pilotwire.iso15118.secc.iso20 import states
from pilotwire.iso15118.secc.iso20.contracts import key_of
from pilotwire.iso15118.secc.iso20.talk import NO_SESSION, SESSION_ID_BYTES, Answer, Chosen, Outcome, Talk
from pilotwire.iso15118.secc.ports import Contract, Decision


def session_setup(s: Talk, request: SessionSetupReq, now: datetime) -> Outcome:
    """A session id of zeros asks for a new session; another one for the session that was paused under it.

    A joined session goes on with ChargeParameterDiscovery: authorization and services stand as they were.
    """
    s.vehicle = replace(s.vehicle, evcc_id=request.evcc_id)
    if not request.evcc_id:
        s.find("The EVCCID is empty.")
    s.offer = s.evse.offer()
    asked = request.header.session_id
    paused = _to_join(s, asked) if asked != NO_SESSION else None
    s.session_id = paused.session_id if paused else _new_id(s)
    s.evse.came(s.vehicle)
    if paused is not None and not _resume(s, paused):
        paused, s.session_id = None, _new_id(s)
    joined = paused is not None
    response = SessionSetupRes(
        header=s.header(now),
        response_code="OK_OldSessionJoined" if joined else "OK_NewSessionEstablished",
        evse_id=s.evse.evse_id,
    )
    return Answer(response, states.CHARGE_PARAMETERS if joined else states.AUTHORIZATION_SETUP)


def pause(s: Talk) -> None:
    """Keep what was agreed, for the vehicle's return."""
    chosen, contract = s.agreed, s.authorizing.contract
    facts: dict[str, Any] = {
        "mobility": chosen.mobility,
        "pricing": chosen.pricing,
        "services": list(chosen.services),
    }
    if contract is not None:
        facts |= {"emaid": contract.emaid, "contract": [each.hex() for each in contract.chain]}
    s.paused.keep(
        Paused(
            session_id=s.session_id,
            speaks=s.vehicle.speaks,
            vehicle=s.binding,
            identification=s.authorizing.identification,
            transfer=chosen.transfer,
            control=chosen.control,
            schedule_id=s.plan.schedule_id or None,
            parameter_set=chosen.parameter_set,
            facts=facts,
        )
    )


def _new_id(s: Talk) -> bytes:
    made = s.fresh(SESSION_ID_BYTES)
    return made if any(made) else bytes(SESSION_ID_BYTES - 1) + b"\x01"


def _to_join(s: Talk, session_id: bytes) -> Paused | None:
    """The paused session, if it is this vehicle's and what it was about can still be had."""
    paused = s.paused.recall(session_id)
    if paused is None:
        return None
    if paused.vehicle != s.binding:
        s.find(f"The paused session {session_id.hex().upper()} was to be joined by another vehicle than its own.")
        return None
    offered = paused.transfer in s.offer.transfers and paused.control in s.offer.controls
    return paused if paused.speaks is s.vehicle.speaks and offered else None


def _resume(s: Talk, paused: Paused) -> bool:
    """Take up what was agreed. False: the station does not have it any more, or does not grant it to this customer."""
    facts = cast(dict[str, Any], paused.facts)
    chosen = Chosen(
        transfer=paused.transfer,
        control=paused.control,
        parameter_set=paused.parameter_set or 1,
        mobility=int(facts.get("mobility", 1)),
        pricing=int(facts.get("pricing", 0)),
        services=tuple(facts.get("services", ())),
    )
    contract = None
    if paused.identification is Identification.PNC:
        chain = tuple(bytes.fromhex(each) for each in facts.get("contract", ()))
        if not chain:
            return False
        contract = Contract(str(facts.get("emaid", "")), chain)
    if not _granted(s, contract):
        return False
    if not s.evse.selected(paused.identification, chosen.transfer, chosen.control, chosen.services):
        return False
    s.paused.forget(paused.session_id)
    s.chosen = chosen
    s.authorizing.identification = paused.identification
    s.authorizing.contract = contract
    s.authorizing.key = key_of(contract.chain[0]) if contract else None
    return True


def _granted(s: Talk, contract: Contract | None) -> bool:
    """The vehicle does not authorize again, but the EVSE must know for whom it gives power.

    A contract may still be asked about while the session goes on: without it there will be no power. Somebody without one is not waited
    for: in a new session they can show their card.
    """
    decision = s.evse.authorize(contract)
    return decision is Decision.ACCEPTED or (contract is not None and isinstance(decision, Pending))
