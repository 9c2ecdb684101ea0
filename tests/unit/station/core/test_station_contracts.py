"""Authorization by a contract certificate (C07), and what else is asked for a vehicle (M01, M02, M06, M07)."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime, timedelta

import pytest

from pilotwire.domain.authorization import (
    AuthorizationAsked,
    AuthorizationStatus,
    AuthorizationVerdict,
    CertificateStatus,
)
from pilotwire.domain.certificates import (
    CertificateAction,
    CertificateKind,
    CertificateStatusAsked,
    CertificateStatusVerdict,
    ChainLink,
    ChainStatusAsked,
    ChainStatusVerdict,
    EvCertificateAsked,
    EvCertificateVerdict,
    InstallCertificate,
    LinkStatus,
    RevocationStatus,
    SigningUse,
    StatusSource,
)
from pilotwire.domain.kinds import Fact, Verdict
from pilotwire.station.core.actions import Inform
from pilotwire.station.core.certificate_status import (
    ChainStatusWanted,
    EvCertificateWanted,
    OcspResponses,
    OcspWanted,
)
from pilotwire.station.core.certificate_store import hash_of
from pilotwire.station.core.certificates import CertificateGiven
from pilotwire.station.core.contracts import ContractPresented
from pilotwire.station.core.inputs import OfStreet
from tests.support.station_pki import RESPONDER, Signer, key, pem
from tests.support.station_world import START, Csms, StationWorld

EMAID = "DEVOLC12345678"
ON = {"ISO15118Ctrlr.PnCEnabled": "true"}
CENTRAL = ON | {"ISO15118Ctrlr.CentralContractValidationAllowed": "true"}
WEEK = timedelta(days=7)


class Knowing(Csms):
    """A CSMS that knows contracts, OCSP responses, revocation and a contract pool. `good` None: it cannot tell."""

    contract: AuthorizationVerdict | None = None
    responses: dict[str, str] | None = None
    pool: EvCertificateVerdict | None = None

    def verdict(self, fact: Fact, now: datetime) -> Verdict:
        match fact:
            case AuthorizationAsked() if self.contract is not None:
                return self.contract
            case CertificateStatusAsked():
                return CertificateStatusVerdict(ocsp_result=(self.responses or {}).get(fact.certificate.serial_number))
            case ChainStatusAsked():
                statuses = tuple(
                    LinkStatus(
                        certificate=link.certificate,
                        source=link.source,
                        status=RevocationStatus.GOOD,
                        next_update=now + timedelta(days=30),
                    )
                    for link in fact.links
                )
                return ChainStatusVerdict(statuses=statuses)
            case EvCertificateAsked() if self.pool is not None:
                return self.pool
            case _:
                return super().verdict(fact, now)


class Car:
    """A station with a vehicle at it, whose contract is signed by a mobility operator's sub-CA."""

    def __init__(
        self, *, root_installed: bool = True, since: datetime = START, days: float = 300, **settings: object
    ) -> None:
        self.world = StationWorld(online=False, **settings)  # type: ignore[arg-type]
        self.csms = self.world.csms = Knowing()
        self.csms.contract = AuthorizationVerdict(
            status=AuthorizationStatus.ACCEPTED, certificate_status=CertificateStatus.ACCEPTED
        )
        self.world.connect()
        self.root = Signer.root("MO root")
        self.sub = self.root.under("MO sub")
        self.contract = self.sub.issue(EMAID, key("car").public_key(), since=since, days=days)
        if root_installed:
            command = InstallCertificate(kind=CertificateKind.MO_ROOT, certificate=pem(self.root.certificate))
            self.world.command(command)
        self.world.plug()

    def informed(self, event: OfStreet) -> Verdict | None:
        """Ask for the vehicle; the one answer."""
        before = len(self.world.actions)
        self.world.feed(event)
        told = [action for action in self.world.actions[before:] if isinstance(action, Inform)]
        assert len(told) <= 1
        return told[0].verdict if told else None

    def presents(self, chain: str | None = None) -> AuthorizationVerdict:
        """Show the contract."""
        verdict = self.informed(ContractPresented("car", 1, chain or pem(self.contract, self.sub.certificate)))
        assert isinstance(verdict, AuthorizationVerdict)
        return verdict

    @property
    def asked(self) -> list[AuthorizationAsked]:
        return [fact for fact in self.csms.heard if isinstance(fact, AuthorizationAsked)]

    @property
    def charges(self) -> bool:
        self.world.pass_time(30)
        return self.world.hardware.meter(1).power_w > 0


