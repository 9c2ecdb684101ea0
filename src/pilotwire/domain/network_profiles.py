"""How a station reaches its CSMS (B09, B10), and how it comes to a higher security profile (A05)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from pilotwire.domain.kinds import Command, Outcome, Value

JSON: Final = "JSON"
SOAP: Final = "SOAP"
NO_PROFILE_DOWNGRADE: Final = "B09.FR.04"


class AccessPoint(Value):
    """How the station gets into a mobile network (APNType); `authentication` as in APNAuthenticationEnumType."""

    apn: str
    authentication: str
    user_name: str | None = None
    password: str | None = None
    sim_pin: int | None = None
    preferred_network: str | None = None
    use_only_preferred_network: bool | None = None


class PrivateNetwork(Value):
    """How the station gets into a VPN (VPNType); `type` as in VPNEnumType."""

    server: str
    user: str
    password: str
    key: str
    type: str
    group: str | None = None


class NetworkConnectionProfile(Value):
    """One way to a CSMS (NetworkConnectionProfileType). `message_timeout` in seconds, `interface` as in OCPPInterfaceEnumType.

    `ocpp_version` as in OCPPVersionEnumType: 2.0.1 must name one, 2.1 leaves it to the handshake. `identity` and `basic_auth_password`
    are of 2.1.
    """

    csms_url: str
    interface: str
    message_timeout: int
    security_profile: int
    transport: str = JSON
    ocpp_version: str | None = None
    identity: str | None = None
    basic_auth_password: str | None = None
    apn: AccessPoint | None = None
    vpn: PrivateNetwork | None = None


class SetNetworkProfile(Command):
    """Put a profile into one of the station's slots (B09)."""

    slot: int
    profile: NetworkConnectionProfile


class SetNetworkProfileStatus(StrEnum):
    """Whether the station has the profile now (SetNetworkProfileStatusEnumType)."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    FAILED = "Failed"


class SetNetworkProfileOutcome(Outcome):
    """The station's answer."""

    status: SetNetworkProfileStatus


def flaw_of(
    command: SetNetworkProfile,
    *,
    security_profile: int | None,
    slots: tuple[int, ...] = (),
    may_go_down: bool = False,
) -> str | None:
    """Why a station must refuse a profile, None if nothing is known against it.

    `security_profile` is what it has now (None: not known): a lower one is refused (B09.FR.04), but 3 may become 2 where the station
    allows that (`may_go_down`: AllowSecurityProfileDowngrade; B09.FR.31, B09.FR.32).
    `slots` are those it has, as far as it told (B09.FR.05).
    """
    profile = command.profile
    scheme = profile.csms_url.partition(":")[0].casefold()
    if profile.transport == JSON and scheme not in ("ws", "wss"):
        return f"a CSMS of OCPP-J is at a URL with ws: or wss:, not at {profile.csms_url!r}"
    if profile.transport == JSON and (scheme == "wss") is not (profile.security_profile >= 2):
        return f"security profile {profile.security_profile} does not go with a URL of {scheme}: (A00)"
    if slots and command.slot not in slots:
        return f"the station has the slots {_listed(slots)}, not {command.slot} (B09.FR.05)"
    lower = security_profile is not None and profile.security_profile < security_profile
    if lower and not (may_go_down and profile.security_profile >= 2):
        return f"the station has security profile {security_profile}: it takes no profile with a lower one (B09.FR.04)"
    return None


def slots_of(text: str | None) -> tuple[int, ...]:
    """The slots in the text of NetworkConfigurationPriority, or in its list of values; what is no number is left out."""
    parts = ((text or "").split(",")) if text else []
    numbers = (part.strip() for part in parts)
    return tuple(int(number) for number in numbers if number.isascii() and number.isdigit() and len(number) < 10)


def priority_of(slots: Iterable[int]) -> str:
    """The text of NetworkConfigurationPriority."""
    return ",".join(str(slot) for slot in slots)


def free_slot(slots: tuple[int, ...], priority: tuple[int, ...], used: Iterable[int] = ()) -> int | None:
    """A slot that is not in use: one never written before one that is only not in the priority. None: all are in use."""
    spare = [slot for slot in slots if slot not in priority]
    known = set(used)
    return next((slot for slot in spare if slot not in known), spare[0] if spare else None)


def _listed(slots: tuple[int, ...]) -> str:
    return ", ".join(str(slot) for slot in slots)
