"""A station of ours and our CSMS with a lab's CA, over a real socket: triggered, signed, handed over, stored, connected with."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from pilotwire.clock import SystemClock
from pilotwire.csms.commands.certificates import Certificates
from pilotwire.csms.gateway.lab_certificates import make_lab
from pilotwire.domain.certificates import CertificateKind, CertificateSigned, CertificateSignedOutcome, SigningUse
from pilotwire.domain.provisioning import TriggerStatus
from tests.support.station_lab import VERSIONS, lab, open_csms


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_csms_has_a_certificate_made_for_the_station(version: str, tmp_path: Path) -> None:
    make_lab(tmp_path, ["localhost"], [], SystemClock().now())
    ca = {"lab_ca_certificate": str(tmp_path / "ca.pem"), "lab_ca_key": str(tmp_path / "ca-key.pem")}
    root = (tmp_path / "ca.pem").read_text()
    async with open_csms(**ca) as csms, lab(csms.urls.ocpp, version) as here:
        await here.until_accepted()
        certificates = Certificates(csms.commander, csms.journal, csms.store, SystemClock())
        await certificates.install("CS001", CertificateKind.CSMS_ROOT, root)
        (known,) = (await certificates.installed("CS001", (CertificateKind.CSMS_ROOT,))).certificates
        assert known.certificate.serial_number == f"{x509.load_pem_x509_certificate(root.encode()).serial_number:x}"
        outcome = await certificates.trigger("CS001", "SignChargingStationCertificate")
        assert outcome.status is TriggerStatus.ACCEPTED
        files = here.station.files
        await here.until(lambda: files.read("tls/station-chain.pem"), "the new certificate")
        own = x509.load_pem_x509_certificate(files.read("tls/station-chain.pem") or b"")
        own.verify_directly_issued_by(x509.load_pem_x509_certificate(root.encode()))
        assert files.read("tls/station-key.pem")
        assert files.read("tls/csms-roots.pem") == root.encode()


async def test_a_certificate_near_its_end_is_renewed_without_anybody_asking(tmp_path: Path) -> None:
    make_lab(tmp_path, ["localhost"], [], SystemClock().now())
    ca = {"lab_ca_certificate": str(tmp_path / "ca.pem"), "lab_ca_key": str(tmp_path / "ca-key.pem")}
    async with (
        open_csms(**ca, lab_ca_days=20) as csms,
        lab(csms.urls.ocpp, settings={"certificate_renewal_days": 10}) as here,
    ):
        await here.until_accepted()
        certificates = Certificates(csms.commander, csms.journal, csms.store, SystemClock())
        await certificates.trigger("CS001", "SignChargingStationCertificate")
        files = here.station.files
        await here.until(lambda: files.read("tls/station-chain.pem"), "the first certificate")
        first = files.read("tls/station-chain.pem")
        later = SystemClock().now() + timedelta(days=11)
        here.station._guarded(lambda _: here.station.core.tick(later))
        await here.until(lambda: files.read("tls/station-chain.pem") != first, "the second certificate")


async def test_a_certificate_of_somebody_else_is_rejected(tmp_path: Path) -> None:
    make_lab(tmp_path, ["localhost"], ["CS001"], SystemClock().now())
    async with open_csms() as csms, lab(csms.urls.ocpp) as here:
        await here.until_accepted()
        command = CertificateSigned(chain=(tmp_path / "station-CS001.pem").read_text(), use=SigningUse.CHARGING_STATION)
        outcome = await csms.commander.ask("CS001", command, CertificateSignedOutcome)
        assert outcome.status == "Rejected"
        assert here.station.files.read("tls/station-chain.pem") is None
