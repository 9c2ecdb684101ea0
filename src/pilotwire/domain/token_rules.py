"""Where and when a token is good: stations, EVSEs, kinds of connectors, hours of the week."""

from __future__ import annotations

from datetime import datetime
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

from pilotwire.domain.kinds import Value

_DAY = 24 * 60


class Place(Value):
    """Where a token is shown, as far as that is known: an EVSE of a station, and the types of its connectors (2.x ConnectorEnumType)."""

    station: str | None = None
    evse: int | None = None
    connector_types: tuple[str, ...] = ()


ANYWHERE = Place()


class ValidityWindow(Value):
    """Hours in which a token is good: from `begin` to `end` (minutes since midnight, `end` not included) on `days` (1: Monday; (): all).

    `end` at or before `begin` is on the next day. `time_zone` is a name of the IANA database.
    """

    begin: int = 0
    end: int = _DAY
    days: tuple[int, ...] = ()
    time_zone: str = "UTC"

    def covers(self, moment: datetime) -> bool:
        """Whether a moment is in it."""
        local = moment.astimezone(ZoneInfo(self.time_zone))
        minute, day = local.hour * 60 + local.minute, local.isoweekday()
        if self.begin < self.end:
            return self.begin <= minute < self.end and self._on(day)
        yesterday = 7 if day == 1 else day - 1
        return (minute >= self.begin and self._on(day)) or (minute < self.end and self._on(yesterday))

    def _on(self, day: int) -> bool:
        return not self.days or day in self.days


class TokenRules(Value):
    """Where and when a token is good; what is empty is no condition.

    `stations` are identities of stations, with `*` for any text. `connector_types`: an EVSE will do if one of its connectors is of these.
    `valid_from` is when the token begins to be good.
    """

    valid_from: datetime | None = None
    windows: tuple[ValidityWindow, ...] = ()
    stations: tuple[str, ...] = ()
    evses: tuple[int, ...] = ()
    connector_types: tuple[str, ...] = ()

    def allows_time(self, now: datetime) -> bool:
        """Whether it is good now (else NotAtThisTime)."""
        if self.valid_from is not None and now < self.valid_from:
            return False
        return not self.windows or any(window.covers(now) for window in self.windows)

    def allows_station(self, place: Place) -> bool:
        """Whether it is good at this station (else NotAtThisLocation); where nobody knows the station it is."""
        if not self.stations or place.station is None:
            return True
        station = place.station.casefold()
        return any(fnmatchcase(station, pattern.casefold()) for pattern in self.stations)

    def allows_evse(self, place: Place) -> bool:
        """Whether it is good at this EVSE (else NotAllowedTypeEVSE), as far as the EVSE and its connectors are known."""
        if self.evses and place.evse is not None and place.evse not in self.evses:
            return False
        if not self.connector_types or not place.connector_types:
            return True
        return not frozenset(self.connector_types).isdisjoint(place.connector_types)

    @property
    def is_timed(self) -> bool:
        """Whether it is good at some times only: then no list and no cache can hold it truly."""
        return self.valid_from is not None or bool(self.windows)
