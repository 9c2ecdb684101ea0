"""Needs of a vehicle in 2.0.1, which counts in whole units: powers of ISO 15118-20 make currents that are none."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pilotwire.dialects.every import DIALECTS
from pilotwire.domain.smart_charging import ACChargingParameters, ChargingNeeds, EVChargingNeedsNotified
from pilotwire.ocpp.version import OcppVersion

NEEDS = EVChargingNeedsNotified(
    evse_id=1,
    charging_needs=ChargingNeeds(
        requested_energy_transfer="AC_three_phase",
        ac_charging_parameters=ACChargingParameters(
            energy_amount=Decimal("10000.2"),
            ev_min_current=Decimal("0.145"),
            ev_max_current=Decimal("15.94"),
            ev_max_voltage=Decimal(230),
        ),
    ),
)


def told(version: OcppVersion) -> tuple[Any, ...]:
    """Energy, least and highest current, and voltage, as they are sent."""
    message: Any = DIALECTS[version].write_fact(NEEDS)
    ac = message.charging_needs.ac_charging_parameters
    return ac.energy_amount, ac.ev_min_current, ac.ev_max_current, ac.ev_max_voltage


def test_the_least_is_rounded_up_and_the_most_down() -> None:
    assert told(OcppVersion.V201) == (10_001, 1, 15, 230)


def test_in_2_1_they_are_told_as_they_are() -> None:
    assert told(OcppVersion.V21) == (Decimal("10000.2"), Decimal("0.145"), Decimal("15.94"), 230)
