"""Judgement of the chain that a backend shows: every fault by its rule, and what the standards say beyond a library's yes or no."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pilotwire.doctor.certificates.sketch import lines_of, span_of
from pilotwire.doctor.certificates.weighing import OF_THE_CHAIN, rule_of, told, weight_of
from pilotwire.doctor.findings import Finding, Rule
from pilotwire.doctor.patient import Place
from pilotwire.doctor.rules import certificates as rules
from pilotwire.pki import (
    Certificate,
    Defect,
    Explanation,
    Flaw,
    Purpose,
    common_name,
    days_left,
    explain,
    fingerprint,
    is_self_signed,
    words_of,
)
from pilotwire.pki.certificates import why_unreadable

SOON: Final = 30
"""Days before its end in which a certificate should be renewed."""


@dataclass(frozen=True, slots=True)
class Trust:
    """The roots a chain is held against, and whose they are, for people ("the roots given", "the machine's store")."""

    roots: tuple[Certificate, ...]
    named: str


@dataclass(frozen=True, slots=True)
class Judged:
    """The findings, and the path they were found on: its own certificate first, up to the trusted root if there is one."""

    findings: tuple[Finding, ...]
    path: tuple[Certificate, ...]
    root: Certificate | None


def judge_backend(
    served: Sequence[Certificate],
    place: Place,
    trust: Trust,
    now: datetime,
    *,
    found: Sequence[Certificate] = (),
    where: str = "",
    variant: str = "",
) -> Judged:
    """Hold what was served against the rules. `found` are certificates that were fetched because they were missing, `where` from where;
    `variant` the kind of handshake in which this chain was shown ("RSA"), "" for the usual one.
    """
    explanation = explain(tuple(served), tuple(found), trust.roots, now, purpose=Purpose.SERVER, host=place.host)
    case = _Case(_readable(served), place, trust, now, explanation, where, variant)
    return Judged(tuple(case.findings()), explanation.path, explanation.root)


def _readable(served: Sequence[Certificate]) -> tuple[Certificate, ...]:
    """What more than its unreadable certificates can be told of: nothing where the backend's own is one."""
    if not served or why_unreadable(served[0]):
        return ()
    return tuple(each for each in served if not why_unreadable(each))


@dataclass(frozen=True, slots=True)
class _Case:
    served: tuple[Certificate, ...]
    place: Place
    trust: Trust
    now: datetime
    explanation: Explanation
    where: str
    variant: str

    def findings(self) -> Iterator[Finding]:
        for defect in told(self.explanation):
            rule = rule_of(defect, self.explanation, rules.BY_FLAW)
            if rule is not None and defect.kind is not Flaw.DOMAIN:  # judged below
                yield self._defect(defect, rule)
        if self.served:
            yield from self._beyond()

    def _defect(self, defect: Defect, rule: Rule) -> Finding:
        return Finding(
            rule,
            self._said(defect.what),
            tuple(self._evidence(defect)),
            remedy=self._mend(f"{defect.remedy} {rules.LOOK}" if defect.kind in OF_THE_CHAIN else rule.remedy),
            severity=weight_of(defect, rule, complete_elsewhere=True),
        )

    def _evidence(self, defect: Defect) -> Iterator[str]:
        if defect.kind in OF_THE_CHAIN:
            yield from lines_of(self.served)
            yield f"trusted: {self.trust.named} ({len(self.trust.roots)} certificates)"
        if defect.kind is Flaw.INCOMPLETE and self.where:
            yield f"the missing one was found at {self.where}"
        if defect.kind is Flaw.KEY_CHANGED:
            yield from self._near_roots()
        if defect.certificate is None or defect.kind in OF_THE_CHAIN:
            return
        if defect.kind is not Flaw.UNREADABLE:
            yield f"{words_of(defect.certificate.subject)}, {span_of(defect.certificate)}"
        yield f"SHA-256 fingerprint {fingerprint(defect.certificate)}"

    def _near_roots(self) -> Iterator[str]:
        top = self.explanation.path[-1] if self.explanation.path else self.served[-1]
        for root in self.trust.roots:
            if root.subject == top.issuer:
                yield f"trusted is another certificate of the same name, SHA-256 {fingerprint(root)}: the root was renewed, or imitated"

    def _beyond(self) -> Iterator[Finding]:
        own = self.served[0]
        yield from self._time()
        for each in self.served[1:]:
            if is_self_signed(each) and each in self.explanation.path:
                what = f"The backend sends the root {words_of(each.subject)} along."
                yield self._finding(rules.ROOT_SENT, what)
        if any(each.kind is Flaw.DOMAIN for each in self.explanation.defects) or _domains(own) & {"V2G", "CPO", "CPS"}:
            what = f"The backend shows a certificate of the vehicles' PKI: {words_of(own.subject)}."
            yield self._finding(rules.ISO15118, what)
        if not any(each.kind is Flaw.HOST for each in self.explanation.defects):
            yield from self._common_name(own)

    def _time(self) -> Iterator[Finding]:
        for each in self.explanation.path:
            left = days_left(each, self.now)
            if 0 <= left < SOON and self.now >= each.not_valid_before_utc:
                what = f"The certificate of {words_of(each.subject)} ends in {left} days."
                yield self._finding(rules.ENDS_SOON, what, span_of(each))
        own = self.served[0]
        days = (own.not_valid_after_utc - own.not_valid_before_utc).days
        if days > _LONG and not is_self_signed(own):
            what = f"The backend's certificate is valid for {days} days."
            yield self._finding(rules.TOO_LONG, what, span_of(own))

    def _common_name(self, own: Certificate) -> Iterator[Finding]:
        name = common_name(own.subject)
        if name.casefold().rstrip(".") != self.place.host.casefold().rstrip(".") and not name.startswith("*."):
            what = f"The CN of the backend's certificate is {name!r}, not {self.place.host!r}; only the subjectAltName has that."
            yield self._finding(rules.NAME_NOT_IN_CN, what if name else what.replace("''", "missing"))

    def _finding(self, rule: Rule, what: str, *evidence: str) -> Finding:
        return Finding(rule, self._said(what), evidence, remedy=self._mend(rule.remedy))

    def _said(self, what: str) -> str:
        return f"In a handshake for {self.variant}: {what}" if self.variant else what

    def _mend(self, remedy: str) -> str:
        return in_place(remedy, self.place)


def in_place(remedy: str, place: Place) -> str:
    """A remedy with the host and port of a backend in its commands."""
    host = f"[{place.host}]" if ":" in place.host else place.host
    return remedy.replace("HOST:PORT", f"{host}:{place.port}").replace("HOST", place.host)


def _domains(certificate: Certificate) -> set[str]:
    return {
        part.value
        for part in certificate.subject
        if part.rfc4514_attribute_name == "DC" and isinstance(part.value, str)
    }


_LONG: Final = 826
"""Days; private authorities issue for more than the 398 of public ones, and devices of some makers refuse more than 825."""
