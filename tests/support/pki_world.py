"""An authority for tests: its office in a folder, its verbs, its server, and OpenSSL as somebody else who judges."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from pilotwire import cli
from pilotwire.ca import Office
from pilotwire.ca.founding import Plan, found, hierarchies_of
from pilotwire.ca.safe import told
from pilotwire.ca.server import create_app
from pilotwire.ca.server.peer import PeerProtocol, Tls
from pilotwire.ca.settings import ServeSettings
from pilotwire.clock import Clock, ManualClock, SystemClock
from pilotwire.pki import KeyKind, Subject
from pilotwire.pki.keys import SigningKey, new_key
from pilotwire.pki.requests import request_for
from pilotwire.serving import WebServer

PASSWORD = "correct horse"
ENVIRONMENT = {"PILOTWIRE_PKI_PASSWORD": PASSWORD, "COLUMNS": "220", "NO_COLOR": "1"}
EST = {"est_user": "lab", "est_password": "est-password-1"}
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def an_office(folder: Path, clock: Clock | None = None, hierarchies: str = "csms", **plan: Any) -> Office:
    """A new authority of Volta's, open."""
    office = Office.create(folder, told(PASSWORD), clock or SystemClock())
    found(office, Plan(hierarchies_of(hierarchies), "Volta", **plan), "a test")
    return office


def same_office(folder: Path, clock: Clock | None = None, password: str = PASSWORD) -> Office:
    """The authority of a folder, open."""
    return Office.open(folder, told(password), clock or SystemClock())


def a_clock(days: float = 0) -> ManualClock:
    """A clock that stands so many days after new year."""
    return ManualClock(NEW_YEAR + timedelta(days=days))


def a_key() -> SigningKey:
    """A quick key."""
    return new_key(KeyKind.EC_P256)


def a_request(name: str = "SN-1", organization: str = "Volta", key: SigningKey | None = None, *names: str) -> str:
    """A request in PEM."""
    return request_for(Subject(name, organization), key or a_key(), names)


def pki(*arguments: object, input: str | None = None, **environment: str) -> Result:
    """`pilotwire pki ...` in this process; passwords come from the environment."""
    return CliRunner().invoke(
        cli.app, ["pki", *map(str, arguments)], input=input, env={**ENVIRONMENT, **environment}, catch_exceptions=False
    )


def program(*arguments: object) -> list[str]:
    """The command of `pilotwire pki ...` as a process of its own."""
    return [sys.executable, "-c", "from pilotwire.cli import main; main()", "pki", *map(str, arguments)]


def process_environment(**more: str) -> dict[str, str]:
    """The environment of such a process."""
    return {**os.environ, **ENVIRONMENT, **more}


def openssl(*arguments: object, data: bytes | None = None) -> subprocess.CompletedProcess[str]:
    """OpenSSL says its own; what it says on standard error is in `stdout` too."""
    done = subprocess.run(
        ["openssl", *map(str, arguments)],
        input=data,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode("utf-8", "replace"), "")


async def openssl_meanwhile(*arguments: object, data: bytes | None = None) -> subprocess.CompletedProcess[str]:
    """The same, while a server of this event loop answers it."""
    return await asyncio.to_thread(openssl, *arguments, data=data)


@asynccontextmanager
async def served(office: Office, **settings: Any) -> AsyncIterator[WebServer]:
    """The server of an authority on a free port."""
    said = ServeSettings(port=0, **settings)
    tls = Tls(office, said) if said.tls else None
    context = tls.context if tls else None
    app = create_app(office, said)
    async with WebServer(app, said.host, 0, name="test", ssl_context=context, protocol=PeerProtocol) as server:
        yield server
