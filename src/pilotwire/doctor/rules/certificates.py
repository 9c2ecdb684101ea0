"""Rules for the certificates a backend shows: complete, trusted, of now, for this host, strong, not revoked."""

from __future__ import annotations

from typing import Final

from pilotwire.doctor.findings import Layer, Rule, Severity, Step, catalogue
from pilotwire.pki import Flaw

_FATAL, _BREACH, _NOTE = Severity.FATAL, Severity.BREACH, Severity.NOTE
LOOK: Final = "Look with `openssl s_client -connect HOST:PORT -servername HOST -showcerts`."
"""What shows a chain as it is sent."""


def _rule(name: str, severity: Severity, what: str, remedy: str, source: str = "") -> Rule:
    return Rule(f"certificate.{name}", Step.CERTIFICATES, Layer.CHAIN, severity, what, remedy, source)


NONE_SHOWN: Final = _rule(
    "none-shown",
    _FATAL,
    "The backend shows a certificate in the handshake.",
    f"Give the backend a server certificate for its host name. {LOOK}",
    "A00.FR.307, A00.FR.410",
)
UNREADABLE: Final = _rule(
    "unreadable",
    _FATAL,
    "The certificates that the backend shows can be read.",
    f"Have the certificate issued anew. {LOOK}",
    "RFC 5280, 4.1",
)
INTERMEDIATE_MISSING: Final = _rule(
    "intermediate-missing",
    _FATAL,
    "The backend shows its certificate with all intermediate certificates up to the root.",
    f"Put the intermediate certificates behind the backend's own into its certificate file (full chain). {LOOK}",
    "RFC 8446, 4.4.2; RFC 5246, 7.4.2; A00.FR.308, A00.FR.411",
)
ROOT_NOT_TRUSTED: Final = _rule(
    "root-not-trusted",
    _FATAL,
    "The chain of the backend ends in a root that the station trusts.",
    "Install the backend's root in the station (InstallCertificate, CSMSRootCertificate), or have the backend certified under one it has.",
    "A00.FR.308, A00.FR.411; RFC 5280, 6",
)
SELF_SIGNED: Final = _rule(
    "self-signed",
    _FATAL,
    "The backend's certificate is signed by a certificate authority, not by itself.",
    "Have the backend certified by an authority the station trusts.",
    "A00.FR.308, A00.FR.411",
)
ORDER: Final = _rule(
    "order",
    _BREACH,
    "Each certificate of the chain is followed by the one that signed it.",
    "Sort the backend's certificate file: its own first, then the intermediate that signed it, and so on upwards.",
    "RFC 5246, 7.4.2; RFC 8446, 4.4.2",
)
STRANGER: Final = _rule(
    "stranger",
    _NOTE,
    "The backend sends no certificates that do not belong to its chain.",
    "Remove them from the backend's certificate file: each costs a station time and memory.",
    "RFC 5246, 7.4.2",
)
DUPLICATE: Final = _rule(
    "duplicate",
    _NOTE,
    "The backend sends no certificate twice.",
    "Remove the second one from the backend's certificate file.",
    "RFC 5246, 7.4.2",
)
ROOT_SENT: Final = _rule(
    "root-sent",
    _NOTE,
    "The root itself need not be sent.",
    "Leave the root out of the backend's certificate file: a station trusts only the one it has.",
    "RFC 8446, 4.4.2",
)
EXPIRED: Final = _rule(
    "expired",
    _FATAL,
    "No certificate of the chain has expired.",
    "Renew the certificate that has expired, and restart what serves it. If it has not, the clock of this machine is wrong.",
    "RFC 5280, 4.1.2.5; A00.FR.308, A00.FR.411",
)
NOT_YET_VALID: Final = _rule(
    "not-yet-valid",
    _FATAL,
    "Every certificate of the chain is valid already.",
    "Set the clock of the station or of this machine; if it is right, have the certificate issued anew.",
    "RFC 5280, 4.1.2.5; A00.FR.308, A00.FR.411",
)
ENDS_SOON: Final = _rule(
    "ends-soon",
    _NOTE,
    "The certificates of the chain are valid for 30 days more.",
    "Renew it now: when it ends, every station is off line at once.",
)
OUTLIVES_ISSUER: Final = _rule(
    "outlives-issuer",
    _NOTE,
    "No certificate is valid for longer than the one that signed it.",
    "Mind the end of the issuer, not only that of the certificate.",
    "RFC 5280, 6.1",
)
TOO_LONG: Final = _rule(
    "too-long",
    _NOTE,
    "A server's certificate is not valid for longer than about a year (public authorities: 398 days).",
    "Have it issued for a year, and renewed by itself.",
    "CA/Browser Forum, Baseline Requirements, 6.3.2",
)
WEAK_KEY: Final = _rule(
    "weak-key",
    _FATAL,
    "Keys have at least 112 bits of security: RSA 2048 bits, elliptic curves 224 bits.",
    "Have the certificate issued anew for a key on P-256, or RSA with 3072 bits.",
    "A00.FR.501, A00.FR.502, A00.FR.503",
)
WEAK_HASH: Final = _rule(
    "weak-hash",
    _FATAL,
    "Certificates are signed over SHA-256 or better.",
    "Have it issued anew with SHA-256: TLS libraries of today refuse SHA-1 and MD5.",
    "A00.FR.504, A00.FR.506",
)
PATH_LENGTH: Final = _rule(
    "path-length",
    _FATAL,
    "No authority has more authorities below it than its path length allows.",
    "Have the lower authority signed by one that may have it below itself.",
    "RFC 5280, 4.2.1.9",
)
NOT_A_CA: Final = _rule(
    "not-a-ca",
    _FATAL,
    "Whoever signs a certificate is a certificate authority.",
    "Have it signed by an authority whose basicConstraints say CA:TRUE and whose keyUsage has keyCertSign.",
    "RFC 5280, 4.2.1.3, 4.2.1.9",
)
KEY_USAGE: Final = _rule(
    "key-usage",
    _FATAL,
    "The keyUsage of a server's certificate allows what TLS does with its key.",
    "Have it issued with the keyUsage digitalSignature (and keyEncipherment for TLS_RSA suites).",
    "RFC 5280, 4.2.1.3; A00.FR.512",
)
EXTENDED_KEY_USAGE: Final = _rule(
    "not-for-servers",
    _FATAL,
    "If the certificate has an extendedKeyUsage, it holds serverAuth.",
    "Have it issued for serverAuth.",
    "RFC 5280, 4.2.1.12",
)
WRONG_HOST: Final = _rule(
    "wrong-host",
    _FATAL,
    "The certificate is for the host of the URL.",
    "Use the host name that is in the certificate, or have it issued for this one (subjectAltName and CN).",
    "A00.FR.309, A00.FR.412; RFC 9525, 6",
)
NAME_ONLY_IN_CN: Final = _rule(
    "name-only-in-cn",
    _BREACH,
    "The host is a subjectAltName too: TLS libraries of today do not look at the CN.",
    "Have it issued with the host as CN (OCPP) and as subjectAltName (TLS libraries).",
    "RFC 9525, 6.3; A00.FR.511 (note)",
)
NAME_NOT_IN_CN: Final = _rule(
    "name-not-in-cn",
    _NOTE,
    "The CN holds the host name of the backend: a station that goes by the letter of OCPP looks there.",
    "Have it issued with the host name as CN besides the subjectAltName.",
    "A00.FR.309, A00.FR.412, A00.FR.510",
)
ISO15118: Final = _rule(
    "iso15118-mixed-up",
    _BREACH,
    "A backend does not show a certificate of the vehicles' PKI (ISO 15118).",
    "Give the backend a server certificate of the CSMS's authority; SECC certificates are for the TLS towards vehicles.",
    "OCPP 2.0.1 part 2, A00, Certificate Hierarchy",
)
KEY_CHANGED: Final = _rule(
    "other-key-of-issuer",
    _FATAL,
    "The issuer that is found by its name is the one that signed.",
    "Use the certificates of one and the same issuer: there are two of this name with different keys (an authority was renewed).",
    "RFC 5280, 6.1.3",
)
UNKNOWN_CRITICAL: Final = _rule(
    "unknown-critical",
    _FATAL,
    "No certificate has a critical extension that TLS libraries do not know.",
    "Have it issued without it, or not critical.",
    "RFC 5280, 4.2",
)
REVOKED: Final = _rule(
    "revoked",
    _FATAL,
    "No certificate of the chain is revoked.",
    "Have the certificate issued anew, with a new key.",
    "RFC 5280, 6.3; RFC 6960",
)
REVOCATION_UNKNOWN: Final = _rule(
    "revocation-unknown",
    _NOTE,
    "OCSP responders and CRLs that a certificate names can be reached, and answer.",
    "Stations that ask may refuse the backend: make the responder reachable from the stations' network too.",
    "RFC 5280, 4.2.1.13; RFC 6960",
)
REVOCATION_WRONG: Final = _rule(
    "revocation-answer-wrong",
    _BREACH,
    "What an OCSP responder or CRL says is signed by who may say it, and up to date.",
    "Tell the operator of the authority.",
    "RFC 6960, 3.2; RFC 5280, 6.3.3",
)
TOO_MANY: Final = _rule(
    "chain-too-long",
    _FATAL,
    "A chain has no more certificates than a path can be checked of.",
    "Issue with fewer authorities between root and server.",
    "RFC 5280, 6.1",
)
BAD_SIGNATURE: Final = _rule(
    "bad-signature",
    _FATAL,
    "The signatures of the chain are right.",
    "Get the certificate again from its authority, signed by ECDSA or RSA with SHA-256: it was altered, or is not from it.",
    "RFC 5280, 6.1.3",
)
NOT_STAPLED: Final = _rule(
    "not-stapled",
    _BREACH,
    "A backend whose certificate says so (TLS feature, must-staple) sends an OCSP response with it.",
    "Switch OCSP stapling on where TLS ends, or have the certificate issued without this extension.",
    "RFC 7633, 4.2.3; RFC 6066, 8",
)
NOT_VERIFIED: Final = _rule(
    "not-verified",
    _FATAL,
    "OpenSSL accepts the chain.",
    "Check with `openssl s_client -connect HOST:PORT -servername HOST -CAfile ROOTS.pem -verify_return_error`.",
    "RFC 5280, 6",
)

