"""Has an authority revoked a certificate of the backend's chain? Do OCSP responders and CRLs answer?"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import pairwise

from pilotwire.doctor.certificates.backend import judge_backend
from pilotwire.doctor.findings import Finding, Layer
from pilotwire.doctor.patient import Patient
from pilotwire.doctor.probes.fetching import crl_urls, fetch, responder_urls
from pilotwire.doctor.probes.trust_store import trust_of
from pilotwire.doctor.rules import certificates as rules
from pilotwire.errors import NotReachable
from pilotwire.pki import (
    Certificate,
    OcspFault,
    PkiFault,
    Revoked,
    Standing,
    check_crl,
    check_response,
    look_up,
    make_request,
    read_crl,
    words_of,
)


@dataclass(frozen=True, slots=True)
class RevokedChain:
    """Asks everybody whom the certificates name, for each certificate below the root."""

    question: str = "Is a certificate of the backend revoked, and do its OCSP responders and CRLs answer?"
    layer: Layer = Layer.CHAIN

    async def look(self, patient: Patient) -> None:
        """Ask for each certificate of the path whose issuer is known."""
        if not patient.served:
            patient.chart.skip(self.question, "The backend has shown no certificate.")
            return
        path = judge_backend(patient.served, patient.place, trust_of(patient), patient.clock.now()).path
        asked = 0
        for certificate, issuer in pairwise(path):
            for source in (_by_ocsp, _by_crl):
                async for finding in source(patient, certificate, issuer):
                    asked += 1
                    if finding is not None:
                        patient.chart.findings.append(finding)
        if not asked:
            patient.chart.note(
                Layer.CHAIN, "Revocation", "no certificate of the chain names an OCSP responder or a CRL"
            )


async def _by_ocsp(patient: Patient, certificate: Certificate, issuer: Certificate) -> AsyncIterator[Finding | None]:
    named = words_of(certificate.subject)
    for url in responder_urls(certificate):
        try:
            body = make_request(certificate, issuer, algorithm="SHA1")  # the one that all responders know (RFC 5019)
            raw = await fetch(url, patient.timeout, body=body, kind="application/ocsp-request")
            verdict = check_response(raw, certificate, issuer, patient.clock.now())
        except NotReachable as error:
            yield _silent(named, error)
        except (OcspFault, PkiFault) as fault:
            yield Finding(
                rules.REVOCATION_WRONG, f"The OCSP response for {named} is not good: {fault.what}", (f"from {url}",)
            )
        else:
            patient.chart.note(Layer.CHAIN, "OCSP", f"{named}: {verdict.standing} ({url})")
            if verdict.revoked is not None:
                yield _revoked(named, verdict.revoked, f"OCSP responder {url}")
            elif verdict.standing is Standing.UNKNOWN:
                what = f"The OCSP responder does not know the certificate of {named}."
                yield Finding(rules.REVOCATION_WRONG, what, (f"from {url}",))
            else:
                yield None


async def _by_crl(patient: Patient, certificate: Certificate, issuer: Certificate) -> AsyncIterator[Finding | None]:
    named = words_of(certificate.subject)
    for url in crl_urls(certificate):
        try:
            crl = read_crl(await fetch(url, patient.timeout))
            check_crl(crl, issuer, patient.clock.now())
            revoked = look_up(crl, certificate)
        except NotReachable as error:
            yield _silent(named, error)
        except PkiFault as fault:
            yield Finding(rules.REVOCATION_WRONG, f"The CRL for {named} is not good: {fault.what}", (f"from {url}",))
        else:
            patient.chart.note(Layer.CHAIN, "CRL", f"{named}: {'revoked' if revoked else 'not in it'} ({url})")
            yield _revoked(named, revoked, f"CRL {url}") if revoked else None


def _silent(named: str, error: NotReachable) -> Finding:
    what = f"Whether the certificate of {named} is revoked cannot be asked: {error.what}."
    return Finding(rules.REVOCATION_UNKNOWN, what)


def _revoked(named: str, revoked: Revoked, source: str) -> Finding:
    what = f"The certificate of {named} was revoked on {revoked.at:%Y-%m-%d %H:%M} UTC ({revoked.reason})."
    return Finding(rules.REVOKED, what, (f"said by the {source}",))
