"""What is done at a station of a host by itself, at its times: the script it was made with (in paths of its control port)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from pilotwire.errors import ConfigError, PilotwireError
from pilotwire.station.control.acts import ACTS
from pilotwire.station.control.bodies import ScriptLine
from pilotwire.station.control.hosted import Hosted

_log = structlog.get_logger("pilotwire.station.script")


def check_script(lines: Sequence[ScriptLine]) -> None:
    """See that everything in a script can be done; raises `ConfigError` that says which line cannot."""
    for number, line in enumerate(lines, 1):
        if line.do not in ACTS:
            what = f"Line {number} of the script cannot do {line.do!r}."
            raise ConfigError(what, f"It can do {', '.join(ACTS)}.")
        try:
            ACTS[line.do].read(line.give)
        except ConfigError as error:
            raise ConfigError(f"Line {number} of the script: {error.what}", error.remedy) from None


async def play(lines: Sequence[ScriptLine], hosted: Hosted, speed: float) -> None:
    """Do each line when its time has come, `speed` times as fast as life; what cannot be done then is told in the log."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    for line in sorted(lines, key=lambda one: one.at):
        await asyncio.sleep(began + line.at / speed - loop.time())
        act, identity = ACTS[line.do], hosted.station.identity
        try:
            hosted.check_alive()
            await act.on(hosted, act.read(line.give))
        except PilotwireError as error:
            _log.warning("a line of the script could not be done", station=identity, do=line.do, why=str(error))


__all__ = ["check_script", "play"]
