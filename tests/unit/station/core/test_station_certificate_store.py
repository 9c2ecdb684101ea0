"""Certificates that the CSMS installs, lists and deletes: M03 to M05."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pilotwire.domain.certificates import (
    CertificateHash,
    CertificateKind,
    DeleteCertificate,
    DeleteCertificateOutcome,
    GetInstalledCertificates,
    GetInstalledOutcome,
    HashAlgorithm,
    InstallCertificate,
    InstallCertificateOutcome,
    InstallCertificateStatus,
)
from pilotwire.pki import hashes_of
from pilotwire.station.core import CommandReceived
from pilotwire.station.core.certificate_files import WriteCertificates
from pilotwire.station.core.certificate_store import MOST_CERTIFICATES
from pilotwire.station.core.certificates import CsmsNotTrusted, InstallersRoots
from pilotwire.station.core.inputs import OfStreet
from pilotwire.station.core.network_ways import Missed
from tests.support.station_pki import Signer, Workshop, key, pem
from tests.support.station_world import START, StationWorld

CSMS_ROOT = CertificateKind.CSMS_ROOT
KINDS = [kind for kind in CertificateKind if kind is not CertificateKind.V2G_CHAIN]
STRICT = {"SecurityCtrlr.AdditionalRootCertificateCheck": "true", "SecurityCtrlr.SecurityProfile": "2"}


def _install(world: StationWorld, signer: Signer | str, kind: CertificateKind = CSMS_ROOT) -> str:
    text = signer if isinstance(signer, str) else pem(signer.certificate)
    outcome = world.command(InstallCertificate(kind=kind, certificate=text))
    assert isinstance(outcome, InstallCertificateOutcome)
    return outcome.status


def _installed(world: StationWorld, *kinds: CertificateKind) -> list[tuple[str, str]]:
    outcome = world.command(GetInstalledCertificates(kinds=kinds))
    assert isinstance(outcome, GetInstalledOutcome)
    assert (outcome.status == "Accepted") == bool(outcome.certificates)
    return [(each.kind, each.certificate.serial_number) for each in outcome.certificates]


def _name(signer: Signer, algorithm: HashAlgorithm = HashAlgorithm.SHA256) -> CertificateHash:
    hashes = hashes_of(signer.certificate, signer.certificate, algorithm)
    return CertificateHash(
        hash_algorithm=algorithm,
        issuer_name_hash=hashes.issuer_name,
        issuer_key_hash=hashes.issuer_key,
        serial_number=hashes.serial_number,
    )


def _delete(world: StationWorld, name: CertificateHash) -> str:
    outcome = world.command(DeleteCertificate(certificate=name))
    assert isinstance(outcome, DeleteCertificateOutcome)
    return outcome.status


def _serial(signer: Signer) -> str:
    return f"{signer.certificate.serial_number:x}"


# --- install --------------------------------------------------------------------------------------------------------


@pytest.mark.req("M05.FR.01", "M05.FR.02", "M03.FR.01", "M03.FR.03", "M03.FR.04")
@pytest.mark.parametrize("kind", KINDS)
def test_a_root_of_any_kind_is_installed_and_listed(kind: CertificateKind) -> None:
    world, root = StationWorld(), Signer.root("Root")
    assert _install(world, root, kind) == "Accepted"
    assert _installed(world, kind) == [(kind, _serial(root))]
    assert _installed(world) == [(kind, _serial(root))]
    assert _installed(world, *(other for other in KINDS if other is not kind)) == []


def test_an_installed_root_survives_a_power_failure() -> None:
    world = StationWorld()
    _install(world, Signer.root("Root"))
    before = _installed(world)
    world.kill()
    assert _installed(world) == before != []


@pytest.mark.req("M05.FR.07")
@pytest.mark.parametrize("what", ["no PEM", "expired", "not yet valid", "no CA", "two at once", "of an unknown issuer"])
def test_a_certificate_that_is_no_good_root_is_rejected(what: str) -> None:
    world, root = StationWorld(), Signer.root("Root")
    bad = {
        "no PEM": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "expired": pem(Signer.root("Root", since=START - timedelta(days=20), days=10).certificate),
        "not yet valid": pem(Signer.root("Root", since=START + timedelta(days=2)).certificate),
        "no CA": pem(root.issue("Leaf", key("Leaf").public_key())),
        "two at once": pem(root.certificate, Signer.root("Other").certificate),
        "of an unknown issuer": pem(root.under("Sub").certificate),
    }[what]
    assert _install(world, bad) == "Rejected"
    assert _installed(world) == []


@pytest.mark.req("M05.FR.06", "M05.FR.17")
def test_there_is_room_for_so_many_and_the_same_one_may_come_again() -> None:
    world = StationWorld()
    roots = [Signer.root("Root") for _ in range(MOST_CERTIFICATES)]
    assert {_install(world, root) for root in roots} == {"Accepted"}
    assert _install(world, Signer.root("Root")) == "Rejected"
    assert _install(world, roots[3]) == "Accepted"
    assert len(_installed(world)) == MOST_CERTIFICATES


def test_roots_are_put_where_they_are_used_each_kind_in_its_file() -> None:
    world = StationWorld()
    shop = Workshop(world)
    csms, other, v2g = Signer.root("CSMS"), Signer.root("CSMS 2"), Signer.root("V2G")
    for root, kind in ((csms, CSMS_ROOT), (other, CSMS_ROOT), (v2g, CertificateKind.V2G_ROOT)):
        _install(world, root, kind)
    shop.work()
    assert shop.text("tls/csms-roots.pem") == pem(csms.certificate, other.certificate)
    assert shop.text("v2g/v2g-roots.pem") == pem(v2g.certificate)
    _delete(world, _name(v2g))
    shop.work()
    assert shop.files.names("v2g") == []


# --- one CSMS root at a time ----------------------------------------------------------------------------------------


@pytest.mark.req("M05.FR.09", "M05.FR.10", "M05.FR.11", "M05.FR.12")
def test_a_new_csms_root_must_be_signed_by_the_old_one_which_stays_until_the_new_one_has_proven_good() -> None:
    world = StationWorld(variables=STRICT)
    shop = Workshop(world)
    old = Signer.root("Old")
    assert _install(world, old) == "Accepted"
    assert _install(world, Signer.root("Stranger")) == "Rejected"
    new = old.under("New")
    assert _install(world, new) == "Accepted"
    assert [serial for _, serial in _installed(world)] == [_serial(new), _serial(old)]
    shop.work()
    assert shop.text("tls/csms-roots.pem") == pem(new.certificate)


@pytest.mark.req("M05.FR.13")
def test_the_old_root_goes_when_the_new_one_was_connected_with() -> None:
    world = StationWorld(variables=STRICT)
    shop = Workshop(world)
    old = Signer.root("Old")
    new = old.under("New")
    _install(world, old)
    asked = InstallCertificate(kind=CSMS_ROOT, certificate=pem(new.certificate))
    world.feed(CommandReceived("new", asked))
    world.cut()
    world.connect()
    assert len(_installed(world)) == 2, "the files were not written yet"
    assert "new" not in world.outcomes
    shop.work()
    assert world.outcomes["new"] == InstallCertificateOutcome(status=InstallCertificateStatus.ACCEPTED)
    world.cut()
    world.connect()
    assert _installed(world) == [(CSMS_ROOT, _serial(new))]


@pytest.mark.req("M05.FR.14")
@pytest.mark.parametrize(
    "told", [CsmsNotTrusted(), Missed("no", "InvalidCsmsCertificate")], ids=["told", "by the line"]
)
def test_a_csms_that_is_not_good_by_the_new_root_is_held_against_the_old_one(told: OfStreet) -> None:
    world = StationWorld(variables=STRICT)
    shop = Workshop(world)
    old = Signer.root("Old")
    new = old.under("New")
    _install(world, old)
    _install(world, new)
    shop.work()
    world.cut()
    world.feed(told)
    shop.work()
    assert shop.text("tls/csms-roots.pem") == pem(old.certificate)
    world.connect()
    assert (CSMS_ROOT, _serial(old)) in _installed(world)
    world.feed(CsmsNotTrusted())
    shop.work()
    assert shop.text("tls/csms-roots.pem") == pem(new.certificate)


def test_without_a_fallback_the_one_root_stays_in_use() -> None:
    world = StationWorld(variables=STRICT)
    shop = Workshop(world)
    root = Signer.root("Only")
    _install(world, root)
    world.feed(CsmsNotTrusted())
    shop.work()
    assert shop.text("tls/csms-roots.pem") == pem(root.certificate)


# --- delete ---------------------------------------------------------------------------------------------------------


@pytest.mark.req("M04.FR.01", "M04.FR.02", "M04.FR.04")
@pytest.mark.parametrize("algorithm", list(HashAlgorithm))
def test_a_root_is_deleted_by_its_hashes_of_any_algorithm(algorithm: HashAlgorithm) -> None:
    world, root = StationWorld(), Signer.root("Root")
    _install(world, root)
    named = _name(root, algorithm)
    other = CertificateHash(
        hash_algorithm=algorithm,
        issuer_name_hash=named.issuer_name_hash,
        issuer_key_hash=named.issuer_key_hash,
        serial_number="1",
    )
    assert _delete(world, other) == "NotFound"
    written = CertificateHash(
        hash_algorithm=algorithm,
        issuer_name_hash=named.issuer_name_hash.upper(),
        issuer_key_hash=named.issuer_key_hash.upper(),
        serial_number="0" + named.serial_number.upper(),
    )
    assert _delete(world, written) == "Accepted"
    assert _installed(world) == []


@pytest.mark.req("M04.FR.03")
def test_the_last_csms_root_stays_where_the_csms_is_recognized_by_it() -> None:
    world = StationWorld(variables={"SecurityCtrlr.SecurityProfile": "2"})
    first, second = Signer.root("First"), Signer.root("Second")
    _install(world, first)
    assert _delete(world, _name(first)) == "Failed"
    _install(world, second)
    assert _delete(world, _name(first)) == "Accepted"
    assert _delete(world, _name(second)) == "Failed"


@pytest.mark.parametrize("ocpp16", [False, True], ids=["2.x", "1.6"])
def test_the_station_counts_its_certificates(ocpp16: bool) -> None:
    world = StationWorld(ocpp16=ocpp16)
    if ocpp16:
        assert world.core.variable(".CertificateStoreMaxLength") == str(MOST_CERTIFICATES)
        return
    _install(world, Signer.root("Root"))
    assert _value(world, "SecurityCtrlr", "CertificateEntries") == "1"


def _value(world: StationWorld, component: str, variable: str) -> str | None:
    from pilotwire.domain.device_model import GetVariables, GetVariablesOutcome, VariableName, VariableQuery

    query = VariableQuery(name=VariableName(component=component, variable=variable))
    outcome = world.command(GetVariables(asked=(query,)))
    assert isinstance(outcome, GetVariablesOutcome)
    return outcome.results[0].value


# --- a disk that will not --------------------------------------------------------------------------------------------------------------


@pytest.mark.req("M05.FR.03", "M04.FR.03")
def test_what_could_not_be_put_where_it_is_used_has_failed_and_all_is_as_before() -> None:
    world = StationWorld()
    first, second = Signer.root("First"), Signer.root("Second")
    _install(world, first)
    world.hands = lambda: world.job_fails(WriteCertificates)
    assert _install(world, second) == "Failed"
    assert _delete(world, _name(first)) == "Failed"
    assert _installed(world) == [(CSMS_ROOT, _serial(first))]
    world.kill()
    assert _installed(world) == [(CSMS_ROOT, _serial(first))]
    assert world.job(WriteCertificates).roots[0] == ("tls/csms-roots.pem", pem(first.certificate))


def test_several_at_once_are_all_answered_and_taken_back_together() -> None:
    """The files are written once for all."""
    world = StationWorld()
    roots = [Signer.root("Root") for _ in range(3)]
    for number, root in enumerate(roots):
        asked = InstallCertificate(kind=CSMS_ROOT, certificate=pem(root.certificate))
        world.feed(CommandReceived(number, asked))
    assert len(_installed(world)) == 3
    world.job_fails(WriteCertificates)
    failed = InstallCertificateOutcome(status=InstallCertificateStatus.FAILED)
    assert [world.outcomes[number] for number in range(3)] == [failed] * 3
    assert _installed(world) == []
    assert world.job(WriteCertificates).roots[0] == ("tls/csms-roots.pem", "")


# --- what the station was set up with -----------------------------------------------------------------------------------------------


@pytest.mark.req("M05.FR.10", "M03.FR.05")
def test_the_roots_a_station_was_set_up_with_count_until_there_are_others() -> None:
    """They are listed, and a new one is held against them; told again, at every start, they do not come back."""
    world, old, other = StationWorld(variables=STRICT), Signer.root("Old"), Signer.root("Other")
    given = InstallersRoots(pem(old.certificate))
    world.feed(given)
    assert _installed(world, CSMS_ROOT) == [(CSMS_ROOT, _serial(old))]
    assert _install(world, other) == "Rejected"
    new = old.under("New")
    assert _install(world, new) == "Accepted"
    before = _installed(world, CSMS_ROOT)
    world.feed(given)
    assert _installed(world, CSMS_ROOT) == before
    assert len(before) == 2


def test_roots_of_the_setup_that_cannot_be_read_are_none() -> None:
    world = StationWorld()
    world.feed(InstallersRoots("no certificate"))
    assert _installed(world) == []
