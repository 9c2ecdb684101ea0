"""How long does an idle line last? A WebSocket is opened, and then nothing is said for as long as the patient's patience.

A line that ends tells when; one that is dropped on the way without a word shows only at the next ping, so that shorter silences are tried
after it. Pings of the backend are answered, as every WebSocket must, and counted: they keep the line alive, and the report says so.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from pilotwire.doctor.findings import Layer
from pilotwire.doctor.patient import Patient
from pilotwire.doctor.probes.frames import CLOSE, PING, PONG, TEXT, BadFrame, Frames, frame
from pilotwire.doctor.probes.knock import Knocked, close_words, knock_at, usual_knock
from pilotwire.doctor.probes.lines import Line, LineFault
from pilotwire.doctor.rules import network as rules
from pilotwire.errors import ConfigError

PONG_WITHIN: Final = 5.0
"""Seconds a pong may take, at most."""
_HALVINGS: Final = 2


@dataclass(slots=True)
class Watched:
    """What was seen of a line. Seconds since it was opened, and since anything was last said on it; `ended` "" while it lasts."""

    answers_pings: bool = False
    ended: str = ""
    after: float = 0.0
    silent_for: float = 0.0
    dropped: bool = False
    garbled: str = ""
    pings: list[float] = field(default_factory=list)
    messages: int = 0

    @property
    def every(self) -> float:
        """Seconds between two pings of the backend, on average from the opening; 0 without any."""
        return self.pings[-1] / len(self.pings) if self.pings else 0.0


class IdleLine:
    """Watches a silent line."""

    question = "How long does an idle line last, and are pings answered?"
    layer = Layer.LINE

    async def look(self, patient: Patient) -> None:
        """Ask, if there is patience."""
        if patient.patience <= 0:
            patient.chart.skip(self.question, "No patience was given: say how many seconds an idle line is watched.")
            return
        try:
            watched = await _watch(patient, patient.patience)
            if watched is None:
                return
            limits = (0.0, 0.0)
            if watched.dropped:
                limits = await narrowed(lambda seconds: _watch(patient, seconds), patient.patience)
        except ConfigError as error:
            patient.chart.skip(self.question, error.what)
            return
        _judge(patient, watched, limits)


async def _watch(patient: Patient, patience: float) -> Watched | None:
    knocked = await knock_at(patient, usual_knock(patient))
    try:
        if knocked.line is None:
            patient.chart.skip(IdleLine.question, f"The WebSocket does not open again: {knocked.words}.")
            return None
        return await _Watch(patient, knocked, knocked.line).run(patience)
    finally:
        await knocked.leave()


class _Watch:
    """One line that is watched."""

    def __init__(self, patient: Patient, knocked: Knocked, line: Line) -> None:
        self._clock = patient.clock
        self._pong_within = min(patient.timeout, PONG_WITHIN)
        self._line, self._frames = line, Frames()
        self._first = knocked.answer.rest if knocked.answer is not None else b""
        self._began = self._heard = self._clock.monotonic()
        self._ponged = False
        self.seen = Watched()

    async def run(self, patience: float) -> Watched:
        """Ping, be silent, ping again."""
        self.seen.answers_pings = await self._ping()
        self._heard = self._clock.monotonic()
        if not self._over:
            await self._listen(patience, until_pong=False)
        if not self._over and self.seen.answers_pings:
            self.seen.dropped = not await self._ping() and not self._over
        now = self._clock.monotonic()
        self.seen.after, self.seen.silent_for = now - self._began, now - self._heard
        return self.seen

    @property
    def _over(self) -> bool:
        return bool(self.seen.ended or self.seen.garbled)

    async def _ping(self) -> bool:
        self._ponged = False
        try:
            await self._line.send(frame(PING, b"pilotwire", os.urandom(4)))
        except LineFault as fault:
            self.seen.ended = fault.what
            return False
        await self._listen(self._pong_within, until_pong=True)
        return self._ponged

    async def _listen(self, seconds: float, *, until_pong: bool) -> None:
        try:
            async with asyncio.timeout(seconds):
                while not self._over and not (until_pong and self._ponged):
                    data, self._first = self._first or await self._line.receive(), b""
                    await self._take(data)
        except TimeoutError:
            return
        except BadFrame as error:
            self.seen.garbled = str(error)
        except LineFault as fault:
            self.seen.ended = fault.what

    async def _take(self, data: bytes) -> None:
        if not data:
            self.seen.ended = "the connection is closed without a close frame"
        for each in self._frames.hear(data):
            if each.opcode == CLOSE:
                self.seen.ended = close_words(each)
                return
            self._heard = self._clock.monotonic()
            if each.opcode == PONG:
                self._ponged = True
            elif each.opcode == PING:
                self.seen.pings.append(self._heard - self._began)
                await self._line.send(frame(PONG, each.payload, os.urandom(4)))
            elif each.opcode == TEXT:
                self.seen.messages += 1


async def narrowed(watch: Callable[[float], Awaitable[Watched | None]], patience: float) -> tuple[float, float]:
    """Between which two silences the line is dropped: one that it has outlasted (0 if none), and one that it has not."""
    low, high = 0.0, patience
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        watched = await watch(middle)
        if watched is None:
            break
        low, high = (low, middle) if watched.dropped or watched.ended else (middle, high)
    return low, high


def _judge(patient: Patient, seen: Watched, limits: tuple[float, float]) -> None:
    chart, patience, (least, most) = patient.chart, patient.patience, limits
    chart.note(Layer.LINE, "pings of the station", "answered" if seen.answers_pings else "not answered")
    own = f"every {_time(seen.every)}" if seen.pings else f"none in {_time(seen.after)}"
    chart.note(Layer.LINE, "pings of the backend", own)
    if seen.messages:
        chart.note(Layer.LINE, "messages of the backend before the station said anything", seen.messages)
    if seen.garbled:
        chart.find(rules.LINE_GARBLED, f"What comes on the line cannot be read: {seen.garbled}.")
    elif seen.ended:
        _find_end(patient, seen)
    elif seen.dropped:
        between = f"between {_time(least)} and {_time(most)}" if least else f"within {_time(most)}"
        what = f"The line is dropped {between} of silence, without a word: a ping after it is not answered."
        chart.find(rules.LINE_DROPPED, what)
    else:
        chart.note(Layer.LINE, "idle line lasts", f"at least {_time(patience)}, as long as it was watched")
    if not seen.answers_pings and not seen.garbled and not seen.ended:
        chart.find(rules.LINE_NO_PONG, "The backend does not answer a ping.")
    lasted = least if seen.dropped else seen.after if seen.ended else patience
    _judge_demands(patient, seen, lasted)


def _find_end(patient: Patient, seen: Watched) -> None:
    what = f"The line is ended after {_time(seen.silent_for)} of silence ({seen.ended})."
    half = max(1, int(seen.silent_for / 2))
    remedy = f"Let the station ping every {half} s or more often (WebSocketPingInterval), or have the idle timeout there raised."
    patient.chart.note(Layer.LINE, "idle line lasts", _time(seen.silent_for))
    patient.chart.find(rules.LINE_CUT, what, remedy=remedy)


def _judge_demands(patient: Patient, seen: Watched, lasted: float) -> None:
    demanded = patient.profile.network.idle_lasts
    if demanded and lasted < demanded and (seen.ended or seen.dropped):
        what = f"An idle line must last {demanded} s for {patient.profile.title}; it lasted {_time(lasted)}."
        patient.chart.find(rules.LINE_TOO_SHORT, what, source=patient.profile.source)


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
