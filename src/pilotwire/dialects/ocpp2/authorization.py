"""Authorization in 2.x."""

from __future__ import annotations

from pilotwire.dialects.ocpp2.terms import read_id_token, read_token_info, write_id_token, write_token_info
from pilotwire.dialects.ocpp2.wire import Wire
from pilotwire.dialects.words import CommandWord, FactWord
from pilotwire.domain.authorization import AuthorizationAsked, ClearCache, ClearCacheOutcome
from pilotwire.ocpp import v201


def read_asked(request: v201.AuthorizeRequest) -> AuthorizationAsked:
    """Authorize (C01)."""
    return AuthorizationAsked(id_token=read_id_token(request.id_token), certificate=request.certificate)


def facts(wire: Wire) -> tuple[FactWord, ...]:
    """The words of a version."""
    return (
        FactWord(
            fact=AuthorizationAsked,
            read={wire.AuthorizeRequest: read_asked},
            write=lambda fact, _named: wire.AuthorizeRequest(
                id_token=write_id_token(wire, fact.id_token), certificate=fact.certificate
            ),
            write_verdict=lambda _fact, verdict: wire.AuthorizeResponse(id_token_info=write_token_info(wire, verdict)),
            read_verdict=lambda _fact, response: read_token_info(response.id_token_info),
        ),
    )


def commands(wire: Wire) -> tuple[CommandWord, ...]:
    """The words of a version."""
    return (
        CommandWord(
            command=ClearCache,
            read={wire.ClearCacheRequest: lambda _request: ClearCache()},
            write=lambda _command: (wire.ClearCacheRequest(),),
            write_outcome=lambda _command, outcome, _request: wire.ClearCacheResponse(
                status="Accepted" if outcome.accepted else "Rejected"
            ),
            read_outcome=lambda _command, responses: ClearCacheOutcome(accepted=responses[0].status == "Accepted"),
        ),
    )
