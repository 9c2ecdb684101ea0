"""Conditions of a case: the "if" of the document's notes, as things with a name that can be shown and asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pilotwire.conformance.settings import setting_named
from pilotwire.conformance.values import Known, resolve, shown


@dataclass(frozen=True)
class Condition:
    """Something that holds or does not when the case gets there. `what` reads after "if"."""

    what: str
    holds: Callable[[Known], bool] = field(repr=False, compare=False)


def feature(number: str) -> Condition:
    """A feature of Part 5 (`C-49`, `AQ-2`, `HFS-1`) or a certification profile is declared."""
    return Condition(f"{number} is declared", lambda known: known.claims(number))


def configured_is(name: str, *wanted: Any) -> Condition:
    """A setting of the plan is one of these."""
    setting_named(name)
    what = f"{name} is configured as {' or '.join(shown(one) for one in wanted)}"
    return Condition(what, lambda known: known.setting(name) in wanted)


def starts_at(*points: str) -> Condition:
    """TxStartPoint contains one of these."""
    return Condition(
        f"TxStartPoint contains {' or '.join(points)}",
        lambda known: any(point in known.setting("tx_start_points") for point in points),
    )


def stops_at(*points: str) -> Condition:
    """TxStopPoint contains one of these."""
    return Condition(
        f"TxStopPoint contains {' or '.join(points)}",
        lambda known: any(point in known.setting("tx_stop_points") for point in points),
    )


def fact(name: str, wanted: Any = True) -> Condition:
    """Something the case brought about: `bay_occupied`, `authorized`, `ev_connected`, `energy`, `cached`, `remote`, `state` ..."""
    return Condition(f"{name} is {shown(wanted)}", lambda known: known.facts.get(name, False) == wanted)


def state_is(*names: str) -> Condition:
    """The reusable state reached last is one of these."""
    return Condition(f"the state is {' or '.join(names)}", lambda known: known.facts.get("state") in names)


TRANSACTION_RUNS = Condition("a transaction is ongoing", lambda known: bool(known.facts.get("transaction")))
"""By TxStartPoint, TxStopPoint and what happened so far, a transaction must be ongoing now (E01, E06)."""

TRANSACTION_JUST_BEGAN = Condition("the transaction began with this", lambda known: bool(known.facts.get("began")))
"""What happened last is what the transaction had to begin with."""

TRANSACTION_JUST_ENDED = Condition("the transaction ended with this", lambda known: bool(known.facts.get("ended")))
"""What happened last is what the transaction had to end with."""

EVENT_DUE = Condition(
    "a transaction is ongoing or ended with this",
    lambda known: bool(known.facts.get("transaction") or known.facts.get("ended")),
)
"""What happened last is something a TransactionEvent tells."""


TRANSACTIONS_ELSEWHERE = Condition(
    "there was a transaction at another EVSE", lambda known: bool(known.kept.get("transactions_elsewhere"))
)
"""The case has been at another EVSE, and a transaction was told of it there."""

CONNECTED = Condition("there is a connection", lambda known: known.connected)
"""The system under test has not closed the connection."""


def kept_is(name: str, *wanted: Any) -> Condition:
    """What an earlier step kept under this name is one of these."""
    what = f"{name} was {' or '.join(shown(one) for one in wanted)}"
    return Condition(what, lambda known: known.kept.get(name) in [resolve(one, known) for one in wanted])


def implemented(variable: str) -> Condition:
    """The station has this variable (`Component.Variable`)."""
    return Condition(f"{variable} is implemented", lambda known: known.implemented(variable))


CABLE_ATTACHED = Condition(
    "the cable is attached to the station", lambda known: str(known.setting("connector_type")).startswith("c")
)
"""By the type of the connector: the types with `c` have a cable, sockets (`s`) have none."""


def not_(condition: Condition) -> Condition:
    """The opposite."""
    return Condition(f"not ({condition.what})", lambda known: not condition.holds(known))


def all_of(*conditions: Condition) -> Condition:
    """All of them."""
    return Condition(
        " and ".join(f"({one.what})" for one in conditions), lambda known: all(one.holds(known) for one in conditions)
    )


def any_of(*conditions: Condition) -> Condition:
    """At least one of them."""
    return Condition(
        " or ".join(f"({one.what})" for one in conditions), lambda known: any(one.holds(known) for one in conditions)
    )
