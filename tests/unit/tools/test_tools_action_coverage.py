"""The coverage page: derived from the code, complete, the same bytes every time, and current in the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from pilotwire.ocpp.registry import ACTIONS
from pilotwire.ocpp.version import OcppVersion
from tools import action_coverage
from tools.action_coverage import Coverage, coverage_of, main, page


@pytest.mark.parametrize("version", OcppVersion)
def test_no_cell_is_empty(version: OcppVersion) -> None:
    """Every action of every version has a service, and a test that plays it, in each direction it has."""
    others = {
        (action.name, sender): found
        for action in ACTIONS[version].values()
        for sender in ("csms", "station")
        if action.sender in (sender, "both") and (found := coverage_of(action, sender)) is not Coverage.TESTED
    }
    assert others == {}


@pytest.mark.parametrize(
    ("version", "name", "sender", "coverage"),
    [
        (OcppVersion.V16, "RemoteStartTransaction", "csms", Coverage.SERVICE),
        (OcppVersion.V16, "StartTransaction", "station", Coverage.SERVICE),
        (OcppVersion.V201, "DataTransfer", "csms", Coverage.SERVICE),
        (OcppVersion.V201, "DataTransfer", "station", Coverage.SERVICE),
    ],
)
def test_without_a_case_it_is_not_tested(
    monkeypatch: pytest.MonkeyPatch, version: OcppVersion, name: str, sender: str, coverage: Coverage
) -> None:
    """A service alone is no proof."""
    monkeypatch.setattr(action_coverage, "_tested", lambda _: frozenset())
    assert coverage_of(ACTIONS[version][name], sender) is coverage


@pytest.mark.parametrize(
    ("version", "name", "sender", "coverage"),
    [
        (OcppVersion.V16, "GetDiagnostics", "csms", Coverage.PASS_THROUGH),
        (OcppVersion.V201, "StatusNotification", "station", Coverage.ACKNOWLEDGED),
        (OcppVersion.V21, "NotifyPeriodicEventStream", "station", Coverage.LOGGED),
        (OcppVersion.V21, "VatNumberValidation", "station", Coverage.NOT_SUPPORTED),
    ],
)
def test_what_becomes_of_an_action_without_a_service(
    monkeypatch: pytest.MonkeyPatch, version: OcppVersion, name: str, sender: str, coverage: Coverage
) -> None:
    """One example of each kind; what the wire shows is proven by the tests of every action."""
    monkeypatch.setattr(action_coverage, "_handled", lambda _: frozenset())
    monkeypatch.setattr(action_coverage, "_commanded", lambda _: frozenset())
    assert coverage_of(ACTIONS[version][name], sender) is coverage


def test_every_action_of_every_version_has_its_line() -> None:
    """In the tables of its direction, the CSMS's and our station's; DataTransfer is in both."""
    _, to_station, to_csms = page().split("\n## From the ")
    to_csms, taken, said = to_csms.split("\n## Our station: ")
    for actions in ACTIONS.values():
        for action in actions.values():
            line = f"| {action.street.replace('_', ' ')} | {action.name} | "
            sent, heard = action.sender != "station", action.sender != "csms"
            counts = [table.count(line) for table in (to_station, taken, to_csms, said)]
            assert counts == [sent, sent, heard, heard]


def test_the_page_in_the_repository_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    """Else: `make coverage`."""
    assert main(["--check"]) == 0, capsys.readouterr().err


def test_a_stale_page_is_told_and_written_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--check` changes nothing; without it the page is written, the same every time."""
    target = tmp_path / "docs" / "coverage.md"
    assert main(["--check", "--root", str(tmp_path)]) == 1
    assert "make coverage" in capsys.readouterr().err
    assert not target.exists()
    assert main(["--root", str(tmp_path)]) == 0
    first = target.read_bytes()
    assert main(["--check", "--root", str(tmp_path)]) == 0
    target.write_bytes(first + b"edited by hand\n")
    assert main(["--check", "--root", str(tmp_path)]) == 1
    assert main(["--root", str(tmp_path)]) == 0
    assert target.read_bytes() == first
