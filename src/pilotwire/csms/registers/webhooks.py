"""Webhooks: who is told of what happens, what waits to be told, and how far each of them is."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pilotwire.csms.store.registers import Diary, Register
from pilotwire.domain.kinds import Value


class Webhook(Value):
    """Somebody who wants to be told. `types` () is every type but the raw messages, `stations` () every station.

    `secret` signs what is sent (`whsec_` and base64). `begins_after`: the number of the last event before it was put on record.
    """

    name: str
    url: str
    secret: str
    types: tuple[str, ...] = ()
    stations: tuple[str, ...] = ()
    is_active: bool = True
    begins_after: int = 0
    created_at: datetime | None = None


class Progress(Value):
    """How far a webhook is: everything up to `told` is told. `failing_since` and `error` while it cannot be told."""

    told: int = 0
    delivered: int = 0
    given_up: int = 0
    last_at: datetime | None = None
    failing_since: datetime | None = None
    error: str = ""


class Waiting(Value):
    """An event as it will be told: its type, and the JSON of its data."""

    type: str
    data: str


WEBHOOKS: Final = Register("webhooks", Webhook)
"""By name, of no station."""
PROGRESS: Final = Register("webhook-progress", Progress)
"""By name, of no station."""
OUTBOX: Final = Diary("webhook-outbox", Waiting)
"""Every event any webhook wants, in the order in which it was stored."""
