"""The electricity of a site: a tree of feeders with limits, and the EVSEs they feed.

Amperes are of one phase, watts of all phases together. The grid's phases have the numbers 1 to 3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from pilotwire.domain.kinds import Value

PHASES: Final = (1, 2, 3)
EvseKey = tuple[str, int]
"""Station and EVSE."""


class Amperes(Value):
    """A current on each of the grid's phases; negative: it flows back."""

    l1: Decimal = Decimal(0)
    l2: Decimal = Decimal(0)
    l3: Decimal = Decimal(0)

    def on(self, phase: int) -> Decimal:
        """That of phase 1, 2 or 3."""
        return (self.l1, self.l2, self.l3)[phase - 1]

    def __add__(self, other: Amperes) -> Amperes:
        return Amperes(l1=self.l1 + other.l1, l2=self.l2 + other.l2, l3=self.l3 + other.l3)

    def __sub__(self, other: Amperes) -> Amperes:
        return Amperes(l1=self.l1 - other.l1, l2=self.l2 - other.l2, l3=self.l3 - other.l3)


NO_AMPERES: Final = Amperes()
"""Nothing flows."""


class Feeder(Value):
    """A place in the tree: the grid connection (fed by nobody), a panel, a circuit.

    What flows through it in the end is what its EVSEs take, all those below it, and its own base load, which is the load of everything else
    that hangs on it and not on a feeder below: a building, heat pumps, less what panels and batteries give.

    `amperes` is the most on each phase (a fuse), `watts` the most in all (a contract), `imbalance` the most by which two phases may differ.
    `assumed` is the base load that is taken for true where no meter tells it, or the meter is silent.
    """

    name: str
    fed_by: str | None = None
    amperes: Decimal | None = None
    watts: Decimal | None = None
    imbalance: Decimal | None = None
    assumed: Amperes = NO_AMPERES


class Outlet(Value):
    """An EVSE and how it is connected. `phases`: which phase of the grid is at its L1, L2 and L3.

    `least` and `most` are what it can take on each phase (A); less than the least is a pause (6 A by IEC 61851-1). A DC EVSE loads its
    three phases evenly; `efficiency` is how much of that its vehicle gets.
    """

    station: str
    evse_id: int
    fed_by: str
    phases: tuple[int, ...] = PHASES
    least: Decimal = Decimal(6)
    most: Decimal = Decimal(32)
    dc: bool = False
    efficiency: Decimal = Decimal("0.95")

    @property
    def key(self) -> EvseKey:
        """Its station and number."""
        return (self.station, self.evse_id)

    def watts(self, amperes: Decimal, voltage: Decimal) -> Decimal:
        """The power its vehicle gets (W) when a DC EVSE takes so much on each phase; of an AC one what all its phases give."""
        taken = amperes * voltage * len(self.phases)
        return taken * self.efficiency if self.dc else taken


class SiteLayout(Value):
    """A site. `voltage` (V) is between a phase and neutral; with `time_zone` clocks on the wall are read."""

    name: str
    feeders: tuple[Feeder, ...]
    outlets: tuple[Outlet, ...] = ()
    voltage: Decimal = Decimal(230)
    time_zone: str = "UTC"

    @property
    def zone(self) -> ZoneInfo:
        """Where its clocks are."""
        return ZoneInfo(self.time_zone)


class LayoutMisfit(Value):
    """Why a layout cannot be: where, and what is wrong."""

    where: str
    what: str


def misfits(layout: SiteLayout) -> tuple[LayoutMisfit, ...]:
    """All reasons why a layout cannot be; none: it is good."""
    return tuple(_wrong(layout))


def _wrong(layout: SiteLayout) -> Iterator[LayoutMisfit]:
    if layout.time_zone not in available_timezones():
        yield LayoutMisfit(where="time_zone", what=f"{layout.time_zone!r} is no time zone like Europe/Berlin")
    if layout.voltage <= 0:
        yield LayoutMisfit(where="voltage", what="it is more than 0 V")
    names = [feeder.name for feeder in layout.feeders]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield LayoutMisfit(where=f"feeder {name}", what="there is another of this name")
    roots = [feeder.name for feeder in layout.feeders if feeder.fed_by is None]
    if len(roots) != 1:
        named = ", ".join(roots) or "none"
        yield LayoutMisfit(where="feeders", what=f"exactly one is fed by nobody, the grid connection; here: {named}")
    parents = {feeder.name: feeder.fed_by for feeder in layout.feeders}
    for feeder in layout.feeders:
        yield from _wrong_feeder(feeder, parents)
    yield from _wrong_outlets(layout.outlets, parents)


def _wrong_feeder(feeder: Feeder, parents: Mapping[str, str | None]) -> Iterator[LayoutMisfit]:
    where = f"feeder {feeder.name}"
    if feeder.fed_by is not None and feeder.fed_by not in parents:
        yield LayoutMisfit(where=where, what=f"it is fed by {feeder.fed_by!r}, which is not there")
    elif _goes_round(feeder.name, parents):
        yield LayoutMisfit(where=where, what="it feeds itself")
    for name in ("amperes", "watts", "imbalance"):
        value = getattr(feeder, name)
        if value is not None and value < 0:
            yield LayoutMisfit(where=where, what=f"{name} is not negative")


def _goes_round(name: str, parents: Mapping[str, str | None]) -> bool:
    seen: set[str] = set()
    at: str | None = name
    while at is not None and at in parents:
        if at in seen:
            return True
        seen.add(at)
        at = parents[at]
    return False


def _wrong_outlets(outlets: tuple[Outlet, ...], parents: Mapping[str, str | None]) -> Iterator[LayoutMisfit]:
    seen: set[EvseKey] = set()
    for outlet in outlets:
        where = f"EVSE {outlet.evse_id} of {outlet.station}"
        if outlet.key in seen:
            yield LayoutMisfit(where=where, what="it is there twice")
        seen.add(outlet.key)
        if outlet.fed_by not in parents:
            yield LayoutMisfit(where=where, what=f"it is fed by {outlet.fed_by!r}, which is not there")
        if not outlet.phases or not set(outlet.phases) <= set(PHASES) or len(set(outlet.phases)) < len(outlet.phases):
            yield LayoutMisfit(where=where, what="its phases are of 1, 2 and 3, each once")
        elif outlet.dc and len(outlet.phases) != len(PHASES):
            yield LayoutMisfit(where=where, what="a DC EVSE loads three phases")
        if not 0 <= outlet.least <= outlet.most:
            yield LayoutMisfit(where=where, what="least is from 0 to most")
        if not 0 < outlet.efficiency <= 1:
            yield LayoutMisfit(where=where, what="efficiency is above 0 and at most 1")
