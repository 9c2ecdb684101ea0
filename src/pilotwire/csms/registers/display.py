"""Messages on the displays of stations: those a station accepted, and those it reports."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pilotwire.csms.store.ports import Amend
from pilotwire.csms.store.registers import Register
from pilotwire.domain.display import DisplayMessage
from pilotwire.domain.kinds import Value

_DIGITS: Final = 10


class ShownMessage(Value):
    """A message a station has. `set_at`: when it accepted it from here, `reported_at`: when it last told of it; None if it never did."""

    station: str
    message: DisplayMessage
    set_at: datetime | None = None
    reported_at: datetime | None = None


DISPLAY: Final = Register("display-messages", ShownMessage)
"""By station and `key_of` the message's id."""


def key_of(message_id: int) -> str:
    """The key of a message: in the order of ids."""
    return f"{message_id:0{_DIGITS}d}"


def keep_accepted(station: str, message: DisplayMessage, at: datetime) -> Amend:
    """The operation that keeps a message the station has accepted."""
    return DISPLAY.put(station, key_of(message.message_id), ShownMessage(station=station, message=message, set_at=at))


def keep_reported(station: str, message: DisplayMessage, at: datetime) -> Amend:
    """The operation that keeps a message as the station reports it: its word counts."""

    def reported(known: ShownMessage | None) -> ShownMessage:
        set_at = None if known is None else known.set_at
        return ShownMessage(station=station, message=message, set_at=set_at, reported_at=at)

    return DISPLAY.amend(station, key_of(message.message_id), reported)


def forget_unreported(station: str, message_id: int, since: datetime) -> Amend:
    """The operation that takes out a message, unless it was set or reported at this time or later."""

    def left(known: ShownMessage | None) -> ShownMessage | None:
        if known is None:
            return None
        newest = max(filter(None, (known.set_at, known.reported_at)), default=None)
        return known if newest is not None and newest >= since else None

    return DISPLAY.amend(station, key_of(message_id), left)
