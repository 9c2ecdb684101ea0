"""Which defects of a chain are told, as breaches of which rule, and how grave they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from pilotwire.doctor.findings import Rule, Severity
from pilotwire.pki import Certificate, Defect, Explanation, Flaw

_CONSEQUENCES: Final = {
    Flaw.SELF_SIGNED: {Flaw.ROOT_NOT_TRUSTED, Flaw.MISSING_INTERMEDIATE, Flaw.NOT_A_CA},
    Flaw.MISSING_INTERMEDIATE: {Flaw.ROOT_NOT_TRUSTED, Flaw.STRANGER},
    Flaw.KEY_CHANGED: {Flaw.ROOT_NOT_TRUSTED, Flaw.MISSING_INTERMEDIATE, Flaw.STRANGER},
    Flaw.BAD_SIGNATURE: {Flaw.ROOT_NOT_TRUSTED, Flaw.MISSING_INTERMEDIATE, Flaw.STRANGER},
    Flaw.NOT_A_CA: {Flaw.STRANGER},
    Flaw.WRONG_ORDER: {Flaw.STRANGER},
}
"""What is not told beside its cause."""
OF_THE_CHAIN: Final = {
    Flaw.MISSING_INTERMEDIATE,
    Flaw.INCOMPLETE,
    Flaw.ROOT_NOT_TRUSTED,
    Flaw.WRONG_ORDER,
    Flaw.STRANGER,
    Flaw.DUPLICATE,
    Flaw.SELF_SIGNED,
    Flaw.KEY_CHANGED,
}
"""What is seen in the chain as a whole: the certificate that is named in the defect is not the one to be looked at alone."""


def told(explanation: Explanation) -> Iterator[Defect]:
    """The defects without those that only follow from others."""
    kinds = {each.kind for each in explanation.defects}
    follow = {each for cause in kinds for each in _CONSEQUENCES.get(cause, ())}
    for each in explanation.defects:
        of_no_ca = each.kind is Flaw.KEY_USAGE and Flaw.NOT_A_CA in kinds and not _is_own(each, explanation)
        if each.kind not in follow and not of_no_ca:
            yield each


def rule_of(defect: Defect, explanation: Explanation, by_flaw: Mapping[Flaw, Rule]) -> Rule | None:
    """The rule that is broken; None for what is no matter of TLS."""
    above = defect.kind is Flaw.KEY_USAGE and not _is_own(defect, explanation)
    return by_flaw.get(Flaw.NOT_A_CA if above else defect.kind)


def _is_own(defect: Defect, explanation: Explanation) -> bool:
    own: Certificate | None = explanation.path[0] if explanation.path else None
    return defect.certificate is None or defect.certificate == own


def weight_of(defect: Defect, rule: Rule, *, complete_elsewhere: bool = False) -> Severity | None:
    """How grave it is, where that is not said by the rule. `complete_elsewhere`: a missing certificate that was found is no excuse."""
    if defect.kind is Flaw.INCOMPLETE:
        return None if complete_elsewhere else Severity.NOTE
    if defect.fatal and defect.kind in (Flaw.COMMON_NAME_ONLY, Flaw.WRONG_ORDER):
        return Severity.FATAL  # an address that is only in the CN; a chain that begins with an authority
    if not defect.fatal and defect.kind is Flaw.KEY_USAGE:
        return Severity.NOTE  # it has none: A00.FR.512 says SHOULD
    return Severity.BREACH if not defect.fatal and rule.severity is Severity.FATAL else None
