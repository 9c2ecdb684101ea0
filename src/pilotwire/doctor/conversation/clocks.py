"""Clocks and heartbeats: time zones, drift, times without an offset, and the rhythm the backend gave (G02, 1.6:4.6, 1.6:3.14)."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from pilotwire.doctor.conversation.context import Context, Group
from pilotwire.doctor.conversation.said import (
    OTHER,
    WHO,
    Answered,
    Json,
    Said,
    inside,
    objects_at,
    span,
    text_at,
    time_of,
    whole_at,
)
from pilotwire.doctor.rules import protocol as rules

TOLERANCE: Final = 60.0
"""Seconds two clocks may differ."""
_ZONE: Final = 120.0
"""Seconds around the hours of a time zone that still tell it."""
_HALF_ZONES: Final = frozenset({7, 9, 11, 13, 19, 21})
"""Time zones with half an hour, in halves of hours (Newfoundland, Iran, Afghanistan, India, Myanmar, Australia)."""
_AGREE: Final = 15.0
_LIVE: Final = 30.0
_NO_OFFSET: Final = re.compile(r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?$")
_BEATS: Final = 4
_INTERVAL_KEYS: Final = frozenset({"heartbeatinterval"})


class Clocks(Group):
    """The clocks of one station and its backend. `trusted`: the record's own times are right, so the backend's can be judged."""

    def __init__(self, context: Context, *, trusted: bool) -> None:
        super().__init__(context)
        self._trusted = trusted
        self._lags: deque[tuple[datetime, float]] = deque(maxlen=8)
        self._told = False

    def asked(self, said: Said) -> None:
        """Timestamps in a call."""
        if said.is_16:
            self._without_offset(said, said.payload, WHO[said.sender], said.action)
        if said.sender != "station":
            return
        moment = _moment_of(said)
        if moment is not None:
            self._lag(said, moment)

    def answered(self, answer: Answered) -> None:
        """The backend's time in an answer."""
        if answer.call.is_16:
            who = WHO[OTHER[answer.call.sender]]
            self._without_offset(answer, answer.payload, who, f"the answer to {answer.call.action}")
        moment = time_of(answer.payload.get("currentTime")) if answer.call.sender == "station" else None
        if moment is None:
            return
        self.context.csms_offset = offset = moment - answer.at
        if self._trusted and abs(offset.total_seconds()) > TOLERANCE:
            lag = offset.total_seconds()
            zone = _zone_words(lag)
            more = f", {zone}: it may tell local time as UTC" if zone else ""
            what = f"The clock of the backend is {_ahead(lag)} our own{more}."
            self.notes.found(rules.CSMS_CLOCK, what, answer.text, at=answer)

    def finish(self, now: datetime) -> None:
        """A short record: whether all the times it has are off alike."""
        if self._told or len(self._lags) < 2 or abs(self._lags[-1][1]) <= TOLERANCE:
            return
        lags = [lag for _, lag in self._lags]
        if max(lags) - min(lags) <= _AGREE and _zone_words(lags[-1]):
            self._tell(lags[-1], (self._lags[-1][0], ""))

    # --- the station's clock ---------------------------------------------------------------------------------------------------

    def _lag(self, said: Said, moment: datetime) -> None:
        """How far a timestamp is ahead of the backend's clock; a message from a queue is behind by rights.

        Where our own clock is right, a station that agrees with it is right too, whatever the backend's tells.
        """
        lag = (moment - said.at - (self.context.csms_offset or timedelta())).total_seconds()
        if self._trusted:
            lag = min(lag, (moment - said.at).total_seconds(), key=abs)
        self._lags.append((said.at, lag))
        if self._told:
            return
        if lag > TOLERANCE or (lag < -TOLERANCE and self._constant()):
            self._tell(lag, (said.at, said.where), said.text)

    def _constant(self) -> bool:
        """Whether the last times are all behind by the same, over some time: then no queue explains it."""
        last = list(self._lags)[-3:]
        lags = [lag for _, lag in last]
        return (
            len(last) == 3 and (last[-1][0] - last[0][0]).total_seconds() >= _LIVE and max(lags) - min(lags) <= _AGREE
        )

    def _tell(self, lag: float, at: tuple[datetime, str], *evidence: str) -> None:
        self._told = True
        zone = _zone_words(lag)
        if zone:
            what = f"The timestamps of the station are {_ahead(lag)} the backend's clock, {zone}: it sends local time as UTC."
            self.notes.found(rules.TIME_ZONE, what, *evidence, at=at)
        else:
            self.notes.found(rules.DRIFT, f"The clock of the station is {_ahead(lag)} the backend's.", *evidence, at=at)

    # --- times without an offset -------------------------------------------------------------------------------------------------

    def _without_offset(self, place: Said | Answered, payload: Json, who: str, name: str) -> None:
        for path, value in _times_without_offset(payload, ""):
            what = f"{who} writes {path} in {name} without a time zone: {value!r}."
            remedy = f"Write {value}Z if it is UTC." if "T" in value else ""
            self.notes.found(rules.NO_ZONE, what, place.text, at=place, case=f"{name}:{path}", remedy=remedy)


