"""Network connection profiles in the core: what is taken into a slot, which way is gone, and what a connection made changes."""

from __future__ import annotations

from dataclasses import replace
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
from pilotwire.domain.kinds import changed
from pilotwire.domain.network_profiles import (
    AccessPoint,
    NetworkConnectionProfile,
    PrivateNetwork,
    SetNetworkProfile,
    SetNetworkProfileStatus,
)
from pilotwire.domain.provisioning import BootReason, RegistrationStatus, Reset, ResetKind, StationBooted
from pilotwire.station.core.actions import ConnectAnew
from pilotwire.station.core.network_memory import NetworkMemory
from pilotwire.station.core.network_ways import CarriersSeen, Connected, CredentialsSeen, Missed, Way
from pilotwire.station.core.variable_table import name_of
from tests.support.station_world import StationWorld

HOME = NetworkConnectionProfile(
    csms_url="ws://home.example:9000/ocpp", interface="Wired0", message_timeout=30, security_profile=1, identity="CS-1"
)
OTHER = NetworkConnectionProfile(
    csms_url="ws://other.example", interface="Wired0", message_timeout=20, security_profile=1
)
SECURE = changed(OTHER, csms_url="wss://secure.example", security_profile=2)
SHOWN = changed(OTHER, csms_url="wss://shown.example", security_profile=3)
PRIORITY = "OCPPCommCtrlr.NetworkConfigurationPriority"
ALL = CredentialsSeen(roots=True, certificate=True, password=True)


def _world(home: NetworkConnectionProfile = HOME, **more: object) -> StationWorld:
    return StationWorld(home=home, **more)  # type: ignore[arg-type]


def _put(world: StationWorld, slot: int, profile: NetworkConnectionProfile) -> str:
    outcome = world.command(SetNetworkProfile(slot=slot, profile=profile))
    return outcome.status.value  # type: ignore[union-attr,no-any-return]


def _set(world: StationWorld, name: str | VariableName, value: str) -> SetVariableStatus:
    variable = name_of(name) if isinstance(name, str) else name
    outcome = world.command(SetVariables(settings=(VariableSetting(name=variable, value=value),)))
    return outcome.results[0].status  # type: ignore[union-attr,no-any-return]


def _get(world: StationWorld, name: str | VariableName) -> str | None:
    variable = name_of(name) if isinstance(name, str) else name
    outcome = world.command(GetVariables(asked=(VariableQuery(name=variable),)))
    return outcome.results[0].value  # type: ignore[union-attr,no-any-return]


def _of_slot(slot: int, variable: str) -> VariableName:
    return VariableName(component="NetworkConfiguration", component_instance=str(slot), variable=variable)


def _way(world: StationWorld) -> Way:
    way = world.core.way()
    assert way is not None
    return way


def _miss(world: StationWorld, times: int = 1, event: str | None = None) -> None:
    for _ in range(times):
        world.feed(Missed("nobody is there", event))


def _ordered(world: StationWorld, order: str) -> None:
    assert _set(world, PRIORITY, order) is SetVariableStatus.REBOOT_REQUIRED
    world.kill()


# --- what is taken into a slot --------------------------------------------------------------------------------------


@pytest.mark.req("B09.FR.01", "B09.FR.06")
def test_a_profile_is_kept_and_counts_when_its_slot_is_ordered() -> None:
    world = _world()
    assert _put(world, 2, OTHER) == "Accepted"
    assert _way(world).url == HOME.csms_url
    _ordered(world, "2,1")
    way = _way(world)
    assert (way.slot, way.url, way.message_timeout) == (2, OTHER.csms_url, 20)


