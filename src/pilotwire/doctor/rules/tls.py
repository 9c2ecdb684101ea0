"""What is held against a backend's TLS: versions, suites, compression, client certificates, and how it tells names (SNI, ALPN).

Requirements have two numbers: of security profile 2 (A00.FR.3xx) and of profile 3 (A00.FR.4xx); they say the same.
"""

from __future__ import annotations

from typing import Final

from pilotwire.doctor.findings import Layer, Rule, Severity, Step

_FATAL, _BREACH, _NOTE = Severity.FATAL, Severity.BREACH, Severity.NOTE


def _rule(id: str, severity: Severity, what: str, remedy: str, source: str = "", layer: Layer = Layer.TLS) -> Rule:
    return Rule(id, Step.NETWORK, layer, severity, what, remedy, source)


CLIENT_FILES: Final = _rule(
    "tls.client-files",
    _FATAL,
    "The station's certificate and key can be used.",
    "Give PEM files: the certificate with its chain, and the private key that belongs to it, without a password.",
    "A00.FR.507",
    Layer.ASKED,
)

# --- versions ----------------------------------------------------------------------------------------------------------------

NOT_USED: Final = _rule(
    "tls.not-used",
    _NOTE,
    "The connection is secured with TLS.",
    "Use wss:// wherever the network is not trusted.",
    "A00.FR.201, A00.FR.206, A00.FR.312",
)
VERSION_TOO_OLD: Final = _rule(
    "tls.version-too-old",
    _FATAL,
    "The backend takes TLS 1.2 or above.",
    "Switch TLS 1.2 and TLS 1.3 on in the backend, or in what ends TLS before it; a station must refuse anything older.",
    "A00.FR.313, A00.FR.316, A00.FR.416, A00.FR.419",
)
OLD_VERSION_TAKEN: Final = _rule(
    "tls.old-version-taken",
    _BREACH,
    "The backend refuses TLS versions before 1.2, and SSL.",
    "Switch SSL 3.0, TLS 1.0 and TLS 1.1 off in the backend, or in what ends TLS before it.",
    "A00.FR.313, A00.FR.315, A00.FR.416, A00.FR.418",
)
VERSION_DEMANDED: Final = _rule(
    "tls.version-as-demanded",
    _BREACH,
    "The backend takes the TLS versions the platform demands of stations.",
    "Switch the version on; a station of this platform offers it.",
)
NO_HANDSHAKE: Final = _rule(
    "tls.no-handshake",
    _FATAL,
    "The backend goes on with a TLS handshake.",
    "Look in the log of what ends TLS there (backend, load balancer): it says why it broke the handshake off.",
    "A00.FR.312",
)

# --- suites ------------------------------------------------------------------------------------------------------------------

NO_SUITE_SHARED: Final = _rule(
    "tls.no-suite-shared",
    _FATAL,
    "The backend and a station have a cipher suite in common.",
    "Switch on the suites every backend must have: TLS_ECDHE_ECDSA and TLS_RSA with AES_128_GCM_SHA256 and AES_256_GCM_SHA384.",
    "A00.FR.318, A00.FR.421",
)
ECDSA_SUITES_MISSING: Final = _rule(
    "tls.ecdsa-suites-missing",
    _BREACH,
    "The backend takes TLS_ECDHE_ECDSA with AES_128_GCM_SHA256 and AES_256_GCM_SHA384.",
    "Give the backend a second certificate, with an ECDSA key, and switch these suites on: a station may have no others.",
    "A00.FR.318, A00.FR.421",
)
RSA_SUITES_MISSING: Final = _rule(
    "tls.rsa-suites-missing",
    _BREACH,
    "The backend takes TLS_RSA with AES_128_GCM_SHA256 and AES_256_GCM_SHA384.",
    "Give the backend a second certificate, with an RSA key, and switch these suites on: a station may have no others.",
    "A00.FR.318, A00.FR.421",
)
WEAK_SUITE_TAKEN: Final = _rule(
    "tls.weak-suite-taken",
    _BREACH,
    "The backend refuses cipher suites that are unsuitable even for legacy use.",
    "Switch suites with NULL, anonymous keys, EXPORT, DES, 3DES, RC4 and MD5 off.",
    "A00.FR.320, A00.FR.322, A00.FR.423, A00.FR.425",
)
SUITE_DEMANDED: Final = _rule(
    "tls.suite-as-demanded",
    _BREACH,
    "The backend takes one of the suites the platform demands of stations.",
    "Switch on one of these suites.",
)
COMPRESSION: Final = _rule(
    "tls.compression",
    _BREACH,
    "TLS does not compress.",
    "Switch TLS compression off: what is encrypted can be guessed from its length.",
    "A00.FR.321, A00.FR.424",
)
RENEGOTIATION: Final = _rule(
    "tls.no-secure-renegotiation",
    _BREACH,
    "The backend knows secure renegotiation.",
    "Bring what ends TLS there up to date: a station with a recent TLS library (OpenSSL 3) refuses a server without it.",
    "RFC 5746, 3.4; A00.FR.317, A00.FR.420",
)

