"""What the CSMS's answer to a transaction event changes: whether its token may go on (E05, C15), and what may be used up (E16)."""

from __future__ import annotations

from pilotwire.domain.authorization import AuthorizationVerdict
from pilotwire.domain.identity import IdToken, same_token
from pilotwire.domain.kinds import changed
from pilotwire.domain.transactions import EventKind, StoppedReason, TransactionEvent, TransactionVerdict, TriggerReason
from pilotwire.station.core import (
    cost,
    display_screens,
    limits,
    payment_terminal,
    token_cache,
    transactions,
    transactions_unplaced,
)
from pilotwire.station.core.actions import Show
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.station import Station
from pilotwire.station.core.transactions import Cause

_ENDED_BY_DEAUTHORIZATION = frozenset({"Authorized", "PowerPathClosed", "EnergyTransfer"})


def answered(station: Station, event: TransactionEvent, verdict: TransactionVerdict) -> None:
    """Take the answer to an event: the id the CSMS gave (1.6), its judgement, cost, limit and message."""
    if verdict.transaction_id is not None and event.transaction_id is not None:
        # a new dict: the one there is part of what was saved, and must differ from it to be saved
        station.named = {**station.named, event.transaction_id: verdict.transaction_id}
    if event.id_token is not None and verdict.authorization is not None:
        token_cache.remember(station, event.id_token, _with_tariff(station, event.id_token, verdict.authorization))
        display_screens.speaks(station, event.id_token, verdict.authorization)
        _judged(station, event, verdict.authorization)
    evse = station.evse_of_transaction(event.transaction_id or "")
    if evse is None:
        if verdict.limit is not None and _is_unplaced(station, event):
            limits.set_unplaced(station, verdict.limit)
        if event.kind is EventKind.ENDED:
            payment_terminal.priced(station, event, verdict)
            cost.ended(station, event, verdict)
        return
    if verdict.total_cost is not None:
        cost.running(station, evse, verdict.total_cost)
    if (text := cost.message_of(station, evse, verdict)) is not None:
        station.do(Show(evse.evse_id, text))  # I06.FR.03
    if verdict.limit is not None:
        limits.set_by_csms(station, evse, verdict.limit)


def _with_tariff(station: Station, id_token: IdToken, verdict: AuthorizationVerdict) -> AuthorizationVerdict:
    """A verdict to be cached, with the driver's tariff that is there: an answer to an event cannot repeat it (I08.FR.05)."""
    known = station.cache.entries.get(id_token.key)
    tariff = known.verdict.tariff if known is not None else None
    return verdict if tariff is None else changed(verdict, tariff=tariff)


def _judged(station: Station, event: TransactionEvent, verdict: AuthorizationVerdict) -> None:
    """The judgement on the token of an event: one that is not accepted ends the energy, or the transaction."""
    if _is_unplaced(station, event):
        _judged_unplaced(station, event, verdict)
        return
    evse = station.evse_of_transaction(event.transaction_id or "")
    if evse is None or evse.tx is None or evse.grant is None or not same_token(evse.grant.id_token, event.id_token):
        return
    if event.trigger is TriggerReason.STOP_AUTHORIZED or verdict.accepted:
        evse.grant.group = verdict.group or evse.grant.group
        return
    station.do(Show(evse.evse_id, verdict.message or f"Card not accepted: {verdict.status}."))
    if station.variables.on("TxCtrlr.StopTxOnInvalidId"):
        _deauthorize(station, evse)
    else:
        evse.tx.invalid = True
        limits.check(station, evse)


def _is_unplaced(station: Station, event: TransactionEvent) -> bool:
    return station.unplaced_tx is not None and station.unplaced_tx.transaction_id == event.transaction_id


def _judged_unplaced(station: Station, event: TransactionEvent, verdict: AuthorizationVerdict) -> None:
    """The same before there is an EVSE: nothing flows yet, so there is nothing to hold back until there is."""
    given, tx = station.unplaced, station.unplaced_tx
    if given is None or tx is None or not same_token(given.id_token, event.id_token):
        return
    if verdict.accepted:
        given.group = tx.group = verdict.group or given.group
        return
    station.do(Show(None, verdict.message or f"Card not accepted: {verdict.status}."))
    if station.variables.on("TxCtrlr.StopTxOnInvalidId"):
        transactions_unplaced.end(station, TriggerReason.DEAUTHORIZED, StoppedReason.DEAUTHORIZED)
    else:
        tx.invalid = True


def _deauthorize(station: Station, evse: Evse) -> None:
    cause = Cause(TriggerReason.DEAUTHORIZED, StoppedReason.DEAUTHORIZED)
    if station.variables.members("TxCtrlr.TxStopPoint") & _ENDED_BY_DEAUTHORIZATION:
        transactions.end(station, evse, cause, hold=True)  # E05.FR.10, E05.FR.11
    else:
        transactions.revoke(station, evse, cause)  # E05.FR.09
