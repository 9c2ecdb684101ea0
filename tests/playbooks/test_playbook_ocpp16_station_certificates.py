"""Charge point under test, 1.6: certificates of the security extension, and those of Plug & Charge by DataTransfer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography import x509

from pilotwire.ocpp import v16
from pilotwire.pki import hashes_of
from pilotwire.station.core.actions import ConnectAnew
from tests.support.station_pki import START, Signer, key, pem
from tests.support.world16_certificates import CSMS, MANUFACTURER, CertificateWorld16

VENDOR = "org.openchargealliance.iso15118pnc"


class _World(CertificateWorld16):
    """A charge point with an operator's CA, and Plug & Charge."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.v2g = Signer.root("V2G")

    def ids(self, use: Any) -> tuple[str, list[str]]:
        told = self.asks(v16.GetInstalledCertificateIdsRequest(certificate_type=use))
        return told.status, [one.serial_number for one in told.certificate_hash_data or []]

    def transfers(self, message: str, **data: Any) -> Any:
        """A message of Plug & Charge; what its answer says."""
        told = self.asks(v16.DataTransferRequest(vendor_id=VENDOR, message_id=message, data=json.dumps(data)))
        assert told.status == "Accepted"
        self.shop.work()
        return json.loads(told.data)

    def transferred(self, message: str) -> list[Any]:
        """What the charge point said in a message of Plug & Charge."""
        said = self.said(v16.DataTransferRequest)
        return [json.loads(one.data or "{}") for one in said if one.message_id == message]


def _serial(signer: Signer) -> str:
    return f"{signer.certificate.serial_number:x}"


@pytest.mark.req("SEC16:A02.FR.13")
def test_tc_074_cs() -> None:
    """Triggered, the charge point asks with its serial number and CpoName, and connects with what it gets."""
    world = _World(variables={"SecurityCtrlr.SecurityProfile": "3"})
    world.configure(CpoName="Volta GmbH")
    world.install(CSMS, world.root)
    csr = world.csr()
    assert x509.load_pem_x509_csr(csr.encode()).subject.rfc4514_string() == "CN=PW-1,O=Volta GmbH"
    assert world.hand_over(world.root.sign(csr)) == "Accepted"
    assert any(isinstance(action, ConnectAnew) for action in world.actions)


@pytest.mark.req("SEC16:M03.FR.01", "SEC16:M03.FR.03", "SEC16:M05.FR.01", "SEC16:M05.FR.02")
@pytest.mark.parametrize("use", [MANUFACTURER, CSMS], ids=["075_1", "075_2"])
def test_tc_075(use: str) -> None:
    """A root is installed, and listed by its hashes."""
    world = _World()
    assert world.install(use, world.root) == "Accepted"
    assert world.ids(use) == ("Accepted", [_serial(world.root)])


@pytest.mark.req("SEC16:M03.FR.02", "SEC16:M04.FR.01", "SEC16:M04.FR.02", "SEC16:M04.FR.04")
def test_tc_076_cs() -> None:
    """A listed root is deleted, and is not listed any more."""
    world = _World()
    world.install(CSMS, world.root)
    told = world.asks(v16.GetInstalledCertificateIdsRequest(certificate_type=CSMS))  # type: ignore[arg-type]
    (data,) = told.certificate_hash_data
    assert world.asks(v16.DeleteCertificateRequest(certificate_hash_data=data)).status == "Accepted"
    assert world.ids(CSMS) == ("NotFound", [])
    assert world.asks(v16.DeleteCertificateRequest(certificate_hash_data=data)).status == "NotFound"


@pytest.mark.req("SEC16:A02.FR.07")
def test_tc_077_cs() -> None:
    """A certificate that is not good is rejected, and a security event tells of it by the name that 1.6 has."""
    world = _World()
    world.install(CSMS, world.root)
    world.csr()
    assert world.hand_over(pem(Signer.root("Nobody").issue("PW-1", key("x").public_key()))) == "Rejected"
    assert world.said(v16.SecurityEventNotificationRequest)[-1].type == "InvalidChargePointCertificate"


@pytest.mark.req("SEC16:M05.FR.06")
@pytest.mark.parametrize(("use", "told"), [(CSMS, True), (MANUFACTURER, False)], ids=["TC_078", "of-the-maker"])
def test_tc_078_cs(use: str, told: bool) -> None:
    """An expired root is rejected; if it was to be the central system's, a security event tells of it."""
    world = _World()
    assert world.install(use, Signer.root("Old", since=START.replace(year=2020), days=9)) == "Rejected"
    events = [one.type for one in world.said(v16.SecurityEventNotificationRequest)]
    assert ("InvalidCentralSystemCertificate" in events) is told


def test_plug_and_charge_by_data_transfer() -> None:
    """Roots, the charge point's ISO 15118 certificate by trigger, its list, and its end: each by DataTransfer."""
    world = _World()
    install = {"certificateType": "V2GRootCertificate", "certificate": pem(world.v2g.certificate)}
    assert world.transfers("InstallCertificate", **install) == {"status": "Accepted"}
    assert world.transfers("TriggerMessage") == {"status": "Accepted"}
    (asked,) = world.transferred("SignCertificate")
    sub = world.v2g.under("Sub")
    chain = sub.sign(asked["csr"]) + pem(sub.certificate)
    assert world.transfers("CertificateSigned", certificateChain=chain) == {"status": "Accepted"}
    assert world.shop.text("v2g/iso2-chain.pem") == chain
    world.tick()
    assert [one["ocspRequestData"]["serialNumber"] for one in world.transferred("GetCertificateStatus")][1] == _serial(
        sub
    )
    listed = world.transfers("GetInstalledCertificateIds", certificateType=["V2GCertificateChain"])
    (found,) = listed["certificateHashDataChain"]
    leaf = x509.load_pem_x509_certificates(chain.encode())[0]
    assert found["certificateHashData"]["issuerKeyHash"] == hashes_of(leaf, sub.certificate).issuer_key
    deleted = world.transfers("DeleteCertificate", certificateHashData=found["certificateHashData"])
    assert deleted == {"status": "Accepted"}
    assert world.shop.files.names("keys") == []
