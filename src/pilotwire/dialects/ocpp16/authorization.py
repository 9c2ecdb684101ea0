"""Authorization in 1.6."""

from __future__ import annotations

from pilotwire.dialects.ocpp16.terms import read_id_tag, read_id_tag_info, write_id_tag, write_id_tag_info
from pilotwire.dialects.words import CommandWord, FactWord
from pilotwire.domain.authorization import AuthorizationAsked, ClearCache, ClearCacheOutcome
from pilotwire.errors import NotSayable
from pilotwire.ocpp import v16
from pilotwire.ocpp.types import Message


def write_asked(fact: AuthorizationAsked, _named: str | None) -> Message:
    """Authorize (1.6:4.1); a contract certificate is not said here but in the DataTransfer of the Plug & Charge extension."""
    if fact.certificate is not None:
        raise NotSayable(
            "Authorize of OCPP 1.6 has no place for a contract certificate.", "Ask with the id token alone."
        )
    return v16.AuthorizeRequest(id_tag=write_id_tag(fact.id_token))


FACTS = (
    FactWord(
        fact=AuthorizationAsked,
        read={v16.AuthorizeRequest: lambda request: AuthorizationAsked(id_token=read_id_tag(request.id_tag))},
        write=write_asked,
        write_verdict=lambda _fact, verdict: v16.AuthorizeResponse(id_tag_info=write_id_tag_info(verdict)),
        read_verdict=lambda _fact, response: read_id_tag_info(response.id_tag_info),
    ),
)

COMMANDS = (
    CommandWord(
        command=ClearCache,
        read={v16.ClearCacheRequest: lambda _request: ClearCache()},
        write=lambda _command: (v16.ClearCacheRequest(),),
        write_outcome=lambda _command, outcome, _request: v16.ClearCacheResponse(
            status="Accepted" if outcome.accepted else "Rejected"
        ),
        read_outcome=lambda _command, responses: ClearCacheOutcome(accepted=responses[0].status == "Accepted"),
    ),
)
