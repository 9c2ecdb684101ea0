"""Cases of our own for A02 to A05: keys that stay inside, certificates that do not work or are renewed in time, events, and no way down."""

from __future__ import annotations

import json
from typing import Any

from pilotwire.conformance.cases.ocpp201.station.a_security.a00_connecting import ONLY_THE_ACTIVE_SLOT
from pilotwire.conformance.cases.ocpp201.station.a_security.a05_security_profile import (
    FROM_1,
    offers_profile,
    puts_first,
    sets_profile,
)
from pilotwire.conformance.cases.ocpp201.station.a_security.secure import ATTEMPTS, QUICK, WITH_CERTIFICATE, WITH_TLS
from pilotwire.conformance.cases.ocpp201.station.b_provisioning.b09_network_profile import PRIORITY, TWO_SLOTS
from pilotwire.conformance.cases.ocpp201.station.b_provisioning.boots import boots, resets
from pilotwire.conformance.cases.ocpp201.station.b_provisioning.reports import base_report
from pilotwire.conformance.checks import Check, Judgement, differs, equals, one_of
from pilotwire.conformance.conditions import feature
from pilotwire.conformance.language import (
    Acts,
    Case,
    Configures,
    Disconnects,
    Judges,
    Keeps,
    NotReceives,
    Offers,
    Receives,
    Reconnects,
    Refuses,
    Sends,
    Step,
    at_least_profile,
)
from pilotwire.conformance.states.certificates201 import (
    NEW_CERTIFICATE_SHOWN,
    STATION_CSR,
    asks_for_signature,
    certificate_installed,
    hands_over,
    renew_charging_station_certificate,
    triggers,
)
from pilotwire.conformance.states.offline201 import line_back, line_down
from pilotwire.conformance.states.station201 import booted
from pilotwire.conformance.values import Computed, Fresh, Kept, Known, Moment, configured, made, plus, times
from pilotwire.conformance.variables import component_variable
from pilotwire.conformance.wire.authority import UNKNOWN_ROOT

Steps = tuple[Step, ...]
_PART_2 = "Part 2 edition 3, errata 2025-09"
_ADVANCED = (WITH_CERTIFICATE, feature("Advanced Security"))
_PROFILE_3 = {"security_profile": 3}

# --- keys -----------------------------------------------------------------------------------------------------------------------

_SECRET = "PRIVATE KEY"


def _log(kind: str) -> Steps:
    """A log is uploaded to the tester."""
    return (
        Keeps(values={"where": made("log location")}),
        Sends(
            number="5",
            action="GetLog",
            payload={"logType": kind, "requestId": Fresh("log"), "log": {"remoteLocation": Kept("where")}},
            checks=(equals("status", "Accepted"),),
        ),
        Receives(
            number="7",
            action="LogStatusNotification",
            where=(equals("status", "Uploaded"),),
            within=configured.long_operation_timeout,
        ),
    )


def _uploaded(known: Known) -> list[bytes]:
    visits = known.made("uploads", location=Kept("where").of(known))
    return [one.content for one in visits or []]


def _no_key(everything: Any, known: Known) -> Judgement:
    told = [one["action"] for one in everything["messages"] if _SECRET in json.dumps(one["payload"])]
    told += ["the log"] if any(_SECRET.encode() in one for one in _uploaded(known)) else []
    return Judgement(not told, ", ".join(told) or f"{len(everything['messages'])} messages")


def _arrived(_: Any, known: Known) -> Judgement:
    sizes = [len(one) for one in _uploaded(known)]
    return Judgement(any(sizes), f"{sizes} bytes")


PW_A_05_CS = Case(
    id="PW_A_05_CS",
    title="The private key stays inside",
    purpose="With a new certificate neither the full report nor a log, nor anything else the station sends, has a private key.",
    requirements=("A02.FR.05", "A03.FR.05"),
    needs=_ADVANCED,
    settings=_PROFILE_3,
    before=renew_charging_station_certificate(),
    main=(*base_report("FullInventory"), *_log("DiagnosticsLog")),
    after=(Judges(checks=(Check("nothing that was sent has a private key", _no_key).of("A02.FR.05"),)),),
    follows=_PART_2,
    ours=True,
)

