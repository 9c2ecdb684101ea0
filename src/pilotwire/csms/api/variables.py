"""Getting and setting variables of a station (B05, B06). 1.6 configuration keys are variables too."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from pilotwire.csms.api.access import COMMAND
from pilotwire.csms.api.problems import COMMANDS
from pilotwire.csms.api.resource import EvseResource, Resource, StationIdentity
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.commands import provisioning
from pilotwire.domain.device_model import (
    AttributeType,
    SetVariableResult,
    SetVariableStatus,
    VariableName,
    VariableQuery,
    VariableResult,
    VariableSetting,
    VariableStatus,
)

router = APIRouter(prefix="/stations/{station}/commands", tags=["commands"], dependencies=[COMMAND])
_HEARTBEAT: dict[str, Any] = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
Name = Annotated[str, Field(min_length=1, max_length=50)]
Instance = Annotated[str, Field(min_length=1, max_length=50)]


class ComponentResource(Resource):
    """A component (ComponentType). An empty name: `variable.name` is a 1.6 configuration key without a counterpart in 2.x."""

    name: str = Field(max_length=50)
    instance: Instance | None = None
    evse: EvseResource | None = None


class VariableResource(Resource):
    """A variable (VariableType)."""

    name: Name
    instance: Instance | None = None


class _Named(Resource):
    """A variable of a component, and which attribute of it."""

    component: ComponentResource
    variable: VariableResource
    attribute_type: AttributeType = AttributeType.ACTUAL

    def variable_name(self) -> VariableName:
        """The name in domain terms."""
        evse = self.component.evse
        return VariableName(
            component=self.component.name,
            variable=self.variable.name,
            component_instance=self.component.instance,
            variable_instance=self.variable.instance,
            evse=evse.id if evse is not None else None,
            connector=evse.connector_id if evse is not None else None,
        )


class GetVariableData(_Named):
    """A variable asked for."""

    model_config = ConfigDict(json_schema_extra={"examples": [_HEARTBEAT]})


class GetVariablesRequest(Resource):
    """Variables asked for. None at all: every one, which only 1.6 can say."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"getVariableData": [_HEARTBEAT]}]})

    get_variable_data: list[GetVariableData] = Field(default_factory=list, max_length=5000)


def _parts(name: VariableName) -> dict[str, Any]:
    evse = None if name.evse is None else EvseResource.model_construct(id=name.evse, connector_id=name.connector)
    return {
        "component": ComponentResource.model_construct(
            name=name.component, instance=name.component_instance, evse=evse
        ),
        "variable": VariableResource.model_construct(name=name.variable, instance=name.variable_instance),
    }


class _Answered(Resource):
    """The variable an answer is about. Names as the station wrote them."""

    component: dict[str, Any] = Field(description="As in the request.")
    variable: dict[str, Any] = Field(description="As in the request.")
    attribute_type: AttributeType


class GetVariableResult(_Answered):
    """What became of one variable asked for. `readOnly` and `key` (the name of the configuration key) are told by 1.6 only."""

    attribute_status: VariableStatus
    attribute_value: str | None
    read_only: bool | None
    key: str | None = None

    @classmethod
    def of(cls, result: VariableResult) -> GetVariableResult:
        """The resource of a result."""
        return cls(
            **named(result.name),
            attribute_type=result.attribute,
            attribute_status=result.status,
            attribute_value=result.value,
            read_only=result.read_only,
            key=result.key,
        )


def named(name: VariableName) -> dict[str, Any]:
    """Component and variable as JSON, as a station named them."""
    return {key: part.model_dump(by_alias=True, exclude_none=True) for key, part in _parts(name).items()}


class GetVariablesResponse(Resource):
    """The station's answer, in the order asked for as far as the protocol keeps it."""

    get_variable_result: list[GetVariableResult]


@router.post("/get-variables", responses=COMMANDS, summary="Get variables")
async def get_variables(desk: TheDesk, station: StationIdentity, wanted: GetVariablesRequest) -> GetVariablesResponse:
    """Ask a station for the values of variables, or of 1.6 configuration keys."""
    asked = [
        VariableQuery(name=each.variable_name(), attribute=each.attribute_type) for each in wanted.get_variable_data
    ]
    outcome = await provisioning.get_variables(desk.commander, desk.store, station, asked)
    return GetVariablesResponse(get_variable_result=[GetVariableResult.of(each) for each in outcome.results])


class SetVariableData(_Named):
    """A value to be set."""

    model_config = ConfigDict(json_schema_extra={"examples": [_HEARTBEAT | {"attributeValue": "300"}]})

    attribute_value: str = Field(max_length=2500)


class SetVariablesRequest(Resource):
    """Values to be set."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"setVariableData": [_HEARTBEAT | {"attributeValue": "300"}]}]}
    )

    set_variable_data: list[SetVariableData] = Field(min_length=1, max_length=5000)


class SetVariableResultResource(_Answered):
    """What became of one setting."""

    attribute_status: SetVariableStatus

    @classmethod
    def of(cls, result: SetVariableResult) -> SetVariableResultResource:
        """The resource of a result."""
        return cls(**named(result.name), attribute_type=result.attribute, attribute_status=result.status)


class SetVariablesResponse(Resource):
    """The station's answer, one result a setting."""

    set_variable_result: list[SetVariableResultResource]


@router.post("/set-variables", responses=COMMANDS, summary="Set variables")
async def set_variables(desk: TheDesk, station: StationIdentity, wanted: SetVariablesRequest) -> SetVariablesResponse:
    """Set values of variables of a station, or of 1.6 configuration keys."""
    settings = [
        VariableSetting(name=each.variable_name(), value=each.attribute_value, attribute=each.attribute_type)
        for each in wanted.set_variable_data
    ]
    outcome = await provisioning.set_variables(desk.commander, desk.store, station, settings)
    return SetVariablesResponse(set_variable_result=[SetVariableResultResource.of(each) for each in outcome.results])
