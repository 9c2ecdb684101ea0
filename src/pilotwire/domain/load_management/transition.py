"""From what EVSEs may take now to what they are to take, without ever exceeding a limit on the way, whatever is lost.

What a station may take is known for certain only when it has answered. Until then it may be the old limit or the new one, and the worse is
counted. So a share is lowered at once, but raised only into what is left when everybody takes the worst that is possible for him; what
another is to give up is there for the taking when his station has confirmed it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from pilotwire.domain.kinds import Value, changed
from pilotwire.domain.load_management.layout import Amperes, EvseKey, SiteLayout
from pilotwire.domain.load_management.limits import ExternalLimit, Limits, Load, Rise, amperes, tenths

STEP: Final = Decimal(1)
"""Amperes by which a share must rise to be worth a message; what is lowered is told however little it is."""


class Hold(Value):
    """What an EVSE is held to (A on each phase): `confirmed` by its station, and `sent` if that has not been answered yet.

    `phases` are those it may load, `uneven` if perhaps not all of them. `reachable`: its station can be told something now.
    """

    key: EvseKey
    phases: tuple[int, ...]
    confirmed: Decimal
    sent: Decimal | None = None
    reachable: bool = True
    uneven: bool = False

    @property
    def worst(self) -> Decimal:
        """The most that it may take now."""
        return self.confirmed if self.sent is None else max(self.confirmed, self.sent)


class Order(Value):
    """A limit to be sent to an EVSE (A on each phase)."""

    key: EvseKey
    amperes: Decimal


def accepted(hold: Hold, told: Decimal) -> Hold:
    """The station has accepted what was sent."""
    return changed(hold, confirmed=told, sent=None)


def refused(hold: Hold) -> Hold:
    """The station has said no: the old limit holds."""
    return changed(hold, sent=None)


def unanswered(hold: Hold) -> Hold:
    """No answer came: either may hold from now on, until the station is heard again."""
    return changed(hold, confirmed=hold.worst, sent=None)


def sent(hold: Hold, told: Decimal) -> Hold:
    """A limit is on its way. One that was on its way before may have arrived as well."""
    return changed(hold, confirmed=hold.worst, sent=told)


def next_orders(
    layout: SiteLayout,
    holds: Sequence[Hold],
    targets: Mapping[EvseKey, Decimal],
    base: Mapping[str, Amperes],
    external: Iterable[ExternalLimit] = (),
    *,
    step: Decimal = STEP,
) -> tuple[Order, ...]:
    """What can be sent now, lowered ones first. EVSEs without a target are to take nothing more than they do.

    To one that has not answered yet only something lower than what is on its way is sent.
    """
    lowered, rises = [], []
    for number, hold in enumerate(holds):
        target = targets.get(hold.key)
        if target is None or not hold.reachable:
            continue
        stands = hold.confirmed if hold.sent is None else hold.sent
        if target < stands:
            lowered.append(Order(key=hold.key, amperes=target))
        elif target > stands and hold.sent is None:
            rises.append(Rise(number, tenths(target)))
    if not rises:
        return tuple(lowered)
    limits = Limits(
        layout, [Load(key=hold.key, phases=hold.phases, uneven=hold.uneven) for hold in holds], base, external
    )
    for number, hold in enumerate(holds):
        limits.take(number, max(0, -tenths(-hold.worst)))  # nobody is counted on to give back
    limits.fill(rises)
    raised = []
    for rise in rises:
        hold = holds[rise.load]
        to = amperes(limits.shares[rise.load])
        if to > hold.confirmed and (to - hold.confirmed >= step or to == targets[hold.key]):
            raised.append(Order(key=hold.key, amperes=to))
    return (*lowered, *raised)
