"""Our vehicle at our station, ISO 15118-20: both sides find nothing to complain of."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from secrets import token_bytes
from typing import Any

import pytest

from pilotwire.iso15118.charging import (
    PENDING,
    AcLimits,
    Control,
    Ending,
    Identification,
    Isolation,
    Notice,
    PowerStep,
    Schedule,
    Speaks,
    Transfer,
)
from pilotwire.iso15118.codecs import ISO20_COMMON
from pilotwire.iso15118.contract_keys import fresh
from pilotwire.iso15118.evcc.iso20 import Iso20Session as VehicleSession
from pilotwire.iso15118.evcc.iso20 import Options
from pilotwire.iso15118.exi.minimal import minimal
from pilotwire.iso15118.iso20 import ac
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.provisioning import Holder, answer, scheme_of
from pilotwire.iso15118.quantities import plain
from pilotwire.iso15118.secc.iso20 import Iso20Session as StationSession
from pilotwire.iso15118.secc.iso20 import Options as StationOptions
from pilotwire.iso15118.secc.ports import (
    CertificateAnswer,
    CertificateAsked,
    Decision,
    Offer,
    Service,
    Vehicle,
)
from pilotwire.iso15118.signed_parts import Edition
from tests.support import v2g_pki
from tests.support.iso15118_ev_fake import FakeKeptPause, FakeWallet
from tests.support.iso15118_evse_fake import AC, DC, OFFER, FakeEvse, PausedBook, numbered
from tests.support.iso15118_pair import Pair
from tests.support.iso15118_station20 import Ev20
from tests.support.pki_forge import DAY, NOW
from tests.support.v2g_credentials import contract_credential, oem_credential, v2g_root

PNC, EIM = Identification.PNC, Identification.EIM
SCHEDULED, DYNAMIC = Control.SCHEDULED, Control.DYNAMIC
AT = NOW + DAY
CERTIFICATE = b"the vehicle's certificate of TLS"


class Lot:
    """A parking lot: one vehicle, one EVSE, and what both keep between two sessions."""

    def __init__(
        self,
        transfer: Transfer = Transfer.AC,
        control: Control = SCHEDULED,
        *,
        ev: Ev20 | None = None,
        wallet: FakeWallet | None = None,
        offer: Offer | None = None,
        options: Options | None = None,
        station: StationOptions | None = None,
    ) -> None:
        self.transfer = transfer
        self.ev = ev or Ev20()
        self.ev.transfers, self.ev.controls = (transfer,), (control,)
        self.wallet = wallet or FakeWallet()
        self.evse = FakeEvse(offered=offer or OFFER)
        self.evse.shows(limits=DC if transfer.dc else AC)
        self.options, self.station = options or Options(), station or StationOptions()
        self.kept, self.book, self.random = FakeKeptPause(), PausedBook(), numbered()

    def pair(self, now: datetime = AT) -> Pair:
        """Both in front of each other."""
        speaks = Speaks.ISO20_DC if self.transfer.dc else Speaks.ISO20_AC
        who = Vehicle("", speaks, (speaks,), (CERTIFICATE,))
        return Pair(
            VehicleSession(self.ev, self.wallet, self.kept, self.random, now, speaks=speaks, options=self.options),
            StationSession(self.evse, self.book, who, self.random, now, options=self.station),
            now=now,
        )

    def charges(self, now: datetime = AT, ending: Ending = Ending.TERMINATED) -> Pair:
        """One session that ends as it should, on both sides."""
        pair = self.pair(now).run()
        for side in (pair.ev, pair.secc):
            assert side.findings == []
            assert side.over is not None
            assert side.over.ending is ending, side.over
        return pair


def customer(**given: Any) -> Lot:
    """A vehicle with a contract, at a station that takes contracts."""
    ev = given.pop("ev", Ev20(identification=(PNC, EIM)))
    offer = replace(OFFER, identification=(PNC, EIM), **given.pop("offers", {}))
    return Lot(ev=ev, wallet=given.pop("wallet", FakeWallet([contract_credential()])), offer=offer, **given)


@pytest.mark.parametrize("transfer", list(Transfer))
@pytest.mark.parametrize("control", list(Control))
@pytest.mark.parametrize("beside", [False, True], ids=["main stream", "side streams"])
def test_every_service_in_every_control_mode_with_new_schedules_on_the_way(
    transfer: Transfer, control: Control, beside: bool
) -> None:
    lot = Lot(transfer, control, ev=Ev20(renegotiates=1, slow=1), options=Options(side_streams=beside))
    lot.evse.isolations = [PENDING, PENDING, Isolation.VALID]
    lot.evse.contactors = [PENDING, True]
    lot.evse.planned_schedules = [PENDING, lot.evse.planned_schedules[0]]
    pair = lot.charges()
    energy = "DC" if transfer.dc else "AC"
    before = ["DC_CableCheckReq", "DC_PreChargeReq"] if transfer.dc else []
    expected = [
        "SessionSetupReq",
        "AuthorizationSetupReq",
        "AuthorizationReq",
        "ServiceDiscoveryReq",
        "ServiceDetailReq",
        "ServiceSelectionReq",
        f"{energy}_ChargeParameterDiscoveryReq",
        "ScheduleExchangeReq",
        *before,
        "PowerDeliveryReq",
    ]
    assert pair.names[: len(expected)] == expected
    assert pair.names[-1] == "SessionStopReq"
    selected = lot.evse.of("selected")
    assert selected == [(EIM, transfer, control, ())]
    assert [each.charge_progress for each in pair.of(cm.PowerDeliveryReq) if each.ev_processing == "Finished"] == (
        ["Start", "ScheduleRenegotiation", "Stop"] if beside else ["Start", "ScheduleRenegotiation", "Start", "Stop"]
    )
    assert lot.evse.state_now.contactor_closed is False


def test_energy_comes_back() -> None:
    ev = Ev20(watts=-6_000.0, loops=4, moods={0: {"present_w": -6_000.0}}, ac=AcLimits(3, 230.0, 16.0, 6.0, 7_000.0))
    lot = Lot(Transfer.AC_BPT, ev=ev)
    lot.charges()
    (plan,) = lot.evse.of("planned")
    assert {step.watts for step in plan.steps} == {-6_000.0}
    assert {each.present_w for each in lot.evse.of("demand")} == {-6_000.0}


def test_a_dynamic_station_takes_energy_from_a_battery() -> None:
    lot = Lot(Transfer.DC_BPT, DYNAMIC, ev=Ev20(moods={0: {"target_a": -20.0}}))
    lot.evse.shows(target_w=-8_000.0)
    lot.charges()
    assert lot.ev.heard[-2].target_w == -8_000.0


def test_a_station_that_plans_for_the_vehicle() -> None:
    lot = Lot(Transfer.AC, DYNAMIC, options=Options(mobility=(2, 1)))
    lot.evse.shows(departure_s=4_000, least_soc=30, target_soc=70, target_w=5_000.0)
    lot.charges()
    told = [each for each in lot.ev.heard if each.target_soc is not None]
    assert {(each.departure_s, each.least_soc, each.target_soc) for each in told} == {(4_000, 30, 70)}


def test_a_contract_pays_and_confirms_the_meter() -> None:
    for beside in (False, True):
        lot = customer(offers={"receipts": 2}, options=Options(side_streams=beside))
        lot.ev.loops = 6
        pair = lot.charges()
        assert len(lot.evse.of("receipt")) == len(pair.of(cm.MeteringConfirmationReq)) >= 2
        assert {each.schedule_id for each in lot.evse.of("receipt")} == {1}
        (contract,) = {each.emaid for each in lot.evse.of("authorize")}
        assert contract == v2g_pki.EMAID


def test_contracts_are_tried_one_after_the_other_and_then_a_card() -> None:
    wallet = FakeWallet([contract_credential(), contract_credential("NLABCC00000001")])
    lot = customer(wallet=wallet)
    lot.evse.decisions = [Decision.UNKNOWN, PENDING, Decision.REVOKED, PENDING, Decision.ACCEPTED]
    pair = lot.charges()
    codes = [each.response_code for each in pair.of(cm.AuthorizationRes)]
    assert codes == ["WARNING_eMSPUnknown", "OK", "WARNING_CertificateRevoked", "OK", "OK"]
    assert lot.evse.of("selected")[0][0] is EIM


class Backend:
    """Answers a vehicle's request for contracts, and has more than one."""

    emaids = ["DE8ACC12E46L89", "NLABCC00000001"]

    def certificate(self, asked: CertificateAsked) -> CertificateAnswer:
        request = ISO20_COMMON.decode(asked.exi)
        assert isinstance(request, cm.CertificateInstallationReq)
        held = v2g_pki.contract(Edition.ISO20, self.emaids.pop(0))
        serves = v2g_pki.service(Edition.ISO20)
        made = answer(
            request,
            Holder(held.certificate, held.subs, held.key),
            Holder(serves.certificate, serves.subs, serves.key),
            fresh(scheme_of(request), token_bytes),
            AT,
            remaining=len(self.emaids),
        )
        return CertificateAnswer(ISO20_COMMON.encode(made), remaining=len(self.emaids))


