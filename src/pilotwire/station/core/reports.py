"""Reports of the device model (B07, B08): first the answer, then the parts, each when the one before it was answered."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from decimal import Decimal

import msgspec

from pilotwire.domain.device_model import (
    ComponentCriterion,
    DataType,
    GetBaseReport,
    GetReport,
    Mutability,
    ReportBase,
    ReportedVariable,
    ReportOutcome,
    ReportPart,
    ReportStatus,
    VariableAttribute,
    VariableCharacteristics,
    VariableName,
)
from pilotwire.domain.kinds import changed
from pilotwire.station.core import metering_variables, outbox_policy
from pilotwire.station.core.actions import Answer, RefuseCommand
from pilotwire.station.core.device_model_limits import too_much
from pilotwire.station.core.station import Station
from pilotwire.station.core.variable_table import Declared

Live = Callable[[Station, VariableName], str | None]
"""The value of a variable that is not kept but is so at this moment; None for all others."""

_ITEMS = "DeviceDataCtrlr.ItemsPerMessage[GetReport]"
_BYTES = "DeviceDataCtrlr.BytesPerMessage[GetReport]"
_FRAME_BYTES = 500
"""More than all of a NotifyReport but its variables takes."""
_NAMES_BYTES = 300
"""More than the names of the fields of one variable add, on the wire, to how it is written here."""
_LISTS = (DataType.OPTION_LIST, DataType.MEMBER_LIST, DataType.SEQUENCE_LIST)
_WRONG = ("Problem", "Tripped", "Overload", "Fallback")
"""What tells of a component that its state is not as it should be (B07.FR.09, Part 2 ReportBaseEnumType)."""


def base(station: Station, ref: Hashable, command: GetBaseReport, live: Live) -> None:
    """B07: all that can be set, everything, or how things stand."""
    everything = _everything(station, live)
    chosen = everything
    if command.base is ReportBase.CONFIGURATION_INVENTORY:
        chosen = list(_settable(everything))
    elif command.base is ReportBase.SUMMARY_INVENTORY:
        if not station.settings.summary_report:
            station.do(Answer(ref, ReportOutcome(status=ReportStatus.NOT_SUPPORTED)))  # B07.FR.02
            return
        chosen = list(_summary(everything))
    _answer(station, ref, command.request_id, chosen)


def custom(station: Station, ref: Hashable, command: GetReport, live: Live) -> None:
    """B08: the components that meet a criterion, and of them the variables asked for; nothing asked for is everything."""
    if (refused := too_much(station, command)) is not None:
        station.do(RefuseCommand(ref, *refused))
        return
    everything = _everything(station, live)
    chosen = _meeting(command.criteria, everything) if command.criteria else everything
    if command.variables:
        chosen = [one for one in chosen if any(wanted.covers(one.name) for wanted in command.variables)]
    _answer(station, ref, command.request_id, chosen)


def _answer(station: Station, ref: Hashable, request_id: int, chosen: list[ReportedVariable]) -> None:
    """Answer, and begin to tell; one report at a time (B07.FR.13, B08.FR.16)."""
    status = ReportStatus.ACCEPTED
    if not chosen:
        status = ReportStatus.EMPTY_RESULT_SET
    elif station.reporting or not station.link:
        status = ReportStatus.REJECTED
    station.do(Answer(ref, ReportOutcome(status=status)))
    parts = _parts(station, request_id, chosen)
    if status is ReportStatus.ACCEPTED and not outbox_policy.keep_parts(station, parts):
        station.reporting = True
        _tell(station, parts)


# --- one part after the other ---------------------------------------------------------------------------------------


def _parts(station: Station, request_id: int, chosen: list[ReportedVariable]) -> Iterator[ReportPart]:
    """The report in parts that each hold what a message may hold; the values are those of the moment it was asked for."""
    generated_at = station.stamp()
    shares = list(_shares(chosen, station.variables.number(_ITEMS), station.variables.number(_BYTES)))
    for number, share in enumerate(shares):
        yield ReportPart(
            request_id=request_id,
            seq_no=number,
            generated_at=generated_at,
            variables=tuple(share),
            more=number < len(shares) - 1,
        )


def _shares(chosen: Iterable[ReportedVariable], items: int, size: int) -> Iterator[list[ReportedVariable]]:
    share: list[ReportedVariable] = []
    used = _FRAME_BYTES
    for one in chosen:
        needed = len(msgspec.json.encode(one)) + _NAMES_BYTES
        if share and (len(share) >= items or used + needed > size):
            yield share
            share, used = [], _FRAME_BYTES
        share.append(one)
        used += needed
    yield share


def _tell(station: Station, parts: Iterator[ReportPart]) -> None:
    part = next(parts, None)
    if part is None:
        station.reporting = False
        return
    station.say(part, answered=lambda _: _tell(station, parts), failed=lambda _: _give_up(station, part))


def _give_up(station: Station, part: ReportPart) -> None:
    """A report with a hole is of no use: the rest is not sent, and the CSMS may ask again."""
    station.reporting = False
    station.note(f"Report {part.request_id} was given up at part {part.seq_no}: the CSMS did not take it.")


# --- what there is to tell ------------------------------------------------------------------------------------------


def _everything(station: Station, live: Live) -> list[ReportedVariable]:
    return [_reported(station, spec, value, live(station, spec.name)) for spec, value in station.variables]


def _reported(station: Station, spec: Declared, kept: str, live: str | None) -> ReportedVariable:
    """A variable with all its attributes, those without a value too (B07.FR.11)."""
    persistent = spec.persistent and (live is None or spec.constant)
    actual = VariableAttribute(
        value=_told(kept if live is None else live, spec.mutability),
        mutability=spec.mutability,
        persistent=persistent,
        constant=spec.constant,
    )
    others = (
        VariableAttribute(
            type=other.type,
            value=_told(station.variables.value_of(spec, other.type), other.mutability) or None,
            mutability=other.mutability,
            persistent=other.persistent,
        )
        for other in spec.others
    )
    characteristics = _characteristics(metering_variables.as_said(station, spec))
    return ReportedVariable(name=spec.name, attributes=(actual, *others), characteristics=characteristics)


def _told(value: str, mutability: Mutability) -> str | None:
    """What is write-only keeps its value to itself (B07.FR.03, B08.FR.03)."""
    return None if mutability is Mutability.WRITE_ONLY else value


def _settable(everything: Iterable[ReportedVariable]) -> Iterator[ReportedVariable]:
    """What can be set, with only those attributes that can be (B07.FR.07)."""
    for one in everything:
        attributes = tuple(each for each in one.attributes if each.mutability is not Mutability.READ_ONLY)
        if len(attributes) == len(one.attributes):
            yield one
        elif attributes:
            yield changed(one, attributes=attributes)


def _characteristics(spec: Declared) -> VariableCharacteristics:
    """B07.FR.07, B07.FR.08, B08.FR.12. A text has no lowest value; its highest is its length."""
    low = spec.low if spec.type in (DataType.INTEGER, DataType.DECIMAL) else None
    return VariableCharacteristics(
        data_type=spec.type,
        unit=spec.unit,
        min_limit=None if low is None else Decimal(low),
        max_limit=None if spec.high is None else Decimal(spec.high),
        values_list=",".join(spec.values) if spec.type in _LISTS else None,
    )


# --- choosing -------------------------------------------------------------------------------------------------------

_Component = tuple[str, str | None, int | None, int | None]


def _component(name: VariableName) -> _Component:
    return name.component, name.component_instance, name.evse, name.connector


def _values(everything: Iterable[ReportedVariable], variable: str) -> dict[_Component, str | None]:
    """The value of a variable in each component that has it."""
    return {_component(one.name): one.attributes[0].value for one in everything if one.name.variable == variable}


def _meeting(criteria: tuple[ComponentCriterion, ...], everything: list[ReportedVariable]) -> list[ReportedVariable]:
    """Of the components that meet one of the criteria, everything (B08.FR.07 to B08.FR.10, B08.FR.13)."""
    found: set[_Component] = set()
    components = {_component(one.name) for one in everything}
    for criterion in criteria:
        values = _values(everything, criterion.value)
        without = "false" if criterion is ComponentCriterion.PROBLEM else "true"
        found |= {component for component in components if values.get(component, without) == "true"}
    return [one for one in everything if _component(one.name) in found]


def _summary(everything: list[ReportedVariable]) -> Iterator[ReportedVariable]:
    """The state of each place, of a connector where it differs from its EVSE's, and what is wrong (B07.FR.09)."""
    states = _values(everything, "AvailabilityState")
    for one in everything:
        value, name = one.attributes[0].value, one.name
        if name.variable == "AvailabilityState":
            if name.connector is None or value != states.get(("EVSE", None, name.evse, None)):
                yield one
        elif name.variable in _WRONG and value == "true":
            yield one