# --- contracts ------------------------------------------------------------------------------------------------------


@pytest.mark.req("C07.FR.01", "C07.FR.02")
@pytest.mark.parametrize("ocpp16", [False, True], ids=["2.x", "1.6"])
def test_a_good_contract_is_asked_about_with_the_hashes_of_its_chain_and_charges(ocpp16: bool) -> None:
    car = Car(variables=ON, ocpp16=ocpp16)
    assert car.presents().accepted
    (asked,) = car.asked
    assert (asked.id_token.value, asked.id_token.type) == (EMAID, "eMAID")
    assert asked.certificate is None
    assert [link.certificate for link in asked.certificates] == [
        hash_of(car.contract, car.sub.certificate),
        hash_of(car.sub.certificate, car.root.certificate),
    ]
    assert {link.responder_url for link in asked.certificates} == {RESPONDER}
    assert car.charges


@pytest.mark.req("C07.FR.06")
def test_a_contract_whose_root_is_not_here_is_judged_by_the_csms_if_it_may() -> None:
    car = Car(root_installed=False, variables=CENTRAL)
    assert car.presents().accepted
    (asked,) = car.asked
    assert asked.certificate == pem(car.contract, car.sub.certificate)
    assert car.charges


@pytest.mark.req("C07.FR.06")
def test_else_it_is_refused_here() -> None:
    car = Car(root_installed=False, variables=ON)
    assert not car.presents().accepted
    assert car.asked == []
    assert not car.charges


@pytest.mark.parametrize(
    ("since", "days", "found"),
    [
        (START - timedelta(days=90), 30, CertificateStatus.CERTIFICATE_EXPIRED),
        (START + timedelta(days=90), 30, CertificateStatus.CERT_CHAIN_ERROR),
    ],
    ids=["expired", "not yet valid"],
)
def test_a_contract_that_is_not_good_is_refused_without_asking(
    since: datetime, days: float, found: CertificateStatus
) -> None:
    car = Car(variables=CENTRAL, since=since, days=days)
    assert car.presents().certificate_status is found
    assert car.asked == []
    assert not car.charges


@pytest.mark.parametrize("chain", ["no PEM at all", pem(Signer.root("A").certificate, Signer.root("B").certificate)])
def test_a_chain_that_is_none_is_refused(chain: str) -> None:
    car = Car(variables=CENTRAL)
    assert car.presents(chain).certificate_status is CertificateStatus.CERT_CHAIN_ERROR
    assert not car.charges


def test_a_contract_the_csms_does_not_accept_does_not_charge() -> None:
    car = Car(variables=ON)
    car.csms.contract = AuthorizationVerdict(
        status=AuthorizationStatus.INVALID, certificate_status=CertificateStatus.CONTRACT_CANCELLED
    )
    assert car.presents().certificate_status is CertificateStatus.CONTRACT_CANCELLED
    assert not car.charges


def test_a_good_token_with_a_revoked_certificate_does_not_charge() -> None:
    car = Car(variables=ON)
    car.csms.contract = AuthorizationVerdict(
        status=AuthorizationStatus.ACCEPTED, certificate_status=CertificateStatus.CERTIFICATE_REVOKED
    )
    assert not car.presents().accepted
    assert not car.charges


def test_no_contract_where_plug_and_charge_is_off() -> None:
    car = Car()
    assert not car.presents().accepted
    assert car.asked == []


