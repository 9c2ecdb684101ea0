"""Load management: who may take how much at a site whose grid connection is too small for all (block K, from the site's side)."""

from pilotwire.domain.load_management.demand import Demand, Strategy, laxity, needed_amperes
from pilotwire.domain.load_management.layout import (
    NO_AMPERES,
    PHASES,
    Amperes,
    EvseKey,
    Feeder,
    LayoutMisfit,
    Outlet,
    SiteLayout,
    misfits,
)
from pilotwire.domain.load_management.limits import ExternalLimit
from pilotwire.domain.load_management.prices import PricePeriod, price_at
from pilotwire.domain.load_management.sharing import (
    ROTATE_AFTER,
    Share,
    Shares,
    Situation,
    phases_of,
    share,
)
from pilotwire.domain.load_management.transition import (
    STEP,
    Hold,
    Order,
    accepted,
    next_orders,
    refused,
    sent,
    unanswered,
)

__all__ = [
    "NO_AMPERES",
    "PHASES",
    "ROTATE_AFTER",
    "STEP",
    "Amperes",
    "Demand",
    "EvseKey",
    "ExternalLimit",
    "Feeder",
    "Hold",
    "LayoutMisfit",
    "Order",
    "Outlet",
    "PricePeriod",
    "Share",
    "Shares",
    "SiteLayout",
    "Situation",
    "Strategy",
    "accepted",
    "laxity",
    "misfits",
    "needed_amperes",
    "next_orders",
    "phases_of",
    "price_at",
    "refused",
    "sent",
    "share",
    "unanswered",
]
