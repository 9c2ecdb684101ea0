"""The power board of examples/board_driver.py, emulated behind a real TCP socket: its relay, bolt, meter and reader, and a vehicle."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

VOLTS, PHASES, MOST_A, VEHICLE_A = 230, 3, 32.0, 16.0


class Board:
    """One outlet. `speed` is how much faster than life energy flows while `live` runs; else time passes by `advance` only."""

    def __init__(self, *, stuck: bool = False) -> None:
        self.pilot = "A"
        self.closed = False
        self.locked = False
        self.limit = MOST_A
        self.phases = PHASES
        self.faults: set[str] = set()
        self.text: dict[int, str] = {}
        self.wh = 1000.0
        self.port = 0
        self.heard: list[str] = []
        self._stuck = stuck
        self._writer: asyncio.StreamWriter | None = None
        self._server: asyncio.Server | None = None

    @asynccontextmanager
    async def switched_on(self) -> AsyncIterator[Board]:
        """Listening on `port`."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            self._server.close()
            self.cut()
            await self._server.wait_closed()

    @asynccontextmanager
    async def live(self, speed: float) -> AsyncIterator[None]:
        """Energy flows by the clock."""
        task = asyncio.get_running_loop().create_task(self._flow(speed))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _flow(self, speed: float) -> None:
        while True:
            await asyncio.sleep(0.02)
            self.advance(0.02 * speed)

    def cut(self) -> None:
        """The controller's line breaks."""
        if self._writer is not None:
            self._writer.close()

    # --- physics -------------------------------------------------------------------------------------------------

    @property
    def amps(self) -> float:
        """What the vehicle takes on each of its phases."""
        offered = self.limit if self.limit >= 6 else 0.0
        return min(VEHICLE_A, offered) if self.flows else 0.0

    @property
    def flows(self) -> bool:
        """Whether there is voltage at the vehicle."""
        return self.closed and self.pilot == "C"

    def advance(self, seconds: float) -> None:
        """Time passes."""
        self.wh += self.amps * VOLTS * self.phases * seconds / 3600
        self._tell_meter()

    def _tell_meter(self) -> None:
        amps = " ".join(f"{self.amps if phase < self.phases else 0:.2f}" for phase in range(PHASES))
        self._say(f"meter 1 {int(self.wh)} {self.amps * VOLTS * self.phases:.0f} {amps}")

    # --- hands ---------------------------------------------------------------------------------------------------

    def move_pilot(self, state: str) -> None:
        """The vehicle comes (B), asks (C), or goes (A): without a vehicle nothing is live."""
        self.pilot = state
        self.closed = self.closed and state != "A"
        self._say(f"pilot 1 {state}")
        self._tell_meter()

    def card(self, uid: str) -> None:
        """A card at the reader."""
        self._say(f"card 1 {uid}")

    def fault(self, code: str, *, there: bool) -> None:
        """It opens the contactor before it tells anybody."""
        (self.faults.add if there else self.faults.discard)(code)
        self.closed = self.closed and not self.faults
        self._say(f"fault 1 {code} {'on' if there else 'off'}")
        self._tell_meter()

    # --- the line ------------------------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                self._heard(line.decode().split())
        self.closed = False  # nobody watches any more
        self._writer = None
        writer.close()

    def _say(self, line: str) -> None:
        if self._writer is not None:
            self._writer.write(line.encode() + b"\n")

    def _heard(self, words: list[str]) -> None:
        self.heard.append(" ".join(words))
        match words:
            case ["status"]:
                self._tell_all()
            case ["restart"]:
                self.closed, self.limit, self.phases, self.text = False, MOST_A, PHASES, {}
                self._tell_all()
            case ["contactor", "1", how]:
                self.closed = how == "close" and self.pilot != "A" and not self.faults
                self._tell_meter()
            case ["limit", "1", amps]:
                self.limit = MOST_A if amps == "none" else float(amps)
            case ["phases", "1", phases]:
                self.phases = PHASES if phases == "all" else int(phases)
            case ["lock", "1", how]:
                self.locked = self.locked if self._stuck else how == "lock"
                self._say(f"lock 1 {'stuck' if self._stuck else 'locked' if self.locked else 'open'}")
            case ["text", place, *text]:
                self.text[int(place)] = " ".join(text)

    def _tell_all(self) -> None:
        self._say(f"pilot 1 {self.pilot}")
        for code in sorted(self.faults):
            self._say(f"fault 1 {code} on")
        self._tell_meter()
        self._say("ready")
