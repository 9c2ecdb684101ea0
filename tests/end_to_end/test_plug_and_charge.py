"""Plug & Charge from nothing: PKI, contract pool, CSMS, station and vehicle, each over its own wire."""

from __future__ import annotations

from pathlib import Path

import pytest

from pilotwire.clock import SystemClock
from pilotwire.csms.api.app import create_api
from pilotwire.csms.app import Csms
from pilotwire.csms.settings import CsmsSettings
from pilotwire.domain.provisioning import UnknownStations
from pilotwire.ev.iso15118.wallet import FolderWallet
from pilotwire.simulator.backend import Backend
from pilotwire.simulator.plug_and_charge import EMAID, MobilitySide, charge_by_plug

SPEED = 300


@pytest.mark.req("M01.FR.01")
async def test_a_vehicle_that_has_never_seen_the_station_is_billed_to_its_emaid(tmp_path: Path) -> None:
    async with MobilitySide(tmp_path, SystemClock()) as side:
        settings = CsmsSettings(
            ocpp_port=0,
            http_port=0,
            database="memory:",
            unknown_stations=UnknownStations.ACCEPT,
            no_auth=True,
            contracts_url=side.contracts_url,
            contracts_token=side.token,
        )
        async with Csms(settings, SystemClock(), http=create_api) as csms:
            backend = Backend(f"http://127.0.0.1:{csms.http_port}")
            told: list[str] = []
            url = f"ws://127.0.0.1:{csms.ocpp_port}"
            visit = await charge_by_plug(side, url, backend, tmp_path, told.append, SPEED)
            await backend.close()
        wallet = FolderWallet(side.wallet)
        assert [one.certificate.subject for one in wallet.contracts()]
    assert visit.right, visit
    assert visit.booked_for == EMAID.replace("-", "")
    assert any("contract has come" in one for one in told)
    assert visit.report is not None
    assert visit.report.findings == []
    assert visit.report.tls == "TLSv1.2"
