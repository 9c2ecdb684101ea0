"""Judgement of a station's certificate: its chain, its time, its key, what it is for, and the roots beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509

from pilotwire.doctor.certificates.sketch import lines_of, span_of
from pilotwire.doctor.certificates.subject import Who, judge_subject
from pilotwire.doctor.certificates.weighing import OF_THE_CHAIN, rule_of, told, weight_of
from pilotwire.doctor.findings import Finding, Rule, Severity
from pilotwire.doctor.profiles.profile import PlatformProfile
from pilotwire.doctor.rules import station_certificates as rules
from pilotwire.pki import (
    Certificate,
    Defect,
    Flaw,
    Purpose,
    days_left,
    explain,
    fingerprint,
    is_self_signed,
    key_words,
    kind_of,
    words_of,
)
from pilotwire.pki.certificates import why_unreadable

_USUAL_DAYS: Final = 2 * 366
_VEHICLES: Final = {"V2G", "CPO", "CPS", "MO", "OEM"}
_OF_TRUST: Final = (Flaw.ROOT_NOT_TRUSTED, Flaw.MISSING_INTERMEDIATE)


@dataclass(frozen=True, slots=True)
class Accredited:
    """The authorities that a platform accredits. `known` are their certificates as far as they are here; `unknown` fingerprints of others.

    Without either nobody has said which ones are accredited. `pool` are certificates that may be their intermediates or roots.
    """

    known: tuple[Certificate, ...] = ()
    unknown: tuple[str, ...] = ()
    pool: tuple[Certificate, ...] = ()

    @property
    def said(self) -> bool:
        """Whether any are named."""
        return bool(self.known or self.unknown)


def plain_fingerprint(text: str) -> str:
    """A fingerprint as it can be compared: upper case, without colons and spaces."""
    return text.replace(":", "").replace(" ", "").upper()


def accredited(
    fingerprints: Sequence[str], files: Sequence[Certificate], candidates: Sequence[Certificate]
) -> Accredited:
    """The accredited authorities: those of `files`, and among the candidates those whose SHA-256 fingerprint is named."""
    named = {plain_fingerprint(each) for each in fingerprints}
    by_print = {plain_fingerprint(fingerprint(each)): each for each in candidates}
    known = (*files, *(by_print[each] for each in sorted(named & set(by_print))))
    return Accredited(tuple(dict.fromkeys(known)), tuple(sorted(named - set(by_print))), tuple(candidates))


def judge_station(
    chain: Sequence[Certificate], profile: PlatformProfile, who: Who, authorities: Accredited, now: datetime
) -> tuple[Finding, ...]:
    """Hold the certificates of a station's file, in their order, against the standards and a platform's demands."""
    return tuple(_Case(tuple(chain), profile, who, authorities, now).findings())


def judge_roots(roots: Sequence[Certificate]) -> Iterator[Finding]:
    """Roots of the vehicles' PKI among those that the backend is checked against."""
    for each in roots:
        if _domains(each) & _VEHICLES or "V2G" in words_of(each.subject).upper():
            what = f"Among the roots for the backend is one of the vehicles' PKI: {words_of(each.subject)}."
            yield Finding(rules.V2G_ROOT, what, (f"SHA-256 fingerprint {fingerprint(each)}",))


