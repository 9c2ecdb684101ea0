"""What a search of the message log looks for in a frame: once for every kind of store."""

from __future__ import annotations

import re
from typing import Final

from pilotwire.csms.store.ports import LogFilter, LoggedFrame

_ERROR: Final = re.compile(r"\s*\[\s*[45]\s*,|.*<[A-Za-z0-9_]*:?Fault[\s>]", re.ASCII | re.DOTALL)


def is_error(frame: str) -> bool:
    """Whether a frame is a CALLERROR, a CALLRESULTERROR or a SOAP fault."""
    return _ERROR.match(frame) is not None


def names_transaction(transaction_id: str) -> re.Pattern[str]:
    """Finds frames in which a transaction is named: as text (2.x), as a number (1.6) or as an element (OCPP-S)."""
    name = re.escape(transaction_id)
    return re.compile(rf'"transactionId"\s*:\s*(?:"{name}"|{name}(?![0-9]))|transactionId>\s*{name}\s*<')


def is_wanted(frame: LoggedFrame, which: LogFilter) -> bool:
    """Whether a frame meets every condition but the one on transactions."""
    return (
        which.station in (None, frame.station)
        and which.action in (None, frame.action)
        and which.direction in (None, frame.direction)
        and which.message_id in (None, frame.message_id)
        and (which.since is None or frame.at >= which.since)
        and (which.until is None or frame.at < which.until)
        and (which.text is None or which.text in frame.frame)
        and (not which.errors or is_error(frame.frame))
    )
