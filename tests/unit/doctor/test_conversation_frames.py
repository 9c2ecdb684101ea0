"""Frames, payloads, versions and errors: each broken conversation is told by the rule it breaks, before all others."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pilotwire.doctor.conversation.judge import Judge
from pilotwire.doctor.findings import Chart, Rule, Severity
from pilotwire.doctor.profiles.profile import PlatformProfile, ProtocolDemands
from pilotwire.doctor.rules import protocol as rules
from pilotwire.ocpp.version import OcppVersion
from tests.support.doctor_talks import (
    START,
    V16,
    V21,
    V201,
    Talk,
    healthy_2,
    healthy_16,
    judged,
    offline_2,
    offline_16,
    stamp,
)

Build = Callable[[Talk], Any]


@pytest.mark.parametrize(
    "talk", [healthy_16(), offline_16()] + [make(v) for make in (healthy_2, offline_2) for v in (V201, V21)]
)
@pytest.mark.parametrize("told", [True, False], ids=["version told", "version guessed"])
def test_a_healthy_conversation_has_nothing_above_a_note(talk: Talk, told: bool) -> None:
    record = talk.said if told else [replace(each, version=None) for each in talk.said]
    assert [each.what for each in judged(record).findings if each.weight is not Severity.NOTE] == []


def first(talk: Talk, **options: Any) -> Rule:
    """The rule of the finding that stands first."""
    found = judged(talk, **options).in_order()
    assert found, "nothing was found"
    return found[0].rule


def _twice(talk: Talk) -> None:
    talk.beat()
    talk.raw("csms", talk.said[-1].text)


def _reused(talk: Talk) -> None:
    for payload in ({}, {"customData": {"vendorId": "x"}}):
        talk.call("station", "Heartbeat", payload, "same")
        talk.raw("csms", json.dumps([3, "same", {"currentTime": stamp(talk.now)}]))


def _late(talk: Talk) -> None:
    name = talk.call("csms", "GetLocalListVersion", {})
    talk.wait(45).raw("station", json.dumps([3, name, {"versionNumber": 1}]))


def _two_open(talk: Talk) -> None:
    for name in [talk.call("csms", "ClearCache", {}) for _ in range(2)]:
        talk.raw("station", json.dumps([3, name, {"status": "Accepted"}]))


FRAMES: dict[str, tuple[OcppVersion, Build, Rule]] = {
    "a text that is no JSON": (V201, lambda t: t.raw("station", '[2,"9","Heartbeat",{'), rules.NOT_JSON),
    "two messages in one": (V16, lambda t: t.raw("csms", '[3,"9",{}][3,"9",{}]'), rules.NOT_JSON),
    "an object": (V201, lambda t: t.raw("station", '{"action":"Heartbeat"}'), rules.NOT_A_FRAME),
    "an unknown type": (V201, lambda t: t.raw("station", '[7,"9",{}]'), rules.MESSAGE_TYPE),
    "the type as text": (V16, lambda t: t.raw("station", '["2","9","Heartbeat",{}]'), rules.MESSAGE_TYPE),
    "SEND before 2.1": (V201, lambda t: t.raw("station", '[6,"9","NotifyPeriodicEventStream",{}]'), rules.MESSAGE_TYPE),
    "a call without payload": (V16, lambda t: t.raw("station", '[2,"9","Heartbeat"]'), rules.FIELD_COUNT),
    "an answer with an action": (V201, lambda t: t.raw("csms", '[3,"9","Heartbeat",{}]'), rules.FIELD_COUNT),
    "an error of three": (V16, lambda t: t.raw("csms", '[4,"9","InternalError"]'), rules.FIELD_COUNT),
    "a payload in quotes": (V201, lambda t: t.raw("station", '[2,"9","Heartbeat","{}"]'), rules.FIELD_TYPE),
    "an id that is a number": (V201, lambda t: t.raw("station", '[2,9,"Heartbeat",{}]'), rules.ID_FORM),
    "an id that is too long": (V16, lambda t: t.raw("station", f'[2,"{"9" * 40}","Heartbeat",{{}}]'), rules.ID_TOO_LONG),
    "an id used again": (V201, _reused, rules.ID_REUSED),
    "a second answer": (V16, _twice, rules.ANSWERED_TWICE),
    "an answer for nothing": (V16, lambda t: t.raw("csms", '[3,"nobody",{}]'), rules.STRAY_ANSWER),
    "no answer": (V201, lambda t: (t.call("csms", "ClearCache", {}), t.wait(40).beat()), rules.UNANSWERED),
    "no answer to the boot": (V201, lambda t: (t.reconnect().call("station", "BootNotification", BOOT), t.wait(40).beat()),
                              rules.BOOT_UNANSWERED),
    "a late answer": (V201, _late, rules.ANSWERED_LATE),
    "two calls at once": (V201, _two_open, rules.TWO_OPEN),
    "two calls at once in 1.6": (V16, _two_open, rules.TWO_OPEN),
}  # fmt: skip
BOOT = {"reason": "PowerUp", "chargingStation": {"vendorName": "Maker", "model": "One"}}


@pytest.mark.req("J2:4.1.1", "J2:4.1.4")
@pytest.mark.parametrize("name", FRAMES)
def test_a_broken_frame_is_told_first(name: str) -> None:
    version, build, rule = FRAMES[name]
    talk = Talk(version).boot().status()
    build(talk)
    assert first(talk) is rule


STATUS_2 = {"timestamp": stamp(START), "connectorStatus": "Available", "evseId": 1, "connectorId": 1}
STATUS_16: dict[str, Any] = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
PAYLOADS: dict[str, tuple[OcppVersion, str, dict[str, Any], Rule, str]] = {
    "an integer as text": (V201, "StatusNotification", STATUS_2 | {"evseId": "1"}, rules.INTEGER_AS_TEXT, "evseId"),
    "an integer as text in 1.6": (V16, "StatusNotification", STATUS_16 | {"connectorId": "1"}, rules.INTEGER_AS_TEXT, "'1'"),
    "a text as number": (V16, "Authorize", {"idTag": 4711}, rules.WRONG_TYPE, "idTag"),
    "null": (V16, "StatusNotification", STATUS_16 | {"info": None}, rules.WRONG_TYPE, "info"),
    "a missing field": (V201, "StatusNotification", {**STATUS_2, "evseId": 1} | {}, rules.MISSING_FIELD, "evseId"),
    "a field in wrong case": (V16, "Authorize", {"idtag": "T"}, rules.FIELD_CASE, "'idTag'"),
    "an unknown field": (V16, "Heartbeat", {"uptime": 5}, rules.UNKNOWN_FIELD, "uptime"),
    "an enumerated value in wrong case": (V16, "StatusNotification", STATUS_16 | {"status": "available"}, rules.ENUM_CASE,
                                          "differs only in case from 'Available'"),
    "an unknown value": (V201, "StatusNotification", STATUS_2 | {"connectorStatus": "Charging"}, rules.ENUM_VALUE, "Charging"),
    "a text too long": (V16, "Authorize", {"idTag": "T" * 30}, rules.TOO_LONG, "30"),
    "no items": (V201, "MeterValues", {"evseId": 1, "meterValue": []}, rules.OUT_OF_RANGE, "meterValue"),
    "a time that is none": (V201, "StatusNotification", STATUS_2 | {"timestamp": "yesterday"}, rules.FORMAT, "yesterday"),
    "a time without zone": (V201, "StatusNotification", STATUS_2 | {"timestamp": "2026-03-01T12:00:03"}, rules.NO_ZONE, "zone"),
    "a time without zone in 1.6": (V16, "StatusNotification", STATUS_16 | {"timestamp": "2026-03-01T12:00:03"}, rules.NO_ZONE,
                                   "timestamp"),
    "an unknown action": (V16, "Hearbeat", {}, rules.UNKNOWN_ACTION, "Hearbeat"),
    "an action in wrong case": (V16, "heartbeat", {}, rules.UNKNOWN_ACTION, "differs only in case from Heartbeat"),
    "the other side's action": (V16, "ChangeConfiguration", {"key": "a", "value": "b"}, rules.WRONG_DIRECTION, "backend"),
    "2.1 on 2.0.1": (V201, "BatterySwap", {}, rules.VERSION_NEWER, "2.1"),
}  # fmt: skip


@pytest.mark.req("J2:4.1.2")
@pytest.mark.parametrize("name", PAYLOADS)
def test_a_payload_that_breaks_its_schema_is_told_first(name: str) -> None:
    version, action, payload, rule, words = PAYLOADS[name]
    if name == "a missing field":
        payload = {key: value for key, value in payload.items() if key != "evseId"}
    talk = Talk(version).boot().status()
    talk.ask(action, payload, "FormationViolation" if version is V16 else "FormatViolation")
    found = judged(talk).in_order()
    assert (found[0].rule, words in found[0].what) == (rule, True), [each.what for each in found]


def test_all_flaws_of_a_payload_are_told() -> None:
    talk = Talk(V16).boot().status()
    talk.ask(
        "StatusNotification",
        {"connectorId": "1", "errorcode": "NoError", "status": "charging", "x": 1},
        "FormationViolation",
    )
    found = {each.rule for each in judged(talk).findings if each.rule.id.startswith("schema.")}
    assert found == {rules.INTEGER_AS_TEXT, rules.FIELD_CASE, rules.ENUM_CASE, rules.UNKNOWN_FIELD}


MIXED: dict[str, Build] = {
    "a 2.x boot": lambda t: t.ask("BootNotification", BOOT, "FormationViolation"),
    "TransactionEvent": lambda t: t.ask("TransactionEvent", {"eventType": "Started"}, "NotImplemented"),
    "a 2.x answer": lambda t: t.ask("Authorize", {"idTag": "T"}, {"idTokenInfo": {"status": "Accepted"}}),
}


@pytest.mark.parametrize("name", MIXED)
def test_a_message_of_2_on_a_line_of_1_6_is_told_once_and_alone(name: str) -> None:
    talk = Talk(V16).boot().status()
    MIXED[name](talk)
    for _ in range(20):
        MIXED[name](talk)
    found = judged(talk).in_order()
    assert [each.rule for each in found] == [rules.VERSION_MIXED]


def test_1_6_messages_on_a_line_of_2_are_told_once_and_alone() -> None:
    talk = Talk(V16)
    talk.boot().status().start().status("Charging").sample().stop()
    found = judged([replace(each, version=V201) for each in talk.said]).in_order()
    assert [each.rule for each in found] == [rules.VERSION_MIXED]
    assert "1.6" in found[0].what


ERRORS: dict[str, tuple[OcppVersion, Build, Rule]] = {
    "the spelling of 2.x in 1.6": (V16, lambda t: t.ask("Authorize", {"idTag": 1}, "FormatViolation"), rules.CODE_SPELLING),
    "a code nobody knows": (V16, lambda t: t.order("ClearCache", {}, "Busy"), rules.CODE_UNKNOWN),
    "InternalError for an unknown action": (V201, lambda t: t.order("Vendor.Own", {}, "InternalError"), rules.CODE_WRONG),
    "an unknown action taken": (V201, lambda t: t.ask("VendorOwn", {}, {}), rules.BROKEN_TAKEN),
    "a good payload refused": (V16, lambda t: t.ask("Authorize", {"idTag": "T"}, "TypeConstraintViolation"), rules.REFUSED_VALID),
    "a core action not implemented": (V16, lambda t: t.order("Reset", {"type": "Soft"}, "NotImplemented"), rules.NOT_IMPLEMENTED),
    "the same error again": (V201, lambda t: [t.order("ClearCache", {}, "InternalError") for _ in range(5)], rules.ERROR_REPEATED),
}  # fmt: skip


@pytest.mark.req("J16:4.2.3")
@pytest.mark.parametrize("name", ERRORS)
def test_a_wrong_error_is_found(name: str) -> None:
    version, build, rule = ERRORS[name]
    talk = Talk(version).boot().status()
    build(talk)
    chart = judged(talk)
    assert chart.has(rule), [each.rule.id for each in chart.findings]


def test_a_code_wrong_for_the_payload_is_told_with_the_right_one() -> None:
    talk = Talk(V201).boot().status().ask("StatusNotification", STATUS_2 | {"evseId": "1"}, "NotImplemented")
    found = next(each for each in judged(talk).findings if each.rule is rules.CODE_WRONG)
    assert "TypeConstraintViolation" in found.what


def test_an_action_the_platform_demands_and_one_it_does_not() -> None:
    profile = PlatformProfile("p", "Platform", "its manual", protocol=ProtocolDemands(actions=("ClearCache",)))
    talk = (
        Talk(V16)
        .boot()
        .status()
        .order("ClearCache", {}, "NotSupported")
        .order("GetLocalListVersion", {}, "NotSupported")
    )
    weights = {each.what.split()[3]: each.weight for each in judged(talk, profile).findings}
    assert weights == {"ClearCache": Severity.BREACH, "GetLocalListVersion": Severity.NOTE}


def test_a_version_the_platform_does_not_take() -> None:
    profile = PlatformProfile("p", "Platform", "its manual", protocol=ProtocolDemands(versions=("1.6",)))
    assert first(healthy_2(), profile=profile) is rules.VERSION_DEMANDED


def test_a_slow_answer_where_the_platform_demands_a_quick_one() -> None:
    profile = PlatformProfile("p", "Platform", "its manual", protocol=ProtocolDemands(answer_within=3))
    talk = Talk(V16).boot().status()
    name = talk.call("csms", "ClearCache", {})
    talk.wait(8).raw("station", json.dumps([3, name, {"status": "Accepted"}]))
    assert first(talk, profile=profile) is rules.SLOW


def test_what_repeats_is_counted_at_its_first_place() -> None:
    talk = Talk(V16).boot().status()
    for _ in range(200):
        talk.ask("Authorize", {"idTag": "T", "extra": 1}, {"idTagInfo": {"status": "Accepted"}})
    found = [each for each in judged(talk).findings if each.rule is rules.UNKNOWN_FIELD]
    assert [(each.count, each.at.startswith("line 5,")) for each in found] == [(200, True)]


def test_different_cases_of_one_rule_are_bounded() -> None:
    talk = Talk(V16).boot().status()
    for number in range(200):
        talk.ask(f"Own{number}", {}, "NotImplemented")
    found = [each for each in judged(talk).findings if each.rule is rules.UNKNOWN_ACTION]
    assert (len(found), sum(each.count for each in found)) == (21, 200)


def test_stations_are_judged_apart_and_a_finding_names_its_own() -> None:
    good, bad = Talk(V16, station="A").boot().status(), Talk(V201, station="B").boot("Rejected")
    both = sorted([*good.said, *bad.said], key=lambda each: each.at)
    assert {(each.station, each.rule) for each in judged(both).findings} == {("B", rules.BOOT_REJECTED)}


def test_a_record_that_begins_in_the_middle_is_not_held_against_anybody() -> None:
    for talk in (healthy_16(), healthy_2(), offline_2()):
        for cut in range(1, len(talk.said), 3):
            found = [each.what for each in judged(talk.said[cut:]).findings if each.weight is not Severity.NOTE]
            assert found == [], cut


def test_a_live_line_that_falls_silent() -> None:
    talk = Talk(V16).boot(interval=60).status()
    talk.call("csms", "ClearCache", {})
    judge = Judge()
    for each in talk.said:
        judge.hear(each)
    judge.silence(talk.now + timedelta(seconds=20))
    assert judge.chart.findings == []
    judge.silence(talk.now + timedelta(seconds=40))
    assert [each.rule for each in judge.chart.findings] == [rules.UNANSWERED]
    for later in (200, 230, 260):
        judge.silence(talk.now + timedelta(seconds=later))
    assert [(each.rule, each.count) for each in judge.chart.findings] == [
        (rules.UNANSWERED, 1),
        (rules.BEATS_SELDOM, 1),
    ]


def test_a_secret_is_not_in_the_evidence() -> None:
    talk = Talk(V16).boot().status().order("ChangeConfiguration", {"key": "AuthorizationKey", "value": 4711})
    chart: Chart = judged(talk)
    assert chart.findings
    assert not any("4711" in text for each in chart.findings for text in (each.what, *each.evidence))


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "[[]]", "[2]", '[2,null,"",{}]', "[3,true,[]]", '[4,"",1,2,3]', "[" * 2000, '[2,"a","Heartbeat",[1]]',
             '[2,"a","Heartbeat",{"a":1e999}]', '[2,"a","Authorize",{"idTag":"\\ud800"}]', '[2,"a","Reset",' + "9" * 5000 + "]"]
)  # fmt: skip
@pytest.mark.parametrize("version", [None, V16, V201, V21])
def test_whatever_comes_is_told_and_raises_nothing(text: str, version: OcppVersion | None) -> None:
    talk = Talk(version).raw("station", text).raw("csms", text).beat()
    assert judged(talk).findings or version is None


@pytest.mark.req("J2:4.2.3")
def test_an_answer_that_could_not_be_used_is_told() -> None:
    talk = Talk(V21).boot().status().raw("csms", '[5,"station-1","TypeConstraintViolation","timestamp",{}]')
    assert first(talk) is rules.ANSWER_REFUSED


def test_a_connection_that_has_ended_is_not_silent() -> None:
    talk = Talk(V16).boot(interval=60).status()
    talk.call("csms", "ClearCache", {})
    judge = Judge()
    for each in talk.said:
        judge.hear(each)
    judge.parted("CS001", talk.now)
    judge.silence(talk.now + timedelta(hours=1))
    assert [(each.rule, each.weight) for each in judge.chart.findings] == [(rules.UNANSWERED, Severity.NOTE)]


def test_times_without_a_zone_in_a_record_count_as_utc() -> None:
    assert judged(replace(each, at=each.at.replace(tzinfo=None)) for each in healthy_16().said).findings == []
