"""Cases of our own for B01 to B03, B09 and B10: boots, what outlives them, and network profiles that must be refused."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.b_provisioning.b09_network_profile import PRIORITY, TWO_SLOTS, profile
from pilotwire.conformance.cases.ocpp201.station.b_provisioning.boots import boots, resets
from pilotwire.conformance.cases.ocpp201.station.b_provisioning.reports import Row, custom_report, of_rows, rows_of
from pilotwire.conformance.cases.ocpp201.station.b_provisioning.variables import variable
from pilotwire.conformance.checks import Check, Judgement, equals
from pilotwire.conformance.conditions import feature
from pilotwire.conformance.language import (
    Acts,
    Answers,
    Case,
    Configures,
    InAnyOrder,
    Judges,
    NotReceives,
    Receives,
    Sends,
    Step,
    TellsStatus,
    Waits,
    at_least_profile,
)
from pilotwire.conformance.states.booting import beats
from pilotwire.conformance.states.offline201 import known_offline, line_back, line_down
from pilotwire.conformance.states.station201 import present_token, reserved
from pilotwire.conformance.values import Computed, Known, configured, made, plus, times
from pilotwire.conformance.variables import component_variable

Steps = tuple[Step, ...]
PART_2 = "Part 2 edition 3, errata 2025-09"
CORE = (feature("Core"),)
_CHANGED = configured.heartbeat_interval


PW_B_01_CS = Case(
    id="PW_B_01_CS",
    title="The interval of heartbeats is that of the boot",
    purpose="A station that is accepted with an interval sends its heartbeats at it.",
    requirements=("B01.FR.04", "G02.FR.01"),
    needs=CORE,
    main=(
        Acts(act="power_cycle"),
        boots("1", answer={"status": "Accepted", "interval": _CHANGED}),
        TellsStatus(number="3", status="Available", every="station"),
        Waits(seconds=times(4.5, _CHANGED), why="several heartbeats are due"),
    ),
    after=(Judges(checks=(Check("the heartbeats are the interval apart", beats).of("B01.FR.04"),)),),
    follows=PART_2,
    ours=True,
)

PW_B_02_CS = Case(
    id="PW_B_02_CS",
    title="A reservation outlives a reset",
    purpose="An EVSE that is reserved is told to be so after a reset.",
    requirements=("B01.FR.13",),
    needs=(feature("Reservation"),),
    before=reserved(),
    main=(
        resets("1", "Immediate", "Accepted"),
        boots("3"),
        InAnyOrder(
            number="5",
            steps=(
                TellsStatus(number="5", status="Reserved", every="evse", note="B01.FR.13"),
                TellsStatus(number="5", status="Available", every="others"),
            ),
        ),
    ),
    follows=PART_2,
    ours=True,
)


def _left_to_itself(first: int, status: str, requirement: str) -> Steps:
    """The boot is answered so with the interval 0: the station chooses one, and does not hurry."""
    return (
        Acts(act="power_cycle"),
        boots(str(first), answer={"status": status, "interval": 0}),
        Answers(action="BootNotification", payload={"status": status, "interval": 0}),
        NotReceives(
            number=str(first + 2),
            action="BootNotification",
            seconds=configured.silence,
            note=f"Boots do not follow each other at once ({requirement}).",
        ),
        Answers(action="BootNotification"),
    )


PW_B_03_CS = Case(
    id="PW_B_03_CS",
    title="Pending or rejected without an interval",
    purpose="A station that is not accepted, and not told when to come back, waits by itself.",
    requirements=("B02.FR.07", "B03.FR.05"),
    needs=CORE,
    main=(*_left_to_itself(1, "Pending", "B02.FR.07"), *_left_to_itself(5, "Rejected", "B03.FR.05")),
    follows=PART_2,
    ours=True,
)

# --- what waits from before -----------------------------------------------------------------------------------------------------


def _before_accepted(everything: Any, _: Known) -> Judgement:
    """What came after the first boot of the main part, up to the second."""
    heard = [one for one in everything["messages"] if one["part"] == "main"]
    places = [place for place, one in enumerate(heard) if one["action"] == "BootNotification"]
    between = heard[places[0] + 1 : places[1]] if len(places) > 1 else heard
    others = [one["action"] for one in (*heard[: places[0]], *between)] if places else ["no boot"]
    return Judgement(not others, ", ".join(others) or "nothing else")


def _delivered(everything: Any, _: Known) -> Judgement:
    heard = [
        one["payload"]
        for one in everything["messages"]
        if one["part"] == "main" and one["action"] == "TransactionEvent"
    ]
    return Judgement(any(one.get("offline") for one in heard), f"{len(heard)} TransactionEventRequests")


PW_B_04_CS = Case(
    id="PW_B_04_CS",
    title="What waits from before a boot waits until it is accepted",
    purpose="A station with events in its queue sends nothing but BootNotification until that is accepted, then its events.",
    requirements=("B01.FR.08",),
    needs=CORE,
    before=(
        *known_offline(),
        *line_down(),
        Acts(act="drive_in"),
        present_token(),
        Acts(act="plug_in"),
        Waits(seconds=configured.transaction_duration, why="energy flows for a while"),
        Acts(act="power_cycle"),
    ),
    main=(
        *line_back("1"),
        boots("2", answer={"status": "Rejected", "interval": configured.heartbeat_interval}),
        boots("4", within=plus(configured.heartbeat_interval, configured.long_operation_timeout)),
        Receives(number="6", action="TransactionEvent", where=(equals("offline", True),)),
    ),
    after=(
        Judges(
            checks=(
                Check("until the boot is accepted nothing else is sent", _before_accepted).of("B01.FR.08"),
                Check("what waited is sent after that", _delivered).of("B01.FR.08"),
            )
        ),
    ),
    follows=PART_2,
    ours=True,
)

# --- network profiles -----------------------------------------------------------------------------------------------------------


def _slots_of(row: Row) -> set[str]:
    values = row.get("variableCharacteristics", {}).get("valuesList", "")
    return {one.strip() for one in values.split(",")} - {""}


def _fewer_than_two(rows: list[Row], _: Known) -> list[str]:
    return [", ".join(sorted(_slots_of(row))) or "none" for row in rows if len(_slots_of(row)) < 2]


def _highest(known: Known) -> int:
    """The first slot number above all the station has."""
    rows = rows_of({"messages": known.heard()}, known)
    return max((int(one) for row in rows for one in _slots_of(row) if one.isdigit()), default=0) + 1


_NO_SLOT = Computed("a slot the station does not have", _highest)

PW_B_05_CS = Case(
    id="PW_B_05_CS",
    title="The slots of network profiles",
    purpose="A station has at least two slots for network profiles; a profile for the slot after the last one is rejected.",
    requirements=("B09.FR.05", "B09.FR.06"),
    needs=CORE,
    main=(
        *custom_report({"componentVariable": [component_variable(PRIORITY)]}),
        Sends(
            number="5",
            action="SetNetworkProfile",
            payload=profile(_NO_SLOT, made("url", endpoint="main")),
            checks=(equals("status", "Rejected").of("B09.FR.05"),),
        ),
    ),
    after=(
        Judges(
            checks=(of_rows("the valuesList has two slots or more", _fewer_than_two).of("B09.FR.06"),),
        ),
    ),
    follows=PART_2,
    ours=True,
)

PW_B_06_CS = Case(
    id="PW_B_06_CS",
    title="A priority with a slot that has no profile",
    purpose="NetworkConfigurationPriority does not take a slot that holds no network profile.",
    requirements=("B10.FR.02",),
    needs=(*CORE, TWO_SLOTS),
    main=(
        Sends(
            number="1",
            action="SetVariables",
            payload={
                "setVariableData": [
                    variable(
                        PRIORITY,
                        attributeValue=Computed(
                            "the slot that is set, and the other one",
                            lambda known: (
                                f"{known.setting('configuration_slot')},{known.setting('configuration_slot2')}"
                            ),
                        ),
                    )
                ]
            },
            checks=(equals("setVariableResult[0].attributeStatus", "Rejected").of("B10.FR.02"),),
        ),
    ),
    remark="The second slot of the plan is taken to be empty.",
    follows=PART_2,
    ours=True,
)

_DOWNGRADE = "SecurityCtrlr.AllowSecurityProfileDowngrade"

PW_B_07_CS = Case(
    id="PW_B_07_CS",
    title="Never down to security profile 1",
    purpose="A station that may go down to a lower security profile does not take a network profile with security profile 1.",
    requirements=("B09.FR.31", "B09.FR.32", "A00.FR.005"),
    needs=(*CORE, TWO_SLOTS),
    settings={"security_profile": at_least_profile(2)},
    before=(Configures(variable=_DOWNGRADE, value=True),),
    main=(
        Sends(
            number="1",
            action="SetNetworkProfile",
            payload=profile(configured.configuration_slot2, made("url", endpoint="main"), 1),
            checks=(equals("status", "Rejected").of("B09.FR.31"),),
        ),
    ),
    follows=PART_2,
    ours=True,
)
