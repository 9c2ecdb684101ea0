"""Central System under test: local authorization lists and the cache (test document 3.16, 3.20)."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import Check, equals, every, not_empty, present
from pilotwire.conformance.language import Asks, Case16, Receives, Step
from pilotwire.conformance.states.csms16 import ordered
from pilotwire.conformance.values import configured

_ENTRY = {"idTag": configured.valid_token, "idTagInfo": {"status": "Accepted"}}
_ALL_TOLD = (
    not_empty("localAuthorizationList"),
    every("localAuthorizationList", present("idTag"), present("idTagInfo.status")),
)


def _list_sent(number: str, kind: str, answer: str, *checks: Check) -> tuple[Step, ...]:
    asked: dict[str, Any] = {"listVersion": 1, "updateType": kind, "localAuthorizationList": [_ENTRY]}
    return ordered(
        number,
        "SendLocalList",
        equals("updateType", kind),
        *checks,
        asked=asked,
        answer={"status": answer},
    )


TC_042_1_CSMS = Case16(
    id="TC_042_1_CSMS",
    title="Version of the local list, not supported",
    purpose="The Charge Point has no local lists; the Central System takes listVersion -1.",
    main=ordered("1", "GetLocalListVersion", answer={"listVersion": -1}),
    requirements=("1.6:5.10",),
)

TC_042_2_CSMS = Case16(
    id="TC_042_2_CSMS",
    title="Version of the local list, empty",
    purpose="The local list is empty; the Central System takes listVersion 0.",
    main=ordered("1", "GetLocalListVersion", answer={"listVersion": 0}),
    requirements=("1.6:5.10",),
)

TC_043_1_CSMS = Case16(
    id="TC_043_1_CSMS",
    title="Local list, not supported",
    purpose="The Charge Point has no local lists; the Central System takes that answer.",
    main=_list_sent("1", "Full", "NotSupported"),
    requirements=("1.6:5.15",),
)

TC_043_3_CSMS = Case16(
    id="TC_043_3_CSMS",
    title="Local list, failed",
    purpose="The Charge Point cannot keep the list; the Central System takes that answer.",
    main=_list_sent("1", "Full", "Failed"),
    requirements=("1.6:5.15",),
)

TC_043_4_CSMS = Case16(
    id="TC_043_4_CSMS",
    title="Local list, full",
    purpose="The Central System sends a full list in which every entry has an idTagInfo.",
    main=_list_sent("1", "Full", "Accepted", *_ALL_TOLD),
    requirements=("1.6:5.15",),
)

TC_043_5_CSMS = Case16(
    id="TC_043_5_CSMS",
    title="Local list, differential",
    purpose="The Central System sends what changed in the list; every entry has an idTagInfo.",
    main=(
        Asks(
            action="SendLocalList",
            payload={"updateType": "Differential", "localAuthorizationList": [_ENTRY]},
        ),
        Receives(
            number="1",
            action="GetLocalListVersion",
            answer={"listVersion": 1},
            optional=True,
            within=configured.silence,
        ),
        Receives(
            number="3",
            action="SendLocalList",
            checks=(equals("updateType", "Differential"), *_ALL_TOLD),
            answer={"status": "Accepted"},
        ),
    ),
    requirements=("1.6:5.10", "1.6:5.15"),
)

TC_061_CSMS = Case16(
    id="TC_061_CSMS",
    title="The cache is cleared",
    purpose="The Central System has the authorization cache cleared.",
    main=ordered("1", "ClearCache", answer={"status": "Accepted"}),
    requirements=("1.6:5.4",),
)
