"""What the runner asks of a bench, and of the end of the line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pilotwire.conformance.language import Case


class ActFailed(Exception):
    """What was asked could not be done; the text says why."""


class NobodyThere(ActFailed):
    """There is nobody who could do what was asked, or look."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a station under test finds the tester: `url` without the identity; PEM texts where TLS is used."""

    url: str
    identity: str
    password: str | None
    security_profile: int
    csms_roots: tuple[str, ...] = ()
    certificate_chain: str = ""
    private_key: str = ""


class StationBench(Protocol):
    """Hands on a station under test. `makes_stations`: every case gets one that was just made; else one that is there is reset."""

    @property
    def makes_stations(self) -> bool:
        """Whether every case gets a station of its own."""
        ...

    async def begin(self, case: Case, endpoint: Endpoint, settings: Mapping[str, Any]) -> None:
        """Bring the station into a known, idle state, and have it connect to `endpoint`. Raises ActFailed."""
        ...

    async def act(self, name: str, details: Mapping[str, Any]) -> Mapping[str, Any]:
        """Do one act of `benches.acts`; returns when it is done, with what was seen. Raises ActFailed."""
        ...

    async def end(self) -> None:
        """The case is over."""
        ...


@dataclass(slots=True)
class StationPlayed:
    """The station the tester plays for one case: where it connects, and as whom; `details` are settings of the plan it has otherwise.

    `secure_url` is where it connects by TLS, if that is elsewhere.
    """

    url: str
    identity: str
    password: str | None
    security_profile: int
    details: dict[str, Any] = field(default_factory=dict)
    secure_url: str = ""


class CsmsBench(Protocol):
    """Hands on a CSMS under test."""

    async def begin(self, case: Case, settings: Mapping[str, Any]) -> StationPlayed:
        """Make a station (and tokens) known at the CSMS. Raises ActFailed."""
        ...

    async def ask(self, action: str, payload: Mapping[str, Any], *, insists: bool = True) -> None:
        """Have the CSMS send this request; returns when that is under way. Raises ActFailed.

        `insists` False: a CSMS that advises against it, or refuses, is let alone.
        """
        ...

    async def act(self, name: str, details: Mapping[str, Any]) -> Mapping[str, Any]:
        """Do something else at the CSMS (`look` at what it shows, ...). Raises ActFailed."""
        ...

    async def end(self) -> None:
        """The case is over."""
        ...
