"""PDF documents: A4 pages with a title, headings, text, tables that break over pages, and pictures.

Text is UTF-8; what the typeface does not have (see `fonts`) is shown as `?`. The same content at the same `made_at` gives the same bytes.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from threading import Lock
from typing import Final, Literal

from fpdf import FPDF, FontFace
from fpdf.enums import Align as _Align
from fpdf.enums import TableBordersLayout
from fpdf.image_parsing import preload_image

from pilotwire.csms.documents.fonts import FAMILY, font_files, known_letters

Align = Literal["left", "right", "center"]
_ALIGN: Final = {"left": _Align.L, "right": _Align.R, "center": _Align.C}
_MARGIN: Final = 15.0
_FOOT: Final = 18.0
"""Millimetres at the bottom of a page that only its number is in."""
_TITLE, _HEADING, _TEXT, _CELL, _SMALL = 18.0, 12.5, 10.0, 8.5, 8.0
_INK: Final = (32, 36, 42)
_FAINT: Final = (110, 116, 124)
_RULE: Final = (205, 210, 216)
_HEAD: Final = (232, 237, 243)
_STRIPE: Final = (247, 249, 251)
_PIXEL: Final = 25.4 / 96
"""Millimetres of a CSS pixel."""
_FONTS: Final = Lock()
"""Fonts are cut once, however many documents are made at the same time."""


class Document:
    """A PDF document in the making. `made_at` is the time it says it was made; without one it says none."""

    def __init__(
        self, title: str, subtitle: str = "", *, made_at: datetime | None = None, landscape: bool = False
    ) -> None:
        self._pdf = _Pages(title, landscape=landscape)
        self._pdf.set_creation_date(made_at or datetime(1970, 1, 1, tzinfo=UTC))
        self._pdf.set_title(shown(title))
        self._pdf.set_producer("Pilotwire")
        self._pdf.add_page()
        self._say(title, _TITLE, bold=True, after=1.0)
        if subtitle:
            self._say(subtitle, _TEXT, colour=_FAINT, after=1.0)
        self._rule()

    @property
    def width(self) -> float:
        """Millimetres between the margins."""
        return float(self._pdf.epw)

    def heading(self, text: str) -> None:
        """A heading: it stays on one page with the beginning of what follows."""
        if self._left() < 30:
            self._pdf.add_page()
        self._pdf.ln(3)
        self._say(text, _HEADING, bold=True, after=1.5)

    def paragraph(self, text: str, *, small: bool = False) -> None:
        """A paragraph; `small`: a remark, in grey."""
        self._say(text, _SMALL if small else _TEXT, colour=_FAINT if small else _INK, after=2.0)

    def table(
        self,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        align: Sequence[Align] = (),
        *,
        widths: Sequence[float] = (),
        totals: int = 0,
    ) -> None:
        """A table; its heads are repeated on each page.

        `align` of each column, left where it is not told; `widths` are shares of the page, without them columns are as wide as their
        content asks. The last `totals` rows are set in bold. Raises ValueError if a row has more or fewer cells than there are columns.
        """
        if any(len(row) != len(columns) for row in rows):
            raise ValueError(f"a table of {len(columns)} columns has rows with more or fewer cells")
        heads, cells = [shown(text) for text in columns], [[shown(text) for text in row] for row in rows]
        aligned = [*align, *("left" for _ in columns)][: len(columns)]
        self._pdf.set_font(FAMILY, size=_CELL)
        self._pdf.set_draw_color(*_RULE)
        self._pdf.set_text_color(*_INK)
        with self._pdf.table(
            col_widths=tuple(widths or self._wanted(heads, cells)),
            text_align=tuple(_ALIGN[each] for each in aligned),
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            headings_style=FontFace(emphasis="BOLD", fill_color=_HEAD),
            cell_fill_color=_STRIPE,
            cell_fill_mode="ROWS",
            line_height=_CELL * 0.5,
            padding=(0.7, 1.2),
            v_align="M",
            wrapmode="WORD",
        ) as table:
            for number, row in enumerate((heads, *cells)):
                style = FontFace(emphasis="BOLD") if number > len(cells) - totals else None
                table.row(row, style=style)
        self._pdf.ln(3)

    def picture(self, content: bytes, *, width: float | None = None) -> None:
        """A picture, SVG or PNG, as wide as the page (or `width` millimetres), on one page. Raises ValueError if it is neither."""
        wanted = min(width or self.width, self.width)
        if content.startswith(b"\x89PNG"):
            pass
        elif b"<svg" not in content[:1000]:
            raise ValueError("a picture of a document is an SVG or a PNG")
        info = preload_image(self._pdf.image_cache, io.BytesIO(content))[2]
        height = wanted * info.height / info.width
        if height > self._left() and self._pdf.get_y() > self._pdf.t_margin + 1:
            self._pdf.add_page()
        self._pdf.image(io.BytesIO(content), w=wanted, h=height)
        self._pdf.ln(3)

    def bytes(self) -> bytes:
        """The finished document."""
        return bytes(self._pdf.output())

    def _say(
        self, text: str, size: float, *, bold: bool = False, colour: tuple[int, int, int] = _INK, after: float
    ) -> None:
        self._pdf.set_font(FAMILY, "B" if bold else "", size)
        self._pdf.set_text_color(*colour)
        self._pdf.multi_cell(0, size * 0.5, shown(text), align=_Align.L, new_x="LMARGIN", new_y="NEXT")
        self._pdf.ln(after)

    def _rule(self) -> None:
        y = self._pdf.get_y()
        self._pdf.set_draw_color(*_RULE)
        self._pdf.line(self._pdf.l_margin, y, self._pdf.w - self._pdf.r_margin, y)
        self._pdf.ln(3)

    def _left(self) -> float:
        return float(self._pdf.page_break_trigger - self._pdf.get_y())

    def _wanted(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[float]:
        """Widths by content: no word is broken where there is room, and no column is wider than it needs to be."""
        longest: list[float] = []
        words: list[float] = []
        for column, head in enumerate(heads):
            texts = [row[column] for row in rows]
            sample = sorted(set(texts), key=len, reverse=True)[:20]
            self._pdf.set_font(FAMILY, "B", _CELL)
            named = [self._pdf.get_string_width(word) for word in head.split() or [""]]
            whole = self._pdf.get_string_width(head)
            self._pdf.set_font(FAMILY, "B", _CELL)  # rows of totals are bold
            within = [self._pdf.get_string_width(word) for text in sample for word in text.split() or [""]]
            longest.append(max([whole, *(self._pdf.get_string_width(text) for text in sample)]) + 3.4)
            words.append(max([*named, *within]) + 3.4)
        self._pdf.set_font(FAMILY, "", _CELL)
        room = self.width
        if sum(longest) <= room:
            return longest
        spare = room - sum(words)
        if spare <= 0:
            return words
        wishes = [max(0.0, whole - word) for whole, word in zip(longest, words, strict=True)]
        return [word + spare * wish / sum(wishes) for word, wish in zip(words, wishes, strict=True)]


class _Pages(FPDF):
    """Pages with a number, and from the second on with the document's title."""

    def __init__(self, title: str, *, landscape: bool) -> None:
        super().__init__(orientation="landscape" if landscape else "portrait", unit="mm", format="A4")
        self._named = shown(title)
        with _FONTS:
            regular, bold = font_files()
        self.add_font(FAMILY, "", regular)
        self.add_font(FAMILY, "B", bold)
        self.set_margins(_MARGIN, _MARGIN, _MARGIN)
        self.set_auto_page_break(True, margin=_FOOT)
        self.alias_nb_pages("{pages}")

    def header(self) -> None:
        """The title, on all pages but the first."""
        if self.page_no() == 1:
            return
        self.set_font(FAMILY, "", _SMALL)
        self.set_text_color(*_FAINT)
        self.cell(0, 5, self._named, new_x="LMARGIN", new_y="NEXT")
        self.ln(2)

    def footer(self) -> None:
        """The page's number and how many there are."""
        self.set_y(-_FOOT + 5)
        self.set_font(FAMILY, "", _SMALL)
        self.set_text_color(*_FAINT)
        self.cell(0, 5, f"{self.page_no()} / {{pages}}", align=_Align.R)


def shown(text: str) -> str:
    """The text as the typeface can show it: composed letters, `?` for one it does not have; control characters are left out."""
    known = known_letters()
    composed = unicodedata.normalize("NFC", text)
    kept = (each for each in composed if each == "\n" or unicodedata.category(each) not in ("Cc", "Cf", "Cs"))
    return "".join(each if each == "\n" or ord(each) in known else "?" for each in kept)
