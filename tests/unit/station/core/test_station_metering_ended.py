"""Readings told at the end, signatures, intervals, units, and the usage in one message."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest

from pilotwire.domain.data_transfer import DataTransferred
from pilotwire.domain.metering import MeterReading, Sample, register_of
from pilotwire.domain.transactions import EventKind, TransactionEvent, TriggerReason
from pilotwire.station.core import metering
from pilotwire.station.core.metering_usage_memory import UsageMemory
from pilotwire.station.hardware import ports
from pilotwire.station.hardware.ports import Measured
from pilotwire.station.hardware.signing import verified
from tests.support.station_world import START, StationWorld

REGISTER = "Energy.Active.Import.Register"
NO_UPDATES = {"SampledDataCtrlr.TxUpdatedInterval": "0"}


def _charged(
    seconds: float = 60, *, layout: str = "ac-22-single", ocpp16: bool = False, **variables: str
) -> StationWorld:
    world = StationWorld(station=layout, ocpp16=ocpp16, variables=variables)
    world.plug()
    world.tap("ANNA")
    world.pass_time(seconds)
    world.tap("ANNA")
    return world


def _of(world: StationWorld, kind: EventKind) -> TransactionEvent:
    return next(event for event in world.csms.events if event.kind is kind)


def _contexts(event: TransactionEvent) -> list[str]:
    return [reading.samples[0].context for reading in event.readings]


def _signed(event: TransactionEvent) -> list[Sample]:
    return [sample for reading in event.readings for sample in reading.samples if sample.signed is not None]


# --- at the end -----------------------------------------------------------------------------------------------------


@pytest.mark.req("E06.FR.11")
def test_as_delivered_the_end_tells_its_own_moment_only() -> None:
    """TxEndedInterval is 0: no values in between."""
    assert _contexts(_of(_charged(300), EventKind.ENDED)) == ["Transaction.End"]


def test_both_kinds_of_readings_come_in_the_order_taken() -> None:
    """Sampled since the beginning, clock-aligned since midnight, and the end last."""
    more = {
        "SampledDataCtrlr.TxEndedInterval": "25",
        "AlignedDataCtrlr.TxEndedInterval": "30",
        "AlignedDataCtrlr.TxEndedMeasurands": REGISTER,
    }
    ended = _of(_charged(70, **NO_UPDATES, **more), EventKind.ENDED)
    told = [((reading.at - START).total_seconds(), reading.samples[0].context) for reading in ended.readings]
    assert told == [
        (0, "Sample.Periodic"),
        (25, "Sample.Periodic"),
        (30, "Sample.Clock"),
        (50, "Sample.Periodic"),
        (60, "Sample.Clock"),
        (70, "Transaction.End"),
    ]


@pytest.mark.parametrize("switch", ["SampledDataCtrlr.Enabled", "AlignedDataCtrlr.Enabled"])
def test_either_kind_can_be_switched_off(switch: str) -> None:
    """2.x SampledDataCtrlr.Enabled and AlignedDataCtrlr.Enabled, for the end and for what is told in between."""
    more = {
        "SampledDataCtrlr.TxEndedInterval": "20",
        "SampledDataCtrlr.TxUpdatedInterval": "20",
        "AlignedDataCtrlr.TxEndedInterval": "20",
        "AlignedDataCtrlr.TxEndedMeasurands": REGISTER,
        "AlignedDataCtrlr.Interval": "20",
    }
    world = _charged(70, **more, **{switch: "false"})
    contexts = {sample.context for event in world.csms.events for one in event.readings for sample in one.samples}
    off, on = (
        ("Sample.Periodic", "Sample.Clock") if switch.startswith("Sampled") else ("Sample.Clock", "Sample.Periodic")
    )
    assert off not in contexts
    assert on in contexts


def test_the_next_transaction_begins_with_none() -> None:
    """What was told is forgotten."""
    world = _charged(60, **NO_UPDATES, **{"SampledDataCtrlr.TxEndedInterval": "20"})
    world.unplug()
    world.plug()
    world.tap("ANNA")
    world.pass_time(20)
    world.tap("ANNA")
    assert len(world.csms.events[-1].readings) == 3
    assert world.kept() == []


def test_a_transaction_that_a_restart_ended_tells_what_was_held() -> None:
    """They are on disk; the end is told with the register as it is."""
    world = StationWorld(variables=NO_UPDATES | {"SampledDataCtrlr.TxEndedInterval": "20"})
    world.plug()
    world.tap("ANNA")
    world.pass_time(50)
    world.kill()
    ended = _of(world, EventKind.ENDED)
    assert _contexts(ended) == ["Sample.Periodic"] * 3 + ["Transaction.End"]
    assert register_of(ended.readings, last=True) == world.hardware.meter(1).energy_import_register


def test_an_interval_set_in_mid_transaction_counts_from_then() -> None:
    """No reading of before, and the multiples stay those of the beginning."""
    world = StationWorld(variables=NO_UPDATES)
    world.plug()
    world.tap("ANNA")
    world.pass_time(50)
    world.core.write("SampledDataCtrlr.TxEndedInterval", "20", world.now)
    world.core.write("SampledDataCtrlr.TxUpdatedInterval", "30", world.now)
    world.pass_time(50)
    world.tap("ANNA")
    periodic = [one.at for one in _of(world, EventKind.ENDED).readings if one.samples[0].context == "Sample.Periodic"]
    assert [(at - START).total_seconds() for at in periodic] == [60, 80, 100]
    updates = [event for event in world.csms.events if event.trigger is TriggerReason.METER_VALUE_PERIODIC]
    assert [(event.at - START).total_seconds() for event in updates] == [80]


# --- when -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("late", "told"), [(0.4, 60.0), (3.0, 63.0)])
def test_a_value_read_a_little_late_counts_as_read_in_time(late: float, told: float) -> None:
    """All EVSEs have the timestamp of the aligned moment; a station that slept says when it really read."""
    world = StationWorld(station="ac-22-dual", variables={"AlignedDataCtrlr.Interval": "60"})
    world.pass_time(59)
    world.now += timedelta(seconds=1 + late)
    world.tick()
    moments = {reading.at for fact in world.meter_values() for reading in fact.readings}
    assert moments == {START + timedelta(seconds=told)}


@pytest.mark.req("J01.FR.19")
def test_one_evse_can_be_quiet_during_its_own_transaction() -> None:
    """SendDuringIdle of EVSE 1: the other one goes on."""
    world = StationWorld(station="ac-22-dual", variables=NO_UPDATES | {"AlignedDataCtrlr.Interval": "60"})
    world.core.write("AlignedDataCtrlr@1.SendDuringIdle", "true", world.now)
    world.plug()
    world.tap("ANNA")
    world.pass_time(130)
    assert {fact.address.evse for fact in world.meter_values()} == {2}
    assert not [event for event in world.csms.events if event.trigger is TriggerReason.METER_VALUE_CLOCK]


# --- what -----------------------------------------------------------------------------------------------------------


def test_energy_of_intervals_adds_up() -> None:
    """Each is what flowed since the one before, and all together what the register rose by."""
    measurand = "Energy.Active.Import.Interval"
    more = {
        "SampledDataCtrlr.TxUpdatedMeasurands": f"{measurand},{REGISTER}",
        "SampledDataCtrlr.TxUpdatedInterval": "20",
    }
    world = _charged(100, **more)
    updates = [event for event in world.csms.events if event.trigger is TriggerReason.METER_VALUE_PERIODIC]
    flowed = [event.readings[0].samples[0].value for event in updates]
    register = updates[-1].readings[0].samples[1].value
    assert len(flowed) == 5
    assert sum(value or 0 for value in flowed) == register
    assert all(value for value in flowed)


METER = ports.MeterReading(
    energy_import_register=Decimal("1234.6"),
    energy_export_register=0,
    power_w=Decimal(0),
    current_a=(Decimal(0),),
    voltage_v=(Decimal(230),),
    current_offered_a=Decimal(32),
    power_offered_w=Decimal(7360),
    temperature_c=Decimal(31),
    more=(
        Measured(REGISTER, Decimal("1000.4"), "L1"),
        Measured("Voltage", Decimal(398), "L1-L2"),
        Measured("Temperature", Decimal(40), place="Body"),
    ),
)


def _taken(strict: str, by_phase: str) -> MeterReading:
    variables = {
        "InstallerCtrlr.StrictEnergyUnit": strict,
        "SampledDataCtrlr.RegisterValuesWithoutPhases": by_phase,
        "SampledDataCtrlr.TxUpdatedMeasurands": REGISTER,
    }
    return _read(StationWorld(variables=variables))


def _read(world: StationWorld) -> MeterReading:
    """What is told of METER."""
    station = world.core._station
    station.meter = lambda _: METER
    return metering.take(station, station.evses[1], "SampledDataCtrlr.TxUpdatedMeasurands", "Sample.Periodic")


@pytest.mark.parametrize(("strict", "values"), [("true", ["1235", "1000"]), ("false", ["1234.6", "1000.4"])])
def test_energy_in_whole_wh_or_as_fine_as_the_meter(strict: str, values: list[str]) -> None:
    """StrictEnergyUnit; the unit is always said."""
    samples = _taken(strict, "false").samples
    assert [str(one.value) for one in samples] == values
    assert {one.unit for one in samples} == {"Wh"}


def test_registers_of_phases_are_told_or_not() -> None:
    """RegisterValuesWithoutPhases leaves the total only."""
    assert [one.phase for one in _taken("false", "false").samples] == [None, "L1"]
    assert [one.phase for one in _taken("false", "true").samples] == [None]


def test_what_a_meter_tells_besides_keeps_its_phase_and_place() -> None:
    """Between phases, and inside the station's body."""
    world = StationWorld(ocpp16=True, variables={"SampledDataCtrlr.TxUpdatedMeasurands": "Voltage,Temperature"})
    samples = _read(world).samples
    assert [(one.measurand, one.phase, one.location) for one in samples] == [
        ("Voltage", None, "Outlet"),
        ("Voltage", "L1-L2", "Outlet"),
        ("Temperature", None, "Outlet"),
        ("Temperature", None, "Body"),
    ]


