"""The standard configuration keys of 1.6 as views on the variables: all of the table, over the 1.6 wire (1.6:5.3, 1.6:5.8, 1.6:9)."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from pilotwire.dialects.ocpp16 import DIALECT
from pilotwire.domain import device_model as dm
from pilotwire.domain.firmware import UpdateFirmware
from pilotwire.domain.smart_charging import SetChargingProfile
from pilotwire.ocpp import registry, v16
from pilotwire.station.core import device_model_declared
from pilotwire.station.core.commands import supports
from pilotwire.station.hardware.ports import AcSupply, ConnectorLayout, EvseLayout, StationLayout
from tests.support.station_world import StationWorld
from tests.support.world16 import World16

with (Path(__file__).parents[3] / "vectors" / "station" / "configuration_keys.csv").open(encoding="utf-8") as _file:
    TABLE = list(csv.DictReader(_file))
ABSENT = {
    "BlinkRepeat": "optional, and the hardware has no lamp that blinks",
    "LightIntensity": "optional, and the hardware has no lamp that is dimmed",
}
"""Keys the station is without, and why."""
ONLY_CHANGED = ("SecurityProfile",)
"""Keys that do not take the value they have."""
INTEGERS = "InstallerCtrlr.IntegersForBooleanKeys"
LONG_VALUES = "InstallerCtrlr.LongConfigurationValues"


def _pair(world: World16, key: str) -> Any | None:
    answer = world.asks(v16.GetConfigurationRequest(key=[key]))
    if answer.unknown_key:
        assert answer.unknown_key == [key]
        assert not answer.configuration_key
        return None
    (pair,) = answer.configuration_key
    return pair


def _change(world: World16, key: str, value: str) -> str:
    return str(world.asks(v16.ChangeConfigurationRequest(key=key, value=value)).status)


@pytest.mark.req("1.6:5.3", "1.6:5.8")
@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["key"])
def test_each_key_is_as_the_table_has_it(row: dict[str, str]) -> None:
    """What can only be read says so and stays; what can be written takes its own value again; a password is never told."""
    world = World16(station="dc-150-ac-22")
    pair = _pair(world, row["key"])
    assert (pair is None) is (row["key"] in ABSENT)
    if pair is None:
        return
    assert pair.key == row["key"]
    if row["access"] == "W":
        assert pair.value is None
        return
    assert pair.value is not None
    if pair.readonly:
        assert row["access"] == "R" or (row["required"], row["profile"]) == ("optional", "Security")
        assert _change(world, row["key"], pair.value) == "Rejected"
    else:
        assert row["access"] == "RW"
        expected = ("Rejected",) if row["key"] in ONLY_CHANGED else ("Accepted", "RebootRequired")
        assert _change(world, row["key"], pair.value) in expected
    _check_type(row["type"], pair.value)


def _check_type(type_: str, value: str) -> None:
    if type_ == "boolean":
        assert value in ("true", "false")
    elif type_ == "integer":
        assert value.lstrip("-").isdigit()


@pytest.mark.req("1.6:5.8")
def test_all_keys_at_once_are_those_one_may_ask_for_one_by_one() -> None:
    """Each once, without the password, and with nothing that is no key."""
    world = World16()
    whole = world.asks(v16.GetConfigurationRequest())
    keys = [pair.key for pair in whole.configuration_key]
    assert whole.unknown_key is None
    assert len(keys) == len(set(keys))
    assert not [key for key in keys if "." in key]
    assert "AuthorizationKey" not in keys
    assert all(_pair(world, key) == pair for key, pair in zip(keys, whole.configuration_key, strict=True))


@pytest.mark.req("1.6:5.8")
def test_known_and_unknown_keys_are_told_apart() -> None:
    """Without regard to case."""
    answer = World16().asks(v16.GetConfigurationRequest(key=["heartbeatINTERVAL", "Nonsense"]))
    assert [pair.key for pair in answer.configuration_key] == ["HeartbeatInterval"]
    assert answer.unknown_key == ["Nonsense"]


@pytest.mark.req("1.6:5.8")
def test_no_more_keys_than_the_station_says_may_be_asked_for() -> None:
    """As many are answered, one more is refused with the RPC error of 1.6."""
    world = World16()
    most = int(world.value("GetConfigurationMaxKeys") or 0)
    answer = world.asks(v16.GetConfigurationRequest(key=["HeartbeatInterval"] * most))
    assert len(answer.configuration_key) == most
    refused = world.asks(v16.GetConfigurationRequest(key=["HeartbeatInterval"] * (most + 1)))
    assert refused == "OccurrenceConstraintViolation"


def test_the_feature_profiles_are_those_whose_commands_are_taken() -> None:
    """Nothing is claimed that is answered with NotSupported."""
    profiles = (World16().value("SupportedFeatureProfiles") or "").split(",")
    assert {"Core", "LocalAuthListManagement", "RemoteTrigger", "Reservation"} <= set(profiles)
    assert ("SmartCharging" in profiles) is supports(SetChargingProfile)
    assert ("FirmwareManagement" in profiles) is supports(UpdateFirmware)
    assert len(profiles) <= int(World16().value("SupportedFeatureProfilesMaxLength") or 0)


def test_a_profile_whose_command_is_not_taken_is_not_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each for itself."""
    monkeypatch.setattr(device_model_declared, "supports", lambda kind: kind is not SetChargingProfile)
    claimed = device_model_declared.feature_profiles().split(",")
    assert claimed[0] == "Core"
    assert set(claimed) == {"Core", *device_model_declared.PROFILES} - {"SmartCharging"}


