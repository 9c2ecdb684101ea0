"""Our station charges a car at a central system made with the PyPI package `ocpp`, whose schema validation hears every message."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.counterpart_csms import CounterpartCsms
from tests.support.counterpart_scene import CARD, REGISTER, Scene, registers, scene

VERSIONS = ("1.6", "2.0.1", "2.1")
MESSAGES = ("Authorize", "StartTransaction", "MeterValues", "StopTransaction", "TransactionEvent")


async def _charge(one: Scene, samples: int = 1) -> None:
    """Plug, tap, and wait for sampled meter values."""
    one.plug()
    one.tap()
    if one.csms.version == "1.6":
        await one.csms.until_heard("MeterValues", samples)
    else:
        await one.csms.until_heard("TransactionEvent", samples, trigger_reason="MeterValuePeriodic")


def _energy(csms: CounterpartCsms) -> Decimal:
    """Wh from the first register to the last."""
    if csms.version == "1.6":
        (start,), (stop,) = csms.of("StartTransaction"), csms.of("StopTransaction")
        return Decimal(stop["meter_stop"] - start["meter_start"])
    first, *_, last = csms.of("TransactionEvent")
    return registers(last["meter_value"])[-1] - registers(first["meter_value"])[0]


def _ended(csms: CounterpartCsms) -> dict[str, Any]:
    if csms.version == "1.6":
        return csms.of("StopTransaction")[-1]
    return csms.of("TransactionEvent")[-1]


async def _until_ended(csms: CounterpartCsms) -> dict[str, Any]:
    if csms.version == "1.6":
        return await csms.until_heard("StopTransaction")
    return await csms.until_heard("TransactionEvent", event_type="Ended")


@pytest.mark.req("1.6:4.1", "1.6:4.7", "1.6:4.8", "1.6:4.10")
async def test_a_charge_in_1_6(tmp_path: Path):
    """Who, start, samples, stop: in this order, one transaction, and the energy the vehicle's meter counted."""
    async with scene("1.6", tmp_path) as one:
        await _charge(one, samples=2)
        one.tap()
        await _until_ended(one.csms)
        await one.until_released()
        one.unplug()
        await one.until_available(2)
        actions = [heard.action for heard in one.csms.heard if heard.action in MESSAGES]
        (start,), (stop,) = one.csms.of("StartTransaction"), one.csms.of("StopTransaction")
        samples = one.csms.of("MeterValues")
        delivered = one.vehicle.meter.delivered_wh
    assert actions == ["Authorize", "StartTransaction", *["MeterValues"] * len(samples), "StopTransaction"]
    assert (start["connector_id"], start["id_tag"]) == (1, CARD)
    assert (stop["transaction_id"], stop["id_tag"], stop["reason"]) == (1, CARD, "Local")
    assert {each["transaction_id"] for each in samples} == {1}
    taken = [registers(each["meter_value"])[0] for each in samples]
    assert start["meter_start"] <= taken[0] < taken[1] <= stop["meter_stop"]
    measurands = {sample["measurand"] for sample in samples[0]["meter_value"][0]["sampled_value"]}
    assert measurands >= {REGISTER, "Power.Active.Import", "Current.Import", "Voltage"}
    assert stop["meter_stop"] - start["meter_start"] == delivered > 0


@pytest.mark.req("1.6:4.9")
async def test_the_connector_states_of_1_6(tmp_path: Path):
    """Available, Preparing, Charging, Finishing, Available: no state twice in a row."""
    async with scene("1.6", tmp_path) as one:
        await _charge(one)
        one.tap()
        await _until_ended(one.csms)
        await one.until_released()
        one.unplug()
        await one.until_available(2)
        states = [each["status"] for each in one.csms.of("StatusNotification") if each["connector_id"] == 1]
    assert states[0] == states[-1] == "Available"
    assert [state for state in states if not state.startswith("Suspended")] == [
        "Available",
        "Preparing",
        "Charging",
        "Finishing",
        "Available",
    ]


