"""Tariffs at stations, costs and prices for drivers to see, web payments (functional block I, C25)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from pilotwire.clock import Clock
from pilotwire.csms.billing.ledger import ledger_of
from pilotwire.csms.commands.commander import Commander
from pilotwire.csms.registers.billing import account_of
from pilotwire.csms.registers.tariff import STATION_TARIFFS, TARIFFS, StationTariff, TariffRecord
from pilotwire.csms.store.ports import Amend, Journal, Page, Store
from pilotwire.csms.store.registers import cursor_of
from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import changed
from pilotwire.domain.tariff import (
    ChangeTransactionTariff,
    ChangeTransactionTariffOutcome,
    ChargingPrice,
    ClearTariffs,
    ClearTariffsOutcome,
    CostShownOutcome,
    CostState,
    CostUpdated,
    FinalCost,
    GetTariffs,
    GetTariffsOutcome,
    NotifyWebPaymentStarted,
    SetDefaultTariff,
    SetDefaultTariffOutcome,
    SetUserPrice,
    Tariff,
    TariffAssignment,
    TariffChangeStatus,
    TariffKind,
    TariffSetStatus,
    TariffStatus,
    TariffText,
    WebPaymentOutcome,
)
from pilotwire.domain.tariff.general import general_of
from pilotwire.domain.transactions import ChargingState, Transaction

_PAGE = 500


@dataclass(frozen=True, slots=True)
class TariffBooks:
    """Where what a station answered is kept."""

    journal: Journal
    store: Store
    clock: Clock


# --- default tariffs --------------------------------------------------------------------------------------------------


async def set_default(
    commander: Commander, books: TariffBooks, station: str, evse_id: int, tariff: Tariff
) -> SetDefaultTariffOutcome:
    """Install a default tariff at an EVSE, or at all (0) (I07), and keep where it is if the station accepts it."""
    outcome = await commander.ask(station, SetDefaultTariff(evse_id=evse_id, tariff=tariff), SetDefaultTariffOutcome)
    if outcome.status is TariffSetStatus.ACCEPTED:
        now = books.clock.now()
        replaced = await _replaced(books.store, station, evse_id, tariff)
        await books.journal.append(
            *replaced,
            STATION_TARIFFS.amend(station, tariff.tariff_id, lambda known: _set(known, station, evse_id, tariff, now)),
            _sent(tariff, now),
        )
    return outcome


async def _replaced(store: Store, station: str, evse_id: int, tariff: Tariff) -> list[Amend]:
    """Default tariffs without a beginning that one without a beginning takes the place of (I07.FR.22)."""
    if tariff.valid_from is not None:
        return []
    return [
        STATION_TARIFFS.amend(station, each.tariff_id, lambda known: _without(known, evse_id))
        for each in await tariffs_of(store, station)
        if each.kind is TariffKind.DEFAULT_TARIFF
        and each.valid_from is None
        and each.tariff_id != tariff.tariff_id
        and (evse_id == 0 or evse_id in each.evse_ids)
    ]


def _without(known: StationTariff | None, evse_id: int | None) -> StationTariff | None:
    """The record of a tariff that is no more at an EVSE (None or 0: at any)."""
    if known is None or not evse_id:
        return None
    left = tuple(each for each in known.evse_ids if each != evse_id)
    return changed(known, evse_ids=left) if left else None


def _set(known: StationTariff | None, station: str, evse_id: int, tariff: Tariff, at: datetime) -> StationTariff:
    places = {evse_id} if known is None or evse_id == 0 else {*known.evse_ids, evse_id}
    return StationTariff(
        station=station,
        tariff_id=tariff.tariff_id,
        kind=TariffKind.DEFAULT_TARIFF,
        evse_ids=tuple(sorted(places)),
        valid_from=tariff.valid_from,
        tariff=tariff,
        set_at=at,
        reported_at=None if known is None else known.reported_at,
    )


def _sent(tariff: Tariff, at: datetime) -> Amend:
    """From now on the id of this tariff stands for this content (I08.FR.08)."""

    def mark(known: TariffRecord | None) -> TariffRecord | None:
        if known is None or known.tariff != tariff or known.sent_at is not None:
            return known
        return changed(known, sent_at=at)

    return TARIFFS.amend("", tariff.tariff_id, mark)


async def get_tariffs(commander: Commander, books: TariffBooks, station: str, evse_id: int = 0) -> GetTariffsOutcome:
    """Ask which tariffs are installed at an EVSE, or at all (0) (I09); after one of all, those not told are forgotten."""
    outcome = await commander.ask(station, GetTariffs(evse_id=evse_id), GetTariffsOutcome)
    if outcome.status is TariffStatus.REJECTED:
        return outcome
    now = books.clock.now()
    told = {each.tariff_id for each in outcome.assignments}
    gone = [
        STATION_TARIFFS.amend(station, each.tariff_id, lambda known: _without(known, evse_id))
        for each in await tariffs_of(books.store, station)
        if each.tariff_id not in told
    ]
    kept = [_reported(station, each, now, whole=evse_id == 0) for each in outcome.assignments]
    if gone or kept:
        await books.journal.append(*gone, *kept)
    return outcome


def _reported(station: str, told: TariffAssignment, at: datetime, *, whole: bool) -> Amend:
    def put(known: StationTariff | None) -> StationTariff:
        blank = StationTariff(station=station, tariff_id=told.tariff_id, kind=told.tariff_kind)
        before = () if whole or known is None else known.evse_ids
        return changed(
            known or blank,
            kind=told.tariff_kind,
            evse_ids=tuple(sorted({*before, *told.evse_ids})),
            id_tokens=told.id_tokens,
            valid_from=told.valid_from,
            reported_at=at,
        )

    return STATION_TARIFFS.amend(station, told.tariff_id, put)


async def clear_tariffs(
    commander: Commander,
    books: TariffBooks,
    station: str,
    tariff_ids: Sequence[str] = (),
    evse_id: int | None = None,
) -> ClearTariffsOutcome:
    """Remove tariffs (I10): those of these ids, at this EVSE; without either all. Those that are gone are forgotten."""
    command = ClearTariffs(tariff_ids=tuple(tariff_ids), evse_id=evse_id)
    outcome = await commander.ask(station, command, ClearTariffsOutcome)
    gone = [
        STATION_TARIFFS.amend(station, each.tariff_id, lambda known: _without(known, evse_id))
        for each in outcome.results
        if each.tariff_id is not None and each.status is not TariffStatus.REJECTED
    ]
    if gone:
        await books.journal.append(*gone)
    return outcome


async def tariffs_of(store: Store, station: str) -> list[StationTariff]:
    """All tariffs on record of a station."""
    found: list[StationTariff] = []
    after: str | None = None
    while True:
        page = await store.records(STATION_TARIFFS, station, Page(limit=_PAGE, after=after))
        found += page
        if len(page) < _PAGE:
            return found
        after = cursor_of(station, page[-1].tariff_id)


async def change_transaction_tariff(
    commander: Commander, books: TariffBooks, station: str, transaction_id: str, tariff: Tariff
) -> ChangeTransactionTariffOutcome:
    """Let a running transaction go on with another tariff (I11): its bill too, from now on, if it is billed here."""
    command = ChangeTransactionTariff(transaction_id=transaction_id, tariff=tariff)
    outcome = await commander.ask(station, command, ChangeTransactionTariffOutcome)
    if outcome.status is TariffChangeStatus.ACCEPTED:
        now = books.clock.now()
        await books.journal.append(_sent(tariff, now))
        account = await account_of(books.store, station, transaction_id)
        if account is not None:
            ledger = ledger_of(books.journal, books.store, books.clock)
            await ledger.change_tariff(account, general_of(tariff), now)
    return outcome


# --- what the driver sees ---------------------------------------------------------------------------------------------


async def cost_updated(
    commander: Commander,
    books: TariffBooks,
    station: str,
    transaction_id: str,
    total_cost: Decimal,
    charging_price: ChargingPrice | None = None,
) -> CostShownOutcome:
    """Show the running cost of a transaction (I02); a 1.6 station is told the time, the register, the state and the price with it."""
    known = await books.store.transaction(station, transaction_id)
    idle = known is not None and known.charging_state in (ChargingState.SUSPENDED_EV, ChargingState.SUSPENDED_EVSE)
    command = CostUpdated(
        transaction_id=transaction_id,
        total_cost=total_cost,
        at=books.clock.now(),
        meter_value=None if known is None else _register(known),
        state=CostState.IDLE if idle else CostState.CHARGING,
        charging_price=charging_price,
    )
    return await commander.ask(station, command, CostShownOutcome)


def _register(transaction: Transaction) -> Decimal | None:
    return transaction.meter_start if transaction.last_register is None else transaction.last_register


async def final_cost(
    commander: Commander,
    station: str,
    transaction_id: str,
    cost: Decimal,
    *,
    price_text: str | None = None,
    extra: tuple[TariffText, ...] = (),
    qr_code_text: str | None = None,
) -> CostShownOutcome:
    """Show the cost of a transaction that has ended (1.6)."""
    command = FinalCost(
        transaction_id=transaction_id,
        cost=cost,
        price_text=price_text,
        price_text_extra=extra,
        qr_code_text=qr_code_text,
    )
    return await commander.ask(station, command, CostShownOutcome)


async def set_user_price(
    commander: Commander, station: str, id_token: IdToken, price_text: str, extra: tuple[TariffText, ...] = ()
) -> CostShownOutcome:
    """Tell the price of a driver as a text (1.6)."""
    command = SetUserPrice(id_token=id_token, price_text=price_text, price_text_extra=extra)
    return await commander.ask(station, command, CostShownOutcome)


async def web_payment_started(
    commander: Commander, station: str, evse_id: int, timeout: int, *, patience: float | None = None
) -> WebPaymentOutcome:
    """Tell that a driver is paying by web page, so that the EVSE waits `timeout` seconds (C25.FR.21).

    `patience`: seconds the station may take to answer, None: as usual.
    """
    command = NotifyWebPaymentStarted(evse_id=evse_id, timeout=timeout)
    return await commander.ask(station, command, WebPaymentOutcome, timeout=patience)
