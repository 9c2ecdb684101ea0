"""Prices of sessions against an oracle that walks through them second by second (`benchmarks.price_oracle` compares ten thousand)."""

from __future__ import annotations

from collections import Counter

import pytest

from pilotwire.domain.kinds import changed
from pilotwire.domain.tariff.priced import priced
from tests.support.price_by_seconds import Case, Walk, disagreement

CASES = 300
CELLS = 100
"""At most so many seconds or minutes, to be quick."""


def test_sessions_cost_what_walking_through_them_gives() -> None:
    wrong = {seed: found for seed in range(CASES) if (found := disagreement(Case.random(seed, CELLS))) is not None}
    assert not wrong


def test_the_cases_have_something_of_everything() -> None:
    """Limits that are reached and that are not, several periods, tariffs that change, energy fed back, all currencies."""
    cases = [Case.random(seed, CELLS) for seed in range(CASES)]
    kinds: Counter[str] = Counter()
    for case in cases:
        found = priced(case.session)
        assert found is not None
        kinds[found.details.total_cost.type_of_cost] += 1
        kinds["periods"] += len(found.periods) > 2
        kinds["steps"] += any(line.why == "step" for line in found.once)
        kinds["changed"] += len(case.session.tariffs) > 1
        kinds["fed back"] += any(one.exported for one in case.session.readings)
        kinds["included"] += case.session.tariffs[-1].tariff.taxes == "Included"
        kinds[found.details.total_cost.currency] += 1
    wanted = ("NormalCost", "MinCost", "MaxCost", "periods", "steps", "changed", "fed back", "included", "JPY", "KWD")
    assert {name: count for name in wanted if (count := kinds[name]) < 5} == {}


@pytest.mark.parametrize("what", ["a cent", "a minute", "the zone"])
def test_the_oracle_notices(what: str) -> None:
    """A session that differs a little has another price in most cases: the comparison is no formality."""
    noticed = 0
    for seed in range(60):
        case = Case.random(seed, CELLS)
        session, before = case.session, Walk(case).total()
        if what == "a cent":
            readings = tuple(
                one if one.register is None or n == 0 else changed(one, register=one.register + 100)
                for n, one in enumerate(session.readings)
            )
            case.session = changed(session, readings=readings)
        elif what == "a minute":
            case.session = changed(session, reserved=(session.reserved or 0) + 1800)
        else:
            case.session = changed(session, time_zone="Pacific/Kiritimati")
        noticed += Walk(case).total() != before
    assert noticed >= 15
