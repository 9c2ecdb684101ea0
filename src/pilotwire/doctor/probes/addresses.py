"""What kinds of addresses are these, and from which of its own would the station go there?"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from contextlib import closing
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from pilotwire.doctor.findings import Chart, Layer
from pilotwire.doctor.patient import Patient
from pilotwire.doctor.probes.lines import first_hop
from pilotwire.doctor.rules import network as rules
from pilotwire.errors import ConfigError


class Kind(StrEnum):
    """What an address is good for."""

    PUBLIC = "public"
    PRIVATE = "private (RFC 1918)"
    LOCAL = "unique local (RFC 4193)"
    CGNAT = "of a carrier's NAT (RFC 6598)"
    LOOPBACK = "loopback"
    LINK_LOCAL = "link-local"
    UNUSABLE = "of no host"


_RANGES: Final = (
    (Kind.UNUSABLE, ("0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "::/128", "ff00::/8", "100::/64")),
    (Kind.LOOPBACK, ("127.0.0.0/8", "::1/128")),
    (Kind.LINK_LOCAL, ("169.254.0.0/16", "fe80::/10")),
    (Kind.PRIVATE, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")),
    (Kind.CGNAT, ("100.64.0.0/10",)),
    (Kind.LOCAL, ("fc00::/7",)),
)
_NETWORKS: Final = tuple((kind, ip_network(text)) for kind, texts in _RANGES for text in texts)
_INSIDE: Final = (Kind.PRIVATE, Kind.LOCAL, Kind.CGNAT)

OwnAddress = Callable[[str, int], str]
"""From which of its addresses this machine would go to one; raises OSError where there is no route."""


def kind_of(address: str) -> Kind:
    """The kind of an address; an IPv4 address within IPv6 counts as what it is. Raises ValueError if it is none."""
    value: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(value, IPv6Address) and value.ipv4_mapped is not None:
        value = value.ipv4_mapped
    return next((kind for kind, network in _NETWORKS if value in network), Kind.PUBLIC)


def own_address(address: str, port: int) -> str:
    """From which of its addresses this machine would go there; a connected UDP socket tells, and sends nothing. Raises OSError."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_DGRAM)) as probe:
        probe.connect((address, port))
        return str(probe.getsockname()[0])


class Addresses:
    """Judges the kinds of addresses, and the own one towards them."""

    question = "What kinds of addresses are these, and is there a route?"
    layer = Layer.ADDRESS

    def __init__(self, own: OwnAddress = own_address) -> None:
        self._own = own

    async def look(self, patient: Patient) -> None:
        """Ask."""
        kinds = {address: kind_of(address) for address in patient.addresses if _readable(address)}
        try:
            host, port = first_hop(patient)
        except ConfigError:
            return
        if kinds:
            _judge(patient.chart, host, kinds)
            _judge_demands(patient, kinds)
            self._judge_own(patient, port, kinds)

    def _judge_own(self, patient: Patient, port: int, kinds: dict[str, Kind]) -> None:
        owned, missing = {}, []
        for address in kinds:
            try:
                owned[address] = self._own(address, port)
            except OSError as error:
                missing.append(f"{address}: {error.strerror or error}")
        if not owned:
            what = f"This machine has no route to {_listed(list(kinds))}."
            patient.chart.find(rules.ADDRESS_NO_ROUTE, what, *missing)
            return
        if missing:
            what = f"This machine has no route to {len(missing)} of {len(kinds)} addresses."
            patient.chart.find(rules.ADDRESS_SOME_WITHOUT_ROUTE, what, *missing)
            patient.addresses = (*owned, *(each for each in patient.addresses if each not in owned))
        _judge_nat(patient.chart, owned, kinds)


def _readable(address: str) -> bool:
    try:
        kind_of(address)
    except ValueError:
        return False
    return True


def _judge(chart: Chart, host: str, kinds: dict[str, Kind]) -> None:
    chart.note(Layer.ADDRESS, "kinds of addresses", ", ".join(f"{one} {kind}" for one, kind in kinds.items()))
    seen = set(kinds.values())
    if seen == {Kind.UNUSABLE}:
        chart.find(rules.ADDRESS_UNUSABLE, f"{host} stands for {_listed(list(kinds))}, which no backend can have.")
        return
    if Kind.LOOPBACK in seen and not _means_itself(host):
        chart.find(
            rules.ADDRESS_LOOPBACK, f"{host} stands for {_listed(_of(kinds, Kind.LOOPBACK))}, the machine that asks."
        )
    if Kind.LINK_LOCAL in seen:
        what = f"{host} has the link-local address {_listed(_of(kinds, Kind.LINK_LOCAL))}, which reaches no further than its cable."
        chart.find(rules.ADDRESS_LINK_LOCAL, what)
    inside = [one for one, kind in kinds.items() if kind in _INSIDE]
    if inside and len(seen) > 1 and seen - set(_INSIDE):
        outside = [one for one in kinds if one not in inside]
        what = f"{host} stands for {_listed(inside)}, of an inner network, and for {_listed(outside)} as well."
        chart.find(rules.ADDRESS_MIXED, what)
    elif inside:
        chart.find(
            rules.ADDRESS_PRIVATE, f"{host} is in an inner network ({_listed(inside)}): not reachable from outside."
        )


def _judge_demands(patient: Patient, kinds: dict[str, Kind]) -> None:
    demanded = patient.profile.network.address
    wrong = {
        "any": [],
        "public": [one for one, kind in kinds.items() if kind is not Kind.PUBLIC],
        "private": [one for one, kind in kinds.items() if kind is Kind.PUBLIC],
    }[demanded]
    if wrong and not patient.proxy:
        what = f"{patient.profile.title} demands a {demanded} address; {patient.place.host} has {_listed(wrong)}."
        patient.chart.find(rules.ADDRESS_NOT_DEMANDED, what, source=patient.profile.source)


def _judge_nat(chart: Chart, owned: dict[str, str], kinds: dict[str, Kind]) -> None:
    chart.note(Layer.ADDRESS, "own address", ", ".join(dict.fromkeys(owned.values())))
    outward = {own for one, own in owned.items() if kinds[one] is Kind.PUBLIC and _readable(own)}
    never = "the backend can never open a connection to the station, and the line lives only as long as it is used."
    for own in sorted(outward):
        kind = kind_of(own)
        if kind is Kind.CGNAT:
            chart.find(rules.OWN_ADDRESS_CGNAT, f"The station is at {own}, behind its carrier's NAT: {never}")
        elif kind in (Kind.PRIVATE, Kind.LOCAL):
            chart.find(rules.OWN_ADDRESS_NAT, f"The station is at {own}, behind a NAT: {never}")


def _of(kinds: dict[str, Kind], wanted: Kind) -> list[str]:
    return [one for one, kind in kinds.items() if kind is wanted]


def _means_itself(host: str) -> bool:
    plain = host.rstrip(".").lower()
    return (
        plain == "localhost" or plain.endswith(".localhost") or (_readable(plain) and kind_of(plain) is Kind.LOOPBACK)
    )


def _listed(addresses: Sequence[str]) -> str:
    return ", ".join(addresses[:4]) + (f" and {len(addresses) - 4} more" if len(addresses) > 4 else "")
