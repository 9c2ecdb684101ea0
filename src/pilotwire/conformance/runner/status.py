"""Who plays the steps about the states of connectors, which have two forms: StatusNotification and NotifyEvent (G01)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilotwire.conformance.connectors import Place, told_by
from pilotwire.conformance.language import Tells, TellsStatus
from pilotwire.conformance.runner.play import Playing, limit_of
from pilotwire.conformance.runner.scene import Scene
from pilotwire.conformance.verdict import CheckResult, StepResult
from pilotwire.conformance.wire.transcript import Entry
from pilotwire.ocpp.version import OcppVersion


def every_connector(scene: Scene, evse: int | None = None) -> Iterator[Place]:
    """The connectors of the station, or of one EVSE."""
    for number, connectors in enumerate(scene.setting("connectors"), start=1):
        if evse is None or evse == number:
            yield from ((number, connector) for connector in range(1, connectors + 1))


def named(scene: Scene, evse: int, connector: int) -> str:
    """How the version calls a connector; connector 0 of 1.6 is the Charge Point as a whole."""
    if scene.version is OcppVersion.V16:
        return f"connector {evse}"
    return f"connector {connector} of EVSE {evse}"


def told_in(entry: Entry) -> Iterator[tuple[Place, str, str]]:
    """The states a message tells: where, which, and the trigger of an event ("" for a StatusNotification)."""
    return told_by(entry.action, entry.payload)


async def tells_status(playing: Playing, step: TellsStatus, result: StepResult) -> None:
    """Wait until the state of the connector, or of every connector, was told."""
    scene = playing.scene
    wanted, status = _wanted(playing, step), playing.value(step.status)
    states = status if isinstance(status, list) else [status]
    since = 0 if step.early else scene.stimulus

    def all_told() -> dict[Place, tuple[Entry, str]] | None:
        told = _told(scene, since, states)
        return told if all(place in told for place in wanted) else None

    within = float(playing.value(step.within))
    told = await playing.until(all_told, within)
    if told is None:
        if step.optional:
            result.skipped = True
            return
        _missing(playing, wanted, states, since, result)
        return
    result.limit = limit_of(step.within, within)
    for evse, connector in wanted:
        entry, trigger = told[evse, connector]
        entry.taken = True
        result.entries.append(entry.index)
        what = f"{named(scene, evse, connector)} is told to be {' or '.join(states)}"
        result.checks.append(CheckResult(what, True, entry.name, entry=entry.index))
        if entry.breach:
            result.checks.append(
                CheckResult(f"{entry.name} complies with its schema", False, entry.breach, entry=entry.index)
            )
        if trigger:
            right = trigger == "Delta"
            result.checks.append(CheckResult("eventData.trigger is Delta", right, trigger, entry=entry.index))


def _wanted(playing: Playing, step: TellsStatus | Tells) -> list[Place]:
    if step.every == "station":
        return list(every_connector(playing.scene))
    evse = playing.value(step.evse)
    if step.every == "others":
        return [place for place in every_connector(playing.scene) if place[0] != evse]
    return list(every_connector(playing.scene, evse)) if step.every else [(evse, playing.value(step.connector))]


def _told(scene: Scene, since: int, states: list[str]) -> dict[Place, tuple[Entry, str]]:
    told: dict[Place, tuple[Entry, str]] = {}
    for entry in scene.counterpart.transcript.requests(since):
        for place, state, trigger in told_in(entry):
            if state in states and not entry.taken:
                told.setdefault(place, (entry, trigger))
    return told


def _missing(playing: Playing, wanted: list[Place], states: list[str], since: int, result: StepResult) -> None:
    scene = playing.scene
    right = _told(scene, since, states)
    heard: dict[Place, str] = {}
    for entry in scene.counterpart.transcript.requests(since):
        heard.update({place: state for place, state, _ in told_in(entry)})
    for evse, connector in wanted:
        what = f"{named(scene, evse, connector)} is told to be {' or '.join(states)}"
        passed = (evse, connector) in right
        result.checks.append(CheckResult(what, passed, heard.get((evse, connector), "nothing was told")))


async def tells(playing: Playing, step: Tells, result: StepResult) -> None:
    """Tell the CSMS under test the state of a connector."""
    scene = playing.scene
    status = playing.value(step.status)
    for evse, connector in _wanted(playing, step):
        if scene.version is OcppVersion.V16:
            action, payload = "StatusNotification", _status16(scene, evse, status)
        elif scene.setting("status_form") == "NotifyEvent":
            action, payload = "NotifyEvent", _event(scene, evse, connector, status)
        else:
            stamp = scene.now().strftime("%Y-%m-%dT%H:%M:%SZ")
            action = "StatusNotification"
            payload = {"timestamp": stamp, "connectorStatus": status, "evseId": evse, "connectorId": connector}
        entry = await scene.counterpart.call(action, payload, float(scene.setting("message_timeout")))
        result.entries.append(entry.index)
        result.checks.append(
            CheckResult(f"{action}Request is answered", entry.kind == "result", entry.name, entry=entry.index)
        )
        if entry.breach:
            result.checks.append(
                CheckResult(f"{entry.name} complies with its schema", False, entry.breach, entry=entry.index)
            )


def _status16(scene: Scene, connector: int, status: str) -> dict[str, Any]:
    stamp = scene.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"connectorId": connector, "errorCode": "NoError", "status": status, "timestamp": stamp}


def _event(scene: Scene, evse: int, connector: int, status: str) -> dict[str, Any]:
    stamp = scene.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "generatedAt": stamp,
        "seqNo": 0,
        "eventData": [
            {
                "eventId": scene.fresh("event"),
                "timestamp": stamp,
                "trigger": "Delta",
                "actualValue": status,
                "eventNotificationType": "HardWiredNotification",
                "component": {"name": "Connector", "evse": {"id": evse, "connectorId": connector}},
                "variable": {"name": "AvailabilityState"},
            }
        ],
    }