@pytest.mark.req("B09.FR.02", "B09.FR.04", "B09.FR.05")
@pytest.mark.parametrize(
    ("slot", "profile"),
    [
        pytest.param(999, OTHER, id="no-such-slot"),
        pytest.param(2, changed(OTHER, csms_url="http://other.example"), id="no-websocket"),
        pytest.param(2, changed(OTHER, csms_url="ws://"), id="no-host"),
        pytest.param(2, changed(OTHER, security_profile=0), id="downgrade"),
        pytest.param(2, changed(OTHER, security_profile=2), id="tls-without-tls"),
        pytest.param(2, changed(SHOWN, security_profile=4), id="no-such-security"),
        pytest.param(2, changed(OTHER, transport="SOAP"), id="soap"),
        pytest.param(2, changed(OTHER, ocpp_version="OCPP16"), id="other-family"),
        pytest.param(2, changed(OTHER, message_timeout=0), id="no-time"),
        pytest.param(2, changed(OTHER, basic_auth_password="short"), id="short-password"),
        pytest.param(2, changed(OTHER, identity="a:b"), id="colon"),
    ],
)
def test_what_cannot_be_is_refused(slot: int, profile: NetworkConnectionProfile) -> None:
    world = _world()
    assert _put(world, slot, profile) == SetNetworkProfileStatus.REJECTED
    assert world.storage.load().part(NetworkMemory).profiles == {}  # type: ignore[union-attr]


@pytest.mark.req("B09.FR.31", "B09.FR.32")
def test_from_3_to_2_where_that_is_allowed_but_never_to_1() -> None:
    world = _world(changed(HOME, csms_url="wss://home.example", security_profile=3))
    assert _put(world, 2, SECURE) == "Rejected"
    assert _set(world, "SecurityCtrlr.AllowSecurityProfileDowngrade", "true") is SetVariableStatus.ACCEPTED
    assert _put(world, 2, SECURE) == "Accepted"
    assert _put(world, 3, OTHER) == "Rejected"


# --- the order ------------------------------------------------------------------------------------------------------


@pytest.mark.req("B10.FR.02")
@pytest.mark.parametrize("order", ["2", "1,2", ""])
def test_an_order_with_an_empty_slot_or_none_is_refused(order: str) -> None:
    assert _set(_world(), PRIORITY, order) is SetVariableStatus.REJECTED


@pytest.mark.req("A05.FR.02", "A05.FR.03", "A05.FR.04")
@pytest.mark.parametrize(
    ("profile", "have", "status"),
    [
        pytest.param(SECURE, CredentialsSeen(password=True), SetVariableStatus.REJECTED, id="2-no-root"),
        pytest.param(SECURE, CredentialsSeen(roots=True), SetVariableStatus.REJECTED, id="2-no-password"),
        pytest.param(
            SECURE, CredentialsSeen(roots=True, password=True), SetVariableStatus.REBOOT_REQUIRED, id="2-ready"
        ),
        pytest.param(
            SHOWN, CredentialsSeen(roots=True, password=True), SetVariableStatus.REJECTED, id="3-no-certificate"
        ),
        pytest.param(
            SHOWN, CredentialsSeen(roots=True, certificate=True), SetVariableStatus.REBOOT_REQUIRED, id="3-ready"
        ),
    ],
)
def test_a_higher_security_profile_needs_its_means(
    profile: NetworkConnectionProfile, have: CredentialsSeen, status: SetVariableStatus
) -> None:
    world = _world()
    world.feed(have)
    assert _put(world, 2, profile) == "Accepted"
    assert _set(world, PRIORITY, "2,1") is status


def _why(world: StationWorld, name: VariableName, value: str) -> str | None:
    """The code of the reason a value is refused; None: it is not."""
    outcome: Any = world.command(SetVariables(settings=(VariableSetting(name=name, value=value),)))
    reason = outcome.results[0].reason
    return None if reason is None else str(reason.code)


@pytest.mark.req("B09.FR.20", "B09.FR.33", "B09.FR.34")
def test_slots_are_added_to_the_order_if_they_can_be_used_and_taken_out_as_one_likes() -> None:
    """One that cannot be says why."""
    world = _world()
    assert _why(world, name_of(PRIORITY), "1,2") == "InvalidNetworkConf"
    assert _put(world, 2, OTHER) == "Accepted"
    for order in ("1,2", "2"):
        assert _set(world, PRIORITY, order) is SetVariableStatus.REBOOT_REQUIRED