def test_contracts_are_installed_and_pay_at_once() -> None:
    lot = customer(wallet=FakeWallet([], oem_credential(), (v2g_root(),)), offers={"certificates": True})
    lot.evse.certificate = Backend().certificate  # type: ignore[method-assign]
    pair = lot.charges()
    assert len(lot.wallet.own) == len(pair.of(cm.CertificateInstallationReq)) == 2
    assert lot.evse.of("authorize")[0].emaid == "DE8ACC12E46L89"


def test_prices_are_seen() -> None:
    tariff = cm.AbsolutePriceSchedule(
        time_anchor=0,
        price_schedule_id=1,
        currency="EUR",
        language="ENG",
        price_algorithm="urn:iso:std:iso:15118:-20:PriceAlgorithm:1-Power",
        price_rule_stacks=minimal(ISO20_COMMON, cm.PriceRuleStackList),
    )
    lot = Lot(offer=replace(OFFER, pricing=1))
    lot.evse.planned_schedules = [(Schedule(1, (PowerStep(0, 11_000.0),), tariff=tariff),)]
    lot.charges()
    assert lot.ev.schedules[0][0].tariff == tariff


@pytest.mark.parametrize("transfer", [Transfer.AC, Transfer.DC_BPT])
@pytest.mark.parametrize("control", list(Control))
def test_a_paused_session_goes_on_later(transfer: Transfer, control: Control) -> None:
    lot = Lot(transfer, control, ev=Ev20(pauses=True))
    first = lot.charges(ending=Ending.PAUSED)
    lot.ev.pauses, lot.ev.loops = False, 9
    second = lot.charges(first.now + DAY)
    (joined,) = second.of(cm.SessionSetupRes)
    assert joined.response_code == "OK_OldSessionJoined"
    assert joined.header.session_id == first.of(cm.SessionSetupRes)[0].header.session_id
    assert second.names[1].endswith("ChargeParameterDiscoveryReq")
    assert lot.kept.paused is None
    assert lot.book.kept == {}


