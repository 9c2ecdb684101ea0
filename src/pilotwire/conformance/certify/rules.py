"""What a change costs once a product is certified, as guidance: the certification programme and the lab decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pilotwire.conformance.catalogue import catalogue
from pilotwire.conformance.certify.dossier import Declared
from pilotwire.conformance.certify.pics import make_pics
from pilotwire.conformance.certify.pics_items import items
from pilotwire.conformance.features import Claims
from pilotwire.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of change: what it does to the certificate, and what has to be played again."""

    change: str
    certificate: str
    again: str


RULES: Final = (
    Rule(
        "Any change of the firmware, be it one line",
        "void for the new build",
        "Freeze the new build and play all that is declared; ask the lab whether a part is enough, and write that into scope.toml.",
    ),
    Rule(
        "Another member of the family: cable, socket, power, housing, number of EVSEs",
        "can cover it, if the protocol stack is the same build",
        "Nothing of the protocol; a snapshot of the member shows that it differs only there.",
    ),
    Rule(
        "Another modem, controller board or operating system under the same stack",
        "covers it only if the lab agrees that the stack is untouched",
        "Security, offline and reconnection cases at least: those are what a network stack changes.",
    ),
    Rule(
        "A change of the protocol stack, however small",
        "not a member of the family: a product of its own",
        "All that is declared.",
    ),
    Rule(
        "A new optional profile",
        "extended, not replaced",
        "Every case of the profile, on a frozen build; a build that had to change for it is a change of firmware.",
    ),
    Rule(
        "ISO 15118 added later", "extended", "The whole profile ISO 15118 Support, and Advanced Security if it is new."
    ),
    Rule(
        "A profile is declared no more",
        "holds for what is left",
        "A new PICS; cases that apply only without the profile.",
    ),
    Rule(
        "OCPP 1.6, certified before October 2025",
        "holds for that build",
        "At the next certification Firmware Management and security profile 2 are mandatory.",
    ),
    Rule(
        "New errata or a new edition of the test cases",
        "holds until the build changes",
        "A new certification is by the baseline of its day: play the run of before with the cases of now.",
    ),
)
"""What changes cost (part of the guidance of labs; the programme's own documents decide)."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What declaring a profile besides would bring: the cases that come, those that no more apply, those among all that apply then."""

    profile: str
    comes: tuple[str, ...]
    goes: tuple[str, ...]
    all: int


def cost_of(declared: Declared, profile: str, also: frozenset[str] = frozenset()) -> Cost:
    """What it costs to declare a profile besides, with the items it cannot be without, and `also`.

    Raises ConfigError where it cannot be declared.
    """
    known = items(declared.role, declared.version)
    profiles = [one.id for one in known if any(one.id in listed.profiles for listed in catalogue().values())]
    named = next((one for one in profiles if one.casefold() == profile.casefold()), None)
    if named is None:
        raise ConfigError(
            f"There is no profile {profile!r} in OCPP {declared.version}.", f"There are {', '.join(profiles)}."
        )
    if declared.claims.has(named):
        raise ConfigError(f"The profile {named} is declared already.", "Name another.")
    wrong = sorted(also - {one.id for one in known})
    if wrong:
        raise ConfigError(f"{', '.join(wrong)} cannot be declared here.", "Use the ids of pics.md.")
    required = {one.id for one in known if one.profile == named and one.required}
    claims = Claims(declared.claims.features | {named} | required | also, declared.claims.numbers)
    before = set(make_pics(declared.claims, declared.role, declared.version).cases)
    after = set(make_pics(claims, declared.role, declared.version).cases)
    return Cost(named, tuple(sorted(after - before)), tuple(sorted(before - after)), len(after))
