"""CSMS under test, 2.0.1: contract certificates of vehicles (C07). The OCSP responder and the certificates are the test's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.contract_pki import EMAID, ContractPki, contract_pki, pem
from tests.support.csms_stage import Stage, stage
from tests.support.csms_stage201 import Charge
from tests.support.http_peer import Reply

CONTRACT = {"idToken": EMAID, "type": "eMAID"}
SUB, LEAF = 2, 3
"""Serial numbers."""


def _roots(pki: ContractPki, folder: Path) -> str:
    """The file with the root that the CSMS trusts."""
    path = folder / "roots.pem"
    path.write_text(pem(pki.root))
    return str(path)


@asynccontextmanager
async def _plugged(pki: ContractPki, folder: Path) -> AsyncIterator[tuple[Stage, Charge]]:
    """A CSMS that knows the contract and the root; state EVConnectedPreSession."""
    async with stage(ocsp_private_addresses=True, contract_roots=_roots(pki, folder)) as on:
        assert (await on.operator.put(f"/tokens/{EMAID}", params={"type": "eMAID"}, json={})).is_success
        charge = Charge(on)
        await charge.connected()
        yield on, charge


async def _answer(on: Stage, **more: Any) -> tuple[str, str]:
    """The status of the token, and that of the certificate."""
    answer = await on.cs.ask("Authorize", {"idToken": CONTRACT} | more)
    return answer["idTokenInfo"]["status"], answer["certificateStatus"]


async def _charges(charge: Charge) -> None:
    """The contract is told, and accepted; state EnergyTransferStarted."""
    answer = await charge.event("Updated", "Authorized", idToken=CONTRACT)
    assert answer["idTokenInfo"]["status"] == "Accepted"
    await charge.charging()


@pytest.mark.req("C07.FR.04", "C07.FR.05", "C07.FR.14", versions=("2.0.1",))
async def test_tc_c_50_csms(tmp_path: Path) -> None:
    """Checked by the station: each of its hashes is asked about, and all are good."""
    with contract_pki(encloses=True) as pki:
        async with _plugged(pki, tmp_path) as (on, charge):
            assert await _answer(on, iso15118CertificateHashData=pki.hashes) == ("Accepted", "Accepted")
            assert pki.asked == [LEAF, SUB]
            await _charges(charge)


@pytest.mark.req("C07.FR.16", versions=("2.0.1",))
@pytest.mark.parametrize("revoked", [LEAF, SUB])
async def test_tc_c_51_csms(revoked: int, tmp_path: Path) -> None:
    """Checked by the station, but the responder says that it, or the certificate above it, is revoked."""
    with contract_pki(revoked, encloses=True) as pki:
        async with _plugged(pki, tmp_path) as (on, _):
            answer = await _answer(on, iso15118CertificateHashData=pki.hashes)
            assert answer == ("Invalid", "CertificateRevoked")
            assert revoked in pki.asked


@pytest.mark.req("C07.FR.04", "C07.FR.05", "C07.FR.14", versions=("2.0.1",))
async def test_tc_c_52_csms(tmp_path: Path) -> None:
    """Left to the CSMS: it follows the chain to the root, and asks the responders that the certificates name."""
    with contract_pki() as pki:
        async with _plugged(pki, tmp_path) as (on, charge):
            assert await _answer(on, certificate=pki.chain) == ("Accepted", "Accepted")
            assert pki.asked == [LEAF, SUB]
            await _charges(charge)


@pytest.mark.req("C07.FR.16", versions=("2.0.1",))
@pytest.mark.parametrize("revoked", [LEAF, SUB])
async def test_tc_c_52_csms_of_one_that_is_revoked(revoked: int, tmp_path: Path) -> None:
    """The same, but the responder says that one of them is revoked."""
    with contract_pki(revoked) as pki:
        async with _plugged(pki, tmp_path) as (on, _):
            assert await _answer(on, certificate=pki.chain) == ("Invalid", "CertificateRevoked")


@pytest.mark.req("C07.FR.17", versions=("2.0.1",))
async def test_tc_c_52_csms_without_an_answer(tmp_path: Path) -> None:
    """The same, but the responder does not answer sensibly: what cannot be verified is refused."""
    with contract_pki() as pki:
        pki.responder.answer = lambda _asked: Reply(b"", 500)
        async with _plugged(pki, tmp_path) as (on, _):
            assert await _answer(on, certificate=pki.chain) == ("Invalid", "CertChainError")
            assert "C07.FR.17" in await on.rules()
