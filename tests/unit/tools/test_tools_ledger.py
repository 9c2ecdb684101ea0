"""The requirement ledger: claims are checked, counted once for each version, and written down the same way every time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.requirement_tables import DUTIES, VERSIONS, BadClaim, claimed, complaints, requirements
from tools.ledger import compact, page

ROOT = Path(__file__).resolve().parents[3]
PYPROJECT = """\
[tool.pytest.ini_options]
testpaths = ["suite"]
addopts = "--strict-markers --import-mode=importlib -p no:cacheprovider"
markers = ["req(*ids): proves"]
"""
CONFTEST = "from tests.conftest import pytest_collection_modifyitems, pytest_make_collect_report\n"
PROOFS = """\
import pytest

@pytest.mark.req("B01.FR.02", "J16:4.1.1")
@pytest.mark.parametrize("n", [1, 2, 3])
def test_boots(n):
    raise SystemExit("the ledger must not run me")

@pytest.mark.req("E16.FR.02")
class TestLimits:
    def test_is_kept(self): ...

@pytest.mark.req("B01.FR.03")
@pytest.mark.skip(reason="proves nothing")
def test_skipped(): ...
"""


def mark(*ids: object, **named: object) -> Any:
    """A `req` mark as pytest would hand it over."""
    return pytest.mark.req(*ids, **named).mark


def versions_of(*ids: object, **named: object) -> list[tuple[str, str]]:
    """Which id counts for which version."""
    return [(requirement.id, requirement.version) for requirement in claimed(mark(*ids, **named))]


def project(folder: Path, tests: str, conftest: str = CONFTEST) -> Path:
    """A small project with one test module."""
    (folder / "suite").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    (folder / "suite" / "conftest.py").write_text(conftest, encoding="utf-8")
    (folder / "suite" / "test_it.py").write_text(tests, encoding="utf-8")
    return folder


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A Python of ours in another process, with the repository on its path."""
    command = [sys.executable, *arguments]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=False)


def ledger(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """The command itself, on a small project."""
    return run(str(ROOT / "tools" / "ledger.py"), "--root", str(folder), *options, cwd=folder)


@pytest.mark.parametrize(("version", "block", "total"), [("2.0.1", "", 1291), ("2.1", "", 1902), ("1.6", "SEC16", 204)])
def test_the_tables_hold_every_numbered_requirement(version: str, block: str, total: int) -> None:
    """1,291 in 2.0.1; 1,904 in 2.1, of which two share their id with another; 204 in the whitepaper."""
    rows = [r for by_version in requirements().values() for r in by_version.values() if r.numbered]
    assert sum(r.version == version and r.block.startswith(block) for r in rows) == total


def test_the_tables_are_well_formed() -> None:
    """Known duties, levels and versions, and a title wherever there is no number."""
    for name, by_version in requirements().items():
        for version, r in by_version.items():
            assert (r.id, r.version) == (name, version)
            assert version in VERSIONS
            assert r.duty in DUTIES
            assert r.level in ("SHALL", "SHOULD", "MAY", "")
            assert r.numbered or r.title


def test_an_id_of_two_versions_counts_for_both() -> None:
    """The default is every version that has the id."""
    assert versions_of("B01.FR.02") == [("B01.FR.02", "2.0.1"), ("B01.FR.02", "2.1")]
    assert versions_of("J16:4.1.1", "E16.FR.02") == [("J16:4.1.1", "1.6"), ("E16.FR.02", "2.1")]


def test_versions_narrow_a_claim() -> None:
    """`versions=` takes only those named."""
    assert versions_of("B01.FR.02", versions=("2.1",)) == [("B01.FR.02", "2.1")]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (mark("B01.FR.2"), "near it: .*B01.FR.02"),
        (mark("J16:4.1.9"), "near it: J16:4.1"),
        (mark(17), "claims 17, which does not exist"),
        (mark(("B01.FR.02",)), "does not exist"),
        (mark(), "claims nothing"),
        (mark("E16.FR.02", versions=("2.0.1",)), "exists only in 2.1"),
        (mark("B01.FR.02", versions=("2.0",)), "a tuple of 1.6, 2.0.1, 2.1"),
        (mark("B01.FR.02", versions="2.1"), "a tuple of"),
        (mark("B01.FR.02", version=("2.1",)), "unknown argument 'version'"),
    ],
)
def test_a_wrong_claim_is_named(wrong: Any, says: str) -> None:
    """Every wrong mark says what is wrong, and an unknown id which ones are near."""
    with pytest.raises(BadClaim, match=says):
        list(claimed(wrong))


