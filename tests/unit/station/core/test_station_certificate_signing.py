"""The station's own certificates: asked for, taken, swapped, renewed by themselves: A02, A03."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pilotwire.domain.certificates import (
    CertificateKind,
    CertificateSigned,
    CertificateSignedOutcome,
    DeleteCertificate,
    DeleteCertificateOutcome,
    GetInstalledCertificates,
    GetInstalledOutcome,
    InstallCertificate,
    SigningAsked,
    SigningUse,
    SigningVerdict,
)
from pilotwire.domain.kinds import Fact
from pilotwire.domain.provisioning import RegistrationStatus, TriggerMessage, TriggerOutcome
from pilotwire.pki import hashes_of, read_certificates
from pilotwire.station.core.actions import ConnectAnew
from pilotwire.station.core.certificate_signing import MakeRequest
from pilotwire.station.core.certificates import CertificateNotTrusted, InstallersCertificate
from tests.support.station_pki import Signer, Workshop, key, pem
from tests.support.station_world import START, Csms, StationWorld

STATION, V2G, V2G_20 = SigningUse.CHARGING_STATION, SigningUse.V2G, SigningUse.V2G_20
PROFILE_3 = {"SecurityCtrlr.SecurityProfile": "3"}


class Signing(Csms):
    """A CSMS that takes requests, or does not."""

    accepts = True

    def verdict(self, fact: Fact, now: object) -> object:  # type: ignore[override]
        return SigningVerdict(accepted=self.accepts) if isinstance(fact, SigningAsked) else super().verdict(fact, now)  # type: ignore[arg-type]


class Bench:
    """A station, its workshop, and the CAs that sign for it."""

    def __init__(self, *, ocpp16: bool = False, **settings: object) -> None:
        self.world = StationWorld(ocpp16=ocpp16, online=False, **settings)  # type: ignore[arg-type]
        self.world.csms = Signing(names=ocpp16)
        self.world.connect()
        self.shop = Workshop(self.world)
        self.csms = Signer.root("CSMS root")
        self.v2g = Signer.root("V2G root")
        self.sub = self.v2g.under("V2G sub")

    def install_roots(self) -> None:
        for kind, root in ((CertificateKind.CSMS_ROOT, self.csms), (CertificateKind.V2G_ROOT, self.v2g)):
            self.world.command(InstallCertificate(kind=kind, certificate=pem(root.certificate)))

    def trigger(self, message: str) -> str:
        outcome = self.world.command(TriggerMessage(message=message))
        assert isinstance(outcome, TriggerOutcome)
        self.shop.work()
        return outcome.status

    @property
    def asked(self) -> list[SigningAsked]:
        return [fact for fact in self.world.csms.heard if isinstance(fact, SigningAsked)]

    def sign(self, chain: str, use: SigningUse | None = STATION, number: int | None = None) -> str:
        outcome = self.world.command(CertificateSigned(chain=chain, use=use, request_id=number))
        assert isinstance(outcome, CertificateSignedOutcome)
        self.shop.work()
        return outcome.status

    def jump(self, seconds: float) -> None:
        """So much later; nothing happened in between."""
        self.world.now += timedelta(seconds=seconds)
        self.world.tick()
        self.shop.work()
        self.world.tick()

    def renewed(self, *, days: float = 365) -> str:
        """Trigger and sign a station certificate; its PEM."""
        assert self.trigger("SignChargingStationCertificate") == "Accepted"
        chain = self.csms.sign(self.asked[-1].csr, since=self.world.now, days=days)
        assert self.sign(chain) == "Accepted"
        return chain

    def renewed_v2g(self, *, days: float = 365) -> str:
        """The same for ISO 15118-2."""
        assert self.trigger("SignV2GCertificate") == "Accepted"
        chain = self.sub.sign(self.asked[-1].csr, since=self.world.now, days=days) + pem(self.sub.certificate)
        assert self.sign(chain, V2G) == "Accepted"
        return chain


def _subject(csr: str) -> dict[str, str]:
    request = x509.load_pem_x509_csr(csr.encode())
    assert request.is_signature_valid
    kinds = {
        "O": NameOID.ORGANIZATION_NAME,
        "CN": NameOID.COMMON_NAME,
        "C": NameOID.COUNTRY_NAME,
        "DC": NameOID.DOMAIN_COMPONENT,
    }
    found = {short: request.subject.get_attributes_for_oid(kind) for short, kind in kinds.items()}
    return {short: str(values[0].value) for short, values in found.items() if values}


# --- asking ---------------------------------------------------------------------------------------------------------


@pytest.mark.req("A02.FR.02", "A02.FR.03", "A02.FR.13", "A00.FR.503", "A00.FR.509", "A00.FR.511")
def test_a_trigger_makes_a_new_key_and_a_request_with_serial_number_and_organization() -> None:
    bench = Bench(variables={"SecurityCtrlr.OrganizationName": "Volta GmbH"})
    assert bench.trigger("SignChargingStationCertificate") == "Accepted"
    assert bench.trigger("SignChargingStationCertificate") == "Accepted"
    first, second = bench.asked
    assert first.use is STATION
    assert _subject(first.csr) == {"O": "Volta GmbH", "CN": "PW-1"}
    keys = [x509.load_pem_x509_csr(each.csr.encode()).public_key() for each in (first, second)]
    assert keys[0] != keys[1]
    assert len(bench.shop.files.names("keys")) == 1, "the key of a request that was replaced is destroyed"


@pytest.mark.req("A02.FR.13", "A02.FR.22", "A02.FR.23", "A02.FR.27")
@pytest.mark.parametrize(
    ("message", "use", "curve"), [("SignV2GCertificate", V2G, 256), ("SignV2G20Certificate", V2G_20, 521)]
)
def test_a_certificate_for_iso_15118_is_asked_for_in_the_name_of_the_secc(
    message: str, use: SigningUse, curve: int
) -> None:
    names = {"ISO15118Ctrlr.SeccId": "DE-VOL-S-1", "ISO15118Ctrlr.CountryName": "DE"}
    bench = Bench(variables=names | {"ISO15118Ctrlr.OrganizationName": "Volta CPO"})
    bench.install_roots()
    assert bench.trigger(message) == "Accepted"
    (asked,) = bench.asked
    assert asked.use is use
    assert _subject(asked.csr) == {"C": "DE", "O": "Volta CPO", "CN": "DE-VOL-S-1", "DC": "CPO"}
    public = x509.load_pem_x509_csr(asked.csr.encode()).public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    assert public.curve.key_size == curve
    assert asked.root is not None
    assert asked.root.serial_number == f"{bench.v2g.certificate.serial_number:x}"


def test_no_certificate_for_iso_15118_where_that_is_off() -> None:
    bench = Bench(variables={"ISO15118Ctrlr.V2GCertificateInstallationEnabled": "false"})
    assert bench.trigger("SignV2GCertificate") == "Rejected"
    assert bench.asked == []


@pytest.mark.req("A02.FR.17", "A02.FR.18", "A02.FR.19", "A03.FR.17", "A03.FR.18", "A03.FR.19")
def test_a_request_is_sent_again_with_doubled_waits_and_then_no_more() -> None:
    waits = {"SecurityCtrlr.CertSigningWaitMinimum": "30", "SecurityCtrlr.CertSigningRepeatTimes": "1"}
    bench = Bench(variables=waits)
    bench.trigger("SignChargingStationCertificate")
    counted = []
    for seconds in (29, 2, 57, 4, 3600):
        bench.world.pass_time(seconds)
        counted.append(len(bench.asked))
    assert counted == [1, 2, 2, 3, 3]
    assert len({(each.csr, each.request_id) for each in bench.asked}) == 1
    assert bench.sign(bench.csms.sign(bench.asked[0].csr)) == "Accepted"


def test_a_request_that_was_open_when_the_power_failed_goes_on() -> None:
    bench = Bench(variables={"SecurityCtrlr.CertSigningWaitMinimum": "30"})
    bench.trigger("SignChargingStationCertificate")
    bench.world.kill()
    bench.world.pass_time(60)
    assert len(bench.asked) == 2
    assert bench.sign(bench.csms.sign(bench.asked[0].csr)) == "Accepted"


@pytest.mark.req("A02.FR.21")
def test_a_request_the_csms_rejects_is_over_and_plug_and_charge_is_off_until_the_next_boot() -> None:
    bench = Bench(variables={"ISO15118Ctrlr.PnCEnabled": "true"})
    bench.world.csms.accepts = False  # type: ignore[attr-defined]
    bench.trigger("SignV2GCertificate")
    bench.shop.work()
    bench.world.pass_time(100_000, step=3600)
    assert len(bench.asked) == 1
    assert bench.shop.files.names("keys") == []


# --- taking ---------------------------------------------------------------------------------------------------------


@pytest.mark.req("A02.FR.06", "A02.FR.08", "A03.FR.08")
def test_a_good_certificate_is_put_in_place_and_connected_with_at_profile_3() -> None:
    bench = Bench(variables=PROFILE_3)
    bench.install_roots()
    chain = bench.renewed()
    assert bench.shop.text("tls/station-chain.pem") == chain
    assert "PRIVATE KEY" in bench.shop.text("tls/station-key.pem")
    assert [action for action in bench.world.actions if isinstance(action, ConnectAnew)] == [
        ConnectAnew("the station has a new certificate")
    ]


def test_below_profile_3_nothing_is_connected_anew() -> None:
    bench = Bench(variables={"SecurityCtrlr.SecurityProfile": "2"})
    bench.renewed()
    bench.renewed_v2g()
    assert not [action for action in bench.world.actions if isinstance(action, ConnectAnew)]


@pytest.mark.req("A02.FR.06", "A02.FR.07", "A03.FR.06", "A03.FR.07", "A00.FR.511")
@pytest.mark.parametrize("what", ["another key", "another root", "expired", "not yet valid", "another name", "no PEM"])
@pytest.mark.parametrize("ocpp16", [False, True], ids=["2.x", "1.6"])
def test_a_certificate_that_is_not_good_is_rejected_with_a_security_event(what: str, ocpp16: bool) -> None:
    bench = Bench(ocpp16=ocpp16, variables=PROFILE_3)
    bench.install_roots()
    good = bench.renewed()
    bench.trigger("SignChargingStationCertificate")
    csr = bench.asked[-1].csr
    bad = {
        "another key": pem(bench.csms.issue("PW-1", key("somebody").public_key())),
        "another root": Signer.root("Stranger").sign(csr),
        "expired": bench.csms.sign(csr, since=START - timedelta(days=10), days=5),
        "not yet valid": bench.csms.sign(csr, since=START + timedelta(days=5)),
        "another name": bench.csms.sign(csr, common="PW-2"),
        "no PEM": "certificate",
    }[what]
    assert bench.sign(bad) == "Rejected"
    assert bench.world.security_events().count("InvalidChargingStationCertificate") == 1
    assert bench.shop.text("tls/station-chain.pem") == good


@pytest.mark.req("A02.FR.20")
@pytest.mark.parametrize("use", [None, STATION])
def test_after_a_certificate_that_is_not_good_none_is_asked_for_until_triggered(use: SigningUse | None) -> None:
    bench = Bench(variables={"SecurityCtrlr.CertSigningWaitMinimum": "30"})
    bench.install_roots()
    bench.trigger("SignChargingStationCertificate")
    csr = bench.asked[0].csr
    assert bench.sign(Signer.root("Stranger").sign(csr), use) == "Rejected"
    bench.world.pass_time(3600)
    assert len(bench.asked) == 1
    bench.trigger("SignChargingStationCertificate")
    assert len(bench.asked) == 2
    assert bench.sign(bench.csms.sign(bench.asked[1].csr)) == "Accepted"


def test_a_bad_certificate_of_one_use_leaves_the_request_for_another_alone() -> None:
    bench = Bench(variables={"SecurityCtrlr.CertSigningWaitMinimum": "30"})
    bench.install_roots()
    bench.trigger("SignChargingStationCertificate")
    assert bench.sign("certificate", V2G) == "Rejected"
    bench.world.pass_time(31)
    assert len(bench.asked) == 2


@pytest.mark.req("A02.FR.16", "A03.FR.16")
def test_a_chain_that_is_too_long_is_rejected() -> None:
    bench = Bench(variables={"SecurityCtrlr.MaxCertificateChainSize": "900"})
    bench.trigger("SignChargingStationCertificate")
    chain = bench.csms.sign(bench.asked[0].csr)
    assert bench.sign(chain + pem(bench.csms.certificate)) == "Rejected"
    assert bench.sign(chain) == "Accepted"


@pytest.mark.req("A02.FR.24", "A02.FR.26", "A03.FR.20", "A03.FR.22")
def test_a_certificate_for_a_request_nobody_made_is_rejected() -> None:
    bench = Bench()
    bench.trigger("SignChargingStationCertificate")
    (asked,) = bench.asked
    assert asked.request_id is not None
    chain = bench.csms.sign(asked.csr)
    assert bench.sign(chain, number=asked.request_id + 1) == "Rejected"
    assert bench.sign(chain, number=asked.request_id) == "Accepted"


def test_a_certificate_is_not_taken_for_another_use_than_it_was_asked_for() -> None:
    bench = Bench()
    bench.trigger("SignChargingStationCertificate")
    assert bench.sign(bench.csms.sign(bench.asked[0].csr), V2G) == "Rejected"


@pytest.mark.req("A02.FR.10", "A03.FR.10")
def test_the_old_certificate_is_kept_until_the_new_one_was_connected_with() -> None:
    bench = Bench(variables=PROFILE_3)
    bench.renewed()
    bench.world.cut()
    bench.world.connect()
    bench.renewed()
    assert len(bench.shop.files.names("keys")) == 2
    bench.world.cut()
    bench.world.connect()
    bench.shop.work()
    assert len(bench.shop.files.names("keys")) == 1


@pytest.mark.req("A02.FR.28", "A02.FR.29", "A03.FR.24", "A03.FR.25")
def test_a_new_certificate_nobody_lets_in_is_discarded_for_the_old_one() -> None:
    bench = Bench(variables=PROFILE_3)
    first = bench.renewed()
    bench.world.cut()
    bench.world.connect()
    bench.renewed()
    bench.world.cut()
    bench.world.feed(CertificateNotTrusted())
    bench.shop.work()
    assert bench.shop.text("tls/station-chain.pem") == first
    assert len(bench.shop.files.names("keys")) == 2
    bench.world.connect()
    bench.shop.work()
    assert len(bench.shop.files.names("keys")) == 1
    assert "DiscardedRenewedClientCertificate" in bench.world.security_events()


@pytest.mark.req("M03.FR.05")
def test_the_chain_for_iso_15118_lies_apart_and_is_listed_with_its_sub_ca_under_it() -> None:
    bench = Bench()
    bench.install_roots()
    chain = bench.renewed_v2g()
    assert bench.shop.text("v2g/iso2-chain.pem") == chain
    assert bench.shop.text("tls/station-chain.pem") == ""
    outcome = bench.world.command(GetInstalledCertificates(kinds=(CertificateKind.V2G_CHAIN,)))
    assert isinstance(outcome, GetInstalledOutcome)
    (listed,) = outcome.certificates
    leaf, sub = read_certificates(chain)
    assert listed.certificate.issuer_key_hash == hashes_of(leaf, sub).issuer_key
    (child,) = listed.children
    assert child.issuer_key_hash == hashes_of(sub, bench.v2g.certificate).issuer_key
    assert child.serial_number == f"{sub.serial_number:x}"


@pytest.mark.req("M04.FR.08")
def test_a_chain_for_iso_15118_can_be_deleted_and_its_key_is_destroyed() -> None:
    bench = Bench()
    bench.install_roots()
    bench.renewed_v2g()
    outcome = bench.world.command(GetInstalledCertificates(kinds=(CertificateKind.V2G_CHAIN,)))
    assert isinstance(outcome, GetInstalledOutcome)
    sub = outcome.certificates[0].children[0]
    deleted = bench.world.command(DeleteCertificate(certificate=sub))
    assert isinstance(deleted, DeleteCertificateOutcome)
    assert deleted.status == "Accepted"
    bench.shop.work()
    assert bench.shop.files.names("keys") == []
    assert bench.shop.text("v2g/iso2-chain.pem") == ""


def test_one_certificate_for_all_purposes_serves_both() -> None:
    bench = Bench()
    bench.trigger("SignCombinedCertificate")
    (asked,) = bench.asked
    assert asked.use is None
    chain = bench.csms.sign(asked.csr)
    assert bench.sign(chain, None) == "Accepted"
    assert bench.shop.text("tls/station-chain.pem") == bench.shop.text("v2g/iso2-chain.pem") == chain


@pytest.mark.req("A02.FR.28", "A02.FR.10")
def test_old_and_new_certificate_are_tried_by_turns_until_one_connects() -> None:
    bench = Bench(variables=PROFILE_3)
    bench.renewed()
    bench.world.cut()
    bench.world.connect()
    second = bench.renewed()
    bench.world.cut()
    for _ in range(2):
        bench.world.feed(CertificateNotTrusted())
        bench.shop.work()
    assert bench.shop.text("tls/station-chain.pem") == second
    bench.world.connect()
    bench.shop.work()
    assert len(bench.shop.files.names("keys")) == 1
    assert bench.shop.text("tls/station-chain.pem") == second
    assert "DiscardedRenewedClientCertificate" not in bench.world.security_events()


# --- renewal --------------------------------------------------------------------------------------------------------


@pytest.mark.req("A03.FR.02", "A03.FR.03")
@pytest.mark.parametrize("days", [30, 7])
def test_a_certificate_is_renewed_by_itself_so_many_days_before_it_ends(days: int) -> None:
    bench = Bench(certificate_renewal_days=days)
    bench.install_roots()
    bench.renewed(days=90)
    bench.renewed_v2g(days=200)
    before = len(bench.asked)
    bench.jump((90 - days) * 86_400 - 60)
    assert len(bench.asked) == before
    bench.jump(120)
    (asked,) = bench.asked[before:]
    assert asked.use is STATION
    assert bench.sign(bench.csms.sign(asked.csr, since=bench.world.now, days=400)) == "Accepted"
    bench.jump(110 * 86_400)
    (asked,) = bench.asked[before + 1 :]
    assert asked.use is V2G


def test_a_renewal_whose_key_cannot_be_made_is_tried_again_an_hour_later() -> None:
    bench = Bench()
    bench.renewed(days=20)
    bench.world.now += timedelta(days=11)
    bench.world.tick()
    bench.world.job_fails(MakeRequest, "The token is gone.")
    bench.world.pass_time(3599)
    assert not [job for job in bench.world.jobs.values() if isinstance(job, MakeRequest)]
    bench.world.pass_time(2)
    bench.shop.work()
    bench.world.tick()
    assert len(bench.asked) == 2


def test_the_certificate_a_station_was_set_up_with_is_renewed_too_and_stays_where_it_is() -> None:
    bench = Bench(variables=PROFILE_3)
    installed = pem(bench.csms.issue("PW-1", key("installer").public_key(), days=90))
    for _ in range(2):
        bench.world.feed(InstallersCertificate(installed))
        bench.shop.work()
    assert bench.shop.files.names("tls") == []
    bench.jump(61 * 86_400)
    bench.world.feed(InstallersCertificate(installed))
    bench.jump(600)
    (csr,) = {asked.csr for asked in bench.asked}
    chain = bench.csms.sign(csr, since=bench.world.now)
    assert bench.sign(chain) == "Accepted"
    bench.world.feed(InstallersCertificate(installed))
    bench.shop.work()
    assert bench.shop.text("tls/station-chain.pem") == chain
    bench.world.cut()
    bench.world.feed(CertificateNotTrusted())
    bench.shop.work()
    assert bench.shop.files.names("tls") == [], "back to the installer's"


def test_a_certificate_that_lives_but_shortly_is_renewed_at_half_its_life() -> None:
    bench = Bench()
    bench.renewed(days=10)
    bench.jump(4 * 86_400)
    assert len(bench.asked) == 1
    bench.jump(86_400)
    assert len(bench.asked) == 2


def test_a_renewal_that_got_no_certificate_is_not_repeated_by_itself_for_ever() -> None:
    bench = Bench(variables={"SecurityCtrlr.CertSigningWaitMinimum": "10"})
    bench.renewed(days=20)
    for _ in range(1000):
        bench.jump(3600)
    assert 1 < len(bench.asked) <= 6


def test_nothing_is_asked_before_the_csms_has_accepted_the_station_but_what_it_triggers() -> None:
    bench = Bench()
    bench.world.csms.registration = RegistrationStatus.PENDING
    bench.world.kill()
    bench.world.csms.heard.clear()
    assert bench.trigger("SignChargingStationCertificate") == "Accepted"
    assert len(bench.asked) == 1
