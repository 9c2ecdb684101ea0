"""CSV files of a site: series over time, and visits of vehicles. Every mistake is a sentence with the file and the line."""

from __future__ import annotations

import csv
import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pilotwire.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a file, by the names of its columns."""

    path: Path
    line: int
    cells: Mapping[str, str]

    def wrong(self, what: str) -> ConfigError:
        """What is wrong with it."""
        return ConfigError(f"{self.path}, line {self.line}: {what}.", "Mend the file.")

    def has(self, column: str) -> bool:
        """Whether something is told there."""
        return bool(self.cells.get(column, "").strip())

    def number(self, column: str, default: float | None = None, *, least: float = -math.inf) -> float:
        """A number, at least so much."""
        if default is not None and not self.has(column):
            return default
        text = self.cells.get(column, "").strip()
        try:
            value = float(text)
        except ValueError:
            raise self.wrong(f"{column} is {text!r}, which is no number") from None
        if not math.isfinite(value) or value < least:
            raise self.wrong(
                f"{column} is {text}; it is a finite number" + (f", {least:g} or more" if least > -math.inf else "")
            )
        return value

    def moment(self, column: str, zone: ZoneInfo) -> datetime:
        """A time of ISO 8601; one without an offset is the site's."""
        text = self.cells.get(column, "").strip()
        try:
            value = datetime.fromisoformat(text)
        except ValueError:
            raise self.wrong(f"{column} is {text!r}, which is no time like 2030-03-04T08:15") from None
        return value if value.tzinfo is not None else value.replace(tzinfo=zone)


def rows(path: Path, columns: tuple[str, ...]) -> Iterator[Row]:
    """The lines of a CSV file that has these columns. Raises `ConfigError`."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="")
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
            if missing:
                what = f"{path} has no column {', '.join(missing)}."
                raise ConfigError(what, f"Its first line names its columns; needed are {', '.join(columns)}.")
            for cells in reader:
                yield Row(path, reader.line_num, {name: text for name, text in cells.items() if isinstance(name, str)})
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.", "Give a CSV file.") from None
    except (UnicodeDecodeError, csv.Error):
        raise ConfigError(f"{path} cannot be read: it is no CSV file in UTF-8.", "Give a CSV file.") from None


@dataclass(frozen=True, slots=True)
class Series:
    """Values over time (seconds since the simulation began), each from its moment until the next."""

    moments: tuple[float, ...]
    values: tuple[float, ...]

    def at(self, second: float) -> float:
        """The value then; before the first one, the first."""
        return self.values[max(0, bisect_right(self.moments, second) - 1)]


def series(path: Path, column: str, start: datetime, zone: ZoneInfo) -> Series:
    """A series from a CSV file with `time` and this column. Raises `ConfigError`."""
    found: list[tuple[float, float]] = []
    for row in rows(path, ("time", column)):
        moment = (row.moment("time", zone) - start).total_seconds()
        if found and moment <= found[-1][0]:
            raise row.wrong("its time is not after that of the line before")
        found.append((moment, row.number(column)))
    if not found:
        raise ConfigError(f"{path} has no lines.", f"Give lines of time and {column}.")
    if found[0][0] > 0:
        told = start.astimezone(zone).isoformat()
        raise ConfigError(f"{path} begins after the simulation does ({told}).", "Begin it earlier, or set `begins`.")
    return Series(tuple(moment for moment, _ in found), tuple(value for _, value in found))
