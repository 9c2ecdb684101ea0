"""Contracts by the Open Plug&Charge Protocol (OPCP 1.0.0), the HTTP interface between the operators of Plug & Charge.

| OPCP | here |
|---|---|
| `POST /oauth/token` | client credentials (RFC 6749, 4.4), as JSON or as a form |
| `POST /v1/ccp/signedContractData` | the signed contracts for a vehicle's request |
| `GET /v1/ccp/signedContractData/{pcid}`, `GET /v1/ccp/lookupContract/{emaid}` | which contracts there are |
| `GET /v1/ccp/provideSignedContractData/{emaid}/{pcid}` | one without a request, for the vehicle's maker |
| `PUT /v1/cps/generate/signedContractData` | a contract for a vehicle; once more: another certificate for it |
| `DELETE /v1/ccp/signedContractData/{emaid}` | a contract ends |
| `DELETE /v1/ccp/signedContractData/{emaid}/{pcid}` | it ends for one of its vehicles (ours: OPCP has one vehicle a contract) |
| `GET /v1/root/rootCerts`, `GET /v1/root/rootCerts/{id}` | the roots |
| `GET`, `DELETE /v1/oem/provCerts/{pcid}`, `PUT /v1/oem/provCerts` | provisioning certificates of vehicles |
| `/v1/webhook/endpoints` | who is told what becomes of contracts (`opcp_webhooks`) |

OCSP is that of the authority (`/ocsp`, for everybody). Everything else wants a bearer token; who may do what is told in `clients`.
"""

from __future__ import annotations

import asyncio
import binascii
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
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

from pilotwire.ca.server.limits import Refused, body_of
from pilotwire.iso15118.emaid import read_emaid
from pilotwire.mobility.access import LIVES, Access
from pilotwire.mobility.clients import Client, Right
from pilotwire.mobility.opcp_desk import Desk, decoded, errors, pcid_of
from pilotwire.mobility.pool import Pool, edition_of
from pilotwire.mobility.provisioning import NAMESPACES, Answer, Provisioning, Question
from pilotwire.mobility.register import Contract
from pilotwire.pki import Certificate, PkiFault
from pilotwire.pki.certificates import common_name
from pilotwire.pki.naming import fingerprint, words_of
from pilotwire.pki.paths import key_id
from pilotwire.pki.revocation import Reason

_log = structlog.get_logger("pilotwire.mobility")
_ALL: Final = 255
_ROOT_TYPES: Final = ("V2G", "MO", "OEM")
_SUB_CAS: Final = ("subCA2Certificate", "subCA1Certificate")
"""From the vehicle's certificate up."""
_NOT_BOTH: Final = "The contract for the given EMAID and PCID is not found."
_NO_VEHICLE: Final = "The OEM provisioning certificate with given PCID is not found."
_AHEAD: Final = timedelta(minutes=5)
"""How far another's clock may be ahead."""


class _Asked(msgspec.Struct, rename="camel"):
    certificate_installation_req: str
    xsd_msg_def_namespace: str


class _Generate(msgspec.Struct, rename="camel"):
    emaid: str
    pcid: str
    contract_begins: Annotated[datetime, msgspec.Meta(tz=True)]
    contract_ends: Annotated[datetime, msgspec.Meta(tz=True)]
    xsd_msg_def_namespace: str


class _Client(msgspec.Struct):
    client_id: str
    client_secret: str
    grant_type: str


class _Vehicle(msgspec.Struct):
    vehicle_certificate: Annotated[str, msgspec.Meta(min_length=1)] = msgspec.field(name="vehicleCertificate")
    sub_ca1: str | None = msgspec.field(default=None, name="subCA1Certificate")
    sub_ca2: str | None = msgspec.field(default=None, name="subCA2Certificate")


