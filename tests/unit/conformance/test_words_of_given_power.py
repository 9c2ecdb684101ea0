"""What an EV is given, read from meter values and held against a limit."""

from __future__ import annotations

from typing import Any, cast

import pytest

from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.given_power import (
    gives,
    gives_no_more,
    kept_to,
    powers,
)
from pilotwire.conformance.values import Known


class _ThreePhases:
    def setting(self, name: str) -> Any:
        return {"number_phases": 3}[name]


KNOWN = cast("Known", _ThreePhases())


def _told(*samples: dict[str, Any]) -> dict[str, Any]:
    return {"meterValue": [{"sampledValue": [{"measurand": "Power.Active.Import"} | one for one in samples]}]}


def test_power_is_read_of_all_phases_and_in_any_unit() -> None:
    """A value of no phase goes before those of phases; kW and multipliers are W."""
    assert list(powers(_told({"value": 1.0, "phase": "L1"}, {"value": 2.0, "phase": "L2"})["meterValue"])) == [3.0]
    assert list(powers(_told({"value": 1.0, "phase": "L1"}, {"value": 9.0})["meterValue"])) == [9.0]
    assert list(powers(_told({"value": 4.1, "unitOfMeasure": {"unit": "kW"}})["meterValue"])) == [4100.0]
    assert list(powers(_told({"value": 41.0, "unitOfMeasure": {"multiplier": 2}})["meterValue"])) == [4100.0]


@pytest.mark.parametrize(("watts", "kept"), [(4140.0, True), (6900.0, False), (1380.0, False), (0.0, False)])
def test_a_limit_of_six_amperes_is_of_each_phase(watts: float, kept: bool) -> None:
    """More is too much, and a third of it is that of all phases together."""
    assert kept_to(6).on(_told({"value": watts}), KNOWN).passed is kept


def test_what_is_not_told_is_not_kept_to_and_is_no_more() -> None:
    """An event without power proves nothing, but breaks nothing either."""
    assert not kept_to(6).on({}, KNOWN).passed
    assert gives_no_more(6).on({}, KNOWN).passed
    assert not gives_no_more(6).on(_told({"value": 6900.0}), KNOWN).passed
    assert gives(None, least=10).on(_told({"value": 11040.0}), KNOWN).passed
    assert not gives(None, least=10).on(_told({"value": 4140.0}), KNOWN).passed
