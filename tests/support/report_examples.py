"""Examples of what 2.x says about reports and the status of transactions: payloads as on the wire, and what they mean."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pilotwire.domain import device_model as dm
from pilotwire.domain.kinds import Command, Fact
from pilotwire.domain.transactions import GetTransactionStatus

FACTS: dict[str, list[tuple[dict[str, Any], Fact]]] = {
    "NotifyReport": [
        (
            {
                "requestId": 7,
                "seqNo": 1,
                "generatedAt": "2026-03-01T13:00:00+01:00",
                "tbc": True,
                "reportData": [
                    {
                        "component": {"name": "OCPPCommCtrlr"},
                        "variable": {"name": "MessageTimeout", "instance": "Default"},
                        "variableAttribute": [
                            {
                                "type": "Actual",
                                "value": "30",
                                "mutability": "ReadOnly",
                                "persistent": True,
                                "constant": True,
                            },
                            {"type": "MaxSet"},
                        ],
                        "variableCharacteristics": {
                            "dataType": "integer",
                            "supportsMonitoring": True,
                            "unit": "s",
                            "minLimit": 1,
                            "maxLimit": 99.5,
                        },
                    },
                    {
                        "component": {"name": "EVSE", "instance": "left", "evse": {"id": 1, "connectorId": 2}},
                        "variable": {"name": "AvailabilityState"},
                        "variableAttribute": [{"value": "Available", "mutability": "ReadOnly"}],
                        "variableCharacteristics": {
                            "dataType": "OptionList",
                            "supportsMonitoring": False,
                            "valuesList": "Available,Faulted",
                        },
                    },
                    {
                        "component": {"name": "Tracker"},
                        "variable": {"name": "Active"},
                        "variableAttribute": [{}],
                    },
                ],
            },
            dm.ReportPart(
                request_id=7,
                seq_no=1,
                generated_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
                more=True,
                variables=(
                    dm.ReportedVariable(
                        name=dm.VariableName(
                            component="OCPPCommCtrlr", variable="MessageTimeout", variable_instance="Default"
                        ),
                        attributes=(
                            dm.VariableAttribute(
                                value="30", mutability=dm.Mutability.READ_ONLY, persistent=True, constant=True
                            ),
                            dm.VariableAttribute(type=dm.AttributeType.MAX_SET),
                        ),
                        characteristics=dm.VariableCharacteristics(
                            data_type=dm.DataType.INTEGER,
                            supports_monitoring=True,
                            unit="s",
                            min_limit=Decimal(1),
                            max_limit=Decimal("99.5"),
                        ),
                    ),
                    dm.ReportedVariable(
                        name=dm.VariableName(
                            component="EVSE",
                            component_instance="left",
                            variable="AvailabilityState",
                            evse=1,
                            connector=2,
                        ),
                        attributes=(dm.VariableAttribute(value="Available", mutability=dm.Mutability.READ_ONLY),),
                        characteristics=dm.VariableCharacteristics(
                            data_type=dm.DataType.OPTION_LIST, values_list="Available,Faulted"
                        ),
                    ),
                    dm.ReportedVariable(
                        name=dm.VariableName(component="Tracker", variable="Active"),
                        attributes=(dm.VariableAttribute(mutability=dm.Mutability.READ_WRITE),),
                    ),
                ),
            ),
        ),
        (
            {"requestId": 7, "seqNo": 2, "generatedAt": "2026-03-01T12:00:00Z"},
            dm.ReportPart(request_id=7, seq_no=2, generated_at=datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ),
    ]
}

COMMANDS: dict[str, list[tuple[dict[str, Any], Command]]] = {
    "GetBaseReport": [
        (
            {"requestId": 7, "reportBase": "SummaryInventory"},
            dm.GetBaseReport(request_id=7, base=dm.ReportBase.SUMMARY_INVENTORY),
        )
    ],
    "GetReport": [
        ({"requestId": 7}, dm.GetReport(request_id=7)),
        (
            {
                "requestId": 7,
                "componentCriteria": ["Problem", "Active"],
                "componentVariable": [
                    {"component": {"name": "EVSE", "instance": "left", "evse": {"id": 1}}},
                    {
                        "component": {"name": "Connector", "evse": {"id": 1, "connectorId": 2}},
                        "variable": {"name": "Available", "instance": "a"},
                    },
                ],
            },
            dm.GetReport(
                request_id=7,
                criteria=(dm.ComponentCriterion.PROBLEM, dm.ComponentCriterion.ACTIVE),
                variables=(
                    dm.ComponentVariable(component="EVSE", component_instance="left", evse=1),
                    dm.ComponentVariable(
                        component="Connector", evse=1, connector=2, variable="Available", variable_instance="a"
                    ),
                ),
            ),
        ),
    ],
    "GetTransactionStatus": [
        ({}, GetTransactionStatus()),
        ({"transactionId": "4c1b"}, GetTransactionStatus(transaction_id="4c1b")),
    ],
}
