"""CAs whose keys are in a PKCS #11 token. The token is SoftHSM's, where that is installed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pilotwire.ca import Office
from pilotwire.ca.enrolling import Wanted, issue_with_key
from pilotwire.ca.founding import Plan, found, hierarchies_of
from pilotwire.ca.renewing import newest, renew
from pilotwire.ca.revoking import answer_ocsp, new_crl
from pilotwire.ca.safe import told
from pilotwire.clock import SystemClock
from pilotwire.errors import ConfigError
from pilotwire.pki import KeyKind, pem_of
from pilotwire.pki.ocsp import Standing, make_request
from pilotwire.pki.ocsp_verdict import check_response
from pilotwire.pki.revocation import check_crl
from pilotwire.tokens import KeyLost
from tests.support.pki_world import openssl, pki

LIBRARY = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "654321"
TOKEN = (str(LIBRARY), "authority")


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A token of its own in a folder, deleted with it."""
    util = shutil.which("softhsm2-util")
    if util is None or not LIBRARY.exists():
        pytest.skip("SoftHSM is not installed (softhsm2-util): no PKCS #11 token to test with.")
    pkcs11 = pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed: pip install 'pilotwire[pkcs11]'.")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    conf = folder / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(conf))
        made = [util, "--init-token", "--free", "--label", TOKEN[1], "--so-pin", "123456", "--pin", PIN]
        subprocess.run(made, check=True, capture_output=True)
        pkcs11.lib(str(LIBRARY)).finalize()  # the library reads where its tokens are when it begins, once in a process
        yield folder
        pkcs11.lib(str(LIBRARY)).finalize()


def in_token(folder: Path, key: KeyKind | None = None, edition: str = "-2", hierarchies: str = "csms") -> Office:
    office = Office.create(folder, told(password="correct horse", pin=PIN), SystemClock(), TOKEN)
    found(office, Plan(hierarchies_of(hierarchies), "Volta", key=key, edition=edition), "a test")  # type: ignore[arg-type]
    return office


@pytest.mark.parametrize(
    ("key", "edition", "hierarchies", "kind", "ca"),
    [
        (None, "-2", "csms", "station", "csms-ca"),
        (None, "-20", "v2g", "secc", "cpo-sub2"),
        (KeyKind.RSA_2048, "-2", "manufacturer", "firmware", "manufacturer-ca"),
    ],
)
def test_a_token_signs_all_an_authority_signs_and_openssl_agrees(
    token: Path, tmp_path: Path, key: KeyKind | None, edition: str, hierarchies: str, kind: str, ca: str
) -> None:
    with in_token(tmp_path / "ca", key, edition, hierarchies) as office:
        issued, _ = issue_with_key(office, Wanted(kind, "SN-1"), "me")
        chain = office.chain_of(issued)
        for name, certificates in (("own", chain[:1]), ("subs", chain[1:-1]), ("root", chain[-1:])):
            (tmp_path / f"{name}.pem").write_text(pem_of(*certificates))
        files = ("-CAfile", tmp_path / "root.pem", "-untrusted", tmp_path / "subs.pem", tmp_path / "own.pem")
        told_by_openssl = openssl("verify", "-x509_strict", *files)
        assert told_by_openssl.returncode == 0, told_by_openssl.stdout
        check_crl(new_crl(office, ca), office.chain(ca)[0], office.clock.now())
        response, _ = answer_ocsp(office, make_request(issued.certificate, chain[1]))
        assert check_response(response, issued.certificate, chain[1], office.clock.now()).standing is Standing.GOOD
        assert not (tmp_path / "ca" / "keys").exists()


def test_it_opens_again_with_its_pin_and_renews(token: Path, tmp_path: Path) -> None:
    in_token(tmp_path / "ca").close()
    with Office.open(tmp_path / "ca", told(pin=PIN), SystemClock()) as office:
        old = office.chain("csms-ca")[0]
        assert renew(office, newest(office, "csms-ca"), "me", days=4000).certificate.public_key() == old.public_key()
        office.safe._opened_token().delete(office.record("csms-ca").key.removeprefix("token:"))
    with (
        Office.open(tmp_path / "ca", told(pin=PIN), SystemClock()) as office,
        pytest.raises(KeyLost, match="has no key csms-ca-"),
    ):
        issue_with_key(office, Wanted("station", "SN-1"), "me")


def test_a_wrong_pin_or_token_is_a_sentence_and_leaves_nothing_behind(token: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="PinIncorrect"):
        Office.create(tmp_path / "a", told(pin="000000"), SystemClock(), TOKEN).safe.make("x", KeyKind.EC_P256)
    options = ("--token-library", LIBRARY, "--token-label")
    for label, pin, why in (("authority", "000000", "PinIncorrect"), ("another", PIN, "another")):
        said = pki("init", tmp_path / "b", *options, label, PILOTWIRE_PKI_PIN=pin)
        assert said.exit_code == 2
        assert why in said.output
    said = pki("init", tmp_path / "b", *options, "authority", PILOTWIRE_PKI_PIN=PIN)
    assert said.exit_code == 0, said.output
    said = pki("issue", "station", "SN-1", "--dir", tmp_path / "b", "--out", tmp_path, PILOTWIRE_PKI_PIN="000000")
    assert said.exit_code == 2
    assert "PinIncorrect" in said.output
    assert not (tmp_path / "SN-1.pem").exists()
    said = pki(
        "init", tmp_path / "c", "--token-library", tmp_path / "no.so", "--token-label", "x", PILOTWIRE_PKI_PIN=PIN
    )
    assert said.exit_code == 2
    assert "There is no PKCS #11 library" in said.output
