"""Charge point under test, 1.6: boots, resets and power failures of the Core profile."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

import pytest

from pilotwire.domain.provisioning import BootReason, RegistrationStatus
from pilotwire.ocpp import v16
from tests.support.world16 import World16, names, only, shown

RETRY = 60
HEARTBEAT = 300


def _gaps(times: list[datetime]) -> list[float]:
    return [(later - earlier).total_seconds() for earlier, later in pairwise(times)]


def _boots(status: RegistrationStatus) -> World16:
    """A charge point that has just booted and was told to come back."""
    world = World16(online=False, station="ac-22-dual")
    world.csms.registration, world.csms.interval = status, RETRY
    world.connect()
    assert names(world.fresh()) == ["BootNotificationRequest"]
    return world


def _is_accepted(world: World16) -> None:
    """The charge point asks again when it was told to, reports every connector and 0, and then its heart beats."""
    world.csms.registration, world.csms.interval = RegistrationStatus.ACCEPTED, HEARTBEAT
    (booted_at,) = world.times(v16.BootNotificationRequest)
    world.pass_time(RETRY - (world.now - booted_at).total_seconds())
    assert _gaps(world.times(v16.BootNotificationRequest)) == [RETRY]
    told = world.fresh()
    assert [shown(told, connector) for connector in (0, 1, 2)] == [["Available"]] * 3
    accepted_at = world.now
    world.pass_time(4 * HEARTBEAT)
    assert _gaps([accepted_at, *world.times(v16.HeartbeatRequest)]) == [HEARTBEAT] * 4
    assert set(names(world.fresh())) == {"HeartbeatRequest"}


@pytest.mark.req("1.6:4.2", "1.6:4.6", "1.6:4.9")
def test_tc_001_cs() -> None:
    """Rejected at first: nothing is said until the interval is over, then boot, statuses and heartbeats."""
    world = _boots(RegistrationStatus.REJECTED)
    world.pass_time(RETRY - 1)
    assert world.fresh() == []
    _is_accepted(world)


@pytest.mark.req("1.6:4.2", "1.6:5.3", "1.6:5.8")
def test_tc_002_cs() -> None:
    """Pending: the configuration can be read whole and changed, and the boot goes on as told."""
    world = _boots(RegistrationStatus.PENDING)
    configuration = world.asks(v16.GetConfigurationRequest())
    assert "MeterValueSampleInterval" in {pair.key for pair in configuration.configuration_key}
    changed = world.asks(v16.ChangeConfigurationRequest(key="MeterValueSampleInterval", value="20"))
    assert changed.status == "Accepted"
    world.fresh()
    _is_accepted(world)
    assert world.value("MeterValueSampleInterval") == "20"


# --- resets ------------------------------------------------------------------------------------------------------------------------


def _reset_while_out_of_use(kind: str) -> None:
    """Connector 1 is taken out of use, stays so over the restart, and comes back when asked."""
    world = World16(station="ac-22-dual")
    world.fresh()
    out = world.asks(v16.ChangeAvailabilityRequest(connector_id=1, type="Inoperative"))
    assert out.status == "Accepted"
    assert shown(world.fresh()) == ["Unavailable"]
    assert world.asks(v16.ResetRequest(type=kind)).status == "Accepted"  # type: ignore[arg-type]
    world.pass_time(60)
    told = world.fresh()
    assert len(only(v16.BootNotificationRequest, told)) == 1
    assert [shown(told, connector) for connector in (0, 1, 2)] == [["Available"], ["Unavailable"], ["Available"]]
    back = world.asks(v16.ChangeAvailabilityRequest(connector_id=1, type="Operative"))
    assert back.status == "Accepted"
    assert shown(world.fresh()) == ["Available"]


@pytest.mark.req("1.6:5.14", "1.6:5.2")
def test_tc_013_cs() -> None:
    """Hard, without a transaction."""
    _reset_while_out_of_use("Hard")


@pytest.mark.req("1.6:5.14", "1.6:5.2")
def test_tc_014_cs() -> None:
    """Soft, without a transaction."""
    _reset_while_out_of_use("Soft")


def _reset_while_charging(kind: str, reason: str) -> None:
    """The transaction is stopped with the reset's reason; after the boot the connector shows that a vehicle is still there."""
    world = World16(station="ac-22-dual")
    number = world.charge()
    assert world.asks(v16.ResetRequest(type=kind)).status == "Accepted"  # type: ignore[arg-type]
    world.pass_time(60)
    told = world.fresh()
    (stop,) = only(v16.StopTransactionRequest, told)
    assert (stop.reason, stop.transaction_id) == (reason, number)
    boot = next(at for at, one in enumerate(told) if isinstance(one, v16.BootNotificationRequest))
    if told.index(stop) < boot:
        assert shown(told[:boot])[-1] == "Finishing"
    assert shown(told[boot:])[-1] in ("Finishing", "Preparing")
    assert [shown(told[boot:], connector) for connector in (0, 2)] == [["Available"], ["Available"]]


