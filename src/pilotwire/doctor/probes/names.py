"""Does the name resolve? Through a proxy it is the proxy's name that the station looks up; the backend's is then the proxy's business."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address
from typing import Final

from pilotwire.doctor.findings import Chart, Layer, Rule
from pilotwire.doctor.patient import Patient
from pilotwire.doctor.probes.lines import first_hop
from pilotwire.doctor.rules import network as rules
from pilotwire.errors import ConfigError

Resolver = Callable[[str, socket.AddressFamily], Awaitable[Sequence[str]]]
"""The addresses of a name in one family; raises `socket.gaierror` as getaddrinfo does, TimeoutError where nobody answers."""

SLOW: Final = 2.0
"""Seconds from which on a look-up is called slow."""
_FAMILIES: Final = {socket.AF_INET: "IPv4", socket.AF_INET6: "IPv6"}
_LABEL: Final = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_SILENT: Final = (socket.EAI_AGAIN, socket.EAI_FAIL, socket.EAI_SYSTEM)
_EMPTY: Final = tuple(getattr(socket, each) for each in ("EAI_NODATA", "EAI_ADDRFAMILY") if hasattr(socket, each))


async def system_resolver(name: str, family: socket.AddressFamily) -> Sequence[str]:
    """What the machine's own resolver says: hosts file, mDNS, DNS, as it is set up."""
    found = await asyncio.get_running_loop().getaddrinfo(name, None, family=family, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class Names:
    """Looks the name up in both families and leaves `patient.addresses`."""

    question = "Does the name resolve?"
    layer = Layer.NAME

    def __init__(self, resolver: Resolver = system_resolver) -> None:
        self._resolver = resolver

    async def look(self, patient: Patient) -> None:
        """Ask."""
        try:
            host, _ = first_hop(patient)
        except ConfigError as error:
            patient.chart.find(rules.PROXY_URL, error.what, remedy=error.remedy)
            return
        wrong = next(
            (each for each in (patient.place.host, host) if not _is_address(each) and not _is_name(each)), None
        )
        if wrong is not None:
            what = f"{wrong!r} can be no host name, and is no address."
            patient.chart.find(rules.NAME_MALFORMED, what)
        elif _is_address(host):
            _note_literal(patient, host)
        else:
            await self._resolve(patient, host)

    async def _resolve(self, patient: Patient, host: str) -> None:
        chart, began = patient.chart, patient.clock.monotonic()
        answers = [await self._ask(host, family, patient.timeout) for family in _FAMILIES]
        took = patient.clock.monotonic() - began
        given = (address for answer in answers if not isinstance(answer, str) for address in answer)
        patient.addresses = tuple(dict.fromkeys(given))
        chart.note(Layer.NAME, "name", host)
        chart.note(Layer.NAME, "addresses", ", ".join(patient.addresses) or "none")
        chart.note(Layer.NAME, "name looked up in", f"{took * 1000:.0f} ms")
        if not patient.addresses:
            _find_nothing(chart, host, [each for each in answers if isinstance(each, str)])
            return
        _find_by_family(chart, host, answers)
        if took > SLOW:
            chart.find(rules.NAME_SLOW, f"Looking {host} up took {took:.1f} s.")
        if "." not in host.rstrip(".") or host.lower().endswith((".local", ".localhost")):
            chart.find(rules.NAME_LOCAL, f"{host} is a name of this network or this machine only.")

    async def _ask(self, host: str, family: socket.AddressFamily, timeout: float) -> Sequence[str] | str:
        """The addresses, or why there are none: `unknown`, `unanswered`, `empty`, `malformed`."""
        try:
            async with asyncio.timeout(timeout):
                return list(await self._resolver(host, family)) or "empty"
        except TimeoutError:
            return "unanswered"
        except UnicodeError:
            return "malformed"
        except socket.gaierror as error:
            return "unanswered" if error.errno in _SILENT else "empty" if error.errno in _EMPTY else "unknown"


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_name(host: str) -> bool:
    try:
        plain = host.rstrip(".").encode("idna").decode()
    except UnicodeError:
        return False
    labels = plain.split(".")
    return len(plain) <= 253 and all(map(_LABEL.fullmatch, labels)) and not labels[-1].isdigit()


def _note_literal(patient: Patient, host: str) -> None:
    patient.addresses = (host,)
    patient.chart.note(Layer.NAME, "addresses", host)
    if not patient.proxy:
        patient.chart.find(rules.NAME_IS_ADDRESS, f"The URL has the address {host} instead of a name.")


_NOTHING: Final[dict[str, tuple[Rule, str]]] = {
    "malformed": (rules.NAME_MALFORMED, "{} can be no host name."),
    "unanswered": (rules.NAME_UNANSWERED, "No name server answers to the question for {}."),
    "empty": (rules.NAME_WITHOUT_ADDRESS, "The name {} exists, but has no address."),
    "unknown": (rules.NAME_UNKNOWN, "The name {} does not exist, as far as this machine's name servers know."),
}
"""Of two answers, the one that stands first here tells."""


def _find_nothing(chart: Chart, host: str, answers: Sequence[str]) -> None:
    rule, what = next(_NOTHING[each] for each in _NOTHING if each in answers)
    said = zip(_FAMILIES.values(), answers, strict=True)
    chart.find(rule, what.format(host), *(f"{family}: {answer}" for family, answer in said))


def _find_by_family(chart: Chart, host: str, answers: Sequence[Sequence[str] | str]) -> None:
    by_family = dict(zip(_FAMILIES.values(), answers, strict=True))
    if "unanswered" in answers:
        family = next(name for name, answer in by_family.items() if answer == "unanswered")
        chart.find(rules.NAME_HALF_ANSWERED, f"The question for {family} addresses of {host} is not answered.")
    elif isinstance(by_family["IPv4"], str):
        chart.find(rules.NAME_ONLY_IPV6, f"{host} has IPv6 addresses only.")
