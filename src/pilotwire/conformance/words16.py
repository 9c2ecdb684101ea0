"""The words of OCPP 1.6: the bench speaks of requests, EVSEs and idTokens where 1.6 has `.req`, connectors and idTags."""

from __future__ import annotations

import re
from typing import Final

_VALUE: Final = r"(<[^<>]*>|[\w-]+)"
_WORDS: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern), word)
    for pattern, word in (
        (r"\b([A-Z]\w+)Request\b", r"\1.req"),
        (r"\b([A-Z]\w+)Response\b", r"\1.conf"),
        (rf"EVSE {_VALUE} \(connector {_VALUE}\)", r"connector \1"),
        (rf"(?:every connector|connector {_VALUE}) of EVSE {_VALUE}", r"connector \2"),
        (r"EVSEs", "connectors"),
        (r"EVSE", "connector"),
        (r"idToken (\S+) \(\w+\)", r"idTag \1"),
        (r"idToken", "idTag"),
        (r"groupIdToken", "parentIdTag"),
        (r"\b(Charging Station|charging station|[Ss]tation(?!'s side))\b", "Charge Point"),
        (r"\bCSMS\b", "Central System"),
    )
)


def in_words_of_16(text: str) -> str:
    """The sentence in the words of the 1.6 documents."""
    for pattern, word in _WORDS:
        text = pattern.sub(word, text)
    return text
