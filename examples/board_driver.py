"""An example of a hardware driver: a power board with a microcontroller, spoken to in lines of text over TCP.

    PYTHONPATH=examples pilotwire station --id CS001 --config station.toml

    [station]
    driver = "board_driver:board"
    driver_options = {host = "192.168.4.2", port = 4000}

The board switches the contactor, moves the lock, reads meter and cards, and knows on its own when to open the contactor: at a fault, when
the plug is pulled, and when it hears no `alive` for three seconds. EVSEs are numbers from 1; 0 is the station. Its lines:

    board to controller                            controller to board
    pilot EVSE A|B|C                               status           all of it again, then `ready`
    lock EVSE open|locked|stuck                    alive            once a second
    meter EVSE Wh W A [A A]                        contactor EVSE close|open
    card EVSE UID                                  limit EVSE A|none
    fault EVSE CODE on|off                         phases EVSE n|all
    ready                                          lock EVSE lock|open
                                                   text EVSE words
                                                   restart          then as at `status`
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable
from dataclasses import dataclass, field
from decimal import Decimal

from pilotwire.errors import ConfigError, MisuseError
from pilotwire.station.hardware.drivers import DriverPlace, TellingDriver
from pilotwire.station.hardware.ports import (
    AcSupply,
    CablePlugged,
    CableUnplugged,
    CardPresented,
    ErrorCode,
    EvseLayout,
    FaultCleared,
    FaultRaised,
    Happened,
    HardwareError,
    HardwareEvent,
    LockFailed,
    MeterReading,
    VehicleRequestsPower,
    VehicleSuspends,
)

OPEN_SECONDS = 10.0
LOCK_SECONDS = 2.0
ALIVE_SECONDS = 1.0
AGAIN_SECONDS = 0.5
NO_LINK = FaultRaised(None, None, ErrorCode.INTERNAL_ERROR, "The power board does not answer")


def board(place: DriverPlace) -> BoardDriver:
    """The factory: options `host` and `port`."""
    host, port = place.options.get("host", "127.0.0.1"), place.options.get("port", 4000)
    if not isinstance(host, str) or not isinstance(port, int) or set(place.options) - {"host", "port"}:
        raise ConfigError(f"The board cannot be found with {dict(place.options)}.", "Give host and port.")
    if any(not isinstance(evse.supply, AcSupply) or len(evse.connectors) > 1 for evse in place.layout.evses):
        raise ConfigError("The board has AC outlets with one connector each.", "Choose such a layout.")
    return BoardDriver(place, host, port)


@dataclass
class Outlet:
    """What is known of an EVSE: what the board said last, and what it was told."""

    layout: EvseLayout
    pilot: str = "A"
    register_wh: int = 0
    power_w: Decimal = Decimal(0)
    current_a: tuple[Decimal, ...] = ()
    limit_a: Decimal | None = None
    moving: deque[asyncio.Future[str]] = field(default_factory=deque)

    @property
    def supply(self) -> AcSupply:
        """The factory has seen to it that it is one."""
        assert isinstance(self.layout.supply, AcSupply)
        return self.layout.supply

    @property
    def offered_a(self) -> Decimal:
        """What the vehicle may take on each phase; less than 6 A cannot be said on a control pilot."""
        most = self.supply.max_current_a
        amps = most if self.limit_a is None else min(self.limit_a, most)
        return amps if amps >= 6 else Decimal(0)


class BoardDriver(TellingDriver):
    """See the module. The board tells what changes; this holds the picture of it that the station looks at."""

    def __init__(self, place: DriverPlace, host: str, port: int) -> None:
        super().__init__(place)
        self._where = (host, port)
        self._outlets = {evse.evse_id: Outlet(evse) for evse in place.layout.evses}
        self._faults: dict[tuple[int | None, ErrorCode], FaultRaised] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._answers: deque[asyncio.Future[None]] = deque()
        self._work: asyncio.Task[None] | None = None
        self._linked = asyncio.Event()

    # --- life ----------------------------------------------------------------------------------------------------

    async def open(self, happened: Happened) -> None:
        """Connect, and hear how things are."""
        self.happened = happened
        self._work = asyncio.get_running_loop().create_task(self._stay_linked())
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                await self._linked.wait()
        except TimeoutError:
            await self.close()
            where = ":".join(map(str, self._where))
            raise HardwareError(f"The power board at {where} does not answer.", "Look at its cable.") from None

    async def close(self) -> None:
        """Open the contactors and let go; the board would do so by itself when the line ends."""
        for evse_id in self._outlets:
            self._say(f"contactor {evse_id} open")
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)
            self._work = None

    async def restart(self) -> None:
        """Everything open and forgotten, but for registers."""
        for outlet in self._outlets.values():
            outlet.limit_a = None
        await self._asked("restart")

    async def refresh(self) -> None:
        """Hear everything again; what was said before it has been done then."""
        await self._asked("status")

    # --- commands ------------------------------------------------------------------------------------------------

    def set_contactor(self, evse_id: int, closed: bool) -> None:
        """The board decides whether it may close."""
        self.check_place(evse_id)
        self._say(f"contactor {evse_id} {'close' if closed else 'open'}")

    def set_lock(self, evse_id: int, connector_id: int, locked: bool) -> bool | Awaitable[bool]:
        """The bolt takes half a second or so; a cable of our own has none."""
        self.check_place(evse_id, connector_id)
        outlet = self._outlets[evse_id]
        if outlet.layout.connectors[0].cable_attached:
            return True
        if locked and outlet.pilot == "A":
            return False
        arrived: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        outlet.moving.append(arrived)
        self._say(f"lock {evse_id} {'lock' if locked else 'open'}")
        return self._moved(evse_id, arrived, "locked" if locked else "open")

    async def _moved(self, evse_id: int, arrived: asyncio.Future[str], wanted: str) -> bool:
        try:
            async with asyncio.timeout(LOCK_SECONDS):
                done = await arrived == wanted
        except TimeoutError:
            done = False
        if not done:
            self.happened([LockFailed(evse_id, 1)])
        return done

    def set_current_limit(self, evse_id: int, amps: Decimal | None) -> None:
        """The board puts it on the control pilot."""
        self.check_place(evse_id)
        self._outlets[evse_id].limit_a = amps
        self._say(f"limit {evse_id} {'none' if amps is None else amps}")

    def set_phases(self, evse_id: int, phases: int | None) -> None:
        """One, or all that there are."""
        self.check_place(evse_id)
        supply = self._outlets[evse_id].supply
        if phases is not None and not (supply.switches_phases and 1 <= phases <= supply.phases):
            raise MisuseError(f"EVSE {evse_id} cannot use {phases} phases.")
        self._say(f"phases {evse_id} {'all' if phases is None else phases}")

    def show(self, evse_id: int | None, text: str) -> None:
        """The board has a line of text for each EVSE, and one for itself."""
        if evse_id is not None:
            self.check_place(evse_id)
        self._say(f"text {evse_id or 0} {' '.join(text.split())}")

    def meter(self, evse_id: int) -> MeterReading:
        """As the board said last."""
        self.check_place(evse_id)
        outlet = self._outlets[evse_id]
        supply = outlet.supply
        return MeterReading(
            energy_import_register=outlet.register_wh,
            energy_export_register=0,
            power_w=outlet.power_w,
            current_a=outlet.current_a or (Decimal(0),) * supply.phases,
            voltage_v=(supply.voltage_v,) * supply.phases,
            current_offered_a=outlet.offered_a,
            power_offered_w=outlet.offered_a * supply.voltage_v * supply.phases,
            temperature_c=Decimal(25),
            frequency_hz=Decimal(50),
        )

    def survey(self) -> list[HardwareEvent]:
        """The picture, as events."""
        events: list[HardwareEvent] = list(self._faults.values())
        for evse_id, outlet in self._outlets.items():
            events += [CablePlugged(evse_id, 1)] if outlet.pilot in "BC" else []
            events += [VehicleRequestsPower(evse_id, 1)] if outlet.pilot == "C" else []
        return events

    # --- the line ------------------------------------------------------------------------------------------------

    async def _stay_linked(self) -> None:
        while True:
            with contextlib.suppress(OSError):
                reader, self._writer = await asyncio.open_connection(*self._where)
                try:
                    await self._converse(reader)
                finally:
                    self._writer.close()
                    self._writer = None
                    self._lost()
            await asyncio.sleep(AGAIN_SECONDS)

    async def _converse(self, reader: asyncio.StreamReader) -> None:
        alive = asyncio.get_running_loop().create_task(self._keep_alive())
        try:
            self._say("status")
            while line := await reader.readline():
                self._heard(line.decode("ascii", "replace").split())
        finally:
            alive.cancel()

    async def _keep_alive(self) -> None:
        while True:
            self._say("alive")
            await asyncio.sleep(ALIVE_SECONDS)

    def _say(self, line: str) -> None:
        if self._writer is not None:
            self._writer.write(line.encode("ascii", "replace") + b"\n")

    async def _asked(self, line: str) -> None:
        """Say it and wait for `ready`; a line that breaks meanwhile is a fault, and the wait is over."""
        if self._writer is None:
            return
        answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._answers.append(answered)
        self._say(line)
        await answered

    def _lost(self) -> None:
        """The line broke: a fault until it is back, with which the station stops what runs."""
        for answered in self._answers:
            if not answered.done():
                answered.set_result(None)
        self._answers.clear()
        if self._linked.is_set():
            self._linked.clear()
            self._fault(NO_LINK, there=True)

    # --- what the board says -------------------------------------------------------------------------------------

    def _heard(self, words: list[str]) -> None:
        """One line; one that is none of ours is passed over."""
        try:
            match words:
                case ["pilot", evse, "A" | "B" | "C" as state]:
                    self._piloted(int(evse), state)
                case ["lock", evse, state]:
                    moving = self._outlets[int(evse)].moving
                    if moving and not (arrived := moving.popleft()).done():
                        arrived.set_result(state)
                case ["meter", evse, wh, watts, *amps]:
                    outlet = self._outlets[int(evse)]
                    outlet.register_wh, outlet.power_w = max(int(wh), outlet.register_wh), Decimal(watts)
                    outlet.current_a = tuple(map(Decimal, amps))
                case ["card", evse, uid]:
                    self.happened([CardPresented(int(evse) or None, uid)])
                case ["fault", evse, code, "on" | "off" as how]:
                    self._fault(FaultRaised(int(evse) or None, None, ErrorCode(code)), there=how == "on")
                case ["ready"]:
                    self._is_ready()
        except (ValueError, KeyError, ArithmeticError):
            return

    def _is_ready(self) -> None:
        """All was told; the first time on a line, nobody but us has asked."""
        if not self._linked.is_set():
            self._linked.set()
            self._fault(NO_LINK, there=False)
        elif self._answers and not (answered := self._answers.popleft()).done():
            answered.set_result(None)

    def _piloted(self, evse_id: int, state: str) -> None:
        outlet = self._outlets[evse_id]
        before, outlet.pilot = outlet.pilot, state
        events: list[HardwareEvent] = []
        if before == "A" != state:
            events.append(CablePlugged(evse_id, 1))
        if state == "C" != before:
            events.append(VehicleRequestsPower(evse_id, 1))
        if (before, state) == ("C", "B"):
            events.append(VehicleSuspends(evse_id, 1))
        if state == "A" != before:
            events.append(CableUnplugged(evse_id, 1))
        if events:
            self.happened(events)

    def _fault(self, fault: FaultRaised, *, there: bool) -> None:
        place = (fault.evse_id, fault.error_code)
        if there is (place in self._faults):
            return
        if there:
            self._faults[place] = fault
            self.happened([fault])
        else:
            del self._faults[place]
            self.happened([FaultCleared(fault.evse_id, fault.connector_id, fault.error_code)])
