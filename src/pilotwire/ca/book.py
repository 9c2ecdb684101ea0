"""The register of a certificate authority, in one SQLite file: what is in it survives a kill and a power cut.

A certificate is written here, on disk, before anybody gets it; no serial number is used twice. Several programs may have the same
register open (`pki serve`, and `pki issue` beside it).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, fields
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any, Final

from pilotwire.ca.records import AuthorityRecord, Issued
from pilotwire.errors import StoreError

_VERSION: Final = 1
_PATIENCE: Final = 10.0
"""Seconds until another program must have ended its change."""
_SCHEMA: Final = """
create table fact (name text primary key, value text not null);
create table authority (
  name text primary key, profile text not null, serial text not null, above text not null, key text not null,
  crl_number integer not null, crl blob not null);
create table issued (
  serial text primary key, authority text not null, name text not null, profile text not null, subject text not null,
  since text not null, until text not null, pem text not null, asked_by text not null, issued_at text not null, note text not null,
  key text not null, hosts text not null, request text not null, revoked_at text, reason text not null, replaced_by text not null);
create index issued_name on issued (name);
create index issued_request on issued (request);
"""
_COLUMNS: Final = ", ".join(each.name for each in fields(Issued))
_PLACES: Final = ", ".join("?" * len(fields(Issued)))


class SerialTaken(StoreError):
    """A certificate of this serial number is there already."""


class Book:
    """See the module. All methods raise StoreError if the file will not take or give what is asked. Safe to use from several threads."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        self._path = path
        self._lock = RLock()
        self._inside = False
        if create:
            self._begin_file()
        with self._explained():
            self._db = sqlite3.connect(
                f"file:{_quoted(path)}?mode=rw",
                uri=True,
                timeout=_PATIENCE,
                isolation_level=None,
                check_same_thread=False,
            )
            self._db.execute("pragma synchronous = full")
            if create:
                self._db.executescript(f"begin; {_SCHEMA} pragma user_version = {_VERSION}; commit;")
            version = self._db.execute("pragma user_version").fetchone()[0]
        if version != _VERSION:
            self._db.close()
            raise StoreError(
                f"{path} is the register of another version of this program.", "Use the version that made it."
            )

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def change(self) -> Iterator[None]:
        """Everything written within is kept together, or nothing of it. May be nested."""
        with self._lock:
            if self._inside:
                yield
                return
            with self._explained():
                self._db.execute("begin immediate")
            self._inside = True
            try:
                yield
                with self._explained():
                    self._db.execute("commit")
            except BaseException:
                with self._explained():
                    if self._db.in_transaction:
                        self._db.execute("rollback")
                raise
            finally:
                self._inside = False

    # --- facts about the whole ---------------------------------------------------------------------------------------------

    def fact(self, name: str) -> str:
        """A fact, "" if it was never told."""
        found = self._rows("select value from fact where name = ?", name)
        return str(found[0][0]) if found else ""

    def tell(self, name: str, value: str) -> None:
        """Keep a fact in the place of what was told before."""
        self._do("insert or replace into fact values (?, ?)", name, value)

    # --- CAs ---------------------------------------------------------------------------------------------------------------

    def authorities(self) -> list[AuthorityRecord]:
        """All CAs, in the order in which they were made."""
        return [AuthorityRecord(*row) for row in self._rows("select * from authority order by rowid")]

    def add_authority(self, record: AuthorityRecord) -> None:
        """A new CA."""
        self._do("insert into authority values (?, ?, ?, ?, ?, ?, ?)", *astuple(record))

    def renew_authority(self, name: str, serial: str) -> None:
        """A CA has another certificate now."""
        self._do("update authority set serial = ? where name = ?", serial, name)

    def next_crl_number(self, name: str) -> int:
        """The number for a CA's next CRL; it is used up with that."""
        with self.change():
            self._do("update authority set crl_number = crl_number + 1 where name = ?", name)
            return int(self._rows("select crl_number from authority where name = ?", name)[0][0])

    def keep_crl(self, name: str, number: int, crl: bytes) -> None:
        """The CRL of a number; an older one does not replace a newer."""
        self._do("update authority set crl = ? where name = ? and crl_number = ?", crl, name, number)

    def drop_crl(self, name: str) -> None:
        """The newest CRL of a CA is not true any more."""
        self._do("update authority set crl = x'' where name = ?", name)

    # --- certificates --------------------------------------------------------------------------------------------------------

    def add(self, issued: Issued) -> None:
        """A certificate that was signed. Raises SerialTaken."""
        try:
            self._do(f"insert into issued ({_COLUMNS}) values ({_PLACES})", *_row(issued))
        except sqlite3.IntegrityError:
            raise SerialTaken(f"A certificate with the serial number {issued.serial} is there already.") from None

    def revoke(self, serial: str, reason: str, at: datetime) -> None:
        """Note that a certificate is revoked."""
        self._do("update issued set revoked_at = ?, reason = ? where serial = ?", _text(at), reason, serial)

    def hold_no_more(self, serial: str) -> None:
        """Take a revocation back."""
        self._do("update issued set revoked_at = null, reason = '' where serial = ?", serial)

    def replace(self, serial: str, by: str) -> None:
        """Note that one certificate was renewed by another."""
        self._do("update issued set replaced_by = ? where serial = ?", by, serial)

    def get(self, serial: str) -> Issued | None:
        """The certificate of a serial number."""
        found = self._issued("where serial = ?", serial)
        return found[0] if found else None

    def named(self, name: str) -> list[Issued]:
        """All certificates of a name, the oldest first."""
        return self._issued("where name = ?", name)

    def of_request(self, digest: str) -> list[Issued]:
        """What was signed for a request, by its SHA-256, the oldest first."""
        return self._issued("where request = ?", digest)

    def all(self) -> list[Issued]:
        """Every certificate, the oldest first."""
        return self._issued("")

    def revoked(self, authority: str) -> list[Issued]:
        """What a CA has revoked."""
        return self._issued("where authority = ? and revoked_at is not null", authority)

    def _issued(self, which: str, *values: Any) -> list[Issued]:
        rows = self._rows(f"select {_COLUMNS} from issued {which} order by rowid", *values)
        return [_read(row) for row in rows]

    def _rows(self, sql: str, *values: Any) -> list[Sequence[Any]]:
        with self._lock, self._explained():
            return self._db.execute(sql, values).fetchall()

    def _do(self, sql: str, *values: Any) -> None:
        with self._lock, self._explained():
            self._db.execute(sql, values)

    def _begin_file(self) -> None:
        try:
            os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except OSError as error:
            what = f"The register {self._path} cannot be made: {error.strerror or error}."
            raise StoreError(what, "Choose a folder that can be written.") from None

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as error:
            raise StoreError(
                f"The register {self._path} cannot be used: {error}.",
                "See that the folder is this program's, can be written, and that its disk is not full.",
            ) from None


def _row(issued: Issued) -> list[Any]:
    return [_cell(getattr(issued, each.name)) for each in fields(Issued)]


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return _text(value)
    return "\n".join(value) if isinstance(value, tuple) else value


def _read(row: Sequence[Any]) -> Issued:
    told = dict(zip((each.name for each in fields(Issued)), row, strict=True))
    for name in ("since", "until", "issued_at", "revoked_at"):
        told[name] = told[name] and datetime.fromisoformat(told[name])
    told["hosts"] = tuple(told["hosts"].split("\n")) if told["hosts"] else ()
    return Issued(**told)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _quoted(path: Path) -> str:
    """A path in a URI of SQLite: what would end it, or is an escape, is escaped."""
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
