"""What a session tells its vehicle of prices: what the CSMS sent for the vehicle, else what the driver's tariff will cost. Never a guess.

Of ISO 15118-20 one kind is told, absolute prices or levels, by what is there when the vehicle asks for the services, or as it was set.
ISO 15118-2 has SalesTariff.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Final, Protocol

import msgspec
import structlog

from pilotwire.domain.smart_charging import ChargingSchedule
from pilotwire.iso15118.charging import Speaks
from pilotwire.iso15118.codecs import ISO2, ISO20_COMMON
from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.exi.errors import ExiError
from pilotwire.iso15118.iso20.common_messages import AbsolutePriceSchedule, PriceLevelSchedule
from pilotwire.iso15118.xmldsig import Signature
from pilotwire.station.core import StationCore
from pilotwire.station.core.applying_tariff import ApplyingTariff
from pilotwire.station.secc.outlook import Outlook, Unsayable, outlook
from pilotwire.station.secc.price_schedules import MOST_STRETCHES, absolute, levels
from pilotwire.station.secc.price_signatures import Unsigned, signature_of
from pilotwire.station.secc.sales_tariffs import beyond_comparison, sales_tariff
from pilotwire.station.secc.tariffs import (
    absolute_prices_of,
    levels_of_sales_tariff,
    price_levels_of,
    sales_tariff_of,
)

_log = structlog.get_logger("pilotwire.station.secc")
_DAY: Final = 86_400
Offered = Mapping[int, ChargingSchedule]
"""The schedules of an offer by the number under which the vehicle gets them."""


class Knows(Protocol):
    """A station: who knows of tariffs."""

    @property
    def core(self) -> StationCore:
        """Its core; after a restart it is another."""
        ...

    @property
    def identity(self) -> str:
        """Its name."""
        ...

    def now(self) -> datetime:
        """The time by its clock."""
        ...


class Pricing(IntEnum):
    """What price schedules of ISO 15118-20 are told (its parameter Pricing)."""

    NONE = 0
    ABSOLUTE = 1
    LEVELS = 2


@dataclass(frozen=True, slots=True)
class Told:
    """The prices of each schedule by its number, as far as there are any, and their operator's signature."""

    by_number: Mapping[int, Element]
    signature: Signature | None = None


UNTOLD: Final = Told({})
"""No prices."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told. `most`: entries that it takes. `contract`: it is there by one. `feeds_back`: energy may go back.

    In ISO 15118-2 one that is there by a contract believes only prices that its operator signed.
    """

    speaks: Speaks
    most: int | None = None
    contract: bool = False
    feeds_back: bool = False


