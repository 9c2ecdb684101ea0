"""Which cases a run plays: by id, block, use case or certification profile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from pilotwire.conformance.catalogue import catalogue
from pilotwire.conformance.language import Case, Role
from pilotwire.errors import ConfigError
from pilotwire.ocpp.version import OcppVersion


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked for; an empty list asks for everything. `ids` may have `*`, or be the beginning of ids (`TC_B`).

    `every` n takes only each n-th of the cases that are left, for a quick look at all blocks. `version` None: of any version.
    """

    ids: Sequence[str] = ()
    blocks: Sequence[str] = ()
    use_cases: Sequence[str] = ()
    profiles: Sequence[str] = ()
    every: int = 1
    version: OcppVersion | None = None

    def takes(self, case: Case) -> bool:
        """Whether the case is asked for."""
        listed = catalogue().get(case.id)
        use_cases = listed.use_cases if listed else tuple({one.split(".")[0] for one in case.requirements})
        profiles = listed.profiles if listed else {}
        block = listed.block if listed else case.id.split("_")[1][:1]
        return (
            self.version in (None, case.version)
            and (not self.ids or any(_names(one, case.id) for one in self.ids))
            and (not self.blocks or block in self.blocks)
            and (not self.use_cases or any(one in use_cases for one in self.use_cases))
            and (not self.profiles or any(one in profiles for one in self.profiles))
        )


def _names(wanted: str, case_id: str) -> bool:
    return fnmatchcase(case_id, wanted) or case_id.startswith(f"{wanted.rstrip('_')}_") or case_id == wanted


def select(cases: Mapping[str, Case], role: Role, selection: Selection) -> list[Case]:
    """The cases of this role that are asked for. Raises ConfigError if an id names none, or nothing is left."""
    of_role = [case for case in cases.values() if case.role == role and selection.version in (None, case.version)]
    for wanted in selection.ids:
        if not any(_names(wanted, case.id) for case in of_role):
            raise ConfigError(_unknown(wanted, role, of_role), "`pilotwire test list` shows all.")
    chosen = [case for case in of_role if selection.takes(case)]
    if not chosen:
        raise ConfigError("No case is all of what was asked for.", "`pilotwire test list` shows all.")
    return chosen[:: selection.every]


def one_version(cases: Mapping[str, Case], role: Role, selection: Selection) -> OcppVersion:
    """The version of the cases whose ids are named; 2.0.1 where none is. Raises ConfigError where they are of several versions."""
    named = [
        case for case in cases.values() if case.role == role and any(_names(one, case.id) for one in selection.ids)
    ]
    versions = sorted({case.version for case in named})
    if len(versions) > 1:
        what = f"There are such cases of OCPP {' and of '.join(versions)}, which are not played in one run."
        raise ConfigError(what, "Say which with --ocpp.")
    return versions[0] if versions else OcppVersion.V201


def _unknown(wanted: str, role: Role, cases: Iterable[Case]) -> str:
    under_test = "a charging station" if role == "station" else "a CSMS"
    if wanted in catalogue() and all(case.id != wanted for case in cases):
        other = catalogue()[wanted].role != role
        return f"{wanted} is not for {under_test} under test." if other else f"{wanted} is not written yet."
    return f"No case for {under_test} under test is called {wanted}."
