"""CSMS under test, 2.0.1: diagnostics (N): monitoring, logs, customer information."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.csms_stage import VALID, Stage, at, stage
from tests.support.csms_stage201 import ACCEPTED, REJECTED, token

# --- monitors: reports --------------------------------------------------------------------------------------------------------------

AVAILABILITY = {"name": "AvailabilityState"}
EVSE = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": AVAILABILITY}
STATION = {"component": {"name": "ChargingStation"}, "variable": AVAILABILITY}
POWER = {"component": {"name": "ChargingStation"}, "variable": {"name": "Power"}}
EVSE_POWER = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}


def _part(place: dict[str, Any], number: int, kind: str, seq_no: int = 0, *, tbc: bool = False) -> dict[str, Any]:
    """A part of a report: one monitor of one variable."""
    monitor = {"id": number, "transaction": False, "value": 1, "type": kind, "severity": 5}
    told = {"seqNo": seq_no, "generatedAt": at(), "monitor": [place | {"variableMonitoring": [monitor]}]}
    return told | ({"tbc": True} if tbc else {})


async def _report(on: Stage, kind: str, *places: dict[str, Any], **body: Any) -> None:
    """Ask for monitors; the station tells one of each place, in as many parts, and the operator reads them in the answer and on record."""
    parts = [
        _part(place, 10 + number, kind, number, tbc=number + 1 < len(places)) for number, place in enumerate(places)
    ]
    ordered = await on.reported("get-monitoring-report", "NotifyMonitoringReport", *parts, **body)
    assert ordered.action == "GetMonitoringReport"
    assert ordered.sent == {"requestId": ordered.sent["requestId"]} | body
    expected = [(place["component"]["name"], 10 + number, kind) for number, place in enumerate(places)]
    told = [(each["component"]["name"], each["variableMonitoring"][0]) for each in ordered.told["monitor"]]
    assert [(name, monitor["id"], monitor["type"]) for name, monitor in told] == expected
    known = (await on.read("monitors"))["items"]
    assert [(each["component"]["name"], each["id"], each["type"]) for each in known] == expected


async def _nothing(on: Stage, **body: Any) -> None:
    """Ask for monitors; there are none."""
    ordered = await on.order("get-monitoring-report", {"status": "EmptyResultSet"}, **body)
    assert ordered.sent == {"requestId": ordered.sent["requestId"]} | body
    assert (ordered.told["status"], ordered.told["monitor"]) == ("EmptyResultSet", [])


DELTA, THRESHOLD = ["DeltaMonitoring"], ["ThresholdMonitoring"]


async def test_tc_n_01_csms() -> None:
    """By kind of monitor."""
    async with stage() as on:
        await _nothing(on, monitoringCriteria=DELTA)
        await _report(on, "UpperThreshold", POWER, EVSE_POWER, monitoringCriteria=THRESHOLD)


async def test_tc_n_02_csms() -> None:
    """By component and variable."""
    async with stage() as on:
        await _nothing(on, componentVariable=[POWER])
        await _report(on, "Delta", EVSE, componentVariable=[EVSE])


async def test_tc_n_03_csms() -> None:
    """By both."""
    async with stage() as on:
        await _nothing(on, monitoringCriteria=DELTA, componentVariable=[EVSE])
        await _report(on, "UpperThreshold", POWER, monitoringCriteria=THRESHOLD, componentVariable=[POWER])


async def test_tc_n_60_csms() -> None:
    """By kind, and several components and variables."""
    async with stage() as on:
        await _nothing(on, monitoringCriteria=THRESHOLD, componentVariable=[POWER, EVSE_POWER])
        await _report(on, "Delta", STATION, EVSE, monitoringCriteria=DELTA, componentVariable=[STATION, EVSE])


async def test_tc_n_47_csms() -> None:
    """All of them: nothing is said of kinds or variables, and what is not reported any more is forgotten."""
    async with stage() as on:
        await _report(on, "Delta", STATION, EVSE)
        await _report(on, "Delta", STATION)


# --- monitors: set, levels, clear ---------------------------------------------------------------------------------------------------


async def test_tc_n_05_csms() -> None:
    """All, the factory's, the hard wired: the operator reads which base holds, and monitors that go with it are forgotten."""
    async with stage() as on:
        await _set(on, EVSE)
        for base in ("All", "FactoryDefault", "HardWiredOnly"):
            ordered = await on.order("set-monitoring-base", ACCEPTED, monitoringBase=base)
            assert (ordered.action, ordered.sent) == ("SetMonitoringBase", {"monitoringBase": base})
            assert ordered.told == {"status": "Accepted"}
            known = await on.read("monitors")
            assert known["monitoringBase"] == base
            assert len(known["items"]) == (base == "All")


