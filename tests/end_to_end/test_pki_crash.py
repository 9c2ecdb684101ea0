"""`kill -9` while certificates are issued: what was handed out is in the register, and the authority goes on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pilotwire.ca import Status
from pilotwire.ca.enrolling import Wanted, issue_with_key
from pilotwire.ca.revoking import current_crl
from pilotwire.pki import read_certificates
from pilotwire.pki.revocation import read_crl
from tests.support.pki_world import PASSWORD, an_office, process_environment, same_office

ISSUING = """
import sys
from pathlib import Path
from pilotwire.ca import Office
from pilotwire.ca.enrolling import Wanted, issue_with_key
from pilotwire.ca.safe import told
from pilotwire.clock import SystemClock

office = Office.open(Path(sys.argv[1]), told(sys.argv[2]), SystemClock())
number = 0
while True:
    number += 1
    issued, _ = issue_with_key(office, Wanted("station", f"SN-{sys.argv[3]}-{number}"), "me", keep_as=f"SN-{sys.argv[3]}-{number}")
    print(office.handed_out(issued), flush=True)
"""
_ENOUGH = (3, 7, 12)


def killed_after(folder: Path, certificates: int) -> list[str]:
    """Serial numbers of what a program handed out before it was killed, in the middle of the next."""
    process = subprocess.Popen(
        [sys.executable, "-c", ISSUING, str(folder), PASSWORD, str(certificates)],
        env=process_environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    told = ""
    while told.count("END CERTIFICATE") < 2 * certificates:
        line = process.stdout.readline()
        assert line, "the program ended by itself"
        told += line
    process.kill()
    told += process.stdout.read()
    process.wait()
    whole = told[: told.rindex("-----END CERTIFICATE-----") + len("-----END CERTIFICATE-----")]
    return [f"{each.serial_number:x}" for each in read_certificates(whole)]


def test_what_was_handed_out_is_in_the_register_after_a_kill(tmp_path: Path) -> None:
    an_office(tmp_path / "ca").close()
    handed: set[str] = set()
    for certificates in _ENOUGH:
        handed |= set(killed_after(tmp_path / "ca", certificates))
    with same_office(tmp_path / "ca") as office:
        kept = office.book.all()
        assert len({each.serial for each in kept}) == len(kept)
        assert handed <= {each.serial for each in kept}
        assert sum(each.profile == "station" for each in kept) >= sum(_ENOUGH)
        now = office.clock.now()
        for each in kept:
            assert each.status(now) is Status.VALID
            if each.key:
                assert office.safe.open(each.key).public_key() == each.certificate.public_key()
        issued, _ = issue_with_key(office, Wanted("station", "SN-after"), "me")
        assert office.book.get(issued.serial) == issued
        assert len(read_crl(current_crl(office, "csms-ca"))) == 0
