"""Web payment by a code on the display (2.1: C25): the one-time password, and the address that the code holds."""

from __future__ import annotations

import hmac
import re
import string
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote, urlencode

TOTP_V1: Final = "v1"
"""The only version of the password there is."""
LEAST_LENGTH: Final = 6
LONGEST: Final = 32
"""A password has no more characters than its hash has bytes: what comes then repeats."""
_ALPHABET: Final = string.digits + string.ascii_lowercase + string.ascii_uppercase
"""62 characters, as the algorithm's `base62` says."""
_IDENTITIES: Final = ("{chargingstationid}", "{roamingevseid}")
_NEEDED: Final = ("{totp}", "{version}")


def interval_of(at: datetime, validity: int) -> int:
    """Which interval of `validity` seconds a moment is in, counted from 1970."""
    return int(at.astimezone(UTC).timestamp()) // validity


def next_interval(at: datetime, validity: int) -> datetime:
    """When the next password counts."""
    return datetime.fromtimestamp((interval_of(at, validity) + 1) * validity, tz=UTC)


def totp(secret: str, at: datetime, *, validity: int, length: int) -> str:
    """The one-time password of a moment: TOTP algorithm, version 1."""
    digest = hmac.digest(secret.encode(), interval_of(at, validity).to_bytes(8, "big"), "sha256")
    offset = digest[-1] & 0x0F
    return "".join(_ALPHABET[digest[(offset + n) % len(digest)] % len(_ALPHABET)] for n in range(length))


def template_flaw(template: str) -> str | None:
    """Why an address cannot be made of a template (C25.FR.50), as half a sentence; None if it can."""
    if not template.lower().startswith(("https://", "http://")):
        return "it is no http or https address"
    template = template.lower()
    if not any(each in template for each in _IDENTITIES):
        return f"it has neither {_IDENTITIES[0]} nor {_IDENTITIES[1]}"
    missing = [each for each in _NEEDED if each not in template]
    return f"it has no {missing[0]}" if missing else None


def address_of(template: str, values: Mapping[str, str], limits: Mapping[str, str]) -> str:
    """The address for a code (C25.FR.51 to C25.FR.53): `values` by the names in braces, `limits` as query parameters (C25.FR.56 on)."""
    for name, value in values.items():
        template = re.sub(rf"\{{{name}\}}", quote(value, safe=""), template, flags=re.IGNORECASE)
    if not limits:
        return template
    return f"{template}{'&' if '?' in template else '?'}{urlencode(limits)}"


def is_valid(given: str, secret: str, at: datetime, *, validity: int, length: int) -> bool:
    """Whether a password counts at a moment, or counted in the interval before, or will in the next (Validation of TOTP, C25.FR.07)."""
    around = (at + timedelta(seconds=validity * step) for step in (0, -1, 1))
    good = [totp(secret, each, validity=validity, length=length).encode() for each in around]
    found = [hmac.compare_digest(given.encode(), each) for each in good]  # all of them, whichever it is
    return any(found)
