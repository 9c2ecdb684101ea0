"""Revoked client certificates at the opening handshake: the operator's own revocations, and the CRLs of the settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire.clock import ManualClock
from pilotwire.csms.gateway.admission import Admission, Admitted
from pilotwire.csms.gateway.lab_certificates import Authority, new_authority, pem_of
from pilotwire.csms.settings import CsmsSettings
from pilotwire.csms.store.memory import MemoryJournal, MemoryStore
from pilotwire.domain.provisioning import UnknownStations
from pilotwire.ocpp.net.handshake import Handshake
from pilotwire.ocpp.net.server import Accept, Refuse
from pilotwire.ocpp.version import OcppVersion
from tests.support.http_answers import http_answers
from tests.support.station_crls import DAY, crl_of, issued, sub_authority, write

CS = "CS001"


@dataclass
class Door:
    """A CSMS's door, the authority of its stations, and the authority's list."""

    folder: Path
    more: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock = ManualClock()
        self.now = self.clock.now()
        self.root = new_authority("Root", self.now)
        self.ca = sub_authority(self.root, "Sub-CA", self.now)
        self.crl = self.folder / "stations.crl"
        self.own, self.sold = (issued(self.ca, CS, self.now) for _ in range(2))
        self.trust(self.root, self.ca)
        self.store = MemoryStore()
        self.open()

    def open(self, **more: Any) -> None:
        """Begin anew with these settings."""
        self.more |= more
        known = {"tls_client_ca": str(self.folder / "ca.pem"), "tls_client_crl": (str(self.crl),)} | self.more
        settings = CsmsSettings(unknown_stations=UnknownStations.ACCEPT, **known)
        self.admission = Admission(self.store, MemoryJournal(self.store), self.clock, settings)

    def trust(self, *authorities: Authority) -> None:
        """The bundle of the authorities."""
        write(self.folder / "ca.pem", b"".join(pem_of(each.certificate) for each in authorities))

    def publish(self, *revoked: x509.Certificate, by: Authority | None = None, **more: Any) -> None:
        """The authority's list."""
        write(self.crl, crl_of(by or self.ca, *revoked, now=self.clock.now(), **more))

    async def knock(self, certificate: x509.Certificate, version: OcppVersion = OcppVersion.V201) -> tuple[int, str]:
        """HTTP status and reason of a handshake with this certificate; 101 if it is taken."""
        der = certificate.public_bytes(Encoding.DER)
        verdict = await self.admission.admit(
            Handshake(CS, f"/{CS}", "10.0.0.7", secure=True, certificate=der, version=version)
        )
        if isinstance(verdict, Refuse):
            return verdict.status, verdict.reason
        assert isinstance(verdict, Accept)
        assert isinstance(verdict.context, Admitted)
        return 101, ""

    async def told(self) -> list[str]:
        """What is on record of lists that are no good."""
        return [each.what for each in await self.store.findings("") if each.rule == "gateway:crl"]


@pytest.fixture
def door(tmp_path: Path) -> Door:
    """A door without a list yet."""
    return Door(tmp_path)


@pytest.mark.req("A00.FR.702", "A00.FR.705", "SEC16:A00.FR.702", "SEC16:A00.FR.704")
@pytest.mark.parametrize("version", [OcppVersion.V16, OcppVersion.V201, OcppVersion.V21])
async def test_a_certificate_on_the_list_opens_nothing(door: Door, version: OcppVersion) -> None:
    """Another of the same station does; who is refused is told by whom it was revoked."""
    door.publish(door.sold)
    assert await door.knock(door.own, version) == (101, "")
    status, why = await door.knock(door.sold, version)
    assert status == 403
    assert f"the CRL of 'CN=Sub-CA' has its serial number {door.sold.serial_number:x}" in why
    assert await door.told() == []


@pytest.mark.req("A00.FR.705")
async def test_a_list_is_followed_and_what_was_read_outlives_it(door: Door) -> None:
    """A new one counts from the next handshake on; one that is damaged, gone or out of date still tells what it revoked."""
    door.publish()
    assert await door.knock(door.sold) == (101, "")
    door.publish(door.sold)
    assert (await door.knock(door.sold))[0] == 403
    write(door.crl, b"nonsense")
    assert (await door.knock(door.sold))[0] == 403
    assert (await door.knock(door.own))[0] == 101
    (damaged,) = await door.told()
    assert "no CRL in DER or PEM" in damaged
    assert "the one read before goes on counting" in damaged
    door.crl.unlink()
    door.clock.advance(2 * 86_400)
    assert (await door.knock(door.sold))[0] == 403
    assert any("No such file" in each for each in await door.told())


