"""Remote start, remote stop, unlock (functional block F)."""

from __future__ import annotations

from collections.abc import Hashable

from pilotwire.domain.authorization import AuthorizationVerdict
from pilotwire.domain.identity import NO_AUTHORIZATION, IdToken, same_token
from pilotwire.domain.provisioning import RegistrationStatus
from pilotwire.domain.remote_control import (
    RequestStart,
    RequestStartOutcome,
    RequestStatus,
    RequestStop,
    RequestStopOutcome,
    UnlockConnector,
    UnlockOutcome,
    UnlockStatus,
)
from pilotwire.domain.transactions import StoppedReason, TriggerReason
from pilotwire.station.core import (
    authorization,
    availability,
    charging_checks,
    cost,
    energy,
    master_pass,
    reservation,
    tariff_payment,
    tariff_rules,
    transactions,
    transactions_unplaced,
    web_payment,
)
from pilotwire.station.core.actions import Answer, SetLock, Show
from pilotwire.station.core.evse import Evse, Grant
from pilotwire.station.core.station import Station
from pilotwire.station.core.transactions import Cause

# --- start ----------------------------------------------------------------------------------------------------------


def request_start(station: Station, ref: Hashable, command: RequestStart) -> None:
    """Answer, then do as if the driver had presented the token (F01.FR.01), or without asking about it (F01.FR.02)."""
    evse = _chosen(station, command)
    if evse is None or not charging_checks.may_come(station, evse.evse_id, command.charging_profile):  # K05.FR.05
        station.do(Answer(ref, RequestStartOutcome(status=RequestStatus.REJECTED)))
        return
    running = evse.tx.transaction_id if evse.tx is not None else None  # F01.FR.13
    station.do(Answer(ref, RequestStartOutcome(status=RequestStatus.ACCEPTED, transaction_id=running)))
    ask = station.variables.on("AuthCtrlr.AuthorizeRemoteStart")
    if ask and command.id_token.type not in (NO_AUTHORIZATION, "Central"):  # C05.FR.01
        authorization.judge(station, command.id_token, lambda verdict: _judged(station, evse, command, verdict))
    else:
        _grant(station, evse, command)


def _judged(station: Station, evse: Evse, command: RequestStart, verdict: AuthorizationVerdict) -> None:
    verdict = tariff_rules.checked(station, authorization.at_evse(verdict, evse))
    if verdict.accepted and not master_pass.is_master(station, verdict):  # C16.FR.01
        _grant(station, evse, command, verdict)
    else:
        station.do(Show(evse.evse_id, f"The remote start was not accepted: {verdict.status}."))


def _grant(station: Station, evse: Evse, command: RequestStart, verdict: AuthorizationVerdict | None = None) -> None:
    """Unless somebody was quicker while we asked."""
    group = command.group or (verdict.group if verdict is not None else None)
    if not _free(station, evse, command.id_token, group):
        return
    given = Grant(command.id_token, group, remote=True, remote_start_id=command.remote_start_id)
    given.charging_profile = charging_checks.of_use(station, command.charging_profile)
    given.tariff = verdict.tariff if verdict is not None else None
    given.limit = web_payment.take_choice(station, evse, command.id_token)
    tariff_payment.done(station, evse)
    transactions.grant(station, evse, given)
    if (text := cost.tariff_text(station, verdict, evse)) is not None:
        station.do(Show(evse.evse_id, text))


def _chosen(station: Station, command: RequestStart) -> Evse | None:
    """The EVSE named, or one with a vehicle, or any free one (F01.FR.20); None if it cannot be (F01.FR.23, F01.FR.24)."""
    if station.registration is not RegistrationStatus.ACCEPTED:
        return None  # B02.FR.05
    if len(command.id_token.additional) > station.variables.number("AuthCtrlr.AdditionalInfoItemsPerMessage"):
        return None
    known = authorization.known_here(station, command.id_token)
    group = command.group or (known.group if known is not None else None)  # H03.FR.07
    if command.evse is not None:
        named = station.evses.get(command.evse)
        return named if named is not None and _free(station, named, command.id_token, group) else None
    free = [evse for evse in station.evses.values() if _free(station, evse, command.id_token, group)]
    reserved = reservation.evse_for(station, command.id_token, group)
    if reserved in free:
        return reserved
    return next((evse for evse in free if evse.connector is not None), free[0] if free else None)


