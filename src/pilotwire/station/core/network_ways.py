"""Which way a station goes to its CSMS: slots in their order, attempts for each, and what a connection made changes (B10, A05).

No I/O: the shell asks for the next `Way` and tells what became of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from pilotwire.domain.kinds import changed
from pilotwire.domain.network_profiles import (
    NetworkConnectionProfile,
    SetNetworkProfile,
    flaw_of,
    priority_of,
    slots_of,
)
from pilotwire.station.core import certificate_signing, security
from pilotwire.station.core.actions import ConnectAnew
from pilotwire.station.core.certificate_files import CsmsAnchor
from pilotwire.station.core.inputs import OfStreet
from pilotwire.station.core.network_memory import NetworkMemory
from pilotwire.station.core.setup_memory import SetupMemory
from pilotwire.station.core.station import Station

SLOTS = (1, 2, 3, 4)
"""The configuration slots there are (B09.FR.06)."""
HOME_SLOT = 1
"""The slot of the profile the station was set up with, as long as the CSMS puts no other there."""
ANOTHER = 0
"""No slot: whatever is connected to next is another CSMS than before, maybe."""
UNKNOWN_HOME = NetworkConnectionProfile(
    csms_url="ws://csms.invalid", interface="Wired0", message_timeout=30, security_profile=0
)
"""The profile of a station that was set up without one."""
PRIORITY = "OCPPCommCtrlr.NetworkConfigurationPriority"
LEVEL = "SecurityCtrlr.SecurityProfile"
PASSWORD = "SecurityCtrlr.BasicAuthPassword"
IDENTITY = "SecurityCtrlr.Identity"
ATTEMPTS = "OCPPCommCtrlr.NetworkProfileConnectionAttempts"
DOWNGRADE = "SecurityCtrlr.AllowSecurityProfileDowngrade"


class Carrier(StrEnum):
    """What carries the connection."""

    ETHERNET = "Ethernet"
    CELLULAR = "Cellular"


@dataclass(frozen=True, slots=True)
class Way:
    """How the next connection is to be made. Times in seconds; `password` None: none is known, or none is to be shown.

    `ocpp_version` as in OCPPVersionEnumType, None: as the station speaks. `identity` None: its own.
    """

    slot: int
    url: str
    security_profile: int
    carrier: Carrier
    message_timeout: int
    identity: str | None = None
    password: str | None = None
    ocpp_version: str | None = None
    only_strong_ciphers: bool = False
    checks_host_name: bool = True
    takes_wildcards: bool = False
    one_root: bool = False
    proxy: str | None = None
    connection_timeout: int = 60


# --- what the shell tells -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Connected(OfStreet):
    """A connection was made by the way of a slot; fed before `LinkUp`. `anchor`: the CSMS root it was checked by, PEM, if that is known."""

    slot: int
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Missed(OfStreet):
    """A connection could not be made. `event` is the security event it means, if it means one."""

    why: str
    event: str | None = None


@dataclass(frozen=True, slots=True)
class Moved(OfStreet):
    """The CSMS finds the station at another address than the one it told; fed before `LinkUp`."""


@dataclass(frozen=True, slots=True)
class CredentialsSeen(OfStreet):
    """What there is to make secure connections with: valid CSMS roots, a valid certificate of the station, a first password.

    One that is too short for a security profile is none.
    """

    roots: bool = False
    certificate: bool = False
    password: bool = False


@dataclass(frozen=True, slots=True)
class CarriersSeen(OfStreet):
    """Which carriers have a link."""

    ethernet: bool = True
    cellular: bool = True


@dataclass(frozen=True, slots=True)
class SetUp(OfStreet):
    """A person has set up another place to connect to (`moves`), or another way to connect; `setup` is what is to be kept of it."""

    home: NetworkConnectionProfile
    setup: SetupMemory
    moves: bool


@dataclass(slots=True)
class Ways:
    """Where the station is in its search, until the next start. `order` is the priority as it was at the start."""

    order: tuple[int, ...] = ()
    index: int = 0
    misses: int = 0
    connected: int | None = None
    trouble: str = ""
    unreachable_since: datetime | None = None
    credentials: CredentialsSeen = field(default_factory=CredentialsSeen)
    carriers: CarriersSeen = field(default_factory=CarriersSeen)


# --- profiles -------------------------------------------------------------------------------------------------------


def home_of(station: Station) -> NetworkConnectionProfile:
    """The profile the station was set up with, at the security profile it has been raised to.

    Its identity is not there where the CSMS has set another (errata 2.1 B09.FR.26).
    """
    home = station.settings.home or UNKNOWN_HOME
    if identity_set(station):
        home = changed(home, identity=None)
    level = station.kept(NetworkMemory).level
    return home if level is None else changed(home, security_profile=level, csms_url=_url_for(home.csms_url, level))


def identity_set(station: Station) -> str | None:
    """The identity the CSMS has set for all profiles that have none of their own, None: it has not."""
    return (station.variables.has(IDENTITY) and station.variables.text(IDENTITY)) or None


def _url_for(url: str, level: int) -> str:
    """The same place with TLS, or without."""
    scheme, colon, rest = url.partition(":")
    plain = "http" if scheme.casefold().startswith("http") else "ws"
    return (f"{plain}s" if level >= 2 else plain) + colon + rest


def profile_of(station: Station, slot: int) -> NetworkConnectionProfile | None:
    """What is in a slot."""
    own = station.kept(NetworkMemory).profiles.get(slot)
    return own if own is not None or slot != HOME_SLOT else home_of(station)


def level_of(station: Station) -> int:
    """The security profile in force."""
    return station.variables.number(LEVEL)


def may_go_down(station: Station) -> bool:
    """Whether the security profile may go from 3 to 2 (A05.FR.08)."""
    return station.variables.on(DOWNGRADE)


def usable(station: Station, slot: int) -> bool:
    """Whether a slot has a profile that may be connected with at the security profile in force (A05.FR.06, A05.FR.08)."""
    profile = profile_of(station, slot)
    if profile is None:
        return False
    now = level_of(station)
    if profile.security_profile >= now:
        return True
    return now == 3 and profile.security_profile == 2 and may_go_down(station)


def flaw_of_priority(station: Station, text: str) -> str | None:
    """Why the order of slots cannot be (A05.FR.02, A05.FR.03, A05.FR.09, B10.FR.02)."""
    slots = slots_of(text)
    if not slots:
        return "it names no slot"
    for slot in slots:
        profile = profile_of(station, slot)
        flaw = "it is empty" if profile is None else _flaw_to_use(station, slot, profile)
        if flaw is not None:
            return f"slot {slot}: {flaw}"
    return None


def _flaw_to_use(station: Station, slot: int, profile: NetworkConnectionProfile) -> str | None:
    command = SetNetworkProfile(slot=slot, profile=profile)
    flaw = flaw_of(command, security_profile=level_of(station), slots=SLOTS, may_go_down=may_go_down(station))
    if flaw is not None or profile.security_profile <= level_of(station):
        return flaw
    return lacking(station, profile.security_profile, profile.basic_auth_password)


def lacking(station: Station, level: int, password: str | None = None) -> str | None:
    """What is missing for a security profile, None if nothing is (2.x A05.FR.02, A05.FR.03; whitepaper A05.FR.02 to A05.FR.04)."""
    have = station.moment(Ways).credentials
    if level in (1, 2) and not (password or station.variables.text(PASSWORD) or have.password):
        return "there is no password"
    if level >= 2 and not have.roots:
        return "no valid root certificate of a CSMS is installed"
    if level >= 3 and not have.certificate:
        return "the station has no valid certificate"
    return None


# --- the way --------------------------------------------------------------------------------------------------------


def carrier_of(station: Station) -> Carrier | None:
    """What carries the connection now: Ethernet wins where there is a choice; None: nothing does, or nothing is to."""
    wanted = station.variables.text("InstallerCtrlr.ConnectionType")
    links = station.moment(Ways).carriers
    if links.ethernet and wanted in ("Ethernet", "Auto"):
        return Carrier.ETHERNET
    return Carrier.CELLULAR if links.cellular and wanted in ("Cellular", "Auto") else None


def order_of(station: Station) -> tuple[int, ...]:
    """The slots in the order they are tried; where none of the priority works, the last one that did (B10.FR.07, B10.FR.08)."""
    order = [slot for slot in station.moment(Ways).order if usable(station, slot)]
    last = station.kept(NetworkMemory).last
    if last is not None and last not in order and usable(station, last):
        order.append(last)
    if not order:
        order = [slot for slot in SLOTS if usable(station, slot)]
    return tuple(order) or (HOME_SLOT,)


def slot_of(station: Station) -> int:
    """The slot in use, or the one to be tried next."""
    ways = station.moment(Ways)
    order = order_of(station)
    return order[ways.index % len(order)]


def way_of(station: Station) -> Way | None:
    """How to connect next; None: not at all, as things are."""
    carrier = carrier_of(station)
    if carrier is None:
        return None
    slot, values = slot_of(station), station.variables
    profile = profile_of(station, slot) or home_of(station)
    password = profile.basic_auth_password or values.text(PASSWORD) or None
    return Way(
        slot=slot,
        url=profile.csms_url,
        security_profile=profile.security_profile,
        carrier=carrier,
        message_timeout=profile.message_timeout,
        identity=profile.identity or identity_set(station),
        password=password,
        ocpp_version=profile.ocpp_version,
        only_strong_ciphers=values.text("InstallerCtrlr.ConnectionStrictness") == "SecureOnly",
        checks_host_name=values.text("InstallerCtrlr.TlsStrictness") == "Full",
        takes_wildcards=values.on("SecurityCtrlr.AllowCSMSTLSWildcards"),
        one_root=values.on("SecurityCtrlr.AdditionalRootCertificateCheck"),
        proxy=values.text("InstallerCtrlr.WebSocketProxy") or None,
        connection_timeout=values.number("InstallerCtrlr.ConnectionTimeout"),
    )


# --- what became of it ----------------------------------------------------------------------------------------------


def missed(station: Station, event: Missed) -> None:
    """Count the attempt; after so many the next slot's turn comes (B10.FR.03), and after all of them the first one's again."""
    ways = station.moment(Ways)
    if event.event is not None and event.event != ways.trouble:  # the same trouble again is no news
        security.report(station, event.event, event.why)
    ways.trouble = event.event or ""
    if event.event == "InvalidCsmsCertificate":
        certificate_signing.csms_not_trusted(station)
    ways.misses += 1
    if ways.misses < max(1, station.variables.number(ATTEMPTS)):
        return
    ways.misses = 0
    if not _falls_back(station):
        ways.index = (ways.index + 1) % len(order_of(station))
        if ways.index == 0:
            certificate_signing.certificate_not_trusted(station)


def _falls_back(station: Station) -> bool:
    """A security profile that was raised and does not connect is given up again (1.6 whitepaper A05, error handling)."""
    memory = station.kept(NetworkMemory)
    if memory.upgraded_from is None:
        return False
    station.variables.put(LEVEL, str(memory.upgraded_from))
    station.note(f"Security profile {memory.level} does not connect: back to {memory.upgraded_from}.")
    station.remember(changed(memory, level=memory.upgraded_from, upgraded_from=None))
    return True


def moved(station: Station, _: Moved) -> None:
    """Boot again, so that the CSMS learns the new address (S16:7.1)."""
    station.registration = None
    station.timers.boot = None


def connected(station: Station, event: Connected) -> None:
    """A way works: it is the one to fall back to, and what is less secure goes (A05.FR.06)."""
    ways = station.moment(Ways)
    station.moment(CsmsAnchor).pem = event.anchor
    profile = profile_of(station, event.slot) or home_of(station)
    if ways.connected not in (None, event.slot):  # B10.FR.10: another CSMS, maybe
        station.registration = None
        station.timers.boot = None
    ways.connected, ways.misses, ways.trouble = event.slot, 0, ""
    memory = changed(station.kept(NetworkMemory), last=event.slot, upgraded_from=None)
    if profile.security_profile != level_of(station):
        station.variables.put(LEVEL, str(profile.security_profile))
        kept = {slot: one for slot, one in memory.profiles.items() if one.security_profile >= profile.security_profile}
        memory = changed(memory, profiles=kept)
    station.remember(memory)
    _tidy_priority(station)


def _tidy_priority(station: Station) -> None:
    """Take slots out of the priority that may not be used any more (A05.FR.06)."""
    ways = station.moment(Ways)
    before = slots_of(station.variables.text(PRIORITY))
    after = tuple(slot for slot in before if usable(station, slot))
    if not after or after == before:
        return
    in_use = slot_of(station)
    station.variables.put(PRIORITY, priority_of(after))
    ways.order = tuple(slot for slot in ways.order if usable(station, slot))
    order = order_of(station)
    ways.index = order.index(in_use) if in_use in order else 0


def carriers_seen(station: Station, event: CarriersSeen) -> None:
    """A cable or a mobile network came or went; the connection moves with it."""
    before = carrier_of(station)
    station.moment(Ways).carriers = event
    if carrier_of(station) is not before:
        station.do(ConnectAnew("what carries the connection has changed"))


def credentials_seen(station: Station, event: CredentialsSeen) -> None:
    """What there is to make secure connections with has changed."""
    station.moment(Ways).credentials = event


def started(station: Station) -> None:
    """Take the priority as it is now (B10.FR.04, A05.FR.05), and notice that an installer has set up another place."""
    home = station.settings.home or UNKNOWN_HOME
    mark = _mark(home)
    memory = station.kept(NetworkMemory)
    if memory.home != mark and station.settings.home is not None:
        new = memory.home != "" or home.security_profile != level_of(station)
        station.remember(changed(memory, home=mark, level=None, upgraded_from=None))
        if new:
            station.variables.put(LEVEL, str(home.security_profile))
    ways = station.moment(Ways)
    ways.order = slots_of(station.variables.text(PRIORITY))
    ways.unreachable_since = station.now


def _mark(home: NetworkConnectionProfile) -> str:
    """What tells one place a station was set up with from another."""
    return f"{home.security_profile} {home.csms_url}"


def set_up(station: Station, event: SetUp) -> None:
    """Go where a person says: that goes before every profile of the CSMS, which may set its own again, and no way back is kept."""
    station.settings = replace(station.settings, home=event.home)
    station.remember(event.setup)
    if event.moves:
        ways = station.moment(Ways)
        station.remember(NetworkMemory(home=_mark(event.home)))
        station.variables.put(PRIORITY, str(HOME_SLOT))
        if identity_set(station):
            station.variables.put(IDENTITY, "")
        station.variables.put(LEVEL, str(event.home.security_profile))
        ways.order, ways.index, ways.misses, ways.trouble = (HOME_SLOT,), 0, 0, ""
        ways.connected = ANOTHER
    station.do(ConnectAnew("the station was set up anew"))


def raise_level(station: Station, level: int) -> None:
    """Go by another security profile from now on, with the one before to fall back to (1.6 whitepaper A05.FR.05 to A05.FR.07)."""
    memory = station.kept(NetworkMemory)
    before = home_of(station).security_profile
    if level != before:
        station.remember(changed(memory, level=level, upgraded_from=before))
        station.moment(Ways).misses = 0
        station.do(ConnectAnew("the security profile has changed"))
