"""Starts `pilotwire csms` as a program of its own, for benches to test."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pilotwire.clock import SystemClock
from pilotwire.conformance.benches.own_pki import lay_out
from pilotwire.conformance.wire.files import FileServer
from pilotwire.errors import NotReachable

_STARTS_WITHIN = 60.0
_START = "from pilotwire.cli import main; main()"
_OCPP, _API, _KEY, _READY = "Stations connect to", "The HTTP API is at", "The first API key", "Ctrl-C stops it"
_SECURE = "and by TLS to"


@dataclass(frozen=True, slots=True)
class OwnCsms:
    """A CSMS that runs: where stations connect, where its API is, and a key with every scope.

    `secure` is where they connect by TLS, `certificates` the folder with those that bench and CSMS share.
    """

    ocpp: str
    api: str
    key: str
    secure: str = ""
    certificates: str = ""


@contextlib.asynccontextmanager
async def own_csms(folder: Path, options: Sequence[str] = ()) -> AsyncIterator[OwnCsms]:
    """A CSMS with its database and certificates in `folder`, on free ports.

    It has a price for energy, an authority that signs, and a pool of contracts; it plans what EVs need.

    Raises NotReachable if it does not start, ConfigError for a folder that cannot be written to.
    """
    partners = FileServer()
    pki = lay_out(folder / "certificates", SystemClock().now(), partners)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _START,
        "csms",
        "--plain",
        "--ocpp-port",
        "0",
        "--http-port",
        "0",
        "--database",
        f"sqlite:///{folder / 'csms.db'}",
        "--energy-price",
        "0.40",
        "--retry-interval",
        "2",
        "--charging-needs",
        "plan",
        *pki.options,
        "--tls-client-organization",
        "Pilotwire bench",
        *options,
        stdout=PIPE,
        stderr=STDOUT,
        cwd=folder,
    )
    try:
        async with asyncio.timeout(_STARTS_WITHIN):
            said = await _said(process)
        rest = asyncio.create_task(_drained(process))
        yield replace(said, certificates=str(pki.folder))
        rest.cancel()
    except TimeoutError:
        raise NotReachable(f"The CSMS was not up within {_STARTS_WITHIN:g} s.") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        await partners.close()


async def _said(process: Process) -> OwnCsms:
    assert process.stdout is not None
    lines: list[str] = []
    while line := (await process.stdout.readline()).decode("utf-8", "replace").rstrip():
        lines.append(line)
        if _READY in line:
            return OwnCsms(
                _after(lines, _OCPP).removesuffix("/<identity>"),
                _after(lines, _API).removesuffix("/docs"),
                _after(lines, _KEY),
                _after(lines, _SECURE).removesuffix("/<identity>"),
            )
    raise NotReachable(f"The CSMS could not be started: {' '.join(lines[-5:])}")


def _after(lines: Sequence[str], words: str) -> str:
    return next((line.split(words, 1)[1].strip() for line in lines if words in line), "")


async def _drained(process: Process) -> None:
    assert process.stdout is not None
    while await process.stdout.read(4096):
        continue
