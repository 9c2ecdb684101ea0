"""AuthorizationSetup, CertificateInstallation and Authorization. What is not taken is a warning: the vehicle may try another way."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from pilotwire import pki
from pilotwire.iso15118.charging import Identification, Pending
from pilotwire.iso15118.codecs import ISO20_COMMON
from pilotwire.iso15118.exi import DecodeError
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.iso20.common_types import Processing, ResponseCode
from pilotwire.iso15118.secc.iso20 import states
from pilotwire.iso15118.secc.iso20.contracts import CODES, contract_of, key_of, out_of_time
from pilotwire.iso15118.secc.iso20.talk import Answer, Authorizing, Outcome, Refusal, Talk
from pilotwire.iso15118.secc.ports import CertificateAnswer, CertificateAsked, Decision
from pilotwire.iso15118.signature import verify
from pilotwire.iso15118.timing import ISO20

CHALLENGE_BYTES: Final = 16
_MOST_REMAINING: Final = 255
_MOST_PROVIDERS: Final = 128
_WHY: Final = {
    Decision.REFUSED: "its customer is not authorized",
    Decision.EXPIRED: "its certificate has expired",
    Decision.NOT_YET_VALID: "its certificate is not valid yet",
    Decision.REVOKED: "its certificate is revoked",
    Decision.CHAIN: "its chain leads to no root that is trusted here",
    Decision.CANCELLED: "its customer may not charge",
    Decision.UNKNOWN: "its provider is not known",
}


def authorization_setup(s: Talk, request: cm.AuthorizationSetupReq, now: datetime) -> Outcome:
    """By what customers are recognised here; for contracts a challenge that the vehicle signs."""
    s.offer = offer = s.evse.offer()
    ways = tuple(each for each in offer.identification if s.secured or each is Identification.EIM)
    if not ways:
        s.remark("The station offers contracts only, and the connection is without TLS: nobody can be authorized.")
        return Refusal("FAILED", "there is no way of authorization without TLS")
    contracts = Identification.PNC in ways
    s.authorizing = Authorizing(
        offered=ways,
        challenge=s.fresh(CHALLENGE_BYTES) if contracts else b"",
        certificates=offer.certificates and s.secured,
    )
    response = cm.AuthorizationSetupRes(
        header=s.header(now),
        response_code="OK",
        authorization_services=[each.value for each in ways],
        certificate_installation_service=s.authorizing.certificates,
        eim_asres_authorization_mode=None if contracts else cm.EIM_ASResAuthorizationMode(),
        pnc_asres_authorization_mode=_contracts_offered(s) if contracts else None,
    )
    return Answer(response, states.AUTHORIZATION)


def _contracts_offered(s: Talk) -> cm.PnC_ASResAuthorizationMode:
    providers = s.offer.providers[:_MOST_PROVIDERS]
    return cm.PnC_ASResAuthorizationMode(
        gen_challenge=s.authorizing.challenge,
        supported_providers=cm.SupportedProvidersList(provider_id=list(providers)) if providers else None,
    )


# --- contract certificates ---------------------------------------------------------------------------------------------------------


def certificate_installation(s: Talk, request: cm.CertificateInstallationReq, now: datetime) -> Outcome:
    """The request goes to the backend, its answer to the vehicle with this session's header; the signature stays the backend's."""
    if not s.authorizing.certificates:
        s.find("The vehicle asks for a contract certificate, and CertificateInstallationService was false.")
        return Refusal("FAILED", "contract certificates are not installed here")
    trouble = _provisioning_trouble(s, request)
    if trouble:
        s.find(f"The signature of CertificateInstallationReq is not good: {trouble}")
        return Refusal("FAILED_SignatureError", trouble)
    wanted = request.prioritized_emaids
    answer: CertificateAnswer | Pending = s.evse.certificate(
        CertificateAsked(
            exi=ISO20_COMMON.encode(request),
            namespace=cm.COMMON_MESSAGES.uri,
            most_chains=request.maximum_contract_certificate_chains,
            wanted=tuple(wanted.emaid) if wanted else (),
        )
    )
    if isinstance(answer, Pending):
        if s.waited("certificate", now) <= ISO20.secc_ongoing:
            return _installation(s, "OK", now, ongoing=True)
        answer = CertificateAnswer(b"", reason="the backend did not answer in time")
    s.done("certificate")
    return _relayed(s, answer, now)


def _provisioning_trouble(s: Talk, request: cm.CertificateInstallationReq) -> str:
    """Why a request is not the vehicle's own, "" if it is. Whether its certificate is trusted, the backend knows."""
    key = key_of(request.oem_provisioning_certificate_chain.certificate)
    if key is None:
        return "the OEM provisioning certificate cannot be read, or its key is none that signs"
    verdict = verify(request, key, s.options.suites)
    return "" if verdict.good else verdict.what


