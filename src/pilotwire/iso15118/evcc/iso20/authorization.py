"""Authorization: by one contract after the other, or by external means, in the order the driver wishes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire import pki
from pilotwire.iso15118.charging import Identification
from pilotwire.iso15118.emaid import normalised
from pilotwire.iso15118.evcc.iso20 import services
from pilotwire.iso15118.evcc.iso20.stopping import give_up
from pilotwire.iso15118.evcc.iso20.talk import MOST_CONTRACTS, Next, Step, Talk
from pilotwire.iso15118.evcc.ports import Credential
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.timing import ISO20

_ID: Final = "id1"
_MOST_SUBS: Final = 3


def begin(s: Talk, now: datetime) -> Step:
    """Try the first of all that may do."""
    s.authorizing.candidates = list(_candidates(s))
    if not s.authorizing.candidates:
        ways = ", ".join(s.authorizing.offered) or "nothing"
        return give_up(
            s, f"The station offers {ways} for authorization, and the vehicle has none of it.", now, finding=False
        )
    return _try(s, now)


def _candidates(s: Talk) -> Iterator[Credential | None]:
    for way in s.ev.wish().identification:
        if way not in s.authorizing.offered:
            continue
        if way is Identification.EIM:
            yield None
        elif s.secured:
            usable = [one for one in s.wallet.contracts() if _usable(s, one)]
            # those of providers that the station names come first; it may know others all the same
            yield from sorted(usable, key=lambda one: not _is_known(s, one))[:MOST_CONTRACTS]


def _usable(s: Talk, contract: Credential) -> bool:
    """Whether messages of ISO 15118-20 can carry a contract, and its key can sign them."""
    if not 1 <= len(contract.chain) - 1 <= _MOST_SUBS:
        s.remark(f"The contract {emaid_of(contract)} has not one to three sub-CAs with it, as ISO 15118-20 wants.")
        return False
    if not signs(s, contract):
        s.remark(f"The contract {emaid_of(contract)} has a key that ISO 15118-20 has no signature for.")
        return False
    return True


def signs(s: Talk, credential: Credential) -> bool:
    """Whether there is a signature for the key."""
    return any(suite.fits(credential.certificate.public_key()) for suite in s.options.suites)


def emaid_of(contract: Credential) -> str:
    """The eMAID of a contract, without separators."""
    return normalised(pki.common_name(contract.certificate.subject))


def _is_known(s: Talk, contract: Credential) -> bool:
    return any(emaid_of(contract).startswith(each) for each in s.authorizing.providers)


def _try(s: Talk, now: datetime) -> Next:
    contract = s.authorizing.candidates[0]
    s.contract = contract
    s.identification = Identification.EIM if contract is None else Identification.PNC
    if contract is None:
        return Next(
            cm.AuthorizationReq(
                header=s.header(now),
                selected_authorization_service="EIM",
                eim_areq_authorization_mode=cm.EIM_AReqAuthorizationMode(),
            )
        )
    own, *subs = (each.public_bytes(Encoding.DER) for each in contract.chain)
    shown = cm.PnC_AReqAuthorizationMode(
        id=_ID,
        gen_challenge=s.authorizing.challenge,
        contract_certificate_chain=cm.ContractCertificateChain(
            certificate=own, sub_certificates=cm.SubCertificates(certificate=subs)
        ),
    )
    message = cm.AuthorizationReq(
        header=s.header(now), selected_authorization_service="PnC", pnc_areq_authorization_mode=shown
    )
    return Next(message, signer=contract)


def authorization(s: Talk, response: cm.AuthorizationRes, now: datetime) -> Step:
    """On to the services; after a warning to the next contract, or to another way; a person may take their time."""
    code, processing = response.response_code, response.evse_processing
    if code.startswith("WARNING"):
        return _another(s, code, now)
    if processing != "Finished":
        patience = ISO20.ev_ongoing if processing == "Ongoing" else float("inf")
        return s.repeat("authorization", _try(s, now), patience, now)
    s.done("authorization")
    if code == "OK_CertificateExpiresSoon":
        s.remark("The contract certificate expires soon.")
    return services.discover(s, now)


def _another(s: Talk, code: str, now: datetime) -> Step:
    s.done("authorization")
    tried = s.authorizing.candidates.pop(0)
    named = "external means" if tried is None else f"the contract {emaid_of(tried)}"
    s.remark(f"The station does not accept {named}: {code}.")
    if s.authorizing.candidates:
        return _try(s, now)
    return give_up(s, f"The station accepted no way of authorization; the last answer was {code}.", now, finding=False)
