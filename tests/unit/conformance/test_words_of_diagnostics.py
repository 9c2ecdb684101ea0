"""Words and checks that cases about monitors, logs and customers need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pilotwire.conformance.cases.ocpp201.station.n_diagnostics.events import by_charging, of_monitor, tells_event
from pilotwire.conformance.cases.ocpp201.station.n_diagnostics.monitors import (
    EVSE_STATE,
    STATION_STATE,
    id_of,
    monitor,
    result,
    tells,
    tells_only,
)
from pilotwire.conformance.cases.ocpp201.station.n_diagnostics.n01_logs import TC_N_25_CS, TC_N_26_CS
from pilotwire.conformance.cases.ocpp201.station.n_diagnostics.n07_alerts import TC_N_20_CS
from pilotwire.conformance.cases.ocpp201.station.n_diagnostics.n08_periodic import TC_N_24_CS
from pilotwire.conformance.cases.ocpp201.station.n_diagnostics.n09_n10_customers import TC_N_30_CS
from pilotwire.conformance.checks import equals
from pilotwire.conformance.language import Acts, Case, Judges, Keeps, Receives
from pilotwire.conformance.values import Unresolved, made, resolve
from pilotwire.conformance.wire.files import FileServer, Visit
from tests.support.bench_scene import BenchScene

AT = datetime(2026, 1, 1, tzinfo=UTC)
EVSE_1 = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "AvailabilityState"}}
STATION = {"component": {"name": "ChargingStation"}, "variable": {"name": "AvailabilityState"}}


def _heard(
    action: str, payloads: Iterable[Mapping[str, Any]], seconds: Iterable[float] | None = None
) -> list[dict[str, Any]]:
    moments = iter(seconds) if seconds is not None else iter(lambda: 0.0, None)
    return [
        {"action": action, "payload": one, "at": (AT + timedelta(seconds=next(moments))).isoformat(), "part": "main"}
        for one in payloads
    ]


def _passed(case: Case, scene: BenchScene, messages: list[dict[str, Any]]) -> dict[str, bool]:
    """Whether each check of the case's last validation passed."""
    (judges,) = (step for step in case.after if isinstance(step, Judges))
    everything = {"messages": messages, "kept": scene.scene.kept}
    return {check.what: check.on(everything, scene.scene).passed for check in judges.checks}


# --- one message for two steps ------------------------------------------------------------------------------------------------------


def _event(*numbers: int) -> tuple[str, dict[str, Any]]:
    data = [
        {
            "eventId": number,
            "timestamp": "2026-01-01T00:00:00Z",
            "trigger": "Delta",
            "actualValue": "Occupied",
            "eventNotificationType": "CustomMonitor",
            "variableMonitoringId": number,
            **EVSE_1,
        }
        for number in numbers
    ]
    return "NotifyEvent", {"generatedAt": "2026-01-01T00:00:00Z", "seqNo": 0, "eventData": data}


async def test_what_is_told_in_one_message_or_in_two_is_as_good() -> None:
    for said in ([_event(1, 2)], [_event(2), _event(1)]):
        scene = BenchScene(acts={"plug_in": said})
        steps = (tells_event("1", meant=(equals("variableMonitoringId", number),), shared=True) for number in (1, 2))
        assert await scene.play(Acts(act="plug_in"), *steps)


async def test_a_message_that_is_not_shared_is_taken_once() -> None:
    scene = BenchScene(acts={"plug_in": [_event(1, 2)]})
    once = Receives(action="NotifyEvent")
    assert not await scene.play(Acts(act="plug_in"), once, Receives(action="NotifyEvent"))


# --- monitors -----------------------------------------------------------------------------------------------------------------------

WATCHED = monitor(EVSE_STATE)
ACCEPTED = {"status": "Accepted", "type": "Delta", "severity": 5, **EVSE_1, "id": 7}


