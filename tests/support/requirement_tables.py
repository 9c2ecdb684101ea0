"""The ids a test may claim with `@pytest.mark.req(...)`, and the check that it claims only ids that exist.

`@pytest.mark.req("B01.FR.02", "J16:4.1.1")` says: this test proves these. A claim counts for every protocol version that has the id;
`versions=("2.1",)` narrows it. Where the tables come from is said in `tests/support/requirements/README.md`.
"""

from __future__ import annotations

import csv
import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

VERSIONS = ("1.6", "2.0.1", "2.1")
DUTIES = ("station", "csms", "both", "local-controller", "unknown")
_TABLES = Path(__file__).parent / "requirements"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One citable id in one protocol version.

    `block` is the letter of the functional block, `-` for the generic requirements, or the source (`1.6`, `J16`, `J2`, `PNC16`,
    `SEC16`) for what is cited by section. `numbered` tells a requirement from a section, which only has a `title`.
    """

    id: str
    version: str
    block: str
    use_case: str = ""
    duty: str = "unknown"
    level: str = ""
    errata: str = ""
    title: str = ""

    @property
    def numbered(self) -> bool:
        """True for a requirement with a number of its own, False for a section."""
        return ".FR." in self.id or self.id.startswith("FR.")

    @property
    def in_force(self) -> bool:
        """False if errata removed it."""
        return self.errata != "removed"


class Mark(Protocol):
    """The part of `pytest.Mark` read here."""

    @property
    def args(self) -> tuple[Any, ...]:
        """What stands in the mark's parentheses: the ids."""
        ...

    @property
    def kwargs(self) -> Mapping[str, Any]:
        """Its named arguments: `versions` or nothing."""
        ...


class MarkedTest(Protocol):
    """The part of `pytest.Item` read here."""

    @property
    def nodeid(self) -> str:
        """`path::name[parameters]`."""
        ...

    def iter_markers(self, name: str) -> Iterator[Any]:
        """Its marks of one name, those of its class and module too."""
        ...


class BadClaim(ValueError):
    """A `req` mark that claims nothing, or what does not exist; the text says what and which ids are near."""


def _rows(table: str) -> Iterator[dict[str, str]]:
    with (_TABLES / table).open(newline="", encoding="utf-8") as lines:
        yield from csv.DictReader(lines)


def _numbered(table: str, version: str) -> Iterator[Requirement]:
    for row in _rows(table):
        block = "SEC16" if row["id"].startswith("SEC16:") else row["block"]
        yield Requirement(row["id"], version, block, row["use_case"], row["duty"], row["level"], row["errata"])


def _sections() -> Iterator[Requirement]:
    for row in _rows("sections16.csv"):
        yield Requirement(row["id"], "1.6", row["id"].partition(":")[0], title=row["title"])
    for row in _rows("json2.csv"):
        for version, column in (("2.0.1", "title_201"), ("2.1", "title_21")):
            if row[column]:
                yield Requirement(row["id"], version, "J2", title=row[column])


@cache
def requirements() -> Mapping[str, Mapping[str, Requirement]]:
    """Everything that can be cited: id -> version -> requirement."""
    known: dict[str, dict[str, Requirement]] = {}
    tables = (("security16.csv", "1.6"), ("ocpp201.csv", "2.0.1"), ("ocpp21.csv", "2.1"))
    for requirement in (*(r for table in tables for r in _numbered(*table)), *_sections()):
        known.setdefault(requirement.id, {})[requirement.version] = requirement
    return known


def claimed(mark: Mark) -> Iterator[Requirement]:
    """The requirements a `req` mark claims, one for each version it counts for.

    Raises BadClaim for an unknown id, naming the nearest known ones, for an unknown version, for a version that does not have the
    id, and for a mark without ids.
    """
    versions = _versions(mark)
    if not mark.args:
        raise BadClaim('claims nothing: say which, as in req("B01.FR.02")')
    for wanted in mark.args:
        found = requirements().get(wanted) if isinstance(wanted, str) else None
        if found is None:
            raise BadClaim(f"claims {wanted!r}, which does not exist{_nearest(wanted)}")
        missing = [version for version in versions if version not in found]
        if missing:
            raise BadClaim(
                f"claims {wanted} for {', '.join(missing)}, but it exists only in {', '.join(sorted(found))}"
            )
        yield from (found[version] for version in versions or sorted(found))


def _versions(mark: Mark) -> tuple[str, ...]:
    strange = sorted(set(mark.kwargs) - {"versions"})
    versions = mark.kwargs.get("versions", ())
    if strange:
        raise BadClaim(f"has the unknown argument {strange[0]!r}: only versions= is known")
    if isinstance(versions, str) or any(version not in VERSIONS for version in versions):
        raise BadClaim(f"has versions={versions!r}: a tuple of {', '.join(VERSIONS)} is wanted")
    return tuple(versions)


def _nearest(wanted: object) -> str:
    near = difflib.get_close_matches(str(wanted), requirements(), n=3, cutoff=0.6)
    return f"; near it: {', '.join(near)}" if near else ""


def complaints(tests: Iterable[MarkedTest]) -> list[str]:
    """One line for each `req` mark that is wrong, in the order of the tests, parametrised tests once."""
    lines: dict[str, None] = {}
    for test in tests:
        for mark in test.iter_markers("req"):
            try:
                list(claimed(mark))
            except BadClaim as wrong:
                lines[f"{test.nodeid.partition('[')[0]}: @pytest.mark.req {wrong}"] = None
    return list(lines)
