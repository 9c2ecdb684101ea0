"""What is on record beside the tokens themselves: groups, balances, and what running transactions may use up (block C)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from pilotwire.csms.store.ports import Amend, Page, Store, TransactionFilter
from pilotwire.csms.store.registers import Diary, Register
from pilotwire.domain.authorization import AuthorizationVerdict, Balance, Token, TokenGroup, TransactionLimit
from pilotwire.domain.identity import IdToken, same_token
from pilotwire.domain.kinds import Value
from pilotwire.domain.local_list import key_of
from pilotwire.domain.transactions import Transaction

_PAGE = 500


class LimitedTransaction(Value):
    """A running transaction that has a limit its station does not keep by itself, so that the CSMS has to end it."""

    station: str
    transaction_id: str
    limit: TransactionLimit


class NewText(Value):
    """A text that a driver is to read while charging; `told_with` is the seqNo of the event it was told in answer to."""

    text: str
    told_with: int | None = None


class Authorization(Value):
    """What a station asked of a token, and what it was answered."""

    id_token: IdToken
    verdict: AuthorizationVerdict
    by_contract: bool = False


GROUPS: Final = Register("token-groups", TokenGroup)
"""Of no station; by `group_key`."""
BALANCES: Final = Register("token-balances", Balance)
"""Of no station; by `key_of` the token on record."""
LIMITED: Final = Register("limited-transactions", LimitedTransaction)
"""By station and transaction."""
NEW_TEXTS: Final = Register("new-driver-texts", NewText)
"""By station and transaction: texts of tokens that changed while it went on (I06)."""
AUTHORIZATIONS: Final = Diary("authorizations", Authorization)
"""By station; the key is the token's value without regard to case."""


def group_key(group: str) -> str:
    """Where a group is kept: groups are compared without regard to case, as tokens are."""
    return group.casefold()


async def group_of(store: Store, token: Token | None) -> TokenGroup | None:
    """The record of a token's group; None without a group, or where nobody has recorded it."""
    if token is None or token.group is None:
        return None
    return await store.record(GROUPS, "", group_key(token.group.value))


async def texts_to_tell(store: Store, token: Token, before: Token | None) -> list[Amend]:
    """What is to be written where a token says something new to its driver: for each open transaction with it (I06.FR.01)."""
    if token.message is None or before is None or before.message == token.message:
        return []
    running = await store.transactions(
        TransactionFilter(id_token=token.id_token.value, is_open=True), Page(limit=_PAGE)
    )
    own = [each for each in running if each.id_token is not None and same_token(each.id_token, token.id_token)]
    return [NEW_TEXTS.put(each.station, each.transaction_id, NewText(text=token.message)) for each in own]


async def balance_of(store: Store, token: Token) -> Balance | None:
    """What is left on a token; None: it is not prepaid here."""
    return await store.record(BALANCES, "", key_of(token.id_token))


async def all_tokens(store: Store) -> AsyncIterator[Token]:
    """All tokens on record, by value."""
    after: str | None = None
    while tokens := await store.tokens(Page(limit=_PAGE, after=after)):
        for token in tokens:
            yield token
        after = tokens[-1].id_token.value


async def members_of(store: Store, group: str) -> AsyncIterator[Token]:
    """The tokens of a group, by value."""
    async for token in all_tokens(store):
        if token.group is not None and token.group.key == group_key(group):
            yield token


async def open_in_group(store: Store, group: IdToken, this: Transaction, *, before: bool) -> int:
    """Transactions open with any member of a group, besides this one; `before`: only those begun before it."""
    count = 0
    after: str | None = None
    while found := await store.transactions(TransactionFilter(is_open=True), Page(limit=_PAGE, after=after)):
        for other in found:
            if (other.station, other.transaction_id) == (this.station, this.transaction_id) or other.id_token is None:
                continue
            token = await store.token(other.id_token)
            if token is not None and same_token(token.group, group) and (not before or began_before(other, this)):
                count += 1
        after = f"{found[-1].station}/{found[-1].transaction_id}"
    return count


def began_before(other: Transaction, this: Transaction) -> bool:
    """Whether one transaction began before another, as far as both starts are known."""
    if other.started_at is None or this.started_at is None:
        return False
    return other.started_at < this.started_at
