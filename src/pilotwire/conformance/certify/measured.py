"""Declared equals measured: the real intervals in recorded runs of a dossier, held against what the device declared at that time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median
from typing import Any, Final

from pilotwire.conformance.certify.declared_values import Declared
from pilotwire.conformance.certify.intervals import Sample, samples_of
from pilotwire.conformance.certify.snapshot_record import Frame, Measured
from pilotwire.conformance.verdict import CaseResult
from pilotwire.ocpp.version import OcppVersion

_FRAMES: Final = 12
"""How many frames are named at most; of what agrees only the first few."""
_FRAMES_OF_AGREEMENT: Final = 4
Place = tuple[str, str]
"""A run and a case in it."""


def measured_in(
    runs: Mapping[str, Iterable[CaseResult]], before: Mapping[str, str], version: OcppVersion
) -> list[Measured]:
    """What was measured in these runs, by name; `before` is what the device declares where nothing else was said: its snapshot.

    Only conversations with a station are measured, and only those of 1.6, or of 2.x, as the version is. Contradictions come first.
    """
    groups: dict[tuple[str, float, str], list[tuple[Place, Sample]]] = {}
    for run, results in runs.items():
        for result in results:
            for sample in _samples(result, before, version):
                groups.setdefault((sample.about, sample.declared, sample.wrong), []).append(((run, result.id), sample))
    found = [_measured(group) for group in groups.values()]
    return sorted(found, key=lambda one: (one.agrees, one.about, one.declared))


def _samples(result: CaseResult, before: Mapping[str, str], version: OcppVersion) -> list[Sample]:
    spoken = all(entry.of_16 == (version is OcppVersion.V16) for entry in result.entries)
    if result.id.endswith("_CSMS") or not spoken:
        return []
    return list(samples_of(result.entries, Declared(result.entries, before, version), version))


def _measured(group: list[tuple[Place, Sample]]) -> Measured:
    first = group[0][1]
    numbers = sorted(sample.seconds for _, sample in group)
    unit = f" {first.unit}" if first.unit else ""
    low, high, middle = (f"{one:.3g}" for one in (numbers[0], numbers[-1], median(numbers)))
    text = f"{middle}{unit}" if low == high else f"{middle}{unit} ({low} to {high})"
    declared = f"{first.declared:g}{unit}" if first.unit == "s" else f"{first.declared:g}"
    cases = len({place for place, _ in group})
    where = f"in {cases} case{'' if cases == 1 else 's'}"
    told = f"{first.about} is declared as {declared}, but " + first.wrong.format(text) if first.wrong else ""
    frames = [_frame(place, entry) for place, sample in group for entry in sample.entries]
    most = _FRAMES if first.wrong else _FRAMES_OF_AGREEMENT
    return Measured(first.about, declared, f"{text} {where}", not first.wrong, tuple(frames[:most]), told)


def _frame(place: Place, entry: Any) -> Frame:
    return Frame(place[0], place[1], entry.index, entry.at, entry.name)
