"""D01: the CSMS sends the Local Authorization List, as a whole or what is new of it."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.d_local_list.versions import (
    IN_LIST,
    LIST_ON,
    NEXT_VERSION,
    OLDER_VERSION,
    VERSION,
    version_is,
)
from pilotwire.conformance.checks import equals
from pilotwire.conformance.language import Case, Sends, Step
from pilotwire.conformance.states.station201 import booted, id_token
from pilotwire.conformance.values import OMITTED

Steps = tuple[Step, ...]


def _entry(token: str, status: str | None = "Accepted") -> dict[str, Any]:
    """An element of a list; without a status it has no idTokenInfo, which takes the token off the list (D01.FR.17)."""
    return {"idToken": id_token(token), "idTokenInfo": OMITTED if status is None else {"status": status}}


def _sends(kind: str, version: Any, *entries: dict[str, Any], answer: str = "Accepted", requirement: str) -> Sends:
    request = {
        "updateType": kind,
        "versionNumber": version,
        "localAuthorizationList": list(entries) or OMITTED,
    }
    return Sends(
        number="1", action="SendLocalList", payload=request, checks=(equals("status", answer).of(requirement),)
    )


TC_D_01_CS = Case(
    id="TC_D_01_CS",
    title="A whole list",
    purpose="A full list is accepted, and its version is the one the station tells.",
    requirements=("D01.FR.02", "D01.FR.15"),
    before=LIST_ON,
    main=(_sends("Full", VERSION, _entry("valid_token"), requirement="D01.FR.15"), version_is("3", VERSION)),
)

TC_D_02_CS = Case(
    id="TC_D_02_CS",
    title="A new token for the list",
    purpose="An update with a token more is accepted, and its version is the one the station tells.",
    requirements=("D01.FR.02", "D01.FR.16"),
    before=IN_LIST,
    main=(
        _sends("Differential", NEXT_VERSION, _entry("valid_token2"), requirement="D01.FR.16"),
        version_is("3", NEXT_VERSION),
    ),
)

TC_D_03_CS = Case(
    id="TC_D_03_CS",
    title="A token off the list",
    purpose="An update with a token that has no idTokenInfo is accepted, and its version is the one the station tells.",
    requirements=("D01.FR.02", "D01.FR.17"),
    before=IN_LIST,
    main=(
        _sends("Differential", NEXT_VERSION, _entry("valid_token", None), requirement="D01.FR.17"),
        version_is("3", NEXT_VERSION),
    ),
)

TC_D_04_CS = Case(
    id="TC_D_04_CS",
    title="A whole list with nobody on it",
    purpose="A full list without tokens is accepted; its version is the one the station tells.",
    requirements=("D01.FR.02", "D01.FR.04"),
    before=IN_LIST,
    main=(_sends("Full", NEXT_VERSION, requirement="D01.FR.04"), version_is("3", NEXT_VERSION)),
    remark="The case sends the version of the list that is there; a new one is sent, so that the answer shows which was taken over.",
)

TC_D_05_CS = Case(
    id="TC_D_05_CS",
    title="An update with nothing new",
    purpose="An update without tokens is accepted, and its version is the one the station tells.",
    requirements=("D01.FR.02", "D01.FR.05"),
    before=IN_LIST,
    main=(_sends("Differential", NEXT_VERSION, requirement="D01.FR.05"), version_is("3", NEXT_VERSION)),
)

TC_D_06_CS = Case(
    id="TC_D_06_CS",
    title="An update that is too old",
    purpose="An update with a version below that of the list is refused with VersionMismatch, and the list stays as it was.",
    requirements=("D01.FR.19",),
    before=IN_LIST,
    main=(
        _sends(
            "Differential", OLDER_VERSION, _entry("valid_token2"), answer="VersionMismatch", requirement="D01.FR.19"
        ),
        version_is("3", VERSION),
    ),
)

TC_D_07_CS = Case(
    id="TC_D_07_CS",
    title="The list outlives a boot",
    purpose="After a boot the station tells the version of the list it had before.",
    requirements=("D01.FR.10",),
    before=(*IN_LIST, *booted()),
    main=(version_is("1", VERSION, requirement="D01.FR.10"),),
)
