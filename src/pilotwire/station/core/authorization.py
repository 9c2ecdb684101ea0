"""Who may charge (functional block C): a card is presented, somebody is asked or the cache is, and a transaction begins or ends."""

from __future__ import annotations

from collections.abc import Callable

from pilotwire.domain.authorization import (
    AuthorizationAsked,
    AuthorizationStatus,
    AuthorizationVerdict,
    may_stop,
)
from pilotwire.domain.device_model import DataType
from pilotwire.domain.identity import NO_AUTHORIZATION, IdToken, same_token
from pilotwire.domain.kinds import Verdict, changed
from pilotwire.domain.transactions import StoppedReason, TriggerReason
from pilotwire.station.core import (
    availability,
    cost,
    display_screens,
    local_list,
    master_pass,
    outbox_policy,
    reservation,
    tariff_payment,
    tariff_rules,
    token_cache,
    transactions,
    transactions_unplaced,
)
from pilotwire.station.core.actions import Show
from pilotwire.station.core.evse import Evse, Grant
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street
from pilotwire.station.core.transactions import Cause
from pilotwire.station.core.variable_table import Declared, fixed
from pilotwire.station.hardware.ports import StationLayout

Judged = Callable[[AuthorizationVerdict], None]

ADDITIONAL_INFO_ITEMS = 10
"""How many further identifiers of a token are taken from the CSMS."""
TOKEN_TYPES = (
    "Central",
    "DirectPayment",
    "eMAID",
    "EVCCID",
    "ISO14443",
    "ISO15693",
    "KeyCode",
    "Local",
    "MacAddress",
    "NoAuthorization",
    "VIN",
)
"""The token types of the appendix (IdTokenEnumStringType); what each is asked for or not is the same for all but two of them."""
OTHERS = "Another card is charging here."
PLUGGING_IN = "Somebody else is about to plug in. Try again in a moment."
_MOST_INFO = "AuthCtrlr.AdditionalInfoItemsPerMessage"
_ACCEPTED = AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED)
_UNKNOWN = AuthorizationVerdict(status=AuthorizationStatus.UNKNOWN)


# --- a card ---------------------------------------------------------------------------------------------------------


def card_presented(station: Station, evse_id: int | None, id_token: IdToken) -> None:
    """Somebody held a card to a reader: to stop, to start, or to get the cable back."""
    if evse_id is None and station.unplaced is not None and same_token(station.unplaced.id_token, id_token):
        _stop_waiting(station, id_token)
        return
    evse = station.evses.get(evse_id) if evse_id is not None else _meant(station, id_token)
    if evse is None:
        _ask_once(station, 0, id_token, lambda verdict: _judged_at_station(station, id_token, verdict))
    elif evse.grant is not None:
        _stop_wanted(station, evse, evse.grant, id_token)
    elif same_token(evse.held_for, id_token):
        evse.held_for = None  # `power` lets the cable go (E05.FR.11, E09.FR.03)
    else:
        _start_wanted(station, evse, id_token)


def _meant(station: Station, id_token: IdToken) -> Evse | None:
    """Which EVSE a card at the station's reader is for: where it charges, else where a vehicle was plugged in last, or has parked."""
    if len(station.evses) == 1:
        return next(iter(station.evses.values()))
    using = [*station.holds(id_token), *(e for e in station.evses.values() if same_token(e.held_for, id_token))]
    if using:
        return using[0]
    ready = [e for e in station.evses.values() if e.grant is None and e.plugged_at and e.connector is not None]
    parked = [e for e in station.evses.values() if e.parked and _is_open(e)]
    waiting = parked[0] if len(parked) == 1 else None
    return max(ready, key=lambda evse: evse.plugged_at or station.now, default=waiting)


def _is_open(evse: Evse) -> bool:
    """Whether nobody charges there, or may."""
    return evse.grant is None and (evse.tx is None or evse.tx.owner is None)


def _stop_waiting(station: Station, id_token: IdToken) -> None:
    """Who was to plug in does not want to any more."""
    station.do(Show(None, "Charging stopped."))
    transactions_unplaced.end(station, TriggerReason.STOP_AUTHORIZED, StoppedReason.LOCAL, id_token=id_token)


