"""Contracts for a CSMS under test to verify, as cases ask for them with `made`."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

from pilotwire.conformance.runner.makers import maker
from pilotwire.conformance.values import Unresolved
from pilotwire.conformance.wire.authority import MO_ROOT, V2G_ROOT
from pilotwire.conformance.wire.contracts import Contract, new_contract
from pilotwire.pki.hashes import hashes_of

_KEPT: Final = "the contract"


@maker("contract to verify")
def contract_to_verify(
    scene: Any, emaid: str, *, by: str = MO_ROOT, revoked: bool = False, expired: bool = False
) -> dict[str, Any]:
    """A new contract under this root: its `chain` as PEM, and its `hashes` as iso15118CertificateHashData with the responder's URL."""
    if not scene.setting("certificates"):
        raise Unresolved(
            "no folder of certificates is named (certificates), so the CSMS cannot know the contract's root"
        )
    root = scene.authority.root(by)
    contract = new_contract(emaid, root, scene.now(), scene.files.answers, revoked=revoked, expired=expired)
    scene.memory[_KEPT] = contract
    return {"chain": contract.pem, "hashes": _hash_data(contract)}


@maker("station chain to look up")
def station_chain(scene: Any, name: str) -> dict[str, Any]:
    """A new chain of a station's V2G certificate under the V2G root: the `hashes` of its sub-CAs, with the responder's URL."""
    chain = new_contract(name, scene.authority.root(V2G_ROOT), scene.now(), scene.files.answers, of="CPO")
    scene.memory[_KEPT] = chain
    return {"hashes": _hash_data(chain)[1:]}


@maker("asked responder")
def asked_responder(scene: Any) -> dict[str, Any]:
    """What the responder of that contract was asked: `certificates` of the chain, the contract is 0; and the `faults` of questions."""
    contract: Contract = scene.memory[_KEPT]
    serials = [one.certificate.serial_number for one in contract.chain]
    asked = sorted({serials.index(one) for one in contract.responder.asked})
    return {"certificates": asked, "faults": list(contract.responder.faults)}


def _hash_data(contract: Contract) -> list[dict[str, str]]:
    certificates = [one.certificate for one in (*contract.chain, contract.root)]
    return [
        {
            "hashAlgorithm": "SHA256",
            "issuerNameHash": found.issuer_name,
            "issuerKeyHash": found.issuer_key,
            "serialNumber": found.serial_number,
            "responderURL": contract.url,
        }
        for found in (hashes_of(certificate, issuer, "SHA256") for certificate, issuer in pairwise(certificates))
    ]
