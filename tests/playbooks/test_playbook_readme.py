"""The tables of `README.md` for OCPP 2.0.1 name the cases that are played, and no others; the numbers are right."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent
STATION, CSMS = "station", "csms"
_HEADINGS = {
    STATION: "## OCPP 2.0.1, the charging station under test",
    CSMS: "## OCPP 2.0.1, the CSMS under test",
}
_IN_NAME = re.compile(r"_(?:([a-z])_)?(\d\d)(?=_|$)")
_AS_VALUE = re.compile(r"(?:tc_)?([a-z])_(\d\d)(?:_csm?s?)?(?: .*)?", re.IGNORECASE)
_NUMBER = re.compile(r"\b\d\d\b")


def _of_name(name: str) -> Iterator[tuple[str, str]]:
    """`test_tc_f_17_18_cs` plays F 17 and F 18, `test_tc_m_24_and_m_25_cs` M 24 and M 25."""
    first = name.removeprefix("test_tc_")[0]
    for letter, number in _IN_NAME.findall(name.removeprefix("test_tc")):
        yield (letter or first).upper(), number


def _of_file(path: Path) -> Iterator[tuple[str, str]]:
    """What the names of the tests say, and the names of their parameters (`m_24`, `TC_K_30_CS`)."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_tc_"):
            yield from _of_name(node.name)
        elif isinstance(node, ast.Constant) and (found := _AS_VALUE.fullmatch(str(node.value))):
            yield found[1].upper(), found[2]


@cache
def _played(role: str) -> dict[str, set[str]]:
    """The numbers of the cases that are played, by block."""
    played: dict[str, set[str]] = defaultdict(set)
    for path in HERE.glob(f"test_playbook_ocpp201_{role}_*.py"):
        for block, number in _of_file(path):
            played[block].add(number)
    return played


def _section(role: str) -> str:
    text = (HERE / "README.md").read_text(encoding="utf-8")
    return text.split(_HEADINGS[role], 1)[1].split("\n## ", 1)[0]


def _rows(role: str) -> dict[str, list[str]]:
    """The cells of each block's row, the block's letter first."""
    lines = [line for line in _section(role).splitlines() if re.match(r"\| [A-Z] ", line)]
    return {line[2]: [cell.strip() for cell in line.strip("|").split("|")] for line in lines}


def _total(role: str) -> tuple[int, int]:
    found = re.search(r"^(\d+) of (\d+) cases\.", _section(role), re.MULTILINE)
    assert found is not None
    return int(found[1]), int(found[2])


@pytest.mark.parametrize("block", sorted(_played(STATION)))
def test_the_stations_row_names_what_is_played(block: str) -> None:
    """The cases of a block, how many they are, and that the others are given with a reason."""
    _, count, cases, why = _rows(STATION)[block]
    assert set(cases.split()) == _played(STATION)[block]
    left_out = [number for some in re.findall(r"TC_[A-Z]_(\d\d(?:, \d\d)*): ", why) for number in some.split(", ")]
    assert not set(left_out) & set(cases.split())
    assert count == f"{len(cases.split())} of {len(cases.split()) + len(left_out)}"


@pytest.mark.parametrize("block", sorted(_played(CSMS)))
def test_the_csmss_row_names_what_is_played(block: str) -> None:
    """The cases of a block, and how many they are where it says that they are all."""
    _, cell, _ = _rows(CSMS)[block]
    cases = cell.split(":")[-1].split()
    assert set(cases) == _played(CSMS)[block]
    assert cell == " ".join(cases) or cell == f"all {len(cases)}: {' '.join(cases)}"


@pytest.mark.parametrize("role", [STATION, CSMS])
def test_the_sums_are_right(role: str) -> None:
    """All rows together; the number of all cases of the station is that of its rows."""
    assert set(_rows(role)) == set(_played(role))
    played, of_all = _total(role)
    assert played == sum(map(len, _played(role).values()))
    if role == STATION:
        assert of_all == sum(int(cells[1].split(" of ")[1]) for cells in _rows(role).values())
