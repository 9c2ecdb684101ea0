"""What the conditions of the OCPP 1.6 test document ask, with the numbers a plan declares them by.

The document says its prerequisites in sentences and leaves the numbering to others; the numbers Q-1 and so on are ours, and hold for
Charge Points and Central Systems alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

PROFILES16: Final = (
    "Core",
    "Firmware Management",
    "Local Auth List Management",
    "Remote Trigger",
    "Reservation",
    "Security",
    "Smart Charging",
)
"""The feature profiles the cases of 1.6 belong to, and the security extension (OCPP 1.6 security whitepaper)."""

QUESTIONS: Final[Mapping[str, str]] = {
    "Q-1": "the Charge Point has a fixed cable",
    "Q-2": "it can start transactions offline (Local Authorization List, Authorization Cache or unknown idTags)",
    "Q-3": "transactions can be stopped at the Charge Point",
    "Q-4": "it has an Authorization Cache",
    "Q-5": "AuthorizeRemoteTxRequests can be true",
    "Q-6": "StopTransactionOnEVSideDisconnect can be true",
    "Q-7": "StopTransactionOnEVSideDisconnect can be written",
    "Q-8": "it has a back-up power source, and stops transactions before it goes down",
    "Q-9": "ReserveConnectorZeroSupported is true",
    "Q-10": "MaxChargingProfilesInstalled is at least 3 and ChargingScheduleMaxPeriods at least 5",
    "Q-11": "it knows the configured vendorId of DataTransfer",
    "Q-12": "LocalAuthListEnabled can be false",
    "Q-13": "it has Local Auth List Management",
    "Q-14": "it has Firmware Management",
    "Q-15": "it has security profile 1",
    "Q-16": "it has security profile 2",
    "Q-17": "it has security profile 3",
    "Q-18": "the Central System can trigger messages for a connector that is not configured",
}
"""What a plan declares about a Charge Point or Central System of 1.6, by number."""


def spelled(condition: str) -> str:
    """A condition with the questions in it told: `NOT Q-1 and Q-6` as `NOT Q-1 (the Charge Point ...) and Q-6 (...)`."""
    return re.sub(r"Q-\d+", lambda found: f"{found[0]} ({QUESTIONS[found[0]]})", condition)
