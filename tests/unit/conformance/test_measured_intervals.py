"""Declared equals measured: the real intervals of recorded runs, held against what the station declared at the time."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pilotwire.conformance.certify.measured import measured_in
from pilotwire.conformance.certify.snapshot_record import Measured
from pilotwire.ocpp.version import OcppVersion
from tests.support.recorded_runs import Recording

V16, V201 = OcppVersion.V16, OcppVersion.V201


def measured(
    recording: Recording, version: OcppVersion = V16, before: Mapping[str, str] | None = None
) -> list[Measured]:
    return measured_in({"core": [recording.result()]}, before or {}, version)


def wrong(recording: Recording, version: OcppVersion = V16, before: Mapping[str, str] | None = None) -> list[str]:
    return [one.told for one in measured(recording, version, before) if not one.agrees]


# --- heartbeats ----------------------------------------------------------------------------------------------------------------------


def beating(each: float, *, until: float = 200, interval: int = 60) -> Recording:
    made = Recording()
    made.boots(interval=interval)
    for number in range(1, int(until / each) + 1):
        made.station(number * each, "Heartbeat")
    made.line(until, "closed")
    return made


def test_heartbeats_twice_as_often_as_declared_are_a_contradiction_with_the_frames_named() -> None:
    (found,) = measured(beating(30))
    assert not found.agrees
    assert found.told == "HeartbeatInterval is declared as 60 s, but heartbeats come each 30 s"
    assert found.measured == "30 s in 1 case"
    assert [(one.run, one.case, one.index, one.what) for one in found.frames[:2]] == [
        ("core", "MADE_UP", 3, "Heartbeat.req"),
        ("core", "MADE_UP", 5, "Heartbeat.req"),
    ]
    assert [one.agrees for one in measured(beating(60))] == [True]
    assert [one.agrees for one in measured(beating(61.5))] == [True]


def test_silence_longer_than_the_interval_is_a_contradiction_but_other_messages_stand_for_heartbeats() -> None:
    assert "HeartbeatInterval is declared as 60 s, but no message comes for 90 s" in wrong(beating(90))
    talking = Recording()
    talking.boots(interval=60)
    for second in (60, 100, 150, 210):
        talking.station(second, "Heartbeat" if second != 100 else "StatusNotification")
    assert wrong(talking) == []


def test_a_station_that_never_beats_is_found_once_twice_the_interval_is_over() -> None:
    for seconds, told in ((100, []), (150, ["HeartbeatInterval is declared as 60 s, but no message comes for 150 s"])):
        made = Recording()
        made.boots(interval=60)
        made.line(seconds, "closed")
        assert wrong(made) == told


def test_what_the_station_cannot_help_is_not_measured() -> None:
    """Heartbeats that were asked for; a request that waits for its answer; a lost connection; a station that is not accepted."""
    asked = Recording()
    asked.boots(interval=60)
    asked.station(60, "Heartbeat")
    asked.bench(70, "TriggerMessage", {"status": "Accepted"}, requestedMessage="Heartbeat")
    asked.station(70, "Heartbeat")
    waiting = Recording()
    waiting.boots(interval=60)
    waiting.station(60, "Heartbeat")
    waiting.station(70, "StatusNotification", error="none")
    waiting.station(170, "Heartbeat")
    lost = Recording()
    lost.boots(interval=60)
    lost.station(60, "Heartbeat")
    lost.line(80, "closed")
    lost.line(300, "connected")
    lost.station(301, "Heartbeat")
    pending = Recording()
    pending.line(0, "connected")
    pending.station(0, "BootNotification", {"status": "Pending", "interval": 10})
    pending.line(300, "closed")
    for made in (asked, waiting, lost, pending):
        assert wrong(made) == []


def test_an_interval_counts_from_when_it_is_set() -> None:
    made = beating(60, until=120)
    made.bench(121, "ChangeConfiguration", {"status": "Accepted"}, key="heartbeatinterval", value="10")
    made.line(121, "connected")
    for second in (130, 140, 150):
        made.station(second, "Heartbeat")
    found = measured(made)
    assert [(one.declared, one.agrees) for one in found] == [("10 s", True), ("60 s", True)]
    refused = beating(60, until=120)
    refused.bench(121, "ChangeConfiguration", {"status": "Rejected"}, key="HeartbeatInterval", value="10")
    assert [one.declared for one in measured(refused)] == ["60 s"]


# --- meter values ------------------------------------------------------------------------------------------------------------------


def sampling(each: float, version: OcppVersion) -> Recording:
    made = Recording(version=version)
    made.line(0, "connected")
    values = [made.time(second) for second in (each, 2 * each, 3 * each)]
    if version is V16:
        made.station(0, "StartTransaction", {"transactionId": 7}, connectorId=1, idTag="A")
        for value in values:
            meter = [{"timestamp": value, "sampledValue": [{"value": "1"}]}]
            made.station(3 * each, "MeterValues", connectorId=1, transactionId=7, meterValue=meter)
    else:
        info = {"transactionId": "T"}
        made.station(0, "TransactionEvent", eventType="Started", transactionInfo=info, triggerReason="Authorized")
        for value in values:
            meter = [{"timestamp": value, "sampledValue": [{"value": 1.0, "context": "Sample.Periodic"}]}]
            made.station(
                3 * each,
                "TransactionEvent",
                eventType="Updated",
                triggerReason="MeterValuePeriodic",
                transactionInfo=info,
                meterValue=meter,
            )
    return made


@pytest.mark.parametrize(
    ("version", "name", "what"),
    [
        (V16, "MeterValueSampleInterval", "MeterValuesSampledData"),
        (V201, "SampledDataCtrlr.TxUpdatedInterval", "SampledDataCtrlr.TxUpdatedMeasurands"),
    ],
)
def test_sampled_values_are_timed_by_the_clock_of_the_station(version: OcppVersion, name: str, what: str) -> None:
    before = {name: "60", what: "Voltage"}
    assert [one.agrees for one in measured(sampling(60, version), version, before)] == [True]
    assert wrong(sampling(20, version), version, before) == [
        f"{name} is declared as 60 s, but sampled meter values come each 20 s"
    ]
    assert wrong(sampling(60, version), version, {name: "0"}) == [
        f"{name} is declared as 0, but 3 sampled meter values come"
    ]
    silent = Recording(version=version)
    action = ("StartTransaction", {}) if version is V16 else ("TransactionEvent", {"eventType": "Started"})
    silent.station(0, action[0], **action[1])
    silent.line(200, "closed")
    assert wrong(silent, version, before) == []  # the line closed before it was over
    silent.station(200, "Heartbeat")
    open_one = Recording(version=version)
    open_one.station(0, action[0], **action[1])
    open_one.station(200, "Heartbeat")
    assert wrong(open_one, version, before) == [
        f"{name} is declared as 60 s, but no sampled meter value comes in 200 s of a transaction"
    ]
    assert wrong(open_one, version, {name: "60", what: ""}) == []


def test_aligned_values_are_evenly_spaced_and_on_the_clock() -> None:
    def aligned(*seconds: float) -> Recording:
        made = Recording()
        for second in seconds:
            meter = [{"timestamp": made.time(second), "sampledValue": [{"value": "1", "context": "Sample.Clock"}]}]
            made.station(second, "MeterValues", connectorId=1, meterValue=meter)
        return made

    before = {"ClockAlignedDataInterval": "900"}
    assert wrong(aligned(0, 900, 1800), before=before) == []
    assert wrong(aligned(7, 907, 1807), before=before) == [
        "ClockAlignedDataInterval is declared as 900 s, but a clock-aligned meter value is 7 s off the clock"
    ]
    assert "ClockAlignedDataInterval is declared as 900 s, but clock-aligned meter values come each 600 s" in wrong(
        aligned(0, 600, 1200), before=before
    )


# --- attempts, timeouts, waits ---------------------------------------------------------------------------------------------------------


def trying(*seconds: float) -> Recording:
    made = Recording()
    made.line(0, "connected")
    for second in seconds:
        made.station(second, "StopTransaction", error="InternalError", transactionId=7, meterStop=3)
    return made


ATTEMPTS = {"TransactionMessageAttempts": "3", "TransactionMessageRetryInterval": "60"}


def test_messages_of_transactions_are_sent_again_as_often_and_after_as_long_as_declared() -> None:
    """1.6 section 3.7.1: 60 s after the first attempt, 120 s after the second, and that is the last of three."""
    assert [one.agrees for one in measured(trying(0, 60, 180), before=ATTEMPTS)] == [True, True]
    assert wrong(trying(0, 60, 180, 360), before=ATTEMPTS) == [
        "TransactionMessageAttempts is declared as 3, but a message is sent 4 times",
    ]
    assert wrong(trying(0, 60, 120), before=ATTEMPTS) == [
        "TransactionMessageRetryInterval is declared as 60 s, but attempt 3 comes 60 s after the one before, not 120 s"
    ]
    assert wrong(trying(0, 60, 180, 360), before={"TransactionMessageAttempts": "0"}) == []


def test_the_wait_for_an_ev_is_timed_where_it_is_seen() -> None:
    def waited(seconds: float) -> Recording:
        made = Recording(version=V201)
        info = {"transactionId": "T"}
        event = {"transactionInfo": info, "eventType": "Started", "triggerReason": "Authorized"}
        made.station(0, "TransactionEvent", timestamp=made.time(0), **event)
        event |= {"eventType": "Ended", "triggerReason": "EVConnectTimeout"}
        made.station(seconds, "TransactionEvent", timestamp=made.time(seconds), **event)
        return made

    before = {"TxCtrlr.EVConnectionTimeOut": "30"}
    assert [one.agrees for one in measured(waited(30), V201, before)] == [True]
    assert wrong(waited(60), V201, before) == [
        "TxCtrlr.EVConnectionTimeOut is declared as 30 s, but the EV is waited for 60 s"
    ]
    tapped = Recording()
    tapped.station(0, "Authorize", idTag="A")
    for second, status in ((0, "Preparing"), (90, "Available")):
        tapped.station(second, "StatusNotification", connectorId=1, status=status, timestamp=tapped.time(second))
    assert wrong(tapped, before={"ConnectionTimeOut": "60"}) == [
        "ConnectionTimeOut is declared as 60 s, but the EV is waited for 90 s"
    ]
    assert measured(tapped, before={"ConnectionTimeOut": "120"}) == []  # it may have been ended for another reason


BACK_OFF = {
    "OCPPCommCtrlr.RetryBackOffWaitMinimum": "10",
    "OCPPCommCtrlr.RetryBackOffRandomRange": "0",
    "OCPPCommCtrlr.RetryBackOffRepeatTimes": "2",
}


def reconnecting(*waits: float, reset: bool = False) -> Recording:
    """The last of these waits ends in a connection, those before are turned away."""
    made = Recording(version=V201)
    made.line(0, "connected")
    if reset:
        made.bench(1, "Reset", {"status": "Accepted"}, type="Immediate")
    made.line(2, "closed")
    for number, wait in enumerate(waits, 1):
        kind = "connected" if number == len(waits) else "refused"
        made.line(2 + sum(waits[:number]), kind, waited=wait, endpoint="main")
    return made


def test_waits_before_connecting_again_double_and_then_stay() -> None:
    """2.0.1 Part 4, 5.3; a station that was told to reset is not reconnecting."""
    assert wrong(reconnecting(10, 20, 40, 40), V201, BACK_OFF) == []
    told = "OCPPCommCtrlr.RetryBackOffWaitMinimum is declared as 10 s, but attempt {} to connect comes after {}"
    assert wrong(reconnecting(3, 20), V201, BACK_OFF) == [told.format(1, "3 s, not 10 s or more")]
    assert wrong(reconnecting(10, 10), V201, BACK_OFF) == [told.format(2, "10 s, not 20 s or more")]
    assert wrong(reconnecting(10, 50, 40), V201, BACK_OFF) == [told.format(2, "50 s, not 20 s and up to 0 s more")]
    assert wrong(reconnecting(1, reset=True), V201, BACK_OFF) == []


def test_only_conversations_with_a_station_in_the_version_are_measured() -> None:
    assert measured(beating(30), V201) == []
    of_csms = beating(30)
    of_csms.case = "TC_007_CSMS"
    assert measured(of_csms) == []


def test_the_same_contradiction_in_many_cases_is_told_once() -> None:
    runs = {"core": [beating(30).result(), beating(32).result()], "more": [beating(40).result()]}
    runs["core"][1].id = "ANOTHER"
    (found,) = measured_in(runs, {}, V16)
    assert found.measured == "32 s (30 to 40) in 3 cases"
    assert {(one.run, one.case) for one in found.frames} >= {("core", "MADE_UP"), ("core", "ANOTHER")}
