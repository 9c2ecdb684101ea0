"""Errors a person or a program using Pilotwire may meet.

What a *peer* did wrong is never one of these: that is a finding and an RPC error (see `pilotwire.ocpp`).
"""

from __future__ import annotations


class PilotwireError(Exception):
    """Something we were asked to do cannot be done.

    `what` says what is wrong and where; `remedy` says how to mend it. Doors (CLI, API) print both and never a traceback.
    """

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what} {self.remedy}".rstrip()


class ConfigError(PilotwireError):
    """A setting, option or file cannot be used as it is."""


class MisuseError(PilotwireError):
    """Our own code used a protocol object wrongly: a bug here, not at the peer."""


class StoreError(PilotwireError):
    """The database cannot take or give what was asked (read-only, full, locked, of a newer version)."""


class NotReachable(PilotwireError):
    """The other side is not connected, or did not answer in time."""


class NotSayable(PilotwireError):
    """The protocol version spoken with this peer has no way to say this; nothing was sent."""
