"""Charge point under test, 1.6: Plug & Charge by DataTransfer (application note of the OCA), and the keys that go with it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from pilotwire.domain.authorization import (
    AuthorizationAsked,
    AuthorizationStatus,
    AuthorizationVerdict,
    CertificateStatus,
)
from pilotwire.domain.certificates import SigningAsked, SigningVerdict
from pilotwire.domain.kinds import Fact
from pilotwire.ocpp import v16
from pilotwire.station.core.contracts import ContractPresented
from tests.support.station_pki import Signer, Workshop, key, pem
from tests.support.station_world import Csms, accepted
from tests.support.world16 import World16, only, shown

VENDOR = "org.openchargealliance.iso15118pnc"
EMAID = "DEVOLC12345678"


class _Csms(Csms):
    """Knows a contract; `signs` is whether it has certificates made."""

    signs = True

    def verdict(self, fact: Fact, now: datetime) -> Any:
        """What it thinks."""
        if isinstance(fact, SigningAsked):
            return SigningVerdict(accepted=self.signs)
        if isinstance(fact, AuthorizationAsked) and fact.id_token.value == EMAID:
            return AuthorizationVerdict(
                status=AuthorizationStatus.ACCEPTED, certificate_status=CertificateStatus.ACCEPTED
            )
        return super().verdict(fact, now)


class _World(World16):
    """A charge point with Plug & Charge on, and a vehicle with a contract under a root that is installed or not."""

    def __init__(self, *, root_installed: bool = True, **options: Any) -> None:
        super().__init__(online=False, **options)
        self.knowing = self.csms = _Csms(names=True)
        self.csms.tokens[EMAID] = accepted()
        self.connect()
        self.shop = Workshop(self)
        self.root = Signer.root("MO root")
        self.sub = self.root.under("MO sub")
        contract = self.sub.issue(EMAID, key("car").public_key())
        self.chain = pem(contract, self.sub.certificate)
        self.configure(ISO15118PnCEnabled="true")
        if root_installed:
            data = {"certificateType": "MORootCertificate", "certificate": pem(self.root.certificate)}
            self.transfers("InstallCertificate", **data)
        self.fresh()

    def transfers(self, message: str, **data: Any) -> None:
        """A message of Plug & Charge is accepted."""
        told = self.asks(v16.DataTransferRequest(vendor_id=VENDOR, message_id=message, data=json.dumps(data)))
        assert json.loads(told.data) == {"status": "Accepted"}
        self.shop.work()

    def transferred(self, message: str) -> list[Any]:
        """What the charge point said in a message of Plug & Charge."""
        said = self.said(v16.DataTransferRequest)
        assert {one.vendor_id for one in said} <= {VENDOR}
        return [json.loads(one.data or "") for one in said if one.message_id == message]

    def presents(self) -> None:
        """The vehicle is plugged in and shows its contract."""
        self.plug()
        self.feed(ContractPresented("car", 1, self.chain))
        self.pass_time(10, step=1)

    @property
    def charges(self) -> bool:
        """Whether there is energy."""
        return self.hardware.meter(1).power_w > 0


# --- authorization ------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("PNC16:2.3", "PNC16:5", "PNC16:6.1")
def test_a_contract_is_asked_about_by_data_transfer_and_charges_as_its_emaid() -> None:
    """Authorize of 1.6 itself is not used; StartTransaction has the eMAID as its idTag."""
    world = _World()
    world.presents()
    (asked,) = world.transferred("Authorize")
    assert asked["idToken"] == {"idToken": EMAID}
    assert "certificate" not in asked
    assert len(asked["iso15118CertificateHashData"]) == 2
    told = world.fresh()
    assert only(v16.AuthorizeRequest, told) == []
    (start,) = only(v16.StartTransactionRequest, told)
    assert start.id_tag == EMAID
    assert shown(told)[-1] == "Charging"
    world.unplug(at_vehicle=True)
    assert world.said(v16.StopTransactionRequest)[-1].reason == "EVDisconnected"


@pytest.mark.req("PNC16:5", "PNC16:9.1")
@pytest.mark.parametrize("allowed", ["true", "false"])
def test_a_contract_whose_root_is_not_here_is_shown_to_the_central_system_if_it_may_be(allowed: str) -> None:
    world = _World(root_installed=False)
    world.configure(CentralContractValidationAllowed=allowed)
    world.presents()
    assert [one["certificate"] for one in world.transferred("Authorize")] == [world.chain] * (allowed == "true")
    assert world.charges is (allowed == "true")


@pytest.mark.req("PNC16:9.7")
def test_without_plug_and_charge_a_contract_is_worth_nothing() -> None:
    world = _World()
    world.configure(ISO15118PnCEnabled="false")
    world.presents()
    assert world.transferred("Authorize") == []
    assert not world.charges


@pytest.mark.req("PNC16:5", "PNC16:9.6")
@pytest.mark.parametrize(
    ("keys", "listed", "charges"),
    [
        ({"ContractValidationOffline": "false"}, True, False),
        ({"ContractValidationOffline": "true"}, True, True),
        ({"ContractValidationOffline": "true"}, False, False),
        ({"ContractValidationOffline": "true", "AllowOfflineTxForUnknownId": "true"}, False, True),
    ],
    ids=["not-offline", "on-the-list", "unknown", "unknown-allowed"],
)
def test_offline_the_contract_is_checked_here_and_then_the_emaid_counts(
    keys: dict[str, str], listed: bool, charges: bool
) -> None:
    world = _World()
    world.configure(LocalAuthorizeOffline="true", **keys)
    if listed:
        entry = v16.AuthorizationData(id_tag=EMAID, id_tag_info=v16.IdTagInfo(status="Accepted"))
        update = v16.SendLocalListRequest(list_version=1, update_type="Full", local_authorization_list=[entry])
        assert world.asks(update).status == "Accepted"
    world.cut()
    world.presents()
    assert world.charges is charges
    world.connect()
    world.pass_time(5)
    assert [start.id_tag for start in world.said(v16.StartTransactionRequest)] == [EMAID] * charges


# --- the charge point's own certificate --------------------------------------------------------------------------------------------


@pytest.mark.req("PNC16:3.1.1", "PNC16:9.3", "PNC16:9.4")
@pytest.mark.parametrize(
    ("wait", "times", "after"), [("20", "1", [0, 20, 60]), ("20", "0", [0, 20]), ("0", "3", [0])], ids=str
)
def test_a_request_that_is_not_answered_with_a_certificate_is_repeated(
    wait: str, times: str, after: list[float]
) -> None:
    """After CertSigningWaitMinimum seconds, which double CertSigningRepeatTimes times; then no more until it is triggered."""
    world = _World()
    world.configure(CertSigningWaitMinimum=wait, CertSigningRepeatTimes=times)
    begun = world.now
    world.transfers("TriggerMessage")
    world.pass_time(600, step=1)
    asked = [
        (at - begun).total_seconds()
        for at, said in zip(world.times(v16.DataTransferRequest), world.said(v16.DataTransferRequest), strict=True)
        if said.message_id == "SignCertificate"
    ]
    assert asked == after


@pytest.mark.req("PNC16:9.3", "PNC16:9.4")
@pytest.mark.parametrize("key_name", ["CertSigningWaitMinimum", "CertSigningRepeatTimes"])
def test_negative_waits_are_rejected(key_name: str) -> None:
    world = _World()
    assert world.asks(v16.ChangeConfigurationRequest(key=key_name, value="-1")).status == "Rejected"
    assert int(world.value(key_name) or -1) >= 0


@pytest.mark.req("PNC16:2.1")
def test_a_central_system_that_makes_no_certificates_is_not_asked_again_before_it_triggers() -> None:
    world = _World()
    world.knowing.signs = False
    world.transfers("TriggerMessage")
    world.pass_time(3600)
    assert len(world.transferred("SignCertificate")) == 1
    world.transfers("TriggerMessage")
    assert len(world.transferred("SignCertificate")) == 2
