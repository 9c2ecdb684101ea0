"""Every place where a station keeps something of customers, found by token, by identifier and by the certificate of a contract."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain.battery_swap import Battery, RequestBatterySwap
from pilotwire.domain.certificates import CertificateHash, CertificateKind, HashAlgorithm, InstallCertificate
from pilotwire.domain.customer_information import (
    CustomerInformation,
    CustomerInformationOutcome,
    CustomerInformationPart,
    CustomerInformationStatus,
)
from pilotwire.domain.identity import AdditionalInfo, IdToken
from pilotwire.domain.kinds import changed
from pilotwire.domain.transactions import EventKind, TransactionEvent
from pilotwire.station.core.battery_swap import BatteryInserted
from pilotwire.station.core.certificate_store import hash_of
from pilotwire.station.core.certificates_memory import CachedStatus, CertificatesMemory
from pilotwire.station.core.contracts import ContractPresented
from pilotwire.station.core.contracts_memory import ContractsMemory
from pilotwire.station.core.customer_information import CLEARED, NOTHING
from pilotwire.station.core.customer_keepers import is_meant
from pilotwire.station.core.payment_memory import KeptPayment, PaymentMemory
from tests.support.station_pki import Signer, key, pem
from tests.support.station_world import StationWorld, accepted

ANNA = IdToken(value="ANNA", type="ISO14443")
EMAID = IdToken(value="DEVOLC12345678", type="eMAID")
OTHER = IdToken(value="DEVOLC87654321", type="eMAID")
PNC = {"ISO15118Ctrlr.PnCEnabled": "true"}
ACCEPTED, REJECTED = CustomerInformationStatus.ACCEPTED, CustomerInformationStatus.REJECTED


def _ask(world: StationWorld, **asked: Any) -> CustomerInformationOutcome:
    outcome = world.command(CustomerInformation(**({"request_id": 4, "report": False, "clear": False} | asked)))
    assert isinstance(outcome, CustomerInformationOutcome)
    return outcome


def _text(world: StationWorld, **asked: Any) -> str:
    before = len(world.csms.of(CustomerInformationPart))
    assert _ask(world, **asked).status is ACCEPTED
    parts: list[Any] = world.csms.of(CustomerInformationPart)[before:]
    return "".join(part.data for part in parts)


# --- contracts ------------------------------------------------------------------------------------------------------


class Contract:
    """A contract of a mobility operator whose root the station has."""

    def __init__(self, token: IdToken) -> None:
        self.token = token
        self.root = Signer.root("MO root")
        self.sub = self.root.under("MO sub")
        self.certificate = self.sub.issue(token.value, key(token.value).public_key())

    def charges_at(self, world: StationWorld) -> None:
        """Come, charge for a while, and go."""
        world.command(InstallCertificate(kind=CertificateKind.MO_ROOT, certificate=pem(self.root.certificate)))
        world.csms.tokens[self.token.value] = accepted()
        world.plug()
        world.feed(ContractPresented("car", 1, pem(self.certificate, self.sub.certificate)))
        assert world.transaction is not None
        world.pass_time(30)
        world.unplug(at_vehicle=True)
        world.pass_time(5)

    def named(self, algorithm: HashAlgorithm) -> CertificateHash:
        """The certificate by its hashes."""
        return hash_of(self.certificate, self.sub.certificate, algorithm)


@pytest.mark.req("N09.FR.05", "N09.FR.08")
@pytest.mark.parametrize("algorithm", list(HashAlgorithm))
def test_a_customer_is_found_by_the_certificate_in_whatever_hashes(algorithm: HashAlgorithm) -> None:
    """What is kept of the contract's token is the customer's too; another contract is nobody's."""
    world = StationWorld(variables=PNC)
    mine, other = Contract(EMAID), Contract(OTHER)
    mine.charges_at(world)
    text = _text(world, report=True, customer_certificate=mine.named(algorithm))
    assert f"Contract certificate {mine.named(algorithm).serial_number} of {EMAID.value}" in text
    assert f"Authorization cache: {EMAID.value}" in text
    assert _text(world, report=True, customer_certificate=other.named(algorithm)) == NOTHING
    shouted = mine.named(algorithm)
    shouted = changed(
        shouted, issuer_name_hash=shouted.issuer_name_hash.upper(), serial_number=f"00{shouted.serial_number.upper()}"
    )
    assert _text(world, report=True, customer_certificate=shouted) == text


@pytest.mark.req("N10.FR.03", "N10.FR.06", "N10.FR.09")
@pytest.mark.parametrize("way", ["token", "identifier", "certificate"])
def test_a_contract_is_cleared_in_each_way_with_all_that_is_known_of_it(way: str) -> None:
    """From the disk too, and with what was heard of its revocation; another customer's stays."""
    world = StationWorld(variables=PNC)
    mine, other = Contract(EMAID), Contract(OTHER)
    mine.charges_at(world)
    other.charges_at(world)
    station = world.core._station
    known = [
        CachedStatus(certificate=one.named(HashAlgorithm.SHA256), until=world.now + timedelta(days=1))
        for one in (mine, other)
    ]
    station.remember(changed(station.kept(CertificatesMemory), statuses=tuple(known)))
    ways: dict[str, dict[str, Any]] = {
        "token": {"id_token": EMAID},
        "identifier": {"customer_identifier": EMAID.value.lower()},
        "certificate": {"customer_certificate": mine.named(HashAlgorithm.SHA384)},
    }
    told = _text(world, report=True, clear=True, **ways[way])
    assert [line.split()[0] for line in told.splitlines()] == ["Authorization", "Revocation", "Contract"]
    world.kill()
    for named in ways.values():
        assert _text(world, report=True, **named) == NOTHING
    assert [one.id_token for one in world.core._station.kept(ContractsMemory).used] == [OTHER]
    assert world.core._station.kept(CertificatesMemory).statuses == (known[1],)
    assert "Authorization cache" in _text(world, report=True, customer_certificate=other.named(HashAlgorithm.SHA256))


