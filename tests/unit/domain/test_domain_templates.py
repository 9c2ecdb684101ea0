"""Templates: whom they cover, and what counts as having a setting."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pilotwire.domain.device_model import (
    AttributeType,
    KnownAttribute,
    KnownVariable,
    VariableName,
    VariableSetting,
)
from pilotwire.domain.identity import StationIdentity
from pilotwire.domain.templates import DriftKind, StationMatch, drift_of, same_value

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
NAME = VariableName(component="OCPPCommCtrlr", variable="HeartbeatInterval")
VOLTA = StationIdentity(vendor="Volta", model="One", firmware_version="1.2")


@pytest.mark.parametrize(
    ("match", "covers"),
    [
        (StationMatch(), True),
        (StationMatch(vendor="vol*", model="on?"), True),
        (StationMatch(firmware="1.3*"), False),
        (StationMatch(versions=("1.6",)), False),
        (StationMatch(versions=("2.0.1",)), True),
        (StationMatch(stations=("CS",)), True),
        (StationMatch(stations=("Other",)), False),
        (StationMatch(stations=("CS",), versions=("2.1",)), False),
    ],
)
def test_whom_a_template_covers(match: StationMatch, covers: bool) -> None:
    """By list, by pattern, by version."""
    assert match.covers("CS", VOLTA, "2.0.1") is covers


def test_a_station_that_never_told_what_it_is_fits_only_what_all_fit() -> None:
    """It may be anything."""
    assert StationMatch().covers("CS", None, None)
    assert not StationMatch(vendor="Volta").covers("CS", None, None)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("true", "True", True),
        ("a, b", "a,b", True),
        ("007", "7", True),
        ("a", "A", False),
        ("1.0", "1", False),
        (None, "", False),
        (None, None, True),
    ],
)
def test_values_that_say_the_same(one: str | None, other: str | None, same: bool) -> None:
    """Stations write booleans, lists and numbers each in their own way."""
    assert same_value(one, other) is same


def _known(**more: str | None) -> KnownVariable:
    return KnownVariable(name=NAME, attributes=(KnownAttribute(at=NOON, **more),))  # type: ignore[arg-type]


def test_drift() -> None:
    """Unknown, different, or there only after a reboot; a password is never drift, for nobody can read it."""
    setting = VariableSetting(name=NAME, value="300")
    assert drift_of(setting, _known(value="300")) is None
    kinds = [
        drift_of(setting, known)
        for known in (None, _known(value=None), _known(value="60"), _known(value="60", after_reboot="300"))
    ]
    assert [found.kind for found in kinds if found] == [
        DriftKind.UNKNOWN,
        DriftKind.UNKNOWN,
        DriftKind.DIFFERENT,
        DriftKind.AFTER_REBOOT,
    ]
    other = VariableSetting(name=NAME, value="300", attribute=AttributeType.TARGET)
    assert drift_of(other, _known(value="300")) is not None
    password = VariableName(component="SecurityCtrlr", variable="BasicAuthPassword")
    assert drift_of(VariableSetting(name=password, value="x"), None) is None
