"""The questions of a PICS as a web page: by chapter, answered in any order, with what each answer brings and what contradicts.

Made whole by the server, so that it works without JavaScript; with it, the page follows each answer at once.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, select_autoescape

from pilotwire.conformance.certify.pics import Contradiction, Line, Pics, make_pics
from pilotwire.conformance.certify.pics_items import Item, items
from pilotwire.conformance.certify.pics_pages import as_data, as_html, kind_of, write_pics
from pilotwire.conformance.features import Claims
from pilotwire.conformance.language import Role
from pilotwire.conformance.verdict import CaseResult
from pilotwire.errors import ConfigError
from pilotwire.ocpp.version import OcppVersion
from pilotwire.serving import Guard, WebServer, is_foreign

_MOST: Final = 9999
_MOST_LETTERS: Final = 200


@dataclass
class Answers:
    """What somebody declares on the page. `ticked` keeps what was said of a profile's items while that is not declared.

    `given` is what the page begins with: what the station reported, else what was claimed. `on_save` hears of the files.
    """

    folder: Path
    role: Role
    version: OcppVersion
    given: Claims
    product: str
    results: Mapping[str, CaseResult] | None = None
    on_save: Callable[[list[Path]], None] = lambda _: None
    ticked: set[str] = field(init=False)
    numbers: dict[str, int] = field(init=False)
    saved: Pics | None = field(init=False, default=None)
    changed: bool = field(init=False, default=True)
    problem: str = field(init=False, default="")

    def __post_init__(self) -> None:
        """Raises ConfigError for a version without a PICS."""
        self._items = items(self.role, self.version)
        self._subtypes = frozenset(one for one in self.given.features if one.startswith("Product Subtype"))
        proposed = make_pics(self.given, self.role, self.version, self.results)
        self.ticked = {
            line.item.id
            for line in proposed.lines
            if not line.item.counts and (line.declared if line.reported is None else line.reported)
        }
        self.numbers = dict(proposed.numbers)
        self._pics: Pics | None = None

    @property
    def pics(self) -> Pics:
        """The PICS of what is declared now."""
        if self._pics is None:
            claims = Claims(frozenset(self._declared()) | self._subtypes, dict(self.numbers))
            self._pics = make_pics(claims, self.role, self.version, self.results)
        return self._pics

    def _declared(self) -> set[str]:
        return {one.id for one in self._items if one.id in self.ticked and self.is_asked(one)}

    def is_asked(self, item: Item) -> bool:
        """Whether an item is asked for: those of a profile that is not declared are not."""
        return not item.profile or item.profile in self.ticked

    def answer(self, asked: Collection[str], declared: Collection[str], numbers: Mapping[str, int], name: str) -> None:
        """Take answers: of the items in `asked` only those in `declared` hold. What is no item is passed over."""
        known = {one.id for one in self._items if not one.counts}
        before = (set(self.ticked), dict(self.numbers), self.product)
        self.ticked -= known.intersection(asked)
        self.ticked |= known.intersection(declared).intersection(asked)
        self.numbers |= {one: number for one, number in numbers.items() if one in self.numbers}
        self.product = " ".join(name.split()) or self.product
        self._pics = None
        self.changed = self.changed or before != (self.ticked, self.numbers, self.product)

    def save(self) -> None:
        """Write the documents; where they cannot be, `problem` tells."""
        try:
            written = write_pics(self.folder, self.pics, self.product)
        except ConfigError as error:
            self.problem = str(error)
            return
        self.saved, self.changed, self.problem = self.pics, False, ""
        self.on_save(written)


def pics_page(answers: Answers) -> FastAPI:
    """The page. `GET /pics.html` is the document as it would be saved now, `GET /now` the same for programs."""
    app = FastAPI(title="Pilotwire PICS", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/", response_class=HTMLResponse)
    async def show() -> str:
        return _page(answers)

    @app.post("/", response_model=None)
    async def answer(
        request: Request, then: Annotated[Literal["check", "save", "live"], Form()] = "check"
    ) -> RedirectResponse | HTMLResponse:
        if not _from_here(request):
            return HTMLResponse("This was sent by a page of somebody else.", 403)
        form = await request.form()
        counted = {key.removeprefix("number:"): str(value) for key, value in form.items() if key.startswith("number:")}
        answers.answer(
            _texts(form.getlist("asked")),
            _texts(form.getlist("declared")),
            {name: min(int(text), _MOST) for name, text in counted.items() if text.isascii() and text.isdigit()},
            str(form.get("product", ""))[:_MOST_LETTERS],
        )
        if then == "save":
            answers.save()
        if then == "live":  # the page takes from it what has changed
            return HTMLResponse(_page(answers))
        return RedirectResponse("/", 303)

    @app.get("/pics.html", response_class=HTMLResponse)
    async def document() -> str:
        return as_html(answers.pics, answers.product)

    @app.get("/now")
    async def now() -> JSONResponse:
        return JSONResponse(as_data(answers.pics, answers.product))

    return app


@contextlib.asynccontextmanager
async def served(answers: Answers, host: str, port: int) -> AsyncIterator[str]:
    """The page at a port; gives its URL. It answers to names of this machine only. Raises ConfigError if the port cannot be had."""
    guarded = Guard(pics_page(answers), what="page of the PICS", host=host, own_pages=True)
    async with WebServer(guarded, host, port, name="page of the PICS") as server:
        yield server.url


# --- how it is shown ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Question:
    """One line of the page: whether it is asked for, what contradicts about it, and what hangs on it, in words."""

    line: Line
    ticked: bool
    asked: bool
    against: tuple[Contradiction, ...]
    hints: str
    cases: str


@dataclass(frozen=True, slots=True)
class _Chapter:
    """Questions under one title; `waits`: the profile that would have to be declared for any to be asked."""

    title: str
    anchor: str
    questions: tuple[_Question, ...]
    waits: str

    @property
    def declared(self) -> int:
        """How many are declared."""
        return sum(1 for one in self.questions if one.line.declared)


def _page(answers: Answers) -> str:
    pics = answers.pics
    return (
        _environment()
        .get_template("pics_web.html")
        .render(
            style=_style(),
            pics=pics,
            answers=answers,
            who="CSMS" if pics.role == "csms" else "charging station",
            profiles=[
                line.item.id for line in pics.lines if line.declared and not line.item.profile and _is_profile(line)
            ],
            chapters=_chapters(answers, pics),
            anchors=_anchors(pics),
            beyond=[one for one in pics.tallies if not one.clean],
        )
    )


def _is_profile(line: Line) -> bool:
    return kind_of(line.item) == "Certification profiles"


def _chapters(answers: Answers, pics: Pics) -> list[_Chapter]:
    titles: dict[str, list[Line]] = {}
    for line in pics.lines:
        titles.setdefault(kind_of(line.item), []).append(line)
    found = []
    for number, (title, lines) in enumerate(titles.items(), 1):
        asked = [answers.is_asked(line.item) for line in lines]
        waits = "" if any(asked) else lines[0].item.profile
        questions = tuple(_question(answers, pics, line, lines) for line in lines)
        found.append(_Chapter(title, f"chapter-{number}", questions, waits))
    return found


def _question(answers: Answers, pics: Pics, line: Line, beside: list[Line]) -> _Question:
    item = line.item
    first = next((one.item.id for one in beside if one.item.one_of == item.one_of), "") if item.one_of else ""
    about = {item.id, item.one_of} if first == item.id else {item.id}
    against = tuple(one for one in pics.contradictions if one.about in about)
    return _Question(line, item.id in answers.ticked, answers.is_asked(item), against, _hints(item), _cases(line))


def _hints(item: Item) -> str:
    said = ["mandatory"] if item.required else []
    said += [f"one at least: {item.one_of}"] if item.one_of else []
    said += [f"needs {item.needs}"] if item.needs else []
    said += [f"asked for with {item.profile}"] if item.profile and not kind_of(item).startswith("Features") else []
    return "; ".join(said)


def _cases(line: Line) -> str:
    """What hangs on it: cases that apply because of it, or would."""
    if not line.adds and not line.drops:
        return ""
    parts = ([f"+{line.adds}"] if line.adds else []) + ([f"\N{MINUS SIGN}{line.drops}"] if line.drops else [])
    return f"{' '.join(parts)} {'case' if line.adds + line.drops == 1 else 'cases'}"


def _anchors(pics: Pics) -> dict[str, str]:
    """Where on the page what a contradiction is about stands."""
    anchors: dict[str, str] = {}
    for line in pics.lines:
        for name in (line.item.id, line.item.one_of):
            anchors.setdefault(name, line.item.id)
    return anchors


def _from_here(request: Request) -> bool:
    """Whether a form was sent by this page: any page in the same browser could send one."""
    return not is_foreign(request.headers.get("origin"), request.headers.get("host", ""))


def _texts(values: list[Any]) -> set[str]:
    return {value for value in values if isinstance(value, str)}


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("pilotwire.conformance.certify", ""),
        autoescape=select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _style() -> str:
    """That of the reports of the bench."""
    return files("pilotwire.conformance.report").joinpath("templates/style.css").read_text(encoding="utf-8")
