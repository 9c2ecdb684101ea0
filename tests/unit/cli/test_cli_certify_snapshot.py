"""`pilotwire certify snapshot`, `diff` and `freeze`: what they say, their exit codes, and what cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pilotwire.cli import app
from pilotwire.conformance.catalogue import keys16
from pilotwire.conformance.certify.snapshot_pages import write_snapshot
from pilotwire.conformance.certify.snapshot_record import Snapshot, Variable
from tests.support.recorded_runs import NOON, Recording, kept


def run(*arguments: object, group: str = "certify") -> Result:
    return CliRunner().invoke(app, [group, *map(str, arguments)], env={"COLUMNS": "200", "NO_COLOR": "1"})


def snapshot(folder: Path, *variables: Variable, firmware: str = "2.3") -> Path:
    taken = Snapshot(NOON, "1.6", "CS001", "Volta", "One", "7", firmware, list(variables))
    return write_snapshot(folder, taken)[0]


def refused(told: str, *arguments: object) -> None:
    outcome = run(*arguments)
    assert outcome.exit_code == 2, outcome.output
    assert told in " ".join(outcome.stderr.split())
    assert "Traceback" not in outcome.output


# --- diff ----------------------------------------------------------------------------------------------------------------------------


def test_a_difference_is_told_and_the_exit_code_is_1(tmp_path: Path) -> None:
    before = snapshot(tmp_path / "old", Variable("HeartbeatInterval", "60", "integer"))
    after = snapshot(tmp_path / "new", Variable("HeartbeatInterval", "30", "integer"), Variable("Own", "x"))
    told = run("diff", before, tmp_path / "new")
    assert told.exit_code == 1
    assert [line.split() for line in told.stdout.splitlines()] == [
        ["variable", "what", "before", "after"],
        ["HeartbeatInterval", "value", "60", "30"],
        ["Own", "added", "x,", "ReadWrite"],
    ]
    assert "2 things are another." in told.stderr
    assert run("diff", after, after).stdout.strip() == "Nothing is another."


def test_snapshots_that_cannot_be_compared_are_a_sentence(tmp_path: Path) -> None:
    good, bad = snapshot(tmp_path / "good"), tmp_path / "bad.json"
    bad.write_text("{}")
    refused("There is no snapshot in", "diff", good, tmp_path / "none")
    refused("There is no snapshot in", "diff", tmp_path, good)
    refused("bad.json is not a snapshot", "diff", good, bad)
    refused("Missing argument", "diff", good)
    refused("No such option", "diff", good, good, "--json")


# --- freeze --------------------------------------------------------------------------------------------------------------------------


def test_a_frozen_build_is_checked_and_void_runs_are_shown_everywhere(tmp_path: Path) -> None:
    dossier, build = tmp_path / "lab", tmp_path / "volta.bin"
    build.write_bytes(b"one")
    made = Recording("TC_001_CS")
    made.boots(firmware="2.3")
    run_folder = kept(dossier / "runs" / "core", [made])
    frozen = run("freeze", dossier, build, "--firmware-version", "2.3")
    assert frozen.exit_code == 0, frozen.output
    assert "volta.bin, version 2.3, 3 bytes" in frozen.output
    assert "No run is void." in frozen.output
    assert run("freeze", dossier, "--check").exit_code == 0
    assert "void" not in run("report", run_folder, group="test").output

    build.write_bytes(b"two")
    changed = run("freeze", dossier, "--check")
    assert changed.exit_code == 1
    assert "the build has changed: volta.bin is version 2.3" in changed.stderr
    assert "1 run is void" in changed.stderr
    assert "This run is void: the build has changed" in run("report", run_folder, group="test").output
    assert "This run is void." in (run_folder / "index.html").read_text()

    nobody = tmp_path / "plan.toml"
    nobody.write_text('[bench]\nkind = "person"\nhands = false\n')
    options = ("--ocpp", "1.6", "--plan", nobody, "--results", run_folder, "--resume")
    looked = run("station", "TC_001_CS", *options, group="test")
    assert "The build has changed since it was frozen: this run will not count for it." in looked.stderr

    build.write_bytes(b"one")
    snapshot(dossier, firmware="2.2")
    other = run("freeze", dossier, build, "--check")
    assert other.exit_code == 1
    assert "the snapshot is of firmwareVersion 2.2, not 2.3" in other.stderr


def test_what_cannot_be_frozen_or_checked_is_a_sentence(tmp_path: Path) -> None:
    build = tmp_path / "volta.bin"
    build.write_bytes(b"one")
    lab = tmp_path / "lab"
    refused("No firmware is named.", "freeze", lab)
    refused("The build has no version.", "freeze", lab, build)
    refused("cannot be read: No such file", "freeze", lab, tmp_path / "none", "--firmware-version", "1")
    refused("is no file", "freeze", lab, tmp_path, "--firmware-version", "1")
    refused("is no firmwareVersion", "freeze", lab, build, "--firmware-version", "x" * 51)
    refused("No build is frozen in", "freeze", lab, "--check")
    refused("cannot be made", "freeze", build, build, "--firmware-version", "1")
    assert not lab.exists()


# --- snapshot ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by_pics", [True, False])
def test_a_csms_has_no_snapshot(tmp_path: Path, by_pics: bool) -> None:
    if by_pics:
        assert run("pics", tmp_path / "pics", "--role", "csms").exit_code == 0
    told = run("snapshot", tmp_path, *(() if by_pics else ("--role", "csms")))
    assert told.exit_code == 0
    assert "There is no snapshot of a CSMS: it has no configuration that can be read over OCPP." in told.output
    assert not (tmp_path / "snapshot").exists()


def test_a_snapshot_is_held_again_against_runs_that_came_later(tmp_path: Path) -> None:
    """What was measured when it was taken stays; a run that is void is not measured."""
    keys = [Variable("HeartbeatInterval", "300", "integer"), *_required()]
    snapshot(tmp_path, *keys)
    made = Recording("TC_008_CS")
    made.boots(interval=60, firmware="2.3")
    for second in (30, 60, 90):
        made.station(second, "Heartbeat")
    kept(tmp_path / "runs" / "core", [made])
    told = run("snapshot", tmp_path, "--again")
    assert told.exit_code == 1
    assert "HeartbeatInterval is declared as 60 s, but heartbeats come each 30 s" in told.output
    assert "core/TC_008_CS 3, core/TC_008_CS 5, core/TC_008_CS 7" in " ".join(told.output.split())
    assert "core/TC_008_CS: 3 Heartbeat.req" in (tmp_path / "snapshot" / "snapshot.md").read_text()
    build = tmp_path / "volta.bin"
    build.write_bytes(b"one")
    assert run("freeze", tmp_path, build, "--firmware-version", "2.4").exit_code == 0
    assert "Nothing could be measured." in run("snapshot", tmp_path, "--again").output
    refused("With --again no device is connected.", "snapshot", tmp_path, "--again", "--ocpp", "1.6")


def _required() -> list[Variable]:
    """All that a station of 1.6 has to tell."""
    types = {"boolean": "true", "integer": "1"}
    access = {"R": "ReadOnly"}
    return [
        Variable(one.key, types.get(one.type, ""), one.type, mutability=access.get(one.access, "ReadWrite"))
        for one in keys16()
        if one.required == "yes" and one.key != "HeartbeatInterval"
    ]


def test_a_snapshot_that_cannot_be_taken_is_a_sentence(tmp_path: Path) -> None:
    plan, file, lab = tmp_path / "plan.toml", tmp_path / "file", tmp_path / "lab"
    plan.write_text('ocpp = "1.6"\n[bench]\nkind = "robot"\n')
    file.write_text("")
    refused("There is no bench 'robot'.", "snapshot", lab, "--plan", plan)
    refused("The plan is for OCPP 1.6, not 2.0.1.", "snapshot", lab, "--plan", plan, "--ocpp", "2.0.1")
    refused("cannot be read", "snapshot", lab, "--plan", tmp_path / "none.toml")
    refused("Nobody called 'dog' is certified.", "snapshot", lab, "--role", "dog")
    refused("Invalid value for '--ocpp'", "snapshot", lab, "--ocpp", "1.5")
    refused("Invalid value for '--observe'", "snapshot", lab, "--observe", "-1")
    refused("file is no folder.", "snapshot", file)
    refused("There is no snapshot in", "snapshot", lab, "--again")
    (lab / "pics").mkdir(parents=True)
    (lab / "pics" / "pics.json").write_text("{}")
    refused("is not the data of a PICS", "snapshot", lab)
    assert not (lab / "snapshot").exists()
