"""What the decisions of the CSMS ask of others. Every partner may be absent (None): then the CSMS decides alone, or says that it cannot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pilotwire.domain.ad_hoc_payments import SettlementAnswer, SettlementOrder
from pilotwire.domain.authorization import (
    AuthorizationVerdict,
    Balance,
    ContractCertificate,
    Purpose,
    TransactionLimit,
)
from pilotwire.domain.certificates import ChainLink, EvCertificateAsked, EvCertificateVerdict, Revocation, SigningUse
from pilotwire.domain.identity import EvseAddress, IdToken
from pilotwire.domain.kinds import Value
from pilotwire.domain.tariff import Address
from pilotwire.errors import PilotwireError


class PartnerFailed(PilotwireError):
    """A partner did not answer in time, or not in a way that can be understood."""


class VatFinding(Value):
    """What is found of a VAT number: whether it is valid, and whose it is if that is told."""

    valid: bool
    company: Address | None = None


class VatChecker(Protocol):
    """Knows VAT numbers (C18.FR.09)."""

    async def check(self, vat_number: str) -> VatFinding:
        """Whether a number is valid, and whose. Raises PartnerFailed."""
        ...


class SigningRefused(PilotwireError):
    """A certificate authority will not sign this request, however often it is asked."""


class Signer(Protocol):
    """A certificate authority that signs the requests of stations (A02.FR.04)."""

    async def sign(self, station: str, csr: str, use: SigningUse | None) -> str:
        """The chain made from a request, both in PEM, the new certificate first. `use` None: for everything (A02.FR.13).

        Raises SigningRefused, and PartnerFailed if it may go better later.
        """
        ...


class ContractProvider(Protocol):
    """Has the contract certificates of vehicles: a contract certificate pool (M01, M02)."""

    async def certificate(self, station: str, asked: EvCertificateAsked) -> EvCertificateVerdict:
        """The answer to a vehicle's request. Raises PartnerFailed."""
        ...


class RootSource(Protocol):
    """Knows the roots of contract certificates: a root certificate pool (C07)."""

    async def contract_roots(self) -> str:
        """The roots of mobility operators and of V2G, in PEM: from memory while they are fresh. Raises PartnerFailed."""
        ...


class RevocationChecker(Protocol):
    """Knows whether certificates are revoked (M06, M07; C07 for the contract certificates of vehicles)."""

    async def revocation(self, link: ChainLink) -> Revocation:
        """Whether the certificate of a link is Good, Revoked or Unknown, by its source: from memory while that is fresh.

        To judge an entry of `iso15118CertificateHashData` (C07) ask with a link of it: its hashes, source OCSP, and its `responderURL`
        as the only one of `urls`. Raises PartnerFailed if no url gave an answer that is about this certificate and fresh: then nothing is
        known. A caller that lets somebody charge should mind `Revocation.proven`.
        """
        ...


class PartnerResting(PartnerFailed):
    """A partner that failed several times in a row is not asked for a while."""


class AuthorizationQuestion(Value):
    """Whether an id token may charge, or do what else `purpose` says; `address` if it is known where."""

    station: str
    id_token: IdToken
    purpose: Purpose
    address: EvseAddress | None = None
    certificate: str | None = None
    certificates: tuple[ContractCertificate, ...] = ()

    @property
    def by_contract(self) -> bool:
        """Whether a contract certificate is to be judged too (C07)."""
        return self.certificate is not None or bool(self.certificates)


class AuthorizationAnswer(Value):
    """The verdict, and what a transaction may use up (None: no limit)."""

    verdict: AuthorizationVerdict
    limit: TransactionLimit | None = None


class Authorizer(Protocol):
    """Decides elsewhere who may charge."""

    async def decide(self, question: AuthorizationQuestion) -> AuthorizationAnswer:
        """Its decision. Raises PartnerFailed."""
        ...


class Credit(Value):
    """What is left on a prepaid token, and what one transaction may use up of it."""

    balance: Balance
    limit: TransactionLimit


class PrepaidAccounts(Protocol):
    """Keeps the accounts of prepaid tokens."""

    async def credit(self, id_token: IdToken, station: str) -> Credit | None:
        """What is left on a token; None: it is not prepaid. Raises PartnerFailed."""
        ...


class Psp(Protocol):
    """A payment service provider (C21.FR.05)."""

    async def settle(self, order: SettlementOrder) -> SettlementAnswer:
        """What became of a payment. Raises PartnerFailed: then it is asked again."""
        ...


@dataclass(frozen=True, slots=True)
class Partners:
    """The partners of a CSMS; `closing` is what is done when they are needed no more."""

    vat: VatChecker | None = None
    signer: Signer | None = None
    contracts: ContractProvider | None = None
    ocsp: RevocationChecker | None = None
    authorizer: Authorizer | None = None
    prepaid: PrepaidAccounts | None = None
    psp: Psp | None = None
    roots: RootSource | None = None
    closing: Callable[[], None] | None = None

    def close(self) -> None:
        """They are needed no more."""
        if self.closing is not None:
            self.closing()


ALONE = Partners()
"""No partner at all."""
