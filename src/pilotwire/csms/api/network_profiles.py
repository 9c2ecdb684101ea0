"""How stations reach this CSMS: their network profiles (B09, B10), and the way to a higher security profile (A05)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from pilotwire.csms.api.access import COMMAND, READ
from pilotwire.csms.api.problems import COMMANDS, READS, not_found, problems
from pilotwire.csms.api.resource import TEXT, Integer, Positive, Resource, StationIdentity, Time
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.api.stations import known_station
from pilotwire.csms.commands import network_profiles, security_upgrade
from pilotwire.csms.registers.network_profiles import PROFILES, KeptProfile
from pilotwire.csms.registers.security_upgrades import UPGRADES, SecurityUpgrade, UpgradeState
from pilotwire.csms.store.ports import Page
from pilotwire.domain.device_model import SetVariableStatus
from pilotwire.domain.network_profiles import (
    JSON,
    AccessPoint,
    NetworkConnectionProfile,
    PrivateNetwork,
    SetNetworkProfileStatus,
)
from pilotwire.domain.provisioning import ResetKind

router = APIRouter(prefix="/stations/{station}", tags=["network profiles"])
Url = Annotated[str, Field(min_length=1, max_length=512, pattern=TEXT, examples=["wss://csms.example.com/ocpp"])]
ShortText = Annotated[str, Field(min_length=1, max_length=20, pattern=TEXT)]
LongText = Annotated[str, Field(min_length=1, max_length=512, pattern=TEXT)]
Interface = Literal["Wired0", "Wired1", "Wired2", "Wired3", "Wireless0", "Wireless1", "Wireless2", "Wireless3", "Any"]
Version = Literal["OCPP12", "OCPP15", "OCPP16", "OCPP20", "OCPP201", "OCPP21"]
SecurityProfile = Annotated[Integer, Field(le=3)]


class ApnResource(Resource):
    """How the station gets into a mobile network (APNType)."""

    apn: LongText
    apn_authentication: Literal["CHAP", "NONE", "PAP", "AUTO"]
    apn_user_name: ShortText | None = None
    apn_password: ShortText | None = None
    sim_pin: Integer | None = None
    preferred_network: Annotated[str, Field(min_length=1, max_length=6, pattern=TEXT)] | None = None
    use_only_preferred_network: bool | None = None

    def access_point(self) -> AccessPoint:
        """In domain terms."""
        return AccessPoint(
            apn=self.apn,
            authentication=self.apn_authentication,
            user_name=self.apn_user_name,
            password=self.apn_password,
            sim_pin=self.sim_pin,
            preferred_network=self.preferred_network,
            use_only_preferred_network=self.use_only_preferred_network,
        )


class VpnResource(Resource):
    """How the station gets into a VPN (VPNType)."""

    server: LongText
    user: ShortText
    password: ShortText
    key: Annotated[str, Field(min_length=1, max_length=255, pattern=TEXT)]
    type: Literal["IKEv2", "IPSec", "L2TP", "PPTP"]
    group: ShortText | None = None

    def network(self) -> PrivateNetwork:
        """In domain terms."""
        return PrivateNetwork(
            server=self.server,
            user=self.user,
            password=self.password,
            key=self.key,
            type=self.type,
            group=self.group,
        )


class ConnectionData(Resource):
    """One way to a CSMS (NetworkConnectionProfileType). `ocppVersion` left out: OCPP20 in 2.0.1, none in 2.1.

    `identity` and `basicAuthPassword` are of 2.1.
    """

    ocpp_csms_url: Url
    ocpp_interface: Interface = "Wired0"
    message_timeout: Positive = 30
    security_profile: SecurityProfile
    ocpp_transport: Literal["JSON", "SOAP"] = JSON
    ocpp_version: Version | None = None
    identity: Annotated[str, Field(min_length=1, max_length=48, pattern=TEXT)] | None = None
    basic_auth_password: Annotated[str, Field(min_length=16, max_length=64, pattern=TEXT)] | None = None
    apn: ApnResource | None = None
    vpn: VpnResource | None = None

    def profile(self) -> NetworkConnectionProfile:
        """In domain terms."""
        return NetworkConnectionProfile(
            csms_url=self.ocpp_csms_url,
            interface=self.ocpp_interface,
            message_timeout=self.message_timeout,
            security_profile=self.security_profile,
            transport=self.ocpp_transport,
            ocpp_version=self.ocpp_version,
            identity=self.identity,
            basic_auth_password=self.basic_auth_password,
            apn=None if self.apn is None else self.apn.access_point(),
            vpn=None if self.vpn is None else self.vpn.network(),
        )


_DATA: dict[str, Any] = {"ocppCsmsUrl": "wss://csms.example.com/ocpp", "securityProfile": 2}


class SetNetworkProfileRequest(Resource):
    """Put a profile into one of the station's slots (B09)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"configurationSlot": 1, "connectionData": _DATA}]})

    configuration_slot: Integer
    connection_data: ConnectionData


