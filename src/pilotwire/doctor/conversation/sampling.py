"""Whether meter values come while charging, in the interval that is configured or demanded, with the measurands demanded."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from pilotwire.doctor.conversation.context import Context, Group
from pilotwire.doctor.conversation.meters import samples_of
from pilotwire.doctor.conversation.said import Answered, Said, objects_at, span, text_at, time_of, whole_at
from pilotwire.doctor.findings import Severity
from pilotwire.doctor.rules import protocol as rules

_MOST: Final = 256
_LONG: Final = 900.0
"""Seconds of charging after which no value at all is worth a note, where nobody has said how often they come."""
_KEYS_16: Final = "metervaluesampleinterval"
_KEY_2: Final = "txupdatedinterval"


@dataclass(slots=True)
class _Run:
    """A transaction as its meter sees it; times are the station's. `heard` is when it was last heard of, by the record."""

    name: str
    said: Said
    last: datetime
    heard: datetime
    began: datetime
    samples: int = 0
    seen: set[str] = field(default_factory=set)
    told: bool = False


class Sampling(Group):
    """The samples of one station's transactions."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._runs: dict[str, _Run] = {}
        self._connector_of: dict[int, str] = {}
        self._configured: float | None = None

    @property
    def _limit(self) -> float | None:
        return self.profile.protocol.meter.most_interval or self._configured

    def connected(self, at: datetime) -> None:
        """What was not sent while it was not connected may still come from the queue."""
        for run in self._runs.values():
            run.heard = at

    # --- begin, sample, end --------------------------------------------------------------------------------------------------

    def asked(self, said: Said) -> None:
        """A transaction begins, is sampled, or ends."""
        if said.sender != "station":
            return
        if said.is_16:
            self._asked_16(said)
        elif said.action == "TransactionEvent":
            self._event(said)
        self.passed(said.at)

    def _asked_16(self, said: Said) -> None:
        connector = f"connector {whole_at(said.payload, 'connectorId')}"
        if said.action == "StartTransaction":
            self._begin(connector, said)
        elif said.action == "MeterValues":
            self._sample(self._runs.get(connector), said)
        elif said.action == "StopTransaction":
            number = whole_at(said.payload, "transactionId")
            name = self._connector_of.pop(number, "") if number is not None else ""
            self._end(name, said)

    def _event(self, said: Said) -> None:
        name = f"transaction {text_at(said.payload, 'transactionInfo', 'transactionId')[:40]}"
        kind = text_at(said.payload, "eventType")
        if kind == "Started":
            self._begin(name, said)
        run = self._runs.get(name)
        if kind == "Ended":
            self._end(name, said)
        elif kind == "Updated":
            self._sample(run, said)

    def _begin(self, name: str, said: Said) -> None:
        moment = time_of(said.payload.get("timestamp"))
        if moment is None:
            return
        self._runs.pop(name, None)
        self._runs[name] = _Run(name, said, moment, said.at, moment)
        if len(self._runs) > _MOST:
            del self._runs[next(iter(self._runs))]

    def _sample(self, run: _Run | None, said: Said, *, ending: bool = False) -> None:
        if run is None:
            return
        found = list(samples_of(said))
        times = [each.at for each in found if each.at is not None]
        if not times:
            return
        run.heard = said.at
        run.samples += 1
        run.seen.update(each.measurand for each in found)
        gap = (max(times) - run.last).total_seconds()
        limit = self._limit
        if limit and not ending and gap > limit * 1.5 + 10:
            whose = (
                f"the profile {self.profile.name}" if self.profile.protocol.meter.most_interval else "the configuration"
            )
            what = f"The samples of {run.name} are {span(gap)} apart; {whose} wants one every {span(limit)}."
            source = self.profile.source if self.profile.protocol.meter.most_interval else ""
            self.notes.found(rules.METER_INTERVAL, what, said.text, at=said, source=source)
        run.last = max(run.last, *times)

    def _end(self, name: str, said: Said) -> None:
        run = self._runs.pop(name, None)
        moment = time_of(said.payload.get("timestamp"))
        if run is None or moment is None:
            return
        lasted = (moment - run.began).total_seconds()
        during = run.samples
        self._sample(run, said, ending=True)
        if during == 0 and not run.told:
            self._none(run, said, lasted, at_end=run.samples > 0)
        missing = [each for each in self.profile.protocol.meter.measurands if each not in run.seen]
        if missing and run.samples:
            what = f"The values of {run.name} lack {', '.join(missing)}, which the profile {self.profile.name} demands."
            self.notes.found(rules.METER_DEMANDED, what, said.text, at=said, source=self.profile.source)

    def _none(self, run: _Run, said: Said, lasted: float, *, at_end: bool) -> None:
        limit = self._limit
        if lasted <= (2 * limit + 10 if limit else _LONG):
            return
        what = f"In {span(lasted)} of charging no meter value came for {run.name}."
        weight = None if limit or (not said.is_16 and not at_end) else Severity.NOTE
        self.notes.found(rules.METER_MISSING, what, run.said.text, said.text, at=said, severity=weight)

    # --- configuration and time ----------------------------------------------------------------------------------------------

    def answered(self, answer: Answered) -> None:
        """A transaction has its id, or the interval was set or told."""
        call, payload = answer.call, answer.call.payload
        if call.action == "StartTransaction":
            number = whole_at(answer.payload, "transactionId")
            if number is not None:
                self._connector_of[number] = f"connector {whole_at(payload, 'connectorId')}"
                if len(self._connector_of) > _MOST:
                    del self._connector_of[next(iter(self._connector_of))]
        elif call.action == "ChangeConfiguration" and answer.status == "Accepted":
            self._setting(text_at(payload, "key"), text_at(payload, "value"), _KEYS_16)
        elif call.action == "GetConfiguration":
            for each in objects_at(answer.payload, "configurationKey"):
                self._setting(text_at(each, "key"), text_at(each, "value"), _KEYS_16)
        elif call.action == "SetVariables":
            results = list(objects_at(answer.payload, "setVariableResult"))
            for place, each in enumerate(objects_at(payload, "setVariableData")):
                if place < len(results) and text_at(results[place], "attributeStatus") == "Accepted":
                    self._setting(text_at(each, "variable", "name"), text_at(each, "attributeValue"), _KEY_2)

    def _setting(self, key: str, value: str, wanted: str) -> None:
        if key.lower() == wanted and value.isdigit() and len(value) < 8:
            self._configured = float(value) or None

    def passed(self, now: datetime) -> None:
        """Whether a sample is overdue."""
        limit = self._limit
        if not limit:
            return
        for run in self._runs.values():
            waited = (now - run.heard).total_seconds()
            if not run.told and waited > 2 * limit + 10:
                run.told = True
                what = f"For {span(waited)} no meter value came for {run.name}, which charges; one is due every {span(limit)}."
                self.notes.found(rules.METER_MISSING, what, run.said.text, at=(now, ""))
