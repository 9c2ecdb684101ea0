"""Certificates of stations (functional blocks A and M): installed, removed, listed; and requests for certificates with their chains."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field, StrictBool

from pilotwire.csms.api.access import COMMAND, READ
from pilotwire.csms.api.hashes import CertificateHashResource
from pilotwire.csms.api.problems import COMMANDS, READS, not_found, problems, unusable
from pilotwire.csms.api.resource import Integer, Limit, PageOf, Resource, StationIdentity, Time, page_of
from pilotwire.csms.api.rooms import Desk, TheDesk
from pilotwire.csms.commands.certificates import Certificates
from pilotwire.csms.registers.certificates import (
    CERTIFICATES,
    REQUESTS,
    KnownCertificate,
    RequestState,
    SigningRequest,
    SigningTrigger,
    key_of,
)
from pilotwire.csms.signing import UnfitChain
from pilotwire.csms.store.ports import Amend, Amended, Page
from pilotwire.csms.store.registers import cursor_of
from pilotwire.domain.certificates import (
    CertificateKind,
    CertificateSignedStatus,
    DeleteCertificateStatus,
    GetInstalledStatus,
    InstallCertificateStatus,
    InstalledCertificate,
    SigningUse,
)

router = APIRouter(prefix="/stations/{station}", tags=["certificates"])
_PEM = r"^[\t\n\r -~]*$"
_EXAMPLE = "-----BEGIN CERTIFICATE-----\nMIIB...\n-----END CERTIFICATE-----\n"
Pem = Annotated[str, Field(min_length=1, max_length=10000, pattern=_PEM, description="In PEM.")]
After = Annotated[str | None, Query(max_length=400, description="A cursor: `nextCursor` of the part before.")]
RequestKey = Annotated[
    str, Path(alias="id", pattern=r"^[0-9a-f]{16}$", description="The request.", examples=["0123456789abcdef"])
]


def _certificates(desk: Desk) -> Certificates:
    rooms = desk.rooms
    return Certificates(rooms.commander, rooms.journal, rooms.store, rooms.clock)


class InstallCertificateRequest(Resource):
    """A root certificate to install (M05). OEMRootCertificate is in 2.1 only; V2GCertificateChain cannot be installed."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"certificateType": "CSMSRootCertificate", "certificate": _EXAMPLE}]}
    )

    certificate_type: CertificateKind
    certificate: Pem


class InstallCertificateResponse(Resource):
    """The station's answer."""

    status: InstallCertificateStatus


@router.post("/commands/install-certificate", responses=COMMANDS, dependencies=[COMMAND], summary="Install a root")
async def install_certificate(
    desk: TheDesk, station: StationIdentity, wanted: InstallCertificateRequest
) -> InstallCertificateResponse:
    """Install a root certificate. To 1.6 those of Plug & Charge go by DataTransfer."""
    outcome = await _certificates(desk).install(station, wanted.certificate_type, wanted.certificate)
    return InstallCertificateResponse(status=outcome.status)


class DeleteCertificateRequest(Resource):
    """Which certificate goes (M04), named as the station names it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "certificateHashData": {
                        "hashAlgorithm": "SHA256",
                        "issuerNameHash": "0A1B2C3D",
                        "issuerKeyHash": "4E5F6071",
                        "serialNumber": "1F",
                    }
                }
            ]
        }
    )

    certificate_hash_data: CertificateHashResource
    plug_and_charge: StrictBool = Field(default=False, description="1.6: it is one of Plug & Charge.")


class DeleteCertificateResponse(Resource):
    """The station's answer."""

    status: DeleteCertificateStatus


@router.post("/commands/delete-certificate", responses=COMMANDS, dependencies=[COMMAND], summary="Remove a certificate")
async def delete_certificate(
    desk: TheDesk, station: StationIdentity, wanted: DeleteCertificateRequest
) -> DeleteCertificateResponse:
    """Remove an installed certificate."""
    named = wanted.certificate_hash_data.hash()
    outcome = await _certificates(desk).delete(station, named, plug_and_charge=wanted.plug_and_charge)
    return DeleteCertificateResponse(status=outcome.status)