# --- signatures -----------------------------------------------------------------------------------------------------


@pytest.mark.req("E02.FR.14", "J02.FR.21")
def test_begin_and_end_are_signed_for_the_driver() -> None:
    """As delivered: the begin in Started and again in Ended beside the end, the key once; each record names who charged."""
    world = _charged(60, layout="ac-22-fiscal")
    started, ended = _of(world, EventKind.STARTED), _of(world, EventKind.ENDED)
    assert _contexts(ended) == ["Transaction.Begin", "Transaction.End"]
    every = [*_signed(started), *_signed(ended)]
    printed = world.hardware.layout.evses[0].meter_public_key
    assert [one.signed.public_key for one in every if one.signed] == [printed, "", ""]
    said = [verified(one.signed.data, printed) for one in every if one.signed]
    assert [one["RD"][0]["TX"] for one in said] == ["B", "B", "E"]
    assert said[-1]["ID"] == "ANNA"
    assert [Decimal(str(one["RD"][0]["RV"])) * 1000 for one in said] == [one.value for one in every]
    assert not _signed(next(event for event in world.csms.events if event.kind is EventKind.UPDATED))


@pytest.mark.parametrize(("variables", "kinds"), [
    ({"SampledDataCtrlr.SignReadings": "false"}, set()),
    ({"SampledDataCtrlr.SignStartedReadings": "false"}, {EventKind.ENDED}),
    ({"SampledDataCtrlr.SignUpdatedReadings": "true"}, {EventKind.STARTED, EventKind.UPDATED, EventKind.ENDED}),
], ids=["none", "not-started", "updated-too"])  # fmt: skip
def test_which_readings_are_signed(variables: dict[str, str], kinds: set[EventKind]) -> None:
    """SignReadings with SignStartedReadings and SignUpdatedReadings."""
    world = _charged(60, layout="ac-22-fiscal", **variables)
    assert {event.kind for event in world.csms.events if _signed(event)} == kinds


