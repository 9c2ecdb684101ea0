"""What is known to be wrong with a reservation, or with the profile of a remote start, before it is sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import changed
from pilotwire.domain.remote_control import start_flaws
from pilotwire.domain.reservation import Reservation, ReservationAbilities, flaws_of
from pilotwire.domain.smart_charging import ChargingProfile, ChargingProfileKind, ChargingProfilePurpose

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WANTED = Reservation(reservation_id=1, expires_at=NOON + timedelta(hours=1), id_token=IdToken(value="A"), evse=1)
PLACES = {1: frozenset({"cCCS2"}), 2: frozenset({"sType2"}), 3: frozenset[str]()}


def _flaws(known: dict[str, Any], **more: Any) -> str:
    return " ".join(flaws_of(changed(WANTED, **more), NOON, ReservationAbilities(**known)))


@pytest.mark.parametrize(
    ("more", "known", "said"),
    [
        ({"expires_at": NOON}, {}, "past"),
        ({}, {"enabled": False}, "does not take reservations"),
        ({"evse": None}, {"any_evse": False}, "without an EVSE"),
        ({"evse": 4}, {"places": PLACES}, "no EVSE 4: it has 1, 2, 3"),
        ({"connector_type": "sType2"}, {"places": PLACES}, "EVSE 1 has no connector of the type sType2"),
        ({"evse": None, "connector_type": "cTesla"}, {"places": {1: PLACES[1]}}, "No EVSE has a connector of the type cTesla"),
    ],
)  # fmt: skip
def test_what_a_station_would_not_take(more: dict[str, Any], known: dict[str, Any], said: str) -> None:
    """In a sentence that says why."""
    assert said in _flaws(known, **more)


@pytest.mark.parametrize(
    ("more", "known"),
    [
        ({}, {}),
        ({"evse": None}, {"any_evse": True, "enabled": True}),
        ({"evse": 7, "connector_type": "anything"}, {}),
        ({"connector_type": "cCCS2"}, {"places": PLACES}),
        ({"evse": 3, "connector_type": "cTesla"}, {"places": PLACES}),
        ({"evse": None, "connector_type": "sType2"}, {"places": PLACES}),
    ],
)
def test_what_is_not_known_is_no_flaw(more: dict[str, Any], known: dict[str, Any]) -> None:
    """Nor is a type at an EVSE whose connectors nobody has named."""
    assert _flaws(known, **more) == ""


@pytest.mark.req("F01.FR.09", "F01.FR.11")
def test_a_profile_that_goes_with_a_remote_start() -> None:
    """Is a TxProfile without a transaction."""
    good = ChargingProfile(
        id=1,
        stack_level=0,
        charging_profile_purpose=ChargingProfilePurpose.TX_PROFILE,
        charging_profile_kind=ChargingProfileKind.RELATIVE,
        charging_schedule=(),
    )
    assert start_flaws(good) == ()
    other = changed(good, charging_profile_purpose=ChargingProfilePurpose.TX_DEFAULT_PROFILE, transaction_id="TX")
    purpose, transaction = start_flaws(other)
    assert "TxProfile, not TxDefaultProfile" in purpose
    assert "has not begun" in transaction
