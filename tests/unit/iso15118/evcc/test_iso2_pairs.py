"""Our vehicle at our station, ISO 15118-2: alternating and direct current, by card and by contract, with all that happens on the way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pilotwire import pki
from pilotwire.iso15118 import iso2
from pilotwire.iso15118.charging import Control, Ending, Identification, Paused, PowerStep, Speaks, Transfer
from pilotwire.iso15118.evcc.ports import Credential
from pilotwire.iso15118.secc.ports import CertificateAnswer, Contract
from pilotwire.iso15118.signed_parts import Edition, with_signature
from tests.support import v2g_pki
from tests.support.iso15118_evse_fake import METER, SCHEDULE
from tests.support.iso15118_pair import Pair, body_of
from tests.support.iso15118_scenes import BothWays, Scene, credential, signed_tariff
from tests.support.iso15118_walk import with_body

BEGINS = ["SessionSetupReq", "ServiceDiscoveryReq"]
EIM = ["PaymentServiceSelectionReq", "AuthorizationReq"]
PNC = ["PaymentServiceSelectionReq", "PaymentDetailsReq", "AuthorizationReq"]
INSTALL = ["ServiceDetailReq", "PaymentServiceSelectionReq", "CertificateInstallationReq", *PNC[1:]]
UPDATE = ["ServiceDetailReq", "PaymentServiceSelectionReq", "CertificateUpdateReq", *PNC[1:]]
AC = ["ChargeParameterDiscoveryReq", "PowerDeliveryReq", "ChargingStatusReq", "PowerDeliveryReq", "SessionStopReq"]
DC = [
    "ChargeParameterDiscoveryReq", "CableCheckReq", "PreChargeReq", "PowerDeliveryReq", "CurrentDemandReq",
    "PowerDeliveryReq", "WeldingDetectionReq", "SessionStopReq",
]  # fmt: skip
either = pytest.mark.parametrize("dc", [False, True], ids=["AC", "DC"])
EMAID, OTHER_EMAID = v2g_pki.EMAID, "DE8ACC99999999"


def good(pair: Pair, ending: Ending = Ending.TERMINATED) -> None:
    """Both ended alike, and neither has anything to tell of the other."""
    assert (pair.ev.over.ending, pair.secc.over.ending) == (ending, ending)
    assert pair.ev.findings == pair.secc.findings == []


def contract_of(scene: Scene, name: str = EMAID) -> Contract:
    """The contract that was shown at the station last."""
    (contract,) = {each for each in scene.evse.of("authorize") if each is not None}
    assert contract.emaid == name
    assert isinstance(contract, Contract)
    return contract


@either
def test_paid_with_a_card(dc: bool) -> None:
    """The usual session; the vehicle's demand reaches the EVSE."""
    scene = Scene(dc=dc).slow_station
    pair = scene.run()
    good(pair)
    assert pair.names == BEGINS + EIM + (DC if dc else AC)
    transfer = Transfer.DC if dc else Transfer.AC
    assert scene.evse.of("selected") == [(Identification.EIM, transfer, Control.SCHEDULED, ())]
    (came,) = scene.evse.of("came")
    assert (came.evcc_id, came.speaks) == ("AAE494E31FA9", Speaks.ISO2)
    needs = scene.evse.of("schedules")[-1]
    assert (needs.transfer, needs.energy_wh) == (transfer, 20_000)
    demand = scene.evse.of("demand")[0]
    assert (demand.target_v, demand.target_a) == ((400, 100) if dc else (None, None))
    assert scene.ev.schedules == [(replace(SCHEDULE, duration=86_400),)]
    assert scene.ev.contactors == [True, False]


