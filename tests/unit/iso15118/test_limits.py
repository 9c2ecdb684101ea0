"""Limits as the messages of ISO 15118-20 write them, of both sides alike."""

from __future__ import annotations

import pytest

from pilotwire.errors import MisuseError
from pilotwire.iso15118.charging import AcLimits, DcLimits
from pilotwire.iso15118.iso20 import ac, dc
from pilotwire.iso15118.limits import (
    Side,
    ac_of,
    dc_of,
    fields_of,
    phases_of,
    read_ac,
    read_dc,
    read_dc_now,
    total,
)
from pilotwire.iso15118.quantities import plain, rational

AC = AcLimits(3, 230.0, 16.0, 6.0, max_discharge_w=7_000.0, min_discharge_w=500.0)
DC = DcLimits(
    max_v=900.0,
    min_v=200.0,
    max_a=150.0,
    min_a=1.0,
    max_w=90_000.0,
    min_w=500.0,
    max_discharge_a=40.0,
    min_discharge_a=2.0,
    max_discharge_w=20_000.0,
    min_discharge_w=300.0,
)


@pytest.mark.parametrize(
    ("whose", "mode"), [("ev", dc.BPT_DC_CPDReqEnergyTransferMode), ("evse", dc.BPT_DC_CPDResEnergyTransferMode)]
)
def test_what_a_side_writes_of_dc_is_read_again(whose: Side, mode: type[dc.DC_CPDReqEnergyTransferMode]) -> None:
    assert read_dc(mode(**fields_of(DC, whose, mode)), whose) == DC


def test_what_a_message_has_no_field_for_is_left_out() -> None:
    one_way = dc.DC_CPDResEnergyTransferMode
    read = read_dc(one_way(**fields_of(DC, "evse", one_way)), "evse")
    assert (read.max_w, read.max_discharge_w, read.max_discharge_a) == (90_000.0, 0.0, 0.0)
    assert "ev_minimum_charge_current" not in fields_of(DC, "ev", dc.Dynamic_DC_CLReqControlMode)


@pytest.mark.parametrize(
    ("whose", "mode"), [("ev", ac.BPT_AC_CPDReqEnergyTransferMode), ("evse", ac.BPT_AC_CPDResEnergyTransferMode)]
)
def test_what_a_side_writes_of_ac_is_read_again(whose: Side, mode: type[ac.AC_CPDReqEnergyTransferMode]) -> None:
    more = {"evse_nominal_frequency": rational(50.0)} if whose == "evse" else {}
    assert read_ac(mode(**fields_of(AC, whose, mode), **more), whose, 3, 230.0) == AC


def test_powers_by_phase_are_summed_and_amounts_given_back_have_no_sign() -> None:
    mode = ac.BPT_AC_CPDReqEnergyTransferMode(
        ev_maximum_charge_power=rational(2_300.0),
        ev_maximum_charge_power_l2=rational(2_300.0),
        ev_minimum_charge_power=rational(1_380.0),
        ev_maximum_discharge_power=rational(-4_000.0),
        ev_minimum_discharge_power=rational(0.0),
    )
    assert total(*phases_of(mode, "ev_maximum_charge_power")) == 4_600.0
    assert total(*phases_of(mode, "ev_present_active_power")) is None
    read = read_ac(mode, "ev", 2, 230.0)
    assert (read.max_a, read.min_a, read.max_discharge_w) == (10.0, 3.0, 4_000.0)


def test_what_changes_in_the_loop_leaves_the_rest() -> None:
    mode = dc.BPT_Scheduled_DC_CLResControlMode(
        evse_maximum_charge_power=rational(30_000.0), evse_maximum_discharge_power=rational(-10_000.0)
    )
    now = read_dc_now(DC, mode, "evse")
    assert (now.max_w, now.max_discharge_w, now.max_a) == (30_000.0, 10_000.0, 150.0)
    assert plain(mode.evse_maximum_charge_power or rational(0.0)) == 30_000.0


def test_limits_of_the_other_current_are_a_mistake_of_ours() -> None:
    with pytest.raises(MisuseError, match="A vehicle in an AC session has told DC limits"):
        ac_of(DC, "ev")
    with pytest.raises(MisuseError, match="An EVSE in a DC session has told AC limits"):
        dc_of(AC, "evse")
