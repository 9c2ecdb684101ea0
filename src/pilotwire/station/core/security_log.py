"""The security log (A04.FR.04): every security event, told to the CSMS or not; kept over restarts, the oldest making room for new ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pilotwire.domain.security import SecurityEvent
from pilotwire.station.core import security
from pilotwire.station.core.inputs import OfStreet
from pilotwire.station.core.logs_memory import SecurityLogMemory
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street

_PARAMETERS = frozenset({"securityctrlr.securityprofile", "securityctrlr.organizationname"})
"""Variables that are security parameters: setting them is an event. The password has a street of its own, `network`."""


@dataclass(frozen=True, slots=True)
class SecurityIncident(OfStreet):
    """The shell saw something that is a security event of the standards' list: at the line, at a door, at a sensor."""

    type: str
    info: str | None = None


@dataclass(frozen=True, slots=True)
class ClearSecurityLog(OfStreet):
    """The owner clears the security log; that it was cleared is the first thing in it."""


@dataclass(slots=True)
class _Full:
    """Whether the outbox is known to be full."""

    told: bool = False


def events(station: Station) -> tuple[SecurityEvent, ...]:
    """The log, oldest first."""
    return station.kept(SecurityLogMemory).events


def text(station: Station, oldest: datetime | None, latest: datetime | None) -> str:
    """The log as it is uploaded: a line for each event in this time, which is when, what, and more about it."""
    wanted = [
        event
        for event in events(station)
        if (oldest is None or event.at >= oldest) and (latest is None or event.at <= latest)
    ]
    return "".join(f"{_when(event.at)} {event.type} {event.tech_info or ''}".rstrip() + "\n" for event in wanted)


def _when(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _incident(station: Station, event: SecurityIncident) -> None:
    security.report(station, event.type, event.info)


def _clear(station: Station, _: ClearSecurityLog) -> None:
    station.remember(SecurityLogMemory())
    security.report(station, "SecurityLogWasCleared")


def _changed(station: Station, key: str, _value: str) -> None:
    if key in _PARAMETERS:
        security.report(station, "ReconfigurationOfSecurityParameters", key.partition(".")[2])


def _follow(station: Station) -> None:
    """An outbox that is full means that memory has run out; told once until there is room again."""
    full, now = station.moment(_Full), len(station.outbox) >= station.settings.outbox_limit
    if now and not full.told:
        security.report(station, "MemoryExhaustion", f"{len(station.outbox)} messages wait for the CSMS")
    full.told = now


STREET = Street(
    "security_log", events={SecurityIncident: _incident, ClearSecurityLog: _clear}, changed=_changed, follow=_follow
)
