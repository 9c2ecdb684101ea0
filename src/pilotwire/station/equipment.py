"""The hardware as a station works with it: its driver, real meters in the place of the driver's, and the time that passes there."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from pilotwire.clock import Clock
from pilotwire.errors import StoreError
from pilotwire.station.core import actions as act
from pilotwire.station.core import inputs as told
from pilotwire.station.core.evse_sleep import FellAsleep
from pilotwire.station.hardware.drivers import DriverFactory, DriverPlace
from pilotwire.station.hardware.meter_readings import nothing_read
from pilotwire.station.hardware.ports import (
    HardwareDriver,
    HardwareError,
    HardwareEvent,
    MeterReading,
    OutsideMeter,
    Sleeps,
    StationLayout,
)

_log = structlog.get_logger("pilotwire.station.hardware")


@dataclass(frozen=True, slots=True)
class Pace:
    """How closely hardware that must be asked is followed, in seconds; hardware at rest is left at rest.

    `tick` lies between two looks at it; `save_every` is how old its saved state grows while no fact is kept, None: as old as it may;
    `reset_again` lies between two attempts of a reset.
    """

    tick: float = 0.1
    save_every: float | None = 1.0
    reset_again: float = 2.0


AS_USUAL = Pace()
"""The pace of a single station."""


@dataclass(frozen=True, slots=True)
class Host:
    """What the station lends its equipment: `feed` tells the core, `spawn` runs a task, `save_if_older` keeps what is that many s old."""

    feed: Callable[..., None]
    spawn: Callable[[Coroutine[Any, Any, None]], None]
    save_if_older: Callable[[float], None]
    clock: Clock


def as_saved(make: DriverFactory, identity: str, layout: StationLayout, saved: str | None) -> HardwareDriver:
    """The driver with the hardware as it was last kept; raises `StoreError` for what cannot be read."""
    try:
        state = None if saved is None else json.loads(saved)
    except ValueError as error:
        what = f"What was saved of the hardware of {identity} cannot be read: {error}."
        raise StoreError(what, "Restore the station file from a copy, or begin with a new one.") from None
    return make(DriverPlace(identity, layout, state))


class Equipment:
    """See the module. `speed` is how much faster than life a driver's time runs; only simulated hardware can do that."""

    def __init__(
        self,
        driver: HardwareDriver,
        layout: StationLayout,
        meters: Mapping[int, OutsideMeter],
        host: Host,
        *,
        pace: Pace = AS_USUAL,
        speed: float = 1.0,
    ) -> None:
        self.driver = driver
        self._layout = layout
        self._meters = dict(meters)
        self._host = host
        self._pace = pace
        self._speed = speed
        self._stirred = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listening = False
        self._starts = 0
        self._over = False

    # --- life --------------------------------------------------------------------------------------------------------

    def open(self) -> Awaitable[None] | None:
        """See `HardwareDriver.open`; raises `HardwareError`."""
        self._loop = asyncio.get_running_loop()
        return self.driver.open(self._reported)

    def begin(self) -> tuple[HardwareEvent, ...]:
        """The core starts now: let all plugs go, and tell how things are. What the driver reports from now on is told."""
        self._starts += 1
        for evse in self._layout.evses:
            for connector in evse.connectors:
                moved = self.driver.set_lock(evse.evse_id, connector.connector_id, False)
                if inspect.isawaitable(moved):
                    self._host.spawn(_waited(moved))
        self._listening = True
        return (*self.driver.survey(), *(event for meter in self._meters.values() for event in meter.survey()))

    def run(self) -> None:
        """Follow the hardware and its meters until the tasks are cancelled."""
        self._host.spawn(self._follow())
        for meter in self._meters.values():
            self._host.spawn(meter.run(self._told))

    async def restart(self) -> None:
        """See `HardwareDriver.restart`; what is reported meanwhile is in the survey that `begin` takes."""
        self._listening = False
        restarting = self.driver.restart()
        if restarting is not None:
            await restarting

    async def reset(self, retries: int) -> str:
        """Restart, and again up to `retries` times while the hardware says that it failed; why it did at last, empty if it did not."""
        for left in range(retries, -1, -1):
            try:
                await self.restart()
            except HardwareError as error:
                _log.warning("the hardware was not reset", why=str(error), retries_left=left)
                if left == 0:
                    return error.what
                await asyncio.sleep(self._pace.reset_again)
            else:
                break
        return ""

    async def close(self) -> None:
        """See `HardwareDriver.close`; closing twice is fine."""
        self._listening = False
        if self._over:
            return
        self._over = True
        try:
            closing = self.driver.close()
            if closing is not None:
                await closing
        except Exception as error:
            _log.error("the hardware could not be let go", exc_info=error)

    # --- what it tells -----------------------------------------------------------------------------------------------

    def reading(self, evse_id: int) -> MeterReading:
        """The meter of an EVSE (0: the main meter): the outside one, where there is one."""
        outside = self._meters.get(evse_id)
        if outside is None:
            return self.driver.meter(evse_id)
        main = self._layout.main_meter if evse_id == 0 else None
        return outside.reading(self.driver.meter(evse_id) if main is None else nothing_read(main.phases))

    def _reported(self, events: Sequence[HardwareEvent]) -> None:
        """See `Happened`: told in the station's own task, never within a call of the driver."""
        if self._listening and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._told, tuple(events))

    def _told(self, events: Sequence[HardwareEvent]) -> None:
        if self._listening:
            self._host.feed(*events)

    async def _follow(self) -> None:
        now = self._host.clock.monotonic
        last = now()
        while not self._over:
            await asyncio.sleep(self._pace.tick)
            at = now()
            self._told(self.driver.advance((at - last) * self._speed))
            last = at
            self._save(self._pace.save_every)
            if self.driver.at_rest and not self._over:
                self._save(None if self._pace.save_every is None else 0.0)
                self._stirred.clear()
                await self._stirred.wait()
                last = now()

    def _save(self, seconds: float | None) -> None:
        if seconds is not None and not self._over:
            self._host.save_if_older(seconds)

    # --- what it is told ---------------------------------------------------------------------------------------------

    def stir(self) -> None:
        """Something was done: hardware at rest may not be so any more."""
        self._stirred.set()

    def move(self, asked: act.SetLock | act.PutToSleep) -> told.Input | None:
        """Do what the core is told the outcome of; None: it is told later."""
        return self.lock(asked) if isinstance(asked, act.SetLock) else self.sleep(asked)

    def lock(self, asked: act.SetLock) -> told.LockMoved | None:
        """Move a lock; what became of it, or None: it takes a while, and the core is told then."""
        done = self.driver.set_lock(asked.evse_id, asked.connector_id, asked.locked)
        if isinstance(done, bool):
            return told.LockMoved(asked.evse_id, asked.connector_id, asked.locked, done)
        self._host.spawn(self._lock_later(asked, done))
        return None

    async def _lock_later(self, asked: act.SetLock, moving: Awaitable[bool]) -> None:
        starts = self._starts
        done = await moving
        if self._listening and starts == self._starts:  # another core did not ask
            self._host.feed(told.LockMoved(asked.evse_id, asked.connector_id, asked.locked, done))

    def sleep(self, asked: act.PutToSleep) -> FellAsleep | None:
        """Put an EVSE to sleep; as with `lock`."""
        done = self.driver.sleep(asked.evse_id) if isinstance(self.driver, Sleeps) else False
        if isinstance(done, bool):
            return FellAsleep(asked.evse_id, done)
        self._host.spawn(self._sleep_later(asked.evse_id, done))
        return None

    async def _sleep_later(self, evse_id: int, falling: Awaitable[bool]) -> None:
        starts = self._starts
        done = await falling
        if self._listening and starts == self._starts:
            self._host.feed(FellAsleep(evse_id, done))

    def do(self, action: act.Action) -> None:
        """Carry out an action if it is for the hardware."""
        match action:
            case act.SetContactor(evse_id, closed):
                self.driver.set_contactor(evse_id, closed)
            case act.SetCurrentLimit(evse_id, amps):
                self.driver.set_current_limit(evse_id, amps)
            case act.SetPowerSetpoint(evse_id, watts, None):
                self.driver.set_power_setpoint(evse_id, watts)
            case act.SetPowerSetpoint(evse_id, watts, var):
                self.driver.set_power_setpoint(evse_id, watts, var)
            case act.SetPhases(evse_id, phases, None):
                self.driver.set_phases(evse_id, phases)
            case act.SetPhases(evse_id, phases, phase):
                self.driver.set_phases(evse_id, phases, phase)
            case act.WakeUp(evse_id) if isinstance(self.driver, Sleeps):
                self.driver.wake(evse_id)
            case act.Show(evse_id, text):
                self.driver.show(evse_id, text)
            case _:
                pass


async def _waited(moving: Awaitable[Any]) -> None:
    await moving
