"""A certificate that ends soon is renewed because the CSMS asks for it: real stations at security profile 3, and a lab's CA."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from pilotwire.clock import SystemClock
from pilotwire.csms.app import Csms
from pilotwire.csms.gateway.lab_certificates import new_certificate, pem_of, pem_of_key
from pilotwire.csms.services.certificate_renewals import LOOK
from pilotwire.station.files import MemoryFiles
from tests.support.eventually import eventually
from tests.support.every_action import client_of
from tests.support.raw_station import settings
from tests.support.secure_scene import STATION, SecureScene
from tests.support.station_lab import VERSIONS, Lab, lab

OTHER = "CS002"
DAYS_LEFT, RENEW_DAYS, RENEWED_FOR = 10, 21, 300
TRIGGER, SIGN = "TriggerMessage", "SignChargingStationCertificate"
TRIGGERS = {"1.6": ("ExtendedTriggerMessage", "SignChargePointCertificate"), "2.0.1": (TRIGGER, SIGN)}
"""How each version asks for it; 2.1 as 2.0.1."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> SecureScene:
    """A lab's PKI."""
    return SecureScene(tmp_path_factory.mktemp("pki"))


class _Clock(SystemClock):
    """The machine's, which a test puts on."""

    ahead = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.ahead)

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead


@dataclass
class _Csms:
    """A CSMS whose clock the test puts on, with its operator."""

    csms: Csms
    clock: _Clock
    operator: httpx.AsyncClient
    scene: SecureScene

    async def held(self, station: str = STATION) -> dict[str, Any]:
        """The certificate of a station in the inventory."""
        (kept,) = (await self.operator.get("/certificates", params={"station": station})).json()["items"]
        return dict(kept)

    async def asked(self, station: str, action: str) -> list[Any]:
        """What the station was asked for with an action."""
        which = {"station": station, "action": action, "direction": "out"}
        told = await self.operator.get("/messages", params=which)
        assert told.status_code == 200, told.text
        return [json.loads(each["frame"])[3] for each in told.json()["items"]]

    @asynccontextmanager
    async def station(self, version: str, days_left: int, identity: str = STATION) -> AsyncIterator[Lab]:
        """One that is connected with a certificate of a month ago that has so many days left, and does not renew it by itself."""
        files = _files(self.scene, identity, days_left)
        body = {"registration": "Accepted", "securityProfile": 3}
        assert (await self.operator.put(f"/stations/{identity}", json=body)).is_success
        assert self.csms.urls.ocpp_tls is not None
        url = self.csms.urls.ocpp_tls.replace("127.0.0.1", "localhost")
        how: dict[str, Any] = {"identity": identity, "files": files, "settings": {"certificate_renewal_days": 0}}
        async with lab(url, version, security_profile=3, **how) as one:
            await one.until_accepted()
            yield one


def _files(scene: SecureScene, identity: str, days_left: int) -> MemoryFiles:
    key, begun = ec.generate_private_key(ec.SECP256R1()), SystemClock().now() - timedelta(days=30)
    made = new_certificate(scene.pki._authority(), identity, key, begun, days=30 + days_left)
    files = scene.files()
    files.write("tls/installer-chain.pem", pem_of(made))
    files.write("tls/installer-key.pem", pem_of_key(key))
    return files


@asynccontextmanager
async def _csms(scene: SecureScene) -> AsyncIterator[_Csms]:
    clock = _Clock()
    ca = {"lab_ca_certificate": str(scene.folder / "ca.pem"), "lab_ca_key": str(scene.folder / "ca-key.pem")}
    wanted = scene.pki.settings(no_auth=True, lab_ca_days=RENEWED_FOR, renew_days=RENEW_DAYS, **ca)
    async with Csms(settings(**wanted), clock) as csms, client_of(csms) as operator:
        yield _Csms(csms, clock, operator, scene)


@pytest.mark.req("A02.FR.02", "A02.FR.08")
@pytest.mark.req("SEC16:A02.FR.02", "SEC16:A02.FR.08")
@pytest.mark.parametrize("version", VERSIONS)
async def test_the_csms_has_a_certificate_renewed_before_its_end(scene: SecureScene, version: str) -> None:
    """At its next look: asked, signed, handed over, in the inventory; the station connects with it, for the old one opens nothing more."""
    async with _csms(scene) as it, it.station(version, DAYS_LEFT) as one:
        old = await it.held()
        assert (old["knownBy"], old["daysLeft"], old["askedAt"]) == ("shown", DAYS_LEFT - 1, None)
        action, message = TRIGGERS.get(version, (TRIGGER, SIGN))
        assert await it.asked(STATION, action) == []
        before = one.station.line._peer
        it.clock.ahead = LOOK
        await one.until(lambda: one.station.line.is_up and one.station.line._peer is not before, "connected anew")

        new = await eventually(lambda: _other(it, old), what="the new one in the inventory")
        assert await it.asked(STATION, action) == [{"requestedMessage": message}]
        assert (new["daysLeft"], new["problem"]) == (RENEWED_FOR - 1, None)
        shown = await eventually(lambda: _shown(it), what="the new one, shown at the connection")
        assert shown["id"] == new["id"]
        own = x509.load_pem_x509_certificate(one.station.files.read("tls/station-chain.pem") or b"")
        assert new["serialNumber"] == f"{own.serial_number:x}"
        first = x509.load_pem_x509_certificate(one.station.files.read("tls/installer-chain.pem") or b"")
        assert own.public_key() != first.public_key()

        revoked = pem_of(first).decode()
        told = await it.operator.post(f"/stations/{STATION}/revoked-certificates", json={"certificate": revoked})
        assert told.status_code == 201, told.text
        before = one.station.line._peer
        await one.station.line.close("the test")
        await one.until(lambda: one.station.line.is_up and one.station.line._peer is not before, "connected again")


async def _other(it: _Csms, old: dict[str, Any]) -> dict[str, Any] | None:
    held = await it.held()
    return held if held["id"] != old["id"] else None


async def _shown(it: _Csms) -> dict[str, Any] | None:
    held = await it.held()
    return held if held["knownBy"] == "shown" else None


async def test_a_station_whose_certificate_has_time_is_not_asked(scene: SecureScene) -> None:
    """Of two stations at one look only the one whose certificate ends soon."""
    async with (
        _csms(scene) as it,
        it.station("2.0.1", RENEW_DAYS + 2),
        it.station("1.6", DAYS_LEFT, OTHER) as due,
    ):
        it.clock.ahead = LOOK
        await due.until(lambda: due.station.files.read("tls/station-chain.pem"), "the new certificate of one")
        assert len(await it.asked(OTHER, TRIGGERS["1.6"][0])) == 1
        assert await it.asked(STATION, TRIGGER) == []
        assert (await it.held())["askedAt"] is None
