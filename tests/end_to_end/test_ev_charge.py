"""Our vehicle charges at our own station's sessions over real sockets: all protocols, both currents, contracts, pauses, dropped lines."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pilotwire.errors import ConfigError, NotReachable
from pilotwire.ev import Vehicle
from pilotwire.ev.app import Address, Safety
from pilotwire.ev.iso15118 import FolderWallet, Intent, PauseBook
from pilotwire.ev.iso15118.wallet import emaid_of
from pilotwire.iso15118.charging import PENDING, Control, Ending, Identification, Isolation, Notice, Speaks, Transfer
from pilotwire.iso15118.evcc.ports import Wish
from pilotwire.iso15118.net import ending as line
from pilotwire.iso15118.net.ending import ConnectionEnded
from pilotwire.iso15118.net.interfaces import link_local_of
from pilotwire.iso15118.net.sdp_server import SdpServer
from pilotwire.iso15118.sdp import Endpoints
from pilotwire.iso15118.secc.ports import Decision, Demand
from pilotwire.iso15118.signed_parts import Edition
from pilotwire.pki import pem_of
from tests.support import v2g_pki
from tests.support.ev_cable import cable
from tests.support.ev_stage import (
    DC_LIMITS,
    INTERVAL,
    Car,
    IssuingEvse,
    Trip,
    car,
    drive,
    evse,
    pem,
    put,
    station,
)
from tests.support.iso15118_evse_fake import FakeEvse
from tests.support.v2g_papers import P521, papers, root
from tests.support.v2g_stage import both

EIM, PNC = Identification.EIM, Identification.PNC
ISO20 = {Transfer.AC: Speaks.ISO20_AC, Transfer.DC: Speaks.ISO20_DC}
PATIENCE = 60.0


def by_card(*transfers: Transfer, **more: Any) -> Wish:
    return Wish((EIM,), transfers, **more)


def by_contract(*transfers: Transfer, **more: Any) -> Wish:
    return Wish((PNC,), transfers, **more)


def charged(trip: Trip, wh: float = 300.0) -> None:
    """It has what it wanted, in order."""
    report = trip.report
    assert report.findings == []
    assert (report.end.ending, report.end.reason) == (Ending.TERMINATED, "")
    assert report.taken_wh == pytest.approx(wh, rel=0.01)
    assert report.good


class Leading(FakeEvse):
    """In dynamic control the station leads: so many W go through it, at the vehicle's voltage where it is DC."""

    watts = 11_000.0

    @classmethod
    def as_is(cls, like: FakeEvse, watts: float = 11_000.0) -> Leading:
        made = cls(like.offered, like.state_now)
        made.watts = watts
        return made

    def demand(self, demand: Demand) -> None:
        super().demand(demand)
        if demand.target_a is None and (demand.limits is not None or self.state_now.target_w is None):
            volts = demand.present_v or self.state_now.present_v or 1.0
            self.shows(target_w=self.watts, present_a=self.watts / volts, present_v=volts)


@pytest.fixture
def wallet(tmp_path: Path) -> FolderWallet:
    """A vehicle's papers: what it trusts, its TLS certificate, provisioning certificates of both editions; no contract."""
    folder = tmp_path / "wallet"
    put(folder / "v2g-roots.pem", pem_of(root("v2g-root"), root("v2g-root", P521)))
    put(folder / "mo-roots.pem", pem_of(*(v2g_pki.contract(one).root for one in Edition)))
    for name, edition in (("provisioning", Edition.ISO2), ("provisioning-20", Edition.ISO20)):
        own = v2g_pki.vehicle(edition)
        put(folder / f"{name}.pem", pem((own.certificate, *own.subs), own.key))
    tls = papers("vehicle", P521)
    put(folder / "vehicle.pem", pem(tls.chain, tls.key))
    return FolderWallet(folder)


def with_contract(wallet: FolderWallet, *editions: Edition) -> FolderWallet:
    for edition in editions:
        own = v2g_pki.contract(edition)
        put(wallet.folder / "contracts" / f"{edition.name}.pem", pem((own.certificate, *own.subs), own.key))
    return wallet


