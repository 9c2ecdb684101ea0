"""Names and addresses: what a resolver may answer, what kinds of addresses there are, and what follows from them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from typing import Any

import pytest

from pilotwire.clock import ManualClock
from pilotwire.doctor.patient import Patient, Place
from pilotwire.doctor.probes.addresses import Addresses, Kind, kind_of, own_address
from pilotwire.doctor.probes.idle_line import Watched, narrowed
from pilotwire.doctor.probes.lines import ProxyPlace
from pilotwire.doctor.probes.names import Names, system_resolver
from pilotwire.doctor.profiles.profile import NetworkDemands, PlatformProfile
from pilotwire.doctor.rules import network, tls, upgrade
from pilotwire.errors import ConfigError
from pilotwire.ocpp.version import OcppVersion

Answer = Sequence[str] | Exception


def a_patient(url: str = "ws://csms.example.com", **how: Any) -> Patient:
    """A station that wants to go there."""
    return Patient(Place.of(url), "CS001", ManualClock(), (OcppVersion.V201,), **how)


def answering(four: Answer, six: Answer) -> Any:
    """A resolver with an answer for each family."""

    async def resolve(name: str, family: socket.AddressFamily) -> Sequence[str]:
        answer = four if family is socket.AF_INET else six
        if isinstance(answer, Exception):
            raise answer
        return answer

    return resolve


def rules_of(patient: Patient) -> list[str]:
    return [each.rule.id for each in patient.chart.in_order()]


UNKNOWN, AGAIN = socket.gaierror(socket.EAI_NONAME, "unknown"), socket.gaierror(socket.EAI_AGAIN, "again")
EMPTY = socket.gaierror(getattr(socket, "EAI_NODATA", socket.EAI_NONAME), "no data")
RESOLVED: dict[str, tuple[Answer, Answer, list[str]]] = {
    "both": (["192.0.2.1"], ["2001:db8::1"], []),
    "IPv4": (["192.0.2.1"], EMPTY, []),
    "IPv4, unknown for IPv6": (["192.0.2.1"], UNKNOWN, []),
    "IPv6": (EMPTY, ["2001:db8::1"], ["name.only-ipv6"]),
    "unknown": (UNKNOWN, UNKNOWN, ["name.unknown"]),
    "half unanswered": (["192.0.2.1"], AGAIN, ["name.half-answered"]),
    "unanswered": (AGAIN, AGAIN, ["name.unanswered"]),
    "unanswered and unknown": (UNKNOWN, AGAIN, ["name.unanswered"]),
    "too late": (TimeoutError(), TimeoutError(), ["name.unanswered"]),
    "without": ([], [], ["name.without-address"]),
    "no host name": (UnicodeError(), UnicodeError(), ["name.malformed"]),
}


@pytest.mark.parametrize(("four", "six", "rules"), RESOLVED.values(), ids=RESOLVED)
async def test_what_the_name_servers_say_is_told(four: Answer, six: Answer, rules: list[str]) -> None:
    patient = a_patient()
    await Names(answering(four, six)).look(patient)
    assert rules_of(patient) == rules
    given = [each for answer in (four, six) if not isinstance(answer, Exception) for each in answer]
    assert patient.addresses == tuple(given)


async def test_a_resolver_that_hangs_is_given_up() -> None:
    async def never(name: str, family: socket.AddressFamily) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    patient = a_patient(timeout=0.01)
    await Names(never).look(patient)
    assert rules_of(patient) == ["name.unanswered"]


async def test_a_slow_look_up_is_worth_a_note() -> None:
    patient = a_patient()

    async def slow(name: str, family: socket.AddressFamily) -> Sequence[str]:
        assert isinstance(patient.clock, ManualClock)
        patient.clock.advance(1.5)
        return ["192.0.2.1"]

    await Names(slow).look(patient)
    assert rules_of(patient) == ["name.slow"]
    assert "3.0 s" in patient.chart.findings[0].what


@pytest.mark.parametrize(
    "host", ["a..b", "-a.example.com", "x" * 64 + ".com", "a b.example.com", "1.2.3", "300.1.1.1", ("x" * 60 + ".") * 5]
)
async def test_what_can_be_no_name_is_not_asked_for(host: str) -> None:
    patient = Patient(Place("ws", host, 80, ""), "CS001", ManualClock(), (OcppVersion.V201,))
    await Names(answering(AssertionError(), AssertionError())).look(patient)
    assert rules_of(patient) == ["name.malformed"]


@pytest.mark.parametrize("host", ["192.0.2.1", "[2001:db8::1]"])
async def test_an_address_instead_of_a_name_is_worth_a_note(host: str) -> None:
    patient = a_patient(f"ws://{host}:1234")
    await Names(answering(AssertionError(), AssertionError())).look(patient)
    assert rules_of(patient) == ["name.is-address"]
    assert patient.addresses == (host.strip("[]"),)


@pytest.mark.parametrize("host", ["csms", "csms.local", "localhost"])
async def test_a_name_of_this_network_only_is_worth_a_note(host: str) -> None:
    patient = a_patient(f"ws://{host}")
    await Names(answering(["192.0.2.1"], EMPTY)).look(patient)
    assert rules_of(patient) == ["name.local"]


async def test_what_can_be_no_name_is_not_asked_of_a_proxy_either() -> None:
    patient = a_patient("wss://a..b", proxy="http://127.0.0.1:3128")
    await Names(answering([], [])).look(patient)
    assert rules_of(patient) == ["name.malformed"]


async def test_with_a_proxy_its_name_is_looked_up() -> None:
    asked: list[str] = []

    async def resolve(name: str, family: socket.AddressFamily) -> Sequence[str]:
        asked.append(name)
        return ["192.0.2.9"]

    patient = a_patient(proxy="http://me:secret@proxy.example.com:3128")
    await Names(resolve).look(patient)
    assert set(asked) == {"proxy.example.com"}
    assert patient.addresses == ("192.0.2.9",)


async def test_the_machines_own_resolver_knows_this_machine() -> None:
    assert await system_resolver("localhost", socket.AF_INET) == ["127.0.0.1"]


# --- addresses ---------------------------------------------------------------------------------------------------------------

KINDS = {
    "8.8.8.8": Kind.PUBLIC,
    "2a00:1450::1": Kind.PUBLIC,
    "10.1.2.3": Kind.PRIVATE,
    "172.31.255.255": Kind.PRIVATE,
    "172.32.0.1": Kind.PUBLIC,
    "192.168.0.1": Kind.PRIVATE,
    "100.64.0.1": Kind.CGNAT,
    "100.128.0.1": Kind.PUBLIC,
    "127.0.0.53": Kind.LOOPBACK,
    "::1": Kind.LOOPBACK,
    "169.254.1.1": Kind.LINK_LOCAL,
    "fe80::1%eth0": Kind.LINK_LOCAL,
    "fd00::1": Kind.LOCAL,
    "0.0.0.0": Kind.UNUSABLE,
    "255.255.255.255": Kind.UNUSABLE,
    "ff02::1": Kind.UNUSABLE,
    "::ffff:10.0.0.1": Kind.PRIVATE,
}


@pytest.mark.parametrize(("address", "kind"), KINDS.items())
def test_kinds_of_addresses(address: str, kind: Kind) -> None:
    assert kind_of(address) is kind


JUDGED: dict[str, tuple[tuple[str, ...], str, list[str]]] = {
    "public to public": (("8.8.8.8",), "9.9.9.9", []),
    "behind a NAT": (("8.8.8.8",), "192.168.1.2", ["address.own-behind-nat"]),
    "behind a carrier": (("8.8.8.8",), "100.100.1.1", ["address.own-behind-cgnat"]),
    "within a VPN": (("10.0.0.1",), "10.0.0.2", ["address.private"]),
    "of a carrier": (("100.64.0.9",), "100.64.0.2", ["address.private"]),
    "link-local": (("169.254.0.1",), "169.254.0.2", ["address.link-local"]),
    "loopback": (("127.0.0.1",), "127.0.0.1", ["address.loopback"]),
    "of no host": (("0.0.0.0",), "127.0.0.1", ["address.unusable"]),
    "inside and outside": (("10.0.0.1", "8.8.8.8"), "9.9.9.9", ["address.mixed"]),
}


@pytest.mark.parametrize(("addresses", "own", "rules"), JUDGED.values(), ids=JUDGED)
async def test_addresses_are_judged(addresses: tuple[str, ...], own: str, rules: list[str]) -> None:
    patient = a_patient(addresses=addresses)
    await Addresses(lambda address, port: own).look(patient)
    assert rules_of(patient) == rules


async def test_behind_a_carriers_nat_the_need_for_pings_is_told() -> None:
    patient = a_patient(addresses=("8.8.8.8",))
    await Addresses(lambda address, port: "100.64.7.7").look(patient)
    finding = patient.chart.findings[0]
    assert "the backend can never open a connection" in finding.what
    assert "pings" in finding.mend


async def test_addresses_with_a_route_are_tried_first() -> None:
    def own(address: str, port: int) -> str:
        if ":" in address:
            raise OSError(101, "Network is unreachable")
        return "9.9.9.9"

    patient = a_patient(addresses=("2a00::1", "8.8.8.8"))
    await Addresses(own).look(patient)
    assert rules_of(patient) == ["address.some-without-route"]
    assert patient.addresses == ("8.8.8.8", "2a00::1")


DEMANDED = [("public", "10.0.0.1", False), ("private", "8.8.8.8", False), ("private", "10.0.0.1", True)]


@pytest.mark.parametrize(("demanded", "address", "good"), DEMANDED)
async def test_the_kind_a_platform_demands(demanded: Any, address: str, good: bool) -> None:
    profile = PlatformProfile("x", "X", "a test", network=NetworkDemands(address=demanded))
    patient = a_patient(addresses=(address,), profile=profile)
    await Addresses(lambda address, port: "9.9.9.9").look(patient)
    assert ("address.not-as-demanded" in rules_of(patient)) is not good


def test_the_own_address_towards_this_machine_is_this_machines() -> None:
    assert own_address("127.0.0.1", 80) == "127.0.0.1"


# --- small things ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["socks5://x:1", "https://x", "http://", "http://x:0", "http://x:99999"])
def test_a_proxy_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(ConfigError):
        ProxyPlace.of(url)


def test_a_proxy_is_read() -> None:
    assert ProxyPlace.of("proxy:3128") == ProxyPlace("proxy", 3128)
    assert ProxyPlace.of("http://a%40b:c@[::1]").authorization == "Basic YUBiOmM="


@pytest.mark.parametrize(
    ("limit", "between"), [(5.0, (0.0, 15.0)), (20.0, (15.0, 30.0)), (40.0, (30.0, 45.0)), (59.0, (45.0, 60.0))]
)
async def test_a_silent_drop_is_narrowed_down(limit: float, between: tuple[float, float]) -> None:
    async def watch(seconds: float) -> Watched:
        return Watched(dropped=seconds > limit)

    assert await narrowed(watch, 60.0) == between


def test_rules_have_ids_sentences_and_remedies_of_their_own() -> None:
    rules = [*network.RULES, *tls.RULES, *upgrade.RULES]
    assert len({each.id for each in rules}) == len(rules) > 80
    assert all(each.what.endswith(".") and each.remedy.endswith(".") for each in rules)
