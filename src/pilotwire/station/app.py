"""A charging station at work: the core, told of the hardware, the line and the time, and its actions carried out.

What must survive is committed before anything that depends on it is done (`DURABLE` actions first). The simulated hardware's own
state is part of the same commit, so meter registers and vehicles come back as they were when a fact was kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

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
from pilotwire.station.client_context import OWN
from pilotwire.station.connecting import credentials_seen, event_of
from pilotwire.station.core import StationCore
from pilotwire.station.core import actions as act
from pilotwire.station.core import inputs as told
from pilotwire.station.core.certificates import InstallersCertificate
from pilotwire.station.core.network_ways import CarriersSeen, Connected, Missed, Moved, Way
from pilotwire.station.core.settings import StationSettings
from pilotwire.station.endpoints import Endpoint
from pilotwire.station.equipment import AS_USUAL as AS_USUAL
from pilotwire.station.equipment import Equipment, Host
from pilotwire.station.equipment import Pace as Pace
from pilotwire.station.files import Files, MemoryFiles
from pilotwire.station.hardware.drivers import DriverFactory, DriverPlace, simulated
from pilotwire.station.hardware.ports import (
    HardwareDriver,
    HardwareError,
    HardwareEvent,
    OutsideMeter,
    StationLayout,
)
from pilotwire.station.hardware.simulated import SimulatedStation, VehicleFrom
from pilotwire.station.jobs import WORKERS, Jobs, Tools
from pilotwire.station.jobs.logs import Diary
from pilotwire.station.keys import KeyStore
from pilotwire.station.line import CommandRefused
from pilotwire.station.plain import plain
from pilotwire.station.soap_line import line_for
from pilotwire.station.storage import Storage
from pilotwire.station.waiting import Waiting

_log = structlog.get_logger("pilotwire.station")

TICK = 0.1
"""Seconds that an answer has to leave before the connection it left by ends."""
_PASSWORD = "SecurityCtrlr.BasicAuthPassword"
_PING = "OCPPCommCtrlr.WebSocketPingInterval"


class Station:
    """One station on one storage. Use `async with` or `start` and `stop`; `failed` tells why it had to stop by itself, if it did.

    `driver` makes the driver of the hardware, the simulated one if it is left out: `vehicle_from` is for that. `speed` is how much faster
    than life the simulated hardware and vehicles run; the station's clock stays the true one. `meters` are real meters in the place of the
    driver's, by EVSE; they are read while the station runs.
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
        vehicle_from: VehicleFrom | None = None,
        on_frame: OnFrame | None = None,
        files: Files | None = None,
        pace: Pace = AS_USUAL,
        keys: KeyStore | None = None,
        meters: Mapping[int, OutsideMeter] | None = None,
        driver: DriverFactory | None = None,
    ) -> None:
        self.settings = settings if settings.home is not None else replace(settings, home=endpoint.profile())
        self.identity = endpoint.identity
        self.files: Files = MemoryFiles() if files is None else files
        self.failed: asyncio.Future[None] | None = None
        self.layout = layout
        self._storage = storage
        self._clock = clock
        self.line = line_for(endpoint, dialect, self, clock, self.files, on_frame=on_frame)
        self.hardware = self._hardware(driver or simulated(vehicle_from))
        host = Host(self.feed, self._spawn, self._save_if_older, clock)
        self._equipment = Equipment(self.hardware, layout, meters or {}, host, pace=pace, speed=speed)
        self.core = self._new_core()
        tools = Tools(self.identity, clock, self.files, lambda key: self.core.variable(key), self.hardware, keys)
        self._diary = Diary(self.files, clock) if settings.diagnostics_log else None
        self._jobs = Jobs(WORKERS, tools, self.feed)
        self._waiting = Waiting()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._saved_at = clock.monotonic()
        self._saved_hardware = ""
        self._failure: BaseException | None = None
        self._off = False
        self._restarting = False
        self._dark = False

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
        """Power up: the core resumes from what was saved, the line connects, the hardware runs; once the driver is open."""
        self.failed = asyncio.get_running_loop().create_future()
        try:
            opening = self._equipment.open()
        except HardwareError as error:
            self._fail(error)
        else:
            if opening is None:
                self._power_up(reason)
            else:
                self._spawn(self._power_up_after(opening, reason))

    async def _power_up_after(self, opening: Awaitable[None], reason: BootReason) -> None:
        await opening
        self._power_up(reason)

    def _power_up(self, reason: BootReason) -> None:
        self._begin(reason)
        if self._failure is None:
            self._spawn(self.line.run())
            self._equipment.run()
        else:
            self._tell_failure(self._failure)

    def _begin(self, reason: BootReason, *, resume: bool | None = None) -> None:
        """Give the core its start. No transaction survives one, so no plug stays held from before."""
        self.feed(told.Started(reason, self._equipment.begin(), self.hardware.firmware, resume))
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
        self._waiting.refuse_all("The station stops.")
        if self._diary is not None:
            self._diary.write()
        with contextlib.suppress(StoreError):
            self._commit(())
        await self._equipment.close()
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
        self._waiting.refuse_all("The station has failed.")
        self._tell_failure(error)
        self._spawn(self._equipment.close())  # nobody would open the contactors any more

    def _tell_failure(self, error: BaseException) -> None:
        if self.failed is not None and not self.failed.done():
            self.failed.set_exception(error)
            self.failed.exception()  # whoever waits sees it; nobody need

    # --- the core ----------------------------------------------------------------------------------------------------------------

    def feed(self, *things: told.Input) -> None:
        """Tell the core something and do what it asks for; one that has failed, or has no power, hears nothing."""
        for thing in things:
            if self._failure is None and not self._dark:
                if self._diary is not None:
                    self._diary.heard(thing)
                self._guarded(partial(self.core.feed, thing))

    def write_variable(self, key: str, value: str) -> None:
        """Give a variable a value from inside, read-only ones too; raises `ConfigError` for what cannot be."""
        actions = self.core.write(key, value, self._clock.now())
        self._guarded(lambda _: actions)

    def now(self) -> datetime:
        """The time by the station's clock."""
        return self._clock.now()

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
            meter=self._equipment.reading,
            new_id=lambda: str(uuid.uuid4()),
        )

    def _perform(self, actions: Sequence[act.Action]) -> None:
        durable = [action for action in actions if isinstance(action, act.DURABLE)]
        if durable:
            self._commit(durable)
        moved: list[told.Input] = []
        for action in actions:
            if not isinstance(action, act.SetLock):
                self._do(action)
            elif (done := self._equipment.lock(action)) is not None:
                moved.append(done)
        self._arm()
        self._equipment.stir()
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
                self._waiting.settle(ref, outcome)
            case act.RefuseCommand(ref, code, description):
                self._waiting.settle(ref, CommandRefused(code, description))
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
            case _:
                self._equipment.do(action)

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

    def _save_if_older(self, seconds: float) -> None:
        if self._failure is None and self._clock.monotonic() - self._saved_at >= seconds:
            self._commit(())

    def happened(self, events: Sequence[HardwareEvent]) -> None:
        """A person did something at the simulated station."""
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
        if isinstance(command, SetVariables):
            self._look_at_credentials()
        return await self._waiting.outcome(lambda ref: self.feed(told.CommandReceived(ref, command)))

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

    def moved(self) -> None:
        """See `Owner`."""
        self.feed(Moved())

    def carriers(self, *, ethernet: bool, cellular: bool) -> None:
        """Which carriers have a link now: a cable was plugged or pulled, the mobile network came or went."""
        self.feed(CarriersSeen(ethernet, cellular))

    def _look_at_credentials(self) -> None:
        """Tell the core what there is to make secure connections with; the files may have changed at any time."""
        has_password = self.line.endpoint.password is not None
        self.feed(credentials_seen(self.files, self._clock.now(), has_password=has_password))

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
        return plain(self.core.overview())

    # --- restart -----------------------------------------------------------------------------------------------------------------

    async def _restart(self, reason: BootReason) -> None:
        """Restart as the core asked: a moment for the last answer to leave, then connection, hardware and core anew."""
        await asyncio.sleep(TICK)
        self._waiting.refuse_all("The station restarts.")  # a connection ends only when its commands are answered
        await self._jobs.abandon_all()
        await self.line.close("the station restarts")
        await self._equipment.restart()
        self.core = self._new_core()
        self._restarting = False
        self._begin(reason)
        self.line.hurry()

    async def reboot(
        self, reason: BootReason = BootReason.POWER_UP, *, resume: bool | None = None, seconds: float = 0.0
    ) -> None:
        """The controller's power fails and comes back: nothing is said any more, and only what was kept is left.

        The contactors open with it. `seconds` is how long it is gone; `resume` as in `Started`.
        """
        self._restarting = self._dark = True
        self._disarm()
        self.line.cut()
        await self._equipment.restart()
        await self._jobs.abandon_all()
        self._waiting.refuse_all("The station has lost its power.")
        await asyncio.sleep(max(seconds, TICK))
        self.core = self._new_core()
        self._restarting = self._dark = False
        self._begin(reason, resume=resume)
        self.line.restore()

    def _hardware(self, make: DriverFactory) -> HardwareDriver:
        saved = self._storage.hardware()
        try:
            state = None if saved is None else json.loads(saved)
        except ValueError as error:
            what = f"What was saved of the hardware of {self.identity} cannot be read: {error}."
            raise StoreError(what, "Restore the station file from a copy, or begin with a new one.") from None
        return make(DriverPlace(self.identity, self.layout, state))

    @property
    def simulated(self) -> SimulatedStation:
        """The hardware where people can be played; raises `HardwareError` if it is no simulated one."""
        if not isinstance(self.hardware, SimulatedStation):
            raise HardwareError(
                "The hardware of this station is real: what people do there is not done here.",
                "Do it at the station, or start one with the driver simulated.",
            )
        return self.hardware


def _is_told(error: BaseException) -> bool:
    """Whether the error is a sentence for people; else it is a bug and its origin belongs into the log."""
    return isinstance(error, StoreError | HardwareError)
