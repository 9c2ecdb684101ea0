"""Giving commands: the one place through which anybody wants something of a station."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from pilotwire.clock import Clock
from pilotwire.csms.commands.bus import StationBus
from pilotwire.csms.reports import ReportShelf
from pilotwire.domain.kinds import Command, Outcome
from pilotwire.errors import MisuseError

_O = TypeVar("_O", bound=Outcome)
_HIGHEST_ID = 2**31 - 1


class Commander:
    """Gives commands through a bus. Each method raises what `StationBus.call` raises.

    `reports` is where the handlers put the parts of reports. `quiet` tells which stations are left alone (without it: none).
    """

    def __init__(
        self,
        bus: StationBus,
        clock: Clock,
        reports: ReportShelf | None = None,
        quiet: Callable[[str], Awaitable[bool]] | None = None,
    ) -> None:
        self.reports = reports or ReportShelf(clock)
        self._quiet = quiet
        self._bus = bus
        self._clock = clock
        self._last_start_id = 0
        self._last_reservation_id = 0

    @property
    def bus(self) -> StationBus:
        """The bus underneath."""
        return self._bus

    async def unsolicited(self, station: str) -> bool:
        """Whether this station may be sent something that nobody asked for: what a service asks before it gives a command by itself.

        False for a quiet station, and for all while the whole CSMS is quiet; what a person or a program asks for by the API is not
        asked about. Raises StoreError.
        """
        return self._quiet is None or not await self._quiet(station)

    async def give(self, station: str, command: Command, *, timeout: float | None = None) -> Outcome:
        """Give a command; the outcome is the station's answer."""
        return await self._bus.call(station, command, timeout=timeout)

    async def ask(self, station: str, command: Command, outcome: type[_O], *, timeout: float | None = None) -> _O:
        """As `give`, for a command whose outcome is of a known type."""
        given = await self._bus.call(station, command, timeout=timeout)
        if not isinstance(given, outcome):
            raise MisuseError(f"{type(command).__name__} gave {type(given).__name__}, not {outcome.__name__}")
        return given

    async def give_raw(
        self, station: str, action: str, payload: bytes, *, force: bool = False, timeout: float | None = None
    ) -> bytes:
        """Send any action of the station's version as it is (pass-through); JSON in, JSON out."""
        return await self._bus.call_raw(station, action, payload, force=force, timeout=timeout)

    def next_remote_start_id(self) -> int:
        """A remoteStartId not used before (F01, F02): seconds since 1970 or one more than the last, whichever is higher.

        So ids rise over restarts as long as remote starts come slower than one a second on average; they stay below 2^31, because
        stations keep them in 32 bits.
        """
        self._last_start_id = max(self._last_start_id + 1, self._seconds())
        return self._last_start_id

    def next_reservation_id(self) -> int:
        """A reservation id not used before (H01), chosen in the same way."""
        self._last_reservation_id = max(self._last_reservation_id + 1, self._seconds())
        return self._last_reservation_id

    def _seconds(self) -> int:
        return int(self._clock.now().timestamp()) % _HIGHEST_ID
