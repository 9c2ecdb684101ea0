"""What the bench makes for the occasion, by the name cases ask for it with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

Maker = Callable[..., Any]
"""Gets the scene first, then the details by name."""

MAKERS: Final[dict[str, Maker]] = {}


def maker(name: str) -> Callable[[Maker], Maker]:
    """Make the function the maker of this."""

    def enter(function: Maker) -> Maker:
        MAKERS[name] = function
        return function

    return enter


@maker("url")
def url_of(scene: Any, endpoint: str = "other") -> str:
    """Where one of the tester's endpoints is, without the identity."""
    return str(scene.end.endpoint(endpoint).url)


@maker("subprotocol")
def subprotocol_of(scene: Any) -> str:
    """The WebSocket subprotocol of the version of OCPP that is tested."""
    return str(scene.counterpart.version.subprotocol)


from pilotwire.conformance.runner import (  # noqa: E402 - their makers enter themselves here
    calling,  # noqa: F401
    certificates,  # noqa: F401
    contracts,  # noqa: F401
    firmware,  # noqa: F401
    ocsp,  # noqa: F401
    uploads,  # noqa: F401
)
