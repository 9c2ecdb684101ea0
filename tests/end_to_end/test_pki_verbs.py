"""`pilotwire pki`, verb by verb, as a person uses it; OpenSSL judges what comes out."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire.pki import KeyKind, read_certificates
from pilotwire.pki.keys import write_key
from pilotwire.pki.requests import read_csr
from tests.support.pki_world import a_key, a_request, an_office, openssl, pki, same_office


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an authority in `ca` for CSMS and manufacturer."""
    folder = tmp_path_factory.mktemp("lab")
    said = pki(
        "init", folder / "ca", "--hierarchy", "csms,manufacturer", "--organization", "Volta", "--url", "http://ca:8090"
    )
    assert said.exit_code == 0, said.output
    assert "Volta CSMS Root CA" in said.output
    return folder


def data(*arguments: object, **environment: str) -> Any:
    """What a verb says in JSON."""
    said = pki(*arguments, "--json", **environment)
    assert said.exit_code == 0, said.output
    return json.loads(said.stdout)


def verified(folder: Path, name: str, root: str, *more: object) -> None:
    """OpenSSL finds the chain good."""
    roots = ("-CAfile", folder / "ca" / "certificates" / f"{root}.pem")
    told = openssl(
        "verify", "-x509_strict", *more, *roots, "-untrusted", folder / f"{name}.pem", folder / f"{name}.pem"
    )
    assert told.returncode == 0, told.stdout


def test_init_makes_a_folder_for_its_owner_and_openssl_likes_the_cas(made: Path) -> None:
    assert stat.S_IMODE((made / "ca").stat().st_mode) == 0o700
    assert stat.S_IMODE((made / "ca" / "ca.sqlite").stat().st_mode) == 0o600
    cas = made / "ca" / "certificates"
    for root, sub in (("csms-root", "csms-ca"), ("manufacturer-root", "manufacturer-ca")):
        told = openssl("verify", "-x509_strict", "-CAfile", cas / f"{root}.pem", cas / f"{sub}.pem")
        assert told.returncode == 0, told.stdout


@pytest.mark.parametrize(
    ("options", "kinds"),
    [
        (("--hierarchy", "all", "--edition", "-20"), {"EC P-256", "EC P-521"}),
        (("--hierarchy", "csms", "--key", "RSA-2048"), {"RSA 2048"}),
        (("--hierarchy", "mo,oem", "--key", "EC-P384", "--name", "Lab 7"), {"EC P-256"}),
    ],
)
def test_init_in_other_ways(tmp_path: Path, options: tuple[str, ...], kinds: set[str]) -> None:
    cas = data("init", tmp_path / "ca", *options)
    told = data("show", *(tmp_path / "ca" / "certificates").glob("*.pem"))
    assert len(told) == len(cas)
    assert {each["Key"] for each in told} == kinds
    assert all("Lab 7" in each["subject"] for each in cas) is ("--name" in options)


def test_hierarchies_are_added_later_but_not_twice(tmp_path: Path) -> None:
    data("init", tmp_path / "ca", "--organization", "Volta", "--edition", "-20")
    later = data("init", tmp_path / "ca", "--hierarchy", "mo")
    assert {each["name"] for each in later} == {"mo-root", "mo-sub1", "mo-sub2"}
    assert all("O=Volta" in each["subject"] for each in later)
    assert "EC P-521" in pki("show", tmp_path / "ca" / "certificates" / "mo-root.pem").output
    again = pki("init", tmp_path / "ca", "--hierarchy", "mo,oem")
    assert again.exit_code == 2
    assert "has mo-root, mo-sub1, mo-sub2 already" in again.output


def test_issue_a_server_with_a_plain_key_and_a_station_with_an_encrypted_one(made: Path) -> None:
    said = pki(
        *(
            "issue",
            "csms-server",
            "csms.example.org",
            "--host",
            "10.0.0.1",
            "--plain",
            "--dir",
            made / "ca",
            "--out",
            made,
        )
    )
    assert said.exit_code == 0, said.output
    verified(made, "csms.example.org", "csms-root", "-verify_hostname", "csms.example.org", "-purpose", "sslserver")
    verified(made, "csms.example.org", "csms-root", "-verify_ip", "10.0.0.1")
    key = made / "csms.example.org-key.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert openssl("pkey", "-in", key, "-noout").returncode == 0

    told = data("issue", "station", "SN-1", "--days", "30", "--dir", made / "ca", "--out", made)
    verified(made, "SN-1", "csms-root", "-purpose", "sslclient")
    password = told["keyPassword"]
    for right, code in ((password, 0), ("wrong", 1)):
        assert openssl("pkcs12", "-in", made / "SN-1.p12", "-passin", f"pass:{right}", "-noout").returncode == code
        assert openssl("pkey", "-in", made / "SN-1-key.pem", "-passin", f"pass:{right}", "-noout").returncode == code
    shown = data("show", made / "SN-1.p12", PILOTWIRE_PKI_KEY_PASSWORD=password)
    assert [each["kind"] for each in shown] == ["certificate"] * 3 + ["private key"]
    assert "Password of the key: " not in pki(
        *("issue", "station", "SN-2", "--dir", made / "ca", "--out", made), PILOTWIRE_PKI_KEY_PASSWORD="told before"
    ).output  # fmt: skip