@pytest.mark.req("E01.FR.07", "E02.FR.01")
@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_charge_in_2_x(tmp_path: Path, version: str):
    """One transaction of numbered events without a gap, the token in one of them, and the energy the vehicle's meter counted."""
    async with scene(version, tmp_path) as one:
        await _charge(one, samples=2)
        one.tap()
        await one.until_released()
        one.unplug()
        await _until_ended(one.csms)
        await one.until_available(2)
        events = one.csms.of("TransactionEvent")
        delivered = one.vehicle.meter.delivered_wh
    assert [event["seq_no"] for event in events] == list(range(len(events)))
    assert len({event["transaction_info"]["transaction_id"] for event in events}) == 1
    assert [event["event_type"] for event in events] == ["Started", *["Updated"] * (len(events) - 2), "Ended"]
    assert events[0]["trigger_reason"] == "CablePluggedIn"
    (begins,) = [event for event in events if event["trigger_reason"] == "Authorized"]
    assert (begins["id_token"]["id_token"], begins["id_token"]["type"]) == (CARD, "ISO14443")
    (stops,) = [event for event in events if event["trigger_reason"] == "StopAuthorized"]
    assert stops["id_token"]["id_token"] == CARD
    assert events[-1]["transaction_info"]["stopped_reason"] == "Local"
    assert not any(event.get("offline") for event in events)
    assert {event["evse"]["id"] for event in events if "evse" in event} == {1}
    sampled = [event for event in events if event["trigger_reason"] == "MeterValuePeriodic"]
    assert sampled[0]["meter_value"][0]["sampled_value"][0]["context"] == "Sample.Periodic"
    taken = [register for event in events for register in registers(event.get("meter_value", ()))]
    assert taken == sorted(taken)
    assert taken[-1] - taken[0] == delivered > 0


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_card_it_does_not_know(tmp_path: Path, version: str):
    """The counterpart says Invalid: no energy flows."""
    async with scene(version, tmp_path) as one:
        one.plug()
        one.tap("04FFFFFF")
        await one.csms.until_heard("Authorize")
        await one.csms.ask("TriggerMessage", requested_message="Heartbeat")  # answered after it has taken the verdict
        one.tap()
        await one.until_charged(1)
        asked = one.csms.of("Authorize")
        tokens = [each["id_tag"] if version == "1.6" else each["id_token"]["id_token"] for each in asked]
        assert tokens == ["04FFFFFF", CARD]
        told = one.csms.of("StartTransaction", "TransactionEvent")
    assert "04FFFFFF" not in str(told)


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_line_cut_and_late_delivery(tmp_path: Path, version: str):
    """The line goes in the middle; the car charges on, the driver stops, and all of it is told in order once the line is back."""
    async with scene(version, tmp_path) as one:
        await _charge(one)
        one.station.line.cut()
        before = len(one.csms.heard)
        await one.until_charged(4500)
        one.tap()
        await one.until_released()
        one.unplug()
        assert len(one.csms.heard) == before
        one.station.line.restore()
        await _until_ended(one.csms)
        await one.until_delivered()
        late = [heard for heard in one.csms.heard if heard.line == 2 and heard.action in MESSAGES]
        energy, delivered = _energy(one.csms), one.vehicle.meter.delivered_wh
        events = one.csms.of("TransactionEvent")
    assert energy == delivered > 0
    assert len(late) >= 2
    times = [heard.payload.get("timestamp") or heard.payload["meter_value"][0]["timestamp"] for heard in late]
    assert times == sorted(times)
    if version != "1.6":
        numbers = list(dict.fromkeys(event["seq_no"] for event in events))
        assert numbers == list(range(len(numbers)))
        assert all(heard.payload["offline"] for heard in late if heard.payload["seq_no"] > late[0].payload["seq_no"])


@pytest.mark.req("1.6:3.7.1")
async def test_an_answer_lost_with_the_line_in_1_6(tmp_path: Path):
    """The counterpart took the stop, but its answer never came: the station says the same once more."""
    async with scene("1.6", tmp_path) as one:
        await _charge(one)
        one.csms.deaf_to = "StopTransaction"
        one.tap()
        await one.csms.until_heard("StopTransaction", 2)
        await one.until_delivered()
        first, second = one.csms.of("StopTransaction")
    assert first == second


@pytest.mark.req("E11.FR.07")
@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_an_answer_lost_with_the_line_in_2_x(tmp_path: Path, version: str):
    """The event comes again under its own number, now as one from the queue, and the numbers after it follow."""
    async with scene(version, tmp_path) as one:
        one.csms.deaf_to = "TransactionEvent"
        await _charge(one)
        events = one.csms.of("TransactionEvent")
    first, second, *_ = events
    assert (first["seq_no"], second["seq_no"]) == (0, 0)
    assert first | {"offline": True} == second
    assert [event["seq_no"] for event in events[1:]] == list(range(len(events) - 1))


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_car_is_full(tmp_path: Path, version: str):
    """A driver who wants only so much: the vehicle stops drawing, and pulling the plug ends the transaction."""
    async with scene(version, tmp_path) as one:
        await _charge(one)
        one.vehicle.pause()
        if version == "1.6":
            await one.csms.until_heard("StatusNotification", status="SuspendedEV")
        else:
            await one.csms.until(
                lambda: one.csms.of("TransactionEvent")[-1]["transaction_info"].get("charging_state") == "SuspendedEV"
            )
        one.tap()
        await one.until_released()
        one.unplug()
        await _until_ended(one.csms)
        energy, delivered = _energy(one.csms), one.vehicle.meter.delivered_wh
    assert energy == delivered > 0
