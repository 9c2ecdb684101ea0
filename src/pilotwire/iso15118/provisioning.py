"""Contract certificates for vehicles: requests judged, answers made for them.

A vehicle asks for a contract with its provisioning certificate (CertificateInstallationReq), or for a new one with the contract it has
(CertificateUpdateReq, -2 only). Whoever issues the contract answers with the contract's chain and its private key, sealed for the key of
the request's certificate, and a provisioning service (CPS) signs that. What the vehicle does with the answer is in `provisioned`.

The station passes both on as they are: OCPP carries the EXI documents as Base64 (`read_exi`, `exi_text`).
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, cast, get_args

from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire.errors import MisuseError
from pilotwire.iso15118 import iso2
from pilotwire.iso15118.codecs import BY_NAMESPACE, ISO2, ISO20_COMMON
from pilotwire.iso15118.contract_keys import (
    ContractKeyFault,
    Fresh,
    KeyFault,
    PrivateKey,
    PublicKey,
    Scheme,
    SealedKey,
    associated_data,
    scheme_for,
    seal,
)
from pilotwire.iso15118.contracts import ChainVerdict, check_contract, check_provisioning
from pilotwire.iso15118.emaid import normalised, read_emaid
from pilotwire.iso15118.exi.errors import DecodeError
from pilotwire.iso15118.exi.schemas import SchemaSet
from pilotwire.iso15118.iso20 import common_messages as iso20
from pilotwire.iso15118.iso20.common_types import MessageHeader, ResponseCode
from pilotwire.iso15118.peer_certificate import read_peer
from pilotwire.iso15118.signature import Verdict, sign, verify
from pilotwire.iso15118.signature_suites import SigningKey, Suite
from pilotwire.iso15118.signed_parts import Edition, Message, content_of
from pilotwire.pki import Certificate, PkiFault, Revocation, common_name

FAILED_SIGNATURE: Final = "FAILED_SignatureError"
"""The ResponseCode of both editions for a signature that is not good."""
_IDS: Final = ("id1", "id2", "id3", "id4")


@dataclass(frozen=True, slots=True)
class Holder:
    """A certificate, its sub-CAs from it up (without the root), and its private key: of a contract, or of a provisioning service."""

    certificate: Certificate
    subs: tuple[Certificate, ...]
    key: Any = field(repr=False)

    def __post_init__(self) -> None:
        if self.key.public_key() != self.certificate.public_key():
            named = common_name(self.certificate.subject)
            raise PkiFault(f"The key is not that of the certificate of {named}.", "Give the key it was issued for.")


@dataclass(frozen=True, slots=True)
class Request:
    """What a vehicle asks with: its certificate and sub-certificates as DER, and, to update a contract, its eMAID."""

    edition: Edition
    is_update: bool
    sent: tuple[bytes, ...]
    emaid: str = ""


@dataclass(frozen=True, slots=True)
class RequestVerdict:
    """Whether a request is good: its chain leads to a trusted root, and the key of its certificate has signed it.

    `signature` None: there is no certificate that could be read.
    """

    request: Request
    chain: ChainVerdict
    signature: Verdict | None

    @property
    def good(self) -> bool:
        """Whether it may be answered with a contract."""
        return self.chain.good and self.signature is not None and self.signature.good

    @property
    def response_code(self) -> str:
        """The ResponseCode that tells it. The chain comes first: a signature says nothing by a certificate that nobody vouches for."""
        if not self.chain.good or self.signature is None:
            return self.chain.response_code
        return "OK" if self.signature.good else FAILED_SIGNATURE

    @property
    def words(self) -> str:
        """What is wrong, "" if nothing is."""
        signed = self.signature.what if self.signature is not None else ""
        return f"{self.chain.words} {signed}".strip()


def read_exi(text: str, schema: str = "") -> Message:
    """The message of an exiRequest or exiResponse (Base64 of an EXI document).

    `schema` is the iso15118SchemaVersion that OCPP tells ("urn:iso:15118:2:2013:MsgDef", or the one of -20 CommonMessages); "" tries both.
    Raises PkiFault if it is no Base64, the schema is not known, or the message is not about contract certificates; DecodeError if it is
    no message of the schema.
    """
    try:
        stream = b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise PkiFault("The EXI document is no Base64.", "Send the bytes of the message as Base64 text.") from None
    codec = BY_NAMESPACE.get(schema)
    if schema and codec not in _CODECS:
        what = f"No contract certificates are asked for in messages of {schema!r}."
        raise PkiFault(what, f"Tell one of {', '.join(uri for uri, each in BY_NAMESPACE.items() if each in _CODECS)}.")
    return _read(stream, _CODECS if codec is None else (codec,))


def exi_text(message: Message) -> str:
    """A message as exiRequest or exiResponse. Raises EncodeError."""
    codec = ISO2 if isinstance(message, iso2.V2G_Message) else ISO20_COMMON
    return b64encode(codec.encode(message)).decode("ascii")


def request_in(message: Message) -> Request:
    """What a CertificateInstallationReq or CertificateUpdateReq asks with. Raises MisuseError for another message."""
    content = content_of(message)
    if isinstance(content, iso2.CertificateInstallationReq):
        return Request(Edition.ISO2, False, (content.oem_provisioning_cert,))
    if isinstance(content, iso2.CertificateUpdateReq):
        return Request(Edition.ISO2, True, chain_of(content.contract_signature_cert_chain), content.emaid)
    if isinstance(content, iso20.CertificateInstallationReq):
        return Request(Edition.ISO20, False, chain_of(content.oem_provisioning_certificate_chain))
    raise MisuseError(f"{type(content).__name__} asks for no contract certificate.", "Look at the message first.")


def check_request(
    message: Message,
    roots: Sequence[Certificate],
    now: datetime,
    *,
    pool: Sequence[Certificate] = (),
    revocation: Revocation | None = None,
    keys: Sequence[str] = (),
    suites: tuple[Suite, ...] = (),
) -> RequestVerdict:
    """Judge a request. `roots` are those of vehicle makers (installation), of mobility operators (update), and of V2G.

    `pool`: sub-CAs, which an installation of -2 does not send. `keys` and `suites`: for test benches (`contracts.TEST_KEYS`,
    `signature_suites.ISO20_TEST_SUITES`). Raises MisuseError for another message.
    """
    request = request_in(message)
    how: dict[str, Any] = {"pool": pool, "revocation": revocation, "keys": keys}
    if request.is_update:
        chain = check_contract(request.sent, roots, now, request.edition, emaid=request.emaid, **how)
    else:
        chain = check_provisioning(request.sent, roots, now, request.edition, **how)
    readable = chain.explanation is not None
    signature = verify(message, chain.certificates[0].public_key(), suites) if readable else None
    return RequestVerdict(request, chain, signature)


def scheme_of(message: Message) -> Scheme:
    """How the contract key must be sealed for the vehicle of a request: ask for it to make what is `Fresh`.

    Raises ContractKeyFault or PkiFault if its certificate cannot be read, or has a key for which there is no scheme.
    """
    request = request_in(message)
    return Scheme.ISO2 if request.edition is Edition.ISO2 else scheme_for(_receiver(request).public_key())


def answer(
    message: Message,
    contract: Holder,
    service: Holder,
    fresh: Fresh,
    now: datetime,
    *,
    retry_counter: int | None = None,
    remaining: int = 0,
    suites: tuple[Suite, ...] = (),
) -> Message:
    """The signed answer to a request: the contract, its key sealed for the vehicle's, and the chain of the provisioning service.

    `fresh` is new for each answer (`contract_keys.fresh(scheme_of(message), source)`). `remaining`: how many contracts follow, each in an
    answer of its own (-20). `retry_counter`: of an update of -2, days until the vehicle asks again; 0 at once, -1 never. Whether the
    request is good is `check_request`'s to say.

    Raises ContractKeyFault if the key cannot be sealed, PkiFault if a certificate cannot be read or the contract has no eMAID, MisuseError
    if the key of the service is none of the edition.
    """
    request = request_in(message)
    vehicle = _receiver(request)
    if request.edition is Edition.ISO20:
        unsigned: Message = _answer20(message, vehicle, contract, service, fresh, now, remaining)
    else:
        unsigned = _answer2(message, request, vehicle, contract, service, fresh, retry_counter)
    return sign(unsigned, cast(SigningKey, service.key), suites)


def refuse(message: Message, code: str, now: datetime) -> Message:
    """An answer that brings no contract, with `code` (FAILED...): unsigned, what the schema wants of it filled with zeros.

    Raises MisuseError if the code is none of the edition.
    """
    request = request_in(message)
    known = get_args(iso2.ResponseCode if request.edition is Edition.ISO2 else ResponseCode)
    if code not in known or code.startswith("OK"):
        raise MisuseError(f"{code!r} refuses nothing in {request.edition}.", "Take a ResponseCode of the edition.")
    return _refusal20(message, code, now) if request.edition is Edition.ISO20 else _refusal2(message, request, code)


def chain_of(chain: Any) -> tuple[bytes, ...]:
    """The certificates of a chain in a message, its own first."""
    subs = chain.sub_certificates
    return (chain.certificate, *(subs.certificate if subs is not None else ()))


_CODECS: Final = (ISO2, ISO20_COMMON)


def _read(stream: bytes, codecs: Sequence[SchemaSet]) -> Message:
    """A document does not tell its schema: the one under which it is a message about contracts."""
    errors: list[DecodeError] = []
    for codec in codecs:
        try:
            found = codec.decode(stream)
        except DecodeError as error:
            errors.append(error)
            continue
        if isinstance(found, Message) and isinstance(content_of(found), _ABOUT_CONTRACTS):
            return found
    if len(errors) == len(codecs):
        raise errors[0]
    raise PkiFault("The EXI document is no message about contract certificates.", "Send the vehicle's own message.")


_ABOUT_CONTRACTS: Final = (
    iso2.CertificateInstallationReq,
    iso2.CertificateInstallationRes,
    iso2.CertificateUpdateReq,
    iso2.CertificateUpdateRes,
    iso20.CertificateInstallationReq,
    iso20.CertificateInstallationRes,
)


def _receiver(request: Request) -> Certificate:
    """The certificate a contract key is sealed for."""
    found = read_peer(request.sent[0])
    if isinstance(found, str):
        raise PkiFault(f"The certificate of the request cannot be read: {found}.", "Check the request first.")
    return found


def _sealed(scheme: Scheme, contract: Holder, vehicle: Certificate, fresh: Fresh, bound_to: bytes = b"") -> SealedKey:
    for key, whose in ((contract.key, "contract"), (fresh.ephemeral, "sender")):
        if not isinstance(key, PrivateKey):
            what = f"The key of the {whose} is on no curve that contract keys are sealed on."
            raise ContractKeyFault(KeyFault.CURVE, what, "Make it on the curve of the vehicle's certificate.")
    receiver = cast(PublicKey, vehicle.public_key())
    return seal(scheme, contract.key, receiver, ephemeral=fresh.ephemeral, iv=fresh.iv, bound_to=bound_to)


def _der(certificates: Sequence[Certificate]) -> list[bytes]:
    return [each.public_bytes(Encoding.DER) for each in certificates]


def _chain2(holder: Holder, id_: str | None = None) -> iso2.CertificateChain:
    leaf, *subs = _der((holder.certificate, *holder.subs))
    return iso2.CertificateChain(
        id=id_, certificate=leaf, sub_certificates=iso2.SubCertificates(certificate=subs) if subs else None
    )


def _answer2(
    message: Message,
    request: Request,
    vehicle: Certificate,
    contract: Holder,
    service: Holder,
    fresh: Fresh,
    retry_counter: int | None,
) -> iso2.V2G_Message:
    sealed = _sealed(Scheme.ISO2, contract, vehicle, fresh)
    emaid = str(read_emaid(common_name(contract.certificate.subject)))
    chain, key, point, named = _IDS
    parts: dict[str, Any] = {
        "response_code": "OK",
        "sa_provisioning_certificate_chain": _chain2(service),
        "contract_signature_cert_chain": _chain2(contract, chain),
        "contract_signature_encrypted_private_key": iso2.ContractSignatureEncryptedPrivateKey(
            id=key, value=sealed.encrypted_private_key
        ),
        "dh_public_key": iso2.DiffieHellmanPublickey(id=point, value=sealed.dh_public_key),
        "emaid": iso2.EMAID(id=named, value=emaid),
    }
    content: iso2.BodyBase = (
        iso2.CertificateUpdateRes(retry_counter=retry_counter, **parts)
        if request.is_update
        else iso2.CertificateInstallationRes(**parts)
    )
    header = iso2.MessageHeader(session_id=message.header.session_id)
    return iso2.V2G_Message(header=header, body=iso2.Body(body_element=content))


def _answer20(
    message: Message,
    vehicle: Certificate,
    contract: Holder,
    service: Holder,
    fresh: Fresh,
    now: datetime,
    remaining: int,
) -> iso20.CertificateInstallationRes:
    if not contract.subs:
        what = "The contract has no sub-CA, and ISO 15118-20 carries no contract without one."
        raise PkiFault(what, "Issue contracts under a sub-CA.")
    scheme = scheme_for(vehicle.public_key())
    bound_to = associated_data(normalised(common_name(vehicle.subject)), contract.certificate)
    sealed = _sealed(scheme, contract, vehicle, fresh, bound_to)
    leaf, *subs = _der((contract.certificate, *contract.subs))
    on_x448 = scheme is Scheme.ISO20_X448
    data = iso20.SignedInstallationData(
        id=_IDS[0],
        contract_certificate_chain=iso20.ContractCertificateChain(
            certificate=leaf, sub_certificates=iso20.SubCertificates(certificate=subs)
        ),
        ecdh_curve="X448" if on_x448 else "SECP521",
        dh_public_key=sealed.dh_public_key,
        secp521_encrypted_private_key=None if on_x448 else sealed.encrypted_private_key,
        x448_encrypted_private_key=sealed.encrypted_private_key if on_x448 else None,
    )
    leaf, *subs = _der((service.certificate, *service.subs))
    cps = iso20.CertificateChain(
        certificate=leaf, sub_certificates=iso20.SubCertificates(certificate=subs) if subs else None
    )
    code: ResponseCode = "OK"
    return iso20.CertificateInstallationRes(
        header=MessageHeader(session_id=message.header.session_id, time_stamp=int(now.timestamp())),
        response_code=code,
        evse_processing="Finished",
        cps_certificate_chain=cps,
        signed_installation_data=data,
        remaining_contract_certificate_chains=remaining,
    )


_NOBODY: Final = "0" * 14
"""The schema wants 14 characters of an eMAID."""


def _refusal2(message: Message, request: Request, code: Any) -> iso2.V2G_Message:
    chain, key, point, named = _IDS
    kind = iso2.CertificateUpdateRes if request.is_update else iso2.CertificateInstallationRes
    content = kind(
        response_code=code,
        sa_provisioning_certificate_chain=iso2.CertificateChain(certificate=b"\0"),
        contract_signature_cert_chain=iso2.CertificateChain(id=chain, certificate=b"\0"),
        contract_signature_encrypted_private_key=iso2.ContractSignatureEncryptedPrivateKey(id=key, value=bytes(48)),
        dh_public_key=iso2.DiffieHellmanPublickey(id=point, value=bytes(65)),
        emaid=iso2.EMAID(id=named, value=normalised(request.emaid) or _NOBODY),
    )
    header = iso2.MessageHeader(session_id=message.header.session_id)
    return iso2.V2G_Message(header=header, body=iso2.Body(body_element=content))


def _refusal20(message: Message, code: Any, now: datetime) -> iso20.CertificateInstallationRes:
    data = iso20.SignedInstallationData(
        id=_IDS[0],
        contract_certificate_chain=iso20.ContractCertificateChain(
            certificate=b"\0", sub_certificates=iso20.SubCertificates(certificate=[b"\0"])
        ),
        ecdh_curve="SECP521",
        dh_public_key=bytes(133),
        secp521_encrypted_private_key=bytes(94),
    )
    return iso20.CertificateInstallationRes(
        header=MessageHeader(session_id=message.header.session_id, time_stamp=int(now.timestamp())),
        response_code=code,
        evse_processing="Finished",
        cps_certificate_chain=iso20.CertificateChain(certificate=b"\0"),
        signed_installation_data=data,
        remaining_contract_certificate_chains=0,
    )
