"""The streets of the words 2.0.1 and 2.1 share."""

from __future__ import annotations

from pilotwire.dialects.ocpp2 import (
    authorization,
    availability,
    data_transfer,
    metering,
    provisioning,
    remote_control,
    security,
    transactions,
    variables,
)

FACT_STREETS = (
    provisioning.facts,
    availability.facts,
    authorization.facts,
    transactions.facts,
    metering.facts,
    data_transfer.facts,
    security.facts,
)
COMMAND_STREETS = (
    provisioning.commands,
    availability.commands,
    authorization.commands,
    remote_control.commands,
    variables.commands,
    data_transfer.commands,
)
