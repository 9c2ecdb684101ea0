"""A visit at a backend, from the station's place: all probes, from the name up to the messages."""

from __future__ import annotations

from collections.abc import Sequence

from pilotwire.doctor.examination import Probe, examine
from pilotwire.doctor.findings import Step
from pilotwire.doctor.patient import Patient
from pilotwire.doctor.probes.certificates import certificate_probes
from pilotwire.doctor.probes.network import network_probes
from pilotwire.doctor.probes.protocol import protocol_probes
from pilotwire.doctor.profiles.unjudged import SeenFrom, not_judged
from pilotwire.doctor.report.record import Report


def probes_of(steps: Sequence[Step] = tuple(Step)) -> tuple[Probe, ...]:
    """The probes of some of the three steps."""
    made = {Step.NETWORK: network_probes, Step.CERTIFICATES: certificate_probes, Step.PROTOCOL: protocol_probes}
    return tuple(probe for step in made if step in steps for probe in made[step]())


async def visit(patient: Patient, probes: Sequence[Probe] | None = None) -> Report:
    """Ask everything, and report."""
    at = patient.clock.now()
    chart = await examine(patient, probes_of() if probes is None else probes)
    subject = f"{patient.place}/{patient.identity}"
    chart.skipped += not_judged(patient.profile, SeenFrom.STATION, patience=patient.patience)
    return Report(subject, SeenFrom.STATION, patient.profile.title, at, chart)
