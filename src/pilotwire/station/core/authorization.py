"""Who may charge (functional block C): a card is presented, somebody is asked or the cache is, and a transaction begins or ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from pilotwire.domain.authorization import (
    AuthorizationAsked,
    AuthorizationStatus,
    AuthorizationVerdict,
    ClearCacheOutcome,
    may_stop,
)
from pilotwire.domain.identity import NO_AUTHORIZATION, IdToken, same_token
from pilotwire.domain.kinds import Verdict, changed
from pilotwire.domain.provisioning import RegistrationStatus
from pilotwire.domain.transactions import StoppedReason, TriggerReason
from pilotwire.station.core import availability, local_list, reservation, transactions
from pilotwire.station.core.actions import Show
from pilotwire.station.core.evse import Evse, Grant
from pilotwire.station.core.memory import CachedVerdict, CacheMemory
from pilotwire.station.core.station import Station
from pilotwire.station.core.transactions import Cause

Judged = Callable[[AuthorizationVerdict], None]

_NOT_CACHED = frozenset({NO_AUTHORIZATION, "Central"})
"""Token types that are kept in no cache (C02.FR.03, C05.FR.02)."""
_ACCEPTED = AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED)


# --- a card ---------------------------------------------------------------------------------------------------------


def card_presented(station: Station, evse_id: int | None, id_token: IdToken) -> None:
    """Somebody held a card to a reader: to stop, to start, or to get the cable back."""
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
    """Which EVSE a card at the station's reader is for: where it charges, else where a vehicle was plugged in last."""
    if len(station.evses) == 1:
        return next(iter(station.evses.values()))
    using = [*station.holds(id_token), *(e for e in station.evses.values() if same_token(e.held_for, id_token))]
    if using:
        return using[0]
    ready = [e for e in station.evses.values() if e.grant is None and e.plugged_at and e.connector is not None]
    return max(ready, key=lambda evse: evse.plugged_at or station.now, default=None)


def _judged_at_station(station: Station, id_token: IdToken, verdict: AuthorizationVerdict) -> None:
    """A card at the station's reader with no vehicle waiting: it may stop what its group charges, or wait for a vehicle (E03)."""
    if _stop_all_by_master(station, id_token, verdict):
        return
    for evse in station.evses.values():
        if evse.grant is not None and _may_stop(station, evse.grant, id_token, verdict):
            _stop(station, evse, id_token)
            return
    if not verdict.accepted or not _has_room(station, id_token, verdict.group):
        _turn_away(station, None, verdict)
        return
    reserved = reservation.evse_for(station, id_token, verdict.group)
    if reserved is not None and may_start(station, reserved):
        transactions.grant(station, reserved, Grant(id_token, verdict.group))
        return
    until = station.timeout_of("TxCtrlr.EVConnectionTimeOut")
    station.unplaced = Grant(id_token, verdict.group, until=until)
    station.do(Show(None, "Accepted. Plug in the vehicle."))


def _has_room(station: Station, id_token: IdToken, group: IdToken | None) -> bool:
    free = [evse for evse in station.evses.values() if not evse.busy and availability.usable(station, evse)]
    return any(not reservation.refuses(station, evse, id_token, group) for evse in free)


# --- start ----------------------------------------------------------------------------------------------------------


def _start_wanted(station: Station, evse: Evse, id_token: IdToken) -> None:
    if not may_start(station, evse):
        station.do(Show(evse.evse_id, "This charging point cannot be used now."))
    elif evse.tx is not None and evse.tx.owner is not None and not same_token(evse.tx.owner, id_token):
        station.do(Show(evse.evse_id, "Somebody else's charging has not ended yet."))  # C01.FR.23
    else:
        _ask_once(station, evse.evse_id, id_token, lambda verdict: _judged_start(station, evse, id_token, verdict))


def may_start(station: Station, evse: Evse) -> bool:
    """Whether an authorization can be of use here: registered or allowed without (B02.FR.03), and nothing forbids it."""
    registered = station.registration is RegistrationStatus.ACCEPTED
    allowed = registered or station.variables.on("TxCtrlr.TxBeforeAcceptedEnabled")
    return allowed and (
        availability.usable(station, evse) or (evse.tx is not None and not availability.blocked(station, evse))
    )


def _judged_start(station: Station, evse: Evse, id_token: IdToken, verdict: AuthorizationVerdict) -> None:
    if _stop_all_by_master(station, id_token, verdict):
        return
    if verdict.evses and evse.evse_id not in verdict.evses:  # C01.FR.21
        verdict = changed(verdict, status=AuthorizationStatus.NOT_ALLOWED_TYPE_EVSE)
    if not verdict.accepted:
        _turn_away(station, evse.evse_id, verdict)
    elif reservation.refuses(station, evse, id_token, verdict.group):
        station.do(Show(evse.evse_id, "This charging point is reserved for somebody else."))
    elif evse.grant is None and may_start(station, evse):
        transactions.grant(station, evse, Grant(id_token, verdict.group))


def _turn_away(station: Station, evse_id: int | None, verdict: AuthorizationVerdict) -> None:
    text = "Everything is taken." if verdict.accepted else f"Card not accepted: {verdict.status}."
    station.do(Show(evse_id, verdict.message or text))


# --- stop -----------------------------------------------------------------------------------------------------------


def _stop_wanted(station: Station, evse: Evse, given: Grant, id_token: IdToken) -> None:
    """The same token stops at once, one of the same group if it is known; another is asked about (C01.FR.03, C09.FR.05)."""
    known = known_here(station, id_token)
    if _may_stop(station, given, id_token, known):
        _stop(station, evse, id_token)
    else:
        _ask_once(station, evse.evse_id, id_token, lambda verdict: _judged_stop(station, evse, id_token, verdict))


