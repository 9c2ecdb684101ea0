"""Our vehicle behind a session: what it needs, asks for, takes and decides, on a clock that moves when told."""

from __future__ import annotations

import pytest

from pilotwire.clock import ManualClock
from pilotwire.errors import ConfigError
from pilotwire.ev import Wish as DriverWish
from pilotwire.ev.iso15118.speaking import Intent, SpeakingVehicle, speaking_vehicle
from pilotwire.iso15118.charging import (
    AcLimits,
    Control,
    DcLimits,
    Ending,
    Meter,
    Notice,
    PowerStep,
    Schedule,
    SessionEnd,
    Transfer,
)
from pilotwire.iso15118.evcc.ports import Offered, Wish

STATION_DC = DcLimits(max_v=920.0, max_a=200.0, max_w=100_000.0)
WIDE = (Schedule(1, (PowerStep(0, 200_000.0),)),)


class Scene:
    """A vehicle and its clock."""

    def __init__(
        self,
        name: str = "family-77",
        *,
        soc: float = 50,
        wish: DriverWish | None = None,
        speed: float = 1,
        **intent: object,
    ) -> None:
        self.clock = ManualClock()
        self.ev: SpeakingVehicle = speaking_vehicle(
            name,
            self.clock,
            Intent(**intent),
            soc=soc,
            wish=wish,
            speed=speed,  # type: ignore[arg-type]
        )

    def ac(self, amperes: float = 32, seconds: float = 0, **more: object) -> None:
        """A response of the AC loop, and the time until the next."""
        self.ev.offered(Offered(AcLimits(3, 230, amperes), **more))  # type: ignore[arg-type]
        self.clock.advance(seconds)

    def dc(self, seconds: float = 0, share: float = 1, **more: object) -> None:
        """The station gives `share` of what the vehicle asks for."""
        state = self.ev.state()
        self.ev.offered(
            Offered(STATION_DC, present_v=state.target_v, present_a=state.target_a * share, **more)  # type: ignore[arg-type]
        )
        self.clock.advance(seconds)

    def begin(self, transfer: Transfer, schedules: tuple[Schedule, ...] = WIDE) -> None:
        """Up to the first power."""
        self.ev.needs(transfer, Control.SCHEDULED)
        self.ev.offered(Offered(STATION_DC if transfer.dc else AcLimits(3, 230, 32)))
        self.ev.choose(schedules)
        assert self.ev.contactor(True) is True


def test_what_it_needs_is_what_its_battery_lacks() -> None:
    """AC: at the inlet, so with the losses of its charger; DC: as it is."""
    scene = Scene(soc=50, wish=DriverWish(target_soc=80))
    dc = scene.ev.needs(Transfer.DC, Control.SCHEDULED)
    assert (dc.soc, dc.target_soc, dc.capacity_wh) == (50, 80, 77_000)
    assert dc.energy_wh == pytest.approx(77_000 * 0.3)
    assert isinstance(dc.limits, DcLimits)
    assert (dc.limits.max_v, dc.limits.max_a, dc.limits.max_w) == (400, 425, 150_000)
    ac = scene.ev.needs(Transfer.AC, Control.SCHEDULED)
    assert ac.energy_wh == pytest.approx(77_000 * 0.3 / 0.92)
    assert isinstance(ac.limits, AcLimits)
    assert (ac.limits.phases, ac.limits.max_a, ac.limits.min_a) == (3, 16, 6)
    assert dc.departure_s is None


def test_what_it_gives_back_is_told_only_where_it_is_asked_for() -> None:
    scene = Scene("v2x-family-77", soc=50, wish=DriverWish(target_soc=80))
    assert scene.ev.needs(Transfer.DC, Control.SCHEDULED).limits.max_discharge_w == 0
    both = scene.ev.needs(Transfer.DC_BPT, Control.DYNAMIC)
    assert isinstance(both.limits, DcLimits)
    assert (both.limits.max_discharge_w, both.limits.max_discharge_a) == (60_000, 170)
    assert both.v2x_most_wh == pytest.approx(77_000 * 0.3)
    assert both.v2x_least_wh == pytest.approx(-77_000 * 0.3)  # down to the 20 % its driver keeps


