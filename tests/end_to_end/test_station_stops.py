"""Every way a transaction ends, at our own CSMS over real sockets: what is booked is what happened, to the Wh."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pilotwire.csms.app import Csms
from pilotwire.domain.identity import IdToken
from pilotwire.domain.provisioning import BootReason, Reset, ResetKind, ResetOutcome, ResetStatus
from pilotwire.domain.remote_control import (
    RequestStart,
    RequestStartOutcome,
    RequestStatus,
    RequestStop,
    RequestStopOutcome,
    UnlockConnector,
    UnlockOutcome,
    UnlockStatus,
)
from pilotwire.domain.transactions import StoppedReason, Transaction, TriggerReason
from pilotwire.station.hardware.ports import ErrorCode, HardwareError
from pilotwire.station.hardware.simulated import NO_POWER_WITH
from tests.support.eventually import eventually
from tests.support.station_lab import CARD, VERSIONS, Lab, booked, lab, open_csms

each_version = pytest.mark.parametrize("version", VERSIONS)
IN_1_6 = {
    StoppedReason.GROUND_FAULT: StoppedReason.OTHER,
    StoppedReason.OVERCURRENT_FAULT: StoppedReason.OTHER,
    StoppedReason.POWER_QUALITY: StoppedReason.OTHER,
}
"""Reasons that 1.6 has no word for (1.6:7.36), and what it says instead."""


async def _settled(csms: Csms, one: Lab) -> Transaction:
    """The transaction has ended everywhere, and the energy is the vehicle's, to the Wh."""
    await one.until_ended()
    transaction = await booked(csms)
    assert one.vehicle.meter.delivered_wh > 0
    assert transaction.energy == Decimal(one.vehicle.meter.delivered_wh)
    assert transaction.id_token is not None
    assert transaction.id_token.value == CARD
    return transaction


def _ended(transaction: Transaction, version: str, reason: StoppedReason, trigger: TriggerReason) -> None:
    expected = IN_1_6.get(reason, reason) if version == "1.6" else reason
    assert transaction.stopped_reason is expected
    if version != "1.6":  # which has no trigger: what is booked is derived from the reason
        assert transaction.stop_trigger is trigger


@pytest.mark.req("E07.FR.01", "1.6:4.10")
@each_version
async def test_the_card_stops_it(version: str) -> None:
    """Tapping the same card again: Local."""
    async with open_csms() as csms, lab(csms.urls.ocpp, version) as one:
        await one.charge()
        one.tap()
        _ended(await _settled(csms, one), version, StoppedReason.LOCAL, TriggerReason.STOP_AUTHORIZED)
        one.unplug()
        await one.until_ended()


@each_version
async def test_the_stop_button_stops_it(version: str) -> None:
    """Anybody at the EVSE may press it: Local."""
    async with open_csms() as csms, lab(csms.urls.ocpp, version) as one:
        await one.charge()
        one.station.happened(one.station.hardware.press_stop_button(1))
        _ended(await _settled(csms, one), version, StoppedReason.LOCAL, TriggerReason.STOP_AUTHORIZED)


@pytest.mark.req("E09.FR.01")
@each_version
async def test_unplugging_at_the_vehicle_stops_it(version: str) -> None:
    """The cable is held in the socket, but not in the vehicle: EVDisconnected."""
    async with open_csms() as csms, lab(csms.urls.ocpp, version) as one:
        await one.charge()
        with pytest.raises(HardwareError, match="locked"):
            one.unplug()
        one.unplug("vehicle")
        reason, trigger = StoppedReason.EV_DISCONNECTED, TriggerReason.EV_COMMUNICATION_LOST
        _ended(await _settled(csms, one), version, reason, trigger)


@each_version
async def test_a_full_vehicle_is_unplugged(version: str) -> None:
    """It has what it wants and suspends; the transaction goes on until the plug is pulled."""
    async with open_csms() as csms, lab(csms.urls.ocpp, version, energy_wh=500) as one:
        await one.charge(500)
        await one.until(lambda: one.overview.evses[0].charging_state == "SuspendedEV", "suspended")
        assert one.overview.evses[0].transaction_id is not None
        one.unplug("vehicle")
        reason, trigger = StoppedReason.EV_DISCONNECTED, TriggerReason.EV_COMMUNICATION_LOST
        transaction = await _settled(csms, one)
        _ended(transaction, version, reason, trigger)
        assert transaction.energy == 500


