"""OCPP 1.6: connectors instead of EVSEs, configuration keys instead of variables, transactions named by the CSMS."""

from pilotwire.dialects.ocpp16 import (
    authorization,
    availability,
    certificates,
    data_transfer,
    firmware,
    local_list,
    logs,
    metering,
    provisioning,
    remote_control,
    reports,
    reservation,
    security,
    smart_charging,
    tariff,
    transactions,
    variables,
)
from pilotwire.dialects.words import WordDialect
from pilotwire.ocpp.version import OcppVersion

DIALECT = WordDialect(
    OcppVersion.V16,
    facts=(
        *provisioning.FACTS,
        *availability.FACTS,
        *authorization.FACTS,
        *transactions.FACTS,
        *metering.FACTS,
        *data_transfer.FACTS,
        *security.FACTS,
        *reservation.FACTS,
        *certificates.FACTS,
        *logs.FACTS,
        *firmware.FACTS,
    ),
    commands=(
        *provisioning.COMMANDS,
        *availability.COMMANDS,
        *authorization.COMMANDS,
        *local_list.COMMANDS,
        *remote_control.COMMANDS,
        *variables.COMMANDS,
        *reports.COMMANDS,
        *data_transfer.COMMANDS,
        *reservation.COMMANDS,
        *certificates.COMMANDS,
        *logs.COMMANDS,
        *smart_charging.COMMANDS,
        *firmware.COMMANDS,
        *tariff.COMMANDS,
    ),
)

__all__ = ["DIALECT"]
