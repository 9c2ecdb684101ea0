"""A charging station at work: the core, told of the hardware, the line and the time, and its actions carried out.

What must survive is committed before anything that depends on it is done (`DURABLE` actions first). The simulated hardware's own
state is part of the same commit, so meter registers and vehicles come back as they were when a fact was kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import structlog

from pilotwire.clock import Clock
from pilotwire.dialects import Dialect
from pilotwire.dialects.every import DIALECTS
from pilotwire.domain.kinds import Verdict
from pilotwire.domain.provisioning import BootReason
from pilotwire.errors import StoreError
from pilotwire.ocpp.net.peer import OnFrame
from pilotwire.station.client_context import installers_roots
from pilotwire.station.core import StationCore
from pilotwire.station.core import actions as act
from pilotwire.station.core import inputs as told
from pilotwire.station.core.certificates import InstallersCertificate, InstallersRoots
from pilotwire.station.core.memory import SavedState
from pilotwire.station.core.settings import StationSettings
from pilotwire.station.core.setup_memory import SetupMemory
from pilotwire.station.ending import end
from pilotwire.station.endpoints import Endpoint
from pilotwire.station.equipment import AS_USUAL as AS_USUAL
from pilotwire.station.equipment import Equipment, Host, as_saved
from pilotwire.station.equipment import Pace as Pace
from pilotwire.station.files import Files, MemoryFiles
from pilotwire.station.hardware.drivers import DriverFactory, simulated
from pilotwire.station.hardware.ports import (
    ErrorCode,
    FaultRaised,
    HardwareError,
    HardwareEvent,
    OutsideMeter,
    StationLayout,
)
from pilotwire.station.hardware.simulated import SimulatedStation, VehicleFrom
from pilotwire.station.jobs.logs import Diary
from pilotwire.station.keys import KeyStore
from pilotwire.station.line import CommandRefused
from pilotwire.station.refit import CHAIN, ROOT, check_first_values
from pilotwire.station.settable import TICK, Settable
from pilotwire.station.setup import endpoint_of, in_force, settings_of, setup_of, version_of
from pilotwire.station.storage import Storage
from pilotwire.station.waiting import Waiting

_log = structlog.get_logger("pilotwire.station")
_RETRIES = "OCPPCommCtrlr.ResetRetries"


class Station(Settable):
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
        self.start_setup = setup_of(endpoint, dialect.version)
        """How the station was started; `setup` is what counts."""
        saved = storage.load()
        self.setup = in_force(self.start_setup, (saved or SavedState()).part(SetupMemory))
        if self.setup != self.start_setup:
            endpoint = endpoint_of(self.setup, endpoint)
            settings, dialect = settings_of(self.setup, settings, endpoint), DIALECTS[version_of(self.setup)]
            check_first_values(settings, layout, self.setup)
        self.settings = settings if settings.home is not None else replace(settings, home=endpoint.profile())
        self.identity = endpoint.identity
        self.files: Files = MemoryFiles() if files is None else files
        self.failed: asyncio.Future[None] | None = None
        self.layout = layout
        self._storage = storage
        self._clock = clock
        self._on_frame = on_frame
        self.line = self._new_line(endpoint, dialect)
        self.hardware = as_saved(driver or simulated(vehicle_from), self.identity, layout, storage.hardware())
        host = Host(self.feed, self._spawn, self._save_if_older, clock)
        self._equipment = Equipment(self.hardware, layout, meters or {}, host, pace=pace, speed=speed)
        self.core = self._new_core(saved)
        self._keys = keys
        self._diary = Diary(self.files, clock) if settings.diagnostics_log else None
        self._jobs = self._new_jobs()
        self._waiting = Waiting()
        self._secc: dict[Hashable, Callable[[Verdict], None]] = {}
        self._listeners: list[Callable[[told.Input], None]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._line_task: asyncio.Task[None] | None = None
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
            self._run_line()
            self._equipment.run()
        else:
            self._tell_failure(self._failure)

    def _begin(self, reason: BootReason, *, resume: bool | None = None) -> None:
        """Give the core its start. No transaction survives one, so no plug stays held from before."""
        self.feed(told.Started(reason, self._equipment.begin(), self.hardware.firmware, resume))
        self._show_certificate({CHAIN: self.files.read(CHAIN) or b"", ROOT: installers_roots(self.files)})

    def _show_certificate(self, files: Mapping[str, bytes]) -> None:
        """Tell the core of the certificate and the CSMS roots an installer gave, if there are some among these files."""
        if roots := files.get(ROOT):
            self.feed(InstallersRoots(roots.decode("ascii", "replace")))
        if installed := files.get(CHAIN):
            self.feed(InstallersCertificate(installed.decode("ascii", "replace")))

    async def stop(self) -> None:
        """Stop as if switched off: nothing is said any more, everything kept stays kept. Stopping twice is fine."""
        self._off = True
        self._disarm()
        await self._jobs.abandon_all()
        await self.line.close("the station stops")
        await end(self._tasks)
        self._waiting.refuse_all("The station stops.")
        if self._diary is not None:
            self._diary.write()
        with contextlib.suppress(StoreError):
            self._commit(())
        await self._equipment.close()
        self._storage.close()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._task(work)

    def _task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

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
                for listener in tuple(self._listeners):
                    listener(thing)

    def hear(self, ref: Hashable, heard: Callable[[Verdict], None]) -> None:
        """Have `heard` called with all that comes of what a vehicle asks with this `ref`, until somebody else hears it."""
        self._secc[ref] = heard

    def listen(self, listener: Callable[[told.Input], None]) -> Callable[[], None]:
        """Have `listener` told all that the core is told, after the core; until what is returned is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def write_variable(self, key: str, value: str) -> None:
        """Give a variable a value from inside, read-only ones too; raises `ConfigError` for what cannot be."""
        actions = self.core.write(key, value, self._clock.now())
        self._guarded(lambda _: actions)

    def may_be(self, key: str, value: str) -> bool:
        """Whether a variable may be set to a value that fits its type, as a CSMS would be told."""
        self._look_at_credentials()
        return self.core.may_be(key, value, self._clock.now())

    def now(self) -> datetime:
        """The time by the station's clock."""
        return self._clock.now()

    def _guarded(self, decide: Callable[[datetime], Sequence[act.Action]]) -> None:
        """Let the core decide and do it; whatever goes wrong with either stops the station."""
        try:
            self._perform(decide(self._clock.now()))
        except Exception as error:
            self._fail(error)

    def _new_core(self, saved: SavedState | None) -> StationCore:
        return StationCore(
            self.settings,
            self.layout,
            saved=saved,
            meter=self._equipment.reading,
            new_id=lambda: str(uuid.uuid4()),
        )

    def _perform(self, actions: Sequence[act.Action]) -> None:
        durable = [action for action in actions if isinstance(action, act.DURABLE)]
        if durable:
            self._commit(durable)
        moved: list[told.Input] = []
        for action in actions:
            if not isinstance(action, act.SetLock | act.PutToSleep):
                self._do(action)
            elif (done := self._equipment.move(action)) is not None:
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
                self._connect_anew(why)
            case act.VariableChanged(name, _):
                self._variable_changed(str(name))
            case act.Inform(ref, verdict) if ref in self._secc:
                asyncio.get_running_loop().call_soon(self._secc[ref], verdict)
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

    # --- restart -----------------------------------------------------------------------------------------------------------------

    async def _restart(self, reason: BootReason) -> None:
        """Restart as the core asked: a moment for the last answer to leave, then connection, hardware and core anew."""
        await asyncio.sleep(TICK)
        self._waiting.refuse_all("The station restarts.")  # a connection ends only when its commands are answered
        await self._jobs.abandon_all()
        await self.line.close("the station restarts")
        unreset = await self._equipment.reset(int(self.core.variable(_RETRIES)))
        self.core = self._new_core(self._storage.load())
        self._restarting = False
        self._begin(reason)
        if unreset:  # hardware in an unknown state must not charge, and the CSMS must hear of it
            self.feed(FaultRaised(None, None, ErrorCode.INTERNAL_ERROR, f"The reset did not succeed. {unreset}"))
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
        self.core = self._new_core(self._storage.load())
        self._restarting = self._dark = False
        self._begin(reason, resume=resume)
        self.line.restore()

    @property
    def storage(self) -> Storage:
        """Where what must survive is kept: parts of the station that are not the core have shelves there."""
        return self._storage

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
