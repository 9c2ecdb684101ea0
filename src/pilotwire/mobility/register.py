"""The register of contracts, in one SQLite file beside that of the authority: what is in it survives a kill and a power cut.

Certificates are in the register of the authority (`ca.book`), private keys in its safe, encrypted; here is what belongs together. A
certificate and its key are on disk before they are named here. Several programs may have the same register open (`pki serve`, and
`pki contract add` beside it).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any, Final

from pilotwire.errors import StoreError

REGISTER: Final = "mobility.sqlite"
_VERSION: Final = 2
_PATIENCE: Final = 10.0
"""Seconds until another program must have ended its change."""
_SCHEMA: Final = """
create table vehicle (pcid text primary key, chain text not null, added_at text not null);
create table contract (contract text primary key, emaid text not null, added_at text not null, ended_at text);
create table belongs (contract text not null, pcid text not null, primary key (contract, pcid));
create index belongs_pcid on belongs (pcid);
create table holding (serial text primary key, contract text not null, key text not null, made_at text not null);
create index holding_contract on holding (contract);
create table anchor (fingerprint text primary key, pem text not null, added_at text not null);
create table service (kind text primary key, serial text not null, key text not null);
"""
_FOLLOWING: Final = """
create table following (request text primary key, place integer not null);
"""
"""What version 2 has beside version 1: which of its contracts a vehicle of -20 gets next."""
_MOST_FOLLOWING: Final = 1_000
"""Requests of which it is remembered: a vehicle that takes fewer contracts than there are leaves one behind."""


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract: its eMAID without hyphens, the vehicles it belongs to by their PCIDs, and since when it has ended (None: it has not)."""

    emaid: str
    added_at: datetime
    vehicles: tuple[str, ...] = ()
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """A certificate of a contract by its serial number, as the authority has it, and the reference of its key in the safe."""

    serial: str
    key: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A vehicle: its PCID, and its provisioning certificate with its sub-CAs, in PEM."""

    pcid: str
    chain: str


class Register:
    """See the module. All methods raise StoreError if the file will not take or give what is asked. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / REGISTER
        self._lock = RLock()
        self._inside = False
        self._make_file()
        with self._explained():
            self._db = sqlite3.connect(
                self._path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False, uri=False
            )
            self._db.execute("pragma synchronous = full")
            self._begin()
            version = self._db.execute("pragma user_version").fetchone()[0]
        if version != _VERSION:
            self._db.close()
            what = f"{self._path} is the register of another version of this program."
            raise StoreError(what, "Use the version that made it.")

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

    # --- contracts; `contract` is the 14 characters that name one (`Emaid.contract`) -------------------------------------------

    def contracts(self) -> list[Contract]:
        """All contracts, in the order in which they came."""
        return [self._contract(row) for row in self._rows("select * from contract order by rowid")]

    def contract(self, contract: str) -> Contract | None:
        """One contract."""
        found = self._rows("select * from contract where contract = ?", contract)
        return self._contract(found[0]) if found else None

    def contracts_of(self, pcid: str) -> list[Contract]:
        """The contracts of a vehicle, in the order in which they came."""
        sql = "select * from contract where contract in (select contract from belongs where pcid = ?) order by rowid"
        return [self._contract(row) for row in self._rows(sql, pcid)]

    def begin(self, contract: str, emaid: str, at: datetime) -> None:
        """A contract begins, or begins again."""
        self._do("insert or replace into contract values (?, ?, ?, null)", contract, emaid, _text(at))

    def end(self, contract: str, at: datetime) -> None:
        """A contract has ended."""
        self._do("update contract set ended_at = ? where contract = ?", _text(at), contract)

    def belong(self, contract: str, pcids: Sequence[str]) -> None:
        """A contract belongs to these vehicles too."""
        with self.change():
            for pcid in pcids:
                self._do("insert or ignore into belongs values (?, ?)", contract, pcid)

    def leave(self, contract: str, pcid: str) -> None:
        """A contract belongs to a vehicle no more."""
        self._do("delete from belongs where contract = ? and pcid = ?", contract, pcid)

    def belong_to_none(self, contract: str) -> None:
        """A contract belongs to no vehicle any more."""
        self._do("delete from belongs where contract = ?", contract)

    # --- certificates ------------------------------------------------------------------------------------------------------------

    def hold(self, contract: str, holding: Holding) -> None:
        """A contract has a new certificate."""
        sql = "insert into holding values (?, ?, ?, ?)"
        self._do(sql, holding.serial, contract, holding.key, _text(holding.made_at))

    def holdings(self, contract: str) -> list[Holding]:
        """The certificates a contract has had, the oldest first."""
        sql = "select serial, key, made_at from holding where contract = ? order by rowid"
        return [Holding(serial, key, datetime.fromisoformat(at)) for serial, key, at in self._rows(sql, contract)]

    def service(self, kind: str) -> tuple[str, str]:
        """The certificate of the provisioning service by its serial number, and the reference of its key; ("", ""): there is none."""
        found = self._rows("select serial, key from service where kind = ?", kind)
        return (str(found[0][0]), str(found[0][1])) if found else ("", "")

    def serve_with(self, kind: str, serial: str, key: str) -> None:
        """The provisioning service has another certificate."""
        self._do("insert or replace into service values (?, ?, ?)", kind, serial, key)

    # --- vehicles, and whom they are trusted by ----------------------------------------------------------------------------------

    def vehicle(self, pcid: str) -> Vehicle | None:
        """A vehicle whose certificate is known."""
        found = self._rows("select pcid, chain from vehicle where pcid = ?", pcid)
        return Vehicle(*found[0]) if found else None

    def know(self, vehicle: Vehicle, at: datetime) -> None:
        """The certificate of a vehicle, in the place of an older one."""
        self._do("insert or replace into vehicle values (?, ?, ?)", vehicle.pcid, vehicle.chain, _text(at))

    def anchors(self) -> list[str]:
        """The certificates of others' CAs that are trusted, in PEM."""
        return [str(row[0]) for row in self._rows("select pem from anchor order by rowid")]

    def trust(self, fingerprint: str, pem: str, at: datetime) -> None:
        """Trust a CA of somebody else."""
        self._do("insert or ignore into anchor values (?, ?, ?)", fingerprint, pem, _text(at))

    # --- contracts that follow (M01.FR.07) ---------------------------------------------------------------------------------------

    def next_place(self, request: str, count: int) -> int:
        """Which of `count` contracts is due for a request that may have come before, from 0 on. After the last one it begins anew.

        Kept before it is told: after a restart the next one is due, also for another program with the same register.
        """
        with self.change():
            found = self._rows("select place from following where request = ?", request)
            place = int(found[0][0]) % count if found else 0
            self._do("delete from following where request = ?", request)
            if place + 1 < count:
                self._do("insert into following values (?, ?)", request, place + 1)
                oldest = "select rowid from following order by rowid desc limit -1 offset ?"
                self._do(f"delete from following where rowid in ({oldest})", _MOST_FOLLOWING)
        return place

    # --- what lies beside it in the same file ------------------------------------------------------------------------------------

    def read(self, sql: str, *values: Any) -> list[Sequence[Any]]:
        """Rows of tables that are not the register's own (`mobility.notices`)."""
        return self._rows(sql, *values)

    def write(self, sql: str, *values: Any) -> int:
        """Change such tables, within `change` together with what the register itself keeps; the rowid of what was put in last."""
        with self._lock, self._explained():
            return self._db.execute(sql, values).lastrowid or 0

    # --- the file ----------------------------------------------------------------------------------------------------------------

    def _contract(self, row: Sequence[Any]) -> Contract:
        contract, emaid, added_at, ended_at = row
        vehicles = self._rows("select pcid from belongs where contract = ? order by rowid", contract)
        ended = datetime.fromisoformat(ended_at) if ended_at else None
        return Contract(emaid, datetime.fromisoformat(added_at), tuple(str(each[0]) for each in vehicles), ended)

    def _rows(self, sql: str, *values: Any) -> list[Sequence[Any]]:
        with self._lock, self._explained():
            return self._db.execute(sql, values).fetchall()

    def _do(self, sql: str, *values: Any) -> None:
        with self._lock, self._explained():
            self._db.execute(sql, values)

    def _begin(self) -> None:
        """Make the tables of a new file, and those that an older one lacks, of which another program may be making them too."""
        self._db.execute("begin immediate")
        version = self._db.execute("pragma user_version").fetchone()[0]
        missing = {0: _SCHEMA + _FOLLOWING, 1: _FOLLOWING}.get(version, "")
        for statement in missing.split(";")[:-1]:
            self._db.execute(statement)
        if missing:
            self._db.execute(f"pragma user_version = {_VERSION}")
        self._db.execute("commit")

    def _make_file(self) -> None:
        try:
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            what = f"The register {self._path} cannot be opened: {error.strerror or error}."
            raise StoreError(what, "Choose a folder that can be written.") from None

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(
                f"The register {self._path} cannot be used: {error}.",
                "See that the folder is this program's, can be written, and that its disk is not full.",
            ) from None


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