def opcp_routes(service: Provisioning, desk: Desk, changed: Callable[[], None]) -> APIRouter:
    """The routes. `changed` is called when there may be something for webhooks."""
    routes = APIRouter()
    pool, access = service.pool, desk.access

    @routes.post("/oauth/token")
    async def token(request: Request) -> JSONResponse:
        """A token for the client (issue-token)."""
        try:
            desk.rate.check(request)
            return _token(access, await body_of(request), request.headers.get("content-type", ""))
        except Refused as refused:
            return _oauth_error(refused.status, "invalid_request", refused.what)

    @routes.post("/v1/ccp/signedContractData")
    async def signed_contract_data(request: Request) -> JSONResponse:
        """All contracts for the request of a vehicle (getSignedContractData)."""

        async def work(_: Client) -> JSONResponse:
            asked = decoded(await body_of(request), _Asked)
            question = Question(asked.certificate_installation_req, asked.xsd_msg_def_namespace, _ALL)
            found = await asyncio.to_thread(service.answers, question)
            return _contract_data(found, in_exi=request.headers.get("alwaysreturnexi", "true").lower() != "false")

        return await desk.told(request, Right.ASK, work)

    @routes.get("/v1/ccp/signedContractData/{pcid}")
    async def contracts(pcid: str, request: Request) -> JSONResponse:
        """The contracts of a vehicle (getContracts)."""

        def contracts_of(client: Client) -> dict[str, Any]:
            client.check_vehicle(pcid_of(pcid))
            return _listed(pool, pool.contracts_of(pcid))

        return await desk.looked(request, Right.CONTRACTS_OF_VEHICLE, contracts_of)

    @routes.get("/v1/ccp/lookupContract/{emaid}")
    async def lookup(emaid: str, request: Request) -> JSONResponse:
        """Whether there is a contract (lookupContract)."""
        return await desk.looked(
            request, Right.LOOK_UP_CONTRACT, lambda client: _listed(pool, [_contract(pool, emaid, client)])
        )

    @routes.get("/v1/ccp/provideSignedContractData/{emaid}/{pcid}")
    async def provide(emaid: str, pcid: str, request: Request) -> JSONResponse:
        """A contract without a request of the vehicle (provideSignedContractData)."""
        return await desk.looked(
            request, Right.PROVIDE, lambda client: _provided(service, emaid, pcid, request, client)
        )

    @routes.put("/v1/cps/generate/signedContractData")
    async def generate(request: Request) -> JSONResponse:
        """A contract for a vehicle, made and signed here; if it has that contract already, another certificate for it, with a new key
        (generateSignedContractData)."""

        async def work(client: Client) -> JSONResponse:
            asked = decoded(await body_of(request), _Generate)
            made = await asyncio.to_thread(_generated, pool, asked, client)
            changed()
            return JSONResponse(made, int(HTTPStatus.CREATED))

        return await desk.told(request, Right.GENERATE, work)

    @routes.delete("/v1/ccp/signedContractData/{emaid}")
    async def delete(emaid: str, request: Request) -> JSONResponse:
        """A contract ends: no vehicle gets it any more, and its certificates are revoked (deleteSignedContractData)."""

        def ended(client: Client) -> dict[str, Any]:
            skip = request.headers.get("x-skip-revocation", "false").lower() == "true"
            found = _contract(pool, emaid, client)
            _log.info("a contract ends by OPCP", emaid=found.emaid, by=client.name, skip_revocation=skip)
            pool.end(found.emaid, Reason.CESSATION_OF_OPERATION, skip_revocation=skip)
            return {}

        return await done(desk.looked(request, Right.DELETE_CONTRACT, ended))

    @routes.delete("/v1/ccp/signedContractData/{emaid}/{pcid}")
    async def delete_for(emaid: str, pcid: str, request: Request) -> JSONResponse:
        """A contract is for a vehicle no more; one that was for no other ends."""

        def left(client: Client) -> dict[str, Any]:
            found = _contract(pool, emaid, client)
            if pcid_of(pcid) not in found.vehicles:
                raise Refused(HTTPStatus.NOT_FOUND, _NOT_BOTH)
            _log.info("a contract ends for a vehicle by OPCP", emaid=found.emaid, pcid=pcid, by=client.name)
            pool.leave(found.emaid, pcid, Reason.CESSATION_OF_OPERATION)
            return {}

        return await done(desk.looked(request, Right.DELETE_CONTRACT, left))

    @routes.get("/v1/root/rootCerts")
    async def roots(request: Request) -> JSONResponse:
        """All roots, or those of one kind (getAllRootCerts)."""
        kind = request.query_params.get("rootType", "").upper()
        return await desk.looked(
            request,
            Right.ROOTS,
            lambda _: {"RootCertificateCollection": {"rootCertificates": _roots(pool, kind)}},
        )

    @routes.get("/v1/root/rootCerts/{root_id}")
    async def root(root_id: str, request: Request) -> JSONResponse:
        """One root (getRootCert)."""
        return await desk.looked(request, Right.ROOTS, lambda _: {"RootResponse": _root(pool, root_id)})

    @routes.get("/v1/oem/provCerts/{pcid}")
    async def vehicle(pcid: str, request: Request) -> JSONResponse:
        """The provisioning certificate of a vehicle (getOEMProvCert)."""
        return await desk.looked(request, Right.VEHICLE, lambda client: {"OEMMessage": _vehicle(pool, pcid, client)})

    @routes.get("/v1/oem/provCerts/lookupVehicle/{pcid}")
    async def look_up_vehicle(pcid: str, request: Request) -> JSONResponse:
        """Whether the provisioning certificate of a vehicle is known (lookupVehicle)."""

        def known(client: Client) -> dict[str, Any]:
            _vehicle(pool, pcid, client)
            return {}

        return await desk.looked(request, Right.VEHICLE, known)

    @routes.delete("/v1/oem/provCerts/{pcid}")
    async def delete_vehicle(pcid: str, request: Request) -> JSONResponse:
        """A vehicle is known no more, and its contracts are for it no more (deleteOEMProvCert)."""

        def forgotten(client: Client) -> dict[str, Any]:
            _vehicle(pool, pcid, client)
            left = pool.forget(pcid, Reason.CESSATION_OF_OPERATION)
            _log.info("a vehicle is forgotten by OPCP", pcid=pcid, by=client.name, emaids=[each.emaid for each in left])
            return {}

        return await done(desk.looked(request, Right.DELETE_VEHICLE, forgotten))

    @routes.put("/v1/oem/provCerts")
    async def add_vehicle(request: Request) -> JSONResponse:
        """Add the provisioning certificate of a vehicle, if a trusted maker vouches for it (addOEMProvCert)."""

        async def work(client: Client) -> JSONResponse:
            asked = decoded(await body_of(request), _Vehicle)
            chain = [_der(each) for each in (asked.vehicle_certificate, asked.sub_ca2, asked.sub_ca1) if each]
            client.check_vehicle(common_name(chain[0].subject))
            pcid = await asyncio.to_thread(pool.know, chain)
            changed()
            return JSONResponse(_vehicle(pool, pcid, client))

        return await desk.told(request, Right.ADD_VEHICLE, work)

    async def done(answer: Awaitable[JSONResponse]) -> JSONResponse:
        """What has changed something."""
        told = await answer
        changed()
        return told

    return routes


