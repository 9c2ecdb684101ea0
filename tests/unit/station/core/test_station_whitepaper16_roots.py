"""What the security whitepaper for 1.6 asks of a charge point with root certificates (M03 to M05), by what was written in each frame."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pilotwire.domain.network_profiles import NetworkConnectionProfile
from pilotwire.errors import ConfigError, StoreError
from pilotwire.ocpp import v16
from pilotwire.pki import hashes_of, read_certificates
from pilotwire.station.core.certificate_store import MOST_CERTIFICATES
from pilotwire.station.core.network_ways import Connected, Missed
from pilotwire.station.files import MemoryFiles
from pilotwire.station.keys import FileKeys
from tests.support.station_pki import START, Signer, Workshop, key, pem
from tests.support.world16_certificates import CSMS, MANUFACTURER, CertificateWorld16

CSMS_FILE, MANUFACTURER_FILE = "tls/csms-roots.pem", "tls/manufacturer-roots.pem"
OWN_CHAIN = "tls/station-chain.pem"
STRICT = {"SecurityCtrlr.AdditionalRootCertificateCheck": "true"}
OTHER, LAST = Signer.root("Another operator"), Signer.root("One more operator")
use = pytest.mark.parametrize("use", [CSMS, MANUFACTURER])


class _Disk(MemoryFiles):
    """Files on a disk that takes nothing any more, while it is `full`."""

    full = False

    def write(self, name: str, content: bytes) -> None:
        """Write, if there is room."""
        if self.full:
            raise StoreError(f"The file {name} could not be written: no space left on device.")
        super().write(name, content)

    def delete(self, name: str) -> bool:
        """Delete, if the disk can be written."""
        if self.full:
            raise StoreError(f"The file {name} could not be deleted: read-only file system.")
        return super().delete(name)


class _World(CertificateWorld16):
    """`disk` has the files of the charge point; `level` is its security profile."""

    def __init__(self, level: int = 1, **options: Any) -> None:
        home = NetworkConnectionProfile(
            csms_url=f"{'wss' if level >= 2 else 'ws'}://central.example",
            interface="Wired0",
            message_timeout=30,
            security_profile=level,
        )
        super().__init__(home=home, **options)
        self.disk = _Disk()
        self.shop = Workshop(self, files=self.disk)

    def listed(self, use: Any) -> tuple[str, list[v16.CertificateHashData]]:
        """The status, and the names of the certificates of this kind."""
        told = self.asks(v16.GetInstalledCertificateIdsRequest(certificate_type=use))
        return told.status, list(told.certificate_hash_data or [])

    def delete(self, name: v16.CertificateHashData) -> str:
        """DeleteCertificate; the status."""
        return str(self.asks(v16.DeleteCertificateRequest(certificate_hash_data=name)).status)

    def connected_by(self, root: Signer) -> None:
        """The line comes back, to a central system that was found good by this root."""
        self.cut()
        way = self.core.way()
        assert way is not None
        self.feed(Connected(way.slot, pem(root.certificate)))
        self.connect()
        self.shop.work()


def _name(signer: Signer, above: Signer | None = None, algorithm: Any = "SHA256") -> v16.CertificateHashData:
    hashes = hashes_of(signer.certificate, (above or signer).certificate, algorithm)
    return v16.CertificateHashData(
        hash_algorithm=algorithm,
        issuer_name_hash=hashes.issuer_name,
        issuer_key_hash=hashes.issuer_key,
        serial_number=hashes.serial_number,
    )


# --- M03: the list --------------------------------------------------------------------------------------------------


@pytest.mark.req("SEC16:M03.FR.01", "SEC16:M03.FR.02", "SEC16:M03.FR.03", "SEC16:M03.FR.04")
@use
def test_all_certificates_of_the_kind_asked_for_are_named_and_no_others(use: str) -> None:
    """Each with its hashes; where there is none of the kind, NotFound, whatever there is of the other."""
    world, other = _World(), MANUFACTURER if use == CSMS else CSMS
    assert world.install(other, LAST) == "Accepted"
    assert world.listed(use) == ("NotFound", [])
    assert world.install(use, world.root) == "Accepted"
    assert world.listed(use) == ("Accepted", [_name(world.root)])
    assert world.install(use, OTHER) == "Accepted"
    assert world.listed(use) == ("Accepted", [_name(world.root), _name(OTHER)])
    assert world.listed(other) == ("Accepted", [_name(LAST)])


# --- M04: deleting --------------------------------------------------------------------------------------------------


@pytest.mark.req("SEC16:M04.FR.01", "SEC16:M04.FR.02", "SEC16:M04.FR.04")
@pytest.mark.parametrize("algorithm", ["SHA256", "SHA384", "SHA512"])
@use
def test_the_one_that_is_named_is_deleted(use: str, algorithm: str) -> None:
    """From the list, and from where it is used, for good; one that is not there is not found. The last one may go too."""
    world, file = _World(), CSMS_FILE if use == CSMS else MANUFACTURER_FILE
    for root in (world.root, OTHER):
        world.install(use, root)
    assert world.delete(_name(LAST, algorithm=algorithm)) == "NotFound"
    assert len(world.listed(use)[1]) == 2
    assert world.delete(_name(world.root, algorithm=algorithm)) == "Accepted"
    assert world.listed(use) == ("Accepted", [_name(OTHER)])
    assert world.shop.text(file) == pem(OTHER.certificate)
    world.kill()
    world.shop.work()
    assert world.shop.text(file) == pem(OTHER.certificate)
    assert world.delete(_name(world.root, algorithm=algorithm)) == "NotFound"
    assert world.delete(_name(OTHER, algorithm=algorithm)) == "Accepted"
    assert (world.listed(use), world.shop.text(file)) == (("NotFound", []), "")


@pytest.mark.req("SEC16:M04.FR.03")
def test_where_the_files_cannot_be_changed_deleting_has_failed() -> None:
    """The certificate counts as before, before and after a restart; it is deleted when the disk is well again."""
    world = _World()
    for root in (world.root, OTHER):
        world.install(CSMS, root)
    world.disk.full = True
    assert world.delete(_name(OTHER)) == "Failed"
    world.kill()
    assert world.listed(CSMS) == ("Accepted", [_name(world.root), _name(OTHER)])
    world.disk.full = False
    world.shop.work()
    assert world.shop.text(CSMS_FILE) == pem(world.root.certificate, OTHER.certificate)
    assert world.delete(_name(OTHER)) == "Accepted"
    assert world.shop.text(CSMS_FILE) == pem(world.root.certificate)


@pytest.mark.req("SEC16:M04.FR.05")
@pytest.mark.parametrize("algorithm", ["SHA256", "SHA384", "SHA512"])
def test_the_certificate_of_the_charge_point_itself_cannot_be_deleted(algorithm: str) -> None:
    """Nor can the CA between it and the root; it is in use as before, with its key."""
    world = _World(level=3)
    sub = world.root.under("Operator's sub-CA")
    world.install(CSMS, world.root)
    chain = sub.sign(world.csr()) + pem(sub.certificate)
    assert world.hand_over(chain) == "Accepted"
    own = Signer("PW-1", read_certificates(chain)[0])
    keys = world.shop.files.names("keys")
    for name in (_name(own, sub, algorithm), _name(sub, world.root, algorithm)):
        assert world.delete(name) == "Failed"
    assert (world.shop.text(OWN_CHAIN), world.shop.files.names("keys")) == (chain, keys)


@pytest.mark.req("SEC16:M04.FR.06", "SEC16:M04.FR.02")
def test_the_root_by_which_the_central_system_was_found_good_is_not_deleted() -> None:
    """Be there others or not; those can be deleted, the last one but it too. Found good by another one, the first may go."""
    world = _World(level=2)
    for root in (world.root, OTHER, LAST):
        world.install(CSMS, root)
    world.connected_by(OTHER)
    assert world.delete(_name(OTHER)) == "Failed"
    assert len(world.listed(CSMS)[1]) == 3
    assert world.delete(_name(LAST)) == "Accepted"
    world.connected_by(world.root)
    assert world.delete(_name(world.root)) == "Failed"
    assert world.delete(_name(OTHER)) == "Accepted"
    assert world.delete(_name(world.root)) == "Failed"
    assert world.shop.text(CSMS_FILE) == pem(world.root.certificate)


@pytest.mark.req("SEC16:M04.FR.06")
def test_a_fallback_that_is_in_use_stays_and_is_none_any_more_without_the_new_one() -> None:
    """The new root did not open the line: it can be deleted, the old one cannot."""
    world = _World(level=2, variables=STRICT)
    new = world.root.under("New")
    for root in (world.root, new):
        assert world.install(CSMS, root) == "Accepted"
    world.cut()
    world.feed(Missed("no", "InvalidCsmsCertificate"))
    world.shop.work()
    world.connected_by(world.root)
    assert world.delete(_name(world.root)) == "Failed"
    assert world.delete(_name(new, world.root)) == "Accepted"
    world.connected_by(world.root)
    assert world.listed(CSMS) == ("Accepted", [_name(world.root)])
    assert world.shop.text(CSMS_FILE) == pem(world.root.certificate)
    assert world.delete(_name(world.root)) == "Failed"
    assert world.install(CSMS, new) == "Accepted"


# --- M05: installing ------------------------------------------------------------------------------------------------


@pytest.mark.req("SEC16:M05.FR.01", "SEC16:M05.FR.02")
@use
def test_a_root_is_answered_when_it_is_where_it_is_used(use: Any) -> None:
    """Not before; and it stays there over a restart. There may be several of a kind."""
    world, file = _World(), CSMS_FILE if use == CSMS else MANUFACTURER_FILE
    asked = v16.InstallCertificateRequest(certificate_type=use, certificate=pem(world.root.certificate))
    hands, world.hands = world.hands, lambda: None
    assert world.asks(asked) is None
    assert world.shop.text(file) == ""
    world.hands = hands
    world.shop.work()
    assert world.said(v16.InstallCertificateResponse)[-1].status == "Accepted"
    assert world.shop.text(file) == pem(world.root.certificate)
    assert world.install(use, OTHER) == "Accepted"
    world.kill()
    world.shop.work()
    assert world.shop.text(file) == pem(world.root.certificate, OTHER.certificate)


@pytest.mark.req("SEC16:M05.FR.03")
def test_as_many_roots_as_certificate_store_max_length_says() -> None:
    """Roots of both kinds together; the charge point's own certificate is none and takes no room. With one gone there is room again."""
    world = _World(level=2)
    assert world.install(CSMS, world.root) == "Accepted"
    assert world.hand_over(world.root.sign(world.csr())) == "Accepted"
    most = int(world.value("CertificateStoreMaxLength") or 0)
    assert most == MOST_CERTIFICATES
    more = [Signer.root("Root") for _ in range(most)]
    answers = [world.install(MANUFACTURER if place % 2 else CSMS, root) for place, root in enumerate(more)]
    assert answers == [*["Accepted"] * (most - 1), "Rejected"]
    assert len(world.listed(CSMS)[1]) + len(world.listed(MANUFACTURER)[1]) == most
    assert world.delete(_name(more[0])) == "Accepted"
    assert world.install(CSMS, more[-1]) == "Accepted"