def test_a_parametrised_test_complains_once() -> None:
    """The complaint names the test, not each of its parameters."""

    def marks(name: str) -> Iterator[Any]:
        return iter([mark("Z99.FR.99")])

    tests: list[Any] = [SimpleNamespace(nodeid=f"tests/test_a.py::test_b[{n}]", iter_markers=marks) for n in range(3)]
    assert [line.partition(",")[0] for line in complaints(tests)] == [
        "tests/test_a.py::test_b: @pytest.mark.req claims 'Z99.FR.99'"
    ]


@pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["alone", "xdist"])
def test_an_unknown_id_fails_the_run(tmp_path: Path, workers: list[str]) -> None:
    """No test runs, and the person reads test, id and the nearest ids, with workers too."""
    project(tmp_path, "import pytest\n\n@pytest.mark.req('B01.FR.2')\ndef test_typo(): ...\n")
    outcome = run("-m", "pytest", "-q", *workers, cwd=tmp_path)
    assert outcome.returncode != 0
    assert "passed" not in outcome.stdout
    assert "suite/test_it.py::test_typo: @pytest.mark.req claims 'B01.FR.2'" in outcome.stdout + outcome.stderr
    assert "B01.FR.02" in outcome.stdout + outcome.stderr


def test_the_page_says_who_proves_what(tmp_path: Path) -> None:
    """Collected, not run; parameters collapsed; classes named; skipped tests left out; the same bytes twice; no machine path."""
    written = project(tmp_path, PROOFS) / "docs" / "requirements.md"
    assert ledger(tmp_path).returncode == 0
    text = written.read_text(encoding="utf-8")
    assert "| B01.FR.02 | 2.0.1, 2.1 | csms | SHALL | `suite/test_it.py::test_boots` |" in text
    assert "| E16.FR.02 | 2.1 | csms | SHALL | `suite/test_it.py::TestLimits::test_is_kept` |" in text
    assert "| J16:4.1.1 | Synchronicity | 1.6 | `suite/test_it.py::test_boots` |" in text
    assert "| 2.0.1 | B Provisioning | 136 | 1 | 0.7 % |" in text
    assert "test_skipped" not in text
    assert str(tmp_path) not in text
    written.unlink()
    assert ledger(tmp_path).returncode == 0
    assert written.read_text(encoding="utf-8") == text


def test_check_tells_a_stale_page(tmp_path: Path) -> None:
    """Missing or different: exit 1 and how to mend it; nothing is written."""
    project(tmp_path, PROOFS)
    stale = ledger(tmp_path, "--check")
    assert (stale.returncode, (tmp_path / "docs").exists()) == (1, False)
    assert "make ledger" in stale.stderr
    ledger(tmp_path)
    assert ledger(tmp_path, "--check").returncode == 0
    (tmp_path / "docs" / "requirements.md").write_text("old", encoding="utf-8")
    assert ledger(tmp_path, "--check").returncode == 1


@pytest.mark.parametrize(
    ("tests", "says"),
    [
        ("import nothing_of_that_name\n", "nothing_of_that_name"),
        ("import pytest\n@pytest.mark.req('X')\ndef test_x(): ...\n", "'X'"),
    ],
)
def test_tests_that_cannot_be_collected_give_no_page(tmp_path: Path, tests: str, says: str) -> None:
    """A ledger of half the tests would lie: exit 2, the reason, and no page."""
    outcome = ledger(project(tmp_path, tests))
    assert (outcome.returncode, (tmp_path / "docs").exists()) == (2, False)
    assert says in outcome.stderr
    assert "Traceback" not in outcome.stderr


@pytest.mark.parametrize(
    ("ids", "short"),
    [
        ([], ""),
        (["FR.01"], "FR.01"),
        (["A01.FR.01", "A01.FR.02", "A02.FR.09"], "A01.FR.01 02, A02.FR.09"),
        (["A01.FR.01", "A01.FR.05", "A01.FR.06", "A01.FR.07", "A01.FR.315"], "A01.FR.01 05-07 315"),
    ],
)
def test_unproven_ids_are_listed_compactly(ids: list[str], short: str) -> None:
    """The stem once, runs of three or more as a range."""
    assert compact(ids) == short


def test_an_empty_ledger_lists_every_requirement_in_force() -> None:
    """Every use case appears, and what errata removed is not counted."""
    text = page({})
    in_force = [r for by_version in requirements().values() for r in by_version.values() if r.numbered and r.in_force]
    for version in VERSIONS:
        total = sum(r.version == version for r in in_force)
        assert f"| **{version}** | **all** | {total} | 0 | 0.0 % |" in text
    assert all(f"{r.id.rpartition('.')[0]}." in text for r in in_force)
