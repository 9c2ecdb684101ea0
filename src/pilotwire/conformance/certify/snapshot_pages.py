"""A snapshot as documents: `snapshot.json` for programs, `snapshot.md` and `snapshot.html` for people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

from pilotwire.conformance.certify.snapshot_record import FILE, FOLDER, Measured, Snapshot, Variable, encoded
from pilotwire.errors import ConfigError


@dataclass(frozen=True, slots=True)
class _Table:
    """A chapter: its title, a sentence, and a table."""

    title: str
    said: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


_STYLE: Final = (
    "body{font:15px/1.45 system-ui,sans-serif;max-width:80rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}"
    "table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}td,th{border:1px solid #cfd6dd;padding:.25rem .5rem;"
    "text-align:left;vertical-align:top;overflow-wrap:anywhere}th{background:#eef1f4}"
)


def write_snapshot(dossier: Path, snapshot: Snapshot) -> list[Path]:
    """Write the documents into `snapshot/` of the dossier, in place of earlier ones. Raises ConfigError where that cannot be done."""
    folder = dossier / FOLDER
    content = {
        FILE: encoded(snapshot),
        "snapshot.md": as_markdown(snapshot).encode(),
        "snapshot.html": as_html(snapshot).encode(),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in content.items():
            (folder / name).write_bytes(text)
    except OSError as error:
        raise ConfigError(
            f"The snapshot cannot be written to {folder}: {error.strerror}.", "Name another folder."
        ) from None
    return [folder / name for name in content]


def as_markdown(snapshot: Snapshot) -> str:
    """The snapshot in Markdown."""
    parts = [f"# {_title(snapshot)}\n\n{_summary(snapshot)}\n"]
    for table in _tables(snapshot):
        rows = [
            "| " + " | ".join(map(_cell, row)) + " |\n" for row in (table.head, ("---",) * len(table.head), *table.rows)
        ]
        parts.append(f"\n## {table.title}\n\n{table.said}\n" + ("\n" + "".join(rows) if table.rows else ""))
    return "".join(parts)


def as_html(snapshot: Snapshot) -> str:
    """The snapshot as one HTML page without anything outside it."""
    parts = [f"<h1>{escape(_title(snapshot))}</h1><p>{escape(_summary(snapshot))}</p>"]
    for table in _tables(snapshot):
        parts.append(f"<h2>{escape(table.title)}</h2><p>{escape(table.said)}</p>")
        if table.rows:
            head = "".join(f"<th>{escape(one)}</th>" for one in table.head)
            rows = "".join(f"<tr>{''.join(f'<td>{escape(one)}</td>' for one in row)}</tr>" for row in table.rows)
            parts.append(f"<table><tr>{head}</tr>{rows}</table>")
    head = f'<meta charset="utf-8"><title>{escape(_title(snapshot))}</title><style>{_STYLE}</style>'
    body = "\n".join(parts)
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n{body}\n</body></html>\n'


def _title(snapshot: Snapshot) -> str:
    who = " ".join(one for one in (snapshot.vendor, snapshot.model) if one) or snapshot.identity
    return f"Configuration snapshot: {who}, OCPP {snapshot.ocpp}"


def _summary(snapshot: Snapshot) -> str:
    serial = f", serial number {snapshot.serial_number}" if snapshot.serial_number else ""
    return (
        f"Taken {snapshot.at:%Y-%m-%d %H:%M} UTC of {snapshot.identity}{serial}, firmware "
        f"{snapshot.firmware_version or 'version not told'}. {len(snapshot.variables)} "
        f"{'keys' if snapshot.ocpp == '1.6' else 'variables'}, {len(snapshot.measured)} measurements, "
        f"{snapshot.contradictions or 'no'} contradiction{'' if snapshot.contradictions == 1 else 's'}."
    )


def _tables(snapshot: Snapshot) -> Iterator[_Table]:
    rows = [(one.about, one.told, _frames(one)) for one in snapshot.measured if not one.agrees]
    rows += [(one.about, one.what, one.mend) for one in snapshot.findings]
    said = "What is declared, and is otherwise." if rows else "There are none."
    yield _Table("Contradictions", said, ("about", "what", "frames, or how to mend it"), tuple(rows))
    agreed = tuple((one.about, one.declared, one.measured, _frames(one)) for one in snapshot.measured if one.agrees)
    said = "Intervals that are as declared." if agreed else "No interval was seen that is as declared."
    yield _Table("Declared equals measured", said, ("variable", "declared", "measured", "frames"), agreed)
    head = ("name", "value", "type", "limits", "mutability", "persistent")
    if snapshot.ocpp == "1.6":
        said = "The device tells key, value and whether it is read-only; the type is that of the standard."
        yield _Table("Configuration keys", said, head[:3] + head[4:5], tuple(_key(one) for one in snapshot.variables))
    else:
        said = "As reported in the FullInventory."
        yield _Table("Device model", said, head, tuple(_row(one) for one in snapshot.variables))


def _frames(one: Measured) -> str:
    places: dict[str, list[str]] = {}
    for frame in one.frames:
        where = frame.case if frame.run == FOLDER else f"{frame.run}/{frame.case}"
        places.setdefault(where, []).append(f"{frame.index} {frame.what} {frame.at:%H:%M:%S}")
    return "; ".join(f"{where}: {', '.join(frames)}" for where, frames in places.items())


def _key(one: Variable) -> tuple[str, ...]:
    return (one.name, _value(one), one.type, one.mutability)


def _row(one: Variable) -> tuple[str, ...]:
    kind = f"{one.type} ({one.unit})" if one.unit else one.type
    persistent = {True: "yes", False: "no", None: ""}[one.persistent]
    return (one.name, _value(one), kind, limits(one), one.mutability, persistent)


def _value(one: Variable) -> str:
    others = "; ".join(f"{kind}: {value}" for kind, value in one.others.items())
    return f"{one.value or ''}{f' ({others})' if others else ''}"


def limits(one: Variable) -> str:
    """What values it may have, in words."""
    bounds = [f"{word} {bound:g}" for word, bound in (("from", one.minimum), ("to", one.maximum)) if bound is not None]
    return " ".join(bounds) + (" " if bounds and one.values else "") + ", ".join(one.values)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("\r", " ")
