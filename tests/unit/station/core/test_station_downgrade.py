"""A lower security profile in the order of network profiles (A05): from 3 to 2 where that is allowed, and never to 1."""

from __future__ import annotations

from typing import Any

import pytest

from pilotwire.domain.device_model import SetVariables, VariableSetting
from pilotwire.domain.kinds import changed
from pilotwire.domain.network_profiles import NetworkConnectionProfile, SetNetworkProfile
from pilotwire.station.core.network_ways import CredentialsSeen
from pilotwire.station.core.variable_table import name_of
from tests.support.station_world import StationWorld

HOME = NetworkConnectionProfile(
    csms_url="wss://home.example", interface="Wired0", message_timeout=30, security_profile=3, identity="CS-1"
)
LOWER = {level: changed(HOME, csms_url="wss://lower.example", security_profile=level) for level in (1, 2)}


def _set(world: StationWorld, name: str, value: str) -> str:
    outcome: Any = world.command(SetVariables(settings=(VariableSetting(name=name_of(name), value=value),)))
    return str(outcome.results[0].status)


def _allows(world: StationWorld, *, allowed: bool) -> None:
    assert _set(world, "SecurityCtrlr.AllowSecurityProfileDowngrade", str(allowed).lower()) == "Accepted"


def _ordered(world: StationWorld, order: str) -> str:
    return _set(world, "OCPPCommCtrlr.NetworkConfigurationPriority", order)


def _world(level: int) -> tuple[StationWorld, str]:
    """At security profile 3, with all that is needed; what becomes of a lower profile for slot 2 where downgrades are allowed."""
    world = StationWorld(home=HOME)
    world.feed(CredentialsSeen(roots=True, certificate=True, password=True))
    _allows(world, allowed=True)
    outcome: Any = world.command(SetNetworkProfile(slot=2, profile=LOWER[level]))
    return world, str(outcome.status)


@pytest.mark.req("A05.FR.08", "A00.FR.005")
def test_from_3_to_2_where_that_is_allowed() -> None:
    """Taken, to count from the next boot on."""
    world, put = _world(2)
    assert put == "Accepted"
    assert _ordered(world, "2,1") == "RebootRequired"


@pytest.mark.req("A05.FR.09", "A00.FR.005")
def test_never_to_1() -> None:
    """There is no such slot, and no order with it."""
    world, put = _world(1)
    assert put == "Rejected"
    assert _ordered(world, "2,1") == "Rejected"
    assert _ordered(world, "1,2") == "Rejected"


@pytest.mark.req("A00.FR.005")
@pytest.mark.req("A05.FR.10", versions=("2.0.1",))
def test_nothing_lower_where_it_is_not_allowed_any_more() -> None:
    """A slot from when it was."""
    world, put = _world(2)
    assert put == "Accepted"
    _allows(world, allowed=False)
    assert _ordered(world, "2,1") == "Rejected"
