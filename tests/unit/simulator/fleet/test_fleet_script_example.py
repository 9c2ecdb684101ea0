"""The scripted station of examples/script.yaml, at fifteen times its speed: what its script says is what the CSMS hears."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from pilotwire.clock import SystemClock
from pilotwire.simulator.fleet import Fleet, read_scenario
from tests.support.scripted_csms import scripted_csms

SCRIPT = Path(__file__).parents[4] / "examples" / "script.yaml"


async def test_the_example_script_does_what_it_says() -> None:
    """A plug pulled at second 12, a fault in mid-transaction, a transaction that ends offline: three ends, each with its reason."""
    plan = read_scenario(SCRIPT).model_copy(update={"speed": 15.0})
    async with scripted_csms() as csms:
        fleet = Fleet(plan, count=None, prefix="CS001", url=csms.url, clock=SystemClock())
        await fleet.run()
        events = csms.of("TransactionEvent")
        shown = [one["connectorStatus"] for one in csms.of("StatusNotification")]
    assert not fleet.counts.undone
    told: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in events:
        told[event["transactionInfo"]["transactionId"]].append(event)
    ends = [
        (run[-1]["eventType"], run[-1]["triggerReason"], run[-1]["transactionInfo"]["stoppedReason"])
        for run in told.values()
    ]
    assert ends == [
        ("Ended", "EVCommunicationLost", "EVDisconnected"),
        ("Ended", "AbnormalCondition", "GroundFault"),
        ("Ended", "StopAuthorized", "Local"),
    ]
    assert [any(event.get("offline") for event in run) for run in told.values()] == [False, False, True]
    assert "Faulted" in shown
