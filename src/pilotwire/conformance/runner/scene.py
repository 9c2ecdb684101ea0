"""The scene of one case: the plan, what was kept, the facts, the line and the bench; what values, checks and conditions ask."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

from pilotwire.clock import Clock
from pilotwire.conformance.facts import Facts
from pilotwire.conformance.features import Claims
from pilotwire.conformance.runner.makers import MAKERS
from pilotwire.conformance.values import Unresolved
from pilotwire.conformance.wire.authority import Authority
from pilotwire.conformance.wire.counterpart import Counterpart
from pilotwire.conformance.wire.files import FileServer
from pilotwire.conformance.wire.transcript import Entry
from pilotwire.errors import ConfigError
from pilotwire.ocpp.version import OcppVersion

_OF_A_SESSION = (
    "transaction_id",
    "seq_no",
    "remote_start_id",
    "stopped",
    "stop_event",
    "stop_state",
    "plugged_in_state",
)
"""What is kept of a session; each EVSE has its own."""
_OF_THE_STATION = ("cached", "listed", "grouped", "event_status")
"""Facts that hold at every EVSE."""


class End(Protocol):
    """The tester's end of the line (a server for a station under test, a client for a CSMS)."""

    async def stay_away(self) -> None:
        """No connection is accepted, or made, from now on."""
        ...

    async def reconnect(self, timeout: float) -> Entry:
        """Let the other side in, or connect; the transcript's entry of the connection. Raises `LineDown` with the reason."""
        ...

    async def offer(self, how: Mapping[str, Any]) -> None:
        """Change this side of the line."""
        ...

    async def turn_away(self, attempts: int, since: int, timeout: float) -> Entry:
        """Turn a station away; the entry of the last of so many attempts since an index of the transcript. Raises `LineDown`."""
        ...

    def endpoint(self, name: str) -> End:
        """The endpoint of this name: `main` or `other`. MisuseError where there is no other."""
        ...


class Scene:
    """One case being played. Implements `values.Known`."""

    def __init__(
        self,
        settings: Mapping[str, Any],
        claims: Claims,
        counterpart: Counterpart,
        end: End,
        clock: Clock,
        numbers: Callable[[], int],
    ) -> None:
        self.settings = dict(settings)
        self.claimed = claims
        self.counterpart = counterpart
        self.end = end
        self.clock = clock
        self.story = Facts()
        self.memory: dict[str, Any] = {}
        self.answers: dict[str, tuple[Mapping[str, Any] | None, str, bool]] = {}
        self.seen_variables: dict[str, str | None] = {}
        self.restore: dict[str, str] = {}
        self.holding: set[str] = set()
        self.held: list[Entry] = []
        self.asked: list[Awaitable[None]] = []
        self.stimulus = 0
        self.stimulus_before = 0
        self.authority: Authority
        self.files: FileServer
        self._elsewhere: dict[int, tuple[Facts, dict[str, Any]]] = {}
        self._connectors: dict[int, int] = {}
        self._numbers = numbers

    # --- what values, checks and conditions ask ------------------------------------------------------------------------------------

    @property
    def kept(self) -> dict[str, Any]:
        """What earlier steps kept."""
        return self.memory

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the case has brought about."""
        return self.story

    @property
    def version(self) -> OcppVersion:
        """The version of OCPP the case is played in."""
        return self.counterpart.version

    def setting(self, name: str) -> Any:
        """A setting, with what the case itself set in its place."""
        return self.settings[name]

    def claims(self, feature: str) -> bool:
        """Whether a feature is declared."""
        return self.claimed.has(feature)

    def implemented(self, variable: str) -> bool:
        """Whether the station has the variable, as far as `Configures` found out; what nobody asked about counts as there."""
        return self.seen_variables.get(variable, "") is not None

    def now(self) -> datetime:
        """The time."""
        return self.clock.now()

    def heard(self) -> list[dict[str, Any]]:
        """The requests of the system under test so far; those that break their schema are judged as such, and left out here."""
        return [
            {
                "action": one.action,
                "payload": one.payload,
                "at": one.at.isoformat(),
                "part": one.part,
                "index": one.index,
            }
            for one in self.counterpart.transcript.requests()
            if not one.breach
        ]

    @property
    def connected(self) -> bool:
        """Whether there is a connection."""
        return self.counterpart.connected

    def fresh(self, name: str) -> int:
        """A number no request of this run has used."""
        self.memory[name] = self._numbers()
        return int(self.memory[name])

    def made(self, what: str, **details: Any) -> Any:
        """Something made for the occasion."""
        maker = MAKERS.get(what)
        if maker is None:
            raise Unresolved(f"nobody makes {what!r}")
        try:
            return maker(self, **details)
        except ConfigError as error:
            raise Unresolved(f"no {what} can be made: {error.what}") from None

    # --- what players do -----------------------------------------------------------------------------------------------------------

    def happened(self, news: Mapping[str, Any]) -> None:
        """Something the case brought about."""
        self.story.happened(news, self.settings["tx_start_points"], self.settings["tx_stop_points"])

    def go_to(self, evse: int, connector: int) -> tuple[int, int]:
        """The configured EVSE is this one from now on, with its own facts and session; gives the one it was."""
        before = (self.settings["evse_id"], self.settings["connector_id"])
        if before[0] != evse:
            session = {name: self.memory.pop(name) for name in _OF_A_SESSION if name in self.memory}
            self._elsewhere[before[0]] = (self.story, session)
            self._connectors[before[0]] = before[1]
            known = {name: self.story[name] for name in _OF_THE_STATION if name in self.story}
            self.story, session = self._elsewhere.pop(evse, (Facts(), {}))
            self.happened(known)
            self.memory.update(session)
            others = (one for _, one in self._elsewhere.values())
            self.memory["transactions_elsewhere"] = [one["transaction_id"] for one in others if "transaction_id" in one]
        self.settings |= {"evse_id": evse, "connector_id": connector}
        return before

    def left(self) -> Iterator[tuple[dict[str, int], Facts, dict[str, Any]]]:
        """Where the case has been: the place, what it has brought about there, and what it keeps of the session there."""
        here = {"evse": self.settings["evse_id"], "connector": self.settings["connector_id"]}
        yield here, self.story, self.memory
        for evse, (story, session) in self._elsewhere.items():
            yield {"evse": evse, "connector": self._connectors.get(evse, 1)}, story, session

    def mark(self) -> None:
        """A stimulus: what comes from now on is meant by the steps after it."""
        self.stimulus_before = self.stimulus
        self.stimulus = len(self.counterpart.transcript)
