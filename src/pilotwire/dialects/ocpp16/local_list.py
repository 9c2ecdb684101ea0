"""The local authorization list in 1.6."""

from __future__ import annotations

from pilotwire.dialects.ocpp16.terms import read_id_tag, read_id_tag_info, write_id_tag, write_id_tag_info
from pilotwire.dialects.words import CommandWord, same_name
from pilotwire.domain.local_list import (
    GetLocalListVersion,
    ListEntry,
    LocalListVersion,
    SendLocalList,
    SendLocalListOutcome,
    SendLocalListStatus,
    UpdateType,
)
from pilotwire.errors import NotSayable
from pilotwire.ocpp import v16
from pilotwire.ocpp.types import Message

NOT_SUPPORTED = -1
"""The version told by a station that keeps no list (1.6:5.10)."""


def write_send(command: SendLocalList) -> tuple[Message, ...]:
    """SendLocalList (1.6 5.15). Tokens that differ in their type only are one idTag here, and each may be there once (1.6 6.41)."""
    _check_unique(command)
    entries = [
        v16.AuthorizationData(
            id_tag=write_id_tag(entry.id_token),
            id_tag_info=None if entry.info is None else write_id_tag_info(entry.info),
        )
        for entry in command.entries
    ]
    return (
        v16.SendLocalListRequest(
            list_version=command.version,
            update_type=same_name(command.update),
            local_authorization_list=entries or None,
        ),
    )


def _check_unique(command: SendLocalList) -> None:
    seen: set[str] = set()
    for entry in command.entries:
        value = entry.id_token.value
        if value.casefold() in seen:
            raise NotSayable(
                f"The list has two tokens with the value {value!r}; OCPP 1.6 knows no types to tell them apart.",
                "Leave one of them out.",
            )
        seen.add(value.casefold())


def read_send(request: v16.SendLocalListRequest) -> SendLocalList:
    """An entry without idTagInfo is to be removed; a list that is empty is as none (1.6 6.41, 7.1)."""
    return SendLocalList(
        version=request.list_version,
        update=UpdateType(request.update_type),
        entries=tuple(
            ListEntry(
                id_token=read_id_tag(entry.id_tag),
                info=None if entry.id_tag_info is None else read_id_tag_info(entry.id_tag_info),
            )
            for entry in request.local_authorization_list or ()
        ),
    )


def _read_version(version: int) -> LocalListVersion:
    return LocalListVersion(version=None if version < 0 else version)


COMMANDS = (
    CommandWord(
        command=SendLocalList,
        read={v16.SendLocalListRequest: read_send},
        write=write_send,
        write_outcome=lambda _command, outcome, _request: v16.SendLocalListResponse(status=same_name(outcome.status)),
        read_outcome=lambda _command, responses: SendLocalListOutcome(status=SendLocalListStatus(responses[0].status)),
    ),
    CommandWord(
        command=GetLocalListVersion,
        read={v16.GetLocalListVersionRequest: lambda _request: GetLocalListVersion()},
        write=lambda _command: (v16.GetLocalListVersionRequest(),),
        write_outcome=lambda _command, outcome, _request: v16.GetLocalListVersionResponse(
            list_version=NOT_SUPPORTED if outcome.version is None else outcome.version
        ),
        read_outcome=lambda _command, responses: _read_version(responses[0].list_version),
    ),
)
