"""A managed site by what is known of it: what is told to whom, and that no limit is exceeded whatever is lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.csms.registers.load_management import (
    DriverWish,
    EvseHold,
    LoadManagement,
    SiteMeter,
    SiteReading,
    TargetPeriod,
)
from pilotwire.csms.registers.smart_charging import ActiveLimit
from pilotwire.csms.services.load_management import SiteBook, Slot, Telling
from pilotwire.csms.services.load_management.book import Rest
from pilotwire.csms.services.load_management.sessions import Session
from pilotwire.domain.kinds import changed
from pilotwire.domain.load_management import Amperes, EvseKey, SiteLayout, Strategy
from pilotwire.domain.metering import MeterReading, Sample
from pilotwire.domain.smart_charging import (
    ChargingLimit,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
)
from pilotwire.domain.transactions import ChargingState
from tests.support.sites import NOW, base_loads, exceeded, flat, layouts

A, B = ("CS001", 1), ("CS002", 1)


@dataclass
class World:
    """The stations of a site as they are, and the book that is kept of them."""

    layout: SiteLayout
    plan: LoadManagement
    book: SiteBook = field(init=False)
    now: datetime = NOW
    default: dict[EvseKey, Decimal] = field(default_factory=dict)
    of_transaction: dict[EvseKey, Decimal] = field(default_factory=dict)
    reachable: set[str] = field(default_factory=set)
    on_the_way: list[Telling] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.book = SiteBook("yard", self.plan)
        self.default = {key: outlet.most for key, outlet in self.book.outlets.items()}
        self.reachable = self.book.stations

    def look(self) -> None:
        """The site is decided on; what is to be told goes on its way."""
        for telling in self.book.decide(self.now, self.reachable).tellings:
            self.book.telling(telling)
            self.on_the_way.append(telling)

    def fate(self, telling: Telling, what: str) -> None:
        """What becomes of a message."""
        rest = Rest(self.now + timedelta(seconds=5), what)
        if what in ("accepted", "answer lost"):
            slot = self.default if telling.slot is Slot.DEFAULT else self.of_transaction
            session = self.book.sessions.get(telling.key)
            if telling.slot is Slot.DEFAULT or (session and session.transaction_id == telling.transaction_id):
                slot[telling.key] = telling.amperes
        if what == "accepted":
            self.book.told(telling)
        else:
            self.book.not_told(telling, rest, certain=what == "refused")

    def settle(self, rounds: int = 12) -> None:
        """Everybody answers, until nothing is to be told any more."""
        for _ in range(rounds):
            self.look()
            if not self.on_the_way:
                return
            while self.on_the_way:
                self.fate(self.on_the_way.pop(0), "accepted")

    def begin(self, key: EvseKey, name: str, **more: Any) -> Session:
        """A vehicle begins to charge."""
        session = Session(name, self.now, **more)
        self.book.began(key, session)
        self.of_transaction.pop(key, None)
        return session

    def end(self, key: EvseKey) -> None:
        """It leaves."""
        self.book.ended(key, self.book.sessions[key].transaction_id)
        self.of_transaction.pop(key, None)

    def exceeded(self, base: dict[str, Amperes]) -> list[str]:
        """Which limits are, when everybody takes what his station lets him: also one who begins before we hear of it."""
        taken = {}
        for key, outlet in self.book.outlets.items():
            session = self.book.sessions.get(key)
            phases = outlet.phases if session is None else session.phases(outlet)
            taken[key] = (self.of_transaction.get(key, self.default[key]), phases)
        return exceeded(self.layout, taken, base)


def _yard(evses: int, amperes: int, **more: Any) -> World:
    site = flat(amperes, evses)
    world = World(site, LoadManagement(layout=site, **more))
    world.settle()
    return world


# --- by example -------------------------------------------------------------------------------------------------------------------


def test_at_first_every_station_is_told_what_comes_without_a_share() -> None:
    """Nobody knows what it would let a vehicle take; then nothing, unless the plan says more."""
    assert _yard(2, 32).default == {A: 0, B: 0}
    assert _yard(2, 32, idle=Decimal(6)).default == {A: 6, B: 6}


def test_a_transaction_gets_its_share() -> None:
    """And another half of it; when one ends, the other has all again."""
    world = _yard(2, 32)
    world.begin(A, "t1")
    world.settle()
    assert world.of_transaction == {A: 32}
    world.begin(B, "t2")
    world.settle()
    assert world.of_transaction == {A: 16, B: 16}
    world.end(A)
    world.settle()
    assert world.of_transaction == {B: 32}


def test_nothing_is_told_where_nothing_has_changed() -> None:
    """Time alone is no reason."""
    world = _yard(2, 32)
    world.begin(A, "t1")
    world.settle()
    world.now += timedelta(minutes=1)
    assert world.book.decide(world.now, world.reachable).tellings == ()


def test_one_is_lowered_before_another_is_raised() -> None:
    """B waits until A's station has confirmed."""
    world = _yard(2, 32)
    world.begin(A, "t1")
    world.settle()
    world.begin(B, "t2")
    world.look()
    assert [(one.key, one.amperes) for one in world.on_the_way] == [(A, 16), (B, 0)]