@pytest.mark.req("B09.FR.35")
def test_a_lower_security_profile_of_a_slot_is_refused_with_its_reason() -> None:
    world = _world(changed(HOME, csms_url="wss://home.example", security_profile=3))
    assert _why(world, _of_slot(2, "SecurityProfile"), "2") == "NoSecurityDowngrade"
    assert _set(world, "SecurityCtrlr.AllowSecurityProfileDowngrade", "true") is SetVariableStatus.ACCEPTED
    assert _why(world, _of_slot(2, "SecurityProfile"), "1") == "NoSecurityDowngrade"
    assert _why(world, _of_slot(2, "SecurityProfile"), "2") is None


# --- attempts and fallback ------------------------------------------------------------------------------------------


@pytest.mark.req("B10.FR.03", "B10.FR.04", "B10.FR.08", "B10.FR.09")
def test_each_slot_has_its_attempts_and_then_it_begins_again() -> None:
    world = _world(variables={"OCPPCommCtrlr.NetworkProfileConnectionAttempts": "2"})
    _put(world, 2, OTHER)
    _ordered(world, "2,1")
    tried = []
    for _ in range(6):
        tried.append(_way(world).slot)
        _miss(world)
    assert tried == [2, 2, 1, 1, 2, 2]


@pytest.mark.req("B10.FR.07")
def test_the_last_way_that_worked_is_not_forgotten() -> None:
    """An order of which nothing works must not make a stranded asset."""
    world = _world()
    world.feed(Connected(1))
    _put(world, 2, OTHER)
    _ordered(world, "2")
    assert _way(world).slot == 2
    _miss(world, 3)
    assert _way(world).slot == 1


@pytest.mark.req("B10.FR.10")
def test_another_csms_hears_a_boot_again() -> None:
    """Switching without a reboot: whoever is there now has not accepted us."""
    world = _world()
    _put(world, 2, OTHER)
    _ordered(world, "1,2")
    world.feed(Connected(1))
    boots = len(world.csms.of(StationBooted))
    world.cut()
    world.feed(Connected(1))
    world.connect()
    assert len(world.csms.of(StationBooted)) == boots, "the same one does not"
    world.cut()
    _miss(world, 3)
    world.feed(Connected(_way(world).slot))
    world.connect()
    assert len(world.csms.of(StationBooted)) == boots + 1
    assert _get(world, "OCPPCommCtrlr.ActiveNetworkProfile") == "2"


@pytest.mark.req("A05.FR.05", "A05.FR.06")
def test_what_is_less_secure_goes_when_the_new_way_works() -> None:
    world = _world()
    world.feed(ALL)
    _put(world, 2, SECURE)
    _put(world, 3, OTHER)
    _ordered(world, "2,3,1")
    assert _get(world, "SecurityCtrlr.SecurityProfile") == "1"
    world.feed(Connected(2))
    assert _get(world, "SecurityCtrlr.SecurityProfile") == "2"
    assert _get(world, PRIORITY) == "2"
    assert set(world.storage.load().part(NetworkMemory).profiles) == {2}  # type: ignore[union-attr]
    _miss(world, 20)
    world.kill()
    assert _way(world).slot == 2


def test_before_that_it_can_fall_back() -> None:
    """A05: a station that cannot reach the CSMS by the new profile is not lost."""
    world = _world()
    world.feed(ALL)
    _put(world, 2, SECURE)
    _ordered(world, "2,1")
    _miss(world, 3)
    assert _way(world).url == HOME.csms_url
    world.feed(Connected(1))
    assert _get(world, "SecurityCtrlr.SecurityProfile") == "1"


def test_an_installer_may_set_up_another_place() -> None:
    """What the CSMS made of the old one does not hold at the new one."""
    world = _world()
    world.settings = replace(world.settings, home=changed(HOME, csms_url="wss://new.example", security_profile=2))
    world.kill()
    assert (_way(world).url, _way(world).security_profile) == ("wss://new.example", 2)
    assert _get(world, "SecurityCtrlr.SecurityProfile") == "2"


