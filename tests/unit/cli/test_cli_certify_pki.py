"""`pilotwire certify pki`: a kit is made and answered for by one command each, and what is wrong is told in a sentence."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pilotwire.cli import app


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["certify", "pki", *map(str, arguments)])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A kit, and what was said when it was made."""
    folder = tmp_path_factory.mktemp("lab") / "kit"
    told = run(folder, "--day", "2026-03-01", "--host", "csms.example", "--station", "SN-7", "--no-plug-and-charge")
    assert told.exit_code == 0, told.output
    return folder, told.output


def test_a_kit_is_made_for_the_day_the_hosts_and_the_stations_that_are_said(made: tuple[Path, str]) -> None:
    folder, told = made
    kit = json.loads((folder / "kit.json").read_text())
    broken = sum(1 for one in kit["certificates"] if one["fault"])
    first = f"{len(kit['certificates'])} certificates are in {folder}, {broken} of them broken on purpose."
    assert told.splitlines()[0] == first
    server = next(one for one in kit["certificates"] if one["name"] == "server")
    assert (server["since"], server["subject"][:15]) == ("2026-02-28T00:00:00+00:00", "O=Pilotwire lab")
    assert "CN=csms.example" in server["subject"]
    assert {"station-SN-7", "station-SN-7-revoked-rsa"} <= {one["name"] for one in kit["certificates"]}


def test_what_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    """Also for a user who may write everywhere: below a file there can be no folder."""
    (tmp_path / "mine").write_text("mine")
    wrong = {
        "There is something in": (tmp_path,),
        "No kit can be made in": (tmp_path / "mine" / "kit",),
        "'2026-02-30' is no day.": (tmp_path / "kit", "--day", "2026-02-30"),
        "A00.FR.511": (tmp_path / "kit", "--station", "10.0.0.1"),
        "--rsa-bits": (tmp_path / "kit", "--rsa-bits", "1024"),
        "No such option: --dey": (tmp_path / "kit", "--dey", "2026-02-03"),
        "There is no kit in": ("serve", tmp_path),
        "No such option: --prot": ("serve", tmp_path, "--prot", "1"),
    }
    for told, arguments in wrong.items():
        outcome = run(*arguments)
        assert outcome.exit_code == 2, outcome.output
        assert told in " ".join(outcome.stderr.split())
        assert "Traceback" not in outcome.output
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_port_that_is_taken_is_told(made: tuple[Path, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        outcome = run("serve", made[0], "--port", port)
    assert outcome.exit_code == 2
    assert f"Port {port} on 127.0.0.1 is taken by another program." in outcome.stderr


@pytest.mark.parametrize("arguments", [("--help",), ()])
def test_it_says_what_it_can_do(arguments: tuple[str, ...]) -> None:
    told = run(*arguments).output
    assert "make" in told
    assert "serve" in told
