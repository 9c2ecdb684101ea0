"""What everybody may ask: OCSP (RFC 6960), CRLs and the certificates of CAs (RFC 5280, 4.2.1.13 and 4.2.2.1)."""

from __future__ import annotations

import asyncio
import base64
import binascii
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote

import structlog
from cryptography.hazmat.primitives.serialization import Encoding
from fastapi import APIRouter, Request, Response

from pilotwire.ca.office import Office
from pilotwire.ca.revoking import answer_ocsp, current_crl
from pilotwire.ca.server.limits import Rate, Refused, body_of

_log = structlog.get_logger("pilotwire.ca")
_OCSP: Final = "application/ocsp-response"
_CRL: Final = "application/pkix-crl"
_CERTIFICATE: Final = "application/pkix-cert"


def status_routes(office: Office, rate: Rate) -> APIRouter:
    """The routes for status; CRLs and OCSP responses are signed when they are asked for."""
    routes = APIRouter()

    async def answered(request: bytes) -> Response:
        response, told = await asyncio.to_thread(answer_ocsp, office, request)
        _log.debug("ocsp", told=told)
        return Response(response, media_type=_OCSP)

    @routes.post("/ocsp")
    async def ocsp(request: Request) -> Response:
        """OCSP by POST."""
        rate.check(request)
        return await answered(await body_of(request))

    @routes.get("/ocsp/{question:path}")
    async def ocsp_by_url(question: str, request: Request) -> Response:
        """OCSP by GET: the request in Base64 is the rest of the path (RFC 6960, A.1)."""
        rate.check(request)
        raw = request.scope["raw_path"].decode("ascii", "replace").partition("/ocsp/")[2]
        try:
            return await answered(base64.b64decode(unquote(raw), validate=True))
        except binascii.Error:
            return await answered(b"")

    @routes.get("/crl/{name}.crl")
    async def crl(name: str, request: Request) -> Response:
        """The CRL of a CA, in DER."""
        rate.check(request)
        _check_known(office, name)
        return Response(await asyncio.to_thread(current_crl, office, name), media_type=_CRL)

    @routes.get("/issuers/{name}.cer")
    async def issuer(name: str, request: Request) -> Response:
        """The certificate of a CA, in DER."""
        rate.check(request)
        _check_known(office, name)
        return Response(office.chain(name)[0].public_bytes(Encoding.DER), media_type=_CERTIFICATE)

    return routes


def _check_known(office: Office, name: str) -> None:
    if all(each.name != name for each in office.book.authorities()):
        raise Refused(HTTPStatus.NOT_FOUND, f"There is no CA {name[:64]} here.")
