"""Charge point under test, 1.6: what a charge point answers that has a list or reservations switched off, or fails, and defaults."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from pilotwire.ocpp import v16
from tests.support.world16 import World16, names, only, shown

REGISTER = "Energy.Active.Import.Register"
LIST_OFF = {"LocalAuthListCtrlr.Enabled": "false"}
NO_RESERVATIONS = {"ReservationCtrlr.Enabled": "false"}


def _send(world: World16, version: int, *tags: str) -> str:
    entries = [v16.AuthorizationData(id_tag=tag, id_tag_info=v16.IdTagInfo(status="Accepted")) for tag in tags]
    request = v16.SendLocalListRequest(list_version=version, update_type="Full", local_authorization_list=entries)
    status: str = world.asks(request).status
    return status


def _version(world: World16) -> int:
    number: int = world.asks(v16.GetLocalListVersionRequest()).list_version
    return number


# --- the local list ----------------------------------------------------------------------------------------------------------------


@pytest.mark.req("1.6:5.10")
def test_tc_042_1_cs() -> None:
    """Without a list there is no version of it: -1."""
    world = World16(variables=LIST_OFF)
    assert world.value("LocalAuthListEnabled") == "false"
    assert _version(world) == -1


@pytest.mark.req("1.6:5.15")
def test_tc_043_1_cs() -> None:
    """A list that is sent to it is not supported, and nobody is let in by it."""
    world = World16(variables=LIST_OFF)
    assert _send(world, 1, "DORA") == "NotSupported"
    world.cut()
    world.plug()
    world.tap("DORA")
    world.pass_time(5, step=1)
    assert not world.hardware.contactor_closed(1)


@pytest.mark.req("1.6:5.15")
def test_tc_043_3_cs() -> None:
    """A list that does not fit fails as a whole: the old one stays, and its tokens still count."""
    world = World16()
    assert _send(world, 1, "ANNA") == "Accepted"
    most = int(world.value("SendLocalListMaxLength") or 0)
    assert _send(world, 2, *(f"T{number}" for number in range(most + 1))) == "Failed"
    assert _version(world) == 1
    world.cut()
    world.plug()
    world.tap("ANNA")
    world.pass_time(5, step=1)
    assert world.hardware.contactor_closed(1)


# --- reservations ------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("1.6:5.13")
@pytest.mark.parametrize("connector", [1, 0], ids=["TC_048_4", "TC_050_4"])
def test_rejected(connector: int) -> None:
    """A product without reservations does not list the profile, rejects them, and goes on as usual."""
    world = World16(variables=NO_RESERVATIONS)
    assert "Reservation" not in (world.value("SupportedFeatureProfiles") or "").split(",")
    request = v16.ReserveNowRequest(
        connector_id=connector, expiry_date=world.now + timedelta(seconds=600), id_tag="ANNA", reservation_id=1
    )
    assert world.asks(request).status == "Rejected"
    assert "Reserved" not in shown(world.fresh())
    world.charge("CARL")


@pytest.mark.req("1.6:9.1.29", "1.6:3.3")
def test_a_product_without_smart_charging_does_not_list_it_either() -> None:
    world = World16(variables={"SmartChargingCtrlr.Enabled": "false"})
    assert "SmartCharging" not in (world.value("SupportedFeatureProfiles") or "").split(",")
    period = v16.ChargingSchedulePeriod(start_period=0, limit=Decimal(6))
    profile = v16.ChargingProfile(
        charging_profile_id=1,
        stack_level=0,
        charging_profile_purpose="TxDefaultProfile",
        charging_profile_kind="Relative",
        charging_schedule=v16.ChargingSchedule(charging_rate_unit="A", charging_schedule_period=[period]),
    )
    request = v16.SetChargingProfileRequest(connector_id=1, cs_charging_profiles=profile)
    assert world.asks(request) == "NotSupported"


# --- lists of measurands -----------------------------------------------------------------------------------------------------------


@pytest.mark.req("1.6:9.1.17", "1.6:7.31")
@pytest.mark.parametrize(
    ("configured", "context"),
    [
        ({"MeterValueSampleInterval": "20", "MeterValuesSampledData": ""}, "Sample.Periodic"),
        (
            {"ClockAlignedDataInterval": "20", "MeterValueSampleInterval": "0", "MeterValuesAlignedData": ""},
            "Sample.Clock",
        ),
    ],
    ids=["TC_070", "TC_071"],
)
def test_an_empty_list_means_the_register(configured: dict[str, str], context: str) -> None:
    """What is told meanwhile is the energy register if nothing is named; only an interval of 0 switches it off."""
    world = World16()
    world.configure(**configured)
    world.charge()
    world.pass_time(70)
    values = [value for said in world.said(v16.MeterValuesRequest) for value in said.meter_value]
    samples = [sample for value in values for sample in value.sampled_value]
    assert len(values) >= 3
    assert {(later.timestamp - earlier.timestamp).total_seconds() for earlier, later in pairwise(values)} == {20}
    assert {(sample.measurand, sample.context) for sample in samples} == {(REGISTER, context)}


@pytest.mark.req("1.6:3.16.5")
def test_empty_lists_for_the_stop_stay_empty() -> None:
    """Where both are empty, StopTransaction has no values."""
    world = World16()
    world.configure(MeterValueSampleInterval="20", StopTxnSampledData="", StopTxnAlignedData="")
    world.charge()
    world.pass_time(50)
    world.tap("ANNA")
    world.pass_time(5, step=1)
    (stop,) = world.said(v16.StopTransactionRequest)
    assert not stop.transaction_data


@pytest.mark.req("1.6:5.17")
@pytest.mark.parametrize("charging", [True, False], ids=["charging", "idle"])
def test_triggered_meter_values_are_the_sampled_ones(charging: bool) -> None:
    """As MeterValuesSampledData says, of the transaction that runs; the clock-aligned list is for the clock."""
    world = World16()
    world.configure(
        MeterValueSampleInterval="0", MeterValuesSampledData=f"{REGISTER},Voltage", MeterValuesAlignedData="Frequency"
    )
    number = world.charge() if charging else None
    world.fresh()
    trigger = v16.TriggerMessageRequest(requested_message="MeterValues", connector_id=1)
    assert world.asks(trigger).status == "Accepted"
    told = world.fresh()
    assert names(told) == ["TriggerMessageResponse", "MeterValuesRequest"]
    (values,) = only(v16.MeterValuesRequest, told)
    assert values.transaction_id == number
    samples = values.meter_value[0].sampled_value
    assert {(sample.measurand, sample.context) for sample in samples} == {(REGISTER, "Trigger"), ("Voltage", "Trigger")}
