"""What OpenSSL means, in sentences: certificates that are not taken, alerts of the peer, handshakes that fail here."""

from __future__ import annotations

from typing import Final

from OpenSSL import SSL

from pilotwire.pki import Certificate

_VERIFY: Final = {
    2: (
        "is not signed by any certificate that was sent or is trusted here",
        "See that all sub-CAs are sent, and the root is trusted.",
    ),
    7: ("has a wrong signature", "It was changed after it was signed, or the issuer's key is another one."),
    9: ("is not yet valid", "See the clock, and when the certificate begins."),
    10: ("has expired", "Renew it, and see the clock."),
    18: ("signs itself and is not trusted here", "Give the root it should lead to."),
    19: (
        "is a root that is not trusted here",
        "Add it to the trusted roots if it should be; roots are not to be sent.",
    ),
    20: (
        "is not signed by any certificate that was sent or is trusted here",
        "See that all sub-CAs are sent, and the root is trusted.",
    ),
    21: (
        "is not signed by any certificate that was sent or is trusted here",
        "See that all sub-CAs are sent, and the root is trusted.",
    ),
    23: ("is revoked", "Renew it."),
    24: ("is no certificate authority and signs another certificate", "Have the certificate issued by a CA."),
    25: ("signs more levels below it than it may (path length)", "Have the certificate issued further up."),
    26: ("is not made for this side of TLS (extendedKeyUsage)", "Take a certificate of the right kind."),
    32: ("may not sign certificates (keyUsage)", "Have the certificate issued by a CA."),
    66: ("has a key that is too weak", "Make a stronger key."),
    68: ("is signed with a hash that is too weak", "Have it signed with SHA-256 or better."),
    79: ("is not valid as a CA", "Have the certificate issued by a CA."),
}
"""X509_V_ERR_... of OpenSSL: what is wrong with the certificate, and the remedy."""

_ALERTS: Final = {
    "handshake failure": "no suite, curve or signature in common",
    "bad certificate": "our certificate is bad",
    "unsupported certificate": "our certificate is of a kind it does not take",
    "certificate revoked": "our certificate is revoked",
    "certificate expired": "our certificate has expired or is not yet valid",
    "certificate unknown": "something is wrong with our certificate",
    "illegal parameter": "a field is not as it should be",
    "unknown ca": "our certificate leads to no root it trusts",
    "access denied": "our certificate is good, and may not come in",
    "decode error": "a message could not be read",
    "decrypt error": "a signature or key is wrong",
    "protocol version": "no version of TLS in common",
    "insufficient security": "our suites or keys are too weak",
    "internal error": "it has an error of its own",
    "no renegotiation": "it does not renegotiate",
    "missing extension": "an extension it needs is missing",
    "unsupported extension": "an extension was sent that it did not ask for",
    "bad certificate status response": "the OCSP response we sent is not good",
    "certificate required": "it wants a certificate of ours, and none was sent",
}
"""Alerts (RFC 8446, 6; RFC 5246, 7.2), and what the peer means by them."""

_HERE: Final = (
    ("peer did not return a certificate", "it showed no certificate, and ISO 15118-20 wants one of the vehicle"),
    ("no shared cipher", "it offers no suite that is taken here"),
    ("no suitable key share", "it offers no curve that is taken here"),
    ("no suitable groups", "it offers no curve that is taken here"),
    ("no suitable signature algorithm", "it can check no signature of our certificate's kind"),
    ("no shared signature algorithms", "it can check no signature of our certificate's kind"),
    ("unsupported protocol", "it speaks no version of TLS that is taken here"),
    ("wrong ssl version", "it chose a version of TLS that was not offered"),
    ("wrong version number", "its answer is no TLS: the port may be one without"),
    ("packet length too long", "its answer is no TLS: the port may be one without"),
    ("bad record type", "its answer is no TLS: the port may be one without"),
    ("wrong curve", "it chose a curve that was not offered"),
    ("bad ecpoint", "its key is on a curve that was not offered"),
    ("invalid status response", "the OCSP response it sent is not good"),
    ("unsafe legacy renegotiation disabled", "it does not know secure renegotiation"),
)


def verify_words(certificate: Certificate, error: int) -> str:
    """Why a certificate is not taken: sentence and remedy."""
    what, remedy = _VERIFY.get(error, (f"is not good (X509_V_ERR {error})", ""))
    return f"{certificate.subject.rfc4514_string()!r} {what}. {remedy}".rstrip()


def reasons_of(error: SSL.Error) -> str:
    """What OpenSSL says itself, in one line."""
    queue = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return "; ".join(str(entry[-1]) for entry in queue if entry[-1]) or str(error) or type(error).__name__


def alert_in(error: SSL.Error) -> str:
    """The alert the peer sent, as "unknown ca"; "" if the failure is no alert."""
    said = reasons_of(error)
    if " alert " not in f" {said}":
        return ""
    name = said.split("alert ", 1)[1].split(";")[0]
    return name.removeprefix("number ").strip()


def alert_words(alert: str) -> str:
    """What an alert means."""
    return f"TLS alert {alert!r}: {_ALERTS.get(alert, 'it did not say more')}"


def failure_words(error: SSL.Error) -> str:
    """Why a handshake failed here, the end of a sentence."""
    said = reasons_of(error)
    return next((words for reason, words in _HERE if reason in said.lower()), f"OpenSSL says {said!r}")
