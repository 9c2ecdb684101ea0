"""How far updates, publishing and uploads are: told in order, over reboots and a line that is down (L01.FR.01, N01.FR.08)."""

from __future__ import annotations

from dataclasses import dataclass

from pilotwire.domain.kinds import Verdict
from pilotwire.station.core.progress_memory import Progress, ProgressMemory
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street

_MOST = 100
"""Facts that wait at most; of more, the oldest are not told."""


@dataclass(slots=True)
class _Way:
    """Whether one is on its way to the CSMS."""

    taken: bool = False


def tell(station: Station, fact: Progress) -> None:
    """Tell this after all that was to be told before."""
    unsaid = station.kept(ProgressMemory).unsaid
    station.remember(ProgressMemory(unsaid=(*unsaid, fact)[-_MOST:]))


def all_told(station: Station) -> bool:
    """Whether the CSMS has heard of everything."""
    return not station.kept(ProgressMemory).unsaid


def _follow(station: Station) -> None:
    """Say the next one: each waits for the answer to the one before."""
    unsaid, way = station.kept(ProgressMemory).unsaid, station.moment(_Way)
    if not unsaid or way.taken or not station.online:
        return
    way.taken = True
    station.say(unsaid[0], answered=lambda verdict: _said(station, verdict), failed=lambda no: _failed(station, no))


def _said(station: Station, _: Verdict | None) -> None:
    station.moment(_Way).taken = False
    station.remember(ProgressMemory(unsaid=station.kept(ProgressMemory).unsaid[1:]))


def _failed(station: Station, refused: bool) -> None:
    """What was not answered is said again, what was refused is not."""
    if refused:
        _said(station, None)
    station.moment(_Way).taken = False


STREET = Street("progress", follow=_follow)
