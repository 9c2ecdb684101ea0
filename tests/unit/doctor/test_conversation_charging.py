"""Meter values, transactions, charging profiles and Plug & Charge: each broken conversation is told by its cause first."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from pilotwire.doctor.findings import Finding, Rule, Severity
from pilotwire.doctor.profiles.profile import NOTHING_MORE, MeterDemands, PlatformProfile, ProtocolDemands
from pilotwire.doctor.rules import protocol as rules
from pilotwire.ocpp.v16.plug_and_charge import VENDOR_ID
from pilotwire.ocpp.version import OcppVersion
from tests.support.doctor_talks import (
    REGISTER,
    V16,
    V21,
    V201,
    Talk,
    healthy_2,
    healthy_16,
    judged,
    profile_16,
    stamp,
)

Case = tuple[OcppVersion, Callable[[Talk], Any], Rule, str]


def found_in(talk: Talk, profile: PlatformProfile = NOTHING_MORE) -> list[Finding]:
    """What was found, the first first."""
    return judged(talk, profile).in_order()


def check(cases: dict[str, Case], name: str, profile: PlatformProfile = NOTHING_MORE) -> Finding:
    """The first finding, if it is the right one."""
    version, build, rule, words = cases[name]
    talk = Talk(version).boot().status()
    build(talk)
    found = found_in(talk, profile)
    assert found, "nothing was found"
    assert (found[0].rule, words in found[0].what) == (rule, True), [each.what for each in found]
    return found[0]


# --- meters ------------------------------------------------------------------------------------------------------------------------


def _samples(*values: str, every: float = 60, **more: Any) -> Callable[[Talk], None]:
    def build(talk: Talk) -> None:
        for value in values:
            talk.wait(every).sample(value, **more)

    return build


def _charging(seconds: float, step: float = 240) -> Callable[[Talk], None]:
    def build(talk: Talk) -> None:
        talk.start().status("Charging")
        for _ in range(int(seconds / step)):
            talk.wait(step).beat()
        talk.stop().status("Available")

    return build


def _interval(talk: Talk) -> None:
    talk.order("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "30"}, {"status": "Accepted"})
    talk.start()
    for value in ("1100", "1200", "1300"):
        talk.wait(59).sample(value)
    talk.stop()


def _interval_2(talk: Talk) -> None:
    variable = {"component": {"name": "SampledDataCtrlr"}, "variable": {"name": "TxUpdatedInterval"}}
    talk.order("SetVariables", {"setVariableData": [variable | {"attributeValue": "10"}]},
               {"setVariableResult": [variable | {"attributeStatus": "Accepted"}]})  # fmt: skip
    talk.event("Started", 0, 1000).wait(120).event("Updated", 1, 1100).event("Ended", 2, 1100)


def _no_value_2(talk: Talk) -> None:
    talk.event("Started", 0)
    for _ in range(5):
        talk.wait(280).beat()
    talk.event("Ended", 1).status()


def _measurand_21(talk: Talk) -> None:
    sampled = {"value": 5, "measurand": REGISTER.lower()}
    talk.ask("MeterValues", {"evseId": 1, "meterValue": [{"timestamp": talk.time, "sampledValue": [sampled]}]}, {})


METERS: dict[str, Case] = {
    "the register in wrong case": (V16, _samples("1", measurand="Energy.Active.Import.register"), rules.MEASURAND, "differs only in case"),
    "a register of another name": (V16, _samples("1", measurand="EnergyActiveImport"), rules.MEASURAND, "EnergyActiveImport"),
    "the register in wrong case in 2.1": (V21, _measurand_21, rules.MEASURAND, "differs only in case"),
    "a decimal comma": (V16, _samples("12,5"), rules.METER_NUMBER, "comma"),
    "a unit in the value": (V16, _samples("12 Wh"), rules.METER_NUMBER, "no number"),
    "energy in kW": (V16, _samples("12", unit="kW"), rules.METER_UNIT, "kW"),
    "a register that falls": (V16, _samples("5000", "5100", "4900"), rules.METER_FALLS, "from 5100 Wh to 4900 Wh"),
    "a register that falls in 2.x": (V201, lambda t: (t.event("Started", 0, 5000), t.event("Ended", 1, 4000)), rules.METER_FALLS, "EVSE 1"),
    "Wh, then kWh as Wh": (V16, _samples("5000000", "5010"), rules.METER_SCALE, "thousandfold"),
    "a register that jumps": (V16, _samples("5000", "905000"), rules.METER_JUMPS, "900000 Wh within"),
    "a register set to zero": (V16, lambda t: t.sample("5000").start(meter=0).stop(meter=10), rules.METER_REBASED, "starts at 0 Wh"),
    "no value while charging": (V201, _no_value_2, rules.METER_MISSING, "no meter value"),
    "no value in 1.6": (V16, _charging(1200), rules.METER_MISSING, "no meter value"),
    "too few samples": (V16, _interval, rules.METER_INTERVAL, "every 30 s"),
    "too few samples in 2.x": (V201, _interval_2, rules.METER_INTERVAL, "every 10 s"),
}  # fmt: skip


@pytest.mark.req("J02.FR.16", "J02.FR.17")
@pytest.mark.parametrize("name", METERS)
def test_a_bad_meter_value_is_told_first(name: str) -> None:
    check(METERS, name)


def demanding(**more: Any) -> PlatformProfile:
    """A platform that demands something of meters."""
    return PlatformProfile("p", "Platform", "its manual", protocol=ProtocolDemands(meter=MeterDemands(**more)))


DEMANDS: dict[str, Case] = {
    "kWh": (V16, _samples("12", unit="kWh"), rules.METER_UNIT_DEMANDED, "kWh"),
    "kWh in 2.x": (V201, lambda t: t.ask("MeterValues", {"evseId": 1, "meterValue": [{"timestamp": t.time, "sampledValue": [
        {"value": 12, "unitOfMeasure": {"unit": "kWh"}}]}]}), rules.METER_UNIT_DEMANDED, "kWh"),
    "a fraction": (V16, _samples("1200.5"), rules.METER_INTEGER, "1200.5"),
    "a fraction that is none": (V16, _samples("1200.0"), rules.METER_INTEGER, "1200.0"),
    "a fraction in 2.x": (V201, lambda t: t.event("Started", 0, 1200.5), rules.METER_INTEGER, "1200.5"),
    "another measurand": (V16, lambda t: t.start().sample("7", measurand="Power.Active.Import", unit="W").stop(),
                          rules.METER_DEMANDED, REGISTER),
    "no sample in time": (V16, _charging(480), rules.METER_MISSING, "due every 60 s"),
}  # fmt: skip


@pytest.mark.parametrize("name", DEMANDS)
def test_what_a_platform_demands_of_meters(name: str) -> None:
    profile = demanding(measurands=(REGISTER,), energy_unit="Wh", integers=True, most_interval=60)
    assert check(DEMANDS, name, profile).source in ("its manual", "")
    for healthy in (healthy_16(), healthy_2()):
        assert [each for each in found_in(healthy, profile) if each.weight is not Severity.NOTE] == []


# --- transactions ------------------------------------------------------------------------------------------------------------------


def _contradicts(talk: Talk) -> None:
    talk.ask("Authorize", {"idTag": "TAG1"}, {"idTagInfo": {"status": "Accepted"}}).start(status="Invalid").stop()


def _offline_without_flag(talk: Talk) -> None:
    talk.event("Started", 0, 1000)
    then = talk.now + timedelta(minutes=10)
    talk.reconnect(1800).event("Updated", 1, 1100, at=stamp(then)).event("Ended", 2, 1200)


def _ends_early(talk: Talk) -> None:
    talk.start().stop(timestamp=stamp(talk.now - timedelta(seconds=30)))


def _offline_flag_too_many(talk: Talk) -> None:
    talk.wait(120).event("Started", 0, offline=True).event("Ended", 1)


def _seq_repeated(talk: Talk) -> None:
    talk.event("Started", 0, 1).wait(5).event("Updated", 0, 2).wait(5).event("Ended", 1, 3)


TRANSACTIONS: dict[str, Case] = {
    "an idTag that is not accepted": (V16, lambda t: t.start(status="Blocked").stop(), rules.TX_REFUSED, "Blocked"),
    "Authorize and start contradict": (V16, _contradicts, rules.TX_REFUSED, "although Authorize"),
    "an id of zero": (V16, lambda t: t.start(0).stop(0), rules.TX_ID_ODD, "0"),
    "a stop with -1": (V16, lambda t: t.start(7).stop(-1).stop(7), rules.TX_STOP_WITHOUT_ID, "-1"),
    "a stop with 0": (V16, lambda t: t.start(7).stop(0).stop(7), rules.TX_STOP_WITHOUT_ID, "0"),
    "a stop without start": (V16, lambda t: t.stop(99), rules.TX_STOP_WITHOUT_START, "99"),
    "a stop after a restart": (V16, lambda t: t.stop(99, reason="PowerLoss"), rules.TX_STOP_WITHOUT_START, "before the record"),
    "stopped twice": (V16, lambda t: t.start().stop().stop(), rules.TX_STOPPED_TWICE, "second time"),
    "meterStop below meterStart": (V16, lambda t: t.start(meter=9000).stop(meter=8000), rules.TX_METER_BELOW, "8000 Wh"),
    "an end before the start": (V16, _ends_early, rules.TX_TIME, "before its start"),
    "a second start": (V16, lambda t: t.start(7).wait(5).start(8).stop(7).stop(8), rules.TX_SECOND, "connector 1"),
    "an id given twice": (V16, lambda t: t.start(7).stop(7).wait(5).start(7).stop(7), rules.TX_ID_REUSED, "7"),
    "never ended": (V16, lambda t: t.start().status("Charging").wait(60).status("Available"), rules.TX_NEVER_ENDED, "became Available"),
    "a gap": (V201, lambda t: t.event("Started", 0).event("Updated", 3).event("Ended", 4), rules.TX_GAP, "2 missing between 0 and 3"),
    "a count that goes back": (V201, lambda t: t.event("Started", 5).event("Updated", 2).event("Ended", 3), rules.TX_GAP, "rise"),
    "a seqNo used twice": (V21, _seq_repeated, rules.TX_SEQ_REPEATED, "seqNo 0"),
    "no Started": (V201, lambda t: t.event("Updated", 0).event("Ended", 1), rules.TX_WITHOUT_STARTED, "Updated with seqNo 0"),
    "an event after Ended": (V201, lambda t: t.event("Started", 0).event("Ended", 1).event("Updated", 2), rules.TX_AFTER_ENDED, "Updated"),
    "a second Started": (V201, lambda t: t.event("Started", 0).event("Started", 1).event("Ended", 2), rules.TX_SECOND, "second time"),
    "two on an EVSE": (V21, lambda t: t.event("Started", 0).event("Started", 0, name="T2").event("Ended", 1, name="T2").event("Ended", 1),
                       rules.TX_SECOND, "EVSE 1"),
    "an id token refused": (V201, lambda t: t.event("Started", 0), rules.TX_NEVER_ENDED, "record ends"),
    "no offline flag": (V201, _offline_without_flag, rules.TX_OFFLINE, "does not say offline"),
    "an offline flag too many": (V21, _offline_flag_too_many, rules.TX_OFFLINE_WRONG, "offline"),
}  # fmt: skip


@pytest.mark.req("E01.FR.07", "E01.FR.14", "E04.FR.03", "1.6:4.8", "1.6:4.10")
@pytest.mark.parametrize("name", TRANSACTIONS)
def test_a_bad_transaction_is_told_first(name: str) -> None:
    check(TRANSACTIONS, name)


@pytest.mark.req("J2:4.1.4")
def test_a_message_that_is_retried_as_it_was_is_no_second_transaction() -> None:
    talk = Talk(V201).boot().status().event("Started", 0, 1000)
    first = talk.said[-2].text
    talk.raw("station", first).wait(0.2).raw("csms", talk.said[-2].text).wait(1).event("Ended", 1, 1200)
    assert [each for each in found_in(talk) if each.weight is not Severity.NOTE] == []


# --- charging profiles -------------------------------------------------------------------------------------------------------------


def _levels(*answers: tuple[int, str]) -> Callable[[Talk], None]:
    def build(talk: Talk) -> None:
        for level, status in answers:
            talk.order("SetChargingProfile", profile_16(level), {"status": status})

    return build


def test_only_stack_level_zero_is_a_missing_function() -> None:
    for answers in (((0, "Accepted"), (1, "Rejected")), ((3, "Rejected"), (0, "Accepted"))):
        talk = Talk(V16).boot().status()
        _levels(*answers)(talk)
        found = found_in(talk)
        assert [each.rule for each in found] == [rules.STACK_LEVEL]
        assert "only level 0" in found[0].what


def test_stack_levels_that_a_platform_demands() -> None:
    profile = PlatformProfile("p", "Platform", "its manual", protocol=ProtocolDemands(stack_levels=9))
    for answers, count in ((((0, "Accepted"), (9, "Accepted"), (10, "Rejected")), 0), (((5, "Rejected"),), 1)):
        talk = Talk(V16).boot().status()
        _levels(*answers)(talk)
        assert [each.rule for each in found_in(talk, profile) if "demands" in each.what] == [rules.STACK_LEVEL] * count
    talk = Talk(V16).boot().status()
    key = {"key": "ChargeProfileMaxStackLevel", "readonly": True, "value": "0"}
    talk.order("GetConfiguration", {"key": [key["key"]]}, {"configurationKey": [key]})
    assert [each.rule for each in found_in(talk, profile)] == [rules.STACK_LEVEL]


# --- Plug & Charge -----------------------------------------------------------------------------------------------------------------

HASHES = [
    {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": "a",
        "issuerKeyHash": "b",
        "serialNumber": "1",
        "responderURL": "http://ocsp.example",
    }
]
EMAID = {"idToken": {"idToken": "DE8AAA1234567N", "type": "eMAID"}, "iso15118CertificateHashData": HASHES}
EXI = {"iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef", "action": "Install", "exiRequest": "AAAA"}


def _transfer(message: str, answer: Any) -> Callable[[Talk], None]:
    data = json.dumps({"idToken": {"idToken": "DE8AAA1234567N"}, "iso15118CertificateHashData": HASHES})
    payload = {"vendorId": VENDOR_ID, "messageId": message, "data": data}
    return lambda talk: talk.ask("DataTransfer", payload, answer)


def _authorized(**more: Any) -> Callable[[Talk], None]:
    return lambda talk: talk.ask("Authorize", EMAID, more)


PNC: dict[str, Case] = {
    "Get15118EVCertificate not implemented": (V201, lambda t: t.ask("Get15118EVCertificate", EXI, "NotImplemented"), rules.PNC_MISSING,
                                              "Get15118EVCertificate"),
    "Authorize of a contract not implemented": (V201, lambda t: t.ask("Authorize", EMAID, "NotSupported"), rules.PNC_MISSING, "lacks"),
    "an eMAID refused unread": (V201, _authorized(idTokenInfo={"status": "Unknown"}), rules.PNC_MISSING, "without a certificateStatus"),
    "a chain that does not pass": (V21, _authorized(idTokenInfo={"status": "Invalid"}, certificateStatus="CertChainError"),
                                   rules.PNC_CERTIFICATE, "CertChainError"),
    "1.6: vendor unknown": (V16, _transfer("Authorize", {"status": "UnknownVendorId"}), rules.PNC_MISSING, "UnknownVendorId"),
    "1.6: message unknown": (V16, _transfer("Get15118EVCertificate", {"status": "UnknownMessageId"}), rules.PNC_MISSING, "Get15118EV"),
    "1.6: rejected": (V16, _transfer("Authorize", {"status": "Rejected"}), rules.PNC_MISSING, "SECC authenticates but OCPP rejects"),
    "1.6: revoked": (V16, _transfer("Authorize", {"status": "Accepted", "data": json.dumps({"idTokenInfo": {"status": "Invalid"},
                     "certificateStatus": "CertificateRevoked"})}), rules.PNC_CERTIFICATE, "CertificateRevoked"),
}  # fmt: skip


@pytest.mark.parametrize("name", PNC)
def test_why_plug_and_charge_fails_is_told_first(name: str) -> None:
    check(PNC, name)


def test_a_contract_that_is_accepted_is_no_finding() -> None:
    talk = Talk(V201).boot().status()
    _authorized(idTokenInfo={"status": "Accepted"}, certificateStatus="Accepted")(talk)
    assert found_in(talk) == []
