"""Checks: what they take, what they refuse, and that nothing a peer sends makes them raise."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.conformance.checks import (
    Check,
    Judgement,
    above,
    absent,
    absent_or,
    at_least,
    at_most,
    both,
    contains_all,
    count,
    differs,
    either,
    equals,
    every,
    holds,
    in_future,
    in_past,
    is_not,
    lacks,
    like,
    matches,
    near,
    none,
    not_empty,
    one_of,
    present,
    same,
    satisfies,
    some,
    when,
)
from pilotwire.conformance.conditions import configured_is, not_
from pilotwire.conformance.values import Kept, Known, configured
from tests.support.bench_scene import BenchScene

MESSAGE = {
    "status": "Accepted",
    "interval": 10,
    "time": "2026-01-01T00:00:01Z",
    "list": "Wh,A,V",
    "parts": [{"id": 1, "on": True}, {"id": 2, "on": False}],
}


@pytest.mark.parametrize(
    ("check", "right"),
    [
        (equals("status", "Accepted"), True),
        (equals("interval", 10.0), True),
        (equals("interval", "10"), False),
        (equals("parts[1].id", 2), True),
        (equals("parts[7].id", 2), False),
        (equals("parts[0].on", 1), False),
        (equals("time", "2026-01-01T01:00:01+01:00"), True),
        (differs("status", "Rejected"), True),
        (differs("nothing", "Rejected"), False),
        (is_not("nothing", "Rejected"), True),
        (one_of("status", "Rejected", "Accepted"), True),
        (present("status.more"), False),
        (absent("reason"), True),
        (absent("status"), False),
        (absent_or("status", "Rejected"), False),
        (absent_or("reason", "Rejected"), True),
        (at_least("interval", 10), True),
        (at_least("status", 10), False),
        (at_most("interval", 9), False),
        (above("interval", 9), True),
        (holds("list", "A"), True),
        (lacks("list", "A"), False),
        (lacks("list", "Celsius"), True),
        (count("parts", 2), True),
        (not_empty("parts"), True),
        (matches("status", "Acc.*"), True),
        (matches("interval", "10"), False),
        (near("time", "2026-01-01T00:00:04Z"), True),
        (near("time", "2026-01-01T00:00:06Z"), False),
        (in_past("time"), True),
        (in_future("time"), True),
        (like("", {"parts": [{"id": 1}, {"id": 2}]}), True),
        (like("", {"parts": [{"id": 1}]}), False),
        (some("parts", equals("id", 2), equals("on", False)), True),
        (some("parts", equals("id", 2), equals("on", True)), False),
        (every("parts", present("id")), True),
        (every("nothing", present("id")), False),
        (none("parts", equals("id", 3)), True),
        (either(equals("status", "No"), equals("interval", 10)), True),
        (both(equals("status", "No"), equals("interval", 10)), False),
        (satisfies("interval", "is even", lambda found, _: found % 2 == 0), True),
        (equals("evse", configured.evse_id), False),
        (equals("status", Kept("never")), False),
    ],
    ids=lambda one: one.what if isinstance(one, Check) else None,
)
def test_what_a_check_takes(check: Check, right: bool) -> None:
    assert check.on(MESSAGE, BenchScene().scene).passed is right


def test_a_check_applies_only_where_its_condition_holds() -> None:
    local = configured_is("authorization", "local")
    (applies,), (not_here,) = when(local, equals("status", "No")), when(not_(local), equals("status", "No"))
    scene = BenchScene().scene
    assert not applies.on(MESSAGE, scene).passed
    judged = not_here.on(MESSAGE, scene)
    assert judged.passed
    assert not judged.applies


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
ALL = [
    equals("a.b[0]", 1),
    one_of("a", "x", 2),
    at_least("a", 1),
    holds("a", "b"),
    some("a", equals("b", 1)),
    every("a.b", present("c")),
    near("a", "2026-01-01T00:00:00Z"),
    like("a", {"b": [1]}),
    matches("a", "x"),
    count("a", 1),
]


@given(JSON)
def test_nothing_a_peer_sends_makes_a_check_raise(sent: Any) -> None:
    for check in ALL:
        check.on(sent, _Settings())


class _Settings:
    kept: dict[str, Any] = {}

    def setting(self, _: str) -> float:
        return 4.0


@given(JSON)
def test_a_thing_is_the_same_as_itself_and_contains_itself(thing: Any) -> None:
    assert same(thing, thing)
    assert contains_all(thing, thing)


@pytest.mark.parametrize("malformed", [{}, {"data": None}, {"data": []}, {"data": 3}, None])
def test_a_test_of_its_own_may_meet_what_breaks_its_schema(malformed: Any) -> None:
    def judge(message: Any, _: Known) -> Judgement:
        return Judgement(message["data"][0].get("status") == "Accepted")

    check = Check("the first is accepted", judge)
    known = BenchScene().scene
    assert check.on({"data": [{"status": "Accepted"}]}, known).passed
    assert not check.on(malformed, known).passed