_NOT_THE_NEW = differs("certificate_serial", made("serial", chain=Kept("station_chain")))

PW_A_06_CS = Case(
    id="PW_A_06_CS",
    title="A new certificate that does not work",
    purpose="A station that is not let in with its new certificate comes back with the old one, and keeps to that.",
    requirements=("A02.FR.10", "A02.FR.28", "A03.FR.24"),
    needs=_ADVANCED,
    settings=_PROFILE_3,
    before=(Configures(variable=ATTEMPTS, value=1), *ONLY_THE_ACTIVE_SLOT, *QUICK),
    main=(
        triggers("1", "SignChargingStationCertificate"),
        asks_for_signature("3"),
        Keeps(values={"station_chain": made("signed", csr=Kept("csr"))}),
        Offers(number="5", how={"turning_away": True}),
        hands_over("5", Kept("station_chain")),
        Refuses(number="7", checks=(NEW_CERTIFICATE_SHOWN,)),
        Reconnects(number="8", checks=(equals("secure", True), _NOT_THE_NEW.of("A02.FR.28"))),
        Disconnects(number="9"),
        Reconnects(number="10", checks=(_NOT_THE_NEW.of("A02.FR.10"),)),
    ),
    follows=_PART_2,
    ours=True,
)

_SIZE = "SecurityCtrlr.MaxCertificateChainSize"
_LONGER = Computed(
    "a chain longer than MaxCertificateChainSize",
    lambda known: _repeated(str(Kept("good chain").of(known)), int(Kept("size").of(known))),
)


