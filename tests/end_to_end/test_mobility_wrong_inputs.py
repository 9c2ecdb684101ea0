"""What people do wrong with `pilotwire pki contract`: a sentence, a remedy, an exit code, and nothing is issued."""

from __future__ import annotations

from pathlib import Path

import pytest

from pilotwire.mobility import Pool
from pilotwire.pki import pem_of
from tests.support.mobility_scene import (
    EMAID,
    OTHER_EMAID,
    PCID,
    TOKEN,
    a_car,
    an_operator,
)
from tests.support.pki_world import pki

CASES = {
    "no CAs for contracts": (("add", EMAID, "--pcid", PCID, "--dir", "small"), "no CA for contracts"),
    "an eMAID that is none": (("add", "DE-8AC", "--pcid", PCID, "--dir", "ca"), "is no eMAID"),
    "a wrong check digit": (("add", f"{EMAID}0", "--pcid", PCID, "--dir", "ca"), "The check digit of the eMAID"),
    "a PCID that is none": (("add", EMAID, "--pcid", "123", "--dir", "ca"), "'123' is no PCID"),
    "no vehicle": (("add", EMAID, "--dir", "ca"), "belongs to no vehicle"),
    "a file that is none": (("add", EMAID, "--vehicle", "gone.pem", "--dir", "ca"), "gone.pem cannot be read"),
    "no vehicle's certificate": (("add", EMAID, "--vehicle", "root.pem", "--dir", "ca"), "no common name is a PCID"),
    "a stranger's vehicle": (("add", EMAID, "--vehicle", "stranger.pem", "--dir", "ca"), "contract trust FILE"),
    "twice": (("add", OTHER_EMAID, "--pcid", PCID, "--dir", "ca"), "is there already"),
    "two years and more": (("add", EMAID, "--pcid", PCID, "--days", "900", "--dir", "ca"), "lives 730 days at most"),
    "an unknown contract": (("renew", EMAID, "--dir", "ca"), "There is no contract"),
    "nothing to renew": (("renew", "--dir", "ca"), "not clear what is to be renewed"),
    "an unknown reason": (("revoke", OTHER_EMAID, "--reason", "bored", "--dir", "ca"), "'bored' is no reason"),
    "trusting a vehicle": (("trust", "stranger.pem", "--dir", "ca"), "is no certificate authority"),
    "no authority": (("list", "--dir", "nowhere"), "There is no certificate authority in nowhere"),
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Authorities with and without CAs for contracts, and a vehicle of somebody else."""
    folder = tmp_path_factory.mktemp("lab")
    an_operator(folder / "small", hierarchies="csms").close()
    with an_operator(folder / "ca") as office, Pool(office) as pool:
        pool.add(OTHER_EMAID, [PCID], "me")
        (folder / "root.pem").write_text(pem_of(office.chain("oem-root")[0]))
    with an_operator(folder / "maker", hierarchies="oem") as maker:
        (folder / "stranger.pem").write_text(pem_of(*a_car(maker).chain))
    return folder


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_said(lab: Path, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence and the exit code 2; nothing is issued."""
    words, why = CASES[case]
    monkeypatch.chdir(lab)
    before = pki("list", "--dir", "ca", "--json").stdout
    said = pki("contract", *words)
    assert (said.exit_code, why in " ".join(said.output.split())) == (2, True), said.output
    assert "Traceback" not in said.output
    assert pki("list", "--dir", "ca", "--json").stdout == before


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--contracts-token", TOKEN, "--dir", "small"), "no CA for contracts"),
        (("--contracts-token", "short", "--dir", "ca"), "--contracts-token is 'short'"),
        (("--opcp-client-id", "csms", "--dir", "ca"), "given together"),
    ],
)
def test_contracts_are_not_served_by_mistake(
    lab: Path, words: tuple[str, ...], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(lab)
    said = pki("serve", "--port", "0", *words)
    assert (said.exit_code, why in " ".join(said.output.split())) == (2, True), said.output
