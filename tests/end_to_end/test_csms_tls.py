"""Security profiles 2 and 3 on one port, with real TLS clients of each kind; and no way back to a lower profile."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from pilotwire.csms.app import Csms
from pilotwire.csms.gateway.lab_certificates import make_lab
from pilotwire.errors import ConfigError
from tests.support.csms_stage import backend
from tests.support.eventually import eventually
from tests.support.lab_pki import HOSTS, Pki
from tests.support.raw_station import settings, station

V16, V201 = "ocpp1.6", "ocpp2.0.1"
CS, PASSWORD = "CS001", "the-password-of-today"
TLS12 = {"maximum_version": ssl.TLSVersion.TLSv1_2}


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """A lab with client certificates of a station, of another one, and of a local controller."""
    return Pki.made_in(tmp_path_factory.mktemp("pki"), CS, "CS002", "LC1")


@asynccontextmanager
async def secured(pki: Pki, **more: Any) -> AsyncIterator[tuple[Csms, httpx.AsyncClient]]:
    """A CSMS with TLS and passwords, that accepts every station."""
    async with backend(**pki.settings(no_auth=False, **more)) as both:
        yield both


@asynccontextmanager
async def by_tls(csms: Csms, context: ssl.SSLContext, identity: str = CS, **options: Any) -> AsyncIterator[Any]:
    """A station on the TLS port."""
    options = {"uri": f"{csms.urls.ocpp_tls}/{identity}", "ssl": context} | options
    uri = options.pop("uri")
    async with station(_At(uri.rpartition("/")[0]), identity, options.pop("version", V201), **options) as line:  # type: ignore[arg-type]
        yield line


class _At:
    """Where a station is to connect."""

    def __init__(self, ocpp: str) -> None:
        self.urls = self
        self.ocpp = ocpp


async def _status(csms: Csms, context: ssl.SSLContext | None, identity: str = CS, **options: Any) -> int:
    """The HTTP status a handshake ends with; 101 if it is taken, 0 if TLS ends it."""
    try:
        if context is None:
            async with station(csms, identity, V201, **options):
                return 101
        async with by_tls(csms, context, identity, **options) as line:
            await line.boot()
            return 101
    except InvalidStatus as refused:
        return int(refused.response.status_code)
    except (
        OSError,
        EOFError,
        InvalidHandshake,
        ConnectionClosed,
    ):  # TLS 1.3 tells the client after it thinks it is through
        return 0


async def _findings(csms: Csms, text: str, identity: str = CS) -> Any:
    async def found() -> bool:
        return any(text in each.what for each in await csms.store.findings(identity))

    return await eventually(found, what=f"a finding with {text!r}")


# --- suites and versions --------------------------------------------------------------------------------------------------


@pytest.mark.req("A00.FR.318", "A00.FR.421", "A00.FR.312", "A00.FR.415")
@pytest.mark.parametrize(
    ("how", "suite"),
    [
        (TLS12 | {"ciphers": "ECDHE-ECDSA-AES128-GCM-SHA256"}, "ECDHE-ECDSA-AES128-GCM-SHA256"),
        (TLS12 | {"ciphers": "ECDHE-ECDSA-AES256-GCM-SHA384"}, "ECDHE-ECDSA-AES256-GCM-SHA384"),
        (TLS12 | {"ciphers": "AES128-GCM-SHA256"}, "AES128-GCM-SHA256"),
        (TLS12 | {"ciphers": "AES256-GCM-SHA384"}, "AES256-GCM-SHA384"),
        (TLS12 | {"ciphers": "ECDHE-RSA-AES128-GCM-SHA256"}, "ECDHE-RSA-AES128-GCM-SHA256"),
        ({"minimum_version": ssl.TLSVersion.TLSv1_3}, "TLS_"),
    ],
)
async def test_each_suite_is_spoken_on_the_one_port(pki: Pki, how: dict[str, Any], suite: str) -> None:
    """The certificate that goes with the suite is shown; a password over it is security profile 2."""
    async with secured(pki) as (csms, operator):
        await operator.put(f"/stations/{CS}", json={"password": PASSWORD, "securityProfile": 2})
        async with by_tls(csms, pki.client(**how), password=PASSWORD) as line:
            assert line.line.transport.get_extra_info("cipher")[0].startswith(suite)
            assert (await line.boot())["status"] == "Accepted"


@pytest.mark.req("A00.FR.313", "A00.FR.315", "A00.FR.416", "A00.FR.418")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_older_versions_of_tls_are_refused(pki: Pki, version: ssl.TLSVersion) -> None:
    """The handshake ends, and a finding says why."""
    async with secured(pki) as (csms, _):
        how = {"ciphers": "ALL:@SECLEVEL=0", "minimum_version": version, "maximum_version": version}
        assert await _status(csms, pki.client(**how)) == 0
        await _findings(csms, "unsupported protocol", "")


async def test_a_suite_that_is_no_good_is_refused(pki: Pki) -> None:
    """CBC with SHA-1 is not among them."""
    async with secured(pki) as (csms, _):
        assert await _status(csms, pki.client(**TLS12, ciphers="ECDHE-ECDSA-AES128-SHA")) == 0


# --- client certificates --------------------------------------------------------------------------------------------------


@pytest.mark.req("A00.FR.403", "A00.FR.405", "A00.FR.407", "A00.FR.409", "A00.FR.410")
@pytest.mark.parametrize("most", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_station_of_profile_3_shows_its_own_certificate(pki: Pki, most: ssl.TLSVersion) -> None:
    """Without a password; any other certificate, or none, does not open, and a finding says what was wrong with it."""
    async with secured(pki) as (csms, operator):
        await operator.put(f"/stations/{CS}", json={"securityProfile": 3, "password": PASSWORD})
        good = pki.client(f"station-{CS}", maximum_version=most)
        assert await _status(csms, good) == 101
        other = pki.client("station-CS002", maximum_version=most)
        assert await _status(csms, other, password=PASSWORD) == 403
        await _findings(csms, "is for 'CS002'")
        assert await _status(csms, pki.client(maximum_version=most), password=PASSWORD) == 403
        await _findings(csms, "no client certificate")
        for kind, told in (("expired", "expired"), ("foreign", "unable to get local issuer")):
            context = pki.bad(kind, CS)
            context.maximum_version = most
            assert await _status(csms, context) == 0
            await _findings(csms, told, "")
        assert await _status(csms, good) == 101


async def test_a_certificate_of_another_never_stands_in_for_a_password(pki: Pki) -> None:
    """Whatever profile is asked of the station."""
    async with secured(pki) as (csms, operator):
        assert await _status(csms, pki.client("station-CS002")) == 403
        await operator.put(f"/stations/{CS}", json={"password": PASSWORD})
        assert await _status(csms, pki.client("station-CS002")) == 403
        assert await _status(csms, pki.client("station-CS002"), password="a-wrong-password-now") == 401
        assert await _status(csms, pki.client("station-CS002"), password=PASSWORD) == 101


# --- no way back ----------------------------------------------------------------------------------------------------------


@pytest.mark.req("A05.FR.07")
@pytest.mark.parametrize("lowest", [0, 1, 2, 3])
async def test_a_profile_below_the_lowest_is_refused(pki: Pki, lowest: int) -> None:
    """401 where the password is missing, 403 where TLS or the client certificate is; a finding each."""
    async with secured(pki) as (csms, operator):
        await operator.put(
            f"/stations/{CS}", json={"securityProfile": lowest} | ({"password": PASSWORD} if lowest else {})
        )
        got = [
            await _status(csms, None),
            await _status(csms, None, password=PASSWORD),
            await _status(csms, pki.client(), password=PASSWORD),
            await _status(csms, pki.client(f"station-{CS}")),
        ]
        assert got == [[101] * 4, [401, 101, 101, 101], [403, 403, 101, 101], [403, 403, 403, 101]][lowest]
        if lowest:
            await _findings(csms, "refused")
        if lowest == 2:
            assert await _status(csms, pki.client()) == 401


async def _pass(operator: httpx.AsyncClient, line: Any, action: str, payload: Any, answer: Any) -> None:
    asking = asyncio.create_task(operator.post(f"/stations/{CS}/calls/{action}", content=json.dumps(payload)))
    await line.answer(answer)
    assert (await asking).status_code == 200


@pytest.mark.req("A05.FR.07", "SEC16:A05.FR.09")
@pytest.mark.parametrize("version", [V16, V201])
async def test_an_upgraded_station_cannot_go_back(pki: Pki, version: str) -> None:
    """From password to TLS: until it has used the new profile both are open, from then on only that; and on to the certificate."""
    profile_2 = {"password": PASSWORD, "version": version}
    async with secured(pki) as (csms, operator):
        await operator.put(f"/stations/{CS}", json={"password": PASSWORD, "registration": "Accepted"})
        async with station(csms, CS, version, password=PASSWORD) as line:
            await line.boot()
            await _upgrade(operator, line, version, 2)
        assert await _status(csms, None, password=PASSWORD) == 101, "it has not used the new one yet"
        assert await _status(csms, pki.client(), **profile_2) == 101
        assert await _status(csms, None, password=PASSWORD) == 403
        assert (await operator.get(f"/stations/{CS}")).json()["securityProfile"] == 2
        async with by_tls(csms, pki.client(), **profile_2) as line:
            await _upgrade(operator, line, version, 3)
        assert await _status(csms, pki.client(f"station-{CS}"), version=version) == 101
        assert await _status(csms, pki.client(), **profile_2) == 403


async def _upgrade(operator: httpx.AsyncClient, line: Any, version: str, profile: int) -> None:
    if version == V16:
        await _pass(
            operator,
            line,
            "ChangeConfiguration",
            {"key": "SecurityProfile", "value": str(profile)},
            {"status": "Accepted"},
        )
        return
    connection = {
        "ocppVersion": "OCPP20",
        "ocppTransport": "JSON",
        "ocppCsmsUrl": "wss://localhost",
        "messageTimeout": 30,
        "securityProfile": profile,
        "ocppInterface": "Wired0",
    }
    slot = {"configurationSlot": profile, "connectionData": connection}
    await _pass(operator, line, "SetNetworkProfile", slot, {"status": "Accepted"})
    name = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "NetworkConfigurationPriority"}}
    priority = {"setVariableData": [name | {"attributeValue": f"{profile},1"}]}
    await _pass(
        operator, line, "SetVariables", priority, {"setVariableResult": [name | {"attributeStatus": "Accepted"}]}
    )


# --- local controllers ----------------------------------------------------------------------------------------------------


async def test_a_local_controller_speaks_for_the_stations_behind_it(pki: Pki) -> None:
    """One certificate, one address, one connection for each station and one for itself (J2:6.2, J2:6.5); not for any other station."""
    async with secured(pki) as (csms, operator):
        for name in ("LC1", CS, "CS002", "CS003"):
            await operator.put(f"/stations/{name}", json={"securityProfile": 3, "registration": "Accepted"})
        own = pki.client("station-LC1")
        assert await _status(csms, own) == 403
        told = await operator.put("/local-controllers/LC1", json={"stations": [CS, "CS002"]})
        assert told.json() == {"controller": "LC1", "stations": [CS, "CS002"]}
        assert (await operator.get("/local-controllers/LC1")).json() == told.json()
        async with by_tls(csms, own, "LC1") as lc, by_tls(csms, own) as one, by_tls(csms, own, "CS002") as two:
            for line in (lc, one, two):
                assert (await line.boot())["status"] == "Accepted"
            assert len(csms.gateway.connected()) == 3
        assert await _status(csms, own, "CS003") == 403
        assert (await operator.delete("/local-controllers/LC1")).status_code == 204
        assert await _status(csms, own) == 403
        assert (await operator.get("/local-controllers/LC1")).status_code == 404


async def test_a_local_controller_may_use_its_password(pki: Pki) -> None:
    """Its own username and password, at the URL of the station; nobody else's."""
    async with secured(pki) as (csms, operator):
        await operator.put("/stations/LC1", json={"password": PASSWORD})
        await operator.put(f"/stations/{CS}", json={"securityProfile": 1})
        await operator.put("/local-controllers/LC1", json={"stations": [CS]})
        own = {"username": "LC1", "password": PASSWORD}
        assert await _status(csms, None, CS, **own) == 101
        assert await _status(csms, None, "LC1", **own) == 101
        assert await _status(csms, None, CS, username="LC1", password="not-the-password-of-it") == 401
        await operator.put("/local-controllers/LC1", json={"stations": []})
        assert await _status(csms, None, CS, **own) == 401