@pytest.mark.req("SEC16:M05.FR.04")
@use
def test_where_the_files_cannot_be_changed_installing_has_failed(use: str) -> None:
    """Nothing is listed then, before and after a restart; it is taken when the disk is well again."""
    world = _World()
    world.install(use, world.root)
    world.disk.full = True
    assert world.install(use, OTHER) == "Failed"
    world.kill()
    assert world.listed(use) == ("Accepted", [_name(world.root)])
    world.disk.full = False
    world.shop.work()
    assert world.install(use, OTHER) == "Accepted"
    assert world.listed(use) == ("Accepted", [_name(world.root), _name(OTHER)])


class _Sealed(FileKeys):
    """Keys that cannot leave their store any more."""

    def pem_for_tls(self, key_id: str) -> bytes:
        """No."""
        raise ConfigError(f"The key {key_id} stays in its token.")


@pytest.mark.req("SEC16:M05.FR.02")
def test_a_root_is_installed_though_a_key_cannot_be_used_for_tls() -> None:
    """That is noted; the root is where it is used all the same."""
    world = _World(level=3)
    assert world.hand_over(world.root.sign(world.csr())) == "Accepted"
    world.shop.keys = _Sealed(world.disk)
    assert world.install(CSMS, world.root) == "Accepted"
    assert world.shop.text(CSMS_FILE) == pem(world.root.certificate)
    assert "stays in its token" in world.notes[-1]


