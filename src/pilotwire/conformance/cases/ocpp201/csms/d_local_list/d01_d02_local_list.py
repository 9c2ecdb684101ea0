"""D01, D02: the CSMS sends a Local Authorization List, and asks for its version."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import Check, above, absent, either, equals, every, not_empty, present
from pilotwire.conformance.language import Asks, Case, Receives, Step
from pilotwire.conformance.states.csms201 import id_token

Steps = tuple[Step, ...]
AT_STATION = 1
"""The version of the list the station has."""
ENTRIES = [
    {"idToken": id_token(token), "idTokenInfo": {"status": "Accepted"}} for token in ("valid_token", "valid_token2")
]


def asks_version(number: str = "1", version: int = AT_STATION, *, optional: bool = True) -> Receives:
    """The CSMS asks which version the station has."""
    return Receives(
        number=number,
        action="GetLocalListVersion",
        answer={"versionNumber": version},
        optional=optional,
        within=2 if optional else 20,
    )


def sends_list(payload: dict[str, Any], *checks: Check, number: str) -> Steps:
    """The operator sends a list; the CSMS may ask for the version first."""
    return (
        Asks(action="SendLocalList", payload=payload),
        asks_version(),
        Receives(number=number, action="SendLocalList", checks=checks, answer={"status": "Accepted"}),
    )


TC_D_01_CSMS = Case(
    id="TC_D_01_CSMS",
    title="Send a full list",
    purpose="The CSMS sends a full list with a version and what is thought of every token.",
    requirements=("D01.FR.01", "D01.FR.06", "D01.FR.18"),
    main=sends_list(
        {"updateType": "Full", "localAuthorizationList": ENTRIES},
        equals("updateType", "Full"),
        above("versionNumber", 0),
        not_empty("localAuthorizationList"),
        every("localAuthorizationList", present("idTokenInfo.status")),
        number="3",
    ),
)
TC_D_02_CSMS = Case(
    id="TC_D_02_CSMS",
    title="Send a differential list",
    purpose="The CSMS sends changes with a version above the one the station has.",
    requirements=("D01.FR.01", "D01.FR.06", "D01.FR.18"),
    main=sends_list(
        {"updateType": "Differential", "localAuthorizationList": ENTRIES},
        equals("updateType", "Differential"),
        above("versionNumber", AT_STATION),
        not_empty("localAuthorizationList"),
        number="3",
    ),
)
TC_D_03_CSMS = Case(
    id="TC_D_03_CSMS",
    title="Remove tokens by a differential list",
    purpose="The CSMS removes tokens: entries without idTokenInfo.",
    requirements=("D01.FR.01", "D01.FR.06", "D01.FR.18", "D01.FR.17"),
    main=sends_list(
        {"updateType": "Differential", "localAuthorizationList": [{"idToken": id_token()}]},
        equals("updateType", "Differential"),
        above("versionNumber", AT_STATION),
        every("localAuthorizationList", absent("idTokenInfo")),
        number="1",
    ),
)
TC_D_04_CSMS = Case(
    id="TC_D_04_CSMS",
    title="Empty the list",
    purpose="The CSMS sends a full list without entries.",
    requirements=("D01.FR.01", "D01.FR.06", "D01.FR.18"),
    main=sends_list(
        {"updateType": "Full", "localAuthorizationList": []},
        equals("updateType", "Full"),
        either(absent("localAuthorizationList"), equals("localAuthorizationList", [])),
        number="1",
    ),
)
TC_D_08_CSMS = Case(
    id="TC_D_08_CSMS",
    title="Ask for the version",
    purpose="The CSMS asks for the version of the list.",
    main=(Asks(action="GetLocalListVersion"), asks_version(version=7, optional=False)),
)
TC_D_09_CSMS = Case(
    id="TC_D_09_CSMS",
    title="Ask for the version where there is no list",
    purpose="The CSMS takes it that the station has no list: version 0.",
    main=(Asks(action="GetLocalListVersion"), asks_version(version=0, optional=False)),
)
