"""How the rules of messages are written."""

from __future__ import annotations

from pilotwire.doctor.findings import Layer, Rule, Severity, Step

FATAL, BREACH, NOTE = Severity.FATAL, Severity.BREACH, Severity.NOTE
UPGRADE, BOOT, TALK, LINE = Layer.UPGRADE, Layer.BOOT, Layer.CONVERSATION, Layer.LINE


def rule(name: str, layer: Layer, severity: Severity, what: str, remedy: str, source: str = "") -> Rule:
    """A rule of the step of messages."""
    return Rule(name, Step.PROTOCOL, layer, severity, what, remedy, source)
