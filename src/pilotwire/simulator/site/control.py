"""The CSMS's side of a simulated site: what it knows, what it decides, what it tells. It knows nothing that no message told it.

Shares come from `domain.load_management.share` and go to stations by `next_orders`, as the CSMS's own service does it. A limit is that of
a transaction: the next vehicle at an EVSE has nothing until it is told otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from pilotwire.domain.kinds import changed
from pilotwire.domain.load_management import (
    Amperes,
    Demand,
    EvseKey,
    Feeder,
    Hold,
    Order,
    Outlet,
    Shares,
    SiteLayout,
    Situation,
    Strategy,
    accepted,
    next_orders,
    phases_of,
    refused,
    sent,
    share,
    unanswered,
)
from pilotwire.simulator.site.car import Car
from pilotwire.simulator.site.surroundings import Surroundings

_SETTLED: Final = 60.0
"""Seconds after which a vehicle that takes less than it may is believed not to want more."""
_SPARE: Final = Decimal(2)
"""Amperes kept free above what such a vehicle takes, so that it is seen when it wants more."""
_NONE: Final = Decimal(0)


def careful(layout: SiteLayout, base: frozenset[str], margin: Decimal) -> SiteLayout:
    """The layout with limits lower by the margin (A on each phase) where a base load flows."""
    parents = {feeder.name: feeder.fed_by for feeder in layout.feeders}
    carries: set[str] = set()
    for name in base:
        at: str | None = name
        while at is not None:
            carries.add(at)
            at = parents[at]
    return changed(
        layout,
        feeders=tuple(
            _lower(one, margin, layout.voltage) if one.name in carries and margin > 0 else one for one in layout.feeders
        ),
    )


def _lower(feeder: Feeder, margin: Decimal, voltage: Decimal) -> Feeder:
    limits = {"amperes": margin, "watts": margin * 3 * voltage, "imbalance": margin}
    told = {name: value for name in limits if (value := getattr(feeder, name)) is not None}
    return changed(feeder, **{name: max(_NONE, value - limits[name]) for name, value in told.items()})


@dataclass(slots=True)
class _Session:
    car: Car
    arrived: datetime
    charging_since: float | None = None
    waiting_since: float | None = None
    raised_at: float | None = None
    phases_seen: bool = False


class Control:
    """See the module. Times are seconds since the simulation began."""

    def __init__(
        self, layout: SiteLayout, strategy: Strategy, surroundings: Surroundings, margin: float, storage_watts: float
    ) -> None:
        self._around, self._strategy = surroundings, strategy
        margin_amps = Decimal(f"{margin:.4g}")
        self._layout = careful(layout, frozenset(surroundings.feeders), margin_amps)
        self._outlets = {outlet.key: outlet for outlet in layout.outlets}
        self._sessions: dict[EvseKey, _Session] = {}
        self._holds = {key: _free(outlet) for key, outlet in self._outlets.items()}
        self._told: dict[EvseKey, Decimal | None] = dict.fromkeys(self._outlets, _NONE)
        self._targets: dict[EvseKey, Decimal] = {}
        self._base: dict[str, Amperes] = {}
        self._storage_watts = storage_watts
        self._prices_of = -1.0
        self.silent: set[str] = set()
        """Stations that cannot be reached, as far as it knows."""
        self.storage_ready = False

    # --- what stations say ---------------------------------------------------------------------------------------------------------

    def plugged(self, second: float, car: Car) -> None:
        """A vehicle is at an EVSE."""
        key = car.visit.key
        arrived = self._around.start + timedelta(seconds=car.visit.arrives)
        self._sessions[key] = _Session(car, arrived, waiting_since=second)
        self._forget(key)

    def unplugged(self, key: EvseKey) -> None:
        """It has left, and its limit with it."""
        self._sessions.pop(key, None)
        self._forget(key)

    def _forget(self, key: EvseKey) -> None:
        self._holds[key] = _free(self._outlets[key])
        self._told[key] = _NONE
        self._targets.pop(key, None)

    def visit_at(self, key: EvseKey) -> int | None:
        """The visit that it believes to be there."""
        session = self._sessions.get(key)
        return None if session is None else session.car.visit.number

    def answered(self, second: float, order: Order, visit: int, answer: str) -> None:
        """What came of an order: accepted, refused, or nothing."""
        hold = self._holds[order.key]
        if self.visit_at(order.key) != visit or hold.sent != order.amperes:
            return
        if answer == "accepted":
            self._holds[order.key], self._told[order.key] = accepted(hold, order.amperes), order.amperes
            self._mind(second, self._sessions[order.key], order.amperes)
        elif answer == "refused":
            self._holds[order.key] = refused(hold)
        else:
            self._holds[order.key], self._told[order.key] = unanswered(hold), None

    def _mind(self, second: float, session: _Session, amps: Decimal) -> None:
        if amps > 0:
            session.charging_since = second if session.charging_since is None else session.charging_since
            session.waiting_since, session.raised_at = None, second
        else:
            session.charging_since = None
            session.waiting_since = second if session.waiting_since is None else session.waiting_since

    # --- what it decides -----------------------------------------------------------------------------------------------------------

    def decide(self, second: float) -> Shares | None:
        """New shares; None: nobody is there."""
        self._see_phases(second)
        self._base = self._around.base(second)
        if not self._sessions:
            return None
        if self._strategy is Strategy.CHEAPEST_HOURS and second // 3600 != self._prices_of:
            self._prices_of, self._prices = second // 3600, self._around.price_periods(second)
        target = self._around.target_watts(second)
        if target is not None and self.storage_ready:
            target += self._storage_watts
        shares = share(
            Situation(
                layout=self._layout,
                now=self._around.start + timedelta(seconds=second),
                demands=tuple(self._demand(second, key, session) for key, session in self._sessions.items()),
                strategy=self._strategy,
                base=self._base,
                fixed={key: self._holds[key].worst for key in self._sessions if key[0] in self.silent},
                prices=self._prices if self._strategy is Strategy.CHEAPEST_HOURS else (),
                target_watts=None if target is None else Decimal(int(target)),
            )
        )
        self._targets = {each.key: each.amperes for each in shares.shares}
        return shares

    def orders(self) -> list[tuple[Order, int]]:
        """What can be told now, each with the visit it is for."""
        holds = [
            changed(
                self._holds[key],
                phases=self._phases(session),
                uneven=self._uneven(session),
                reachable=key[0] not in self.silent,
            )
            for key, session in self._sessions.items()
        ]
        ordered = {order.key: order for order in next_orders(self._layout, holds, self._targets, self._base)}
        for hold in holds:
            # Where no answer came it is asked again: a limit that is counted but perhaps not known there is of no use.
            if hold.key not in ordered and hold.sent is None and hold.reachable and self._told[hold.key] is None:
                target = min(self._targets.get(hold.key, hold.confirmed), hold.confirmed)
                ordered[hold.key] = Order(key=hold.key, amperes=target)
        for order in ordered.values():
            self._holds[order.key] = sent(self._holds[order.key], order.amperes)
        return [(order, self._sessions[order.key].car.visit.number) for order in ordered.values()]

    def _phases(self, session: _Session) -> tuple[int, ...]:
        """Those it loads; those it may load while nobody has said or seen how many these are."""
        outlet = self._outlets[session.car.visit.key]
        known = session.car.visit.tells or session.phases_seen
        return phases_of(outlet, session.car.visit.phases if known else len(outlet.phases))

    def _uneven(self, session: _Session) -> bool:
        return not session.car.visit.dc and not session.car.visit.tells and not session.phases_seen

    def _see_phases(self, second: float) -> None:
        """Meters show on how many phases a vehicle charges, once it does."""
        for key, session in self._sessions.items():
            if session.phases_seen or session.car.visit.tells:
                continue
            settled = session.raised_at is not None and second - session.raised_at >= _SETTLED
            if settled and key[0] not in self.silent and session.car.taking(float(self._holds[key].confirmed)) > 0:
                session.phases_seen = True

    def _demand(self, second: float, key: EvseKey, session: _Session) -> Demand:
        car, outlet, start = session.car, self._outlets[key], self._around.start
        visit = car.visit
        since, waiting = session.charging_since, session.waiting_since
        return Demand(
            key=key,
            arrived=session.arrived,
            phases=len(self._phases(session)),
            uneven=self._uneven(session),
            most=self._most(second, key, session, outlet),
            energy=Decimal(int(car.missing_wh) if car.wants else 0) if visit.tells else None,
            departure=start + timedelta(seconds=visit.leaves) if visit.tells else None,
            priority=visit.priority,
            discharge=Decimal(int(visit.back_amperes)) if car.gives else _NONE,
            charging_since=None if since is None else start + timedelta(seconds=since),
            waiting_since=None if waiting is None else start + timedelta(seconds=waiting),
        )

    def _most(self, second: float, key: EvseKey, session: _Session, outlet: Outlet) -> Decimal | None:
        """The most it is believed to want: what it said, or what it takes where that is less than it may."""
        visit, limit = session.car.visit, self._holds[key].confirmed
        said = Decimal(int(visit.amperes * 10 + 1e-6)) / 10 if visit.tells else None
        settled = session.raised_at is not None and second - session.raised_at >= _SETTLED
        if key[0] in self.silent or limit <= 0 or not settled:
            return said
        if not session.car.wants:
            return outlet.least
        taking = Decimal(int(session.car.taking(float(limit)) * 10)) / 10
        if taking >= limit - _SPARE / 2:
            return said
        seen = max(outlet.least, taking + _SPARE)
        return seen if said is None else min(said, seen)


def _free(outlet: Outlet) -> Hold:
    return Hold(key=outlet.key, phases=outlet.phases, confirmed=_NONE)


def limits_of(feeder: Feeder) -> Mapping[str, float]:
    """The limits of a feeder that are set."""
    told = {name: getattr(feeder, name) for name in ("amperes", "watts", "imbalance")}
    return {name: float(value) for name, value in told.items() if value is not None}
