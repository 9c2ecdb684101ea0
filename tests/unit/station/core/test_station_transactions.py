"""Transactions as scenarios: when they begin, what is told of them, how they end."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pilotwire.domain.metering import register_of
from pilotwire.domain.transactions import ChargingState, EventKind, StoppedReason, TriggerReason
from tests.support.station_world import StationWorld, accepted, not_accepted


def _points(start: str, stop: str = "EVConnected,Authorized", **more: str) -> StationWorld:
    variables = {"TxCtrlr.TxStartPoint": start, "TxCtrlr.TxStopPoint": stop, **more}
    return StationWorld(variables=variables)


@pytest.mark.req(
    "E01.FR.02", "E01.FR.07", "E01.FR.10", "E01.FR.15", "E01.FR.16", "E01.FR.18", "E02.FR.01", "E02.FR.06", "E02.FR.13",
    "E02.FR.15", "E02.FR.17", "E02.FR.20", "E06.FR.03", "E07.FR.01", "E07.FR.02", "E07.FR.05", "E07.FR.11",
)  # fmt: skip
def test_a_driver_plugs_taps_charges_and_taps() -> None:
    """Plug first: the plug begins the transaction, the tap authorizes it, the second tap of the same card ends it."""
    world = StationWorld()
    car = world.plug()
    world.tap("ANNA")
    world.pass_time(150)
    world.tap("ANNA")
    assert world.csms.told() == [
        ("Started", "CablePluggedIn"),
        ("Updated", "Authorized"),
        ("Updated", "ChargingStateChanged"),
        ("Ended", "StopAuthorized"),
    ]
    started, authorized, charging, *_, ended = world.csms.events
    assert started.charging_state is ChargingState.EV_CONNECTED
    assert started.address is not None
    assert (started.address.evse, started.address.connector) == (1, 1)
    assert authorized.id_token is not None
    assert authorized.id_token.value == "ANNA"
    assert charging.charging_state is ChargingState.CHARGING
    assert (ended.stopped_reason, ended.id_token) == (StoppedReason.LOCAL, authorized.id_token)
    assert [event.seq_no for event in world.csms.events] == list(range(len(world.csms.events)))
    assert world.csms.booked == {"tx-1": Decimal(car.meter.delivered_wh)}
    assert car.meter.delivered_wh > 0


@pytest.mark.req("E01.FR.03", "E03.FR.01", "E03.FR.12", "E06.FR.02", "E06.FR.08")
def test_a_driver_taps_plugs_charges_and_unplugs() -> None:
    """Card first: the tap begins the transaction, pulling the cable at the vehicle ends it."""
    world = StationWorld()
    world.tap("ANNA")
    world.pass_time(10)
    world.plug()
    world.pass_time(100)
    world.unplug(at_vehicle=True)
    assert world.csms.told() == [
        ("Started", "Authorized"),
        ("Updated", "CablePluggedIn"),
        ("Updated", "ChargingStateChanged"),
        ("Ended", "EVCommunicationLost"),
    ]
    assert world.csms.events[0].id_token is not None
    assert world.csms.events[-1].stopped_reason is StoppedReason.EV_DISCONNECTED


def test_in_1_6_a_transaction_needs_driver_and_vehicle() -> None:
    """1.6: neither the plug nor the tap alone begins it, both do (1.6:4.8)."""
    world = StationWorld(ocpp16=True)
    world.tap("ANNA")
    assert world.csms.events == []
    world.plug()
    assert [event.kind for event in world.csms.events] == [EventKind.STARTED]
    assert world.csms.events[0].id_token is not None


@pytest.mark.req("E01.FR.05")
def test_power_path_closed_needs_both() -> None:
    """TxStartPoint PowerPathClosed: authorized and connected."""
    world = _points("PowerPathClosed")
    world.plug()
    assert world.csms.events == []
    world.tap("ANNA")
    assert world.csms.told() == [("Started", "Authorized")]


@pytest.mark.req("E01.FR.01", "E06.FR.01")
def test_the_bay_begins_and_ends_a_transaction() -> None:
    """ParkingBayOccupancy as start and stop point."""
    world = _points("ParkingBayOccupancy", "ParkingBayOccupancy")
    world.does(world.hardware.park(1))
    world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    world.tap("ANNA")
    world.pass_time(10)
    world.unplug()
    world.does(world.hardware.leave(1))
    told = world.csms.told()
    assert told[0] == ("Started", "EVDetected")
    assert told[-1] == ("Ended", "EVDeparted")
    assert ("Updated", "StopAuthorized") in told
    assert world.csms.events[-1].stopped_reason is StoppedReason.LOCAL


@pytest.mark.req("E01.FR.06", "E06.FR.07")
def test_energy_begins_and_ends_a_transaction() -> None:
    """EnergyTransfer as start and stop point: what flowed before the vehicle's request was noticed is booked as well."""
    world = _points("EnergyTransfer", "EnergyTransfer")
    car = world.plug(car=world.car(energy_wh=300))
    world.tap("ANNA")
    assert world.csms.events == []
    world.pass_time(600)
    assert (world.csms.told()[0], world.csms.told()[-1]) == (
        ("Started", "Authorized"),
        ("Ended", "ChargingStateChanged"),
    )
    assert world.csms.events[-1].stopped_reason is StoppedReason.STOPPED_BY_EV
    assert world.csms.booked == {"tx-1": Decimal(car.meter.delivered_wh)}


