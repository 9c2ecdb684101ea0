"""The states of a station's session, by what it waits for (DIN SPEC 70121)."""

from __future__ import annotations

from typing import Final

SESSION_SETUP: Final = "SessionSetup"
SERVICE_DISCOVERY: Final = "ServiceDiscovery"
SERVICE_SELECTION: Final = "ServicePaymentSelection"
AUTHENTICATION: Final = "ContractAuthentication"
CHARGE_PARAMETERS: Final = "ChargeParameterDiscovery"
CABLE_CHECK: Final = "CableCheck"
PRE_CHARGE: Final = "PreCharge"
PRE_CHARGE_OR_POWER: Final = "PreCharge or PowerDelivery"
LOOP: Final = "CurrentDemand or PowerDelivery"
END: Final = "WeldingDetection or SessionStop"
END_OR_ANEW: Final = "ChargeParameterDiscovery, WeldingDetection or SessionStop"
"""The station had asked for a negotiation, and power is off for it."""
OVER: Final = "over"
