"""SessionSetup and AuthorizationSetup: a session of its own or a paused one, and the ways of authorization."""

from __future__ import annotations

from datetime import datetime

from pilotwire import pki
from pilotwire.iso15118.charging import Ending, Identification, Paused, SessionEnd
from pilotwire.iso15118.emaid import normalised, same_emaid
from pilotwire.iso15118.evcc.conversation import Over
from pilotwire.iso15118.evcc.iso20 import authorization, installation, parameters
from pilotwire.iso15118.evcc.iso20.talk import BY_VEHICLE, NO_SESSION, Next, ParameterSet, Step, Talk
from pilotwire.iso15118.evcc.ports import Credential
from pilotwire.iso15118.iso20 import common_messages as cm


def begin(s: Talk, now: datetime) -> Next:
    """SessionSetupReq: with the id of the paused session, or with zeros for a new one."""
    paused = _paused(s)
    s.session_id = paused.session_id if paused else NO_SESSION
    return Next(cm.SessionSetupReq(header=s.header(now), evcc_id=s.ev.evcc_id_20))


def _paused(s: Talk) -> Paused | None:
    paused = s.kept.recall()
    if paused is None or paused.speaks is not s.speaks or paused.vehicle != s.ev.evcc_id_20.encode():
        return None
    return paused


def session_setup(s: Talk, response: cm.SessionSetupRes, now: datetime) -> Step:
    """A joined session goes on with ChargeParameterDiscovery, a new one with AuthorizationSetup."""
    told, asked = response.header.session_id, s.session_id
    if response.response_code == "OK_OldSessionJoined":
        paused = _paused(s)
        if paused is None or told != asked:
            return _refused(
                s, f"The station joined the session {told.hex().upper()}, which the vehicle did not ask for."
            )
        _resume(s, paused)
        return parameters.request(s, now)
    if told in (NO_SESSION, asked):
        return _refused(s, f"The station gave a new session the id {told.hex().upper()}.")
    s.session_id = told
    s.kept.keep(None)
    return Next(cm.AuthorizationSetupReq(header=s.header(now)))


def _refused(s: Talk, why: str) -> Over:
    s.find(why)
    return Over(SessionEnd(Ending.FAILED, why))


def _resume(s: Talk, paused: Paused) -> None:
    """Take up what was agreed on before the pause."""
    facts = paused.facts
    s.joined = paused
    s.identification, s.transfer = paused.identification, paused.transfer
    s.chosen = ParameterSet(
        id=paused.parameter_set or 1,
        control=paused.control,
        mobility=_number(facts, "mobility", BY_VEHICLE),
        pricing=_number(facts, "pricing", 0),
        phases=_number(facts, "phases", 3),
        channel=_number(facts, "channel", 1),
    )
    s.choosing.renegotiable = bool(facts.get("renegotiable"))
    if paused.identification is Identification.PNC:
        s.contract = next((one for one in s.wallet.contracts() if _is(one, facts.get("emaid"))), None)


def _number(facts: dict[str, object], name: str, default: int) -> int:
    found = facts.get(name, default)
    return found if isinstance(found, int) else default


def _is(contract: Credential, emaid: object) -> bool:
    return isinstance(emaid, str) and same_emaid(pki.common_name(contract.certificate.subject), emaid)


def authorization_setup(s: Talk, response: cm.AuthorizationSetupRes, now: datetime) -> Step:
    """Choose: by contract or by external means; a contract certificate first if one is needed or wished for."""
    shown = response.pnc_asres_authorization_mode
    known = s.authorizing
    known.offered = tuple(Identification(each) for each in response.authorization_services)
    if Identification.PNC in known.offered and shown is None:
        s.find("The station offers contracts, and gives no challenge to be signed.")
        known.offered = tuple(each for each in known.offered if each is not Identification.PNC)
    if shown is not None:
        known.challenge = shown.gen_challenge
        providers = shown.supported_providers.provider_id if shown.supported_providers else ()
        known.providers = tuple(normalised(each) for each in providers)
    if response.certificate_installation_service and installation.wanted(s):
        return installation.request(s, now)
    return authorization.begin(s, now)
