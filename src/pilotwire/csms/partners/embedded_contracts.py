"""A pool of contract certificates inside the CSMS: in the folder of an authority, as `pilotwire pki contract` keeps it (M01, M02)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from pilotwire.ca import Office
from pilotwire.ca.safe import told
from pilotwire.clock import Clock
from pilotwire.csms.partners.ports import PartnerFailed
from pilotwire.domain.certificates import EvCertificateAsked, EvCertificateVerdict
from pilotwire.errors import ConfigError, PilotwireError
from pilotwire.mobility import Answer, Pool, Provisioning, Question
from pilotwire.mobility.provisioning import NoRequest
from pilotwire.pki import pem_of

_MOST: Final = 255


class EmbeddedContracts:
    """Answers from a pool that is open; a `ContractProvider` and a `RootSource`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._service = Provisioning(pool)

    def close(self) -> None:
        """Close the pool and its authority."""
        self._pool.close()
        self._pool.office.close()

    async def certificate(self, station: str, asked: EvCertificateAsked) -> EvCertificateVerdict:
        """What the provisioning service answers."""
        most = asked.max_chains
        question = Question(
            asked.exi_request,
            asked.schema_version,
            None if most is None else min(most, _MOST),
            asked.prioritized_emaids,
        )
        try:
            answer = await asyncio.to_thread(self._service.next_answer, question)
        except NoRequest as error:
            return EvCertificateVerdict(accepted=False, reason=error.what)
        except PilotwireError as error:
            raise PartnerFailed(f"The pool of contracts failed: {error.what}") from None
        return _verdict(answer, counted=most is not None)

    async def contract_roots(self) -> str:
        """The roots under which contracts here are."""
        try:
            trusted = await asyncio.to_thread(self._pool.operators)
        except PilotwireError as error:
            raise PartnerFailed(f"The pool of contracts failed: {error.what}") from None
        return pem_of(*trusted.roots)


def embedded_contracts(folder: str, password: str, clock: Clock) -> EmbeddedContracts:
    """The pool in a folder. Raises ConfigError if there is none, or its keys cannot be opened."""
    if not folder:
        what = "contracts_interface is embedded, and there is no contracts_pki."
        raise ConfigError(what, "Name the folder that `pilotwire pki init` made.")
    office = Office.open(Path(folder), told(password), clock)
    try:
        pool = Pool(office)
        for record in office.book.authorities():
            office.safe.open(record.key)  # a wrong password shows now
    except PilotwireError as error:
        office.close()
        raise ConfigError(f"contracts_pki: {error.what}", error.remedy) from None
    return EmbeddedContracts(pool)


def _verdict(answer: Answer, *, counted: bool) -> EvCertificateVerdict:
    return EvCertificateVerdict(
        accepted=answer.good,
        exi_response=answer.exi,
        remaining=answer.remaining if counted and answer.good else None,
        reason=None if answer.good else f"{answer.code}: {answer.reason}",
    )
