"""What the cases of block A share: a station that starts, the checks on its opening handshake, and connecting again without long waits."""

from __future__ import annotations

from string import hexdigits
from typing import Any

from pilotwire.conformance.cases.ocpp201.station.b_provisioning.boots import boots
from pilotwire.conformance.checks import Check, at_least, at_most, both, either, equals, holds, one_of, satisfies, when
from pilotwire.conformance.conditions import configured_is
from pilotwire.conformance.language import Configures, Reconnects, Sends, State, Step, TellsStatus
from pilotwire.conformance.values import Known, configured

Steps = tuple[Step, ...]
WITH_PASSWORD = configured_is("security_profile", 1, 2)
WITH_TLS = configured_is("security_profile", 2, 3)
WITH_CERTIFICATE = configured_is("security_profile", 3)
ATTEMPTS = "OCPPCommCtrlr.NetworkProfileConnectionAttempts"

QUICK: Steps = (
    Configures(
        variable="OCPPCommCtrlr.RetryBackOffWaitMinimum",
        value=configured.quick_wait,
        if_implemented=True,
        if_writable=True,
    ),
    Configures(variable="OCPPCommCtrlr.RetryBackOffRandomRange", value=0, if_implemented=True, if_writable=True),
)
"""The station does not wait long before it tries to connect again."""


def booting() -> Steps:
    """State Booting: the station is told to start again, and has not connected yet."""
    return (
        State(
            name="Booting",
            steps=(
                Sends(
                    number="1",
                    action="Reset",
                    payload={"type": "Immediate"},
                    checks=(equals("status", "Accepted"),),
                ),
            ),
        ),
    )


def starts_again(number: str, first: str, second: str, *checks: Check, **how: Any) -> Steps:
    """The station connects (its opening handshake passes the checks), boots and tells its connectors."""
    return (
        Reconnects(
            number=number, leaves_within=configured.long_operation_timeout, checks=(*checks, *IDENTIFIED), **how
        ),
        boots(first),
        TellsStatus(number=second, status="Available", every="station"),
    )


# --- who the station is ------------------------------------------------------------------------------------------------------------


def _not_sent(found: Any, _: Known) -> bool:
    return found is None


NO_PASSWORD = satisfies("username", "is not sent: there is no Authorization header", _not_sent)


def password_is(password: Any) -> tuple[Check, ...]:
    """The Authorization header has the identity and this password."""
    return (
        equals("username", configured.identity).of("A00.FR.204"),
        equals("password", password).of("A00.FR.205"),
    )


IDENTIFIED = (
    equals("identity", configured.identity),
    *when(WITH_PASSWORD, *password_is(configured.password)),
    *when(WITH_CERTIFICATE, NO_PASSWORD.of("A00.FR.401")),
)
"""The identity is in the URL; name and password come with security profile 1 and 2 only."""


def _printable(found: Any, _: Known) -> bool:
    return isinstance(found, str) and found.isprintable() and "\N{REPLACEMENT CHARACTER}" not in found


PASSWORD_CAN_BE = (
    at_least("password_length", 16).of("A00.FR.205"),
    at_most("password_length", 64).of("A00.FR.205"),
    satisfies("password", "is UTF-8 text that can be printed (passwordString)", _printable).of("A00.FR.205"),
)


def _no_colon(found: Any, _: Known) -> bool:
    return isinstance(found, str) and ":" not in found


IDENTITY_CAN_BE = satisfies("identity", "has no colon", _no_colon).of("A00.FR.204")

# --- TLS ---------------------------------------------------------------------------------------------------------------------------

_WITH_FORWARD_SECRECY = both(
    holds("ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256"), holds("ciphers", "ECDHE-ECDSA-AES256-GCM-SHA384")
)
_WITHOUT = both(holds("ciphers", "AES128-GCM-SHA256"), holds("ciphers", "AES256-GCM-SHA384"))
TLS_IS_GOOD = (
    equals("secure", True).of("A00.FR.312"),
    one_of("tls_version", "TLSv1.2", "TLSv1.3").of("A00.FR.313"),
    either(_WITH_FORWARD_SECRECY, _WITHOUT).of("A00.FR.319"),
    satisfies("compression", "is not used", lambda found, _: found is None).of("A00.FR.321"),
)
"""Version and cipher suites (in OpenSSL's names) of the opening handshake, and no compression."""


def _serial(found: Any, _: Known) -> bool:
    return isinstance(found, str) and set(found) <= set(hexdigits) and int(found or "0", 16) > 0


CERTIFICATE_IS_GOOD = (
    equals("certificate", True).of("A00.FR.402"),
    equals("certificate_strong", True).of("A00.FR.502"),
    satisfies("certificate_serial", "is there", _serial).of("A00.FR.508"),
    equals("certificate_name", configured.serial_number).of("A00.FR.511"),
)
"""The station's certificate: its key, its serial number, whose it is."""
NO_CERTIFICATE = equals("certificate", False)