def test_contracts_are_kept_once_and_not_without_end_and_none_by_a_station_of_ocpp16() -> None:
    world = StationWorld(variables=PNC, cache_limit=1)
    for one in (Contract(EMAID), Contract(OTHER), Contract(OTHER)):
        one.charges_at(world)
    assert [one.id_token for one in world.core._station.kept(ContractsMemory).used] == [OTHER]
    old = StationWorld(ocpp16=True, variables=PNC)
    Contract(EMAID).charges_at(old)
    assert old.core._station.kept(ContractsMemory).used == ()


# --- what is in use -------------------------------------------------------------------------------------------------


def _in_use(world: StationWorld, line: str, **named: Any) -> None:
    """It is told, and while it is there nothing is cleared."""
    assert line in _text(world, report=True, **named)
    outcome = _ask(world, clear=True, **named)
    assert (outcome.status, world.why is not None and world.why.code) == (REJECTED, "TxInProgress")


@pytest.mark.req("N10.FR.05")
def test_the_usage_of_a_session_the_csms_does_not_have() -> None:
    """By the memory until the end is taken, by the message afterwards; then nothing is left."""
    world = StationWorld(variables={"InstallerCtrlr.UsageDataTransfer": "true", "AuthCacheCtrlr.Enabled": "false"})
    world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    world.csms.silent = lambda fact: isinstance(fact, TransactionEvent) and fact.kind is EventKind.ENDED
    world.tap("ANNA")
    world.unplug()
    for named in ({"id_token": ANNA}, {"customer_identifier": "anna"}):
        _in_use(world, "Usage of transaction tx-1 on EVSE 1", **named)
    world.csms.silent = lambda fact: type(fact).__name__ == "DataTransferred"
    world.time_out()
    world.pass_time(60)
    _in_use(world, "Usage of a session: a message waits for the CSMS", id_token=ANNA)
    world.csms.silent = lambda _: False
    world.time_out()
    world.pass_time(60)
    assert _text(world, report=True, clear=True, id_token=ANNA) == NOTHING


@pytest.mark.req("N10.FR.05")
def test_a_battery_swap() -> None:
    world = StationWorld(station="ac-22-dual", swap_slots=2)
    world.csms.tokens["ANNA"] = accepted()
    battery = Battery(evse_id=1, serial_number="B", soc=Decimal(95), soh=Decimal(90))
    world.feed(BatteryInserted(battery))
    world.command(RequestBatterySwap(request_id=7, id_token=ANNA))
    _in_use(world, "Battery swap 7 of ANNA", id_token=ANNA)


@pytest.mark.req("N10.FR.05")
def test_somebody_who_has_not_chosen_an_evse_yet() -> None:
    world = StationWorld(station="ac-22-dual")
    world.tap("ANNA", None)
    _in_use(world, "Authorized at the station", id_token=ANNA)


@pytest.mark.req("N10.FR.05")
@pytest.mark.parametrize("identifier", ["psp-1", "XXXX1111", "NL123"])
def test_a_payment_by_what_it_is_known_by(identifier: str) -> None:
    world = StationWorld()
    station = world.core._station
    payment = KeptPayment(psp_ref="PSP-1", card="XXXX1111", amount=Decimal(50), currency="EUR", vat_number="NL123")
    station.remember(PaymentMemory(under_way=(payment,)))
    _in_use(world, "Payment PSP-1: 50 EUR kept of card XXXX1111", customer_identifier=identifier)
    _in_use(world, "Payment PSP-1", id_token=IdToken(value="psp-1", type="DirectPayment"))
    assert _text(world, report=True, clear=True, id_token=ANNA) == NOTHING


# --- who is meant ---------------------------------------------------------------------------------------------------


def test_a_further_identifier_of_a_token_is_the_customers() -> None:
    token = IdToken(value="ANNA", additional=(AdditionalInfo(value="DEVOLC1", type="eMAID"),))
    asked = CustomerInformation(request_id=1, report=True, clear=False, customer_identifier="devolc1")
    assert is_meant(asked, token)
    assert not is_meant(changed(asked, customer_identifier="devolc"), token)
    assert not is_meant(asked, None)


@pytest.mark.req("N09.FR.07", "N09.FR.09")
def test_a_request_that_cannot_be_says_why() -> None:
    world = StationWorld()
    assert _ask(world, id_token=ANNA).status is REJECTED
    assert world.why is not None
    assert world.why.code == "MissingParam"
    for named in ({}, {"id_token": ANNA, "customer_identifier": "ANNA"}):
        assert _ask(world, report=True, **named).status is CustomerInformationStatus.INVALID
        assert world.why.code == "InvalidValue"
    assert _text(world, clear=True, id_token=ANNA) == CLEARED
