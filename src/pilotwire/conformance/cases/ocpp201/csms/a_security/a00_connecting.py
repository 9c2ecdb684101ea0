"""A00: passwords, server certificates and client certificates."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.csms.a_security.secured import (
    HTTP_REFUSES,
    SUITES,
    TLS_ENDS,
    arrives,
    is_accepted,
    speaks,
    turned_away,
    with_password,
)
from pilotwire.conformance.checks import Check, equals, one_of, present, satisfies
from pilotwire.conformance.language import Case, ForEach, Offers, Step, at_least_profile
from pilotwire.conformance.values import Computed, Kept, Known, made

Steps = tuple[Step, ...]
MODERN = one_of("tls_version", "TLSv1.2", "TLSv1.3")
NOT_COMPRESSED = equals("compression", None)


def _number(found: Any, _: Known) -> bool:
    return isinstance(found, str) and int(found, 16) > 0


SERVER_CERTIFICATE: tuple[Check, ...] = (
    present("certificate_name"),
    satisfies("certificate_serial", "is a serial number", _number),
    equals("certificate_strong", True),
    equals("certificate_name", made("host")).of("A00.FR.510"),
)
"""It is X.509, has a serial number, a key long enough, and the commonName is the name of the server."""


def each_suite(number: str) -> Steps:
    """The station connects with each of the cipher suites, and no other."""
    return (
        ForEach(
            name="suite",
            values=SUITES,
            steps=(
                speaks(ciphers=Kept("suite"), newest="1.2"),
                arrives(number, MODERN, equals("cipher", Kept("suite")), NOT_COMPRESSED),
            ),
        ),
    )


def shows_bad(number: str, kinds: list[str], *checks: Check) -> Steps:
    """The station shows a client certificate of each kind, and is not let in."""
    return (
        ForEach(
            name="kind",
            values=kinds,
            steps=(speaks(certificate=Kept("kind")), turned_away(number, *checks)),
        ),
    )


OTHER_NAME = Computed("the identity and Invalid", lambda known: f"{known.setting('identity')}Invalid")

TC_A_01_CSMS = Case(
    id="TC_A_01_CSMS",
    title="The right password",
    purpose="The CSMS lets a station in that presents its identity and password, and accepts it.",
    requirements=("A00.FR.204", "B01.FR.02"),
    settings={"security_profile": with_password},
    booted=False,
    main=(arrives("1"), *is_accepted("3", "5")),
)
TC_A_02_CSMS = Case(
    id="TC_A_02_CSMS",
    title="The password under another username",
    purpose="The CSMS does not let a station in whose username is not its identity.",
    requirements=("A00.FR.204", "A00.FR.207"),
    settings={"security_profile": with_password},
    main=(Offers(how={"username": OTHER_NAME}), turned_away("1", HTTP_REFUSES)),
)
TC_A_03_CSMS = Case(
    id="TC_A_03_CSMS",
    title="A wrong password",
    purpose="The CSMS does not let a station in that presents another password.",
    requirements=("A00.FR.204", "A00.FR.207"),
    settings={"security_profile": with_password},
    main=(Offers(how={"password": made("password")}), turned_away("1", HTTP_REFUSES)),
)
TC_A_04_CSMS = Case(
    id="TC_A_04_CSMS",
    title="The server certificate and the cipher suites",
    purpose="The CSMS shows a good certificate, has the four cipher suites, and speaks TLS 1.2 or newer without compression.",
    requirements=(
        "A00.FR.306",
        "A00.FR.307",
        "A00.FR.312",
        "A00.FR.318",
        "A00.FR.321",
        "A00.FR.502",
        "A00.FR.503",
        "A00.FR.507",
        "A00.FR.508",
        "A00.FR.510",
        "A00.FR.317",
        "A00.FR.501",
    ),
    settings={"security_profile": at_least_profile(2)},
    main=(
        *each_suite("1"),
        speaks(),
        arrives("5", MODERN, NOT_COMPRESSED, *SERVER_CERTIFICATE),
        *is_accepted("7", "9"),
    ),
    remark="Each cipher suite is tried by a connection of its own, which shows that it is there; the last is as the station likes it.",
)
TC_A_06_CSMS = Case(
    id="TC_A_06_CSMS",
    title="TLS older than 1.2",
    purpose="The CSMS ends a handshake below TLS 1.2, and lets the same station in with a newer one.",
    requirements=("A00.FR.314", "A00.FR.315", "A00.FR.409", "A00.FR.416", "A00.FR.417", "A00.FR.418"),
    settings={"security_profile": at_least_profile(2)},
    main=(
        speaks(newest="1.1"),
        turned_away("1", TLS_ENDS),
        speaks(),
        arrives("3", MODERN),
        *is_accepted("9", "11"),
    ),
)
TC_A_07_CSMS = Case(
    id="TC_A_07_CSMS",
    title="The client certificate",
    purpose="The CSMS lets a station in that shows its certificate, with each of the four cipher suites.",
    requirements=("A00.FR.409", "A00.FR.410", "A00.FR.415", "A00.FR.416", "A00.FR.421", "A00.FR.420", "A00.FR.424"),
    settings={"security_profile": 3},
    main=(*each_suite("1"), speaks(), arrives("5", MODERN), *is_accepted("7", "9")),
    remark="As in TC_A_04, each cipher suite is tried by a connection of its own.",
)
TC_A_08_CSMS = Case(
    id="TC_A_08_CSMS",
    title="Client certificates that are not valid",
    purpose="The CSMS does not let a station in by a stranger's certificate, an expired one or another station's; by its own it does.",
    requirements=("A00.FR.405", "A00.FR.407", "A00.FR.409", "A00.FR.410", "A00.FR.403"),
    settings={"security_profile": 3},
    main=(
        *shows_bad("1", ["unknown issuer", "expired"], TLS_ENDS),
        *shows_bad("1", ["wrong name"], one_of("kind", "tls", "closed", "http")),
        speaks(certificate="valid"),
        arrives("5", MODERN),
        *is_accepted("11", "13"),
    ),
    remark=(
        "The document leaves it open which kind of certificate is tried; all three are. Whose a certificate is can be judged "
        "when the identity is known: another station's may be refused by HTTP."
    ),
)
