"""What happens, as it is told outside: by live events and by webhooks."""

from __future__ import annotations

from typing import NamedTuple


class Happened(NamedTuple):
    """An event: its type, its station, and the JSON of its data."""

    type: str
    station: str
    data: str
