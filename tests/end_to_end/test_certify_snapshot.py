"""A configuration snapshot of our own station, which runs as a program of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pilotwire.cli import app
from pilotwire.conformance.certify.snapshot_record import Variable, read_snapshot


def certify(*arguments: object) -> tuple[int, str]:
    ran = CliRunner().invoke(app, ["certify", *map(str, arguments)], env={"COLUMNS": "200", "NO_COLOR": "1"})
    return ran.exit_code, ran.output


@pytest.fixture
def quick(tmp_path: Path) -> Path:
    """A plan with the shortest interval of heartbeats there is."""
    plan = tmp_path / "plan.toml"
    plan.write_text("[settings]\nheartbeat_interval = 1\n")
    return plan


def test_the_device_model_is_read_and_the_heartbeats_are_timed(tmp_path: Path, quick: Path) -> None:
    dossier = tmp_path / "lab"
    assert certify("pics", dossier / "pics")[0] == 0
    code, said = certify("snapshot", dossier, "--plan", quick, "--observe", "3.5")
    taken = read_snapshot(dossier)
    assert (taken.ocpp, taken.vendor, taken.model, taken.findings) == ("2.0.1", "Pilotwire", "Bench", []), said
    by_name = {one.name: one for one in taken.variables}
    assert by_name["AlignedDataCtrlr.Interval"].unit == "s"
    assert "Authorized" in by_name["TxCtrlr.TxStartPoint"].values
    assert by_name["EVSE@2.Power"].maximum == 22080
    assert by_name["SecurityCtrlr.BasicAuthPassword"].value is None
    # what was read is what was declared before anything was set
    assert by_name["OCPPCommCtrlr.HeartbeatInterval"].value == "300"
    # a machine that is busy may keep the station from its interval: then it is told, and never passed over
    assert code == (1 if taken.contradictions else 0), said
    beats = [one for one in taken.measured if one.declared == "1 s"]
    assert {one.about for one in beats} == {"OCPPCommCtrlr.HeartbeatInterval"}
    assert {frame.run for one in beats for frame in one.frames} == {"snapshot"}


def test_the_keys_of_16_are_read_and_nothing_differs_from_itself(tmp_path: Path) -> None:
    code, said = certify("snapshot", tmp_path, "--ocpp", "1.6", "--observe", "0")
    assert code == 0, said
    taken = read_snapshot(tmp_path)
    by_name = {one.name: one for one in taken.variables}
    assert by_name["NumberOfConnectors"] == Variable("NumberOfConnectors", "2", "integer", mutability="ReadOnly")
    assert "AuthorizationKey" not in by_name or by_name["AuthorizationKey"].value is None
    assert taken.measured == []
    assert certify("diff", tmp_path, tmp_path / "snapshot")[0] == 0
