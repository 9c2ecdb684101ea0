"""What the certificates of a PKI kit name: its OCSP responder (RFC 6960) and the CRLs of its CAs (RFC 5280), over HTTP.

Each answer is signed when it is asked for, so that it is always of today, however old the kit is.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from pilotwire.clock import Clock
from pilotwire.conformance.certify.pki_kit import CRL_PATH, OCSP_PATH, Kit, crl_of
from pilotwire.conformance.wire.contracts import Responder

_MOST_BYTES: Final = 64 * 1024
"""Of a question; OCSP requests have some hundred."""
_CRL_SINCE: Final = timedelta(days=1)
_CRL_UNTIL: Final = timedelta(days=7)
_OCSP: Final = "application/ocsp-response"
_CRL: Final = "application/pkix-crl"
_TEXT: Final = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer over HTTP, and in a sentence what it was about."""

    status: HTTPStatus
    kind: str
    body: bytes
    told: str


class Responding:
    """Answers for a kit. An ASGI application; `told` hears of each question in a sentence."""

    def __init__(self, kit: Kit, clock: Clock, told: Callable[[str], object] = lambda _: None) -> None:
        self._kit = kit
        self._clock = clock
        self._told = told
        self._names = {one.holder.certificate.serial_number: one.entry.name for one in kit.made.values()}
        self._crls = {f"{CRL_PATH}{one.entry.name}.crl": one for one in kit.authorities()}
        self._responder = Responder(
            clock.now(),
            [(one.holder.certificate, one.issuer) for one in kit.made.values() if one.issuer is not None],
            {one.holder.certificate.serial_number for one in kit.made.values() if one.revoked},
            kit.revoked_at,
        )

    def answer(self, method: str, path: str, body: bytes = b"") -> Answer:
        """The answer to a request. OCSP: a POST, or a GET with the request in Base64 behind the path (RFC 6960, A.1)."""
        now = self._clock.now()
        if path == OCSP_PATH and method == "POST":
            return self._status(body, now)
        if path.startswith(f"{OCSP_PATH}/") and method == "GET":
            return self._asked_by_url(path.removeprefix(f"{OCSP_PATH}/"), now)
        if path in self._crls and method == "GET":
            return self._crl(path, now)
        return Answer(HTTPStatus.NOT_FOUND, _TEXT, b"There is nothing here.\n", f"{method} {path}: nothing is there.")

    def _asked_by_url(self, text: str, now: datetime) -> Answer:
        try:
            return self._status(base64.b64decode(unquote(text), validate=True), now)
        except binascii.Error:
            return self._status(b"", now)

    def _status(self, request: bytes, now: datetime) -> Answer:
        self._responder.now = now.replace(microsecond=0)
        try:
            found = self._responder.answer(request)
        except ValueError as error:
            refused = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
            found = refused.public_bytes(Encoding.DER)
            return Answer(HTTPStatus.OK, _OCSP, found, f"OCSP: a question that cannot be read: {error}.")
        return Answer(HTTPStatus.OK, _OCSP, found, self._said(found))

    def _said(self, response: bytes) -> str:
        told = ocsp.load_der_ocsp_response(response)
        if told.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return "OCSP: a question about a certificate that is none of the kit's: unauthorized."
        return f"OCSP: {self._names[told.serial_number]} is {told.certificate_status.name.lower()}."

    def _crl(self, path: str, now: datetime) -> Answer:
        authority = self._crls[path]
        crl = crl_of(self._kit, authority, now - _CRL_SINCE, now + _CRL_UNTIL)
        told = f"CRL of {authority.entry.name}: {len(crl)} revoked."
        return Answer(HTTPStatus.OK, _CRL, crl.public_bytes(Encoding.DER), told)

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        """Serve one request (ASGI 3)."""
        if scope["type"] != "http":
            return
        body = await _body(receive)
        if body is None:
            answer = Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _TEXT, b"", "A question that is too long.")
        else:
            answer = self.answer(scope["method"], scope["path"], body)
        self._told(answer.told)
        headers = [(b"content-type", answer.kind.encode()), (b"content-length", str(len(answer.body)).encode())]
        await send({"type": "http.response.start", "status": int(answer.status), "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})


async def _body(receive: Callable[[], Awaitable[MutableMapping[str, Any]]]) -> bytes | None:
    """The body of a request; None if it is too long."""
    body, more = b"", True
    while more and len(body) <= _MOST_BYTES:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body if len(body) <= _MOST_BYTES else None
