"""What people do wrong with `pilotwire pki`: a sentence, a remedy, an exit code; never a traceback, and nothing half done."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support.pki_world import a_request, an_office, pki


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority for all, which nothing here changes."""
    folder = tmp_path_factory.mktemp("lab")
    an_office(folder / "ca").close()
    (folder / "good.csr").write_text(a_request())
    lines = a_request().splitlines(keepends=True)
    (folder / "broken.csr").write_text("".join(lines[:2] + lines[3:]))
    forged = a_request().splitlines()
    forged[3] = forged[3][:20] + ("A" if forged[3][20] != "A" else "B") + forged[3][21:]
    (folder / "forged.csr").write_text("\n".join(forged) + "\n")
    (folder / "empty").write_text("")
    (folder / "full").mkdir()
    (folder / "full" / "mine.txt").write_text("x")
    (folder / "register").mkdir()
    (folder / "register" / "ca.sqlite").write_text("nonsense " * 200)
    return folder


CASES = {
    "no authority": (("list", "--dir", "nowhere"), 2, "There is no certificate authority in nowhere"),
    "a folder with other things": (("init", "full"), 2, "is not empty"),
    "a file for a folder": (("init", "empty"), 2, "empty cannot be made"),
    "below a file": (("init", "empty/ca"), 2, "cannot be made"),
    "a register that is none": (("list", "--dir", "register"), 2, "is not a database"),
    "an unknown hierarchy": (("init", "new", "--hierarchy", "cmsm"), 2, "There is no hierarchy 'cmsm'"),
    "an unknown edition": (("init", "new", "--edition", "-3"), 2, "no edition '-3'"),
    "a country that is none": (("init", "new", "--country", "Germany"), 2, "cannot be the subject"),
    "a URL that is none": (("init", "new", "--url", "ca.example"), 2, "is no URL"),
    "half a token": (("init", "new", "--token-label", "x"), 2, "--token-library and --token-label"),
    "an unknown kind": (("issue", "statoin", "SN-1", "--dir", "ca"), 2, "There is no kind of certificate 'statoin'"),
    "a kind nobody here signs": (("issue", "contract", "DE1", "--dir", "ca"), 2, "--hierarchy mo"),
    "an unknown CA": (("issue", "station", "S", "--ca", "x", "--dir", "ca"), 2, "There is no CA x here"),
    "files where none can be": (("issue", "station", "S", "--dir", "ca", "--out", "empty/x"), 2, "cannot be made"),
    "no such file": (("sign", "missing.csr", "--dir", "ca"), 2, "missing.csr cannot be read"),
    "a request that is cut": (("sign", "broken.csr", "--dir", "ca"), 2, "broken.csr: The certificate request cannot"),
    "a forged request": (("sign", "forged.csr", "--dir", "ca"), 2, "forged.csr: The certificate request"),
    "no request": (("sign", "empty", "--dir", "ca"), 2, "holds no certificate"),
    "two words for what": (("show", "empty"), 2, "holds no certificate, request, CRL or private key"),
    "nothing to check": (("check", "good.csr"), 2, "there is no certificate to check"),
    "a day that is none": (("check", "ca/csms-ca.pem", "--at", "31.1.2026"), 2, "'31.1.2026' is no day"),
    "an unknown serial number": (("revoke", "1234", "--dir", "ca"), 2, "No certificate here has the serial number 1234"),
    "an unknown reason": (("revoke", "1234", "--reason", "bored", "--dir", "ca"), 2, "'bored' is no reason"),
    "nothing to renew": (("renew", "nobody", "--dir", "ca"), 2, "nobody"),
    "an unknown CA for a CRL": (("crl", "x", "--dir", "ca"), 2, "There is no CA x here"),
    "cross-signing itself": (("cross-sign", "csms-root", "--by", "csms-root", "--dir", "ca"), 2, "cannot cross-sign itself"),
    "a host that is none": (("serve", "--dir", "ca", "--host", "999.1.1.1"), 2, "cannot listen on 999.1.1.1"),
    "a token too short": (("serve", "--dir", "ca", "--signer-token", "x"), 2, "--signer-token is 'x'"),
    "a user without password": (("serve", "--dir", "ca", "--est-user", "x"), 2, "given together"),
    "a CA by EST": (("serve", "--dir", "ca", "--est-profiles", "csms-ca"), 2, "--est-profiles"),
    "delivering nothing": (("serve", "--dir", "ca", "--deliver", "x"), 2, "--renew-days"),
    "a certificate for TLS that is none": (
        ("serve", "--dir", "ca", "--tls", "--tls-certificate", "empty", "--tls-key", "empty"), 2, "cannot be used for TLS",
    ),
    "EST in plain": (("enroll", "http://127.0.0.1:1", "--name", "S"), 2, "HTTPS only"),
    "a URL of nothing": (("enroll", "ca.example", "--name", "S"), 2, "is no URL of an EST server"),
    "roots that are none": (("enroll", "https://127.0.0.1:1", "--name", "S", "--roots", "empty"), 2, "The roots in"),
    "nobody there": (("enroll", "https://127.0.0.1:1", "--name", "S", "--out", "new"), 2, "cannot be asked"),
    "renewing nothing": (("enroll", "https://127.0.0.1:1", "--name", "S", "--renew"), 2, "is not there"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_said(lab: Path, tmp_path: Path, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words, code, why = CASES[case]
    shutil.copytree(lab, tmp_path, dirs_exist_ok=True)
    shutil.copy(tmp_path / "good.csr", tmp_path / "other.csr")
    if case == "a day that is none":
        shutil.copy(_a_certificate(tmp_path), tmp_path / "ca" / "csms-ca.pem")
    monkeypatch.chdir(tmp_path)
    before = _register(tmp_path)
    said = pki(*words)
    assert said.exit_code == code, said.output
    assert why in said.output
    assert "Traceback" not in said.output
    assert _register(tmp_path) == before
    assert not (tmp_path / "new" / "ca.sqlite").exists()


@pytest.mark.parametrize(
    ("words", "password", "why"),
    [
        (("issue", "station", "S", "--dir", "ca"), "wrong password", "password"),
        (("crl", "--dir", "ca"), "wrong password", "password"),
        (("serve", "--dir", "ca"), "wrong password", "password"),
        (("issue", "station", "S", "--dir", "ca"), "", "there is no terminal to ask"),
        (("init", "other"), "", "there is no terminal to ask"),
        (("init", "other"), "short", "8 characters or more"),
    ],
)
def test_passwords(lab: Path, tmp_path: Path, words: tuple[str, ...], password: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip # noqa: E501
    shutil.copytree(lab, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    before = _register(tmp_path)
    said = pki(*words, PILOTWIRE_PKI_PASSWORD=password)
    assert said.exit_code == 2, said.output
    assert why in said.output
    assert _register(tmp_path) == before
    assert not (tmp_path / "other" / "ca.sqlite").exists()
    assert not list(tmp_path.glob("S*"))


def test_a_password_from_a_file(lab: Path, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("correct horse\n")
    (tmp_path / "none").write_text("\n")
    shutil.copytree(lab / "ca", tmp_path / "ca")
    asks = ("issue", "station", "S", "--dir", tmp_path / "ca", "--out", tmp_path)
    assert pki(*asks, "--password-file", tmp_path / "password", PILOTWIRE_PKI_PASSWORD="").exit_code == 0
    empty = pki(*asks, "--password-file", tmp_path / "none", PILOTWIRE_PKI_PASSWORD="")
    assert (empty.exit_code, "holds no password" in empty.output) == (2, True)
    missing = pki(*asks, "--password-file", tmp_path / "missing")
    assert (missing.exit_code, "cannot be read" in missing.output) == (2, True)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="For the superuser no folder is read-only.")
def test_a_folder_that_is_read_only(lab: Path, tmp_path: Path) -> None:
    shutil.copytree(lab / "ca", tmp_path / "ca")
    for each in (tmp_path / "ca", tmp_path / "ca" / "ca.sqlite"):
        each.chmod(each.stat().st_mode & 0o500)
    try:
        assert pki("list", "--dir", tmp_path / "ca").exit_code == 0
        said = pki("issue", "station", "S", "--dir", tmp_path / "ca", "--out", tmp_path)
        assert (said.exit_code, "cannot be used" in said.output) == (2, True)
        assert not (tmp_path / "S.pem").exists()
    finally:
        (tmp_path / "ca").chmod(0o700)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="There is no /proc, in which nobody can make a folder.")
def test_a_folder_where_nobody_can_write() -> None:
    said = pki("init", "/proc/pilotwire-pki")
    assert (said.exit_code, "cannot be made" in said.output) == (2, True)


def test_an_init_that_fails_half_way_can_be_tried_again(tmp_path: Path) -> None:
    long = "N" * 50  # good for the CAs of the CSMS, too long for those of the manufacturer
    asks = ("init", tmp_path / "ca", "--hierarchy", "csms,manufacturer", "--name")
    said = pki(*asks, long)
    assert (said.exit_code, "cannot be the subject" in said.output) == (2, True)
    assert list((tmp_path / "ca").iterdir()) == []
    assert pki(*asks, "Lab").exit_code == 0


def _a_certificate(folder: Path) -> Path:
    assert pki("issue", "station", "S", "--dir", folder / "ca", "--out", folder / "given").exit_code == 0
    return folder / "given" / "S.pem"


def _register(folder: Path) -> bytes:
    return (folder / "ca" / "ca.sqlite").read_bytes()
