"""Does the backend send an OCSP response with its certificate (stapling), and what does that say?

Asked by a hello made by hand: Python's `ssl` cannot ask for it. In TLS 1.2 the answer comes in the open; a backend that speaks TLS 1.3
only is not asked.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from cryptography import x509

from pilotwire.doctor.findings import Chart, Layer
from pilotwire.doctor.patient import Patient
from pilotwire.doctor.probes.asking import Heard, say, server_name_of
from pilotwire.doctor.probes.hello import Offer, client_hello
from pilotwire.doctor.probes.lines import LineFault, reach
from pilotwire.doctor.probes.tls_names import SUITES, TLS12
from pilotwire.doctor.probes.trust_store import trust_of
from pilotwire.doctor.rules import certificates as rules
from pilotwire.pki import Certificate, OcspFault, Standing, check_response, is_issued_by, words_of

_CERTIFICATE_UNKNOWN = "the issuer of the backend's certificate is not known"


@dataclass(frozen=True, slots=True)
class Stapled:
    """Asks for the response, and holds it against the issuer."""

    question: str = "Does the backend send an OCSP response with its certificate (stapling)?"
    layer: Layer = Layer.CHAIN

    async def look(self, patient: Patient) -> None:
        """Ask by TLS 1.2."""
        chart = patient.chart
        if not patient.served:
            chart.skip(self.question, "The backend has shown no certificate.")
            return
        try:
            heard = await _asked(patient)
        except LineFault as fault:
            chart.skip(self.question, f"There is no connection: {fault.what}.")
            return
        if heard.hello is None or not heard.answer.certificates:
            chart.skip(self.question, f"It is asked by TLS 1.2, and the backend does not speak that: {heard.words}.")
        elif heard.answer.stapled:
            _judge(patient, _shown(heard) or patient.served, heard.answer.stapled)
        else:
            chart.note(Layer.CHAIN, "OCSP stapling", "none")
            _must(chart, patient.served[0])


async def _asked(patient: Patient) -> Heard:
    name = server_name_of(patient.place.host)
    hello = client_hello(Offer(TLS12, tuple(SUITES), os.urandom(32), name, stapling=True))
    wire = await reach(patient)
    try:
        return await say(wire, hello, patient.timeout)
    finally:
        wire.close()


def _shown(heard: Heard) -> tuple[Certificate, ...]:
    """The chain of this handshake: it may be another one than that of TLS 1.3."""
    try:
        return tuple(x509.load_der_x509_certificate(each) for each in heard.answer.certificates)
    except ValueError:
        return ()


def _judge(patient: Patient, chain: tuple[Certificate, ...], response: bytes) -> None:
    chart, own = patient.chart, chain[0]
    candidates = (*chain[1:], *trust_of(patient).roots)
    issuer = next((each for each in candidates if own.issuer == each.subject and is_issued_by(own, each)), None)
    if issuer is None:
        chart.note(Layer.CHAIN, "OCSP stapling", f"a response that cannot be judged: {_CERTIFICATE_UNKNOWN}")
        return
    try:
        verdict = check_response(response, own, issuer, patient.clock.now())
    except OcspFault as fault:
        chart.find(rules.REVOCATION_WRONG, f"The OCSP response that the backend sends is not good: {fault.what}")
        return
    chart.note(Layer.CHAIN, "OCSP stapling", f"{verdict.standing}, of {verdict.this_update:%Y-%m-%d %H:%M} UTC")
    if verdict.standing is Standing.REVOKED:
        what = f"The backend sends an OCSP response by which its own certificate ({words_of(own.subject)}) is revoked."
        chart.find(rules.REVOKED, what)
    elif verdict.standing is Standing.UNKNOWN:
        chart.find(rules.REVOCATION_WRONG, "The backend sends an OCSP response that does not know its certificate.")


def _must(chart: Chart, own: Certificate) -> None:
    try:
        features = own.extensions.get_extension_for_class(x509.TLSFeature).value
    except x509.ExtensionNotFound:
        return
    if x509.TLSFeatureType.status_request in features:
        what = "The backend's certificate demands an OCSP response with it (must-staple), and none is sent."
        chart.find(rules.NOT_STAPLED, what)
