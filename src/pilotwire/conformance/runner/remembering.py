"""What a station that was there already had where a case itself sets something: it is put back after the case.

`Configures` remembers what it changes. A plain `Sends` of SetVariables, or of ChangeConfiguration in OCPP 1.6, is what the case is about,
so that the tester reads the old values before it. A station that is made for the case needs none of this.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pilotwire.conformance.runner.play import Playing
from pilotwire.conformance.variables import component_variable, variable_named
from pilotwire.conformance.wire.counterpart import LineDown, NoAnswer
from pilotwire.conformance.wire.transcript import Entry

_TAKEN: Final = ("Accepted", "RebootRequired")


async def remember(playing: Playing, action: str, payload: Any) -> tuple[str, ...]:
    """Read what this request is going to set, and give the names of what is remembered by it; what cannot be read is noted."""
    if playing.role != "station" or getattr(playing.bench, "makes_stations", True):
        return ()
    new = []
    for name in dict.fromkeys(_names(action, payload)):
        if name not in playing.scene.restore:
            before = await (_value if action == "SetVariables" else _value16)(playing, name)
            if before is not None:
                playing.scene.restore[name] = before
                new.append(name)
    return tuple(new)


def forget_refused(playing: Playing, names: tuple[str, ...], answer: Entry) -> None:
    """What the station did not take over is as it was."""
    payload = answer.payload if answer.kind == "result" and isinstance(answer.payload, dict) else {}
    if answer.action == "ChangeConfiguration":
        taken = names if payload.get("status") in _TAKEN else ()
    else:
        taken = tuple(_taken(payload.get("setVariableResult")))
    for name in names:
        if name not in taken:
            playing.scene.restore.pop(name, None)


def _names(action: str, payload: Any) -> Iterator[str]:
    if not isinstance(payload, Mapping):
        return
    if action == "ChangeConfiguration" and isinstance(payload.get("key"), str):
        yield payload["key"]
    told = payload.get("setVariableData") if action == "SetVariables" else None
    for one in told if isinstance(told, list) else ():
        if isinstance(one, Mapping) and one.get("attributeType", "Actual") == "Actual" and variable_named(one):
            yield variable_named(one)


def _taken(results: Any) -> Iterator[str]:
    for one in results if isinstance(results, list) else ():
        if isinstance(one, dict) and one.get("attributeStatus") in _TAKEN:
            yield variable_named(one)


async def _value(playing: Playing, name: str) -> str | None:
    payload = await _read(playing, "GetVariables", {"getVariableData": [component_variable(name)]})
    results = payload.get("getVariableResult")
    found = results[0] if isinstance(results, list) and results and isinstance(results[0], dict) else {}
    if found.get("attributeStatus") == "Rejected":
        playing.scene.counterpart.note("left", f"{name} cannot be read, so that it will not be put back.")
    return str(found["attributeValue"]) if "attributeValue" in found else None


async def _value16(playing: Playing, key: str) -> str | None:
    payload = await _read(playing, "GetConfiguration", {"key": [key]})
    told = payload.get("configurationKey")
    found = (one for one in told if isinstance(one, dict)) if isinstance(told, list) else iter(())
    return next((str(one["value"]) for one in found if "value" in one), None)


async def _read(playing: Playing, action: str, payload: dict[str, Any]) -> dict[str, Any]:
    scene = playing.scene
    with contextlib.suppress(LineDown, NoAnswer):  # the request that follows tells
        entry = await scene.counterpart.call(action, payload, scene.setting("message_timeout"))
        if entry.kind == "result" and isinstance(entry.payload, dict):
            return entry.payload
    return {}
