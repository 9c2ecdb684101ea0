"""The best that could be: a linear program with perfect knowledge of who comes when, over quarters of an hour, under the same limits.

First it delivers as much energy as can be delivered, then, that being so, at the least cost. It may do more than any site can: vehicles
charge below their least current, take their full power until the last Wh, and know the future; storage charges from the grid, too. So it
is a bound from above, and a share of it one from below. HiGHS solves it (`highspy`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pilotwire.domain.load_management import PHASES, EvseKey, Feeder, Outlet, SiteLayout, phases_of
from pilotwire.errors import ConfigError, PilotwireError
from pilotwire.simulator.site.running import Record
from pilotwire.simulator.site.surroundings import DAY, QUARTER, Surroundings
from pilotwire.simulator.site.visits import Visit

if TYPE_CHECKING:
    pass

_HOURS: Final = QUARTER / 3600
_INFINITE: Final = 1e30
_PAIRS: Final = ((1, 2), (1, 3), (2, 3))
_PART: Final = 1 - 1e-7
"""What of the most energy the cheapest way must deliver: solvers round."""


@dataclass(frozen=True, slots=True)
class Optimum:
    """`delivered_wh` at the inlets, of each visit in `by_visit`; `cost` of what the site then takes of the grid."""

    delivered_wh: float
    cost: float
    by_visit: tuple[float, ...]


@dataclass(slots=True)
class _Program:
    """Columns and rows as they are handed to the solver. `delivers`: what a column gives its vehicle (Wh for each A)."""

    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    delivers: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    rows: list[tuple[float, float, dict[int, float]]] = field(default_factory=list)

    def column(self, upper: float, delivers: float = 0.0, cost: float = 0.0, lower: float = 0.0) -> int:
        self.lower.append(lower)
        self.upper.append(upper)
        self.delivers.append(delivers)
        self.costs.append(cost)
        return len(self.upper) - 1

    def row(self, lower: float, upper: float, terms: dict[int, float]) -> None:
        self.rows.append((lower, upper, terms))


def solver() -> Any:
    """The solver's module; raises `ConfigError` where it is not installed."""
    try:
        import highspy
    except ImportError:
        what = "The offline optimum needs the solver HiGHS, which is not installed."
        raise ConfigError(what, "Install it: pip install 'pilotwire[sites]', or leave out --optimum.") from None
    return highspy


def optimum(record: Record) -> Optimum:
    """The optimum for the visits of a simulation. Raises `ConfigError` without a solver."""
    highspy = solver()
    program, columns = _program(record)
    model = _model(highspy, program)
    model.changeObjectiveSense(highspy.ObjSense.kMaximize)
    _objective(model, program.delivers)
    most = _solved(highspy, model)
    total = _nonzero(program.delivers)
    model.addRow(most * _PART, _INFINITE, len(total), list(total), list(total.values()))
    model.changeObjectiveSense(highspy.ObjSense.kMinimize)
    _objective(model, program.costs)
    cost = _solved(highspy, model)
    values = model.getSolution().col_value
    by_visit = tuple(sum(values[one] * program.delivers[one] for one in mine) for mine in columns)
    return Optimum(most, cost, by_visit)


def _nonzero(values: list[float]) -> dict[int, float]:
    return {number: value for number, value in enumerate(values) if value}


def _model(highspy: Any, program: _Program) -> Any:
    model = highspy.Highs()
    model.setOptionValue("output_flag", False)
    count = len(program.upper)
    model.addVars(count, program.lower, program.upper)
    starts: list[int] = []
    places: list[int] = []
    values: list[float] = []
    lower: list[float] = []
    upper: list[float] = []
    for low, high, terms in program.rows:
        starts.append(len(places))
        places += terms.keys()
        values += terms.values()
        lower.append(low)
        upper.append(high)
    model.addRows(len(starts), lower, upper, len(places), starts, places, values)
    return model


def _objective(model: Any, values: list[float]) -> None:
    model.changeColsCost(len(values), list(range(len(values))), values)


def _solved(highspy: Any, model: Any) -> float:
    model.run()
    status = model.getModelStatus()
    if status != highspy.HighsModelStatus.kOptimal:
        told = model.modelStatusToString(status)
        raise PilotwireError(f"The solver found no optimum: {told}.", "Do base load and limits fit together?")
    return float(model.getObjectiveValue())


# --- the program ----------------------------------------------------------------------------------------------------------------------