@dataclass(frozen=True, slots=True)
class _Case:
    chain: tuple[Certificate, ...]
    profile: PlatformProfile
    who: Who
    authorities: Accredited
    now: datetime

    @property
    def readable(self) -> tuple[Certificate, ...]:
        """The certificates of the chain that can be worked with."""
        return tuple(each for each in self.chain if not why_unreadable(each))

    def findings(self) -> Iterator[Finding]:
        own = self.chain[0]
        yield from self._path()
        if why_unreadable(own):  # that is told; nothing else can be said of it
            return
        yield from self._mixed_up(own)
        yield from self._time(own)
        yield from self._key(own)
        if _is_ca(own):
            what = f"The first certificate of the file is that of an authority: {words_of(own.subject)}."
            yield Finding(rules.IS_CA, what, tuple(lines_of(self.readable)))
            return
        yield from judge_subject(own, self.profile.certificates.subject, self.who, self.profile.title)

    def _path(self) -> Iterator[Finding]:
        explanation = explain(
            self.chain, self.authorities.pool, self.authorities.known, self.now, purpose=Purpose.CLIENT
        )
        for defect in told(explanation):
            if defect.kind in _OF_TRUST and not self._is_judgeable():
                continue
            rule = rule_of(defect, explanation, rules.BY_FLAW)
            if rule is not None:
                yield self._defect(defect, rule)
        if len(self.chain) > 1:
            for each in self.readable:
                if each != self.chain[0] and is_self_signed(each) and each in explanation.path:
                    yield Finding(rules.ROOT_INCLUDED, f"The root {words_of(each.subject)} is in the station's file.")

    def _is_judgeable(self) -> bool:
        """Whether it can be said where a chain must end: not if nobody said so, or only by fingerprints of roots that are not here."""
        return self.authorities.said and not self.authorities.unknown

    def _defect(self, defect: Defect, rule: Rule) -> Finding:
        evidence = tuple(lines_of(self.readable))
        if defect.certificate in self.readable and defect.certificate is not None:
            evidence = (*evidence, span_of(defect.certificate))
        if defect.kind in _OF_TRUST:
            names = "; ".join(words_of(each.subject) for each in self.authorities.known)
            evidence = (*evidence, f"accredited: {names}")
        remedy = defect.remedy if defect.kind in OF_THE_CHAIN else rule.remedy
        weight = weight_of(defect, rule, complete_elsewhere=self._is_judgeable())
        return Finding(rule, defect.what, evidence, remedy=remedy, severity=weight)

    def _mixed_up(self, own: Certificate) -> Iterator[Finding]:
        for each in self.readable:
            mine = _domains(each) & _VEHICLES
            above = {part.value for part in each.issuer if part.rfc4514_attribute_name == "DC"} & _VEHICLES
            if mine or above:
                kind = (
                    "an SECC certificate (towards vehicles)"
                    if "CPO" in _domains(own)
                    else "issued in the vehicles' PKI"
                )
                what = f"The station's certificate is {kind}: {words_of(own.subject)}, DC={', '.join(sorted(map(str, mine or above)))}."
                yield Finding(rules.ISO15118, what, tuple(lines_of(self.readable)))
                return

    def _time(self, own: Certificate) -> Iterator[Finding]:
        demands = self.profile.certificates
        left = days_left(own, self.now)
        if 0 <= left < demands.least_days_left and self.now >= own.not_valid_before_utc:
            what = f"The station's certificate ends in {left} days; it must be renewed {demands.least_days_left} days before."
            yield Finding(rules.ENDS_SOON, what, (span_of(own),))
        days = (own.not_valid_after_utc - own.not_valid_before_utc).days
        most = demands.most_days or _USUAL_DAYS
        if days > most:
            asked = f"the platform allows {most}" if demands.most_days else "under two years are usual"
            severity = Severity.BREACH if demands.most_days else None
            what = f"The station's certificate is valid for {days} days; {asked}."
            yield Finding(
                rules.TOO_LONG, what, (span_of(own),), severity=severity, source=self._source(demands.most_days)
            )

    def _source(self, asked: object) -> str:
        return self.profile.title if asked else ""

    def _key(self, own: Certificate) -> Iterator[Finding]:
        taken = self.profile.certificates.keys
        if taken and str(kind_of(own.public_key()) or "") not in taken:
            what = f"The station's key is {key_words(own.public_key())}; the platform takes {', '.join(taken)}."
            yield Finding(rules.KEY_KIND, what, source=self.profile.title)


def _domains(certificate: Certificate) -> set[str]:
    return {str(part.value) for part in certificate.subject if part.rfc4514_attribute_name == "DC"}


def _is_ca(certificate: Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
