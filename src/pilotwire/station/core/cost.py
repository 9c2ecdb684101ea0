"""What a charge costs, for the driver to see: tariff texts (I01, I04, I06), the running cost (I02), the total (I03, I05).

Where the CSMS works out the cost, it tells it by CostUpdated or in its answers to transaction events; where the station does (I12), see
`tariff_bills`. Amounts are in the currency of the tariff, else in TariffCostCtrlr.Currency.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from pilotwire.domain.authorization import AuthorizationVerdict
from pilotwire.domain.data_transfer import DataTransferStatus
from pilotwire.domain.device_model import DataType
from pilotwire.domain.identity import IdToken
from pilotwire.domain.tariff import CostShownOutcome, CostUpdated, TariffText
from pilotwire.domain.transactions import TransactionEvent, TransactionVerdict
from pilotwire.station.core import display_screens, limits, tariff_bills
from pilotwire.station.core.actions import Show
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street, answered
from pilotwire.station.core.tariff_rules import COST_ENABLED, TARIFF_ENABLED
from pilotwire.station.core.variable_table import Declared, fixed, name_of, switch
from pilotwire.station.hardware.ports import StationLayout

CURRENCY: Final = "TariffCostCtrlr.Currency"
TARIFF_FALLBACK: Final = "TariffCostCtrlr.TariffFallbackMessage"
OFFLINE_TARIFF_FALLBACK: Final = "TariffCostCtrlr.OfflineTariffFallbackMessage"
TOTAL_COST_FALLBACK: Final = "TariffCostCtrlr.TotalCostFallbackMessage"
_TEXT_MOST: Final = 255
"""Characters of a fallback message: what 2.0.1 allows (2.10.3); 2.1 would allow 512."""
_CODE: Final = re.compile(r"[A-Z]{3}")
_CENT: Final = Decimal("0.01")
_ONLY_WHEN_LEFT: Final = frozenset({"ParkingBayOccupancy"})


# --- tariffs --------------------------------------------------------------------------------------------------------


def tariff_text(station: Station, verdict: AuthorizationVerdict | None, evse: Evse | None = None) -> str | None:
    """What a driver who may charge is to read of prices: what the CSMS has to say to them (I01.FR.03), else what the tariff says that is
    installed (I07.FR.14), else the fallback (I04.FR.01).
    """
    if verdict is not None and verdict.message is not None:
        return verdict.message
    if not _on(station, TARIFF_ENABLED):
        return None
    tariff = verdict.tariff if verdict is not None else None
    tariff = tariff or (tariff_bills.default_of(station, evse) if evse is not None else None)
    if evse is not None and tariff is not None and tariff.description:
        return display_screens.in_drivers_language(station, evse, tariff.description)
    offline = "" if station.online else _fallback(station, OFFLINE_TARIFF_FALLBACK, evse)
    return offline or _fallback(station, TARIFF_FALLBACK, evse) or None


def _on(station: Station, key: str) -> bool:
    return station.variables.has(key) and station.variables.on(key)


def _text(station: Station, key: str) -> str:
    return station.variables.text(key) if station.variables.has(key) else ""


def _fallback(station: Station, key: str, evse: Evse | None, driver: IdToken | None = None) -> str:
    """A text in the driver's language, else in English, else the display's, as far as there is one; else the one of no language."""
    if not station.variables.has(key):
        return ""
    place = None if evse is None else evse.evse_id
    for language in display_screens.wanted(station, place, driver):
        instance = f"{key}[{display_screens.primary(language)}]"
        if station.variables.has(instance) and (text := station.variables.text(instance)):
            return text
    return station.variables.text(key)


# --- the running cost -----------------------------------------------------------------------------------------------


def updated(station: Station, command: CostUpdated) -> CostShownOutcome:
    """The CSMS told what a transaction costs so far (I02.FR.02, I02.FR.03); nothing is shown of one that does not run here."""
    evse = station.evse_of_transaction(command.transaction_id)
    if evse is None and station.is_ongoing(command.transaction_id):
        station.do(Show(None, _so_far(station, command.total_cost)))
        return CostShownOutcome()
    if evse is None:
        station.note(f"The cost of the transaction {command.transaction_id} was told, which does not run here.")
        return CostShownOutcome(status=DataTransferStatus.REJECTED)
    running(station, evse, command.total_cost)
    return CostShownOutcome()


def running(station: Station, evse: Evse, total: Decimal) -> None:
    """Show what a transaction costs so far (I02.FR.03, I02.FR.04), and see whether that is what it may.

    Not where the station works it out by a tariff: its own figure counts then (E16.FR.16).
    """
    if tariff_bills.bill_of(station, evse) is not None:
        return
    station.do(Show(evse.evse_id, _so_far(station, total)))
    limits.costs(station, evse, total)


def _so_far(station: Station, total: Decimal, currency: str | None = None) -> str:
    return f"Cost so far: {money(station, total, currency)}"


def currency(station: Station, evse: Evse | None) -> str:
    """The currency in which somebody pays at an EVSE: the default tariff's there, else the station's own."""
    tariff = tariff_bills.default_of(station, evse) if evse is not None else None
    return tariff.currency if tariff is not None else _text(station, CURRENCY)


def money(station: Station, amount: Decimal, currency: str | None = None) -> str:
    """An amount as people write it."""
    shown = amount.quantize(_CENT, ROUND_HALF_UP)
    return f"{shown} {currency or _text(station, CURRENCY)}".rstrip()


# --- the total ------------------------------------------------------------------------------------------------------


def ended(station: Station, event: TransactionEvent, verdict: TransactionVerdict) -> None:
    """The CSMS answered the end of a transaction: show the total, if the driver may still be there (I03.FR.03, I03.FR.05)."""
    evse = station.evses.get(event.address.evse) if event.address is not None else None
    if evse is None or evse.tx is not None or event.offline or _driver_left(station):
        return
    total = verdict.total_cost
    texts = [] if total is None else [total_text(station, total)]
    if (message := message_of(station, evse, verdict)) is not None:
        texts.insert(0, message)
    if texts:
        station.do(Show(evse.evse_id, " ".join(texts)))


def message_of(station: Station, evse: Evse, verdict: TransactionVerdict) -> str | None:
    """What the CSMS has to say with an answer, in the driver's language if it has that (I06.FR.02, I06.FR.03)."""
    if verdict.message is None:
        return None
    texts = (TariffText(content=verdict.message), *verdict.message_extra)
    return display_screens.in_drivers_language(station, evse, texts, _last_driver(station, evse))