async def _set(on: Stage, *places: dict[str, Any]) -> None:
    """Set a Delta monitor of severity 8 on each; the station hears all in one message and says its ids, which the operator reads."""
    data = [place | {"value": 1, "type": "Delta", "severity": 8} for place in places]
    results = [
        place | {"type": "Delta", "severity": 8, "status": "Accepted", "id": 10 + number}
        for number, place in enumerate(places)
    ]
    limits = {"attributeStatus": "UnknownVariable", "component": {"name": "MonitoringCtrlr"}}
    asked = [{"getVariableResult": [limits | {"variable": {"name": "ItemsPerMessage"}}]}] if len(places) > 1 else []
    heard, told = await on.exchanged(
        "set-variable-monitoring", *asked, {"setMonitoringResult": results}, setMonitoringData=data
    )
    assert heard[-1] == ("SetVariableMonitoring", {"setMonitoringData": data})
    assert [(each["status"], each["id"]) for each in told["setMonitoringResult"]] == [
        ("Accepted", each["id"]) for each in results
    ]
    assert [(each["id"], each["severity"]) for each in (await on.read("monitors"))["items"]] == [
        (each["id"], 8) for each in results
    ]


async def test_tc_n_08_csms() -> None:
    """One monitor."""
    async with stage() as on:
        await _set(on, EVSE)


async def test_tc_n_09_csms() -> None:
    """Two monitors in one message; the station is asked how many it takes first."""
    async with stage() as on:
        await _set(on, EVSE, STATION)


@pytest.mark.parametrize(
    ("answer", "known"),
    [pytest.param("Accepted", 4, id="tc_n_16_csms"), pytest.param("Rejected", None, id="tc_n_17_csms")],
)
async def test_tc_n_16_17_csms(answer: str, known: int | None) -> None:
    """The level of events to be told: it counts if the station takes it."""
    async with stage() as on:
        ordered = await on.order("set-monitoring-level", {"status": answer}, severity=4)
        assert (ordered.action, ordered.sent) == ("SetMonitoringLevel", {"severity": 4})
        assert ordered.told == {"status": answer}
        assert (await on.read("monitors"))["monitoringLevel"] == known


def _cleared(*results: tuple[int, str]) -> dict[str, Any]:
    return {"clearMonitoringResult": [{"id": number, "status": state} for number, state in results]}


@pytest.mark.req("N06.FR.04", versions=("2.0.1",))
async def test_tc_n_18_csms() -> None:
    """The station takes two ids in a message: five go in three messages."""
    most = {"name": "ItemsPerMessage", "instance": "ClearVariableMonitoring"}
    limit = {"attributeStatus": "Accepted", "attributeValue": "2", "component": {"name": "MonitoringCtrlr"}}
    batches = [[1, 2], [3, 4], [5]]
    answers = [_cleared(*((number, "NotFound") for number in batch)) for batch in batches]
    async with stage() as on:
        heard, told = await on.exchanged(
            "clear-variable-monitoring",
            {"getVariableResult": [limit | {"variable": most}]},
            *answers,
            id=[1, 2, 3, 4, 5],
        )
        assert heard[0][0] == "GetVariables"
        assert {"component": {"name": "MonitoringCtrlr"}, "variable": most} in heard[0][1]["getVariableData"]
        assert heard[1:] == [("ClearVariableMonitoring", {"id": batch}) for batch in batches]
        assert [each["status"] for each in told["clearMonitoringResult"]] == ["NotFound"] * 5


async def test_tc_n_44_csms() -> None:
    """A monitor that cannot be cleared stays on record."""
    async with stage() as on:
        await _set(on, EVSE)
        ordered = await on.order("clear-variable-monitoring", _cleared((10, "Rejected")), id=[10])
        assert (ordered.action, ordered.sent) == ("ClearVariableMonitoring", {"id": [10]})
        assert ordered.told == _cleared((10, "Rejected"))
        assert [each["id"] for each in (await on.read("monitors"))["items"]] == [10]


# --- events -------------------------------------------------------------------------------------------------------------------------


HEAT = {"component": {"name": "Controller"}, "variable": {"name": "Temperature"}}


