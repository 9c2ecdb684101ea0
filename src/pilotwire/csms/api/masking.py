"""What of a request may be written down: everything but its secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

MASK: Final = "***"
_LONGEST: Final = 16_000
_SECRET: Final = re.compile(
    r"(password|passphrase|secret|privatekey|authorizationkey|apikey|accesstoken|sessiontoken|pin)$"
)
_ALONE: Final = frozenset({"token", "authorization", "bearer"})
_VALUES: Final = frozenset({"value", "attributevalue"})
_NAMES: Final = ("key", "variable", "variableName", "name")
_PRIVATE: Final = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_USER_INFO: Final = re.compile(r"(?<=://)[^/@\s]+(?=@)")


def masked_body(body: bytes) -> str:
    """A JSON body with its secrets masked; of another one only its length. Long ones are cut."""
    if not body:
        return ""
    try:
        said = json.loads(body)
        text = json.dumps(masked(said), ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        return f"({len(body)} bytes that are no JSON)"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(body)} bytes)"


def masked_query(query: bytes) -> str:
    """A query with its secrets masked."""
    pairs = parse_qsl(query.decode("ascii", "replace"), keep_blank_values=True)
    shown = [(name, MASK if _is_secret(name) else masked_text(value)) for name, value in pairs]
    return urlencode(shown, safe="*/:,")[:2000]


def masked(said: Any, inside: str = "") -> Any:
    """JSON with its secrets masked: members of a telling name, values of variables of a telling name, private keys, users in URLs."""
    if isinstance(said, Mapping):
        names_secret = any(_is_secret(_text(said.get(name))) for name in _NAMES)
        return {
            name: MASK if value is not None and _hides(name, inside, names_secret) else masked(value, name)
            for name, value in said.items()
        }
    if isinstance(said, list):
        return [masked(each, inside) for each in said]
    return masked_text(said) if isinstance(said, str) else said


def masked_text(text: str) -> str:
    """Text without private keys and without users in URLs; if it is JSON itself, masked inside."""
    if text[:1] in ("{", "["):
        try:
            return json.dumps(masked(json.loads(text)), ensure_ascii=False, separators=(",", ":"))
        except (ValueError, RecursionError):
            pass
    return _USER_INFO.sub(MASK, _PRIVATE.sub(MASK, text))


def _hides(name: str, inside: str, names_secret: bool) -> bool:
    plain = _plain(name)
    if names_secret and plain in _VALUES:
        return True
    return plain in _ALONE or bool(_SECRET.search(plain)) or (plain == "key" and _plain(inside) == "vpn")


def _is_secret(name: str) -> bool:
    plain = _plain(name)
    return bool(_SECRET.search(plain)) or plain == "vpnkey"


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        value = value.get("name")
    return value if isinstance(value, str) else ""
