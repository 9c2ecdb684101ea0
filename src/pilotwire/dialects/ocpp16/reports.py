"""What 1.6 has no words for: reports of a device model, and whether messages about a transaction wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from pilotwire.dialects.words import CommandWord
from pilotwire.domain.device_model import GetBaseReport, GetReport
from pilotwire.domain.kinds import Command
from pilotwire.domain.network_profiles import SetNetworkProfile
from pilotwire.domain.transactions import GetTransactionStatus
from pilotwire.errors import MisuseError, NotSayable, PilotwireError


def _unsayable(command: type[Command], what: str, remedy: str) -> CommandWord:
    """A command without a message in this version: nobody can read it, and who gives it is told what to do instead."""
    return CommandWord(
        command=command,
        read={},
        write=_refusing(NotSayable, what, remedy),
        write_outcome=_refusing(MisuseError, what, ""),
        read_outcome=_refusing(MisuseError, what, ""),
    )


def _refusing(error: type[PilotwireError], what: str, remedy: str) -> Callable[..., Any]:
    def refuse(*_: object) -> NoReturn:
        raise error(what, remedy)

    return refuse


_INSTEAD = "Ask for the configuration keys: get-variables without any names gives them all."

COMMANDS = (
    _unsayable(GetBaseReport, "OCPP 1.6 has no device model, so no report of one (GetBaseReport).", _INSTEAD),
    _unsayable(GetReport, "OCPP 1.6 has no device model, so no report of one (GetReport).", _INSTEAD),
    _unsayable(
        SetNetworkProfile,
        "OCPP 1.6 has no network profiles (SetNetworkProfile).",
        "Where the station has configuration keys of its own for that, set them with set-variables.",
    ),
    _unsayable(
        GetTransactionStatus,
        "OCPP 1.6 cannot ask for the status of a transaction (GetTransactionStatus).",
        "Trigger MeterValues for its connector: only a running transaction is named in them.",
    ),
)
