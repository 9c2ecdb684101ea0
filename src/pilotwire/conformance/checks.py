"""Checks of a message: each is one tool validation of the document, named, and reported by itself.

A check looks at a path of the payload and says whether what stands there is right. It never raises for what a peer sent: a field that
is missing or of another type is simply not what was wanted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from pilotwire.conformance.conditions import Condition
from pilotwire.conformance.values import MISSING, Known, Unresolved, look, resolve, shown


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came of a check: `found` is what stood there, for the report; `applies` is false where its condition did not hold.

    `entry` is the message it was about, by its index, where the check itself chose it (of all that was heard, in `Judges`).
    """

    passed: bool
    found: str = ""
    applies: bool = True
    entry: int | None = None


Judge = Callable[[Any, Known], Judgement]


@dataclass(frozen=True)
class Check:
    """One validation. `what` is the sentence of the report, `requirement` where it comes from.

    A `soft` check that fails makes a warning: it works, but not to the letter.
    """

    what: str
    judge: Judge = field(repr=False, compare=False)
    path: str = ""
    requirement: str = ""
    soft: bool = False

    def of(self, requirement: str) -> Check:
        """The same check, with the requirement it proves."""
        return replace(self, requirement=requirement)

    def softly(self) -> Check:
        """The same check as a warning."""
        return replace(self, soft=True)

    def on(self, message: Any, known: Known) -> Judgement:
        """Look at a payload."""
        try:
            return self.judge(message, known)
        except Unresolved as error:
            return Judgement(False, error.what)
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            # a test over many messages may meet one that breaks its schema
            return Judgement(False, f"what was heard lacks what is judged: {error!r}")


def found_text(found: Any) -> str:
    """What stood there, short."""
    if found is MISSING:
        return "nothing"
    text = "true" if found is True else "false" if found is False else str(found)
    return text if len(text) <= 200 else text[:197] + "..."


def _at(path: str, what: str, test: Callable[[Any, Known], bool]) -> Check:
    def judge(message: Any, known: Known) -> Judgement:
        found = look(message, path)
        return Judgement(bool(test(found, known)), found_text(found))

    return Check(f"{path or 'the message'} {what}", judge, path)


def same(found: Any, wanted: Any) -> bool:
    """Equal as JSON values: 10 and 10.0 are, true and 1 are not, and objects are when every field is."""
    if isinstance(found, bool) or isinstance(wanted, bool):
        return found is wanted
    if isinstance(found, (int, float)) and isinstance(wanted, (int, float)):
        return found == wanted or abs(found - wanted) < 1e-9
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(same(one, other) for one, other in zip(found, wanted, strict=True))
    if isinstance(found, dict) and isinstance(wanted, dict):
        return found.keys() == wanted.keys() and all(same(found[key], wanted[key]) for key in wanted)
    if isinstance(found, str) and isinstance(wanted, str) and found != wanted:
        first, second = moment_of(found), moment_of(wanted)
        return first is not None and first == second
    return bool(found == wanted)


