"""`pilotwire doctor URL` as people run it, with all its probes, against our own CSMS: healthy, and with one thing wrong at a time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from typer.testing import CliRunner

from pilotwire.cli import app
from pilotwire.csms.app import Csms
from tests.support.csms_stage import STATION
from tests.support.csms_stage_tls import PASSWORD, secured
from tests.support.doctor_servers import Backend, free_port, serving
from tests.support.lab_pki import Pki


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """A lab with client certificates of the station and of another."""
    return Pki.made_in(tmp_path_factory.mktemp("pki"), STATION, "CS002")


@asynccontextmanager
async def backend(pki: Pki, profile: int = 2, **settings: Any) -> AsyncIterator[Csms]:
    """Our CSMS with the station on record."""
    async with secured(pki, profile, **settings) as (csms, _):
        yield csms


async def doctor(*arguments: str) -> tuple[int, Any]:
    """The exit code, and the report."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "report.json"
        said = ["doctor", *arguments, "--json", str(file), "--timeout", "5"]
        ran = await asyncio.to_thread(CliRunner().invoke, app, said, env={"NO_COLOR": "1"})
        assert file.exists(), ran.output
        return ran.exit_code, json.loads(file.read_text())


def brings(pki: Pki, name: str = STATION) -> list[str]:
    """The options for a client certificate."""
    return [
        "--certificate",
        str(pki.folder / f"station-{name}.pem"),
        "--key",
        str(pki.folder / f"station-{name}-key.pem"),
    ]


def trusts(pki: Pki) -> list[str]:
    """The options for the identity and the root."""
    return ["--id", STATION, "--root", str(pki.folder / "ca.pem")]


def above_notes(report: Any) -> list[str]:
    """What is worse than worth knowing."""
    return [f"{each['rule']}: {each['what']}" for each in report["findings"] if each["severity"] != "note"]


async def test_a_healthy_backend_of_profile_2(pki: Pki) -> None:
    """No false finding; every step was asked."""
    async with backend(pki) as csms:
        code, report = await doctor(f"{csms.urls.ocpp_tls}", *trusts(pki), "--password", PASSWORD)
    assert (code, above_notes(report)) == (0, [])
    assert report["verdict"] == "Nothing stands in its way." or report["findings"][0]["severity"] == "note"
    assert not [each for each in report["skipped"] if "It does not come to that" in each["why"]]


async def test_a_healthy_backend_of_profile_3(pki: Pki) -> None:
    """With the station's own certificate."""
    async with backend(pki, 3) as csms:
        code, report = await doctor(f"{csms.urls.ocpp_tls}", *trusts(pki), *brings(pki))
    assert (code, above_notes(report)) == (0, [])


@pytest.mark.parametrize(
    ("profile", "arguments", "rule"),
    [
        (2, ["{url}", "--id", STATION, "--password", PASSWORD], "certificate.root-not-trusted"),
        (2, ["{url}", "TRUST", "--password", "not-the-right-password"], "upgrade.password-refused"),
        (2, ["{url}", "TRUST"], "upgrade.password-needed"),
        (3, ["{url}", "TRUST", "--password", PASSWORD], "upgrade.forbidden"),
        (3, ["{url}", "TRUST", "OTHER"], "upgrade.forbidden"),
        (2, ["{plain}", "--id", STATION, "--password", PASSWORD], "upgrade.forbidden"),
        (2, ["{closed}", "TRUST", "--password", PASSWORD], "port.refused"),
        (2, ["{mixed}", "TRUST", "--password", PASSWORD], "port."),
        (2, ["wss://no.such.host.invalid/", "TRUST"], "name."),
    ],
    ids=[
        "root not trusted",
        "wrong password",
        "no password",
        "a password where a certificate is demanded",
        "another's certificate",
        "plain where TLS is demanded",
        "port closed",
        "wss on the port without TLS",
        "no such name",
    ],
)
async def test_the_cause_is_named_first(pki: Pki, profile: int, arguments: list[str], rule: str) -> None:
    """With exit code 1, and what cannot be asked any more left out."""
    async with backend(pki, profile) as csms:
        places = {
            "{url}": str(csms.urls.ocpp_tls),
            "{plain}": str(csms.urls.ocpp),
            "{closed}": f"wss://127.0.0.1:{free_port()}",
            "{mixed}": str(csms.urls.ocpp).replace("ws://", "wss://"),
        }
        spread = {"TRUST": trusts(pki), "OTHER": brings(pki, "CS002")}
        said = [part for each in arguments for part in spread.get(each, [places.get(each, each)])]
        code, report = await doctor(*said)
    assert report["findings"][0]["rule"].startswith(rule), above_notes(report)
    assert (code, report["worst"]) == (1, "fatal")
    assert report["findings"][0]["remedy"]
    assert report["verdict"].startswith("It cannot dock: ")


async def test_a_page_for_people_and_one_for_programs(pki: Pki, tmp_path: Path) -> None:
    """Both are whole, and hold the same."""
    async with serving(Backend(speaks=("ocpp1.5",))) as port:
        files = ["--html", str(tmp_path / "r.html")]
        code, report = await doctor(f"ws://127.0.0.1:{port}/ocpp", "--id", STATION, "--password", "x" * 20, *files)
    assert code == 1
    page = (tmp_path / "r.html").read_text()
    assert report["findings"][0]["rule"] in page
    assert "<script" not in page


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["http://host/"], "is not the URL of an OCPP backend"),
        (["ws://host", "--ocpp", "3.0"], "OCPP 3.0 is not spoken here"),
        (["ws://host", "--profile", "nobody"], "There is no platform profile 'nobody'"),
        (["ws://host", "--root", "/no/file.pem"], "cannot be read"),
        (["ws://host", "--step", "luck"], "There is no step 'luck'"),
        (["ws://host", "--proxy", ":::"], "is no proxy"),
        (["ws://host", "--id", ""], "identity of the station is empty"),
        (["read", "/no/such/file"], "file"),
        (["listen", "--certificate", "/no.pem", "--key", "/no.key", "--wait", "1"], "cannot be used"),
    ],
)
def test_what_cannot_be_asked(arguments: list[str], said: str) -> None:
    """A sentence and exit code 2."""
    ran = CliRunner().invoke(app, ["doctor", *arguments], env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert ran.exit_code == 2, ran.output
    assert said in ran.output
    assert "Traceback" not in ran.output


def test_the_lists() -> None:
    """Rules and profiles can be read."""
    for verb, expected in (("rules", "sni"), ("profiles", "sap-e-mobility")):
        ran = CliRunner().invoke(app, ["doctor", verb], env={"COLUMNS": "240", "NO_COLOR": "1"})
        assert ran.exit_code == 0
        assert expected in ran.output
