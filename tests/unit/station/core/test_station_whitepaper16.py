"""What the security whitepaper for 1.6 asks of a charge point besides TLS: its certificates, its security events, its security profile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from pilotwire.domain.network_profiles import NetworkConnectionProfile
from pilotwire.domain.security import SecurityEvent
from pilotwire.ocpp import v16
from pilotwire.station.core.actions import ConnectAnew
from pilotwire.station.core.certificates import CertificateNotTrusted
from pilotwire.station.core.logs_memory import SecurityLogMemory
from pilotwire.station.core.network_ways import Connected, CredentialsSeen
from pilotwire.station.core.security_log import SecurityIncident
from tests.support.station_pki import Signer, key, pem
from tests.support.station_world import StationWorld
from tests.support.world16 import World16
from tests.support.world16_certificates import CSMS, CertificateWorld16

DAY = 86_400.0
OWNER = "Volta GmbH"
CHAIN = "tls/station-chain.pem"


def _told(world: World16) -> list[str]:
    """The security events that were told, by the names 1.6 has for them."""
    return [one.type for one in world.said(v16.SecurityEventNotificationRequest)]


def _reconnections(world: StationWorld) -> int:
    return sum(isinstance(action, ConnectAnew) for action in world.actions)


# --- the charge point's own certificate -----------------------------------------------------------------------------


class _World(CertificateWorld16):
    """At security profile 3, with a certificate that ends in `days` and that was connected with."""

    def __init__(self, days: float = 90) -> None:
        super().__init__(variables={"SecurityCtrlr.SecurityProfile": "3"})
        self.configure(CpoName=OWNER)
        assert self.install(CSMS, self.root) == "Accepted"
        self.first = self.root.sign(self.csr(), since=self.now, days=days)
        assert self.hand_over(self.first) == "Accepted"
        self.reconnect()

    def reconnect(self) -> None:
        """The line comes back, with what is in the files."""
        self.cut()
        self.connect()
        self.shop.work()

    def jump(self, seconds: float) -> None:
        """So much later; nothing happened in between."""
        self.now += timedelta(seconds=seconds)
        self.tick()
        self.shop.work()
        self.tick()

    def asked(self, *, by_itself: bool) -> str:
        """The next request: triggered, or a month before the end."""
        before = len(self.requests())
        if by_itself:
            self.jump(61 * DAY)
        else:
            self.csr()
        (request,) = self.requests()[before:]
        return request

    def keys(self) -> list[str]:
        """The names of the keys there are."""
        return self.shop.files.names("keys")


by_whom = pytest.mark.parametrize("by_itself", [False, True], ids=["triggered", "by-itself"])


@pytest.mark.req("SEC16:A03.FR.02", "SEC16:A03.FR.03", "SEC16:A02.FR.13", "SEC16:A03.FR.13")
def test_a_month_before_the_end_another_one_is_asked_for_with_another_key() -> None:
    """In PEM, signed with the new key, and with the value of CpoName as organization."""
    world = _World(days=90)
    (first,) = world.requests()
    world.jump(60 * DAY - 60)
    assert len(world.requests()) == 1
    world.jump(120)
    _, second = world.requests()
    old, new = (x509.load_pem_x509_csr(each.encode()) for each in (first, second))
    assert new.is_signature_valid
    assert isinstance(own := new.public_key(), ec.EllipticCurvePublicKey)
    assert own.curve.key_size >= 224
    assert own != old.public_key()
    for request in (old, new):
        assert [one.value for one in request.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)] == [OWNER]


@pytest.mark.req("SEC16:A03.FR.06", "SEC16:A03.FR.08")
@by_whom
def test_a_good_one_is_used_at_once(by_itself: bool) -> None:
    """It is where TLS takes it from, and the charge point connects anew."""
    world = _World()
    before = _reconnections(world)
    chain = world.root.sign(world.asked(by_itself=by_itself), since=world.now)
    assert world.hand_over(chain) == "Accepted"
    assert world.shop.text(CHAIN) == chain
    assert _reconnections(world) == before + 1
    world.reconnect()
    assert len(world.keys()) == 1
    assert "InvalidChargePointCertificate" not in _told(world)


def _without_organization(signer: Signer, csr: str, world: StationWorld) -> str:
    """Good but for its subject, which is a common name only."""
    request = x509.load_pem_x509_csr(csr.encode())
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)))
        .issuer_name(signer.certificate.subject)
        .public_key(request.public_key())
        .serial_number(99)
        .not_valid_before(world.now)
        .not_valid_after(world.now + timedelta(days=365))
    )
    return builder.sign(key(signer.common), SHA256()).public_bytes(Encoding.PEM).decode()


def _bad(what: str, world: _World, csr: str) -> str:
    match what:
        case "of-another-key":
            return pem(world.root.issue("PW-1", key("somebody").public_key(), since=world.now))
        case "of-another-root":
            return Signer.root("Stranger").sign(csr, since=world.now)
        case "expired":
            return world.root.sign(csr, since=world.now - timedelta(days=10), days=5)
        case "not-yet-valid":
            return world.root.sign(csr, since=world.now + timedelta(days=5))
        case "of-another-name":
            return world.root.sign(csr, since=world.now, common="PW-2")
        case "of-no-organization":
            return _without_organization(world.root, csr, world)
    return "no certificate at all"


_BAD = (
    *("of-another-key", "of-another-root", "expired", "not-yet-valid"),
    *("of-another-name", "of-no-organization", "no-certificate"),
)


@pytest.mark.req("SEC16:A02.FR.06", "SEC16:A02.FR.07", "SEC16:A03.FR.06", "SEC16:A03.FR.07")
@by_whom
@pytest.mark.parametrize("what", _BAD)
def test_one_that_is_not_good_is_discarded_and_told(what: str, by_itself: bool) -> None:
    """The old one stays in use; of the bad one nothing is left; a good one is still taken afterwards."""
    world = _World()
    before = _reconnections(world)
    csr = world.asked(by_itself=by_itself)
    bad = _bad(what, world, csr)
    assert world.hand_over(bad) == "Rejected"
    assert _told(world).count("InvalidChargePointCertificate") == 1
    assert world.shop.text(CHAIN) == world.first
    assert _reconnections(world) == before
    assert bad not in [world.shop.text(name) for folder in ("tls", "keys") for name in world.shop.files.names(folder)]
    assert bad.splitlines()[min(1, bad.count("\n"))] not in repr(world.storage.load())
    assert world.hand_over(world.root.sign(csr, since=world.now)) == "Accepted"


@pytest.mark.req("SEC16:A02.FR.09", "SEC16:A03.FR.09")
@by_whom
def test_of_two_that_are_valid_the_one_that_begins_later_is_used(by_itself: bool) -> None:
    """One that begins before the one in use changes nothing, and goes when that has connected; one that begins later takes its place."""
    world = _World()
    before = _reconnections(world)
    earlier = world.root.sign(world.asked(by_itself=by_itself), since=world.now - timedelta(days=80), days=365)
    assert world.hand_over(earlier) == "Accepted"
    assert world.shop.text(CHAIN) == world.first
    assert _reconnections(world) == before
    world.reconnect()
    assert world.shop.text(CHAIN) == world.first
    assert len(world.keys()) == 1

    later = world.root.sign(world.csr(), since=world.now, days=365)
    assert world.hand_over(later) == "Accepted"
    assert world.shop.text(CHAIN) == later
    world.reconnect()
    assert world.hand_over(world.first) == "Rejected", "its key is gone"


def test_one_that_begins_earlier_is_used_where_the_other_opens_nothing() -> None:
    """It was put aside, not thrown away: a station whose certificate was revoked must not be lost."""
    world = _World()
    earlier = world.root.sign(world.csr(), since=world.now - timedelta(days=5), days=365)
    assert world.hand_over(earlier) == "Accepted"
    world.cut()
    world.feed(CertificateNotTrusted())
    world.shop.work()
    assert world.shop.text(CHAIN) == earlier
    world.connect()
    world.shop.work()
    assert world.shop.text(CHAIN) == earlier
    assert len(world.keys()) == 1


def test_the_same_key_with_a_certificate_of_before_stays_with_the_newer_one() -> None:
    """What was handed over once and comes again, says nothing new."""
    world = _World()
    older = world.root.sign(world.requests()[-1], since=world.now - timedelta(days=5), days=365)
    assert world.hand_over(older) == "Accepted"
    assert world.shop.text(CHAIN) == world.first
    world.reconnect()
    assert world.shop.text(CHAIN) == world.first
    assert len(world.keys()) == 1
    assert "DiscardedRenewedClientCertificate" not in _told(world)


def test_one_that_begins_earlier_replaces_one_that_has_ended() -> None:
    """The newest of those that are valid counts."""
    world = _World(days=10)
    csr = world.csr()
    world.jump(11 * DAY)
    earlier = world.root.sign(csr, since=world.now - timedelta(days=30), days=365)
    assert world.hand_over(earlier) == "Accepted"
    assert world.shop.text(CHAIN) == earlier


# --- security events ------------------------------------------------------------------------------------------------


def _logged(world: StationWorld) -> list[str]:
    saved = world.storage.load()
    assert saved is not None
    return [event.type for event in saved.part(SecurityLogMemory).events]


@pytest.mark.req("SEC16:A04.FR.01", "SEC16:A04.FR.04", "SEC16:N01.FR.05")
@pytest.mark.parametrize(
    ("kind", "critical"),
    [
        ("FirmwareUpdated", True),
        ("SettingSystemTime", True),
        ("ResetOrReboot", True),
        ("SecurityLogWasCleared", True),
        ("MemoryExhaustion", True),
        ("TamperDetectionActivated", True),
        ("ReconfigurationOfSecurityParameters", False),
        ("InvalidMessages", False),
        ("AttemptedReplayAttacks", False),
    ],
)
def test_every_security_event_is_logged_and_the_critical_ones_are_told(kind: str, critical: bool) -> None:
    """At once; which are critical is said in section 8 of the whitepaper. The first one of all is the start."""
    world = World16()
    world.feed(SecurityIncident(kind, "as seen"))
    assert _logged(world) == ["StartupOfTheDevice", kind]
    assert _told(world) == ["StartupOfTheDevice", *([kind] if critical else [])]
    if critical:
        told = world.said(v16.SecurityEventNotificationRequest)[-1]
        assert (told.timestamp, told.tech_info) == (world.now, "as seen")


@pytest.mark.req("SEC16:A04.FR.02")
def test_what_happens_without_a_line_is_told_when_there_is_one_again() -> None:
    """With its time, also if the power fails in between, and again until it is confirmed."""
    world = World16()
    world.cut()
    at = world.now
    world.feed(SecurityIncident("TamperDetectionActivated"))
    world.pass_time(3600)
    world.kill()
    world.csms.silent = lambda fact: isinstance(fact, SecurityEvent)
    world.connect()
    assert [fact.type for fact in world.kept() if isinstance(fact, SecurityEvent)] == [
        "TamperDetectionActivated",
        "StartupOfTheDevice",
    ]
    world.cut()
    world.csms.silent = lambda _: False
    world.connect()
    assert world.kept() == []
    told = [one for one in world.said(v16.SecurityEventNotificationRequest) if one.type == "TamperDetectionActivated"]
    assert [one.timestamp for one in told] == [at, at]


# --- the security profile -------------------------------------------------------------------------------------------

ALL = CredentialsSeen(roots=True, certificate=True, password=True)
NO_PASSWORD = CredentialsSeen(roots=True, certificate=True)
NO_ROOT = CredentialsSeen(certificate=True, password=True)
NO_CERTIFICATE = CredentialsSeen(roots=True, password=True)


def _at_profile(level: int, have: CredentialsSeen) -> World16:
    scheme = "wss" if level >= 2 else "ws"
    home = NetworkConnectionProfile(
        csms_url=f"{scheme}://central.example", interface="Wired0", message_timeout=30, security_profile=level
    )
    world = World16(home=home)
    world.feed(have)
    return world


def _change(world: World16, value: str) -> str:
    return str(world.asks(v16.ChangeConfigurationRequest(key="SecurityProfile", value=value)).status)


@pytest.mark.parametrize(
    ("level", "wanted", "have"),
    [
        pytest.param(1, "1", ALL, id="1-to-1", marks=pytest.mark.req("SEC16:A05.FR.01")),
        pytest.param(2, "1", ALL, id="2-to-1", marks=pytest.mark.req("SEC16:A05.FR.01")),
        pytest.param(3, "0", ALL, id="3-to-0", marks=pytest.mark.req("SEC16:A05.FR.01")),
        pytest.param(0, "1", NO_PASSWORD, id="1-no-password", marks=pytest.mark.req("SEC16:A05.FR.02")),
        pytest.param(0, "2", NO_PASSWORD, id="2-no-password", marks=pytest.mark.req("SEC16:A05.FR.02")),
        pytest.param(1, "2", NO_ROOT, id="2-no-root", marks=pytest.mark.req("SEC16:A05.FR.03")),
        pytest.param(1, "3", NO_ROOT, id="3-no-root", marks=pytest.mark.req("SEC16:A05.FR.03")),
        pytest.param(2, "3", NO_CERTIFICATE, id="3-no-certificate", marks=pytest.mark.req("SEC16:A05.FR.04")),
    ],
)
def test_a_security_profile_that_cannot_be_is_rejected(level: int, wanted: str, have: CredentialsSeen) -> None:
    """The value stays, and so does the connection."""
    world = _at_profile(level, have)
    assert _change(world, wanted) == "Rejected"
    assert world.value("SecurityProfile") == str(level)
    assert _reconnections(world) == 0


@pytest.mark.req("SEC16:A05.FR.05", "SEC16:A05.FR.06", "SEC16:A05.FR.07")
@pytest.mark.parametrize(
    ("level", "wanted", "have"),
    [(0, 1, CredentialsSeen(password=True)), (0, 2, NO_CERTIFICATE), (1, 2, NO_CERTIFICATE), (2, 3, NO_PASSWORD)],
)
def test_a_higher_security_profile_is_connected_with(level: int, wanted: int, have: CredentialsSeen) -> None:
    """Accepted, then the line is given up, and the next connection is made with the new profile; after that it is the value."""
    world = _at_profile(level, have)
    assert _change(world, str(wanted)) == "Accepted"
    assert _reconnections(world) == 1
    world.cut()
    way = world.core.way()
    assert way is not None
    assert (way.security_profile, way.url) == (wanted, f"{'wss' if wanted >= 2 else 'ws'}://central.example")
    world.feed(Connected(way.slot))
    world.connect()
    assert world.value("SecurityProfile") == str(wanted)
