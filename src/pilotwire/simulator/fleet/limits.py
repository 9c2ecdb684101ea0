"""What many connections in one process need of the machine: open files, and a fast event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from pilotwire.errors import ConfigError
from pilotwire.simulator.fleet.scenario import Scenario

_SPARE = 200
"""Open files beside the connections."""


def raise_file_limit(connections: int) -> None:
    """Allow as many open files as that needs; raises `ConfigError` where the machine does not."""
    try:
        import resource
    except ImportError:  # no such limit on this platform
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _SPARE
    if soft >= wanted or soft == resource.RLIM_INFINITY:
        return
    try:
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (wanted, max(hard, wanted) if hard != resource.RLIM_INFINITY else hard)
        )
    except (ValueError, OSError):
        what = f"{connections} connections need {wanted} open files; this machine allows {hard}."
        raise ConfigError(what, f"Raise the limit (ulimit -n {wanted}), or run fewer stations in a process.") from None


def files_of(scenario: Scenario) -> int:
    """Open files of one station: a connection, or by SOAP two connections, its own port, and a request of the CSMS in it."""
    return 4 if any(kind.transport == "soap" or kind.ocpp == "1.5" for kind in scenario.fleet) else 1


def fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where it installs, the usual loop elsewhere."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
