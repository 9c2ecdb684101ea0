"""The cases on smart charging and meter values find what is wrong in a composite schedule, a report of profiles, and meter values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pilotwire.conformance.cases import all_cases
from pilotwire.conformance.cases.ocpp201.station.j_meter_values.ended import signed_told
from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.needs import within
from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.profiles import (
    DEFAULT,
    limit,
    limits,
    profile,
    told,
)
from pilotwire.conformance.checks import Check
from pilotwire.conformance.language import Judges, inside
from pilotwire.conformance.values import resolve
from tests.support.bench_scene import BenchScene

BEGIN = datetime(2026, 1, 1, 12, tzinfo=UTC)


def at(seconds: float) -> str:
    return (BEGIN + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


# --- composite schedules -------------------------------------------------------------------------------------------------------


def composite(*periods: tuple[int, float], start: float = 4, duration: int = 350) -> dict[str, Any]:
    told = [{"startPeriod": second, "limit": amps} for second, amps in periods]
    return {"schedule": {"scheduleStart": at(start), "duration": duration, "chargingSchedulePeriod": told}}


def passes(check: Check, message: Any, **settings: Any) -> bool:
    scene = BenchScene(settings=settings).scene
    scene.kept["start"] = at(0)
    return check.on(message, scene).passed


STACKED = limits(at(0), (0, limit(7)), (100, limit(9)), (154, limit(8)), (200, limit(10)))


@pytest.mark.parametrize(
    "periods",
    [
        ((0, 7), (96, 9), (150, 8), (196, 10)),
        ((0, 7), (95, 9), (151, 8), (196, 10)),
        ((0, 7), (50, 7), (96, 9), (150, 8), (196, 10), (300, 10)),
    ],
    ids=["to the second", "rounded", "in more periods"],
)
def test_a_composite_schedule_that_allows_what_it_should_passes(periods: tuple[tuple[int, float], ...]) -> None:
    assert passes(STACKED, composite(*periods))


@pytest.mark.parametrize(
    "periods",
    [
        ((0, 7), (100, 9), (150, 8), (196, 10)),
        ((0, 7), (96, 9), (196, 10)),
        ((0, 7), (96, 9), (150, 8), (196, 11)),
        ((0, 6), (96, 9), (150, 8), (196, 10)),
        ((4, 7), (96, 9), (150, 8), (196, 10)),
        ((0, 7), (150, 8), (96, 9), (196, 10)),
        (),
    ],
    ids=["late", "a stretch left out", "the last limit", "the first limit", "not from 0", "out of order", "empty"],
)
def test_a_composite_schedule_that_does_not_fails(periods: tuple[tuple[int, float], ...]) -> None:
    assert not passes(STACKED, composite(*periods))


def test_limits_are_multiplied_for_watts_and_need_not_be_known() -> None:
    later = limits(at(0), (-60, None), (0, limit(6)))
    message = composite((0, 22080), (60, 4140), start=-60)
    assert passes(later, message, charging_rate_unit="W")
    assert not passes(later, message)
    assert not passes(later, composite((0, 22080), (60, 1380), start=-60), charging_rate_unit="W")
    assert passes(later, composite((0, 22080), (60, 1380), start=-60), charging_rate_unit="W", number_phases=1)


def test_the_schedule_of_an_ev_is_within_the_offer() -> None:
    def returned(unit: str, *amounts: float) -> dict[str, Any]:
        periods = [{"startPeriod": place * 60, "limit": amount} for place, amount in enumerate(amounts)]
        return {"chargingSchedule": {"chargingRateUnit": unit, "chargingSchedulePeriod": periods}}

    assert passes(within(6), returned("A", 6, 4))
    assert passes(within(6), returned("W", 4140))
    assert not passes(within(6), returned("A", 4, 7))
    assert not passes(within(6), returned("W", 4600))
    assert not passes(within(6), returned("A"))
    assert not passes(within(6), {})


# --- reports of profiles -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "source", "change", "extra", "right"),
    [
        (1, "CSO", {}, (), True),
        (2, "CSO", {}, (), False),
        (1, "CSO", {"stackLevel": 3}, (), False),
        (1, "CSO", {}, ("CSO",), False),
        (1, "CSO", {}, ("SO",), True),
    ],
    ids=["as set", "another EVSE", "another level", "one more", "one of another source"],
)
def test_a_report_tells_the_profile_and_no_other(
    place: int, source: str, change: dict[str, Any], extra: tuple[str, ...], right: bool
) -> None:
    scene = BenchScene().scene
    sent = profile("mine", DEFAULT, (0, 6))
    scene.kept["profiles asked for"] = 5

    def report(evse: int, from_: str, one: dict[str, Any]) -> dict[str, Any]:
        payload = {"requestId": 5, "evseId": evse, "chargingLimitSource": from_, "chargingProfile": [one]}
        return {"action": "ReportChargingProfiles", "payload": payload}

    reports = [report(place, source, resolve(sent, scene) | change)]
    reports += [report(1, other, resolve(sent, scene) | {"id": 99}) for other in extra]
    assert told((1, sent)).on({"messages": reports}, scene).passed is right
    assert not told((1, sent)).on({"messages": []}, scene).passed


# --- meter values --------------------------------------------------------------------------------------------------------------

POWER = {"value": 1, "measurand": "Power.Active.Import"}


def value(seconds: float, context: str, *more: dict[str, Any], **first: Any) -> dict[str, Any]:
    samples = [{"value": 1, "context": context} | first, *({"context": context} | one for one in (more or (POWER,)))]
    return {"timestamp": at(seconds), "sampledValue": samples}


async def judged(case: str, messages: list[tuple[str, dict[str, Any]]]) -> list[str]:
    """What fails of the post scenario validations of a case, after these messages."""
    scene = BenchScene()
    await scene.play()
    scene.counterpart.transcript.part = "main"
    for action, payload in messages:
        scene.says(action, payload)
    for step in inside(all_cases()[case].after):
        if isinstance(step, Judges):
            await scene.play(step, part="after")
    return [check.what for result in scene.playing.results for check in result.checks if not check.passed]


def meter_values(*values: dict[str, Any], evse: int = 1) -> tuple[str, dict[str, Any]]:
    return "MeterValues", {"evseId": evse, "meterValue": list(values)}


def event(event_type: str, trigger: str, second: float, *values: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    payload = {
        "eventType": event_type,
        "triggerReason": trigger,
        "timestamp": at(second),
        "seqNo": int(second),
        "transactionInfo": {"transactionId": "T1"},
        "evse": {"id": 1, "connectorId": 1},
    }
    return "TransactionEvent", payload | ({"meterValue": list(values)} if values else {})


CLOCK = [meter_values(value(second, "Sample.Clock"), evse=evse) for second in (0, 2, 4) for evse in (1, 2)]


async def test_values_at_every_interval_pass() -> None:
    assert await judged("TC_J_01_CS", CLOCK) == []
    parted = [meter_values(value(second, "Sample.Clock", measurand=name)) for second in (0, 2, 4) for name in MEASURED]
    assert await judged("TC_J_01_CS", parted) == []


MEASURED = ("Energy.Active.Import.Register", "Power.Active.Import")


@pytest.mark.parametrize(
    ("messages", "what"),
    [
        ([*CLOCK, meter_values(value(9, "Sample.Clock"))], "MeterValues: the timestamps are"),
        ([*CLOCK, meter_values(value(4.3, "Sample.Clock"))], "MeterValues: the timestamps are"),
        (CLOCK[:4], "MeterValues: the timestamps are"),
        ([*CLOCK, meter_values(value(6, "Sample.Periodic"))], "MeterValues: sampledValue[0].context"),
        (
            [*CLOCK, meter_values(value(6, "Sample.Clock", {"value": 1, "measurand": "SoC"}))],
            "MeterValues: there is an",
        ),
        ([*CLOCK, meter_values(value(6, "Sample.Clock", location="EV"))], "no value but SoC is located in the EV"),
    ],
    ids=["a gap", "not the same moment", "too few", "context", "measurand", "location"],
)
async def test_values_with_a_fault_fail(messages: list[tuple[str, dict[str, Any]]], what: str) -> None:
    (failed,) = await judged("TC_J_01_CS", messages)
    assert failed.startswith(what)


async def test_a_clock_aligned_value_in_a_transaction_is_noticed() -> None:
    idle = [
        *(meter_values(value(second, "Sample.Clock")) for second in (0, 2)),
        event("Started", "CablePluggedIn", 3, value(3, "Transaction.Begin")),
    ]
    after = [event("Ended", "EVCommunicationLost", 7), *(meter_values(value(at_, "Sample.Clock")) for at_ in (8, 10))]
    assert await judged("TC_J_06_CS", [*idle, *after]) == []
    for wrong in (
        meter_values(value(6, "Sample.Clock")),
        event("Updated", "MeterValueClock", 6, value(6, "Sample.Clock")),
    ):
        (failed, *_) = await judged("TC_J_06_CS", [*idle, wrong, *after])
        assert failed.startswith("no clock-aligned value was told")


async def test_the_last_event_tells_the_samples_and_the_end() -> None:
    values = [value(second, "Sample.Periodic") for second in (0, 2, 4)]
    assert await judged("TC_J_10_CS", [event("Ended", "EVDeparted", 5, *values, value(5, "Transaction.End"))]) == []
    (failed,) = await judged("TC_J_10_CS", [event("Ended", "EVDeparted", 5, *values)])
    assert failed.endswith("is Transaction.End")
    assert await judged("TC_J_10_CS", [event("Ended", "EVDeparted", 5)])
    assert await judged("TC_J_10_CS", [event("Updated", "MeterValuePeriodic", 5, *values)])


@pytest.mark.parametrize(
    ("policy", "keys", "right"),
    [
        ("Never", ("", ""), True),
        ("Never", ("a2V5", ""), False),
        ("OncePerTransaction", ("a2V5", ""), True),
        ("OncePerTransaction", ("", ""), False),
        ("EveryMeterValue", ("a2V5", "a2V5"), True),
        ("EveryMeterValue", ("a2V5", ""), False),
        ("EveryMeterValue", ("a2V5", "no key!"), False),
    ],
)
def test_keys_are_told_as_often_as_is_set(policy: str, keys: tuple[str, str], right: bool) -> None:
    scene = BenchScene().scene
    scene.kept["keys are told"] = policy
    signed = [
        value(second, "Sample.Clock", signedMeterValue={"signedMeterData": "data", "publicKey": key})
        for second, key in enumerate(keys)
    ]
    _, payload = event("Ended", "EVDeparted", 5, *signed)
    everything = {"messages": [{"action": "TransactionEvent", "payload": payload, "part": "main"}]}
    there, often = (check.on(everything, scene).passed for check in signed_told("J01.FR.21"))
    assert (there, often) == (True, right)


def test_an_unsigned_value_is_noticed() -> None:
    scene = BenchScene().scene
    signed = value(0, "Sample.Clock", signedMeterValue={"signedMeterData": "data", "publicKey": ""})
    _, payload = event("Ended", "EVDeparted", 5, signed, value(2, "Sample.Clock"))
    everything = {"messages": [{"action": "TransactionEvent", "payload": payload, "part": "main"}]}
    assert not signed_told("J01.FR.21")[0].on(everything, scene).passed
