"""Central System under test: security profiles and certificates (test document 3.24)."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.csms.a_security.a00_connecting import MODERN, SERVER_CERTIFICATE, each_suite
from pilotwire.conformance.cases.ocpp201.csms.a_security.secured import (
    HTTP_REFUSES,
    STRONG,
    arrives,
    brings_chain,
    chain_for_request,
    speaks,
    turned_away,
    with_password,
)
from pilotwire.conformance.checks import absent, equals, like
from pilotwire.conformance.language import Case16, Keeps, Offers, Receives, Sends, State, Step, at_least_profile
from pilotwire.conformance.states.csms16 import boots, installed_certificates_received, ordered, statuses
from pilotwire.conformance.states.station16 import ROOTS16
from pilotwire.conformance.values import Computed, Kept, Known, Moment, configured, made
from pilotwire.conformance.wire.authority import CSMS_ROOT

Steps = tuple[Step, ...]
_OWN_ROOT = "CentralSystemRootCertificate"
_ALGORITHM = "SHA256"


def _accepted(boot: str, told: str) -> Steps:
    return (boots(boot), *statuses(told))


# --- passwords -------------------------------------------------------------------------------------------------------------------


def _key(known: Known) -> str:
    """At most 20 bytes (security whitepaper, AuthorizationKey)."""
    return str(known.setting("new_password")).encode()[:20].hex().upper()


def _password(known: Known) -> str:
    return bytes.fromhex(str(known.kept["sent_key"])).decode("utf-8", "replace")


_OLD = Offers(how={"password": configured.password})
_NEW = Offers(how={"password": Computed("the password in AuthorizationKey", _password)})

TC_073_CSMS = Case16(
    id="TC_073_CSMS",
    title="A new password",
    purpose="The Central System gives the Charge Point a new password, in hexadecimal; only by that one it lets it in then.",
    settings={"security_profile": with_password},
    main=(
        *ordered(
            "1",
            "ChangeConfiguration",
            equals("key", "AuthorizationKey"),
            asked={"key": "AuthorizationKey", "value": Computed("the new password in hexadecimal", _key)},
            answer={"status": "Accepted"},
            keep={"sent_key": "value"},
        ),
        _NEW,
        arrives("3"),
    ),
    after=(_OLD, turned_away("", HTTP_REFUSES), _NEW, arrives(""), Sends(action="Heartbeat")),
    requirements=("SEC16:2.3.1",),
)

TC_085_CSMS = Case16(
    id="TC_085_CSMS",
    title="The right password",
    purpose="The Central System lets a Charge Point in that presents its identity and password.",
    settings={"security_profile": with_password},
    booted=False,
    main=(arrives("1"), *_accepted("3", "5")),
    requirements=("SEC16:2.3.1",),
)

# --- TLS -------------------------------------------------------------------------------------------------------------------------

TC_086_CSMS = Case16(
    id="TC_086_CSMS",
    title="The server certificate and the cipher suites",
    purpose="The Central System shows a good certificate, has the four cipher suites, and speaks TLS 1.2 or newer.",
    settings={"security_profile": at_least_profile(2)},
    booted=False,
    main=(*each_suite("1"), speaks(), arrives("5", MODERN, *SERVER_CERTIFICATE), *_accepted("7", "9")),
    requirements=("SEC16:2.4.1",),
    remark="Each cipher suite is tried by a connection of its own.",
)

TC_087_CSMS = Case16(
    id="TC_087_CSMS",
    title="The client certificate",
    purpose="The Central System lets a Charge Point in that shows its certificate, with each of the four cipher suites.",
    settings={"security_profile": 3},
    booted=False,
    main=(*each_suite("1"), speaks(), arrives("5", MODERN), *_accepted("7", "9")),
    requirements=("SEC16:2.5.1",),
    remark="Each cipher suite is tried by a connection of its own.",
)

# --- certificates ----------------------------------------------------------------------------------------------------------------


def _has_signed(answer: str = "Accepted") -> Steps:
    """The operator has the Charge Point ask for a certificate; the Central System has it signed and sends it."""
    return (
        *ordered(
            "1",
            "ExtendedTriggerMessage",
            equals("requestedMessage", "SignChargePointCertificate"),
            absent("connectorId"),
            asked={"requestedMessage": "SignChargePointCertificate"},
            answer={"status": "Accepted"},
        ),
        Keeps(values={"csr": made("csr", name=configured.serial_number)}),
        Sends(
            number="3",
            action="SignCertificate",
            payload={"csr": Kept("csr")},
            checks=(equals("status", "Accepted"),),
        ),
        brings_chain(CSMS_ROOT, {}),
        Receives(
            number="5",
            action="CertificateSigned",
            checks=(chain_for_request(CSMS_ROOT), STRONG),
            keep={"certificate_chain": "certificateChain"},
            answer={"status": answer},
            within=configured.long_operation_timeout,
        ),
    )


def _event(number: str, kind: str) -> Sends:
    return Sends(number=number, action="SecurityEventNotification", payload={"type": kind, "timestamp": Moment()})


TC_074_CSMS = Case16(
    id="TC_074_CSMS",
    title="The certificate of the Charge Point is renewed",
    purpose="The Central System has the Charge Point renew its certificate, and lets it in with the new one.",
    settings={"security_profile": 3},
    main=(*_has_signed(), speaks(certificate="renewed"), arrives("7")),
    after=(Sends(action="Heartbeat"),),
    requirements=("SEC16:5.1", "SEC16:5.5", "SEC16:5.17"),
)

TC_077_CSMS = Case16(
    id="TC_077_CSMS",
    title="The Charge Point does not take its new certificate",
    purpose="The Central System takes it that the certificate was rejected, and the security event about it.",
    settings={"security_profile": 3},
    main=(*_has_signed("Rejected"), _event("7", "InvalidChargePointCertificate")),
    requirements=("SEC16:5.1", "SEC16:5.15"),
)


def _root(kind: str) -> Any:
    return made("root", name=ROOTS16[kind])


def _hashes(kind: str) -> Any:
    return made("root hashes", name=ROOTS16[kind], algorithm=_ALGORITHM)


def _installs(number: str, kind: str, answer: str = "Accepted") -> Steps:
    return ordered(
        number,
        "InstallCertificate",
        equals("certificateType", kind),
        equals("certificate", _root(kind)),
        asked={"certificateType": kind, "certificate": _root(kind)},
        answer={"status": answer},
    )


def _asks_for(number: str, kind: str) -> Steps:
    return ordered(
        number,
        "GetInstalledCertificateIds",
        equals("certificateType", kind),
        asked={"certificateType": kind},
        answer={"status": "Accepted", "certificateHashData": [_hashes(kind)]},
    )


TC_075_1_CSMS = Case16(
    id="TC_075_1_CSMS",
    title="A manufacturer root is installed",
    purpose="The Central System installs a root for firmware, and asks for the roots of that kind.",
    main=(*_installs("1", "ManufacturerRootCertificate"), *_asks_for("3", "ManufacturerRootCertificate")),
    requirements=("SEC16:5.11", "SEC16:5.7"),
)

TC_075_2_CSMS = Case16(
    id="TC_075_2_CSMS",
    title="A Central System root is installed",
    purpose="The Central System installs a root for itself, and asks for the roots of that kind.",
    main=(*_installs("1", _OWN_ROOT), *_asks_for("3", _OWN_ROOT)),
    requirements=("SEC16:5.11", "SEC16:5.7"),
)

TC_076_CSMS = Case16(
    id="TC_076_CSMS",
    title="A certificate is deleted",
    purpose="The Central System asks for the roots of a kind, and has the one it means deleted.",
    before=(State(name="CertificateInstalled", steps=_installs("", _OWN_ROOT)),),
    main=(
        *installed_certificates_received(_OWN_ROOT, [_hashes(_OWN_ROOT)]),
        *ordered(
            "3",
            "DeleteCertificate",
            like("certificateHashData", _hashes(_OWN_ROOT)),
            asked={"certificateHashData": _hashes(_OWN_ROOT)},
            answer={"status": "Accepted"},
        ),
    ),
    requirements=("SEC16:5.3",),
)

TC_078_CSMS = Case16(
    id="TC_078_CSMS",
    title="The Charge Point does not take a root",
    purpose="The Central System takes it that the root was rejected, and the security event about it.",
    main=(*_installs("1", _OWN_ROOT, "Rejected"), _event("3", "InvalidCentralSystemCertificate")),
    requirements=("SEC16:5.11", "SEC16:5.15"),
)
