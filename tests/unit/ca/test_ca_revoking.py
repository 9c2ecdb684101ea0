"""Taking certificates back: the register, the CRL and the OCSP responder say the same."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.x509 import CRLNumber, ocsp

from pilotwire.ca import Issued, Office
from pilotwire.ca.enrolling import Wanted, issue_with_key
from pilotwire.ca.revoking import answer_ocsp, current_crl, new_crl, reason_of, release, revoke
from pilotwire.clock import ManualClock
from pilotwire.errors import ConfigError
from pilotwire.pki import PkiFault
from pilotwire.pki.ocsp import Standing, make_request
from pilotwire.pki.ocsp_verdict import check_response
from pilotwire.pki.revocation import Reason, check_crl, look_up, read_crl
from tests.support.pki_world import a_clock, an_office


@pytest.fixture
def clock() -> ManualClock:
    return a_clock()


@pytest.fixture
def office(tmp_path: Path, clock: ManualClock) -> Office:
    return an_office(tmp_path / "ca", clock)


@pytest.fixture
def issued(office: Office) -> Issued:
    return issue_with_key(office, Wanted("station", "SN-1"), "me")[0]


def standing(office: Office, issued: Issued, algorithm: str = "SHA256") -> Standing:
    """What the responder says, checked as a client does."""
    issuer = office.chain(issued.authority)[0]
    response, _ = answer_ocsp(office, make_request(issued.certificate, issuer, b"n" * 16, algorithm=algorithm))
    return check_response(response, issued.certificate, issuer, office.clock.now(), b"n" * 16).standing


def test_crl_and_responder_tell_what_is_revoked(office: Office, issued: Issued) -> None:
    assert standing(office, issued) is Standing.GOOD
    assert look_up(read_crl(current_crl(office, "csms-ca")), issued.certificate) is None
    revoke(office, issued.serial, Reason.KEY_COMPROMISE)
    assert standing(office, issued) is Standing.REVOKED
    assert standing(office, issued, "SHA512") is Standing.REVOKED
    crl = read_crl(current_crl(office, "csms-ca"))
    check_crl(crl, office.chain("csms-ca")[0], office.clock.now())
    found = look_up(crl, issued.certificate)
    assert found is not None
    assert found.reason is Reason.KEY_COMPROMISE
    with pytest.raises(PkiFault, match="is revoked since"):
        revoke(office, issued.serial, Reason.SUPERSEDED)


def test_a_crl_is_kept_until_it_is_half_over_or_not_true(office: Office, issued: Issued, clock: ManualClock) -> None:
    first = current_crl(office, "csms-ca")
    clock.advance(3 * 86400)
    assert current_crl(office, "csms-ca") == first
    clock.advance(86400)
    second = current_crl(office, "csms-ca")
    revoke(office, issued.serial, Reason.CERTIFICATE_HOLD)
    third = current_crl(office, "csms-ca")
    release(office, issued.serial)
    fourth = current_crl(office, "csms-ca")
    assert len({first, second, third, fourth}) == 4
    numbers = [_number(each) for each in (first, second, third, fourth)]
    assert numbers == [1, 2, 3, 4]
    assert [len(read_crl(each)) for each in (third, fourth)] == [1, 0]
    assert len(new_crl(office, "csms-ca", 1)) == 0


def test_a_hold_is_released_or_becomes_for_good(office: Office, issued: Issued, clock: ManualClock) -> None:
    with pytest.raises(PkiFault, match="is not on hold"):
        release(office, issued.serial)
    revoke(office, issued.serial, Reason.CERTIFICATE_HOLD)
    assert standing(office, issued) is Standing.REVOKED
    release(office, issued.serial)
    assert standing(office, issued) is Standing.GOOD
    held = revoke(office, issued.serial, Reason.CERTIFICATE_HOLD)
    clock.advance(3600)
    for_good = revoke(office, issued.serial, Reason.CESSATION_OF_OPERATION)
    assert (for_good.revoked_at, for_good.reason) == (held.revoked_at, "cessationOfOperation")
    with pytest.raises(PkiFault, match="is not on hold"):
        release(office, issued.serial)


def test_a_sub_ca_can_be_revoked_and_then_signs_nothing_but_still_answers(office: Office, issued: Issued) -> None:
    ca = office.record("csms-ca").serial
    revoke(office, ca, Reason.CA_COMPROMISE)
    assert look_up(read_crl(current_crl(office, "csms-root")), office.chain("csms-ca")[0]) is not None
    with pytest.raises(PkiFault, match="is revoked: it signs nothing"):
        issue_with_key(office, Wanted("station", "SN-2", by="csms-ca"), "me")
    revoke(office, issued.serial, Reason.UNSPECIFIED)
    assert standing(office, issued) is Standing.REVOKED
    with pytest.raises(PkiFault, match="csms-root is a root"):
        revoke(office, office.record("csms-root").serial, Reason.CA_COMPROMISE)


def test_strangers_get_no_answer_about_strangers(office: Office, issued: Issued, tmp_path: Path) -> None:
    other = an_office(tmp_path / "other", office.clock)
    theirs = issue_with_key(other, Wanted("station", "SN-1"), "me")[0]
    request = make_request(theirs.certificate, other.chain("csms-ca")[0])
    assert _status(answer_ocsp(office, request)[0]) == "UNAUTHORIZED"
    assert _status(answer_ocsp(office, b"nonsense")[0]) == "MALFORMED_REQUEST"
    unknown = make_request(theirs.certificate, office.chain("csms-ca")[0])
    answered = ocsp.load_der_ocsp_response(answer_ocsp(office, unknown)[0])
    assert answered.certificate_status.name == "UNKNOWN"


def test_unknown_numbers_and_reasons(office: Office) -> None:
    with pytest.raises(PkiFault, match="No certificate here has the serial number"):
        revoke(office, "abc", Reason.UNSPECIFIED)
    assert reason_of("KEY-compromise") is Reason.KEY_COMPROMISE
    with pytest.raises(ConfigError, match="'bored' is no reason"):
        reason_of("bored")


def _status(response: bytes) -> str:
    return ocsp.load_der_ocsp_response(response).response_status.name


def test_a_crl_lives_a_week(office: Office) -> None:
    crl = read_crl(current_crl(office, "csms-ca"))
    assert crl.next_update_utc is not None
    assert crl.next_update_utc - crl.last_update_utc == timedelta(days=7)


def _number(crl: bytes) -> int:
    return read_crl(crl).extensions.get_extension_for_class(CRLNumber).value.crl_number
