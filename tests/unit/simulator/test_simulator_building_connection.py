"""A station built from its settings: what of them the connection has, and what is refused before it starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pilotwire.clock import SystemClock
from pilotwire.errors import ConfigError
from pilotwire.ocpp.soap import SoapVersion
from pilotwire.ocpp.version import OcppVersion
from pilotwire.simulator.building import build_station
from pilotwire.station.app import Station
from pilotwire.station.endpoints import SoapPlace
from pilotwire.station.settings import StationProgramSettings, first_variables, load_settings
from tests.support.eventually import eventually
from tests.support.scripted_csms import scripted_csms
from tests.support.secure_scene import PASSWORD, STATION, SecureScene


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> SecureScene:
    return SecureScene(tmp_path_factory.mktemp("pki"))


def _settings(folder: Path, **given: Any) -> StationProgramSettings:
    return load_settings({"id": STATION, "storage": str(folder / "station.db"), **given})


def _built(folder: Path, **given: Any) -> Station:
    return build_station(_settings(folder, **given), SystemClock())


def test_settings_of_their_own_are_first_values_of_variables(tmp_path: Path) -> None:
    """`variables` goes before them; what was not said is not set."""
    settings = _settings(
        tmp_path,
        connection_type="Cellular",
        keep_alive=0,
        force_heartbeat=True,
        tcp_watchdog_timeout=600,
        variables={"InstallerCtrlr.TcpWatchdogTimeout": "700"},
    )
    assert first_variables(settings) == {
        "InstallerCtrlr.ConnectionType": "Cellular",
        "OCPPCommCtrlr.WebSocketPingInterval": "0",
        "InstallerCtrlr.ForceHeartbeat": "true",
        "InstallerCtrlr.TcpWatchdogTimeout": "700",
    }


@pytest.mark.parametrize("name", ["connection_timeout", "tcp_watchdog_timeout", "security_profile", "keep_alive"])
def test_what_cannot_be_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="--" + name.replace("_", "-")):
        _settings(tmp_path, **{name: -1})


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"security_profile": 2}, "does not go with"),
        ({"csms": "wss://csms.example", "security_profile": 1}, "does not go with"),
        ({"security_profile": 1}, "needs a password"),
        ({"csms": "wss://csms.example", "certificate": "own.pem"}, "goes with its key"),
        ({"csms": "wss://csms.example", "csms_root": "nowhere.pem"}, "cannot be read"),
    ],
    ids=["tls-without-tls", "no-tls-with-tls", "no-password", "no-key", "no-file"],
)
def test_what_does_not_go_together_is_told(tmp_path: Path, given: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        _built(tmp_path, **given)


def test_a_file_that_is_no_certificate_is_told(tmp_path: Path) -> None:
    (tmp_path / "root.pem").write_text("no certificate")
    with pytest.raises(ConfigError, match="cannot be used"):
        _built(tmp_path, csms="wss://csms.example", csms_root=str(tmp_path / "root.pem"))


async def test_all_of_it_from_the_command_line_to_the_handshake(tmp_path: Path, scene: SecureScene) -> None:
    """Certificates, modem, version and proxyless TLS: the CSMS sees what was said."""
    async with scripted_csms("2.0.1", tls=scene.server().context) as csms:
        station = _built(
            tmp_path,
            csms=csms.url,
            ocpp="2.1",
            older_ocpp=True,
            password=PASSWORD,
            csms_root=str(scene.folder / "ca.pem"),
            iccid="8944",
            imsi="2620",
            serial_number="PW-0001",
        )
        assert station.line.endpoint.versions == (OcppVersion.V201,)
        async with station:
            (boot,) = await csms.until_heard("BootNotification")
            await eventually(lambda: station.line.is_up, what="up")
    told = boot["chargingStation"]
    assert told["modem"] == {"iccid": "8944", "imsi": "2620"}
    assert (told["serialNumber"], boot["reason"]) == ("PW-0001", "PowerUp")
    assert csms.passwords == [PASSWORD]


# --- OCPP-S -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "version"),
    [({"ocpp": "1.6", "transport": "soap"}, SoapVersion.V16), ({"ocpp": "1.5"}, SoapVersion.V15)],
    ids=["1.6", "1.5"],
)
def test_a_station_of_soap_knows_where_it_listens(tmp_path: Path, given: dict[str, Any], version: SoapVersion) -> None:
    """The messages of 1.5 are those of 1.6."""
    where = {"soap_host": "0.0.0.0", "soap_port": 8181, "soap_url": "https://cp.example/ocpp", "soap_tls": True}
    station = _built(tmp_path, csms="http://csms.example/ocpp", **given, **where)
    place = station.line.endpoint.soap
    assert place == SoapPlace(version=version, host="0.0.0.0", port=8181, url="https://cp.example/ocpp", tls=True)
    assert station.line.version is OcppVersion.V16


@pytest.mark.parametrize(
    ("given", "says"),
    [
        pytest.param({"ocpp": "2.1", "transport": "soap"}, "not spoken by SOAP", id="version"),
        pytest.param({"ocpp": "1.6", "transport": "soap", "csms": "ws://x"}, "no endpoint of OCPP-S", id="url-of-json"),
        pytest.param({"ocpp": "1.6", "csms": "http://x"}, "no OCPP-J endpoint", id="url-of-soap"),
        pytest.param(
            {"ocpp": "1.5", "csms": "http://x", "security_profile": 2}, "Give a URL with https://", id="profile-2"
        ),
        pytest.param(
            {"ocpp": "1.5", "csms": "https://x", "security_profile": 0}, "Give a URL with http://", id="profile-0"
        ),
    ],
)
def test_what_does_not_go_by_soap_is_told(tmp_path: Path, given: dict[str, Any], says: str) -> None:
    """Before anything is started."""
    with pytest.raises(ConfigError) as caught:
        _built(tmp_path, **given)
    assert says in str(caught.value)
