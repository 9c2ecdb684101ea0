"""M03, M04: the CSMS asks which certificates there are, and has one deleted."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.a_security.secure import WITH_CERTIFICATE, WITH_TLS
from pilotwire.conformance.cases.ocpp201.station.m_certificates.stored import (
    CHECKS_ROOTS,
    CSMS,
    MANUFACTURER,
    MO,
    OLD_ROOT_LISTED,
    ROOT_CHECK,
    V2G,
    asks,
    csms_root_listed,
    deletes,
    numbered,
    own_certificate_named,
    root_named,
    second_csms_root,
)
from pilotwire.conformance.checks import Check, absent, both, equals, one_of, present, some
from pilotwire.conformance.conditions import kept_is
from pilotwire.conformance.language import Case, ForEach, OnlyIf, Sends, Step, at_least_profile
from pilotwire.conformance.states.certificates201 import (
    asks_for_certificates,
    certificate_installed,
    get_installed_certificates,
    lacks_root,
    lists_chain,
    lists_root,
    renew_charging_station_certificate,
    renew_v2g_charging_station_certificate,
)
from pilotwire.conformance.values import Computed, Kept
from pilotwire.conformance.wire.authority import CSMS_ROOT, MANUFACTURER_ROOT, SECOND_CSMS_ROOT, UNKNOWN_ROOT

Steps = tuple[Step, ...]
_LISTED = ("M03.FR.01", "M03.FR.03", "M03.FR.04")


# --- listed ------------------------------------------------------------------------------------------------------------------------


def _listed(case: str, kind: str) -> Case:
    """A root of this kind that was installed is listed."""
    return Case(
        id=case,
        title=f"The {kind} is listed",
        purpose=f"The station names every {kind} it has by its hashes.",
        requirements=_LISTED,
        before=certificate_installed(kind),
        main=numbered("1", get_installed_certificates(kind)),
    )


def _both_listed(root: str, *kinds: str) -> Steps:
    """The CSMS root and that of the manufacturer, by one request."""
    return (asks("1", *kinds, checks=(lists_root(CSMS, root), lists_root(MANUFACTURER), *OLD_ROOT_LISTED)),)


TC_M_12_CS = Case(
    id="TC_M_12_CS",
    title="The CSMSRootCertificates are listed",
    purpose="The station names every CSMS root it has by its hashes.",
    requirements=_LISTED,
    needs=(WITH_TLS,),
    settings={"security_profile": at_least_profile(2)},
    before=(*ROOT_CHECK, *second_csms_root("", lambda root: certificate_installed(CSMS, root))),
    main=second_csms_root("1", lambda root: (csms_root_listed("1", root),)),
)
TC_M_13_CS = _listed("TC_M_13_CS", MANUFACTURER)
TC_M_14_CS = _listed("TC_M_14_CS", V2G)
TC_M_16_CS = _listed("TC_M_16_CS", MO)

TC_M_15_CS = Case(
    id="TC_M_15_CS",
    title="The V2GCertificateChain is listed",
    purpose="The station names its certificate for ISO 15118 by its hashes, and the sub-CAs above it as its children.",
    requirements=(*_LISTED, "M03.FR.05"),
    traits={"variables": {"ISO15118Ctrlr.SeccId": "PW-SECC-1"}},
    before=(*certificate_installed(V2G), *renew_v2g_charging_station_certificate()),
    main=(
        asks(
            "1",
            "V2GCertificateChain",
            checks=(
                lists_chain().of("M03.FR.05"),
                some(
                    "certificateHashDataChain",
                    both(equals("certificateType", "V2GCertificateChain"), present("childCertificateHashData")),
                ).of("M03.FR.05"),
            ),
        ),
    ),
    remark="The V2G root is installed first, which the document leaves unsaid.",
)

TC_M_17_CS = Case(
    id="TC_M_17_CS",
    title="CSMSRootCertificates and ManufacturerRootCertificates are listed",
    purpose="Asked for two kinds at once, the station names what it has of both.",
    requirements=_LISTED,
    needs=(WITH_TLS,),
    settings={"security_profile": at_least_profile(2)},
    before=(
        *ROOT_CHECK,
        *second_csms_root("", lambda root: certificate_installed(CSMS, root)),
        *certificate_installed(MANUFACTURER),
    ),
    main=second_csms_root("1", lambda root: _both_listed(root, CSMS, MANUFACTURER)),
)

TC_M_18_CS = Case(
    id="TC_M_18_CS",
    title="All certificates are listed",
    purpose="Asked for no kind in particular, the station names what it has of every kind.",
    requirements=_LISTED,
    needs=(WITH_TLS,),
    settings={"security_profile": at_least_profile(2)},
    before=(
        *ROOT_CHECK,
        *second_csms_root("", lambda root: certificate_installed(CSMS, root)),
        *certificate_installed(MANUFACTURER),
    ),
    main=second_csms_root("1", _both_listed),
)

TC_M_19_CS = Case(
    id="TC_M_19_CS",
    title="No certificate of a kind",
    purpose="Asked for a kind of which it has none, the station says so.",
    requirements=("M03.FR.01", "M03.FR.02"),
    before=(
        Sends(
            action="GetInstalledCertificateIds",
            payload={"certificateType": [MO]},
            keep={"mo_found": "status", "installed": "certificateHashDataChain"},
        ),
        OnlyIf(
            condition=kept_is("mo_found", "Accepted"),
            steps=(
                ForEach(
                    name="one",
                    values=Kept("installed"),
                    steps=(
                        deletes(
                            "",
                            Computed("its hashes", lambda known: Kept("one").of(known)["certificateHashData"]),
                            equals("status", "Accepted"),
                        ),
                    ),
                ),
            ),
        ),
    ),
    main=(
        asks_for_certificates(
            "1",
            MO,
            checks=(equals("status", "NotFound").of("M03.FR.02"), absent("certificateHashDataChain").of("M03.FR.02")),
        ),
    ),
)


# --- deleted -----------------------------------------------------------------------------------------------------------------------


def _deleted(kind: str, root: str, *others: Check) -> Steps:
    """This root is listed, deleted, and listed no more; `others` are what the list must be besides."""
    return (
        asks("1", kind, checks=(lists_root(kind, root), *others)),
        deletes("2", root_named(root), equals("status", "Accepted").of("M04.FR.02")),
        asks_for_certificates(
            "4",
            kind,
            checks=(one_of("status", "Accepted", "NotFound"), lacks_root(kind, root).of("M04.FR.02"), *others),
        ),
    )


TC_M_20_CS = Case(
    id="TC_M_20_CS",
    title="A certificate is deleted",
    purpose="The station deletes a root it has, and lists it no more.",
    requirements=("M04.FR.01", "M04.FR.02"),
    needs=(WITH_TLS,),
    settings={"security_profile": at_least_profile(2)},
    before=(
        *ROOT_CHECK,
        OnlyIf(
            condition=CHECKS_ROOTS,
            steps=certificate_installed(MANUFACTURER),
            otherwise=certificate_installed(CSMS, SECOND_CSMS_ROOT),
        ),
    ),
    main=(
        OnlyIf(
            condition=CHECKS_ROOTS,
            steps=_deleted(MANUFACTURER, MANUFACTURER_ROOT),
            otherwise=_deleted(CSMS, SECOND_CSMS_ROOT, lists_root(CSMS, CSMS_ROOT)),
        ),
    ),
    remark=(
        "A second CSMS root is installed and deleted, even if there is one: the station would not know the CSMS again without the one in "
        "use, and may refuse to delete it (note of M04.FR.03). With AdditionalRootCertificateCheck there is one CSMS root at a time: the "
        "root of the manufacturer is deleted instead."
    ),
)

TC_M_22_CS = Case(
    id="TC_M_22_CS",
    title="A certificate that is not there is deleted",
    purpose="Asked to delete a certificate it does not have, the station says so.",
    requirements=("M04.FR.01", "M04.FR.04"),
    needs=(WITH_TLS,),
    settings={"security_profile": at_least_profile(2)},
    main=(
        *numbered("1", get_installed_certificates(CSMS, CSMS_ROOT)),
        deletes("2", root_named(UNKNOWN_ROOT), equals("status", "NotFound").of("M04.FR.04")),
    ),
)

TC_M_23_CS = Case(
    id="TC_M_23_CS",
    title="The station's own certificate is not deleted",
    purpose="The station refuses to delete its own certificate.",
    requirements=("M04.FR.01", "M04.FR.06", "M04.FR.03"),
    needs=(WITH_CERTIFICATE,),
    settings={"security_profile": 3},
    before=renew_charging_station_certificate(),
    main=(
        asks("1", checks=(lists_root(CSMS, CSMS_ROOT),)),
        deletes(
            "2",
            own_certificate_named("station_chain", CSMS_ROOT),
            one_of("status", "NotFound", "Failed"),
            equals("status", "Failed").of("M04.FR.06").softly(),
        ),
    ),
    remark="The requirement knows Failed only; the document takes NotFound as well, which is a warning here.",
)