def test_a_result_is_of_the_monitor_that_was_set() -> None:
    known = BenchScene().scene

    def judged(*status: str, **other: Any) -> bool:
        found = {**ACCEPTED, **other}
        plain = {name: value for name, value in found.items() if value is not None}
        return result(WATCHED, *status).on({"setMonitoringResult": [plain]}, known).passed

    assert judged()
    assert not any((judged(id=None), judged(severity=4), judged(type="Periodic"), judged(status="Rejected")))
    assert not judged(component=STATION["component"])
    assert judged("Rejected", status="Rejected", id=None)
    assert not judged("Rejected", status="Rejected")
    assert judged(statusInfo={"reasonCode": "NoError"})
    assert not judged(statusInfo={"reasonCode": "NotFound"})


def test_the_id_of_a_monitor_is_that_of_its_own_result() -> None:
    known = BenchScene().scene
    known.kept["monitors"] = [{**ACCEPTED, **STATION, "id": 6}, ACCEPTED]
    assert resolve(id_of(WATCHED), known) == 7
    assert resolve(id_of(monitor(STATION_STATE)), known) == 6
    with pytest.raises(Unresolved):
        resolve(id_of(monitor(EVSE_STATE, severity=1)), known)


def test_a_report_is_judged_as_a_whole() -> None:
    known = BenchScene().scene
    known.kept["report"] = 1
    there = {"id": 7, "type": "Delta", "value": 1.0, "severity": 5, "transaction": False}
    parts: list[dict[str, Any]] = [
        {"requestId": 1, "monitor": [{**EVSE_1, "variableMonitoring": [there]}]},
        {"requestId": 2},
    ]
    everything = {"messages": _heard("NotifyMonitoringReport", parts)}
    assert tells(WATCHED, number=7).on(everything, known).passed
    assert not tells(WATCHED, number=8).on(everything, known).passed
    assert not tells(monitor(STATION_STATE)).on(everything, known).passed
    assert not tells(monitor(EVSE_STATE, severity=4)).on(everything, known).passed
    assert not tells(WATCHED, transaction=True).on(everything, known).passed
    of_type = tells_only("of type Delta", lambda row, _: row[2]["type"] == "Delta")
    assert of_type.on(everything, known).passed
    assert not of_type.on({"messages": []}, known).passed


def test_power_rises_by_charging_and_other_variables_by_hand() -> None:
    for variable, rises in (("EVSE@1.Power", True), ("Connector@1:1.Current", True), ("X.Temperature", False)):
        known = BenchScene(settings={"threshold_variable": variable}).scene
        assert by_charging("threshold_variable").holds(known) is rises


def test_events_have_ids_of_their_own() -> None:
    scene = BenchScene()

    def judged(*payloads: dict[str, Any]) -> list[bool]:
        return list(_passed(TC_N_20_CS, scene, _heard("NotifyEvent", payloads)).values())

    raised, cleared = (_event(1)[1] for _ in range(2))
    cleared["eventData"][0]["cleared"] = True
    assert judged(raised, raised) == [True]  # the same event, said again
    assert judged(raised, cleared) == [False]


def test_periodic_events_are_one_interval_apart() -> None:
    scene = BenchScene(settings={"aligned_interval": 10})
    power = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}
    scene.scene.kept["monitors"] = [{**ACCEPTED, **power, "type": "Periodic"}]
    scene.scene.kept["set at"] = AT.isoformat()
    for seconds, right in (
        ((10, 20), True),
        ((10, 20, 31.5), True),
        ((20, 30), False),
        ((10, 15), False),
        ((10,), False),
    ):
        messages = []
        for second in seconds:
            action, payload = _event(7)
            payload["eventData"][0]["timestamp"] = (AT + timedelta(seconds=second)).isoformat()
            messages += _heard(action, [payload])
        assert list(_passed(TC_N_24_CS, scene, messages).values()) == [right], seconds


def test_an_event_is_found_by_its_monitor() -> None:
    known = BenchScene().scene
    known.kept["monitors"] = [ACCEPTED]
    (check,) = of_monitor(WATCHED)
    assert check.on({"variableMonitoringId": 7}, known).passed
    assert not check.on({"variableMonitoringId": 8}, known).passed