@pytest.mark.req("J01.FR.21")
def test_values_outside_of_transactions_are_signed_too() -> None:
    """AlignedDataCtrlr.SignReadings; the record is of no transaction."""
    variables = {"AlignedDataCtrlr.Interval": "60", "AlignedDataCtrlr.SignReadings": "true"}
    world = StationWorld(station="ac-22-fiscal", variables=variables)
    world.pass_time(60)
    (sample,) = world.meter_values()[0].readings[0].samples
    assert sample.signed is not None
    said = verified(sample.signed.data, world.hardware.layout.evses[0].meter_public_key)
    assert said["PG"].startswith("F")


def test_a_station_whose_meters_do_not_sign_has_no_such_variables() -> None:
    """2.x 2.7.3: they are not reported."""
    names = [str(spec.name) for spec, _ in StationWorld().core._station.variables]
    assert not [name for name in names if "SignReadings" in name or "PublicKey" in name]
    fiscal = [str(spec.name) for spec, _ in StationWorld(station="ac-22-fiscal").core._station.variables]
    assert "SampledDataCtrlr.SignReadings" in fiscal


def test_a_session_that_a_restart_ended_is_signed_for_its_driver() -> None:
    """The end is signed when the controller is back, with what the meter has counted."""
    world = StationWorld(station="ac-22-fiscal")
    world.plug()
    world.tap("ANNA")
    world.pass_time(50)
    world.kill()
    last = _signed(_of(world, EventKind.ENDED))[-1]
    assert last.signed is not None
    said = verified(last.signed.data, world.hardware.layout.evses[0].meter_public_key)
    assert (said["ID"], said["RD"][0]["TX"]) == ("ANNA", "E")


