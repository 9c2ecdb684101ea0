"""The states of a station's session of ISO 15118-20, by what it waits for. SessionStopReq may come in all but the first."""

from __future__ import annotations

from typing import Final

SESSION_SETUP: Final = "SessionSetup"
AUTHORIZATION_SETUP: Final = "AuthorizationSetup"
AUTHORIZATION: Final = "CertificateInstallation or Authorization"
SERVICE_DISCOVERY: Final = "ServiceDiscovery"
SERVICE_DETAIL: Final = "ServiceDetail"
SERVICE_SELECTION: Final = "ServiceDetail or ServiceSelection"
CHARGE_PARAMETERS: Final = "ChargeParameterDiscovery"
SCHEDULE_EXCHANGE: Final = "ScheduleExchange"
CABLE_CHECK: Final = "DC_CableCheck"
PRE_CHARGE: Final = "DC_PreCharge"
POWER_DELIVERY: Final = "PowerDelivery"
CHARGE_LOOP: Final = "ChargeLoop or PowerDelivery"
STANDBY: Final = "Standby: ChargeLoop or PowerDelivery"
STOPPED: Final = "WeldingDetection or SessionStop"
