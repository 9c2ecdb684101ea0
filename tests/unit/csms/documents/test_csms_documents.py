"""PDF documents: text of many languages is read back, tables go on over pages with their heads, and the same content is the same file."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from pypdf import PdfReader

from pilotwire.csms.documents import Document

MADE = datetime(2026, 1, 31, 12, tzinfo=UTC)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10" width="10" height="10"><rect width="9" height="9"/></svg>'


def document(rows: int = 3) -> Document:
    made = Document("Überblick", "Zażółć gęślą · Ωμέγα · Привет", made_at=MADE)
    made.heading("Ports")
    made.table(["Station", "kWh"], [[f"CS-{number:03}", str(number)] for number in range(rows)], ["left", "right"])
    return made


def text_of(content: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]


def test_text_of_many_languages_is_read_back() -> None:
    (page,) = text_of(document().bytes())
    for words in ("Überblick", "Zażółć gęślą", "Ωμέγα", "Привет", "CS-002"):
        assert words in page


def test_what_the_typeface_does_not_have_is_a_question_mark() -> None:
    made = document()
    made.paragraph("漢字 is not there")
    assert "?? is not there" in text_of(made.bytes())[0]


def test_a_long_table_has_its_heads_on_each_page() -> None:
    pages = text_of(document(150).bytes())
    assert len(pages) > 2
    assert all("Station" in page for page in pages)
    assert sum(page.count("CS-") for page in pages) == 150


def test_the_same_content_is_the_same_file() -> None:
    assert document().bytes() == document().bytes()


def test_pictures_are_svg_or_png() -> None:
    made = document()
    made.picture(SVG, width=50)
    with pytest.raises(ValueError, match="SVG or a PNG"):
        made.picture(b"GIF89a")


def test_a_row_with_too_few_cells_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="more or fewer cells"):
        Document("x").table(["a", "b"], [["1"]])
