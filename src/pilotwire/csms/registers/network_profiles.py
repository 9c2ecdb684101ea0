"""The network profiles a station was given, slot by slot (B09)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pilotwire.csms.store.ports import Operation
from pilotwire.csms.store.registers import Register
from pilotwire.domain.kinds import Value, changed
from pilotwire.domain.network_profiles import (
    NetworkConnectionProfile,
    SetNetworkProfile,
    SetNetworkProfileOutcome,
    SetNetworkProfileStatus,
)


class KeptProfile(Value):
    """A slot: the profile the station took last (None: it took none), what it answered last, and when. Secrets are not kept."""

    slot: int
    status: SetNetworkProfileStatus
    at: datetime
    profile: NetworkConnectionProfile | None = None


PROFILES: Final = Register("network-profiles", KeptProfile)
"""By station and `slot_key`."""


def slot_key(slot: int) -> str:
    """The key of a slot, so that slots stand in the order of their numbers."""
    return f"{slot:010d}"


def keep_profile(
    station: str, command: SetNetworkProfile, outcome: SetNetworkProfileOutcome, at: datetime
) -> Operation:
    """The operation that keeps what became of a profile."""
    taken = without_secrets(command.profile) if outcome.status is SetNetworkProfileStatus.ACCEPTED else None

    def kept(before: KeptProfile | None) -> KeptProfile:
        profile = taken or (before.profile if before is not None else None)
        return KeptProfile(slot=command.slot, status=outcome.status, at=at, profile=profile)

    return PROFILES.amend(station, slot_key(command.slot), kept)


def without_secrets(profile: NetworkConnectionProfile) -> NetworkConnectionProfile:
    """A profile without its passwords, keys and PIN."""
    apn, vpn = profile.apn, profile.vpn
    return changed(
        profile,
        basic_auth_password=None,
        apn=None if apn is None else changed(apn, password=None, sim_pin=None),
        vpn=None if vpn is None else changed(vpn, password="", key=""),
    )
