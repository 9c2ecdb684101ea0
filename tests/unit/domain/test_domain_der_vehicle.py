"""What the inverter in a vehicle says of itself: its controls, the power it gives back, what vehicle and EVSE can do together."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain.der_control import DerControlType
from pilotwire.domain.der_vehicle import agreed, discharge_told, supported_by
from pilotwire.domain.smart_charging import ChargingNeeds, V2XChargingParameters


def needs(service: str = "AC_BPT_DER", told: Any = None) -> ChargingNeeds:
    """With a nameplate."""
    return ChargingNeeds(requested_energy_transfer=service, der_charging_parameters=told and json.dumps(told))


def both(**told: Any) -> dict[str, Any]:
    """What becomes of a nameplate at an outlet for 22 kVA out and 11 kVA back, on three phases."""
    text = agreed(json.dumps(told), charge_va=Decimal(22_080), discharge_va=Decimal(11_040), phases=3)
    assert text is not None
    return dict(json.loads(text))


@pytest.mark.parametrize(
    ("service", "told", "controls"),
    [
        ("AC_BPT_DER", {"evSupportedDERControl": ["HFMustTrip", "VoltVar"]}, {"HFMustTrip", "VoltVar"}),
        ("AC_DER", {"evSupportedDERControl": ["FreqDroop"]}, {"FreqDroop"}),
        ("AC_BPT_DER", {"evSupportedDERControl": ["FreqDroop", "Teleport"]}, {"FreqDroop"}),
        ("AC_BPT_DER", {"evInverterModel": "X"}, set()),
        ("AC_BPT_DER", {"evSupportedDERControl": "FreqDroop"}, set()),
        ("AC_BPT_DER", None, set()),
        ("AC_BPT", {"evSupportedDERControl": ["HFMustTrip"]}, set()),
    ],
    ids=["bidirectional", "charging only", "an unknown name", "unsaid", "no list", "no nameplate", "plain AC_BPT"],
)
def test_which_controls_a_vehicle_has(service: str, told: Any, controls: set[str]):
    assert supported_by(needs(service, told)) == {DerControlType(each) for each in controls}


def test_apparent_power_is_the_lesser_of_both():
    """In each direction; what begins with `ev` is the vehicle's own."""
    found = both(
        maxChargeApparentPower=44_000, maxDischargeApparentPower=9_000, maxApparentPower=44_000, evInverterModel="X"
    )
    assert found["maxChargeApparentPower"] == 22_080
    assert found["maxDischargeApparentPower"] == 9_000
    assert found["maxApparentPower"] == 22_080
    assert found["evInverterModel"] == "X"


def test_with_values_for_the_other_phases_each_has_a_third_of_the_outlet():
    assert both(maxDischargeApparentPower=5_000, maxDischargeApparentPower_L2=3_000) == {
        "maxDischargeApparentPower": 3_680,
        "maxDischargeApparentPower_L2": 3_000,
    }


def test_what_is_no_nameplate_stays_as_it_is():
    for told in (None, "[]", "no JSON"):
        assert agreed(told, charge_va=Decimal(1), discharge_va=Decimal(1), phases=1) == told


def test_the_power_given_back_is_that_of_all_phases():
    """None where the vehicle does not say."""
    v2x = V2XChargingParameters(max_discharge_power=Decimal(3_000), max_discharge_power_l2=Decimal(2_000))
    told = ChargingNeeds(requested_energy_transfer="AC_BPT", v2x_charging_parameters=v2x)
    assert discharge_told(told) == 5_000
    assert discharge_told(needs()) is None
