"""Contracts by the Open Plug&Charge Protocol (OPCP 1.0.0), the HTTP interface between the operators of Plug & Charge.

| OPCP | here |
|---|---|
| `POST /oauth/token` | client credentials (RFC 6749, 4.4), as JSON or as a form |
| `POST /v1/ccp/signedContractData` | the signed contracts for a vehicle's request |
| `GET /v1/ccp/signedContractData/{pcid}`, `GET /v1/ccp/lookupContract/{emaid}` | which contracts there are |
| `GET /v1/ccp/provideSignedContractData/{emaid}/{pcid}` | one without a request, for the vehicle's maker |
| `GET /v1/root/rootCerts`, `GET /v1/root/rootCerts/{id}` | the roots |
| `GET /v1/oem/provCerts/{pcid}`, `PUT /v1/oem/provCerts` | provisioning certificates of vehicles |

OCSP is that of the authority (`/ocsp`, for everybody). Everything else wants a bearer token; there is one role for all.
"""

from __future__ import annotations

import asyncio
import binascii
import secrets
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated, Any, Final
from urllib.parse import parse_qs
from uuid import UUID

import msgspec
import structlog
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from pilotwire.ca.server.limits import Rate, Refused, body_of
from pilotwire.errors import PilotwireError
from pilotwire.iso15118.emaid import is_pcid, normalised, read_emaid
from pilotwire.mobility.access import LIVES, Access
from pilotwire.mobility.pool import Pool, edition_of
from pilotwire.mobility.provisioning import NAMESPACES, Answer, NoRequest, Provisioning, Question
from pilotwire.mobility.register import Contract
from pilotwire.pki import Certificate, PkiFault
from pilotwire.pki.certificates import common_name
from pilotwire.pki.naming import fingerprint, words_of
from pilotwire.pki.paths import key_id

_log = structlog.get_logger("pilotwire.mobility")
_ALL: Final = 255
_ROOT_TYPES: Final = ("V2G", "MO", "OEM")
_SUB_CAS: Final = ("subCA2Certificate", "subCA1Certificate")
"""From the vehicle's certificate up."""
_Work = Callable[[], Any]


class _Asked(msgspec.Struct, rename="camel"):
    certificate_installation_req: str
    xsd_msg_def_namespace: str


class _Client(msgspec.Struct):
    client_id: str
    client_secret: str
    grant_type: str


class _Vehicle(msgspec.Struct):
    vehicle_certificate: Annotated[str, msgspec.Meta(min_length=1)] = msgspec.field(name="vehicleCertificate")
    sub_ca1: str | None = msgspec.field(default=None, name="subCA1Certificate")
    sub_ca2: str | None = msgspec.field(default=None, name="subCA2Certificate")


def opcp_routes(service: Provisioning, access: Access, rate: Rate) -> APIRouter:
    """The routes."""
    routes = APIRouter()
    pool = service.pool

    async def told(request: Request, work: Callable[[], Awaitable[JSONResponse]]) -> JSONResponse:
        """Do something for whoever may ask for it, or say why not, in the form of OPCP."""
        try:
            rate.check(request)
            _check(access, request)
            return await work()
        except Refused as refused:
            return _errors(refused.status, refused.what, refused.headers)
        except (PkiFault, NoRequest) as fault:
            return _errors(HTTPStatus.BAD_REQUEST, str(fault))
        except PilotwireError as error:
            _log.error("an OPCP request could not be served", path=request.url.path, why=str(error))
            return _errors(HTTPStatus.SERVICE_UNAVAILABLE, error.what)

    def looked(request: Request, work: _Work) -> Awaitable[JSONResponse]:
        async def done() -> JSONResponse:
            return JSONResponse(await asyncio.to_thread(work))

        return told(request, done)

    @routes.post("/oauth/token")
    async def token(request: Request) -> JSONResponse:
        """A token for the client (issue-token)."""
        try:
            rate.check(request)
            return _token(access, await body_of(request), request.headers.get("content-type", ""))
        except Refused as refused:
            return _oauth_error(refused.status, "invalid_request", refused.what)

    @routes.post("/v1/ccp/signedContractData")
    async def signed_contract_data(request: Request) -> JSONResponse:
        """All contracts for the request of a vehicle (getSignedContractData)."""

        async def work() -> JSONResponse:
            asked = _decoded(await body_of(request), _Asked)
            question = Question(asked.certificate_installation_req, asked.xsd_msg_def_namespace, _ALL)
            found = await asyncio.to_thread(service.answers, question)
            return _contract_data(found, in_exi=request.headers.get("alwaysreturnexi", "true").lower() != "false")

        return await told(request, work)

    @routes.get("/v1/ccp/signedContractData/{pcid}")
    async def contracts(pcid: str, request: Request) -> JSONResponse:
        """The contracts of a vehicle (getContracts)."""
        return await looked(request, lambda: _listed(pool, pool.contracts_of(_pcid(pcid))))

    @routes.get("/v1/ccp/lookupContract/{emaid}")
    async def lookup(emaid: str, request: Request) -> JSONResponse:
        """Whether there is a contract (lookupContract)."""
        return await looked(request, lambda: _listed(pool, [_contract(pool, emaid)]))

    @routes.get("/v1/ccp/provideSignedContractData/{emaid}/{pcid}")
    async def provide(emaid: str, pcid: str, request: Request) -> JSONResponse:
        """A contract without a request of the vehicle (provideSignedContractData)."""
        return await looked(request, lambda: _provided(service, emaid, pcid, request))

    @routes.get("/v1/root/rootCerts")
    async def roots(request: Request) -> JSONResponse:
        """All roots, or those of one kind (getAllRootCerts)."""
        kind = request.query_params.get("rootType", "").upper()
        return await looked(request, lambda: {"RootCertificateCollection": {"rootCertificates": _roots(pool, kind)}})

    @routes.get("/v1/root/rootCerts/{root_id}")
    async def root(root_id: str, request: Request) -> JSONResponse:
        """One root (getRootCert)."""
        return await looked(request, lambda: {"RootResponse": _root(pool, root_id)})

    @routes.get("/v1/oem/provCerts/{pcid}")
    async def vehicle(pcid: str, request: Request) -> JSONResponse:
        """The provisioning certificate of a vehicle (getOEMProvCert)."""
        return await looked(request, lambda: {"OEMMessage": _vehicle(pool, pcid)})

    @routes.put("/v1/oem/provCerts")
    async def add_vehicle(request: Request) -> JSONResponse:
        """Add the provisioning certificate of a vehicle, if a trusted maker vouches for it (addOEMProvCert)."""

        async def work() -> JSONResponse:
            asked = _decoded(await body_of(request), _Vehicle)
            chain = [_der(each) for each in (asked.vehicle_certificate, asked.sub_ca2, asked.sub_ca1) if each]
            pcid = await asyncio.to_thread(pool.know, chain)
            return JSONResponse(_vehicle(pool, pcid))

        return await told(request, work)

    return routes


