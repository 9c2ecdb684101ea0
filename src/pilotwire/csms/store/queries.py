"""What may be asked of a store: which part of a list, which transactions, which frames of the message log."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pilotwire.domain.kinds import Value


class Direction(StrEnum):
    """Which way a frame went, seen from the CSMS."""

    IN = "in"
    OUT = "out"


class Page(Value):
    """Which part of a list is wanted: at most `limit` entries after the one whose cursor is `after`."""

    limit: int = 100
    after: str | None = None


class TransactionFilter(Value):
    """Which transactions are wanted; None is no condition."""

    station: str | None = None
    id_token: str | None = None
    is_open: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    transaction_id: str | None = None


class LogFilter(Value):
    """Which frames of the message log are wanted; None or False is no condition.

    `transaction_id`: frames that name the transaction, and those they answer or are answered by. `errors`: CALLERROR, CALLRESULTERROR
    and SOAP faults only. `until` is not included. `text` must be in the frame as it is.
    """

    station: str | None = None
    action: str | None = None
    direction: Direction | None = None
    message_id: str | None = None
    transaction_id: str | None = None
    errors: bool = False
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None
