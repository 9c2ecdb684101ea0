"""Which bench a plan asks for: its section `bench`, with its `kind`."""

from __future__ import annotations

import contextlib
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any, Final

from pilotwire.conformance.benches.desk import Desk, served
from pilotwire.conformance.benches.mapping import CsmsByMapping
from pilotwire.conformance.benches.own_csms import own_csms
from pilotwire.conformance.benches.own_station import own_stations
from pilotwire.conformance.benches.person import CsmsByHand, StationByHand
from pilotwire.conformance.benches.pilotwire_csms import PilotwireCsms
from pilotwire.conformance.benches.pilotwire_station import PilotwireStation
from pilotwire.conformance.benches.ports import CsmsBench, StationBench
from pilotwire.errors import ConfigError

Section = Mapping[str, Any]
StationBenches = Callable[[int], StationBench]
CsmsBenches = Callable[[int], CsmsBench]


@contextlib.asynccontextmanager
async def station_benches(section: Section, lanes: int) -> AsyncIterator[StationBenches]:
    """The benches of `lanes` lanes for a station under test. Raises ConfigError for a section that cannot be used."""
    opened = _kind(section, STATION_KINDS)(section, lanes)
    async with opened as benches:
        yield benches


@contextlib.asynccontextmanager
async def csms_benches(section: Section, lanes: int) -> AsyncIterator[CsmsBenches]:
    """The benches of `lanes` lanes for a CSMS under test. Raises ConfigError for a section that cannot be used."""
    opened = _kind(section, CSMS_KINDS)(section, lanes)
    async with opened as benches:
        yield benches


def _kind(section: Section, kinds: Mapping[str, Any]) -> Any:
    kind = section.get("kind", "pilotwire")
    if kind not in kinds:
        raise ConfigError(f"There is no bench {kind!r}.", f"The kind of the plan's bench is one of {', '.join(kinds)}.")
    return kinds[kind]


@contextlib.asynccontextmanager
async def _pilotwire_stations(section: Section, lanes: int) -> AsyncIterator[StationBenches]:
    """`url`: a control port that is there already; without it a process of stations is started. `speed`: of the hardware.

    `traits`: what each station is made with, as a case may say it.
    """
    async with contextlib.AsyncExitStack() as stack:
        url = str(section["url"]) if "url" in section else await stack.enter_async_context(own_stations())
        speed, traits = float(section.get("speed", 1.0)), section.get("traits", {})
        if not isinstance(traits, Mapping):
            raise ConfigError(
                f"The traits of the plan's bench are {traits!r}.", "Write them as a table, [bench.traits]."
            )
        benches = [PilotwireStation(url, speed=speed, traits=traits) for _ in range(lanes)]
        for bench in benches:
            stack.push_async_callback(bench.close)
        yield benches.__getitem__


@contextlib.asynccontextmanager
async def _pilotwire_csms(section: Section, lanes: int) -> AsyncIterator[CsmsBenches]:
    """`api`, `ocpp`, `key`, perhaps `ocpp_tls`: a CSMS that is there already; else one is started that keeps all in a temporary folder."""
    async with contextlib.AsyncExitStack() as stack:
        if "api" in section:
            api, ocpp, key = section["api"], section.get("ocpp", ""), section.get("key")
            secure, certificates = section.get("ocpp_tls", ""), ""
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="pilotwire-bench-"))
            started = await stack.enter_async_context(own_csms(Path(folder), ["--quiet"]))
            api, ocpp, key = started.api, started.ocpp, started.key
            secure, certificates = started.secure, started.certificates
        benches = [PilotwireCsms(api, ocpp, key, secure, certificates) for _ in range(lanes)]
        for bench in benches:
            stack.push_async_callback(bench.close)
        yield benches.__getitem__


@contextlib.asynccontextmanager
async def _stations_by_hand(section: Section, lanes: int) -> AsyncIterator[StationBenches]:
    """A person, with `hooks` for what programs do; `page`: the port of the web page; `hands` False: nobody is there."""
    _one_lane(lanes)
    async with _desk(section) as desk:
        bench = StationByHand(desk, section.get("hooks"), timeout=float(section.get("timeout", 300.0)))
        try:
            yield lambda _: bench
        finally:
            await bench.close()


@contextlib.asynccontextmanager
async def _csms_by_hand(section: Section, lanes: int) -> AsyncIterator[CsmsBenches]:
    """A person operates the CSMS at `ocpp`."""
    _one_lane(lanes)
    async with _desk(dict(section) | {"hands": True}) as desk:
        assert desk is not None
        bench = CsmsByHand(desk, _where(section), str(section.get("ocpp_tls", "")))
        yield lambda _: bench


@contextlib.asynccontextmanager
async def _csms_by_mapping(section: Section, lanes: int) -> AsyncIterator[CsmsBenches]:
    """The API of the CSMS at `ocpp`, by the table in the section; a person for the rest, if `hands` is true."""
    _one_lane(lanes)
    async with _desk({"hands": False} | dict(section)) as desk:
        bench = CsmsByMapping(section, _where(section), desk)
        try:
            yield lambda _: bench
        finally:
            await bench.close()


@contextlib.asynccontextmanager
async def _desk(section: Section) -> AsyncIterator[Desk | None]:
    if not section.get("hands", True):
        yield None
        return
    desk = Desk(timeout=float(section.get("timeout", 300.0)), say=print_line, hear=read_line)
    host, names = str(section.get("host", "127.0.0.1")), _names(section.get("names", ()))
    async with served(desk, host, int(section.get("page", 0)), names) as url:
        print_line(f"What there is to do is asked here and at {url}")
        yield desk


def _names(said: Any) -> tuple[str, ...]:
    return (said,) if isinstance(said, str) else tuple(map(str, said))


def print_line(text: str) -> None:
    """Say something to the person at the terminal."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def read_line() -> str:
    """A line of the terminal; where there is none it waits for ever, and only the page answers."""
    line = sys.stdin.readline()
    if not line:
        threading.Event().wait()
    return line


def _one_lane(lanes: int) -> None:
    if lanes > 1:
        raise ConfigError(
            "One person, or one station, cannot play several cases at a time.", "Leave --side-by-side at 1."
        )


def _where(section: Section) -> str:
    if "ocpp" not in section:
        raise ConfigError("It is not said where stations connect to the CSMS.", "Name the URL, ws://... or wss://...")
    return str(section["ocpp"])


STATION_KINDS: Final = {"pilotwire": _pilotwire_stations, "person": _stations_by_hand}
CSMS_KINDS: Final = {"pilotwire": _pilotwire_csms, "person": _csms_by_hand, "mapping": _csms_by_mapping}
