"""Security profile 3 over real TLS: the station is given a new certificate and comes back with it, by itself."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509

from pilotwire.clock import SystemClock
from pilotwire.csms.commands.certificates import Certificates
from pilotwire.domain.provisioning import TriggerStatus
from pilotwire.simulator.building import build_station
from pilotwire.station.settings import StationProgramSettings
from tests.support.eventually import eventually
from tests.support.lab_pki import Pki
from tests.support.station_lab import open_csms


async def test_a_station_comes_back_with_its_new_certificate(tmp_path: Path) -> None:
    lab = tmp_path / "lab"
    pki = Pki.made_in(lab, "CS001")
    ca = {"lab_ca_certificate": str(lab / "ca.pem"), "lab_ca_key": str(lab / "ca-key.pem")}
    async with open_csms(**pki.settings(**ca)) as csms:
        assert csms.urls.ocpp_tls is not None
        settings = StationProgramSettings(
            id="CS001",
            csms=csms.urls.ocpp_tls.replace("127.0.0.1", "localhost"),
            security_profile=3,
            csms_root=str(lab / "ca.pem"),
            certificate=str(lab / "station-CS001.pem"),
            key=str(lab / "station-CS001-key.pem"),
            serial_number="CS001",
            storage=str(tmp_path / "station.db"),
            variables={"OCPPCommCtrlr.RetryBackOffWaitMinimum": "0", "OCPPCommCtrlr.RetryBackOffRandomRange": "0"},
        )
        station = build_station(settings, SystemClock())
        async with station:
            await eventually(lambda: station.core.overview().registration == "Accepted", what="accepted")
            first = station.line._peer
            certificates = Certificates(csms.commander, csms.journal, csms.store, SystemClock())
            outcome = await certificates.trigger("CS001", "SignChargingStationCertificate")
            assert outcome.status is TriggerStatus.ACCEPTED
            await eventually(lambda: station.files.read("tls/station-chain.pem"), what="the new certificate")
            await eventually(lambda: station.line.is_up and station.line._peer is not first, what="connected anew")
            own = x509.load_pem_x509_certificate(station.files.read("tls/station-chain.pem") or b"")
            assert own.subject.rfc4514_string().startswith("CN=CS001")
            assert (
                own.serial_number
                != x509.load_pem_x509_certificate((lab / "station-CS001.pem").read_bytes()).serial_number
            )
            for name in ("chain", "key"):  # only the new one is left to be shown
                station.files.delete(f"tls/installer-{name}.pem")
            second = station.line._peer
            await station.line.close("the test")
            await eventually(lambda: station.line.is_up and station.line._peer is not second, what="once more")