@pytest.mark.req("E06.FR.06")
def test_power_path_closed_ends_by_unplugging() -> None:
    """TxStopPoint PowerPathClosed: the connection lost is enough."""
    world = _points("PowerPathClosed", "PowerPathClosed")
    world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    world.unplug(at_vehicle=True)
    assert world.csms.told()[-1] == ("Ended", "EVCommunicationLost")


def test_the_next_tap_begins_another_transaction_at_the_same_plug() -> None:
    """After a stop the vehicle stays plugged in; a new tap is a new transaction with a new id."""
    world = StationWorld()
    world.plug()
    for _ in range(4):
        world.tap("ANNA")
        world.pass_time(30)
    assert [one.value for one in (event.kind for event in world.csms.events) if one is not EventKind.UPDATED] == [
        "Started", "Ended", "Started", "Ended",
    ]  # fmt: skip
    assert set(world.csms.booked) == {"tx-1", "tx-2"}


@pytest.mark.req("E01.FR.19")
def test_a_full_vehicle_suspends_and_the_transaction_goes_on() -> None:
    """The vehicle has enough: SuspendedEV, and it ends only when somebody ends it."""
    world = StationWorld()
    world.plug(car=world.car(energy_wh=200))
    world.tap("ANNA")
    world.pass_time(900)
    assert world.csms.events[-1].charging_state is ChargingState.SUSPENDED_EV
    assert world.transaction == "tx-1"
    world.tap("ANNA")
    assert world.csms.told()[-1] == ("Ended", "StopAuthorized")


@pytest.mark.req("E03.FR.05", "F02.FR.07")
def test_nobody_plugs_in() -> None:
    """EVConnectionTimeOut ends the transaction that the card began."""
    world = StationWorld()
    world.tap("ANNA")
    world.pass_time(59)
    assert world.transaction is not None
    world.pass_time(2)
    assert world.csms.told()[-1] == ("Ended", "EVConnectTimeout")
    assert world.csms.events[-1].stopped_reason is StoppedReason.TIMEOUT


@pytest.mark.req("E03.FR.15", "F02.FR.08")
def test_nobody_plugs_in_but_the_bay_is_taken() -> None:
    """With ParkingBayOccupancy as stop point the transaction is only deauthorized."""
    world = _points("ParkingBayOccupancy", "ParkingBayOccupancy")
    world.does(world.hardware.park(1))
    world.tap("ANNA")
    world.pass_time(61)
    assert world.csms.told() == [("Started", "EVDetected"), ("Updated", "Authorized"), ("Updated", "EVConnectTimeout")]
    assert world.transaction == "tx-1"


@pytest.mark.req("E05.FR.10", "E06.FR.04")
def test_a_card_that_turns_out_invalid_ends_the_transaction() -> None:
    """The CSMS answers the event with Invalid: no energy, Ended."""
    world = StationWorld()
    world.csms.in_transactions["ANNA"] = not_accepted()
    world.plug()
    world.tap("ANNA")
    world.pass_time(20)
    assert world.csms.told()[-1] == ("Ended", "Deauthorized")
    assert world.csms.events[-1].stopped_reason is StoppedReason.DEAUTHORIZED
    assert not world.hardware.contactor_closed(1)