# --- tokens ------------------------------------------------------------------------------------------------------------------------


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
        "scope": "rcpservice ccpservice pcpservice cpsservice webhookservice",
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
        return errors(status, f"{first.code}: {first.reason}")
    content = [
        {"messageDef": {"certificateInstallationRes": each.exi} | ({"emaid": each.emaid} if each.good else {})}
        for each in answers
    ]
    return JSONResponse({"CCPResponse": {"emaidContent": content}}, int(status))


def _contract(pool: Pool, emaid: str, client: Client) -> Contract:
    try:
        name = read_emaid(emaid).contract
    except PkiFault as fault:
        raise Refused(HTTPStatus.BAD_REQUEST, fault.what) from None
    client.check_contract(name)
    found = pool.register.contract(name)
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


def _provided(service: Provisioning, emaid: str, pcid: str, request: Request, client: Client) -> dict[str, Any]:
    schema = request.query_params.get("xsdMsgDefNamespace", "")
    try:
        session = bytes.fromhex(request.query_params.get("sessionID", "") or "00")
    except ValueError:
        raise Refused(HTTPStatus.BAD_REQUEST, "The sessionID is not hexadecimal.") from None
    client.check_vehicle(pcid_of(pcid))
    contract = _contract(service.pool, emaid, client)
    if pcid_of(pcid) not in contract.vehicles:
        raise Refused(HTTPStatus.NOT_FOUND, _NOT_BOTH)
    told = service.provide(emaid, pcid, session, schema)
    if not told.good:
        raise Refused(HTTPStatus.NOT_FOUND, told.reason)
    edition = edition_of(service.pool.newest(contract).issued.certificate)
    return {"certificateInstallationRes": told.exi, "xsdMsgDefNamespace": NAMESPACES[edition]}


