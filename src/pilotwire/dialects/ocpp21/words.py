"""The words only 2.1 has: one module a street, each with its FACTS and COMMANDS."""

from __future__ import annotations

from pilotwire.dialects.words import CommandWord, FactWord

FACTS: tuple[FactWord, ...] = ()
COMMANDS: tuple[CommandWord, ...] = ()
