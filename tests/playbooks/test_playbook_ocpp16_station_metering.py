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
