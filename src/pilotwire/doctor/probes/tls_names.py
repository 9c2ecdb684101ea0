"""The numbers of TLS in words: versions, cipher suites (names of IANA), alerts."""

from __future__ import annotations

from typing import Final

SSL3, TLS10, TLS11, TLS12, TLS13 = 0x0300, 0x0301, 0x0302, 0x0303, 0x0304
VERSIONS: Final = {SSL3: "SSLv3", TLS10: "TLSv1.0", TLS11: "TLSv1.1", TLS12: "TLSv1.2", TLS13: "TLSv1.3"}
"""Versions on the wire, the oldest first, with the names of platform profiles."""

SUITES_13: Final = {
    0x1301: "TLS_AES_128_GCM_SHA256",
    0x1302: "TLS_AES_256_GCM_SHA384",
    0x1303: "TLS_CHACHA20_POLY1305_SHA256",
}
SUITES: Final = {
    0xC02B: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    0xC02C: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    0xCCA9: "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    0xC0AC: "TLS_ECDHE_ECDSA_WITH_AES_128_CCM",
    0xC0AE: "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8",
    0xC023: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    0xC024: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
    0xC009: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    0xC00A: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    0xC02F: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    0xC030: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    0xCCA8: "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    0xC027: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    0xC028: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
    0xC013: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    0xC014: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    0x009E: "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
    0x009F: "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
    0x0067: "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256",
    0x006B: "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256",
    0x0033: "TLS_DHE_RSA_WITH_AES_128_CBC_SHA",
    0x0039: "TLS_DHE_RSA_WITH_AES_256_CBC_SHA",
    0x009C: "TLS_RSA_WITH_AES_128_GCM_SHA256",
    0x009D: "TLS_RSA_WITH_AES_256_GCM_SHA384",
    0x003C: "TLS_RSA_WITH_AES_128_CBC_SHA256",
    0x003D: "TLS_RSA_WITH_AES_256_CBC_SHA256",
    0x002F: "TLS_RSA_WITH_AES_128_CBC_SHA",
    0x0035: "TLS_RSA_WITH_AES_256_CBC_SHA",
    0xC008: "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA",
    0xC012: "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    0x000A: "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    0x0009: "TLS_RSA_WITH_DES_CBC_SHA",
    0xC007: "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
    0xC011: "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    0x0005: "TLS_RSA_WITH_RC4_128_SHA",
    0x0004: "TLS_RSA_WITH_RC4_128_MD5",
    0x0003: "TLS_RSA_EXPORT_WITH_RC4_40_MD5",
    0x0008: "TLS_RSA_EXPORT_WITH_DES40_CBC_SHA",
    0xC006: "TLS_ECDHE_ECDSA_WITH_NULL_SHA",
    0xC010: "TLS_ECDHE_RSA_WITH_NULL_SHA",
    0x003B: "TLS_RSA_WITH_NULL_SHA256",
    0x0002: "TLS_RSA_WITH_NULL_SHA",
    0x0001: "TLS_RSA_WITH_NULL_MD5",
    0x0034: "TLS_DH_anon_WITH_AES_128_CBC_SHA",
    0x006C: "TLS_DH_anon_WITH_AES_128_CBC_SHA256",
    0x00A6: "TLS_DH_anon_WITH_AES_128_GCM_SHA256",
    0x00A7: "TLS_DH_anon_WITH_AES_256_GCM_SHA384",
    0xC018: "TLS_ECDH_anon_WITH_AES_128_CBC_SHA",
}
"""Those up to TLS 1.2 that are asked for, the better ones first."""

ECDSA_REQUIRED: Final = ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384")
RSA_REQUIRED: Final = ("TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_256_GCM_SHA384")
"""With these, what every CSMS must take (A00.FR.318, A00.FR.421)."""

_WEAK: Final = ("_NULL_", "_anon_", "_EXPORT_", "_DES_", "_3DES_", "_RC4_", "_MD5")
ALERTS: Final = {
    0: ("close_notify", "it ends the connection"),
    10: ("unexpected_message", "it did not expect this message now"),
    20: ("bad_record_mac", "what it received was changed on the way, or is not decrypted right"),
    22: ("record_overflow", "a record was too long for it"),
    40: (
        "handshake_failure",
        "it finds nothing in common: no cipher suite, no key it can use, or no client certificate",
    ),
    42: ("bad_certificate", "it finds the certificate broken"),
    43: ("unsupported_certificate", "it knows no certificates of this kind"),
    44: ("certificate_revoked", "the certificate is revoked"),
    45: ("certificate_expired", "the certificate is not valid at this time, by its clock"),
    46: ("certificate_unknown", "it does not accept the certificate, for a reason it does not tell"),
    47: ("illegal_parameter", "something in the handshake is out of range for it"),
    48: ("unknown_ca", "it does not know the CA of the certificate, or misses one between"),
    49: ("access_denied", "the certificate is good, but its owner is not let in"),
    50: ("decode_error", "it could not read a message"),
    51: ("decrypt_error", "a signature is wrong"),
    70: ("protocol_version", "it does not take this version of TLS"),
    71: ("insufficient_security", "it demands stronger cipher suites"),
    80: ("internal_error", "something failed on its side"),
    86: ("inappropriate_fallback", "it takes the version for a fallback somebody has forced"),
    90: ("user_canceled", "it was told to stop"),
    109: ("missing_extension", "it misses an extension"),
    112: ("unrecognized_name", "it does not know the host's name (SNI)"),
    113: ("bad_certificate_status_response", "it does not accept the OCSP response"),
    115: ("unknown_psk_identity", "it does not know the pre-shared key"),
    116: ("certificate_required", "it demands a client certificate"),
    120: ("no_application_protocol", "it takes none of the protocols offered by ALPN"),
}
"""Alerts by number: the name of RFC 8446 and what it means, coming from a server."""


def suite_name(code: int) -> str:
    """The name of a suite, or its number."""
    return SUITES.get(code) or SUITES_13.get(code) or f"0x{code:04X}"


def is_weak(suite: str) -> bool:
    """Whether a suite is unsuitable even for legacy use (A00.FR.320): no encryption, no authentication, DES, RC4, MD5."""
    return any(each in f"{suite}_" for each in _WEAK)


def alert_words(code: int) -> str:
    """`handshake_failure: it finds ...`."""
    name, meaning = ALERTS.get(code, (f"alert {code}", "an alert that is not in the standard"))
    return f"{name}: {meaning}"
