"""The figures in words, the same in a terminal and on a page."""

from __future__ import annotations

from collections.abc import Iterator

from pilotwire.simulator.site.figures import Figures, LimitFigures

_UNITS = {"amperes": "A", "watts": "W", "imbalance": "A between phases"}


def lines(figures: Figures) -> Iterator[tuple[str, str]]:
    """What each figure is called, and the figure."""
    told, money = figures, figures.currency
    yield "sessions", f"{told.sessions:,}" + (f", {told.turned_away:,} found no EVSE" if told.turned_away else "")
    yield "energy requested", _kwh(told.requested_wh)
    part = f" ({100 * told.delivered_wh / told.requested_wh:.1f} %)" if told.requested_wh else ""
    yield "energy delivered", _kwh(told.delivered_wh) + part
    if told.returned_wh:
        yield "given back by vehicles", _kwh(told.returned_wh)
    yield "unmet", f"{_kwh(told.unmet_wh)} in {told.unmet_sessions:,} sessions"
    if told.optimum is not None:
        yield "offline optimum", f"{_kwh(told.optimum.delivered_wh)}, at {told.optimum.cost:,.2f} {money} for the site"
        yield "share of the optimum", f"{told.optimum.share_percent:.1f} %"
    yield "peak (quarter of an hour)", f"{told.peak_watts / 1000:,.1f} kW on {told.peak_at:%Y-%m-%d at %H:%M}"
    yield "cost of the site", f"{told.cost:,.2f} {money}"
    yield "of it for charging", f"{told.charging_cost:,.2f} {money}" + _per_kwh(told)
    yield "fairness (Jain)", f"{told.fairness:.3f}"
    yield "pauses of a session", f"{told.pauses:.2f}"
    yield "waited in a session", f"{told.waited_hours:.2f} h"
    yield "decisions, limits sent", f"{told.decisions:,}, {told.orders:,}"
    yield "messages lost, silences", f"{told.lost_messages:,}, {told.silences:,}"


def verdict(figures: Figures) -> str:
    """Whether limits held, in a sentence."""
    broken = [limit for limit in figures.limits if limit.instants]
    if broken:
        worst = max(broken, key=lambda limit: limit.exceeded / (limit.limit or 1))
        return f"A limit was exceeded: {worst.feeder}, {worst.limit:g} {_UNITS[worst.what]}, by {worst.exceeded:g}."
    if any(limit.base_alone for limit in figures.limits):
        return "Base load alone was above a limit at times; vehicles never added to that."
    return "No limit was exceeded at any instant, whatever vehicles take of what they may."


def limit_row(limit: LimitFigures) -> tuple[str, str, str, str, str]:
    """A limit as a line of a table: feeder, limit, highest load, when, instants exceeded."""
    unit = _UNITS[limit.what]
    exceeded = "never" if not limit.instants else f"{limit.instants:,} times, by {limit.exceeded:g} at most"
    if limit.base_alone:
        exceeded += f"; by base load alone {limit.base_alone:,} times"
    when = f"{limit.at:%Y-%m-%d %H:%M}" if limit.highest else "-"
    return limit.feeder, f"{limit.limit:,g} {unit}", f"{limit.highest:,g}", when, exceeded


def _per_kwh(told: Figures) -> str:
    if told.delivered_wh <= 0:
        return ""
    return f" ({1000 * told.charging_cost / told.delivered_wh:.3f} for a kWh)"


def _kwh(watt_hours: float) -> str:
    return f"{watt_hours / 1000:,.1f} kWh"