# --- without TLS, by a card ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transfer", [Transfer.AC, Transfer.DC])
async def test_charging_by_a_card_in_iso_15118_2(transfer: Transfer) -> None:
    async with asyncio.timeout(PATIENCE), station(evse(transfer), Speaks.ISO2) as there:
        there.evse.decisions = [PENDING, PENDING, Decision.ACCEPTED]
        trip = await drive(car(by_card(transfer)), there)
    charged(trip)
    assert trip.said[:4] == ["supportedAppProtocolReq", "supportedAppProtocolRes", "SessionSetupReq", "SessionSetupRes"]
    assert trip.said[-2:] == ["SessionStopReq", "SessionStopRes"]
    assert trip.said.count("AuthorizationReq") == 3
    loop = "CurrentDemandReq" if transfer.dc else "ChargingStatusReq"
    assert trip.said.count(loop) > 5
    assert there.ends[0].ending is Ending.TERMINATED
    (needs, *_) = there.evse.of("schedules")
    assert needs.energy_wh == pytest.approx(300.0, rel=0.1)
    assert there.evse.of("planned")[-1].schedule_id == 1


async def test_charging_by_a_card_in_din_spec_70121() -> None:
    there_is = evse(Transfer.DC)
    there_is.isolations = [PENDING, Isolation.VALID]
    async with asyncio.timeout(PATIENCE), station(there_is, Speaks.DIN) as there:
        trip = await drive(car(by_card(Transfer.DC)), there)
    charged(trip)
    assert trip.report.speaks is Speaks.DIN
    assert "ContractAuthenticationRes" in trip.said


@pytest.mark.parametrize("transfer", [Transfer.AC, Transfer.DC])
@pytest.mark.parametrize("control", Control)
async def test_charging_by_a_card_in_iso_15118_20(transfer: Transfer, control: Control) -> None:
    """Without TLS, as test benches have it and only where that is said."""
    there_is = Leading.as_is(evse(transfer, controls=(control,)))
    wish = by_card(transfer, controls=(control,))
    async with asyncio.timeout(PATIENCE), station(there_is, ISO20[transfer]) as there:
        trip = await drive(car(wish), there, safety=Safety.NONE)
        with pytest.raises(ConfigError, match="no V2G roots"):
            await drive(car(wish), there, speaks=(ISO20[transfer],))
    charged(trip)
    ((_, chosen, plans, _),) = there.evse.of("selected")
    assert (chosen, plans) == (transfer, control)


@pytest.mark.parametrize(("transfer", "name"), [(Transfer.AC_BPT, "v2x-ac-60"), (Transfer.DC_BPT, "v2x-family-77")])
async def test_energy_goes_back_where_the_station_wants_it(transfer: Transfer, name: str) -> None:
    """The station leads: it takes 5 kW of a vehicle that stays until its time is over."""
    there_is = Leading.as_is(evse(transfer, controls=(Control.DYNAMIC,)), watts=-5_000.0)
    speaks = ISO20[Transfer.DC if transfer.dc else Transfer.AC]
    wish = by_card(transfer, controls=(Control.DYNAMIC,))
    ev = car(wish, energy_wh=None, name=name, stop_after=60)
    async with asyncio.timeout(PATIENCE), station(there_is, speaks) as there:
        trip = await drive(ev, there, safety=Safety.NONE)
    assert trip.report.findings == []
    assert trip.report.good
    assert trip.report.given_wh > 50
    assert trip.report.taken_wh == 0
    assert trip.report.soc[1] < trip.report.soc[0]


async def test_the_vehicles_most_wanted_protocol_is_spoken() -> None:
    """It offers all it can; the station has two of them."""
    async with asyncio.timeout(PATIENCE), station(evse(Transfer.DC), Speaks.DIN, Speaks.ISO2) as there:
        usual = await drive(car(by_card(Transfer.DC)), there)
        other = await drive(car(by_card(Transfer.DC)), there, speaks=(Speaks.DIN, Speaks.ISO2))
    assert (usual.report.speaks, other.report.speaks) == (Speaks.ISO2, Speaks.DIN)


