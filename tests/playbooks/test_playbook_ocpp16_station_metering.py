"""Charge point under test, 1.6: meter values of a whole session, signed values, and its usage in one message."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from pilotwire.ocpp import v16
from pilotwire.station.hardware.signing import verified
from tests.support.world16 import World16

REGISTER = "Energy.Active.Import.Register"


def _stopped(world: World16, seconds: float) -> v16.StopTransactionRequest:
    """A session of so many seconds, ended by its card."""
    world.plug()
    world.tap("ANNA")
    world.pass_time(seconds, step=1)
    world.tap("ANNA")
    world.pass_time(5, step=1)
    (stop,) = world.said(v16.StopTransactionRequest)
    return stop


def _seconds(stop: v16.StopTransactionRequest, context: str) -> list[float]:
    taken = [one.timestamp for one in stop.transaction_data or [] if one.sampled_value[0].context == context]
    return [(later - earlier).total_seconds() for earlier, later in pairwise(taken)]


@pytest.mark.req("1.6:4.10")
def test_the_stop_holds_the_samples_of_the_session() -> None:
    """StopTxnSampledData at every MeterValueSampleInterval; as delivered it is empty and so is the data."""
    world = World16()
    world.configure(MeterValueSampleInterval="20", StopTxnSampledData=f"{REGISTER},Voltage")
    stop = _stopped(world, 70)
    assert _seconds(stop, "Sample.Periodic") == [20, 20, 20]
    for value in stop.transaction_data or []:
        assert {sample.measurand for sample in value.sampled_value} == {REGISTER, "Voltage"}
    assert not _stopped(World16(), 70).transaction_data


@pytest.mark.req("1.6:4.10")
def test_the_stop_holds_the_clock_aligned_values_of_the_session() -> None:
    """StopTxnAlignedData at every ClockAlignedDataInterval, with the time of the full interval."""
    world = World16()
    world.configure(
        ClockAlignedDataInterval="30", StopTxnAlignedData="Power.Active.Import", MeterValueSampleInterval="0"
    )
    stop = _stopped(world, 100)
    assert _seconds(stop, "Sample.Clock") == [30, 30]
    assert {one.timestamp.second for one in stop.transaction_data or []} == {0, 30}


def test_signed_values_begin_and_end_the_stop() -> None:
    """Application note 3.1.4: both as SignedData with their contexts, after the plain number; the key by its own configuration key."""
    world = World16(station="ac-22-fiscal")
    printed = world.value("MeterPublicKey1")
    assert printed
    stop = _stopped(world, 70)
    signed = [one for value in stop.transaction_data or [] for one in value.sampled_value if one.format == "SignedData"]
    assert [one.context for one in signed] == ["Transaction.Begin", "Transaction.End"]
    said = [json.loads(one.value) for one in signed]
    assert [one["publicKey"] for one in said] == [printed, ""]
    assert {(one["encodingMethod"], one["signingMethod"]) for one in said} == {("OCMF", "")}
    (start,) = world.said(v16.StartTransactionRequest)
    registers = [verified(one["signedMeterData"], printed)["RD"][0]["RV"] * 1000 for one in said]
    assert [round(register) for register in registers] == [start.meter_start, stop.meter_stop]


@pytest.mark.parametrize(("sign", "expected"), [("true", "SignedData"), ("false", None)])
def test_meter_values_in_between_are_signed_if_wanted(sign: str, expected: str | None) -> None:
    """SampledDataSignUpdatedReadings."""
    world = World16(station="ac-22-fiscal")
    world.configure(MeterValueSampleInterval="20", MeterValuesSampledData=REGISTER, SampledDataSignUpdatedReadings=sign)
    _stopped(world, 30)
    (values,) = world.said(v16.MeterValuesRequest)
    assert values.meter_value[0].sampled_value[-1].format == expected


@pytest.mark.req("1.6:4.7")
def test_the_energy_register_is_whole_wh_with_its_unit() -> None:
    """StrictEnergyUnit: platforms that insist on it find no fraction and no unit left out."""
    world = World16(variables={"InstallerCtrlr.StrictEnergyUnit": "true"})
    world.configure(MeterValueSampleInterval="20", MeterValuesSampledData=REGISTER)
    _stopped(world, 65)
    samples = [one for values in world.said(v16.MeterValuesRequest) for one in values.meter_value[0].sampled_value]
    assert len(samples) == 3
    assert all(one.unit == "Wh" and one.value.isdigit() for one in samples)


@pytest.mark.req("1.6:4.3")
def test_the_usage_of_the_session_in_one_message() -> None:
    """UsageDataTransfer: after the stop, with the central system's own number of the transaction."""
    world = World16(variables={"InstallerCtrlr.UsageDataTransfer": "true"})
    stop = _stopped(world, 60)
    (sent,) = world.said(v16.DataTransferRequest)
    said = json.loads(sent.data or "")
    assert (sent.vendor_id, sent.message_id) == ("org.pilotwire", "SessionUsage")
    assert said["transactionId"] == str(stop.transaction_id)
    (start,) = world.said(v16.StartTransactionRequest)
    assert said["totalUsageWh"] == stop.meter_stop - start.meter_start
    assert world.wire.index(sent) > world.wire.index(stop)


