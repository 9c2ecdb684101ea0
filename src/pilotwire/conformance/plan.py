"""The plan of a run: who is under test, what it declares, how it is set, and who does what has to be done by hand."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from pilotwire.conformance.features import Claims, claims_all
from pilotwire.conformance.settings import read_settings
from pilotwire.errors import ConfigError
from pilotwire.ocpp.version import OcppVersion

_SECTIONS: Final = {"ocpp", "settings", "features", "bench"}
_FEATURES: Final = {"all", "except", "declared", "numbers"}


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan. `bench` is the section of the bench, for the bench to read; `version` None: it does not say which version is spoken."""

    settings: Mapping[str, Any]
    claims: Claims
    bench: Mapping[str, Any] = field(default_factory=dict)
    version: OcppVersion | None = None


def plan_of(content: Mapping[str, Any]) -> Plan:
    """The plan in the content of a plan file. Raises ConfigError for what cannot be used."""
    unknown = content.keys() - _SECTIONS
    if unknown:
        what = f"The plan has a section {', '.join(sorted(unknown))}, which is not known."
        raise ConfigError(what, f"Sections are {', '.join(sorted(_SECTIONS))}.")
    settings = read_settings(content.get("settings", {}))
    claims = _claims(content.get("features", {}), settings)
    return Plan(settings, claims, dict(content.get("bench", {})), _version(content.get("ocpp")))


def _version(said: Any) -> OcppVersion | None:
    if said is None:
        return None
    try:
        return OcppVersion(said)
    except ValueError:
        known = ", ".join(f'"{one}"' for one in OcppVersion)
        raise ConfigError(f"The plan says ocpp = {said!r}, which is no version.", f"It is one of {known}.") from None


def _claims(section: Mapping[str, Any], settings: Mapping[str, Any]) -> Claims:
    unknown = section.keys() - _FEATURES
    if unknown:
        raise ConfigError(
            f"The section features of the plan has {', '.join(sorted(unknown))}.",
            f"It may have {', '.join(_FEATURES)}.",
        )
    numbers = {"HFS-8": len(settings["connectors"])} | dict(section.get("numbers", {}))
    if section.get("all", "declared" not in section):
        return claims_all(frozenset(section.get("except", ())), numbers)
    return Claims(frozenset(section["declared"]), numbers)


_OWN: Final = {OcppVersion.V16: "16", OcppVersion.V201: "", OcppVersion.V21: "21"}


def own_plan(role: str, version: OcppVersion = OcppVersion.V201) -> Plan:
    """What Pilotwire's own station or CSMS declares (`conformance/plans`)."""
    name = f"{role}{_OWN[version]}.toml"
    return plan_of(tomllib.loads(files("pilotwire.conformance.plans").joinpath(name).read_text("utf-8")))


def read_plan(path: Path) -> Plan:
    """The plan in a TOML file. Raises ConfigError if it cannot be read or used."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"The plan {path} cannot be read: {error.strerror}.", "Give the path of a TOML file."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"The plan {path} is not TOML: {error}.", "Mend it there.") from None
    return plan_of(content)
