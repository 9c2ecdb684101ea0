"""ScheduleExchange: the schedules of the station (scheduled), or what it wants reached (dynamic)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import msgspec

from pilotwire.iso15118.charging import Control, Needs, Notice, Pending, PowerStep, Schedule
from pilotwire.iso15118.codecs import ISO20_COMMON
from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.exi.minimal import minimal
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.iso20.common_types import ResponseCode
from pilotwire.iso15118.limits import Number
from pilotwire.iso15118.quantities import plain, rational
from pilotwire.iso15118.secc.iso20 import states
from pilotwire.iso15118.secc.iso20.plan import shortened
from pilotwire.iso15118.secc.iso20.services import BY_STATION
from pilotwire.iso15118.secc.iso20.talk import Answer, Outcome, Refusal, Talk
from pilotwire.iso15118.timing import ISO20
from pilotwire.iso15118.xmldsig import Signature

MOST_TUPLES: Final = 3
_ABSOLUTE, _LEVELS = 1, 2
"""Pricing."""
Priced = tuple[cm.AbsolutePriceSchedule | None, cm.PriceLevelSchedule | None]


def schedule_exchange(s: Talk, request: cm.ScheduleExchangeReq, now: datetime) -> Outcome:
    """Ongoing until the station has planned. Beside the main stream the old schedule stays in force until PowerDelivery."""
    dynamic = request.dynamic_se_req_control_mode is not None
    if dynamic is not (s.agreed.control is Control.DYNAMIC):
        what = f"ScheduleExchangeReq is not for {s.agreed.control} control, which was chosen"
        s.find(f"{what}.")
        return Refusal("FAILED_WrongChargeParameter", what)
    schedules = s.evse.schedules(_needs(s, request))
    if isinstance(schedules, Pending):
        if s.waited("schedules", now) <= ISO20.secc_ongoing:
            return _answer(s, request, "OK", now, finished=False)
        s.remark("The station had no schedules in time.")
        schedules = ()
    s.done("schedules")
    if not schedules and not dynamic:
        return _none_possible(s, request, now)
    most = request.maximum_supporting_points
    _take(s, tuple(_fitting(each, most) for each in schedules[:MOST_TUPLES]), now)
    return _answer(s, request, "OK", now, finished=True)


def _take(s: Talk, schedules: tuple[Schedule, ...], now: datetime) -> None:
    plan = s.plan
    plan.offered, plan.anchor, plan.fresh = schedules, int(now.timestamp()), True
    plan.go_to_pause = s.offer.pause and s.stands().notice is Notice.PAUSE


def _none_possible(s: Talk, request: cm.ScheduleExchangeReq, now: datetime) -> Outcome:
    """The old schedules stay in force, where there are any; without any there is nothing to charge by."""
    if not s.plan.offered:
        return Refusal("FAILED", "the station has no schedule for what the vehicle needs")
    return _answer(s, request, "WARNING_ScheduleRenegotiationFailed", now, finished=True)


def _fitting(schedule: Schedule, most: int) -> Schedule:
    """With no more entries than the vehicle takes (MaximumSupportingPoints)."""
    return replace(schedule, steps=shortened(schedule.steps, most), discharge=shortened(schedule.discharge, most))


# --- what the vehicle needs ----------------------------------------------------------------------------------------------------------


def _needs(s: Talk, request: cm.ScheduleExchangeReq) -> Needs:
    scheduled, dynamic = request.scheduled_se_req_control_mode, request.dynamic_se_req_control_mode
    mode = scheduled or dynamic
    assert mode is not None
    return Needs(
        transfer=s.agreed.transfer,
        limits=s.known_limits,
        control=s.agreed.control,
        energy_wh=_plain(mode.ev_target_energy_request),
        most_wh=_plain(mode.ev_maximum_energy_request),
        least_wh=_plain(mode.ev_minimum_energy_request),
        departure_s=mode.departure_time,
        target_soc=dynamic.target_soc if dynamic and dynamic.target_soc is not None else s.target_soc,
        most_steps=request.maximum_supporting_points,
        v2x_most_wh=_plain(dynamic.ev_maximum_v2x_energy_request) if dynamic else None,
        v2x_least_wh=_plain(dynamic.ev_minimum_v2x_energy_request) if dynamic else None,
    )


def _plain(number: Number) -> float | None:
    return None if number is None else plain(number)


# --- what the station says -----------------------------------------------------------------------------------------------------------


def _answer(s: Talk, request: cm.ScheduleExchangeReq, code: ResponseCode, now: datetime, *, finished: bool) -> Answer:
    dynamic = s.agreed.control is Control.DYNAMIC
    signature = _signature(s) if finished else None
    response = cm.ScheduleExchangeRes(
        header=msgspec.structs.replace(s.header(now), signature=signature),
        response_code=code,
        evse_processing="Finished" if finished else "Ongoing",
        go_to_pause=True if finished and s.plan.go_to_pause else None,
        dynamic_se_res_control_mode=_dynamic(s, finished) if dynamic else None,
        scheduled_se_res_control_mode=None if dynamic else _scheduled(s, finished),
    )
    return Answer(response, _after(s) if finished else s.state)


def _after(s: Talk) -> str:
    """DC begins with a cable check; while it charges already, and in AC, power follows at once."""
    if s.side_stream:
        return s.state
    return states.CABLE_CHECK if s.dc and not s.plan.renegotiating else states.POWER_DELIVERY


def _dynamic(s: Talk, finished: bool) -> cm.Dynamic_SEResControlMode:
    """Departure and states of charge are the station's to tell where the vehicle left them to it."""
    if not finished:
        return cm.Dynamic_SEResControlMode()
    tells, state = s.agreed.mobility == BY_STATION, s.stands()
    absolute, levels = _priced(s, s.plan.offered[0]) if s.plan.offered else (None, None)
    return cm.Dynamic_SEResControlMode(
        departure_time=state.departure_s if tells else None,
        minimum_soc=state.least_soc if tells else None,
        target_soc=state.target_soc if tells else None,
        absolute_price_schedule=absolute,
        price_level_schedule=levels,
    )


