"""A00: how the station shows who it is, and what it asks of the CSMS it connects to."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.a_security.secure import (
    ATTEMPTS,
    CERTIFICATE_IS_GOOD,
    IDENTIFIED,
    IDENTITY_CAN_BE,
    NO_CERTIFICATE,
    PASSWORD_CAN_BE,
    QUICK,
    TLS_IS_GOOD,
    WITH_CERTIFICATE,
    WITH_PASSWORD,
    WITH_TLS,
    booting,
    starts_again,
)
from pilotwire.conformance.cases.ocpp201.station.b_provisioning.b09_network_profile import PRIORITY
from pilotwire.conformance.cases.ocpp201.station.b_provisioning.boots import RESET_OR_START, boots
from pilotwire.conformance.checks import equals, when
from pilotwire.conformance.conditions import not_
from pilotwire.conformance.language import (
    Acts,
    Case,
    Configures,
    Disconnects,
    ForEach,
    InAnyOrder,
    Offers,
    Receives,
    Reconnects,
    Refuses,
    Sends,
    Step,
    TellsStatus,
    at_least_profile,
)
from pilotwire.conformance.states.station201 import booted
from pilotwire.conformance.values import Kept, configured, made
from pilotwire.conformance.variables import component_variable

Steps = tuple[Step, ...]

ONLY_THE_ACTIVE_SLOT: Steps = (
    Sends(
        action="GetVariables",
        payload={"getVariableData": [component_variable("OCPPCommCtrlr.ActiveNetworkProfile")]},
        checks=(equals("getVariableResult[0].attributeStatus", "Accepted"),),
        keep={"active slot": "getVariableResult[0].attributeValue"},
    ),
    Configures(variable=PRIORITY, value=Kept("active slot")),
)
"""NetworkConfigurationPriority has the slot the station is connected by, and no other."""
_INVALID = ["expired", "not yet valid", "unknown issuer", "wrong name", "wildcard"]
"""The server certificates of errata 2025-09, 6.2.3; see `wire.authority.SERVERS`."""
_TURNED_DOWN = (equals("tls", True).of("A00.FR.311"),)

TC_A_01_CS = Case(
    id="TC_A_01_CS",
    title="Basic authentication",
    purpose="A station that starts shows its identity and password with the request to open the connection.",
    requirements=(
        "A00.FR.202",
        "A00.FR.203",
        "A00.FR.204",
        "A00.FR.205",
        "A00.FR.301",
        "A00.FR.302",
        "A00.FR.304",
        "B01.FR.01",
        "B01.FR.05",
        "B01.FR.09",
    ),
    needs=(WITH_PASSWORD,),
    main=(
        Acts(act="power_cycle"),
        Reconnects(
            number="1",
            leaves_within=configured.long_operation_timeout,
            checks=(*IDENTIFIED, IDENTITY_CAN_BE, *PASSWORD_CAN_BE),
        ),
        *booted("already"),
    ),
    remark=(
        "The password may have up to 64 characters of any kind: errata 2025-09 of A00.FR.205 and of passwordString. It is not set before: "
        "the station was let in with it."
    ),
)

TC_A_04_CS = Case(
    id="TC_A_04_CS",
    title="TLS with a good server certificate",
    purpose="A station that starts connects by TLS, new enough and with the cipher suites it must have, and boots.",
    requirements=(
        "A00.FR.309",
        "A00.FR.312",
        "A00.FR.313",
        "A00.FR.319",
        "A00.FR.321",
        "A00.FR.412",
        "A00.FR.422",
        "A00.FR.303",
        "A00.FR.317",
    ),
    needs=(WITH_TLS,),
    settings={"security_profile": at_least_profile(2)},
    before=booting(),
    main=starts_again(
        "5",
        "7",
        "9",
        *TLS_IS_GOOD,
        *when(WITH_CERTIFICATE, equals("certificate", True).of("A00.FR.402")),
        *when(not_(WITH_CERTIFICATE), NO_CERTIFICATE),
    ),
)

TC_A_05_CS = Case(
    id="TC_A_05_CS",
    title="TLS with server certificates that are not good",
    purpose="A station connects to no CSMS whose certificate is not good, and tells of it once it has found a good one.",
    requirements=(
        "A00.FR.309",
        "A00.FR.310",
        "A00.FR.311",
        "A00.FR.412",
        "A00.FR.413",
        "A00.FR.414",
        "A00.FR.308",
        "A00.FR.411",
    ),
    needs=(WITH_TLS,),
    settings={"security_profile": at_least_profile(2)},
    before=(
        Configures(variable=ATTEMPTS, value=3),
        *ONLY_THE_ACTIVE_SLOT,
        Configures(variable="SecurityCtrlr.AllowCSMSTLSWildcards", value=False, if_implemented=True, if_writable=True),
        *QUICK,
    ),
    main=(
        Disconnects(number="1", abruptly=True),
        Reconnects(number="2", checks=TLS_IS_GOOD),
        ForEach(
            name="server certificate",
            values=_INVALID,
            steps=(
                Offers(number="4", how={"context": made("tls", server=Kept("server certificate"))}),
                Refuses(number="5", checks=_TURNED_DOWN),
                Offers(number="7", how={"context": made("tls")}),
                Reconnects(number="8", checks=(equals("secure", True),)),
                Receives(
                    number="10",
                    action="SecurityEventNotification",
                    where=(equals("type", "InvalidCsmsCertificate").of("A00.FR.310"),),
                ),
            ),
        ),
    ),
    within=900.0,
    remark=(
        "The tester sees that a handshake was ended, and need not wait before it shows the good certificate again. Where it listens at an "
        "address and not at a name, no wildcard can match; the certificate has the one that comes nearest."
    ),
)

TC_A_06_CS = Case(
    id="TC_A_06_CS",
    title="TLS that is too old",
    purpose="A station does not connect to a CSMS that speaks no TLS newer than 1.1; once it does, the station boots.",
    requirements=("A00.FR.314", "A00.FR.316", "A00.FR.416", "A00.FR.417", "A00.FR.419"),
    needs=(WITH_TLS,),
    settings={"security_profile": at_least_profile(2)},
    before=(Configures(variable=ATTEMPTS, value=1), *QUICK, *booting()),
    main=(
        Offers(number="1", how={"context": made("tls", too_old=True)}),
        Refuses(number="3", checks=(equals("tls", True).of("A00.FR.316"),)),
        Offers(how={"context": made("tls")}),
        Reconnects(number="4", checks=(*TLS_IS_GOOD, *IDENTIFIED)),
        boots("10"),
        InAnyOrder(
            number="12",
            steps=(
                TellsStatus(number="12", status="Available", every="station"),
                Receives(
                    number="14",
                    action="SecurityEventNotification",
                    where=RESET_OR_START,
                ),
                Receives(
                    number="16",
                    action="SecurityEventNotification",
                    where=(equals("type", "InvalidTLSVersion"),),
                    optional=True,
                    within=configured.silence,
                    note="A station may not be able to tell why the handshake failed.",
                ),
            ),
        ),
    ),
    remark="The document does not say how the station comes to connect; its steps 10 and 14 are those of a start, so it is reset.",
)

TC_A_07_CS = Case(
    id="TC_A_07_CS",
    title="TLS with a certificate of the station",
    purpose="At security profile 3 a station that starts shows a good certificate of its own and no password, and boots.",
    requirements=(
        "A00.FR.401",
        "A00.FR.402",
        "A00.FR.415",
        "A00.FR.416",
        "A00.FR.422",
        "A00.FR.502",
        "A00.FR.503",
        "A00.FR.507",
        "A00.FR.508",
        "A00.FR.511",
        "A00.FR.420",
        "A00.FR.424",
        "A00.FR.501",
    ),
    needs=(WITH_CERTIFICATE,),
    settings={"security_profile": 3},
    before=booting(),
    main=starts_again("5", "7", "9", *TLS_IS_GOOD, *CERTIFICATE_IS_GOOD),
    remark="That a certificate is sent as PEM cannot be asked: TLS carries DER.",
)