@either
def test_paid_by_contract(dc: bool) -> None:
    """The station sees the contract and its chain; receipts are signed over what the meter said."""
    scene = Scene(dc=dc, pnc=True).slow_station
    scene.evse.offers(receipts=2)
    scene.ev.loops = 4
    pair = scene.run()
    good(pair)
    loop = "CurrentDemandReq" if dc else "ChargingStatusReq"
    assert pair.names.count("MeteringReceiptReq") == 2
    assert [name for name in pair.names if name not in (loop, "MeteringReceiptReq")] == [
        name for name in BEGINS + PNC + (DC if dc else AC) if name != loop
    ]
    assert contract_of(scene).chain == v2g_pki.contract(Edition.ISO2).sent
    receipts = scene.evse.of("receipt")
    assert [(one.meter, one.schedule_id) for one in receipts] == [(METER, 1), (METER, 1)]
    assert receipts[0].exi.startswith(b"\x80")


@either
@pytest.mark.parametrize("has_one", [False, True], ids=["none yet", "has one"])
def test_a_contract_is_installed(dc: bool, has_one: bool) -> None:
    """The backend answers; the vehicle takes the certificate, opens the key, and pays with it at once."""
    scene = Scene(dc=dc, pnc=True)
    old = scene.wallet.own
    scene.wallet.own = list(old) if has_one else []
    scene.wallet.oem = credential(v2g_pki.vehicle(Edition.ISO2))
    scene.ev.install = has_one
    pair = scene.run()
    good(pair)
    assert pair.names == BEGINS + INSTALL + (DC if dc else AC)
    (new,) = scene.wallet.own
    fresh = v2g_pki.contract(Edition.ISO2, key_of="new contract", days=300)
    assert (new.chain, new.key.public_key()) == ((fresh.certificate, *fresh.subs), fresh.key.public_key())
    assert contract_of(scene).chain == fresh.sent
    (asked,) = scene.evse.of("certificate")
    assert (asked.update, asked.namespace) == (False, "urn:iso:15118:2:2013:MsgDef")


@either
def test_a_contract_is_updated(dc: bool) -> None:
    """Asked for with the old contract, and signed by it."""
    scene = Scene(dc=dc, pnc=True)
    scene.ev.update = True
    pair = scene.run()
    good(pair)
    assert pair.names == BEGINS + UPDATE + (DC if dc else AC)
    assert scene.evse.of("certificate")[0].update
    assert contract_of(scene).chain[0] == v2g_pki.der(scene.wallet.own[0].certificate)
    assert len(scene.wallet.own) == 1


def test_a_contract_that_cannot_be_believed_is_not_taken() -> None:
    """The vehicle trusts other roots than the provisioning service is under; without a contract it leaves."""
    scene = Scene(pnc=True)
    scene.wallet.own, scene.wallet.oem = [], credential(v2g_pki.vehicle(Edition.ISO2))
    scene.wallet.v2g = (v2g_pki.vehicle(Edition.ISO2).root,)
    pair = scene.run()
    assert pair.names[-2:] == ["CertificateInstallationReq", "SessionStopReq"]
    assert pair.ev.over.ending is Ending.FAILED
    assert "was not taken" in pair.ev.over.reason
    assert scene.wallet.own == []


def test_one_who_has_a_contract_pays_with_that_if_the_new_one_is_bad() -> None:
    """The same with a contract in the wallet."""
    scene = Scene(pnc=True)
    scene.ev.install, scene.wallet.oem = True, credential(v2g_pki.vehicle(Edition.ISO2))
    scene.wallet.v2g = (v2g_pki.vehicle(Edition.ISO2).root,)
    pair = scene.run()
    assert pair.ev.over.ending is Ending.TERMINATED
    assert contract_of(scene).chain == v2g_pki.contract(Edition.ISO2).sent
    assert "was not taken" in pair.ev.findings[0]


def test_a_backend_that_has_no_contract() -> None:
    """FAILED_NoCertificateAvailable ends the session on both sides."""
    scene = Scene(pnc=True)
    scene.wallet.own, scene.wallet.oem = [], credential(v2g_pki.vehicle(Edition.ISO2))
    scene.evse.certificates = [CertificateAnswer(b"", reason="nobody knows this vehicle")]
    pair = scene.run()
    assert "nobody knows this vehicle" in pair.secc.over.reason
    assert "FAILED_NoCertificateAvailable" in pair.ev.over.reason


