"""A dossier, the folder of what goes to a lab, as it is read: what is declared, the runs, and which cases they have to be of.

`pics/` (what `certify pics` writes), `pki/` (a kit), `snapshot/`, `freeze.json`, `runs/NAME/` (folders of results), and perhaps
`scope.toml`: the cases the lab has agreed to, where not all that apply are played again (after a change of firmware, for example).
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from pilotwire.conformance.catalogue import catalogue
from pilotwire.conformance.certify.freeze import RUNS, Freeze, read_freeze, run_names
from pilotwire.conformance.certify.pics import Pics, make_pics
from pilotwire.conformance.features import Claims
from pilotwire.conformance.language import Role
from pilotwire.conformance.plan import read_plan
from pilotwire.conformance.records import Records
from pilotwire.conformance.verdict import CaseResult, Outcome
from pilotwire.errors import ConfigError
from pilotwire.ocpp.version import OcppVersion

PICS: Final = "pics"
PKI: Final = "pki"
SCOPE: Final = "scope.toml"


@dataclass(frozen=True, slots=True)
class Declared:
    """What `pics/` declares. `cases` are those it says apply; `claims` what that follows from."""

    product: str
    role: Role
    version: OcppVersion
    claims: Claims
    cases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """The cases that are agreed on with the lab, and why not all: in the words of `scope.toml`."""

    cases: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Dossier:
    """A dossier. What is in it is read when it is asked for."""

    folder: Path

    @cached_property
    def declared(self) -> Declared | None:
        """What the PICS declares; None where there is none. Raises ConfigError for one that cannot be read."""
        return read_declared(self.folder)

    @cached_property
    def runs(self) -> dict[str, dict[str, CaseResult]]:
        """The results by run and case. Raises ConfigError for one that cannot be read."""
        return {name: Records(self.folder / RUNS / name).load() for name in run_names(self.folder)}

    @cached_property
    def freeze(self) -> Freeze | None:
        """The frozen build. Raises ConfigError for a record that cannot be read."""
        return read_freeze(self.folder)

    @cached_property
    def scope(self) -> Scope | None:
        """What is agreed on with the lab; None: all that applies is played. Raises ConfigError for one that cannot be used."""
        return read_scope(self.folder)

    @cached_property
    def pics(self) -> Pics:
        """The PICS worked out anew from what is declared, held against what the device reported in the runs."""
        assert self.declared is not None, "only where something is declared"
        latest: dict[str, CaseResult] = {}
        for results in self.runs.values():
            latest |= {f"{one.id}": one for one in results.values() if _later(one, latest.get(one.id))}
        return make_pics(self.declared.claims, self.declared.role, self.declared.version, latest)

    @cached_property
    def cases(self) -> tuple[str, ...]:
        """The ids of the cases that have to be played and passed: all that apply, or those of them the scope says."""
        return within(self.pics.cases, self.scope)

    def played(self, case: str) -> Iterator[tuple[str, CaseResult]]:
        """The results of a case, with the run each is of; those that were left out are none."""
        for name, results in self.runs.items():
            found = results.get(case)
            if found is not None and found.outcome is not Outcome.NOT_APPLICABLE:
                yield name, found


def _later(one: CaseResult, other: CaseResult | None) -> bool:
    if other is None or other.started is None:
        return True
    return one.started is not None and one.started > other.started


def existing_dossier(folder: Path) -> Dossier:
    """The dossier in a folder. Raises ConfigError where there is none."""
    if not folder.is_dir():
        raise ConfigError(
            f"There is no dossier {folder}.", f"Begin it with the PICS: pilotwire certify pics {folder / PICS}."
        )
    return Dossier(folder)


# --- what is declared --------------------------------------------------------------------------------------------------------------


def read_declared(folder: Path) -> Declared | None:
    """What `pics/pics.json` of a dossier declares; None if it is not there. Raises ConfigError for a file that is none."""
    place = folder / PICS / "pics.json"
    if not place.exists():
        return None
    again = f"Write it again: pilotwire certify pics {folder / PICS}."
    try:
        return _declared(json.loads(place.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{place} is not the data of a PICS ({type(error).__name__}: {error}).", again) from None


def _declared(said: Mapping[str, Any]) -> Declared:
    role: Role = "csms" if said["role"] == "csms" else "station"
    if said["role"] != role:
        raise ValueError(f"role {said['role']!r}")
    numbers = {str(name): int(number) for name, number in said["numbers"].items()}
    claims = Claims(frozenset(map(str, said["declared"])), numbers)
    return Declared(str(said["product"]), role, OcppVersion(said["ocpp"]), claims, tuple(map(str, said["cases"])))


def of_plan(folder: Path, declared: Declared) -> str:
    """How `pics/pics.toml`, which selects the cases, is not what `pics.json` declares, in a sentence; "" if it is."""
    place = folder / PICS / "pics.toml"
    if not place.is_file():
        return f"The plan {PICS}/pics.toml is missing."
    plan = read_plan(place)
    if plan.version is not declared.version:
        said = f"for OCPP {plan.version}" if plan.version else "for no version"
        return f"The plan {PICS}/pics.toml is {said}, and pics.json for OCPP {declared.version}."
    other = declared_otherwise(plan.claims, declared)
    if other:
        return f"The plan {PICS}/pics.toml and pics.json do not declare the same: {some(other)}."
    return ""


def declared_otherwise(claims: Claims, declared: Declared) -> list[str]:
    """The ids of what is claimed and not declared, or declared and not claimed."""
    claimed = make_pics(claims, declared.role, declared.version).declared
    return sorted(set(claimed) ^ declared.claims.features)


_SHOWN: Final = 5


def some(ids: list[str]) -> str:
    """The first few ids, and how many more there are."""
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    return ", ".join(ids[:_SHOWN]) + more


# --- what is agreed on -------------------------------------------------------------------------------------------------------------

_MEND: Final = 'Write cases = ["TC_..."] and why = "..." there, or remove it to play all that applies.'


def read_scope(folder: Path) -> Scope | None:
    """The scope of a dossier; None if there is none. Raises ConfigError for one that names no cases, unknown ones, or no reason."""
    place = folder / SCOPE
    if not place.exists():
        return None
    try:
        said = tomllib.loads(place.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{place} is not TOML: {error}.", _MEND) from None
    cases, why = said.get("cases"), said.get("why")
    if not isinstance(cases, list) or not cases or any(not isinstance(one, str) for one in cases):
        raise ConfigError(f"{place} names no cases.", _MEND)
    if not isinstance(why, str) or not why.strip():
        raise ConfigError(f"{place} does not say why not all cases are played.", _MEND)
    if said.keys() - {"cases", "why"}:
        raise ConfigError(f"{place} has {', '.join(sorted(said.keys() - {'cases', 'why'}))}.", _MEND)
    unknown = [one for one in cases if one not in catalogue()]
    if unknown:
        raise ConfigError(f"{place} names {some(unknown)}, which is in no test document.", _MEND)
    return Scope(tuple(dict.fromkeys(cases)), why.strip())


def within(cases: tuple[str, ...], scope: Scope | None) -> tuple[str, ...]:
    """Those of the cases that are in the scope; all without one. Raises ConfigError for a scope with a case that does not apply."""
    if scope is None:
        return cases
    other = [one for one in scope.cases if one not in cases]
    if other:
        raise ConfigError(f"{SCOPE} names {some(other)}, which does not apply to what is declared.", "Take it out.")
    return tuple(one for one in cases if one in scope.cases)
