"""Stations made through the control port connect with TLS, with the certificates they were given."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import httpx
import pytest

from pilotwire.clock import SystemClock
from pilotwire.simulator.building import make_vehicle
from pilotwire.simulator.planned import build_planned
from pilotwire.station.control import Host, host_api
from tests.support.csms_stage_tls import PASSWORD, STATION, secured
from tests.support.eventually import eventually
from tests.support.lab_pki import Pki


@pytest.mark.parametrize("profile", [2, 3])
async def test_a_station_connects_with_the_certificates_of_its_plan(tmp_path: Path, profile: int) -> None:
    pki = Pki.made_in(tmp_path, STATION)
    async with (
        secured(pki, profile) as (csms, operator),
        Host(partial(build_planned, clock=SystemClock()), make_vehicle) as host,
        httpx.AsyncClient(transport=httpx.ASGITransport(host_api(host)), base_url="http://stations") as tool,
    ):
        plan = {"identity": STATION, "url": csms.urls.ocpp_tls, "securityProfile": profile}
        plan["csmsRoots"] = (tmp_path / "ca.pem").read_text()
        if profile == 2:
            plan["password"] = PASSWORD
        else:
            plan["certificateChain"] = (tmp_path / f"station-{STATION}.pem").read_text()
            plan["privateKey"] = (tmp_path / f"station-{STATION}-key.pem").read_text()
        made = await tool.post("/stations", json=plan)
        assert made.status_code == 201, made.text

        async def connected() -> bool:
            return bool((await operator.get(f"/stations/{STATION}")).json()["connected"])

        await eventually(connected)
        assert (await tool.get(f"/stations/{STATION}/status")).json()["registration"] in ("Accepted", None)


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        ({"url": "ws://127.0.0.1:9", "securityProfile": 2}, "does not go with"),
        ({"url": "wss://127.0.0.1:9", "securityProfile": 0}, "does not go with"),
        ({"url": "ws://127.0.0.1:9", "securityProfile": 1}, "needs a password"),
        ({"url": "wss://127.0.0.1:9", "certificateChain": "x"}, "goes with its key"),
        ({"url": "wss://127.0.0.1:9", "csmsRoots": "no PEM"}, "cannot be"),
    ],
)
async def test_a_plan_whose_security_cannot_be_is_refused(plan: dict[str, object], says: str) -> None:
    async with (
        Host(partial(build_planned, clock=SystemClock()), make_vehicle) as host,
        httpx.AsyncClient(transport=httpx.ASGITransport(host_api(host)), base_url="http://stations") as tool,
    ):
        refused = await tool.post("/stations", json={"identity": "CS-1"} | plan)
        assert (refused.status_code, says in refused.json()["what"]) == (409, True), refused.text
