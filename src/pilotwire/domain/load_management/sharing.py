"""Who may take how much now: minimum currents in the order of the strategy, then shares that rise together under all limits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Final

from pilotwire.domain.kinds import Value
from pilotwire.domain.load_management.demand import Demand, Strategy, laxity, needed_amperes
from pilotwire.domain.load_management.layout import Amperes, EvseKey, Outlet, SiteLayout
from pilotwire.domain.load_management.limits import ExternalLimit, Limits, Load, Rise, amperes, tenths
from pilotwire.domain.load_management.planning import Charge, Plan
from pilotwire.domain.load_management.prices import PricePeriod

ROTATE_AFTER: Final = timedelta(minutes=15)
"""How long who charges is not paused for the sake of who waits: contactors and vehicles suffer from being switched."""
_LONG: Final = timedelta(days=3650)


class Share(Value):
    """What an EVSE's vehicle may take on each phase (A). 0: it is paused; negative: it gives back. `why` it gets less than it wants."""

    key: EvseKey
    amperes: Decimal
    phases: tuple[int, ...]
    why: str = ""


class Shares(Value):
    """The shares of a moment. `broken` are limits that no share can mend: base load and who cannot be told anything exceed them.

    `next_look` is when time alone may change the shares.
    """

    shares: tuple[Share, ...]
    broken: tuple[str, ...] = ()
    next_look: datetime | None = None

    def of(self, key: EvseKey) -> Decimal:
        """What an EVSE may take; 0 for one nobody is at."""
        return next((share.amperes for share in self.shares if share.key == key), Decimal(0))


class Situation(Value):
    """All that a decision rests on.

    `base` is the base load of the feeders whose meters speak; `fixed` is what EVSEs may take whose stations cannot be told anything now
    (A on each phase). `ceiling` is a most per EVSE from elsewhere (A): a limit of its station. `target_watts` is what the whole site is to
    stay below if vehicles can help it (peak shaving, a load curve): softer than a limit.
    """

    layout: SiteLayout
    now: datetime
    demands: tuple[Demand, ...]
    strategy: Strategy = Strategy.EQUAL_SHARE
    base: dict[str, Amperes] = {}
    fixed: dict[EvseKey, Decimal] = {}
    external: tuple[ExternalLimit, ...] = ()
    ceiling: dict[EvseKey, Decimal] = {}
    prices: tuple[PricePeriod, ...] = ()
    target_watts: Decimal | None = None


def share(situation: Situation) -> Shares:
    """The shares of all demands of the situation, in its order. EVSEs that are fixed have theirs already."""
    return _Sharing(situation).made()


class _Wish(Value):
    """A demand in tenths; `load` is its place among the loads, `watts` what its vehicle gets for an ampere on each phase."""

    demand: Demand
    load: int
    least: int
    most: int
    needed: int | None
    laxity: timedelta
    watts: Decimal


