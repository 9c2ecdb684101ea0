"""Charge point under test, 1.6: unlocking, configuration, cache, data transfer, meter values, and the Remote Trigger profile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from pilotwire.ocpp import v16
from tests.support.world16 import World16, names, only, shown

SAMPLED = ("Energy.Active.Import.Register", "Power.Active.Import", "Voltage")

# --- unlock ------------------------------------------------------------------------------------------------------------------------


def _unlock(world: World16, connector: int = 1) -> str:
    answer: v16.UnlockConnectorResponse = world.asks(v16.UnlockConnectorRequest(connector_id=connector))
    return answer.status


@pytest.mark.req("1.6:5.18")
def test_tc_017_1_cs() -> None:
    """A socket that nobody uses."""
    assert _unlock(World16(station="ac-22-single")) == "Unlocked"


@pytest.mark.req("1.6:5.18")
def test_tc_017_2_cs() -> None:
    """A cable that belongs to the charge point has no lock to open."""
    assert _unlock(World16(station="wallbox-11")) == "NotSupported"


@pytest.mark.req("1.6:5.18")
def test_tc_018_2_cs() -> None:
    """The same while charging, and the transaction goes on."""
    world = World16(station="wallbox-11")
    world.charge()
    assert _unlock(world) == "NotSupported"
    world.pass_time(5)
    assert only(v16.StopTransactionRequest, world.wire) == []
    assert world.hardware.contactor_closed(1)


@pytest.mark.req("1.6:5.18")
def test_tc_018_1_cs() -> None:
    """A socket where somebody charges: unlocked, the transaction ends for that, and the driver takes the cable."""
    world = World16(station="ac-22-single")
    number = world.charge()
    assert _unlock(world) == "Unlocked"
    told = world.fresh()
    (stop,) = only(v16.StopTransactionRequest, told)
    assert (stop.reason, stop.transaction_id) == ("UnlockCommand", number)
    assert shown(told)[-1] == "Finishing"
    world.unplug()
    assert shown(world.fresh()) == ["Available"]


@pytest.mark.req("1.6:5.18")
def test_tc_030_cs() -> None:
    """The bolt is stuck."""
    world = World16(station="ac-22-single")
    world.charge()
    world.locks_jammed.add(1)
    assert _unlock(world) == "UnlockFailed"


@pytest.mark.req("1.6:5.18")
def test_tc_031_cs() -> None:
    """A connector that is not there."""
    assert _unlock(World16(station="ac-22-single"), 7) == "NotSupported"


# --- configuration -----------------------------------------------------------------------------------------------------------------

_READ_ONLY = ("GetConfigurationMaxKeys", "NumberOfConnectors", "SupportedFeatureProfiles")
_READ_WRITE = (
    "ClockAlignedDataInterval",
    "ConnectionTimeOut",
    "ConnectorPhaseRotation",
    "HeartbeatInterval",
    "LocalAuthorizeOffline",
    "LocalPreAuthorize",
    "MeterValuesAlignedData",
    "MeterValuesSampledData",
    "MeterValueSampleInterval",
    "ResetRetries",
    "StopTransactionOnInvalidId",
    "StopTxnAlignedData",
    "StopTxnSampledData",
    "TransactionMessageAttempts",
    "TransactionMessageRetryInterval",
)
_EITHER = ("AuthorizeRemoteTxRequests", "UnlockConnectorOnEVSideDisconnect")


@pytest.mark.req("1.6:5.8")
def test_tc_019_cs() -> None:
    """The keys of Core are all there, with their accessibility, and can be asked for one by one or many at once."""
    world = World16()
    profiles = world.asks(v16.GetConfigurationRequest(key=["SupportedFeatureProfiles"]))
    assert not profiles.unknown_key
    (pair,) = profiles.configuration_key
    assert pair.key == "SupportedFeatureProfiles"
    assert {"Core", "RemoteTrigger"} <= set(pair.value.split(","))
    whole = world.asks(v16.GetConfigurationRequest())
    access = {pair.key: pair.readonly for pair in whole.configuration_key}
    assert {key: access.get(key) for key in _READ_ONLY} == dict.fromkeys(_READ_ONLY, True)
    assert {key: access.get(key) for key in _READ_WRITE} == dict.fromkeys(_READ_WRITE, False)
    assert set(_EITHER) <= set(access)
    most = int(world.value("GetConfigurationMaxKeys") or 0)
    wanted = list(access)[:most]
    many = world.asks(v16.GetConfigurationRequest(key=wanted))
    assert not many.unknown_key
    assert {pair.key for pair in many.configuration_key} == set(wanted)


@pytest.mark.req("1.6:5.3", "1.6:5.8")
def test_tc_021_cs() -> None:
    """A value is changed, and read back."""
    world = World16()
    assert world.value("MeterValueSampleInterval") != "37"
    changed = world.asks(v16.ChangeConfigurationRequest(key="MeterValueSampleInterval", value="37"))
    assert changed.status == "Accepted"
    assert world.value("MeterValueSampleInterval") == "37"


@pytest.mark.req("1.6:5.3")
def test_tc_040_1_cs() -> None:
    """A key nobody knows."""
    answer = World16().asks(v16.ChangeConfigurationRequest(key="Testing", value="true"))
    assert answer.status == "NotSupported"


@pytest.mark.req("1.6:5.3")
def test_tc_040_2_cs() -> None:
    """A value that cannot be: refused, and nothing changed."""
    world = World16()
    before = world.value("MeterValueSampleInterval")
    answer = world.asks(v16.ChangeConfigurationRequest(key="MeterValueSampleInterval", value="-1"))
    assert answer.status == "Rejected"
    assert world.value("MeterValueSampleInterval") == before


# --- cache, data transfer ----------------------------------------------------------------------------------------------------------


@pytest.mark.req("1.6:5.4", "1.6:3.5.1")
def test_tc_061_cs() -> None:
    """Somebody who was in the cache is asked about again after it was cleared."""
    world = World16()
    world.configure(AuthorizationCacheEnabled="true", LocalPreAuthorize="true", ConnectionTimeOut="30")
    world.authorize()
    world.pass_time(31)
    assert shown(world.fresh()) == ["Available"]
    world.tap("ANNA")
    assert only(v16.AuthorizeRequest, world.fresh()) == []
    world.pass_time(31)
    world.fresh()
    assert world.asks(v16.ClearCacheRequest()).status == "Accepted"
    world.tap("ANNA")
    (asked,) = only(v16.AuthorizeRequest, world.fresh())
    assert asked.id_tag == "ANNA"


@pytest.mark.req("1.6:5.6")
def test_tc_062_cs() -> None:
    """Data of a vendor nobody here knows."""
    answer = World16().asks(v16.DataTransferRequest(vendor_id="com.example.unheard-of", message_id="x", data="y"))
    assert answer.status in ("Rejected", "UnknownMessageId", "UnknownVendorId")


# --- meter values ------------------------------------------------------------------------------------------------------------------


def _sampled(world: World16) -> tuple[list[datetime], list[set[Any]], set[Any]]:
    """Times, measurands and contexts of all meter values."""
    values = [value for said in world.said(v16.MeterValuesRequest) for value in said.meter_value]
    measured = [{sample.measurand for sample in value.sampled_value} for value in values]
    contexts = {sample.context for value in values for sample in value.sampled_value}
    return [value.timestamp for value in values], measured, contexts


@pytest.mark.req("1.6:3.16.1", "1.6:4.7")
def test_tc_070_cs() -> None:
    """Samples while charging, as often and of what the configuration says."""
    world = World16()
    world.configure(
        MeterValueSampleInterval="40", ClockAlignedDataInterval="0", MeterValuesSampledData=",".join(SAMPLED)
    )
    assert world.value("MeterValuesSampledData") == ",".join(SAMPLED)
    number = world.charge()
    world.pass_time(3 * 40)
    times, measured, contexts = _sampled(world)
    assert len(times) == 3
    assert {later - earlier for earlier, later in pairwise(times)} == {timedelta(seconds=40)}
    assert contexts == {"Sample.Periodic"}
    assert measured == [set(SAMPLED)] * 3
    assert {(said.transaction_id, said.connector_id) for said in world.said(v16.MeterValuesRequest)} == {(number, 1)}


@pytest.mark.req("1.6:3.16.2", "1.6:4.7")
def test_tc_071_cs() -> None:
    """Values by the clock: at whole multiples of the interval since midnight."""
    world = World16()
    world.pass_time(7)
    world.configure(
        MeterValueSampleInterval="0", ClockAlignedDataInterval="20", MeterValuesAlignedData=",".join(SAMPLED)
    )
    assert world.value("MeterValuesAlignedData") == ",".join(SAMPLED)
    world.charge()
    world.pass_time(3 * 20)
    times, measured, contexts = _sampled(world)
    assert len(times) >= 3
    assert {later - earlier for earlier, later in pairwise(sorted(set(times)))} == {timedelta(seconds=20)}
    midnight = datetime(2026, 3, 1, tzinfo=UTC)
    assert {(at - midnight).total_seconds() % 20 for at in times} == {0}
    assert contexts == {"Sample.Clock"}
    assert measured == [set(SAMPLED)] * len(times)


# --- remote trigger ----------------------------------------------------------------------------------------------------------------


def _trigger(world: World16, message: Any, connector: int | None = None) -> list[str]:
    """Ask for a message; what was said from then on."""
    world.fresh()
    world.asks(v16.TriggerMessageRequest(requested_message=message, connector_id=connector))
    world.pass_time(1)
    return names(world.fresh())


@pytest.mark.req("1.6:5.17")
def test_tc_054_cs() -> None:
    """Each message that can be asked for comes after the answer."""
    world = World16()
    assert _trigger(world, "MeterValues", 1) == ["TriggerMessageResponse", "MeterValuesRequest"]
    assert world.said(v16.MeterValuesRequest)[-1].connector_id == 1
    assert _trigger(world, "Heartbeat") == ["TriggerMessageResponse", "HeartbeatRequest"]
    assert _trigger(world, "StatusNotification", 1) == ["TriggerMessageResponse", "StatusNotificationRequest"]
    assert world.said(v16.StatusNotificationRequest)[-1].connector_id == 1
    told = _trigger(world, "DiagnosticsStatusNotification")
    assert told == ["TriggerMessageResponse", "DiagnosticsStatusNotificationRequest"]
    assert world.said(v16.DiagnosticsStatusNotificationRequest)[-1].status == "Idle"
    told = _trigger(world, "FirmwareStatusNotification")
    assert told == ["TriggerMessageResponse", "FirmwareStatusNotificationRequest"]
    assert world.said(v16.FirmwareStatusNotificationRequest)[-1].status == "Idle"
    assert {said.status for said in world.said(v16.TriggerMessageResponse)} == {"Accepted"}


@pytest.mark.req("1.6:5.17")
def test_tc_055_cs() -> None:
    """A connector that is not there has no meter."""
    world = World16()
    connectors = int(world.value("NumberOfConnectors") or 0)
    assert _trigger(world, "MeterValues", connectors + 1) == ["TriggerMessageResponse"]
    assert world.said(v16.TriggerMessageResponse)[-1].status == "Rejected"
