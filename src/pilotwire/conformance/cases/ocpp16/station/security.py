"""Charge Point under test: security profiles and certificates (test document 2.25)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pilotwire.conformance.cases.ocpp201.station.a_security.secure import (
    CERTIFICATE_IS_GOOD,
    IDENTITY_CAN_BE,
    NO_CERTIFICATE,
    NO_PASSWORD,
    TLS_IS_GOOD,
    WITH_CERTIFICATE,
    WITH_PASSWORD,
    WITH_TLS,
)
from pilotwire.conformance.checks import Check, at_least, at_most, equals, one_of, present, satisfies, when
from pilotwire.conformance.conditions import configured_is, kept_is, not_
from pilotwire.conformance.language import (
    Case16,
    InAnyOrder,
    Offers,
    OnlyIf,
    Receives,
    Reconnects,
    Sends,
    Step,
    TellsStatus,
    at_least_profile,
)
from pilotwire.conformance.states.certificates201 import CSR_IN_PEM, CSR_STRONG, NEW_CERTIFICATE_SHOWN
from pilotwire.conformance.states.station16 import (
    ROOTS16,
    certificate_installed,
    extended_trigger,
    renew_charge_point_certificate,
    status_of_charge_point,
)
from pilotwire.conformance.values import Computed, Kept, Known, configured, made, plus
from pilotwire.conformance.wire.authority import EXPIRED_ROOT, UNKNOWN_ROOT

Steps = tuple[Step, ...]
_OWN_ROOT = "CentralSystemRootCertificate"
_ALGORITHMS = ("SHA256", "SHA384", "SHA512")
_HASHES = ("issuerNameHash", "issuerKeyHash", "serialNumber")


def _of(section: str, *checks: Check) -> tuple[Check, ...]:
    """Checks 2.0.1 has too, under the section of the security whitepaper."""
    return tuple(check.of(f"SEC16:{section}") for check in checks)


_PASSWORD = _of("2.3.1", equals("username", configured.identity), equals("password", configured.password))
_IDENTIFIED = (
    equals("identity", configured.identity),
    *when(WITH_PASSWORD, *_PASSWORD),
    *when(WITH_CERTIFICATE, *_of("2.5.1", NO_PASSWORD)),
)


def _starts_again(number: str, first: str, second: str, *checks: Check) -> Steps:
    """The Charge Point, told to reset, connects, boots and tells its connectors."""
    return (
        Reconnects(
            number=number,
            leaves_within=configured.long_operation_timeout,
            checks=(*checks, *_IDENTIFIED),
        ),
        Receives(
            number=first,
            action="BootNotification",
            checks=(present("chargePointVendor"), present("chargePointModel")),
            marks=True,
            within=configured.long_operation_timeout,
        ),
        InAnyOrder(
            steps=(
                status_of_charge_point(second, "Available", optional=True),
                TellsStatus(number=second, status="Available", every="station"),
            )
        ),
    )


_RESET = Sends(action="Reset", payload={"type": "Hard"}, checks=(equals("status", "Accepted"),))

# --- passwords -------------------------------------------------------------------------------------------------------------------


def _key(known: Known) -> str:
    return _password(known).encode().hex().upper()


def _password(known: Known) -> str:
    return str(known.setting("new_password"))[:20]


_NEW_PASSWORD = Computed("the new password", _password)
_OLD_KEY = Computed(
    "the old password in hexadecimal", lambda known: str(known.setting("password")).encode().hex().upper()
)


def _sets_key(number: str, key: Any) -> Sends:
    return Sends(
        number=number,
        action="ChangeConfiguration",
        payload={"key": "AuthorizationKey", "value": key},
        checks=(one_of("status", "Accepted", "RebootRequired"),),
        keep={"key_set": "status"},
    )


def _comes_with(number: str, password: Any) -> Steps:
    return (
        OnlyIf(condition=kept_is("key_set", "RebootRequired"), steps=(_RESET,)),
        Reconnects(
            number=number,
            leaves_within=configured.long_operation_timeout,
            checks=_of("2.3.1", equals("username", configured.identity), equals("password", password)),
        ),
    )


_SHORT_PASSWORD = {"password": "bench-password-01"}
"""A password AuthorizationKey can have: 16 to 20 bytes."""

TC_073_CS = Case16(
    id="TC_073_CS",
    title="A new password",
    purpose="A Charge Point that is given another AuthorizationKey connects with the password it stands for.",
    needs=(WITH_PASSWORD,),
    settings=_SHORT_PASSWORD,
    main=(
        Offers(how={"password": _NEW_PASSWORD}),
        _sets_key("1", Computed("the new password in hexadecimal", _key)),
        *_comes_with("3", _NEW_PASSWORD),
    ),
    after=(
        Offers(how={"password": configured.password}),
        _sets_key("", _OLD_KEY),
        *_comes_with("", configured.password),
    ),
    requirements=("SEC16:2.3.1",),
    remark="Last, the Charge Point gets its old password back.",
)

TC_085_CS = Case16(
    id="TC_085_CS",
    title="Basic authentication",
    purpose="A Charge Point that starts shows its identity and password with the request to open the connection.",
    needs=(WITH_PASSWORD,),
    settings=_SHORT_PASSWORD,
    before=(_RESET,),
    main=_starts_again(
        "1",
        "3",
        "5",
        *_of("2.3.1", IDENTITY_CAN_BE, at_least("password_length", 10), at_most("password_length", 20)),
    ),
    requirements=("SEC16:2.3.1",),
    remark="AuthorizationKey has 20 to 40 hexadecimal digits, so the password 10 to 20 bytes; the document asks for 16 in the same breath.",
)

# --- TLS -------------------------------------------------------------------------------------------------------------------------

TC_086_CS = Case16(
    id="TC_086_CS",
    title="TLS with a good server certificate",
    purpose="A Charge Point that starts connects by TLS, new enough and with the cipher suites it must have, and boots.",
    needs=(WITH_TLS,),
    settings={"security_profile": at_least_profile(2)},
    before=(_RESET,),
    main=_starts_again(
        "5",
        "7",
        "9",
        *_of("2.4.1", *TLS_IS_GOOD),
        *when(WITH_CERTIFICATE, equals("certificate", True)),
        *when(not_(WITH_CERTIFICATE), NO_CERTIFICATE),
    ),
    requirements=("SEC16:2.4.1",),
)

TC_087_CS = Case16(
    id="TC_087_CS",
    title="TLS with a certificate of the Charge Point",
    purpose="At security profile 3 a Charge Point that starts shows a good certificate of its own and no password, and boots.",
    needs=(WITH_CERTIFICATE,),
    settings={"security_profile": 3},
    before=(_RESET,),
    main=_starts_again("5", "7", "9", *_of("2.5.1", *TLS_IS_GOOD, *CERTIFICATE_IS_GOOD)),
    requirements=("SEC16:2.5.1",),
    remark="That a certificate is sent as PEM cannot be asked: TLS carries DER.",
)

# --- certificates ----------------------------------------------------------------------------------------------------------------


def _is_root(entry: Any, known: Known, kind: str) -> bool:
    if not isinstance(entry, dict) or entry.get("hashAlgorithm") not in _ALGORITHMS:
        return False
    wanted = known.made("root hashes", name=ROOTS16[kind], algorithm=entry["hashAlgorithm"])
    return all(str(entry.get(one)).lower() == wanted[one].lower() for one in _HASHES)


def _lists(kind: str, *, listed: bool = True) -> Check:
    """certificateHashData has the tester's root of this kind, or does not."""

    def test(found: Any, known: Known) -> bool:
        entries = found if isinstance(found, list) else []
        return any(_is_root(one, known, kind) for one in entries) is listed

    what = f"{'has' if listed else 'does not have'} the {ROOTS16[kind]} of the tester"
    return satisfies("certificateHashData", what, test)


