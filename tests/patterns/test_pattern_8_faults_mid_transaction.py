"""Pattern 8, faults in mid-transaction, as a lab sees them on the wire: power off, Faulted, the right reason, and the way back."""

from __future__ import annotations

from typing import Any

import pytest

from pilotwire.station.hardware.ports import ErrorCode
from tests.support.pattern_moves import of_transactions, states
from tests.support.scripted_csms import ScriptedCsms, scripted_csms
from tests.support.station_lab import VERSIONS, Lab, lab

each_version = pytest.mark.parametrize("version", VERSIONS)
CUTTING: dict[ErrorCode, tuple[str, str]] = {
    # the errorCode of 1.6, and the stoppedReason of 2.x (1.6 has no words for them: Other)
    ErrorCode.EV_COMMUNICATION_ERROR: ("EVCommunicationError", "Other"),
    ErrorCode.GROUND_FAILURE: ("GroundFailure", "GroundFault"),
    ErrorCode.HIGH_TEMPERATURE: ("HighTemperature", "Other"),
    ErrorCode.INTERNAL_ERROR: ("InternalError", "Other"),
    ErrorCode.OVER_CURRENT_FAILURE: ("OverCurrentFailure", "OvercurrentFault"),
    ErrorCode.OVER_VOLTAGE: ("OverVoltage", "PowerQuality"),
    ErrorCode.POWER_SWITCH_FAILURE: ("PowerSwitchFailure", "Other"),
    ErrorCode.UNDER_VOLTAGE: ("UnderVoltage", "PowerQuality"),
}
TOLERATED = {
    ErrorCode.POWER_METER_FAILURE: "PowerMeterFailure",
    ErrorCode.READER_FAILURE: "ReaderFailure",
    ErrorCode.WEAK_SIGNAL: "WeakSignal",
    ErrorCode.CONNECTOR_LOCK_FAILURE: "ConnectorLockFailure",
    ErrorCode.OTHER: "OtherError",
}


def _ended(version: str, csms: ScriptedCsms) -> list[dict[str, Any]]:
    """What told the end of transactions."""
    if version == "1.6":
        return csms.of("StopTransaction")
    return [event for event in csms.of("TransactionEvent") if event["eventType"] == "Ended"]


def _reason(version: str, ended: dict[str, Any]) -> str:
    """Left out, it is Local in all versions."""
    where = ended if version == "1.6" else ended["transactionInfo"]
    return str(where.get("reason" if version == "1.6" else "stoppedReason", "Local"))


def _energy(version: str, csms: ScriptedCsms) -> int:
    """Wh from the begin of the first transaction to the end of the last."""
    if version == "1.6":
        return int(csms.of("StopTransaction")[-1]["meterStop"] - csms.of("StartTransaction")[0]["meterStart"])
    registers = [
        sample["value"]
        for event in csms.of("TransactionEvent")
        for reading in event.get("meterValue", [])
        for sample in reading["sampledValue"]
        if sample.get("measurand", "Energy.Active.Import.Register") == "Energy.Active.Import.Register"
        and "phase" not in sample
    ]
    return int(registers[-1] - registers[0])


async def _charges_again(version: str, csms: ScriptedCsms, one: Lab) -> None:
    """The next transaction is another one, and whole."""
    if one.station.hardware.vehicle_at(1) is not None:
        await one.until(lambda: not one.station.hardware.is_locked(1, 1), "unlocked")
        one.unplug()
    await one.until(lambda: states(csms)[-1] == "Available", "available")
    await one.charge()
    one.tap()
    await one.until(lambda: len(_ended(version, csms)) == 2, "the second end")
    assert _reason(version, _ended(version, csms)[1]) == "Local"
    if version != "1.6":
        ids = {call.payload["transactionInfo"]["transactionId"] for call in of_transactions(csms)}
        assert len(ids) == 2


@pytest.mark.req("E06.FR.16", "1.6:4.9", "1.6:4.10")
@pytest.mark.parametrize("code", CUTTING, ids=[code.value for code in CUTTING])
@each_version
async def test_a_fault_with_which_no_energy_may_flow(version: str, code: ErrorCode) -> None:
    """Contactor open at once, Faulted with its code, one end with its reason and every Wh; mended and plugged anew, it charges."""
    error_code, stopped_reason = CUTTING[code]
    async with scripted_csms(version) as csms, lab(csms.url, version) as one:
        await one.charge()
        hardware = one.station.hardware
        one.station.happened(hardware.raise_fault(code.value, 1, 1, info="seen by the lab"))
        assert not hardware.contactor_closed(1)
        delivered = one.vehicle.meter.delivered_wh
        await one.until(lambda: states(csms)[-1:] == ["Faulted"], "Faulted")
        if version == "1.6":
            last = csms.of("StatusNotification")[-1]
            assert (last["errorCode"], last["info"]) == (error_code, "seen by the lab")
        await one.until(lambda: one.overview.waiting == 0 and _ended(version, csms), "the end")
        (ended,) = _ended(version, csms)
        assert _reason(version, ended) == ("Other" if version == "1.6" else stopped_reason)
        if version != "1.6":
            assert ended["triggerReason"] == "AbnormalCondition"
        assert _energy(version, csms) == delivered == one.vehicle.meter.delivered_wh
        one.station.happened(hardware.clear_fault(code.value, 1, 1))
        await one.until(lambda: states(csms)[-1] != "Faulted", "no longer Faulted")
        assert not hardware.contactor_closed(1), "what was stopped stays stopped"
        assert one.vehicle.meter.delivered_wh == delivered
        await _charges_again(version, csms, one)


