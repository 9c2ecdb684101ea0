"""What a program tells on the console: structured events, written for people."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import Literal, TextIO, cast

import structlog

LogLevel = Literal["debug", "info", "warning", "error"]


def configure_logging(level: LogLevel = "info", *, stream: TextIO | None = None) -> None:
    """Write events of at least `level` to `stream` (standard error by default), one line each, in colour on a terminal.

    For the whole process: doors call it once, libraries never. A stream that cannot be written (its disk is full, its reader gone)
    loses lines; what wanted to tell something goes on.
    """
    target = _Forgiving(sys.stderr if stream is None else stream)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            # plain: rich tracebacks show local variables, which may be passwords (A01.FR.12)
            structlog.dev.ConsoleRenderer(colors=target.isatty(), exception_formatter=structlog.dev.plain_traceback),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, target)),
        cache_logger_on_first_use=False,
    )


class _Forgiving:
    """A stream on which writing never fails: work must not end because nobody can be told of it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.isatty = stream.isatty

    def write(self, text: str) -> int:
        """Write if possible."""
        with suppress(OSError, ValueError):  # ValueError: it was closed
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush if possible."""
        with suppress(OSError, ValueError):  # ValueError: it was closed
            self._stream.flush()
