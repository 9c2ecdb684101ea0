"""An examination of what was recorded: captures and logs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from pilotwire.clock import Clock
from pilotwire.doctor.certificates.backend import Trust, judge_backend
from pilotwire.doctor.certificates.station import accredited, judge_station
from pilotwire.doctor.certificates.subject import Who
from pilotwire.doctor.conversation.judge import Judge
from pilotwire.doctor.findings import Chart, Finding, Layer
from pilotwire.doctor.patient import Place
from pilotwire.doctor.probes.trust_store import machine_roots
from pilotwire.doctor.profiles.profile import PlatformProfile
from pilotwire.doctor.profiles.unjudged import SeenFrom, not_judged
from pilotwire.doctor.readers.anything import read_any
from pilotwire.doctor.readers.dockings import Docking
from pilotwire.doctor.report.record import Report
from pilotwire.doctor.rules import certificates as rules
from pilotwire.pki import Certificate


@dataclass(frozen=True, slots=True)
class Reading:
    """What is to be read: files, the key log of a capture; for logs the zone of times without one, and what they do not say.

    `roots` are those the certificates of a capture must end in, () those of this machine.
    """

    files: tuple[Path, ...]
    keylog: Path | None = None
    zone: str = ""
    side: Literal["", "station", "csms"] = ""
    station: str = ""
    roots: tuple[Certificate, ...] = ()


def examine_files(reading: Reading, profile: PlatformProfile, clock: Clock) -> Report:
    """Read everything and judge it. Raises ConfigError for a file that cannot be read."""
    chart, formats = Chart(), list[str]()
    for file in reading.files:
        formats.append(_examine(file, reading, profile, chart))
    kind = SeenFrom.CAPTURE if any("cap" in each.lower() for each in formats) else SeenFrom.LOG
    chart.skipped += not_judged(profile, kind)
    return Report(", ".join(each.name for each in reading.files), kind, profile.title, clock.now(), chart)


def _examine(file: Path, reading: Reading, profile: PlatformProfile, chart: Chart) -> str:
    keylog = str(reading.keylog) if reading.keylog is not None else ""
    recording = read_any(str(file), keylog, station=reading.station, side=reading.side or None, zone=reading.zone)
    chart.note(Layer.ASKED, file.name, f"{recording.format}, {recording.frames} messages")
    chart.findings.extend(recording.chart.findings)
    chart.facts.extend(recording.chart.facts)
    chart.skipped.extend(recording.chart.skipped)
    chart.findings.extend(_certificates(recording.dockings, reading.roots, profile))
    judge = Judge(profile, chart)
    for heard in recording.heard:
        judge.hear(heard)
    judge.finish()
    return recording.format


def _certificates(
    dockings: Sequence[Docking], roots: Sequence[Certificate], profile: PlatformProfile
) -> Iterator[Finding]:
    """Of each chain that was shown, once."""
    seen = set[tuple[Certificate, ...]]()
    for docking in dockings:
        shaken = docking.handshake
        if shaken is None:
            continue
        if shaken.server_chain and shaken.server_chain not in seen:
            seen.add(shaken.server_chain)
            host = shaken.offer.sni if shaken.offer is not None else ""
            host = host or docking.tcp.server.address
            yield from _backend(shaken.server_chain, host, roots, shaken.at, taken=shaken.complete)
        if shaken.client_chain and shaken.client_chain not in seen:
            seen.add(shaken.client_chain)
            who = Who(docking.station)
            known = accredited((), roots, (*shaken.client_chain, *roots))
            yield from judge_station(shaken.client_chain, profile, who, known, shaken.at)


def _backend(
    chain: Sequence[Certificate], host: str, roots: Sequence[Certificate], at: datetime, *, taken: bool
) -> Iterator[Finding]:
    trust = Trust(tuple(roots), "the roots given") if roots else Trust(machine_roots(), "the store of this machine")
    for found in judge_backend(chain, Place("wss", host, 443, ""), trust, at).findings:
        if not roots and taken and found.rule in _OF_TRUST:
            continue  # the station trusts it: that this machine does not, is nothing
        yield found


_OF_TRUST = frozenset({rules.ROOT_NOT_TRUSTED, rules.SELF_SIGNED})
