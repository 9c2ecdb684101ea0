"""Why two texts that should be the same are not: said in words where they are nearly so."""

from __future__ import annotations

import unicodedata
from typing import Final

_INVISIBLE: Final = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f"
_ALIKE: Final = str.maketrans(
    {
        **dict(zip("АВЕКМНОРСТХасеорхуі", "ABEKMHOPCTXaceopxyi", strict=True)),  # noqa: RUF001  Cyrillic
        **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEZHIKMNOPTYXo", strict=True)),  # noqa: RUF001  Greek
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d", "-"),
        **dict.fromkeys("\u00a0\u2007\u202f\u2009", " "),
        "O": "0",
        "o": "0",
        "I": "1",
        "l": "1",
        "|": "1",
    }
)


def nearness(wanted: str, seen: str) -> str:
    """How `seen` misses `wanted`, as the end of a sentence ("it differs only in upper and lower case").

    "" if they are not near, or the same.
    """
    if wanted == seen or not wanted or not seen:
        return ""
    return _in_space(wanted, seen) or _in_letters(wanted, seen) or _in_length(wanted, seen)


def _in_space(wanted: str, seen: str) -> str:
    if seen.strip() == wanted.strip():
        said = (_edges(seen, "it has"), _edges(wanted, "it lacks"))
        return " and ".join(each for each in said if each)
    if " ".join(seen.split()) == " ".join(wanted.split()):
        return "it differs only in spaces within it (a double space, a tab or another kind of space)"
    if _bare(seen) == _bare(wanted):
        return "it differs only in spaces, hyphens or underscores"
    return ""


def _edges(text: str, verb: str) -> str:
    places = [name for name, cut in (("beginning", text.lstrip()), ("end", text.rstrip())) if cut != text]
    return f"{verb} a space at its {' and '.join(places)}" if places else ""


def _bare(text: str) -> str:
    return "".join(each for each in text if each not in " -_")


def _in_letters(wanted: str, seen: str) -> str:
    if wanted.casefold() == seen.casefold():
        return "it differs only in upper and lower case"
    visible = "".join(each for each in seen if each not in _INVISIBLE)
    if visible == "".join(each for each in wanted if each not in _INVISIBLE):
        hidden = next(each for each in seen + wanted if each in _INVISIBLE)
        return f"it differs only in a character that cannot be seen, {_code(hidden)}"
    if unicodedata.normalize("NFC", wanted) == unicodedata.normalize("NFC", seen):
        return "it looks the same, but accents are written as characters of their own"
    if _skeleton(wanted) == _skeleton(seen):
        return f"it looks alike, but {_first_difference(wanted, seen)}"
    return ""


def _skeleton(text: str) -> str:
    return unicodedata.normalize("NFKC", text).translate(_ALIKE)


def _first_difference(wanted: str, seen: str) -> str:
    place = next((i for i, (a, b) in enumerate(zip(wanted, seen, strict=False)) if a != b), min(len(wanted), len(seen)))
    if place >= len(wanted) or place >= len(seen):
        return "it is written with other characters"
    return f"character {place + 1} is {_code(seen[place])}, not {_code(wanted[place])}"


def _code(character: str) -> str:
    return f"U+{ord(character):04X} {unicodedata.name(character, 'without a name')}"


def _in_length(wanted: str, seen: str) -> str:
    if wanted.casefold() in seen.casefold():
        return "it has more before or after it"
    if len(seen) >= 3 and seen.casefold() in wanted.casefold():
        return "it is only a part of it"
    if len(wanted) == len(seen) > 3:
        different = [i for i, (a, b) in enumerate(zip(wanted, seen, strict=True)) if a != b]
        if len(different) == 1:
            return f"it differs in one character: {_first_difference(wanted, seen)}"
        if len(different) == 2 and different[1] == different[0] + 1 and sorted(wanted) == sorted(seen):
            return f"characters {different[0] + 1} and {different[1] + 1} are exchanged"
    return ""
