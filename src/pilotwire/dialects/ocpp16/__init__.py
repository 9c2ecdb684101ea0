"""OCPP 1.6: connectors instead of EVSEs, configuration keys instead of variables, transactions named by the CSMS."""

from pilotwire.dialects.ocpp16 import (
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
    ),
    commands=(
        *provisioning.COMMANDS,
        *availability.COMMANDS,
        *authorization.COMMANDS,
        *remote_control.COMMANDS,
        *variables.COMMANDS,
        *data_transfer.COMMANDS,
    ),
)

__all__ = ["DIALECT"]