def _asks_for(number: str, kind: str, *checks: Check, **how: Any) -> Sends:
    return Sends(
        number=number,
        action="GetInstalledCertificateIds",
        payload={"certificateType": kind},
        checks=checks,
        **how,
    )


def _is_installed(case_id: str, kind: str, title: str) -> Case16:
    return Case16(
        id=case_id,
        title=title,
        purpose="The Charge Point takes a root, and tells that it has it.",
        main=(
            Sends(
                number="1",
                action="InstallCertificate",
                payload={"certificateType": kind, "certificate": made("root", name=ROOTS16[kind])},
                checks=(equals("status", "Accepted"),),
            ),
            _asks_for("3", kind, equals("status", "Accepted"), _lists(kind)),
        ),
        requirements=("SEC16:5.11", "SEC16:5.7"),
    )


TC_075_1_CS = _is_installed("TC_075_1_CS", "ManufacturerRootCertificate", "A manufacturer root is installed")
TC_075_2_CS = _is_installed("TC_075_2_CS", _OWN_ROOT, "A Central System root is installed")


def _named_as_told(known: Known) -> Any:
    """The hashes of the root, as the Charge Point has told them; it chose the algorithm."""
    told = Kept("installed").of(known)
    return next((one for one in told if _is_root(one, known, _OWN_ROOT)), {})


TC_076_CS = Case16(
    id="TC_076_CS",
    title="A certificate is deleted",
    purpose="The Charge Point deletes the root it is told to, and no longer has it.",
    before=certificate_installed(_OWN_ROOT),
    main=(
        _asks_for("1", _OWN_ROOT, keep={"installed": "certificateHashData"}),
        Sends(
            number="3",
            action="DeleteCertificate",
            payload={"certificateHashData": Computed("the hashes of the root", _named_as_told)},
            checks=(equals("status", "Accepted"),),
        ),
        _asks_for("5", _OWN_ROOT, _lists(_OWN_ROOT, listed=False)),
    ),
    requirements=("SEC16:5.3", "SEC16:5.7"),
)

