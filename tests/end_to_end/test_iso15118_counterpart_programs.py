"""Our programs with the PyPI package `iso15118`: its vehicle at our station is billed by OCPP, and our vehicle charges at its station.

Plug & Charge by ISO 15118-2, a card by -20. As `test_iso15118_counterpart`, it is skipped, with the reason, where something is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from pilotwire.clock import SystemClock
from pilotwire.csms.commands.tariff import TariffBooks, set_default
from pilotwire.csms.store.ports import PutToken
from pilotwire.domain.authorization import Token
from pilotwire.domain.certificates import CertificateKind, InstallCertificate
from pilotwire.domain.identity import IdToken
from pilotwire.domain.tariff import EnergyPrice, EnergyPrices, Tariff, TariffSetStatus, TaxRate
from pilotwire.ev.app import EvApp, Plan, Safety
from pilotwire.ev.iso15118.speaking import Intent, speaking_vehicle
from pilotwire.ev.iso15118.wallet import FolderWallet
from pilotwire.iso15118 import evcc, timing
from pilotwire.iso15118.charging import Ending, Identification, Speaks, Transfer
from pilotwire.iso15118.evcc.ports import Wish
from pilotwire.pki import pem_of
from pilotwire.station.secc import SeccHost, SeccSettings
from tests.support.iso15118_peer import ISO2, ISO20_AC, Cable, cable, peer_evcc, peer_secc
from tests.support.iso15118_peer_pki import EMAID, PeerPki, peer_pki
from tests.support.station_lab import booked, lab, open_csms

PNC = {"ISO15118Ctrlr.PnCEnabled": "true"}


@pytest.fixture
def pki(tmp_path: Path) -> PeerPki:
    return peer_pki(tmp_path / "pki")


@pytest.fixture
def laid() -> Iterator[Cable]:
    with cable() as one:
        yield one


async def test_the_counterparts_vehicle_is_billed_by_its_contract(pki: PeerPki, laid: Cable) -> None:
    """Its contract is checked, authorized at the CSMS, and on the transaction."""
    own = SeccSettings(laid.ours, chain=pki.chain_file("secc"), key=pki.key_file("secc"))
    async with (
        peer_evcc(laid, pki, ISO2, mode="AC_three_phase_core", tls=True) as vehicle,
        open_csms() as csms,
        lab(csms.urls.ocpp, layout="ac-22-single", variables=PNC) as here,
    ):
        await here.until_accepted()
        for kind, root in ((CertificateKind.MO_ROOT, "mo-root"), (CertificateKind.V2G_ROOT, "v2g-root")):
            pem = pem_of(pki.chains[root][0])
            await here.station.command(InstallCertificate(kind=kind, certificate=pem))
        await csms.journal.append(PutToken(token=Token(id_token=IdToken(value=EMAID, type="eMAID"))))
        async with SeccHost(here.station, own) as host:
            await vehicle.until_ready()
            vehicle.go()
            await vehicle.until_ended()
            assert vehicle.codes.get("SessionStopRes") == "OK", vehicle.tail()
            await vehicle.close()
            await here.until_ended()
            assert host.evse is not None
            assert host.evse.last is not None
            assert host.evse.last.ending is Ending.TERMINATED
        transaction = await booked(csms)
    assert transaction.id_token is not None
    assert (transaction.id_token.value, transaction.id_token.type) == (EMAID, "eMAID")


def wallet(pki: PeerPki, folder: Path) -> FolderWallet:
    """The certificates of our vehicle, in its folder."""
    (folder / "contracts").mkdir(parents=True)
    contract = folder / "contracts" / "contract.pem"
    contract.touch(0o600)
    contract.write_text(pki.chain_file("contract").read_text() + pki.key_file("contract").read_text())
    for name in ("v2g-root", "mo-root"):
        (folder / f"{name}s.pem").write_text(pem_of(pki.chains[name][0]))
    return FolderWallet(folder)


async def test_our_vehicle_charges_by_its_contract_at_the_counterparts_station(
    pki: PeerPki, laid: Cable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It finds the station, trusts it, signs with its contract, takes energy for a second, and says goodbye."""
    patient = replace(timing.ISO2, message={}, message_default=20.0)  # the package's codec is slow
    monkeypatch.setattr(evcc.iso2.Iso2Session, "timing", patient)
    monkeypatch.setattr(timing, "ISO2", patient)
    intent = Intent(Wish((Identification.PNC,), (Transfer.AC,)), stop_after=1.0)
    car = speaking_vehicle("hatch-52", SystemClock(), intent)
    plan = Plan(laid.ours, speaks=(Speaks.ISO2,), interval=0.1)
    async with peer_secc(laid, pki, ISO2, auth="PNC,EIM") as theirs:
        await theirs.until_ready()
        report = await EvApp(plan, car, wallet(pki, tmp_path / "wallet")).run()
        await theirs.until_ended()
    assert (report.end.ending, report.findings) == (Ending.TERMINATED, []), theirs.tail()
    assert report.good
    assert (report.speaks, report.tls) == (Speaks.ISO2, "TLSv1.2")
    (details,) = theirs.read("PaymentDetailsReq")
    assert details["eMAID"] == EMAID
    assert theirs.codes["AuthorizationRes"] == "OK"


