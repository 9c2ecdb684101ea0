"""The index the cases are held against: every id of the official documents, with its profile, condition and requirements.

Ids, numbers and conditions are facts of Part 5 and Part 6 of OCPP 2.0.1 (edition 3, with the errata 2025-09) and of the OCPP 1.6 test
document (2024-04; the numbers of its conditions are ours, see `features16`); titles and wording of the cases are ours and stand with them.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from pilotwire.conformance.features import Claims, holds
from pilotwire.conformance.features16 import spelled
from pilotwire.conformance.language import Role
from pilotwire.ocpp.version import OcppVersion

REMOVED: Final = "removed"


@dataclass(frozen=True, slots=True)
class Listed:
    """One case of the index. `profiles` maps certification profiles to M (mandatory), C (conditional) or removed.

    `block` is the letter of a functional block; in 1.6 the chapter of the document.
    """

    id: str
    block: str
    use_cases: tuple[str, ...]
    requirements: tuple[str, ...]
    profiles: Mapping[str, str]
    condition: str
    version: OcppVersion

    @property
    def role(self) -> Role:
        """Who is under test."""
        return "csms" if self.id.endswith("_CSMS") else "station"

    def why_not(self, claims: Claims) -> str:
        """Why the case does not apply to what is declared, in a sentence; "" if it does."""
        if self.profiles and not any(claims.has(profile) for profile in self.profiles):
            return f"{' and '.join(self.profiles)} not declared"
        if not holds(self.condition, claims):
            return f"the condition {spelled(self.condition)} is not met by what is declared"
        return ""


@cache
def catalogue() -> Mapping[str, Listed]:
    """All cases of OCPP 2.0.1 Part 6 and of the OCPP 1.6 test document, by id."""
    tables = {OcppVersion.V16: "ocpp16_cases.csv", OcppVersion.V201: "ocpp201_cases.csv"}
    return {row["id"]: _listed(row, version) for version, name in tables.items() for row in _rows(name)}


def _listed(row: Mapping[str, str], version: OcppVersion) -> Listed:
    profiles = dict(one.split("=") for one in row["profiles"].split(";") if one)
    return Listed(
        row["id"],
        row["block"],
        tuple(filter(None, row["use_cases"].split(";"))),
        tuple(filter(None, row["requirements"].split(";"))),
        profiles,
        row["condition"],
        version,
    )


@dataclass(frozen=True, slots=True)
class Requirement:
    """A numbered requirement of Part 2: whom it binds (CS, CSMS, LC, both, or unsaid) and its word (SHALL, MAY ...)."""

    id: str
    actor: str
    keyword: str

    @property
    def binding(self) -> bool:
        """Whether it has to be met (SHALL, SHALL NOT, MUST)."""
        return self.keyword in ("SHALL", "SHALL NOT", "MUST")


@cache
def requirements() -> Mapping[str, Requirement]:
    """All numbered requirements of OCPP 2.0.1 Part 2, by id."""
    rows = _rows("ocpp201_requirements.csv")
    return {row["id"]: Requirement(row["id"], row["actor"], row["keyword"]) for row in rows}


@cache
def unseen() -> Mapping[str, str]:
    """Requirements that nobody can see from outside whether they are met, or that are gone: why, by id."""
    return {row["id"]: row["why"] for row in _rows("ocpp201_unseen.csv")}


@dataclass(frozen=True, slots=True)
class Referenced:
    """A variable of the chapter "Referenced Components and Variables" of Part 2.

    `required`: yes, no, or "if" (with the local list only); `access`: R, RW, W, or R|RW where the station may choose.
    """

    component: str
    variable: str
    instance: str
    required: str
    access: str
    type: str

    @property
    def profile(self) -> str:
        """The certification profile its component belongs to (Part 5, chapter 5)."""
        return _PROFILES.get(self.component, "Core")


_PROFILES: Final = {
    "DisplayMessageCtrlr": "Advanced User Interface",
    "ISO15118Ctrlr": "ISO 15118 Support",
    "LocalAuthListCtrlr": "Local Authorization List Management",
    "MonitoringCtrlr": "Advanced Device Management",
    "ReservationCtrlr": "Reservation",
    "SmartChargingCtrlr": "Smart Charging",
    "TariffCostCtrlr": "Advanced User Interface",
}


@cache
def referenced_variables() -> tuple[Referenced, ...]:
    """All variables Part 2 of OCPP 2.0.1 standardizes in that chapter."""
    return tuple(Referenced(**row) for row in _rows("ocpp201_variables.csv"))


@dataclass(frozen=True, slots=True)
class Key16:
    """A standard configuration key of OCPP 1.6 (edition 2, chapter 9) or its security extension.

    `required`: yes or no, where the profile is; `access`: R, RW, W, or R|RW where it may choose; `type`: CSL is a comma separated list.
    """

    key: str
    profile: str
    required: str
    access: str
    type: str


@cache
def keys16() -> tuple[Key16, ...]:
    """All standard configuration keys of OCPP 1.6."""
    return tuple(Key16(**row) for row in _rows("ocpp16_keys.csv"))


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(files(__package__).joinpath(name).read_text(encoding="utf-8").splitlines()))
