"""Sites whose load is managed: how they are built, what limits them from outside, what their meters say, what their EVSEs are held to."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeVar

from pilotwire.csms.store.ports import Page, Store
from pilotwire.csms.store.registers import Register, cursor_of
from pilotwire.domain.kinds import Value
from pilotwire.domain.load_management import Amperes, PricePeriod, SiteLayout, Strategy


class Measures(StrEnum):
    """What a meter of a site sees: everything that flows through its feeder, or the base load of it alone."""

    TOTAL = "total"
    BASE = "base"


class SiteMeter(Value):
    """A meter at a feeder. After `silent_after` seconds without a reading the feeder's assumed base load is taken for true."""

    feeder: str
    measures: Measures = Measures.TOTAL
    silent_after: int = 60


class TargetPeriod(Value):
    """What the site is to stay below (W) from `start` until `end`, if vehicles can help it."""

    start: datetime
    end: datetime
    watts: Decimal


class LoadManagement(Value):
    """A site whose load this CSMS manages, while `enabled`.

    `idle` is what a vehicle may take (A on each phase) before its transaction has a share, and while its station is out of reach: it is
    kept free for every EVSE at all times.
    """

    layout: SiteLayout
    strategy: Strategy = Strategy.EQUAL_SHARE
    meters: tuple[SiteMeter, ...] = ()
    prices: tuple[PricePeriod, ...] = ()
    targets: tuple[TargetPeriod, ...] = ()
    idle: Decimal = Decimal(0)
    enabled: bool = True


class SiteLimit(Value):
    """A limit from outside (grid operator, energy manager, market) for a feeder of a site, until it is taken back or over.

    It counts from `since` on (None: at once).
    """

    site: str
    source: str
    feeder: str
    at: datetime
    amperes: Decimal | None = None
    watts: Decimal | None = None
    since: datetime | None = None
    until: datetime | None = None


class SiteReading(Value):
    """What the meter of a feeder said last."""

    site: str
    feeder: str
    at: datetime
    amperes: Amperes


class DriverWish(Value):
    """What the driver of a transaction wants: Wh in all, until when; the higher `priority` goes first."""

    energy: Decimal | None = None
    departure: datetime | None = None
    priority: int = 0


class EvseHold(Value):
    """What an EVSE is held to (A on each phase), as far as its station has confirmed it.

    `default`: a transaction that has no profile (TxDefaultProfile); None: nobody knows, it may be all the EVSE can. `told`: the profile of
    `transaction_id`; None: it has none. `sent` is on its way, or was when this was written: it may hold as well.
    """

    default: Decimal | None = None
    transaction_id: str | None = None
    told: Decimal | None = None
    sent: Decimal | None = None


class FeederState(Value):
    """What flows through a feeder as far as is known, and the base load of it that was taken for true. `silent`: its meter is."""

    feeder: str
    flow: Amperes
    base: Amperes
    silent: bool = False


class EvseState(Value):
    """What an EVSE is to take, what it may take until its station has confirmed that, and what was measured last (A on each phase).

    `why` it gets less than it wants, or cannot be told.
    """

    station: str
    evse_id: int
    share: Decimal
    limit: Decimal
    transaction_id: str | None = None
    taking: Decimal | None = None
    why: str = ""


class SiteState(Value):
    """How a site stood when its shares were decided last. `broken`: limits that are exceeded whatever vehicles do."""

    site: str
    at: datetime
    flows: tuple[FeederState, ...]
    evses: tuple[EvseState, ...]
    broken: tuple[str, ...] = ()


class SiteAlarm(Value):
    """Which limits of a site are exceeded whatever vehicles do, since this has changed last (`at`); none: all hold again."""

    site: str
    at: datetime
    limits: tuple[str, ...] = ()


class ManagedEvse(Value):
    """An EVSE that was told limits for a site, and has not been freed of them since."""

    station: str
    evse_id: int
    site: str


MANAGED: Final = Register("load-management", LoadManagement)
"""By the name of the site; of no station."""
SITE_LIMITS: Final = Register("site-limits", SiteLimit)
"""By `part_key` of site and source; of no station."""
SITE_READINGS: Final = Register("site-readings", SiteReading)
"""By `part_key` of site and feeder; of no station."""
WISHES: Final = Register("driver-wishes", DriverWish)
"""By station and transaction."""
STATES: Final = Register("site-states", SiteState)
"""By the name of the site; of no station."""
HOLDS: Final = Register("evse-holds", EvseHold)
"""By station and EVSE."""
SITE_ALARMS: Final = Register("site-alarms", SiteAlarm)
"""By the name of the site; of no station."""
MANAGED_EVSES: Final = Register("managed-evses", ManagedEvse)
"""By station and EVSE."""
_P = TypeVar("_P", SiteLimit, SiteReading)
_AT_ONCE: Final = 1000


def part_key(site: str, part: str) -> str:
    """Where something of a site is kept; names of sites have no slash."""
    return f"{site}/{part}"


async def parts_of(store: Store, register: Register[_P], site: str) -> list[_P]:
    """All limits from outside, or all readings, of a site. Raises StoreError."""
    found: list[_P] = []
    after = part_key(site, "")
    while True:
        page = await store.records(register, "", Page(limit=_AT_ONCE, after=cursor_of("", after)))
        here = [each for each in page if each.site == site]
        found += here
        if len(here) < _AT_ONCE:
            return found
        last = here[-1]
        after = part_key(site, last.source if isinstance(last, SiteLimit) else last.feeder)


async def plans_of(store: Store) -> list[LoadManagement]:
    """The plans of all sites. Raises StoreError."""
    found: list[LoadManagement] = []
    after: str | None = None
    while page := await store.records(MANAGED, "", Page(limit=_AT_ONCE, after=after)):
        found += page
        after = cursor_of("", page[-1].layout.name)
    return found
