"""Cases of our own for B05: how many variables a CSMS sets in one message, and that it sets none of them twice."""

from __future__ import annotations

from collections import Counter
from typing import Any

from pilotwire.conformance.cases.ocpp201.csms.b_provisioning.b05_b06_variables import reads
from pilotwire.conformance.cases.ocpp201.csms.b_provisioning.variables import (
    AUTHORIZE_REMOTE_START,
    OFFLINE_THRESHOLD,
    variable,
)
from pilotwire.conformance.checks import Check, Judgement, satisfies
from pilotwire.conformance.conditions import feature
from pilotwire.conformance.language import Asks, Case, Judges, NotReceives, Receives, Repeats
from pilotwire.conformance.values import Known

_PART_2 = "Part 2 edition 3, errata 2025-09"
_MOST = 2
"""How many variables the station takes in a SetVariablesRequest."""
_THREE = (
    OFFLINE_THRESHOLD | {"attributeValue": "123"},
    AUTHORIZE_REMOTE_START | {"attributeValue": "false"},
    variable("OCPPCommCtrlr", "HeartbeatInterval") | {"attributeValue": "600"},
)


def _named(data: list[Any]) -> list[str]:
    """The variables that are set, with the attribute."""
    return [
        f"{one['component']['name']}.{one['variable']['name']} {one.get('attributeType', 'Actual')}" for one in data
    ]


def _set(everything: Any) -> list[list[str]]:
    """What each SetVariablesRequest of the main part set: the variables, with the attribute."""
    return [
        _named(message["payload"].get("setVariableData", []))
        for message in everything["messages"]
        if message["action"] == "SetVariables" and message["part"] == "main"
    ]


def _few(everything: Any, _: Known) -> Judgement:
    sizes = [len(one) for one in _set(everything)]
    return Judgement(all(size <= _MOST for size in sizes), f"{sizes}")


def _all(everything: Any, _: Known) -> Judgement:
    names = sorted(name for one in _set(everything) for name in one)
    return Judgement(len(names) == len(_THREE) == len(set(names)), ", ".join(names) or "none")


def _twice(found: Any, _: Known) -> bool:
    names = _named(found) if isinstance(found, list) else []
    return any(times > 1 for times in Counter(names).values())


PW_B_02_CSMS = Case(
    id="PW_B_02_CSMS",
    title="Set more variables than fit into a message",
    purpose="The CSMS sets three variables in several messages, because the station takes two in one.",
    requirements=("B05.FR.11",),
    needs=(feature("Core"),),
    before=reads((variable("DeviceDataCtrlr", "ItemsPerMessage", "SetVariables"), str(_MOST)), number=""),
    main=(
        Asks(action="SetVariables", payload={"setVariableData": list(_THREE)}),
        Repeats(number="1", steps=(Receives(number="1", action="SetVariables"),), most=2),
    ),
    after=(
        Judges(
            checks=(
                Check(f"no SetVariablesRequest has more than {_MOST} variables", _few).of("B05.FR.11"),
                Check("each of the three variables is set once", _all),
            )
        ),
    ),
    follows=_PART_2,
    ours=True,
)

PW_B_03_CSMS = Case(
    id="PW_B_03_CSMS",
    title="Set a variable twice",
    purpose="The CSMS sets no variable twice in one message, also where its operator orders it to.",
    requirements=("B05.FR.13",),
    needs=(feature("Core"),),
    main=(
        Asks(
            action="SetVariables",
            payload={
                "setVariableData": [
                    OFFLINE_THRESHOLD | {"attributeValue": "123"},
                    OFFLINE_THRESHOLD | {"attributeValue": "124", "attributeType": "Actual"},
                ]
            },
            refusable=True,
        ),
        NotReceives(
            number="1",
            action="SetVariables",
            where=(satisfies("setVariableData", "sets an attribute twice", _twice).of("B05.FR.13"),),
            note="The CSMS shall not send it (B05.FR.13).",
        ),
    ),
    follows=_PART_2,
    ours=True,
)