async def _event(on: Stage, **more: Any) -> dict[str, Any]:
    """An event is acknowledged with nothing; what the operator reads of it."""
    event = HEAT | {
        "eventId": on.ticks(),
        "timestamp": at(on.ticks()),
        "trigger": "Alerting",
        "actualValue": "1",
        "eventNotificationType": "CustomMonitor",
        "variableMonitoringId": 10,
    }
    said = {"generatedAt": at(), "seqNo": 0, "eventData": [event | more]}
    assert await on.cs.ask("NotifyEvent", said) == {}
    read: dict[str, Any] = (await on.read("device-events"))["items"][0]
    assert read["eventId"] == event["eventId"]
    return read


async def _alerts(on: Stage) -> list[str]:
    return [each["state"] for each in (await on.read("alerts"))["items"]]


@pytest.mark.req("N07.FR.03", versions=("2.0.1",))
async def test_tc_n_21_csms() -> None:
    """A hard wired monitor alerts (the text of the case is missing; it is TC_N_24 with such a monitor): the operator has an alert."""
    async with stage() as on:
        read = await _event(on, eventNotificationType="HardWiredMonitor")
        assert (read["eventNotificationType"], read["trigger"]) == ("HardWiredMonitor", "Alerting")
        assert await _alerts(on) == ["open"]


@pytest.mark.req("N08.FR.02", versions=("2.0.1",))
async def test_tc_n_24_csms() -> None:
    """A periodic monitor tells again and again, each time with an event of its own; that alarms nobody."""
    async with stage() as on:
        for value in ("1", "2", "3"):
            assert (await _event(on, trigger="Periodic", actualValue=value))["actualValue"] == value
        assert len((await on.read("device-events"))["items"]) == 3
        assert await _alerts(on) == []


async def test_tc_n_48_csms() -> None:
    """A variable that can only be written: the event has an empty value."""
    async with stage() as on:
        assert (await _event(on, actualValue=""))["actualValue"] == ""


async def test_tc_n_49_csms() -> None:
    """A threshold is no longer passed after a restart: the alert is over."""
    async with stage() as on:
        await _event(on, actualValue="90")
        assert await _alerts(on) == ["open"]
        assert (await _event(on, cleared=True))["cleared"] is True
        assert await _alerts(on) == ["cleared"]


async def test_tc_n_50_csms() -> None:
    """A periodic event."""
    async with stage() as on:
        assert (await _event(on, trigger="Periodic"))["trigger"] == "Periodic"


# --- logs ---------------------------------------------------------------------------------------------------------------------------

PLACE = "https://logs.example.org/in/"


async def _log(on: Stage, kind: str = "DiagnosticsLog", answer: str = "Accepted") -> int:
    """Ask for a log; the request id."""
    said = {"status": answer} | ({} if answer == "Rejected" else {"filename": "log.zip"})
    ordered = await on.order("get-log", said, logType=kind, remoteLocation=PLACE)
    request = ordered.sent["requestId"]
    assert ordered.action == "GetLog"
    assert ordered.sent == {"logType": kind, "requestId": request, "log": {"remoteLocation": PLACE}}
    assert (ordered.told["status"], ordered.told["requestId"]) == (answer, request)
    return int(request)


async def _upload(on: Stage, request: int, *statuses: str) -> None:
    for state in statuses:
        assert await on.cs.ask("LogStatusNotification", {"status": state, "requestId": request}) == {}


async def _uploaded(on: Stage, request: int) -> tuple[list[str], bool, bool]:
    """The statuses the operator reads; whether more is to come; whether it was given up for another."""
    read = await on.read(f"logs/{request}")
    return [each["status"] for each in read["statuses"]], read["open"], read["canceled"]


@pytest.mark.parametrize(
    "kind", [pytest.param("DiagnosticsLog", id="tc_n_25_csms"), pytest.param("SecurityLog", id="tc_n_35_csms")]
)
async def test_tc_n_25_35_csms(kind: str) -> None:
    """A log is asked for and uploaded."""
    async with stage() as on:
        request = await _log(on, kind)
        await _upload(on, request, "Uploading")
        assert await _uploaded(on, request) == (["Uploading"], True, False)
        await _upload(on, request, "Uploaded")
        assert await _uploaded(on, request) == (["Uploading", "Uploaded"], False, False)


async def test_tc_n_34_csms() -> None:
    """The station rejects it: nothing more is to come."""
    async with stage() as on:
        assert await _uploaded(on, await _log(on, answer="Rejected")) == ([], False, False)


