"""A pool of contract certificates asked by the Open Plug&Charge Protocol (OPCP 1.0.0), as large PKI operators have it (M01, M02, C07).

`POST /v1/ccp/signedContractData` with `{"certificateInstallationReq", "xsdMsgDefNamespace"}` brings `{"CCPResponse": {"emaidContent":
[{"messageDef": {"certificateInstallationRes", "emaid"}}]}}`, one entry a contract; 404 brings the response that refuses it in the same
form, or `errorMessages`. `GET /v1/root/rootCerts` brings the roots. A token is had at `/oauth/token` for a secret (RFC 6749, 4.4), in
JSON, and asked anew before it ends or when it is refused. OCSP is plain RFC 6960, at the addresses the certificates name.

OPCP has no word for a CertificateUpdateReq: it is sent in the same field, and a pool that does not know it says so.
"""

from __future__ import annotations

import asyncio
import binascii
from base64 import b64decode
from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated, Any, Final

import httpx
import msgspec
from cryptography import x509

from pilotwire.clock import Clock
from pilotwire.csms.partners.http_exchange import MOST_BYTES, Answer, TooLong, whole
from pilotwire.csms.partners.ports import PartnerFailed
from pilotwire.csms.settings import CsmsSettings
from pilotwire.domain.certificates import EvCertificateAsked, EvCertificateVerdict
from pilotwire.pki import pem_of

_OK: Final = 200
_UNAUTHORIZED: Final = 401
_NOT_FOUND: Final = 404
_EARLIER: Final = 60.0
"""Seconds before its end a token is asked for anew."""
_ROOTS_LIVE: Final = 3600.0
_REMEMBERED: Final = 1_000
_ROOTS_OF_CONTRACTS: Final = ("MO", "V2G")


@dataclass(frozen=True, slots=True)
class Opcp:
    """Where a pool is, and who asks it. `client` with `secret`, or `token` alone."""

    url: str
    timeout: float
    token: str = field(default="", repr=False)
    client: str = ""
    secret: str = field(default="", repr=False)
    audience: str = ""
    token_url: str = ""
    data_path: str = "/v1/ccp/signedContractData"
    roots_path: str = "/v1/root/rootCerts"


def opcp_of(settings: CsmsSettings) -> Opcp:
    """What the settings say."""
    url = settings.contracts_url.rstrip("/")
    return Opcp(
        url,
        settings.contracts_timeout,
        settings.contracts_token,
        settings.contracts_client_id,
        settings.contracts_client_secret,
        settings.contracts_audience,
        settings.contracts_token_url or f"{url}/oauth/token",
        settings.contracts_data_path,
        settings.contracts_roots_path,
    )


_Exi = Annotated[str, msgspec.Meta(min_length=1, max_length=17000)]


class _Message(msgspec.Struct, rename="camel", frozen=True):
    certificate_installation_res: _Exi
    emaid: str = ""


class _Content(msgspec.Struct, rename="camel", frozen=True):
    message_def: _Message


class _Contracts(msgspec.Struct, rename="camel", frozen=True):
    emaid_content: Annotated[tuple[_Content, ...], msgspec.Meta(min_length=1, max_length=255)]


class _ContractData(msgspec.Struct, frozen=True):
    contracts: _Contracts = msgspec.field(name="CCPResponse")


class _Errors(msgspec.Struct, rename="camel", frozen=True):
    error_messages: tuple[str, ...] = ()


class _Root(msgspec.Struct, rename="camel", frozen=True):
    ca_certificate: str
    root_type: str = ""


class _Roots(msgspec.Struct, rename="camel", frozen=True):
    root_certificates: tuple[_Root, ...]


class _RootCollection(msgspec.Struct, frozen=True):
    roots: _Roots = msgspec.field(name="RootCertificateCollection")


class _Token(msgspec.Struct, frozen=True):
    access_token: Annotated[str, msgspec.Meta(min_length=1, max_length=20_000, pattern=r"^[!-~]+$")]
    expires_in: Annotated[float, msgspec.Meta(ge=0)] = 3600.0


