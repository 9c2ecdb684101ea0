"""The provisioning service: what a vehicle asks for through a station is judged, and answered with its contracts.

The vehicle's request says everything: a CertificateInstallationReq is for all contracts of the vehicle (-2 takes one, -20 as many as it
says), a CertificateUpdateReq for the one it has. Both get the newest certificate. What is refused is refused with the ResponseCode of the
edition, in a message the station can hand on.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire.errors import MisuseError, PilotwireError
from pilotwire.iso15118 import iso2
from pilotwire.iso15118.contract_keys import ContractKeyFault, fresh
from pilotwire.iso15118.emaid import normalised, read_emaid, same_emaid
from pilotwire.iso15118.exi.errors import DecodeError
from pilotwire.iso15118.iso20 import common_messages as iso20
from pilotwire.iso15118.iso20.common_types import ListOfRootCertificateIDs, MessageHeader
from pilotwire.iso15118.provisioning import (
    RequestVerdict,
    answer,
    check_request,
    exi_text,
    read_exi,
    refuse,
    request_in,
    scheme_of,
)
from pilotwire.iso15118.signed_parts import Edition, Message, content_of
from pilotwire.iso15118.xmldsig import X509IssuerSerial
from pilotwire.mobility.pool import SCHEMAS, Current, Pool, edition_of
from pilotwire.mobility.register import Contract
from pilotwire.pki import Certificate, PkiFault

NAMESPACES: Final = SCHEMAS
_NO_CONTRACT: Final = {
    Edition.ISO2: "FAILED_NoCertificateAvailable",
    Edition.ISO20: "WARNING_NoContractMatchingPCIDFound",
}


class NoRequest(PilotwireError):
    """What was sent is no request for contract certificates."""


@dataclass(frozen=True, slots=True)
class Question:
    """A request as a station sent it, in Base64; `schema` is its iso15118SchemaVersion ("": not told).

    `most`: how many contracts the vehicle takes (None: nobody counts). `prioritized`: eMAIDs it wants first.
    """

    exi: str
    schema: str = ""
    most: int | None = None
    prioritized: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer for the vehicle in Base64, and its ResponseCode; `emaid` is that of the contract it brings, `reason` why it brings none.

    `remaining`: how many contracts follow.
    """

    code: str
    exi: str
    emaid: str = ""
    remaining: int = 0
    reason: str = ""

    @property
    def good(self) -> bool:
        """Whether it brings a contract."""
        return bool(self.emaid)