class Prices:
    """The prices at one EVSE, for one session. `setting`: the kind that a person set, None: what is there."""

    def __init__(self, station: Knows, evse_id: int, setting: Pricing | None) -> None:
        self._station = station
        self._evse_id = evse_id
        self._setting = setting
        self._pricing = Pricing.NONE if setting is None else setting
        self._tariff_id: str | None = None
        self._remarked: set[str] = set()

    def pricing(self) -> Pricing:
        """What the vehicle may choose now; it is what is told from then on."""
        self._pricing = self._known() if self._setting is None else self._setting
        return self._pricing

    def _known(self) -> Pricing:
        """What was sent for the vehicle in the words of -20, else the tariff, else the levels of a SalesTariff."""
        sent = self._station.core.prices_of_csms(self._evse_id)
        if sent is not None and sent.absolute_price_schedule is not None:
            return Pricing.ABSOLUTE
        if sent is not None and sent.price_level_schedule is not None:
            return Pricing.LEVELS
        if self._made({1: None}, Listener(Speaks.ISO20_AC), Pricing.ABSOLUTE):
            return Pricing.ABSOLUTE
        return Pricing.LEVELS if sent is not None and sent.sales_tariff is not None else Pricing.NONE

    def changed(self) -> bool:
        """Whether another tariff applies than the one whose prices were told."""
        return self._tariff_id is not None and self._station.core.applying_tariff_id(self._evse_id) != self._tariff_id

    def early(self, listener: Listener) -> Element | None:
        """The prices by the tariff, of a day, while there are no schedules yet (-20): they are the same for any."""
        if not listener.speaks.is_of_20:
            return None
        return self._made({1: None}, listener, self._pricing).get(1)

    def of(self, offered: Offered, listener: Listener, signature: str | None = None) -> Told:
        """The prices of the schedules of an offer; `signature`: the operator's, over what it sent."""
        self._tariff_id = None
        sent = {number: prices for number, one in offered.items() if (prices := self._sent(one, listener)) is not None}
        signed = self._signed([(offered[number], prices) for number, prices in sent.items()], signature)
        if signed is None:
            sent = {number: _unsigned(prices) for number, prices in sent.items()}
        lengths = {number: one.duration for number, one in offered.items() if number not in sent}
        if sent and (listener.speaks is Speaks.ISO2 or self._pricing is Pricing.LEVELS):
            lengths = {}  # levels and percentages of two sources cannot be compared
        made = self._made(lengths, listener, self._pricing)
        if made:
            self._tariff_id = self._station.core.applying_tariff_id(self._evse_id)
        left = {number: one for number, one in offered.items() if number not in sent | made}
        return Told(sent | made | self._levels_of_sales(left, listener), signed)

    # --- sent by the CSMS ----------------------------------------------------------------------------------------------------------

    def _sent(self, schedule: ChargingSchedule, listener: Listener) -> Element | None:
        if listener.speaks is Speaks.ISO2:
            return sales_tariff_of(schedule)
        if not listener.speaks.is_of_20 or self._pricing is Pricing.NONE:
            return None
        if self._pricing is Pricing.ABSOLUTE:
            return absolute_prices_of(schedule)
        return price_levels_of(schedule)

    def _levels_of_sales(self, offered: Offered, listener: Listener) -> dict[int, Element]:
        """Of SalesTariffs, for vehicles of -20 that want levels."""
        if not listener.speaks.is_of_20 or self._pricing is not Pricing.LEVELS:
            return {}
        anchor = self._anchor()
        levels_ = {number: levels_of_sales_tariff(one, anchor, number) for number, one in offered.items()}
        return {number: one for number, one in levels_.items() if one is not None}

    def _signed(self, sent: list[tuple[ChargingSchedule, Element]], value: str | None) -> Signature | None:
        if value is None or not sent:
            return None
        try:
            return signature_of(sent, value)
        except Unsigned as error:
            self._remark(f"The prices are told without their signature: {error}.")
            return None

    # --- by the tariff -------------------------------------------------------------------------------------------------------------

    def _made(self, lengths: Mapping[int, int | None], listener: Listener, pricing: Pricing) -> dict[int, Element]:
        """The prices by the tariff for schedules of such lengths in seconds, None: a day; empty: there are none that can be told."""
        speaks = listener.speaks
        if not lengths or (pricing is Pricing.NONE and (speaks.is_of_20 or self._setting is not None)):
            return {}
        if speaks is Speaks.DIN:
            return {}
        anchor = self._anchor()
        applying = self._station.core.applying_tariff(self._evse_id, datetime.fromtimestamp(anchor, UTC))
        if applying is None:
            return {}
        if speaks is Speaks.ISO2 and listener.contract:
            self._remark("The prices of the tariff are not told: a vehicle with a contract believes only signed ones.")
            return {}
        try:
            whole = outlook(applying, max(each or _DAY for each in lengths.values()), feeds_back=listener.feeds_back)
            made = {}
            for number, seconds in lengths.items():
                ahead = whole.until(seconds or _DAY, min(listener.most or MOST_STRETCHES, MOST_STRETCHES))
                made[number] = self._written(_Written(ahead, whole, applying, anchor, number), speaks, pricing)
        except (Unsayable, ExiError) as error:
            self._remark(f"The prices of the tariff {applying.tariff.tariff_id} are not told. {error}")
            return {}
        return made

    def _written(self, one: _Written, speaks: Speaks, pricing: Pricing) -> Element:
        made: Element
        remarks = one.ahead.remarks + beyond_comparison(one.ahead)
        if speaks is Speaks.ISO2:
            made = sales_tariff(one.ahead, one.whole, one.number)
            ISO2.encode_fragment(made)
        elif pricing is Pricing.LEVELS:
            made = levels(one.ahead, one.whole, one.anchor, one.number)
            ISO20_COMMON.encode_fragment(made)
        else:
            made, remarks = absolute(one.ahead, one.applying, one.anchor, one.number)
            ISO20_COMMON.encode_fragment(made)
        for what in remarks:
            self._remark(what)
        return made

    def _anchor(self) -> int:
        return int(self._station.now().timestamp())

    def _remark(self, what: str) -> None:
        """Into the log, once a session."""
        if what not in self._remarked:
            self._remarked.add(what)
            _log.warning("the vehicle is told less of prices than is known", station=self._station.identity, why=what)


@dataclass(frozen=True, slots=True)
class _Written:
    """What goes into a price schedule."""

    ahead: Outlook
    whole: Outlook
    applying: ApplyingTariff
    anchor: int
    number: int


def _unsigned(prices: Element) -> Element:
    """Without the Id by which a signature would refer to it: in -20 that says that it is signed."""
    if isinstance(prices, AbsolutePriceSchedule | PriceLevelSchedule) and prices.id is not None:
        return msgspec.structs.replace(prices, id=None)
    return prices
