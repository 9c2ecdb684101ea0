"""Local lists that are kept: every list sent and every number told is booked, and a list out of step is repaired (D01, D02)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pilotwire.clock import Clock
from pilotwire.csms.commands import local_list
from pilotwire.csms.commands.commander import Commander
from pilotwire.csms.commands.local_list import ListSent
from pilotwire.csms.registers.authorization import BALANCES, all_tokens, group_of
from pilotwire.csms.registers.local_list import LISTS, policy_of
from pilotwire.csms.store.ports import Journal, Store
from pilotwire.domain.authorization import Purpose, Standing, Token, TokenGroup, is_master_pass, judge_token
from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import changed
from pilotwire.domain.local_list import (
    NO_LIST,
    KnownList,
    ListEntry,
    ListPolicy,
    ListSource,
    LocalListVersion,
    SendLocalListStatus,
    UpdateType,
    booked,
    differences,
    digests,
    key_of,
    told_version,
)
from pilotwire.domain.token_rules import Place
from pilotwire.errors import PilotwireError, StoreError

_LONGEST: Final = {"1.6": 20, "2.0.1": 36}
_TYPES: Final = {
    "2.0.1": frozenset(
        {"Central", "eMAID", "ISO14443", "ISO15693", "KeyCode", "Local", "MacAddress", "NoAuthorization"}
    )
}
"""What a token on a list may be in each version; others are left out, so that one of them does not keep all from the station."""


@dataclass(frozen=True, slots=True)
class Synced:
    """What became of bringing a list in step: the update sent (None: there was nothing to send), and what is believed now."""

    update: UpdateType | None
    status: SendLocalListStatus | None
    known: KnownList


@dataclass(frozen=True, slots=True)
class ListKeeper:
    """Keeps the lists of stations. Everything raises what `Commander.ask` raises, and StoreError."""

    commander: Commander
    store: Store
    journal: Journal
    clock: Clock

    async def version(self, station: str) -> LocalListVersion:
        """Ask for the number of a station's list (D02) and book it."""
        told = await local_list.get_version(self.commander, station)
        now = self.clock.now()
        await self.journal.append(LISTS.amend(station, "", lambda known: told_version(known, told.version, now)))
        return told

    async def send(
        self, station: str, update: UpdateType, entries: tuple[ListEntry, ...] = (), *, version: int | None = None
    ) -> ListSent:
        """Replace or change a station's list (see `local_list.send_list`) and book what it has now."""
        try:
            sent = await local_list.send_list(self.commander, station, update, entries, version=version)
        except StoreError:
            raise
        except PilotwireError as error:
            await self._book_failure(station, error.what, lost=True)
            raise
        now, number = self.clock.now(), sent.version
        if sent.status is SendLocalListStatus.ACCEPTED and number is not None:
            await self.journal.append(
                LISTS.amend(station, "", lambda known: booked(known or KnownList(), update, entries, number, now))
            )
        else:
            what = f"the station answered {sent.status} to a {update} list"
            await self._book_failure(station, what, lost=number is not None)
        return sent

    async def sync(self, station: str, version: str) -> Synced:
        """Bring a list in step with its policy: a change to it, or all of it where nobody knows what it holds (D01.FR.15).

        Its number is asked first; where a change is answered VersionMismatch or Failed all of it is sent with a new number. `version` is
        the OCPP version of the station.
        """
        wanted = await wanted_entries(self.store, self.clock, station, version)
        told = await self.version(station)
        if told.version is None:
            await self._book_failure(station, "the station keeps no local list", lost=False)
            return Synced(None, SendLocalListStatus.NOT_SUPPORTED, await self.known(station))
        known = await self.known(station)
        if known.entries is not None:
            if known.entries == digests(wanted):
                await self._book_failure(station, "", lost=False)
                return Synced(None, None, await self.known(station))
            changes = differences(known.entries, wanted)
            if told.version > NO_LIST:
                sent = await self.send(station, UpdateType.DIFFERENTIAL, changes, version=told.version + 1)
                if sent.status is SendLocalListStatus.ACCEPTED:
                    return Synced(UpdateType.DIFFERENTIAL, sent.status, await self.known(station))
                if sent.status is SendLocalListStatus.NOT_SUPPORTED:
                    return Synced(UpdateType.DIFFERENTIAL, sent.status, await self.known(station))
        number = max(told.version, known.version or NO_LIST) + 1
        sent = await self.send(station, UpdateType.FULL, wanted, version=number)
        return Synced(UpdateType.FULL, sent.status, await self.known(station))

    async def known(self, station: str) -> KnownList:
        """What is believed of a station's list."""
        return await self.store.record(LISTS, station, "") or KnownList()

    async def _book_failure(self, station: str, error: str, *, lost: bool) -> None:
        """Book why it is not in step ("": it is); `lost`: nobody knows any more what is on it."""
        now = self.clock.now()

        def failed(known: KnownList | None) -> KnownList:
            before = changed(known or KnownList(), error=error, at=now)
            return changed(before, entries=None) if lost else before

        await self.journal.append(LISTS.amend(station, "", failed))


async def wanted_entries(store: Store, clock: Clock, station: str, version: str) -> tuple[ListEntry, ...]:
    """What a station's list is to hold by its policy, each token as it would be judged there now."""
    policy = await policy_of(store, station)
    if policy.source is ListSource.NONE:
        return ()
    return await _entries(store, clock, policy, station, version)


async def _entries(store: Store, clock: Clock, policy: ListPolicy, station: str, version: str) -> tuple[ListEntry, ...]:
    """Prepaid tokens are left out: what is on them changes while the list stands."""
    now, entries = clock.now(), dict[str, ListEntry]()
    async for token in all_tokens(store):
        if not policy.wants(token) or await store.record(BALANCES, "", key_of(token.id_token)) is not None:
            continue
        group = await group_of(store, token)
        named = _sayable(token, group, version)
        if named is None:
            continue
        standing = Standing(purpose=Purpose.LIST, place=Place(station=station), group=group)
        info = judge_token(named, token, now, standing=standing)
        entries.setdefault(key_of(named), ListEntry(id_token=named, info=info))
    return tuple(entries.values())


def _sayable(token: Token, group: TokenGroup | None, version: str) -> IdToken | None:
    """A token as a list of this version names it; None if it cannot. 1.6 has no master pass: there it would start transactions."""
    id_token, types = token.id_token, _TYPES.get(version)
    if len(id_token.value) > _LONGEST.get(version, 255):
        return None
    if version == "1.6":
        return None if is_master_pass(token, group) else IdToken(value=id_token.value)
    if types is not None and id_token.type is not None and id_token.type not in types:
        return None
    return changed(id_token, additional=())
