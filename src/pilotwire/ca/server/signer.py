"""The interface with which a CSMS has the requests of its stations signed (`signer_url` in its settings)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from http import HTTPStatus
from secrets import compare_digest
from typing import Final

import msgspec
import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from pilotwire.ca.enrolling import Brought, RequestRefused, sign_request, signed_before
from pilotwire.ca.office import Office
from pilotwire.ca.server.limits import Rate, Refused, body_of
from pilotwire.pki import PkiFault, read_csr

_log = structlog.get_logger("pilotwire.ca")
_PROFILES: Final = {
    None: "station",
    "ChargingStationCertificate": "station",
    "V2GCertificate": "secc",
    "V2G20Certificate": "secc",
}
_AGAIN: Final = timedelta(days=1)
"""Who asks again for the same request gets the same certificate, if it is good so long: its answer may have been lost."""


class _Question(msgspec.Struct, rename="camel"):
    station: str
    csr: str
    certificate_type: str | None = None


def signer_routes(office: Office, token: str, rate: Rate) -> APIRouter:
    """The route `/sign`. Without a token nobody may use it."""
    routes = APIRouter()

    @routes.post("/sign")
    async def sign(request: Request) -> JSONResponse:
        """Sign the request of a station; 200 with `certificateChain`, the new certificate first, without the root."""
        rate.check(request)
        _check_token(request, token)
        question = _read(await body_of(request))
        chain = await asyncio.to_thread(_signed, office, question, request.client.host if request.client else "?")
        return JSONResponse({"certificateChain": chain})

    return routes


def _check_token(request: Request, token: str) -> None:
    if not token:
        what = "This authority signs for no CSMS: it was started without signer_token."
        raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, what)
    said = request.headers.get("authorization", "")
    if not compare_digest(said.encode(), f"Bearer {token}".encode()):
        what = "The bearer token is missing or wrong."
        raise Refused(HTTPStatus.UNAUTHORIZED, what, {"WWW-Authenticate": "Bearer"})


def _read(body: bytes) -> _Question:
    try:
        question = msgspec.json.decode(body, type=_Question)
    except msgspec.MsgspecError as error:
        what = f"The body is not JSON with station, certificateType and csr: {error}."
        raise Refused(HTTPStatus.BAD_REQUEST, what) from None
    if question.certificate_type not in _PROFILES:
        known = ", ".join(each for each in _PROFILES if each)
        what = f"There is no such certificateType: it is one of {known}."
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, what)
    return question


def _signed(office: Office, question: _Question, address: str) -> str:
    asked_by = f"station {question.station} by a CSMS at {address}"
    brought = Brought(question.csr, _PROFILES[question.certificate_type], asked_by)
    try:
        read_csr(question.csr)
    except PkiFault as fault:
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, fault.what) from None
    try:
        issued = signed_before(office, brought, _AGAIN) or sign_request(office, brought)
    except RequestRefused as refused:
        _log.warning("not signed", station=question.station, why=refused.what)
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, refused.what) from None
    _log.info("signed", station=question.station, serial=issued.serial, profile=issued.profile)
    return office.handed_out(issued)
