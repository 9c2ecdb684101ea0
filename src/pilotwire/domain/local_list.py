"""The Local Authorization List (functional block D): tokens a station can judge by itself, kept in step by version numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b

import msgspec

from pilotwire.domain.authorization import AuthorizationStatus, AuthorizationVerdict, Token
from pilotwire.domain.identity import NO_AUTHORIZATION, IdToken, same_token
from pilotwire.domain.kinds import Command, Outcome, Value, changed

NO_LIST = 0
"""The version of a list that was never sent (D02.FR.02)."""


class UpdateType(StrEnum):
    """Whether what is sent replaces the list or changes it (2.x UpdateEnumType)."""

    FULL = "Full"
    DIFFERENTIAL = "Differential"


class ListEntry(Value):
    """What a list says of a token; without `info` the token is to be taken off the list (D01.FR.17)."""

    id_token: IdToken
    info: AuthorizationVerdict | None = None


class SendLocalList(Command):
    """Replace or change a station's list (D01). `version` is the number the list has afterwards, from 1 on (D01.FR.18)."""

    version: int
    update: UpdateType
    entries: tuple[ListEntry, ...] = ()


class SendLocalListStatus(StrEnum):
    """As in 2.x SendLocalListStatusEnumType; NOT_SUPPORTED, from 1.6, is a station that keeps no list."""

    ACCEPTED = "Accepted"
    FAILED = "Failed"
    VERSION_MISMATCH = "VersionMismatch"
    NOT_SUPPORTED = "NotSupported"


class SendLocalListOutcome(Outcome):
    """What became of an update (D01.FR.02)."""

    status: SendLocalListStatus


class GetLocalListVersion(Command):
    """Ask for the number of a station's list (D02)."""


class LocalListVersion(Outcome):
    """The number of a station's list: `NO_LIST` if there is none, None if the station says that it keeps none at all (1.6)."""

    version: int | None


# --- the list of one station ------------------------------------------------------------------------------------------


class ListedToken(Value):
    """A token on the list, and what is said of it."""

    id_token: IdToken
    info: AuthorizationVerdict


class LocalList(Value):
    """A station's list; `entries` by `key_of` their token."""

    version: int = NO_LIST
    entries: dict[str, ListedToken] = {}


def key_of(id_token: IdToken) -> str:
    """What an entry is found by: two tokens of one value and different types are two tokens."""
    return f"{id_token.type or ''}:{id_token.key}"


def listed(held: LocalList, id_token: IdToken) -> ListedToken | None:
    """The entry of a token: of its type, else of a type that one side does not tell."""
    exact = held.entries.get(key_of(id_token))
    if exact is not None or not held.entries:
        return exact
    if id_token.type is not None:
        return held.entries.get(key_of(changed(id_token, type=None)))
    return next((entry for entry in held.entries.values() if same_token(entry.id_token, id_token)), None)


def is_over(entry: ListedToken, now: datetime) -> bool:
    """Whether the time of an entry has passed; one without an end never ends (C13.FR.05, C14.FR.04)."""
    return entry.info.expires_at is not None and entry.info.expires_at <= now


def known_of(entry: ListedToken, now: datetime) -> AuthorizationVerdict:
    """What an entry is worth now: past its time it is Expired (C13.FR.06; 1.6:3.5.4)."""
    if entry.info.accepted and is_over(entry, now):
        return changed(entry.info, status=AuthorizationStatus.EXPIRED)
    return entry.info


def flaw_of(command: SendLocalList) -> str | None:
    """What is wrong with an update by itself, as a sentence; None: nothing is."""
    if command.version <= NO_LIST:
        return f"A local list has a version number from 1 on, not {command.version}."  # D01.FR.18
    twice = _first_twice(entry.id_token for entry in command.entries)
    if twice is not None:
        return f"The token {twice.value!r} is in the list twice."  # D01.FR.06
    bare = next((entry for entry in command.entries if entry.info is None), None)
    if bare is not None and command.update is UpdateType.FULL:
        return f"A full list must say of each token whether it is accepted; of {bare.id_token.value!r} it does not."
    return None


def _first_twice(id_tokens: Iterable[IdToken]) -> IdToken | None:
    seen: set[str] = set()
    for id_token in id_tokens:
        if key_of(id_token) in seen:
            return id_token
        seen.add(key_of(id_token))
    return None


def updated(
    held: LocalList, command: SendLocalList, *, most_entries: int, most_in_message: int
) -> tuple[LocalList, SendLocalListStatus]:
    """The list after an update, and what to say of it; the list stays as it is unless that is Accepted.

    A change must have a higher number than the list (D01.FR.19), a whole list need not (D01.FR.15). Nothing to change changes only
    the number (D01.FR.05), a whole list of nothing empties it (D01.FR.04). What is flawed, too long for one message (D01.FR.11) or
    does not fit fails as a whole.
    """
    differential = command.update is UpdateType.DIFFERENTIAL
    if differential and NO_LIST < command.version <= held.version:
        return held, SendLocalListStatus.VERSION_MISMATCH
    if flaw_of(command) is not None or len(command.entries) > most_in_message:
        return held, SendLocalListStatus.FAILED
    entries = _merged(held.entries if differential else {}, command.entries)
    if len(entries) > most_entries:
        return held, SendLocalListStatus.FAILED
    return LocalList(version=command.version, entries=entries), SendLocalListStatus.ACCEPTED