@pytest.mark.req("F03.FR.03", "1.6:5.11", "1.6:5.12")
@each_version
async def test_it_is_started_and_stopped_from_afar(version: str) -> None:
    """RemoteStart (1.6) or RequestStart, then the same for the stop: Remote."""
    async with open_csms() as csms, lab(csms.urls.ocpp, version) as one:
        await one.until_accepted()
        one.plug()
        start = RequestStart(id_token=IdToken(value=CARD, type="ISO14443"), evse=1, remote_start_id=1)
        told = await csms.commander.ask("CS001", start, RequestStartOutcome)
        assert told.status is RequestStatus.ACCEPTED
        await one.until_charged()
        (running,) = await csms.store.transactions()
        told_stop = await csms.commander.ask(
            "CS001", RequestStop(transaction_id=running.transaction_id), RequestStopOutcome
        )
        assert told_stop.status is RequestStatus.ACCEPTED
        transaction = await _settled(csms, one)
        _ended(transaction, version, StoppedReason.REMOTE, TriggerReason.REMOTE_STOP)


_FAULTS = {
    ErrorCode.GROUND_FAILURE: StoppedReason.GROUND_FAULT,
    ErrorCode.OVER_CURRENT_FAILURE: StoppedReason.OVERCURRENT_FAULT,
    ErrorCode.OVER_VOLTAGE: StoppedReason.POWER_QUALITY,
    ErrorCode.UNDER_VOLTAGE: StoppedReason.POWER_QUALITY,
}


@pytest.mark.req("E06.FR.16")
@pytest.mark.parametrize("code", sorted(NO_POWER_WITH))
@each_version
async def test_a_fault_stops_it(version: str, code: ErrorCode) -> None:
    """Each fault with which no energy may flow ends the transaction at once, for the reason closest to it."""
    async with open_csms() as csms, lab(csms.urls.ocpp, version) as one:
        await one.charge()
        one.station.happened(one.station.hardware.raise_fault(code, 1))
        reason = _FAULTS.get(code, StoppedReason.OTHER)
        _ended(await _settled(csms, one), version, reason, TriggerReason.ABNORMAL_CONDITION)


@pytest.mark.parametrize("code", sorted(set(ErrorCode) - NO_POWER_WITH))
async def test_other_faults_are_told_and_charging_goes_on(code: ErrorCode) -> None:
    """A broken reader is no reason to leave a driver without energy; the card of the same driver cannot stop it, the button can."""
    async with open_csms() as csms, lab(csms.urls.ocpp) as one:
        await one.charge()
        one.station.happened(one.station.hardware.raise_fault(code, 1))
        await one.until_charged()
        one.station.happened(one.station.hardware.clear_fault(code, 1))
        one.station.happened(one.station.hardware.press_stop_button(1))
        await _settled(csms, one)


@pytest.mark.req("E06.FR.16")
@each_version
async def test_the_emergency_stop_stops_it(version: str) -> None:
    """EmergencyStop, and nothing can be started until it is released."""
    async with open_csms() as csms, lab(csms.urls.ocpp, version) as one:
        await one.charge()
        one.station.happened(one.station.hardware.press_emergency_stop())
        transaction = await _settled(csms, one)
        _ended(transaction, version, StoppedReason.EMERGENCY_STOP, TriggerReason.ABNORMAL_CONDITION)
        one.tap()
        assert one.overview.evses[0].id_token is None


@each_version
async def test_a_power_cut_stops_it(version: str) -> None:
    """The controller lives on its reserve and tells: PowerLoss."""
    async with open_csms() as csms, lab(csms.urls.ocpp, version) as one:
        await one.charge()
        one.station.happened(one.station.hardware.lose_power())
        transaction = await _settled(csms, one)
        _ended(transaction, version, StoppedReason.POWER_LOSS, TriggerReason.ABNORMAL_CONDITION)


async def _reset(csms: Csms, kind: ResetKind) -> ResetStatus:
    return (await csms.commander.ask("CS001", Reset(kind=kind), ResetOutcome)).status


async def _booted(csms: Csms, times: int) -> None:
    async def boots() -> bool:
        frames = await csms.store.log("CS001", action="BootNotification")
        return sum(frame.frame.startswith(("[2,", "[2 ,")) for frame in frames) >= times

    await eventually(boots, what=f"{times} boots")


