"""Who may charge (functional block C)."""

from __future__ import annotations

from pilotwire.csms.handlers.desk import Desk
from pilotwire.domain.authorization import AuthorizationAsked, AuthorizationVerdict, judge_token


async def asked(desk: Desk, station: str, fact: AuthorizationAsked, message_id: str) -> AuthorizationVerdict:
    """Answer whether a token is in good order (C01).

    Open transactions do not count here: ConcurrentTx is an answer to the start of a transaction only, in every version, and a driver
    who taps to end a charge must not be turned away for having one running.
    """
    return judge_token(
        fact.id_token,
        await desk.store.token(fact.id_token),
        desk.clock.now(),
        unknown_accepted=desk.policy.accept_unknown_tokens,
    )