def _merged(held: dict[str, ListedToken], changes: Iterable[ListEntry]) -> dict[str, ListedToken]:
    """D01.FR.16: with information they are added or replaced; D01.FR.17: without they are taken off."""
    entries = dict(held)
    for change in changes:
        key = key_of(change.id_token)
        if change.info is None:
            entries.pop(key, None)
        else:
            entries[key] = ListedToken(id_token=change.id_token, info=change.info)
    return entries


# --- for the one who sends it -----------------------------------------------------------------------------------------


def in_messages(command: SendLocalList, most: int | None) -> tuple[SendLocalList, ...]:
    """An update as several with at most so many entries each: the first as it is, the others changes to it with the next numbers.

    This is how a list that is too long for one message is sent (D01.FR.03, D01.FR.15). `most` None: one message.
    """
    if most is None or len(command.entries) <= most:
        return (command,)
    parts = [command.entries[at : at + most] for at in range(0, len(command.entries), most)]
    return tuple(
        SendLocalList(
            version=command.version + number,
            update=UpdateType.DIFFERENTIAL if number else command.update,
            entries=part,
        )
        for number, part in enumerate(parts)
    )


# --- keeping lists in step --------------------------------------------------------------------------------------------


class ListSource(StrEnum):
    """What a station's list is kept from by itself: nothing, or the tokens on record."""

    NONE = "none"
    TOKENS = "tokens"


class ListPolicy(Value):
    """What a station's list is to hold: the tokens of these groups and types (empty: of any)."""

    source: ListSource = ListSource.NONE
    groups: tuple[str, ...] = ()
    types: tuple[str, ...] = ()

    def wants(self, token: Token) -> bool:
        """Whether a token belongs on the list. One that is good at some times only does not: a list cannot say that."""
        if token.id_token.type == NO_AUTHORIZATION or token.rules.is_timed:
            return False
        group = None if token.group is None else token.group.key
        if self.groups and group not in {each.casefold() for each in self.groups}:
            return False
        return not self.types or token.id_token.type in self.types


class KnownList(Value):
    """What is believed of a station's list: its number (None: it was never told), and a digest of each entry by `key_of` its token.

    `entries` None: not known, so that only a whole list can repair it. `error` is why it could not be brought in step the last time.
    """

    version: int | None = None
    entries: dict[str, str] | None = None
    at: datetime | None = None
    error: str = ""


def digest_of(info: AuthorizationVerdict) -> str:
    """What tells one entry from another with less than all of it."""
    return blake2b(msgspec.json.encode(info), digest_size=8).hexdigest()


def digests(entries: Iterable[ListEntry]) -> dict[str, str]:
    """The digests of entries, each with the token as it was spelled, by `key_of` their token."""
    return {
        key_of(entry.id_token): f"{digest_of(entry.info)} {entry.id_token.value}"
        for entry in entries
        if entry.info is not None
    }


def differences(known: Mapping[str, str], wanted: Sequence[ListEntry]) -> tuple[ListEntry, ...]:
    """What makes of a list with these digests the one that is wanted: entries to put on it, tokens to take off (D01.FR.16, D01.FR.17)."""
    after = digests(wanted)
    put = [entry for entry in wanted if known.get(key_of(entry.id_token)) != after[key_of(entry.id_token)]]
    gone = sorted(known.keys() - after.keys())
    return (*put, *(ListEntry(id_token=_spelled(key, known[key])) for key in gone))


def _spelled(key: str, digest: str) -> IdToken:
    """A token as it was sent: a station need not know that case does not count."""
    kind, _, folded = key.partition(":")
    return IdToken(value=digest.partition(" ")[2] or folded, type=kind or None)


def booked(known: KnownList, update: UpdateType, entries: Sequence[ListEntry], version: int, at: datetime) -> KnownList:
    """What is believed once the station has accepted all of an update."""
    before: dict[str, str] | None = {} if update is UpdateType.FULL else known.entries
    if before is None:
        return KnownList(version=version, at=at)
    gone = {key_of(entry.id_token) for entry in entries if entry.info is None}
    after = {key: value for key, value in before.items() if key not in gone} | digests(entries)
    return KnownList(version=version, entries=after, at=at)


def told_version(known: KnownList | None, version: int | None, at: datetime) -> KnownList:
    """What is believed once the station has told the number of its list. Another number than expected: its entries are not known."""
    if known is not None and known.version == version and version is not None:
        return changed(known, at=at)
    return KnownList(version=version, entries={} if version == NO_LIST else None, at=at)
