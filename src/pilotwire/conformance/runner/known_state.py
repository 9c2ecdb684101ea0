"""The known state before a case, and what is put back after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pilotwire.conformance.benches.ports import StationBench
from pilotwire.conformance.checks import equals, one_of
from pilotwire.conformance.conditions import kept_is
from pilotwire.conformance.language import (
    ForEach,
    Keeps,
    Learns,
    OnlyIf,
    Reached,
    Receives,
    Reconnects,
    Repeats,
    Sends,
    State,
    Step,
    TellsStatus,
)
from pilotwire.conformance.runner.scene import Scene
from pilotwire.conformance.values import Computed, Fresh, Kept, Known, configured
from pilotwire.conformance.variables import component_variable
from pilotwire.conformance.wire.counterpart import LineDown, NoAnswer
from pilotwire.conformance.wire.transcript import Entry


def _boots(*, early: bool) -> tuple[Step, ...]:
    """The station boots and is idle; `early`: it may have begun before anybody asked for it."""
    return (
        Receives(action="BootNotification", early=early, marks=not early, within=configured.long_operation_timeout),
        TellsStatus(status=["Available"], every="station", early=early, within=configured.long_operation_timeout),
        Receives(
            action="SecurityEventNotification",
            where=(one_of("type", "StartupOfTheDevice", "ResetOrReboot"),),
            optional=True,
            early=True,
            within=configured.silence,
        ),
        Reached(state="Idle"),
    )


MADE: Final[tuple[Step, ...]] = (State(name="Idle", steps=_boots(early=True)),)
"""A station that was made for the case comes up, is accepted, and tells its connectors."""


def _cleared(action: str, **payload: object) -> Sends:
    return Sends(action=action, payload=payload, any_answer=True)


def _places(known: Known) -> list[dict[str, int]]:
    """Every EVSE and connector: what was set for one of them outlives what is set for the station (G03.FR.08, G04.FR.08)."""
    places: list[dict[str, int]] = []
    for evse, connectors in enumerate(known.setting("connectors"), start=1):
        places += [{"id": evse}, *({"id": evse, "connectorId": number} for number in range(1, connectors + 1))]
    return places


_PLACES: Final = Computed("every EVSE and connector", _places)

_MESSAGES_LEFT: Final[tuple[Step, ...]] = (
    Keeps(values={"left_messages": [], "more_left": False}),
    Receives(
        action="NotifyDisplayMessages",
        where=(equals("requestId", Kept("left_request")),),
        keep={"left_messages": "messageInfo", "more_left": "tbc"},
        optional=True,
        early=True,
    ),
    ForEach(
        name="left_message",
        values=Kept("left_messages"),
        steps=(
            _cleared(
                "ClearDisplayMessage", id=Computed("its id", lambda known: known.kept["left_message"].get("id", 0))
            ),
        ),
    ),
)
_NO_MESSAGES: Final[tuple[Step, ...]] = (
    Sends(
        action="GetDisplayMessages",
        payload={"requestId": Fresh("left_request")},
        any_answer=True,
        keep={"messages_left": "status"},
    ),
    OnlyIf(
        condition=kept_is("messages_left", "Accepted"),
        steps=(Repeats(steps=_MESSAGES_LEFT, until=kept_is("more_left", False)),),
    ),
)
"""The station has no display message; one that knows none of this says so."""

FOUND: Final[tuple[Step, ...]] = (
    State(
        name="Idle",
        steps=(
            Reconnects(),
            _cleared("ClearCache"),
            *_NO_MESSAGES,
            _cleared("SendLocalList", versionNumber=Fresh("empty_list_version"), updateType="Full"),
            _cleared("ClearChargingProfile"),
            _cleared("SetMonitoringBase", monitoringBase="FactoryDefault"),
            _cleared("ChangeAvailability", operationalStatus="Operative"),
            ForEach(
                name="idle_place",
                values=_PLACES,
                steps=(_cleared("ChangeAvailability", operationalStatus="Operative", evse=Kept("idle_place")),),
            ),
            Sends(action="Reset", payload={"type": "Immediate"}, checks=(one_of("status", "Accepted"),)),
            *_boots(early=False),
            Learns(variable="TxCtrlr.TxStartPoint", setting="tx_start_points"),
            Learns(variable="TxCtrlr.TxStopPoint", setting="tx_stop_points"),
            Learns(variable="AuthCtrlr.AuthorizeRemoteStart", setting="authorize_remote_start"),
        ),
    ),
)
"""A station that was there already: what it may have kept is cleared, and it boots (section 2.1: idle, no transactions, no faults)."""


_UNDONE: Final = (
    ("lock_blocked", "free_lock"),
    ("faulted", "clear_fault"),
    ("ev_connected", "unplug"),
    ("bay_occupied", "drive_out"),
)
"""Facts a case may leave, and the act that undoes each, in this order."""


async def put_back(scene: Scene, bench: StationBench) -> None:
    """Stop what a case left: transactions, reservations, display messages, EVs; and give variables it changed their old values.

    What cannot be put back is noted.
    """
    for place, facts, session in scene.left():
        if facts.get("authorized") and "transaction_id" in session:
            await asked(scene, "RequestStopTransaction", {"transactionId": session["transaction_id"]})
        await undo_acts(bench, place, facts)
    for number in _reserved(scene):
        await asked(scene, "CancelReservation", {"reservationId": number})
    for number in _displayed(scene):
        await asked(scene, "ClearDisplayMessage", {"id": number})
    for variable, before in reversed(scene.restore.items()):
        data = component_variable(variable) | {"attributeValue": before}
        answer = await asked(scene, "SetVariables", {"setVariableData": [data]})
        if answer is None or answer.kind != "result":
            scene.counterpart.note("left", f"{variable} could not be put back to {before}.")


def _reserved(scene: Scene) -> list[int]:
    """The numbers the case has reserved by; most are used up, and cancelled for nothing."""
    sent = (one for one in scene.counterpart.transcript if one.direction == "sent" and one.action == "ReserveNow")
    return list(dict.fromkeys(one.payload["id"] for one in sent if one.kind == "call"))


def _displayed(scene: Scene) -> list[int]:
    """The ids of the messages the case has set; some are gone, and cleared for nothing."""
    sent = (
        one for one in scene.counterpart.transcript if one.direction == "sent" and one.action == "SetDisplayMessage"
    )
    return list(dict.fromkeys(one.payload["message"]["id"] for one in sent if one.kind == "call"))


async def undo_acts(bench: StationBench, place: Any, facts: Mapping[str, Any]) -> None:
    """What a case did by hand at `place` is undone by hand: lock freed, fault cleared, EV unplugged, bay left."""
    for fact, act in _UNDONE:
        if facts.get(fact):
            await bench.act(act, place)


async def asked(scene: Scene, action: str, payload: dict[str, Any]) -> Entry | None:
    """The answer to a request that tidies up; None where there is none, which is noted."""
    try:
        return await scene.counterpart.call(action, payload, scene.setting("message_timeout"))
    except (LineDown, NoAnswer) as error:
        scene.counterpart.note("left", f"{action} could not be asked for: {error}")
        return None
