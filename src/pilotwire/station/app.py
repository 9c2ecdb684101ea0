"""A charging station at work: the core, told of the hardware, the line and the time, and its actions carried out.

What must survive is committed before anything that depends on it is done (`DURABLE` actions first). The simulated hardware's own
state is part of the same commit, so meter registers and vehicles come back as they were when a fact was kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import uuid
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
import structlog

from pilotwire.clock import Clock
from pilotwire.dialects import Dialect
from pilotwire.domain.device_model import SetVariables
from pilotwire.domain.kinds import Command, Fact, Outcome
from pilotwire.domain.provisioning import BootReason, RegistrationStatus
from pilotwire.errors import NotReachable, NotSayable, StoreError
from pilotwire.ocpp.net.backoff import RetryBackOff
from pilotwire.ocpp.net.client import ConnectError
from pilotwire.ocpp.net.peer import AnswerInvalid, CallRefused, CallTimeout, OnFrame
from pilotwire.station.client_context import OWN, has_valid, leaf_is_valid, own_in, roots_in
from pilotwire.station.connecting import event_of
from pilotwire.station.core import StationCore
from pilotwire.station.core import actions as act
from pilotwire.station.core import inputs as told
from pilotwire.station.core.certificates import InstallersCertificate
from pilotwire.station.core.network_ways import CarriersSeen, Connected, CredentialsSeen, Missed, Way
from pilotwire.station.core.settings import StationSettings
from pilotwire.station.endpoints import Endpoint
from pilotwire.station.files import Files, MemoryFiles
from pilotwire.station.hardware.ports import HardwareEvent, OutsideMeter, StationLayout, VehicleInlet
from pilotwire.station.hardware.simulated import SimulatedStation
from pilotwire.station.jobs import WORKERS, Jobs, Tools
from pilotwire.station.jobs.logs import Diary
from pilotwire.station.keys import KeyStore
from pilotwire.station.line import CommandRefused, Line
from pilotwire.station.storage import Storage

_log = structlog.get_logger("pilotwire.station")

TICK = 0.1
"""Seconds that an answer has to leave before the connection it left by ends."""
_PASSWORD = "SecurityCtrlr.BasicAuthPassword"
_PING = "OCPPCommCtrlr.WebSocketPingInterval"


@dataclass(frozen=True, slots=True)
class Pace:
    """How closely the simulated hardware is followed, in seconds; hardware at which no vehicle is plugged in is left at rest.

    `tick` lies between two looks at it; `save_every` is how old its saved state grows while no fact is kept, None: as old as it may.
    """

    tick: float = 0.1
    save_every: float | None = 1.0


AS_USUAL = Pace()
"""The pace of a single station."""


class Station:
    """One station on one storage. Use `async with` or `start` and `stop`; `failed` tells why it had to stop by itself, if it did.

    `speed` is how much faster than life the simulated hardware and vehicles run; the station's clock stays the true one. `meters` are real
    meters in the place of simulated ones, by EVSE; they are read while the station runs.
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
        files: Files | None = None,
        pace: Pace = AS_USUAL,
        keys: KeyStore | None = None,
        meters: Mapping[int, OutsideMeter] | None = None,
    ) -> None:
        self.settings = settings if settings.home is not None else replace(settings, home=endpoint.profile())
        self.identity = endpoint.identity
        self.files: Files = MemoryFiles() if files is None else files
        self.failed: asyncio.Future[None] | None = None
        self.layout = layout
        self._storage = storage
        self._clock = clock
        self._speed = speed
        self._vehicle_from = vehicle_from
        self.line = Line(endpoint, dialect, self, clock, self.files, on_frame=on_frame)
        self.hardware = self._hardware()
        self.hardware.outside_meters = dict(meters or {})
        self.core = self._new_core()
        tools = Tools(self.identity, clock, self.files, lambda key: self.core.variable(key), self.hardware, keys)
        self._diary = Diary(self.files, clock) if settings.diagnostics_log else None
        self._jobs = Jobs(WORKERS, tools, self.feed)
        self._commands: dict[int, asyncio.Future[Outcome]] = {}
        self._next_command = 0
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._pace = pace
        self._stirred = asyncio.Event()
        self._saved_at = clock.monotonic()
        self._saved_hardware = ""
        self._failure: BaseException | None = None
        self._off = False
        self._restarting = False

    # --- life --------------------------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Station:
        self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def failure(self) -> str:
        """Why the station had to stop by itself, as a sentence; empty if it did not."""
        return "" if self._failure is None else str(self._failure)

    def start(self, reason: BootReason = BootReason.POWER_UP) -> None:
        """Power up: the core resumes from what was saved, the line connects, the hardware runs."""
        self.failed = asyncio.get_running_loop().create_future()
        self._begin(reason)
        if self._failure is None:
            self._spawn(self.line.run())
            self._spawn(self._run_hardware())
            for meter in self.hardware.outside_meters.values():
                self._spawn(meter.run(self.happened))
        else:
            self._tell_failure(self._failure)

    def _begin(self, reason: BootReason) -> None:
        """Give the core its start. No transaction survives one, so no plug stays held from before."""
        for evse in self.layout.evses:
            for connector in evse.connectors:
                self.hardware.set_lock(evse.evse_id, connector.connector_id, False)
        self.feed(told.Started(reason, tuple(self.hardware.survey()), self.hardware.firmware))
        if installed := self.files.read(OWN[-1][0]):
            self.feed(InstallersCertificate(installed.decode("ascii", "replace")))

    async def stop(self) -> None:
        """Stop as if switched off: nothing is said any more, everything kept stays kept. Stopping twice is fine."""
        self._off = True
        self._disarm()
        await self._jobs.abandon_all()
        await self.line.close("the station stops")
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._refuse_waiting("The station stops.")
        if self._diary is not None:
            self._diary.write()
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
        if self._failure is not None:
            return
        self._failure = error
        _log.error(
            "the station stops", station=self.identity, why=str(error), exc_info=None if _is_told(error) else error
        )
        self._disarm()
        self.line.end()
        self._refuse_waiting("The station has failed.")
        self._tell_failure(error)

    def _tell_failure(self, error: BaseException) -> None:
        if self.failed is not None and not self.failed.done():
            self.failed.set_exception(error)
            self.failed.exception()  # whoever waits sees it; nobody need

    # --- the core ----------------------------------------------------------------------------------------------------------------

    def feed(self, *things: told.Input) -> None:
        """Tell the core something and do what it asks for; a station that has failed hears nothing any more."""
        for thing in things:
            if self._failure is None:
                if self._diary is not None:
                    self._diary.heard(thing)
                self._guarded(partial(self.core.feed, thing))

    def write_variable(self, key: str, value: str) -> None:
        """Give a variable a value from inside, read-only ones too; raises `ConfigError` for what cannot be."""
        actions = self.core.write(key, value, self._clock.now())
        self._guarded(lambda _: actions)

    def _guarded(self, decide: Callable[[datetime], Sequence[act.Action]]) -> None:
        """Let the core decide and do it; whatever goes wrong with either stops the station."""
        try:
            self._perform(decide(self._clock.now()))
        except Exception as error:
            self._fail(error)

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
        if durable:
            self._commit(durable)
        moved: list[told.Input] = []
        for action in actions:
            if isinstance(action, act.SetLock):
                done = self.hardware.set_lock(action.evse_id, action.connector_id, action.locked)
                moved.append(told.LockMoved(action.evse_id, action.connector_id, action.locked, done))
            else:
                self._do(action)
        self._arm()
        self._stirred.set()
        self.feed(*moved)

    def _do(self, action: act.Action) -> None:
        if self._diary is not None:
            self._diary.done(action)
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
            case act.SetPhases(evse_id, phases):
                self.hardware.set_phases(evse_id, phases)
            case act.Show(evse_id, text):
                self.hardware.show(evse_id, text)
            case act.Undertake(ref, job):
                self._jobs.undertake(ref, job)
            case act.Abandon(ref):
                self._jobs.abandon(ref)
            case act.RestartStation(reason):
                self._restarting = True
                self._spawn(self._restart(reason))
            case act.ConnectAnew(why):
                self._spawn(self._connect_anew(why))
            case act.VariableChanged(name, _):
                self._variable_changed(str(name))
            case act.Note(text):
                _log.info(text, station=self.identity)

    def _commit(self, durable: Sequence[act.Action]) -> None:
        """What must survive, and the hardware as it is with it; a disk at rest is left at rest."""
        hardware = json.dumps(self.hardware.save())
        if durable or hardware != self._saved_hardware:
            self._storage.commit(durable, hardware=hardware)
            self._saved_hardware = hardware
        self._saved_at = self._clock.monotonic()

    # --- time --------------------------------------------------------------------------------------------------------------------

    def _arm(self) -> None:
        self._disarm()
        deadline = None if self._off else self.core.next_deadline()
        if deadline is not None:
            wait = max(0.0, (deadline - self._clock.now()).total_seconds())
            self._timer = asyncio.get_running_loop().call_later(wait, self._tick)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        self._timer = None
        self._guarded(self.core.tick)

    async def _run_hardware(self) -> None:
        last = self._clock.monotonic()
        while self._failure is None:
            await asyncio.sleep(self._pace.tick)
            now = self._clock.monotonic()
            self.happened(self.hardware.advance((now - last) * self._speed))
            last = now
            self._save_if_old(now)
            if self.hardware.at_rest and self._failure is None:
                self._save_if_old(math.inf)
                self._stirred.clear()
                await self._stirred.wait()
                last = self._clock.monotonic()

    def _save_if_old(self, now: float) -> None:
        limit = self._pace.save_every
        if limit is not None and now - self._saved_at >= limit and self._failure is None:
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
            asyncio.get_running_loop().call_soon(self._heard, self.core, told.Unsaid(ref))
        else:
            self._spawn(self._say(self.core, ref, fact, message))

    async def _say(self, core: StationCore, ref: int, fact: Fact, message: Any) -> None:
        answer = await self._answer_to(ref, fact, message)
        if answer is not None:
            self._heard(core, answer)

    async def _answer_to(self, ref: int, fact: Fact, message: Any) -> told.Input | None:
        """What became of a fact; None if the line broke: `LinkDown` says so, and a broken line is no failed attempt (E11, 1.6:3.7.1)."""
        try:
            return told.Answered(ref, await self.line.say(fact, message))
        except CallRefused as refused:
            return told.Refused(ref, refused.code, refused.description)
        except AnswerInvalid as invalid:
            return told.Refused(ref, "FormatViolation", str(invalid))
        except CallTimeout:
            return told.NotAnswered(ref)
        except NotReachable:
            return None

    def _heard(self, core: StationCore, answer: told.Input) -> None:
        """An answer is for the core that asked: after a restart the same number means another question."""
        if core is self.core:
            self.feed(answer)

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
        if self._restarting or self._failure is not None:
            raise CommandRefused("InternalError", "The station restarts." if self._restarting else "It has failed.")
        self._next_command += 1
        ref = self._next_command
        outcome = self._commands[ref] = asyncio.get_running_loop().create_future()
        try:
            if isinstance(command, SetVariables):
                self._look_at_credentials()
            self.feed(told.CommandReceived(ref, command))
            given: Outcome = await outcome
            return given
        finally:
            del self._commands[ref]

    def _refuse_waiting(self, why: str) -> None:
        """Commands that nobody will answer any more."""
        for ref in tuple(self._commands):
            self._settle(ref, CommandRefused("InternalError", why))

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

    def way(self) -> Way | None:
        """See `Owner`."""
        return self.core.way()

    def reached(self, way: Way) -> None:
        """See `Owner`."""
        self.feed(Connected(way.slot))

    def missed(self, error: ConnectError) -> None:
        """See `Owner`."""
        self.feed(Missed(str(error), event_of(error)))

    def carriers(self, *, ethernet: bool, cellular: bool) -> None:
        """Which carriers have a link now: a cable was plugged or pulled, the mobile network came or went."""
        self.feed(CarriersSeen(ethernet, cellular))

    def _look_at_credentials(self) -> None:
        """Tell the core what there is to make secure connections with; the files may have changed at any time."""
        now, own = self._clock.now(), own_in(self.files)
        seen = CredentialsSeen(
            roots=has_valid(roots_in(self.files), now),
            certificate=own is not None and leaf_is_valid(own[0], now),
            password=self.line.endpoint.password is not None,
        )
        self.feed(seen)

    def ping_interval(self) -> float:
        """See `Owner`; OCPPCommCtrlr.WebSocketPingInterval."""
        return float(self.core.variable(_PING))

    def is_silent(self) -> bool:
        """See `Owner`."""
        return not self.settings.answers_when_rejected and self.is_rejected()

    def is_rejected(self) -> bool:
        """See `Owner`."""
        return self.core.overview().registration is RegistrationStatus.REJECTED

    def _variable_changed(self, name: str) -> None:
        """What the shell itself goes by. The back-off is asked for when a connection was lost."""
        if name.casefold() == _PING.casefold():
            self.line.keep_alive(self.ping_interval())
        if name.casefold() == _PASSWORD.casefold():
            _log.info("the CSMS has set another password; connecting anew", station=self.identity)
            self._spawn(self._connect_anew("the password has changed"))

    async def _connect_anew(self, why: str) -> None:
        """A moment for the answer to leave, then the connection ends and the next one begins (A01)."""
        await asyncio.sleep(TICK)
        await self.line.close(why)
        self.line.hurry()

    def overview(self) -> dict[str, Any]:
        """How things stand, as plain JSON values: link, registration, EVSEs, how many facts wait."""
        seen: dict[str, Any] = _camel(msgspec.to_builtins(self.core.overview(), str_keys=True))
        return seen

    # --- restart -----------------------------------------------------------------------------------------------------------------

    async def _restart(self, reason: BootReason) -> None:
        """Restart as the core asked: a moment for the last answer to leave, then connection, hardware and core anew."""
        await asyncio.sleep(TICK)
        self._refuse_waiting("The station restarts.")  # a connection ends only when its commands are answered
        await self._jobs.abandon_all()
        await self.line.close("the station restarts")
        self.hardware.restart()
        self.core = self._new_core()
        self._restarting = False
        self._begin(reason)
        self.line.hurry()

    async def reboot(self, reason: BootReason = BootReason.POWER_UP, *, seconds: float = 0.0) -> None:
        """The controller's power fails and comes back: nothing is said any more, and only what was kept is left.

        The mains of the contactors fails with it. `seconds` is how long it is gone.
        """
        self._restarting = True
        self._disarm()
        self.line.cut()
        await self._jobs.abandon_all()
        self._refuse_waiting("The station has lost its power.")
        await asyncio.sleep(max(seconds, TICK))
        self.hardware.restart()
        self.core = self._new_core()
        self._restarting = False
        self._begin(reason)
        self.line.restore()

    def _hardware(self) -> SimulatedStation:
        saved = self._storage.hardware()
        if saved is None:
            return SimulatedStation(self.layout)
        try:
            state = json.loads(saved)
        except ValueError as error:
            what = f"What was saved of the hardware of {self.identity} cannot be read: {error}."
            raise StoreError(what, "Restore the station file from a copy, or begin with a new one.") from None
        return SimulatedStation.restore(self.layout, state, vehicle_from=self._vehicle_from)


def _is_told(error: BaseException) -> bool:
    """Whether the error is a sentence for people; else it is a bug and its origin belongs into the log."""
    return isinstance(error, StoreError)


def _camel(value: Any) -> Any:
    """JSON values with the names of the standard's JSON: evseId, not evse_id."""
    if isinstance(value, dict):
        return {_camel_name(name): _camel(inner) for name, inner in value.items()}
    return [_camel(inner) for inner in value] if isinstance(value, list | tuple) else value


def _camel_name(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
