"""What cases of block A judge beyond one field: waits between requests, what is left of the order of slots, for whom V2G is asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pilotwire.conformance.cases.ocpp201.station.a_security import a02_certificates, a05_security_profile, secure
from pilotwire.conformance.language import ForEach, inside
from pilotwire.conformance.states.certificates201 import renew_v2g_charging_station_certificate
from pilotwire.conformance.values import resolve
from tests.support.bench_scene import BenchScene

AT = datetime(2026, 1, 1, tzinfo=UTC)


def asked(*seconds: float) -> dict[str, Any]:
    times = [AT + timedelta(seconds=one) for one in seconds]
    return {"messages": [{"action": "SignCertificate", "at": one.isoformat()} for one in times], "kept": {}}


@pytest.mark.parametrize(
    ("waits", "seconds", "passed"),
    [
        (1, (0, 10.1), True),
        (1, (0, 9.2), True),
        (1, (0, 8.5), False),
        (2, (0, 10, 30), True),
        (2, (0, 10, 20), False),
        (2, (0, 30, 40), False),
    ],
)
def test_the_last_two_requests_are_the_waits_apart(waits: int, seconds: tuple[float, ...], passed: bool) -> None:
    scene = BenchScene(settings={"cert_signing_wait_minimum": 10}).scene
    (check,) = a02_certificates._after_the_wait("6", waits).checks
    assert check.on(asked(*seconds), scene).passed is passed


@pytest.mark.parametrize(
    ("statuses", "passed"),
    [(("Rejected", "Rejected", "Accepted"), True), (("Rejected", "Rejected", "Rejected"), False), ((), False)],
)
def test_one_of_three_certificates_has_to_be_accepted(statuses: tuple[str, ...], passed: bool) -> None:
    (judges,) = a02_certificates.TC_A_23_CS.after
    names = ("signed_first", "signed_second", "signed_third")
    everything = {"kept": dict(zip(names, statuses, strict=False)), "messages": []}
    assert judges.checks[0].on(everything, BenchScene().scene).passed is passed  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("value", "passed"), [("2", True), ("3, 2", True), ("2,1", False), ("1", False), ("12", False), (None, False)]
)
def test_the_slot_of_before_is_out_of_the_order_and_the_new_one_in(value: str | None, passed: bool) -> None:
    scene = BenchScene().scene
    scene.kept["active slot"] = "1"
    result = {} if value is None else {"attributeValue": value}
    found = a05_security_profile._SLOT_BEFORE_IS_GONE.on({"getVariableResult": [result]}, scene)
    assert found.passed is passed


@pytest.mark.parametrize(
    ("serial", "passed"), [("4c4ef3", True), ("0", False), ("", False), ("sabotage", False), (None, False)]
)
def test_a_serial_number_is_a_number(serial: str | None, passed: bool) -> None:
    check = next(one for one in secure.CERTIFICATE_IS_GOOD if one.path == "certificate_serial")
    assert check.on({"certificate_serial": serial}, BenchScene().scene).passed is passed


def report(*rows: tuple[int | None, str]) -> dict[str, Any]:
    data = [
        {
            "component": {"name": "ISO15118Ctrlr"} | ({} if evse is None else {"evse": {"id": evse}}),
            "variable": {"name": "SeccId"},
            "variableAttribute": [{"value": name}],
        }
        for evse, name in rows
    ]
    return {"requestId": 7, "generatedAt": AT.isoformat(), "seqNo": 0, "reportData": data}


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        (((1, "A"), (2, "B")), [{"evse": 1, "name": "A"}, {"evse": 2, "name": "B"}]),
        (((None, "A"), (2, "")), [{"evse": None, "name": "A"}]),
        (((None, ""),), [{"evse": None, "name": ""}]),
    ],
)
async def test_a_v2g_certificate_is_asked_for_each_secc(rows: Any, wanted: Any) -> None:
    scene = BenchScene()
    await scene.play()
    scene.scene.kept["secc_report"] = 7
    scene.says("NotifyReport", report(*rows))
    (each,) = [one for one in inside(renew_v2g_charging_station_certificate()) if isinstance(one, ForEach)]
    assert resolve(each.values, scene.scene) == wanted
    scene.scene.kept["secc"] = wanted[0]
    place = resolve({"evse": each.steps[0].payload["evse"]}, scene.scene)  # type: ignore[attr-defined]
    assert place == ({} if wanted[0]["evse"] is None else {"evse": {"id": wanted[0]["evse"]}})