_BAD = {
    "no-pem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    "expired": pem(Signer.root("Root", since=START - timedelta(days=20), days=10).certificate),
    "not-yet-valid": pem(Signer.root("Root", since=START + timedelta(days=2)).certificate),
    "no-authority": pem(OTHER.issue("Leaf", key("Leaf").public_key())),
    "two-at-once": pem(OTHER.certificate, LAST.certificate),
    "of-an-unknown-issuer": pem(LAST.under("Sub").certificate),
}


@pytest.mark.req("SEC16:M05.FR.06")
@pytest.mark.parametrize("what", _BAD)
@use
def test_what_is_no_good_root_is_rejected(use: Any, what: str) -> None:
    """Nothing of it stays."""
    world = _World()
    asked = v16.InstallCertificateRequest(certificate_type=use, certificate=_BAD[what])
    assert world.asks(asked).status == "Rejected"
    world.shop.work()
    assert world.listed(use) == ("NotFound", [])
    assert world.shop.files.names("tls") == []


# --- one central system root at a time ------------------------------------------------------------------------------


@pytest.mark.req("SEC16:M05.FR.08", "SEC16:M05.FR.09", "SEC16:M05.FR.10", "SEC16:M05.FR.11")
def test_a_new_central_system_root_replaces_the_old_one_that_signed_it() -> None:
    """The old one is kept as a fallback, one at a time; nobody else's replaces it, nor one the fallback has signed."""
    world = _World(level=2, variables=STRICT)
    assert world.value("AdditionalRootCertificateCheck") == "true"
    first, second = world.root, world.root.under("Second")
    third = second.under("Third")
    assert world.install(CSMS, first) == "Accepted"
    for stranger in (OTHER, LAST.under("Stranger")):
        assert world.install(CSMS, stranger) == "Rejected"
    assert world.listed(CSMS) == ("Accepted", [_name(first)])
    assert world.install(CSMS, second) == "Accepted"
    assert world.listed(CSMS) == ("Accepted", [_name(second, first), _name(first)])
    assert world.shop.text(CSMS_FILE) == pem(second.certificate)
    assert world.install(CSMS, first.under("Another second")) == "Rejected"
    assert world.install(CSMS, third) == "Accepted"
    assert world.listed(CSMS) == ("Accepted", [_name(third, second), _name(second, first)])
    assert world.install(MANUFACTURER, OTHER) == "Accepted", "that of the manufacturer is another matter"


