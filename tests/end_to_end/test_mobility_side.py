"""The mobility operator's side at work: vehicles get contracts through stations and a CSMS from an authority's pool, and charge by them.

The requests are real ones of ISO 15118, signed with the key of the vehicle, and the vehicle takes what comes back.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from pilotwire.ca.revoking import revoke
from pilotwire.clock import ManualClock, SystemClock
from pilotwire.iso15118.signed_parts import Edition
from pilotwire.mobility import Pool
from pilotwire.pki import KeyKind, pem_of
from pilotwire.pki.keys import new_key
from pilotwire.pki.revocation import Reason
from tests.support.given.certificates import wrapped
from tests.support.mobility_scene import (
    CLIENT,
    EMAID,
    OTHER_EMAID,
    OTHER_PCID,
    PCID,
    THIRD_EMAID,
    TOKEN,
    a_car,
    an_operator,
    behind,
    code_of,
    findings,
    scene,
    served_pool,
)
from tests.support.pki_world import pki, process_environment, program, same_office
from tests.support.raw_station import RawStation

INTERFACES = ["pilotwire", "opcp", "embedded"]
WAYS = [(each, "ocpp2.1") for each in INTERFACES] + [("pilotwire", "ocpp1.6"), ("opcp", "ocpp2.0.1")]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(SystemClock().now())


@pytest.fixture
def pool(tmp_path: Path, clock: ManualClock) -> Iterator[Pool]:
    """An operator of everything, with a pool."""
    with an_operator(tmp_path / "ca", clock) as office, Pool(office) as made:
        yield made


async def asks(cs: RawStation, version: str, schema: str, exi: str, action: str = "Install", **more: Any) -> Any:
    """A station hands on what a vehicle asks; the answer of the CSMS."""
    payload = {"iso15118SchemaVersion": schema, "action": action, "exiRequest": exi, **more}
    if version != "ocpp1.6":
        return await cs.ask("Get15118EVCertificate", payload)
    answer = await cs.ask("DataTransfer", wrapped("Get15118EVCertificate", payload))
    assert answer["status"] == "Accepted"
    return json.loads(answer["data"])


@pytest.mark.req("M01.FR.01")
@pytest.mark.parametrize(("interface", "version"), WAYS)
async def test_a_vehicle_gets_its_contract_through_any_station(
    pool: Pool, clock: ManualClock, version: str, interface: str
) -> None:
    """And another one when it is time, without anybody doing anything."""
    car = a_car(pool.office)
    pool.add(EMAID, [PCID], "me")
    if interface == "embedded":
        clock = ManualClock(SystemClock().now())  # that pool has the clock of the CSMS
    async with behind(pool, interface) as how, scene(version, **how) as (_, cs):
        told = await asks(cs, version, car.schema, car.asks())
        assert told["status"] == "Accepted"
        first = car.takes(told["exiResponse"], clock.now())
        assert (first.good, first.emaid) == (True, EMAID), first.what
        if interface == "embedded":
            pool.renew(pool.contract(EMAID), "me")
        else:
            clock.advance(340 * 86_400)
        told = await asks(cs, version, car.schema, car.asks_for_an_update(), "Update")
        second = car.takes(told["exiResponse"], clock.now(), update=True)
        assert (second.good, second.emaid) == (True, EMAID), second.what
        assert second.certificates[0] != first.certificates[0]


@pytest.mark.parametrize("interface", INTERFACES)
async def test_what_is_wrong_with_a_request_reaches_the_vehicle(pool: Pool, interface: str) -> None:
    """As Failed, with a response of ISO 15118 that says it: a wrong signature, no contract, a revoked certificate."""
    car, stranger, stolen = (a_car(pool.office, pcid) for pcid in (PCID, OTHER_PCID, "WMIV1234567890ABCF"))
    pool.add(EMAID, [PCID, stolen.pcid], "me")
    revoke(pool.office, f"{stolen.chain[0].serial_number:x}", Reason.KEY_COMPROMISE)
    async with behind(pool, interface) as how, scene(**how) as (_, cs):
        for exi, code in (
            (car.asks(key=new_key(KeyKind.EC_P256)), "FAILED_SignatureError"),
            (stranger.asks(), "FAILED_NoCertificateAvailable"),
            (stolen.asks(), "FAILED_CertificateRevoked"),
        ):
            told = await asks(cs, "ocpp2.1", car.schema, exi)
            assert (told["status"], code_of(told["exiResponse"])) == ("Failed", code)
            assert told["statusInfo"]["additionalInfo"]
        nonsense = await asks(cs, "ocpp2.1", car.schema, "AAAA")
        assert (nonsense["status"], nonsense["exiResponse"]) == ("Failed", "")
        assert (await asks(cs, "ocpp2.1", car.schema, car.asks()))["status"] == "Accepted"


@pytest.mark.req("M01.FR.04", "M01.FR.06", "M01.FR.07")
@pytest.mark.parametrize("interface", INTERFACES)
async def test_a_vehicle_of_20_gets_all_its_contracts(tmp_path: Path, interface: str) -> None:
    """The station asks the same again until none remains; without the count it gets the one it wants most."""
    now = SystemClock().now()
    with an_operator(tmp_path / "ca", ManualClock(now), "-20") as office, Pool(office) as pool:
        car = a_car(office, edition=Edition.ISO20)
        for emaid in (EMAID, OTHER_EMAID, THIRD_EMAID):
            pool.add(emaid, [PCID], "me")
        counted = {"maximumContractCertificateChains": 3, "prioritizedEMAIDs": [OTHER_EMAID]}
        async with behind(pool, interface) as how, scene(**how) as (_, cs):
            exi, got = car.asks(now=now), []
            for _ in range(3):
                told = await asks(cs, "ocpp2.1", car.schema, exi, **counted)
                taken = car.takes(told["exiResponse"], now)
                assert taken.good, taken.what
                got.append((taken.emaid, told["remainingContracts"]))
            assert got == [(OTHER_EMAID, 2), (EMAID, 1), (THIRD_EMAID, 0)]
            alone = await asks(cs, "ocpp2.1", car.schema, exi)
            assert "remainingContracts" not in alone
            assert car.takes(alone["exiResponse"], now).emaid == EMAID


async def test_a_wrong_token_gets_nothing(pool: Pool) -> None:
    """Neither by our interface nor by OPCP; the station is told Failed, and there is a finding."""
    car = a_car(pool.office)
    pool.add(EMAID, [PCID], "me")
    async with served_pool(pool, **CLIENT) as server:
        for how, why in (
            ({"contracts_url": f"{server.url}/contracts", "contracts_token": "wrong"}, "status 401"),
            (
                {"contracts_interface": "opcp", "contracts_url": server.url, "contracts_token": "wrong"},
                "token is missing",
            ),
            (
                {
                    "contracts_interface": "opcp",
                    "contracts_url": server.url,
                    "contracts_client_id": "csms",
                    "contracts_client_secret": "wrong",
                },
                "gave no token",
            ),
        ):
            async with scene(**how) as (api, cs):
                assert (await asks(cs, "ocpp2.1", car.schema, car.asks()))["status"] == "Failed"
                assert any(why in what for _, what in await findings(api, cs)), why
    async with served_pool(pool, contracts_token="") as server, httpx.AsyncClient(base_url=server.url) as client:
        for path in ("/contracts", "/v1/ccp/signedContractData"):
            answer = await client.post(path, json={}, headers={"authorization": "Bearer anything"})
            assert answer.status_code == 503


async def test_a_token_that_has_ended_is_had_anew(pool: Pool, clock: ManualClock) -> None:
    car = a_car(pool.office)
    pool.add(EMAID, [PCID], "me")
    async with behind(pool, "opcp") as how, scene(**how) as (_, cs):
        for _ in range(2):
            assert (await asks(cs, "ocpp2.1", car.schema, car.asks()))["status"] == "Accepted"
            clock.advance(2 * 3600)


# --- by hand --------------------------------------------------------------------------------------------------------------------------


async def test_from_init_to_a_contract_in_the_vehicle(tmp_path: Path) -> None:
    """As a person does it: the verbs, the server as a process, a CSMS, a station of 2.0.1; the contract is renewed by hand meanwhile."""
    folder = ("--dir", tmp_path / "ca")
    assert pki("init", tmp_path / "ca", "--hierarchy", "v2g,mo,oem", "--organization", "Volta").exit_code == 0
    with same_office(tmp_path / "ca") as office:
        car = a_car(office)
        (tmp_path / "car.pem").write_text(pem_of(*car.chain))
    said = pki("contract", "add", "DE-8AC-C12E46L89", "--vehicle", tmp_path / "car.pem", *folder)
    assert said.exit_code == 0, said.output
    assert f"{EMAID} for {PCID}" in said.output
    command = program("serve", *folder, "--port", "0", "--contracts-token", TOKEN)
    async with _running(command) as url:
        now = SystemClock().now()
        async with scene("ocpp2.0.1", contracts_url=f"{url}/contracts", contracts_token=TOKEN) as (_, cs):
            told = await asks(cs, "ocpp2.0.1", car.schema, car.asks())
            first = car.takes(told["exiResponse"], now)
            assert first.good, first.what
            assert pki("contract", "renew", EMAID, *folder).exit_code == 0
            told = await asks(cs, "ocpp2.0.1", car.schema, car.asks_for_an_update(), "Update")
            second = car.takes(told["exiResponse"], now, update=True)
            assert second.good, second.what
            assert second.certificates[0] != first.certificates[0]
            assert pki("contract", "revoke", EMAID, *folder).exit_code == 0
            told = await asks(cs, "ocpp2.0.1", car.schema, car.asks())
            assert code_of(told["exiResponse"]) == "FAILED_NoCertificateAvailable"
    (listed,) = json.loads(pki("contract", "list", *folder, "--json").stdout)
    assert (listed["emaid"], listed["vehicles"], listed["status"]) == (EMAID, [PCID], "ended")


@asynccontextmanager
async def _running(command: list[str]) -> AsyncIterator[str]:
    """A server as a process; its URL."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, env=process_environment(), stderr=sys.stderr.fileno()
    )
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
        assert line.startswith("OCSP"), line
        yield line.split()[1].removesuffix("/ocsp")
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), 30)
    assert process.returncode == 0
