"""Contract certificates, contracts and authorization (ISO 15118-2, 8.4.3.5 to 8.4.3.8)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pilotwire import pki
from pilotwire.iso15118 import iso2
from pilotwire.iso15118.charging import Identification, Pending
from pilotwire.iso15118.codecs import ISO2
from pilotwire.iso15118.emaid import same_emaid
from pilotwire.iso15118.exi import DecodeError
from pilotwire.iso15118.peer_certificate import read_peer
from pilotwire.iso15118.provisioning import chain_of
from pilotwire.iso15118.secc.conversation import Answer, Conversation, Outcome, Refusal, Wait
from pilotwire.iso15118.secc.iso2 import states
from pilotwire.iso15118.secc.ports import CertificateAnswer, CertificateAsked, Contract, Decision
from pilotwire.iso15118.signature import verify

CHALLENGE_BYTES: Final = 16
CODES: Final[dict[Decision, iso2.ResponseCode]] = {
    Decision.REFUSED: "FAILED",
    Decision.EXPIRED: "FAILED_CertificateExpired",
    Decision.NOT_YET_VALID: "FAILED_CertChainError",
    Decision.REVOKED: "FAILED_CertificateRevoked",
    Decision.CHAIN: "FAILED_CertChainError",
    Decision.CANCELLED: "FAILED_ContractCanceled",
    Decision.UNKNOWN: "FAILED_NoCertificateAvailable",
}
"""What a decision against a contract is called."""
_OF_CERTIFICATE: Final = frozenset(
    {Decision.EXPIRED, Decision.NOT_YET_VALID, Decision.REVOKED, Decision.CHAIN, Decision.UNKNOWN}
)


def certificate_installation(s: Conversation, request: iso2.CertificateInstallationReq, now: datetime) -> Outcome:
    """The request goes to the backend as it came, the backend's response to the vehicle as it came, in this session."""
    return _from_backend(s, iso2.CertificateInstallationRes, update=False)


def certificate_update(s: Conversation, request: iso2.CertificateUpdateReq, now: datetime) -> Outcome:
    """The same for a contract that runs out."""
    return _from_backend(s, iso2.CertificateUpdateRes, update=True)


def _from_backend(s: Conversation, wanted: type[iso2.BodyBase], *, update: bool) -> Outcome:
    if not s.agreed.facts["certificates"]:
        s.find("The vehicle asks for a contract certificate without having selected that service.")
        return Refusal("FAILED_NoCertificateAvailable", "the certificate service was not selected")
    asked = CertificateAsked(ISO2.encode(s.message), iso2.DEF.uri, update)
    answer: CertificateAnswer | Pending = s.evse.certificate(asked)
    if isinstance(answer, Pending):
        return Wait("FAILED_NoCertificateAvailable")
    if not answer.exi:
        return Refusal(
            "FAILED_NoCertificateAvailable", answer.reason or "the backend has no certificate for the vehicle"
        )
    try:
        document = ISO2.decode(answer.exi)
    except DecodeError as error:
        return Refusal("FAILED_NoCertificateAvailable", f"the backend's response is no EXI of -2: {error}")
    body = document.body.body_element if isinstance(document, iso2.V2G_Message) else None
    if not isinstance(body, wanted) or not isinstance(document, iso2.V2G_Message):
        return Refusal("FAILED_NoCertificateAvailable", "the backend's response is another message")
    told: iso2.ResponseCode = getattr(body, "response_code")  # noqa: B009
    if answer.reason or told.startswith("FAILED"):
        code = told if told.startswith("FAILED") else "FAILED_NoCertificateAvailable"
        return Refusal(code, answer.reason or "the backend refuses a contract certificate")
    s.signature = document.header.signature
    return Answer(body, states.PAYMENT_DETAILS)


def payment_details(s: Conversation, request: iso2.PaymentDetailsReq, now: datetime) -> Outcome:
    """The contract is looked at, and a challenge given; whether it may charge is asked from here on."""
    chain = chain_of(request.contract_signature_cert_chain)
    own = read_peer(chain[0])
    if isinstance(own, str):
        s.find("The contract's certificate cannot be read.")
        return Refusal("FAILED_CertChainError", f"the contract's certificate cannot be read: {own}")
    name = pki.common_name(own.subject)
    if not same_emaid(name, request.emaid):
        s.find(f"The eMAID {request.emaid} is not that of the contract's certificate ({name}).")
        return Refusal("FAILED_CertChainError", "the eMAID is not that of the contract's certificate")
    contract = Contract(request.emaid, chain)
    decision = s.evse.authorize(contract)
    if decision in _OF_CERTIFICATE:
        return Refusal(CODES[decision], f"the contract is not good: {decision}")
    challenge = s.fresh(CHALLENGE_BYTES)
    s.agreed.facts |= {"contract": contract, "challenge": challenge, "key": own.public_key(), "signed": False}
    soon = now <= own.not_valid_after_utc and pki.due(own, now)
    code: iso2.ResponseCode = "OK_CertificateExpiresSoon" if soon else "OK"
    body = iso2.PaymentDetailsRes(response_code=code, gen_challenge=challenge, evse_time_stamp=int(now.timestamp()))
    return Answer(body, states.AUTHORIZATION)


def authorization(s: Conversation, request: iso2.AuthorizationReq, now: datetime) -> Outcome:
    """Ongoing until it is decided; the first request of a contract is signed over the challenge."""
    contract = s.agreed.facts.get("contract") if s.agreed.identification is Identification.PNC else None
    if contract is not None:
        refusal = _signed(s, request)
        if refusal is not None:
            return refusal
    decision = s.evse.authorize(contract)
    if isinstance(decision, Pending):
        return _ongoing(s, contract is None, now)
    s.done("authorization")
    if decision is not Decision.ACCEPTED:
        return Refusal(CODES[decision] if contract else "FAILED", f"the customer is not authorized: {decision}")
    body = iso2.AuthorizationRes(response_code="OK", evse_processing="Finished")
    return Answer(body, states.CHARGE_PARAMETERS)


def _ongoing(s: Conversation, external: bool, now: datetime) -> Outcome:
    """A person may take their time with a card; a backend has 55 s."""
    if not external and s.waited("authorization", now) > s.timing.secc_ongoing:
        return Refusal("FAILED", "nobody decided about the contract in time")
    processing: iso2.EVSEProcessing = "Ongoing_WaitingForCustomerInteraction" if external else "Ongoing"
    return Answer(iso2.AuthorizationRes(response_code="OK", evse_processing=processing), states.AUTHORIZATION)


def signed_message(s: Conversation) -> iso2.V2G_Message:
    """The message that is being answered, with its signature."""
    assert isinstance(s.message, iso2.V2G_Message)
    return s.message


def _signed(s: Conversation, request: iso2.AuthorizationReq) -> Refusal | None:
    """The challenge must be ours each time; the signature is checked once."""
    facts = s.agreed.facts
    if request.gen_challenge != facts["challenge"]:
        return Refusal("FAILED_ChallengeInvalid", "the challenge is not the one that was given")
    if facts["signed"]:
        return None
    verdict = verify(signed_message(s), facts["key"])
    if not verdict.good:
        s.find(f"The signature of AuthorizationReq is not good: {verdict.what}")
        return Refusal("FAILED_SignatureError", verdict.what)
    facts["signed"] = True
    return None
