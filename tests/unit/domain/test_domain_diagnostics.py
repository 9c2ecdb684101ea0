"""Names of files and URLs, and when an upload is over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.domain.diagnostics import LONGEST_NAME, UploadStatus, is_final, safe_name, shown_location


@pytest.mark.parametrize(
    ("proposals", "name"),
    [
        (("log.zip",), "log.zip"),
        (("a/b/log.zip", "x"), "log.zip"),
        (("..\\..\\boot.ini",), "boot.ini"),
        (("../", None, "", "x"), "x"),
        (("..", "."), "log"),
        ((".ssh",), "ssh"),
        (("größe 1.log",), "gr_e_1.log"),
        (("a" * 200 + ".zip",), "a" * (LONGEST_NAME - 4) + ".zip"),
        (("___",), "log"),
        ((), "log"),
    ],
)
def test_the_first_name_that_is_one_counts(proposals: tuple[str | None, ...], name: str) -> None:
    """What would leave the folder, hide the file or break a terminal is taken out; the end stays, for it says what kind it is."""
    assert safe_name(*proposals) == name


@given(st.text())
def test_every_name_is_harmless(proposal: str) -> None:
    """Whatever a station says."""
    name = safe_name(proposal)
    assert 0 < len(name) <= LONGEST_NAME
    assert name.isascii()
    assert not set(name) & set('/\\\0: "')
    assert name[0] != "."


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://logs.example/in/", "https://logs.example/in/"),
        ("ftp://ann:secret@logs.example:2121/in?x=1", "ftp://ann:***@logs.example:2121/in?x=1"),
        ("ftp://ann@logs.example/", "ftp://ann@logs.example/"),
        ("http://[broken/", "http://[broken/"),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, shown: str) -> None:
    """All else stays as it was said."""
    assert shown_location(url) == shown


def test_all_but_idle_and_uploading_is_the_end() -> None:
    """Nothing is to come after it."""
    assert {each for each in UploadStatus if not is_final(each)} == {UploadStatus.IDLE, UploadStatus.UPLOADING}
