"""What the cases of block N share: answers in several messages (reports of monitors, what is kept of a customer)."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import Check, equals, near
from pilotwire.conformance.conditions import kept_is
from pilotwire.conformance.language import Keeps, Receives, Repeats, Step
from pilotwire.conformance.values import Kept, Known, Moment, configured, plus

Steps = tuple[Step, ...]
MONITORS = "NotifyMonitoringReport"
CUSTOMER = "NotifyCustomerInformation"


def all_parts(action: str, number: str, name: str, *each: Check) -> Steps:
    """All messages of a report whose requestId was kept as `name`: numbered from 0 without gaps, until one says that no more comes.

    `each` are checks of every one of them.
    """
    return (
        Keeps(values={"part": 0}),
        Repeats(
            number=number,
            steps=(
                Keeps(values={"more comes": False}),
                Receives(
                    number=number,
                    action=action,
                    checks=(
                        equals("requestId", Kept(name)),
                        near("generatedAt", Moment()),
                        equals("seqNo", Kept("part")),
                        *each,
                    ),
                    keep={"more comes": "tbc"},
                    within=configured.message_timeout,
                ),
                Keeps(values={"part": plus(Kept("part"), 1)}),
            ),
            until=kept_is("more comes", False),
            most=500,
        ),
    )


def parts_heard(everything: Any, known: Known, action: str, name: str) -> list[dict[str, Any]]:
    """The payloads of a report, by the name its requestId was kept as."""
    told = (one["payload"] for one in everything["messages"] if one["action"] == action)
    return [one for one in told if one.get("requestId") == known.kept.get(name)]