# --- phase rotation -------------------------------------------------------------------------------------------------


def _row_of_sockets(number: int, phases: int = 3) -> StationLayout:
    return StationLayout(
        tuple(EvseLayout(at, AcSupply(phases), (ConnectorLayout(1, "sType2"),)) for at in range(1, number + 1))
    )


def test_phase_rotation_says_no_more_than_is_known() -> None:
    """One phase has no rotation; how three were wired nobody has said."""
    assert World16(station=_row_of_sockets(2)).value("ConnectorPhaseRotation") == "1.Unknown,2.Unknown"
    assert World16(station=_row_of_sockets(1, phases=1)).value("ConnectorPhaseRotation") == "1.NotApplicable"


@pytest.mark.req("1.6:5.3")
@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("0.RST,1.RST,2.RTS", "Accepted"),
        ("1.TSR", "Accepted"),
        ("3.RST", "Rejected"),
        ("1.RST,1.RTS", "Rejected"),
        ("1.RRR", "Rejected"),
        ("RST", "Rejected"),
    ],
)
def test_phase_rotation_is_taken_connector_by_connector(value: str, status: str) -> None:
    """Of the connectors there are, each once."""
    world = World16(station=_row_of_sockets(2))
    assert _change(world, "ConnectorPhaseRotation", value) == status
    assert world.value("ConnectorPhaseRotation") == (value if status == "Accepted" else "1.Unknown,2.Unknown")


# --- what an installer chooses --------------------------------------------------------------------------------------


def test_booleans_may_be_told_and_taken_as_integers() -> None:
    """1 and 0 instead of true and false, where an installer chose so; the words are taken still."""
    world = World16()
    assert _change(world, "LocalPreAuthorize", "1") == "Rejected"
    world.core.write(INTEGERS, "true", world.now)
    assert world.value("LocalPreAuthorize") == "0"
    assert _change(world, "LocalPreAuthorize", "1") == "Accepted"
    assert world.value("LocalPreAuthorize") == "1"
    assert world.core.variable("AuthCtrlr.LocalPreAuthorize") == "true"
    assert _change(world, "LocalPreAuthorize", "false") == "Accepted"
    assert world.value("LocalPreAuthorize") == "0"
    assert world.value("ResetRetries") == "1"  # an integer stays what it was


def _long(*, whole: bool) -> str:
    world = StationWorld(ocpp16=True, station=_row_of_sockets(60))
    world.core.write(LONG_VALUES, "true" if whole else "false", world.now)
    name = dm.VariableName(component="", variable="ConnectorPhaseRotation")
    command = dm.GetVariables(asked=(dm.VariableQuery(name=name),))
    outcome = world.command(command)
    assert isinstance(outcome, dm.GetVariablesOutcome)
    written = DIALECT.write_outcome(command, outcome, v16.GetConfigurationRequest(key=["ConnectorPhaseRotation"]))
    assert ("cut" in " ".join(world.notes)) is not whole
    return registry.encode(written).decode()


def test_long_values_are_cut_unless_an_installer_wants_them_whole() -> None:
    """1.6 has room for 500 characters; some backends take more."""
    assert '"60.Unknown"' not in _long(whole=False)
    assert "60.Unknown" not in _long(whole=False)
    assert "60.Unknown" in _long(whole=True)


def test_an_installers_choices_are_not_keys_of_the_backend() -> None:
    """They are set from inside."""
    keys = [pair.key for pair in World16().asks(v16.GetConfigurationRequest()).configuration_key]
    assert not [key for key in keys if "Installer" in key or "LongConfiguration" in key]
