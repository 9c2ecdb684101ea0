"""The frame log of one connection: every frame as it was on the wire, with its message id and the action it belongs to."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final, Literal

from pilotwire.csms.store.ports import Direction, Journal, LogFrame

_HEAD: Final = re.compile(rb'\s*\[\s*(\d)\s*,\s*"([^"\\]{0,255})"\s*(?:,\s*"([^"\\]{0,64})")?')
_CALLS: Final = frozenset({b"2", b"6"})
_REMEMBERED: Final = 64
_SECRETS: Final = (b"asicAuthPassword", b"AuthorizationKey")
_SECRET_VALUE: Final = re.compile(rb'("(?:attributeValue|value|basicAuthPassword)"\s*:\s*)"(?:[^"\\]|\\.)*"')
_DIRECTIONS: Final = {"in": Direction.IN, "out": Direction.OUT}


class FrameLog:
    """Notes the frames of one station in the journal.

    An answer does not name its action, so it is found by the message id of the call it answers. Passwords that go out to a station
    are masked: the log is read by more people than may know them.
    """

    def __init__(self, station: str, journal: Journal) -> None:
        self._station = station
        self._journal = journal
        self._calls: dict[str, dict[bytes, str]] = {"in": {}, "out": {}}

    def note(self, direction: Literal["in", "out"], data: bytes, at: datetime) -> None:
        """Keep a frame."""
        head = _HEAD.match(data)
        if head is None:
            self._keep(direction, data, at, "", "")
            return
        kind, message_id, action = head.groups()
        if kind in _CALLS:
            name = (action or b"").decode("utf-8", "replace")
            self._remember(self._calls[direction], message_id, name)
        else:
            name = self._calls["out" if direction == "in" else "in"].pop(message_id, "")
        self._keep(direction, data, at, message_id.decode("utf-8", "replace"), name)

    def _remember(self, calls: dict[bytes, str], message_id: bytes, action: str) -> None:
        calls[message_id] = action
        if len(calls) > _REMEMBERED:
            del calls[next(iter(calls))]

    def _keep(self, direction: str, data: bytes, at: datetime, message_id: str, action: str) -> None:
        if direction == "out" and any(secret in data for secret in _SECRETS):
            data = _SECRET_VALUE.sub(rb'\1"***"', data)
        self._journal.note(
            LogFrame(
                station=self._station,
                at=at,
                direction=_DIRECTIONS[direction],
                message_id=message_id,
                action=action,
                frame=data.decode("utf-8", "replace"),
            )
        )
