"""The register: what is in it stays, no serial number is there twice, and files are for their owner only."""

from __future__ import annotations

import sqlite3
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pilotwire.ca.book import Book, SerialTaken
from pilotwire.ca.records import AuthorityRecord, Issued, Status
from pilotwire.errors import StoreError

SINCE, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
ONE = Issued(
    "1f", "csms-ca", "SN-1", "station", "CN=SN-1", SINCE, UNTIL, "PEM", "me", SINCE, hosts=("a.example", "10.0.0.1")
)


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path / "a #1 100%?.sqlite", create=True)


def test_what_is_added_is_there_when_it_is_opened_again(book: Book, tmp_path: Path) -> None:
    book.add(ONE)
    book.tell("url", "http://ca")
    book.close()
    again = Book(tmp_path / "a #1 100%?.sqlite")
    assert again.get("1f") == ONE
    assert again.named("SN-1") == again.all() == [ONE]
    assert (again.fact("url"), again.fact("nothing")) == ("http://ca", "")


def test_only_its_owner_reads_it(book: Book, tmp_path: Path) -> None:
    assert stat.S_IMODE((tmp_path / "a #1 100%?.sqlite").stat().st_mode) == 0o600


def test_a_serial_number_is_never_used_twice(book: Book) -> None:
    book.add(ONE)
    with pytest.raises(SerialTaken):
        book.add(replace(ONE, name="another"))
    assert book.all() == [ONE]


def test_a_change_that_fails_leaves_nothing(book: Book) -> None:
    def fails() -> None:
        with book.change():
            book.add(ONE)
            with book.change():
                book.tell("url", "x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert book.all() == []
    assert book.fact("url") == ""
    book.add(ONE)
    assert book.get("1f") == ONE


def test_what_becomes_of_a_certificate(book: Book) -> None:
    assert ONE.status(SINCE) is Status.VALID
    assert ONE.status(datetime(2027, 1, 2, tzinfo=UTC)) is Status.EXPIRED
    book.add(ONE)
    book.replace("1f", "20")
    replaced = book.get("1f")
    assert replaced is not None
    assert replaced.status(SINCE) is Status.REPLACED
    book.revoke("1f", "keyCompromise", SINCE)
    (revoked,) = book.revoked("csms-ca")
    assert (revoked.status(SINCE), revoked.reason, revoked.revoked_at) == (Status.REVOKED, "keyCompromise", SINCE)


def test_numbers_of_crls_rise_and_an_older_crl_replaces_no_newer(book: Book) -> None:
    book.add_authority(AuthorityRecord("csms-ca", "csms-ca", "1f", "", "file:x"))
    assert [book.next_crl_number("csms-ca") for _ in range(2)] == [1, 2]
    book.keep_crl("csms-ca", 2, b"new")
    book.keep_crl("csms-ca", 1, b"old")
    assert book.authorities() == [AuthorityRecord("csms-ca", "csms-ca", "1f", "", "file:x", 2, b"new")]


def test_a_file_that_is_no_register(tmp_path: Path) -> None:
    (tmp_path / "text.sqlite").write_text("this is no database, however long it is " * 30)
    with pytest.raises(StoreError, match=r"cannot be used: file is not a database"):
        Book(tmp_path / "text.sqlite")
    with pytest.raises(StoreError, match="unable to open"):
        Book(tmp_path / "missing.sqlite")
    with sqlite3.connect(tmp_path / "later.sqlite") as later:
        later.execute("pragma user_version = 99")
    with pytest.raises(StoreError, match="another version"):
        Book(tmp_path / "later.sqlite")


def test_a_register_that_cannot_be_written_says_so(book: Book) -> None:
    book._db.execute("pragma query_only = on")
    with pytest.raises(StoreError, match="cannot be used: attempt to write a readonly database"):
        book.add(ONE)
    with pytest.raises(StoreError), book.change():
        book.tell("url", "x")
    assert book.all() == []