@pytest.mark.req("B11.FR.03", "1.6:5.14")
@each_version
async def test_an_immediate_reset_stops_it(version: str) -> None:
    """ImmediateReset (HardReset in 1.6); all of it is told, and the station boots again and says why."""
    async with open_csms() as csms, lab(csms.urls.ocpp, version) as one:
        await one.charge()
        before = one.station.core
        assert await _reset(csms, ResetKind.IMMEDIATE) is ResetStatus.ACCEPTED
        await one.until(lambda: one.station.core is not before, "a new core")
        await one.until_accepted()
        await one.until_ended()
        await _booted(csms, 2)
        transaction = await booked(csms)
        assert transaction.energy == one.vehicle.meter.delivered_wh
        assert transaction.stopped_reason is StoppedReason.IMMEDIATE_RESET
        record = await csms.store.station("CS001")
        assert record is not None
        assert record.last_boot_reason == (None if version == "1.6" else BootReason.REMOTE_RESET)


@pytest.mark.req("B12.FR.01")
@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_reset_on_idle_waits(version: str) -> None:
    """Scheduled: the driver charges on, and only when the transaction has ended the station restarts."""
    async with open_csms() as csms, lab(csms.urls.ocpp, version) as one:
        await one.charge()
        before = one.station.core
        assert await _reset(csms, ResetKind.ON_IDLE) is ResetStatus.SCHEDULED
        await one.until_charged()
        assert one.station.core is before
        one.tap()
        await one.until(lambda: one.station.hardware.is_locked(1, 1) is False, "unlocked")
        one.unplug()
        await one.until(lambda: one.station.core is not before, "a new core")
        await _booted(csms, 2)
        transaction = await _settled(csms, one)
        _ended(transaction, version, StoppedReason.LOCAL, TriggerReason.STOP_AUTHORIZED)


@pytest.mark.req("1.6:5.14")
async def test_a_soft_reset_in_1_6_ends_it_first() -> None:
    """Accepted at once; the transaction is stopped and told before the station restarts, and it charges again afterwards."""
    async with open_csms() as csms, lab(csms.urls.ocpp, "1.6") as one:
        await one.charge()
        before = one.station.core
        assert await _reset(csms, ResetKind.ON_IDLE) is ResetStatus.ACCEPTED
        await one.until(lambda: one.station.core is not before, "a new core")
        assert (await _settled(csms, one)).stop_trigger is TriggerReason.RESET_COMMAND
        await one.until_accepted()
        one.tap()
        await one.until_charged()


@pytest.mark.req("1.6:5.18")
async def test_unlocking_stops_it_in_1_6() -> None:
    """1.6 ends the transaction before it lets the cable go: UnlockCommand."""
    async with open_csms() as csms, lab(csms.urls.ocpp, "1.6") as one:
        await one.charge()
        told = await csms.commander.ask("CS001", UnlockConnector(evse=1, connector=1), UnlockOutcome)
        assert told.status is UnlockStatus.UNLOCKED
        assert (await _settled(csms, one)).stopped_reason is StoppedReason.UNLOCK_COMMAND


@pytest.mark.req("F05.FR.02")
async def test_unlocking_does_not_stop_it_in_2_x() -> None:
    """2.x refuses while an authorized transaction goes on."""
    async with open_csms() as csms, lab(csms.urls.ocpp, "2.0.1") as one:
        await one.charge()
        told = await csms.commander.ask("CS001", UnlockConnector(evse=1, connector=1), UnlockOutcome)
        assert told.status is UnlockStatus.ONGOING_AUTHORIZED_TRANSACTION
        await one.until_charged()
        one.tap()
        _ended(await _settled(csms, one), "2.0.1", StoppedReason.LOCAL, TriggerReason.STOP_AUTHORIZED)


@each_version
async def test_a_second_driver_comes_after_the_first(version: str) -> None:
    """Two transactions, each with its own energy; together what the vehicle received."""
    async with open_csms() as csms, lab(csms.urls.ocpp, version) as one:
        await one.charge()
        one.tap()
        await one.until_ended()
        one.unplug()
        first = one.vehicle.meter.delivered_wh
        await one.charge()
        one.tap()
        await one.until_ended()
        second, earlier = await csms.store.transactions()
        assert earlier.energy == first
        assert second.energy == one.vehicle.meter.delivered_wh - first
