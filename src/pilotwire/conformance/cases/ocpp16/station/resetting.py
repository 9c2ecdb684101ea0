"""Charge Point under test: resets (test document 2.6)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pilotwire.conformance.checks import Check, Judgement
from pilotwire.conformance.conditions import Condition
from pilotwire.conformance.language import Case16, Happened, InAnyOrder, Judges, OnlyIf, Step
from pilotwire.conformance.states.station16 import (
    all_but_this_available,
    boots,
    change_availability,
    charging,
    connector_unavailable,
    ends_charging,
    resets,
    status,
    stops,
)
from pilotwire.conformance.values import Known, configured

Steps = tuple[Step, ...]

_CABLE_IS_IN: Any = ["Finishing", "Preparing"]
_OVER = Happened(facts={"authorized": False, "energy": False})
_BOOTED = Condition("the Charge Point boots", lambda known: "booted" in known.kept)


def _boots_or_not(number: str, told: str, state: Any) -> Steps:
    """A soft reset need not end in a boot; after a boot all connectors are told."""
    return (
        boots(number, optional=True, keep={"booted": "chargePointModel"}),
        OnlyIf(condition=_BOOTED, steps=(all_but_this_available(told, state),)),
    )


def _in_use_again(number: int) -> Steps:
    return (change_availability(str(number), "Operative"), status(str(number + 2), "Available"))


TC_013_CS = Case16(
    id="TC_013_CS",
    title="Hard reset without a transaction",
    purpose="A Charge Point that is reset boots, and a connector that was Unavailable before still is.",
    main=(
        *connector_unavailable(),
        resets("5", "Hard"),
        boots("7"),
        all_but_this_available("9", "Unavailable"),
        *_in_use_again(11),
    ),
    requirements=("1.6:5.2", "1.6:5.14"),
)

TC_014_CS = Case16(
    id="TC_014_CS",
    title="Soft reset without a transaction",
    purpose="A Charge Point takes a soft reset, and a connector that was Unavailable before still is.",
    main=(
        *connector_unavailable(),
        resets("5", "Soft"),
        *_boots_or_not("7", "9", "Unavailable"),
        *_in_use_again(11),
    ),
    requirements=("1.6:5.2", "1.6:5.14"),
)


def _finishing_told(everything: Any, known: Known) -> Judgement:
    """Finishing is told before the boot where the transaction is stopped before it."""
    heard = [one for one in everything["messages"] if one["part"] == "main"]
    before_boot = list(_until_boot(heard))
    if not any(one["action"] == "StopTransaction" for one in before_boot):
        return Judgement(True, "the transaction is stopped after the boot", applies=False)
    states = [
        str(one["payload"].get("status"))
        for one in before_boot
        if one["action"] == "StatusNotification" and one["payload"].get("connectorId") == known.setting("evse_id")
    ]
    return Judgement("Finishing" in states, ", ".join(states) or "nothing was told")


def _until_boot(heard: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    for one in heard:
        if one["action"] == "BootNotification":
            return
        yield one


TC_015_CS = Case16(
    id="TC_015_CS",
    title="Hard reset in a transaction",
    purpose="A hard reset ends the transaction, which is told before the boot or after it.",
    before=charging(),
    main=(
        resets("1", "Hard"),
        InAnyOrder(
            number="3",
            steps=(stops("3", "HardReset", within=configured.long_operation_timeout), boots("7")),
        ),
        _OVER,
        all_but_this_available("9", _CABLE_IS_IN),
    ),
    after=(
        Judges(
            number="5",
            checks=(Check("a transaction stopped before the boot leaves its connector Finishing", _finishing_told),),
        ),
    ),
    requirements=("1.6:4.10", "1.6:5.14"),
)

TC_016_CS = Case16(
    id="TC_016_CS",
    title="Soft reset in a transaction",
    purpose="A soft reset ends the transaction, which is told before the boot, if there is one.",
    before=charging(),
    main=(
        resets("1", "Soft"),
        ends_charging("3", "5", "SoftReset"),
        _OVER,
        *_boots_or_not("7", "9", _CABLE_IS_IN),
    ),
    requirements=("1.6:4.10", "1.6:5.14"),
)
