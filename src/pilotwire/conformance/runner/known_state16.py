"""The known state before a case of OCPP 1.6 (section 1.3 of the test document), and what is put back after it."""

from __future__ import annotations

from typing import Final

from pilotwire.conformance.benches.ports import StationBench
from pilotwire.conformance.checks import equals, one_of
from pilotwire.conformance.language import (
    Configures,
    Learns,
    Reached,
    Receives,
    Reconnects,
    Sends,
    State,
    Step,
    TellsStatus,
)
from pilotwire.conformance.runner.known_state import asked, undo_acts
from pilotwire.conformance.runner.scene import Scene
from pilotwire.conformance.values import configured


def _boots(*, early: bool) -> tuple[Step, ...]:
    """The Charge Point boots and tells its connectors; connector 0 too, where it does that."""
    return (
        Receives(action="BootNotification", early=early, marks=not early, within=configured.long_operation_timeout),
        TellsStatus(status=["Available"], every="station", early=early, within=configured.long_operation_timeout),
        Receives(
            action="StatusNotification",
            where=(equals("connectorId", 0),),
            optional=True,
            early=True,
            within=configured.silence,
        ),
        Receives(
            action="SecurityEventNotification",
            where=(one_of("type", "StartupOfTheDevice", "ResetOrReboot"),),
            optional=True,
            early=True,
            within=configured.silence,
        ),
        Reached(state="Idle"),
    )


_AT_ONCE: Final = Configures(variable="MinimumStatusDuration", value="0", if_implemented=True, if_writable=True)
"""Section 1.3: so that every state is told at once."""

MADE: Final[tuple[Step, ...]] = (State(name="Idle", steps=_boots(early=True)), _AT_ONCE)
"""A Charge Point that was made for the case comes up, is accepted, and tells its connectors."""


def _cleared(action: str, **payload: object) -> Sends:
    return Sends(action=action, payload=payload, any_answer=True)


FOUND: Final[tuple[Step, ...]] = (
    State(
        name="Idle",
        steps=(
            Reconnects(),
            _cleared("ClearCache"),
            _cleared("SendLocalList", listVersion=1, updateType="Full"),
            _cleared("ClearChargingProfile"),
            _cleared("ChangeAvailability", connectorId=0, type="Operative"),
            Sends(action="Reset", payload={"type": "Hard"}, checks=(one_of("status", "Accepted"),)),
            *_boots(early=False),
            _AT_ONCE,
            Learns(variable="AuthorizeRemoteTxRequests", setting="authorize_remote_start"),
        ),
    ),
)
"""A Charge Point that was there already: what it may have kept is cleared, and it boots (section 1.3)."""


async def put_back(scene: Scene, bench: StationBench) -> None:
    """Stop what a case left: transactions, reservations, EVs; and give keys it changed their old values. What cannot be is noted."""
    for place, facts, session in scene.left():
        if facts.get("authorized") and "transaction_id" in session:
            await asked(scene, "RemoteStopTransaction", {"transactionId": session["transaction_id"]})
        await undo_acts(bench, place, facts)
    sent = [one for one in scene.counterpart.transcript if one.direction == "sent" and one.kind == "call"]
    for number in dict.fromkeys(one.payload["reservationId"] for one in sent if one.action == "ReserveNow"):
        await asked(scene, "CancelReservation", {"reservationId": number})
    for key, before in reversed(scene.restore.items()):
        answer = await asked(scene, "ChangeConfiguration", {"key": key, "value": before})
        if answer is None or answer.kind != "result" or answer.payload.get("status") == "Rejected":
            scene.counterpart.note("left", f"{key} could not be put back to {before}.")
