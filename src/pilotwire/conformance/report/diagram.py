"""The message sequence of a case as a picture (SVG): two lifelines, an arrow a frame."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from xml.sax.saxutils import escape

from pilotwire.conformance.language import Role
from pilotwire.conformance.wire.transcript import Entry

_LEFT, _RIGHT, _WIDTH, _ROW, _TOP = 150, 610, 760, 26, 56
_PARTS: Final = {"before": "Preparation", "main": "Test scenario", "after": "Afterwards"}
_MOST: Final = 400


def diagram(entries: Iterable[Entry], role: Role, marked: frozenset[int] = frozenset()) -> str:
    """The picture. Frames in `marked` (those a failed validation looked at) are red; a link leads to each frame (#frame-N)."""
    shown = list(entries)[:_MOST]
    rows: list[str] = []
    y, part = _TOP, ""
    for entry in shown:
        if entry.part != part:
            part = entry.part
            rows.append(_part(y, _PARTS.get(part, part)))
            y += _ROW
        rows.append(_row(entry, y, role, entry.index in marked))
        y += _ROW
    under_test, tester = (
        ("Station under test", "Bench (CSMS)") if role == "station" else ("Bench (station)", "CSMS under test")
    )
    lines = "".join(f'<line x1="{x}" y1="40" x2="{x}" y2="{y}" class="life"/>' for x in (_LEFT, _RIGHT))
    heads = "".join(
        f'<text x="{x}" y="24" class="head">{escape(name)}</text>'
        for x, name in ((_LEFT, under_test), (_RIGHT, tester))
    )
    return f'<svg viewBox="0 0 {_WIDTH} {y + 10}" width="{_WIDTH}" role="img" class="sequence">{heads}{lines}{"".join(rows)}</svg>'


def _part(y: int, name: str) -> str:
    return (
        f'<line x1="20" y1="{y - 4}" x2="{_WIDTH - 20}" y2="{y - 4}" class="part"/>'
        f'<text x="24" y="{y - 8}" class="part">{escape(name)}</text>'
    )


def _row(entry: Entry, y: int, role: Role, marked: bool) -> str:
    moment = entry.at.strftime("%H:%M:%S.%f")[:-3]
    clock = f'<text x="8" y="{y + 4}" class="time">{moment}</text>'
    style = "frame bad" if marked or entry.breach else "frame"
    if entry.direction == "line":
        middle = (_LEFT + _RIGHT) // 2
        return f'{clock}<text x="{middle}" y="{y + 4}" class="event">{escape(entry.text[:90])}</text>'
    to_right = (entry.direction == "received") == (role == "station")
    start, end = (_LEFT, _RIGHT) if to_right else (_RIGHT, _LEFT)
    head = end - 7 if to_right else end + 7
    dashed = " answer" if entry.kind in ("result", "error", "resulterror") else ""
    return (
        f'<a href="#frame-{entry.index}" class="{style}{dashed}">{clock}'
        f'<line x1="{start}" y1="{y}" x2="{end}" y2="{y}"/>'
        f'<path d="M{head},{y - 4} L{end},{y} L{head},{y + 4}"/>'
        f'<text x="{(_LEFT + _RIGHT) // 2}" y="{y - 4}">{escape(_label(entry))}</text></a>'
    )


def _label(entry: Entry) -> str:
    payload = entry.payload if isinstance(entry.payload, dict) else {}
    telling = [
        payload.get(name) for name in ("status", "triggerReason", "connectorStatus", "type", "errorCode", "reason")
    ]
    more = ", ".join(str(one) for one in telling if isinstance(one, str))
    return f"{entry.name} ({more})" if more else entry.name
