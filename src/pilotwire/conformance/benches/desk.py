"""The desk of a person who does what cannot be done over OCPP: one instruction at a time, in the terminal and on a web page."""

from __future__ import annotations

import asyncio
import contextlib
import html
import threading
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Annotated, Final

from fastapi import FastAPI, Form
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from pilotwire.conformance.benches.ports import ActFailed
from pilotwire.serving import Guard, WebServer

Say = Callable[[str], None]
"""Says something in the terminal."""
Hear = Callable[[], str]
"""Waits for a line of the terminal (in a thread of its own); "" is Enter."""


@dataclass
class Instruction:
    """What is asked of the person; `choices` are answers besides "done", for a question."""

    number: int
    case: str
    text: str
    choices: tuple[str, ...] = ()
    answer: asyncio.Future[str] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


_FAILED: Final = "could not"
DONE: Final = "done"


class Desk:
    """Asks one instruction after another; whoever answers first, terminal or page, has answered."""

    def __init__(self, *, timeout: float, say: Say | None = None, hear: Hear | None = None) -> None:
        self.now: Instruction | None = None
        self.case = ""
        self._timeout = timeout
        self._say = say
        self._hear = hear
        self._count = 0
        self._turn = asyncio.Lock()
        self._listening: threading.Thread | None = None

    async def ask(self, text: str, choices: tuple[str, ...] = ()) -> str:
        """Ask, and wait for the answer: `done`, or one of the choices. Raises ActFailed if it could not be done, or nobody answers."""
        async with self._turn:
            self._count += 1
            self.now = Instruction(self._count, self.case, text, choices)
            self._tell(self.now)
            try:
                async with asyncio.timeout(self._timeout):
                    answer = await self.now.answer
            except TimeoutError:
                raise ActFailed(f"nobody answered within {self._timeout:g} s: {text}") from None
            finally:
                self.now = None
        if answer == _FAILED:
            raise ActFailed(f"the person at the bench could not do it: {text}")
        return answer

    def answered(self, number: int, answer: str) -> bool:
        """The instruction of this number is answered; whether it was waiting for that."""
        waiting = self.now
        if waiting is None or waiting.number != number or waiting.answer.done():
            return False
        if answer not in (DONE, _FAILED, *waiting.choices):
            return False
        waiting.answer.set_result(answer)
        return True

    # --- the terminal ------------------------------------------------------------------------------------------------------------

    def _tell(self, instruction: Instruction) -> None:
        if self._say is None:
            return
        keys = f" [{'/'.join(instruction.choices)}]" if instruction.choices else " [Enter: done, f: could not]"
        self._say(f"{instruction.case}: {instruction.text}{keys}")
        if self._hear is not None and self._listening is None:
            # A daemon: a thread that waits for the terminal must not keep the program from ending.
            loop = asyncio.get_running_loop()
            self._listening = threading.Thread(target=self._listen, args=(self._hear, loop), daemon=True)
            self._listening.start()

    def _listen(self, hear: Hear, loop: asyncio.AbstractEventLoop) -> None:
        while True:
            line = hear()
            try:
                loop.call_soon_threadsafe(self._heard, line.strip().lower())
            except RuntimeError:  # the run is over
                return

    def _heard(self, line: str) -> None:
        waiting = self.now
        if waiting is None:
            return
        if not self.answered(waiting.number, {"": DONE, "f": _FAILED}.get(line, line)) and self._say is not None:
            self._say(f"{line!r} is no answer to: {waiting.text}")


def desk_page(desk: Desk) -> FastAPI:
    """The page of the desk: the instruction, and buttons for the answer. `GET /now` is for the page to ask again, and for programs."""
    app = FastAPI(title="Pilotwire bench", docs_url=None, redoc_url=None)
    page = files("pilotwire.conformance.benches").joinpath("desk.html").read_text(encoding="utf-8")

    @app.get("/", response_class=HTMLResponse)
    async def show() -> str:
        return page.replace("{{body}}", _body(desk.now))

    @app.get("/now")
    async def now() -> JSONResponse:
        waiting = desk.now
        if waiting is None:
            return JSONResponse({"number": 0})
        return JSONResponse(
            {
                "number": waiting.number,
                "case": waiting.case,
                "text": waiting.text,
                "choices": [*(waiting.choices or (DONE,)), _FAILED],
            }
        )

    @app.post("/answer", response_model=None)
    async def answer(number: Annotated[int, Form()], answer: Annotated[str, Form()]) -> RedirectResponse | JSONResponse:
        if not desk.answered(number, answer):
            return JSONResponse(
                {"what": "That instruction is not waiting for this answer.", "remedy": "GET /now tells what is."}, 409
            )
        return RedirectResponse("/", 303)

    return app


def _body(waiting: Instruction | None) -> str:
    if waiting is None:
        return '<p class="idle">Nothing to do at the moment. The bench is working.</p>'
    buttons = "".join(
        f'<button name="answer" value="{html.escape(one)}"{" class=no" if one == _FAILED else ""}>{html.escape(one.capitalize())}</button>'
        for one in (*(waiting.choices or (DONE,)), _FAILED)
    )
    return (
        f'<p class="case">{html.escape(waiting.case)}</p><h1>{html.escape(waiting.text)}</h1>'
        f'<form method="post" action="/answer"><input type="hidden" name="number" value="{waiting.number}">{buttons}</form>'
    )


@contextlib.asynccontextmanager
async def served(desk: Desk, host: str, port: int, names: Collection[str] = ()) -> AsyncIterator[str]:
    """The desk with its page at a port; gives the page's URL. Raises ConfigError if the port cannot be had.

    The page answers to names of this machine and to `names`, and takes no answers from pages of others.
    """
    remedy = "Call it by its address or by localhost, or say `names` in the section of the bench."
    guarded = Guard(desk_page(desk), what="page of the bench", host=host, names=names, remedy=remedy, own_pages=True)
    async with WebServer(guarded, host, port, name="page of the bench") as server:
        yield server.url
