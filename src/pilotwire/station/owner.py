"""What a station tells its line, and hears from it (`Owner`): each report is an input of the core, each question answered by it."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import structlog

from pilotwire.clock import Clock
from pilotwire.domain.device_model import SetVariables
from pilotwire.domain.kinds import Command, Fact, Outcome
from pilotwire.domain.metering import IN_VERSION
from pilotwire.domain.provisioning import RegistrationStatus
from pilotwire.errors import NotReachable, NotSayable
from pilotwire.ocpp.net.backoff import RetryBackOff
from pilotwire.ocpp.net.client import ConnectError
from pilotwire.ocpp.net.peer import AnswerInvalid, CallRefused, CallTimeout
from pilotwire.station.connecting import credentials_seen, event_of, is_long_enough
from pilotwire.station.core import StationCore
from pilotwire.station.core import inputs as told
from pilotwire.station.core.network_ways import CarriersSeen, Connected, CredentialsSeen, Missed, Moved, Way
from pilotwire.station.core.settings import StationSettings
from pilotwire.station.files import Files
from pilotwire.station.line import CommandRefused, Line
from pilotwire.station.plain import plain
from pilotwire.station.soap_line import SoapLine
from pilotwire.station.waiting import Waiting

_log = structlog.get_logger("pilotwire.station")
PING = "OCPPCommCtrlr.WebSocketPingInterval"


class LineOwner(ABC):
    """See the module; the station is one."""

    core: StationCore
    line: Line | SoapLine
    settings: StationSettings
    identity: str
    files: Files
    _clock: Clock
    _waiting: Waiting
    _restarting: bool
    _failure: BaseException | None

    @abstractmethod
    def feed(self, *things: told.Input) -> None:
        """Tell the core something."""

    @abstractmethod
    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something; what goes wrong with it stops the station."""

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
            return told.Unreadable(ref, str(invalid), processed=invalid.processed)
        except CallTimeout:
            return told.NotAnswered(ref)
        except NotReachable:
            return None

    def _heard(self, core: StationCore, answer: told.Input) -> None:
        """An answer is for the core that asked: after a restart the same number means another question."""
        if core is self.core:
            self.feed(answer)

    # --- what the line reports and asks --------------------------------------------------------------------------------------------

    def line_up(self) -> None:
        """See `Owner`."""
        self.feed(told.LinkUp(IN_VERSION[self.line.version]))

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

    def reached(self, way: Way, anchor: str = "") -> None:
        """See `Owner`."""
        self.feed(Connected(way.slot, anchor))

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
        seen = self._credentials(self.files)
        self.feed(replace(seen, password=is_long_enough(self.line.endpoint.password)))

    def _credentials(self, files: Files) -> CredentialsSeen:
        has_password = self.line.endpoint.password is not None
        return credentials_seen(files, self._clock.now(), has_password=has_password)

    def ping_interval(self) -> float:
        """See `Owner`; OCPPCommCtrlr.WebSocketPingInterval."""
        return float(self.core.variable(PING))

    def is_silent(self) -> bool:
        """See `Owner`."""
        return not self.settings.answers_when_rejected and self.is_rejected()

    def is_rejected(self) -> bool:
        """See `Owner`."""
        return self.core.overview().registration is RegistrationStatus.REJECTED

    def overview(self) -> dict[str, Any]:
        """How things stand, as plain JSON values: link, registration, EVSEs, how many facts wait."""
        return plain(self.core.overview())