# --- TLS and contracts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transfer", [Transfer.AC, Transfer.DC])
async def test_plug_and_charge_in_iso_15118_2(transfer: Transfer, wallet: FolderWallet) -> None:
    with_contract(wallet, Edition.ISO2)
    there_is = evse(transfer, identification=(PNC, EIM), receipts=3)
    async with asyncio.timeout(PATIENCE), station(there_is, Speaks.ISO2, tls=both()) as there:
        trip = await drive(car(by_contract(transfer)), there, wallet)
    charged(trip)
    assert trip.report.speaks is Speaks.ISO2
    assert trip.report.tls.startswith("TLSv1.")
    assert there.evse.of("authorize")[0].emaid == v2g_pki.EMAID
    assert trip.report.receipts == len(there.evse.of("receipt")) > 0


async def test_plug_and_charge_in_iso_15118_20(wallet: FolderWallet) -> None:
    with_contract(wallet, Edition.ISO2, Edition.ISO20)
    there_is = evse(Transfer.DC, identification=(PNC, EIM))
    async with asyncio.timeout(PATIENCE), station(there_is, Speaks.ISO20_DC, Speaks.ISO2, tls=both()) as there:
        trip = await drive(car(by_contract(Transfer.DC)), there, wallet)
    charged(trip)
    assert (trip.report.speaks, trip.report.tls) == (Speaks.ISO20_DC, "TLSv1.3")
    assert there.evse.of("authorize")[0].emaid == v2g_pki.EMAID
    assert there.evse.of("came")[0].certificates  # it showed who it is


@pytest.mark.parametrize("speaks", [Speaks.ISO2, Speaks.ISO20_DC])
async def test_a_contract_is_installed_and_used_from_then_on(speaks: Speaks, wallet: FolderWallet) -> None:
    there_is = IssuingEvse(state_now=evse(Transfer.DC).state_now)
    there_is.offers(transfers=(Transfer.DC,), identification=(PNC,), certificates=True)
    async with asyncio.timeout(PATIENCE), station(there_is, speaks, tls=both()) as there:
        first = await drive(car(by_contract(Transfer.DC)), there, wallet, speaks=(speaks,))
        second = await drive(car(by_contract(Transfer.DC)), there, FolderWallet(wallet.folder), speaks=(speaks,))
    for trip in (first, second):
        charged(trip)
    assert "CertificateInstallationRes" in first.said
    assert "CertificateInstallationRes" not in second.said
    (kept,) = FolderWallet(wallet.folder).contracts()
    assert emaid_of(kept) == v2g_pki.EMAID
    assert {one.emaid for one in there.evse.of("authorize") if one} == {v2g_pki.EMAID}


async def test_a_contract_is_renewed(wallet: FolderWallet) -> None:
    with_contract(wallet, Edition.ISO2)
    (old,) = wallet.contracts()
    there_is = IssuingEvse(state_now=evse(Transfer.AC).state_now)
    there_is.offers(transfers=(Transfer.AC,), identification=(PNC,), certificates=True)
    async with asyncio.timeout(PATIENCE), station(there_is, Speaks.ISO2, tls=both()) as there:
        trip = await drive(car(by_contract(Transfer.AC, update=True)), there, wallet)
    charged(trip)
    assert "CertificateUpdateRes" in trip.said
    (new,) = wallet.contracts()
    assert emaid_of(new) == emaid_of(old)
    assert new.certificate != old.certificate


async def test_who_has_no_contract_charges_by_a_card_if_that_will_do(wallet: FolderWallet) -> None:
    there_is = evse(Transfer.AC, identification=(PNC, EIM))
    async with asyncio.timeout(PATIENCE), station(there_is, Speaks.ISO2, tls=both()) as there:
        trip = await drive(car(Wish((PNC, EIM), (Transfer.AC,))), there, wallet)
    charged(trip)
    assert there.evse.of("authorize") == [None]


