"""The numbers of TLS in words: versions, cipher suites, alerts (the registries of IANA)."""

from __future__ import annotations

import re
from typing import Final

SSL3, TLS10, TLS11, TLS12, TLS13 = 0x0300, 0x0301, 0x0302, 0x0303, 0x0304
VERSIONS: Final = {SSL3: "SSLv3", TLS10: "TLSv1.0", TLS11: "TLSv1.1", TLS12: "TLSv1.2", TLS13: "TLSv1.3"}
"""Versions on the wire, the oldest first, with the names of platform profiles."""
OLD_VERSIONS: Final = ("SSLv3", "TLSv1.0", "TLSv1.1")

SUITES: Final = {
    0x0001: "TLS_RSA_WITH_NULL_MD5",
    0x0002: "TLS_RSA_WITH_NULL_SHA",
    0x0003: "TLS_RSA_EXPORT_WITH_RC4_40_MD5",
    0x0004: "TLS_RSA_WITH_RC4_128_MD5",
    0x0005: "TLS_RSA_WITH_RC4_128_SHA",
    0x0008: "TLS_RSA_EXPORT_WITH_DES40_CBC_SHA",
    0x0009: "TLS_RSA_WITH_DES_CBC_SHA",
    0x000A: "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    0x0016: "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA",
    0x002F: "TLS_RSA_WITH_AES_128_CBC_SHA",
    0x0033: "TLS_DHE_RSA_WITH_AES_128_CBC_SHA",
    0x0034: "TLS_DH_anon_WITH_AES_128_CBC_SHA",
    0x0035: "TLS_RSA_WITH_AES_256_CBC_SHA",
    0x0039: "TLS_DHE_RSA_WITH_AES_256_CBC_SHA",
    0x003B: "TLS_RSA_WITH_NULL_SHA256",
    0x003C: "TLS_RSA_WITH_AES_128_CBC_SHA256",
    0x003D: "TLS_RSA_WITH_AES_256_CBC_SHA256",
    0x0067: "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256",
    0x006B: "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256",
    0x006C: "TLS_DH_anon_WITH_AES_128_CBC_SHA256",
    0x008C: "TLS_PSK_WITH_AES_128_CBC_SHA",
    0x009C: "TLS_RSA_WITH_AES_128_GCM_SHA256",
    0x009D: "TLS_RSA_WITH_AES_256_GCM_SHA384",
    0x009E: "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
    0x009F: "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
    0x00A6: "TLS_DH_anon_WITH_AES_128_GCM_SHA256",
    0x00A7: "TLS_DH_anon_WITH_AES_256_GCM_SHA384",
    0x00FF: "TLS_EMPTY_RENEGOTIATION_INFO_SCSV",
    0x1301: "TLS_AES_128_GCM_SHA256",
    0x1302: "TLS_AES_256_GCM_SHA384",
    0x1303: "TLS_CHACHA20_POLY1305_SHA256",
    0x1304: "TLS_AES_128_CCM_SHA256",
    0x1305: "TLS_AES_128_CCM_8_SHA256",
    0x5600: "TLS_FALLBACK_SCSV",
    0xC004: "TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA",
    0xC005: "TLS_ECDH_ECDSA_WITH_AES_256_CBC_SHA",
    0xC006: "TLS_ECDHE_ECDSA_WITH_NULL_SHA",
    0xC007: "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
    0xC008: "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA",
    0xC009: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    0xC00A: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    0xC010: "TLS_ECDHE_RSA_WITH_NULL_SHA",
    0xC011: "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    0xC012: "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    0xC013: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    0xC014: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    0xC018: "TLS_ECDH_anon_WITH_AES_128_CBC_SHA",
    0xC023: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    0xC024: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
    0xC025: "TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA256",
    0xC027: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    0xC028: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
    0xC02B: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    0xC02C: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    0xC02F: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    0xC030: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    0xC09C: "TLS_RSA_WITH_AES_128_CCM",
    0xC09D: "TLS_RSA_WITH_AES_256_CCM",
    0xC0A0: "TLS_RSA_WITH_AES_128_CCM_8",
    0xC0A1: "TLS_RSA_WITH_AES_256_CCM_8",
    0xC0AC: "TLS_ECDHE_ECDSA_WITH_AES_128_CCM",
    0xC0AD: "TLS_ECDHE_ECDSA_WITH_AES_256_CCM",
    0xC0AE: "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8",
    0xC0AF: "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8",
    0xCCA8: "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    0xCCA9: "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    0xCCAA: "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
}
"""Those that are met, by their numbers; the names of IANA."""