def _generated(pool: Pool, asked: _Generate, client: Client) -> dict[str, Any]:
    """The contract, as it is now."""
    try:
        name = read_emaid(asked.emaid).contract
    except PkiFault as fault:
        raise Refused(HTTPStatus.BAD_REQUEST, fault.what) from None
    client.check_contract(name)
    pcid, days = pcid_of(asked.pcid), _days(asked, pool.office.clock.now())
    vehicle = pool.vehicle(pcid)
    if not vehicle:
        raise Refused(HTTPStatus.NOT_FOUND, _NO_VEHICLE)
    schema = NAMESPACES[edition_of(vehicle[0])]
    if asked.xsd_msg_def_namespace != schema:
        what = f"The vehicle {pcid} has a certificate for {schema}, not for {asked.xsd_msg_def_namespace[:60]}."
        raise Refused(HTTPStatus.BAD_REQUEST, what)
    there = pool.register.contract(name)
    known = there is not None and there.ended_at is None
    if there is None or not known or pcid not in there.vehicles:
        current = pool.add(asked.emaid, [pcid], client.name, days)
    if known:  # for a further vehicle too: it ends when it was said to
        current = pool.renew(pool.contract(asked.emaid), client.name, days)
    _log.info("a contract by OPCP", emaid=current.contract.emaid, pcid=pcid, by=client.name, until=current.issued.until)
    return _listed(pool, [current.contract])


def _days(asked: _Generate, now: datetime) -> int:
    """Whole days from now on. Raises Refused for times that no certificate can have."""
    if asked.contract_begins > now + _AHEAD:
        what = "contractBegins is in the future, and certificates here are good from the moment they are made."
        raise Refused(HTTPStatus.BAD_REQUEST, what)
    days = (asked.contract_ends - now).days
    if days < 1:
        raise Refused(HTTPStatus.BAD_REQUEST, "contractEnds is less than a day from now.")
    return days


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


def _vehicle(pool: Pool, pcid: str, client: Client) -> dict[str, Any]:
    client.check_vehicle(pcid_of(pcid))
    chain = pool.vehicle(pcid)
    if not chain:
        raise Refused(HTTPStatus.NOT_FOUND, _NO_VEHICLE)
    subs = dict(zip(_SUB_CAS, map(_base64, chain[1:]), strict=False))
    top = chain[-1].issuer
    return {
        "vehicleCertificate": _base64(chain[0]),
        **subs,
        "rootIssuerDistinguishedName": words_of(top),
        "xsdMsgDefNamespace": NAMESPACES[edition_of(chain[0])],
    }


# --- forms ---------------------------------------------------------------------------------------------------------------------------


def _der(text: str) -> Certificate:
    try:
        return x509.load_der_x509_certificate(b64decode("".join(text.split()), validate=True))
    except (binascii.Error, ValueError) as error:
        raise Refused(HTTPStatus.BAD_REQUEST, f"A certificate cannot be read: {error}.") from None


def _base64(certificate: Certificate) -> str:
    return b64encode(certificate.public_bytes(Encoding.DER)).decode("ascii")


def _when(moment: Any) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
