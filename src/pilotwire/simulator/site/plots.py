"""Plots of a simulation as SVG, by matplotlib: it draws steps over time zones and stacks them, which lighter libraries do not."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from pilotwire.errors import ConfigError
from pilotwire.simulator.site.running import Quarter, Record
from pilotwire.simulator.site.surroundings import DAY, QUARTER

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PER_DAY: Final = DAY // QUARTER
_KW: Final = 3600 / QUARTER / 1000
_INK, _LINE = "#1d2433", "#d7dce6"
_LOAD, _CARS, _SUN, _LIMIT, _UNMET = "#9aa5b8", "#2f5fa8", "#e0a100", "#b3261e", "#d98880"
_WIDE: Final = (10.5, 3.4)


class Plot(NamedTuple):
    """A plot, what it shows in words, and as SVG."""

    title: str
    about: str
    svg: str


def check() -> None:
    """Raises `ConfigError` where matplotlib is not installed."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        what = "The plots of the report need matplotlib, which is not installed."
        raise ConfigError(what, "Install it: pip install 'pilotwire[sites]', or take another --format.") from None


def plots(record: Record) -> list[Plot]:
    """All plots of a simulation. Raises `ConfigError` without matplotlib."""
    check()
    quarters = record.quarters
    busiest = max(range(record.days), key=lambda day: max(quarter.grid for quarter in _of_day(quarters, day)))
    date = record.site.begins + timedelta(days=busiest)
    return [
        Plot("Site power", "Base load and vehicles, what the grid gives of it, and the limit.", _power(record, 0, record.days)),
        Plot(f"The busiest day, {date}", "The same, on the day of the highest peak.", _power(record, busiest, busiest + 1)),
        Plot("Energy of each day", "Delivered on that day, and what those lacked who left on it.", _energy(record)),
        Plot("Peak of each day", "The highest mean of a quarter of an hour.", _peaks(record)),
        Plot("Charging and waiting", "Vehicles at a time of a mean day: charging, and paused though they want energy.", _waiting(record)),
    ]  # fmt: skip


def _of_day(quarters: Sequence[Quarter], day: int) -> Sequence[Quarter]:
    return quarters[day * _PER_DAY : (day + 1) * _PER_DAY]


def limit_watts(record: Record) -> float | None:
    """The most that the grid connection can carry (W); None: it has no limit."""
    root = next(feeder for feeder in record.site.feeders if feeder.fed_by is None)
    amps = None if root.amperes is None else root.amperes * 3 * record.site.voltage
    told = [value for value in (root.watts, amps) if value is not None]
    return min(told, default=None)


# --- drawing ---------------------------------------------------------------------------------------------------------------------------


def _canvas() -> tuple[Any, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=_WIDE, layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(_LINE)
    axes.grid(axis="y", color=_LINE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=_INK, labelsize=9)
    return figure, axes


def _svg(figure: Any, axes: Axes, *, columns: int) -> str:
    from matplotlib import rc_context

    # Above the axes, where it hides nothing.
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, frameon=False, fontsize=9, borderaxespad=0.2)
    out = io.StringIO()
    with rc_context({"svg.hashsalt": "pilotwire", "svg.fonttype": "path"}):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def _over_time(record: Record, axes: Axes, days: int) -> None:
    from matplotlib.dates import AutoDateLocator, DateFormatter

    zone = ZoneInfo(record.site.time_zone)
    axes.xaxis.set_major_locator(AutoDateLocator(tz=zone, minticks=4, maxticks=12))  # type: ignore[no-untyped-call]
    form = "%H:%M" if days == 1 else "%b %d" if days > 4 else "%b %d, %H:%M"
    axes.xaxis.set_major_formatter(DateFormatter(form, tz=zone))  # type: ignore[no-untyped-call]
    axes.margins(x=0.005)


def _moments(record: Record, first: int, last: int) -> list[datetime]:
    zone = ZoneInfo(record.site.time_zone)
    return [
        (record.site.start + timedelta(seconds=number * QUARTER)).astimezone(zone)
        for number in range(first * _PER_DAY, last * _PER_DAY)
    ]


