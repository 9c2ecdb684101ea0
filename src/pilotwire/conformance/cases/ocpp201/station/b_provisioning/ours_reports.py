"""Cases of our own for B05 to B08: values out of range, attributes without a value, and what reports choose."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.b_provisioning.b05_set_variables import RESULTS as SET
from pilotwire.conformance.cases.ocpp201.station.b_provisioning.b05_set_variables import sets
from pilotwire.conformance.cases.ocpp201.station.b_provisioning.b06_get_variables import RESULTS as READ
from pilotwire.conformance.cases.ocpp201.station.b_provisioning.b06_get_variables import gets
from pilotwire.conformance.cases.ocpp201.station.b_provisioning.ours_booting import CORE, PART_2
from pilotwire.conformance.cases.ocpp201.station.b_provisioning.reports import (
    Row,
    attributes,
    base_report,
    custom_report,
    name_of,
    rows_of,
)
from pilotwire.conformance.checks import Check, Judgement, equals, one_of, satisfies, when
from pilotwire.conformance.conditions import Condition
from pilotwire.conformance.language import (
    Answers,
    Case,
    ForEach,
    Judges,
    Receives,
    Sends,
    Step,
    Waits,
)
from pilotwire.conformance.values import Computed, Fresh, Kept, Known, configured, text_of

Steps = tuple[Step, ...]


def _heard(known: Known, name: str = "full report") -> list[Row]:
    return rows_of({"messages": known.heard()}, known, name)


def _names(row: Row) -> dict[str, Any]:
    return {"component": row["component"], "variable": row["variable"]}


def _of(name: str, field: str) -> Computed:
    return Computed(f"{field} of the {name}", lambda known: Kept(name).of(known)[field])


# --- values ---------------------------------------------------------------------------------------------------------------------


def _outside(known: Known) -> list[dict[str, Any]]:
    """For every limit of a number that can be written: the variable, and a value just beyond the limit."""
    return [
        {"names": _names(row), "value": text_of(row["variableCharacteristics"][limit] + step)}
        for row in _heard(known)
        for limit, step in (("minLimit", -1), ("maxLimit", 1))
        if limit in row.get("variableCharacteristics", {})
        and row["variableCharacteristics"].get("dataType") in ("integer", "decimal")
        and any(kind == "Actual" and can != "ReadOnly" for kind, can, _ in attributes(row))
    ]


_TRIED: Any = Computed(
    "the variable and the value beyond its limit",
    lambda known: Kept("limit").of(known)["names"] | {"attributeValue": Kept("limit").of(known)["value"]},
)

PW_B_11_CS = Case(
    id="PW_B_11_CS",
    title="Values out of range are not set",
    purpose="A value below the minLimit or above the maxLimit the station reports of a variable is rejected.",
    requirements=("B05.FR.08",),
    needs=CORE,
    before=base_report("FullInventory", name="full report"),
    main=(
        ForEach(
            name="limit",
            values=Computed("every limit of a number that can be written", _outside),
            steps=(sets("1", _TRIED, checks=(equals(f"{SET}[0].attributeStatus", "Rejected").of("B05.FR.08"),)),),
        ),
        sets(
            "3",
            {
                "component": {"name": "OCPPCommCtrlr"},
                "variable": {"name": "OfflineThreshold"},
                "attributeValue": "-1",
            },
            checks=(equals(f"{SET}[0].attributeStatus", "Rejected").of("B05.FR.08").softly(),),
        ),
    ),
    remark="A station that reports no limit of what can be written is tried with a threshold of -1 s, which no text forbids: a warning.",
    follows=PART_2,
    ours=True,
)

_PHYSICAL = ("ChargingStation", "EVSE", "Connector")
_TYPES = ("Actual", "Target", "MinSet", "MaxSet")


def _attributes(known: Known) -> list[dict[str, Any]]:
    """Every attribute type of every variable of the station, its EVSEs and connectors: whether it was told, and with a value."""
    found = []
    for row in _heard(known):
        told = {kind: (can, value) for kind, can, value in attributes(row)}
        if row["component"]["name"] in _PHYSICAL:
            found += [{"names": _names(row), "type": kind, "told": told.get(kind)} for kind in _TYPES]
    return found


def _told(known: Known) -> Any:
    return Kept("attribute").of(known)["told"]


_VALUELESS = Condition(
    "it was reported without a value, and can be read",
    lambda known: _told(known) is not None and _told(known)[0] != "WriteOnly" and _told(known)[1] in (None, ""),
)


def _as_reported(found: Any, known: Known) -> bool:
    supported = found in ("Accepted", "Rejected")
    return supported == (_told(known) is not None)


_ASKED: Any = Computed(
    "the attribute", lambda known: Kept("attribute").of(known)["names"] | {"attributeType": _of_attribute(known)}
)


def _of_attribute(known: Known) -> str:
    return str(Kept("attribute").of(known)["type"])


PW_B_12_CS = Case(
    id="PW_B_12_CS",
    title="Every attribute type is reported",
    purpose="The full report has every attribute type GetVariables knows, and one without a value is read as an empty text.",
    requirements=("B06.FR.13", "B07.FR.11"),
    needs=CORE,
    before=base_report("FullInventory", name="full report"),
    main=(
        ForEach(
            name="attribute",
            values=Computed("every attribute type of the station, its EVSEs and connectors", _attributes),
            steps=(
                gets(
                    "1",
                    _ASKED,
                    checks=(
                        satisfies(
                            f"{READ}[0].attributeStatus", "is that of a type that was reported, or not", _as_reported
                        ).of("B07.FR.11"),
                        *when(_VALUELESS, equals(f"{READ}[0].attributeValue", "").of("B06.FR.13")),
                    ),
                ),
            ),
        ),
    ),
    follows=PART_2,
    ours=True,
)

# --- one report at a time -------------------------------------------------------------------------------------------------------

_SECOND, _THIRD = "report meanwhile", "custom report meanwhile"


def _meanwhile(number: str, action: str, name: str, requirement: str, **more: Any) -> Sends:
    return Sends(
        number=number,
        action=action,
        payload={"requestId": Fresh(name), **more},
        checks=(one_of("status", "Accepted", "Rejected").of(requirement),),
        keep={f"answer to {name}": "status"},
    )


def _as_answered(name: str) -> Check:
    """A report that was rejected does not come, one that was accepted does, to its end."""

    def judge(everything: Any, known: Known) -> Judgement:
        parts = [
            one["payload"]
            for one in everything["messages"]
            if one["action"] == "NotifyReport" and one["payload"].get("requestId") == known.kept.get(name)
        ]
        answered = known.kept.get(f"answer to {name}")
        whole = bool(parts) and not parts[-1].get("tbc", False)
        return Judgement(whole if answered == "Accepted" else not parts, f"{answered}, {len(parts)} parts")

    return Check(f"the {name} comes if it was accepted, and does not if it was rejected", judge)


PW_B_13_CS = Case(
    id="PW_B_13_CS",
    title="A report while another is under way",
    purpose="A station that cannot make a report now, because it makes one, rejects another, and makes none of what it rejected.",
    requirements=("B07.FR.13", "B08.FR.16"),
    needs=CORE,
    main=(
        Answers(action="NotifyReport", held=True),
        Sends(
            number="1",
            action="GetBaseReport",
            payload={"requestId": Fresh("report"), "reportBase": "FullInventory"},
            checks=(equals("status", "Accepted"),),
        ),
        Receives(number="3", action="NotifyReport"),
        _meanwhile("4", "GetBaseReport", _SECOND, "B07.FR.13", reportBase="FullInventory"),
        _meanwhile("6", "GetReport", _THIRD, "B08.FR.16", componentCriteria=["Available"]),
        Answers(action="NotifyReport"),
        Waits(seconds=configured.silence, why="what was accepted is reported"),
    ),
    after=(Judges(checks=(_as_answered(_SECOND).of("B07.FR.13"), _as_answered(_THIRD).of("B08.FR.16"))),),
    remark="A station that can make several reports at a time accepts the others; it must make them then.",
    follows=PART_2,
    ours=True,
)

# --- what is chosen -------------------------------------------------------------------------------------------------------------


def _is_off(row: Row) -> bool:
    return row["variable"]["name"] == "Available" and any(
        kind == "Actual" and str(value).lower() == "false" for kind, _, value in attributes(row)
    )


def _chosen(what: str, rows: list[Row], wanted: list[Row]) -> Judgement:
    told, right = {name_of(row) for row in rows}, {name_of(row) for row in wanted}
    differ = sorted(told ^ right)
    return Judgement(bool(right) and not differ, f"{what}: {', '.join(differ[:8])}" if differ else f"{len(told)}")


def _available(everything: Any, known: Known) -> Judgement:
    full = rows_of(everything, known, "full report")
    out = {str(row["component"]) for row in full if _is_off(row)}
    wanted = [row for row in full if str(row["component"]) not in out]
    return _chosen("wrongly told or left out", rows_of(everything, known), wanted)


PW_B_14_CS = Case(
    id="PW_B_14_CS",
    title="Report of what is available",
    purpose="GetReport by the criterion Available tells every component that is available or does not say, and no other.",
    requirements=("B08.FR.08",),
    needs=CORE,
    traits={"variables": {"ReservationCtrlr.Available": "false"}},
    main=(
        *base_report("FullInventory", name="full report"),
        *custom_report({"componentCriteria": ["Available"]}, numbers=("5", "7")),
    ),
    after=(Judges(checks=(Check("what is told is of components that are available", _available).of("B08.FR.08"),)),),
    follows=PART_2,
    ours=True,
)

_OF_CONNECTORS = {"component": {"name": "Connector", "evse": {"id": configured.evse_id}}}


def _instances(known: Known) -> list[dict[str, Any]]:
    """The first component with an instance, as a list of one; nothing where the station has none."""
    return [row["component"] for row in _heard(known) if row["component"].get("instance")][:1]


def _asked_instance(known: Known) -> Any:
    component = Kept("instance").of(known)
    return {"name": component["name"], "instance": component["instance"]}


def _asked_name(known: Known) -> Any:
    return {"name": Kept("instance").of(known)["name"]}


def _connectors_told(everything: Any, known: Known) -> Judgement:
    evse = known.setting("evse_id")
    wanted = [
        row
        for row in rows_of(everything, known, "full report")
        if row["component"]["name"] == "Connector" and row["component"].get("evse", {}).get("id") == evse
    ]
    return _chosen("wrongly told or left out", rows_of(everything, known, "connectors"), wanted)


def _component_told(report: str, instance: bool) -> Any:
    def judge(everything: Any, known: Known) -> Judgement:
        rows = rows_of(everything, known, report)
        if not rows:
            return Judgement(report not in known.kept, "nothing", applies=report in known.kept)
        first = rows[0]["component"]
        wanted = [
            row
            for row in rows_of(everything, known, "full report")
            if row["component"]["name"] == first["name"]
            and (not instance or row["component"].get("instance") == first.get("instance"))
        ]
        return _chosen("wrongly told or left out", rows, wanted)

    return judge


PW_B_15_CS = Case(
    id="PW_B_15_CS",
    title="Report of components by parts of their names",
    purpose="GetReport for a component of an EVSE tells it for every connector; for one with an instance, or without, what is meant.",
    requirements=("B08.FR.22", "B08.FR.24", "B08.FR.25"),
    needs=CORE,
    before=base_report("FullInventory", name="full report"),
    main=(
        *custom_report({"componentVariable": [_OF_CONNECTORS]}, name="connectors"),
        *custom_report({"componentVariable": [{"component": {"name": "EVSE"}}]}, numbers=("5", "7"), name="EVSEs"),
        ForEach(
            name="instance",
            values=Computed("the first component with an instance, if there is one", _instances),
            steps=(
                *custom_report(
                    {"componentVariable": [{"component": Computed("it", _asked_instance)}]},
                    numbers=("9", "11"),
                    name="instance of it",
                ),
                *custom_report(
                    {"componentVariable": [{"component": Computed("its name", _asked_name)}]},
                    numbers=("13", "15"),
                    name="all of it",
                ),
            ),
        ),
    ),
    after=(
        Judges(
            checks=(
                Check("the connectors of the EVSE are told, all of them", _connectors_told).of("B08.FR.22"),
                Check("components without an instance are told", _component_told("EVSEs", False)).of("B08.FR.25"),
                Check("the component of that instance is told", _component_told("instance of it", True)).of(
                    "B08.FR.24"
                ),
                Check("every instance of the component is told", _component_told("all of it", False)).of("B08.FR.25"),
            )
        ),
    ),
    remark="B08.FR.24 reads as if every instance were told where one is named; as in N02.FR.20 the one that is named is expected.",
    follows=PART_2,
    ours=True,
)
