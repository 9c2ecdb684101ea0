"""Write `docs/requirements.md`: which numbered requirement is whose duty, and which tests prove it.

`python tools/ledger.py` collects the tests without running them, reads their `@pytest.mark.req(...)` marks and writes the page;
`--check` writes nothing and exits 1 if the page on disk is stale. Exit 2: the tests could not be collected. The page depends on the
tests and the tables in `tests/support/requirements` only, so the same tree always gives the same bytes.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.support.requirement_tables import VERSIONS, Requirement, claimed, requirements  # noqa: E402

Proofs = Mapping[Requirement, Sequence[str]]
"""Which tests (`path::name`, sorted) prove a requirement; the unproven are absent."""

BLOCKS = {
    "-": "Generic", "A": "Security", "B": "Provisioning", "C": "Authorization", "D": "Local authorization list",
    "E": "Transactions", "F": "Remote control", "G": "Availability", "H": "Reservation", "I": "Tariff and cost",
    "J": "Meter values", "K": "Smart charging", "L": "Firmware management", "M": "Certificate management",
    "N": "Diagnostics", "O": "Display message", "P": "Data transfer", "Q": "Bidirectional power transfer",
    "R": "DER control", "S": "Battery swapping", "SEC16": "Security whitepaper for 1.6, edition 3",
}  # fmt: skip
SOURCES = {
    "1.6": "Specification 1.6, edition 2",
    "J16": "OCPP-J 1.6",
    "J2": "OCPP 2.x, Part 4 (OCPP-J)",
    "PNC16": "Plug & Charge with OCPP 1.6",
    "SEC16": "Security whitepaper for 1.6, edition 3",
}
_PREFACE = """\
# Requirement ledger

