"""A charging station at work: the core, told of the hardware, the line and the time, and its actions carried out.

What must survive is committed before anything that depends on it is done (`DURABLE` actions first). The simulated hardware's own
state is part of the same commit, so meter registers and vehicles come back as they were when a fact was kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import structlog

from pilotwire.clock import Clock
from pilotwire.dialects import Dialect
from pilotwire.domain.kinds import Command, Fact, Outcome
from pilotwire.domain.provisioning import BootReason
from pilotwire.errors import NotReachable, NotSayable, StoreError
from pilotwire.ocpp.net.backoff import RetryBackOff
from pilotwire.ocpp.net.peer import AnswerInvalid, CallRefused, OnFrame
from pilotwire.station.core import StationCore
from pilotwire.station.core import actions as act
from pilotwire.station.core import inputs as told
from pilotwire.station.core.settings import StationSettings
from pilotwire.station.hardware.ports import HardwareEvent, StationLayout, VehicleInlet
from pilotwire.station.hardware.simulated import SimulatedStation
from pilotwire.station.line import CommandRefused, Endpoint, Line
from pilotwire.station.storage import Storage

_log = structlog.get_logger("pilotwire.station")

TICK = 0.1
"""Seconds between two looks at the simulated hardware."""
SAVE_EVERY = 5.0
"""Seconds after which the hardware's state is saved while nothing else is."""


