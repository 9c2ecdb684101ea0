"""What a PICS asks: profiles, features, questions and hardware of OCPP 2.0.1 Part 5 and of 1.6, and what holds between them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from pilotwire.conformance.features import PROFILES
from pilotwire.conformance.features16 import PROFILES16, QUESTIONS
from pilotwire.conformance.language import Role
from pilotwire.errors import ConfigError
from pilotwire.ocpp.version import OcppVersion


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that can be declared. `profile`: the one it belongs to, "" for none.

    `required`: it has to be, if the profile is. `one_of`: of all items with this word one at least has to be. `needs`: a condition, as
    in Part 5, that has to hold where it is declared. `counts`: it is a number.
    """

    id: str
    profile: str
    what: str
    required: bool = False
    one_of: str = ""
    needs: str = ""
    counts: bool = False


_CORE: Final = "Core"
_NUMBERS: Final = ("HFS-8",)
_ABOUT_PROFILES: Final = {
    _CORE: "what every station and CSMS is certified for; security profile 2 is in it",
    "Advanced Security": "security profile 3, renewing the station's certificate, going to a higher security profile",
    "Local Authorization List Management": "a list of tokens sent by the CSMS",
    "Smart Charging": "charging profiles and composite schedules",
    "Advanced Device Management": "monitors, events, custom reports",
    "Advanced User Interface": "messages on the display, tariffs and costs shown",
    "Reservation": "an EVSE is kept for a token",
    "ISO 15118 Support": "Plug & Charge and its certificates, schedules agreed on with the vehicle",
    "Firmware Management": "firmware updates and diagnostics; mandatory in the programme since October 2025",
    "Local Auth List Management": "a list of idTags sent by the Central System",
    "Remote Trigger": "messages sent when they are asked for",
    "Security": "the security extension; security profile 2 is mandatory in the programme since October 2025",
}
_REQUIRED16: Final = (_CORE, "Firmware Management", "Security")
"""Profiles nobody is certified without (the programme since October 2025)."""
_OF_PROFILES16: Final = {
    "Q-9": "Reservation",
    "Q-10": "Smart Charging",
    "Q-12": "Local Auth List Management",
    "Q-13": "Local Auth List Management",
    "Q-14": "Firmware Management",
    "Q-15": "Security",
    "Q-16": "Security",
    "Q-17": "Security",
}
_REQUIRED_QUESTIONS16: Final = ("Q-13", "Q-14", "Q-16")
"""What declaring their profile says already, and security profile 2."""
_OF_CSMS16: Final = ("Q-11", "Q-14", "Q-15", "Q-16", "Q-17", "Q-18")
"""The questions that cases for Central Systems ask."""


def items(role: Role, version: OcppVersion) -> tuple[Item, ...]:
    """All that a system in this role can declare, profiles first. Raises ConfigError for a version without certification (2.1)."""
    if version is OcppVersion.V16:
        return (*_profiles(PROFILES16, _REQUIRED16), *_questions16(role))
    if version is OcppVersion.V201:
        return (*_profiles(PROFILES, (_CORE,)), *_features201(role))
    raise ConfigError(f"There is no certification of OCPP {version}.", "Say --ocpp 1.6 or --ocpp 2.0.1.")


def _profiles(names: tuple[str, ...], required: tuple[str, ...]) -> tuple[Item, ...]:
    about = {"Reservation": "an EVSE or connector is kept for a token"} | _ABOUT_PROFILES
    return tuple(Item(name, "", about[name], required=name in required) for name in names)


def _questions16(role: Role) -> tuple[Item, ...]:
    return tuple(
        Item(one, _OF_PROFILES16.get(one, ""), what, required=one in _REQUIRED_QUESTIONS16)
        for one, what in QUESTIONS.items()
        if (one in _OF_CSMS16 if role == "csms" else one != "Q-18")
    )


@cache
def _features201(role: Role) -> tuple[Item, ...]:
    """Part 5, chapters 3, 6 and 7, with the errata 2025-09; the wording is ours."""
    text = files("pilotwire.conformance.catalogue").joinpath("ocpp201_declarations.csv").read_text("utf-8")
    return tuple(
        Item(
            row["id"],
            row["profile"],
            row["what"],
            bool(row["required"]),
            row["one_of"],
            row["needs"],
            row["id"] in _NUMBERS,
        )
        for row in csv.DictReader(text.splitlines())
        if row["role"] == role
    )