_ASKS_TO_SIGN = Receives(
    number="3",
    action="SignCertificate",
    checks=_of("5.17", CSR_IN_PEM, CSR_STRONG),
    answer={"status": "Accepted"},
    keep={"csr": "csr"},
    within=configured.long_operation_timeout,
)

TC_074_CS = Case16(
    id="TC_074_CS",
    title="The certificate of the Charge Point is renewed",
    purpose="Triggered, the Charge Point asks for a certificate with a new key, takes it, and connects with it.",
    needs=(WITH_CERTIFICATE,),
    settings={"security_profile": 3},
    main=(
        *renew_charge_point_certificate(),
        Reconnects(
            number="7",
            leaves_within=configured.silence,
            checks=_of("5.1", equals("secure", True), NEW_CERTIFICATE_SHOWN),
        ),
    ),
    requirements=("SEC16:5.1", "SEC16:5.5", "SEC16:5.17"),
)

TC_077_CS = Case16(
    id="TC_077_CS",
    title="A certificate of the Charge Point that is not good",
    purpose="A certificate under a root the Charge Point does not know is rejected, and a security event tells of it.",
    needs=(WITH_CERTIFICATE,),
    settings={"security_profile": 3},
    main=(
        extended_trigger("1", "SignChargePointCertificate"),
        _ASKS_TO_SIGN,
        Sends(
            number="5",
            action="CertificateSigned",
            payload={"certificateChain": made("signed", csr=Kept("csr"), by=UNKNOWN_ROOT)},
            checks=(equals("status", "Rejected"),),
        ),
        Receives(
            number="7",
            action="SecurityEventNotification",
            where=(equals("type", "InvalidChargePointCertificate"),),
        ),
    ),
    requirements=("SEC16:5.1", "SEC16:5.15"),
)

TC_078_CS = Case16(
    id="TC_078_CS",
    title="A Central System root that is not good",
    purpose="A root that is not good is rejected, and a security event tells of it.",
    main=(
        Sends(
            number="1",
            action="InstallCertificate",
            payload={"certificateType": _OWN_ROOT, "certificate": made("root", name=EXPIRED_ROOT)},
            checks=(equals("status", "Rejected"),),
        ),
        Receives(
            number="3",
            action="SecurityEventNotification",
            where=(equals("type", "InvalidCentralSystemCertificate"),),
        ),
    ),
    requirements=("SEC16:5.11", "SEC16:5.15"),
)

# --- security profiles -------------------------------------------------------------------------------------------------------------

_FROM_1, _FROM_2 = configured_is("security_profile", 1), configured_is("security_profile", 2)


def _sets_profile(number: str, change: int, *checks: Check) -> Sends:
    wanted = plus(configured.security_profile, change)
    return Sends(
        number=number,
        action="ChangeConfiguration",
        payload={
            "key": "SecurityProfile",
            "value": Computed(f"SecurityProfile {change:+d}", lambda known: str(wanted.of(known))),
        },
        checks=checks,
        keep={"profile_set": "status"},
    )


TC_083_CS = Case16(
    id="TC_083_CS",
    title="One security profile higher",
    purpose="With what it needs the Charge Point takes a higher security profile, and connects with it.",
    needs=(configured_is("security_profile", 1, 2),),
    before=(
        OnlyIf(condition=_FROM_1, steps=certificate_installed(_OWN_ROOT), otherwise=renew_charge_point_certificate()),
    ),
    main=(
        _sets_profile("1", 1, one_of("status", "Accepted", "RebootRequired")),
        OnlyIf(condition=kept_is("profile_set", "RebootRequired"), steps=(replace(_RESET, number="3"),)),
        OnlyIf(
            condition=_FROM_1,
            steps=(Offers(how={"context": made("tls", profile=2)}),),
            otherwise=(Offers(how={"context": made("tls", profile=3), "password": None}),),
        ),
        Reconnects(
            number="5",
            leaves_within=configured.long_operation_timeout,
            checks=(
                *_of("2.4.1", equals("secure", True)),
                *when(_FROM_1, *_PASSWORD),
                *when(_FROM_2, *_of("2.5.1", NO_PASSWORD, NEW_CERTIFICATE_SHOWN)),
            ),
        ),
    ),
    after=(
        Sends(
            action="GetConfiguration",
            payload={"key": ["SecurityProfile"]},
            checks=(
                equals(
                    "configurationKey[0].value",
                    Computed("one more", lambda known: str(known.setting("security_profile") + 1)),
                ),
            ),
        ),
    ),
    requirements=("SEC16:2.4.1",),
)

TC_084_CS = Case16(
    id="TC_084_CS",
    title="One security profile lower",
    purpose="The Charge Point does not take a lower security profile.",
    needs=(WITH_TLS,),
    settings={"security_profile": at_least_profile(2)},
    main=(_sets_profile("1", -1, equals("status", "Rejected")),),
    requirements=("SEC16:2.4.1",),
)
