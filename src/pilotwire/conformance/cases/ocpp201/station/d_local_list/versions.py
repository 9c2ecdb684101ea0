"""What cases of the Local Authorization List have in common: a list that is there, and its version."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import equals
from pilotwire.conformance.language import Configures, Sends, Step
from pilotwire.conformance.states.station201 import id_token_in_local_list
from pilotwire.conformance.values import Fresh, plus

Steps = tuple[Step, ...]

VERSION = Fresh("list_version")
"""The version of the list that is sent first; more than 1."""
NEXT_VERSION = plus(VERSION, 1)
OLDER_VERSION = plus(VERSION, -1)

LIST_ON: Steps = (Configures(variable="LocalAuthListCtrlr.Enabled", value=True, if_implemented=True),)
IN_LIST: Steps = (*LIST_ON, *id_token_in_local_list())
"""The valid token is on the list."""


def version_is(number: str, version: Any, *, requirement: str = "D02.FR.01") -> Sends:
    """The station is asked for the version of its list, and tells this one."""
    return Sends(
        number=number, action="GetLocalListVersion", checks=(equals("versionNumber", version).of(requirement),)
    )
