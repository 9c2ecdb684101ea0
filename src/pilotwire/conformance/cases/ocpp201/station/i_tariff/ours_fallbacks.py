"""Cases of our own for requirements of block I that no case of the document touches: what the driver reads where the CSMS tells nothing."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.e_transactions.preparing import (
    AUTHORIZATION_ON,
    back_after,
    stopping_at,
)
from pilotwire.conformance.cases.ocpp201.station.i_tariff.i02_i03_costs import is_read
from pilotwire.conformance.checks import equals
from pilotwire.conformance.language import Acts, Case, Configures, Receives
from pilotwire.conformance.states.offline201 import line_back, line_down
from pilotwire.conformance.states.station201 import (
    authorized,
    energy_transfer_started,
    ev_connected_pre_session,
    present_token,
)

PART_2 = "Part 2 edition 3, errata 2025-09"
_PRICE = "The usual price: 0.79 a kWh"
_TOTAL = "The total comes with your bill"

PW_I_01_CS = Case(
    id="PW_I_01_CS",
    title="The usual tariff where the CSMS tells none",
    purpose="A driver the CSMS tells no tariff of reads the configured fallback.",
    requirements=("I04.FR.01",),
    before=(
        *AUTHORIZATION_ON,
        Configures(variable="TariffCostCtrlr.Enabled[Tariff]", value=True, if_writable=True),
        Configures(variable="TariffCostCtrlr.TariffFallbackMessage", value=_PRICE),
        *ev_connected_pre_session(),
    ),
    main=(*authorized("local", asks="yes"), is_read("I04.FR.01", display=_PRICE), *energy_transfer_started()),
    follows=PART_2,
    ours=True,
)

PW_I_02_CS = Case(
    id="PW_I_02_CS",
    title="The total that cannot be told",
    purpose="A driver who stops while the line is down reads the configured message instead of the total.",
    requirements=("I05.FR.02",),
    settings={"tx_stop_points": ["Authorized"]},
    before=(
        *stopping_at("Authorized", besides=("PowerPathClosed", "EVConnected")),
        *AUTHORIZATION_ON,
        Configures(variable="TariffCostCtrlr.Enabled[Cost]", value=True, if_writable=True),
        Configures(variable="TariffCostCtrlr.TotalCostFallbackMessage", value=_TOTAL),
        *back_after(),
        *energy_transfer_started("local"),
    ),
    main=(
        *line_down("1"),
        present_token(),
        Acts(act="unplug"),
        is_read("I05.FR.02", display=_TOTAL),
        *line_back("3"),
        Receives(
            number="5",
            action="TransactionEvent",
            where=(equals("eventType", "Ended"), equals("offline", True)),
            early=True,
        ),
    ),
    follows=PART_2,
    ours=True,
)
