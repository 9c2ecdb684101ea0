"""Sites for tests of load management, and an independent look at whether limits hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import strategies as st

from pilotwire.domain.load_management import Amperes, Demand, EvseKey, Feeder, Outlet, SiteLayout

NOW = datetime(2030, 1, 7, 12, 0, tzinfo=UTC)
NO_BASE: Mapping[str, Amperes] = {}


def flat(limit: int, evses: int, *, watts: int | None = None, imbalance: int | None = None) -> SiteLayout:
    """A grid connection of so many amperes, with so many EVSEs of three phases right on it."""
    grid = Feeder(
        name="grid",
        amperes=Decimal(limit),
        watts=None if watts is None else Decimal(watts),
        imbalance=None if imbalance is None else Decimal(imbalance),
    )
    outlets = tuple(Outlet(station=f"CS{n:03}", evse_id=1, fed_by="grid") for n in range(1, evses + 1))
    return SiteLayout(name="yard", feeders=(grid,), outlets=outlets)


def wants(layout: SiteLayout, number: int, *, minutes_ago: float = 60, **more: object) -> Demand:
    """A vehicle at the EVSE of this place in the layout (from 0)."""
    arrived = NOW - timedelta(minutes=minutes_ago)
    return Demand(key=layout.outlets[number].key, arrived=arrived, **more)  # type: ignore[arg-type]


def exceeded(
    layout: SiteLayout, taken: Mapping[EvseKey, tuple[Decimal, tuple[int, ...]]], base: Mapping[str, Amperes]
) -> list[str]:
    """The limits that do not hold, worked out by walking the tree with fractions: `taken` are amperes and the grid's phases."""
    found = []
    children = {
        one.name: [other.name for other in layout.feeders if other.fed_by == one.name] for one in layout.feeders
    }

    def through(name: str) -> list[Fraction]:
        feeder = next(one for one in layout.feeders if one.name == name)
        own = base.get(name, feeder.assumed)
        flow = [Fraction(own.l1), Fraction(own.l2), Fraction(own.l3)]
        for child in children[name]:
            flow = [one + other for one, other in zip(flow, through(child), strict=True)]
        for outlet in layout.outlets:
            if outlet.fed_by == name and outlet.key in taken:
                amps, phases = taken[outlet.key]
                for phase in phases:
                    flow[phase - 1] += Fraction(amps)
        return flow

    for feeder in layout.feeders:
        flow = through(feeder.name)
        if feeder.amperes is not None and max(flow) > feeder.amperes:
            found.append(f"{feeder.name}: {max(flow)} A")
        if feeder.watts is not None and sum(flow) * Fraction(layout.voltage) > feeder.watts:
            found.append(f"{feeder.name}: {sum(flow) * Fraction(layout.voltage)} W")
        if feeder.imbalance is not None and max(flow) - min(flow) > feeder.imbalance:
            found.append(f"{feeder.name}: {max(flow) - min(flow)} A between phases")
    return found


# --- drawn by hypothesis ----------------------------------------------------------------------------------------------------------

_ROTATIONS = [(1, 2, 3), (2, 3, 1), (3, 1, 2), (1,), (2,), (3,), (1, 2)]


@st.composite
def layouts(draw: st.DrawFn, most_evses: int = 8) -> SiteLayout:
    """A tree of up to four feeders, with limits of all kinds."""
    count = draw(st.integers(1, 4))
    feeders = []
    for number in range(count):
        fed_by = None if number == 0 else f"f{draw(st.integers(0, number - 1))}"
        feeders.append(
            Feeder(
                name=f"f{number}",
                fed_by=fed_by,
                amperes=draw(st.none() | st.decimals(0, 200, places=1)),
                watts=draw(st.none() | st.integers(0, 80_000).map(Decimal)),
                imbalance=draw(st.none() | st.none() | st.integers(0, 40).map(Decimal)),
            )
        )
    outlets = []
    for number in range(draw(st.integers(1, most_evses))):
        dc = draw(st.booleans()) and draw(st.booleans())
        most = draw(st.sampled_from([16, 32, 63]))
        outlets.append(
            Outlet(
                station=f"CS{number // 2}",
                evse_id=number % 2 + 1,
                fed_by=f"f{draw(st.integers(0, count - 1))}",
                phases=(1, 2, 3) if dc else draw(st.sampled_from(_ROTATIONS)),
                least=Decimal(0 if dc else 6),
                most=Decimal(most),
                dc=dc,
            )
        )
    return SiteLayout(name="drawn", feeders=tuple(feeders), outlets=tuple(outlets))


def base_loads(layout: SiteLayout) -> st.SearchStrategy[dict[str, Amperes]]:
    """Base load of some of its feeders: houses, and panels that feed in."""
    amps = st.integers(-300, 600).map(lambda tenths: Decimal(tenths) / 10)
    each = st.builds(Amperes, l1=amps, l2=amps, l3=amps)
    return st.dictionaries(st.sampled_from([one.name for one in layout.feeders]), each, max_size=3)


def demands(layout: SiteLayout) -> st.SearchStrategy[tuple[Demand, ...]]:
    """Vehicles at some of its EVSEs."""
    minutes = st.integers(0, 600).map(lambda each: NOW - timedelta(minutes=each))
    one = st.builds(
        Demand,
        key=st.sampled_from([outlet.key for outlet in layout.outlets]),
        arrived=minutes,
        phases=st.integers(1, 3),
        most=st.none() | st.integers(0, 640).map(lambda tenths: Decimal(tenths) / 10),
        energy=st.none() | st.integers(0, 60_000).map(Decimal),
        departure=st.none() | st.integers(-30, 900).map(lambda each: NOW + timedelta(minutes=each)),
        priority=st.integers(0, 2),
        charging_since=st.none() | minutes,
    )
    return st.lists(one, unique_by=lambda demand: demand.key, max_size=len(layout.outlets)).map(tuple)