def test_ac_takes_what_is_offered_up_to_its_own_charger() -> None:
    """16 A of 32 for a minute, then the 10 A that are left of it."""
    scene = Scene(soc=50)
    scene.begin(Transfer.AC)
    scene.ac(32, seconds=60)
    scene.ac(10, seconds=60)
    scene.ev.state()
    assert scene.ev.taken_wh == pytest.approx((3 * 230 * 16 + 3 * 230 * 10) / 60)


def test_below_six_amperes_it_waits() -> None:
    scene = Scene(soc=50)
    scene.begin(Transfer.AC)
    scene.ac(5, seconds=600)
    assert scene.ev.state().present_w == 0
    assert scene.ev.taken_wh == 0


def test_no_power_before_the_loop_and_none_after_it() -> None:
    scene = Scene(soc=50)
    scene.begin(Transfer.AC)
    scene.clock.advance(60)
    assert scene.ev.state().present_w == 0
    scene.ac(16, seconds=60)
    scene.ev.contactor(False)
    taken = scene.ev.taken_wh
    assert taken == pytest.approx(3 * 230 * 16 / 60)
    scene.clock.advance(600)
    scene.ev.state()
    assert scene.ev.taken_wh == taken


def test_dc_asks_by_the_charging_curve_within_the_stations_limits() -> None:
    """At 20 % the station's 200 A are the limit, at 90 % the battery is."""
    low, high = Scene(soc=20), Scene(soc=90)
    for scene in (low, high):
        scene.begin(Transfer.DC)
        scene.dc(seconds=1)
    first = low.ev.state()
    assert first.target_v == pytest.approx(336, abs=0.1)
    assert first.target_a == pytest.approx(200)
    late = high.ev.state()
    assert late.target_a * late.target_v < 40_000
    assert late.bulk_complete
    assert not first.bulk_complete


def test_dc_takes_what_the_station_measures() -> None:
    """Half of what was asked for."""
    scene = Scene(soc=20)
    scene.begin(Transfer.DC)
    scene.dc(seconds=36, share=0.5)
    scene.ev.state()
    assert scene.ev.taken_wh == pytest.approx(336 * 100 * 36 / 3600, rel=0.001)


def test_it_stays_out_of_a_station_that_does_not_reach_its_battery() -> None:
    scene = Scene("saloon-90-800v", soc=50)
    scene.ev.needs(Transfer.DC, Control.SCHEDULED)
    scene.ev.offered(Offered(DcLimits(max_v=500)))
    assert scene.ev.contactor(True) is False
    assert scene.ev.refusals == ["The station gives 500 V at most, and the battery has 710 V."]


def test_the_plan_holds_its_power_down_as_time_goes() -> None:
    steps = (PowerStep(0, 20_000.0), PowerStep(100, 5_000.0))
    scene = Scene(soc=20)
    scene.begin(Transfer.DC, (Schedule(1, steps, 1_000),))
    scene.dc(seconds=50)
    assert scene.ev.state().target_a * scene.ev.state().target_v == pytest.approx(20_000)
    scene.clock.advance(60)
    assert scene.ev.state().target_a * scene.ev.state().target_v == pytest.approx(5_000)


@pytest.mark.parametrize(
    ("wish", "after"),
    [(DriverWish(energy_wh=1_000), 60), (DriverWish(target_soc=51), 60), (DriverWish(departure_s=30), 30)],
    ids=["energy", "state of charge", "departure"],
)
def test_it_has_enough_when_its_wish_is_met(wish: DriverWish, after: float) -> None:
    scene = Scene(soc=50, wish=wish)
    scene.begin(Transfer.DC)
    assert not scene.ev.state().enough
    scene.dc(seconds=after)
    state = scene.ev.state()
    assert state.enough
    assert state.target_a == 0


def test_time_runs_faster_for_the_battery_and_departures_are_told_in_the_lines_time() -> None:
    scene = Scene(soc=50, wish=DriverWish(departure_s=7_200), speed=60)
    assert scene.ev.needs(Transfer.AC, Control.SCHEDULED).departure_s == 120
    scene.begin(Transfer.AC)
    scene.ac(16, seconds=1)
    scene.ev.state()
    assert scene.ev.taken_wh == pytest.approx(3 * 230 * 16 / 60)
    assert scene.ev.needs(Transfer.AC, Control.SCHEDULED).departure_s == 119