@pytest.mark.req("A00.FR.310", "A00.FR.316")
def test_the_same_trouble_is_one_security_event() -> None:
    world = _world()
    world.cut()
    _miss(world, 3, "InvalidCsmsCertificate")
    _miss(world, 1, "InvalidTLSVersion")
    _miss(world, 1, "InvalidCsmsCertificate")
    world.feed(Connected(1))
    world.connect()
    told = [one for one in world.security_events() if one.startswith("Invalid")]
    assert told == ["InvalidCsmsCertificate", "InvalidTLSVersion", "InvalidCsmsCertificate"]


# --- the security profile of 1.6 ------------------------------------------------------------------------------------

LEVEL = "SecurityCtrlr.SecurityProfile"


@pytest.mark.parametrize(
    ("level", "have", "accepted"),
    [
        pytest.param("1", ALL, False, id="the-same"),
        pytest.param("0", ALL, False, id="lower"),
        pytest.param("2", CredentialsSeen(password=True), False, id="2-no-root"),
        pytest.param("2", CredentialsSeen(roots=True), False, id="2-no-password"),
        pytest.param("2", CredentialsSeen(roots=True, password=True), True, id="2-ready"),
        pytest.param("3", CredentialsSeen(roots=True, password=True), False, id="3-no-certificate"),
        pytest.param("3", CredentialsSeen(roots=True, certificate=True), True, id="3-ready"),
        pytest.param("4", ALL, False, id="no-such"),
    ],
)
def test_in_1_6_the_key_goes_up_only_and_with_its_means(level: str, have: CredentialsSeen, accepted: bool) -> None:
    world = _world(ocpp16=True)
    world.feed(have)
    assert (_set(world, LEVEL, level) is SetVariableStatus.ACCEPTED) is accepted
    assert any(isinstance(action, ConnectAnew) for action in world.actions) is accepted
    assert _way(world).url.startswith("wss:" if accepted else "ws:")


@pytest.mark.parametrize("connects", [True, False])
def test_in_1_6_a_profile_that_does_not_connect_is_given_up(connects: bool) -> None:
    """Also over a power failure in between."""
    world = _world(ocpp16=True)
    world.feed(ALL)
    _set(world, LEVEL, "2")
    world.kill()
    _miss(world, 2)
    assert _way(world).security_profile == 2
    if connects:
        world.feed(Connected(1))
    _miss(world, 3)
    assert _way(world).security_profile == (2 if connects else 1)
    assert _get(world, LEVEL) == ("2" if connects else "1")


# --- NetworkConfiguration -------------------------------------------------------------------------------------------


@pytest.mark.req("B09.FR.08", "B09.FR.09", "B09.FR.11", "B09.FR.12")
def test_a_profile_is_read_as_variables() -> None:
    world = _world()
    assert _get(world, _of_slot(1, "OcppCsmsUrl")) == HOME.csms_url
    apn = AccessPoint(apn="internet", authentication="PAP", user_name="me", password="secret", sim_pin=1234)
    vpn = PrivateNetwork(server="vpn.example", user="cs", password="secret", key="secret", type="IPSec")
    _put(world, 2, changed(OTHER, apn=apn, vpn=vpn))
    for variable, value in {
        "OcppCsmsUrl": OTHER.csms_url,
        "MessageTimeout": "20",
        "SecurityProfile": "1",
        "ApnEnabled": "true",
        "Apn": "internet",
        "ApnAuthentication": "PAP",
        "VpnEnabled": "true",
        "VpnServer": "vpn.example",
    }.items():
        assert _get(world, _of_slot(2, variable)) == value
    for secret in ("SimPin", "ApnPassword", "VpnKey", "VpnPassword", "BasicAuthPassword"):
        assert _get(world, _of_slot(2, secret)) is None
    _put(world, 2, OTHER)
    assert [_get(world, _of_slot(2, one)) for one in ("ApnEnabled", "VpnEnabled")] == ["false", "false"]


