"""The PICS (protocol implementation conformance statement): what is declared, what each declaration brings into the run, what contradicts.

It is made of a plan. Declare only what is perfect: a lab plays every case of what is declared, and any anomaly there is a failure.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from pilotwire.conformance.catalogue import Listed, catalogue
from pilotwire.conformance.certify.pics_items import Item, items
from pilotwire.conformance.certify.pics_reported import Inventory, Told, inventory_of
from pilotwire.conformance.features import Claims, holds
from pilotwire.conformance.language import Role
from pilotwire.conformance.verdict import CaseResult, Outcome
from pilotwire.ocpp.version import OcppVersion


@dataclass(frozen=True, slots=True)
class Line:
    """One item and what is declared of it. `adds` and `drops`: cases that apply only with it, and only without it.

    `reported` is what the station says of itself; None where it says nothing.
    """

    item: Item
    declared: bool
    number: int
    adds: int
    drops: int
    reported: bool | None = None


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What does not fit together: about which item, what, and how to mend it."""

    about: str
    what: str
    mend: str


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of the cases of one declared profile: ids by outcome, and those without a result."""

    profile: str
    passed: tuple[str, ...]
    others: Mapping[str, tuple[str, ...]]
    missing: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Whether each case was played and passed: a lab takes no report that is less."""
        return not self.others and not self.missing


@dataclass(frozen=True, slots=True)
class Pics:
    """A PICS. `cases` are those that apply; `tallies` is empty where no results were given; `subtypes` are product subtypes declared."""

    role: Role
    version: OcppVersion
    lines: tuple[Line, ...]
    contradictions: tuple[Contradiction, ...]
    cases: tuple[str, ...]
    tallies: tuple[Tally, ...]
    subtypes: tuple[str, ...] = ()

    @property
    def declared(self) -> tuple[str, ...]:
        """The ids of all that is declared, for the plan of a run; numbers apart."""
        return (*(line.item.id for line in self.lines if line.declared and not line.item.counts), *self.subtypes)

    @property
    def numbers(self) -> Mapping[str, int]:
        """What is declared as a number."""
        return {line.item.id: line.number for line in self.lines if line.item.counts}


def make_pics(
    claims: Claims, role: Role, version: OcppVersion, results: Mapping[str, CaseResult] | None = None
) -> Pics:
    """The PICS of what is claimed, held against `results` of a run if there are some. Raises ConfigError for a version without one."""
    known = items(role, version)
    said, claims = claims, _listed(claims, known)
    cases = _Cases([one for one in catalogue().values() if one.role == role and one.version is version])
    of_station = results is not None and role == "station" and version is OcppVersion.V201
    inventory = inventory_of(results or {}) if of_station else Inventory()
    told = {one.item: one for one in inventory.told()}
    lines = tuple(
        replace(_line(item, claims, cases), reported=told[item.id].holds if item.id in told else None) for item in known
    )
    applying = tuple(one.id for one in cases.applying(claims))
    tallies = tuple(_tallies(known, claims, cases, results)) if results is not None else ()
    against = (
        *_unknown(known, said),
        *_contradictions(known, claims),
        *_against_report(claims, told, len(inventory.evses)),
    )
    subtypes = tuple(sorted(one for one in claims.features if one.startswith(_SUBTYPE)))
    return Pics(role, version, lines, against, applying, tallies, subtypes)


_SUBTYPE: Final = "Product Subtype"


def _listed(claims: Claims, known: tuple[Item, ...]) -> Claims:
    """The claims one by one, where everything is claimed: but no product subtype, of which a product is one at most."""
    if not claims.everything:
        return claims
    return Claims(frozenset(one.id for one in known if not one.counts and claims.has(one.id)), claims.numbers)


def asked_claims(given: Pics, declares: Callable[[Line], bool], counts: Callable[[Line], int]) -> Claims:
    """What somebody declares who is asked line by line; what belongs to a profile that is not declared is not asked for.

    `given` is what is answered with as long as nothing else is said.
    """
    declared: set[str] = set()
    numbers: dict[str, int] = {}
    for line in given.lines:
        if line.item.counts:
            numbers[line.item.id] = counts(line)
        elif (not line.item.profile or line.item.profile in declared) and declares(line):
            declared.add(line.item.id)
    return Claims(frozenset(declared), numbers)


# --- which cases apply -------------------------------------------------------------------------------------------------------------

_COUNTED: Final = ("M", "C")


class _Cases:
    """The cases of certification for one role and version, and which of them an item may matter to."""

    def __init__(self, listed: Collection[Listed]) -> None:
        self._listed = [one for one in listed if _profiles_of(one)]
        asked = {condition: _asked(condition) for condition in {one.condition for one in self._listed}}
        self._of: dict[str, list[Listed]] = {}
        for one in self._listed:
            for name in {*_profiles_of(one), *asked[one.condition]}:
                self._of.setdefault(name, []).append(one)

    def applying(self, claims: Claims, name: str = "") -> Iterator[Listed]:
        """The cases that apply to what is claimed; with `name` only those where that item may matter."""
        known: dict[str, bool] = {}
        for one in self._of.get(name, []) if name else self._listed:
            if any(claims.has(profile) for profile in _profiles_of(one)):
                if one.condition not in known:
                    known[one.condition] = holds(one.condition, claims)
                if known[one.condition]:
                    yield one


