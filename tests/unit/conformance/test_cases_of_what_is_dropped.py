"""Cases of our own find what is wrong in events and meter values that were dropped, in registers and phases, and in a log."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from pilotwire.conformance.cases import all_cases
from pilotwire.conformance.checks import Judgement
from pilotwire.conformance.language import Judges, inside
from pilotwire.conformance.runner.one import validated
from pilotwire.conformance.wire.files import FileServer
from tests.support.bench_scene import BenchScene

BEGIN = datetime(2026, 1, 1, 12, tzinfo=UTC)


def judgement(case: str, requirement: str, messages: list[dict[str, Any]], **settings: Any) -> Judgement:
    """What the validation of a case that cites a requirement says of all these messages."""
    one = all_cases()[case]
    steps = [step for step in inside((*one.main, *one.after)) if isinstance(step, Judges)]
    check = next(check for step in steps for check in step.checks if check.requirement == requirement)
    scene = BenchScene(settings=settings).scene
    scene.kept["transaction_id"] = "T1"
    return check.on({"messages": messages, "kept": {"DiagnosticsLog to": "here"}}, scene)


def message(seq_no: int, kind: str, *values: dict[str, Any]) -> dict[str, Any]:
    payload = {
        "eventType": kind,
        "triggerReason": "MeterValuePeriodic",
        "seqNo": seq_no,
        "transactionInfo": {"transactionId": "T1"},
        "meterValue": list(values),
    }
    return {"action": "TransactionEvent", "payload": payload, "part": "main", "index": seq_no}


def value(seconds: float, *samples: dict[str, Any]) -> dict[str, Any]:
    at = (BEGIN + timedelta(seconds=seconds)).isoformat()
    return {"timestamp": at, "sampledValue": list(samples) or [{"value": 1}]}


def events(*numbers: int) -> list[dict[str, Any]]:
    kinds = {numbers[0]: "Started", numbers[-1]: "Ended"}
    return [message(one, kinds.get(one, "Updated")) for one in numbers]


@pytest.mark.parametrize(
    ("numbers", "right"),
    [
        ((0, 2, 4, 6, 8, 9), True),
        ((0, 5, 7, 8, 9), True),
        ((0, 1, 3, 4), True),
        ((0, 5, 6, 7, 8, 9), False),
        ((0, 1, 2, 3, 9), False),
        ((2, 4, 6, 8, 9), False),
    ],
    ids=["every other", "twice", "one", "the oldest", "the newest", "the first"],
)
def test_events_are_dropped_between_others(numbers: tuple[int, ...], *, right: bool) -> None:
    told = events(*numbers)
    told[0]["payload"]["eventType"] = "Started" if numbers[0] == 0 else "Updated"
    assert judgement("PW_E_15_CS", "E04.FR.08", told).passed is right


def test_a_station_that_drops_nothing_has_nothing_to_be_judged() -> None:
    assert not judgement("PW_E_16_CS", "J02.FR.13", events(0, 1, 2, 3)).applies


@pytest.mark.parametrize(
    ("seconds", "right"),
    [((0, 2, 6, 10, 14, 15), True), ((0, 10, 12, 14, 15), False), ((0, 2, 4, 15), False), ((0, 15), False)],
    ids=["every other", "the oldest", "the newest", "all"],
)
def test_values_for_the_end_are_dropped_between_others(seconds: tuple[int, ...], *, right: bool) -> None:
    ended = [message(9, "Ended", *map(value, seconds))]
    assert judgement("PW_E_17_CS", "E06.FR.13", ended, sampled_interval=2).passed is right


async def test_seq_no_may_have_gaps_where_a_case_says_so() -> None:
    scene = BenchScene()
    await scene.play()
    for one in events(0, 2, 3):
        del one["payload"]["meterValue"]
        scene.says("TransactionEvent", one["payload"] | {"timestamp": BEGIN.isoformat()})
    failed = {
        case: [
            check.requirement
            for check in validated(all_cases()[case], scene.counterpart.transcript).checks
            if not check.passed
        ]
        for case in ("PW_E_15_CS", "PW_E_17_CS")
    }
    assert failed == {"PW_E_15_CS": [], "PW_E_17_CS": ["E01.FR.07"]}


# --- registers and phases ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("registers", "right"),
    [((5, 7, 7, 9), True), ((5, 7, 6, 9), False), ((5, 5, 5), False)],
    ids=["up", "back", "still"],
)
def test_a_register_that_goes_back_is_noticed(registers: tuple[int, ...], *, right: bool) -> None:
    told = [message(no, "Updated", value(no, {"value": one})) for no, one in enumerate(registers)]
    assert judgement("PW_J_03_CS", "J02.FR.16", told).passed is right


@pytest.mark.parametrize(
    ("phases", "right"),
    [(("L1", "L2", "L3"), True), (("L1-N", "L2-N", "L3-N"), True), (("L1", "L2"), False), (("L1", "L1", "L2"), False)],
    ids=["lines", "to neutral", "one is missing", "the same twice"],
)
def test_what_is_measured_of_each_phase_names_it(phases: tuple[str, ...], *, right: bool) -> None:
    samples = [{"value": 1, "measurand": "Current.Import", "phase": one} for one in phases]
    assert judgement("PW_J_02_CS", "J02.FR.06", [message(1, "Updated", value(0, *samples))]).passed is right
    single = [{"value": 1, "measurand": "Current.Import"}]
    told = [message(1, "Updated", value(0, *single))]
    assert judgement("PW_J_02_CS", "J02.FR.06", told, number_phases=1).passed


# --- logs ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "right"),
    [
        (b"a driver was authorized", True),
        (b"tap VALID-TOKEN-01 accepted", False),
        (gzip.compress(b"tap VALID-TOKEN-01 accepted"), False),
        (b"\x1f\x8b broken", True),
    ],
    ids=["without", "with", "packed", "broken"],
)
async def test_a_key_code_in_a_log_is_noticed(content: bytes, *, right: bool) -> None:
    judges = next(step for step in inside(all_cases()["PW_C_19_CS"].main) if isinstance(step, Judges))
    scene = BenchScene().scene
    scene.files = FileServer()
    try:
        url = scene.files.takes()
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            await client.put(f"{url}log", content=content)
        everything = {"messages": [], "kept": {"DiagnosticsLog to": url}}
        assert judges.checks[0].on(everything, scene).passed is right
    finally:
        await scene.files.close()