def moment_of(text: Any) -> datetime | None:
    """The moment in a date-time text (RFC 3339); None if it is none."""
    if not isinstance(text, str) or len(text) < 19 or "T" not in text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def contains_all(found: Any, wanted: Any) -> bool:
    """Whether every field wanted is in what was found, with its value; lists must have the same length and order."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(
            key in found and contains_all(found[key], value) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(found, list)
            and len(found) == len(wanted)
            and all(contains_all(one, other) for one, other in zip(found, wanted, strict=True))
        )
    return same(found, wanted)


# --- one place of the message --------------------------------------------------------------------------------------------------


def equals(path: str, wanted: Any) -> Check:
    """What stands at `path` is `wanted`, a plain thing or a value."""
    return _at(path, f"is {shown(wanted)}", lambda found, known: same(found, resolve(wanted, known)))


def differs(path: str, unwanted: Any) -> Check:
    """Something stands at `path`, and it is not `unwanted`."""
    return _at(
        path,
        f"is not {shown(unwanted)}",
        lambda found, known: found is not MISSING and not same(found, resolve(unwanted, known)),
    )


def is_not(path: str, unwanted: Any) -> Check:
    """What stands at `path`, if anything does, is not `unwanted`."""
    return _at(path, f"is not {shown(unwanted)}", lambda found, known: not same(found, resolve(unwanted, known)))


def one_of(path: str, *wanted: Any) -> Check:
    """What stands at `path` is one of these."""
    what = "is " + " or ".join(shown(one) for one in wanted)
    return _at(path, what, lambda found, known: any(same(found, resolve(one, known)) for one in wanted))


def present(path: str) -> Check:
    """Something stands at `path`."""
    return _at(path, "is present", lambda found, _: found is not MISSING)


def absent(path: str) -> Check:
    """Nothing stands at `path`."""
    return _at(path, "is omitted", lambda found, _: found is MISSING)


def absent_or(path: str, *wanted: Any) -> Check:
    """Nothing stands at `path`, or one of these."""
    what = "is omitted or " + " or ".join(shown(one) for one in wanted)
    return _at(
        path, what, lambda found, known: found is MISSING or any(same(found, resolve(one, known)) for one in wanted)
    )


def at_least(path: str, least: Any) -> Check:
    """A number not below `least`."""
    return _at(
        path, f"is at least {shown(least)}", lambda found, known: _number(found) and found >= resolve(least, known)
    )


def at_most(path: str, most: Any) -> Check:
    """A number not above `most`."""
    return _at(path, f"is at most {shown(most)}", lambda found, known: _number(found) and found <= resolve(most, known))


def above(path: str, bound: Any) -> Check:
    """A number above `bound`."""
    return _at(path, f"is above {shown(bound)}", lambda found, known: _number(found) and found > resolve(bound, known))


def _number(found: Any) -> bool:
    return isinstance(found, (int, float)) and not isinstance(found, bool)


def like(path: str, wanted: Any) -> Check:
    """What stands at `path` has at least the fields of `wanted`, with their values."""
    return _at(path, f"has {shown(wanted)}", lambda found, known: contains_all(found, resolve(wanted, known)))


def matches(path: str, pattern: str, what: str = "") -> Check:
    """A text that `pattern` (a regular expression) describes as a whole."""
    test = re.compile(pattern, re.DOTALL)
    return _at(
        path, what or f"matches {pattern}", lambda found, _: isinstance(found, str) and bool(test.fullmatch(found))
    )


def holds(path: str, part: Any) -> Check:
    """A text or list in which `part` is; a text of comma-separated members counts as the list of them."""
    return _at(path, f"contains {shown(part)}", lambda found, known: _within(found, resolve(part, known)))


def lacks(path: str, part: Any) -> Check:
    """A text or list in which `part` is not."""
    return _at(path, f"does not contain {shown(part)}", lambda found, known: not _within(found, resolve(part, known)))


def _within(found: Any, part: Any) -> bool:
    if isinstance(found, str):
        return str(part) in [one.strip() for one in found.split(",")] or str(part) in found
    return isinstance(found, list) and any(same(one, part) for one in found)


def count(path: str, wanted: Any) -> Check:
    """A list with so many members."""
    what = f"has {shown(wanted)} members"
    return _at(path, what, lambda found, known: isinstance(found, list) and len(found) == resolve(wanted, known))


def not_empty(path: str) -> Check:
    """A list or text with something in it."""
    return _at(path, "is not empty", lambda found, _: isinstance(found, (list, str)) and len(found) > 0)


def near(path: str, moment: Any, seconds: Any = None) -> Check:
    """A date-time not further than `seconds` (as a rule the plan's `time_deviation`) from `moment`."""

    def judge(found: Any, known: Known) -> bool:
        there, wanted = moment_of(found), moment_of(resolve(moment, known))
        allowed = known.setting("time_deviation") if seconds is None else resolve(seconds, known)
        return there is not None and wanted is not None and abs((there - wanted).total_seconds()) <= float(allowed)

    return _at(path, f"is near {shown(moment)}", judge)


def in_future(path: str) -> Check:
    """A date-time after now."""

    def judge(found: Any, known: Known) -> bool:
        there = moment_of(found)
        return there is not None and there > known.now()

    return _at(path, "is in the future", judge)


def in_past(path: str) -> Check:
    """A date-time not after now (the plan's `time_deviation` allowed)."""

    def judge(found: Any, known: Known) -> bool:
        there = moment_of(found)
        return there is not None and (there - known.now()).total_seconds() <= float(known.setting("time_deviation"))

    return _at(path, "is not in the future", judge)


def satisfies(path: str, what: str, test: Callable[[Any, Known], bool]) -> Check:
    """A test of its own, named `what`; `test` gets what stands at `path` (or `MISSING`) and may not raise for it."""
    return _at(path, what, test)


# --- several -------------------------------------------------------------------------------------------------------------------


def _list_at(message: Any, path: str) -> list[Any]:
    found = look(message, path)
    return found if isinstance(found, list) else []


def _all_hold(checks: Sequence[Check], message: Any, known: Known) -> bool:
    return all(check.on(message, known).passed for check in checks)


def some(path: str, *checks: Check) -> Check:
    """At least one member of the list at `path` passes all the checks (their paths start at the member)."""

    def judge(message: Any, known: Known) -> Judgement:
        members = _list_at(message, path)
        return Judgement(any(_all_hold(checks, one, known) for one in members), found_text(look(message, path)))

    return Check(f"{path} has a member of which {_listed(checks)}", judge, path)


def every(path: str, *checks: Check) -> Check:
    """The list at `path` has members, and each passes all the checks."""

    def judge(message: Any, known: Known) -> Judgement:
        members = _list_at(message, path)
        passed = bool(members) and all(_all_hold(checks, one, known) for one in members)
        return Judgement(passed, found_text(look(message, path)))

    return Check(f"of every member of {path}: {_listed(checks)}", judge, path)


def none(path: str, *checks: Check) -> Check:
    """No member of the list at `path` passes all the checks."""

    def judge(message: Any, known: Known) -> Judgement:
        members = _list_at(message, path)
        return Judgement(not any(_all_hold(checks, one, known) for one in members), found_text(look(message, path)))

    return Check(f"{path} has no member of which {_listed(checks)}", judge, path)


def either(*checks: Check) -> Check:
    """At least one of the checks passes."""

    def judge(message: Any, known: Known) -> Judgement:
        judged = [check.on(message, known) for check in checks]
        return Judgement(any(one.passed for one in judged), "; ".join(dict.fromkeys(one.found for one in judged)))

    return Check(_listed(checks, " or "), judge, checks[0].path)


def both(*checks: Check) -> Check:
    """All the checks pass: for use inside `either` or `some`."""

    def judge(message: Any, known: Known) -> Judgement:
        judged = [check.on(message, known) for check in checks]
        return Judgement(all(one.passed for one in judged), "; ".join(dict.fromkeys(one.found for one in judged)))

    return Check(_listed(checks), judge, checks[0].path)


def when(condition: Condition, *checks: Check) -> tuple[Check, ...]:
    """The checks, where the condition holds; where it does not they do not apply. Use with `*when(...)`."""
    return tuple(_conditional(condition, check) for check in checks)


def _conditional(condition: Condition, check: Check) -> Check:
    def judge(message: Any, known: Known) -> Judgement:
        if not condition.holds(known):
            return Judgement(True, "", applies=False)
        return check.judge(message, known)

    return replace(check, what=f"{check.what}, if {condition.what}", judge=judge)


def _listed(checks: Sequence[Check], word: str = " and ") -> str:
    return word.join(check.what for check in checks)
