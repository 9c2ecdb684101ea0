"""Boot, clocks, heartbeats, statuses and security events: each broken conversation is told by its cause first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from pilotwire.doctor.findings import Finding, Rule, Severity
from pilotwire.doctor.profiles.profile import PlatformProfile, ProtocolDemands
from pilotwire.doctor.rules import protocol as rules
from pilotwire.ocpp.version import OcppVersion
from tests.support.doctor_talks import START, V16, V201, Talk, judged, stamp

Case = tuple[OcppVersion, Callable[[Talk], Any], Rule, str]
TRIGGER = {"requestedMessage": "BootNotification"}


def found_in(talk: Talk, **options: Any) -> list[Finding]:
    """What was found, the first first."""
    return judged(talk, **options).in_order()


def _no_boot(talk: Talk) -> None:
    talk.ask(
        "StatusNotification",
        {"timestamp": talk.time, "connectorStatus": "Available", "evseId": 1, "connectorId": 1},
        "SecurityError",
    )


def _often(talk: Talk) -> None:
    for _ in range(4):
        talk.boot().status().reconnect(60)


def _again(talk: Talk) -> None:
    talk.boot().status().wait(20).boot().status()


def _rejected_and_talks(talk: Talk) -> None:
    talk.boot("Rejected", 600)
    for _ in range(5):
        talk.call("station", "Heartbeat", {})
        talk.wait(60)


BOOTS: dict[str, Case] = {
    "rejected": (V201, lambda t: t.boot("Rejected"), rules.BOOT_REJECTED, "nothing else works"),
    "rejected in 1.6, and it talks on": (V16, _rejected_and_talks, rules.BOOT_REJECTED, "rejects"),
    "pending": (V16, lambda t: t.boot("Pending"), rules.BOOT_PENDING, "Pending"),
    "refused with an error": (V201, lambda t: t.boot().reconnect().ask("BootNotification", BOOT, "InternalError"), rules.BOOT_ERROR,
                              "InternalError"),
    "a broken boot": (V201, lambda t: t.ask("BootNotification", {"reason": "PowerUp"}, "OccurrenceConstraintViolation"),
                      rules.MISSING_FIELD, "chargingStation"),
    "a good boot refused as broken": (V201, lambda t: t.ask("BootNotification", BOOT, "FormatViolation"), rules.BOOT_ERROR, "fits"),
    "a status in wrong case": (V16, lambda t: t.boot("accepted").status(), rules.ENUM_CASE, "'Accepted'"),
    "an interval as text": (V16, lambda t: t.ask("BootNotification", BOOT_16, {"status": "Accepted", "currentTime": stamp(t.now),
                                                                             "interval": "300"}), rules.INTEGER_AS_TEXT, "interval"),
    "no boot at all": (V201, _no_boot, rules.BOOT_MISSING, "SecurityError"),
    "talk before the boot": (V16, lambda t: t.status().beat().boot().status(), rules.BOOT_EARLY_TALK, "2 other calls"),
    "talk before the answer": (V201, lambda t: (t.call("station", "BootNotification", BOOT), t.beat()), rules.BOOT_EARLY_TALK, "no answer"),
    "repeated too early": (V16, lambda t: t.boot("Pending", 120).wait(30).boot().status(), rules.BOOT_TOO_EARLY, "120"),
    "repeated at once": (V201, lambda t: t.boot("Rejected", 0).wait(1).boot().status(), rules.BOOT_TOO_EARLY, "left the interval"),
    "repeated without reason": (V16, _again, rules.BOOT_REPEATED, "again"),
    "a boot at each reconnect": (V16, _often, rules.BOOT_OFTEN, "4 BootNotifications"),
    "an interval below zero": (V16, lambda t: t.boot(interval=-5).status(), rules.BOOT_INTERVAL, "below 0"),
    "an interval of zero": (V16, lambda t: t.boot(interval=0).status(), rules.BOOT_INTERVAL, "0"),
    "a start while pending": (V201, lambda t: (t.boot("Pending", 1).order("RequestStopTransaction", {"transactionId": "x"},
                              {"status": "Rejected"}).wait(60), t.boot().status()), rules.BOOT_CSMS_TALKS, "pending"),
}  # fmt: skip
BOOT = {"reason": "PowerUp", "chargingStation": {"vendorName": "Maker", "model": "One"}}
BOOT_16 = {"chargePointVendor": "Maker", "chargePointModel": "One"}


@pytest.mark.req("B01.FR.08", "B02.FR.02", "B02.FR.04", "B03.FR.02")
@pytest.mark.parametrize("name", BOOTS)
def test_a_bad_boot_is_told_first(name: str) -> None:
    version, build, rule, words = BOOTS[name]
    talk = Talk(version)
    build(talk)
    found = found_in(talk)
    assert found
    assert (found[0].rule, words in found[0].what) == (rule, True), [each.what for each in found]


@pytest.mark.parametrize(
    "name", ["rejected", "pending", "refused with an error", "a broken boot", "a status in wrong case"]
)
def test_what_keeps_the_station_from_working_is_fatal(name: str) -> None:
    version, build, *_ = BOOTS[name]
    talk = Talk(version)
    build(talk)
    assert found_in(talk)[0].weight is Severity.FATAL


def test_talk_while_rejected_is_told_once_and_its_silence_is_not_held_against_the_backend() -> None:
    talk = Talk(V16)
    _rejected_and_talks(talk)
    assert [(each.rule, each.count) for each in found_in(talk)] == [
        (rules.BOOT_REJECTED, 1),
        (rules.BOOT_EARLY_TALK, 5),
    ]


def test_pending_that_ends_well_is_a_note() -> None:
    talk = Talk(V201).boot("Pending", 60).order("TriggerMessage", TRIGGER, {"status": "Accepted"})
    talk.boot().status()
    assert [(each.rule, each.weight) for each in found_in(talk)] == [(rules.BOOT_PENDING, Severity.NOTE)]


def test_what_the_backend_asked_for_while_pending_is_no_fault() -> None:
    talk = (
        Talk(V201)
        .boot("Pending", 60)
        .order("GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"}, {"status": "Accepted"})
    )
    for number in range(5):
        talk.ask("NotifyReport", {"requestId": 1, "generatedAt": talk.time, "seqNo": number})
    talk.order("TriggerMessage", {"requestedMessage": "StatusNotification"}, {"status": "Accepted"}).status()
    assert [each.rule for each in found_in(talk)] == [rules.BOOT_PENDING]


def test_fields_and_heartbeats_that_a_platform_demands() -> None:
    demands = ProtocolDemands(
        boot_fields=("chargingStation.vendorName", "chargingStation.serialNumber"), most_heartbeat=60
    )
    profile = PlatformProfile("p", "Platform", "its manual", protocol=demands)
    for version, name in ((V16, "chargePointSerialNumber"), (V201, "chargingStation.serialNumber")):
        found = found_in(Talk(version).boot(interval=300).status(), profile=profile)
        assert [each.rule for each in found] == [rules.BOOT_FIELD, rules.BEATS_DEMANDED]
        assert name in found[0].what
        assert found[0].source == "its manual"


# --- clocks and heartbeats -------------------------------------------------------------------------------------------------------


def _beats(every: float, interval: int = 60) -> Callable[[Talk], None]:
    def build(talk: Talk) -> None:
        talk.boot(interval=interval).status()
        for _ in range(6):
            talk.wait(every - 1).beat()

    return build


def _shifted(**shift: float) -> Callable[[Talk], None]:
    def build(talk: Talk) -> None:
        talk.shift = timedelta(**shift)
        talk.boot().status()
        for _ in range(3):
            talk.wait(40).status("Unavailable").wait(40).status()

    return build


CLOCKS: dict[str, Case] = {
    "a clock ahead": (V16, _shifted(minutes=7), rules.DRIFT, "7 min ahead"),
    "a clock behind": (V16, _shifted(minutes=-7), rules.DRIFT, "7 min behind"),
    "a clock years behind": (V201, _shifted(days=-700), rules.DRIFT, "days behind"),
    "local time of the east": (V16, _shifted(hours=2), rules.TIME_ZONE, "whole hours"),
    "local time of the west": (V201, _shifted(hours=-5), rules.TIME_ZONE, "whole hours"),
    "local time of India": (V16, _shifted(hours=5, minutes=30), rules.TIME_ZONE, "by 5.5 h"),
    "half an hour is no time zone": (V16, _shifted(minutes=30), rules.DRIFT, "30 min ahead"),
    "heartbeats too often": (V16, _beats(10), rules.BEATS_OFTEN, "every 10 s"),
    "heartbeats too seldom": (V201, _beats(200), rules.BEATS_SELDOM, "interval is 60 s"),
}


@pytest.mark.req("B01.FR.04", "G02.FR.01")
@pytest.mark.parametrize("name", CLOCKS)
def test_a_wrong_clock_is_told_first(name: str) -> None:
    version, build, rule, words = CLOCKS[name]
    talk = Talk(version)
    build(talk)
    found = found_in(talk)
    assert found
    assert (found[0].rule, words in found[0].what) == (rule, True), [each.what for each in found]


def test_a_clock_behind_is_not_taken_for_a_queue_nor_the_reverse() -> None:
    talk = Talk(V16).boot().status()
    for minutes in (50, 40, 30):
        talk.wait(20).ask(
            "MeterValues", {"connectorId": 1, "meterValue": [_value(talk.now - timedelta(minutes=minutes))]}
        )
    assert found_in(talk) == []


def _value(moment: Any) -> dict[str, Any]:
    return {"timestamp": stamp(moment), "sampledValue": [{"value": "1"}]}


def test_a_log_in_another_time_zone_is_nothing_against_the_station() -> None:
    talk = Talk(V16).boot().status()
    for each in range(3):
        talk.wait(60).status("Unavailable" if each % 2 else "Available")
    talk.said = [_moved(each, hours=2) for each in talk.said]
    assert [each.what for each in found_in(talk)] == []


def _moved(heard: Any, **shift: float) -> Any:
    from dataclasses import replace

    return replace(heard, at=heard.at + timedelta(**shift))


def test_the_clock_of_the_backend_is_judged_where_ours_is_right() -> None:
    talk = Talk(V16).ask(
        "BootNotification",
        BOOT_16,
        {"status": "Accepted", "currentTime": stamp(START + timedelta(hours=1)), "interval": 60},
    )
    talk.shift = timedelta(hours=1)
    talk.status()
    assert [each.rule for each in found_in(talk)] == []
    found = found_in(talk, trusted_clock=True)
    assert [each.rule for each in found] == [rules.CSMS_CLOCK]
    assert "1 h" in found[0].what.replace("60 min", "1 h")


def test_an_interval_that_was_set_later_counts() -> None:
    talk = Talk(V16).boot(interval=3600).status()
    talk.order("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "30"}, {"status": "Accepted"})
    for _ in range(5):
        talk.wait(30).beat()
    assert found_in(talk) == []


# --- statuses and security events ----------------------------------------------------------------------------------------------


def _statuses(*statuses: str) -> Callable[[Talk], None]:
    def build(talk: Talk) -> None:
        talk.boot()
        for status in statuses:
            talk.wait(5).status(status)

    return build


def _event(kind: str) -> Callable[[Talk], None]:
    return lambda talk: talk.boot().status().ask("SecurityEventNotification", {"type": kind, "timestamp": talk.time})


def _faulted(talk: Talk) -> None:
    talk.boot().ask(
        "StatusNotification",
        {"connectorId": 1, "errorCode": "GroundFailure", "status": "Faulted", "vendorErrorCode": "E17"},
    )


STATUSES: dict[str, Case] = {
    "none after the boot": (V201, lambda t: t.boot().wait(90).beat(), rules.STATUS_MISSING, "no StatusNotification"),
    "other messages instead": (V16, lambda t: t.boot().ask("DataTransfer", {"vendorId": "x"}, {"status": "Accepted"}),
                               rules.STATUS_MISSING, "other messages"),
    "Available, then Finishing": (V16, _statuses("Available", "Finishing"), rules.STATUS_IMPOSSIBLE, "Available to Finishing"),
    "Finishing, then Charging": (V16, _statuses("Preparing", "Charging", "Finishing", "Charging"), rules.STATUS_IMPOSSIBLE,
                                 "Finishing to Charging"),
    "connector 0 charging": (V16, lambda t: t.boot().status("Charging", 0), rules.STATUS_ZERO, "connector 0"),
    "a fault": (V16, _faulted, rules.STATUS_FAULTED, "GroundFailure, vendor's code E17"),
    "a security alarm": (V201, _event("InvalidTLSVersion"), rules.SECURITY_ALARM, "TLS version"),
    "a quiet security event": (V16, _event("StartupOfTheDevice"), rules.SECURITY_EVENT, "StartupOfTheDevice"),
    "a security event in wrong case": (V201, _event("invalidTlsVersion"), rules.SECURITY_NAME, "InvalidTLSVersion"),
}  # fmt: skip


@pytest.mark.req("B01.FR.05", "1.6:4.9")
@pytest.mark.parametrize("name", STATUSES)
def test_a_bad_status_is_told_first(name: str) -> None:
    version, build, rule, words = STATUSES[name]
    talk = Talk(version)
    build(talk)
    found = found_in(talk)
    assert found
    assert (found[0].rule, words in found[0].what) == (rule, True), [each.what for each in found]


def test_every_step_of_the_table_of_statuses_is_allowed() -> None:
    talk = Talk(V16)
    _statuses("Available", "Reserved", "Preparing", "SuspendedEVSE", "SuspendedEV", "Charging", "Finishing", "Preparing", "Finishing",
              "Unavailable", "Charging", "Charging", "Available")(talk)  # fmt: skip
    assert found_in(talk) == []