@pytest.mark.req("1.6:5.14", "1.6:4.10")
def test_tc_015_cs() -> None:
    """Hard, with a transaction."""
    _reset_while_charging("Hard", "HardReset")


@pytest.mark.req("1.6:5.14", "1.6:4.10")
def test_tc_016_cs() -> None:
    """Soft, with a transaction."""
    _reset_while_charging("Soft", "SoftReset")


# --- power -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("1.6:4.10", "1.6:4.2")
def test_tc_032_1_cs() -> None:
    """The mains fails, and the charge point has a reserve: the transaction is stopped and Finishing told before all goes dark."""
    world = World16(station="ac-22-dual")
    number = world.charge()
    world.pass_time(100)
    world.fresh()
    world.does(world.hardware.lose_power())
    told = world.fresh()
    (stop,) = only(v16.StopTransactionRequest, told)
    assert (stop.reason, stop.transaction_id) == ("PowerLoss", number)
    assert shown(told) == ["Finishing"]
    world.cut()
    world.hardware.restore_power()
    world.kill(BootReason.POWER_UP)
    world.connect()
    told = world.fresh()
    assert len(only(v16.BootNotificationRequest, told)) == 1
    assert shown(told)[-1] in ("Preparing", "Finishing")
    assert [shown(told, connector) for connector in (0, 2)] == [["Available"], ["Available"]]


@pytest.mark.req("1.6:4.10", "1.6:4.2")
def test_tc_032_2_cs() -> None:
    """Everything fails at once: the transaction is stopped when the power is back, before or after the statuses."""
    world = World16(station="ac-22-dual")
    number = world.charge()
    world.pass_time(100)
    world.kill(BootReason.POWER_UP)
    world.pass_time(5)
    told = world.fresh()
    (stop,) = only(v16.StopTransactionRequest, told)
    assert (stop.reason, stop.transaction_id) == ("PowerLoss", number)
    boot = next(at for at, one in enumerate(told) if isinstance(one, v16.BootNotificationRequest))
    assert shown(told[boot:])[-1] in ("Preparing", "Finishing")
    assert [shown(told[boot:], connector) for connector in (0, 2)] == [["Available"], ["Available"]]


@pytest.mark.req("1.6:5.2", "1.6:4.9")
def test_tc_034_cs() -> None:
    """The whole charge point out of use: connector 0 and every other say so, before and after the power failure."""
    world = World16(station="ac-22-dual")
    world.fresh()
    assert world.asks(v16.ChangeAvailabilityRequest(connector_id=0, type="Inoperative")).status == "Accepted"
    told = world.fresh()
    assert [shown(told, connector) for connector in (0, 1, 2)] == [["Unavailable"]] * 3
    world.kill()
    told = world.fresh()
    assert len(only(v16.BootNotificationRequest, told)) == 1
    assert [shown(told, connector) for connector in (0, 1, 2)] == [["Unavailable"]] * 3