async def test_a_contract_that_is_refused_charges_nothing(wallet: FolderWallet) -> None:
    with_contract(wallet, Edition.ISO2)
    there_is = evse(Transfer.AC, identification=(PNC,))
    there_is.decisions = [Decision.REVOKED]
    async with asyncio.timeout(PATIENCE), station(there_is, Speaks.ISO2, tls=both()) as there:
        trip = await drive(car(by_contract(Transfer.AC)), there, wallet)
    assert not trip.report.good
    assert trip.report.taken_wh == 0
    assert "FAILED_CertificateRevoked" in trip.report.end.reason


async def test_a_station_it_does_not_trust_it_does_not_charge_at(tmp_path: Path) -> None:
    put(tmp_path / "w" / "v2g-roots.pem", pem_of(root("oem-root")))
    async with asyncio.timeout(PATIENCE), station(evse(Transfer.AC), Speaks.ISO2, tls=both()) as there:
        with pytest.raises(NotReachable, match="The station is refused"):
            await drive(car(by_card(Transfer.AC)), there, FolderWallet(tmp_path / "w"))


async def test_a_station_without_tls_is_told_where_tls_was_wanted(wallet: FolderWallet) -> None:
    async with asyncio.timeout(PATIENCE), station(evse(Transfer.AC), Speaks.ISO2) as there:
        with pytest.raises(NotReachable) as told:
            await drive(car(by_card(Transfer.AC)), there, wallet)
        charged(await drive(car(by_card(Transfer.AC)), there, wallet, safety=Safety.NONE))
    assert "--no-tls" in told.value.remedy


async def test_what_cannot_be_is_told_before_a_byte_is_sent(wallet: FolderWallet) -> None:
    nowhere = Address("::1", 1)
    ways: list[tuple[Wish, FolderWallet | None, dict[str, Any], str]] = [
        (by_contract(Transfer.AC), None, {}, "no V2G roots"),
        (by_contract(Transfer.AC), wallet, {"safety": Safety.NONE}, "Plug & Charge needs TLS"),
        (by_card(Transfer.AC), None, {"safety": Safety.TLS}, "no V2G roots"),
        (by_card(Transfer.AC), None, {"speaks": (Speaks.DIN,)}, "None of the protocols"),
        (by_card(Transfer.AC), None, {"resume": True}, "no paused session"),
        (by_card(Transfer.AC), None, {}, "cannot be reached"),
    ]
    (wallet.folder / "vehicle.pem").unlink()
    ways.append((by_card(Transfer.AC), wallet, {"speaks": (Speaks.ISO20_AC,)}, "TLS certificate of the vehicle"))
    async with asyncio.timeout(PATIENCE), station(evse(Transfer.AC), Speaks.ISO2) as there:
        for wish, papers_, plan, what in ways:
            with pytest.raises((ConfigError, NotReachable), match=what):
                await drive(car(wish), there, papers_, **({"to": nowhere} | plan))
    assert there.ends == []


# --- pauses, renegotiation, notices, dropped lines -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("speaks", "transfer"), [(Speaks.ISO2, Transfer.AC), (Speaks.ISO2, Transfer.DC), (Speaks.ISO20_AC, Transfer.AC)]
)
async def test_a_pause_outlives_the_process(speaks: Speaks, transfer: Transfer, tmp_path: Path) -> None:
    """The second vehicle knows nothing but the file: session, battery, and what is still wanted."""
    page = tmp_path / "pause"
    async with asyncio.timeout(PATIENCE), station(evse(transfer), speaks) as there:
        first = await drive(car(by_card(transfer), pause_after=30), there, pauses=PauseBook(page), safety=Safety.NONE)
        assert first.report.end.ending is Ending.PAUSED
        assert first.report.good
        assert page.stat().st_mode & 0o777 == 0o600
        book = PauseBook(page)
        assert book.vehicle is not None
        same = Car(Vehicle.restore(book.vehicle), Intent(by_card(transfer)))
        second = await drive(same, there, pauses=book, resume=True, safety=Safety.NONE)
    assert second.report.end.ending is Ending.TERMINATED
    assert second.report.findings == []
    assert first.report.taken_wh + second.report.taken_wh == pytest.approx(300, rel=0.01)
    assert second.report.soc[0] == pytest.approx(first.report.soc[1])
    assert not there.book.kept  # it was joined, and is over
    assert not page.exists()


