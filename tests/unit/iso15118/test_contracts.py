"""Chains of contracts, vehicles and provisioning services, and the response codes that tell what is wrong with them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.iso15118.contracts import (
    TEST_KEYS,
    ChainVerdict,
    Kind,
    check_contract,
    check_cps,
    check_provisioning,
)
from pilotwire.iso15118.signed_parts import Edition
from pilotwire.pki import PROFILES, KeyKind, Reason, Revocation, Revoked, make_crl
from tests.support.pki_forge import DAY, NOW
from tests.support.pki_houses import authority
from tests.support.v2g_pki import EMAID, Holder, contract, der, service, vehicle

BOTH = (Edition.ISO2, Edition.ISO20)
AT = NOW + DAY
CHECKS: dict[str, Any] = {"contract": check_contract, "oem-provisioning": check_provisioning, "cps": check_cps}


def checked(holder: Holder, edition: Edition, sent: Any = None, now: Any = AT, **how: Any) -> ChainVerdict:
    how = {"emaid": EMAID} | how
    return check_contract(holder.sent if sent is None else sent, how.pop("roots", [holder.root]), now, edition, **how)


def fatal(verdict: ChainVerdict) -> set[Kind]:
    for each in verdict.troubles:
        assert each.what.endswith((".", ")"))
        assert each.remedy
    return {each.kind for each in verdict.troubles if each.fatal}


@pytest.mark.parametrize("edition", BOTH)
@pytest.mark.parametrize(("check", "make"), [("contract", contract), ("oem-provisioning", vehicle), ("cps", service)])
def test_good_chains(edition: Edition, check: str, make: Any) -> None:
    holder = make(edition)
    verdict = CHECKS[check](holder.sent, [holder.root], AT, edition)
    assert (verdict.good, verdict.troubles, verdict.response_code, verdict.words) == (True, (), "OK", "")
    assert verdict.certificates == (holder.certificate, *holder.subs)
    assert verdict.explanation is not None
    assert verdict.explanation.root == holder.root


CODES = {
    Kind.EXPIRED: ("FAILED_CertificateExpired", "WARNING_CertificateExpired"),
    Kind.NOT_YET_VALID: ("FAILED_CertChainError", "WARNING_CertificateNotYetValid"),
    Kind.REVOKED: ("FAILED_CertificateRevoked", "WARNING_CertificateRevoked"),
    Kind.CHAIN: ("FAILED_CertChainError", "WARNING_CertificateValidationError"),
    Kind.EMPTY: ("FAILED_NoCertificateAvailable", "WARNING_NoCertificateAvailable"),
}


def tells(verdict: ChainVerdict, *kinds: Kind) -> bool:
    """Whether just these kinds are fatal, and the response code is that of the first."""
    code = CODES.get(kinds[0], CODES[Kind.CHAIN])[verdict.edition is Edition.ISO20]
    return not verdict.good and fatal(verdict) == set(kinds) and verdict.response_code == code and bool(verdict.words)


@pytest.mark.parametrize("edition", BOTH)
def test_the_time_of_the_contract(edition: Edition) -> None:
    holder = contract(edition)
    assert tells(checked(holder, edition, now=NOW + 366 * DAY), Kind.EXPIRED)
    assert tells(checked(contract(edition, since=10), edition), Kind.NOT_YET_VALID)


@pytest.mark.parametrize("edition", BOTH)
def test_a_contract_that_ends_soon_is_good_and_says_so(edition: Edition) -> None:
    verdict = checked(contract(edition), edition, now=NOW + 350 * DAY)
    assert verdict.good
    assert verdict.response_code == "OK_CertificateExpiresSoon"


@pytest.mark.parametrize("edition", BOTH)
def test_a_chain_that_leads_to_no_trusted_root(edition: Edition) -> None:
    holder = contract(edition)
    assert tells(checked(holder, edition, roots=[]), Kind.CHAIN)
    assert tells(checked(holder, edition, roots=[authority("oem-root").certificate]), Kind.CHAIN)
    assert tells(checked(holder, edition, sent=[holder.sent[0]]), Kind.CHAIN)
    assert checked(holder, edition, sent=[holder.sent[0]], pool=holder.subs).good


@pytest.mark.parametrize("edition", BOTH)
def test_a_revoked_contract(edition: Edition) -> None:
    holder = contract(edition)
    ca = authority("mo-sub2", KeyKind.EC_P521 if edition is Edition.ISO20 else KeyKind.EC_P256)
    gone = [Revoked(holder.certificate.serial_number, NOW, Reason.KEY_COMPROMISE)]
    crl = make_crl(ca, gone, 1, NOW, NOW + timedelta(days=30))
    verdict = checked(holder, edition, revocation=Revocation(crls=[crl]))
    assert tells(verdict, Kind.REVOKED)
    unknown = checked(holder, edition, revocation=Revocation(needed=True))
    assert tells(unknown, Kind.REVOCATION_UNKNOWN)


@pytest.mark.parametrize("edition", BOTH)
def test_the_gravest_trouble_decides_about_the_code(edition: Edition) -> None:
    verdict = checked(contract(edition), edition, now=NOW + 366 * DAY, emaid="DE8ACC00000001")
    assert tells(verdict, Kind.EXPIRED, Kind.OTHER_NAME) or fatal(verdict) == {Kind.EXPIRED, Kind.OTHER_NAME}
    assert verdict.response_code == CODES[Kind.EXPIRED][edition is Edition.ISO20]
    forged = checked(contract(edition), edition, now=NOW + 366 * DAY, roots=[])
    assert forged.response_code == CODES[Kind.CHAIN][edition is Edition.ISO20]


@pytest.mark.parametrize("edition", BOTH)
def test_no_certificate_at_all(edition: Edition) -> None:
    for sent in ([], [b""]):
        verdict = check_contract(sent, [], AT, edition, emaid=EMAID)
        assert tells(verdict, Kind.EMPTY)
        assert (verdict.name, verdict.explanation) == ("", None)


@settings(max_examples=40, deadline=None)
@given(rubbish=st.binary(min_size=1, max_size=60), place=st.integers(0, 2))
def test_bytes_that_are_no_certificate(rubbish: bytes, place: int) -> None:
    holder = contract(Edition.ISO2)
    sent = [*holder.sent[:place], rubbish, *holder.sent[place + 1 :]]
    verdict = checked(holder, Edition.ISO2, sent=sent)
    assert Kind.UNREADABLE in fatal(verdict)
    assert verdict.response_code == "FAILED_CertChainError"
    assert f"Certificate {place + 1} " in verdict.words


@pytest.mark.parametrize("place", range(3))
def test_no_byte_of_the_chain_may_change(place: int) -> None:
    """Wherever a byte is turned, the chain cannot be read, or is signed by nobody: at the latest its signature is wrong."""
    holder = contract(Edition.ISO2)
    for at in range(0, len(holder.sent[place]), 13):
        changed = bytearray(holder.sent[place])
        changed[at] ^= 0x55
        sent = [*holder.sent[:place], bytes(changed), *holder.sent[place + 1 :]]
        assert not checked(holder, Edition.ISO2, sent=sent).good, at


@pytest.mark.parametrize("edition", BOTH)
def test_a_contract_is_for_the_emaid_of_the_message(edition: Edition) -> None:
    holder = contract(edition)
    for told in (EMAID, "de-8ac-c12e46l89", ""):
        assert checked(holder, edition, emaid=told).good
    verdict = checked(holder, edition, emaid="DE8ACC12E46L88")
    assert tells(verdict, Kind.OTHER_NAME)
    assert EMAID in verdict.words
    assert "DE8ACC12E46L88" in verdict.words


@pytest.mark.parametrize("common", ["Jane", "DE8ACC12E46L8", "DE8AC*12E46L89"])
def test_a_contract_is_named_by_an_emaid(common: str) -> None:
    verdict = checked(contract(Edition.ISO2, common), Edition.ISO2, emaid="")
    assert tells(verdict, Kind.NAME)


def test_a_wrong_check_digit_is_told_and_accepted() -> None:
    verdict = checked(contract(Edition.ISO2, "NLTNM000122045X"), Edition.ISO2, emaid="")
    assert verdict.good
    assert [each.kind for each in verdict.troubles] == [Kind.CHECK_DIGIT]
    assert checked(contract(Edition.ISO2, "NLTNM000122045U"), Edition.ISO2, emaid="").troubles == ()


@pytest.mark.parametrize(
    ("common", "good"), [("WMIV1234567890ABC", True), ("WMI-V1234567890ABC-D", True), ("VIN", False)]
)
def test_a_vehicle_is_named_by_a_pcid(common: str, good: bool) -> None:
    holder = vehicle(Edition.ISO20, common)
    verdict = check_provisioning(holder.sent, [holder.root], AT, Edition.ISO20)
    assert verdict.good is good
    assert fatal(verdict) == (set() if good else {Kind.NAME})
    assert verdict.name == common.replace("-", "")


def test_the_certificate_of_a_vehicle_comes_alone_in_minus_2() -> None:
    holder = vehicle(Edition.ISO2)
    assert check_provisioning(holder.sent[:1], [holder.root], AT, Edition.ISO2, pool=holder.subs).good
    assert not check_provisioning(holder.sent[:1], [holder.root], AT, Edition.ISO2).good


@pytest.mark.parametrize("edition", BOTH)
@pytest.mark.parametrize("wanted", CHECKS)
@pytest.mark.parametrize(
    ("given_as", "make"), [("contract", contract), ("oem-provisioning", vehicle), ("cps", service)]
)
def test_certificates_are_for_one_thing(edition: Edition, wanted: str, given_as: str, make: Any) -> None:
    holder = make(edition)
    verdict = CHECKS[wanted](holder.sent, [holder.root], AT, edition)
    assert (Kind.PROFILE in fatal(verdict)) is (wanted != given_as)


@pytest.mark.parametrize("edition", BOTH)
def test_a_ca_is_no_contract(edition: Edition) -> None:
    holder = contract(edition)
    verdict = checked(holder, edition, sent=holder.sent[1:], emaid="")
    assert Kind.PROFILE in fatal(verdict)


def test_each_edition_has_its_curves() -> None:
    for edition, kind in ((Edition.ISO2, KeyKind.EC_P521), (Edition.ISO20, KeyKind.EC_P256)):
        holder = contract(edition, kind=kind)
        verdict = checked(holder, edition)
        assert fatal(verdict) >= {Kind.CURVE}
        assert "P-" in verdict.words
    bench = contract(Edition.ISO20, kind=KeyKind.EC_P256)
    assert checked(bench, Edition.ISO20, keys=TEST_KEYS).good


def test_certificates_are_small() -> None:
    long = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x04\x82\x02\x58" + bytes(600))
    holder = contract(Edition.ISO2, extensions=((long, False),))
    assert len(der(holder.certificate)) > 800
    assert tells(checked(holder, Edition.ISO2), Kind.SIZE)
    wide = contract(Edition.ISO20, extensions=((long, False),))
    assert 800 < len(der(wide.certificate)) < 1600
    assert checked(wide, Edition.ISO20).good


def test_chains_are_short() -> None:
    holder = contract(Edition.ISO2)
    strangers = [der(vehicle(Edition.ISO2, f"WMIV123456789000{each}").certificate) for each in range(3)]
    assert Kind.COUNT in fatal(checked(holder, Edition.ISO2, sent=[*holder.sent, *strangers]))
    verdict = checked(holder, Edition.ISO2, sent=[*holder.sent, der(holder.root)])
    assert verdict.good
    assert Kind.COUNT in {each.kind for each in verdict.troubles}


def test_key_identifiers_of_minus_20_are_short() -> None:
    verdict = checked(contract(Edition.ISO20, short_key_id=False), Edition.ISO20)
    assert verdict.good
    assert [each.kind for each in verdict.troubles] == [Kind.PROFILE]
    assert "20 bytes" in verdict.troubles[0].what


def test_the_profiles_are_those_of_the_table() -> None:
    assert [PROFILES[name].domain for name in CHECKS] == ["MO", "OEM", "CPS"]