def test_a_contract_goes_on_paying_after_a_pause() -> None:
    lot = customer(offers={"receipts": 2}, ev=Ev20(identification=(PNC,), pauses=True))
    first = lot.charges(ending=Ending.PAUSED)
    lot.ev.pauses, lot.ev.loops = False, 9
    second = lot.charges(first.now + DAY)
    assert second.of(cm.MeteringConfirmationReq)
    assert second.of(cm.AuthorizationReq) == []


def test_a_station_that_forgot_the_pause_begins_anew() -> None:
    lot = Lot(ev=Ev20(pauses=True))
    first = lot.charges(ending=Ending.PAUSED)
    lot.book.kept.clear()
    lot.ev.pauses, lot.ev.loops = False, 9
    second = lot.charges(first.now + DAY)
    assert second.names[1] == "AuthorizationSetupReq"


NOTICES = {
    Notice.STOP: Ending.TERMINATED,
    Notice.PAUSE: Ending.PAUSED,
}


@pytest.mark.parametrize(("notice", "ending"), NOTICES.items())
@pytest.mark.parametrize("transfer", [Transfer.AC, Transfer.DC])
def test_the_station_asks_for_the_end(transfer: Transfer, notice: Notice, ending: Ending) -> None:
    lot = Lot(transfer, ev=Ev20(loops=1_000))
    pair = lot.pair()
    pair.heard = lambda said: lot.evse.shows(notice=notice) if type(said) is cm.PowerDeliveryRes else None
    pair.run()
    assert pair.ev.over is not None
    assert pair.ev.over.ending is ending
    assert pair.secc.over is not None
    assert pair.secc.over.ending is ending
    assert pair.ev.findings == pair.secc.findings == []