class SetNetworkProfileResponse(Resource):
    """The station's answer."""

    status: SetNetworkProfileStatus


@router.post(
    "/commands/set-network-profile", dependencies=[COMMAND], responses=COMMANDS, summary="Set a network profile"
)
async def set_network_profile(
    desk: TheDesk, station: StationIdentity, wanted: SetNetworkProfileRequest
) -> SetNetworkProfileResponse:
    """Put a profile into a slot. One that the station would have to refuse, as far as that is known here, is refused with the reason."""
    outcome = await network_profiles.set_profile(
        desk.commander, desk.store, station, wanted.configuration_slot, wanted.connection_data.profile()
    )
    return SetNetworkProfileResponse(status=outcome.status)


class SetPriorityRequest(Resource):
    """The slots in the order in which the station is to try them, from its next reboot on (B10)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"slots": [1, 0]}]})

    slots: list[Integer] = Field(min_length=1, max_length=100)


class SetPriorityResponse(Resource):
    """The station's answer."""

    status: SetVariableStatus


@router.post(
    "/commands/set-network-configuration-priority",
    dependencies=[COMMAND],
    responses=COMMANDS,
    summary="Set the order of network profiles",
)
async def set_network_configuration_priority(
    desk: TheDesk, station: StationIdentity, wanted: SetPriorityRequest
) -> SetPriorityResponse:
    """Set OCPPCommCtrlr.NetworkConfigurationPriority."""
    status = await network_profiles.set_priority(desk.commander, desk.store, station, tuple(wanted.slots))
    return SetPriorityResponse(status=status)


class NetworkProfileResource(Resource):
    """A slot: the profile the station took last (null: none), without its secrets; and what it answered last."""

    configuration_slot: int
    status: SetNetworkProfileStatus
    timestamp: Time
    ocpp_csms_url: str | None
    security_profile: int | None
    ocpp_interface: str | None
    apn: str | None
    vpn: str | None

    @classmethod
    def of(cls, kept: KeptProfile) -> NetworkProfileResource:
        """The resource of a slot."""
        profile = kept.profile
        return cls(
            configuration_slot=kept.slot,
            status=kept.status,
            timestamp=kept.at,
            ocpp_csms_url=None if profile is None else profile.csms_url,
            security_profile=None if profile is None else profile.security_profile,
            ocpp_interface=None if profile is None else profile.interface,
            apn=None if profile is None or profile.apn is None else profile.apn.apn,
            vpn=None if profile is None or profile.vpn is None else profile.vpn.server,
        )


class NetworkProfiles(Resource):
    """The slots this CSMS has put something into."""

    items: list[NetworkProfileResource]