ALERTS: Final = {
    0: ("close_notify", "has nothing more to say"),
    10: ("unexpected_message", "got a message that does not belong there"),
    20: ("bad_record_mac", "cannot decrypt what it got"),
    21: ("decryption_failed", "cannot decrypt what it got"),
    22: ("record_overflow", "got a record that is too long"),
    30: ("decompression_failure", "cannot decompress what it got"),
    40: (
        "handshake_failure",
        "shares no version, cipher suite or kind of key with the other side, or misses a client certificate",
    ),
    41: ("no_certificate", "has no certificate"),
    42: ("bad_certificate", "cannot use the other side's certificate: it is broken, or its signature is wrong"),
    43: ("unsupported_certificate", "does not know this kind of certificate, or its usage does not fit"),
    44: ("certificate_revoked", "holds the other side's certificate for revoked"),
    45: (
        "certificate_expired",
        "holds the other side's certificate for expired or not yet valid: its own clock may be wrong",
    ),
    46: ("certificate_unknown", "does not take the other side's certificate, and does not say why"),
    47: ("illegal_parameter", "got a field that cannot be"),
    48: (
        "unknown_ca",
        "does not trust the authority of the other side's certificate: a root or an intermediate is missing",
    ),
    49: ("access_denied", "knows the certificate and does not admit its holder"),
    50: ("decode_error", "cannot read a message"),
    51: ("decrypt_error", "found a signature or a proof wrong"),
    70: ("protocol_version", "does not speak a version the other side offers"),
    71: ("insufficient_security", "asks for stronger cipher suites"),
    80: ("internal_error", "failed by itself"),
    86: ("inappropriate_fallback", "sees a version lower than needed"),
    90: ("user_canceled", "was told to stop"),
    100: ("no_renegotiation", "does not negotiate again"),
    109: ("missing_extension", "misses an extension"),
    110: ("unsupported_extension", "got an extension it has not offered"),
    111: ("certificate_unobtainable", "could not fetch a certificate"),
    112: ("unrecognized_name", "does not know the name asked for (SNI)"),
    113: ("bad_certificate_status_response", "does not take the OCSP response"),
    115: ("unknown_psk_identity", "does not know the pre-shared key"),
    116: ("certificate_required", "asks for a client certificate and got none"),
    120: ("no_application_protocol", "shares no application protocol (ALPN)"),
}
"""Alerts by number: the name of RFC 8446, and what it says of whoever sends it."""


def version_name(number: int) -> str:
    """A version as people write it."""
    return VERSIONS.get(number, f"0x{number:04x}")


def suite_name(number: int) -> str:
    """A cipher suite by its name at IANA, or its number."""
    return SUITES.get(number, f"0x{number:04X}")


def is_grease(number: int) -> bool:
    """Whether it is one of the values that only keep servers tolerant (RFC 8701)."""
    return number & 0x0F0F == 0x0A0A and number >> 8 == number & 0xFF


def alert_words(number: int) -> str:
    """What an alert of the server means: `handshake_failure: it shares ...`."""
    if number not in ALERTS:
        return f"alert {number}: an alert that is not in the standard"
    name, meaning = ALERTS[number]
    return f"{name}: it {meaning}"


def alert_of(reason: str | None) -> int | None:
    """The number of the alert that OpenSSL names as the reason of an error (`TLSV1_ALERT_UNKNOWN_CA`); None if it names none."""
    said = _REASON.fullmatch(reason or "")
    name = said[1].lower().replace("cancelled", "canceled") if said else ""
    return next((number for number, (known, _) in ALERTS.items() if known == name), None)


_REASON: Final = re.compile(r"(?:SSLV3|TLSV1|TLSV13)_(?:ALERT_)?(\w+)")
