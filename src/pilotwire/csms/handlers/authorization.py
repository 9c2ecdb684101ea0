"""Who may charge (functional block C)."""

from __future__ import annotations

from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.handlers.judgement import Question, judge
from pilotwire.csms.partners.ports import AuthorizationQuestion
from pilotwire.csms.registers.authorization import AUTHORIZATIONS, Authorization
from pilotwire.domain.authorization import AuthorizationAsked, AuthorizationVerdict, Purpose


async def asked(desk: Desk, station: str, fact: AuthorizationAsked, message_id: str) -> AuthorizationVerdict:
    """Answer whether a token is in good order (C01), and the certificate it came with (C07).

    Open transactions do not count here: ConcurrentTx is an answer to the start of a transaction only, in every version (1.6:7.2), and a
    driver who taps to end a charge must not be turned away for having one running.
    """
    question = AuthorizationQuestion(
        station=station,
        id_token=fact.id_token,
        purpose=Purpose.AUTHORIZE,
        certificate=fact.certificate,
        certificates=fact.certificates,
    )
    verdict = (await judge(desk, Question(question, message_id, "Authorize"))).verdict
    entry = Authorization(id_token=fact.id_token, verdict=verdict, by_contract=fact.by_contract)
    await desk.journal.append(AUTHORIZATIONS.keep(station, desk.clock.now(), entry, key=fact.id_token.key))
    return verdict
