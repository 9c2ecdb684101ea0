"""A contract of the pool is presented at a station whose CSMS judges it (C07): chain, root, revocation and eMAID."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from pilotwire.clock import ManualClock, SystemClock
from pilotwire.mobility import Pool
from pilotwire.pki import KeyKind, Subject, pem_of
from pilotwire.pki.keys import new_key
from pilotwire.pki.revocation import Reason
from tests.support.mobility_scene import (
    CLIENT,
    EMAID,
    OTHER_EMAID,
    PCID,
    THIRD_EMAID,
    a_car,
    an_operator,
    bearer,
    behind,
    code_of,
    findings,
    scene,
    served_pool,
)
from tests.support.raw_station import RawStation

CONTRACT = {"idToken": EMAID, "type": "eMAID"}


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Pool]:
    """An operator of everything, with a pool."""
    with an_operator(tmp_path / "ca", ManualClock(SystemClock().now())) as office, Pool(office) as made:
        yield made


@asynccontextmanager
async def central(pool: Pool, interface: str = "opcp") -> AsyncIterator[tuple[httpx.AsyncClient, RawStation]]:
    """A CSMS that takes its roots from the pool, and asks the authority's responder."""
    async with behind(pool, interface) as how, served_pool(pool) as server:
        more = {
            "contract_roots_of_pool": True,
            "contract_ocsp_url": f"{server.url}/ocsp",
            "ocsp_private_addresses": True,
        }
        async with scene(**how, **more) as (api, cs):
            for emaid in (EMAID, OTHER_EMAID):
                assert (await api.put(f"/tokens/{emaid}", params={"type": "eMAID"}, json={})).is_success
            yield api, cs


async def presented(cs: RawStation, pem: str, token: dict[str, str] | None = None) -> tuple[str, str]:
    """What the CSMS says of a contract whose chain comes whole: of the token, and of the certificate."""
    told = await cs.ask("Authorize", {"idToken": token or CONTRACT, "certificate": pem})
    return told["idTokenInfo"]["status"], told["certificateStatus"]


@pytest.mark.req("C07.FR.15", "C07.FR.16", "C07.FR.17")
@pytest.mark.parametrize("interface", ["opcp", "embedded"])
async def test_a_contract_of_the_pool_charges_until_it_ends(pool: Pool, interface: str) -> None:
    """Its chain leads to a root the pool tells, the responder says it is good, and the eMAID is on record."""
    pool.add(EMAID, [PCID], "me")
    chain = pool.office.handed_out(pool.newest(pool.contract(EMAID)).issued)
    async with central(pool, interface) as (_, cs):
        assert await presented(cs, chain) == ("Accepted", "Accepted")
        unknown = {"idToken": THIRD_EMAID, "type": "eMAID"}
        pool.add(THIRD_EMAID, [PCID], "me")
        other = pool.office.handed_out(pool.newest(pool.contract(THIRD_EMAID)).issued)
        assert (await presented(cs, other, unknown))[0] != "Accepted"
    pool.end(EMAID, Reason.CESSATION_OF_OPERATION)
    async with central(pool, interface) as (_, cs):  # the old one remembers what the responder said for a day
        assert await presented(cs, chain) == ("Invalid", "CertificateRevoked")


async def test_a_contract_that_its_operator_withdraws_charges_no_more(pool: Pool) -> None:
    """By OPCP: no vehicle gets it from then on, and Authorize says that it is revoked."""
    car = a_car(pool.office)
    pool.add(EMAID, [PCID], "me")
    chain = pool.office.handed_out(pool.newest(pool.contract(EMAID)).issued)
    async with central(pool) as (_, cs), served_pool(pool, **CLIENT, opcp_client_role="PKI") as server:
        async with httpx.AsyncClient(base_url=server.url) as partner:
            partner.headers["authorization"] = await bearer(partner, "csms", CLIENT["opcp_client_secret"])
            assert (await partner.delete(f"/v1/ccp/signedContractData/{EMAID}")).status_code == 200
        assert await presented(cs, chain) == ("Invalid", "CertificateRevoked")
        payload = {"iso15118SchemaVersion": car.schema, "action": "Install", "exiRequest": car.asks()}
        told = await cs.ask("Get15118EVCertificate", payload)
        assert (told["status"], code_of(told["exiResponse"])) == ("Failed", "FAILED_NoCertificateAvailable")


async def test_a_contract_is_no_good_for_another_emaid(pool: Pool) -> None:
    pool.add(EMAID, [PCID], "me")
    chain = pool.office.handed_out(pool.newest(pool.contract(EMAID)).issued)
    async with central(pool) as (api, cs):
        assert await presented(cs, chain, {"idToken": OTHER_EMAID, "type": "eMAID"}) == ("Invalid", "CertChainError")
        with_hyphens = {"idToken": "DE-8AC-C12E46L89", "type": "eMAID"}
        assert (await api.put("/tokens/DE-8AC-C12E46L89", params={"type": "eMAID"}, json={})).is_success
        assert await presented(cs, chain, with_hyphens) == ("Accepted", "Accepted")
        assert [rule for rule, _ in await findings(api, cs)] == ["authorization:contract-of-another"]


@pytest.mark.req("C07.FR.17")
async def test_a_contract_vouches_for_no_other_contract(pool: Pool) -> None:
    """Somebody who has a contract signs one for another eMAID with its key: the chain leads to the root, and is no good."""
    holder = pool.holder(pool.add(EMAID, [PCID], "me"))
    forged = (
        x509.CertificateBuilder()
        .subject_name(Subject(OTHER_EMAID, "Volta", "DE", "MO").name())
        .issuer_name(holder.certificate.subject)
        .public_key(new_key(KeyKind.EC_P256).public_key())
        .serial_number(4711)
        .not_valid_before(holder.certificate.not_valid_before_utc)
        .not_valid_after(holder.certificate.not_valid_after_utc)
        .sign(holder.key, hashes.SHA256())
    )
    async with central(pool) as (_, cs):
        chain = pem_of(forged, holder.certificate, *holder.subs)
        assert await presented(cs, chain, {"idToken": OTHER_EMAID, "type": "eMAID"}) == ("Invalid", "CertChainError")


async def test_without_the_pool_the_roots_of_the_file_count(pool: Pool, tmp_path: Path) -> None:
    """Nobody answers for the pool: that is a finding, and no reason to refuse a contract whose root is known anyway."""
    current = pool.add(EMAID, [PCID], "me")
    chain = pool.office.handed_out(current.issued)
    (tmp_path / "mo.pem").write_text(pem_of(pool.office.chain("mo-root")[0]))
    how = {
        "contracts_interface": "opcp",
        "contracts_url": "http://127.0.0.1:1",
        "contract_roots_of_pool": True,
        "contract_roots": str(tmp_path / "mo.pem"),
    }
    async with scene(**how) as (api, cs):
        assert (await api.put(f"/tokens/{EMAID}", params={"type": "eMAID"}, json={})).is_success
        assert await presented(cs, chain) == ("Accepted", "Accepted")
        ((rule, what),) = await findings(api, cs)
        assert (rule, "could not be asked" in what) == ("authorization:contract-roots", True)