# --- files and settings ---------------------------------------------------------------------------------------------------


async def test_new_certificates_count_from_the_next_handshake_on(tmp_path: Path) -> None:
    """Without a restart; files that make no sense change nothing."""
    pki = Pki.made_in(tmp_path)
    async with secured(pki, plain=False) as (csms, _):
        assert csms.urls.ocpp == csms.urls.ocpp_tls
        serials = [await _serial(csms, pki)]
        make_lab(tmp_path, HOSTS, (), csms.clock.now())
        serials.append(await _serial(csms, pki))
        (tmp_path / "server-ecdsa.pem").write_text("nonsense")
        serials.append(await _serial(csms, pki))
        assert serials[0] != serials[1] == serials[2]


async def _serial(csms: Csms, pki: Pki) -> Any:
    async with by_tls(csms, pki.client()) as line:
        return line.line.transport.get_extra_info("peercert")["serialNumber"]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"tls_port": 0}, "no certificate"),
        ({"plain": False}, "could not connect"),
        ({"tls_port": 0, "tls_certificate": ("/no/such.pem",)}, "/no/such.pem"),
        ({"tls_port": 0, "tls_certificate": ("a", "b"), "tls_key": ("a",)}, "2 TLS certificates and 1 keys"),
    ],
)
async def test_settings_that_make_no_sense_are_told(more: dict[str, Any], told: str) -> None:
    """At the start, with the file."""
    with pytest.raises(ConfigError, match=told):
        async with Csms(settings(**more)):
            pass


async def test_a_bundle_that_is_none_is_told(pki: Pki, tmp_path: Path) -> None:
    """Rather than asking nobody for a certificate."""
    (tmp_path / "empty.pem").write_text("nothing")
    with pytest.raises(ConfigError, match=r"empty\.pem"):
        async with Csms(settings(**pki.settings(tls_client_ca=str(tmp_path / "empty.pem")))):
            pass
