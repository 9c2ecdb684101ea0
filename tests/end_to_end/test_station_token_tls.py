"""Security profile 3 with a key in a PKCS #11 token: the station's process and our CSMS over real TLS, the token SoftHSM's."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509

from pilotwire.clock import SystemClock
from pilotwire.csms.app import Csms
from pilotwire.csms.commands.certificates import Certificates
from pilotwire.domain.provisioning import TriggerStatus
from tests.support.eventually import eventually
from tests.support.lab_pki import Pki
from tests.support.station_lab import open_csms
from tests.support.station_process import StationProcess, station_process

LIBRARY = Path("/usr/lib/softhsm/libsofthsm2.so")
QUICK = '{"OCPPCommCtrlr.RetryBackOffWaitMinimum": "0", "OCPPCommCtrlr.RetryBackOffRandomRange": "0"}'
_LOOK = """
import sys
from pilotwire.errors import ConfigError
from pilotwire.station.keys import openssl
try:
    openssl.activate(openssl.ProviderPlace(sys.argv[1], "654321"))
except ConfigError as error:
    sys.exit(error.what)
"""


_SHAKE = """
import ssl, sys
from datetime import UTC, datetime
from pathlib import Path
from pilotwire.csms.gateway.lab_certificates import make_lab, new_authority, new_certificate, pem_of
from pilotwire.pki import KeyKind
from pilotwire.station.client_context import client_context
from pilotwire.station.files import MemoryFiles
from pilotwire.station.keys.token import TokenKeys, TokenPlace

library, kind, folder = sys.argv[1], KeyKind[sys.argv[2]], Path(sys.argv[3])
now = datetime.now(UTC)
make_lab(folder, ["localhost"], [], now)
keys = TokenKeys(TokenPlace(library, "station", "654321"))
key = keys.make_key("station", kind)
authority = new_authority("Lab", now)

class Public:
    public_key = staticmethod(lambda: keys.public_key(key))

files = MemoryFiles()
files.write("tls/installer-roots.pem", (folder / "ca.pem").read_bytes())
files.write("tls/station-chain.pem", pem_of(new_certificate(authority, "CS001", Public, now)))
files.write("tls/station-key.pem", keys.pem_for_tls(key))
client = client_context(files, shows_certificate=True)
server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server.load_cert_chain(folder / "server-ecdsa.pem", folder / "server-ecdsa-key.pem")
server.verify_mode = ssl.CERT_REQUIRED
server.load_verify_locations(cadata=pem_of(authority.certificate).decode())
for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
    server.minimum_version = server.maximum_version = version
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(back, there, server_hostname="localhost"),
        server.wrap_bio(there, back, server_side=True),
    ]
    for _ in range(10):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                pass
    print(ends[1].version(), dict(pair for (pair,) in ends[1].getpeercert()["subject"])["commonName"])
print(len(keys.sign(key, b"still")) > 60)
"""


@pytest.fixture
def token(tmp_path: Path) -> dict[str, str]:
    """The environment of a station whose keys are in a token of its own."""
    util = shutil.which("softhsm2-util")
    if util is None or not LIBRARY.exists():
        pytest.skip("SoftHSM is not installed (softhsm2-util): no PKCS #11 token to test with.")
    pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed: pip install 'pilotwire[pkcs11]'.")
    (tmp_path / "tokens").mkdir()
    conf = tmp_path / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {tmp_path}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
    environment = {"SOFTHSM2_CONF": str(conf)}
    made = [util, "--init-token", "--free", "--label", "station", "--so-pin", "123456", "--pin", "654321"]
    subprocess.run(made, check=True, capture_output=True, env={**os.environ, **environment})
    looked = subprocess.run(
        [sys.executable, "-c", _LOOK, str(LIBRARY)],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )
    if looked.returncode:
        pytest.skip(f"{looked.stderr.strip()} (Debian 13: apt install pkcs11-provider.)")
    return environment | {
        "PILOTWIRE_KEY_STORE": "pkcs11",
        "PILOTWIRE_PKCS11_TOKEN": "station",
        "PILOTWIRE_PKCS11_PIN": "654321",
        "PILOTWIRE_VARIABLES": QUICK,
    }


@pytest.mark.parametrize("kind", ["EC_P256", "RSA_2048"])
def test_each_kind_of_key_signs_handshakes_in_its_token(kind: str, tmp_path: Path, token: dict[str, str]) -> None:
    """TLS 1.2 and 1.3; and the token goes on signing what else is to be signed."""
    words = [sys.executable, "-c", _SHAKE, str(LIBRARY), kind, str(tmp_path / "lab")]
    said = subprocess.run(words, capture_output=True, text=True, env={**os.environ, **token}, check=False)
    assert said.stdout.split() == ["TLSv1.2", "CS001", "TLSv1.3", "CS001", "True"], said.stderr


async def _accepted(station: StationProcess) -> None:
    async def so() -> bool:
        return bool((await station.status())["registration"] == "Accepted")

    try:
        await eventually(so, what="accepted")
    except AssertionError as error:
        raise AssertionError(f"{error}; {station.said.decode()}") from None


def _options(csms: Csms, lab: Path) -> list[str]:
    assert csms.urls.ocpp_tls is not None
    url = csms.urls.ocpp_tls.replace("127.0.0.1", "localhost")
    here = ["--id", "CS001", "--csms", url, "--security-profile", "3", "--storage", "cs.db"]
    return [*here, "--csms-root", str(lab / "ca.pem"), "--serial-number", "CS001"]


@pytest.mark.req("A02.FR.05")
async def test_a_station_shows_a_certificate_whose_key_is_in_its_token(tmp_path: Path, token: dict[str, str]) -> None:
    """Set up with a key in a file, it is given a certificate for one made in the token, and has no other from then on."""
    lab = tmp_path / "lab"
    pki = Pki.made_in(lab, "CS001")
    ca = {"lab_ca_certificate": str(lab / "ca.pem"), "lab_ca_key": str(lab / "ca-key.pem")}
    files = tmp_path / "cs.db.files" / "tls"
    async with open_csms(**pki.settings(**ca)) as csms:
        options = _options(csms, lab)
        first = ["--certificate", str(lab / "station-CS001.pem"), "--key", str(lab / "station-CS001-key.pem")]
        async with station_process(tmp_path, *options, *first, **token) as station:
            await station.until_ready()
            await _accepted(station)
            certificates = Certificates(csms.commander, csms.journal, csms.store, SystemClock())
            assert (await certificates.trigger("CS001", "SignChargingStationCertificate")).status is (
                TriggerStatus.ACCEPTED
            )
            await eventually(lambda: (files / "station-chain.pem").exists(), what="the new certificate")
            assert await station.ends(signal.SIGTERM) == 0
        assert b"PKCS#11 PROVIDER URI" in (files / "station-key.pem").read_bytes()
        for name in ("chain", "key"):
            (files / f"installer-{name}.pem").unlink()
        async with station_process(tmp_path, *options, **token) as station:
            await station.until_ready()
            await _accepted(station)
        assert b"Traceback" not in station.said
    shown = x509.load_pem_x509_certificate((files / "station-chain.pem").read_bytes())
    old = x509.load_pem_x509_certificate((lab / "station-CS001.pem").read_bytes())
    assert shown.serial_number != old.serial_number