async def test_a_vehicle_that_wakes_up_by_itself() -> None:
    async with asyncio.timeout(PATIENCE), station(evse(Transfer.AC), Speaks.ISO2) as there:
        trip = await drive(car(by_card(Transfer.AC), pause_after=30), there, wake_after=0.01)
    charged(trip)
    assert trip.report.sessions == 2
    assert [one.ending for one in there.ends] == [Ending.PAUSED, Ending.TERMINATED]


@pytest.mark.parametrize(("speaks", "transfer"), [(Speaks.ISO2, Transfer.DC), (Speaks.ISO20_DC, Transfer.DC)])
async def test_schedules_are_negotiated_anew(speaks: Speaks, transfer: Transfer) -> None:
    async with asyncio.timeout(PATIENCE), station(evse(transfer), speaks) as there:
        trip = await drive(car(by_card(transfer), renegotiate_after=30), there, safety=Safety.NONE)
    charged(trip)
    assert len(there.evse.of("planned")) == 2


async def test_a_line_that_drops_and_a_vehicle_that_comes_back() -> None:
    async with asyncio.timeout(PATIENCE), station(evse(Transfer.DC), Speaks.ISO2) as there:
        trip = await drive(car(by_card(Transfer.DC)), there, drop_after=30)
    charged(trip)
    assert trip.report.sessions == 2
    assert [one.ending for one in there.ends] == [Ending.DROPPED, Ending.TERMINATED]
    assert "comes back" in trip.told


async def test_a_station_that_drops_the_line_again_and_again_is_given_up() -> None:
    """Each time the vehicle has charged a little; each drop is a finding."""
    ev = car(by_card(Transfer.AC), energy_wh=None)

    class Dropping(FakeEvse):
        def schedules(self, needs: Any) -> Any:
            raise ConnectionEnded(line.Ending.DROPPED, "The cable was pulled.")

    dropping = Dropping(evse(Transfer.AC).offered, evse(Transfer.AC).state_now)
    async with asyncio.timeout(PATIENCE), station(dropping, Speaks.ISO2) as there:
        trip = await drive(ev, there, returns=2)
    assert (trip.report.sessions, trip.report.end.ending) == (3, Ending.DROPPED)
    assert len(trip.report.findings) == 3
    assert not trip.report.good


async def test_a_vehicle_whose_battery_the_station_does_not_reach_charges_nothing() -> None:
    there_is = evse(Transfer.DC)
    there_is.shows(limits=replace(DC_LIMITS, max_v=500.0))
    async with asyncio.timeout(PATIENCE), station(there_is, Speaks.ISO2) as there:
        trip = await drive(car(by_card(Transfer.DC), name="saloon-90-800v"), there)
    assert not trip.report.good
    assert trip.report.taken_wh == 0
    assert trip.report.end.reason == "The station refused PreChargeReq: FAILED."


async def test_a_station_that_asks_for_the_end_gets_it() -> None:
    there_is = evse(Transfer.AC)
    ev = car(by_card(Transfer.AC), energy_wh=None)

    class Stopping(FakeEvse):
        def state(self) -> Any:
            if ev.taken_wh > 50:
                self.shows(notice=Notice.STOP)
            return super().state()

    stopping = Stopping(there_is.offered, there_is.state_now)
    async with asyncio.timeout(PATIENCE), station(stopping, Speaks.ISO2) as there:
        trip = await drive(ev, there)
    assert trip.report.good
    assert ev.notices == [Notice.STOP]


