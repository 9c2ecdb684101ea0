"""How a webhook knows that it was us, and that nobody changed what we said: the scheme of Standard Webhooks (symmetric, `v1`)."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from hashlib import sha256
from typing import Final

PREFIX: Final = "whsec_"
_BYTES: Final = 32
_FEWEST: Final = 24


def new_secret() -> str:
    """A secret of 256 random bits."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def is_secret(text: str) -> bool:
    """Whether text is a secret of at least 192 bits in the form of Standard Webhooks."""
    try:
        return text.startswith(PREFIX) and len(base64.b64decode(text[len(PREFIX) :], validate=True)) >= _FEWEST
    except (binascii.Error, ValueError):
        return False


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of the header `webhook-signature`: HMAC-SHA256 over id, time (seconds since 1970) and body."""
    key = base64.b64decode(secret[len(PREFIX) :])
    signed = f"{message_id}.{timestamp}.".encode() + body
    return f"v1,{base64.b64encode(hmac.new(key, signed, sha256).digest()).decode()}"
