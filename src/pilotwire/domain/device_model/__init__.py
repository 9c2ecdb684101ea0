"""The device model: components and their variables (functional block B; 1.6 configuration keys are read as these too)."""

from pilotwire.domain.device_model.variables import (
    AttributeType,
    GetVariables,
    GetVariablesOutcome,
    SetVariableResult,
    SetVariables,
    SetVariablesOutcome,
    SetVariableStatus,
    VariableName,
    VariableQuery,
    VariableResult,
    VariableSetting,
    VariableStatus,
)

__all__ = [
    "AttributeType",
    "GetVariables",
    "GetVariablesOutcome",
    "SetVariableResult",
    "SetVariableStatus",
    "SetVariables",
    "SetVariablesOutcome",
    "VariableName",
    "VariableQuery",
    "VariableResult",
    "VariableSetting",
    "VariableStatus",
]
