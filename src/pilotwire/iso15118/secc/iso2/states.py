"""The states of a station's session, by what it waits for (ISO 15118-2, 8.8)."""

from __future__ import annotations

from typing import Final

SESSION_SETUP: Final = "SessionSetup"
SERVICE_DISCOVERY: Final = "ServiceDiscovery"
SERVICE_SELECTION: Final = "ServiceDetail or PaymentServiceSelection"
CONTRACT: Final = "CertificateInstallation, CertificateUpdate or PaymentDetails"
PAYMENT_DETAILS: Final = "PaymentDetails"
AUTHORIZATION: Final = "Authorization"
CHARGE_PARAMETERS: Final = "ChargeParameterDiscovery"
AC_READY: Final = "PowerDelivery"
AC_LOOP: Final = "ChargingStatus or PowerDelivery"
AC_RECEIPT: Final = "MeteringReceipt (AC)"
CABLE_CHECK: Final = "CableCheck"
CABLE_CHECK_OR_POWER: Final = "CableCheck or PowerDelivery"
PRE_CHARGE: Final = "PreCharge"
PRE_CHARGE_OR_POWER: Final = "PreCharge or PowerDelivery"
DC_LOOP: Final = "CurrentDemand or PowerDelivery"
DC_RECEIPT: Final = "MeteringReceipt (DC)"
AC_END: Final = "SessionStop"
DC_END: Final = "WeldingDetection or SessionStop"
OVER: Final = "over"