def test_how_long_until_it_is_full() -> None:
    scene = Scene(soc=50)
    scene.begin(Transfer.AC)
    scene.ac(16, seconds=1)
    state = scene.ev.state()
    assert state.seconds_to_bulk == pytest.approx(77_000 * 0.3 / (3 * 230 * 16 * 0.92) * 3600, rel=0.01)
    assert (state.seconds_to_full or 0) > (state.seconds_to_bulk or 0)


def test_a_pause_a_renegotiation_and_the_end_come_when_they_are_due() -> None:
    scene = Scene(soc=50, pause_after=20, renegotiate_after=10, stop_after=30)
    scene.begin(Transfer.AC)
    scene.ac(16, seconds=9)
    state = scene.ev.state()
    assert (state.pause, state.renegotiate, state.enough) == (False, False, False)
    scene.clock.advance(1)
    assert scene.ev.state().renegotiate
    scene.ev.needs(Transfer.AC, Control.SCHEDULED)
    assert not scene.ev.state().renegotiate  # once
    scene.clock.advance(10)
    assert scene.ev.state().pause
    scene.ev.ended(SessionEnd(Ending.PAUSED))
    assert not scene.ev.state().pause  # once
    scene.clock.advance(10)
    assert scene.ev.state().enough


def test_what_the_station_asks_for_is_minded() -> None:
    """A pause that it asks for, the vehicle takes; each notice is kept once."""
    scene = Scene(soc=50)
    scene.begin(Transfer.AC)
    scene.ac(16, notice=Notice.STOP)
    scene.ac(16, notice=Notice.STOP)
    assert not scene.ev.state().pause
    scene.ac(16, notice=Notice.PAUSE)
    assert scene.ev.state().pause
    assert scene.ev.notices == [Notice.STOP, Notice.PAUSE]


def test_the_stations_meter_is_read_from_the_first_power_on() -> None:
    scene = Scene(soc=50)
    assert scene.ev.metered_wh is None
    scene.begin(Transfer.AC)
    for energy in (1_000, 1_200, 1_500):
        scene.ac(16, meter=Meter("M", energy, scene.clock.now()))
    assert scene.ev.metered_wh == 500


def test_a_dynamic_vehicle_takes_and_gives_what_the_station_says() -> None:
    scene = Scene("v2x-ac-60", soc=60)
    scene.ev.needs(Transfer.AC_BPT, Control.DYNAMIC)
    scene.ev.contactor(True)
    scene.ac(16, target_w=5_000)
    assert scene.ev.state().present_w == pytest.approx(5_000)
    scene.ac(16, target_w=-4_000, seconds=90)
    assert scene.ev.state().present_w == pytest.approx(-4_000)
    assert scene.ev.given_wh == pytest.approx(100)


def test_a_dc_vehicle_gives_back_by_a_negative_current() -> None:
    scene = Scene("v2x-family-77", soc=60)
    scene.ev.needs(Transfer.DC_BPT, Control.DYNAMIC)
    scene.ev.contactor(True)
    scene.ev.offered(Offered(STATION_DC, present_v=370, present_a=-20))
    scene.clock.advance(3_600)
    scene.ev.state()
    assert scene.ev.given_wh == pytest.approx(7_400, rel=0.02)  # its voltage falls a little


def test_a_plan_that_gives_back_is_kept_to_as_far_as_the_driver_allows() -> None:
    steps = (PowerStep(0, -10_000.0),)
    enough, empty = Scene("v2x-family-77", soc=60), Scene("v2x-family-77", soc=20)
    for scene in (enough, empty):
        scene.begin(Transfer.DC_BPT, (Schedule(1, steps),))
    state = enough.ev.state()
    assert state.target_a * state.target_v == pytest.approx(-10_000)
    assert empty.ev.state().target_a == 0


