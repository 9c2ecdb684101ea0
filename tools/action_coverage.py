"""Write `docs/coverage.md`: every action of every version, and what this CSMS and this station do with it.

`python tools/action_coverage.py` reads the message registry, the dialects, and the rooms of the CSMS that handle facts and give commands;
`--check` writes nothing and exits 1 if the page on disk is stale. The page depends on the code only, so the same tree always gives the
same bytes.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import cast

from pilotwire.csms import commands
from pilotwire.csms.handlers import HANDLERS
from pilotwire.dialects.every import DIALECTS
from pilotwire.dialects.words import WordDialect
from pilotwire.domain.kinds import Command
from pilotwire.ocpp.registry import ACTIONS, Action
from pilotwire.ocpp.types import Message
from pilotwire.ocpp.version import OcppVersion
from pilotwire.station.core.commands import _HANDLERS
from pilotwire.station.core.streets import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from tests.support.spoken import given_cases, stated_cases  # noqa: E402 - the tests are no installed package


class Coverage(StrEnum):
    """What the CSMS does with an action."""

    TESTED = "service, tested"
    SERVICE = "service, no case"
    PASS_THROUGH = "pass-through"
    ACKNOWLEDGED = "acknowledged and logged"
    LOGGED = "logged"
    NOT_SUPPORTED = "answered NotSupported"
    STATION_TAKES = "taken"
    STATION_SAYS = "said"
    STATION_SILENT = "not said"


_PREFACE = """\
# Coverage

Written by `make coverage` from the code: do not edit. Every message of every version is typed and checked against its schema; the tables
tell what the CSMS makes of it beyond that. `-` is an action that the version does not have in this direction.

From the CSMS to the station:

- **service, tested**: a command of its own, the same in all versions, in the HTTP API and in the code; a test gives it by REST and sees
  the station take it, decline it, answer with an error, and not answer (`tests/end_to_end/test_given.py`)
- **service, no case**: the same without such a test
- **pass-through**: sent by `POST /api/v1/stations/{station}/calls/{action}`, checked against the schema, the answer given back as it came

From the station to the CSMS:

- **service, tested**: understood and acted upon; a test sends it over a socket and reads the outcome from REST
  (`tests/end_to_end/test_stated.py`)
- **service, no case**: the same without such a test
- **acknowledged and logged**: answered with the empty response of its schema once the message is stored in the message log
- **logged**: stored in the message log; a SEND of 2.1 is never answered
- **answered NotSupported**: its response needs content that this CSMS has nobody to give; the message is stored in the message log

Our own station:

- **taken**: the core of the station acts upon it; **answered NotSupported**: it does not
- **said**: the core of the station makes a fact that is said with it; **not said**: it never does
"""
_SIDES: Mapping[str, str] = {
    "csms": "From the CSMS to the station",
    "station": "From the station to the CSMS",
    "taken": "Our station: what it takes",
    "said": "Our station: what it says",
}
_SENDERS: Mapping[str, str] = {"csms": "csms", "station": "station", "taken": "csms", "said": "station"}


def coverage_of(action: Action, sender: str) -> Coverage:
    """What is done with an action, seen from one of `_SIDES`."""
    if sender == "taken":
        return Coverage.STATION_TAKES if action.request in _taken(action.version) else Coverage.NOT_SUPPORTED
    if sender == "said":
        return Coverage.STATION_SAYS if action.request in _said(action.version) else Coverage.STATION_SILENT
    served = Coverage.TESTED if (action.version, action.name) in _tested(sender) else Coverage.SERVICE
    if sender == "csms":
        return served if action.request in _commanded(action.version) else Coverage.PASS_THROUGH
    if action.request in _handled(action.version):
        return served
    if action.response is None:
        return Coverage.LOGGED
    # The type stands for a request of it: the content of a request does not matter to its empty response.
    empty = DIALECTS[action.version].empty_response(cast(Message, action.request))
    return Coverage.NOT_SUPPORTED if empty is None else Coverage.ACKNOWLEDGED


@cache
def _tested(sender: str) -> frozenset[tuple[OcppVersion, str]]:
    """The actions for which there is a case."""
    cases = given_cases() if sender == "csms" else stated_cases()
    return frozenset((case.version, case.action) for case in cases)


@cache
def _handled(version: OcppVersion) -> frozenset[type]:
    """The request types that state a fact somebody handles."""
    words = _dialect(version)._facts.values()
    return frozenset(request for word in words if word.fact in HANDLERS for request in word.read)


@cache
def _commanded(version: OcppVersion) -> frozenset[type]:
    """The request types that give a command of the CSMS."""
    words = _dialect(version)._commands.values()
    return frozenset(request for word in words if word.command in _given() for request in word.read)


@cache
def _taken(version: OcppVersion) -> frozenset[type]:
    """The request types whose command the station's core has a handler for."""
    words = _dialect(version)._commands.values()
    handled = {*COMMANDS, *_HANDLERS}
    return frozenset(request for word in words if word.command in handled for request in word.read)


