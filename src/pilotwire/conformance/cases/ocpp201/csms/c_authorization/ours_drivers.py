"""Cases of our own for requirements of block C that no case of the document touches: languages of drivers, and types of EVSEs."""

from __future__ import annotations

import re
from typing import Any

from pilotwire.conformance.cases.ocpp201.csms.b_provisioning.b07_b08_reports import takes_report
from pilotwire.conformance.cases.ocpp201.csms.c_authorization.ours_tokens import PART_2
from pilotwire.conformance.cases.ocpp201.csms.c_authorization.presenting import ACCEPTED, asks
from pilotwire.conformance.checks import absent, absent_or, both, either, equals, present, satisfies
from pilotwire.conformance.language import Case
from pilotwire.conformance.values import MISSING, Known, configured, look

_FIRST, _SECOND = "idTokenInfo.language1", "idTokenInfo.language2"
_TAG = r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*"
"""A language tag (RFC 5646), as far as eight characters go."""


def _tag(path: str, requirement: str) -> Any:
    return either(absent(path), satisfies(path, "is a language tag (RFC 5646)", _is_tag)).of(requirement)


def _is_tag(found: Any, _: Known) -> bool:
    return isinstance(found, str) and re.fullmatch(_TAG, found) is not None


def _differ(message: Any, _: Known) -> bool:
    first, second = look(message, _FIRST), look(message, _SECOND)
    return second is MISSING or first != second


PW_C_09_CSMS = Case(
    id="PW_C_09_CSMS",
    title="The languages of a driver",
    purpose="The CSMS tells the language of a driver as a tag, a second one only beside the first, and never the same twice.",
    requirements=("C01.FR.10", "C01.FR.11", "C01.FR.17", "C04.FR.05", "C05.FR.04"),
    traits={"speaks": "nl"},
    main=(
        asks(
            "1",
            "valid_token",
            ACCEPTED,
            equals(_FIRST, "nl").of("C01.FR.17").softly(),
            *(_tag(path, one) for one in ("C01.FR.17", "C04.FR.05", "C05.FR.04") for path in (_FIRST, _SECOND)),
            either(absent(_SECOND), both(present(_FIRST), present(_SECOND))).of("C01.FR.10"),
            satisfies("", "has a language2 that is not language1, if any", _differ).of("C01.FR.11"),
        ),
        asks(
            "3",
            "valid_token2",
            ACCEPTED,
            either(absent(_SECOND), both(present(_FIRST), present(_SECOND))).of("C01.FR.10"),
        ),
    ),
    follows=PART_2,
    ours=True,
    remark="A CSMS that tells no languages gets a warning: nothing is to be seen then.",
)


def _type_of(evse: int) -> dict[str, Any]:
    return {
        "component": {"name": "Connector", "evse": {"id": evse, "connectorId": 1}},
        "variable": {"name": "ConnectorType"},
    }


PW_C_10_CSMS = Case(
    id="PW_C_10_CSMS",
    title="A token for another type of EVSE",
    purpose="The CSMS says NotAllowedTypeEVSE of a token that may not charge at the type of EVSE the station has, and names none.",
    requirements=("C01.FR.18",),
    traits={"good_at": "other_type"},
    before=takes_report(*((_type_of(evse), configured.connector_type) for evse in (1, 2))),
    main=(
        asks(
            "1",
            "valid_token2",
            equals("idTokenInfo.status", "NotAllowedTypeEVSE").of("C01.FR.18"),
            absent_or("idTokenInfo.evseId", []),
        ),
    ),
    follows=PART_2,
    ours=True,
)
