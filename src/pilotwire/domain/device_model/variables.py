"""Getting and setting variables (B05, B06)."""

from __future__ import annotations

from enum import StrEnum

from pilotwire.domain.kinds import Command, Outcome, Reason, Value


class AttributeType(StrEnum):
    """Which attribute of a variable is meant (AttributeEnumType)."""

    ACTUAL = "Actual"
    TARGET = "Target"
    MIN_SET = "MinSet"
    MAX_SET = "MaxSet"


class VariableName(Value):
    """A variable of a component, as 2.x names it.

    `component` is empty for a 1.6 configuration key that has no standardized 2.x counterpart; then `variable` is that key.
    """

    component: str
    variable: str
    component_instance: str | None = None
    variable_instance: str | None = None
    evse: int | None = None
    connector: int | None = None

    def __str__(self) -> str:
        component = self.component + (f"[{self.component_instance}]" if self.component_instance else "")
        variable = self.variable + (f"[{self.variable_instance}]" if self.variable_instance else "")
        return f"{component}.{variable}" if component else variable


class VariableStatus(StrEnum):
    """As in GetVariableStatusEnumType."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    UNKNOWN_COMPONENT = "UnknownComponent"
    UNKNOWN_VARIABLE = "UnknownVariable"
    NOT_SUPPORTED_ATTRIBUTE_TYPE = "NotSupportedAttributeType"


class SetVariableStatus(StrEnum):
    """As in SetVariableStatusEnumType."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    UNKNOWN_COMPONENT = "UnknownComponent"
    UNKNOWN_VARIABLE = "UnknownVariable"
    NOT_SUPPORTED_ATTRIBUTE_TYPE = "NotSupportedAttributeType"
    REBOOT_REQUIRED = "RebootRequired"


class VariableQuery(Value):
    """One variable asked for."""

    name: VariableName
    attribute: AttributeType = AttributeType.ACTUAL


class VariableSetting(Value):
    """One value to be set, or that has been asked to be."""

    name: VariableName
    value: str
    attribute: AttributeType = AttributeType.ACTUAL


class GetVariables(Command):
    """Ask for the values of variables (B06). No names at all means every one, which 2.x asks for by a report instead."""

    asked: tuple[VariableQuery, ...] = ()


class VariableResult(Value):
    """What became of one variable asked for, with the `reason` where it is not told.

    `read_only` is told by 1.6 only, and so is `key`: the name of the configuration key, as the station writes it, where the variable has
    another.
    """

    name: VariableName
    status: VariableStatus
    value: str | None = None
    attribute: AttributeType = AttributeType.ACTUAL
    read_only: bool | None = None
    key: str | None = None
    reason: Reason | None = None


class GetVariablesOutcome(Outcome):
    """The values, in the order asked for as far as the protocol keeps it.

    `long_values`: they are told whole even where 1.6 has no room for them (its 500 characters of a key's value).
    """

    results: tuple[VariableResult, ...]
    long_values: bool = False


class SetVariables(Command):
    """Set values of variables (B05)."""

    settings: tuple[VariableSetting, ...]


class SetVariableResult(Value):
    """What became of one setting; `reason` says why it was not taken (B05.FR.07, B05.FR.08)."""

    name: VariableName
    status: SetVariableStatus
    attribute: AttributeType = AttributeType.ACTUAL
    reason: Reason | None = None


class SetVariablesOutcome(Outcome):
    """One result a setting."""

    results: tuple[SetVariableResult, ...]
