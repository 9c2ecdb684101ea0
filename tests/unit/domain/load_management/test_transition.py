"""From old shares to new ones: no limit is exceeded on the way, whatever messages and answers are lost."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.domain.load_management import (
    Amperes,
    EvseKey,
    Hold,
    Order,
    SiteLayout,
    Situation,
    accepted,
    next_orders,
    phases_of,
    refused,
    sent,
    share,
    unanswered,
)
from tests.support.sites import NOW, base_loads, demands, exceeded, flat, layouts

A, B = ("CS001", 1), ("CS002", 1)


def _hold(key: EvseKey, confirmed: float, **more: object) -> Hold:
    return Hold(key=key, phases=(1, 2, 3), confirmed=Decimal(str(confirmed)), **more)  # type: ignore[arg-type]


def _orders(site: SiteLayout, *holds: Hold, **targets: float) -> dict[str, Decimal]:
    wanted = {(name, 1): Decimal(str(amps)) for name, amps in targets.items()}
    return {order.key[0]: order.amperes for order in next_orders(site, holds, wanted, {})}


def test_one_is_lowered_before_another_is_raised() -> None:
    """What A gives up, B gets when A's station has confirmed it."""
    site = flat(32, 2)
    a, b = _hold(A, 32), _hold(B, 0)
    assert _orders(site, a, b, CS001=16, CS002=16) == {"CS001": 16}
    a = sent(a, Decimal(16))
    assert _orders(site, a, b, CS001=16, CS002=16) == {}
    a = accepted(a, Decimal(16))
    assert _orders(site, a, b, CS001=16, CS002=16) == {"CS002": 16}


def test_what_is_free_is_given_at_once() -> None:
    """As far as it goes: B is raised in part, and the rest follows."""
    site = flat(40, 2)
    a, b = _hold(A, 32), _hold(B, 0)
    assert _orders(site, a, b, CS001=20, CS002=20) == {"CS001": 20, "CS002": 8}


def test_a_station_that_says_no_keeps_its_share() -> None:
    """Its old limit holds, and is counted."""
    site = flat(32, 2)
    a, b = refused(sent(_hold(A, 32), Decimal(16))), _hold(B, 0)
    assert _orders(site, a, b, CS001=16, CS002=16) == {"CS001": 16}


def test_no_answer_leaves_both_possible() -> None:
    """A raise that was not answered is counted as given; a lower one as not."""
    assert unanswered(sent(_hold(A, 10), Decimal(20))).worst == 20
    assert unanswered(sent(_hold(A, 20), Decimal(10))).worst == 20
    assert sent(sent(_hold(A, 10), Decimal(20)), Decimal(5)).worst == 20


def test_a_silent_station_is_told_nothing() -> None:
    """And what it may take is nobody else's."""
    site = flat(32, 2)
    assert _orders(site, _hold(A, 20, reachable=False), _hold(B, 0), CS001=0, CS002=32) == {"CS002": 12}


def test_small_raises_are_not_worth_a_message() -> None:
    """Less than one ampere; but the last step to what is wanted is, and whatever is lowered."""
    site = flat(32, 2)
    assert _orders(site, _hold(A, 16), _hold(B, 16), CS001=15.9, CS002=16) == {"CS001": Decimal("15.9")}
    assert _orders(site, _hold(A, 15.5), _hold(B, 16), CS001=16, CS002=16) == {"CS001": 16}
    assert _orders(site, _hold(A, 15.5), _hold(B, 16), CS001=20, CS002=16) == {}


# --- whatever happens ---------------------------------------------------------------------------------------------------------------


class _World:
    """The stations as they are, which nobody sees: the limit each one keeps."""

    def __init__(self, layout: SiteLayout, base: dict[str, Amperes]) -> None:
        self.layout, self.base = layout, base
        self.phases = {outlet.key: phases_of(outlet, 3) for outlet in layout.outlets}
        self.holds = {key: Hold(key=key, phases=phases, confirmed=Decimal(0)) for key, phases in self.phases.items()}
        self.kept = dict.fromkeys(self.phases, Decimal(0))
        self.on_the_way: list[Order] = []

    def exceeded(self) -> list[str]:
        return exceeded(self.layout, {key: (amps, self.phases[key]) for key, amps in self.kept.items()}, self.base)

    def order(self, targets: dict[EvseKey, Decimal]) -> None:
        for each in next_orders(self.layout, tuple(self.holds.values()), targets, self.base):
            self.holds[each.key] = sent(self.holds[each.key], each.amperes)
            self.on_the_way.append(each)

    def fate(self, order: Order, what: str) -> None:
        """What becomes of a message: it arrives or not, it is answered or not."""
        hold = self.holds[order.key]
        if what in ("accepted", "answer lost", "arrives late"):
            self.kept[order.key] = order.amperes
        if hold.sent != order.amperes:
            return  # another was sent since: this answer says nothing any more
        if what == "accepted":
            self.holds[order.key] = accepted(hold, order.amperes)
        elif what == "refused":
            self.holds[order.key] = refused(hold)
        else:
            self.holds[order.key] = unanswered(hold)


@settings(max_examples=150)
@given(data=st.data(), layout=layouts(most_evses=5))
def test_no_limit_is_exceeded_on_the_way(data: st.DataObject, layout: SiteLayout) -> None:
    """Messages are lost, refused, answered late or never; vehicles come and go; each station takes all that it may, at every instant."""
    base = data.draw(base_loads(layout))
    world = _World(layout, base)
    if world.exceeded():
        return
    for _ in range(data.draw(st.integers(1, 8))):
        if data.draw(st.booleans()) or not world.on_the_way:
            wishes = tuple(data.draw(demands(layout)))
            shares = share(Situation(layout=layout, now=NOW, demands=wishes, base=base))
            world.order({key: shares.of(key) for key in world.kept})
        else:
            order = world.on_the_way.pop(0)
            fates = ["accepted", "refused", "message lost", "answer lost"]
            world.fate(order, data.draw(st.sampled_from(fates)))
        assert world.exceeded() == []


@given(data=st.data(), layout=layouts(most_evses=5))
def test_where_everybody_answers_all_get_their_shares(data: st.DataObject, layout: SiteLayout) -> None:
    """After a few rounds each station keeps what it was to have: nobody waits for ever."""
    base = data.draw(base_loads(layout))
    world = _World(layout, base)
    if world.exceeded():
        return
    for _ in range(2):
        wishes = tuple(each for each in data.draw(demands(layout)))
        shares = share(Situation(layout=layout, now=NOW, demands=wishes, base=base))
        targets = {key: shares.of(key) for key in world.kept}
        if exceeded(layout, {key: (amps, world.phases[key]) for key, amps in targets.items()}, base):
            return  # shares of vehicles on fewer phases than their EVSE has: here all load all of them
        for _ in range(4 * len(world.kept)):
            world.order(targets)
            while world.on_the_way:
                world.fate(world.on_the_way.pop(0), "accepted")
                assert world.exceeded() == []
        assert world.kept == targets