# --- connector 0 ----------------------------------------------------------------------------------------------------


def _of_main(world: World16) -> list[v16.MeterValuesRequest]:
    return [one for one in world.said(v16.MeterValuesRequest) if one.connector_id == 0]


@pytest.mark.req("1.6:4.7")
def test_the_main_meter_is_connector_0() -> None:
    """Clock-aligned, in a transaction too: without a transactionId, at the grid connection, energy of the whole charge point."""
    world = World16(station="ac-22-dual-main")
    world.configure(
        ClockAlignedDataInterval="60", MeterValuesAlignedData=f"{REGISTER},Current.Import", MeterValueSampleInterval="0"
    )
    world.plug()
    world.tap("ANNA")
    world.pass_time(200)
    told = _of_main(world)
    assert len(told) == 3
    assert {one.transaction_id for one in told} == {None}
    samples = told[-1].meter_value[0].sampled_value
    assert [(one.measurand, one.phase) for one in samples] == [
        (REGISTER, None),
        ("Current.Import", "L1"),
        ("Current.Import", "L2"),
        ("Current.Import", "L3"),
    ]
    assert {(one.location, one.context) for one in samples} == {("Inlet", "Sample.Clock")}
    assert int(samples[0].value) == world.hardware.meter(0).energy_import_register - _since(world, told[-1])
    times = [one.meter_value[0].timestamp for one in told]
    assert [(later - earlier).total_seconds() for earlier, later in pairwise(times)] == [60, 60]


def _since(world: World16, told: v16.MeterValuesRequest) -> int:
    """Wh that were counted after a message: what the main meter would show now, less what it showed then."""
    (aligned,) = [
        one
        for one in world.said(v16.MeterValuesRequest)
        if one.connector_id == 1 and one.meter_value[0].timestamp == told.meter_value[0].timestamp
    ]
    then = int(aligned.meter_value[0].sampled_value[0].value)
    return int(world.hardware.meter(1).energy_import_register) - then


@pytest.mark.req("1.6:5.17")
def test_the_main_meter_is_told_on_demand() -> None:
    """Without a connector the request is for all, the charge point's own meter among them; with one, for that one."""
    world = World16(station="ac-22-dual-main")
    world.asks(v16.TriggerMessageRequest(requested_message="MeterValues"))
    assert [one.connector_id for one in world.said(v16.MeterValuesRequest)] == [0, 1, 2]
    world.asks(v16.TriggerMessageRequest(requested_message="MeterValues", connector_id=1))
    assert [one.connector_id for one in world.said(v16.MeterValuesRequest)][3:] == [1]


@pytest.mark.parametrize(("layout", "rpm", "soc"), [("ac-22-single", False, False), ("dc-50-ccs", True, True)])
def test_what_the_hardware_does_not_measure_is_rejected(layout: str, rpm: bool, soc: bool) -> None:
    """ChangeConfiguration of the four lists, and how many each may hold."""
    world = World16(station=layout)
    for key in ("MeterValuesAlignedData", "MeterValuesSampledData", "StopTxnAlignedData", "StopTxnSampledData"):
        for measurand, known in (("RPM", rpm), ("SoC", soc), ("Temperature", True), ("Energy.Active.Net", False)):
            answer = world.asks(v16.ChangeConfigurationRequest(key=key, value=f"{REGISTER},{measurand}"))
            assert answer.status == ("Accepted" if known else "Rejected")
    assert int(world.value("MeterValuesSampledDataMaxLength") or 0) > 10
