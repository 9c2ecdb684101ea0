"""What the cases of block B share: reports asked for, gathered part by part, and judged as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pilotwire.conformance.catalogue import Referenced, referenced_variables
from pilotwire.conformance.checks import Check, Judgement, absent, either, equals, near
from pilotwire.conformance.conditions import kept_is
from pilotwire.conformance.language import Keeps, Receives, Repeats, Sends, Step
from pilotwire.conformance.values import Fresh, Kept, Known, Moment, configured, plus

Steps = tuple[Step, ...]
Row = dict[str, Any]
Offenders = Callable[[list[Row], Known], list[str]]
"""Looks at the rows of a report, gives the names of what is not as it should be."""

LISTS = ("OptionList", "SequenceList", "MemberList")
_MUTABILITY = {"R": "ReadOnly", "RW": "ReadWrite", "W": "WriteOnly"}

ACCEPTED = (
    equals("status", "Accepted"),
    either(absent("statusInfo"), equals("statusInfo.reasonCode", "NoError")),
)


def base_report(base: str, *, numbers: tuple[str, str] = ("1", "3"), name: str = "report") -> Steps:
    """GetBaseReport, and all its NotifyReports; `name` is the one the report is judged by."""
    request = {"requestId": Fresh(name), "reportBase": base}
    return (
        Sends(number=numbers[0], action="GetBaseReport", payload=request, checks=ACCEPTED),
        *parts(numbers[1], name),
    )


def custom_report(
    criteria: Mapping[str, Any],
    *,
    numbers: tuple[str, str] = ("1", "3"),
    name: str = "report",
) -> Steps:
    """GetReport with these criteria, and all its NotifyReports."""
    request = {"requestId": Fresh(name)} | dict(criteria)
    return (Sends(number=numbers[0], action="GetReport", payload=request, checks=ACCEPTED), *parts(numbers[1], name))


def parts(number: str, name: str) -> Steps:
    """The NotifyReports of a report: numbered from 0 on without gaps, until one says that no more comes."""
    return (
        Keeps(values={"report part": 0}),
        Repeats(
            number=number,
            steps=(
                Keeps(values={"more comes": False}),
                Receives(
                    number=number,
                    action="NotifyReport",
                    checks=(
                        equals("requestId", Kept(name)),
                        near("generatedAt", Moment()),
                        equals("seqNo", Kept("report part")),
                    ),
                    keep={"more comes": "tbc"},
                    within=configured.message_timeout,
                ),
                Keeps(values={"report part": plus(Kept("report part"), 1)}),
            ),
            until=kept_is("more comes", False),
            most=500,
        ),
    )


# --- a report as a whole -------------------------------------------------------------------------------------------------------


def rows_of(everything: Any, known: Known, name: str = "report") -> list[Row]:
    """All that the NotifyReports of a report told."""
    request = known.kept.get(name)
    told = (one["payload"] for one in everything["messages"] if one["action"] == "NotifyReport")
    return [row for one in told if one.get("requestId") == request for row in one.get("reportData", [])]


def of_rows(what: str, offenders: Offenders, name: str = "report") -> Check:
    """A check of a whole report, in `Judges`: it passes where nothing offends. A report without rows never passes."""

    def judge(everything: Any, known: Known) -> Judgement:
        rows = rows_of(everything, known, name)
        found = offenders(rows, known)
        if not rows:
            return Judgement(False, "the report was empty")
        return Judgement(not found, f"not so: {', '.join(found[:8])}" if found else f"{len(rows)} variables")

    return Check(what, judge)


def name_of(row: Row) -> str:
    """The name of a reported variable, for a person."""
    component, variable = row["component"], row["variable"]
    place = component.get("evse", {})
    numbers = f"@{place['id']}" + (f":{place['connectorId']}" if "connectorId" in place else "") if place else ""
    of = f"[{component['instance']}]" if "instance" in component else ""
    instance = f"[{variable['instance']}]" if "instance" in variable else ""
    return f"{component['name']}{of}{numbers}.{variable['name']}{instance}"


def attributes(row: Row) -> Iterator[tuple[str, str, str | None]]:
    """Type, mutability and value of each attribute; what is left out is Actual and ReadWrite (2.51 of Part 2)."""
    for one in row.get("variableAttribute", []):
        yield one.get("type", "Actual"), one.get("mutability", "ReadWrite"), one.get("value")


def kind_of(row: Row) -> str:
    """The data type of a variable."""
    return str(row.get("variableCharacteristics", {}).get("dataType", ""))


def _each(bad: Callable[[Row], bool]) -> Offenders:
    return lambda rows, _: [name_of(row) for row in rows if bad(row)]


CHARACTERISTICS = of_rows(
    "variableCharacteristics are told of every variable", _each(lambda row: "variableCharacteristics" not in row)
)
VALUES_LISTED = of_rows(
    "the valuesList of every list is told",
    _each(lambda row: kind_of(row) in LISTS and not row["variableCharacteristics"].get("valuesList")),
)


def key_of(row: Row) -> tuple[str, str, str]:
    """Component, variable and instance."""
    return row["component"]["name"], row["variable"]["name"], row["variable"].get("instance", "")


def places_of(one: Referenced, known: Known) -> list[tuple[int, int]]:
    """Where a variable must be, as EVSE and connector; 0 for none."""
    connectors = known.setting("connectors")
    if one.component == "EVSE":
        return [(evse, 0) for evse in range(1, len(connectors) + 1)]
    if one.component == "Connector":
        return [(evse, number) for evse, count in enumerate(connectors, 1) for number in range(1, count + 1)]
    return [(0, 0)]


def place_of(row: Row) -> tuple[int, int]:
    """EVSE and connector of a reported variable; 0 for none."""
    place = row["component"].get("evse", {})
    return place.get("id", 0), place.get("connectorId", 0)


def required(known: Known) -> list[Referenced]:
    """The variables that are required of what is declared (Part 2, Referenced Components and Variables; Part 5, chapter 5)."""
    return [one for one in referenced_variables() if one.required != "no" and known.claims(one.profile)]


def missing(rows: list[Row], known: Known, wanted: list[Referenced]) -> list[str]:
    """Those of the wanted variables that are not in the report."""
    there = {(key_of(row), place_of(row)) for row in rows}
    return [
        f"{one.component}{f'@{place[0]}:{place[1]}' if place[0] else ''}.{one.variable}"
        + (f"[{one.instance}]" if one.instance else "")
        for one in wanted
        for place in places_of(one, known)
        if ((one.component, one.variable, one.instance), place) not in there
    ]


def wrong_mutability(rows: list[Row], known: Known) -> list[str]:
    """Required variables that can be written where they must not, or the other way round."""
    allowed = {
        (one.component, one.variable, one.instance): {_MUTABILITY[word] for word in one.access.split("|")}
        for one in required(known)
    }
    return [
        f"{name_of(row)} is {mutability}"
        for row in rows
        for kind, mutability, _ in attributes(row)
        if kind == "Actual" and key_of(row) in allowed and mutability not in allowed[key_of(row)]
    ]
