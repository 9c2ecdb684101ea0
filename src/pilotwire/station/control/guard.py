"""By what name the control port may be called (one that can only mean this machine), and the token it has where others reach it."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Collection
from typing import Final

from starlette.types import ASGIApp

from pilotwire import serving

_EVERYWHERE: Final = frozenset({"", "0.0.0.0", "::"})
_TOKEN_BYTES: Final = 24


class Guard(serving.Guard):
    """That of the control port; `names` are those of `--control-names`. Foreign origins are looked at where the requests are answered."""

    def __init__(self, app: ASGIApp, *, host: str = "127.0.0.1", names: Collection[str] = ()) -> None:
        remedy = "Call it by its address or by localhost, or start it with --control-names and that name."
        super().__init__(app, what="control port", host=host, names=names, remedy=remedy)


def token_for(host: str, *given: str | None) -> str | None:
    """A token made for a control port that others than this machine reach, where no password or token was given; else None."""
    return None if any(given) or is_loopback(host) else secrets.token_urlsafe(_TOKEN_BYTES)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there; False for what is no address of any."""
    if host in _EVERYWHERE:
        return False
    try:
        found = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        return False
    addresses = [serving.address_of(str(one[4][0])) for one in found]
    return all(one is not None and one.is_loopback for one in addresses)
