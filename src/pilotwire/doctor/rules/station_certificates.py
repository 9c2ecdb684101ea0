"""Rules for a station's client certificate: its files, its key, its chain, whom it names, and what the backend says to it.

Their layer is TLS, where the certificate is shown: what is wrong with it stands before what TLS then says to it.
"""

from __future__ import annotations

from typing import Final

from pilotwire.doctor.findings import Layer, Rule, Severity, Step, catalogue
from pilotwire.pki import Flaw

_FATAL, _BREACH, _NOTE = Severity.FATAL, Severity.BREACH, Severity.NOTE


def _rule(name: str, severity: Severity, what: str, remedy: str, source: str = "") -> Rule:
    return Rule(f"station-certificate.{name}", Step.CERTIFICATES, Layer.TLS, severity, what, remedy, source)


MISSING: Final = _rule(
    "missing",
    _FATAL,
    "Where security profile 3 is demanded, the station has a client certificate.",
    "Give the station a certificate (A02) and the doctor its files.",
    "A00.FR.401",
)
FILE_UNREADABLE: Final = _rule(
    "file-unreadable",
    _FATAL,
    "The files of certificate and key can be read.",
    "Check the path and the permissions.",
)
NO_PEM: Final = _rule(
    "no-pem",
    _FATAL,
    "Certificates are stored in PEM.",
    "Convert it: `openssl x509 -inform DER -in FILE -out FILE.pem`.",
    "A00.FR.507",
)
NO_CERTIFICATE: Final = _rule(
    "no-certificate",
    _FATAL,
    "The certificate's file holds a certificate.",
    "Give the file that the certificate authority has sent back.",
    "A00.FR.507",
)
DAMAGED: Final = _rule(
    "damaged",
    _FATAL,
    "What is in the files can be read as what it says it is.",
    "Copy the file again, as text, with all its lines: `openssl x509 -in FILE -noout -text` must show it.",
    "A00.FR.507",
)
NO_KEY: Final = _rule(
    "no-key",
    _FATAL,
    "There is a private key to the certificate.",
    "Give the file of the private key the certificate was requested with.",
)
KEY_ENCRYPTED: Final = _rule(
    "key-encrypted",
    _FATAL,
    "The station can use its private key by itself.",
    "Decrypt it (`openssl pkey -in FILE -out FILE`), or keep it in a secure element: a station has nobody who types a password.",
)
KEY_OTHER: Final = _rule(
    "key-of-another-certificate",
    _FATAL,
    "Certificate and private key belong together.",
    "Compare `openssl x509 -in CERTIFICATE -noout -pubkey` with `openssl pkey -in KEY -pubout`; take the key the request was made with.",
)
KEY_OPEN: Final = _rule(
    "key-readable-by-all",
    _BREACH,
    "Nobody but the station's software can read the private key.",
    "Restrict it: `chmod 600 FILE`; if others had access, have a new key certified.",
    "A00.FR.427",
)
KEY_IN_FILE: Final = _rule(
    "key-in-file",
    _BREACH,
    "The private key lies in a secure element, HSM or TPM.",
    "Make the key in the secure element, request a certificate for it, and give the doctor its PKCS#11 URI.",
)
ORDER: Final = _rule(
    "order",
    _BREACH,
    "In the file each certificate is followed by the one that signed it, the station's own first.",
    "Sort the file: the station's certificate, the intermediate that signed it, and so on upwards.",
    "RFC 5246, 7.4.2; RFC 8446, 4.4.2",
)
INTERMEDIATE_MISSING: Final = _rule(
    "intermediate-missing",
    _FATAL,
    "The file holds the station's certificate with all intermediates up to the accredited root.",
    "Put the intermediate certificates behind the station's own into its file: `cat station.pem intermediate.pem > chain.pem`.",
    "A00.FR.403; RFC 8446, 4.4.2",
)
NOT_ACCREDITED: Final = _rule(
    "not-accredited",
    _FATAL,
    "The certificate comes from an authority that the platform accredits.",
    "Have the station certified by one of the platform's authorities.",
    "A00.FR.403",
)
SELF_SIGNED: Final = _rule(
    "self-signed",
    _FATAL,
    "The certificate is signed by an authority, not by itself.",
    "Have it signed by an authority that the backend trusts.",
    "A00.FR.403",
)
STRANGER: Final = _rule(
    "stranger",
    _NOTE,
    "The file holds nothing that does not belong to the chain.",
    "Remove it: the station sends it with every handshake.",
    "RFC 5246, 7.4.2",
)
DUPLICATE: Final = _rule(
    "duplicate", _NOTE, "The file holds no certificate twice.", "Remove the second one.", "RFC 5246, 7.4.2"
)
ROOT_INCLUDED: Final = _rule(
    "root-included",
    _NOTE,
    "The root need not be in the station's file.",
    "Remove it: the backend trusts only the one it has.",
    "RFC 8446, 4.4.2",
)
EXPIRED: Final = _rule(
    "expired",
    _FATAL,
    "The certificates of the station are not expired.",
    "Renew it (A02, A03); let the station do so by itself 30 days before.",
    "A00.FR.407, A00.FR.429",
)
NOT_YET_VALID: Final = _rule(
    "not-yet-valid",
    _FATAL,
    "The certificates of the station are valid already.",
    "Set the clock of the machine; if it is right, have the certificate issued anew.",
    "A00.FR.407; RFC 5280, 4.1.2.5",
)
ENDS_SOON: Final = _rule(
    "ends-soon",
    _BREACH,
    "The certificate is renewed before it ends.",
    "Renew it now (A02, A03).",
)
TOO_LONG: Final = _rule(
    "too-long",
    _NOTE,
    "A station's certificate is valid for less than two years.",
    "Have it issued for a year or two, and renewed by itself (A02, A03).",
)
OUTLIVES_ISSUER: Final = _rule(
    "outlives-issuer",
    _NOTE,
    "No certificate is valid for longer than the one that signed it.",
    "Mind the end of the issuer, not only that of the certificate.",
    "RFC 5280, 6.1",
)
WEAK_KEY: Final = _rule(
    "weak-key",
    _FATAL,
    "Keys have at least 112 bits of security: RSA 2048 bits, elliptic curves 224 bits.",
    "Make a new key on P-256, or RSA with 3072 bits, and have it certified.",
    "A00.FR.501, A00.FR.502, A00.FR.503",
)
KEY_KIND: Final = _rule(
    "key-kind",
    _BREACH,
    "The key is of a kind that the platform takes.",
    "Make a key of such a kind, and have it certified.",
)
WEAK_HASH: Final = _rule(
    "weak-hash",
    _FATAL,
    "Certificates are signed over SHA-256 or better.",
    "Have it issued anew with SHA-256.",
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
    "The keyUsage of a client certificate allows signing.",
    "Have it issued with the keyUsage digitalSignature.",
    "A00.FR.512; RFC 5280, 4.2.1.3",
)
EXTENDED_KEY_USAGE: Final = _rule(
    "not-for-clients",
    _FATAL,
    "If the certificate has an extendedKeyUsage, it holds clientAuth.",
    "Have it issued for clientAuth.",
    "RFC 5280, 4.2.1.12; A00.FR.514",
)
IS_CA: Final = _rule(
    "is-ca",
    _BREACH,
    "A station's certificate is not that of a certificate authority.",
    "Put the station's own certificate first, or have it issued with CA:FALSE.",
    "A00.FR.512; RFC 5280, 4.2.1.9",
)
KEY_CHANGED: Final = _rule(
    "other-key-of-issuer",
    _FATAL,
    "The issuer that is found by its name is the one that signed.",
    "Use the certificates of one and the same issuer: there are two of this name with different keys.",
    "RFC 5280, 6.1.3",
)
UNKNOWN_CRITICAL: Final = _rule(
    "unknown-critical",
    _FATAL,
    "No certificate has a critical extension that TLS libraries do not know.",
    "Have it issued without it, or not critical.",
    "RFC 5280, 4.2",
)
TOO_MANY: Final = _rule(
    "chain-too-long",
    _FATAL,
    "A chain has no more certificates than a path can be checked of.",
    "Issue with fewer authorities between root and station.",
    "RFC 5280, 6.1",
)
BAD_SIGNATURE: Final = _rule(
    "bad-signature",
    _FATAL,
    "The signatures of the chain are right.",
    "Get the certificate again from its authority, signed by ECDSA or RSA with SHA-256: it was altered, or is not from it.",
    "RFC 5280, 6.1.3",
)
ISO15118: Final = _rule(
    "iso15118-mixed-up",
    _NOTE,
    "Certificates towards vehicles (ISO 15118) and towards the backend are kept apart.",
    "Have a client certificate issued by the CSMS's authority; the SECC certificate serves only where the backend accredits the V2G root.",
    "A00.FR.428, A00.FR.513",
)
V2G_ROOT: Final = _rule(
    "v2g-root-for-csms",
    _BREACH,
    "Roots of the vehicles' PKI are not among those the backend is checked against.",
    "Install it as V2GRootCertificate, not as CSMSRootCertificate.",
    "OCPP 2.0.1 part 2, A00, Certificate Hierarchy; M05",
)
ORGANIZATION: Final = _rule(
    "organization-missing",
    _BREACH,
    "The subject has an organizationName (O): the owner, whom the CSMS compares with the operator.",
    "Request it anew with O (OCPP 2.x: SecurityCtrlr.OrganizationName; 1.6: CpoName).",
    "A00.FR.509, A00.FR.404",
)
COMMON_NAME: Final = _rule(
    "common-name",
    _BREACH,
    "The CN is the serial number of the station, character by character.",
    "Have it issued for this station's serial number, or mend the serial number the station tells.",
    "A00.FR.511, A00.FR.405",
)
OTHER_STATION: Final = _rule(
    "of-another-station",
    _BREACH,
    "Every station has a certificate of its own.",
    "Take the certificate of this station; the CSMS shall end the connection of one whose CN is not its serial number.",
    "A00.FR.405, A00.FR.427, A00.FR.511",
)
CN_IS_ADDRESS: Final = _rule(
    "common-name-is-address",
    _BREACH,
    "The CN of a station's certificate is no URL and no IP address.",
    "Have it issued for the serial number.",
    "A00.FR.511",
)
SUBJECT: Final = _rule(
    "subject",
    _BREACH,
    "The subject has the attributes that the platform asks for.",
    "Request the certificate anew with this attribute in its subject.",
)
ALT_NAMES: Final = _rule(
    "alternative-names",
    _NOTE,
    "A station's certificate has no DNS names: the CN is its identity.",
    "Have it issued without subjectAltName.",
    "A00.FR.511 (note)",
)
NOT_NAMED: Final = _rule(
    "authority-not-named",
    _BREACH,
    "The authority of the station's certificate is among those the backend names when it asks for one.",
    "Have the station certified by one of these, or install the station's root in the backend.",
    "RFC 8446, 4.2.4; RFC 5246, 7.4.4",
)
DEMANDED: Final = _rule(
    "demanded-by-backend",
    _FATAL,
    "A backend that demands a client certificate gets one.",
    "Give the station's certificate and key, or use an address of the backend for security profile 2.",
    "A00.FR.401, A00.FR.407",
)
NOT_ASKED: Final = _rule(
    "not-asked-for",
    _NOTE,
    "A backend of security profile 3 asks for the client certificate.",
    "The certificate is never sent: ask the operator for the address of security profile 3, or use profile 2.",
    "A00.FR.401, A00.FR.403",
)
TURNED_AWAY: Final = _rule(
    "turned-away",
    _FATAL,
    "The backend accepts the station's certificate.",
    "Try `openssl s_client -connect HOST:PORT -cert CHAIN.pem -cert_chain CHAIN.pem -key KEY.pem`, and ask the operator what its log says.",
    "A00.FR.403, A00.FR.407",
)
NOT_LOADED: Final = _rule(
    "not-loaded",
    _FATAL,
    "OpenSSL can use certificate and key.",
    "Check both with `openssl x509 -in CERTIFICATE -noout -text` and `openssl pkey -in KEY -check`.",
)