def test_sign_a_request_and_refuse_another(made: Path, tmp_path: Path) -> None:
    (tmp_path / "good.csr").write_text(a_request("SN-3"))
    said = pki("sign", tmp_path / "good.csr", "--dir", made / "ca", "--out", made / "SN-3.pem")
    assert said.exit_code == 0, said.output
    verified(made, "SN-3", "csms-root")
    (tmp_path / "der.csr").write_bytes(read_csr(a_request("SN-4")).public_bytes(Encoding.DER))
    printed = pki("sign", tmp_path / "der.csr", "--dir", made / "ca")
    assert len(read_certificates(printed.stdout)) == 2

    before = len(data("list", "--dir", made / "ca"))
    (tmp_path / "bad.csr").write_text(a_request("10.0.0.7", organization=""))
    for more in ((), ("--force", "we need it")):
        refused = pki("sign", tmp_path / "bad.csr", "--dir", made / "ca", *more)
        assert refused.exit_code == 1
        assert "A00.FR.509" in refused.output
        assert "A00.FR.511" in refused.output
    assert len(data("list", "--dir", made / "ca")) == before
    wrong_ca = pki("sign", tmp_path / "good.csr", "--dir", made / "ca", "--ca", "manufacturer-ca")
    assert wrong_ca.exit_code == 2
    assert "signs no certificate of the kind station" in wrong_ca.output


def test_show_every_kind_of_file(made: Path, tmp_path: Path) -> None:
    key = a_key()
    (tmp_path / "request.csr").write_text(a_request("SN-5", key=key))
    (tmp_path / "key.pem").write_bytes(write_key(key))
    assert pki("crl", "csms-ca", "--dir", made / "ca", "--out", tmp_path).exit_code == 0
    said = pki("show", tmp_path / "request.csr", tmp_path / "key.pem", tmp_path / "csms-ca.crl")
    assert said.exit_code == 0, said.output
    for text in ("request.csr: request", "As station", "may be signed", "key.pem: private key", "EC P-256", "CRL"):
        assert text in said.output
    assert "BEGIN" not in said.output


def test_check_finds_every_fault_and_none_in_a_good_chain(made: Path) -> None:
    root = made / "ca" / "certificates" / "csms-root.pem"
    pki("issue", "csms-server", "csms.check", "--plain", "--dir", made / "ca", "--out", made)
    chain = made / "csms.check.pem"
    good = pki("check", chain, "--roots", root, "--host", "csms.check", "--purpose", "server")
    assert (good.exit_code, good.output.splitlines()[0]) == (0, "The chain is good.")
    assert pki("check", chain, made / "csms.check-key.pem", "--roots", root).exit_code == 0

    other = made / "ca" / "certificates" / "manufacturer-root.pem"
    for options, kind in (
        (("--roots", other), {"root-not-trusted", "missing-intermediate"}),
        (("--roots", root, "--host", "elsewhere"), {"host"}),
        (("--roots", root, "--at", "2060-01-01"), {"expired"}),
        (("--roots", root, "--at", "2020-01-01T12:00"), {"not-yet-valid"}),
    ):
        bad = pki("check", chain, *options, "--json")
        assert bad.exit_code == 1
        found = {each["kind"] for each in json.loads(bad.stdout)["defects"] if each["fatal"]}
        assert found & kind
        assert all(each["remedy"] for each in json.loads(bad.stdout)["defects"])
    stranger = made / "stranger-key.pem"
    stranger.write_bytes(write_key(a_key()))
    mixed = pki("check", chain, stranger, "--roots", root)
    assert mixed.exit_code == 1
    assert "private key is not that of the first certificate" in mixed.output