@pytest.mark.req("C07.FR.07", "C07.FR.08", "C07.FR.09", "C07.FR.11", "C07.FR.12")
@pytest.mark.parametrize(
    ("variables", "known", "accepted"),
    [
        ({"ISO15118Ctrlr.ContractValidationOffline": "false"}, True, False),
        ({}, True, True),
        ({}, False, False),
        ({"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"}, False, True),
    ],
    ids=["not offline", "cached", "unknown", "unknown allowed"],
)
def test_offline_the_contract_is_checked_here_and_its_emaid_looked_up(
    variables: dict[str, str], known: bool, accepted: bool
) -> None:
    car = Car(variables=ON | variables)
    if known:
        assert car.presents().accepted
        car.world.unplug(at_vehicle=True)
        car.world.pass_time(10)
        car.world.plug()
    car.world.cut()
    assert car.presents().accepted is accepted
    assert car.charges is accepted


@pytest.mark.req("C07.FR.08")
def test_offline_a_contract_whose_root_is_not_here_is_refused() -> None:
    car = Car(root_installed=False, variables=CENTRAL | {"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"})
    car.world.cut()
    assert not car.presents().accepted


# --- contracts for vehicles ------------------------------------------------------------------------------------------

WANTED = EvCertificateAsked(
    schema_version="urn:iso:15118:2:2013:MsgDef", action=CertificateAction.INSTALL, exi_request="AQ=="
)


@pytest.mark.req("M01.FR.01", "M02.FR.01")
@pytest.mark.parametrize("action", list(CertificateAction))
def test_what_a_vehicle_asks_the_contract_pool_goes_through_and_so_does_the_answer(action: CertificateAction) -> None:
    car = Car()
    car.csms.pool = EvCertificateVerdict(accepted=True, exi_response="Ag==")
    asked = EvCertificateAsked(schema_version="urn:iso:15118:2:2013:MsgDef", action=action, exi_request="AQ==")
    assert car.informed(EvCertificateWanted("car", asked)) == car.csms.pool
    assert asked in car.csms.heard


@pytest.mark.parametrize("why", ["off", "offline", "silent"])
def test_what_cannot_be_asked_has_failed(why: str) -> None:
    switch = "ISO15118Ctrlr.ContractCertificateInstallationEnabled"
    car = Car(variables={switch: "false" if why == "off" else "true"})
    if why == "offline":
        car.world.cut()
    car.csms.silent = lambda fact: isinstance(fact, EvCertificateAsked)
    verdict = car.informed(EvCertificateWanted("car", WANTED))
    if why == "silent":
        assert verdict is None
        car.world.time_out()
        (told,) = [action for action in car.world.actions if isinstance(action, Inform)]
        verdict = told.verdict
    assert isinstance(verdict, EvCertificateVerdict)
    assert not verdict.accepted


# --- revocation of the station's own chain ---------------------------------------------------------------------------


class Secc(Car):
    """A station with a chain for ISO 15118 of its own."""

    def __init__(self, *, days: float = 2) -> None:
        super().__init__()
        self.v2g = Signer.root("V2G root")
        self.v2g_sub = self.v2g.under("V2G sub")
        self.leaf = self.v2g_sub.issue("SECC", key("secc").public_key())
        self.world.command(InstallCertificate(kind=CertificateKind.V2G_ROOT, certificate=pem(self.v2g.certificate)))
        self.answers(days=days)

    def answers(self, *, days: float = 2) -> None:
        """What the responder says from now on."""
        now = self.world.now
        self.csms.responses = {
            f"{self.leaf.serial_number:x}": self.v2g_sub.ocsp(self.leaf, now, days=days),
            f"{self.v2g_sub.certificate.serial_number:x}": self.v2g.ocsp(self.v2g_sub.certificate, now, days=days),
        }

    def given(self) -> None:
        """The chain comes from the factory."""
        self.world.feed(CertificateGiven(SigningUse.V2G, pem(self.leaf, self.v2g_sub.certificate), "key"))
        self.world.tick()

    def staples(self, ref: Hashable = "car") -> tuple[str | None, ...]:
        """What a vehicle is shown."""
        verdict = self.informed(OcspWanted(ref))
        assert isinstance(verdict, OcspResponses)
        return verdict.responses

    @property
    def asked_ocsp(self) -> list[str]:
        return [fact.certificate.serial_number for fact in self.csms.heard if isinstance(fact, CertificateStatusAsked)]