async def test_the_driver_ends_it() -> None:
    ev = car(by_card(Transfer.AC), energy_wh=None)
    async with asyncio.timeout(PATIENCE), station(evse(Transfer.AC), Speaks.ISO2) as there:
        going = asyncio.ensure_future(drive(ev, there))
        while ev.taken_wh <= 0:
            await asyncio.sleep(INTERVAL)
        ev.stop()
        trip = await going
    assert trip.report.good


async def test_how_fast_the_station_answers_is_told() -> None:
    async with asyncio.timeout(PATIENCE), station(evse(Transfer.DC), Speaks.ISO2) as there:
        trip = await drive(car(by_card(Transfer.DC)), there)
    by_pair = {one.pair: one for one in trip.report.answered}
    assert by_pair["CurrentDemand"].limit == 0.025
    assert by_pair["SessionSetup"].limit == 1.5
    assert by_pair["CurrentDemand"].count == trip.said.count("CurrentDemandReq")
    assert all(0 < one.p50 <= one.p99 for one in by_pair.values())


# --- looking for a station -------------------------------------------------------------------------------------------------------


async def test_a_station_is_looked_for_on_the_cable(wallet: FolderWallet) -> None:
    """TLS is asked for; the station has none, and what is wanted needs none. A second vehicle wants Plug & Charge and finds nobody."""
    with cable() as (theirs, ours):
        there_is = evse(Transfer.AC)
        async with (
            asyncio.timeout(PATIENCE),
            station(there_is, Speaks.ISO2, host="fe80::1", interface=theirs) as there,
            SdpServer(theirs, lambda asked, _: Endpoints(link_local_of(theirs), plain=there.port).answer(asked)),
        ):
            trip = await drive(car(by_card(Transfer.AC)), there, wallet, to=None, interface=ours)
            with pytest.raises(NotReachable, match="the station offers a connection without"):
                await drive(car(by_contract(Transfer.AC)), there, wallet, to=None, interface=ours, sdp_requests=1)
    charged(trip)
    assert "The station has no TLS; the vehicle goes on without." in trip.told


# --- the command -----------------------------------------------------------------------------------------------------------------


_MAIN = "from pilotwire.cli import main; main()"


async def _pilotwire(*arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _MAIN, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    said, wrong = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode(), wrong.decode()


async def test_the_command_ends_a_session_in_order_when_it_is_interrupted() -> None:
    async with asyncio.timeout(PATIENCE), station(evse(Transfer.AC), Speaks.ISO2) as there:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _MAIN, "ev", "charge", "--to", f"[::1]:{there.port}", "--ac", "--verbose"),
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        while b"ChargingStatusRes" not in await process.stdout.readline():
            pass
        process.send_signal(signal.SIGINT)
        said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    assert "SessionStopRes" in said.decode()
    assert "Charged." in said.decode()
    assert there.ends[0].ending is Ending.TERMINATED


async def test_the_command_charges_and_tells_all_of_it_as_json() -> None:
    async with asyncio.timeout(PATIENCE), station(evse(Transfer.AC), Speaks.ISO2) as there:
        options = ("--iso2", "--eim", "--ac", "--speed", "600", "--energy", "0.3", "--interval", "0.01", "--json")
        code, said, wrong = await _pilotwire("ev", "charge", "--to", f"[::1]:{there.port}", *options)
    assert (code, wrong) == (0, "")
    *lines, summary = (json.loads(one) for one in said.splitlines())
    assert summary["summary"]["good"]
    assert summary["summary"]["taken_wh"] == pytest.approx(300, rel=0.01)
    messages = [one for one in lines if "message" in one]
    assert summary["summary"]["messages"] == len(messages)
    assert messages[2]["message"] == "SessionSetupReq"
    assert messages[2]["payloadType"] == "0x8001"
    assert "EVCCID" in json.dumps(messages[2]["content"])
    assert all(one["at"] <= after["at"] for one, after in pairwise(lines))
