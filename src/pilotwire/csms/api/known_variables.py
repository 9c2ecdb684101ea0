"""What is known of the variables of stations, without asking them again: told by reports, answers and settings they took."""

from __future__ import annotations

from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from pilotwire.csms.api.access import READ
from pilotwire.csms.api.device_model import CharacteristicsResource
from pilotwire.csms.api.problems import READS, not_found, problems
from pilotwire.csms.api.resource import TEXT, Limit, PageOf, Resource, StationIdentity, Time, page_of
from pilotwire.csms.api.rooms import Desk, TheDesk
from pilotwire.csms.api.stations import known_station
from pilotwire.csms.api.variables import named
from pilotwire.csms.registers.device_model import variables_of
from pilotwire.csms.registers.templates import TEMPLATES, drift, templates_for
from pilotwire.domain.device_model import (
    AttributeType,
    KnownAttribute,
    KnownVariable,
    Mutability,
    VariableName,
    is_secret,
    key_of,
)
from pilotwire.domain.templates import Drift, Template, same_value

router = APIRouter(prefix="/stations/{station}/device-model", tags=["device model"], dependencies=[READ])
Part = Annotated[str | None, Query(min_length=1, max_length=50, pattern=TEXT, description="Only of this name.")]


class KnownAttributeResource(Resource):
    """A value as last told at `timestamp`; null: not told, or never kept, as a password is.

    `afterReboot` is a value the station took and uses once it has rebooted.
    """

    type: AttributeType
    value: str | None
    mutability: Mutability | None
    persistent: bool | None
    constant: bool | None
    after_reboot: str | None
    timestamp: Time

    @classmethod
    def of(cls, known: KnownAttribute) -> KnownAttributeResource:
        """The resource of an attribute."""
        return cls(
            type=known.type,
            value=known.value,
            mutability=known.mutability,
            persistent=known.persistent,
            constant=known.constant,
            after_reboot=known.after_reboot,
            timestamp=known.at,
        )


class KnownVariableResource(Resource):
    """A variable of a station. `key` is its 1.6 configuration key; `reportedAt` null: no report had it, it was asked for or set."""

    component: dict[str, Any] = Field(description="Name, and where it has them `instance` and `evse`.")
    variable: dict[str, Any] = Field(description="Name, and where it has one `instance`.")
    key: str | None
    variable_attribute: list[KnownAttributeResource]
    variable_characteristics: CharacteristicsResource | None
    reported_at: Time | None

    @classmethod
    def of(cls, known: KnownVariable) -> KnownVariableResource:
        """The resource of a variable."""
        return cls(
            **named(known.name),
            key=known.key,
            variable_attribute=[KnownAttributeResource.of(each) for each in known.attributes],
            variable_characteristics=CharacteristicsResource.of(known.characteristics),
            reported_at=known.reported_at,
        )


@router.get("", responses=READS | problems(404), summary="What is known of a station's variables")
async def get_device_model(
    desk: TheDesk,
    station: StationIdentity,
    component: Part = None,
    variable: Part = None,
    limit: Limit = 100,
    after: Annotated[str | None, Query(max_length=500, description="A cursor.")] = None,
) -> PageOf[KnownVariableResource]:
    """The variables of a station as it last told them, by name; `component` and `variable` (or its 1.6 key) in any case.

    Nothing is asked of the station: that is done with get-base-report, get-report and get-variables.
    """
    await known_station(desk, station)
    found: list[KnownVariable] = []
    async for known in variables_of(desk.store, station, after=after):
        if _fits(known, component, variable):
            found.append(known)
        if len(found) >= limit:
            break
    items = [KnownVariableResource.of(each) for each in found]
    return PageOf[KnownVariableResource](**page_of(items, limit, key_of(found[-1].name) if found else ""))


def _fits(known: KnownVariable, component: str | None, variable: str | None) -> bool:
    if component is not None and known.name.component.casefold() != component.casefold():
        return False
    names = {known.name.variable.casefold(), (known.key or known.name.variable).casefold()}
    return variable is None or variable.casefold() in names


class DifferenceKind(StrEnum):
    """How two sides differ: both have it, but not alike; the station's value is not known; it is there only after a reboot; only one
    side has the variable."""

    DIFFERENT = "Different"
    UNKNOWN = "Unknown"
    AFTER_REBOOT = "AfterReboot"
    ONLY_HERE = "OnlyHere"
    ONLY_THERE = "OnlyThere"


class Difference(Resource):
    """A variable that is not as it is elsewhere: `value` at the station, `other` at the other station or in `template`."""

    component: dict[str, Any] = Field(description="Name, and where it has them `instance` and `evse`.")
    variable: dict[str, Any] = Field(description="Name, and where it has one `instance`.")
    attribute_type: AttributeType
    kind: DifferenceKind
    value: str | None
    other: str | None
    template: str | None = None

    @classmethod
    def of_drift(cls, found: Drift, template: str | None) -> Difference:
        """The resource of a setting a station does not have."""
        return cls(
            **named(found.setting.name),
            attribute_type=found.setting.attribute,
            kind=DifferenceKind(found.kind.value),
            value=found.has,
            other=None if is_secret(found.setting.name) else found.setting.value,
            template=template,
        )


class Differences(Resource):
    """All differences found."""

    items: list[Difference]


@router.get("/differences", responses=READS | problems(404), summary="How a station's variables differ")
async def get_differences(
    desk: TheDesk,
    station: StationIdentity,
    other: Annotated[
        str | None, Query(alias="with", min_length=1, max_length=48, pattern=TEXT, description="Another station.")
    ] = None,
    template: Annotated[
        str | None, Query(min_length=1, max_length=100, pattern=TEXT, description="A configuration template.")
    ] = None,
) -> Differences:
    """What is known of a station compared with another station (`with`), or with a template: if neither is named, with all templates
    that cover the station."""
    record = await known_station(desk, station)
    found: list[Difference] = []
    if other is not None:
        await known_station(desk, other)
        found += [each async for each in _between(desk, station, other)]
    templates = [await _template(desk, template)] if template is not None else []
    if other is None and template is None:
        templates = list(await templates_for(desk.store, record))
    for each in templates:
        drifts = await drift(desk.store, station, each.settings)
        found += [Difference.of_drift(one, each.name) for one in drifts]
    return Differences(items=found)


async def _template(desk: Desk, name: str) -> Template:
    template = await desk.store.record(TEMPLATES, "", name)
    if template is None:
        raise not_found(f"There is no template {name!r}.", "GET /api/v1/templates lists them.")
    return template


async def _between(desk: Desk, station: str, other: str) -> AsyncIterator[Difference]:
    there = {key_of(each.name): each async for each in variables_of(desk.store, other)}
    async for known in variables_of(desk.store, station):
        elsewhere = there.pop(key_of(known.name), None)
        if elsewhere is None:
            yield _difference(known.name, DifferenceKind.ONLY_HERE, AttributeType.ACTUAL, known.value(), None)
            continue
        kinds = {each.type for each in (*known.attributes, *elsewhere.attributes)}
        for kind in sorted(kinds):
            here, over_there = known.value(kind), elsewhere.value(kind)
            if not same_value(here, over_there):
                yield _difference(known.name, DifferenceKind.DIFFERENT, kind, here, over_there)
    for rest in there.values():
        yield _difference(rest.name, DifferenceKind.ONLY_THERE, AttributeType.ACTUAL, None, rest.value())


def _difference(
    name: VariableName, kind: DifferenceKind, attribute: AttributeType, value: str | None, other: str | None
) -> Difference:
    return Difference(**named(name), attribute_type=attribute, kind=kind, value=value, other=other)