def total_text(station: Station, total: Decimal, currency: str | None = None) -> str:
    """The total as a sentence; a charge that costs nothing was free (I03.FR.04)."""
    return f"Total cost: {money(station, total, currency)}" if total else "This charge was free."


def _last_driver(station: Station, evse: Evse) -> IdToken | None:
    """Who charged at an EVSE last: what is said at the end is for them."""
    return station.moment(_Seen).drivers.get(evse.evse_id)


def _driver_left(station: Station) -> bool:
    """Whether transactions end only when the vehicle is away, and its driver with it."""
    return station.variables.members("TxCtrlr.TxStopPoint") == _ONLY_WHEN_LEFT


# --- what follows ---------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Seen:
    """The transactions under way when last looked at, by EVSE, and who charged there last."""

    running: dict[int, str] = field(default_factory=dict)
    drivers: dict[int, IdToken] = field(default_factory=dict)


def _follow(station: Station) -> None:
    seen = station.moment(_Seen).running
    for place, evse in station.evses.items():
        before, now = seen.get(place), evse.tx.transaction_id if evse.tx is not None else None
        if now is not None:
            seen[place] = now
            if evse.tx is not None and evse.tx.owner is not None:
                station.moment(_Seen).drivers[place] = evse.tx.owner
            if evse.tx is not None and evse.tx.cost is not None:
                bill = tariff_bills.bill_of(station, evse)
                text = _so_far(station, evse.tx.cost, None if bill is None else bill.tariff.currency)
                display_screens.stand(station, evse, text)
        elif before is not None:
            del seen[place]
            display_screens.stand(station, evse, None)
            own = tariff_bills.take_total(station, evse)
            if own is None:
                _no_total(station, evse)
            elif not _driver_left(station):
                station.do(Show(evse.evse_id, total_text(station, *own)))


def _no_total(station: Station, evse: Evse) -> None:
    """A transaction ended, and nobody can be asked what it costs (I05.FR.02)."""
    text = _fallback(station, TOTAL_COST_FALLBACK, evse, _last_driver(station, evse))
    if text and not station.online and _on(station, COST_ENABLED) and not _driver_left(station):
        station.do(Show(evse.evse_id, text))


# --- the street -----------------------------------------------------------------------------------------------------


def _is_currency(_station: Station, value: str) -> bool:
    return _CODE.fullmatch(value) is not None


def _message(name: str) -> Declared:
    return Declared(name_of(name), DataType.STRING, "", high=_TEXT_MOST)


def _variables(family: Family, _layout: StationLayout) -> Iterable[Declared]:
    """1.6 has none of these: what it tells of costs comes as text."""
    if family is Family.OCPP16:
        return ()
    return (
        fixed("TariffCostCtrlr.Available[Tariff]", "true", DataType.BOOLEAN),
        fixed("TariffCostCtrlr.Available[Cost]", "true", DataType.BOOLEAN),
        switch(TARIFF_ENABLED, True),
        switch(COST_ENABLED, True),
        Declared(name_of(CURRENCY), DataType.STRING, "EUR", low=3, high=3),
        *(
            _message(f"{name}[{language}]" if language else name)
            for name in (TARIFF_FALLBACK, OFFLINE_TARIFF_FALLBACK, TOTAL_COST_FALLBACK)
            for language in ("", *display_screens.LANGUAGES)
        ),
    )


STREET = Street(
    "cost",
    commands={CostUpdated: answered(updated)},
    variables=_variables,
    checks={CURRENCY: _is_currency},
    follow=_follow,
)
