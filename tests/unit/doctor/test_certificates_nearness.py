"""Why two texts are not the same, in words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.doctor.certificates.nearness import nearness


@pytest.mark.parametrize(
    ("wanted", "seen", "words"),
    [
        ("SN-1", "SN-1 ", "it has a space at its end"),
        ("SN-1", " SN-1\t", "it has a space at its beginning and end"),
        ("SN-1 ", "SN-1", "it lacks a space at its end"),
        ("Volta AC 22", "Volta  AC 22", "it differs only in spaces within it"),
        ("Volta AC 22", "Volta\u00a0AC 22", "it differs only in spaces within it"),
        ("Volta AC", "Volta-AC", "spaces, hyphens or underscores"),
        ("Volta AC", "VoltaAC", "spaces, hyphens or underscores"),
        ("Volta AC", "volta ac", "it differs only in upper and lower case"),
        ("SN-1", "SN\u200b-1", "a character that cannot be seen, U+200B ZERO WIDTH SPACE"),
        ("SN-A1", "SN-А1", "character 4 is U+0410 CYRILLIC CAPITAL LETTER A, not U+0041 LATIN CAPITAL LETTER A"),  # noqa: RUF001
        ("SN-1", "SN\u20131", "character 3 is U+2013 EN DASH, not U+002D HYPHEN-MINUS"),
        ("SN-0815", "SN-O815", "character 4 is U+004F LATIN CAPITAL LETTER O, not U+0030 DIGIT ZERO"),
        ("SN-1", "\uff33N-1", "U+FF33 FULLWIDTH LATIN CAPITAL LETTER S"),
        ("Müller", "Mu\u0308ller", "accents are written as characters of their own"),
        ("SN-1", "Volta SN-1", "it has more before or after it"),
        ("Volta SN-1", "SN-1", "it is only a part of it"),
        ("SN-4711", "SN-4712", "it differs in one character: character 7 is U+0032 DIGIT TWO"),
        ("SN-4711", "SN-7411", "characters 4 and 5 are exchanged"),
    ],
)
def test_near(wanted: str, seen: str, words: str) -> None:
    assert words in nearness(wanted, seen)


@pytest.mark.parametrize(("wanted", "seen"), [("SN-1", "SN-1"), ("SN-1", "CP-778"), ("", "SN-1"), ("SN-1", "")])
def test_the_same_or_far(wanted: str, seen: str) -> None:
    assert nearness(wanted, seen) == ""


@settings(max_examples=25)
@given(st.text(max_size=8), st.text(max_size=8))
def test_anything_can_be_compared(wanted: str, seen: str) -> None:
    words = nearness(wanted, seen)
    assert not (wanted == seen and words)
    assert words == words.strip(" .")
