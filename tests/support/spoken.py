"""Cases of what goes through the CSMS: commands given by REST (`Given`), facts stated by a station (`Stated`).

Each street has a module with its cases in `tests/support/given` and `tests/support/stated`; `tests/end_to_end/test_given.py` and
`test_stated.py` play them over real sockets, and `docs/coverage.md` counts an action as tested only if there is a case for it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx

from pilotwire.ocpp.version import OcppVersion
from tests.support.raw_station import RawStation

V16, V201, V21 = OcppVersion.V16, OcppVersion.V201, OcppVersion.V21
V2 = (V201, V21)
Say = tuple[str, Any]
"""An action and its payload."""
Prepare = Callable[[httpx.AsyncClient, str, RawStation], Awaitable[None]]
"""What is done before a case: is given the API, the station's identity and its line."""
REJECTED: Mapping[str, str] = {"status": "Rejected"}
ACCEPTED: Mapping[str, str] = {"status": "Accepted"}


@dataclass(frozen=True, kw_only=True)
class Given:
    """A command given by REST.

    `request`: method, path (with `{station}`) below /api/v1, body. The station must hear `action` with exactly `call`
    (`unittest.mock.ANY` for what cannot be known), answers `answer`, and the response must be `status` and show `shows` (each member
    named is there with that value; a list has as many entries). `refusal` is the answer by which a station declines, `refused` what the
    response shows then: None only if the action has no such answer. `before`: calls the endpoint makes first, each with its answer.
    `then`: what the station sends after `answer`, made from the call's payload.
    """

    version: OcppVersion
    action: str
    request: tuple[str, str, Any]
    call: Any
    answer: Any
    shows: Any = None
    status: int = 200
    refusal: Any = None
    refused: Any = None
    refused_status: int = 200
    before: tuple[tuple[str, Any], ...] = ()
    then: Callable[[Any], list[Say]] | None = None
    prepare: Prepare | None = None
    name: str = ""

    def __str__(self) -> str:
        return f"{self.version}-{self.action}{'-' if self.name else ''}{self.name}"


@dataclass(frozen=True, kw_only=True)
class Stated:
    """A request of a station: answered with `answer` (shown as in `Given`), and read from REST at `read` (with `{station}`), which shows
    `shows`. `answer` None: the message has no answer (SEND). `send`: said as SEND."""

    version: OcppVersion
    action: str
    payload: Any
    answer: Any
    read: str
    shows: Any
    prepare: Prepare | None = None
    name: str = ""

    def __str__(self) -> str:
        return f"{self.version}-{self.action}{'-' if self.name else ''}{self.name}"


def misfit(shown: Any, wanted: Any, place: str = "$") -> str | None:
    """Where `shown` does not show what is wanted; None if it does. Members not named in `wanted` may be there."""
    if isinstance(wanted, Mapping) and isinstance(shown, dict):
        for name, value in wanted.items():
            if name not in shown:
                return f"{place}.{name} is missing"
            found = misfit(shown[name], value, f"{place}.{name}")
            if found:
                return found
        return None
    if isinstance(wanted, list) and isinstance(shown, list) and len(wanted) == len(shown):
        pairs = enumerate(zip(shown, wanted, strict=True))
        return next((found for n, (have, want) in pairs if (found := misfit(have, want, f"{place}[{n}]"))), None)
    return None if wanted == shown else f"{place}: {shown!r} is not {wanted!r}"


@cache
def given_cases() -> tuple[Given, ...]:
    """All commands given by REST, street by street."""
    return tuple(case for module in _modules("given") for case in module.GIVEN)


@cache
def stated_cases() -> tuple[Stated, ...]:
    """All facts stated by stations, street by street."""
    return tuple(case for module in _modules("stated") for case in module.STATED)


def _modules(folder: str) -> Iterator[Any]:
    for path in sorted((Path(__file__).parent / folder).glob("[a-z]*.py")):
        yield import_module(f"tests.support.{folder}.{path.stem}")
