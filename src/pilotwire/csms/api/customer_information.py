"""What a station has stored about a customer (N09, N10): reported as one text, or removed. 2.x only."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import ConfigDict, Field, StrictBool

from pilotwire.csms.api.access import ADMIN, COMMAND, asked_by
from pilotwire.csms.api.hashes import CertificateHashResource
from pilotwire.csms.api.problems import COMMANDS, READS
from pilotwire.csms.api.resource import TEXT, IdTokenResource, Limit, PageOf, Resource, StationIdentity, Time, page_of
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.commands.customer_information import Customer, Inquiries
from pilotwire.csms.registers.customer_information import ASKED, CustomerInformationAsked
from pilotwire.csms.store.registers import Entry
from pilotwire.domain.customer_information import CustomerInformationStatus

router = APIRouter(prefix="/stations/{station}", tags=["customer information"])


class CustomerInformationRequest(Resource):
    """Which customer, named in exactly one of the three ways, and whether to report, to clear, or both."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"report": True, "clear": False, "idToken": {"idToken": "04A1B2C3D4", "type": "ISO14443"}}]
        }
    )

    report: StrictBool = True
    clear: StrictBool = False
    id_token: IdTokenResource | None = None
    customer_identifier: Annotated[str, Field(min_length=1, max_length=64, pattern=TEXT)] | None = Field(
        default=None, description="As the maker of the station defines it, for example an account number."
    )
    customer_certificate: CertificateHashResource | None = None

    def customer(self) -> Customer:
        """Who is meant."""
        return Customer(
            id_token=self.id_token.token() if self.id_token else None,
            identifier=self.customer_identifier,
            certificate=self.customer_certificate.hash() if self.customer_certificate else None,
        )


class CustomerInformationResponse(Resource):
    """The station's answer. `data` is its text, put together from all parts; null unless it accepted."""

    status: CustomerInformationStatus
    request_id: int = Field(description="By which the message log knows the parts.")
    generated_at: Time | None
    data: str | None


@router.post(
    "/commands/customer-information",
    responses=COMMANDS,
    dependencies=[COMMAND],
    summary="Report or remove what is stored about a customer",
)
async def customer_information(
    request: Request, desk: TheDesk, station: StationIdentity, wanted: CustomerInformationRequest
) -> CustomerInformationResponse:
    """Ask a station what it has stored about a customer, or to remove it, and wait for all of its report.

    The report goes to you and is kept nowhere but, as all frames are, in the message log. A local list is changed by
    `send-local-list`, not by this (N10.FR.02). 504 if a part does not come in time.
    """
    rooms = desk.rooms
    report = await Inquiries(rooms.commander, rooms.journal, rooms.clock).ask(
        station,
        wanted.customer(),
        report=wanted.report,
        clear=wanted.clear,
        asked_by=asked_by(request),
        patience=rooms.settings.call_timeout,
    )
    return CustomerInformationResponse.model_construct(
        status=report.status, request_id=report.request_id, generated_at=report.generated_at, data=report.data
    )


class AskedResource(Resource):
    """That a station was asked about a customer; not about whom."""

    number: int
    asked_at: Time
    asked_by: str = Field(
        description="Who: the name of an API key, `user:NAME` or `oidc:SUBJECT`; empty where nobody needs to be known."
    )
    request_id: int
    report: bool
    clear: bool
    status: CustomerInformationStatus | None = Field(description="null: there was no usable answer.")

    @classmethod
    def of(cls, entry: Entry[CustomerInformationAsked]) -> AskedResource:
        """The resource of an entry."""
        asked = entry.entry
        return cls(
            number=entry.number,
            asked_at=entry.at,
            asked_by=asked.asked_by,
            request_id=asked.request_id,
            report=asked.report,
            clear=asked.clear,
            status=asked.status,
        )


@router.get(
    "/customer-information-requests",
    responses=READS,
    dependencies=[ADMIN],
    summary="List who asked a station about customers",
)
async def list_asked(
    desk: TheDesk,
    station: StationIdentity,
    limit: Limit = 100,
    after: Annotated[int | None, Query(ge=1, le=2**63 - 1, description="A cursor: the last number had.")] = None,
) -> PageOf[AskedResource]:
    """Who asked this station about customers, and when, the last first."""
    entries = await desk.store.entries(ASKED, station, before=after, limit=limit)
    items = [AskedResource.of(entry) for entry in entries]
    last = str(entries[-1].number) if entries else ""
    return PageOf[AskedResource].model_construct(**page_of(items, limit, last))