BY_FLAW: Final = {
    Flaw.EMPTY: NONE_SHOWN,
    Flaw.UNREADABLE: UNREADABLE,
    Flaw.MISSING_INTERMEDIATE: INTERMEDIATE_MISSING,
    Flaw.INCOMPLETE: INTERMEDIATE_MISSING,
    Flaw.ROOT_NOT_TRUSTED: ROOT_NOT_TRUSTED,
    Flaw.WRONG_ORDER: ORDER,
    Flaw.STRANGER: STRANGER,
    Flaw.DUPLICATE: DUPLICATE,
    Flaw.SELF_SIGNED: SELF_SIGNED,
    Flaw.EXPIRED: EXPIRED,
    Flaw.NOT_YET_VALID: NOT_YET_VALID,
    Flaw.OUTLIVES_ISSUER: OUTLIVES_ISSUER,
    Flaw.WEAK_KEY: WEAK_KEY,
    Flaw.WEAK_HASH: WEAK_HASH,
    Flaw.PATH_LENGTH: PATH_LENGTH,
    Flaw.NOT_A_CA: NOT_A_CA,
    Flaw.KEY_USAGE: KEY_USAGE,
    Flaw.EXTENDED_KEY_USAGE: EXTENDED_KEY_USAGE,
    Flaw.HOST: WRONG_HOST,
    Flaw.COMMON_NAME_ONLY: NAME_ONLY_IN_CN,
    Flaw.DOMAIN: ISO15118,
    Flaw.KEY_CHANGED: KEY_CHANGED,
    Flaw.UNKNOWN_CRITICAL: UNKNOWN_CRITICAL,
    Flaw.REVOKED: REVOKED,
    Flaw.REVOCATION_UNKNOWN: REVOCATION_UNKNOWN,
    Flaw.TOO_LONG: TOO_MANY,
    Flaw.BAD_SIGNATURE: BAD_SIGNATURE,
}
"""Which rule is broken by which fault of a chain."""

_OTHERS: Final = (
    UNREADABLE,
    TOO_LONG,
    ROOT_SENT,
    ENDS_SOON,
    NAME_NOT_IN_CN,
    REVOCATION_WRONG,
    NOT_STAPLED,
    NOT_VERIFIED,
)
CERTIFICATE_RULES: Final = catalogue({each.id: each for each in BY_FLAW.values()}.values(), _OTHERS)