def _relayed(s: Talk, answer: CertificateAnswer, now: datetime) -> Outcome:
    if not answer.exi:
        s.remark(f"There is no contract certificate for the vehicle: {answer.reason or 'the backend has none'}.")
        return _installation(s, "WARNING_NoCertificateAvailable", now)
    try:
        document = ISO20_COMMON.decode(answer.exi)
    except DecodeError as error:
        s.remark(f"The backend's CertificateInstallationRes is no EXI of ISO 15118-20: {error}")
        return _installation(s, "WARNING_NoCertificateAvailable", now)
    if not isinstance(document, cm.CertificateInstallationRes):
        s.remark(f"The backend answered with {type(document).__name__} instead of CertificateInstallationRes.")
        return _installation(s, "WARNING_NoCertificateAvailable", now)
    if answer.reason or not document.response_code.startswith("OK"):
        return _refused_by_backend(s, document.response_code, answer.reason, now)
    header = msgspec.structs.replace(s.header(now), signature=document.header.signature)
    remaining = answer.remaining or document.remaining_contract_certificate_chains
    response = msgspec.structs.replace(
        document, header=header, remaining_contract_certificate_chains=min(remaining, _MOST_REMAINING)
    )
    return Answer(response, states.AUTHORIZATION)


def _refused_by_backend(s: Talk, told: ResponseCode, reason: str, now: datetime) -> Outcome:
    """The backend's ResponseCode goes to the vehicle: after a warning it may go on with another contract, or a card."""
    code: ResponseCode = "WARNING_NoCertificateAvailable" if told.startswith("OK") else told
    why = reason.removeprefix(f"{code}: ") or "it does not say why"
    s.remark(f"The backend refuses the vehicle a contract certificate with {code}: {why}")
    return Refusal(code, why) if code.startswith("FAILED") else _installation(s, code, now)


def _installation(s: Talk, code: ResponseCode, now: datetime, *, ongoing: bool = False) -> Answer:
    """Without a certificate: what the schema asks for is there, and empty."""
    processing: Processing = "Ongoing" if ongoing else "Finished"
    return Answer(s.least(cm.CertificateInstallationRes, code, now, evse_processing=processing), states.AUTHORIZATION)


# --- authorization -----------------------------------------------------------------------------------------------------------------


def authorization(s: Talk, request: cm.AuthorizationReq, now: datetime) -> Outcome:
    """Ongoing until it is decided. After a warning the vehicle may come again, with its contract or by external means."""
    way = Identification(request.selected_authorization_service)
    has_contract = request.pnc_areq_authorization_mode is not None
    if way not in s.authorizing.offered or has_contract is not (way is Identification.PNC):
        s.find(f"The vehicle chose {way} for authorization, which was not offered or is not what it sent.")
        return _decided(s, "WARNING_AuthorizationSelectionInvalid", now)
    s.authorizing.identification = way
    if way is Identification.EIM:
        s.authorizing.contract = s.authorizing.key = None
        return _by_external_means(s, now)
    refused = _contract_trouble(s, request, now)
    return _decided(s, refused, now) if refused else _by_contract(s, now)


def _by_external_means(s: Talk, now: datetime) -> Answer:
    """A person may take their time with a card."""
    decision = s.evse.authorize(None)
    if isinstance(decision, Pending):
        return _ongoing(s, now, "Ongoing_WaitingForCustomerInteraction")
    return _decided(s, "OK" if decision is Decision.ACCEPTED else "WARNING_EIMAuthorizationFailure", now)


def _by_contract(s: Talk, now: datetime) -> Answer:
    """A backend has 55 s."""
    decision = s.evse.authorize(s.authorizing.contract)
    if isinstance(decision, Pending):
        if s.waited("contract", now) <= ISO20.secc_ongoing:
            return _ongoing(s, now, "Ongoing")
        s.remark("Nobody decided about the contract in time.")
        return _decided(s, CODES[Decision.REFUSED], now)
    if decision is not Decision.ACCEPTED:
        named = s.authorizing.contract.emaid if s.authorizing.contract is not None else "?"
        s.remark(f"The contract {named} is not accepted with {CODES[decision]}: {_WHY[decision]}.")
        return _decided(s, CODES[decision], now)
    return _decided(s, "OK_CertificateExpiresSoon" if s.authorizing.ends_soon else "OK", now)


def _contract_trouble(s: Talk, request: cm.AuthorizationReq, now: datetime) -> ResponseCode | None:
    """What is wrong with challenge, certificate or signature. A repeated request is looked at once."""
    shown, known = request.pnc_areq_authorization_mode, s.authorizing
    assert shown is not None
    if shown.gen_challenge != known.challenge:
        s.find("GenChallenge is not the one that was given.")
        return "WARNING_ChallengeInvalid"
    if known.contract is not None and shown == known.checked:
        return None
    known.checked = known.contract = known.key = None
    read = contract_of(shown.contract_certificate_chain)
    if read is None:
        s.find("The contract certificate cannot be read, or its key is none that signs.")
        return "WARNING_CertificateValidationError"
    contract, certificate = read
    code = out_of_time(certificate, now)
    if code is not None:
        return code
    key = key_of(contract.chain[0])
    verdict = verify(request, key, s.options.suites)
    if not verdict.good:
        s.find(f"The signature of AuthorizationReq is not good: {verdict.what}")
        return "WARNING_GeneralPnCAuthorizationError"
    known.checked, known.contract, known.key = shown, contract, key
    known.ends_soon = pki.due(certificate, now)
    return None


def _ongoing(s: Talk, now: datetime, processing: Processing) -> Answer:
    response = cm.AuthorizationRes(header=s.header(now), response_code="OK", evse_processing=processing)
    return Answer(response, states.AUTHORIZATION)


def _decided(s: Talk, code: ResponseCode, now: datetime) -> Answer:
    s.done("contract")
    response = cm.AuthorizationRes(header=s.header(now), response_code=code, evse_processing="Finished")
    return Answer(response, states.SERVICE_DISCOVERY if code.startswith("OK") else states.AUTHORIZATION)
