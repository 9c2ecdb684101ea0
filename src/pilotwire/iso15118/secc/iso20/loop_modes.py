"""The station's part of the charge loop by control mode: targets and limits of the moment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pilotwire.iso15118.charging import Control, DcLimits
from pilotwire.iso15118.iso20 import ac, dc
from pilotwire.iso15118.iso20.common_types import CLResControlMode
from pilotwire.iso15118.limits import ac_of, fields_of
from pilotwire.iso15118.quantities import rational
from pilotwire.iso15118.secc.iso20.services import BY_STATION
from pilotwire.iso15118.secc.iso20.talk import Talk
from pilotwire.iso15118.secc.ports import State


def ac_mode(s: Talk, state: State) -> CLResControlMode:
    """AC has a target power: in dynamic control always, in scheduled control where the station wants less than it offered."""
    both_ways, limits = s.agreed.transfer.bidirectional, ac_of(state.limits, "evse")
    target = state.target_w
    if target is not None:
        target = min(max(target, -limits.max_discharge_w if both_ways else 0.0), limits.max_w)
    if s.agreed.control is Control.SCHEDULED:
        scheduled = ac.BPT_Scheduled_AC_CLResControlMode if both_ways else ac.Scheduled_AC_CLResControlMode
        return scheduled(
            evse_target_active_power=None if target is None else rational(target),
            evse_present_active_power=rational(state.present_w),
        )
    dynamic = ac.BPT_Dynamic_AC_CLResControlMode if both_ways else ac.Dynamic_AC_CLResControlMode
    return dynamic(
        **_reach(s, state),
        evse_target_active_power=rational(limits.max_w if target is None else target),
        evse_present_active_power=rational(state.present_w),
    )


def dc_mode(s: Talk, limits: DcLimits, state: State) -> CLResControlMode:
    """DC has limits: the station itself sets voltage and current. In dynamic control its target is the limit of the moment."""
    both_ways, dynamic = s.agreed.transfer.bidirectional, s.agreed.control is Control.DYNAMIC
    if dynamic and state.target_w is not None:
        limits = _aimed(limits, state.target_w)
    cls: type[dc.Dynamic_DC_CLResControlMode] | type[dc.Scheduled_DC_CLResControlMode]
    if dynamic:
        cls = dc.BPT_Dynamic_DC_CLResControlMode if both_ways else dc.Dynamic_DC_CLResControlMode
    else:
        cls = dc.BPT_Scheduled_DC_CLResControlMode if both_ways else dc.Scheduled_DC_CLResControlMode
    return cls(**fields_of(limits, "evse", cls), **(_reach(s, state) if dynamic else {}))


def _aimed(limits: DcLimits, target_w: float) -> DcLimits:
    """Limits that leave the target power alone: what is to be taken, or (negative) given back."""
    if target_w >= 0:
        most = min(limits.max_w, target_w)
        return replace(limits, max_w=most, min_w=min(limits.min_w, most), max_discharge_w=0.0, min_discharge_w=0.0)
    back = min(limits.max_discharge_w, -target_w)
    return replace(
        limits, max_w=0.0, min_w=0.0, max_discharge_w=back, min_discharge_w=min(limits.min_discharge_w, back)
    )


def _reach(s: Talk, state: State) -> dict[str, Any]:
    """When the vehicle is to leave and with what: the station's to say where it was left to it (MobilityNeedsMode 2)."""
    if s.agreed.mobility != BY_STATION:
        return {}
    return {
        "departure_time": state.departure_s,
        "minimum_soc": state.least_soc,
        "target_soc": state.target_soc,
    }
