"""Certificates of stations that an operator has revoked here: they open no connection any more (A00.FR.705)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Self

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from fastapi import APIRouter, Path, Request, Response
from pydantic import ConfigDict, Field, model_validator

from pilotwire.csms.api.access import READ, WRITE, asked_by
from pilotwire.csms.api.certificates import After, Pem
from pilotwire.csms.api.problems import READS, WRITES, not_found, problems, unusable
from pilotwire.csms.api.resource import TEXT, Limit, PageOf, Resource, StationIdentity, Time, page_of
from pilotwire.csms.api.rooms import Desk, TheDesk
from pilotwire.csms.registers.certificates import REQUESTS
from pilotwire.csms.registers.revocations import REVOKED, RevokedCertificate, fingerprint_of
from pilotwire.csms.registers.uptime import connection_entry
from pilotwire.csms.store.ports import Operation, Page, RecordConnection
from pilotwire.csms.store.registers import cursor_of

router = APIRouter(prefix="/stations/{station}/revoked-certificates", tags=["certificates"])
_FINGERPRINT = r"^[0-9a-f]{64}$"
_EXAMPLE_ID = "0123456789abcdef" * 4
_Fingerprint = Annotated[
    str, Path(alias="id", pattern=_FINGERPRINT, description="SHA-256 of its DER.", examples=[_EXAMPLE_ID])
]


class Revoking(Resource):
    """Which certificate is revoked: one of the station's requests, by the id of that, or any by itself."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"request": "0123456789abcdef", "reason": "station sold"}]}
    )

    request: str | None = Field(
        default=None, pattern=r"^[0-9a-f]{16}$", description="The request whose certificate it is."
    )
    certificate: Pem | None = None
    reason: str = Field(default="", max_length=500, pattern=TEXT, description="For the record; no station is told.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.request is None) == (self.certificate is None):
            raise ValueError("give either request or certificate")
        return self


class RevokedResource(Resource):
    """A revoked certificate; `serialNumber` in hexadecimal."""

    id: str
    subject: str
    issuer: str
    serial_number: str
    revoked_at: Time
    revoked_by: str | None
    reason: str

    @classmethod
    def of(cls, kept: RevokedCertificate) -> RevokedResource:
        """The resource of a record."""
        return cls.model_construct(
            id=kept.key,
            subject=kept.subject,
            issuer=kept.issuer,
            serial_number=kept.serial_number,
            revoked_at=kept.revoked_at,
            revoked_by=kept.by,
            reason=kept.reason,
        )


@router.get("", dependencies=[READ], responses=READS, summary="List certificates revoked here")
async def list_revoked(
    desk: TheDesk, station: StationIdentity, limit: Limit = 100, after: After = None
) -> PageOf[RevokedResource]:
    """The certificates of a station that were revoked here; what its authority has revoked is on the CRLs of the settings."""
    cursor = None if after is None else cursor_of(station, after)
    found = await desk.store.records(REVOKED, station, Page(limit=limit, after=cursor))
    items = [RevokedResource.of(each) for each in found]
    return PageOf[RevokedResource].model_construct(**page_of(items, limit, found[-1].key if found else ""))


@router.post(
    "", status_code=HTTPStatus.CREATED, dependencies=[WRITE], responses=WRITES | problems(404), summary="Revoke one"
)
async def revoke(desk: TheDesk, station: StationIdentity, wanted: Revoking, request: Request) -> RevokedResource:
    """Revoke a certificate of a station: whoever shows it is refused from now on, and the station, if connected, has to come in anew.

    If it is that of a local controller, the stations behind it stay until they connect again.
    """
    certificate = await _meant(desk, station, wanted)
    now = desk.rooms.clock.now()
    kept = RevokedCertificate(
        station=station,
        key=fingerprint_of(certificate.public_bytes(Encoding.DER)),
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        serial_number=f"{certificate.serial_number:x}",
        revoked_at=now,
        by=asked_by(request) or None,
        reason=wanted.reason,
    )
    operations: list[Operation] = [REVOKED.amend(station, kept.key, lambda before: before or kept)]
    if station in desk.connections():
        operations.append(RecordConnection(station=station, connected=False, at=now))
        operations.append(connection_entry(station, now, connected=False))
    revoked = (await desk.rooms.journal.append(*operations))[0].after
    desk.bus.dismiss(station, "the certificate of this station was revoked")
    return RevokedResource.of(revoked)


async def _meant(desk: Desk, station: str, wanted: Revoking) -> x509.Certificate:
    """The certificate to revoke. Raises ApiError: there is none, or it is not one this station connects with."""
    pem, where = wanted.certificate or "", "body.certificate"
    if wanted.request is not None:
        where = "body.request"
        kept = await desk.store.record(REQUESTS, station, wanted.request)
        if kept is None:
            raise not_found(
                f"Station {station!r} has no request {wanted.request}.", "GET certificate-requests lists them."
            )
        if kept.chain is None:
            raise unusable(where, "no certificate was made of that request")
        pem = kept.chain
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        names = [str(each.value) for each in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        certificate.issuer.rfc4514_string()
    except ValueError as error:
        raise unusable(where, f"it cannot be read as a certificate: {error}") from None
    if names != [station]:
        raise unusable(
            where, f"it is for {', '.join(names) or 'nobody'}, and opens no connection of this station as it is"
        )
    return certificate


@router.delete(
    "/{id}",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    dependencies=[WRITE],
    responses=READS | problems(404),
    summary="Let a certificate count again",
)
async def reinstate(desk: TheDesk, station: StationIdentity, fingerprint: _Fingerprint) -> None:
    """Take a revocation back, made by mistake. What the authority has revoked stays so."""
    if (await desk.write(REVOKED.remove(station, fingerprint))).before is None:
        raise not_found(f"No certificate {fingerprint} of station {station!r} is revoked here.", "GET lists them.")