# --- who may -----------------------------------------------------------------------------------------------------------------------


def _check(access: Access, request: Request) -> None:
    if not access.anybody:
        what = "This pool gives contracts to nobody: it was started without contracts_token and opcp_client_id."
        raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, what)
    if not access.may(request.headers.get("authorization", "")):
        what = "The bearer token is missing, wrong or has expired."
        raise Refused(HTTPStatus.UNAUTHORIZED, what, {"WWW-Authenticate": "Bearer"})


def _token(access: Access, body: bytes, content_type: str) -> JSONResponse:
    if content_type.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded":
        form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
        body = msgspec.json.encode(form)
    try:
        asked = msgspec.json.decode(body, type=_Client)
    except msgspec.MsgspecError as error:
        what = f"client_id, client_secret and grant_type are needed: {error}."
        return _oauth_error(HTTPStatus.BAD_REQUEST, "invalid_request", what)
    if asked.grant_type != "client_credentials":
        return _oauth_error(
            HTTPStatus.BAD_REQUEST, "unsupported_grant_type", "The grant_type here is client_credentials."
        )
    token = access.token_for(asked.client_id, asked.client_secret)
    if token is None:
        return _oauth_error(
            HTTPStatus.UNAUTHORIZED, "invalid_client", "The client is not known, or its secret is wrong."
        )
    answer = {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": LIVES,
        "scope": "rcpservice ccpservice pcpservice",
    }
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def _oauth_error(status: HTTPStatus, error: str, what: str) -> JSONResponse:
    return JSONResponse({"error": error, "error_description": what}, int(status), {"Cache-Control": "no-store"})


# --- contracts ---------------------------------------------------------------------------------------------------------------------


def _contract_data(answers: tuple[Answer, ...], *, in_exi: bool) -> JSONResponse:
    first = answers[0]
    _log.info("contracts by OPCP", emaids=[each.emaid for each in answers if each.good], code=first.code)
    status = HTTPStatus.OK if first.good else HTTPStatus.NOT_FOUND
    if not first.good and not in_exi:
        return _errors(status, f"{first.code}: {first.reason}")
    content = [
        {"messageDef": {"certificateInstallationRes": each.exi} | ({"emaid": each.emaid} if each.good else {})}
        for each in answers
    ]
    return JSONResponse({"CCPResponse": {"emaidContent": content}}, int(status))


def _contract(pool: Pool, emaid: str) -> Contract:
    try:
        found = pool.register.contract(read_emaid(emaid).contract)
    except PkiFault as fault:
        raise Refused(HTTPStatus.BAD_REQUEST, fault.what) from None
    if found is None or found.ended_at is not None:
        raise Refused(HTTPStatus.NOT_FOUND, "The contract for the given EMAID is not found.")
    return found


