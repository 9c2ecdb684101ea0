"""Official OCPP 2.0.1 test cases of certificates (A, C by contract, M), with our station as the system under test; on 2.1 as well."""

from __future__ import annotations

import pytest
from cryptography import x509

from pilotwire.domain.certificates import CertificateAction, EvCertificateAsked
from pilotwire.pki import hashes_of
from pilotwire.station.core.actions import ConnectAnew
from pilotwire.station.core.certificate_status import EvCertificateWanted
from pilotwire.station.core.certificates import CsmsNotTrusted
from tests.support.station_pki import Signer, key, pem
from tests.support.station_world import START
from tests.support.wire_certificates import CENTRAL, CHECKED, PNC, Cased
from tests.support.wire_station import VERSIONS, info, named, told

pytestmark = pytest.mark.parametrize("version", VERSIONS)


def _serial(signer: Signer) -> str:
    return f"{signer.certificate.serial_number:x}"


def _hash_data(certificate: x509.Certificate, issuer: x509.Certificate) -> dict[str, str]:
    hashes = hashes_of(certificate, issuer)
    return {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": hashes.issuer_name,
        "issuerKeyHash": hashes.issuer_key,
        "serialNumber": hashes.serial_number,
    }


# --- A: the station's own certificates ------------------------------------------------------------------------------


@pytest.mark.req("A02.FR.02", "A02.FR.03", "A02.FR.06", "A02.FR.08")
def test_tc_a_11_cs(version: str) -> None:
    """Triggered, the station asks with a new key, takes the certificate, and connects with it."""
    station = Cased(version, **{"SecurityCtrlr.SecurityProfile": "3"})
    station.install("CSMSRootCertificate", station.csms_root)
    station.renew()
    assert any(isinstance(action, ConnectAnew) for action in station.actions)


@pytest.mark.req("A02.FR.13", "A02.FR.15")
def test_tc_a_12_cs(version: str) -> None:
    """The same for the certificate a vehicle sees, signed under the V2G root."""
    station = Cased(version)
    station.with_roots()
    station.renew_v2g()


def test_tc_a_13_cs(version: str) -> None:
    """One certificate for both: no type is said, and it may be under the V2G root."""
    station = Cased(version)
    station.with_roots()
    asked = station.request("SignCombinedCertificate")
    assert asked.certificate_type is None
    assert station.hand_over(station.v2g_sub.sign(asked.csr) + pem(station.v2g_sub.certificate)) == "Accepted"


@pytest.mark.req("A02.FR.07")
def test_tc_a_14_cs(version: str) -> None:
    """A certificate that is not good is rejected, and a security event tells of it."""
    station = Cased(version)
    station.install("CSMSRootCertificate", station.csms_root)
    station.request("SignChargingStationCertificate")
    bad = pem(Signer.root("Nobody").issue("X", key("x").public_key()))
    assert station.hand_over(bad, certificateType="ChargingStationCertificate") == "Rejected"
    assert [one.type for one in station.all("SecurityEventNotification")][-1] == "InvalidChargingStationCertificate"


def test_tc_a_15_cs(version: str) -> None:
    """A CSMS that rejects the request is not asked again."""
    station = Cased(version, **{"SecurityCtrlr.CertSigningWaitMinimum": "30"})
    station.cpo.says["SignCertificate"] = {"status": "Rejected"}
    station.request("SignChargingStationCertificate")
    station.pass_time(600)
    assert len(station.all("SignCertificate")) == 1


@pytest.mark.req("A02.FR.17", "A02.FR.18")
def test_tc_a_23_cs(version: str) -> None:
    """No certificate comes: asked again after the wait and after twice the wait, then one of those that come is taken."""
    waits = {"SecurityCtrlr.CertSigningWaitMinimum": "30", "SecurityCtrlr.CertSigningRepeatTimes": "1"}
    station = Cased(version, **waits)
    station.request("SignChargingStationCertificate")
    counts = []
    for seconds in (29, 2, 58, 2):
        station.pass_time(seconds)
        counts.append(len(station.all("SignCertificate")))
    assert counts == [1, 2, 2, 3]
    kind = {"certificateType": "ChargingStationCertificate"}
    answers = [station.hand_over(station.csms_root.sign(one.csr), **kind) for one in station.all("SignCertificate")]
    assert "Accepted" in answers


# --- M: install and list --------------------------------------------------------------------------------------------

INSTALLED = {
    "m_01": "CSMSRootCertificate",
    "m_02": "ManufacturerRootCertificate",
    "m_03": "V2GRootCertificate",
    "m_04": "MORootCertificate",
    "m_12": "CSMSRootCertificate",
    "m_13": "ManufacturerRootCertificate",
    "m_14": "V2GRootCertificate",
    "m_16": "MORootCertificate",
}


@pytest.mark.req("M05.FR.01", "M05.FR.02", "M03.FR.01", "M03.FR.03", "M03.FR.04")
@pytest.mark.parametrize("case", list(INSTALLED))
def test_tc_m_01_to_m_04_and_m_12_to_m_16_cs(version: str, case: str) -> None:
    """A root of each kind is installed, and listed with its hashes."""
    station, kind = Cased(version), INSTALLED[case]
    assert station.install(kind, station.csms_root) == "Accepted"
    assert station.ids(kind) == ("Accepted", [(kind, _serial(station.csms_root))])