class InstalledResource(Resource):
    """A certificate a station has."""

    certificate_type: CertificateKind
    certificate_hash_data: CertificateHashResource
    child_certificate_hash_data: list[CertificateHashResource]

    @classmethod
    def of(cls, told: InstalledCertificate | KnownCertificate) -> InstalledResource:
        """The resource of a certificate."""
        return cls.model_construct(
            certificate_type=told.kind,
            certificate_hash_data=CertificateHashResource.of(told.certificate),
            child_certificate_hash_data=[CertificateHashResource.of(child) for child in told.children],
        )


class GetInstalledRequest(Resource):
    """Which kinds are asked for; null: all (1.6: those of the security extension)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"certificateType": ["CSMSRootCertificate"]}]})

    certificate_type: Annotated[list[CertificateKind], Field(min_length=1, max_length=6)] | None = None


class GetInstalledResponse(Resource):
    """The station's answer."""

    status: GetInstalledStatus
    certificates: list[InstalledResource]


@router.post(
    "/commands/get-installed-certificate-ids",
    responses=COMMANDS,
    dependencies=[COMMAND],
    summary="Ask for certificates",
)
async def get_installed(desk: TheDesk, station: StationIdentity, wanted: GetInstalledRequest) -> GetInstalledResponse:
    """Ask a station which certificates it has (M03); the record follows what it says."""
    kinds = tuple(dict.fromkeys(wanted.certificate_type or ()))
    outcome = await _certificates(desk).installed(station, kinds)
    return GetInstalledResponse.model_construct(
        status=outcome.status, certificates=[InstalledResource.of(each) for each in outcome.certificates]
    )


class KnownResource(InstalledResource):
    """A certificate on record."""

    reported_at: Time

    @classmethod
    def kept(cls, known: KnownCertificate) -> KnownResource:
        """The resource of a record."""
        shown = InstalledResource.of(known)
        return cls.model_construct(reported_at=known.reported_at, **dict(shown))


@router.get("/certificates", responses=READS, dependencies=[READ], summary="List certificates on record")
async def list_certificates(
    desk: TheDesk, station: StationIdentity, limit: Limit = 100, after: After = None
) -> PageOf[KnownResource]:
    """The certificates a station last reported."""
    cursor = None if after is None else cursor_of(station, after)
    found = await desk.store.records(CERTIFICATES, station, Page(limit=limit, after=cursor))
    last = key_of(found[-1].kind, found[-1].certificate) if found else ""
    return PageOf[KnownResource].model_construct(**page_of([KnownResource.kept(each) for each in found], limit, last))


class CertificateSignedRequest(Resource):
    """A chain for a station, its own certificate first (A02)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"certificateType": "ChargingStationCertificate", "certificateChain": _EXAMPLE}]
        }
    )

    certificate_chain: Pem
    certificate_type: SigningUse | None = Field(default=None, description="V2G20Certificate is in 2.1 only.")
    request_id: Integer | None = Field(default=None, description="Of the request (2.1).")


class CertificateSignedResponse(Resource):
    """The station's answer."""

    status: CertificateSignedStatus


@router.post("/commands/certificate-signed", responses=COMMANDS, dependencies=[COMMAND], summary="Send any chain")
async def certificate_signed(
    desk: TheDesk, station: StationIdentity, wanted: CertificateSignedRequest
) -> CertificateSignedResponse:
    """Send a chain as it is. One made from a request on record is better given to that request: there it is checked."""
    outcome = await _certificates(desk).sign(
        station, wanted.certificate_chain, wanted.certificate_type, wanted.request_id
    )
    return CertificateSignedResponse(status=outcome.status)


