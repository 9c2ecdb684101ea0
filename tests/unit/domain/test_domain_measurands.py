"""The measurands by version, and what follows from what is measured."""

from __future__ import annotations

from typing import get_args

import pytest

from pilotwire.domain.metering import (
    IN_16,
    IN_21,
    IN_201,
    INTERVALS,
    MEASURANDS,
    NETS,
    SYNONYMS,
    default_unit,
    in_order,
    with_derived,
)
from pilotwire.ocpp.v16 import enums as v16
from pilotwire.ocpp.v21 import enums as v21
from pilotwire.ocpp.v201 import enums as v201


def test_the_lists_are_those_of_the_schemas() -> None:
    """1.6 Measurand and 2.x MeasurandEnumType, none missing, none invented."""
    assert set(get_args(v16.Measurand)) == IN_16
    assert set(get_args(v201.Measurand)) == IN_201
    assert set(get_args(v21.Measurand)) == IN_21
    assert set(MEASURANDS) == IN_16 | IN_21
    assert len(set(MEASURANDS)) == len(MEASURANDS)


def test_what_follows_is_a_measurand_itself() -> None:
    """Intervals, nets and synonyms, and what they are made of."""
    parts = {*INTERVALS, *INTERVALS.values(), *NETS, *SYNONYMS, *SYNONYMS.values()}
    assert parts.union(*NETS.values()) <= set(MEASURANDS)


@pytest.mark.parametrize(("measured", "derived"), [
    ("Energy.Active.Import.Register", {"Energy.Active.Import.Interval"}),
    ("Current.Offered", {"Current.Import.Offered"}),
    ("Voltage", set()),
])  # fmt: skip
def test_what_follows_from_one(measured: str, derived: set[str]) -> None:
    """And nothing else."""
    assert with_derived([measured]) == {measured} | derived


def test_a_net_needs_both_directions() -> None:
    """Import less export."""
    both = ["Energy.Apparent.Import", "Energy.Apparent.Export"]
    assert with_derived(both) == {*both, "Energy.Apparent.Net"}
    assert with_derived(both[:1]) == {both[0]}


def test_they_are_listed_in_one_order() -> None:
    """Whatever the order they were found in."""
    assert in_order({"Voltage", "Energy.Active.Import.Register", "Nonsense"}) == (
        "Energy.Active.Import.Register",
        "Voltage",
    )


@pytest.mark.parametrize(("measurand", "unit"), [
    ("EnergyRequest.Minimum.V2X", "Wh"),
    ("Display.BatteryEnergyCapacity", "Wh"),
    ("Display.RemainingTimeToTargetSOC", "s"),
    ("Display.PresentSOC", "Percent"),
    ("Display.ChargingComplete", ""),
    ("Display.InletHot", ""),
    ("Energy.Active.Setpoint.Interval", "Wh"),
    ("Power.Active.Residual", "W"),
    ("Voltage.Minimum", "V"),
    ("Current.Export.Offered", "A"),
])  # fmt: skip
def test_the_units_of_those_new_in_2_1(measurand: str, unit: str) -> None:
    """As the enumeration describes them."""
    assert default_unit(measurand) == unit
