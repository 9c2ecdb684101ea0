"""Which source sets the station's clock (ClockCtrlr.TimeSource): the CSMS by its answers, NTP servers, or nothing but the machine's clock.

TimeSource is an order: a source counts while none before it can tell the time. A heartbeat can while the CSMS has accepted the station and
the line stands, NTP while a server answered when last asked, the machine's clock (RealTimeClock) always: before all others it is gone by as
it is, behind them the clock goes on as it was last set.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from pilotwire.domain.device_model import DataType
from pilotwire.errors import MisuseError
from pilotwire.station.core import security
from pilotwire.station.core.jobs import Job, Result
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street
from pilotwire.station.core.variable_table import Declared, fixed, name_of, number
from pilotwire.station.hardware.ports import StationLayout

TIME_SOURCE: Final = "ClockCtrlr.TimeSource"
NTP_SOURCE: Final = "ClockCtrlr.NtpSource"
REPORTED_FROM: Final = "ClockCtrlr.TimeAdjustmentReportingThreshold"
HEARTBEAT, NTP, MACHINE = "Heartbeat", "NTP", "RealTimeClock"
PORT: Final = 123
ASKED_EVERY: Final = timedelta(seconds=1024)
"""Between two questions to servers that answer: the longest wait NTP clients use by habit (RFC 5905)."""
ASKED_AGAIN: Final = timedelta(seconds=64)
"""The wait after nobody answered."""
_TOLERANCE: Final = timedelta(seconds=1)
"""Smaller differences to the CSMS's time are its answer's way here, or that it tells whole seconds."""
_FINE: Final = timedelta(milliseconds=100)
"""Smaller differences to a server are not worth another time."""
_SERVERS: Final = tuple(f"ClockCtrlr.NtpServerUri[{number}]" for number in (1, 2, 3))
_SOURCES: Final = (HEARTBEAT, NTP, MACHINE)


@dataclass(frozen=True, slots=True)
class AskTime(Job):
    """Ask servers for the time, one after the other until one answers. Each has `patience` seconds."""

    servers: tuple[str, ...]
    patience: float = 3.0


@dataclass(frozen=True, slots=True)
class TimeHeard(Result):
    """What a server's time is ahead of the machine's clock."""

    offset: timedelta
    server: str


@dataclass(slots=True)
class Ntp:
    """How it goes with the servers: the job under way, whether one answered when last asked, and when to ask again."""

    job: int | None = None
    answers: bool = False
    next_at: datetime | None = None
    complained: bool = False


def server_of(text: str) -> tuple[str, int] | None:
    """Host and port of a server as it is written (`ntp.example.org`, `ntp://10.0.0.1`, `[fe80::1]:1123`); None: it is no such thing."""
    written = text.strip()
    try:
        parts = urlsplit(written if "//" in written else f"//{written}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    plain = parts.scheme in ("", "ntp", "udp") and not (parts.query or parts.fragment or parts.username)
    fits = host is not None and plain and parts.path in ("", "/") and not any(letter.isspace() for letter in host)
    return (host, PORT if port is None else port) if fits and host is not None and port != 0 else None


# --- which counts ---------------------------------------------------------------------------------------------------


def order(station: Station) -> list[str]:
    """The sources, the one that goes first in front."""
    return [source for source in station.variables.text(TIME_SOURCE).split(",") if source]


def counts(station: Station, source: str) -> bool:
    """Whether a source sets the clock now: it is in the order, and none before it can tell the time."""
    for one in order(station):
        if one == source:
            return True
        if _tells(station, one):
            return False
    return False


def _tells(station: Station, source: str) -> bool:
    if source == HEARTBEAT:
        return station.online
    return station.moment(Ntp).answers if source == NTP else source == MACHINE


def by_csms(station: Station, csms_now: datetime) -> None:
    """The CSMS told its time: go by it, if it counts (B01.FR.06, G02.FR.06)."""
    if counts(station, HEARTBEAT):
        _go_by(station, csms_now - station.now, _TOLERANCE)


def _go_by(station: Station, offset: timedelta, tolerance: timedelta) -> None:
    correction = abs(offset - station.offset)
    if correction <= tolerance:
        return
    station.set_offset(offset)
    if correction > timedelta(seconds=station.variables.number(REPORTED_FROM)):
        security.report(station, "SettingSystemTime", f"by {correction.total_seconds():.0f} s")


# --- NTP ------------------------------------------------------------------------------------------------------------


def servers(station: Station) -> tuple[str, ...]:
    """The servers in their order: those that were set, or those of DHCP, which an installer tells the station."""
    if station.variables.text(NTP_SOURCE) == "DHCP":
        return station.settings.dhcp_ntp_servers
    return tuple(text for text in map(station.variables.text, _SERVERS) if text)


def _asks(station: Station) -> bool:
    return counts(station, NTP) and bool(servers(station))


def _follow(station: Station) -> None:
    if station.variables.text(TIME_SOURCE) == HEARTBEAT:
        return  # as most stations are, and this is asked after every input
    state = station.moment(Ntp)
    if order(station)[:1] == [MACHINE]:
        _go_by(station, timedelta(0), timedelta(0))
    if state.job is None and _asks(station) and (state.next_at is None or state.next_at <= station.now):
        state.job = station.undertake(
            AskTime(servers(station)),
            done=lambda heard: _heard(station, heard),
            failed=lambda why: _silent(station, why),
        )


def _heard(station: Station, heard: Result) -> None:
    if not isinstance(heard, TimeHeard):
        raise MisuseError(f"{type(heard).__name__} is no time.")
    state = station.moment(Ntp)
    state.job, state.answers, state.complained = None, True, False
    state.next_at = station.now + ASKED_EVERY
    if counts(station, NTP):
        _go_by(station, heard.offset, _FINE)


def _silent(station: Station, why: str) -> None:
    """Nobody answered: the next source counts meanwhile. It is said once, until somebody answers again."""
    state = station.moment(Ntp)
    if not state.complained:
        station.note(f"No NTP server told the time. {why}")
    state.job, state.answers, state.complained = None, False, True
    state.next_at = station.now + ASKED_AGAIN


def _changed(station: Station, key: str, _value: str) -> None:
    """Other servers, or another order: what was heard so far does not count any more."""
    if key not in _WATCHED:
        return
    state = station.moment(Ntp)
    if state.job is not None:
        station.abandon(state.job)
    state.job, state.answers, state.next_at, state.complained = None, False, None, False


def _deadline(station: Station) -> datetime | None:
    state = station.moment(Ntp)
    return state.next_at if state.job is None and _asks(station) else None


# --- the street -----------------------------------------------------------------------------------------------------

_WATCHED = frozenset(key.casefold() for key in (TIME_SOURCE, NTP_SOURCE, *_SERVERS))
_KINDS = ("DHCP", "manual")
_ONLY_2 = (
    Declared(name_of(TIME_SOURCE), DataType.SEQUENCE_LIST, HEARTBEAT, values=_SOURCES),
    number(REPORTED_FROM, 20, unit="s"),
    Declared(name_of(NTP_SOURCE), DataType.OPTION_LIST, "manual", values=_KINDS),
    *(Declared(name_of(key), DataType.STRING, "", high=255) for key in _SERVERS),
)
_HIDDEN_IN_16 = (
    fixed(TIME_SOURCE, HEARTBEAT, DataType.SEQUENCE_LIST, _SOURCES),
    fixed(REPORTED_FROM, "20"),
    fixed(NTP_SOURCE, "manual", DataType.OPTION_LIST, _KINDS),
    *(fixed(key, "", DataType.STRING, high=255) for key in _SERVERS),
)
"""1.6 has no keys for these; its owner may set them from inside."""


def _variables(family: Family, _layout: StationLayout) -> tuple[Declared, ...]:
    return _HIDDEN_IN_16 if family is Family.OCPP16 else _ONLY_2


def _is_server(_station: Station, value: str) -> bool:
    return value == "" or server_of(value) is not None


STREET = Street(
    "time_sources",
    variables=_variables,
    checks=dict.fromkeys(_SERVERS, _is_server),
    changed=_changed,
    deadline=_deadline,
    follow=_follow,
)