def test_a_station_that_refuses_keeps_its_worst_for_itself() -> None:
    """It is left alone for a while; the others have what is left."""
    world = _yard(2, 48)
    world.begin(A, "t1")
    world.settle()
    world.begin(B, "t2")
    world.look()
    for telling in world.on_the_way:
        world.fate(telling, "refused" if telling.key == A else "accepted")
    world.on_the_way.clear()
    world.settle()
    assert world.of_transaction == {A: 32, B: 16}


def test_a_station_that_does_not_answer_may_have_either_limit() -> None:
    """A raise that may have arrived counts as given."""
    world = _yard(2, 32)
    world.begin(A, "t1")
    world.look()
    world.fate(world.on_the_way.pop(), "answer lost")
    assert world.book.limit_of(A) == 32


def test_after_a_restart_of_a_station_nobody_knows() -> None:
    """Its profiles may be gone: it is told anew, and until then it may take all it can."""
    world = _yard(1, 32)
    world.begin(A, "t1")
    world.settle()
    assert world.book.booted("CS001") == {A: EvseHold(transaction_id="t1")}
    assert world.book.limit_of(A) == 32
    world.look()
    assert [(one.slot, one.amperes) for one in world.on_the_way] == [(Slot.DEFAULT, 0)]


def test_a_vehicle_that_takes_less_leaves_it_to_others() -> None:
    """A minute after its limit was raised, but for a margin; taking that, it may have more again."""
    world = _yard(2, 40)
    session = world.begin(A, "t1", state=ChargingState.CHARGING)
    world.begin(B, "t2")
    world.settle()
    assert world.of_transaction == {A: 20, B: 20}
    world.now += timedelta(seconds=61)
    session.see([_currents(world.now, 10, 10, 10)])
    world.settle()
    assert world.of_transaction == {A: 12, B: 28}
    world.now += timedelta(seconds=61)
    session.see([_currents(world.now, 12, 12, 12)])
    world.settle()
    assert world.of_transaction == {A: 20, B: 20}


def test_a_vehicle_on_one_phase_loads_one_phase() -> None:
    """Seen by its meter, or told by its station; the others have the two that are left to it."""
    world = _yard(2, 32)
    session = world.begin(A, "t1")
    session.see([_currents(world.now, 16, 0, 0)])
    assert session.used == 1
    session.see([_currents(world.now, 0, 16, 0)])
    assert session.used is None  # not its first phase: who knows how it is connected


def test_a_full_vehicle_keeps_the_least() -> None:
    """So that it may warm its cabin; the rest is the others'."""
    world = _yard(2, 40)
    session = world.begin(A, "t1", state=ChargingState.CHARGING)
    world.begin(B, "t2")
    world.settle()
    session.state = ChargingState.SUSPENDED_EV
    world.now += timedelta(seconds=61)
    world.settle()
    assert world.of_transaction == {A: 6, B: 32}


def test_a_limit_that_a_station_told_of() -> None:
    """4.2 kW of its own (K12): the others have what it may not take."""
    world = _yard(2, 40)
    schedule = ChargingSchedule(
        charging_rate_unit=ChargingRateUnit.WATT,
        charging_schedule_period=(ChargingSchedulePeriod(start_period=0, limit=Decimal(5520)),),
    )
    limit = ActiveLimit(
        evse_id=0,
        charging_limit=ChargingLimit(charging_limit_source="SO"),
        at=world.now,
        charging_schedule=(schedule,),
    )
    world.book.of_station["CS001", "0:SO"] = limit
    world.begin(A, "t1")
    world.begin(B, "t2")
    world.settle()
    assert world.of_transaction == {A: 8, B: 32}


