"""What functional block A asks of a station and no other file shows: passwords, keys that stay where they are, one certificate a use."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import pytest

from pilotwire.dialects.ocpp2.certificates import write_asked
from pilotwire.dialects.ocpp2.wire import Wire
from pilotwire.domain import device_model as dm
from pilotwire.domain.certificates import (
    CertificateKind,
    CertificateSigned,
    CertificateSignedOutcome,
    GetInstalledCertificates,
    InstallCertificate,
    SigningAsked,
    SigningUse,
    SigningVerdict,
)
from pilotwire.domain.kinds import Fact
from pilotwire.domain.provisioning import TriggerMessage, TriggerOutcome
from pilotwire.ocpp import v21, v201
from pilotwire.station.core.variable_table import name_of
from tests.support.station_pki import Signer, Workshop, pem
from tests.support.station_world import Csms, StationWorld

STATION, V2G = SigningUse.CHARGING_STATION, SigningUse.V2G
TRIGGERS = {STATION: "SignChargingStationCertificate", V2G: "SignV2GCertificate"}
PASSWORD = "SecurityCtrlr.BasicAuthPassword"
DAY = 86_400.0


class Signing(Csms):
    """A CSMS that takes every request."""

    def verdict(self, fact: Fact, now: object) -> object:  # type: ignore[override]
        return SigningVerdict(accepted=True) if isinstance(fact, SigningAsked) else super().verdict(fact, now)  # type: ignore[arg-type]


class Bench:
    """A station that knows a root for each use, and what is signed by these roots."""

    def __init__(self, *, ocpp16: bool = False) -> None:
        self.world = StationWorld(ocpp16=ocpp16, online=False)
        self.world.csms = Signing(names=ocpp16)
        self.world.connect()
        self.shop = Workshop(self.world)
        self.roots = {STATION: Signer.root("CSMS root"), V2G: Signer.root("V2G root")}
        for use, kind in ((STATION, CertificateKind.CSMS_ROOT), (V2G, CertificateKind.V2G_ROOT)):
            self.world.command(InstallCertificate(kind=kind, certificate=pem(self.roots[use].certificate)))

    @property
    def asked(self) -> list[SigningAsked]:
        """What it asked for, in order."""
        return [fact for fact in self.world.csms.heard if isinstance(fact, SigningAsked)]

    def renew(self, use: SigningUse, *, days: float = 365) -> str:
        """Have a certificate asked for, and sign it; the PEM of the chain."""
        outcome = self.world.command(TriggerMessage(message=TRIGGERS[use]))
        assert isinstance(outcome, TriggerOutcome)
        assert outcome.status == "Accepted"
        self.shop.work()
        chain = self.roots[use].sign(self.asked[-1].csr, since=self.world.now, days=days)
        signed = self.world.command(CertificateSigned(chain=chain, use=use))
        assert isinstance(signed, CertificateSignedOutcome)
        assert signed.status == "Accepted"
        self.shop.work()
        return chain

    def jump(self, seconds: float) -> None:
        """So much later; nothing happened in between."""
        self.world.now += timedelta(seconds=seconds)
        self.world.tick()
        self.shop.work()
        self.world.tick()

    def keys(self) -> list[str]:
        """The private keys of the station, in PEM."""
        return [(self.shop.files.read(name) or b"").decode() for name in self.shop.files.names("keys")]


# --- passwords ------------------------------------------------------------------------------------------------------


def _set(world: StationWorld, value: str) -> str:
    setting = dm.VariableSetting(name=name_of(PASSWORD), value=value)
    outcome: Any = world.command(dm.SetVariables(settings=(setting,)))
    return str(outcome.results[0].status)


@pytest.mark.req("A00.FR.304")
@pytest.mark.parametrize(("length", "status"), [(0, "Rejected"), (15, "Rejected"), (16, "Accepted"), (40, "Accepted")])
def test_a_password_is_kept_in_its_variable_if_it_is_long_enough(length: int, status: str) -> None:
    """From 16 characters on; what is refused changes nothing."""
    world = StationWorld()
    assert _set(world, "the-first-password") == "Accepted"
    wanted = ("A1*-_=:+|@." * 4)[:length]
    assert _set(world, wanted) == status
    assert world.core.variable(PASSWORD) == (wanted if status == "Accepted" else "the-first-password")


@pytest.mark.req("A00.FR.304")
def test_a_password_that_is_longer_than_the_variable_says_is_refused() -> None:
    """Its maxLimit is in the base report, and from 40 to 64."""
    world = StationWorld()
    world.command(dm.GetBaseReport(request_id=1, base=dm.ReportBase.FULL_INVENTORY))
    parts = [fact for fact in world.csms.of(dm.ReportPart) if isinstance(fact, dm.ReportPart)]
    (told,) = [one for part in parts for one in part.variables if str(one.name) == PASSWORD]
    assert told.characteristics is not None
    most = int(told.characteristics.max_limit or 0)
    assert 40 <= most <= 64
    assert _set(world, "x" * most) == "Accepted"
    assert _set(world, "x" * (most + 1)) == "Rejected"


# --- private keys ---------------------------------------------------------------------------------------------------


@pytest.mark.req("A03.FR.05", "SEC16:A02.FR.05", "SEC16:A03.FR.05")
@pytest.mark.parametrize("ocpp16", [True, False])
def test_a_private_key_is_in_nothing_that_is_said(ocpp16: bool) -> None:
    """Not in requests, not in reports, not in lists of certificates; requests and certificates are, as they must be."""
    bench = Bench(ocpp16=ocpp16)
    chain = bench.renew(STATION)
    if not ocpp16:
        bench.renew(V2G)
    kinds = tuple(kind for kind in CertificateKind if not ocpp16 or kind is CertificateKind.CSMS_ROOT)
    answers = [bench.world.command(dm.GetVariables()), bench.world.command(GetInstalledCertificates(kinds=kinds))]
    if not ocpp16:
        bench.world.command(dm.GetBaseReport(request_id=1, base=dm.ReportBase.FULL_INVENTORY))
    said = repr((bench.world.csms.heard, answers))
    keys = bench.keys()
    assert len(keys) == (1 if ocpp16 else 2)
    for key in keys:
        lines = [line for line in key.splitlines() if "-----" not in line]
        assert "PRIVATE KEY" in key
        assert not [line for line in lines if line in said]
        assert not [line for line in lines if line in chain]
    assert "PRIVATE KEY" not in said
    assert bench.asked[0].csr.splitlines()[1] in said


# --- certificates by use --------------------------------------------------------------------------------------------


@pytest.mark.req("A03.FR.13")
@pytest.mark.parametrize("wire", [v201, v21], ids=["2.0.1", "2.1"])
def test_a_renewal_by_itself_names_the_certificate_it_is_for(wire: Any) -> None:
    """A station with different certificates for its two connections renews each of them a month before its end."""
    bench = Bench()
    for use in (STATION, V2G):
        bench.renew(use, days=60)
    before = len(bench.asked)
    bench.jump(35 * DAY)
    written = [write_asked(cast(Wire, wire), fact) for fact in bench.asked[before:]]
    assert sorted(str(cast(Any, each).certificate_type) for each in written) == [
        "ChargingStationCertificate",
        "V2GCertificate",
    ]


@pytest.mark.req("A03.FR.15")
def test_of_certificates_from_the_same_root_the_newest_is_used() -> None:
    """The one whose validity begins later takes the place of the other, which is gone together with its key."""
    bench = Bench()
    first = bench.renew(V2G)
    (old,) = bench.keys()
    bench.jump(DAY)
    second = bench.renew(V2G)
    assert first != second
    assert bench.shop.text("v2g/iso2-chain.pem") == second
    (new,) = bench.keys()
    assert new != old


@pytest.mark.req("A03.FR.15")
@pytest.mark.parametrize(("same_root", "used"), [(True, "first"), (False, "second")])
def test_one_from_the_same_root_that_begins_earlier_is_not_used(same_root: bool, used: str) -> None:
    """It is good, so it is accepted; the one in use stays. Of another root it is another matter: the last one counts."""
    bench = Bench()
    first = bench.renew(V2G)
    other = Signer.root("Another V2G root")
    bench.world.command(InstallCertificate(kind=CertificateKind.V2G_ROOT, certificate=pem(other.certificate)))
    bench.world.command(TriggerMessage(message=TRIGGERS[V2G]))
    bench.shop.work()
    signer = bench.roots[V2G] if same_root else other
    second = signer.sign(bench.asked[-1].csr, since=bench.world.now - timedelta(days=5), days=400)
    outcome = bench.world.command(CertificateSigned(chain=second, use=V2G))
    assert isinstance(outcome, CertificateSignedOutcome)
    assert outcome.status == "Accepted"
    bench.shop.work()
    assert bench.shop.text("v2g/iso2-chain.pem") == {"first": first, "second": second}[used]
    assert len(bench.keys()) == 1
