"""What the cases of block M share: steps that are states, the second CSMS root, and which certificates there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pilotwire.conformance.checks import Check, equals, every, one_of, when
from pilotwire.conformance.conditions import kept_is, not_
from pilotwire.conformance.language import OnlyIf, Sends, Step
from pilotwire.conformance.states.certificates201 import asks_for_certificates, lists_root
from pilotwire.conformance.values import Computed, Kept, Known
from pilotwire.conformance.variables import component_variable
from pilotwire.conformance.wire.authority import CSMS_ROOT, NEW_CSMS_ROOT, SECOND_CSMS_ROOT

Steps = tuple[Step, ...]
CSMS, MANUFACTURER = "CSMSRootCertificate", "ManufacturerRootCertificate"
V2G, MO = "V2GRootCertificate", "MORootCertificate"
CHECKED_ROOTS = {"SecurityCtrlr.AdditionalRootCertificateCheck": "true"}
ACCEPTED = equals("status", "Accepted")


def numbered(number: str, state: Steps) -> Steps:
    """A state as the step of this number."""
    first, *others = state
    return (replace(first, number=number), *others)


CHECKS_ROOTS = kept_is("root_check", "true")
"""The station has AdditionalRootCertificateCheck: a new CSMS root takes the place of the old one, which has signed it (M05.FR.09)."""
ROOT_CHECK: Steps = (
    Sends(
        action="GetVariables",
        payload={"getVariableData": [component_variable("SecurityCtrlr.AdditionalRootCertificateCheck")]},
        any_answer=True,
        keep={"root_check": "getVariableResult[0].attributeValue"},
    ),
)


def second_csms_root(number: str, steps: Callable[[str], Steps]) -> Steps:
    """The steps about another CSMS root: signed by the one in use where the station checks that, else by itself. After `ROOT_CHECK`."""
    return (
        OnlyIf(
            number=number,
            condition=CHECKS_ROOTS,
            steps=steps(NEW_CSMS_ROOT),
            otherwise=steps(SECOND_CSMS_ROOT),
        ),
    )


OLD_ROOT_LISTED = when(not_(CHECKS_ROOTS), lists_root(CSMS, CSMS_ROOT).of("M03.FR.04"))
"""The CSMS root in use is listed as well, unless the new one takes its place."""


def csms_root_listed(number: str, root: str) -> Sends:
    """State GetInstalledCertificates of this CSMS root and of the one in use."""
    return asks(number, CSMS, checks=(lists_root(CSMS, root), *OLD_ROOT_LISTED))


def asks(number: str, *kinds: str, checks: tuple[Check, ...]) -> Sends:
    """GetInstalledCertificateIds, accepted, what the list must be, and that it has nothing of another kind."""
    only = (every("certificateHashDataChain", one_of("certificateType", *kinds)),) if kinds else ()
    return asks_for_certificates(number, *kinds, checks=(ACCEPTED, *checks, *only))


def root_named(name: str) -> Computed:
    """The certificateHashData of a root of the tester, by the algorithm the station told last (M04.FR.07), or SHA256."""
    return Computed(
        f"the hashes of the {name}", lambda known: known.made("root hashes", name=name, algorithm=_algorithm(known))
    )


def _algorithm(known: Known) -> str:
    found: Any = known.kept.get("installed") or [{}]
    told = found[0].get("certificateHashData", {}) if isinstance(found[0], dict) else {}
    return str(told.get("hashAlgorithm", "SHA256"))


def own_certificate_named(chain: str, by: str) -> Computed:
    """The certificateHashData of the chain kept under this name, which `by` has signed."""
    return Computed(
        "the hashes of the station's certificate",
        lambda known: known.made("chain hashes", chain=Kept(chain).of(known), by=by, algorithm=_algorithm(known))[0],
    )


def deletes(number: str, data: Any, *checks: Check) -> Sends:
    """DeleteCertificate."""
    return Sends(number=number, action="DeleteCertificate", payload={"certificateHashData": data}, checks=checks)
