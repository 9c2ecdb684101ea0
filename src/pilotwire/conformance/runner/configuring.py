"""Who plays `Configures`: sets a variable of the station under test, and remembers what it was."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.language import Configures, Learns
from pilotwire.conformance.runner.play import Playing, StepFault
from pilotwire.conformance.runner.scene import Scene
from pilotwire.conformance.values import text_of
from pilotwire.conformance.variables import component_variable
from pilotwire.conformance.verdict import CheckResult, StepResult
from pilotwire.conformance.wire.transcript import Entry

_TAKEN_OVER = {"TxCtrlr.TxStartPoint": "tx_start_points", "TxCtrlr.TxStopPoint": "tx_stop_points"}
_UNKNOWN = ("UnknownComponent", "UnknownVariable")


async def configures(playing: Playing, step: Configures, result: StepResult) -> None:
    """Read the variable, write it unless it is so already."""
    wanted = text_of(playing.value(step.value))
    read = await asked(playing, "GetVariables", {"getVariableData": [component_variable(step.variable)]}, result)
    found = _first(read, "getVariableResult")
    status, before = found.get("attributeStatus"), found.get("attributeValue", "")
    scene = playing.scene
    if status in _UNKNOWN:
        scene.seen_variables[step.variable] = None
        if not step.if_implemented:
            raise StepFault(f"the station does not have {step.variable} ({status})")
        result.skipped = True
        return
    scene.seen_variables[step.variable] = before
    if not alike(before, wanted) and not await _write(playing, step, wanted, before, result):
        if not does(before, wanted, step.besides):
            return
        wanted = before
    if step.variable in _TAKEN_OVER:
        scene.settings[_TAKEN_OVER[step.variable]] = wanted.split(",")
    result.checks.append(CheckResult(f"{step.variable} is {wanted}", True, wanted))


async def learns(playing: Playing, step: Learns, result: StepResult) -> None:
    """Read the variable; a setting keeps its type: a list, a truth value, a number or a text."""
    read = await asked(playing, "GetVariables", {"getVariableData": [component_variable(step.variable)]}, result)
    found = _first(read, "getVariableResult")
    if found.get("attributeStatus") != "Accepted":
        result.skipped = True
        return
    value = str(found.get("attributeValue", ""))
    take_over(playing.scene, step.setting, value)
    result.checks.append(CheckResult(f"{step.variable} was read", True, value))


def take_over(scene: Scene, name: str, value: str) -> None:
    """A setting is what the station says it is; it keeps its type."""
    before = scene.settings[name]
    if isinstance(before, list):
        scene.settings[name] = [one.strip() for one in value.split(",")]
    elif isinstance(before, bool):
        scene.settings[name] = value.casefold() == "true"
    elif isinstance(before, int) and value.isdigit():
        scene.settings[name] = int(value)
    else:
        scene.settings[name] = value


async def _write(playing: Playing, step: Configures, wanted: str, before: str, result: StepResult) -> bool:
    data = component_variable(step.variable) | {"attributeValue": wanted}
    answer = await asked(playing, "SetVariables", {"setVariableData": [data]}, result)
    status = _first(answer, "setVariableResult").get("attributeStatus", "no result")
    if status == "RebootRequired":
        await _reboot(playing)
    elif status != "Accepted":
        if step.if_writable or does(before, wanted, step.besides):
            result.skipped = True
            return False
        raise StepFault(f"{step.variable} cannot be set to {wanted}: {status}")
    playing.scene.restore.setdefault(step.variable, before)
    return True


async def _reboot(playing: Playing) -> None:
    scene = playing.scene
    since = len(scene.counterpart.transcript)
    await scene.counterpart.call("Reset", {"type": "OnIdle"}, scene.setting("message_timeout"))

    def booted() -> Entry | None:
        return next(
            (one for one in scene.counterpart.transcript.requests(since) if one.action == "BootNotification"), None
        )

    entry = await playing.until(booted, scene.setting("long_operation_timeout"))
    if entry is None:
        raise StepFault("the station did not boot after the Reset that a variable required")
    entry.taken = True


async def asked(playing: Playing, action: str, payload: dict[str, Any], result: StepResult) -> Entry:
    """The CALLRESULT of a request. Raises StepFault for a CALLERROR."""
    scene = playing.scene
    entry = await scene.counterpart.call(action, payload, scene.setting("message_timeout"))
    result.entries.append(entry.index)
    if entry.kind != "result":
        raise StepFault(f"{action}Request was answered with CALLERROR {entry.payload.get('errorCode')}")
    return entry


def _first(entry: Entry, name: str) -> dict[str, Any]:
    results = entry.payload.get(name) if isinstance(entry.payload, dict) else None
    return results[0] if isinstance(results, list) and results and isinstance(results[0], dict) else {}


def alike(found: str, wanted: str) -> bool:
    """Whether two texts of a variable mean the same: case and the order of a list's members do not matter."""
    if found.casefold() == wanted.casefold():
        return True
    return "," in wanted and sorted(found.split(",")) == sorted(wanted.split(","))


def does(found: str, wanted: str, besides: tuple[str, ...]) -> bool:
    """Whether a list has all members wanted, and none but those and `besides`."""
    members = set(found.split(","))
    return bool(besides) and members >= set(wanted.split(",")) and members <= {*wanted.split(","), *besides}
