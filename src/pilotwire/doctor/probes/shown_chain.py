"""Seeing the chain that a backend sends, certificate by certificate as it is on the wire.

Python's `ssl` gives the chain it received only from 3.13 on, and only of a handshake that came to its end. Here the handshake's own
messages are read (`TlsLine`): the same bytes for TLS 1.2 and 1.3, and also where the backend then ends it for want of a client certificate.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass

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
    """What was sent: the chain, `unreadable` why one of it cannot be read, `why` there is none, `verdict` what OpenSSL says of it."""

    chain: tuple[Certificate, ...] = ()
    unreadable: str = ""
    why: str = ""
    version: str = ""


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
    return _read(line.heard.answer.certificates, why, line.heard.version)


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
    for each in roots:
        context.load_verify_locations(cadata=each.public_bytes(Encoding.DER))
    verdict: list[tuple[int, str]] = []
    try:
        wire = await reach(patient)
    except LineFault:
        return 0, ""
    line = _Verifying(TlsLine(wire, context, server_name_of(patient.place.host) or None), verdict)
    await line.shake(patient.timeout)
    return verdict[0] if verdict else (0, "")


class _Verifying:
    """A handshake of which only the verdict on the chain is of interest."""

    def __init__(self, line: TlsLine, verdict: list[tuple[int, str]]) -> None:
        self._line = line
        self._verdict = verdict

    async def shake(self, timeout: float) -> None:
        try:
            await self._line.shake(timeout)
        except HandshakeFailed as fault:
            cause = fault.__context__
            while cause is not None:
                if isinstance(cause, ssl.SSLCertVerificationError):
                    self._verdict.append((cause.verify_code, cause.verify_message))
                    return
                cause = cause.__context__
        finally:
            self._line.close()