def test_services_are_chosen_anew() -> None:
    lot = Lot(ev=Ev20(loops=5), offer=replace(OFFER, renegotiation=True))
    pair = lot.pair()

    def hears(said: Any) -> None:
        loops = len(pair.of(ac.AC_ChargeLoopReq))
        again = len(pair.of(cm.ServiceDiscoveryReq)) == 2
        lot.evse.shows(notice=Notice.SERVICE_RENEGOTIATION if loops >= 2 and not again else Notice.NONE)

    pair.heard = hears
    pair.run()
    assert pair.ev.over is not None
    assert pair.ev.over.ending is Ending.TERMINATED
    assert pair.ev.findings == pair.secc.findings == []
    assert len(lot.evse.of("selected")) == 2
    assert pair.names.count("AuthorizationReq") == 1


def test_standby_and_back() -> None:
    lot = Lot(ev=Ev20(loops=9, moods={2: {"standby": True}, 5: {"standby": False}}), offer=replace(OFFER, standby=True))
    pair = lot.charges()
    progress = [each.charge_progress for each in pair.of(cm.PowerDeliveryReq)]
    assert progress == ["Start", "Standby", "Start", "Stop"]


def test_a_station_without_standby() -> None:
    lot = Lot(ev=Ev20(loops=9, moods={2: {"standby": True}}))
    pair = lot.charges()
    assert [each.response_code for each in pair.of(cm.PowerDeliveryRes)] == ["OK", "WARNING_StandbyNotAllowed", "OK"]


def test_added_services() -> None:
    lot = Lot(ev=Ev20(value_added=(3,)), offer=replace(OFFER, services=(Service(3, "Internet"),)))
    lot.charges()
    assert lot.evse.of("selected")[0][3] == (3,)


def test_a_plan_is_taken_as_it_was_meant() -> None:
    lot = Lot(ev=Ev20(watts=9_000.0), station=StationOptions(tolerance_w=500.0))
    pair = lot.charges()
    (plan,) = lot.evse.of("planned")
    assert plan.steps == (PowerStep(0, 9_000.0), PowerStep(3_600, 7_000.0))
    (profile,) = [each.ev_power_profile for each in pair.of(cm.PowerDeliveryReq) if each.ev_power_profile]
    assert [plain(each.power) for each in profile.ev_power_profile_entries.ev_power_profile_entry] == [9_000.0, 7_000.0]


@pytest.mark.parametrize("isolation", [Isolation.FAULT, Isolation.INVALID])
def test_a_cable_that_is_not_safe_ends_it_on_both_sides(isolation: Isolation) -> None:
    lot = Lot(Transfer.DC)
    lot.evse.isolations = [isolation]
    pair = lot.pair().run()
    assert pair.ev.over is not None
    assert pair.ev.over.ending is Ending.FAILED
    assert pair.ev.findings == []
    assert pair.secc.over is not None
    assert pair.secc.over.ending is Ending.FAILED


def test_a_message_that_is_lost_ends_it_in_time() -> None:
    lot = Lot(Transfer.DC)
    pair = lot.pair()
    pair.changes = lambda message: None if "ScheduleExchangeRes" in type(message).__name__ else message
    pair.run()
    assert pair.ev.over is not None
    assert pair.ev.over.ending is Ending.TIMEOUT
    assert lot.ev.ends == [pair.ev.over]
