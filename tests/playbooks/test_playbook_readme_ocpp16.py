"""The table of `README.md` for the charge point of OCPP 1.6 names the cases that are played, and no others; the numbers are right."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
_HEADING = "## OCPP 1.6, the charge point under test"
_NAME = re.compile(r"test_tc_(\d{3}(?:_\d)?)_cs")
_VALUE = re.compile(r"TC_(\d{3}(?:_\d)?)(?:_CS)?|(\d{3}_\d)")


def _of_file(path: Path) -> Iterator[str]:
    """What the names of the tests say, and the names of their parameters (`TC_048_1`, `075_1`)."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (found := _NAME.fullmatch(node.name)):
            yield found[1]
        elif isinstance(node, ast.Constant) and (found := _VALUE.fullmatch(str(node.value))):
            yield found[1] or found[2]


def _section() -> str:
    text = (HERE / "README.md").read_text(encoding="utf-8")
    return text.split(_HEADING, 1)[1].split("\n## ", 1)[0]


def test_the_rows_name_what_is_played() -> None:
    played = {case for path in HERE.glob("test_playbook_ocpp16_station_*.py") for case in _of_file(path)}
    rows = re.findall(r"^\| [A-Z][^|]* \| (\d+) of (\d+) \| ([\d_ ]+) \|$", _section(), re.MULTILINE)
    told = [case for _, _, cases in rows for case in cases.split()]
    assert sorted(told) == sorted(played)
    assert [(int(count), int(of_all)) for count, of_all, _ in rows] == [(len(c.split()),) * 2 for _, _, c in rows]
    assert f"All {len(told)} cases." in _section()
