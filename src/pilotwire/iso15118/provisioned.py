"""A contract certificate that arrives in the vehicle: the answer taken apart, each step checked, and the key opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from pilotwire.errors import MisuseError
from pilotwire.iso15118 import iso2
from pilotwire.iso15118.contract_keys import (
    ContractKeyFault,
    PrivateKey,
    Scheme,
    SealedKey,
    associated_data,
    unseal,
)
from pilotwire.iso15118.contracts import ChainVerdict, check_contract, check_cps
from pilotwire.iso15118.iso20 import common_messages as iso20
from pilotwire.iso15118.provisioning import chain_of
from pilotwire.iso15118.signature import Verdict, verify
from pilotwire.iso15118.signature_suites import Suite
from pilotwire.iso15118.signed_parts import Edition, Message, content_of
from pilotwire.pki import Certificate, Revocation


class Step(StrEnum):
    """The steps of taking an answer, in their order."""

    ANSWER = "answer"
    """The ResponseCode is none of OK, or the answer is still being made (-20)."""
    SERVICE = "service"
    """The chain of the provisioning service."""
    SIGNATURE = "signature"
    CONTRACT = "contract"
    """The chain of the contract, and its eMAID."""
    KEY = "key"
    """The contract key: opened, and held against the contract certificate."""


@dataclass(frozen=True, slots=True)
class Installed:
    """What became of an answer: `failed` is the step that went wrong (None: none did), `what` says why.

    A good one has the contract's `certificates`, its `key` and `emaid`. `service`, `signature`, `contract` and `fault` tell more of the
    steps that were reached. `remaining`: how many contracts follow (-20).
    """

    failed: Step | None = None
    what: str = ""
    certificates: tuple[Certificate, ...] = ()
    emaid: str = ""
    key: PrivateKey | None = field(default=None, repr=False)
    remaining: int = 0
    service: ChainVerdict | None = None
    signature: Verdict | None = None
    contract: ChainVerdict | None = None
    fault: ContractKeyFault | None = None

    @property
    def good(self) -> bool:
        """Whether the contract can be used."""
        return self.failed is None


@dataclass(frozen=True, slots=True)
class _Answer:
    edition: Edition
    code: str
    finished: bool
    service: tuple[bytes, ...]
    contract: tuple[bytes, ...]
    emaid: str
    sealed: SealedKey
    remaining: int = 0


def install(
    message: Message,
    vehicle_key: PrivateKey,
    roots: Sequence[Certificate],
    now: datetime,
    *,
    pcid: str = "",
    contract_roots: Sequence[Certificate] | None = None,
    revocation: Revocation | None = None,
    keys: Sequence[str] = (),
    suites: tuple[Suite, ...] = (),
) -> Installed:
    """Take a contract out of a CertificateInstallationRes or CertificateUpdateRes, as a vehicle does.

    `vehicle_key` is the key of the certificate it was asked for with; `pcid` its name, which -20 binds the contract key to. `roots` are the
    V2G roots, under which the provisioning service must be. `contract_roots`: those under which the contract must be; None: the vehicle has
    none, and takes the contract on the word of the provisioning service. `keys` and `suites` as in `provisioning.check_request`.

    Raises MisuseError for another message.
    """
    answer = _answer_in(message)
    how: dict[str, Any] = {"revocation": revocation, "keys": keys}
    if not answer.code.startswith("OK") or not answer.finished:
        what = f"The answer is {answer.code}." if answer.finished else "The answer is not finished yet."
        return Installed(Step.ANSWER, what)
    service = check_cps(answer.service, roots, now, answer.edition, **how)
    if not service.good:
        return Installed(Step.SERVICE, service.words, service=service)
    signature = verify(message, service.certificates[0].public_key(), suites)
    if not signature.good:
        return Installed(Step.SIGNATURE, signature.what, service=service, signature=signature)
    contract = _contract(answer, now, contract_roots, how)
    if not contract.good:
        return Installed(Step.CONTRACT, contract.words, service=service, signature=signature, contract=contract)
    told: dict[str, Any] = {"service": service, "signature": signature, "contract": contract}
    try:
        key = _opened(answer, vehicle_key, contract.certificates[0], pcid)
    except ContractKeyFault as fault:
        return Installed(Step.KEY, fault.what, fault=fault, **told)
    return Installed(
        certificates=contract.certificates, emaid=contract.name, key=key, remaining=answer.remaining, **told
    )


def _contract(answer: _Answer, now: datetime, roots: Sequence[Certificate] | None, how: dict[str, Any]) -> ChainVerdict:
    """The chain of the contract. Without roots the uppermost certificate that came along is where it may end."""
    if roots is not None:
        return check_contract(answer.contract, roots, now, answer.edition, emaid=answer.emaid, **how)
    found = check_contract(answer.contract, (), now, answer.edition, emaid=answer.emaid, **how)
    last = found.explanation.path[-1:] if found.explanation is not None else ()
    return check_contract(answer.contract, last, now, answer.edition, emaid=answer.emaid, **how)


def _opened(answer: _Answer, vehicle_key: PrivateKey, contract: Certificate, pcid: str) -> PrivateKey:
    bound_to = associated_data(pcid, contract) if answer.edition is Edition.ISO20 else b""
    public: Any = contract.public_key()
    return unseal(answer.sealed, vehicle_key, public, bound_to=bound_to)


def _answer_in(message: Message) -> _Answer:
    content = content_of(message)
    if isinstance(content, iso2.CertificateInstallationRes | iso2.CertificateUpdateRes):
        return _answer2(content)
    if isinstance(content, iso20.CertificateInstallationRes):
        return _answer20(content)
    raise MisuseError(f"{type(content).__name__} brings no contract certificate.", "Look at the message first.")


def _answer2(content: iso2.CertificateInstallationRes | iso2.CertificateUpdateRes) -> _Answer:
    encrypted = content.contract_signature_encrypted_private_key.value
    return _Answer(
        Edition.ISO2,
        content.response_code,
        finished=True,
        service=chain_of(content.sa_provisioning_certificate_chain),
        contract=chain_of(content.contract_signature_cert_chain),
        emaid=content.emaid.value,
        sealed=SealedKey(Scheme.ISO2, content.dh_public_key.value, encrypted),
    )


_SCHEMES: Final = {"SECP521": Scheme.ISO20, "X448": Scheme.ISO20_X448}


def _answer20(content: iso20.CertificateInstallationRes) -> _Answer:
    data = content.signed_installation_data
    return _Answer(
        Edition.ISO20,
        content.response_code,
        finished=content.evse_processing == "Finished",
        service=chain_of(content.cps_certificate_chain),
        contract=chain_of(data.contract_certificate_chain),
        emaid="",
        sealed=_sealed20(data),
        remaining=content.remaining_contract_certificate_chains,
    )


def _sealed20(data: iso20.SignedInstallationData) -> SealedKey:
    """The key in the form that was chosen; ECDHCurve says which curve, and the other form then has the wrong length."""
    if data.tpm_encrypted_private_key is not None:
        return SealedKey(Scheme.ISO20_TPM, data.dh_public_key, data.tpm_encrypted_private_key)
    encrypted = data.secp521_encrypted_private_key or data.x448_encrypted_private_key or b""
    return SealedKey(_SCHEMES[data.ecdh_curve], data.dh_public_key, encrypted)