def _listed(pool: Pool, contracts: list[Contract]) -> dict[str, Any]:
    entries: list[dict[str, Any]] = []
    for place, each in enumerate(contracts):
        issued = pool.newest(each).issued
        certificate = issued.certificate
        about = {
            "emaid": each.emaid,
            "xsdMsgDefNamespace": NAMESPACES[edition_of(certificate)],
            "contractCertificate": _base64(certificate),
            "defaultContract": place == 0,
            "certValidFrom": _when(issued.since),
            "certValidTo": _when(issued.until),
        }
        entries += [{"pcid": pcid, **about} for pcid in each.vehicles]
    return {"XMLContracts": entries}


def _provided(service: Provisioning, emaid: str, pcid: str, request: Request) -> dict[str, Any]:
    schema = request.query_params.get("xsdMsgDefNamespace", "")
    try:
        session = bytes.fromhex(request.query_params.get("sessionID", "") or "00")
    except ValueError:
        raise Refused(HTTPStatus.BAD_REQUEST, "The sessionID is not hexadecimal.") from None
    contract = _contract(service.pool, emaid)
    if _pcid(pcid) not in contract.vehicles:
        raise Refused(HTTPStatus.NOT_FOUND, "The contract for the given EMAID and PCID is not found.")
    told = service.provide(emaid, pcid, session, schema)
    if not told.good:
        raise Refused(HTTPStatus.NOT_FOUND, told.reason)
    edition = edition_of(service.pool.newest(contract).issued.certificate)
    return {"certificateInstallationRes": told.exi, "xsdMsgDefNamespace": NAMESPACES[edition]}


# --- roots and vehicles --------------------------------------------------------------------------------------------------------------


def _roots(pool: Pool, kind: str = "") -> list[dict[str, Any]]:
    if kind and kind not in _ROOT_TYPES:
        raise Refused(HTTPStatus.BAD_REQUEST, f"There is no rootType {kind[:10]}: it is mo, v2g or oem.")
    everything = dict.fromkeys([*pool.makers().roots, *pool.operators().roots])
    found = [_told_root(each) for each in everything]
    return [each for each in found if not kind or each["rootType"] == kind]


def _root(pool: Pool, root_id: str) -> dict[str, Any]:
    found = next((each for each in _roots(pool) if each["rootCertificateId"] == root_id.lower()), None)
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, "Root certificate with the given ID is not found.")
    return found


def _told_root(root: Certificate) -> dict[str, Any]:
    organizations = root.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
    return {
        "rootCertificateId": str(UUID(bytes=bytes.fromhex(fingerprint(root).replace(":", ""))[:16])),
        "distinguishedName": words_of(root.subject),
        "rootType": _root_type(root),
        "caCertificate": _base64(root),
        "commonName": common_name(root.subject),
        "rootAuthorityKeyIdentifier": b64encode(key_id(root) or b"").decode("ascii"),
        "rootIssuerSerialNumber": f"{root.serial_number:x}",
        "validFrom": _when(root.not_valid_before_utc),
        "validTo": _when(root.not_valid_after_utc),
        "organizationName": str(organizations[0].value) if organizations else "",
        "fingerprint": fingerprint(root).replace(":", "").lower(),
    }


def _root_type(root: Certificate) -> str:
    """By its domainComponent; a root of others that has none is a vehicle maker's, for no other is taken."""
    told = {str(each.value).upper() for each in root.subject.get_attributes_for_oid(x509.NameOID.DOMAIN_COMPONENT)}
    return next((each for each in _ROOT_TYPES if each in told), "OEM")


def _vehicle(pool: Pool, pcid: str) -> dict[str, Any]:
    chain = pool.vehicle(_pcid(pcid))
    if not chain:
        raise Refused(HTTPStatus.NOT_FOUND, "The OEM provisioning certificate with given PCID is not found.")
    subs = dict(zip(_SUB_CAS, map(_base64, chain[1:]), strict=False))
    top = chain[-1].issuer
    return {
        "vehicleCertificate": _base64(chain[0]),
        **subs,
        "rootIssuerDistinguishedName": words_of(top),
        "xsdMsgDefNamespace": NAMESPACES[edition_of(chain[0])],
    }


def _pcid(text: str) -> str:
    if not is_pcid(text):
        raise Refused(HTTPStatus.BAD_REQUEST, "The pcid has 17 or 18 letters and digits.")
    return normalised(text)


# --- forms ---------------------------------------------------------------------------------------------------------------------------


def _decoded(body: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        raise Refused(HTTPStatus.BAD_REQUEST, f"The body is not the JSON that is wanted: {error}.") from None


def _der(text: str) -> Certificate:
    try:
        return x509.load_der_x509_certificate(b64decode("".join(text.split()), validate=True))
    except (binascii.Error, ValueError) as error:
        raise Refused(HTTPStatus.BAD_REQUEST, f"A certificate cannot be read: {error}.") from None


def _base64(certificate: Certificate) -> str:
    return b64encode(certificate.public_bytes(Encoding.DER)).decode("ascii")


def _when(moment: Any) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _errors(status: HTTPStatus, what: str, headers: dict[str, str] | None = None) -> JSONResponse:
    trace = str(UUID(bytes=secrets.token_bytes(16), version=4))
    return JSONResponse({"errorMessages": [what], "traceId": trace}, int(status), headers)
