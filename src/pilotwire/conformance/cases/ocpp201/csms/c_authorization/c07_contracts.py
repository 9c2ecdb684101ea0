"""C07: the CSMS verifies the contract certificate of an EV, by OCSP."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.csms.c_authorization.presenting import ACCEPTED
from pilotwire.conformance.checks import Check, equals, satisfies
from pilotwire.conformance.language import Case, Happened, Judges, Keeps, Sends, Step
from pilotwire.conformance.states.csms201 import (
    energy_transfer_started,
    ev_connected_pre_session,
    place,
    transaction_event,
)
from pilotwire.conformance.values import Computed, Kept, Known, configured, made

Steps = tuple[Step, ...]
CONTRACT = {"idToken": configured.emaid, "type": "eMAID"}
MADE = Kept("contract")
HASHES = Computed("the hashes of the chain", lambda known: MADE.of(known)["hashes"])
CHAIN = Computed("the chain", lambda known: MADE.of(known)["chain"])
GOOD = (ACCEPTED.of("C07.FR.14"), equals("certificateStatus", "Accepted").of("C07.FR.14"))


def connected(*, revoked: bool = False) -> Steps:
    """A contract is made for the case, and the EV is connected."""
    contract = made("contract to verify", emaid=configured.emaid, revoked=revoked)
    return (Keeps(values={"contract": contract}), *ev_connected_pre_session())


def presented(*checks: Check, **how: Any) -> Sends:
    """The station asks about the contract; it sends its hashes or the chain."""
    return Sends(number="1", action="Authorize", payload={"idToken": CONTRACT} | how, checks=checks)


def _no_faults(_: Any, known: Known) -> bool:
    return not known.made("asked responder")["faults"]


def _asked(_: Any, known: Known) -> bool:
    return 0 in known.made("asked responder")["certificates"]


OCSP_ASKED: Steps = (
    Judges(number="2", checks=(satisfies("", "has the OCSP responder asked about the contract certificate", _asked),)),
    Judges(number="3", checks=(satisfies("", "has the OCSP responder asked by valid requests only", _no_faults),)),
)
CHARGES: Steps = (
    transaction_event("5", trigger="Authorized", more={"idToken": CONTRACT, "evse": place()}, checks=(ACCEPTED,)),
    Happened(facts={"authorized": True}),
    *energy_transfer_started(),
)

TC_C_50_CSMS = Case(
    id="TC_C_50_CSMS",
    title="A contract the station has verified",
    purpose="The CSMS asks the OCSP responder that the hashes name, and accepts the contract.",
    requirements=("C07.FR.04", "C07.FR.05", "C07.FR.14"),
    before=connected(),
    main=(presented(*GOOD, iso15118CertificateHashData=HASHES), *OCSP_ASKED, *CHARGES),
    remark="By the errata the token is the eMAID; the document's second validation of step 4 is of step 6.",
)
TC_C_51_CSMS = Case(
    id="TC_C_51_CSMS",
    title="A revoked contract",
    purpose="The CSMS asks the OCSP responder, hears that the contract is revoked, and refuses it.",
    requirements=("C07.FR.16",),
    before=connected(revoked=True),
    main=(
        presented(
            equals("idTokenInfo.status", "Invalid"),
            equals("certificateStatus", "CertificateRevoked"),
            iso15118CertificateHashData=HASHES,
        ),
        *OCSP_ASKED,
    ),
    remark=(
        "The document has no validations, and its step 3 has the responder call the certificate valid, which its prerequisite "
        "says is revoked; the responder says revoked, and C07.FR.16 is judged. The token is the eMAID, as in TC_C_50."
    ),
)
TC_C_52_CSMS = Case(
    id="TC_C_52_CSMS",
    title="A contract the CSMS verifies itself",
    purpose="The CSMS works the hashes out from the chain, asks the OCSP responder its certificates name, and accepts the contract.",
    requirements=("C07.FR.04", "C07.FR.05", "C07.FR.14"),
    before=connected(),
    main=(presented(*GOOD, certificate=CHAIN), *OCSP_ASKED, *CHARGES),
    remark="The chain has two sub-CAs and EC keys, as the errata want; the token is the eMAID, as in TC_C_50.",
)