def _judged_at_station(station: Station, id_token: IdToken, verdict: AuthorizationVerdict) -> None:
    """A card at the station's reader with no vehicle waiting: it may stop what its group charges, or wait for a vehicle (E03)."""
    if master_pass.presented(station, id_token, verdict):
        return
    if (evse := _meant(station, id_token)) is not None and _is_open(evse):
        begin(station, evse, id_token, verdict)  # plugged in while we asked
        return
    verdict = tariff_rules.checked(station, verdict)
    if station.unplaced is not None and _may_stop(station, station.unplaced, id_token, verdict):
        _stop_waiting(station, id_token)
        return
    for evse in station.evses.values():
        if evse.grant is not None and _may_stop(station, evse.grant, id_token, verdict):
            _stop(station, evse, id_token)
            return
    if not verdict.accepted or not _has_room(station, id_token, verdict):
        _turn_away(station, None, verdict)
        return
    if station.unplaced is not None:
        station.do(Show(None, PLUGGING_IN))
        return
    reserved = reservation.evse_for(station, id_token, verdict.group)
    if reserved is not None and may_start(station, reserved) and at_evse(verdict, reserved).accepted:
        transactions.grant(station, reserved, Grant(id_token, verdict.group, tariff=verdict.tariff))
        return
    given = Grant(id_token, verdict.group, evses=verdict.evses, tariff=verdict.tariff)
    transactions_unplaced.wait(station, given)
    station.do(Show(None, cost.tariff_text(station, verdict) or "Accepted. Plug in the vehicle."))


def _has_room(station: Station, id_token: IdToken, verdict: AuthorizationVerdict) -> bool:
    free = [evse for evse in station.evses.values() if _is_open(evse) and may_start(station, evse)]
    allowed = [evse for evse in free if at_evse(verdict, evse).accepted]
    return any(not reservation.refuses(station, evse, id_token, verdict.group) for evse in allowed)


# --- start ----------------------------------------------------------------------------------------------------------


def _start_wanted(station: Station, evse: Evse, id_token: IdToken) -> None:
    if tariff_payment.is_kept(station, evse):
        station.do(Show(evse.evse_id, tariff_payment.BUSY))  # C25.FR.22
    elif not may_start(station, evse):
        full = outbox_policy.refuses_charging(station)
        station.do(Show(evse.evse_id, outbox_policy.FULL if full else "This charging point cannot be used now."))
    elif evse.tx is not None and evse.tx.owner is not None and not same_token(evse.tx.owner, id_token):
        station.do(Show(evse.evse_id, "Somebody else's charging has not ended yet."))  # C01.FR.23
    else:
        _ask_once(station, evse.evse_id, id_token, lambda verdict: begin(station, evse, id_token, verdict))


def may_start(station: Station, evse: Evse) -> bool:
    """Whether an authorization can be of use here: registered or allowed without (B02.FR.03), and nothing forbids it."""
    return availability.registered(station) and (
        availability.usable(station, evse) or (evse.tx is not None and not availability.blocked(station, evse))
    )


def begin(station: Station, evse: Evse, id_token: IdToken, verdict: AuthorizationVerdict) -> None:
    """Let a token charge here whose verdict is known, wherever it was had (C07), or turn it away."""
    if master_pass.presented(station, id_token, verdict):
        return
    verdict = tariff_rules.checked(station, at_evse(verdict, evse))
    if not verdict.accepted:
        _turn_away(station, evse.evse_id, verdict)
    elif reservation.refuses(station, evse, id_token, verdict.group):
        station.do(Show(evse.evse_id, "This charging point is reserved for somebody else."))
    elif evse.grant is None and may_start(station, evse):
        transactions.grant(station, evse, Grant(id_token, verdict.group, tariff=verdict.tariff))
        if (text := cost.tariff_text(station, verdict, evse)) is not None:
            station.do(Show(evse.evse_id, text))  # C01.FR.04


def at_evse(verdict: AuthorizationVerdict, evse: Evse) -> AuthorizationVerdict:
    """The verdict as it is for an EVSE: a token may be good for some of them only (C01.FR.21)."""
    if verdict.accepted and verdict.evses and evse.evse_id not in verdict.evses:
        return changed(verdict, status=AuthorizationStatus.NOT_ALLOWED_TYPE_EVSE)
    return verdict


def _turn_away(station: Station, evse_id: int | None, verdict: AuthorizationVerdict) -> None:
    taken = outbox_policy.FULL if outbox_policy.refuses_charging(station) else "Everything is taken."
    text = taken if verdict.accepted else f"Card not accepted: {verdict.status}."
    station.do(Show(evse_id, verdict.message or text))


# --- stop -----------------------------------------------------------------------------------------------------------


def _stop_wanted(station: Station, evse: Evse, given: Grant, id_token: IdToken) -> None:
    """The same token stops at once, one of the same group if it is known; another is asked about (C01.FR.03, C09.FR.05)."""
    known = known_here(station, id_token)
    if _may_stop(station, given, id_token, known):
        _stop(station, evse, id_token)
    elif given.group is None and station.settings.asks_about_groups_only:
        station.do(Show(evse.evse_id, OTHERS))  # whatever the CSMS said of it, it would not be of the same group
    else:
        _ask_once(station, evse.evse_id, id_token, lambda verdict: _judged_stop(station, evse, id_token, verdict))


