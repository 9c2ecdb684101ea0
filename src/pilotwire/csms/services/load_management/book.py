"""What is known of one managed site, and what follows from it: who may take how much, and what can be told to whom now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Final, NamedTuple

from pilotwire.csms.registers.load_management import (
    DriverWish,
    EvseHold,
    EvseState,
    FeederState,
    LoadManagement,
    Measures,
    SiteLimit,
    SiteReading,
    SiteState,
)
from pilotwire.csms.registers.smart_charging import ActiveLimit, KnownNeeds
from pilotwire.csms.services.load_management.sessions import Session
from pilotwire.domain.kinds import changed
from pilotwire.domain.load_management import (
    NO_AMPERES,
    Amperes,
    Demand,
    EvseKey,
    ExternalLimit,
    Hold,
    Outlet,
    Shares,
    Situation,
    next_orders,
    share,
)
from pilotwire.domain.smart_charging import WHOLE_STATION, ChargingRateUnit

_EVERY: Final = timedelta(seconds=60)
"""How often a site is looked at where nothing happens."""


class Slot(Enum):
    """Which profile of an EVSE is set: that of its transaction, or that of transactions without one."""

    DEFAULT = "default"
    TRANSACTION = "transaction"


class Telling(NamedTuple):
    """A limit to be told to a station (A on each phase)."""

    key: EvseKey
    slot: Slot
    amperes: Decimal
    transaction_id: str | None


class Rest(NamedTuple):
    """Until when a station is not told anything more about an EVSE, and why."""

    until: datetime
    why: str


@dataclass(slots=True)
class Decision:
    """What was decided: the shares, what is told now, the base load that was taken for true, the feeders whose meters are silent."""

    at: datetime
    shares: Shares
    tellings: tuple[Telling, ...]
    base: dict[str, Amperes]
    flows: dict[str, Amperes]
    silent: tuple[str, ...]
    next_look: datetime


class SiteBook:
    """One site. What happens is put in; `decide` says what follows. No I/O."""

    def __init__(self, name: str, plan: LoadManagement) -> None:
        self.name = name
        self.plan = plan
        self.outlets: dict[EvseKey, Outlet] = {outlet.key: outlet for outlet in plan.layout.outlets}
        self.sessions: dict[EvseKey, Session] = {}
        self.holds: dict[EvseKey, EvseHold] = {}
        self.limits: dict[str, SiteLimit] = {}
        self.readings: dict[str, SiteReading] = {}
        self.wishes: dict[tuple[str, str], DriverWish] = {}
        self.needs: dict[EvseKey, KnownNeeds] = {}
        self.of_station: dict[tuple[str, str], ActiveLimit] = {}
        """Limits that stations told of (K12), by station and key."""
        self.takes_setpoints: set[str] = set()
        """Stations that can be told to take energy back (2.1, operation mode CentralSetpoint)."""
        self.under_way: set[EvseKey] = set()
        self.resting: dict[EvseKey, Rest] = {}
        """EVSEs whose stations refused what they were told, or did not answer."""
        self.decision: Decision | None = None

    @property
    def stations(self) -> set[str]:
        """The stations of the site."""
        return {station for station, _ in self.outlets}

    # --- what happened -----------------------------------------------------------------------------------------------------------

    def began(self, key: EvseKey, session: Session) -> None:
        """A transaction goes on at an EVSE; the share of one before it there is over."""
        self.sessions[key] = session
        hold = self.holds.get(key, EvseHold())
        if hold.transaction_id != session.transaction_id:
            self.holds[key] = EvseHold(default=hold.default, transaction_id=session.transaction_id)

    def ended(self, key: EvseKey, transaction_id: str) -> None:
        """A transaction is over, and its profile with it."""
        if (session := self.sessions.get(key)) is not None and session.transaction_id == transaction_id:
            del self.sessions[key]
            self.holds[key] = EvseHold(default=self.holds.get(key, EvseHold()).default)

    def booted(self, station: str) -> dict[EvseKey, EvseHold]:
        """What it is held to is not known any more: profiles may be gone. Returns what is known now."""
        found: dict[EvseKey, EvseHold] = {}
        for key in self.outlets:
            if key[0] == station:
                found[key] = EvseHold(transaction_id=self.holds.get(key, EvseHold()).transaction_id)
                self.resting.pop(key, None)
        self.holds |= found
        return found

    def go_on_from(self, before: SiteBook) -> None:
        """This book takes the place of another: what stations are held to, and what is under way, is known best by that one."""
        for key in self.outlets.keys() & before.outlets.keys():
            here, there = self.holds.get(key, EvseHold()), before.holds.get(key, EvseHold())
            same = here.transaction_id == there.transaction_id
            self.holds[key] = there if same else changed(here, default=there.default)
        self.under_way = before.under_way & self.outlets.keys()
        self.resting = {key: rest for key, rest in before.resting.items() if key in self.outlets}

    # --- what is told, and what became of it ---------------------------------------------------------------------------------------

    def telling(self, telling: Telling) -> EvseHold:
        """A limit goes to a station now: it may hold from now on."""
        self.under_way.add(telling.key)
        hold = self.holds.get(telling.key, EvseHold())
        self.holds[telling.key] = hold = changed(hold, sent=max(telling.amperes, hold.sent or telling.amperes))
        return hold

    def told(self, telling: Telling) -> EvseHold:
        """The station has accepted it. Of a transaction that is over it says nothing any more."""
        self.under_way.discard(telling.key)
        self.resting.pop(telling.key, None)
        hold = self.holds.get(telling.key, EvseHold())
        if telling.slot is Slot.DEFAULT:
            hold = changed(hold, default=telling.amperes, sent=None)
        elif hold.transaction_id == telling.transaction_id:
            self._mind(telling, hold.told or Decimal(0))
            hold = changed(hold, told=telling.amperes, sent=None)
        self.holds[telling.key] = hold
        return hold

    def not_told(self, telling: Telling, rest: Rest, *, certain: bool) -> EvseHold:
        """It was refused (`certain`), or nobody knows whether it arrived: then either limit may hold. It is tried again after a rest."""
        self.under_way.discard(telling.key)
        self.resting[telling.key] = rest
        hold = self.holds.get(telling.key, EvseHold())
        if certain:
            self.holds[telling.key] = hold = changed(hold, sent=None)
        return hold

    def _mind(self, telling: Telling, before: Decimal) -> None:
        """Since when a vehicle charges, waits, or has more than it had."""
        session = self.sessions.get(telling.key)
        now = None if self.decision is None else self.decision.at
        if session is None or now is None:
            return
        if telling.amperes > 0:
            session.charging_since, session.waiting_since = session.charging_since or now, None
            session.raised_at = now if telling.amperes > before else session.raised_at
        else:
            session.charging_since, session.waiting_since = None, session.waiting_since or now

    def limit_of(self, key: EvseKey) -> Decimal:
        """The most an EVSE may take now, as far as anybody can be certain."""
        hold, most = self.holds.get(key, EvseHold()), self.outlets[key].most
        default = most if hold.default is None else hold.default
        active = default if hold.told is None else max(hold.told, default)
        return min(most, max(active, hold.sent or Decimal(0)))

    def _phases(self, key: EvseKey) -> tuple[int, ...]:
        """The phases that count for an EVSE: those its vehicle uses, where the next one may take nothing unasked; else all it has."""
        session, outlet = self.sessions.get(key), self.outlets[key]
        if session is None or self.holds.get(key, EvseHold()).default != 0:
            return outlet.phases
        return session.phases(outlet)

    def _is_uneven(self, key: EvseKey) -> bool:
        """Whether a vehicle may use only some of these phases: one that nobody has seen charging yet, or the next one."""
        session, outlet = self.sessions.get(key), self.outlets[key]
        unseen = session is None or session.used is None or self.holds.get(key, EvseHold()).default != 0
        return unseen and not outlet.dc

    # --- deciding ----------------------------------------------------------------------------------------------------------------

    def decide(self, now: datetime, reachable: Collection[str]) -> Decision:
        """The shares of this moment, and what can be told now to the stations that can be reached."""
        base, flows, silent = self._base(now)
        external = self._external(now)
        self.resting = {key: rest for key, rest in self.resting.items() if rest.until > now}
        free = {key for key in self.sessions if key[0] in reachable and key not in self.resting}
        stuck = {key for key in self.outlets if key[0] not in reachable or key in self.resting}
        situation = Situation(
            layout=self.plan.layout,
            now=now,
            demands=tuple(self._demand(key, now) for key in self.sessions),
            strategy=self.plan.strategy,
            base=base,
            fixed={
                key: self.limit_of(key) if key in stuck else self.plan.idle for key in self.outlets if key not in free
            },
            external=external,
            ceiling=self._ceilings(now),
            prices=self.plan.prices,
            target_watts=next((one.watts for one in self.plan.targets if one.start <= now < one.end), None),
        )
        shares = share(situation)
        tellings = self._tellings(shares, base, external, reachable)
        changes = [one.end for one in self.plan.targets] + [one.until for one in self.limits.values() if one.until]
        changes += [one.since for one in self.limits.values() if one.since]
        changes += [reading.at + self._patience(reading.feeder) for reading in self.readings.values()]
        changes += [rest.until for rest in self.resting.values()]
        moments = [now + _EVERY, shares.next_look, *changes]
        next_look = min(moment for moment in moments if moment is not None and moment > now)
        self.decision = Decision(now, shares, tellings, base, flows, silent, next_look)
        return self.decision

    def state(self) -> SiteState:
        """How things stand by the last decision, for people. Raises LookupError before the first one."""
        if self.decision is None:
            raise LookupError(self.name)
        made = self.decision
        whys = {one.key: one.why for one in made.shares.shares}
        return SiteState(
            site=self.name,
            at=made.at,
            flows=tuple(
                FeederState(feeder=name, flow=flow, base=made.base[name], silent=name in made.silent)
                for name, flow in made.flows.items()
            ),
            evses=tuple(
                EvseState(
                    station=key[0],
                    evse_id=key[1],
                    transaction_id=self.sessions[key].transaction_id if key in self.sessions else None,
                    share=made.shares.of(key) if key in self.sessions else self.plan.idle,
                    limit=self.limit_of(key),
                    taking=self.sessions[key].taking if key in self.sessions else None,
                    why=self.resting[key].why if key in self.resting else whys.get(key, ""),
                )
                for key in self.outlets
            ),
            broken=made.shares.broken,
        )

    def _tellings(
        self,
        shares: Shares,
        base: Mapping[str, Amperes],
        external: tuple[ExternalLimit, ...],
        reachable: Collection[str],
    ) -> tuple[Telling, ...]:
        targets = {key: shares.of(key) if key in self.sessions else self.plan.idle for key in self.outlets}
        holds = [
            Hold(
                key=key,
                phases=self._phases(key),
                uneven=self._is_uneven(key),
                confirmed=self.limit_of(key),
                reachable=self._can_be_told(key, reachable),
            )
            for key in self.outlets
        ]
        ordered = next_orders(self.plan.layout, holds, targets, base, external)
        found = {order.key: self._telling(order.key, order.amperes) for order in ordered}
        for key in self.outlets:
            if not self._can_be_told(key, reachable):
                continue
            hold = self.holds.get(key, EvseHold())
            if key in self.sessions and (hold.default is None or hold.default > self.plan.idle):
                # Before anything else: what its next transaction may take is not to exceed what is kept free for it.
                found[key] = Telling(key, Slot.DEFAULT, self.plan.idle, None)
            elif key in self.sessions and key not in found and hold.told != targets[key]:
                counted = min(targets[key], self.limit_of(key))
                if hold.told is None or counted > hold.told:
                    found[key] = self._telling(key, counted)
            elif key in found and found[key].slot is Slot.TRANSACTION and hold.told == found[key].amperes:
                del found[key]
        return tuple(found.values())

    def _can_be_told(self, key: EvseKey, reachable: Collection[str]) -> bool:
        return key[0] in reachable and key not in self.under_way and key not in self.resting

    def _telling(self, key: EvseKey, amperes: Decimal) -> Telling:
        session = self.sessions.get(key)
        if session is None:
            return Telling(key, Slot.DEFAULT, amperes, None)
        return Telling(key, Slot.TRANSACTION, amperes, session.transaction_id)

    # --- what vehicles want --------------------------------------------------------------------------------------------------------

    def _demand(self, key: EvseKey, now: datetime) -> Demand:
        session, outlet = self.sessions[key], self.outlets[key]
        wish = self.wishes.get((key[0], session.transaction_id), DriverWish())
        energy, departure = self._needed(key, session)
        if wish.energy is not None:
            energy = max(Decimal(0), wish.energy - (session.energy or Decimal(0)))
        return Demand(
            key=key,
            arrived=session.arrived,
            phases=len(self._phases(key)),
            uneven=self._is_uneven(key),
            most=session.most(now, outlet, self.limit_of(key)),
            energy=energy,
            departure=wish.departure or departure,
            priority=wish.priority,
            discharge=self._discharge(key, session),
            charging_since=session.charging_since,
            waiting_since=session.waiting_since,
        )

    def _needed(self, key: EvseKey, session: Session) -> tuple[Decimal | None, datetime | None]:
        """What the vehicle itself said by ISO 15118 (K15, K17), less what it has got since it began."""
        known = self.needs.get(key)
        if known is None or known.transaction_id not in (None, session.transaction_id):
            return None, None
        needs = known.told.charging_needs
        ac, dc = needs.ac_charging_parameters, needs.dc_charging_parameters
        wanted = ac.energy_amount if ac is not None else (dc.energy_amount if dc is not None else None)
        left = None if wanted is None else max(Decimal(0), wanted - (session.energy or Decimal(0)))
        return left, needs.departure_time

    def _discharge(self, key: EvseKey, session: Session) -> Decimal:
        """What its vehicle gives back at most, by its own word (Q01), on each phase (A)."""
        known, outlet = self.needs.get(key), self.outlets[key]
        if known is None or known.transaction_id not in (None, session.transaction_id):
            return Decimal(0)
        v2x = known.told.charging_needs.v2x_charging_parameters
        if v2x is None or key[0] not in self.takes_setpoints:
            return Decimal(0)
        told = (v2x.max_discharge_power, v2x.max_discharge_power_l2, v2x.max_discharge_power_l3)
        watts = abs(sum((each for each in told if each is not None), Decimal(0)))
        return min(outlet.most, watts / (self.plan.layout.voltage * len(outlet.phases)))

    # --- what limits ---------------------------------------------------------------------------------------------------------------

    def _external(self, now: datetime) -> tuple[ExternalLimit, ...]:
        return tuple(
            ExternalLimit(feeder=one.feeder, amperes=one.amperes, watts=one.watts)
            for one in self.limits.values()
            if (one.since is None or one.since <= now) and (one.until is None or one.until > now)
        )

    def _ceilings(self, now: datetime) -> dict[EvseKey, Decimal]:
        """What limits told by stations leave their EVSEs (A); one of the whole station is each EVSE's."""
        found: dict[EvseKey, Decimal] = {}
        for (station, _), limit in self.of_station.items():
            for key, outlet in self.outlets.items():
                if key[0] == station and limit.evse_id in (WHOLE_STATION, key[1]):
                    amps = _amperes_now(limit, now, outlet, self.plan.layout.voltage)
                    if amps is not None:
                        found[key] = min(amps, found.get(key, amps))
        return found

    # --- what the meters say -------------------------------------------------------------------------------------------------------

    def _patience(self, feeder: str) -> timedelta:
        return timedelta(seconds=next((one.silent_after for one in self.plan.meters if one.feeder == feeder), 0))

    def _base(self, now: datetime) -> tuple[dict[str, Amperes], dict[str, Amperes], tuple[str, ...]]:
        """The base load by feeder, what flows through each as far as is known, and whose meters are silent.

        Of what a meter of everything saw, that which EVSEs below took then for certain is not base load; what is not certain is.
        """
        layout = self.plan.layout
        meters = {meter.feeder: meter for meter in self.plan.meters}
        base: dict[str, Amperes] = {}
        silent: list[str] = []

        def below(name: str, at: datetime) -> Amperes:
            feeders = [flow(one.name, at) for one in layout.feeders if one.fed_by == name]
            evses = [self._taken(key, at) for key, outlet in self.outlets.items() if outlet.fed_by == name]
            return sum([*feeders, *evses], NO_AMPERES)

        def flow(name: str, at: datetime) -> Amperes:
            if name not in base:
                base[name] = own(name)
            return base[name] + below(name, at)

        def own(name: str) -> Amperes:
            meter, reading = meters.get(name), self.readings.get(name)
            if meter is not None and (reading is None or now - reading.at > self._patience(name)):
                silent.append(name)
                reading = None
            if meter is None or reading is None:
                return next(one.assumed for one in layout.feeders if one.name == name)
            if meter.measures is Measures.BASE:
                return reading.amperes
            return reading.amperes - below(name, reading.at)

        flows = {feeder.name: flow(feeder.name, now) for feeder in layout.feeders}
        return base, flows, tuple(silent)

    def _taken(self, key: EvseKey, at: datetime) -> Amperes:
        session = self.sessions.get(key)
        if session is None:
            return NO_AMPERES
        amps, phases = session.taken_at(at, self.limit_of(key)), session.phases(self.outlets[key])
        l1, l2, l3 = (amps if phase in phases else Decimal(0) for phase in (1, 2, 3))
        return Amperes(l1=l1, l2=l2, l3=l3)


def _amperes_now(limit: ActiveLimit, now: datetime, outlet: Outlet, voltage: Decimal) -> Decimal | None:
    """What a limit of a station leaves an EVSE now (A on each phase); None: it has no schedule, or none for now."""
    lowest: Decimal | None = None
    for schedule in limit.charging_schedule:
        since = (now - (schedule.start_schedule or limit.at)).total_seconds()
        begun = [one for one in schedule.charging_schedule_period if one.start_period <= since]
        if not begun or (schedule.duration is not None and since >= schedule.duration):
            continue
        period = max(begun, key=lambda one: one.start_period)
        if period.limit is None:
            continue
        in_watts = schedule.charging_rate_unit is ChargingRateUnit.WATT
        phases = len(outlet.phases)
        amps = period.limit / (voltage * phases) if in_watts else period.limit
        lowest = amps if lowest is None else min(lowest, amps)
    return lowest