@pytest.mark.parametrize("code", TOLERATED, ids=[code.value for code in TOLERATED])
@each_version
async def test_a_fault_that_stops_nobody(version: str, code: ErrorCode) -> None:
    """It is told where the version can tell it, and the vehicle charges on in the same transaction."""
    async with scripted_csms(version) as csms, lab(csms.url, version) as one:
        await one.charge()
        one.station.happened(one.station.hardware.raise_fault(code.value, 1))
        await one.until_charged()
        assert one.station.hardware.contactor_closed(1)
        if version == "1.6":
            told = [status["errorCode"] for status in csms.of("StatusNotification")]
            assert TOLERATED[code] in told
        one.station.happened(one.station.hardware.clear_fault(code.value, 1))
        one.tap()
        await one.until_ended()
        assert _reason(version, _ended(version, csms)[0]) == "Local"
        assert "Faulted" not in states(csms)


@each_version
async def test_the_emergency_stop(version: str) -> None:
    """Everything is off at once; released, a new transaction is needed."""
    async with scripted_csms(version) as csms, lab(csms.url, version) as one:
        await one.charge()
        one.station.happened(one.station.hardware.press_emergency_stop())
        assert not one.station.hardware.contactor_closed(1)
        await one.until(lambda: one.overview.waiting == 0 and _ended(version, csms), "the end")
        assert _reason(version, _ended(version, csms)[0]) == "EmergencyStop"
        assert _energy(version, csms) == one.vehicle.meter.delivered_wh
        one.station.happened(one.station.hardware.release_emergency_stop())
        await _charges_again(version, csms, one)


@each_version
async def test_the_mains_fails(version: str) -> None:
    """PowerLoss, told on the reserve; when the mains is back, a new transaction is needed."""
    async with scripted_csms(version) as csms, lab(csms.url, version) as one:
        await one.charge()
        one.station.happened(one.station.hardware.lose_power())
        assert not one.station.hardware.contactor_closed(1)
        await one.until(lambda: one.overview.waiting == 0 and _ended(version, csms), "the end")
        assert _reason(version, _ended(version, csms)[0]) == "PowerLoss"
        one.station.happened(one.station.hardware.restore_power())
        await _charges_again(version, csms, one)


@each_version
async def test_a_fault_without_a_line(version: str) -> None:
    """The power is off though nobody can be told; afterwards the end is told once, with its reason and the time it happened."""
    async with scripted_csms(version) as csms, lab(csms.url, version) as one:
        await one.charge()
        one.station.line.cut()
        await one.until(lambda: not one.station.line.is_up, "cut")
        one.station.happened(one.station.hardware.raise_fault("GROUND_FAILURE", 1, 1))
        assert not one.station.hardware.contactor_closed(1)
        one.station.line.restore()
        await one.until(lambda: one.overview.waiting == 0 and _ended(version, csms), "the end")
        (ended,) = _ended(version, csms)
        assert _reason(version, ended) == ("Other" if version == "1.6" else "GroundFault")
        assert _energy(version, csms) == one.vehicle.meter.delivered_wh
        await one.until(lambda: states(csms)[-1:] == ["Faulted"], "Faulted")


@each_version
async def test_two_faults_at_once(version: str) -> None:
    """Only when the last of them is gone is the connector usable again; the reason is the first one's."""
    async with scripted_csms(version) as csms, lab(csms.url, version) as one:
        await one.charge()
        hardware = one.station.hardware
        one.station.happened(hardware.raise_fault("GROUND_FAILURE", 1, 1))
        one.station.happened(hardware.raise_fault("HIGH_TEMPERATURE"))
        one.station.happened(hardware.clear_fault("GROUND_FAILURE", 1, 1))
        await one.until(lambda: one.overview.waiting == 0 and _ended(version, csms), "the end")
        one.tap()
        assert not hardware.contactor_closed(1)
        assert states(csms)[-1] == "Faulted"
        assert _reason(version, _ended(version, csms)[0]) == ("Other" if version == "1.6" else "GroundFault")
        one.station.happened(hardware.clear_fault("HIGH_TEMPERATURE"))
        await one.until(lambda: states(csms)[-1] != "Faulted", "no longer Faulted")
        await _charges_again(version, csms, one)