def _judged_stop(station: Station, evse: Evse, id_token: IdToken, verdict: AuthorizationVerdict) -> None:
    if master_pass.presented(station, id_token, verdict) or evse.grant is None:
        return
    if _may_stop(station, evse.grant, id_token, verdict):
        _stop(station, evse, id_token)
    else:
        station.do(Show(evse.evse_id, OTHERS))


def _may_stop(station: Station, given: Grant, id_token: IdToken, verdict: AuthorizationVerdict | None) -> bool:
    """A start without authorization can be ended by anyone (F01, remark)."""
    return given.id_token.type == NO_AUTHORIZATION or may_stop(given.id_token, given.group, id_token, verdict)


def _stop(station: Station, evse: Evse, id_token: IdToken | None) -> None:
    station.do(Show(evse.evse_id, "Charging stopped."))
    transactions.revoke(station, evse, Cause(TriggerReason.STOP_AUTHORIZED, StoppedReason.LOCAL, id_token))


def stop_button(station: Station, evse: Evse) -> None:
    """The stop button of an EVSE: as if the driver's own card stopped it, but with no card to tell of."""
    if evse.grant is not None:
        _stop(station, evse, None)


# --- judgement ------------------------------------------------------------------------------------------------------


def _ask_once(station: Station, place: int, id_token: IdToken, then: Judged) -> None:
    """Ask about a token, unless one is being asked about for this place."""
    if place in station.asking:
        return
    station.asking.add(place)

    def judged(verdict: AuthorizationVerdict) -> None:
        station.asking.discard(place)
        then(verdict)

    judge(station, id_token, judged)


def judge(station: Station, id_token: IdToken, then: Judged) -> None:
    """Find out about a token: from the CSMS where it can be asked, else from what is known here; `then` is told, at once or later."""
    known = known_here(station, id_token)
    if not station.variables.on("AuthCtrlr.Enabled") or id_token.type == NO_AUTHORIZATION:
        then(_ACCEPTED)
    elif not station.online or station.variables.on("AuthCtrlr.DisableRemoteAuthorization"):
        then(_judge_here(station, id_token))
    elif known is not None and _is_enough(station, id_token, known):
        token_cache.used(station, id_token)
        then(known)
    else:
        _ask(station, id_token, then)


def _is_enough(station: Station, id_token: IdToken, known: AuthorizationVerdict) -> bool:
    """Whether nobody need be asked: accepted here (C12.FR.02, C14.FR.02), or not, and that is final (C14.FR.03, C10.FR.03)."""
    if known.accepted:
        return station.variables.on("AuthCtrlr.LocalPreAuthorize")
    if local_list.entry_of(station, id_token) is not None:
        return local_list.is_final(station, id_token)
    return station.variables.on("AuthCacheCtrlr.DisablePostAuthorize")


def _ask(station: Station, id_token: IdToken, then: Judged) -> None:
    def answered(verdict: Verdict) -> None:
        if isinstance(verdict, AuthorizationVerdict):
            token_cache.remember(station, id_token, verdict)
            display_screens.speaks(station, id_token, verdict)
            then(verdict)
        else:
            failed(True)

    def failed(refused: bool) -> None:
        then(_UNKNOWN if refused else _judge_here(station, id_token, unheard=True))

    station.say(AuthorizationAsked(id_token=id_token), answered=answered, failed=failed)


def _judge_here(station: Station, id_token: IdToken, *, unheard: bool = False) -> AuthorizationVerdict:
    """Without the CSMS: list and cache (C12, C13; 1.6:3.5.4), and by choice anybody who is in neither, but that offline only (C15.FR.08).

    `unheard`: the line stands, but no answer came.
    """
    known = known_here(station, id_token)
    offline = unheard or not station.online
    if known is None:
        unknown_ones = offline and station.variables.on("AuthCtrlr.OfflineTxForUnknownIdEnabled")
        return _ACCEPTED if unknown_ones else _UNKNOWN
    if offline and not station.variables.on("AuthCtrlr.LocalAuthorizeOffline"):
        return _UNKNOWN
    token_cache.used(station, id_token)
    return known


def known_here(station: Station, id_token: IdToken) -> AuthorizationVerdict | None:
    """What is known of a token without asking: by the list, and only if it is not there by the cache (C13.FR.01, C14.FR.01)."""
    return local_list.look_up(station, id_token) or token_cache.look_up(station, id_token)


# --- the street -----------------------------------------------------------------------------------------------------


def _variables(family: Family, _layout: StationLayout) -> tuple[Declared, ...]:
    if family is Family.OCPP16:
        return (fixed(_MOST_INFO, str(ADDITIONAL_INFO_ITEMS)),)
    return (
        fixed(_MOST_INFO, str(ADDITIONAL_INFO_ITEMS)),
        fixed("AuthCtrlr.SupportedIdTokenTypes", ",".join(TOKEN_TYPES), DataType.MEMBER_LIST, TOKEN_TYPES),
    )


STREET = Street("authorization", variables=_variables)
