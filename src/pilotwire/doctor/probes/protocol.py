"""The probes of messages: boot and conversation, on one connection."""

from __future__ import annotations

from pilotwire.doctor.examination import Probe
from pilotwire.doctor.probes.boot import Boot, Line
from pilotwire.doctor.probes.conversation import Conversation


def protocol_probes() -> tuple[Probe, ...]:
    """The probes, for one examination."""
    line = Line()
    return (Boot(line), Conversation(line))
