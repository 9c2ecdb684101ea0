"""Receipts of bills, as pages (HTML) and papers (PDF): each period with what was used and what it came to, taxes, corrections, total.

Both are made of one `Receipt`, so they say the same. Amounts of lines are to four decimals, as they are added up; only totals are rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from jinja2 import Environment, PackageLoader, select_autoescape

from pilotwire.csms.documents import Document
from pilotwire.domain.billing import BillEntry, Metering
from pilotwire.domain.tariff.calendar_cuts import zone_of
from pilotwire.domain.tariff.money import places_of
from pilotwire.domain.tariff.priced import PricedLine, PricedPeriod, PricedSession

_PAGES: Final = Environment(
    loader=PackageLoader("pilotwire.csms.billing", "templates_html"), autoescape=select_autoescape(default=True)
)
_PARTS: Final = {
    "energy": "Energy",
    "charging_time": "Charging time",
    "idle_time": "Idle time",
    "parking_time": "Parking time",
    "fixed_fee": "Fixed fee",
    "reservation_time": "Reservation",
    "reservation_fixed": "Reservation fee",
    "expired_time": "Expired reservation",
    "expired_fixed": "Fee of an expired reservation",
}
_WHY: Final = {"step": " (rounded up to the next step)", "least": " (up to the least)"}
_METERING: Final = {
    Metering.UNSIGNED: "The meter values of this session are not signed.",
    Metering.NOT_VERIFIED: "The meter values of this session are signed. The signatures were not verified.",
    Metering.VERIFIED: "The meter values of this session are signed, and the signatures were verified.",
    Metering.INVALID: "The signatures of the meter values of this session are NOT valid.",
}
_LINE: Final = Decimal("0.0001")
_KWH: Final = Decimal(1000)
PERIOD_HEADS: Final = ("From", "To", "What", "Quantity", "Price", "Without tax")


@dataclass(frozen=True, slots=True)
class Seller:
    """Who sells, and in which time zone receipts are written."""

    lines: tuple[str, ...] = ()
    vat_number: str = ""
    note: str = ""
    time_zone: str = "UTC"
    prefix: str = ""

    def number(self, number: int) -> str:
        """The number of an entry as it is written."""
        return f"{self.prefix}{number:06d}"


@dataclass(frozen=True, slots=True)
class Correction:
    """A line of what came after the bill."""

    number: str
    made_at: str
    what: str
    amount: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """All that a receipt says, as text."""

    title: str
    number: str
    seller: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    periods: tuple[tuple[str, str, str, str, str, str], ...]
    sums: tuple[tuple[str, str], ...]
    corrections: tuple[Correction, ...]
    total: tuple[str, str]
    remarks: tuple[str, ...]


def receipt_of(
    bill: BillEntry, corrections: Sequence[BillEntry], seller: Seller, metering: Metering | None = None
) -> Receipt:
    """The receipt of a bill with what corrects it; `metering`: what is known of the meter's signatures by now, None: no more than then.

    Its periods are those of the last time the CSMS worked them out, so that they fit what was told late as well.
    """
    latest = next((each for each in reversed(corrections) if each.priced is not None), bill)
    priced = latest.priced
    zone, _ = zone_of(seller.time_zone)
    currency = bill.currency
    total = sum((each.amounts.incl_tax for each in corrections), bill.amounts.incl_tax)
    return Receipt(
        title=f"Receipt {seller.number(bill.number)}",
        number=seller.number(bill.number),
        seller=tuple(filter(None, (*seller.lines, seller.vat_number and f"VAT number {seller.vat_number}"))),
        facts=tuple(_facts(bill, priced, zone)),
        periods=() if priced is None else tuple(_rows(priced, zone)),
        sums=tuple(_sums(priced, currency)),
        corrections=tuple(_correction(each, seller, zone) for each in (bill, *corrections)) if corrections else (),
        total=("Total to pay" if corrections else "Total", money(total, currency)),
        remarks=tuple(_remarks(bill, latest, seller, metering)),
    )


def _facts(bill: BillEntry, priced: PricedSession | None, zone: tzinfo) -> list[tuple[str, str]]:
    place = (
        bill.station if bill.address is None or bill.address.is_station else f"{bill.station}, EVSE {bill.address.evse}"
    )
    facts = [("Station", place), ("Session", bill.transaction_id), ("Made", _time(bill.made_at, zone))]
    if bill.id_token is not None:
        facts.append(("Charged with", masked(bill.id_token.value)))
    if priced is not None:
        facts.append(("Charged", f"{_time(priced.begin, zone)} to {_time(priced.end, zone)}"))
        facts.append(("Energy", f"{_plain(priced.details.total_usage.energy / _KWH, 3)} kWh"))
    facts.append(("Tariff", ", ".join(dict.fromkeys(each.tariff.tariff_id for each in bill.terms.tariffs))))
    return facts


def _rows(priced: PricedSession, zone: tzinfo) -> list[tuple[str, str, str, str, str, str]]:
    rows: list[tuple[str, str, str, str, str, str]] = []
    begin = _time(priced.begin, zone)
    rows += [(begin, "", *_line(each)) for each in priced.once if not each.why]
    for period in priced.periods:
        rows += _period(period, zone)
    end = _time(priced.end, zone)
    rows += [("", end, *_line(each)) for each in priced.once if each.why]
    if priced.limited:
        what = "Up to the least of the tariff" if priced.limited > 0 else "Down to the most of the tariff"
        rows.append(("", end, what, "", "", _plain(priced.limited, 4)))
    return rows


def _period(period: PricedPeriod, zone: tzinfo) -> list[tuple[str, str, str, str, str, str]]:
    since, until = _time(period.begin, zone), _time(period.end, zone)
    lines = [_line(each) for each in period.lines]
    if not lines:
        what = "Energy" if period.charging else "Idle time"
        used = f"{_plain(period.energy / _KWH, 3)} kWh" if period.charging else _duration(period.end - period.begin)
        lines = [(what, used, "free", "0.0000")]
    return [(since, until, *lines[0]), *(("", "", *each) for each in lines[1:])]


def _line(line: PricedLine) -> tuple[str, str, str, str]:
    what = _PARTS.get(line.part, line.part) + _WHY.get(line.why, "")
    amount = _plain(line.amount, 4)
    price = _least(line.price)
    if line.part == "energy":
        return what, f"{_plain(line.quantity / _KWH, 3)} kWh", f"{price} / kWh", amount
    if line.part.endswith("_time") and line.why != "least":
        return what, _duration(timedelta(seconds=float(line.quantity))), f"{price} / h", amount
    return what, "1", price, amount


def _sums(priced: PricedSession | None, currency: str) -> list[tuple[str, str]]:
    if priced is None:
        return []
    sums = [("Without tax", money(priced.excl_tax, currency))]
    sums += [(f"{each.type} {each.percent.normalize():f} %", money(each.amount, currency)) for each in priced.taxes]
    return [*sums, ("With tax", money(priced.incl_tax, currency))]


def _correction(entry: BillEntry, seller: Seller, zone: tzinfo) -> Correction:
    what = entry.kind.value
    return Correction(
        number=seller.number(entry.number),
        made_at=_time(entry.made_at, zone),
        what=f"{what}: {entry.reason}" if entry.reason else what,
        amount=money(entry.amounts.incl_tax, entry.currency),
    )


def _remarks(bill: BillEntry, latest: BillEntry, seller: Seller, metering: Metering | None) -> list[str]:
    remarks = [_METERING[metering or latest.metering]]
    if latest.priced is not None:
        remarks += latest.priced.failures
    if bill.ended_for:
        remarks.append(f"The session was ended because {bill.ended_for}.")
    told = latest.told_by_station
    if told is not None and latest.priced is not None and told != latest.priced.incl_tax:
        remarks.append(f"The station told a cost of {money(told, bill.currency)}.")
    if bill.paid_from_balance is not None:
        remarks.append("It was paid from the prepaid balance.")
    remarks.append(f"Times are those of {seller.time_zone}.")
    return [*remarks, seller.note] if seller.note else remarks


# --- as text --------------------------------------------------------------------------------------------------------


def money(amount: Decimal, currency: str) -> str:
    """An amount with as many decimals as its currency has, more only if it has them."""
    places = max(places_of(currency), -int(amount.normalize().as_tuple().exponent))
    return f"{amount:.{places}f} {currency}"


def masked(token: str) -> str:
    """A token as it may be read by who finds the receipt: its last four characters."""
    return token if len(token) <= 4 else "\N{HORIZONTAL ELLIPSIS}" + token[-4:]


def _plain(number: Decimal, places: int) -> str:
    return f"{number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):f}"


def _least(number: Decimal) -> str:
    """A price with two decimals, more only if it has them."""
    places = max(2, -int(number.normalize().as_tuple().exponent))
    return f"{number:.{min(places, 6)}f}"


def _time(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def _duration(span: timedelta) -> str:
    seconds = round(span.total_seconds())
    return f"{seconds // 3600}:{seconds % 3600 // 60:02d}:{seconds % 60:02d} h"


def html(receipt: Receipt) -> str:
    """The receipt as a page that stands by itself."""
    return _PAGES.get_template("receipt.html").render(receipt=receipt, heads=PERIOD_HEADS)


def pdf(receipt: Receipt, made_at: datetime) -> bytes:
    """The receipt as a paper."""
    document = Document(receipt.title, " \N{MIDDLE DOT} ".join(receipt.seller), made_at=made_at)
    document.table(receipt.facts[0], receipt.facts[1:], widths=(1, 4))
    if receipt.periods:
        document.heading("What was used")
        document.table(
            PERIOD_HEADS,
            receipt.periods,
            ("left", "left", "left", "right", "right", "right"),
            widths=(20, 20, 24, 15, 16, 13),
        )
    if receipt.sums:
        document.table(("Bill", ""), receipt.sums, ("left", "right"), widths=(4, 1), totals=1)
    if receipt.corrections:
        document.heading("Bill and corrections")
        rows = [(each.number, each.made_at, each.what, each.amount) for each in receipt.corrections]
        document.table(
            ("Number", "Made", "Why", "Amount"), rows, ("left", "left", "left", "right"), widths=(10, 20, 55, 15)
        )
    document.table(receipt.total, (), ("left", "right"), widths=(4, 1))
    for remark in receipt.remarks:
        document.paragraph(remark, small=True)
    return document.bytes()
