"""Plays one case, from the known state before it to the verdict after it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog

from pilotwire.clock import Clock, SystemClock
from pilotwire.conformance.benches.ports import ActFailed, CsmsBench, Endpoint, StationBench
from pilotwire.conformance.features import Claims
from pilotwire.conformance.language import Case, Step
from pilotwire.conformance.runner.general import GAPLESS
from pilotwire.conformance.runner.play import Playing, Stopped
from pilotwire.conformance.runner.players import PLAYERS
from pilotwire.conformance.runner.scene import Scene
from pilotwire.conformance.runner.ways import WAYS
from pilotwire.conformance.saboteurs.taps import Saboteur
from pilotwire.conformance.verdict import CaseResult, Outcome, StepResult, judged
from pilotwire.conformance.wire.authority import Authority
from pilotwire.conformance.wire.counterpart import Counterpart, LineDown, Reply
from pilotwire.conformance.wire.ends import ClientEnd, ServerEnd
from pilotwire.conformance.wire.files import FileServer
from pilotwire.conformance.wire.transcript import Entry, Transcript
from pilotwire.conformance.words16 import in_words_of_16
from pilotwire.errors import ConfigError
from pilotwire.ocpp.version import OcppVersion

_TLS: Final = 2
"""The lowest security profile with TLS."""
_CLIENT_CERTIFICATE: Final = 3
"""The security profile in which stations show a certificate."""
_FILES: Final = 2
"""How far above a fixed port of the tester its file server is; next to it is its other endpoint."""
_log = structlog.get_logger("pilotwire.conformance")


@dataclass(slots=True)
class Setting:
    """What all cases of a run have in common. A `saboteur` stands between the bench and the system under test."""

    settings: Mapping[str, Any]
    claims: Claims
    clock: Clock = SystemClock()  # noqa: RUF009 - it has no state
    numbers: Callable[[], int] = itertools.count(1).__next__
    saboteur: Saboteur | None = None
    host: str = "127.0.0.1"
    port: int = 0


async def play_station_case(case: Case, run: Setting, bench: StationBench) -> CaseResult:
    """Play a case against a station under test."""
    settings = case.settings_over(run.settings)
    table = _Table(case, run, settings, bench)
    end = ServerEnd(table.counterpart, host=run.host, port=run.port, password=_password(settings))
    table.prepare(end)
    authority, profile = table.scene.authority, settings["security_profile"]
    if profile >= _TLS:
        end.speaks_tls(lambda: authority.context(asks_certificate=profile == _CLIENT_CERTIFICATE))

    async def arrive() -> None:
        await end.open()
        own = authority.station(settings["serial_number"]) if profile == _CLIENT_CERTIFICATE else None
        endpoint = Endpoint(
            url=end.url,
            identity=settings["identity"],
            password=_password(settings),
            security_profile=profile,
            csms_roots=(authority.root().pem,) if profile >= _TLS else (),
            certificate_chain="" if own is None else own.chain_pem,
            private_key="" if own is None else own.key_pem,
        )
        await bench.begin(case, endpoint, settings)

    ways = WAYS[case.version]
    if bench.makes_stations:
        return await table.play(arrive, ways.made if case.booted else (), end.close, bench.end)
    found = () if case.untouched else ways.found
    return await table.play(arrive, found, lambda: ways.put_back(table.scene, bench), end.close, bench.end)


async def play_csms_case(case: Case, run: Setting, bench: CsmsBench) -> CaseResult:
    """Play a case against a CSMS under test."""
    settings = case.settings_over(run.settings)
    table = _Table(case, run, settings, bench)
    end = ClientEnd(table.counterpart, "", settings["identity"], None)
    table.prepare(end)

    async def arrive() -> None:
        played = await bench.begin(case, settings)
        end.url, end.identity, end.password = played.url, played.identity, played.password
        end.secure_url = played.secure_url or played.url
        table.scene.settings |= {"identity": played.identity} | played.details
        if "certificates" in played.details:
            table.scene.authority = Authority(run.host, run.clock.now(), played.details["certificates"])
        if settings["security_profile"] == _CLIENT_CERTIFICATE and not table.scene.setting("certificates"):
            raise ActFailed("no folder of certificates is named (certificates), so the CSMS cannot know the station's")
        if settings["security_profile"] >= _TLS:
            await end.offer({"context": table.scene.made("station tls")})
        if case.booted:
            await end.reconnect(settings["message_timeout"])

    return await table.play(arrive, WAYS[case.version].idle if case.booted else (), end.close, bench.end)


def _password(settings: Mapping[str, Any]) -> str | None:
    return settings["password"] if settings["security_profile"] in (1, 2) else None


def validated(case: Case, transcript: Transcript) -> StepResult:
    """What holds in every case, but for seqNo that follow each other where the case has the station drop events."""
    result = WAYS[case.version].validations(transcript, case.role)
    if case.gaps:
        result.checks = [one for one in result.checks if one.requirement != GAPLESS]
    return result


class _Table:
    """One case on the table: its scene, what is played, and the result at the end."""

    def __init__(self, case: Case, run: Setting, settings: Mapping[str, Any], bench: Any) -> None:
        self.case = case
        self.run = run
        self.settings = settings
        self.bench = bench
        self.counterpart = Counterpart(case.version, run.clock, self._answering, ids=f"pw-{run.numbers()}")
        if run.saboteur is not None:
            self.counterpart.tap = run.saboteur
            self.counterpart.told_of_request = run.saboteur.asked
            self.counterpart.silence_tap = run.saboteur.silence
            self.counterpart.handshake_tap = run.saboteur.handshake
            self.counterpart.overdue = run.saboteur.overdue
            self.counterpart.late_tap = run.saboteur.late
            run.saboteur.acknowledge = self.counterpart.acknowledge
        self.scene: Scene
        self.playing: Playing

    def prepare(self, end: ServerEnd | ClientEnd) -> None:
        """Set the scene with this end of the line."""
        self.scene = Scene(self.settings, self.run.claims, self.counterpart, end, self.run.clock, self.run.numbers)
        self.scene.authority = Authority(self.run.host, self.run.clock.now(), self.settings["certificates"])
        self.scene.files = FileServer(
            self.run.host,
            lambda what: self.counterpart.note("file", what),
            port=self.run.port + _FILES if self.run.port else 0,
        )
        self.playing = Playing(self.scene, self.case.role, PLAYERS, self.bench)

    def _answering(self, entry: Entry) -> Reply:
        return self.playing.answering(entry)

    async def play(self, arrive: Any, prelude: tuple[Step, ...], *leave: Any) -> CaseResult:
        """Play all parts; `leave` is done whatever happened."""
        began, loop = self.run.clock.now(), asyncio.get_running_loop()
        start = loop.time()
        try:
            async with asyncio.timeout(self.case.within):
                await self._parts(arrive, prelude)
        except Stopped:
            pass
        except TimeoutError:
            late = f"the case was not over after {self.case.within:g} s"
            self.playing.results.append(StepResult("", "The whole case", self.playing.part, fault=late))
        except (
            Exception
        ) as error:  # a mistake of the bench must not end the run, nor count against the system under test
            _log.exception("the bench failed", case=self.case.id)
            failed = f"the bench itself failed: {error!r}; this is a mistake in Pilotwire"
            self.playing.results.insert(0, StepResult("", "The bench", "before", fault=failed))
        finally:
            self.counterpart.limit_is_over()
            await self._leave((*leave, self.scene.files.close))
        outcome, reason = self._verdict()
        return CaseResult(
            self.case.id,
            self.case.title,
            outcome,
            reason,
            began,
            loop.time() - start,
            self.playing.results,
            self.counterpart.transcript.entries,
        )

    async def _parts(self, arrive: Any, prelude: tuple[Step, ...]) -> None:
        try:
            await arrive()
        except (ActFailed, LineDown, ConfigError) as error:
            self.playing.results.append(StepResult("", "Get ready", "before", fault=str(error)))
            raise Stopped(str(error)) from None
        await self.playing.play((*prelude, *self.case.before), "before", (*self.case.main, *self.case.after))
        await self.playing.play(self.case.main, "main", self.case.after)
        await self.playing.play(self.case.after, "after")

    async def _leave(self, leave: tuple[Any, ...]) -> None:
        for one in leave:
            try:
                async with asyncio.timeout(20):
                    await one()
            except (ActFailed, LineDown, TimeoutError) as error:
                self.counterpart.note("left", f"Tidying up did not work: {error}")

    def _verdict(self) -> tuple[Outcome, str]:
        if not any(one.part == "before" and one.failed for one in self.playing.results):
            self.playing.results.append(validated(self.case, self.counterpart.transcript))
        if self.case.version is OcppVersion.V16:
            for step in self.playing.results:
                step.in_other_words(in_words_of_16)
        return judged(self.playing.results)
