"""A PICS as documents for people (Markdown, HTML), as data (JSON), and as the plan that selects its cases (TOML)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Final

from pilotwire.conformance.certify.pics import Line, Pics, Tally
from pilotwire.conformance.certify.pics_items import Item
from pilotwire.errors import ConfigError


@dataclass(frozen=True, slots=True)
class _Table:
    """A chapter: its title, a sentence, and a table."""

    title: str
    said: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


_STYLE: Final = (
    "body{font:15px/1.45 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}"
    "table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}td,th{border:1px solid #cfd6dd;padding:.3rem .5rem;"
    "text-align:left;vertical-align:top}th{background:#eef1f4}"
)


def write_pics(folder: Path, pics: Pics, product: str) -> list[Path]:
    """Write `pics.md`, `pics.html`, `pics.json` and `pics.toml`, in place of earlier ones. Raises ConfigError where it cannot."""
    content = {
        "pics.md": as_markdown(pics, product),
        "pics.html": as_html(pics, product),
        "pics.json": json.dumps(as_data(pics, product), indent=2, ensure_ascii=False) + "\n",
        "pics.toml": as_plan(pics, product),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in content.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        what = f"The PICS cannot be written to {folder}: {error.strerror}."
        raise ConfigError(what, "Name a folder that can be written to.") from None
    return [folder / name for name in content]


def as_markdown(pics: Pics, product: str) -> str:
    """The PICS in Markdown."""
    parts = [f"# {_title(pics, product)}\n\n{_summary(pics)}\n"]
    for table in _tables(pics):
        rows = "".join(f"| {' | '.join(_cell(one) for one in row)} |\n" for row in (table.head, *table.rows))
        head, _, body = rows.partition("\n")
        line = "|" + "---|" * len(table.head)
        parts.append(f"\n## {table.title}\n\n{table.said}\n" + (f"\n{head}\n{line}\n{body}" if table.rows else ""))
    return "".join(parts)


def as_html(pics: Pics, product: str) -> str:
    """The PICS as one HTML page without anything outside it."""
    parts = [f"<h1>{escape(_title(pics, product))}</h1><p>{escape(_summary(pics))}</p>"]
    for table in _tables(pics):
        parts.append(f"<h2>{escape(table.title)}</h2><p>{escape(table.said)}</p>")
        if table.rows:
            head = "".join(f"<th>{escape(one)}</th>" for one in table.head)
            rows = "".join(f"<tr>{''.join(f'<td>{escape(one)}</td>' for one in row)}</tr>" for row in table.rows)
            parts.append(f"<table><tr>{head}</tr>{rows}</table>")
    title = escape(_title(pics, product))
    body = "\n".join(parts)
    head = f'<meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n{body}\n</body></html>\n'


def as_data(pics: Pics, product: str) -> dict[str, Any]:
    """The PICS for programs: what is declared, what contradicts, the cases that apply, what came of them."""
    return {
        "product": product,
        "role": pics.role,
        "ocpp": str(pics.version),
        "declared": list(pics.declared),
        "numbers": dict(pics.numbers),
        "reported": {line.item.id: line.reported for line in pics.lines if line.reported is not None},
        "contradictions": [{"about": one.about, "what": one.what, "mend": one.mend} for one in pics.contradictions],
        "cases": list(pics.cases),
        "results": [
            {
                "profile": one.profile,
                "clean": one.clean,
                "passed": list(one.passed),
                "others": {outcome: list(ids) for outcome, ids in one.others.items()},
                "missing": list(one.missing),
            }
            for one in pics.tallies
        ],
    }


def as_plan(pics: Pics, product: str) -> str:
    """The section of a plan that has the bench play the cases of this PICS."""
    declared = "".join(f"  {json.dumps(one)},\n" for one in pics.declared)
    numbers = "".join(f"{name} = {number}\n" for name, number in pics.numbers.items())
    more = f"\n[features.numbers]\n{numbers}" if numbers else ""
    name = "".join(c if c.isprintable() else " " for c in product)
    return (
        f'# {name}: what its PICS declares\n\nocpp = "{pics.version}"\n\n[features]\ndeclared = [\n{declared}]\n{more}'
    )


# --- words -------------------------------------------------------------------------------------------------------------------------


def _title(pics: Pics, product: str) -> str:
    who = "CSMS" if pics.role == "csms" else "charging station"
    return f"PICS: {product}, {who}, OCPP {pics.version}"


def _summary(pics: Pics) -> str:
    profiles = [line.item.id for line in _profiles(pics) if line.declared]
    said = f"Declared profiles: {', '.join(profiles) or 'none'}. {len(pics.cases)} test cases apply."
    return f"{said} {_count(len(pics.contradictions), 'contradiction')}."


def _count(number: int, what: str) -> str:
    return f"{number or 'No'} {what}{'' if number == 1 else 's'}"


def _profiles(pics: Pics) -> list[Line]:
    return [line for line in pics.lines if kind_of(line.item) == _PROFILES]


_PROFILES: Final = "Certification profiles"
_KINDS: Final = {"HFS": "Hardware", "AQ": "Additional questions", "Q": "Questions"}


def kind_of(item: Item) -> str:
    """The chapter an item stands in."""
    letters, dash, digits = item.id.partition("-")
    if not dash or not digits[:1].isdigit():
        return _PROFILES
    return _KINDS.get(letters) or f"Features of {item.profile}"


def _tables(pics: Pics) -> Iterator[_Table]:
    rows = tuple((one.about, one.what, one.mend) for one in pics.contradictions)
    said = "What does not fit together. A lab refuses a PICS that contradicts itself."
    yield _Table("Contradictions", said if rows else "There are none.", ("about", "what", "how to mend it"), rows)
    kinds: dict[str, list[Line]] = {}
    for line in pics.lines:
        kinds.setdefault(kind_of(line.item), []).append(line)
    for kind, lines in kinds.items():
        said = "Reported: by the station itself. Cases: how many apply because of it (+), how many only without it (-)."
        yield _Table(kind, said, ("id", "what", "declared", "reported", "cases"), tuple(_row(line) for line in lines))
    if pics.tallies:
        said = (
            "What the last run says of what is declared. Declare no optional profile whose cases have not all passed."
        )
        head = ("profile", "passed", "not passed", "without a result")
        yield _Table("Last run", said, head, tuple(_of_run(one) for one in pics.tallies))


def _row(line: Line) -> tuple[str, ...]:
    said = str(line.number) if line.item.counts else "yes" if line.declared else "no"
    cases = " ".join(([f"+{line.adds}"] if line.adds else []) + ([f"-{line.drops}"] if line.drops else []))
    reported = "" if line.reported is None else "yes" if line.reported else "no"
    return (line.item.id, line.item.what, said, reported, cases)


def _of_run(tally: Tally) -> tuple[str, ...]:
    others = "; ".join(f"{outcome}: {', '.join(ids)}" for outcome, ids in tally.others.items())
    return (tally.profile, str(len(tally.passed)), others, ", ".join(tally.missing))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