async def test_tc_n_36_csms() -> None:
    """A second log while the first is uploaded: the first is given up, and each status counts for its own request."""
    async with stage() as on:
        first = await _log(on)
        await _upload(on, first, "Uploading")
        second = await _log(on, answer="AcceptedCanceled")
        assert await _uploaded(on, first) == (["Uploading"], False, True)
        await _upload(on, first, "AcceptedCanceled")
        await _upload(on, second, "Uploading", "Uploaded")
        assert await _uploaded(on, first) == (["Uploading", "AcceptedCanceled"], False, True)
        assert await _uploaded(on, second) == (["Uploading", "Uploaded"], False, False)


# --- customers ----------------------------------------------------------------------------------------------------------------------

IDENTIFIER = {"customerIdentifier": "OpenChargeAlliance"}
CERTIFICATE = {
    "customerCertificate": {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": "0a1b",
        "issuerKeyHash": "2c3d",
        "serialNumber": "1f",
    }
}


async def _customer(on: Stage, *data: str, clear: bool, report: bool = True, **who: Any) -> None:
    """Ask about, or clear, a customer; the station tells it in parts, and the operator reads them as one text."""
    parts = [
        {"data": each, "seqNo": number, "generatedAt": at()} | ({"tbc": True} if number + 1 < len(data) else {})
        for number, each in enumerate(data)
    ]
    who = who or {"idToken": token()}
    for wrong in ({}, {"idToken": token()} | IDENTIFIER):
        await on.refused("customer-information", report=report, clear=clear, **wrong)
    ordered = await on.reported(
        "customer-information", "NotifyCustomerInformation", *parts, report=report, clear=clear, **who
    )
    assert ordered.action == "CustomerInformation"
    sent = {"requestId": ordered.sent["requestId"], "report": report, "clear": clear}
    assert ordered.sent == sent | who
    assert (ordered.told["status"], ordered.told["data"]) == ("Accepted", "".join(data))


@pytest.mark.req("N09.FR.01", "N09.FR.04", versions=("2.0.1",))
@pytest.mark.parametrize(
    "data", [pytest.param(("two char", "ges"), id="tc_n_27_csms"), pytest.param(("",), id="tc_n_28_csms")]
)
async def test_tc_n_27_28_csms(data: tuple[str, ...]) -> None:
    """Something is known of the customer, or nothing."""
    async with stage() as on:
        await _customer(on, *data, clear=False)


@pytest.mark.req("N09.FR.01", versions=("2.0.1",))
async def test_tc_n_29_csms() -> None:
    """The station rejects it."""
    async with stage() as on:
        ordered = await on.order("customer-information", REJECTED, report=True, clear=False, idToken=token())
        assert (ordered.sent["report"], ordered.sent["idToken"]) == (True, token(VALID))
        assert (ordered.told["status"], ordered.told["data"]) == ("Rejected", None)


@pytest.mark.req("N10.FR.08", versions=("2.0.1",))
@pytest.mark.parametrize(
    ("data", "report", "who"),
    [
        pytest.param("two charges", True, {}, id="tc_n_30_csms"),
        pytest.param("", True, {}, id="tc_n_31_csms"),
        pytest.param("", False, {}, id="tc_n_32_csms"),
        pytest.param("two charges", True, IDENTIFIER, id="tc_n_62_csms"),
        pytest.param("two charges", True, CERTIFICATE, id="tc_n_63_csms"),
    ],
)
async def test_tc_n_30_31_32_62_63_csms(data: str, report: bool, who: dict[str, Any]) -> None:
    """Clear what is known of a customer, with and without a report of it; named by a token, an identifier, a certificate."""
    async with stage() as on:
        await _customer(on, data, clear=True, report=report, **who)


@pytest.mark.req("D01.FR.01", versions=("2.0.1",))
async def test_tc_n_46_csms() -> None:
    """Clear a customer who is in the local list; the operator takes the token out of the list, which has a higher number then."""
    async with stage() as on:
        await _customer(on, "two charges", clear=True)
        entries = [{"idToken": token()}]
        ordered = await on.order(
            "send-local-list", ACCEPTED, updateType="Differential", versionNumber=3, localAuthorizationList=entries
        )
        assert ordered.action == "SendLocalList"
        assert ordered.sent == {"versionNumber": 3, "updateType": "Differential", "localAuthorizationList": entries}
        assert ordered.told == {"status": "Accepted", "versionNumber": 3}