class Heartbeats(Group):
    """The rhythm of one station's heartbeats."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._interval: float | None = None
        self._last_word: datetime | None = None
        self._beats: deque[datetime] = deque(maxlen=_BEATS)

    def connected(self, at: datetime) -> None:
        """While it was not connected it could not be heard."""
        self._last_word = None
        self._beats.clear()

    def asked(self, said: Said) -> None:
        """A heartbeat, or any other word of the station."""
        if said.sender != "station":
            return
        if said.action == "BootNotification":
            self._last_word = None
        self._gap(said.at, (said.at, said.where))
        self._last_word = said.at
        if said.action == "Heartbeat" and not said.triggered:
            self._beat(said)

    def answered(self, answer: Answered) -> None:
        """The interval: from the boot answer, or set later."""
        call = answer.call
        if call.action == "BootNotification" and answer.status == "Accepted":
            self._set(whole_at(answer.payload, "interval"))
        elif call.action == "ChangeConfiguration" and answer.status == "Accepted":
            if text_at(call.payload, "key").lower() in _INTERVAL_KEYS:
                self._set(_seconds(text_at(call.payload, "value")))
        elif call.action == "SetVariables":
            self._variables(answer)
        if call.sender == "csms":
            self._last_word = answer.at

    def passed(self, now: datetime) -> None:
        """Whether the station has been silent for too long."""
        if self._gap(now, (now, "")):
            self._last_word = None

    def _variables(self, answer: Answered) -> None:
        results = list(objects_at(answer.payload, "setVariableResult"))
        for place, wanted in enumerate(objects_at(answer.call.payload, "setVariableData")):
            if text_at(wanted, "variable", "name").lower() not in _INTERVAL_KEYS:
                continue
            taken = place < len(results) and text_at(results[place], "attributeStatus") == "Accepted"
            if taken:
                self._set(_seconds(text_at(wanted, "attributeValue")))

    def _set(self, interval: float | None) -> None:
        self._interval = interval if interval and interval > 0 else None
        self._beats.clear()

    def _gap(self, now: datetime, at: tuple[datetime, str]) -> bool:
        if self._interval is None or self._last_word is None or not self.context.may_talk:
            return False
        silent = (now - self._last_word).total_seconds()
        if silent <= self._interval * 1.5 + 10:
            return False
        what = f"The station was silent for {span(silent)}; its heartbeat interval is {span(self._interval)}."
        self.notes.found(rules.BEATS_SELDOM, what, at=at)
        return True

    def _beat(self, said: Said) -> None:
        self._beats.append(said.at)
        if self._interval is None or len(self._beats) < _BEATS:
            return
        between = (self._beats[-1] - self._beats[0]).total_seconds() / (_BEATS - 1)
        if between < self._interval * 0.5:
            what = f"The station sends a heartbeat every {span(between)}; the interval it was given is {span(self._interval)}."
            self.notes.found(rules.BEATS_OFTEN, what, at=said)
            self._beats.clear()


def _seconds(text: str) -> float | None:
    return float(text) if text.isdigit() and len(text) < 10 else None


def _moment_of(said: Said) -> datetime | None:
    """When a message says that it happened; None where it says nothing, or says that it was queued."""
    if said.payload.get("offline") is True:
        return None
    for name in ("timestamp", "generatedAt"):
        if (moment := time_of(said.payload.get(name))) is not None:
            return moment
    if said.action != "MeterValues":
        return None
    return max(
        (t for each in objects_at(said.payload, "meterValue") if (t := time_of(inside(each, "timestamp")))),
        default=None,
    )


def _zone_words(lag: float) -> str:
    """How a lag looks like a time zone: by whole hours, or by one of the zones with half an hour; "" if it does not."""
    halves = round(lag / 1800)
    if halves == 0 or abs(halves) > 28 or abs(lag - halves * 1800) > _ZONE:
        return ""
    if halves % 2 == 0:
        return "by whole hours"
    return f"by {abs(halves) / 2:g} h, as some time zones are" if abs(halves) in _HALF_ZONES else ""


def _ahead(lag: float) -> str:
    return f"{span(lag)} {'ahead of' if lag > 0 else 'behind'}"


def _times_without_offset(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _times_without_offset(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from _times_without_offset(inner, f"{path}[]")
    elif isinstance(value, str) and 16 <= len(value) <= 32 and _NO_OFFSET.match(value):
        yield path, value
