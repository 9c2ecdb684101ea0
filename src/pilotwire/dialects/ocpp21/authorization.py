"""What 2.1 adds to authorization: the tariff of a driver (I08)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import msgspec

from pilotwire.dialects.ocpp2 import authorization as shared
from pilotwire.dialects.ocpp2.wire import Wire
from pilotwire.dialects.ocpp21.tariff import read_tariff, write_tariff
from pilotwire.dialects.words import FactWord
from pilotwire.domain.authorization import AuthorizationAsked, AuthorizationVerdict
from pilotwire.domain.kinds import changed
from pilotwire.ocpp import v21
from pilotwire.ocpp.types import Message

(_WORD,) = shared.facts(cast(Wire, v21))


def write_verdict(fact: AuthorizationAsked, verdict: AuthorizationVerdict) -> Message:
    """AuthorizeResponse with the tariff (I08.FR.01)."""
    response: Any = _WORD.write_verdict(fact, verdict)
    if verdict.tariff is None:
        return cast(Message, response)
    return cast(Message, msgspec.structs.replace(response, tariff=write_tariff(verdict.tariff)))


def read_verdict(fact: AuthorizationAsked, response: v21.AuthorizeResponse) -> AuthorizationVerdict:
    """The verdict with the tariff."""
    verdict = cast(AuthorizationVerdict, _WORD.read_verdict(fact, response))
    return verdict if response.tariff is None else changed(verdict, tariff=read_tariff(response.tariff))


FACTS: tuple[FactWord, ...] = (replace(_WORD, write_verdict=write_verdict, read_verdict=read_verdict),)
"""In the place of the word that 2.1 shares with 2.0.1."""
