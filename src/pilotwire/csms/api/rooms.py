"""What the API needs of the CSMS it belongs to, and how a request gets at it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Protocol

from fastapi import Depends, Request

from pilotwire.clock import Clock
from pilotwire.csms.commands import Commander, ConnectedStation, StationBus
from pilotwire.csms.plugins import Plugins
from pilotwire.csms.settings import CsmsSettings
from pilotwire.csms.store.ports import Journal, Operation, Store
from pilotwire.csms.uploads import Receiver


class Rooms(Protocol):
    """The rooms of a CSMS: where to write and to read, who gives commands, the time and the settings."""

    @property
    def journal(self) -> Journal:
        """Where everything is written."""
        ...

    @property
    def store(self) -> Store:
        """Where everything is read."""
        ...

    @property
    def commander(self) -> Commander:
        """Who gives commands to stations."""
        ...

    @property
    def clock(self) -> Clock:
        """The time."""
        ...

    @property
    def settings(self) -> CsmsSettings:
        """What the operator set."""
        ...

    @property
    def plugins(self) -> Plugins:
        """Who answers vendors' data."""
        ...

    @property
    def uploads(self) -> Receiver:
        """Who takes the log files of stations."""
        ...


class Desk:
    """The rooms as one request sees them: the shortest words for what the resources do."""

    def __init__(self, rooms: Rooms) -> None:
        self.rooms = rooms

    @property
    def store(self) -> Store:
        """Where to read."""
        return self.rooms.store

    @property
    def commander(self) -> Commander:
        """Who gives commands."""
        return self.rooms.commander

    @property
    def bus(self) -> StationBus:
        """Where stations are connected."""
        return self.rooms.commander.bus

    def connections(self) -> Mapping[str, ConnectedStation]:
        """All stations with an open connection, by identity."""
        return {each.station: each for each in self.bus.connected()}

    async def write(self, operation: Operation) -> Any:
        """Store an operation and give its result once it is durable. Raises StoreError."""
        return (await self.rooms.journal.append(operation))[0]


def _desk(request: Request) -> Desk:
    """The desk of whoever asks: somebody limited to sites has one of their own (see `access`)."""
    desk: Desk = getattr(request.state, "desk", None) or request.app.state.desk
    return desk


TheDesk = Annotated[Desk, Depends(_desk)]
"""The desk, as a parameter of an operation."""