async def test_the_counterparts_vehicle_is_told_the_prices_of_the_csms_and_charges_by_iso_20(
    pki: PeerPki, laid: Cable
) -> None:
    """It takes no schedule without prices, not even while the station still plans. They are those of a tariff that the CSMS installed.

    By a card, without TLS: the package's certificates are on a curve that -20 does not have.
    """
    prices = EnergyPrices(
        prices=(EnergyPrice(price_kwh=Decimal("0.4537")),), tax_rates=(TaxRate(type="VAT", tax=Decimal(19)),)
    )
    tariff = Tariff(tariff_id="day", currency="EUR", energy=prices)
    async with (
        peer_evcc(laid, pki, ISO20_AC, service="AC") as vehicle,
        open_csms() as csms,
        lab(csms.urls.ocpp, "2.1", layout="ac-22-single") as here,
    ):
        await here.until_accepted()
        books = TariffBooks(csms.journal, csms.store, csms.clock)
        outcome = await set_default(csms.commander, books, "CS001", 0, tariff)
        assert outcome.status is TariffSetStatus.ACCEPTED
        async with SeccHost(here.station, SeccSettings(laid.ours, tls="off", plain_20=True)):
            await vehicle.until_ready()
            here.tap()
            vehicle.go()
            await vehicle.until_ended()
            assert vehicle.codes.get("SessionStopRes") == "OK", vehicle.tail()
    answers = vehicle.read("ScheduleExchangeRes")
    assert answers[-1]["EVSEProcessing"] == "Finished"
    for answer in answers:
        (offered,) = answer["Scheduled_SEResControlMode"]["ScheduleTuple"]
        told = offered["ChargingSchedule"]["AbsolutePriceSchedule"]
        (stack,) = told["PriceRuleStacks"]["PriceRuleStack"]
        (rule,) = stack["PriceRule"]
        assert (told["Currency"], rule["EnergyFee"]) == ("EUR", {"Exponent": -4, "Value": 4537})
        (tax,) = told["TaxRules"]["TaxRule"]
        assert (tax["TaxRate"], tax["AppliesToEnergyFee"]) == ({"Exponent": 0, "Value": 19}, True)


async def test_our_vehicle_charges_by_iso_20_at_the_counterparts_station(
    pki: PeerPki, laid: Cable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same, the other way round."""
    monkeypatch.setattr(evcc.iso20.session, "ISO20", replace(timing.ISO20, message={}, message_default=20.0))
    monkeypatch.setattr(timing, "ISO2", replace(timing.ISO2, message={}, message_default=20.0))
    intent = Intent(Wish((Identification.EIM,), (Transfer.AC,)), stop_after=1.0)
    plan = Plan(laid.ours, speaks=(Speaks.ISO20_AC,), safety=Safety.NONE, returns=0, interval=0.1)
    async with peer_secc(laid, pki, ISO20_AC) as theirs:
        await theirs.until_ready()
        car = speaking_vehicle("hatch-52", SystemClock(), intent)
        report = await EvApp(plan, car, FolderWallet(tmp_path)).run()
    assert (report.end.ending, report.findings) == (Ending.TERMINATED, []), theirs.tail()
    assert report.good