def _profiles_of(case: Listed) -> tuple[str, ...]:
    return tuple(profile for profile, level in case.profiles.items() if level in _COUNTED)


class _Noting(Claims):
    """Claims of nothing, that note what they are asked for."""

    def __init__(self) -> None:
        super().__init__(frozenset())
        object.__setattr__(self, "noted", set())

    noted: set[str]

    def has(self, feature: str) -> bool:
        """No."""
        self.noted.add(feature)
        return False


def _asked(condition: str) -> set[str]:
    """The features and profiles a condition asks for: it is read to its end, whatever holds."""
    noting = _Noting()
    holds(condition, noting)
    return noting.noted


def _line(item: Item, claims: Claims, cases: _Cases) -> Line:
    if item.counts:
        return Line(item, claims.number(item.id) > 0, claims.number(item.id), 0, 0)
    declared, other = claims.has(item.id), _toggled(claims, item.id)
    now, then = ({one.id for one in cases.applying(each, item.id)} for each in (claims, other))
    added, dropped = (now - then, then - now) if declared else (then - now, now - then)
    return Line(item, declared, 0, len(added), len(dropped))


def _toggled(claims: Claims, name: str) -> Claims:
    return replace(claims, features=frozenset(claims.features) ^ {name})


# --- what contradicts --------------------------------------------------------------------------------------------------------------


def _unknown(known: tuple[Item, ...], claims: Claims) -> Iterator[Contradiction]:
    names = {item.id for item in known}
    for name in sorted(claims.features - names):
        if not name.startswith(_SUBTYPE):
            yield Contradiction(name, "it is nothing that can be declared here", "Take it out of the plan.")


def _contradictions(known: tuple[Item, ...], claims: Claims) -> Iterator[Contradiction]:
    for item in known:
        if claims.has(item.id) and not item.counts:
            yield from _of_declared(item, claims)
        elif item.required and (not item.profile or claims.has(item.profile)):
            whose = f"the profile {item.profile}" if item.profile else "certification"
            yield Contradiction(item.id, f"it is mandatory for {whose}, and not declared", f"Declare it: {item.what}.")
        elif item.counts and claims.number(item.id) < 1:
            yield Contradiction(item.id, f"the {item.what} is {claims.number(item.id)}", "Say how many there are.")
    yield from _of_choices(known, claims)


def _of_declared(item: Item, claims: Claims) -> Iterator[Contradiction]:
    if item.profile and not claims.has(item.profile):
        what = f"it is declared, and belongs to the profile {item.profile}, which is not"
        yield Contradiction(item.id, what, f"Declare {item.profile}, or take {item.id} out.")
    if not holds(item.needs, claims):
        what = f"it is declared, and needs {item.needs}, which does not hold"
        yield Contradiction(item.id, what, f"Declare what is missing, or take {item.id} out.")


def _of_choices(known: tuple[Item, ...], claims: Claims) -> Iterator[Contradiction]:
    choices: dict[str, list[Item]] = {}
    for item in known:
        if item.one_of and (not item.profile or claims.has(item.profile)):
            choices.setdefault(item.one_of, []).append(item)
    for choice, options in choices.items():
        if not any(claims.has(one.id) for one in options):
            ids = ", ".join(one.id for one in options)
            yield Contradiction(choice, f"none of {ids} is declared", "Declare at least one of them.")


def _against_report(claims: Claims, told: Mapping[str, Told], evses: int) -> Iterator[Contradiction]:
    """Declared equals measured: what the station itself reports otherwise."""
    for one in told.values():
        if claims.has(one.item) and not one.holds:
            what = f"it is declared, and the station reports otherwise: {one.by}"
            yield Contradiction(one.item, what, f"Take {one.item} out, or mend the station.")
    if evses and claims.number("HFS-8") != evses:
        what = f"the number of EVSEs is declared as {claims.number('HFS-8')}, and the station reports {evses}"
        yield Contradiction("HFS-8", what, "Say how many there are.")


# --- what the last run says --------------------------------------------------------------------------------------------------------


def _tallies(
    known: tuple[Item, ...], claims: Claims, cases: _Cases, results: Mapping[str, CaseResult]
) -> Iterator[Tally]:
    applying = list(cases.applying(claims))
    profiles = {profile for one in applying for profile in _profiles_of(one)}
    for item in known:
        if item.id in profiles and claims.has(item.id):
            yield _tally(item.id, [one.id for one in applying if item.id in _profiles_of(one)], results)


def _tally(profile: str, ids: list[str], results: Mapping[str, CaseResult]) -> Tally:
    by_outcome: dict[Outcome | None, list[str]] = {}
    for one in ids:
        outcome = results[one].outcome if one in results else None
        by_outcome.setdefault(None if outcome is Outcome.NOT_APPLICABLE else outcome, []).append(one)
    missing, passed = by_outcome.pop(None, []), by_outcome.pop(Outcome.PASSED, [])
    others = {str(outcome): tuple(found) for outcome, found in by_outcome.items() if outcome is not None}
    return Tally(profile, tuple(passed), others, tuple(missing))
