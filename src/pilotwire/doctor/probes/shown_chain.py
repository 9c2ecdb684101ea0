"""Seeing the chain that a backend sends, certificate by certificate as it is on the wire.

Python's `ssl` gives the chain it received only from 3.13 on, and only of a handshake that came to its end. Here the handshake's own
messages are read (`TlsLine`): the same bytes for TLS 1.2 and 1.3, and also where the backend then ends it for want of a client certificate.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, replace

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire.doctor.patient import Patient
from pilotwire.doctor.probes.asking import server_name_of
from pilotwire.doctor.probes.lines import LineFault, reach
from pilotwire.doctor.probes.tls_lines import HandshakeFailed, TlsLine
from pilotwire.pki import Certificate, PkiFault, read_certificates

_EVERYTHING = "ALL:!aNULL:@SECLEVEL=0"
"""What is weak is to be seen, and judged, not refused here."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What was sent: the chain, `unreadable` why one of it cannot be read, `why` the handshake did not end well, `version` that of TLS,
    `answered` whether it spoke TLS at all."""

    chain: tuple[Certificate, ...] = ()
    unreadable: str = ""
    why: str = ""
    version: str = ""
    answered: bool = False


def looking(authentication: str = "") -> ssl.SSLContext:
    """A context that takes any certificate; `authentication` (`RSA`, `ECDSA`): of this kind only, by TLS 1.2."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_EVERYTHING if not authentication else f"a{authentication}:@SECLEVEL=0")
    if authentication:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


async def shown_chain(patient: Patient, context: ssl.SSLContext) -> Shown:
    """One handshake, and the chain that was sent in it. Never raises for what the backend does."""
    try:
        wire = await reach(patient)
    except LineFault as fault:
        return Shown(why=fault.what)
    line = TlsLine(wire, context, server_name_of(patient.place.host) or None)
    why = ""
    try:
        await line.shake(patient.timeout)
    except HandshakeFailed as fault:
        why = fault.what
    finally:
        line.close()
    answer = line.heard.answer
    answered = answer.hello is not None or answer.alert is not None
    return replace(_read(answer.certificates, why, line.heard.version), answered=answered)


def _read(sent: tuple[bytes, ...], why: str, version: str) -> Shown:
    chain: list[Certificate] = []
    for place, der in enumerate(sent):
        try:
            pem = x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM).decode("ascii")
            chain += read_certificates(pem)
        except (ValueError, PkiFault) as error:
            return Shown(tuple(chain), f"certificate {place}: {error}", why, version)
    return Shown(tuple(chain), "", why, version)


async def refusal_of_openssl(patient: Patient, roots: tuple[Certificate, ...]) -> tuple[int, str]:
    """What OpenSSL says of the chain when it holds it against these roots: a number of its own and words; (0, "") if it accepts it."""
    context = looking()
    context.verify_mode = ssl.CERT_REQUIRED
    if roots:
        context.load_verify_locations(cadata=b"".join(each.public_bytes(Encoding.DER) for each in roots))
    try:
        wire = await reach(patient)
    except LineFault:
        return 0, ""
    line = TlsLine(wire, context, server_name_of(patient.place.host) or None)
    try:
        await line.shake(patient.timeout)
    except HandshakeFailed as fault:
        return _verdict(fault)
    finally:
        line.close()
    return 0, ""


def _verdict(error: BaseException | None) -> tuple[int, str]:
    """What the library said, behind what is made of it for people."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error.verify_code, error.verify_message
        error = error.__context__
    return 0, ""