@pytest.mark.req("C15.FR.02", "C15.FR.04", "C15.FR.05", "C15.FR.08", "E05.FR.10", "E05.FR.11")
def test_an_unknown_card_accepted_offline_is_deauthorized_later() -> None:
    """Offline anybody may charge; when the line is back and the CSMS refuses, the transaction ends and the cable is held."""
    world = StationWorld(online=False, variables={"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"})
    world.plug()
    world.tap("NOBODY")
    world.pass_time(60)
    world.csms.in_transactions["NOBODY"] = not_accepted()
    world.connect()
    assert world.csms.told()[-1] == ("Ended", "Deauthorized")
    assert world.hardware.is_locked(1, 1)
    world.tap("NOBODY")
    assert not world.hardware.is_locked(1, 1)
    assert world.transaction is None


@pytest.mark.req("E05.FR.09", "C15.FR.03")
def test_an_invalid_card_only_loses_energy_where_the_stop_point_is_the_cable() -> None:
    """TxStopPoint EVConnected: Updated with Deauthorized, and the transaction waits for the cable."""
    world = _points("EVConnected", "EVConnected")
    world.csms.in_transactions["ANNA"] = not_accepted()
    world.plug()
    world.tap("ANNA")
    world.pass_time(30)
    last = world.csms.events[-1]
    assert (last.trigger, last.charging_state) == (TriggerReason.DEAUTHORIZED, ChargingState.EV_CONNECTED)
    assert world.transaction == "tx-1"
    assert not world.hardware.contactor_closed(1)


@pytest.mark.req("E05.FR.02", "C15.FR.06")
def test_an_invalid_card_is_suspended_where_it_does_not_stop() -> None:
    """StopTxOnInvalidId false: SuspendedEVSE, told as a change of the charging state."""
    world = StationWorld(
        online=False,
        variables={"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true", "TxCtrlr.StopTxOnInvalidId": "false"},
    )
    world.plug()
    world.tap("NOBODY")
    world.pass_time(60)
    world.csms.in_transactions["NOBODY"] = not_accepted()
    world.connect()
    last = world.csms.events[-1]
    assert (last.trigger, last.charging_state) == (TriggerReason.CHARGING_STATE_CHANGED, ChargingState.SUSPENDED_EVSE)
    assert not world.hardware.contactor_closed(1)


@pytest.mark.req("E09.FR.01")
def test_unplugging_at_the_vehicle_deauthorizes() -> None:
    """StopTxOnEVSideDisconnect with the bay as stop point: plugged in again, no energy before a new authorization."""
    world = _points("EVConnected", "ParkingBayOccupancy")
    world.does(world.hardware.park(1))
    car = world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    world.unplug(at_vehicle=True)
    got = car.meter.delivered_wh
    world.plug(car=car)
    world.pass_time(120)
    assert car.meter.delivered_wh == got
    assert world.transaction == "tx-1"
    world.tap("ANNA")
    world.pass_time(120)
    assert car.meter.delivered_wh > got


@pytest.mark.req("E09.FR.02", "E06.FR.10", "E07.FR.07")
@pytest.mark.parametrize(("unlock", "locked"), [("true", False), ("false", True)])
def test_the_loose_cable_is_unlocked_or_held(unlock: str, locked: bool) -> None:
    """UnlockOnEVSideDisconnect decides whether the cable left in the socket is let go."""
    world = StationWorld(variables={"OCPPCommCtrlr.UnlockOnEVSideDisconnect": unlock})
    world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    assert world.hardware.is_locked(1, 1)
    world.unplug(at_vehicle=True)
    assert world.hardware.is_locked(1, 1) is locked


@pytest.mark.req("E09.FR.03")
def test_the_held_cable_is_given_to_its_owner() -> None:
    """Only the card that charged lets the cable go."""
    world = StationWorld(variables={"OCPPCommCtrlr.UnlockOnEVSideDisconnect": "false"})
    world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    world.unplug(at_vehicle=True)
    world.tap("ANNA")
    assert not world.hardware.is_locked(1, 1)
    assert set(world.csms.booked) == {"tx-1"}


