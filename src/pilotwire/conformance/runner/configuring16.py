"""Who plays `Configures` and `Learns` in OCPP 1.6: configuration keys, by GetConfiguration and ChangeConfiguration."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.language import Configures, Learns
from pilotwire.conformance.runner.configuring import alike, asked, does, take_over
from pilotwire.conformance.runner.play import Playing, StepFault
from pilotwire.conformance.values import text_of
from pilotwire.conformance.verdict import CheckResult, StepResult
from pilotwire.conformance.wire.transcript import Entry


async def configures16(playing: Playing, step: Configures, result: StepResult) -> None:
    """Read the key, write it unless it is so already."""
    wanted = text_of(playing.value(step.value))
    found = await _read(playing, step.variable, result)
    scene = playing.scene
    if found is None:
        scene.seen_variables[step.variable] = None
        if not step.if_implemented:
            raise StepFault(f"the Charge Point does not have the key {step.variable}")
        result.skipped = True
        return
    before = str(found.get("value", ""))
    scene.seen_variables[step.variable] = before
    if not alike(before, wanted) and not await _write(playing, step, wanted, before, result):
        if not does(before, wanted, step.besides):
            return
        wanted = before
    result.checks.append(CheckResult(f"{step.variable} is {wanted}", True, wanted))


async def learns16(playing: Playing, step: Learns, result: StepResult) -> None:
    """Read the key; a setting keeps its type."""
    found = await _read(playing, step.variable, result)
    if found is None or "value" not in found:
        result.skipped = True
        return
    take_over(playing.scene, step.setting, str(found["value"]))
    result.checks.append(CheckResult(f"{step.variable} was read", True, str(found["value"])))


async def _read(playing: Playing, key: str, result: StepResult) -> dict[str, Any] | None:
    entry = await asked(playing, "GetConfiguration", {"key": [key]}, result)
    keys = entry.payload.get("configurationKey") if isinstance(entry.payload, dict) else None
    found = (one for one in keys or () if isinstance(one, dict) and str(one.get("key")).casefold() == key.casefold())
    return next(found, None)


async def _write(playing: Playing, step: Configures, wanted: str, before: str, result: StepResult) -> bool:
    entry = await asked(playing, "ChangeConfiguration", {"key": step.variable, "value": wanted}, result)
    status = entry.payload.get("status", "no status") if isinstance(entry.payload, dict) else "no status"
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
    await scene.counterpart.call("Reset", {"type": "Soft"}, scene.setting("message_timeout"))

    def booted() -> Entry | None:
        return next(
            (one for one in scene.counterpart.transcript.requests(since) if one.action == "BootNotification"), None
        )

    entry = await playing.until(booted, scene.setting("long_operation_timeout"))
    if entry is None:
        raise StepFault("the Charge Point did not boot after the Reset that a key required")
    entry.taken = True
