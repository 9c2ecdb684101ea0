"""What the documentation names is there: every command line is understood, every path of the API exists."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pilotwire import cli
from tests.support.api_rooms import ApiRooms, api_of

ROOT = Path(__file__).parents[2]
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"])
OTHERS = {"coverage.md", "requirements.md", "station.md"}
"""Pages whose paths are none of the API of the CSMS."""
_FENCED = re.compile(r"```[a-z]*\n(.*?)```", re.DOTALL)
_SAID = re.compile(r"\b(GET|POST|PUT|DELETE|HEAD) `?(?:/api/v1)?(/[A-Za-z0-9_{}/.%-]+)")
_WHOLE = re.compile(r"[\s\"'`(](?:https?://[A-Za-z0-9.:$<>{}-]+|localhost:\d+)?/api/v1(/[A-Za-z0-9_{}/.%-]+)")
_OPCP = ("/v1/ccp", "/v1/cps", "/v1/oem", "/v1/webhook")
"""Served by `pilotwire pki serve`."""
_OUTSIDE = ("/uploads", "/firmware/{token}", "/health", "/docs", "/openapi", "/hook", "/auth/server", *_OPCP)


def command_lines(page: Path) -> Iterator[str]:
    """The lines of a page's examples that run this program."""
    for block in _FENCED.findall(page.read_text(encoding="utf-8")):
        for line in block.replace("\\\n", " ").splitlines():
            command = line.strip().removeprefix("$ ")
            if command.startswith("pilotwire "):
                yield command


def understood(command: str) -> None:
    """Parse a command line as the program does, without running it. Raises what says why it is not understood."""
    words = shlex.split(re.sub(r"\s(\||>|&&|#|<).*", "", command), comments=True)[1:]
    if not words or words[0].startswith("-"):
        return
    verb = next((verb for verb in cli.VERBS if verb.name == words[0]), None)
    assert verb is not None, f"no verb {words[0]}"
    part: Any = cli.load(verb)
    rest, context = words[1:], None
    while True:
        context = part.make_context(words[0], list(rest), parent=context)
        rest = [*getattr(context, "_protected_args", ()), *context.args]
        if not rest or not hasattr(part, "resolve_command"):
            return
        _, part, rest = part.resolve_command(context, rest)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_line_is_understood(page: Path) -> None:
    """Verbs, arguments and options as they are printed."""
    for command in command_lines(page):
        try:
            understood(command)
        except Exception as error:  # typer brings its own copy of click, so there is more than one kind of usage error
            shown = error.format_message() if hasattr(error, "format_message") else str(error)
            pytest.fail(f"{page.name}: `{command}`: {shown}")


@cache
def paths() -> frozenset[tuple[str, ...]]:
    """The paths of the API, as segments; a parameter is any segment."""
    described = api_of(ApiRooms()).openapi()
    return frozenset(tuple(path.removeprefix("/api/v1").strip("/").split("/")) for path in described["paths"])


def exists(path: str) -> bool:
    """Whether a path may be one of the API: parameters stand for anything."""
    segments = path.rstrip(".,:").strip("/").split("/")
    return any(
        len(known) == len(segments)
        and all(have == want or have.startswith("{") for have, want in zip(known, segments, strict=True))
        for known in paths()
    )


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if page.name not in OTHERS and page.parent.name != "station"],
    ids=lambda page: page.name,
)
def test_every_path_exists(page: Path) -> None:
    """Those written with a method, and those written whole."""
    text = page.read_text(encoding="utf-8")
    named = {path for _, path in _SAID.findall(text)} | set(_WHOLE.findall(text))
    missing = sorted(
        path
        for path in named
        if not path.startswith(_OUTSIDE) and not path.endswith(("/", "..")) and "[" not in path and not exists(path)
    )
    assert missing == []


def test_every_page_is_in_the_navigation() -> None:
    """And every page there exists."""
    named = set(re.findall(r":\s+([a-z0-9/-]+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE))
    assert named == {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")}
