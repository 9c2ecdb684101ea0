"""The streets of the words 2.0.1 and 2.1 share."""

from __future__ import annotations

from pilotwire.dialects.ocpp2 import (
    authorization,
    availability,
    data_transfer,
    local_list,
    metering,
    provisioning,
    remote_control,
    reports,
    reservation,
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
    reservation.facts,
    reports.facts,
)
COMMAND_STREETS = (
    provisioning.commands,
    availability.commands,
    authorization.commands,
    local_list.commands,
    remote_control.commands,
    variables.commands,
    reports.commands,
    transactions.commands,
    data_transfer.commands,
    reservation.commands,
)
