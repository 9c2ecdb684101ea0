"""What stations and vehicles bring to TLS: OCSP responses, keys from files, key logs, and settings that cannot be."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pilotwire.errors import ConfigError
from pilotwire.iso15118.net.credentials import Credentials
from pilotwire.iso15118.net.ending import Ending
from pilotwire.iso15118.net.server import V2gServer
from pilotwire.iso15118.net.tls import OcspDemand, StationTls, VehicleTls
from pilotwire.pki import pem_of, write_key
from tests.support.pki_houses import chain, key
from tests.support.v2g_papers import P256, P521, ocsp_of, papers, root
from tests.support.v2g_stage import (
    V2G_ROOTS,
    both,
    charged,
    der,
    not_charged,
    said_in,
    station,
    vehicle2,
    vehicle20,
)

# --- OCSP --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "tls"), [(P256, vehicle2()), (P521, vehicle20())], ids=["TLS 1.2", "TLS 1.3"])
async def test_a_station_staples_what_its_ca_says_of_its_certificate(kind: object, tls: VehicleTls) -> None:
    asked = []

    def staple(kind: object) -> bytes:
        asked.append(kind)
        return ocsp_of("secc", "cpo-sub2", kind=kind)  # type: ignore[arg-type]

    stapling = {
        "iso2": replace(papers("secc"), staple=lambda: staple(P256)),
        "iso20": replace(papers("secc", P521), staple=lambda: staple(P521)),
    }
    async with station(both(**stapling)) as there:
        seen, _ = await charged(there, replace(tls, ocsp=OcspDemand.REQUIRE))
        assert seen.staple
        assert set(asked) == {kind}
        asked.clear()
        seen, _ = await charged(there, replace(tls, ocsp=OcspDemand.IGNORE))
        assert (seen.staple, asked) == (b"", [])


@pytest.mark.parametrize(
    ("response", "demand", "said"),
    [
        (b"", OcspDemand.REQUIRE, "The station sent no OCSP response."),
        (ocsp_of("secc", "cpo-sub2", revoked=True), OcspDemand.CHECK, "By OCSP it is revoked."),
        (
            ocsp_of("secc", "cpo-sub2", age=timedelta(days=3)),
            OcspDemand.CHECK,
            "The OCSP response the station sent is not good: .*",
        ),
    ],
    ids=["none", "revoked", "out of date"],
)
async def test_an_ocsp_response_that_is_not_good(response: bytes, demand: OcspDemand, said: str) -> None:
    async with station(both(iso2=replace(papers("secc"), staple=lambda: response))) as there:
        end = await not_charged(there, vehicle2(ocsp=demand))
    assert end.ending is Ending.REFUSED
    assert said_in(f"The station's certificate .* is not taken. {said}", str(end))


async def test_without_an_ocsp_response_a_vehicle_may_charge() -> None:
    async with station(both()) as there:
        seen, _ = await charged(there, vehicle2(ocsp=OcspDemand.CHECK))
    assert seen.staple == b""


# --- keys, files, settings -----------------------------------------------------------------------------------------------------------


async def test_a_key_log_for_captures(tmp_path: Path) -> None:
    log = tmp_path / "keys.log"
    async with station(both(key_log=log)) as there:
        await charged(there, vehicle2())
        assert log.read_text().startswith("CLIENT_RANDOM ")
        await charged(there, vehicle20())
        assert "CLIENT_TRAFFIC_SECRET_0 " in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


async def test_credentials_from_files(tmp_path: Path) -> None:
    chain_file, key_file = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain_file.write_text(pem_of(*chain("secc")))
    key_file.write_bytes(write_key(key("secc"), b"secret"))
    own = Credentials.from_files(chain_file, key_file, b"secret")
    assert own.root == root("v2g-root")
    async with station(both(iso2=own)) as there:
        seen, _ = await charged(there, vehicle2())
    assert seen.chain == der(own)
    assert len(own.chain) == 3, "the root is never sent"


@pytest.mark.parametrize(
    ("chain_pem", "key_pem", "password", "said"),
    [
        (pem_of(*chain("secc")), write_key(key("cps")).decode(), None, "The key is not that of the first certificate"),
        ("nothing", write_key(key("secc")).decode(), None, "The certificate cannot be read"),
        (pem_of(*chain("secc")), "nothing", None, "no private key in PEM"),
        (pem_of(*chain("secc")), write_key(key("secc"), b"x").decode(), None, "encrypted, and no password is given"),
        (pem_of(*chain("secc")), write_key(key("secc"), b"x").decode(), b"y", "password of the private key is wrong"),
    ],
)
def test_credentials_that_cannot_be_used(chain_pem: str, key_pem: str, password: bytes | None, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Credentials.from_pem(chain_pem, key_pem, password)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot be read: .*chain\.pem"):
        Credentials.from_files(tmp_path / "chain.pem", tmp_path / "key.pem")


def test_settings_nobody_could_connect_with() -> None:
    with pytest.raises(ConfigError, match="needs a certificate of the station"):
        StationTls()
    with pytest.raises(ConfigError, match="needs roots that certificates of vehicles lead to"):
        StationTls(iso20=papers("secc", P521))
    with pytest.raises(ConfigError, match="needs V2G roots"):
        VehicleTls(())
    with pytest.raises(ConfigError, match="No version of TLS is left"):
        VehicleTls(V2G_ROOTS, iso2=False)
    with pytest.raises(ConfigError, match="no certificate to show"):
        Credentials((), key("secc"))


async def test_suites_openssl_does_not_know_and_a_key_log_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be written"):
        V2gServer(lambda _: asyncio.sleep(0), tls=both(key_log=tmp_path / "no" / "keys.log"))
    with pytest.raises(ConfigError, match="knows no TLS suite"):
        V2gServer(lambda _: asyncio.sleep(0), tls=both(more_suites="\xe4"))
