"""Is the chain that the backend shows complete, trusted, of now, and for this host?"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pilotwire.doctor.certificates.backend import Judged, Trust, in_place, judge_backend
from pilotwire.doctor.certificates.sketch import lines_of, summary_of
from pilotwire.doctor.findings import Finding, Layer, Severity
from pilotwire.doctor.patient import Patient
from pilotwire.doctor.probes.fetching import fetch_issuer, issuer_urls
from pilotwire.doctor.probes.shown_chain import Shown, looking, refusal_of_openssl, shown_chain
from pilotwire.doctor.probes.trust_store import trust_of
from pilotwire.doctor.rules import certificates as rules
from pilotwire.errors import NotReachable
from pilotwire.pki import Certificate, key_words, words_of

_QUESTION: Final = "Is the backend's certificate complete, trusted, valid, and for this host?"
_VARIANTS: Final = ("ECDSA", "RSA")
_OF_TIME: Final = (9, 10)
"""OpenSSL's numbers for not yet valid and expired: it goes by the machine's clock, we by the patient's."""


@dataclass(frozen=True, slots=True)
class ServerChain:
    """Looks at the chain of each kind of key (ECDSA, RSA) that the backend has.

    `fetches`: a certificate that is missing is looked for where the one below it says (AIA).
    """

    fetches: bool = True
    question: str = _QUESTION
    layer: Layer = Layer.TLS
    """It makes a handshake of its own, and sees the chain even of one that fails in the end."""

    async def look(self, patient: Patient) -> None:
        """Judge the chain, and leave it in `patient.served`."""
        if not patient.place.secure:
            patient.chart.skip(self.question, "The URL is ws://: there is no TLS.")
            return
        shown = await shown_chain(patient, looking())
        variants = await self._variants(patient) if shown.answered else {}
        first = shown if shown.chain or shown.unreadable else next(iter(variants.values()), shown)
        if not first.chain:
            _none(patient, first)
            return
        patient.served = first.chain
        await self._judge(patient, first, variants)

    async def _variants(self, patient: Patient) -> dict[str, Shown]:
        found = {each: await shown_chain(patient, looking(each)) for each in _VARIANTS}
        return {name: shown for name, shown in found.items() if shown.chain}

    async def _judge(self, patient: Patient, first: Shown, variants: dict[str, Shown]) -> None:
        trust = trust_of(patient)
        judged = await self._judged(patient, first.chain, trust)
        _tell(patient, first, judged, trust, variants)
        findings = [*_unreadable(first), *judged.findings]
        for name, shown in variants.items():
            if shown.chain[0] != first.chain[0]:
                other = await self._judged(patient, shown.chain, trust, name)
                findings += _new(other.findings, judged.findings, name)
                patient.chart.note(Layer.CHAIN, f"Certificate for {name}", summary_of(shown.chain[0]))
        if not any(each.weight is Severity.FATAL for each in findings):
            findings += [each async for each in _refusals(patient, trust)]
        patient.chart.findings += findings

    async def _judged(
        self, patient: Patient, chain: tuple[Certificate, ...], trust: Trust, variant: str = ""
    ) -> Judged:
        now = patient.clock.now()
        judged = judge_backend(chain, patient.place, trust, now, variant=variant)
        missing = any(each.rule in (rules.INTERMEDIATE_MISSING, rules.ROOT_NOT_TRUSTED) for each in judged.findings)
        urls = issuer_urls(judged.path[-1]) if missing and judged.path and self.fetches else ()
        for url in urls:
            try:
                found = await fetch_issuer(url, patient.timeout)
            except NotReachable:
                continue
            return judge_backend(chain, patient.place, trust, now, found=found, where=url, variant=variant)
        return judged


def _new(found: Iterable[Finding], before: Iterable[Finding], variant: str) -> list[Finding]:
    """What was not found of the chain before in the same words: one fault of both is told once."""
    told = {(each.rule, each.what) for each in before}
    said = f"In a handshake for {variant}: "
    return [each for each in found if (each.rule, each.what.removeprefix(said)) not in told]


def _none(patient: Patient, shown: Shown) -> None:
    if shown.unreadable:
        patient.chart.findings += _unreadable(shown)
    elif shown.version:
        remedy = in_place(rules.NONE_SHOWN.remedy, patient.place)
        patient.chart.find(rules.NONE_SHOWN, "The backend shows no certificate in the handshake.", remedy=remedy)
    else:
        patient.chart.skip(_QUESTION, f"No certificate was seen: {shown.why}.")


def _unreadable(shown: Shown) -> Iterator[Finding]:
    if shown.unreadable:
        yield Finding(rules.UNREADABLE, f"A certificate that the backend shows cannot be read: {shown.unreadable}.")


def _tell(patient: Patient, shown: Shown, judged: Judged, trust: Trust, variants: dict[str, Shown]) -> None:
    note = patient.chart.note
    own = shown.chain[0]
    note(Layer.CHAIN, "Backend's certificate", summary_of(own))
    for line in lines_of(shown.chain):
        note(Layer.CHAIN, "Chain as sent", line)
    if judged.root is not None:
        note(Layer.CHAIN, "Root", f"{words_of(judged.root.subject)}, of {trust.named}")
    kinds = {name: key_words(each.chain[0].public_key()) for name, each in variants.items()}
    if kinds:
        note(Layer.CHAIN, "Certificates by TLS 1.2", ", ".join(f"{name}: {key}" for name, key in kinds.items()))


async def _refusals(patient: Patient, trust: Trust) -> AsyncIterator[Finding]:
    code, words = await refusal_of_openssl(patient, trust.roots)
    if code and code not in _OF_TIME:
        what = f"OpenSSL does not accept the backend's chain: {words} (error {code})."
        evidence = (*lines_of(patient.served), f"trusted: {trust.named}")
        yield Finding(rules.NOT_VERIFIED, what, evidence, remedy=in_place(rules.NOT_VERIFIED.remedy, patient.place))
