"""The local list where the versions differ: no list at all, tokens without types, what does not fit."""

from __future__ import annotations

import pytest

from pilotwire.dialects.words import WordDialect
from pilotwire.domain.authorization import AuthorizationStatus, AuthorizationVerdict
from pilotwire.domain.identity import IdToken
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
from pilotwire.ocpp import registry, v16, v201
from pilotwire.ocpp.version import OcppVersion
from tests.support.said import DIALECTS, V16, V21, V201

GOOD = AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED)
EVERY_VERSION = pytest.mark.parametrize("version", list(OcppVersion), ids=str)
OF_2 = pytest.mark.parametrize("version", [V201, V21], ids=str)


def _list(*tokens: IdToken) -> SendLocalList:
    entries = tuple(ListEntry(id_token=token, info=GOOD) for token in tokens)
    return SendLocalList(version=1, update=UpdateType.FULL, entries=entries)


@pytest.mark.req("1.6:5.10")
def test_a_station_without_a_list_says_minus_1_in_1_6() -> None:
    """And is read so, whichever negative number it says."""
    (request,) = DIALECTS[V16].write_command(GetLocalListVersion())
    none = LocalListVersion(version=None)
    assert DIALECTS[V16].write_outcome(GetLocalListVersion(), none, request) == v16.GetLocalListVersionResponse(
        list_version=-1
    )
    for told, meant in ((-1, None), (-2, None), (0, 0), (7, 7)):
        response = v16.GetLocalListVersionResponse(list_version=told)
        assert DIALECTS[V16].read_outcome(GetLocalListVersion(), (response,)) == LocalListVersion(version=meant)


@OF_2
@pytest.mark.req("D02.FR.03")
def test_a_station_without_a_list_says_0_in_2_x(version: OcppVersion) -> None:
    """There is no other word for it; and an update is Failed."""
    dialect = DIALECTS[version]
    (request,) = dialect.write_command(GetLocalListVersion())
    response = dialect.write_outcome(GetLocalListVersion(), LocalListVersion(version=None), request)
    assert registry.encode(response) == b'{"versionNumber":0}'
    (request,) = dialect.write_command(_list())
    outcome = SendLocalListOutcome(status=SendLocalListStatus.NOT_SUPPORTED)
    assert registry.encode(dialect.write_outcome(_list(), outcome, request)) == b'{"status":"Failed"}'


@EVERY_VERSION
def test_an_empty_list_is_left_out(version: OcppVersion) -> None:
    """2.x has no empty list (localAuthorizationList has one entry at least)."""
    (request,) = DIALECTS[version].write_command(_list())
    assert b"localAuthorizationList" not in registry.encode(request)


@pytest.mark.req("D01.FR.06")
def test_tokens_that_become_the_same_are_not_said() -> None:
    """1.6 has no types, and lists a tag once; 2.x gives a type to a token that has none."""
    two_types = _list(IdToken(value="AB", type="ISO14443"), IdToken(value="ab", type="Central"))
    with pytest.raises(NotSayable, match="two tokens with the value 'ab'"):
        DIALECTS[V16].write_command(two_types)
    with pytest.raises(NotSayable, match="'ab' of the type Central twice"):
        DIALECTS[V201].write_command(_list(IdToken(value="AB"), IdToken(value="ab", type="Central")))
    (request,) = DIALECTS[V201].write_command(two_types)
    assert isinstance(request, v201.SendLocalListRequest)
    assert len(request.local_authorization_list or ()) == 2


def test_a_token_that_is_too_long_is_not_said() -> None:
    """It is named."""
    with pytest.raises(NotSayable, match=r"'X{21}' has 21 characters"):
        DIALECTS[V16].write_command(_list(IdToken(value="X" * 21)))
    with pytest.raises(NotSayable, match=r"SendLocalList of OCPP 2\.0\.1"):
        DIALECTS[V201].write_command(_list(IdToken(value="X" * 37, type="Central")))


@EVERY_VERSION
def test_what_the_operator_wrote_too_long_does_not_keep_a_token_off_the_list(version: OcppVersion) -> None:
    """A group that cannot match and a language that cannot be are left out, as in any answer about a token."""
    info = AuthorizationVerdict(
        status=AuthorizationStatus.ACCEPTED, group=IdToken(value="G" * 300, type="Central"), language="x" * 9
    )
    entry = ListEntry(id_token=IdToken(value="AB", type="Central"), info=info)
    command = SendLocalList(version=1, update=UpdateType.FULL, entries=(entry,))
    dialect = DIALECTS[version]
    assert isinstance(dialect, WordDialect)
    (request,) = dialect.write_command(command)
    read = dialect.read_command(request)
    assert isinstance(read, SendLocalList)
    assert [each.info for each in read.entries] == [GOOD]