def _repeated(chain: str, size: int) -> str:
    return chain * (size // len(chain) + 1)


PW_A_07_CS = Case(
    id="PW_A_07_CS",
    title="A certificate chain that is too long",
    purpose="A chain that is longer than MaxCertificateChainSize is rejected.",
    requirements=("A02.FR.16", "A03.FR.16"),
    needs=_ADVANCED,
    settings=_PROFILE_3,
    traits={"variables": {_SIZE: "2000"}},
    before=(
        Sends(
            action="GetVariables",
            payload={"getVariableData": [component_variable(_SIZE)]},
            checks=(equals("getVariableResult[0].attributeStatus", "Accepted"),),
            keep={"size": "getVariableResult[0].attributeValue"},
        ),
    ),
    main=(
        triggers("1", "SignChargingStationCertificate"),
        asks_for_signature("3"),
        Keeps(values={"good chain": made("signed", csr=Kept("csr"))}),
        hands_over("5", _LONGER, equals("status", "Rejected").of("A02.FR.16")),
    ),
    remark="A message of 2.0.1 has at most 10000 characters of a chain: a station that takes as many has nothing to reject.",
    follows=_PART_2,
    ours=True,
)

PW_A_13_CS = Case(
    id="PW_A_13_CS",
    title="A log is uploaded by HTTPS",
    purpose="A station uploads its log by HTTPS to a server whose certificate is under the CSMS root.",
    requirements=("N01.FR.15",),
    needs=(WITH_TLS, feature("Core")),
    settings={"security_profile": at_least_profile(2)},
    before=(Keeps(values={"where": made("log location", secure=made("tls", profile=2))}),),
    main=(
        Sends(
            number="1",
            action="GetLog",
            payload={
                "logType": configured.log_type,
                "requestId": Fresh("log"),
                "log": {"remoteLocation": Kept("where")},
            },
            checks=(equals("status", "Accepted"),),
        ),
        Receives(
            number="3",
            action="LogStatusNotification",
            where=(equals("status", "Uploaded").of("N01.FR.15"),),
            within=configured.long_operation_timeout,
        ),
    ),
    after=(Judges(checks=(Check("the log has arrived", _arrived).of("N01.FR.15"),)),),
    follows=_PART_2,
    ours=True,
)

# --- in time --------------------------------------------------------------------------------------------------------------------

_WAIT = configured.cert_signing_wait_minimum
_SOON_OVER = Moment(20 * 24 * 3600)
"""Ten days before the certificate of the bench is over."""


def _three_weeks_on() -> Steps:
    """The station starts, and its clock is set to less than a month before the end of its certificate."""
    return (
        Acts(act="power_cycle"),
        boots(
            "1",
            answer={"status": "Accepted", "interval": configured.retry_interval, "currentTime": _SOON_OVER},
        ),
    )


_BY_CSMS_TIME = Configures(variable="ClockCtrlr.TimeSource", value="Heartbeat")

PW_A_08_CS = Case(
    id="PW_A_08_CS",
    title="A certificate that is soon over",
    purpose="A station whose certificate has less than a month left asks for another by itself, and takes only one that is good.",
    requirements=("A03.FR.02", "A03.FR.03", "A03.FR.06", "A03.FR.08", "A03.FR.10", "A03.FR.13"),
    needs=_ADVANCED,
    settings=_PROFILE_3,
    before=(_BY_CSMS_TIME, *renew_charging_station_certificate()),
    main=(
        *_three_weeks_on(),
        asks_for_signature("3", *STATION_CSR, early=True, within=configured.long_operation_timeout),
        hands_over("5", made("signed", csr=Kept("csr"), by=UNKNOWN_ROOT), equals("status", "Rejected").of("A03.FR.06")),
        triggers("7", "SignChargingStationCertificate"),
        asks_for_signature("9"),
        Keeps(values={"station_chain": made("signed", csr=Kept("csr"))}),
        hands_over("11", Kept("station_chain"), equals("status", "Accepted").of("A03.FR.08")),
        Reconnects(number="13", leaves_within=configured.silence, checks=(NEW_CERTIFICATE_SHOWN.of("A03.FR.08"),)),
        Disconnects(number="14"),
        Reconnects(number="15", checks=(NEW_CERTIFICATE_SHOWN.of("A03.FR.10"),)),
    ),
    remark="The station goes by the time the CSMS tells it (ClockCtrlr.TimeSource Heartbeat); certificates of the bench last 30 days.",
    follows=_PART_2,
    ours=True,
)

PW_A_09_CS = Case(
    id="PW_A_09_CS",
    title="A certificate that is soon over, and none comes",
    purpose="A station that asks for another certificate by itself asks again after the wait and twice the wait, then no more.",
    requirements=("A03.FR.17", "A03.FR.18", "A03.FR.19"),
    needs=(*_ADVANCED, feature("AS-3")),
    settings=_PROFILE_3,
    before=(
        _BY_CSMS_TIME,
        Configures(variable="SecurityCtrlr.CertSigningWaitMinimum", value=_WAIT),
        Configures(variable="SecurityCtrlr.CertSigningRepeatTimes", value=1),
        *renew_charging_station_certificate(),
    ),
    main=(
        *_three_weeks_on(),
        asks_for_signature("3", early=True, within=configured.long_operation_timeout),
        asks_for_signature("5", early=True, within=plus(_WAIT, configured.message_timeout)),
        NotReceives(
            number="6", action="SignCertificate", seconds=times(1.5, _WAIT), note="The wait is doubled (A03.FR.18)."
        ),
        asks_for_signature("7", early=True, within=plus(_WAIT, configured.message_timeout)),
        NotReceives(number="9", action="SignCertificate", seconds=times(5, _WAIT), note="It has stopped (A03.FR.19)."),
        triggers("10", "SignChargingStationCertificate"),
        asks_for_signature("12"),
    ),
    follows=_PART_2,
    ours=True,
)

# --- events ---------------------------------------------------------------------------------------------------------------------

_CRITICAL = "TamperDetectionActivated"
_IS_TOLD = equals("type", _CRITICAL)


def _in_the_log(everything: Any, known: Known) -> Judgement:
    found = _uploaded(known)
    if not found:
        return Judgement(True, "", applies=False)
    return Judgement(any(_CRITICAL.encode() in one for one in found), f"{sum(map(len, found))} bytes")


PW_A_10_CS = Case(
    id="PW_A_10_CS",
    title="A critical security event",
    purpose="A critical security event is told, at once or when the line is back, and is in the security log.",
    requirements=("A04.FR.01", "A04.FR.02", "A04.FR.04"),
    needs=(feature("Core"),),
    main=(
        Acts(act="incident", details={"type": _CRITICAL}),
        Receives(number="1", action="SecurityEventNotification", where=(_IS_TOLD.of("A04.FR.01"),)),
        *line_down("2"),
        Acts(act="incident", details={"type": _CRITICAL}),
        *line_back("3"),
        Receives(number="4", action="SecurityEventNotification", where=(_IS_TOLD.of("A04.FR.02"),)),
        *_log("SecurityLog"),
    ),
    after=(Judges(checks=(Check("the event is in the security log", _in_the_log).of("A04.FR.04"),)),),
    remark="What is in the log is looked at where it goes to the tester's own server, as text.",
    follows=_PART_2,
    ours=True,
)

# --- no way down ------------------------------------------------------------------------------------------------------------------

_DOWN = "SecurityCtrlr.AllowSecurityProfileDowngrade"
_REJECTED = equals("setVariableResult[0].attributeStatus", "Rejected")
_BOTH = Computed(
    "the slot in use, and the one of before",
    lambda known: ",".join(
        str(one)
        for one in sorted(
            (known.setting("configuration_slot"), known.setting("configuration_slot2")),
            key=lambda slot: str(slot) == str(Kept("active slot").of(known)),
        )
    ),
)


def _slot_of_before(number: str, requirement: str) -> Sends:
    """The slot with the lower security profile is put into the order again."""
    data = component_variable(PRIORITY) | {"attributeValue": _BOTH}
    return Sends(
        number=number,
        action="SetVariables",
        payload={"setVariableData": [data]},
        checks=(_REJECTED.of(requirement),),
    )


PW_A_11_CS = Case(
    id="PW_A_11_CS",
    title="Not back to security profile 1",
    purpose="A station that came to security profile 2 takes the slot with profile 1 into its order no more.",
    requirements=("A05.FR.09", "A05.FR.10"),
    needs=(FROM_1, TWO_SLOTS, feature("Advanced Security")),
    settings={"security_profile": 1},
    before=(
        *certificate_installed("CSMSRootCertificate"),
        *QUICK,
        *ONLY_THE_ACTIVE_SLOT,
        offers_profile(2, configured.password),
        sets_profile("", 2, equals("status", "Accepted")),
        puts_first("", one_of("setVariableResult[0].attributeStatus", "Accepted", "RebootRequired")),
        resets("", "OnIdle", "Accepted"),
        Reconnects(endpoint="other"),
        *booted("already"),
    ),
    main=(
        Configures(variable=_DOWN, value=False, if_implemented=True),
        _slot_of_before("1", "A05.FR.10"),
        Configures(variable=_DOWN, value=True, if_implemented=True, if_writable=True),
        _slot_of_before("3", "A05.FR.09"),
    ),
    remark="The station keeps the higher profile: with a station that is not made for each case, this one goes last.",
    follows=_PART_2,
    ours=True,
)

PW_A_12_CS = Case(
    id="PW_A_12_CS",
    title="Down from security profile 3 to 2",
    purpose="A station that may go down takes a slot with security profile 2 into its order while it uses profile 3.",
    requirements=("A05.FR.08",),
    needs=(WITH_CERTIFICATE, TWO_SLOTS, feature("Advanced Security")),
    settings=_PROFILE_3,
    before=(*ONLY_THE_ACTIVE_SLOT, Configures(variable=_DOWN, value=True)),
    main=(
        offers_profile(2, configured.password),
        sets_profile("1", 2, equals("status", "Accepted")),
        puts_first("3", one_of("setVariableResult[0].attributeStatus", "Accepted", "RebootRequired").of("A05.FR.08")),
    ),
    follows=_PART_2,
    ours=True,
)