@router.get(
    "/network-profiles",
    dependencies=[READ],
    responses=READS | problems(404),
    summary="List a station's network profiles",
)
async def list_network_profiles(desk: TheDesk, station: StationIdentity) -> NetworkProfiles:
    """What this CSMS has put into the slots of a station, slot by slot."""
    await known_station(desk, station)
    kept = await desk.store.records(PROFILES, station, Page(limit=1000))
    return NetworkProfiles(items=[NetworkProfileResource.of(each) for each in kept])


# --- a higher security profile ----------------------------------------------------------------------------------------------


class UpgradeRequest(Resource):
    """The profile wanted. For 2.x `connectionData` says how the station finds this CSMS then, `configurationSlot` where that goes (left
    out: a slot not in use), `resetType` how it restarts. It has `patience` seconds to come back."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"securityProfile": 2, "ocppCsmsUrl": _DATA["ocppCsmsUrl"]}]}
    )

    security_profile: Annotated[Positive, Field(le=3)]
    ocpp_csms_url: Url | None = None
    ocpp_interface: Interface = "Wired0"
    message_timeout: Positive = 30
    configuration_slot: Integer | None = None
    reset_type: ResetKind = ResetKind.ON_IDLE
    patience: Annotated[Positive, Field(le=604_800)] = 600

    def plan(self) -> security_upgrade.UpgradePlan:
        """In domain terms."""
        profile = None
        if self.ocpp_csms_url is not None:
            profile = NetworkConnectionProfile(
                csms_url=self.ocpp_csms_url,
                interface=self.ocpp_interface,
                message_timeout=self.message_timeout,
                security_profile=self.security_profile,
            )
        return security_upgrade.UpgradePlan(
            target=self.security_profile,
            profile=profile,
            slot=self.configuration_slot,
            reset=self.reset_type,
            patience=self.patience,
        )


class UpgradeStepResource(Resource):
    """A step and what came of it, in the station's word; `NotChecked`: the station itself looks at that."""

    what: str
    result: str
    timestamp: Time


class UpgradeResource(Resource):
    """An upgrade. `Waiting`: the station is to come back with the new profile, until `until`; `Done`: it did, and the lower profiles are
    refused from then on; `Failed`: `what` says why."""

    security_profile: int
    state: UpgradeState
    current: int | None = Field(description="The profile it had before; null: not known.")
    configuration_slot: int | None
    started_at: Time
    until: Time
    steps: list[UpgradeStepResource]
    what: str

    @classmethod
    def of(cls, record: SecurityUpgrade) -> UpgradeResource:
        """The resource of an upgrade."""
        return cls(
            security_profile=record.target,
            state=record.state,
            current=record.current,
            configuration_slot=record.slot,
            started_at=record.started_at,
            until=record.until,
            steps=[UpgradeStepResource(what=each.what, result=each.result, timestamp=each.at) for each in record.steps],
            what=record.what,
        )


@router.post(
    "/commands/upgrade-security-profile",
    dependencies=[COMMAND],
    responses=COMMANDS,
    summary="Bring a station to a higher security profile",
)
async def upgrade_security_profile(desk: TheDesk, station: StationIdentity, wanted: UpgradeRequest) -> UpgradeResource:
    """Do the steps in their order (A05): in 2.x a network profile in a free slot, the order of the slots, a reset; in 1.6 the key
    SecurityProfile. `GET /stations/{station}/security-upgrade` tells whether the station came back with it."""
    rooms = desk.rooms
    record = await security_upgrade.upgrade(
        desk.commander, desk.store, rooms.journal, rooms.clock, station, wanted.plan()
    )
    return UpgradeResource.of(record)


@router.get(
    "/security-upgrade", dependencies=[READ], responses=READS | problems(404), summary="How far a security upgrade is"
)
async def get_security_upgrade(desk: TheDesk, station: StationIdentity) -> UpgradeResource:
    """The upgrade of a station that was begun last."""
    record = await desk.store.record(UPGRADES, station, "")
    if record is None:
        raise not_found(
            f"No security upgrade of station {station!r} was begun.", "POST .../commands/upgrade-security-profile does."
        )
    return UpgradeResource.of(record)
