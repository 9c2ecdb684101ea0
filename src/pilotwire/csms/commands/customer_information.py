"""Asking a station what it has stored about a customer, or to remove it (N09, N10). The answer is given on and not kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pilotwire.clock import Clock
from pilotwire.csms.commands.commander import Commander
from pilotwire.csms.commands.parts import all_parts
from pilotwire.csms.registers.customer_information import ASKED, CustomerInformationAsked
from pilotwire.csms.store.ports import Journal
from pilotwire.domain.certificates import CertificateHash
from pilotwire.domain.customer_information import (
    CustomerInformation,
    CustomerInformationOutcome,
    CustomerInformationStatus,
)
from pilotwire.domain.identity import IdToken
from pilotwire.errors import PilotwireError


class NotAsked(PilotwireError):
    """The station would decline the request; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Customer:
    """Who is meant, in exactly one of the ways (N09.FR.09)."""

    id_token: IdToken | None = None
    identifier: str | None = None
    certificate: CertificateHash | None = None


@dataclass(frozen=True, slots=True)
class CustomerReport:
    """What came of asking: the text of all parts; none unless the station accepted."""

    request_id: int
    status: CustomerInformationStatus
    generated_at: datetime | None = None
    data: str | None = None


@dataclass(frozen=True, slots=True)
class Inquiries:
    """Where questions about customers go, and where it is kept that they were asked."""

    commander: Commander
    journal: Journal
    clock: Clock

    async def ask(
        self, station: str, customer: Customer, *, report: bool, clear: bool, asked_by: str, patience: float
    ) -> CustomerReport:
        """Ask, and wait for all parts, at most `patience` seconds for each; a station that clears also reports once (N10.FR.06).

        That it was asked is kept whatever comes of it. Raises also NotAsked, CommandTimedOut if a part does not come, AnswerUnusable if
        there is no end of parts.
        """
        request_id = self.commander.reports.next_request_id()
        command = CustomerInformation(
            request_id=request_id,
            report=report,
            clear=clear,
            id_token=customer.id_token,
            customer_identifier=customer.identifier,
            customer_certificate=customer.certificate,
        )
        if command.flaw is not None:
            raise NotAsked(f"the station would decline this: {command.flaw}.", "Mend that; nothing was sent.")
        entry = CustomerInformationAsked(request_id=request_id, report=report, clear=clear, asked_by=asked_by)
        with self.commander.reports.collecting(station, request_id) as collection:
            try:
                outcome = await self.commander.ask(station, command, CustomerInformationOutcome)
            except PilotwireError:
                await self._keep(station, entry)
                raise
            await self._keep(
                station,
                CustomerInformationAsked(
                    request_id=request_id, report=report, clear=clear, asked_by=asked_by, status=outcome.status
                ),
            )
            if outcome.status is not CustomerInformationStatus.ACCEPTED:
                return CustomerReport(request_id, outcome.status)
            parts = await all_parts(collection, station, patience)
        return CustomerReport(request_id, outcome.status, parts[0].generated_at, "".join(part.data for part in parts))

    async def _keep(self, station: str, entry: CustomerInformationAsked) -> None:
        await self.journal.append(ASKED.keep(station, self.clock.now(), entry))
