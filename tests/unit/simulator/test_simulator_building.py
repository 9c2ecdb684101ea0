"""Stations and vehicles from their settings, and the CSMS as the simulator's client sees it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from pilotwire.clock import SystemClock
from pilotwire.csms.api.app import create_api
from pilotwire.csms.app import Csms
from pilotwire.errors import ConfigError, NotReachable, StoreError
from pilotwire.simulator.backend import Backend, BackendRefused
from pilotwire.simulator.building import build_station, make_vehicle, vehicle_from
from pilotwire.station.settings import StationProgramSettings
from tests.support.raw_station import settings


def _settings(folder: Path, **more: Any) -> StationProgramSettings:
    return StationProgramSettings(**({"id": "CS 1/ü", "storage": str(folder / "s.db")} | more))


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_a_station_is_what_its_settings_say(tmp_path: Path, version: str) -> None:
    """Identity, layout, first values of variables, speed."""
    told = _settings(
        tmp_path,
        ocpp=version,
        layout="dc-150-ac-22",
        password="p" * 16,
        variables={"SampledDataCtrlr.TxUpdatedInterval": "7"},
        vendor="Volta",
        serial_number="S1",
    )
    station = build_station(told, SystemClock())
    assert station.identity == "CS 1/ü"
    assert [evse.evse_id for evse in station.layout.evses] == [1, 2]
    assert station.core.variable("SampledDataCtrlr.TxUpdatedInterval") == "7"
    identity = station.settings.identity
    assert (identity.vendor, identity.model, identity.serial_number) == ("Volta", "dc-150-ac-22", "S1")
    assert station.line.endpoint.password == "p" * 16
    await station.stop()


def test_the_storage_is_named_after_the_station(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the identity has in it, the file stays in this folder."""
    monkeypatch.chdir(tmp_path)
    build_station(StationProgramSettings(id="../CS 1"), SystemClock())
    assert [path.name for path in tmp_path.glob("*.db")] == ["___CS_1.station.db"]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"layout": "shed"}, "no station layout 'shed'"),
        ({"variables": {"TxCtrlr.Wrong": "1"}}, "no variable TxCtrlr.Wrong"),
        ({"variables": {"TxCtrlr.EVConnectionTimeOut": "soon"}}, "cannot be 'soon'"),
        ({"csms": "ws://host:port"}, "no OCPP-J endpoint"),
    ],
)
def test_settings_that_make_no_station_are_told(tmp_path: Path, more: dict[str, Any], says: str) -> None:
    """Before anything is said to a CSMS."""
    with pytest.raises(ConfigError, match=says):
        build_station(_settings(tmp_path, **more), SystemClock())


def test_a_storage_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    """A folder that is not there."""
    with pytest.raises(StoreError, match="could not be opened"):
        build_station(_settings(tmp_path, storage=str(tmp_path / "none" / "s.db")), SystemClock())


def test_vehicles_come_from_the_catalogue() -> None:
    """With the battery and the wish they are given, and back from what was saved."""
    vehicle = make_vehicle("hatch-52", soc=40, target_soc=80, energy_wh=5000)
    assert (vehicle.soc_percent, vehicle.wish.target_soc, vehicle.wish.energy_wh) == (40, 80, 5000)
    assert vehicle_from(vehicle.save()).soc_percent == 40
    with pytest.raises(ConfigError, match="horse"):
        make_vehicle("horse", soc=40)


async def test_the_backend_asks_the_rest_api() -> None:
    """Tokens with any characters, stations nobody knows, transactions there are not."""
    async with Csms(settings(no_auth=True), http=create_api) as csms:
        backend = Backend(f"{csms.urls.http}/")
        await backend.put_token("A/B ?#%", "Central")
        assert await backend.transactions("nobody") == []
        with pytest.raises(BackendRefused) as caught:
            await backend.transaction("no/body", "x y")
        assert (caught.value.status, "404" in str(caught.value)) == (404, True)
        with pytest.raises(BackendRefused):
            await backend.request_start("nobody", "A")
        with pytest.raises(BackendRefused):
            await backend.request_stop("nobody", "1")
        await backend.close()


async def test_what_is_no_csms_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody there; somebody else there, who answers with a page."""
    backend = Backend("http://127.0.0.1:9", key="k")
    with pytest.raises(NotReachable, match="does not answer"):
        await backend.transactions("CS")

    async def page(*_: object, **__: object) -> httpx.Response:
        return httpx.Response(200, text="<html>")

    monkeypatch.setattr(backend._http, "request", page)
    with pytest.raises(BackendRefused, match="no JSON"):
        await backend.transactions("CS")
    await backend.close()


async def test_meters_on_modbus_are_in_the_layout(tmp_path: Path) -> None:
    """The main one too, which the layout has not: what they tell is what a CSMS can choose."""
    energy = {"measurand": "Energy.Active.Import.Register", "address": 0}
    loss = {"measurand": "Energy.Active.Import.CableLoss", "address": 2}
    meter = {"port": 1, "devices": {"0": 20, "1": 10}, "registers": [energy, loss], "main_registers": [energy]}
    station = build_station(_settings(tmp_path, ocpp="2.1", meter=meter), SystemClock())
    key = "SampledDataCtrlr.TxUpdatedMeasurands"
    values = next(
        spec.values
        for spec, _ in station.core.variables()
        if f"{spec.name.component}.{spec.name.variable}" == key and spec.name.evse is None
    )
    assert "Energy.Active.Import.CableLoss" in values
    assert "Energy.Apparent.Import" not in values
    assert station.layout.main_meter is not None
    assert not station._equipment.reading(0).known
    await station.stop()
