"""The source tree as data for fitness tests: modules, their rooms, and what their syntax trees name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "pilotwire"
_FOLDERS = ("src", "tests", "tools", "benchmarks", "docs", ".ci")
_TEXT = {".py", ".pyi", ".md", ".toml", ".txt", ".csv", ".json", ".yaml", ".yml", ".cfg", ".ini", ".sh", ".html", ".css", ".js", ".sql", ".svg", ""}  # fmt: skip # noqa: E501


def modules() -> list[Path]:
    """Every module of the package, sorted."""
    return sorted(PACKAGE.rglob("*.py"))


def place(module: Path) -> str:
    """Where a module lives, as `ocpp/v16/core.py`."""
    return module.relative_to(PACKAGE).as_posix()


@cache
def tree(module: Path) -> ast.Module:
    """The module's syntax tree."""
    return ast.parse(module.read_text(encoding="utf-8"), str(module))


def texts() -> Iterator[tuple[str, str]]:
    """Path and text of every text file that is, or will be, committed: the project's folders and what lies beside them."""
    files = [path for folder in _FOLDERS for path in (ROOT / folder).rglob("*")]
    files += [path for path in ROOT.iterdir() if not path.name.startswith(".")]
    for path in sorted(files):
        unwanted = "__pycache__" in path.parts or any(part.endswith(".egg-info") for part in path.parts)
        if path.is_file() and path.suffix in _TEXT and not unwanted:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def snake(name: str) -> str:
    """`idTagInfo`, `IdTagInfo` and `id_tag_info` are one name: `id_tag_info`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def identifiers(parsed: ast.Module) -> Iterator[tuple[str, int]]:
    """Every name the code itself uses or gives (no strings, no comments), with its line."""
    for node in ast.walk(parsed):
        line = getattr(node, "lineno", 0)
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                yield name, line
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, line
            case ast.alias(name=name, asname=other):
                yield from ((part, line) for part in (*name.split("."), other or ""))
            case ast.MatchClass(kwd_attrs=names):
                yield from ((name, line) for name in names)


def uses(parsed: ast.Module) -> Iterator[tuple[str, int]]:
    """Every imported thing the code touches by its full dotted name (`datetime.datetime.now`), and every bare builtin, with its line."""
    full: dict[str, str] = {}
    for node in ast.walk(parsed):
        if isinstance(node, ast.Import):
            full.update(
                {
                    a.asname or a.name.partition(".")[0]: a.name if a.asname else a.name.partition(".")[0]
                    for a in node.names
                }
            )
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            full.update({a.asname or a.name: f"{node.module}.{a.name}" for a in node.names})
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
    for node in ast.walk(parsed):
        if isinstance(node, ast.Name | ast.Attribute) and (dotted := _dotted(node)):
            head, dot, rest = dotted.partition(".")
            yield full.get(head, head) + dot + rest, node.lineno


def _dotted(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            return f"{before}.{attr}" if (before := _dotted(value)) else ""
    return ""