def test_what_a_driver_wants() -> None:
    """Energy and departure: by these he is served first."""
    world = _yard(2, 32, strategy=Strategy.DEPARTURE)
    world.book.wishes["CS001", "t1"] = DriverWish(energy=Decimal(18_000), departure=world.now + timedelta(hours=1))
    world.begin(A, "t1", energy=Decimal(1440))
    world.begin(B, "t2")
    world.settle()
    assert world.of_transaction == {A: Decimal("25.0"), B: Decimal("7.0")}


def test_a_target() -> None:
    """While it lasts."""
    target = TargetPeriod(start=NOW, end=NOW + timedelta(hours=1), watts=Decimal(6900))
    world = _yard(1, 32, targets=(target,))
    world.begin(A, "t1")
    world.settle()
    assert world.of_transaction == {A: 10}
    assert world.book.decision is not None
    assert world.book.decision.next_look <= target.end
    world.now = target.end
    world.settle()
    assert world.of_transaction == {A: 32}


def test_a_meter_that_falls_silent() -> None:
    """Its last word counts so long; then what is assumed."""
    world = _yard(1, 32, meters=(SiteMeter(feeder="grid", silent_after=60),))
    world.book.readings["grid"] = SiteReading(site="yard", feeder="grid", at=world.now, amperes=Amperes(l1=Decimal(20)))
    world.begin(A, "t1")
    world.settle()
    assert world.of_transaction == {A: 12}
    world.now += timedelta(seconds=61)
    world.settle()
    assert world.of_transaction == {A: 32}
    assert world.book.state().flows[0].silent


def test_what_is_kept_free_is_nobody_elses() -> None:
    """A wants nothing, but who comes after him may take 6 A before anybody can say a word: B does not get them."""
    world = _yard(2, 12, idle=Decimal(6))
    world.begin(A, "t1")
    world.book.wishes["CS001", "t1"] = DriverWish(energy=Decimal(0))
    world.begin(B, "t2")
    world.settle()
    assert world.of_transaction == {A: 0, B: 6}
    world.end(A)
    assert world.exceeded({}) == []
    assert world.book.limit_of(A) == 6


def test_a_vehicle_nobody_has_seen_may_charge_on_one_phase() -> None:
    """Where phases must not differ by more than 20 A it has no more; on three phases, as its meter shows then, it has all."""
    site = flat(100, 1, imbalance=20)
    world = World(site, LoadManagement(layout=site))
    world.settle()
    session = world.begin(A, "t1")
    world.settle()
    assert world.of_transaction == {A: 20}
    session.see([_currents(world.now, 20, 20, 20)])
    world.settle()
    assert world.of_transaction == {A: 32}


def test_what_is_kept_free_is_on_all_phases() -> None:
    """A vehicle on one phase may be followed by one on three."""
    site = flat(20, 2)
    rotated = changed(site.outlets[1], phases=(2, 3, 1))
    site = changed(site, outlets=(site.outlets[0], rotated))
    world = World(site, LoadManagement(layout=site, idle=Decimal(6)))
    world.settle()
    world.begin(A, "t1", used=1)
    world.begin(B, "t2", used=1)
    world.settle()
    world.end(A)
    assert world.exceeded({}) == []
    assert world.of_transaction == {B: 10}


def test_a_meter_of_everything_has_not_seen_what_a_vehicle_takes_since() -> None:
    """A house of 10 A stays one of 10 A when a vehicle begins to charge after the meter spoke; when it speaks again, it is known."""
    world = _yard(1, 30, meters=(SiteMeter(feeder="grid", silent_after=3600),))

    def meter(amps: int) -> None:
        each = Decimal(amps)
        flows = Amperes(l1=each, l2=each, l3=each)
        world.book.readings["grid"] = SiteReading(site="yard", feeder="grid", at=world.now, amperes=flows)

    meter(10)
    session = world.begin(A, "t1")
    world.settle()
    for amps in (20, 20, 19):
        world.now += timedelta(seconds=10)
        session.see([_currents(world.now, amps, amps, amps)])
        world.settle()
        assert world.of_transaction == {A: 20}
    meter(29)
    world.settle()
    assert world.book.state().flows[0].base.l1 == 10
    assert world.of_transaction == {A: 20}
    world.now += timedelta(seconds=10)
    session.see([_currents(world.now, 6, 6, 6)])
    world.settle()
    assert world.book.state().flows[0].base.l1 == 23  # perhaps it took 6 A already when the meter spoke


