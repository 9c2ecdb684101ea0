"""Who may ask a browser to press buttons here: only a page of this port. Another site's page cannot plug, tap or set anything."""

from __future__ import annotations

from fastapi import Request

from pilotwire.serving import is_foreign
from pilotwire.station.control.login import NotAllowed

_READS = frozenset({"GET", "HEAD", "OPTIONS"})


def from_here(request: Request) -> None:
    """Raise NotAllowed for a change that a page of another origin wants; programs send no Origin, browsers always do."""
    origin = request.headers.get("origin")
    if origin is None or request.method in _READS:
        return
    if is_foreign(origin, request.headers.get("host", "")):
        raise NotAllowed(f"A page of {origin} may not do that here.", "Open the control page at this port itself.")
