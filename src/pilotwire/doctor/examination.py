"""An examination: probes one after the other, from the name up to the messages; nothing is asked that cannot be answered any more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pilotwire.doctor.findings import Chart, Layer
from pilotwire.doctor.patient import Patient


class Probe(Protocol):
    """One question. It adds what it finds to the patient's chart, and raises nothing for what a peer does."""

    @property
    def question(self) -> str:
        """What is asked, for people: `Does the name resolve?`."""
        ...

    @property
    def layer(self) -> Layer:
        """How far a docking must have come for the question to make sense."""
        ...

    async def look(self, patient: Patient) -> None:
        """Ask."""
        ...


async def examine(patient: Patient, probes: Sequence[Probe]) -> Chart:
    """Ask all that can be asked: after something on one layer has kept the station from docking, nothing of a layer above it."""
    for probe in sorted(probes, key=lambda each: each.layer):
        blocked = patient.chart.blocked_at()
        if blocked is not None and probe.layer > blocked:
            patient.chart.skip(probe.question, _why(patient.chart, blocked))
        else:
            await probe.look(patient)
    return patient.chart


def _why(chart: Chart, blocked: Layer) -> str:
    cause = next(each for each in chart.in_order() if each.rule.layer is blocked)
    return f"It does not come to that: {cause.what}"