def _currents(at: datetime, *amps: float) -> MeterReading:
    return MeterReading(
        at=at,
        samples=tuple(
            Sample(value=Decimal(str(each)), measurand="Current.Import", unit="A", phase=f"L{n}")
            for n, each in enumerate(amps, 1)
        ),
    )


# --- whatever happens ---------------------------------------------------------------------------------------------------------------

_FATES = ["accepted", "accepted", "refused", "message lost", "answer lost"]


def _tight() -> st.SearchStrategy[SiteLayout]:
    """Sites with hardly more than what is kept free for everybody."""
    return st.builds(lambda evses, more: flat(6 * evses + more, evses), st.integers(2, 3), st.integers(0, 16))


@settings(max_examples=250)
@given(data=st.data(), layout=_tight() | layouts(most_evses=5), idle=st.sampled_from([0, 6]))
def test_no_limit_is_exceeded(data: st.DataObject, layout: SiteLayout, idle: int) -> None:
    """Vehicles come and go, stations fall silent and come back, messages and answers are lost: at every instant, all limits hold."""
    base = {} if layout.name == "yard" else data.draw(base_loads(layout))
    meters = tuple(SiteMeter(feeder=name, measures="base") for name in base)  # type: ignore[arg-type]
    world = World(layout, LoadManagement(layout=layout, idle=Decimal(idle), meters=meters))
    for name, amps in base.items():
        world.book.readings[name] = SiteReading(site="yard", feeder=name, at=NOW + timedelta(hours=1), amperes=amps)
    world.settle(20)
    lopsided = idle > 0 and any(feeder.imbalance is not None for feeder in layout.feeders)
    if world.exceeded(base) or lopsided:
        return  # what is kept free for everybody is more than there is, on all phases or on one
    keys = sorted(world.book.outlets)
    for number in range(data.draw(st.integers(1, 16))):
        _something_happens(data, world, keys, number)
        assert world.exceeded(base) == []


def _something_happens(data: st.DataObject, world: World, keys: list[EvseKey], number: int) -> None:
    what = data.draw(
        st.sampled_from(
            ["settle", "settle", "look", "fate", "fate", "vehicle", "vehicle", "vehicle", "station", "time"]
        )
    )
    if what == "settle":
        world.settle()
    elif what == "look":
        world.look()
    elif what == "fate" and world.on_the_way:
        world.fate(world.on_the_way.pop(0), data.draw(st.sampled_from(_FATES)))
    elif what == "vehicle":
        key = data.draw(st.sampled_from(keys))
        if key in world.book.sessions:
            world.end(key)
        else:
            world.begin(key, f"t{number}", used=data.draw(st.sampled_from([None, 1])))
            wanted = data.draw(st.sampled_from([None, Decimal(0)]))
            world.book.wishes[key[0], f"t{number}"] = DriverWish(energy=wanted)
    elif what == "station":
        world.reachable = world.reachable ^ {data.draw(st.sampled_from(keys))[0]}
    else:
        world.now += timedelta(seconds=data.draw(st.sampled_from([6, 61, 901])))


@settings(max_examples=60)
@given(data=st.data(), layout=layouts(most_evses=5))
def test_who_is_answered_gets_what_was_decided(data: st.DataObject, layout: SiteLayout) -> None:
    """Where all stations answer, each vehicle soon has its share."""
    world = World(layout, LoadManagement(layout=layout))
    world.settle(20)
    keys: Iterable[EvseKey] = data.draw(st.sets(st.sampled_from(sorted(world.book.outlets))))
    for number, key in enumerate(sorted(keys)):
        world.begin(key, f"t{number}")
    world.settle(20)
    assert world.book.decision is not None
    shares = world.book.decision.shares
    assert {key: world.of_transaction.get(key, Decimal(0)) for key in keys} == {key: shares.of(key) for key in keys}
