"""A station's session of ISO 15118-20: the charge loop in its eight forms, notifications, the meter and its confirmation."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire.iso15118.charging import AcLimits, Control, DcLimits, Identification, Notice, Transfer
from pilotwire.iso15118.codecs import ISO20_COMMON
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.iso20.common_types import DisplayParameters, MessageHeader, MeterInfo, RationalNumber, Receipt
from pilotwire.iso15118.quantities import plain
from pilotwire.iso15118.secc.iso20 import Options, states
from pilotwire.iso15118.signature import sign, verify
from pilotwire.iso15118.v2gtp import PayloadType
from pilotwire.pki import KeyKind
from tests.support.iso15118_evse_fake import DC, METER
from tests.support.iso15118_vehicle20 import LOOP_MODES, Vehicle20, loop_mode
from tests.support.pki_forge import NOW
from tests.support.pki_houses import chain, key

BOTH_WAYS = {Transfer.AC_BPT, Transfer.DC_BPT}


def charging(transfer: Transfer = Transfer.AC, control: Control = Control.SCHEDULED, **more: Any) -> Vehicle20:
    return Vehicle20(transfer, control, **more).reaches(states.CHARGE_LOOP)


def told(mode: Any) -> dict[str, float]:
    values = {name: getattr(mode, name) for name in mode.__struct_fields__}
    return {name: plain(value) for name, value in values.items() if isinstance(value, RationalNumber)}


# --- the modes ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", list(LOOP_MODES))
@pytest.mark.parametrize("chosen", list(LOOP_MODES))
def test_the_element_is_that_of_service_and_control_mode(
    chosen: tuple[Transfer, Control], wrong: tuple[Transfer, Control]
) -> None:
    if chosen[0].dc is not wrong[0].dc:
        return
    peer = charging(*chosen)
    response = peer.loops(mode=loop_mode(*wrong))
    if chosen == wrong:
        assert response.response_code == "OK"
        answered, asked = type(response.cl_res_control_mode).__name__, LOOP_MODES[chosen][0].__name__
        assert answered == asked.replace("CLReq", "CLRes")
    else:
        assert response.response_code == "FAILED_WrongChargeParameter"
        assert LOOP_MODES[wrong][0].__name__ in peer.session.findings[0]


def test_scheduled_ac_has_a_target_only_where_the_station_wants_one() -> None:
    peer = charging()
    peer.evse.shows(present_w=10_400.0)
    assert told(peer.loops().cl_res_control_mode) == {"evse_present_active_power": 10_400}
    peer.evse.shows(target_w=6_000.0)
    assert told(peer.loops().cl_res_control_mode)["evse_target_active_power"] == 6_000


@pytest.mark.parametrize(
    ("transfer", "target", "told_w"),
    [
        (Transfer.AC, None, 22_080),
        (Transfer.AC, 6_000.0, 6_000),
        (Transfer.AC, 99_000.0, 22_080),
        (Transfer.AC, -6_000.0, 0),
        (Transfer.AC_BPT, -6_000.0, -6_000),
        (Transfer.AC_BPT, -99_000.0, -11_000),
    ],
)
def test_dynamic_ac_has_a_target_always(transfer: Transfer, target: float | None, told_w: float) -> None:
    peer = charging(transfer, Control.DYNAMIC)
    peer.evse.shows(target_w=target)
    assert told(peer.loops().cl_res_control_mode)["evse_target_active_power"] == told_w


def test_scheduled_dc_has_the_limits_of_the_moment() -> None:
    peer = charging(Transfer.DC_BPT)
    peer.evse.shows(limits=replace(DC, max_w=60_000.0), target_w=1_000.0)
    assert told(peer.loops().cl_res_control_mode) == {
        "evse_maximum_charge_power": 60_000,
        "evse_minimum_charge_power": 0,
        "evse_maximum_charge_current": 200,
        "evse_maximum_voltage": 920,
        "evse_maximum_discharge_power": 20_000,
        "evse_minimum_discharge_power": 1_000,
        "evse_maximum_discharge_current": 50,
        "evse_minimum_voltage": 150,
    }


@pytest.mark.parametrize(
    ("target", "charge", "discharge"), [(None, 150_000, 20_000), (30_000.0, 30_000, 0), (-8_000.0, 0, 8_000)]
)
def test_the_target_of_dynamic_dc_is_its_limit(target: float | None, charge: float, discharge: float) -> None:
    peer = charging(Transfer.DC_BPT, Control.DYNAMIC)
    peer.evse.shows(target_w=target)
    numbers = told(peer.loops().cl_res_control_mode)
    assert numbers["evse_maximum_charge_power"] == charge
    assert numbers["evse_maximum_discharge_power"] == discharge


@pytest.mark.parametrize(
    ("transfer", "set_", "tells"), [(Transfer.AC, 3, True), (Transfer.DC, 3, True), (Transfer.DC, 2, False)]
)
def test_departure_is_told_where_it_was_left_to_the_station(transfer: Transfer, set_: int, tells: bool) -> None:
    peer = Vehicle20(transfer, Control.DYNAMIC).reaches(states.SERVICE_DISCOVERY)
    peer.selects(parameter_set=set_)
    peer.reaches_from_limits()
    peer.evse.shows(departure_s=1_200, least_soc=40, target_soc=85)
    mode = peer.loops().cl_res_control_mode
    assert (mode.departure_time, mode.minimum_soc, mode.target_soc) == ((1_200, 40, 85) if tells else (None,) * 3)


def test_dc_tells_what_flows_and_which_limit_is_reached() -> None:
    peer = charging(Transfer.DC)
    response = peer.loops()
    assert (plain(response.evse_present_voltage), plain(response.evse_present_current)) == (400, 100)
    reached = ("evse_power_limit_achieved", "evse_current_limit_achieved", "evse_voltage_limit_achieved")
    assert [getattr(response, name) for name in reached] == [False, False, False]
    peer.evse.shows(limits=replace(DC, max_w=40_000.0, max_a=100.0, max_v=400.0))
    response = peer.loops()
    assert [getattr(response, name) for name in reached] == [True, True, True]


# --- what the vehicle wants ----------------------------------------------------------------------------------------------------------


def test_what_a_dc_vehicle_wants() -> None:
    peer = charging(Transfer.DC_BPT)
    shown = DisplayParameters(present_soc=44, charging_complete=False, remaining_time_to_maximum_soc=900)
    mode = loop_mode(
        Transfer.DC_BPT, Control.SCHEDULED, ev_maximum_charge_current=80.0, ev_maximum_discharge_power=-9_000.0
    )
    peer.loops(mode=mode, display_parameters=shown)
    demand = peer.evse.of("demand")[0]
    assert (demand.target_v, demand.target_a, demand.present_v) == (400, 100, 400)
    assert (demand.soc, demand.charging_complete, demand.seconds_to_full) == (44, False, 900)
    assert isinstance(demand.limits, DcLimits)
    assert (demand.limits.max_a, demand.limits.max_v, demand.limits.max_discharge_w) == (80, 450, 9_000)


def test_what_a_dynamic_ac_vehicle_wants() -> None:
    peer = charging(Transfer.AC_BPT, Control.DYNAMIC)
    mode = loop_mode(
        Transfer.AC_BPT,
        Control.DYNAMIC,
        ev_maximum_charge_power=2_300.0,
        ev_maximum_charge_power_l2=2_300.0,
        ev_maximum_charge_power_l3=2_300.0,
        ev_present_active_power_l2=500.0,
    )
    peer.loops(mode=msgspec.structs.replace(mode, departure_time=1_800))
    demand = peer.evse.of("demand")[0]
    assert demand.present_w == 11_000
    assert (demand.energy_wh, demand.most_wh, demand.least_wh, demand.departure_s) == (30_000, 50_000, 5_000, 1_800)
    assert isinstance(demand.limits, AcLimits)
    assert demand.limits.max_w == pytest.approx(6_900)
    assert demand.limits.max_discharge_w == 9_000
    assert demand.target_v is None


def taking(watts: float) -> Any:
    """What a vehicle says that takes so much."""
    return loop_mode(Transfer.AC, Control.SCHEDULED, ev_present_active_power=watts)


def test_a_vehicle_that_leaves_its_plan_is_warned() -> None:
    """It planned 11 kW; 5 % more are let pass."""
    peer = charging()
    assert peer.loops(mode=taking(11_500.0)).response_code == "OK"
    assert peer.loops(mode=taking(11_600.0)).response_code == "WARNING_EVPowerProfileViolation"
    assert peer.session.over is None
    assert "11600 W" in peer.session.findings[0]
    peer.passes(3_600)
    assert peer.loops(mode=taking(11_600.0)).response_code == "OK"


def test_a_tolerance_counts_for_the_plan() -> None:
    peer = Vehicle20(options=Options(tolerance_w=1_000.0)).reaches(states.POWER_DELIVERY)
    peer.starts(ev_power_profile=peer.profile(accepts="PowerToleranceConfirmed"))
    assert peer.loops(mode=taking(11_900.0)).response_code == "OK"


# --- notifications -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("notice", "notification"),
    [
        (Notice.STOP, "Terminate"),
        (Notice.RENEGOTIATE, "ScheduleRenegotiation"),
        (Notice.PAUSE, "Pause"),
        (Notice.EXIT_STANDBY, "ExitStandby"),
        (Notice.SERVICE_RENEGOTIATION, "ServiceRenegotiation"),
        (Notice.METERING_CONFIRMATION, "MeteringConfirmation"),
    ],
)
@pytest.mark.parametrize("transfer", [Transfer.AC, Transfer.DC])
def test_what_the_station_wants_of_the_vehicle(transfer: Transfer, notice: Notice, notification: str) -> None:
    peer = charging(transfer)
    assert peer.loops().evse_status is None
    peer.evse.shows(notice=notice, notice_s=20)
    status = peer.loops().evse_status
    assert (status.evse_notification, status.notification_max_delay) == (notification, 20)


@pytest.mark.parametrize("fault", ["malfunction", "emergency", "utility"])
@pytest.mark.parametrize("transfer", [Transfer.AC, Transfer.DC])
def test_a_fault_ends_the_charging_at_once(transfer: Transfer, fault: str) -> None:
    peer = charging(transfer)
    peer.evse.shows(fault=fault, notice=Notice.PAUSE, notice_s=60)
    response = peer.loops()
    assert response.response_code == "OK"
    status = response.evse_status
    assert (status.evse_notification, status.notification_max_delay) == ("Terminate", 0)


# --- the meter ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transfer", list(Transfer))
def test_the_meter_is_told_to_those_who_ask(transfer: Transfer) -> None:
    peer = charging(transfer)
    assert peer.loops().meter_info is None
    assert peer.loops(meter=True).meter_info == MeterInfo(
        meter_id="VOLTA-1",
        charged_energy_reading_wh=12_345,
        bpt_discharged_energy_reading_wh=67 if transfer in BOTH_WAYS else None,
        meter_signature=b"\x5a" * 64,
        meter_timestamp=int(METER.at.timestamp()),
    )


def test_without_a_meter_nothing_is_told() -> None:
    peer = charging()
    peer.evse.shows(meter=None)
    assert peer.loops(meter=True).meter_info is None


def test_what_it_has_cost_is_told_beside_the_meter() -> None:
    peer = charging()
    receipt = Receipt(time_anchor=5)
    peer.evse.shows(receipt=receipt)
    assert peer.loops().receipt is None
    assert peer.loops(meter=True).receipt == receipt


# --- its confirmation --------------------------------------------------------------------------------------------------------------


def with_contract(
    transfer: Transfer = Transfer.AC, control: Control = Control.SCHEDULED, receipts: int = 0
) -> Vehicle20:
    """A vehicle that charges by contract."""
    peer = Vehicle20(transfer, control, now=NOW + timedelta(days=2))
    peer.evse.offers(identification=(Identification.PNC,), receipts=receipts)
    peer.sets_up()
    offer = peer.says(cm.AuthorizationSetupReq).pnc_asres_authorization_mode
    own, *others = [each.public_bytes(Encoding.DER) for each in chain("contract", KeyKind.EC_P521)[:-1]]
    signing: Any = key("contract", KeyKind.EC_P521)
    request = cm.AuthorizationReq(
        header=MessageHeader(session_id=peer.session_id, time_stamp=0),
        selected_authorization_service="PnC",
        pnc_areq_authorization_mode=cm.PnC_AReqAuthorizationMode(
            id="id1",
            gen_challenge=offer.gen_challenge,
            contract_certificate_chain=cm.ContractCertificateChain(
                certificate=own, sub_certificates=cm.SubCertificates(certificate=others)
            ),
        ),
    )
    signed: Any = sign(request, signing)
    assert peer.sends(signed).response_code == "OK"
    peer.selects()
    return peer.reaches_from_limits()


def confirms(
    peer: Vehicle20, meter: MeterInfo, stream: PayloadType | None = None, signer: str = "contract", **changed: Any
) -> Any:
    dynamic = peer.control is Control.DYNAMIC
    data: dict[str, Any] = {
        "id": "m1",
        "session_id": peer.session_id,
        "meter_info": meter,
        "dynamic_smdt_control_mode": cm.Dynamic_SMDTControlMode() if dynamic else None,
        "scheduled_smdt_control_mode": None if dynamic else cm.Scheduled_SMDTControlMode(selected_schedule_tuple_id=1),
    }
    request = cm.MeteringConfirmationReq(
        header=MessageHeader(session_id=peer.session_id, time_stamp=0),
        signed_metering_data=cm.SignedMeteringData(**(data | changed)),
    )
    signing: Any = key(signer, KeyKind.EC_P521)
    signed: Any = sign(request, signing)
    return peer.sends(signed, stream)


@pytest.mark.parametrize("stream", [None, PayloadType.METERING_CONFIRMATION])
@pytest.mark.parametrize("control", list(Control))
def test_a_vehicle_with_a_contract_confirms_what_it_was_told(control: Control, stream: PayloadType | None) -> None:
    peer = with_contract(Transfer.DC_BPT, control)
    peer.evse.shows(notice=Notice.METERING_CONFIRMATION)
    loop = peer.loops()
    assert loop.evse_status.evse_notification == "MeteringConfirmation"
    assert confirms(peer, loop.meter_info, stream).response_code == "OK"
    assert peer.reply is not None
    assert peer.reply.payload_type is (stream or PayloadType.MAIN)
    (receipt,) = peer.evse.of("receipt")
    assert receipt.meter == replace(METER, at=datetime.fromtimestamp(int(METER.at.timestamp()), UTC))
    assert receipt.schedule_id == (None if control is Control.DYNAMIC else 1)
    kept: Any = ISO20_COMMON.decode(receipt.exi)
    assert verify(kept, key("contract", KeyKind.EC_P521).public_key()).good
    peer.evse.shows(notice=Notice.NONE)
    assert peer.loops().evse_status is None


def test_confirmations_are_asked_for_now_and_then() -> None:
    peer = with_contract(receipts=3)
    wanted = []
    for _ in range(6):
        response = peer.loops()
        wanted.append(response.evse_status is not None)
        if response.evse_status is not None:
            assert response.evse_status.evse_notification == "MeteringConfirmation"
            confirms(peer, response.meter_info)
    assert wanted == [False, False, True, False, False, True]
    assert peer.session.findings == []


def test_a_confirmation_that_does_not_come_is_told() -> None:
    peer = with_contract(receipts=2)
    wanted = [peer.loops().evse_status is not None for _ in range(4)]
    assert wanted == [False, True, True, True]
    assert peer.session.findings == ["MeteringConfirmation was asked for, and did not come before it was due again."]


def test_a_card_has_no_key_to_confirm_with() -> None:
    peer = charging()
    peer.evse.offers(receipts=1)
    loop = peer.loops(meter=True)
    assert loop.evse_status is None
    assert confirms(peer, loop.meter_info).response_code == "FAILED_MeteringSignatureNotValid"
    assert "without a contract" in peer.session.findings[0]


@pytest.mark.parametrize(
    ("wrong", "finding"),
    [
        ({"session_id": b"\x09" * 8}, "another session"),
        ({"meter_info": MeterInfo(meter_id="VOLTA-1", charged_energy_reading_wh=1)}, "none that the vehicle was told"),
        ({"scheduled_smdt_control_mode": cm.Scheduled_SMDTControlMode(selected_schedule_tuple_id=2)}, "the schedule 2"),
        (
            {"scheduled_smdt_control_mode": None, "dynamic_smdt_control_mode": cm.Dynamic_SMDTControlMode()},
            "not for scheduled control",
        ),
    ],
)
def test_a_confirmation_must_say_what_was_told(wrong: dict[str, Any], finding: str) -> None:
    peer = with_contract()
    meter = peer.loops(meter=True).meter_info
    assert confirms(peer, meter, **wrong).response_code == "FAILED_MeteringSignatureNotValid"
    assert finding in peer.session.findings[0]
    assert peer.evse.of("receipt") == []


def test_a_confirmation_is_signed_with_the_contracts_key() -> None:
    peer = with_contract()
    meter = peer.loops(meter=True).meter_info
    response = confirms(peer, meter, signer="oem-provisioning")
    assert response.response_code == "FAILED_MeteringSignatureNotValid"


def test_a_reading_of_a_while_ago_may_still_be_confirmed() -> None:
    peer = with_contract()
    first = peer.loops(meter=True).meter_info
    peer.evse.shows(meter=replace(METER, energy_wh=20_000))
    peer.loops(meter=True)
    assert confirms(peer, first).response_code == "OK"
