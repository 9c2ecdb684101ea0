"""A station asked by the doctor at a server of a test: the examination, and what to read off its chart."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pilotwire.clock import SystemClock
from pilotwire.doctor.examination import examine
from pilotwire.doctor.findings import Chart, Severity
from pilotwire.doctor.patient import Credentials, Patient, Place
from pilotwire.doctor.probes.network import network_probes
from pilotwire.doctor.profiles.profile import PlatformProfile
from pilotwire.ocpp.version import OcppVersion
from pilotwire.pki import read_certificates
from tests.support.doctor_servers import (
    IDENTITY,
    PASSWORD,
    Shop,
)

SHORT = 0.5
"""Seconds of timeout where an answer is waited for that never comes."""
HASTY: dict[str, Any] = {"timeout": SHORT}


async def here(name: str, family: socket.AddressFamily) -> Sequence[str]:
    """Every name stands for this machine."""
    return ["127.0.0.1"] if family is socket.AF_INET else []


async def ask(url: str, **how: Any) -> Chart:
    """The examination of a station at a backend."""
    resolver, own = how.pop("resolver", here), how.pop("own", None)
    how.setdefault("credentials", Credentials(PASSWORD))
    how.setdefault("versions", (OcppVersion.V201, OcppVersion.V16))
    patient = Patient(Place.of(url), how.pop("identity", IDENTITY), SystemClock(), **how)
    probes = network_probes(resolver, own) if own is not None else network_probes(resolver)
    return await examine(patient, probes)


def first(chart: Chart) -> str:
    """The id of what the doctor says first; "" if nothing is above a note."""
    found = chart.in_order()
    return found[0].rule.id if found else ""


def serious(chart: Chart) -> list[str]:
    """Whatever is above a note."""
    return [f"{each.rule.id}: {each.what}" for each in chart.in_order() if each.weight is not Severity.NOTE]


def fact(chart: Chart, name: str) -> str:
    """A fact by its name."""
    return next(each.value for each in chart.facts if each.name == name)


def profile(**demands: Any) -> PlatformProfile:
    """A platform that demands something."""
    return PlatformProfile("test", "The platform of this test", "a test", **demands)


def brings(shop: Shop, name: str) -> Credentials:
    """A client certificate instead of a password."""
    file = shop.file(name)
    pem = Path(file).read_text().partition("-----BEGIN PRIVATE")[0]
    return Credentials(certificate=file, key=file, chain=tuple(read_certificates(pem)))