def _power(record: Record, first: int, last: int) -> str:
    figure, axes = _canvas()
    times: Any = _moments(record, first, last)
    there = record.quarters[first * _PER_DAY : last * _PER_DAY]
    load = [quarter.load * _KW for quarter in there]
    both = [(quarter.load + quarter.vehicles) * _KW for quarter in there]
    axes.fill_between(times, load, step="post", color=_LOAD, linewidth=0, label="base load")
    axes.fill_between(times, load, both, step="post", color=_CARS, alpha=0.75, linewidth=0, label="vehicles")
    grid = [quarter.grid * _KW for quarter in there]
    shown = 3
    if any(quarter.sun for quarter in record.quarters):
        sun = [-quarter.sun * _KW for quarter in there]
        axes.fill_between(times, sun, step="post", color=_SUN, alpha=0.8, linewidth=0, label="sun")
        shown += 1
    axes.step(times, grid, where="post", color=_INK, linewidth=0.9 if last - first > 1 else 1.4, label="from the grid")
    limit = limit_watts(record)
    if limit is not None:
        axes.axhline(limit / 1000, color=_LIMIT, linewidth=1.4, linestyle="--", label="limit of the grid connection")
        shown += 1
    axes.set_ylabel("kW", size=9)
    _over_time(record, axes, last - first)
    return _svg(figure, axes, columns=shown)


def _bars(record: Record, axes: Axes, unit: str) -> None:
    """A bar a day, and a date below some of them."""
    step = -(-record.days // 12)
    shown = range(0, record.days, step)
    axes.set_xticks(shown, [f"{record.site.begins + timedelta(days=day):%b %d}" for day in shown])
    axes.set_xlim(-0.75, max(record.days, 7) - 0.25)
    axes.set_ylabel(unit, size=9)


def _energy(record: Record) -> str:
    figure, axes = _canvas()
    outlets = {outlet.key: outlet for outlet in record.site.layout().outlets}
    dc = all(outlet.dc for outlet in outlets.values())
    efficiency = float(next(iter(outlets.values())).efficiency) if dc else 1.0
    delivered = [
        sum(q.vehicles for q in _of_day(record.quarters, day)) / 1000 * efficiency for day in range(record.days)
    ]
    unmet = [0.0] * record.days
    for car in record.cars:
        day = min(record.days - 1, int(car.visit.leaves // DAY))
        unmet[day] += max(0.0, car.visit.energy_wh - car.got_wh) / 1000
    days = range(record.days)
    axes.bar(days, delivered, color=_CARS, width=0.75, label="delivered")
    axes.bar(days, unmet, bottom=delivered, color=_UNMET, width=0.75, label="unmet")
    _bars(record, axes, "kWh")
    return _svg(figure, axes, columns=2)


def _peaks(record: Record) -> str:
    figure, axes = _canvas()
    peaks = [max(q.grid for q in _of_day(record.quarters, day)) * _KW for day in range(record.days)]
    base = [max(q.load - q.sun for q in _of_day(record.quarters, day)) * _KW for day in range(record.days)]
    days = range(record.days)
    axes.bar(days, peaks, color=_CARS, width=0.75, label="with vehicles")
    axes.bar(days, base, color=_LOAD, width=0.4, label="base load and sun alone")
    limit, shown = limit_watts(record), 2
    if limit is not None:
        axes.axhline(limit / 1000, color=_LIMIT, linewidth=1.4, linestyle="--", label="limit of the grid connection")
        shown += 1
    _bars(record, axes, "kW")
    return _svg(figure, axes, columns=shown)


def _waiting(record: Record) -> str:
    figure, axes = _canvas()
    hours = [number * QUARTER / 3600 for number in range(_PER_DAY + 1)]
    charging, waiting = (_mean_day(record.quarters, what, record.days) for what in ("charging", "waiting"))
    both = [one + other for one, other in zip(charging, waiting, strict=True)]
    axes.fill_between(hours, charging, step="post", color=_CARS, alpha=0.75, linewidth=0, label="let charge")
    axes.fill_between(hours, charging, both, step="post", color=_UNMET, linewidth=0, label="waiting")
    axes.set_xlim(0, 24)
    axes.set_ylim(bottom=0)
    axes.set_xticks(range(0, 25, 3), [f"{hour:02}:00" for hour in range(0, 25, 3)])
    axes.set_ylabel("vehicles", size=9)
    return _svg(figure, axes, columns=2)


def _mean_day(quarters: Sequence[Quarter], what: str, days: int) -> list[float]:
    mean = [sum(getattr(quarter, what) for quarter in quarters[n::_PER_DAY]) / days for n in range(_PER_DAY)]
    return [*mean, mean[-1]]
