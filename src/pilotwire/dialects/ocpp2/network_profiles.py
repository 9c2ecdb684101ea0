"""Network profiles in 2.x (B09)."""

from __future__ import annotations

from typing import Any, Final

from pilotwire.dialects.ocpp2.wire import Wire, enumerated
from pilotwire.dialects.words import CommandWord, same_name
from pilotwire.domain.network_profiles import (
    AccessPoint,
    NetworkConnectionProfile,
    PrivateNetwork,
    SetNetworkProfile,
    SetNetworkProfileOutcome,
    SetNetworkProfileStatus,
)
from pilotwire.errors import NotSayable
from pilotwire.ocpp import v201
from pilotwire.ocpp.types import Message

_ENUMERATED: Final = (
    ("ocpp_interface", "OCPPInterface"),
    ("ocpp_transport", "OCPPTransport"),
    ("ocpp_version", "OCPPVersion"),
)
_NEWER: Final = ("identity", "basic_auth_password")


def write(wire: Wire, command: SetNetworkProfile) -> tuple[Message, ...]:
    """SetNetworkProfile; raises NotSayable for what this version has no word for."""
    profile = command.profile
    fields: dict[str, Any] = {
        "ocpp_interface": profile.interface,
        "ocpp_transport": profile.transport,
        "ocpp_version": profile.ocpp_version,
        "ocpp_csms_url": profile.csms_url,
        "message_timeout": profile.message_timeout,
        "security_profile": profile.security_profile,
        "apn": None if profile.apn is None else _write_apn(wire, profile.apn),
        "vpn": None if profile.vpn is None else _write_vpn(wire, profile.vpn),
    }
    _check(wire, fields)
    known = wire.NetworkConnectionProfile.__struct_fields__
    for name in _NEWER:
        value = getattr(profile, name)
        if name in known:
            fields[name] = value
        elif value is not None:
            raise NotSayable(
                f"A network profile of OCPP 2.0.1 has no {same_name(name)}.", "Leave it out, or set it as a variable."
            )
    data = wire.NetworkConnectionProfile(**fields)
    return (wire.SetNetworkProfileRequest(configuration_slot=command.slot, connection_data=data),)


def _check(wire: Wire, fields: dict[str, Any]) -> None:
    if fields["ocpp_version"] is None and "identity" not in wire.NetworkConnectionProfile.__struct_fields__:
        raise NotSayable("A network profile of OCPP 2.0.1 names its OCPP version.", "OCPP20 stands for 2.0.1.")
    for name, kind in _ENUMERATED:
        value, known = fields[name], enumerated(wire, kind)
        if value is not None and value not in known:
            raise NotSayable(f"{value!r} is no {kind} of this version.", f"It has {', '.join(sorted(known))}.")


def _write_apn(wire: Wire, apn: AccessPoint) -> v201.APN:
    return wire.APN(
        apn=apn.apn,
        apn_authentication=same_name(apn.authentication),
        apn_user_name=apn.user_name,
        apn_password=apn.password,
        sim_pin=apn.sim_pin,
        preferred_network=apn.preferred_network,
        use_only_preferred_network=apn.use_only_preferred_network,
    )


def _write_vpn(wire: Wire, vpn: PrivateNetwork) -> v201.VPN:
    return wire.VPN(
        server=vpn.server, user=vpn.user, password=vpn.password, key=vpn.key, type=same_name(vpn.type), group=vpn.group
    )


def read(request: v201.SetNetworkProfileRequest) -> SetNetworkProfile:
    """The slot and its profile."""
    data = request.connection_data
    return SetNetworkProfile(
        slot=request.configuration_slot,
        profile=NetworkConnectionProfile(
            csms_url=data.ocpp_csms_url,
            interface=data.ocpp_interface,
            message_timeout=data.message_timeout,
            security_profile=data.security_profile,
            transport=data.ocpp_transport,
            ocpp_version=data.ocpp_version,
            identity=getattr(data, "identity", None),
            basic_auth_password=getattr(data, "basic_auth_password", None),
            apn=None if data.apn is None else _read_apn(data.apn),
            vpn=None if data.vpn is None else _read_vpn(data.vpn),
        ),
    )


def _read_apn(apn: v201.APN) -> AccessPoint:
    return AccessPoint(
        apn=apn.apn,
        authentication=apn.apn_authentication,
        user_name=apn.apn_user_name,
        password=apn.apn_password,
        sim_pin=apn.sim_pin,
        preferred_network=apn.preferred_network,
        use_only_preferred_network=apn.use_only_preferred_network,
    )


def _read_vpn(vpn: v201.VPN) -> PrivateNetwork:
    return PrivateNetwork(
        server=vpn.server, user=vpn.user, password=vpn.password, key=vpn.key, type=vpn.type, group=vpn.group
    )


def commands(wire: Wire) -> tuple[CommandWord, ...]:
    """The words of a version."""
    return (
        CommandWord(
            command=SetNetworkProfile,
            read={wire.SetNetworkProfileRequest: read},
            write=lambda command: write(wire, command),
            write_outcome=lambda _command, outcome, _request: wire.SetNetworkProfileResponse(
                status=same_name(outcome.status)
            ),
            read_outcome=lambda _command, responses: SetNetworkProfileOutcome(
                status=SetNetworkProfileStatus(responses[0].status)
            ),
        ),
    )