def _free(station: Station, evse: Evse, id_token: IdToken, group: IdToken | None) -> bool:
    """Whether nobody charges here and nothing forbids it, nor a reservation for others (F01.FR.21, F01.FR.22).

    A transaction whose owner has not plugged in in time goes on until the bay is free (E03.FR.15); until then the owner may come back.
    """
    owner = evse.tx.owner if evse.tx is not None else None
    comes_back = evse.connector is None and same_token(owner, id_token)
    taken = evse.grant is not None or (owner is not None and not comes_back)
    return not taken and availability.usable(station, evse) and not reservation.refuses(station, evse, id_token, group)


# --- stop -----------------------------------------------------------------------------------------------------------


def request_stop(station: Station, command: RequestStop) -> RequestStopOutcome:
    """End the authorization of a running transaction (F03.FR.07); Rejected for one that does not run (F03.FR.08)."""
    evse = station.evse_of_transaction(command.transaction_id)
    if station.registration is not RegistrationStatus.ACCEPTED or not station.is_ongoing(command.transaction_id):
        return RequestStopOutcome(status=RequestStatus.REJECTED)
    cause = Cause(TriggerReason.REMOTE_STOP, StoppedReason.REMOTE)
    if evse is None:
        transactions_unplaced.end(station, cause.trigger, cause.reason)
        return RequestStopOutcome(status=RequestStatus.ACCEPTED)
    stops = station.variables.members("TxCtrlr.TxStopPoint")
    if evse.grant is None and stops & {"Authorized", "PowerPathClosed"}:
        transactions.end(station, evse, cause)  # nobody was authorized, so nothing ends by itself (F03.FR.03)
    else:
        transactions.revoke(station, evse, cause)
    return RequestStopOutcome(status=RequestStatus.ACCEPTED)


# --- unlock ---------------------------------------------------------------------------------------------------------


def unlock(station: Station, ref: Hashable, command: UnlockConnector) -> None:
    """Release a plug (F05); answered when the lock has moved, at once where a cable is attached to the station."""
    evse = station.evses.get(command.evse)
    if evse is None or command.connector not in evse.connectors:
        station.do(Answer(ref, UnlockOutcome(status=UnlockStatus.UNKNOWN_CONNECTOR)))
        return
    if evse.connectors[command.connector].cable_attached:  # no plug of ours is locked there (1.6:5.18)
        station.do(Answer(ref, UnlockOutcome(status=UnlockStatus.NOT_SUPPORTED)))
        return
    if _is_in_use(evse, command.connector):
        if not station.settings.unlock_ends_transaction:
            status = UnlockStatus.ONGOING_AUTHORIZED_TRANSACTION
            station.do(Answer(ref, UnlockOutcome(status=status)))  # F05.FR.02
            return
        transactions.revoke(station, evse, Cause(TriggerReason.UNLOCK_COMMAND, StoppedReason.UNLOCK_COMMAND))
        energy.power(station, evse)
    evse.held_for = None
    evse.unlocks.append((ref, command.connector))
    evse.lock_asked.add((command.connector, False))
    station.do(SetLock(evse.evse_id, command.connector, False))


def _is_in_use(evse: Evse, connector: int) -> bool:
    return evse.grant is not None and evse.tx is not None and evse.connector in (None, connector)


def unlocked(station: Station, evse: Evse, connector: int, *, done: bool) -> None:
    """The lock moved, or did not: answer who waits for it (F05.FR.04, F05.FR.05)."""
    status = UnlockStatus.UNLOCKED if done else UnlockStatus.UNLOCK_FAILED
    for ref, place in [one for one in evse.unlocks if one[1] == connector]:
        evse.unlocks.remove((ref, place))
        station.do(Answer(ref, UnlockOutcome(status=status)))
