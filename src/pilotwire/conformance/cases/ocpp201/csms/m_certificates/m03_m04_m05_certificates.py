"""M03 to M05: the CSMS installs roots at a station, asks for what is there, and deletes it."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import absent, either, equals, holds, like
from pilotwire.conformance.language import Asks, Case, Receives, State, Step
from pilotwire.conformance.states.certificates201 import ROOTS
from pilotwire.conformance.values import OMITTED, made

Steps = tuple[Step, ...]
CSMS_ROOT = "CSMSRootCertificate"
ALGORITHMS = ("SHA256", "SHA384", "SHA512")


def root(kind: str) -> Any:
    """The tester's root for this certificateType."""
    return made("root", name=ROOTS[kind])


def hashes(kind: str, algorithm: str = "SHA256") -> Any:
    """The certificateHashData of that root."""
    return made("root hashes", name=ROOTS[kind], algorithm=algorithm)


def installs(kind: str, answer: str = "Accepted", number: str = "1") -> Steps:
    """State CertificateInstalled: the operator has a root installed, and the station answers so."""
    return (
        State(
            name="CertificateInstalled",
            steps=(
                Asks(action="InstallCertificate", payload={"certificateType": kind, "certificate": root(kind)}),
                Receives(
                    number=number,
                    action="InstallCertificate",
                    checks=(equals("certificateType", kind), equals("certificate", root(kind))),
                    answer={"status": answer},
                ),
            ),
        ),
    )


def lists(kinds: tuple[str, ...], answer: dict[str, Any], *, number: str = "1") -> Steps:
    """State GetInstalledCertificates: the operator asks for these types (all, without any), and is answered so."""
    wanted = {"certificateType": list(kinds)} if kinds else {}
    checks = tuple(holds("certificateType", kind) for kind in kinds) or (absent("certificateType"),)
    return (
        State(
            name="GetInstalledCertificates",
            steps=(
                Asks(action="GetInstalledCertificateIds", payload=wanted),
                Receives(number=number, action="GetInstalledCertificateIds", checks=checks, answer=answer),
            ),
        ),
    )


def found(*kinds: str, algorithm: str = "SHA256") -> dict[str, Any]:
    """The station has the roots of these types; a V2G chain with its sub-CAs."""
    entries = [
        {
            "certificateType": kind,
            "certificateHashData": hashes("V2GRootCertificate" if "Chain" in kind else kind, algorithm),
        }
        | ({"childCertificateHashData": [hashes("MORootCertificate", algorithm)]} if "Chain" in kind else {})
        for kind in kinds
    ]
    return {"status": "Accepted", "certificateHashDataChain": entries}


def deletes(algorithm: str, answer: str, *, numbers: tuple[str, str]) -> Steps:
    """The operator looks what there is, and has it deleted."""
    return (
        Asks(action="GetInstalledCertificateIds", payload={"certificateType": [CSMS_ROOT]}),
        Receives(
            number=numbers[0],
            action="GetInstalledCertificateIds",
            checks=(either(absent("certificateType"), holds("certificateType", CSMS_ROOT)),),
            answer=found(CSMS_ROOT, algorithm=algorithm),
        ),
        Asks(action="DeleteCertificate", payload={"certificateHashData": hashes(CSMS_ROOT, algorithm)}),
        Receives(
            number=numbers[1],
            action="DeleteCertificate",
            checks=(like("certificateHashData", hashes(CSMS_ROOT, algorithm)),),
            answer={"status": answer},
        ),
    )


