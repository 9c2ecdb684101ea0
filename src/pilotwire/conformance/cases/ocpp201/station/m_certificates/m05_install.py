"""M05: the CSMS installs root certificates."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.a_security.secure import QUICK, WITH_CERTIFICATE, WITH_TLS
from pilotwire.conformance.cases.ocpp201.station.b_provisioning.boots import resets
from pilotwire.conformance.cases.ocpp201.station.m_certificates.stored import (
    CHECKED_ROOTS,
    CSMS,
    MANUFACTURER,
    MO,
    ROOT_CHECK,
    V2G,
    asks,
    csms_root_listed,
    numbered,
    second_csms_root,
)
from pilotwire.conformance.checks import equals
from pilotwire.conformance.language import (
    Case,
    Offers,
    OnlyIf,
    Reconnects,
    Step,
    at_least_profile,
)
from pilotwire.conformance.states.certificates201 import (
    certificate_installed,
    get_installed_certificates,
    installs,
    lacks_root,
    lists_root,
    renew_charging_station_certificate,
)
from pilotwire.conformance.states.station201 import booted
from pilotwire.conformance.values import configured, made
from pilotwire.conformance.wire.authority import CSMS_ROOT, EXPIRED_ROOT, NEW_CSMS_ROOT, UNKNOWN_ROOT

Steps = tuple[Step, ...]
_REJECTED = equals("status", "Rejected")


def _installed(case: str, kind: str) -> Case:
    """A root of this kind is installed, and listed."""
    return Case(
        id=case,
        title=f"A {kind} is installed",
        purpose=f"The station takes a new {kind}, and lists it.",
        requirements=("M05.FR.01", "M05.FR.02"),
        main=(*numbered("1", certificate_installed(kind)), *numbered("2", get_installed_certificates(kind))),
        remark=(
            ""
            if kind == MANUFACTURER
            else "Whether the station has AdditionalRootCertificateCheck, which is about CSMS roots only, does not matter."
        ),
    )


TC_M_01_CS = Case(
    id="TC_M_01_CS",
    title="A second CSMSRootCertificate is installed",
    purpose="The station takes another CSMS root, and lists it.",
    requirements=("M05.FR.01", "M05.FR.02"),
    needs=(WITH_TLS,),
    settings={"security_profile": at_least_profile(2)},
    before=ROOT_CHECK,
    main=(
        *second_csms_root("1", lambda root: certificate_installed(CSMS, root)),
        *second_csms_root("2", lambda root: (csms_root_listed("2", root),)),
    ),
    remark="Where the station has AdditionalRootCertificateCheck, the new root is signed by the one in use.",
)
TC_M_02_CS = _installed("TC_M_02_CS", MANUFACTURER)
TC_M_03_CS = _installed("TC_M_03_CS", V2G)
TC_M_04_CS = _installed("TC_M_04_CS", MO)

TC_M_07_CS = Case(
    id="TC_M_07_CS",
    title="A CSMSRootCertificate whose time is over",
    purpose="The station rejects a root that is not valid any more, and does not list it.",
    requirements=("M05.FR.01", "M05.FR.07"),
    needs=(WITH_TLS,),
    settings={"security_profile": at_least_profile(2)},
    main=(
        installs("1", CSMS, made("root", name=EXPIRED_ROOT), _REJECTED.of("M05.FR.07")),
        asks("3", CSMS, checks=(lacks_root(CSMS, EXPIRED_ROOT), lists_root(CSMS, CSMS_ROOT))),
    ),
    remark="A station with AdditionalRootCertificateCheck must reject it just as well, so it is not left out as in the document.",
)

TC_M_09_CS = Case(
    id="TC_M_09_CS",
    title="A CSMSRootCertificate that the old one has not signed",
    purpose="With AdditionalRootCertificateCheck the station rejects a root that is not signed by the one it would replace.",
    requirements=("M05.FR.10", "M05.FR.11"),
    needs=(WITH_TLS,),
    settings={"security_profile": at_least_profile(2)},
    traits={"variables": CHECKED_ROOTS},
    main=(
        installs("1", CSMS, made("root", name=UNKNOWN_ROOT), _REJECTED.of("M05.FR.11")),
        asks("3", CSMS, checks=(lists_root(CSMS, CSMS_ROOT), lacks_root(CSMS, UNKNOWN_ROOT))),
    ),
)


def _renewed_root() -> Steps:
    """The new CSMS root is installed; the station connects again soon when it is turned down."""
    return (*QUICK, *certificate_installed(CSMS, NEW_CSMS_ROOT))


TC_M_30_CS = Case(
    id="TC_M_30_CS",
    title="The CSMS shows a certificate under its new root",
    purpose="The station connects by the new CSMS root, and has the old one no longer.",
    requirements=("M05.FR.13",),
    needs=(WITH_TLS,),
    settings={"security_profile": at_least_profile(2)},
    traits={"variables": CHECKED_ROOTS},
    before=(
        *_renewed_root(),
        OnlyIf(condition=WITH_CERTIFICATE, steps=renew_charging_station_certificate()),
    ),
    main=(
        resets("1", "OnIdle", "Accepted"),
        Offers(number="3", how={"context": made("tls", root=NEW_CSMS_ROOT)}),
        Reconnects(number="4", checks=(equals("secure", True).of("M05.FR.13"),)),
        *numbered("5", booted("already")),
        asks(
            "6",
            CSMS,
            checks=(lacks_root(CSMS, CSMS_ROOT).of("M05.FR.13"), lists_root(CSMS, NEW_CSMS_ROOT)),
        ),
    ),
)

TC_M_31_CS = Case(
    id="TC_M_31_CS",
    title="The CSMS shows a certificate under its old root",
    purpose="Where the new CSMS root does not fit, the station falls back to the old one and connects.",
    requirements=("M05.FR.14", "M05.FR.12"),
    needs=(WITH_TLS,),
    settings={"security_profile": at_least_profile(2)},
    traits={"variables": CHECKED_ROOTS},
    before=_renewed_root(),
    main=(
        resets("1", "OnIdle", "Accepted"),
        Reconnects(
            number="5",
            leaves_within=configured.long_operation_timeout,
            checks=(equals("secure", True).of("M05.FR.14"),),
        ),
        *numbered("6", booted("already")),
        asks("7", CSMS, checks=(lists_root(CSMS, CSMS_ROOT).of("M05.FR.14"),)),
    ),
)
