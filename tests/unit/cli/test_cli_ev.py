"""What `pilotwire ev` makes of its options, and its sentences for what cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pilotwire.cli import app
from pilotwire.cli.ev_wishes import address_of
from pilotwire.errors import ConfigError
from pilotwire.ev.app import Address
from pilotwire.ev.catalogue import VEHICLES
from pilotwire.iso15118.signed_parts import Edition
from tests.support import v2g_pki
from tests.support.ev_stage import pem, put

TO = ("--to", "[::1]:1")


def _run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["ev", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def test_the_catalogue_is_listed() -> None:
    code, said, _ = _run("vehicles")
    assert code == 0
    assert all(name in said for name in VEHICLES)
    assert "3 x 16 A" in said


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ((), "The vehicle needs to know where to go."),
        (("lo", *TO), "Both an interface and --to were given."),
        (("no-such-interface",), "There is no network interface 'no-such-interface'."),
        (("--to", "192.0.2.1:61851"), "--to 192.0.2.1:61851 is no IPv6 address with a port."),
        (("--to", "[::1]:70000"), "--to [::1]:70000 is no IPv6 address with a port."),
        ((*TO, "--vehicle", "cart"), "There is no vehicle model 'cart'."),
        ((*TO, "--ac", "--vehicle", "bus-350"), "The vehicle bus-350 cannot charge AC."),
        ((*TO, "--dc", "--bpt"), "The vehicle family-77 gives nothing back by DC."),
        ((*TO, "--bpt", "--iso2", "--vehicle", "v2x-ac-60"), "--bpt is only in ISO 15118-20."),
        ((*TO, "--dynamic", "--din"), "--dynamic is only in ISO 15118-20."),
        ((*TO, "--pnc"), "--pnc needs certificates."),
        ((*TO, "--install"), "--install needs certificates."),
        ((*TO, "--wallet", "/no/such/folder"), "The wallet /no/such/folder is no folder."),
        ((*TO, "--evccid", "XYZ"), "--evccid XYZ is no MAC address."),
        ((*TO, "--evccid", "0102"), "An EVCCID is a MAC address: six bytes."),
        ((*TO, "--pause-after", "1"), "A paused session would be lost with this process."),
        ((*TO, "--wake-after", "1"), "--wake-after needs a pause."),
        ((*TO, "--resume"), "--resume needs a paused session."),
        ((*TO, "--resume", "--pause-file", "x", "--soc", "3"), "--soc cannot be given with --resume"),
        ((*TO, "--resume", "--pause-file", "/no/such/file"), "There is no paused session to resume."),
        ((*TO, "--iso20"), "The vehicle has no V2G roots, so it can trust no station by TLS."),
        ((*TO, "--ac", "--din"), "None of the protocols that were asked for carries what the vehicle wants."),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(arguments: tuple[str, ...], what: str) -> None:
    code, _, wrong = _run("charge", *arguments)
    assert what in wrong
    assert code == 2


def test_a_station_that_is_not_there_is_told_and_counts_as_failed() -> None:
    code, _, wrong = _run("charge", *TO)
    assert (code, "The station at [::1]:1 cannot be reached" in wrong) == (1, True)


def test_an_empty_wallet_installs_and_proves_nothing(tmp_path: Path) -> None:
    for option, what in (("--install", "no OEM provisioning certificate"), ("--pnc", "neither a contract")):
        code, _, wrong = _run("charge", *TO, "--wallet", str(tmp_path), option)
        assert (code, what in wrong) == (2, True)


def test_the_contract_that_is_wanted_is_there_or_is_to_be_installed(tmp_path: Path) -> None:
    own = v2g_pki.vehicle(Edition.ISO20)
    put(tmp_path / "provisioning-20.pem", pem((own.certificate, *own.subs), own.key))
    asked = ("charge", *TO, "--eim", "--no-tls", "--wallet", str(tmp_path), "--contract", v2g_pki.EMAID)
    code, _, wrong = _run(*asked)
    assert (code, f"There is no contract {v2g_pki.EMAID}" in wrong) == (2, True)
    code, _, wrong = _run(*asked, "--install")
    assert (code, "cannot be reached" in wrong) == (1, True)


def test_a_key_that_others_may_read_is_told_and_used_all_the_same(tmp_path: Path) -> None:
    own = v2g_pki.contract(Edition.ISO2)
    put(tmp_path / "contracts" / "mine.pem", pem((own.certificate, *own.subs), own.key))
    (tmp_path / "contracts" / "mine.pem").chmod(0o644)
    _, _, wrong = _run("charge", *TO, "--eim", "--wallet", str(tmp_path))
    assert "mine.pem has a private key that others may read" in wrong.replace("\n", " ")
    assert "cannot be reached" in wrong


def test_a_wallet_that_cannot_be_read_is_told_with_its_file(tmp_path: Path) -> None:
    put(tmp_path / "v2g-roots.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    code, _, wrong = _run("charge", *TO, "--wallet", str(tmp_path))
    assert (code, "v2g-roots.pem" in wrong) == (2, True)


def test_addresses_are_read_with_their_interface() -> None:
    assert address_of("[fe80::1%eth0]:61851") == Address("fe80::1", 61_851, "eth0")
    assert address_of("[2001:db8:0::1]:1") == Address("2001:db8::1", 1)
    for text in ("", "61851", "[::1]", "[::1]:", "[::1]:x", "[::1]:0"):
        with pytest.raises(ConfigError, match="no IPv6 address"):
            address_of(text)
