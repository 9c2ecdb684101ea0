"""Authorization in 1.6."""

from __future__ import annotations

from typing import Any

from pilotwire.dialects.ocpp16 import plug_and_charge as plug
from pilotwire.dialects.ocpp16.terms import read_id_tag, read_id_tag_info, write_id_tag, write_id_tag_info
from pilotwire.dialects.words import CommandWord, FactWord
from pilotwire.domain.authorization import AuthorizationAsked, AuthorizationVerdict, ClearCache, ClearCacheOutcome
from pilotwire.ocpp import v16
from pilotwire.ocpp.types import Message


def write_asked(fact: AuthorizationAsked, _named: str | None) -> Message:
    """Authorize (1.6:4.1); for a contract the DataTransfer of Plug & Charge."""
    id_tag = write_id_tag(fact.id_token)
    if plug.is_contract(fact):
        return plug.write_authorization_asked(fact, id_tag)
    return v16.AuthorizeRequest(id_tag=id_tag)


def write_verdict(fact: AuthorizationAsked, verdict: AuthorizationVerdict) -> Message:
    """The answer, in the message that was asked."""
    info = write_id_tag_info(verdict)
    if plug.is_contract(fact):
        return plug.write_authorization_verdict(verdict, info.status)
    return v16.AuthorizeResponse(id_tag_info=info)


def read_verdict(fact: AuthorizationAsked, response: Any) -> AuthorizationVerdict:
    """The verdict."""
    if plug.is_contract(fact):
        return plug.read_authorization_verdict(response)
    return read_id_tag_info(response.id_tag_info)


FACTS = (
    FactWord(
        fact=AuthorizationAsked,
        read={v16.AuthorizeRequest: lambda request: AuthorizationAsked(id_token=read_id_tag(request.id_tag))},
        write=write_asked,
        write_verdict=write_verdict,
        read_verdict=read_verdict,
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
