"""EST (RFC 7030): enrolment over HTTPS, by password, and renewal by the certificate itself.

A path may hold a label, which is the kind of certificate (`/.well-known/est/secc/simpleenroll`); without one it is the first of those
that are given out.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from secrets import compare_digest
from typing import Final

import structlog
from cryptography import x509
from fastapi import APIRouter, Request, Response

from pilotwire.ca import est
from pilotwire.ca.enrolling import Brought, RequestRefused, sign_request
from pilotwire.ca.founding import edition_of, key_for
from pilotwire.ca.office import Office
from pilotwire.ca.records import Issued, Status
from pilotwire.ca.server.limits import Rate, Refused, body_of
from pilotwire.ca.server.peer import client_certificate
from pilotwire.pki import Certificate, PkiFault, read_csr

_log = structlog.get_logger("pilotwire.ca")
_BASE64: Final = {"Content-Transfer-Encoding": "base64"}
_WHO: Final = {"WWW-Authenticate": 'Basic realm="Pilotwire EST", charset="UTF-8"'}


_Renewed = Callable[[Office, str, str], Issued | None]
"""Which certificate the request (in PEM) for a kind renews, None for a first one."""


@dataclass(frozen=True, slots=True)
class EstRules:
    """Who may enrol and for what: `user` "" is nobody. `plain`: over HTTP without TLS too."""

    user: str
    password: str
    profiles: tuple[str, ...]
    plain: bool = False


def est_routes(office: Office, rules: EstRules, rate: Rate) -> APIRouter:
    """The four operations, each with and without a label."""
    routes = APIRouter()

    def both(path: str, methods: Sequence[str]) -> list[tuple[str, Sequence[str]]]:
        return [(f"{est.WELL_KNOWN}{path}", methods), (f"{est.WELL_KNOWN}/{{label}}{path}", methods)]

    async def cacerts(request: Request) -> Response:
        """The CAs above the certificates that are given out."""
        profile = _begin(request, rules, rate)
        chain = office.chain(office.signer_of(office.profile(profile)))
        return Response(est.write_certificates(chain), media_type=est.CERTIFICATES, headers=_BASE64)

    async def csrattrs(request: Request) -> Response:
        """What a request should have."""
        profile = office.profile(_begin(request, rules, rate))
        kind = key_for(profile, None, edition_of(office))
        return Response(est.write_attributes(kind), media_type=est.ATTRIBUTES, headers=_BASE64)

    async def simpleenroll(request: Request) -> Response:
        """A first certificate."""
        profile = _begin(request, rules, rate)
        _check_password(request, rules)
        return await _enrolled(office, request, profile, _user(request, rules), _first)

    async def simplereenroll(request: Request) -> Response:
        """The next certificate, for whoever shows the last one by TLS, or has the password."""
        profile = _begin(request, rules, rate)
        shown = client_certificate(request)
        if shown is None:
            _check_password(request, rules)
            return await _enrolled(office, request, profile, _user(request, rules), _renewed)
        old = _ours(office, shown, profile)
        return await _enrolled(office, request, profile, f"{old.name} by its certificate {old.serial}", lambda *_: old)

    for answer, name, methods in (
        (cacerts, "/cacerts", ["GET"]),
        (csrattrs, "/csrattrs", ["GET"]),
        (simpleenroll, "/simpleenroll", ["POST"]),
        (simplereenroll, "/simplereenroll", ["POST"]),
    ):
        for path, allowed in both(name, methods):
            routes.add_api_route(path, answer, methods=list(allowed), response_model=None)
    return routes


def _begin(request: Request, rules: EstRules, rate: Rate) -> str:
    """Which kind of certificate it is about. Raises Refused."""
    rate.check(request)
    if request.url.scheme != "https" and not rules.plain:
        raise Refused(HTTPStatus.FORBIDDEN, "EST is spoken over HTTPS only (RFC 7030, 3.3).")
    label = request.path_params.get("label", rules.profiles[0])
    if label not in rules.profiles:
        raise Refused(HTTPStatus.NOT_FOUND, f"EST gives out {', '.join(rules.profiles)} here, not {label[:64]}.")
    return str(label)


def _check_password(request: Request, rules: EstRules) -> None:
    scheme, _, said = request.headers.get("authorization", "").partition(" ")
    try:
        told = base64.b64decode(said, validate=True) if scheme.lower() == "basic" else b""
    except binascii.Error:
        told = b""
    if not rules.user or not compare_digest(told, f"{rules.user}:{rules.password}".encode()):
        raise Refused(HTTPStatus.UNAUTHORIZED, "The user or the password is missing or wrong.", _WHO)


def _ours(office: Office, shown: Certificate, profile: str) -> Issued:
    """The certificate a client showed, if it is one of ours and still good. Raises Refused."""
    issued = office.book.get(f"{shown.serial_number:x}")
    if issued is None or issued.certificate != shown:
        raise Refused(HTTPStatus.FORBIDDEN, "The certificate shown by TLS is not in the register of this authority.")
    if issued.profile != profile:
        raise Refused(
            HTTPStatus.FORBIDDEN, f"The certificate shown by TLS is of the kind {issued.profile}, not {profile}."
        )
    status = issued.status(office.clock.now())
    if status in (Status.REVOKED, Status.EXPIRED):
        raise Refused(HTTPStatus.FORBIDDEN, f"The certificate shown by TLS is {status}.")
    return issued


async def _enrolled(office: Office, request: Request, profile: str, asked_by: str, renewed: _Renewed) -> Response:
    body = await body_of(request)
    issued = await asyncio.to_thread(_signed, office, body, profile, asked_by, renewed)
    _log.info("enrolled", name=issued.name, serial=issued.serial, profile=profile, by=asked_by)
    return Response(est.write_certificates([issued.certificate]), media_type=est.CERTIFICATES, headers=_BASE64)


def _signed(office: Office, body: bytes, profile: str, asked_by: str, renewed: _Renewed) -> Issued:
    try:
        csr = est.read_request(body)
    except PkiFault as fault:
        raise Refused(HTTPStatus.BAD_REQUEST, fault.what) from None
    replaced = renewed(office, csr, profile)
    if replaced is not None:
        _check_same(csr, replaced)
    try:
        with office.book.change():
            issued = sign_request(office, Brought(csr, profile, asked_by))
            if replaced is not None:
                office.book.replace(replaced.serial, issued.serial)
    except RequestRefused as refused:
        raise Refused(HTTPStatus.BAD_REQUEST, refused.what) from None
    return issued


def _first(_office: Office, _csr: str, _profile: str) -> None:
    """A first certificate renews none."""


def _renewed(office: Office, csr: str, profile: str) -> Issued:
    """The newest certificate of the subject of a request. Raises Refused if there is none to renew."""
    subject = read_csr(csr).subject
    now = office.clock.now()
    for each in reversed(office.book.all()):
        if each.profile == profile and each.status(now) is not Status.REVOKED and each.certificate.subject == subject:
            return each
    raise Refused(HTTPStatus.FORBIDDEN, "No certificate was given to this subject: enrol first (simpleenroll).")


def _check_same(csr: str, old: Issued) -> None:
    """Subject and subjectAltName stay what they are (RFC 7030, 4.2.2). Raises Refused."""
    request, certificate = read_csr(csr), old.certificate
    if request.subject != certificate.subject or _names(request) not in (None, _names(certificate)):
        what = f"A renewal has the subject and the names of the certificate it renews: {old.subject}."
        raise Refused(HTTPStatus.FORBIDDEN, what)


def _names(holder: x509.CertificateSigningRequest | Certificate) -> x509.SubjectAlternativeName | None:
    try:
        return holder.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None


def _user(request: Request, rules: EstRules) -> str:
    return f"EST user {rules.user} at {request.client.host if request.client else '?'}"
