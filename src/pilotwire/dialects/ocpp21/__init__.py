"""OCPP 2.1: its own message types in the words it shares with the other 2.x, and words of its own."""

from typing import cast

from pilotwire.dialects.ocpp2 import Wire, commands_of, facts_of
from pilotwire.dialects.ocpp21 import words
from pilotwire.dialects.words import WordDialect
from pilotwire.ocpp import v21
from pilotwire.ocpp.version import OcppVersion

_WIRE = cast(Wire, v21)

DIALECT = WordDialect(
    OcppVersion.V21,
    facts=(*facts_of(_WIRE), *words.FACTS),
    commands=(*commands_of(_WIRE), *words.COMMANDS),
    status_info=lambda why: v21.StatusInfo(reason_code=why.code, additional_info=why.info),
)

__all__ = ["DIALECT"]