def _judged_stop(station: Station, evse: Evse, id_token: IdToken, verdict: AuthorizationVerdict) -> None:
    if _stop_all_by_master(station, id_token, verdict) or evse.grant is None:
        return
    if _may_stop(station, evse.grant, id_token, verdict):
        _stop(station, evse, id_token)
    else:
        station.do(Show(evse.evse_id, "Another card is charging here."))


def _may_stop(station: Station, given: Grant, id_token: IdToken, verdict: AuthorizationVerdict | None) -> bool:
    """A start without authorization can be ended by anyone (F01, remark)."""
    return given.id_token.type == NO_AUTHORIZATION or may_stop(given.id_token, given.group, id_token, verdict)


def _stop(station: Station, evse: Evse, id_token: IdToken | None, reason: StoppedReason = StoppedReason.LOCAL) -> None:
    station.do(Show(evse.evse_id, "Charging stopped."))
    transactions.revoke(station, evse, Cause(TriggerReason.STOP_AUTHORIZED, reason, id_token))


def stop_button(station: Station, evse: Evse) -> None:
    """The stop button of an EVSE: as if the driver's own card stopped it, but with no card to tell of."""
    if evse.grant is not None:
        _stop(station, evse, None)


def _stop_all_by_master(station: Station, id_token: IdToken, verdict: AuthorizationVerdict) -> bool:
    """A token of the master pass group starts nothing and stops everything (C12.FR.09, C16.FR.02)."""
    master = station.variables.text("AuthCtrlr.MasterPassGroupId").casefold()
    if not master or not verdict.accepted or verdict.group is None or verdict.group.key != master:
        return False
    for evse in station.evses.values():
        if evse.grant is not None:
            _stop(station, evse, id_token, StoppedReason.MASTER_PASS)
    return True


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
            remember(station, id_token, verdict)
            then(verdict)
        else:
            failed(True)

    def failed(refused: bool) -> None:
        unknown = AuthorizationVerdict(status=AuthorizationStatus.UNKNOWN)
        then(unknown if refused else _judge_here(station, id_token))

    station.say(AuthorizationAsked(id_token=id_token), answered=answered, failed=failed)


def _judge_here(station: Station, id_token: IdToken) -> AuthorizationVerdict:
    """Without the CSMS: list and cache, and by choice anybody who is in neither (C12, C13, C15.FR.08; 1.6:3.5.4)."""
    known = known_here(station, id_token)
    if known is None and station.variables.on("AuthCtrlr.OfflineTxForUnknownIdEnabled"):
        return _ACCEPTED
    if known is None or not station.variables.on("AuthCtrlr.LocalAuthorizeOffline"):
        return AuthorizationVerdict(status=AuthorizationStatus.UNKNOWN)
    return known


def known_here(station: Station, id_token: IdToken) -> AuthorizationVerdict | None:
    """What is known of a token without asking: by the list, and only if it is not there by the cache (C13.FR.01, C14.FR.01)."""
    return local_list.look_up(station, id_token) or look_up(station, id_token)


# --- cache ----------------------------------------------------------------------------------------------------------


def look_up(station: Station, id_token: IdToken) -> AuthorizationVerdict | None:
    """What the cache knows of a token; an entry past its time is Expired (C10.FR.10)."""
    if not station.variables.on("AuthCacheCtrlr.Enabled"):
        return None
    entry = station.cache.entries.get(id_token.key)
    if entry is None or not same_token(entry.id_token, id_token):
        return None
    if _is_over(station, entry):
        return changed(entry.verdict, status=AuthorizationStatus.EXPIRED)
    return entry.verdict


def _is_over(station: Station, entry: CachedVerdict) -> bool:
    """C10.FR.13: its own end, else C10.FR.08: a time since it was last used."""
    if entry.verdict.expires_at is not None:
        return entry.verdict.expires_at <= station.stamp()
    lifetime = station.variables.number("AuthCacheCtrlr.LifeTime")
    return lifetime > 0 and entry.used_at + timedelta(seconds=lifetime) <= station.stamp()


def remember(station: Station, id_token: IdToken, verdict: AuthorizationVerdict) -> None:
    """Keep the latest verdict on a token, whatever it is (C10.FR.01, C10.FR.04, C10.FR.05); the longest unused make room (C10.FR.07)."""
    local_list.compare(station, id_token, verdict)
    if not station.settings.caches_listed_tokens and local_list.entry_of(station, id_token) is not None:
        return
    if id_token.type in _NOT_CACHED or not station.variables.on("AuthCacheCtrlr.Enabled"):
        return
    entries = {key: entry for key, entry in station.cache.entries.items() if key != id_token.key}
    while len(entries) >= max(station.settings.cache_limit, 1):
        del entries[min(entries, key=lambda key: entries[key].used_at)]
    entries[id_token.key] = CachedVerdict(id_token=id_token, verdict=verdict, used_at=station.stamp())
    station.cache = CacheMemory(entries=entries)


def clear_cache(station: Station) -> ClearCacheOutcome:
    """Forget all verdicts, if there is a cache (C11.FR.03, C11.FR.04)."""
    if not station.variables.on("AuthCacheCtrlr.Enabled"):
        return ClearCacheOutcome(accepted=False)
    station.cache = CacheMemory()
    return ClearCacheOutcome(accepted=True)
