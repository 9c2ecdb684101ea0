"""Makers of the places logs are uploaded to (`wire.files`)."""

from __future__ import annotations

from typing import Any, Final

from pilotwire.conformance.runner.makers import maker
from pilotwire.conformance.wire.files import Visit

_CREATED: Final = 201


@maker("log location")
def log_location(scene: Any, status: int = _CREATED, *, held: bool = False, secure: Any = None) -> str:
    """A folder of the tester for uploads of logs, answered with `status` or (`held`) not at all; or, of the plan, one of another server.

    The plan's own is used for uploads that succeed or are held, its refusing one where they shall fail. With `secure`, a TLS context, it
    is the tester's, by HTTPS.
    """
    if secure is not None:
        return str(scene.files.takes(status=status, context=secure))
    other = scene.setting("log_url" if status == _CREATED else "refusing_log_url")
    return str(other or scene.files.takes(status=status, held=held))


@maker("uploads")
def uploads(scene: Any, location: str) -> list[Visit] | None:
    """Who came to a log location; None for one that is not the tester's, where nobody can tell."""
    own = location not in (scene.setting("log_url"), scene.setting("refusing_log_url"))
    return scene.files.at(location) if own else None
