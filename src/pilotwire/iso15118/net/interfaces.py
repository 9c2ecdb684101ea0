"""The network interface towards the vehicle: its number (the scope id of link-local addresses) and its own link-local address."""

from __future__ import annotations

import socket
from ipaddress import IPv6Address

from pilotwire.errors import ConfigError
from pilotwire.iso15118.sdp import MULTICAST, PORT


def scope_of(interface: str) -> int:
    """The number of an interface. Raises ConfigError for one that is not there, and names those that are."""
    try:
        return socket.if_nametoindex(interface)
    except OSError:
        there = ", ".join(name for _, name in socket.if_nameindex())
        what = f"There is no network interface {interface!r}."
        raise ConfigError(what, f"Take one of: {there}.") from None


def link_local_of(interface: str) -> IPv6Address:
    """The link-local address of an interface. Raises ConfigError if there is no such interface, or it has none.

    Found without privileges and on all systems: a datagram socket "connected" to all nodes of the link (nothing is sent) has it as its own.
    """
    scope = scope_of(interface)
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((MULTICAST, PORT, 0, scope))
            found = IPv6Address(probe.getsockname()[0].split("%")[0])
        except OSError as error:
            raise ConfigError(_none(interface) + f" ({error.strerror or error}).", _REMEDY) from None
    if not found.is_link_local:
        raise ConfigError(_none(interface) + ".", _REMEDY)
    return found


def _none(interface: str) -> str:
    return f"The network interface {interface!r} has no link-local IPv6 address"


_REMEDY = "Bring it up (`ip link set NAME up`) and see that IPv6 is not switched off for it."
