"""The judge: hears the frames of both sides, of any number of stations and connections, and finds what is wrong with them.

It is pure: time comes with what is heard. Its memory is bounded, however long a record is. What is found goes into the chart at once,
so that a live listener can tell it; a few findings are taken back or weighed anew when more is known.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from pilotwire.doctor.conversation.context import PATIENCE, Context
from pilotwire.doctor.conversation.heard import Heard
from pilotwire.doctor.conversation.notes import Ledger, Notes
from pilotwire.doctor.conversation.station import StationJudge
from pilotwire.doctor.findings import Chart
from pilotwire.doctor.profiles.profile import NOTHING_MORE, PlatformProfile

MOST_STATIONS: Final = 5000
"""Stations judged at a time; of more, the one that was silent longest is finished."""


class Judge:
    """Judges conversations. `profile`: a platform's demands; `trusted_clock`: the times of what is heard are right (a live line on a
    machine with a right clock), so that the backend's clock can be judged too; `patience`: seconds after which a call counts as
    unanswered.
    """

    def __init__(
        self,
        profile: PlatformProfile = NOTHING_MORE,
        chart: Chart | None = None,
        *,
        trusted_clock: bool = False,
        patience: float = PATIENCE,
    ) -> None:
        self.chart = Chart() if chart is None else chart
        self._profile = profile
        self._trusted = trusted_clock
        self._patience = patience
        self._ledger = Ledger(self.chart)
        self._stations: OrderedDict[str, StationJudge] = OrderedDict()
        self._last: datetime | None = None

    def hear(self, heard: Heard) -> None:
        """Take one frame; frames of one station in the order in which they were on the wire. A time without a zone counts as UTC."""
        if heard.at.tzinfo is None:
            heard = replace(heard, at=heard.at.replace(tzinfo=UTC))
        station = self._stations.get(heard.station)
        if station is None:
            notes = Notes(self._ledger, heard.station)
            station = StationJudge(Context(notes, self._profile, patience=self._patience), trusted_clock=self._trusted)
            self._stations[heard.station] = station
            if len(self._stations) > MOST_STATIONS:
                self._stations.popitem(last=False)[1].finish(heard.at)
        else:
            self._stations.move_to_end(heard.station)
        self._last = heard.at
        station.hear(heard)

    def parted(self, station: str, at: datetime) -> None:
        """The connection of a station has ended and no other has begun: its silence is nothing against it from now on."""
        known = self._stations.get(station)
        if known is not None:
            known.parted(at)

    def silence(self, now: datetime) -> None:
        """Nothing was heard up to `now`, on lines that still stand: calls and heartbeats may be overdue. For live listeners."""
        for station in self._stations.values():
            station.passed(now)

    def finish(self, now: datetime | None = None) -> Chart:
        """The record ends at `now` (None: with the last frame): what is still open is told. The judge can hear a new record then."""
        moment = now or self._last
        if moment is not None:
            for station in self._stations.values():
                station.finish(moment)
        self._stations.clear()
        return self.chart