# --- client certificates -----------------------------------------------------------------------------------------------------

CLIENT_CERTIFICATE_DEMANDED: Final = _rule(
    "tls.client-certificate-demanded",
    _FATAL,
    "The station brings a client certificate where one is demanded.",
    "Give the station a certificate of a CA the backend accepts, and use security profile 3; or use the backend's URL for profile 2.",
    "A00.FR.401, A00.FR.407",
)
CLIENT_AUTHORITY_UNKNOWN: Final = _rule(
    "tls.client-authority-unknown",
    _FATAL,
    "The backend knows the CA of the station's certificate.",
    "Have the station's root, and the CAs between, made known to the backend; let the station send its "
    "whole chain; or get a certificate of one of its CAs.",
    "A00.FR.403, A00.FR.407",
)
CLIENT_CERTIFICATE_EXPIRED: Final = _rule(
    "tls.client-certificate-expired",
    _FATAL,
    "The station's certificate is valid now, by the backend's clock.",
    "Renew the station's certificate (A02, A03); check the clocks of both sides.",
    "A00.FR.407, A00.FR.429",
)
CLIENT_CERTIFICATE_REVOKED: Final = _rule(
    "tls.client-certificate-revoked",
    _FATAL,
    "The station's certificate is not revoked.",
    "Get a new certificate for the station, with a new key.",
    "A00.FR.407, A00.FR.702",
)
CLIENT_CERTIFICATE_REFUSED: Final = _rule(
    "tls.client-certificate-refused",
    _FATAL,
    "The backend takes the station's certificate.",
    "Look in the log of what ends TLS there; check the key's kind, the key usage, and that the common "
    "name is the serial number it knows.",
    "A00.FR.403, A00.FR.405, A00.FR.407",
)
CLIENT_CERTIFICATE_NOT_ASKED: Final = _rule(
    "tls.client-certificate-not-asked",
    _BREACH,
    "The backend asks for the certificate of a station of security profile 3.",
    "Have the backend (or the load balancer before it) ask for client certificates; else it knows the "
    "station by nothing but what it says.",
    "A00.FR.402, A00.FR.403",
)
CLIENT_AUTHORITY_NOT_NAMED: Final = _rule(
    "tls.client-authority-not-named",
    _NOTE,
    "The CAs the backend names are those of the station's certificate.",
    "Have the backend name this CA, or none at all: many TLS libraries then send no certificate.",
    "RFC 5246, 7.4.4",
)

# --- names and protocols -----------------------------------------------------------------------------------------------------

NAME_NOT_KNOWN: Final = _rule(
    "sni.name-not-known",
    _FATAL,
    "The backend knows the name of the URL when it is sent in the handshake (SNI).",
    "Have the name added at what ends TLS there, or use the name it knows.",
    "RFC 6066, 3",
)
SNI_NEEDED: Final = _rule(
    "sni.needed",
    _NOTE,
    "The backend shows the same certificate to a station that sends no name (SNI).",
    "Nothing, if all stations send SNI; else make this host the default of what ends TLS there, for it routes by the name.",
    "RFC 6066, 3",
)
SNI_IGNORED_WRONG: Final = _rule(
    "sni.wrong-name",
    _NOTE,
    "A name (SNI) that is not the backend's makes no difference.",
    "Nothing, if the station's URL has the right name; one that connects by another name, or by an address, ends up elsewhere.",
    "RFC 6066, 3",
)
ALPN_NEEDED: Final = _rule(
    "alpn.needed",
    _FATAL,
    "TLS does without ALPN.",
    "Have what ends TLS there take clients without ALPN: stations send none.",
    "RFC 7301, 3.2",
)
ALPN_REFUSED: Final = _rule(
    "alpn.http1-refused",
    _BREACH,
    "A station that offers http/1.1 by ALPN is taken.",
    "Have what ends TLS there take http/1.1, the only version of HTTP a WebSocket of OCPP begins with.",
    "RFC 7301, 3.2; RFC 6455, 4.1",
)
ALPN_PREFERS_H2: Final = _rule(
    "alpn.prefers-h2",
    _NOTE,
    "A station that offers h2 and http/1.1 gets http/1.1.",
    "Let the station offer http/1.1 alone, or no ALPN: its WebSocket handshake is HTTP/1.1 and fails on an h2 connection.",
    "RFC 7301, 3.2; RFC 6455, 4.1",
)

RULES: Final = tuple(each for each in list(globals().values()) if isinstance(each, Rule))
"""All of them."""
