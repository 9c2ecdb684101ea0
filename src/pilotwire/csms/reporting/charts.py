"""Bar charts of reports as SVG with shapes alone, which browsers and PDF show alike; the words are beside them, in the document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

_WIDTH: Final = 720.0
_HEIGHT: Final = 150.0
_GAP: Final = 0.25
_BAR: Final = "#2f6fab"
_LINE: Final = "#b8c0c8"


def bars(values: Sequence[float], *, most: float | None = None) -> str:
    """A chart with a bar for each value, from zero to the highest one or `most`; a line is at the bottom, halfway and at the top."""
    highest = most if most is not None else max([*values, 0.0])
    svg = Element(
        "svg",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_WIDTH:g} {_HEIGHT:g}",
        width=f"{_WIDTH:g}",
        height=f"{_HEIGHT:g}",
        role="img",
    )
    for share in (0.0, 0.5, 1.0):
        y = f"{1 + (_HEIGHT - 2) * share:g}"
        SubElement(svg, "line", x1="0", x2=f"{_WIDTH:g}", y1=y, y2=y, stroke=_LINE)
    step = _WIDTH / max(1, len(values))
    width = min(step * (1 - _GAP), 60.0)
    for number, value in enumerate(values):
        height = 0.0 if highest <= 0 else (_HEIGHT - 2) * min(1.0, max(0.0, value / highest))
        SubElement(
            svg,
            "rect",
            x=f"{number * step + (step - width) / 2:.2f}",
            y=f"{_HEIGHT - 1 - height:.2f}",
            width=f"{width:.2f}",
            height=f"{height:.2f}",
            fill=_BAR,
        )
    return tostring(svg, encoding="unicode")