def test_revoke_and_crl_and_openssl_sees_it(made: Path) -> None:
    told = data("issue", "station", "SN-6", "--dir", made / "ca", "--out", made)
    cas = made / "ca" / "certificates"
    revoked = pki("revoke", made / "SN-6.pem", "--reason", "keyCompromise", "--dir", made / "ca")
    assert revoked.exit_code == 0, revoked.output
    assert pki("crl", "--dir", made / "ca", "--out", made).exit_code == 0
    text = openssl("crl", "-in", made / "csms-ca.crl", "-inform", "DER", "-text", "-noout").stdout
    assert told["serial"].upper().lstrip("0") in text.replace(":", "")
    assert "Key Compromise" in text
    bundle = made / "crl-bundle.pem"
    bundle.write_text("".join((cas / f"{each}.pem").read_text() for each in ("csms-root", "csms-ca")))
    bad = openssl("verify", "-crl_check", "-CRLfile", made / "csms-ca.crl.pem", "-CAfile", bundle, made / "SN-6.pem")
    assert bad.returncode != 0
    assert "certificate revoked" in bad.stdout
    checked = pki("check", made / "SN-6.pem", "--roots", cas / "csms-root.pem", "--crl", made / "csms-ca.crl")
    assert checked.exit_code == 1
    assert [each["name"] for each in data("list", "--status", "revoked", "--dir", made / "ca")] == ["SN-6"]
    again = pki("revoke", told["serial"], "--dir", made / "ca")
    assert again.exit_code == 2
    assert "is revoked since" in again.output

    held = data("issue", "station", "SN-7", "--dir", made / "ca", "--out", made)["serial"]
    pki("revoke", held, "--reason", "certificateHold", "--dir", made / "ca")
    assert data("revoke", held, "--release", "--dir", made / "ca")["status"] == "valid"


def test_renew_by_name_what_is_due_and_for_a_server_that_keeps_its_key(made: Path, tmp_path: Path) -> None:
    issued = data(
        "issue", "csms-server", "csms.renew", "--keep", "--days", "20", "--dir", made / "ca", "--out", tmp_path
    )
    assert issued["keyKept"] is True
    (renewed,) = data("renew", "csms.renew", "--days", "25", "--dir", made / "ca", "--out", made)
    assert renewed["serial"] != issued["serial"]
    verified(made, "csms.renew", "csms-root", "-verify_hostname", "csms.renew")
    listed = {each["serial"]: each for each in data("list", "--dir", made / "ca")}
    assert (listed[issued["serial"]]["status"], listed[issued["serial"]]["replacedBy"]) == (
        "replaced",
        renewed["serial"],
    )
    due = data("renew", "--due", "30", "--dir", made / "ca", "--out", tmp_path)
    assert "csms.renew" in {each["name"] for each in due}
    deliver = tmp_path / "deliver"
    assert pki("renew", "--due", "0", "--deliver", deliver, "--dir", made / "ca", "--out", tmp_path).exit_code == 0
    assert {each.name for each in deliver.iterdir()} == {"csms.renew.pem", "csms.renew-key.pem"}
    assert openssl("pkey", "-in", deliver / "csms.renew-key.pem", "-noout").returncode == 0
    for words in ((), ("csms.renew", "--due", "3")):
        assert pki("renew", *words, "--dir", made / "ca").exit_code == 2


def test_cross_sign_leads_to_either_root(tmp_path: Path) -> None:
    an_office(tmp_path / "ca", None, "v2g,mo").close()
    an_office(tmp_path / "theirs", None, "mo").close()
    with same_office(tmp_path / "theirs") as theirs:
        theirs_root = tmp_path / "theirs.pem"
        theirs_root.write_text("".join(each.public_bytes(Encoding.PEM).decode() for each in theirs.chain("mo-root")))
    for what in ("mo-root", theirs_root):
        said = pki("cross-sign", what, "--by", "v2g-root", "--dir", tmp_path / "ca", "--out", tmp_path / "cross.pem")
        assert said.exit_code == 0, said.output
        with same_office(tmp_path / "ca") as office:
            (tmp_path / "v2g.pem").write_bytes(office.chain("v2g-root")[0].public_bytes(Encoding.PEM))
        told = openssl("verify", "-x509_strict", "-CAfile", tmp_path / "v2g.pem", tmp_path / "cross.pem")
        assert told.returncode == 0, told.stdout


def test_the_kinds_of_keys_in_the_help_are_those_there_are() -> None:
    said = pki("init", "--help")
    assert all(each.value in said.output for each in KeyKind)
