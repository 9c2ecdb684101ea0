"""Network profiles: what a station must refuse, and which slot is free."""

from __future__ import annotations

import pytest

from pilotwire.domain.network_profiles import (
    NetworkConnectionProfile,
    SetNetworkProfile,
    flaw_of,
    free_slot,
    priority_of,
    slots_of,
)


def _command(url: str = "wss://csms", profile: int = 2, slot: int = 1, transport: str = "JSON") -> SetNetworkProfile:
    data = NetworkConnectionProfile(
        csms_url=url, interface="Wired0", message_timeout=30, security_profile=profile, transport=transport
    )
    return SetNetworkProfile(slot=slot, profile=data)


@pytest.mark.parametrize(
    ("command", "now", "down", "said"),
    [
        (_command(), None, False, None),
        (_command(), 2, False, None),
        (_command(), 3, False, "B09.FR.04"),
        (_command(), 3, True, None),
        (_command("ws://csms", 1), 3, True, "B09.FR.04"),
        (_command("ws://csms", 1), 2, True, "B09.FR.04"),
        (_command("ws://csms", 1), 1, False, None),
        (_command("ws://csms", 2), None, False, "A00"),
        (_command("wss://csms", 1), None, False, "A00"),
        (_command("ftp://csms"), None, False, "ws: or wss:"),
        (_command("http://csms", transport="SOAP"), None, False, None),
    ],
)
def test_what_must_be_refused(command: SetNetworkProfile, now: int | None, down: bool, said: str | None) -> None:
    """A lower security profile, one that does not go with the URL."""
    flaw = flaw_of(command, security_profile=now, may_go_down=down)
    assert flaw is None if said is None else said in (flaw or "")


def test_a_slot_the_station_has_not() -> None:
    """Only where it has told its slots."""
    assert "B09.FR.05" in (flaw_of(_command(slot=7), security_profile=None, slots=(0, 1)) or "")
    assert flaw_of(_command(slot=1), security_profile=None, slots=(0, 1)) is None


def test_slots() -> None:
    """As text and back; a free one is one that is in no use, best one never written."""
    assert slots_of(" 1, 0,x") == (1, 0)
    assert slots_of(None) == ()
    assert priority_of((2, 0)) == "2,0"
    assert free_slot((0, 1, 2), (0,), used=(1,)) == 2
    assert free_slot((0, 1), (0,), used=(1,)) == 1
    assert free_slot((0, 1), (0, 1)) is None