@pytest.mark.req("M03.FR.01", "M03.FR.03", "M03.FR.04")
def test_tc_m_17_cs(version: str) -> None:
    """Roots of two kinds asked for at once: those are listed, and no other."""
    station = Cased(version)
    station.with_roots()
    kinds = {"CSMSRootCertificate": station.csms_root, "ManufacturerRootCertificate": station.mo_root.under("Maker")}
    for kind, root in kinds.items():
        assert station.install(kind, root) == "Accepted"
    status, listed = station.ids(*kinds)
    assert status == "Accepted"
    assert sorted(listed) == [(kind, _serial(root)) for kind, root in kinds.items()]


@pytest.mark.req("M05.FR.07")
def test_tc_m_07_cs(version: str) -> None:
    """An expired root is rejected, and not listed."""
    station = Cased(version)
    station.install("CSMSRootCertificate", station.csms_root)
    old = Signer.root("Old", since=START.replace(year=2020), days=100)
    assert station.install("CSMSRootCertificate", old) == "Rejected"
    assert station.ids("CSMSRootCertificate")[1] == [("CSMSRootCertificate", _serial(station.csms_root))]


@pytest.mark.req("M05.FR.10", "M05.FR.11")
def test_tc_m_09_cs(version: str) -> None:
    """With AdditionalRootCertificateCheck a CSMS root that the old one has not signed is rejected."""
    station = Cased(version, **CHECKED)
    station.install("CSMSRootCertificate", station.csms_root)
    assert station.install("CSMSRootCertificate", Signer.root("Another")) == "Rejected"
    assert station.ids("CSMSRootCertificate") == ("Accepted", [("CSMSRootCertificate", _serial(station.csms_root))])


@pytest.mark.req("M03.FR.05")
def test_tc_m_15_cs(version: str) -> None:
    """The chain a vehicle sees is listed with its sub-CA as a child."""
    station = Cased(version)
    station.with_roots()
    station.renew_v2g()
    (chain,) = station.ask(
        "GetInstalledCertificateIds", certificateType=["V2GCertificateChain"]
    ).certificate_hash_data_chain
    assert [one.serial_number for one in chain.child_certificate_hash_data] == [_serial(station.v2g_sub)]


def test_tc_m_18_cs(version: str) -> None:
    """Without a type all are listed."""
    station = Cased(version)
    station.install("CSMSRootCertificate", station.csms_root)
    station.install("ManufacturerRootCertificate", station.v2g_root)
    assert [kind for kind, _ in station.ids()[1]] == ["CSMSRootCertificate", "ManufacturerRootCertificate"]


@pytest.mark.req("M03.FR.02")
def test_tc_m_19_cs(version: str) -> None:
    """Where there is none of the type, none is found."""
    assert Cased(version).ids("ManufacturerRootCertificate") == ("NotFound", [])


# --- M: delete ------------------------------------------------------------------------------------------------------


@pytest.mark.req("M04.FR.01", "M04.FR.02")
def test_tc_m_20_cs(version: str) -> None:
    """A listed certificate is deleted by what the list says of it."""
    station = Cased(version)
    station.install("CSMSRootCertificate", station.csms_root)
    data = _hash_data(station.csms_root.certificate, station.csms_root.certificate)
    assert station.ask("DeleteCertificate", certificateHashData=data).status == "Accepted"
    assert station.ids("CSMSRootCertificate") == ("NotFound", [])


@pytest.mark.req("M04.FR.04")
def test_tc_m_22_cs(version: str) -> None:
    """A certificate that is not there is not found."""
    station = Cased(version)
    data = _hash_data(station.mo_root.certificate, station.mo_root.certificate)
    assert station.ask("DeleteCertificate", certificateHashData=data).status == "NotFound"


@pytest.mark.req("M04.FR.06")
def test_tc_m_23_cs(version: str) -> None:
    """The station's own certificate is not deleted."""
    station = Cased(version)
    station.install("CSMSRootCertificate", station.csms_root)
    own = x509.load_pem_x509_certificate(station.renew().encode())
    data = _hash_data(own, station.csms_root.certificate)
    assert station.ask("DeleteCertificate", certificateHashData=data).status == "Failed"


# --- M: status and contracts ----------------------------------------------------------------------------------------


@pytest.mark.req("M06.FR.06", "M06.FR.07")
@pytest.mark.parametrize("status", ["Accepted", "Failed"], ids=["m_24", "m_25"])
def test_tc_m_24_and_m_25_cs(version: str, status: str) -> None:
    """A new chain for ISO 15118 makes the station ask for the OCSP responses; one that fails is asked for again later only."""
    station = Cased(version)
    station.with_roots()
    chain = [x509.load_pem_x509_certificate(pem(station.v2g_sub.certificate).encode())]
    ocsp = station.v2g_root.ocsp(chain[0], station.now)
    station.cpo.says["GetCertificateStatus"] = {"status": status} | (
        {"ocspResult": ocsp} if status == "Accepted" else {}
    )
    station.renew_v2g()
    asked = [one.ocsp_request_data for one in station.all("GetCertificateStatus")]
    assert len(asked) == 2
    assert asked[1].serial_number == _serial(station.v2g_sub)
    station.pass_time(600)
    assert len(station.all("GetCertificateStatus")) == 2


