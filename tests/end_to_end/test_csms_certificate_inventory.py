"""What the CSMS knows of stations' certificates, and who does not get past its door."""

from __future__ import annotations

import base64
import ssl
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from pilotwire.clock import SystemClock
from pilotwire.csms.gateway.lab_certificates import new_certificate, pem_of, pem_of_key
from tests.support.csms_stage import STATION, backend
from tests.support.csms_stage_tls import PASSWORD, secured, secured_line
from tests.support.eventually import eventually
from tests.support.lab_pki import Pki
from tests.support.raw_station import BOOT

SERIAL = "SN-4711"


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """A lab with client certificates for the station's identity, and for its serial number."""
    return Pki.made_in(tmp_path_factory.mktemp("pki"), STATION, SERIAL)


async def test_the_certificate_a_station_connects_with_is_in_the_inventory(pki: Pki) -> None:
    """With the days that are left; the same one again is not told twice."""
    async with secured(pki, 3) as (_csms, operator):
        assert (await operator.get("/certificates")).json() == {"items": [], "nextCursor": None}
        for _ in range(2):
            async with secured_line(_csms, pki.client(f"station-{STATION}")) as cs:
                await cs.boot()
        (kept,) = (await operator.get("/certificates")).json()["items"]
        assert (kept["station"], kept["certificateType"]) == (STATION, "ChargingStationCertificate")
        assert (kept["knownBy"], kept["problem"]) == ("shown", None)
        assert 300 < kept["daysLeft"] < 800
        assert (await operator.get("/certificates", params={"dueWithin": 30})).json()["items"] == []
        within = await operator.get("/certificates", params={"dueWithin": kept["daysLeft"], "station": STATION})
        assert within.json()["items"] == [kept]
        assert (await operator.get("/certificates", params={"dueWithin": "soon"})).status_code == 422


@pytest.mark.req("A00.FR.511", "A00.FR.405")
async def test_the_serial_number_a_station_told_is_a_name_of_its_certificate(pki: Pki) -> None:
    """Before it told one, only its identity is; a certificate for somebody else's serial number is not its own."""
    known = BOOT["ocpp2.0.1"]
    boot: dict[str, Any] = known | {"chargingStation": known["chargingStation"] | {"serialNumber": SERIAL}}
    by_serial = pki.client(f"station-{SERIAL}")
    async with secured(pki, 0) as (csms, operator):
        with pytest.raises(InvalidStatus, match="403"):
            async with secured_line(csms, by_serial):
                pass
        told = await operator.get("/security-events", params={"station": STATION})
        assert [each["type"] for each in told.json()] == ["InvalidChargingStationCertificate"]
        async with secured_line(csms, pki.client(), _basic(PASSWORD)) as cs:
            await cs.ask("BootNotification", boot)
        async with secured_line(csms, by_serial) as cs:
            assert (await cs.ask("BootNotification", boot))["status"] == "Accepted"
        await operator.put(f"/stations/{STATION}", json={"registration": "Accepted", "securityProfile": 3})
        async with secured_line(csms, by_serial) as cs:
            await cs.ask("BootNotification", boot)


async def test_wrong_passwords_cost_more_and_more_time(pki: Pki) -> None:
    """The right one of the same address has to wait too; nothing is locked for good."""
    async with secured(pki, 1) as (csms, _):
        right, wrong = _basic(PASSWORD), _basic("a-wrong-password-of-yesterday")
        statuses = [await _status(csms.urls.ocpp, wrong) for _ in range(12)]
        assert statuses == [401] * 11 + [429]
        assert await _status(csms.urls.ocpp, right) == 429
        await eventually(lambda: _is_in(csms.urls.ocpp, right), what="the station gets in after a moment")


async def test_the_server_certificate_is_chosen_by_the_name_that_is_asked_for(pki: Pki, tmp_path: Path) -> None:
    """Two names, each with an ECDSA certificate; who asks for neither gets the first."""
    files = {}
    for name in ("one.example.org", "two.example.org"):
        key = ec.generate_private_key(ec.SECP256R1())
        made = new_certificate(pki._authority(), name, key, SystemClock().now(), days=30, hosts=[name])
        (tmp_path / f"{name}.pem").write_bytes(pem_of(made) + pem_of_key(key))
        files[name] = str(tmp_path / f"{name}.pem")
    async with backend(tls_port=0, tls_certificate=tuple(files.values()), tls_key=tuple(files.values())) as (csms, _):
        shown = {name: await _shown(pki, csms.urls.ocpp_tls or "", name) for name in (*files, "three.example.org")}
    assert shown == {
        "one.example.org": "one.example.org",
        "two.example.org": "two.example.org",
        "three.example.org": "one.example.org",
    }


async def _shown(pki: Pki, url: str, name: str) -> str:
    context = pki.client(check_hostname=False)
    async with connect(f"{url}/X", ssl=context, server_hostname=name, subprotocols=["ocpp2.0.1"], proxy=None) as line:  # type: ignore[list-item]
        tls: ssl.SSLObject = line.transport.get_extra_info("ssl_object")
        certificate: Any = tls.getpeercert()
        return str(dict(part for parts in certificate["subject"] for part in parts)["commonName"])


def _basic(password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{STATION}:{password}".encode()).decode()}


async def _status(url: str, headers: dict[str, str]) -> int:
    try:
        async with connect(
            f"{url}/{STATION}",
            additional_headers=headers,
            subprotocols=["ocpp2.0.1"],
            proxy=None,  # type: ignore[list-item]
        ):
            return 101
    except InvalidStatus as refused:
        return int(refused.response.status_code)


async def _is_in(url: str, headers: dict[str, str]) -> bool:
    return await _status(url, headers) == 101
