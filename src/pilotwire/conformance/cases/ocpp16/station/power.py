"""Charge Point under test: the power fails (test document 2.13)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilotwire.conformance.conditions import Condition, not_
from pilotwire.conformance.language import Acts, Case16, Happened, InAnyOrder, OnlyIf
from pilotwire.conformance.states.station16 import (
    all_but_this_available,
    boots,
    charge_point_unavailable,
    charging,
    ends_charging,
    everything_is,
    present_id_tag,
    status,
    stops,
)
from pilotwire.conformance.values import Known, configured

_CABLE_IS_IN: Any = ["Finishing", "Preparing"]
_OVER = Happened(facts={"authorized": False, "energy": False})


def _told_since_boot(known: Known) -> Iterator[str]:
    """The states of the connector since the boot."""
    heard = [one for one in known.heard() if one["part"] == "main"]
    boot = max((place for place, one in enumerate(heard) if one["action"] == "BootNotification"), default=-1)
    for one in heard[boot + 1 :]:
        if one["action"] == "StatusNotification" and one["payload"].get("connectorId") == known.setting("evse_id"):
            yield str(one["payload"].get("status"))


_RESUMED = Condition("the transaction is resumed", lambda known: list(_told_since_boot(known))[-1:] == ["Charging"])
_ENDING_TOLD = Condition(
    "the connector was told to be Finishing or Preparing",
    lambda known: any(one in _CABLE_IS_IN for one in _told_since_boot(known)),
)

TC_032_1_CS = Case16(
    id="TC_032_1_CS",
    title="Power failure with a back-up power source",
    purpose="A Charge Point that has power left stops the transaction before it goes down.",
    before=charging(),
    main=(
        Acts(act="cut_power"),
        ends_charging("1", "3", "PowerLoss"),
        _OVER,
        Acts(act="give_power"),
        boots("5"),
        all_but_this_available("7", _CABLE_IS_IN),
    ),
    requirements=("1.6:4.2", "1.6:4.10"),
)

TC_032_2_CS = Case16(
    id="TC_032_2_CS",
    title="Power failure without a back-up power source",
    purpose="A Charge Point whose power failed stops the transaction when it is back, or goes on with it until it is stopped there.",
    before=charging(),
    main=(
        Acts(act="power_cycle"),
        boots("1"),
        all_but_this_available("3", ["Preparing", "Finishing", "Charging"]),
        OnlyIf(
            condition=_RESUMED,
            steps=(
                present_id_tag(),
                InAnyOrder(steps=(stops("5", "Local"), status("7", _CABLE_IS_IN))),
            ),
            otherwise=(
                stops("5", "PowerLoss", within=configured.long_operation_timeout),
                OnlyIf(condition=not_(_ENDING_TOLD), steps=(status("7", _CABLE_IS_IN),)),
            ),
        ),
        _OVER,
    ),
    requirements=("1.6:4.2", "1.6:4.10"),
)

TC_034_CS = Case16(
    id="TC_034_CS",
    title="Power failure of a Charge Point that is Unavailable",
    purpose="A Charge Point that was Unavailable before its power failed still is afterwards.",
    main=(
        *charge_point_unavailable(),
        Acts(act="power_cycle"),
        boots("5"),
        everything_is("7", "Unavailable"),
    ),
    requirements=("1.6:4.9", "1.6:5.2"),
)
