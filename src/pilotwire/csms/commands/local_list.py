"""Keeping the local lists of stations (functional block D)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from pilotwire.csms.commands.bus import CommandRefused
from pilotwire.csms.commands.commander import Commander
from pilotwire.csms.store.ports import Page, Store
from pilotwire.domain.authorization import judge_token
from pilotwire.domain.device_model import GetVariables, GetVariablesOutcome, VariableName, VariableQuery
from pilotwire.domain.identity import NO_AUTHORIZATION
from pilotwire.domain.local_list import (
    NO_LIST,
    GetLocalListVersion,
    ListEntry,
    LocalListVersion,
    SendLocalList,
    SendLocalListOutcome,
    SendLocalListStatus,
    UpdateType,
    flaw_of,
    in_messages,
)
from pilotwire.errors import PilotwireError

_ITEMS = VariableName(component="LocalAuthListCtrlr", variable="ItemsPerMessage")
_PAGE = 500


@dataclass(frozen=True, slots=True)
class ListSent:
    """What became of a list: the station's last answer, and the number the list has there (None: nothing of it was taken)."""

    status: SendLocalListStatus
    version: int | None


async def get_version(commander: Commander, station: str) -> LocalListVersion:
    """Ask for the number of a station's list (D02)."""
    return await commander.ask(station, GetLocalListVersion(), LocalListVersion)


async def send_list(
    commander: Commander,
    station: str,
    update: UpdateType,
    entries: tuple[ListEntry, ...] = (),
    *,
    version: int | None = None,
) -> ListSent:
    """Replace or change a station's list (D01); `version` None: one more than it has.

    A list that is longer than the station takes at once goes in several messages with rising numbers, the first of them `version`
    (D01.FR.03, D01.FR.11); the first that is not accepted, or cannot be said, is the last. Raises PilotwireError for a list that cannot
    be (D01.FR.06, D01.FR.18), and what `Commander.ask` raises.
    """
    _check(SendLocalList(version=1 if version is None else version, update=update, entries=entries))
    if version is None:
        version = max((await get_version(commander, station)).version or NO_LIST, NO_LIST) + 1
    whole = SendLocalList(version=version, update=update, entries=entries)
    sent = ListSent(SendLocalListStatus.FAILED, None)
    for part in in_messages(whole, await _most_in_message(commander, station, len(entries))):
        outcome = await commander.ask(station, part, SendLocalListOutcome)
        taken = outcome.status is SendLocalListStatus.ACCEPTED
        sent = ListSent(outcome.status, part.version if taken else sent.version)
        if not taken:
            break
    return sent


def _check(command: SendLocalList) -> None:
    flaw = flaw_of(command)
    if flaw is not None:
        raise PilotwireError(flaw, "Mend the list; nothing was sent.")


async def _most_in_message(commander: Commander, station: str, count: int) -> int | None:
    """How many entries the station takes at once; None: it does not say, or it does not matter."""
    if count <= 1:
        return None
    try:
        told = await commander.ask(station, GetVariables(asked=(VariableQuery(name=_ITEMS),)), GetVariablesOutcome)
    except CommandRefused:
        return None
    text = next((result.value for result in told.results if result.value), "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0 else None


async def entries_of_tokens(
    store: Store, now: datetime, *, types: Collection[str] | None = None
) -> tuple[ListEntry, ...]:
    """All tokens on record, judged as they would be if asked about now; `types`: only those of these types."""
    entries: list[ListEntry] = []
    after: str | None = None
    while tokens := await store.tokens(Page(limit=_PAGE, after=after)):
        entries += (
            ListEntry(id_token=token.id_token, info=judge_token(token.id_token, token, now))
            for token in tokens
            if token.id_token.type != NO_AUTHORIZATION and (types is None or token.id_token.type in types)
        )
        after = tokens[-1].id_token.value
    return tuple(entries)
