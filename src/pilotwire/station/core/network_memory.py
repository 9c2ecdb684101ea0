"""What a station remembers of its ways to the CSMS (B09, B10)."""

from __future__ import annotations

from typing import ClassVar

from pilotwire.domain.kinds import Value
from pilotwire.domain.network_profiles import NetworkConnectionProfile


class NetworkMemory(Value, tag="network", tag_field="part"):
    """The network connection profiles, and how the last connection was made.

    `profiles` are those the CSMS has set, by slot; they go before the one the station was set up with. `home` says which one that was: if
    an installer changes it, what the CSMS had made of it no longer counts. `level` is its security profile where that was raised since,
    `upgraded_from` the one before, until a connection was made with the new one (1.6 whitepaper A05). `last` is the slot of the last
    connection.
    """

    name: ClassVar[str] = "network"
    profiles: dict[int, NetworkConnectionProfile] = {}
    home: str = ""
    level: int | None = None
    upgraded_from: int | None = None
    last: int | None = None
