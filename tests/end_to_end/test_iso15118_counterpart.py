"""Charging with a counterpart nobody here wrote: the PyPI package `iso15118`, over a real interface, discovery, TLS and EXI.

Its vehicle charges at our station, and our vehicle at its station, in every protocol. It needs Java, the superuser's rights and the
package; it is skipped, with the reason, where one of them is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from pilotwire.iso15118 import evcc, secc, timing
from pilotwire.iso15118.charging import Control, Ending, Identification, SessionEnd, Speaks, Transfer
from tests.support.eventually import eventually
from tests.support.iso15118_bench import BenchEv, BenchEvse, BenchWallet, drive, one_price_level, station
from tests.support.iso15118_peer import DIN, ISO2, ISO20_AC, ISO20_DC, Cable, Peer, cable, peer_evcc, peer_secc
from tests.support.iso15118_peer_pki import EMAID, PeerPki, peer_pki

NAMES = {Speaks.DIN: DIN, Speaks.ISO2: ISO2, Speaks.ISO20_AC: ISO20_AC, Speaks.ISO20_DC: ISO20_DC}
MODES = {Transfer.AC: "AC_three_phase_core"}
PNC_FIRST = (Identification.PNC, Identification.EIM)
EIM = (Identification.EIM,)


@dataclass(frozen=True)
class Case:
    """What is charged, and how."""

    speaks: Speaks
    transfer: Transfer
    contract: bool = False
    tls: bool = False
    control: Control = Control.SCHEDULED

    @property
    def identification(self) -> tuple[Identification, ...]:
        """What is offered and wanted."""
        return PNC_FIRST if self.contract else EIM

    def __str__(self) -> str:
        how = "PnC" if self.contract else "EIM"
        planned = "-dynamic" if self.control is Control.DYNAMIC else ""
        return f"{self.speaks.name}-{self.transfer}-{how}{planned}{'-TLS' if self.tls else ''}"


CASES = (
    Case(Speaks.DIN, Transfer.DC),
    Case(Speaks.ISO2, Transfer.DC),
    Case(Speaks.ISO2, Transfer.AC, contract=True, tls=True),
    Case(Speaks.ISO20_AC, Transfer.AC, tls=True),
    Case(Speaks.ISO20_DC, Transfer.DC, contract=True, tls=True),
    Case(Speaks.ISO20_DC, Transfer.DC_BPT, tls=True, control=Control.DYNAMIC),
)
LOOPS = {"ChargingStatusReq", "CurrentDemandReq", "AC_ChargeLoopReq", "DC_ChargeLoopReq"}
ALL_CODES = {"OK", "OK_NewSessionEstablished", "OK_SuccessfulNegotiation"}


@pytest.fixture
def pki(tmp_path: Path) -> PeerPki:
    return peer_pki(tmp_path / "pki")


@pytest.fixture
def laid() -> Iterator[Cable]:
    with cable() as one:
        yield one


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours wait longer than the standards allow: the package's codec takes 50 ms for a message, and a second while Java is cold."""
    patient: dict[str, Any] = {"message": {}, "message_default": 20.0}
    for owner in (evcc.din.DinSession, evcc.iso2.Iso2Session):
        monkeypatch.setattr(owner, "timing", replace(owner.timing, **patient))
    monkeypatch.setattr(evcc.iso20.session, "ISO20", replace(timing.ISO20, **patient))
    monkeypatch.setattr(secc.iso20.session, "ISO20", replace(timing.ISO20, sequence_in_loop=60.0))
    monkeypatch.setattr(timing, "ISO2", replace(timing.ISO2, **patient))  # of SupportedAppProtocol


