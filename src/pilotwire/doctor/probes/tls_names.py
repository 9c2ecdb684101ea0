"""What of TLS is asked for, and what is to be thought of it; the words are those of `doctor.tls_names`."""

from __future__ import annotations

from typing import Final

from pilotwire.doctor.tls_names import SSL3, TLS10, TLS11, TLS12, TLS13, VERSIONS, alert_words, suite_name
from pilotwire.doctor.tls_names import SUITES as _KNOWN

SUITES_13: Final = {code: _KNOWN[code] for code in (0x1301, 0x1302, 0x1303)}
_ASKED: Final = (
    0xC02B,
    0xC02C,
    0xCCA9,
    0xC0AC,
    0xC0AE,
    0xC023,
    0xC024,
    0xC009,
    0xC00A,
    0xC02F,
    0xC030,
    0xCCA8,
    0xC027,
    0xC028,
    0xC013,
    0xC014,
    0x009E,
    0x009F,
    0x0067,
    0x006B,
    0x0033,
    0x0039,
    0x009C,
    0x009D,
    0x003C,
    0x003D,
    0x002F,
    0x0035,
    0xC008,
    0xC012,
    0x000A,
    0x0009,
    0xC007,
    0xC011,
    0x0005,
    0x0004,
    0x0003,
    0x0008,
    0xC006,
    0xC010,
    0x003B,
    0x0002,
    0x0001,
    0x0034,
    0x006C,
    0x00A6,
    0x00A7,
    0xC018,
)
SUITES: Final = {code: _KNOWN[code] for code in _ASKED}
"""Those up to TLS 1.2 that are asked for, the better ones first."""

ECDSA_REQUIRED: Final = ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384")
RSA_REQUIRED: Final = ("TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_256_GCM_SHA384")
"""With these, what every CSMS must take (A00.FR.318, A00.FR.421)."""

_WEAK: Final = ("_NULL_", "_anon_", "_EXPORT_", "_DES_", "_3DES_", "_RC4_", "_MD5")


def is_weak(suite: str) -> bool:
    """Whether a suite is unsuitable even for legacy use (A00.FR.320): no encryption, no authentication, DES, RC4, MD5."""
    return any(each in f"{suite}_" for each in _WEAK)


__all__ = [
    "ECDSA_REQUIRED",
    "RSA_REQUIRED",
    "SSL3",
    "SUITES",
    "SUITES_13",
    "TLS10",
    "TLS11",
    "TLS12",
    "TLS13",
    "VERSIONS",
    "alert_words",
    "is_weak",
    "suite_name",
]
