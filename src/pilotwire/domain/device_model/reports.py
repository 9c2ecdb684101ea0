"""Reports of the device model: which variables a station has, their values, and what they can be (B07, B08)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from pilotwire.domain.device_model.variables import AttributeType, VariableName
from pilotwire.domain.kinds import Command, Fact, Outcome, Value


class DataType(StrEnum):
    """As in 2.x DataEnumType."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    DECIMAL = "decimal"
    STRING = "string"
    DATE_TIME = "dateTime"
    OPTION_LIST = "OptionList"
    MEMBER_LIST = "MemberList"
    SEQUENCE_LIST = "SequenceList"


class Mutability(StrEnum):
    """As in 2.x MutabilityEnumType."""

    READ_ONLY = "ReadOnly"
    READ_WRITE = "ReadWrite"
    WRITE_ONLY = "WriteOnly"


class ReportBase(StrEnum):
    """Which of the predefined reports is meant (ReportBaseEnumType)."""

    CONFIGURATION_INVENTORY = "ConfigurationInventory"
    FULL_INVENTORY = "FullInventory"
    SUMMARY_INVENTORY = "SummaryInventory"


class ComponentCriterion(StrEnum):
    """What must be so of a component that is reported (ComponentCriterionEnumType)."""

    ACTIVE = "Active"
    AVAILABLE = "Available"
    ENABLED = "Enabled"
    PROBLEM = "Problem"


class ReportStatus(StrEnum):
    """As in GenericDeviceModelStatusEnumType."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    NOT_SUPPORTED = "NotSupported"
    EMPTY_RESULT_SET = "EmptyResultSet"


class ComponentVariable(Value):
    """Variables asked for: what is left out stands for all there are (B08.FR.20 to B08.FR.25)."""

    component: str
    component_instance: str | None = None
    evse: int | None = None
    connector: int | None = None
    variable: str | None = None
    variable_instance: str | None = None

    def covers(self, name: VariableName) -> bool:
        """Whether a variable is one of those meant; names are compared without regard to case."""
        return _same(self.component, name.component) and all(
            wanted is None or _same(wanted, had)
            for wanted, had in (
                (self.component_instance, name.component_instance),
                (self.evse, name.evse),
                (self.connector, name.connector),
                (self.variable, name.variable),
                (self.variable_instance, name.variable_instance),
            )
        )


def _same(wanted: str | int, had: str | int | None) -> bool:
    if isinstance(wanted, str) and isinstance(had, str):
        return wanted.casefold() == had.casefold()
    return wanted == had


class GetBaseReport(Command):
    """Ask for one of the predefined reports; its parts carry `request_id` (B07)."""

    request_id: int
    base: ReportBase


class GetReport(Command):
    """Ask for a report of chosen components and variables; its parts carry `request_id` (B08).

    A component is reported if one of `criteria` holds, a variable if one of `variables` covers it; none at all means no limit.
    """

    request_id: int
    criteria: tuple[ComponentCriterion, ...] = ()
    variables: tuple[ComponentVariable, ...] = ()


class ReportOutcome(Outcome):
    """Whether the report will come. Only after Accepted are there parts."""

    status: ReportStatus


class VariableAttribute(Value):
    """A value of a variable and who may change it (VariableAttributeType). `value` is None if it is not told or not set."""

    type: AttributeType = AttributeType.ACTUAL
    value: str | None = None
    mutability: Mutability = Mutability.READ_WRITE
    persistent: bool = False
    constant: bool = False


class VariableCharacteristics(Value):
    """What a variable can be (VariableCharacteristicsType). For a text or a list `max_limit` is its length.

    `values_list` is written as on the wire: choices parted by commas.
    """

    data_type: DataType
    supports_monitoring: bool = False
    unit: str | None = None
    min_limit: Decimal | None = None
    max_limit: Decimal | None = None
    values_list: str | None = None


class ReportedVariable(Value):
    """A variable in a report, with one to four attributes (ReportDataType)."""

    name: VariableName
    attributes: tuple[VariableAttribute, ...]
    characteristics: VariableCharacteristics | None = None


class ReportPart(Fact):
    """A part of a report. Parts are numbered from 0 (B07.FR.10, B08.FR.14); `more`: another one follows."""

    request_id: int
    seq_no: int
    generated_at: datetime
    variables: tuple[ReportedVariable, ...] = ()
    more: bool = False
