"""OCPP 2.0.1: its own message types in the words it shares with the other 2.x."""

from typing import cast

from pilotwire.dialects.ocpp2 import Wire, commands_of, facts_of
from pilotwire.dialects.words import WordDialect
from pilotwire.ocpp import v201
from pilotwire.ocpp.version import OcppVersion

_WIRE = cast(Wire, v201)

DIALECT = WordDialect(
    OcppVersion.V201,
    facts=facts_of(_WIRE),
    commands=commands_of(_WIRE),
    status_info=lambda why: v201.StatusInfo(reason_code=why.code, additional_info=why.info),
)

__all__ = ["DIALECT"]