class Provisioning:
    """See the module. Safe to use from several threads."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    def answers(self, question: Question) -> tuple[Answer, ...]:
        """An answer for each contract, the first to be used first; a single one that refuses, if there is none to give.

        Raises NoRequest; StoreError if the register cannot be had.
        """
        message = _read(question)
        found = self._found(message, question)
        if isinstance(found, Answer):
            return (found,)
        left = range(len(found) - 1, -1, -1)
        counted = question.most is not None
        return tuple(
            self._given_answer(message, one, remaining if counted else 0)
            for one, remaining in zip(found, left, strict=True)
        )

    def next_answer(self, question: Question) -> Answer:
        """One answer: to a request of -20 that comes again while contracts remain, the next one (M01.FR.07), also after a restart."""
        message = _read(question)
        found = self._found(message, question)
        if isinstance(found, Answer):
            return found
        if question.most is None:
            return self._given_answer(message, found[0], 0)
        place = self.pool.register.next_place(sha256(question.exi.encode()).hexdigest(), len(found))
        return self._given_answer(message, found[place], len(found) - place - 1)

    def provide(self, emaid: str, pcid: str, session: bytes = b"\0", schema: str = "") -> Answer:
        """The answer to a request nobody has made: for a vehicle maker, who hands it to the vehicle himself.

        Raises PkiFault if there is no such contract, or the vehicle's certificate is not known; NoRequest for another edition's schema.
        """
        contract = next((each for each in self.pool.contracts_of(pcid) if same_emaid(each.emaid, emaid)), None)
        vehicle = self.pool.vehicle(pcid)
        if contract is None:
            raise PkiFault(f"The vehicle {pcid} has no contract {emaid}.", "Add it: pilotwire pki contract add.")
        if not vehicle:
            raise PkiFault(f"The certificate of the vehicle {pcid} is not known.", "Add it with --vehicle FILE.")
        edition = edition_of(vehicle[0])
        if schema not in ("", NAMESPACES[edition]):
            raise NoRequest(f"The vehicle {pcid} has a certificate for {NAMESPACES[edition]}, not for {schema}.")
        return self._given_answer(self._unasked(vehicle, edition, session), self.pool.current(contract), 0)

    # --- inside ------------------------------------------------------------------------------------------------------------------

    def _found(self, message: Message, question: Question) -> list[Current] | Answer:
        """The contracts a request is to be answered with, or the answer that refuses it."""
        verdict = self._judged(message)
        if not verdict.good:
            return self._refused(message, verdict.response_code, verdict.words)
        if verdict.request.is_update:
            return self._updated(message, verdict)
        return self._installed(message, verdict, question)

    def _judged(self, message: Message) -> RequestVerdict:
        trusted = self.pool.operators() if request_in(message).is_update else self.pool.makers()
        vehicle = self._subs_of(message)
        return check_request(
            message,
            trusted.roots,
            self.pool.office.clock.now(),
            pool=[*trusted.subs, *vehicle],
            revocation=self.pool.revocation(),
        )

    def _subs_of(self, message: Message) -> tuple[Certificate, ...]:
        """The sub-CAs of a vehicle that is known: a request of -2 does not bring them."""
        sent = request_in(message).sent
        known = self.pool.known_by(sent[0]) if sent else ()
        return known[1:]

    def _updated(self, message: Message, verdict: RequestVerdict) -> list[Current] | Answer:
        try:
            return [self.pool.current(self.pool.contract(verdict.chain.name))]
        except PkiFault as fault:
            return self._refused(message, _NO_CONTRACT[verdict.request.edition], fault.what)

    def _installed(self, message: Message, verdict: RequestVerdict, question: Question) -> list[Current] | Answer:
        pcid, edition = verdict.chain.name, verdict.request.edition
        asked = content_of(message)
        wished = list(question.prioritized)
        most = question.most if question.most is not None else 1
        if isinstance(asked, iso20.CertificateInstallationReq):
            most = min(most, asked.maximum_contract_certificate_chains)
            wished += asked.prioritized_emaids.emaid if asked.prioritized_emaids is not None else []
        found, why = self._usable(pcid, edition, wished)
        if not found or most < 1:
            return self._refused(message, _NO_CONTRACT[edition], why or f"There is no contract for the vehicle {pcid}.")
        return found[:most]

    def _usable(self, pcid: str, edition: Edition, wished: Sequence[str]) -> tuple[list[Current], str]:
        found: list[Current] = []
        why = ""
        for contract in _in_order(self.pool.contracts_of(pcid), wished):
            try:
                current = self.pool.current(contract)
            except PkiFault as fault:
                why = fault.what
                continue
            if edition_of(current.issued.certificate) is edition:
                found.append(current)
            else:
                why = f"The contract {contract.emaid} has no key for {edition}."
        return found, why

    def _given_answer(self, message: Message, current: Current, remaining: int) -> Answer:
        now = self.pool.office.clock.now()
        edition = request_in(message).edition
        try:
            new = fresh(scheme_of(message), secrets.token_bytes)
            service = self.pool.service(edition)
            made = answer(message, self.pool.holder(current), service, new, now, remaining=remaining)
        except (ContractKeyFault, MisuseError) as fault:
            return self._refused(message, _NO_CONTRACT[edition], fault.what)
        return Answer("OK", exi_text(made), str(read_emaid(current.contract.emaid)), remaining)

    def _refused(self, message: Message, code: str, why: str) -> Answer:
        return Answer(code, exi_text(refuse(message, code, self.pool.office.clock.now())), reason=why or code)

    def _unasked(self, vehicle: Sequence[Certificate], edition: Edition, session: bytes) -> Message:
        first, *subs = (each.public_bytes(Encoding.DER) for each in vehicle)
        nobody = X509IssuerSerial(x509_issuer_name="-", x509_serial_number=0)
        if edition is Edition.ISO2:
            content = iso2.CertificateInstallationReq(
                id="id1",
                oem_provisioning_cert=first,
                list_of_root_certificate_ids=iso2.ListOfRootCertificateIDs(root_certificate_id=[nobody]),
            )
            header = iso2.MessageHeader(session_id=session[-8:])
            return iso2.V2G_Message(header=header, body=iso2.Body(body_element=content))
        chain = iso20.SignedCertificateChain(
            id="id1", certificate=first, sub_certificates=iso20.SubCertificates(certificate=subs)
        )
        now = int(self.pool.office.clock.now().timestamp())
        return iso20.CertificateInstallationReq(
            header=MessageHeader(session_id=session[-8:].rjust(8, b"\0"), time_stamp=now),
            oem_provisioning_certificate_chain=chain,
            list_of_root_certificate_ids=ListOfRootCertificateIDs(root_certificate_id=[nobody]),
            maximum_contract_certificate_chains=1,
        )


def _read(question: Question) -> Message:
    try:
        message = read_exi(question.exi, question.schema)
        request_in(message)
    except (PkiFault, DecodeError, MisuseError) as error:
        raise NoRequest(f"The request cannot be read: {error}") from None
    return message


def _in_order(contracts: Sequence[Contract], wished: Sequence[str]) -> list[Contract]:
    """Those that are wanted first come first, in the order in which they are wanted; the others as they came."""
    places = {normalised(each)[:14]: place for place, each in reversed(list(enumerate(wished)))}
    return sorted(contracts, key=lambda each: places.get(read_emaid(each.emaid).contract, len(places)))