BY_FLAW: Final = {
    Flaw.EMPTY: NO_CERTIFICATE,
    Flaw.UNREADABLE: DAMAGED,
    Flaw.MISSING_INTERMEDIATE: INTERMEDIATE_MISSING,
    Flaw.INCOMPLETE: INTERMEDIATE_MISSING,
    Flaw.ROOT_NOT_TRUSTED: NOT_ACCREDITED,
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
    Flaw.KEY_CHANGED: KEY_CHANGED,
    Flaw.UNKNOWN_CRITICAL: UNKNOWN_CRITICAL,
    Flaw.TOO_LONG: TOO_MANY,
    Flaw.BAD_SIGNATURE: BAD_SIGNATURE,
}
"""Which rule is broken by which fault of a chain."""

_FILES: Final = (
    MISSING,
    FILE_UNREADABLE,
    NO_PEM,
    DAMAGED,
    NO_KEY,
    KEY_ENCRYPTED,
    KEY_OTHER,
    KEY_OPEN,
    KEY_IN_FILE,
    KEY_KIND,
)
_NAMES: Final = (ORGANIZATION, COMMON_NAME, OTHER_STATION, CN_IS_ADDRESS, SUBJECT, ALT_NAMES, IS_CA, ISO15118, V2G_ROOT)
_HEARD: Final = (NOT_NAMED, DEMANDED, NOT_ASKED, TURNED_AWAY, NOT_LOADED, ROOT_INCLUDED, ENDS_SOON, TOO_LONG)
STATION_CERTIFICATE_RULES: Final = catalogue(
    {each.id: each for each in BY_FLAW.values()}.values(), _FILES, _NAMES, _HEARD
)