Written by `make ledger` from the tests' `@pytest.mark.req(...)` marks: do not edit. A requirement is *proven* if at least one test
that runs claims it. Duty is read off the wording of the requirement; *other* is the local controller's, or unknown. Requirements that
errata removed are not counted.
"""


class _Collector:
    """A pytest plugin that keeps what the collected tests claim."""

    def __init__(self) -> None:
        self.proofs: dict[Requirement, set[str]] = defaultdict(set)
        self.errors: list[str] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep why a module could not be collected."""
        if report.failed:
            self.errors.append(f"{report.nodeid}: {str(report.longrepr).strip().splitlines()[-1]}")

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Read the marks of every test that would run; a test that is skipped or expected to fail proves nothing."""
        for item in session.items:
            if not _idle(item):
                for mark in item.iter_markers("req"):
                    for requirement in claimed(mark):
                        self.proofs[requirement].add(_collapsed(item.nodeid))


def _idle(item: pytest.Item) -> bool:
    return item.get_closest_marker("skip") is not None or item.get_closest_marker("xfail") is not None


def _collapsed(nodeid: str) -> str:
    return nodeid.partition("[")[0]


class CollectionFailed(Exception):
    """pytest could not collect the tests; the text is what it said."""


def collect(root: Path) -> Proofs:
    """What the tests of the project in `root` (its `testpaths`) claim to prove. Raises CollectionFailed."""
    collector, said = _Collector(), io.StringIO()
    os.environ.pop("PYTEST_ADDOPTS", None)  # options for running (workers, reports) have no place in a collection
    arguments = ["--collect-only", "-q", f"--rootdir={root}", "-c", str(root / "pyproject.toml")]
    with contextlib.chdir(root), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        outcome = pytest.main(arguments, plugins=[collector])
    if outcome not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise CollectionFailed("\n".join(collector.errors) or "\n".join(said.getvalue().splitlines()[-20:]))
    return {requirement: sorted(tests) for requirement, tests in collector.proofs.items()}


def page(proofs: Proofs) -> str:
    """The whole of `docs/requirements.md`."""
    everything = [r for by_version in requirements().values() for r in by_version.values() if r.in_force]
    numbered = sorted((r for r in everything if r.numbered), key=_order)
    sections = sorted((r for r in everything if not r.numbered), key=_order)
    parts = [_PREFACE, *_summary(numbered, proofs), *_section_summary(sections, proofs)]
    for block, title in BLOCKS.items():
        parts += _block(f"{block} {title}", [r for r in numbered if r.block == block], proofs)
    for source, title in SOURCES.items():
        parts += _cited(f"{title} (`{source}:`)", [r for r in sections if r.block == source], proofs)
    return "\n".join(parts).rstrip() + "\n"


def _order(requirement: Requirement) -> tuple[object, ...]:
    numbers = tuple(int(n) for n in re.findall(r"\d+", requirement.id.partition(":")[2] or requirement.id))
    return (VERSIONS.index(requirement.version), requirement.block, requirement.use_case, numbers, requirement.id)


def _share(some: int, total: int) -> str:
    return f"{100 * some / total:.1f} %" if total else "-"


def _duty(requirement: Requirement) -> str:
    return requirement.duty if requirement.duty in ("station", "csms", "both") else "other"


def _summary(numbered: Sequence[Requirement], proofs: Proofs) -> Iterator[str]:
    yield "## Share proven\n"
    yield "| version | block | requirements | proven | share | station | CSMS | both | other |"
    yield "|---|---|--:|--:|--:|--:|--:|--:|--:|"
    for version in VERSIONS:
        of_version = [r for r in numbered if r.version == version]
        for block, title in BLOCKS.items():
            if rows := [r for r in of_version if r.block == block]:
                yield _summary_row(version, f"{block} {title}", rows, proofs)
        yield _summary_row(f"**{version}**", "**all**", of_version, proofs)
    yield ""


def _summary_row(version: str, name: str, rows: Sequence[Requirement], proofs: Proofs) -> str:
    proven = sum(r in proofs for r in rows)
    split = (_proven_of([r for r in rows if _duty(r) == duty], proofs) for duty in ("station", "csms", "both", "other"))
    return f"| {version} | {name} | {len(rows)} | {proven} | {_share(proven, len(rows))} | {' | '.join(split)} |"


def _proven_of(rows: Sequence[Requirement], proofs: Proofs) -> str:
    return f"{sum(r in proofs for r in rows)} of {len(rows)}" if rows else "-"


def _section_summary(sections: Sequence[Requirement], proofs: Proofs) -> Iterator[str]:
    yield "Where nothing is numbered, tests cite sections. That says where proof begins, not how complete it is.\n"
    yield "| document | version | sections | cited |"
    yield "|---|---|--:|--:|"
    for source, title in SOURCES.items():
        for version in VERSIONS:
            if rows := [r for r in sections if r.block == source and r.version == version]:
                yield f"| {title} | {version} | {len(rows)} | {sum(r in proofs for r in rows)} |"
    yield ""


def _block(title: str, rows: Sequence[Requirement], proofs: Proofs) -> Iterator[str]:
    yield f"## {title}\n"
    proven = [r for r in rows if r in proofs]
    if proven:
        yield "| requirement | versions | duty | level | proven by |"
        yield "|---|---|---|---|---|"
        yield from _proven_rows(proven, proofs)
        yield ""
    if unproven := [r for r in rows if r not in proofs]:
        yield "Not yet proven:\n"
        yield from _unproven_lines(unproven)
        yield ""


def _proven_rows(rows: Iterable[Requirement], proofs: Proofs) -> Iterator[str]:
    alike: dict[tuple[str, str, str, tuple[str, ...]], list[str]] = defaultdict(list)
    for r in sorted(rows, key=lambda r: (_order(r)[1:], r.version)):
        alike[r.id, r.duty, r.level, tuple(proofs[r])].append(r.version)
    for (name, duty, level, tests), versions in alike.items():
        yield f"| {name} | {', '.join(versions)} | {duty} | {level or '-'} | {_tests(tests)} |"


def _tests(tests: Iterable[str]) -> str:
    return "<br>".join(f"`{test}`" for test in tests)


def _unproven_lines(rows: Iterable[Requirement]) -> Iterator[str]:
    versions: dict[tuple[str, str], list[Requirement]] = defaultdict(list)
    for r in rows:
        versions[r.id, r.duty].append(r)
    grouped: dict[tuple[str, str], list[Requirement]] = defaultdict(list)
    for (_, duty), same in versions.items():
        grouped[" and ".join(r.version for r in same), duty].append(same[0])
    for (spoken, duty), group in sorted(grouped.items()):
        yield f"- {spoken}, {duty} ({len(group)}): {compact(r.id for r in sorted(group, key=lambda r: _order(r)[1:]))}"


def compact(ids: Iterable[str]) -> str:
    """`A01.FR.01 02 05-07, A02.FR.03` for sorted ids: the stem once, then the numbers, runs of three or more as a range."""
    stems = groupby((name.rpartition(".")[::2] for name in ids), key=lambda pair: pair[0])
    return ", ".join(f"{stem}.{' '.join(_runs([number for _, number in pairs]))}" for stem, pairs in stems)


def _runs(numbers: Sequence[str]) -> Iterator[str]:
    start = 0
    for end in range(1, len(numbers) + 1):
        if end == len(numbers) or int(numbers[end]) != int(numbers[end - 1]) + 1:
            run = numbers[start:end]
            yield f"{run[0]}-{run[-1]}" if len(run) > 2 else " ".join(run)
            start = end


def _cited(title: str, rows: Sequence[Requirement], proofs: Proofs) -> Iterator[str]:
    cited = [r for r in rows if r in proofs]
    if not cited:
        return
    yield f"## {title}\n"
    yield "| section | title | versions | tests |"
    yield "|---|---|---|---|"
    alike: dict[tuple[str, str, tuple[str, ...]], list[str]] = defaultdict(list)
    for r in sorted(cited, key=lambda r: (_order(r)[1:], r.version)):
        alike[r.id, r.title, tuple(proofs[r])].append(r.version)
    for (name, heading, tests), versions in alike.items():
        yield f"| {name} | {heading} | {', '.join(versions)} | {_tests(tests)} |"
    yield ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the page; returns the exit status."""
    parser = argparse.ArgumentParser(prog="ledger", description="Write docs/requirements.md from the tests' req marks.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the page is stale")
    parser.add_argument("--root", type=Path, default=ROOT, help="the project's folder (default: this one)")
    options = parser.parse_args(arguments)
    root: Path = options.root.resolve()
    try:
        proofs = collect(root)
    except CollectionFailed as why:
        print(f"ledger: the tests could not be collected:\n{why}", file=sys.stderr)
        return 2
    return _check(root, page(proofs)) if options.check else _write(root, page(proofs))


def _target(root: Path) -> Path:
    return root / "docs" / "requirements.md"


def _check(root: Path, text: str) -> int:
    target = _target(root)
    if target.is_file() and target.read_text(encoding="utf-8") == text:
        return 0
    print("ledger: docs/requirements.md is stale; write it again with: make ledger", file=sys.stderr)
    return 1


def _write(root: Path, text: str) -> int:
    target = _target(root)
    target.parent.mkdir(exist_ok=True)
    target.write_text(text, encoding="utf-8")
    print(*(line for line in text.splitlines() if "**all**" in line), sep="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