def _scheduled(s: Talk, finished: bool) -> cm.Scheduled_SEResControlMode:
    """While it goes on the schema wants a tuple all the same: one of no power, with the prices that are known already.

    There are vehicles that take no tuple without prices.
    """
    if not finished:
        absolute, levels = _of_kind(s, s.stands().tariff)
        power = minimal(ISO20_COMMON, cm.PowerSchedule)
        charging = cm.ChargingSchedule(
            power_schedule=power, absolute_price_schedule=absolute, price_level_schedule=levels
        )
        return cm.Scheduled_SEResControlMode(
            schedule_tuple=[cm.ScheduleTuple(schedule_tuple_id=1, charging_schedule=charging)]
        )
    return cm.Scheduled_SEResControlMode(schedule_tuple=[_tuple(s, each) for each in s.plan.offered])


def _tuple(s: Talk, schedule: Schedule) -> cm.ScheduleTuple:
    absolute, levels = _priced(s, schedule)
    charging = cm.ChargingSchedule(
        power_schedule=_power(s, schedule.steps, schedule.duration, s.options.tolerance_w),
        absolute_price_schedule=absolute,
        price_level_schedule=levels,
    )
    back = schedule.discharge if s.agreed.transfer.bidirectional else ()
    discharging = cm.ChargingSchedule(power_schedule=_power(s, back, schedule.duration)) if back else None
    return cm.ScheduleTuple(schedule_tuple_id=schedule.id, charging_schedule=charging, discharging_schedule=discharging)


def _power(s: Talk, steps: Sequence[PowerStep], duration: int, tolerance_w: float | None = None) -> cm.PowerSchedule:
    ends = [step.start for step in steps[1:]] + [duration]
    entries = [
        cm.PowerScheduleEntry(duration=max(until - step.start, 0), power=rational(abs(step.watts)))
        for step, until in zip(steps, ends, strict=True)
    ]
    return cm.PowerSchedule(
        time_anchor=s.plan.anchor,
        power_tolerance=None if tolerance_w is None else rational(tolerance_w),
        power_schedule_entries=cm.PowerScheduleEntryList(power_schedule_entry=entries),
    )


def _signature(s: Talk) -> Signature | None:
    """The operator's over the price schedules, if any is told."""
    told = [each.tariff_signature for each in s.plan.offered if any(_priced(s, each))]
    return next((each for each in told if isinstance(each, Signature)), None)


def _priced(s: Talk, schedule: Schedule) -> Priced:
    """The tariff as the operator gave it, if it is of the kind that was chosen (Pricing)."""
    return _of_kind(s, schedule.tariff)


def _of_kind(s: Talk, tariff: Element | None) -> Priced:
    pricing = s.agreed.pricing
    if isinstance(tariff, cm.AbsolutePriceSchedule) and pricing == _ABSOLUTE:
        return tariff, None
    if isinstance(tariff, cm.PriceLevelSchedule) and pricing == _LEVELS:
        return None, tariff
    return None, None
