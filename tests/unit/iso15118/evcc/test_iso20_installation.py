"""Contract certificates that a vehicle of ISO 15118-20 asks a station for."""

from __future__ import annotations

from secrets import token_bytes
from typing import Any

import msgspec
import pytest

from pilotwire.iso15118.charging import Identification
from pilotwire.iso15118.contract_keys import fresh
from pilotwire.iso15118.contracts import TEST_KEYS
from pilotwire.iso15118.evcc.iso20 import Options
from pilotwire.iso15118.evcc.ports import Credential
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.iso20.common_types import ResponseCode
from pilotwire.iso15118.provisioning import Holder, answer, scheme_of
from pilotwire.iso15118.signature import sign, verify
from pilotwire.iso15118.signature_suites import ISO20_TEST_SUITES
from pilotwire.iso15118.signed_parts import Edition
from pilotwire.pki import KeyKind, common_name
from tests.support import v2g_pki
from tests.support.iso15118_ev_fake import FakeWallet
from tests.support.iso15118_station20 import CHALLENGE, Ev20, Station20, offers
from tests.support.pki_forge import DAY, NOW
from tests.support.v2g_credentials import contract_credential, oem_credential, v2g_root

PNC, EIM = Identification.PNC, Identification.EIM
EMAIDS = ("DE8ACC12E46L89", "NLABCC00000001", "FRXYZC00000002")


def provisions(emaid: str = EMAIDS[0], *, remaining: int = 0, suites: Any = (), **changed: Any) -> Any:
    """A provisioning service's answer with a contract."""

    def made(request: Any) -> Any:
        kind = KeyKind.EC_P256 if suites else None
        held, serves = v2g_pki.contract(Edition.ISO20, emaid), v2g_pki.service(Edition.ISO20, kind=kind)
        signer = Holder(serves.certificate, serves.subs, serves.key)
        contract = Holder(held.certificate, held.subs, held.key)
        made = answer(
            request,
            contract,
            signer,
            fresh(scheme_of(request), token_bytes),
            NOW + DAY,
            remaining=remaining,
            suites=suites,
        )
        assert isinstance(made, cm.CertificateInstallationRes)
        return msgspec.structs.replace(made, **changed) if changed else made

    return made


def newcomer(*own: Credential, install: bool = False, wishes: Any = (PNC, EIM), **given: Any) -> Station20:
    """A vehicle with a provisioning certificate at a station that installs contracts."""
    ev = Ev20(identification=wishes, install=install)
    wallet = FakeWallet(list(own), oem_credential(), (v2g_root(),))
    made = Station20(ev=ev, wallet=wallet, now=NOW + DAY, **given)
    made.answers[cm.AuthorizationSetupRes] = [offers("PnC", "EIM", certificates=True)]
    return made


def names(station: Station20) -> list[str]:
    return [common_name(each.certificate.subject) for each in station.wallet.own]


def test_the_request_is_signed_with_the_oem_provisioning_key() -> None:
    station = newcomer(options=Options(most_contracts=3))
    station.ev.emaids = ("DE-8AC-C12E46L89", "NLABCC00000001")
    request = station.until(cm.CertificateInstallationRes)
    oem = oem_credential()
    assert verify(request, oem.certificate.public_key()).good
    assert request.oem_provisioning_certificate_chain.certificate == v2g_pki.der(oem.certificate)
    assert len(request.oem_provisioning_certificate_chain.sub_certificates.certificate) == len(oem.chain) - 1
    assert request.maximum_contract_certificate_chains == 3
    assert request.prioritized_emaids.emaid == ["DE8ACC12E46L89", "NLABCC00000001"]
    (root,) = request.list_of_root_certificate_ids.root_certificate_id
    assert root.x509_serial_number == v2g_root().serial_number


def test_the_contract_that_comes_pays_at_once() -> None:
    station = newcomer()
    station.answers[cm.CertificateInstallationRes] = [provisions()]
    request = station.until(cm.AuthorizationRes)
    assert names(station) == [EMAIDS[0]]
    assert request.selected_authorization_service == "PnC"
    assert request.pnc_areq_authorization_mode.gen_challenge == CHALLENGE
    assert verify(request, v2g_pki.contract(Edition.ISO20).certificate.public_key()).good
    assert station.session.findings == station.session.remarks == []


def test_several_contracts_come_one_after_the_other() -> None:
    """The first one is used first."""
    station = newcomer()
    station.answers[cm.CertificateInstallationRes] = [
        provisions(each, remaining=left) for each, left in zip(EMAIDS, (2, 1, 0), strict=True)
    ]
    station.until(cm.AuthorizationRes)
    assert names(station) == [EMAIDS[0], EMAIDS[2], EMAIDS[1]]
    assert len(station.of(cm.CertificateInstallationReq)) == 3


def test_no_more_contracts_are_taken_than_the_vehicle_has_room_for() -> None:
    station = newcomer(options=Options(most_contracts=2))
    station.answers[cm.CertificateInstallationRes] = [provisions(each, remaining=9) for each in EMAIDS]
    station.until(cm.AuthorizationRes)
    assert names(station) == list(EMAIDS[:2])


