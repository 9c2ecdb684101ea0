"""Somebody wants something of a station: one module a street, a `Commander`, and the bus that carries commands."""

from pilotwire.csms.commands.bus import (
    AnswerUnusable,
    CommandRefused,
    CommandTimedOut,
    ConnectedStation,
    NotPermitted,
    PayloadMisfit,
    StationBus,
)
from pilotwire.csms.commands.commander import Commander
from pilotwire.csms.commands.permission import check_permitted

__all__ = [
    "AnswerUnusable",
    "CommandRefused",
    "CommandTimedOut",
    "Commander",
    "ConnectedStation",
    "NotPermitted",
    "PayloadMisfit",
    "StationBus",
    "check_permitted",
]