def _program(record: Record) -> tuple[_Program, list[list[int]]]:
    """The program, and which columns are those of each visit."""
    layout, end = record.site.layout(), record.days * float(DAY)
    outlets = {outlet.key: outlet for outlet in layout.outlets}
    program = _Program()
    at: list[list[tuple[int, EvseKey, tuple[int, ...]]]] = [[] for _ in range(record.days * DAY // QUARTER)]
    columns = []
    for car in record.cars:
        visit, outlet = car.visit, outlets[car.visit.key]
        phases = phases_of(outlet, visit.phases)
        mine = []
        for slot, part in _slots(visit, end):
            column = program.column(_most(visit, outlet) * part, _per_ampere(layout, outlet, phases))
            mine.append(column)
            at[slot].append((column, outlet.key, phases))
        if mine:
            program.row(0, visit.energy_wh, {column: program.delivers[column] for column in mine})
        columns.append(mine)
    below = _below(layout)
    for slot, here in enumerate(at):
        for feeder in layout.feeders:
            _limit(program, record.surroundings, layout, feeder, below, slot, here)
    _money(program, record, at)
    return program, columns


def _slots(visit: Visit, end: float) -> Iterator[tuple[int, float]]:
    """The quarters of an hour in which a vehicle is there, and which part of each."""
    leaves = min(visit.leaves, end)
    for slot in range(int(visit.arrives // QUARTER), int(-(-leaves // QUARTER))):
        part = (min(leaves, (slot + 1) * QUARTER) - max(visit.arrives, slot * QUARTER)) / QUARTER
        if part > 0:
            yield slot, part


def _most(visit: Visit, outlet: Outlet) -> float:
    return min(visit.amperes, float(outlet.most))


def _per_ampere(layout: SiteLayout, outlet: Outlet, phases: tuple[int, ...]) -> float:
    """Wh at the inlet in a quarter of an hour for each ampere on each phase."""
    watts = float(layout.voltage) * len(phases)
    return watts * _HOURS * (float(outlet.efficiency) if outlet.dc else 1.0)


def _below(layout: SiteLayout) -> dict[str, tuple[set[EvseKey], set[str]]]:
    """The EVSEs and the feeders at or below each feeder."""
    parents = {feeder.name: feeder.fed_by for feeder in layout.feeders}
    found: dict[str, tuple[set[EvseKey], set[str]]] = {name: (set(), set()) for name in parents}
    for name in parents:
        above: str | None = name
        while above is not None:
            found[above][1].add(name)
            found[above][0].update(outlet.key for outlet in layout.outlets if outlet.fed_by == name)
            above = parents[above]
    return found


def _base(around: Surroundings, feeders: set[str], slot: int) -> list[float]:
    """The mean base load below a feeder in a quarter of an hour (A on each phase)."""
    amps = [0.0, 0.0, 0.0]
    for feeder in around.feeders:
        if feeder in feeders:
            begin, end = (around.amperes_of(feeder, second) for second in (slot * QUARTER, (slot + 1) * QUARTER))
            amps = [own + (one + other) / 2 for own, one, other in zip(amps, begin, end, strict=True)]
    return amps


def _limit(
    program: _Program,
    around: Surroundings,
    layout: SiteLayout,
    feeder: Feeder,
    below: dict[str, tuple[set[EvseKey], set[str]]],
    slot: int,
    here: list[tuple[int, EvseKey, tuple[int, ...]]],
) -> None:
    evses, feeders = below[feeder.name]
    taken = [(column, phases) for column, key, phases in here if key in evses]
    if not taken:
        return
    base = _base(around, feeders, slot)
    if feeder.amperes is not None:
        for phase in PHASES:
            terms = {column: 1.0 for column, phases in taken if phase in phases}
            program.row(-_INFINITE, max(0.0, float(feeder.amperes) - base[phase - 1]), terms)
    if feeder.watts is not None:
        voltage = float(layout.voltage)
        terms = {column: voltage * len(phases) for column, phases in taken}
        program.row(-_INFINITE, max(0.0, float(feeder.watts) - sum(base) * voltage), terms)
    if feeder.imbalance is not None and any(len(phases) < len(PHASES) for _, phases in taken):
        most = float(feeder.imbalance)
        for one, other in _PAIRS:
            apart = base[one - 1] - base[other - 1]
            terms = {n: float((one in p) - (other in p)) for n, p in taken if (one in p) != (other in p)}
            if terms:
                program.row(min(0.0, -most - apart), max(0.0, most - apart), terms)


def _money(program: _Program, record: Record, at: list[list[tuple[int, EvseKey, tuple[int, ...]]]]) -> None:
    """What is taken from the grid and given to it in each quarter, with the storage in between."""
    around, plan, voltage = record.surroundings, record.site.storage, record.site.voltage
    held: int | None = None
    for slot, here in enumerate(at):
        begin, end = slot * QUARTER, (slot + 1) * QUARTER
        load = (around.load_watts(begin) + around.load_watts(end)) / 2 * _HOURS
        sun = (around.sun_watts(begin) + around.sun_watts(end)) / 2 * _HOURS
        taken = program.column(_INFINITE, cost=around.price(begin) / 1000)
        given = program.column(_INFINITE, cost=-around.feed_in / 1000)
        balance = {taken: 1.0, given: -1.0}
        for column, _, phases in here:
            balance[column] = -voltage * len(phases) * _HOURS
        if plan is not None:
            one_way = plan.efficiency**0.5
            stores, gives = (program.column(plan.watts * _HOURS) for _ in range(2))
            holds = program.column(plan.capacity_wh)
            balance[stores], balance[gives] = -1.0, 1.0
            change = {holds: 1.0, stores: -one_way, gives: 1 / one_way}
            start = plan.capacity_wh * plan.start_percent / 100 if held is None else 0.0
            program.row(start, start, change if held is None else change | {held: -1.0})
            held = holds
        program.row(load - sun, load - sun, balance)
