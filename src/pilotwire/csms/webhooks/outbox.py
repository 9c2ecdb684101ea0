"""The witness that puts events into the outbox as they are stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import structlog

from pilotwire.clock import Clock
from pilotwire.csms.happenings import Happened
from pilotwire.csms.registers.webhooks import OUTBOX, WEBHOOKS, Waiting, Webhook
from pilotwire.csms.store.ports import Amend, Amended, KeepEntry, LogFrame, Operation, RecordConnection

_log = structlog.get_logger("pilotwire.csms.webhooks")
MESSAGE: Final = "message"
"""The type of raw messages, which is told only to those who ask for it by name."""


Tell = Callable[[Operation, Any], Happened | None]
"""What a stored operation with its result is to the world outside; None: nothing."""


def wants(webhook: Webhook, type_: str, station: str) -> bool:
    """Whether a webhook is told of an event."""
    if not webhook.is_active or (webhook.stations and station not in webhook.stations):
        return False
    return type_ in webhook.types if webhook.types else type_ != MESSAGE


class Outbox:
    """Puts what any webhook wants to know into the outbox. It costs next to nothing while there is none.

    `made` counts the entries put there, so that those who wait for some need not look into the database.
    """

    def __init__(self, tell: Tell, clock: Clock, webhooks: Iterable[Webhook] = ()) -> None:
        self._tell = tell
        self._clock = clock
        self._webhooks = {webhook.name: webhook for webhook in webhooks}
        self._connected: dict[str, bool] = {}
        self.made = 0

    def saw(self, operation: Operation, result: Any) -> KeepEntry | None:
        """The entry for an operation; None if nobody wants to know of it."""
        if isinstance(operation, Amend) and operation.register is WEBHOOKS:
            self._learn(result)
            return None
        if not self._webhooks or (isinstance(operation, LogFrame) and not self._wants_messages()):
            return None
        try:
            return self._entry(operation, result)
        except Exception as error:  # telling others must never keep a station's message from being stored
            _log.error("an event could not be told", operation=type(operation).__name__, error=str(error))
            return None

    def _learn(self, result: Any) -> None:
        if isinstance(result, Amended):
            if result.before is not None:
                self._webhooks.pop(result.before.name, None)
            if result.after is not None:
                self._webhooks[result.after.name] = result.after

    def _wants_messages(self) -> bool:
        return any(MESSAGE in webhook.types for webhook in self._webhooks.values())

    def _entry(self, operation: Operation, result: Any) -> KeepEntry | None:
        if isinstance(operation, RecordConnection) and not self._is_news(operation):
            return None
        told = self._tell(operation, result)
        if told is None or not any(wants(each, told.type, told.station) for each in self._webhooks.values()):
            return None
        self.made += 1
        return OUTBOX.keep(told.station, self._clock.now(), Waiting(type=told.type, data=told.data))

    def _is_news(self, operation: RecordConnection) -> bool:
        """A heartbeat, too, is recorded as "connected"."""
        known = self._connected.get(operation.station)
        self._connected[operation.station] = operation.connected
        return known is not operation.connected
