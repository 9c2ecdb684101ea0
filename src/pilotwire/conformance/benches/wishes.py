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
    second valid token may charge, at the second EVSE of the station only (`evse2`) or at other stations only (`elsewhere`).
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
        where = {"evse2": second, "elsewhere": "at no EVSE, but at other stations"}[place]
        text = f"Have the CSMS know the idToken {settings['valid_token2']} as good at {settings['identity']} {where}."
        yield Wish("good_at", text, {"place": place, "idToken": settings["valid_token2"]})
