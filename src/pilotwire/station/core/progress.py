"""How far updates, publishing and uploads are: told in order, over reboots and a line that is down (L01.FR.01, N01.FR.08)."""

from __future__ import annotations

from dataclasses import dataclass

from pilotwire.domain.firmware import FirmwareStatusReported
from pilotwire.domain.kinds import Verdict, changed
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
    memory = station.kept(ProgressMemory)
    station.remember(changed(memory, unsaid=(*memory.unsaid, fact)[-_MOST:]))


def all_told(station: Station) -> bool:
    """Whether the CSMS has heard of everything."""
    return not station.kept(ProgressMemory).unsaid


def firmware_told_last(station: Station, *, named: bool) -> FirmwareStatusReported | None:
    """The status sent last by the message that names its update, or by the one that cannot (1.6:4.5); others may wait behind it."""
    return next((fact for fact in station.kept(ProgressMemory).told_last if fact.can_name is named), None)


def _note(station: Station, fact: Progress) -> None:
    """Keep what is sent now, for whoever asks again (L01.FR.26)."""
    memory = station.kept(ProgressMemory)
    if isinstance(fact, FirmwareStatusReported) and fact not in memory.told_last:
        others = tuple(other for other in memory.told_last if other.can_name is not fact.can_name)
        station.remember(changed(memory, told_last=(*others, fact)))


def _follow(station: Station) -> None:
    """Say the next one: each waits for the answer to the one before."""
    unsaid, way = station.kept(ProgressMemory).unsaid, station.moment(_Way)
    if not unsaid or way.taken or not station.online:
        return
    way.taken = True
    _note(station, unsaid[0])
    station.say(unsaid[0], answered=lambda verdict: _said(station, verdict), failed=lambda no: _failed(station, no))


def _said(station: Station, _: Verdict | None) -> None:
    station.moment(_Way).taken = False
    memory = station.kept(ProgressMemory)
    station.remember(changed(memory, unsaid=memory.unsaid[1:]))


def _failed(station: Station, refused: bool) -> None:
    """What was not answered is said again, what was refused is not."""
    if refused:
        _said(station, None)
    station.moment(_Way).taken = False


STREET = Street("progress", follow=_follow)