@pytest.mark.req("M01.FR.01", "M02.FR.01")
@pytest.mark.parametrize("action", list(CertificateAction), ids=["m_26", "m_28"])
def test_tc_m_26_and_m_28_cs(version: str, action: CertificateAction) -> None:
    """A vehicle's request for its contract goes through; then it authorizes with the contract."""
    station = Cased(version, **PNC)
    station.with_roots()
    asked = EvCertificateAsked(schema_version="urn:iso:15118:2:2013:MsgDef", action=action, exi_request="AQ==")
    station.feed(EvCertificateWanted("car", asked))
    station.contract()
    messages = station.said()
    (passed,) = named(messages, "Get15118EVCertificate")
    assert passed.action == action
    assert len(named(messages, "Authorize")) == 1


@pytest.mark.req("M05.FR.12", "M05.FR.13")
def test_tc_m_30_cs(version: str) -> None:
    """Connected with the new CSMS root, the old one is gone."""
    station = Cased(version, **CHECKED)
    new = station.csms_root.under("New CSMS")
    station.install("CSMSRootCertificate", station.csms_root)
    assert station.install("CSMSRootCertificate", new) == "Accepted"
    assert station.ask("Reset", type="OnIdle").status == "Accepted"
    station.shop.work()
    station.offline_for(1)
    assert station.ids("CSMSRootCertificate") == ("Accepted", [("CSMSRootCertificate", _serial(new))])


@pytest.mark.req("M05.FR.14")
def test_tc_m_31_cs(version: str) -> None:
    """A CSMS that still shows a certificate under the old root is let in by it, and the old root stays."""
    station = Cased(version, **CHECKED)
    station.install("CSMSRootCertificate", station.csms_root)
    station.install("CSMSRootCertificate", station.csms_root.under("New CSMS"))
    station.cut()
    station.feed(CsmsNotTrusted())
    station.shop.work()
    assert station.shop.text("tls/csms-roots.pem") == pem(station.csms_root.certificate)
    station.connect()
    assert ("CSMSRootCertificate", _serial(station.csms_root)) in station.ids("CSMSRootCertificate")[1]


# --- C: by contract -------------------------------------------------------------------------------------------------


@pytest.mark.req("C07.FR.01", "C07.FR.02")
def test_tc_c_50_cs(version: str) -> None:
    """A contract that is good here is asked about with the hashes of its chain; accepted, energy flows."""
    station = Cased(version, **PNC)
    station.with_roots()
    station.contract()
    messages = station.said()
    (asked,) = named(messages, "Authorize")
    assert asked.id_token.type == "eMAID"
    assert len(asked.iso15118_certificate_hash_data) == 2
    assert asked.certificate is None
    assert "Authorized" in [told(event)[1] for event in named(messages, "TransactionEvent")]
    assert station.charges


@pytest.mark.req("C07.FR.01", "C07.FR.02")
def test_tc_c_51_cs(version: str) -> None:
    """A cancelled contract does not charge."""
    station = Cased(version, **PNC)
    station.cpo.says["Authorize"] = {"idTokenInfo": info("Invalid"), "certificateStatus": "ContractCancelled"}
    station.with_roots()
    station.contract()
    assert not station.charges


@pytest.mark.req("C07.FR.06")
@pytest.mark.parametrize("good", [True, False], ids=["c_52", "c_53"])
def test_tc_c_52_and_c_53_cs(version: str, good: bool) -> None:
    """A contract whose root is not here goes to the CSMS as it is, and charges if that says so."""
    station = Cased(version, **CENTRAL)
    found = {"idTokenInfo": info("Invalid"), "certificateStatus": "CertificateRevoked"}
    station.cpo.says["Authorize"] = {"idTokenInfo": info(), "certificateStatus": "Accepted"} if good else found
    station.contract()
    (asked,) = named(station.said(), "Authorize")
    assert asked.certificate.count("BEGIN CERTIFICATE") == 2
    assert station.charges is good


@pytest.mark.req("C07.FR.07", "C07.FR.08", "C07.FR.12")
@pytest.mark.parametrize("allowed", [True, False], ids=["c_54", "c_55"])
def test_tc_c_54_and_c_55_cs(version: str, allowed: bool) -> None:
    """Offline a contract is checked here, if the station may; the transaction is told of when the line is back."""
    offline = {"ISO15118Ctrlr.ContractValidationOffline": str(allowed).lower()}
    station = Cased(version, **PNC, **offline, **{"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"})
    station.with_roots()
    station.cut()
    station.contract()
    assert station.charges is allowed
    station.connect()
    triggers = [told(event)[1] for event in station.events]
    assert ("Authorized" in triggers) is allowed
    assert station.place_status() == "Occupied"