def test_a_contract_that_ends_soon() -> None:
    """The station tells it; the vehicle charges all the same."""
    scene = Scene(pnc=True)
    scene.wallet.own = [credential(v2g_pki.contract(Edition.ISO2, key_of="old contract", days=3))]
    pair = scene.run()
    good(pair)
    assert pair.of(iso2.PaymentDetailsRes)[0].response_code == "OK_CertificateExpiresSoon"


def test_five_contracts_in_a_wallet() -> None:
    """The first is used; a sixth that is installed comes first and drops the last."""
    scene = Scene(pnc=True)
    others = [
        credential(v2g_pki.contract(Edition.ISO2, f"DE8ACC0000000{number}", key_of=f"own {number}"))
        for number in range(5)
    ]
    scene.wallet.own = list(others)
    good(scene.run())
    assert contract_of(scene, "DE8ACC00000000").chain[0] == v2g_pki.der(others[0].certificate)
    scene.ev.install, scene.wallet.oem = True, credential(v2g_pki.vehicle(Edition.ISO2))
    scene.ev.comes_back()
    scene.evse.heard.clear()
    good(scene.run())
    assert scene.wallet.own[1:] == others[:4]
    assert pki.common_name(scene.wallet.own[0].certificate.subject) == EMAID
    contract_of(scene)


# --- who can pay how -------------------------------------------------------------------------------------------------------------


def test_a_vehicle_that_likes_contracts_takes_the_card_if_it_must() -> None:
    """No TLS, no contract in the wallet, or a station that takes none."""
    for change in ("secured", "own", "offer"):
        scene = Scene(pnc=True)
        scene.ev.identification = (Identification.PNC, Identification.EIM)
        if change == "secured":
            scene.secured = False
        elif change == "own":
            scene.wallet.own = []
        else:
            scene.evse.offers(identification=(Identification.EIM,))
        pair = scene.run()
        good(pair)
        assert pair.of(iso2.PaymentServiceSelectionReq)[0].selected_payment_option == "ExternalPayment", change


def test_nothing_in_common() -> None:
    """The vehicle ends the session with SessionStopReq, and tells why."""
    scene = Scene(pnc=True, secured=False)
    pair = scene.run()
    assert pair.names == [*BEGINS, "SessionStopReq"]
    assert pair.ev.over.ending is Ending.FAILED
    assert "payment" in pair.ev.over.reason
    scene = Scene()
    scene.ev.transfers = (Transfer.DC,)
    assert "energy transfer mode" in scene.run().ev.over.reason


def test_a_station_without_the_set_that_is_wanted() -> None:
    """A certificate service that only updates: a vehicle without a contract leaves, another pays with its own."""

    def only_update(message: Any) -> Any:
        body = body_of(message)
        if not isinstance(body, iso2.ServiceDetailRes) or body.service_parameter_list is None:
            return message
        sets = [
            iso2.ParameterSet(parameter_set_id=2, parameter=[iso2.Parameter(name="Service", string_value="Update")])
        ]
        return with_body(message, service_parameter_list=iso2.ServiceParameterList(parameter_set=sets))

    for own in (True, False):
        scene = Scene(pnc=True)
        scene.ev.install, scene.wallet.oem = True, credential(v2g_pki.vehicle(Edition.ISO2))
        scene.wallet.own = scene.wallet.own if own else []
        pair = scene.run(changes=only_update)
        assert pair.ev.over.ending is (Ending.TERMINATED if own else Ending.FAILED)
        assert "no parameter set" in pair.ev.findings[0]
        assert ("PaymentDetailsReq" in pair.names) is own