@pytest.mark.req("B09.FR.10", "B09.FR.22", "B09.FR.23", "B09.FR.24", "B09.FR.25", "B09.FR.28")
def test_a_profile_is_written_as_variables() -> None:
    """Where its slot is not in the order; an empty one is not taken into it."""
    world = _world()
    assert _set(world, PRIORITY, "3") is SetVariableStatus.REJECTED
    for variable, value in (
        ("SecurityProfile", "1"),
        ("OcppCsmsUrl", "ws://third.example"),
        ("BasicAuthPassword", "a-password-of-the-slot"),
        ("Identity", "CS-3"),
        ("OcppVersion", "OCPP21"),
        ("VpnServer", "vpn.example"),
        ("VpnEnabled", "false"),
    ):
        assert _set(world, _of_slot(3, variable), value) is SetVariableStatus.ACCEPTED, variable
    for variable, value in (("SecurityProfile", "0"), ("OcppCsmsUrl", "http://x"), ("Identity", "a:b")):
        assert _set(world, _of_slot(3, variable), value) is SetVariableStatus.REJECTED, variable
    _ordered(world, "3")
    way = _way(world)
    assert (way.url, way.identity, way.password, way.ocpp_version) == (
        "ws://third.example",
        "CS-3",
        "a-password-of-the-slot",
        "OCPP21",
    )
    assert _get(world, "SecurityCtrlr.Identity") == "CS-3"
    assert _set(world, _of_slot(3, "OcppCsmsUrl"), "ws://fourth.example") is SetVariableStatus.REJECTED


@pytest.mark.req("A01.FR.01", "A01.FR.11", "A01.FR.12", "B09.FR.27")
def test_a_password_that_was_set_goes_before_the_profiles_own() -> None:
    """It is logged that it was set, not what it is."""
    world = _world()
    _put(world, 2, changed(OTHER, basic_auth_password="a-password-of-the-slot"))
    _ordered(world, "2")
    world.feed(Connected(2))
    assert _way(world).password == "a-password-of-the-slot"
    assert _set(world, "SecurityCtrlr.BasicAuthPassword", "the-password-of-today") is SetVariableStatus.ACCEPTED
    assert _way(world).password == "the-password-of-today"
    assert "the-password-of-today" not in "".join(world.notes)


# --- carriers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "ethernet", "cellular", "used"),
    [
        ("Auto", True, True, "Ethernet"),
        ("Auto", False, True, "Cellular"),
        ("Ethernet", False, True, None),
        ("Cellular", True, True, "Cellular"),
        ("Cellular", True, False, None),
        ("None", True, True, None),
    ],
)
def test_what_carries_the_connection(wanted: str, ethernet: bool, cellular: bool, used: str | None) -> None:
    world = _world(variables={"InstallerCtrlr.ConnectionType": wanted})
    world.feed(CarriersSeen(ethernet, cellular))
    way = world.core.way()
    assert (way.carrier if way is not None else None) == used
    assert _get(world, "InstallerCtrlr.ActiveConnection") == (used or "")


def test_a_carrier_that_changes_takes_the_connection_with_it() -> None:
    world = _world()
    world.feed(CarriersSeen(ethernet=False))
    world.feed(CarriersSeen(ethernet=False))
    assert sum(isinstance(action, ConnectAnew) for action in world.actions) == 1


def test_a_restart_keeps_the_profiles() -> None:
    """A reset in order, with the data kept (B10)."""
    world = _world()
    _put(world, 2, OTHER)
    _set(world, PRIORITY, "2,1")
    world.command(Reset(kind=ResetKind.ON_IDLE))
    world.pass_time(30)
    assert world.restarts == [BootReason.REMOTE_RESET]
    assert _way(world).slot == 2
    assert world.core.overview().registration is RegistrationStatus.ACCEPTED
