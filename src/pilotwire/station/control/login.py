"""Who may use the control port: anybody where it has no password, else whoever logged in, or says the password with each request."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable

from fastapi import Request, Response

from pilotwire.clock import Clock
from pilotwire.errors import PilotwireError

COOKIE = "pilotwire_station"
_PATIENCE = 5
_PAUSE = 60.0
"""Seconds in which nobody is let in after so many wrong passwords."""
_LASTS = 8 * 3600.0
"""Seconds a login counts for."""


class NotAllowed(PilotwireError):
    """The password is missing or wrong (401)."""


class Door:
    """The door of one control port. `told` hears of each login, whether it was let in."""

    def __init__(self, password: str | None, clock: Clock, told: Callable[[bool], None]) -> None:
        self._password = password
        self._clock = clock
        self._told = told
        self._sessions: dict[str, float] = {}
        self._wrong = 0
        self._closed_until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether there is no password."""
        return self._password is None

    def login(self, password: str, response: Response) -> None:
        """Let somebody in and remember them by a cookie; raises `NotAllowed`."""
        self._check(password)
        self._told(True)
        token = secrets.token_urlsafe(24)
        now = self._clock.monotonic()
        self._sessions = {one: until for one, until in self._sessions.items() if until > now} | {token: now + _LASTS}
        response.set_cookie(COOKIE, token, httponly=True, samesite="strict", max_age=int(_LASTS))

    def logout(self, request: Request, response: Response) -> None:
        """Forget somebody."""
        self._sessions.pop(request.cookies.get(COOKIE, ""), None)
        response.delete_cookie(COOKIE)

    def admit(self, request: Request) -> None:
        """Raise `NotAllowed` unless the request may pass."""
        if self._password is None:
            return
        until = self._sessions.get(request.cookies.get(COOKIE, ""))
        if until is not None and until > self._clock.monotonic():
            return
        given = _basic(request.headers.get("authorization", ""))
        if given is None:
            raise NotAllowed(
                "This control port has a password.", "Log in at /, or send it as HTTP basic authentication."
            )
        self._check(given)

    def _check(self, password: str) -> None:
        now = self._clock.monotonic()
        if now < self._closed_until:
            raise NotAllowed("Too many wrong passwords.", f"Wait {self._closed_until - now:.0f} s and try again.")
        if self._password is not None and secrets.compare_digest(password.encode(), self._password.encode()):
            self._wrong = 0
            return
        self._wrong += 1
        if self._wrong >= _PATIENCE:
            self._wrong, self._closed_until = 0, now + _PAUSE
        self._told(False)
        raise NotAllowed("The password is wrong.", "It is the control_password the station was started with.")


def _basic(header: str) -> str | None:
    scheme, _, coded = header.partition(" ")
    if scheme.casefold() != "basic":
        return None
    try:
        return base64.b64decode(coded, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return None
