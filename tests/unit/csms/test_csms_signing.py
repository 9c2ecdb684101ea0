"""Which requests must not be signed, and which chains are not for a request."""

from __future__ import annotations

import pytest
from cryptography import x509

from pilotwire.csms.signing import UnfitChain, UnfitRequest, check_chain, check_subject, fingerprint, read_csr
from pilotwire.pki import request_for
from tests.support.certificates import certificate, chain, csr
from tests.support.pki_forge import key


def test_a_request_is_read_and_its_subject_is_fit() -> None:
    """In PEM; the serial number without regard to case, or any if none is known."""
    request = read_csr(csr())
    check_subject(request, of_station=True)
    check_subject(request, of_station=True, serials=("other", "sn-1"))


def _broken() -> str:
    """A request with one letter of its key changed."""
    lines = csr().splitlines()
    place = lines[2]
    lines[2] = place[:-1] + ("A" if place[-1] != "A" else "B")
    return "\n".join(lines)


@pytest.mark.req("A02.FR.12")
@pytest.mark.parametrize("text", ["", "hello", "ö", "-----BEGIN CERTIFICATE REQUEST-----", _broken(), chain()])
def test_what_is_no_request(text: str) -> None:
    """A sentence says so."""
    with pytest.raises(UnfitRequest, match="the CSR"):
        read_csr(text)


@pytest.mark.req("A00.FR.509", "A00.FR.511")
@pytest.mark.parametrize(
    ("common", "organization", "serials", "rule"),
    [
        ("SN-1", None, (), "A00.FR.509"),
        (None, "Volta", (), "A00.FR.511"),
        ("192.0.2.1", "Volta", (), "A00.FR.511"),
        ("[2001:db8::1]", "Volta", (), "A00.FR.511"),
        ("https://volta.example", "Volta", (), "A00.FR.511"),
        ("SN-1", "Volta", ("SN-2", "SN-3"), "A00.FR.511"),
    ],
)
def test_subjects_that_are_not_fit(
    common: str | None, organization: str | None, serials: tuple[str, ...], rule: str
) -> None:
    """With the requirement they break."""
    with pytest.raises(UnfitRequest) as unfit:
        check_subject(read_csr(csr(common, organization)), of_station=True, serials=serials)
    assert unfit.value.rule == rule


@pytest.mark.req("A00.FR.502", "A00.FR.503")
@pytest.mark.parametrize(("kind", "rule"), [("RSA1024", "A00.FR.502"), ("P192", "A00.FR.503")])
def test_a_weak_key_is_not_fit_and_every_breach_is_told(kind: str, rule: str) -> None:
    """By the rule of the first, with a sentence of all."""
    text = request_for(x509.Name([]), key("weak", kind))
    with pytest.raises(UnfitRequest, match=r"no organization.*no common name") as unfit:
        check_subject(read_csr(text), of_station=True)
    assert unfit.value.rule == rule


def test_a_v2g_certificate_need_not_have_the_serial_number() -> None:
    """Only the station's own has to."""
    check_subject(read_csr(csr("CPID-77")), of_station=False, serials=("SN-1",))


def test_a_request_has_the_same_name_however_its_lines_end() -> None:
    """And another one another."""
    assert fingerprint(csr()) != fingerprint(csr(of="other"))
    text = chain()
    assert fingerprint(text) == fingerprint(text.replace("\n", "\r\n"))


def test_a_chain_for_the_request() -> None:
    """Whole, or only the certificate itself."""
    check_chain(chain(), csr())
    check_chain(certificate("SN-1", of="station", by="intermediate", by_name="Sub"), csr())


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("", "no PEM"),
        ("nonsense", "no PEM"),
        (chain("somebody"), "not for the key"),
        (certificate("Sub", of="intermediate", by="root", by_name="Root") + chain(), "not for the key"),
        (chain() + certificate("Other", of="root", by="root", by_name="Root"), "not signed by"),
        (
            certificate("SN-1", of="station", by="imposter", by_name="Sub")
            + certificate("Sub", of="intermediate", by="root", by_name="Root"),
            "not signed by",
        ),
    ],
)
def test_chains_that_are_not(wrong: str, why: str) -> None:
    """With the reason."""
    with pytest.raises(UnfitChain, match=why):
        check_chain(wrong, csr())