class OpcpContracts:
    """Asks a pool; a `ContractProvider` and a `RootSource`. `transport` stands in for the network in tests.

    All contracts come at once (M01.FR.04). Those of a vehicle of ISO 15118-20 are kept until the station has asked for each (M01.FR.07).
    """

    def __init__(self, where: Opcp, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._where = where
        self._clock = clock
        self._transport = transport
        self._token = ""
        self._token_until = 0.0
        self._one_token = asyncio.Lock()
        self._roots = ""
        self._roots_until = 0.0
        self._following: OrderedDict[bytes, tuple[str, ...]] = OrderedDict()

    async def certificate(self, station: str, asked: EvCertificateAsked) -> EvCertificateVerdict:
        """What the pool answers: to the same request again, the next contract."""
        key = sha256(f"{station}\n{asked.exi_request}".encode()).digest()
        waiting = self._following.pop(key, ())
        if not waiting:
            question = {"certificateInstallationReq": asked.exi_request, "xsdMsgDefNamespace": asked.schema_version}
            found = await self._ask("POST", f"{self._where.url}{self._where.data_path}", question)
            if found.status != _OK:
                return _refusal(found)
            waiting = _in_order(_read(found.body, _ContractData), asked.prioritized_emaids)
        if asked.max_chains is None:
            return EvCertificateVerdict(accepted=True, exi_response=waiting[0])
        first, *others = waiting[: max(1, asked.max_chains)]
        if others:
            self._keep(key, tuple(others))
        return EvCertificateVerdict(accepted=True, exi_response=first, remaining=len(others))

    async def contract_roots(self) -> str:
        """The MO and V2G roots of the pool."""
        if self._clock.monotonic() < self._roots_until:
            return self._roots
        found = await self._ask("GET", f"{self._where.url}{self._where.roots_path}", None)
        if found.status != _OK:
            raise PartnerFailed(f"The pool of roots answered with the status {found.status}.{_why(found)}")
        told: _RootCollection = _read(found.body, _RootCollection)
        wanted = [each for each in told.roots.root_certificates if each.root_type.upper() in _ROOTS_OF_CONTRACTS]
        try:
            certificates = [x509.load_der_x509_certificate(b64decode(each.ca_certificate)) for each in wanted]
        except (binascii.Error, ValueError) as error:
            raise PartnerFailed(f"The pool of roots gave a certificate that cannot be read: {error}.") from None
        self._roots = pem_of(*certificates) if certificates else ""
        self._roots_until = self._clock.monotonic() + _ROOTS_LIVE
        return self._roots

    def _keep(self, key: bytes, others: tuple[str, ...]) -> None:
        self._following[key] = others
        if len(self._following) > _REMEMBERED:
            self._following.popitem(last=False)

    # --- asking ------------------------------------------------------------------------------------------------------------------

    async def _ask(self, method: str, url: str, question: Any) -> Answer:
        """An answer; if the token is refused, with a new one. Raises PartnerFailed."""
        token = await self._current_token()
        answer = await self._exchange(method, url, question, token)
        if answer.status == _UNAUTHORIZED and self._where.client:
            if self._token == token:
                self._token_until = 0.0
            answer = await self._exchange(method, url, question, await self._current_token())
        return answer

    async def _current_token(self) -> str:
        if not self._where.client:
            return self._where.token
        async with self._one_token:
            if self._clock.monotonic() >= self._token_until:
                await self._new_token()
            return self._token

    async def _new_token(self) -> None:
        asked = {
            "client_id": self._where.client,
            "client_secret": self._where.secret,
            "audience": self._where.audience or self._where.url,
            "grant_type": "client_credentials",
        }
        answer = await self._exchange("POST", self._where.token_url, asked, "")
        if answer.status != _OK:
            raise PartnerFailed(f"The pool of contracts gave no token: it answered with the status {answer.status}.")
        told: _Token = _read(answer.body, _Token)
        self._token = told.access_token
        self._token_until = self._clock.monotonic() + max(1.0, told.expires_in - _EARLIER)

    async def _exchange(self, method: str, url: str, question: Any, token: str) -> Answer:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        timeout = self._where.timeout
        try:
            async with (
                asyncio.timeout(timeout),
                httpx.AsyncClient(timeout=timeout, transport=self._transport) as client,
                client.stream(method, url, json=question, headers=headers) as response,
            ):
                return Answer(response.status_code, await whole(response, MOST_BYTES))
        except TimeoutError:
            raise PartnerFailed(f"The pool of contracts did not answer in {timeout:g} seconds.") from None
        except TooLong:
            raise PartnerFailed(f"The answer of the pool of contracts has more than {MOST_BYTES} bytes.") from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise PartnerFailed(f"The pool of contracts could not be asked: {type(error).__name__}.") from None


def _read(body: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        raise PartnerFailed(f"The pool of contracts gave an answer that cannot be used: {error}.") from None


def _in_order(data: _ContractData, wished: tuple[str, ...]) -> tuple[str, ...]:
    """The responses, those of eMAIDs that are wanted first come first."""
    names = [_plain(each) for each in wished]
    messages = [each.message_def for each in data.contracts.emaid_content]

    def place(message: _Message) -> int:
        name = _plain(message.emaid)
        return names.index(name) if name in names else len(names)

    return tuple(each.certificate_installation_res for each in sorted(messages, key=place))


def _plain(emaid: str) -> str:
    """An eMAID without hyphens and check digit."""
    return emaid.replace("-", "").upper()[:14]


def _refusal(answer: Answer) -> EvCertificateVerdict:
    """A refusal for good, with the response for the vehicle if there is one. Raises PartnerFailed for everything else."""
    if answer.status == _NOT_FOUND:
        try:
            data = msgspec.json.decode(answer.body, type=_ContractData)
        except msgspec.MsgspecError:
            exi = ""
        else:
            exi = data.contracts.emaid_content[0].message_def.certificate_installation_res
        reason = f"The pool has no contract for this vehicle.{_why(answer)}"
        return EvCertificateVerdict(accepted=False, exi_response=exi, reason=reason)
    raise PartnerFailed(f"The pool of contracts answered with the status {answer.status}.{_why(answer)}")


def _why(answer: Answer) -> str:
    try:
        told = msgspec.json.decode(answer.body, type=_Errors).error_messages
    except msgspec.MsgspecError:
        return ""
    return f" {' '.join(told)}"[:300].rstrip() if told else ""