# --- signatures ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [iso2.AuthorizationReq, iso2.MeteringReceiptReq])
def test_a_signature_that_got_lost(kind: Any) -> None:
    """The station refuses what the contract has not signed; no receipt is kept."""
    scene = Scene(pnc=True)
    scene.evse.offers(receipts=1)

    def changes(message: Any) -> Any:
        return with_signature(message, None) if isinstance(body_of(message), kind) else message

    pair = scene.run(changes=changes)
    code = "FAILED_SignatureError" if kind is iso2.AuthorizationReq else "FAILED_MeteringSignatureNotValid"
    assert pair.said[-1].response_code == code
    assert code in pair.ev.over.reason
    assert len(pair.secc.findings) == 1
    assert scene.evse.of("receipt") == []


def test_a_vehicle_without_the_key_of_its_contract() -> None:
    """A copied certificate is no contract."""
    scene = Scene(pnc=True)
    stolen = v2g_pki.contract(Edition.ISO2)
    thief = v2g_pki.contract(Edition.ISO2, key_of="the thief")
    scene.wallet.own = [Credential((stolen.certificate, *stolen.subs), thief.key)]
    pair = scene.run()
    assert pair.said[-1].response_code == "FAILED_SignatureError"


@pytest.mark.parametrize("tampered", [False, True], ids=["as signed", "tampered"])
def test_tariffs_are_believed_if_the_operator_signed_them(tampered: bool) -> None:
    """The vehicle chooses by tariffs only if the sub-CA above its contract signed them; without, by power alone."""
    scene = Scene(pnc=True)
    scene.evse.planned_schedules = [(signed_tariff(),)]
    if tampered:
        cheap = signed_tariff(price=1)
        scene.evse.planned_schedules = [(replace(signed_tariff(), tariff=cheap.tariff),)]
    pair = scene.run()
    assert pair.ev.over.ending is Ending.TERMINATED
    ((seen,),) = scene.ev.schedules
    assert (seen.tariff is None) is tampered
    assert len(pair.ev.findings) == tampered
    assert seen.steps == (PowerStep(0, 11_000.0),)


def test_tariffs_for_one_who_has_no_contract() -> None:
    """There is nobody whose signature could be looked at: they are taken as they are."""
    scene = Scene()
    scene.evse.planned_schedules = [(signed_tariff(),)]
    good(scene.run())
    assert scene.ev.schedules[0][0].tariff == signed_tariff().tariff


# --- pauses ----------------------------------------------------------------------------------------------------------------------


@either
@pytest.mark.parametrize("pnc", [False, True], ids=["EIM", "PnC"])
def test_a_vehicle_pauses_and_comes_back(dc: bool, pnc: bool) -> None:
    """The session is joined, and the whole sequence said again with what was chosen then, though both would like others now."""
    scene = Scene(dc=dc, pnc=pnc)
    one, two = SCHEDULE, replace(SCHEDULE, id=2)
    scene.evse.planned_schedules = [(two, one)]
    scene.ev.pauses = True
    first = scene.run()
    good(first, Ending.PAUSED)
    kept = scene.kept.paused
    assert kept is not None
    assert kept.session_id in scene.book.kept
    assert scene.evse.of("ended")[-1].ending is Ending.PAUSED
    scene.ev.pauses, scene.ev.identification, scene.ev.transfers = False, BothWays[:: -1 if pnc else 1], tuple(Transfer)
    scene.evse.offers(identification=BothWays, transfers=(Transfer.AC, Transfer.DC))
    scene.evse.planned_schedules = [(one, two)]
    scene.ev.comes_back()
    second = scene.run()
    good(second)
    assert second.of(iso2.SessionSetupRes)[0].response_code == "OK_OldSessionJoined"
    assert second.secc.session_id == kept.session_id
    assert second.names == first.names
    option = "Contract" if pnc else "ExternalPayment"
    assert second.of(iso2.ServiceDiscoveryRes)[0].payment_option_list.payment_option == [option]
    tuples = second.of(iso2.ChargeParameterDiscoveryRes)[-1].sa_schedules.sa_schedule_tuple
    assert [each.sa_schedule_tuple_id for each in tuples] == [2]
    assert (scene.kept.paused, scene.book.kept) == (None, {})


