"""Grid, upstream meter and energy management driven through the control port: what a test tool does is felt at the outlet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import httpx
import pytest

from pilotwire.domain.der_control import DerControl, DerControlType, LimitMaxDischarge, SetDerControl
from pilotwire.domain.smart_charging import ChargingProfile, SetChargingProfile
from pilotwire.errors import ConfigError
from pilotwire.simulator.building import make_vehicle
from pilotwire.simulator.planned import layout_of
from pilotwire.station.control import control_api
from pilotwire.station.control.acts import ACTS
from pilotwire.station.control.bodies import StationPlan
from tests.support.both_ways import curve, moded, period
from tests.support.scripted_csms import ScriptedCsms, scripted_csms
from tests.support.station_lab import Lab, lab

BAND = {
    f"V2XChargingCtrlr.LocalLoadBalancing[{name}]": value
    for name, value in (("UpperThreshold", "0"), ("LowerThreshold", "-1"), ("UpperOffset", "0"), ("LowerOffset", "0"))
}


class Rig:
    """A test tool at the control port of a station that takes energy back, with somebody charging there."""

    def __init__(self, http: httpx.AsyncClient, one: Lab, csms: ScriptedCsms) -> None:
        self.http = http
        self.one = one
        self.csms = csms

    async def does(self, path: str, **body: Any) -> None:
        """Something that works."""
        answer = await self.http.post(path, json=body)
        assert answer.status_code == 200, answer.text

    async def holds(self, profile: ChargingProfile) -> None:
        """The station takes a profile."""
        outcome: Any = await self.one.station.command(SetChargingProfile(evse_id=1, charging_profile=profile))
        assert outcome.status == "Accepted", outcome

    @property
    def power(self) -> int:
        """W at the outlet."""
        return int(self.one.station.hardware.meter(1).power_w)

    async def heard(self, action: str) -> Any:
        """The first such message of the station."""
        await self.one.until(lambda: any(each.action == action for each in self.csms.heard), action)
        return next(each.payload for each in self.csms.heard if each.action == action)


@asynccontextmanager
async def rig(layout: str = "dc-50-v2x", car: str = "v2x-compact-40") -> AsyncIterator[Rig]:
    async with scripted_csms() as csms:
        csms.version = "2.1"
        async with lab(csms.url, "2.1", layout=layout, car=car, soc=60, variables=BAND) as one:
            await one.charge(100)
            transport = httpx.ASGITransport(control_api(one.station, make_vehicle), raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://station") as http:
                yield Rig(http, one, csms)


async def test_the_grid_s_frequency_drives_local_frequency_control() -> None:
    """Felt when the answer is out."""
    async with rig() as tool:
        points = curve((49, -10_000), (51, 10_000))
        await tool.holds(moded(period("LocalFrequency", v2x_baseline=0, v2x_freq_watt_curve=points), kind="Dynamic"))
        await tool.does("/grid", frequencyHz=49.5)
        assert tool.power == -5000
        await tool.does("/grid", voltagePercent=101)
        assert tool.power == -5000


async def test_the_upstream_meter_drives_load_balancing() -> None:
    """A house of 6 kW is fed by the vehicle."""
    async with rig() as tool:
        await tool.holds(moded(period("LocalLoadBalancing"), kind="Dynamic"))
        await tool.does("/upstream-meter", watts=6000)
        assert tool.power == -6000


async def test_an_energy_management_sets_power_and_lets_go() -> None:
    """A setpoint, told to the CSMS; then nothing."""
    async with rig() as tool:
        await tool.holds(moded(period("ExternalSetpoint"), kind="Dynamic"))
        await tool.does("/external/power", evse=1, setpoint=-4000)
        assert tool.power == -4000
        told = await tool.heard("NotifyChargingLimit")
        assert told["chargingLimit"]["chargingLimitSource"] == "EMS"
        assert told["chargingSchedule"][0]["chargingSchedulePeriod"][0]["setpoint"] == -4000
        await tool.does("/external/power", evse=1)
        assert tool.power == 0
        await tool.heard("ClearedChargingLimit")


async def test_an_energy_management_limits_the_charging() -> None:
    """In W, for the whole station; released it charges as before."""
    async with rig() as tool:
        await tool.does("/external/limit", limit=3500, unit="W", gridCritical=True)
        assert 3000 < tool.power <= 3500
        assert (await tool.heard("NotifyChargingLimit"))["chargingLimit"]["isGridCritical"] is True
        await tool.does("/external/limit")
        assert tool.power > 10_000


async def test_a_fault_of_the_grid_is_an_alarm_and_stops_what_is_given_back() -> None:
    """As long as it is there."""
    async with rig() as tool:
        await tool.holds(moded(period("CentralSetpoint", setpoint=-9000), kind="Dynamic"))
        limit = LimitMaxDischarge(priority=1, pct_max_discharge_power=Decimal(20))
        control = DerControl(
            control_id="d1",
            control_type=DerControlType.LIMIT_MAX_DISCHARGE,
            is_default=True,
            limit_max_discharge=limit,
        )
        await tool.one.station.command(SetDerControl(control=control))
        assert tool.power == -6000
        await tool.does("/grid/fault", controlType="LVMustTrip", fault="UnderVoltage", extraInfo="relay")
        assert tool.power == 0
        await tool.one.until(
            lambda: (
                [each.payload["controlType"] for each in tool.csms.heard if each.action == "NotifyDERAlarm"]
                == ["LimitMaxDischarge", "LVMustTrip"]
            ),
            "both alarms",
        )
        await tool.does("/grid/fault", controlType="LVMustTrip", fault="UnderVoltage", present=False)
        assert tool.power == -6000


@pytest.mark.req("R02.FR.01")
async def test_the_inverter_in_a_vehicle_on_ac_is_told_of_and_its_alarm_too() -> None:
    """It has a trip curve of its own."""
    async with rig("ac-22-v2x", "v2x-ac-60") as tool:
        told = {"maxDischargePower": 11_000, "evSupportedDERControl": ["HFMustTrip"]}
        await tool.does("/vehicle/needs", evse=1, requestedEnergyTransfer="AC_BPT_DER", **told)
        needs = (await tool.heard("NotifyEVChargingNeeds"))["chargingNeeds"]
        assert needs["v2xChargingParameters"] == {"maxDischargePower": 11_000}
        plate = {"evSupportedDERControl": ["HFMustTrip"], "maxDischargeApparentPower": 11_000}
        assert needs["derChargingParameters"] == plate
        await tool.does("/vehicle/der-alarm", evse=1, controlType="HFMustTrip", fault="OverFrequency")
        alarm = await tool.heard("NotifyDERAlarm")
        assert (alarm["controlType"], alarm["gridEventFault"]) == ("HFMustTrip", "OverFrequency")


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("grid", {"frequencyHz": -1}),
        ("grid/fault", {"controlType": "LVMustTrip", "fault": "Thunder"}),
        ("upstream-meter", {}),
        ("external/power", {"dischargeLimit": 5}),
        ("external/limit", {"limit": -5}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_makes_no_sense_is_refused_with_a_sentence(path: str, given: dict[str, Any]) -> None:
    """In scripts and at the port alike."""
    with pytest.raises(ConfigError, match=path):
        ACTS[path].read(given)


def test_a_station_made_at_run_time_may_take_energy_back() -> None:
    """With `dischargePowerW`; an AC outlet no more than it gives."""
    plan = {"identity": "CS-1", "url": "ws://127.0.0.1:9"}
    asked = [{"supply": "DC", "dischargePowerW": 10_000}, {"supply": "AC", "dischargePowerW": 10_000}]
    evses = layout_of(StationPlan.model_validate(plan | {"evses": asked})).evses
    assert [evse.max_discharge_w for evse in evses] == [10_000, 10_000]
    with pytest.raises(ConfigError, match="back"):
        layout_of(StationPlan.model_validate(plan | {"evses": [{"dischargePowerW": 100_000}]}))


@pytest.mark.req("K01.FR.46")
def test_a_station_made_at_run_time_may_choose_its_phase() -> None:
    """With `canChoosePhase`; others use L1."""
    asked = [{"canChoosePhase": True}, {}]
    plan = {"identity": "CS-1", "url": "ws://127.0.0.1:9", "evses": asked}
    supplies = [evse.supply for evse in layout_of(StationPlan.model_validate(plan)).evses]
    assert [getattr(supply, "chooses_phase", None) for supply in supplies] == [True, False]
