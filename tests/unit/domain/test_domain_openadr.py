"""Events of a VTN: which limits follow from them for which feeders, which prices, and what is told as not acted upon."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain.openadr import (
    AHEAD,
    Signal,
    VtnEvent,
    capacity_limits,
    in_watts,
    not_acted_upon,
    prices,
)

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FEEDERS = {"hall-a": "panel-a", "hall-b": "panel-b"}


def signal(value: float, begins: float = 0, ends: float | None = 30, **more: Any) -> Signal:
    """A limit between two moments, in minutes from now."""
    return Signal(
        start=NOW + begins * MINUTE,
        end=None if ends is None else NOW + ends * MINUTE,
        value=Decimal(str(value)),
        **{"payload": "IMPORT_CAPACITY_LIMIT"} | more,
    )


def event(*signals: Signal, event_id: str = "ev-1", resources: tuple[str, ...] = ()) -> VtnEvent:
    return VtnEvent(event_id=event_id, program_id="p", signals=signals, resources=resources)


def test_limits_of_feeders() -> None:
    """Of the resources that are named, of the whole site otherwise; a little before their time, until their end."""
    found = capacity_limits(
        [event(signal(50_000)), event(signal(9, amperes=True), event_id="ev-2", resources=("hall-b", "hall-a"))],
        NOW,
        FEEDERS,
        "grid",
    )
    assert [(one.feeder, one.watts, one.amperes) for one in found] == [
        ("grid", 50_000, None),
        ("panel-a", None, 9),
        ("panel-b", None, 9),
    ]
    assert {(one.since, one.until) for one in found} == {(NOW - AHEAD, NOW + 30 * MINUTE)}
    assert len({one.key for one in found}) == 3


@pytest.mark.parametrize(
    ("begins", "ends", "counts"),
    [
        (-60, -1, False),
        (-60, 0, False),
        (-60, 0.1, True),
        (-60, None, True),
        (59, 90, True),
        (61, 90, False),
        (61, None, False),
    ],
)
def test_what_is_laid_down(begins: float, ends: float | None, counts: bool) -> None:
    """What is not over, and begins within the hour."""
    assert bool(capacity_limits([event(signal(1, begins, ends))], NOW, {}, "grid")) is counts


def test_a_changed_value_takes_the_place_of_the_old_one() -> None:
    """Its key is the same; that of the next interval is not."""
    one, changed_, after = (
        capacity_limits([event(told)], NOW, {}, "grid")[0].key for told in (signal(50), signal(40), signal(40, 30, 60))
    )
    assert one == changed_ != after


def test_levels_of_simple() -> None:
    """A level limits as far as it is set; without levels it is told as not acted upon."""
    told = [event(signal(2, payload="SIMPLE"), signal(0, 30, 60, payload="SIMPLE"))]
    assert capacity_limits(told, NOW, {}, "grid") == ()
    (found,) = capacity_limits(told, NOW, {}, "grid", {2: Decimal(10_000)})
    assert found.watts == 10_000
    assert list(not_acted_upon(told)) == ["event ev-1 has SIMPLE, and no levels are set for it"]
    assert list(not_acted_upon(told, {2: Decimal(10_000)})) == []


def test_what_is_not_acted_upon() -> None:
    """Each payload of an event once; a limit of what flows back is not enforced."""
    export, alert = (signal(5, payload=payload) for payload in ("EXPORT_CAPACITY_LIMIT", "ALERT_GRID_EMERGENCY"))
    assert capacity_limits([event(export, alert)], NOW, {}, "grid") == ()
    first, second = not_acted_upon([event(export, alert, alert, signal(1))])
    assert first == "event ev-1 has ALERT_GRID_EMERGENCY, which is not acted upon"
    assert second.startswith("event ev-1 has EXPORT_CAPACITY_LIMIT, which is kept and not enforced")


def test_prices() -> None:
    """By their time, without those of the past; one without an end holds for a week."""
    told = [
        event(signal(0.4, 30, 60, payload="PRICE"), signal(0.1, -60, 0, payload="PRICE")),
        event(signal(0.2, 0, 30, payload="PRICE"), signal(-0.05, 60, None, payload="PRICE"), signal(7)),
    ]
    found = prices(told, NOW)
    assert [str(one.price) for one in found] == ["0.2", "0.4", "-0.05"]
    assert found[2].end == NOW + 60 * MINUTE + timedelta(days=7)
    assert prices(told, NOW + MINUTE) == found


@pytest.mark.parametrize(
    ("unit", "told"),
    [
        ("", (2000, False)),
        ("kW", (2000, False)),
        ("W", (2, False)),
        ("MW", (2_000_000, False)),
        ("A", (2, True)),
        ("KWH", None),
    ],
)
def test_units_of_a_capacity(unit: str, told: Any) -> None:
    """W and A; others are none."""
    assert in_watts(Decimal(2), unit) == told