@pytest.mark.req("SEC16:M05.FR.08")
def test_of_several_from_before_only_the_one_in_use_stays_as_a_fallback() -> None:
    """They were installed while AdditionalRootCertificateCheck was not true yet."""
    before = _World(level=2)
    for root in (before.root, OTHER, LAST):
        assert before.install(CSMS, root) == "Accepted"
    world, new = _World(level=2, variables=STRICT, storage=before.storage), OTHER.under("New")
    world.connected_by(OTHER)
    assert world.install(CSMS, new) == "Accepted"
    assert world.listed(CSMS) == ("Accepted", [_name(new, OTHER), _name(OTHER)])


@pytest.mark.req("SEC16:M05.FR.08", "SEC16:M05.FR.11")
def test_the_fallback_is_the_root_the_connection_stands_on() -> None:
    """Not a new one that opened nothing yet, lest the charge point be lost; a better new one may be signed by it too."""
    world = _World(level=2, variables=STRICT)
    second = world.root.under("Second")
    third, better = second.under("Third"), world.root.under("Better")
    world.install(CSMS, world.root)
    world.connected_by(world.root)
    for root, above in ((second, world.root), (third, second), (better, world.root)):
        assert world.install(CSMS, root) == "Accepted"
        assert world.listed(CSMS) == ("Accepted", [_name(root, above), _name(world.root)])
    assert world.install(CSMS, third) == "Rejected"


@pytest.mark.req("SEC16:M05.FR.08", "SEC16:M05.FR.12")
def test_the_fallback_goes_when_the_central_system_was_found_good_by_the_new_one() -> None:
    """And not before."""
    world = _World(level=2, variables=STRICT)
    new = world.root.under("New")
    for root in (world.root, new):
        world.install(CSMS, root)
    world.pass_time(3600)
    assert len(world.listed(CSMS)[1]) == 2
    world.connected_by(new)
    assert world.listed(CSMS) == ("Accepted", [_name(new, world.root)])


@pytest.mark.req("SEC16:M05.FR.13")
def test_the_fallback_is_tried_where_the_central_system_is_not_good_by_the_new_one() -> None:
    """It is put where TLS looks, alone; with a central system that is good by it, it stays."""
    world = _World(level=2, variables=STRICT)
    new = world.root.under("New")
    for root in (world.root, new):
        world.install(CSMS, root)
    world.cut()
    world.feed(Missed("no", "InvalidCsmsCertificate"))
    world.shop.work()
    assert world.shop.text(CSMS_FILE) == pem(world.root.certificate)
    world.connected_by(world.root)
    assert world.listed(CSMS) == ("Accepted", [_name(new, world.root), _name(world.root)])
