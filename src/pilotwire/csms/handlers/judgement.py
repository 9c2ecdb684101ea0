"""The judgement on a token (functional block C), whoever asks: the partner that decides elsewhere, else what is on record here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from pilotwire.csms.handlers.contracts import judge_contract
from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.partners.ports import (
    AuthorizationAnswer,
    AuthorizationQuestion,
    Credit,
    PartnerFailed,
    PartnerResting,
)
from pilotwire.csms.registers.authorization import balance_of, group_of
from pilotwire.csms.registers.device_model import known_value
from pilotwire.csms.registers.station_conditions import CONDITIONS
from pilotwire.domain.authorization import (
    AuthorizationFallback,
    AuthorizationStatus,
    AuthorizationVerdict,
    Purpose,
    Standing,
    Token,
    TokenGroup,
    TransactionLimit,
    judge_token,
    with_certificate,
)
from pilotwire.domain.device_model import VariableName
from pilotwire.domain.findings import Severity
from pilotwire.domain.identity import EvseAddress, IdToken
from pilotwire.domain.kinds import changed
from pilotwire.domain.token_rules import Place

_MOST_CONNECTORS: Final = 4
_MOST_EVSES: Final = 100
_SHOW_TEXTS: Final = (
    VariableName(component="TariffCostCtrlr", variable="Available", variable_instance="Tariff"),
    VariableName(component="DisplayMessageCtrlr", variable="Available"),
)
"""What a station has that can show a driver what is told with a token (I01.FR.02)."""


async def _none(_: IdToken) -> int:
    return 0


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be judged. The two counts are asked only where they matter: transactions open with the token, and in its group."""

    asked: AuthorizationQuestion
    message_id: str = ""
    action: str = ""
    open_elsewhere: Callable[[IdToken], Awaitable[int]] = field(default=_none)
    open_in_group: Callable[[IdToken], Awaitable[int]] = field(default=_none)


async def judge(desk: Desk, question: Question) -> AuthorizationAnswer:
    """The verdict on a token, and what the transaction may use up if that is limited. Raises StoreError."""
    told = await _decided_elsewhere(desk, question)
    answer = told or await _judged_here(desk, question)
    asked = question.asked
    if answer.verdict.message is not None and not await shows_texts(desk, asked.station):
        answer = AuthorizationAnswer(verdict=changed(answer.verdict, message=None), limit=answer.limit)
    if not asked.by_contract or answer.verdict.certificate_status is not None:
        return answer
    found = await judge_contract(desk, asked.station, asked, question.message_id)
    return AuthorizationAnswer(verdict=with_certificate(answer.verdict, found), limit=answer.limit)


# --- elsewhere --------------------------------------------------------------------------------------------------------


async def _decided_elsewhere(desk: Desk, question: Question) -> AuthorizationAnswer | None:
    """The answer of the partner, or of the fallback if it has none; None: decide here."""
    decider = desk.partners.authorizer
    if decider is None:
        return None
    try:
        return await decider.decide(question.asked)
    except PartnerFailed as failed:
        fallback = desk.policy.authorization_fallback
        if not isinstance(failed, PartnerResting):
            what = f"nobody decided on the token {question.asked.id_token.value!r} elsewhere ({failed.what}); {_DONE[fallback]}"
            desk.note(
                question.asked.station,
                "authorization:decider-failed",
                Severity.NOTE,
                what,
                question.message_id,
                question.action,
            )
        return _fallback(fallback)


_DONE: Final = {
    AuthorizationFallback.LOCAL: "it was judged by what is on record here",
    AuthorizationFallback.ACCEPT: "it was accepted",
    AuthorizationFallback.REJECT: "it was refused",
}


def _fallback(fallback: AuthorizationFallback) -> AuthorizationAnswer | None:
    if fallback is AuthorizationFallback.LOCAL:
        return None
    accepted = fallback is AuthorizationFallback.ACCEPT
    status = AuthorizationStatus.ACCEPTED if accepted else AuthorizationStatus.INVALID
    return AuthorizationAnswer(verdict=AuthorizationVerdict(status=status))


# --- here -------------------------------------------------------------------------------------------------------------