class SigningTriggerResource(Resource):
    """What made a station ask: a message triggered by REST, and who triggered it (`key:<name>`, `user:<name>`, ...)."""

    message: str
    by: str | None
    timestamp: Time

    @classmethod
    def of(cls, trigger: SigningTrigger) -> SigningTriggerResource:
        """The resource of a trigger."""
        return cls.model_construct(message=trigger.message, by=trigger.by, timestamp=trigger.at)


class SigningRequestResource(Resource):
    """A request of a station for a certificate (A02, A03), and how far it has come."""

    id: str
    state: RequestState
    csr: str
    subject: str
    certificate_type: SigningUse | None
    request_id: int | None
    hash_root_certificate: CertificateHashResource | None
    asked_at: Time
    sent_at: Time | None
    certificate_chain: str | None
    triggered_by: SigningTriggerResource | None = Field(description="Null: nobody here is known to have triggered it.")
    problem: str | None = Field(description="What went wrong last.")

    @classmethod
    def of(cls, kept: SigningRequest) -> SigningRequestResource:
        """The resource of a request."""
        return cls.model_construct(
            id=kept.key,
            state=kept.state,
            csr=kept.csr,
            subject=kept.subject,
            certificate_type=kept.use,
            request_id=kept.request_id,
            hash_root_certificate=None if kept.root is None else CertificateHashResource.of(kept.root),
            asked_at=kept.asked_at,
            sent_at=kept.sent_at,
            certificate_chain=kept.chain,
            triggered_by=None if kept.trigger is None else SigningTriggerResource.of(kept.trigger),
            problem=kept.problem,
        )


class CertificateRequestEvent(Resource):
    """`certificate-request`: a station asked for a certificate, or its request has come further; as it is now."""

    station: str
    request: SigningRequestResource


def request_event(amend: Amend, amended: Any) -> tuple[str, Resource] | None:
    """The station and data of the event; None if nothing is new."""
    if not isinstance(amended, Amended) or not isinstance(amended.after, SigningRequest):
        return None
    if amended.after == amended.before:
        return None
    data = CertificateRequestEvent.model_construct(
        station=amend.station, request=SigningRequestResource.of(amended.after)
    )
    return amend.station, data


@router.get("/certificate-requests", responses=READS, dependencies=[READ], summary="List requests for certificates")
async def list_requests(
    desk: TheDesk, station: StationIdentity, limit: Limit = 100, after: After = None
) -> PageOf[SigningRequestResource]:
    """The requests of a station, by id: those that wait, and those that were answered."""
    cursor = None if after is None else cursor_of(station, after)
    found = await desk.store.records(REQUESTS, station, Page(limit=limit, after=cursor))
    items = [SigningRequestResource.of(each) for each in found]
    return PageOf[SigningRequestResource].model_construct(**page_of(items, limit, found[-1].key if found else ""))


class ChainRequest(Resource):
    """The chain made from a request: its certificate first, then each one that signed the one before."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"certificateChain": _EXAMPLE}]})

    certificate_chain: Pem


@router.post(
    "/certificate-requests/{id}/chain",
    responses=COMMANDS | problems(404),
    dependencies=[COMMAND],
    summary="Answer a request for a certificate",
)
async def answer_request(
    desk: TheDesk, station: StationIdentity, key: RequestKey, wanted: ChainRequest
) -> SigningRequestResource:
    """Send a station the chain made from its request. 422 if the chain is not for the key of the request."""
    request = await desk.store.record(REQUESTS, station, key)
    if request is None:
        raise not_found(f"Station {station!r} has no request {key}.", "GET certificate-requests lists them.")
    try:
        after = await _certificates(desk).answer(station, request, wanted.certificate_chain)
    except UnfitChain as unfit:
        raise unusable("body.certificateChain", unfit.what.rstrip(".")) from None
    return SigningRequestResource.of(after)
