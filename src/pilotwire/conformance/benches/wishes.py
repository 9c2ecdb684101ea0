"""What a case wants of a CSMS under test beforehand (its traits): for a program by name and fields, for a person as an instruction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pilotwire.conformance.language import Case


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing. `lasting`: it may be so for good, for every case."""

    name: str
    text: str
    fields: Mapping[str, Any]
    lasting: bool = False


def wishes_of(case: Case, settings: Mapping[str, Any]) -> Iterator[Wish]:
    """What the case wants.

    `boot_answers`: statuses of the next BootNotificationResponses; `grouped`: both valid tokens are in the group; `good_at`: where the
    second valid token may charge, at the second EVSE of the station only (`evse2`), at other stations only (`elsewhere`), or at EVSEs of
    a type the station does not have (`other_type`); `speaks`: the language of the driver with the valid token; `told`: a text about the
    tariff that this driver is to read.
    """
    answers = list(case.traits.get("boot_answers", ()))
    if answers:
        told = (
            f"the next BootNotifications of {settings['identity']} with {', '.join(answers)}, later ones with Accepted"
        )
        yield Wish("boot_answers", f"Have the CSMS answer {told}.", {"answers": answers})
    if case.traits.get("grouped"):
        tokens = f"{settings['valid_token']} and {settings['valid_token2']}"
        group = f"the group {settings['group_id']}"
        yield Wish("grouped", f"Have the CSMS know the idTokens {tokens} as members of {group}.", {}, lasting=True)
    if place := case.traits.get("good_at"):
        second = f"at EVSE {settings['evse2_id']} only"
        other = f"at EVSEs of another type than {settings['connector_type']}, which {settings['identity']} has,"
        where = {"evse2": second, "elsewhere": "at no EVSE, but at other stations", "other_type": f"{other} only"}[
            place
        ]
        text = f"Have the CSMS know the idToken {settings['valid_token2']} as good at {settings['identity']} {where}."
        yield Wish("good_at", text, {"place": place, "idToken": settings["valid_token2"]})
    first = settings["valid_token"]
    if language := case.traits.get("speaks"):
        text = f"Have the CSMS know the driver with the idToken {first} as one who speaks {language}."
        yield Wish("speaks", text, {"language": language, "idToken": first})
    if tariff := case.traits.get("told"):
        text = f'Have the CSMS tell the driver with the idToken {first} this of the tariff: "{tariff}".'
        yield Wish("told", text, {"text": tariff, "idToken": first})