@pytest.mark.req("E10.FR.01")
def test_a_transaction_may_outlive_the_cable_at_the_vehicle() -> None:
    """StopTxOnEVSideDisconnect false and Authorized as stop point: plugged in again, it goes on; the station keeps the cable."""
    world = _points("PowerPathClosed", "Authorized", **{"TxCtrlr.StopTxOnEVSideDisconnect": "false"})
    car = world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    world.unplug(at_vehicle=True)
    assert world.hardware.is_locked(1, 1)
    world.pass_time(30)
    world.plug(car=car)
    world.pass_time(60)
    world.tap("ANNA")
    assert world.csms.told()[-1] == ("Ended", "StopAuthorized")
    assert world.csms.booked == {"tx-1": Decimal(car.meter.delivered_wh)}


@pytest.mark.req("E10.FR.02")
def test_a_vehicle_that_does_not_come_back_is_deauthorized() -> None:
    """An attached cable that is not plugged in again within the timeout."""
    variables = {"TxCtrlr.TxStopPoint": "Authorized", "TxCtrlr.StopTxOnEVSideDisconnect": "false"}
    world = StationWorld(station="wallbox-11", variables=variables)
    world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    world.unplug()
    world.pass_time(59)
    assert world.transaction == "tx-1"
    world.pass_time(61)
    assert world.csms.told()[-1] == ("Ended", "EVConnectTimeout")


@pytest.mark.req("E06.FR.16", "E07.FR.06")
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("GROUND_FAILURE", StoppedReason.GROUND_FAULT),
        ("OVER_CURRENT_FAILURE", StoppedReason.OVERCURRENT_FAULT),
        ("OVER_VOLTAGE", StoppedReason.POWER_QUALITY),
        ("HIGH_TEMPERATURE", StoppedReason.OTHER),
    ],
)
def test_a_fault_ends_the_transaction(fault: str, reason: StoppedReason) -> None:
    """AbnormalCondition with the reason that fits, and the contactor open."""
    world = StationWorld()
    world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    world.does(world.hardware.raise_fault(fault, 1))
    last = world.csms.events[-1]
    assert (last.kind, last.trigger, last.stopped_reason) == (EventKind.ENDED, TriggerReason.ABNORMAL_CONDITION, reason)
    assert not world.hardware.contactor_closed(1)


def test_a_weak_signal_ends_nothing() -> None:
    """A fault that is no danger is told, and charging goes on."""
    world = StationWorld()
    car = world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    world.does(world.hardware.raise_fault("WEAK_SIGNAL"))
    before = car.meter.delivered_wh
    world.pass_time(60)
    assert car.meter.delivered_wh > before


@pytest.mark.parametrize(
    ("act", "reason"),
    [("press_emergency_stop", StoppedReason.EMERGENCY_STOP), ("lose_power", StoppedReason.POWER_LOSS)],
)
def test_emergency_stop_and_mains_failure_end_everything(act: str, reason: StoppedReason) -> None:
    """All transactions of the station end, each with its reason."""
    world = StationWorld(station="ac-22-dual")
    for evse, token in ((1, "ANNA"), (2, "CARL")):
        world.plug(evse)
        world.tap(token, evse)
    world.pass_time(60)
    world.does(getattr(world.hardware, act)())
    ended = [event for event in world.csms.events if event.kind is EventKind.ENDED]
    assert [event.stopped_reason for event in ended] == [reason, reason]


def test_the_stop_button_is_a_local_stop() -> None:
    """Pressed by anybody at the EVSE."""
    world = StationWorld()
    world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    world.does(world.hardware.press_stop_button(1))
    assert world.csms.events[-1].stopped_reason is StoppedReason.LOCAL
    assert world.csms.events[-1].id_token is None


@pytest.mark.req("G05.FR.01")
def test_no_energy_without_a_locked_plug() -> None:
    """The lock is stuck: nothing flows; plugged in again with a mended lock, it does."""
    world = StationWorld()
    world.locks_jammed.add(1)
    car = world.plug()
    world.tap("ANNA")
    world.pass_time(120)
    assert car.meter.delivered_wh == 0
    assert world.hardware.display[1] == "The plug cannot be locked. Plug in again."
    world.locks_jammed.clear()
    world.unplug()
    world.plug(car=car)
    world.tap("ANNA")
    world.pass_time(120)
    assert car.meter.delivered_wh > 0


