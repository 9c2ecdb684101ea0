"""`pilotwire csms`: its options, its complaints, and one real run."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import structlog
from typer.testing import CliRunner

from pilotwire import cli
from pilotwire.csms.settings import CsmsSettings

MAIN = "from pilotwire.cli import main; main()"


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    """What a run in this process sets for its log does not outlive the run."""
    yield
    structlog.reset_defaults()


def invoke(*words: str, **env: str) -> tuple[int, str]:
    """Exit code and standard error."""
    outcome = CliRunner().invoke(cli.app, ["csms", *words], env=env)
    return outcome.exit_code, outcome.stderr


def test_every_setting_is_an_option() -> None:
    """Whatever can be set in the file can be set on the command line."""
    command = cli.load(next(verb for verb in cli.VERBS if verb.name == "csms"))
    names = {parameter.name for parameter in command.params}
    assert set(CsmsSettings.model_fields) - names == set()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--ocpp-port", "99999"], "--ocpp-port is 99999"),
        (["--unknown-stations", "maybe"], "accept, pending or reject"),
        (["--no-auth", "--host", "0.0.0.0"], "--no-auth"),
        (["--config", "/no/such/file.toml"], "/no/such/file.toml"),
        (["--database", "oracle://x"], "oracle"),
        (["--host", "no.such.host.invalid", "--database", "memory:"], "no.such.host.invalid"),
    ],
)
def test_settings_that_cannot_be_used(words: list[str], told: str) -> None:
    """A sentence with the place, exit code 2, no traceback."""
    code, complaint = invoke(*words)
    assert code == 2
    assert told in complaint.replace("\n", " ")
    assert "Traceback" not in complaint


def test_the_environment_and_the_file_are_named(tmp_path: Path) -> None:
    """A complaint says where the wrong value was said."""
    file = tmp_path / "pilotwire.toml"
    file.write_text("[csms]\nhost = '127.0.0.1'\nhttp_port = 'x'\n")
    code, complaint = invoke("--config", str(file))
    assert code == 2
    assert "line 3" in complaint
    code, complaint = invoke(PILOTWIRE_CALL_TIMEOUT="-1")
    assert code == 2
    assert "PILOTWIRE_CALL_TIMEOUT" in complaint


def start(folder: Path, *words: str) -> tuple[subprocess.Popen[str], str]:
    """A CSMS of its own with ports of its own, and what it said until it was ready."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PILOTWIRE_")}
    process = subprocess.Popen(
        [sys.executable, "-c", MAIN, "csms", "--ocpp-port", "0", "--http-port", "0", *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    said = ""
    assert process.stdout is not None
    while "Ctrl-C" not in said:
        line = process.stdout.readline()
        assert line, process.communicate()
        said += line
    return process, said


def stop(process: subprocess.Popen[str], number: int = signal.SIGINT) -> str:
    """Ask it to stop; gives the rest of what it said."""
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "Traceback" not in err
    return out + err


def test_a_csms_runs_and_stops(tmp_path: Path) -> None:
    """It prints its real ports and, once in its life, the first API key; Ctrl-C ends it even while somebody listens."""
    process, said = start(tmp_path)
    try:
        stations = re.search(r"ws://127\.0\.0\.1:(\d+)/<identity>", said)
        api = re.search(r"(http://127\.0\.0\.1:\d+)/docs", said)
        key = re.search(r"pw_[A-Za-z0-9_-]{43}", said)
        assert stations is not None
        assert int(stations[1]) > 0
        assert api is not None
        assert key is not None
        headers = {"X-API-Key": key[0]}
        assert httpx.get(f"{api[1]}/health").json()["status"] == "ok"
        assert httpx.get(f"{api[1]}/api/v1/stations").status_code == 401
        assert httpx.get(f"{api[1]}/api/v1/stations", headers=headers).json()["items"] == []
        with httpx.stream("GET", f"{api[1]}/api/v1/events", headers=headers, timeout=30) as events:
            assert next(events.iter_text()).startswith("retry:")
            assert key[0] not in stop(process)
    finally:
        process.kill()
        process.communicate()
    again, said = start(tmp_path)
    try:
        assert "pw_" not in said
        stop(again, signal.SIGTERM)
    finally:
        again.kill()
        again.communicate()


def test_a_lab_has_no_keys(tmp_path: Path) -> None:
    """With --no-auth no key is made, and it says that it is for a lab."""
    process, said = start(tmp_path, "--no-auth", "--database", "memory:")
    try:
        assert "pw_" not in said
        assert "for a lab only" in said
        api = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert api is not None
        assert httpx.get(f"{api[0]}/api/v1/keys").json() == []
        stop(process)
    finally:
        process.kill()
        process.communicate()
