"""Energy back from a vehicle between our CSMS and our station over real sockets: setpoints, DER controls, and what is on record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from pilotwire.clock import SystemClock
from pilotwire.csms.commands.der_control import set_control
from pilotwire.csms.commands.smart_charging import Books, composite_schedule, set_profile
from pilotwire.domain.der_control import (
    DerControl,
    DerControlStatus,
    DerControlType,
    DerUnit,
    FixedVar,
    LimitMaxDischarge,
)
from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging import (
    ChargingProfileStatus,
    ChargingRateUnit,
    GetCompositeSchedule,
    OperationMode,
)
from tests.support.both_ways import moded, period
from tests.support.eventually import eventually
from tests.support.station_lab import lab, open_csms


@pytest.mark.req("K08.FR.04", "R04.FR.05", "R04.FR.20", "R05.FR.01")
async def test_a_setpoint_discharges_and_a_der_control_limits_it() -> None:
    """The profile of the CSMS turns the flow round, the control takes two thirds of it; all of it is told."""
    async with open_csms() as csms:
        clock = SystemClock()
        books = Books(csms.commander, csms.store, csms.journal, clock)
        async with lab(csms.urls.ocpp, "2.1", layout="dc-50-v2x", car="v2x-compact-40", soc=60) as one:
            await one.charge(100)
            hardware = one.station.hardware
            wanted = moded(period("CentralSetpoint", setpoint=-9000))
            start = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=5)
            schedule = changed(wanted.charging_schedule[0], start_schedule=start)
            done = await set_profile(books, "CS001", 1, changed(wanted, charging_schedule=(schedule,)))
            assert done.status is ChargingProfileStatus.ACCEPTED
            assert hardware.meter(1).power_w == -9000
            asked = GetCompositeSchedule(evse_id=1, duration=60, charging_rate_unit=ChargingRateUnit.WATT)
            told = await composite_schedule(csms.commander, "CS001", asked)
            assert told.schedule is not None
            (now,) = told.schedule.charging_schedule_period
            assert (now.setpoint, now.discharge_limit, now.operation_mode) == (
                -9000,
                -30_000,
                OperationMode.CENTRAL_SETPOINT,
            )
            setting = FixedVar(priority=1, setpoint=Decimal(50), unit=DerUnit.PCT_MAX_VAR)
            reactive = DerControl(
                control_id="var", control_type=DerControlType.FIXED_VAR, is_default=True, fixed_var=setting
            )
            set_ = await set_control(csms.commander, csms.journal, clock, "CS001", reactive)
            assert set_.status is DerControlStatus.ACCEPTED
            measured = {each.measurand: each.value for each in hardware.meter(1).more}
            assert measured["Power.Reactive.Export"] == 6600
            limit = LimitMaxDischarge(priority=1, pct_max_discharge_power=Decimal(10))
            control = DerControl(
                control_id="cap",
                control_type=DerControlType.LIMIT_MAX_DISCHARGE,
                is_default=False,
                limit_max_discharge=limit,
            )
            set_ = await set_control(csms.commander, csms.journal, clock, "CS001", control)
            assert set_.status is DerControlStatus.ACCEPTED
            assert hardware.meter(1).power_w == -3000
            await one.until(lambda: one.vehicle.meter.returned_wh >= 50, "50 Wh back")
            for action in ("NotifyDERStartStop", "NotifyDERAlarm"):
                await eventually(lambda action=action: csms.store.log("CS001", action=action), what=action)  # type: ignore[misc]
            assert hardware.meter(1).energy_export_register == one.vehicle.meter.returned_wh