async def _judged_here(desk: Desk, question: Question) -> AuthorizationAnswer:
    asked = question.asked
    token = await desk.store.token(asked.id_token)
    group = await group_of(desk.store, token)
    credit = None if token is None or asked.purpose is Purpose.STOP else await _credit(desk, question, token)
    standing = Standing(
        purpose=asked.purpose,
        place=await _place(desk, asked.station, asked.address, token),
        group=group,
        open_in_group=await _count_group(question, token, group),
        balance=None if credit is None else credit.balance,
    )
    verdict = judge_token(
        asked.id_token,
        token,
        desk.clock.now(),
        open_elsewhere=await _count(question, token),
        standing=standing,
        unknown_accepted=desk.policy.accept_unknown_tokens,
    )
    limited = credit is not None and asked.purpose.begins and verdict.accepted
    return AuthorizationAnswer(verdict=verdict, limit=credit.limit if credit is not None and limited else None)


async def _count(question: Question, token: Token | None) -> int:
    good = token is not None and token.status is AuthorizationStatus.ACCEPTED and token.max_transactions is not None
    return await question.open_elsewhere(question.asked.id_token) if good and question.asked.purpose.begins else 0


async def _count_group(question: Question, token: Token | None, group: TokenGroup | None) -> int:
    if token is None or token.group is None or group is None or group.max_transactions is None:
        return 0
    return await question.open_in_group(token.group) if question.asked.purpose.begins else 0


async def _credit(desk: Desk, question: Question, token: Token) -> Credit | None:
    """What is left on a token: of whoever keeps its account, else of the balances kept here. Nobody to ask is no reason to refuse."""
    accounts, asked = desk.partners.prepaid, question.asked
    if accounts is not None:
        try:
            return await accounts.credit(asked.id_token, asked.station)
        except PartnerFailed as failed:
            what = f"the prepaid account of the token {asked.id_token.value!r} is not known: {failed.what}"
            if not isinstance(failed, PartnerResting):
                desk.note(asked.station, "authorization:prepaid-failed", Severity.NOTE, what, question.message_id)
    balance = await balance_of(desk.store, token)
    if balance is None:
        return None
    return Credit(balance=balance, limit=TransactionLimit(max_cost=balance.amount))


async def _place(desk: Desk, station: str, address: EvseAddress | None, token: Token | None) -> Place:
    """Where the token is shown, with the types of the connectors there if they matter: of the EVSE, else of the station (C01.FR.18)."""
    evse = None if address is None or address.is_station else address.evse
    if token is None or not token.rules.connector_types:
        return Place(station=station, evse=evse)
    if address is None or evse is None:
        return Place(station=station, connector_types=await _types_of_station(desk, station))
    types = await _types(desk, station, evse)
    if address.connector is not None and 0 < address.connector <= len(types):
        types = types[address.connector - 1 : address.connector]
    return Place(station=station, evse=evse, connector_types=tuple(filter(None, types)))


async def _types_of_station(desk: Desk, station: str) -> tuple[str, ...]:
    """The types of the connectors of all EVSEs, counted from 1 on, up to the first of which nothing is known."""
    found: list[str] = []
    for evse in range(1, _MOST_EVSES + 1):
        here = [one for one in await _types(desk, station, evse) if one]
        if not here:
            break
        found += here
    return tuple(found)


async def _types(desk: Desk, station: str, evse: int) -> tuple[str, ...]:
    """The types of an EVSE's connectors: as the operator says, else as the station told (Connector.ConnectorType); () if unknown."""
    conditions = await desk.store.record(CONDITIONS, station, "")
    layouts = conditions.evses if conditions is not None else ()
    types = next((each.connector_types for each in layouts if each.evse == evse), ())
    if types:
        return types
    return tuple([await _told_type(desk, station, evse, number) for number in range(1, _MOST_CONNECTORS + 1)])


async def _told_type(desk: Desk, station: str, evse: int, connector: int) -> str:
    name = VariableName(component="Connector", variable="ConnectorType", evse=evse, connector=connector)
    return await known_value(desk.store, station, name) or ""


# --- texts ------------------------------------------------------------------------------------------------------------


async def shows_texts(desk: Desk, station: str) -> bool:
    """Whether a station can show a text to the driver, or has not told that it can neither show tariffs nor messages."""
    return any([await known_value(desk.store, station, one) != "false" for one in _SHOW_TEXTS])
