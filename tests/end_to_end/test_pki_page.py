"""The commands of docs/pki.md, one after the other as they are printed, in one folder."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.support.pki_world import pki

PAGE = Path(__file__).parents[2] / "docs" / "pki.md"
_NOT_HERE = ("pki serve", "pki enroll", "--watch", "--token-library")
"""What runs until it is stopped, and what needs a token: other tests run these."""


def commands() -> list[list[str]]:
    """The command lines of the page."""
    blocks = re.findall(r"```\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [shlex.split(line) for line in lines if not any(each in line for each in (*_NOT_HERE, "export "))]


def test_the_commands_of_the_page_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(commands()) >= 13
    for words in commands():
        if words[0] == "openssl":
            subprocess.run(words, check=True, capture_output=True, env={**os.environ})
            continue
        assert words[:2] == ["pilotwire", "pki"]
        said = pki(*words[2:])
        assert said.exit_code == 0, f"{shlex.join(words)}: {said.output}"
    for made in (
        "server/csms.example.org.pem",
        "stations/SN-0001.p12",
        "SN-0002.pem",
        "crls/csms-ca.crl",
        "mo-root-by-v2g.pem",
    ):
        assert (tmp_path / made).exists()