# --- usage in one message -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ocpp16", [False, True])
def test_the_usage_of_a_session_in_one_message(ocpp16: bool) -> None:
    """After the CSMS has the end: it names the transaction as the CSMS does, also when it was offline meanwhile."""
    world = StationWorld(ocpp16=ocpp16, variables={"InstallerCtrlr.UsageDataTransfer": "true"})
    world.plug()
    world.tap("ANNA")
    world.cut()
    world.pass_time(60)
    world.tap("ANNA")
    world.kill()
    assert not world.csms.of(DataTransferred)
    world.connect()
    (fact,) = world.csms.of(DataTransferred)
    assert isinstance(fact, DataTransferred)
    assert (fact.vendor_id, fact.message_id) == ("org.pilotwire", "SessionUsage")
    said = json.loads(fact.data)
    assert said["transactionId"] == ("100" if ocpp16 else "tx-1")
    assert said["totalUsageWh"] == world.csms.booked["tx-1"]
    assert said["meterStopWh"] - said["meterStartWh"] == said["totalUsageWh"]
    assert said["idToken"] == "ANNA"
    assert said["endedAt"].startswith("2026-03-01T08:01:00")


def test_no_usage_unless_it_is_wanted_or_if_nobody_knows_the_session() -> None:
    """As delivered nothing is said; of a session whose end was given up nothing is kept either."""
    assert not _charged(60).csms.of(DataTransferred)
    world = StationWorld(variables={"InstallerCtrlr.UsageDataTransfer": "true"})
    world.csms.refusing = lambda fact: "InternalError" if isinstance(fact, TransactionEvent) else None
    world.plug()
    world.tap("ANNA")
    world.pass_time(30)
    world.tap("ANNA")
    world.pass_time(3600)
    assert not world.csms.of(DataTransferred)
    saved = world.storage.load()
    assert saved is not None
    assert saved.part(UsageMemory) == UsageMemory()
