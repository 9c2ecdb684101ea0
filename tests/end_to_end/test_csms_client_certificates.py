"""What a client certificate is held against while a station is connected: the operator's revocations, and the serial number at boot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.support.csms_stage import STATION
from tests.support.csms_stage_tls import secured, secured_line
from tests.support.eventually import eventually
from tests.support.lab_pki import Pki
from tests.support.raw_station import BOOT

_REVOKED = f"/stations/{STATION}/revoked-certificates"


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """A lab with the station's client certificate."""
    return Pki.made_in(tmp_path_factory.mktemp("pki"), STATION, "CS002")


def _pem(pki: Pki, station: str = STATION) -> str:
    return Path(pki.folder / f"station-{station}.pem").read_text()


def _boot(serial: str) -> dict[str, Any]:
    known = BOOT["ocpp2.0.1"]
    return known | {"chargingStation": known["chargingStation"] | {"serialNumber": serial}}


@pytest.mark.req("A00.FR.705", "SEC16:A00.FR.704")
async def test_a_certificate_revoked_by_an_operator_closes_the_connection_and_opens_none(pki: Pki) -> None:
    """At once (A00, note 2 of certificate revocation); a revocation taken back counts from the next handshake on."""
    own = pki.client(f"station-{STATION}")
    async with secured(pki, 3) as (csms, operator):
        async with secured_line(csms, own) as cs:
            assert (await cs.boot())["status"] == "Accepted"
            told = await operator.post(_REVOKED, json={"certificate": _pem(pki), "reason": "sold"})
            assert told.status_code == 201, told.text
            assert await cs.ending() == (1008, "the certificate of this station was revoked")
            assert (await operator.get(f"/stations/{STATION}")).json()["connected"] is False
        with pytest.raises(InvalidStatus, match="403"):
            async with secured_line(csms, own):
                pass
        (listed,) = (await operator.get(_REVOKED)).json()["items"]
        assert listed == told.json()
        assert listed["reason"] == "sold"
        (found,) = [each for each in await csms.store.findings(STATION) if each.rule == "gateway:revoked"]
        assert "an operator of this CSMS revoked it at" in found.what
        assert (await operator.delete(f"{_REVOKED}/{listed['id']}")).status_code == 204
        assert (await operator.delete(f"{_REVOKED}/{listed['id']}")).status_code == 404
        async with secured_line(csms, own) as cs:
            assert (await cs.boot())["status"] == "Accepted"


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({}, 422, "give either request or certificate"),
        ({"certificate": "nonsense"}, 422, "cannot be read as a certificate"),
        ({"certificate": "CS002"}, 422, "it is for CS002"),
        ({"request": "0123456789abcdef"}, 404, "has no request 0123456789abcdef"),
    ],
)
async def test_what_cannot_be_revoked(pki: Pki, body: dict[str, str], status: int, said: str) -> None:
    """A sentence says what is wrong with it."""
    if body.get("certificate") == "CS002":
        body = {"certificate": _pem(pki, "CS002")}
    async with secured(pki, 3) as (_, operator):
        answer = await operator.post(_REVOKED, json=body)
        assert answer.status_code == status
        assert said in answer.text


@pytest.mark.req("B01.FR.11", "B01.FR.12")
async def test_the_serial_number_is_that_of_the_certificate(pki: Pki) -> None:
    """With another one the connection is closed; the right one, or none, is accepted. 1.6 knows no such rule."""
    own = pki.client(f"station-{STATION}")
    async with secured(pki, 3) as (csms, _):
        for boot in (_boot(STATION), BOOT["ocpp2.0.1"]):
            async with secured_line(csms, own) as cs:
                assert (await cs.ask("BootNotification", boot))["status"] == "Accepted"
        async with secured_line(csms, own) as cs:
            await cs.say([2, "boot", "BootNotification", _boot("SN-4711")])
            assert await cs.ending() == (1008, "serial number")

        async def found() -> bool:
            return any(each.rule == "B01.FR.12" and "SN-4711" in each.what for each in await _findings(csms))

        await eventually(found, what="the finding")
        async with secured_line(csms, own, version="ocpp1.6") as cs:
            boot = BOOT["ocpp1.6"] | {"chargePointSerialNumber": "SN-4711"}
            assert (await cs.ask("BootNotification", boot))["status"] == "Accepted"


async def _findings(csms: Any) -> Any:
    return await csms.store.findings(STATION)
