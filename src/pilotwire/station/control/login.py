"""Who may use the control port: anybody where it has neither password nor token, else whoever logged in, or says one with each request.

The password is for people, the token for programs (`Authorization: Bearer`), and for a page that is opened once with `?token=`.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable
from typing import Final

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
    """The password or the token is missing or wrong (401)."""


class Door:
    """The door of one control port. `told` hears of each login, whether it was let in; a request with the right token is none."""

    def __init__(
        self, password: str | None, clock: Clock, told: Callable[[bool], None], *, token: str | None = None
    ) -> None:
        self._password = password
        self._token = token
        self._clock = clock
        self._told = told
        self._sessions: dict[str, float] = {}
        self._wrong = 0
        self._closed_until = 0.0

    @property
    def has_token(self) -> bool:
        """Whether there is a token."""
        return self._token is not None

    def login(self, password: str, response: Response) -> None:
        """Let somebody in, by the password or the token, and remember them by a cookie; raises `NotAllowed`."""
        self._check(password)
        self._told(True)
        self._remember(response)

    def take_token(self, token: str, response: Response) -> None:
        """The same by the token of a link; raises `NotAllowed`."""
        self._check_token(token)
        self._told(True)
        self._remember(response)

    def _remember(self, response: Response) -> None:
        session, now = secrets.token_urlsafe(24), self._clock.monotonic()
        self._sessions = {one: until for one, until in self._sessions.items() if until > now} | {session: now + _LASTS}
        response.set_cookie(COOKIE, session, httponly=True, samesite="strict", max_age=int(_LASTS))

    def logout(self, request: Request, response: Response) -> None:
        """Forget somebody."""
        self._sessions.pop(request.cookies.get(COOKIE, ""), None)
        response.delete_cookie(COOKIE)

    def admit(self, request: Request, response: Response) -> None:
        """Raise `NotAllowed` unless the request may pass. One with `?token=` is remembered by a cookie."""
        if self._password is None and self._token is None:
            return
        until = self._sessions.get(request.cookies.get(COOKIE, ""))
        if until is not None and until > self._clock.monotonic():
            return
        scheme, _, said = request.headers.get("authorization", "").partition(" ")
        if self._token is not None and scheme.casefold() == "bearer":
            self._check_token(said.strip())
        elif self._token is not None and (linked := request.query_params.get("token")) is not None:
            self.take_token(linked, response)
        elif scheme.casefold() == "basic" and (given := _basic(said)) is not None:
            self._check(given)
        else:
            raise self._nothing_said()

    def _nothing_said(self) -> NotAllowed:
        if self._token is None:
            remedy = "Log in at /, or send it as HTTP basic authentication."
            return NotAllowed("This control port has a password.", remedy)
        remedy = "Send `Authorization: Bearer` with the token, or open the page once with ?token= and the token."
        return NotAllowed(f"This control port has a token{' and a password' if self._password else ''}.", remedy)

    def _check_token(self, token: str) -> None:
        if self._token is not None and _same(token, self._token):
            return
        if self._clock.monotonic() >= self._closed_until:  # not told without end
            self._count_wrong()
        raise NotAllowed("The token is wrong.", _WHICH_TOKEN)

    def _check(self, password: str) -> None:
        now = self._clock.monotonic()
        if now < self._closed_until:
            raise NotAllowed("Too many wrong passwords.", f"Wait {self._closed_until - now:.0f} s and try again.")
        if any(_same(password, one) for one in (self._password, self._token) if one is not None):
            self._wrong = 0
            return
        self._count_wrong()
        if self._password is None:
            raise NotAllowed("The token is wrong.", _WHICH_TOKEN)
        raise NotAllowed("The password is wrong.", "It is the control_password the station was started with.")

    def _count_wrong(self) -> None:
        self._wrong += 1
        if self._wrong >= _PATIENCE:
            self._wrong, self._closed_until = 0, self._clock.monotonic() + _PAUSE
        self._told(False)


_WHICH_TOKEN: Final = "It is the control_token of the start, or the one that was shown then."


def _same(said: str, known: str) -> bool:
    return secrets.compare_digest(said.encode(errors="replace"), known.encode())


def _basic(coded: str) -> str | None:
    try:
        return base64.b64decode(coded, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return None
