"""The typeface of documents: Roboto (OFL), which has Latin, Greek and Cyrillic letters, from the package `fontpkg-roboto`.

The fonts every PDF reader brings know Latin-1 alone. The package has one variable font; its bold is cut from it once in a process, since
that takes about a second.
"""

from __future__ import annotations

import atexit
import shutil
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from fontTools.varLib import instancer  # type: ignore[import-untyped]

FAMILY: Final = "Roboto"
_REGULAR: Final = 400
_BOLD: Final = 700


@cache
def font_files() -> tuple[Path, Path]:
    """The font regular and bold. They are removed when the process ends. Raises OSError."""
    folder = Path(mkdtemp(prefix="pilotwire-fonts-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    source = files("fontpkg_roboto") / "files" / "Roboto[wdth,wght].ttf"
    made: list[Path] = []
    for name, weight in (("regular", _REGULAR), ("bold", _BOLD)):
        with source.open("rb") as file:
            font = TTFont(file)
            for table in ("GPOS", "GSUB", "GDEF"):  # cutting these takes the longest, and text is set without them
                if table in font:
                    del font[table]
            cut = instancer.instantiateVariableFont(font, {"wght": weight, "wdth": 100})
        path = folder / f"{name}.ttf"
        cut.save(path)
        made.append(path)
    return made[0], made[1]


@cache
def known_letters() -> frozenset[int]:
    """The code points the font has."""
    with TTFont(font_files()[0]) as font:
        return frozenset(font.getBestCmap())