class _Sharing:
    def __init__(self, situation: Situation) -> None:
        self._at = situation
        layout = situation.layout
        self._outlets = {outlet.key: outlet for outlet in layout.outlets}
        self._free = [
            demand for demand in situation.demands if demand.key in self._outlets and demand.key not in situation.fixed
        ]
        target = situation.target_watts
        root = next(feeder.name for feeder in layout.feeders if feeder.fed_by is None)
        soft = () if target is None else (ExternalLimit(feeder=root, watts=target),)
        self._limits = self._limits_with((*situation.external, *soft))
        self._wishes = [self._wish(number, demand) for number, demand in enumerate(self._free)]
        self._waiting = self._who_waits()

    def _limits_with(self, external: tuple[ExternalLimit, ...]) -> Limits:
        """The limits, with what nobody can change taken already."""
        at = {demand.key: demand for demand in self._at.demands}
        stuck = [(self._outlets[key], amps) for key, amps in self._at.fixed.items() if key in self._outlets]
        loads = [_load(self._outlets[one.key], one) for one in self._free]
        loads += [_load(one, at.get(one.key)) for one, _ in stuck]
        limits = Limits(self._at.layout, loads, self._at.base, external)
        for number, (_, amps) in enumerate(stuck, len(self._free)):
            limits.take(number, -tenths(-amps))
        return limits

    def _wish(self, number: int, demand: Demand) -> _Wish:
        outlet, now, voltage = self._outlets[demand.key], self._at.now, self._at.layout.voltage
        bounds = [outlet.most, demand.most, self._at.ceiling.get(demand.key)]
        most = min(bound for bound in bounds if bound is not None)
        least = max(outlet.least, demand.least or Decimal(0))
        if demand.energy is not None and demand.energy <= 0:
            most = Decimal(0)
        # What its vehicle gets for an ampere of the grid.
        volts = voltage * outlet.efficiency if outlet.dc else voltage
        phases = len(self._limits.loads[number].phases)
        needed = needed_amperes(demand, now, volts, phases)
        left = laxity(demand, now, volts, most, phases)
        return _Wish(
            demand=demand,
            load=number,
            least=-tenths(-least),
            most=max(0, tenths(most)),
            needed=None if needed is None else int((needed * 10).to_integral_value(ROUND_CEILING)),
            laxity=_LONG if left is None else left,
            watts=volts * phases,
        )

    def _who_waits(self) -> set[int]:
        """The loads of those who are better served in cheaper hours."""
        if self._at.strategy is not Strategy.CHEAPEST_HOURS or not self._at.prices:
            return set()
        plan, waiting = Plan(self._limits, self._at.prices, self._at.now), set()
        for wish in self._order():
            one = wish.demand
            if one.energy is None or one.departure is None or wish.most < wish.least or wish.most <= 0:
                continue
            charge = Charge(wish.load, one.energy, one.departure, wish.watts, wish.least, wish.most)
            if plan.waits(charge):
                waiting.add(wish.load)
        return waiting

    # --- the decision --------------------------------------------------------------------------------------------------------------

    def made(self) -> Shares:
        """The shares: below the target first, then up to the limits for who would come too late otherwise."""
        admitted = self._admitted(self._order())
        for stage in self._stages(admitted):
            self._limits.fill(stage)
        if self._at.target_watts is not None:
            shared = self._limits.shares
            self._limits = self._limits_with(self._at.external)
            for wish in self._wishes:
                self._limits.take(wish.load, shared[wish.load])
            late = [wish for wish in self._order() if wish.laxity <= timedelta(0)]
            inside = {wish.load for wish in admitted}
            admitted += self._admitted([wish for wish in late if wish.load not in inside])
            inside = {wish.load for wish in admitted}
            self._limits.fill([Rise(wish.load, wish.most) for wish in late if wish.load in inside])
        self._feed_back()
        inside = {wish.load for wish in admitted}
        shares = tuple(self._share(wish, wish.load in inside) for wish in self._wishes)
        return Shares(shares=shares, broken=self._limits.broken(), next_look=self._next_look(shares))

    def _admitted(self, asking: Sequence[_Wish]) -> list[_Wish]:
        """Who gets his least, in this order."""
        admitted: list[_Wish] = []
        for wish in asking:
            able = wish.load not in self._waiting and wish.most >= wish.least and wish.most > 0
            if able and self._limits.room(wish.load) >= wish.least:
                self._limits.take(wish.load, wish.least)
                admitted.append(wish)
        return admitted

    def _order(self) -> list[_Wish]:
        strategy, now = self._at.strategy, self._at.now

        def turn(wish: _Wish) -> tuple[int, float]:
            """Who charges is not switched off at once; then who waits longest; then who has charged longest."""
            one = wish.demand
            if one.charging_since is not None and now - one.charging_since < ROTATE_AFTER:
                return (0, one.charging_since.timestamp())
            if one.waiting_since is not None or one.charging_since is None:
                return (1, (one.waiting_since or one.arrived).timestamp())
            return (2, -one.charging_since.timestamp())

        if strategy is Strategy.FIRST_COME:
            return sorted(self._wishes, key=lambda wish: wish.demand.arrived)
        if strategy is Strategy.PRIORITY:
            return sorted(self._wishes, key=lambda wish: (-wish.demand.priority, turn(wish)))
        if strategy in (Strategy.DEPARTURE, Strategy.CHEAPEST_HOURS):
            return sorted(self._wishes, key=lambda wish: (wish.laxity, turn(wish)))
        return sorted(self._wishes, key=turn)

    def _stages(self, admitted: Sequence[_Wish]) -> Iterable[list[Rise]]:
        """Who rises together, one stage after the other."""
        strategy = self._at.strategy
        if strategy is Strategy.FIRST_COME:
            for wish in admitted:
                yield [Rise(wish.load, wish.most)]
            return
        if strategy is Strategy.PRIORITY:
            for priority in sorted({wish.demand.priority for wish in admitted}, reverse=True):
                yield [Rise(wish.load, wish.most) for wish in admitted if wish.demand.priority == priority]
            return
        if strategy in (Strategy.DEPARTURE, Strategy.CHEAPEST_HOURS):
            for wish in admitted:
                if wish.needed is not None:
                    yield [Rise(wish.load, min(wish.needed, wish.most))]
        yield [Rise(wish.load, wish.most) for wish in admitted]

    # --- giving back -----------------------------------------------------------------------------------------------------------------

    def _feed_back(self) -> None:
        """Vehicles that can give back do so where base load alone exceeds a limit, or the site its target: as little as is needed.

        Not those that would come too late then, nor those that would make phases differ which must not.
        """
        givers = [
            wish
            for wish in self._wishes
            if wish.demand.discharge > 0
            and wish.laxity > timedelta(0)
            and self._limits.shares[wish.load] <= 0
            and not self._limits.unevens(wish.load)
        ]
        for wish in sorted(givers, key=lambda one: one.laxity, reverse=True):
            over = max(self._limits.over(wish.load), self._over_target(wish.load))
            if over > 0:
                self._limits.take(wish.load, -min(over, tenths(wish.demand.discharge)))

    def _over_target(self, number: int) -> int:
        """How many tenths a load must give up for the site to stay below its target."""
        if self._at.target_watts is None:
            return 0
        excess = self._site_watts() - self._at.target_watts
        watts = self._at.layout.voltage * len(self._limits.loads[number].phases)
        return max(0, int((excess * 10 / watts).to_integral_value(ROUND_CEILING)))

    def _site_watts(self) -> Decimal:
        layout = self._at.layout
        base = [self._at.base.get(feeder.name, feeder.assumed) for feeder in layout.feeders]
        flows = sum((one.l1 + one.l2 + one.l3 for one in base), Decimal(0))
        shared = sum(
            amperes(each) * len(load.phases) for load, each in zip(self._limits.loads, self._limits.shares, strict=True)
        )
        return (flows + shared) * layout.voltage

    # --- what is told ------------------------------------------------------------------------------------------------------------------

    def _share(self, wish: _Wish, admitted: bool) -> Share:
        got = self._limits.shares[wish.load]
        why = ""
        if wish.load in self._waiting:
            why = "it waits for a cheaper hour"
        elif wish.most < wish.least or wish.most == 0:
            why = (
                "it wants nothing"
                if wish.demand.energy is not None and wish.demand.energy <= 0
                else "its limit is below its least"
            )
        elif not admitted:
            why = "there is less left than it needs at least"
        elif got < wish.most:
            why = "a limit of the site"
        return Share(key=wish.demand.key, amperes=amperes(got), phases=self._limits.loads[wish.load].phases, why=why)

    def _next_look(self, shares: Sequence[Share]) -> datetime | None:
        """When a turn ends, a price changes, or somebody who could wait can no longer."""
        now = self._at.now
        moments = [period.start for period in self._at.prices if period.start > now]
        paused = any(each.amperes == 0 and each.why.startswith("there is less") for each in shares)
        for wish in self._wishes:
            one = wish.demand
            if paused and one.charging_since is not None:
                moments.append(one.charging_since + ROTATE_AFTER)
            if one.departure is not None and wish.laxity < _LONG:
                moments.append(now + wish.laxity)
        return min((moment for moment in moments if moment > now), default=None)


def _load(outlet: Outlet, demand: Demand | None) -> Load:
    """What loads an EVSE: of a vehicle that nobody knows yet, nobody knows on which phases."""
    if demand is None:
        return Load(key=outlet.key, phases=outlet.phases, uneven=not outlet.dc)
    return Load(key=outlet.key, phases=phases_of(outlet, demand.phases), uneven=demand.uneven and not outlet.dc)


def phases_of(outlet: Outlet, used: int) -> tuple[int, ...]:
    """The phases of the grid that a vehicle charging on so many loads: those at the EVSE's first ones."""
    return outlet.phases[: max(1, min(used, len(outlet.phases)))] if not outlet.dc else outlet.phases