def said(peer: Peer) -> None:
    """Every response was good, and the session ended by will."""
    assert set(peer.codes.values()) <= ALL_CODES, (peer.codes, peer.tail())
    assert peer.codes.get("SessionStopRes") == "OK", peer.tail()
    assert peer.unread == []


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_the_counterparts_vehicle_charges_at_our_station(case: Case, pki: PeerPki, laid: Cable) -> None:
    """From discovery to SessionStop: what it asked for is what our EVSE was told."""
    tariff = one_price_level() if case.speaks.is_of_20 else None  # the package takes no schedule of -20 without one
    evse = BenchEvse(case.transfer, case.identification, case.control, tariff)
    safe = {"tls13": case.tls} if case.speaks.is_of_20 else {"tls": case.tls}
    service = str(case.transfer) if case.speaks.is_of_20 else ""
    async with (
        station(laid.ours, pki, case.speaks, evse) as served,
        peer_evcc(
            laid, pki, NAMES[case.speaks], mode=MODES.get(case.transfer, "DC_extended"), service=service, **safe
        ) as vehicle,
    ):
        await vehicle.until_ready()
        vehicle.go()
        await vehicle.until_ended()
        said(vehicle)
        await vehicle.close()
        await eventually(lambda: served.ends)
    assert served.refused == []
    assert [session.findings for session in served.sessions] == [[]]
    assert [end.ending for end in (*served.ends, *evse.of("ended"))] == [Ending.TERMINATED] * 2
    assert len(evse.of("demand")) >= 2
    assert evse.of("energize")[0] is True
    assert evse.closed is False
    contracts = [each.emaid for each in evse.of("authorize") if each is not None]
    assert set(contracts) == ({EMAID} if case.contract else set())


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_our_vehicle_charges_at_the_counterparts_station(case: Case, pki: PeerPki, laid: Cable) -> None:
    """The same, the other way round: what our vehicle wanted is what its station understood."""
    ev = BenchEv(case.transfer, case.identification, case.control)
    auth = "PNC,EIM" if case.contract else "EIM"
    async with peer_secc(laid, pki, NAMES[case.speaks], auth=auth, tls13=case.speaks.is_of_20) as theirs:
        await theirs.until_ready()
        session = await drive(laid.ours, pki, case.speaks, ev, tls=case.tls)
        assert session.over is not None
        assert (session.over.ending, session.findings) == (Ending.TERMINATED, []), (session.over, theirs.tail())
        await theirs.until_ended()
        said(theirs)
    assert [end.ending for end in ev.of("ended")] == [Ending.TERMINATED]
    assert ev.of("contactor") == [True, False]
    loops = [each for each in theirs.messages if each.name in LOOPS]
    assert len(loops) >= 2
    assert bool(theirs.read("PaymentDetailsReq")) is (case.contract and not case.speaks.is_of_20)
    assert any("PnC_AReqAuthorizationMode" in each for each in theirs.read("AuthorizationReq")) is (
        case.contract and case.speaks.is_of_20
    )
    (bye,) = theirs.read("SessionStopReq")
    assert bye.get("ChargingSession", "Terminate") == "Terminate"  # DIN SPEC 70121 has no word for it


async def test_the_counterparts_station_hands_our_vehicle_its_contract(pki: PeerPki, laid: Cable) -> None:
    """CertificateInstallation of -2 (the package has none of -20): the key goes over enciphered, and signs the authorization after it."""
    ev, wallet = BenchEv(Transfer.AC, PNC_FIRST, install=True), BenchWallet(pki, empty=True)
    async with peer_secc(laid, pki, ISO2, auth="PNC,EIM") as theirs:
        await theirs.until_ready()
        session = await drive(laid.ours, pki, Speaks.ISO2, ev, tls=True, wallet=wallet)
        assert (session.over, session.findings) == (SessionEnd(Ending.TERMINATED), []), theirs.tail()
        await theirs.until_ended()
        said(theirs)
    (stored,) = wallet.stored
    assert stored.chain == pki.chains["contract"][:-1]
    assert stored.key.public_key() == pki.keys["contract"].public_key()
    (details,) = theirs.read("PaymentDetailsReq")
    assert details["eMAID"] == EMAID
