"""The Authorization Cache (C10, C11; 1.6:3.5.1): the latest verdict on each token, for when the CSMS cannot be asked or need not be.

It is full when it has as many entries as it may, or as many bytes as AuthCacheCtrlr.Storage allows. Then room is made by
AuthCacheCtrlr.Policy: the least recently used entry goes (LRU), the least frequently used (LFU), or the first that came (FIFO). CUSTOM is
our own: entries that are not accepted or whose time is over go first, then the least recently used (C10.FR.07).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from pilotwire.domain.authorization import AuthorizationStatus, AuthorizationVerdict, ClearCacheOutcome
from pilotwire.domain.device_model import AttributeType, DataType, Mutability, VariableName
from pilotwire.domain.identity import NO_AUTHORIZATION, IdToken, same_token
from pilotwire.domain.kinds import changed
from pilotwire.station.core import local_list
from pilotwire.station.core.memory import CachedVerdict, CacheMemory
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street
from pilotwire.station.core.variable_table import Declared, OtherAttribute, fixed, name_of
from pilotwire.station.hardware.ports import StationLayout

STORAGE_BYTES = 1_000_000
"""The most bytes the cache takes."""

_NOT_CACHED = frozenset({NO_AUTHORIZATION, "Central"})
"""Token types that are kept in no cache (C02.FR.03, C05.FR.02)."""
_ENABLED = "AuthCacheCtrlr.Enabled"
_POLICY = "AuthCacheCtrlr.Policy"
_STORAGE = "AuthCacheCtrlr.Storage"
_TARIFFS = "TariffCostCtrlr.Enabled[Tariff]"
_POLICIES = ("LRU", "LFU", "FIFO", "CUSTOM")
_ENCODER = msgspec.json.Encoder()


# --- asking ---------------------------------------------------------------------------------------------------------


def look_up(station: Station, id_token: IdToken) -> AuthorizationVerdict | None:
    """What the cache knows of a token; an entry past its time is Expired (C10.FR.10)."""
    if not station.variables.on(_ENABLED):
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


def used(station: Station, id_token: IdToken) -> None:
    """The entry of a token was what decided: its life begins anew (C10.FR.08), and it counts as used."""
    entry = station.cache.entries.get(id_token.key)
    if entry is not None and look_up(station, id_token) is not None and not _is_over(station, entry):
        entry = changed(entry, used_at=station.stamp(), uses=entry.uses + 1)
        station.cache = CacheMemory(entries={**station.cache.entries, id_token.key: entry})


# --- keeping --------------------------------------------------------------------------------------------------------


def remember(station: Station, id_token: IdToken, verdict: AuthorizationVerdict) -> None:
    """Keep the latest verdict on a token, whatever it is (C10.FR.01, C10.FR.04, C10.FR.05); others make room (C10.FR.07)."""
    local_list.compare(station, id_token, verdict)
    if not station.settings.caches_listed_tokens and local_list.entry_of(station, id_token) is not None:
        return
    if id_token.type in _NOT_CACHED or not station.variables.on(_ENABLED):
        return
    now = station.stamp()
    before = station.cache.entries.get(id_token.key)
    verdict = _without_prices(station, verdict)
    entry = CachedVerdict(
        id_token=changed(id_token, additional=()),  # C10.FR.14
        verdict=verdict if verdict.group is None else changed(verdict, group=changed(verdict.group, additional=())),
        used_at=now,
        added_at=now if before is None else before.added_at or before.used_at,
        uses=1 if before is None else before.uses + 1,
    )
    entries = {key: one for key, one in station.cache.entries.items() if key != id_token.key}
    if before is None:
        _make_room(station, entries, entry)
    station.cache = CacheMemory(entries={**entries, id_token.key: entry})


def _without_prices(station: Station, verdict: AuthorizationVerdict) -> AuthorizationVerdict:
    """What a driver is told of prices is good for one time only (C10.FR.09): it comes as the message to the driver (I01.FR.01)."""
    variables = station.variables
    return changed(verdict, message=None) if variables.has(_TARIFFS) and variables.on(_TARIFFS) else verdict


def _make_room(station: Station, entries: dict[str, CachedVerdict], coming: CachedVerdict) -> None:
    order = _ORDERS[station.variables.text(_POLICY)]
    limit = max(station.settings.cache_limit, 1)
    free = _most_bytes(station) - _size(coming) - sum(map(_size, entries.values()))
    while entries and (len(entries) >= limit or free < 0):
        worst = min(entries, key=lambda key: order(station, entries[key]))
        free += _size(entries.pop(worst))


def _most_bytes(station: Station) -> int:
    """What the cache may take: what there is for it, or less by MaxSet (2.x appendix, Storage)."""
    least = station.variables.text(_STORAGE, AttributeType.MAX_SET) if station.variables.has(_STORAGE) else ""
    return min(int(least), STORAGE_BYTES) if least else STORAGE_BYTES


def _changed(station: Station, key: str, _value: str) -> None:
    """A cache that is to be smaller is so at once."""
    if key != f"{_STORAGE}#maxset".casefold():
        return
    entries, order = dict(station.cache.entries), _ORDERS[station.variables.text(_POLICY)]
    over = sum(map(_size, entries.values())) - _most_bytes(station)
    while entries and over > 0:
        over -= _size(entries.pop(min(entries, key=lambda each: order(station, entries[each]))))
    if len(entries) < len(station.cache.entries):
        station.cache = CacheMemory(entries=entries)


def _lru(_station: Station, entry: CachedVerdict) -> tuple[Any, ...]:
    return (entry.used_at,)


def _lfu(_station: Station, entry: CachedVerdict) -> tuple[Any, ...]:
    return (entry.uses, entry.used_at)


def _fifo(_station: Station, entry: CachedVerdict) -> tuple[datetime, ...]:
    return (entry.added_at or entry.used_at,)


def _custom(station: Station, entry: CachedVerdict) -> tuple[Any, ...]:
    return (entry.verdict.accepted and not _is_over(station, entry), entry.used_at)


_ORDERS: dict[str, Callable[[Station, CachedVerdict], tuple[Any, ...]]] = {
    "LRU": _lru,
    "LFU": _lfu,
    "FIFO": _fifo,
    "CUSTOM": _custom,
}


def _size(entry: CachedVerdict) -> int:
    return len(_ENCODER.encode(entry))


def clear_cache(station: Station) -> ClearCacheOutcome:
    """Forget all verdicts, if there is a cache (C11.FR.03, C11.FR.04)."""
    if not station.variables.on(_ENABLED):
        return ClearCacheOutcome(accepted=False)
    station.cache = CacheMemory()
    return ClearCacheOutcome(accepted=True)


# --- the street -----------------------------------------------------------------------------------------------------


def _storage(station: Station, _name: VariableName) -> str:
    return str(sum(map(_size, station.cache.entries.values())))


def _variables(family: Family, _layout: StationLayout) -> tuple[Declared, ...]:
    if family is Family.OCPP16:
        return (fixed(_POLICY, "LRU", DataType.OPTION_LIST, _POLICIES),)
    return (
        Declared(name_of(_POLICY), DataType.OPTION_LIST, "LRU", values=_POLICIES),
        Declared(
            name_of(_STORAGE),
            DataType.INTEGER,
            "0",
            Mutability.READ_ONLY,
            low=0,
            high=STORAGE_BYTES,
            unit="B",
            others=(OtherAttribute(AttributeType.MAX_SET),),
        ),
    )


STREET = Street("token_cache", variables=_variables, live={("authcachectrlr", "storage"): _storage}, changed=_changed)