@pytest.mark.req("E01.FR.09", "E02.FR.09", "E03.FR.07", "E04.FR.05", "E06.FR.11", "E07.FR.08", "F01.FR.14")
def test_begin_and_end_carry_the_register() -> None:
    """The energy register is in Started and Ended with its context, whatever measurands are configured."""
    world = StationWorld(
        variables={
            "SampledDataCtrlr.TxStartedMeasurands": "Voltage",
            "SampledDataCtrlr.TxEndedMeasurands": "Power.Active.Import",
        }
    )
    world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    world.tap("ANNA")
    started, ended = world.csms.events[0], world.csms.events[-1]
    assert register_of(started.readings) == 0
    assert register_of(ended.readings, last=True) == world.hardware.meter(1).energy_import_register
    assert {sample.context for sample in started.readings[0].samples} == {"Transaction.Begin"}
    assert {sample.context for sample in ended.readings[0].samples} == {"Transaction.End"}
    assert {sample.measurand for sample in started.readings[0].samples} == {"Energy.Active.Import.Register", "Voltage"}


@pytest.mark.req("E02.FR.18", "E03.FR.13")
def test_the_number_of_phases_is_told_once() -> None:
    """When energy flows, how many phases are used; not again while it stays so."""
    world = StationWorld()
    world.plug()
    world.tap("ANNA")
    world.pass_time(300)
    assert [event.phases_used for event in world.csms.events if event.phases_used is not None] == [3]


@pytest.mark.req("E01.FR.08", "E02.FR.08")
def test_ids_are_never_given_twice_over_reboots() -> None:
    """The id is what the shell's generator gave; a restart asks it again."""
    world = StationWorld()
    for _ in range(3):
        world.plug()
        world.tap("ANNA")
        world.pass_time(30)
        world.tap("ANNA")
        world.kill()
        world.unplug()
    assert len(world.csms.booked) == len({event.transaction_id for event in world.csms.events}) == 3


@pytest.mark.req("C01.FR.23")
def test_another_card_cannot_take_over_a_stopped_transaction() -> None:
    """Its authorization has ended, its cable is still in: only its own card may go on with it."""
    world = _points("EVConnected", "EVConnected")
    world.csms.tokens["DORA"] = accepted()
    world.plug()
    world.tap("ANNA")
    world.pass_time(30)
    world.tap("ANNA")
    world.tap("DORA")
    world.pass_time(30)
    assert not world.hardware.contactor_closed(1)
    world.tap("ANNA")
    world.pass_time(30)
    assert world.hardware.contactor_closed(1)


@pytest.mark.parametrize("ocpp16", [False, True])
def test_a_vehicle_that_does_not_ask_for_the_energy_offered_is_suspended(ocpp16: bool) -> None:
    """It has ten seconds to get ready; then the charging state is SuspendedEV, and Charging once it asks."""
    world = StationWorld(ocpp16=ocpp16)
    car = world.car()
    car.pause()
    world.plug(car=car)
    world.tap("ANNA")
    world.pass_time(9)
    states = [event.charging_state for event in world.csms.events]
    assert ChargingState.SUSPENDED_EV not in states
    world.pass_time(2)
    assert world.core.overview().evses[0].charging_state is ChargingState.SUSPENDED_EV
    car.resume()
    world.pass_time(20)
    assert world.core.overview().evses[0].charging_state is ChargingState.CHARGING


def test_a_transaction_begins_with_the_register_of_its_own_beginning() -> None:
    """The register at which the contactor closed for the one before, whose vehicle just left, is not taken for it."""
    variables = {"TxCtrlr.StopTxOnEVSideDisconnect": "false"}
    world = StationWorld(variables=variables)
    world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    world.unplug(at_vehicle=True)
    register = world.hardware.meter(1).energy_import_register
    assert register > 0
    world.plug()
    assert register_of(world.csms.events[-1].readings) == register
    assert world.csms.events[-1].kind is EventKind.STARTED
