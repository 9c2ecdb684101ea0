"""Documents of a dossier: a title, a summary, and chapters with a sentence and a table, in Markdown and as one HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter: its title, a sentence, and a table, which is left out where it has no rows."""

    title: str
    said: str
    head: tuple[str, ...] = ()
    rows: Sequence[tuple[str, ...]] = ()


_STYLE: Final = (
    "body{font:15px/1.45 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}"
    "table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}td,th{border:1px solid #cfd6dd;padding:.3rem .5rem;"
    "text-align:left;vertical-align:top;overflow-wrap:anywhere}th{background:#eef1f4}"
)


def markdown_of(title: str, summary: str, chapters: Sequence[Chapter]) -> str:
    """The document in Markdown."""
    parts = [f"# {_line(title)}\n\n{_line(summary)}\n"]
    for one in chapters:
        parts.append(f"\n## {_line(one.title)}\n\n{_line(one.said)}\n")
        if one.rows:
            rows = [f"| {' | '.join(_cell(cell) for cell in row)} |\n" for row in (one.head, *one.rows)]
            parts += ["\n", rows[0], "|" + "---|" * len(one.head) + "\n", *rows[1:]]
    return "".join(parts)


def html_of(title: str, summary: str, chapters: Sequence[Chapter]) -> str:
    """The document as one HTML page that needs nothing from elsewhere."""
    parts = [f"<h1>{escape(title)}</h1>\n<p>{escape(summary)}</p>\n"]
    for one in chapters:
        parts.append(f"<h2>{escape(one.title)}</h2>\n<p>{escape(one.said)}</p>\n")
        if one.rows:
            head = "".join(f"<th>{escape(cell)}</th>" for cell in one.head)
            rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>\n" for row in one.rows)
            parts.append(f"<table><tr>{head}</tr>\n{rows}</table>\n")
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n{"".join(parts)}</body></html>\n'


def _line(text: str) -> str:
    return text.replace("\n", " ")


def _cell(text: str) -> str:
    return _line(text).replace("|", "\\|")