def test_where_the_rest_does_not_come_the_first_one_is_used_first_too() -> None:
    station = newcomer()
    station.answers[cm.CertificateInstallationRes] = [
        provisions(EMAIDS[0], remaining=2),
        provisions(EMAIDS[1], remaining=1),
        {"response_code": "WARNING_NoCertificateAvailable"},
    ]
    station.until(cm.AuthorizationRes)
    assert names(station) == list(EMAIDS[:2])


def test_ongoing_is_asked_again() -> None:
    station = newcomer()
    ongoing = {"evse_processing": "Ongoing"}
    station.answers[cm.CertificateInstallationRes] = [ongoing, ongoing, provisions()]
    station.until(cm.AuthorizationRes)
    asked = station.of(cm.CertificateInstallationReq)
    assert len(asked) == 3
    assert all(verify(each, oem_credential().certificate.public_key()).good for each in asked)
    assert names(station) == [EMAIDS[0]]


def test_a_driver_may_wish_for_a_contract_beside_those_there_are() -> None:
    station = newcomer(contract_credential(EMAIDS[1]), install=True)
    station.answers[cm.CertificateInstallationRes] = [provisions()]
    station.until(cm.AuthorizationRes)
    assert names(station) == [EMAIDS[0], EMAIDS[1]]


WARNINGS: list[ResponseCode] = [
    "WARNING_NoCertificateAvailable",
    "WARNING_NoContractMatchingPCIDFound",
    "WARNING_CertificateRevoked",
    "WARNING_CertificateExpired",
    "WARNING_CertificateNotYetValid",
    "WARNING_CertificateValidationError",
]


@pytest.mark.parametrize("code", WARNINGS)
def test_without_a_contract_the_vehicle_comes_by_external_means(code: ResponseCode) -> None:
    station = newcomer()
    station.answers[cm.CertificateInstallationRes] = [{"response_code": code}]
    assert station.until(cm.AuthorizationRes).selected_authorization_service == "EIM"
    assert station.session.remarks == [f"There is no contract certificate for the vehicle: {code}."]


def test_an_answer_that_another_signed_is_not_taken() -> None:
    def forged(request: Any) -> Any:
        return sign(provisions()(request), v2g_pki.vehicle(Edition.ISO20).key)

    station = newcomer(contract_credential(EMAIDS[1]), install=True)
    station.answers[cm.CertificateInstallationRes] = [forged]
    request = station.until(cm.AuthorizationRes)
    assert names(station) == [EMAIDS[1]]
    assert request.selected_authorization_service == "PnC"
    (finding,) = station.session.findings
    assert finding.startswith("The contract certificate was not taken: ")


def test_an_answer_without_a_signature_is_not_taken() -> None:
    station = newcomer()

    def unsigned(request: Any) -> Any:
        return provisions(header=station.header())(request)

    station.answers[cm.CertificateInstallationRes] = [unsigned]
    assert station.until(cm.AuthorizationRes).selected_authorization_service == "EIM"
    assert station.session.findings == ["The contract certificate was not taken: The message is not signed."]


def test_keys_of_a_bench_are_taken_where_it_is_allowed() -> None:
    how = Options(suites=ISO20_TEST_SUITES, keys=TEST_KEYS)
    station = newcomer(options=how)
    station.wallet.v2g = (v2g_pki.service(Edition.ISO20, kind=KeyKind.EC_P256).root,)
    station.answers[cm.CertificateInstallationRes] = [provisions(suites=ISO20_TEST_SUITES)]
    station.until(cm.AuthorizationRes)
    assert names(station) == [EMAIDS[0]]


def _without(**changed: Any) -> Station20:
    station = newcomer()
    for name, value in changed.items():
        setattr(station.wallet, name, value)
    return station


NOT_ASKED = {
    "no provisioning certificate": _without(oem=None),
    "no roots": _without(v2g=()),
    "a contract is there": newcomer(contract_credential()),
    "cards are wished for": newcomer(wishes=(EIM,)),
    "no TLS": newcomer(secured=False),
}


@pytest.mark.parametrize("station", NOT_ASKED.values(), ids=NOT_ASKED)
def test_it_is_not_asked_for_in_vain(station: Station20) -> None:
    station.until(cm.AuthorizationRes)
    assert station.of(cm.CertificateInstallationReq) == []


def test_a_station_that_installs_nothing_is_not_asked() -> None:
    station = newcomer(install=True)
    station.answers[cm.AuthorizationSetupRes] = [offers("PnC", "EIM")]
    station.until(cm.AuthorizationRes)
    assert station.of(cm.CertificateInstallationReq) == []


def test_a_provisioning_key_that_cannot_sign_is_told() -> None:
    station = newcomer()
    station.wallet.oem = oem_credential(kind=KeyKind.EC_P256)
    station.until(cm.AuthorizationRes)
    assert station.session.remarks == [
        "The OEM provisioning certificate has a key that ISO 15118-20 has no signature for."
    ]