@cache
def _said(version: OcppVersion) -> frozenset[type]:
    """The request types of the facts that the station's core makes."""
    words = _dialect(version)._facts.values()
    return frozenset(request for word in words if word.fact.__name__ in _made() for request in word.read)


@cache
def _made() -> frozenset[str]:
    """What the station's core makes by its name, or is handed whole in an input (a field of one)."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "src/pilotwire/station/core").glob("*.py")]
    calls = [node.func for each in trees for node in ast.walk(each) if isinstance(node, ast.Call)]
    fields = [node.annotation for each in trees for node in ast.walk(each) if isinstance(node, ast.AnnAssign)]
    return frozenset(each.id for each in (*calls, *fields) if isinstance(each, ast.Name))


def _dialect(version: OcppVersion) -> WordDialect:
    dialect = DIALECTS[version]
    assert isinstance(dialect, WordDialect), "a dialect that is not made of words cannot be asked what it knows"
    return dialect


@cache
def _given() -> frozenset[type[Command]]:
    """The commands that the modules of `csms.commands` give."""
    names = [module.name for module in iter_modules(commands.__path__)]
    found = [value for name in names for value in vars(import_module(f"{commands.__name__}.{name}")).values()]
    return frozenset(value for value in found if isinstance(value, type) and issubclass(value, Command))


def page() -> str:
    """The whole of `docs/coverage.md`."""
    parts = [_PREFACE, *_summary()]
    for sender, title in _SIDES.items():
        parts += _table(title, sender)
    return "\n".join(parts).rstrip() + "\n"


def _said_by(sender: str, version: OcppVersion) -> dict[tuple[str, str], Coverage]:
    """(street, action) -> coverage."""
    said = (action for action in ACTIONS[version].values() if action.sender in (_SENDERS[sender], "both"))
    return {(action.street, action.name): coverage_of(action, sender) for action in said}


def _summary() -> Iterator[str]:
    yield "## In numbers\n"
    yield f"| direction | coverage | {' | '.join(OcppVersion)} |"
    yield "|---|---|--:|--:|--:|"
    for sender, title in _SIDES.items():
        counts = [Counter(_said_by(sender, version).values()) for version in OcppVersion]
        for coverage in Coverage:
            if any(count[coverage] for count in counts):
                yield f"| {title} | {coverage} | {' | '.join(str(count[coverage]) for count in counts)} |"
        yield f"| {title} | **all** | {' | '.join(str(count.total()) for count in counts)} |"
    yield ""


def _table(title: str, sender: str) -> Iterator[str]:
    by_version = [_said_by(sender, version) for version in OcppVersion]
    yield f"## {title}\n"
    yield f"| street | action | {' | '.join(OcppVersion)} |"
    yield "|---|---|---|---|---|"
    for street, name in sorted({key for said in by_version for key in said}):
        cells = [str(said.get((street, name), "-")) for said in by_version]
        yield f"| {street.replace('_', ' ')} | {name} | {' | '.join(cells)} |"
    yield ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the page; returns the exit status."""
    parser = argparse.ArgumentParser(prog="coverage", description="Write docs/coverage.md from the code.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the page is stale")
    parser.add_argument("--root", type=Path, default=ROOT, help="the project's folder (default: this one)")
    options = parser.parse_args(arguments)
    target: Path = options.root.resolve() / "docs" / "coverage.md"
    return _check(target, page()) if options.check else _write(target, page())


def _check(target: Path, text: str) -> int:
    if target.is_file() and target.read_text(encoding="utf-8") == text:
        return 0
    print("coverage: docs/coverage.md is stale; write it again with: make coverage", file=sys.stderr)
    return 1


def _write(target: Path, text: str) -> int:
    target.parent.mkdir(exist_ok=True)
    target.write_text(text, encoding="utf-8")
    print(*(line for line in text.splitlines() if "**all**" in line), sep="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
