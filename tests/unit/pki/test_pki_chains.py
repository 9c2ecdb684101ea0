"""Chains of certificates: good ones, and each way in which they fail."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256

from pilotwire.pki import (
    ChainFault,
    Fault,
    PkiFault,
    check_authority,
    check_chain,
    in_order,
    read_certificates,
    read_one,
)
from tests.support.station_pki import START, Signer, key, name, pem

ROOT = Signer.root("Root")
SUB = ROOT.under("Sub")
LEAF = SUB.issue("Leaf", key("leaf").public_key())
NOW = START + timedelta(days=1)


def _fault(chain: list[x509.Certificate], roots: list[x509.Certificate] | None = None, **when: timedelta) -> Fault:
    with pytest.raises(ChainFault) as failed:
        check_chain(chain, [ROOT.certificate] if roots is None else roots, when.get("now", timedelta()) + NOW)
    return failed.value.fault


@pytest.mark.parametrize(
    "chain",
    [[LEAF, SUB.certificate], [LEAF, SUB.certificate, ROOT.certificate], [LEAF, ROOT.certificate, SUB.certificate]],
    ids=["without root", "with root", "in disorder"],
)
def test_a_good_chain_is_led_up_to_its_root(chain: list[x509.Certificate]) -> None:
    assert check_chain(chain, [ROOT.certificate], NOW) == (LEAF, SUB.certificate, ROOT.certificate)


def test_a_sub_ca_may_be_trusted_itself() -> None:
    assert check_chain([LEAF], [SUB.certificate], NOW) == (LEAF, SUB.certificate)
    assert check_chain([LEAF, SUB.certificate], [SUB.certificate], NOW) == (LEAF, SUB.certificate)


def test_without_any_root_the_path_ends_where_the_chain_does() -> None:
    assert check_chain([LEAF, SUB.certificate], None, NOW) == (LEAF, SUB.certificate)


def test_what_does_not_hang_together_is_broken() -> None:
    assert _fault([LEAF, ROOT.certificate]) is Fault.BROKEN
    assert _fault([LEAF, SUB.certificate, Signer.root("Other").certificate]) is Fault.BROKEN


def test_who_is_no_ca_signs_nothing() -> None:
    clerk = Signer("Clerk", ROOT.issue("Clerk", key("Clerk").public_key()))
    forged = clerk.issue("Leaf", key("leaf").public_key())
    assert _fault([forged, clerk.certificate]) is Fault.BROKEN
    with pytest.raises(ChainFault):
        check_authority(clerk.certificate, NOW)


@pytest.mark.parametrize(
    ("since", "days", "fault"), [(-20, 10, Fault.EXPIRED), (20, 10, Fault.NOT_YET_VALID)], ids=["expired", "early"]
)
@pytest.mark.parametrize("which", ["leaf", "sub", "root"])
def test_each_certificate_must_be_valid_now(which: str, since: int, days: int, fault: Fault) -> None:
    when = {"since": NOW + timedelta(days=since), "days": days}
    good = {"since": NOW - timedelta(days=100), "days": 1000}
    root = Signer.root("Root", **(when if which == "root" else good))  # type: ignore[arg-type]
    sub = root.under("Sub", **(when if which == "sub" else good))  # type: ignore[arg-type]
    leaf = sub.issue("Leaf", key("leaf").public_key(), **(when if which == "leaf" else good))  # type: ignore[arg-type]
    assert _fault([leaf, sub.certificate], [root.certificate]) is fault


def test_a_root_that_is_not_trusted_is_none() -> None:
    assert _fault([LEAF, SUB.certificate, ROOT.certificate], [Signer.root("Other").certificate]) is Fault.NO_ROOT
    assert _fault([LEAF, SUB.certificate], []) is Fault.NO_ROOT
    namesake = Signer("Root", Signer.root("Root").certificate)
    assert check_chain([LEAF, SUB.certificate], [namesake.certificate], NOW)[-1] == namesake.certificate


def test_a_root_of_the_same_name_with_another_key_is_not_the_root() -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    builder = x509.CertificateBuilder().subject_name(name("Root")).issuer_name(name("Root"))
    builder = builder.public_key(other.public_key()).serial_number(5)
    builder = builder.not_valid_before(START - timedelta(days=1)).not_valid_after(START + timedelta(days=99))
    assert _fault([LEAF, SUB.certificate], [builder.sign(other, SHA256())]) is Fault.NO_ROOT


@pytest.mark.req("A00.FR.501", "A00.FR.502")
def test_a_weak_key_is_not_good_enough() -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    assert _fault([ROOT.issue("Leaf", weak.public_key())]) is Fault.WEAK


def test_a_loop_of_signatures_has_an_end() -> None:
    assert in_order([ROOT.certificate, ROOT.certificate]) == (ROOT.certificate,)


@pytest.mark.parametrize("text", ["", "x", "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n", "ä" * 99])
def test_what_is_no_certificate_is_a_fault_with_a_sentence(text: str) -> None:
    with pytest.raises(PkiFault, match="cannot be read"):
        read_certificates(text)


def test_one_means_one() -> None:
    with pytest.raises(PkiFault, match="2 came"):
        read_one(pem(LEAF, SUB.certificate))