def test_a_station_that_has_forgotten() -> None:
    """It begins a new session, and nothing of the old one is kept to."""
    scene = Scene()
    scene.ev.pauses = True
    good(scene.run(), Ending.PAUSED)
    scene.book.kept.clear()
    scene.ev.pauses = False
    scene.ev.comes_back()
    pair = scene.run()
    good(pair)
    assert pair.of(iso2.SessionSetupRes)[0].response_code == "OK_NewSessionEstablished"
    assert pair.ev.chosen.joined is None


def test_another_vehicle_with_the_session_id() -> None:
    """It gets a session of its own; the one that paused can still come back."""
    scene = Scene()
    scene.ev.pauses = True
    good(scene.run(), Ending.PAUSED)
    kept = dict(scene.book.kept)
    scene.ev.pauses, scene.ev.evcc_id = False, b"\1\2\3\4\5\6"
    scene.ev.comes_back()
    good(scene.run())
    assert scene.book.kept == kept


def test_a_station_that_cannot_be_reached_keeps_no_one_from_coming_back() -> None:
    """What was paused stays paused until a station has answered."""
    scene = Scene()
    scene.ev.pauses = True
    good(scene.run(), Ending.PAUSED)
    kept = scene.kept.paused
    scene.ev.pauses = False
    scene.ev.comes_back()
    assert scene.run(changes=lambda _: None).ev.over.ending is Ending.TIMEOUT
    assert scene.kept.paused is kept
    assert scene.run().of(iso2.SessionSetupRes)[0].response_code == "OK_OldSessionJoined"


def test_a_station_that_has_no_pauses() -> None:
    """It takes the pause for an end."""
    scene = Scene()
    scene.ev.pauses = True
    scene.evse.offers(pause=False)
    pair = scene.run()
    assert pair.secc.over.ending is Ending.TERMINATED
    assert scene.book.kept == {}


def test_a_session_that_nobody_paused_cannot_be_joined() -> None:
    """OK_OldSessionJoined for a vehicle that begins anew is no session."""

    def joins(message: Any) -> Any:
        if isinstance(body_of(message), iso2.SessionSetupRes):
            return with_body(message, response_code="OK_OldSessionJoined")
        return message

    assert "had not paused" in Scene().run(changes=joins).ev.over.reason


def test_a_pause_of_another_protocol_is_not_resumed() -> None:
    """What was paused in ISO 15118-20 is no session of -2."""
    scene = Scene()
    scene.kept.paused = Paused(b"\7" * 8, Speaks.ISO20_AC, b"", Identification.EIM, Transfer.AC)
    pair = scene.run()
    good(pair)
    assert pair.asked[0][1].header.session_id == b"\0"


def test_profiles_go_to_the_station() -> None:
    """A plan below the schedule is taken, one above is refused."""
    scene = Scene()
    scene.ev.watts = 5_000
    good(scene.run())
    assert scene.evse.of("planned")[0].steps == (PowerStep(0, 5_000.0),)
    scene = Scene()
    scene.ev.watts = 12_000
    pair = scene.run()
    assert "FAILED_ChargingProfileInvalid" in pair.ev.over.reason


def test_needs_reach_the_station() -> None:
    """All that the protocol can tell of them (DC)."""
    scene = Scene(dc=True)
    scene.ev.departure_s = 7_200
    scene.ev.more_needs = {"capacity_wh": 80_000.0, "target_soc": 80, "full_soc": 100, "most_steps": 24}
    good(scene.run())
    needs = scene.evse.of("schedules")[0]
    told = (needs.departure_s, needs.capacity_wh, needs.target_soc, needs.full_soc, needs.most_steps, needs.soc)
    assert told == (7_200, 80_000, 80, 100, 24, 20)
