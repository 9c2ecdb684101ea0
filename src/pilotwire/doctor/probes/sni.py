"""Does the name sent in the handshake (SNI) make a difference? Load balancers choose certificate and backend by it."""

from __future__ import annotations

import hashlib
from typing import Final

from cryptography import x509

from pilotwire.doctor.findings import Layer
from pilotwire.doctor.patient import Patient
from pilotwire.doctor.probes.asking import server_name_of
from pilotwire.doctor.probes.lines import LineFault, shown
from pilotwire.doctor.probes.tls_lines import HandshakeFailed, is_blocked, secured
from pilotwire.doctor.rules import tls as rules
from pilotwire.errors import ConfigError

WRONG_NAME: Final = "no-such-backend.invalid"


class Sni:
    """A handshake with the name, without one, with a wrong one; each is cut right after."""

    question = "Does the name in the handshake (SNI) make a difference?"
    layer = Layer.TLS

    async def look(self, patient: Patient) -> None:
        """Ask."""
        if not patient.place.secure or is_blocked(patient):
            return
        if not server_name_of(patient.place.host):
            patient.chart.note(Layer.TLS, "name sent in the handshake", "none: an address cannot be sent")
            return
        where = shown(patient.place.host, patient.place.port)
        try:
            line = await secured(patient, patient.place.host)
        except (LineFault, ConfigError) as error:
            patient.chart.note(Layer.TLS, "with its name (SNI)", f"no handshake: {error}")
            return
        line.close()
        right = _fingerprint(line.heard.leaf)
        without = await _shown_for(patient, None, right)
        patient.chart.note(Layer.TLS, "without a name (SNI)", without or "the same certificate")
        if without:
            patient.chart.find(rules.SNI_NEEDED, f"A station that sends no name (SNI) gets from {where}: {without}.")
        wrong = await _shown_for(patient, WRONG_NAME, right)
        patient.chart.note(Layer.TLS, "with a wrong name (SNI)", wrong or "the same certificate")
        if wrong:
            what = f"A station that sends another name (SNI) gets from {where}: {wrong}."
            patient.chart.find(rules.SNI_IGNORED_WRONG, what)


async def _shown_for(patient: Patient, name: str | None, right: str) -> str:
    """What a station that sends this name gets, in words; "" if it gets the certificate it should."""
    try:
        line = await secured(patient, name)
    except HandshakeFailed as failed:
        return _what_of(failed.heard.leaf, right) if failed.heard.leaf else f"no handshake ({failed.what})"
    except LineFault as fault:
        return f"no connection ({fault.what})"
    except ConfigError:
        return ""  # told by the handshake with the name
    line.close()
    return _what_of(line.heard.leaf, right)


def _what_of(leaf: bytes, right: str) -> str:
    if _fingerprint(leaf) == right:
        return ""
    try:
        return f"another certificate ({x509.load_der_x509_certificate(leaf).subject.rfc4514_string()})"
    except ValueError:
        return "another certificate, which cannot be read"


def _fingerprint(der: bytes) -> str:
    return hashlib.sha256(der).hexdigest()
