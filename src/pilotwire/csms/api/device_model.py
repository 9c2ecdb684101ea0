"""Reports of a station's device model (B07, B08): asked for, waited for in all their parts, and given as one."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from pilotwire.csms.api.access import COMMAND
from pilotwire.csms.api.problems import COMMANDS
from pilotwire.csms.api.resource import EvseResource, Number, Resource, StationIdentity, Time
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.api.variables import Instance, Name, VariableResource, named
from pilotwire.csms.commands import provisioning
from pilotwire.domain.device_model import (
    AttributeType,
    ComponentCriterion,
    ComponentVariable,
    DataType,
    Mutability,
    ReportBase,
    ReportedVariable,
    ReportStatus,
    VariableAttribute,
    VariableCharacteristics,
)

router = APIRouter(prefix="/stations/{station}/commands", tags=["commands"], dependencies=[COMMAND])


class AttributeResource(Resource):
    """A value of a variable (VariableAttributeType). `value` is null where the station does not tell it, as of a password."""

    type: AttributeType
    value: str | None
    mutability: Mutability
    persistent: bool
    constant: bool

    @classmethod
    def of(cls, attribute: VariableAttribute) -> AttributeResource:
        """The resource of an attribute."""
        return cls(
            type=attribute.type,
            value=attribute.value,
            mutability=attribute.mutability,
            persistent=attribute.persistent,
            constant=attribute.constant,
        )


class CharacteristicsResource(Resource):
    """What a variable can be (VariableCharacteristicsType). Of a text or a list `maxLimit` is the length."""

    data_type: DataType
    supports_monitoring: bool
    unit: str | None
    min_limit: Number | None
    max_limit: Number | None
    values_list: str | None

    @classmethod
    def of(cls, told: VariableCharacteristics | None) -> CharacteristicsResource | None:
        """The resource of characteristics, if the station told them."""
        if told is None:
            return None
        return cls(
            data_type=told.data_type,
            supports_monitoring=told.supports_monitoring,
            unit=told.unit,
            min_limit=told.min_limit,
            max_limit=told.max_limit,
            values_list=told.values_list,
        )


class ReportData(Resource):
    """A variable of the device model (ReportDataType)."""

    component: dict[str, Any] = Field(description="Name, and where it has them `instance` and `evse`.")
    variable: dict[str, Any] = Field(description="Name, and where it has one `instance`.")
    variable_attribute: list[AttributeResource]
    variable_characteristics: CharacteristicsResource | None

    @classmethod
    def of(cls, reported: ReportedVariable) -> ReportData:
        """The resource of a variable in a report."""
        return cls(
            **named(reported.name),
            variable_attribute=[AttributeResource.of(attribute) for attribute in reported.attributes],
            variable_characteristics=CharacteristicsResource.of(reported.characteristics),
        )


class ReportResponse(Resource):
    """The report, put together from all its parts; `reportData` is empty unless the station accepted."""

    status: ReportStatus
    request_id: int = Field(description="By which the message log knows the parts.")
    generated_at: Time | None
    report_data: list[ReportData]

    @classmethod
    def of(cls, report: provisioning.Report) -> ReportResponse:
        """The resource of a report."""
        return cls(
            status=report.status,
            request_id=report.request_id,
            generated_at=report.generated_at,
            report_data=[ReportData.of(reported) for reported in report.variables],
        )


class GetBaseReportRequest(Resource):
    """Which of the predefined reports is wanted (B07)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reportBase": "FullInventory"}]})

    report_base: ReportBase


@router.post("/get-base-report", responses=COMMANDS, summary="Get the device model")
async def get_base_report(desk: TheDesk, station: StationIdentity, wanted: GetBaseReportRequest) -> ReportResponse:
    """Ask a station for its device model and wait for all of it. 504 if one of its parts does not come in time."""
    report = await provisioning.get_base_report(
        desk.commander, station, wanted.report_base, patience=desk.rooms.settings.call_timeout
    )
    return ReportResponse.of(report)


class WantedComponent(Resource):
    """Components wanted: what is left out stands for all there are."""

    name: Name
    instance: Instance | None = None
    evse: EvseResource | None = None


class WantedVariable(Resource):
    """Variables wanted; no `variable` is every one of the component (ComponentVariableType)."""

    component: WantedComponent
    variable: VariableResource | None = None

    def wanted(self) -> ComponentVariable:
        """The variables in domain terms."""
        evse = self.component.evse
        return ComponentVariable(
            component=self.component.name,
            component_instance=self.component.instance,
            evse=evse.id if evse is not None else None,
            connector=evse.connector_id if evse is not None else None,
            variable=self.variable.name if self.variable is not None else None,
            variable_instance=self.variable.instance if self.variable is not None else None,
        )


class GetReportRequest(Resource):
    """Which part of the device model is wanted (B08): of components that meet a criterion, the variables named."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "componentCriteria": ["Available"],
                    "componentVariable": [
                        {"component": {"name": "EVSE"}, "variable": {"name": "AvailabilityState"}},
                    ],
                }
            ]
        }
    )

    component_criteria: list[ComponentCriterion] = Field(default=[], max_length=4)
    component_variable: list[WantedVariable] = Field(default=[], max_length=5000)


@router.post("/get-report", responses=COMMANDS, summary="Get a part of the device model")
async def get_report(desk: TheDesk, station: StationIdentity, wanted: GetReportRequest) -> ReportResponse:
    """Ask a station for chosen components and variables and wait for all of them. 504 if a part does not come in time."""
    report = await provisioning.get_report(
        desk.commander,
        desk.store,
        station,
        wanted.component_criteria,
        [each.wanted() for each in wanted.component_variable],
        patience=desk.rooms.settings.call_timeout,
    )
    return ReportResponse.of(report)