class Station:
    """One station on one storage. Use `async with` or `start` and `stop`; `failed` tells why it had to stop by itself, if it did.

    `speed` is how much faster than life the simulated hardware and vehicles run; the station's clock stays the true one.
    """

    def __init__(
        self,
        settings: StationSettings,
        layout: StationLayout,
        endpoint: Endpoint,
        dialect: Dialect,
        storage: Storage,
        clock: Clock,
        *,
        speed: float = 1.0,
        vehicle_from: Callable[[Mapping[str, Any]], VehicleInlet] | None = None,
        on_frame: OnFrame | None = None,
    ) -> None:
        self.settings = settings
        self.identity = endpoint.identity
        self.failed: asyncio.Future[None] | None = None
        self.layout = layout
        self._storage = storage
        self._clock = clock
        self._speed = speed
        self._vehicle_from = vehicle_from
        self.line = Line(endpoint, dialect, self, clock, on_frame=on_frame)
        self.hardware = self._hardware()
        self.core = self._new_core()
        self._commands: dict[int, asyncio.Future[Outcome]] = {}
        self._next_command = 0
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._saved_at = clock.monotonic()

    # --- life --------------------------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Station:
        self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def start(self, reason: BootReason = BootReason.POWER_UP) -> None:
        """Power up: the core resumes from what was saved, the line connects, the hardware runs."""
        self.failed = asyncio.get_running_loop().create_future()
        self.feed(told.Started(reason=reason, survey=tuple(self.hardware.survey())))
        self._spawn(self.line.run())
        self._spawn(self._run_hardware())

    async def stop(self) -> None:
        """Stop as if switched off: nothing is said any more, everything kept stays kept."""
        if self._timer is not None:
            self._timer.cancel()
        await self.line.close()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(StoreError):
            self._commit(())
        self._storage.close()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        """The station cannot go on (its storage failed, or a bug): it must not act on what it could not keep."""
        _log.error(
            "the station stops", station=self.identity, why=str(error), exc_info=not isinstance(error, StoreError)
        )
        if self.failed is not None and not self.failed.done():
            self.failed.set_exception(error)
            self.failed.exception()  # whoever waits sees it; nobody need
        self.line.cut()

    # --- the core ----------------------------------------------------------------------------------------------------------------

    def feed(self, *things: told.Input) -> None:
        """Tell the core something and do what it asks for."""
        for thing in things:
            self._perform(self.core.feed(thing, self._clock.now()))

    def _new_core(self) -> StationCore:
        return StationCore(
            self.settings,
            self.layout,
            saved=self._storage.load(),
            meter=lambda evse_id: self.hardware.meter(evse_id),
            new_id=lambda: str(uuid.uuid4()),
        )

    def _perform(self, actions: Sequence[act.Action]) -> None:
        durable = [action for action in actions if isinstance(action, act.DURABLE)]
        try:
            if durable:
                self._commit(durable)
            moved: list[told.Input] = []
            for action in actions:
                if isinstance(action, act.SetLock):
                    done = self.hardware.set_lock(action.evse_id, action.connector_id, action.locked)
                    moved.append(told.LockMoved(action.evse_id, action.connector_id, action.locked, done))
                else:
                    self._do(action)
        except StoreError as error:
            self._fail(error)
            return
        self._arm()
        self.feed(*moved)

    def _do(self, action: act.Action) -> None:
        match action:
            case act.Say(ref, fact):
                self._state(ref, fact, None)
            case act.SendKept(ref, entry, named):
                self._state(ref, entry.fact, named)
            case act.Answer(ref, outcome):
                self._settle(ref, outcome)
            case act.RefuseCommand(ref, code, description):
                self._settle(ref, CommandRefused(code, description))
            case act.SetContactor(evse_id, closed):
                self.hardware.set_contactor(evse_id, closed)
            case act.SetCurrentLimit(evse_id, amps):
                self.hardware.set_current_limit(evse_id, amps)
            case act.Show(evse_id, text):
                self.hardware.show(evse_id, text)
            case act.RestartStation(reason):
                self._spawn(self._restart(reason))
            case act.Note(text):
                _log.info(text, station=self.identity)

    def _commit(self, durable: Sequence[act.Action]) -> None:
        self._storage.commit(durable, hardware=json.dumps(self.hardware.save()))
        self._saved_at = self._clock.monotonic()

    # --- time --------------------------------------------------------------------------------------------------------------------

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline: datetime | None = self.core.next_deadline()
        if deadline is not None:
            wait = max(0.0, (deadline - self._clock.now()).total_seconds())
            self._timer = asyncio.get_running_loop().call_later(wait, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._perform(self.core.tick(self._clock.now()))

    async def _run_hardware(self) -> None:
        last = self._clock.monotonic()
        while True:
            await asyncio.sleep(TICK)
            now = self._clock.monotonic()
            self.happened(self.hardware.advance((now - last) * self._speed))
            last = now
            if now - self._saved_at >= SAVE_EVERY:
                self._commit(())

    def happened(self, events: Sequence[HardwareEvent]) -> None:
        """The driver reports, or a person did something at the simulated station."""
        self.feed(*events)

    # --- what the core says ------------------------------------------------------------------------------------------------------

    def _state(self, ref: int, fact: Fact, named: str | None) -> None:
        """Send a fact and feed back what became of it; nothing to be said counts as said."""
        try:
            message = self.line.prepare(fact, named)
        except NotSayable as error:
            _log.warning("this cannot be said", station=self.identity, why=str(error))
            message = None
        if message is None:
            self._later(told.Unsaid(ref))
            return
        self._spawn(self._say(ref, fact, message))

    async def _say(self, ref: int, fact: Fact, message: Any) -> None:
        try:
            self.feed(told.Answered(ref, await self.line.say(fact, message)))
        except CallRefused as refused:
            self.feed(told.Refused(ref, refused.code, refused.description))
        except AnswerInvalid as invalid:
            self.feed(told.Refused(ref, "FormatViolation", str(invalid)))
        except NotReachable:
            self.feed(told.NotAnswered(ref))

    def _later(self, thing: told.Input) -> None:
        asyncio.get_running_loop().call_soon(self.feed, thing)

    # --- the line reports --------------------------------------------------------------------------------------------------------

    def line_up(self) -> None:
        """See `Owner`."""
        self.feed(told.LinkUp())

    def line_down(self, reason: str) -> None:
        """See `Owner`."""
        _log.info("the line is down", station=self.identity, why=reason)
        self.feed(told.LinkDown())

    async def command(self, command: Command) -> Outcome:
        """See `Owner`."""
        self._next_command += 1
        ref = self._next_command
        outcome = self._commands[ref] = asyncio.get_running_loop().create_future()
        try:
            self.feed(told.CommandReceived(ref, command))
            given: Outcome = await outcome
            return given
        finally:
            del self._commands[ref]

    def _settle(self, ref: Any, outcome: Outcome | CommandRefused) -> None:
        waiting = self._commands.get(ref)
        if waiting is None or waiting.done():
            return
        if isinstance(outcome, CommandRefused):
            waiting.set_exception(outcome)
        else:
            waiting.set_result(outcome)

    def back_off(self) -> RetryBackOff:
        """See `Owner`; the variables of OCPPCommCtrlr."""
        value = self.core.variable
        return RetryBackOff(
            wait_minimum=int(value("OCPPCommCtrlr.RetryBackOffWaitMinimum")),
            repeat_times=int(value("OCPPCommCtrlr.RetryBackOffRepeatTimes")),
            random_range=int(value("OCPPCommCtrlr.RetryBackOffRandomRange")),
        )

    def overview(self) -> dict[str, Any]:
        """How things stand, as plain JSON values: link, registration, EVSEs, how many facts wait."""
        seen: dict[str, Any] = msgspec.to_builtins(self.core.overview(), str_keys=True)
        return seen

    # --- restart -----------------------------------------------------------------------------------------------------------------

    async def _restart(self, reason: BootReason) -> None:
        """Restart as the core asked: a moment for the last answer to leave, then connection, hardware and core anew."""
        await asyncio.sleep(TICK)
        await self.line.close()
        self.hardware.restart()
        self.core = self._new_core()
        self.feed(told.Started(reason=reason, survey=tuple(self.hardware.survey())))
        self.line.hurry()

    def _hardware(self) -> SimulatedStation:
        saved = self._storage.hardware()
        if saved is None:
            return SimulatedStation(self.layout)
        return SimulatedStation.restore(self.layout, json.loads(saved), vehicle_from=self._vehicle_from)
