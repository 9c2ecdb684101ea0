"""Stations that lack what a station of 2.1 need not have: what their device model says of it, and what they answer (`lacks`)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain.device_model import (
    GetVariables,
    SetVariables,
    SetVariableStatus,
    VariableName,
    VariableQuery,
    VariableSetting,
)
from pilotwire.domain.display import (
    ClearDisplayMessage,
    DisplayMessage,
    DisplayText,
    MessagePriority,
    SetDisplayMessage,
)
from pilotwire.domain.kinds import changed
from pilotwire.domain.network_profiles import AccessPoint, NetworkConnectionProfile, PrivateNetwork, SetNetworkProfile
from pilotwire.domain.smart_charging import ChargingProfile, LimitAtSoC, SetChargingProfile
from pilotwire.station.core.features import Feature
from pilotwire.station.core.variable_table import name_of
from tests.support.both_ways import moded, period
from tests.support.charging import DEFAULT, LOCAL, PRIORITY, profile
from tests.support.station_world import StationWorld

SUPPORTS = "SmartChargingCtrlr.SupportsFeature"


def _lacking(*features: Feature, **more: Any) -> StationWorld:
    return StationWorld(lacks=frozenset(features), **more)


def _ask(world: StationWorld, name: VariableName) -> tuple[str, str | None]:
    """How asking for a variable is answered, and its value."""
    outcome: Any = world.command(GetVariables(asked=(VariableQuery(name=name),)))
    return str(outcome.results[0].status), outcome.results[0].value


def _with(**values: Any) -> ChargingProfile:
    return profile(1, DEFAULT, (0, 16), (60, 8), schedule=values)


def _put(world: StationWorld, wanted: ChargingProfile, evse: int = 1) -> tuple[str, str | None]:
    outcome: Any = world.command(SetChargingProfile(evse_id=evse, charging_profile=wanted))
    return str(outcome.status), None if outcome.reason is None else outcome.reason.code


# --- charging profiles ------------------------------------------------------------------------------------------------


@pytest.mark.req("K01.FR.120")
@pytest.mark.parametrize(
    ("purpose", "feature", "left"),
    [
        (PRIORITY, Feature.PRIORITY_CHARGING, "LocalGeneration"),
        (LOCAL, Feature.LOCAL_GENERATION, "PriorityCharging"),
    ],
)
def test_a_purpose_a_station_does_not_have_is_refused(purpose: Any, feature: Feature, left: str) -> None:
    """The other one is taken all the same."""
    world = _lacking(feature)
    assert _ask(world, name_of("SmartChargingCtrlr.SupportedAdditionalPurposes")) == ("Accepted", left)
    assert _put(world, profile(1, purpose, (0, 16))) == ("Rejected", "UnsupportedPurpose")
    other = LOCAL if purpose is PRIORITY else PRIORITY
    assert _put(world, profile(2, other, (0, 16))) == ("Accepted", None)


FEATURES = [
    pytest.param(
        Feature.DYNAMIC_PROFILES,
        profile(1, DEFAULT, (0, 8), kind="Dynamic"),
        "UnsupportedKind",
        marks=pytest.mark.req("K01.FR.121"),
    ),
    pytest.param(
        Feature.USE_LOCAL_TIME, _with(use_local_time=True), "InvalidSchedule", marks=pytest.mark.req("K01.FR.123")
    ),
    pytest.param(
        Feature.RANDOMIZED_DELAY, _with(randomized_delay=30), "InvalidSchedule", marks=pytest.mark.req("K01.FR.124")
    ),
    pytest.param(
        Feature.LIMIT_AT_SOC,
        _with(limit_at_soc=LimitAtSoC(soc=80, limit=Decimal(6))),
        "InvalidSchedule",
        marks=pytest.mark.req("K01.FR.125"),
    ),
]


@pytest.mark.parametrize(("feature", "wanted", "code"), FEATURES)
@pytest.mark.parametrize("how", ["absent", "false", "true"])
def test_what_a_station_does_not_support_is_refused(
    feature: Feature, wanted: ChargingProfile, code: str, how: str
) -> None:
    """Whether the variable is absent or says no; a station that supports it takes the profile."""
    name = f"{SUPPORTS}[{feature}]"
    world = _lacking(feature) if how == "absent" else StationWorld(variables={name: how})
    told = ("UnknownVariable", None) if how == "absent" else ("Accepted", how)
    assert _ask(world, name_of(name)) == told
    assert _put(world, wanted) == (("Accepted", None) if how == "true" else ("Rejected", code))


@pytest.mark.req("K01.FR.123", "K01.FR.124")
def test_what_says_no_to_a_feature_does_not_ask_for_it() -> None:
    world = _lacking(Feature.USE_LOCAL_TIME, Feature.RANDOMIZED_DELAY)
    assert _put(world, _with(use_local_time=False, randomized_delay=0)) == ("Accepted", None)


@pytest.mark.req("Q09.FR.01")
@pytest.mark.parametrize("supported", ["CentralSetpoint,Idle", "CentralSetpoint,LocalLoadBalancing"])
def test_local_load_balancing_is_refused_where_it_is_not_supported(supported: str) -> None:
    """Where it is, the same profile only lacks the thresholds to balance by (Q09.FR.02)."""
    world = StationWorld(station="dc-50-v2x", variables={"V2XChargingCtrlr.SupportedOperationModes": supported})
    code = "MissingDevModelInfo" if "LocalLoadBalancing" in supported else "UnsupportedParam"
    assert _put(world, moded(period("LocalLoadBalancing"))) == ("Rejected", code)


@pytest.mark.req("Q09.FR.01")
def test_nor_is_it_supported_where_nothing_comes_back() -> None:
    assert _put(StationWorld(station="dc-50-ccs"), moded(period("LocalLoadBalancing"))) == (
        "Rejected",
        "UnsupportedParam",
    )


# --- displays -----------------------------------------------------------------------------------------------------------


def _message(*extra: str, language: str | None = None) -> SetDisplayMessage:
    texts = tuple(DisplayText(content=f"in {tag}", language=tag) for tag in extra)
    text = DisplayText(content="Hello", language=language)
    return SetDisplayMessage(
        message=DisplayMessage(message_id=1, priority=MessagePriority.NORMAL_CYCLE, text=text, extra=texts)
    )


@pytest.mark.req("O01.FR.19")
def test_without_languages_there_are_no_messages_in_several() -> None:
    """A message in one language is taken, whatever that is: nobody said which there are (O01.FR.18)."""
    world = _lacking(Feature.DISPLAY_LANGUAGE)
    assert _ask(world, name_of("DisplayMessageCtrlr.Language")) == ("UnknownVariable", None)
    assert str(world.command(_message("de", language="en")).status) == "Rejected"  # type: ignore[union-attr]
    assert str(world.command(_message(language="tlh")).status) == "Accepted"  # type: ignore[union-attr]
    with_languages = StationWorld()
    assert str(with_languages.command(_message("de", language="en")).status) == "Accepted"  # type: ignore[union-attr]
    assert str(with_languages.command(_message(language="tlh")).status) == "LanguageNotSupported"  # type: ignore[union-attr]


@pytest.mark.req("O05.FR.03")
def test_a_display_that_cannot_take_a_message_off_says_so_and_goes_on_showing_it() -> None:
    """One that is not there is still unknown (O05.FR.02)."""
    world = _lacking(Feature.CLEAR_DISPLAY)
    world.command(_message())
    assert str(world.command(ClearDisplayMessage(message_id=1)).status) == "Rejected"  # type: ignore[union-attr]
    assert _ask(world, name_of("DisplayMessageCtrlr.DisplayMessages")) == ("Accepted", "1")
    shown = VariableName(component="Display", variable="DataText", evse=1)
    assert _ask(world, shown) == ("Accepted", "Hello")
    assert str(world.command(ClearDisplayMessage(message_id=2)).status) == "Unknown"  # type: ignore[union-attr]
    usual = StationWorld()
    usual.command(_message())
    assert str(usual.command(ClearDisplayMessage(message_id=1)).status) == "Accepted"  # type: ignore[union-attr]


# --- network ------------------------------------------------------------------------------------------------------------

PLAIN = NetworkConnectionProfile(
    csms_url="ws://other.example", interface="Wired0", message_timeout=20, security_profile=1
)
WITH_APN = changed(PLAIN, apn=AccessPoint(apn="internet", authentication="AUTO"))
WITH_VPN = changed(PLAIN, vpn=PrivateNetwork(server="v.example", user="u", password="p", key="k", type="IKEv2"))


def _of_slot(variable: str, slot: int = 2) -> VariableName:
    return VariableName(component="NetworkConfiguration", component_instance=str(slot), variable=variable)


@pytest.mark.req("B09.FR.13")
@pytest.mark.parametrize(
    ("feature", "enabled", "others", "with_it", "without_it"),
    [
        (Feature.APN, "ApnEnabled", ("Apn", "ApnUserName", "ApnAuthentication"), WITH_APN, WITH_VPN),
        (Feature.VPN, "VpnEnabled", ("VpnServer", "VpnType", "VpnUser"), WITH_VPN, WITH_APN),
    ],
)
def test_a_station_without_apn_or_vpn_says_no_in_every_slot_and_cannot_be_told_otherwise(
    feature: Feature, enabled: str, others: tuple[str, ...], with_it: Any, without_it: Any
) -> None:
    """And takes no profile that has one; a station that has both says what it is set to."""
    world = _lacking(feature)
    for slot in (1, 2, 3, 4):
        query = VariableQuery(name=_of_slot(enabled, slot))
        outcome: Any = world.command(GetVariables(asked=(query,)))
        assert (outcome.results[0].value, outcome.results[0].read_only) == ("false", True)
        set_it: Any = world.command(SetVariables(settings=(VariableSetting(name=query.name, value="true"),)))
        assert set_it.results[0].status is SetVariableStatus.REJECTED
    assert {_ask(world, _of_slot(other))[0] for other in others} == {"UnknownVariable"}
    assert str(world.command(SetNetworkProfile(slot=2, profile=with_it)).status) == "Rejected"  # type: ignore[union-attr]
    assert str(world.command(SetNetworkProfile(slot=2, profile=without_it)).status) == "Accepted"  # type: ignore[union-attr]
    assert _ask(world, _of_slot(enabled)) == ("Accepted", "false")
    usual = StationWorld()
    assert str(usual.command(SetNetworkProfile(slot=2, profile=with_it)).status) == "Accepted"  # type: ignore[union-attr]
    assert _ask(usual, _of_slot(enabled)) == ("Accepted", "true")


# --- stations of both kinds ---------------------------------------------------------------------------------------------


def test_what_one_station_lacks_another_of_its_layout_has() -> None:
    """They share what they declare only where they are built alike."""
    name = name_of(f"{SUPPORTS}[UseLocalTime]")
    without, usual = _lacking(Feature.USE_LOCAL_TIME), StationWorld()
    assert (_ask(without, name)[0], _ask(usual, name)[0]) == ("UnknownVariable", "Accepted")
    assert _ask(_lacking(Feature.USE_LOCAL_TIME), name)[0] == "UnknownVariable"


def test_the_data_collector_can_be_lacking_wholly() -> None:
    name = VariableName(component="DataCollector", variable="Enabled", evse=1)
    assert _ask(StationWorld(), name) == ("Accepted", "false")
    assert _ask(_lacking(Feature.DATA_COLLECTOR), name) == ("UnknownComponent", None)