def test_what_the_station_wants_reached_counts_where_the_vehicle_left_it_to_it() -> None:
    """Its state of charge and its departure, told anew in each message, in the place of the driver's; after the session the driver's."""
    scene = Scene("v2x-ac-60", soc=60, speed=2, wish=DriverWish(target_soc=90, departure_s=7_200))
    scene.ev.needs(Transfer.AC_BPT, Control.DYNAMIC)
    scene.ev.contactor(True)
    scene.ac(16, departure_s=1_000, target_soc=61, target_w=9_000.0)
    needs = scene.ev.needs(Transfer.AC_BPT, Control.DYNAMIC)
    assert (needs.departure_s, needs.target_soc) == (1_000, 61)
    scene.clock.advance(400)
    assert scene.ev.state().present_w == 0
    assert scene.ev.vehicle.soc_percent == pytest.approx(61)
    assert not scene.ev.state().enough
    scene.ac(16, departure_s=100)
    scene.clock.advance(99)
    assert not scene.ev.state().enough
    scene.clock.advance(2)
    assert scene.ev.state().enough
    scene.ev.ended(SessionEnd(Ending.TERMINATED))
    needs = scene.ev.needs(Transfer.AC_BPT, Control.DYNAMIC)
    assert (needs.departure_s, needs.target_soc) == ((7_200 - 2 * 501) // 2, 90)


def test_nothing_is_given_back_below_what_the_station_wants_to_stay() -> None:
    """Its driver would give back down to 20 %."""
    scene = Scene("v2x-ac-60", soc=50)
    scene.ev.needs(Transfer.AC_BPT, Control.DYNAMIC)
    scene.ev.contactor(True)
    scene.ac(16, least_soc=49, target_w=-10_000.0, seconds=3_600)
    scene.ev.state()
    assert scene.ev.vehicle.soc_percent == pytest.approx(49)
    told = scene.ev.needs(Transfer.AC_BPT, Control.DYNAMIC)
    assert told.v2x_least_wh == pytest.approx(0, abs=1)


def test_back_comes_no_more_than_the_schedule_for_it_takes() -> None:
    """Whatever the station asks for at a moment; where nothing is scheduled, nothing."""
    back = (PowerStep(0, 4_000.0), PowerStep(600, 0.0))
    schedule = Schedule(1, (PowerStep(0, 11_000.0),), discharge=back)
    scene = Scene("v2x-ac-60", soc=60)
    scene.begin(Transfer.AC_BPT, (schedule,))
    scene.ac(16, target_w=-9_000.0)
    assert scene.ev.state().present_w == pytest.approx(-4_000)
    scene.clock.advance(600)
    scene.ac(16, target_w=-9_000.0)
    assert scene.ev.state().present_w == 0


def test_what_a_schedule_wants_back_is_planned() -> None:
    """A DC vehicle gives for an hour, and takes it again before it leaves."""
    schedule = Schedule(
        1, (PowerStep(0, 0.0), PowerStep(3_600, 50_000.0)), duration=7_200, discharge=(PowerStep(0, 10_000.0),)
    )
    scene = Scene("v2x-family-77", soc=60, wish=DriverWish(target_soc=60))
    scene.begin(Transfer.DC_BPT, (schedule,))
    state = scene.ev.state()
    assert state.target_a * state.target_v == pytest.approx(-10_000)
    one_way = Scene("v2x-family-77", soc=60, wish=DriverWish(target_soc=60))
    one_way.begin(Transfer.DC, (schedule,))
    assert one_way.ev.state().target_a == 0


def test_who_it_is() -> None:
    """A MAC address that is locally administered and the same each time, or the one that is given."""
    assert Scene().ev.evcc_id == Scene().ev.evcc_id != Scene("city-24").ev.evcc_id
    assert Scene().ev.evcc_id[0] == 2
    with pytest.raises(ConfigError, match="six bytes"):
        speaking_vehicle("city-24", ManualClock(), Intent(), evcc_id=b"\1")
    with pytest.raises(ConfigError, match="forwards"):
        speaking_vehicle("city-24", ManualClock(), Intent(), speed=0)


def test_what_a_model_has_not_it_does_not_offer() -> None:
    with pytest.raises(ConfigError, match="bus-350 cannot charge AC"):
        Scene("bus-350").ev.needs(Transfer.AC, Control.SCHEDULED)
    with pytest.raises(ConfigError, match="phev-10 cannot charge DC"):
        Scene("phev-10", wish=DriverWish()).ev.needs(Transfer.DC, Control.SCHEDULED)


def test_the_driver_can_end_it() -> None:
    scene = Scene(soc=50)
    scene.begin(Transfer.AC)
    scene.ev.stop()
    assert scene.ev.state().enough


def test_wishes_of_the_session_are_passed_on() -> None:
    wish = Wish(install=True)
    assert Scene(wish=None).ev.wish() == Wish()
    ev = speaking_vehicle("city-24", ManualClock(), Intent(wish))
    assert ev.wish() is wish
