"""The doctor's probes of messages, over real sockets, at backends that are right and at backends that are wrong on purpose."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pilotwire.clock import SystemClock
from pilotwire.doctor.examination import examine
from pilotwire.doctor.findings import Chart, Finding, Rule, Severity
from pilotwire.doctor.patient import Card, Patient, Place
from pilotwire.doctor.probes.protocol import protocol_probes
from pilotwire.doctor.profiles.profile import NOTHING_MORE, PlatformProfile, ProtocolDemands
from pilotwire.doctor.rules import protocol as rules
from pilotwire.ocpp.version import OcppVersion
from tests.support.scripted_csms import SILENCE, Error, Raw, Reply, ScriptedCsms, scripted_csms

VERSIONS = tuple(OcppVersion)
V16, V201, V21 = VERSIONS


def now(shift: timedelta = timedelta()) -> str:
    """The time, as a backend writes it."""
    return (datetime.now(UTC) + shift).strftime("%Y-%m-%dT%H:%M:%SZ")


def boot(status: str = "Accepted", **more: Any) -> dict[str, Any]:
    """A boot answer."""
    return {"status": status, "currentTime": now(), "interval": 300} | more


def right(version: OcppVersion) -> Reply:
    """What a right backend answers."""
    told = "idTagInfo" if version is V16 else "idTokenInfo"

    def reply(action: str, payload: Any) -> Any:
        if action == "BootNotification":
            return boot()
        if action == "Heartbeat":
            return {"currentTime": now()}
        if action == "Authorize":
            return Error("TypeConstraintViolation") if 4711 in payload.values() else {told: {"status": "Invalid"}}
        if action == "DataTransfer":
            return {"status": "UnknownVendorId"}
        return {} if action == "StatusNotification" else Error("NotImplemented")

    return reply


def but(version: OcppVersion, action: str, answer: Any) -> Reply:
    """A right backend, but for one action; a function makes its answer."""
    usual = right(version)

    def reply(asked: str, payload: Any) -> Any:
        if asked != action:
            return usual(asked, payload)
        return answer(payload) if callable(answer) else answer

    return reply


@asynccontextmanager
async def backend(version: OcppVersion, reply: Reply) -> AsyncIterator[ScriptedCsms]:
    """A backend."""
    async with scripted_csms(version.value, reply) as csms:
        yield csms


def patient_of(
    csms: ScriptedCsms, timeout: float = 10, patience: float = 0, profile: PlatformProfile = NOTHING_MORE
) -> Patient:
    """A station that is to dock there."""
    card = Card("Maker", "One", "SN1", "1.0")
    place = Place.of(csms.url)
    return Patient(
        place, "CS001", SystemClock(), VERSIONS, card=card, timeout=timeout, patience=patience, profile=profile
    )


async def examined(version: OcppVersion, reply: Reply, **more: Any) -> tuple[Chart, ScriptedCsms]:
    """What the probes find."""
    async with backend(version, reply) as csms:
        return await examine(patient_of(csms, **more), protocol_probes()), csms


def worth(chart: Chart) -> list[Finding]:
    """The findings above a note, the first first."""
    return [each for each in chart.in_order() if each.weight is not Severity.NOTE]


def shown(chart: Chart) -> list[str]:
    """The findings, for a failed test."""
    return [f"{each.weight} {each.rule.id}: {each.what}" for each in chart.in_order()]


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_right_backend_has_nothing_against_it(version: OcppVersion) -> None:
    chart, csms = await examined(version, right(version))
    assert (chart.findings, chart.skipped) == ([], []), shown(chart)
    facts = {each.name: each.value for each in chart.facts}
    assert facts["BootNotification"].startswith("Accepted, interval 300 s, answered in ")
    assert (facts["unknown action"], facts["broken payload"], facts["unknown token"]) == (
        "NotImplemented",
        "TypeConstraintViolation",
        "Invalid",
    )
    assert facts["OCPP version"] == version.value
    card = csms.of("BootNotification")[0]
    assert (card if version is V16 else card["chargingStation"]).get("firmwareVersion") == "1.0"


BOOTS: dict[str, tuple[Any, Rule, str]] = {
    "rejected": (lambda _: boot("Rejected"), rules.BOOT_REJECTED, "rejects"),
    "pending": (lambda _: boot("Pending"), rules.BOOT_PENDING, "Pending"),
    "an error": (Error("InternalError", "no database"), rules.BOOT_ERROR, "no database"),
    "refused as broken": (Error("FormationViolation"), rules.BOOT_ERROR, "FormationViolation, although its payload fits"),
    "a status in wrong case": (lambda _: boot("accepted"), rules.ENUM_CASE, "'Accepted'"),
    "an interval as text": (lambda _: boot(interval="300"), rules.INTEGER_AS_TEXT, "interval"),
    "no interval": (lambda _: {"status": "Accepted", "currentTime": now()}, rules.MISSING_FIELD, "interval"),
    "an hour ahead": (lambda _: boot(currentTime=now(timedelta(hours=1))), rules.CSMS_CLOCK, "ahead of our own, by whole hours"),
    "an interval below zero": (lambda _: boot(interval=-1), rules.BOOT_INTERVAL, "below 0"),
    "no time zone": (lambda _: boot(currentTime=now().rstrip("Z")), rules.NO_ZONE, "currentTime"),
}  # fmt: skip


@pytest.mark.req("B01.FR.02", "1.6:4.2")
@pytest.mark.parametrize("name", BOOTS)
async def test_a_wrong_boot_answer_is_told_first(name: str) -> None:
    answer, rule, words = BOOTS[name]
    chart, _ = await examined(V16, but(V16, "BootNotification", answer))
    found = worth(chart)
    assert found, shown(chart)
    assert (found[0].rule, words in found[0].what) == (rule, True), shown(chart)


@pytest.mark.parametrize("name", ["rejected", "pending", "an error"])
async def test_nothing_more_is_asked_of_a_backend_that_does_not_accept(name: str) -> None:
    chart, csms = await examined(V16, but(V16, "BootNotification", BOOTS[name][0]))
    assert [each.action for each in csms.heard] == ["BootNotification"]
    assert "It does not come to that" in chart.skipped[0].why


async def test_a_boot_answer_that_cannot_be_read_is_fatal() -> None:
    chart, _ = await examined(V16, but(V16, "BootNotification", Raw('[3,"{id}",{"status":"Accepted"')), timeout=1.5)
    assert (rules.NOT_JSON, Severity.FATAL) in [(each.rule, each.weight) for each in chart.findings], shown(chart)


async def test_a_backend_whose_clock_is_wrong_is_told_alone() -> None:
    chart, _ = await examined(V16, but(V16, "BootNotification", lambda _: boot(currentTime="2020-01-01T00:00:00Z")))
    assert [each.rule for each in worth(chart)] == [rules.CSMS_CLOCK], shown(chart)


async def test_a_backend_that_does_not_answer_the_boot() -> None:
    chart, _ = await examined(V201, but(V201, "BootNotification", SILENCE), timeout=0.3)
    assert [(each.rule, each.weight) for each in chart.findings] == [(rules.BOOT_UNANSWERED, Severity.FATAL)], shown(
        chart
    )


def closing_at(version: OcppVersion, action: str, told: list[ScriptedCsms]) -> Reply:
    """A backend that breaks the line at an action."""

    def close(_: Any) -> Any:
        told[0].drop()
        return SILENCE

    return but(version, action, close)


@pytest.mark.parametrize(
    ("action", "rule"), [("BootNotification", rules.BOOT_CLOSED), ("PilotwireDoctorAsks", rules.CLOSED)]
)
async def test_a_backend_that_closes_instead(action: str, rule: Rule) -> None:
    told: list[ScriptedCsms] = []
    async with backend(V201, closing_at(V201, action, told)) as csms:
        told.append(csms)
        chart = await examine(patient_of(csms), protocol_probes())
    assert worth(chart)[0].rule is rule, shown(chart)
    assert chart.skipped


def broken(answer: Any) -> Callable[[Any], Any]:
    """What Authorize answers to a broken payload; a right one gets the usual."""
    return lambda payload: answer if 4711 in payload.values() else {"idTokenInfo": {"status": "Unknown"}}


TALKS: dict[str, tuple[str, Any, Rule, str]] = {
    "an unknown action taken": ("PilotwireDoctorAsks", {}, rules.BROKEN_TAKEN, "as if it knew it"),
    "InternalError for an unknown action": ("PilotwireDoctorAsks", Error("InternalError"), rules.CODE_WRONG, "NotImplemented"),
    "a code that is none": ("PilotwireDoctorAsks", Error("Unknown"), rules.CODE_UNKNOWN, "Unknown"),
    "a broken payload taken": ("Authorize", broken({"idTokenInfo": {"status": "Unknown"}}), rules.BROKEN_PAYLOAD_TAKEN, "4711"),
    "a broken payload: InternalError": ("Authorize", broken(Error("InternalError")), rules.CODE_WRONG, "TypeConstraintViolation"),
    "the spelling of 1.6": ("Authorize", broken(Error("FormationViolation")), rules.CODE_SPELLING, "FormatViolation"),
    "an unknown token accepted": ("Authorize", {"idTokenInfo": {"status": "Accepted"}}, rules.TOKEN_TAKEN, "PILOTWIREDOCTOR"),
    "any vendor taken": ("DataTransfer", {"status": "Accepted"}, rules.VENDOR_TAKEN, "vendor"),
    "a heartbeat without time": ("Heartbeat", {}, rules.MISSING_FIELD, "currentTime"),
    "a heartbeat of another time": ("Heartbeat", lambda _: {"currentTime": now(timedelta(minutes=-9))}, rules.CSMS_CLOCK, "behind"),
    "no statuses": ("StatusNotification", Error("NotImplemented"), rules.NOT_IMPLEMENTED, "every one must have"),
    "1.6 answers": ("Authorize", {"idTagInfo": {"status": "Invalid"}}, rules.VERSION_MIXED, "OCPP 1.6"),
}  # fmt: skip


@pytest.mark.req("J2:4.3")
@pytest.mark.parametrize("name", TALKS)
async def test_a_wrong_conversation_is_found(name: str) -> None:
    action, answer, rule, words = TALKS[name]
    chart, _ = await examined(V201, but(V201, action, answer))
    found = [each for each in chart.findings if each.rule is rule]
    assert found, shown(chart)
    assert words in found[0].what


@pytest.mark.parametrize(
    ("action", "rule"), [("PilotwireDoctorAsks", rules.NO_ERROR_BUT_SILENCE), ("Heartbeat", rules.UNANSWERED)]
)
async def test_silence_is_found(action: str, rule: Rule) -> None:
    chart, _ = await examined(V16, but(V16, action, SILENCE), timeout=1.5)
    assert chart.has(rule), shown(chart)


async def test_a_backend_that_configures_a_pending_station_and_triggers_its_boot() -> None:
    states = iter(["Pending", "Accepted"])
    reply = but(V201, "BootNotification", lambda _: boot(next(states), interval=3600))
    async with backend(V201, reply) as csms:
        looking = asyncio.create_task(examine(patient_of(csms, patience=20), protocol_probes()))
        await csms.until_heard("BootNotification")
        variable = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
        got = await csms.call("GetVariables", {"getVariableData": [variable]})
        assert got["getVariableResult"][0]["attributeStatus"] == "UnknownComponent"
        assert await csms.call("GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"}) == {
            "status": "NotSupported"
        }
        assert (await csms.call("SetDisplayMessage", {"message": {}}))[2] == "NotSupported"
        assert (await csms.call("NobodyKnows", {}))[2] == "NotImplemented"
        assert await csms.call("TriggerMessage", {"requestedMessage": "BootNotification"}) == {"status": "Accepted"}
        await csms.until_heard("BootNotification", 2)
        await csms.until_heard("PilotwireDoctorAsks")
        csms.drop()
        chart = await looking
    pending = [
        (each.rule, each.weight) for each in chart.findings if each.rule in (rules.BOOT_PENDING, rules.BOOT_TOO_EARLY)
    ]
    assert pending == [(rules.BOOT_PENDING, Severity.NOTE)], shown(chart)
    facts = {each.name: each.value for each in chart.facts}
    assert facts["call of the backend: GetBaseReport"].startswith("answered with NotSupported in ")


async def test_a_backend_of_1_6_asks_and_is_answered_while_we_are_patient() -> None:
    async with backend(V16, right(V16)) as csms:
        looking = asyncio.create_task(examine(patient_of(csms, patience=20), protocol_probes()))
        await csms.until_heard("PilotwireDoctorAsks")
        got = await csms.call("GetConfiguration", {"key": ["NumberOfConnectors", "Other"]})
        assert got == {
            "configurationKey": [{"key": "NumberOfConnectors", "readonly": True, "value": "1"}],
            "unknownKey": ["Other"],
        }
        assert await csms.call("ChangeConfiguration", {"key": "Other", "value": "1"}) == {"status": "NotSupported"}
        assert await csms.call("TriggerMessage", {"requestedMessage": "Heartbeat"}) == {"status": "Accepted"}
        await csms.until_heard("Heartbeat", 2)
        csms.drop()
        chart = await looking
    assert worth(chart) == [], shown(chart)


async def test_what_a_platform_demands_of_the_boot() -> None:
    demands = ProtocolDemands(boot_fields=("chargingStation.modem.iccid",), most_heartbeat=60, versions=("2.0.1",))
    profile = PlatformProfile("p", "Platform", "its manual", protocol=demands)
    chart, _ = await examined(V21, right(V21), profile=profile)
    assert {each.rule for each in chart.findings} == {rules.BOOT_FIELD, rules.BEATS_DEMANDED, rules.VERSION_DEMANDED}, (
        shown(chart)
    )


async def test_a_backend_of_another_version_is_told_before_all_and_nobody_goes_on() -> None:
    async def mixed(csms: ScriptedCsms) -> None:
        await csms.until_heard("BootNotification")
        await csms.call("RemoteStopTransaction", {"transactionId": 7})
        states.append("Accepted")
        await csms.call("TriggerMessage", {"requestedMessage": "BootNotification"})

    states = ["Pending"]
    async with backend(V201, but(V201, "BootNotification", lambda _: boot(states[-1], interval=3600))) as csms:
        looking = asyncio.create_task(examine(patient_of(csms, patience=20), protocol_probes()))
        await mixed(csms)
        chart = await looking
        await csms.lines[-1].wait_closed()
    assert worth(chart)[0].rule is rules.VERSION_MIXED, shown(chart)
    assert not csms.of("Heartbeat")


async def test_no_connection_is_told() -> None:
    async with backend(V16, right(V16)) as csms:
        csms.refuse = 503
        chart = await examine(patient_of(csms), protocol_probes())
    assert [each.rule for each in chart.findings] == [rules.NOT_CONNECTED]
    assert "503" in chart.findings[0].what