TC_M_01_CSMS = Case(
    id="TC_M_01_CSMS",
    title="Install a CSMS root",
    purpose="The CSMS installs a root for itself at a station.",
    requirements=("M05.FR.01",),
    main=installs(CSMS_ROOT),
)
TC_M_02_CSMS = Case(
    id="TC_M_02_CSMS",
    title="Install a manufacturer root",
    purpose="The CSMS installs a root for firmware at a station.",
    requirements=("M05.FR.01",),
    main=installs("ManufacturerRootCertificate"),
)
TC_M_03_CSMS = Case(
    id="TC_M_03_CSMS",
    title="Install a V2G root",
    purpose="The CSMS installs a V2G root at a station.",
    requirements=("M05.FR.01",),
    main=installs("V2GRootCertificate"),
)
TC_M_04_CSMS = Case(
    id="TC_M_04_CSMS",
    title="Install an MO root",
    purpose="The CSMS installs the root of a mobility operator at a station.",
    requirements=("M05.FR.01",),
    main=installs("MORootCertificate"),
)
TC_M_05_CSMS = Case(
    id="TC_M_05_CSMS",
    title="Install a root, failed",
    purpose="The CSMS takes it that the station could not install a root.",
    requirements=("M05.FR.01", "M05.FR.03"),
    main=installs(CSMS_ROOT, "Failed"),
)
TC_M_12_CSMS = Case(
    id="TC_M_12_CSMS",
    title="Ask for CSMS roots, in all hash algorithms",
    purpose="The CSMS reads hashes of all three algorithms.",
    requirements=("M03.FR.01",),
    main=tuple(
        step
        for number, algorithm in enumerate(ALGORITHMS, start=1)
        for step in lists((CSMS_ROOT,), found(CSMS_ROOT, algorithm=algorithm), number=str(number))
    ),
)
TC_M_13_CSMS = Case(
    id="TC_M_13_CSMS",
    title="Ask for manufacturer roots",
    purpose="The CSMS asks for the roots of firmware.",
    requirements=("M03.FR.01",),
    main=lists(("ManufacturerRootCertificate",), found("ManufacturerRootCertificate")),
)
TC_M_14_CSMS = Case(
    id="TC_M_14_CSMS",
    title="Ask for V2G roots",
    purpose="The CSMS asks for V2G roots.",
    requirements=("M03.FR.01",),
    main=lists(("V2GRootCertificate",), found("V2GRootCertificate")),
)
TC_M_15_CSMS = Case(
    id="TC_M_15_CSMS",
    title="Ask for V2G chains",
    purpose="The CSMS asks for V2G chains and reads the hashes of their sub-CAs.",
    requirements=("M03.FR.01", "M03.FR.05"),
    main=lists(("V2GCertificateChain",), found("V2GCertificateChain")),
)
TC_M_16_CSMS = Case(
    id="TC_M_16_CSMS",
    title="Ask for MO roots",
    purpose="The CSMS asks for the roots of mobility operators.",
    requirements=("M03.FR.01",),
    main=lists(("MORootCertificate",), found("MORootCertificate")),
)
TC_M_17_CSMS = Case(
    id="TC_M_17_CSMS",
    title="Ask for two types",
    purpose="The CSMS asks for two types of certificates at once.",
    requirements=("M03.FR.01",),
    main=lists((CSMS_ROOT, "ManufacturerRootCertificate"), found(CSMS_ROOT, "ManufacturerRootCertificate")),
)
TC_M_18_CSMS = Case(
    id="TC_M_18_CSMS",
    title="Ask for all types",
    purpose="The CSMS asks for all certificates.",
    requirements=("M03.FR.01",),
    main=lists((), found(CSMS_ROOT, "ManufacturerRootCertificate", "V2GRootCertificate", "MORootCertificate")),
)
TC_M_19_CSMS = Case(
    id="TC_M_19_CSMS",
    title="Ask for what is not there",
    purpose="The CSMS takes it that the station has no such certificate.",
    requirements=("M03.FR.01", "M03.FR.02"),
    main=lists(("ManufacturerRootCertificate",), {"status": "NotFound", "certificateHashDataChain": OMITTED}),
)
TC_M_20_CSMS = Case(
    id="TC_M_20_CSMS",
    title="Delete a root, in all hash algorithms",
    purpose="The CSMS deletes a root by the hashes the station has told, whatever the algorithm.",
    requirements=("M04.FR.01", "M04.FR.07"),
    main=tuple(
        step
        for place, algorithm in enumerate(ALGORITHMS)
        for step in (
            *installs(CSMS_ROOT, number=str(1 + 5 * place)),
            *deletes(algorithm, "Accepted", numbers=(str(2 + 5 * place), str(4 + 5 * place))),
        )
    ),
    remark="Steps of the second and third round are numbered on.",
)
TC_M_21_CSMS = Case(
    id="TC_M_21_CSMS",
    title="Delete a root, failed",
    purpose="The CSMS takes it that the station could not delete a root.",
    requirements=("M04.FR.01", "M04.FR.07"),
    before=installs(CSMS_ROOT),
    main=deletes("SHA256", "Failed", numbers=("1", "3")),
)
