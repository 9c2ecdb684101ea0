"""A scene for tests of the bench: a system under test that says what the test makes it say, without a network."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pilotwire.clock import ManualClock
from pilotwire.conformance.benches.ports import ActFailed
from pilotwire.conformance.features import claims_all
from pilotwire.conformance.language import Role, Step
from pilotwire.conformance.runner.play import Playing, Stopped
from pilotwire.conformance.runner.players import PLAYERS
from pilotwire.conformance.runner.scene import Scene
from pilotwire.conformance.settings import read_settings
from pilotwire.conformance.wire.counterpart import Counterpart, Reply
from pilotwire.conformance.wire.transcript import Entry
from pilotwire.ocpp.version import OcppVersion

Answering = Callable[[str, Mapping[str, Any]], Mapping[str, Any] | None]
"""What the system under test answers a request with; None: nothing."""
QUICK = {"message_timeout": 0.2, "silence": 0.05, "long_operation_timeout": 0.2}


class FakeSocket:
    """A connection to a system under test that answers by a function."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self._hear: Callable[[bytes], None] = lambda _: None
        self.is_open = True
        self.close_code, self.close_reason = 1000, ""
        self.written: list[Any] = []

    def listen(self, receiver: Callable[[bytes], None]) -> None:
        self._hear = receiver

    def on_closed(self, callback: Callable[[], None]) -> None:
        self._closed = callback

    def write(self, data: bytes) -> None:
        frame = json.loads(data)
        self.written.append(frame)
        if frame[0] == 2:
            answer = self._answering(frame[2], frame[3])
            if answer is not None:
                asyncio.get_running_loop().call_soon(self.says, [3, frame[1], answer])

    def says(self, frame: Sequence[Any] | str) -> None:
        self._hear((frame if isinstance(frame, str) else json.dumps(frame)).encode())


class BenchScene:
    """A case's scene with a fake system under test; `acts` maps names of acts to what they make it say."""

    def __init__(
        self,
        answering: Answering = lambda *_: {},
        *,
        role: Role = "station",
        settings: Mapping[str, Any] | None = None,
        acts: Mapping[str, Sequence[tuple[str, Mapping[str, Any]]]] | None = None,
        version: OcppVersion = OcppVersion.V201,
    ) -> None:
        self.counterpart = Counterpart(version, ManualClock(), self._answer)
        self.socket = FakeSocket(answering)
        numbers = iter(range(1, 10_000))
        chosen = read_settings(QUICK | dict(settings or {}))
        self.scene = Scene(chosen, claims_all(), self.counterpart, self, ManualClock(), lambda: next(numbers))
        self.playing = Playing(self.scene, role, PLAYERS, self)
        self.acts = acts or {}
        self._ids = iter(range(1, 10_000))

    def _answer(self, entry: Entry) -> Reply:
        return self.playing.answering(entry)

    async def play(self, *steps: Step, part: str = "main") -> bool:
        """Play the steps; whether it came to the end."""
        if not self.counterpart.connected:
            self.counterpart.attach(self.socket, "connected")  # type: ignore[arg-type]
        try:
            await self.playing.play(steps, part)
        except Stopped:
            return False
        return True

    def says(self, action: str, payload: Mapping[str, Any]) -> None:
        """The system under test sends a request."""
        self.socket.says([2, f"sut-{next(self._ids)}", action, payload])

    @property
    def answers(self) -> list[Any]:
        """The payloads the tester answered with."""
        return [frame[2] for frame in self.socket.written if frame[0] == 3]

    @property
    def last(self) -> Any:
        """The result of the step played last."""
        return self.playing.results[-1]

    # --- the bench -------------------------------------------------------------------------------------------------------------

    async def act(self, name: str, details: Mapping[str, Any]) -> Mapping[str, Any]:
        if name not in self.acts:
            raise ActFailed(f"nobody can {name}")
        for action, payload in self.acts[name]:
            self.says(action, payload)
        return {}

    # --- the end of the line -----------------------------------------------------------------------------------------------------

    async def stay_away(self) -> None:
        return None

    async def offer(self, how: Mapping[str, Any]) -> None:
        return None

    def endpoint(self, name: str) -> BenchScene:
        return self

    async def turn_away(self, attempts: int, since: int, timeout: float) -> Entry:
        return self.counterpart.note("refused", "away", {"waited": 2.0, "attempts": attempts, "since": since})

    async def reconnect(self, timeout: float) -> Entry:
        return self.counterpart.note("connected", "again", {"username": "CS001"})