def _none(door: Door) -> None:
    assert not door.crl.exists()


def _empty(door: Door) -> None:
    write(door.crl, b"-----BEGIN NOTHING-----")


def _late(door: Door) -> None:
    door.publish(lasts=DAY)
    door.clock.advance(86_400)


def _of_stranger(door: Door) -> None:
    """Same name, another key: it revokes nothing either."""
    door.publish(door.own, by=sub_authority(door.root, "Sub-CA", door.now))


def _of_another(door: Door) -> None:
    door.publish(by=door.root)


def _unknown_issuer(door: Door) -> None:
    door.publish()
    door.trust(door.root)


def _delta(door: Door) -> None:
    door.publish(door.own, more=x509.DeltaCRLIndicator(1))


def _indirect(door: Door) -> None:
    point = x509.IssuingDistributionPoint(
        full_name=[x509.UniformResourceIdentifier("http://ca.example/1.crl")],
        relative_name=None,
        only_contains_user_certs=False,
        only_contains_ca_certs=False,
        only_some_reasons=None,
        indirect_crl=True,
        only_contains_attribute_certs=False,
    )
    door.publish(door.own, more=point)


@pytest.mark.req("A00.FR.705")
@pytest.mark.parametrize(
    ("happens", "said"),
    [
        (_none, "No such file"),
        (_empty, "no CRL is in it"),
        (_late, "counted until 2026-01-02T00:00:00Z only"),
        (_of_stranger, "no certificate of 'CN=Sub-CA' in tls_client_ca or lab_ca_certificate fits its signature"),
        (_of_another, "there is no CRL of 'CN=Sub-CA'"),
        (_unknown_issuer, "'CN=Sub-CA', who issued it, is not in tls_client_ca"),
        (_delta, "it is a delta CRL"),
        (_indirect, "it is an indirect CRL"),
    ],
)
async def test_what_happens_where_no_list_tells_is_the_operators_to_say(door: Door, happens: Any, said: str) -> None:
    """It is told once, not with every handshake; the station comes in, or is to try again later."""
    happens(door)
    assert await door.knock(door.own) == (101, "")
    assert await door.knock(door.own) == (101, "")
    told = await door.told()
    assert any(said in each for each in told)
    assert len(told) == len(set(told))
    door.open(tls_client_unchecked="reject")
    status, why = await door.knock(door.own)
    assert status == 503
    assert why.startswith("Whether the client certificate is revoked cannot be told now")


async def test_a_revoked_authority_takes_its_stations_with_it(door: Door) -> None:
    """Its own certificate is on the list of the one above; both lists may be in one file."""
    write(door.crl, crl_of(door.ca, now=door.now) + crl_of(door.root, door.ca.certificate, now=door.now))
    status, why = await door.knock(door.own)
    assert status == 403
    assert "the certificate of 'CN=Sub-CA' above it: the CRL of" in why


async def test_a_list_is_fetched_again_in_time(door: Door) -> None:
    """At the latest when it ends; an address that fails is asked again a minute later, and the list before counts until then."""
    async with http_answers(crl_of(door.ca, now=door.now)) as web:
        door.open(tls_client_crl=(f"{web.url}/stations.crl",), tls_client_crl_interval=86_400.0 * 30)
        assert (await door.knock(door.sold))[0] == 101
        web.body = crl_of(door.ca, door.sold, now=door.now, lasts=10 * DAY)
        assert (await door.knock(door.sold))[0] == 101
        assert len(web.heard) == 1
        door.clock.advance(86_400)
        web.status = 500
        assert (await door.knock(door.sold))[0] == 101
        assert any("the status 500" in each for each in await door.told())
        web.status = 200
        assert (await door.knock(door.sold))[0] == 101, "it is too early to ask again"
        door.clock.advance(60)
        assert (await door.knock(door.sold))[0] == 403
        assert len(web.heard) == 3
        await door.admission.revocations.close()


# --- whose a certificate is --------------------------------------------------------------------------------------------------------


@pytest.mark.req("A00.FR.404")
async def test_the_owner_of_a_certificate_is_compared_where_the_operator_named_one(door: Door) -> None:
    """The organization of its subject has to be that one; without the setting any may be."""
    door.publish()
    assert (await door.knock(door.own))[0] == 101
    door.open(tls_client_organization="Pilotwire lab")
    assert (await door.knock(door.own))[0] == 101
    door.open(tls_client_organization="Volta CSO")
    status, why = await door.knock(door.own)
    assert status == 403
    assert "its owner is 'Pilotwire lab' and not 'Volta CSO'" in why
