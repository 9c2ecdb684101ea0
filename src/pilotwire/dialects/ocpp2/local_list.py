"""The local authorization list in 2.x."""

from __future__ import annotations

from pilotwire.dialects.ocpp2.terms import read_id_token, read_token_info, write_id_token, write_token_info
from pilotwire.dialects.ocpp2.wire import Wire
from pilotwire.dialects.words import CommandWord, same_name
from pilotwire.domain.local_list import (
    NO_LIST,
    GetLocalListVersion,
    ListEntry,
    LocalListVersion,
    SendLocalList,
    SendLocalListOutcome,
    SendLocalListStatus,
    UpdateType,
)
from pilotwire.errors import NotSayable
from pilotwire.ocpp import v201
from pilotwire.ocpp.types import Message


def write_send(wire: Wire, command: SendLocalList) -> tuple[Message, ...]:
    """SendLocalList (D01)."""
    entries = [
        wire.AuthorizationData(
            id_token=write_id_token(wire, entry.id_token),
            id_token_info=None if entry.info is None else write_token_info(wire, entry.info),
        )
        for entry in command.entries
    ]
    _check_unique(entries)
    request = wire.SendLocalListRequest(
        version_number=command.version,
        update_type=same_name(command.update),
        local_authorization_list=entries or None,
    )
    return (request,)


def _check_unique(entries: list[v201.AuthorizationData]) -> None:
    """D01.FR.06; a token without a type gets one here, and may then be the same as another."""
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        token = entry.id_token
        if (token.id_token.casefold(), token.type) in seen:
            raise NotSayable(f"The list has the token {token.id_token!r} of the type {token.type} twice.")
        seen.add((token.id_token.casefold(), token.type))


def read_send(request: v201.SendLocalListRequest) -> SendLocalList:
    """An entry without idTokenInfo is to be removed (D01.FR.17)."""
    return SendLocalList(
        version=request.version_number,
        update=UpdateType(request.update_type),
        entries=tuple(
            ListEntry(
                id_token=read_id_token(entry.id_token),
                info=None if entry.id_token_info is None else read_token_info(entry.id_token_info),
            )
            for entry in request.local_authorization_list or ()
        ),
    )


_NO_WORD_FOR = {SendLocalListStatus.NOT_SUPPORTED: SendLocalListStatus.FAILED}


def commands(wire: Wire) -> tuple[CommandWord, ...]:
    """The words of a version. A station that keeps no list says so with the version 0 (D02.FR.03)."""
    return (
        CommandWord(
            command=SendLocalList,
            read={wire.SendLocalListRequest: read_send},
            write=lambda command: write_send(wire, command),
            write_outcome=lambda _command, outcome, _request: wire.SendLocalListResponse(
                status=same_name(_NO_WORD_FOR.get(outcome.status, outcome.status))
            ),
            read_outcome=lambda _command, responses: SendLocalListOutcome(
                status=SendLocalListStatus(responses[0].status)
            ),
        ),
        CommandWord(
            command=GetLocalListVersion,
            read={wire.GetLocalListVersionRequest: lambda _request: GetLocalListVersion()},
            write=lambda _command: (wire.GetLocalListVersionRequest(),),
            write_outcome=lambda _command, outcome, _request: wire.GetLocalListVersionResponse(
                version_number=NO_LIST if outcome.version is None else outcome.version
            ),
            read_outcome=lambda _command, responses: LocalListVersion(version=responses[0].version_number),
        ),
    )
