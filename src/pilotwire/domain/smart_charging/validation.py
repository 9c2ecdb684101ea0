"""All rules together."""

from __future__ import annotations

from typing import Final

from pilotwire.domain.smart_charging import rules, rules_v2x
from pilotwire.domain.smart_charging.profiles import ChargingProfile
from pilotwire.domain.smart_charging.rules import Edition, Flaw, ProfileContext, Rule

RULES: Final[tuple[Rule, ...]] = (
    rules.place,
    rules.transaction,
    rules.stack_level,
    rules.room,
    rules.duplicate,
    rules.validity,
    rules.kind,
    rules.count,
    rules.start,
    rules.periods,
    rules.length,
    rules.duration,
    rules.unit,
    rules.values,
)
RULES_21: Final[tuple[Rule, ...]] = (
    rules_v2x.purpose,
    rules_v2x.dynamic,
    rules_v2x.features,
    rules_v2x.modes,
    rules_v2x.phases,
)


def flaws_of(profile: ChargingProfile, context: ProfileContext) -> tuple[Flaw, ...]:
    """Everything that is wrong with a profile for a station, as far as is known of the station; () if nothing is.

    What a version has no words for is not among it: its dialect says that.
    """
    wanted = RULES if context.edition is not Edition.V21 else RULES + RULES_21
    return tuple(flaw for rule in wanted for flaw in rule(profile, context))
