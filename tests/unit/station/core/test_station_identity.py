"""The identity a CSMS sets for all network profiles (SecurityCtrlr.Identity): it goes before the one of the profile in use."""

from __future__ import annotations

from typing import Any

import pytest

from pilotwire.domain.device_model import (
    GetVariables,
    SetVariables,
    VariableName,
    VariableQuery,
    VariableSetting,
)
from pilotwire.domain.kinds import changed
from pilotwire.domain.network_profiles import NetworkConnectionProfile, SetNetworkProfile
from pilotwire.domain.provisioning import BootReason, Reset, ResetKind
from pilotwire.station.core.network_ways import Connected, CredentialsSeen, SetUp
from pilotwire.station.core.setup_memory import SetupMemory
from pilotwire.station.core.variable_table import name_of
from tests.support.station_world import StationWorld

HOME = NetworkConnectionProfile(
    csms_url="ws://home.example", interface="Wired0", message_timeout=30, security_profile=1, identity="CS-1"
)
NAMED = changed(HOME, csms_url="ws://named.example", identity="CS-2")
IDENTITY = "SecurityCtrlr.Identity"


def _world() -> StationWorld:
    world = StationWorld(home=HOME)
    world.feed(CredentialsSeen(roots=True, certificate=True, password=True), Connected(1))
    return world


def _of_slot(slot: int) -> VariableName:
    return VariableName(component="NetworkConfiguration", component_instance=str(slot), variable="Identity")


def _get(world: StationWorld, name: VariableName) -> str:
    outcome: Any = world.command(GetVariables(asked=(VariableQuery(name=name),)))
    return str(outcome.results[0].value)


def _set(world: StationWorld, name: str, value: str) -> str:
    outcome: Any = world.command(SetVariables(settings=(VariableSetting(name=name_of(name), value=value),)))
    return str(outcome.results[0].status)


def _goes_by(world: StationWorld) -> str | None:
    way = world.core.way()
    assert way is not None
    return way.identity


def _named_in_use(world: StationWorld) -> None:
    """The profile with an identity of its own is the one that is used."""
    world.command(SetNetworkProfile(slot=2, profile=NAMED))
    assert _set(world, "OCPPCommCtrlr.NetworkConfigurationPriority", "2") == "RebootRequired"
    world.command(Reset(kind=ResetKind.IMMEDIATE))
    world.feed(CredentialsSeen(roots=True, certificate=True, password=True), Connected(2))
    assert (_goes_by(world), _get(world, name_of(IDENTITY))) == ("CS-2", "CS-2")


@pytest.mark.req("B09.FR.26")
def test_an_identity_that_is_set_clears_that_of_the_profile_in_use() -> None:
    """It counts from the next connection on; other slots keep theirs."""
    world = _world()
    world.command(SetNetworkProfile(slot=3, profile=changed(NAMED, identity="CS-3")))
    _named_in_use(world)
    assert _set(world, IDENTITY, "CS-9") == "Accepted"
    assert _get(world, _of_slot(2)) == ""
    assert _get(world, _of_slot(3)) == "CS-3"
    assert _get(world, name_of(IDENTITY)) == "CS-9"
    assert _goes_by(world) == "CS-9"


@pytest.mark.req("B09.FR.26")
def test_it_goes_before_the_identity_of_the_setup_and_outlives_a_restart() -> None:
    world = _world()
    assert (_get(world, _of_slot(1)), _goes_by(world)) == ("CS-1", "CS-1")
    assert _set(world, IDENTITY, "CS-9") == "Accepted"
    assert (_get(world, _of_slot(1)), _get(world, name_of(IDENTITY)), _goes_by(world)) == ("", "CS-9", "CS-9")
    world.kill(BootReason.POWER_UP)
    assert (_get(world, name_of(IDENTITY)), _goes_by(world)) == ("CS-9", "CS-9")


@pytest.mark.req("B09.FR.28")
def test_a_profile_that_comes_with_an_identity_later_goes_before_it_again() -> None:
    world = _world()
    assert _set(world, IDENTITY, "CS-9") == "Accepted"
    _named_in_use(world)


@pytest.mark.parametrize("wrong", ["", "a:b", "CS 1", "C" * 49, "Ladesäule"])
def test_what_is_no_identity_is_refused(wrong: str) -> None:
    world = _world()
    assert _set(world, IDENTITY, wrong) == "Rejected"
    assert _goes_by(world) == "CS-1"


def test_a_person_who_sets_the_station_up_elsewhere_goes_before_the_csms() -> None:
    world = _world()
    _set(world, IDENTITY, "CS-9")
    elsewhere = changed(HOME, csms_url="ws://elsewhere.example", identity="CS-5")
    world.feed(SetUp(elsewhere, SetupMemory(), moves=True))
    assert (_goes_by(world), _get(world, name_of(IDENTITY))) == ("CS-5", "CS-5")
