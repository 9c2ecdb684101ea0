"""Times as logs write them: ISO 8601 and its neighbours, with a month's name, seconds since 1970, a clock time alone."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pilotwire.errors import ConfigError

_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
_CLOCK: Final = r"(?P<h>\d\d):(?P<mi>\d\d):(?P<s>\d\d)(?:[.,:](?P<f>\d{1,9}))?"
_ZONE: Final = r"(?:\s?(?P<z>Z\b|UTC\b|GMT\b|[+-]\d\d:?\d\d(?!\d)))?"
_FORMS: Final = tuple(
    re.compile(form, re.IGNORECASE | re.ASCII)
    for form in (
        rf"(?<!\d)(?P<y>\d{{4}})[-/.](?P<m>\d\d)[-/.](?P<d>\d\d)[T_ \t]\s*{_CLOCK}{_ZONE}",
        rf"(?<!\d)(?P<d>\d\d?)\.(?P<m>\d\d?)\.(?P<y>\d{{4}}),?\s+{_CLOCK}{_ZONE}",
        rf"(?<!\d)(?P<d>\d\d?)[/ -](?P<n>[a-z]{{3}})[/ -](?P<y>\d{{4}})[: ]\s*{_CLOCK}{_ZONE}",
        rf"\b(?P<n>[a-z]{{3}})\s+(?P<d>\d\d?)\s+{_CLOCK}(?:\s+(?P<y>\d{{4}}))?{_ZONE}",
        r"(?<![\d.])(?P<epoch>\d{10}(?:\.\d{1,9})?|\d{13}|\d{16}|\d{19})(?![\d.])",
        rf"(?<![\d:.T/-]){_CLOCK}{_ZONE}",
    )
)
_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Moment:
    """A time, and whether it said its zone itself. `start` is where in the text it stands."""

    at: datetime
    zoned: bool
    start: int = 0


@dataclass(frozen=True, slots=True)
class Calendar:
    """What a time does not say itself: its zone, its year, its day."""

    zone: tzinfo = UTC
    day: date = date(1970, 1, 1)

    def find(self, text: str) -> Moment | None:
        """The first time in a text; None: there is none."""
        for form in _FORMS:
            for found in form.finditer(text):
                moment = self._read(found)
                if moment is not None:
                    return replace(moment, start=found.start())
        return None

    def of(self, value: object) -> Moment | None:
        """The time a value of JSON stands for: a text, or seconds (milli-, micro-, nanoseconds) since 1970."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            return (
                _epoch(str(int(value)) if float(value).is_integer() else f"{value:.6f}") if abs(value) < 1e19 else None
            )
        return self.find(value) if isinstance(value, str) else None

    def _read(self, found: re.Match[str]) -> Moment | None:
        parts = found.groupdict()
        if parts.get("epoch"):
            return _epoch(parts["epoch"])
        fraction = (parts["f"] or "").ljust(6, "0")[:6]
        month = _MONTHS.get((parts.get("n") or "").lower()) if "n" in parts else int(parts.get("m") or self.day.month)
        if month is None:
            return None
        year, day = int(parts.get("y") or self.day.year), int(parts.get("d") or self.day.day)
        zone = zone_of(parts["z"]) if parts.get("z") else None
        try:
            clock = [int(parts[each]) for each in ("h", "mi", "s")]
            at = datetime(year, month, day, clock[0], clock[1], clock[2], int(fraction), zone or self.zone)
            return Moment(at.astimezone(UTC), zone is not None)
        except (ValueError, OverflowError):
            return None


def _epoch(text: str) -> Moment | None:
    whole, _, fraction = text.partition(".")
    scale = {13: 1_000, 16: 1_000_000, 19: 1_000_000_000}.get(len(whole), 1)
    try:
        micros = int(whole) * 1_000_000 // scale + int(fraction.ljust(6, "0")[:6] or 0)
        return Moment(_FIRST + timedelta(microseconds=micros), True)
    except (ValueError, OverflowError):
        return None


def zone_of(name: str) -> tzinfo:
    """A time zone by its name (`Europe/Berlin`) or its offset (`+02:00`). Raises ConfigError if there is no such zone."""
    plain = name.strip()
    if plain.upper() in ("Z", "UTC", "GMT"):
        return UTC
    offset = re.fullmatch(r"([+-])(\d\d):?(\d\d)", plain)
    if offset is not None and int(offset[2]) < 24 and int(offset[3]) < 60:
        length = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return timezone(-length if offset[1] == "-" else length)
    try:
        return ZoneInfo(plain)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(f"{name!r} is no time zone.", "Write UTC, +02:00, or a name such as Europe/Berlin.") from None
