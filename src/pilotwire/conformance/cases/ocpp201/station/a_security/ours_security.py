"""Cases of our own for requirements of block A that no case of the document touches."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.a_security.a00_connecting import ONLY_THE_ACTIVE_SLOT
from pilotwire.conformance.cases.ocpp201.station.a_security.secure import (
    ATTEMPTS,
    QUICK,
    TLS_IS_GOOD,
    WITH_CERTIFICATE,
    WITH_TLS,
)
from pilotwire.conformance.checks import equals
from pilotwire.conformance.conditions import feature
from pilotwire.conformance.language import (
    Case,
    Configures,
    ForEach,
    NotReceives,
    Offers,
    Receives,
    Reconnects,
    Refuses,
    Step,
    at_least_profile,
)
from pilotwire.conformance.states.certificates201 import asks_for_signature, hands_over, triggers
from pilotwire.conformance.values import Kept, configured, made, plus, times
from pilotwire.conformance.wire.authority import UNKNOWN_ROOT

Steps = tuple[Step, ...]
_PART_2 = "Part 2 edition 3, errata 2025-09"
_NO_ENCRYPTION = "ECDHE-ECDSA-NULL-SHA:ECDHE-RSA-NULL-SHA:@SECLEVEL=0"
_WAIT = configured.cert_signing_wait_minimum


def _asked_with_waits(repeats: int) -> Steps:
    """CertSigningWaitMinimum and CertSigningRepeatTimes."""
    return (
        Configures(variable="SecurityCtrlr.CertSigningWaitMinimum", value=_WAIT),
        Configures(variable="SecurityCtrlr.CertSigningRepeatTimes", value=repeats),
    )


def _turned_down(first: int, certificate: object) -> Steps:
    """The station asks, gets this certificate, rejects it, and a security event tells of it."""
    return (
        triggers(str(first), "SignChargingStationCertificate"),
        asks_for_signature(str(first + 2)),
        hands_over(str(first + 4), certificate, equals("status", "Rejected").of("A02.FR.07")),
        Receives(
            number=str(first + 6),
            action="SecurityEventNotification",
            where=(equals("type", "InvalidChargingStationCertificate").of("A02.FR.07"),),
        ),
    )


PW_A_01_CS = Case(
    id="PW_A_01_CS",
    title="Cipher suites without encryption",
    purpose="A station does not connect to a CSMS that offers cipher suites without encryption only.",
    requirements=("A00.FR.320", "A00.FR.323", "A00.FR.423", "A00.FR.426"),
    needs=(WITH_TLS, feature("Core")),
    settings={"security_profile": at_least_profile(2)},
    before=(Configures(variable=ATTEMPTS, value=3), *ONLY_THE_ACTIVE_SLOT, *QUICK),
    main=(
        Offers(number="1", how={"context": made("tls", suites=_NO_ENCRYPTION)}),
        Refuses(number="2", checks=(equals("tls", True).of("A00.FR.320"),)),
        Offers(number="3", how={"context": made("tls")}),
        Reconnects(number="4", checks=TLS_IS_GOOD),
        Receives(
            number="5",
            action="SecurityEventNotification",
            where=(equals("type", "InvalidTLSCipherSuite").of("A00.FR.323"),),
            optional=True,
            within=configured.silence,
            note="A station may not be able to tell why the handshake failed.",
        ),
    ),
    follows=_PART_2,
    ours=True,
)

PW_A_02_CS = Case(
    id="PW_A_02_CS",
    title="No certificate comes at all",
    purpose="A station that has asked for its certificate as often as it may asks no more, until it is triggered again.",
    requirements=("A02.FR.17", "A02.FR.18", "A02.FR.19"),
    needs=(WITH_CERTIFICATE, feature("Advanced Security"), feature("AS-3")),
    settings={"security_profile": 3},
    before=_asked_with_waits(0),
    main=(
        triggers("1", "SignChargingStationCertificate"),
        asks_for_signature("3"),
        asks_for_signature("5", within=plus(_WAIT, configured.message_timeout)),
        NotReceives(number="7", action="SignCertificate", seconds=times(2.5, _WAIT)),
        triggers("8", "SignChargingStationCertificate"),
        asks_for_signature("10"),
    ),
    follows=_PART_2,
    ours=True,
)

PW_A_03_CS = Case(
    id="PW_A_03_CS",
    title="Not asked again after a certificate that was not good",
    purpose="A station that has rejected a certificate does not ask for another by itself.",
    requirements=("A02.FR.07", "A02.FR.20"),
    needs=(WITH_CERTIFICATE, feature("Advanced Security")),
    settings={"security_profile": 3},
    before=tuple(
        Configures(variable=variable, value=value, if_implemented=True)
        for variable, value in (
            ("SecurityCtrlr.CertSigningWaitMinimum", _WAIT),
            ("SecurityCtrlr.CertSigningRepeatTimes", 2),
        )
    ),
    main=(
        *_turned_down(1, made("signed", csr=Kept("csr"), by=UNKNOWN_ROOT)),
        NotReceives(number="9", action="SignCertificate", seconds=times(2, _WAIT)),
    ),
    follows=_PART_2,
    ours=True,
)

PW_A_04_CS = Case(
    id="PW_A_04_CS",
    title="Station certificates that are not good in other ways",
    purpose="A station rejects a certificate under the right root that has expired, or is for a key it does not have, and tells of it.",
    requirements=("A02.FR.06", "A02.FR.07"),
    needs=(WITH_CERTIFICATE, feature("Advanced Security")),
    settings={"security_profile": 3},
    main=(
        ForEach(
            name="certificate",
            values=["expired", "another key"],
            steps=_turned_down(1, made("signed", csr=Kept("csr"), kind=Kept("certificate"))),
        ),
    ),
    follows=_PART_2,
    ours=True,
)
