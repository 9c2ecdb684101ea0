"""A station that can be set up anew while it runs: its line, its jobs and its core made for another setup."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog

from pilotwire.dialects import Dialect
from pilotwire.domain.provisioning import BootReason
from pilotwire.ocpp.net.peer import OnFrame
from pilotwire.station.core import StationCore
from pilotwire.station.core import actions as act
from pilotwire.station.core.memory import SavedState
from pilotwire.station.core.network_ways import PASSWORD, SetUp
from pilotwire.station.endpoints import Endpoint
from pilotwire.station.equipment import Equipment
from pilotwire.station.hardware.ports import HardwareDriver, HardwareError, StationLayout
from pilotwire.station.jobs import WORKERS, Jobs, Tools
from pilotwire.station.keys import KeyStore
from pilotwire.station.line import Line
from pilotwire.station.owner import PING, LineOwner
from pilotwire.station.refit import Lost, Refit, change_of, with_credentials, write_credentials
from pilotwire.station.setup import Setup, check, kept_of
from pilotwire.station.soap_line import SoapLine, line_for
from pilotwire.station.storage import Storage

_log = structlog.get_logger("pilotwire.station")

TICK = 0.1
"""Seconds that an answer has to leave before the connection it left by ends."""


class Settable(LineOwner):
    """See the module; the station is one. `start_setup` is how it was started, `setup` what counts."""

    layout: StationLayout
    hardware: HardwareDriver
    start_setup: Setup
    setup: Setup
    _storage: Storage
    _equipment: Equipment
    _jobs: Jobs
    _keys: KeyStore | None
    _on_frame: OnFrame | None
    _line_task: asyncio.Task[None] | None = None
    _dark: bool

    @abstractmethod
    def _task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something until it ends, or the station does."""

    @abstractmethod
    def _begin(self, reason: BootReason, *, resume: bool | None = None) -> None:
        """Give a new core its start."""

    @abstractmethod
    def _new_core(self, saved: SavedState | None) -> StationCore:
        """A core that goes on with what was saved."""

    @abstractmethod
    def _commit(self, durable: Sequence[act.Action]) -> None:
        """Keep what must survive; raises `StoreError`."""

    @abstractmethod
    def _disarm(self) -> None:
        """Call the core at no time."""

    @abstractmethod
    def _fail(self, error: BaseException) -> None:
        """The station cannot go on."""

    @abstractmethod
    def _show_certificate(self, files: Mapping[str, bytes]) -> None:
        """Tell the core of the certificate an installer gave, if there is one among these files."""

    # --- the line --------------------------------------------------------------------------------------------------------------------

    def _variable_changed(self, name: str) -> None:
        """What the shell itself goes by. The back-off is asked for when a connection was lost."""
        if name.casefold() == PING.casefold():
            self.line.keep_alive(self.ping_interval())
        if name.casefold() == PASSWORD.casefold():
            _log.info("another password was set; connecting anew", station=self.identity)
            self._connect_anew("the password has changed")

    def _connect_anew(self, why: str) -> None:
        """In a moment, the connection ends and the next one begins (A01)."""
        self._spawn(self._leave_connection(self.line, self.line.attempts, why))

    async def _leave_connection(self, line: Line | SoapLine, attempts: int, why: str) -> None:
        """A moment for the answer to leave; a connection that was begun meanwhile is as it should be, and stays."""
        await asyncio.sleep(TICK)
        if self.line is not line or line.attempts != attempts:
            return
        if self.line.is_up or self.line.endpoint.soap is not None:
            await self.line.close(why)
        elif not self._restarting:
            task = self._line_task
            await self._end_line(why)  # an attempt that is under way, as it was to be made before
            if self._line_task is task and not self._restarting:
                self._run_line()
        self.line.hurry()

    def _new_line(self, endpoint: Endpoint, dialect: Dialect) -> Line | SoapLine:
        return line_for(endpoint, dialect, self, self._clock, self.files, on_frame=self._on_frame)

    def _new_jobs(self) -> Jobs:
        def variable(key: str) -> str:
            return self.core.variable(key)  # of the core there is then

        tools = Tools(self.identity, self._clock, self.files, variable, self.hardware, self._keys)
        return Jobs(WORKERS, tools, self.feed)

    def _run_line(self) -> None:
        self._line_task = self._task(self.line.run())

    async def _end_line(self, why: str) -> None:
        await self.line.close(why)
        if self._line_task is not None:
            self._line_task.cancel()
            await asyncio.gather(self._line_task, return_exceptions=True)

    # --- setup -------------------------------------------------------------------------------------------------------------------

    async def set_up(
        self, wanted: Setup, *, credentials: Mapping[str, bytes] | None = None, force: bool = False
    ) -> Lost:
        """Go by another setup from now on, and after every start; returns what was lost of what waited to be told.

        `credentials` are files of TLS that come with it. Raises `ConfigError` for what cannot be, and for what loses records unless
        `force`; `HardwareError` while the station restarts.
        """
        if self._restarting or self._dark or self._failure is not None:
            raise HardwareError("The station restarts, or has failed.", "Try again in a moment.")
        files = with_credentials(self.files, credentials or {})
        change = change_of(self.setup, wanted, self.line.endpoint)
        have = self._credentials(files)
        password = have.password or bool(self.core.variable(PASSWORD))
        check(change, replace(have, password=password), files, self.settings.identity)
        refit = Refit.of(change, self.settings, self.layout, kept_of(self.start_setup, change.after))
        lost = refit.lost(self.core)
        if lost and not force:
            raise lost.refusal(change)
        write_credentials(self.files, credentials or {})
        self.setup = change.after
        if refit.needs_restart:
            await self._refit(refit)
        elif refit.changes or credentials:
            self.line.endpoint, self.settings = change.taken, refit.settings
            self.feed(SetUp(change.taken.profile(), refit.kept, refit.move.place))
            self._show_certificate(credentials or {})
        return lost

    async def _refit(self, refit: Refit) -> None:
        """Connection, core and what it keeps anew; in one commit, so that no record gets into the books of another identity."""
        self._restarting = self._dark = True
        self._disarm()
        self._waiting.refuse_all("The station is set up anew.")
        try:
            await self._jobs.abandon_all()
            await self._end_line("the station is set up anew")
            await self._equipment.restart()
            self._commit(refit.kept_of_the_rest(self._storage.load()))
            self.settings, self.identity = refit.settings, refit.endpoint.identity
            was_cut = self.line.is_cut
            self.line, self._jobs = self._new_line(refit.endpoint, refit.dialect), self._new_jobs()
            self.core = self._new_core(self._storage.load())
        except Exception as error:
            self._fail(error)
            raise
        finally:
            self._restarting = self._dark = False
        if was_cut:
            self.line.cut()
        self._begin(BootReason.LOCAL_RESET)
        self._run_line()
