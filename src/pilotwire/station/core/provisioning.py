"""Boot, heartbeat and clock (B01 to B03, G02): before the CSMS has accepted the station, nothing but the boot is said."""

from __future__ import annotations

from datetime import datetime, timedelta

from pilotwire.domain.kinds import Verdict
from pilotwire.domain.provisioning import (
    BootReason,
    BootVerdict,
    Heartbeat,
    HeartbeatVerdict,
    RegistrationStatus,
    StationBooted,
)
from pilotwire.station.core import outbox_policy, time_sources
from pilotwire.station.core.station import Station

_ONE_DAY = timedelta(days=1)
_HEARTBEAT = "OCPPCommCtrlr.HeartbeatInterval"


# --- line -----------------------------------------------------------------------------------------------------------


def link_up(station: Station) -> None:
    """Boot, unless the CSMS accepted us since we started or told us to wait (B01.FR.01, B02.FR.04)."""
    if station.link:
        return
    station.link = True
    station.timers.last_said = station.now
    if station.registration is not RegistrationStatus.ACCEPTED:
        if station.timers.boot is None or station.timers.boot <= station.now:
            boot(station, station.boot_reason)
    elif _was_long_offline(station):
        station.condition.reported.clear()


def _was_long_offline(station: Station) -> bool:
    threshold = station.variables.number("OCPPCommCtrlr.OfflineThreshold")
    if station.link_lost_at is None:
        return False
    return station.now - station.link_lost_at > timedelta(seconds=threshold)


def link_down(station: Station) -> None:
    """Nothing said will be answered now, and what waits counts as offline."""
    if station.link:
        station.link = False
        station.link_lost_at = station.now
        station.do(*station.outbox.line_lost(once=outbox_policy.said_once(station)))
        station.silence()


# --- boot -----------------------------------------------------------------------------------------------------------


def boot(station: Station, reason: BootReason) -> None:
    """Ask to be registered (B01)."""
    station.timers.boot = None
    fact = StationBooted(station=station.settings.identity, reason=reason)
    station.say(
        fact, answered=lambda verdict: _booted(station, verdict), failed=lambda refused: _boot_later(station, refused)
    )


def _boot_later(station: Station, refused: bool) -> None:
    """No verdict: again after a wait of our own, or when the link is back."""
    if refused or station.link:
        _boot_after(station, 0)


def _boot_after(station: Station, seconds: int) -> None:
    wait = seconds if seconds > 0 else station.settings.boot_retry_seconds
    station.timers.boot = station.now + timedelta(seconds=wait)


def _booted(station: Station, verdict: Verdict) -> None:
    if not isinstance(verdict, BootVerdict):
        _boot_after(station, 0)
        return
    station.registration = verdict.status
    if verdict.status is RegistrationStatus.ACCEPTED:
        _accepted(station, verdict)
    else:
        _boot_after(station, verdict.interval)
    time_sources.by_csms(station, verdict.now)


def _accepted(station: Station, verdict: BootVerdict) -> None:
    """B01.FR.04, B01.FR.05: the heartbeat interval is the CSMS's, and every connector's state is said."""
    station.timers.boot = None
    station.timers.last_heartbeat = station.now
    station.condition.reported.clear()
    if verdict.interval > 0:
        station.variables.put(_HEARTBEAT, str(verdict.interval))


# --- heartbeat and clock --------------------------------------------------------------------------------------------


def heartbeat_at(station: Station) -> datetime | None:
    """When the next heartbeat is due: so long after the last message (G02.FR.05), and once a day at least (G02.FR.07).

    An installer may want it whatever else was said: then it is due so long after the last heartbeat.
    """
    if not station.online or station.timers.last_said is None:
        return None
    last = station.timers.last_heartbeat or station.timers.last_said
    forced = station.variables.on("InstallerCtrlr.ForceHeartbeat")
    silent_since = last if forced else max(last, station.timers.last_said)
    return min(silent_since + timedelta(seconds=station.variables.number(_HEARTBEAT)), last + _ONE_DAY)


def heartbeat(station: Station) -> None:
    """Say that we are alive; the answer tells the time (G02.FR.06)."""
    station.timers.last_heartbeat = station.now
    station.say(Heartbeat(), answered=lambda verdict: _heard_time(station, verdict))


def _heard_time(station: Station, verdict: Verdict) -> None:
    if isinstance(verdict, HeartbeatVerdict):
        time_sources.by_csms(station, verdict.now)