# --- logs ---------------------------------------------------------------------------------------------------------------------------


class _Files(FileServer):
    """A file server nobody listens at."""

    def _listen(self) -> str:
        return "http://bench"


def _with_files(**settings: Any) -> BenchScene:
    scene = BenchScene(settings=settings)
    scene.scene.files = _Files()
    return scene


async def test_the_plan_may_name_where_logs_go() -> None:
    for settings, wanted in (({}, "http://bench/in-1/"), ({"log_url": "ftp://logs/"}, "ftp://logs/")):
        scene = _with_files(**settings)
        await scene.play(
            Keeps(values={"where": made("log location")}), Keeps(values={"slow": made("log location", held=True)})
        )
        assert scene.scene.kept["where"] == wanted
        assert (scene.scene.made("uploads", location=wanted) is None) is bool(settings)
    refusing = _with_files(refusing_log_url="ftp://logs/no").scene
    assert resolve(made("log location", status=404), refusing) == "ftp://logs/no"
    assert resolve(made("log location"), refusing) == "http://bench/in-1/"


def _visit(name: str = "a.log", content: bytes = b"lines", **other: Any) -> Visit:
    fields: dict[str, Any] = {"method": "PUT", "path": f"/in-1/{name}", "headers": {}, "status": 201} | other
    return Visit("http://bench/in-1/", name=name, content=content, **fields)


@pytest.mark.parametrize(
    ("visits", "wrong"),
    [
        ([_visit()], 0),
        ([_visit(status=405), _visit(method="POST", headers={"content-type": "a", "content-disposition": "b"})], 0),
        ([], 2),
        ([_visit(content=b"")], 1),
        ([_visit("other.log")], 1),
        ([_visit(), _visit()], 1),
        ([_visit(method="POST")], 1),
    ],
)
def test_an_upload_is_judged_by_what_arrived(visits: list[Visit], wrong: int) -> None:
    scene = _with_files()
    where = scene.scene.files.takes()
    scene.scene.files.visits.extend(visits)
    scene.scene.kept.update({"where": where, "file of log": "a.log"})
    assert list(_passed(TC_N_25_CS, scene, []).values()).count(False) == wrong


def test_an_upload_that_fails_is_tried_as_often_and_as_long_as_asked() -> None:
    def wrong(told: Sequence[tuple[str, float]], attempts: int = 4) -> list[str]:
        scene = _with_files(log_retry_interval=10)
        where = scene.scene.files.takes(status=404)
        scene.scene.files.visits.extend([_visit(status=404)] * attempts)
        scene.scene.kept.update({"where": where, "log": 3})
        payloads = [{"status": status, "requestId": 3} for status, _ in told]
        judged = _passed(TC_N_26_CS, scene, _heard("LogStatusNotification", payloads, (at for _, at in told)))
        return [what for what, passed in judged.items() if not passed]

    assert wrong([("Uploading", 0), ("UploadFailure", 30.5)]) == []
    each_time = [
        (status, at + wait) for at in (0, 10, 20, 30) for status, wait in (("Uploading", 0), ("BadMessage", 1))
    ]
    assert wrong(each_time) == []
    assert len(wrong([("Uploading", 0), ("UploadFailure", 10)])) == 1
    assert len(wrong([("Uploading", 0), ("UploadFailure", 60)])) == 1
    assert len(wrong(each_time[:-2], 3)) == 4
    assert len(wrong([("Uploading", 0), ("UploadFailure", 30)], 1)) == 1


# --- customers ----------------------------------------------------------------------------------------------------------------------


def test_what_was_removed_is_told_no_more() -> None:
    scene = BenchScene()
    scene.scene.kept.update({"cleared": 1, "customer": 2})
    for before, after, right in (("cached, listed", "listed", True), ("cached", "cached", False), ("", "", False)):
        parts = [{"requestId": 1, "data": before}, {"requestId": 2, "data": after}]
        judged = _passed(TC_N_30_CS, scene, _heard("NotifyCustomerInformation", parts))
        assert list(judged.values()) == [right]
