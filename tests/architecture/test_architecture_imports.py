"""Import directions: the contracts of pyproject.toml hold, and the protocol is free of I/O when it is loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.source_tree import PACKAGE, ROOT, modules, place

LINT = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(config_filename=sys.argv[1], no_cache=True))"
HEAVY = ("asyncio", "websockets", "fastapi", "uvicorn", "sqlalchemy", "sqlite3", "httpx", "socket", "ssl", "threading")
LOADED = """
import sys
import cryptography.x509  # the trust floor's library; what it loads for itself is not ours
before = set(sys.modules)
import {modules}
print(" ".join(name for name in {heavy} if name in sys.modules and name not in before))
"""


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter in the project's folder."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False
    )


def test_import_contracts_hold() -> None:
    """import-linter keeps the architecture's table of who may import whom."""
    outcome = python("-c", LINT, str(ROOT / "pyproject.toml"))
    assert outcome.returncode == 0, outcome.stdout[-3000:] + outcome.stderr[-2000:]
    assert "0 broken" in outcome.stdout


def test_a_broken_contract_is_seen(tmp_path: Path) -> None:
    """The run above is no formality: a contract that today's tree breaks makes it fail."""
    contract = (
        '[tool.importlinter]\nroot_package = "pilotwire"\ninclude_external_packages = true\n'
        '[[tool.importlinter.contracts]]\nname = "no time"\ntype = "forbidden"\n'
        'source_modules = ["pilotwire.clock"]\nforbidden_modules = ["time"]\n'
    )
    (tmp_path / "pyproject.toml").write_text(contract, encoding="utf-8")
    outcome = python("-c", LINT, str(tmp_path / "pyproject.toml"))
    assert outcome.returncode == 1
    assert "pilotwire.clock -> time" in outcome.stdout


PURE_ROOMS = [
    room
    for room in ("ocpp", "ocpi", "domain", "dialects", "station/core", "pki", "iso15118")
    if (PACKAGE / room).is_dir()
]


def test_the_protocol_is_a_room() -> None:
    """What the next test walks is there."""
    assert {"ocpp", "domain", "dialects", "station/core"} <= set(PURE_ROOMS)


@pytest.mark.parametrize("room", PURE_ROOMS)
def test_pure_rooms_load_without_io(room: str) -> None:
    """Who only wants the protocol gets no event loop, no sockets, no server and no database with it (`net` apart)."""
    inside = [module for module in modules() if place(module).startswith(f"{room}/") and "/net/" not in place(module)]
    names = [
        ".".join(("pilotwire", *place(module).removesuffix(".py").removesuffix("/__init__").split("/")))
        for module in inside
    ]
    outcome = python("-c", LOADED.format(modules=", ".join(names), heavy=HEAVY))
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.stdout.strip() == ""