@pytest.mark.req("M06.FR.06", "M06.FR.07")
def test_the_ocsp_responses_of_a_new_chain_are_fetched_kept_and_shown() -> None:
    secc = Secc()
    secc.given()
    assert secc.asked_ocsp == list(secc.csms.responses or {})
    assert secc.staples() == tuple((secc.csms.responses or {}).values())
    secc.world.kill()
    assert secc.staples() == tuple((secc.csms.responses or {}).values())
    assert len(secc.asked_ocsp) == 2


@pytest.mark.req("M06.FR.06")
def test_they_are_fetched_anew_before_they_end() -> None:
    secc = Secc(days=1)
    secc.given()
    secc.world.now += timedelta(hours=22.5)
    secc.world.tick()
    assert len(secc.asked_ocsp) == 2
    secc.answers(days=1)
    secc.world.pass_time(3600, step=600)
    assert len(secc.asked_ocsp) == 4
    assert secc.staples() == tuple((secc.csms.responses or {}).values())


@pytest.mark.req("M06.FR.10")
def test_one_that_lasts_longer_is_fetched_anew_after_a_week() -> None:
    secc = Secc(days=30)
    secc.given()
    secc.world.now += timedelta(days=6, hours=23)
    secc.world.tick()
    assert len(secc.asked_ocsp) == 2
    secc.world.now += timedelta(hours=1)
    secc.world.tick()
    assert len(secc.asked_ocsp) == 4


def test_a_response_that_could_not_be_had_or_is_about_something_else_is_asked_for_again_an_hour_later() -> None:
    secc = Secc()
    good = secc.csms.responses or {}
    wrong = dict(zip(good, reversed(good.values()), strict=True))
    secc.csms.responses = {}
    secc.given()
    assert secc.staples() == (None, None)
    secc.csms.responses = wrong
    secc.world.pass_time(3601, step=600)
    assert secc.staples() == (None, None)
    secc.csms.responses = good
    secc.world.pass_time(3601, step=600)
    assert secc.staples() == tuple(good.values())
    assert len(secc.asked_ocsp) == 6


# --- revocation of a vehicle's chain ---------------------------------------------------------------------------------


@pytest.mark.req("M07.FR.09", "M07.FR.10", "M07.FR.11")
def test_the_status_of_a_chain_is_asked_once_and_kept_for_a_week_at_most() -> None:
    car = Car()
    names = [hash_of(car.contract, car.sub.certificate), hash_of(car.sub.certificate, car.root.certificate)]
    links = tuple(ChainLink(certificate=one, source=StatusSource.OCSP, urls=(RESPONDER,)) for one in names)

    def statuses(*wanted: ChainLink) -> list[str]:
        verdict = car.informed(ChainStatusWanted("car", wanted))
        assert isinstance(verdict, ChainStatusVerdict)
        return [each.status for each in verdict.statuses]

    def asked() -> list[int]:
        return [len(fact.links) for fact in car.csms.heard if isinstance(fact, ChainStatusAsked)]

    assert statuses(links[0]) == ["Good"]
    assert statuses(*links) == ["Good", "Good"]
    assert statuses(*links) == ["Good", "Good"]
    assert asked() == [1, 1]
    car.world.cut()
    car.world.now += WEEK
    car.world.tick()
    assert statuses(*links) == ["Failed", "Failed"]
    car.world.connect()
    assert statuses(*links) == ["Good", "Good"]
    assert asked() == [1, 1, 2]
