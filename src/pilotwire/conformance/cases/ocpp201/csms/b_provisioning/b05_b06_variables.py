"""B05, B06: the CSMS reads and sets variables."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.csms.b_provisioning.variables import (
    AUTHORIZE_REMOTE_START,
    OFFLINE_THRESHOLD,
    READS,
    SETS,
    Variable,
    named,
    shown_by_csms,
    variable,
)
from pilotwire.conformance.checks import Check, count, equals, satisfies, some
from pilotwire.conformance.language import Asks, Case, InAnyOrder, Judges, Receives, Step
from pilotwire.conformance.values import MISSING, Known

Steps = tuple[Step, ...]
Valued = tuple[Variable, str]
MOST = 4
"""How many variables the station takes in a GetVariablesRequest."""


def reads(*wanted: Valued, number: str = "1") -> Steps:
    """The operator asks for variables; the CSMS does in one message, and the station tells them."""
    names = [name for name, _ in wanted]
    told = [name | {"attributeStatus": "Accepted", "attributeValue": value} for name, value in wanted]
    return (
        Asks(action="GetVariables", payload={"getVariableData": names}),
        Receives(
            number=number,
            action="GetVariables",
            checks=(
                count("getVariableData", len(wanted)),
                *(some("getVariableData", named(name, READS)) for name in names),
            ),
            answer={"getVariableResult": told},
        ),
    )


def sets(*wanted: Valued) -> Steps:
    """The operator sets variables; the CSMS does in one message, and the station takes them."""
    data = [name | {"attributeValue": value} for name, value in wanted]
    checks: tuple[Check, ...] = tuple(
        some("setVariableData", named(name, equals("attributeValue", value), SETS)) for name, value in wanted
    )
    return (
        Asks(action="SetVariables", payload={"setVariableData": data}),
        Receives(number="1", action="SetVariables", checks=(count("setVariableData", len(wanted)), *checks)),
    )


THRESHOLD, REMOTE = (OFFLINE_THRESHOLD, "123"), (AUTHORIZE_REMOTE_START, "false")
SHOWN_THRESHOLD, SHOWN_REMOTE = shown_by_csms(*THRESHOLD), shown_by_csms(*REMOTE)

ITEMS_REPORT, ITEMS_VARIABLES, BYTES_REPORT, BYTES_VARIABLES = (
    variable("DeviceDataCtrlr", name, instance)
    for name in ("ItemsPerMessage", "BytesPerMessage")
    for instance in ("GetReport", "GetVariables")
)
FIVE = (ITEMS_REPORT, ITEMS_VARIABLES, BYTES_REPORT, BYTES_VARIABLES, AUTHORIZE_REMOTE_START)


def _asked(messages: Any) -> list[list[Any]]:
    """What each GetVariablesRequest of the main part asked for."""
    if not isinstance(messages, list):
        return []
    asked = [one for one in messages if one["action"] == "GetVariables" and one["part"] == "main"]
    return [one["payload"].get("getVariableData", []) for one in asked]


def _few(messages: Any, _: Known) -> bool:
    batches = _asked(messages)
    return bool(batches) and all(len(one) <= MOST for one in batches)


def _all_once(messages: Any, _: Known) -> bool:
    names = [
        (one["component"]["name"], one["variable"]["name"], one["variable"].get("instance", ""))
        for batch in _asked(messages)
        for one in batch
    ]
    wanted = [(one["component"]["name"], one["variable"]["name"], one["variable"].get("instance", "")) for one in FIVE]
    return sorted(names) == sorted(wanted)


def _of_size(size: int) -> Check:
    return satisfies(
        "getVariableData", f"has {size} members", lambda found, _: found is not MISSING and len(found) == size
    )


TC_B_06_CSMS = Case(
    id="TC_B_06_CSMS",
    title="Read one variable",
    purpose="The CSMS asks for a variable every station has, and shows what it is told.",
    requirements=("B06.FR.01", "B06.FR.02", "B06.FR.03", "B06.FR.04", "B06.FR.10", "B06.FR.11"),
    main=reads(THRESHOLD),
    after=(SHOWN_THRESHOLD,),
)
TC_B_07_CSMS = Case(
    id="TC_B_07_CSMS",
    title="Read two variables at once",
    purpose="The CSMS asks for two variables in one message, and shows what it is told.",
    requirements=("B06.FR.01", "B06.FR.02", "B06.FR.03"),
    main=reads(THRESHOLD, REMOTE),
    after=(SHOWN_THRESHOLD, SHOWN_REMOTE),
)
TC_B_08_CSMS = Case(
    id="TC_B_08_CSMS",
    title="Read more variables than fit into a message",
    purpose="The CSMS asks for five variables in two messages, because the station takes four in one.",
    requirements=("B06.FR.05",),
    before=reads((ITEMS_VARIABLES, str(MOST))),
    main=(
        Asks(action="GetVariables", payload={"getVariableData": list(FIVE)}),
        InAnyOrder(
            steps=tuple(
                Receives(number="1", action="GetVariables", where=(_of_size(size),))
                for size in (MOST, len(FIVE) - MOST)
            )
        ),
    ),
    after=(
        Judges(
            checks=(
                satisfies("messages", f"have no GetVariablesRequest for more than {MOST} variables", _few),
                satisfies("messages", "have each of the five variables asked for once", _all_once),
            )
        ),
    ),
)
TC_B_09_CSMS = Case(
    id="TC_B_09_CSMS",
    title="Set one variable",
    purpose="The CSMS sets a variable every station has, and shows its new value.",
    requirements=("B05.FR.01", "B05.FR.02", "B05.FR.03", "B05.FR.10", "B05.FR.12"),
    main=sets(THRESHOLD),
    after=(SHOWN_THRESHOLD,),
)
TC_B_10_CSMS = Case(
    id="TC_B_10_CSMS",
    title="Set two variables at once",
    purpose="The CSMS sets two variables in one message, and shows their new values.",
    requirements=("B05.FR.01", "B05.FR.02", "B05.FR.03"),
    main=sets(THRESHOLD, REMOTE),
    after=(SHOWN_THRESHOLD, SHOWN_REMOTE),
)
