"""Sockets whose lock keeps plugs out until somebody is authorized."""

from __future__ import annotations

import pytest

from pilotwire.domain.identity import IdToken
from pilotwire.domain.remote_control import RequestStart, UnlockConnector, UnlockOutcome, UnlockStatus
from pilotwire.errors import ConfigError
from pilotwire.station.hardware.ports import AcSupply, ConnectorLayout, EvseLayout, HardwareError, StationLayout
from tests.support.station_world import StationWorld

CLOSED = StationLayout((EvseLayout(1, AcSupply(), (ConnectorLayout(1, "sType2", closed=True),)),))


def locked(world: StationWorld) -> bool:
    """As it is and as it is told, which is the same."""
    told = world.core.overview().evses[0].locked[1]
    assert world.hardware.is_locked(1, 1) is told
    return told


@pytest.mark.req("C01.FR.02")
def test_nobody_plugs_in_before_the_authorization() -> None:
    """Not with a card that is not accepted either."""
    world = StationWorld(station=CLOSED)
    for token in (None, "NOBODY"):
        if token is not None:
            world.tap(token)
        assert locked(world)
        with pytest.raises(HardwareError, match="keeps plugs out"):
            world.plug()
    assert world.csms.events == []


@pytest.mark.req("C01.FR.01", "E03.FR.05", "F02.FR.09")
@pytest.mark.parametrize("remote", [False, True])
def test_it_opens_for_who_is_authorized_and_closes_again(remote: bool) -> None:
    """With the vehicle's plug in it is locked as any other, and open until that is pulled out; empty, it is closed."""
    world = StationWorld(station=CLOSED)
    for _ in range(2):
        if remote:
            world.command(RequestStart(id_token=IdToken(value="ANNA", type="ISO14443"), remote_start_id=1, evse=1))
        else:
            world.tap("ANNA")
        assert not locked(world)
        car = world.plug()
        assert locked(world)
        world.pass_time(60)
        assert car.meter.delivered_wh > 0
        world.tap("ANNA")
        assert not locked(world)
        world.unplug()
        assert locked(world)
    world.tap("ANNA")
    world.pass_time(61)
    assert locked(world)


@pytest.mark.req("F05.FR.04")
def test_it_stays_closed_after_an_unlock_and_a_restart() -> None:
    """There is nothing to be freed."""
    world = StationWorld(station=CLOSED)
    assert world.command(UnlockConnector(evse=1, connector=1)) == UnlockOutcome(status=UnlockStatus.UNLOCKED)
    assert locked(world)
    world.kill()
    assert locked(world)


def test_a_cable_of_the_stations_own_cannot_be_kept_out() -> None:
    """A mistake of the layout is told as such."""
    with pytest.raises(ConfigError, match="has its own cable"):
        ConnectorLayout(1, "cType2", closed=True)
